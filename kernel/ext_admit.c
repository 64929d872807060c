// SPDX-License-Identifier: GPL-2.0
/*
 * Admission: who may take a connection, and the exact limit.
 *
 * The rule is in docs/design.md, the argument why it holds on many CPUs at the
 * head of ip_vs_ext.h. Everything here runs under es->lock, but for the grace
 * period callback and the work, which take it.
 *
 * A server whose count and reservations together reach the upper threshold
 * leaves the eligible set at once. It is HELD as long as reservations are
 * needed to explain that. It is FULL when the count alone is enough, or was at
 * some time while we did not look: then the core has set its overload flag.
 * Otherwise, when a place is free after all, because a connection did not come
 * about or another one ended first, the server is eligible again.
 */
#define KMSG_COMPONENT "IPVS"
#define pr_fmt(fmt) KMSG_COMPONENT ": " fmt

#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include "ext_internal.h"

/* Has a grace period passed that was asked for after @stamp was taken? Then
 * every RCU section that was running when the stamp was taken has ended, and
 * with it the one in which the core binds the connection.
 */
static bool ext_stamp_passed(const struct ip_vs_ext_service *es, u32 stamp)
{
	return (s32)(es->gp_done - stamp) > 0;
}

static void ext_gp_request(struct ip_vs_ext_service *es);

/* RCU callback: softirq, or a kthread with BH disabled. */
static void ext_gp_end(struct rcu_head *head)
{
	struct ip_vs_ext_service *es = container_of(head,
						    struct ip_vs_ext_service,
						    gp_rcu);

	spin_lock_bh(&es->lock);
	es->gp_done = es->gp_posted;
	if (es->gp_again)
		ext_gp_request(es);
	spin_unlock_bh(&es->lock);
	ext_service_put(es);
}

/* One grace period at a time, and another one after it for reservations that
 * it came too early for.
 */
static void ext_gp_request(struct ip_vs_ext_service *es)
{
	lockdep_assert_held(&es->lock);
	if (es->dead)
		return;
	es->gp_again = es->gp_posted != es->gp_done;
	if (es->gp_again)
		return;
	es->gp_posted++;
	refcount_inc(&es->refs);
	call_rcu_hurry(&es->gp_rcu, ext_gp_end);
}

/* Reservations of CPUs. */

static void ext_cpu_reserve(struct ip_vs_ext_service *es,
			    struct ip_vs_ext_slot *slot,
			    struct ip_vs_ext_cpu *c)
{
	lockdep_assert_held(&es->lock);
	c->stamp = es->gp_posted;
	c->next = slot->open;
	slot->open = c->cpu + 1;
	WRITE_ONCE(c->held, slot);
}

/* Is the connection of the CPU's last grant bound, and in the count? The first
 * one of this service that it binds is that one, if it came to be. As active it
 * is counted only later, when its state is set.
 */
static bool ext_cpu_bound(const struct ip_vs_ext_service *es,
			  const struct ip_vs_ext_cpu *c)
{
	return IP_VS_COMPAT_BIND_ORDERED && !ip_vs_ext_active_only(es->svc) &&
	       (u32)ip_vs_compat_stats_conns(c->stats) != READ_ONCE(c->snap);
}

/* Is the CPU certainly done with the connection it had reserved a place for?
 * Reads nothing that has to be read before the server's count but for what is
 * ordered by the acquire here and the smp_rmb() of the caller.
 */
static bool ext_cpu_done(const struct ip_vs_ext_service *es,
			 const struct ip_vs_ext_slot *slot,
			 const struct ip_vs_ext_cpu *c)
{
	/* It has begun another decision. If it does so just after this, the
	 * snapshot read next is that of the new one: it is done either way.
	 */
	if (smp_load_acquire(&c->granted) != slot)
		return true;
	if (ext_cpu_bound(es, c))
		return true;
	return ext_stamp_passed(es, c->stamp);
}

/* Take @c out of the list it is in; *link is what points to it. */
static void ext_cpu_unlink(struct ip_vs_ext_cpu *c, u16 *link)
{
	*link = c->next;
	WRITE_ONCE(c->held, NULL);
}

/* End the reservation of a CPU that is known to be done with it. */
static void ext_cpu_settle(struct ip_vs_ext_service *es,
			   struct ip_vs_ext_cpu *c)
{
	struct ip_vs_ext_slot *slot = c->held;
	u16 *link;

	lockdep_assert_held(&es->lock);
	if (!slot)
		return;
	for (link = &slot->open; *link != c->cpu + 1;)
		link = &per_cpu_ptr(es->cpu, *link - 1)->next;
	ext_cpu_unlink(c, link);
}

/* Number of places of @slot that CPUs may still fill. */
static u32 ext_cpus_open(struct ip_vs_ext_service *es,
			 struct ip_vs_ext_slot *slot)
{
	u16 *link = &slot->open;
	u32 n = 0;

	lockdep_assert_held(&es->lock);
	while (*link) {
		struct ip_vs_ext_cpu *c = per_cpu_ptr(es->cpu, *link - 1);

		if (ext_cpu_done(es, slot, c)) {
			ext_cpu_unlink(c, link);
			continue;
		}
		link = &c->next;
		n++;
	}
	return n;
}

/* What the CPU granted last, once it has made up its mind: a few instructions
 * with BH disabled, no lock among them.
 */
static struct ip_vs_ext_slot *ext_cpu_granted(const struct ip_vs_ext_cpu *c)
{
	struct ip_vs_ext_slot *granted;

	for (;;) {
		/* Acquire: with the slot comes the snapshot. */
		granted = smp_load_acquire(&c->granted);
		if (granted != IP_VS_EXT_GRANT_BUSY)
			return granted;
		cpu_relax();
	}
}

/**
 * ext_near_enter - from now on grants of a slot need es->lock
 * @es: service
 * @slot: slot
 *
 * Collects the grants that CPUs made without the lock and that may not be
 * counted yet.
 */
void ext_near_enter(struct ip_vs_ext_service *es, struct ip_vs_ext_slot *slot)
{
	int cpu;

	lockdep_assert_held(&es->lock);
	slot->near = true;
	WRITE_ONCE(slot->far, 0);
	/* Pairs with the full barrier in ip_vs_ext_ops.pick: either that CPU
	 * reads far == 0, or we read its record below.
	 */
	smp_mb();
	for_each_possible_cpu(cpu) {
		struct ip_vs_ext_cpu *c = per_cpu_ptr(es->cpu, cpu);

		if (ext_cpu_granted(c) != slot || c->held == slot)
			continue;
		/* An older reservation of that CPU is over. So is this one if
		 * the CPU has gone on meanwhile: ext_cpu_done() sees it. Its
		 * new decision sees far == 0.
		 */
		ext_cpu_settle(es, c);
		ext_cpu_reserve(es, slot, c);
	}
}

/* Reservations of tasks: connections that the director itself opens. */

static void ext_task_drop(struct ip_vs_ext_service *es, u32 i)
{
	es->tasks[i].slot->pend--;
	es->tasks[i] = es->tasks[--es->nr_tasks];
}

/* End reservations: those of @task, which asks again and has therefore
 * finished with the one before, and those whose grace period has passed.
 */
static void ext_tasks_settle(struct ip_vs_ext_service *es, const void *task)
{
	u32 i = es->nr_tasks;

	lockdep_assert_held(&es->lock);
	while (i--)
		if ((task && es->tasks[i].task == task) ||
		    ext_stamp_passed(es, es->tasks[i].stamp))
			ext_task_drop(es, i);
	if (es->tasks_unknown && ext_stamp_passed(es, es->tasks_stamp))
		es->tasks_unknown = 0;
}

static void ext_task_reserve(struct ip_vs_ext_service *es,
			     struct ip_vs_ext_slot *slot)
{
	lockdep_assert_held(&es->lock);
	if (es->nr_tasks < IP_VS_EXT_TASKS) {
		struct ip_vs_ext_task *t = &es->tasks[es->nr_tasks++];

		t->slot = slot;
		t->task = current;
		t->stamp = es->gp_posted;
		slot->pend++;
	} else {
		es->tasks_unknown++;
		es->tasks_stamp = es->gp_posted;
	}
	ext_gp_request(es);
}

/**
 * ext_forget - drop the reservations for a slot that is going away
 * @es: service
 * @slot: slot
 */
void ext_forget(struct ip_vs_ext_service *es, struct ip_vs_ext_slot *slot)
{
	u32 i = es->nr_tasks;

	lockdep_assert_held(&es->lock);
	while (slot->open)
		ext_cpu_settle(es, per_cpu_ptr(es->cpu, slot->open - 1));
	while (i--)
		if (es->tasks[i].slot == slot)
			ext_task_drop(es, i);
}

/**
 * ext_close - no decision is made for the service from here on
 * @es: service
 *
 * Return: true if the connection of an earlier one may not be counted yet.
 */
bool ext_close(struct ip_vs_ext_service *es)
{
	struct rb_node *node;
	bool open;
	int cpu;

	lockdep_assert_held(&es->lock);
	es->dead = true;
	for (node = rb_first(&es->slots); node; node = rb_next(node))
		WRITE_ONCE(rb_entry(node, struct ip_vs_ext_slot, by_dest)->far,
			   0);
	/* Pairs with the full barrier in ip_vs_ext_ops.pick, as above. */
	smp_mb();
	ext_tasks_settle(es, NULL);
	open = es->nr_tasks || es->tasks_unknown;
	for_each_possible_cpu(cpu) {
		struct ip_vs_ext_cpu *c = per_cpu_ptr(es->cpu, cpu);

		if (ext_cpu_granted(c) && !ext_cpu_bound(es, c))
			open = true;
	}
	return open;
}

/**
 * ext_reserved - places that may be filled without another decision
 * @es: service
 * @slot: slot, near
 *
 * Read the count of the server after this: whatever is not in the return value
 * is in the count.
 *
 * Return: their number.
 */
u32 ext_reserved(struct ip_vs_ext_service *es, struct ip_vs_ext_slot *slot)
{
	u32 n;

	if (unlikely(es->nr_tasks || es->tasks_unknown))
		ext_tasks_settle(es, NULL);
	n = ext_cpus_open(es, slot) + slot->pend + es->tasks_unknown;
	/* Evidence before count: a connection that is no longer reserved must
	 * be seen in the count.
	 */
	smp_rmb();
	return n;
}

static u32 ext_conns(const struct ip_vs_ext_service *es,
		     const struct ip_vs_ext_slot *slot)
{
	return ip_vs_ext_conns(slot->dest, ip_vs_ext_active_only(es->svc));
}

static u32 ext_conns_most(const struct ip_vs_ext_service *es,
			  const struct ip_vs_ext_slot *slot)
{
	if (ip_vs_ext_active_only(es->svc))
		return ip_vs_ext_conns(slot->dest, true);
	return ip_vs_compat_conns_most(slot->dest);
}

/* Does the core say that the count has been at the upper threshold, and not
 * below the lower one since? It knows nothing of limits for active connections
 * only, and on kernels without totalconns it may have forgotten to change its
 * mind, which our own look at the count makes up for.
 */
static bool ext_core_overload(const struct ip_vs_ext_service *es,
			      const struct ip_vs_ext_slot *slot)
{
	return !ip_vs_ext_active_only(es->svc) &&
	       (READ_ONCE(slot->dest->flags) & IP_VS_DEST_F_OVERLOAD);
}

/**
 * ext_evaluate - look at a server that is full, held, or was edited
 * @es: service
 * @slot: slot
 */
void ext_evaluate(struct ip_vs_ext_service *es, struct ip_vs_ext_slot *slot)
{
	enum ip_vs_ext_state state = slot->state;
	u32 reserved, count;

	lockdep_assert_held(&es->lock);
	reserved = ext_reserved(es, slot);
	count = ext_conns_most(es, slot);

	if (!slot->upper)
		state = IP_VS_EXT_OPEN;
	else if (count >= slot->upper)
		state = IP_VS_EXT_FULL;
	else if (state == IP_VS_EXT_HELD && count + reserved < slot->upper)
		state = ext_core_overload(es, slot) ? IP_VS_EXT_FULL :
						      IP_VS_EXT_OPEN;

	if (state != IP_VS_EXT_OPEN && count + reserved < slot->lower)
		state = IP_VS_EXT_OPEN;
	if (state == IP_VS_EXT_HELD)
		ext_gp_request(es);

	ext_slot_set(es, slot, state, slot->quiesced);
}

/**
 * ext_limits_raised - a step of a slow start made room for connections
 * @es: service
 * @slot: slot
 *
 * That a server was full by the limit of a moment is no reason to wait until it
 * is below its lower threshold; that it was by its own is.
 */
void ext_limits_raised(struct ip_vs_ext_service *es,
		       struct ip_vs_ext_slot *slot)
{
	u32 reserved;

	lockdep_assert_held(&es->lock);
	if (slot->state != IP_VS_EXT_FULL || ext_core_overload(es, slot))
		return;
	reserved = ext_reserved(es, slot);
	if (ext_conns_most(es, slot) + reserved < slot->upper)
		ext_slot_set(es, slot, IP_VS_EXT_OPEN, slot->quiesced);
}

/* Look at the servers that left the eligible set and are few enough. */
static void ext_relieve_watched(struct ip_vs_ext_service *es)
{
	u32 i = es->nr_watch;

	/* backwards: a relieved one is replaced by the last */
	while (i--)
		ext_evaluate(es, es->watch[i]);
}

/* Give a place of @slot to the caller, or take the slot out of the eligible
 * set.
 */
static bool ext_grant(struct ip_vs_ext_service *es, struct ip_vs_ext_slot *slot,
		      struct ip_vs_ext_cpu *me, bool task)
{
	u32 band = ext_band();
	u32 taken = 0;

	lockdep_assert_held(&es->lock);
	if (slot->upper) {
		if (!slot->near &&
		    (task || ext_conns(es, slot) >= slot->far))
			ext_near_enter(es, slot);
		if (slot->near) {
			u32 reserved = ext_reserved(es, slot);
			u32 count = ext_conns_most(es, slot);

			taken = count + reserved + 1;
			if (taken > slot->upper) {
				if (count >= slot->upper) {
					ext_slot_set(es, slot, IP_VS_EXT_FULL,
						     false);
				} else {
					ext_slot_set(es, slot, IP_VS_EXT_HELD,
						     false);
					ext_gp_request(es);
				}
				return false;
			}
			/* Twice the distance, so that it does not go to and
			 * fro with every connection.
			 */
			if (!task && !reserved && slot->upper > band &&
			    count < slot->upper - band &&
			    slot->upper - band - count > band)
				ext_near_leave(slot);
		}
	}

	me->grants++;
	if (task) {
		/* Without a limit there is nothing to reserve; one that is set
		 * in this very moment is for the decisions after it.
		 */
		if (slot->upper)
			ext_task_reserve(es, slot);
	} else {
		WRITE_ONCE(me->snap, ip_vs_compat_stats_conns(me->stats));
		/* Release: with the slot, near_enter() sees the snapshot. */
		smp_store_release(&me->granted, slot);
		if (slot->near)
			ext_cpu_reserve(es, slot, me);
	}
	/* This was the last place. */
	if (slot->near && taken == slot->upper) {
		ext_slot_set(es, slot, IP_VS_EXT_HELD, false);
		ext_gp_request(es);
	}
	return true;
}

/**
 * ext_return_turns - connections no longer go to a tier, or not in turn
 * @es: service
 * @tier: tier
 *
 * So that on one CPU it goes on with the server it left off at. Turns that
 * other CPUs have are turns of whatever tier is next: a few servers are met
 * before their time, or after it.
 */
void ext_return_turns(struct ip_vs_ext_service *es, struct ip_vs_ext_tier *tier)
{
	struct ip_vs_ext_cpu *me = this_cpu_ptr(es->cpu);

	lockdep_assert_held(&es->lock);
	/* Only if nobody took the ones after them. */
	atomic_cmpxchg(&tier->cursor, me->end, me->turn);
	me->end = me->turn;
}

/* Do connections go to this tier? */
static bool ext_in_use(const struct ip_vs_ext_service *es,
		       const struct ip_vs_ext_tier *tier)
{
	u32 i;

	for (i = 0; i < es->nr_join; i++)
		if (es->join[i].tier == tier)
			return true;
	return tier == ext_active(es);
}

/**
 * ip_vs_ext_schedule_slow - decide under the lock of the service
 * @es: service
 * @skb: first packet of the connection
 * @iph: its parsed header
 * @slot: what pick() returned to the lock-free path for this connection, or
 *	NULL; it keeps its turn
 *
 * Every turn of the loop either grants or takes a server out of the eligible
 * set, so there are at most as many as the service has servers, and over time
 * no more than there are grants and reliefs.
 *
 * Context: that of ip_vs_scheduler.schedule: under RCU, any CPU, no locks.
 * Return: a real server, or NULL if none is eligible.
 */
struct ip_vs_dest *ip_vs_ext_schedule_slow(struct ip_vs_ext_service *es,
					   const struct sk_buff *skb,
					   const struct ip_vs_iphdr *iph,
					   struct ip_vs_ext_slot *slot)
{
	struct ip_vs_ext_req req = { .es = es, .skb = skb, .iph = iph };
	bool task = IS_ENABLED(CONFIG_PREEMPT_RT) || !in_softirq();
	struct ip_vs_dest *dest = NULL;
	struct ip_vs_ext_tier *tier;
	struct ip_vs_ext_cpu *me;
	bool report = false;

	spin_lock_bh(&es->lock);
	if (es->dead)
		goto out;
	me = this_cpu_ptr(es->cpu);
	req.me = me;
	if (!task) {
		/* In softirq, one connection after the other. */
		WRITE_ONCE(me->granted, NULL);
		ext_cpu_settle(es, me);
	} else {
		ext_tasks_settle(es, current);
	}
	ext_relieve_watched(es);

	while ((tier = ext_active(es))) {
		if (!slot || !ext_in_use(es, slot->tier) ||
		    !ext_slot_eligible(slot))
			slot = es->ops->pick(tier, &req);
		if (WARN_ON_ONCE(!slot))
			break;
		if (ext_grant(es, slot, me, task)) {
			dest = slot->dest;
			break;
		}
	}
	if (!dest) {
		me->refusals++;
		report = !es->exhausted;
		if (report) {
			WRITE_ONCE(es->exhausted, true);
			es->exhaustions++;
			ext_event_tier(es, NULL, NULL,
				       IP_VS_EXT_EVENT_TYPE_EXHAUSTED);
		}
	}
out:
	spin_unlock_bh(&es->lock);
	/* Once each time that it comes to this, and not with the lock held: a
	 * console can be slow.
	 */
	if (report)
		ip_vs_scheduler_err(es->svc, "no destination available");
	return dest;
}
EXPORT_SYMBOL_GPL(ip_vs_ext_schedule_slow);

/* Servers of one tier looked at without letting go of the lock: a few
 * microseconds.
 */
#define EXT_WORK_BATCH	64

/* Look at up to EXT_WORK_BATCH servers that left the eligible set, from
 * position *@pos of the tier with the highest key <= *@key. Return false at the
 * end.
 */
static bool ext_relieve_batch(struct ip_vs_ext_service *es, u32 *key, u32 *pos)
{
	struct rb_node *node = es->tiers.rb_root.rb_node;
	struct ip_vs_ext_tier *tier = NULL;
	struct ip_vs_ext_array *a;
	u32 end;

	lockdep_assert_held(&es->lock);
	while (node) {
		struct ip_vs_ext_tier *t = rb_entry(node, struct ip_vs_ext_tier,
						    by_key);

		if (t->key <= *key) {
			tier = t;
			node = node->rb_left;
		} else {
			node = node->rb_right;
		}
	}
	if (!tier)
		return false;
	if (tier->key != *key)
		*pos = 0;
	*key = tier->key;

	/* A relieved server changes places with the first one that is not
	 * eligible, which has been looked at already, so going up misses none.
	 */
	a = ext_array(es, tier);
	*pos = max(*pos, a->eligible);
	end = min(*pos + EXT_WORK_BATCH, a->nr);
	for (; *pos < end; ++*pos) {
		struct ip_vs_ext_slot *slot = a->slot[*pos];

		if (ext_slot_out(slot) && !slot->watch)
			ext_evaluate(es, slot);
	}
	if (*pos < a->nr)
		return true;
	if (!*key)
		return false;
	--*key;
	*pos = 0;
	return true;
}

/**
 * ext_relief_work - look at the servers that no decision looks at
 * @work: es->work
 *
 * Context: process, no locks. Armed while es->unwatched is not 0.
 */
void ext_relief_work(struct work_struct *work)
{
	struct ip_vs_ext_service *es = container_of(to_delayed_work(work),
						    struct ip_vs_ext_service,
						    work);
	u32 key = U32_MAX, pos = 0;
	bool more;

	do {
		spin_lock_bh(&es->lock);
		more = !es->dead && ext_relieve_batch(es, &key, &pos);
		if (!more && !es->dead && es->unwatched)
			queue_delayed_work(ext_wq, &es->work,
					   msecs_to_jiffies(EXT_WORK_MS));
		spin_unlock_bh(&es->lock);
		cond_resched();
	} while (more);
}
