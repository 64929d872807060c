#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# run.sh DIR FLAG TARGET...: run DIR/fuzz_TARGET of each, with FLAG for
# libFuzzer; called by the Makefile. One line a target.
set -u -o pipefail

here=$(cd "$(dirname "$0")" && pwd)
out=$1
limit=$2
shift 2
passed=0 failed=0
export ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=1
mkdir -p "$out/found" "$here/../../build/results"

for t; do
	# New inputs are kept beside the ones to start from, which they must not join.
	mkdir -p "$out/corpus/$t"
	log=$out/$t.log
	if "$out/fuzz_$t" "$limit" -timeout=10 -rss_limit_mb=1024 -max_len=4096 \
		-print_final_stats=1 -artifact_prefix="$out/found/$t-" \
		"$out/corpus/$t" "$here/corpus/$t" >"$log" 2>&1; then
		printf 'ok    %-8s %s inputs\n' "$t" \
			"$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")"
		passed=$((passed + 1))
	else
		printf 'FAIL  %s\n' "$t"
		grep -v '^#' "$log" | tail -n 40 | sed 's/^/      | /'
		printf '      log: %s\n' "$log"
		failed=$((failed + 1))
	fi
done

printf '%d %d 0\n' $passed $failed >"$here/../../build/results/fuzz"
printf '%d passed, %d failed\n' $passed $failed
[ $failed = 0 ]
