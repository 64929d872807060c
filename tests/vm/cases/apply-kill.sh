#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# about: --apply killed after every number of changes, with clients: none fails, and another one finishes
# once: a test of the tool
# vm: smp=2 timeout=300
# allow-dmesg: sync thread started
# allow-dmesg: stopping (master|backup) sync thread
. "$(dirname "$0")/../lib.sh"

command -v ipvsadm-ext >/dev/null || skip "no ipvsadm-ext here"
kill_so=$(command -v apply-kill.so) || skip "no apply-kill.so here"
# It is loaded before the library of the sanitizers, where there is one.
export ASAN_OPTIONS=verify_asan_link_order=0
topo 23 22 13
keep_hooks
serve -p 80 -p 81 -p 82
ext() { in_ns d ipvsadm-ext "$@"; }
state() { ext -S --full; }

# flood_start ID PORT SECONDS: new connections all the time
flood_start() {
	spawn "$1" c traffic flood $VIP "$2" -d "$3" -i 4 -t $((5000 * ${SLOW:-1})) \
		-b "10.9.$2.1" -c 200 >"$T/$1"
}

flood_end() {
	finish "$1" || fail "flood"
	parse "$T/$1"
	lossless "$1, killed after $n changes"
	ge "$((${SRV[r23]:-0} + ${SRV[r22]:-0} + ${SRV[r13]:-0}))" $((20 / ${SLOW:-1})) \
		"connections of $1"
}

# kill_everywhere FROM TO [OPTIONS of --apply]: clients connect to ports 80 and 81 while TO
# is applied to FROM, killed after 0, 1, 2... changes, and applied again.
kill_everywhere() {
	local from=$1 to=$2 total=1 goal status killed=0

	shift 2
	ext --apply "$from" >/dev/null || fail "--apply $from"
	APPLY_COUNT=$T/count LD_PRELOAD=$kill_so ext --apply "$to" "$@" >"$T/changes" ||
		fail "--apply $to"
	total=$(cat "$T/count")
	goal=$(state)
	printf '%s changes\n' "$total"
	for ((n = 0; n <= total; n++)); do
		ext --apply "$from" >/dev/null || fail "--apply $from"
		eq "$(ext --apply "$from" --dry-run)" "" "changes left"
		flood_start web 80 $((2 + ${SECONDS_MORE:-0}))
		flood_start shop 81 $((2 + ${SECONDS_MORE:-0}))
		sleep 0.3
		status=0
		APPLY_KILL=$n LD_PRELOAD=$kill_so ext --apply "$to" "$@" \
			>/dev/null 2>&1 || status=$?
		if [ "$n" -lt "$total" ]; then
			eq "$status" 137 "status when killed after $n changes"
			killed=$((killed + 1))
		else
			eq "$status" 0 "status when not killed"
		fi
		sleep 0.2
		ext --apply "$to" "$@" >/dev/null || fail "--apply $to after $n changes"
		eq "$(state)" "$goal" "the goal, after being killed after $n changes"
		flood_end web
		flood_end shop
	done
	eq "$killed" "$total" "times killed"
}

step "all kinds of changes"
cat >"$T/a" <<END
-A -t $VIP:80 -s rr
-a -t $VIP:80 -r 10.7.0.23:80 -g -w 5
-a -t $VIP:80 -r 10.7.0.22:80 -g -w 0
-a -t $VIP:80 -r 10.7.0.99:80 -g -w 0
-A -t $VIP:81 -s wlc
-a -t $VIP:81 -r 10.7.0.23:81 -g -w 1 -x 5000
-a -t $VIP:81 -r 10.7.0.13:81 -g -w 1
-A -t $VIP:83 -s rr
-a -t $VIP:83 -r 10.7.0.23:83 -g -w 1
--set 900 1 300
--stop-daemon master
END
cat >"$T/b" <<END
-A -t $VIP:80 -s rr -b flag-1
-a -t $VIP:80 -r 10.7.0.23:80 -g -w 0
-a -t $VIP:80 -r 10.7.0.22:80 -g -w 7
-a -t $VIP:80 -r 10.7.0.13:80 -g -w 7
-A -t $VIP:81 -s wlc
-a -t $VIP:81 -r 10.7.0.23:81 -g -w 2 -x 4000
-a -t $VIP:81 -r 10.7.0.13:81 -g -w 3
-A -t $VIP:82 -s rr
-a -t $VIP:82 -r 10.7.0.22:82 -g -w 1
-a -t $VIP:82 -r 10.7.0.13:82 -g -w 1
--set 901 1 300
--start-daemon master --mcast-interface eth0
END
kill_everywhere "$T/a" "$T/b"

step "servers in use are replaced, drained"
cat >"$T/c" <<END
-A -t $VIP:80 -s rr
-a -t $VIP:80 -r 10.7.0.23:80 -g -w 1
-a -t $VIP:80 -r 10.7.0.22:80 -g -w 1
-A -t $VIP:81 -s rr
-a -t $VIP:81 -r 10.7.0.23:81 -g -w 1
END
cat >"$T/d" <<END
-A -t $VIP:80 -s rr
-a -t $VIP:80 -r 10.7.0.13:80 -g -w 1
-A -t $VIP:81 -s rr
-a -t $VIP:81 -r 10.7.0.13:81 -g -w 1
END
SECONDS_MORE=2 kill_everywhere "$T/c" "$T/d" --drain=1
ext --apply - <<<'{"schema_version":1,"services":[],"daemons":[]}' >/dev/null || fail "the end"
