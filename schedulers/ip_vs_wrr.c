// SPDX-License-Identifier: GPL-2.0
/*
 * IPVS: Weighted Round-Robin scheduler
 *
 * Algorithm: smooth weighted round robin, the weight being the share: with
 * weights 5, 1, 1 servers a, b, c are chosen in the order a a b a c a a. The
 * definition, for servers that fill, return and change their weight, too, is
 * at the head of kernel/ext_smooth.h.
 *
 * Next to mainline's wrr, which gives a a a a a b c: no bursts, and work that is
 * bounded by the number of servers, where mainline's counts down weights
 * under a lock while servers are full.
 *
 * Cost: that of rr where the sequence repeats after as many decisions as the
 * ring has room for, else O(log n); see kernel/ext_smooth.c.
 *
 * Who is eligible, and the limits, are the framework's (kernel/ip_vs_ext.h);
 * contexts and locking are explained there.
 */
#define KMSG_COMPONENT "IPVS"
#define pr_fmt(fmt) KMSG_COMPONENT ": " fmt

#include <linux/module.h>
#include <linux/kernel.h>
#include "ext_smooth.h"

static const struct ip_vs_ext_ops wrr_ops = {
	.desc =			"smooth weighted round robin",
	.tier_size =		sizeof(struct ip_vs_ext_smooth),
	.pick =			ip_vs_ext_smooth_pick,
	.turns =		ip_vs_ext_smooth_turns,
	.tier_room =		ip_vs_ext_smooth_room,
	.tier_work =		ip_vs_ext_smooth_work,
	.tier_free =		ip_vs_ext_smooth_free,
	.slot_append =		ip_vs_ext_smooth_append,
	.slot_remove =		ip_vs_ext_smooth_remove,
	.slot_update =		ip_vs_ext_smooth_weight,
	.slot_enter =		ip_vs_ext_smooth_enter,
	.slot_leave =		ip_vs_ext_smooth_leave,
};

static int wrr_init_service(struct ip_vs_service *svc)
{
	return ip_vs_ext_init_service(svc, &wrr_ops);
}

static struct ip_vs_dest *
wrr_schedule(struct ip_vs_service *svc, const struct sk_buff *skb,
	     struct ip_vs_iphdr *iph)
{
	struct ip_vs_dest *dest = ip_vs_ext_schedule(svc, skb, iph,
					     ip_vs_ext_smooth_next);

	if (likely(dest))
		IP_VS_DBG_BUF(6, "WRR: server %s:%u activeconns %d weight %d\n",
			      IP_VS_DBG_ADDR(dest->af, &dest->addr),
			      ntohs(dest->port), atomic_read(&dest->activeconns),
			      atomic_read(&dest->weight));
	return dest;
}

static struct ip_vs_ext_scheduler wrr_schedulers[] = {
	IP_VS_EXT_SCHEDULER("wrr", &wrr_ops, wrr_init_service,
			    wrr_schedule),
};

static int __init wrr_init(void)
{
	return ip_vs_ext_register(wrr_schedulers,
				  ARRAY_SIZE(wrr_schedulers));
}

static void __exit wrr_exit(void)
{
	ip_vs_ext_unregister(wrr_schedulers, ARRAY_SIZE(wrr_schedulers));
}

module_init(wrr_init);
module_exit(wrr_exit);
MODULE_LICENSE("GPL");
MODULE_AUTHOR("The ipvs-ext developers");
MODULE_DESCRIPTION("IPVS scheduler: smooth weighted round robin");
