/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ip_vs_ext: what the schedulers of this project stand on.
 *
 * The framework keeps one struct ip_vs_ext_service per virtual service that is
 * bound to one of our schedulers (in svc->sched_data). It knows every real
 * server as a slot, groups the slots in tiers, and keeps the eligible servers
 * of each tier together at the front of an array, so that a scheduler chooses
 * among servers that may take a connection without looking at the others.
 *
 * Contexts
 *	init_service, done_service, add_dest, del_dest, upd_dest: process
 *	context, the core's configuration mutex held, may sleep. For one service
 *	they never run in parallel; for two services they may.
 *	schedule: under rcu_read_lock, on any number of CPUs at once and in
 *	parallel with all of the above, in softirq or, for connections that the
 *	director itself opens, in process context with BH enabled.
 *
 * Locks, in the order they nest
 *	configuration mutex (the core's; cannot be named portably)
 *		es->slots, es->stale; every allocation and every change of
 *		membership (which slot is in which tier)
 *	es->lock (spin_lock_bh; a leaf: nothing is allocated, printed or
 *	waited for under it, with the one exception that near_enter() spins for
 *	a CPU that is between two instructions of the lock-free path)
 *		slot: state, limits, position, reservations
 *		tier: its array, its place in es->tiers and es->eligible
 *		es: active, watch, reservations of tasks, grace period counters
 *	No lock of the core is ever taken, and none of ours is held while the
 *	core is called.
 *
 * Lifetime
 *	Slots, tiers and arrays are unlinked under es->lock and freed after a
 *	grace period; schedule() finds them through es->active under RCU.
 *	slot->dest is only followed while the slot is linked, or by a
 *	schedule() that found it while it was, which the core allows for.
 *	es is freed a grace period after done_service() stored NULL in
 *	svc->sched_data: a schedule() that starts later sees the NULL (Linux
 *	before "ipvs: clear the svc scheduler ptr early on edit" does start it).
 *
 * The exact limit
 *	Between schedule() and the moment when the core raises the server's
 *	connection count there is a window in which other CPUs decide. All
 *	grants in that window are known to us:
 *
 *	- In softirq a CPU finishes (binds, or gives up) one connection before
 *	  it starts the next. So each CPU has at most one open grant per
 *	  service, which it publishes in its struct ip_vs_ext_cpu.
 *	- Far from the limit (count < slot->far = upper - band, where band
 *	  covers one open grant and one connection that is changing its state
 *	  on every possible CPU) nobody looks at these records: even if all of
 *	  them bind to this server it stays below the limit. No lock is taken.
 *	- Near the limit all grants of a slot are made under es->lock.
 *	  near_enter() sets slot->far to 0, then collects the open grants of
 *	  all CPUs. Either the other CPU sees far == 0, or we see its record:
 *	  it stores GRANT_BUSY, executes a full barrier (in pick()), then
 *	  reads far; we store far, execute a full barrier, then read its
 *	  record, waiting while that is GRANT_BUSY.
 *	- An open grant is over when its CPU started another decision, when
 *	  that CPU's connection counter of the service moved (the core raises it
 *	  after the count of the server), or when a grace period has passed: the
 *	  core binds in the RCU section that called schedule(). No timeout is
 *	  involved.
 *	- A task that opens a connection to its own director may be interrupted
 *	  or moved between decision and bind, so such grants always use the
 *	  lock and are over when the same task asks again or after a grace
 *	  period.
 */
#ifndef _IP_VS_EXT_H
#define _IP_VS_EXT_H

#include <linux/rbtree.h>
#include <linux/refcount.h>
#include <linux/workqueue.h>
#include <net/ip_vs.h>

struct ip_vs_ext_slot;
struct ip_vs_ext_tier;

/**
 * struct ip_vs_ext_ops - what a scheduler tells the framework
 * @tier: tier of a server with weight @weight > 0; higher is preferred.
 *	Process context, configuration mutex held.
 * @pick: next server of a tier, or NULL if it has no eligible one. Called
 *	under RCU by many CPUs at once, with or without es->lock. It must
 *	execute a full memory barrier before it returns a slot (see "The exact
 *	limit" above); ip_vs_ext_rr() does.
 */
struct ip_vs_ext_ops {
	u32			(*tier)(const struct ip_vs_dest *dest,
					u32 weight);
	struct ip_vs_ext_slot	*(*pick)(struct ip_vs_ext_tier *tier);
};

/**
 * enum ip_vs_ext_state - may a server take a connection?
 * @IP_VS_EXT_OPEN: yes, as far as its limits go
 * @IP_VS_EXT_HELD: not now: the last places are reserved for grants whose
 *	connection has not been seen yet
 * @IP_VS_EXT_FULL: no, the count reached the upper threshold and has not
 *	fallen below the lower one since
 */
enum ip_vs_ext_state {
	IP_VS_EXT_OPEN,
	IP_VS_EXT_HELD,
	IP_VS_EXT_FULL,
};

/**
 * struct ip_vs_ext_slot - a real server as a scheduler sees it
 * @dest: the server
 * @tier: the tier whose array holds the slot
 * @by_dest: node in es->slots, ordered by @dest
 * @rcu: frees the slot, when @by_dest is no longer in use
 * @far: below this connection count no lock is needed to grant; 0 when near
 *	the limit or not eligible
 * @upper: upper threshold in connections, 0: none
 * @lower: a full server is relieved when its count is below this
 * @pos: index in the array of @tier
 * @open: first CPU with an open reservation for this slot, plus 1; 0: none
 * @pend: open reservations made by tasks
 * @state: enum ip_vs_ext_state
 * @near: grants need es->lock
 * @quiesced: the weight is 0
 * @watch: index in es->watch plus 1; 0: not watched
 *
 * Written under es->lock, one cache line.
 */
struct ip_vs_ext_slot {
	struct ip_vs_dest	*dest;
	struct ip_vs_ext_tier	*tier;
	union {
		struct rb_node	by_dest;
		struct rcu_head	rcu;
	};
	u32			far;
	u32			upper;
	u32			lower;
	u32			pos;
	u16			open;
	u16			pend;
	u8			state;
	u8			watch;
	bool			near:1,
				quiesced:1;
};

/**
 * struct ip_vs_ext_array - the slots of a tier, eligible ones first
 * @rcu: frees an array that was replaced by a larger one
 * @cap: room, in slots
 * @nr: slots in the tier
 * @eligible: how many of them are eligible; they are slot[0 .. eligible - 1]
 * @slot: the slots
 *
 * @eligible lives here and not in the tier, so that a reader can never combine
 * the count of a large array with the memory of the small one it replaced.
 */
struct ip_vs_ext_array {
	struct rcu_head		rcu;
	u32			cap;
	u32			nr;
	u32			eligible;
	struct ip_vs_ext_slot	*slot[];
};

/**
 * struct ip_vs_ext_tier - servers of equal preference
 * @array: its slots
 * @key: higher is preferred
 * @by_key: node in es->tiers, highest key first
 * @by_eligible: node in es->eligible while the tier has an eligible server
 * @rcu: frees the tier
 * @cursor: round robin position; its own cache line, because it is written by
 *	every decision
 */
struct ip_vs_ext_tier {
	struct ip_vs_ext_array __rcu	*array;
	u32				key;
	struct rb_node			by_key;
	struct rb_node			by_eligible;
	struct rcu_head			rcu;
	atomic_t			cursor ____cacheline_aligned_in_smp;
};

/* ip_vs_ext_cpu.granted while the lock-free path has not decided yet */
#define IP_VS_EXT_GRANT_BUSY	((struct ip_vs_ext_slot *)1UL)

/**
 * struct ip_vs_ext_cpu - one CPU's part of a service
 * @granted: slot of the last grant; compared, never followed
 * @snap: this CPU's connection counter of the service when it was granted
 * @stats: where that counter is
 * @grants: decisions that returned a server
 * @refusals: decisions that found none
 * @held: slot in whose reservation list the record is, or NULL
 * @stamp: grace period in which it was made
 * @next: next CPU in that list, plus 1
 * @cpu: the CPU this belongs to
 *
 * Up to @refusals: written by its CPU with BH disabled. The rest: es->lock.
 */
struct ip_vs_ext_cpu {
	struct ip_vs_ext_slot	*granted;
	u64			snap;
	const struct ip_vs_cpu_stats *stats;
	u64			grants;
	u64			refusals;

	struct ip_vs_ext_slot	*held;
	u32			stamp;
	u16			next;
	u16			cpu;
} ____cacheline_aligned_in_smp;

/* Servers that leave the eligible set are looked at again by every decision
 * if their tier has at most this many servers, and at most this many in all;
 * the others by a work item. More would make a decision expensive, fewer
 * would delay the return to an ordinary pool.
 */
#define IP_VS_EXT_WATCH		32

/* Reservations of tasks that are told apart; see es->tasks_unknown. */
#define IP_VS_EXT_TASKS		32

struct ip_vs_ext_task {
	struct ip_vs_ext_slot	*slot;
	const void		*task;
	u32			stamp;
};

/**
 * struct ip_vs_ext_counters - what happened in a service since it was bound
 * @grants: decisions that returned a server
 * @refusals: decisions that found no eligible server
 * @full: times a server reached its upper threshold
 * @spills: times a tier ran out of eligible servers and a lower one took over
 * @returns: times a higher tier took over again because a server was relieved
 */
struct ip_vs_ext_counters {
	u64			grants;
	u64			refusals;
	u64			full;
	u64			spills;
	u64			returns;
};

/**
 * struct ip_vs_ext_service - a virtual service as a scheduler sees it
 * @active: highest tier that has an eligible server, or NULL
 * @cpu: per CPU part
 * @ops: the scheduler
 * @svc: the service; valid until done_service()
 * @nr_watch: entries in @watch
 * @nr_held: how many of them are held and not full
 * @watch: servers that are full or held and looked at by every decision
 * @lock: see the head of this file
 * @eligible: tiers that have an eligible server, highest first
 * @tiers: all tiers, highest first
 * @slots: all slots, by server
 * @unwatched: servers full or held that only the work looks at
 * @gp_posted: grace periods asked for
 * @gp_done: grace periods seen to end
 * @gp_again: another one was asked for while one was under way
 * @tasks_unknown: reservations of tasks for which @tasks had no room; they are
 *	held against every server of the service
 * @tasks_stamp: grace period in which the last of those was made
 * @nr_tasks: entries in @tasks
 * @tasks: reservations made by tasks
 * @full: see struct ip_vs_ext_counters
 * @spills: likewise
 * @returns: likewise
 * @exhausted: a refusal has been reported since a server was eligible
 * @dead: done_service() has run
 * @stale: an allocation failed; membership is repaired at the next callback
 * @refs: done_service() and a pending grace period callback
 * @gp_rcu: waits for a grace period
 * @rcu: frees this
 * @work: looks at @unwatched servers
 */
struct ip_vs_ext_service {
	/* read by every decision */
	struct ip_vs_ext_tier __rcu	*active;
	struct ip_vs_ext_cpu __percpu	*cpu;
	const struct ip_vs_ext_ops	*ops;
	struct ip_vs_service		*svc;
	u32				nr_watch;
	u32				nr_held;
	struct ip_vs_ext_slot		*watch[IP_VS_EXT_WATCH];

	spinlock_t			lock ____cacheline_aligned_in_smp;
	struct rb_root_cached		eligible;
	struct rb_root_cached		tiers;
	struct rb_root			slots;
	u32				unwatched;
	u32				gp_posted;
	u32				gp_done;
	u32				tasks_unknown;
	u32				tasks_stamp;
	u32				nr_tasks;
	struct ip_vs_ext_task		tasks[IP_VS_EXT_TASKS];
	u64				full;
	u64				spills;
	u64				returns;
	bool				gp_again;
	bool				exhausted;
	bool				dead;
	bool				stale;
	refcount_t			refs;
	struct rcu_head			gp_rcu;
	struct rcu_head			rcu;
	struct delayed_work		work;
};

int ip_vs_ext_init_service(struct ip_vs_service *svc,
			   const struct ip_vs_ext_ops *ops);
void ip_vs_ext_done_service(struct ip_vs_service *svc);
int ip_vs_ext_add_dest(struct ip_vs_service *svc, struct ip_vs_dest *dest);
int ip_vs_ext_del_dest(struct ip_vs_service *svc, struct ip_vs_dest *dest);
int ip_vs_ext_upd_dest(struct ip_vs_service *svc, struct ip_vs_dest *dest);
void ip_vs_ext_read_counters(struct ip_vs_ext_service *es,
			     struct ip_vs_ext_counters *sum);
struct ip_vs_dest *ip_vs_ext_schedule_slow(struct ip_vs_ext_service *es,
					   struct ip_vs_ext_slot *slot);

/**
 * ip_vs_ext_active_only - which connections count against the limits?
 * @svc: virtual service
 *
 * Read at every use: the core changes the flags without telling a scheduler.
 *
 * Return: true if only active connections count (ipvsadm -b flag-1).
 */
static inline bool ip_vs_ext_active_only(const struct ip_vs_service *svc)
{
	return READ_ONCE(svc->flags) & IP_VS_SVC_F_SCHED1;
}

/**
 * ip_vs_ext_conns - connections of a server that count against its limits
 * @dest: real server
 * @active_only: ip_vs_ext_active_only() of its service
 *
 * May be too low by one for each CPU that is just changing the state of a
 * connection (only on kernels that count active and inactive ones apart).
 *
 * Return: the number of connections.
 */
static inline u32 ip_vs_ext_conns(const struct ip_vs_dest *dest,
				  bool active_only)
{
	if (unlikely(active_only))
		return atomic_read(&dest->activeconns);
	return ip_vs_compat_conns(dest);
}

/**
 * ip_vs_ext_rr - next eligible server of a tier in round robin order
 * @tier: tier
 *
 * Context: any, under RCU. Lock-free: one atomic operation, which is also the
 *	full barrier that struct ip_vs_ext_ops asks for.
 * Return: a slot, or NULL if the tier has no eligible server.
 */
static inline struct ip_vs_ext_slot *ip_vs_ext_rr(struct ip_vs_ext_tier *tier)
{
	const struct ip_vs_ext_array *a;
	u32 next, n;

	next = atomic_fetch_inc(&tier->cursor);
	a = rcu_dereference(tier->array);
	n = READ_ONCE(a->eligible);
	if (unlikely(!n))
		return NULL;
	return READ_ONCE(a->slot[next % n]);
}

/* Does a server that left the eligible set need to be looked at? Without a
 * lock, so only a hint; the answer is worked out under es->lock.
 */
static inline bool ip_vs_ext_relief_due(const struct ip_vs_ext_service *es,
					const struct ip_vs_service *svc)
{
	struct ip_vs_ext_slot * const *p = es->watch;
	/* Acquire: the entries that the number speaks of are there. */
	struct ip_vs_ext_slot * const *end = p + smp_load_acquire(&es->nr_watch);
	bool active_only = ip_vs_ext_active_only(svc);

	if (unlikely(READ_ONCE(es->nr_held)))
		return true;
	for (; p != end; p++) {
		const struct ip_vs_ext_slot *slot = READ_ONCE(*p);

		if (ip_vs_ext_conns(slot->dest, active_only) <
		    READ_ONCE(slot->lower))
			return true;
	}
	return false;
}

/**
 * ip_vs_ext_schedule - choose a server for a new connection
 * @svc: virtual service
 * @pick: the scheduler's ip_vs_ext_ops.pick, named here so that it is inlined
 *
 * The whole decision while nothing is full, nothing is near its limit and the
 * packet is handled in softirq; everything else is ip_vs_ext_schedule_slow().
 *
 * Context: that of ip_vs_scheduler.schedule: under RCU, any CPU, no locks.
 * Return: a real server, or NULL if none is eligible.
 */
static __always_inline struct ip_vs_dest *
ip_vs_ext_schedule(struct ip_vs_service *svc,
		   struct ip_vs_ext_slot *(*pick)(struct ip_vs_ext_tier *))
{
	struct ip_vs_ext_service *es = READ_ONCE(svc->sched_data);
	struct ip_vs_ext_slot *slot = NULL;
	struct ip_vs_ext_tier *tier;
	struct ip_vs_ext_cpu *me;
	struct ip_vs_dest *dest;

	/* a scheduler change is under way */
	if (unlikely(!es))
		return NULL;

	/* On PREEMPT_RT softirqs of one CPU may interleave, and a record per
	 * CPU proves nothing.
	 */
	if (IS_ENABLED(CONFIG_PREEMPT_RT) || unlikely(!in_softirq()))
		goto slow;

	me = this_cpu_ptr(es->cpu);
	if (unlikely(READ_ONCE(me->held)))
		goto slow;
	if (unlikely(READ_ONCE(es->nr_watch)) && ip_vs_ext_relief_due(es, svc))
		goto slow;
	tier = rcu_dereference(es->active);
	if (unlikely(!tier)) {
		if (!READ_ONCE(es->exhausted))
			goto slow;
		me->refusals++;
		return NULL;
	}

	/* Release: whoever sees that this CPU went on also sees the connection
	 * of its previous decision counted.
	 */
	smp_store_release(&me->granted, IP_VS_EXT_GRANT_BUSY);
	slot = pick(tier);
	if (unlikely(!slot))
		goto leave;
	dest = slot->dest;
	if (unlikely(ip_vs_ext_conns(dest, ip_vs_ext_active_only(svc)) >=
		     READ_ONCE(slot->far)))
		goto leave;

	WRITE_ONCE(me->snap, ip_vs_compat_stats_conns(me->stats));
	/* Release: with the slot, near_enter() sees the snapshot. */
	smp_store_release(&me->granted, slot);
	me->grants++;
	return dest;

leave:
	/* Release: as above. */
	smp_store_release(&me->granted, NULL);
slow:
	return ip_vs_ext_schedule_slow(es, slot);
}

#endif /* _IP_VS_EXT_H */
