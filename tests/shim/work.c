// SPDX-License-Identifier: GPL-2.0
/* jiffies, the clock, and works. One worker: no work runs beside another. */
#include <time.h>
#include <unistd.h>

#include "internal.h"

struct workqueue_struct {
	const char *name;
	bool dead;
};

static struct workqueue_struct sys_wq = { "events", false };
struct workqueue_struct *system_wq = &sys_wq, *system_unbound_wq = &sys_wq,
	*system_power_efficient_wq = &sys_wq, *system_long_wq = &sys_wq,
	*system_highpri_wq = &sys_wq;
unsigned long volatile jiffies;

static struct work_struct *first;
static struct work_struct *running;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_t helper;
static int helper_cpu;
static bool stop;
static unsigned long start_jiffies;
static u64 start_ns;

u64 shim_clock_ns;

static u64 clock_ns(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return ts.tv_sec * (u64)NSEC_PER_SEC + ts.tv_nsec;
}

u64 ktime_get_ns(void)
{
	if (shim_threaded)
		return clock_ns(CLOCK_MONOTONIC);
	return (jiffies - start_jiffies + HZ) * (u64)(NSEC_PER_SEC / HZ) +
	       shim_clock_ns;
}

u64 ktime_get_real_ns(void)
{
	if (shim_threaded)
		return clock_ns(CLOCK_REALTIME);
	return 1700000000ull * NSEC_PER_SEC + ktime_get_ns();
}

static void unlink_work(struct work_struct *w)
{
	struct work_struct **p;

	for (p = &first; *p != w; p = &(*p)->next)
		;
	*p = w->next;
	__atomic_store_n(&w->pending, 0, __ATOMIC_RELEASE);
}

bool shim_queue(struct workqueue_struct *wq, struct work_struct *w,
		unsigned long delay, bool move)
{
	struct work_struct **p;
	bool was;

	if (w->ready != 1 || !w->func)
		shim_die("work queued before it was initialised");
	if (!wq || wq->dead)
		shim_die("work queued on a dead workqueue");
	/* The common case on a hot path: one load. */
	if (!move && __atomic_load_n(&w->pending, __ATOMIC_RELAXED))
		return false;
	pthread_mutex_lock(&lock);
	was = w->pending;
	if (w->cancelling || (was && !move)) {
		pthread_mutex_unlock(&lock);
		return false;
	}
	if (!was) {
		for (p = &first; *p; p = &(*p)->next)
			;
		w->next = NULL;
		*p = w;
	}
	w->wq = wq;
	w->due = __atomic_load_n(&jiffies, __ATOMIC_RELAXED) + delay;
	__atomic_store_n(&w->pending, 1, __ATOMIC_RELEASE);
	pthread_mutex_unlock(&lock);
	return move ? was : true;
}

static bool on_worker(void)
{
	return shim_threaded && shim_self == &shim_ctxs[helper_cpu];
}

bool shim_cancel(struct work_struct *w, bool sync)
{
	bool was;

	if (sync)
		shim_might_sleep("cancel_work_sync()");
	if (w->ready != 1)
		shim_die("work cancelled before it was initialised");
	pthread_mutex_lock(&lock);
	was = w->pending;
	if (was)
		unlink_work(w);
	if (sync && running == w) {
		if (!shim_threaded || on_worker())
			shim_die("deadlock: a work cancels itself and waits");
		w->cancelling++;
		while (running == w) {
			pthread_mutex_unlock(&lock);
			usleep(20);
			pthread_mutex_lock(&lock);
			if (w->pending)
				unlink_work(w);
		}
		w->cancelling--;
	}
	pthread_mutex_unlock(&lock);
	return was;
}

/* Called with the lock, returns with it; @w may be gone afterwards. */
static void run_one(struct work_struct *w)
{
	struct work_struct *outer = running;
	struct shim_balance b;

	unlink_work(w);
	running = w;
	pthread_mutex_unlock(&lock);
	b = shim_balance();
	w->func(w);
	shim_check_balance(b, "a work");
	pthread_mutex_lock(&lock);
	running = outer;
}

int shim_run_works(void)
{
	struct work_struct *w, *best;
	int n = 0;

	shim_might_sleep("a work");
	pthread_mutex_lock(&lock);
	for (;;) {
		best = NULL;
		for (w = first; w; w = w->next)
			if (!time_after(w->due, jiffies) &&
			    (!best || time_before(w->due, best->due)))
				best = w;
		if (!best)
			break;
		run_one(best);
		if (++n > 100000)
			shim_die("works requeue themselves without delay");
	}
	pthread_mutex_unlock(&lock);
	return n;
}

void shim_advance(unsigned long n)
{
	if (shim_threaded)
		shim_die("shim_advance() while the helper runs");
	while (n--) {
		jiffies = jiffies + 1;
		shim_run_works();
	}
}

int shim_works_pending(void)
{
	struct work_struct *w;
	int n = 0;

	pthread_mutex_lock(&lock);
	for (w = first; w; w = w->next)
		n++;
	pthread_mutex_unlock(&lock);
	return n;
}

bool shim_next_due(unsigned long *due)
{
	struct work_struct *w;
	bool any = false;

	pthread_mutex_lock(&lock);
	for (w = first; w; w = w->next)
		if (!any || time_before(w->due, *due)) {
			*due = w->due;
			any = true;
		}
	pthread_mutex_unlock(&lock);
	return any;
}

bool shim_flush(struct work_struct *w, bool now)
{
	bool was;

	shim_might_sleep("flush_work()");
	pthread_mutex_lock(&lock);
	was = w->pending || running == w;
	if (running == w && (!shim_threaded || on_worker()))
		shim_die("deadlock: a work flushes itself");
	if (w->pending && now)
		w->due = jiffies;
	if (!shim_threaded) {
		if (w->pending && !time_after(w->due, jiffies))
			run_one(w);
	} else {
		while ((w->pending && !time_after(w->due, jiffies)) ||
		       running == w) {
			pthread_mutex_unlock(&lock);
			usleep(20);
			pthread_mutex_lock(&lock);
		}
	}
	pthread_mutex_unlock(&lock);
	return was;
}

void flush_workqueue(struct workqueue_struct *wq)
{
	struct work_struct *w;

	shim_might_sleep("flush_workqueue()");
	pthread_mutex_lock(&lock);
again:
	for (w = first; w; w = w->next)
		if (w->wq == wq && !time_after(w->due, jiffies))
			break;
	if (w && !shim_threaded) {
		run_one(w);
		goto again;
	}
	if (w || (running && !on_worker() && shim_threaded)) {
		pthread_mutex_unlock(&lock);
		usleep(20);
		pthread_mutex_lock(&lock);
		goto again;
	}
	pthread_mutex_unlock(&lock);
}

struct workqueue_struct *alloc_workqueue(const char *fmt, unsigned int flags,
					 int max_active, ...)
{
	struct workqueue_struct *wq = kzalloc(sizeof(*wq), GFP_KERNEL);

	(void)flags;
	(void)max_active;
	if (wq)
		wq->name = fmt;
	return wq;
}

void destroy_workqueue(struct workqueue_struct *wq)
{
	struct work_struct *w;

	flush_workqueue(wq);
	pthread_mutex_lock(&lock);
	for (w = first; w; w = w->next)
		if (w->wq == wq)
			shim_die("destroy_workqueue() with a work armed");
	pthread_mutex_unlock(&lock);
	wq->dead = true;
	kfree(wq);
}

static void rcu_work_ready(struct rcu_head *head)
{
	struct rcu_work *rw = container_of(head, struct rcu_work, rcu);

	shim_queue(rw->wq, &rw->work, 0, false);
}

bool queue_rcu_work(struct workqueue_struct *wq, struct rcu_work *rw)
{
	rw->wq = wq;
	call_rcu(&rw->rcu, rcu_work_ready);
	return true;
}

void shim_work_check_free(const void *p, size_t size)
{
	struct work_struct *w;

	pthread_mutex_lock(&lock);
	for (w = first; w; w = w->next)
		if (shim_in_range(w, p, size))
			shim_die("freeing an object with a pending work");
	/* A work may free itself, nobody else may. */
	if (running && shim_in_range(running, p, size) && shim_threaded &&
	    !on_worker())
		shim_die("freeing an object whose work is running");
	pthread_mutex_unlock(&lock);
}

static void *helper_main(void *arg)
{
	(void)arg;
	shim_self = &shim_ctxs[helper_cpu];
	while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
		u64 passed = clock_ns(CLOCK_MONOTONIC) - start_ns;

		__atomic_store_n(&jiffies, start_jiffies +
				 passed / (NSEC_PER_SEC / HZ), __ATOMIC_RELAXED);
		shim_run_works();
		usleep(500);
	}
	return NULL;
}

void shim_work_helper_start(int cpu)
{
	shim_ctx_claim(cpu);
	helper_cpu = cpu;
	stop = false;
	start_jiffies = jiffies;
	start_ns = clock_ns(CLOCK_MONOTONIC);
	if (pthread_create(&helper, NULL, helper_main, NULL))
		shim_die("no thread");
}

void shim_work_helper_stop(void)
{
	__atomic_store_n(&stop, true, __ATOMIC_RELEASE);
	pthread_join(helper, NULL);
	shim_ctx_release(helper_cpu);
}

void shim_work_begin(void)
{
	/* As in the kernel: wraps five minutes after boot. */
	start_jiffies = jiffies = -300UL * HZ;
	shim_clock_ns = 0;
}
