#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# about: 5,000 real servers in one tier: even, exact, spill, deletion
# vm: smp=1 mem=640 timeout=180
. "$(dirname "$0")/../lib.sh"

servers=${SERVERS:-5000}
topo 13
serve
SVC="-u $VIP:$PORT"
# Nobody has these addresses: what is sent there ends at the client.
ip -n "$PFX-d" route add 10.8.0.0/16 via 10.7.0.1
addr() { printf '10.8.%d.%d' $(($1 / 250)) $(($1 % 250 + 1)); }

step "$servers servers restored"
{
	printf '%s\n' "-A $SVC -s $SCHED"
	for ((i = 0; i < servers; i++)); do
		printf -- '-a %s -r 10.8.%d.%d:%d -g -w 5 -x 2\n' "$SVC" \
			$((i / 250)) $((i % 250 + 1)) $PORT
	done
	printf '%s\n' "-a $SVC -r 10.7.0.13:$PORT -g -w 1"
} >"$T/rules"
start=$SECONDS
adm -R <"$T/rules"
printf 'added in %d s\n' $((SECONDS - start))
eq "$(in_ns d ipvsadm -Ln | grep -c -- '-> 10')" $((servers + 1)) "servers"

# How many servers of the large tier have how many connections: "N M" lines
spread() {
	in_ns d ipvsadm -Ln | awk '$1 == "->" && $2 ~ /^10\.8\./ { n[$5 + $6]++ }
		END { for (i in n) print i, n[i] }' | sort -n | tr '\n' ' '
}
# One datagram from each of so many addresses, from $1 on. Others each time: the
# ports are chosen by the kernel, and one that comes again is no new connection.
send() {
	in_ns c traffic udp $VIP $PORT -x -n "$servers" -b "$1" -c "$servers" >"$T/client" ||
		fail "traffic"
}
# The last datagrams may still be on their way when the client is done.
spread_is() { [ "$(spread)" = "$1 " ]; }

step "one connection each"
send 10.9.0.1
wait_for 20 spread_is "1 $servers"
step "two each: full"
send 10.9.100.1
wait_for 20 spread_is "2 $servers"
eq "$(in_ns d ipvsadm -Ln | awk '$2 ~ /^10\.7\.0\.13:/ { print $5 + $6 }')" 0 \
	"connections of .13"
step "spilled"
run_client udp $VIP $PORT -n 300 -b 10.9.240.1 -c 300
lossless "spilled"
eq "${SRV[r13]:-0}" 300 "spilled connections"
spread_is "2 $servers" || fail "a full tier took more: $(spread)"

step "room at one of them"
# shellcheck disable=SC2086
adm -e $SVC -r "$(addr 4321):$PORT" -g -w 5 -x 3
run_client udp $VIP $PORT -n 1 -x -b 10.9.250.1
wait_for 20 spread_is "2 $((servers - 1)) 3 1"
run_client udp $VIP $PORT -n 5 -b 10.9.251.1 -c 10
eq "${SRV[r13]:-0}" 5 "full again"

step "deleted one by one, then the rest with the service"
for ((i = 0; i < 150; i++)); do
	# shellcheck disable=SC2086
	adm -d $SVC -r "$(addr $i):$PORT"
done
run_client udp $VIP $PORT -n 5 -b 10.9.252.1 -c 10
eq "${SRV[r13]:-0}" 5 "after the deletions"
# shellcheck disable=SC2086
adm -D $SVC
