#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What path.sh runs in a VM: it takes samples and prints them, lines that begin with "@ ",
# in the order in which they were taken. path.sh makes figures of them.
#
#	sample KIND VARIANT SERVERS SCHED ROUND COUNT NS
#	send KIND ROUND COUNT NS
#	part KIND VARIANT SERVERS SCHED schedule|in ROUND CALLS NS
#	fill SERVERS SCHED ROUND NS
#	change WHAT SERVERS SCHED NS
#	delay SERVERS SCHED WHILE CALLS LONGEST LATE
#	memory WHAT SCHED NUMBER BYTES
#
# KIND, VARIANT and so on are those at the head of path.sh. SCHEDS, ROUNDS, COST and the
# like come from there. Round 0 is for what is done only once; it is not printed.

VIP=10.7.1.1 PORT=80
MAC=02:00:00:00:00:02 OTHER=02:00:00:00:00:99 MAC_C=02:00:00:00:00:01
MAC_D=02:00:00:00:00:12 MAC_R=02:00:00:00:00:13
MAC_RC=02:00:00:00:00:23 MAC_CR=02:00:00:00:00:21
T=/tmp/path
FAR=1000000
# Client flows of which preloaded connections are, out of the way of others.
PRELOAD=1000000

out() { printf '@ %s\n' "$*"; }

die() {
	printf 'FAIL: %s\n' "$*"
	[ -e /run/netns/d ] && in_ns d ipvsadm -Ln | head -n 12
	exit 1
}

in_ns() {
	local ns=$1

	shift
	nsenter --net="/run/netns/$ns" "$@"
}

sysctls() {	# NAMESPACE NAME=VALUE...
	local ns=$1 kv

	shift
	for kv in "$@"; do
		printf 'echo %s >/proc/sys/net/%s\n' "${kv#*=}" "${kv%%=*}"
	done >$T/sysctl
	in_ns "$ns" sh $T/sysctl || die "sysctl in $ns"
}

# wire NAMESPACE DEVICE MAC NAMESPACE MAC
wire() {
	ip link add "$2" address "$3" netns "$1" type veth peer name "$2" address "$5" netns "$4" ||
		die "a wire from $1 to $4"
}

# network GATEWAY: a client c, a director d, a host r with all real servers, and a wire
# between each two of them. Servers are 10.8.0.0/16 in r, or 10.12.0.0/16: what is sent
# there ends in a bridge without ports. No neighbour is ever asked for. r sends what is for
# c to GATEWAY.
network() {
	local n

	for n in c d r; do
		ip netns add $n
		sysctls $n ipv4/conf/all/rp_filter=0 ipv4/conf/default/rp_filter=0 \
			ipv6/conf/all/disable_ipv6=1 ipv6/conf/default/disable_ipv6=1 \
			ipv4/conf/all/arp_ignore=1 ipv4/tcp_max_tw_buckets=0 \
			ipv4/tcp_no_metrics_save=1
	done
	wire d eth0 $MAC c $MAC_C
	wire d eth1 $MAC_D r $MAC_R
	wire r eth2 $MAC_RC c $MAC_CR
	ip -n c -b - <<-END || die "client"
		link set lo up
		link set eth0 up
		link set eth2 up
		addr add 10.7.0.1/24 dev eth0
		addr add 10.7.3.1/24 dev eth2
		neigh add 10.7.0.2 lladdr $MAC dev eth0 nud permanent
		neigh add 10.7.3.2 lladdr $MAC_RC dev eth2 nud permanent
		route add local 10.9.0.0/16 dev lo
		route add $VIP/32 via 10.7.0.2
	END
	sysctls d ipv4/ip_forward=1 ipv4/conf/all/send_redirects=0 ipv4/conf/eth0/send_redirects=0
	ip -n d -b - <<-END || die "director"
		link set lo up
		link set eth0 up
		link set eth1 up
		addr add 10.7.0.2/24 dev eth0
		addr add 10.7.2.1/24 dev eth1
		addr add $VIP/32 dev lo
		neigh add 10.7.0.1 lladdr $MAC_C dev eth0 nud permanent
		neigh add 10.7.2.2 lladdr $MAC_R dev eth1 nud permanent
		route add 10.9.0.0/16 via 10.7.0.1
		route add 10.8.0.0/16 via 10.7.2.2
		link add sink type bridge
		link set sink arp off
		link set sink up
		addr add 10.7.4.1/24 dev sink
		route add 10.12.0.0/16 via 10.7.4.2 dev sink
	END
	ip -n r -b - <<-END || die "real servers"
		link set lo up
		link set eth1 up
		link set eth2 up
		addr add 10.7.2.2/24 dev eth1
		addr add 10.7.3.2/24 dev eth2
		neigh add 10.7.2.1 lladdr $MAC_D dev eth1 nud permanent
		neigh add 10.7.3.1 lladdr $MAC_CR dev eth2 nud permanent
		route add local 10.8.0.0/16 dev lo
		route add 10.9.0.0/16 via $1
		addr add $VIP/32 dev lo
	END
	# Estimators look at every server now and then, which is not what is measured.
	in_ns d test ! -e /proc/sys/net/ipv4/vs/run_estimation || sysctls d ipv4/vs/run_estimation=0
}

remove() {
	local n

	for n in c d r; do
		ip netns del $n
	done
	# for the kernel to take them apart
	sleep "$SETTLE"
}

# ---- samples ---------------------------------------------------------------

# Connections, or packets scheduled on their own, since the director is there.
scheduled() {
	local cpu conns sum=0

	# lines of CPUs, in hexadecimal, and then "~" and words
	in_ns d cat /proc/net/ip_vs_stats_percpu | sed -n '3,/~/p' | while read -r cpu conns _; do
		[ "$cpu" = '~' ] || sum=$((sum + 16#$conns))
		echo $sum
	done | tail -n 1
}

# take KIND FIRST COUNT: into $NS
take() {
	case $1 in
	syn-*) NS=$(in_ns c path syn eth0 $MAC $VIP $PORT "$2" "$3") ;;
	ops-*) NS=$(in_ns c path udp eth0 $MAC $VIP $PORT "$2" "$3") ;;
	tcp-*) NS=$(path tcp /run/netns/c /run/netns/r $VIP $PORT "$2" "$3") ;;
	esac || die "path $*"
}

# Connections must be gone before the next sample of the same flows. Whole ones are never of
# the same flows, for there is more of them than IPVS knows of, but should not pile up.
forget() {	# KIND FIRST COUNT
	case $1 in
	syn-*)	# established ones are for one second
		in_ns c path ack eth0 $MAC $VIP $PORT "$2" "$3" >/dev/null || die "path ack"
		sleep 2 ;;
	tcp-*)
		sleep "$TCP_GONE" ;;
	esac
}

proto() { case $1 in ops-*) echo -u ;; *) echo -t ;; esac; }
ops() { case $1 in ops-*) echo -o ;; esac; }

# rules KIND VARIANT SERVERS: all of weight 5, those of odd numbers are to be full with
# half
rules() {
	local net=10.12 method=-g

	case $1 in *-nat) method=-m ;; esac
	case $1 in tcp-*) net=10.8 ;; esac
	awk -v n="$3" -v v="$2" -v svc="$(proto "$1") $VIP:$PORT" -v net=$net -v m="$method" \
		-v ops="$(ops "$1")" -v far=$FAR 'BEGIN {
		print "-A " svc " -s rr"
		for (i = 1; i <= n; i++) {
			x = v == "none" ? 0 : far
			if (v == "near")
				x = ops == "" ? 5 : 3
			if (v == "half" && i % 2)
				x = 1
			printf "-a %s -r %s.%d.%d:80 %s -w %d -x %d\n", svc, net, i / 250,
				i % 250 + 1, m, v == "half" && !(i % 2) ? 0 : 5, x
		}
	}'
}

# Connections that stay: one for each server that has a weight.
preload() {	# KIND VARIANT SERVERS
	local n=$3 what=syn before

	case $1/$2 in
	ops-*/near) ;;
	*/half) n=$(((n + 1) / 2)) ;;
	*) return ;;
	esac
	case $1 in ops-*) what=udp ;; esac
	in_ns d ipvsadm --set 86400 86400 86400 || die "ipvsadm --set"
	before=$(scheduled)
	in_ns c path $what eth0 $MAC $VIP $PORT $PRELOAD "$n" >/dev/null || die "preload"
	[ $what = udp ] ||
		in_ns c path ack eth0 $MAC $VIP $PORT $PRELOAD "$n" >/dev/null || die "preload"
	[ $(($(scheduled) - before)) = "$n" ] || die "preload: not all were scheduled"
	# from now on all servers have a weight
	rules "$@" | sed 's/^-a/-e/; s/-w 0/-w 5/; /^-A/d' | in_ns d ipvsadm -R || die "weights"
}

# bind KIND SERVERS SCHED: and what it does only once, or until a sequence is known
bind() {
	local calls=100

	# shellcheck disable=SC2046
	in_ns d ipvsadm -E $(proto "$1") $VIP:$PORT -s "$3" $(ops "$1") || die "ipvsadm -E -s $3"
	case $3 in
	wrr_ext | bw_load) calls=$((4 * $2 + 4200)) ;;
	rr_ext | hprio) calls=$((2 * $2 + 100)) ;;
	esac
	case $3 in bench | split) return ;; esac
	echo $calls >/sys/module/ip_vs_bench/parameters/run || die "$3"
}

# cost KIND VARIANT SERVERS COUNT [BATCHES]: COUNT connections or packets at a time, and
# that several times
cost() {
	local kind=$1 variant=$2 n=$3 count=$4 batches=${5:-1} gw=10.7.3.1
	local s round b ns first before sent taken=0

	[ "$kind" != tcp-nat ] || gw=10.7.2.1
	network $gw
	rules "$kind" "$variant" "$n" | in_ns d ipvsadm -R || die "$kind $variant $n: rules"
	preload "$kind" "$variant" "$n"
	bind "$kind" "$n" bench
	in_ns d ipvsadm --set 1 1 1 || die "ipvsadm --set"
	for ((round = 0; round <= ROUNDS; round++)); do
		for s in $SCHEDS; do
			bind "$kind" "$n" "$s"
			ns=0 first=0
			before=$(scheduled)
			for ((b = 0; b < batches; b++)); do
				case $kind in tcp-*) first=$((taken++ * count)) ;; esac
				take "$kind" $first "$count"
				ns=$((ns + NS))
				forget "$kind" $first "$count"
			done
			sent=$((count * batches))
			[ $(($(scheduled) - before)) = $sent ] ||
				die "$kind $variant $n $s: not $sent were scheduled"
			[ $round = 0 ] || out "sample $kind $variant $n $s $round $sent $ns"
		done
	done
	remove
}

# What it takes to send the packets: to somebody else, who does not look at them.
send_cost() {	# KIND WHAT COUNT
	local round ns

	network 10.7.3.1
	for ((round = 0; round <= ROUNDS; round++)); do
		ns=$(in_ns c path "$2" eth0 $OTHER $VIP $PORT 0 "$3") || die "path $2"
		[ $round = 0 ] || out "send $1 $round $3 $ns"
	done
	remove
}

stage_cost() {
	local cell

	send_cost syn-dr syn 2000
	send_cost ops-dr udp 2000
	for cell in $COST; do
		# KIND/VARIANT/SERVERS/COUNT[/BATCHES]
		# shellcheck disable=SC2086
		cost ${cell//\// }
	done
}

# split KIND VARIANT SERVERS COUNT: of the hook that IPVS takes packets at, and of
# schedule() in it
split() {
	local kind=$1 variant=$2 n=$3 count=$4 s round part calls ns
	local param=/sys/module/ip_vs_split/parameters/time

	network 10.7.3.1
	rules "$kind" "$variant" "$n" | in_ns d ipvsadm -R || die "$kind $variant $n: rules"
	bind "$kind" "$n" bench
	bind "$kind" "$n" split
	in_ns d ipvsadm --set 1 1 1 || die "ipvsadm --set"
	for ((round = 0; round <= ROUNDS; round++)); do
		for s in $SCHEDS; do
			bind "$kind" "$n" "$s"
			for part in schedule in; do
				in_ns d sh -c "echo $part >$param" || die "split $part $s"
				take "$kind" 0 "$count"
				read -r calls ns <$param
				echo off >$param
				forget "$kind" 0 "$count"
				[ "$calls" = "$count" ] ||
					die "$kind $variant $n $s: $part was timed $calls times"
				[ $round = 0 ] ||
					out "part $kind $variant $n $s $part $round $calls $ns"
			done
		done
	done
	remove
}

stage_split() {
	local cell

	for cell in $SPLIT; do
		# KIND/VARIANT/SERVERS/COUNT
		# shellcheck disable=SC2086
		split ${cell//\// }
	done
}

# ---- configuration ---------------------------------------------------------

service() { in_ns d ipvsadm -A -t $VIP:$PORT -s "$1" || die "ipvsadm -A -s $1"; }
fill() { NS=$(in_ns d path fill $VIP $PORT "$@") || die "path fill $*"; }

# delay SERVERS SCHED WHILE COMMAND...: what do decisions wait for meanwhile?
delay() {
	local what="$1 $2 $3" calls longest late

	shift 3
	echo "$EVERY" >/sys/module/ip_vs_bench/parameters/every || die "delay $what"
	"$@" >$T/delay || die "$what: $*"
	read -r calls longest late </sys/module/ip_vs_bench/parameters/every
	echo 0 >/sys/module/ip_vs_bench/parameters/every
	[ "$calls" -gt 0 ] || die "$what: no decision"
	out "delay $what $calls $longest $late"
}

# change WHAT SERVERS: some of them, each of which is there once
change() { in_ns d path "$1" $VIP $PORT "$2" $(($2 < CHANGES ? $2 : CHANGES)); }

# Each filling in a namespace of its own: removed servers are kept for a while, and
# additions look through them. The last one is changed, and then again while decisions
# are made; by then it has been another scheduler's, who knows where it is.
conf() {	# SERVERS ROUNDS
	local n=$1 round s what ns

	for ((round = 1; round <= $2; round++)); do
		for s in $CONF_SCHEDS; do
			network 10.7.3.1
			service "$s"
			fill 1 "$n"
			out "fill $n $s $round $NS"
			if [ "$round" = "$2" ]; then
				for what in edit add delete; do
					change $what "$n" >$T/changes || die "$what $n $s"
					while read -r ns; do
						out "change $what $n $s $ns"
					done <$T/changes
				done
			fi
			remove
		done
	done
	[ "$n" -ge 1000 ] && [ "$EVERY" != 0 ] || return 0
	for s in $CONF_SCHEDS; do
		network 10.7.3.1
		service bench
		fill 1 2
		bind tcp 2 "$s"
		delay "$n" "$s" fill fill 3 $((n - 2))
		delay "$n" "$s" idle sleep 0.3
		for what in edit add delete; do
			delay "$n" "$s" $what change $what "$n"
		done
		remove
	done
}

stage_conf() {
	local cell

	for cell in $CONF; do
		# SERVERS/ROUNDS
		# shellcheck disable=SC2086
		conf ${cell//\// }
	done
}

# ---- memory ----------------------------------------------------------------

# Bytes that the kernel has allocated for itself, after what it need not keep is gone.
used() {
	local cache

	# the kernel collects what kfree_rcu() is given for 5 seconds
	sleep 7
	for cache in /sys/kernel/slab/*; do
		echo 1 >"$cache/shrink"
	done
	awk '/^(SUnreclaim|Percpu|VmallocUsed):/ { n += $2 } END { print n * 1024 }' /proc/meminfo
}

# memory WHAT SCHED NUMBER: rules are in $T/rules
memory() {
	local before

	before=$(used)
	in_ns d ipvsadm -R <$T/rules || die "memory $*"
	$counts && out "memory $* $(($(used) - before))"
	in_ns d ipvsadm -C
}

# services FIRST-PORT SCHED NUMBER SERVERS: so many services, each of so many servers
services() {
	awk -v port="$1" -v s="$2" -v n="$3" -v servers="$4" -v vip=$VIP 'BEGIN {
		for (; n > 0; n--) {
			svc = "-t " vip ":" port++
			print "-A " svc " -s " s
			for (i = 1; i <= servers; i++)
				printf "-a %s -r 10.12.%d.%d:80 -g -w 5 -x 1000\n",
					svc, i / 250 + 1, i % 250 + 1
		}
	}'
}

stage_memory() {
	local s n=${MEMORY%/*} services=${MEMORY#*/} counts=false

	# The first time does not count: much is allocated then that stays.
	for s in ${MEMORY_SCHEDS%% *} $MEMORY_SCHEDS; do
		modprobe "ip_vs_$s" || die "ip_vs_$s"
		network 10.7.3.1
		# what the first of all takes is not that of one more
		service "$s"
		fill 1 2
		services 81 "$s" 1 "$n" >$T/rules
		memory server "$s" "$n"
		services 1000 "$s" "$services" 0 >$T/rules
		memory service "$s" "$services"
		services 20000 "$s" "$services" 2 >$T/rules
		memory pair "$s" "$services"
		remove
		counts=true
	done
}

# ---- all of it -------------------------------------------------------------

mkdir -p $T
echo 0 >/proc/sys/kernel/randomize_va_space
modprobe ip_vs || die "ip_vs"
for m in veth bridge ip_vs_ext ip_vs_bench ip_vs_split; do
	modprobe $m 2>/dev/null || :
done
for m in $SCHEDS; do
	modprobe "ip_vs_$m" || die "ip_vs_$m"
done
# The core's hooks and the memory that programs touch shall be there before.
ip netns add keep
in_ns keep ipvsadm -A -t 127.0.0.1:1 -s rr || die "ipvsadm -A"

# shellcheck disable=SC2153
for stage in $STAGES; do
	"stage_$stage"
done
in_ns keep ipvsadm -C
ip netns del keep
