#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# about: two directors with Debian's keepalived, as docs/failover.md says; servers and the master die
# once: takes long, and what it asks of the kernel other cases ask, too
# vm: timeout=400
# take: PATH=$PATH:/usr/sbin; command -v keepalived || :
# allow-dmesg: IPVS: Unknown mcast interface:
. "$(dirname "$0")/../lib.sh"
. "$LIB/failover.sh"

[ -n "${IPVS_EXT_VM-}" ] || skip "writes to /etc: only in a virtual machine"
keepalived=$(command -v keepalived) || skip "no keepalived here"
contrib=$LIB/../../contrib/keepalived

mkdir -p /etc/keepalived
echo 'root:x:0:0:root:/:/bin/sh' >/etc/passwd
echo 'root:x:0:' >/etc/group
cp "$contrib/scheduler.sh" "$contrib/keepalived.conf" /etc/keepalived/

# start NAME: keepalived on a director
start() {
	spawn "ka-$1" "$1" "$keepalived" -n -l -G -D -f /etc/keepalived/keepalived.conf \
		-p "$T/pid.$1" -r "$T/vrrp.$1" -c "$T/checkers.$1" >>"$T/log.$1" 2>&1
}

# ready NAME: it has made the service, and switched its scheduler
ready() {
	wait_for 40 is sched "$1" hprio
	wait_for 40 is servers "$1" "13:1 22:5 23:5"
}

gone() { [ -z "$(ip netns pids "$PFX-$1")" ]; }
# crash NAME: the machine is gone, with all it knew
crash() {
	unplug "$1"
	kill -9 "${PID[ka-$1]}"
	finish "ka-$1"
	wait_for 10 gone "$1"
	forget "$1"
}

logs() {
	local status=$?

	[ $status = 0 ] || tail -n 40 "$T"/log.?
	return $status
}
trap 'logs; cleanup' EXIT

pair 13 22 23
serve

step "two directors start"
start d
wait_for 30 has_vip d
start e
ready d
ready e
wait_for 30 is daemon d master
wait_for 30 is daemon e backup

step "the first tier is full, clients come all the time"
first_tier
clients 25
sleep 3
spawn watch e traffic watch >"$T/watch"
has_vip e && fail "e took over, and nobody is dead"

step "the master dies"
crash d
wait_for 30 has_vip e
wait_for 30 is daemon e master
taken_over
stop watch
awk '$1 == "max"' "$T/watch"
awk '$1 == "max" && $2 ~ /^0A0700(16|17):/ && $3 > 3 { bad = 1 } END { exit bad }' "$T/watch" ||
	fail "above the limit during the failover"

step "limits hold, and room is used, for connections that it never scheduled"
hold a release 2 r23
wait_for 20 counts 1 r23
open_to a 2 r23 "room in the first tier"
open_to a 1 r13 "full again"
all_tot 3 r23 r22

step "a server dies and returns"
clients 25
stop serve-r23
wait_for 30 is servers e "13:1 22:5"
open_to a 1 r13 "without .23"
hold a release all r23
spawn serve-r23 r23 traffic serve -n r23 -p $PORT >"$T/serve.r23" 2>&1
wait_for 30 is servers e "13:1 22:5 23:5"
is sched e hprio || fail "the scheduler is $(sched e) after a server has returned"
clients_end "a server died and returned"
ge "${SRV[r23]:-0}" 1 "short connections to the server that is back"

step "the first director is back as a backup, and learns what there is"
hold a release all
wait_for 40 counts 0 r23 0 r22
hold a open 6
eq "${SRV[r23]:-0} ${SRV[r22]:-0}" "3 3" "the first tier"
plug d
start d
ready d
wait_for 30 is daemon d backup
has_vip e || fail "the director that is back took over"
learned() {
	hold a check
	eq "${RES[dead]}" 0 "dead connections"
	counts 3 r23 3 r22
}
DIRECTOR=d
wait_for 40 learned
step "the second one dies, too"
crash e
wait_for 30 has_vip d
hold a check
eq "${RES[alive]} ${RES[dead]}" "6 0" "connections after the second failure"
open_to a 1 r13 "first decision after the second failure"
all_tot 3 r23 r22

step "reload"
kill -HUP "${PID[ka-d]}"
wait_for 30 grep -q "Reload complete" "$T/log.d"
is sched d hprio || fail "the scheduler is $(sched d) after a reload"
sed -i 's/^    protocol TCP/&\n    persistence_timeout 150/' /etc/keepalived/keepalived.conf
kill -HUP "${PID[ka-d]}"
wait_for 30 is sched d wlc
in_ns d /etc/keepalived/scheduler.sh hprio -t $VIP:$PORT || fail "scheduler.sh"
# keepalived 2.2.7 asks for a daemon without an interface, in vain.
eq "$(daemon d)" master "sync daemon after reloads"
eq "$(in_ns d ipvsadm -Sn | head -n1)" "-A -t $VIP:$PORT -s hprio -p 150" "the service"
hold_stop a
stop ka-d
