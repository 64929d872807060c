#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# about: a sync daemon that is stopped before its thread ran: the kernel gives no answer
# once: a test of the tool
# allow-dmesg: sync thread started
# allow-dmesg: stopping (master|backup) sync thread
. "$(dirname "$0")/../lib.sh"

command -v ipvsadm-ext >/dev/null || skip "no ipvsadm-ext here"
topo 23
ext() { in_ns d ipvsadm-ext "$@"; }

# On one CPU, one system call does both, so the thread has no chance in between.
step "started and stopped in one go"
for state in backup master; do
	for ((i = 0; i < 5; i++)); do
		printf '%s\n' "--start-daemon $state --mcast-interface eth0 --syncid 3" \
			"--stop-daemon $state" | ext -R || fail "$state, time $i"
	done
	eq "$(ext -L --daemon)" "" "daemons"
done

step "and the answers that follow belong to their questions"
printf '%s\n' "--start-daemon backup --mcast-interface eth0" "--stop-daemon backup" \
	"-A -t $VIP:80 -s rr" "-a -t $VIP:81 -r 10.7.0.23:81" "--stop-daemon backup" |
	ext -R >"$T/out" 2>&1 && fail "accepted"
eq "$(cat "$T/out")" "Service not defined
No daemon is running" "what is said"
eq "$(ext -Sn)" "-A -t $VIP:80 -s rr" "what is there"
