# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# What every case in cases/ starts with. A case is a plain bash script: it
# runs in the VM, and by hand as root on any machine that has ip_vs.
#
# Everything happens in network namespaces of its own:
#
#   c    client          10.7.0.1    fd07::1      and all of 10.9.0.0/16, fd09::/64
#   d    director        10.7.0.2    fd07::2      VIP 10.7.1.1, fd07::1:1
#   rN   real server N   10.7.0.N    fd07::N      (N from 3 to 254)
#   sw   a bridge between them
#
# The scheduler under test is $SCHED (default hprio).

set -u -o pipefail
shopt -s lastpipe

SCHED=${SCHED:-hprio}
PFX=${PFX:-lvslab}
VIP=10.7.1.1
VIP6=fd07::1:1
PORT=80
LIB=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
T=$(mktemp -d /tmp/lvslab.XXXXXX)
REALS=()
# The director that adm and snapshot speak of; see director.
DIRECTOR=d
declare -A TOT ACT INACT WEIGHT SRV RES HOLD_IN HOLD_OUT PID

# ---- verdicts --------------------------------------------------------------

fail() {
	local i

	trap - ERR
	printf 'FAIL: %s\n' "$*"
	for ((i = 1; i < ${#FUNCNAME[@]}; i++)); do
		case ${FUNCNAME[i]} in
		fail | eq | le | ge | wait_for) ;;
		*) printf '  at %s:%s\n' "${BASH_SOURCE[i]##*/}" "${BASH_LINENO[i - 1]}" ;;
		esac
	done
	if [ -e "/run/netns/$PFX-$DIRECTOR" ]; then
		# Thousands of lines would hide the first ones.
		in_ns "$DIRECTOR" ipvsadm -Ln 2>&1 | head -n 12
		in_ns "$DIRECTOR" ipvsadm -Ln --thresholds 2>&1 | sed -n '4,12p'
	fi
	exit 1
}

skip() {
	printf 'SKIP: %s\n' "$*"
	exit 77
}

# eq GOT WANTED WHAT
eq() { [ "$1" = "$2" ] || fail "$3: got $1, expected $2"; }
le() { [ "$1" -le "$2" ] || fail "$3: got $1, expected at most $2"; }
ge() { [ "$1" -ge "$2" ] || fail "$3: got $1, expected at least $2"; }
step() { printf '%s\n' "-- $*"; }

# wait_for SECONDS COMMAND...: until it succeeds. On a slow kernel $SLOW times as long.
wait_for() {
	local end=$((SECONDS + $1 * ${SLOW:-1}))

	shift
	until "$@"; do
		[ $SECONDS -lt $end ] || fail "still not true: $*"
		sleep 0.1
	done
}

# Can the objects of cache $1 be counted: can CPUs be made to give back what they have in
# reserve? Not where lockdep would tell of it: 5.10 takes the locks of caches in another
# order when one is destroyed.
can_count() {
	[[ -e $1/shrink && (! -e /proc/lockdep_stats || $(uname -r) != 5.*) ]]
}

# Caches of kmalloc: the name of each, its objects, with all CPUs' reserves given back,
# and how many make a slab.
kmalloc_objects() {
	local s n slab

	for s in /sys/kernel/slab/kmalloc-*; do
		can_count "$s" || continue
		echo 1 >"$s/shrink"
		read -r n _ <"$s/objects"
		read -r slab <"$s/objs_per_slab"
		printf '%s %s %s\n' "${s##*/}" "$n" "$slab"
	done
}

# refuses TEXT COMMAND...: it fails, and says TEXT.
refuses() {
	local want=$1 out

	shift
	if out=$("$@" 2>&1); then
		fail "accepted: $*"
	fi
	[[ $out == *"$want"* ]] || fail "$*: said '$out', expected '$want'"
}

# ---- namespaces ------------------------------------------------------------

in_ns() {
	local ns=$1

	shift
	nsenter --net="/run/netns/$PFX-$ns" "$@"
}

# spawn ID NS COMMAND...: in the background, until stop ID or the end.
spawn() {
	local id=$1 ns=$2

	shift 2
	# Not through in_ns: the process to kill is the command itself.
	nsenter --net="/run/netns/$PFX-$ns" "$@" <&0 &
	PID[$id]=$!
}

# Wait for the end of a command, or make it end.
finish() {
	local status=0

	wait "${PID[$1]}" 2>/dev/null || status=$?
	unset "PID[$1]"
	return $status
}

stop() {
	kill "${PID[$1]}"
	finish "$1"
}

# ipvsadm on director $DIRECTOR.
adm() { in_ns "$DIRECTOR" ipvsadm "$@" || fail "ipvsadm $*"; }

cleanup() {
	local status=$? ns f

	trap - EXIT ERR
	for f in "${PID[@]}"; do
		kill "$f" 2>/dev/null
	done
	wait 2>/dev/null
	[ -e "/run/netns/$PFX-d" ] && in_ns d ipvsadm -C 2>/dev/null
	for f in /run/netns/"$PFX"-*; do
		[ -e "$f" ] || continue
		ns=${f##*/}
		ip netns del "$ns"
	done
	rm -rf "$T"
	exit "$status"
}

find_traffic() {
	local root

	command -v traffic >/dev/null && return
	root=$(cd "$LIB/../.." && pwd)
	if [ "$LIB/traffic.c" -nt "$root/build/tests/traffic" ]; then
		mkdir -p "$root/build/tests"
		${CC:-gcc} -O2 -static -pthread -o "$root/build/tests/traffic" "$LIB/traffic.c" ||
			skip "no C compiler to build traffic"
	fi
	PATH=$PATH:$root/build/tests
}

begin() {
	local m

	[ "$(id -u)" = 0 ] || skip "needs root"
	modprobe -q ip_vs || [ -e /proc/net/ip_vs ] || skip "no ip_vs module here"
	for m in veth bridge ipip ip6_tunnel; do
		modprobe -q "$m" 2>/dev/null
	done
	find_traffic
	[ -n "${IPVS_EXT_VM-}" ] || return 0
	# What a client sends at once is not to be lost before the director sees it.
	echo 100000 >/proc/sys/net/core/netdev_max_backlog
	# Three questions, a second apart, are too few for a neighbour on a slow kernel.
	for m in /proc/sys/net/ipv[46]/neigh/default/[mu]cast_solicit; do
		echo 20 >"$m"
	done
}

sysctls() {
	local ns=$1 kv

	shift
	for kv in "$@"; do
		printf 'echo %s >/proc/sys/net/%s\n' "${kv#*=}" "${kv%%=*}"
	done >"$T/sysctl"
	in_ns "$ns" sh "$T/sysctl" || fail "sysctl in $ns"
}

# Add namespace $1 to the bridge, with host number $2.
node() {
	local n=$1 host=$2

	ip netns add "$PFX-$n"
	sysctls "$n" ipv6/conf/all/accept_dad=0 ipv6/conf/default/accept_dad=0 \
		ipv4/conf/all/rp_filter=0 ipv4/conf/default/rp_filter=0 \
		ipv6/conf/default/accept_ra=0
	ip -b - <<-END || fail "network of $n"
		link add eth0 netns $PFX-$n type veth peer name v-$n netns $PFX-sw
	END
	ip -n "$PFX-sw" link set "v-$n" up master br0
	printf -v host6 %s "$host"
	ip -n "$PFX-$n" -b - <<-END || fail "addresses of $n"
		link set lo up
		link set eth0 up
		addr add 10.7.0.$host/16 dev eth0
		addr add fd07::$host6/64 dev eth0 nodad
	END
}

# topo N...: the network, with real servers rN. They answer the client
# directly, as direct routing and tunnels need; see masq.
# A service in a namespace of its own, for as long as the case runs. The core
# hooks into a namespace with its first service and leaves it with the last; with
# the first and last of all namespaces the kernel patches the branches around its
# hooks. An emulated CPU that is just there can go on executing the breakpoint
# that stands in for the branch meanwhile, for ever or as an oops (seen in
# ip_local_deliver and __ip_local_out on 6.1 and 6.12). That is not ours to test.
keep_hooks() {
	ip netns add "$PFX-keep"
	in_ns keep ipvsadm -A -t 127.0.0.1:1 -s rr || fail "ipvsadm -A"
	in_ns keep ipvsadm -A -t "[::1]:1" -s rr || fail "ipvsadm -A"
}

topo() {
	local n

	begin
	ip netns add "$PFX-sw"
	sysctls sw ipv6/conf/all/disable_ipv6=1 ipv6/conf/default/disable_ipv6=1
	ip -n "$PFX-sw" -b - <<-END
		link set lo up
		link add br0 type bridge forward_delay 0
		link set br0 up
	END
	node c 1
	ip -n "$PFX-c" -b - <<-END
		route add local 10.9.0.0/16 dev lo
		route add local fd09::/64 dev lo
		route add $VIP/32 via 10.7.0.2
		route add $VIP6/128 via fd07::2
	END
	# Time stamps of 2: traffic compares those of SYNs with its clock.
	sysctls c ipv4/ip_local_port_range="'2001 65000'" ipv4/tcp_syn_retries=4 \
		ipv4/tcp_max_syn_backlog=4096 ipv4/tcp_timestamps=2
	director d 2
	# A VIP that were used as a source would be dropped by the real servers,
	# which own it: in tunnels it is the outer address.
	ip -n "$PFX-d" -b - <<-END
		addr add $VIP/32 dev lo
		addr add $VIP6/128 dev lo preferred_lft 0 nodad
	END
	for n in "$@"; do
		real "$n"
	done
	adm --set 900 1 300
}

# director NAME HOST: one more, without a VIP
director() {
	node "$1" "$2"
	# ICMP that says "refused" must not be rate limited, or clients time out.
	sysctls "$1" ipv4/ip_forward=1 ipv6/conf/all/forwarding=1 \
		ipv4/conf/all/send_redirects=0 ipv4/conf/eth0/send_redirects=0 \
		ipv4/icmp_ratemask=0 ipv6/icmp/ratelimit=0 ipv6/conf/eth0/accept_dad=0
	ip -n "$PFX-$1" -b - <<-END
		route add 10.9.0.0/16 via 10.7.0.1
		route add fd09::/64 via fd07::1
	END
}

# Add real server rN.
real() {
	local n=$1

	REALS+=("r$n")
	node "r$n" "$n"
	# It owns the VIP, but only the director may answer ARP for it.
	sysctls "r$n" ipv4/conf/all/arp_ignore=1 ipv4/conf/all/arp_announce=2 \
		ipv4/tcp_max_syn_backlog=4096 core/somaxconn=4096
	ip -n "$PFX-r$n" -b - <<-END || fail "routes of r$n"
		addr add $VIP/32 dev lo
		addr add $VIP6/128 dev lo nodad preferred_lft 0
		route add 10.9.0.0/16 via 10.7.0.1
		route add fd09::/64 via fd07::1
	END
}

# Real servers behind network address translation answer through the director.
masq() {
	local r

	for r in "${REALS[@]}"; do
		ip -n "$PFX-$r" -b - <<-END || fail "masq routes of $r"
			addr del $VIP/32 dev lo
			addr del $VIP6/128 dev lo
			route replace 10.9.0.0/16 via 10.7.0.2
			route replace fd09::/64 via fd07::2
		END
	done
}

# Real servers behind IP-in-IP tunnels.
tunnel() {
	local r

	for r in "${REALS[@]}"; do
		if ! in_ns "$r" test -e /proc/sys/net/ipv4/conf/tunl0 ||
			! in_ns "$r" test -e /proc/sys/net/ipv4/conf/ip6tnl0; then
			skip "no ipip and ip6_tunnel modules here"
		fi
		sysctls "$r" ipv4/conf/tunl0/rp_filter=0
		ip -n "$PFX-$r" link set tunl0 up
		ip -n "$PFX-$r" link set ip6tnl0 up
	done
}

# serve [OPTIONS of traffic serve]: start a server in every real server.
serve() {
	local r

	[ $# -gt 0 ] || set -- -p $PORT -u $PORT
	for r in "${REALS[@]}"; do
		spawn "serve-$r" "$r" traffic serve -n "$r" "$@" >"$T/serve.$r" 2>&1
	done
	for r in "${REALS[@]}"; do
		wait_for 20 grep -q ready "$T/serve.$r"
	done
}

# Stop the servers; their counts are in the files $T/serve.NAME.
serve_stop() {
	local r

	for r in "${REALS[@]}"; do
		stop "serve-$r"
	done
}

# server_stat NAME FIELD
server_stat() { awk -v f="$2" '$1 == f { print $2 }' "$T/serve.$1"; }

# ---- the director ----------------------------------------------------------

# rip N: address of real server N in the family of service $SVC
rip() {
	case $SVC in
	*"["*) printf '[fd07::%s]:%s' "$1" "$PORT" ;;
	*-6*) printf '[fd07::%s]:0' "$1" ;;
	*-f*) printf '10.7.0.%s' "$1" ;;
	*) printf '10.7.0.%s:%s' "$1" "$PORT" ;;
	esac
}

# The service that the functions below speak of.
SVC="-t $VIP:$PORT"
FWD=-g

# shellcheck disable=SC2086
svc_add() { adm -A $SVC -s "$SCHED" "$@"; }
# dst_add N WEIGHT [UPPER [LOWER]]
# shellcheck disable=SC2086
dst_add() { adm -a $SVC -r "$(rip "$1")" $FWD -w "$2" -x "${3:-0}" -y "${4:-0}"; }
# shellcheck disable=SC2086
dst_edit() { adm -e $SVC -r "$(rip "$1")" $FWD -w "$2" -x "${3:-0}" -y "${4:-0}"; }
# shellcheck disable=SC2086
dst_del() { adm -d $SVC -r "$(rip "$1")"; }

# Read ipvsadm -Ln into ACT, INACT, TOT and WEIGHT, keyed by server name.
# shellcheck disable=SC2034
snapshot() {
	local arrow addr fwd w a i n

	ACT=() INACT=() TOT=() WEIGHT=()
	in_ns "$DIRECTOR" ipvsadm -Ln | while read -r arrow addr fwd w a i _; do
		if [ "$arrow" != '->' ] || [ "$fwd" = Forward ]; then
			continue
		fi
		n=${addr%:*}
		n=${n%]}
		n=r${n##*[.:]}
		ACT[$n]=$a INACT[$n]=$i TOT[$n]=$((a + i)) WEIGHT[$n]=$w
	done
}

tot() { snapshot && printf '%s\n' "${TOT[$1]-none}"; }
tot_is() { [ "$(tot "$1")" = "$2" ]; }
tot_below() { [ "$(tot "$1")" -lt "$2" ]; }
# all_tot N r1 r2...: each of them counts exactly N
all_tot() {
	local n=$1 r

	shift
	snapshot
	for r in "$@"; do
		eq "${TOT[$r]-none}" "$n" "connections of $r"
	done
}

# ---- netlink ---------------------------------------------------------------

# The programs of tests/netlink, and the family.
netlink() {
	PATH=$PATH:$LIB/../../build/tests
	command -v extnl >/dev/null || skip "no extnl here: make -C tests/netlink"
	extnl family 2>/dev/null || skip "no ip_vs_ext_nl module here"
}

# extnl COMMAND...: on the director
extnl() { in_ns d extnl "$@"; }

# field LINE NAME: the value behind NAME= in what extnl printed; "" if absent
field() {
	local v=" ${1//[\{\}]/ } "

	[[ $v == *" $2="* ]] || return 0
	v=${v#*" $2="}
	printf '%s\n' "${v%% *}"
}

# ---- the client ------------------------------------------------------------

# hold_start ID [OPTIONS of traffic hold] ADDR PORT
hold_start() {
	local id=$1 in out

	shift
	mkfifo "$T/$id.in" "$T/$id.out"
	# Both ends at once, so that no open waits for the other side.
	exec {in}<>"$T/$id.in" {out}<>"$T/$id.out"
	spawn "hold-$id" c traffic hold "$@" <&"$in" >&"$out"
	HOLD_IN[$id]=$in HOLD_OUT[$id]=$out
}

# hold ID COMMAND...: results go to SRV (per server) and RES (the rest).
hold() {
	hold_send "$@"
	hold_wait "$1"
}

# The two halves of hold, for clients that work at the same time.
hold_send() {
	local id=$1

	shift
	printf '%s\n' "$*" >&"${HOLD_IN[$id]}"
}

hold_wait() {
	local key name value

	SRV=() RES=()
	while read -r -t 40 -u "${HOLD_OUT[$1]}" key name value; do
		case $key in
		done) return ;;
		server) SRV[$name]=$value ;;
		*) RES[$key]=$name ;;
		esac
	done
	fail "client $1 did not finish"
}

hold_stop() {
	local id=$1 fd

	printf 'quit\n' >&"${HOLD_IN[$id]}"
	finish "hold-$id"
	fd=${HOLD_IN[$id]}
	exec {fd}>&-
	fd=${HOLD_OUT[$id]}
	exec {fd}<&-
	unset "HOLD_IN[$id]" "HOLD_OUT[$id]"
	rm -f "$T/$id.in" "$T/$id.out"
}

# parse FILE: what traffic udp or flood printed, into SRV and RES
parse() {
	local key name value

	SRV=() RES=()
	while read -r key name value; do
		case $key in
		server) SRV[$name]=$value ;;
		*) RES[$key]=$name ;;
		esac
	done <"$1"
}

# run_client COMMAND OPTIONS...: traffic udp or flood in the client
run_client() {
	in_ns c traffic "$@" >"$T/client" || fail "traffic $*"
	parse "$T/client"
}

# lossless WHAT: nobody was refused, timed out, or lost a SYN
lossless() {
	local k

	for k in refused timeout error synlost; do
		eq "${RES[$k]-missing}" 0 "$1: $k"
	done
}

# open_to ID N NAME WHAT: N connections, all to server NAME, none lost
open_to() {
	hold "$1" open "$2"
	lossless "$4"
	eq "${SRV[$3]:-0}" "$2" "$4: connections to $3"
}

trap cleanup EXIT
trap 'exit 1' INT TERM

# What every forwarding method has to do, in IPv4 and IPv6: both tiers, refusals,
# data. $1 is the option of ipvsadm.
forwards() {
	FWD=$1
	forwards_family ipv4 "$VIP" "-t $VIP:$PORT" 10.9.0.1
	forwards_family ipv6 "$VIP6" "-t [$VIP6]:$PORT" fd09::1
}

forwards_family() { # NAME VIP SERVICE FIRST-SOURCE
	step "$1"
	SVC=$3
	svc_add
	dst_add 23 5 3
	dst_add 22 5 3
	dst_add 13 1 2
	hold_start "$1" -b "$4" -c 1000 "$2" $PORT
	hold "$1" open 6
	lossless "$1: the first tier"
	eq "${SRV[r23]:-0} ${SRV[r22]:-0} ${SRV[r13]:-0}" "3 3 0" "$1: the first tier"
	open_to "$1" 2 r13 "$1: the second tier"
	hold "$1" open 4
	eq "${RES[refused]} ${RES[timeout]} ${RES[error]}" "4 0 0" "$1: refused when all are full"
	hold "$1" check
	eq "${RES[alive]} ${RES[dead]}" "8 0" "$1: connections with data"
	hold "$1" release all
	hold_stop "$1"
	adm -C
}

# ---- two versions of the command line tool --------------------------------

# What differ compares. The old one with itself has no deviations to excuse.
OLD_TOOL=${OLD_TOOL:-/bin/ipvsadm}
NEW_TOOL=${NEW_TOOL:-/bin/ipvsadm-ext}
TOOLS=(--old "$OLD_TOOL" --new "$NEW_TOOL")
[ "$OLD_TOOL" != "$NEW_TOOL" ] || TOOLS+=(--strict)

# names: what the command lines of differ refer to, and nothing else.
names() {
	[ -n "${IPVS_EXT_VM-}" ] || skip "writes to /etc: only in a virtual machine"
	[ ! -x "$NEW_TOOL" ] && skip "no $NEW_TOOL here"
	command -v differ >/dev/null || skip "no differ here"
	printf '%s: files\n' hosts services >/etc/nsswitch.conf
	cat >/etc/hosts <<-END
		127.0.0.1 localhost
		10.0.0.1 web1 web1.example
		10.0.0.2 web2 web2.example
		10.0.0.3 web3 web3.example
		10.0.0.4 web4 web4.example
		10.0.1.1 real1 real1.example
		10.0.1.2 real2.example real2
		10.0.1.3 real3 real3.example
		10.0.1.4 a-real-server-with-a-name-that-is-longer-than-its-column.example real4 real4.example
		10.0.0.1 10web 0x10name many
		10.0.0.2 many
		fd07::1 six
		fd07::2 both
		10.0.0.2 both
		fd07::11 a-real-server-with-a-name-that-is-longer-than-its-column.six.example
	END
	cat >/etc/services <<-END
		http 80/tcp www
		domain 53/tcp
		domain 53/udp
		tcponly 81/tcp
		udponly 81/udp
		http-alt 8080/tcp
		a-service-with-a-long-name 443/tcp
		pscp 80/sctp
	END
	# Programs start four times as fast where they always get the same addresses:
	# an emulated processor need not translate them again.
	echo 0 >/proc/sys/kernel/randomize_va_space
	# 1.31 crashes now and then, and the kernel has much to say of odd arguments.
	echo 0 >/proc/sys/debug/exception-trace
	dmesg -n 1
}

# twins: two namespaces that are alike, for differ; its options go to TWINS.
twins() {
	local n m

	begin
	names
	# Looking for modules that are not there takes its time.
	for m in rr wrr lc wlc lblc lblcr dh sh mh sed nq fo ovf pe_sip; do
		modprobe -q "ip_vs_$m" || skip "no module ip_vs_$m"
	done
	echo >/proc/sys/kernel/modprobe
	keep_hooks
	for n in a b; do
		ip netns add "$PFX-$n"
		sysctls "$n" ipv6/conf/all/accept_dad=0 ipv6/conf/default/accept_dad=0
		ip -n "$PFX-$n" -b - <<-END || fail "network of $n"
			link set lo up
			link add eth0 type veth peer name eth1
			link set eth0 up
			link set eth1 up
			addr add 10.7.0.1/16 dev eth0
			addr add fd07:7::1/64 dev eth0 nodad
		END
	done
	# shellcheck disable=SC2034
	TWINS=("${TOOLS[@]}" --ns "/run/netns/$PFX-a" --ns "/run/netns/$PFX-b")
}

# differ, and what it finds is the reason to fail
alike() {
	differ "$@" || fail "differ $*"
}
