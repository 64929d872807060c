#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# about: one-packet scheduling: every datagram is a decision, none stays
. "$(dirname "$0")/../lib.sh"

topo 23 22 21 13
serve
SVC="-u $VIP:$PORT"
svc_add -o
for n in 23 22 21; do
	dst_add $n 5 2
done
dst_add 13 1

step "one socket: round robin, limits are never reached"
run_client udp $VIP $PORT -n 300 -1 -b 10.9.0.1
lossless "one socket"
for n in 23 22 21; do
	eq "${SRV[r$n]:-0}" 100 "datagrams at .$n"
done
eq "${SRV[r13]:-0}" 0 "datagrams at .13"
all_tot 0 r23 r22 r21 r13

step "weight 0 and a new highest tier take effect with the next datagram"
dst_edit 23 0 2
run_client udp $VIP $PORT -n 100 -1 -b 10.9.0.1
eq "${SRV[r23]:-0} ${SRV[r22]:-0} ${SRV[r21]:-0}" "0 50 50" "without .23"
dst_edit 13 9
run_client udp $VIP $PORT -n 50 -1 -b 10.9.0.1
eq "${SRV[r13]:-0}" 50 "with .13 as the highest tier"
