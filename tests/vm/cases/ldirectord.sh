#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# about: Debian's ldirectord with our tool in place of ipvsadm: start, death, return, stop
# once: takes long, and what it asks of the kernel other cases ask, too
# vm: timeout=120
# take: tests/vm/perl-files.sh /usr/sbin/ldirectord
. "$(dirname "$0")/../lib.sh"

command -v ldirectord >/dev/null || skip "no ldirectord here"
tool=$(command -v ipvsadm-ext) || skip "no ipvsadm-ext here"
topo 23 13
serve

cat >"$T/cf" <<END
checktimeout = 2
checkinterval = 1
autoreload = no
supervised = yes
quiescent = yes
logfile = "$T/log"
virtual = $VIP:$PORT
	real = 10.7.0.23:$PORT gate 20
	real = 10.7.0.13:$PORT gate 10
	scheduler = $SCHED
	protocol = tcp
	persistent = 300
	checktype = connect
virtual6 = [$VIP6]:$PORT
	real6 = [fd07::23]:$PORT masq 7
	scheduler = $SCHED
	protocol = tcp
	checktype = on
END

# run PROGRAM: the life of an ldirectord that uses it; what it made of the
# table at each step goes to $T/seen.
run() {
	local old=/usr/sbin/ipvsadm

	[ ! -e /sbin/ipvsadm ] || old=/sbin/ipvsadm
	: >"$T/seen"
	# It has the path built in, so the program is put there for it alone.
	spawn ld d unshare -m sh -c 'mount --make-rprivate / 2>/dev/null
		mount --bind "$1" "$2" && exec perl "$3" "$4" start' sh \
		"$1" "$old" "$(command -v ldirectord)" "$T/cf" >"$T/out" 2>&1
	state started 7 10 20
	stop serve-r23 2>/dev/null
	state died 0 7 10
	spawn serve-r23 r23 traffic serve -n r23 -p $PORT -u $PORT >"$T/serve.r23" 2>&1
	state returned 7 10 20
	kill "${PID[ld]}"
	finish ld
	step "stopped"
	eq "$(in_ns d "$tool" -Sn)" "" "services after ldirectord has stopped"
}

weights_are() {
	[ "$(in_ns d "$tool" -Sn 2>/dev/null | sed -n 's/.*-r .*-w //p' | sort -n |
		xargs)" = "$*" ]
}

# state WHAT WEIGHT...: wait until the servers have these weights, in order
state() {
	step "$1"
	shift
	wait_for 30 weights_are "$@"
	in_ns d "$tool" -Sn >>"$T/seen"
}

step "with ipvsadm"
run "$(command -v ipvsadm)"
cp "$T/seen" "$T/seen.old"
step "with ipvsadm-ext"
run "$tool"
eq "$(cat "$T/seen")" "$(cat "$T/seen.old")" "tables"
