// SPDX-License-Identifier: GPL-2.0
/* See native_lock.h. */
#include <sched.h>

#include "native_lock.h"

#define LOCKED		1
#define PENDING		0x100

/* A thread that is preempted with the lock held, which no CPU of a kernel is,
 * shall not keep the others spinning for long.
 */
static void relax(unsigned int *spins)
{
	cpu_relax();
	if (++*spins % 4096 == 0)
		sched_yield();
}

static noinline void lock_contended(spinlock_t *l)
{
	unsigned int spins = 0;
	int old;

	for (;;) {
		/* wait for whoever is next to take it */
		old = __atomic_load_n(&l->locked, __ATOMIC_RELAXED);
		if (old & PENDING) {
			relax(&spins);
			continue;
		}
		old = __atomic_fetch_or(&l->locked, PENDING, __ATOMIC_ACQUIRE);
		if (!(old & PENDING))
			break;
	}
	while (__atomic_load_n(&l->locked, __ATOMIC_ACQUIRE) & LOCKED)
		relax(&spins);
	/* nobody else changes it now */
	__atomic_store_n(&l->locked, LOCKED, __ATOMIC_RELAXED);
}

noinline void native_spin_lock_bh(spinlock_t *l)
{
	int free = 0;

	local_bh_disable();
	if (unlikely(!__atomic_compare_exchange_n(&l->locked, &free, LOCKED,
						  false, __ATOMIC_ACQUIRE,
						  __ATOMIC_RELAXED)))
		lock_contended(l);
}

/* As the kernel does, in two steps, so that a softirq that became due can run
 * in between; here there is none.
 */
static noinline void bh_enable(void)
{
	struct shim_ctx *c = shim_self;

	preempt_disable();
	c->bh--;
	if (unlikely(!in_softirq() && READ_ONCE(c->irqs_off)))
		sched_yield();
	preempt_enable();
}

noinline void native_spin_unlock_bh(spinlock_t *l)
{
	/* Only this byte: another CPU may be setting the pending bit. */
	__atomic_store_n((unsigned char *)&l->locked, 0, __ATOMIC_RELEASE);
	bh_enable();
}
