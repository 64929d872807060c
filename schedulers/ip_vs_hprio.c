// SPDX-License-Identifier: GPL-2.0
/*
 * IPVS: Highest Priority scheduler
 *
 * Algorithm: the servers form tiers, one for each weight. A connection goes to
 * the highest tier that has an eligible server, round robin among the eligible
 * servers of that tier. A server is eligible when its weight is not 0 and it
 * is not full; it is full from the moment when it has as many connections as
 * its upper threshold until it has fewer than its lower one. So a tier spills
 * to the next one when its last server fills, and takes over again when one of
 * them is relieved.
 *
 * Of mainline's schedulers "fo" sends all connections to the one server with
 * the highest weight that is not overloaded, and "ovf" to the one that has
 * fewer connections than its weight; this is fo with round robin inside a
 * weight, with limits that several CPUs at once cannot overrun.
 *
 * Cost: constant, for any number of servers and tiers, full or not; see
 * docs/design.md.
 *
 * Which tier is in use, who is eligible and the limits are the framework's
 * (kernel/ip_vs_ext.h); contexts and locking are explained there.
 */
#define KMSG_COMPONENT "IPVS"
#define pr_fmt(fmt) KMSG_COMPONENT ": " fmt

#include <linux/module.h>
#include <linux/kernel.h>
#include "ip_vs_ext.h"

static u32 hprio_tier(const struct ip_vs_dest *dest, u32 weight)
{
	return weight;
}

static const struct ip_vs_ext_ops hprio_ops = {
	.tier =			hprio_tier,
	.pick =			ip_vs_ext_rr,
};

static int hprio_init_service(struct ip_vs_service *svc)
{
	return ip_vs_ext_init_service(svc, &hprio_ops);
}

static struct ip_vs_dest *
hprio_schedule(struct ip_vs_service *svc, const struct sk_buff *skb,
	       struct ip_vs_iphdr *iph)
{
	struct ip_vs_dest *dest = ip_vs_ext_schedule(svc, ip_vs_ext_rr);

	if (likely(dest))
		IP_VS_DBG_BUF(6, "HPRIO: server %s:%u activeconns %d weight %d\n",
			      IP_VS_DBG_ADDR(dest->af, &dest->addr),
			      ntohs(dest->port), atomic_read(&dest->activeconns),
			      atomic_read(&dest->weight));
	return dest;
}

static struct ip_vs_scheduler hprio_scheduler = {
	.name =			"hprio",
	.refcnt =		ATOMIC_INIT(0),
	.module =		THIS_MODULE,
	.n_list =		LIST_HEAD_INIT(hprio_scheduler.n_list),
	.init_service =		hprio_init_service,
	.done_service =		ip_vs_ext_done_service,
	.add_dest =		ip_vs_ext_add_dest,
	.del_dest =		ip_vs_ext_del_dest,
	.upd_dest =		ip_vs_ext_upd_dest,
	.schedule =		hprio_schedule,
};

static int __init hprio_init(void)
{
	return register_ip_vs_scheduler(&hprio_scheduler);
}

static void __exit hprio_exit(void)
{
	unregister_ip_vs_scheduler(&hprio_scheduler);
	/* A schedule() that was running when the last service let go of us. */
	synchronize_rcu();
}

module_init(hprio_init);
module_exit(hprio_exit);
MODULE_LICENSE("GPL");
MODULE_AUTHOR("The ipvs-ext developers");
MODULE_DESCRIPTION("IPVS scheduler: priority tiers with exact limits");
