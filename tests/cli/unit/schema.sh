#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# schema.sh PAGE [json]: the JSON Schema of docs/json.md, as lines of a C string,
# or as it is.
set -eu -o pipefail

text=$(awk '/^```json$/ { inside = 1; n++; next } /^```$/ { inside = 0 } inside
	END { exit n != 1 }' "$1")
if [ "${2-}" = json ]; then
	printf '%s\n' "$text"
else
	printf '%s\n' "$text" | sed 's/\\/\\\\/g; s/"/\\"/g; s/^[ \t]*/"/; s/$/\\n"/'
fi
