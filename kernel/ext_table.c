// SPDX-License-Identifier: GPL-2.0
/*
 * Service tables: which servers a service has, in which tier, and which of
 * them may take a connection.
 *
 * A change of membership costs a search in a tree and an exchange of two array
 * entries, whatever the number of servers; arrays grow by doubling. Only the
 * core's callbacks change membership, one at a time for a service. Whether a
 * member is eligible changes at any time, under es->lock.
 */
#define KMSG_COMPONENT "IPVS"
#define pr_fmt(fmt) KMSG_COMPONENT ": " fmt

#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/random.h>
#include <linux/slab.h>
#include "ext_internal.h"

#define EXT_ARRAY_MIN	4

/* Eligible servers of a tier. */

static void ext_array_swap(struct ip_vs_ext_array *a, u32 i, u32 j)
{
	struct ip_vs_ext_slot *x = a->slot[i], *y = a->slot[j];

	/* A reader may meet one of them twice and the other not at all. What it
	 * meets is initialised, also if it uses a number of slots that it read
	 * before: release, here...
	 */
	smp_store_release(&a->slot[i], y);
	/* ...and here. */
	smp_store_release(&a->slot[j], x);
	x->pos = j;
	y->pos = i;
}

static bool ext_by_eligible_less(struct rb_node *a, const struct rb_node *b)
{
	return rb_entry(a, struct ip_vs_ext_tier, by_eligible)->key >
	       rb_entry(b, struct ip_vs_ext_tier, by_eligible)->key;
}

/* @active, @nr_watch or @method changed. */
static void ext_set_plain(struct ip_vs_ext_service *es)
{
	bool plain = !es->nr_watch && !es->method;

	lockdep_assert_held(&es->lock);
	rcu_assign_pointer(es->plain, plain ? ext_active(es) : NULL);
}

/* The active tier had to take over from a higher one: it stays for a while. */
static void ext_hold(struct ip_vs_ext_service *es)
{
	if (!es->hold || es->dead)
		return;
	es->holding = true;
	es->hold_end = jiffies + es->hold;
	mod_delayed_work(ext_wq, &es->hold_work, es->hold);
}

/* Make the highest tier that has an eligible server the active one. @load: the
 * reason is a server that filled or was relieved, and not an edit.
 */
static void ext_activate(struct ip_vs_ext_service *es, bool load)
{
	struct ip_vs_ext_tier *tier = ext_first_eligible(es);
	struct ip_vs_ext_tier *old = ext_active(es);

	if (tier == old)
		return;
	if (es->holding && load && old && ext_array(es, old)->eligible)
		return;
	if (old)
		ext_return_turns(es, old);
	rcu_assign_pointer(es->active, tier);
	ext_set_plain(es);
	es->tier_since = ktime_get_ns();
	if (!tier)
		return;
	WRITE_ONCE(es->exhausted, false);
	if (!old)
		return;
	es->holding = false;
	if (load) {
		bool spill = tier->key < old->key;

		if (spill) {
			es->spills++;
			ext_hold(es);
		} else {
			es->returns++;
		}
		ext_event_tier(es, old, tier,
			       spill ? IP_VS_EXT_EVENT_TYPE_SPILL :
				       IP_VS_EXT_EVENT_TYPE_RETURN);
	}
}

static void ext_set_method(struct ip_vs_ext_service *es, u32 bits, u32 mask)
{
	struct ip_vs_ext_tier *tier = ext_active(es);

	if (tier)
		ext_return_turns(es, tier);
	WRITE_ONCE(es->method, (es->method & ~mask) | bits);
	ext_set_plain(es);
}

/* Which tiers are in use: the active one and those below it, until they have
 * enough eligible servers together.
 */
static void ext_join(struct ip_vs_ext_service *es)
{
	struct ip_vs_ext_tier *tier = ext_active(es);
	u32 n = 0, end = 0;

	lockdep_assert_held(&es->lock);
	while (tier && end < es->min_active && n < IP_VS_EXT_JOIN) {
		struct ip_vs_ext_join *j = &es->join[n++];
		struct rb_node *next = rb_next(&tier->by_eligible);

		end += ext_array(es, tier)->eligible;
		WRITE_ONCE(j->tier, tier);
		WRITE_ONCE(j->end, end);
		tier = next ? rb_entry(next, struct ip_vs_ext_tier,
				       by_eligible) : NULL;
	}
	/* Release: a reader that uses the new number finds the entries. Of one
	 * entry es->active says as much.
	 */
	smp_store_release(&es->nr_join, n > 1 ? n : 0);
	ext_set_method(es, n > 1 ? IP_VS_EXT_JOINED : 0, IP_VS_EXT_JOINED);
}

/* A server became eligible or ceased to be; @edge: it is the only one of its
 * tier.
 */
static void ext_eligible_changed(struct ip_vs_ext_service *es, bool edge,
				 bool load)
{
	if (edge)
		ext_activate(es, load);
	if (es->min_active > 1)
		ext_join(es);
}

/* The active tier has been held long enough, unless this was armed for another
 * time and ran into a change of it. Armed while es->holding, and maybe once
 * more.
 */
static void ext_hold_work(struct work_struct *work)
{
	struct ip_vs_ext_service *es = container_of(to_delayed_work(work),
						    struct ip_vs_ext_service,
						    hold_work);
	spin_lock_bh(&es->lock);
	if (es->holding && !es->dead && !time_before(jiffies, es->hold_end)) {
		es->holding = false;
		ext_eligible_changed(es, true, true);
	}
	spin_unlock_bh(&es->lock);
}

/* Below this count a grant needs no reservation. */
static void ext_set_far(struct ip_vs_ext_slot *slot)
{
	u32 far;

	if (!ext_slot_eligible(slot) || ext_near(slot))
		far = 0;
	else if (!slot->upper)
		far = U32_MAX;
	else
		far = slot->upper - ext_band;
	WRITE_ONCE(slot->far, far);
}

/**
 * ext_near_leave - grants of a slot do not need reservations any more
 * @slot: slot that has no limit, or one that is more than twice ext_band above
 *	its count, and no reservations of tasks
 *
 * Those of CPUs end as they would have: ext_band has room for them.
 */
void ext_near_leave(struct ip_vs_ext_slot *slot)
{
	if (ext_near(slot))
		atomic_add(IP_VS_EXT_FAR, &slot->reserved);
	ext_set_far(slot);
}

static void ext_eligible_add(struct ip_vs_ext_service *es,
			     struct ip_vs_ext_slot *slot, bool load)
{
	struct ip_vs_ext_tier *tier = slot->tier;
	struct ip_vs_ext_array *a = ext_array(es, tier);

	ext_array_swap(a, slot->pos, a->eligible);
	/* Release: a reader that uses the new number finds the slot. */
	smp_store_release(&a->eligible, a->eligible + 1);
	es->nr_eligible++;
	if (a->eligible == 1)
		rb_add_cached(&tier->by_eligible, &es->eligible,
			      ext_by_eligible_less);
	ext_eligible_changed(es, a->eligible == 1, load);
	if (es->ops->slot_enter)
		es->ops->slot_enter(es, slot);
}

static void ext_eligible_del(struct ip_vs_ext_service *es,
			     struct ip_vs_ext_slot *slot, bool load)
{
	struct ip_vs_ext_tier *tier = slot->tier;
	struct ip_vs_ext_array *a = ext_array(es, tier);

	if (es->ops->slot_leave)
		es->ops->slot_leave(es, slot);
	WRITE_ONCE(a->eligible, a->eligible - 1);
	es->nr_eligible--;
	ext_array_swap(a, slot->pos, a->eligible);
	if (!a->eligible)
		rb_erase_cached(&tier->by_eligible, &es->eligible);
	ext_eligible_changed(es, !a->eligible, load);
}

/* Servers that are full or held are looked at by every decision if they are
 * few, else by the work.
 */
static void ext_watch(struct ip_vs_ext_service *es, struct ip_vs_ext_slot *slot)
{
	if (es->nr_watch < IP_VS_EXT_WATCH &&
	    ext_array(es, slot->tier)->nr <= IP_VS_EXT_WATCH) {
		es->watch[es->nr_watch] = slot;
		WRITE_ONCE(es->relief[es->nr_watch].dest, slot->dest);
		WRITE_ONCE(es->relief[es->nr_watch].lower, ext_lower_of(slot));
		slot->watch = es->nr_watch + 1;
		/* Release: a reader that uses the new number finds the entry. */
		smp_store_release(&es->nr_watch, es->nr_watch + 1);
		ext_set_plain(es);
		if (slot->state == IP_VS_EXT_HELD)
			WRITE_ONCE(es->nr_held, es->nr_held + 1);
	} else if (!es->unwatched++ && !es->dead) {
		queue_delayed_work(ext_wq, &es->work,
				   msecs_to_jiffies(EXT_WORK_MS));
	}
}

/* @state: the one with which it was watched */
static void ext_unwatch(struct ip_vs_ext_service *es,
			struct ip_vs_ext_slot *slot, enum ip_vs_ext_state state)
{
	struct ip_vs_ext_slot *last;
	u32 i = slot->watch - 1;

	if (!slot->watch) {
		es->unwatched--;
		return;
	}
	last = es->watch[es->nr_watch - 1];
	es->watch[i] = last;
	WRITE_ONCE(es->relief[i].dest, last->dest);
	WRITE_ONCE(es->relief[i].lower, es->relief[es->nr_watch - 1].lower);
	last->watch = slot->watch;
	slot->watch = 0;
	WRITE_ONCE(es->nr_watch, es->nr_watch - 1);
	ext_set_plain(es);
	if (state == IP_VS_EXT_HELD)
		WRITE_ONCE(es->nr_held, es->nr_held - 1);
}

/* The tier has become large, or is no longer. */
static void ext_rewatch(struct ip_vs_ext_service *es,
			struct ip_vs_ext_array *a)
{
	u32 i;

	for (i = a->eligible; i < a->nr; i++) {
		struct ip_vs_ext_slot *slot = a->slot[i];

		if (!ext_slot_out(slot))
			continue;
		ext_unwatch(es, slot, slot->state);
		ext_watch(es, slot);
	}
}

/**
 * ext_slot_set - change what decides whether a server is eligible
 * @es: service
 * @slot: slot that is in the array of its tier
 * @state: new state
 * @quiesced: the weight is 0
 */
void ext_slot_set(struct ip_vs_ext_service *es, struct ip_vs_ext_slot *slot,
		  enum ip_vs_ext_state state, bool quiesced)
{
	bool was_eligible = ext_slot_eligible(slot);
	enum ip_vs_ext_state old = slot->state;

	lockdep_assert_held(&es->lock);
	if (state == old && quiesced == slot->quiesced)
		return;
	slot->state = state;
	slot->quiesced = quiesced;

	/* Before the change of tier that may follow from it is told. */
	if (state == IP_VS_EXT_FULL && old != IP_VS_EXT_FULL) {
		es->full++;
		es->nr_full++;
		ext_event_server(es, slot, IP_VS_EXT_EVENT_TYPE_FULL);
	} else if (old == IP_VS_EXT_FULL && state != IP_VS_EXT_FULL) {
		es->relieved++;
		es->nr_full--;
		ext_event_server(es, slot, IP_VS_EXT_EVENT_TYPE_RELIEVED);
	}

	/* Not for a change of weight: what the lower threshold was stays known. */
	if (state != old && old != IP_VS_EXT_OPEN)
		ext_unwatch(es, slot, old);
	if (state != old && ext_slot_out(slot))
		ext_watch(es, slot);

	if (was_eligible != ext_slot_eligible(slot)) {
		ext_set_far(slot);
		if (was_eligible)
			ext_eligible_del(es, slot, state != old);
		else
			ext_eligible_add(es, slot, state != old);
	}
}

/* Membership: ext_mutex held. */

/**
 * ext_dest_key - what names a server
 * @key: filled in; does not change while the server exists
 * @dest: server
 *
 * Context: any; @dest must not go away.
 */
void ext_dest_key(struct ip_vs_ext_dest_key *key,
		  const struct ip_vs_dest *dest)
{
	memset(key, 0, sizeof(*key));
	key->af = dest->af;
	key->port = dest->port;
	if (dest->af == AF_INET)
		key->addr.ip = dest->addr.ip;
	else
		key->addr.in6 = dest->addr.in6;
}

static int ext_dest_cmp(const struct ip_vs_ext_dest_key *a,
			const struct ip_vs_dest *dest)
{
	struct ip_vs_ext_dest_key b;

	ext_dest_key(&b, dest);
	return memcmp(a, &b, sizeof(b));
}

/**
 * ext_slot_find - the slot of a server
 * @es: service
 * @key: which server
 *
 * Context: process, ext_mutex held.
 * Return: the slot, or NULL if the service has no such server.
 */
struct ip_vs_ext_slot *ext_slot_find(const struct ip_vs_ext_service *es,
				     const struct ip_vs_ext_dest_key *key)
{
	struct rb_node *node = es->slots.rb_node;

	lockdep_assert_held(&ext_mutex);
	while (node) {
		struct ip_vs_ext_slot *slot;
		int cmp;

		slot = rb_entry(node, struct ip_vs_ext_slot, by_dest);
		cmp = ext_dest_cmp(key, slot->dest);
		if (!cmp)
			return slot;
		node = cmp < 0 ? node->rb_left : node->rb_right;
	}
	return NULL;
}

static struct ip_vs_ext_slot *ext_slot_of(const struct ip_vs_ext_service *es,
					  const struct ip_vs_dest *dest)
{
	struct ip_vs_ext_dest_key key;

	ext_dest_key(&key, dest);
	return ext_slot_find(es, &key);
}

static bool ext_by_dest_less(struct rb_node *a, const struct rb_node *b)
{
	struct ip_vs_ext_dest_key key;

	ext_dest_key(&key, rb_entry(a, struct ip_vs_ext_slot, by_dest)->dest);
	return ext_dest_cmp(&key, rb_entry(b, struct ip_vs_ext_slot,
					   by_dest)->dest) < 0;
}

static bool ext_by_key_less(struct rb_node *a, const struct rb_node *b)
{
	return rb_entry(a, struct ip_vs_ext_tier, by_key)->key >
	       rb_entry(b, struct ip_vs_ext_tier, by_key)->key;
}

static struct ip_vs_ext_tier *ext_tier_find(struct ip_vs_ext_service *es,
					    u32 key)
{
	struct rb_node *node = es->tiers.rb_root.rb_node;

	while (node) {
		struct ip_vs_ext_tier *tier;

		tier = rb_entry(node, struct ip_vs_ext_tier, by_key);
		if (key == tier->key)
			return tier;
		node = key > tier->key ? node->rb_left : node->rb_right;
	}
	return NULL;
}

/* Free or make free @p by @free, which is one of the kernel's. */
#define ext_free(free, p, ...) do {			\
	ext_object_gone();				\
	free(p, ##__VA_ARGS__);				\
} while (0)

/* The tier for @key with room for one more slot, created or grown. */
static struct ip_vs_ext_tier *ext_tier_room(struct ip_vs_ext_service *es,
					    u32 key)
{
	struct ip_vs_ext_tier *tier = ext_tier_find(es, key);
	struct ip_vs_ext_array *old = NULL, *a;
	bool fresh = !tier;
	u32 cap;

	if (fresh) {
		tier = ext_zalloc(max(sizeof(*tier), es->ops->tier_size));
		if (!tier)
			return NULL;
		tier->key = key;
		/* Or many services would begin with the same server. */
		atomic_set(&tier->cursor,
			   ip_vs_ext_deterministic ? 0 : get_random_u32());
		cap = EXT_ARRAY_MIN;
	} else {
		/* Only holders of ext_mutex replace arrays and change nr, so
		 * both are stable here without the lock.
		 */
		old = rcu_dereference_protected(tier->array, true);
		if (old->nr < old->cap)
			return tier;
		cap = 2 * old->cap;
	}

	a = ext_zalloc(struct_size(a, slot, cap));
	if (!a)
		goto nomem;
	a->cap = cap;
	if (es->ops->tier_room && es->ops->tier_room(es, tier, cap)) {
		ext_free(kvfree, a);
		goto nomem;
	}

	spin_lock_bh(&es->lock);
	if (old) {
		a->nr = old->nr;
		a->eligible = old->eligible;
		memcpy(a->slot, old->slot, old->nr * sizeof(a->slot[0]));
	}
	rcu_assign_pointer(tier->array, a);
	if (fresh)
		rb_add_cached(&tier->by_key, &es->tiers, ext_by_key_less);
	spin_unlock_bh(&es->lock);

	if (old)
		ext_free(kvfree_rcu, old, rcu);
	return tier;

nomem:
	if (fresh)
		ext_free(kvfree, tier);
	return NULL;
}

/* Put a slot that is not eligible at the end of a tier with room. */
static void ext_tier_append(struct ip_vs_ext_service *es,
			    struct ip_vs_ext_tier *tier,
			    struct ip_vs_ext_slot *slot)
{
	struct ip_vs_ext_array *a = ext_array(es, tier);

	slot->tier = tier;
	slot->pos = a->nr;
	/* Release: as in ext_array_swap(). */
	smp_store_release(&a->slot[a->nr], slot);
	a->nr++;
	if (ext_slot_out(slot))
		ext_watch(es, slot);
	if (a->nr == IP_VS_EXT_WATCH + 1)
		ext_rewatch(es, a);
	if (es->ops->slot_append)
		es->ops->slot_append(es, slot);
}

/* Take a slot that is not eligible out of its tier. */
static void ext_tier_remove(struct ip_vs_ext_service *es,
			    struct ip_vs_ext_slot *slot)
{
	struct ip_vs_ext_array *a = ext_array(es, slot->tier);

	if (es->ops->slot_remove)
		es->ops->slot_remove(es, slot);
	if (ext_slot_out(slot))
		ext_unwatch(es, slot, slot->state);
	ext_array_swap(a, slot->pos, a->nr - 1);
	a->nr--;
	if (a->nr == IP_VS_EXT_WATCH)
		ext_rewatch(es, a);
}

/* Unlink a tier that has no slots left; true: the caller frees it. */
static bool ext_tier_unlink_empty(struct ip_vs_ext_service *es,
				  struct ip_vs_ext_tier *tier)
{
	lockdep_assert_held(&es->lock);
	if (ext_array(es, tier)->nr)
		return false;
	rb_erase_cached(&tier->by_key, &es->tiers);
	return true;
}

static void ext_tier_free_rcu(struct ip_vs_ext_service *es,
			      struct ip_vs_ext_tier *tier)
{
	struct ip_vs_ext_array *a = rcu_dereference_protected(tier->array, true);

	if (es->ops->tier_free)
		es->ops->tier_free(tier);
	ext_free(kvfree_rcu, a, rcu);
	ext_free(kvfree_rcu, tier, rcu);
}

/* Slow start. What a server does not have yet is the same number of tenths for
 * all decisions between two steps; steps come at the same time for all servers
 * of a service, so the first one of a server may be early.
 */

static void ext_ramp_count(struct ip_vs_ext_service *es, u32 nr)
{
	es->nr_ramp = nr;
	ext_set_method(es, nr ? IP_VS_EXT_RAMPING : 0, IP_VS_EXT_RAMPING);
}

/* The server returns. If it is the only one, it has to carry what there is. */
static void ext_ramp_begin(struct ip_vs_ext_service *es,
			   struct ip_vs_ext_slot *slot)
{
	lockdep_assert_held(&es->lock);
	if (!es->ramp_step || !es->nr_eligible || slot->ramp || es->dead)
		return;
	WRITE_ONCE(slot->ramp, IP_VS_EXT_RAMP - 1);
	ext_ramp_count(es, es->nr_ramp + 1);
	if (es->nr_ramp == 1)
		mod_delayed_work(ext_wq, &es->ramp_work, es->ramp_step);
}

static void ext_ramp_end(struct ip_vs_ext_service *es,
			 struct ip_vs_ext_slot *slot)
{
	lockdep_assert_held(&es->lock);
	if (!slot->ramp)
		return;
	WRITE_ONCE(slot->ramp, 0);
	ext_ramp_count(es, es->nr_ramp - 1);
}

/* Take over the thresholds of the server. Reading them apart is no harm: the
 * core changes them only before it calls add_dest or upd_dest.
 */
static void ext_slot_limits(struct ip_vs_ext_service *es,
			    struct ip_vs_ext_slot *slot)
{
	u32 upper = READ_ONCE(slot->dest->u_threshold);
	u32 old = slot->upper;

	if (slot->ramp && upper) {
		u64 part = (u64)upper * (IP_VS_EXT_RAMP - slot->ramp);

		upper = max_t(u32, div_u64(part, IP_VS_EXT_RAMP), 1);
	}
	WRITE_ONCE(slot->upper, upper);
	if (slot->watch)
		WRITE_ONCE(es->relief[slot->watch - 1].lower,
			   ext_lower_of(slot));
	if (upper == old)
		return;
	if (upper)
		ext_near_enter(es, slot);
	else
		ext_near_leave(slot);
}

/* Tell the scheduler of a server's weight and attributes. The server does not
 * lose its place among the eligible ones meanwhile: if it is the only one of
 * its tier, another tier would take over.
 */
static void ext_slot_update(struct ip_vs_ext_service *es,
			    struct ip_vs_ext_slot *slot,
			    const struct ip_vs_ext_attrs *attrs, u32 weight)
{
	const struct ip_vs_ext_ops *ops = es->ops;

	lockdep_assert_held(&es->lock);
	if (!ops->slot_update)
		return;
	if (ops->slot_leave && ext_slot_eligible(slot))
		ops->slot_leave(es, slot);
	ops->slot_update(es, slot, attrs, weight);
	if (ops->slot_enter && ext_slot_eligible(slot))
		ops->slot_enter(es, slot);
}

/* The tier of a server with weight @weight > 0. */
static u32 ext_tier_key(const struct ip_vs_ext_service *es,
			const struct ip_vs_ext_attrs *attrs, u32 weight)
{
	if (es->ops->tier)
		return es->ops->tier(es, attrs, weight);
	return es->ops->attrs & IP_VS_EXT_HAS(PRIORITY) ? attrs->priority : 0;
}

/* Take over weight, thresholds and attributes of the server. */
static int ext_slot_apply(struct ip_vs_ext_service *es,
			  struct ip_vs_ext_slot *slot,
			  const struct ip_vs_ext_attrs *attrs)
{
	u32 weight = max(atomic_read(&slot->dest->weight), 0);
	struct ip_vs_ext_tier *tier = slot->tier, *old = NULL;
	bool was_eligible, returns;
	int err = 0;

	/* A quiesced server stays where it is. Without memory it stays there,
	 * too, and goes on serving.
	 */
	if (weight) {
		u32 key = ext_tier_key(es, attrs, weight);

		if (tier->key != key)
			tier = ext_tier_room(es, key);
		if (!tier) {
			es->stale = true;
			err = -ENOMEM;
			tier = slot->tier;
		}
	}

	spin_lock_bh(&es->lock);
	was_eligible = ext_slot_eligible(slot);
	returns = weight && slot->quiesced;
	if (tier != slot->tier) {
		old = slot->tier;
		ext_slot_set(es, slot, slot->state, true);
	}
	/* Whether it is full now, by the old limits, decides what the new ones
	 * mean for it.
	 */
	ext_evaluate(es, slot);
	if (old) {
		ext_tier_remove(es, slot);
		ext_tier_append(es, tier, slot);
		if (!ext_tier_unlink_empty(es, old))
			old = NULL;
	}
	if (returns)
		ext_ramp_begin(es, slot);
	else if (!weight)
		ext_ramp_end(es, slot);
	ext_slot_limits(es, slot);
	if (!weight)
		ext_slot_set(es, slot, slot->state, true);
	ext_slot_update(es, slot, attrs, weight);
	ext_slot_set(es, slot, slot->state, !weight);
	ext_evaluate(es, slot);
	/* Relief by other limits is not what a tier is held against. */
	if (es->holding && !was_eligible && ext_slot_eligible(slot)) {
		es->holding = false;
		ext_eligible_changed(es, true, true);
	}
	spin_unlock_bh(&es->lock);

	if (old)
		ext_tier_free_rcu(es, old);
	return err;
}

/* Attributes of a server, and whether one of them is a priority. */
static bool ext_attrs(const struct ip_vs_ext_service *es,
		      const struct ip_vs_dest *dest,
		      struct ip_vs_ext_attrs *attrs)
{
	struct ip_vs_ext_dest_key key;

	ext_dest_key(&key, dest);
	ext_conf_attrs(es, &key, attrs);
	return attrs->present & es->ops->attrs & IP_VS_EXT_HAS(PRIORITY);
}

/* Step of all slow starts, or the end of them. */
static void ext_ramps_step(struct ip_vs_ext_service *es, bool end)
{
	struct rb_node *node;

	lockdep_assert_held(&ext_mutex);
	for (node = rb_first(&es->slots); node; node = rb_next(node)) {
		struct ip_vs_ext_attrs attrs;
		struct ip_vs_ext_slot *slot;

		slot = rb_entry(node, struct ip_vs_ext_slot, by_dest);
		/* Only holders of ext_mutex write it. */
		if (!slot->ramp)
			continue;
		spin_lock_bh(&es->lock);
		if (end || slot->ramp == 1)
			ext_ramp_end(es, slot);
		else
			WRITE_ONCE(slot->ramp, slot->ramp - 1);
		spin_unlock_bh(&es->lock);
		ext_attrs(es, slot->dest, &attrs);
		ext_slot_apply(es, slot, &attrs);
		spin_lock_bh(&es->lock);
		ext_limits_raised(es, slot);
		spin_unlock_bh(&es->lock);
		cond_resched();
	}
}

/* Armed while es->nr_ramp. Looks at all servers, but only so often. */
static void ext_ramp_work(struct work_struct *work)
{
	struct ip_vs_ext_service *es = container_of(to_delayed_work(work),
						    struct ip_vs_ext_service,
						    ramp_work);

	mutex_lock(&ext_mutex);
	/* done_service() waits for us, but has its names taken away before. */
	if (es->net) {
		ext_ramps_step(es, false);
		spin_lock_bh(&es->lock);
		if (es->nr_ramp && !es->dead)
			mod_delayed_work(ext_wq, &es->ramp_work, es->ramp_step);
		spin_unlock_bh(&es->lock);
	}
	mutex_unlock(&ext_mutex);
}

static void ext_tier_work(struct work_struct *work)
{
	struct ip_vs_ext_service *es = container_of(work,
						    struct ip_vs_ext_service,
						    tier_work);
	struct rb_node *node;

	mutex_lock(&ext_mutex);
	/* As in ext_ramp_work(). Nobody else adds or removes tiers. */
	if (es->net)
		for (node = rb_first_cached(&es->tiers); node;
		     node = rb_next(node))
			es->ops->tier_work(es,
					   rb_entry(node, struct ip_vs_ext_tier,
						    by_key));
	mutex_unlock(&ext_mutex);
}

/**
 * ip_vs_ext_tiers_later - have ip_vs_ext_ops.tier_work called for all tiers
 * @es: service
 *
 * Context: es->lock held.
 */
void ip_vs_ext_tiers_later(struct ip_vs_ext_service *es)
{
	lockdep_assert_held(&es->lock);
	if (!es->dead)
		queue_work(ext_wq, &es->tier_work);
}
EXPORT_SYMBOL_GPL(ip_vs_ext_tiers_later);

/**
 * ip_vs_ext_tune - what the parameters of a scheduler mean
 * @es: service
 * @method: the scheduler's own number, see es->method
 * @min_active: tiers below the active one are used, too, until so many servers
 *	are eligible
 * @hold: a tier that had to take over stays active for so many jiffies; 0:
 *	until a server of a higher one is relieved
 * @slow_start: jiffies that it takes until a returning server has all of its
 *	limit and share; 0: it has at once
 *
 * What a decision sees changes at once. A tier that is being held now stays for
 * @hold since it took over. Slow starts go on with the new time between steps.
 *
 * Context: for ip_vs_ext_ops.params_changed.
 */
void ip_vs_ext_tune(struct ip_vs_ext_service *es, u32 method, u32 min_active,
		    unsigned long hold, unsigned long slow_start)
{
	unsigned long step = DIV_ROUND_UP(slow_start, IP_VS_EXT_RAMP - 1);

	lockdep_assert_held(&ext_mutex);
	spin_lock_bh(&es->lock);
	ext_set_method(es, method, IP_VS_EXT_METHOD_MASK);
	es->min_active = min_active;
	if (es->holding && hold != es->hold) {
		es->hold_end += hold - es->hold;
		if (time_before(jiffies, es->hold_end)) {
			mod_delayed_work(ext_wq, &es->hold_work,
					 es->hold_end - jiffies);
		} else {
			es->holding = false;
			ext_activate(es, true);
		}
	}
	es->hold = hold;
	ext_join(es);
	if (es->nr_ramp && step && step != es->ramp_step)
		mod_delayed_work(ext_wq, &es->ramp_work, step);
	es->ramp_step = step;
	spin_unlock_bh(&es->lock);
	if (!step)
		ext_ramps_step(es, true);
}
EXPORT_SYMBOL_GPL(ip_vs_ext_tune);

/* One server more, or less, has a priority. True: it is the first or was the
 * last, so that the tier of every server means something else now.
 */
static bool ext_count_priority(struct ip_vs_ext_service *es, bool more)
{
	WRITE_ONCE(es->nr_priority, es->nr_priority + (more ? 1 : -1));
	return es->nr_priority == more;
}

/**
 * ext_service_refresh - take over weights, thresholds, attributes again
 * @es: service
 *
 * Between one server and the next, those that have been looked at and those
 * that have not stand in tiers of different meaning: new connections may go to
 * the wrong one for that moment, none is refused.
 *
 * Context: process, ext_mutex held, may sleep.
 * Return: 0 or -ENOMEM: then some servers stay in the tier where they were,
 * until another change of the service succeeds.
 */
int ext_service_refresh(struct ip_vs_ext_service *es)
{
	struct rb_node *node;
	int err = 0;

	lockdep_assert_held(&ext_mutex);
	for (node = rb_first(&es->slots); node; node = rb_next(node)) {
		struct ip_vs_ext_attrs attrs;
		struct ip_vs_ext_slot *slot;

		slot = rb_entry(node, struct ip_vs_ext_slot, by_dest);
		ext_attrs(es, slot->dest, &attrs);
		if (ext_slot_apply(es, slot, &attrs))
			err = -ENOMEM;
	}
	return err;
}

/* Whether servers have priorities changed. */
static int ext_priorities_changed(struct ip_vs_ext_service *es)
{
	int err = 0;

	if (es->ops->params_changed)
		err = es->ops->params_changed(es);
	if (err)
		es->stale = true;
	return ext_service_refresh(es) ?: err;
}

/**
 * ext_slot_refresh - take over what has changed of a server
 * @es: service
 * @slot: slot of the server whose weight, thresholds or attributes may have
 *	changed
 *
 * Context: process, ext_mutex held, may sleep.
 * Return: 0 or -ENOMEM, as ext_service_refresh().
 */
int ext_slot_refresh(struct ip_vs_ext_service *es, struct ip_vs_ext_slot *slot)
{
	struct ip_vs_ext_attrs attrs;
	bool priority, changed;

	lockdep_assert_held(&ext_mutex);
	ext_conf_changed(es);
	priority = ext_attrs(es, slot->dest, &attrs);
	spin_lock_bh(&es->lock);
	changed = priority != slot->priority;
	slot->priority = priority;
	spin_unlock_bh(&es->lock);
	if (changed && ext_count_priority(es, priority))
		return ext_priorities_changed(es);
	return ext_slot_apply(es, slot, &attrs);
}

static int ext_dest_insert(struct ip_vs_ext_service *es,
			   struct ip_vs_dest *dest)
{
	u32 weight = max(atomic_read(&dest->weight), 0);
	struct ip_vs_ext_slot *slot;
	struct ip_vs_ext_tier *tier;
	struct ip_vs_ext_attrs attrs;
	bool all = false;

	slot = ext_zalloc(max(sizeof(*slot), es->ops->slot_size));
	if (!slot)
		goto nomem;
	slot->priority = ext_attrs(es, dest, &attrs);
	if (slot->priority)
		all = ext_count_priority(es, true);
	tier = ext_tier_room(es, weight ? ext_tier_key(es, &attrs, weight) : 0);
	if (!tier)
		goto nomem_slot;
	slot->dest = dest;
	atomic_set(&slot->reserved, IP_VS_EXT_FAR);
	slot->quiesced = true;
	/* It may come with connections: from the trash, from another
	 * scheduler, from a sync daemon. Between the thresholds only the core
	 * knows whether it has been full.
	 */
	if (READ_ONCE(dest->flags) & IP_VS_DEST_F_OVERLOAD)
		slot->state = IP_VS_EXT_FULL;

	spin_lock_bh(&es->lock);
	es->nr_full += slot->state == IP_VS_EXT_FULL;
	rb_add(&slot->by_dest, &es->slots, ext_by_dest_less);
	ext_tier_append(es, tier, slot);
	/* Those that are there when the scheduler is bound do not return. */
	if (weight && es->svc->sched_data == es)
		ext_ramp_begin(es, slot);
	ext_slot_limits(es, slot);
	ext_slot_update(es, slot, &attrs, weight);
	ext_slot_set(es, slot, slot->state, !weight);
	ext_evaluate(es, slot);
	spin_unlock_bh(&es->lock);
	es->nr_slots++;
	ext_conf_changed(es);
	return all ? ext_priorities_changed(es) : 0;

nomem_slot:
	if (slot->priority)
		ext_count_priority(es, false);
	ext_free(kvfree, slot);
nomem:
	es->stale = true;
	return -ENOMEM;
}

/* Returns whether a decision for the server may not be counted yet. */
static bool ext_dest_remove(struct ip_vs_ext_service *es,
			    struct ip_vs_ext_slot *slot)
{
	struct ip_vs_ext_tier *tier = slot->tier;
	bool in_flight, empty, priority;

	spin_lock_bh(&es->lock);
	priority = slot->priority;
	ext_slot_set(es, slot, slot->state, true);
	in_flight = ext_forget(es, slot);
	ext_ramp_end(es, slot);
	ext_tier_remove(es, slot);
	es->nr_full -= slot->state == IP_VS_EXT_FULL;
	empty = ext_tier_unlink_empty(es, tier);
	rb_erase(&slot->by_dest, &es->slots);
	spin_unlock_bh(&es->lock);

	ext_free(kfree_rcu, slot, rcu);
	if (empty)
		ext_tier_free_rcu(es, tier);
	es->nr_slots--;
	ext_conf_changed(es);
	if (priority && ext_count_priority(es, false))
		ext_priorities_changed(es);
	return in_flight;
}

/* The core ignores errors of add_dest and upd_dest. Try again what failed for
 * lack of memory whenever the service is touched.
 */
static void ext_repair(struct ip_vs_ext_service *es)
{
	struct ip_vs_dest *dest;

	if (likely(!es->stale))
		return;
	es->stale = false;
	if (es->ops->params_changed && es->ops->params_changed(es))
		es->stale = true;
	/* oldest first: the core adds at the head */
	list_for_each_entry_reverse(dest, &es->svc->destinations, n_list) {
		struct ip_vs_ext_slot *slot = ext_slot_of(es, dest);

		if (slot)
			ext_slot_refresh(es, slot);
		else
			ext_dest_insert(es, dest);
	}
}

/* The core ignores the error, so say it. */
static int ext_complain(const struct ip_vs_dest *dest, int err)
{
	if (err && net_ratelimit())
		IP_VS_ERR_BUF("no memory to schedule real server %s:%u; edit it to try again\n",
			      IP_VS_DBG_ADDR(dest->af, &dest->addr),
			      ntohs(dest->port));
	return err;
}

/**
 * ip_vs_ext_add_dest - ip_vs_scheduler.add_dest of every scheduler
 * @svc: virtual service
 * @dest: server that was linked to it
 *
 * Context: process, configuration mutex held, may sleep.
 * Return: 0 or -ENOMEM, which the core ignores: then the server gets no
 * connections until another change of the service succeeds.
 */
int ip_vs_ext_add_dest(struct ip_vs_service *svc, struct ip_vs_dest *dest)
{
	struct ip_vs_ext_service *es = svc->sched_data;
	struct ip_vs_ext_slot *slot;
	int err;

	mutex_lock(&ext_mutex);
	ext_repair(es);
	/* the repair has met it */
	slot = ext_slot_of(es, dest);
	err = slot ? ext_slot_refresh(es, slot) : ext_dest_insert(es, dest);
	mutex_unlock(&ext_mutex);
	return ext_complain(dest, err);
}
EXPORT_SYMBOL_GPL(ip_vs_ext_add_dest);

/**
 * ip_vs_ext_upd_dest - ip_vs_scheduler.upd_dest of every scheduler
 * @svc: virtual service
 * @dest: server whose weight or thresholds may have changed
 *
 * Context: process, configuration mutex held, may sleep.
 * Return: 0 or -ENOMEM, which the core ignores: then the server stays in the
 * tier where it was until another change of the service succeeds. Limits and
 * weight 0 take effect in any case.
 */
int ip_vs_ext_upd_dest(struct ip_vs_service *svc, struct ip_vs_dest *dest)
{
	return ip_vs_ext_add_dest(svc, dest);
}
EXPORT_SYMBOL_GPL(ip_vs_ext_upd_dest);

/**
 * ip_vs_ext_del_dest - ip_vs_scheduler.del_dest of every scheduler
 * @svc: virtual service
 * @dest: server that was unlinked from it
 *
 * If a connection to the server is being made right now, waits for a grace
 * period: the core may add the same server again at once, with its count, and
 * its limit shall hold then, too.
 *
 * Context: process, configuration mutex held, may sleep.
 * Return: 0
 */
int ip_vs_ext_del_dest(struct ip_vs_service *svc, struct ip_vs_dest *dest)
{
	struct ip_vs_ext_service *es = svc->sched_data;
	struct ip_vs_ext_slot *slot;
	bool in_flight = false;

	mutex_lock(&ext_mutex);
	slot = ext_slot_of(es, dest);
	/* else it was never added, for lack of memory */
	if (slot)
		in_flight = ext_dest_remove(es, slot);
	ext_repair(es);
	mutex_unlock(&ext_mutex);
	if (in_flight)
		synchronize_rcu();
	return 0;
}
EXPORT_SYMBOL_GPL(ip_vs_ext_del_dest);

static void ext_service_free(struct rcu_head *head)
{
	struct ip_vs_ext_service *es = container_of(head,
						    struct ip_vs_ext_service,
						    rcu);

	free_percpu(es->cpu);
	ext_free(kvfree, es);
}

/**
 * ext_service_put - drop a reference to a service
 * @es: service; freed a grace period after the last put
 */
void ext_service_put(struct ip_vs_ext_service *es)
{
	if (refcount_dec_and_test(&es->refs))
		call_rcu(&es->rcu, ext_service_free);
}

/* Free everything the callbacks allocated; schedule() may still be reading. */
static void ext_service_empty(struct ip_vs_ext_service *es)
{
	struct ip_vs_ext_array *a;
	struct ip_vs_ext_tier *tier;
	struct rb_node *node;
	u32 i;

	while ((node = rb_first_cached(&es->tiers))) {
		tier = rb_entry(node, struct ip_vs_ext_tier, by_key);
		rb_erase_cached(node, &es->tiers);
		a = rcu_dereference_protected(tier->array, true);
		for (i = 0; i < a->nr; i++)
			ext_free(kfree_rcu, a->slot[i], rcu);
		ext_tier_free_rcu(es, tier);
	}
}

/**
 * ip_vs_ext_init_service - ip_vs_scheduler.init_service of every scheduler
 * @svc: virtual service; may already have servers
 * @ops: the scheduler
 *
 * Context: process, configuration mutex held, may sleep.
 * Return: 0, or -ENOMEM and nothing is left behind.
 */
int ip_vs_ext_init_service(struct ip_vs_service *svc,
			   const struct ip_vs_ext_ops *ops)
{
	struct ip_vs_ext_service *es;
	struct ip_vs_dest *dest;
	int cpu, err = 0;

	es = ext_zalloc(sizeof(*es));
	if (!es)
		return -ENOMEM;
	es->cpu = alloc_percpu(struct ip_vs_ext_cpu);
	if (!es->cpu) {
		ext_free(kvfree, es);
		return -ENOMEM;
	}
	for_each_possible_cpu(cpu) {
		struct ip_vs_ext_cpu *c = per_cpu_ptr(es->cpu, cpu);

		c->cpu = cpu;
		c->stats = per_cpu_ptr(svc->stats.cpustats, cpu);
	}
	es->ops = ops;
	es->svc = svc;
	spin_lock_init(&es->lock);
	es->eligible = RB_ROOT_CACHED;
	es->tiers = RB_ROOT_CACHED;
	es->slots = RB_ROOT;
	refcount_set(&es->refs, 1);
	INIT_DELAYED_WORK(&es->work, ext_relief_work);
	INIT_DELAYED_WORK(&es->hold_work, ext_hold_work);
	INIT_DELAYED_WORK(&es->ramp_work, ext_ramp_work);
	INIT_WORK(&es->tier_work, ext_tier_work);
	es->min_active = 1;

	mutex_lock(&ext_mutex);
	err = ext_conf_service_add(es);
	if (err) {
		mutex_unlock(&ext_mutex);
		free_percpu(es->cpu);
		ext_free(kvfree, es);
		return err;
	}
	if (ops->params_changed)
		err = ops->params_changed(es);
	if (err)
		goto fail;
	list_for_each_entry_reverse(dest, &svc->destinations, n_list) {
		err = ext_dest_insert(es, dest);
		if (err)
			goto fail;
	}
	mutex_unlock(&ext_mutex);
	/* The core publishes the scheduler after this with a release, and
	 * schedule() reads sched_data after the scheduler.
	 */
	WRITE_ONCE(svc->sched_data, es);
	return 0;

fail:
	mutex_unlock(&ext_mutex);
	svc->sched_data = es;
	ip_vs_ext_done_service(svc);
	return err;
}
EXPORT_SYMBOL_GPL(ip_vs_ext_init_service);

/**
 * ip_vs_ext_done_service - ip_vs_scheduler.done_service of every scheduler
 * @svc: virtual service, with its servers still linked
 *
 * As ip_vs_ext_del_dest(), waits for connections that are being made right
 * now: the servers may be in another service in a moment.
 *
 * Context: process, configuration mutex held, may sleep. schedule() may be
 * running for the service, and on some kernels may still be called for it
 * until the core's next grace period.
 */
void ip_vs_ext_done_service(struct ip_vs_service *svc)
{
	struct ip_vs_ext_service *es = svc->sched_data;
	bool in_flight;

	WRITE_ONCE(svc->sched_data, NULL);

	/* From here on only the RCU readers know it. */
	mutex_lock(&ext_mutex);
	ext_conf_service_del(es);
	mutex_unlock(&ext_mutex);

	spin_lock_bh(&es->lock);
	in_flight = ext_close(es);
	spin_unlock_bh(&es->lock);
	/* Nobody arms it any more. */
	cancel_delayed_work_sync(&es->work);
	cancel_delayed_work_sync(&es->hold_work);
	cancel_delayed_work_sync(&es->ramp_work);
	cancel_work_sync(&es->tier_work);
	if (in_flight)
		synchronize_rcu();
	ext_service_empty(es);
	ext_service_put(es);
}
EXPORT_SYMBOL_GPL(ip_vs_ext_done_service);

/**
 * ip_vs_ext_read_counters - what happened in a service since it was bound
 * @es: service
 * @sum: filled in
 *
 * Context: any; @es must not go away: callbacks, or RCU. The counters are
 * those of slightly different moments.
 */
void ip_vs_ext_read_counters(struct ip_vs_ext_service *es,
			     struct ip_vs_ext_counters *sum)
{
	int cpu;

	memset(sum, 0, sizeof(*sum));
	for_each_possible_cpu(cpu) {
		const struct ip_vs_ext_cpu *c = per_cpu_ptr(es->cpu, cpu);

		sum->grants += READ_ONCE(c->grants);
		sum->refusals += READ_ONCE(c->refusals);
	}
	spin_lock_bh(&es->lock);
	sum->full = es->full;
	sum->relieved = es->relieved;
	sum->spills = es->spills;
	sum->returns = es->returns;
	sum->exhausted = es->exhaustions;
	spin_unlock_bh(&es->lock);
}
EXPORT_SYMBOL_GPL(ip_vs_ext_read_counters);
