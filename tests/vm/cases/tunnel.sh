#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# about: IP-in-IP tunnels, IPv4 and IPv6: spill, data, refusals
# vm: timeout=60
. "$(dirname "$0")/../lib.sh"

topo 23 22 13
serve
tunnel
forwards -i
