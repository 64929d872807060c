#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Boot a kernel and run one case of cases/ in it, or any other script that is
# named by its path. The kernel is one of kernel.sh or of tests/debug/kernel.sh; it
# runs in QEMU, or as a process if it is user-mode Linux.
#
#   boot.sh [-k KERNEL] [-b MODULES] [-e NAME=VALUE]... [-s CPUS] [-m MEGABYTES]
#           [-t SECONDS] [-o DIR] [-q QEMU-OPTIONS] [-i] CASE
#
# MODULES is the directory of our .ko files, by default build/RELEASE. DIR gets
# console.log and verdict. Prints the verdict; exits 0 = passed, 77 = skipped,
# 1 = failed. A guest that is not done after SECONDS has failed.
#
# With -i the guest's clock counts instructions, a nanosecond each: time passes for
# it as if it had a machine of its own. SECONDS remain those of this machine.
#
# The verdict has a serial port of its own, so nothing printed on the console
# can be taken for one. QEMU's accelerator is $IPVS_EXT_ACCEL; $IPVS_EXT_TOOL is
# another ipvsadm-ext than the one in build.

set -eu -o pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
cache=${IPVS_EXT_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/ipvs-ext}
accel=${IPVS_EXT_ACCEL:-tcg,thread=multi}
tool=${IPVS_EXT_TOOL:-$root/build/ipvsadm-ext/ipvsadm-ext}

# What the cases and lib.sh call, and where it goes. busybox does the rest.
tools=(bash ip ipvsadm tc)
applets=(awk basename cat cmp cp cut date dirname dmesg echo env expr false find grep
	head id insmod kill ln ls lsmod mkdir mkfifo mknod mktemp modprobe mount mv
	nproc nsenter ping poweroff printf ps rm rmmod sed seq setsid sh sleep sort stty
	sysctl tail tee test timeout touch tr true uname uniq unshare wc which xargs)
# Kernel modules the cases need, besides all of ip_vs; a kernel may have some
# of them built in, or not at all.
modules=(veth bridge ipip ip6_tunnel sctp act_skbedit cls_matchall cls_u32
	cls_flower sch_ingress nf_conntrack fou sch_netem)

die() {
	printf 'boot.sh: %s\n' "$*" >&2
	exit 1
}

copy_libs() {
	local dir=$1 lib

	{ ldd "$2" 2>/dev/null | grep -o '/[^ ]*' || :; } | while read -r lib; do
		mkdir -p "$dir${lib%/*}"
		cp -nL "$lib" "$dir$lib"
	done
}

copy_tool() {
	local path

	path=$(PATH=$PATH:/usr/sbin:/sbin command -v "$2") || die "$2 is not installed"
	cp -L "$path" "$1/bin/"
	copy_libs "$1" "$path"
}

# A file goes where it came from; a program to all others, with a link there.
copy_file() {
	mkdir -p "$1${2%/*}"
	case $2 in
	*/bin/* | */sbin/*)
		copy_tool "$1" "$2"
		ln -s "/bin/${2##*/}" "$1$2" ;;
	*)
		cp -nL "$2" "$1$2"
		copy_libs "$1" "$2" ;;
	esac
}

copy_modules() {
	local dir=$1 src=$2 kver=${2##*/} dest m f

	dest=$dir/lib/modules/$kver
	mkdir -p "$dest"
	cp "$src"/modules.{order,builtin,builtin.modinfo} "$dest/" 2>/dev/null || :
	{
		find "$src/kernel/net/netfilter/ipvs" -name 'ip_vs*.ko*' -printf '%f\n' |
			sed 's/\.ko.*//'
		printf '%s\n' "${modules[@]}"
	} | while read -r m; do
		modprobe -d "${src%/lib/modules/*}" -S "$kver" --show-depends "$m" \
			2>/dev/null || :
	done | sed -n 's/^insmod \([^ ]*\).*/\1/p' | sort -u | while read -r f; do
		# busybox reads plain modules only.
		m=$dest/${f#"$src"/}
		mkdir -p "${m%/*}"
		case $f in
		*.xz) xz -dc "$f" >"${m%.xz}" ;;
		*.zst) zstd -qdc "$f" >"${m%.zst}" ;;
		*.gz) gzip -dc "$f" >"${m%.gz}" ;;
		*) cp "$f" "$m" ;;
		esac
	done
}

pack() { (cd "$1" && find . -print0 | LC_ALL=C sort -z | cpio -0 -o -H newc -R 0:0 --quiet); }

# The part that is the same for every case: one file per kernel and tool set.
make_base() {
	local src=$1 key base dir a

	command -v busybox >/dev/null || die "busybox is not installed (busybox-static)"
	key=$(
		cd "$here"
		{
			cat boot.sh
			printf '%s\n' "$src"
			for a in busybox "${tools[@]}"; do
				PATH=$PATH:/usr/sbin:/sbin command -v "$a" || die "$a is not installed"
			done | xargs stat -Lc '%n %s %Y'
		} | sha256sum | cut -c1-16
	)
	base=$cache/initramfs/${src##*/}-$key.cpio
	if [ ! -f "$base" ]; then
		mkdir -p "$cache/initramfs"
		dir=$(mktemp -d "$cache/initramfs/.new.XXXXXX")
		mkdir -p "$dir"/{bin,dev,proc,sys,tmp,run,etc,lib/modules}
		ln -s bin "$dir/sbin"
		cp -L "$(command -v busybox)" "$dir/bin/busybox"
		if ldd "$dir/bin/busybox" >/dev/null 2>&1; then
			rm -rf "$dir"
			die "busybox is linked dynamically; install busybox-static"
		fi
		for a in "${applets[@]}"; do
			ln -s busybox "$dir/bin/$a"
		done
		for a in "${tools[@]}"; do
			copy_tool "$dir" "$a"
		done
		copy_modules "$dir" "$src"
		pack "$dir" >"$dir.cpio"
		rm -rf "$dir"
		rm -f "$cache/initramfs/${src##*/}"-????????????????.cpio
		mv "$dir.cpio" "$base"
	fi
	printf '%s\n' "$base"
}

# The part of one case: our modules, our tools, the cases.
make_initrd() {
	local base=$1 src=$2 mods=$3 out=$4 dir prog kver=${2##*/}

	dir=$(mktemp -d "$out/.initrd.XXXXXX")
	(cd "$dir" && cpio -i -d --quiet "lib/modules/$kver/*" <"$base")
	mkdir -p "$dir/lib/modules/$kver/updates" "$dir/bin" "$dir/tests/vm"
	[ -z "$mods" ] || cp "$mods"/*.ko "$dir/lib/modules/$kver/updates/"
	# Those that replace modules of the kernel, for the cases that load them.
	[ ! -d "$mods/replace" ] || cp -R "$mods/replace" "$dir/"
	depmod -b "$dir" "$kver" 2>/dev/null
	# Only what is new goes into the second archive.
	find "$dir/lib/modules/$kver" -mindepth 1 -maxdepth 1 -type d ! -name updates \
		-exec rm -rf {} +
	# traffic, programs of other rings, and the tool itself if it is built.
	for prog in "$root"/build/tests/* "$tool"; do
		[ ! -f "$prog" ] || [ ! -x "$prog" ] || copy_tool "$dir" "$prog"
	done
	# What a case wants besides: files its command prints the names of. The
	# command is told which kernel it is for.
	sed -n 's/^# take: *//p' "$script" |
		(cd "$root" && KERNEL=$series sh) | while read -r file; do
		copy_file "$dir" "$file"
	done
	cp -R "$here/cases" "$here/lib.sh" "$here/striping.sh" "$here/failover.sh" "$here/dmesg-allow" \
		"$here/../debug/reports.sh" "$dir/tests/vm/"
	cp -R "$root/contrib" "$dir/"
	cp "$script" "$dir/tests/vm/cases/"
	cp "$here/init" "$dir/init"
	chmod 755 "$dir/init"
	printf '%s\n' "CASE=$case" "${env[@]}" >"$dir/case.env"
	{ cat "$base"; pack "$dir"; } >"$out/initrd"
	rm -rf "$dir"
}

series=6.1 mods='' cpus=1 mem=384 limit=120 out='' env=() qemu=() clock=()
while getopts k:b:e:s:m:t:o:q:i opt; do
	case $opt in
	k) series=$OPTARG ;;
	b) mods=$OPTARG ;;
	e) env+=("export $OPTARG") ;;
	s) cpus=$OPTARG ;;
	m) mem=$OPTARG ;;
	t) limit=$OPTARG ;;
	o) out=$OPTARG ;;
	q) read -ra qemu <<<"$OPTARG" ;;
	i) clock=(-icount "shift=0,sleep=off") accel=tcg,thread=single ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))
[ $# = 1 ] || die "one case, please"
case=$(basename "$1" .sh)
script=$here/cases/$case.sh
[[ $1 != */* ]] || script=$1
[ -f "$script" ] || die "no such case: $1"

lab=$here/kernel.sh arch=x86
if [[ $series != [0-9]* ]]; then
	lab=$here/../debug/kernel.sh
	arch=$("$lab" arch "$series")
	# What the detectors keep of every object takes as much as the objects.
	mem=$((mem * 2))
fi
src=$("$lab" modules "$series")
kernel=$("$lab" vmlinuz "$series")
mods=${mods:-$root/build/${src##*/}}
out=${out:-$root/build/vm/${src##*/}/$case}
mkdir -p "$out" "$cache" "$root/build/tests"

exec 9>"$cache/boot.lock"
flock 9
if [ ! "$root/build/tests/traffic" -nt "$here/traffic.c" ]; then
	"${CC:-gcc}" -O2 -Wall -Wextra -Werror -static -pthread \
		-o "$root/build/tests/traffic" "$here/traffic.c"
fi
base=$(make_base "$src")
exec 9>&-
[ -n "$(find "$mods" -maxdepth 1 -name '*.ko' 2>/dev/null)" ] || mods=
make_initrd "$base" "$src" "$mods" "$out"

# A race need not be in our code, so not every report of KCSAN may be the end.
warn=1
[ "$series" != kcsan ] || warn=0
append="console=ttyS0 quiet loglevel=5 panic=-1 oops=panic panic_on_warn=$warn
	softlockup_panic=1 hung_task_panic=1 rcupdate.rcu_cpu_stall_suppress=0
	log_buf_len=4M"
[ "$arch" = um ] || append+=" earlyprintk=serial,ttyS0 random.trust_cpu=on mitigations=off nokaslr
	nmi_watchdog=0 tsc=reliable no_timer_check"

# 5.10 and 6.1 are told at boot only whose allocations may fail: connections'.
[[ $series != kasan* ]] || append+=" slub_debug=A,ip_vs_conn"

# The guest's time stamp counter is that of this machine, and kernels that measure its
# rate while the emulated timers are late get it wrong: their clocks then go several
# times too fast. Where this is a virtual machine itself, the rate is known.
if [ "$arch" != um ] && [ ${#clock[@]} = 0 ] && grep -qw hypervisor /proc/cpuinfo; then
	append+=" tsc_early_khz=$(awk '/^cpu MHz/ { printf "%d", 1000 * $4; exit }' /proc/cpuinfo)"
fi

# The serial ports are descriptors; more than one processor needs seccomp. KILL,
# because it panics when it is asked to end while idle.
boot_um() {
	local smp=() words

	read -ra words <<<"${append//[$'\n\t']/ }"
	[ "$cpus" = 1 ] || ! grep -q '^CONFIG_SMP=y' "$("$lab" kdir "$series")/.config" ||
		smp=(seccomp=on "ncpus=$cpus")
	timeout --foreground -s KILL "$limit" "$kernel" "mem=${mem}M" "initrd=$out/initrd" \
		uml_dir="$out/" con=null ssl=null ssl0=null,fd:1 ssl1=null,fd:3 "${smp[@]}" \
		"${words[@]}" </dev/null >"$out/console.log" 3>"$out/verdict" 2>"$out/machine.log"
}

boot() {
	rm -f "$out/verdict" "$out/console.log"
	if [ "$arch" = um ]; then
		boot_um
		return
	fi
	# Without cmpxchg16b: in QEMU 7.2, kernels that allocate with it were seen to die at
	# that instruction, with flags that no code can have set.
	timeout --foreground -k 5 "$limit" qemu-system-x86_64 -M pc -nodefaults -no-reboot \
		-display none -accel "$accel" -cpu max,-cx16 -smp "$cpus" -m "$mem" "${clock[@]}" "${qemu[@]}" \
		-kernel "$kernel" -initrd "$out/initrd" -append "${append//[$'\n\t']/ }" \
		-chardev file,id=console,path="$out/console.log" -serial chardev:console \
		-chardev file,id=verdict,path="$out/verdict" -serial chardev:verdict \
		</dev/null >"$out/machine.log" 2>&1
}

# QEMU before 8.1 may go on running code that the kernel has patched meanwhile, if it
# was translating that page for the first time (fixed by its deba78709a). The kernel then
# dies of a breakpoint it put there for the time of patching: the byte before the trap's
# return address, which is the one in <>, is that of the new instruction, and no int3.
stale_breakpoint() {
	awk '/int3: 0000/ { trap = 1 }
		trap && / Code: / { stale = !/ cc </; exit }
		END { exit !stale }' "$out/console.log"
}

# Another try, only for a guest that died of the emulator.
again() {
	mv "$out/console.log" "$out/console-first.log" 2>/dev/null || :
	printf 'boot.sh: %s: %s; trying again\n' "$case" "$1" >&2
	status=0
	boot || status=$?
}

status=0
boot || status=$?
# A kernel that does not reach our init has not met our modules. An emulated
# machine on a busy host does that now and then.
if [ ! -s "$out/verdict" ]; then
	again "the guest did not come up"
elif [ "$(tail -n1 "$out/verdict")" != end ] && stale_breakpoint; then
	again "the guest died of a stale breakpoint of QEMU's"
fi
rm -f "$out/initrd"

if [ "$(tail -n1 "$out/verdict" 2>/dev/null)" != end ]; then
	if [ $status = 124 ] || [ $status = 137 ]; then
		printf 'FAIL no verdict after %s s: the case or the kernel hangs\nend\n' \
			"$limit" >>"$out/verdict"
	else
		cat "$out/machine.log"
		printf 'FAIL no verdict: the kernel died\nend\n' >>"$out/verdict"
	fi
fi
# The first line says that init came up, the last one that nothing is missing.
sed -i '/^started$/d; /^end$/d' "$out/verdict"
cat "$out/verdict"
case $(head -n1 "$out/verdict") in
ok*) exit 0 ;;
skip*) exit 77 ;;
*) exit 1 ;;
esac
