// SPDX-License-Identifier: GPL-2.0
/*
 * Events: taken out of the ring of a namespace and sent to the group "events".
 *
 * ip_vs_ext.ko records an event in the softirq that made the decision, and
 * kicks. Messages are built and sent by a work item of the namespace, which may
 * sleep and be as slow as it has to: what finds no room in the ring, no memory
 * or no room in a listener's socket is lost, and its number shows that.
 */
#define KMSG_COMPONENT "IPVS"
#define pr_fmt(fmt) KMSG_COMPONENT ": " fmt

#include <net/net_namespace.h>
#include <net/netns/generic.h>
#include "nl.h"

static struct workqueue_struct *nl_wq;

/* False when the number of the group is about to be given back. */
static bool nl_open;

static int nl_put_event(struct sk_buff *skb, const struct ip_vs_ext_event *ev)
{
	struct nlattr *nest = nla_nest_start(skb, IP_VS_EXT_A_EVENT);

	if (!nest || nla_put_u8(skb, IP_VS_EXT_EVENT_TYPE, ev->type) ||
	    nla_put_u64_64bit(skb, IP_VS_EXT_EVENT_SEQ, ev->seq,
			      IP_VS_EXT_EVENT_PAD) ||
	    nla_put_u64_64bit(skb, IP_VS_EXT_EVENT_TIME_MONO, ev->mono,
			      IP_VS_EXT_EVENT_PAD) ||
	    nla_put_u64_64bit(skb, IP_VS_EXT_EVENT_TIME_WALL, ev->wall,
			      IP_VS_EXT_EVENT_PAD) ||
	    nla_put_u32(skb, IP_VS_EXT_EVENT_ELIGIBLE, ev->eligible))
		return -EMSGSIZE;
	if (ev->has_old &&
	    nla_put_u32(skb, IP_VS_EXT_EVENT_TIER_OLD, ev->tier_old))
		return -EMSGSIZE;
	if (ev->has_new &&
	    nla_put_u32(skb, IP_VS_EXT_EVENT_TIER_NEW, ev->tier_new))
		return -EMSGSIZE;
	if (ev->has_dest &&
	    (nla_put_u32(skb, IP_VS_EXT_EVENT_CONNS, ev->conns) ||
	     nla_put_u32(skb, IP_VS_EXT_EVENT_UPPER, ev->upper) ||
	     nla_put_u32(skb, IP_VS_EXT_EVENT_LOWER, ev->lower)))
		return -EMSGSIZE;
	if (ev->type == IP_VS_EXT_EVENT_TYPE_SUMMARY &&
	    nla_put_u64_64bit(skb, IP_VS_EXT_EVENT_SUPPRESSED, ev->suppressed,
			      IP_VS_EXT_EVENT_PAD))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static void nl_send_event(struct net *net, const struct ip_vs_ext_event *ev)
{
	struct sk_buff *skb = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	void *hdr;

	if (!skb)
		return;
	hdr = genlmsg_put(skb, 0, 0, &ext_nl_family, 0, IP_VS_EXT_CMD_EVENT);
	if (!hdr || ext_nl_put_service(skb, &ev->svc) ||
	    (ev->has_dest && ext_nl_put_server(skb, &ev->dest)) ||
	    nl_put_event(skb, ev)) {
		nlmsg_free(skb);
		return;
	}
	genlmsg_end(skb, hdr);
	/* It fails if nobody listens any more; no harm. */
	genlmsg_multicast_netns(&ext_nl_family, net, skb, 0, 0, GFP_KERNEL);
}

static void nl_send(struct work_struct *work)
{
	struct ext_nl_net *nn = container_of(work, struct ext_nl_net, send);
	unsigned long delay;
	unsigned int i, n;

	if (!READ_ONCE(nl_open))
		return;
	do {
		n = ip_vs_ext_events_read(nn->net, nn->batch, EXT_NL_BATCH);
		for (i = 0; i < n; i++)
			nl_send_event(nn->net, &nn->batch[i]);
		cond_resched();
	} while (n);
	/* A summary of what was left out is due when the service has been
	 * quiet for a while, also if nothing else happens then.
	 */
	if (ip_vs_ext_events_due(nn->net, &delay))
		queue_delayed_work(nl_wq, &nn->later, delay);
}

static void nl_send_later(struct work_struct *work)
{
	struct ext_nl_net *nn = container_of(to_delayed_work(work),
					     struct ext_nl_net, later);

	queue_work(nl_wq, &nn->send);
}

static bool nl_listening(struct net *net)
{
	return genl_has_listeners(&ext_nl_family, net, 0);
}

static void nl_kick(struct net *net)
{
	struct ext_nl_net *nn = net_generic(net, ext_nl_net_id);

	queue_work(nl_wq, &nn->send);
}

const struct ip_vs_ext_front ext_nl_front = {
	.listening = nl_listening,
	.kick = nl_kick,
};

/**
 * ext_nl_event_init - make it possible to kick
 *
 * Return: 0 or -ENOMEM.
 */
int ext_nl_event_init(void)
{
	nl_wq = alloc_workqueue("ip_vs_ext_nl", WQ_UNBOUND, 0);
	if (!nl_wq)
		return -ENOMEM;
	/* Before the family is registered nobody can listen, so nothing is
	 * recorded and nothing sent.
	 */
	nl_open = true;
	return 0;
}

/**
 * ext_nl_event_exit - nobody kicks any more
 */
void ext_nl_event_exit(void)
{
	destroy_workqueue(nl_wq);
}

/**
 * ext_nl_event_close - no event is sent from here on
 *
 * Context: process, may sleep.
 */
void ext_nl_event_close(void)
{
	WRITE_ONCE(nl_open, false);
	/* Those that saw it open end here. */
	flush_workqueue(nl_wq);
}

/**
 * ext_nl_event_net_init - prepare a namespace
 * @nn: our part of it
 * @net: the namespace
 */
void ext_nl_event_net_init(struct ext_nl_net *nn, struct net *net)
{
	nn->net = net;
	INIT_WORK(&nn->send, nl_send);
	INIT_DELAYED_WORK(&nn->later, nl_send_later);
}

/**
 * ext_nl_event_net_exit - a namespace that nobody kicks any more ends
 * @nn: our part of it
 *
 * Context: process, may sleep.
 */
void ext_nl_event_net_exit(struct ext_nl_net *nn)
{
	/* Each starts the other one. When @send is gone only @later can start
	 * it; when that is gone, too, only a @send that it started just before.
	 * That one finds nothing due: the namespace is not announced any more.
	 */
	cancel_work_sync(&nn->send);
	cancel_delayed_work_sync(&nn->later);
	cancel_work_sync(&nn->send);
}
