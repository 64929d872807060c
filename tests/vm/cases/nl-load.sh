#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# about: netlink: loaded by name, never by a scheduler; loaded and unloaded while services run
# vm: smp=2 timeout=90
. "$(dirname "$0")/../lib.sh"

topo 23 13
loaded() { grep -q "^$1 " /proc/modules; }
svc=tcp:$VIP:$PORT a=10.7.0.23:$PORT

step "a scheduler does not bring the front end"
svc_add
loaded ip_vs_ext || fail "no ip_vs_ext"
loaded ip_vs_ext_nl && fail "ip_vs_ext_nl is loaded, too"
adm -C
rmmod "ip_vs_$SCHED" || fail "rmmod ip_vs_$SCHED"
rmmod ip_vs_ext || fail "rmmod ip_vs_ext"

step "the name of the family does, also while schedulers are being loaded"
netlink
loaded ip_vs_ext_nl || fail "no ip_vs_ext_nl"
for ((i = 0; i < 12; i++)); do
	rmmod ip_vs_ext_nl || fail "rmmod ip_vs_ext_nl"
	! loaded "ip_vs_$SCHED" || rmmod "ip_vs_$SCHED" || fail "rmmod ip_vs_$SCHED"
	rmmod ip_vs_ext || fail "rmmod ip_vs_ext"
	# Both at once, and one or the other first.
	[ $((i % 3)) != 1 ] || extnl family || fail "extnl family"
	spawn add d ipvsadm -A -t 10.1.1.1:1 -s "$SCHED"
	[ $((i % 3)) != 2 ] || finish add || fail "ipvsadm -A"
	spawn family d extnl family
	[ $((i % 3)) = 2 ] || finish add || fail "ipvsadm -A"
	finish family || fail "extnl family"
	loaded ip_vs_ext_nl || fail "no ip_vs_ext_nl"
	# And the last user away while it is asked for.
	spawn gone d ipvsadm -C
	extnl state >/dev/null || fail "extnl state"
	finish gone || fail "ipvsadm -C"
done

step "what it knows goes with it, services go on"
serve
svc_add
dst_add 23 1
dst_add 13 5
extnl set-attr "$svc" $a priority=9 || fail "set-attr"
hold_start c -b 10.9.0.1 -c 1000 $VIP $PORT
open_to c 2 r23 "priority 9"
rmmod ip_vs_ext_nl || fail "rmmod ip_vs_ext_nl"
open_to c 1 r13 "weight 5"
netlink
eq "$(extnl attr | wc -l)" 0 "attributes"
eq "$(extnl state "$svc" | wc -l)" 3 "of a service that was there before"
extnl set-attr "$svc" $a priority=9 || fail "set-attr"
open_to c 2 r23 "priority 9"

step "unloaded with listeners, events and summaries under way"
dst_edit 13 5 1
for ((i = 0; i < 8; i++)); do
	spawn ev d extnl events >"$T/ev"
	wait_for 10 grep -q listening "$T/ev"
	spawn flap d extnl flap $VIP:$PORT 10.7.0.13:$PORT 3000
	[ $((i % 2)) = 0 ] || wait_for 10 grep -q event "$T/ev"
	rmmod ip_vs_ext_nl || fail "rmmod ip_vs_ext_nl"
	finish flap || fail "flap"
	stop ev
	netlink
	eq "$(extnl state "$svc" | wc -l)" 3 "messages about the service"
done

step "namespaces come and go meanwhile"
spawn names d bash -c "for i in 1 2 3 4 5 6 7 8 9 10; do
	ip netns add $PFX-t && ip -n $PFX-t link set lo up &&
	nsenter --net=/run/netns/$PFX-t ipvsadm -A -t 127.0.0.1:1 -s $SCHED &&
	nsenter --net=/run/netns/$PFX-t ipvsadm -a -t 127.0.0.1:1 -r 127.0.0.1:2
	ip netns del $PFX-t
	done"
for ((i = 0; i < 10; i++)); do
	extnl set-attr "$svc" $a priority=9 || fail "set-attr"
	rmmod ip_vs_ext_nl || fail "rmmod ip_vs_ext_nl"
	netlink
done
finish names || fail "namespaces"
hold c open 2
lossless "afterwards"
hold c release all
hold_stop c
