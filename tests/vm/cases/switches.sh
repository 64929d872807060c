#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# about: SWITCHES times another one of SCHEDULERS, each packet of a flood a decision
# vm: smp=2 timeout=60
. "$(dirname "$0")/../lib.sh"

# None of mainline's that has memory of its own: some kernels use it when it is freed.
schedulers=${SCHEDULERS:-hprio,rr,bw_load,lc,bw_poll,auto_bw}
switches=${SWITCHES:-100}

command -v extnl >/dev/null || PATH=$PATH:$LIB/../../build/tests
command -v extnl >/dev/null || skip "no extnl here: make -C tests/netlink"
topo 23 22 13
keep_hooks
# More switches in less time; what schedulers free waits for a usual grace period.
! [ -w /sys/kernel/rcu_expedited ] || echo 1 >/sys/kernel/rcu_expedited

# Nobody listens there, so that there is nothing but decisions.
SVC="-u $VIP:81"
svc_add -o
for n in 23 22 13; do
	dst_add $n $((n % 10))
done
spawn packets c traffic udp $VIP 81 -n 2000000000 -1 -x -b 10.9.0.1 >/dev/null

step "$switches times to the next of $schedulers"
start=$SECONDS
# shellcheck disable=SC2086
in_ns d extnl switch $VIP:81 "$switches" ${schedulers//,/ } || fail "extnl switch"
took=$((SECONDS - start))
stop packets
# What ipvsadm shows is up to two seconds old.
packets=0
in_ns d cat /proc/net/ip_vs_stats_percpu | while read -r cpu conns _; do
	[ "$cpu" != "~" ] || break
	[[ ! $cpu =~ ^[0-9A-F]+$ ]] || packets=$((packets + 16#$conns))
done
ge "$packets" 1 "packets that were scheduled"
printf 'NOTE: %d switches in %d s, %d decisions meanwhile\n' "$switches" "$took" "$packets"
