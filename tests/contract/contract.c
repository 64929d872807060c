// SPDX-License-Identifier: GPL-2.0
/*
 * What our code believes about the kernel, said once and compiled twice: by
 * kbuild against a kernel's headers, and with the unit tests' flags against
 * tests/shim. Where both compile, what the unit tests show in user space is
 * about the same types, constants and prototypes as in the kernel.
 *
 * run.sh also checks that every member of the core's structs that our code
 * uses is named here, and that a shim that differs does not compile.
 */
#include <linux/atomic.h>
#include <linux/build_bug.h>
#include <linux/init.h>
#include <linux/interrupt.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/net.h>
#include <linux/netlink.h>
#include <linux/percpu.h>
#include <linux/rbtree.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <net/ip_vs.h>
#include "ip_vs_ext.h"

#define SAME(a, b)	__builtin_types_compatible_p(a, b)

/* struct @s has a member @m of type @t */
#define MEMBER(s, m, t)							\
	static_assert(SAME(typeof(((struct s *)0)->m), t),		\
		      #s "." #m " is not of type " #t)

/* function @f has the prototype @ret (@...) */
#define FUNC(f, ret, ...)						\
	static_assert(SAME(typeof(f), ret(__VA_ARGS__)),		\
		      "prototype of " #f)

/* expression @e, which may be a macro, has type @t */
#define EXPR(e, t)							\
	static_assert(SAME(typeof(e), t), #e " is not of type " #t)

#define VALUE(c, v)	static_assert((c) == (v), #c " is not " #v)

/* The core's structs: members that our code uses, and those that mainline's
 * schedulers in the differential tests use.
 */
static void __maybe_unused contract_members(void)
{
	MEMBER(ip_vs_dest, n_list, struct list_head);
	MEMBER(ip_vs_dest, af, u16);
	MEMBER(ip_vs_dest, port, __be16);
	MEMBER(ip_vs_dest, addr, union nf_inet_addr);
	MEMBER(ip_vs_dest, flags, volatile unsigned int);
	MEMBER(ip_vs_dest, weight, atomic_t);
	MEMBER(ip_vs_dest, refcnt, refcount_t);
	MEMBER(ip_vs_dest, stats, struct ip_vs_stats);
	MEMBER(ip_vs_dest, activeconns, atomic_t);
#if IP_VS_HAVE_TOTALCONNS
	MEMBER(ip_vs_dest, totalconns, atomic_t);
#else
	MEMBER(ip_vs_dest, inactconns, atomic_t);
#endif
	MEMBER(ip_vs_dest, persistconns, atomic_t);
	MEMBER(ip_vs_dest, u_threshold, u32);
	MEMBER(ip_vs_dest, l_threshold, u32);

	MEMBER(ip_vs_service, af, u16);
	MEMBER(ip_vs_service, protocol, u16);
	MEMBER(ip_vs_service, addr, union nf_inet_addr);
	MEMBER(ip_vs_service, port, __be16);
	MEMBER(ip_vs_service, fwmark, u32);
	MEMBER(ip_vs_service, flags, unsigned int);
	MEMBER(ip_vs_service, ipvs, struct netns_ipvs *);
	MEMBER(ip_vs_service, destinations, struct list_head);
	MEMBER(ip_vs_service, num_dests, u32);
	MEMBER(ip_vs_service, scheduler, struct ip_vs_scheduler *);
	MEMBER(ip_vs_service, sched_lock, spinlock_t);
	MEMBER(ip_vs_service, sched_data, void *);

	MEMBER(netns_ipvs, net, struct net *);
	MEMBER(netlink_ext_ack, _msg, const char *);

	MEMBER(ip_vs_stats, cpustats, struct ip_vs_cpu_stats __percpu *);
	MEMBER(ip_vs_cpu_stats, cnt, struct ip_vs_counters);
#if IP_VS_HAVE_U64_STATS_T
	MEMBER(ip_vs_counters, conns, u64_stats_t);
	MEMBER(ip_vs_counters, inbytes, u64_stats_t);
	MEMBER(ip_vs_counters, outbytes, u64_stats_t);
#else
	MEMBER(ip_vs_counters, conns, u64);
	MEMBER(ip_vs_counters, inbytes, u64);
	MEMBER(ip_vs_counters, outbytes, u64);
#endif

	MEMBER(ip_vs_scheduler, n_list, struct list_head);
	MEMBER(ip_vs_scheduler, name, char *);
	MEMBER(ip_vs_scheduler, refcnt, atomic_t);
	MEMBER(ip_vs_scheduler, module, struct module *);
	MEMBER(ip_vs_scheduler, init_service, int (*)(struct ip_vs_service *));
	MEMBER(ip_vs_scheduler, done_service, void (*)(struct ip_vs_service *));
	MEMBER(ip_vs_scheduler, add_dest,
	       int (*)(struct ip_vs_service *, struct ip_vs_dest *));
	MEMBER(ip_vs_scheduler, del_dest,
	       int (*)(struct ip_vs_service *, struct ip_vs_dest *));
	MEMBER(ip_vs_scheduler, upd_dest,
	       int (*)(struct ip_vs_service *, struct ip_vs_dest *));
	MEMBER(ip_vs_scheduler, schedule,
	       struct ip_vs_dest *(*)(struct ip_vs_service *, const struct sk_buff *,
				       struct ip_vs_iphdr *));

	MEMBER(ip_vs_iphdr, saddr, union nf_inet_addr);
	MEMBER(ip_vs_iphdr, daddr, union nf_inet_addr);

	/* Read by every decision, so not in one line with the counters. */
#if defined(CONFIG_X86_64) || !defined(__KERNEL__)
	static_assert(offsetofend(struct ip_vs_dest, weight) <= 64,
		      "weight is not in the first cache line of a server");
	static_assert(offsetof(struct ip_vs_dest, activeconns) >= 64,
		      "counters are in the first cache line of a server");
#endif

	/* constants */
	VALUE(IP_VS_SVC_F_PERSISTENT, 0x0001);
	VALUE(IP_VS_SVC_F_HASHED, 0x0002);
	VALUE(IP_VS_SVC_F_ONEPACKET, 0x0004);
	VALUE(IP_VS_SVC_F_SCHED1, 0x0008);
	VALUE(IP_VS_SVC_F_SCHED2, 0x0010);
	VALUE(IP_VS_SVC_F_SCHED3, 0x0020);
	VALUE(IP_VS_DEST_F_OVERLOAD, 0x0002);
	VALUE(AF_INET, 2);
	VALUE(AF_INET6, 10);
	VALUE(ENOMEM, 12);
	VALUE(sizeof(union nf_inet_addr), 16);
	VALUE(IP_VS_SCHEDNAME_MAXLEN, 16);
	static_assert(sizeof("hprio") <= IP_VS_SCHEDNAME_MAXLEN,
		      "the name of a scheduler is too long");
}

static void __maybe_unused contract_functions(void)
{
	/* the core's */
	FUNC(register_ip_vs_scheduler, int, struct ip_vs_scheduler *);
	FUNC(unregister_ip_vs_scheduler, int, struct ip_vs_scheduler *);
	FUNC(ip_vs_scheduler_err, void, struct ip_vs_service *, const char *);

	/* the kernel's */
	FUNC(atomic_read, int, const atomic_t *);
	FUNC(atomic_set, void, atomic_t *, int);
	FUNC(atomic_inc, void, atomic_t *);
	FUNC(atomic_dec, void, atomic_t *);
	FUNC(atomic_fetch_inc, int, atomic_t *);
	FUNC(refcount_read, unsigned int, const refcount_t *);
	FUNC(refcount_set, void, refcount_t *, int);
	FUNC(refcount_inc, void, refcount_t *);
	FUNC(refcount_dec_and_test, bool, refcount_t *);

	FUNC(rb_erase, void, struct rb_node *, struct rb_root *);
	FUNC(rb_first, struct rb_node *, const struct rb_root *);
	FUNC(rb_next, struct rb_node *, const struct rb_node *);
	FUNC(rb_add, void, struct rb_node *, struct rb_root *,
	     bool (*)(struct rb_node *, const struct rb_node *));
	FUNC(rb_add_cached, struct rb_node *, struct rb_node *,
	     struct rb_root_cached *,
	     bool (*)(struct rb_node *, const struct rb_node *));

	FUNC(synchronize_rcu, void, void);
	FUNC(rcu_barrier, void, void);
}

/* Macros in one kernel and functions in another. */
static void __maybe_unused contract_expressions(void)
{
	EXPR(u64_stats_read((const u64_stats_t *)NULL), u64);
	EXPR(rb_first_cached((struct rb_root_cached *)NULL), struct rb_node *);
#if IP_VS_HAVE_RB_ADD	/* before, it says nothing */
	EXPR(rb_erase_cached((struct rb_node *)NULL,
			     (struct rb_root_cached *)NULL), struct rb_node *);
#endif
	EXPR(call_rcu((struct rcu_head *)NULL, (rcu_callback_t)NULL), void);
	EXPR(call_rcu_hurry((struct rcu_head *)NULL, (rcu_callback_t)NULL),
	     void);
	EXPR((rcu_callback_t)NULL, void (*)(struct rcu_head *));
	EXPR(kvzalloc(sizeof(int), GFP_KERNEL), void *);
	EXPR(kvfree(NULL), void);
	EXPR(alloc_percpu(int), int __percpu *);
	EXPR(alloc_workqueue("x", WQ_UNBOUND, 0), struct workqueue_struct *);
	EXPR(destroy_workqueue((struct workqueue_struct *)NULL), void);
	EXPR(queue_delayed_work((struct workqueue_struct *)NULL,
				(struct delayed_work *)NULL, 1UL), bool);
	EXPR(cancel_delayed_work_sync((struct delayed_work *)NULL), bool);
	EXPR(msecs_to_jiffies(1U), unsigned long);
	EXPR(net_ratelimit(), int);
	EXPR(num_possible_cpus(), unsigned int);
}

/* Ours: a slot fills one cache line. */
static_assert(sizeof(struct ip_vs_ext_slot) <= 64, "slot is too large");
