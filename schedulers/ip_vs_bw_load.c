// SPDX-License-Identifier: GPL-2.0
/*
 * IPVS: Bandwidth Load scheduler
 *
 * Algorithm: smooth weighted round robin, the bandwidth of a server being its
 * share: its "bandwidth" attribute, or the weight where that is not set. The
 * definition is at the head of kernel/ext_smooth.h. It is the "load" method of
 * IPEQL, which striped packets over lines of different speed.
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

static const struct ip_vs_ext_ops bw_load_ops = {
	.desc =			"smooth round robin in proportion to bandwidth",
	.attrs =		IP_VS_EXT_HAS(BANDWIDTH),
	.tier_size =		sizeof(struct ip_vs_ext_smooth),
	.pick =			ip_vs_ext_smooth_pick,
	.turns =		ip_vs_ext_smooth_turns,
	.tier_room =		ip_vs_ext_smooth_room,
	.tier_work =		ip_vs_ext_smooth_work,
	.tier_free =		ip_vs_ext_smooth_free,
	.slot_append =		ip_vs_ext_smooth_append,
	.slot_remove =		ip_vs_ext_smooth_remove,
	.slot_update =		ip_vs_ext_smooth_bandwidth,
	.slot_enter =		ip_vs_ext_smooth_enter,
	.slot_leave =		ip_vs_ext_smooth_leave,
};

static int bw_load_init_service(struct ip_vs_service *svc)
{
	return ip_vs_ext_init_service(svc, &bw_load_ops);
}

static struct ip_vs_dest *
bw_load_schedule(struct ip_vs_service *svc, const struct sk_buff *skb,
		 struct ip_vs_iphdr *iph)
{
	struct ip_vs_dest *dest = ip_vs_ext_schedule(svc, skb, iph,
					     ip_vs_ext_smooth_next);

	if (likely(dest))
		IP_VS_DBG_BUF(6, "BW_LOAD: server %s:%u activeconns %d weight %d\n",
			      IP_VS_DBG_ADDR(dest->af, &dest->addr),
			      ntohs(dest->port), atomic_read(&dest->activeconns),
			      atomic_read(&dest->weight));
	return dest;
}

static struct ip_vs_ext_scheduler bw_load_schedulers[] = {
	IP_VS_EXT_SCHEDULER("bw_load", &bw_load_ops, bw_load_init_service,
			    bw_load_schedule),
	IP_VS_EXT_SCHEDULER("bwload", &bw_load_ops, bw_load_init_service,
			    bw_load_schedule),
};

static int __init bw_load_init(void)
{
	return ip_vs_ext_register(bw_load_schedulers,
				  ARRAY_SIZE(bw_load_schedulers));
}

static void __exit bw_load_exit(void)
{
	ip_vs_ext_unregister(bw_load_schedulers, ARRAY_SIZE(bw_load_schedulers));
}

module_init(bw_load_init);
module_exit(bw_load_exit);
MODULE_LICENSE("GPL");
MODULE_AUTHOR("The ipvs-ext developers");
MODULE_DESCRIPTION("IPVS scheduler: round robin in proportion to bandwidth");
MODULE_ALIAS("ip_vs_bwload");
