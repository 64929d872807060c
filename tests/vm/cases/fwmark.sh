#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# about: a firewall mark service over two ports and both families
. "$(dirname "$0")/../lib.sh"

topo 23 22 13
serve -p 80 -p 8080
# By its path: busybox, which runs it in the VM, prefers a tc of its own.
tc=$(type -P tc) || skip "no tc here"
in_ns d "$tc" qdisc add dev eth0 clsact || skip "no tc ingress here"
in_ns d "$tc" filter add dev eth0 ingress protocol ip pref 1 flower dst_ip $VIP/32 \
	action skbedit mark 7 || skip "no tc flower and skbedit here"
in_ns d "$tc" filter add dev eth0 ingress protocol ipv6 pref 2 flower dst_ip $VIP6/128 \
	action skbedit mark 8 || skip "no tc flower and skbedit here"

family() { # NAME SERVICE VIP FIRST-SOURCE
	step "$1: both ports share the limits"
	SVC=$2
	svc_add
	dst_add 23 5 3
	dst_add 22 5 3
	dst_add 13 1
	hold_start "$1a" -b "$4" -c 1000 "$3" 80
	hold_start "$1b" -b "$4" -c 1000 "$3" 8080
	hold "$1a" open 4
	lossless "$1: port 80"
	eq "${SRV[r23]:-0} ${SRV[r22]:-0}" "2 2" "$1: port 80"
	hold "$1b" open 2
	lossless "$1: port 8080"
	eq "${SRV[r23]:-0} ${SRV[r22]:-0}" "1 1" "$1: port 8080"
	open_to "$1a" 2 r13 "$1: port 80 after the spill"
	open_to "$1b" 2 r13 "$1: port 8080 after the spill"
	hold_stop "$1a"
	hold_stop "$1b"
	adm -C
}

family ipv4 "-f 7" $VIP 10.9.0.1
family ipv6 "-f 8 -6" $VIP6 fd09::1
