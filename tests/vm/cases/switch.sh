#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# about: scheduler changed to rr and back with connections coming in
# vm: smp=2 timeout=90
. "$(dirname "$0")/../lib.sh"

topo 23 22 13
serve
svc_add
dst_add 23 5 5
dst_add 22 5 5
dst_add 13 1
hold_start a -b 10.9.0.1 -c 1000 $VIP $PORT
hold a open 12
lossless "before"
all_tot 5 r23 r22

step "to rr and back, under load"
spawn flood c traffic flood $VIP $PORT -d 60 -n 4000 -j 2 -i 16 -b 10.9.8.1 -c 1000 >"$T/flood"
for ((i = 0; i < 15; i++)); do
	# shellcheck disable=SC2086
	adm -E $SVC -s rr
	# shellcheck disable=SC2086
	adm -E $SVC -s "$SCHED"
done
finish flood || fail "flood"
parse "$T/flood"
# The core has no scheduler for a moment; who asks then is refused, not lost.
eq "${RES[timeout]} ${RES[error]}" "0 0" "timeout and error in the flood"

step "old connections work, the counts that rr left are respected"
hold a check
eq "${RES[alive]} ${RES[dead]}" "12 0" "connections with data"
dst_edit 23 5 5 5
dst_edit 22 5 5 5
snapshot
ge "${TOT[r23]}" 5 "connections of .23"
open_to a 10 r13 "the full tier"
