#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# run.sh [KERNEL]: show hprio spill and return, in a virtual machine. Prints
# what an operator would see, and writes build/demo/spill.svg.
set -eu -o pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
series=${1:-6.1}
vm=$root/build/demo/vm
out=$root/build/demo

kver=$("$root/tests/vm/kernel.sh" kver "$series")
mkdir -p "$out"
rm -f "$out"/spill.*
echo "Booting Linux $kver with our modules in a virtual machine; this machine's own kernel is not touched."
echo

: >"$out/log"
rm -f "$vm/console.log"
"$root/tests/vm/boot.sh" -o "$vm" -k "$series" -t 240 "$here/scene.sh" \
	>"$out/log" 2>&1 &
boot=$!
while [ ! -e "$vm/console.log" ] && kill -0 $boot 2>/dev/null; do
	sleep 0.1
done
# Show it as it happens; tail ends when the machine is off.
if [ -e "$vm/console.log" ]; then
	tail -n +1 -s 0.2 -f --pid=$boot "$vm/console.log" |
		sed -un 's/\r$//; s/^@ \{0,1\}//p'
fi
wait $boot || {
	echo "the demo failed:" >&2
	cat "$out/log" >&2
	tail -n 20 "$vm/console.log" >&2 || :
	exit 1
}

tr -d '\r' <"$vm/console.log" | sed -n 's/^# data //p' | sort -n >"$out/spill.dat"
tr -d '\r' <"$vm/console.log" | sed -n 's/^# mark //p' >"$out/spill.marks"
echo
if ! command -v gnuplot >/dev/null; then
	echo "gnuplot is not installed, so no picture; the data is in build/demo/spill.dat"
else
	gnuplot -e "dir='$out'" "$here/spill.gp"
	echo "build/demo/spill.svg shows the run: connections of each server over time."
fi
cat <<'END'

On a director of your own (as root; its kernel headers installed):

  make && make install
  ipvsadm -A -t VIP:80 -s hprio
  ipvsadm -a -t VIP:80 -r SERVER:80 -g -w 5 -x 50 -y 20    # each preferred server
  ipvsadm -a -t VIP:80 -r SPILL:80 -g -w 1                 # where the rest goes

docs/schedulers/hprio.md says what the numbers count, and what to do when it does not work.
(In the demo a closed connection is forgotten after 1 second: ipvsadm --set 900 1 300. Linux takes 2 minutes.)
END
