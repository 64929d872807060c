#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What schedulers cost in a real kernel, next to mainline's in the same boot.
#
#   path.sh [-r ROUNDS] [-f DIR] [-s "STAGE..."] KERNEL
#
# KERNEL is one of tests/vm/kernel.sh, run with instruction counting, or "uml" for time
# of this machine with two CPUs. With -f nothing is measured, but what is in DIR printed.
# STAGES, by default all of them, each with a file of results in build/bench/KERNEL; COST,
# SPLIT and CONF in the environment are other things to measure than those below. Of uml
# there is no split and no memory.
#
# cost: path-cost, a connection or a packet on its whole way through the director
#	unit UNIT			"instructions" or "ns", in this and in all files
#	cost KIND VARIANT SERVERS SCHED NET SPREAD RATIO
#		KIND	syn-dr, syn-nat	the first packet of a TCP connection
#			ops-dr		a UDP packet, each scheduled on its own (ipvsadm -o)
#			tcp-dr, tcp-nat	a whole connection, with a socket at either end
#		VARIANT	none		no upper thresholds
#			far		they are far away
#			near		every server is within a few connections of it
#			half		half of the servers are full
#		NET	median of the rounds, the lowest if it is ns; for syn and ops what the
#			director does, without sending the packet to it
#		SPREAD	percent of NET: highest less lowest of the rounds, median less lowest
#			if it is ns
#		RATIO	throughput over that of mainline's rr: rr's NET over this one
#	send syn|ops NET SPREAD		what was taken off: sending, to another host
#
# split: path-split, where it goes
#	split KIND VARIANT SERVERS SCHED SCHEDULE IN SHARE
#		SCHEDULE in schedule(), IN in the hook of ip_vs_in including SCHEDULE and the
#		way out of the machine; SHARE percent
#
# conf: path-conf, configuration by setsockopt, and decisions meanwhile
#	fill SERVERS SCHED TOTAL RATIO	that many servers added in a row; RATIO to rr
#	change WHAT SERVERS SCHED MEDIAN HIGHEST
#		WHAT	add, edit (weight) or delete one server of so many
#	delay SERVERS SCHED WHILE LONGEST LATE
#		decisions made all the time, WHILE idle, fill, add, edit, delete: the LONGEST
#		one, and how LATE one began at most; not in time of this machine, whose other
#		programs would be what is seen
#
# memory: path-memory, bytes of kernel memory with what hangs on them
#	memory WHAT SCHED BYTES OVER	OVER: more than rr
#		WHAT	server, service (without servers), pair (a service with two servers)
#
# SCHED: rr, wrr, wlc, fo, mh, sh are the kernel's, rr_ext and wrr_ext ours of the same names.
#
# This is a report: it fails only if something could not be measured.

set -eu -o pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
stages="cost split conf memory" rounds='' from=''

usage() { sed -n '/^#   path/,/^#$/s/^# \{0,3\}//p' "$0"; }
note() { printf '%s\n' "$*" >&2; }

die() {
	note "path.sh: $*"
	exit 1
}

while getopts r:f:s:h opt; do
	case $opt in
	r) rounds=$OPTARG ;;
	f) from=$OPTARG ;;
	s) stages=$OPTARG ;;
	h) usage; exit ;;
	*) usage >&2; exit 2 ;;
	esac
done
shift $((OPTIND - 1))
[ $# = 1 ] || [ -n "$from" ] || { usage >&2; exit 2; }

# ---- what is measured ------------------------------------------------------

scheds="rr rr_ext wrr wrr_ext wlc fo hprio bw_load bw_lag_val"

# KIND/VARIANT/SERVERS/COUNT[/BATCHES]. While they fill up, two servers could be near
# their limit for some connections only.
cells_counted() {
	local n v

	for n in 2 100 1000; do
		for v in none far half; do
			echo "syn-dr/$v/$n/2000"
		done
		for v in none far near half; do
			echo "ops-dr/$v/$n/2000"
		done
		echo "syn-nat/far/$n/2000"
		echo "tcp-dr/far/$n/400"
		echo "tcp-nat/far/$n/400"
	done
	echo "syn-dr/near/100/400/5"
	echo "syn-dr/near/1000/4000"
}

# Fewer where it is time that is taken: those that need not wait for connections to go.
cells_timed() {
	local n

	for n in 2 100 1000; do
		echo "ops-dr/far/$n/2000"
	done
	echo "ops-dr/near/100/2000 ops-dr/half/100/2000"
	echo "tcp-dr/far/100/100 tcp-nat/far/100/100"
}

cells_split() {
	local n

	for n in 2 100 1000; do
		echo "syn-dr/far/$n/2000"
		echo "ops-dr/far/$n/2000"
	done
}

conf_scheds="rr rr_ext wrr wrr_ext wlc hprio bw_load"
# SERVERS/ROUNDS: each addition looks at all servers that are there, which takes time
conf="10/5 100/5 1000/3 10000/1 20000/1"

memory_scheds="rr rr_ext wrr wrr_ext wlc sh mh hprio bw_load bw_lag_val"
# SERVERS/SERVICES
memory=5000/300

# ---- measuring -------------------------------------------------------------

# The modules, the kernel's names for ours taken, under names of their own: to be loaded
# beside the kernel's.
build() { # KERNEL
	local arch=() s

	case $1 in
	[0-9]*)
		lab=$root/tests/vm/kernel.sh
		"$lab" fetch "$1" ;;
	*)
		lab=$root/tests/debug/kernel.sh
		"$lab" build "$1"
		arch=(ARCH="$("$lab" arch "$1")") ;;
	esac
	kver=$("$lab" kver "$1") kdir=$("$lab" kdir "$1")
	ours=$root/build/$kver
	make -s -C "$root" modules KVER="$kver" KDIR="$kdir" KBUILD_ARGS="${arch[*]}" >/dev/null
	work=$root/build/bench/$kver/path
	rm -rf "$work/src" "$work/ko"
	mkdir -p "$work/src" "$work/ko" "$root/build/tests"
	cp "$here"/{Kbuild,ip_vs_bench.c,ip_vs_split.c} "$work/src/"
	for s in rr wrr; do
		sed "s/IP_VS_EXT_SCHEDULER(\"$s\"/IP_VS_EXT_SCHEDULER(\"${s}_ext\"/" \
			"$root/schedulers/ip_vs_$s.c" >"$work/src/ip_vs_${s}_ext.c"
	done
	make -s -C "$kdir" M="$work/src" EXT="$ours/src" "${arch[@]}" \
		KBUILD_EXTRA_SYMBOLS="$ours/src/Module.symvers" CONFIG_DEBUG_INFO_BTF_MODULES= \
		modules >"$work/build.log" 2>&1 || {
		cat "$work/build.log" >&2
		die "modules for tests do not build for $kver"
	}
	cp "$ours"/*.ko "$work"/src/*.ko "$work/ko/"
	gcc -std=gnu11 -O2 -Wall -Wextra -Werror -static -o "$root/build/tests/path" "$here/path.c"
}

# sample STAGE KERNEL: what the guest prints goes to the file "samples"
sample() {
	local opts cells

	if [ "$2" = uml ]; then
		cells=$(cells_timed)
		opts=(-s 2 -e ROUNDS="${rounds:-41}" -e SETTLE=1 -e TCP_GONE=0 -e EVERY=0)
	else
		cells=$(cells_counted)
		# One guest is like the other, down to its random numbers.
		opts=(-i -q "-rtc base=2026-01-01,clock=vm -seed 1" -e ROUNDS="${rounds:-3}"
			-e SETTLE=5 -e TCP_GONE=11 -e EVERY=50000)
	fi
	"$root/tests/vm/boot.sh" -k "$2" -b "$work/ko" -o "$work/$1" -m 1024 -t 3600 "${opts[@]}" \
		-e "STAGES=$1" -e "SCHEDS=\"$scheds\"" -e "COST=\"${COST-$cells}\"" \
		-e "SPLIT=\"${SPLIT-$(cells_split)}\"" -e CHANGES=21 \
		-e "CONF=\"${CONF-$conf}\"" -e "CONF_SCHEDS=\"$conf_scheds\"" \
		-e "MEMORY=$memory" -e "MEMORY_SCHEDS=\"$memory_scheds\"" \
		"$here/guest_path.sh" >"$work/$1.verdict" 2>&1 || {
		{ cat "$work/$1.verdict"; tail -n 30 "$work/$1/console.log"; } >&2
		die "stage $1 failed in the virtual machine"
	}
	tr -d '\r' <"$work/$1/console.log" | sed -n 's/^@ //p' >"$work/$1.samples"
}

# ---- figures ---------------------------------------------------------------

# In the order in which things were measured first. v[KEY, N] are the samples of a figure,
# at[KEY, ROUND] the one of a round, and less is what is to be taken off them. What disturbs
# a measurement of time only ever makes it longer, and where others use the machine, most
# of them: the lowest is the one to compare.
stats='
	function add(key, round, x) {
		if (!(key in rounds))
			order[++nr] = key
		v[key, rounds[key]++] = x
		at[key, round] = x
	}
	function figure(key) { return unit == "ns" ? lowest(key) : median(key) }
	function spread(key) {
		return unit == "ns" ? median(key) - lowest(key) : highest(key) - lowest(key)
	}
	function sorted(key,	i, j, x, n) {
		n = rounds[key]
		for (i = 1; i < n; i++) {
			x = v[key, i]
			for (j = i - 1; j >= 0 && v[key, j] > x; j--)
				v[key, j + 1] = v[key, j]
			v[key, j + 1] = x
		}
		return n
	}
	function median(key,	n) {
		n = sorted(key)
		return n % 2 ? v[key, (n - 1) / 2] : (v[key, n / 2 - 1] + v[key, n / 2]) / 2
	}
	function lowest(key) { sorted(key); return v[key, 0] }
	function highest(key) { return v[key, sorted(key) - 1] }
	# What base took, next to key; median over the rounds.
	function ratio(base, key, less,	k, r) {
		k = "ratio " key
		if (unit == "ns")
			return (lowest(base) - less) / (lowest(key) - less)
		if (!(k in rounds))
			for (r in round_names)
				if (((base, r) in at) && ((key, r) in at))
					add(k, r, (at[base, r] - less) / (at[key, r] - less))
		return median(k)
	}
'

figures_cost() {
	awk -v unit="$unit" "$stats"'
	$1 == "send" { round_names[$3]; split($2, kind, "-"); add("send " kind[1], $3, $5 / $4) }
	$1 == "sample" { round_names[$6]; add("cost " $2 " " $3 " " $4 " " $5, $6, $8 / $7) }
	END {
		n = nr
		for (i = 1; i <= n; i++) {
			k = order[i]
			split(k, f)
			split(f[2], kind, "-")
			less = 0
			if (f[1] == "cost" && ("send " kind[1]) in rounds)
				less = figure("send " kind[1])
			net = figure(k) - less
			printf "%s %.1f %.3f", k, net, 100 * spread(k) / net
			if (f[1] == "cost")
				printf " %.4f", ratio("cost " f[2] " " f[3] " " f[4] " rr", k, less)
			printf "\n"
		}
	}' "$1"
}

figures_split() {
	awk "$stats"'
	$1 == "part" { add($2 " " $3 " " $4 " " $5 " " $6, $7, $9 / $8) }
	END {
		for (i = 1; i <= nr; i++) {
			if (order[i] !~ / schedule$/)
				continue
			k = substr(order[i], 1, length(order[i]) - length(" schedule"))
			part = median(k " schedule")
			whole = median(k " in")
			printf "split %s %.1f %.1f %.2f\n", k, part, whole, 100 * part / whole
		}
	}' "$1"
}

figures_conf() {
	awk -v unit="$unit" "$stats"'
	$1 == "fill" { round_names[$4]; add("fill " $2 " " $3, $4, $5) }
	$1 == "change" { k = $1 " " $2 " " $3 " " $4; add(k, ++seen[k], $5) }
	$1 == "delay" { delays[++nd] = $1 " " $2 " " $3 " " $4 " " $6 " " $7 }
	END {
		n = nr
		for (i = 1; i <= n; i++) {
			k = order[i]
			split(k, f)
			if (f[1] == "fill")
				printf "%s %.0f %.4f\n", k, figure(k),
					1 / ratio("fill " f[2] " rr", k, 0)
			else
				printf "%s %.0f %.0f\n", k, median(k), highest(k)
		}
		for (i = 1; i <= nd; i++)
			print delays[i]
	}' "$1"
}

figures_memory() {
	awk '{
		x = $5 / $4
		if ($3 == "rr")
			rr[$2] = x
		printf "memory %s %s %.0f %.0f\n", $2, $3, x, x - rr[$2]
	}' "$1"
}

if [ -z "$from" ]; then
	from=$root/build/bench/$1
	mkdir -p "$from"
	unit=instructions
	[ "$1" != uml ] || unit=ns
	build "$1"
	for s in $stages; do
		rm -f "$from/path-$s"
		# Parts of a packet's time are too short for a clock that is a system
		# call, and memory is the same everywhere.
		case $1/$s in uml/split | uml/memory) continue ;; esac
		sample "$s" "$1"
		{ echo "unit $unit"; "figures_$s" "$work/$s.samples"; } >"$from/path-$s"
	done
fi

# ---- tables ----------------------------------------------------------------

table_cost() {
	awk -v scheds="$scheds" '
	BEGIN {
		n = split(scheds, sched)
		title["syn-dr"] = "a new TCP connection: its first packet, DR"
		title["syn-nat"] = "the same, NAT"
		title["ops-dr"] = "a UDP packet, each scheduled on its own, DR"
		title["tcp-dr"] = "a whole TCP connection and both its ends, DR"
		title["tcp-nat"] = "the same, NAT"
	}
	$1 == "unit" { unit = $2 }
	$1 == "send" { print "sending " $2 ", not in what follows: " $3 " " unit }
	$1 != "cost" { next }
	{
		row = $3 SUBSEP $4
		if (!($2 in kinds)) { kinds[$2]; kind[++nk] = $2 }
		if (!(($2, row) in known)) { known[$2, row]; rows[$2, ++nr[$2]] = row }
		net[$2, row, $5] = $6
		ratio[$2, row, $5] = $8
		if ($7 > widest[$2])
			widest[$2] = $7
	}
	END {
		for (k = 1; k <= nk; k++) {
			printf "\n%s: %s for rr, throughput over rr for the others", \
				title[kind[k]], unit
			printf " (widest spread %.2f %%)\n  %-5s %7s %9s", \
				widest[kind[k]], "", "servers", "rr"
			for (i = 2; i <= n; i++)
				printf " %9s", sched[i]
			printf "\n"
			for (r = 1; r <= nr[kind[k]]; r++) {
				row = rows[kind[k], r]
				split(row, f, SUBSEP)
				printf "  %-5s %7d %9.0f", f[1], f[2], net[kind[k], row, "rr"]
				for (i = 2; i <= n; i++)
					printf " %9.3f", ratio[kind[k], row, sched[i]]
				printf "\n"
			}
		}
		print "\n  none: no upper thresholds; far: far away; near: every server is within a"
		print "  few connections of it; half: half of the servers are full"
	}' "$1"
}

# Beside it the whole from path-cost. What a scheduler takes more than rr must be the same
# in both, or one of them measures something else; "amiss" is by how much it is not.
table_split() {
	local cost=${1%split}cost

	[ -f "$cost" ] || cost=/dev/null
	awk '
	$1 == "cost" { whole[$2, $3, $4, $5] = $6 }
	$1 == "unit" && FILENAME ~ /split$/ {
		printf "\nwhere it goes, %s\n", $2
		printf "  %-7s %-5s %7s %-11s %10s %10s %7s %10s %10s\n", "", "", "servers", "",
			"schedule()", "ip_vs_in", "share", "in all", "amiss"
	}
	$1 == "split" {
		k = $2 SUBSEP $3 SUBSEP $4 SUBSEP
		if ($5 == "rr")
			rr[k] = $6
		all = amiss = "-"
		if ((k $5) in whole) {
			all = whole[k $5]
			more = all - whole[k "rr"]
			amiss = sprintf("%+.2f%%", 100 * (more - ($6 - rr[k])) / all)
			all = sprintf("%.0f", all)
		}
		printf "  %-7s %-5s %7d %-11s %10.0f %10.0f %6.1f%% %10s %10s\n", $2, $3, $4, $5,
			$6, $7, $8, all, amiss
	}' "$cost" "$1"
}

table_conf() {
	awk -v scheds="$conf_scheds" '
	function line(title, key,	i, k) {
		printf "  %-12s %7s", title, size[s]
		for (i = 1; i <= n; i++)
			printf " %9s", v[key, size[s], sched[i]]
		printf "\n"
	}
	BEGIN { n = split(scheds, sched) }
	$1 == "unit" { unit = $2 }
	$1 == "fill" {
		if (!($2 in sizes)) { sizes[$2]; size[++ns] = $2 }
		v["fill", $2, $3] = sprintf("%.1f", $4 / 1000000)
		v["over", $2, $3] = sprintf("%.3f", $5)
	}
	$1 == "change" {
		v[$2, $3, $4] = sprintf("%.1f", $5 / 1000)
		v[$2 " most", $3, $4] = sprintf("%.1f", $6 / 1000)
	}
	$1 == "delay" {
		if (!($2 in delayed)) { delayed[$2]; nd++ }
		v["longest " $4, $2, $3] = sprintf("%.1f", $5 / 1000)
		v["late " $4, $2, $3] = sprintf("%.1f", $6 / 1000)
	}
	END {
		printf "\nconfiguration, us%s\n  %-12s %7s", unit == "ns" ? "" : \
			", if an instruction took a ns", "", "servers"
		for (i = 1; i <= n; i++)
			printf " %9s", sched[i]
		printf "\n"
		for (s = 1; s <= ns; s++) {
			line("add one", "add")
			line("edit one", "edit")
			line("  at most", "edit most")
			line("delete one", "delete")
			line("all, ms", "fill")
			line("  over rr", "over")
		}
		if (!nd)
			exit
		split("idle fill add edit delete", during)
		print "\na decision while that is done: the longest, and how late one was"
		for (s = 1; s <= ns; s++) {
			if (!(size[s] in delayed))
				continue
			for (d = 1; d <= 5; d++) {
				line(during[d], "longest " during[d])
				line("  late", "late " during[d])
			}
		}
	}' "$1"
}

table_memory() {
	awk '
	BEGIN {
		printf "\nmemory, bytes (and more than rr)\n  %-11s %18s %18s %18s\n", "", \
			"a server", "a service", "and two servers"
	}
	$1 == "memory" {
		if (!($3 in known)) { known[$3]; sched[++n] = $3 }
		v[$2, $3] = sprintf("%d (%+d)", $4, $5)
	}
	END {
		for (i = 1; i <= n; i++)
			printf "  %-11s %18s %18s %18s\n", sched[i], v["server", sched[i]],
				v["service", sched[i]], v["pair", sched[i]]
	}' "$1"
}

printed=
for s in $stages; do
	[ -f "$from/path-$s" ] || continue
	"table_$s" "$from/path-$s"
	printed=yes
done
[ -n "$printed" ] || die "nothing measured in $from"
