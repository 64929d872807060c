#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# about: services deleted and the namespace destroyed with connections coming in
# vm: smp=2 timeout=90
. "$(dirname "$0")/../lib.sh"

slow=${SLOW:-1}

topo 23 22 13
keep_hooks
serve

setup() {
	svc_add "$@"
	dst_add 23 5 5
	dst_add 22 5 5
	dst_add 13 1
}

flood() {
	spawn flood c traffic flood $VIP $PORT -d $(($1 * slow)) -j 2 -i 16 -t $((1000 * slow)) \
		-b 10.9.8.1 -c 1000 >"$T/flood"
}

flood_end() {
	finish flood || fail "flood"
	parse "$T/flood"
}

step "service deleted and added, under load"
flood 5
for ((i = 0; i < 10; i++)); do
	setup
	sleep 0.1
	# shellcheck disable=SC2086
	adm -D $SVC
done
setup
flood_end
ge "${SRV[r13]:-0}" 1 "connections in the flood"
hold_start a -b 10.9.0.1 -c 1000 $VIP $PORT
hold a open 3
lossless "after the last add"

step "everything flushed and restored, under load"
flood 4
in_ns d ipvsadm -Sn >"$T/rules"
for ((i = 0; i < 10; i++)); do
	adm -C
	adm -R <"$T/rules"
done
flood_end

step "the namespace destroyed, under load"
flood 3
sleep 0.5
ip netns del "$PFX-d"
flood_end
