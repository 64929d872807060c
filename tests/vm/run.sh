#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Run the cases of cases/, each in a VM of its own.
#
#   run.sh --list
#   run.sh [-k KERNEL] [-j JOBS] [-r NAME] [-t FACTOR] [-q | -Q] [-v] [-e NAME=VALUE]... [CASE...]
#
# KERNEL is one of kernel.sh, by default 6.1, or of tests/debug/kernel.sh; the
# modules must be in build/RELEASE. -e sets a variable for the cases, for instance SCHED=rr. -v
# prints the console log of every case. -r is the name of the file of results. -t
# gives cases so many times the time they ask for.
# One line a case; of a failed one also the reasons and the end of what it printed.
#
# A case may say in its head what it needs, and what it is about:
#   # vm: smp=2 mem=512 timeout=120 clock=count
#   # about: one line
#   # quick: NAME=VALUE...	sizes with -q
#   # once: reason		not with -Q, which also is -q: for all kernels but the first
# clock=count is boot.sh -i: for a case that measures rates or times.

set -eu -o pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)

usage() { sed -n '/^#   run/,/^$/s/^# \{0,3\}//p' "$0"; }

header() { sed -n "s/^# $2: *//p" "$here/cases/$1.sh" | head -n1; }

all_cases() {
	local f

	for f in "$here"/cases/*.sh; do
		basename "$f" .sh
	done
}

once_cases() {
	grep -l '^# once:' "$here"/cases/*.sh | sed 's:.*/::; s:\.sh$::'
}

list() {
	local c

	for c in $(all_cases); do
		printf '%-12s %s\n' "$c" "$(header "$c" about)"
	done
}

need() { # CASE KEY DEFAULT
	local kv

	for kv in $(header "$1" vm); do
		[ "${kv%%=*}" != "$2" ] || { printf '%s\n' "${kv#*=}"; return; }
	done
	printf '%s\n' "$3"
}

# What there is on the console since the case began, or all if it never did.
printed() {
	if grep -q '^=== case' "$1"; then
		sed '1,/^=== case/d' "$1"
	else
		cat "$1"
	fi
}

# What of it says why the case failed: the end, or the kernel's report if that began
# before it.
told() {
	printed "$1" | awk -v lines="$tail" '
		!report && /BUG: |Oops: |WARNING: |int3: |Kernel panic/ { report = NR }
		{ line[NR] = $0 }
		END {
			from = NR > lines ? NR - lines + 1 : 1
			if (report && report < from)
				from = report
			for (i = from; i <= NR && i < from + lines; i++)
				print line[i]
		}'
}

# Run case $1; its line, and what there is to say about it, goes to one file.
run_case() {
	local c=$1 dir=$results/$1 status=0 start took limit clock=() sizes=() e

	mkdir -p "$dir"
	limit=$(need "$c" timeout 60)
	[ "$(need "$c" clock '')" != count ] || clock=(-i)
	for e in $($quick && header "$c" quick); do
		sizes+=(-e "$e")
	done
	start=$(date +%s%N)
	"$here/boot.sh" -k "$series" -o "$dir" -s "$(need "$c" smp 1)" \
		-m "$(need "$c" mem 384)" -t $((limit * slow)) "${clock[@]}" "${sizes[@]}" "${opts[@]}" "$c" \
		>"$dir/verdict.txt" 2>&1 || status=$?
	took=$(awk -v a="$start" -v b="$(date +%s%N)" 'BEGIN { printf "%.1f", (b - a) / 1e9 }')
	case $status in
	0)
		printf 'ok    %-14s %6s s%s\n' "$c" "$took" \
			"$(sed -n 's/^NOTE: /  /p' "$dir/console.log" | tail -n1 | tr -d '\r')" ;;
	77)
		printf 'skip  %-14s %6s s  %s\n' "$c" "$took" \
			"$(sed -n 's/^SKIP: //p' "$dir/console.log" | tail -n1 | tr -d '\r')" ;;
	*)
		printf 'FAIL  %-14s %6s s\n' "$c" "$took"
		sed 's/^/      /' "$dir/verdict.txt"
		sed -n 's/^FAIL: /      /p' "$dir/console.log" | tr -d '\r'
		[ ! -f "$dir/console.log" ] || told "$dir/console.log" | tr -d '\r' | sed 's/^/      | /'
		printf '      console: %s\n' "$dir/console.log" ;;
	esac >"$dir/line"
	sed -n 's/^boot.sh: /      /p' "$dir/verdict.txt" >>"$dir/line"
	if $verbose && [ $status = 0 ]; then
		printed "$dir/console.log" | sed 's/^/      | /' >>"$dir/line"
	fi
	cat "$dir/line"
	printf '%s\n' "$status" >"$dir/status"
}

series=${KERNEL:-6.1} name='' jobs=$(nproc) slow=1 quick=false once=true verbose=false opts=() tail=30
while [ $# -gt 0 ]; do
	case $1 in
	--list | -l)
		list
		exit ;;
	-h | --help)
		usage
		exit ;;
	-k) series=$2; shift ;;
	-j) jobs=$2; shift ;;
	-j*) jobs=${1#-j} ;;
	-r) name=$2; shift ;;
	-t) slow=$2; shift ;;
	-e) opts+=(-e "$2"); shift ;;
	-b) opts+=(-b "$2"); shift ;;
	-q) quick=true ;;
	-Q) quick=true once=false ;;
	-v) verbose=true ;;
	-*)
		usage >&2
		exit 2 ;;
	*) break ;;
	esac
	shift
done
if [ $# -gt 0 ]; then
	cases=()
	for c in "$@"; do
		c=$(basename "$c" .sh)
		[ -f "$here/cases/$c.sh" ] || {
			printf 'run.sh: no such case: %s; run.sh --list has them\n' "$c" >&2
			exit 2
		}
		cases+=("$c")
	done
else
	mapfile -t cases < <(all_cases)
	if ! $once; then
		printf 'only on the first kernel: %s\n' "$(once_cases | paste -sd ' ')"
		mapfile -t cases < <(all_cases | grep -vxF "$(once_cases)")
	fi
fi
for c in qemu-system-x86_64 cpio ipvsadm busybox; do
	PATH=$PATH:/usr/sbin:/sbin command -v $c >/dev/null && continue
	printf 'run.sh: %s is not installed\n' "$c" >&2
	exit 2
done

lab=$here/kernel.sh
if [[ $series != [0-9]* ]]; then
	lab=$here/../debug/kernel.sh
	tail=150	# a report is long, and a panic comes after it
fi
kver=$("$lab" kver "$series")
name=${name:-vm-$series}
results=$root/build/vm/$kver
mkdir -p "$results" "$root/build/results"
rm -f "$results"/*/status

[ "$slow" = 1 ] || opts+=(-e "SLOW=$slow")
# Guests that share a core take longer.
[ "$jobs" -lt 2 ] || slow=$((slow * 2))
# The longest first, so that no core waits for one at the end.
for c in "${cases[@]}"; do
	printf '%s %s\n' "$(need "$c" timeout 60)" "$c"
done | sort -s -k1,1nr | cut -d' ' -f2 | {
	while read -r c; do
		while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do
			wait -n || :
		done
		run_case "$c" &
	done
	wait
}

passed=0 failed=0 skipped=0
for c in "${cases[@]}"; do
	case $(cat "$results/$c/status" 2>/dev/null) in
	0) passed=$((passed + 1)) ;;
	77) skipped=$((skipped + 1)) ;;
	*) failed=$((failed + 1)) ;;
	esac
done
printf '%d %d %d\n' $passed $failed $skipped >"$root/build/results/$name"
printf '%d passed, %d failed' $passed $failed
[ $skipped = 0 ] || printf ', %d skipped' $skipped
printf '\n'
[ $failed = 0 ]
