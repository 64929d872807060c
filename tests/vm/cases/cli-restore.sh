#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# vm: smp=2 mem=512 timeout=300
# quick: DIFF_TABLES=40
# about: save and restore, also of damaged rules: ipvsadm-ext does as ipvsadm 1.31
# allow-dmesg: IPVS: ip_vs_(add|edit)_dest\(\): lower threshold is higher than upper threshold
# allow-dmesg: IPVS: (Unknown mcast interface|You probably need to specify IP address|Error .* multicast)
#
# DIFF_TABLES tables with random numbers from DIFF_SEED; DIFF_REPLAY=STEP for one.
. "$(dirname "$0")/../lib.sh"

twins
alike "${TWINS[@]}" --seed "${DIFF_SEED:-1}" --count "${DIFF_TABLES:-300}" \
	${DIFF_REPLAY:+--replay "$DIFF_REPLAY"} restore
