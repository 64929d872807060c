#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Take the address of the virtual services, or give it up. For a cluster manager,
# or for who stands in for one.
#
#   vip.sh up|down ADDRESS DEVICE
set -eu

case $1 in
up)
	ip addr replace "$2/32" dev "$3"
	# The neighbours believe that somebody else has it.
	arping -q -U -c 3 -I "$3" "$2" ;;
down)
	ip addr del "$2/32" dev "$3" ;;
esac
