#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# about: flag-1: only active connections count
. "$(dirname "$0")/../lib.sh"

topo 23 13
serve
adm --set 900 100 300
svc_add -b flag-1
dst_add 23 5 4
dst_add 13 1
hold_start a -b 10.9.0.1 -c 1000 $VIP $PORT
open_to a 4 r23 "4 active"
open_to a 1 r13 "limit reached"

step "closed connections stay in the table, and do not count"
active_is() { snapshot && [ "${ACT[$1]}" = "$2" ]; }
hold a release 4 r23
wait_for 10 active_is r23 0
all_tot 4 r23
open_to a 4 r23 "4 active, 4 inactive"
all_tot 8 r23
open_to a 1 r13 "limit reached again"

step "without the flag they count at once"
hold a release 4 r23
wait_for 10 active_is r23 0
# shellcheck disable=SC2086
adm -E $SVC -s "$SCHED"
open_to a 1 r13 "8 inactive, limit 4"
# shellcheck disable=SC2086
adm -E $SVC -s "$SCHED" -b flag-1
open_to a 4 r23 "flag-1 again"
