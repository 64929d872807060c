#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# about: three servers of 50/20 spill to a fourth and take over again
# vm: timeout=60
. "$(dirname "$0")/../lib.sh"

topo 23 22 21 13
serve
svc_add -p 150
for n in 23 22 21; do
	dst_add $n 5 50 20
done
dst_add 13 1
hold_start a -b 10.9.0.1 -c 60000 $VIP $PORT

step "while any of the three is not full, .13 gets nothing"
hold a open 149
lossless "filling the tier"
eq "${SRV[r13]:-0}" 0 "connections to .13 before the tier is full"
le "${SRV[r23]}" 50 "connections to .23"
le "${SRV[r22]}" 50 "connections to .22"
le "${SRV[r21]}" 50 "connections to .21"

step "the 150th fills the tier, the very next spills"
hold a open 1
lossless "the last place"
eq "${SRV[r13]:-0}" 0 "the last place of the tier: connections to .13"
all_tot 50 r23 r22 r21
open_to a 1 r13 "the first spilled connection"
open_to a 39 r13 "more spilled connections"
all_tot 50 r23 r22 r21
eq "${TOT[r13]}" 40 "connections of .13"

step "at 20 and above a server stays full"
hold a release 30 r22
wait_for 10 tot_is r22 20
open_to a 10 r13 "a server with 20 is still full"

step "below 20 it gets the new connections again"
hold a release 1 r22
wait_for 10 tot_is r22 19
open_to a 31 r22 "return to the relieved server"
all_tot 50 r23 r22 r21
open_to a 5 r13 "full again"

step "all three relieved: the tier shares again, .13 gets nothing"
for n in 23 22 21; do
	hold a release 40 r$n
done
for n in 23 22 21; do
	wait_for 10 tot_is r$n 10
done
hold a open 60
lossless "after the return"
for n in 23 22 21; do
	eq "${SRV[r$n]:-0}" 20 "round robin after the return: .$n"
done

step "what was opened is still alive"
hold a check
eq "${RES[dead]}" 0 "dead connections"
