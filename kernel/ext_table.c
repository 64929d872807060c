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

#include <linux/mm.h>
#include <linux/module.h>
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

/* Make the highest tier that has an eligible server the active one. @load: the
 * reason is a server that filled or was relieved, and not an edit.
 */
static void ext_activate(struct ip_vs_ext_service *es, bool load)
{
	struct ip_vs_ext_tier *tier = ext_first_eligible(es);
	struct ip_vs_ext_tier *old;

	old = rcu_dereference_protected(es->active, lockdep_is_held(&es->lock));
	if (tier == old)
		return;
	rcu_assign_pointer(es->active, tier);
	if (tier)
		WRITE_ONCE(es->exhausted, false);
	if (load && tier && old) {
		if (tier->key < old->key)
			es->spills++;
		else
			es->returns++;
	}
}

/* Below this count a grant needs no lock. */
static void ext_set_far(struct ip_vs_ext_slot *slot)
{
	u32 far;

	if (!ext_slot_eligible(slot) || slot->near)
		far = 0;
	else if (!slot->upper)
		far = U32_MAX;
	else
		far = slot->upper - ext_band();
	WRITE_ONCE(slot->far, far);
}

/**
 * ext_near_leave - grants of a slot do not need es->lock any more
 * @slot: slot without reservations whose upper threshold is above ext_band()
 */
void ext_near_leave(struct ip_vs_ext_slot *slot)
{
	slot->near = false;
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
	if (a->eligible == 1) {
		rb_add_cached(&tier->by_eligible, &es->eligible,
			      ext_by_eligible_less);
		ext_activate(es, load);
	}
}

static void ext_eligible_del(struct ip_vs_ext_service *es,
			     struct ip_vs_ext_slot *slot, bool load)
{
	struct ip_vs_ext_tier *tier = slot->tier;
	struct ip_vs_ext_array *a = ext_array(es, tier);

	WRITE_ONCE(a->eligible, a->eligible - 1);
	ext_array_swap(a, slot->pos, a->eligible);
	if (!a->eligible) {
		rb_erase_cached(&tier->by_eligible, &es->eligible);
		ext_activate(es, load);
	}
}

/* Servers that are full or held are looked at by every decision if they are
 * few, else by the work.
 */
static void ext_watch(struct ip_vs_ext_service *es, struct ip_vs_ext_slot *slot)
{
	if (es->nr_watch < IP_VS_EXT_WATCH &&
	    ext_array(es, slot->tier)->nr <= IP_VS_EXT_WATCH) {
		/* Release: as in ext_array_swap(). */
		smp_store_release(&es->watch[es->nr_watch], slot);
		slot->watch = es->nr_watch + 1;
		/* Release: a reader that uses the new number finds the slot. */
		smp_store_release(&es->nr_watch, es->nr_watch + 1);
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

	if (!slot->watch) {
		es->unwatched--;
		return;
	}
	last = es->watch[es->nr_watch - 1];
	/* Release: as in ext_array_swap(). */
	smp_store_release(&es->watch[slot->watch - 1], last);
	last->watch = slot->watch;
	slot->watch = 0;
	WRITE_ONCE(es->nr_watch, es->nr_watch - 1);
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
	bool was_out = ext_slot_out(slot);

	lockdep_assert_held(&es->lock);
	if (state == old && quiesced == slot->quiesced)
		return;
	if (state == IP_VS_EXT_FULL && old != IP_VS_EXT_FULL)
		es->full++;
	slot->state = state;
	slot->quiesced = quiesced;

	if (was_out)
		ext_unwatch(es, slot, old);
	if (ext_slot_out(slot))
		ext_watch(es, slot);

	if (was_eligible == ext_slot_eligible(slot))
		return;
	ext_set_far(slot);
	if (was_eligible)
		ext_eligible_del(es, slot, state != old);
	else
		ext_eligible_add(es, slot, state != old);
}

/* Membership: configuration mutex held. */

static struct ip_vs_ext_slot *ext_slot_find(struct ip_vs_ext_service *es,
					    const struct ip_vs_dest *dest)
{
	struct rb_node *node = es->slots.rb_node;

	while (node) {
		struct ip_vs_ext_slot *slot;

		slot = rb_entry(node, struct ip_vs_ext_slot, by_dest);
		if (dest == slot->dest)
			return slot;
		node = dest < slot->dest ? node->rb_left : node->rb_right;
	}
	return NULL;
}

static bool ext_by_dest_less(struct rb_node *a, const struct rb_node *b)
{
	return rb_entry(a, struct ip_vs_ext_slot, by_dest)->dest <
	       rb_entry(b, struct ip_vs_ext_slot, by_dest)->dest;
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
		tier = ext_zalloc(sizeof(*tier));
		if (!tier)
			return NULL;
		tier->key = key;
		atomic_set(&tier->cursor, 0);
		cap = EXT_ARRAY_MIN;
	} else {
		/* Only callbacks replace arrays and change nr, so both are
		 * stable here without the lock.
		 */
		old = rcu_dereference_protected(tier->array, true);
		if (old->nr < old->cap)
			return tier;
		cap = 2 * old->cap;
	}

	a = ext_zalloc(struct_size(a, slot, cap));
	if (!a) {
		if (fresh)
			ext_free(kvfree, tier);
		return NULL;
	}
	a->cap = cap;

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
	if (a->nr == IP_VS_EXT_WATCH + 1)
		ext_rewatch(es, a);
}

/* Take a slot that is not eligible out of its tier. */
static void ext_tier_remove(struct ip_vs_ext_service *es,
			    struct ip_vs_ext_slot *slot)
{
	struct ip_vs_ext_array *a = ext_array(es, slot->tier);

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

static void ext_tier_free_rcu(struct ip_vs_ext_tier *tier)
{
	struct ip_vs_ext_array *a = rcu_dereference_protected(tier->array, true);

	ext_free(kvfree_rcu, a, rcu);
	ext_free(kvfree_rcu, tier, rcu);
}

/* Take over the thresholds of the server. Reading them apart is no harm: the
 * core changes them only before it calls add_dest or upd_dest.
 */
static void ext_slot_limits(struct ip_vs_ext_service *es,
			    struct ip_vs_ext_slot *slot)
{
	u32 upper = READ_ONCE(slot->dest->u_threshold);
	u32 lower = READ_ONCE(slot->dest->l_threshold);

	if (!lower)
		lower = upper - upper / 4;
	if (slot->upper == upper && slot->lower == lower)
		return;
	slot->upper = upper;
	WRITE_ONCE(slot->lower, lower);
	if (upper)
		ext_near_enter(es, slot);
	else
		ext_near_leave(slot);
}

static int ext_dest_update(struct ip_vs_ext_service *es,
			   struct ip_vs_ext_slot *slot)
{
	u32 weight = max(atomic_read(&slot->dest->weight), 0);
	struct ip_vs_ext_tier *tier = slot->tier, *old = NULL;
	int err = 0;

	/* A quiesced server stays where it is. Without memory it stays there,
	 * too, and goes on serving.
	 */
	if (weight) {
		u32 key = es->ops->tier(slot->dest, weight);

		if (tier->key != key)
			tier = ext_tier_room(es, key);
		if (!tier) {
			es->stale = true;
			err = -ENOMEM;
			tier = slot->tier;
		}
	}

	spin_lock_bh(&es->lock);
	if (tier != slot->tier) {
		old = slot->tier;
		ext_slot_set(es, slot, slot->state, true);
		ext_tier_remove(es, slot);
		ext_tier_append(es, tier, slot);
		if (!ext_tier_unlink_empty(es, old))
			old = NULL;
	}
	/* Whether it is full now, by the old limits, decides what the new ones
	 * mean for it.
	 */
	ext_evaluate(es, slot);
	ext_slot_limits(es, slot);
	ext_slot_set(es, slot, slot->state, !weight);
	ext_evaluate(es, slot);
	spin_unlock_bh(&es->lock);

	if (old)
		ext_tier_free_rcu(old);
	return err;
}

static int ext_dest_insert(struct ip_vs_ext_service *es,
			   struct ip_vs_dest *dest)
{
	u32 weight = max(atomic_read(&dest->weight), 0);
	struct ip_vs_ext_slot *slot;
	struct ip_vs_ext_tier *tier;

	slot = ext_zalloc(sizeof(*slot));
	if (!slot)
		goto nomem;
	tier = ext_tier_room(es, weight ? es->ops->tier(dest, weight) : 0);
	if (!tier) {
		ext_free(kvfree, slot);
		goto nomem;
	}
	slot->dest = dest;
	slot->quiesced = true;
	/* It may come with connections: from the trash, from another
	 * scheduler, from a sync daemon. Between the thresholds only the core
	 * knows whether it has been full.
	 */
	if (READ_ONCE(dest->flags) & IP_VS_DEST_F_OVERLOAD)
		slot->state = IP_VS_EXT_FULL;

	spin_lock_bh(&es->lock);
	rb_add(&slot->by_dest, &es->slots, ext_by_dest_less);
	ext_tier_append(es, tier, slot);
	ext_slot_limits(es, slot);
	ext_slot_set(es, slot, slot->state, !weight);
	ext_evaluate(es, slot);
	spin_unlock_bh(&es->lock);
	return 0;

nomem:
	es->stale = true;
	return -ENOMEM;
}

/* Returns whether a decision for the server may not be counted yet. */
static bool ext_dest_remove(struct ip_vs_ext_service *es,
			    struct ip_vs_ext_slot *slot)
{
	struct ip_vs_ext_tier *tier = slot->tier;
	bool in_flight, empty;

	spin_lock_bh(&es->lock);
	ext_slot_set(es, slot, slot->state, true);
	ext_near_enter(es, slot);
	in_flight = ext_reserved(es, slot);
	ext_forget(es, slot);
	ext_tier_remove(es, slot);
	empty = ext_tier_unlink_empty(es, tier);
	rb_erase(&slot->by_dest, &es->slots);
	spin_unlock_bh(&es->lock);

	ext_free(kfree_rcu, slot, rcu);
	if (empty)
		ext_tier_free_rcu(tier);
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
	/* oldest first: the core adds at the head */
	list_for_each_entry_reverse(dest, &es->svc->destinations, n_list) {
		struct ip_vs_ext_slot *slot = ext_slot_find(es, dest);

		if (slot)
			ext_dest_update(es, slot);
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

	ext_repair(es);
	/* the repair has met it */
	slot = ext_slot_find(es, dest);
	return ext_complain(dest, slot ? ext_dest_update(es, slot) :
					 ext_dest_insert(es, dest));
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
	struct ip_vs_ext_slot *slot = ext_slot_find(es, dest);

	/* it was never added, for lack of memory */
	if (slot && ext_dest_remove(es, slot))
		synchronize_rcu();
	ext_repair(es);
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
		ext_tier_free_rcu(tier);
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
	int cpu, err;

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

	list_for_each_entry_reverse(dest, &svc->destinations, n_list) {
		err = ext_dest_insert(es, dest);
		if (err)
			goto fail;
	}
	/* The core publishes the scheduler after this with a release, and
	 * schedule() reads sched_data after the scheduler.
	 */
	WRITE_ONCE(svc->sched_data, es);
	return 0;

fail:
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

	spin_lock_bh(&es->lock);
	in_flight = ext_close(es);
	spin_unlock_bh(&es->lock);
	/* Nobody arms it any more. */
	cancel_delayed_work_sync(&es->work);
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
	sum->spills = es->spills;
	sum->returns = es->returns;
	spin_unlock_bh(&es->lock);
}
EXPORT_SYMBOL_GPL(ip_vs_ext_read_counters);
