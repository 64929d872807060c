#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Do what the documentation says.
#
#   run.sh --list
#   run.sh [KERNEL [FILE...]]
#
# Runs the blocks of README.md and docs/ by their kind, page by page and in
# order; docs/testing.md lists the kinds. One line a block.

set -u -o pipefail

cd "$(dirname "$0")/../.." || exit 1
root=$PWD
here=tests/docs
out=$root/build/docs
passed=0 failed=0 skipped=0

ok() { echo "ok    $*"; passed=$((passed + 1)); }
bad() { echo "FAIL  $1"; sed 's/^/      /'; failed=$((failed + 1)); }
skip() { echo "skip  $*"; skipped=$((skipped + 1)); }

case ${1-} in
--list | -l)
	grep -rnE --include='*.md' '^```[a-z]' README.md docs | sed 's/:```/ /'
	exit ;;
-h | --help)
	sed -n '3,9s/^# \{0,1\}//p' "$0"
	exit ;;
esac
series=${1:-6.1}
shift $(($# > 0))
pages=("$@")
[ $# -gt 0 ] || mapfile -t pages < <(echo README.md; find docs -name '*.md' | sort)

kver=$(tests/vm/kernel.sh kver "$series") && kdir=$(tests/vm/kernel.sh kdir "$series") || exit 1
rm -rf "$out"
mkdir -p "$out/host" "$out/dest"
unset MAKEFLAGS MFLAGS MAKELEVEL
export PATH=$PATH:/usr/sbin:/sbin

# For the machines; and nothing below is worth a look if this fails.
make --no-print-directory modules KVER="$kver" KDIR="$kdir" >"$out/log" 2>&1 || {
	cat "$out/log" >&2
	exit 1
}

# ---- links ------------------------------------------------------------------

# Files of the tree that a page names exist.
# shellcheck disable=SC2016
for page in "${pages[@]}"; do
	missing=$(sed '/^```/,/^```$/d' "$page" |
		grep -oE '\]\([^)#:]+|`[a-zA-Z0-9_-][a-zA-Z0-9_./-]*\.(md|sh|c|h|gp|conf)`|`(tests|kernel|schedulers|docs)/[a-zA-Z0-9_./-]*`' |
		sed 's/^](//; s/`//g' | sort -u | while read -r f; do
		case $f in
		*foo* | *NAME*) continue ;;	# examples
		esac
		[ -e "$f" ] || [ -e "$(dirname "$page")/$f" ] ||
			[ -n "$(find kernel schedulers tests -path "*/$f" -print -quit)" ] || echo "$f"
	done)
	if [ -n "$missing" ]; then
		bad "$page names files" <<<"not there: ${missing//$'\n'/ }"
	else
		ok "$page names files"
	fi
done

# ---- on the host ------------------------------------------------------------

# As the reader, but for the lab's kernel and without touching this machine:
# the Makefile takes all three from the environment.
host() {
	RESULTS=contract-docs KVER=$kver KDIR=$kdir DESTDIR=$out/dest \
		bash -e -o pipefail "$1" >"$2" 2>&1
}

# Like it, but "/" is a copy that is thrown away, for what changes the system.
scratch() {
	# shellcheck disable=SC2016
	KVER=$kver KDIR=$kdir unshare -m bash -e -c 'top=$1
		mount --make-rprivate /
		mount -t tmpfs scratch "$top"
		mkdir "$top"/{upper,work,root}
		mount -t overlay scratch -o "lowerdir=/,upperdir=$top/upper,workdir=$top/work" "$top/root"
		for d in dev proc sys; do
			mount --rbind "/$d" "$top/root/$d"
		done
		exec chroot "$top/root" sh -c "cd \"$2\" && exec bash -e -o pipefail \"$3\""' \
		scratch "$out/scratch" "$root" "$1" >"$2" 2>&1
}
mkdir -p "$out/scratch"
true >"$out/true.sh"

awk -v want=host -v dir="$out/host" -f $here/blocks.awk "${pages[@]}" || exit 1
said=/dev/null
for f in "$out"/host/*.text; do
	[ -e "$f" ] || continue
	b=${f%.text}
	where=$(cat "$b.where")
	case $(cat "$b.tag") in
	"sh host")
		said=$b.said
		if host "$f" "$said"; then ok "$where"; else bad "$where" <"$said"; fi ;;
	"sh scratch")
		said=$b.said
		if ! scratch "$out/true.sh" "$said"; then
			skip "$where: cannot mount an overlay here: $(tail -n1 "$said")"
		elif scratch "$f" "$said"; then
			ok "$where"
		else
			bad "$where" <"$said"
		fi ;;
	"sh dry")
		# Each line is make; its targets exist and their commands are known.
		if grep -v '^make ' "$f" >"$b.said"; then
			bad "$where" <<<"not a make command: $(cat "$b.said")"
		elif sed 's/^make /make -n MAKE=true /' "$f" >"$b.dry" && host "$b.dry" "$b.said"; then
			ok "$where (make -n)"
		else
			bad "$where" <"$b.said"
		fi ;;
	output)
		if diff <(sed 's/[ \t]*$//' "$f") <(sed 's/[ \t]*$//' "$said") >"$b.said"; then
			ok "$where"
		else
			bad "$where" <"$b.said"
		fi ;;
	keepalived)
		if ! command -v keepalived >/dev/null; then
			skip "$where: keepalived is not installed"
		elif keepalived -t -f "$f" >"$b.said" 2>&1; then
			ok "$where"
		else
			bad "$where" <"$b.said"
		fi ;;
	esac
done

# ---- in a virtual machine ---------------------------------------------------

blocks=$out/blocks
awk -v want=vm -f $here/blocks.awk "${pages[@]}" >"$blocks" || exit 1
if [ -s "$blocks" ]; then
	cat $here/scene.sh "$blocks" >"$out/docs.sh"
	tests/vm/boot.sh -o "$out/vm" -k "$series" -t 240 "$out/docs.sh" \
		>"$out/log" 2>&1
	status=$?
	console=$out/console
	tr -d '\r' <"$out/vm/console.log" >"$console" 2>/dev/null
	while read -r where; do
		ok "$where"
	done < <(sed -n 's/^@ ran //p' "$console")
	if [ $status != 0 ]; then
		bad "in the virtual machine" < <(cat "$out/log"
			sed '1,/^=== case/d; /^@/d' "$console" | tail -n 40)
	fi
fi

mkdir -p build/results
echo "$passed $failed $skipped" >build/results/docs
printf '%d passed, %d failed' "$passed" "$failed"
[ "$skipped" = 0 ] || printf ', %d skipped' "$skipped"
echo
[ "$failed" = 0 ]
