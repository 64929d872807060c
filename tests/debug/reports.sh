# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# What a debug kernel knows after a case, for tests/vm/init. On other kernels
# there is nothing to ask and nothing is said.

# The modules under test, as they stand in a trace: "[a]|[b]".
ours() {
	local m

	for m in /lib/modules/*/updates/*.ko; do
		m=${m##*/}
		printf '|\\[%s\\]' "${m%.ko}"
	done | cut -c2-
}

# Races of which neither side has a frame of ours are the kernel's own: they go from
# the log, and their number goes to /tmp/races. KCSAN holds a lock while it prints,
# so a report is what stands between two rules.
races() {
	OURS=$(ours) awk '
		!report && /=====$/ { print_rule(); rule = $0; next }
		/BUG: KCSAN: / { report = 1; mine = 0; text = rule "\n"; rule = "" }
		!report { print_rule(); print; next }
		{ text = text $0 "\n" }
		$0 ~ ENVIRON["OURS"] { mine = 1 }
		/=====$/ {
			if (mine) printf "%s", text
			else others++
			report = 0
		}
		END {
			print_rule()
			if (report) printf "%s", text
			print others + 0 >"/tmp/races"
		}
		function print_rule() { if (rule != "") print rule; rule = "" }'
}

# Names for the addresses in our modules, which are gone when leaks are looked for.
remember_symbols() {
	[ ! -e /sys/kernel/debug/kmemleak ] ||
		grep -E "$(ours)" /proc/kallsyms | sort >/tmp/symbols
}

# Objects nothing points to any more. kmemleak gives an object five seconds, and
# wants to have seen it unchanged before.
leaks() {
	local f=/sys/kernel/debug/kmemleak

	[ -e $f ] || return 0
	sleep 6
	echo scan >$f
	echo scan >$f
	# Fixed width, so that addresses compare as text.
	awk 'FILENAME == ARGV[1] { at[++n] = $1; name[n] = $3 " " $4; next }
		match($0, /0x[0-9a-f]{16}/) && !/unreferenced/ {
			a = substr($0, RSTART + 2, 16)
			for (i = n; i && at[i] > a; i--)
				;
			if (i) $0 = $0 "  " name[i]
		}
		{ print }' /tmp/symbols $f
}

# After any other report lockdep may have stopped looking.
lockdep_off() {
	grep -q 'debug_locks: *0' /proc/lockdep_stats 2>/dev/null
}
