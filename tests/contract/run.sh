#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What the project promises about itself, checked without running a kernel.
#
#   run.sh --list
#   run.sh [KERNEL [NAME...]]
#
# KERNEL is a series of tests/vm/kernel.sh, by default 6.1. One line a test;
# of a failed one also what it said. Everything is built in build/contract, or
# $CONTRACT_OUT; $RESULTS is the name of the file of results.

set -u -o pipefail

cd "$(dirname "$0")/../.." || exit 1
root=$PWD
lab=tests/vm/kernel.sh
out=$root/${CONTRACT_OUT:-build/contract}

# A test is a function t_NAME. It fails by returning anything but 0, and says
# why; 77 is a skip.

skip() { echo "$*"; return 77; }

# refuses TEXT COMMAND...: it fails, and what it prints has TEXT in it.
refuses()
{
	local text=$1 said
	shift
	if said=$("$@" 2>&1); then
		echo "did not fail: $*"
		return 1
	fi
	[[ $said == *"$text"* ]] && return
	printf 'expected "%s", got:\n%s\n' "$text" "$said"
	return 1
}

# target NAME: make it for the kernel, in our own directory.
target()
{
	local name=$1
	shift
	make --no-print-directory "$name" KVER="$kver" KDIR="$kdir" out="$out" "$@"
}
modules() { target modules "$@"; }

list() { sed -n "s/^$2 *:\?= *//p" "$1"; }
schedulers() { list schedulers/Kbuild schedulers; }
replacing() { list schedulers/Kbuild replacing; }

# Modules that are installed without being asked for.
installed()
{
	local s
	printf '%s\n' ip_vs_ext ip_vs_ext_nl
	for s in $(schedulers); do
		[[ " $(replacing) " == *" $s "* ]] || echo "ip_vs_$s"
	done
}

# ---- types ------------------------------------------------------------------

shim_flags=(-std=gnu11 -Wall -Wextra -Wno-unused-parameter -Wno-sign-compare
	-Wno-missing-field-initializers -fsyntax-only
	-Ikernel/compat/include -Ikernel -Ikernel/include)

answer() { awk '/define IP_VS_HAVE/ { print $2, $3 }' "$1" | sort; }

# The shim answers the probes as its ip_vs_compat_config.h says.
t_shim_probes()
{
	local said=$tmp/config.h have
	have=$(find tests/shim tests/unit -name ip_vs_compat_config.h)
	sh kernel/compat/probe.sh kernel/compat/probes "$said" \
		gcc -std=gnu11 -Itests/shim/include || return
	[ -n "$have" ] || { echo "no ip_vs_compat_config.h for the shim"; return 1; }
	diff <(answer "$have") <(answer "$said")
}

t_shim_types()
{
	gcc "${shim_flags[@]}" -Itests/shim/include tests/contract/contract.c
}

# A shim that differs from the kernel must not pass.
t_shim_differs()
{
	local dir=$tmp/shim h=net/ip_vs.h n=0 edit
	mkdir -p "$dir"
	while IFS= read -r edit; do
		cp -R tests/shim/include/. "$dir/"
		[ -e "$dir/${edit%% *}" ] || { echo "no ${edit%% *}"; return 1; }
		sed -i "${edit#* }" "$dir/${edit%% *}"
		if cmp -s "$dir/${edit%% *}" "tests/shim/include/${edit%% *}"; then
			echo "changes nothing: $edit"
			return 1
		fi
		if gcc "${shim_flags[@]}" "-I$dir" tests/contract/contract.c 2>"$tmp/err"; then
			echo "passed with: $edit"
			return 1
		fi
		grep -q 'static assertion failed' "$tmp/err" || { cat "$tmp/err"; return 1; }
		n=$((n + 1))
	done <<-END
		$h s/__u32 u_threshold/int u_threshold/
		$h s/^	atomic_t weight/	int weight/
		$h s/atomic_t totalconns/unsigned long totalconns/
		$h s/refcount_t refcnt/atomic_t refcnt/
		$h s/void \\*sched_data/unsigned long sched_data/
		$h s/int (\\*del_dest)/void (*del_dest)/
		$h s/const struct sk_buff \\*skb/struct sk_buff *skb/
		$h s/u64_stats_t conns/u64 conns/
		$h s/IP_VS_DEST_F_OVERLOAD	0x0002/IP_VS_DEST_F_OVERLOAD	0x0004/
	END
	[ "$n" = 9 ]
}

# Our code compiles on shapes that no kernel of the lab may have just now.
t_old_shapes()
{
	local dir=$tmp/old h=net/ip_vs.h total plain hurry tree f
	for total in 0 1; do for plain in 0 1; do for hurry in 0 1; do for tree in 0 1; do
		rm -rf "$dir"
		cp -R tests/shim/include "$dir"
		[ $total = 1 ] || sed -i 's/\<totalconns\>/inactconns/g' "$dir/$h"
		[ $plain = 0 ] || sed -i '/^struct ip_vs_counters/,/^}/s/u64_stats_t/u64/' "$dir/$h"
		[ $hurry = 1 ] || find "$dir" -name '*.h' -exec \
			sed -i 's/\<call_rcu_hurry\>/no_such_function/g' {} +
		[ $tree = 1 ] || find "$dir" -name '*.h' -exec \
			sed -i 's/\<rb_add\(_cached\)\?\>/no_such\1/g' {} +
		sh kernel/compat/probe.sh kernel/compat/probes "$dir/ip_vs_compat_config.h" \
			gcc -std=gnu11 -Wno-unused -Werror=implicit-function-declaration \
			"-I$dir" || return
		[ "$(answer "$dir/ip_vs_compat_config.h" | cut -d' ' -f2 | tr -d '\n')" = \
			"$hurry$tree$total$((1 - plain))" ] || { answer "$dir/ip_vs_compat_config.h"; return 1; }
		for f in tests/contract/contract.c kernel/ext_*.c schedulers/*.c; do
			gcc "${shim_flags[@]}" -Werror "-I$dir" -DKBUILD_MODNAME='"x"' \
				-D__KBUILD_MODNAME=x "$f" ||
				{ echo "total=$total plain=$plain hurry=$hurry tree=$tree"; return 1; }
		done
	done; done; done; done
}

t_kernel_types()
{
	local dir=$out/static-$kver
	modules >/dev/null || return
	mkdir -p "$dir"
	ln -sf "$root"/tests/contract/{contract.c,Kbuild} "$dir/"
	rm -f "$dir/contract.o"
	make -s -C "$kdir" M="$dir" ROOT="$root" \
		CONFIG="$out/$kver/src/kernel/compat" contract.o || return
	[ -f "$dir/contract.o" ]
}

# Members of the core's structs that our code uses are in contract.c.
t_members()
{
	local used m bad=0
	used=$(cat kernel/*.[ch] kernel/compat/include/*/*.h schedulers/*.c |
		grep -oE '\b(dest|svc)->[a-z_]+(\.conns)?' | sort -u)
	[ "$(wc -l <<<"$used")" -gt 10 ] || { echo "found only: $used"; return 1; }
	for m in $(sed 's/.*->//; s/\./\n/' <<<"$used"); do
		grep -qE "MEMBER\(ip_vs_[a-z_]+, $m," tests/contract/contract.c && continue
		echo "contract.c does not name: $m"
		bad=1
	done
	return $bad
}

# ---- protocol ---------------------------------------------------------------

uapi=kernel/include/uapi/linux/ip_vs_ext.h
ynl() { /usr/bin/python3 tests/contract/ynl.py "$@"; }

# What programs read of the protocol is what the header says.
t_ynl() { ynl docs/ip_vs_ext.yaml "$uapi"; }

# A difference in either of them does not go by.
t_ynl_differs()
{
	local file edit text n=0
	while IFS='|' read -r file edit text; do
		cp docs/ip_vs_ext.yaml "$uapi" "$tmp/"
		sed -i "$edit" "$tmp/$file"
		if cmp -s "$tmp/$file" docs/ip_vs_ext.yaml || cmp -s "$tmp/$file" "$uapi"; then
			echo "changes nothing: $edit"
			return 1
		fi
		refuses "$text" ynl "$tmp/ip_vs_ext.yaml" "$tmp/ip_vs_ext.h" || {
			echo "with: $edit"
			return 1
		}
		n=$((n + 1))
	done <<-END
		ip_vs_ext.yaml|s/name: lag$/name: delay/|IP_VS_EXT_ATTR_LAG: 4 in the header, None
		ip_vs_ext.yaml|s/name: suppressed$/name: left-out/|IP_VS_EXT_EVENT_SUPPRESSED: 12 in the header, None
		ip_vs_ext.yaml|s/value: 60000000$/value: 6000000/|IP_VS_EXT_LAG_MAX
		ip_vs_ext.yaml|/name: fwmark/,+1s/u32/u16/|IP_VS_EXT_SERVICE_FWMARK: u32 in the header, u16
		ip_vs_ext.yaml|s/name: set-attr/name: put-attr/|IP_VS_EXT_CMD_SET_ATTR: 2 in the header
		ip_vs_ext.yaml|s/^name: IPVS_EXT/name: IPVS/|GENL_NAME
		ip_vs_ext.yaml|s/- server-state$/- server-stat/|get-state: no attribute server-stat
		ip_vs_ext.yaml|/name: held/s/held/kept/|IP_VS_EXT_SERVER_IS_HELD
		ip_vs_ext.h|s/^	IP_VS_EXT_EVENT_TYPE_SPILL,/	IP_VS_EXT_EVENT_TYPE_NEW,\n&/|IP_VS_EXT_EVENT_TYPE_SPILL: 4 in the header, 3
		ip_vs_ext.h|s/@IP_VS_EXT_ATTR_BANDWIDTH: u64/@IP_VS_EXT_ATTR_BANDWIDTH: u32/|IP_VS_EXT_ATTR_BANDWIDTH
	END
	[ "$n" = 10 ]
}

# ---- tools ------------------------------------------------------------------

# What sparse says about our files; the kernel's headers are not ours.
sparse_build()
{
	local dir=$1
	shift
	rm -rf "$dir"
	modules out="$dir" KBUILD_ARGS="C=2 CF=-D__CHECK_ENDIAN__" "$@" \
		>"$tmp/sparse" 2>&1 || { cat "$tmp/sparse"; return 1; }
	grep -E "^($PWD|$dir)[^ ]*: (warning|error):" "$tmp/sparse" || :
}

t_sparse()
{
	local said
	command -v sparse >/dev/null || { skip "sparse is not installed"; return; }
	said=$(sparse_build "$out/sparse") || { echo "$said"; return 1; }
	echo "$said"
	[ -z "$said" ]
}

# sparse was run, with endian checks, and its words get through.
t_sparse_sees()
{
	local tree=$tmp/tree said
	command -v sparse >/dev/null || { skip "sparse is not installed"; return; }
	mkdir -p "$tree"
	cp -R Makefile Kbuild kernel schedulers "$tree/"
	echo 'u16 bad(const struct ip_vs_dest *d); u16 bad(const struct ip_vs_dest *d) { return d->port; }' \
		>>"$tree/schedulers/ip_vs_hprio.c"
	cd "$tree" || return
	said=$(sparse_build "$tree/build") || { echo "$said"; return 1; }
	[[ $said == *"incorrect type in return expression"* ]] && return
	echo "a port in the wrong byte order went by: $said"
	return 1
}

# It leaves a file where it is run.
run_checkpatch()
{
	(cd "$tmp" && perl "$source/scripts/checkpatch.pl" --strict --no-tree \
		--no-summary --terse --color=never -f "$@")
}

have_source()
{
	[ -n "$source" ] || source=$($lab source "$series" 2>/dev/null) || source=
	[ -f "$source/scripts/checkpatch.pl" ]
}

t_checkpatch()
{
	have_source || { skip "no kernel source with checkpatch"; return; }
	run_checkpatch "$root"/kernel/*.[ch] "$root"/kernel/compat/include/*/*.h \
		"$root"/kernel/compat/probes/*.c "$root"/schedulers/*.c || return
	# the arguments of its macros are types and members, and one is volatile
	run_checkpatch "$root/tests/contract/contract.c" \
		--ignore MACRO_ARG_PRECEDENCE,VOLATILE || return
	# A user's program: its types and its errno; and 1.31's words are as they are.
	# For names in mixed case it would like to look at a kernel tree, and says so.
	run_checkpatch "$root"/ipvsadm-ext/*.[ch] "$root"/ipvsadm-ext/cmd/*.c \
		--max-line-length=100 --ignore \
		"PREFER_KERNEL_TYPES,USE_NEGATIVE_ERRNO,ARRAY_SIZE,CAMELCASE,SPLIT_STRING" \
		--ignore "PREFER_DEFINED_ATTRIBUTE_MACRO,EMBEDDED_FUNCTION_NAME" \
		--ignore "STATIC_CONST_CHAR_ARRAY,MACRO_ARG_REUSE,TYPO_SPELLING" \
		--ignore "QUOTED_WHITESPACE_BEFORE_NEWLINE,LONG_LINE_STRING" 2>/dev/null
}

t_checkpatch_sees()
{
	have_source || { skip "no kernel source with checkpatch"; return; }
	sed 's/^	/        /' schedulers/ip_vs_hprio.c >"$tmp/bad.c"
	refuses "code indent should use tabs" run_checkpatch "$tmp/bad.c"
}

# ---- the repository ---------------------------------------------------------

# A scheduler is a file, a line in schedulers/Kbuild, a test and a page.
t_schedulers()
{
	local s f bad=0
	[ -n "$(schedulers)" ] || { echo "schedulers/Kbuild lists none"; return 1; }
	for s in $(schedulers); do
		[ "${#s}" -le 15 ] || { echo "name too long for the core: $s"; bad=1; }
		for f in "schedulers/ip_vs_$s.c" "tests/unit/test_$s.c" "docs/schedulers/$s.md"; do
			[ -f "$f" ] || { echo "missing: $f"; bad=1; }
		done
		grep -q "\"$s\"" "schedulers/ip_vs_$s.c" ||
			{ echo "schedulers/ip_vs_$s.c does not register $s"; bad=1; }
	done
	shopt -s nullglob
	for f in schedulers/*.c docs/schedulers/*.md; do
		s=${f##*/}
		s=${s#ip_vs_}
		s=${s%.*}
		[[ " $(schedulers) " == *" $s "* ]] && continue
		echo "not in schedulers/Kbuild: $f"
		bad=1
	done
	return $bad
}

# Files of the framework are built, and no others.
t_framework()
{
	diff <(tr ' ' '\n' <<<"$(list kernel/Kbuild ip_vs_ext-files) $(list kernel/Kbuild ip_vs_ext_nl-files)" | sort) \
		<(find kernel -maxdepth 1 -name '*.c' -printf '%f\n' | sed 's/\.c$//' | sort)
}

# Every probe is asked by probe.sh, and has a sentence in docs/compat.md.
t_probes()
{
	local f p bad=0
	for f in kernel/compat/probes/*.c; do
		p=$(basename "$f" .c)
		grep -qw "$p" kernel/compat/probe.sh || { echo "probe.sh does not ask $p"; bad=1; }
		grep -qw "$p" docs/compat.md || { echo "docs/compat.md does not say $p"; bad=1; }
	done
	return $bad
}

# The table of docs/compat.md has every kernel of the lab, and of this one it says
# what the probes do.
t_kernel_table()
{
	local config=$out/$kver/src/kernel/compat/ip_vs_compat_config.h k want
	for k in $($lab list); do
		grep -q "^| $k |" docs/compat.md || { echo "docs/compat.md has no kernel $k"; return 1; }
		grep -q "^| $k |" README.md || { echo "README.md has no kernel $k"; return 1; }
	done
	modules >/dev/null || return
	want=$(awk '/define IP_VS_HAVE/ { printf "%s=%s ", tolower(substr($2, 12)), $3 ? "yes" : "no" }' "$config")
	diff <(echo "$want") <(awk -F ' *[|] *' -v k="$series" '
		$2 == "kernel" { for (i = 4; i < NF; i++) { name[i] = $i; gsub("`", "", name[i]) } }
		$2 == k && NF > 5 { for (i = 4; i < NF; i++) printf "%s=%s ", name[i], $i; print "" }
		' docs/compat.md)
}

t_no_version_checks()
{
	! grep -rnE 'LINUX_VERSION_CODE|KERNEL_VERSION|RHEL_RELEASE' kernel schedulers
}

t_no_kernel_ifdef()
{
	! grep -nE '__KERNEL__|SHIM' kernel/*.[ch] schedulers/*.c
}

t_spdx()
{
	local f bad=0
	for f in Makefile Kbuild dkms.conf $(find kernel schedulers tests -type f \
		\( -name '*.[ch]' -o -name '*.sh' -o -name Kbuild -o -name Makefile \)); do
		head -n3 "$f" | grep -q 'SPDX-License-Identifier: GPL-2.0' && continue
		echo "no licence in the first lines: $f"
		bad=1
	done
	return $bad
}

t_shell()
{
	local f bad=0
	while IFS= read -r f; do
		"$(head -n1 "$f" | grep -q bash && echo bash || echo sh)" -n "$f" || bad=1
	done < <(find tests kernel -name '*.sh')
	return $bad
}

# ---- probes -----------------------------------------------------------------

# A kernel in a few lines, whose shape -D decides.
fake_kernel()
{
	mkdir -p "$tmp/fake/net" "$tmp/fake/linux"
	cat >"$tmp/fake/linux/rcupdate.h" <<-'END'
		struct rcu_head { int x; };
		typedef void (*rcu_callback_t)(struct rcu_head *);
		#ifdef HURRY
		void call_rcu_hurry(struct rcu_head *head, rcu_callback_t func);
		#endif
	END
	cat >"$tmp/fake/linux/rbtree.h" <<-'END'
		typedef _Bool bool;
		struct rb_node { int x; };
		struct rb_root { int x; };
		struct rb_root_cached { int x; };
		#ifdef TREE
		typedef bool less_fn(struct rb_node *, const struct rb_node *);
		void rb_add(struct rb_node *node, struct rb_root *tree, less_fn *less);
		void rb_add_cached(struct rb_node *node, struct rb_root_cached *tree, less_fn *less);
		#endif
	END
	cat >"$tmp/fake/net/ip_vs.h" <<-'END'
		typedef struct { int counter; } atomic_t;
		typedef unsigned long long u64;
		typedef struct { u64 v; } u64_stats_t;
		int atomic_read(const atomic_t *v);
		u64 u64_stats_read(const u64_stats_t *p);
		struct ip_vs_dest {
			atomic_t activeconns;
		#ifdef TOTAL
			atomic_t totalconns;
		#endif
		#ifdef INACT
			atomic_t inactconns;
		#endif
		};
		struct ip_vs_cpu_stats {
			struct {
		#ifdef PLAIN
				u64 conns;
		#endif
		#ifdef STATS_T
				u64_stats_t conns;
		#endif
				int other;
			} cnt;
		};
	END
}

probe()
{
	fake_kernel
	rm -f "$tmp/config.h"
	sh kernel/compat/probe.sh kernel/compat/probes "$tmp/config.h" \
		"${CC_FAKE:-gcc}" -I"$tmp/fake" -Wmissing-prototypes "$@"
}

answers()
{
	local want=$1
	shift
	probe "$@" || return
	[ "$(sed -n 's/^#define IP_VS_HAVE_[A-Z0-9_]* //p' "$tmp/config.h" | tr -d '\n')" = "$want" ] ||
		{ echo "with $*: expected $want"; cat "$tmp/config.h"; return 1; }
}

t_probe_shapes()
{
	answers 0000 -DINACT -DPLAIN &&
		answers 0101 -DINACT -DSTATS_T -DTREE &&
		answers 1101 -DTOTAL -DSTATS_T -DTREE &&
		answers 1110 -DTOTAL -DSTATS_T -DHURRY &&
		answers 1111 -DTOTAL -DSTATS_T -DHURRY -DTREE
}

t_probe_no_count()
{
	refuses "neither totalconns nor inactconns" probe -DPLAIN &&
		[ ! -e "$tmp/config.h" ]
}

t_probe_no_stats()
{
	refuses "neither u64_stats_t nor an integer" probe -DTOTAL &&
		[ ! -e "$tmp/config.h" ]
}

t_probe_broken_header()
{
	refuses "does not compile, so nothing can be said" probe -DTOTAL -DPLAIN -Datomic_read= &&
		[ ! -e "$tmp/config.h" ]
}

# compiler COMMANDS: one that runs them for totalconns.c, and else is gcc.
compiler()
{
	printf '#!/bin/sh\ncase "$*" in\n*totalconns.c*) %s ;;\nesac\nexec gcc "$@"\n' "$1" >"$tmp/cc"
	chmod +x "$tmp/cc"
	CC_FAKE=$tmp/cc
}

t_probe_compiler_crash()
{
	local CC_FAKE
	compiler 'kill -SEGV $$'
	refuses "the compiler ended with status 139" probe -DTOTAL -DPLAIN || return
	compiler 'echo "gcc: internal compiler error: Killed" >&2; exit 4'
	refuses "the compiler ended with status 4" probe -DTOTAL -DPLAIN || return
	compiler 'echo "out of disk space" >&2; exit 1'
	refuses "failed without a compile error" probe -DTOTAL -DPLAIN || return
	[ ! -e "$tmp/config.h" ]
}

# A compiler that never fails must not make every answer a yes.
t_probe_control()
{
	local CC_FAKE=true
	refuses "uses a member no kernel has compiles" probe &&
		[ ! -e "$tmp/config.h" ]
}

# The same inside of kbuild: the build stops and the sentence gets through.
t_build_unknown_kernel()
{
	local dir=$tmp/unknown
	cat >"$tmp/hide.h" <<-'END'
		#include <net/ip_vs.h>
		#define totalconns no_such_counter
		#define inactconns no_such_counter
	END
	refuses "counts connections in a way we do not know" \
		modules out="$dir" KBUILD_ARGS="KCFLAGS='-include $tmp/hide.h'" || return
	[ -z "$(find "$dir" -name 'ext_*.o' -o -name '*.ko')" ]
}

# ---- build and install ------------------------------------------------------

t_no_headers()
{
	refuses "no headers of kernel nonsense" make --no-print-directory modules KVER=nonsense &&
		refuses "make modules KVER=version KDIR=" make --no-print-directory modules KVER=
}

t_help()
{
	local said t bad=0
	said=$(make help) || return
	for t in modules install uninstall check check-unit check-contract check-vm demo clean; do
		grep -qE "^  make $t " <<<"$said" || { echo "make help is silent about $t"; bad=1; }
	done
	return $bad
}

t_install()
{
	local dest=$tmp/dest want m
	want=$(for m in $(installed); do
		echo "lib/modules/$kver/updates/$m.ko"
	done | sort)
	mkdir -p "$dest/lib/modules/$kver/updates"
	echo other >"$dest/lib/modules/$kver/updates/other.ko"
	target install DESTDIR="$dest" >"$tmp/log" 2>&1 || { cat "$tmp/log"; return 1; }
	diff <(echo "$want") <(find "$dest" -type f ! -name other.ko -printf '%P\n' | sort) || return
	for m in $want; do
		case $(modinfo -F vermagic "$dest/$m") in
		"$kver "*) ;;
		*) echo "$m is not for $kver"; return 1 ;;
		esac
		[ -n "$(modinfo -F description "$dest/$m")" ] || { echo "$m: no description"; return 1; }
		[ "$(modinfo -F license "$dest/$m")" = GPL ] || { echo "$m: not GPL"; return 1; }
	done
	# Two that have the names of the kernel's own come on request.
	target install DESTDIR="$dest" REPLACE=rr,wrr >"$tmp/log" 2>&1 || { cat "$tmp/log"; return 1; }
	for m in rr wrr; do
		[[ ",$(modinfo -F depends "$dest/lib/modules/$kver/updates/ip_vs_$m.ko")," == *,ip_vs_ext,* ]] ||
			{ echo "REPLACE=rr,wrr did not install $m"; return 1; }
	done
	refuses "REPLACE=rr,lc" target install DESTDIR="$dest" REPLACE=rr,lc || return
	target uninstall DESTDIR="$dest" >"$tmp/log" 2>&1 || { cat "$tmp/log"; return 1; }
	diff <(echo "lib/modules/$kver/updates/other.ko") <(find "$dest" -type f -printf '%P\n')
}

# The core asks modprobe for ip_vs_NAME.
t_dependencies()
{
	local s ko
	modules >/dev/null || return
	for s in $(schedulers); do
		ko=$out/$kver/src/ip_vs_$s.ko
		[[ ",$(modinfo -F depends "$ko")," == *,ip_vs_ext,* ]] ||
			{ echo "$s does not depend on ip_vs_ext"; return 1; }
	done
	# Init must not register what the core's locks may be waiting for.
	! nm "$out/$kver/ip_vs_ext.ko" | grep -E ' U (genl_register|register_pernet)'
}

# What dkms does with dkms.conf, without dkms: it is a shell script.
t_dkms()
{
	local dkms_tree=$tmp/dkms kernel_source_dir=$kdir kernelver=$kver
	# shellcheck disable=SC2034
	local -a MAKE CLEAN BUILT_MODULE_NAME BUILT_MODULE_LOCATION DEST_MODULE_LOCATION
	local PACKAGE_NAME PACKAGE_VERSION AUTOINSTALL i
	export kernel_source_dir kernelver
	# shellcheck disable=SC1091
	. ./dkms.conf || return
	diff <(printf '%s\n' "${BUILT_MODULE_NAME[@]}" | sort) \
		<(installed | sort) || return
	[ "$AUTOINSTALL" = yes ] || { echo "AUTOINSTALL is $AUTOINSTALL"; return 1; }
	mkdir -p "$dkms_tree/$PACKAGE_NAME/$PACKAGE_VERSION/build"
	cp -R Makefile Kbuild dkms.conf kernel schedulers \
		"$dkms_tree/$PACKAGE_NAME/$PACKAGE_VERSION/build/"
	cd "$dkms_tree/$PACKAGE_NAME/$PACKAGE_VERSION/build" || return
	eval "${MAKE[0]}" >"$tmp/log" 2>&1 || { cat "$tmp/log"; return 1; }
	for i in "${!BUILT_MODULE_NAME[@]}"; do
		[ -f "./${BUILT_MODULE_LOCATION[i]-}/${BUILT_MODULE_NAME[i]}.ko" ] ||
			{ echo "not built: ${BUILT_MODULE_NAME[i]}"; return 1; }
		[ "${DEST_MODULE_LOCATION[i]}" = /updates ] ||
			{ echo "goes to ${DEST_MODULE_LOCATION[i]}"; return 1; }
	done
}

# ---- keepalived -------------------------------------------------------------

# Our names in Debian's keepalived: see there.
t_keepalived()
{
	tests/contract/keepalived.sh build
}

t_keepalived_debian()
{
	tests/contract/keepalived.sh debian
}

# ---- run --------------------------------------------------------------------

tests() { sed -n 's/^t_\([a-z_]*\)()$/\1/p' "$root/tests/contract/run.sh"; }

case ${1-} in
--list | -l)
	tests
	exit ;;
-h | --help)
	sed -n '3,9s/^# \{0,1\}//p' "$0"
	exit ;;
esac

series=${1:-6.1}
shift $(($# > 0))
kver=$($lab kver "$series") && kdir=$($lab kdir "$series") || exit 1
source='' all=()
# The environment of make, if that is who calls, is not for those called here.
unset MAKEFLAGS MFLAGS MAKELEVEL
export PATH=$PATH:/usr/sbin:/sbin
passed=0 failed=0 skipped=0
[ $# -gt 0 ] || mapfile -t all < <(tests)
for name in "$@" "${all[@]}"; do
	declare -F "t_$name" >/dev/null || { echo "no such test: $name" >&2; exit 2; }
	tmp=$(mktemp -d)
	status=0
	said=$("t_$name" 2>&1) || status=$?
	rm -rf "$tmp"
	case $status in
	0)
		echo "ok    $name"
		passed=$((passed + 1)) ;;
	77)
		echo "skip  $name: $said"
		skipped=$((skipped + 1)) ;;
	*)
		echo "FAIL  $name"
		printf '      %s\n' "${said//$'\n'/$'\n'      }"
		failed=$((failed + 1)) ;;
	esac
done
mkdir -p build/results
echo "$passed $failed $skipped" >"build/results/${RESULTS:-contract}"
printf '%d passed, %d failed' "$passed" "$failed"
[ "$skipped" = 0 ] || printf ', %d skipped' "$skipped"
echo
[ "$failed" = 0 ]
