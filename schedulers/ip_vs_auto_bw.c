// SPDX-License-Identifier: GPL-2.0
/*
 * IPVS: Automatic Bandwidth scheduler
 *
 * Algorithm: a connection goes to the server that has most capacity left for
 * it: where
 *
 *	(connections in progress + 1) / bandwidth
 *
 * is smallest. Servers that are equal are taken in order of their lag, then of
 * their addition. Connections in progress are those that the core counts for
 * the server, active and inactive ones or, as for the limits, active ones only
 * (ipvsadm -b flag-1).
 *
 * Nothing is said or measured of the size of connections: long ones keep
 * counting, short ones go, and so the load finds its balance by itself.
 * Mainline's "sed" is close to it, with a weight in the place of the bandwidth,
 * always active connections only, and no order among equals.
 *
 * Connections that other CPUs are deciding about in the same moment are not
 * counted yet, so a choice may differ from the ideal by one for each CPU; the
 * limit stays exact.
 *
 * Cost: each decision looks at all eligible servers of the highest tier that
 * has some. No lock is taken and nothing is written.
 */
#define KMSG_COMPONENT "IPVS"
#define pr_fmt(fmt) KMSG_COMPONENT ": " fmt

#include <linux/module.h>
#include <linux/kernel.h>
#include "ip_vs_ext_link.h"

/* Compare @conns_a / @rate_a with the same of b, exactly: two products of 32 by
 * 48 bits in two parts each. Returns < 0, 0 or > 0.
 */
static noinline int auto_bw_cmp_fast(u32 conns_a, u64 rate_a, u32 conns_b,
				     u64 rate_b)
{
	u64 low_a = (u64)conns_a * (u32)rate_b;
	u64 low_b = (u64)conns_b * (u32)rate_a;
	u64 high_a = conns_a * (rate_b >> 32) + (low_a >> 32);
	u64 high_b = conns_b * (rate_a >> 32) + (low_b >> 32);

	BUILD_BUG_ON(IP_VS_EXT_BANDWIDTH_MAX >> 48 ||
		     INT_MAX * IP_VS_EXT_LINK_WEIGHT >> 48);
	if (high_a != high_b)
		return high_a < high_b ? -1 : 1;
	return (u32)low_a < (u32)low_b ? -1 : (u32)low_a > (u32)low_b;
}

/* The same; most rates are below 34 Gbit/s, and 64 bits are enough. */
static __always_inline int auto_bw_cmp(u32 conns_a, u64 rate_a, u32 conns_b,
				       u64 rate_b)
{
	u64 a = conns_a * rate_b, b = conns_b * rate_a;

	if (unlikely((rate_a | rate_b) >> 32))
		return auto_bw_cmp_fast(conns_a, rate_a, conns_b, rate_b);
	return a < b ? -1 : a > b;
}

static __always_inline struct ip_vs_ext_link *
auto_bw_best(const struct ip_vs_ext_array *a, bool active_only)
{
	struct ip_vs_ext_slot * const *end = a->slot + READ_ONCE(a->eligible);
	struct ip_vs_ext_slot * const *p;
	struct ip_vs_ext_link *best = NULL;
	/* worse than any */
	u64 best_rate = 0, best_rank = U64_MAX;
	u32 best_conns = 1;

	for (p = a->slot; p != end; p++) {
		struct ip_vs_ext_link *link = ip_vs_ext_link(READ_ONCE(*p));
		u64 rate = READ_ONCE(link->rate);
		u32 conns;
		int cmp;

		conns = ip_vs_ext_conns(link->slot.dest, active_only) + 1;
		cmp = auto_bw_cmp(conns, rate, best_conns, best_rate);
		if (cmp > 0 || (!cmp && READ_ONCE(link->rank) > best_rank))
			continue;
		best = link;
		best_conns = conns;
		best_rate = rate;
		best_rank = READ_ONCE(link->rank);
	}
	return best;
}

static struct ip_vs_ext_slot *auto_bw_pick(struct ip_vs_ext_tier *tier,
					   const struct ip_vs_ext_req *req)
{
	const struct ip_vs_ext_array *a = rcu_dereference(tier->array);
	struct ip_vs_ext_link *best;

	/* A loop for each, so that it does not ask in every turn. */
	if (unlikely(ip_vs_ext_active_only(req->es->svc)))
		best = auto_bw_best(a, true);
	else
		best = auto_bw_best(a, false);
	/* see struct ip_vs_ext_ops */
	smp_mb();
	return best ? &best->slot : NULL;
}

static const struct ip_vs_ext_ops auto_bw_ops = {
	.desc =			"fewest connections for the bandwidth, then smallest lag",
	.attrs =		IP_VS_EXT_HAS(PRIORITY) |
				IP_VS_EXT_HAS(BANDWIDTH) | IP_VS_EXT_HAS(LAG),
	.slot_size =		sizeof(struct ip_vs_ext_link),
	.pick =			auto_bw_pick,
	.slot_append =		ip_vs_ext_link_append,
	.slot_update =		ip_vs_ext_link_update,
};

static int auto_bw_init_service(struct ip_vs_service *svc)
{
	return ip_vs_ext_init_service(svc, &auto_bw_ops);
}

static struct ip_vs_dest *
auto_bw_schedule(struct ip_vs_service *svc, const struct sk_buff *skb,
		 struct ip_vs_iphdr *iph)
{
	struct ip_vs_dest *dest = ip_vs_ext_schedule(svc, skb, iph,
						     auto_bw_pick);

	if (likely(dest))
		IP_VS_DBG_BUF(6, "AUTO_BW: server %s:%u activeconns %d\n",
			      IP_VS_DBG_ADDR(dest->af, &dest->addr),
			      ntohs(dest->port),
			      atomic_read(&dest->activeconns));
	return dest;
}

static struct ip_vs_ext_scheduler auto_bw_schedulers[] = {
	IP_VS_EXT_SCHEDULER("auto_bw", &auto_bw_ops, auto_bw_init_service,
			    auto_bw_schedule),
	IP_VS_EXT_SCHEDULER("autobw", &auto_bw_ops, auto_bw_init_service,
			    auto_bw_schedule),
};

static int __init auto_bw_init(void)
{
	return ip_vs_ext_register(auto_bw_schedulers,
				  ARRAY_SIZE(auto_bw_schedulers));
}

static void __exit auto_bw_exit(void)
{
	ip_vs_ext_unregister(auto_bw_schedulers,
			     ARRAY_SIZE(auto_bw_schedulers));
}

module_init(auto_bw_init);
module_exit(auto_bw_exit);
MODULE_LICENSE("GPL");
MODULE_AUTHOR("The ipvs-ext developers");
MODULE_DESCRIPTION("IPVS scheduler: fewest connections for the bandwidth");
MODULE_ALIAS("ip_vs_autobw");
