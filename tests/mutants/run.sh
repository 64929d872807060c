#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Break the modules on purpose, and see that a test notices.
#
#   run.sh --list
#   run.sh [-k SERIES] [MUTANT...]
#
# SERIES is a kernel of tests/vm/kernel.sh, by default 6.1, or of tests/debug/kernel.sh.
# Each file in list/ is a mutant: what it breaks, the file, the test that must fail,
# what that has to say, and then sed commands:
#
#   # what: a server takes one connection more than its upper threshold
#   # file: kernel/ext_admit.c
#   # test: unit ext hprio | vm exact | torture
#   # says: fill:|limit:
#   s/reserved > slot->upper/reserved > slot->upper + 1/
#
# The edit is made in a copy of the tree. An edit that changes nothing is an error,
# and so is a change that does not compile; a mutant that no test sees fails. Before
# a test is used it must pass with the tree as it is.

set -eu -o pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
work=$root/build/mutants
tree=$work/tree
lab=$root/tests/vm/kernel.sh
export IPVS_EXT_TOOL=${IPVS_EXT_TOOL:-$root/build/ipvsadm-ext/ipvsadm-ext}
# What torture does for a mutant: little, and always the same.
torture=(-e SEED=1 -e ROUNDS=1 -e ACTIONS=500 -e MINUTES=60)

usage() { sed -n '/^#   run/,/^#$/s/^# \{0,3\}//p' "$0"; }
field() { sed -n "s/^# $2: *//p" "$here/list/$1"; }

all_mutants() {
	local f

	for f in "$here"/list/*; do
		printf '%s\n' "${f##*/}"
	done
}

list() {
	local m

	for m in $(all_mutants); do
		printf '%-18s %-22s %s\n' "$m" "$(field "$m" test)" "$(field "$m" what)"
	done
}

# A copy to break. Its build remains from mutant to mutant: little is compiled.
copy_tree() {
	local d

	mkdir -p "$tree"
	for d in kernel schedulers tests; do
		mkdir -p "$tree/$d"
		cp -Ru "$root/$d/." "$tree/$d/"
	done
	cp -Ru "$root"/{Makefile,Kbuild,contrib} "$tree/"
	mkdir -p "$tree/build"
	[ ! -d "$root/build/tests" ] || cp -Ru "$root/build/tests" "$tree/build/"
}

# Put back what the last mutant changed; the time is that of now, for make.
restore() {
	[ -z "$broken" ] || cp "$root/$broken" "$tree/$broken"
	broken=
}

unit() {
	make -C "$tree/tests/unit" check OUT="$work/unit" T="$*" \
		MAINLINE_DIR="$mainline" >"$log" 2>&1
}

# modules SERIES: of the tree, all in one directory.
modules() {
	local kver lab=$lab args=()

	if [[ $1 != [0-9]* ]]; then
		lab=$root/tests/debug/kernel.sh
		args=(KBUILD_ARGS="ARCH=$("$lab" arch "$1")")
	fi
	kver=$("$lab" kver "$1")
	make -C "$tree" modules KVER="$kver" KDIR="$("$lab" kdir "$1")" "${args[@]}" \
		>"$log" 2>&1 || return 1
	rm -rf "$work/ko"
	mkdir -p "$work/ko"
	cp "$tree/build/$kver"/*.ko "$work/ko/"
	if [ "$2" = torture ]; then
		cp "$tree/build/$kver"/replace/*.ko "$work/ko/"
	else
		cp -R "$tree/build/$kver/replace" "$work/ko/"
	fi
}

boot() { # SERIES SCRIPT OPTIONS...
	local status=0 script=$2 series=$1

	shift 2
	"$tree/tests/vm/boot.sh" -k "$series" -b "$work/ko" -o "$work/vm" -s 2 -m 1024 -t 600 \
		"$@" "$script" >"$log" 2>&1 || status=$?
	cat "$work/vm/console.log" >>"$log"
	return $status
}

# Does the test pass with the tree as it is now? It is "yes", "no", or a reason why
# that cannot be said.
verdict() {
	local kind=$1 c

	shift
	case $kind in
	unit)
		unit "$@" && echo yes && return
		grep -q ' passed, [1-9][0-9]* failed' "$log" && echo no ||
			echo "does not compile"
		;;
	vm)
		modules "$series" vm || { echo "does not compile"; return; }
		for c in "$@"; do
			boot "$series" "$c" || { echo no; return; }
		done
		echo yes
		;;
	torture)
		modules "$series" torture || { echo "does not compile"; return; }
		boot "$series" "$tree/tests/torture/torture.sh" "${torture[@]}" &&
			echo yes || echo no
		;;
	esac
}

# The tree as it is has to pass; asked once for each test.
control() {
	local test=$1

	if [ -z "${controls[$test]-}" ]; then
		log=$work/log/control
		# shellcheck disable=SC2086
		controls[$test]=$(verdict $test)
		[ "${controls[$test]}" = yes ] || cp "$log" "$work/log/control-${test// /-}"
	fi
	[ "${controls[$test]}" = yes ]
}

result() { # MUTANT RESULT TEXT
	printf '%-10s %-18s %s\n' "$2" "$1" "$3"
	count[$2]=$((${count[$2]-0} + 1))
}

run_mutant() {
	local m=$1 file test says got what

	file=$(field "$m" file) test=$(field "$m" test) says=$(field "$m" says)
	what=$(field "$m" what)
	if ! control "$test"; then
		result "$m" error \
			"$test fails with the tree as it is: $work/log/control-${test// /-}"
		return
	fi
	broken=$file
	sed -i -f "$here/list/$m" "$tree/$file"
	if cmp -s "$root/$file" "$tree/$file"; then
		result "$m" error "the edit of $file changes nothing"
		return
	fi
	log=$work/log/$m
	# shellcheck disable=SC2086
	got=$(verdict $test)
	case $got in
	yes)
		result "$m" survived "$what: $test passes" ;;
	no)
		if [ -n "$says" ] && ! grep -a -q -E "$says" "$log"; then
			result "$m" survived "$what: $test fails, but does not say '$says': $log"
		else
			result "$m" caught "$what ($test)"
		fi ;;
	*)
		result "$m" error "$got: $log" ;;
	esac
	restore
}

series=6.1 broken='' log=''
declare -A controls=() count=()
while getopts k:-: opt; do
	case $opt in
	k) series=$OPTARG ;;
	-)
		[ "$OPTARG" = list ] || { usage; exit 2; }
		list
		exit ;;
	*)
		usage >&2
		exit 2 ;;
	esac
done
shift $((OPTIND - 1))
if [ $# -gt 0 ]; then
	mutants=("$@")
else
	mapfile -t mutants < <(all_mutants)
fi
for m in "${mutants[@]}"; do
	[ -f "$here/list/$m" ] || { printf 'run.sh: no mutant %s\n' "$m" >&2; exit 2; }
done

mkdir -p "$work/log"
# Nothing of an interrupted run may remain.
rm -rf "$tree"/{kernel,schedulers,contrib}
copy_tree
mainline=''
[[ $series != [0-9]* ]] || mainline=$("$lab" source "$series")
for m in "${mutants[@]}"; do
	run_mutant "$m"
	restore
done

mkdir -p "$root/build/results"
printf '%d %d 0\n' "${count[caught]-0}" $((${count[survived]-0} + ${count[error]-0})) \
	>"$root/build/results/mutants"
printf '%d caught, %d survived, %d errors\n' "${count[caught]-0}" "${count[survived]-0}" \
	"${count[error]-0}"
[ $((${count[survived]-0} + ${count[error]-0})) = 0 ]
