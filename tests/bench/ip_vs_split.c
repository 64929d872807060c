// SPDX-License-Identifier: GPL-2.0
/*
 * Instrument, for tests only: how much of what IPVS does with a packet is the
 * scheduler?
 *
 * Like ip_vs_bench.c this is a scheduler, which remembers the service that was
 * bound to it last.
 *
 *	ipvsadm -A -t VIP -s split; ipvsadm -a ...; ipvsadm -E -t VIP -s rr
 *	echo in >/sys/module/ip_vs_split/parameters/time
 *	... packets ...
 *	cat /sys/module/ip_vs_split/parameters/time	calls, ns
 *
 * "in" takes the time of the hook that packets for the director come to (named
 * ip_vs_in_hook, ip_vs_remote_request4, ...), with all that it calls;
 * "schedule" that of the service's scheduler. One after the other, so that one
 * measurement is no part of the other. "off" ends it. What reading the clock
 * takes is taken off.
 *
 * The hook of IPVS is called by one of ours, which stands before it: what it
 * steals, as it does with every packet of a service, it does not get again.
 * schedule() is called by a function that takes its place in the scheduler.
 *
 * Context: the parameter is written by one at a time, from the namespace that
 * the packets come to. Counts are those of one CPU at a time.
 * Lifetime: nothing holds the service or its scheduler. Whoever writes sees to
 * it that they and the hooks stay as they are until "off".
 */
#define KMSG_COMPONENT "IPVS"
#define pr_fmt(fmt) KMSG_COMPONENT ": " fmt

#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <linux/nsproxy.h>
#include <linux/sched.h>
#include <net/ip_vs.h>
#include <net/net_namespace.h>

/* Where the hook is that schedules what comes in from outside. */
#define SPLIT_PRIORITY		(NF_IP_PRI_NAT_SRC - 1)
#define SPLIT_CLOCK_READS	1000

static struct ip_vs_service *split_svc;

/* What is being timed, if it is. */
static struct net *split_net;
static struct ip_vs_scheduler *split_sched;

static struct ip_vs_dest *(*split_schedule)(struct ip_vs_service *svc,
					    const struct sk_buff *skb,
					    struct ip_vs_iphdr *iph);
static struct nf_hook_entry split_next;

static u64 split_calls, split_ns;
/* from one reading of the clock to the next */
static u64 split_clock;

static void split_count(u64 ns)
{
	split_calls++;
	split_ns += ns - split_clock;
}

static struct ip_vs_dest *split_timed_schedule(struct ip_vs_service *svc,
					       const struct sk_buff *skb,
					       struct ip_vs_iphdr *iph)
{
	struct ip_vs_dest *dest;
	u64 ns = ktime_get_ns();

	dest = split_schedule(svc, skb, iph);
	split_count(ktime_get_ns() - ns);
	return dest;
}

static unsigned int split_timed_hook(void *priv, struct sk_buff *skb,
				     const struct nf_hook_state *state)
{
	unsigned int verdict;
	u64 ns = ktime_get_ns();

	verdict = nf_hook_entry_hookfn(&split_next, skb,
				       (struct nf_hook_state *)state);
	if (verdict == NF_STOLEN)
		split_count(ktime_get_ns() - ns);
	return verdict;
}

static struct nf_hook_ops split_ops = {
	.hook =		split_timed_hook,
	.pf =		NFPROTO_IPV4,
	.hooknum =	NF_INET_LOCAL_IN,
	.priority =	SPLIT_PRIORITY,
};

/* Ours comes before all others of its priority, so the next one is it. */
static int split_find_next(struct net *net)
{
	const struct nf_hook_entries *e;
	int i, err = -ENOENT;

	rcu_read_lock();
	e = rcu_dereference(net->nf.hooks_ipv4[NF_INET_LOCAL_IN]);
	for (i = 0; e && i + 1 < e->num_hook_entries; i++) {
		if (e->hooks[i].hook != split_timed_hook ||
		    nf_hook_entries_get_hook_ops(e)[i + 1]->priority !=
		    SPLIT_PRIORITY)
			continue;
		split_next = e->hooks[i + 1];
		err = 0;
	}
	rcu_read_unlock();
	return err;
}

static void split_off(void)
{
	if (split_net)
		nf_unregister_net_hook(split_net, &split_ops);
	split_net = NULL;
	if (split_sched) {
		WRITE_ONCE(split_sched->schedule, split_schedule);
		synchronize_rcu();
	}
	split_sched = NULL;
}

/* A packet that comes before the next hook is known would find none: there is
 * none yet, which is for who writes to see to.
 */
static int split_in(void)
{
	struct net *net = current->nsproxy->net_ns;
	int err;

	err = nf_register_net_hook(net, &split_ops);
	if (err)
		return err;
	split_net = net;
	err = split_find_next(net);
	if (err)
		split_off();
	return err;
}

static int split_sched_on(void)
{
	struct ip_vs_service *svc = READ_ONCE(split_svc);
	struct ip_vs_scheduler *sched;

	if (!svc)
		return -ENOENT;
	sched = rcu_access_pointer(svc->scheduler);
	if (!sched)
		return -ENOENT;
	split_schedule = sched->schedule;
	split_sched = sched;
	WRITE_ONCE(sched->schedule, split_timed_schedule);
	return 0;
}

static int split_time_set(const char *val, const struct kernel_param *kp)
{
	u64 ns;
	int i;

	split_off();
	if (sysfs_streq(val, "off"))
		return 0;
	split_clock = U64_MAX;
	for (i = 0; i < SPLIT_CLOCK_READS; i++) {
		ns = ktime_get_ns();
		split_clock = min(split_clock, ktime_get_ns() - ns);
	}
	split_calls = 0;
	split_ns = 0;
	if (sysfs_streq(val, "in"))
		return split_in();
	if (sysfs_streq(val, "schedule"))
		return split_sched_on();
	return -EINVAL;
}

static int split_time_get(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%llu %llu\n", split_calls, split_ns);
}

static const struct kernel_param_ops split_time_ops = {
	.set = split_time_set,
	.get = split_time_get,
};
module_param_cb(time, &split_time_ops, NULL, 0600);
MODULE_PARM_DESC(time, "in, schedule or off; read: calls, ns");

static int split_init_service(struct ip_vs_service *svc)
{
	WRITE_ONCE(split_svc, svc);
	return 0;
}

static struct ip_vs_dest *split_no_dest(struct ip_vs_service *svc,
					const struct sk_buff *skb,
					struct ip_vs_iphdr *iph)
{
	return NULL;
}

static struct ip_vs_scheduler split_scheduler = {
	.name =			"split",
	.refcnt =		ATOMIC_INIT(0),
	.module =		THIS_MODULE,
	.n_list =		LIST_HEAD_INIT(split_scheduler.n_list),
	.init_service =		split_init_service,
	.schedule =		split_no_dest,
};

static int __init split_init(void)
{
	return register_ip_vs_scheduler(&split_scheduler);
}

static void __exit split_exit(void)
{
	split_off();
	unregister_ip_vs_scheduler(&split_scheduler);
	/* A schedule() or a hook of ours that is still running. */
	synchronize_net();
}

module_init(split_init);
module_exit(split_exit);
MODULE_LICENSE("GPL");
MODULE_AUTHOR("The ipvs-ext developers");
MODULE_DESCRIPTION("IPVS test instrument: the scheduler's part of a packet");
