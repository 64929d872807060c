// SPDX-License-Identifier: GPL-2.0
/* Messages of generic netlink family IPVS, to and from our own structures. */
#include <errno.h>
#include <linux/genetlink.h>
#include <netlink/attr.h>
#include <netlink/genl/genl.h>
#include <string.h>
#include <sys/socket.h>
#include "genl.h"

/* ---- writing --------------------------------------------------------------- */

struct nl_msg *genl_request(uint16_t family, uint8_t cmd, uint16_t flags)
{
	struct nl_msg *msg = nlmsg_alloc_size(GENL_REQUEST_MAX);
	uint8_t version = family == GENL_ID_CTRL ? 1 : IPVS_GENL_VERSION;

	if (msg && !genlmsg_put(msg, 0, 0, family, 0, NLM_F_REQUEST | flags, cmd, version)) {
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

uint8_t genl_command(enum ipvs_op op)
{
	static const uint8_t command[] = {
		[IPVS_ADD_SERVICE] = IPVS_CMD_NEW_SERVICE,
		[IPVS_EDIT_SERVICE] = IPVS_CMD_SET_SERVICE,
		[IPVS_DEL_SERVICE] = IPVS_CMD_DEL_SERVICE,
		[IPVS_ADD_SERVER] = IPVS_CMD_NEW_DEST,
		[IPVS_EDIT_SERVER] = IPVS_CMD_SET_DEST,
		[IPVS_DEL_SERVER] = IPVS_CMD_DEL_DEST,
		[IPVS_SET_TIMEOUTS] = IPVS_CMD_SET_CONFIG,
		[IPVS_START_DAEMON] = IPVS_CMD_NEW_DAEMON,
		[IPVS_STOP_DAEMON] = IPVS_CMD_DEL_DAEMON,
		[IPVS_ZERO] = IPVS_CMD_ZERO,
		[IPVS_ZERO_ALL] = IPVS_CMD_ZERO,
		[IPVS_FLUSH] = IPVS_CMD_FLUSH,
	};

	return command[op];
}

static int put_key(struct nl_msg *msg, const struct ipvs_key *key)
{
	if (nla_put_u16(msg, IPVS_SVC_ATTR_AF, key->af))
		return -EMSGSIZE;
	if (key->fwmark)
		return nla_put_u32(msg, IPVS_SVC_ATTR_FWMARK, key->fwmark) ? -EMSGSIZE : 0;
	if (nla_put_u16(msg, IPVS_SVC_ATTR_PROTOCOL, key->protocol) ||
	    nla_put(msg, IPVS_SVC_ATTR_ADDR, sizeof(key->addr), &key->addr) ||
	    nla_put_u16(msg, IPVS_SVC_ATTR_PORT, key->port))
		return -EMSGSIZE;
	return 0;
}

int genl_put_key(struct nl_msg *msg, const struct ipvs_key *key)
{
	struct nlattr *nest = nla_nest_start(msg, IPVS_CMD_ATTR_SERVICE);

	if (!nest || put_key(msg, key))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

static int put_service(struct nl_msg *msg, const struct ipvs_service *svc)
{
	struct nlattr *nest = nla_nest_start(msg, IPVS_CMD_ATTR_SERVICE);
	struct ip_vs_flags flags = { .flags = svc->flags, .mask = ~0U };

	if (!nest || put_key(msg, &svc->key) ||
	    nla_put_string(msg, IPVS_SVC_ATTR_SCHED_NAME, svc->sched) ||
	    (svc->pe[0] && nla_put_string(msg, IPVS_SVC_ATTR_PE_NAME, svc->pe)) ||
	    nla_put(msg, IPVS_SVC_ATTR_FLAGS, sizeof(flags), &flags) ||
	    nla_put_u32(msg, IPVS_SVC_ATTR_TIMEOUT, svc->timeout) ||
	    nla_put_u32(msg, IPVS_SVC_ATTR_NETMASK, svc->netmask))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

static int put_server(struct nl_msg *msg, const struct ipvs_server *server, bool whole)
{
	struct nlattr *nest = nla_nest_start(msg, IPVS_CMD_ATTR_DEST);

	if (!nest || nla_put_u16(msg, IPVS_DEST_ATTR_ADDR_FAMILY, server->af) ||
	    nla_put(msg, IPVS_DEST_ATTR_ADDR, sizeof(server->addr), &server->addr) ||
	    nla_put_u16(msg, IPVS_DEST_ATTR_PORT, server->port))
		return -EMSGSIZE;
	if (whole && (nla_put_u32(msg, IPVS_DEST_ATTR_FWD_METHOD, server->forward) ||
		      nla_put_u32(msg, IPVS_DEST_ATTR_WEIGHT, server->weight) ||
		      nla_put_u8(msg, IPVS_DEST_ATTR_TUN_TYPE, server->tun_type) ||
		      nla_put_u16(msg, IPVS_DEST_ATTR_TUN_PORT, server->tun_port) ||
		      nla_put_u16(msg, IPVS_DEST_ATTR_TUN_FLAGS, server->tun_flags) ||
		      nla_put_u32(msg, IPVS_DEST_ATTR_U_THRESH, server->upper) ||
		      nla_put_u32(msg, IPVS_DEST_ATTR_L_THRESH, server->lower)))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

static int put_group(struct nl_msg *msg, const struct ipvs_daemon *d)
{
	switch (d->group_af) {
	case AF_INET:
		return nla_put_u32(msg, IPVS_DAEMON_ATTR_MCAST_GROUP, d->group.ip);
	case AF_INET6:
		return nla_put(msg, IPVS_DAEMON_ATTR_MCAST_GROUP6, sizeof(d->group.in6),
			       &d->group.in6);
	}
	return 0;
}

static int put_daemon(struct nl_msg *msg, const struct ipvs_daemon *d, bool whole)
{
	struct nlattr *nest = nla_nest_start(msg, IPVS_CMD_ATTR_DAEMON);

	if (!nest || nla_put_u32(msg, IPVS_DAEMON_ATTR_STATE, d->state) ||
	    nla_put_u32(msg, IPVS_DAEMON_ATTR_SYNC_ID, d->syncid))
		return -EMSGSIZE;
	if (whole && (nla_put_string(msg, IPVS_DAEMON_ATTR_MCAST_IFN, d->ifname) ||
		      (d->maxlen &&
		       nla_put_u16(msg, IPVS_DAEMON_ATTR_SYNC_MAXLEN, d->maxlen)) ||
		      put_group(msg, d) ||
		      (d->port && nla_put_u16(msg, IPVS_DAEMON_ATTR_MCAST_PORT, d->port)) ||
		      (d->ttl && nla_put_u8(msg, IPVS_DAEMON_ATTR_MCAST_TTL, d->ttl))))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

static int put_timeouts(struct nl_msg *msg, const struct ipvs_timeouts *t)
{
	if (nla_put_u32(msg, IPVS_CMD_ATTR_TIMEOUT_TCP, t->tcp) ||
	    nla_put_u32(msg, IPVS_CMD_ATTR_TIMEOUT_TCP_FIN, t->tcp_fin) ||
	    nla_put_u32(msg, IPVS_CMD_ATTR_TIMEOUT_UDP, t->udp))
		return -EMSGSIZE;
	return 0;
}

int genl_put_change(struct nl_msg *msg, const struct ipvs_change *change)
{
	int err;

	switch (change->op) {
	case IPVS_ADD_SERVICE:
	case IPVS_EDIT_SERVICE:
		return put_service(msg, &change->service);
	case IPVS_DEL_SERVICE:
	case IPVS_ZERO:
		return genl_put_key(msg, &change->service.key);
	case IPVS_ADD_SERVER:
	case IPVS_EDIT_SERVER:
	case IPVS_DEL_SERVER:
		err = genl_put_key(msg, &change->service.key);
		if (err)
			return err;
		return put_server(msg, &change->server, change->op != IPVS_DEL_SERVER);
	case IPVS_SET_TIMEOUTS:
		return put_timeouts(msg, &change->timeouts);
	case IPVS_START_DAEMON:
	case IPVS_STOP_DAEMON:
		return put_daemon(msg, &change->daemon, change->op == IPVS_START_DAEMON);
	case IPVS_ZERO_ALL:
	case IPVS_FLUSH:
	/* not of this family */
	case IPVS_SET_ATTRS:
	case IPVS_SET_PARAMS:
		break;
	}
	return 0;
}

/* ---- reading --------------------------------------------------------------- */

/*
 * A table for each kind of message says how long an attribute is and where in a
 * structure it goes. nla_parse() would look at each attribute three times, which
 * in a dump of many servers is most of our time.
 */
struct field {
	uint8_t kind;
	uint16_t offset;
	uint16_t size;		/* of a STRING: with its zero */
};

enum {
	IGNORE,
	U8, U16, U32, U64,
	U32_TO_64,
	ADDR,
	FLAGS,
	STRING,
	NEST,			/* left for later, as a struct span */
};

struct span {
	const char *data;
	size_t len;
};

#define FIELD(kind, type, member) \
	{ kind, offsetof(type, member), sizeof(((type *)0)->member) }

static int read_field(const struct field *f, const char *data, size_t len, void *base)
{
	static const uint8_t least[] = {
		[U8] = 1, [U16] = 2, [U32] = 4, [U64] = 8, [U32_TO_64] = 4,
		[ADDR] = sizeof(union nf_inet_addr), [FLAGS] = sizeof(struct ip_vs_flags),
		[STRING] = 0, [NEST] = 0,
	};
	char *to = (char *)base + f->offset;
	uint32_t narrow;
	uint64_t wide;

	if (len < least[f->kind])
		return -EPROTO;
	switch (f->kind) {
	case U8:
		*to = *data;
		break;
	case U16:
		memcpy(to, data, sizeof(uint16_t));
		break;
	case U32:
		memcpy(to, data, sizeof(uint32_t));
		break;
	case U64:
		memcpy(to, data, sizeof(uint64_t));
		break;
	case U32_TO_64:
		memcpy(&narrow, data, sizeof(narrow));
		wide = narrow;
		memcpy(to, &wide, sizeof(wide));
		break;
	case ADDR:
		memcpy(to, data, sizeof(union nf_inet_addr));
		break;
	case FLAGS:
		memcpy(to, data, sizeof(struct ip_vs_flags));
		break;
	case STRING:
		for (; len && *data; len--) {
			if (to == (char *)base + f->offset + f->size - 1)
				return -EPROTO;
			*to++ = *data++;
		}
		*to = '\0';
		break;
	case NEST:
		*(struct span *)to = (struct span) { data, len };
		break;
	}
	return 0;
}

/* Attributes of types from 1 to @max; later ones are of newer kernels. */
static int read_attrs(struct span attrs, const struct field *field, unsigned int max, void *base)
{
	const struct nlattr *a;
	unsigned int type;
	size_t step;

	while (attrs.len >= NLA_HDRLEN) {
		a = (const void *)attrs.data;
		if (a->nla_len < NLA_HDRLEN || a->nla_len > attrs.len)
			return -EPROTO;
		type = a->nla_type & NLA_TYPE_MASK;
		if (type <= max && field[type].kind != IGNORE &&
		    read_field(&field[type], attrs.data + NLA_HDRLEN, a->nla_len - NLA_HDRLEN,
			       base) < 0)
			return -EPROTO;
		step = NLA_ALIGN((size_t)a->nla_len);
		if (step >= attrs.len)
			break;
		attrs.data += step;
		attrs.len -= step;
	}
	return 0;
}

#define READ_ATTRS(attrs, field, base) \
	read_attrs(attrs, field, sizeof(field) / sizeof((field)[0]) - 1, base)

static int find_attrs(const struct nlmsghdr *nlh, struct span *attrs)
{
	if (nlh->nlmsg_len < NLMSG_HDRLEN + GENL_HDRLEN)
		return -EPROTO;
	attrs->data = (const char *)nlh + NLMSG_HDRLEN + GENL_HDRLEN;
	attrs->len = nlh->nlmsg_len - NLMSG_HDRLEN - GENL_HDRLEN;
	return 0;
}

struct command_attrs {
	struct span service, server, daemon;
	struct ipvs_timeouts timeouts;
};

static int read_command(const struct nlmsghdr *nlh, struct command_attrs *c)
{
	static const struct field field[] = {
		[IPVS_CMD_ATTR_SERVICE] = FIELD(NEST, struct command_attrs, service),
		[IPVS_CMD_ATTR_DEST] = FIELD(NEST, struct command_attrs, server),
		[IPVS_CMD_ATTR_DAEMON] = FIELD(NEST, struct command_attrs, daemon),
		[IPVS_CMD_ATTR_TIMEOUT_TCP] = FIELD(U32, struct command_attrs, timeouts.tcp),
		[IPVS_CMD_ATTR_TIMEOUT_TCP_FIN] =
			FIELD(U32, struct command_attrs, timeouts.tcp_fin),
		[IPVS_CMD_ATTR_TIMEOUT_UDP] = FIELD(U32, struct command_attrs, timeouts.udp),
	};
	struct span attrs;

	memset(c, 0, sizeof(*c));
	if (find_attrs(nlh, &attrs) < 0)
		return -EPROTO;
	return READ_ATTRS(attrs, field, c);
}

int genl_get_family(const struct nlmsghdr *nlh, uint16_t *family)
{
	static const struct field field[] = {
		[CTRL_ATTR_FAMILY_ID] = { U16, 0, 0 },
	};
	struct span attrs;

	*family = 0;
	if (find_attrs(nlh, &attrs) < 0 || READ_ATTRS(attrs, field, family) < 0)
		return -EPROTO;
	return *family < NLMSG_MIN_TYPE ? -EPROTO : 0;
}

int genl_get_info(const struct nlmsghdr *nlh, struct ipvs_info *info)
{
	static const struct field field[] = {
		[IPVS_INFO_ATTR_VERSION] = FIELD(U32, struct ipvs_info, version),
		[IPVS_INFO_ATTR_CONN_TAB_SIZE] = FIELD(U32, struct ipvs_info, conn_tab_size),
	};
	struct span attrs;

	memset(info, 0, sizeof(*info));
	if (find_attrs(nlh, &attrs) < 0)
		return -EPROTO;
	return READ_ATTRS(attrs, field, info);
}

#define STATS_FIELD(kind, stat) FIELD(kind, struct ipvs_stats, value[stat])

static int read_stats(struct span narrow, struct span wide, struct ipvs_stats *stats)
{
	static const struct field field[] = {
		[IPVS_STATS_ATTR_CONNS] = STATS_FIELD(U32_TO_64, IPVS_CONNS),
		[IPVS_STATS_ATTR_INPKTS] = STATS_FIELD(U32_TO_64, IPVS_INPKTS),
		[IPVS_STATS_ATTR_OUTPKTS] = STATS_FIELD(U32_TO_64, IPVS_OUTPKTS),
		[IPVS_STATS_ATTR_INBYTES] = STATS_FIELD(U64, IPVS_INBYTES),
		[IPVS_STATS_ATTR_OUTBYTES] = STATS_FIELD(U64, IPVS_OUTBYTES),
		[IPVS_STATS_ATTR_CPS] = STATS_FIELD(U32_TO_64, IPVS_CPS),
		[IPVS_STATS_ATTR_INPPS] = STATS_FIELD(U32_TO_64, IPVS_INPPS),
		[IPVS_STATS_ATTR_OUTPPS] = STATS_FIELD(U32_TO_64, IPVS_OUTPPS),
		[IPVS_STATS_ATTR_INBPS] = STATS_FIELD(U32_TO_64, IPVS_INBPS),
		[IPVS_STATS_ATTR_OUTBPS] = STATS_FIELD(U32_TO_64, IPVS_OUTBPS),
	};
	static const struct field field64[] = {
		[IPVS_STATS_ATTR_CONNS] = STATS_FIELD(U64, IPVS_CONNS),
		[IPVS_STATS_ATTR_INPKTS] = STATS_FIELD(U64, IPVS_INPKTS),
		[IPVS_STATS_ATTR_OUTPKTS] = STATS_FIELD(U64, IPVS_OUTPKTS),
		[IPVS_STATS_ATTR_INBYTES] = STATS_FIELD(U64, IPVS_INBYTES),
		[IPVS_STATS_ATTR_OUTBYTES] = STATS_FIELD(U64, IPVS_OUTBYTES),
		[IPVS_STATS_ATTR_CPS] = STATS_FIELD(U64, IPVS_CPS),
		[IPVS_STATS_ATTR_INPPS] = STATS_FIELD(U64, IPVS_INPPS),
		[IPVS_STATS_ATTR_OUTPPS] = STATS_FIELD(U64, IPVS_OUTPPS),
		[IPVS_STATS_ATTR_INBPS] = STATS_FIELD(U64, IPVS_INBPS),
		[IPVS_STATS_ATTR_OUTBPS] = STATS_FIELD(U64, IPVS_OUTBPS),
	};

	memset(stats, 0, sizeof(*stats));
	if (wide.data)
		return READ_ATTRS(wide, field64, stats);
	return READ_ATTRS(narrow, field, stats);
}

static bool known_family(uint16_t af)
{
	return af == AF_INET || af == AF_INET6;
}

struct service_attrs {
	struct ipvs_service svc;
	struct ip_vs_flags flags;
	struct span stats, stats64;
};

int genl_get_service(const struct nlmsghdr *nlh, struct ipvs_service *svc, bool stats)
{
	static const struct field field[] = {
		[IPVS_SVC_ATTR_AF] = FIELD(U16, struct service_attrs, svc.key.af),
		[IPVS_SVC_ATTR_PROTOCOL] = FIELD(U16, struct service_attrs, svc.key.protocol),
		[IPVS_SVC_ATTR_ADDR] = FIELD(ADDR, struct service_attrs, svc.key.addr),
		[IPVS_SVC_ATTR_PORT] = FIELD(U16, struct service_attrs, svc.key.port),
		[IPVS_SVC_ATTR_FWMARK] = FIELD(U32, struct service_attrs, svc.key.fwmark),
		[IPVS_SVC_ATTR_SCHED_NAME] = FIELD(STRING, struct service_attrs, svc.sched),
		[IPVS_SVC_ATTR_FLAGS] = FIELD(FLAGS, struct service_attrs, flags),
		[IPVS_SVC_ATTR_TIMEOUT] = FIELD(U32, struct service_attrs, svc.timeout),
		[IPVS_SVC_ATTR_NETMASK] = FIELD(U32, struct service_attrs, svc.netmask),
		[IPVS_SVC_ATTR_STATS] = FIELD(NEST, struct service_attrs, stats),
		[IPVS_SVC_ATTR_PE_NAME] = FIELD(STRING, struct service_attrs, svc.pe),
		[IPVS_SVC_ATTR_STATS64] = FIELD(NEST, struct service_attrs, stats64),
	};
	struct command_attrs c;
	struct service_attrs s;

	memset(&s, 0, sizeof(s));
	if (read_command(nlh, &c) < 0 || !c.service.data || READ_ATTRS(c.service, field, &s) < 0)
		return -EPROTO;
	if (!known_family(s.svc.key.af))
		return -EPROTO;
	s.svc.flags = s.flags.flags & s.flags.mask;
	*svc = s.svc;
	return stats ? read_stats(s.stats, s.stats64, &svc->stats) : 0;
}

struct server_attrs {
	struct ipvs_server server;
	uint16_t tun_flags;
	struct span stats, stats64;
};

int genl_get_server(const struct nlmsghdr *nlh, uint16_t af, struct ipvs_server *server,
		    struct ipvs_stats *stats)
{
	static const struct field field[] = {
		[IPVS_DEST_ATTR_ADDR] = FIELD(ADDR, struct server_attrs, server.addr),
		[IPVS_DEST_ATTR_PORT] = FIELD(U16, struct server_attrs, server.port),
		[IPVS_DEST_ATTR_FWD_METHOD] = FIELD(U32, struct server_attrs, server.forward),
		[IPVS_DEST_ATTR_WEIGHT] = FIELD(U32, struct server_attrs, server.weight),
		[IPVS_DEST_ATTR_U_THRESH] = FIELD(U32, struct server_attrs, server.upper),
		[IPVS_DEST_ATTR_L_THRESH] = FIELD(U32, struct server_attrs, server.lower),
		[IPVS_DEST_ATTR_ACTIVE_CONNS] = FIELD(U32, struct server_attrs, server.active),
		[IPVS_DEST_ATTR_INACT_CONNS] = FIELD(U32, struct server_attrs, server.inactive),
		[IPVS_DEST_ATTR_PERSIST_CONNS] =
			FIELD(U32, struct server_attrs, server.persistent),
		[IPVS_DEST_ATTR_STATS] = FIELD(NEST, struct server_attrs, stats),
		[IPVS_DEST_ATTR_ADDR_FAMILY] = FIELD(U16, struct server_attrs, server.af),
		[IPVS_DEST_ATTR_STATS64] = FIELD(NEST, struct server_attrs, stats64),
		[IPVS_DEST_ATTR_TUN_TYPE] = FIELD(U8, struct server_attrs, server.tun_type),
		[IPVS_DEST_ATTR_TUN_PORT] = FIELD(U16, struct server_attrs, server.tun_port),
		[IPVS_DEST_ATTR_TUN_FLAGS] = FIELD(U16, struct server_attrs, tun_flags),
	};
	struct command_attrs c;
	struct server_attrs s;

	memset(&s, 0, sizeof(s));
	if (read_command(nlh, &c) < 0 || !c.server.data || READ_ATTRS(c.server, field, &s) < 0)
		return -EPROTO;
	if (!s.server.af)
		s.server.af = af;
	if (!known_family(s.server.af))
		return -EPROTO;
	s.server.forward &= IP_VS_CONN_F_FWD_MASK;
	s.server.tun_flags = s.tun_flags;
	*server = s.server;
	return stats ? read_stats(s.stats, s.stats64, stats) : 0;
}

int genl_get_timeouts(const struct nlmsghdr *nlh, struct ipvs_timeouts *timeouts)
{
	struct command_attrs c;

	if (read_command(nlh, &c) < 0)
		return -EPROTO;
	*timeouts = c.timeouts;
	return 0;
}

struct daemon_attrs {
	struct ipvs_daemon daemon;
	uint32_t group;
	struct span group6;
};

int genl_get_daemon(const struct nlmsghdr *nlh, struct ipvs_daemon *daemon)
{
	static const struct field field[] = {
		[IPVS_DAEMON_ATTR_STATE] = FIELD(U32, struct daemon_attrs, daemon.state),
		[IPVS_DAEMON_ATTR_MCAST_IFN] = FIELD(STRING, struct daemon_attrs, daemon.ifname),
		[IPVS_DAEMON_ATTR_SYNC_ID] = FIELD(U32, struct daemon_attrs, daemon.syncid),
		[IPVS_DAEMON_ATTR_SYNC_MAXLEN] = FIELD(U16, struct daemon_attrs, daemon.maxlen),
		[IPVS_DAEMON_ATTR_MCAST_GROUP] = FIELD(U32, struct daemon_attrs, group),
		[IPVS_DAEMON_ATTR_MCAST_GROUP6] = FIELD(NEST, struct daemon_attrs, group6),
		[IPVS_DAEMON_ATTR_MCAST_PORT] = FIELD(U16, struct daemon_attrs, daemon.port),
		[IPVS_DAEMON_ATTR_MCAST_TTL] = FIELD(U8, struct daemon_attrs, daemon.ttl),
	};
	struct command_attrs c;
	struct daemon_attrs d;

	memset(&d, 0, sizeof(d));
	if (read_command(nlh, &c) < 0 || !c.daemon.data || READ_ATTRS(c.daemon, field, &d) < 0)
		return -EPROTO;
	*daemon = d.daemon;
	if (d.group) {
		daemon->group_af = AF_INET;
		daemon->group.ip = d.group;
	} else if (d.group6.data) {
		if (d.group6.len < sizeof(daemon->group.in6))
			return -EPROTO;
		daemon->group_af = AF_INET6;
		memcpy(&daemon->group.in6, d.group6.data, sizeof(daemon->group.in6));
	}
	return 0;
}

int genl_get_error(const struct nlmsghdr *nlh, int *err, const char **extack)
{
	static const struct field field[] = {
		[NLMSGERR_ATTR_MSG] = { NEST, 0, 0 },
	};
	const char *data = (const char *)nlh + NLMSG_HDRLEN;
	size_t len = nlh->nlmsg_len - NLMSG_HDRLEN;
	size_t skip = sizeof(int32_t);
	struct span words = { NULL, 0 };
	struct nlmsgerr e;
	int32_t code;

	*extack = NULL;
	/* The end of a dump has its errno in the same place. */
	if (len < sizeof(code))
		return -EPROTO;
	memcpy(&code, data, sizeof(code));
	if (code > 0 || code < -4095)
		return -EPROTO;
	*err = -code;
	if (nlh->nlmsg_type == NLMSG_ERROR) {
		if (len < sizeof(e))
			return -EPROTO;
		memcpy(&e, data, sizeof(e));
		skip = sizeof(e);
		if (!(nlh->nlmsg_flags & NLM_F_CAPPED)) {
			if (e.msg.nlmsg_len < NLMSG_HDRLEN)
				return -EPROTO;
			skip += NLMSG_ALIGN((size_t)e.msg.nlmsg_len) - NLMSG_HDRLEN;
		}
	}
	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS) || skip >= len)
		return 0;
	if (READ_ATTRS(((struct span) { data + skip, len - skip }), field, &words) < 0)
		return -EPROTO;
	if (words.data) {
		if (!memchr(words.data, 0, words.len))
			return -EPROTO;
		*extack = words.data;
	}
	return 0;
}
