// SPDX-License-Identifier: GPL-2.0
/*
 * ip_vs_ext.ko: load, unload, and the count of what is alive.
 *
 * Init registers neither a netlink family nor per-netns operations, and must
 * not: the core loads schedulers, and this module with them, while it holds
 * locks that both of them wait for.
 */
#define KMSG_COMPONENT "IPVS"
#define pr_fmt(fmt) KMSG_COMPONENT ": " fmt

#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include "ext_internal.h"

bool ip_vs_ext_deterministic;
module_param_named(deterministic, ip_vs_ext_deterministic, bool, 0644);
MODULE_PARM_DESC(deterministic, "begin with the first server of a service, not with a random one");
EXPORT_SYMBOL_GPL(ip_vs_ext_deterministic);

struct workqueue_struct *ext_wq;

/* Objects allocated and not handed to RCU for freeing. Checked when the module
 * is unloaded, so that a leak shows on any kernel.
 */
static atomic_t ext_objects = ATOMIC_INIT(0);

/**
 * ext_zalloc - allocate a counted object
 * @size: bytes
 *
 * Context: process, may sleep.
 * Return: zeroed memory, to be freed by kvfree(), kvfree_rcu() or kfree_rcu()
 * together with ext_object_gone(), or NULL.
 */
void *ext_zalloc(size_t size)
{
	void *p = kvzalloc(size, GFP_KERNEL);

	if (p)
		atomic_inc(&ext_objects);
	return p;
}

/**
 * ext_object_gone - an object of ext_zalloc() was freed or given to RCU
 */
void ext_object_gone(void)
{
	atomic_dec(&ext_objects);
}

static int __init ip_vs_ext_init(void)
{
	/* one cache line a server, and one a CPU */
	BUILD_BUG_ON(sizeof(struct ip_vs_ext_slot) > 64);
	BUILD_BUG_ON(offsetofend(struct ip_vs_ext_cpu, cpu) > 64);
	/* slot->watch */
	BUILD_BUG_ON(IP_VS_EXT_WATCH >= U8_MAX);
	/* slot->pend */
	BUILD_BUG_ON(IP_VS_EXT_TASKS >= 64);
	/* slot->open */
	if (WARN_ON(nr_cpu_ids >= U16_MAX))
		return -EOPNOTSUPP;
	ext_band = 2 * num_possible_cpus();
	ext_again = 2 * ext_band + EXT_AGAIN;

	ext_wq = alloc_workqueue("ip_vs_ext", WQ_UNBOUND, 0);
	return ext_wq ? 0 : -ENOMEM;
}

static void __exit ip_vs_ext_exit(void)
{
	/* No scheduler, so no service, is left. What may be left are our RCU
	 * callbacks: the end of a grace period, and the freeing of a service,
	 * which the former may be the one to ask for.
	 */
	rcu_barrier();
	rcu_barrier();
	destroy_workqueue(ext_wq);
	WARN(atomic_read(&ext_objects), "ip_vs_ext: %d objects leaked\n",
	     atomic_read(&ext_objects));
}

module_init(ip_vs_ext_init);
module_exit(ip_vs_ext_exit);
MODULE_LICENSE("GPL");
MODULE_AUTHOR("The ipvs-ext developers");
MODULE_DESCRIPTION("IPVS scheduler framework: tiers and exact limits");
