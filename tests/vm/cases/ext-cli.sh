#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# about: attributes, parameters, tiers on the command line; undone where refused; -S, -R, --apply
# vm: timeout=120
# allow-dmesg: Scheduler module ip_vs_nosuch not found
. "$(dirname "$0")/../lib.sh"

command -v ipvsadm-ext >/dev/null || skip "no ipvsadm-ext here"
command -v json-schema >/dev/null || skip "no json-schema here"
modinfo=/lib/modules/$(uname -r)/modules.dep
topo 21 22 13
ext() { in_ns d ipvsadm-ext "$@"; }
state() { ext -S --full; }
S="-t $VIP:$PORT"

# does STATUS ARGUMENTS...: output in $T/out, $T/err
does() {
	local want=$1 status=0

	shift
	ext "$@" >"$T/out" 2>"$T/err" || status=$?
	eq "$status" "$want" "status of $* ($(cat "$T/out" "$T/err"))"
}
out() { eq "$(cat "$T/out")" "$1" "output"; }
err() { grep -qF -- "$1" "$T/err" || fail "expected: $1; said: $(cat "$T/err")"; }
has() { grep -qF -- "$1" "$T/out" || fail "expected: $1; printed: $(cat "$T/out")"; }
json() {
	does 0 "$@"
	json-schema <"$T/out" || fail "$* is not valid: $(cat "$T/out")"
}

step "commands that do without leave the family alone"
does 0 -A -t $VIP:1 -s wlc
does 0 -a -t $VIP:1 -r 10.7.0.21 -g
does 0 -L -n
json -L -j
does 0 -S --full
state >"$T/plain"
does 0 --apply "$T/plain"
does 0 -C
! grep -q '^ip_vs_ext_nl ' /proc/modules || fail "ip_vs_ext_nl has been loaded"

step "without the module, one sentence"
if grep -q ip_vs_ext_nl "$modinfo"; then
	mv "$modinfo" "$T/modules.dep"
	grep -v ip_vs_ext "$T/modules.dep" >"$modinfo"
	mods=/lib/modules/$(uname -r)
	for f in "$mods"/modules.alias "$mods"/modules.alias.bin "$mods"/modules.dep.bin; do
		[ ! -e "$f" ] || mv "$f" "$T/${f##*/}"
	done
	does 0 -A $S -s rr
	state >"$T/before"
	printf '%s\n' "-A $S -s rr" "-a $S -r 10.7.0.21 -g --priority 1" >"$T/needs"
	for args in "-a $S -r 10.7.0.21 -g --priority 1" "-E $S -s rr --param a=1" \
		"-L --tiers" "--monitor" "--schedulers" "--apply $T/needs"; do
		# shellcheck disable=SC2086
		does 1 $args
		out ""
		eq "$(cat "$T/err")" "The kernel has no ipvs-ext: install its modules, then load them: modprobe ip_vs_ext_nl" "said by $args"
	done
	eq "$(state)" "$(cat "$T/before")" "after commands that need the module"
	does 0 -C
	cp "$T/modules.dep" "$modinfo"
	for f in "$mods"/modules.alias "$mods"/modules.alias.bin "$mods"/modules.dep.bin; do
		[ ! -e "$T/${f##*/}" ] || cp "$T/${f##*/}" "$f"
	done
fi

step "parameters"
does 0 -A $S -s hprio --param min-active=2 --param hold=3s
eq "$(state | head -n 1)" "-A $S -s hprio --param min-active=2 --param hold=3s" "rule"
does 0 -E $S -s hprio --param tier=lc --param hold=default
eq "$(state | head -n 1)" "-A $S -s hprio --param min-active=2 --param tier=lc" "rule"
before=$(state)
does 2 -E $S -s hprio --param tier=best
err "invalid value \`best' for parameter tier of scheduler hprio: allowed are "
does 2 -E $S -s hprio -p 100 --param min-active=2 --param hold=-1
err "invalid value \`-1' for parameter hold of scheduler hprio: allowed are 0ms to "
does 2 -E $S -s hprio --param nosuch=1
err "scheduler hprio has no parameter \`nosuch'; it has: min-active, hold, tier"
does 2 -E $S -s wlc --param tier=lc
err "scheduler wlc has no parameters: it is none of ipvs-ext's"
does 2 -A -t $VIP:81 -s nosuch --param tier=lc
err "scheduler nosuch has no parameters"
does 2 -A -t $VIP:81 -s hprio --param tier=best
does 255 -A $S -s hprio --param tier=rr
err "Service already exists"
does 255 -E -t $VIP:81 -s hprio --param tier=rr
err "No such service"
eq "$(state)" "$before" "after refusals"

step "attributes"
does 0 -a $S -r 10.7.0.21 -g -w 3 -x 5 --priority 2 --bandwidth 100mbit --lag 20ms
does 0 -a $S -r 10.7.0.22 -g -w 1 --priority 2
does 0 -a $S -r 10.7.0.13 -g --priority=1
does 0 -e $S -r 10.7.0.21 -g -w 3 -x 5 --bandwidth none
eq "$(state | sed -n 3p)" "-a $S -r 10.7.0.21:80 -g -w 3 -x 5 --priority 2 --lag 20ms" "rule"
does 0 -d $S -r 10.7.0.22
does 0 -a $S -r 10.7.0.22 -g -w 1
eq "$(state | sed -n 4p)" "-a $S -r 10.7.0.22:80 -g -w 1 --priority 2" "rule"
before=$(state)
does 2 -e $S -r 10.7.0.21 -g --priority 2147483648
err "invalid value \`2147483648' for --priority: a number from 0 to 2147483647, or none"
does 2 -e $S -r 10.7.0.21 -g --bandwidth 9tbit
does 255 -a $S -r 10.7.0.21 -g -w 3 --priority 9 --lag none --bandwidth 8bit
err "Destination already exists"
does 255 -e $S -r 10.7.0.99 -g -w 3 --priority 9
err "No such destination"
does 255 -a -t $VIP:81 -r 10.7.0.99 -g -w 3 --priority 9
err "Service not defined"
eq "$(state)" "$before" "after refusals"
does 0 -a $S -r 10.7.0.99 -g
eq "$(state | grep -F 0.99)" "-a $S -r 10.7.0.99:80 -g -w 1" "a server after a refused one"
does 0 -d $S -r 10.7.0.99

step "tiers"
serve
json -L --tiers -j
has '"tier":2,'
json -L --tiers -j --pretty $S
does 0 -L --tiers -n
has "TCP $VIP:$PORT hprio"
has "* 2          10.7.0.21:80                 open     0          4          5          3 priority 2 lag 20ms"
has "  1          10.7.0.13:80                 open     0          0          0          1 priority 1"
hold_start a -b 10.9.0.1 -c 20 $VIP $PORT
hold a open 12
does 0 -L --tiers -n
has "10.7.0.21:80                 full     5 "
has "grants 12 "
hold a release all
hold_stop a
does 1 -L --tiers -t $VIP:82
err "No such service"
does 0 -A -t $VIP:82 -s wlc
does 1 -L --tiers -t $VIP:82
err "Scheduler wlc has no tiers"
does 0 -D -t $VIP:82

step "schedulers"
does 0 --schedulers
has "hprio: "
has "attributes of servers: --priority"
has "Not loaded, the kernel's own: "
json --schedulers -j

step "all of it saved and restored"
json -L -j
has '"parameters":{"min-active":2,"tier":"lc"}'
has '"priority":2'
has '"lag":20000'
cp "$T/out" "$T/json"
state >"$T/full"
does 0 --apply "$T/full"
out ""
does 0 --apply "$T/json"
out ""
does 0 -C
ext -R <"$T/full" 2>"$T/err" || fail "-R: $(cat "$T/err")"
eq "$(state)" "$(cat "$T/full")" "restored"

step "applied"
sed -e "s/ --priority 2 --lag 20ms/ --bandwidth 1gbit/; s/ --param min-active=2/ --param hold=1s/" \
	-e "/0.13/d" "$T/full" >"$T/other"
printf '%s\n' "-a $S -r 10.7.0.23:80 -g --priority 5" "-A -u $VIP:53 -s hprio -o --param tier=sh" \
	"-a -u $VIP:53 -r 10.7.0.21:53 -g" >>"$T/other"
does 0 --apply "$T/other" --dry-run
cp "$T/out" "$T/planned"
eq "$(state)" "$(cat "$T/full")" "after a dry run"
does 0 --apply "$T/other"
cmp "$T/out" "$T/planned" || fail "a dry run says something else"
out "-A -u $VIP:53 -s hprio -o --param tier=sh
-a -u $VIP:53 -r 10.7.0.21:53 -g -w 1
-E $S -s hprio --param hold=1s --param min-active=default
-a $S -r 10.7.0.23:80 -g -w 1 --priority 5
-e $S -r 10.7.0.21:80 -g -w 3 -x 5 --priority none --bandwidth 1gbit --lag none
-d $S -r 10.7.0.13:80"
does 0 --apply "$T/other"
out ""
# What is deleted leaves nothing behind.
does 0 -a $S -r 10.7.0.13 -g
eq "$(state | grep -F 0.13)" "-a $S -r 10.7.0.13:80 -g -w 1" "a server after its deletion"
does 0 --apply "$T/full"
eq "$(state)" "$(cat "$T/full")" "back"
does 0 --apply "$T/full" -j
json-schema <"$T/out" || fail "not valid: $(cat "$T/out")"

step "the commands of a dry run do the same"
ext -R <"$T/planned" || fail "-R of a dry run"
does 0 --apply "$T/other"
out ""
does 0 --apply "$T/full"

step "another scheduler, and back"
sed "s/-s hprio.*/-s bw_lag/" "$T/full" >"$T/sched"
does 0 --apply "$T/sched"
does 0 --apply "$T/sched"
out ""
does 0 -E $S -s hprio
eq "$(state | head -n 1)" "-A $S -s hprio" "parameters that a file took away"
does 0 --apply "$T/full"
eq "$(state)" "$(cat "$T/full")" "back"

step "refused, and undone"
for bad in "-A -t $VIP:90 -s nosuch" "-A -t $VIP:90 -s hprio
-a -t $VIP:90 -r 10.7.0.7 -g
-A -t [$VIP6]:80 -s rr
-a -t [$VIP6]:80 -r [fe80::1]:80"; do
	{ cat "$T/other"; printf '%s\n' "$bad"; } >"$T/refused"
	does 3 --apply "$T/refused"
	err "not applied; everything is as it was before"
	eq "$(state)" "$(cat "$T/full")" "after a refusal"
done
does 0 -a $S -r 10.7.0.23 -g
eq "$(state | grep -F 0.23)" "-a $S -r 10.7.0.23:80 -g -w 1" "attributes of what was not added"

step "errors in a file: nothing is done"
before=$(state)
sed 's/tier=lc/tier=best/' "$T/full" >"$T/wrong"
does 2 --apply "$T/wrong"
err "$T/wrong:1: invalid value \`best' for parameter tier of scheduler hprio"
eq "$(state)" "$before" "after errors"

step "another network namespace has its own"
eq "$(in_ns c ipvsadm-ext -L --tiers)" "" "tiers of another namespace"

step "without the right to"
[ -e /proc/self/ns/user ] || skip "no user namespaces here; all before was tested"
echo 100 >/proc/sys/user/max_user_namespaces
for args in "-e $S -r 10.7.0.21 -g --priority 1" "-E $S -s hprio --param hold=1s" \
	"-L --tiers" "--monitor" "--schedulers" "--apply $T/other"; do
	# shellcheck disable=SC2086
	refuses "you must be root" in_ns d unshare -U ipvsadm-ext $args
done
eq "$(state)" "$before" "after what was not allowed"
