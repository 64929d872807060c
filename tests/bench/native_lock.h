/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Included before everything else when schedulers are compiled for native.c.
 *
 * The shim's locks are inlined and unfair, which is fine for tests. For two
 * CPUs that want one lock all the time it makes a difference of several times
 * who gets it next: with the kernel's queued spinlock they take turns, and the
 * lock's cache line travels each time. So here they do, too, by the same steps:
 * the second CPU sets a pending bit, on which a third one would wait. And as in
 * the kernel locks are functions, and enabling softirqs is one more.
 */
#ifndef NATIVE_LOCK_H
#define NATIVE_LOCK_H

#include <linux/spinlock.h>
#undef pr_fmt				/* it is defined before any include */

void native_spin_lock_bh(spinlock_t *l);
void native_spin_unlock_bh(spinlock_t *l);

#undef spin_lock_bh
#undef spin_unlock_bh
#define spin_lock_bh(l)		native_spin_lock_bh(l)
#define spin_unlock_bh(l)	native_spin_unlock_bh(l)

#endif
