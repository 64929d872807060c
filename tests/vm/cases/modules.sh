#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# about: autoload by ipvsadm alone; rmmod refused while in use, clean afterwards
. "$(dirname "$0")/../lib.sh"

topo 23
mod=ip_vs_$SCHED
is_loaded() { grep -q "^$1 " /proc/modules; }
if is_loaded "$mod"; then
	rmmod "$mod" || skip "$mod is in use here"
fi

step "ipvsadm -A loads it"
svc_add
is_loaded "$mod" || fail "$mod is not loaded, or built in"
dst_add 23 1

step "rmmod is refused while a service uses it"
refuses "" rmmod "$mod"
if is_loaded ip_vs_ext; then
	refuses "" rmmod ip_vs_ext
fi
refuses "" rmmod ip_vs
is_loaded "$mod" || fail "$mod is gone"
# shellcheck disable=SC2086
adm -E $SVC -s "$SCHED" -p 10

step "a second service, and the first deleted: still refused"
adm -A -t $VIP:81 -s "$SCHED"
# shellcheck disable=SC2086
adm -D $SVC
refuses "" rmmod "$mod"

step "nothing left: unloads, and loads again, many times"
adm -C
for ((i = 0; i < 10; i++)); do
	rmmod "$mod" || fail "rmmod $mod"
	svc_add
	dst_add 23 1 5
	adm -C
done
