// SPDX-License-Identifier: GPL-2.0
/*
 * IPVS: Highest Priority scheduler
 *
 * Algorithm: the servers form tiers, one for each weight or, as soon as one of
 * them has a priority attribute, for each priority. A connection goes to the
 * highest tier that has an eligible server, to each of its eligible servers in
 * turn. A server is eligible when its weight is not 0 and it
 * is not full; it is full from the moment when it has as many connections as
 * its upper threshold until it has fewer than its lower one. So a tier spills
 * to the next one when its last server fills, and takes over again when one of
 * them is relieved.
 *
 * Parameters change that. With "min-active" lower tiers are used, too, until
 * so many servers are eligible; with "hold" a tier that took over stays in use
 * for a while; with "slow-start" a server that returns gets its limit and its
 * share step by step. "tier" says how a server of a tier is chosen: in turn
 * (rr); in turn, in proportion to the weights (wrr; without priorities it is
 * the same, for then the weights in a tier are equal); the one with the fewest
 * connections for its weight (lc); by the client's address (sh).
 *
 * Of mainline's schedulers "fo" sends all connections to the one server with
 * the highest weight that is not overloaded, and "ovf" to the one that has
 * fewer connections than its weight; this is fo with round robin inside a
 * weight, with limits that several CPUs at once cannot overrun.
 *
 * Cost: rr and wrr: constant, for any number of servers and tiers, full or not;
 * see docs/design.md. While several tiers are in use, up to 32 steps more; in a
 * slow start, up to 22 turns. lc and sh look at every eligible server of the
 * tiers in use.
 *
 * Which tier is in use, who is eligible and the limits are the framework's
 * (kernel/ip_vs_ext.h); contexts and locking are explained there.
 */
#define KMSG_COMPONENT "IPVS"
#define pr_fmt(fmt) KMSG_COMPONENT ": " fmt

#include <linux/module.h>
#include <linux/kernel.h>
#include <linux/bitops.h>
#include <linux/jiffies.h>
#include <linux/math64.h>
#include "ext_smooth.h"

enum hprio_param {
	HPRIO_MIN_ACTIVE,
	HPRIO_HOLD,
	HPRIO_TIER,
	HPRIO_SLOW_START,
};

/* Values of the parameter "tier", and what es->method becomes. */
enum hprio_method {
	HPRIO_RR,
	HPRIO_WRR,
	HPRIO_LC,
	HPRIO_SH,
};

static const struct ip_vs_ext_choice hprio_methods[] = {
	{ "rr", HPRIO_RR },
	{ "wrr", HPRIO_WRR },
	{ "lc", HPRIO_LC },
	{ "sh", HPRIO_SH },
	{}
};

/* A day: what has to last longer is not for a scheduler to end. */
#define HPRIO_MS_MAX	(24 * 60 * 60 * 1000)

static const struct ip_vs_ext_param hprio_params[] = {
	[HPRIO_MIN_ACTIVE] = {
		.name =		"min-active",
		.desc =		"use lower tiers, too, until so many servers can serve",
		.lowest =	1,
		.highest =	65535,
		.def =		1,
	},
	[HPRIO_HOLD] = {
		.name =		"hold",
		.desc =		"stay with the lower tier at least so long",
		.unit =		IP_VS_EXT_UNIT_S,
		.highest =	HPRIO_MS_MAX,
	},
	[HPRIO_TIER] = {
		.name =		"tier",
		.desc =		"how to choose inside a tier",
		.unit =		IP_VS_EXT_UNIT_CHOICE,
		.highest =	HPRIO_SH,
		.def =		HPRIO_WRR,
		.choices =	hprio_methods,
	},
	[HPRIO_SLOW_START] = {
		.name =		"slow-start",
		.desc =		"limit and share of a returning server rise for so long",
		.unit =		IP_VS_EXT_UNIT_S,
		.highest =	HPRIO_MS_MAX,
	},
};

static u32 hprio_tier(const struct ip_vs_ext_service *es,
		      const struct ip_vs_ext_attrs *attrs, u32 weight)
{
	return es->nr_priority ? attrs->priority : weight;
}

/* What "tier" comes to. Without priorities the weights in a tier are all the
 * same, and so are wrr and rr.
 */
static enum hprio_method hprio_method(const struct ip_vs_ext_service *es)
{
	if (es->param[HPRIO_TIER] == HPRIO_WRR && !es->nr_priority)
		return HPRIO_RR;
	return es->param[HPRIO_TIER];
}

/* Share of a server with @weight, in parts of its weight. */
static u64 hprio_share(const struct ip_vs_ext_slot *slot, u32 weight)
{
	return (u64)max(weight, 1U) * (IP_VS_EXT_RAMP - READ_ONCE(slot->ramp));
}

/* The same for who does not hold ext_mutex. Without priorities the weight is a
 * rank, and not @weighted. It may be 0 for a server that has just been quiesced.
 */
static u64 hprio_share_now(const struct ip_vs_ext_slot *slot, bool weighted)
{
	u32 weight = 1;

	if (weighted)
		weight = max(atomic_read(&slot->dest->weight), 1);
	return hprio_share(slot, weight);
}

/**
 * struct hprio_tier - a tier
 * @smooth: what wrr takes
 * @ready: @smooth knows the servers: from when wrr is first used while the
 *	tier exists, until the tier is freed. Written with ext_mutex and
 *	es->lock held, or before anybody knows the tier, so holders of either
 *	may read it.
 */
struct hprio_tier {
	struct ip_vs_ext_smooth	smooth;
	bool			ready;
};

static struct hprio_tier *hprio(struct ip_vs_ext_tier *tier)
{
	return container_of(tier, struct hprio_tier, smooth.tier);
}

static int hprio_tier_room(struct ip_vs_ext_service *es,
			   struct ip_vs_ext_tier *tier, u32 cap)
{
	bool fresh = !rcu_access_pointer(tier->array);
	int err;

	if (!hprio(tier)->ready && (!fresh || hprio_method(es) != HPRIO_WRR))
		return 0;
	err = ip_vs_ext_smooth_room(es, tier, cap);
	if (!err && fresh)
		hprio(tier)->ready = true;
	return err;
}

static void hprio_tier_free(struct ip_vs_ext_tier *tier)
{
	if (hprio(tier)->ready)
		ip_vs_ext_smooth_free(tier);
}

static void hprio_slot_append(struct ip_vs_ext_service *es,
			      struct ip_vs_ext_slot *slot)
{
	if (hprio(slot->tier)->ready)
		ip_vs_ext_smooth_append(es, slot);
}

static void hprio_slot_remove(struct ip_vs_ext_service *es,
			      struct ip_vs_ext_slot *slot)
{
	if (hprio(slot->tier)->ready)
		ip_vs_ext_smooth_remove(es, slot);
}

static void hprio_slot_update(struct ip_vs_ext_service *es,
			      struct ip_vs_ext_slot *slot,
			      const struct ip_vs_ext_attrs *attrs, u32 weight)
{
	if (hprio(slot->tier)->ready)
		ip_vs_ext_smooth_rate(slot, hprio_share(slot, weight));
}

static void hprio_slot_enter(struct ip_vs_ext_service *es,
			     struct ip_vs_ext_slot *slot)
{
	if (hprio(slot->tier)->ready)
		ip_vs_ext_smooth_enter(es, slot);
}

static void hprio_slot_leave(struct ip_vs_ext_service *es,
			     struct ip_vs_ext_slot *slot)
{
	if (hprio(slot->tier)->ready)
		ip_vs_ext_smooth_leave(es, slot);
}

/* The tier has had its servers for a while. */
static int hprio_smooth_begin(struct ip_vs_ext_service *es,
			      struct ip_vs_ext_tier *tier)
{
	struct ip_vs_ext_array *a;
	int err;
	u32 i;

	/* Replaced and filled by holders of ext_mutex only. */
	a = rcu_dereference_protected(tier->array, true);
	err = ip_vs_ext_smooth_room(es, tier, a->cap);
	if (err)
		return err;
	spin_lock_bh(&es->lock);
	for (i = 0; i < a->nr; i++) {
		struct ip_vs_ext_slot *slot = a->slot[i];
		u32 weight = max(atomic_read(&slot->dest->weight), 0);

		ip_vs_ext_smooth_append(es, slot);
		ip_vs_ext_smooth_rate(slot, hprio_share(slot, weight));
		if (i < a->eligible)
			ip_vs_ext_smooth_enter(es, slot);
	}
	hprio(tier)->ready = true;
	spin_unlock_bh(&es->lock);
	return 0;
}

static int hprio_params_changed(struct ip_vs_ext_service *es)
{
	enum hprio_method method = hprio_method(es);
	struct rb_node *node = NULL;

	if (method == HPRIO_WRR)
		node = rb_first_cached(&es->tiers);
	for (; node; node = rb_next(node)) {
		struct ip_vs_ext_tier *tier;
		int err;

		tier = rb_entry(node, struct ip_vs_ext_tier, by_key);
		err = hprio(tier)->ready ? 0 : hprio_smooth_begin(es, tier);
		if (err)
			return err;
	}
	ip_vs_ext_tune(es, method, es->param[HPRIO_MIN_ACTIVE],
		       msecs_to_jiffies(es->param[HPRIO_HOLD]),
		       msecs_to_jiffies(es->param[HPRIO_SLOW_START]));
	return 0;
}

/* The tiers in use, by number, of which hprio_nr_used() is to be read once. */
static u32 hprio_nr_used(const struct ip_vs_ext_service *es)
{
	/* Acquire: the entries that the number speaks of are there. */
	return max(smp_load_acquire(&es->nr_join), 1U);
}

static struct ip_vs_ext_tier *
hprio_used(const struct ip_vs_ext_service *es, struct ip_vs_ext_tier *active,
	   u32 nr, u32 i)
{
	return nr > 1 ? READ_ONCE(es->join[i].tier) : active;
}

/* Tiers in use take turns, each as often as it has eligible servers. *turn is
 * the number of the turn in that tier, or more; *beat grows by 3 from one turn
 * of a server to its next one, and is different for its neighbours.
 */
static struct ip_vs_ext_tier *
hprio_next_tier(const struct ip_vs_ext_service *es,
		struct ip_vs_ext_tier *active, u32 *turn, u32 *beat)
{
	u32 nr = hprio_nr_used(es), begin = 0, i, n;

	*turn = atomic_fetch_inc(&active->cursor);
	if (nr > 1)
		n = READ_ONCE(es->join[nr - 1].end);
	else
		n = READ_ONCE(rcu_dereference(active->array)->eligible);
	/* its last server has just left */
	if (unlikely(!n))
		return active;
	*beat = *turn / n * 3 + *turn % n;
	*turn %= n;
	if (nr == 1)
		return active;
	for (i = 0; i < nr - 1; i++) {
		u32 end = READ_ONCE(es->join[i].end);

		if (*turn < end)
			break;
		begin = end;
	}
	*turn -= begin;
	return READ_ONCE(es->join[i].tier);
}

/* Turns that are passed on to the next server at most: if all have a tenth of
 * their share, one of so many turns is taken.
 */
#define HPRIO_PASSES	22

static struct ip_vs_ext_slot *hprio_rr(const struct ip_vs_ext_service *es,
				       struct ip_vs_ext_tier *active)
{
	u32 turn = 0, beat = 0, n, i;
	struct ip_vs_ext_slot *slot;

	for (i = 0; i < HPRIO_PASSES; i++) {
		const struct ip_vs_ext_array *a;
		struct ip_vs_ext_tier *tier;

		tier = hprio_next_tier(es, active, &turn, &beat);
		a = rcu_dereference(tier->array);
		n = READ_ONCE(a->eligible);
		if (unlikely(!n))
			return NULL;
		slot = READ_ONCE(a->slot[turn % n]);
		/* In a slow start it takes so many of ten turns. */
		if (beat % IP_VS_EXT_RAMP <
		    IP_VS_EXT_RAMP - READ_ONCE(slot->ramp))
			break;
	}
	return slot;
}

static struct ip_vs_ext_slot *hprio_wrr(struct ip_vs_ext_service *es,
					struct ip_vs_ext_tier *active,
					bool locked)
{
	struct ip_vs_ext_req req = { .es = es };
	struct ip_vs_ext_tier *tier;
	struct ip_vs_ext_slot *slot;
	u32 turn, beat;

	if (hprio_nr_used(es) == 1) {
		req.me = this_cpu_ptr(es->cpu);
		if (locked)
			return ip_vs_ext_smooth_pick(active, &req);
		return ip_vs_ext_smooth_next(active, &req);
	}
	tier = hprio_next_tier(es, active, &turn, &beat);
	if (locked)
		return ip_vs_ext_smooth_pick_of(tier, es);
	slot = ip_vs_ext_smooth_next_of(tier);
	/* The turn is the same when it is asked for with the lock held. */
	if (!slot)
		atomic_dec(&active->cursor);
	return slot;
}

static atomic_t *hprio_turns(const struct ip_vs_ext_service *es,
			     struct ip_vs_ext_tier *tier)
{
	if ((es->method & (IP_VS_EXT_METHOD_MASK | IP_VS_EXT_JOINED)) ==
	    HPRIO_WRR)
		return ip_vs_ext_smooth_turns(es, tier);
	return &tier->cursor;
}

/* As many do not fit in any memory: products below do not overflow. */
#define HPRIO_CONNS_MAX	((u32)BIT(28))

/* Least connections for its share, counting the new one; all shares are @equal.
 * Who is looked at first moves on, so that equal servers take turns.
 */
static __always_inline struct ip_vs_ext_slot *
hprio_least(const struct ip_vs_ext_service *es, struct ip_vs_ext_tier *active,
	    bool equal)
{
	bool active_only = ip_vs_ext_active_only(es->svc);
	u32 start = atomic_fetch_inc(&active->cursor);
	bool weighted = READ_ONCE(es->nr_priority);
	struct ip_vs_ext_slot *best = NULL;
	u32 nr = hprio_nr_used(es), t;
	/* worse than any */
	u64 least = HPRIO_CONNS_MAX + 2, share = equal;

	for (t = 0; t < nr; t++) {
		struct ip_vs_ext_slot * const *p, * const *first, * const *end;
		const struct ip_vs_ext_array *a;
		u32 n;

		a = rcu_dereference(hprio_used(es, active, nr, t)->array);
		n = READ_ONCE(a->eligible);
		if (unlikely(!n))
			continue;
		end = a->slot + n;
		first = a->slot + start % n;
		p = first;
		do {
			struct ip_vs_ext_slot *slot = READ_ONCE(*p);
			u32 conns = ip_vs_ext_conns(slot->dest, active_only);
			u64 c = min(conns, HPRIO_CONNS_MAX) + 1, s = 1;

			if (!equal)
				s = hprio_share_now(slot, weighted);
			/* c / s < least / share; shares are < 2^35 */
			if (c * share < least * s) {
				best = slot;
				least = c;
				share = s;
			}
			if (++p == end)
				p = a->slot;
		} while (p != first);
	}
	return best;
}

/* Without priorities and slow start all shares are. */
static bool hprio_equal(const struct ip_vs_ext_service *es)
{
	return !READ_ONCE(es->nr_priority) &&
	       !(READ_ONCE(es->method) & IP_VS_EXT_RAMPING);
}

static struct ip_vs_ext_slot *hprio_lc(const struct ip_vs_ext_service *es,
				       struct ip_vs_ext_tier *active)
{
	/* A loop for each, so that it does not ask in every turn. */
	if (hprio_equal(es))
		return hprio_least(es, active, true);
	return hprio_least(es, active, false);
}

/* log2(1 + i / 32), times 2^31. Straight lines between these are off by less
 * than 2^-12.
 */
static const u32 hprio_log2[] = {
	0x00000000, 0x05aeb4dd, 0x0b31fb7d, 0x108c588d, 0x15c01a3a, 0x1acf5e2e,
	0x1fbc16b9, 0x24880f56, 0x2934f098, 0x2dc4439b, 0x32377512, 0x368fd7ee,
	0x3acea7c0, 0x3ef50ad2, 0x43041403, 0x46fcc47a, 0x4ae00d1d, 0x4eaecfeb,
	0x5269e12f, 0x5612089a, 0x59a80239, 0x5d2c7f59, 0x60a02757, 0x64039858,
	0x675767f5, 0x6a9c23d6, 0x6dd2523d, 0x70fa728c, 0x7414fdb5, 0x772266ad,
	0x7a231ace, 0x7d17822f, 0x80000000,
};

/* -log2((x + 1) / 2^32), times 2^31: below 2^37 */
static u64 hprio_minus_log2(u32 x)
{
	u64 y = (u64)x + 1;
	u32 n = fls64(y) - 1;
	u64 fraction = (y << (32 - n)) - BIT_ULL(32);
	u32 i = fraction >> 27, rest = fraction & (BIT(27) - 1);
	u64 log;

	log = (u64)n << 31;
	log += hprio_log2[i];
	if (rest)
		log += (u64)(hprio_log2[i + 1] - hprio_log2[i]) * rest >> 27;
	return (32ULL << 31) - log;
}

/* Every bit of the result depends on every bit of x (MurmurHash3, public
 * domain). The same on every director, so that one that takes over goes on
 * with the same servers.
 */
static u64 hprio_mix(u64 x)
{
	x ^= x >> 33;
	x *= 0xff51afd7ed558ccdULL;
	x ^= x >> 33;
	x *= 0xc4ceb9fe1a85ec53ULL;
	return x ^ (x >> 33);
}

static u64 hprio_hash(int af, const union nf_inet_addr *addr, u64 seed)
{
	if (af == AF_INET6) {
		seed = hprio_mix(seed ^ ((u64)ntohl(addr->ip6[0]) << 32 |
					 ntohl(addr->ip6[1])));
		return hprio_mix(seed ^ ((u64)ntohl(addr->ip6[2]) << 32 |
					 ntohl(addr->ip6[3])));
	}
	return hprio_mix(seed ^ ntohl(addr->ip));
}

/* Rendezvous hashing of the client's address (Thaler, Ravishankar 1998; with
 * shares: Schindelhauer, Schomaker 2005): each server draws a number x in
 * (0, 1] from the client's address and its own, and the smallest
 * -log(x) / share wins. Every server wins in proportion to its share, and when
 * one leaves, only its clients go elsewhere. Where shares are @equal that is the
 * largest x.
 */
static __always_inline struct ip_vs_ext_slot *
hprio_draw(const struct ip_vs_ext_service *es, struct ip_vs_ext_tier *active,
	   const struct ip_vs_iphdr *iph, bool equal)
{
	struct ip_vs_ext_slot *best = NULL;
	const union nf_inet_addr *addr = &iph->saddr;
	u32 nr = hprio_nr_used(es), t;
	bool weighted = READ_ONCE(es->nr_priority);
	u64 client, least = 0;

	/* For ICMP errors the header is that of the packet they are about,
	 * which may have gone to the client.
	 */
	if (ip_vs_iph_inverse(iph))
		addr = &iph->daddr;
	client = hprio_hash(es->svc->af, addr, 0);
	for (t = 0; t < nr; t++) {
		const struct ip_vs_ext_array *a;
		u32 n, i;

		a = rcu_dereference(hprio_used(es, active, nr, t)->array);
		n = READ_ONCE(a->eligible);
		for (i = 0; i < n; i++) {
			struct ip_vs_ext_slot *slot = READ_ONCE(a->slot[i]);
			const struct ip_vs_dest *dest = slot->dest;
			u64 x;

			x = hprio_hash(dest->af, &dest->addr,
				       (u64)ntohs(dest->port) << 32);
			x = hprio_mix(client ^ x) >> 32;
			if (equal)
				x = U32_MAX - x;
			else
				x = div64_u64(hprio_minus_log2(x) << 26,
					      hprio_share_now(slot, weighted));
			if (!best || x < least) {
				best = slot;
				least = x;
			}
		}
	}
	/* see ip_vs_ext_ops.pick */
	smp_mb();
	return best;
}

static struct ip_vs_ext_slot *hprio_sh(const struct ip_vs_ext_service *es,
				       struct ip_vs_ext_tier *active,
				       const struct ip_vs_iphdr *iph)
{
	if (hprio_equal(es))
		return hprio_draw(es, active, iph, true);
	return hprio_draw(es, active, iph, false);
}

/* What parameters, priorities, or several tiers in use make necessary. */
static noinline struct ip_vs_ext_slot *
hprio_pick_by(struct ip_vs_ext_service *es, struct ip_vs_ext_tier *tier,
	      const struct ip_vs_iphdr *iph, bool locked)
{
	switch (READ_ONCE(es->method) & IP_VS_EXT_METHOD_MASK) {
	case HPRIO_WRR:
		return hprio_wrr(es, tier, locked);
	case HPRIO_LC:
		return hprio_lc(es, tier);
	case HPRIO_SH:
		return hprio_sh(es, tier, iph);
	default:
		return hprio_rr(es, tier);
	}
}

static struct ip_vs_ext_slot *hprio_pick(struct ip_vs_ext_tier *tier,
					 const struct ip_vs_ext_req *req)
{
	if (likely(!req->es->method))
		return ip_vs_ext_rr(tier, req);
	return hprio_pick_by(req->es, tier, req->iph, true);
}

static inline struct ip_vs_ext_slot *
hprio_pick_unlocked(struct ip_vs_ext_tier *tier,
		    const struct ip_vs_ext_req *req)
{
	/* not @req, whose address shall not leave ip_vs_ext_schedule() */
	return hprio_pick_by(req->es, tier, req->iph, false);
}

static const struct ip_vs_ext_ops hprio_ops = {
	.desc =			"priority tiers, round robin within the highest that can serve",
	.attrs =		IP_VS_EXT_HAS(PRIORITY),
	.params =		hprio_params,
	.nr_params =		ARRAY_SIZE(hprio_params),
	.tier_size =		sizeof(struct hprio_tier),
	.tier =			hprio_tier,
	.pick =			hprio_pick,
	.turns =		hprio_turns,
	.tier_room =		hprio_tier_room,
	/* what nobody asked for in a tier that is not ready */
	.tier_work =		ip_vs_ext_smooth_work,
	.tier_free =		hprio_tier_free,
	.slot_append =		hprio_slot_append,
	.slot_remove =		hprio_slot_remove,
	.slot_update =		hprio_slot_update,
	.slot_enter =		hprio_slot_enter,
	.slot_leave =		hprio_slot_leave,
	.params_changed =	hprio_params_changed,
};

static int hprio_init_service(struct ip_vs_service *svc)
{
	return ip_vs_ext_init_service(svc, &hprio_ops);
}

static noinline struct ip_vs_dest *
hprio_schedule_by(struct ip_vs_service *svc, const struct sk_buff *skb,
		  const struct ip_vs_iphdr *iph)
{
	return ip_vs_ext_schedule(svc, skb, iph, hprio_pick_unlocked);
}

static struct ip_vs_dest *
hprio_schedule(struct ip_vs_service *svc, const struct sk_buff *skb,
	       struct ip_vs_iphdr *iph)
{
	/* What can be chosen in turn can be, too, when the method changes in
	 * this moment.
	 */
	struct ip_vs_dest *dest = ip_vs_ext_schedule_or(svc, skb, iph,
						ip_vs_ext_rr,
						hprio_schedule_by);

	if (likely(dest))
		IP_VS_DBG_BUF(6, "HPRIO: server %s:%u activeconns %d weight %d\n",
			      IP_VS_DBG_ADDR(dest->af, &dest->addr),
			      ntohs(dest->port), atomic_read(&dest->activeconns),
			      atomic_read(&dest->weight));
	return dest;
}

static struct ip_vs_ext_scheduler hprio_schedulers[] = {
	IP_VS_EXT_SCHEDULER("hprio", &hprio_ops, hprio_init_service,
			    hprio_schedule),
};

static int __init hprio_init(void)
{
	return ip_vs_ext_register(hprio_schedulers,
				  ARRAY_SIZE(hprio_schedulers));
}

static void __exit hprio_exit(void)
{
	ip_vs_ext_unregister(hprio_schedulers, ARRAY_SIZE(hprio_schedulers));
}

module_init(hprio_init);
module_exit(hprio_exit);
MODULE_LICENSE("GPL");
MODULE_AUTHOR("The ipvs-ext developers");
MODULE_DESCRIPTION("IPVS scheduler: priority tiers with exact limits");
