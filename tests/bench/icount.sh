#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Cost of decisions in a real kernel, in instructions.
#
#   icount.sh SERIES
#
# SERIES is a kernel of tests/vm/kernel.sh, for which the modules have been
# built. Under QEMU's instruction counting one nanosecond of the guest is one
# instruction, so that the result does not depend on what else this machine
# does. It is blind to caches and to contention; see native.sh for those.
#
# Prints what guest.sh describes, without "end". $STAGES limits it.

set -eu -o pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
lab=$root/tests/vm/kernel.sh

die() {
	printf 'icount.sh: %s\n' "$*" >&2
	exit 1
}

[ $# = 1 ] || die "which kernel? icount.sh SERIES"
kver=$("$lab" kver "$1")
kdir=$("$lab" kdir "$1")
vmlinuz=$("$lab" vmlinuz "$1")
modules=$("$lab" modules "$1")
ours=$root/build/$kver
out=$root/build/bench/$kver
[ -f "$ours/ip_vs_hprio.ko" ] || die "build the modules first: make modules KVER=$kver"

mkdir -p "$out/src"
cp -sf "$here/Kbuild" "$here/ip_vs_bench.c" "$out/src/"
make -s -C "$kdir" M="$out/src" EXT="$ours/src" CONFIG_DEBUG_INFO_BTF_MODULES= \
	modules >"$out/build.log" 2>&1 || {
	cat "$out/build.log" >&2
	die "ip_vs_bench.ko does not build for $kver"
}

# A small root: busybox, two programs, the modules of ip_vs.
dir=$(mktemp -d "$out/.initrd.XXXXXX")
trap 'rm -rf "$dir"' EXIT
mkdir -p "$dir"/{bin,dev,proc,sys,tmp,lib/modules/"$kver"/updates}
ln -s bin "$dir/sbin"
cp -L "$(command -v busybox)" "$dir/bin/"
for f in awk ip mount modprobe poweroff sed sleep sort stty unshare; do
	ln -s busybox "$dir/bin/$f"
done
for f in bash ipvsadm; do
	path=$(PATH=$PATH:/usr/sbin:/sbin command -v $f) || die "$f is not installed"
	cp -L "$path" "$dir/bin/"
	ldd "$path" | grep -o '/[^ ]*' | while read -r lib; do
		mkdir -p "$dir${lib%/*}"
		cp -nL "$lib" "$dir$lib"
	done
done
find "$modules/kernel/net/netfilter/ipvs" -name 'ip_vs*.ko*' -printf '%f\n' |
	sed 's/\.ko.*//' | while read -r m; do
	modprobe -d "${modules%/lib/modules/*}" -S "$kver" --show-depends "$m"
done | sed -n 's/^insmod \([^ ]*\).*/\1/p' | sort -u | while read -r f; do
	m=$dir/lib/modules/$kver/${f#"$modules"/}
	mkdir -p "${m%/*}"
	case $f in
	*.xz) xz -dc "$f" >"${m%.xz}" ;;
	*) cp "$f" "$m" ;;
	esac
done
cp "$modules"/modules.{order,builtin,builtin.modinfo} "$dir/lib/modules/$kver/" 2>/dev/null || :
cp "$ours"/*.ko "$out/src/ip_vs_bench.ko" "$dir/lib/modules/$kver/updates/"
depmod -b "$dir" "$kver"
cp "$here/guest.sh" "$dir/"
printf '#!/bin/bash\nexport STAGES="%s"\nexec bash /guest.sh\n' \
	"${STAGES-harness small add-rr add-hprio add-rr big}" >"$dir/init"
chmod 755 "$dir/init"
(cd "$dir" && find . -print0 | cpio -0 -o -H newc -R 0:0 --quiet) >"$out/initrd"

rm -f "$out/icount.txt"
timeout --foreground -k 5 900 qemu-system-x86_64 -M pc -nodefaults -no-reboot \
	-display none -accel tcg,thread=single -icount shift=0,sleep=off \
	-cpu max -smp 1 -m 512 -kernel "$vmlinuz" -initrd "$out/initrd" \
	-append "console=ttyS0 quiet loglevel=4 panic=-1 oops=panic
		mitigations=off nokaslr nmi_watchdog=0 tsc=reliable" \
	-chardev file,id=console,path="$out/console.log" -serial chardev:console \
	-chardev file,id=result,path="$out/icount.txt" -serial chardev:result \
	</dev/null >"$out/qemu.log" 2>&1 || :
rm -f "$out/initrd"

if [ "$(tail -n1 "$out/icount.txt" 2>/dev/null)" != end ]; then
	tail -n 20 "$out/console.log" "$out/qemu.log" "$out/icount.txt" >&2
	die "the run in the virtual machine did not finish"
fi
sed '$d' "$out/icount.txt"
