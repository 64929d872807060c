#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Fetch a distribution kernel into a cache, without installing anything.
#
#   kernel.sh fetch SERIES      image, modules and headers of the newest
#                               cloud kernel of SERIES (6.1, 6.12, ...)
#   kernel.sh kver SERIES       its release
#   kernel.sh kdir SERIES       its headers, ready for make -C
#   kernel.sh vmlinuz SERIES    its image
#   kernel.sh modules SERIES    its lib/modules/RELEASE
#   kernel.sh source SERIES     the parts of its source that tests need
#
# The cache is $IPVS_EXT_CACHE, by default ~/.cache/ipvs-ext. Without a network
# the newest kernel already there is used. Root is needed only to refresh
# stale package lists.

set -eu -o pipefail

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

# Newest package whose name matches $1 from its start to its end.
newest_package() {
	command -v apt-cache >/dev/null || return 1
	apt-cache search --names-only "^$1\$" 2>/dev/null |
		cut -d' ' -f1 | { grep -E "^$1\$" || :; } | sort -V | tail -n1
}

package_version() {
	apt-cache show --no-all-versions "$1" 2>/dev/null |
		sed -n 's/^Version: //p' | head -n1
}

# Packages that $1 depends on and whose names match $2.
depends() {
	apt-cache depends "$1" 2>/dev/null |
		sed -n 's/^[ |]*Depends: //p' | { grep -E "^$2\$" || :; }
}

image_pattern() { printf 'linux-image-%s\\.[0-9][^ ]*-%s' "${1//./\\.}" "$flavour"; }

refresh_lists() {
	local log=$cache/apt-update.log

	[ "$(id -u)" = 0 ] || return 1
	command -v apt-get >/dev/null || return 1
	mkdir -p "$cache"
	apt-get update -qq >"$log" 2>&1
}

# Download packages $2... into directory $1.
download() {
	local dir=$1 opt=()

	shift
	[ "$(id -u)" = 0 ] && opt=(-o APT::Sandbox::User=root)
	(cd "$dir" && apt-get download -qq "${opt[@]}" "$@") >"$dir/log" 2>&1
}

# Headers carry absolute paths in two Makefiles: let them point to where the
# package was unpacked. kbuild tools and the common half are found through them.
relocate_headers() {
	local root=$1 kver=$2 kbuild=$3 f

	for f in "$root"/usr/src/linux-headers-*/Makefile; do
		[ -f "$f" ] || continue
		sed -i -E "s#(^|[ =])/usr/src/#\\1$kbuild/usr/src/#g
			s#(^|[ =])/usr/lib/linux-kbuild#\\1$kbuild/usr/lib/linux-kbuild#g" "$f"
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

# Unpack the kernel package $1, version $2, into $3. The tree is built beside
# and renamed, so that an interrupted run leaves nothing half done.
unpack_kernel() {
	local image=$1 dest=$3 kver=${1#linux-image-} tmp pkgs deb

	mapfile -t pkgs < <(depends "$image" "linux-(binary|modules)-[^ ]*$flavour")
	mapfile -t -O "${#pkgs[@]}" pkgs < <(
		depends "linux-headers-$kver" "linux-headers-[^ ]*common|linux-kbuild-[^ ]*")
	pkgs+=("$image" "linux-headers-$kver")

	tmp=$(mktemp -d "$cache/kernel/.new.XXXXXX")
	mkdir "$tmp/deb" "$tmp/root"
	if ! download "$tmp/deb" "${pkgs[@]}"; then
		sed 's/^/kernel.sh: apt: /' "$tmp/deb/log" | tail -n3 >&2
		rm -rf "$tmp"
		return 1
	fi
	for deb in "$tmp"/deb/*.deb; do
		dpkg -x "$deb" "$tmp/root"
	done
	rm -rf "$tmp/deb"
	relocate_headers "$tmp/root" "$kver" "$dest/root"
	depmod -b "$tmp/root" "$kver"
	printf '%s\n' "$kver" >"$tmp/kver"
	chmod 755 "$tmp"
	rm -rf "$dest"
	mv "$tmp" "$dest"
}

# All complete kernels of a series in the cache, newest last.
cached() {
	local f

	for f in "$cache"/kernel/"$1".*/kver; do
		[ -f "$f" ] && printf '%s\n' "${f%/kver}"
	done | sort -V
}

current() {
	local dir

	dir=$(readlink "$cache/kernel/current-$1" 2>/dev/null) || return 1
	[ -f "$cache/kernel/$dir/kver" ] || return 1
	printf '%s\n' "$cache/kernel/$dir"
}

try_fetch() {
	local image version dest

	image=$(newest_package "$(image_pattern "$1")") || return 1
	[ -n "$image" ] || return 1
	version=$(package_version "$image")
	[ -n "$version" ] || return 1
	dest=$cache/kernel/${image#linux-image-}_${version##*:}
	[ -f "$dest/kver" ] || unpack_kernel "$image" "$version" "$dest" || return 1
	ln -sfn "${dest##*/}" "$cache/kernel/current-$1"
}

fetch() {
	local dir

	mkdir -p "$cache/kernel"
	exec 9>"$cache/kernel/lock"
	flock 9
	if ! try_fetch "$1" && ! { refresh_lists && try_fetch "$1"; }; then
		dir=$(cached "$1" | tail -n1)
		[ -n "$dir" ] || die "no package linux-image-$1.*-$flavour can be had" \
			"from apt, and none is in $cache/kernel"
		note "apt has no kernel $1 to download; using ${dir##*/} from the cache"
		ln -sfn "${dir##*/}" "$cache/kernel/current-$1"
	fi
	exec 9>&-
}

print() {
	local dir kver

	dir=$(current "$2") || { fetch "$2"; dir=$(current "$2"); }
	kver=$(cat "$dir/kver")
	case $1 in
	kver) printf '%s\n' "$kver" ;;
	kdir) printf '%s\n' "$dir/root/usr/src/linux-headers-$kver" ;;
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
	tools/testing/selftests/net/netfilter)

try_source() {
	local version tmp dest parts=("${source_parts[@]/#/*/}")

	version=$(package_version "linux-source-$1")
	[ -n "$version" ] || return 1
	dest=$cache/source/$1_${version##*:}
	if [ ! -d "$dest" ]; then
		tmp=$(mktemp -d "$cache/source/.new.XXXXXX")
		mkdir "$tmp/deb" "$tmp/tree"
		if ! download "$tmp/deb" "linux-source-$1"; then
			sed 's/^/kernel.sh: apt: /' "$tmp/deb/log" | tail -n3 >&2
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
		mv "$tmp/tree" "$dest"
		rm -rf "$tmp"
	fi
	printf '%s\n' "$dest"
}

get_source() {
	local dir

	mkdir -p "$cache/source"
	exec 9>"$cache/source/lock"
	flock 9
	if ! try_source "$1" && ! { refresh_lists && try_source "$1"; }; then
		dir=$(find "$cache/source" -maxdepth 1 -name "$1_*" | sort -V | tail -n1)
		[ -n "$dir" ] || die "package linux-source-$1 cannot be had from apt," \
			"and it is not in $cache/source"
		note "apt has no linux-source-$1 to download; using ${dir##*/} from the cache"
		printf '%s\n' "$dir"
	fi
	exec 9>&-
}

case ${1-} in
-h | --help | help)
	usage
	exit ;;
fetch | kver | kdir | vmlinuz | modules | source) ;;
*)
	usage >&2
	exit 2 ;;
esac
[[ ${2-} =~ ^[0-9]+\.[0-9]+$ ]] || die "SERIES is two numbers, as in 6.1; got '${2-}'"

case $1 in
fetch) fetch "$2" ;;
source) get_source "$2" ;;
*) print "$1" "$2" ;;
esac
