#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What does a decision cost, next to mainline's schedulers?
#
#   decide.sh [--icount-only | --native-only] [-r ROUNDS] [-n "SERVERS..."]
#             [-f DIR] SERIES
#
# Two instruments, which miss different things: icount.sh counts instructions in
# the real kernel, and does not see caches and contention; native.sh takes the
# time on real CPUs, outside of a kernel. ROUNDS are samples of the latter, and
# SERVERS its sizes, by default all; with -f nothing is measured, but what an earlier
# run left in DIR printed again.
#
# This is a report: it fails only if something could not be measured. Whoever
# compares two states of the code should look at ratios.

set -eu -o pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
icount=yes native=yes rounds=15 from='' servers=('')

usage() {
	sed -n '/^#   decide/,/^#$/s/^# \{0,3\}//p' "$0"
}

while [ $# -gt 0 ]; do
	case $1 in
	--icount-only) native=no ;;
	--native-only) icount=no ;;
	-r) rounds=${2:?how many}; shift ;;
	-n) read -ra servers <<<"${2:?which}"; shift ;;
	-f) from=${2:?which directory}; shift ;;
	-h | --help) usage; exit ;;
	-*) usage >&2; exit 2 ;;
	*) break ;;
	esac
	shift
done
[ $# = 1 ] || [ -n "$from" ] || { usage >&2; exit 2; }

out=${from:-$root/build/bench/$1}
note() { printf '%s\n' "$*" >&2; }

if [ -z "$from" ]; then
	mkdir -p "$out"
	make -s -C "$root" lab-modules KERNEL="$1" >&2
	rm -f "$out"/{icount,native,native-shim,events}
	if [ $icount = yes ]; then
		note "counting instructions in a virtual machine: about 2 minutes"
		"$here/icount.sh" "$1" >"$out/icount"
	fi
	if [ $native = yes ]; then
		note "measuring time: some minutes, or many if the machine is busy"
		for n in "${servers[@]}"; do
			"$here/native.sh" "$1" -r "$rounds" ${n:+-n "$n"}
		done >"$out/native"
		LOCKS=shim "$here/native.sh" "$1" -r "$rounds" -n 16 >"$out/native-shim"
		PROGRAM=events "$here/native.sh" "$1" -r $((rounds * 20 + 1)) >"$out/events"
	fi
fi

files=()
for f in icount native native-shim events; do
	[ ! -f "$out/$f" ] || files+=("$out/$f")
done
[ ${#files[@]} -gt 0 ] || { note "nothing measured in $out"; exit 1; }

# Records become v[KIND, VARIANT, SERVERS, SCHEDULER], KIND being instr (net of
# the harness), gross, ns1, ns2, shim1, shim2 and, for ratios within rounds,
# rr/ns1 and so on.
awk -v ncols=6 '
FNR == 1 { shim = FILENAME ~ /-shim$/ }
$1 == "harness" { harness = $2 }
$1 == "call" {
	v["gross", $2, $3, $4] = $5
	v["instr", $2, $3, $4] = $5 - harness
	have["gross"]
}
$1 == "add" { adds[$2] += $4; nadds[$2]++; add_n = $3 }
$1 == "ns" {
	kind = (shim ? "shim" : "ns") $2
	v[kind, $3, $4, $5] = $6
	v["rr/" kind, $3, $4, $5] = $7
	busy[kind] += $8
	have[kind]
}
$1 == "relief" { relief[$2] = $3 }
$1 == "event" { event[++nevents] = $0 }

function num(x) { return x == "" ? "-" : x >= 1000 ? sprintf("%.0f", x) : sprintf("%.1f", x) }
function rat(x, y) {
	if (x == "" || y == "" || !y)
		return "-"
	return sprintf(x / y < 0.01 ? "%.5f" : "%.2f", x / y)
}

function table(kind, title, variant,	i, j, n, x) {
	printf "\n%s\n  %-8s %7s", title, "", "servers"
	for (i = 1; i <= ncols; i++)
		printf " %9s", name[i]
	printf "  %9s %9s %9s\n", "hprio/rr", "hprio/@16", "fo/hprio"
	for (j = 1; j <= 3; j++)
		for (n = 1; n <= 6; n++) {
			x = v[kind, variants[j], sizes[n], "hprio"]
			if (x == "")
				continue
			printf "  %-8s %7d", variants[j], sizes[n]
			for (i = 1; i <= ncols; i++)
				printf " %9s", num(v[kind, variants[j], sizes[n], name[i]])
			printf "  %9s %9s %9s\n", \
				rat(x, v[kind, variants[j], sizes[n], "rr"]),
				rat(x, v[kind, "limits", 16, "hprio"]),
				rat(v[kind, variants[j], sizes[n], "fo"], x)
		}
}

# Schedulers that look at every server: what does one more cost?
function each_server(kind, title,	i, n, m, x) {
	printf "\n%s, of those who look at every server\n  %-8s %7s", title, \
		"", "servers"
	for (i = 1; i <= neach; i++)
		printf " %11s", each[i]
	printf "   each server more\n"
	for (n = 1; n <= 6; n++) {
		if (v[kind, "limits", sizes[n], each[1]] == "")
			continue
		printf "  %-8s %7d", "limits", sizes[n]
		for (i = 1; i <= neach; i++)
			printf " %11s", num(v[kind, "limits", sizes[n], each[i]])
		for (i = 1; m && i <= neach; i++) {
			x = v[kind, "limits", sizes[n], each[i]] - \
				v[kind, "limits", sizes[m], each[i]]
			printf " %s%.1f", i == 1 ? "  " : "", x / (sizes[n] - sizes[m])
		}
		printf "\n"
		m = n
	}
}

# Ours beside the ones of the same name.
function beside(kind, title,	i, j, n) {
	printf "\n%s\n  %-9s %7s", title, "", "servers"
	for (i = 1; i <= nbeside; i++)
		printf " %9s", besides[i]
	printf "  %9s %9s %9s\n", "rr_ext/rr", "wrr_x/wrr", "bw_l/rr"
	for (j = 1; j <= nshare; j++)
		for (n = 1; n <= 6; n++) {
			if (v[kind, share[j], sizes[n], "wrr_ext"] == "")
				continue
			printf "  %-9s %7d", share[j], sizes[n]
			for (i = 1; i <= nbeside; i++)
				printf " %9s", num(v[kind, share[j], sizes[n], besides[i]])
			printf "  %9s %9s %9s\n",
				rat(v[kind, share[j], sizes[n], "rr_ext"], v[kind, share[j], sizes[n], "rr"]),
				rat(v[kind, share[j], sizes[n], "wrr_ext"], v[kind, share[j], sizes[n], "wrr"]),
				rat(v[kind, share[j], sizes[n], "bw_load"], v[kind, share[j], sizes[n], "rr"])
		}
}

# Schedulers @who in all variants and sizes.
function everyone(kind, title, who,	i, j, n, nwho, list) {
	nwho = split(who, list)
	printf "\n%s\n  %-7s %7s", title, "", "servers"
	for (i = 1; i <= nwho; i++)
		printf " %10s", list[i]
	printf "\n"
	for (j = 1; j <= nlevels; j++)
		for (n = 1; n <= 6; n++) {
			if (v[kind, levels[j], sizes[n], "rr"] == "")
				continue
			printf "  %-7s %7d", levels[j], sizes[n]
			for (i = 1; i <= nwho; i++)
				printf " %10s", num(v[kind, levels[j], sizes[n], list[i]])
			printf "\n"
		}
}

# The dearest decision of @sched in all of that, over its own at 16.
function dearest(kind, sched,	j, n, x, most, where) {
	for (j = 1; j <= nlevels; j++)
		for (n = 1; n <= 6; n++) {
			x = v[kind, levels[j], sizes[n], sched]
			if (x > most + 0) {
				most = x
				where = levels[j] " " sizes[n]
			}
		}
	return sched " " rat(most, v[kind, "limits", 16, sched]) " (" where ")"
}

# [KIND, VARIANT, SERVERS, SCHEDULER] over another, for each kind
function over(variant, n, sched, variant2, n2, sched2,	s, i, k, r) {
	for (i = 1; i <= 3; i++) {
		k = kinds[i]
		r = rat(v[k, variant, n, sched], v[k, variant2, n2, sched2])
		if (r != "-")
			s = s sprintf("%s%s %s", s == "" ? "" : ", ", label[k], r)
	}
	return s == "" ? "not measured" : s
}

function line(what, target, figures) {
	printf "  %-51s %-7s %s\n", what, target, figures
}

# Figures of several kinds beside each other: [KIND, VARIANT, SERVERS] of hprio
# over [.., VARIANT2, SERVERS2, SCHEDULER2].
function figures(variant, n, variant2, n2, sched2,	s, i, k, r) {
	for (i = 1; i <= 3; i++) {
		k = kinds[i]
		r = rat(v[k, variant, n, "hprio"], v[k, variant2, n2, sched2])
		if (r != "-")
			s = s sprintf("%s%s %s", s == "" ? "" : ", ", label[k], r)
	}
	return s == "" ? "not measured" : s
}

function inverse(variant, n, sched2,	s, i, k, r) {
	for (i = 1; i <= 3; i++) {
		k = kinds[i]
		r = rat(v[k, variant, n, sched2], v[k, variant, n, "hprio"])
		if (r != "-")
			s = s sprintf("%s%s %.0f", s == "" ? "" : ", ", label[k], r)
	}
	return s == "" ? "not measured" : s
}

END {
	split("rr wrr wlc fo ovf hprio", name)
	nbeside = split("rr rr_ext wrr wrr_ext bw_load", besides)
	nshare = split("limits near full weights distinct heavy heavyfull", share)
	neach = split("bw_lag_val bw_lag auto_bw", each)
	split("limits full rebound", variants)
	split("2 16 128 1024 10240 20480", sizes)
	nlevels = split("limits near half most full all tiers", levels)
	split("gross instr ns1", kinds)
	label["gross"] = "gross"; label["instr"] = "net"; label["ns1"] = "ns"

	print "limits:  all servers eligible, upper thresholds far away"
	print "full:    all but one filled up, which is in a lower tier"
	print "rebound: as full, and they were full already when bound to the scheduler"
	print "half, most, all: 50, 99 and 100 of 100 are full; all: connections are refused"
	print "tiers:   100 tiers, of which the lowest is not full"
	print "near:    all may have five connections, of which none comes about; ours and rr"
	if ("gross" in have) {
		table("gross", "instructions per schedule(), with the harness")
		table("instr", "instructions per schedule(), net of the harness (" \
			harness ")")
	}
	if ("ns1" in have)
		table("ns1", "ns per decision, 1 thread")
	if ("ns2" in have) {
		table("ns2", "ns per decision, 2 threads together")
		if (busy["ns2"])
			printf "  (%d samples taken while other programs used the CPUs)\n", \
				busy["ns2"]
	}
	if ("instr" in have || "gross" in have)
		each_server("instr", "instructions per schedule(), net of the harness")
	if ("ns1" in have)
		each_server("ns1", "ns per decision, 1 thread")
	if ("ns2" in have)
		each_server("ns2", "ns per decision, 2 threads together")
	if ("gross" in have)
		beside("gross", "in turn and by shares, instructions with the harness")
	if ("ns1" in have)
		beside("ns1", "in turn and by shares, ns per decision, 1 thread")
	if ("ns2" in have)
		beside("ns2", "the same, 2 threads together")
	if ("ns1" in have) {
		print "  weights: random ones up to 100; distinct: up to 1000000, nothing repeats;"
		print "  heavy: one of 2147483647 and ones;"
		print "  heavyfull: and it is full (wrr, in both: one of 100000)"
	}
	if ("ns1" in have) {
		everyone("ns1", "ns per decision, 1 thread: in-tree schedulers", \
			"rr wrr lc wlc sed nq twos fo ovf sh dh")
		everyone("ns1", "ns per decision, 1 thread: ours", \
			"rr_ext wrr_ext bw_load bw_poll hprio bw_lag bw_lag_val auto_bw")
	}
	if ("ns2" in have) {
		everyone("ns2", "ns per decision, 2 threads together: in-tree schedulers", \
			"rr wrr lc wlc sed nq twos fo ovf sh dh")
		everyone("ns2", "ns per decision, 2 threads together: ours", \
			"rr_ext wrr_ext bw_load bw_poll hprio bw_lag bw_lag_val auto_bw")
	}
	for (i = 1; i <= 6; i++)
		if (sizes[i] in relief)
			r = r sprintf("%s%.1f us for %d", r == "" ? "" : ", ", \
				relief[sizes[i]] / 1000, sizes[i])
	if (r != "")
		print "\nwork that looks for relieved servers, every 10 ms while full: " r

	if (nevents) {
		print "\nns per decision while 100000 times a second a server of hprio becomes full or is"
		print "relieved, and over off: without ip_vs_ext_nl; idle: with it; listener: and a reader"
		printf "  %7s %8s %-9s %9s %9s %14s %9s\n", "threads", "services", \
			"", "ns", "over off", "transitions/s", "reported"
	}
	for (i = 1; i <= nevents; i++) {
		split(event[i], f)
		printf "  %7d %8d %-9s %9.1f %9.3f %14d %9s\n", f[2], f[3], f[4], f[5], \
			f[6], f[7], f[4] == "listener" ? f[8] : "-"
		event_busy += f[9]
		if (f[4] == "listener")
			events = events sprintf("%s%d/%d: %s", events == "" ? "" : ", ", f[2], f[3], f[6])
	}

	if (event_busy)
		printf "  (%d samples taken while other programs used the CPUs)\n", event_busy

	print "\nmust hold (gross and net: instructions; ns: native, 1 thread)"
	line("16 servers, hprio / rr", "<= 1.3", figures("limits", 16, "limits", 16, "rr"))
	if (("shim1", "limits", 16, "rr") in v)
		line("  the same, locks inlined, not as in the kernel", "", "ns " \
			rat(v["shim1", "limits", 16, "hprio"], v["shim1", "limits", 16, "rr"]))
	line("hprio at 10240 / at 16", "<= 1.5", figures("limits", 10240, "limits", 16, "hprio"))
	line("hprio, 10239 full / at 16", "<= 2", figures("full", 10240, "limits", 16, "hprio"))
	line("  the same, full when it was bound", "<= 2", figures("rebound", 10240, "limits", 16, "hprio"))
	line("16 servers, rr_ext / rr", "<= 1.2", over("limits", 16, "rr_ext", "limits", 16, "rr") " (ns <= 1.0)")
	line("16 servers, wrr_ext / rr", "<= 1.5", over("limits", 16, "wrr_ext", "limits", 16, "rr"))
	line("16 servers, bw_load / rr", "<= 1.5", over("limits", 16, "bw_load", "limits", 16, "rr"))
	line("  the same, rates that never repeat", "", over("distinct", 16, "bw_load", "distinct", 16, "rr"))
	line("rr_ext at 10240 / at 16", "<= 2.5", over("limits", 10240, "rr_ext", "limits", 16, "rr_ext"))
	line("wrr_ext at 10240 / at 16", "<= 2.5", over("limits", 10240, "wrr_ext", "limits", 16, "wrr_ext"))
	line("bw_load at 10240 / at 16", "<= 2.5", over("limits", 10240, "bw_load", "limits", 16, "bw_load"))
	line("  the same, rates that never repeat", "", over("distinct", 10240, "bw_load", "distinct", 16, "bw_load"))
	line("128 servers, weights 1 to 100, wrr_ext / wrr", "<= 1.0", over("weights", 128, "wrr_ext", "weights", 128, "wrr"))
	line("wrr_ext, the heavy one full / not full", "<= 10", over("heavyfull", 16, "wrr_ext", "heavy", 16, "wrr_ext"))
	line("  the same, over limits", "<= 10", over("heavyfull", 16, "wrr_ext", "limits", 16, "wrr_ext"))
	line("  mainline (100000 instead of 2147483647)", "", over("heavyfull", 16, "wrr", "heavy", 16, "wrr"))
	line("dearest of these levels and sizes / at 16, ns", "<= 2", dearest("ns1", "hprio") ", " \
		dearest("ns1", "rr_ext") ", " dearest("ns1", "wrr_ext") ", " dearest("ns1", "bw_load"))
	line("1024 servers, fo / hprio", ">= 20", inverse("limits", 1024, "fo"))
	r = ""
	for (n = 1; n <= 6; n++)
		if (("rr/ns2", "limits", sizes[n], "hprio") in v)
			r = r sprintf("%s%s: %s", r == "" ? "" : ", ", sizes[n], \
				v["rr/ns2", "limits", sizes[n], "hprio"])
	line("2 threads, throughput hprio / rr", "> 1", r == "" ? "not measured" : r)
	if (("rr/shim2", "limits", 16, "hprio") in v)
		line("  the same at 16, locks unfair, not as in the kernel", "", \
			v["rr/shim2", "limits", 16, "hprio"])
	r = ""
	for (n = 1; n <= 6; n++)
		if (v["ns2", "limits", sizes[n], "wrr_ext"] != "")
			r = r sprintf("%s%s: %s, %s", r == "" ? "" : "; ", sizes[n],
				rat(v["ns2", "limits", sizes[n], "rr"], v["ns2", "limits", sizes[n], "rr_ext"]),
				rat(v["ns2", "limits", sizes[n], "wrr"], v["ns2", "limits", sizes[n], "wrr_ext"]))
	line("2 threads, throughput rr_ext / rr, wrr_ext / wrr", "> 1", r == "" ? "not measured" : r)
	line("100000 events/s: listener / off, threads/services", "<= 1.05", \
		events == "" ? "not measured" : events)
	if (nadds["rr"] && nadds["hprio"])
		line("adding " add_n " servers, hprio / rr", "<= 1.5", \
			sprintf("%.3f (%.3f s, %.3f s)", \
			adds["hprio"] / nadds["hprio"] / (adds["rr"] / nadds["rr"]), \
			adds["hprio"] / nadds["hprio"], adds["rr"] / nadds["rr"]))
	else
		line("adding 10000 servers, hprio / rr", "<= 1.5", "not measured")
}' "${files[@]}"
