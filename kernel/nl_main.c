// SPDX-License-Identifier: GPL-2.0
/*
 * ip_vs_ext_nl.ko: the generic netlink family IPVS_EXT. Here: the family, what
 * each command accepts, names of services and servers, load and unload.
 *
 * The kernel checks a message against the policies before a command sees it.
 * They refuse what is unknown or has the wrong type or length. Ranges are not in
 * them: the kernel's words for a value out of range name neither the attribute
 * nor the range, and a policy with a function of ours for a number makes the
 * kernel warn when it describes the policy to user space. So the commands check
 * values, before they do anything.
 */
#define KMSG_COMPONENT "IPVS"
#define pr_fmt(fmt) KMSG_COMPONENT ": " fmt

#include <linux/build_bug.h>
#include <linux/in.h>
#include <linux/module.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>
#include "nl.h"

static int nl_check_af(const struct nlattr *a, struct netlink_ext_ack *extack)
{
	u16 af = nla_get_u16(a);

	if (af == AF_INET || af == AF_INET6)
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, a,
			    "address family must be 2 (IPv4) or 10 (IPv6)");
	return -EINVAL;
}

static int nl_check_protocol(const struct nlattr *a,
			     struct netlink_ext_ack *extack)
{
	u16 protocol = nla_get_u16(a);

	if (protocol == IPPROTO_TCP || protocol == IPPROTO_UDP ||
	    protocol == IPPROTO_SCTP)
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, a,
			    "protocol must be 6 (TCP), 17 (UDP) or 132 (SCTP)");
	return -EINVAL;
}

static int nl_check_fwmark(const struct nlattr *a,
			   struct netlink_ext_ack *extack)
{
	if (nla_get_u32(a))
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, a, "fwmark must be 1 to 4294967295");
	return -ERANGE;
}

static const struct nla_policy nl_service_policy[IP_VS_EXT_SERVICE_MAX + 1] = {
	[IP_VS_EXT_SERVICE_AF] = { .type = NLA_U16 },
	[IP_VS_EXT_SERVICE_PROTOCOL] = { .type = NLA_U16 },
	[IP_VS_EXT_SERVICE_ADDR] = { .type = NLA_BINARY,
				     .len = sizeof(struct in6_addr) },
	[IP_VS_EXT_SERVICE_PORT] = { .type = NLA_U16 },
	[IP_VS_EXT_SERVICE_FWMARK] = { .type = NLA_U32 },
};

static const struct nla_policy nl_server_policy[IP_VS_EXT_SERVER_MAX + 1] = {
	[IP_VS_EXT_SERVER_AF] = { .type = NLA_U16 },
	[IP_VS_EXT_SERVER_ADDR] = { .type = NLA_BINARY,
				    .len = sizeof(struct in6_addr) },
	[IP_VS_EXT_SERVER_PORT] = { .type = NLA_U16 },
};

const struct nla_policy ext_nl_attr_policy[IP_VS_EXT_ATTR_MAX + 1] = {
	[IP_VS_EXT_ATTR_PRIORITY] = { .type = NLA_U32 },
	[IP_VS_EXT_ATTR_BANDWIDTH] = { .type = NLA_U64 },
	[IP_VS_EXT_ATTR_LAG] = { .type = NLA_U32 },
};

const struct nla_policy ext_nl_param_policy[IP_VS_EXT_PARAM_MAX + 1] = {
	[IP_VS_EXT_PARAM_NAME] = { .type = NLA_NUL_STRING,
				   .len = IP_VS_EXT_PARAM_NAME_MAX },
	[IP_VS_EXT_PARAM_VALUE] = { .type = NLA_U64 },
};

static const struct nla_policy nl_params_policy[IP_VS_EXT_A_PARAM + 1] = {
	[IP_VS_EXT_A_PARAM] = _NLA_POLICY_NESTED(IP_VS_EXT_PARAM_MAX,
						 ext_nl_param_policy),
};

/* What the commands accept. Without a policy anything would be. */

static const struct nla_policy nl_nothing[IP_VS_EXT_A_PAD + 1];

const struct nla_policy ext_nl_filter_policy[EXT_NL_FILTER_MAX + 1] = {
	[IP_VS_EXT_A_SERVICE] = NLA_POLICY_NESTED(nl_service_policy),
};

static const struct nla_policy nl_attrs_cmd[IP_VS_EXT_A_SERVER_ATTRS + 1] = {
	[IP_VS_EXT_A_SERVICE] = NLA_POLICY_NESTED(nl_service_policy),
	[IP_VS_EXT_A_SERVER] = NLA_POLICY_NESTED(nl_server_policy),
	[IP_VS_EXT_A_SERVER_ATTRS] = _NLA_POLICY_NESTED(IP_VS_EXT_ATTR_MAX,
							ext_nl_attr_policy),
};

static const struct nla_policy nl_params_cmd[IP_VS_EXT_A_PARAMS + 1] = {
	[IP_VS_EXT_A_SERVICE] = NLA_POLICY_NESTED(nl_service_policy),
	[IP_VS_EXT_A_PARAMS] = NLA_POLICY_NESTED(nl_params_policy),
};

/* The attribute @type of the nest @nest, which must be there; @text says so
 * if it is not.
 */
#define nl_need(tb, type, nest, extack, text) ({			\
	const struct nlattr *__a = (tb)[type];				\
	if (!__a)							\
		NL_SET_ERR_MSG_ATTR(extack, nest, text);		\
	__a;								\
})

/* Both kinds of keys have zeroes where an IPv4 address ends. */
static int nl_get_addr(const struct nlattr *a, u16 af,
		       union nf_inet_addr *addr, struct netlink_ext_ack *extack)
{
	size_t len = af == AF_INET6 ? sizeof(addr->in6) : sizeof(addr->in);

	if (nla_len(a) != len) {
		NL_SET_ERR_MSG_ATTR(extack, a,
				    "address must have 4 bytes (IPv4) or 16 (IPv6), as the family says");
		return -EINVAL;
	}
	memcpy(addr, nla_data(a), len);
	return 0;
}

/**
 * ext_nl_get_service - name of a service from a message
 * @nest: IP_VS_EXT_A_SERVICE
 * @key: filled in
 * @extack: says what is wrong
 *
 * Return: 0 or a negative error code.
 */
int ext_nl_get_service(const struct nlattr *nest, struct ip_vs_ext_svc_key *key,
		       struct netlink_ext_ack *extack)
{
	struct nlattr *tb[IP_VS_EXT_SERVICE_MAX + 1];
	const struct nlattr *af, *protocol, *addr, *port;
	int err;

	err = nla_parse_nested(tb, IP_VS_EXT_SERVICE_MAX, nest,
			       nl_service_policy, extack);
	if (err)
		return err;
	memset(key, 0, sizeof(*key));
	af = nl_need(tb, IP_VS_EXT_SERVICE_AF, nest, extack,
		     "service: the address family is missing");
	if (!af)
		return -EINVAL;
	err = nl_check_af(af, extack);
	if (err)
		return err;
	key->af = nla_get_u16(af);

	if (tb[IP_VS_EXT_SERVICE_FWMARK]) {
		err = nl_check_fwmark(tb[IP_VS_EXT_SERVICE_FWMARK], extack);
		if (err)
			return err;
		if (tb[IP_VS_EXT_SERVICE_PROTOCOL] ||
		    tb[IP_VS_EXT_SERVICE_ADDR] || tb[IP_VS_EXT_SERVICE_PORT]) {
			NL_SET_ERR_MSG_ATTR(extack, nest,
					    "service: either fwmark, or protocol, address and port");
			return -EINVAL;
		}
		key->fwmark = nla_get_u32(tb[IP_VS_EXT_SERVICE_FWMARK]);
		return 0;
	}

	addr = nl_need(tb, IP_VS_EXT_SERVICE_ADDR, nest, extack,
		       "service: neither address nor fwmark is given");
	if (!addr)
		return -EINVAL;
	protocol = nl_need(tb, IP_VS_EXT_SERVICE_PROTOCOL, nest, extack,
			   "service: the protocol is missing");
	if (!protocol)
		return -EINVAL;
	port = nl_need(tb, IP_VS_EXT_SERVICE_PORT, nest, extack,
		       "service: the port is missing");
	if (!port)
		return -EINVAL;
	err = nl_check_protocol(protocol, extack);
	if (err)
		return err;
	key->protocol = nla_get_u16(protocol);
	key->port = nla_get_be16(port);
	return nl_get_addr(addr, key->af, &key->addr, extack);
}

/**
 * ext_nl_get_server - name of a real server from a message
 * @nest: IP_VS_EXT_A_SERVER
 * @key: filled in
 * @extack: says what is wrong
 *
 * Return: 0 or a negative error code.
 */
int ext_nl_get_server(const struct nlattr *nest, struct ip_vs_ext_dest_key *key,
		      struct netlink_ext_ack *extack)
{
	struct nlattr *tb[IP_VS_EXT_SERVER_MAX + 1];
	const struct nlattr *af, *addr, *port;
	int err;

	err = nla_parse_nested(tb, IP_VS_EXT_SERVER_MAX, nest,
			       nl_server_policy, extack);
	if (err)
		return err;
	memset(key, 0, sizeof(*key));
	af = nl_need(tb, IP_VS_EXT_SERVER_AF, nest, extack,
		     "server: the address family is missing");
	if (!af)
		return -EINVAL;
	addr = nl_need(tb, IP_VS_EXT_SERVER_ADDR, nest, extack,
		       "server: the address is missing");
	if (!addr)
		return -EINVAL;
	port = nl_need(tb, IP_VS_EXT_SERVER_PORT, nest, extack,
		       "server: the port is missing");
	if (!port)
		return -EINVAL;
	err = nl_check_af(af, extack);
	if (err)
		return err;
	key->af = nla_get_u16(af);
	key->port = nla_get_be16(port);
	return nl_get_addr(addr, key->af, &key->addr, extack);
}

static int nl_put_addr(struct sk_buff *skb, int type, u16 af,
		       const union nf_inet_addr *addr)
{
	return nla_put(skb, type, af == AF_INET6 ? sizeof(addr->in6) :
						   sizeof(addr->in), addr);
}

/**
 * ext_nl_put_service - IP_VS_EXT_A_SERVICE
 * @skb: message
 * @key: the service
 *
 * Return: 0 or -EMSGSIZE.
 */
int ext_nl_put_service(struct sk_buff *skb, const struct ip_vs_ext_svc_key *key)
{
	struct nlattr *nest = nla_nest_start(skb, IP_VS_EXT_A_SERVICE);

	if (!nest || nla_put_u16(skb, IP_VS_EXT_SERVICE_AF, key->af))
		return -EMSGSIZE;
	if (key->fwmark) {
		if (nla_put_u32(skb, IP_VS_EXT_SERVICE_FWMARK, key->fwmark))
			return -EMSGSIZE;
	} else if (nla_put_u16(skb, IP_VS_EXT_SERVICE_PROTOCOL,
			       key->protocol) ||
		   nl_put_addr(skb, IP_VS_EXT_SERVICE_ADDR, key->af,
			       &key->addr) ||
		   nla_put_be16(skb, IP_VS_EXT_SERVICE_PORT, key->port)) {
		return -EMSGSIZE;
	}
	nla_nest_end(skb, nest);
	return 0;
}

/**
 * ext_nl_put_server - IP_VS_EXT_A_SERVER
 * @skb: message
 * @key: the real server
 *
 * Return: 0 or -EMSGSIZE.
 */
int ext_nl_put_server(struct sk_buff *skb, const struct ip_vs_ext_dest_key *key)
{
	struct nlattr *nest = nla_nest_start(skb, IP_VS_EXT_A_SERVER);

	if (!nest || nla_put_u16(skb, IP_VS_EXT_SERVER_AF, key->af) ||
	    nl_put_addr(skb, IP_VS_EXT_SERVER_ADDR, key->af, &key->addr) ||
	    nla_put_be16(skb, IP_VS_EXT_SERVER_PORT, key->port))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

/**
 * ext_nl_put_attrs - IP_VS_EXT_A_SERVER_ATTRS, if there are any
 * @skb: message
 * @attrs: the attributes
 *
 * Return: 0 or -EMSGSIZE.
 */
int ext_nl_put_attrs(struct sk_buff *skb, const struct ip_vs_ext_attrs *attrs)
{
	struct nlattr *nest;

	if (!attrs->present)
		return 0;
	nest = nla_nest_start(skb, IP_VS_EXT_A_SERVER_ATTRS);
	if (!nest)
		return -EMSGSIZE;
	if (attrs->present & IP_VS_EXT_HAS(PRIORITY) &&
	    nla_put_u32(skb, IP_VS_EXT_ATTR_PRIORITY, attrs->priority))
		return -EMSGSIZE;
	if (attrs->present & IP_VS_EXT_HAS(BANDWIDTH) &&
	    nla_put_u64_64bit(skb, IP_VS_EXT_ATTR_BANDWIDTH, attrs->bandwidth,
			      IP_VS_EXT_ATTR_PAD))
		return -EMSGSIZE;
	if (attrs->present & IP_VS_EXT_HAS(LAG) &&
	    nla_put_u32(skb, IP_VS_EXT_ATTR_LAG, attrs->lag))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

/* CAP_NET_ADMIN in the initial user namespace for everything, as in the family
 * IPVS: what is set here changes what the kernel does with packets.
 */
static const struct genl_ops nl_ops[] = {
	{
		.cmd = IP_VS_EXT_CMD_GET_SCHED,
		.flags = GENL_ADMIN_PERM,
		.policy = nl_nothing,
		.maxattr = ARRAY_SIZE(nl_nothing) - 1,
		.start = ext_nl_dump_start,
		.dumpit = ext_nl_get_sched,
		.done = ext_nl_dump_done,
	},
	{
		.cmd = IP_VS_EXT_CMD_SET_ATTR,
		.flags = GENL_ADMIN_PERM,
		.policy = nl_attrs_cmd,
		.maxattr = ARRAY_SIZE(nl_attrs_cmd) - 1,
		.doit = ext_nl_set_attr,
	},
	{
		.cmd = IP_VS_EXT_CMD_DEL_ATTR,
		.flags = GENL_ADMIN_PERM,
		.policy = nl_attrs_cmd,
		.maxattr = ARRAY_SIZE(nl_attrs_cmd) - 1,
		.doit = ext_nl_del_attr,
	},
	{
		.cmd = IP_VS_EXT_CMD_GET_ATTR,
		.flags = GENL_ADMIN_PERM,
		.policy = ext_nl_filter_policy,
		.maxattr = EXT_NL_FILTER_MAX,
		.start = ext_nl_dump_start,
		.dumpit = ext_nl_get_attr,
		.done = ext_nl_dump_done,
	},
	{
		.cmd = IP_VS_EXT_CMD_SET_PARAM,
		.flags = GENL_ADMIN_PERM,
		.policy = nl_params_cmd,
		.maxattr = ARRAY_SIZE(nl_params_cmd) - 1,
		.doit = ext_nl_set_param,
	},
	{
		.cmd = IP_VS_EXT_CMD_DEL_PARAM,
		.flags = GENL_ADMIN_PERM,
		.policy = nl_params_cmd,
		.maxattr = ARRAY_SIZE(nl_params_cmd) - 1,
		.doit = ext_nl_del_param,
	},
	{
		.cmd = IP_VS_EXT_CMD_GET_PARAM,
		.flags = GENL_ADMIN_PERM,
		.policy = ext_nl_filter_policy,
		.maxattr = EXT_NL_FILTER_MAX,
		.start = ext_nl_dump_start,
		.dumpit = ext_nl_get_param,
		.done = ext_nl_dump_done,
	},
	{
		.cmd = IP_VS_EXT_CMD_GET_STATE,
		.flags = GENL_ADMIN_PERM,
		.policy = ext_nl_filter_policy,
		.maxattr = EXT_NL_FILTER_MAX,
		.start = ext_nl_dump_start,
		.dumpit = ext_nl_get_state,
		.done = ext_nl_dump_done,
	},
};

static const struct genl_multicast_group nl_groups[] = {
	{
		.name = IP_VS_EXT_GENL_MCGRP_EVENTS,
		.flags = GENL_MCAST_CAP_NET_ADMIN,
	},
};

struct genl_family ext_nl_family __ro_after_init = {
	.name = IP_VS_EXT_GENL_NAME,
	.version = IP_VS_EXT_GENL_VERSION,
	.maxattr = IP_VS_EXT_A_MAX,
	.netnsok = true,
	.parallel_ops = true,
	.module = THIS_MODULE,
	.ops = nl_ops,
	.n_ops = ARRAY_SIZE(nl_ops),
	.mcgrps = nl_groups,
	.n_mcgrps = ARRAY_SIZE(nl_groups),
};

unsigned int ext_nl_net_id __read_mostly;

static int __net_init nl_net_init(struct net *net)
{
	/* First what may be kicked as soon as the namespace is announced. */
	ext_nl_event_net_init(net_generic(net, ext_nl_net_id), net);
	return ip_vs_ext_net_init(net);
}

static void __net_exit nl_net_exit(struct net *net)
{
	ip_vs_ext_net_exit(net);
	/* Nobody kicks it any more. The namespace's generic netlink socket,
	 * which events are sent by, is closed after this: it was registered
	 * before us.
	 */
	ext_nl_event_net_exit(net_generic(net, ext_nl_net_id));
}

static struct pernet_operations nl_net_ops = {
	.init = nl_net_init,
	.exit = nl_net_exit,
	.id = &ext_nl_net_id,
	.size = sizeof(struct ext_nl_net),
};

static int __init nl_init(void)
{
	int err;

	err = ext_nl_event_init();
	if (err)
		return err;
	ip_vs_ext_front_register(&ext_nl_front);
	err = register_pernet_subsys(&nl_net_ops);
	if (err)
		goto front;
	/* Last: from here on there are commands and listeners. */
	err = genl_register_family(&ext_nl_family);
	if (!err)
		return 0;

	unregister_pernet_subsys(&nl_net_ops);
front:
	ip_vs_ext_front_unregister(&ext_nl_front);
	ext_nl_event_exit();
	return err;
}

static void __exit nl_exit(void)
{
	/* Nothing may be sent to the number of a group that is given back. */
	ext_nl_event_close();
	genl_unregister_family(&ext_nl_family);
	unregister_pernet_subsys(&nl_net_ops);
	ip_vs_ext_front_unregister(&ext_nl_front);
	ext_nl_event_exit();
}

module_init(nl_init);
module_exit(nl_exit);
MODULE_LICENSE("GPL");
MODULE_AUTHOR("The ipvs-ext developers");
MODULE_DESCRIPTION("IPVS schedulers' attributes, parameters, state and events over netlink");
MODULE_ALIAS_GENL_FAMILY(IP_VS_EXT_GENL_NAME);
