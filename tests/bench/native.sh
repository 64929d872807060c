#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Cost of decisions in nanoseconds of this machine.
#
#   native.sh SERIES [OPTIONS of native.c]
#   PROGRAM=events native.sh SERIES [OPTIONS of events.c]
#
# Builds native.c, or events.c, with the modules' files and with mainline's of the kernel
# SERIES, from the distribution's source package, and runs it. With LOCKS=shim
# in the environment the locks are not those of native_lock.h but the shim's. RUN is a
# program to run it under.

set -eu -o pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
locks=${LOCKS:-kernel} program=${PROGRAM:-native}
out=${OUT:-$root/build/bench}/native-$locks

[ $# -gt 0 ] || {
	echo "native.sh: which kernel? native.sh SERIES" >&2
	exit 1
}
src=$("$root/tests/vm/kernel.sh" source "$1")
shift
mkdir -p "$out"
cflags="-O2 -g -fno-strict-aliasing -DSHIM_FAST"
[ "$locks" = shim ] || cflags+=" -include $here/native_lock.h"
make -s -C "$root/tests/unit" fast OUT="$out" MAINLINE_DIR="$src" \
	cflags-fast="$cflags" >&2
# shellcheck disable=SC2086
gcc -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Wno-missing-field-initializers $cflags \
	-Wno-unused-parameter -I"$root/kernel/compat/include" -I"$root/kernel" \
	-I"$root/kernel/include" -I"$root/tests/shim/include" \
	-o "$out/$program" "$here/$program.c" "$here/native_lock.c" \
	"$out"/fast/{ip_vs_ext,sched,mainline}/*.o "$out/fast/libshim.a" -lpthread
# shellcheck disable=SC2086
exec ${RUN-} "$out/$program" "$@"
