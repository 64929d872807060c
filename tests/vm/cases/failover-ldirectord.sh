#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# about: two directors with Debian's ldirectord, as docs/failover.md says; servers and the master die
# once: takes long, and what it asks of the kernel other cases ask, too
# vm: timeout=400
# take: tests/vm/perl-files.sh /usr/sbin/ldirectord
. "$(dirname "$0")/../lib.sh"
. "$LIB/failover.sh"

ldirectord=$(command -v ldirectord) || skip "no ldirectord here"
[ -n "${IPVS_EXT_VM-}" ] || skip "puts a program into /bin: only in a virtual machine"
ln -sf busybox /bin/arping

# start NAME: ldirectord on a director. It has a lock by the name of its file.
start() {
	cp "$T/cf" "$T/cf.$1"
	spawn "ld-$1" "$1" perl "$ldirectord" "$T/cf.$1" start >"$T/out.$1" 2>&1
	in_ns "$1" ipvsadm --start-daemon master --mcast-interface eth0 --syncid 1
	in_ns "$1" ipvsadm --start-daemon backup --mcast-interface eth0 --syncid 1
	wait_for 60 is servers "$1" "13:1 22:5 23:5"
	eq "$(sched "$1")" hprio "scheduler"
}

vip() { in_ns "$2" sh "$LIB/../../contrib/ldirectord/vip.sh" "$1" $VIP eth0 || fail "vip.sh $*"; }

# life QUIESCENT SERVERS: from start to stop; what the directors have while .23 is away
life() {
	step "quiescent=$1"
	cat >"$T/cf" <<-END
		checktimeout = 3
		checkinterval = 1
		autoreload = no
		supervised = yes
		quiescent = $1
		logfile = "$T/log"
		virtual = $VIP:$PORT
		        real = 10.7.0.23:$PORT gate 5 l:2 u:3
		        real = 10.7.0.22:$PORT gate 5 l:2 u:3
		        real = 10.7.0.13:$PORT gate 1
		        scheduler = hprio
		        protocol = tcp
		        checktype = connect
	END
	start d
	start e
	vip up d
	first_tier
	clients 15
	sleep 2

	step "quiescent=$1: the master dies"
	unplug d
	kill -9 "${PID[ld-d]}"
	finish ld-d
	forget d
	vip up e
	taken_over

	step "quiescent=$1: a server dies and returns"
	stop serve-r23
	wait_for 30 is servers e "$2"
	open_to a 1 r13 "without .23"
	hold a release all r23
	spawn serve-r23 r23 traffic serve -n r23 -p $PORT >"$T/serve.r23" 2>&1
	wait_for 30 is servers e "13:1 22:5 23:5"
	wait_for 20 counts 0 r23
	open_to a 3 r23 "the server that is back"
	open_to a 1 r13 "full again"
	all_tot 3 r23 r22
	hold_stop a
	kill "${PID[ld-e]}"
	finish ld-e
	forget e
	plug d
	DIRECTOR=d
}

# A server that is added again gets back what there still is of connections to it.
forgotten() { [ "$(in_ns e cat /proc/net/ip_vs_conn | wc -l)" = 1 ]; }

pair 13 22 23
serve
life yes "13:1 22:5 23:0"
wait_for 60 forgotten
life no "13:1 22:5"
