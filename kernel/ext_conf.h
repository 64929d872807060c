/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What ip_vs_ext.ko offers to the netlink front end, ip_vs_ext_nl.ko: names of
 * services and servers, their attributes and parameters, their state, events.
 *
 * All functions: process context, may sleep, no locks held unless said.
 */
#ifndef _EXT_CONF_H
#define _EXT_CONF_H

#include <linux/netlink.h>
#include <uapi/linux/ip_vs_ext.h>
#include "ip_vs_ext.h"

/**
 * struct ip_vs_ext_svc_key - which virtual service of a network namespace
 * @addr: address, unused bytes 0; all 0 with a firewall mark
 * @fwmark: firewall mark, 0 with an address
 * @af: AF_INET or AF_INET6
 * @protocol: IPPROTO_..., 0 with a firewall mark
 * @port: port, 0 with a firewall mark
 *
 * Compared as memory: no holes, everything unused is 0.
 */
struct ip_vs_ext_svc_key {
	union nf_inet_addr	addr;
	u32			fwmark;
	u16			af;
	u16			protocol;
	__be16			port;
	u16			unused;
};

/**
 * struct ip_vs_ext_dest_key - which real server of a virtual service
 * @addr: address, unused bytes 0
 * @af: AF_INET or AF_INET6
 * @port: port
 *
 * Compared as memory, as above.
 */
struct ip_vs_ext_dest_key {
	union nf_inet_addr	addr;
	u16			af;
	__be16			port;
};

/**
 * struct ip_vs_ext_param_set - a value for a parameter
 * @name: its name
 * @value: the value
 */
struct ip_vs_ext_param_set {
	const char		*name;
	u64			value;
};

/**
 * struct ip_vs_ext_snapshot - STATE of enum ip_vs_ext_state_attr
 * @counters: what happened since @since
 * @mono: CLOCK_MONOTONIC now, ns
 * @wall: CLOCK_REALTIME now, ns
 * @since: CLOCK_MONOTONIC when the scheduler was bound, ns
 * @tier_since: CLOCK_MONOTONIC when the active tier changed last, ns
 * @event_seq: number of the last event that is in it
 * @tier: highest tier in use
 * @has_tier: there is one
 * @servers: real servers
 * @eligible: eligible ones
 * @full_servers: full ones
 */
struct ip_vs_ext_snapshot {
	struct ip_vs_ext_counters counters;
	u64			mono;
	u64			wall;
	u64			since;
	u64			tier_since;
	u64			event_seq;
	u32			tier;
	bool			has_tier;
	u32			servers;
	u32			eligible;
	u32			full_servers;
};

/**
 * struct ip_vs_ext_server_snapshot - a real server, SERVER_STATE and attributes
 * @key: which
 * @attrs: its attributes
 * @event_seq: number of the last event that is in it
 * @tier: its tier
 * @weight: its weight, 0: quiesced
 * @conns: connections that count for its limits
 * @upper: upper threshold as it takes effect, 0: none
 * @lower: lower threshold as it takes effect
 * @state: enum ip_vs_ext_state
 */
struct ip_vs_ext_server_snapshot {
	struct ip_vs_ext_dest_key key;
	struct ip_vs_ext_attrs	attrs;
	u64			event_seq;
	u32			tier;
	u32			weight;
	u32			conns;
	u32			upper;
	u32			lower;
	u8			state;
};

/**
 * struct ip_vs_ext_event - an event as it is recorded
 * @svc: which service
 * @dest: which server, if @has_dest
 * @seq: its number in the network namespace
 * @mono: CLOCK_MONOTONIC, ns
 * @wall: CLOCK_REALTIME, ns
 * @suppressed: summary: events left out
 * @tier_old: see enum ip_vs_ext_event_attr
 * @tier_new: likewise
 * @conns: likewise
 * @upper: likewise
 * @lower: likewise
 * @eligible: likewise
 * @type: enum ip_vs_ext_event_type
 * @has_dest: @dest, @conns, @upper and @lower mean something
 * @has_old: @tier_old does
 * @has_new: @tier_new does
 */
struct ip_vs_ext_event {
	struct ip_vs_ext_svc_key svc;
	struct ip_vs_ext_dest_key dest;
	u64			seq;
	u64			mono;
	u64			wall;
	u64			suppressed;
	u32			tier_old;
	u32			tier_new;
	u32			conns;
	u32			upper;
	u32			lower;
	u32			eligible;
	u8			type;
	bool			has_dest:1,
				has_old:1,
				has_new:1;
};

/**
 * struct ip_vs_ext_front - what the front end offers to us
 * @listening: does anybody listen to events of this network namespace?
 *	Any context, es->lock may be held.
 * @kick: events have been recorded, or a summary is due: call
 *	ip_vs_ext_events_read() soon, in process context. Any context, es->lock
 *	may be held.
 */
struct ip_vs_ext_front {
	bool	(*listening)(struct net *net);
	void	(*kick)(struct net *net);
};

/* ext_conf.c: names, attributes, parameters. "net" is only compared. */

/* The front end is there. While it is, every struct ip_vs_ext_net of a
 * namespace that was announced by ip_vs_ext_net_init() stays, and with it the
 * numbers of events. Without it none of the below is called.
 */
void ip_vs_ext_front_register(const struct ip_vs_ext_front *front);
/* Attributes and parameters of all namespaces are gone when it returns, and
 * nobody is in @front's functions any more.
 */
void ip_vs_ext_front_unregister(const struct ip_vs_ext_front *front);
int ip_vs_ext_net_init(struct net *net);
/* The namespace ends: its attributes, parameters and recorded events go;
 * services that the core has not deleted yet go on without. No service of the
 * namespace records an event or kicks after it.
 */
void ip_vs_ext_net_exit(struct net *net);

int ip_vs_ext_attrs_check(const struct ip_vs_ext_attrs *a,
			  struct netlink_ext_ack *extack);
int ip_vs_ext_attr_set(struct net *net, const struct ip_vs_ext_svc_key *svc,
		       const struct ip_vs_ext_dest_key *dest,
		       const struct ip_vs_ext_attrs *attrs,
		       struct netlink_ext_ack *extack);
/* @svc NULL: of the namespace; @dest NULL: of the service; @which: bits
 * IP_VS_EXT_HAS(), ~0: all
 */
int ip_vs_ext_attr_del(struct net *net, const struct ip_vs_ext_svc_key *svc,
		       const struct ip_vs_ext_dest_key *dest, u32 which,
		       struct netlink_ext_ack *extack);
int ip_vs_ext_param_set(struct net *net, const struct ip_vs_ext_svc_key *svc,
			const struct ip_vs_ext_param_set *set, unsigned int nr,
			struct netlink_ext_ack *extack);
/* @set NULL: all; only the names count */
int ip_vs_ext_param_del(struct net *net, const struct ip_vs_ext_svc_key *svc,
			const struct ip_vs_ext_param_set *set, unsigned int nr,
			struct netlink_ext_ack *extack);

/* Dumps. Between the calls of one dump ip_vs_ext_lock() may be given up; the
 * position then is the id of the last object shown, and ids only grow. The
 * generation changes with every change that a dump could miss half of.
 */
void ip_vs_ext_lock(void);
void ip_vs_ext_unlock(void);
u32 ip_vs_ext_generation(struct net *net);

/* Next server with attributes after id @after; *id is its own. @svc NULL: of
 * any service. Lock held. False: there is none.
 */
bool ip_vs_ext_attr_next(struct net *net, const struct ip_vs_ext_svc_key *svc,
			 u64 after, u64 *id, struct ip_vs_ext_svc_key *of,
			 struct ip_vs_ext_dest_key *dest,
			 struct ip_vs_ext_attrs *attrs);
/* Next service bound to one of our schedulers after id @after, or NULL; *id is
 * its own. Lock held; the service is valid until it is given up.
 */
struct ip_vs_ext_service *
ip_vs_ext_service_next(struct net *net, const struct ip_vs_ext_svc_key *svc,
		       u64 after, u64 *id, struct ip_vs_ext_svc_key *of);
void ip_vs_ext_snapshot(struct ip_vs_ext_service *es,
			struct ip_vs_ext_snapshot *s);
/* Slot number @n of a service, in the order of server keys, or NULL; and the one
 * after @slot. Lock held. A number is a position to go on from as long as the
 * generation is the same.
 */
struct ip_vs_ext_slot *ip_vs_ext_slot_nth(struct ip_vs_ext_service *es, u32 n);
struct ip_vs_ext_slot *ip_vs_ext_slot_next(struct ip_vs_ext_slot *slot);
/* Lock held. */
void ip_vs_ext_server_snapshot(struct ip_vs_ext_service *es,
			       struct ip_vs_ext_slot *slot,
			       struct ip_vs_ext_server_snapshot *s);

/* Parameters of a service are es->ops->params[i] with es->param[i]; was it set?
 * Lock held.
 */
bool ip_vs_ext_param_is_set(const struct ip_vs_ext_service *es, unsigned int i);
/* Name of the scheduler, copied to @name of IP_VS_SCHEDNAME_MAXLEN bytes. Lock
 * held.
 */
void ip_vs_ext_service_sched(const struct ip_vs_ext_service *es, char *name);

/* Loaded schedulers of ours, number @n, or NULL. Lock held. */
const struct ip_vs_ext_scheduler *ip_vs_ext_sched_nth(unsigned int n);

/* ext_event.c */

/* Take up to @max recorded events of the namespace, oldest first. Returns their
 * number.
 */
unsigned int ip_vs_ext_events_read(struct net *net, struct ip_vs_ext_event *ev,
				   unsigned int max);
/* Will a summary be due without further events? Then @delay jiffies from now.
 */
bool ip_vs_ext_events_due(struct net *net, unsigned long *delay);

#endif /* _EXT_CONF_H */
