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
 *		callbacks other than schedule
 *	ext_mutex (ours, one for all)
 *		services, attributes and parameters (ext_conf.c); es->slots,
 *		es->stale; every allocation and every change of membership
 *		(which slot is in which tier). Taken in the callbacks and, with
 *		neither the configuration mutex nor anything of the core's under
 *		it, for what the operator sets by netlink. Nobody waits for
 *		the core, netlink, RTNL or a grace period with it held.
 *	es->lock (spin_lock_bh; a leaf: nothing is allocated, printed or
 *	waited for under it, with the one exception that those who look at the
 *	records of CPUs spin for one that is between two instructions of the
 *	lock-free path)
 *		slot: state, limits, position, reservations
 *		tier: its array, its place in es->tiers and es->eligible
 *		es: active, join, method, watch, hold, number of ramps,
 *		reservations of tasks, grace period counters
 *	No lock of the core is ever taken, and none of ours is held while the
 *	core is called.
 *
 * Lifetime
 *	Slots, tiers and arrays are unlinked under es->lock and freed after a
 *	grace period; schedule() finds them through es->plain, es->active and the
 *	first es->nr_join entries of es->join under RCU. A tier is in neither when it
 *	is unlinked: it has no eligible server then. A reader that combines an
 *	old number of entries with new entries, or the other way round, is in
 *	an RCU section that began before the change, and so finds tiers that
 *	are at most as old as that.
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
 *	- Near the limit every open grant of a slot is one in slot->reserved,
 *	  from before the count is read until after its connection is counted.
 *	  It is made if both together, this one included, stay below the limit;
 *	  the last place is granted under es->lock. Of several who reserve at
 *	  once the last one sees all others, in one number or the other.
 *	- near_enter() sets slot->far to 0, then reserves for the open grants
 *	  of all CPUs, then lets others reserve. Either the other CPU sees
 *	  far == 0, or we see its record: it stores GRANT_BUSY, executes a full
 *	  barrier (in pick()), then reads far; we store far, execute a full
 *	  barrier, then read its record, waiting while that is GRANT_BUSY.
 *	- near_leave() stops the reserving by one atomic operation, and only
 *	  when the count is below far by as much again, or the limit is gone. A
 *	  reservation made just before is one open grant of its CPU, for which
 *	  far has room.
 *	- An open grant is over when its CPU started another decision, when
 *	  that CPU's connection counter of the service moved (the core raises it
 *	  after the count of the server), or when a grace period has passed: the
 *	  core binds in the RCU section that called schedule(). No timeout is
 *	  involved. Its CPU finds out by itself when it decides again; for the
 *	  others there is its struct ip_vs_ext_cpu, from where they move the
 *	  reservation to the list of the slot before they judge it, so that the
 *	  CPU does not end it, and make another, at the same time.
 *	- A task that opens a connection to its own director may be interrupted
 *	  or moved between decision and bind, so such grants always use the
 *	  lock and are over when the same task asks again or after a grace
 *	  period.
 */
#ifndef _IP_VS_EXT_H
#define _IP_VS_EXT_H

#include <linux/prefetch.h>
#include <linux/rbtree.h>
#include <linux/refcount.h>
#include <linux/workqueue.h>
#include <net/ip_vs.h>
#include <uapi/linux/ip_vs_ext.h>

struct ip_vs_ext_net;
struct ip_vs_ext_params;
struct ip_vs_ext_service;
struct ip_vs_ext_slot;
struct ip_vs_ext_tier;

/**
 * struct ip_vs_ext_attrs - what is said of a real server besides its weight
 * @present: which of the following are set: bits 1 << IP_VS_EXT_ATTR_...
 * @priority: tier, higher is preferred
 * @lag: time a packet takes to the server, microseconds
 * @bandwidth: capacity, bytes per second
 *
 * Ranges are those of uapi/linux/ip_vs_ext.h. What is not present is 0.
 */
struct ip_vs_ext_attrs {
	u32			present;
	u32			priority;
	u32			lag;
	u64			bandwidth;
};

#define IP_VS_EXT_HAS(attr)	(1U << IP_VS_EXT_ATTR_##attr)

/**
 * struct ip_vs_ext_choice - a word for a value of a parameter
 * @name: the word
 * @value: what it means
 */
struct ip_vs_ext_choice {
	const char		*name;
	u32			value;
};

/**
 * struct ip_vs_ext_param - a parameter that a service of the scheduler has
 * @name: as the operator writes it; at most IP_VS_EXT_PARAM_NAME_MAX characters
 * @desc: one line
 * @unit: enum ip_vs_ext_unit
 * @lowest: smallest value allowed
 * @highest: largest value allowed
 * @def: value of a service for which none is set
 * @choices: words that may be used instead of numbers, ended by a NULL name, or
 *	NULL; their values are allowed even if outside of @lowest and @highest
 */
struct ip_vs_ext_param {
	const char		*name;
	const char		*desc;
	u8			unit;
	u32			lowest;
	u32			highest;
	u32			def;
	const struct ip_vs_ext_choice *choices;
};

/* Most parameters that a scheduler can have. */
#define IP_VS_EXT_PARAMS_MAX	8

/**
 * struct ip_vs_ext_req - what a decision is about
 * @es: service
 * @me: this CPU's part of it
 * @skb: first packet of the connection
 * @iph: its parsed header
 */
struct ip_vs_ext_req {
	struct ip_vs_ext_service *es;
	struct ip_vs_ext_cpu	*me;
	const struct sk_buff	*skb;
	const struct ip_vs_iphdr *iph;
};

/**
 * struct ip_vs_ext_ops - what a scheduler tells the framework
 * @desc: what it is for, one line
 * @attrs: server attributes it uses, IP_VS_EXT_HAS() of each
 * @params: its parameters
 * @nr_params: how many
 * @slot_size: bytes of a slot; 0: struct ip_vs_ext_slot is all it needs.
 *	Otherwise the scheduler's structure begins with one.
 * @tier_size: bytes of a tier, likewise
 * @tier: tier of a server with weight @weight > 0; higher is preferred. Process
 *	context, ext_mutex held. Without it the priority is the tier, if @attrs
 *	has that, and all servers are in one otherwise.
 * @pick: next server of a tier, or NULL if it has no eligible one; while
 *	es->nr_join is not 0, of one of the tiers in es->join; es->lock held.
 *	A variant of it without the lock is called under RCU by many CPUs at
 *	once, see ip_vs_ext_schedule(). That one must
 *	execute a full memory barrier before it returns a slot (see "The exact
 *	limit" above); ip_vs_ext_rr() does. If it returns NULL, @pick is asked,
 *	which must return a slot.
 * @turns: what ip_vs_ext_take_turns() is called for when connections go to the tier;
 *	es->lock held. Without it, the cursor of the tier.
 * @tier_room: make sure that the tier, new or not, can have @cap slots;
 *	process context, ext_mutex held, may sleep. Returns 0 or -ENOMEM.
 * @tier_work: what cannot be done in a decision, for each tier after
 *	ip_vs_ext_tiers_later(); context as of @tier_room
 * @tier_free: free what @tier_room allocated, after a grace period; the tier
 *	is unlinked, but schedule() may still be reading it
 * @slot_append: the slot, not eligible, was added to its tier; es->lock held
 * @slot_remove: it is about to be taken out, not eligible; es->lock held
 * @slot_update: weight or attributes may have changed; called for a slot that
 *	is in a tier, after @slot_leave and before @slot_enter if it is
 *	eligible; es->lock held
 * @slot_enter: the slot has become eligible; es->lock held
 * @slot_leave: it no longer is; es->lock held
 * @params_changed: es->param[] was set: by the operator, or before the first
 *	server is added; or es->nr_priority is no longer 0, or is again. Process
 *	context, ext_mutex held, es->lock not held. Returns 0 or -ENOMEM; then
 *	the old values come back, or nr_priority being what it is, it is called
 *	again at the next change of the service.
 *
 * Only @desc and @pick are mandatory.
 */
struct ip_vs_ext_ops {
	const char		*desc;
	u32			attrs;
	const struct ip_vs_ext_param *params;
	unsigned int		nr_params;
	size_t			slot_size;
	size_t			tier_size;

	u32	(*tier)(const struct ip_vs_ext_service *es,
			const struct ip_vs_ext_attrs *attrs, u32 weight);
	struct ip_vs_ext_slot	*(*pick)(struct ip_vs_ext_tier *tier,
					 const struct ip_vs_ext_req *req);
	atomic_t *(*turns)(const struct ip_vs_ext_service *es,
			   struct ip_vs_ext_tier *tier);
	int	(*tier_room)(struct ip_vs_ext_service *es,
			     struct ip_vs_ext_tier *tier, u32 cap);
	void	(*tier_work)(struct ip_vs_ext_service *es,
			     struct ip_vs_ext_tier *tier);
	void	(*tier_free)(struct ip_vs_ext_tier *tier);
	void	(*slot_append)(struct ip_vs_ext_service *es,
			       struct ip_vs_ext_slot *slot);
	void	(*slot_remove)(struct ip_vs_ext_service *es,
			       struct ip_vs_ext_slot *slot);
	void	(*slot_update)(struct ip_vs_ext_service *es,
			       struct ip_vs_ext_slot *slot,
			       const struct ip_vs_ext_attrs *attrs, u32 weight);
	void	(*slot_enter)(struct ip_vs_ext_service *es,
			      struct ip_vs_ext_slot *slot);
	void	(*slot_leave)(struct ip_vs_ext_service *es,
			      struct ip_vs_ext_slot *slot);
	int	(*params_changed)(struct ip_vs_ext_service *es);
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
 * @far: below this connection count a grant needs no reservation; 0 when near
 *	the limit or not eligible
 * @upper: upper threshold in connections, as it is now while @ramp is not 0;
 *	0: none
 * @reserved: places that may be filled without another decision, while near the
 *	limit; plus IP_VS_EXT_FAR, so negative, while decisions may not reserve
 * @pos: index in the array of @tier
 * @open: first CPU whose reservation is in the list of this slot, plus 1; 0:
 *	none
 * @watch: index in es->watch plus 1; 0: not watched
 * @ramp: slow start: tenths of its limit and share that it does not have yet
 * @pend: open reservations made by tasks
 * @state: enum ip_vs_ext_state
 * @quiesced: the weight is 0
 * @priority: the server has a priority attribute
 * @leaf: its place among the shares of @tier, see ext_smooth.c; here because this
 *	line has room for it
 *
 * Written under es->lock but for @reserved, one cache line. What decisions read
 * comes first, in 32 bytes, which are in one line also where a scheduler makes it
 * longer.
 */
struct ip_vs_ext_slot {
	struct ip_vs_dest	*dest;
	struct ip_vs_ext_tier	*tier;
	u32			far;
	u32			upper;
	atomic_t		reserved;
	u32			pos;
	union {
		struct rb_node	by_dest;
		struct rcu_head	rcu;
	};
	u16			open;
	u8			watch;
	u8			ramp;
	u32			pend:6,
				state:2,
				quiesced:1,
				priority:1,
				leaf:18;
};

/* More than all that can be reserved, and negative. */
#define IP_VS_EXT_FAR		(-(1 << 30))

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

/* A CPU that asks more often in a jiffy is busy; a decision asks up to twice. At this
 * rate nobody can tell whose connection came first, so it takes so many turns at
 * once, and of watched servers that are more than twice as many each decision
 * looks at so many only.
 */
#define IP_VS_EXT_BUSY		64
#define IP_VS_EXT_TURNS		8
#define IP_VS_EXT_LOOK		2

/* ip_vs_ext_cpu.granted while the lock-free path has not decided yet */
#define IP_VS_EXT_GRANT_BUSY	((struct ip_vs_ext_slot *)1UL)

/* in ip_vs_ext_cpu.held, see there */
#define IP_VS_EXT_OWN		1UL

/**
 * struct ip_vs_ext_cpu - one CPU's part of a service
 * @granted: slot of the last grant; compared, never followed
 * @stats: where this CPU's connection counter of the service is
 * @snap: what it was then, the low half
 * @turn: turns [@turn, @end) are this CPU's, of some tier of the service
 * @end: see @turn
 * @tick: jiffies when it asked last whether it is busy, the low bits
 * @asked: how often it did in that jiffy, at most IP_VS_EXT_BUSY
 * @look: watched server to look at next, while it is
 * @grants: decisions that returned a server
 * @refusals: decisions that found none
 * @held: slot in which this CPU has a reservation, or 0; with IP_VS_EXT_OWN as
 *	long as the CPU itself ends it, else it is in the list of the slot
 * @stamp: grace period in which it was made
 * @next: next CPU in that list, plus 1
 * @cpu: the CPU this belongs to
 *
 * Up to @refusals: written by its CPU with BH disabled. @held: if 0 or with
 * IP_VS_EXT_OWN, by its CPU without a lock and by whoever holds es->lock, so with
 * cmpxchg(); @stamp goes with it. The rest: es->lock.
 */
struct ip_vs_ext_cpu {
	struct ip_vs_ext_slot	*granted;
	const struct ip_vs_cpu_stats *stats;
	u32			snap;
	u32			turn;
	u32			end;
	u16			tick;
	u8			asked;
	u8			look;
	u64			grants;
	u64			refusals;

	unsigned long		held;
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

/* Most tiers that are used at the same time: as many are looked at whenever a
 * server becomes eligible or ceases to be while more than one is in use.
 */
#define IP_VS_EXT_JOIN		32

/* Bits of es->method: es->nr_join is not 0; es->nr_ramp is not 0. */
#define IP_VS_EXT_JOINED	0x80000000U
#define IP_VS_EXT_RAMPING	0x40000000U
#define IP_VS_EXT_METHOD_MASK	0x0000ffffU

/* Slow start: a returning server has one part of so many of its limit and its
 * share, then one more after each of the steps between them.
 */
#define IP_VS_EXT_RAMP		10

/**
 * struct ip_vs_ext_join - a tier that is in use
 * @tier: the tier
 * @end: eligible servers in it and in those before it
 */
struct ip_vs_ext_join {
	struct ip_vs_ext_tier	*tier;
	u32			end;
};

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
 * @relieved: times a full server fell below its lower threshold again
 * @spills: times a tier ran out of eligible servers and a lower one took over
 * @returns: times a higher tier took over again because a server was relieved
 * @exhausted: times that a connection found no tier with an eligible server,
 *	the first one only of each time
 */
struct ip_vs_ext_counters {
	u64			grants;
	u64			refusals;
	u64			full;
	u64			relieved;
	u64			spills;
	u64			returns;
	u64			exhausted;
};

/**
 * struct ip_vs_ext_bucket - events that may be recorded
 * @refilled: jiffies when @tokens was worked out
 * @tokens: so many now
 *
 * All 0 is a full one.
 */
struct ip_vs_ext_bucket {
	unsigned long		refilled;
	u32			tokens;
};

/**
 * struct ip_vs_ext_limiter - keeps a service from sending too many events
 * @bucket: written under the lock of the namespace, too
 * @owes: events were left out, a summary has to say so; likewise
 * @due: jiffies when it may; likewise
 * @owing: node in the list of the namespace while @owes; likewise
 * @suppressed: events left out since the last summary
 */
struct ip_vs_ext_limiter {
	struct ip_vs_ext_bucket	bucket;
	bool			owes;
	unsigned long		due;
	struct list_head	owing;
	u64			suppressed;
};

/**
 * struct ip_vs_ext_relief - when a watched server is to be looked at
 * @dest: the server; of a slot that RCU keeps for those who found it here
 * @lower: if it has fewer connections than these
 */
struct ip_vs_ext_relief {
	const struct ip_vs_dest	*dest;
	u32			lower;
};

/**
 * struct ip_vs_ext_service - a virtual service as a scheduler sees it
 * @plain: @active, if all that a decision has to do is to choose a server of it:
 *	while @nr_watch and @method are 0; else NULL
 * @active: highest tier in use, or NULL if no server is eligible: the highest
 *	that has an eligible server, unless @holding
 * @cpu: per CPU part
 * @ops: the scheduler
 * @svc: the service; valid until done_service()
 * @param: values of the scheduler's parameters; written under ext_mutex, read
 *	by every decision with READ_ONCE()
 * @nr_watch: entries in @watch
 * @nr_held: how many of them are held and not full
 * @nr_join: entries in @join; 0: only @active is in use
 * @method: how to choose: the scheduler's own number, and IP_VS_EXT_JOINED,
 *	IP_VS_EXT_RAMPING; 0 for ip_vs_ext_rr() of @active
 * @relief: what decisions without the lock compare of @watch
 * @join: the tiers in use, highest first, if they are several
 * @lock: see the head of this file
 * @eligible: tiers that have an eligible server, highest first
 * @tiers: all tiers, highest first
 * @slots: all slots, by server
 * @watch: servers that are full or held and looked at by every decision
 * @unwatched: servers full or held that only the work looks at
 * @nr_eligible: slots that are eligible
 * @nr_full: slots that are full
 * @min_active: tiers below @active are used, too, until so many servers are
 *	eligible
 * @hold: jiffies for which a tier that had to take over stays @active
 * @hold_end: until when that is so while @holding, jiffies
 * @holding: @active had to take over from a higher tier
 * @nr_ramp: slots with a ramp
 * @ramp_step: jiffies from one step of a slow start to the next; 0: none
 * @gp_posted: grace periods asked for
 * @gp_done: grace periods seen to end
 * @gp_again: another one was asked for while one was under way
 * @tasks_unknown: reservations of tasks for which @tasks had no room; they are
 *	held against every server of the service
 * @tasks_stamp: grace period in which the last of those was made
 * @nr_tasks: entries in @tasks
 * @tasks: reservations made by tasks
 * @full: see struct ip_vs_ext_counters
 * @relieved: likewise
 * @spills: likewise
 * @returns: likewise
 * @exhaustions: likewise
 * @tier_since: CLOCK_MONOTONIC when @active changed last, ns
 * @limiter: of its events
 * @exhausted: a refusal has been reported since a server was eligible
 * @dead: done_service() has run
 * @stale: an allocation failed; membership is repaired at the next callback
 * @refs: done_service() and a pending grace period callback
 * @gp_rcu: waits for a grace period
 * @rcu: frees this
 * @work: looks at @unwatched servers
 * @hold_work: ends @holding
 * @ramp_work: makes the next step of all slow starts
 * @tier_work: calls ip_vs_ext_ops.tier_work
 * @net: its network namespace; cleared under @lock, too
 * @params: parameters set for a service of this name, or NULL
 * @by_id: node in @net's services, until done_service()
 * @by_key: likewise
 * @id: grows from service to service
 * @since: CLOCK_MONOTONIC when the scheduler was bound, ns
 * @nr_slots: slots
 * @nr_priority: how many of them have a priority attribute
 */
struct ip_vs_ext_service {
	/* read by every decision */
	struct ip_vs_ext_tier __rcu	*plain;
	struct ip_vs_ext_cpu __percpu	*cpu;
	/* and by those that find no plain tier */
	struct ip_vs_ext_tier __rcu	*active;
	const struct ip_vs_ext_ops	*ops;
	struct ip_vs_service		*svc;
	u32				param[IP_VS_EXT_PARAMS_MAX];
	u32				nr_watch;
	u32				nr_held;
	u32				nr_join;
	u32				method;
	struct ip_vs_ext_relief		relief[IP_VS_EXT_WATCH];
	struct ip_vs_ext_join		join[IP_VS_EXT_JOIN];

	spinlock_t			lock ____cacheline_aligned_in_smp;
	struct rb_root_cached		eligible;
	struct rb_root_cached		tiers;
	struct rb_root			slots;
	struct ip_vs_ext_slot		*watch[IP_VS_EXT_WATCH];
	u32				unwatched;
	u32				nr_eligible;
	u32				nr_full;
	u32				min_active;
	unsigned long			hold;
	unsigned long			hold_end;
	u32				nr_ramp;
	unsigned long			ramp_step;
	u32				gp_posted;
	u32				gp_done;
	u32				tasks_unknown;
	u32				tasks_stamp;
	u32				nr_tasks;
	struct ip_vs_ext_task		tasks[IP_VS_EXT_TASKS];
	u64				full;
	u64				relieved;
	u64				spills;
	u64				returns;
	u64				exhaustions;
	u64				tier_since;
	struct ip_vs_ext_limiter	limiter;
	bool				holding;
	bool				gp_again;
	bool				exhausted;
	bool				dead;
	bool				stale;
	refcount_t			refs;
	struct rcu_head			gp_rcu;
	struct rcu_head			rcu;
	struct delayed_work		work;
	struct delayed_work		hold_work;
	struct delayed_work		ramp_work;
	struct work_struct		tier_work;

	/* ext_mutex */
	struct ip_vs_ext_net		*net;
	struct ip_vs_ext_params		*params;
	struct rb_node			by_id;
	struct rb_node			by_key;
	u64				id;
	u64				since;
	u32				nr_slots;
	u32				nr_priority;
};

/**
 * struct ip_vs_ext_scheduler - a scheduler of ours under one name
 * @core: what the core knows of it
 * @ops: what the framework knows of it
 * @list: all of them
 */
struct ip_vs_ext_scheduler {
	struct ip_vs_scheduler	core;
	const struct ip_vs_ext_ops *ops;
	struct list_head	list;
};

/* The callbacks that every scheduler has in common. */
#define IP_VS_EXT_SCHEDULER(_name, _ops, _init, _schedule) {	\
	.core = {						\
		.name =		_name,				\
		.refcnt =	ATOMIC_INIT(0),			\
		.module =	THIS_MODULE,			\
		.init_service =	_init,				\
		.done_service =	ip_vs_ext_done_service,		\
		.add_dest =	ip_vs_ext_add_dest,		\
		.del_dest =	ip_vs_ext_del_dest,		\
		.upd_dest =	ip_vs_ext_upd_dest,		\
		.schedule =	_schedule,			\
	},							\
	.ops = _ops,						\
}

int ip_vs_ext_register(struct ip_vs_ext_scheduler *s, unsigned int nr);
void ip_vs_ext_unregister(struct ip_vs_ext_scheduler *s, unsigned int nr);
int ip_vs_ext_init_service(struct ip_vs_service *svc,
			   const struct ip_vs_ext_ops *ops);
void ip_vs_ext_done_service(struct ip_vs_service *svc);
int ip_vs_ext_add_dest(struct ip_vs_service *svc, struct ip_vs_dest *dest);
int ip_vs_ext_del_dest(struct ip_vs_service *svc, struct ip_vs_dest *dest);
int ip_vs_ext_upd_dest(struct ip_vs_service *svc, struct ip_vs_dest *dest);
void ip_vs_ext_tiers_later(struct ip_vs_ext_service *es);
void ip_vs_ext_tune(struct ip_vs_ext_service *es, u32 method, u32 min_active,
		    unsigned long hold, unsigned long slow_start);
void ip_vs_ext_read_counters(struct ip_vs_ext_service *es,
			     struct ip_vs_ext_counters *sum);
struct ip_vs_dest *ip_vs_ext_schedule_near(struct ip_vs_ext_service *es,
					   const struct sk_buff *skb,
					   const struct ip_vs_iphdr *iph,
					   struct ip_vs_ext_slot *slot);
struct ip_vs_dest *ip_vs_ext_schedule_slow(struct ip_vs_ext_service *es,
					   const struct sk_buff *skb,
					   const struct ip_vs_iphdr *iph,
					   struct ip_vs_ext_slot *slot);

/* Module parameter: services begin at the first server and not at a random
 * one.
 */
extern bool ip_vs_ext_deterministic;

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

/* Decisions, at full speed, in which memory answers. */
#define IP_VS_EXT_AHEAD		4

/**
 * ip_vs_ext_prefetch - get into the cache what decisions to come will read
 * @near: where the slot of the decision IP_VS_EXT_AHEAD ones ahead stands
 * @far: the same, twice as far
 *
 * With many servers neither slot nor server is there when its turn comes. Where
 * the server is stands in the slot, so the slot is asked for first. Only to
 * read: another CPU may be writing the counts.
 *
 * Context: under RCU. What @near and @far point to are slots, under the same
 *	terms as that of the decision that is made, or NULL.
 */
static inline void ip_vs_ext_prefetch(struct ip_vs_ext_slot * const *near,
				      struct ip_vs_ext_slot * const *far)
{
	const struct ip_vs_ext_slot *slot = READ_ONCE(*near);

	prefetch(READ_ONCE(*far));
	if (likely(slot))
		prefetch(&slot->dest->activeconns);
}

/* Is this CPU so busy that a decision may save on what only the order of a few
 * connections depends on? BH disabled.
 */
static inline bool ip_vs_ext_busy(struct ip_vs_ext_cpu *me)
{
	u16 tick = jiffies;

	if (tick != me->tick) {
		me->tick = tick;
		me->asked = 0;
		return false;
	}
	if (me->asked == IP_VS_EXT_BUSY)
		return true;
	me->asked++;
	return false;
}

/* Take turns from @cursor, up to @me->end, and return the first one. A full barrier. */
static inline u32 ip_vs_ext_take_turns(atomic_t *cursor,
				       struct ip_vs_ext_cpu *me)
{
	u32 n = ip_vs_ext_busy(me) ? IP_VS_EXT_TURNS : 1;
	u32 turn = atomic_fetch_add(n, cursor);

	me->end = turn + n;
	return turn;
}

/**
 * ip_vs_ext_turn - number of the next turn
 * @tier: tier
 * @me: this CPU's part of its service
 *
 * A line that all CPUs write is what several of them wait for. So one that takes
 * many turns takes several at once; on one CPU the order is the same.
 *
 * Context: BH disabled. A full memory barrier.
 * Return: the number.
 */
static inline u32 ip_vs_ext_turn(struct ip_vs_ext_tier *tier,
				 struct ip_vs_ext_cpu *me)
{
	u32 turn = me->turn;

	if (unlikely(turn == me->end))
		turn = ip_vs_ext_take_turns(&tier->cursor, me);
	else
		smp_mb();	/* that which the atomic operation is */
	me->turn = turn + 1;
	return turn;
}

/**
 * ip_vs_ext_rr - next eligible server of a tier in round robin order
 * @tier: tier
 * @req: what the decision is about
 *
 * Context: BH disabled, under RCU. Lock-free, and the full barrier that struct
 *	ip_vs_ext_ops asks for.
 * Return: a slot, or NULL if the tier has no eligible server.
 */
static inline struct ip_vs_ext_slot *
ip_vs_ext_rr(struct ip_vs_ext_tier *tier, const struct ip_vs_ext_req *req)
{
	struct ip_vs_ext_slot * const *p;
	const struct ip_vs_ext_array *a;
	u32 next, n;

	next = ip_vs_ext_turn(tier, req->me);
	a = rcu_dereference(tier->array);
	n = READ_ONCE(a->eligible);
	if (unlikely(!n))
		return NULL;
	next %= n;
	p = &a->slot[next];
	if (n - next > 2 * IP_VS_EXT_AHEAD)
		ip_vs_ext_prefetch(p + IP_VS_EXT_AHEAD,
				   p + 2 * IP_VS_EXT_AHEAD);
	return READ_ONCE(*p);
}

/* Has one of the first @n servers in @p fewer connections than it may have? An
 * entry that is replaced meanwhile may be half of each.
 */
static __always_inline bool
ip_vs_ext_relieved(const struct ip_vs_ext_relief *p, u32 n, bool active_only)
{
	const struct ip_vs_ext_relief *end = p + n;

	for (; p != end; p++)
		if (ip_vs_ext_conns(READ_ONCE(p->dest), active_only) <
		    READ_ONCE(p->lower))
			return true;
	return false;
}

/* Does a server that left the eligible set need to be looked at? Without a
 * lock, so only a hint; the answer is worked out under es->lock. No connection is
 * refused for a server that was not looked at.
 */
static inline bool ip_vs_ext_relief_due(const struct ip_vs_ext_service *es,
					const struct ip_vs_service *svc,
					struct ip_vs_ext_cpu *me)
{
	const struct ip_vs_ext_relief *p = es->relief;
	/* Acquire: the entries that the number speaks of are there. */
	u32 n = smp_load_acquire(&es->nr_watch);

	if (unlikely(READ_ONCE(es->nr_held)))
		return true;
	if (n > 2 * IP_VS_EXT_LOOK && rcu_access_pointer(es->active) &&
	    ip_vs_ext_busy(me)) {
		u32 from = me->look, next = from + IP_VS_EXT_LOOK;

		if (next >= n) {
			from = n - IP_VS_EXT_LOOK;
			next = 0;
		}
		me->look = next;
		p += from;
		n = IP_VS_EXT_LOOK;
	}
	/* One loop for each, so that neither asks in every turn. */
	if (unlikely(ip_vs_ext_active_only(svc)))
		return ip_vs_ext_relieved(p, n, true);
	return ip_vs_ext_relieved(p, n, false);
}

/* End this CPU's reservation @held: in softirq, one connection after the other.
 * False if only a holder of es->lock may.
 */
static inline bool ip_vs_ext_release(struct ip_vs_ext_cpu *me,
				     unsigned long held)
{
	struct ip_vs_ext_slot *slot = (void *)(held & ~IP_VS_EXT_OWN);

	/* A full barrier if it succeeds: the connection was counted before. */
	if (!(held & IP_VS_EXT_OWN) || cmpxchg(&me->held, held, 0) != held)
		return false;
	atomic_dec(&slot->reserved);
	return true;
}

/**
 * ip_vs_ext_schedule_or - choose a server for a new connection
 * @svc: virtual service
 * @skb: first packet of the connection
 * @iph: its parsed header
 * @pick: the scheduler's ip_vs_ext_ops.pick or a variant of it for those who do
 *	not hold es->lock, named here so that it is inlined
 * @other: decides while es->method is not 0, or NULL: this function does. Called
 *	last, so that it makes no other decision save registers.
 *
 * The whole decision while nothing is full, nothing is near its limit and the
 * packet is handled in softirq; everything else is ip_vs_ext_schedule_near() and
 * ip_vs_ext_schedule_slow().
 *
 * Context: that of ip_vs_scheduler.schedule: under RCU, any CPU, no locks.
 * Return: a real server, or NULL if none is eligible.
 */
static __always_inline struct ip_vs_dest *
ip_vs_ext_schedule_or(struct ip_vs_service *svc, const struct sk_buff *skb,
		      const struct ip_vs_iphdr *iph,
		      struct ip_vs_ext_slot *
		      (*pick)(struct ip_vs_ext_tier *,
			      const struct ip_vs_ext_req *),
		      struct ip_vs_dest *
		      (*other)(struct ip_vs_service *, const struct sk_buff *,
			       const struct ip_vs_iphdr *))
{
	struct ip_vs_ext_service *es = READ_ONCE(svc->sched_data);
	struct ip_vs_ext_req req = { .es = es, .skb = skb, .iph = iph };
	struct ip_vs_ext_slot *slot = NULL;
	struct ip_vs_ext_tier *tier;
	struct ip_vs_ext_cpu *me;
	struct ip_vs_dest *dest;
	unsigned long held;

	/* a scheduler change is under way */
	if (unlikely(!es))
		return NULL;

	/* On PREEMPT_RT softirqs of one CPU may interleave, and a record per
	 * CPU proves nothing.
	 */
	if (IS_ENABLED(CONFIG_PREEMPT_RT) || unlikely(!in_softirq()))
		goto slow;

	tier = rcu_dereference(es->plain);
	if (unlikely(!tier) && other && READ_ONCE(es->method))
		return other(svc, skb, iph);
	me = this_cpu_ptr(es->cpu);
	if (unlikely(!tier)) {
		if (READ_ONCE(es->nr_watch) && ip_vs_ext_relief_due(es, svc, me))
			goto slow;
		tier = rcu_dereference(es->active);
	}
	if (unlikely(!tier)) {
		if (!READ_ONCE(es->exhausted) || READ_ONCE(me->held))
			goto slow;
		me->refusals++;
		return NULL;
	}

	/* Release: whoever sees that this CPU went on also sees the connection
	 * of its previous decision counted.
	 */
	smp_store_release(&me->granted, IP_VS_EXT_GRANT_BUSY);
	req.me = me;
	slot = pick(tier, &req);
	if (unlikely(!slot))
		goto leave;
	dest = slot->dest;
	if (unlikely(ip_vs_ext_conns(dest, ip_vs_ext_active_only(svc)) >=
		     READ_ONCE(slot->far)))
		return ip_vs_ext_schedule_near(es, skb, iph, slot);
	held = READ_ONCE(me->held);
	if (unlikely(held) && !ip_vs_ext_release(me, held))
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
	/* Not @req: if its address left this function it would be memory. */
	return ip_vs_ext_schedule_slow(es, skb, iph, slot);
}

/**
 * ip_vs_ext_schedule - the same, where nothing is to be done in another way
 * @svc: virtual service
 * @skb: first packet of the connection
 * @iph: its parsed header
 * @pick: as above
 *
 * Context: as above.
 * Return: a real server, or NULL if none is eligible.
 */
static __always_inline struct ip_vs_dest *
ip_vs_ext_schedule(struct ip_vs_service *svc, const struct sk_buff *skb,
		   const struct ip_vs_iphdr *iph,
		   struct ip_vs_ext_slot *(*pick)(struct ip_vs_ext_tier *,
						  const struct ip_vs_ext_req *))
{
	return ip_vs_ext_schedule_or(svc, skb, iph, pick, NULL);
}

#endif /* _IP_VS_EXT_H */
