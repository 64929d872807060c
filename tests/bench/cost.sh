#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Has a decision become dearer? Instructions of each scheduler of ours, counted by
# callgrind, next to those in cost.txt.
#
#   cost.sh SERIES		fails if one takes over 2 % more than cost.txt says
#   cost.sh -w SERIES		writes cost.txt anew; say why in the commit
#
# SERIES is the kernel whose rr is counted for comparison. Counts are exact and the same
# on each machine, but they are those of one compiler: with another one this is skipped.

set -eu -o pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
table=$here/cost.txt
out=$root/build/bench/cost
results=$root/build/results

write=false
if [ "${1-}" = -w ]; then
	write=true
	shift
fi
[ $# = 1 ] || {
	sed -n '/^#   cost/,/^#$/s/^# \{0,3\}//p' "$0" >&2
	exit 2
}
compiler="gcc $(gcc -dumpfullversion) $(gcc -dumpmachine)"
mkdir -p "$results"
if ! $write && ! grep -qxF "# $compiler" "$table"; then
	printf 'skip  cost: %s is not the compiler of cost.txt, which is%s\n' "$compiler" \
		"$(sed -n 's/^# gcc/ gcc/p' "$table")"
	echo "0 0 1" >"$results/cost"
	exit
fi

rm -rf "$out"
mkdir -p "$out"
ours=()
for s in hprio rr_ext wrr_ext bw_load bw_poll bw_lag_val bw_lag auto_bw; do
	ours+=(-s "$s")
done
for n in 2 16 128 1024; do
	RUN="valgrind -q --tool=callgrind --instr-atstart=no --callgrind-out-file=$out/$n" \
		"$here/native.sh" "$1" -c -n $n "${ours[@]}"
done

# VARIANT SERVERS SCHED INSTRUCTIONS, those of the harness taken off.
# shellcheck disable=SC2016
find "$out" -name '*.*' -print0 | sort -zV | xargs -0 awk '
/^desc: Trigger: Client Request:/ { what = $5 " " $6; sched = $7; calls = $8 }
/^totals:/ && calls {
	n[what, sched] = $2 / calls
	order[++nr] = what SUBSEP sched
	calls = 0
}
END {
	for (i = 1; i <= nr; i++) {
		split(order[i], f, SUBSEP)
		if (f[2] != "harness")
			printf "%s %s %.1f\n", f[1], f[2], n[order[i]] - n[f[1], "harness"]
	}
}' >"$out/counts"
[ -s "$out/counts" ] || {
	echo "cost.sh: callgrind counted nothing" >&2
	exit 1
}

if $write; then
	{
		sed '/^#/!d; /^# gcc/,$d' "$table"
		printf '# %s\n' "$compiler"
		grep -v ' rr ' "$out/counts"
	} >"$out/new"
	mv "$out/new" "$table"
	exit
fi

# Of each variant and size rr comes first.
awk -v results="$results/cost" '
BEGIN {
	printf "%-10s %7s %-10s %9s %9s %7s %8s\n", "", "servers", "", "before", "now", "",
		"over rr"
}
FNR == NR { if (!/^#/) old[$1, $2, $3] = $4; next }
$3 == "rr" { rr[$1, $2] = $4; next }
{
	k = $1 SUBSEP $2 SUBSEP $3
	now[k] = $4
	if (!(k in old)) {
		verdict = "FAIL: not in cost.txt"
		failed++
	} else if ($4 > old[k] * 1.02) {
		verdict = "FAIL: dearer by more than 2 %"
		failed++
	} else {
		verdict = $4 < old[k] * 0.98 ? "cheaper: renew cost.txt" : ""
		passed++
	}
	base = rr[$1, $2]
	printf "%-10s %7d %-10s %9s %9.1f %+6.1f%% %8s  %s\n", $1, $2, $3, old[k], $4,
		old[k] ? 100 * ($4 / old[k] - 1) : 0, base ? sprintf("%.2f", $4 / base) : "-",
		verdict
}
END {
	for (k in old)
		if (!(k in now)) {
			split(k, f, SUBSEP)
			printf "FAIL: %s %s %s is in cost.txt, but was not counted\n", f[1], f[2], f[3]
			failed++
		}
	printf "%d passed, %d failed\n", passed, failed
	printf "%d %d 0\n", passed, failed >results
	exit failed > 0
}' "$table" "$out/counts"
