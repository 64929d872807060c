#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# about: a test of the test: SYNs that were lost are counted, ones merely repeated are not
# vm: timeout=60
. "$(dirname "$0")/../lib.sh"

# Repeated so far by anyone in the client's namespace.
repeated() {
	in_ns c cat /proc/net/netstat | awk '$1 == "TcpExt:" {
		if (!n) { for (i = 2; i <= NF; i++) if ($i == "TCPSynRetrans") n = i }
		else print $n }'
}
repeated_since() { [ "$(repeated)" -ge $(($1 + 5)) ]; }

# misdirected NAMESPACE ADDRESS: five connections, and what NAMESPACE sends to ADDRESS is
# for nobody until all five SYNs have been repeated.
misdirected() {
	local before

	before=$(repeated)
	ip -n "$PFX-$1" neigh replace "$2" lladdr 02:00:00:00:00:01 dev eth0
	hold_send a open 5
	wait_for 20 repeated_since "$before"
	ip -n "$PFX-$1" neigh del "$2" dev eth0
	hold_wait a
}

topo 23
serve
svc_add
dst_add 23 1
hold_start a -t $((20000 * ${SLOW:-1})) -b 10.9.0.1 -c 60000 $VIP $PORT
open_to a 1 r23 "nothing in the way"

step "the server's answers do not arrive: it has seen the first SYN"
misdirected r23 10.7.0.1
lossless "the way back"

step "the SYNs do not arrive"
misdirected d 10.7.0.23
eq "${RES[synlost]}" 5 "lost SYNs"
eq "${SRV[r23]}" 5 "connections with the next SYN"
