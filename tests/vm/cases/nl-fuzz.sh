#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# about: netlink: random and mutated messages, from two CPUs (N=, SEED=)
# allow-dmesg: netlink: '[^']*': attribute type [0-9]* has an invalid length
# allow-dmesg: netlink: [0-9]* bytes leftover after parsing attributes in process
# allow-dmesg: (__nla_validate_parse|validate_nla): [0-9]* callbacks suppressed
# allow-dmesg: no destination available
# vm: smp=2 timeout=120
# quick: N=6000
. "$(dirname "$0")/../lib.sh"

N=${N:-20000} SEED=${SEED:-$RANDOM}
topo 23 13
netlink
# What the kernel says of wrong messages is rate limited, and no news.
dmesg -n 1
svc_add
dst_add 23 5 4 2
dst_add 13 1
adm -A -u $VIP:$PORT -s "$SCHED"
adm -a -u $VIP:$PORT -r 10.7.0.23:$PORT -g
adm -A -f 7 -s "$SCHED"
adm -a -f 7 -r 10.7.0.13:$PORT -g
serve
hold_start c -b 10.9.0.1 -c 1000 $VIP $PORT
hold c open 1
in_ns d extnl events >"$T/ev" &
ev=$!

step "nlfuzz $SEED $((N / 2)) and nlfuzz $((SEED + 1)) $((N / 2))"
spawn one d nlfuzz "$SEED" $((N / 2))
spawn two d nlfuzz $((SEED + 1)) $((N / 2))
# Meanwhile servers come and go, connections are made, state changes.
spawn change d bash -c "while :; do
	extnl flap $VIP:$PORT 10.7.0.23:$PORT 500
	ipvsadm -a -u $VIP:$PORT -r 10.7.0.13:$PORT -g
	ipvsadm -d -u $VIP:$PORT -r 10.7.0.13:$PORT
	done"
finish one || fail "nlfuzz $SEED $((N / 2))"
finish two || fail "nlfuzz $((SEED + 1)) $((N / 2))"
stop change
kill $ev
# The last edit may have been cut.
in_ns d ipvsadm -d -u $VIP:$PORT -r 10.7.0.13:$PORT 2>/dev/null

step "afterwards all is as ever"
extnl del-attr 2>/dev/null
extnl del-param "tcp:$VIP:$PORT" 2>/dev/null
eq "$(extnl attr | wc -l)" 0 "attributes"
dst_edit 23 5 9
hold c release all
open_to c 4 r23 "the first tier"
