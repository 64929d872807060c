#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# about: --apply: what it does, says and returns; undoing, locking, lost connections
# once: a test of the tool
# vm: smp=2 timeout=120
# allow-dmesg: sync thread started
# allow-dmesg: stopping (master|backup) sync thread
# allow-dmesg: Unknown mcast interface
# allow-dmesg: Scheduler module ip_vs_nosuch not found
. "$(dirname "$0")/../lib.sh"

command -v ipvsadm-ext >/dev/null || skip "no ipvsadm-ext here"
kill_so=$(command -v apply-kill.so) || skip "no apply-kill.so here"
# It is loaded before the library of the sanitizers, where there is one.
export ASAN_OPTIONS=verify_asan_link_order=0
command -v json-schema >/dev/null || skip "no json-schema here"
topo 23
ext() { in_ns d ipvsadm-ext "$@"; }
state() { ext -S --full; }

# apply STATUS ARGUMENTS...: standard input is the file; output in $T/out, $T/err
apply() {
	local want=$1 status=0

	shift
	ext --apply - "$@" >"$T/out" 2>"$T/err" || status=$?
	eq "$status" "$want" "status of --apply $* ($(cat "$T/out" "$T/err"))"
}
out() { eq "$(cat "$T/out")" "$1" "output"; }
err() { grep -qF -- "$1" "$T/err" || fail "expected: $1; said: $(cat "$T/err")"; }

step "from nothing"
cat >"$T/a" <<END
# a web site
-A -t $VIP:80 -s rr -p 60
-a -t $VIP:80 -r 10.7.0.23:80 -g -w 5   # the old one
-a -t $VIP:80 -r 10.7.0.24:80 -g -w 3
-a -t $VIP:80 -r 10.7.0.25:80 -g -w 0
-A -u $VIP:53 -s wlc
-a -u $VIP:53 -r 10.7.0.23:53 -m
--set 900 0 200
--start-daemon master --mcast-interface eth0
--stop-daemon backup
END
before=$(state)
apply 0 --dry-run <"$T/a"
out "--set 0 0 200
--start-daemon master --mcast-interface eth0 --syncid 0
-A -t $VIP:80 -s rr -p 60
-a -t $VIP:80 -r 10.7.0.23:80 -g -w 5
-a -t $VIP:80 -r 10.7.0.24:80 -g -w 3
-a -t $VIP:80 -r 10.7.0.25:80 -g -w 0
-A -u $VIP:53 -s wlc
-a -u $VIP:53 -r 10.7.0.23:53 -m -w 1"
eq "$(state)" "$before" "after --dry-run"
cp "$T/out" "$T/planned"
apply 0 <"$T/a"
cmp "$T/out" "$T/planned" || fail "a dry run says something else"
apply 0 <"$T/a"
out ""
apply 0 --dry-run <"$T/a"
out ""
apply 0 -j <"$T/a"
out '{"schema_version":1,"dry_run":false,"result":"unchanged","changes":[],"refused":[]}'

step "to something else, in order"
cat >"$T/b" <<END
-A -t $VIP:80 -s wlc -p 60
-a -t $VIP:80 -r 10.7.0.23:80 -g -w 0
-a -t $VIP:80 -r 10.7.0.25:80 -g -w 4
-a -t $VIP:80 -r 10.7.0.26:80 -g -w 4
-A -f 7 -s rr
--stop-daemon master
--start-daemon backup --mcast-interface eth0 --syncid 3
END
apply 0 <"$T/b"
out "--stop-daemon master
--start-daemon backup --mcast-interface eth0 --syncid 3
-A -f 7 -s rr
-E -t $VIP:80 -s wlc -p 60
-a -t $VIP:80 -r 10.7.0.26:80 -g -w 4
-e -t $VIP:80 -r 10.7.0.25:80 -g -w 4
-e -t $VIP:80 -r 10.7.0.23:80 -g -w 0
-d -t $VIP:80 -r 10.7.0.24:80
-D -u $VIP:53"
apply 0 <"$T/b"
out ""
apply 0 <"$T/a"

step "errors in the file: nothing is done"
before=$(state)
apply 2 <<-END
	-A -t $VIP:81 -s rr
	-a -t $VIP:81 -r 10.7.0.23 -w many
	-C
END
out ""
err "standard input:2:35: illegal weight specified: 'many'; allowed: 0 to 2147483647"
err "standard input:3:1: '-C' does not describe a state"
apply 2 -j <<<'{"schema_version": 1, "services": [{"fwmark": -1}]}'
err "standard input: services[0].fwmark: -1; allowed: whole numbers from 1 to 4294967295"
apply 2 </dev/null
refuses "No such file or directory" ext --apply /nonexistent
eq "$(state)" "$before" "after errors"

step "refused, and undone"
for bad in "-A -t $VIP:90 -s nosuch" "--start-daemon backup --mcast-interface nosuch" \
	"-A -t [$VIP6]:80 -s rr
-a -t [$VIP6]:80 -r [fe80::1]:80"; do
	{
		sed 's/^--stop-daemon.*//; s/rr -p 60/wlc/; s/-w 3/-w 9/; s/-w 0/-w 1/; /:53/d; s/^--set.*/--set 10 10 10/' "$T/a"
		printf '%s\n' "$bad"
	} >"$T/refused"
	apply 3 <"$T/refused"
	err "refused: "
	err "not applied; everything is as it was before"
	eq "$(state)" "$before" "after a refusal of $bad"
	apply 3 -j <"$T/refused"
	json-schema <"$T/out" || fail "not valid: $(cat "$T/out")"
	grep -q '"result":"undone"' "$T/out" || fail "$(cat "$T/out")"
	eq "$(state)" "$before" "after another refusal of $bad"
done
err "standard input:"
err "Invalid operation."

step "the connection fails: read again, and undone"
for n in 0 1 2 3 5 8; do
	status=0
	APPLY_EIO=$n LD_PRELOAD=$kill_so ext --apply "$T/b" >"$T/out" 2>"$T/err" ||
		status=$?
	eq "$status" 3 "status with a connection that fails at $n ($(cat "$T/err"))"
	err "connection to the kernel failed"
	eq "$(state)" "$before" "after a connection that failed at $n"
	! grep -F "way back failed" "$T/err" || fail "another failure, with $n"
done
status=0
APPLY_DEAD=3 LD_PRELOAD=$kill_so ext --apply "$T/b" >"$T/out" 2>"$T/err" || status=$?
eq "$status" 4 "status when nothing works any more ($(cat "$T/err"))"
err "the way back failed, reading what there is now: Input/output error"
err "not all of it taken back"
[ "$(state)" != "$before" ] || fail "nothing was done before nothing worked"
apply 0 <"$T/a"
eq "$(state)" "$before" "after another --apply"

step "output that cannot be written: nothing is done"
status=0
ext --apply "$T/b" >/dev/full 2>"$T/err" || status=$?
eq "$status" 6 "status with a full disk"
err "not applied"
eq "$(state)" "$before" "with a full disk"
(trap '' PIPE; ext --apply "$T/b" 2>"$T/err"; echo $? >"$T/status") | true
eq "$(cat "$T/status")" 6 "status with a closed pipe"
eq "$(state)" "$before" "with a closed pipe"

step "one at a time"
# The first one waits for a datagram's connection, which lasts 200 s.
in_ns c bash -c "echo >/dev/udp/$VIP/53" || fail "no datagram"
grep -v ":53" "$T/a" >"$T/drain"
spawn first d ipvsadm-ext --apply "$T/drain" --drain=600 >"$T/first"
wait_for 20 test -s "$T/first"
sleep 1.5
pid=${PID[first]}
kill -0 "$pid" || fail "it did not wait"
apply 5 --wait 0 <"$T/a"
err "process $pid is applying a file"
apply 0 --dry-run <"$T/a"
start=$SECONDS
apply 5 --wait 2 <"$T/a"
ge $((SECONDS - start)) 1 "seconds waited"
kill "$pid"
finish first
eq $? 7 "status of the one that was told to stop"
apply 0 <"$T/a"
eq "$(state)" "$before" "after both"
IPVSADM_EXT_LOCK_DIR=/nonexistent ext --apply "$T/a" 2>"$T/err"
eq $? 5 "status without a place for the lock"
err "IPVSADM_EXT_LOCK_DIR"

step "appliers that compete leave one of the two states"
apply 0 <"$T/a"
a=$(state)
apply 0 <"$T/b"
b=$(state)
loop() {
	local i

	for ((i = 0; i < 10; i++)); do
		ext --apply "$1" >/dev/null 2>>"$T/loop.err" || echo "status $?" >>"$T/loop"
	done
}
: >"$T/loop"
loop "$T/a" &
one=$!
loop "$T/b" &
two=$!
wait "$one" "$two"
eq "$(cat "$T/loop")" "" "failures of competing appliers ($(cat "$T/loop.err"))"
now=$(state)
[ "$now" = "$a" ] || [ "$now" = "$b" ] || fail "a mixture: $now"

step "to nothing"
apply 0 <<<'{"schema_version":1,"services":[],"daemons":[]}'
eq "$(ext -Sn)" "" "services"
eq "$(ext -L --daemon)" "" "daemons"
