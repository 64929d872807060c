#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# about: the kernel's own IPVS selftest, with ipvsadm-ext as ipvsadm and our rr
# take: case $KERNEL in [0-9]*) lab=tests/vm ;; *) lab=tests/debug ;; esac
# take: src=$($lab/kernel.sh source "$KERNEL" 2>/dev/null) || exit 0
# take: find "$src/tools/testing/selftests" -name ipvs.sh -o -name lib.sh -o -path '*/net/lib/sh/*'
# take: for tool in socat nc dd readlink; do command -v $tool; done || :
# vm: timeout=120 clock=count
. "$(dirname "$0")/../lib.sh"

[ -n "${IPVS_EXT_VM-}" ] || skip "changes what ipvsadm and rr are: only in a virtual machine"
command -v ipvsadm-ext >/dev/null || skip "no ipvsadm-ext here"
test=$(find / -xdev -path '*/netfilter/ipvs.sh' | head -n1)
[ -n "$test" ] || skip "the source package of this kernel cannot be had or has no ipvs.sh"
[ -f /replace/ip_vs_rr.ko ] || skip "no ip_vs_rr of ours here"
for tool in socat nc dd readlink; do
	grep -qw "$tool" "$test" "${test%/*}"/lib.sh 2>/dev/null || continue
	command -v "$tool" >/dev/null || skip "no $tool here, which ${test##*/} calls"
done

# What make install REPLACE=rr comes to: the first module of that name stays.
modprobe ip_vs_ext || fail "ip_vs_ext"
insmod /replace/ip_vs_rr.ko || fail "our ip_vs_rr"
begin
keep_hooks
used() { cat /sys/module/ip_vs_rr/refcnt; }
[ -e /sys/module/ip_vs_ext/holders/ip_vs_rr ] || fail "ip_vs_rr is not ours"
before=$(used)
grep '^ip_vs_rr ' /proc/modules

# What it was told, and how many services had our rr then.
mkdir "$T/bin"
cat >"$T/bin/ipvsadm" <<-END
	#!/bin/bash
	ipvsadm-ext "\$@"
	status=\$?
	printf '%s %s %s\n' "\$status" "\$(cat /sys/module/ip_vs_rr/refcnt)" "\$*" >>"$T/calls"
	exit \$status
END
busybox chmod 755 "$T/bin/ipvsadm"
cp "$(command -v busybox)" "$T/bin/"
for tool in $("$T/bin/busybox" --list); do
	command -v "$tool" >/dev/null || ln -s busybox "$T/bin/$tool"
done

step "${test##*/} of the kernel's source"
status=0
(cd "${test%/*}" && PATH=$T/bin:$PATH bash "./${test##*/}") >"$T/out" 2>&1 || status=$?
cat "$T/out"
[ $status != 4 ] || skip "$(grep -i skip "$T/out" | tail -n1)"
eq "$status" 0 "exit status"
grep -q PASS "$T/out" || fail "it does not say PASS"
for mode in DR NAT Tunnel; do
	grep -q "Testing $mode mode" "$T/out" || fail "$mode was not tested"
done

step "it was ipvsadm-ext and our rr that it tested"
cat "$T/calls"
eq "$(grep -c -- '^0 [0-9]* -A .* -s rr$' "$T/calls")" 3 "services added"
eq "$(grep -c -- '^0 [0-9]* -a ' "$T/calls")" 3 "servers added"
eq "$(grep -c -v '^0 ' "$T/calls")" 0 "commands refused"
while read -r _ n call; do
	[[ $call != -[Aa]* ]] || ge "$n" $((before + 1)) "users of our rr after ipvsadm $call"
done <"$T/calls"
