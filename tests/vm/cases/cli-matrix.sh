#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# vm: smp=2 mem=512 timeout=600
# quick: DIFF_SHARE=96
# about: every command with every option and pairs of them: ipvsadm-ext does as ipvsadm 1.31
# once: a test of the tool
# allow-dmesg: IPVS: ip_vs_(add|edit)_dest\(\): lower threshold is higher than upper threshold
# allow-dmesg: IPVS: (Unknown mcast interface|You probably need to specify IP address|Error .* multicast)
#
# Of pairs that cannot be legal one in DIFF_SHARE is made, chosen by DIFF_SEED.
. "$(dirname "$0")/../lib.sh"

twins
alike "${TWINS[@]}" --seed "${DIFF_SEED:-1}" --share "${DIFF_SHARE:-24}" matrix
