/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Time and deferred work. jiffies stand still until the test advances them
 * (works that are due then run, in process context), or, in threaded tests,
 * follow the real clock.
 */
#ifndef SHIM_WORK_H
#define SHIM_WORK_H

#include <shim/mm.h>
#include <shim/list.h>

extern unsigned long volatile jiffies;

static inline unsigned long msecs_to_jiffies(unsigned int ms)
{
	return DIV_ROUND_UP((unsigned long)ms * HZ, 1000);
}
static inline unsigned long usecs_to_jiffies(unsigned int us)
{
	return DIV_ROUND_UP((unsigned long)us * HZ, 1000000);
}
static inline unsigned long nsecs_to_jiffies(u64 ns)
{
	return ns / (NSEC_PER_SEC / HZ);
}
static inline unsigned int jiffies_to_msecs(unsigned long j)
{
	return j * (1000 / HZ);
}
#define jiffies_to_usecs(j)	((unsigned int)((j) * (1000000 / HZ)))
#define jiffies_to_nsecs(j)	((u64)(j) * (NSEC_PER_SEC / HZ))
#define get_jiffies_64()	((u64)jiffies)
#define jiffies_64		((u64)jiffies)
#define time_after(a, b)	((long)((b) - (a)) < 0)
#define time_before(a, b)	time_after(b, a)
#define time_after_eq(a, b)	((long)((a) - (b)) >= 0)
#define time_before_eq(a, b)	time_after_eq(b, a)
#define time_is_before_jiffies(a)	time_after(jiffies, a)
#define time_is_before_eq_jiffies(a)	time_after_eq(jiffies, a)
#define time_is_after_jiffies(a)	time_before(jiffies, a)
#define time_in_range(a, b, c)	(time_after_eq(a, b) && time_before_eq(a, c))
u64 ktime_get_ns(void);
u64 ktime_get_real_ns(void);
#define ktime_get()		((ktime_t)ktime_get_ns())
#define ktime_get_boottime_ns()	ktime_get_ns()
#define ktime_get_mono_fast_ns() ktime_get_ns()
#define ktime_get_coarse_ns()	ktime_get_ns()
#define ktime_get_real()	((ktime_t)ktime_get_real_ns())
#define ktime_get_real_seconds() ((s64)(ktime_get_real_ns() / NSEC_PER_SEC))
#define ktime_get_seconds()	((s64)(ktime_get_ns() / NSEC_PER_SEC))
#define local_clock()		ktime_get_ns()
#define ktime_to_ns(k)		(k)
#define ns_to_ktime(n)		((ktime_t)(n))
#define ktime_to_ms(k)		((k) / NSEC_PER_MSEC)
#define ktime_sub(a, b)		((a) - (b))
#define ktime_add_ns(a, n)	((a) + (s64)(n))

struct work_struct;
struct workqueue_struct;
typedef void (*work_func_t)(struct work_struct *work);

struct work_struct {
	work_func_t func;
	struct work_struct *next;	/* in the pending list */
	struct workqueue_struct *wq;
	unsigned long due;
	int pending;
	int running;
	int cancelling;
	int ready;
};
struct delayed_work {
	struct work_struct work;
};
struct rcu_work {
	struct work_struct work;
	struct rcu_head rcu;
	struct workqueue_struct *wq;
};

#define WQ_UNBOUND		1
#define WQ_MEM_RECLAIM		2
#define WQ_HIGHPRI		4
#define WQ_FREEZABLE		8
#define WQ_POWER_EFFICIENT	16
#define WQ_PERCPU		32
#define WQ_UNBOUND_MAX_ACTIVE	256

extern struct workqueue_struct *system_wq, *system_unbound_wq,
	*system_power_efficient_wq, *system_long_wq, *system_highpri_wq;

#define INIT_WORK(w, f) do {						\
	*(w) = (struct work_struct){ .func = (f), .ready = 1 };		\
} while (0)
#define INIT_DELAYED_WORK(dw, f)	INIT_WORK(&(dw)->work, f)
#define INIT_DEFERRABLE_WORK(dw, f)	INIT_WORK(&(dw)->work, f)
#define INIT_RCU_WORK(rw, f)		INIT_WORK(&(rw)->work, f)
#define INIT_WORK_ONSTACK(w, f)		INIT_WORK(w, f)
#define destroy_work_on_stack(w)	((void)(w))
#define __WORK_INITIALIZER(n, f)	{ .func = (f), .ready = 1 }
#define DECLARE_WORK(n, f) \
	struct work_struct n = __WORK_INITIALIZER(n, f)
#define DECLARE_DELAYED_WORK(n, f) \
	struct delayed_work n = { .work = __WORK_INITIALIZER(n, f) }
#define to_delayed_work(w)	container_of(w, struct delayed_work, work)
#define to_rcu_work(w)		container_of(w, struct rcu_work, work)

struct workqueue_struct *alloc_workqueue(const char *fmt, unsigned int flags,
					 int max_active, ...);
#define alloc_ordered_workqueue(fmt, flags, ...) alloc_workqueue(fmt, flags, 1)
void destroy_workqueue(struct workqueue_struct *wq);
void flush_workqueue(struct workqueue_struct *wq);
#define drain_workqueue(wq)	flush_workqueue(wq)

bool shim_queue(struct workqueue_struct *wq, struct work_struct *w,
		unsigned long delay, bool move);
bool shim_cancel(struct work_struct *w, bool sync);
bool shim_flush(struct work_struct *w, bool now);

#define queue_work(wq, w)	shim_queue(wq, w, 0, false)
#define schedule_work(w)	queue_work(system_wq, w)
#define queue_work_on(cpu, wq, w)	queue_work(wq, w)
#define queue_delayed_work(wq, dw, d)	shim_queue(wq, &(dw)->work, d, false)
#define schedule_delayed_work(dw, d)	queue_delayed_work(system_wq, dw, d)
#define mod_delayed_work(wq, dw, d)	shim_queue(wq, &(dw)->work, d, true)
#define cancel_work(w)			shim_cancel(w, false)
#define cancel_work_sync(w)		shim_cancel(w, true)
#define cancel_delayed_work(dw)		shim_cancel(&(dw)->work, false)
#define cancel_delayed_work_sync(dw)	shim_cancel(&(dw)->work, true)
#define flush_work(w)			shim_flush(w, false)
#define flush_delayed_work(dw)		shim_flush(&(dw)->work, true)
#define work_pending(w)			(READ_ONCE((w)->pending) != 0)
#define delayed_work_pending(dw)	work_pending(&(dw)->work)
bool queue_rcu_work(struct workqueue_struct *wq, struct rcu_work *rwork);

u32 get_random_u32(void);
u64 get_random_u64(void);
static inline u32 get_random_u32_below(u32 ceil)
{
	return ((u64)get_random_u32() * ceil) >> 32;
}
/* its name before 6.2 */
static inline u32 prandom_u32_max(u32 ceil)
{
	return get_random_u32_below(ceil);
}
void get_random_bytes(void *buf, size_t len);

void sort(void *base, size_t num, size_t size,
	  int (*cmp)(const void *a, const void *b),
	  void (*swap_fn)(void *a, void *b, int size));

#endif
