// SPDX-License-Identifier: GPL-2.0
/*
 * Dumps: schedulers, attributes, parameters, state.
 *
 * The kernel calls a dump again and again, each time with an empty message to
 * fill, as user space reads. Nothing is held in between: what has been shown is
 * remembered by number (struct ext_nl_dump), and a number is never given twice.
 * If something was added or removed meanwhile, the generation differs and the
 * kernel is told to mark the dump as interrupted.
 */
#define KMSG_COMPONENT "IPVS"
#define pr_fmt(fmt) KMSG_COMPONENT ": " fmt

#include <linux/build_bug.h>
#include <linux/slab.h>
#include "nl.h"

static struct ext_nl_dump *nl_dump(const struct netlink_callback *cb)
{
	return (struct ext_nl_dump *)cb->args[0];
}

static struct net *nl_dump_net(const struct netlink_callback *cb)
{
	return sock_net(cb->skb->sk);
}

static const struct ip_vs_ext_svc_key *
nl_dump_filter(const struct ext_nl_dump *d)
{
	return d->one ? &d->svc : NULL;
}

/**
 * ext_nl_dump_start - prepare a dump
 * @cb: the dump
 *
 * Return: 0 or -ENOMEM.
 */
int ext_nl_dump_start(struct netlink_callback *cb)
{
	struct ext_nl_dump *d = kzalloc(sizeof(*d), GFP_KERNEL_ACCOUNT);

	cb->args[0] = (long)d;
	return d ? 0 : -ENOMEM;
}

/**
 * ext_nl_dump_done - a dump has ended, or its reader has gone
 * @cb: the dump
 *
 * Return: 0
 */
int ext_nl_dump_done(struct netlink_callback *cb)
{
	kfree(nl_dump(cb));
	return 0;
}

/* The service that is meant, from the request. The policy of the command has
 * been applied to it. Not in ext_nl_dump_start(), where some kernels have no
 * place for the text of an error.
 */
static int nl_dump_parse(struct netlink_callback *cb, struct ext_nl_dump *d)
{
	struct nlattr *tb[EXT_NL_FILTER_MAX + 1];
	int err;

	err = nlmsg_parse(cb->nlh, GENL_HDRLEN, tb, EXT_NL_FILTER_MAX,
			  ext_nl_filter_policy, cb->extack);
	if (err)
		return err;
	if (tb[IP_VS_EXT_A_SERVICE]) {
		err = ext_nl_get_service(tb[IP_VS_EXT_A_SERVICE], &d->svc,
					 cb->extack);
		if (err)
			return err;
		d->one = true;
	}
	d->parsed = true;
	return 0;
}

/* A call begins; without an error, ext_mutex is held. */
static int nl_dump_begin(struct netlink_callback *cb)
{
	struct ext_nl_dump *d = nl_dump(cb);
	int err;

	if (!d->parsed) {
		err = nl_dump_parse(cb, d);
		if (err)
			return err;
	}
	ip_vs_ext_lock();
	/* 0 would mean to the kernel that there is no generation. */
	cb->seq = ip_vs_ext_generation(nl_dump_net(cb)) << 1 | 1;
	return 0;
}

/* Begin one more message of a dump. */
static void *nl_dump_put(struct sk_buff *skb, struct netlink_callback *cb,
			 u8 cmd)
{
	void *hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid,
				cb->nlh->nlmsg_seq, &ext_nl_family, NLM_F_MULTI,
				cmd);

	if (hdr)
		genl_dump_check_consistent(cb, hdr);
	return hdr;
}

/* The call ends: everything was given, or the message is full. A message that
 * is too long for an empty buffer would otherwise end the dump in silence.
 */
static int nl_dump_end(const struct sk_buff *skb, int err)
{
	ip_vs_ext_unlock();
	return err && !skb->len ? err : skb->len;
}

static int nl_put_desc(struct sk_buff *skb, const struct ip_vs_ext_param *p)
{
	const struct ip_vs_ext_choice *c = p->choices;
	struct nlattr *nest, *choice;

	nest = nla_nest_start(skb, IP_VS_EXT_A_PARAM_DESC);
	if (!nest ||
	    nla_put_string(skb, IP_VS_EXT_DESC_NAME, p->name) ||
	    nla_put_string(skb, IP_VS_EXT_DESC_TEXT, p->desc) ||
	    nla_put_u8(skb, IP_VS_EXT_DESC_UNIT, p->unit) ||
	    nla_put_u64_64bit(skb, IP_VS_EXT_DESC_LOWEST, p->lowest,
			      IP_VS_EXT_DESC_PAD) ||
	    nla_put_u64_64bit(skb, IP_VS_EXT_DESC_HIGHEST, p->highest,
			      IP_VS_EXT_DESC_PAD) ||
	    nla_put_u64_64bit(skb, IP_VS_EXT_DESC_DEFAULT, p->def,
			      IP_VS_EXT_DESC_PAD))
		return -EMSGSIZE;
	for (; c && c->name; c++) {
		choice = nla_nest_start(skb, IP_VS_EXT_DESC_CHOICE);
		if (!choice ||
		    nla_put_string(skb, IP_VS_EXT_PARAM_NAME, c->name) ||
		    nla_put_u64_64bit(skb, IP_VS_EXT_PARAM_VALUE, c->value,
				      IP_VS_EXT_PARAM_PAD))
			return -EMSGSIZE;
		nla_nest_end(skb, choice);
	}
	nla_nest_end(skb, nest);
	return 0;
}

static int nl_put_sched(struct sk_buff *skb, struct netlink_callback *cb,
			const struct ip_vs_ext_scheduler *sched)
{
	const struct ip_vs_ext_ops *ops = sched->ops;
	struct nlattr *list;
	unsigned int i;
	void *hdr;

	hdr = nl_dump_put(skb, cb, IP_VS_EXT_CMD_GET_SCHED);
	if (!hdr)
		return -EMSGSIZE;
	if (nla_put_string(skb, IP_VS_EXT_A_SCHED_NAME, sched->core.name) ||
	    nla_put_string(skb, IP_VS_EXT_A_SCHED_DESC, ops->desc) ||
	    nla_put_u32(skb, IP_VS_EXT_A_SCHED_ATTRS, ops->attrs))
		goto full;
	if (ops->nr_params) {
		list = nla_nest_start(skb, IP_VS_EXT_A_SCHED_PARAMS);
		if (!list)
			goto full;
		for (i = 0; i < ops->nr_params; i++)
			if (nl_put_desc(skb, &ops->params[i]))
				goto full;
		nla_nest_end(skb, list);
	}
	genlmsg_end(skb, hdr);
	return 0;

full:
	genlmsg_cancel(skb, hdr);
	return -EMSGSIZE;
}

/**
 * ext_nl_get_sched - IP_VS_EXT_CMD_GET_SCHED
 * @skb: message to fill
 * @cb: the dump
 *
 * Return: its length, or a negative error code.
 */
int ext_nl_get_sched(struct sk_buff *skb, struct netlink_callback *cb)
{
	const struct ip_vs_ext_scheduler *sched;
	struct ext_nl_dump *d = nl_dump(cb);
	int err;

	err = nl_dump_begin(cb);
	if (err)
		return err;
	while ((sched = ip_vs_ext_sched_nth(d->pos))) {
		err = nl_put_sched(skb, cb, sched);
		if (err)
			break;
		d->pos++;
	}
	return nl_dump_end(skb, err);
}

static int nl_put_attr(struct sk_buff *skb, struct netlink_callback *cb,
		       const struct ip_vs_ext_svc_key *service,
		       const struct ip_vs_ext_dest_key *server,
		       const struct ip_vs_ext_attrs *attrs)
{
	void *hdr = nl_dump_put(skb, cb, IP_VS_EXT_CMD_GET_ATTR);

	if (!hdr)
		return -EMSGSIZE;
	if (ext_nl_put_service(skb, service) ||
	    ext_nl_put_server(skb, server) || ext_nl_put_attrs(skb, attrs)) {
		genlmsg_cancel(skb, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, hdr);
	return 0;
}

/**
 * ext_nl_get_attr - IP_VS_EXT_CMD_GET_ATTR
 * @skb: message to fill
 * @cb: the dump
 *
 * Return: its length, or a negative error code.
 */
int ext_nl_get_attr(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct ext_nl_dump *d = nl_dump(cb);
	struct ip_vs_ext_dest_key server;
	struct ip_vs_ext_svc_key service;
	struct ip_vs_ext_attrs attrs;
	int err;
	u64 id;

	err = nl_dump_begin(cb);
	if (err)
		return err;
	while (ip_vs_ext_attr_next(nl_dump_net(cb), nl_dump_filter(d), d->after,
				   &id, &service, &server, &attrs)) {
		err = nl_put_attr(skb, cb, &service, &server, &attrs);
		if (err)
			break;
		d->after = id;
	}
	return nl_dump_end(skb, err);
}

/* What every message about a service that exists begins with. */
static int nl_put_bound(struct sk_buff *skb,
			const struct ip_vs_ext_service *es,
			const struct ip_vs_ext_svc_key *service)
{
	char name[IP_VS_SCHEDNAME_MAXLEN];

	ip_vs_ext_service_sched(es, name);
	if (ext_nl_put_service(skb, service) ||
	    nla_put_string(skb, IP_VS_EXT_A_SCHED_NAME, name))
		return -EMSGSIZE;
	return 0;
}

static int nl_put_params(struct sk_buff *skb, struct netlink_callback *cb,
			 const struct ip_vs_ext_service *es,
			 const struct ip_vs_ext_svc_key *service)
{
	struct nlattr *list, *nest;
	unsigned int i;
	void *hdr;

	hdr = nl_dump_put(skb, cb, IP_VS_EXT_CMD_GET_PARAM);
	if (!hdr)
		return -EMSGSIZE;
	if (nl_put_bound(skb, es, service))
		goto full;
	list = nla_nest_start(skb, IP_VS_EXT_A_PARAMS);
	if (!list)
		goto full;
	for (i = 0; i < es->ops->nr_params; i++) {
		nest = nla_nest_start(skb, IP_VS_EXT_A_PARAM);
		if (!nest ||
		    nla_put_string(skb, IP_VS_EXT_PARAM_NAME,
				   es->ops->params[i].name) ||
		    nla_put_u64_64bit(skb, IP_VS_EXT_PARAM_VALUE, es->param[i],
				      IP_VS_EXT_PARAM_PAD) ||
		    (ip_vs_ext_param_is_set(es, i) &&
		     nla_put_flag(skb, IP_VS_EXT_PARAM_SET)))
			goto full;
		nla_nest_end(skb, nest);
	}
	nla_nest_end(skb, list);
	genlmsg_end(skb, hdr);
	return 0;

full:
	genlmsg_cancel(skb, hdr);
	return -EMSGSIZE;
}

/**
 * ext_nl_get_param - IP_VS_EXT_CMD_GET_PARAM
 * @skb: message to fill
 * @cb: the dump
 *
 * Return: its length, or a negative error code.
 */
int ext_nl_get_param(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct ext_nl_dump *d = nl_dump(cb);
	struct ip_vs_ext_svc_key service;
	struct ip_vs_ext_service *es;
	int err;
	u64 id;

	err = nl_dump_begin(cb);
	if (err)
		return err;
	while ((es = ip_vs_ext_service_next(nl_dump_net(cb), nl_dump_filter(d),
					    d->after, &id, &service))) {
		if (es->ops->nr_params)
			err = nl_put_params(skb, cb, es, &service);
		if (err)
			break;
		d->after = id;
	}
	return nl_dump_end(skb, err);
}

static int nl_put_u64(struct sk_buff *skb, int type, u64 value)
{
	BUILD_BUG_ON((int)IP_VS_EXT_STATE_PAD !=
		     (int)IP_VS_EXT_SERVER_STATE_PAD);
	return nla_put_u64_64bit(skb, type, value, IP_VS_EXT_STATE_PAD);
}

static int nl_put_state(struct sk_buff *skb, struct netlink_callback *cb,
			struct ip_vs_ext_service *es,
			const struct ip_vs_ext_svc_key *service)
{
	const struct ip_vs_ext_counters *c;
	struct ip_vs_ext_snapshot now;
	struct nlattr *nest;
	void *hdr;

	hdr = nl_dump_put(skb, cb, IP_VS_EXT_CMD_GET_STATE);
	if (!hdr)
		return -EMSGSIZE;
	if (nl_put_bound(skb, es, service))
		goto full;
	ip_vs_ext_snapshot(es, &now);
	c = &now.counters;
	nest = nla_nest_start(skb, IP_VS_EXT_A_STATE);
	if (!nest ||
	    nl_put_u64(skb, IP_VS_EXT_STATE_TIME_MONO, now.mono) ||
	    nl_put_u64(skb, IP_VS_EXT_STATE_TIME_WALL, now.wall) ||
	    nl_put_u64(skb, IP_VS_EXT_STATE_SINCE, now.since) ||
	    (now.has_tier &&
	     nla_put_u32(skb, IP_VS_EXT_STATE_TIER, now.tier)) ||
	    nl_put_u64(skb, IP_VS_EXT_STATE_TIER_SINCE, now.tier_since) ||
	    nla_put_u32(skb, IP_VS_EXT_STATE_SERVERS, now.servers) ||
	    nla_put_u32(skb, IP_VS_EXT_STATE_ELIGIBLE, now.eligible) ||
	    nla_put_u32(skb, IP_VS_EXT_STATE_FULL_SERVERS,
			now.full_servers) ||
	    nl_put_u64(skb, IP_VS_EXT_STATE_GRANTS, c->grants) ||
	    nl_put_u64(skb, IP_VS_EXT_STATE_REFUSALS, c->refusals) ||
	    nl_put_u64(skb, IP_VS_EXT_STATE_FULL, c->full) ||
	    nl_put_u64(skb, IP_VS_EXT_STATE_RELIEVED, c->relieved) ||
	    nl_put_u64(skb, IP_VS_EXT_STATE_SPILLS, c->spills) ||
	    nl_put_u64(skb, IP_VS_EXT_STATE_RETURNS, c->returns) ||
	    nl_put_u64(skb, IP_VS_EXT_STATE_EXHAUSTED, c->exhausted) ||
	    nl_put_u64(skb, IP_VS_EXT_STATE_EVENT_SEQ, now.event_seq))
		goto full;
	nla_nest_end(skb, nest);
	genlmsg_end(skb, hdr);
	return 0;

full:
	genlmsg_cancel(skb, hdr);
	return -EMSGSIZE;
}

static int nl_put_server_state(struct sk_buff *skb, struct netlink_callback *cb,
			       struct ip_vs_ext_service *es,
			       const struct ip_vs_ext_svc_key *service,
			       struct ip_vs_ext_slot *slot)
{
	struct ip_vs_ext_server_snapshot now;
	struct nlattr *nest;
	void *hdr;

	BUILD_BUG_ON((int)IP_VS_EXT_OPEN != (int)IP_VS_EXT_SERVER_IS_OPEN);
	BUILD_BUG_ON((int)IP_VS_EXT_HELD != (int)IP_VS_EXT_SERVER_IS_HELD);
	BUILD_BUG_ON((int)IP_VS_EXT_FULL != (int)IP_VS_EXT_SERVER_IS_FULL);

	hdr = nl_dump_put(skb, cb, IP_VS_EXT_CMD_GET_STATE);
	if (!hdr)
		return -EMSGSIZE;
	ip_vs_ext_server_snapshot(es, slot, &now);
	if (ext_nl_put_service(skb, service) ||
	    ext_nl_put_server(skb, &now.key) ||
	    ext_nl_put_attrs(skb, &now.attrs))
		goto full;
	nest = nla_nest_start(skb, IP_VS_EXT_A_SERVER_STATE);
	if (!nest ||
	    nla_put_u8(skb, IP_VS_EXT_SERVER_STATE_IS, now.state) ||
	    nla_put_u32(skb, IP_VS_EXT_SERVER_STATE_TIER, now.tier) ||
	    nla_put_u32(skb, IP_VS_EXT_SERVER_STATE_WEIGHT, now.weight) ||
	    nla_put_u32(skb, IP_VS_EXT_SERVER_STATE_CONNS, now.conns) ||
	    nla_put_u32(skb, IP_VS_EXT_SERVER_STATE_UPPER, now.upper) ||
	    nla_put_u32(skb, IP_VS_EXT_SERVER_STATE_LOWER, now.lower) ||
	    nl_put_u64(skb, IP_VS_EXT_SERVER_STATE_EVENT_SEQ, now.event_seq))
		goto full;
	nla_nest_end(skb, nest);
	genlmsg_end(skb, hdr);
	return 0;

full:
	genlmsg_cancel(skb, hdr);
	return -EMSGSIZE;
}

/* A service and its servers from message d->pos on. */
static int nl_put_service(struct sk_buff *skb, struct netlink_callback *cb,
			  struct ip_vs_ext_service *es,
			  const struct ip_vs_ext_svc_key *service)
{
	struct ext_nl_dump *d = nl_dump(cb);
	struct ip_vs_ext_slot *slot;
	int err;

	if (!d->pos) {
		err = nl_put_state(skb, cb, es, service);
		if (err)
			return err;
		d->pos++;
	}
	for (slot = ip_vs_ext_slot_nth(es, d->pos - 1); slot;
	     slot = ip_vs_ext_slot_next(slot)) {
		err = nl_put_server_state(skb, cb, es, service, slot);
		if (err)
			return err;
		d->pos++;
	}
	return 0;
}

/**
 * ext_nl_get_state - IP_VS_EXT_CMD_GET_STATE
 * @skb: message to fill
 * @cb: the dump
 *
 * Return: its length, or a negative error code.
 */
int ext_nl_get_state(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct ext_nl_dump *d = nl_dump(cb);
	struct ip_vs_ext_svc_key service;
	struct ip_vs_ext_service *es;
	int err;
	u64 id;

	err = nl_dump_begin(cb);
	if (err)
		return err;
	while ((es = ip_vs_ext_service_next(nl_dump_net(cb), nl_dump_filter(d),
					    d->after, &id, &service))) {
		/* The one that the last call stopped in may be gone. */
		if (d->id != id)
			d->pos = 0;
		d->id = id;
		err = nl_put_service(skb, cb, es, &service);
		if (err)
			break;
		d->after = id;
		d->pos = 0;
	}
	return nl_dump_end(skb, err);
}
