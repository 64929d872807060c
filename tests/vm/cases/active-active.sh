#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# about: two directors at work behind one router, as docs/active-active.md says; one dies
# vm: timeout=240
. "$(dirname "$0")/../lib.sh"
. "$LIB/failover.sh"

[ -e /proc/sys/net/ipv4/fib_multipath_hash_policy ] || skip "no multipath routes here"

# both COMMAND...: on either director
both() {
	for DIRECTOR in d e; do
		"$@" || fail "$* on $DIRECTOR"
	done
}

# hops NAME...: the directors that the router spreads connections over
hops() {
	local n to=()

	for n in "$@"; do
		case $n in
		d) to+=(nexthop via 10.7.0.2) ;;
		e) to+=(nexthop via 10.7.0.3) ;;
		esac
	done
	ip -n "$PFX-g" route replace "$VIP/32" "${to[@]}" || fail "routes to $*"
}

# revive: d as after a start of its machine; its services are made by the caller
revive() {
	in_ns d ipvsadm -C
	plug d
}

# service PORT SCHEDULER OPTIONS...: on both, with the servers in the same order,
# which mh takes into account
service() {
	local n

	adm -A -t "$VIP:$1" -s "$2" "${@:3}"
	for n in 23 22 13; do
		adm -a -t "$VIP:$1" -r "10.7.0.$n:$1" -g -w 1
	done
}

topo 13 22 23
director e 3
ip -n "$PFX-e" addr add "$VIP/32" dev lo
in_ns e ipvsadm --set 900 1 300
# The router; servers answer the client directly.
director g 4
sysctls g ipv4/fib_multipath_hash_policy=1
ip -n "$PFX-c" route replace "$VIP/32" via 10.7.0.4
hops d e
serve -p 80 -p 82 -p 84

step "limits divided by two: no server is above the whole"
both svc_add
both dst_add 23 5 3 2
both dst_add 22 5 3 2
both dst_add 13 1
hold_start a -b 10.9.0.1 -c 1000 "$VIP" 80
hold a open 60
lossless "60 clients"
both all_tot 3 r23 r22
eq "${SRV[r23]} ${SRV[r22]} ${SRV[r13]}" "6 6 48" "60 clients"
DIRECTOR=e snapshot
ours=$((TOT[r23] + TOT[r22] + TOT[r13]))
printf 'of 60 connections e has %d\n' $ours
ge $ours 6 "connections by e"

step "a director dies"
unplug d
hops e
hold a check
eq "${RES[alive]} ${RES[dead]}" "$ours $((60 - ours))" "connections of hprio"
open_to a 4 r13 "new clients: the part of the limit that e has is used up"
all_tot 3 r23 r22

step "the other one gets the whole limit"
dst_edit 23 5 6 4
dst_edit 22 5 6 4
hold a open 8
lossless "the whole limit"
eq "${SRV[r23]} ${SRV[r22]} ${SRV[r13]}" "3 3 2" "the whole limit"

hold_stop a
in_ns e ipvsadm -C
revive
hops d e

step "persistence: a client stays with its director and its server"
both service 84 rr -p 300
sysctls g ipv4/fib_multipath_hash_policy=0
for i in 1 2 3 4; do
	hold_start p -b 10.9.5.$i -c 1 "$VIP" 84
	hold p open 6
	lossless "persistence"
	eq "$(printf '%s ' "${SRV[@]}")" "6 " "six connections of one client to one server"
	hold_stop p
done
sysctls g ipv4/fib_multipath_hash_policy=1

step "mh: both directors choose alike, and one dies"
modprobe -q ip_vs_mh || skip "no ip_vs_mh module here"
both service 82 mh
sysctls d ipv4/vs/sloppy_tcp=1
sysctls e ipv4/vs/sloppy_tcp=1
hold_start m -b 10.9.4.1 -c 1000 "$VIP" 82
hold m open 40
lossless "mh"
for n in d e; do
	ge "$(in_ns $n grep -c ' 0A070101 0052 ' /proc/net/ip_vs_conn)" 1 "connections by $n"
done
unplug d
hops e
hold m check
eq "${RES[alive]} ${RES[dead]}" "40 0" "without d"

step "it is back, without what it knew, and the other one dies"
revive
DIRECTOR=d
service 82 mh
hops d
hold m check
eq "${RES[alive]} ${RES[dead]}" "40 0" "without e"
hold_stop m
for n in d e; do
	in_ns $n ipvsadm -C
done
