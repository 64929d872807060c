#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Are schedulers safe on a core that starts to free one's memory before it takes it off
# the service (CVE-2026-53270)? Between the two stands a pause here, in which memory is
# freed and decisions are made, so that every change of scheduler is the bad one.
#
#   unbind.sh [SWITCHES]
#
# Mainline's mh is not: KASAN must say so. Ours must not be mentioned, SWITCHES times
# (by default 200).

set -eu -o pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
lab=$here/kernel.sh
k=kasan-5.10
switches=${1:-200}
work=$root/build/unbind
log=$work/mh/console.log

"$lab" build $k
kdir=$("$lab" kdir $k) kver=$("$lab" kver $k)
make -s -C "$root" modules KVER="$kver" KDIR="$kdir" KBUILD_ARGS=ARCH=x86 >/dev/null
rm -rf "$work"
mkdir -p "$work/ko"
cp -r "$kdir/source/net/netfilter/ipvs" "$work/"
core=$work/ipvs/ip_vs_ctl.c
sed -i '1i #include <linux/delay.h>
	s/RCU_INIT_POINTER(svc->scheduler, NULL);/msleep(60); &/' "$core"
grep -q 'msleep(60); RCU' "$core" || {
	printf 'unbind.sh: the core of %s does not have the mistake\n' "$kver" >&2
	exit 1
}
make -s -C "$kdir" M="$work/ipvs" ARCH=x86 ip_vs.ko >"$work/log" 2>&1 || {
	cat "$work/log"
	exit 1
}
cp "$work/ipvs/ip_vs.ko" "$root/build/$kver"/*.ko "$work/ko/"

"$root/tests/vm/boot.sh" -k $k -b "$work/ko" -s 2 -t 240 -o "$work/mh" -e SWITCHES=50 \
	-e SCHEDULERS=mh,rr switches >"$work/log" 2>&1 </dev/null || :
if ! grep -a -q 'KASAN: use-after-free' "$log" || ! grep -a -q 'ip_vs_mh_state_free' "$log"; then
	printf 'FAIL  mh: KASAN says nothing; console: %s\n' "$log"
	exit 1
fi
printf 'ok    mh: what it has freed is used, and KASAN says so\n'
"$root/tests/vm/run.sh" -k $k -r unbind -b "$work/ko" -t $((4 + switches / 100)) \
	-e "SWITCHES=$switches" switches
