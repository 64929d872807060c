#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# about: persistence bypasses limits, as documented
. "$(dirname "$0")/../lib.sh"

topo 23 22 13
serve
svc_add -p 150
dst_add 23 5 2
dst_add 22 5 2
dst_add 13 1
hold_start a -b 10.9.0.1 -c 1000 $VIP $PORT

step "four addresses fill the tier, the fifth spills"
hold a open 4
lossless "the first tier"
eq "${SRV[r23]:-0} ${SRV[r22]:-0}" "2 2" "the first tier"
open_to a 1 r13 "the fifth address"

step "addresses that have a server keep it, full or not"
hold a from 10.9.0.1
hold a open 4
lossless "known addresses"
eq "${SRV[r23]:-0} ${SRV[r22]:-0} ${SRV[r13]:-0}" "2 2 0" "known addresses"
all_tot 4 r23 r22
open_to a 1 r13 "the fifth address again"

step "new addresses still spill, counts above the limit do no harm"
hold a from 10.9.1.1
open_to a 5 r13 "new addresses"

step "relieved below the lower threshold, new addresses come back; old ones stay"
hold a release 3 r23
wait_for 10 tot_is r23 1
open_to a 1 r23 "a new address after the return"
all_tot 2 r23
hold a from 10.9.0.5
open_to a 1 r13 "the fifth address after the return"

step "weight 0: no new address, known ones stay"
dst_edit 22 0 2
hold a release all
wait_for 10 tot_is r22 0
hold a from 10.9.2.1
hold a open 4
lossless "new addresses without .22"
eq "${SRV[r22]:-0}" 0 "new addresses at .22"
