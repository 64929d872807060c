// SPDX-License-Identifier: GPL-2.0
/*
 * Instrument, for tests only: what does one schedule() of any scheduler cost in
 * a real kernel?
 *
 * A scheduler may not be called without a service, and the core hands services
 * out only to schedulers. So this is one: it remembers the service that is
 * bound to it, and keeps it in mind when the service moves on to another.
 *
 *	ipvsadm -A -t VIP -s bench; ipvsadm -a ...; ipvsadm -E -t VIP -s rr
 *	echo 10000 >/sys/module/ip_vs_bench/parameters/run
 *	cat /sys/module/ip_vs_bench/parameters/run	scheduler, calls, ns
 *
 * While the service is still bound to bench itself, whose decision is empty,
 * the same gives the cost of measuring.
 *
 *	echo 5 >/sys/module/ip_vs_bench/parameters/full
 *
 * makes every server that has a weight >= 5 and an upper threshold look full,
 * to schedulers of the kernel and to ours; 0 takes that back.
 *
 *	echo 50000 >/sys/module/ip_vs_bench/parameters/every
 *	cat /sys/module/ip_vs_bench/parameters/every
 *
 * asks for a decision every 50 us, as packets do that come in on the last CPU,
 * and says how many there were, how long the longest one took and how late one
 * began at most, both in ns: what softirqs had to wait for. 0 stops it. A value
 * starts over.
 *
 * Context: parameters are written one at a time (the module's parameter lock).
 * Lifetime: nothing holds the service. Whoever writes to a parameter sees to it
 * that the service exists, that it has the servers, weights and thresholds that
 * it had when "full" was written, and that the last service bound to bench is
 * the one meant. That is what a test script can promise and nobody else.
 */
#define KMSG_COMPONENT "IPVS"
#define pr_fmt(fmt) KMSG_COMPONENT ": " fmt

#include <linux/hrtimer.h>
#include <linux/ip.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/skbuff.h>
#include <linux/smp.h>
#include <linux/udp.h>
#include <net/ip_vs.h>

/* A second of a slow scheduler is long enough to wait for with BH disabled. */
#define BENCH_CALLS_MAX		1000000

static struct ip_vs_service *bench_svc;
static struct sk_buff *bench_skb;
static u32 bench_full_weight;

static struct {
	char	sched[IP_VS_SCHEDNAME_MAXLEN];
	u32	calls;
	u64	ns;
} bench_last;

static int bench_init_service(struct ip_vs_service *svc)
{
	WRITE_ONCE(bench_svc, svc);
	return 0;
}

static struct ip_vs_dest *bench_schedule(struct ip_vs_service *svc,
					 const struct sk_buff *skb,
					 struct ip_vs_iphdr *iph)
{
	return NULL;
}

static struct ip_vs_scheduler bench_scheduler = {
	.name =			"bench",
	.refcnt =		ATOMIC_INIT(0),
	.module =		THIS_MODULE,
	.n_list =		LIST_HEAD_INIT(bench_scheduler.n_list),
	.init_service =		bench_init_service,
	.schedule =		bench_schedule,
};

/* Is it one of those that "full" makes full? */
static bool bench_is_full(const struct ip_vs_dest *dest)
{
	return bench_full_weight && READ_ONCE(dest->u_threshold) &&
	       atomic_read(&dest->weight) >= (int)bench_full_weight;
}

/* Context as in the receive path: softirqs are off, inside an RCU reader. No
 * grant becomes a connection.
 */
static int bench_run(struct ip_vs_service *svc, u32 calls)
{
	struct ip_vs_scheduler *sched;
	struct ip_vs_dest *dest = NULL;
	struct ip_vs_iphdr iph;
	u32 i, found = 0;
	int err = 0;
	u64 ns;

	if (!ip_vs_fill_iph_skb(AF_INET, bench_skb, false, &iph))
		return -EINVAL;

	local_bh_disable();
	rcu_read_lock();
	sched = rcu_dereference(svc->scheduler);
	if (!sched) {
		err = -ENOENT;
		goto out;
	}
	ns = ktime_get_ns();
	for (i = 0; i < calls; i++) {
		dest = sched->schedule(svc, bench_skb, &iph);
		found += !!dest;
	}
	ns = ktime_get_ns() - ns;

	/* What was measured has to be what was asked for. */
	if (sched != &bench_scheduler) {
		if (found != calls)
			err = -ENODATA;
		else if (calls && bench_is_full(dest))
			err = -EBUSY;
	}
	strscpy(bench_last.sched, sched->name, sizeof(bench_last.sched));
	bench_last.calls = calls;
	bench_last.ns = ns;
out:
	rcu_read_unlock();
	local_bh_enable();
	return err;
}

static int bench_run_set(const char *val, const struct kernel_param *kp)
{
	struct ip_vs_service *svc = READ_ONCE(bench_svc);
	u32 calls;
	int err;

	err = kstrtou32(val, 0, &calls);
	if (err)
		return err;
	if (calls > BENCH_CALLS_MAX)
		return -ERANGE;
	if (!svc)
		return -ENOENT;
	return bench_run(svc, calls);
}

static int bench_run_get(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%s %u %llu\n", bench_last.sched,
			  bench_last.calls, bench_last.ns);
}

static const struct kernel_param_ops bench_run_ops = {
	.set = bench_run_set,
	.get = bench_run_get,
};
module_param_cb(run, &bench_run_ops, NULL, 0600);
MODULE_PARM_DESC(run, "call schedule() this often; read: scheduler, calls, ns");

/* Add @sign times its upper threshold to the connections of a server. */
static void bench_count(struct ip_vs_dest *dest, int sign)
{
	int n = sign * (int)READ_ONCE(dest->u_threshold);

#if IP_VS_HAVE_TOTALCONNS
	atomic_add(n, &dest->totalconns);
#else
	atomic_add(n, &dest->inactconns);
#endif
	/* The core keeps this flag when it binds a connection; schedulers of
	 * the kernel look at nothing else.
	 */
	if (sign > 0)
		dest->flags |= IP_VS_DEST_F_OVERLOAD;
	else
		dest->flags &= ~IP_VS_DEST_F_OVERLOAD;
}

static int bench_full_set(const char *val, const struct kernel_param *kp)
{
	struct ip_vs_service *svc = READ_ONCE(bench_svc);
	struct ip_vs_dest *dest;
	u32 weight;
	int err;

	err = kstrtou32(val, 0, &weight);
	if (err)
		return err;
	if (!svc)
		return -ENOENT;

	rcu_read_lock();
	list_for_each_entry_rcu(dest, &svc->destinations, n_list)
		if (bench_is_full(dest))
			bench_count(dest, -1);
	bench_full_weight = weight;
	list_for_each_entry_rcu(dest, &svc->destinations, n_list)
		if (bench_is_full(dest))
			bench_count(dest, 1);
	rcu_read_unlock();
	return 0;
}

static const struct kernel_param_ops bench_full_ops = {
	.set = bench_full_set,
	.get = param_get_uint,
};
module_param_cb(full, &bench_full_ops, &bench_full_weight, 0600);
MODULE_PARM_DESC(full, "servers with at least this weight look full; 0: none");

/* Decisions in softirq, at times that have nothing to do with what else goes
 * on. Written on one CPU, while the timer runs there or before.
 */
static struct {
	struct hrtimer	timer;
	u64		every;
	u64		calls;
	u64		longest;
	u64		late;
} bench_delay;

static enum hrtimer_restart bench_tick(struct hrtimer *timer)
{
	struct ip_vs_service *svc = READ_ONCE(bench_svc);
	struct ip_vs_scheduler *sched;
	struct ip_vs_iphdr iph;
	u64 start = ktime_get_ns();
	u64 due = ktime_to_ns(hrtimer_get_expires(timer));

	bench_delay.late = max(bench_delay.late, start - due);
	if (!ip_vs_fill_iph_skb(AF_INET, bench_skb, false, &iph))
		return HRTIMER_NORESTART;
	rcu_read_lock();
	sched = rcu_dereference(svc->scheduler);
	if (sched) {
		start = ktime_get_ns();
		sched->schedule(svc, bench_skb, &iph);
		bench_delay.longest = max(bench_delay.longest,
					  ktime_get_ns() - start);
		bench_delay.calls++;
	}
	rcu_read_unlock();
	hrtimer_forward_now(timer, ns_to_ktime(bench_delay.every));
	return HRTIMER_RESTART;
}

static void bench_delay_start(void *unused)
{
	hrtimer_start(&bench_delay.timer, ns_to_ktime(bench_delay.every),
		      HRTIMER_MODE_REL_PINNED_SOFT);
}

static int bench_every_set(const char *val, const struct kernel_param *kp)
{
	u32 every;
	int err;

	err = kstrtou32(val, 0, &every);
	if (err)
		return err;
	if (!READ_ONCE(bench_svc))
		return -ENOENT;
	hrtimer_cancel(&bench_delay.timer);
	if (!every)
		return 0;
	bench_delay.every = every;
	bench_delay.calls = 0;
	bench_delay.longest = 0;
	bench_delay.late = 0;
	return smp_call_function_single(cpumask_last(cpu_online_mask),
					bench_delay_start, NULL, true);
}

static int bench_every_get(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%llu %llu %llu\n", bench_delay.calls,
			  bench_delay.longest, bench_delay.late);
}

static const struct kernel_param_ops bench_every_ops = {
	.set = bench_every_set,
	.get = bench_every_get,
};
module_param_cb(every, &bench_every_ops, NULL, 0600);
MODULE_PARM_DESC(every, "decide every so many ns; read: calls, longest, late");

/* A UDP datagram: schedulers get the packet, those that hash look into it. */
static struct sk_buff *bench_packet(void)
{
	struct sk_buff *skb;
	struct udphdr *udp;
	struct iphdr *ip;

	skb = alloc_skb(sizeof(*ip) + sizeof(*udp), GFP_KERNEL);
	if (!skb)
		return NULL;
	skb->protocol = htons(ETH_P_IP);
	skb_reset_network_header(skb);
	ip = skb_put_zero(skb, sizeof(*ip));
	ip->version = 4;
	ip->ihl = sizeof(*ip) / 4;
	ip->tot_len = htons(sizeof(*ip) + sizeof(*udp));
	ip->ttl = 64;
	ip->protocol = IPPROTO_UDP;
	ip->saddr = htonl(0x0a090001);
	ip->daddr = htonl(0x0a000001);
	skb_set_transport_header(skb, skb->len);
	udp = skb_put_zero(skb, sizeof(*udp));
	udp->source = htons(2001);
	udp->dest = htons(80);
	udp->len = htons(sizeof(*udp));
	return skb;
}

static int __init bench_init(void)
{
	int err;

	bench_skb = bench_packet();
	if (!bench_skb)
		return -ENOMEM;
#ifdef BENCH_HRTIMER_SETUP
	hrtimer_setup(&bench_delay.timer, bench_tick, CLOCK_MONOTONIC,
		      HRTIMER_MODE_REL_PINNED_SOFT);
#else
	hrtimer_init(&bench_delay.timer, CLOCK_MONOTONIC,
		     HRTIMER_MODE_REL_PINNED_SOFT);
	bench_delay.timer.function = bench_tick;
#endif
	err = register_ip_vs_scheduler(&bench_scheduler);
	if (err)
		kfree_skb(bench_skb);
	return err;
}

static void __exit bench_exit(void)
{
	hrtimer_cancel(&bench_delay.timer);
	unregister_ip_vs_scheduler(&bench_scheduler);
	/* A schedule() that was running when the last service let go of us. */
	synchronize_rcu();
	kfree_skb(bench_skb);
}

module_init(bench_init);
module_exit(bench_exit);
MODULE_LICENSE("GPL");
MODULE_AUTHOR("The ipvs-ext developers");
MODULE_DESCRIPTION("IPVS test instrument: cost of a scheduler's decision");
