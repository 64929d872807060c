// SPDX-License-Identifier: GPL-2.0
/* Grace periods. See shim/rcu.h for how readers take part. */
#include <linux/membarrier.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "internal.h"

unsigned long shim_rcu_epoch = 1;
bool shim_rcu_asymmetric;
void (*shim_synchronize_hook)(void);
long shim_synchronize_calls;

static unsigned long completed = 1;	/* the last epoch without older readers */
/* A queued callback. Apart from the rcu_head, which is as small as the real. */
struct callback {
	struct callback *next;
	struct rcu_head *head;
	rcu_callback_t func;		/* NULL: free @object */
	void *object;
	unsigned long epoch;
};

static struct callback *first, **last = &first;
static long pending;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_t helper;
static int helper_cpu;
static bool stop;

#ifdef SHIM_FAST
static void __attribute__((__constructor__)) choose(void)
{
	shim_rcu_asymmetric =
		!syscall(__NR_membarrier,
			 MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0);
}
#endif

/* After this every reader is either seen or sees what we wrote before. */
static void order_readers(void)
{
	if (shim_rcu_asymmetric)
		syscall(__NR_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
	else
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

static int old_reader(unsigned long epoch)
{
	unsigned long e;
	int i;

	for (i = 0; i < SHIM_MAX_CPUS; i++) {
		e = __atomic_load_n(&shim_ctxs[i].rcu_epoch, __ATOMIC_SEQ_CST);
		if (e && e < epoch)
			return i;
	}
	return -1;
}

static unsigned long open_epoch(void)
{
	unsigned long e = __atomic_add_fetch(&shim_rcu_epoch, 1,
					     __ATOMIC_SEQ_CST);

	order_readers();
	return e;
}

static void enqueue(struct rcu_head *head, rcu_callback_t func, void *object)
{
	struct callback *cb = malloc(sizeof(*cb)), *i;

	*cb = (struct callback){ NULL, head, func, object, 0 };
	pthread_mutex_lock(&lock);
	/* As the real one does. */
	memset(head, 0x7c, sizeof(*head));
	if (!shim_threaded)
		for (i = first; i; i = i->next)
			if (i->head == head)
				shim_die("RCU callback queued twice");
	cb->epoch = __atomic_load_n(&shim_rcu_epoch, __ATOMIC_SEQ_CST) + 1;
	*last = cb;
	last = &cb->next;
	pending++;
	pthread_mutex_unlock(&lock);
}

void call_rcu(struct rcu_head *head, rcu_callback_t func)
{
	if (!func)
		shim_die("call_rcu() without a function");
	enqueue(head, func, NULL);
}

void shim_kfree_rcu(struct rcu_head *head, void *object)
{
	enqueue(head, NULL, object);
}

/* Run callbacks that waited long enough, as softirqs do. */
static int run_callbacks(void)
{
	struct shim_balance b;
	struct callback cb, *i;
	int n = 0;

	for (;;) {
		pthread_mutex_lock(&lock);
		i = first;
		if (!i || i->epoch > __atomic_load_n(&completed,
						     __ATOMIC_ACQUIRE)) {
			pthread_mutex_unlock(&lock);
			return n;
		}
		first = i->next;
		if (!first)
			last = &first;
		pending--;
		pthread_mutex_unlock(&lock);
		cb = *i;
		free(i);
		shim_softirq_enter();
		b = shim_balance();
		if (cb.func)
			cb.func(cb.head);
		else
			shim_kvfree(cb.object);
		shim_check_balance(b, "an RCU callback");
		shim_softirq_exit();
		n++;
	}
}

int shim_rcu_gp(void)
{
	unsigned long e;

	if (shim_threaded)
		shim_die("shim_rcu_gp() while the helper runs");
	e = open_epoch();
	if (old_reader(e) >= 0)
		return -1;
	completed = e;
	return run_callbacks();
}

long shim_rcu_pending(void)
{
	return __atomic_load_n(&pending, __ATOMIC_RELAXED);
}

unsigned long get_state_synchronize_rcu(void)
{
	smp_mb();
	return __atomic_load_n(&shim_rcu_epoch, __ATOMIC_SEQ_CST) + 1;
}

unsigned long start_poll_synchronize_rcu(void)
{
	return get_state_synchronize_rcu();
}

bool poll_state_synchronize_rcu(unsigned long snap)
{
	bool done = __atomic_load_n(&completed, __ATOMIC_ACQUIRE) >= snap;

	smp_mb();
	return done;
}

void synchronize_rcu(void)
{
	unsigned long e;
	int cpu;

	shim_might_sleep("synchronize_rcu()");
	__atomic_add_fetch(&shim_synchronize_calls, 1, __ATOMIC_RELAXED);
	if (shim_synchronize_hook)
		shim_synchronize_hook();
	if (shim_threaded) {
		e = get_state_synchronize_rcu();
		while (!poll_state_synchronize_rcu(e))
			usleep(50);
		return;
	}
	e = open_epoch();
	cpu = old_reader(e);
	if (cpu >= 0)
		shim_die("synchronize_rcu() would wait for the reader on CPU %d",
			 cpu);
	completed = e;
}

void cond_synchronize_rcu(unsigned long snap)
{
	if (!poll_state_synchronize_rcu(snap))
		synchronize_rcu();
}

struct barrier {
	struct rcu_head rcu;
	int done;
};

static void barrier_reached(struct rcu_head *head)
{
	__atomic_store_n(&container_of(head, struct barrier, rcu)->done, 1,
			 __ATOMIC_RELEASE);
}

void rcu_barrier(void)
{
	struct barrier b = { .done = 0 };

	shim_might_sleep("rcu_barrier()");
	call_rcu(&b.rcu, barrier_reached);
	while (!__atomic_load_n(&b.done, __ATOMIC_ACQUIRE)) {
		if (shim_threaded)
			usleep(50);
		else if (shim_rcu_gp() < 0)
			shim_die("rcu_barrier() would wait for a reader");
	}
}

void shim_rcu_check_free(const void *p, size_t size)
{
	struct callback *i;

	pthread_mutex_lock(&lock);
	for (i = first; i; i = i->next)
		if (shim_in_range(i->head, p, size))
			shim_die("freeing an object with a queued RCU callback");
	pthread_mutex_unlock(&lock);
}

static void *helper_main(void *arg)
{
	unsigned long e;

	(void)arg;
	shim_self = &shim_ctxs[helper_cpu];
	while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
		e = open_epoch();
		while (old_reader(e) >= 0)
			sched_yield();
		order_readers();
		__atomic_store_n(&completed, e, __ATOMIC_RELEASE);
		run_callbacks();
		usleep(100);
	}
	return NULL;
}

void shim_rcu_helper_start(int cpu)
{
	shim_ctx_claim(cpu);
	helper_cpu = cpu;
	stop = false;
	if (pthread_create(&helper, NULL, helper_main, NULL))
		shim_die("no thread");
}

void shim_rcu_helper_stop(void)
{
	__atomic_store_n(&stop, true, __ATOMIC_RELEASE);
	pthread_join(helper, NULL);
	shim_ctx_release(helper_cpu);
}

void shim_rcu_begin(void)
{
	shim_synchronize_hook = NULL;
	shim_synchronize_calls = 0;
}
