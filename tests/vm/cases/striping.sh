#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# about: a UDP tunnel over three links: shares, order of arrival, a link that fails
# vm: timeout=120 clock=count
. "$(dirname "$0")/../lib.sh"
. "$LIB/striping.sh"

# Slow, so that it does not take long: what counts is how many packets there are.
links=(4:10 2:80 1:5)
attributes=("--bandwidth 3920kbit --lag 10ms" "--bandwidth 1960kbit --lag 80ms"
	"--bandwidth 980kbit --lag 5ms")

# weights W1 W2 W3: what d has now
weights() {
	[ "$(in_ns d ipvsadm -Ln -u $FAR | awk '$1 == "->" && $2 ~ /^10/ { print $2, $4 }' |
		sort | awk '{ print $2 }' | tr '\n' ' ')" = "$* " ]
}

# shares W1 W2 W3: of the packets of the last service, in per cent, within 2
shares() {
	local n sum=0 got=()

	# Statistics are what the kernel added up last, every two seconds.
	sleep 2.5
	for n in 1 2 3; do
		got[n]=$(packets $n)
		sum=$((sum + got[n]))
	done
	ge $sum 400 "packets"
	for n in 1 2 3; do
		le $((100 * got[n] / sum)) $(($1 + 2)) "per cent on link $n"
		ge $((100 * got[n] / sum)) $(($1 - 2)) "per cent on link $n"
		shift
	done
}

modprobe -q ip_vs_ext_nl || skip "no module ip_vs_ext_nl here"
command -v ipvsadm-ext >/dev/null || skip "no ipvsadm-ext here"
topo
sites "${links[@]}"
both_tunnel

step "mainline's round robin: a third each, most of it out of order"
both_service rr "-w 1" "-w 1" "-w 1"
udp_stream 200 3
shares 33 33 33
eq "${RES[lost]} ${RES[duplicate]}" "0 0" "lost and duplicate with rr"
ge $((100 * RES[reordered] / RES[received])) 30 "per cent out of order with rr"
late=${RES[late_us_p95]}

IPVSADM=ipvsadm-ext
step "bw_load: by bandwidth, whatever the load"
both_service bw_load "${attributes[@]}"
udp_stream 200 3
shares 57 28 14
eq "${RES[lost]} ${RES[duplicate]}" "0 0" "lost and duplicate with bw_load"

step "bw_lag_val: hardly anything over the link with the long lag, so little is late"
both_service bw_lag_val "${attributes[@]}"
udp_stream 400 3
sleep 2.5
le "$(packets 2)" 12 "packets on the link with the long lag"
ge "$(packets 3)" 50 "packets on the slow link with the short lag"
eq "${RES[lost]} ${RES[duplicate]}" "0 0" "lost and duplicate with bw_lag_val"
le "${RES[late_us_p95]}" $((late / 2)) "microseconds late with bw_lag_val"

step "bw_lag: the same load; what the first link cannot take goes to the second"
both_service bw_lag "${attributes[@]}"
udp_stream 400 3
sleep 2.5
ge "$(packets 2)" 100 "packets on the link with the long lag"

step "a link that loses all is left, and taken back"
spawn watch d striping-watch $FAR 10.1.1.2=link1 10.1.2.2=link2=7 10.1.3.2=link3 >"$T/watch"
wait_for 20 weights 1 7 1
silence 1
wait_for 20 weights 0 7 1
udp_stream 50 2
eq "${RES[lost]}" 0 "lost on the links that are left"
silence 2
wait_for 20 weights 0 0 1
# None answers: then it is not the links.
silence 3
wait_for 20 weights 1 7 1
mend 2
wait_for 20 weights 0 7 0
mend 1
mend 3
wait_for 20 weights 1 7 1
stop watch

step "a large TCP transfer comes through whole, back as well"
spawn pull c stream pull 7001 >"$T/pull"
wait_for 20 grep -q ready "$T/pull"
in_ns f stream push 10.7.0.1 7001 -t 3 >"$T/push" || fail "stream push"
finish pull || fail "stream pull"
ge "$(awk '$1 == "bytes" { print $2 }' "$T/pull")" 50000 "bytes"
