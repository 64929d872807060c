#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# about: bad input is refused by its owner, and changes nothing
# allow-dmesg: lower threshold is higher than upper threshold
# allow-dmesg: version magic '.*' should be
. "$(dirname "$0")/../lib.sh"

topo 23
svc_add
dst_add 23 5 50 20
state() { in_ns d ipvsadm -Sn && in_ns d ipvsadm -Ln --thresholds; }
before=$(state)

bad() { # TEXT ARGUMENTS...
	local want=$1

	shift
	refuses "$want" in_ns d ipvsadm "$@"
	[ "$(state)" = "$before" ] || fail "changed by: ipvsadm $*"
}

service="-t $VIP:$PORT"
server="-r 10.7.0.23:$PORT"
step "ipvsadm refuses"
# shellcheck disable=SC2086
{
	bad "illegal weight" -e $service $server -g -w -1
	bad "illegal u_threshold" -e $service $server -g -x -1
	bad "illegal l_threshold" -e $service $server -g -y -1
	bad "illegal weight" -e $service $server -g -w many
}
step "the core refuses"
# shellcheck disable=SC2086
{
	bad "" -e $service $server -g -w 5 -x 20 -y 50
	bad "" -a $service -r 10.7.0.24:$PORT -g -x 20 -y 50
	bad "exists" -a $service $server -g
	bad "exists" -A $service -s "$SCHED"
	bad "No such" -e $service -r 10.7.0.99:$PORT -g
	bad "" -A -t $VIP:81 -s nosuchscheduler
	bad "" -E $service -s nosuchscheduler
	bad "" -E $service -s "${SCHED}2"
}
step "a module for another kernel"
file=$(modprobe -S "$(uname -r)" --show-depends "ip_vs_$SCHED" 2>/dev/null |
	sed -n "s/^insmod //p" | tail -n1)
file=${file:-$(find "/lib/modules/$(uname -r)" -name "ip_vs_$SCHED.ko" | head -n1)}
case $file in
*.ko)
	adm -C
	rmmod "ip_vs_$SCHED" || fail "rmmod ip_vs_$SCHED"
	# The release itself is not compared where symbols have versions.
	sed "s/\(vermagic=[^ ]* \([A-Za-z]* \)*\)mod_unload/\1mod_unloax/" "${file% }" >"$T/other.ko"
	refuses "" insmod "$T/other.ko"
	;;
esac
