#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# about: UDP flows count against limits until they time out
. "$(dirname "$0")/../lib.sh"

topo 23 22 13
serve
for family in 4 6; do
	case $family in
	4) SVC="-u $VIP:$PORT" vip=$VIP from=10.9.0.1 ;;
	6) SVC="-u [$VIP6]:$PORT" vip=$VIP6 from=fd09::1 ;;
	esac
	step "IPv$family: flows that timed out make room"
	adm --set 900 1 1
	svc_add
	dst_add 23 5 10 5
	dst_add 13 1
	run_client udp "$vip" $PORT -n 12 -i 1 -b "$from" -c 100
	eq "${SRV[r23]:-0}" 10 "flows that fill .23"
	wait_for 10 tot_below r23 5
	run_client udp "$vip" $PORT -n 1 -b "$from"
	eq "${SRV[r23]:-0}" 1 "flow after the return"
	wait_for 10 tot_is r23 0
	wait_for 10 tot_is r13 0
	adm -C

	adm --set 900 1 300
	svc_add
	dst_add 23 5 10
	dst_add 22 5 10
	dst_add 13 1

	step "IPv$family: 20 flows fill the tier, the next 5 spill"
	run_client udp "$vip" $PORT -n 20 -i 4 -b "$from" -c 100
	lossless "flows of the first tier"
	eq "${SRV[r23]:-0} ${SRV[r22]:-0} ${SRV[r13]:-0}" "10 10 0" "the first tier"
	run_client udp "$vip" $PORT -n 5 -b "$from" -c 100
	lossless "spilled flows"
	eq "${SRV[r13]:-0}" 5 "spilled flows"

	step "IPv$family: datagrams of a flow stay with its server and count once"
	run_client udp "$vip" $PORT -n 20 -1 -b "$from"
	lossless "one flow"
	eq "${SRV[r13]:-0}" 20 "datagrams of one flow"
	all_tot 10 r23 r22
	eq "${TOT[r13]}" 6 "flows of .13"
	adm -C
done
