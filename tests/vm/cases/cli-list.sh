#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# vm: smp=2 mem=512 timeout=480
# quick: DIFF_SHARE=10
# about: every listing, with connections and counters: ipvsadm-ext prints as ipvsadm 1.31
# once: a test of the tool
# allow-dmesg: IPVS: ip_vs_(add|edit)_dest\(\): lower threshold is higher than upper threshold
# allow-dmesg: IPVS: (Unknown mcast interface|You probably need to specify IP address|Error .* multicast)
#
# DIFF_SEED chooses services and options; of the less likely options one in
# DIFF_SHARE is tried.
. "$(dirname "$0")/../lib.sh"

seed=${DIFF_SEED:-1} share=${DIFF_SHARE:-1}
modprobe -q sctp || skip "no module sctp"
topo 23 24
twins
show() { # NAMESPACE [OPTIONS]
	local ns=$1

	shift
	alike "${TOOLS[@]}" --seed "$seed" --ns "/run/netns/$PFX-$ns" "$@"
}

step "connections in every state, counters, rates"
serve -p $PORT -u 53 -u 5060 -s $PORT
in_ns d "$OLD_TOOL" -R <<-END || fail "services"
	-A -t $VIP:$PORT -s rr
	-a -t $VIP:$PORT -r 10.7.0.23:$PORT -g -w 5 -x 1000 -y 100
	-a -t $VIP:$PORT -r 10.7.0.24:$PORT -i
	-a -t $VIP:$PORT -r 10.7.0.99:$PORT -i -w 0 --tun-type gue --tun-port 6080 --tun-remcsum
	-A -u $VIP:53 -s wlc -o
	-a -u $VIP:53 -r 10.7.0.23:53
	-a -u $VIP:53 -r 10.7.0.24:53 -w 2147483647
	-A -u $VIP:5060 -s sh -b sh-port -p 300 --pe sip
	-a -u $VIP:5060 -r 10.7.0.23:5060
	-A -t [$VIP6]:$PORT -s rr -p 600 -M 96
	-a -t [$VIP6]:$PORT -r [fd07::23]:$PORT
	-a -t [$VIP6]:$PORT -r [fd07::24]:$PORT -w 3
	-A --sctp-service $VIP:$PORT -s mh -b mh-port
	-a --sctp-service $VIP:$PORT -r 10.7.0.23:$PORT
	-A -t $VIP:0 -s wrr -p 60 -M 255.255.255.0
	-a -t $VIP:0 -r 10.7.0.23:0
	-A -f 4294967290 -s rr
	-a -f 4294967290 -r 10.7.0.23 -m
	-A -f 7 -6 -s fo -p 3600
	-a -f 7 -6 -r fd07::24
END
hold_start four -b 10.9.0.1 -c 100 "$VIP" $PORT
hold_start six -b fd09::1 -c 100 "$VIP6" $PORT
hold_start all -b 10.9.2.1 -c 100 "$VIP" 81
hold four open 20
hold four release 5
hold six open 6
hold six abort 2
# Nobody listens there: what was refused leaves entries, too.
hold all open 3
run_client udp $VIP 53 -n 30 -b 10.9.1.1
for i in 1 2 3; do
	# In one datagram: bash writes line by line, and what cat sends to a socket by way of
	# sendfile, 5.10 keeps.
	printf 'INVITE sip:a@b SIP/2.0\r\nCall-ID: call-%s@example.org\r\n\r\n' $i >"$T/invite"
	in_ns c bash -c "head -c 1000 $T/invite >/dev/udp/$VIP/5060"
done
hold_start sctp -S -b 10.9.3.1 -c 100 "$VIP" $PORT
hold sctp open 2
# The estimator looks every two seconds. Then it stops, and rates stay as they are; where
# it cannot be stopped, they come to rest at 0.
sleep 3
# The sum of all of them.
rates() {
	in_ns d "$OLD_TOOL" -L -n --rate --exact |
		awk '/^ *(TCP|UDP|SCTP|FWM|->) / { for (i = 3; i <= NF; i++) n += $i } END { print n + 0 }'
}
at_rest() { [ "$(rates)" = 0 ]; }
ge "$(rates)" 1 "sum of the rates"
if in_ns d test -e /proc/sys/net/ipv4/vs/run_estimation; then
	sysctls d ipv4/vs/run_estimation=0
else
	wait_for 90 at_rest
fi
for what in conns inpkts; do
	n=$(in_ns d "$OLD_TOOL" -L -n --stats --exact | awk -v f=$what '
		/^[TU]/ && (f == "conns" ? $3 : $4) > 0 { n++ } END { print n + 0 }')
	ge "$n" 4 "services with $what"
done
in_ns d "$OLD_TOOL" -L -n -c --persistent-conn | grep -q 'sip *call-1@example.org' ||
	fail "no connection has data of a persistence engine"
show d --share "$share" list -t "$VIP:$PORT" -u "$VIP:5060" -t "[$VIP6]:$PORT" -f 4294967290 -t 10.9.9.9:9
step "with timeouts and both daemons"
in_ns d "$OLD_TOOL" --set 901 121 301
in_ns d "$OLD_TOOL" --start-daemon master --mcast-interface eth0 --syncid 7 --sync-maxlen 500
in_ns d "$OLD_TOOL" --start-daemon backup --mcast-interface eth0 --mcast-group ff02::77 \
	--mcast-port 9999 --mcast-ttl 3
show d lines - <<-'END'
	ipvsadm -L --timeout
	ipvsadm -L --daemon
	ipvsadm -L --daemon -n --sort
	ipvsadm -L --timeout --daemon
	ipvsadm -L --timeout --exact --nosort
END
step "large counters"
show d --preload /bin/bigstats.so --share $((3 * share)) list -t "$VIP:$PORT"
step "zero, of one service and of all"
counted() {
	in_ns d "$OLD_TOOL" -L -n --stats --exact | awk '/^[TUSF]/ && $3 + $4 > 0 { printf "%s ", $2 }'
}
before=$(counted)
[[ $before == *"$VIP:$PORT "* ]] || fail "$VIP:$PORT has counted nothing"
in_ns d "$NEW_TOOL" -Z -t "$VIP:$PORT" || fail "-Z -t"
eq "$(counted | grep -c "$VIP:$PORT ")" "$(in_ns d "$OLD_TOOL" -L -n --stats | grep -c "^SCTP")" \
	"services with counters at $VIP:$PORT"
[ -n "$(counted)" ] || fail "-Z of one service set all to zero"
in_ns d "$NEW_TOOL" -Z || fail "-Z"
eq "$(counted)" "" "services with counters after -Z"
hold_stop four
hold_stop six
hold_stop all
hold_stop sctp

step "the order of many services with odd addresses"
awk -v seed="$seed" 'BEGIN {
	srand(seed)
	n = split("0.0.0.0 1.1.1.1 9.255.255.255 10.0.0.1 10.0.0.2 100.64.0.1 127.0.0.1 127.255.255.255 128.0.0.0 " \
		"128.0.0.1 172.16.0.1 191.255.255.255 192.0.2.1 192.168.0.1 192.168.0.2 198.51.100.7 " \
		"203.0.113.9 223.255.255.255 240.0.0.1 255.255.255.254", v4, " ")
	m = split(":: ::1 ::ffff:1.2.3.4 1:: 2001:db8::1 2001:db8:: 2001:db8:ffff:ffff:ffff:ffff:ffff:ffff " \
		"7fff::1 8000::1 fd07::1 fd07:1234:5678:9abc:def0:1234:5678:9abc fe80::1", v6, " ")
	split("1 2 1000 2147483646 2147483647 2147483648 2147483649 3000000000 4294967294 4294967295", mark, " ")
	split("-t -u --sctp-service", proto, " ")
	split("rr wrr lc wlc lblc lblcr dh sh mh sed nq fo ovf", sched, " ")
	split("1 80 443 8080 32767 32768 65535", port, " ")
	for (i = 0; i < 150; i++) {
		six = rand() < 0.3
		if (rand() < 0.15)
			svc = "-f " mark[1 + int(rand() * 10)] (six ? " -6" : "")
		else
			svc = proto[1 + int(rand() * 3)] " " (six ? "[" v6[1 + int(rand() * m)] "]" : v4[1 + int(rand() * n)]) \
				":" port[1 + int(rand() * 7)]
		if (svc in seen)
			continue
		seen[svc] = 1
		print "-A " svc " -s " sched[1 + int(rand() * 13)]
		for (k = int(rand() * 6); k > 0; k--) {
			dst = six ? "[" v6[4 + int(rand() * (m - 4))] "]" : v4[2 + int(rand() * (n - 6))]
			print "-a " svc " -r " dst ":" port[1 + int(rand() * 7)] " -m -w " int(rand() * 100)
		}
	}
}' >"$T/odd"
# Some are refused: twice the same server, or not an address of one.
in_ns a "$OLD_TOOL" -R <"$T/odd" 2>/dev/null
ge "$(in_ns a "$OLD_TOOL" -L -n | grep -c -v '>')" 100 "services with odd addresses"
show a --numeric --share $((6 * share)) list -t 192.168.0.1:80
# The same, in the order in which another table has them.
in_ns b "$OLD_TOOL" -R <"$T/odd" 2>/dev/null
show b --numeric --share $((30 * share)) list
step "the same with names"
show a --share 60 list
show a --preload /bin/bigstats.so --share 60 list
in_ns a "$OLD_TOOL" -C
in_ns b "$OLD_TOOL" -C
