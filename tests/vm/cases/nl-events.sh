#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# about: netlink: events with the right fields, none twice, none missing, not too many
# allow-dmesg: no destination available
# vm: timeout=120
. "$(dirname "$0")/../lib.sh"

topo 23 22 13
netlink
serve
svc=tcp:$VIP:$PORT

# listen NAME OPTIONS...: events to the file $T/NAME
listen() {
	local name=$1

	shift
	spawn "ev-$name" d extnl events "$@" >"$T/$name"
	wait_for 10 grep -q listening "$T/$name"
}
# event NAME N: the N-th event there
event() { grep event{ "$T/$1" | sed -n "${2}p"; }
count() { grep -c event{ "$T/$1"; }
has_events() { [ "$(count "$1")" -ge "$2" ]; }
# is LINE NAME=VALUE...: fields of an event; NAME= : absent
is() {
	local line=$1 f

	shift
	for f in "$@"; do
		eq "$(field "${line#*event}" "${f%%=*}")" "${f#*=}" "${f%%=*} in $line"
	done
}
state() { extnl state "$svc" | grep ' state{'; }
FULL=1 RELIEVED=2 SPILL=3 RETURN=4 EXHAUSTED=5 SUMMARY=6

svc_add
dst_add 23 5 4 2
dst_add 22 5 4 2
dst_add 13 1 2 1
hold_start a -b 10.9.0.1 -c 1000 $VIP $PORT

step "nobody listens: nothing is recorded, everything is counted"
hold a open 10
hold a open 1
line=$(state)
eq "$(field "$line" seq)" 0 "number of the last event"
eq "$(field "$line" full)" 3 "times full"
eq "$(field "$line" exhausted)" 1 "times exhausted"
hold a release all
# The next decision finds them relieved.
adm --set 2 1 2
wait_for 20 tot_is r23 0
wait_for 20 tot_is r22 0
wait_for 20 tot_is r13 0
hold a open 1
hold a release all
wait_for 20 tot_is r23 0
wait_for 20 tot_is r22 0
adm --set 900 1 300
line=$(state)
eq "$(field "$line" seq)" 0 "number of the last event"
eq "$(field "$line" relieved)" 3 "times relieved"

step "full, spill, exhausted"
listen one
first=$(cut -d. -f1 /proc/uptime)
hold a open 8
lossless "two servers of 4"
hold a open 2
lossless "one of 2"
hold a open 3
eq "${RES[refused]}" 3 "refused"
wait_for 10 has_events one 5
sleep 0.5
eq "$(count one)" 5 "events"
declare -A seen=()
for i in 1 2 3 4 5; do
	line=$(event one $i)
	is "$line" seq=$i suppressed=
	[[ $line == *"service{af=2 protocol=6 addr=$VIP port=$PORT}"* ]] || fail "service of $line"
	mono=$(field "$line" mono)
	ge "$mono" "$((first * 1000000000))" "monotonic time"
	le "$mono" "$((($(cut -d. -f1 /proc/uptime) + 1) * 1000000000))" "monotonic time"
	wall=$(field "$line" wall)
	ge "$((wall / 1000000000 + 120))" "$(date +%s)" "wall time"
	le "$((wall / 1000000000))" "$(date +%s)" "wall time"
	type=$(field "${line#*event}" type)
	case $type in
	"$FULL")
		server=$(sed 's/.*server{af=2 addr=\([0-9.]*\) port=80}.*/\1/' <<<"$line")
		seen[$server]=$i
		case $server in
		10.7.0.13) is "$line" tier_old=1 tier_new= conns=2 upper=2 lower=1 eligible=0 ;;
		*) is "$line" tier_old=5 tier_new= conns=4 upper=4 lower=2 ;;
		esac ;;
	"$SPILL")
		[[ $line != *"server{"* ]] || fail "a server in $line"
		is "$line" tier_old=5 tier_new=1 eligible=1 conns= upper= lower= ;;
	"$EXHAUSTED")
		[[ $line != *"server{"* ]] || fail "a server in $line"
		is "$line" tier_old= tier_new= eligible=0 conns= ;;
	*) fail "type of $line" ;;
	esac
	seen[t$type]=$((${seen[t$type]-0} + 1))
done
eq "${seen[t$FULL]} ${seen[t$SPILL]} ${seen[t$EXHAUSTED]}" "3 1 1" "full, spill, exhausted"
[ -n "${seen[10.7.0.23]-}" ] && [ -n "${seen[10.7.0.22]-}" ] && [ -n "${seen[10.7.0.13]-}" ] ||
	fail "each server is full once"
is "$(event one 5)" type=$EXHAUSTED
line=$(state)
eq "$(field "$line" seq)" 5 "number of the last event"
eq "$(field "$line" tier)" "" "tier in use"
eq "$(field "$line" full_servers)" 3 "full servers"

step "relieved, return"
# Higher limits relieve without a connection: first the low tier, then a high one.
dst_edit 13 1 10
wait_for 10 has_events one 6
is "$(event one 6)" seq=6 type=$RELIEVED tier_old=1 conns=2 eligible=1
[[ $(event one 6) == *"server{af=2 addr=10.7.0.13 port=80}"* ]] || fail "server of event 6"
hold a open 1
lossless "the low tier"
hold a release all
adm --set 2 1 2
hold a open 1 >/dev/null
# The connections end; a decision then sees it.
for ((i = 0; i < 30; i++)); do
	hold a open 1
	hold a release all
	has_events one 8 && grep -q "type=$RETURN" "$T/one" && break
	sleep 0.5
done
adm --set 900 1 300
line=$(grep "type=$RETURN" "$T/one" | head -n1)
is "$line" tier_old=1 tier_new=5 suppressed=
before=$(grep event{ "$T/one" | grep -B1 "type=$RETURN" | head -n1)
is "$before" type=$RELIEVED tier_old=5 upper=4 lower=2

step "numbers without a gap"
n=$(count one)
eq "$(field "$(event one "$n")" seq)" "$n" "number of event $n"
stop ev-one
hold a release all

# Transitions at will: one server with one connection, whose limit goes up and
# down. Each edit is one event, full or relieved.
adm -C
svc_add
dst_add 23 5 2
hold a open 1
lossless "one connection"
transitions() {
	local line

	line=$(state)
	echo $(($(field "$line" full) + $(field "$line" relieved) + $(field "$line" spills) +
		$(field "$line" returns) + $(field "$line" exhausted)))
}
flap() { extnl flap $VIP:$PORT 10.7.0.23:$PORT "$1" || fail "flap"; }

step "state, and then events: nothing missing, nothing twice"
listen all
spawn slow d bash -c "for i in 1 2 3 4 5 6 7 8; do extnl flap $VIP:$PORT 10.7.0.23:$PORT 20; sleep 0.3; done"
for i in 1 2 3; do
	sleep 0.5
	listen "join$i" -d
done
finish slow
sleep 1
total=$(transitions)
eq "$(grep -c "type=$SUMMARY" "$T/all")" 0 "summaries"
eq "$(count all)" "$total" "events of who was there from the start"
for i in 1 2 3; do
	line=$(grep ' state{' "$T/join$i")
	seq=$(field "$line" seq)
	then=$(($(field "$line" full) + $(field "$line" relieved)))
	after=$(grep event{ "$T/join$i" | while read -r line; do
		[ "$(field "$line" seq)" -le "$seq" ] || echo x
	done | wc -l)
	step "  joined after $then of $total"
	eq $((then + after)) "$total" "transitions of reader $i, who joined at number $seq"
	# What the dump said of the server, brought forward, is what is so now.
	stop "ev-join$i"
done
last=$(field "$(event all "$total")" type)
is=$(extnl state "$svc" | grep server_state | sed 's/.*is=\([0-9]\).*/\1/')
eq "$last" $((is == 2 ? FULL : RELIEVED)) "the last event and the state"

step "a storm: a burst, then a summary a second"
before=$(transitions)
n=$(count all)
t0=$(date +%s)
flap 5000
t1=$(($(date +%s) - t0 + 1))
summed() { [ "$(count all)" -gt "$n" ] && tail -n1 "$T/all" | grep -q "type=$SUMMARY"; }
wait_for 10 summed
# Its end comes by itself, though nothing else happens.
sleep 1.5
total=$(($(transitions) - before))
tail -n "+$((n + 2))" "$T/all" >"$T/storm"
single=$(grep event{ "$T/storm" | grep -vc "type=$SUMMARY")
left=0 summaries=0
grep "type=$SUMMARY" "$T/storm" | while read -r line; do
	is "$line" conns= upper= tier_old=
	left=$((left + $(field "$line" suppressed))) summaries=$((summaries + 1))
done
step "  $total transitions in $t1 s: $single events, $summaries summaries of $left"
eq $((single + left)) "$total" "events and those left out"
le "$single" $((200 + 100 * (t1 + 1))) "events"
ge "$left" 1000 "left out"
ge "$summaries" 1 "summaries"
le "$summaries" $((t1 + 2)) "summaries"
eq "$(grep -o 'seq=[0-9]*' "$T/storm" | cut -d= -f2 |
	awk 'NR > 1 && $1 != last + 1 { bad++ } { last = $1 } END { print bad + 0 }')" 0 "gaps"
line=$(tail -n1 "$T/storm")
is "$line" type=$SUMMARY eligible="$(field "$(state)" eligible)"

step "who sleeps is told that something is lost"
listen sleepy -b 1 -p 3
flap 40
sleep 4
flap 1
sleep 1
grep -q overrun "$T/sleepy" || fail "no overrun"
eq "$(grep -o 'seq=[0-9]*' "$T/sleepy" | cut -d= -f2 |
	awk 'NR > 1 && $1 != last + 1 { bad++ } { last = $1 } END { print (bad > 0) }')" 1 "a gap in the numbers"
eq "$(tail -n1 "$T/sleepy" | grep -o ' seq=[0-9]*')" "$(tail -n1 "$T/all" | grep -o ' seq=[0-9]*')" "the last event"
stop ev-sleepy

step "a service that goes with a summary to send; and nobody listens any more"
flap 5000
adm -C
sleep 1.5
svc_add
dst_add 23 5 2
stop ev-all
seq=$(field "$(state)" seq)
dst_edit 23 5 1
dst_edit 23 5 2
eq "$(field "$(state)" seq)" "$seq" "number of the last event"
hold a release all
