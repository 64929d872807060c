#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Build a debug kernel from Debian's kernel source into a cache.
#
#   kernel.sh list           the kernels there are
#   kernel.sh build NAME     build it if it is not in the cache
#   kernel.sh built NAME     succeed if it is
#   kernel.sh kver NAME      its release
#   kernel.sh kdir NAME      its build tree, for make -C
#   kernel.sh arch NAME      what it runs in: um or x86
#   kernel.sh vmlinuz NAME   its image
#   kernel.sh modules NAME   its lib/modules/RELEASE
#   kernel.sh source NAME    what it was built from
#
# The cache is that of tests/vm/kernel.sh. A kernel is kept under the version of
# the source package and a hash of its configuration, so both a new package and
# a changed fragment build anew; an interrupted build goes on where it was.
# Without a network the newest one of the same configuration is used.

set -eu -o pipefail

here=$(cd "$(dirname "$0")" && pwd)
. "$(dirname "$0")/../apt.sh"
cache=${IPVS_EXT_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/ipvs-ext}
jobs=${JOBS:-$(nproc)}

# name, series of the source ("-old": the oldest there is of it), suites to look in
# ("-": what apt is set to), architecture, fragments of config/. User-mode Linux of 6.1
# does not start on processors with large register files (AMX); 7.x does.
kernels='
uml-debug 7 trixie-backports,sid um  common uml uml-debug debug
uml       7 trixie-backports,sid um  common uml smp
kcsan     6.1 -                  x86 common x86 no-info smp kcsan
kasan     6.1 -                  x86 common x86 no-info smp debug debug-x86
kasan-5.10 5.10-old bullseye-security x86 common x86 smp debug debug-5.10
'

usage() { sed -n '/^#   kernel/,/^#$/s/^# \{0,3\}//p' "$0"; }

note() { printf 'kernel.sh: %s\n' "$*" >&2; }

die() {
	note "$@"
	exit 1
}

# What apt is to work on: a suite with a state of its own, or "-".
use_suite() { apt_use "$cache/debug/apt/$1" "$1"; }

# Source package of series $1 that suites $2 have: "suite package version".
find_source() {
	local series=${1%-old} suite pkg version

	for suite in ${2//,/ }; do
		use_suite "$suite" || continue
		[ "$suite" = - ] || apt_refresh || :
		pkg=$(apt_search "linux-source-${series//./\\.}(\.[0-9]+)?" | sort -V | tail -n1)
		[ -n "$pkg" ] || continue
		version=$(apt_version "$pkg")
		[ "$series" = "$1" ] || version=$(apt_run cache show "$pkg" |
			sed -n 's/^Version: //p' | sort -V | head -n1)
		printf '%s %s %s\n' "$suite" "$pkg" "$version"
		return
	done
	return 1
}

# The whole source of package $2, version $3, into the cache; prints where.
unpack_source() {
	local suite=$1 pkg=$2 version=$3 dest=$cache/linux/$2_$3 tmp

	if [ ! -f "$dest/Makefile" ]; then
		mkdir -p "$cache/linux"
		tmp=$(mktemp -d "$cache/linux/.new.XXXXXX")
		mkdir "$tmp/deb" "$tmp/tree"
		chmod 755 "$tmp/tree"
		note "fetching $pkg $version"
		if ! use_suite "$suite" || ! apt_get "$tmp/deb" download "$pkg=$version"; then
			rm -rf "$tmp"
			return 1
		fi
		dpkg-deb --fsys-tarfile "$tmp"/deb/*.deb |
			tar -xO --wildcards './usr/src/linux-source-*.tar.xz' |
			tar -xJ -C "$tmp/tree" --strip-components=1
		rm -rf "$dest"
		mv "$tmp/tree" "$dest"
		rm -rf "$tmp"
	fi
	printf '%s\n' "$dest"
}

# Every symbol a fragment asks for must be in the configuration, whatever
# dependencies have appeared since the fragment was written.
check_config() {
	local want symbol missing=0

	while read -r want; do
		symbol=${want%%=*}
		case $want in
		*=n) ! grep -q "^$symbol=" "$1" || want="$symbol not off" ;;
		*) grep -qxF "$want" "$1" || want="$want not taken" ;;
		esac
		[[ $want != *' '* ]] || {
			note "$want: $(grep "^$symbol=" "$1" || echo 'not set')"
			missing=1
		}
	done < <(sed -n '/^CONFIG_/p' "${fragments[@]}" |
		awk -F= '{ v[$1] = $0 } END { for (s in v) print v[s] }' | sort)
	return $missing
}

# make in the source; if it fails, the errors and where the log is.
made() {
	nice -n 15 make -j"$jobs" -C "$src" O="$dir/out" ARCH="$march" \
		LOCALVERSION="-$name" "$@" \
		>>"$dir/build.log" 2>&1 && return
	grep -E 'error|Error|ERROR|undefined' "$dir/build.log" | head -n 20 >&2
	die "make $* failed; log: $dir/build.log"
}

build_one() {
	local start=$SECONDS targets image kver

	mkdir -p "$dir/out"
	: >"$dir/build.log"
	note "building $name from ${src##*/}; log: $dir/build.log"
	if [ ! -f "$dir/out/.config" ]; then
		cat "${fragments[@]}" >"$dir/asked"
		made KCONFIG_ALLCONFIG="$dir/asked" allnoconfig
		check_config "$dir/out/.config" || {
			rm -f "$dir/out/.config"
			die "the configuration of $name is not what was asked for"
		}
	fi
	case $march in
	um) targets=(linux modules) image=linux ;;
	*) targets=(bzImage modules) image=arch/x86/boot/bzImage ;;
	esac
	made "${targets[@]}"
	made INSTALL_MOD_PATH="$dir/root" modules_install
	kver=$(cat "$dir/out/include/config/kernel.release")
	rm -f "$dir/root/lib/modules/$kver"/{build,source}
	ln -sfn "out/$image" "$dir/vmlinuz"
	# Debug information of the image is what makes it large, and is not used.
	find "$dir/out" -name '.tmp_vmlinux*' -delete
	printf '%s\n' "$kver" >"$dir/kver"
	note "built $name, $kver, in $((SECONDS - start)) s"
}

# The newest complete build of this name and configuration.
built_dir() {
	local f

	for f in "$cache/debug/$name"_*-"$hash"/kver; do
		[ ! -f "$f" ] || printf '%s\n' "${f%/kver}"
	done | sort -V | tail -n1
}

build() {
	local found suite pkg version old

	mkdir -p "$cache/debug"
	old=$(built_dir)
	if ! found=$(find_source "$series" "$suites"); then
		[ -n "$old" ] || die "no linux-source-$series can be had from apt," \
			"and no $name is in $cache/debug"
		note "apt has no linux-source-$series; using ${old##*/}"
		return
	fi
	read -r suite pkg version <<<"$found"
	dir=$cache/debug/${name}_$version-$hash
	[ ! -f "$dir/kver" ] || return 0
	exec 9>"$cache/debug/lock"
	flock 9
	if [ ! -f "$dir/kver" ]; then
		if ! src=$(unpack_source "$suite" "$pkg" "$version"); then
			[ -n "$old" ] || die "$pkg cannot be downloaded," \
				"and no $name is in $cache/debug"
			note "$pkg cannot be downloaded; using ${old##*/}"
			return
		fi
		build_one
	fi
	exec 9>&-
}

case ${1-} in
-h | --help | help)
	usage
	exit ;;
list)
	awk 'NF { print $1 }' <<<"$kernels"
	exit ;;
build | built | kver | kdir | arch | vmlinuz | modules | source) ;;
*)
	usage >&2
	exit 2 ;;
esac
read -r name series suites march parts < <(awk -v n="${2-}" '$1 == n' <<<"$kernels") ||
	die "no debug kernel '${2-}'; there are: $("$0" list | tr '\n' ' ')"
fragments=()
for part in $parts; do
	fragments+=("$here/config/$part")
done
hash=$(cat "${fragments[@]}" | sed '/^#/d; /^$/d' | sha256sum | cut -c1-12)

if [ "$1" = build ]; then
	build
	exit
fi
if [ "$1" = arch ]; then
	printf '%s\n' "$march"
	exit
fi
dir=$(built_dir)
[ -n "$dir" ] || {
	[ "$1" != built ] || exit 1
	die "$name is not built: $0 build $name"
}
case $1 in
kver) cat "$dir/kver" ;;
kdir) printf '%s\n' "$dir/out" ;;
vmlinuz) printf '%s\n' "$dir/vmlinuz" ;;
modules) printf '%s\n' "$dir/root/lib/modules/$(cat "$dir/kver")" ;;
source) readlink -e "$dir/out/source" ;;
esac
