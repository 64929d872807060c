#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# about: JSON of every listing is valid, complete, in order, and applied again changes nothing
# vm: timeout=90
# allow-dmesg: sync thread started
. "$(dirname "$0")/../lib.sh"

command -v ipvsadm-ext >/dev/null || skip "no ipvsadm-ext here"
kill_so=$(command -v apply-kill.so) || skip "no apply-kill.so here"
# It is loaded before the library of the sanitizers, where there is one.
export ASAN_OPTIONS=verify_asan_link_order=0
command -v json-schema >/dev/null || skip "no json-schema here"
topo 23 22
modprobe -q ip_vs_pe_sip
ext() { in_ns d ipvsadm-ext "$@"; }

# json NAME ARGUMENTS...: list into $T/NAME, and validate.
json() {
	local name=$1

	shift
	ext -L -j "$@" >"$T/$name" || fail "-L -j $*"
	eq "$(wc -l <"$T/$name")" 1 "lines of -L -j $*"
	json-schema <"$T/$name" || fail "-L -j $* is not valid: $(cat "$T/$name")"
	ext -L -j --pretty "$@" >"$T/pretty" || fail "-L -j --pretty $*"
	json-schema <"$T/pretty" || fail "-L -j --pretty $* is not valid"
	ge "$(wc -l <"$T/pretty")" 4 "lines of --pretty $*"
}

has() { grep -qF -- "$2" "$T/$1" || fail "$1 lacks $2: $(cat "$T/$1")"; }

step "an empty table"
json empty
has empty '"consistent":true,"services":[]'
json daemons --daemon
has daemons '"daemons":[]'
json connections -c
has connections '"connections":[]'

step "one of everything"
ext -R <<-END || fail "-R"
	-A -t $VIP:$PORT -s rr -p 100 -M 255.255.255.0
	-a -t $VIP:$PORT -r 10.7.0.23:$PORT -g -w 5 -x 50 -y 20
	-a -t $VIP:$PORT -r 10.7.0.22:$PORT -i -w 2147483647
	-A -t [$VIP6]:$PORT -s sh -b sh-port,sh-fallback
	-a -t [$VIP6]:$PORT -r [fd07::23]:$PORT -g -w 0
	-a -t [$VIP6]:$PORT -r [fd07::22]:$PORT -i --tun-type gre --tun-csum
	-A -u $VIP:5060 -s wlc -p 10 --pe sip
	-a -u $VIP:5060 -r 10.7.0.23:5060 -m
	-A -u $VIP:53 -s wrr -o
	-a -u $VIP:53 -r 10.7.0.23:5353 -m -w 7
	-A --sctp-service 9.0.0.1:$PORT -s lc -b flag-1,flag-3
	-A -f 4294967295 -s mh -b mh-port
	-a -f 4294967295 -r 10.7.0.23:$PORT -g
	-A -f 4294967295 -6 -s rr
	-a -f 4294967295 -6 -r [fd07::23]:$PORT -i --tun-type gue --tun-port 5555 --tun-remcsum
END
json all
json all-stats --stats --rate
has all '"persistent":100,"netmask":"255.255.255.0"'
has all '"upper_threshold":50,"lower_threshold":20'
has all '"weight":2147483647'
has all '"scheduler":"sh","scheduler_flags":["sh-fallback","sh-port"]'
has all '"tun_type":"gre","tun_flags":["csum"]'
has all '"tun_type":"gue","tun_port":5555,"tun_flags":["remcsum"]'
has all '"pe":"sip"'
has all '"ops":true'
has all '"scheduler_flags":["flag-1","flag-3"]'
has all '"fwmark":4294967295,"scheduler":"mh","scheduler_flags":["mh-port"]'
has all-stats '"stats":{"connections":0'
eq "$(grep -o '"address":"[^"]*","port":[0-9]*,"scheduler"' "$T/all" | cut -d'"' -f4 | tr '\n' ' ')" \
	"$VIP 10.7.1.1 10.7.1.1 9.0.0.1 $VIP6 " "order of services"
json one -u "$VIP:53"
has one '"partial":true'
eq "$(grep -o '"scheduler":' "$T/one" | wc -l)" 1 "services in a listing of one"
refuses "No such service" ext -L -j -u "$VIP:54"

step "applied again, nothing changes"
# rest FILE: applying it is no change, and no message to that end
rest() {
	APPLY_COUNT=$T/count LD_PRELOAD=$kill_so ext --apply "$1" >"$T/out" ||
		fail "--apply $1"
	eq "$(cat "$T/out")" "" "changes by $1"
	eq "$(cat "$T/count")" 0 "changes sent by $1"
}
rest "$T/all"
rest "$T/all-stats"
ext -L -j --pretty --stats >"$T/pretty-all"
rest "$T/pretty-all"
ext -S --full >"$T/full"
rest "$T/full"
refuses "partial: this is a listing of one service" ext --apply "$T/one"
refuses "is not known here" ext --apply "$T/connections"

step "a table made from JSON is the same"
ext -C
ext --apply "$T/all" >"$T/out" || fail "--apply to an empty table"
json again
cmp "$T/all" "$T/again" || fail "differs: $(cat "$T/all" "$T/again")"

step "connections, with what the persistence engine knows"
serve -p $PORT -u 5060
hold_start a -b 10.9.0.1 -c 10 $VIP $PORT
hold a open 2
# head: bash would send each line by itself, and cat uses sendfile, which 5.10 keeps
printf 'INVITE sip:a@b SIP/2.0\r\nCall-ID: some-call@10.9.0.1\r\n\r\n' >"$T/sip"
in_ns c bash -c "head -c 1000 $T/sip >/dev/udp/$VIP/5060" || fail "no SIP message"
sip() { in_ns d grep -q ' sip ' /proc/net/ip_vs_conn; }
wait_for 10 sip
json connections -c
has connections '"protocol":"tcp","expires":'
has connections '"state":"ESTABLISHED","source":{"address":"10.9.0.1","port":'
has connections '"virtual":{"address":"10.7.1.1","port":80}'
has connections '"pe":"sip","pe_data":"some-call@10.9.0.1"'
eq "$(grep -o '"protocol":' "$T/connections" | wc -l)" \
	"$(in_ns d sed 1d /proc/net/ip_vs_conn | wc -l)" "connections"
json counted --stats --rate
has counted '"active_connections":2'
hold a release all
hold_stop a

step "timeouts and daemons"
json timeouts --timeout
has timeouts '"timeouts":{"tcp":900,"tcp_fin":1,"udp":300}'
ext -C
ext --start-daemon master --mcast-interface eth0 --syncid 5 || fail "--start-daemon"
ext --start-daemon backup --mcast-interface eth0 --sync-maxlen 2000 --mcast-ttl 3 \
	--mcast-group ff02::81 --mcast-port 9999 || fail "--start-daemon"
json daemons --daemon
has daemons '"state":"master","mcast_interface":"eth0","syncid":5,'
has daemons '"sync_maxlen":2000,"mcast_group":"ff02::81","mcast_port":9999,"mcast_ttl":3'
ext --stop-daemon master
ext --stop-daemon backup

step "output that cannot be written"
ext -L -j >/dev/full 2>"$T/err"
eq $? 6 "status with a full disk"
grep -q "No space left" "$T/err" || fail "said: $(cat "$T/err")"
