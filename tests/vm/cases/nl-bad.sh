#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# about: netlink: every wrong message is refused with a text, and changes nothing
# allow-dmesg: netlink: 'nlbad': attribute type [0-9]* has an invalid length
# allow-dmesg: netlink: [0-9]* bytes leftover after parsing attributes in process .nlbad'
. "$(dirname "$0")/../lib.sh"

topo 23
netlink
svc_add
dst_add 23 5 50 20
extnl set-attr "tcp:$VIP:$PORT" "10.7.0.23:$PORT" priority=3 bandwidth=1000 lag=20 ||
	fail "set-attr"
in_ns d nlbad "tcp:$VIP:$PORT" "10.7.0.23:$PORT" || fail "some messages were not refused as they should be"
