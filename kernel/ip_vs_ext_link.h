/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ip_vs_ext: a real server as a link with bandwidth and lag.
 *
 * Capacity is the bandwidth attribute or, where none is set, the weight as so
 * many megabits per second; the lag is the lag attribute. Three schedulers use
 * this: auto_bw compares connections with capacity, bw_lag and bw_lag_val keep
 * an account of what is queued on each link.
 *
 * The queue of a link is one number, the time at which the link will have sent
 * everything that was given to it. A link that is not idle sends all the time,
 * so nothing has to be done when a packet leaves: what is queued at the time
 * t is (busy - t) * bandwidth. A decision looks at all links, takes the one
 * where its bytes would be through (or, with the lag, arrive) first, and moves
 * the busy time of that link by the time that its bytes take.
 *
 * Clock
 *	ktime_get_ns(), because CPUs compare what others wrote: CLOCK_MONOTONIC
 *	is the same on all of them and never goes back, which local_clock()
 *	promises for one CPU only, and which is worth the few ns.
 *	Times are counted in sixteenths of a nanosecond: 64 bytes take one of
 *	these at the highest bandwidth, IP_VS_EXT_BANDWIDTH_MAX. They are 64
 *	bits wide, overflow after 36 years, and only differences are used, so
 *	that nothing happens when they do.
 *
 * Arithmetic
 *	Bytes become time by a multiplication with the inverse of the bandwidth,
 *	a fraction of 25 or 26 bits and a shift, packed in 32 bits so that
 *	decisions on 32-bit machines never see halves of two of them.
 *	Bytes are at most 2^28, the fraction is < 2^26, so the product, shifted
 *	left by 8, is < 2^62. At 1 byte/s those 2^28 bytes take 2^28 * 16 *
 *	10^9 < 2^62; the lag is < 2^40; busy times are at most
 *	IP_VS_EXT_LINK_FAR (2^52) away: their sum is < 2^63.
 *
 * When links are offered more than they carry
 *	Their queues grow, here without end, while real ones drop. What matters
 *	for the choice is the difference between links, so as soon as all
 *	queues of a tier are longer than the parameter "queue", the same time is
 *	taken off all of them: instead of writing to each, the clock of
 *	the tier is set forward. So none of them becomes empty by it, shares
 *	remain those of the bandwidths, and when the load falls it takes no
 *	longer than "queue" until the account agrees with the links again.
 *
 * Several CPUs
 *	A decision takes effect by a cmpxchg of the busy time of its link, which
 *	is also the full barrier that struct ip_vs_ext_ops asks for. Who loses
 *	the race looks at the links once more, and then adds its time
 *	unconditionally: no decision is lost from the account, and none waits.
 */
#ifndef _IP_VS_EXT_LINK_H
#define _IP_VS_EXT_LINK_H

#include <linux/bits.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include "ip_vs_ext.h"

/* Bytes per second of a server without bandwidth attribute, per weight: one
 * megabit, so that with INT_MAX the product is below 2^48.
 */
#define IP_VS_EXT_LINK_WEIGHT	125000ULL

/* Highest cost of a decision in bytes, 2^28; see "Arithmetic". */
#define IP_VS_EXT_LINK_COST_MAX	(256U << 20)

/* Bytes of a connection before there is anything to measure: about a web page
 * without its pictures. They count like that many measured connections, so that
 * the first ones, of which hardly a packet is through, do not count for
 * nothing.
 */
#define IP_VS_EXT_LINK_COST	(16U << 10)
#define IP_VS_EXT_LINK_COST_OF	8

/* Sixteenths: "Clock" at the head of this file. */
#define IP_VS_EXT_LINK_NS	4
/* Busy times are at most so far away, 78 hours: two packets of 64 KiB each, and
 * more, at 1 byte/s.
 */
#define IP_VS_EXT_LINK_FAR	BIT_ULL(52)

/* Bits of ip_vs_ext_link.inv that are the shift. */
#define IP_VS_EXT_LINK_SHIFT	6

/* Bits of ip_vs_ext_link.rank that are the order: with a million additions a second
 * they last for three days, and then only servers that are equal change places.
 */
#define IP_VS_EXT_LINK_ORDER	38

/**
 * struct ip_vs_ext_link - a slot of these schedulers
 * @slot: the framework's part
 * @busy: time at which everything queued is sent, in the time of the tier;
 *	written by every decision for this server
 * @inv: inverse of the bandwidth, ip_vs_ext_link_time()
 * @lag: microseconds
 * @rate: bytes per second, < 2^48
 * @rank: of links that are equally good otherwise the one with the smallest is
 *	taken: the lag, and below it, in IP_VS_EXT_LINK_ORDER bits, the order of
 *	addition, which grows, from 1
 *
 * @inv, @lag, @rate and @rank are written under es->lock.
 */
struct ip_vs_ext_link {
	struct ip_vs_ext_slot	slot;
	atomic64_t		busy ____cacheline_aligned_in_smp;
	u32			inv;
	u32			lag;
	u64			rate;
	u64			rank;
};

/**
 * struct ip_vs_ext_link_tier - a tier of links with queues
 * @tier: the framework's part
 * @ahead: how much the clock of the tier is ahead of CLOCK_MONOTONIC
 */
struct ip_vs_ext_link_tier {
	struct ip_vs_ext_tier	tier;
	atomic64_t		ahead;
};

/* Parameters of schedulers with queues. */
enum {
	IP_VS_EXT_LINK_P_COST,
	IP_VS_EXT_LINK_P_QUEUE,
	IP_VS_EXT_LINK_PARAMS
};

extern const struct ip_vs_ext_param
	ip_vs_ext_link_params[IP_VS_EXT_LINK_PARAMS];

void ip_vs_ext_link_append(struct ip_vs_ext_service *es,
			   struct ip_vs_ext_slot *slot);
void ip_vs_ext_link_update(struct ip_vs_ext_service *es,
			   struct ip_vs_ext_slot *slot,
			   const struct ip_vs_ext_attrs *attrs, u32 weight);
void ip_vs_ext_link_append_queue(struct ip_vs_ext_service *es,
				 struct ip_vs_ext_slot *slot);
void ip_vs_ext_link_update_queue(struct ip_vs_ext_service *es,
				 struct ip_vs_ext_slot *slot,
				 const struct ip_vs_ext_attrs *attrs,
				 u32 weight);

static inline struct ip_vs_ext_link *
ip_vs_ext_link(struct ip_vs_ext_slot *slot)
{
	return container_of(slot, struct ip_vs_ext_link, slot);
}

static inline struct ip_vs_ext_link_tier *
ip_vs_ext_link_tier(struct ip_vs_ext_tier *tier)
{
	return container_of(tier, struct ip_vs_ext_link_tier, tier);
}

/**
 * ip_vs_ext_link_time - how long does a link take to send?
 * @inv: inverse of its bandwidth: fraction << IP_VS_EXT_LINK_SHIFT | shift
 * @bytes: how much, at most IP_VS_EXT_LINK_COST_MAX
 *
 * Return: sixteenths of a nanosecond, < 2^62; never 0, or a link that is fast
 * enough would get everything.
 */
static inline u64 ip_vs_ext_link_time(u32 inv, u32 bytes)
{
	u64 time = ((u64)bytes << 8) * (inv >> IP_VS_EXT_LINK_SHIFT);

	time >>= inv & ((1U << IP_VS_EXT_LINK_SHIFT) - 1);
	return time + !time;
}

/* Time of a tier whose clock is @ahead. */
static inline u64 ip_vs_ext_link_now(u64 ahead)
{
	return (ktime_get_ns() << IP_VS_EXT_LINK_NS) + ahead;
}

/* Time until a link is idle. What seems to be further away than it can be, even
 * if some CPUs that lost a race added to it, is in the past.
 */
static inline u64 ip_vs_ext_link_wait(u64 busy, u64 now)
{
	u64 wait = busy - now;

	return wait < 4 * IP_VS_EXT_LINK_FAR ? wait : 0;
}

/**
 * ip_vs_ext_link_cost - what does a connection bring along?
 * @req: the decision
 *
 * With one-packet scheduling the length of the packet; otherwise what the
 * operator set, or the mean of the connections that this CPU has seen, whose
 * statistics no other CPU writes to. Its BH is disabled, so it does not write
 * to them either while they are read.
 *
 * Context: that of ip_vs_ext_ops.pick.
 * Return: bytes, 1 to IP_VS_EXT_LINK_COST_MAX.
 */
static inline u32 ip_vs_ext_link_cost(const struct ip_vs_ext_req *req)
{
	const struct ip_vs_ext_service *es = req->es;
	const struct ip_vs_cpu_stats *stats;
	u64 bytes, conns;
	u32 cost;

	if (READ_ONCE(es->svc->flags) & IP_VS_SVC_F_ONEPACKET)
		return min_t(u32, req->skb->len, IP_VS_EXT_LINK_COST_MAX);
	cost = READ_ONCE(es->param[IP_VS_EXT_LINK_P_COST]);
	if (cost)
		return cost;
	stats = this_cpu_ptr(es->cpu)->stats;
	bytes = ip_vs_compat_stats_bytes(stats) +
		IP_VS_EXT_LINK_COST_OF * IP_VS_EXT_LINK_COST;
	conns = ip_vs_compat_stats_conns(stats) + IP_VS_EXT_LINK_COST_OF;
	return clamp_t(u64, div64_u64(bytes, conns), 1,
		       IP_VS_EXT_LINK_COST_MAX);
}

/**
 * ip_vs_ext_link_pick - the link whose queue and lag let a packet through first
 * @tier: part of a struct ip_vs_ext_link_tier
 * @req: the decision
 * @lag: the lag is part of the time, and not only what decides between links
 *	that are equal without
 *
 * A link that is chosen and then turns out to be at its limit keeps the bytes
 * in its account; it gets nothing more for the time being anyway.
 *
 * Context: that of ip_vs_ext_ops.pick.
 * Return: a slot, or NULL if the tier has no eligible server.
 */
static __always_inline struct ip_vs_ext_slot *
ip_vs_ext_link_pick(struct ip_vs_ext_tier *tier,
		    const struct ip_vs_ext_req *req, bool lag)
{
	struct ip_vs_ext_link_tier *lt = ip_vs_ext_link_tier(tier);
	u64 queue = READ_ONCE(req->es->param[IP_VS_EXT_LINK_P_QUEUE]) *
		    ((u64)NSEC_PER_MSEC << IP_VS_EXT_LINK_NS);
	u32 cost = ip_vs_ext_link_cost(req);
	struct ip_vs_ext_link *best;
	bool again = true;
	u64 ahead, least;

	for (;;) {
		const struct ip_vs_ext_array *a = rcu_dereference(tier->array);
		struct ip_vs_ext_slot * const *p = a->slot;
		struct ip_vs_ext_slot * const *end = p + READ_ONCE(a->eligible);
		/* worse than any */
		u64 best_done = U64_MAX, best_rank = U64_MAX;
		u64 now, best_idle = 0;
		s64 best_busy = 0;

		ahead = atomic64_read(&lt->ahead);
		now = ip_vs_ext_link_now(ahead);
		least = U64_MAX;
		best = NULL;
		for (; p != end; p++) {
			struct ip_vs_ext_link *link;
			u64 wait, idle, done;
			s64 busy;

			link = ip_vs_ext_link(READ_ONCE(*p));
			busy = atomic64_read(&link->busy);
			wait = ip_vs_ext_link_wait(busy, now);
			idle = wait + ip_vs_ext_link_time(READ_ONCE(link->inv),
							  cost);
			done = idle;
			if (lag)
				done += READ_ONCE(link->lag) *
					((u64)NSEC_PER_USEC <<
					 IP_VS_EXT_LINK_NS);
			least = min(least, wait);
			if (done >= best_done &&
			    (done > best_done ||
			     READ_ONCE(link->rank) > best_rank))
				continue;
			best = link;
			best_done = done;
			best_idle = idle;
			best_rank = READ_ONCE(link->rank);
			best_busy = busy;
		}
		if (unlikely(!best))
			return NULL;
		best_idle = min(best_idle, IP_VS_EXT_LINK_FAR);
		if (likely(atomic64_try_cmpxchg(&best->busy, &best_busy,
						now + best_idle)))
			break;
		if (!again) {
			u64 time = ip_vs_ext_link_time(READ_ONCE(best->inv),
						       cost);

			atomic64_add_return(min(time, IP_VS_EXT_LINK_FAR),
					    &best->busy);
			break;
		}
		again = false;
	}
	/* To half of it, and not with every decision from here on. If the clock
	 * is not what it was, another CPU has just done it.
	 */
	if (unlikely(least > queue))
		atomic64_cmpxchg(&lt->ahead, ahead, ahead + least - queue / 2);
	return &best->slot;
}

#endif /* _IP_VS_EXT_LINK_H */
