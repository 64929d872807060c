// SPDX-License-Identifier: GPL-2.0
/*
 * IPVS: Round Robin scheduler
 *
 * Algorithm: the eligible servers in turn. A server is eligible when its weight
 * is not 0 and it is not full, as hprio says.
 *
 * Next to mainline's rr: no lock, the same cost for servers that are full or
 * quiesced as without them (mainline's walks over them), and limits that several
 * CPUs at once cannot overrun. The order in which servers get their turn is
 * another one; their shares are the same.
 *
 * Cost: constant.
 *
 * Who is eligible, and the limits, are the framework's (kernel/ip_vs_ext.h);
 * contexts and locking are explained there.
 */
#define KMSG_COMPONENT "IPVS"
#define pr_fmt(fmt) KMSG_COMPONENT ": " fmt

#include <linux/module.h>
#include <linux/kernel.h>
#include "ip_vs_ext.h"

static const struct ip_vs_ext_ops rr_ops = {
	.desc =			"round robin",
	.pick =			ip_vs_ext_rr,
};

static int rr_init_service(struct ip_vs_service *svc)
{
	return ip_vs_ext_init_service(svc, &rr_ops);
}

static struct ip_vs_dest *
rr_schedule(struct ip_vs_service *svc, const struct sk_buff *skb,
	    struct ip_vs_iphdr *iph)
{
	struct ip_vs_dest *dest = ip_vs_ext_schedule(svc, skb, iph,
					     ip_vs_ext_rr);

	if (likely(dest))
		IP_VS_DBG_BUF(6, "RR: server %s:%u activeconns %d weight %d\n",
			      IP_VS_DBG_ADDR(dest->af, &dest->addr),
			      ntohs(dest->port), atomic_read(&dest->activeconns),
			      atomic_read(&dest->weight));
	return dest;
}

static struct ip_vs_ext_scheduler rr_schedulers[] = {
	IP_VS_EXT_SCHEDULER("rr", &rr_ops, rr_init_service,
			    rr_schedule),
};

static int __init rr_init(void)
{
	return ip_vs_ext_register(rr_schedulers,
				  ARRAY_SIZE(rr_schedulers));
}

static void __exit rr_exit(void)
{
	ip_vs_ext_unregister(rr_schedulers, ARRAY_SIZE(rr_schedulers));
}

module_init(rr_init);
module_exit(rr_exit);
MODULE_LICENSE("GPL");
MODULE_AUTHOR("The ipvs-ext developers");
MODULE_DESCRIPTION("IPVS scheduler: round robin with exact limits");
