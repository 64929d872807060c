#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Cost of decisions in a real kernel, in instructions.
#
#   icount.sh SERIES
#
# SERIES is a kernel of tests/vm/kernel.sh, for which the modules have been
# built. Under QEMU's instruction counting one nanosecond of the guest is one
# instruction, so that the result does not depend on what else this machine
# does. It is blind to caches and to contention; see native.sh for those.
#
# Prints what guest.sh describes. $STAGES limits it.

set -eu -o pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
lab=$root/tests/vm/kernel.sh

die() {
	printf 'icount.sh: %s\n' "$*" >&2
	exit 1
}

[ $# = 1 ] || die "which kernel? icount.sh SERIES"
kver=$("$lab" kver "$1")
kdir=$("$lab" kdir "$1")
ours=$root/build/$kver
out=$root/build/bench/$kver
[ -f "$ours/ip_vs_hprio.ko" ] || die "build the modules first: make modules KVER=$kver"

mkdir -p "$out/src"
cp -sf "$here/Kbuild" "$here/ip_vs_bench.c" "$out/src/"
make -s -C "$kdir" M="$out/src" EXT="$ours/src" CONFIG_DEBUG_INFO_BTF_MODULES= \
	modules >"$out/build.log" 2>&1 || {
	cat "$out/build.log" >&2
	die "ip_vs_bench.ko does not build for $kver"
}

mkdir -p "$out/ko"
cp "$ours"/*.ko "$out/src/ip_vs_bench.ko" "$out/ko/"
# Under names of their own, or the kernel's could not be loaded.
for m in rr wrr; do
	cp "$ours/replace/ip_vs_$m.ko" "$out/ko/our_$m.ko"
done
"$root/tests/vm/boot.sh" -i -k "$1" -b "$out/ko" -o "$out/vm" -m 512 -t 900 \
	-e "STAGES=\"${STAGES-harness small add-rr add-hprio add-rr big ours}\"" \
	"$here/guest.sh" >"$out/verdict" 2>&1 || {
	cat "$out/verdict" "$out/vm/console.log" | tail -n 40 >&2
	die "the run in the virtual machine failed"
}
tr -d '\r' <"$out/vm/console.log" | sed -n 's/^@ //p'
