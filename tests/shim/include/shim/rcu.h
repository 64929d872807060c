/* SPDX-License-Identifier: GPL-2.0 */
/*
 * RCU by epochs. A reader publishes the epoch it started in; a grace period
 * opens a new epoch and is over when no reader of an older one is left.
 * Nothing ends a grace period by itself: a single-threaded test says when
 * (shim_rcu_gp()), threaded tests start a helper thread (shim_threads_begin()).
 */
#ifndef SHIM_RCU_H
#define SHIM_RCU_H

#include <shim/lock.h>

struct rcu_head {
	struct rcu_head *next;
	void (*func)(struct rcu_head *head);
};
#define callback_head rcu_head
typedef void (*rcu_callback_t)(struct rcu_head *head);

extern unsigned long shim_rcu_epoch;
extern bool shim_rcu_asymmetric;	/* readers need no fence */

static inline void rcu_read_lock(void)
{
	struct shim_ctx *c = shim_self;

	if (!c->rcu_depth++) {
#ifdef SHIM_FAST
		WRITE_ONCE(c->rcu_epoch, READ_ONCE(shim_rcu_epoch));
		barrier();
		if (unlikely(!shim_rcu_asymmetric))
			smp_mb();
#else
		__atomic_exchange_n(&c->rcu_epoch,
				    __atomic_load_n(&shim_rcu_epoch,
						    __ATOMIC_SEQ_CST),
				    __ATOMIC_SEQ_CST);
#endif
	}
}

static inline void rcu_read_unlock(void)
{
	struct shim_ctx *c = shim_self;

#ifndef SHIM_FAST
	if (!c->rcu_depth)
		shim_die("rcu_read_unlock() without rcu_read_lock()");
#endif
	if (!--c->rcu_depth)
		__atomic_store_n(&c->rcu_epoch, 0, __ATOMIC_RELEASE);
}

#define rcu_read_lock_bh()	do { local_bh_disable(); rcu_read_lock(); } while (0)
#define rcu_read_unlock_bh()	do { rcu_read_unlock(); local_bh_enable(); } while (0)
#define rcu_read_lock_held()	(shim_self->rcu_depth > 0)
#define rcu_read_lock_bh_held()	(shim_self->rcu_depth > 0)
#define rcu_read_lock_any_held() (shim_self->rcu_depth > 0)

#define SHIM_CONSUME(p)		((typeof(p))__atomic_load_n(&(p), __ATOMIC_CONSUME))
#ifdef SHIM_FAST
#define rcu_dereference_check(p, c)	READ_ONCE(p)
#define rcu_dereference_protected(p, c)	(p)
#else
#define rcu_dereference_check(p, c) ({					\
	if (!(c) && !rcu_read_lock_held())				\
		shim_die("rcu_dereference(%s) unprotected at %s",	\
			 #p, SHIM_HERE);				\
	SHIM_CONSUME(p); })
#define rcu_dereference_protected(p, c) ({				\
	if (!(c))							\
		shim_die("rcu_dereference_protected(%s): not %s at %s",	\
			 #p, #c, SHIM_HERE);				\
	(p); })
#endif
#define rcu_dereference(p)	rcu_dereference_check(p, false)
#define rcu_dereference_bh(p)	rcu_dereference_check(p, false)
#define rcu_dereference_raw(p)	SHIM_CONSUME(p)
#define rcu_access_pointer(p)	READ_ONCE(p)
#define rcu_assign_pointer(p, v) do {					\
	typeof(p) rap_ = (v);						\
	__atomic_store_n(&(p), rap_, __ATOMIC_RELEASE);			\
} while (0)
#define RCU_INIT_POINTER(p, v)	WRITE_ONCE(p, v)
#define RCU_POINTER_INITIALIZER(p, v)	.p = (v)
#define rcu_replace_pointer(p, v, c) ({					\
	typeof(p) old_ = rcu_dereference_protected(p, c);		\
	rcu_assign_pointer(p, v);					\
	old_; })
#define rcu_pointer_handoff(p)	(p)
#define unrcu_pointer(p)	(p)
#define RCU_LOCKDEP_WARN(c, s)	WARN_ON(c)

void call_rcu(struct rcu_head *head, rcu_callback_t func);
#define call_rcu_hurry(h, f)	call_rcu(h, f)
void synchronize_rcu(void);
#define synchronize_rcu_expedited()	synchronize_rcu()
#define synchronize_net()	synchronize_rcu()
void rcu_barrier(void);
unsigned long get_state_synchronize_rcu(void);
unsigned long start_poll_synchronize_rcu(void);
bool poll_state_synchronize_rcu(unsigned long snap);
void cond_synchronize_rcu(unsigned long snap);
void shim_kfree_rcu(struct rcu_head *head, void *object);
static inline void init_rcu_head(struct rcu_head *h) { (void)h; }
static inline void destroy_rcu_head(struct rcu_head *h) { (void)h; }

#define kvfree_rcu(ptr, field) do {					\
	typeof(ptr) kr_ = (ptr);					\
	BUILD_BUG_ON(offsetof(typeof(*kr_), field) >= 4096);		\
	if (kr_)							\
		shim_kfree_rcu(&kr_->field, kr_);			\
} while (0)
#define kfree_rcu(ptr, field)	kvfree_rcu(ptr, field)

#endif
