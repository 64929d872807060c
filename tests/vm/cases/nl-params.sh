#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# about: netlink: parameters of a service: kept, per scheduler, all or nothing, per namespace
# vm: timeout=90
. "$(dirname "$0")/../lib.sh"

SCHED=hprio
topo 23 13
netlink
serve
svc=tcp:$VIP:$PORT

# param_is NAME VALUE [set]
param_is() {
	local line

	line=$(extnl param "$svc" | grep -o "name=$1 value=[^}]*")
	line=${line#*value=}
	eq "${line% }" "$2${3:+ $3}" "parameter $1"
}

step "a service has defaults"
refuses "ENOENT: there is no such virtual service" extnl set-param "$svc" min-active=2
svc_add
dst_add 23 5
dst_add 13 1
param_is min-active 1
param_is hold 0
eq "$(extnl param | wc -l)" 1 "services with parameters"

step "a value acts on the next connection"
hold_start a -b 10.9.0.1 -c 1000 $VIP $PORT
open_to a 6 r23 "the highest tier"
extnl set-param "$svc" min-active=2 hold=1500 || fail "set-param"
param_is min-active 2 set
param_is hold 1500 set
hold a open 12
lossless "min-active=2"
[ "${SRV[r13]:-0}" -gt 0 ] || fail "min-active=2: no connection to r13"
hold a release all
hold_stop a

step "wrong ones are refused with a text, and change nothing"
refuses "ERANGE: parameter min-active must be 1 to 65535" \
	extnl set-param "$svc" hold=7 min-active=0
refuses "ERANGE: parameter hold must be 0 to 86400000 milliseconds" \
	extnl set-param "$svc" min-active=3 hold=86400001
refuses "ERANGE: parameter tier must be rr or wrr or lc or sh" \
	extnl set-param "$svc" min-active=3 tier=77
refuses "ENOENT: no such parameter; the scheduler has: min-active, hold, tier, slow-start" \
	extnl set-param "$svc" min-active=3 min-activ=3
refuses "ENOENT: no such parameter" extnl del-param "$svc" hold min-activ
refuses "ENOENT" extnl del-param "$svc" slow-start
param_is min-active 2 set
param_is hold 1500 set
param_is slow-start 0

step "other schedulers have their own"
# shellcheck disable=SC2086
adm -E $SVC -s bwlag
eq "$(extnl param "$svc" | grep -c min-active)" 0 "parameters of hprio"
refuses "the scheduler has: cost, queue" extnl set-param "$svc" min-active=2
refuses "parameter cost must be 1 to" extnl set-param "$svc" cost=8589934591
extnl set-param "$svc" queue=77 || fail "queue"
# shellcheck disable=SC2086
adm -E $SVC -s hprio
param_is min-active 2 set
param_is hold 1500 set

step "kept while the service goes and comes back, and its modules, too"
# shellcheck disable=SC2086
adm -D $SVC
eq "$(extnl param | wc -l)" 0 "services with parameters"
rmmod ip_vs_hprio ip_vs_bw_lag || fail "rmmod"
# shellcheck disable=SC2086
adm -A $SVC -s bw_lag
param_is queue 77 set
# shellcheck disable=SC2086
adm -E $SVC -s hprio
param_is min-active 2 set

step "back to the defaults"
extnl del-param "$svc" hold || fail "del-param"
param_is hold 0
param_is min-active 2 set
extnl del-param "$svc" || fail "del-param"
param_is min-active 1
# shellcheck disable=SC2086
adm -E $SVC -s bwlag
param_is queue 1000
refuses "ENOENT" extnl del-param "$svc"

step "another namespace has its own"
extnl set-param "$svc" queue=5 || fail "set-param"
refuses "ENOENT" in_ns c extnl set-param "$svc" queue=6
refuses "ENOENT" in_ns c extnl del-param "$svc"
eq "$(in_ns c extnl param | wc -l)" 0 "services of another namespace"
param_is queue 5 set
