// SPDX-License-Identifier: GPL-2.0
/*
 * IPVS: Bandwidth and Lag scheduler
 *
 * Algorithm: a packet, or connection, goes to the server that is expected to be
 * through with it first: where
 *
 *	(queued + cost) / bandwidth
 *
 * is smallest. Servers that are equal, as idle ones of one bandwidth are, are
 * taken in order of their lag, then of their addition. What is queued drains at
 * the bandwidth; cost is the length of the packet with one-packet scheduling,
 * else the mean of the service's connections or what the parameter "cost" says.
 *
 * bw_lag_val is the same with the lag in the sum. That needs lags that are
 * known in microseconds; here it is enough to know which link is the slower
 * one.
 *
 * Cost: each decision looks at all eligible servers of the highest tier that
 * has some. No lock is taken. The arithmetic, and what happens on several CPUs,
 * is explained in kernel/ip_vs_ext_link.h.
 */
#define KMSG_COMPONENT "IPVS"
#define pr_fmt(fmt) KMSG_COMPONENT ": " fmt

#include <linux/module.h>
#include <linux/kernel.h>
#include "ip_vs_ext_link.h"

static struct ip_vs_ext_slot *bw_lag_pick(struct ip_vs_ext_tier *tier,
					  const struct ip_vs_ext_req *req)
{
	return ip_vs_ext_link_pick(tier, req, false);
}

static const struct ip_vs_ext_ops bw_lag_ops = {
	.desc =			"shortest queue for the bandwidth, then smallest lag",
	.attrs =		IP_VS_EXT_HAS(PRIORITY) |
				IP_VS_EXT_HAS(BANDWIDTH) | IP_VS_EXT_HAS(LAG),
	.params =		ip_vs_ext_link_params,
	.nr_params =		IP_VS_EXT_LINK_PARAMS,
	.slot_size =		sizeof(struct ip_vs_ext_link),
	.tier_size =		sizeof(struct ip_vs_ext_link_tier),
	.pick =			bw_lag_pick,
	.slot_append =		ip_vs_ext_link_append_queue,
	.slot_update =		ip_vs_ext_link_update_queue,
};

static int bw_lag_init_service(struct ip_vs_service *svc)
{
	return ip_vs_ext_init_service(svc, &bw_lag_ops);
}

static struct ip_vs_dest *
bw_lag_schedule(struct ip_vs_service *svc, const struct sk_buff *skb,
		struct ip_vs_iphdr *iph)
{
	struct ip_vs_dest *dest = ip_vs_ext_schedule(svc, skb, iph,
						     bw_lag_pick);

	if (likely(dest))
		IP_VS_DBG_BUF(6, "BW_LAG: server %s:%u activeconns %d\n",
			      IP_VS_DBG_ADDR(dest->af, &dest->addr),
			      ntohs(dest->port),
			      atomic_read(&dest->activeconns));
	return dest;
}

static struct ip_vs_ext_scheduler bw_lag_schedulers[] = {
	IP_VS_EXT_SCHEDULER("bw_lag", &bw_lag_ops, bw_lag_init_service,
			    bw_lag_schedule),
	IP_VS_EXT_SCHEDULER("bwlag", &bw_lag_ops, bw_lag_init_service,
			    bw_lag_schedule),
};

static int __init bw_lag_init(void)
{
	return ip_vs_ext_register(bw_lag_schedulers,
				  ARRAY_SIZE(bw_lag_schedulers));
}

static void __exit bw_lag_exit(void)
{
	ip_vs_ext_unregister(bw_lag_schedulers, ARRAY_SIZE(bw_lag_schedulers));
}

module_init(bw_lag_init);
module_exit(bw_lag_exit);
MODULE_LICENSE("GPL");
MODULE_AUTHOR("The ipvs-ext developers");
MODULE_DESCRIPTION("IPVS scheduler: shortest queue for the bandwidth");
MODULE_ALIAS("ip_vs_bwlag");
