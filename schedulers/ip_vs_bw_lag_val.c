// SPDX-License-Identifier: GPL-2.0
/*
 * IPVS: Bandwidth and Lag Value scheduler
 *
 * Algorithm: a packet, or connection, goes to the server where it is expected
 * to arrive first: where
 *
 *	(queued + cost) / bandwidth + lag
 *
 * is smallest. What is queued drains at the bandwidth; cost is the length of
 * the packet with one-packet scheduling, else the mean of the service's
 * connections or what the parameter "cost" says. Servers that are equal are
 * taken in order of their lag, then of their addition.
 *
 * So a fast link with little lag takes all packets until its queue is as long
 * as the lag of the next one, and so on: packets of one size arrive in the
 * order in which they were sent, and when there is more to send than all links
 * carry, each has its share by bandwidth.
 *
 * bw_lag is the same without the lag in the sum; bw_load looks at bandwidth
 * alone and costs less. Mainline's "sed" has connections in the place of queued
 * bytes.
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

static struct ip_vs_ext_slot *bw_lag_val_pick(struct ip_vs_ext_tier *tier,
					      const struct ip_vs_ext_req *req)
{
	return ip_vs_ext_link_pick(tier, req, true);
}

static const struct ip_vs_ext_ops bw_lag_val_ops = {
	.desc =			"earliest arrival, by bandwidth, queue and lag",
	.attrs =		IP_VS_EXT_HAS(PRIORITY) |
				IP_VS_EXT_HAS(BANDWIDTH) | IP_VS_EXT_HAS(LAG),
	.params =		ip_vs_ext_link_params,
	.nr_params =		IP_VS_EXT_LINK_PARAMS,
	.slot_size =		sizeof(struct ip_vs_ext_link),
	.tier_size =		sizeof(struct ip_vs_ext_link_tier),
	.pick =			bw_lag_val_pick,
	.slot_append =		ip_vs_ext_link_append_queue,
	.slot_update =		ip_vs_ext_link_update_queue,
};

static int bw_lag_val_init_service(struct ip_vs_service *svc)
{
	return ip_vs_ext_init_service(svc, &bw_lag_val_ops);
}

static struct ip_vs_dest *
bw_lag_val_schedule(struct ip_vs_service *svc, const struct sk_buff *skb,
		    struct ip_vs_iphdr *iph)
{
	struct ip_vs_dest *dest = ip_vs_ext_schedule(svc, skb, iph,
						     bw_lag_val_pick);

	if (likely(dest))
		IP_VS_DBG_BUF(6, "BW_LAG_VAL: server %s:%u activeconns %d\n",
			      IP_VS_DBG_ADDR(dest->af, &dest->addr),
			      ntohs(dest->port),
			      atomic_read(&dest->activeconns));
	return dest;
}

static struct ip_vs_ext_scheduler bw_lag_val_schedulers[] = {
	IP_VS_EXT_SCHEDULER("bw_lag_val", &bw_lag_val_ops,
			    bw_lag_val_init_service, bw_lag_val_schedule),
	IP_VS_EXT_SCHEDULER("bwlagval", &bw_lag_val_ops,
			    bw_lag_val_init_service, bw_lag_val_schedule),
};

static int __init bw_lag_val_init(void)
{
	return ip_vs_ext_register(bw_lag_val_schedulers,
				  ARRAY_SIZE(bw_lag_val_schedulers));
}

static void __exit bw_lag_val_exit(void)
{
	ip_vs_ext_unregister(bw_lag_val_schedulers,
			     ARRAY_SIZE(bw_lag_val_schedulers));
}

module_init(bw_lag_val_init);
module_exit(bw_lag_val_exit);
MODULE_LICENSE("GPL");
MODULE_AUTHOR("The ipvs-ext developers");
MODULE_DESCRIPTION("IPVS scheduler: earliest arrival by bandwidth and lag");
MODULE_ALIAS("ip_vs_bwlagval");
