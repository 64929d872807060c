#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Build the modules for several kernels, and run the cases on each.
#
#   matrix.sh [-q] [KERNEL...]
#
# KERNEL is one of kernel.sh, by default all. With -q the heavy cases get their quick
# size, and those that need it only once run on the first kernel. T="CASE..." in the
# environment names cases; DEADLINE is a time (date +%s) after which no kernel should
# be at work. A kernel for which there is no time, or that can neither be fetched nor is
# in the cache, is skipped. At the end, a table of what was found out.

set -u -o pipefail

cd "$(dirname "$0")/../.." || exit 1
lab=tests/vm/kernel.sh
results=build/results
table=build/matrix.txt

quick=''
case ${1-} in
-h | --help)
	sed -n '5,11s/^# \{0,1\}//p' "$0"
	exit ;;
-q)
	quick=1
	shift ;;
esac
kernels=("$@")
[ $# -gt 0 ] || mapfile -t kernels < <($lab list)

# A ring of its own that failed, or was skipped: "passed failed skipped"
verdict() { printf '%s\n' "$3" >"$results/$1-$2"; }

row() { printf '%-9s %-20s %-30s %7s %7s %7s %7s\n' "$@" >>"$table"; }

# Modules for kernel $1; what is built without a word is built without a warning.
build() {
	local kver kdir log=build/matrix-$1.log

	kver=$($lab kver "$1") && kdir=$($lab kdir "$1") || return
	if ! make --no-print-directory -j"$(nproc)" modules "KVER=$kver" "KDIR=$kdir" >"$log" 2>&1; then
		cat "$log"
		return 1
	fi
	! grep -v '^built for ' "$log"
}

probes() {
	awk '/#define IP_VS_HAVE_/ && $3 == 1 {
		printf "%s%s", n++ ? "," : "", tolower(substr($2, 12))
	}
	END { if (!n) printf "none" }' \
		"build/$($lab kver "$1")/src/kernel/compat/ip_vs_compat_config.h" 2>/dev/null
}

# Is there time for another kernel? It will take about as long as the last one.
time_left() {
	[ -z "${DEADLINE-}" ] || [ $(($(date +%s) + next)) -lt "$DEADLINE" ]
}

mkdir -p "$results"
: >"$table"
row kernel version "probes that say yes" modules passed failed skipped
size=${quick:+-q}
failed=0 next=0
for k in "${kernels[@]}"; do
	echo "== kernel $k"
	if ! time_left; then
		echo "skip  $k: no time left"
		verdict vm "$k" "0 0 1"
		row "$k" "no time left" "" "" "" "" ""
		continue
	fi
	start=$SECONDS
	if ! said=$($lab fetch "$k" 2>&1); then
		echo "skip  $k: $said"
		verdict vm "$k" "0 0 1"
		row "$k" "not to be had" "" "" "" "" ""
		continue
	fi
	if ! build "$k"; then
		echo "FAIL  the modules for kernel $k do not build, or not without warnings"
		verdict vm "$k" "0 1 0"
		row "$k" "$($lab version "$k")" "$(probes "$k")" FAIL "" "" ""
		failed=1
		continue
	fi
	CONTRACT_OUT=build RESULTS=contract-$k tests/contract/run.sh "$k" kernel_types kernel_table ||
		failed=1
	# shellcheck disable=SC2086
	tests/vm/run.sh -k "$k" $size ${T:-} || failed=1
	[ -s "$results/vm-$k" ] || verdict vm "$k" "0 1 0"
	read -r p f s <"$results/vm-$k"
	row "$k" "$($lab version "$k")" "$(probes "$k")" \
		"$(find "build/$($lab kver "$k")" -maxdepth 2 -name '*.ko' ! -path '*/src/*' | wc -l)" \
		"$p" "$f" "$s"
	next=$((SECONDS - start))
	if [ "$size" = -q ]; then
		size=-Q
		next=$((next / 2))
	fi
done
echo
cat "$table"
exit $failed
