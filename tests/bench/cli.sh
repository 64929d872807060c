#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What the command line takes, next to Debian's ipvsadm.
#
#   cli.sh [-q] KERNEL
#   cli.sh -f DIR
#
# KERNEL is one of tests/vm/kernel.sh, where instructions are counted, or "uml", for time
# of this machine. -q: up to 1,000 servers instead of 100,000, which is one service only
# where time is measured: the kernel looks at all servers when one is added. With -f
# nothing is measured, but what is in DIR printed. Results go to build/bench/KERNEL/cli:
#
#	unit UNIT		"instructions" or "ns"
#	cli SHAPE SERVERS COMMAND TOOL COST
#		from the start of the program to its end, with what the kernel does for it;
#		of times, the median of 5 (with 100,000 servers there is one)
#	kb SHAPE SERVERS COMMAND TOOL KILOBYTES
#		the most memory that the program had
#	over SHAPE SERVERS COMMAND TOOL SECONDS
#		not done after so long (of that machine: 10^9 instructions each), nor measured
#
# SHAPE is "one" (all servers in one service) or "many" (services of 100 servers). TOOL
# is ipvsadm, Debian's, or ipvsadm-ext. COMMAND is
#
#	restore		-R, into an empty table
#	list, save	-Ln, -Sn
#	json		-L -n -j
#	equal, edit	--apply of a file that is like the table; of one in which
#			every hundredth server has another weight
#	first, state	--monitor --since-start, until one and until the state of all
#			services and servers has been printed
#
# This is a report: it fails only if something could not be measured.

set -eu -o pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
sizes="one:100 one:1000 many:1000 one:10000 many:10000 many:100000"
from='' quick=false

die() {
	printf 'cli.sh: %s\n' "$*" >&2
	exit 1
}

usage() { sed -n '/^#   cli/s/^# *//p' "$0" >&2; }

while getopts qf: opt; do
	case $opt in
	q) quick=true sizes="one:100 one:1000 many:1000" ;;
	f) from=$OPTARG ;;
	*) usage; exit 2 ;;
	esac
done
shift $((OPTIND - 1))
[ $# = 1 ] || [ -n "$from" ] || { usage; exit 2; }

measure() {
	local lab=$root/tests/vm/kernel.sh unit=instructions opts=(-i -e ROUNDS=1 -e SETTLE=5)
	local args=() vm=$out/cli-vm

	if [ "$1" = uml ]; then
		lab=$root/tests/debug/kernel.sh unit=ns opts=(-e ROUNDS=5 -e SETTLE=1)
		args=(KBUILD_ARGS=ARCH=um)
		$quick || sizes+=" one:100000"
		"$lab" build uml >&2
	fi
	make -s -C "$root" modules KVER="$("$lab" kver "$1")" KDIR="$("$lab" kdir "$1")" \
		"${args[@]}" >/dev/null
	mkdir -p "$root/build/bench/bin"
	"${CC:-gcc}" -O2 -Wall -Wextra -static -o "$root/build/bench/bin/took" "$here/took.c"
	"$root/tests/vm/boot.sh" "${opts[@]}" -k "$1" -m 2048 -t 3000 -o "$vm" \
		-e "SIZES='$sizes'" -e LIMIT=90 "$here/cli-guest.sh" >"$out/cli-verdict" 2>&1 || {
		cat "$out/cli-verdict" "$vm/console.log" | tail -n 40 >&2
		die "the run in the virtual machine failed"
	}
	echo "unit $unit"
	tr -d '\r' <"$vm/console.log" | sed -n 's/^@ //p' | awk '
	{
		key = $1 " " $2 " " $3 " " $4 " " $5
		if (!(key in n))
			order[++nr] = key
		# in order
		for (i = n[key]++; i > 0 && v[key, i] > $6; i--)
			v[key, i + 1] = v[key, i]
		v[key, i + 1] = $6
	}
	END {
		for (i = 1; i <= nr; i++)
			print order[i], v[order[i], int((n[order[i]] + 1) / 2)]
	}'
}

out=${from:-$root/build/bench/$1}
if [ -z "$from" ]; then
	mkdir -p "$out"
	rm -f "$out/cli"
	measure "$1" >"$out/cli.new"
	mv "$out/cli.new" "$out/cli"
fi
[ -f "$out/cli" ] || die "nothing measured in $out"

awk '
$1 == "unit" { unit = $2; next }
$1 == "kb" { kb[$2, $3, $4, $5] = $6; next }
{
	if (!(($2, $3) in seen)) {
		seen[$2, $3]
		where[++n] = $2 SUBSEP $3
	}
	cost[$2, $3, $4, $5] = $1 == "over" ? "> " $6 * 1000 : sprintf("%.1f", $6 / 1e6)
}
# Of what was not done in time at least one side is known.
function ratio(a, b,	less) {
	less = sub(/> /, "", b) ? "<" : ""
	return a ~ />/ || a == "" || b == "" ? "-" : less sprintf("%.3f", a / b)
}
END {
	nc = split("restore list save json equal edit first state", command)
	printf "%s of each command (first, state: until that was printed), and memory\n",
		unit == "ns" ? "milliseconds" : "millions of instructions"
	printf "  %-8s %-5s %7s %10s %10s %7s %9s %9s\n", "", "", "servers", "ipvsadm",
		"ours", "ratio", "kB", "ours kB"
	for (c = 1; c <= nc; c++)
		for (i = 1; i <= n; i++) {
			split(where[i], w, SUBSEP)
			old = cost[where[i], command[c], "ipvsadm"]
			new = cost[where[i], command[c], "ipvsadm-ext"]
			if (old new == "")
				continue
			old_kb = kb[where[i], command[c], "ipvsadm"]
			new_kb = kb[where[i], command[c], "ipvsadm-ext"]
			printf "  %-8s %-5s %7d %10s %10s %7s %9s %9s\n", command[c], w[1], w[2],
				old == "" ? "-" : old, new == "" ? "-" : new, ratio(new, old),
				old_kb == "" ? "-" : old_kb, new_kb == "" ? "-" : new_kb
		}
}' "$out/cli"
