#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# about: two CPUs flooding servers with limits of 1 and 3: never above, all used
# vm: smp=2 timeout=120
# quick: ROUNDS=8
. "$(dirname "$0")/../lib.sh"

topo 23 22 21 13
keep_hooks
rounds=${ROUNDS:-25}
ports=()
for ((i = 0; i <= rounds; i++)); do
	ports+=(-p $((PORT + i)))
done
serve "${ports[@]}"

# Servers with addresses of their own in one namespace: the counts are the
# director's, so it does not matter which process answers.
for ((i = 100; i < 116; i++)); do
	printf 'addr add 10.7.0.%d/16 dev eth0\n' $i
done | ip -n "$PFX-r13" -b -

step "nobody leaves: what was served is what the limits allow, exactly"
# Nothing is closed within a round, so the counts at its end are the highest.
# Each round has a service of its own: deleted servers keep their connections.
for ((round = 1; round <= rounds; round++)); do
	port=$((PORT + round))
	{
		printf '%s\n' "-A -t $VIP:$port -s $SCHED"
		for ((i = 100; i < 116; i++)); do
			printf '%s\n' "-a -t $VIP:$port -r 10.7.0.$i:$port -g -w 5 -x $((i < 112 ? 1 : 3))"
		done
	} >"$T/rules"
	adm -R <"$T/rules"
	hold_start a -i 64 -b 10.9.0.1 -c 20000 $VIP $port
	hold_start b -i 64 -b 10.9.128.1 -c 20000 $VIP $port
	hold_send a open 60
	hold_send b open 60
	served=0 refused=0
	for id in a b; do
		hold_wait $id
		eq "${RES[timeout]} ${RES[error]}" "0 0" "round $round: timeout, error"
		served=$((served + ${SRV[r13]:-0}))
		refused=$((refused + RES[refused]))
	done
	snapshot
	for ((i = 100; i < 116; i++)); do
		eq "${TOT[r$i]}" $((i < 112 ? 1 : 3)) "round $round: connections of .$i"
	done
	eq "$served $refused" "24 96" "round $round: served and refused"
	adm -C
	hold_stop a
	hold_stop b
done

step "connections come and go: no sample and no server ever sees more"
serve_stop
serve
svc_add
dst_add 23 5 1
dst_add 22 5 1
dst_add 21 5 3
spawn watch d traffic watch >"$T/watch"
run_client flood $VIP $PORT -d 12 -j 2 -i 8 -F -b 10.9.0.1 -c 20000
stop watch
serve_stop
cat "$T/watch"
ge "$(awk '$1 == "samples" { print $2 }' "$T/watch")" 100 "samples"
check() { # NAME HEX LIMIT
	le "$(awk -v n="$2" '$2 ~ n { print $3 }' "$T/watch")" "$3" "most connections sampled at $1"
	eq "$(awk -v n="$2" '$2 ~ n { print $3 }' "$T/watch")" "$3" "places of $1 used"
	le "$(server_stat "$1" max)" "$3" "most connections open at $1"
	ge "${SRV[$1]:-0}" 2 "connections served by $1"
}
check r23 0A070017 1
check r22 0A070016 1
check r21 0A070015 3
eq "${RES[timeout]} ${RES[error]}" "0 0" "timeout, error"
