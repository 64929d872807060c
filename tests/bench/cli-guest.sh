#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What cli.sh runs in a VM: SIZES are SHAPE:SERVERS, LIMIT the seconds a command
# may take. Prints lines that begin with "@ ",
# cli, kb and over as they are described in cli.sh.

# take: printf '%s\n' "$PWD"/build/bench/bin/took

out() { printf '@ %s\n' "$*"; }

die() {
	printf 'FAIL: %s\n' "$*"
	exit 1
}

# rules SHAPE SERVERS: input of -R
rules() {
	awk -v shape="$1" -v n="$2" 'BEGIN {
		for (i = 0; i < n; i++) {
			if (shape == "many" ? i % 100 == 0 : i == 0) {
				svc = sprintf("10.0.%d.%d:80", i / 100 / 250, i / 100 % 250 + 1)
				print "-A -t " svc " -s rr"
			}
			printf "-a -t %s -r 10.%d.%d.%d:80 -g -w 1\n", svc, i / 65536 + 1,
				i / 256 % 256, i % 256
		}
	}'
}

# measure COMMAND TOOL LINES ARGUMENTS...: stdin is its input, /tmp/out its output
measure() {
	local what=$1 tool=$2 lines=$3 status=0 ns kb

	shift 3
	took /tmp/took "$LIMIT" "$lines" "$tool" "$@" >/tmp/out 2>/tmp/err || status=$?
	case $status in
	0)
		read -r ns kb </tmp/took
		out "cli $shape $n $what $tool $ns"
		out "kb $shape $n $what $tool $kb"
		;;
	124) out "over $shape $n $what $tool $LIMIT" ;;
	*)
		cat /tmp/err
		die "$tool $*: status $status"
		;;
	esac
	return "$status"
}

# lines N: what was measured last has printed N lines about servers
lines() {
	local n

	n=$(grep -c -- "$1" /tmp/out)
	[ "$n" = "$2" ] || die "$3 for $shape $n: $n of $2 servers"
}

restore() {
	measure restore "$1" 0 -R </tmp/rules
}

stage() {
	local tool=$1 t

	restore "$tool" || return 0
	[ "$tool" = ipvsadm-ext ] || return 0
	for t in ipvsadm ipvsadm-ext; do
		measure list $t 0 -Ln && lines '^  ->' $((n + 1)) "$t -Ln"
		measure save $t 0 -Sn && lines '^-a' "$n" "$t -Sn"
	done
	measure json "$tool" 0 -L -n -j && lines . 1 "$tool -j"
	measure equal "$tool" 0 --apply /tmp/rules && lines . 0 "--apply of an equal file"
	awk '/^-a/ && ++i % 100 == 0 { sub(/-w 1/, "-w 2") } { print }' /tmp/rules >/tmp/edited
	measure edit "$tool" 0 --apply /tmp/edited && lines '^-e' $((n / 100)) "--apply"
	sed -n 's/^-A/-E/; s/rr$/hprio/p' /tmp/rules >/tmp/hprio
	ipvsadm -R </tmp/hprio || die "-E -s hprio"
	measure first "$tool" 1 --monitor --since-start -n || :
	measure state "$tool" $((n + $(wc -l </tmp/hprio))) --monitor --since-start -n || :
}

if [ -n "${1-}" ]; then
	shape=$1 n=$2
	# without any route no address counts as that of a host
	ip link set lo up
	stage "$3"
	exit
fi

# Memory and time would differ from run to run.
echo 0 >/proc/sys/kernel/randomize_va_space
for m in ip_vs ip_vs_rr ip_vs_hprio ip_vs_ext_nl; do
	modprobe $m || die "modprobe $m"
done

for size in $SIZES; do
	shape=${size%:*} n=${size#*:}
	rules "$shape" "$n" >/tmp/rules
	[ "$n" -lt 100000 ] || ROUNDS=1
	for ((round = 0; round < ROUNDS; round++)); do
		# Each tool in a network namespace of its own: deleted servers stay in the
		# core's trash for a while, and additions look through it.
		for tool in ipvsadm ipvsadm-ext; do
			unshare -n bash "$0" "$shape" "$n" $tool || die "$shape $n $tool"
			# for the kernel to take the namespace apart
			sleep "$SETTLE"
		done
	done
done
