#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Install what the tests and the demo need. Debian package names; as root they
# are installed, otherwise this says what to install and fails.
set -eu

packages=(
	gcc-12 make libc6-dev pkg-config	# build
	libnl-genl-3-dev libpopt-dev libjansson-dev	# ipvsadm-ext
	check				# unit tests
	valgrind			# cost of decisions
	clang libclang-rt-14-dev	# fuzzing
	python3-jsonschema		# the documented schema, as a judge
	sparse perl python3-yaml	# contract tests
	qemu-system-x86 qemu-system-common cpio busybox-static kmod	# VM
	iproute2 ipvsadm iptables ldirectord keepalived socat netcat-openbsd	# in the VM
	dpkg-dev libssl-dev		# to build keepalived
	gnuplot-nox			# demo, make bench
	xz-utils			# kernel sources
	flex bison bc libelf-dev		# debug kernels
)

missing=()
for p in "${packages[@]}"; do
	dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q ' installed$' ||
		missing+=("$p")
done
[ ${#missing[@]} -eq 0 ] && exit 0

if [ "$(id -u)" -ne 0 ]; then
	echo "missing packages; as root run: apt-get install --no-install-recommends ${missing[*]}" >&2
	exit 1
fi

echo "installing: ${missing[*]}"
log=$(mktemp)
export DEBIAN_FRONTEND=noninteractive
install()
{
	apt-get install -y --no-install-recommends "${missing[@]}" >"$log" 2>&1
}
install || { apt-get update >"$log" 2>&1 && install; } || {
	cat "$log" >&2
	echo "could not install: ${missing[*]}" >&2
	exit 1
}
rm -f "$log"
