/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Smooth weighted round robin over the eligible servers of a tier, for
 * schedulers whose tiers begin with struct ip_vs_ext_smooth.
 *
 * Definition. Every server has a rate, 1 to IP_VS_EXT_BANDWIDTH_MAX, and a
 * credit in picks. One step: each eligible server's credit grows by its rate
 * divided by the sum of the eligible ones' rates; the server with the most
 * credit is picked (of several the one that is in the tier for the longest
 * time); its credit falls by 1. From equal credits, rates 5, 1, 1 give
 * a a b a c a a. It is nginx's and LVS's smooth weighted round robin, with
 * credit divided by the sum of rates: so a change of that sum does not change
 * what a server is owed, counted in picks.
 *
 * A server that stops being eligible keeps its credit. When it comes back it
 * has that again, but not more than the leader's (the most that an eligible
 * server has), and not less than the leader's minus 1: it is owed at most its
 * turn, and waits for at most one pick more than the leader. A new server
 * has the leader's credit. So no return is followed by a burst for or against
 * anybody, for any history.
 *
 * Arithmetic. A pick is Q units of credit, an integer. Credits are kept as
 * rate * now + offset, where the clock "now" advances by Q / S in each step, S
 * being the sum of the rates: nobody's credit has to be written when it grows.
 * Q is a multiple of S just below 2^58, so with the servers that it was chosen
 * for everything is exact. With another S the clock advances by Q / S rounded
 * down, what is lost being made up for in later steps; when at least an
 * EXT_SMOOTH_WORK-th as many steps as the tier has servers were made since Q
 * was chosen, a new Q is chosen before the next step and credits are converted
 * (ext_smooth_settle()), which is exact to 2^-27 picks. Tiers of up to
 * EXT_SMOOTH_WORK servers are exact after every change.
 *
 * Bounds. At most 2^18 servers of 10^12 give S < 2^58. Credits of eligible
 * servers differ by less than 14 picks (the harmonic number of 2^18, as in the
 * cup game), so differences are below 2^62, and 64 bits that wrap around tell
 * their sign.
 */
#ifndef _EXT_SMOOTH_H
#define _EXT_SMOOTH_H

#include <linux/jiffies.h>
#include "ip_vs_ext.h"

struct ext_smooth_node;

/**
 * struct ip_vs_ext_ring - picks made in advance
 * @rcu: frees a ring that was replaced by a larger one
 * @cap: entries; they repeat if the sequence is not longer
 * @slot: the picks; higher indices are used first
 */
struct ip_vs_ext_ring {
	struct rcu_head		rcu;
	u32			cap;
	struct ip_vs_ext_slot	*slot[];
};

/**
 * struct ip_vs_ext_smooth - a tier
 * @tier: as the framework sees it
 * @cursor: number of the next turn: that of number t has the pick with the index ~t
 * @floor: picks below it are not made yet
 * @top: from here on there may be servers in @ring that have left; below, what was
 *	there when one left has been overwritten
 * @ring: picks made in advance
 * @decay_at: jiffies when credits are halved next
 * @node: the tree: node 1 is the root, the children of i are 2i and 2i + 1,
 *	leaf i is node @size + i
 * @slot: slot of each leaf, or NULL
 * @count: picks of each leaf in the recording
 * @size: leaves, a power of 2
 * @used: leaves in use or no longer in use
 * @nr: slots in the tier
 * @eligible: eligible ones
 * @now: the clock
 * @pick: credit that a pick costs; 0: no step was made yet
 * @total: sum of the eligible servers' rates
 * @step_total: sum for which @step and @rest were worked out
 * @step: @pick / @step_total
 * @rest: the remainder of that
 * @carry: what remainders have summed up to, less than @step_total
 * @made: picks made, those in @ring included
 * @settled: @made when @pick was chosen
 * @changed: @made when a server entered or left
 * @length: entries of the recording
 * @laps: rounds of the sequence in it; 0: it does not repeat within the ring
 * @common: greatest common divisor of the rates: a server has rate / @common
 *	picks in a round
 * @recorded: entries made of it
 * @wanted: entries that @ring shall have, with those that its head takes, if not 0
 * @stale: inner nodes are not up to date
 * @recording: @ring is being filled with @length entries, chunk by chunk
 * @closed: the @length entries of @ring repeat for ever
 * @chunk: picks to make at once
 *
 * From @node on: es->lock. @cursor has its own cache line, since CPUs that take
 * turns write it; the next line they only read.
 */
struct ip_vs_ext_smooth {
	struct ip_vs_ext_tier	tier;

	atomic_t		cursor ____cacheline_aligned_in_smp;

	int			floor ____cacheline_aligned_in_smp;
	int			top;
	struct ip_vs_ext_ring __rcu	*ring;
	unsigned long		decay_at;
	struct ext_smooth_node	*node;
	struct ip_vs_ext_slot	**slot;
	u32			*count;
	u32			size;
	u32			used;
	u32			nr;
	u32			eligible;
	u64			now;
	u64			pick;
	u64			total;
	u64			step_total;
	u64			step;
	u64			rest;
	u64			carry;
	u64			made;
	u64			settled;
	u64			changed;
	u32			length;
	u32			laps;
	u64			common;
	u32			recorded;
	u32			wanted;
	u32			chunk;
	bool			stale;
	bool			recording;
	bool			closed;
};

static inline struct ip_vs_ext_smooth *
ip_vs_ext_smooth(struct ip_vs_ext_tier *tier)
{
	return container_of(tier, struct ip_vs_ext_smooth, tier);
}

/* ip_vs_ext_ops.pick, where a decision chooses a tier, too, and with credits that
 * are halved every @poll ms
 */
struct ip_vs_ext_slot *ip_vs_ext_smooth_pick(struct ip_vs_ext_tier *tier,
					     const struct ip_vs_ext_req *req);
struct ip_vs_ext_slot *ip_vs_ext_smooth_pick_of(struct ip_vs_ext_tier *tier,
						struct ip_vs_ext_service *es);
struct ip_vs_ext_slot *
ip_vs_ext_smooth_pick_decay(struct ip_vs_ext_tier *tier,
			    const struct ip_vs_ext_req *req, u32 poll);
/* other hooks of struct ip_vs_ext_ops */
atomic_t *ip_vs_ext_smooth_turns(const struct ip_vs_ext_service *es,
				 struct ip_vs_ext_tier *tier);
int ip_vs_ext_smooth_room(struct ip_vs_ext_service *es,
			  struct ip_vs_ext_tier *tier, u32 cap);
void ip_vs_ext_smooth_work(struct ip_vs_ext_service *es,
			   struct ip_vs_ext_tier *tier);
void ip_vs_ext_smooth_free(struct ip_vs_ext_tier *tier);
void ip_vs_ext_smooth_append(struct ip_vs_ext_service *es,
			     struct ip_vs_ext_slot *slot);
void ip_vs_ext_smooth_remove(struct ip_vs_ext_service *es,
			     struct ip_vs_ext_slot *slot);
void ip_vs_ext_smooth_enter(struct ip_vs_ext_service *es,
			    struct ip_vs_ext_slot *slot);
void ip_vs_ext_smooth_leave(struct ip_vs_ext_service *es,
			    struct ip_vs_ext_slot *slot);
/* for slot_update: any rate */
void ip_vs_ext_smooth_rate(struct ip_vs_ext_slot *slot, u64 rate);
/* slot_update: the rate is the weight, or the bandwidth where there is one */
void ip_vs_ext_smooth_weight(struct ip_vs_ext_service *es,
			     struct ip_vs_ext_slot *slot,
			     const struct ip_vs_ext_attrs *attrs, u32 weight);
void ip_vs_ext_smooth_bandwidth(struct ip_vs_ext_service *es,
				struct ip_vs_ext_slot *slot,
				const struct ip_vs_ext_attrs *attrs,
				u32 weight);

/* The pick of a turn, or NULL if it has none. Under RCU.
 *
 * Whatever is found was in the tier after the RCU section of the caller began: @top
 * as it is read was so in this section, and from an index below it on what was there
 * before has been overwritten.
 */
static inline struct ip_vs_ext_slot *
ip_vs_ext_smooth_at(const struct ip_vs_ext_smooth *s, u32 turn)
{
	struct ip_vs_ext_slot * const *p;
	int i = ~turn;

	/* Acquire: it has been; and the ring has so many entries. */
	if (unlikely((u32)i >= (u32)smp_load_acquire(&s->top)))
		return NULL;
	p = &rcu_dereference(s->ring)->slot[i];
	if (likely(i >= 2 * IP_VS_EXT_AHEAD))
		ip_vs_ext_prefetch(p - IP_VS_EXT_AHEAD,
				   p - 2 * IP_VS_EXT_AHEAD);
	return READ_ONCE(*p);
}

/**
 * ip_vs_ext_smooth_next - take a pick that was made in advance
 * @tier: tier
 * @req: what the decision is about
 *
 * Context: BH disabled, under RCU, without es->lock: for ip_vs_ext_schedule(). A
 *	full memory barrier, as struct ip_vs_ext_ops asks for.
 * Return: a slot, or NULL if there is none, which makes the caller ask again
 * with es->lock held.
 *
 * When the set of eligible servers or the ring changes, the picks that are left are
 * taken back. A CPU that has turns left from before gets picks that another CPU gets,
 * too, or that are lost, and so does one that was stopped after it took a turn
 * while the ring was filled: servers have so many connections more or less than
 * their share, once. A server that has left in between is found out by slot->far,
 * which is 0; if it has places left nevertheless, and its grants are reserved, it
 * gets this connection as if it had been decided before.
 */
static inline struct ip_vs_ext_slot *
ip_vs_ext_smooth_next(struct ip_vs_ext_tier *tier,
		      const struct ip_vs_ext_req *req)
{
	struct ip_vs_ext_smooth *s = ip_vs_ext_smooth(tier);
	struct ip_vs_ext_cpu *me = req->me;
	struct ip_vs_ext_slot *slot;
	u32 turn = me->turn;

	if (unlikely(turn == me->end)) {
		u32 end;

		turn = ip_vs_ext_take_turns(&s->cursor, me);
		/* Acquire: the entries down to it have been written. When the
		 * picks below are made, others have these turns.
		 */
		end = -smp_load_acquire(&s->floor);
		if (unlikely((s32)(me->end - end) > 0)) {
			atomic_cmpxchg(&s->cursor, me->end, end);
			me->end = end;
			if ((s32)(end - turn) <= 0)
				goto none;
		}
	} else {
		smp_mb();	/* that which the atomic operation is */
	}
	me->turn = turn + 1;
	slot = ip_vs_ext_smooth_at(s, turn);
	if (likely(slot))
		return slot;
none:
	/* Nor have those after it one. */
	me->turn = me->end;
	return NULL;
}

/**
 * ip_vs_ext_smooth_next_of - the same, where a decision chooses a tier, too
 * @tier: tier
 *
 * Several turns of one tier at once would be turns of another one.
 *
 * Context: as above.
 * Return: as above.
 */
static inline struct ip_vs_ext_slot *
ip_vs_ext_smooth_next_of(struct ip_vs_ext_tier *tier)
{
	struct ip_vs_ext_smooth *s = ip_vs_ext_smooth(tier);
	u32 turn = atomic_fetch_inc(&s->cursor);

	/* Acquire: as above. */
	if ((s32)(-smp_load_acquire(&s->floor) - turn) <= 0)
		return NULL;
	return ip_vs_ext_smooth_at(s, turn);
}

/* Is it time for ip_vs_ext_smooth_pick_decay()? Any context, under RCU. */
static inline bool ip_vs_ext_smooth_decay_due(struct ip_vs_ext_tier *tier)
{
	return time_after_eq(jiffies,
			     READ_ONCE(ip_vs_ext_smooth(tier)->decay_at));
}

/* It is at @at, if not before; es->lock held. */
static inline void
ip_vs_ext_smooth_decay_before(struct ip_vs_ext_tier *tier, unsigned long at)
{
	struct ip_vs_ext_smooth *s = ip_vs_ext_smooth(tier);

	if (time_before(at, s->decay_at))
		WRITE_ONCE(s->decay_at, at);
}

#endif /* _EXT_SMOOTH_H */
