#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# run.sh OUT PROGRAM...: run unit tests, quiet on success. Writes "passed failed
# skipped" to build/results/cli-unit. JSON that tests have left in OUT/json is then
# validated again, by another implementation of JSON Schema.
set -u -o pipefail

here=$(cd "$(dirname "$0")" && pwd)
top=$here/../../..
out=$1
shift
passed=0 failed=0 skipped=0
rm -rf "$out/json"
mkdir -p "$out/log" "$out/json" "$top/build/results"

for program; do
	name=${program##*/test_}
	log=$out/log/$name
	rm -f "$log.result"
	UNIT_RESULT=$log.result UNIT_JSON=$out/json "$program" >"$log" 2>&1
	rc=$?
	if read -r p f 2>/dev/null <"$log.result"; then
		passed=$((passed + p))
		failed=$((failed + f))
	else
		f=1
		failed=$((failed + 1))
		echo "$name: ended with status $rc"
	fi
	if [ "$f" -gt 0 ]; then
		echo "-- $name (all of it in $log)"
		tail -n 60 "$log"
	fi
done

# OUT/json/PART.valid and .invalid: a document a line.
if ls "$out"/json/* >/dev/null 2>&1; then
	if ! python3 -c 'import jsonschema' 2>/dev/null; then
		echo "SKIP schema: python3-jsonschema is not installed"
		skipped=$((skipped + 1))
	elif "$here/schema.sh" "$top/docs/json.md" json >"$out/schema.json" &&
		python3 "$here/validate.py" "$out/schema.json" "$out"/json/*; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
	fi
fi

echo "$passed $failed $skipped" >"$top/build/results/cli-unit"
printf '%d passed, %d failed' "$passed" "$failed"
[ "$skipped" = 0 ] || printf ', %d skipped' "$skipped"
echo
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
