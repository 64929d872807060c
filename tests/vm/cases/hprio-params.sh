#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# about: hprio: priorities and parameters on a running service, nobody refused
# vm: timeout=180
. "$(dirname "$0")/../lib.sh"

SCHED=hprio
command -v ipvsadm-ext >/dev/null || skip "no ipvsadm-ext here"
modprobe ip_vs_ext_nl 2>/dev/null || skip "no ip_vs_ext_nl module here"
topo 23 22 21 13
serve

ext() { in_ns d ipvsadm-ext "$@" || fail "ipvsadm-ext $*"; }
# params NAME=VALUE...: of the service
params() {
	local p args=()

	for p; do
		args+=(--param "$p")
	done
	# shellcheck disable=SC2086
	ext -E $SVC -s hprio "${args[@]}"
}
# prio N WEIGHT PRIORITY [UPPER [LOWER]]
prio() {
	# shellcheck disable=SC2086
	ext -e $SVC -r "$(rip "$1")" $FWD -w "$2" -x "${4:-0}" -y "${5:-0}" --priority "$3"
}
# opened N WHAT: client a opens N; nobody is refused
opened() {
	hold a open "$1"
	lossless "$2"
}
# got NAME N WHAT
got() { eq "${SRV[$1]:-0}" "$2" "$3: connections to $1"; }
# all of it is over
over() {
	hold a release all
	for n in 23 22 21 13; do
		wait_for 20 tot_is r$n 0
	done
}

svc_add
dst_add 23 3
dst_add 22 1
dst_add 21 9
dst_add 13 5
hold_start a -b 10.9.0.1 -c 60000 $VIP $PORT

step "the weight is the tier"
opened 4 "weights"
got r21 4 "weights"

step "the priority is the tier, the weight the share"
prio 23 3 10
prio 22 1 10
opened 40 "priorities"
got r23 30 "priorities"
got r22 10 "priorities"
params tier=rr
opened 40 "tier=rr"
got r23 20 "tier=rr"
got r22 20 "tier=rr"
over

step "least connections"
params tier=lc
opened 40 "tier=lc"
got r23 30 "tier=lc"
got r22 10 "tier=lc"
hold a release 12 r23
wait_for 10 tot_is r23 18
opened 12 "tier=lc, after some ended"
got r23 12 "tier=lc, after some ended"
over

step "source hashing: a client stays with its server"
params tier=sh
prio 21 1 10
for i in 1 2 3 4 5 6; do
	hold_start b$i -b 10.9.77.$i -c 1 $VIP $PORT
	hold b$i open 3
	lossless "client $i"
	eq "${#SRV[@]}" 1 "servers of client $i"
	at[i]=${!SRV[*]}
done
prio 23 0 10
for i in 1 2 3 4 5 6; do
	hold b$i open 1
	lossless "client $i, without .23"
	[ "${at[i]}" = r23 ] || got "${at[i]}" 1 "client $i, without .23"
	got r23 0 "client $i, without .23"
done
prio 23 3 10
for i in 1 2 3 4 5 6; do
	hold b$i open 1
	lossless "client $i, with .23"
	got "${at[i]}" 1 "client $i, with .23"
	hold b$i release all
	hold_stop b$i
done
over

step "min-active: lower tiers join"
params tier=rr min-active=4
opened 40 "min-active=4"
for n in 23 22 21 13; do
	got r$n 10 "min-active=4"
done
params tier=rr min-active=1
opened 30 "min-active=1"
got r13 0 "min-active=1"
over

step "hold: a tier that took over stays"
prio 22 0 10
prio 21 0 10
prio 23 1 10 6 6
params hold=3s
opened 6 "the first tier"
got r23 6 "the first tier"
opened 1 "spill"
got r13 1 "spill"
hold a release 6 r23
wait_for 10 tot_is r23 0
opened 1 "held"
got r13 1 "held"
back() { opened 1 "return" && [ "${SRV[r23]:-0}" = 1 ]; }
wait_for 20 back
over

step "slow start: a server that returns is not given all at once"
prio 22 1 10
params slow-start=30s
prio 23 0 10 50 50
prio 23 1 10 50 50
opened 60 "slow start"
[ "${SRV[r23]:-0}" -ge 1 ] || fail "slow start: no connection to r23"
[ "${SRV[r23]}" -le 25 ] || fail "slow start: ${SRV[r23]} connections to r23"
params slow-start=0
before=$(tot r23)
opened 40 "without slow start"
got r23 20 "without slow start"
tot_is r23 $((before + 20)) || fail "count of r23"
over

step "wrong values are refused and change nothing"
params min-active=2
for p in min-active=0 hold=2d tier=fast slow-start=-1 fast=1; do
	# shellcheck disable=SC2086
	! in_ns d ipvsadm-ext -E $SVC -s hprio --param min-active=3 --param $p 2>"$T/err" ||
		fail "$p was taken"
	[ -s "$T/err" ] || fail "$p: refused without a word"
done
opened 40 "after wrong values"
hold_stop a
