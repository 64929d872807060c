#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# boot.sh DIR SCRIPT [OPTIONS of tests/vm/boot.sh]: run a script in a VM.
#
# As tests/vm/boot.sh runs a case of tests/vm/cases, which it has to be one of:
# so this lays out a lab in DIR whose only case is SCRIPT. DIR gets console.log
# and verdict.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
dir=$1 script=$2
shift 2

lab=$dir/tests/vm
rm -rf "$dir"
mkdir -p "$lab/cases" "$root/build/tests"
dir=$(cd "$dir" && pwd)
cp -p "$root"/tests/vm/{boot.sh,kernel.sh,lib.sh,init,dmesg-allow,traffic.c} "$lab/"
cp "$script" "$lab/cases/"
ln -s "$root/build" "$dir/build"
exec "$lab/boot.sh" -o "$dir" "$@" "$(basename "$script")"
