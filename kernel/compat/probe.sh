#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# probe.sh PROBES OUTPUT COMPILER FLAGS...: find out what shape a kernel has.
#
# Run by Kbuild with the compiler and the flags that the modules are built
# with. Compiles PROBES/*.c and writes the answers as macros to OUTPUT. Two
# controls show that compiling works and that failing does; where a kernel must
# have one of two shapes and has neither, the build stops.
set -eu

probes=$1
out=$2
shift 2
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

die()
{
	echo "ip_vs_ext: $*" >&2
	exit 1
}

# A failure other than a compile error (a compiler that crashed or was killed)
# must not read as "no".
compiles()
{
	rc=0
	"$compiler" "$@" -Werror -c -o "$tmp/$name.o" "$probes/$name.c" \
		2>"$tmp/$name.err" </dev/null || rc=$?
	[ "$rc" -le 1 ] || die "probe $name: the compiler ended with status $rc:
$(cat "$tmp/$name.err")"
	[ "$rc" -eq 0 ] || grep -q "error:" "$tmp/$name.err" ||
		die "probe $name failed without a compile error:
$(cat "$tmp/$name.err")"
	return "$rc"
}

compiler=$1
shift

name=control_good
compiles "$@" || die "a file that only includes <net/ip_vs.h> does not compile, so nothing can be said about this kernel:
$(cat "$tmp/$name.err")"
name=control_bad
if compiles "$@"; then
	die "a file that uses a member no kernel has compiles, so nothing can be said about this kernel"
fi

has()
{
	name=$1
	shift
	if compiles "$@"; then echo 1; else echo 0; fi
}

totalconns=$(has totalconns "$@")
inactconns=$(has inactconns "$@")
u64_stats_t=$(has u64_stats_t "$@")
u64_plain=$(has u64_plain "$@")
call_rcu_hurry=$(has call_rcu_hurry "$@")
rb_add=$(has rb_add "$@")

[ "$totalconns$inactconns" != 00 ] ||
	die "this kernel counts connections in a way we do not know: struct ip_vs_dest has neither totalconns nor inactconns"
[ "$u64_stats_t$u64_plain" != 00 ] ||
	die "this kernel keeps statistics in a way we do not know: ip_vs_cpu_stats.cnt.conns is neither u64_stats_t nor an integer"

{
	echo "/* Written by kernel/compat/probe.sh; see docs/compat.md. */"
	echo "#define IP_VS_HAVE_TOTALCONNS $totalconns"
	echo "#define IP_VS_HAVE_U64_STATS_T $u64_stats_t"
	echo "#define IP_VS_HAVE_CALL_RCU_HURRY $call_rcu_hurry"
	echo "#define IP_VS_HAVE_RB_ADD $rb_add"
} >"$out"
