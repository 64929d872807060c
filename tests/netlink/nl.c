// SPDX-License-Identifier: GPL-2.0
/* Sockets, messages and tables of IPVS_EXT; see nl.h. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "nl.h"

#ifndef SOL_NETLINK
#define SOL_NETLINK	270
#endif

#define SUB(table)	NEST, table, ARRAY_SIZE(table)

static const struct field service_fields[IP_VS_EXT_SERVICE_MAX + 1] = {
	[IP_VS_EXT_SERVICE_AF] = { "af", U16 },
	[IP_VS_EXT_SERVICE_PROTOCOL] = { "protocol", U16 },
	[IP_VS_EXT_SERVICE_ADDR] = { "addr", ADDR },
	[IP_VS_EXT_SERVICE_PORT] = { "port", PORT },
	[IP_VS_EXT_SERVICE_FWMARK] = { "fwmark", U32 },
};

static const struct field server_fields[IP_VS_EXT_SERVER_MAX + 1] = {
	[IP_VS_EXT_SERVER_AF] = { "af", U16 },
	[IP_VS_EXT_SERVER_ADDR] = { "addr", ADDR },
	[IP_VS_EXT_SERVER_PORT] = { "port", PORT },
};

static const struct field attr_fields[IP_VS_EXT_ATTR_MAX + 1] = {
	[IP_VS_EXT_ATTR_PRIORITY] = { "priority", U32 },
	[IP_VS_EXT_ATTR_BANDWIDTH] = { "bandwidth", U64 },
	[IP_VS_EXT_ATTR_LAG] = { "lag", U32 },
};

static const struct field param_fields[IP_VS_EXT_PARAM_MAX + 1] = {
	[IP_VS_EXT_PARAM_NAME] = { "name", STR },
	[IP_VS_EXT_PARAM_VALUE] = { "value", U64 },
	[IP_VS_EXT_PARAM_SET] = { "set", FLAG },
};

static const struct field params_fields[IP_VS_EXT_A_PARAM + 1] = {
	[IP_VS_EXT_A_PARAM] = { "param", SUB(param_fields) },
};

static const struct field desc_fields[IP_VS_EXT_DESC_MAX + 1] = {
	[IP_VS_EXT_DESC_NAME] = { "name", STR },
	[IP_VS_EXT_DESC_TEXT] = { "text", STR },
	[IP_VS_EXT_DESC_UNIT] = { "unit", U8 },
	[IP_VS_EXT_DESC_LOWEST] = { "lowest", U64 },
	[IP_VS_EXT_DESC_HIGHEST] = { "highest", U64 },
	[IP_VS_EXT_DESC_DEFAULT] = { "default", U64 },
	[IP_VS_EXT_DESC_CHOICE] = { "choice", SUB(param_fields) },
};

static const struct field descs_fields[IP_VS_EXT_A_PARAM_DESC + 1] = {
	[IP_VS_EXT_A_PARAM_DESC] = { "desc", SUB(desc_fields) },
};

static const struct field state_fields[IP_VS_EXT_STATE_MAX + 1] = {
	[IP_VS_EXT_STATE_TIME_MONO] = { "mono", U64 },
	[IP_VS_EXT_STATE_TIME_WALL] = { "wall", U64 },
	[IP_VS_EXT_STATE_SINCE] = { "since", U64 },
	[IP_VS_EXT_STATE_TIER] = { "tier", U32 },
	[IP_VS_EXT_STATE_TIER_SINCE] = { "tier_since", U64 },
	[IP_VS_EXT_STATE_SERVERS] = { "servers", U32 },
	[IP_VS_EXT_STATE_ELIGIBLE] = { "eligible", U32 },
	[IP_VS_EXT_STATE_FULL_SERVERS] = { "full_servers", U32 },
	[IP_VS_EXT_STATE_GRANTS] = { "grants", U64 },
	[IP_VS_EXT_STATE_REFUSALS] = { "refusals", U64 },
	[IP_VS_EXT_STATE_FULL] = { "full", U64 },
	[IP_VS_EXT_STATE_RELIEVED] = { "relieved", U64 },
	[IP_VS_EXT_STATE_SPILLS] = { "spills", U64 },
	[IP_VS_EXT_STATE_RETURNS] = { "returns", U64 },
	[IP_VS_EXT_STATE_EXHAUSTED] = { "exhausted", U64 },
	[IP_VS_EXT_STATE_EVENT_SEQ] = { "seq", U64 },
};

static const struct field server_state_fields[IP_VS_EXT_SERVER_STATE_MAX + 1] = {
	[IP_VS_EXT_SERVER_STATE_IS] = { "is", U8 },
	[IP_VS_EXT_SERVER_STATE_TIER] = { "tier", U32 },
	[IP_VS_EXT_SERVER_STATE_WEIGHT] = { "weight", U32 },
	[IP_VS_EXT_SERVER_STATE_CONNS] = { "conns", U32 },
	[IP_VS_EXT_SERVER_STATE_UPPER] = { "upper", U32 },
	[IP_VS_EXT_SERVER_STATE_LOWER] = { "lower", U32 },
	[IP_VS_EXT_SERVER_STATE_EVENT_SEQ] = { "seq", U64 },
};

static const struct field event_fields[IP_VS_EXT_EVENT_MAX + 1] = {
	[IP_VS_EXT_EVENT_TYPE] = { "type", U8 },
	[IP_VS_EXT_EVENT_SEQ] = { "seq", U64 },
	[IP_VS_EXT_EVENT_TIME_MONO] = { "mono", U64 },
	[IP_VS_EXT_EVENT_TIME_WALL] = { "wall", U64 },
	[IP_VS_EXT_EVENT_TIER_OLD] = { "tier_old", U32 },
	[IP_VS_EXT_EVENT_TIER_NEW] = { "tier_new", U32 },
	[IP_VS_EXT_EVENT_CONNS] = { "conns", U32 },
	[IP_VS_EXT_EVENT_UPPER] = { "upper", U32 },
	[IP_VS_EXT_EVENT_LOWER] = { "lower", U32 },
	[IP_VS_EXT_EVENT_ELIGIBLE] = { "eligible", U32 },
	[IP_VS_EXT_EVENT_SUPPRESSED] = { "suppressed", U64 },
};

const struct field nl_top[IP_VS_EXT_A_MAX + 1] = {
	[IP_VS_EXT_A_SERVICE] = { "service", SUB(service_fields) },
	[IP_VS_EXT_A_SERVER] = { "server", SUB(server_fields) },
	[IP_VS_EXT_A_SERVER_ATTRS] = { "attrs", SUB(attr_fields) },
	[IP_VS_EXT_A_PARAMS] = { "params", SUB(params_fields) },
	[IP_VS_EXT_A_SCHED_NAME] = { "sched", STR },
	[IP_VS_EXT_A_SCHED_DESC] = { "about", STR },
	[IP_VS_EXT_A_SCHED_ATTRS] = { "uses", U32 },
	[IP_VS_EXT_A_SCHED_PARAMS] = { "descs", SUB(descs_fields) },
	[IP_VS_EXT_A_STATE] = { "state", SUB(state_fields) },
	[IP_VS_EXT_A_SERVER_STATE] = { "server_state", SUB(server_state_fields) },
	[IP_VS_EXT_A_EVENT] = { "event", SUB(event_fields) },
};

const char *const nl_commands[IP_VS_EXT_CMD_MAX + 1] = {
	[IP_VS_EXT_CMD_UNSPEC] = "unspec",
	[IP_VS_EXT_CMD_GET_SCHED] = "sched",
	[IP_VS_EXT_CMD_SET_ATTR] = "set-attr",
	[IP_VS_EXT_CMD_DEL_ATTR] = "del-attr",
	[IP_VS_EXT_CMD_GET_ATTR] = "attr",
	[IP_VS_EXT_CMD_SET_PARAM] = "set-param",
	[IP_VS_EXT_CMD_DEL_PARAM] = "del-param",
	[IP_VS_EXT_CMD_GET_PARAM] = "param",
	[IP_VS_EXT_CMD_GET_STATE] = "state",
	[IP_VS_EXT_CMD_EVENT] = "event",
};

void die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(2);
}

/* ---- messages ----------------------------------------------------------- */

void msg_start(struct msg *m, const struct nl *nl, uint8_t cmd, uint16_t flags)
{
	struct genlmsghdr *g = NLMSG_DATA(&m->h);

	memset(m->buf, 0, NLMSG_LENGTH(sizeof(*g)));
	m->h.nlmsg_len = NLMSG_LENGTH(sizeof(*g));
	m->h.nlmsg_type = nl->family;
	m->h.nlmsg_flags = NLM_F_REQUEST | flags;
	g->cmd = cmd;
	g->version = IP_VS_EXT_GENL_VERSION;
}

void msg_put(struct msg *m, uint16_t type, const void *data, size_t len)
{
	struct nlattr *a = (struct nlattr *)(m->buf + m->h.nlmsg_len);

	if (m->h.nlmsg_len + NLA_HDRLEN + NLA_ALIGN(len) > sizeof(m->buf))
		die("message too long");
	a->nla_type = type;
	a->nla_len = NLA_HDRLEN + len;
	memset(a + 1, 0, NLA_ALIGN(len));
	if (len)
		memcpy(a + 1, data, len);
	m->h.nlmsg_len += NLA_HDRLEN + NLA_ALIGN(len);
}

void msg_u16(struct msg *m, uint16_t type, uint16_t value)
{
	msg_put(m, type, &value, sizeof(value));
}

void msg_u32(struct msg *m, uint16_t type, uint32_t value)
{
	msg_put(m, type, &value, sizeof(value));
}

void msg_u64(struct msg *m, uint16_t type, uint64_t value)
{
	msg_put(m, type, &value, sizeof(value));
}

size_t msg_nest(struct msg *m, uint16_t type)
{
	size_t at = m->h.nlmsg_len;

	msg_put(m, type | NLA_F_NESTED, NULL, 0);
	return at;
}

void msg_end(struct msg *m, size_t nest)
{
	struct nlattr *a = (struct nlattr *)(m->buf + nest);

	a->nla_len = m->h.nlmsg_len - nest;
}

/* Address and port of "A.B.C.D:P" or "[X::Y]:P". Returns the family. */
static int parse_end(const char *text, void *addr, uint16_t *port)
{
	char copy[128], *host = copy, *colon;
	int af = AF_INET;

	if (strlen(text) >= sizeof(copy))
		die("too long: %s", text);
	strcpy(copy, text);
	colon = strrchr(copy, ':');
	if (!colon)
		die("no port: %s", text);
	*colon = 0;
	*port = htons(strtoul(colon + 1, NULL, 10));
	if (*host == '[') {
		af = AF_INET6;
		host++;
		host[strcspn(host, "]")] = 0;
	}
	if (inet_pton(af, host, addr) != 1)
		die("no address: %s", text);
	return af;
}

static size_t addr_len(int af)
{
	return af == AF_INET6 ? sizeof(struct in6_addr) : sizeof(struct in_addr);
}

void msg_service(struct msg *m, const char *text)
{
	static const struct {
		const char *name;
		uint16_t protocol;
	} protocols[] = {
		{ "tcp:", IPPROTO_TCP },
		{ "udp:", IPPROTO_UDP },
		{ "sctp:", IPPROTO_SCTP },
	};
	size_t nest = msg_nest(m, IP_VS_EXT_A_SERVICE), i;
	struct in6_addr addr;
	uint16_t port;
	int af;

	if (!strncmp(text, "fwmark", 6)) {
		msg_u16(m, IP_VS_EXT_SERVICE_AF,
			text[6] == '6' ? AF_INET6 : AF_INET);
		msg_u32(m, IP_VS_EXT_SERVICE_FWMARK,
			strtoul(strchr(text, ':') + 1, NULL, 10));
		msg_end(m, nest);
		return;
	}
	for (i = 0; i < ARRAY_SIZE(protocols); i++)
		if (!strncmp(text, protocols[i].name, strlen(protocols[i].name)))
			break;
	if (i == ARRAY_SIZE(protocols))
		die("no service: %s", text);
	af = parse_end(text + strlen(protocols[i].name), &addr, &port);
	msg_u16(m, IP_VS_EXT_SERVICE_AF, af);
	msg_u16(m, IP_VS_EXT_SERVICE_PROTOCOL, protocols[i].protocol);
	msg_put(m, IP_VS_EXT_SERVICE_ADDR, &addr, addr_len(af));
	msg_u16(m, IP_VS_EXT_SERVICE_PORT, port);
	msg_end(m, nest);
}

void msg_server(struct msg *m, const char *text)
{
	size_t nest = msg_nest(m, IP_VS_EXT_A_SERVER);
	struct in6_addr addr;
	uint16_t port;
	int af;

	af = parse_end(text, &addr, &port);
	msg_u16(m, IP_VS_EXT_SERVER_AF, af);
	msg_put(m, IP_VS_EXT_SERVER_ADDR, &addr, addr_len(af));
	msg_u16(m, IP_VS_EXT_SERVER_PORT, port);
	msg_end(m, nest);
}

/* ---- sockets ------------------------------------------------------------ */

/* Extended ack of an error or the end of a dump: attributes after @at. */
static void read_ack(struct answer *a, const struct nlmsghdr *h, size_t at)
{
	const unsigned char *p = (const unsigned char *)h + at;
	const unsigned char *end = (const unsigned char *)h + h->nlmsg_len;

	while (p + NLA_HDRLEN <= end) {
		const struct nlattr *n = (const struct nlattr *)p;
		size_t len = n->nla_len - NLA_HDRLEN;

		if (n->nla_len < NLA_HDRLEN || p + n->nla_len > end)
			break;
		if (n->nla_type == NLMSGERR_ATTR_MSG)
			snprintf(a->text, sizeof(a->text), "%.*s", (int)len,
				 (const char *)(n + 1));
		else if (n->nla_type == NLMSGERR_ATTR_OFFS && len == 4)
			memcpy(&a->offset, n + 1, 4);
		p += NLA_ALIGN(n->nla_len);
	}
}

static void take_error(struct answer *a, const struct nlmsghdr *h)
{
	const struct nlmsgerr *e = NLMSG_DATA(h);
	size_t at = NLMSG_LENGTH(sizeof(*e));

	a->error = -e->error;
	if (!(h->nlmsg_flags & NLM_F_CAPPED))
		at += e->msg.nlmsg_len - NLMSG_HDRLEN;
	if (h->nlmsg_flags & NLM_F_ACK_TLVS)
		read_ack(a, h, at);
}

void nl_talk(struct nl *nl, struct msg *m, struct answer *a,
	     void (*each)(const struct nlmsghdr *h))
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	static unsigned char buf[1 << 17];
	bool dump;
	ssize_t n;

	memset(a, 0, sizeof(*a));
	m->h.nlmsg_seq = ++nl->seq;
	dump = (m->h.nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
	if (sendto(nl->fd, m->buf, m->h.nlmsg_len, 0,
		   (struct sockaddr *)&kernel, sizeof(kernel)) < 0)
		die("sendto: %s", strerror(errno));
	for (;;) {
		const struct nlmsghdr *h = (void *)buf;

		n = recv(nl->fd, buf, sizeof(buf), 0);
		if (n < 0)
			die("recv: %s", strerror(errno));
		for (; NLMSG_OK(h, n); h = NLMSG_NEXT(h, n)) {
			if (h->nlmsg_seq != nl->seq)
				continue;
			a->interrupted |= !!(h->nlmsg_flags & NLM_F_DUMP_INTR);
			switch (h->nlmsg_type) {
			case NLMSG_ERROR:
				take_error(a, h);
				return;
			case NLMSG_DONE:
				memcpy(&a->error, NLMSG_DATA(h), sizeof(a->error));
				a->error = -a->error;
				if (h->nlmsg_flags & NLM_F_ACK_TLVS)
					read_ack(a, h, NLMSG_LENGTH(4));
				return;
			default:
				a->messages++;
				if (each)
					each(h);
				/* an answer that is not followed by an ack */
				if (!dump && !(m->h.nlmsg_flags & NLM_F_ACK))
					return;
			}
		}
	}
}

static struct nl *resolving;

static void take_groups(const unsigned char *p, const unsigned char *end)
{
	while (p + NLA_HDRLEN <= end) {
		const struct nlattr *grp = (const struct nlattr *)p, *n;
		const unsigned char *q = p + NLA_HDRLEN;

		for (; q + NLA_HDRLEN <= p + grp->nla_len;
		     q += NLA_ALIGN(n->nla_len)) {
			n = (const struct nlattr *)q;
			if (n->nla_type == CTRL_ATTR_MCAST_GRP_ID)
				memcpy(&resolving->group, n + 1, 4);
		}
		p += NLA_ALIGN(grp->nla_len);
	}
}

static void take_family(const struct nlmsghdr *h)
{
	const unsigned char *p = (const unsigned char *)h +
				 NLMSG_LENGTH(GENL_HDRLEN);
	const unsigned char *end = (const unsigned char *)h + h->nlmsg_len;

	while (p + NLA_HDRLEN <= end) {
		const struct nlattr *n = (const struct nlattr *)p;

		if (n->nla_type == CTRL_ATTR_FAMILY_ID)
			memcpy(&resolving->family, n + 1, 2);
		else if ((n->nla_type & NLA_TYPE_MASK) == CTRL_ATTR_MCAST_GROUPS)
			take_groups(p + NLA_HDRLEN, p + n->nla_len);
		p += NLA_ALIGN(n->nla_len);
	}
}

bool nl_open(struct nl *nl)
{
	return nl_open_family(nl, IP_VS_EXT_GENL_NAME);
}

bool nl_open_family(struct nl *nl, const char *name)
{
	int one = 1, size = 1 << 20;
	struct answer a;
	static struct msg m;

	memset(nl, 0, sizeof(*nl));
	nl->fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_GENERIC);
	if (nl->fd < 0)
		die("socket: %s", strerror(errno));
	setsockopt(nl->fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one));
	setsockopt(nl->fd, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof(one));
	setsockopt(nl->fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &one,
		   sizeof(one));
	setsockopt(nl->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	nl->family = GENL_ID_CTRL;
	msg_start(&m, nl, CTRL_CMD_GETFAMILY, 0);
	msg_put(&m, CTRL_ATTR_FAMILY_NAME, name, strlen(name) + 1);
	resolving = nl;
	nl_talk(nl, &m, &a, take_family);
	if (!a.error)
		return true;
	close(nl->fd);
	errno = a.error;
	return false;
}

/* ---- printing ----------------------------------------------------------- */

static void print_value(const struct field *f, const struct nlattr *n)
{
	const void *data = n + 1;
	size_t len = n->nla_len - NLA_HDRLEN;
	char text[INET6_ADDRSTRLEN];
	uint64_t value = 0;

	switch (f->kind) {
	case U8:
	case U16:
	case U32:
	case U64:
		if (len > sizeof(value))
			die("%s: %zu bytes", f->name, len);
		memcpy(&value, data, len);
		printf("%s=%llu", f->name, (unsigned long long)value);
		break;
	case PORT:
		memcpy(&value, data, 2);
		printf("%s=%u", f->name, ntohs((uint16_t)value));
		break;
	case ADDR:
		inet_ntop(len == 16 ? AF_INET6 : AF_INET, data, text,
			  sizeof(text));
		printf("%s=%s", f->name, text);
		break;
	case STR:
		printf("%s=%.*s", f->name, (int)len, (const char *)data);
		break;
	case FLAG:
		printf("%s", f->name);
		break;
	default:
		die("attribute %u has no name", n->nla_type);
	}
}

static void print_fields(const unsigned char *p, const unsigned char *end,
			 const struct field *table, unsigned int nr)
{
	const char *space = "";

	for (; p + NLA_HDRLEN <= end;
	     p += NLA_ALIGN(((const struct nlattr *)p)->nla_len)) {
		const struct nlattr *n = (const struct nlattr *)p;
		unsigned int type = n->nla_type & NLA_TYPE_MASK;

		if (n->nla_len < NLA_HDRLEN || p + n->nla_len > end)
			die("attribute %u is cut", type);
		/* all of our tables have padding there */
		if (type == IP_VS_EXT_A_PAD && !table[type].name)
			continue;
		if (type >= nr || !table[type].name)
			die("attribute %u is not in the header", type);
		fputs(space, stdout);
		space = " ";
		if (table[type].kind == NEST) {
			printf("%s{", table[type].name);
			print_fields(p + NLA_HDRLEN, p + n->nla_len,
				     table[type].sub, table[type].nr);
			putchar('}');
		} else {
			print_value(&table[type], n);
		}
	}
}

void nl_print(const struct nlmsghdr *h)
{
	print_fields((const unsigned char *)h + NLMSG_LENGTH(GENL_HDRLEN),
		     (const unsigned char *)h + h->nlmsg_len, nl_top,
		     ARRAY_SIZE(nl_top));
	putchar('\n');
}
