/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Locks with real atomics. The instrumented flavour also checks what lockdep
 * would: owner, recursion, freed while held, and a lock taken both in
 * softirq and with softirqs enabled (a deadlock waiting for its packet).
 */
#ifndef SHIM_LOCK_H
#define SHIM_LOCK_H

#include <pthread.h>
#include <shim/bug.h>

struct lock_class_key { char dummy; };

typedef struct spinlock {
	int locked;
#ifndef SHIM_FAST
	int owner;			/* CPU + 1 */
	unsigned char in_softirq;	/* was ever taken there */
	unsigned char bh_on;		/* was ever taken with softirqs on */
	unsigned char ready;
#endif
} spinlock_t;
typedef spinlock_t raw_spinlock_t;

struct mutex {
	pthread_mutex_t m;
	int owner;
};

#ifndef SHIM_FAST
#define __SPIN_LOCK_UNLOCKED(name)	(spinlock_t){ .ready = 1 }
#define SHIM_SPIN_INIT			{ .ready = 1 }
#else
#define __SPIN_LOCK_UNLOCKED(name)	(spinlock_t){ 0 }
#define SHIM_SPIN_INIT			{ 0 }
#endif
#define DEFINE_SPINLOCK(x)	spinlock_t x = SHIM_SPIN_INIT
#define spin_lock_init(l)	(*(l) = __SPIN_LOCK_UNLOCKED())
#define raw_spin_lock_init(l)	spin_lock_init(l)
#define lockdep_set_class(l, k)	((void)(l), (void)(k))
#define lockdep_set_class_and_name(l, k, n) ((void)(l), (void)(k), (void)(n))
#define lockdep_register_key(k)		((void)(k))
#define lockdep_unregister_key(k)	((void)(k))

void shim_lock_acquire(spinlock_t *l, const char *where);
void shim_lock_release(spinlock_t *l, const char *where);
void shim_lock_contended(spinlock_t *l);
bool shim_lock_held(const spinlock_t *l);
bool shim_mutex_held(const struct mutex *m);
void mutex_init(struct mutex *m);
void mutex_lock(struct mutex *m);
int mutex_trylock(struct mutex *m);
void mutex_unlock(struct mutex *m);
#define mutex_destroy(m)	((void)(m))
#define DEFINE_MUTEX(x) \
	struct mutex x = { .m = PTHREAD_MUTEX_INITIALIZER }
#define mutex_lock_nested(m, n)	mutex_lock(m)

#ifdef SHIM_FAST
static inline void shim_spin_lock(spinlock_t *l, const char *where)
{
	int free = 0;

	(void)where;
	if (unlikely(!__atomic_compare_exchange_n(&l->locked, &free, 1, false,
						  __ATOMIC_ACQUIRE,
						  __ATOMIC_RELAXED)))
		shim_lock_contended(l);
}

static inline void shim_spin_unlock(spinlock_t *l, const char *where)
{
	(void)where;
	__atomic_store_n(&l->locked, 0, __ATOMIC_RELEASE);
}

static inline int shim_spin_trylock(spinlock_t *l, const char *where)
{
	int free = 0;

	(void)where;
	return !__atomic_load_n(&l->locked, __ATOMIC_RELAXED) &&
	       __atomic_compare_exchange_n(&l->locked, &free, 1, false,
					   __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}
#else
void shim_spin_lock(spinlock_t *l, const char *where);
void shim_spin_unlock(spinlock_t *l, const char *where);
int shim_spin_trylock(spinlock_t *l, const char *where);
#endif

#define SHIM_HERE		__FILE__ ":" __stringify(__LINE__)

#define spin_lock(l) do {						\
	preempt_disable();						\
	shim_spin_lock(l, SHIM_HERE);					\
} while (0)
#define spin_unlock(l) do {						\
	shim_spin_unlock(l, SHIM_HERE);					\
	preempt_enable();						\
} while (0)
#define spin_lock_bh(l) do {						\
	local_bh_disable();						\
	shim_spin_lock(l, SHIM_HERE);					\
} while (0)
#define spin_unlock_bh(l) do {						\
	shim_spin_unlock(l, SHIM_HERE);					\
	local_bh_enable();						\
} while (0)
#define spin_trylock(l) ({						\
	preempt_disable();						\
	int got_ = shim_spin_trylock(l, SHIM_HERE);			\
	if (!got_)							\
		preempt_enable();					\
	got_; })
#define spin_trylock_bh(l) ({						\
	local_bh_disable();						\
	int got_ = shim_spin_trylock(l, SHIM_HERE);			\
	if (!got_)							\
		local_bh_enable();					\
	got_; })
#define spin_lock_irqsave(l, f) do {					\
	local_irq_save(f);						\
	shim_spin_lock(l, SHIM_HERE);					\
} while (0)
#define spin_unlock_irqrestore(l, f) do {				\
	shim_spin_unlock(l, SHIM_HERE);					\
	local_irq_restore(f);						\
} while (0)
#define spin_lock_irq(l) do {						\
	local_irq_disable();						\
	shim_spin_lock(l, SHIM_HERE);					\
} while (0)
#define spin_unlock_irq(l) do {						\
	shim_spin_unlock(l, SHIM_HERE);					\
	local_irq_enable();						\
} while (0)
#define spin_lock_nested(l, n)	spin_lock(l)
#define raw_spin_lock(l)	spin_lock(l)
#define raw_spin_unlock(l)	spin_unlock(l)
#define raw_spin_lock_bh(l)	spin_lock_bh(l)
#define raw_spin_unlock_bh(l)	spin_unlock_bh(l)
static inline int spin_is_locked(spinlock_t *l)
{
	return __atomic_load_n(&l->locked, __ATOMIC_RELAXED);
}

#define lockdep_is_held(l) _Generic((l),				\
	spinlock_t *: shim_lock_held,					\
	const spinlock_t *: shim_lock_held,				\
	struct mutex *: shim_mutex_held,				\
	const struct mutex *: shim_mutex_held)(l)
#ifdef SHIM_FAST
#define lockdep_assert_held(l)	((void)(l))
#else
#define lockdep_assert_held(l) do {					\
	if (!lockdep_is_held(l))					\
		shim_die("%s is not held at %s", #l, SHIM_HERE);	\
} while (0)
#endif
#define lockdep_assert_held_once(l)	lockdep_assert_held(l)
#define lockdep_assert_not_held(l) do {					\
	if (lockdep_is_held(l))						\
		shim_die("%s is held at %s", #l, SHIM_HERE);		\
} while (0)
#define lockdep_assert_in_softirq()	WARN_ON(!in_softirq())

/* Sequence counters: writers are serialised by a lock of the caller. */
typedef struct seqcount { unsigned int sequence; } seqcount_t;
typedef seqcount_t seqcount_spinlock_t;
#define SEQCNT_ZERO(name)	{ 0 }
#define seqcount_init(s)	((s)->sequence = 0)
#define seqcount_spinlock_init(s, l)	((void)(l), seqcount_init(s))
static inline unsigned int read_seqcount_begin(const seqcount_t *s)
{
	unsigned int v;

	while ((v = __atomic_load_n(&s->sequence, __ATOMIC_ACQUIRE)) & 1)
		cpu_relax();
	return v;
}
static inline int read_seqcount_retry(const seqcount_t *s, unsigned int v)
{
	smp_rmb();
	return __atomic_load_n(&s->sequence, __ATOMIC_RELAXED) != v;
}
static inline void write_seqcount_begin(seqcount_t *s)
{
	WRITE_ONCE(s->sequence, s->sequence + 1);
	smp_wmb();
}
static inline void write_seqcount_end(seqcount_t *s)
{
	smp_wmb();
	WRITE_ONCE(s->sequence, s->sequence + 1);
}

#endif
