# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# Two sites whose directors are joined by several links, for docs/striping.md.
# To be read after lib.sh, whose topo makes c and d.
#
#   c 10.7.0.1 -- 10.7.0.2 d 10.0.0.1 == links == 10.0.0.2 e 10.8.0.1 -- 10.8.0.2 f
#
# Link N is linkN on both sides: 10.1.N.1 on d, 10.1.N.2 on e. What d needs to
# reach e, e needs to reach d: functions that begin with both_ do it on both.

FAR=10.0.0.2:5555
LINKS=()

# One side of a link: a packet takes its length by the rate, and the lag. In front
# of it is room for 100 ms, as routers have. (tbf would let a packet pass at once
# after a pause, and so be faster than a link of its rate.)
shape() { # NS LINK MBIT MS [NETEM...]
	local ns=$1 link=$2 mbit=$3 ms=$4

	shift 4
	tc -n "$PFX-$ns" qdisc replace dev "$link" root netem rate "${mbit}mbit" \
		delay "${ms}ms" limit $((mbit * 1000 * (ms + 100) / (1514 * 8))) "$@" ||
		fail "netem of $link"
}

# sites MBIT:MS...: the far site, and a link for each of these
sites() {
	local m n=0 spec

	for m in fou ipip sch_netem; do
		modprobe -q "$m" || skip "no module $m here"
	done
	find_stream
	LINKS=("$@")
	for n in e f; do
		ip netns add "$PFX-$n"
		sysctls "$n" ipv6/conf/all/disable_ipv6=1 ipv6/conf/default/disable_ipv6=1
		ip -n "$PFX-$n" link set lo up
	done
	ip link add lan netns "$PFX-e" type veth peer name eth0 netns "$PFX-f"
	ip -n "$PFX-e" -b - <<-END || fail "network of e"
		link set lan up
		addr add 10.8.0.1/24 dev lan
	END
	ip -n "$PFX-f" -b - <<-END || fail "network of f"
		link set eth0 up
		addr add 10.8.0.2/24 dev eth0
		route add default via 10.8.0.1
	END
	ip -n "$PFX-c" route add 10.8.0.0/24 via 10.7.0.2
	sysctls e ipv4/ip_forward=1 ipv4/conf/all/send_redirects=0
	for ((n = 1; n <= $#; n++)); do
		spec=${!n}
		ip link add "link$n" netns "$PFX-d" type veth peer name "link$n" netns "$PFX-e"
		for side in d:1 e:2; do
			ip -n "$PFX-${side%:*}" -b - <<-END || fail "link$n"
				link set link$n up
				addr add 10.1.$n.${side#*:}/24 dev link$n
			END
			shape "${side%:*}" "link$n" "${spec%:*}" "${spec#*:}"
		done
	done
}

# silence N, mend N: link N loses everything, without a word; no more.
silence() {
	local n=$1 spec=${LINKS[$1 - 1]} ns

	for ns in d e; do
		shape "$ns" "link$n" "${spec%:*}" "${spec#*:}" loss 100%
	done
}

mend() {
	local n=$1 spec=${LINKS[$1 - 1]} ns

	for ns in d e; do
		shape "$ns" "link$n" "${spec%:*}" "${spec#*:}"
	done
}

find_stream() {
	local root

	command -v stream >/dev/null && command -v striping-watch >/dev/null && return
	root=$(cd "$LIB/../.." && pwd)
	make -s -C "$root/tests/striping" OUT="$root/build/tests" || skip "cannot build stream"
	PATH=$PATH:$root/build/tests
}

# far_side FILE: run what d has run, with the addresses of the two exchanged, on e.
far_side() {
	sed -E 's/\b10\.0\.0\.1\b/NEAR/g; s/\b10\.0\.0\.2\b/10.0.0.1/g; s/NEAR/10.0.0.2/g
		s/\b10\.1\.([0-9]+)\.1\b/NEAR\1/g; s/\b10\.1\.([0-9]+)\.2\b/10.1.\1.1/g
		s/NEAR([0-9]+)/10.1.\1.2/g; s/\b10\.8\.0\.0\/24\b/10.7.0.0\/24/g' "$1" >"$T/far"
	in_ns e bash -e -o pipefail "$T/far" </dev/null >"$T/said-far" 2>&1 ||
		fail "on the far side: $(cat "$T/far" "$T/said-far")"
}

both() {
	cat >"$T/both"
	in_ns d bash -e -o pipefail "$T/both" </dev/null || fail "$(cat "$T/both")"
	far_side "$T/both"
}

# The tunnel between the directors: the commands of the page.
both_tunnel() {
	local n

	{
		echo sysctl -qw net.ipv4.conf.all.rp_filter=2
		echo ip address add 10.0.0.1/32 dev lo
		for ((n = 1; n <= ${#LINKS[@]}; n++)); do
			echo "ip route add 10.0.0.2 via 10.1.$n.2 src 10.0.0.1 metric $n"
		done
		cat <<-'END'
			ip fou add port 5555 ipproto 4 local 10.0.0.1
			ip link add stripe0 type ipip local 10.0.0.1 remote 10.0.0.2 ttl 64 encap fou encap-sport 5555 encap-dport 5555
			ip link set stripe0 mtu 1472 gso_max_segs 1 up
			ip route add 10.8.0.0/24 dev stripe0
		END
	} | both
}

# both_service SCHEDULER [OPTIONS of the real server, one string a link]
# An empty string leaves the link out.
both_service() {
	local sched=$1 n=0 options

	shift
	{
		echo ipvsadm -C
		echo "ipvsadm -A -u $FAR -s $sched -o"
		for options in "$@"; do
			n=$((n + 1))
			[ -z "$options" ] ||
				echo "${IPVSADM:-ipvsadm} -a -u $FAR -r 10.1.$n.2 -g $options"
		done
	} | both
}

# packets N: that d has sent to the far end of link N since the service began
packets() {
	in_ns d ipvsadm -Ln -u "$FAR" --stats --exact |
		awk -v s="10.1.$1.2:5555" '$1 == "->" && $2 == s { print $4 }'
}

# udp_stream PACKETS-A-SECOND SECONDS [OPTIONS of stream recv]: c to f, into RES
udp_stream() {
	local rate=$1 seconds=$2

	shift 2
	spawn recv f stream recv 7000 "$@" >"$T/recv"
	wait_for 20 grep -q ready "$T/recv"
	in_ns c stream send 10.8.0.2 7000 -r "$rate" -t "$seconds" >/dev/null ||
		fail "stream send"
	finish recv || fail "stream recv"
	parse "$T/recv"
}
