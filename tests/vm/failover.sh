# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# Two directors, d and e (10.7.0.3), one of which has the VIP on eth0. For cases
# that start with lib.sh.

# pair N...: the network with real servers rN; nobody has the VIP yet
pair() {
	local d

	topo "$@"
	ip -n "$PFX-d" -b - <<-END
		addr del $VIP/32 dev lo
		addr del $VIP6/128 dev lo
	END
	director e 3
	# Who has the VIP says so by ARP.
	ip -n "$PFX-c" route replace "$VIP/32" dev eth0
	for d in d e; do
		in_ns "$d" ipvsadm --set 900 1 300
		sed -n 's,^net\.ipv4\.vs\.\([a-z_]*\) = \(.*\),echo \2 >/proc/sys/net/ipv4/vs/\1,p' \
			"$LIB/../../contrib/keepalived/sysctl.conf" >"$T/sysctl"
		in_ns "$d" sh -e "$T/sysctl" || fail "sysctl.conf"
	done
}

has_vip() { [ -n "$(ip -n "$PFX-$1" addr show to "$VIP" dev eth0)" ]; }

# unplug NAME, plug NAME: as pulling its cable; the other end must not know
unplug() { ip -n "$PFX-sw" link set "v-$1" nomaster; }
plug() { ip -n "$PFX-sw" link set "v-$1" master br0; }

# The machine is gone, and comes back without anything it knew: forget NAME after
# its programs have ended.
forget() {
	local role

	in_ns "$1" ipvsadm -C
	for role in master backup; do
		in_ns "$1" ipvsadm --stop-daemon $role 2>/dev/null
	done
	ip -n "$PFX-$1" addr del "$VIP/32" dev eth0 2>/dev/null || :
}

sched() { in_ns "$1" ipvsadm -Sn | sed -n 's/^-A .* -s \([^ ]*\).*/\1/p'; }
daemon() { in_ns "$1" ipvsadm -Ln --daemon 2>/dev/null | awk '{ print $1 }' | xargs; }
# servers NAME: the numbers of real servers and their weights, in order
servers() {
	in_ns "$1" ipvsadm -Sn | sed -n 's/^-a .*-r 10\.7\.0\.\([0-9]*\):.* -w \([0-9]*\).*/\1:\2/p' |
		sort | xargs
}
is() { [ "$("$1" "$2")" = "$3" ]; }

# counts N r1 N r2...: connections by the present director
counts() {
	snapshot
	while [ $# -gt 0 ]; do
		[ "${TOT[$2]-none}" = "$1" ] || return 1
		shift 2
	done
}

# clients SECONDS: some at all times, from addresses of their own
clients() {
	spawn flood c traffic flood -b 10.9.128.1 -c 20000 -d "$1" -j 1 -i 2 -H 50 -t 3000 \
		"$VIP" "$PORT" >"$T/flood" 2>&1
}

# clients_end WHAT: print what they saw
clients_end() {
	finish flood || fail "traffic flood: $(cat "$T/flood")"
	parse "$T/flood"
	printf 'clients, %s: %s\n' "$1" "$(xargs <"$T/flood")"
}

# first_tier: six connections of clients "a" fill .23 and .22, and e learns of them
first_tier() {
	hold_start a -b 10.9.0.1 -c 60000 $VIP $PORT
	hold a open 6
	lossless "the first tier"
	eq "${SRV[r23]:-0} ${SRV[r22]:-0}" "3 3" "the first tier"
	DIRECTOR=e
	wait_for 20 counts 3 r23 3 r22
}

# taken_over: d has died; what e does with these connections and with new ones
taken_over() {
	hold a check
	eq "${RES[alive]} ${RES[dead]}" "6 0" "connections that were there before"
	counts 3 r23 3 r22 || fail "connections that were there before, as e counts them"
	open_to a 1 r13 "first decision of the new master"
	clients_end "the master died"
	eq "${SRV[r23]:-0} ${SRV[r22]:-0}" "0 0" "short connections to servers that are full"
	ge "${SRV[r13]:-0}" 1 "short connections"
}
