#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# about: --apply of 10,000 rules: unchanged sends nothing, one changed weight sends one change
# once: a test of the tool
# vm: timeout=120
. "$(dirname "$0")/../lib.sh"

command -v ipvsadm-ext >/dev/null || skip "no ipvsadm-ext here"
kill_so=$(command -v apply-kill.so) || skip "no apply-kill.so here"
# It is loaded before the library of the sanitizers, where there is one.
export ASAN_OPTIONS=verify_asan_link_order=0
begin
ip netns add "$PFX-d"
# without which no address is unicast
in_ns d ip link set lo up

awk 'BEGIN {
	for (i = 0; i < 2000; i++) {
		svc = sprintf("-t 10.1.%d.%d:80", i / 250, i % 250 + 1)
		print "-A " svc " -s rr"
		for (k = 1; k <= 4; k++)
			printf "-a %s -r 10.7.%d.%d:80 -g -w %d -x %d\n", svc, i / 250, k, k, 100 * k
	}
}' >"$T/rules"
eq "$(wc -l <"$T/rules")" 10000 "rules"

# run NAME COMMAND...: output in $T/NAME, number of changes sent in SENT
run() {
	local name=$1

	shift
	APPLY_COUNT=$T/count LD_PRELOAD=$kill_so in_ns d "$@" >"$T/$name" || fail "$*"
	SENT=$(cat "$T/count")
}

step "from nothing"
run out ipvsadm-ext --apply "$T/rules"
eq "$SENT" 10000 "changes sent"
eq "$(wc -l <"$T/out")" 10000 "changes printed"
in_ns d ipvsadm -Sn | sort >"$T/before"

step "unchanged, as rules and as JSON"
run out ipvsadm-ext --apply "$T/rules" -j
eq "$SENT" 0 "changes sent"
grep -q '"result":"unchanged","changes":\[\]' "$T/out" || fail "$(head -c 300 "$T/out")"
in_ns d ipvsadm-ext -L -j >"$T/json" || fail "-L -j"
run out ipvsadm-ext --apply "$T/json"
eq "$SENT" 0 "changes sent"
in_ns d ipvsadm-ext -S --full >"$T/full" || fail "-S --full"
run out ipvsadm-ext --apply "$T/full"
eq "$SENT" 0 "changes sent"

step "one weight"
sed '7777s/-w [0-9]*/-w 99/' "$T/rules" >"$T/one"
run out ipvsadm-ext --apply "$T/one"
eq "$SENT" 1 "changes sent"
eq "$(cat "$T/out")" "$(sed -n '7777s/^-a/-e/p' "$T/one")" "the change"
in_ns d ipvsadm -Sn | sort >"$T/after"
eq "$(sort "$T/before" "$T/after" | uniq -c | awk '$1 == 1' | wc -l)" 2 "lines that differ"
run out ipvsadm-ext --apply "$T/json"
eq "$SENT" 1 "changes sent"
in_ns d ipvsadm -Sn | sort | cmp - "$T/before" || fail "not as before"

step "a refusal at the very end"
{ cat "$T/rules"; printf '%s\n' '-A -t [fd00::1]:80 -s rr' '-a -t [fd00::1]:80 -r [fe80::1]:80'; } |
	sed '1,5d' >"$T/refused"
status=0
in_ns d ipvsadm-ext --apply "$T/refused" >"$T/out" 2>"$T/err" || status=$?
eq "$status" 3 "status"
in_ns d ipvsadm -Sn | sort | cmp - "$T/before" || fail "not as before"
