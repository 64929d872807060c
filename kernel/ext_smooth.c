// SPDX-License-Identifier: GPL-2.0
/*
 * Smooth weighted round robin; the definition is in ext_smooth.h.
 *
 * Algorithm: a tournament tree over the servers, in the order of addition.
 * Every inner node knows the winner of its subtree, and the time at which a
 * server below it may overtake another one ("due"): credits grow linearly, so
 * that time is a division, when the winner is picked or when both change
 * places. A step looks again at the nodes that are due, and plays the matches
 * between the winner's leaf and the root. This is the kinetic tournament of
 * Basch, Guibas and Hershberger ("Data structures for mobile data", 1997).
 *
 * Picks are made in advance, as long as nothing changes, and handed out
 * without a lock; a change takes back what is left of them. Where the sequence
 * repeats after a number of picks for which there is room, they are handed out
 * again and again, and a decision costs what it costs in round robin.
 *
 * In small tiers looking at every server is cheaper than that.
 *
 * Cost, n servers: a pick O(log n) amortised over a tier whose rates do not
 * change, or O(1) where the sequence repeats. A server that enters or leaves:
 * O(log n), plus O(n) if picks are taken back, which can be only after n / 16
 * picks without a change. Conversion of credits: O(n), after n / 16 picks.
 *
 * Memory: 76 bytes a leaf and 16 of ring, leaves being the array size of the
 * tier (at most twice the number of servers, at least 4): 92 to 184 bytes a
 * server, and a ring of at least 8 KiB. Where the sequence repeats, but not
 * within that, a ring of up to 16 KiB or 512 bytes a leaf, and not over half a
 * MiB.
 *
 * All under es->lock, unless said otherwise.
 */
#define KMSG_COMPONENT "IPVS"
#define pr_fmt(fmt) KMSG_COMPONENT ": " fmt

#include <linux/bits.h>
#include <linux/jiffies.h>
#include <linux/log2.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/random.h>
#include <linux/slab.h>
#include "ext_internal.h"
#include "ext_smooth.h"

/* Steps between two passes over all servers: one for so many servers. A pass
 * costs about as much for a server as a step does in a large tree for a level,
 * so passes add no more than another step to each step.
 */
#define EXT_SMOOTH_WORK		16

/* More servers could make sums of rates overflow, and slot->leaf, too. */
#define EXT_SMOOTH_MAX		BIT(18)

/* Room for credits that differ by 32 picks in signed 64 bits. */
#define EXT_SMOOTH_PICK		BIT_ULL(58)

/* Trees of up to so many leaves are not used: looking at every leaf is a
 * multiplication for each, a match a division.
 */
#define EXT_SMOOTH_SCAN		32

/* Credits further apart than this are brought nearer in a conversion. Without
 * changes of the eligible set they never are.
 */
#define EXT_SMOOTH_APART	4

/* Most picks made at a time: the lock is taken once for so many decisions. After
 * a change it begins with one, so that not many have to be taken back where
 * changes are frequent.
 */
#define EXT_SMOOTH_CHUNK	64U

/* Most picks that are thrown away at the beginning, and most times that credits
 * are halved at once.
 */
#define EXT_SMOOTH_SKIP		256U
#define EXT_SMOOTH_FORGET	60UL

/* Entries of a ring: at least so many, and two for each leaf. For a sequence that
 * is longer it grows: to 2048, or to as many for each leaf (512 bytes, about what
 * the core has for a server), and to so many, at most. All are powers of 2, as
 * large allocations are, and the head takes the room of the last ones.
 */
#define EXT_SMOOTH_RING		1024U
#define EXT_SMOOTH_RING_GROWN	2048U
#define EXT_SMOOTH_RING_EACH	64U
#define EXT_SMOOTH_RING_MAX	65536U
#define EXT_SMOOTH_RING_HEAD	((u32)DIV_ROUND_UP(sizeof(struct ip_vs_ext_ring), \
						   sizeof(void *)))

/* Entries of a recording that does not repeat, or repeats so soon that several
 * rounds are recorded, because the lock is taken once in each recording.
 */
#define EXT_SMOOTH_RECORD	(EXT_SMOOTH_RING - EXT_SMOOTH_RING_HEAD)

/**
 * struct ext_smooth_node - node of the tree
 * @rate: rate of the winner; 0: there is no eligible server below
 * @offset: its credit is rate * now + offset
 * @due: inner nodes: look at it again when the clock is there, if @armed
 * @own: leaves: the server's rate, also while it is not eligible
 * @leaf: the winner
 * @armed: inner nodes: someone below may overtake another one
 * @fresh: leaves: the server never was eligible in this tier
 *
 * Two children share a cache line.
 */
struct ext_smooth_node {
	u64			rate;
	u64			offset;
	union {
		u64		due;
		u64		own;
	};
	u32			leaf;
	bool			armed;
	bool			fresh;
};

/* The tree. */

static struct ext_smooth_node *
ext_smooth_leaf(const struct ip_vs_ext_smooth *s,
		const struct ip_vs_ext_slot *slot)
{
	return &s->node[s->size + slot->leaf];
}

static bool ext_smooth_due(const struct ip_vs_ext_smooth *s, u32 i)
{
	return s->node[i].armed && (s64)(s->node[i].due - s->now) <= 0;
}

static void ext_smooth_arm(struct ext_smooth_node *n, u64 due)
{
	if (!n->armed || (s64)(due - n->due) < 0)
		n->due = due;
	n->armed = true;
}

/* Find out who wins at an inner node; its children are up to date. */
static void ext_smooth_play(struct ip_vs_ext_smooth *s, u32 i)
{
	const struct ext_smooth_node *l = &s->node[2 * i], *r = l + 1;
	struct ext_smooth_node *n = &s->node[i];
	const struct ext_smooth_node *winner;
	u64 wait = 0;
	s64 lead;

	if (!r->rate) {
		winner = l;
	} else if (!l->rate) {
		winner = r;
	} else {
		lead = (l->rate - r->rate) * s->now + l->offset - r->offset;
		winner = lead >= 0 ? l : r;
		/* until r has more, or l has as much */
		if (lead >= 0 && r->rate > l->rate)
			wait = div64_u64(lead, r->rate - l->rate) + 1;
		else if (lead < 0 && l->rate > r->rate)
			wait = div64_u64(-lead - 1, l->rate - r->rate) + 1;
	}
	n->rate = winner->rate;
	n->offset = winner->offset;
	n->leaf = winner->leaf;
	n->armed = false;
	if (wait)
		ext_smooth_arm(n, s->now + wait);
	/* leaves never are */
	if (l->armed)
		ext_smooth_arm(n, l->due);
	if (r->armed)
		ext_smooth_arm(n, r->due);
}

/* The clock has advanced: bring the tree up to date. */
static void ext_smooth_expire(struct ip_vs_ext_smooth *s)
{
	u32 i = 1;

	while (ext_smooth_due(s, 1)) {
		/* below first; then up again, where there may be another */
		while (2 * i < s->size) {
			if (ext_smooth_due(s, 2 * i))
				i = 2 * i;
			else if (ext_smooth_due(s, 2 * i + 1))
				i = 2 * i + 1;
			else
				break;
		}
		ext_smooth_play(s, i);
		i = max(i / 2, 1U);
	}
}

static void ext_smooth_replay(struct ip_vs_ext_smooth *s, u32 leaf)
{
	u32 i;

	if (s->stale || s->size <= EXT_SMOOTH_SCAN)
		return;
	for (i = (s->size + leaf) / 2; i; i /= 2)
		ext_smooth_play(s, i);
}

static void ext_smooth_rebuild(struct ip_vs_ext_smooth *s)
{
	u32 i;

	if (s->size > EXT_SMOOTH_SCAN)
		for (i = s->size - 1; i; i--)
			ext_smooth_play(s, i);
	s->stale = false;
}

/* A node with the rate and offset of the server that has the most credit; there is
 * an eligible one.
 */
static const struct ext_smooth_node *
ext_smooth_leader(const struct ip_vs_ext_smooth *s)
{
	const struct ext_smooth_node *n = s->node + s->size, *best;
	const struct ext_smooth_node *end = n + s->used;
	u64 most;

	if (s->size > EXT_SMOOTH_SCAN)
		return &s->node[1];
	while (!n->rate)
		n++;
	best = n;
	most = n->rate * s->now + n->offset;
	while (++n < end) {
		u64 credit = n->rate * s->now + n->offset;

		/* Not eligible it has a credit, too, but seldom the most. */
		if ((s64)(credit - most) > 0 && n->rate) {
			most = credit;
			best = n;
		}
	}
	return best;
}

/* Steps. */

static u32 ext_smooth_step(struct ip_vs_ext_smooth *s)
{
	u32 leaf;

	s->now += s->step;
	s->carry += s->rest;
	if (s->carry >= s->total) {
		s->carry -= s->total;
		s->now++;
	}
	ext_smooth_expire(s);
	leaf = ext_smooth_leader(s)->leaf;
	s->node[s->size + leaf].offset -= s->pick;
	ext_smooth_replay(s, leaf);
	s->made++;
	return leaf;
}

/* Choose Q for the servers that are eligible, and convert credits: the
 * leader's becomes 0, that of others what they are behind it, divided by 2 to
 * the @halve.
 */
static void ext_smooth_settle(struct ip_vs_ext_smooth *s, u32 halve)
{
	u64 pick = s->total * div64_u64(EXT_SMOOTH_PICK, s->total);
	u64 ratio = 0, top = 0;
	bool any = false;
	u32 i;

	/* in units of 2^-30; both are in (2^57, 2^58] */
	if (s->pick)
		ratio = div64_u64(pick << 5, s->pick >> 25);

	for (i = 0; i < s->used; i++) {
		const struct ext_smooth_node *n = &s->node[s->size + i];
		u64 credit = n->rate * s->now + n->offset;

		if (n->rate && (!any || (s64)(credit - top) > 0)) {
			top = credit;
			any = true;
		}
	}
	for (i = 0; i < s->used; i++) {
		struct ext_smooth_node *n = &s->node[s->size + i];
		/* not eligible: @rate is 0, @offset all its credit */
		u64 most = n->rate ? EXT_SMOOTH_APART * s->pick : s->pick;
		s64 behind;

		if (!s->slot[i])
			continue;
		behind = top - (n->rate * s->now + n->offset);
		behind = clamp_t(s64, behind, 0, most) >> halve;
		if (pick != s->pick)
			behind = (behind >> 30) * ratio +
				 (((behind & ((1 << 30) - 1)) * ratio) >> 30);
		n->offset = -behind;
	}
	s->now = 0;
	s->pick = pick;
	s->settled = s->made;
	s->step_total = 0;
	ext_smooth_rebuild(s);
}

static void ext_smooth_set_step(struct ip_vs_ext_smooth *s)
{
	s->step_total = s->total;
	s->step = div64_u64_rem(s->pick, s->total, &s->rest);
	s->carry = 0;
}

/* Get ready for a step. */
static void ext_smooth_prepare(struct ip_vs_ext_smooth *s)
{
	bool first = !s->pick;
	u32 skip;

	if (s->total != s->step_total)
		ext_smooth_set_step(s);
	if (first || (s->rest && (s->made - s->settled) * EXT_SMOOTH_WORK >=
				 s->nr)) {
		ext_smooth_settle(s, 0);
		ext_smooth_set_step(s);
	} else if (s->stale) {
		ext_smooth_rebuild(s);
	}
	if (first && !ip_vs_ext_deterministic) {
		/* Or many services would begin with the same servers. */
		skip = get_random_u32() % min(s->eligible, EXT_SMOOTH_SKIP);
		while (skip--)
			ext_smooth_step(s);
	}
}

/* Picks made in advance. */

static struct ip_vs_ext_ring *ext_smooth_ring(const struct ip_vs_ext_smooth *s)
{
	/* es->lock is not at hand everywhere, but held */
	return rcu_dereference_protected(s->ring, true);
}

/* Let those without the lock have the entries from @floor to @left - 1; those from
 * there to @top - 1 they have had.
 */
static void ext_smooth_publish(struct ip_vs_ext_smooth *s, int floor, int left,
			       int top)
{
	/* Release: whoever sees it finds the entries, also with an index that
	 * it took before; see ip_vs_ext_smooth_next().
	 */
	smp_store_release(&s->floor, floor);
	/* Release: likewise. */
	smp_store_release(&s->top, top);
	/* Release: an index from here on is above the floor. */
	atomic_set_release(&s->cursor, -left);
}

/* The eligible servers are about to change: as if the picks that are left had
 * not been made; of those that CPUs have taken already, this one's.
 */
static void ext_smooth_take_back(struct ip_vs_ext_smooth *s,
				 struct ip_vs_ext_service *es)
{
	struct ip_vs_ext_ring *ring = ext_smooth_ring(s);
	int left, i;

	lockdep_assert_held(&es->lock);
	/* If not, they may be of another tier, which goes on with them. */
	ext_turns_back(&s->cursor, this_cpu_ptr(es->cpu));
	/* If so, they may have been of another tier all the same. */
	left = min(-atomic_xchg(&s->cursor, 0), s->top);
	WRITE_ONCE(s->top, 0);
	if (left > s->floor) {
		/* There is no remainder, see ext_smooth_fill(). */
		if (s->closed && left > s->length / 2) {
			/* Credits are now what they were when this round of the
			 * ring began, and from there it is less far.
			 */
			for (i = left; i < s->length; i++)
				ext_smooth_leaf(s, ring->slot[i])->offset -=
					s->pick;
			s->now += (s->length - left) * s->step;
		} else {
			for (i = s->floor; i < left; i++)
				ext_smooth_leaf(s, ring->slot[i])->offset +=
					s->pick;
			s->now -= (left - s->floor) * s->step;
		}
		s->made -= left - s->floor;
		s->stale = true;
	}
	s->recording = false;
	s->closed = false;
	s->chunk = 1;
}

static u64 ext_smooth_gcd(u64 a, u64 b)
{
	while (b) {
		u64 rest;

		div64_u64_rem(a, b, &rest);
		a = b;
		b = rest;
	}
	return a;
}

/* Begin to record: as many picks as it takes until everything is as before, if
 * there is room for them. If there may be, it is asked for.
 */
static void ext_smooth_record(struct ip_vs_ext_smooth *s,
			      struct ip_vs_ext_service *es)
{
	u32 most = clamp(EXT_SMOOTH_RING_EACH * s->size, EXT_SMOOTH_RING_GROWN,
			 EXT_SMOOTH_RING_MAX) - EXT_SMOOTH_RING_HEAD;
	struct ip_vs_ext_ring *ring = ext_smooth_ring(s);
	u64 period, common = 0;
	u32 i;

	for (i = 0; i < s->used && common != 1; i++) {
		u64 rate = s->node[s->size + i].rate;

		if (rate)
			common = ext_smooth_gcd(rate, common);
	}
	period = div64_u64(s->total, common);
	if (period <= ring->cap) {
		s->laps = max(EXT_SMOOTH_RECORD / (u32)period, 1U);
		s->length = s->laps * period;
	} else {
		s->laps = 0;
		s->length = EXT_SMOOTH_RECORD;
		if (period <= most) {
			s->wanted = roundup_pow_of_two((u32)period +
						       EXT_SMOOTH_RING_HEAD);
			ip_vs_ext_tiers_later(es);
		}
	}
	s->common = common;
	s->recorded = 0;
	s->recording = true;
	memset(s->count, 0, s->used * sizeof(s->count[0]));
	/* It is filled from above. An index below that some CPU has from before
	 * shall find nothing, not a slot that is gone since long ago.
	 */
	for (i = 0; i < s->length; i++)
		WRITE_ONCE(ring->slot[i], NULL);
}

/* Is everybody's credit at the end of the recording what it was before? */
static bool ext_smooth_closes(const struct ip_vs_ext_smooth *s)
{
	u32 i;

	if (!s->laps)
		return false;
	for (i = 0; i < s->used; i++)
		if (s->count[i] * s->common !=
		    s->node[s->size + i].rate * s->laps)
			return false;
	return true;
}

/* Make picks; return the first one. None are left. */
static struct ip_vs_ext_slot *ext_smooth_fill(struct ip_vs_ext_smooth *s,
					      struct ip_vs_ext_service *es)
{
	struct ip_vs_ext_ring *ring = ext_smooth_ring(s);
	u32 end, begin, i;

	if (s->closed) {
		s->made += s->length;
		ext_smooth_publish(s, 0, s->length - 1, s->length);
		return ring->slot[s->length - 1];
	}

	ext_smooth_prepare(s);
	/* If they have to be taken back, that is a pass over all servers; and
	 * remainders cannot be.
	 */
	if (s->rest || (s->made - s->changed) * EXT_SMOOTH_WORK < s->nr) {
		/* it went on since then */
		atomic_set(&s->cursor, 0);
		return s->slot[ext_smooth_step(s)];
	}
	if (s->chunk < EXT_SMOOTH_CHUNK) {
		end = s->chunk;
		begin = 0;
		s->chunk *= 2;
	} else {
		if (!s->recording) {
			ext_smooth_record(s, es);
		} else if (s->recorded == s->length) {
			/* It does not repeat, or credits were not yet what they
			 * are when it does: another lap.
			 */
			s->recorded = 0;
			memset(s->count, 0, s->used * sizeof(s->count[0]));
		}
		/* Chunk by chunk towards 0, not in one place: who was stopped
		 * between index and entry shall find the entry.
		 */
		end = s->length - s->recorded;
		begin = end - min(end, EXT_SMOOTH_CHUNK);
	}
	for (i = end; i-- > begin; ) {
		u32 leaf = ext_smooth_step(s);

		WRITE_ONCE(ring->slot[i], s->slot[leaf]);
		if (s->recording)
			s->count[leaf]++;
	}
	if (s->recording) {
		s->recorded += end - begin;
		if (s->recorded == s->length)
			s->closed = ext_smooth_closes(s);
	}
	ext_smooth_publish(s, begin, end - 1, s->recording ? s->length : end);
	return ring->slot[end - 1];
}

/**
 * ip_vs_ext_smooth_pick - ip_vs_ext_ops.pick, for holders of es->lock
 * @tier: tier
 * @req: of which only the service is used
 *
 * Context: es->lock held.
 * Return: the next slot of the sequence.
 */
struct ip_vs_ext_slot *ip_vs_ext_smooth_pick(struct ip_vs_ext_tier *tier,
					     const struct ip_vs_ext_req *req)
{
	struct ip_vs_ext_slot *slot;

	slot = ip_vs_ext_smooth_next(tier, req);
	if (slot)
		return slot;
	return ip_vs_ext_smooth_pick_of(tier, req->es);
}
EXPORT_SYMBOL_GPL(ip_vs_ext_smooth_pick);

/**
 * ip_vs_ext_smooth_pick_of - the same, where a decision chooses a tier, too
 * @tier: tier
 * @es: service
 *
 * Context: es->lock held.
 * Return: the next slot of the sequence.
 */
struct ip_vs_ext_slot *ip_vs_ext_smooth_pick_of(struct ip_vs_ext_tier *tier,
						struct ip_vs_ext_service *es)
{
	struct ip_vs_ext_smooth *s = ip_vs_ext_smooth(tier);
	struct ip_vs_ext_slot *slot = ip_vs_ext_smooth_next_of(tier);

	if (slot || !s->total)
		return slot;
	return ext_smooth_fill(s, es);
}
EXPORT_SYMBOL_GPL(ip_vs_ext_smooth_pick_of);

/**
 * ip_vs_ext_smooth_turns - ip_vs_ext_ops.turns
 * @es: service
 * @tier: tier
 *
 * Return: the cursor of the ring.
 */
atomic_t *ip_vs_ext_smooth_turns(const struct ip_vs_ext_service *es,
				 struct ip_vs_ext_tier *tier)
{
	return &ip_vs_ext_smooth(tier)->cursor;
}
EXPORT_SYMBOL_GPL(ip_vs_ext_smooth_turns);

/**
 * ip_vs_ext_smooth_pick_decay - the same, with credits that are forgotten
 * @tier: tier
 * @req: of which only the service is used
 * @poll: time after which what servers are behind the leader is halved, in
 *	milliseconds
 *
 * A pass over all servers each @poll ms in which something is picked.
 *
 * Context: es->lock held.
 * Return: the next slot of the sequence.
 */
struct ip_vs_ext_slot *
ip_vs_ext_smooth_pick_decay(struct ip_vs_ext_tier *tier,
			    const struct ip_vs_ext_req *req, u32 poll)
{
	struct ip_vs_ext_smooth *s = ip_vs_ext_smooth(tier);
	unsigned long period = max(msecs_to_jiffies(poll), 1UL);
	unsigned long now = jiffies;

	if (!s->pick) {
		WRITE_ONCE(s->decay_at, now + period);
	} else if (s->total && time_after_eq(now, s->decay_at)) {
		unsigned long times = (now - s->decay_at) / period + 1;

		ext_smooth_take_back(s, req->es);
		ext_smooth_settle(s, min(times, EXT_SMOOTH_FORGET));
		WRITE_ONCE(s->decay_at, now + period);
	}
	return ip_vs_ext_smooth_pick(tier, req);
}
EXPORT_SYMBOL_GPL(ip_vs_ext_smooth_pick_decay);

/* Hooks. */

/* Give the servers the first leaves of @node and @slot, which may be those they
 * are in.
 */
static void ext_smooth_move(struct ip_vs_ext_smooth *s,
			    struct ext_smooth_node *node,
			    struct ip_vs_ext_slot **slot, u32 size)
{
	u32 i, n = 0;

	for (i = 0; i < s->used; i++) {
		if (!s->slot[i])
			continue;
		node[size + n] = s->node[s->size + i];
		node[size + n].leaf = n;
		slot[n] = s->slot[i];
		slot[n]->leaf = n;
		n++;
	}
	for (i = n; i < s->used; i++) {
		node[size + i].rate = 0;
		slot[i] = NULL;
	}
	s->used = n;
	s->stale = true;
}

/* @entries: with those whose room the head takes */
static struct ip_vs_ext_ring *ext_smooth_new_ring(u32 entries)
{
	struct ip_vs_ext_ring *ring;

	ring = ext_zalloc(entries * sizeof(ring->slot[0]));
	if (ring)
		ring->cap = entries - EXT_SMOOTH_RING_HEAD;
	return ring;
}

static void ext_smooth_free_ring(struct ip_vs_ext_ring *ring)
{
	ext_object_gone();
	kvfree_rcu(ring, rcu);
}

/**
 * ip_vs_ext_smooth_room - ip_vs_ext_ops.tier_room
 * @es: service
 * @tier: tier
 * @cap: slots that it shall have room for
 *
 * Context: process, ext_mutex held, may sleep.
 * Return: 0 or -ENOMEM.
 */
int ip_vs_ext_smooth_room(struct ip_vs_ext_service *es,
			  struct ip_vs_ext_tier *tier, u32 cap)
{
	struct ip_vs_ext_smooth *s = ip_vs_ext_smooth(tier);
	struct ip_vs_ext_ring *ring, *old_ring;
	struct ip_vs_ext_slot **slot;
	struct ext_smooth_node *node, *old;
	u32 size, entries;

	if (cap > EXT_SMOOTH_MAX)
		return -ENOMEM;
	size = roundup_pow_of_two(max(cap, 2U));
	if (size <= s->size)
		return 0;
	node = ext_zalloc((size_t)size * (2 * sizeof(*node) + sizeof(*slot) +
					  sizeof(s->count[0])));
	if (!node)
		return -ENOMEM;
	old_ring = ext_smooth_ring(s);
	entries = max(2 * size, EXT_SMOOTH_RING);
	ring = old_ring;
	if (!ring || ring->cap < entries - EXT_SMOOTH_RING_HEAD) {
		ring = ext_smooth_new_ring(entries);
		if (!ring) {
			ext_object_gone();
			kvfree(node);
			return -ENOMEM;
		}
	}
	slot = (struct ip_vs_ext_slot **)(node + 2 * size);

	spin_lock_bh(&es->lock);
	old = s->node;
	if (old)
		ext_smooth_take_back(s, es);
	else
		atomic_set(&s->cursor, 0);
	ext_smooth_move(s, node, slot, size);
	s->node = node;
	s->slot = slot;
	s->count = (u32 *)(slot + size);
	s->chunk = 1;
	s->size = size;
	rcu_assign_pointer(s->ring, ring);
	spin_unlock_bh(&es->lock);

	/* Only holders of the lock knew it. */
	if (old) {
		ext_object_gone();
		kvfree(old);
	}
	if (old_ring && old_ring != ring)
		ext_smooth_free_ring(old_ring);
	return 0;
}
EXPORT_SYMBOL_GPL(ip_vs_ext_smooth_room);

/**
 * ip_vs_ext_smooth_work - ip_vs_ext_ops.tier_work
 * @es: service
 * @tier: tier
 *
 * Without memory the ring remains as it is, and picks are made one after the
 * other, as in sequences that no ring has room for.
 *
 * Context: process, ext_mutex held, may sleep.
 */
void ip_vs_ext_smooth_work(struct ip_vs_ext_service *es,
			   struct ip_vs_ext_tier *tier)
{
	struct ip_vs_ext_smooth *s = ip_vs_ext_smooth(tier);
	/* Only holders of ext_mutex replace it. */
	struct ip_vs_ext_ring *ring, *old = ext_smooth_ring(s);
	u32 wanted;

	spin_lock_bh(&es->lock);
	wanted = s->wanted;
	s->wanted = 0;
	spin_unlock_bh(&es->lock);
	if (!wanted || wanted - EXT_SMOOTH_RING_HEAD <= old->cap)
		return;
	ring = ext_smooth_new_ring(wanted);
	if (!ring)
		return;

	spin_lock_bh(&es->lock);
	ext_smooth_take_back(s, es);
	rcu_assign_pointer(s->ring, ring);
	spin_unlock_bh(&es->lock);
	ext_smooth_free_ring(old);
}
EXPORT_SYMBOL_GPL(ip_vs_ext_smooth_work);

/**
 * ip_vs_ext_smooth_free - ip_vs_ext_ops.tier_free
 * @tier: tier that no holder of es->lock can find any more
 */
void ip_vs_ext_smooth_free(struct ip_vs_ext_tier *tier)
{
	struct ip_vs_ext_smooth *s = ip_vs_ext_smooth(tier);
	struct ip_vs_ext_ring *ring = ext_smooth_ring(s);

	ext_object_gone();
	kvfree(s->node);
	ext_smooth_free_ring(ring);
}
EXPORT_SYMBOL_GPL(ip_vs_ext_smooth_free);

/**
 * ip_vs_ext_smooth_append - ip_vs_ext_ops.slot_append
 * @es: service
 * @slot: slot
 */
void ip_vs_ext_smooth_append(struct ip_vs_ext_service *es,
			     struct ip_vs_ext_slot *slot)
{
	struct ip_vs_ext_smooth *s = ip_vs_ext_smooth(slot->tier);

	if (s->used == s->size) {
		/* some have been removed */
		ext_smooth_take_back(s, es);
		ext_smooth_move(s, s->node, s->slot, s->size);
	}
	slot->leaf = s->used++;
	s->slot[slot->leaf] = slot;
	s->node[s->size + slot->leaf] = (struct ext_smooth_node) {
		.own = 1,
		.leaf = slot->leaf,
		.fresh = true,
	};
	s->nr++;
}
EXPORT_SYMBOL_GPL(ip_vs_ext_smooth_append);

/**
 * ip_vs_ext_smooth_remove - ip_vs_ext_ops.slot_remove
 * @es: service
 * @slot: slot
 */
void ip_vs_ext_smooth_remove(struct ip_vs_ext_service *es,
			     struct ip_vs_ext_slot *slot)
{
	struct ip_vs_ext_smooth *s = ip_vs_ext_smooth(slot->tier);

	/* Nothing that is left in the ring names it: it has left before. */
	s->slot[slot->leaf] = NULL;
	s->nr--;
}
EXPORT_SYMBOL_GPL(ip_vs_ext_smooth_remove);

/**
 * ip_vs_ext_smooth_enter - ip_vs_ext_ops.slot_enter
 * @es: service
 * @slot: slot
 */
void ip_vs_ext_smooth_enter(struct ip_vs_ext_service *es,
			    struct ip_vs_ext_slot *slot)
{
	struct ip_vs_ext_smooth *s = ip_vs_ext_smooth(slot->tier);
	struct ext_smooth_node *n = &s->node[s->size + slot->leaf];
	u64 credit = n->offset;

	lockdep_assert_held(&es->lock);
	ext_smooth_take_back(s, es);
	s->changed = s->made;
	if (s->total) {
		const struct ext_smooth_node *leader;
		u64 top;
		s64 behind;

		if (s->stale)
			ext_smooth_rebuild(s);
		leader = ext_smooth_leader(s);
		top = leader->rate * s->now + leader->offset;
		behind = top - credit;
		if (n->fresh || behind < 0)
			credit = top;
		else if (behind > (s64)s->pick)
			credit = top - s->pick;
	}
	n->fresh = false;
	n->rate = n->own;
	n->offset = credit - n->rate * s->now;
	s->total += n->rate;
	s->eligible++;
	ext_smooth_replay(s, slot->leaf);
}
EXPORT_SYMBOL_GPL(ip_vs_ext_smooth_enter);

/**
 * ip_vs_ext_smooth_leave - ip_vs_ext_ops.slot_leave
 * @es: service
 * @slot: slot
 */
void ip_vs_ext_smooth_leave(struct ip_vs_ext_service *es,
			    struct ip_vs_ext_slot *slot)
{
	struct ip_vs_ext_smooth *s = ip_vs_ext_smooth(slot->tier);
	struct ext_smooth_node *n = &s->node[s->size + slot->leaf];

	lockdep_assert_held(&es->lock);
	ext_smooth_take_back(s, es);
	s->changed = s->made;
	n->offset += n->rate * s->now;
	s->total -= n->rate;
	s->eligible--;
	n->rate = 0;
	ext_smooth_replay(s, slot->leaf);
}
EXPORT_SYMBOL_GPL(ip_vs_ext_smooth_leave);

/**
 * ip_vs_ext_smooth_rate - set the rate of a server
 * @slot: slot, appended; not eligible, or between @slot_leave and @slot_enter of
 *	struct ip_vs_ext_ops
 * @rate: at most IP_VS_EXT_BANDWIDTH_MAX; 0 is 1
 */
void ip_vs_ext_smooth_rate(struct ip_vs_ext_slot *slot, u64 rate)
{
	struct ip_vs_ext_smooth *s = ip_vs_ext_smooth(slot->tier);

	s->node[s->size + slot->leaf].own = max(rate, 1ULL);
}
EXPORT_SYMBOL_GPL(ip_vs_ext_smooth_rate);

/**
 * ip_vs_ext_smooth_weight - ip_vs_ext_ops.slot_update: rates are weights
 * @es: service
 * @slot: slot
 * @attrs: not used
 * @weight: its weight; 0 is said to the framework in another way
 */
void ip_vs_ext_smooth_weight(struct ip_vs_ext_service *es,
			     struct ip_vs_ext_slot *slot,
			     const struct ip_vs_ext_attrs *attrs, u32 weight)
{
	ip_vs_ext_smooth_rate(slot, weight);
}
EXPORT_SYMBOL_GPL(ip_vs_ext_smooth_weight);

/**
 * ip_vs_ext_smooth_bandwidth - ip_vs_ext_ops.slot_update: rates are bandwidths
 * @es: service
 * @slot: slot
 * @attrs: with its bandwidth, or without: then the weight is the bandwidth
 * @weight: its weight
 */
void ip_vs_ext_smooth_bandwidth(struct ip_vs_ext_service *es,
				struct ip_vs_ext_slot *slot,
				const struct ip_vs_ext_attrs *attrs,
				u32 weight)
{
	ip_vs_ext_smooth_rate(slot, attrs->present & IP_VS_EXT_HAS(BANDWIDTH) ?
				    attrs->bandwidth : weight);
}
EXPORT_SYMBOL_GPL(ip_vs_ext_smooth_bandwidth);
