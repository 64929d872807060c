// SPDX-License-Identifier: GPL-2.0
/*
 * IPVS: Bandwidth Poll scheduler
 *
 * Algorithm: bw_load, with a memory that fades: every "poll" milliseconds what
 * each server is behind the one whose turn is next is halved, so that credits
 * decay towards their mean. It is the "polled" method of IPEQL, which forgot at
 * regular times how its lines had been loaded.
 *
 * Cost: that of bw_load, and a pass over all servers each "poll" milliseconds
 * in which there are decisions.
 *
 * Who is eligible, and the limits, are the framework's (kernel/ip_vs_ext.h);
 * contexts and locking are explained there.
 */
#define KMSG_COMPONENT "IPVS"
#define pr_fmt(fmt) KMSG_COMPONENT ": " fmt

#include <linux/module.h>
#include <linux/kernel.h>
#include "ext_smooth.h"

/* Milliseconds. Shorter than a jiffy cannot be told; after a minute of regular
 * traffic there is nothing left to forget.
 */
#define BW_POLL_LOWEST		1
#define BW_POLL_HIGHEST		60000
#define BW_POLL_DEFAULT		100

enum { BW_POLL_PARAM_POLL };

static const struct ip_vs_ext_param bw_poll_params[] = {
	[BW_POLL_PARAM_POLL] = {
		.name =		"poll",
		.desc =		"time after which credits are halved",
		.unit =		IP_VS_EXT_UNIT_MS,
		.lowest =	BW_POLL_LOWEST,
		.highest =	BW_POLL_HIGHEST,
		.def =		BW_POLL_DEFAULT,
	},
};

static u32 bw_poll_time(const struct ip_vs_ext_service *es)
{
	return READ_ONCE(es->param[BW_POLL_PARAM_POLL]);
}

/* A shorter time begins now, and not after the longer one. */
static int bw_poll_params_changed(struct ip_vs_ext_service *es)
{
	unsigned long at = jiffies + msecs_to_jiffies(bw_poll_time(es));
	struct rb_node *node;

	spin_lock_bh(&es->lock);
	for (node = rb_first_cached(&es->tiers); node; node = rb_next(node)) {
		struct ip_vs_ext_tier *tier;

		tier = rb_entry(node, struct ip_vs_ext_tier, by_key);
		ip_vs_ext_smooth_decay_before(tier, at);
	}
	spin_unlock_bh(&es->lock);
	return 0;
}

/* for holders of es->lock */
static struct ip_vs_ext_slot *bw_poll_pick(struct ip_vs_ext_tier *tier,
					   const struct ip_vs_ext_req *req)
{
	return ip_vs_ext_smooth_pick_decay(tier, req, bw_poll_time(req->es));
}

/* for the others */
static struct ip_vs_ext_slot *bw_poll_next(struct ip_vs_ext_tier *tier,
					   const struct ip_vs_ext_req *req)
{
	if (unlikely(ip_vs_ext_smooth_decay_due(tier)))
		return NULL;
	return ip_vs_ext_smooth_next(tier, req);
}

static const struct ip_vs_ext_ops bw_poll_ops = {
	.desc =			"as bw_load, forgetting the past little by little",
	.attrs =		IP_VS_EXT_HAS(BANDWIDTH),
	.params =		bw_poll_params,
	.nr_params =		ARRAY_SIZE(bw_poll_params),
	.tier_size =		sizeof(struct ip_vs_ext_smooth),
	.pick =			bw_poll_pick,
	.turns =		ip_vs_ext_smooth_turns,
	.tier_room =		ip_vs_ext_smooth_room,
	.tier_work =		ip_vs_ext_smooth_work,
	.tier_free =		ip_vs_ext_smooth_free,
	.slot_append =		ip_vs_ext_smooth_append,
	.slot_remove =		ip_vs_ext_smooth_remove,
	.slot_update =		ip_vs_ext_smooth_bandwidth,
	.slot_enter =		ip_vs_ext_smooth_enter,
	.slot_leave =		ip_vs_ext_smooth_leave,
	.params_changed =	bw_poll_params_changed,
};

static int bw_poll_init_service(struct ip_vs_service *svc)
{
	return ip_vs_ext_init_service(svc, &bw_poll_ops);
}

static struct ip_vs_dest *
bw_poll_schedule(struct ip_vs_service *svc, const struct sk_buff *skb,
		 struct ip_vs_iphdr *iph)
{
	struct ip_vs_dest *dest = ip_vs_ext_schedule(svc, skb, iph,
					     bw_poll_next);

	if (likely(dest))
		IP_VS_DBG_BUF(6, "BW_POLL: server %s:%u activeconns %d weight %d\n",
			      IP_VS_DBG_ADDR(dest->af, &dest->addr),
			      ntohs(dest->port), atomic_read(&dest->activeconns),
			      atomic_read(&dest->weight));
	return dest;
}

static struct ip_vs_ext_scheduler bw_poll_schedulers[] = {
	IP_VS_EXT_SCHEDULER("bw_poll", &bw_poll_ops, bw_poll_init_service,
			    bw_poll_schedule),
	IP_VS_EXT_SCHEDULER("bwpoll", &bw_poll_ops, bw_poll_init_service,
			    bw_poll_schedule),
};

static int __init bw_poll_init(void)
{
	return ip_vs_ext_register(bw_poll_schedulers,
				  ARRAY_SIZE(bw_poll_schedulers));
}

static void __exit bw_poll_exit(void)
{
	ip_vs_ext_unregister(bw_poll_schedulers, ARRAY_SIZE(bw_poll_schedulers));
}

module_init(bw_poll_init);
module_exit(bw_poll_exit);
MODULE_LICENSE("GPL");
MODULE_AUTHOR("The ipvs-ext developers");
MODULE_DESCRIPTION("IPVS scheduler: bw_load that forgets the past");
MODULE_ALIAS("ip_vs_bwpoll");
