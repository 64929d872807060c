#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# about: weight 0 takes no new connections and keeps the old ones
. "$(dirname "$0")/../lib.sh"

topo 23 22 13
serve
svc_add
dst_add 23 5 20
dst_add 22 5 20
dst_add 13 1
hold_start a -b 10.9.0.1 -c 1000 $VIP $PORT
hold a open 6
eq "${SRV[r23]:-0} ${SRV[r22]:-0}" "3 3" "both servers"

step "one quiesced: the other takes its tier's share"
dst_edit 23 0 20
open_to a 4 r22 "with .23 quiesced"

step "the tier quiesced: spill"
dst_edit 22 0 20
open_to a 4 r13 "with the tier quiesced"

step "everything quiesced: refused, established connections still work"
dst_edit 13 0
hold a open 3
eq "${RES[refused]}" 3 "refused"
hold a check
eq "${RES[alive]} ${RES[dead]}" "14 0" "connections with data"

step "back one by one"
dst_edit 13 1
open_to a 1 r13 ".13 back"
dst_edit 22 5 20
open_to a 1 r22 ".22 back"
dst_edit 23 5 20
hold a open 6
eq "${SRV[r23]:-0} ${SRV[r22]:-0}" "3 3" "both back"

step "a full server stays full over weight 0"
dst_edit 22 0
dst_edit 23 5 10
hold a open 5
eq "${SRV[r23]:-0} ${SRV[r13]:-0}" "4 1" ".23 filled"
dst_edit 23 0 10
dst_edit 23 5 10
open_to a 1 r13 ".23 is full"
