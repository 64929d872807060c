#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# run.sh [KERNEL]: striping over three links, measured for each scheduler in a
# virtual machine. Prints a table, writes build/demo-striping/striping.svg, and
# fails if bw_lag and bw_lag_val do not carry what docs/striping.md says.
#
# The clock of that machine counts instructions: what it measures does not depend
# on how fast, or how busy, this one is.
set -eu -o pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
series=${1:-6.1}
out=$root/build/demo-striping
vm=$out/vm

kver=$("$root/tests/vm/kernel.sh" kver "$series")
mkdir -p "$out"
rm -f "$out"/{table,striping.svg,rows,links,marks,log} "$vm/console.log"
echo "Booting Linux $kver in a virtual machine; this machine's own kernel is not touched."
echo "It measures for some minutes: its clock is slower than yours."
echo

"$root/tests/vm/boot.sh" -i -o "$vm" -k "$series" -t "${LIMIT:-1500}" "$here/scene.sh" >"$out/log" 2>&1 &
boot=$!
while [ ! -e "$vm/console.log" ] && kill -0 $boot 2>/dev/null; do
	sleep 0.1
done
# Show it as it happens; tail ends when the machine is off.
if [ -e "$vm/console.log" ]; then
	tail -n +1 -s 0.5 -f --pid=$boot "$vm/console.log" |
		sed -un 's/\r$//; s/^@ \{0,1\}//p' | tee "$out/table"
fi
wait $boot || {
	echo "the demo failed:" >&2
	cat "$out/log" >&2
	tail -n 20 "$vm/console.log" >&2 || :
	exit 1
}

said() { tr -d '\r' <"$vm/console.log" | sed -n "s/^# $1 //p"; }

said row >"$out/rows"
said mark | awk 'NR == 1 { start = $1 } NR > 1 { print $1 - start, $2 }' >"$out/marks"
start=$(said mark | awk 'NR == 1 { print $1 }')
# Time, and megabits a second of the three links since the sample before.
said links | awk -v start="$start" '
{ n = 0; for (i = 2; i < NF; i += 2) v[$i] = $(i + 1) }
NR > 1 && $1 > t {
	printf "%.2f", $1 - start
	for (i = 1; i <= 3; i++)
		printf " %.2f", (v["link" i] - old["link" i]) * 8 / 1e6 / ($1 - t)
	printf "\n"
}
{ t = $1; for (i in v) old[i] = v[i] }' >"$out/links"
echo
if ! command -v gnuplot >/dev/null; then
	echo "gnuplot is not installed, so no picture; the data is in build/demo-striping"
else
	gnuplot -e "dir='$out'" "$here/striping.gp"
	echo "build/demo-striping/striping.svg shows both."
fi
echo "docs/striping.md says how to set it up, and what the table means."
