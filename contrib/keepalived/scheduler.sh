#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Give virtual services a scheduler that keepalived does not know, and leave
# all else of them as it is. For notify_master and notify_backup.
#
#   scheduler.sh NAME SERVICE...	SERVICE as in -t 10.7.1.1:80 or -f 1
#
# One part of keepalived makes the services, another one runs this: so it waits
# for each of them, up to 30 seconds.
set -eu
PATH=$PATH:/usr/sbin:/sbin
name=$1
shift

while [ $# -ge 2 ]; do
	tries=30
	until line=$(ipvsadm -Sn | grep -e "^-A $1 $2 "); do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || { echo "scheduler.sh: no service $1 $2" >&2; exit 1; }
		sleep 1
	done
	# The words of the saved line are those of the command.
	# shellcheck disable=SC2046
	ipvsadm $(printf '%s\n' "$line" | sed "s/^-A/-E/; s/ -s [^ ]*/ -s $name/")
	shift 2
done
