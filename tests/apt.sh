# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# Packages of suites that this machine does not have its own from. To be sourced.
#
# Where the archive is, apt's sources say; they, and apt's lists, stay as they are.
# Signatures are checked.

# The suites that this machine has packages from: "ADDRESS SUITE".
apt_sources() {
	local f

	for f in /etc/apt/sources.list /etc/apt/sources.list.d/*; do
		[ -f "$f" ] || continue
		case $f in
		*.list)
			sed -nE 's/^deb +(\[[^]]*\] +)?//p' "$f" ;;
		*.sources)
			awk -v RS= -F '\n' '{
				uri = suites = ""
				for (i = 1; i <= NF; i++) {
					if ($i ~ /^URIs:/) { split($i, w, " "); uri = w[2] }
					if (sub(/^Suites:/, "", $i)) suites = $i
				}
				n = split(suites, s, " ")
				for (i = 1; i <= n; i++) print uri, s[i]
			}' "$f" ;;
		esac
	done
}

# Debian's archives are known by their suites.
apt_archive() { apt_sources | awk -v suite="-$1$" '$2 ~ suite && !n++ { print $1 }'; }
# The release of this machine.
apt_release() { apt_sources | awk 'sub(/-updates$/, "", $2) && !n++ { print $2 }'; }

# apt_use DIR SUITES [deb-src]: what apt is to work on from now on. Its files are in
# DIR. SUITES of "-" are what it works on anyway.
apt_use() {
	local suite uri sources='' dir=$1

	apt_dir='' apt_options=()
	[ "$2" != - ] || return 0
	for suite in $2; do
		uri=$(apt_archive "$(grep -o 'security$' <<<"$suite" || echo updates)")
		if [ -z "$uri" ]; then
			echo "apt's sources do not say where this machine has Debian's archive from" >&2
			return 1
		fi
		sources+="${3-deb} [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]"
		sources+=" $uri $suite main"$'\n'
	done
	mkdir -p "$dir"/{lists/partial,archives/partial,none}
	[ -f "$dir/status" ] || : >"$dir/status"
	printf %s "$sources" | cmp -s - "$dir/sources.list" ||
		printf %s "$sources" >"$dir/sources.list"
	apt_dir=$dir
	apt_options=(-o "Dir::State=$dir" -o "Dir::State::status=$dir/status"
		-o "Dir::State::lists=$dir/lists" -o "Dir::Cache=$dir"
		-o "Dir::Etc::sourcelist=$dir/sources.list" -o "Dir::Etc::sourceparts=$dir/none"
		-o "Dir::Etc::preferences=$dir/none/none" -o "Dir::Etc::preferencesparts=$dir/none"
		-o APT::Architecture=amd64 -o Acquire::Languages=none
		-o Acquire::http::Timeout=20 -o Acquire::Retries=1 -o Debug::NoLocking=1)
}

# apt_run get|cache ARGUMENTS...
apt_run() { "apt-$1" -o APT::Sandbox::User=root "${apt_options[@]}" "${@:2}"; }

# The lists of apt_use; only root can refresh this machine's.
apt_refresh() {
	command -v apt-get >/dev/null || return 1
	if [ -n "$apt_dir" ]; then
		apt_run get update -qq -o APT::Update::Error-Mode=any >"$apt_dir/log" 2>&1 &&
			touch "$apt_dir/fresh"
	else
		[ "$(id -u)" = 0 ] && apt_run get update -qq >/dev/null 2>&1
	fi
}

# Names of packages that match $1.
apt_search() {
	apt_run cache search --names-only "^$1\$" 2>/dev/null |
		cut -d' ' -f1 | { grep -E "^$1\$" || :; }
}

# The version of a package, as in the names of files.
apt_version() {
	apt_run cache show --no-all-versions "$1" 2>/dev/null |
		sed -n 's/^Version: \([0-9]*:\)\?//p' | head -n1
}

# apt_get DIR COMMAND...: apt-get in DIR, and why not if it fails.
apt_get() {
	(cd "$1" && apt_run get -qq "${@:2}") >"$1/log" 2>&1 && return
	sed 's/^/apt: /' "$1/log" | tail -n3 >&2
	return 1
}
