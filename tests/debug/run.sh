#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Build debug kernels, show that their detectors work, and run the cases of
# tests/vm on them.
#
#   run.sh [-t FACTOR] [-s | -d] [-e NAME=VALUE]... KERNEL [CASE...]
#   run.sh --list
#
# KERNEL is one of kernel.sh. -s runs the detectors only, -d the cases only. FACTOR
# is how many times the time they ask for cases get, by default 4; -e sets a variable
# for them.

set -eu -o pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
lab=$here/kernel.sh
results=$root/build/results

# The mistakes of seeded/seeded.c, what is said of them, and who has to say it.
bugs='
use-after-free     uml-debug,kasan,kasan-5.10       BUG: KASAN: .*use-after-free in
lock-order         uml-debug,kasan,kasan-5.10       possible circular locking dependency detected
atomic-sleep       uml-debug,kasan,kasan-5.10       BUG: sleeping function called from invalid context
rcu-unlocked       uml-debug,kasan,kasan-5.10       WARNING: suspicious RCU usage
free-active-timer  uml-debug,kasan,kasan-5.10       ODEBUG: free active .* object type: timer_list
list-twice         uml-debug,kasan,kasan-5.10,kcsan list_add (double add|corruption)
leak               kasan                            unreferenced object .* \(size
race               kcsan                            BUG: KCSAN: data-race in .* \[?seeded
refused            uml-debug,kasan,kasan-5.10       seeded: an allocation failed as it was told to
'

# Cases that are not run here, and why. All others are, unchanged.
left_out='
cli-matrix   the tool in 20,000 steps next to ipvsadm: the same kernel paths over and over
cli-random   the same
cli-list     the same
cli-restore  the same
cli-faults   the C library is told to fail, not the kernel
cli-env      environment and terminal of the tool
cli-differ   a test of the test
striping     measures rates; detectors change them
scale        counts memory and time; detectors take most of both
'

usage() { sed -n '/^#   run/,/^$/s/^# \{0,3\}//p' "$0"; }

has() { [[ ,$1, == *,$2,* ]]; }

modules() { # KERNEL: ours, and the seeded one, for it
	local kver kdir arch

	kver=$("$lab" kver "$1") kdir=$("$lab" kdir "$1") arch=$("$lab" arch "$1")
	make -s -C "$root" modules KVER="$kver" KDIR="$kdir" KBUILD_ARGS="ARCH=$arch" >/dev/null
	seeded=$root/build/seeded/$kver
	mkdir -p "$seeded"
	cp "$here"/seeded/{Kbuild,seeded.c} "$seeded/"
	make -s -C "$kdir" M="$seeded" ARCH="$arch" modules >"$seeded/log" 2>&1 || {
		cat "$seeded/log"
		return 1
	}
}

# seed KERNEL BUG PATTERN: it must be said, and the verdict must be that of a
# failed case; without a mistake, neither.
seed() {
	local out=$root/build/vm/seeded/$1-$2 status=0 start=$SECONDS said

	"$root/tests/vm/boot.sh" -k "$1" -b "$seeded" -e "BUG=$2" -s 2 -t $((60 * slow)) \
		-o "$out" "$here/seeded/seeded.sh" </dev/null >"$out.verdict" 2>&1 || status=$?
	said=$(cat "$out/console.log" "$out/verdict" | tr -d '\r' | { grep -E -m1 "$3" || :; })
	if [ "$2" = none ] && [ $status = 0 ]; then
		printf 'ok    %-18s %3d s  and nothing is said\n' "$2" $((SECONDS - start))
		return
	fi
	if [ "$2" != none ] && [ $status = 1 ] && [ -n "$said" ]; then
		printf 'ok    %-18s %3d s  %s\n' "$2" $((SECONDS - start)) "$(
			sed -E 's/^ *(<[0-9]>)?(\[[ 0-9.]*\])? *//' <<<"$said")"
		return
	fi
	printf 'FAIL  %-18s %3d s  ' "$2" $((SECONDS - start))
	if [ "$2" = none ]; then
		printf 'no mistake, and yet:\n'
	elif [ -n "$said" ]; then
		printf 'reported, but the case did not fail:\n'
	else
		printf 'not found by %s, which should say "%s":\n' "$1" "$3"
	fi
	sed 's/^/      /' "$out.verdict"
	printf '      console: %s\n' "$out/console.log"
	return 1
}

detectors() { # KERNEL
	local bug kernels pattern passed=0 failed=0

	mkdir -p "$root/build/vm/seeded"
	while read -r bug kernels pattern; do
		has "$kernels" "$1" || continue
		if seed "$1" "$bug" "$pattern"; then
			passed=$((passed + 1))
		else
			failed=$((failed + 1))
		fi
	done <<<"none $1 .$bugs"
	printf '%d %d 0\n' $passed $failed >"$results/seeded-$1"
	printf '%d passed, %d failed\n' $passed $failed
	[ $failed = 0 ]
}

cases() {
	local c

	for c in "$root"/tests/vm/cases/*.sh; do
		c=$(basename "$c" .sh)
		grep -q "^$c " <<<"$left_out" || printf '%s\n' "$c"
	done
}

slow=4 seeds=true suite=true opts=()
while [ $# -gt 0 ]; do
	case $1 in
	-t) slow=$2; shift ;;
	-s) suite=false ;;
	-d) seeds=false ;;
	-e) opts+=(-e "$2"); shift ;;
	--list | -l)
		for k in $("$lab" list); do
			printf '%-10s %s\n' "$k" "$(awk -v k=",$k," \
				'index("," $2 ",", k) { printf "%s ", $1 }' <<<"$bugs")"
		done
		printf '\nnot run:%s' "$left_out"
		exit ;;
	-h | --help)
		usage
		exit ;;
	-*)
		usage >&2
		exit 2 ;;
	*) break ;;
	esac
	shift
done
[ $# -gt 0 ] || {
	usage >&2
	exit 2
}
k=$1
shift
chosen=("$@")
[ $# -gt 0 ] || mapfile -t chosen < <(cases)

mkdir -p "$results"
"$lab" build "$k"
modules "$k"
status=0
if $seeds; then
	printf '== %s: detectors\n' "$k"
	detectors "$k" || status=1
fi
if $suite; then
	printf '== %s: cases\n' "$k"
	"$root/tests/vm/run.sh" -k "$k" -t "$slow" -q "${opts[@]}" "${chosen[@]}" || status=1
fi
exit $status
