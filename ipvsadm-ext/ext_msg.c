// SPDX-License-Identifier: GPL-2.0
/* Messages of generic netlink family IPVS_EXT. */
#include "ext_msg.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <netlink/attr.h>
#include <netlink/genl/genl.h>
#include <stdlib.h>
#include <string.h>

/* ---- writing --------------------------------------------------------------- */

/* A service, a server, its attributes, and all parameters that a scheduler has. */
#define REQUEST_MAX 8192

struct nl_msg *ext_request(uint16_t family, uint8_t cmd, uint16_t flags)
{
	struct nl_msg *msg = nlmsg_alloc_size(REQUEST_MAX);
	uint8_t version = family == GENL_ID_CTRL ? 1 : IP_VS_EXT_GENL_VERSION;

	if (msg && !genlmsg_put(msg, 0, 0, family, 0, NLM_F_REQUEST | flags, cmd, version)) {
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

/* The kernel refuses nests that are not marked as such. */
static struct nlattr *begin(struct nl_msg *msg, int type)
{
	return nla_nest_start(msg, type | NLA_F_NESTED);
}

static size_t addr_len(uint16_t af)
{
	return af == AF_INET6 ? sizeof(struct in6_addr) : sizeof(struct in_addr);
}

int ext_put_service(struct nl_msg *msg, const struct ipvs_key *key)
{
	struct nlattr *nest = begin(msg, IP_VS_EXT_A_SERVICE);

	if (!nest || nla_put_u16(msg, IP_VS_EXT_SERVICE_AF, key->af))
		return -EMSGSIZE;
	if (key->fwmark) {
		if (nla_put_u32(msg, IP_VS_EXT_SERVICE_FWMARK, key->fwmark))
			return -EMSGSIZE;
	} else if (nla_put_u16(msg, IP_VS_EXT_SERVICE_PROTOCOL, key->protocol) ||
		   nla_put(msg, IP_VS_EXT_SERVICE_ADDR, addr_len(key->af), &key->addr) ||
		   nla_put_u16(msg, IP_VS_EXT_SERVICE_PORT, key->port)) {
		return -EMSGSIZE;
	}
	nla_nest_end(msg, nest);
	return 0;
}

int ext_put_server(struct nl_msg *msg, const struct ipvs_server *server)
{
	struct nlattr *nest = begin(msg, IP_VS_EXT_A_SERVER);

	if (!nest || nla_put_u16(msg, IP_VS_EXT_SERVER_AF, server->af) ||
	    nla_put(msg, IP_VS_EXT_SERVER_ADDR, addr_len(server->af), &server->addr) ||
	    nla_put_u16(msg, IP_VS_EXT_SERVER_PORT, server->port))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

int ext_put_attrs(struct nl_msg *msg, const struct ipvs_attrs *attrs, uint32_t which)
{
	struct nlattr *nest = begin(msg, IP_VS_EXT_A_SERVER_ATTRS);
	bool set = attrs->set & which;

	/* A value in range is wanted of what is deleted as well. */
	if (!nest ||
	    (which & EXT_HAS(IP_VS_EXT_ATTR_PRIORITY) &&
	     nla_put_u32(msg, IP_VS_EXT_ATTR_PRIORITY, set ? attrs->priority : 0)) ||
	    (which & EXT_HAS(IP_VS_EXT_ATTR_BANDWIDTH) &&
	     nla_put_u64(msg, IP_VS_EXT_ATTR_BANDWIDTH, set ? attrs->bandwidth : 1)) ||
	    (which & EXT_HAS(IP_VS_EXT_ATTR_LAG) &&
	     nla_put_u32(msg, IP_VS_EXT_ATTR_LAG, set ? attrs->lag : 0)))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

int ext_put_params(struct nl_msg *msg, const struct ipvs_params *params, bool set)
{
	struct nlattr *list = begin(msg, IP_VS_EXT_A_PARAMS), *nest;
	const struct ipvs_param *p;
	size_t i;

	if (!list)
		return -EMSGSIZE;
	for (i = 0; i < params->n; i++) {
		p = &params->param[i];
		if (p->set != set)
			continue;
		nest = begin(msg, IP_VS_EXT_A_PARAM);
		if (!nest || nla_put_string(msg, IP_VS_EXT_PARAM_NAME, p->name) ||
		    (set && nla_put_u64(msg, IP_VS_EXT_PARAM_VALUE, p->value)))
			return -EMSGSIZE;
		nla_nest_end(msg, nest);
	}
	nla_nest_end(msg, list);
	return 0;
}

/* ---- reading --------------------------------------------------------------- */

#define NAME(max) { .type = NLA_STRING, .maxlen = (max) + 1 }

static const struct nla_policy message_policy[IP_VS_EXT_A_MAX + 1] = {
	[IP_VS_EXT_A_SERVICE] = { .type = NLA_NESTED },
	[IP_VS_EXT_A_SERVER] = { .type = NLA_NESTED },
	[IP_VS_EXT_A_SERVER_ATTRS] = { .type = NLA_NESTED },
	[IP_VS_EXT_A_PARAMS] = { .type = NLA_NESTED },
	[IP_VS_EXT_A_SCHED_NAME] = NAME(IP_VS_EXT_SCHED_NAME_MAX),
	[IP_VS_EXT_A_SCHED_DESC] = { .type = NLA_STRING },
	[IP_VS_EXT_A_SCHED_ATTRS] = { .type = NLA_U32 },
	[IP_VS_EXT_A_SCHED_PARAMS] = { .type = NLA_NESTED },
	[IP_VS_EXT_A_STATE] = { .type = NLA_NESTED },
	[IP_VS_EXT_A_SERVER_STATE] = { .type = NLA_NESTED },
	[IP_VS_EXT_A_EVENT] = { .type = NLA_NESTED },
};

static int parse_message(const struct nlmsghdr *nlh, struct nlattr **tb)
{
	char *head = (char *)nlh + NLMSG_HDRLEN + GENL_HDRLEN;

	if (nlh->nlmsg_len < NLMSG_HDRLEN + GENL_HDRLEN)
		return -EPROTO;
	return nla_parse(tb, IP_VS_EXT_A_MAX, (struct nlattr *)head,
			 nlh->nlmsg_len - NLMSG_HDRLEN - GENL_HDRLEN, message_policy) ?
	       -EPROTO : 0;
}

/* 4 bytes, or 16, or as many as IPv6 has room for. */
static int get_addr(const struct nlattr *a, uint16_t af, union nf_inet_addr *addr)
{
	if ((size_t)nla_len(a) < addr_len(af))
		return -EPROTO;
	memcpy(addr, nla_data(a), addr_len(af));
	return 0;
}

static int get_key(const struct nlattr *nest, struct ipvs_key *key)
{
	static const struct nla_policy policy[IP_VS_EXT_SERVICE_MAX + 1] = {
		[IP_VS_EXT_SERVICE_AF] = { .type = NLA_U16 },
		[IP_VS_EXT_SERVICE_PROTOCOL] = { .type = NLA_U16 },
		[IP_VS_EXT_SERVICE_PORT] = { .type = NLA_U16 },
		[IP_VS_EXT_SERVICE_FWMARK] = { .type = NLA_U32 },
	};
	struct nlattr *tb[IP_VS_EXT_SERVICE_MAX + 1];

	memset(key, 0, sizeof(*key));
	if (!nest || nla_parse_nested(tb, IP_VS_EXT_SERVICE_MAX, (struct nlattr *)nest, policy) ||
	    !tb[IP_VS_EXT_SERVICE_AF])
		return -EPROTO;
	key->af = nla_get_u16(tb[IP_VS_EXT_SERVICE_AF]);
	if (tb[IP_VS_EXT_SERVICE_FWMARK])
		key->fwmark = nla_get_u32(tb[IP_VS_EXT_SERVICE_FWMARK]);
	if (key->fwmark)
		return 0;
	if (!tb[IP_VS_EXT_SERVICE_PROTOCOL] || !tb[IP_VS_EXT_SERVICE_ADDR])
		return -EPROTO;
	key->protocol = nla_get_u16(tb[IP_VS_EXT_SERVICE_PROTOCOL]);
	if (tb[IP_VS_EXT_SERVICE_PORT])
		key->port = nla_get_u16(tb[IP_VS_EXT_SERVICE_PORT]);
	return get_addr(tb[IP_VS_EXT_SERVICE_ADDR], key->af, &key->addr);
}

static int get_server_key(const struct nlattr *nest, struct ext_server *server)
{
	static const struct nla_policy policy[IP_VS_EXT_SERVER_MAX + 1] = {
		[IP_VS_EXT_SERVER_AF] = { .type = NLA_U16 },
		[IP_VS_EXT_SERVER_PORT] = { .type = NLA_U16 },
	};
	struct nlattr *tb[IP_VS_EXT_SERVER_MAX + 1];

	if (!nest || nla_parse_nested(tb, IP_VS_EXT_SERVER_MAX, (struct nlattr *)nest, policy) ||
	    !tb[IP_VS_EXT_SERVER_AF] || !tb[IP_VS_EXT_SERVER_ADDR])
		return -EPROTO;
	server->af = nla_get_u16(tb[IP_VS_EXT_SERVER_AF]);
	if (tb[IP_VS_EXT_SERVER_PORT])
		server->port = nla_get_u16(tb[IP_VS_EXT_SERVER_PORT]);
	return get_addr(tb[IP_VS_EXT_SERVER_ADDR], server->af, &server->addr);
}

static int get_attrs(const struct nlattr *nest, struct ipvs_attrs *attrs)
{
	static const struct nla_policy policy[IP_VS_EXT_ATTR_MAX + 1] = {
		[IP_VS_EXT_ATTR_PRIORITY] = { .type = NLA_U32 },
		[IP_VS_EXT_ATTR_BANDWIDTH] = { .type = NLA_U64 },
		[IP_VS_EXT_ATTR_LAG] = { .type = NLA_U32 },
	};
	struct nlattr *tb[IP_VS_EXT_ATTR_MAX + 1];

	memset(attrs, 0, sizeof(*attrs));
	if (!nest)
		return 0;
	if (nla_parse_nested(tb, IP_VS_EXT_ATTR_MAX, (struct nlattr *)nest, policy))
		return -EPROTO;
	if (tb[IP_VS_EXT_ATTR_PRIORITY]) {
		attrs->priority = nla_get_u32(tb[IP_VS_EXT_ATTR_PRIORITY]);
		attrs->set |= EXT_HAS(IP_VS_EXT_ATTR_PRIORITY);
	}
	if (tb[IP_VS_EXT_ATTR_BANDWIDTH]) {
		attrs->bandwidth = nla_get_u64(tb[IP_VS_EXT_ATTR_BANDWIDTH]);
		attrs->set |= EXT_HAS(IP_VS_EXT_ATTR_BANDWIDTH);
	}
	if (tb[IP_VS_EXT_ATTR_LAG]) {
		attrs->lag = nla_get_u32(tb[IP_VS_EXT_ATTR_LAG]);
		attrs->set |= EXT_HAS(IP_VS_EXT_ATTR_LAG);
	}
	return 0;
}

static void get_name(char *to, size_t size, const struct nlattr *a)
{
	*to = '\0';
	if (a)
		snprintf(to, size, "%s", nla_get_string((struct nlattr *)a));
}

/* Return: false without memory. */
static bool get_text(char **to, const struct nlattr *a)
{
	*to = NULL;
	if (!a)
		return true;
	*to = strdup(nla_get_string((struct nlattr *)a));
	return *to;
}

static const struct nla_policy param_policy[IP_VS_EXT_PARAM_MAX + 1] = {
	[IP_VS_EXT_PARAM_NAME] = NAME(IP_VS_EXT_PARAM_NAME_MAX),
	[IP_VS_EXT_PARAM_VALUE] = { .type = NLA_U64 },
	[IP_VS_EXT_PARAM_SET] = { .type = NLA_FLAG },
};

static int get_param(const struct nlattr *nest, struct ipvs_param *param)
{
	struct nlattr *tb[IP_VS_EXT_PARAM_MAX + 1];

	memset(param, 0, sizeof(*param));
	if (nla_parse_nested(tb, IP_VS_EXT_PARAM_MAX, (struct nlattr *)nest, param_policy) ||
	    !tb[IP_VS_EXT_PARAM_NAME] || !tb[IP_VS_EXT_PARAM_VALUE])
		return -EPROTO;
	get_name(param->name, sizeof(param->name), tb[IP_VS_EXT_PARAM_NAME]);
	param->value = nla_get_u64(tb[IP_VS_EXT_PARAM_VALUE]);
	param->set = tb[IP_VS_EXT_PARAM_SET];
	return 0;
}

int ext_get_params(const struct nlmsghdr *nlh, struct ext_service *svc)
{
	struct nlattr *tb[IP_VS_EXT_A_MAX + 1], *a;
	struct ipvs_param param;
	int rem, err;

	memset(svc, 0, sizeof(*svc));
	if (parse_message(nlh, tb) || get_key(tb[IP_VS_EXT_A_SERVICE], &svc->key))
		return -EPROTO;
	get_name(svc->sched, sizeof(svc->sched), tb[IP_VS_EXT_A_SCHED_NAME]);
	if (!tb[IP_VS_EXT_A_PARAMS])
		return 0;
	nla_for_each_nested(a, tb[IP_VS_EXT_A_PARAMS], rem) {
		if (nla_type(a) != IP_VS_EXT_A_PARAM)
			continue;
		err = get_param(a, &param);
		if (!err && !ext_add_param(&svc->params, &param))
			err = -ENOMEM;
		if (err) {
			ext_free_params(&svc->params);
			return err;
		}
	}
	return 0;
}

int ext_get_attrs(const struct nlmsghdr *nlh, struct ext_server *server)
{
	struct nlattr *tb[IP_VS_EXT_A_MAX + 1];

	memset(server, 0, sizeof(*server));
	if (parse_message(nlh, tb) || get_key(tb[IP_VS_EXT_A_SERVICE], &server->key) ||
	    get_server_key(tb[IP_VS_EXT_A_SERVER], server))
		return -EPROTO;
	return get_attrs(tb[IP_VS_EXT_A_SERVER_ATTRS], &server->attrs);
}

static int get_choice(const struct nlattr *nest, struct ext_desc *d)
{
	struct ext_choice *more;
	struct ipvs_param param;
	int err = get_param(nest, &param);

	if (err)
		return err;
	more = reallocarray(d->choice, d->n + 1, sizeof(*more));
	if (!more)
		return -ENOMEM;
	d->choice = more;
	memcpy(more[d->n].name, param.name, sizeof(param.name));
	more[d->n++].value = param.value;
	return 0;
}

/* What it has allocated is the caller's, whatever it returns. */
static int get_desc(const struct nlattr *nest, struct ext_desc *d)
{
	static const struct nla_policy policy[IP_VS_EXT_DESC_MAX + 1] = {
		[IP_VS_EXT_DESC_NAME] = NAME(IP_VS_EXT_PARAM_NAME_MAX),
		[IP_VS_EXT_DESC_TEXT] = { .type = NLA_STRING },
		[IP_VS_EXT_DESC_UNIT] = { .type = NLA_U8 },
		[IP_VS_EXT_DESC_LOWEST] = { .type = NLA_U64 },
		[IP_VS_EXT_DESC_HIGHEST] = { .type = NLA_U64 },
		[IP_VS_EXT_DESC_DEFAULT] = { .type = NLA_U64 },
		[IP_VS_EXT_DESC_CHOICE] = { .type = NLA_NESTED },
	};
	struct nlattr *tb[IP_VS_EXT_DESC_MAX + 1], *a;
	int rem, err;

	if (nla_parse_nested(tb, IP_VS_EXT_DESC_MAX, (struct nlattr *)nest, policy) ||
	    !tb[IP_VS_EXT_DESC_NAME])
		return -EPROTO;
	get_name(d->name, sizeof(d->name), tb[IP_VS_EXT_DESC_NAME]);
	if (!get_text(&d->text, tb[IP_VS_EXT_DESC_TEXT]))
		return -ENOMEM;
	if (tb[IP_VS_EXT_DESC_UNIT])
		d->unit = nla_get_u8(tb[IP_VS_EXT_DESC_UNIT]);
	if (tb[IP_VS_EXT_DESC_LOWEST])
		d->lowest = nla_get_u64(tb[IP_VS_EXT_DESC_LOWEST]);
	if (tb[IP_VS_EXT_DESC_HIGHEST])
		d->highest = nla_get_u64(tb[IP_VS_EXT_DESC_HIGHEST]);
	if (tb[IP_VS_EXT_DESC_DEFAULT])
		d->otherwise = nla_get_u64(tb[IP_VS_EXT_DESC_DEFAULT]);
	nla_for_each_nested(a, nest, rem) {
		if (nla_type(a) != IP_VS_EXT_DESC_CHOICE)
			continue;
		err = get_choice(a, d);
		if (err)
			return err;
	}
	return 0;
}

static int get_descs(const struct nlattr *list, struct ext_sched *sched)
{
	struct ext_desc *more;
	struct nlattr *a;
	int rem, err;

	nla_for_each_nested(a, list, rem) {
		if (nla_type(a) != IP_VS_EXT_A_PARAM_DESC)
			continue;
		more = reallocarray(sched->param, sched->n + 1, sizeof(*more));
		if (!more)
			return -ENOMEM;
		sched->param = more;
		memset(&more[sched->n], 0, sizeof(*more));
		err = get_desc(a, &more[sched->n++]);
		if (err)
			return err;
	}
	return 0;
}

int ext_get_sched(const struct nlmsghdr *nlh, struct ext_sched *sched)
{
	struct nlattr *tb[IP_VS_EXT_A_MAX + 1];
	int err = 0;

	memset(sched, 0, sizeof(*sched));
	if (parse_message(nlh, tb) || !tb[IP_VS_EXT_A_SCHED_NAME])
		return -EPROTO;
	get_name(sched->name, sizeof(sched->name), tb[IP_VS_EXT_A_SCHED_NAME]);
	if (!get_text(&sched->text, tb[IP_VS_EXT_A_SCHED_DESC]))
		return -ENOMEM;
	if (tb[IP_VS_EXT_A_SCHED_ATTRS])
		sched->attrs = nla_get_u32(tb[IP_VS_EXT_A_SCHED_ATTRS]);
	if (tb[IP_VS_EXT_A_SCHED_PARAMS])
		err = get_descs(tb[IP_VS_EXT_A_SCHED_PARAMS], sched);
	if (err)
		ext_free_sched(sched);
	return err;
}

/* Numbers of 8 to 64 bits, each by its length. */
static int get_numbers(const struct nlattr *nest, unsigned int max, uint64_t *value,
		       uint32_t *has)
{
	const struct nlattr *a;
	unsigned int type;
	uint16_t n16;
	uint32_t n32;
	int rem;

	nla_for_each_nested(a, nest, rem) {
		type = nla_type(a);
		/* 1 is padding. */
		if (type < 2 || type > max)
			continue;
		switch (nla_len(a)) {
		case 1:
			value[type] = *(const uint8_t *)nla_data(a);
			break;
		case 2:
			memcpy(&n16, nla_data(a), sizeof(n16));
			value[type] = n16;
			break;
		case 4:
			memcpy(&n32, nla_data(a), sizeof(n32));
			value[type] = n32;
			break;
		case 8:
			memcpy(&value[type], nla_data(a), sizeof(value[type]));
			break;
		default:
			return -EPROTO;
		}
		*has |= EXT_HAS(type);
	}
	return 0;
}

int ext_get_state(const struct nlmsghdr *nlh, struct ext_state *svc,
		  struct ext_server_state *server, bool *is_server)
{
	struct nlattr *tb[IP_VS_EXT_A_MAX + 1];

	memset(svc, 0, sizeof(*svc));
	memset(server, 0, sizeof(*server));
	if (parse_message(nlh, tb) || get_key(tb[IP_VS_EXT_A_SERVICE], &svc->key))
		return -EPROTO;
	*is_server = tb[IP_VS_EXT_A_SERVER];
	if (!*is_server) {
		get_name(svc->sched, sizeof(svc->sched), tb[IP_VS_EXT_A_SCHED_NAME]);
		if (!tb[IP_VS_EXT_A_STATE])
			return -EPROTO;
		return get_numbers(tb[IP_VS_EXT_A_STATE], IP_VS_EXT_STATE_MAX, svc->value,
				   &svc->has);
	}
	server->server.key = svc->key;
	if (!tb[IP_VS_EXT_A_SERVER_STATE] ||
	    get_server_key(tb[IP_VS_EXT_A_SERVER], &server->server) ||
	    get_attrs(tb[IP_VS_EXT_A_SERVER_ATTRS], &server->server.attrs))
		return -EPROTO;
	return get_numbers(tb[IP_VS_EXT_A_SERVER_STATE], IP_VS_EXT_SERVER_STATE_MAX,
			   server->value, &server->has);
}

int ext_get_event(const struct nlmsghdr *nlh, struct ext_event *ev)
{
	struct nlattr *tb[IP_VS_EXT_A_MAX + 1];

	memset(ev, 0, sizeof(*ev));
	if (parse_message(nlh, tb) || get_key(tb[IP_VS_EXT_A_SERVICE], &ev->key) ||
	    !tb[IP_VS_EXT_A_EVENT])
		return -EPROTO;
	ev->server.key = ev->key;
	if (tb[IP_VS_EXT_A_SERVER]) {
		ev->has_server = true;
		if (get_server_key(tb[IP_VS_EXT_A_SERVER], &ev->server))
			return -EPROTO;
	}
	return get_numbers(tb[IP_VS_EXT_A_EVENT], IP_VS_EXT_EVENT_MAX, ev->value, &ev->has);
}

/* ---- the controller ------------------------------------------------------------ */

static int get_groups(const struct nlattr *list, struct ext_family *f)
{
	static const struct nla_policy policy[CTRL_ATTR_MCAST_GRP_MAX + 1] = {
		[CTRL_ATTR_MCAST_GRP_NAME] = { .type = NLA_STRING },
		[CTRL_ATTR_MCAST_GRP_ID] = { .type = NLA_U32 },
	};
	struct nlattr *tb[CTRL_ATTR_MCAST_GRP_MAX + 1], *a;
	int rem;

	nla_for_each_nested(a, list, rem) {
		if (nla_parse_nested(tb, CTRL_ATTR_MCAST_GRP_MAX, a, policy))
			return -EPROTO;
		if (tb[CTRL_ATTR_MCAST_GRP_NAME] && tb[CTRL_ATTR_MCAST_GRP_ID] &&
		    !strcmp(nla_get_string(tb[CTRL_ATTR_MCAST_GRP_NAME]),
			    IP_VS_EXT_GENL_MCGRP_EVENTS))
			f->group = nla_get_u32(tb[CTRL_ATTR_MCAST_GRP_ID]);
	}
	return 0;
}

int ext_get_family(const struct nlmsghdr *nlh, struct ext_family *f)
{
	static const struct nla_policy policy[CTRL_ATTR_MAX + 1] = {
		[CTRL_ATTR_FAMILY_ID] = { .type = NLA_U16 },
		[CTRL_ATTR_FAMILY_NAME] = { .type = NLA_STRING },
		[CTRL_ATTR_MCAST_GROUPS] = { .type = NLA_NESTED },
	};
	char *head = (char *)nlh + NLMSG_HDRLEN + GENL_HDRLEN;
	struct nlattr *tb[CTRL_ATTR_MAX + 1];
	uint16_t id;

	if (nlh->nlmsg_len < NLMSG_HDRLEN + GENL_HDRLEN ||
	    nla_parse(tb, CTRL_ATTR_MAX, (struct nlattr *)head,
		      nlh->nlmsg_len - NLMSG_HDRLEN - GENL_HDRLEN, policy) ||
	    !tb[CTRL_ATTR_FAMILY_ID] || !tb[CTRL_ATTR_FAMILY_NAME])
		return -EPROTO;
	if (strcmp(nla_get_string(tb[CTRL_ATTR_FAMILY_NAME]), f->name))
		return 0;
	id = nla_get_u16(tb[CTRL_ATTR_FAMILY_ID]);
	if (id < NLMSG_MIN_TYPE)
		return -EPROTO;
	f->id = id;
	return tb[CTRL_ATTR_MCAST_GROUPS] ? get_groups(tb[CTRL_ATTR_MCAST_GROUPS], f) : 0;
}
