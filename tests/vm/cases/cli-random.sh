#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# vm: smp=2 mem=512 timeout=900
# quick: DIFF_N=1500
# about: random command lines, legal and not: ipvsadm-ext does as ipvsadm 1.31
# once: a test of the tool
# allow-dmesg: IPVS: ip_vs_(add|edit)_dest\(\): lower threshold is higher than upper threshold
# allow-dmesg: IPVS: (Unknown mcast interface|You probably need to specify IP address|Error .* multicast)
#
# DIFF_N lines with random numbers from DIFF_SEED; DIFF_REPLAY=STEP for one step.
. "$(dirname "$0")/../lib.sh"

twins
alike "${TWINS[@]}" --seed "${DIFF_SEED:-1}" --count "${DIFF_N:-20000}" \
	${DIFF_REPLAY:+--replay "$DIFF_REPLAY"} random
