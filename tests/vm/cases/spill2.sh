#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# about: spill and return on two CPUs at once: nobody refused, lost or repeated
# vm: smp=2 timeout=90
. "$(dirname "$0")/../lib.sh"

topo 23 22 21 13
serve
svc_add
for n in 23 22 21; do
	dst_add $n 5 50 20
done
dst_add 13 1
hold_start a -i 16 -t 20000 -b 10.9.0.1 -c 20000 $VIP $PORT
hold_start b -i 16 -t 20000 -b 10.9.128.1 -c 20000 $VIP $PORT

both() { # N: both open N at the same time
	hold_send a open "$1"
	hold_send b open "$1"
	hold_wait a
	lossless "client a"
	hold_wait b
	lossless "client b"
}
for ((round = 1; round <= 3; round++)); do
	step "round $round: up"
	both 150
	snapshot
	for n in 23 22 21; do
		eq "${TOT[r$n]}" 50 "connections of .$n"
	done
	step "round $round: down"
	hold a release all
	hold b release all
	for n in 23 22 21 13; do
		wait_for 20 tot_is r$n 0
	done
done
