#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# striping-watch ADDRESS:PORT SERVER=DEVICE[=WEIGHT]...
#
# Take links that do not answer out of the UDP service ADDRESS:PORT, and take
# them back when they do: docs/striping.md. Each SERVER is pinged through DEVICE,
# five times a second. When it has not answered for 600 milliseconds its weight
# is set to 0; when it has answered for a second, back to WEIGHT (1). If none
# answers, all keep their weights: then it is not the links.
#
# Prints a line for each change, on each start for each server. Runs until it is
# killed, and leaves the weights as they are then. Other limits than 600 and 1000
# milliseconds are taken from $LIMIT and $CALM.
set -u

limit=${LIMIT:-600} calm=${CALM:-1000}

usage() {
	sed -n '3s/^# /usage: /p' "$0" >&2
	exit 2
}

[[ $# -ge 2 && $limit =~ ^[0-9]+$ && $calm =~ ^[0-9]+$ ]] || usage
service=$1
shift

declare -A device weight ping last since alive current
for arg in "$@"; do
	IFS='=' read -r server dev w <<<"$arg"
	[[ $server =~ ^[0-9.]+$ && -n $dev && ${w:=1} =~ ^[0-9]+$ ]] || usage
	device[$server]=$dev weight[$server]=$w
done

# Milliseconds of a clock that nobody sets.
now() {
	local up _

	read -r up _ </proc/uptime
	NOW=$((10#${up/./} * 10))
}

# A ping may end, for instance with its device.
keep_pinging() {
	kill -0 "${ping[$1]-x}" 2>/dev/null && return
	ping -n -i 0.2 -I "${device[$1]}" "$1" 1>&"$answers" 2>/dev/null &
	ping[$1]=$!
}

# An answer of server $1.
answered() {
	# The first one after a silence begins the time of calm.
	[ $((NOW - last[$1])) -lt "$limit" ] || since[$1]=$NOW
	last[$1]=$NOW
}

judge() {
	if [ $((NOW - last[$1])) -ge "$limit" ]; then
		alive[$1]=no
	elif [ $((NOW - since[$1])) -ge "$calm" ]; then
		alive[$1]=yes
	fi
}

# Bring the weights to where they belong. What fails is tried again.
apply() {
	local server want

	for server in "${!device[@]}"; do
		want=${weight[$server]}
		[[ ${alive[$server]} = yes || ${alive[*]} != *yes* ]] || want=0
		[ "${current[$server]-}" != "$want" ] || continue
		ipvsadm -e -u "$service" -r "$server" -g -w "$want" || continue
		current[$server]=$want
		printf '%s %s: weight %s\n' "$server" "${device[$server]}" "$want"
	done
}

# One pipe for the answers of all, so that one loop sees them in order.
dir=$(mktemp -d) || exit
mkfifo "$dir/pipe" || exit
exec {answers}<>"$dir/pipe"
rm -r "$dir"
trap 'kill "${ping[@]}" 2>/dev/null' EXIT
trap 'exit 0' INT TERM

# Until a link has had the time to answer, it is taken to be well.
now
for server in "${!device[@]}"; do
	last[$server]=$NOW since[$server]=$NOW alive[$server]=yes
done
while :; do
	for server in "${!device[@]}"; do
		keep_pinging "$server"
	done
	before=$NOW line=
	read -r -t 0.1 -u "$answers" line
	now
	# Whoever did not run himself for a while cannot blame a link for it.
	if [ $((NOW - before)) -ge 250 ]; then
		for server in "${!device[@]}"; do
			last[$server]=$((last[$server] + NOW - before))
		done
	fi
	if [[ $line =~ ' bytes from '([0-9.]+): ]]; then
		server=${BASH_REMATCH[1]}
		[ -z "${device[$server]-}" ] || answered "$server"
	fi
	# First all answers that are there already.
	! read -r -t 0 -u "$answers" || continue
	for server in "${!device[@]}"; do
		judge "$server"
	done
	apply
done
