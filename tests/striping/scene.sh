#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Striping, measured: run.sh shows the lines that begin with "@ ", and plots
# those that begin with "# ". Its clock must be one that counts instructions:
# with another one the links are faster than an emulated machine.
. "$(dirname "$0")/../lib.sh"
. "$LIB/striping.sh"

links=(20:5 10:20 5:1)
sum=35
# On the wire a datagram of 1400 bytes has 70 more: Ethernet, IP, UDP, IP, UDP.
wire=1470
full=$((sum * 1000000 / (wire * 8)))
half=$((full / 2))
# Two per cent less than the links have: the schedulers count IP packets, and
# Ethernet's header comes to that.
options=("--bandwidth 19600kbit --lag 5ms" "--bandwidth 9800kbit --lag 20ms"
	"--bandwidth 4900kbit --lag 1ms")

say() { printf '@ %s\n' "$@"; }

# A line of the table: name, UDP at the full rate, at half of it, TCP.
line() {
	say "$(printf '%-14s | %7s %6s %5s %6s %5s %5s | %5s %7s %5s %5s | %6s' "$@")"
}

# tcp SECONDS: megabits a second from c to f, without the first two seconds
tcp() {
	spawn pull f stream pull 7001 -w 2 >"$T/pull"
	wait_for 20 grep -q ready "$T/pull"
	in_ns c stream push 10.8.0.2 7001 -t "$1" >"$T/push" || fail "stream push"
	finish pull || fail "stream pull"
	mbit "$T/pull"
}

mbit() { awk '{ v[$1] = $2 } END { printf "%.1f", v["bytes"] * 8 / v["span_us"] }' "$1"; }

# per THIS OF THAT: per cent
per() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.0f", b ? 100 * a / b : 0 }'; }
ms() { awk -v us="$1" 'BEGIN { printf "%.0f", us / 1000 }'; }

row() { # NAME SCHEDULER OPTIONS...
	local name=$1 tcp carried percent lost wild late delay

	shift
	both_service "$@"
	udp_stream "$full" 4 -w 1
	carried=$(awk -v n="${RES[steady]}" -v us="${RES[steady_us]}" -v w=$wire \
		'BEGIN { printf "%.1f", n * w * 8 / us }')
	percent=$(per "$carried" $sum)
	lost=$(per "${RES[lost]}" "${RES[sent]}")
	wild=$(per "${RES[reordered]}" "${RES[received]}")
	late=$(ms "${RES[late_us_p95]}")
	delay=$(ms "${RES[delay_us_p95]}")
	udp_stream "$half" 3
	tcp=$(tcp 7)
	line "$name" "$carried" "$percent%" "$lost%" "$wild%" "$late" "$delay" \
		"$(per "${RES[lost]}" "${RES[sent]}")%" \
		"$(per "${RES[reordered]}" "${RES[received]}")%" "$(ms "${RES[late_us_p95]}")" \
		"$(ms "${RES[delay_us_p95]}")" "$tcp"
	printf '# row "%s" %s %s\n' "$name" "$carried" "$tcp"
	CARRIED[$name]=$carried
}

# Bytes of each link, every 100 ms.
sample() {
	local dev t

	while :; do
		read -r t _ </proc/uptime
		printf '# links %s' "$t"
		while read -r dev _ _ _ _ _ _ _ _ t _; do
			[[ $dev != link* ]] || printf ' %s %s' "${dev%:}" "$t"
		done </proc/net/dev
		echo
		sleep 0.1
	done
}

mark() {
	local up

	read -r up _ </proc/uptime
	printf '# mark %s %s\n' "$up" "$*"
}

echo 0 >/proc/sys/kernel/randomize_va_space
topo
sites "${links[@]}"
both_tunnel
# What one row learned must not help or harm the next.
sysctls c ipv4/tcp_no_metrics_save=1
sysctls f ipv4/tcp_no_metrics_save=1
declare -A CARRIED

say "Two directors, three links: 20 Mbit/s and 5 ms, 10 Mbit/s and 20 ms, 5 Mbit/s and 1 ms." \
	"One UDP tunnel, whose packets IPVS spreads over them (one-packet scheduling), both ways." ""
line "" UDP "at $sum" "" "" "" "" UDP "at half" "" "" TCP
line "" carried "" "" "out of" late delay "" "out of" late delay ""
line scheduler Mbit/s "of sum" lost order ms ms lost order ms ms Mbit/s
row "link 1 alone" rr "-w 1"
row "rr (mainline)" rr "-w 1" "-w 1" "-w 1"
row "wrr (mainline)" wrr "-w 4" "-w 2" "-w 1"
IPVSADM=ipvsadm-ext
for s in bw_load bw_lag bw_lag_val; do
	row $s $s "${options[@]}"
done

say "" "late, delay: 95 of 100 are below; late counts from the first packet that came too early." \
	"Both directions at once, one TCP connection each (bw_lag_val):"
spawn back c stream pull 7002 -w 2 >"$T/back"
wait_for 20 grep -q ready "$T/back"
spawn push f stream push 10.7.0.1 7002 -t 7 >"$T/push-back"
there=$(tcp 7)
finish back || fail "stream pull"
finish push || fail "stream push"
say "  there $there Mbit/s, back $(mbit "$T/back") Mbit/s"

say "" "Link 1 fails without a word, for three seconds; 14 Mbit/s of UDP (bw_lag_val)."
spawn watch d striping-watch $FAR 10.1.1.2=link1 10.1.2.2=link2 10.1.3.2=link3 >"$T/watch"
wait_for 20 grep -q 'link3: weight 1' "$T/watch"
declare -fp sample >"$T/sample"
echo sample >>"$T/sample"
spawn sample d bash "$T/sample"
mark start
{
	sleep 3
	silence 1
	mark fails
	sleep 3
	mend 1
	mark works
} &
udp_stream $((14000000 / (wire * 8))) 10
wait $!
stop sample
stop watch
sed 's/^/@   striping-watch: /' "$T/watch"
say "  $(ms "${RES[gap_us]}") ms from the first packet lost to the last one; ${RES[lost]} of ${RES[sent]} lost."

best=${CARRIED[bw_lag_val]}
awk -v a="${CARRIED[bw_lag]}" 'BEGIN { exit !(a > ARGV[1]) }' "$best" && best=${CARRIED[bw_lag]}
awk -v best="$best" -v sum=$sum -v rr="${CARRIED[rr (mainline)]}" \
	'BEGIN { exit !(best >= 0.9 * sum && best >= 1.2 * rr) }' ||
	fail "bw_lag and bw_lag_val carry $best of $sum Mbit/s at most, rr ${CARRIED[rr (mainline)]}"
le "${RES[gap_us]}" 1000000 "microseconds until a silent link was left"
grep -q 'link1: weight 0' "$T/watch" || fail "link 1 was not left"
tail -n 1 "$T/watch" | grep -q 'link1: weight 1' || fail "link 1 was not taken back"
