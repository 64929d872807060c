#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# check.sh [-q] [-t MINUTES] KERNEL...: every ring of tests, cheap ones first, and one sum.
# The virtual machine tests run on every kernel named, the others on the first; with -q
# in the quick sizes. What does not fit into MINUTES is skipped, and said to be: debug
# kernels, which run only where they have been built before, then kernels from the end.
set -u
cd "$(dirname "$0")/.." || exit 1

quick='' minutes=
while getopts qt: opt; do
	case $opt in
	q) quick=-q ;;
	t) minutes=$OPTARG ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))
[ -z "$minutes" ] || export DEADLINE=$(($(date +%s) + 60 * minutes))

results=build/results
rm -rf "$results"
mkdir -p "$results"

# A ring writes "passed failed skipped" to its file in $results. One that does
# not has failed as a whole.
ring()
{
	local name=$1 file=$results/$1 start=$SECONDS
	shift

	echo "== $name"
	"$@" || [ -s "$file" ] || echo "$name: ended with status $?" >&2
	[ -s "$file" ] || echo "0 1 0" >"$file"
	echo "   $name: $((SECONDS - start)) s"
}

make --no-print-directory deps || exit 1
ring unit make check-unit KERNEL="$1"
ring cli-unit make check-cli
ring fuzz make check-fuzz
ring cost make check-cost KERNEL="$1"
# All of it takes half an hour: some of each kind.
ring asan make check-asan KERNEL="$1" T="apply apply-big json cli-random cli-restore" \
	N=200 E="DIFF_TABLES=30"
ring contract make check-contract KERNEL="$1"
ring docs make check-docs KERNEL="$1"
# Writes the results of each kernel itself.
echo "== vm"
if make lab-tools; then
	ring "torture-$1" tests/torture/run.sh -k "$1" -m 0.5 -s 1
	tests/vm/matrix.sh $quick "$@"
else
	echo "0 1 0" >"$results/vm"
fi
# A look at those that are there; make check-debug is all of it. The slowest takes eight
# minutes on a quiet machine.
echo "== debug kernels"
not_run=''
for k in $(tests/debug/kernel.sh list); do
	if ! tests/debug/kernel.sh built "$k" 2>/dev/null; then
		not_run+="not run: kernel $k, has not been built (make check-debug)"$'\n'
	elif [ -n "${DEADLINE-}" ] && [ $(($(date +%s) + 600)) -gt "$DEADLINE" ]; then
		not_run+="not run: kernel $k, no time left"$'\n'
	else
		tests/debug/run.sh "$k" exact spill2 switch destroy || [ -s "$results/vm-$k" ] ||
			echo "0 1 0" >"$results/vm-$k"
	fi
done

sed -nE 's/^([^ ]*) +(not to be had|no time left).*/not run: kernel \1, \2/p' build/matrix.txt
printf '%s' "$not_run"
awk '{ p += $1; f += $2; s += $3 }
END {
	printf "%d passed, %d failed", p, f
	if (s)
		printf ", %d skipped", s
	printf "\n"
	exit f > 0 || p == 0
}' "$results"/*
