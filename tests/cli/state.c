// SPDX-License-Identifier: GPL-2.0
/*
 * What the kernel has, read over generic netlink without any of the code that
 * is under test.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "differ.h"

#define MAX_SERVICES	4096
#define MAX_DESTS	4096
#define MAX_ATTR	32

struct request {
	struct nlmsghdr nl;
	struct genlmsghdr genl;
	char attr[256];
};

typedef void each_t(struct nlattr **attr, void *arg);

static uint16_t family;

static void put(struct request *r, uint16_t type, const void *data, size_t len)
{
	struct nlattr *a = (void *)((char *)r + NLMSG_ALIGN(r->nl.nlmsg_len));

	a->nla_type = type;
	a->nla_len = NLA_HDRLEN + len;
	memcpy((char *)a + NLA_HDRLEN, data, len);
	r->nl.nlmsg_len = NLMSG_ALIGN(r->nl.nlmsg_len) + NLA_ALIGN(a->nla_len);
}

static void parse(struct nlattr **tb, void *data, int len)
{
	struct nlattr *a = data;

	memset(tb, 0, MAX_ATTR * sizeof(*tb));
	while (len >= NLA_HDRLEN && a->nla_len >= NLA_HDRLEN && a->nla_len <= len) {
		if ((a->nla_type & NLA_TYPE_MASK) < MAX_ATTR)
			tb[a->nla_type & NLA_TYPE_MASK] = a;
		len -= NLA_ALIGN(a->nla_len);
		a = (void *)((char *)a + NLA_ALIGN(a->nla_len));
	}
}

/* Attributes are not longer than what they are read into; zero if missing. */
static void get(struct nlattr *a, void *to, size_t len)
{
	memset(to, 0, len);
	if (!a)
		return;
	if ((size_t)a->nla_len - NLA_HDRLEN < len)
		len = a->nla_len - NLA_HDRLEN;
	memcpy(to, (char *)a + NLA_HDRLEN, len);
}

/* Ask, and call @each for every message of the answer. Returns 0 or an errno. */
static int ask(int sock, struct request *r, each_t *each, void *arg)
{
	static __thread char buf[1 << 16];
	struct nlattr *tb[MAX_ATTR];
	struct nlmsghdr *h;
	ssize_t n;

	if (send(sock, r, r->nl.nlmsg_len, 0) < 0)
		die("netlink: %s", strerror(errno));
	for (;;) {
		n = recv(sock, buf, sizeof(buf), 0);
		if (n < 0)
			die("netlink: %s", strerror(errno));
		for (h = (void *)buf; NLMSG_OK(h, n); h = NLMSG_NEXT(h, n)) {
			if (h->nlmsg_type == NLMSG_DONE)
				return 0;
			if (h->nlmsg_type == NLMSG_ERROR)
				return -((struct nlmsgerr *)NLMSG_DATA(h))->error;
			parse(tb, (char *)NLMSG_DATA(h) + GENL_HDRLEN,
			      h->nlmsg_len - NLMSG_LENGTH(GENL_HDRLEN));
			each(tb, arg);
			if (!(h->nlmsg_flags & NLM_F_MULTI))
				return 0;
		}
	}
}

static struct request request(uint16_t type, uint8_t cmd, uint16_t flags)
{
	struct request r = {
		.nl.nlmsg_len = NLMSG_LENGTH(GENL_HDRLEN),
		.nl.nlmsg_type = type,
		.nl.nlmsg_flags = NLM_F_REQUEST | flags,
		.genl.cmd = cmd,
		.genl.version = 1,
	};

	return r;
}

static void on_family(struct nlattr **attr, void *arg)
{
	(void)arg;
	get(attr[CTRL_ATTR_FAMILY_ID], &family, sizeof(family));
}

int state_socket(int netns)
{
	struct request r = request(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 0);
	int home, sock;

	home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	if (home < 0 || setns(netns, CLONE_NEWNET))
		die("network namespace: %s", strerror(errno));
	sock = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	if (sock < 0 || setns(home, CLONE_NEWNET))
		die("netlink: %s", strerror(errno));
	close(home);
	put(&r, CTRL_ATTR_FAMILY_NAME, IPVS_GENL_NAME, sizeof(IPVS_GENL_NAME));
	if (ask(sock, &r, on_family, NULL))
		die("the kernel has no IPVS");
	return sock;
}

struct reading {
	struct arena *arena;
	struct state *st;
	struct service *svc;
	int room;
};

static void on_service(struct nlattr **cmd, void *arg)
{
	struct reading *rd = arg;
	struct nlattr *tb[MAX_ATTR];
	struct service *s;
	uint32_t flags[2];

	if (!cmd[IPVS_CMD_ATTR_SERVICE])
		return;
	if (rd->st->n == rd->room)
		die("more than %d services", rd->room);
	s = &rd->st->service[rd->st->n++];
	memset(s, 0, sizeof(*s));
	parse(tb, (char *)cmd[IPVS_CMD_ATTR_SERVICE] + NLA_HDRLEN,
	      cmd[IPVS_CMD_ATTR_SERVICE]->nla_len - NLA_HDRLEN);
	get(tb[IPVS_SVC_ATTR_AF], &s->af, sizeof(s->af));
	get(tb[IPVS_SVC_ATTR_PROTOCOL], &s->proto, sizeof(s->proto));
	get(tb[IPVS_SVC_ATTR_ADDR], s->addr, s->af == AF_INET6 ? 16 : 4);
	get(tb[IPVS_SVC_ATTR_PORT], &s->port, sizeof(s->port));
	get(tb[IPVS_SVC_ATTR_FWMARK], &s->fwmark, sizeof(s->fwmark));
	get(tb[IPVS_SVC_ATTR_SCHED_NAME], s->sched, sizeof(s->sched) - 1);
	get(tb[IPVS_SVC_ATTR_PE_NAME], s->pe, sizeof(s->pe) - 1);
	get(tb[IPVS_SVC_ATTR_FLAGS], flags, sizeof(flags));
	s->flags = flags[0];
	get(tb[IPVS_SVC_ATTR_TIMEOUT], &s->timeout, sizeof(s->timeout));
	get(tb[IPVS_SVC_ATTR_NETMASK], &s->netmask, sizeof(s->netmask));
}

static void on_dest(struct nlattr **cmd, void *arg)
{
	struct reading *rd = arg;
	struct nlattr *tb[MAX_ATTR];
	struct dest *d;

	if (!cmd[IPVS_CMD_ATTR_DEST])
		return;
	if (rd->svc->n == rd->room)
		die("more than %d servers of one service", rd->room);
	d = &rd->svc->dest[rd->svc->n++];
	memset(d, 0, sizeof(*d));
	parse(tb, (char *)cmd[IPVS_CMD_ATTR_DEST] + NLA_HDRLEN,
	      cmd[IPVS_CMD_ATTR_DEST]->nla_len - NLA_HDRLEN);
	get(tb[IPVS_DEST_ATTR_ADDR_FAMILY], &d->af, sizeof(d->af));
	get(tb[IPVS_DEST_ATTR_ADDR], d->addr, d->af == AF_INET6 ? 16 : 4);
	get(tb[IPVS_DEST_ATTR_PORT], &d->port, sizeof(d->port));
	get(tb[IPVS_DEST_ATTR_FWD_METHOD], &d->fwd, sizeof(d->fwd));
	get(tb[IPVS_DEST_ATTR_WEIGHT], &d->weight, sizeof(d->weight));
	get(tb[IPVS_DEST_ATTR_U_THRESH], &d->upper, sizeof(d->upper));
	get(tb[IPVS_DEST_ATTR_L_THRESH], &d->lower, sizeof(d->lower));
	get(tb[IPVS_DEST_ATTR_ACTIVE_CONNS], &d->active, sizeof(d->active));
	get(tb[IPVS_DEST_ATTR_INACT_CONNS], &d->inactive, sizeof(d->inactive));
	get(tb[IPVS_DEST_ATTR_PERSIST_CONNS], &d->persistent, sizeof(d->persistent));
	get(tb[IPVS_DEST_ATTR_TUN_TYPE], &d->tun_type, sizeof(d->tun_type));
	get(tb[IPVS_DEST_ATTR_TUN_PORT], &d->tun_port, sizeof(d->tun_port));
	get(tb[IPVS_DEST_ATTR_TUN_FLAGS], &d->tun_flags, sizeof(d->tun_flags));
}

static void on_config(struct nlattr **cmd, void *arg)
{
	struct reading *rd = arg;

	get(cmd[IPVS_CMD_ATTR_TIMEOUT_TCP], &rd->st->tcp, 4);
	get(cmd[IPVS_CMD_ATTR_TIMEOUT_TCP_FIN], &rd->st->tcp_fin, 4);
	get(cmd[IPVS_CMD_ATTR_TIMEOUT_UDP], &rd->st->udp, 4);
}

static void on_daemon(struct nlattr **cmd, void *arg)
{
	struct reading *rd = arg;
	struct nlattr *tb[MAX_ATTR];
	struct sync_daemon *d;

	if (!cmd[IPVS_CMD_ATTR_DAEMON])
		return;
	if (rd->st->daemons == ARRAY_SIZE(rd->st->daemon))
		die("too many sync daemons");
	d = &rd->st->daemon[rd->st->daemons++];
	memset(d, 0, sizeof(*d));
	parse(tb, (char *)cmd[IPVS_CMD_ATTR_DAEMON] + NLA_HDRLEN,
	      cmd[IPVS_CMD_ATTR_DAEMON]->nla_len - NLA_HDRLEN);
	get(tb[IPVS_DAEMON_ATTR_STATE], &d->state, sizeof(d->state));
	get(tb[IPVS_DAEMON_ATTR_MCAST_IFN], d->ifname, sizeof(d->ifname) - 1);
	get(tb[IPVS_DAEMON_ATTR_SYNC_ID], &d->syncid, sizeof(d->syncid));
	get(tb[IPVS_DAEMON_ATTR_SYNC_MAXLEN], &d->maxlen, sizeof(d->maxlen));
	get(tb[IPVS_DAEMON_ATTR_MCAST_PORT], &d->port, sizeof(d->port));
	get(tb[IPVS_DAEMON_ATTR_MCAST_TTL], &d->ttl, sizeof(d->ttl));
	if (tb[IPVS_DAEMON_ATTR_MCAST_GROUP]) {
		d->group_af = AF_INET;
		get(tb[IPVS_DAEMON_ATTR_MCAST_GROUP], d->group, 4);
	} else if (tb[IPVS_DAEMON_ATTR_MCAST_GROUP6]) {
		d->group_af = AF_INET6;
		get(tb[IPVS_DAEMON_ATTR_MCAST_GROUP6], d->group, 16);
	}
}

static int service_cmp(const void *a, const void *b)
{
	const struct service *x = a, *y = b;
	int c;

	if (x->fwmark != y->fwmark)
		return x->fwmark < y->fwmark ? -1 : 1;
	if (x->af != y->af)
		return x->af - y->af;
	if (x->proto != y->proto)
		return x->proto - y->proto;
	c = memcmp(x->addr, y->addr, sizeof(x->addr));
	return c ? c : memcmp(&x->port, &y->port, sizeof(x->port));
}

static int dest_cmp(const void *a, const void *b)
{
	const struct dest *x = a, *y = b;
	int c;

	if (x->af != y->af)
		return x->af - y->af;
	c = memcmp(x->addr, y->addr, sizeof(x->addr));
	return c ? c : memcmp(&x->port, &y->port, sizeof(x->port));
}

const char *endpoint(struct arena *a, int af, const uint8_t *addr, uint16_t port)
{
	char s[INET6_ADDRSTRLEN];

	inet_ntop(af, addr, s, sizeof(s));
	return arena_printf(a, af == AF_INET6 ? "[%s]:%u" : "%s:%u", s, ntohs(port));
}

static void say_key(struct buffer *b, struct arena *a, const struct service *s)
{
	if (s->fwmark)
		buf_printf(b, " -f %u%s", s->fwmark, s->af == AF_INET6 ? " -6" : "");
	else
		buf_printf(b, " %s %s", s->proto == IPPROTO_TCP ? "-t" :
			   s->proto == IPPROTO_UDP ? "-u" : "--sctp-service",
			   endpoint(a, s->af, s->addr, s->port));
}

static void say_service(struct buffer *b, struct arena *a, const struct service *s)
{
	const char *comma = " -b ";
	char mask[INET_ADDRSTRLEN];
	int i;

	buf_printf(b, "-A");
	say_key(b, a, s);
	buf_printf(b, " -s %s", s->sched);
	if (s->flags & IP_VS_SVC_F_PERSISTENT)
		buf_printf(b, " -p %u", s->timeout);
	if (s->af == AF_INET6 && s->netmask != 128)
		buf_printf(b, " -M %u", s->netmask);
	else if (s->af == AF_INET && s->netmask != INADDR_BROADCAST)
		buf_printf(b, " -M %s", inet_ntop(AF_INET, &s->netmask, mask, sizeof(mask)));
	if (s->pe[0])
		buf_printf(b, " --pe %s", s->pe);
	if (s->flags & IP_VS_SVC_F_ONEPACKET)
		buf_printf(b, " -o");
	for (i = 0; i < 3; i++) {
		if (s->flags & IP_VS_SVC_F_SCHED1 << i) {
			buf_printf(b, "%sflag-%d", comma, i + 1);
			comma = ",";
		}
	}
	buf_printf(b, "\t# flags %x, timeout %u, netmask %x\n", s->flags, s->timeout, s->netmask);
}

static void say_dest(struct buffer *b, struct arena *a, const struct service *s,
		     const struct dest *d)
{
	static const char *const type[] = { "ipip", "gue", "gre" };
	static const char *const sum[] = { " --tun-nocsum", " --tun-csum", " --tun-remcsum" };

	buf_printf(b, "-a");
	say_key(b, a, s);
	buf_printf(b, " -r %s %s -w %u -x %u -y %u", endpoint(a, d->af, d->addr, d->port),
		   d->fwd == IP_VS_CONN_F_MASQ ? "-m" : d->fwd == IP_VS_CONN_F_TUNNEL ? "-i" : "-g",
		   d->weight, d->upper, d->lower);
	if (d->tun_type && d->tun_type < ARRAY_SIZE(type)) {
		buf_printf(b, " --tun-type %s", type[d->tun_type]);
		if (d->tun_port)
			buf_printf(b, " --tun-port %u", ntohs(d->tun_port));
		if (d->tun_flags < ARRAY_SIZE(sum))
			buf_printf(b, "%s", sum[d->tun_flags]);
	}
	buf_printf(b, "\t# method %x, tunnel %u %u %x, connections %u %u %u\n", d->fwd,
		   d->tun_type, d->tun_port, d->tun_flags, d->active, d->inactive, d->persistent);
}

static void say_daemon(struct buffer *b, const struct sync_daemon *d)
{
	char group[INET6_ADDRSTRLEN];

	buf_printf(b, "--start-daemon %s --mcast-interface %s --syncid %u",
		   d->state == IP_VS_STATE_MASTER ? "master" : "backup", d->ifname, d->syncid);
	if (d->maxlen)
		buf_printf(b, " --sync-maxlen %u", d->maxlen);
	if (d->group_af)
		buf_printf(b, " --mcast-group %s",
			   inet_ntop(d->group_af, d->group, group, sizeof(group)));
	if (d->port)
		buf_printf(b, " --mcast-port %u", d->port);
	if (d->ttl)
		buf_printf(b, " --mcast-ttl %u", d->ttl);
	buf_printf(b, "\t# state %u\n", d->state);
}

static void read_dests(int sock, struct reading *rd, struct service *s)
{
	static __thread struct dest dest[MAX_DESTS];
	struct request r = request(family, IPVS_CMD_GET_DEST, NLM_F_DUMP);
	struct nlattr *nest = (void *)r.attr;

	put(&r, IPVS_CMD_ATTR_SERVICE | NLA_F_NESTED, "", 0);
	put(&r, IPVS_SVC_ATTR_AF, &s->af, sizeof(s->af));
	if (s->fwmark) {
		put(&r, IPVS_SVC_ATTR_FWMARK, &s->fwmark, sizeof(s->fwmark));
	} else {
		put(&r, IPVS_SVC_ATTR_PROTOCOL, &s->proto, sizeof(s->proto));
		put(&r, IPVS_SVC_ATTR_ADDR, s->addr, sizeof(s->addr));
		put(&r, IPVS_SVC_ATTR_PORT, &s->port, sizeof(s->port));
	}
	nest->nla_len = (char *)&r + r.nl.nlmsg_len - (char *)nest;
	s->dest = dest;
	rd->svc = s;
	rd->room = MAX_DESTS;
	if (ask(sock, &r, on_dest, rd))
		die("the kernel does not tell its real servers");
	s->dest = arena_take(rd->arena, s->n * sizeof(*dest));
	memcpy(s->dest, dest, s->n * sizeof(*dest));
	qsort(s->dest, s->n, sizeof(*dest), dest_cmp);
}

void state_read(int sock, struct arena *a, struct state *st)
{
	static __thread struct service service[MAX_SERVICES];
	static __thread struct buffer b;
	struct reading rd = { .arena = a, .st = st, .room = MAX_SERVICES };
	struct request r;
	int i, k;

	memset(st, 0, sizeof(*st));
	st->service = service;
	r = request(family, IPVS_CMD_GET_SERVICE, NLM_F_DUMP);
	if (ask(sock, &r, on_service, &rd))
		die("the kernel does not tell its services");
	qsort(service, st->n, sizeof(*service), service_cmp);
	for (i = 0; i < st->n; i++)
		read_dests(sock, &rd, &service[i]);
	r = request(family, IPVS_CMD_GET_CONFIG, 0);
	if (ask(sock, &r, on_config, &rd))
		die("the kernel does not tell its timeouts");
	r = request(family, IPVS_CMD_GET_DAEMON, NLM_F_DUMP);
	if (ask(sock, &r, on_daemon, &rd))
		die("the kernel does not tell its sync daemons");

	b.len = 0;
	buf_printf(&b, "--set %u %u %u\n", st->tcp, st->tcp_fin, st->udp);
	for (i = 0; i < st->n; i++) {
		say_service(&b, a, &service[i]);
		for (k = 0; k < service[i].n; k++)
			say_dest(&b, a, &service[i], &service[i].dest[k]);
	}
	for (i = 0; i < st->daemons; i++)
		say_daemon(&b, &st->daemon[i]);
	st->text = arena_copy(a, (struct text){ b.s, b.len });
}
