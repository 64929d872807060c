#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# about: netlink: without CAP_NET_ADMIN here nothing can be read, changed or heard
. "$(dirname "$0")/../lib.sh"

topo 23
netlink
svc=tcp:$VIP:$PORT a=10.7.0.23:$PORT
svc_add
dst_add 23 5
extnl set-attr "$svc" $a priority=3 || fail "set-attr"
echo 100 >/proc/sys/user/max_user_namespaces
# The root directory of the VM is for root only.
[ -z "${IPVS_EXT_VM-}" ] || busybox chmod 755 /
all() { extnl attr && extnl param && extnl state | sed 's/[{ ]mono=[0-9]* wall=[0-9]*//'; }
before=$(all)

# denied WHO OPTIONS OF extnl...: all commands, and the group
denied() {
	local who=$1

	shift
	step "$who"
	for c in sched attr param state "attr $svc" "del-attr" "del-attr $svc" \
		"del-attr $svc $a priority" "set-attr $svc $a priority=4" \
		"set-param $svc any=1" "del-param $svc"; do
		# shellcheck disable=SC2086
		refuses "EPERM" in_ns d extnl "$@" $c
	done
	[ "$(all)" = "$before" ] || fail "$who changed something"
}

denied "a user" -u 1000
refuses "EPERM: join" in_ns d extnl -u 1000 events -t 1
[ -e /proc/self/ns/user ] || skip "no user namespaces here; other users were denied"
denied "root of a new user namespace, in the network namespace of the director" -r
refuses "EPERM: join" in_ns d extnl -r events -t 1
denied "a user who is root of a new user namespace" -u 1000 -r
refuses "EPERM: join" in_ns d extnl -u 1000 -r events -t 1
denied "root of new user and network namespaces" -r -n

step "root of a new network namespace reads and hears its own, and not ours"
eq "$(in_ns d extnl -n attr | wc -l)" 0 "attributes"
eq "$(in_ns d extnl -n state | wc -l)" 0 "services"
spawn n d extnl -n events >"$T/n"
# It may join, because the namespace is its own.
spawn rn d extnl -r -n events >"$T/rn"
spawn d d extnl events >"$T/d"
for f in n rn d; do
	wait_for 10 grep -q listening "$T/$f"
done
hold_start c -b 10.9.0.1 -c 1000 $VIP $PORT
serve
hold c open 2
dst_edit 23 5 1
dst_edit 23 5 9
two_events() { [ "$(grep -c event "$T/d")" -ge 2 ]; }
wait_for 20 two_events
sleep 0.5
for f in n rn; do
	stop $f
	eq "$(grep -c event "$T/$f")" 0 "events heard elsewhere"
done
[ "$(extnl attr)" = "$(grep attrs <<<"$before" | grep -v server_state)" ] || fail "attributes changed"
