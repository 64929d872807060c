#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# run.sh OUT HAVE_MAINLINE PROGRAM...: run unit tests, quiet on success. Writes
# "passed failed skipped" to OUT/../results/unit. Each program also runs by
# hand; CK_RUN_CASE=name chooses a part of it.
set -u

out=$1
mainline=$2
shift 2
mkdir -p "$out/log" "$out/../results"
passed=0 failed=0 skipped=0

for program; do
	name=${program##*/test_}
	log=$out/log/$name
	if [ "$name" = differential ] && [ "$mainline" = no ]; then
		echo "SKIP $name: no kernel source (MAINLINE_DIR is empty)"
		skipped=$((skipped + 1))
		continue
	fi
	rm -f "$log.result"
	UNIT_RESULT=$log.result "$program" >"$log" 2>&1
	rc=$?
	if read -r p f <"$log.result"; then
		passed=$((passed + p))
		failed=$((failed + f))
	else
		f=1
		failed=$((failed + 1))
		echo "$name: ended with status $rc"
	fi 2>/dev/null
	if [ "$f" -gt 0 ]; then
		echo "-- $name (all of it in $log)"
		grep -v '^shim: expected' "$log" | tail -n 60
	fi
done

echo "$passed $failed $skipped" >"$out/../results/unit"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
