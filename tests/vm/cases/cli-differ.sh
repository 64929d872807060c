#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# vm: smp=2 mem=512 timeout=300
# about: differ finds every kind of difference, and none between a program and itself
# once: a test of the tool
# allow-dmesg: IPVS: ip_vs_(add|edit)_dest\(\): lower threshold is higher than upper threshold
# allow-dmesg: IPVS: (Unknown mcast interface|You probably need to specify IP address|Error .* multicast)
. "$(dirname "$0")/../lib.sh"

NEW_TOOL=$OLD_TOOL
twins
ns=(--ns "/run/netns/$PFX-a" --ns "/run/netns/$PFX-b")

step "a program and itself"
alike --new "$OLD_TOOL" "${ns[@]}" --strict --count 600 random
alike --new "$OLD_TOOL" "${ns[@]}" --strict --count 20 restore

# finds WHAT SCRIPT: with a program that is made of ipvsadm and does as the bash
# script says, only what its name begins to tell differs.
cat >"$T/lines" <<'END'
ipvsadm -A -t 10.0.0.1:80 -s rr
ipvsadm -A -t 10.0.0.1:80 -s rr
ipvsadm -a -t 10.0.0.1:80 -r 10.0.1.1:80 -w 5 -x 100 -y 50
ipvsadm -a -t 10.0.0.1:80 -r 10.0.1.2:80 -i --tun-type gue --tun-port 6080 --tun-csum
ipvsadm -L -n
ipvsadm -L -n --thresholds
ipvsadm -A -t nosuch:80
ipvsadm --nosuch
ipvsadm --set 100 50 20
ipvsadm --start-daemon master --mcast-interface lo --syncid 7
ipvsadm -L --daemon
ipvsadm --stop-daemon master
printf %s $'-A -u 10.0.0.1:80\n-a -u 10.0.0.1:80 -r 10.0.1.1:80\n' | ipvsadm -R
ipvsadm -S -n
ipvsadm -Z
ipvsadm -D -t 10.0.0.1:80
END
finds() {
	local what=$1 status=0

	printf '#!/bin/bash\nreal() { (exec -a ipvsadm %s "$@"); }\n%s\n' "$OLD_TOOL" "$2" \
		>"$T/broken"
	busybox chmod 755 "$T/broken"
	differ --new "$T/broken" "${ns[@]}" --strict lines "$T/lines" >"$T/found" 2>&1 || status=$?
	[ $status = 1 ] || { cat "$T/found"; fail "status $status with: $2"; }
	sed -n '/^lines: [0-9]* differences/,$p' "$T/found" >"$T/classes"
	grep -q -- "$what" "$T/classes" || { cat "$T/classes"; fail "not found: $what with: $2"; }
}

step "differences it must find"
# shellcheck disable=SC2016
{
	finds ', stdout: ' 'real "$@" | sed "s/Route /Route/"; exit ${PIPESTATUS[0]}'
	finds ', stdout: ' 'real "$@"; s=$?; [ "$1" != -D ] || echo; exit $s'
	finds ', stderr: ' 'real "$@" 2> >(sed s/exists/exist/ >&2)'
	finds ', stdout, stderr: ' 'real "$@" 2>&1'
	finds ', status: ' 'real "$@" || exit 1'
	finds ', status: ' '[ "$1" != -Z ] || kill -9 $$; real "$@"'
	finds ', status, kernel: ' '[ "$1" != --set ] || exit 2; real "$@"'
	finds ', kernel: ' 'real "${@/#5/6}"'
	finds ', kernel: ' 'real "${@/100/101}"'
	finds ', kernel: ' 'real "${@/-y/-x}" 2>/dev/null || real "${@/50/51}"'
	finds ', kernel: ' 'real "${@/6080/6081}"'
	finds ', kernel: ' 'real "${@/--tun-csum/--tun-nocsum}"'
	finds ', kernel: ' 'real "${@/rr/wrr}"'
	finds ', kernel: ' '[ "$1" = --set ] || real "$@"'
	finds ', kernel: ' '[ "$1" != --start-daemon ] || set -- "${@/7/8}"; real "$@"'
	finds ', kernel: ' '[ "$1" != -R ] || { read -r l; echo "$l" | real -R; exit; }; real "$@"'
	finds ', kernel: ' '[ "$1" = -D ] || real "$@"'
}

step "deviations that have to be there"
# Debian's own program has none of them.
deviates() {
	differ --new "$OLD_TOOL" "${ns[@]}" lines "$1" >"$T/found" 2>&1 &&
		fail "not missed: $(cat "$1")"
	in_ns a "$OLD_TOOL" -C
	in_ns b "$OLD_TOOL" -C
}
printf 'ipvsadm -A -f 4294967295\nipvsadm -L -n\n' >"$T/mark"
printf 'ipvsadm -A -f 4294967295\nipvsadm -S -n\n' >"$T/save"
printf 'ipvsadm -A -f 1 -b ,\n' >"$T/comma"
for f in mark save comma; do
	deviates "$T/$f"
done
in_ns a "$OLD_TOOL" -A -t 10.0.0.1:80
for i in 1 2 3 4; do
	in_ns a "$OLD_TOOL" -a -t 10.0.0.1:80 -r 10.0.1.$i:80
done
differ --new "$OLD_TOOL" "${ns[@]:0:2}" --preload /bin/bigstats.so --numeric --share 10 list \
	>"$T/found" 2>&1 && fail "statistics of 32 bits are not found"
grep -q 'L, deviation missing: ' "$T/found" || { cat "$T/found"; fail "for another reason"; }
alike --new "$OLD_TOOL" "${ns[@]:0:2}" --preload /bin/bigstats.so --strict --numeric --share 10 list
in_ns a "$OLD_TOOL" -C
