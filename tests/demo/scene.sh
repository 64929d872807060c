#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The demo, in the VM: clients fill three servers, spill to a fourth, leave,
# and come again. run.sh shows the lines that begin with "@ " and plots those
# that begin with "# ".
# allow-dmesg: hrtimer: interrupt took
. "$(dirname "$0")/../lib.sh"

pool=(11 12 13)
spill=91
rate=25

say() { printf '@ %s\n' "$@"; }
now() { awk -v s="$start" '{ printf "%.2f", $1 - s }' /proc/uptime; }
mark() { printf '# mark %s %s\n' "$(now)" "$*"; point; }

show() {
	say "" "$@" "" "director# ipvsadm -Ln --thresholds"
	in_ns d ipvsadm -Ln --thresholds | sed '1d; s/^/@ /; s/ *$//'
}

# Time, and connections of the four servers.
point() {
	snapshot
	printf '# data %s %s %s %s %s\n' "$(now)" "${TOT[r11]}" "${TOT[r12]}" \
		"${TOT[r13]}" "${TOT[r91]}"
}

sample() {
	while :; do
		point
		sleep 0.25
	done
}

# went NAME N: of the connections just opened N went to NAME, and none was lost
went() {
	eq "${SRV[$1]:-0}" "$2" "connections to $1"
	lossless "connections to $1"
}

topo "${pool[@]}" $spill
serve
svc_add
for n in "${pool[@]}"; do
	dst_add "$n" 5 50 20
done
dst_add $spill 1

say "director# ipvsadm -A -t $VIP:$PORT -s hprio"
for n in "${pool[@]}"; do
	say "director# ipvsadm -a -t $VIP:$PORT -r 10.7.0.$n:$PORT -g -w 5 -x 50 -y 20"
done
say "director# ipvsadm -a -t $VIP:$PORT -r 10.7.0.$spill:$PORT -g -w 1"
start=$(cut -d' ' -f1 /proc/uptime)
show "Before. Three servers of weight 5 that take 50 connections each, and one of weight 1 without limits (0 0)."

sample &
PID[sample]=$!
hold_start a -b 10.9.0.1 -c 60000 $VIP $PORT
sleep 1

hold a open 90 $rate
went r91 0
show "90 clients are connected. Weight 5 is preferred, so its three servers share them; .91 gets nothing."

hold a open 60 $rate
went r91 0
hold a open 1
mark spill
went r91 1
show "The spill. 150 filled the three servers to the last place, so number 151 went to .91: no client waited or was refused."

hold a open 49 $rate
went r91 49
show "200 held. Nothing exceeds its limit of 50, and .91 carries the rest."

for ((i = 0; i < 5; i++)); do
	for n in "${pool[@]}"; do
		hold a release 5 "r$n"
	done
	sleep 0.3
done
for n in "${pool[@]}"; do
	wait_for 10 tot_is "r$n" 25
done
hold a open 20 $rate
went r91 20
show "Half of the clients of the three have left, 20 new ones came. 25 is not below the lower limit of 20: still full, so .91 got them all."

hold a release 6 r11
wait_for 10 tot_is r11 19
mark return
hold a open 25 $rate
went r11 25
show "The return. .11 fell to 19, below 20, so the next 25 clients went to it and none to .91."

for ((i = 0; i < 5; i++)); do
	hold a release 6 r11
	hold a release 5 r12
	hold a release 5 r13
	hold a release 14 r91
	sleep 0.3
done
wait_for 10 tot_is r91 0
show "Most clients have left. .91 is empty, and gets no new ones."

first_tier=$((${#pool[@]} * 50 - $(tot r11) - $(tot r12) - $(tot r13)))
hold a open $first_tier $rate
went r91 0
hold a open 1
mark spill
went r91 1
hold a open 30 $rate
went r91 30
show "The second ramp. First the three servers to 50 each, then .91, as before."

hold a check
eq "${RES[dead]}" 0 "dead connections"
sleep 1
kill "${PID[sample]}"
wait "${PID[sample]}" 2>/dev/null
unset "PID[sample]"
hold_stop a
say "" "In the whole run 0 clients were refused, 0 timed out, 0 lost a SYN."
