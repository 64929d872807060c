#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# contrib/keepalived/schedulers.patch against Debian's source of keepalived.
#
#   keepalived.sh build	apply, build, and let the result read our names
#   keepalived.sh debian	apply on top of Debian's own changes
#
# Needs apt's signed lists once; source and result are cached outside of this
# tree. Ends with 77, and says why, if the source cannot be had.

set -eu -o pipefail
. "$(dirname "$0")/../apt.sh"
cd "$(dirname "$0")/../.."
root=$PWD
cache=${IPVS_EXT_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/ipvs-ext}/keepalived
patch=$root/contrib/keepalived/schedulers.patch

skip() {
	printf '%s\n' "$*"
	exit 77
}

# The source package: apt-get source ARGUMENTS...
source_package() {
	(cd "$cache/source" && apt_run get -qq source --download-only --only-source "$@" \
		keepalived) >"$cache/log" 2>&1
}

# What was there before is used if apt cannot be asked. Debian's own changes are a
# file beside upstream's, and may be missing where that is not.
fetch() {
	local release

	release=$(apt_release)
	mkdir -p "$cache/source"
	apt_use "$cache/apt" "$release $release-updates $release-security" deb-src \
		2>"$cache/log" || return 0
	if ! apt_refresh; then
		cp "$cache/apt/log" "$cache/log"
	elif ! source_package; then
		grep -m1 '^E: ' "$cache/log" >"$cache/why" || :
		source_package --tar-only || :
	fi
}

newest() { find "$cache/source" -name "$1" 2>/dev/null | sort -V | tail -n1; }

# unpack DIR: all of the package, or upstream's part
unpack() {
	if [ -n "$debian" ]; then
		dpkg-source --no-check -x "$dsc" "$1" >"$cache/log" 2>&1 || {
			cat "$cache/log"
			return 1
		}
	else
		mkdir "$1"
		tar -xf "$tar" -C "$1" --strip-components=1
	fi
}

apply() { patch -d "$1" -p1 --fuzz=0 -s <"$patch"; }

command -v apt-get >/dev/null || skip "no apt-get here"
mkdir -p "$cache"
exec 9>"$cache/lock"
flock 9
fetch
tar=$(newest 'keepalived_*.orig.tar.*')
[ -n "$tar" ] || skip "apt cannot get the source of keepalived: $(tail -n1 "$cache/log")"

dsc=$(newest 'keepalived_*.dsc')
debian=$(newest 'keepalived_*.debian.tar.*')

case ${1-} in
debian)
	if [ -z "$debian" ]; then
		skip "apt has upstream's part of keepalived's source only:" \
			"$(cat "$cache/why" 2>/dev/null)"
	fi
	tmp=$(mktemp -d)
	trap 'rm -rf "$tmp"' EXIT
	unpack "$tmp/tree"
	apply "$tmp/tree"
	exit ;;
build) ;;
*)
	sed -n 's/^# \{0,1\}  keepalived.sh/keepalived.sh/p' "$0" >&2
	exit 2 ;;
esac

built=$cache/build-$(cat "$tar" ${debian:+"$debian"} "$patch" "$0" | sha256sum | cut -c1-16)
if [ ! -x "$built/bin/keepalived" ]; then
	rm -rf "$cache"/build-* "$cache/new"
	unpack "$cache/new"
	apply "$cache/new"
	(cd "$cache/new" && ./configure -q && make -s) >"$cache/build.log" 2>&1 || {
		tail -n 5 "$cache/build.log"
		exit 1
	}
	mv "$cache/new" "$built"
fi

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
# reads NAME: keepalived takes it for a scheduler
reads() {
	printf 'virtual_server 10.7.1.1 80 {\n lb_algo %s\n lb_kind DR\n protocol TCP\n
		real_server 10.7.0.23 80 {\n weight 1\n TCP_CHECK {\n connect_timeout 3\n }\n }\n}\n' \
		"$1" >"$tmp/conf"
	"$built/bin/keepalived" -t -f "$tmp/conf" >"$tmp/said" 2>&1
}
for name in wlc $(sed -n 's/^schedulers := //p' schedulers/Kbuild); do
	reads "$name" || { cat "$tmp/said"; exit 1; }
done
if reads hpriority; then
	echo "keepalived -t does not find wrong names"
	exit 1
fi
grep -q "Invalid lvs_scheduler 'hpriority'" "$tmp/said"
