#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# about: one mistake, $BUG of seeded.c, for the detectors of a debug kernel
# vm: smp=2

set -u
if [ "$BUG" = refused ]; then
	cd /sys/kernel/debug/failslab || exit 1
	# Of the task that says so every allocation, also those that might wait, and
	# reported with its stack.
	echo Y >task-filter
	echo N >ignore-gfp-wait
	echo 100 >probability
	echo 10 >./times
	echo 2 >verbose
fi
modprobe seeded "bug=$BUG" || exit 1
rmmod seeded
