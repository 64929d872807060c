#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Torture in a virtual machine with two CPUs; torture.sh and torture.c say what it
# does.
#
#   run.sh [-k KERNEL] [-m MINUTES] [-s SEED] [-e NAME=VALUE]...
#
# KERNEL is one of tests/vm/kernel.sh or of tests/debug/kernel.sh; the modules are
# built for it. MINUTES are those of the guest's clock, for the rounds; the machine
# may take four times as long, and is stopped then.

set -eu -o pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
vm=$root/tests/vm

series=6.1 minutes=2 seed=$((RANDOM * 32768 + RANDOM)) opts=()
while getopts k:m:s:e: opt; do
	case $opt in
	k) series=$OPTARG ;;
	m) minutes=$OPTARG ;;
	s) seed=$OPTARG ;;
	e) opts+=(-e "$OPTARG") ;;
	*)
		sed -n '/^#   run/,/^#$/s/^# \{0,3\}//p' "$0" >&2
		exit 2 ;;
	esac
done
lab=$vm/kernel.sh
args=()
if [[ $series != [0-9]* ]]; then
	lab=$root/tests/debug/kernel.sh
	"$lab" build "$series"
	args=(KBUILD_ARGS="ARCH=$("$lab" arch "$series")")
fi
kver=$("$lab" kver "$series")
make -s -C "$root" modules KVER="$kver" KDIR="$("$lab" kdir "$series")" "${args[@]}" >/dev/null
out=$root/build/torture/$kver

# Our rr and wrr, too.
rm -rf "$out/modules"
mkdir -p "$out/modules" "$root/build/results"
cp "$root/build/$kver"/*.ko "$root/build/$kver"/replace/*.ko "$out/modules/"

printf 'Torture of Linux %s for %s minutes, seed %s\n' "$kver" "$minutes" "$seed"
status=0
"$vm/boot.sh" -k "$series" -b "$out/modules" -o "$out" -s 2 -m 1024 \
	-t "$(awk -v m="$minutes" 'BEGIN { print int(m * 240 + 600) }')" \
	-e SEED="$seed" -e MINUTES="$minutes" "${opts[@]}" "$here/torture.sh" || status=$?
tr -d '\r' <"$out/console.log" | sed -n '/^=== case/,$p' | sed 1d >"$out/printed"
# What the kernel says is judged in the guest; if that died, the end of it is here.
kernel='^\[ *[0-9]+\.[0-9]+\] '
grep -vE "$kernel" "$out/printed" || :
[ $status = 0 ] || [ $status = 77 ] || { grep -E "$kernel" "$out/printed" | tail -n 300; } || :
case $status in
0) printf '1 0 0\n' ;;
77) printf '0 0 1\n' ;;
*)
	printf '0 1 0\n'
	printf 'To repeat it: make torture KERNEL=%s SEED=%s MINUTES=%s; console: %s\n' \
		"$series" "$seed" "$minutes" "$out/console.log" >&2 ;;
esac >"$root/build/results/torture-$series"
[ $status = 0 ] || [ $status = 77 ]
