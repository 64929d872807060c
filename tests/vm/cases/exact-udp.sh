#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# about: two CPUs racing for 400 servers with limits of 1: exactly one each
# vm: smp=2 mem=512 timeout=90
. "$(dirname "$0")/../lib.sh"

# The cheapest packets there are, for servers that nobody is: more decisions
# meet than with TCP, and flows stay until long after the end.
servers=400 rounds=${ROUNDS:-6}
topo 13
keep_hooks
ip -n "$PFX-d" route add 10.8.0.0/16 via 10.7.0.1
for ((round = 1; round <= rounds; round++)); do
	port=$((1000 + round))
	{
		printf '%s\n' "-A -u $VIP:$port -s $SCHED"
		for ((i = 0; i < servers; i++)); do
			printf -- '-a -u %s:%d -r 10.8.%d.%d:%d -g -w 5 -x 1\n' $VIP $port \
				$((i / 250)) $((i % 250 + 1)) $port
		done
	} >"$T/rules"
	adm -R <"$T/rules"
	spawn one c traffic udp $VIP $port -x -n 600 -b 10.9.0.1 -c 30000 >"$T/one"
	spawn two c traffic udp $VIP $port -x -n 600 -b 10.9.128.1 -c 30000 >"$T/two"
	finish one || fail "first sender"
	finish two || fail "second sender"
	spread() {
		in_ns d ipvsadm -Ln | awk '$2 ~ /^10\.8\./ { n[$5 + $6]++ }
			END { for (i in n) print i, n[i] }' | sort -n | tr '\n' ' '
	}
	eq "$(spread)" "1 $servers " "round $round: connections, servers that have so many"
	adm -C
done
