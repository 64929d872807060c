/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of ip_vs_ext.ko share. */
#ifndef _EXT_INTERNAL_H
#define _EXT_INTERNAL_H

#include "ip_vs_ext.h"

/* Period of the work that looks at unwatched servers. A relieved server is
 * found after at most this, rounded up to jiffies, and the time a worker needs
 * to run: below 20 ms with HZ >= 100.
 */
#define EXT_WORK_MS	10

extern struct workqueue_struct *ext_wq;

/* ext_table.c */
void ext_slot_set(struct ip_vs_ext_service *es, struct ip_vs_ext_slot *slot,
		  enum ip_vs_ext_state state, bool quiesced);
void ext_near_leave(struct ip_vs_ext_slot *slot);
void ext_service_put(struct ip_vs_ext_service *es);

/* ext_admit.c */
void ext_near_enter(struct ip_vs_ext_service *es, struct ip_vs_ext_slot *slot);
bool ext_close(struct ip_vs_ext_service *es);
u32 ext_reserved(struct ip_vs_ext_service *es, struct ip_vs_ext_slot *slot);
void ext_evaluate(struct ip_vs_ext_service *es, struct ip_vs_ext_slot *slot);
void ext_forget(struct ip_vs_ext_service *es, struct ip_vs_ext_slot *slot);
void ext_relief_work(struct work_struct *work);

/* ext_main.c */
void *ext_zalloc(size_t size);
void ext_object_gone(void);

/* Distance from the upper threshold at which grants begin to need the lock:
 * one open grant and one connection in the middle of a change of state for
 * every CPU.
 */
static inline u32 ext_band(void)
{
	return 2 * num_possible_cpus();
}

static inline bool ext_slot_eligible(const struct ip_vs_ext_slot *slot)
{
	return slot->state == IP_VS_EXT_OPEN && !slot->quiesced;
}

/* Is the server out of the eligible set because of its connections? */
static inline bool ext_slot_out(const struct ip_vs_ext_slot *slot)
{
	return slot->state != IP_VS_EXT_OPEN && !slot->quiesced;
}

/* The array of a tier, for those who hold es->lock. */
static inline struct ip_vs_ext_array *
ext_array(const struct ip_vs_ext_service *es, const struct ip_vs_ext_tier *tier)
{
	return rcu_dereference_protected(tier->array,
					 lockdep_is_held(&es->lock));
}

static inline struct ip_vs_ext_tier *
ext_first_eligible(const struct ip_vs_ext_service *es)
{
	struct rb_node *node = rb_first_cached(&es->eligible);

	return node ? rb_entry(node, struct ip_vs_ext_tier, by_eligible) : NULL;
}

#endif /* _EXT_INTERNAL_H */
