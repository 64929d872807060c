#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# about: everything changes at random under a flood (SEED=, MINUTES=, ROUNDS=, ACTIONS=, VERBOSE=1)
# allow-dmesg: netlink: '[^']*': attribute type [0-9]* has an invalid length
# allow-dmesg: netlink: [0-9]* bytes leftover after parsing attributes in process
# allow-dmesg: (__nla_validate_parse|validate_nla): [0-9]* callbacks suppressed
# allow-dmesg: IPVS: ip_vs_conn_new\(\): no memory
# allow-dmesg: IPVS: ip_vs_bind_scheduler\(\): init error
# allow-dmesg: IPVS: no memory to schedule real server .*; edit it to try again
# vm: smp=2 mem=1024
# A case for boot.sh, which has to be given modules with our rr and wrr among
# them; run.sh does that. What is done is at the head of torture.c.
. "$(dirname "$0")/../lib.sh"

SEED=${SEED:-$RANDOM} MINUTES=${MINUTES:-2} ROUNDS=${ROUNDS:-1000000} ACTIONS=${ACTIONS:-500}
failslab=/sys/kernel/debug/failslab conns=/sys/kernel/slab/ip_vs_conn/failslab failing=
ours=(hprio rr wrr bw_load bw_poll bw_lag bw_lag_val auto_bw)

command -v torture >/dev/null || skip "no torture here: make -C tests/torture"
# What the kernel says of wrong messages and refusals is rate limited, and no news. If
# it dies it says everything again: why is in there, and not on the console yet.
dmesg -n 1
echo 32 >/proc/sys/kernel/panic_print

setup() {
	local r m

	REALS=()
	topo 11 12 13 14
	# As keep_hooks, but without one of our schedulers.
	ip netns add "$PFX-keep"
	in_ns keep ipvsadm -A -t 127.0.0.1:1 -s wlc || fail "ipvsadm -A"
	in_ns keep ipvsadm -A -t "[::1]:1" -s wlc || fail "ipvsadm -A"
	for m in "${ours[@]}"; do
		modprobe "ip_vs_$m" || fail "modprobe ip_vs_$m"
		[ -e "/sys/module/ip_vs_ext/holders/ip_vs_$m" ] || fail "ip_vs_$m is not ours"
	done
	# Metrics are kept for each address of the clients; sockets whose program has
	# ended keep their namespace. Neither is ours.
	for r in c "${REALS[@]}"; do
		sysctls "$r" ipv4/tcp_no_metrics_save=1 ipv4/tcp_orphan_retries=1
	done
	serve -p 1017
	# Packets come from addresses of their own and go to servers that nobody is.
	ip -n "$PFX-d" route add 10.8.0.0/16 via 10.7.0.1
	# Connections for which there is no memory: only those, without a trace each.
	if [ -d $failslab ]; then
		for m in verbose=0 times=-1 interval=1 ignore-gfp-wait=N; do
			echo "${m#*=}" >"$failslab/${m%%=*}" || fail "failslab"
		done
		# 5.10 and 6.1 do not let it be set; boot.sh has told them.
		grep -q 1 $conns || { echo 1 >$conns; } 2>/dev/null && failing=yes ||
			echo "NOTE: no allocation fails: this kernel cannot be told which"
	fi
}

# Network namespaces go some time after their names, and newer kernels keep the
# last one until another one goes.
nets=/sys/kernel/slab/net_namespace
nets() {
	ip netns add "$PFX-last"
	ip netns del "$PFX-last"
	sleep 1
	echo 1 >$nets/shrink
	cut -d' ' -f1 $nets/objects
}
nets_are() { [ "$(nets)" -le "$1" ]; }

# A reference that is left to one of our modules fails here.
teardown() {
	local m ns

	for m in ip_vs_ext_nl "${ours[@]/#/ip_vs_}" ip_vs_ext; do
		! grep -q "^$m " /proc/modules || wait_for 30 rmmod "$m"
	done
	serve_stop
	for ns in /run/netns/"$PFX"-*; do
		ip netns del "${ns##*/}"
	done
	for m in ip_vs_wlc ip_vs_sh ip_vs; do
		! grep -q "^$m " /proc/modules || wait_for 30 rmmod "$m"
	done
	! can_count $nets || wait_for 180 nets_are "$first_nets"
	sleep 5
}

# Objects in the caches of kmalloc, with all CPUs' reserves given back, and by how
# many the number may be wrong: of a slab that a CPU is at work on all count. What is
# allocated for each CPU, in KiB. One line each.
objects() {
	kmalloc_objects | awk '{ print $1, $2, 2 * $3 }'
	awk '$1 == "Percpu:" { print "percpu", $2, 0 }' /proc/meminfo
}

run_torture() {
	in_ns d torture -c "/run/netns/$PFX-c" -s "$SEED" ${failing:+-f} ${VERBOSE:+-v} "$@" ||
		fail "torture -s $SEED $*"
}

begin
mount -t debugfs none /sys/kernel/debug 2>/dev/null
! can_count $nets || first_nets=$(nets)
step "once, for what is allocated at the first use and kept"
setup
run_torture -r 1 -a 150
teardown
objects >"$T/before"

step "torture, seed $SEED, $MINUTES minutes"
setup
run_torture -m "$MINUTES" -r "$ROUNDS" -a "$ACTIONS"

step "unload, and compare memory"
teardown
objects >"$T/after"
awk 'NR == FNR { before[$1] = $2; next }
	$2 != before[$1] { printf "%s %+d, ", $1, $2 - before[$1] }
	END { print "" }' "$T/before" "$T/after"
# Other parts of the kernel allocate, too, but not for every change.
awk 'NR == FNR { before[$1] = $2; next }
	$2 > before[$1] + 100 + $3 {
		printf "memory: %s: %d before, %d after\n", $1, before[$1], $2
		bad = 1
	}
	END { exit bad }' "$T/before" "$T/after" >"$T/grown" ||
	fail "$(cat "$T/grown")"
