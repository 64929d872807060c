#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Everything that is measured, as one report.
#
#   report.sh [-q] [-f] KERNEL
#
# KERNEL is one of tests/vm/kernel.sh. -q: smaller sizes, some minutes instead of many.
# With -f nothing is measured, but what earlier runs left in build/bench/KERNEL and
# build/bench/uml printed again. docs/performance.md has the method.
#
# Prints the report, which is also in build/bench/report.txt; build/bench/report.html
# has the pictures. It fails only if something could not be measured, and says what.

set -eu -o pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
bench=$root/build/bench
quick=false again=false

usage() { sed -n '/^#   report/s/^# *//p' "$0" >&2; }
note() { printf '%s\n' "$*" >&2; }

while getopts qf opt; do
	case $opt in
	q) quick=true ;;
	f) again=true ;;
	*) usage; exit 2 ;;
	esac
done
shift $((OPTIND - 1))
[ $# = 1 ] || { usage; exit 2; }
series=$1
out=$bench/$series uml=$bench/uml
missing=()

# ---- measuring ---------------------------------------------------------------

# part NAME COMMAND...: what it prints is printed later; its errors are errors.
part() {
	local name=$1 start=$SECONDS

	shift
	if "$@" >"$out/part.log" 2>&1; then
		note "$name: $((SECONDS - start)) s"
	else
		tail -n 20 "$out/part.log" >&2
		note "$name: could not be measured"
		missing+=("$name")
	fi
}

# That a decision has become dearer is a result here, and no failure.
gate() {
	"$here/cost.sh" "$series" >"$out/gate" || [ -s "$out/gate" ]
}

machine() {
	local kver commit

	kver=$("$root/tests/vm/kernel.sh" kver "$series") || kver=$series
	commit=$(git -C "$root" describe --always --dirty 2>/dev/null) || commit=unknown
	printf 'ipvs-ext %s, Linux %s, %s\n' "$commit" "$kver" "$(gcc --version | head -n 1)"
	awk -F ': *' '/^model name/ { cpu = $2; n++ } END { printf "%d CPUs: %s\n", n, cpu }' \
		/proc/cpuinfo
}

measure() {
	local q=() decide=() path=()

	mkdir -p "$out" "$uml"
	if $quick; then
		note "about 10 minutes on two CPUs"
		q=(-q) decide=(-r 3 -n "2 16 128 1024")
		path=(-r 1 -s "cost conf")
		export STAGES="harness small ours" CONF="10/1 100/1 1000/1"
		COST=$(printf '%s/400\n' {syn-dr,ops-dr}/far/{2,100,1000})
		export COST
	else
		note "about an hour on two CPUs, and 5 to 10 minutes more where user-mode" \
			"Linux has not been built yet"
	fi
	make -s -C "$root" lab-modules lab-tools KERNEL="$series" >&2
	machine >"$out/machine"
	part "decisions" "$here/decide.sh" "${decide[@]}" "$series"
	part "instructions of decisions" gate
	part "command line" "$here/cli.sh" "${q[@]}" "$series"
	# All files of one run, or it would not be known of which.
	rm -f "$out"/path-*
	part "whole path" "$here/path.sh" "${path[@]}" "$series"
	# A few samples of time say nothing.
	$quick && return
	part "command line, time" "$here/cli.sh" uml
	rm -f "$uml"/path-*
	part "whole path, time" "$here/path.sh" uml
}

# ---- text ----------------------------------------------------------------------

section() { printf '\n==== %s\n' "$1"; }

# results TITLE FILE COMMAND...: print with COMMAND, if FILE was measured
results() {
	local title=$1 file=$2

	shift 2
	section "$title"
	if [ ! -s "$file" ]; then
		echo "not measured"
	elif ! "$@" 2>&1; then
		echo "cannot be printed"
	else
		date -r "$file" '+(measured %F %R)'
	fi
}

text() {
	echo "What decisions, connections, configuration and the command line cost"
	cat "$out/machine" 2>/dev/null || echo "not measured yet: make bench"
	[ ${#missing[@]} = 0 ] || printf 'could not be measured: %s\n' "${missing[@]}"
	results "decisions" "$out/icount" "$here/decide.sh" -f "$out"
	results "instructions of decisions, next to tests/bench/cost.txt" "$out/gate" \
		cat "$out/gate"
	results "the whole path, in instructions" "$out/path-cost" "$here/path.sh" -f "$out"
	results "the whole path, in time of user-mode Linux" "$uml/path-cost" \
		"$here/path.sh" -f "$uml"
	results "command line, in instructions" "$out/cli" "$here/cli.sh" -f "$out"
	results "command line, in time of user-mode Linux" "$uml/cli" "$here/cli.sh" -f "$uml"
}

# ---- page ------------------------------------------------------------------------

escape() { sed 's/&/\&amp;/g; s/</\&lt;/g; s/>/\&gt;/g'; }

# Each picture's names for its own parts are made different from those of the others.
page() {
	local name caption

	cat <<-'END'
		<!DOCTYPE html>
		<html lang="en"><head><meta charset="utf-8"><title>ipvs-ext: performance</title>
		<style>
		body { font: 15px/1.4 sans-serif; max-width: 70em; margin: 2em auto; padding: 0 1em }
		figure { margin: 2em 0; break-inside: avoid }
		svg { width: 100%; height: auto }
		figcaption { font-style: italic }
		pre { font-size: 11px; overflow-x: auto }
		@media print { body { margin: 0 } pre { font-size: 7.5px; overflow: visible } }
		</style></head><body>
	END
	printf '<h1>ipvs-ext: performance</h1>\n<pre>%s</pre>\n' \
		"$(sed '/^====/,$d' "$bench/report.txt" | escape)"
	echo "<p>Grey and dashed: the kernel's own schedulers and Debian's ipvsadm. rr_ext and"
	echo "wrr_ext are ours of the same names. docs/performance.md has the method.</p>"
	while IFS=$'\t' read -r name caption; do
		echo "<figure>"
		sed "1,/^<svg/{/^<svg/!d}; s/\(id=[\"']\|url([\"']\?#\|href=[\"']#\)/&$name-/g" \
			"$bench/pictures/$name.svg"
		printf '<figcaption>%s</figcaption></figure>\n' "$(escape <<<"$caption")"
	done <"$bench/captions"
	printf '<h2>All figures</h2>\n<pre>'
	escape <"$bench/report.txt"
	printf '</pre>\n</body></html>\n'
}

mkdir -p "$bench"
if ! $again; then
	measure
fi
text | tee "$bench/report.txt"
if command -v gnuplot >/dev/null; then
	"$here/pictures.sh" "$out" "$bench/pictures" >"$bench/captions"
	page >"$bench/report.html"
	note "with pictures: build/bench/report.html"
else
	note "gnuplot is not installed, so no pictures"
fi
[ ${#missing[@]} = 0 ]
