#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# about: servers added, deleted and added again with connections alive
. "$(dirname "$0")/../lib.sh"

topo 23 22 13
serve
svc_add
dst_add 23 5 5
dst_add 13 1
hold_start a -b 10.9.0.1 -c 1000 $VIP $PORT
open_to a 3 r23 "before"

step "a deleted server gets nothing new"
dst_del 23
open_to a 2 r13 "without .23"

step "added again it still has its connections, in the count and with data"
dst_add 23 5 5
eq "$(tot r23)" 3 "connections of .23 added again"
open_to a 2 r23 "up to the limit"
open_to a 1 r13 "limit reached"
hold a check
eq "${RES[dead]}" 0 "dead connections"

step "added again while full it is full"
dst_del 23
dst_add 23 5 5
open_to a 1 r13 "full and added again"

step "deleted and added again with another weight and limit"
dst_del 23
dst_add 23 0 5
open_to a 1 r13 "added with weight 0"
dst_edit 23 1 7
hold a open 3
lossless "same tier as .13"
eq "$((${SRV[r23]:-0} + ${SRV[r13]:-0}))" 3 "same tier as .13"
le "$(tot r23)" 7 "connections of .23"

step "a new server of a higher tier takes over at once"
dst_add 22 9 4
open_to a 4 r22 "the new server"
hold a open 4
eq "${SRV[r22]:-0}" 0 "the new server is full"

step "all servers deleted: refused; one added: served"
for n in 23 22 13; do
	dst_del $n
done
hold a open 2
eq "${RES[refused]}" 2 "without servers"
dst_add 13 1
open_to a 2 r13 "with one server"

step "many times, with connections coming in"
spawn flood c traffic flood $VIP $PORT -d 6 -i 8 -F -b 10.9.8.1 -c 1000 >"$T/flood"
for ((i = 0; i < 30; i++)); do
	dst_add 23 5 5
	dst_add 22 5
	dst_del 22
	dst_del 23
done
finish flood
parse "$T/flood"
eq "${RES[refused]}" 0 "refused although .13 was always there"
