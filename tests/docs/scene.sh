#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What the documentation says, done. run.sh appends the blocks of the pages.
# allow-dmesg: lower threshold is higher than upper threshold
# allow-dmesg: hrtimer: interrupt took
. "$(dirname "$0")/../lib.sh"

# No connection is left in the core's table but templates of persistence.
no_conns() {
	! in_ns d awk 'NR > 1 && $8 !~ /^(NONE|ASSURED)$/ { n++ } END { exit !n }' \
		/proc/net/ip_vs_conn
}

# Each page starts without services, without anything said of them before, and
# with servers on ports 80 and 82. A server that is added again gets its counters
# back as long as there are connections to it, and those count as any others.
page() {
	local id

	for id in "${!HOLD_IN[@]}"; do
		hold_stop "$id"
	done
	adm -C
	wait_for 30 no_conns
	if [ -d /sys/module/ip_vs_ext_nl ]; then
		rmmod ip_vs_ext_nl
	fi
	printf '@ page %s\n' "$1"
}

# block WHERE [fails]: run what stands on stdin on the director.
block() {
	local status=0

	cat >"$T/block"
	in_ns d bash -e -o pipefail "$T/block" </dev/null >"$T/said" 2>&1 || status=$?
	case ${2-}/$status in
	/0 | fails/[1-9]*) ;;
	*)
		cat "$T/block" "$T/said"
		fail "$1: ended with status $status" ;;
	esac
	printf '@ ran %s\n' "$1"
}

# output WHERE: the block before printed what stands on stdin. Blanks at the end
# of a line do not count; "..." stands for any text.
output() {
	local line re said where=$1

	exec 8< <(sed 's/[ \t]*$//' "$T/said")
	while IFS= read -r line; do
		IFS= read -r -u 8 said || fail "$where: missing: $line"
		re=${line//.../*}
		# shellcheck disable=SC2053
		[ "$line" = "$said" ] || [[ $line == *...* && $said == $re ]] ||
			fail "$where: expected '$line', got '$said'"
	done
	! IFS= read -r -u 8 said || fail "$where: not mentioned: $said"
	exec 8<&-
	printf '@ ran %s\n' "$where"
}

topo 13 21 22 23
serve -p 80 -p 82 -u 80
