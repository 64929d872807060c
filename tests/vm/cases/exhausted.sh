#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# about: every tier full: refused; a place free: served
. "$(dirname "$0")/../lib.sh"

topo 23 22 13
serve
svc_add
dst_add 23 5 3
dst_add 22 5 3
dst_add 13 1 2
hold_start a -b 10.9.0.1 -c 1000 $VIP $PORT
hold a open 30
eq "${RES[refused]} ${RES[timeout]} ${RES[error]}" "22 0 0" "refused when all are full"
eq "${SRV[r23]:-0} ${SRV[r22]:-0} ${SRV[r13]:-0}" "3 3 2" "places taken"

step "a place in the lower tier"
hold a release 1 r13
wait_for 10 tot_is r13 1
hold a open 3
eq "${SRV[r13]:-0} ${RES[refused]}" "1 2" "served and refused"

step "a place in the higher tier (lower threshold of 3 is 3)"
hold a release 1 r22
wait_for 10 tot_is r22 2
hold a open 3
eq "${SRV[r22]:-0} ${RES[refused]}" "1 2" "served and refused"

step "everything free"
hold a release all
wait_for 10 tot_is r23 0
wait_for 10 tot_is r22 0
wait_for 10 tot_is r13 0
hold a open 8
lossless "after everything was free"
