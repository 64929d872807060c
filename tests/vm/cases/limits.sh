#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# about: thresholds edited while connections are held, both ways
. "$(dirname "$0")/../lib.sh"

topo 23 13
serve
svc_add
dst_add 23 5 5
dst_add 13 1
hold_start a -b 10.9.0.1 -c 1000 $VIP $PORT
open_to a 5 r23 "limit 5"
open_to a 1 r13 "limit 5 reached"

step "raised: room at once, exactly up to the new limit"
dst_edit 23 5 8
open_to a 3 r23 "limit 8"
open_to a 1 r13 "limit 8 reached"

step "lowered below the count: full, until below the new lower threshold (3)"
dst_edit 23 5 4
open_to a 1 r13 "8 connections, limit 4"
hold a release 5 r23
wait_for 10 tot_is r23 3
open_to a 1 r13 "3 of 4 is not below 3"
hold a release 1 r23
wait_for 10 tot_is r23 2
open_to a 2 r23 "2 of 4 is below 3"
open_to a 1 r13 "limit 4 reached again"

step "raised, but not below the lower threshold: still full"
dst_edit 23 5 8 2
open_to a 1 r13 "4 of 8, lower threshold 2, was full"

step "lower threshold raised: relieved at once"
dst_edit 23 5 8 5
open_to a 4 r23 "4 of 8, lower threshold 5"
open_to a 1 r13 "limit 8 reached again"

step "lower equal to upper: no hysteresis"
dst_edit 23 5 8 8
hold a release 1 r23
wait_for 10 tot_is r23 7
open_to a 1 r23 "7 of 8"
open_to a 1 r13 "8 of 8"

step "limit removed, set again, and set above the count"
dst_edit 23 5
open_to a 20 r23 "without a limit"
dst_edit 23 5 10
open_to a 1 r13 "28 connections, limit 10"
dst_edit 23 5 30
open_to a 1 r13 "28 connections, limit 30, not below 23 since it was full"
dst_edit 23 5 40
open_to a 12 r23 "28 connections, limit 40"
open_to a 1 r13 "limit 40 reached"

step "limits of 1"
dst_edit 13 0
hold a release all
wait_for 10 tot_is r23 0
dst_edit 23 5 1
open_to a 1 r23 "limit 1"
hold a open 2
eq "${RES[refused]}" 2 "limit 1 reached: refused"
hold a release 1 r23
wait_for 10 tot_is r23 0
open_to a 1 r23 "limit 1 free again"
