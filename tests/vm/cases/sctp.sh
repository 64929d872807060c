#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# about: SCTP associations count and spill
. "$(dirname "$0")/../lib.sh"

modprobe -q sctp || skip "this kernel has no SCTP"
topo 23 22 13
serve -s $PORT
grep -q "nothing to serve" "$T"/serve.* && skip "this kernel has no SCTP sockets"
SVC="--sctp-service $VIP:$PORT"
svc_add
dst_add 23 5 3
dst_add 22 5 3
dst_add 13 1
hold_start a -S -b 10.9.0.1 -c 1000 $VIP $PORT
hold a open 6
eq "${SRV[r23]:-0} ${SRV[r22]:-0} ${SRV[r13]:-0}" "3 3 0" "associations of the first tier"
eq "${RES[refused]} ${RES[timeout]} ${RES[error]}" "0 0 0" "refused, timeout, error"
hold a open 4
eq "${SRV[r13]:-0}" 4 "spilled associations"
hold a check
eq "${RES[alive]} ${RES[dead]}" "10 0" "associations with data"
