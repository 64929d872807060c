#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Fetch a distribution kernel into a cache, without installing anything.
#
#   kernel.sh list              what SERIES can be
#   kernel.sh fetch SERIES      image, modules and headers; what is needed to build
#   kernel.sh kver SERIES       its release
#   kernel.sh version SERIES    the version of its package
#   kernel.sh kdir SERIES       its headers, ready for make -C
#   kernel.sh vmlinuz SERIES    its image
#   kernel.sh modules SERIES    its lib/modules/RELEASE
#   kernel.sh source SERIES     the parts of its source that tests need
#
# The cache is $IPVS_EXT_CACHE, by default ~/.cache/ipvs-ext. Without a network
# the kernel already there is used; if there is none either, the exit status is
# 77. Root is needed only to refresh stale package lists of this machine.

set -eu -o pipefail

. "$(dirname "$0")/../apt.sh"
cache=${IPVS_EXT_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/ipvs-ext}
flavour=cloud-amd64

usage() {
	sed -n '/^#   kernel/,/^#$/s/^# \{0,3\}//p' "$0"
}

note() { printf 'kernel.sh: %s\n' "$*" >&2; }

die() {
	note "$@"
	exit 1
}

# Where each series comes from: the suites of Debian, or "-" for what apt knows
# on this machine; the name of the image, and which one of several. With "tools" it
# is built by the compiler and the tools of its own release.
series_table() {
	cat <<-'END'
		6.1       newest  6\.1\.[0-9].*   -
		6.12      newest  6\.12\.[0-9].*  -
		6.12-old  oldest  6\.12\.[0-9].*  bookworm-backports
		5.10      newest  5\.10\.[0-9].*  bullseye-security
		7         newest  7\.[0-9].*      trixie-backports trixie tools
	END
}

# Sets $order, $pattern, $suites, $tools for series $1.
know() {
	read -r _ order pattern suites < <(series_table | grep -E "^${1//./\\.} ") || {
		printf 'kernel.sh: SERIES is one of %s; got %s\n' \
			"$(series_table | cut -d' ' -f1 | paste -sd' ')" "'$1'" >&2
		exit 2
	}
	tools=false
	[[ $suites != *" tools" ]] || { tools=true; suites=${suites% tools}; }
}

# Lists that are not older than a day, if that can be.
use_suites() {
	apt_use "$cache/apt/${suites// /+}" "$suites" || return
	[ -z "$apt_dir" ] || [ -n "$(find "$apt_dir/fresh" -mtime -1 2>/dev/null)" ] ||
		apt_refresh || :
}

# Images of the series, best first. An archive may lack the headers of some.
images() {
	apt_search "linux-headers-$pattern-$flavour" | case $order in
	oldest) sort -V ;;
	*) sort -rV ;;
	esac | sed 's/^linux-headers/linux-image/; 3q'
}

# Packages that $1 depends on and whose names match $2.
depends() {
	apt_run cache depends "$1" 2>/dev/null |
		sed -n 's/^[ |]*Depends: //p' | { grep -E "^$2\$" || :; }
}

# Headers carry absolute paths in two Makefiles: let them point to where the
# package was unpacked. kbuild tools and the common half are found through them.
relocate_headers() {
	local root=$1 kver=$2 kbuild=$3 cc f

	for f in "$root"/usr/src/linux-headers-*/Makefile; do
		[ -f "$f" ] || continue
		sed -i -E "s#(^|[ =])/usr/src/#\\1$kbuild/usr/src/#g
			s#(^|[ =])/usr/lib/linux-kbuild#\\1$kbuild/usr/lib/linux-kbuild#g" "$f"
	done
	# Its own compiler may not be had here.
	for f in "$root"/usr/src/linux-headers-*/.kernelvariables; do
		cc=$(sed -nE 's/^CC = .*\)(gcc-[0-9]+)$/\1/p' "$f" 2>/dev/null) || continue
		command -v "$cc" >/dev/null || sed -i "/^CC = /s/$cc\$/gcc/" "$f"
	done
	# With this file kbuild wants pahole, to add type information to modules.
	rm -f "$root/usr/src/linux-headers-$kver/vmlinux"
	if [ ! -e "$root/lib" ] && [ -d "$root/usr/lib/modules" ]; then
		ln -s usr/lib "$root/lib"
	fi
	for f in build source; do
		[ -L "$root/lib/modules/$kver/$f" ] && rm -f "$root/lib/modules/$kver/$f"
	done
	ln -sfn "$kbuild/usr/src/linux-headers-$kver" "$root/lib/modules/$kver/build"
}

# What the tools of a release need besides what their packages depend on.
build_tools=(dash bash coreutils binutils diffutils sed grep mawk findutils make xz-utils)

# A directory for make -C that builds with the /usr of tree $1 in the place of this
# machine's, for kernel $2: compiler, libraries and headers are at their own paths,
# and all other files are where they were.
own_tools() {
	mkdir "$3"
	cat >"$3/Makefile" <<-END
		# Written by tests/vm/kernel.sh.
		MAKEFLAGS += --no-print-directory
		.DEFAULT_GOAL := modules
		user := \$(if \$(filter-out 0,\$(shell id -u)),-r)
		%:: ; +@unshare \$(user) -m sh -c 'mount --bind "$1/usr" /usr && \
			exec make -C /usr/src/linux-headers-$2 \$@'
		Makefile: ;
	END
}

# Unpack the kernel package $1, version $2, into $3. The tree is built beside
# and renamed, so that an interrupted run leaves nothing half done.
unpack_kernel() {
	local image=$1 dest=$3 kver=${1#linux-image-} tmp pkgs deb status=0

	mapfile -t pkgs < <(depends "$image" "linux-(binary|modules)-[^ ]*$flavour")
	pkgs+=("$image" "linux-headers-$kver")
	$tools || mapfile -t -O "${#pkgs[@]}" pkgs < <(
		depends "linux-headers-$kver" "linux-headers-[^ ]*common|linux-kbuild-[^ ]*")

	tmp=$(mktemp -d "$cache/kernel/.new.XXXXXX")
	mkdir -p "$tmp/deb" "$tmp/root/usr"
	apt_get "$tmp/deb" download "${pkgs[@]}" || status=$?
	if $tools && [ $status = 0 ]; then
		# with all that they depend on
		mkdir "$tmp/deb/partial"
		apt_get "$tmp/deb" install -y --download-only --no-install-recommends \
			-o "Dir::Cache::archives=$tmp/deb" "linux-headers-$kver" \
			"${build_tools[@]}" || status=$?
		for deb in bin sbin lib lib64; do
			mkdir "$tmp/root/usr/$deb"
			ln -s "usr/$deb" "$tmp/root/$deb"
		done
		ln -s mawk "$tmp/root/usr/bin/awk"
	fi
	if [ $status != 0 ]; then
		rm -rf "$tmp"
		return 1
	fi
	for deb in "$tmp"/deb/*.deb; do
		dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$tmp/root" --keep-directory-symlink
	done
	rm -rf "$tmp/deb"
	if $tools; then
		rm -f "$tmp/root/usr/src/linux-headers-$kver/vmlinux"
		own_tools "$dest/root" "$kver" "$tmp/build"
	else
		relocate_headers "$tmp/root" "$kver" "$dest/root"
	fi
	depmod -b "$tmp/root" "$kver"
	printf '%s\n' "$kver" >"$tmp/kver"
	chmod 755 "$tmp"
	rm -rf "$dest"
	mv "$tmp" "$dest"
}

current() {
	local dir

	dir=$(readlink "$cache/kernel/current-$1" 2>/dev/null) || return 1
	[ -f "$cache/kernel/$dir/kver" ] || return 1
	printf '%s\n' "$cache/kernel/$dir"
}

try_fetch() {
	local image version dest

	for image in $(images); do
		version=$(apt_version "$image")
		dest=$cache/kernel/${image#linux-image-}_$version
		[ -f "$dest/kver" ] || unpack_kernel "$image" "$version" "$dest" || continue
		ln -sfn "${dest##*/}" "$cache/kernel/current-$1"
		return
	done
	return 1
}

fetch() {
	local dir

	mkdir -p "$cache/kernel"
	exec 9>"$cache/kernel/lock"
	flock 9
	if ! use_suites || { ! try_fetch "$1" && ! { apt_refresh && try_fetch "$1"; }; }; then
		if ! dir=$(current "$1"); then
			note "no package linux-image of $1 can be had from apt, and none is in $cache/kernel"
			exit 77
		fi
		note "apt has no kernel $1 to download; using ${dir##*/} from the cache"
	fi
	exec 9>&-
}

print() {
	local dir kver

	dir=$(current "$2") || { fetch "$2"; dir=$(current "$2"); }
	kver=$(cat "$dir/kver")
	case $1 in
	kver) printf '%s\n' "$kver" ;;
	version) printf '%s\n' "${dir##*_}" ;;
	kdir)
		for f in "$dir/build" "$dir/root/usr/src/linux-headers-$kver"; do
			[ -d "$f" ] && printf '%s\n' "$f" && return
		done
		die "no headers in $dir" ;;
	modules) printf '%s\n' "$dir/root/lib/modules/$kver" ;;
	vmlinuz)
		for f in "$dir/root/boot/vmlinuz-$kver" "$dir/root/lib/modules/$kver/vmlinuz"; do
			[ -f "$f" ] && printf '%s\n' "$f" && return
		done
		die "no image in $dir/root" ;;
	esac
}

source_parts=(net/netfilter/ipvs scripts include/net/ip_vs.h
	include/uapi/linux/ip_vs.h lib/rbtree.c
	tools/testing/selftests/netfilter tools/testing/selftests/net/netfilter
	tools/testing/selftests/net/lib tools/testing/selftests/net/lib.sh)

try_source() {
	local version tmp dest parts=("${source_parts[@]/#/*/}")

	version=$(apt_version "linux-source-$1")
	[ -n "$version" ] || return 1
	dest=$cache/source/$1_$version
	# One that was unpacked when tests needed less is replaced.
	if [ "$(cat "$dest/.parts" 2>/dev/null)" != "${source_parts[*]}" ]; then
		tmp=$(mktemp -d "$cache/source/.new.XXXXXX")
		mkdir "$tmp/deb" "$tmp/tree"
		if ! apt_get "$tmp/deb" download "linux-source-$1"; then
			rm -rf "$tmp"
			return 1
		fi
		# Not every kernel has every part; the first one must be there.
		dpkg-deb --fsys-tarfile "$tmp"/deb/*.deb |
			tar -xO --wildcards './usr/src/linux-source-*.tar.xz' |
			tar -xJ -C "$tmp/tree" --strip-components=1 --wildcards \
			--no-wildcards-match-slash \
			"${parts[@]}" 2>"$tmp/log" || :
		if [ ! -d "$tmp/tree/net/netfilter/ipvs" ]; then
			rm -rf "$tmp"
			return 1
		fi
		chmod 755 "$tmp/tree"
		printf '%s\n' "${source_parts[*]}" >"$tmp/tree/.parts"
		rm -rf "$dest"
		mv "$tmp/tree" "$dest"
		rm -rf "$tmp"
	fi
	printf '%s\n' "$dest"
}

get_source() {
	local dir number

	number=$(print kver "$1" | grep -oE '^[0-9]+\.[0-9]+')
	mkdir -p "$cache/source"
	exec 9>"$cache/source/lock"
	flock 9
	if ! use_suites || { ! try_source "$number" &&
		! { apt_refresh && try_source "$number"; }; }; then
		dir=$(find "$cache/source" -maxdepth 1 -name "${number}_*" | sort -V | tail -n1)
		[ -n "$dir" ] || die "package linux-source-$number cannot be had from apt," \
			"and it is not in $cache/source"
		note "apt has no linux-source-$number to download; using ${dir##*/} from the cache"
		printf '%s\n' "$dir"
	fi
	exec 9>&-
}

case ${1-} in
-h | --help | help)
	usage
	exit ;;
list)
	series_table | cut -d' ' -f1
	exit ;;
fetch | kver | version | kdir | vmlinuz | modules | source) ;;
*)
	usage >&2
	exit 2 ;;
esac
know "${2-}"

case $1 in
fetch) fetch "$2" ;;
source) get_source "$2" ;;
*) print "$1" "$2" ;;
esac
