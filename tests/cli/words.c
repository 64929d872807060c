// SPDX-License-Identifier: GPL-2.0
/*
 * Command lines, from sensible to absurd. What is legal is not decided here:
 * "good" values only are likely to be taken, so that commands get far enough
 * to change something.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "differ.h"

/* ---- values ------------------------------------------------------------- */

/* The case writes /etc/hosts and /etc/services with the names in here. All
 * good addresses are near enough to each other, as integers, for the order of
 * listings not to depend on the order of the kernel's tables.
 */
static const char *const good_service[] = {
	"10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:443", "10.0.0.1:81", "web1:http", "web2:80",
	"10.0.0.4:domain", "[fd07::1]:80", "[fd07::2]:443", "[fd07::1]:http", NULL
};
static const char *const bad_service[] = {
	/* all ports */
	"10.0.0.1", "10.0.0.1:0", "web1", "fd07::1", "[fd07::1]:0", "fd07::1:80",
	/* spellings of IPv4 */
	"10.1:80", "10.0.1:80", "0x0a000001:80", "012.0.0.1:80", "10.0.0.010:80", "10.0.0.0x1:80",
	"0xa.0.0.1:80", "167772161:80", "167772161", "10:80", "0:80", "10.0.0.1.:80", "10..0.1:80",
	"256.0.0.1:80", "10.0.0.256:80", "10.0.0.08:80", "1.2.3.4.5:80", "10.0.0.1 :80",
	" 10.0.0.1:80", "10.0.0.1\n:80", "-1:80", "4294967295:80", "4294967296:80",
	/* spellings of ports */
	"10.0.0.1:", ":80", ":", "", "80", "10.0.0.1:65535", "10.0.0.1:65536", "10.0.0.1:-1",
	"10.0.0.1:99999", "10.0.0.1:080", "10.0.0.1:0x50", "10.0.0.1:+80", "10.0.0.1: 80",
	"10.0.0.1:80 ", "10.0.0.1:80x", "10.0.0.1:x80", "10.0.0.1:80:81", "10.0.0.1:4294967376",
	"10.0.0.1:http", "10.0.0.1:HTTP", "10.0.0.1:www", "10.0.0.1:udponly", "10.0.0.1:tcponly",
	"10.0.0.1:nosuch", "10.0.0.1:80-90", "10.0.0.1:80,81", "10.0.0.1:*", "10.0.0.1:00",
	/* spellings of IPv6 */
	"[fd07::1]", "[fd07::1]:", "[fd07::1]80", "[fd07::1]:65536", "[fd07::1]:-1",
	"[fd07::1]:nosuch", "[fd07::1", "fd07::1]:80", "[]:80", "[", "]", "[]", "[:80", "::",
	"[::]:80", "::1", "[::1]:80", "::ffff:10.0.0.1", "[::ffff:10.0.0.1]:80",
	"fd07:0:0:0:0:0:0:1", "FD07::1", "[FD07::0001]:80", "fe80::1", "[fe80::1]:80",
	"fe80::1%eth0", "[fe80::1%eth0]:80", "1:2:3:4:5:6:7:8:9", "12345::1", "fd07:::1",
	"[10.0.0.1]:80", "[web1]:80", "[fd07::1]:80:81", "[[fd07::1]]:80", "ff02::1",
	"[ff02::1]:80", "fd07::1/64",
	/* names */
	"web1.example:80", "WEB1:80", "six:80", "[six]:80", "six", "both:80", "many:80", "10web:80",
	"0x10name:80", "nosuch:80", "nosuch", "web1:nosuch", "web1:", "web1:65536", "a b:80",
	"web_1:80", "localhost:80", "*:80", "any:80", "web1..example:80", "-t", "--", "-",
	"name-that-is-longer-than-the-column-it-is-printed-in-and-than-any-buffer.example:80",
	/* addresses that are not of a host */
	"0.0.0.0:80", "255.255.255.255:80", "224.0.0.1:80", "239.255.255.255:80", "127.0.0.1:80",
	"240.0.0.1:80", "\303\244\303\266\303\274:80", "%s%n:80", NULL
};
static const char *const good_server[] = {
	"10.0.1.1:80", "10.0.1.2:80", "10.0.1.3:8080", "10.0.1.1", "10.0.1.2", "real1:80", "real2",
	"[fd07::11]:80", "fd07::12", "[fd07::13]:8080", NULL
};
static const char *const good_fwmark[] = { "1", "2", "3", "100", "4294967295", NULL };
static const char *const good_sched[] = {
	"rr", "wrr", "lc", "wlc", "lblc", "lblcr", "dh", "sh", "mh", "sed", "nq", "fo", "ovf", NULL
};
static const char *const bad_sched[] = {
	"", "nosuch", "RR", "rr ", " rr", "r", "rrr", "wlc\n", "a/b", "../rr", "fifteen-letters",
	"sixteen-letters!", "a-name-that-is-longer-than-any-name-may-be", "rr,wrr", "-rr", "%d",
	"rr\303\244", NULL
};
static const char *const good_seconds[] = { "1", "60", "300", "360", "2678400", NULL };
static const char *const good_mask[] = {
	"255.255.255.0", "255.255.255.255", "255.0.0.0", "64", "128", "1", NULL
};
static const char *const bad_mask[] = {
	"24", "0.0.0.0", "0", "129", "255.255.255", "255.255", "255.0.255.0", "0xffffff00",
	"ffff::", "web1", "nosuch", "", "64x", "x64", "/24", "256.0.0.0", "-1", NULL
};
static const char *const good_pe[] = { "sip", NULL };
static const char *const bad_pe[] = {
	"", "SIP", "nosuch", "sip ", "sixteen-letters!", "seventeen-letters", "a/b",
	"a-name-that-is-longer-than-any-name-may-be", NULL
};
static const char *const good_flags[] = {
	"flag-1", "flag-2", "flag-3", "flag-1,flag-2", "flag-1,flag-2,flag-3", "sh-fallback",
	"sh-port", "sh-fallback,sh-port", "mh-fallback", "mh-port", "mh-fallback,mh-port", NULL
};
static const char *const bad_flags[] = {
	"", ",", ",,", "flag-4", "flag-0", "flag", "flag-1,", ",flag-1", "flag-1,,flag-2",
	"flag-1,flag-1", "flag-1 flag-2", "FLAG-1", "flag-1,nosuch", "nosuch",
	"sh-fallback,mh-port", "sh-port,flag-3", "mh-port,sh-port", "flag-1,sh-port", "sh-", "1",
	"0x8", "flag-1,flag-2,flag-3,flag-4", "a-flag-that-is-longer-than-any-flag-is", NULL
};
static const char *const good_number[] = { "0", "1", "2", "5", "100", "1000", "65535", NULL };
static const char *const bad_number[] = {
	"-1", "", " ", "x", "1x", "x1", "007", "08", "0x10", "+5", " 7", "7 ", "\t7", "1e3", "1.5",
	"1,5", "--5", "- 5", "255", "256", "65507", "65508", "65535", "65536", "2678400", "2678401",
	"2147483647", "2147483648", "4294967295", "4294967296", "4294967297", "-2147483648",
	"-2147483649", "9223372036854775807", "9223372036854775808", "18446744073709551615",
	"18446744073709551616", "99999999999999999999999", "-4294967295", "0b1", "\303\241", NULL
};
static const char *const good_tunnel[] = { "ipip", "gue", "gre", NULL };
static const char *const bad_tunnel[] = { "", "GUE", "gu", "guee", "ip", "sit", "0", "1", NULL };
static const char *const good_port[] = { "6080", "1", "65535", NULL };
static const char *const good_syncid[] = { "0", "1", "5", "255", NULL };
static const char *const good_maxlen[] = { "1", "500", "1464", "65507", NULL };
static const char *const good_interface[] = { "eth0", "lo", NULL };
static const char *const bad_interface[] = {
	"", "nosuch", "ETH0", "eth0:1", "fifteen-letters", "sixteen-letters!", "eth0 ",
	"an-interface-whose-name-is-too-long", NULL
};
static const char *const good_group[] = { "224.0.0.81", "239.1.2.3", "ff02::81", "ff05::1", NULL };
static const char *const bad_group[] = {
	"", "10.0.0.1", "0.0.0.0", "255.255.255.255", "223.255.255.255", "224.0.0.0", "224.0.0.256",
	"224.1", "224", "web1", "fd07::1", "[ff02::81]", "ff02::81%eth0", "ff02::", "::", "ff01::1",
	"x", "224.0.0.81:8848", NULL
};
static const char *const good_ttl[] = { "1", "64", "255", NULL };
static const char *const good_state[] = { "master", "backup", NULL };
static const char *const bad_state[] = { "", "MASTER", "mast", "none", "masterbackup", "1", NULL };

static const char *const junk[] = {
	"", "-", "--", "---", "-?", "-1", "0", "80", "x", "junk", "ipvsadm", "-\303\244", "%s",
	"\n", "-=", "--=", "--=x", "-t=", "10.0.0.1:80", "fd07::1", "\\", "'", "\"", "$(id)", "*",
	"~", "#", "-n=1", "--list=1", "--lis", "--numeric=yes", "--stat", "--statss", "-stats",
	"-list", "+L", "/", "--start-daemon=", "-.", "--Stats", "-LL", "-nn", "-Lx", "-tu",
	"-gim", "\177", "-6", "-l", NULL
};

/* ---- commands and options ----------------------------------------------- */

enum command {
	C_NONE, C_ADD, C_EDIT, C_DEL, C_CLEAR, C_LIST, C_ZERO, C_ADDSRV, C_EDITSRV, C_DELSRV,
	C_SET, C_RESTORE, C_SAVE, C_START, C_STOP, C_HELP, C_VERSION, COMMANDS
};

#define ON(c) (1U << (c))
#define ON_SERVICE (ON(C_ADD) | ON(C_EDIT) | ON(C_DEL) | ON(C_LIST) | ON(C_ZERO) | ON_SERVER)
#define ON_SERVER (ON(C_ADDSRV) | ON(C_EDITSRV) | ON(C_DELSRV))
#define ON_FORM (ON(C_ADD) | ON(C_EDIT))
#define ON_WEIGH (ON(C_ADDSRV) | ON(C_EDITSRV))

struct option {
	char s;
	const char *l;
	const char *const *good, *const *bad;
	unsigned int on;	/* commands that know it */
	bool maybe;		/* its value may be missing */
};

static const struct option command[COMMANDS] = {
	[C_ADD] = { 'A', "add-service" },
	[C_EDIT] = { 'E', "edit-service" },
	[C_DEL] = { 'D', "delete-service" },
	[C_CLEAR] = { 'C', "clear" },
	[C_LIST] = { 'L', "list" },
	[C_ZERO] = { 'Z', "zero" },
	[C_ADDSRV] = { 'a', "add-server" },
	[C_EDITSRV] = { 'e', "edit-server" },
	[C_DELSRV] = { 'd', "delete-server" },
	[C_SET] = { 0, "set" },
	[C_RESTORE] = { 'R', "restore" },
	[C_SAVE] = { 'S', "save" },
	[C_START] = { 0, "start-daemon", good_state, bad_state },
	[C_STOP] = { 0, "stop-daemon", good_state, bad_state },
	/* --help is not 1.31's */
	[C_HELP] = { 'h', NULL },
	[C_VERSION] = { 'v', "version" },
};

enum {
	O_TCP, O_UDP, O_SCTP, O_FWMARK, O_IPV6, O_SCHED, O_PERSISTENT, O_NETMASK, O_PE, O_FLAGS,
	O_OPS, O_SERVER, O_GATE, O_IPIP, O_MASQ, O_WEIGHT, O_UPPER, O_LOWER, O_TUN_TYPE,
	O_TUN_PORT, O_NOCSUM, O_CSUM, O_REMCSUM, O_NUMERIC, O_CONNECTION, O_EXACT, O_TIMEOUT,
	O_DAEMON, O_STATS, O_RATE, O_THRESHOLDS, O_PERSISTENT_CONN, O_TUN_INFO, O_SORT, O_NOSORT,
	O_SYNCID, O_MAXLEN, O_INTERFACE, O_GROUP, O_PORT, O_TTL, OPTIONS
};

static const struct option option[OPTIONS] = {
	[O_TCP] = { 't', "tcp-service", good_service, bad_service, ON_SERVICE },
	[O_UDP] = { 'u', "udp-service", good_service, bad_service, ON_SERVICE },
	[O_SCTP] = { 0, "sctp-service", good_service, bad_service, ON_SERVICE },
	[O_FWMARK] = { 'f', "fwmark-service", good_fwmark, bad_number, ON_SERVICE },
	[O_IPV6] = { '6', "ipv6", NULL, NULL, ON_SERVICE },
	[O_SCHED] = { 's', "scheduler", good_sched, bad_sched, ON_FORM },
	[O_PERSISTENT] = { 'p', "persistent", good_seconds, bad_number, ON_FORM, true },
	[O_NETMASK] = { 'M', "netmask", good_mask, bad_mask, ON_FORM },
	[O_PE] = { 0, "pe", good_pe, bad_pe, ON_FORM },
	[O_FLAGS] = { 'b', "sched-flags", good_flags, bad_flags, ON_FORM },
	[O_OPS] = { 'o', "ops", NULL, NULL, ON_FORM },
	[O_SERVER] = { 'r', "real-server", good_server, bad_service, ON_SERVER },
	[O_GATE] = { 'g', "gatewaying", NULL, NULL, ON_WEIGH },
	[O_IPIP] = { 'i', "ipip", NULL, NULL, ON_WEIGH },
	[O_MASQ] = { 'm', "masquerading", NULL, NULL, ON_WEIGH },
	[O_WEIGHT] = { 'w', "weight", good_number, bad_number, ON_WEIGH },
	[O_UPPER] = { 'x', "u-threshold", good_number, bad_number, ON_WEIGH },
	[O_LOWER] = { 'y', "l-threshold", good_number, bad_number, ON_WEIGH },
	[O_TUN_TYPE] = { 0, "tun-type", good_tunnel, bad_tunnel, ON_WEIGH },
	[O_TUN_PORT] = { 0, "tun-port", good_port, bad_number, ON_WEIGH },
	[O_NOCSUM] = { 0, "tun-nocsum", NULL, NULL, ON_WEIGH },
	[O_CSUM] = { 0, "tun-csum", NULL, NULL, ON_WEIGH },
	[O_REMCSUM] = { 0, "tun-remcsum", NULL, NULL, ON_WEIGH },
	[O_NUMERIC] = { 'n', "numeric", NULL, NULL, ON(C_LIST) | ON(C_SAVE) },
	[O_CONNECTION] = { 'c', "connection", NULL, NULL, ON(C_LIST) },
	[O_EXACT] = { 'X', "exact", NULL, NULL, ON(C_LIST) },
	[O_TIMEOUT] = { 0, "timeout", NULL, NULL, ON(C_LIST) },
	[O_DAEMON] = { 0, "daemon", NULL, NULL, ON(C_LIST) },
	[O_STATS] = { 0, "stats", NULL, NULL, ON(C_LIST) },
	[O_RATE] = { 0, "rate", NULL, NULL, ON(C_LIST) },
	[O_THRESHOLDS] = { 0, "thresholds", NULL, NULL, ON(C_LIST) },
	[O_PERSISTENT_CONN] = { 0, "persistent-conn", NULL, NULL, ON(C_LIST) },
	[O_TUN_INFO] = { 0, "tun-info", NULL, NULL, ON(C_LIST) },
	[O_SORT] = { 0, "sort", NULL, NULL, ~0U },
	[O_NOSORT] = { 0, "nosort", NULL, NULL, ON(C_LIST) },
	[O_SYNCID] = { 0, "syncid", good_syncid, bad_number,
		       ON(C_LIST) | ON(C_START) | ON(C_STOP) },
	[O_MAXLEN] = { 0, "sync-maxlen", good_maxlen, bad_number, ON(C_START) },
	[O_INTERFACE] = { 0, "mcast-interface", good_interface, bad_interface, ON(C_START) },
	[O_GROUP] = { 0, "mcast-group", good_group, bad_group, ON(C_START) },
	[O_PORT] = { 0, "mcast-port", good_port, bad_number, ON(C_START) },
	[O_TTL] = { 0, "mcast-ttl", good_ttl, bad_number, ON(C_START) },
};

/* ---- lines -------------------------------------------------------------- */

/* What a line is made with. If it has to be @legal, no value is a bad one, and
 * what does not go together is not put together: one wrong line ends -R.
 */
struct maker {
	struct arena *a;
	struct rng *r;
	struct line *l;
	bool legal;
};

void line_start(struct line *l, const char *argv0)
{
	l->n = 0;
	l->in.s = "";
	l->in.len = 0;
	l->in_pipe = false;
	line_add(l, (char *)argv0);
}

void line_add(struct line *l, char *word)
{
	if (l->n == MAX_WORDS)
		return;
	l->word[l->n++] = word;
	l->word[l->n] = NULL;
}

static int count(const char *const *list)
{
	int n = 0;

	while (list[n])
		n++;
	return n;
}

static const char *pick(struct rng *r, const char *const *list)
{
	return list[below(r, count(list))];
}

/* An option with its value, if there is one, in one of the ways to write it. */
static void add_option(struct maker *m, const struct option *o, const char *value)
{
	bool brief = o->s && (!o->l || chance(m->r, 70));

	if (!value) {
		line_add(m->l, brief ? arena_printf(m->a, "-%c", o->s) :
			 arena_printf(m->a, "--%s", o->l));
	} else if (chance(m->r, 20) || (o->maybe && chance(m->r, 30))) {
		line_add(m->l, brief ? arena_printf(m->a, "-%c%s", o->s, value) :
			 arena_printf(m->a, "--%s=%s", o->l, value));
	} else {
		line_add(m->l, brief ? arena_printf(m->a, "-%c", o->s) :
			 arena_printf(m->a, "--%s", o->l));
		line_add(m->l, (char *)value);
	}
}

static const char *number(struct maker *m)
{
	if (chance(m->r, 50))
		return pick(m->r, bad_number);
	return arena_printf(m->a, "%d", (int)(rng_next(m->r) >> below(m->r, 32)) -
			    (chance(m->r, 10) ? 1000 : 0));
}

/* Any value for an option, mostly a good one. */
static const char *any_value(struct maker *m, const struct option *o, unsigned int good)
{
	if (!o->good || (o->maybe && chance(m->r, 30)))
		return NULL;
	if (chance(m->r, good))
		return pick(m->r, o->good);
	if (o->bad == bad_number)
		return number(m);
	return pick(m->r, o->bad);
}

static void add_any(struct maker *m, int id, unsigned int good)
{
	add_option(m, &option[id], any_value(m, &option[id], good));
}

static void maybe_any(struct maker *m, unsigned int percent, int id)
{
	if (chance(m->r, percent))
		add_any(m, id, m->legal ? 100 : 97);
}

/* One IPv4 address in one of its spellings. */
static const char *spell(struct maker *m, const char *net, unsigned int host)
{
	unsigned int third = net[strlen(net) - 1] - '0';

	switch (below(m->r, 24)) {
	case 0: return arena_printf(m->a, "10.%u", third << 8 | host);
	case 1: return arena_printf(m->a, "10.0.%u", third << 8 | host);
	case 2: return arena_printf(m->a, "0x0a.0.%u.%u", third, host);
	case 3: return arena_printf(m->a, "012.0.0%u.0%u", third, host);
	case 4: return arena_printf(m->a, "0xa00%02x%02x", third, host);
	case 5: return arena_printf(m->a, "%s%u", third ? "real" : "web", host);
	case 6: return arena_printf(m->a, "%s%u.example", third ? "real" : "web", host);
	default: return arena_printf(m->a, "%s.%u", net, host);
	}
}

/* -t, -u, --sctp-service or -f: of a service that is there, mostly, or of any.
 * Returns the family.
 */
static int add_service(struct maker *m, const struct state *st, unsigned int there,
		       const struct service **which)
{
	static const char *const port[] = { "80", "80", "80", "81", "443", "http", "0" };
	const struct service *s;
	unsigned int ports;
	const char *value;
	int id;

	*which = NULL;
	if (st->n && chance(m->r, there)) {
		*which = s = &st->service[below(m->r, st->n)];
		if (s->fwmark) {
			add_option(m, &option[O_FWMARK], arena_printf(m->a, "%u", s->fwmark));
			if (s->af == AF_INET6)
				add_option(m, &option[O_IPV6], NULL);
			return s->af;
		}
		id = s->proto == IPPROTO_TCP ? O_TCP : s->proto == IPPROTO_UDP ? O_UDP : O_SCTP;
		add_option(m, &option[id], endpoint(m->a, s->af, s->addr, s->port));
		return s->af;
	}
	if (chance(m->r, 15)) {
		add_any(m, O_FWMARK, m->legal ? 100 : 97);
		if (!chance(m->r, 30))
			return AF_INET;
		add_option(m, &option[O_IPV6], NULL);
		return AF_INET6;
	}
	id = chance(m->r, 60) ? O_TCP : chance(m->r, 70) ? O_UDP : O_SCTP;
	if (!m->legal && chance(m->r, 4)) {
		add_any(m, id, 0);
		return AF_INET;
	}
	ports = ARRAY_SIZE(port) - (m->legal ? 2 : 0);
	if (chance(m->r, 22)) {
		value = arena_printf(m->a, "[fd07::%u]:%s", 1 + below(m->r, 3),
				     port[below(m->r, ports)]);
		add_option(m, &option[id], value);
		return AF_INET6;
	}
	value = arena_printf(m->a, "%s:%s", spell(m, "10.0.0", 1 + below(m->r, 4)),
			     port[below(m->r, ports)]);
	add_option(m, &option[id], value);
	return AF_INET;
}

static void add_server(struct maker *m, const struct service *s, int af, unsigned int there)
{
	static const char *const port[] = { "", ":80", ":80", ":8080", ":81", ":http", ":0" };
	const struct dest *d;

	if (s && s->n && chance(m->r, there)) {
		d = &s->dest[below(m->r, s->n)];
		add_option(m, &option[O_SERVER], endpoint(m->a, d->af, d->addr, d->port));
		/* Without this, -e and -d would miss one with another port. */
		if (there > 50 && d->fwd == IP_VS_CONN_F_MASQ && chance(m->r, 30))
			add_option(m, &option[O_MASQ], NULL);
		return;
	}
	if (!m->legal && chance(m->r, 4)) {
		add_any(m, O_SERVER, 0);
		return;
	}
	if (!m->legal && chance(m->r, 3))
		af = af == AF_INET ? AF_INET6 : AF_INET;
	if (af == AF_INET6 && chance(m->r, 30))
		add_option(m, &option[O_SERVER], arena_printf(m->a, "fd07::1%u",
							      1 + below(m->r, 4)));
	else if (af == AF_INET6)
		add_option(m, &option[O_SERVER],
			   arena_printf(m->a, "[fd07::1%u]:%u", 1 + below(m->r, 4),
					chance(m->r, 70) ? 80 : 8080));
	else
		add_option(m, &option[O_SERVER],
			   arena_printf(m->a, "%s%s", spell(m, "10.0.1", 1 + below(m->r, 4)),
					port[below(m->r, ARRAY_SIZE(port) - (m->legal ? 2 : 0))]));
}

static void add_forward(struct maker *m)
{
	const char *type = pick(m->r, good_tunnel);
	bool gue = type[1] == 'u', gre = type[2] == 'e' && !gue;

	switch (below(m->r, 5)) {
	case 0:
		break;
	case 1:
		add_option(m, &option[O_GATE], NULL);
		break;
	case 2:
		add_option(m, &option[O_MASQ], NULL);
		break;
	default:
		add_option(m, &option[O_IPIP], NULL);
		if (chance(m->r, 30))
			break;
		add_option(m, &option[O_TUN_TYPE], type);
		if (m->legal ? gue : chance(m->r, gue ? 95 : 5))
			add_any(m, O_TUN_PORT, m->legal ? 100 : 90);
		if (gue || gre ? chance(m->r, 60) : !m->legal && chance(m->r, 5))
			add_any(m, O_NOCSUM + below(m->r, gue ? 3 : 2), 0);
	}
}

static void add_form(struct maker *m, int af)
{
	bool tcp = strstr(m->l->word[2], "tcp") || !strncmp(m->l->word[2], "-t", 2) ||
		   strstr(m->l->word[2], "sctp");
	const char *sched = NULL;

	if (chance(m->r, 75)) {
		sched = any_value(m, &option[O_SCHED], m->legal ? 100 : 97);
		add_option(m, &option[O_SCHED], sched);
	}
	maybe_any(m, 40, O_PERSISTENT);
	if (!m->legal)
		maybe_any(m, 20, O_NETMASK);
	else if (chance(m->r, 20))
		add_option(m, &option[O_NETMASK],
			   good_mask[below(m->r, 3) + (af == AF_INET ? 0 : 3)]);
	maybe_any(m, 6, O_PE);
	if (!m->legal || !tcp)
		maybe_any(m, 12, O_OPS);
	if (sched && sched[0] && sched[1] == 'h' && chance(m->r, 50))
		add_option(m, &option[O_FLAGS],
			   arena_printf(m->a, "%ch-%s", sched[0],
					chance(m->r, 50) ? "port" : "fallback"));
	else if (m->legal && chance(m->r, 10))
		add_option(m, &option[O_FLAGS], good_flags[below(m->r, 5)]);
	else if (!m->legal)
		maybe_any(m, 10, O_FLAGS);
}

static enum command choose(struct rng *r)
{
	static const struct {
		enum command c;
		int weight;
	} often[] = {
		{ C_ADD, 18 }, { C_EDIT, 10 }, { C_DEL, 4 }, { C_ADDSRV, 22 }, { C_EDITSRV, 12 },
		{ C_DELSRV, 5 }, { C_LIST, 10 }, { C_SAVE, 3 }, { C_ZERO, 3 }, { C_SET, 3 },
		{ C_START, 2 }, { C_STOP, 2 }, { C_RESTORE, 4 }, { C_NONE, 1 }, { C_VERSION, 1 },
	};
	int i = 0, n = below(r, 100);

	while (n >= often[i].weight)
		n -= often[i++].weight;
	return often[i].c;
}

static void add_command(struct maker *m, enum command c)
{
	if (c == C_NONE)
		return;
	if (c == C_LIST && chance(m->r, 5))
		line_add(m->l, "-l");
	else
		add_option(m, &command[c], any_value(m, &command[c], 97));
}

/* A line that could have been meant. */
static void sensible(struct maker *m, const struct state *st)
{
	const struct service *s;
	enum command c = choose(m->r);
	int i, af;

	/* Neither nothing nor too much. */
	if (c == C_DEL && st->n < 3)
		c = C_ADD;
	if (c == C_ADD && st->n > 12)
		c = chance(m->r, 80) ? C_DEL : C_CLEAR;
	add_command(m, c);
	switch (c) {
	case C_ADD:
		af = add_service(m, st, 10, &s);
		add_form(m, af);
		break;
	case C_EDIT:
		af = add_service(m, st, 85, &s);
		add_form(m, af);
		break;
	case C_DEL:
		add_service(m, st, 70, &s);
		break;
	case C_ADDSRV:
		af = add_service(m, st, 90, &s);
		add_server(m, s, af, 10);
		add_forward(m);
		maybe_any(m, 40, O_WEIGHT);
		maybe_any(m, 15, O_UPPER);
		maybe_any(m, 15, O_LOWER);
		break;
	case C_EDITSRV:
		af = add_service(m, st, 90, &s);
		add_server(m, s, af, 75);
		add_forward(m);
		maybe_any(m, 50, O_WEIGHT);
		maybe_any(m, 20, O_UPPER);
		maybe_any(m, 20, O_LOWER);
		break;
	case C_DELSRV:
		af = add_service(m, st, 85, &s);
		add_server(m, s, af, 70);
		break;
	case C_LIST:
		if (chance(m->r, 70))
			add_option(m, &option[O_NUMERIC], NULL);
		switch (below(m->r, 8)) {
		case 0:
			add_service(m, st, 80, &s);
			break;
		case 1:
			add_option(m, &option[O_CONNECTION + (chance(m->r, 50) ? 0 :
					      O_TIMEOUT - O_CONNECTION + below(m->r, 2))], NULL);
			break;
		}
		for (i = O_STATS; i <= O_NOSORT; i++)
			maybe_any(m, 12, i);
		maybe_any(m, 10, O_EXACT);
		break;
	case C_SAVE:
		if (chance(m->r, 50))
			add_option(m, &option[O_NUMERIC], NULL);
		break;
	case C_ZERO:
		if (chance(m->r, 60))
			add_service(m, st, 80, &s);
		break;
	case C_SET:
		for (i = 0; i < 3; i++)
			line_add(m->l, chance(m->r, 90) ? (char *)pick(m->r, good_number) :
				 (char *)number(m));
		break;
	case C_START:
		maybe_any(m, 50, O_INTERFACE);
		maybe_any(m, 40, O_SYNCID);
		maybe_any(m, 20, O_MAXLEN);
		maybe_any(m, 20, O_GROUP);
		maybe_any(m, 20, O_PORT);
		maybe_any(m, 20, O_TTL);
		break;
	case C_STOP:
		maybe_any(m, 15, O_SYNCID);
		break;
	default:
		break;
	}
}

static void insert(struct line *l, int at, char *word)
{
	if (l->n == MAX_WORDS)
		return;
	memmove(&l->word[at + 1], &l->word[at], (l->n - at + 1) * sizeof(*l->word));
	l->word[at] = word;
	l->n++;
}

static void drop(struct line *l, int at)
{
	memmove(&l->word[at], &l->word[at + 1], (l->n - at) * sizeof(*l->word));
	l->n--;
}

/* Insert all of what @from says at @at. */
static void insert_line(struct line *l, int at, const struct line *from)
{
	int i;

	for (i = 1; i < from->n; i++)
		insert(l, at++, from->word[i]);
}

static char *spoil_word(struct maker *m, const char *word)
{
	static const char odd[] = "-=:,.[] \t%/0189afxAZ\"\\\001\377";
	size_t len = strlen(word), at = below(m->r, len + 1);
	char c = odd[below(m->r, sizeof(odd) - 1)];

	switch (below(m->r, 3)) {
	case 0:
		return arena_printf(m->a, "%.*s%c%s", (int)at, word, c, word + at);
	case 1:
		return arena_printf(m->a, "%.*s%c%s", (int)at, word, c,
				    at < len ? word + at + 1 : "");
	default:
		return arena_printf(m->a, "%.*s%s", (int)at, word, at < len ? word + at + 1 : "");
	}
}

/* Change something in a line. */
static void spoil(struct maker *m)
{
	struct line *l = m->l, extra;
	struct maker em = { m->a, m->r, &extra, false };
	int at = 1 + below(m->r, l->n), i, k;
	char *w;

	line_start(&extra, "");
	switch (below(m->r, 13)) {
	case 0:
		if (at < l->n)
			drop(l, at);
		break;
	case 1:
		if (at < l->n)
			insert(l, 1 + below(m->r, l->n), l->word[at]);
		break;
	case 2:
		i = 1 + below(m->r, l->n);
		if (i < l->n && at < l->n) {
			w = l->word[i];
			l->word[i] = l->word[at];
			l->word[at] = w;
		}
		break;
	case 3:
	case 4:
		add_any(&em, below(m->r, OPTIONS), 70);
		insert_line(l, at, &extra);
		break;
	case 5:
		insert(l, at, (char *)pick(m->r, junk));
		break;
	case 6:
		/* another value for an option that is there */
		for (i = 1; i < l->n - 1; i++) {
			for (k = 0; k < OPTIONS; k++) {
				if (option[k].good && option[k].s && l->word[i][0] == '-' &&
				    l->word[i][1] == option[k].s && !l->word[i][2] &&
				    chance(m->r, 50)) {
					w = (char *)any_value(m, &option[k], 10);
					if (w)
						l->word[i + 1] = w;
					return;
				}
			}
		}
		break;
	case 7:
		/* two words in one, a bundle if the first is a short option */
		if (at < l->n - 1) {
			l->word[at] = arena_printf(m->a, "%s%s", l->word[at],
						   l->word[at + 1] + (l->word[at + 1][0] == '-'));
			drop(l, at + 1);
		}
		break;
	case 8:
		add_command(&em, below(m->r, C_HELP));
		insert_line(l, at, &extra);
		break;
	case 9:
		/* the command, or whatever comes first, at the end */
		if (l->n > 2) {
			w = l->word[1];
			drop(l, 1);
			line_add(l, w);
		}
		break;
	case 10:
		if (at < l->n && l->word[at][0] == '-')
			l->word[at] = arena_printf(m->a, "%s=%s", l->word[at],
						   chance(m->r, 50) ? "" : "1");
		break;
	default:
		if (at < l->n)
			l->word[at] = spoil_word(m, l->word[at]);
	}
}

/* No sense at all. */
static void babble(struct maker *m)
{
	int n = below(m->r, 8), i;

	if (chance(m->r, 70))
		add_command(m, below(m->r, C_HELP));
	for (i = 0; i < n; i++) {
		if (chance(m->r, 70))
			add_any(m, below(m->r, OPTIONS), 60);
		else
			line_add(m->l, (char *)pick(m->r, junk));
	}
}

/* Whether a word says --help, -j or another thing that 1.31 does not know. */
static bool is_new(const char *w)
{
	static const char *const news[] = {
		"--json", "--pretty", "--full", "--apply", "--dry-run", "--drain", "--wait",
		"--version-ext", "--help",
	};
	size_t i;

	if (w[0] == '-' && w[1] != '-' && strchr(w, 'j'))
		return true;
	for (i = 0; i < ARRAY_SIZE(news); i++) {
		if (!strncmp(w, news[i], strlen(news[i])))
			return true;
	}
	return false;
}

static void random_words(struct maker *m, const struct state *st)
{
	int i;

	do {
		m->l->n = 1;
		if (chance(m->r, 6)) {
			babble(m);
		} else {
			sensible(m, st);
			if (chance(m->r, 45)) {
				do {
					spoil(m);
				} while (chance(m->r, 35));
			}
		}
		for (i = 1; i < m->l->n && !is_new(m->l->word[i]); i++)
			;
	} while (i < m->l->n);
}

void line_random(struct line *l, struct arena *a, struct rng *r, const struct state *st)
{
	struct maker m = { a, r, l, false };

	random_words(&m, st);
	if (l->n > 1 && (!strncmp(l->word[1], "-R", 2) || !strcmp(l->word[1], "--restore"))) {
		l->in = rules_random(a, r, st);
		l->in_pipe = chance(r, 30);
	}
}

/* ---- rules -------------------------------------------------------------- */

static void end_line(struct buffer *b, struct rng *r)
{
	static const char *const end[] = { " \n", "\t\n", "\r\n", " \r\n", "\n\n", "\n\r\n" };

	buf_printf(b, "%s", chance(r, 85) ? "\n" : end[below(r, ARRAY_SIZE(end))]);
}

static void add_rule(struct buffer *b, struct rng *r, const struct line *l)
{
	static const char *const blank[] = { "\t", "  ", " \t ", "\r", " \r\t" };
	int i;

	if (chance(r, 15))
		buf_printf(b, "ipvsadm ");
	else if (chance(r, 5))
		buf_printf(b, " \t");
	for (i = 1; i < l->n; i++) {
		/* Two namespaces have their tables in different orders. */
		if (!strncmp(l->word[i], "--nosort", 8))
			continue;
		if (i > 1)
			buf_printf(b, "%s", chance(r, 93) ? " " :
				   blank[below(r, ARRAY_SIZE(blank))]);
		if (chance(r, 1))
			buf_printf(b, "ipvsadm ");
		buf_printf(b, "%s", l->word[i]);
	}
	end_line(b, r);
}

static void odd_rule(struct buffer *b, struct rng *r)
{
	static const char *const odd[] = {
		"", "#", "# a comment", "#-A -t 10.0.0.1:80", " # indented", "-L", "-L -n", "-S",
		"-S -n", "-h", "-v", "-C", "-Z", "-R", "ipvsadm", "ipvsadm ipvsadm -L",
		"-A -t 10.0.0.1:80 # why", "-A -t '10.0.0.1:80'", "-A -t \"10.0.0.1:80\" -s rr",
		"-A -t 10.0.0.1:80 \\", "nonsense", "ipvsadm-restore", "-L --timeout",
		"-L --daemon", "-L -c -n", "-L --stats -n", "--set 1 2 3",
		"-A -t 10.0.0.1:80 -b ,", ";", "-n", "--list --numeric",
		"-E -t 10.0.0.1:80 -s nosuch", "-A", "-t", "-a -t 10.0.0.1:80",
		"-D -t 10.9.9.9:80", "--set 1 2", "\f", "\v", "-L\v-n",
	};
	size_t i, n;

	switch (below(r, 12)) {
	case 0:
		/* one long word; 4096 and more write past a buffer of 1.31's */
		n = chance(r, 50) ? 4090 + below(r, 6) : below(r, 4096);
		buf_printf(b, "%s", chance(r, 50) ? "-A -t " : "-D -t 10.0.0.1:80 -s ");
		for (i = 0; i < n; i++)
			buf_printf(b, "%c", 'a' + (int)(i % 26));
		break;
	case 1:
		n = below(r, 400);
		buf_printf(b, "-L");
		for (i = 0; i < n; i++)
			buf_printf(b, " -n");
		break;
	case 2:
		for (i = below(r, 3000); i; i--)
			buf_printf(b, " ");
		buf_printf(b, "-A -f 7");
		break;
	default:
		buf_printf(b, "%s", odd[below(r, ARRAY_SIZE(odd))]);
	}
	end_line(b, r);
}

struct text rules_random(struct arena *a, struct rng *r, const struct state *st)
{
	static struct buffer b;
	struct line l;
	struct maker m = { a, r, &l, false };
	int n = below(r, 10);

	b.len = 0;
	while (n--) {
		line_start(&l, "");
		if (chance(r, 25)) {
			odd_rule(&b, r);
		} else {
			random_words(&m, st);
			add_rule(&b, r, &l);
		}
	}
	if (b.len && chance(r, 15))
		b.len--;
	return arena_copy(a, (struct text){ b.s, b.len });
}

struct text rules_legal(struct arena *a, struct rng *r, int services)
{
	static struct buffer b;
	struct line l;
	struct maker m = { a, r, &l, true };
	struct state none = { 0 };
	const struct service *s;
	int i, n, words, af;

	b.len = 0;
	for (i = 0; i < services; i++) {
		line_start(&l, "");
		line_add(&l, "-A");
		af = add_service(&m, &none, 0, &s);
		words = l.n;
		add_form(&m, af);
		add_rule(&b, r, &l);
		for (n = below(r, 5); n; n--) {
			l.n = words;
			l.word[1] = "-a";
			add_server(&m, NULL, af, 0);
			add_forward(&m);
			maybe_any(&m, 60, O_WEIGHT);
			maybe_any(&m, 15, O_UPPER);
			add_rule(&b, r, &l);
		}
	}
	return arena_copy(a, (struct text){ b.s, b.len });
}

struct text rules_spoil(struct arena *a, struct rng *r, struct text rules,
			const struct state *st)
{
	static struct buffer b;
	char *s = rules.s, *end = rules.s + rules.len, *nl;
	struct line l;
	struct maker m = { a, r, &l, false };
	struct text t;
	char byte;

	b.len = 0;
	for (; s < end; s = nl) {
		nl = memchr(s, '\n', end - s);
		nl = nl ? nl + 1 : end;
		switch (below(r, 20)) {
		case 0:
			odd_rule(&b, r);
			break;
		case 1:
			line_start(&l, "");
			random_words(&m, st);
			add_rule(&b, r, &l);
			break;
		case 2:
			buf_printf(&b, " \tipvsadm\t");
			break;
		case 3:
			continue;
		}
		buf_add(&b, s, nl - s);
		if (chance(r, 3)) {
			b.len--;
			buf_printf(&b, "\r\n");
		}
	}
	t = arena_copy(a, (struct text){ b.s, b.len });
	/* A byte that is another one, as NUL; -j is not 1.31's. */
	if (t.len && chance(r, 30)) {
		byte = below(r, 256);
		t.s[below(r, t.len)] = byte == 'j' ? 'x' : byte;
	}
	if (t.len && chance(r, 15))
		t.len--;
	return t;
}

/* ---- the matrix --------------------------------------------------------- */

const char matrix_rules[] =
	"-A -t 10.0.0.1:80 -s rr\n"
	"-a -t 10.0.0.1:80 -r 10.0.1.1:80 -g -w 3\n"
	"-a -t 10.0.0.1:80 -r 10.0.1.2:8080 -m -x 10 -y 5\n"
	"-a -t 10.0.0.1:80 -r 10.0.1.3:80 -i --tun-type gue --tun-port 6080 --tun-csum\n"
	"-A -t 10.0.0.2:0 -s wlc -p 600 -M 255.255.255.0\n"
	"-A -u 10.0.0.1:80 -s sh -b sh-port -o\n"
	"-a -u 10.0.0.1:80 -r 10.0.1.1:80\n"
	"-A --sctp-service 10.0.0.1:80 -s wrr\n"
	"-A -f 1 -s mh -b mh-fallback,mh-port\n"
	"-a -f 1 -r 10.0.1.1 -i\n"
	"-A -f 1 -6 -s lc\n"
	"-a -f 1 -6 -r [fd07::11]:0 -m\n"
	"-A -t [fd07::1]:80 -s rr -p 60 -M 64\n"
	"-a -t [fd07::1]:80 -r [fd07::11]:80 -i --tun-type gre\n";

/* What makes each command complete, in several ways. */
static const char *const complete[COMMANDS][9] = {
	[C_NONE] = { "" },
	[C_ADD] = { "-t 10.0.0.9:80", "-u 10.0.0.9:80", "-f 9", "-f 9 -6", "-t [fd07::9]:80",
		    "-t 10.0.0.9:80 -p 100", "-t 10.0.0.9:80 -s sh", "-t 10.0.0.9:80 -s mh", NULL },
	[C_EDIT] = { "-t 10.0.0.1:80", "-u 10.0.0.1:80", "-f 1", "-t [fd07::1]:80" },
	[C_DEL] = { "-t 10.0.0.1:80", "-f 1" },
	[C_CLEAR] = { "" },
	[C_LIST] = { "", "-n" },
	[C_ZERO] = { "", "-t 10.0.0.1:80" },
	[C_ADDSRV] = { "-t 10.0.0.1:80 -r 10.0.1.9:80", "-f 1 -r 10.0.1.9", "-f 1 -6 -r fd07::19",
		       "-t [fd07::1]:80 -r [fd07::19]:80", "-t 10.0.0.1:80 -r 10.0.1.9:8080 -m",
		       "-t 10.0.0.1:80 -r [fd07::19]:80 -i", "-u 10.0.0.1:80 -r 10.0.1.9 -i" },
	[C_EDITSRV] = { "-t 10.0.0.1:80 -r 10.0.1.1:80", "-f 1 -r 10.0.1.1", "-f 1 -6 -r fd07::11",
			"-t 10.0.0.1:80 -r 10.0.1.2:8080 -m", "-t 10.0.0.1:80 -r 10.0.1.3 -i" },
	[C_DELSRV] = { "-t 10.0.0.1:80 -r 10.0.1.1:80", "-f 1 -r 10.0.1.1",
		       "-t 10.0.0.1:80 -r 10.0.1.2:8080" },
	[C_SET] = { "100 200 300", "0 0 0" },
	[C_RESTORE] = { "" },
	[C_SAVE] = { "", "-n" },
	[C_START] = { "" },
	[C_STOP] = { "" },
	[C_HELP] = { "" },
	[C_VERSION] = { "" },
};

struct matrix {
	struct maker m;
	struct arena *a;
	struct line l;
	void (*each)(void *arg, struct line *l);
	void *arg;
};

static void add_words(struct maker *m, const char *words)
{
	char *s = arena_printf(m->a, "%s", words);

	for (s = strtok(s, " "); s; s = strtok(NULL, " "))
		line_add(m->l, s);
}

static void emit(struct matrix *x)
{
	if (x->l.n > 1 && (!strcmp(x->l.word[1], "-R") || !strcmp(x->l.word[1], "--restore"))) {
		x->l.in.s = "-A -f 77\n";
		x->l.in.len = strlen(x->l.in.s);
	}
	x->each(x->arg, &x->l);
	x->a->used = 0;
}

/* A line that begins with command @c and is complete in way @way, -1 for bare. */
static void begin(struct matrix *x, enum command c, int way)
{
	line_start(&x->l, "ipvsadm");
	if (c != C_NONE)
		add_option(&x->m, &command[c],
			   command[c].good ? pick(x->m.r, command[c].good) : NULL);
	if (way >= 0)
		add_words(&x->m, complete[c][way]);
}

static void one(struct matrix *x, enum command c, int way, int id, const char *value)
{
	begin(x, c, way);
	add_option(&x->m, &option[id], value);
	emit(x);
}

/* Of bad values one in @share. */
static void all_values(struct matrix *x, enum command c, int way, int id, unsigned int share)
{
	const struct option *o = &option[id];
	int i;

	if (!o->good || o->maybe)
		one(x, c, way, id, NULL);
	for (i = 0; o->good && o->good[i]; i++)
		one(x, c, way, id, o->good[i]);
	for (i = 0; o->bad && o->bad[i]; i++) {
		if (!below(x->m.r, share))
			one(x, c, way, id, o->bad[i]);
	}
}

static void one_option(struct matrix *x, enum command c)
{
	int id, way;

	for (id = 0; id < OPTIONS; id++) {
		const struct option *o = &option[id];

		if (!(o->on & ON(c))) {
			one(x, c, 0, id, o->good ? pick(x->m.r, o->good) : NULL);
			one(x, c, -1, id, o->good ? pick(x->m.r, o->bad) : NULL);
			continue;
		}
		/* Services, where the command has none yet. */
		if (ON_SERVICE & o->on && id <= O_FWMARK) {
			all_values(x, c, -1, id, id == O_TCP || id == O_FWMARK ? 1 : 4);
			one(x, c, 0, id, pick(x->m.r, o->good));
			continue;
		}
		for (way = 0; complete[c][way]; way++) {
			if (way == 0 || o->good == NULL || id == O_NETMASK || id == O_FLAGS ||
			    id == O_SERVER || id == O_PERSISTENT || id == O_SCHED)
				all_values(x, c, way, id, way ? 4 : 1);
			else
				one(x, c, way, id, pick(x->m.r, o->good));
		}
		one(x, c, -1, id, o->good ? pick(x->m.r, o->good) : NULL);
		/* twice, and without its value */
		begin(x, c, 0);
		add_any(&x->m, id, 100);
		add_any(&x->m, id, 100);
		emit(x);
		begin(x, c, 0);
		add_option(&x->m, o, NULL);
		emit(x);
	}
}

static void two_options(struct matrix *x, enum command c, unsigned int share)
{
	int first, second;

	for (first = 0; first < OPTIONS; first++) {
		for (second = 0; second < OPTIONS; second++) {
			bool known = (option[first].on & ON(c)) && (option[second].on & ON(c));

			if (first == second || (!known && below(x->m.r, share)))
				continue;
			begin(x, c, -1);
			/* Before or after what the command needs. */
			add_any(&x->m, first, 95);
			if (chance(x->m.r, 90))
				add_words(&x->m, complete[c][0]);
			add_any(&x->m, second, 95);
			emit(x);
		}
	}
}

static void tunnels(struct matrix *x)
{
	static const char *const fwd[] = { "", "-i", "-g", "-m" };
	static const char *const type[] = {
		"", "--tun-type ipip", "--tun-type gue", "--tun-type gre"
	};
	static const char *const flag[] = {
		"--tun-port 6080", "--tun-nocsum", "--tun-csum", "--tun-remcsum"
	};
	int f, t, mask, i, edit;

	for (f = 0; f < 4; f++) {
		for (t = 0; t < 4; t++) {
			for (mask = 0; mask < 16; mask++) {
				edit = below(x->m.r, 2);
				begin(x, edit ? C_EDITSRV : C_ADDSRV, 0);
				add_words(&x->m, fwd[f]);
				add_words(&x->m, type[t]);
				for (i = 0; i < 4; i++) {
					if (mask & 1 << i)
						add_words(&x->m, flag[i]);
				}
				emit(x);
			}
		}
	}
}

static void flags(struct matrix *x)
{
	static const char *const sched[] = { "sh", "mh", "wlc", "rr", "" };
	const char *const *list;
	int s, i, k;

	for (s = 0; s < (int)ARRAY_SIZE(sched); s++) {
		for (k = 0; k < 2; k++) {
			list = k ? bad_flags : good_flags;
			for (i = 0; list[i]; i++) {
				begin(x, C_ADD, 0);
				if (chance(x->m.r, 50)) {
					add_option(&x->m, &option[O_FLAGS], list[i]);
					add_option(&x->m, &option[O_SCHED], sched[s]);
				} else {
					add_option(&x->m, &option[O_SCHED], sched[s]);
					add_option(&x->m, &option[O_FLAGS], list[i]);
				}
				emit(x);
			}
		}
	}
}

/* Positional words: --set, and where there should be none. */
static void positional(struct matrix *x)
{
	enum command c;
	int i, k;

	for (c = 0; c < COMMANDS; c++) {
		for (i = 0; junk[i]; i++) {
			begin(x, c, 0);
			if (i % 2)
				line_add(&x->l, (char *)junk[i]);
			else
				insert(&x->l, 1, (char *)junk[i]);
			emit(x);
		}
		/* a second command */
		for (i = 1; i < COMMANDS; i++) {
			begin(x, c, 0);
			add_option(&x->m, &command[i],
				   command[i].good ? pick(x->m.r, command[i].good) : NULL);
			emit(x);
		}
	}
	for (i = 0; bad_number[i]; i++) {
		for (k = 0; k < 3; k++) {
			begin(x, C_SET, -1);
			add_words(&x->m, k == 0 ? "" : k == 1 ? "7" : "7 7");
			line_add(&x->l, (char *)bad_number[i]);
			add_words(&x->m, k == 2 ? "" : k == 1 ? "9" : "9 9");
			emit(x);
		}
	}
	for (k = 0; k < 5; k++) {
		begin(x, C_SET, -1);
		for (i = 0; i < k; i++)
			line_add(&x->l, "5");
		emit(x);
	}
	for (c = C_START; c <= C_STOP; c++) {
		for (i = 0; bad_state[i]; i++) {
			line_start(&x->l, "ipvsadm");
			add_option(&x->m, &command[c], bad_state[i]);
			emit(x);
		}
	}
}

void lines_matrix(struct arena *a, struct rng *r, unsigned int share,
		  void (*each)(void *arg, struct line *l), void *arg)
{
	struct matrix x = { .a = a, .each = each, .arg = arg };
	enum command c;
	int way;

	x.m = (struct maker){ a, r, &x.l, false };
	for (c = 0; c < COMMANDS; c++) {
		for (way = -1; way < 0 || complete[c][way]; way++) {
			begin(&x, c, way);
			emit(&x);
		}
		one_option(&x, c);
		two_options(&x, c, share);
	}
	tunnels(&x);
	flags(&x);
	positional(&x);
}

/* ---- listings ----------------------------------------------------------- */

void lines_list(struct arena *a, char **service, int n, bool numeric, unsigned int share,
		struct rng *r, void (*each)(void *arg, struct line *l), void *arg)
{
	static const int format[] = {
		O_NUMERIC, O_STATS, O_RATE, O_THRESHOLDS, O_PERSISTENT_CONN, O_TUN_INFO, O_EXACT,
		O_NOSORT, O_SORT, O_SYNCID,
	};
	/* The formats that do not go with -c, --timeout and --daemon. */
	const int not_with_others = 1 << 1 | 1 << 2 | 1 << 3;
	struct matrix x = { .a = a, .each = each, .arg = arg };
	unsigned int often;
	int what, mask, i;

	x.m = (struct maker){ a, r, &x.l, false };
	/* everything, each service, -c, --timeout, --daemon */
	for (what = 0; what <= n / 2 + 3; what++) {
		for (mask = 0; mask < 1 << ARRAY_SIZE(format); mask++) {
			/* The last two do nothing. */
			often = mask >> 8 ? 8 : 1;
			if (what > n / 2 && mask & not_with_others)
				often *= 16;
			else if (what && what != n / 2 + 1)
				often *= 4;
			if ((numeric && !(mask & 1)) || (mask && below(r, share * often)))
				continue;
			line_start(&x.l, "ipvsadm");
			line_add(&x.l, chance(r, 50) ? "-L" : "--list");
			if (what > n / 2)
				add_option(&x.m, &option[what == n / 2 + 1 ? O_CONNECTION :
					   what == n / 2 + 2 ? O_TIMEOUT : O_DAEMON], NULL);
			else if (what) {
				line_add(&x.l, service[2 * what - 2]);
				line_add(&x.l, service[2 * what - 1]);
			}
			for (i = 0; i < (int)ARRAY_SIZE(format); i++) {
				if (mask & 1 << i)
					add_option(&x.m, &option[format[i]],
						   format[i] == O_SYNCID ? "7" : NULL);
			}
			emit(&x);
		}
	}
	for (mask = 0; mask < 2; mask++) {
		if (numeric && !mask)
			continue;
		line_start(&x.l, "ipvsadm");
		line_add(&x.l, "-S");
		if (mask)
			line_add(&x.l, "-n");
		emit(&x);
	}
	if (!numeric) {
		line_start(&x.l, "ipvsadm");
		emit(&x);
	}
}
