#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Pictures of what was measured.
#
#   pictures.sh RESULTS DIR
#
# RESULTS is a directory as build/bench/6.1; decide.sh, path.sh and cli.sh say what is in
# it. Writes DIR/NAME.svg and, for who wants to change one, the commands of gnuplot that
# made it, NAME.gp. Prints NAME and what is to be said below it. Of what was not measured
# there is no picture.

# shellcheck disable=SC2016	# programs of awk
set -eu -o pipefail

here=$(cd "$(dirname "$0")" && pwd)
[ $# = 2 ] || { sed -n '/^#   pictures/s/^# *//p' "$0" >&2; exit 2; }
results=$1 dir=$2
mkdir -p "$dir"
rm -f "$dir"/*.svg "$dir"/*.gp

mainline="rr wrr wlc fo"
ours="hprio rr_ext wrr_ext bw_load bw_lag_val auto_bw"

# records FILE WHICH AWK: "SERIES X Y" of a file of results; nothing if there is none
records() { [ ! -f "$1" ] || awk -v which="$2" "$3" "$1"; }

# panel lines|bars TITLE XLABEL YLABEL "SERIES..." [GNUPLOT]: draw the records on stdin;
# GNUPLOT are commands for this panel alone.
panel() {
	local n

	n=$(grep -c '^#panel' "$plots" || :)
	awk -v kind="$1" -v title="$2" -v xlabel="$3" -v ylabel="$4" -v want="$5" \
		-v special="${6-}" -v d="d$n" '
	{
		y[$1, $2] = $3
		points[$1] = points[$1] $2 " " $3 "\n"
		if (!seen[$2]++)
			xs[++nx] = $2
	}
	# Of lines each is a table; of bars all are the columns of one.
	END {
		n = split(want, w)
		for (i = 1; i <= n; i++)
			if (w[i] in points)
				have[++nhave] = w[i]
		if (!nhave)
			exit
		for (i = 1; i <= nhave && kind == "lines"; i++)
			printf "$%s_%d << END\n%sEND\n", d, i, points[have[i]]
		if (kind == "bars") {
			printf "$%s << END\n", d
			for (j = 1; j <= nx; j++) {
				printf "%s", xs[j]
				for (i = 1; i <= nhave; i++)
					printf " %s", y[have[i], xs[j]] == "" ? "NaN" : y[have[i], xs[j]]
				printf "\n"
			}
			print "END"
		}
		printf "#panel\nset title \"%s\"\nset xlabel \"%s\"\nset ylabel \"%s\"\n%s\nplot ",
			title, xlabel, ylabel, special
		for (i = 1; i <= nhave; i++) {
			if (kind == "lines")
				printf "%s$%s_%d using 1:2 with linespoints ls style(\"%s\")",
					(i > 1 ? ", " : ""), d, i, have[i]
			else
				printf "%s$%s using %d:xtic(1) with histograms fs pattern %d lc rgb \"#303030\"",
					(i > 1 ? ", " : ""), d, i + 1, i + 2
			printf " title \"%s\"", have[i]
		}
		printf "\n"
	}' >>"$plots"
}

# picture NAME CAPTION: the panels so far
picture() {
	local n

	n=$(grep -c '^#panel' "$plots" || :)
	if [ "$n" -gt 0 ]; then
		{
			cat "$here/style.gp"
			echo "set terminal svg size $((n > 1 ? 1100 : 800)),480" \
				"dynamic noenhanced font 'Helvetica,13' background rgb 'white'"
			echo "set output '$dir/$1.svg'"
			sed '/^#panel/,/^plot/d' "$plots"
			echo "set multiplot layout 1,$n"
			sed -n '/^#panel/,/^plot/p' "$plots"
			echo "unset multiplot"
		} >"$dir/$1.gp"
		gnuplot "$dir/$1.gp"
		printf '%s\t%s\n' "$1" "$2"
	fi
	: >"$plots"
}

plots=$(mktemp)
trap 'rm -f "$plots"' EXIT
log_log="set logscale xy"
names="unset logscale; set yrange [0:*]; set xtics rotate by -35; set format y \"%.0f\""
percent='set logscale y; set xrange [-0.2:3.2]; set xtics ("0" 0, "50" 1, "99" 2, "100" 3)'
number="number of servers"

# ---- decisions: decide.sh -------------------------------------------------------

records "$results/icount" limits '$1 == "call" && $2 == which { print $4, $3, $5 }' |
	panel lines "instructions, in the kernel" "$number" "" "$mainline $ours" "$log_log"
records "$results/native" limits '$1 == "ns" && $2 == 1 && $3 == which { print $5, $4, $6 }' |
	panel lines "nanoseconds, one thread" "$number" "" "$mainline $ours" "$log_log"
picture servers "A decision over the number of servers; none of them is full. Left: \
instructions of schedule() in the real kernel; right: time on this machine, outside of a \
kernel."

records "$results/native" limits '
		$1 == "ns" && $3 == which && $4 == 16 && $5 != "harness" {
			print $2 ($2 == 1 ? "-thread" : "-threads"), $5, 1000 / $6 }' |
	panel bars "16 servers" "" "millions of decisions a second" \
		"1-thread $(printf '%s-threads ' {2..64})" "$names"
picture threads "Decisions of all threads together, which ask one service at the same \
time."

for n in 16 1024; do
	records "$results/native" $n '
		BEGIN { full["limits"] = 0; full["half"] = 1; full["most"] = 2; full["all"] = 3 }
		$1 == "ns" && $2 == 1 && $4 == which && $3 in full { print $5, full[$3], $6 }' |
		panel lines "$n servers: nanoseconds" "percent of the servers that are full" "" \
			"$mainline $ours" "$percent"
done
picture fullness "A decision over the share of servers that have reached their upper \
threshold, one thread. With all of them full the connection is refused."

# ---- the kernel: path.sh --------------------------------------------------------

for k in tcp-dr syn-dr ops-dr; do
	records "$results/path-cost" $k '$1 == "cost" && $2 == which && $3 == "far" {
			print $5, $4, $6 }' |
		panel lines "$k: instructions" "$number" "" "$mainline $ours" "$log_log"
done
picture path "On the way through the director, limits far away: a whole TCP connection with \
both its ends, its first packet, and a UDP packet under one-packet scheduling."

for k in add edit delete; do
	records "$results/path-conf" $k '$1 == "change" && $2 == which { print $4, $3, $5 }' |
		panel lines "$k: instructions" "$number" "" "$mainline $ours" "$log_log"
done
picture reconfiguration "One server added, edited or deleted in a service of so many."

for k in server service; do
	records "$results/path-memory" $k '$1 == "memory" && $2 == which { print "bytes", $3, $4 }' |
		panel bars "bytes for each $k" "" "" bytes "unset key; $names"
done
picture memory "Memory of the kernel for a real server and for a service without servers, \
with all that hangs on them."

# ---- command line: cli.sh ---------------------------------------------------------

for k in restore:-R list:-Ln save:-Sn; do
	records "$results/cli" "${k%:*}" '
			$1 == "cli" && ($2 == "many" || $3 == 100) && $4 == which {
				print $5, $3, $6 }' |
		panel lines "${k#*:}: instructions" "$number" "" \
			"ipvsadm ipvsadm-ext" "$log_log"
done
picture cli "The command line and Debian's, from start to end, with what the kernel does \
for them; services of 100 servers."
