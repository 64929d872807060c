#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# check.sh KERNEL...: every ring of tests, cheap ones first, and one sum.
# The virtual machine tests run on every kernel named, the others on the first. The
# first one gets the full size of every case.
set -u
cd "$(dirname "$0")/.." || exit 1

results=build/results
rm -rf "$results"
mkdir -p "$results"

# A ring writes "passed failed skipped" to its file in $results. One that does
# not has failed as a whole.
ring()
{
	local name=$1 file=$results/$1
	shift

	echo "== $name"
	"$@" || [ -s "$file" ] || echo "$name: ended with status $?" >&2
	[ -s "$file" ] || echo "0 1 0" >"$file"
}

make --no-print-directory deps || exit 1
ring unit make check-unit KERNEL="$1"
ring cli-unit make check-cli
ring fuzz make check-fuzz
# All of it takes half an hour: some of each kind.
ring asan make check-asan KERNEL="$1" T="apply apply-big json cli-random cli-restore" \
	N=200 E="DIFF_TABLES=30"
ring contract make check-contract KERNEL="$1"
ring docs make check-docs KERNEL="$1"
# Writes the results of each kernel itself.
echo "== vm"
if make lab-tools; then
	tests/vm/matrix.sh -q "$@"
else
	echo "0 1 0" >"$results/vm"
fi

sed -n 's/^\([^ ]*\) *not to be had.*/not run: kernel \1/p' build/matrix.txt
awk '{ p += $1; f += $2; s += $3 }
END {
	printf "%d passed, %d failed", p, f
	if (s)
		printf ", %d skipped", s
	printf "\n"
	exit f > 0 || p == 0
}' "$results"/*
