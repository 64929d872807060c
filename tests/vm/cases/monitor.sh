#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# about: --monitor: state and events without gap or duplicate, two readers, losses, ends
# vm: smp=2 timeout=120
. "$(dirname "$0")/../lib.sh"

command -v ipvsadm-ext >/dev/null || skip "no ipvsadm-ext here"
command -v json-schema >/dev/null || skip "no json-schema here"
topo 21 22 13
ext() { in_ns d ipvsadm-ext "$@"; }
S="-t $VIP:$PORT"
serve

# monitor ID OPTIONS...: lines go to $T/ID
monitor() {
	local id=$1

	shift
	spawn "$id" d ipvsadm-ext --monitor "$@" >"$T/$id" 2>"$T/$id.err"
}
seen() { grep -q "$2" "$T/$1"; }
# shows ID TEXT: it does, before long
shows() {
	local end=$((SECONDS + 15))

	until seen "$1" "$2"; do
		[ $SECONDS -lt $end ] || fail "$1 lacks $2: $(cat "$T/$1" "$T/$1.err")"
		sleep 0.1
	done
}
# back ID: connections end. That a server is relieved is noticed by the next
# decision after its connections are forgotten.
back() {
	hold "$1" release all
	wait_for 10 tot_below r21 4
	wait_for 10 tot_below r22 4
	hold "$1" open 1
	hold "$1" release all
}
# member FILE NAME: its values, one a line
member() { grep -o "\"$2\":[0-9]*" "$T/$1" | cut -d: -f2; }

step "events of servers that fill and are relieved"
ext -A $S -s hprio
ext -a $S -r 10.7.0.21 -g -w 20 -x 5
ext -a $S -r 10.7.0.22 -g -w 20 -x 5
ext -a $S -r 10.7.0.13 -g -w 1 -x 10
monitor text --since-start
monitor json --since-start -j
shows text ' 10.7.0.22:80 open '
shows json '"address":"10.7.0.22"'
hold_start a -b 10.9.0.1 -c 40 $VIP $PORT
hold a open 12
shows text ' spill '
eq "$(grep -c ' full TCP ' "$T/text")" 2 "full"
grep -q " full TCP $VIP:$PORT 10.7.0.21:80 conns 5 upper 5 lower 4 tier 20 eligible [12]$" \
	"$T/text" || fail "$(cat "$T/text")"
grep -q " spill TCP $VIP:$PORT tier 20 to 1 eligible 1$" "$T/text" || fail "$(cat "$T/text")"
hold a open 10
shows text ' exhausted '
back a
shows text " return TCP $VIP:$PORT "
shows json '"event":"return"'
json-schema --lines monitored <"$T/json" || fail "not valid: $(cat "$T/json")"
eq "$(member json seq)" "$(seq "$(member json seq | head -n 1)" "$(member json seq | tail -n 1)")" \
	"numbers"
eq "$(wc -l <"$T/json")" "$(wc -l <"$T/text")" "lines of two readers"

step "signals end it, with status 0"
status=0
stop text || status=$?
stop json || status=$?
eq "$status" 0 "status after SIGTERM"
in_ns d timeout -s INT 1 ipvsadm-ext --monitor >"$T/int"
eq "$(cat "$T/int")" "" "printed until SIGINT"
eq "$(cat "$T/text.err" "$T/json.err")" "" "errors"

step "so they do where nobody reads what it writes"
mkfifo "$T/full"
exec 9<>"$T/full"
head -c 65536 /dev/zero >&9
spawn stuck d ipvsadm-ext --monitor --since-start >"$T/full" 2>"$T/stuck.err"
# Not every kernel says where a process waits; five seconds are enough.
in_write() { cat "/proc/$1/wchan" "/proc/$1/stack" 2>/dev/null | grep -q pipe_write; }
end=$((SECONDS + 5))
until in_write "${PID[stuck]}" || [ $SECONDS -ge $end ]; do
	sleep 0.1
done
status=0
stop stuck || status=$?
eq "$status" 0 "status after SIGTERM"
exec 9<&-
eq "$(cat "$T/stuck.err")" "" "errors of the one that was stuck"

# What a reader that has seen @state and what follows believes, compared with what
# another one sees in the end: "SERVER STATE" lines.
believes() {
	awk '
	function word(name) { # of the line
		return match($0, "\"" name "\":\"?[^\",}]*") ?
			substr($0, RSTART + length(name) + 3, RLENGTH - length(name) - 3) : ""
	}
	function server() {
		match($0, /"server":\{"address":"[^"]*/)
		return substr($0, RSTART + 21, RLENGTH - 21)
	}
	{ gsub("\"state\":\"", "\"state\":"); gsub("\"event\":\"", "\"event\":") }
	/"type":"server_state"/ { is[server()] = word("state") == "full" ? "full" : "open" }
	/"type":"service_state"/ { tier = word("tier") }
	/"event":full/ { s = server(); if (is[s] == "full") print "twice full: " s; is[s] = "full" }
	/"event":relieved/ { s = server(); if (is[s] == "open") print "twice relieved: " s; is[s] = "open" }
	/"event":(spill|return)/ { tier = word("tier_new") }
	# said to be exhausted only when a connection is refused; then it is the tier of
	# the first that is relieved, without more ado
	/"servers_eligible":0[,}]/ { tier = "" }
	/"event":relieved/ && tier == "" { tier = word("tier_old") }
	END { for (s in is) print s, is[s]; print "tier", tier }' "$T/$1" | sort
}

step "no server left, and then all of them again"
hold_start x -b 10.9.0.3 -c 40 $VIP $PORT
hold x open 20
monitor none --since-start -j
shows none server_state
tier_is() { [ "$(believes none | grep tier)" = "tier $1" ]; }
tier_is "" || fail "a tier while all are full: $(cat "$T/none")"
hold x release all
for r in r21 r22 r13; do
	wait_for 10 tot_below $r 1
done
hold x open 1
wait_for 10 tier_is 20
stop none
hold_stop x

step "--since-start while it goes on: no gap, no duplicate"
hold_start b -b 10.9.0.2 -c 40 $VIP $PORT
for i in 1 2 3 4 5 6; do
	# It joins while servers fill and are relieved.
	monitor "r$i" --since-start -j
	for _ in 1 2 3; do
		hold b open 14
		hold b release all
		sleep 0.2
	done
done
# A full server is looked at by the next decision. How it is then, by the kernel and by
# each reader:
for r in r21 r22 r13; do
	wait_for 10 tot_below $r 1
done
hold b open 1
monitor last --since-start -j
shows last server_state
agree() {
	believes "$1" >"$T/one"
	believes last >"$T/other"
	cmp -s "$T/one" "$T/other"
}
for i in 1 2 3 4 5 6; do
	# Events may be on their way, to either.
	grep -q '"event":"summary"' "$T/r$i" || (wait_for 10 agree "r$i") ||
		fail "reader $i: $(cat "$T/one")"$'\n'"the last one: $(cat "$T/other")"
	stop "r$i" || fail "monitor $i: $(cat "$T/r$i.err")"
	json-schema --lines monitored <"$T/r$i" || fail "not valid: $(cat "$T/r$i")"
	eq "$(grep -c '"type":"service_state"' "$T/r$i")" 1 "states of the service"
	eq "$(grep -c '"type":"server_state"' "$T/r$i")" 3 "states of servers"
	! grep -q '"type":"lost"' "$T/r$i" || fail "lost: $(grep lost "$T/r$i")"
	printf '%s events after reader %s joined\n' "$(grep -c '"type":"event"' "$T/r$i")" "$i"
done
stop last
hold_stop b
grep -q '"type":"event"' "$T/r1" || fail "nothing happened"

step "who does not read for a while misses nothing"
monitor slow --since-start -j
shows slow '"address":"10.7.0.22"'
kill -STOP "${PID[slow]}"
hold a open 12
back a
kill -CONT "${PID[slow]}"
shows slow '"event":"return"'
eq "$(member slow seq)" "$(seq "$(member slow seq | head -n 1)" "$(member slow seq | tail -n 1)")" \
	"numbers of a slow reader with room"
stop slow

step "nobody reads: it ends, quietly"
status=0
in_ns d bash -c "ipvsadm-ext --monitor --since-start 2>$T/pipe.err; echo \$? >$T/pipe" | head -n 1 >/dev/null
eq "$(cat "$T/pipe")" 0 "status with a closed pipe"
eq "$(cat "$T/pipe.err")" "" "errors with a closed pipe"
ext --monitor --since-start >/dev/full 2>"$T/err" || status=$?
eq "$status" 6 "status with a full disk"
grep -q "Can't write the output" "$T/err" || fail "said: $(cat "$T/err")"
hold_stop a
