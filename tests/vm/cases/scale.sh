#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# about: many services, servers and connections, next to the kernel's rr (make scale: many more)
# once: takes long
# vm: timeout=150 clock=count
# quick: SERVICES=20 MANY=500 CONNS=5000
. "$(dirname "$0")/../lib.sh"

# SERVICES of SERVERS each; one of MANY; one of 100 with CONNS connections.
SERVICES=${SERVICES:-50} SERVERS=${SERVERS:-20} MANY=${MANY:-2000} CONNS=${CONNS:-20000}
POOL=100

command -v ipvsadm-ext >/dev/null || skip "no ipvsadm-ext here"
command -v flows >/dev/null || skip "no flows here: make -C tests/scale"
[ -n "${IPVS_EXT_VM-}" ] || skip "counts the memory of the machine: only in a virtual machine"
[ -f /replace/ip_vs_rr.ko ] || skip "no ip_vs_rr of ours here"
echo 0 >/proc/sys/kernel/randomize_va_space
# A table for so many connections, as a director that has them is set up.
modprobe -q ip_vs conn_tab_bits=18 || skip "no ip_vs module here"
begin
modprobe ip_vs_ext || fail "ip_vs_ext"
modprobe ip_vs_hprio || fail "ip_vs_hprio"
# What does not go with the namespaces shall be there before the first of them:
# hooks, and the memory that programs and namespaces have touched.
ip netns add "$PFX-keep"
in_ns keep ipvsadm -A -t 127.0.0.1:1 -s wlc || fail "ipvsadm -A"

# ---- measuring -------------------------------------------------------------

declare -A V
LABEL=

# value NAME NUMBER: a cell of the table
value() { V[$LABEL,$1]=$2; }

# took NAME COMMAND...: seconds
took() {
	local name=$1 t

	shift
	t=${EPOCHREALTIME/./}
	"$@" || fail "$name: $*"
	t=$((${EPOCHREALTIME/./} - t))
	printf -v t '%d.%03d' $((t / 1000000)) $((t / 1000 % 1000))
	value "$name" "$t"
	printf '%s %s: %s s\n' "$LABEL" "$name" "$t"
}

# Kilobytes that the kernel has allocated for itself.
used() {
	awk '/^(SUnreclaim|Percpu|VmallocUsed):/ { n += $2 } END { print n }' /proc/meminfo
}
objects() { kmalloc_objects | awk '{ n += $2 } END { print n + 0 }'; }
# grew NAME: megabytes since START
grew() {
	local now

	now=$(used)
	value "$1" "$(awk -v k=$((now - START)) 'BEGIN { printf "%.1f", k / 1024 }')"
}
used_at_most() { [ "$(used)" -le "$1" ] && [ "$(objects)" -le "$2" ]; }

# ---- a director ------------------------------------------------------------

MAC=02:00:00:00:00:02
# Real servers are 10.8.0.0/16; what is sent there ends in a bridge without ports.
director() {
	BASE_OBJECTS=$(objects)
	ip netns add "$PFX-d"
	ip netns add "$PFX-c"
	sysctls d ipv4/conf/all/rp_filter=0 ipv4/conf/default/rp_filter=0 ipv4/ip_forward=1
	ip -b - <<-END || fail "network"
		link add eth0 address $MAC netns $PFX-d type veth peer name eth0 netns $PFX-c
	END
	ip -n "$PFX-c" link set eth0 up
	ip -n "$PFX-d" -b - <<-END || fail "director"
		link set lo up
		link set eth0 up
		addr add 10.7.0.2/24 dev eth0
		addr add $VIP/32 dev lo
		link add sink type bridge
		link set sink arp off
		link set sink up
		addr add 10.7.2.1/24 dev sink
		route add 10.8.0.0/16 via 10.7.2.2 dev sink
	END
	adm --set 86400 86400 86400
	# Once, so that what is allocated by the first packet is there.
	in_ns c flows eth0 "$MAC" $VIP 9 1 0 10 >/dev/null || fail "flows"
	BASE=$(used)
	START=$BASE
}

# rules SERVICES SERVERS [UPPER [SPARE]]: services on ports from 1000 on; SPARE
# is one more server, of a lower tier and without a limit.
rules() {
	awk -v services="$1" -v servers="$2" -v upper="${3-0}" -v spare="${4-}" -v vip=$VIP -v s="$S" 'BEGIN {
		for (i = 0; i < services; i++) {
			svc = "-u " vip ":" 1000 + i
			print "-A " svc " -s " s
			for (k = 0; k < servers; k++)
				printf "-a %s -r 10.8.%d.%d:%d -g -w 5 -x %d\n", svc,
					k / 250, k % 250 + 1, 1000 + i, upper
			if (spare)
				printf "-a %s -r 10.8.255.1:%d -g -w 1\n", svc, 1000 + i
		}
	}'
}

restore() { in_ns d ipvsadm-ext -R <"$T/rules" 2>"$T/err" || fail "$(tail -n 3 "$T/err")"; }
list() { in_ns d ipvsadm-ext -Ln >"$T/list"; }
# The first of the connections. With each page that is read many kernels look for
# its place from the start of their table; all of a million would take hours.
LISTED=$((CONNS < 20000 ? CONNS : 20000))
list_conns() {
	{ in_ns d ipvsadm-ext -Lnc || :; } | awk -v vip="$VIP:1000" -v max=$LISTED '
		$5 == vip && ++n == max { exit }
		END { print n + 0 }' >"$T/n"
}
# flows PORTS FIRST COUNT
flows() { in_ns c flows eth0 "$MAC" $VIP 1000 "$@" >"$T/sent"; }
clear() { in_ns d ipvsadm-ext -C; }
# Namespaces go in the background, and connections with them.
remove() {	# NUMBER of objects that may be left
	local end=$((SECONDS + 60))

	ip netns del "$PFX-d"
	ip netns del "$PFX-c"
	while [ $SECONDS -lt $end ]; do
		used_at_most $((BASE + PEAK / 100 + 1024)) $((BASE_OBJECTS + $1)) && return
		sleep 0.1
	done
	grep -E '^(Mem|S|K|V|P)' /proc/meminfo
	fail "$(($(used) - BASE)) kB, $(($(objects) - BASE_OBJECTS)) objects are still in use"
}

# How many servers have how many connections: "N:M" words, spares are not counted.
spread() {
	in_ns d ipvsadm-ext -Ln | awk '$1 == "->" && $2 ~ /^10\.8\./ && $2 !~ /^10\.8\.255\./ { n[$5 + $6]++ }
		END { for (i in n) print i ":" n[i] }' | sort -n | tr '\n' ' '
}
spare() { in_ns d ipvsadm-ext -Ln | awk '$2 ~ /^10\.8\.255\./ { print $5 + $6 }'; }

# end NAME NUMBER: all of it goes, and its memory comes back. What the allocators keep
# for the next time is at most a hundredth of what was used, or 1 MB. Of NUMBER servers
# or connections none may leave an object behind; half of them is more than others do.
end() {
	PEAK=$(($(used) - BASE))
	took "$1, cleared" clear
	took "$1, removed" remove $(($2 / 2))
	printf '%s %s: %d kB of %d left, %+d objects\n' "$LABEL" "$1" $(($(used) - BASE)) \
		"$PEAK" $(($(objects) - BASE_OBJECTS))
}

# ---- what is measured ------------------------------------------------------

ours() { [ -e "/sys/module/ip_vs_ext/holders/ip_vs_$S" ] && echo yes || echo no; }

measure() {
	local spare=

	LABEL=$1 S=$2
	[ "$S" = rr ] || spare=spare
	modprobe "ip_vs_$S" || fail "no ip_vs_$S"
	eq "$(ours)" "$([ "$LABEL" = mainline-rr ] && echo no || echo yes)" "is ip_vs_$S ours"

	step "$LABEL: $SERVICES services of $SERVERS servers"
	director
	rules "$SERVICES" "$SERVERS" 1000 >"$T/rules"
	took "services, configured" restore
	grew "services, MB"
	took "services, listed" list
	eq "$(grep -c -- '-> 10' "$T/list")" $((SERVICES * SERVERS)) "servers"
	took "services, balanced" flows "$SERVICES" 0 $((SERVICES * SERVERS))
	eq "$(spread)" "1:$((SERVICES * SERVERS)) " "one connection each"
	end services $((SERVICES * SERVERS))

	step "$LABEL: one service of $MANY servers"
	director
	rules 1 "$MANY" 2 >"$T/rules"
	took "servers, configured" restore
	grew "servers, MB"
	took "servers, listed" list
	took "servers, balanced" flows 1 0 $((2 * MANY))
	eq "$(spread)" "2:$MANY " "two connections each"
	end servers "$MANY"

	step "$LABEL: $CONNS connections"
	director
	rules 1 $POOL $((CONNS / POOL)) "$spare" >"$T/rules"
	restore
	START=$(used)
	took "connections, balanced" flows 1 0 "$CONNS"
	grew "connections, MB"
	eq "$(spread)" "$((CONNS / POOL)):$POOL " "connections of each server"
	took "connections, listed" list_conns
	eq "$(cat "$T/n")" $LISTED "connections listed"
	if [ -n "$spare" ]; then
		flows 1 "$CONNS" $POOL || fail "flows"
		eq "$(spread)" "$((CONNS / POOL)):$POOL " "connections of full servers"
		eq "$(spare)" $POOL "connections of the lower tier"
	fi
	end connections "$CONNS"
	rmmod "ip_vs_$S" || fail "rmmod ip_vs_$S"
}

step "once, for what the allocators keep"
S=rr
director
rules "$SERVICES" "$SERVERS" 1000 >"$T/rules"
restore
clear
ip netns del "$PFX-d"
ip netns del "$PFX-c"
sleep 10

measure mainline-rr rr
insmod /replace/ip_vs_rr.ko || fail "our ip_vs_rr"
measure rr rr
measure hprio hprio

step "seconds and megabytes"
printf '@ %-24s %12s %8s %8s  %s\n' "" mainline-rr rr hprio "rr, hprio / mainline-rr"
for row in services,{configured,MB,listed,balanced,cleared,removed} \
	servers,{configured,MB,listed,balanced,cleared,removed} \
	connections,{balanced,MB,listed,cleared,removed}; do
	row=${row/,/, }
	a=${V[mainline-rr,$row]} b=${V[rr,$row]} c=${V[hprio,$row]}
	awk -v row="$row" -v a="$a" -v b="$b" -v c="$c" 'BEGIN {
		printf "@ %-24s %12s %8s %8s  %.2f %.2f\n", row, a, b, c, a ? b / a : 0, a ? c / a : 0
	}'
done
