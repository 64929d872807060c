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
datagrams() { in_ns c traffic udp $VIP $PORT -x -n "$1" -b 10.9.0.1 -c 5000; }
send() { datagrams $((round * $1)) >"$T/client" || fail "traffic: $(cat "$T/client")"; }
decided() { in_ns d ipvsadm -Ln --stats --exact | awk '$1 == "UDP" { print $3 }'; }
decided_are() { [ "$(decided)" = "$1" ]; }
# shares ROUNDS MAY: each server has got as many times its weight, but for so many
shares() {
	wait_for 30 decided_are $((round * $1))
	{
		in_ns d ipvsadm -Ln --stats --exact
		in_ns d ipvsadm -Ln
	} | awk -v rounds="$1" -v may="$2" '
		/^IP Virtual/ { table++ }
		$1 == "->" && $2 ~ /^10\.8\./ && table == 1 { got[$2] = $3 }
		$1 == "->" && $2 ~ /^10\.8\./ && table == 2 {
			off = got[$2] - rounds * $4
			if (off > may || off < -may) {
				print $2, "weight", $4, "got", got[$2]
				wrong = 1
			}
		}
		END { exit wrong }' || fail "shares after $1 rounds"
}

step "from the beginning"
adm -A $SVC -s bw_load -o
edit -a $servers 100
send 2
shares 2 0

step "weights change beside traffic, and what comes after is exact again"
datagrams 30000 >"$T/flood" &
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
