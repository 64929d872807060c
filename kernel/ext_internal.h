/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of ip_vs_ext.ko share. */
#ifndef _EXT_INTERNAL_H
#define _EXT_INTERNAL_H

#include <linux/mutex.h>
#include "ext_conf.h"

/* Period of the work that looks at unwatched servers. A relieved server is
 * found after at most this, rounded up to jiffies, and the time a worker needs
 * to run: below 20 ms with HZ >= 100.
 */
#define EXT_WORK_MS	10

extern struct workqueue_struct *ext_wq;

/* See the head of ip_vs_ext.h. */
extern struct mutex ext_mutex;

/* Events that a namespace keeps for the front end to send. Those that find no
 * room are lost, which their numbers show.
 */
#define EXT_EVENTS	1024

/**
 * struct ip_vs_ext_net - a network namespace, as far as we know it
 * @net: compared by us, passed to the front end; never followed
 * @list: all of them
 * @users: services and the front end
 * @announced: the front end is one of the users; without it there are no
 *	attributes and no parameters
 * @generation: see ip_vs_ext_generation()
 * @entries: servers with attributes and services with parameters
 * @last_id: id given last
 * @attrs: servers with attributes, by name
 * @attrs_by_id: the same, by id
 * @params: services with parameters, by name
 * @services: services bound to our schedulers, by id
 * @services_by_key: the same, by name
 * @lock: guards what follows; a leaf inside of es->lock, so BH is disabled
 * @live: the front end may be called for this namespace, with @lock held
 * @seq: number of the last event
 * @bucket: of all its services together
 * @owing: services that owe a summary, in the order in which it is due
 * @head: events written to @ring, ever
 * @tail: events taken out of it, ever
 * @ring: EXT_EVENTS of them, allocated when announced, or NULL
 *
 * Up to @services_by_key: ext_mutex. Freed with the last user; es->net is one,
 * so a holder of es->lock who finds it set may use it.
 */
struct ip_vs_ext_net {
	struct net		*net;
	struct list_head	list;
	u32			users;
	bool			announced;
	u32			generation;
	u32			entries;
	u64			last_id;
	struct rb_root		attrs;
	struct rb_root		attrs_by_id;
	struct rb_root		params;
	struct rb_root		services;
	struct rb_root		services_by_key;

	spinlock_t		lock;	/* guards what follows */
	bool			live;
	u64			seq;
	struct ip_vs_ext_bucket	bucket;
	struct list_head	owing;
	u32			head;
	u32			tail;
	struct ip_vs_ext_event	*ring;
};

/* ext_table.c; ext_mutex held but for ext_slot_set() and ext_near_leave() */
struct ip_vs_ext_slot *ext_slot_find(const struct ip_vs_ext_service *es,
				     const struct ip_vs_ext_dest_key *key);
int ext_slot_refresh(struct ip_vs_ext_service *es, struct ip_vs_ext_slot *slot);
int ext_service_refresh(struct ip_vs_ext_service *es);
void ext_slot_set(struct ip_vs_ext_service *es, struct ip_vs_ext_slot *slot,
		  enum ip_vs_ext_state state, bool quiesced);
void ext_near_leave(struct ip_vs_ext_slot *slot);
void ext_service_put(struct ip_vs_ext_service *es);

/* ext_admit.c */
void ext_near_enter(struct ip_vs_ext_service *es, struct ip_vs_ext_slot *slot);
bool ext_close(struct ip_vs_ext_service *es);
void ext_limits_raised(struct ip_vs_ext_service *es,
		       struct ip_vs_ext_slot *slot);
bool ext_turns_back(atomic_t *cursor, struct ip_vs_ext_cpu *me);
void ext_return_turns(struct ip_vs_ext_service *es,
		      struct ip_vs_ext_tier *tier);
void ext_evaluate(struct ip_vs_ext_service *es, struct ip_vs_ext_slot *slot);
bool ext_forget(struct ip_vs_ext_service *es, struct ip_vs_ext_slot *slot);
void ext_relief_work(struct work_struct *work);

/* The front end. Followed only with the lock of an ip_vs_ext_net held that is
 * live; so who makes the namespaces not live knows that nobody is in it.
 */
extern const struct ip_vs_ext_front *ext_front;

/* ext_conf.c; ext_mutex held */
struct ip_vs_ext_net *ext_net_find(const struct net *net);
int ext_conf_service_add(struct ip_vs_ext_service *es);
void ext_conf_service_del(struct ip_vs_ext_service *es);
void ext_conf_attrs(const struct ip_vs_ext_service *es,
		    const struct ip_vs_ext_dest_key *key,
		    struct ip_vs_ext_attrs *attrs);
void ext_conf_changed(struct ip_vs_ext_service *es);

/* ext_conf.c and ext_table.c; any context, @svc and @dest must not go away */
void ext_svc_key(struct ip_vs_ext_svc_key *key,
		 const struct ip_vs_service *svc);
void ext_dest_key(struct ip_vs_ext_dest_key *key,
		  const struct ip_vs_dest *dest);

/* ext_event.c; es->lock held */
void ext_event_server(struct ip_vs_ext_service *es,
		      const struct ip_vs_ext_slot *slot,
		      enum ip_vs_ext_event_type type);
void ext_event_tier(struct ip_vs_ext_service *es,
		    const struct ip_vs_ext_tier *old,
		    const struct ip_vs_ext_tier *tier,
		    enum ip_vs_ext_event_type type);
void ext_event_forget(struct ip_vs_ext_service *es);

/* Distance from the upper threshold at which grants begin to be reserved: one open
 * grant and one connection in the middle of a change of state for every possible
 * CPU. And that at which they cease to be: twice as far and more, so that it does
 * not go to and fro with a few connections; to leave and enter again costs as much as
 * about EXT_AGAIN reservations. Both written once.
 */
extern u32 ext_band, ext_again;
#define EXT_AGAIN	16

/* ext_main.c */
void *ext_zalloc(size_t size);
void ext_object_gone(void);

/* Are grants of the server reserved? es->lock held. */
static inline bool ext_near(const struct ip_vs_ext_slot *slot)
{
	return atomic_read(&slot->reserved) >= 0;
}

/* What the lower threshold is, as the core sees it. */
static inline u32 ext_lower_of(const struct ip_vs_ext_slot *slot)
{
	u32 lower = READ_ONCE(slot->dest->l_threshold);

	if (slot->ramp)
		lower = min(lower, slot->upper);
	return lower ?: slot->upper - slot->upper / 4;
}

/* A full server is relieved when it has fewer connections than this. While it is
 * edited that is still the threshold of before for one that is watched, since it
 * may have been below it unseen; the work would have seen the others. es->lock
 * held.
 */
static inline u32 ext_lower(const struct ip_vs_ext_service *es,
			    const struct ip_vs_ext_slot *slot)
{
	return slot->watch ? es->relief[slot->watch - 1].lower :
			     ext_lower_of(slot);
}

static inline bool ext_slot_eligible(const struct ip_vs_ext_slot *slot)
{
	return slot->state == IP_VS_EXT_OPEN && !slot->quiesced;
}

/* Is the server out of the eligible set because of its connections, whether or not
 * its weight says the same? A quiesced one is looked at, too: it may be relieved
 * before it returns.
 */
static inline bool ext_slot_out(const struct ip_vs_ext_slot *slot)
{
	return slot->state != IP_VS_EXT_OPEN;
}

/* The array of a tier, for those who hold es->lock. */
static inline struct ip_vs_ext_array *
ext_array(const struct ip_vs_ext_service *es, const struct ip_vs_ext_tier *tier)
{
	return rcu_dereference_protected(tier->array,
					 lockdep_is_held(&es->lock));
}

static inline struct ip_vs_ext_tier *
ext_active(const struct ip_vs_ext_service *es)
{
	return rcu_dereference_protected(es->active,
					 lockdep_is_held(&es->lock));
}

static inline struct ip_vs_ext_tier *
ext_first_eligible(const struct ip_vs_ext_service *es)
{
	struct rb_node *node = rb_first_cached(&es->eligible);

	return node ? rb_entry(node, struct ip_vs_ext_tier, by_eligible) : NULL;
}

#endif /* _EXT_INTERNAL_H */
