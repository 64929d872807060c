#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# run.sh [KERNEL]: 1,000 services of 100 servers, one of 20,000, and a million
# connections, in a virtual machine with 2 GiB; the case "scale" with these numbers
# (SERVICES, SERVERS, MANY and CONNS take others). Prints what it took for the
# kernel's rr, ours and hprio; the clock counts instructions.
set -eu -o pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
series=${1:-6.1}
out=$root/build/scale

kver=$("$root/tests/vm/kernel.sh" kver "$series")
mkdir -p "$out"
echo "Linux $kver in a virtual machine: some minutes"
"$root/tests/vm/boot.sh" -i -k "$series" -m 2048 -t "${LIMIT:-3000}" -o "$out" \
	-e SERVICES="${SERVICES:-1000}" -e SERVERS="${SERVERS:-100}" \
	-e MANY="${MANY:-20000}" -e CONNS="${CONNS:-1000000}" scale >"$out/log" 2>&1 || {
	cat "$out/log"
	tail -n 30 "$out/console.log"
	exit 1
}
tr -d '\r' <"$out/console.log" | sed -n 's/^@ //p' | tee "$out/table"
