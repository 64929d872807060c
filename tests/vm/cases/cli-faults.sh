#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# about: ipvsadm-ext without memory, interrupted, with a full queue, disk or pipe
# once: a test of the tool
# vm: timeout=240
# quick: STRIDE=5
. "$(dirname "$0")/../lib.sh"

tool=$(command -v ipvsadm-ext) || skip "no ipvsadm-ext here"
fault=$(command -v fault.so) || skip "no fault.so here"
begin
# A network of its own, so that it can be run anywhere; and fixed addresses make
# starting a program four times as fast on an emulated machine.
ip netns add "$PFX-d"
in_ns d ip link set lo up
[ -z "${IPVS_EXT_VM-}" ] || echo 0 >/proc/sys/kernel/randomize_va_space
cd "$T" || exit 1

ENOMEM=12 EINTR=4 ENOBUFS=105

cat >old <<'END'
-A -t 10.0.0.1:80 -s rr -p 300
-a -t 10.0.0.1:80 -r 10.0.0.2:80 -m -w 5 -x 10 -y 5
-a -t 10.0.0.1:80 -r 10.0.0.3:80 -i -w 1 --tun-type gue --tun-port 6080 --tun-nocsum
-A -u [fd07::1]:53 -s wlc -o
-a -u [fd07::1]:53 -r [fd07::2]:53 -g -w 1
-A -f 7 -s sh -b sh-port
END
sed 's/-w 5/-w 6/; /10.0.0.3/d; $a -a -f 7 -r 10.0.0.9 -g' old >new

tool() { in_ns d "$tool" "$@"; }
table() { tool -S --full | grep -v '^--set'; }
set_to() { tool --apply "$1" >/dev/null || fail "--apply $1"; }
set_to new
table >new.table
set_to old
table >old.table

# faulty CALL:N:ERRNO ARGUMENTS...: the status goes to RC, what it says to out
# and err; false if there was no such call.
faulty() {
	local how=$1

	shift
	rm -f mark
	RC=0
	in_ns d env FAULT="$how" FAULT_MARK="$T/mark" LD_PRELOAD="$fault" \
		"$tool" "$@" <"${INPUT:-/dev/null}" >out 2>err || RC=$?
	[ -e mark ]
}

# every CALL ERRNO CHECK ARGUMENTS...: with each of these calls failing in turn, or
# each of STRIDE of them
every() {
	local call=$1 errno=$2 check=$3 n

	shift 3
	tool "$@" <"${INPUT:-/dev/null}" >good 2>/dev/null
	set_to old
	for ((n = 1; n < 2000; n += ${STRIDE:-1})); do
		faulty "$call:$n:$errno" "$@" || break
		[ $RC -lt 128 ] || [ $RC = 255 ] || fail "$call $n: $*: ended with $RC: $(cat err)"
		$check "$call $n: $*"
	done
	set_to old
	printf '   %s: %d calls of %s\n' "$*" $((n - 1)) "$call"
	# The program itself has at least these.
	[ $n -gt 1 ] || fail "$*: no $call"
}

# A listing is whole, or there is an error. The line is not read to the end of a
# failed write, so the status is what tells.
whole_or_error() {
	if [ $RC = 0 ]; then
		cmp -s good out || fail "$1: incomplete, with status 0"
	else
		[ -s err ] || fail "$1: status $RC and not a word"
	fi
}
same() {
	[ $RC = 0 ] || fail "$1: status $RC: $(cat err)"
	cmp -s good out || fail "$1: other output"
}
# After --apply new on old: what the status says is so.
as_said() {
	table >now
	case $RC in
	0) cmp -s now new.table || fail "$1: status 0, but not applied" ;;
	4) ;;
	*)
		cmp -s now old.table || fail "$1: status $RC, but not as before: $(cat err)"
		[ -s err ] || fail "$1: status $RC and not a word" ;;
	esac
	set_to old
}
# The same where the connection fails: a second one reaches the goal.
second_time() {
	[ $RC = 0 ] || [ -s err ] || fail "$1: status $RC and not a word"
	set_to new
	table >now
	cmp -s now new.table || fail "$1: not repaired by a second --apply"
	set_to old
}

step "no memory"
every alloc $ENOMEM whole_or_error -Ln
every alloc $ENOMEM whole_or_error -Ln --stats
every alloc $ENOMEM whole_or_error -L -j
every alloc $ENOMEM whole_or_error -S --full
every alloc $ENOMEM as_said --apply new
INPUT=old
restored() {
	table >now
	[ $RC != 0 ] || cmp -s now old.table || fail "$1: status 0, but not restored"
	tool -C
}
every alloc $ENOMEM restored -R
INPUT=

step "interrupted system calls"
for call in send recvmmsg; do
	every $call $EINTR same -Ln
	every $call $EINTR same -L -j
	every $call $EINTR as_said --apply new
done

step "a full receive queue"
every recvmmsg $ENOBUFS whole_or_error -Ln --thresholds
every recvmmsg $ENOBUFS second_time --apply new
every send $ENOBUFS second_time --apply new

step "a full disk"
for args in -Ln "-L -j" "-S --full" "-L --timeout" -h --help "--apply new --dry-run"; do
	RC=0
	# shellcheck disable=SC2086
	tool $args >/dev/full 2>err || RC=$?
	eq "$RC" 6 "status of $args with a full disk"
	[ -s err ] || fail "$args: a full disk and not a word"
done
# Who cannot be told is not acted for.
RC=0
tool --apply new >/dev/full 2>err || RC=$?
eq "$RC" 6 "status of --apply with a full disk"
table >now
cmp -s now old.table || fail "--apply with a full disk changed something"

step "a closed pipe"
for ((i = 1; i < 400; i++)); do
	printf -- '-A -t 10.3.%d.%d:80 -s rr\n' $((i / 200)) $((i % 200 + 1))
done >many
in_ns d "$tool" -R <many || fail "-R many"
in_ns d "$tool" -Ln 2>err | true
[ ! -s err ] || fail "a closed pipe: $(cat err)"

step "stopped and continued"
tool -C
spawn restore d "$tool" -R <many
for ((i = 0; i < 20; i++)); do
	kill -STOP "${PID[restore]}" 2>/dev/null || break
	kill -CONT "${PID[restore]}"
done
finish restore || fail "-R that was stopped and continued"
eq "$(tool -Sn | grep -c -- -A)" 399 "services restored"
tool -C
