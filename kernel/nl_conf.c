// SPDX-License-Identifier: GPL-2.0
/*
 * Commands that change something: attributes of real servers, parameters of
 * services. A message is taken apart and checked here; ip_vs_ext.ko then does
 * all of it or nothing.
 */
#define KMSG_COMPONENT "IPVS"
#define pr_fmt(fmt) KMSG_COMPONENT ": " fmt

#include <linux/build_bug.h>
#include "nl.h"

/* What is missing is said of the whole message, there is no attribute to name.
 */
static bool nl_missing(struct genl_info *info, int type)
{
	if (info->attrs[type])
		return false;
	switch (type) {
	case IP_VS_EXT_A_SERVICE:
		NL_SET_ERR_MSG(info->extack, "the service is missing");
		break;
	case IP_VS_EXT_A_SERVER:
		NL_SET_ERR_MSG(info->extack, "the real server is missing");
		break;
	case IP_VS_EXT_A_SERVER_ATTRS:
		NL_SET_ERR_MSG(info->extack,
			       "the attributes of the real server are missing");
		break;
	case IP_VS_EXT_A_PARAMS:
		NL_SET_ERR_MSG(info->extack, "the parameters are missing");
		break;
	}
	return true;
}

static int nl_get_attrs(const struct nlattr *nest,
			struct ip_vs_ext_attrs *attrs,
			struct netlink_ext_ack *extack)
{
	struct nlattr *tb[IP_VS_EXT_ATTR_MAX + 1];
	int err, wrong;

	err = nla_parse_nested(tb, IP_VS_EXT_ATTR_MAX, nest,
			       ext_nl_attr_policy, extack);
	if (err)
		return err;
	memset(attrs, 0, sizeof(*attrs));
	if (tb[IP_VS_EXT_ATTR_PRIORITY]) {
		attrs->present |= IP_VS_EXT_HAS(PRIORITY);
		attrs->priority = nla_get_u32(tb[IP_VS_EXT_ATTR_PRIORITY]);
	}
	if (tb[IP_VS_EXT_ATTR_BANDWIDTH]) {
		attrs->present |= IP_VS_EXT_HAS(BANDWIDTH);
		attrs->bandwidth = nla_get_u64(tb[IP_VS_EXT_ATTR_BANDWIDTH]);
	}
	if (tb[IP_VS_EXT_ATTR_LAG]) {
		attrs->present |= IP_VS_EXT_HAS(LAG);
		attrs->lag = nla_get_u32(tb[IP_VS_EXT_ATTR_LAG]);
	}
	if (!attrs->present) {
		NL_SET_ERR_MSG_ATTR(extack, nest,
				    "no attribute is given: priority, bandwidth, lag");
		return -EINVAL;
	}
	wrong = ip_vs_ext_attrs_check(attrs, extack);
	if (wrong) {
		NL_SET_BAD_ATTR(extack, tb[wrong]);
		return -ERANGE;
	}
	return 0;
}

/**
 * ext_nl_set_attr - IP_VS_EXT_CMD_SET_ATTR
 * @skb: message
 * @info: the same, parsed
 *
 * Return: 0 or a negative error code.
 */
int ext_nl_set_attr(struct sk_buff *skb, struct genl_info *info)
{
	struct ip_vs_ext_dest_key server;
	struct ip_vs_ext_svc_key service;
	struct ip_vs_ext_attrs attrs;
	int err;

	if (nl_missing(info, IP_VS_EXT_A_SERVICE) ||
	    nl_missing(info, IP_VS_EXT_A_SERVER) ||
	    nl_missing(info, IP_VS_EXT_A_SERVER_ATTRS))
		return -EINVAL;
	err = ext_nl_get_service(info->attrs[IP_VS_EXT_A_SERVICE], &service,
				 info->extack);
	if (err)
		return err;
	err = ext_nl_get_server(info->attrs[IP_VS_EXT_A_SERVER], &server,
				info->extack);
	if (err)
		return err;
	err = nl_get_attrs(info->attrs[IP_VS_EXT_A_SERVER_ATTRS], &attrs,
			   info->extack);
	if (err)
		return err;
	return ip_vs_ext_attr_set(genl_info_net(info), &service, &server,
				  &attrs, info->extack);
}

/**
 * ext_nl_del_attr - IP_VS_EXT_CMD_DEL_ATTR
 * @skb: message
 * @info: the same, parsed
 *
 * Return: 0 or a negative error code.
 */
int ext_nl_del_attr(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr **tb = info->attrs;
	struct ip_vs_ext_dest_key server;
	struct ip_vs_ext_svc_key service;
	struct ip_vs_ext_attrs attrs = { .present = ~0U };
	int err;

	if (tb[IP_VS_EXT_A_SERVER] && nl_missing(info, IP_VS_EXT_A_SERVICE))
		return -EINVAL;
	if (tb[IP_VS_EXT_A_SERVICE]) {
		err = ext_nl_get_service(tb[IP_VS_EXT_A_SERVICE], &service,
					 info->extack);
		if (err)
			return err;
	}
	if (tb[IP_VS_EXT_A_SERVER]) {
		err = ext_nl_get_server(tb[IP_VS_EXT_A_SERVER], &server,
					info->extack);
		if (err)
			return err;
	}
	if (tb[IP_VS_EXT_A_SERVER_ATTRS]) {
		err = nl_get_attrs(tb[IP_VS_EXT_A_SERVER_ATTRS], &attrs,
				   info->extack);
		if (err)
			return err;
	}
	return ip_vs_ext_attr_del(genl_info_net(info),
				  tb[IP_VS_EXT_A_SERVICE] ? &service : NULL,
				  tb[IP_VS_EXT_A_SERVER] ? &server : NULL,
				  attrs.present, info->extack);
}

/* Names, and values if they are wanted. Returns their number or an error. */
static int nl_get_params(const struct nlattr *list, bool values,
			 struct ip_vs_ext_param_set *set,
			 struct netlink_ext_ack *extack)
{
	struct nlattr *tb[IP_VS_EXT_PARAM_MAX + 1];
	const struct nlattr *nest;
	int n = 0, rem, err;

	nla_for_each_nested(nest, list, rem) {
		if (n == IP_VS_EXT_PARAMS_MAX) {
			BUILD_BUG_ON(IP_VS_EXT_PARAMS_MAX != 8);
			NL_SET_ERR_MSG_ATTR(extack, nest,
					    "parameters: at most 8 in one message");
			return -EINVAL;
		}
		err = nla_parse_nested(tb, IP_VS_EXT_PARAM_MAX, nest,
				       ext_nl_param_policy, extack);
		if (err)
			return err;
		if (!tb[IP_VS_EXT_PARAM_NAME]) {
			NL_SET_ERR_MSG_ATTR(extack, nest,
					    "parameter: the name is missing");
			return -EINVAL;
		}
		set[n].name = nla_data(tb[IP_VS_EXT_PARAM_NAME]);
		set[n].value = 0;
		if (values) {
			if (!tb[IP_VS_EXT_PARAM_VALUE]) {
				NL_SET_ERR_MSG_ATTR(extack, nest,
						    "parameter: the value is missing");
				return -EINVAL;
			}
			set[n].value = nla_get_u64(tb[IP_VS_EXT_PARAM_VALUE]);
		}
		n++;
	}
	if (n)
		return n;
	NL_SET_ERR_MSG_ATTR(extack, list, "no parameter is given");
	return -EINVAL;
}

/**
 * ext_nl_set_param - IP_VS_EXT_CMD_SET_PARAM
 * @skb: message
 * @info: the same, parsed
 *
 * Return: 0 or a negative error code.
 */
int ext_nl_set_param(struct sk_buff *skb, struct genl_info *info)
{
	struct ip_vs_ext_param_set set[IP_VS_EXT_PARAMS_MAX];
	struct ip_vs_ext_svc_key service;
	int nr, err;

	if (nl_missing(info, IP_VS_EXT_A_SERVICE) ||
	    nl_missing(info, IP_VS_EXT_A_PARAMS))
		return -EINVAL;
	err = ext_nl_get_service(info->attrs[IP_VS_EXT_A_SERVICE], &service,
				 info->extack);
	if (err)
		return err;
	nr = nl_get_params(info->attrs[IP_VS_EXT_A_PARAMS], true, set,
			   info->extack);
	if (nr < 0)
		return nr;
	return ip_vs_ext_param_set(genl_info_net(info), &service, set, nr,
				   info->extack);
}

/**
 * ext_nl_del_param - IP_VS_EXT_CMD_DEL_PARAM
 * @skb: message
 * @info: the same, parsed
 *
 * Return: 0 or a negative error code.
 */
int ext_nl_del_param(struct sk_buff *skb, struct genl_info *info)
{
	struct ip_vs_ext_param_set set[IP_VS_EXT_PARAMS_MAX];
	struct ip_vs_ext_svc_key service;
	int nr = 0, err;

	if (nl_missing(info, IP_VS_EXT_A_SERVICE))
		return -EINVAL;
	err = ext_nl_get_service(info->attrs[IP_VS_EXT_A_SERVICE], &service,
				 info->extack);
	if (err)
		return err;
	if (info->attrs[IP_VS_EXT_A_PARAMS]) {
		nr = nl_get_params(info->attrs[IP_VS_EXT_A_PARAMS], false, set,
				   info->extack);
		if (nr < 0)
			return nr;
	}
	return ip_vs_ext_param_del(genl_info_net(info), &service,
				   nr ? set : NULL, nr, info->extack);
}
