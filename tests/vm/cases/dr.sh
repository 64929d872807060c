#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# about: direct routing, IPv4 and IPv6: spill, data, refusals
# vm: timeout=60
. "$(dirname "$0")/../lib.sh"

topo 23 22 13
serve
FWD=-g

family() { # NAME VIP SERVICE FIRST-SOURCE
	step "$1"
	SVC=$3
	svc_add
	dst_add 23 5 3
	dst_add 22 5 3
	dst_add 13 1 2
	hold_start "$1" -b "$4" -c 1000 "$2" $PORT
	hold "$1" open 6
	lossless "$1: the first tier"
	eq "${SRV[r23]:-0} ${SRV[r22]:-0} ${SRV[r13]:-0}" "3 3 0" "$1: the first tier"
	open_to "$1" 2 r13 "$1: the second tier"
	hold "$1" open 4
	eq "${RES[refused]} ${RES[timeout]} ${RES[error]}" "4 0 0" "$1: refused when all are full"
	hold "$1" check
	eq "${RES[alive]} ${RES[dead]}" "8 0" "$1: connections with data"
	hold "$1" release all
	hold_stop "$1"
	adm -C
}

family ipv4 $VIP "-t $VIP:$PORT" 10.9.0.1
family ipv6 $VIP6 "-t [$VIP6]:$PORT" fd09::1
