#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# vm: smp=2 mem=512 timeout=240
# about: no root, no module, no output, odd environments: ipvsadm-ext does as ipvsadm 1.31
# once: a test of the tool
# allow-dmesg: IPVS: ip_vs_(add|edit)_dest\(\): lower threshold is higher than upper threshold
# allow-dmesg: IPVS: (Unknown mcast interface|You probably need to specify IP address|Error .* multicast)
. "$(dirname "$0")/../lib.sh"

names
modules=/lib/modules/$(uname -r)
# Others than root must be able to start programs.
busybox chmod 755 /

cat >"$T/any" <<'END'
ipvsadm
ipvsadm -L
ipvsadm -Ln
ipvsadm -L -n --stats --exact
ipvsadm -L -n --rate
ipvsadm -L -n --thresholds
ipvsadm -L -n -c
ipvsadm -L --timeout
ipvsadm -L --daemon
ipvsadm -L -n -t 10.0.0.1:80
ipvsadm -L -t nosuch:80
ipvsadm -S
ipvsadm -S -n
ipvsadm -v
ipvsadm -h
ipvsadm -x
ipvsadm -A
ipvsadm -A -t 10.0.0.9
ipvsadm -n -L
ipvsadm --nosuch
ipvsadm -L junk
ipvsadm -A -t 10.0.0.9:80 -b nosuch
END
cat >"$T/change" <<'END'
ipvsadm -A -t 10.0.0.9:80 -s rr
ipvsadm -A -t 10.0.0.9:80 -s rr
ipvsadm -a -t 10.0.0.9:80 -r 10.0.1.9:80
ipvsadm -E -t 10.0.0.9:80 -s wrr
ipvsadm -e -t 10.0.0.9:80 -r 10.0.1.9:80 -w 9
ipvsadm -L -n
printf %s '-A -t 10.0.0.8:80\n' | ipvsadm -R
ipvsadm -Z
ipvsadm --set 1 2 3
ipvsadm --start-daemon master --mcast-interface lo
ipvsadm -L --daemon
ipvsadm --stop-daemon master
ipvsadm -d -t 10.0.0.9:80 -r 10.0.1.9:80
ipvsadm -D -t 10.0.0.9:80
ipvsadm -C
END
cat "$T/any" "$T/change" >"$T/all"

outside() { alike "${TOOLS[@]}" "$@"; }

# same SCRIPT: what the script does with $TOOL does not depend on which it is.
same() {
	local tool i=0

	for tool in "$OLD_TOOL" "$NEW_TOOL"; do
		TOOL=$tool bash -c "tool() { (exec -a ipvsadm \"\$TOOL\" \"\$@\"); }; $1" \
			>"$T/out.$i" 2>"$T/err.$i"
		printf 'status %s\n' $? >>"$T/err.$i"
		i=$((i + 1))
	done
	for i in out err; do
		[ "$(cat "$T/$i.0")" = "$(cat "$T/$i.1")" ] || {
			head -n 20 "$T"/out.? "$T"/err.?
			fail "$1"
		}
	done
}

step "a kernel that has no ip_vs, and no module of it"
[ ! -e /proc/net/ip_vs ] || fail "ip_vs is loaded already"
mv "$modules" "$modules.away"
outside --no-state lines "$T/all"
outside --no-state --uid 65534 lines "$T/all"
step "nor modprobe"
mv /bin/modprobe /bin/modprobe.away
outside --no-state lines "$T/all"
mv /bin/modprobe.away /bin/modprobe
mv "$modules.away" "$modules"

step "the module is loaded by who needs it"
helper=$(cat /proc/sys/kernel/modprobe)
for by in kernel program; do
	if [ $by = kernel ]; then
		echo "$helper" >/proc/sys/kernel/modprobe
	else
		echo >/proc/sys/kernel/modprobe
	fi
	for args in -v -Ln "-A -t 10.0.0.9:80" "-h >/dev/null" --nosuch; do
		same "tool $args; sed -n 's,^\(ip_vs\) .*,\1,p' /proc/modules; tool -C; cd /sys/module
			for i in 1 2 3 4 5 6 7 8 9; do rmmod \$(ls | grep ^ip_vs_) ip_vs 2>/dev/null; done
			grep -c ^ip_vs /proc/modules"
		eq "$(sed -n '/^ip_vs$/p; $p' "$T/out.0" | tr '\n' ' ')" "ip_vs 0 " "loaded for $args, and removed"
	done
done
echo "$helper" >/proc/sys/kernel/modprobe

step "twins"
twins
alike "${TWINS[@]}" lines "$T/all"
alike "${TWINS[@]}" lines "$T/change"
step "not root"
alike "${TWINS[@]}" --uid 65534 lines "$T/all"
step "environments"
mkdir -p "$T/home"
printf 'ipvsadm alias --tcp --tcp-service\nipvsadm alias -T --list -n\n' | tee "$T/home/.popt" >/etc/popt
for e in LC_ALL=de_DE.UTF-8 LANG=C.UTF-8 LANGUAGE=de TERM= TERM=xterm POSIXLY_CORRECT=1 \
	HOME="$T/home" COLUMNS=20 PATH= IFS=: MALLOC_PERTURB_=165 RES_OPTIONS=debug \
	HOSTALIASES="$T/home/.popt" TZ=Asia/Tokyo; do
	alike "${TWINS[@]}" --env "$e" lines - <<-'END'
		ipvsadm -A -t 10.0.0.9:80 -s rr
		ipvsadm -a -t 10.0.0.9:80 -r 10.0.1.9:80 -w 1000000
		ipvsadm
		ipvsadm -L
		ipvsadm -T
		ipvsadm -L --tcp 10.0.0.9:80
		ipvsadm -L -n --stats
		ipvsadm junk -L -n
		ipvsadm -L junk -n
		ipvsadm -A junk -t 10.0.0.8:80
		ipvsadm --set 5 -n 6 7
		ipvsadm -D -t web1:http
		ipvsadm -S
		ipvsadm -C
	END
done
rm -f /etc/popt
step "names of the program"
for name in ipvsadm-ext /sbin/ipvsadm ./x '' '%s%n' "$(printf '%0300d' 0)"; do
	alike "${TWINS[@]}" --argv0 "$name" lines "$T/any"
done
step "without a resolver's files"
mkdir "$T/etc"
mv /etc/hosts /etc/services /etc/nsswitch.conf "$T/etc"
alike "${TWINS[@]}" lines - <<-'END'
	ipvsadm -A -t 127.0.0.1:80
	ipvsadm -A -t localhost:81
	ipvsadm -A -t web1:80
	ipvsadm -A -t 10.0.0.1:http
	ipvsadm
	ipvsadm -S
END
mv "$T/etc/"* /etc
# What fails to be read or written, as on a full disk, is another matter: 1.31
# calls it a success. See cli-faults.
step "no standard output"
alike "${TWINS[@]}" --stdout - lines "$T/all"
alike "${TWINS[@]}" --stdout /dev/null lines "$T/all"
step "no standard input, no standard error, a reader that goes away"
same 'tool -R <&-'
same 'tool -L -n <&-'
same 'tool -S -n 2>&-'
same 'tool -A 2>&-'
same 'tool -A -t 10.0.0.9:80 2>&- <&- >&-; echo $?; tool -D -t 10.0.0.9:80 >&-'
same 'tool -h 2>&1 >/dev/null'
same 'printf "%s\n" -L "-A -t nosuch" -v "-A" -L | tool -R 2>&1'
same 'printf "%s\n" "-A -t 10.0.0.9:80" | { tool -R; tool -L -n; tool -D -t 10.0.0.9:80; } 2>&1'
same 'tool -h | head -n 1'
