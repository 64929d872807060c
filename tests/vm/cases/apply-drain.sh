#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# about: --apply --drain: waits for connections, for some time, or until it is told to stop
# once: a test of the tool
# vm: smp=2 timeout=120
. "$(dirname "$0")/../lib.sh"

command -v ipvsadm-ext >/dev/null || skip "no ipvsadm-ext here"
topo 23 22
serve -p 80 -p 81
ext() { in_ns d ipvsadm-ext "$@"; }
SCHED=rr
cat >"$T/a" <<END
-A -t $VIP:80 -s rr
-a -t $VIP:80 -r 10.7.0.23:80 -g -w 1
-a -t $VIP:80 -r 10.7.0.22:80 -g -w 1
END
sed '/10.7.0.23/d' "$T/a" >"$T/b"
start() {
	ext --apply "$T/a" >/dev/null || fail "--apply"
	# a server that comes back has the connections that it had
	wait_for 30 tot_is r23 0
	wait_for 30 tot_is r22 0
	hold_start a -b 10.9.0.1 -c 1000 $VIP 80
	hold a open 6
	lossless "before"
	all_tot 3 r23 r22
}
weight_is() { snapshot && [ "${WEIGHT[$1]-none}" = "$2" ]; }

step "until connections end"
start
spawn apply d ipvsadm-ext --apply "$T/b" --drain=60 >"$T/out"
wait_for 10 weight_is r23 0
eq "$(cat "$T/out")" "-e -t $VIP:80 -r 10.7.0.23:80 -g -w 0
-d -t $VIP:80 -r 10.7.0.23:80" "changes"
open_to a 4 r22 "new connections"
hold a check
eq "${RES[alive]} ${RES[dead]}" "10 0" "connections"
sleep 2
tot_is r23 3 || fail "r23 is gone, with connections"
hold a release 2 r23
wait_for 10 tot_is r23 1
kill -0 "${PID[apply]}" || fail "it did not wait for the last one"
hold a release 1 r23
finish apply || fail "status $?"
tot_is r23 none || fail "r23 is not gone"
hold a check
eq "${RES[alive]} ${RES[dead]}" "7 0" "connections after"
hold a release all
hold_stop a

step "until time is up"
start
begun=$SECONDS
ext --apply "$T/b" --drain=3 >"$T/out" 2>"$T/err" || fail "status $?"
ge $((SECONDS - begun)) 3 "seconds"
le $((SECONDS - begun)) 10 "seconds"
grep -q "time is up: deleted with 3 connections" "$T/err" || fail "said: $(cat "$T/err")"
tot_is r23 none || fail "r23 is not gone"
# back where they were, so that they can end
ext --apply "$T/a" >/dev/null || fail "--apply"
hold a check
eq "${RES[alive]} ${RES[dead]}" "6 0" "connections of a server that came back"
hold a release all
hold_stop a

step "until told to stop; another one finishes"
for signal in TERM INT; do
	ext -C
	start
	# A shell's background jobs ignore SIGINT, unless it controls them as jobs.
	set -m
	spawn apply d ipvsadm-ext --apply "$T/b" --drain=60 >"$T/out" 2>"$T/err"
	set +m
	wait_for 10 weight_is r23 0
	kill -$signal "${PID[apply]}"
	status=0
	finish apply || status=$?
	eq "$status" 7 "status after SIG$signal ($(cat "$T/err"))"
	grep -q "1 not deleted yet" "$T/err" || fail "said: $(cat "$T/err")"
	weight_is r23 0 || fail "r23 has weight ${WEIGHT[r23]-none}"
	tot_is r23 3 || fail "connections of r23"
	hold a check
	eq "${RES[alive]} ${RES[dead]}" "6 0" "connections"
	# What a server has when it is deleted stays for as long as it is idle.
	hold a release 3 r23
	if [ $signal = TERM ]; then
		ext --apply "$T/b" >"$T/out" || fail "--apply"
		eq "$(cat "$T/out")" "-d -t $VIP:80 -r 10.7.0.23:80" "changes of the second one"
	else
		ext --apply "$T/b" --drain=60 >"$T/out" || fail "--apply --drain"
	fi
	tot_is r23 none || fail "r23 is not gone"
	hold a abort all
	hold_stop a
done

step "a signal that is ignored from the beginning stays so"
ext -C
start
(trap '' INT; exec nsenter --net="/run/netns/$PFX-d" ipvsadm-ext --apply "$T/b" --drain=60) \
	>"$T/out" 2>"$T/err" &
PID[apply]=$!
wait_for 10 weight_is r23 0
kill -INT "${PID[apply]}"
sleep 1.5
kill -0 "${PID[apply]}" || fail "it stopped"
hold a release all
finish apply || fail "status $?"
tot_is r23 none || fail "r23 is not gone"
hold_stop a

step "a service that goes refuses, and keeps what it has"
ext -C
cat >>"$T/a" <<END
-A -t $VIP:81 -s rr
-a -t $VIP:81 -r 10.7.0.23:81 -g -w 1
END
ext --apply "$T/a" >/dev/null || fail "--apply"
hold_start b -b 10.9.1.1 -c 1000 $VIP 81
hold b open 2
lossless "before"
sed '/:81/d' "$T/a" >"$T/b"
spawn apply d ipvsadm-ext --apply "$T/b" --drain=60 >"$T/out"
wait_for 10 test -s "$T/out"
sleep 1.5
hold b open 1
eq "${RES[refused]}" 1 "new connections refused"
hold b check
eq "${RES[alive]} ${RES[dead]}" "2 0" "connections of the service that goes"
hold b release all
finish apply || fail "status $?"
refuses "No such service" ext -L -t $VIP:81
hold_stop b
