#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# about: bw_lag_val, bw_lag, auto_bw: both names, shares by capacity, exact limit, attributes
. "$(dirname "$0")/../lib.sh"

topo 23 22 21
serve
modprobe ip_vs_ext_nl 2>/dev/null || skip "no ip_vs_ext_nl module here"
netlink

# spread WANTED WHAT: datagrams that arrived at .23, .22 and .21
spread() {
	eq "${SRV[r23]:-0} ${SRV[r22]:-0} ${SRV[r21]:-0}" "$1" "$SCHED: $2"
}

# about WANTED PERCENT WHAT: the same, within so many per cent of the whole
about() {
	local n i=0 got=("${SRV[r23]:-0}" "${SRV[r22]:-0}" "${SRV[r21]:-0}")

	for n in $1; do
		ge $((got[i])) $((n - $2 * 8)) "$SCHED: $3: ${got[*]}, server $i"
		le $((got[i])) $((n + $2 * 8)) "$SCHED: $3: ${got[*]}, server $i"
		i=$((i + 1))
	done
}

SVC="-u $VIP:$PORT"
svc=udp:$VIP:$PORT

for SCHED in bw_lag_val bwlag; do
	step "$SCHED: with 4, 1.6 and 0.8 kbit/s there is always more than they carry"
	svc_add -o
	dst_add 23 1
	dst_add 22 1
	dst_add 21 1
	extnl set-attr $svc 10.7.0.23:$PORT bandwidth=500 lag=1000 || fail "set-attr"
	extnl set-attr $svc 10.7.0.22:$PORT bandwidth=200 || fail "set-attr"
	extnl set-attr $svc 10.7.0.21:$PORT bandwidth=100 lag=2000 || fail "set-attr"
	extnl set-param $svc queue=50 || fail "set-param"
	run_client udp $VIP $PORT -n 800 -1 -b 10.9.0.1
	lossless "$SCHED"
	about "500 200 100" 2 "by bandwidth"

	step "$SCHED: the other way round, from the next datagram on"
	extnl set-attr $svc 10.7.0.23:$PORT bandwidth=100 || fail "set-attr"
	extnl set-attr $svc 10.7.0.21:$PORT bandwidth=500 || fail "set-attr"
	# what is queued at .23 takes five times as long now
	sleep 5
	run_client udp $VIP $PORT -n 800 -1 -b 10.9.0.1
	about "100 200 500" 2 "by the new bandwidth"

	step "$SCHED: a bandwidth that is never used up; a priority; a quiesced server"
	extnl set-attr $svc 10.7.0.22:$PORT bandwidth=1000000000000 || fail "set-attr"
	run_client udp $VIP $PORT -n 100 -1 -b 10.9.0.1
	spread "0 100 0" "the fastest"
	extnl set-attr $svc 10.7.0.23:$PORT priority=1 || fail "set-attr"
	run_client udp $VIP $PORT -n 100 -1 -b 10.9.0.1
	spread "100 0 0" "the highest priority"
	dst_edit 23 0
	run_client udp $VIP $PORT -n 100 -1 -b 10.9.0.1
	spread "0 100 0" "without .23"

	step "$SCHED: parameters"
	extnl param $svc | grep -q 'name=cost.*name=queue' ||
		fail "parameters: $(extnl param $svc)"
	extnl set-param $svc cost=1000 queue=50 || fail "set-param"
	refuses "268435456" extnl set-param $svc cost=268435457
	refuses "600000" extnl set-param $svc queue=600001
	# shellcheck disable=SC2086
	adm -D $SVC
	extnl del-attr || fail "del-attr"
done

for SCHED in bwlagval bw_lag; do
	step "$SCHED: the other name"
	svc_add -o
	dst_add 23 1
	run_client udp $VIP $PORT -n 10 -1 -b 10.9.0.1
	spread "10 0 0" "the only one"
	# shellcheck disable=SC2086
	adm -D $SVC
done

SVC="-t $VIP:$PORT"
svc=tcp:$VIP:$PORT
hold_start a -b 10.9.0.1 -c 400 $VIP $PORT
for SCHED in auto_bw autobw; do
	step "$SCHED: connections in proportion to the bandwidth, and the limit"
	svc_add
	dst_add 23 1
	dst_add 22 16 20 15
	dst_add 21 8
	extnl set-attr $svc 10.7.0.23:$PORT bandwidth=5000000 || fail "set-attr"
	hold a open 80
	lossless "$SCHED"
	spread "50 20 10" "the first 80"
	hold a open 12
	spread "10 0 2" "with .22 at its limit"
	hold a release 6 r22
	wait_for 10 tot_is r22 14
	extnl set-attr $svc 10.7.0.22:$PORT bandwidth=1000000000 || fail "set-attr"
	hold a open 7
	spread "1 6 0" "with .22 back, up to the limit"
	hold a release all
	for n in 23 22 21; do
		wait_for 20 tot_is r$n 0
	done
	# shellcheck disable=SC2086
	adm -D $SVC
	extnl del-attr || fail "del-attr"
done

step "the modules go"
for m in bw_lag_val bw_lag auto_bw; do
	wait_for 10 rmmod ip_vs_$m
done
