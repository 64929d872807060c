#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What icount.sh runs in a VM, where time is instructions. Prints lines that
# begin with "@ ":
#
#	harness INSTRUCTIONS			cost of measuring one call
#	call VARIANT SERVERS SCHED INSTRUCTIONS	one schedule(), median of 5
#	add SCHED SERVERS SECONDS		adding them one by one
#
# SCHED rr_ext and wrr_ext are ours, rr and wrr the kernel's.
#
# VARIANT is "limits" (all eligible, upper thresholds far away), "full" (all but
# one server filled up, which is in a lower tier) or, for hprio, "rebound" (they
# were full already when the service was bound to it).

vip=10.0.0.1:80
upper=1000000
param=/sys/module/ip_vs_bench/parameters

# servers FIRST LAST: input of ipvsadm -R, all of weight 5
servers() {
	awk -v i="$1" -v last="$2" -v vip="$vip" -v u="$upper" 'BEGIN {
		for (; i <= last; i++)
			printf "-a -t %s -r 10.%d.%d.%d:80 -g -w 5 -x %d -y 0\n",
				vip, i / 65536 + 1, i / 256 % 256, i % 256, u
	}'
}

# calls N: N calls, their cost in hundredths of an instruction in $cost
calls() {
	local sched n ns

	echo "$1" >$param/run || die "$1 calls of schedule()"
	read -r sched n ns <$param/run
	[ "$sched" = "$want" ] || die "measured $sched instead of $want"
	cost=$((ns * 100 / n))
}

# measure: median of 5 samples. A sample is long enough to make the two
# readings of the clock cheap, and mostly too short to meet a timer interrupt.
measure() {
	local n

	calls 20
	n=$((100000000 / (cost + 1)))
	n=$((n < 20 ? 20 : n > 10000 ? 10000 : n))
	for _ in 1 2 3 4 5; do
		calls "$n"
		echo "$cost"
	done >/tmp/samples
	cost=$(sort -n /tmp/samples | sed -n 3p)
	cost=$((cost / 100)).$((cost / 10 % 10))
}

# bind SCHED
bind() {
	want=$1
	ipvsadm -E -t $vip -s "$1" || die "ipvsadm -E -s $1"
}

# sample VARIANT SERVERS WARM-UP: the warm-up is for what is done only once, or
# once for each server
sample() {
	calls "$3"
	measure
	case $suffix$want in
	_extrr | _extwrr) out "call $1 $2 $want$suffix $cost" ;;
	*) out "call $1 $2 $want $cost" ;;
	esac
}

# size N: all variants for N servers; some of them may be there already
size() {
	local n=$1 have=$2 s middle

	bind bench
	servers $((have + 1)) "$n" | ipvsadm -R || die "adding servers up to $n"
	for s in $scheds; do
		bind "$s"
		case $s in
		rr | hprio) sample limits "$n" $((2 * n + 100)) ;;
		# also until the sequence is known
		wrr | bw_load) sample limits "$n" $((${suffix:+4 * n + 4080} + 16)) ;;
		*) sample limits "$n" 16 ;;
		esac
	done
	# The one that goes to a lower tier was added in the middle.
	middle=$(servers $(((n + 1) / 2)) $(((n + 1) / 2)))
	sed 's/^-a/-e/; s/-w 5 -x [0-9]*/-w 1 -x 0/' <<<"$middle" | ipvsadm -R ||
		die "ipvsadm -e to weight 1"
	for s in $scheds; do
		bind "$s"
		echo 5 >$param/full
		sample full "$n" 16
		if [ "$s" = hprio ]; then
			bind bench
			bind "$s"
			sample rebound "$n" 16
		fi
		echo 0 >$param/full
	done
	ipvsadm -R <<<"${middle/#-a/-e}" || die "ipvsadm -e to weight 5"
}

# add SCHED N: how long does that take?
add() {
	local t

	ipvsadm -A -t $vip -s "$1" || die "ipvsadm -A -s $1"
	servers 1 "$2" >/tmp/servers
	t=${EPOCHREALTIME/./}
	ipvsadm -R </tmp/servers || die "adding $2 servers to $1"
	t=$((${EPOCHREALTIME/./} - t))
	printf -v t '%d.%06d' $((t / 1000000)) $((t % 1000000))
	out "add $1 $2 $t"
}

out() { printf '@ %s\n' "$*"; }

die() {
	printf 'FAIL: %s\n' "$*"
	exit 1
}

# Each in a network namespace of its own: deleted servers stay in the core's
# trash for a while, and additions look through it.
stage() {
	case $1 in
	harness)
		ipvsadm -A -t $vip -s bench || die "ipvsadm -A -s bench"
		want=bench
		measure
		out "harness $cost"
		;;
	small)
		ipvsadm -A -t $vip -s bench || die "ipvsadm -A -s bench"
		have=0
		for n in 2 16 128 1024; do
			size "$n" "$have"
			have=$n
		done
		;;
	add-*)
		add "${1#add-}" 10000
		;;
	big)
		add hprio 10000
		size 10240 10000
		;;
	ours)
		ipvsadm -A -t $vip -s bench || die "ipvsadm -A -s bench"
		scheds="rr wrr bw_load" suffix=_ext
		size 16 0
		size 10240 16
		;;
	esac
}

suffix=
scheds="rr wrr wlc fo ovf hprio bw_lag_val bw_lag auto_bw"
if [ -n "${1-}" ]; then
	# without any route no address counts as that of a host
	ip link set lo up
	stage "$1"
	exit
fi

for m in ip_vs ip_vs_bench; do
	modprobe $m || die "modprobe $m"
done
for m in $scheds; do
	modprobe "ip_vs_$m" || die "modprobe ip_vs_$m"
done

# shellcheck disable=SC2086
for s in $STAGES; do
	if [ "$s" = ours ]; then
		# those with the names of the kernel's
		rmmod ip_vs_rr ip_vs_wrr || die "rmmod ip_vs_rr ip_vs_wrr"
		modprobe our_rr && modprobe our_wrr && modprobe ip_vs_bw_load ||
			die "modprobe our_rr"
	fi
	unshare -n bash "$0" "$s" || die "stage $s"
	# for the kernel to take the namespace apart
	sleep 5
done
