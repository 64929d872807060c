/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of ip_vs_ext_nl.ko share: the netlink front end. The protocol
 * is uapi/linux/ip_vs_ext.h; all knowledge of services is in ip_vs_ext.ko.
 *
 * The module registers a generic netlink family and operations for network
 * namespaces. Schedulers are loaded while the core holds locks that both wait
 * for, so neither they nor ip_vs_ext.ko may need this module: it is loaded by
 * the name of the family, and tells ip_vs_ext.ko that it is there.
 *
 * Commands run in parallel; what they change is guarded by ip_vs_ext.ko's
 * ext_mutex, which the functions of ext_conf.h take themselves, and dumps by
 * ip_vs_ext_lock(). The module has no lock of its own.
 */
#ifndef _IP_VS_EXT_NL_H
#define _IP_VS_EXT_NL_H

#include <linux/workqueue.h>
#include <net/genetlink.h>
#include <net/netlink.h>
#include "ext_conf.h"

/* Events taken from the ring at a time. */
#define EXT_NL_BATCH	16

/**
 * struct ext_nl_net - a network namespace
 * @net: which
 * @send: sends what is recorded
 * @later: starts @send when a summary is due
 * @batch: used by @send
 */
struct ext_nl_net {
	struct net		*net;
	struct work_struct	send;
	struct delayed_work	later;
	struct ip_vs_ext_event	batch[EXT_NL_BATCH];
};

/**
 * struct ext_nl_dump - where a dump goes on
 * @svc: the only service that is meant, if @one
 * @parsed: the request has been read
 * @one: a service was named
 * @pos: messages of object @id that have been given
 * @after: id of the last object that was given completely
 * @id: object that @pos is about
 */
struct ext_nl_dump {
	struct ip_vs_ext_svc_key svc;
	bool			parsed;
	bool			one;
	u32			pos;
	u64			after;
	u64			id;
};

/* nl_main.c */
extern struct genl_family ext_nl_family;
extern unsigned int ext_nl_net_id;
extern const struct nla_policy ext_nl_attr_policy[];
extern const struct nla_policy ext_nl_param_policy[];

int ext_nl_get_service(const struct nlattr *nest, struct ip_vs_ext_svc_key *key,
		       struct netlink_ext_ack *extack);
int ext_nl_get_server(const struct nlattr *nest, struct ip_vs_ext_dest_key *key,
		      struct netlink_ext_ack *extack);
int ext_nl_put_service(struct sk_buff *skb, const struct ip_vs_ext_svc_key *key);
int ext_nl_put_server(struct sk_buff *skb, const struct ip_vs_ext_dest_key *key);
int ext_nl_put_attrs(struct sk_buff *skb, const struct ip_vs_ext_attrs *attrs);

/* nl_state.c: dumps */
int ext_nl_dump_start(struct netlink_callback *cb);
int ext_nl_dump_done(struct netlink_callback *cb);
int ext_nl_get_sched(struct sk_buff *skb, struct netlink_callback *cb);
int ext_nl_get_attr(struct sk_buff *skb, struct netlink_callback *cb);
int ext_nl_get_param(struct sk_buff *skb, struct netlink_callback *cb);
int ext_nl_get_state(struct sk_buff *skb, struct netlink_callback *cb);

/* nl_conf.c */
int ext_nl_set_attr(struct sk_buff *skb, struct genl_info *info);
int ext_nl_del_attr(struct sk_buff *skb, struct genl_info *info);
int ext_nl_set_param(struct sk_buff *skb, struct genl_info *info);
int ext_nl_del_param(struct sk_buff *skb, struct genl_info *info);

/* nl_event.c */
extern const struct ip_vs_ext_front ext_nl_front;
int ext_nl_event_init(void);
void ext_nl_event_close(void);
void ext_nl_event_exit(void);
void ext_nl_event_net_init(struct ext_nl_net *nn, struct net *net);
void ext_nl_event_net_exit(struct ext_nl_net *nn);

/* Attributes of an optional service, the filter of dumps, end with it. */
#define EXT_NL_FILTER_MAX	IP_VS_EXT_A_SERVICE
extern const struct nla_policy ext_nl_filter_policy[EXT_NL_FILTER_MAX + 1];

#endif /* _IP_VS_EXT_NL_H */
