#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# about: netlink: attributes before, during and after a server; capped; per namespace
# vm: timeout=90
. "$(dirname "$0")/../lib.sh"

topo 23 13
netlink
serve
svc=tcp:$VIP:$PORT
a=10.7.0.23:$PORT b=10.7.0.13:$PORT

# attr_is SERVER NAME VALUE
attr_is() {
	local line

	line=$(extnl attr "$svc" | grep "addr=${1%:*} ")
	eq "$(field "$line" "$2")" "$3" "$2 of $1"
}
# tier_is SERVER TIER
tier_is() {
	local line

	line=$(extnl state "$svc" | grep "addr=${1%:*} .*server_state")
	eq "$(field "$line" tier)" "$2" "tier of $1"
}

step "set before the service exists"
extnl set-attr "$svc" $a priority=9 || fail "set-attr"
extnl set-attr "$svc" $a lag=300 || fail "set-attr"
extnl set-attr "$svc" $b bandwidth=1000000000000 || fail "set-attr"
attr_is $a priority 9
attr_is $a lag 300
attr_is $a bandwidth ""
attr_is $b bandwidth 1000000000000
eq "$(extnl attr "$svc" | wc -l)" 2 "servers with attributes"
eq "$(extnl attr tcp:10.1.1.1:1 | wc -l)" 0 "servers of another service"
eq "$(extnl state | wc -l)" 0 "services"

step "in use when it comes: the priority, and not the weight, is the tier"
svc_add
dst_add 23 1
dst_add 13 5
tier_is $a 9
tier_is $b 0
hold_start a -b 10.9.0.1 -c 1000 $VIP $PORT
open_to a 4 r23 "priority 9"

step "a change acts on the next connection"
extnl set-attr "$svc" $b priority=10
open_to a 4 r13 "priority 10"
extnl del-attr "$svc" $b priority
attr_is $b bandwidth 1000000000000
open_to a 4 r23 "no priority"
extnl del-attr "$svc" $b
eq "$(extnl attr | wc -l)" 1 "servers with attributes"
extnl del-attr "$svc" $a priority
tier_is $b 5
open_to a 4 r13 "weights again"
extnl set-attr "$svc" $a priority=0 || fail "priority 0 is a priority"
tier_is $a 0
tier_is $b 0
extnl set-attr "$svc" $a priority=2147483647
tier_is $a 2147483647
open_to a 4 r23 "highest priority"

step "kept while server and service go and come back"
dst_del 23
attr_is $a priority 2147483647
dst_add 23 1
tier_is $a 2147483647
hold a release all
hold_stop a
# shellcheck disable=SC2086
adm -D $SVC
eq "$(extnl state | wc -l)" 0 "services"
attr_is $a lag 300
svc_add
dst_add 23 1
tier_is $a 2147483647

step "with firewall marks, in IPv6, and for a server of another family"
extnl set-attr fwmark:7 $a priority=1 || fail "fwmark"
extnl set-attr fwmark6:7 "[fd07::23]:80" priority=2 || fail "fwmark6"
extnl set-attr "udp:[$VIP6]:53" $a priority=3 || fail "udp and IPv6"
extnl set-attr "sctp:$VIP:0" "[fd07::23]:0" priority=4 || fail "sctp"
eq "$(extnl attr | wc -l)" 5 "servers with attributes"
eq "$(extnl attr fwmark:7 | wc -l)" 1 "of fwmark 7"
eq "$(field "$(extnl attr fwmark6:7)" priority)" 2 "of fwmark 7 in IPv6"

step "dumps of many, and one that is changed meanwhile"
extnl many udp:10.200.0.1:53 1 4000 || fail "many"
eq "$(extnl attr udp:10.200.0.1:53 | sort -u | wc -l)" 4000 "servers in a dump"
extnl torn attr ":" | tail -n1 | grep -q interrupted && fail "interrupted by nothing"
out=$(extnl torn attr "extnl set-attr udp:10.200.0.1:53 10.77.0.1:80 lag=1") || fail torn
[[ $out == *interrupted ]] || fail "a server came during a dump, and it was not said"
extnl del-attr udp:10.200.0.1:53
eq "$(extnl attr | wc -l)" 5 "servers with attributes"

step "no more than max_entries, and the others as before"
max=/sys/module/ip_vs_ext/parameters/max_entries
before=$(cat $max)
echo 8 >$max
refuses "max_entries" extnl many tcp:10.1.1.1:1 1 4
eq "$(extnl attr | wc -l)" 8 "servers with attributes"
extnl set-attr "$svc" $a lag=5 || fail "a server that has attributes"
attr_is $a lag 5
extnl del-attr fwmark:7 && extnl many tcp:10.1.1.1:2 1 1 || fail "one went, one came"
in_ns c extnl many tcp:10.1.1.1:1 1 8 || fail "another namespace"
refuses ENOSPC in_ns c extnl many tcp:10.1.1.1:2 1 1
echo "$before" >$max

step "gone with the namespace, and only with that one"
ip netns add "$PFX-x"
in_ns x extnl many tcp:10.1.1.1:1 1 100 || fail "many"
ip -n "$PFX-x" -b - <<-END
	link set lo up
	addr add 10.1.1.1/8 dev lo
END
in_ns x ipvsadm -A -t 10.1.1.1:1 -s "$SCHED" || fail "ipvsadm -A"
in_ns x ipvsadm -a -t 10.1.1.1:1 -r 10.200.0.1:80 || fail "ipvsadm -a"
ip netns del "$PFX-x"
ip netns add "$PFX-x"
eq "$(in_ns x extnl attr | wc -l)" 0 "attributes of a new namespace"
eq "$(extnl attr | wc -l)" 8 "of the director"

step "all of a namespace deleted at once"
extnl del-attr || fail "del-attr"
refuses "ENOENT" extnl del-attr
eq "$(extnl attr | wc -l)" 0 "servers with attributes"
tier_is $a 1
