#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# about: 100 servers with weights 1 to 100 under bw_load: shares are exact, also beside changes
# once: the same arithmetic on each kernel
# vm: smp=2 timeout=180
. "$(dirname "$0")/../lib.sh"

modprobe ip_vs_bw_load 2>/dev/null || skip "no ip_vs_bw_load here"
servers=100 round=5050
topo 13
SVC="-u $VIP:$PORT"
# Nobody has these addresses: what is sent there ends at the client.
ip -n "$PFX-d" route add 10.8.0.0/16 via 10.7.0.1

# edit OPTION LAST WEIGHT-OF-THE-LAST: -a or -e the first servers, with weights that fall by one
edit() {
	local i

	for ((i = $2; i; i--)); do
		printf -- '%s %s -r 10.8.0.%d:%d -g -w %d\n' "$1" "$SVC" "$i" $PORT \
			$(($3 - $2 + i))
	done | in_ns d ipvsadm -R || fail "ipvsadm -R"
}
# datagrams CPUS N [A-SECOND]
datagrams() {
	in_ns c taskset "$1" traffic udp $VIP $PORT -x -n "$2" -b 10.9.0.1 -c "${3:-5000}"
}
# From one CPU: of several, each may have taken some turns that it has not used yet.
send() { datagrams 1 $((round * $1)) >"$T/client" || fail "traffic: $(cat "$T/client")"; }
decided() { in_ns d ipvsadm -Ln --stats --exact | awk '$1 == "UDP" { print $3 }'; }
decided_are() { [ "$(decided)" = "$1" ]; }
# shares ROUNDS MAY [ALL]: each server has got as many times its weight, but for so
# many, and for ALL of all servers
shares() {
	wait_for 30 decided_are $((round * $1))
	{
		in_ns d ipvsadm -Ln --stats --exact
		in_ns d ipvsadm -Ln
	} | awk -v rounds="$1" -v may="$2" -v all="${3:-$((servers * $2))}" '
		/^IP Virtual/ { table++ }
		$1 == "->" && $2 ~ /^10\.8\./ && table == 1 { got[$2] = $3 }
		$1 == "->" && $2 ~ /^10\.8\./ && table == 2 {
			off = got[$2] - rounds * $4
			sum += off < 0 ? -off : off
			if (off > may || off < -may) {
				print $2, "weight", $4, "got", got[$2]
				wrong = 1
			}
		}
		END {
			if (sum > all) {
				print "all servers together", sum
				wrong = 1
			}
			exit wrong
		}' || fail "shares after $1 rounds"
}

step "from one CPU"
adm -A $SVC -s bw_load -o
edit -a $servers 100
# The first round finds out how long the order is, and that gets room.
send 1
wait_for 30 decided_are $round
in_ns d ipvsadm -Z
send 2
shares 2 0

step "from both CPUs at once; each may have 7 turns that it has not used yet"
# That many servers have one less than their share, and that many others one more.
in_ns d ipvsadm -Z
datagrams 1 $round 100000 >"$T/first" &
first=$!
datagrams 2 $round 100000 >"$T/client" || fail "traffic: $(cat "$T/client")"
wait $first || fail "traffic: $(cat "$T/first")"
shares 2 2 $((2 * 2 * 7))

step "weights change beside traffic, and what comes after is exact again"
datagrams 3 30000 >"$T/flood" &
flood=$!
for n in 101 102 103 104 100; do
	edit -e $servers $n
	sleep 0.5
done
wait $flood || fail "traffic: $(cat "$T/flood")"
wait_for 30 decided_are $((2 * round + 30000))
in_ns d ipvsadm -Z
send 2
shares 2 2

step "fewer servers, and all of them again"
for ((i = 1; i <= 20; i++)); do
	adm -d $SVC -r "10.8.0.$i:$PORT"
done
send 1
wait_for 30 decided_are $((3 * round))
edit -a 20 20
in_ns d ipvsadm -Z
send 2
shares 2 2
