// SPDX-License-Identifier: GPL-2.0
/*
 * Admission: who may take a connection, and the exact limit.
 *
 * The rule is in docs/design.md, the argument why it holds on many CPUs at the
 * head of ip_vs_ext.h. Everything here runs under es->lock, but for
 * ip_vs_ext_schedule_near(), which may do without, and the grace period callback
 * and the work, which take it.
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

u32 ext_band __read_mostly;
u32 ext_again __read_mostly;

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
	WRITE_ONCE(es->gp_posted, es->gp_posted + 1);
	refcount_inc(&es->refs);
	call_rcu_hurry(&es->gp_rcu, ext_gp_end);
}

/* Reservations of CPUs. Each is one in slot->reserved, and one record of a CPU: of
 * its own (IP_VS_EXT_OWN), ended by it when it decides again, or in the list of the
 * slot. Nobody but the CPU can be sure of a record that is its own, so those who
 * want to know whether it is done with it put it into the list first.
 */

static unsigned long ext_own(const struct ip_vs_ext_slot *slot)
{
	return (unsigned long)slot | IP_VS_EXT_OWN;
}

static void ext_cpu_enlist(struct ip_vs_ext_service *es,
			   struct ip_vs_ext_slot *slot, struct ip_vs_ext_cpu *c)
{
	lockdep_assert_held(&es->lock);
	c->next = slot->open;
	slot->open = c->cpu + 1;
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

/* Is the CPU certainly done with the connection it had reserved a place for, in the
 * list of @slot? Reads nothing that has to be read before the server's count but
 * for what is ordered by the acquire here and the barrier of the caller.
 */
static bool ext_cpu_done(const struct ip_vs_ext_service *es,
			 const struct ip_vs_ext_slot *slot,
			 const struct ip_vs_ext_cpu *c)
{
	/* It has made another decision. If it does so just after this, the
	 * snapshot read next is that of the new one: it is done either way.
	 * While it is busy it may be about to say that it granted this one.
	 */
	if (ext_cpu_granted(c) != slot)
		return true;
	if (ext_cpu_bound(es, c))
		return true;
	return ext_stamp_passed(es, c->stamp);
}

static void ext_unreserve(struct ip_vs_ext_slot *slot)
{
	/* Who sees that one place less is reserved also sees the connection
	 * that took it counted, as the caller did.
	 */
	smp_mb__before_atomic();
	atomic_dec(&slot->reserved);
}

/* End the reservation in the list at *link, which is what points to @c. */
static void ext_cpu_unlist(struct ip_vs_ext_slot *slot,
			   struct ip_vs_ext_cpu *c, u16 *link)
{
	*link = c->next;
	WRITE_ONCE(c->held, 0);
	ext_unreserve(slot);
}

/* End the reservation of this CPU, or one in a list, that is known to be over. */
static void ext_cpu_settle(struct ip_vs_ext_service *es,
			   struct ip_vs_ext_cpu *c)
{
	unsigned long held = READ_ONCE(c->held);
	struct ip_vs_ext_slot *slot = (void *)(held & ~IP_VS_EXT_OWN);
	u16 *link;

	lockdep_assert_held(&es->lock);
	if (!held)
		return;
	if (held & IP_VS_EXT_OWN) {
		WRITE_ONCE(c->held, 0);
		ext_unreserve(slot);
		return;
	}
	for (link = &slot->open; *link != c->cpu + 1;)
		link = &per_cpu_ptr(es->cpu, *link - 1)->next;
	ext_cpu_unlist(slot, c, link);
}

/* End what is over of the reservations in the list; return how many remain. */
static u32 ext_cpus_listed(struct ip_vs_ext_service *es,
			   struct ip_vs_ext_slot *slot)
{
	u16 *link = &slot->open;
	u32 n = 0;

	lockdep_assert_held(&es->lock);
	while (*link) {
		struct ip_vs_ext_cpu *c = per_cpu_ptr(es->cpu, *link - 1);

		if (ext_cpu_done(es, slot, c)) {
			ext_cpu_unlist(slot, c, link);
			continue;
		}
		link = &c->next;
		n++;
	}
	return n;
}

/* Put all reservations of CPUs into the list, also those that were being made
 * without the lock when this was called.
 */
static void ext_cpus_enlist(struct ip_vs_ext_service *es,
			    struct ip_vs_ext_slot *slot)
{
	unsigned long own = ext_own(slot);
	int cpu;

	lockdep_assert_held(&es->lock);
	for_each_possible_cpu(cpu) {
		struct ip_vs_ext_cpu *c = per_cpu_ptr(es->cpu, cpu);

		ext_cpu_granted(c);
		/* If it fails the CPU has just ended it. */
		if (READ_ONCE(c->held) == own &&
		    cmpxchg(&c->held, own, (unsigned long)slot) == own)
			ext_cpu_enlist(es, slot, c);
	}
}

/* Reserve for the grants that CPUs made without a reservation and that may not be
 * counted yet. Of those that come after it none is without.
 */
static void ext_far_collect(struct ip_vs_ext_service *es,
			    struct ip_vs_ext_slot *slot)
{
	unsigned long held;
	int cpu;

	lockdep_assert_held(&es->lock);
	WRITE_ONCE(slot->far, 0);
	/* Pairs with the full barrier in ip_vs_ext_ops.pick: either that CPU
	 * reads far == 0, or we read its record below.
	 */
	smp_mb();
	for_each_possible_cpu(cpu) {
		struct ip_vs_ext_cpu *c = per_cpu_ptr(es->cpu, cpu);

		if (ext_cpu_granted(c) != slot)
			continue;
		/* An older reservation of that CPU is over. One of its own is
		 * either for this grant, from the time when the slot was near
		 * before, and counts still, or the CPU has gone on.
		 */
		held = READ_ONCE(c->held);
		if (held & IP_VS_EXT_OWN)
			continue;
		if (held)
			ext_cpu_settle(es, c);
		WRITE_ONCE(c->stamp, es->gp_posted);
		atomic_inc(&slot->reserved);
		if (cmpxchg(&c->held, 0, ext_own(slot)))
			atomic_dec(&slot->reserved);	/* it has gone on */
	}
}

/**
 * ext_near_enter - from now on grants of a slot are reserved
 * @es: service
 * @slot: slot whose upper threshold is set, or has changed
 *
 * No decision goes by the old one after this.
 */
void ext_near_enter(struct ip_vs_ext_service *es, struct ip_vs_ext_slot *slot)
{
	int cpu;

	lockdep_assert_held(&es->lock);
	if (!ext_near(slot)) {
		ext_far_collect(es, slot);
		atomic_sub(IP_VS_EXT_FAR, &slot->reserved);
		return;
	}
	/* As in ext_far_collect(), but for the threshold. */
	smp_mb();
	for_each_possible_cpu(cpu)
		ext_cpu_granted(per_cpu_ptr(es->cpu, cpu));
}

/* Reservations of tasks: connections that the director itself opens. */

static void ext_task_drop(struct ip_vs_ext_service *es, u32 i)
{
	es->tasks[i].slot->pend--;
	ext_unreserve(es->tasks[i].slot);
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
		/* Release: who does not count them sees their connections. */
		smp_store_release(&es->tasks_unknown, 0);
}

static bool ext_tasks_open(const struct ip_vs_ext_service *es)
{
	return es->nr_tasks || es->tasks_unknown;
}

/* The place is reserved; find out when that ends. */
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
		WRITE_ONCE(es->tasks_unknown, es->tasks_unknown + 1);
		es->tasks_stamp = es->gp_posted;
		/* It is in one of both numbers for those who read the other
		 * one first.
		 */
		ext_unreserve(slot);
	}
	ext_gp_request(es);
}

/**
 * ext_forget - drop the reservations for a slot that is going away
 * @es: service
 * @slot: slot, not eligible; nothing is granted or reserved from here on
 *
 * Return: true if a connection that was granted may not be counted yet.
 */
bool ext_forget(struct ip_vs_ext_service *es, struct ip_vs_ext_slot *slot)
{
	bool open;
	u32 i;

	lockdep_assert_held(&es->lock);
	if (ext_near(slot)) {
		atomic_add(IP_VS_EXT_FAR, &slot->reserved);
		/* As in ext_far_collect(): a CPU reads this when it wants to
		 * reserve, after it said that it is busy.
		 */
		smp_mb__after_atomic();
	} else {
		ext_far_collect(es, slot);
	}
	ext_cpus_enlist(es, slot);
	ext_tasks_settle(es, NULL);
	open = ext_cpus_listed(es, slot) || slot->pend || es->tasks_unknown;

	while (slot->open)
		ext_cpu_settle(es, per_cpu_ptr(es->cpu, slot->open - 1));
	i = es->nr_tasks;
	while (i--)
		if (es->tasks[i].slot == slot)
			ext_task_drop(es, i);
	return open;
}

/**
 * ext_close - no decision is made for the service from here on
 * @es: service
 *
 * Return: true if the connection of an earlier one may not be counted yet.
 */
bool ext_close(struct ip_vs_ext_service *es)
{
	struct ip_vs_ext_slot *slot;
	struct rb_node *node;
	bool open;
	int cpu;

	lockdep_assert_held(&es->lock);
	es->dead = true;
	for (node = rb_first(&es->slots); node; node = rb_next(node)) {
		slot = rb_entry(node, struct ip_vs_ext_slot, by_dest);
		WRITE_ONCE(slot->far, 0);
		if (ext_near(slot))
			atomic_add(IP_VS_EXT_FAR, &slot->reserved);
	}
	/* Pairs with the full barrier in ip_vs_ext_ops.pick, as above. */
	smp_mb();
	ext_tasks_settle(es, NULL);
	open = ext_tasks_open(es);
	for_each_possible_cpu(cpu) {
		struct ip_vs_ext_cpu *c = per_cpu_ptr(es->cpu, cpu);

		if (ext_cpu_granted(c) && !ext_cpu_bound(es, c))
			open = true;
	}
	return open;
}

/* Places that may be filled without another decision, with @mine of the caller's
 * that no record tells of yet; too many by what is being reserved in this moment.
 * Read the count of the server after this: what is not among them is in the count.
 */
static u32 ext_reserved(struct ip_vs_ext_service *es,
			struct ip_vs_ext_slot *slot, u32 mine)
{
	u32 known;
	int n;

	if (unlikely(ext_tasks_open(es)))
		ext_tasks_settle(es, NULL);
	known = ext_cpus_listed(es, slot) + slot->pend + mine;
	n = atomic_read(&slot->reserved);
	if (n > (int)known) {
		ext_cpus_enlist(es, slot);
		ext_cpus_listed(es, slot);
		n = atomic_read(&slot->reserved);
	}
	/* Evidence before count: a connection that is no longer reserved must
	 * be seen in the count.
	 */
	smp_rmb();
	return (n < 0 ? known : n) + es->tasks_unknown;
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
	reserved = ext_reserved(es, slot, 0);
	count = ext_conns_most(es, slot);

	if (!slot->upper)
		state = IP_VS_EXT_OPEN;
	else if (count >= slot->upper)
		state = IP_VS_EXT_FULL;
	else if (state == IP_VS_EXT_HELD && count + reserved < slot->upper)
		state = ext_core_overload(es, slot) ? IP_VS_EXT_FULL :
						      IP_VS_EXT_OPEN;

	if (state != IP_VS_EXT_OPEN && count + reserved < ext_lower(es, slot))
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
	reserved = ext_reserved(es, slot, 0);
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

/* Give a place of @slot, which is near its limit, to the caller without the lock.
 * Not the last one: what follows from that needs it. Its reservation takes the place
 * of the one before, which is over in softirq, by one atomic operation.
 *
 * Of two who reserve at the same time the second sees the first; both see the
 * connection of a reservation that is over, because it was counted before. Between
 * reservation and record the CPU is busy, so those who want to see all records
 * wait for it.
 */
static bool ext_reserve(struct ip_vs_ext_service *es,
			struct ip_vs_ext_slot *slot, struct ip_vs_ext_cpu *me)
{
	unsigned long held = READ_ONCE(me->held);
	u32 left = READ_ONCE(slot->upper) - 1;
	struct ip_vs_ext_slot *old;
	int n;

	if (held && !(held & IP_VS_EXT_OWN))
		return false;	/* in a list */
	/* A full barrier: what is not reserved any more is in the count. */
	n = atomic_inc_return(&slot->reserved);
	if (n < 0)
		goto undo;
	left -= n;
	/* Acquire: likewise. */
	left -= smp_load_acquire(&es->tasks_unknown);
	left -= ext_conns_most(es, slot);
	/* less than none, or so many that it is no longer near */
	if (left >= ext_again)
		goto undo;

	WRITE_ONCE(me->snap, ip_vs_compat_stats_conns(me->stats));
	/* An old value would be that of a grace period which waits for us. */
	WRITE_ONCE(me->stamp, READ_ONCE(es->gp_posted));
	/* A full barrier: with the record come stamp and snapshot. Somebody
	 * may be collecting what this CPU granted before.
	 */
	if (cmpxchg(&me->held, held, ext_own(slot)) != held)
		goto undo;
	if (held) {
		/* Its connection was counted before that. */
		old = (void *)(held & ~IP_VS_EXT_OWN);
		atomic_dec(&old->reserved);
	}
	/* Release: who sees the slot sees the record. */
	smp_store_release(&me->granted, slot);
	me->grants++;
	return true;

undo:
	atomic_dec(&slot->reserved);
	return false;
}

/* Give a place of @slot to the caller, or take the slot out of the eligible
 * set.
 */
static bool ext_grant(struct ip_vs_ext_service *es, struct ip_vs_ext_slot *slot,
		      struct ip_vs_ext_cpu *me, bool task)
{
	bool near = false, last = false;

	lockdep_assert_held(&es->lock);
	if (slot->upper && !ext_near(slot) &&
	    (task || ext_conns(es, slot) >= slot->far))
		ext_near_enter(es, slot);
	if (slot->upper && ext_near(slot)) {
		u32 reserved, count;

		near = true;
		/* With ours. A full barrier, as in ext_reserve(). */
		reserved = atomic_inc_return(&slot->reserved) +
			   es->tasks_unknown;
		count = ext_conns_most(es, slot);
		if (count + reserved >= slot->upper) {
			reserved = ext_reserved(es, slot, 1);
			count = ext_conns_most(es, slot);
		}
		if (count + reserved > slot->upper) {
			atomic_dec(&slot->reserved);
			if (count >= slot->upper) {
				ext_slot_set(es, slot, IP_VS_EXT_FULL, false);
			} else {
				ext_slot_set(es, slot, IP_VS_EXT_HELD, false);
				ext_gp_request(es);
			}
			return false;
		}
		last = count + reserved == slot->upper;
		if (slot->upper - count > ext_again && !task && !slot->pend &&
		    !es->tasks_unknown) {
			near = false;
			atomic_dec(&slot->reserved);
			ext_near_leave(slot);
		}
	}

	me->grants++;
	if (task) {
		/* Without a limit there is nothing to reserve; one that is set
		 * in this very moment is for the decisions after it.
		 */
		if (near)
			ext_task_reserve(es, slot);
	} else {
		WRITE_ONCE(me->snap, ip_vs_compat_stats_conns(me->stats));
		WRITE_ONCE(me->stamp, es->gp_posted);
		/* Release: with the slot, others see the snapshot. */
		smp_store_release(&me->granted, slot);
		/* For the last place those who wait for it look at the record;
		 * they need not search for it.
		 */
		if (last)
			ext_cpu_enlist(es, slot, me);
		if (near)
			WRITE_ONCE(me->held, last ? (unsigned long)slot :
						    ext_own(slot));
	}
	if (last) {
		ext_slot_set(es, slot, IP_VS_EXT_HELD, false);
		ext_gp_request(es);
	}
	return true;
}

/**
 * ext_turns_back - return the turns that this CPU has left
 * @cursor: what they may have been taken from
 * @me: this CPU's part of the service
 *
 * Return: true if they were, and nobody took the ones after them.
 */
bool ext_turns_back(atomic_t *cursor, struct ip_vs_ext_cpu *me)
{
	if (atomic_cmpxchg(cursor, me->end, me->turn) != me->end)
		return false;
	me->end = me->turn;
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
	atomic_t *cursor = &tier->cursor;

	lockdep_assert_held(&es->lock);
	if (es->ops->turns)
		cursor = es->ops->turns(es, tier);
	if (!ext_turns_back(cursor, me))
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
 * ip_vs_ext_schedule_near - decide for a server that is near its limit
 * @es: service
 * @skb: first packet of the connection
 * @iph: its parsed header
 * @slot: what pick() returned to the lock-free path for this connection, and
 *	what it may not grant without a reservation
 *
 * Context: that of ip_vs_scheduler.schedule, in softirq; this CPU's part of @es is
 *	IP_VS_EXT_GRANT_BUSY.
 * Return: a real server, or NULL if none is eligible.
 */
struct ip_vs_dest *ip_vs_ext_schedule_near(struct ip_vs_ext_service *es,
					   const struct sk_buff *skb,
					   const struct ip_vs_iphdr *iph,
					   struct ip_vs_ext_slot *slot)
{
	struct ip_vs_ext_cpu *me = this_cpu_ptr(es->cpu);

	if (likely(ext_reserve(es, slot, me)))
		return slot->dest;
	/* Release: whoever sees that this CPU went on also sees the connection
	 * of its previous decision counted.
	 */
	smp_store_release(&me->granted, NULL);
	return ip_vs_ext_schedule_slow(es, skb, iph, slot);
}
EXPORT_SYMBOL_GPL(ip_vs_ext_schedule_near);

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
	}
	if (task || unlikely(ext_tasks_open(es)))
		ext_tasks_settle(es, task ? current : NULL);
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
