// SPDX-License-Identifier: GPL-2.0
/* Contexts, locks, messages, and the end of a test that broke a rule. */
#include <sched.h>
#include <unistd.h>

#include "internal.h"

struct shim_ctx shim_ctxs[SHIM_MAX_CPUS];
__thread struct shim_ctx *shim_self = &shim_ctxs[0];
unsigned int nr_cpu_ids = 1;
bool shim_threaded;
int shim_warnings;
int shim_log_lines;
unsigned int shim_race_one_in;

static const char *expected_death;
static int expected_warnings;
static char log_text[1 << 16];
static size_t log_len;
static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;
static int ctx_used[SHIM_MAX_CPUS];

void shim_die(const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (expected_death) {
		if (strstr(text, expected_death))
			abort();
		fprintf(stderr, "shim: expected \"%s\", got \"%s\"\n",
			expected_death, text);
		_exit(99);
	}
	fprintf(stderr, "shim: CPU %d: %s\n", shim_self->cpu, text);
	fflush(NULL);
	abort();
}

void shim_expect_death(const char *text)
{
	expected_death = text;
}

void shim_expect_warnings(int n)
{
	expected_warnings = n;
}

bool shim_warn(const char *file, int line, const char *what)
{
	__atomic_add_fetch(&shim_warnings, 1, __ATOMIC_RELAXED);
	if (__atomic_sub_fetch(&expected_warnings, 1, __ATOMIC_RELAXED) < 0)
		shim_die("WARN_ON(%s) at %s:%d", what, file, line);
	return true;
}

int shim_printk(const char *fmt, ...)
{
	char text[512];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n >= (int)sizeof(text))
		n = sizeof(text) - 1;
	pthread_mutex_lock(&log_lock);
	shim_log_lines++;
	if (log_len + n + 1 < sizeof(log_text)) {
		memcpy(log_text + log_len, text, n + 1);
		log_len += n;
	}
	pthread_mutex_unlock(&log_lock);
	if (getenv("SHIM_VERBOSE"))
		fprintf(stderr, "%s", text[0] == '\001' ? text + 2 : text);
	return n;
}

bool shim_log_has(const char *text)
{
	return strstr(log_text, text);
}

void shim_log_clear(void)
{
	log_text[0] = 0;
	log_len = 0;
	shim_log_lines = 0;
}

int shim_net_ratelimit(void)
{
	return 1;
}

ssize_t strscpy(char *dst, const char *src, size_t size)
{
	size_t n = strnlen(src, size);

	if (!size)
		return -E2BIG;
	if (n == size) {
		memcpy(dst, src, size - 1);
		dst[size - 1] = 0;
		return -E2BIG;
	}
	memcpy(dst, src, n + 1);
	return n;
}

int scnprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(buf, size, fmt, ap);
	va_end(ap);
	return size && n >= (int)size ? (int)size - 1 : n;
}

void sort(void *base, size_t num, size_t size,
	  int (*cmp)(const void *a, const void *b),
	  void (*swap_fn)(void *a, void *b, int size))
{
	(void)swap_fn;
	qsort(base, num, size, cmp);
}

/* ---- random numbers, one repeatable stream per CPU ---- */

u32 shim_rnd(void)
{
	u32 x = shim_self->rnd;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	return shim_self->rnd = x;
}

void shim_seed(unsigned int seed)
{
	int i;

	for (i = 0; i < SHIM_MAX_CPUS; i++)
		shim_ctxs[i].rnd = (seed + i) * 2654435761u | 1;
}

u32 get_random_u32(void)
{
	return shim_rnd();
}

u64 get_random_u64(void)
{
	u64 hi = shim_rnd();

	return hi << 32 | shim_rnd();
}

void get_random_bytes(void *buf, size_t len)
{
	u8 *p = buf;

	while (len--)
		*p++ = shim_rnd();
}

void shim_race_point(void)
{
	unsigned int n = shim_race_one_in;
	unsigned int i, turns;

	if (!n || shim_rnd() % n)
		return;
	turns = shim_rnd() % 4;
	if (!turns)
		usleep(shim_rnd() % 512 ? 1 : 2000);
	for (i = 0; i < turns; i++)
		sched_yield();
}

void shim_relax(void)
{
	static __thread unsigned int n;

	if (++n % 64 == 0)
		sched_yield();
	if (!shim_threaded && n > 100000)
		shim_die("spins for another CPU");
}

#ifndef SHIM_FAST
void (*shim_release_hook)(const void *p);

void shim_release_point(const void *p)
{
	if (shim_release_hook)
		shim_release_hook(p);
	shim_race_point();
}
#endif

/* ---- contexts ---- */

__thread bool shim_process_context;

void shim_switch(int cpu)
{
	if ((unsigned int)cpu >= nr_cpu_ids)
		shim_die("no CPU %d", cpu);
	shim_self = &shim_ctxs[cpu];
}

void shim_softirq_enter(void)
{
	shim_self->serving++;
}

void shim_softirq_exit(void)
{
	if (shim_self->serving-- <= 0)
		shim_die("softirq left but not entered");
}

void shim_might_sleep(const char *what)
{
#ifndef SHIM_FAST
	const struct shim_ctx *c = shim_self;

	if (c->rcu_depth)
		shim_die("%s may sleep: inside an RCU reader", what);
	if (c->held)
		shim_die("%s may sleep: lock of %s held", what,
			 c->locks[c->held - 1].where);
	if (preempt_count())
		shim_die("%s may sleep: in atomic context", what);
#else
	(void)what;
#endif
}

struct shim_balance shim_balance(void)
{
	const struct shim_ctx *c = shim_self;

	return (struct shim_balance){ c->rcu_depth, c->bh, c->preempt,
				      c->irqs_off, c->held, c->serving };
}

void shim_check_balance(struct shim_balance b, const char *what)
{
	const struct shim_ctx *c = shim_self;

	if (c->held != b.held)
		shim_die("%s returned with a lock held, taken at %s", what,
			 c->held ? c->locks[c->held - 1].where : "?");
	if (c->bh != b.bh)
		shim_die("%s returned with bottom halves %s", what,
			 c->bh > b.bh ? "disabled" : "enabled too often");
	if (c->rcu_depth != b.rcu)
		shim_die("%s returned inside an RCU reader", what);
	if (c->preempt != b.preempt || c->irqs_off != b.irqs_off)
		shim_die("%s returned with preemption or interrupts off", what);
	if (c->serving != b.serving)
		shim_die("%s changed the softirq state", what);
}

void shim_sys_begin(void)
{
	int i;

	memset(shim_ctxs, 0, sizeof(shim_ctxs));
	for (i = 0; i < SHIM_MAX_CPUS; i++) {
		shim_ctxs[i].cpu = i;
		shim_ctxs[i].task = &shim_ctxs[i].idle;
		shim_ctxs[i].idle.pid = 100 + i;
		strscpy(shim_ctxs[i].idle.comm, "shim", 16);
	}
	memset(ctx_used, 0, sizeof(ctx_used));
	shim_seed(1);
	shim_self = &shim_ctxs[0];
	shim_process_context = false;
	shim_race_one_in = 0;
#ifndef SHIM_FAST
	shim_release_hook = NULL;
#endif
	shim_warnings = 0;
	expected_warnings = 0;
	expected_death = NULL;
	shim_log_clear();
}

/* ---- locks ---- */

void shim_lock_contended(spinlock_t *l)
{
	unsigned int spins = 0;
	int free;

	for (;;) {
		while (__atomic_load_n(&l->locked, __ATOMIC_RELAXED)) {
			cpu_relax();
			/* The owner may be a preempted thread. */
			if (++spins % 256 == 0)
				sched_yield();
		}
		free = 0;
		if (__atomic_compare_exchange_n(&l->locked, &free, 1, false,
						__ATOMIC_ACQUIRE,
						__ATOMIC_RELAXED))
			return;
	}
}

#ifndef SHIM_FAST
static void lock_check(spinlock_t *l, const char *where)
{
	const struct shim_ctx *c = shim_self;

	if (!l->ready)
		shim_die("lock not initialised at %s", where);
	if (__atomic_load_n(&l->owner, __ATOMIC_RELAXED) == c->cpu + 1)
		shim_die("recursive locking at %s", where);
	if (c->serving)
		__atomic_store_n(&l->in_softirq, 1, __ATOMIC_RELAXED);
	else if (!c->bh && !c->irqs_off)
		__atomic_store_n(&l->bh_on, 1, __ATOMIC_RELAXED);
	if (__atomic_load_n(&l->in_softirq, __ATOMIC_RELAXED) &&
	    __atomic_load_n(&l->bh_on, __ATOMIC_RELAXED))
		shim_die("inconsistent lock state at %s: taken in softirq and with softirqs on",
			 where);
}

static void lock_took(spinlock_t *l, const char *where)
{
	struct shim_ctx *c = shim_self;

	__atomic_store_n(&l->owner, c->cpu + 1, __ATOMIC_RELAXED);
	if (c->held == SHIM_MAX_HELD)
		shim_die("too many locks held at %s", where);
	c->taken++;
	c->locks[c->held++] = (struct shim_held){ l, where };
}

void shim_spin_lock(spinlock_t *l, const char *where)
{
	int free = 0;

	lock_check(l, where);
	if (!__atomic_compare_exchange_n(&l->locked, &free, 1, false,
					 __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
		if (!shim_threaded)
			shim_die("deadlock at %s: held by CPU %d", where,
				 l->owner - 1);
		shim_lock_contended(l);
	}
	lock_took(l, where);
	shim_race_point();
}

int shim_spin_trylock(spinlock_t *l, const char *where)
{
	int free = 0;

	if (!l->ready)
		shim_die("lock not initialised at %s", where);
	if (!__atomic_compare_exchange_n(&l->locked, &free, 1, false,
					 __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		return 0;
	lock_took(l, where);
	return 1;
}

void shim_spin_unlock(spinlock_t *l, const char *where)
{
	struct shim_ctx *c = shim_self;
	int i;

	for (i = c->held - 1; i >= 0; i--)
		if (c->locks[i].lock == l)
			break;
	if (i < 0)
		shim_die("unlock at %s of a lock that this CPU does not hold",
			 where);
	for (; i < c->held - 1; i++)
		c->locks[i] = c->locks[i + 1];
	c->held--;
	__atomic_store_n(&l->owner, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&l->locked, 0, __ATOMIC_RELEASE);
}

bool shim_lock_held(const spinlock_t *l)
{
	return __atomic_load_n(&l->owner, __ATOMIC_RELAXED) == shim_self->cpu + 1;
}
#else
bool shim_lock_held(const spinlock_t *l)
{
	return __atomic_load_n(&l->locked, __ATOMIC_RELAXED);
}
#endif

unsigned long shim_locks_taken(void)
{
	return shim_self->taken;
}

void mutex_init(struct mutex *m)
{
	pthread_mutex_init(&m->m, NULL);
	m->owner = 0;
}

void mutex_lock(struct mutex *m)
{
	shim_might_sleep("mutex_lock()");
	if (shim_mutex_held(m))
		shim_die("recursive mutex_lock()");
	pthread_mutex_lock(&m->m);
	__atomic_store_n(&m->owner, shim_self->cpu + 1, __ATOMIC_RELAXED);
}

int mutex_trylock(struct mutex *m)
{
	if (pthread_mutex_trylock(&m->m))
		return 0;
	__atomic_store_n(&m->owner, shim_self->cpu + 1, __ATOMIC_RELAXED);
	return 1;
}

void mutex_unlock(struct mutex *m)
{
	if (!shim_mutex_held(m))
		shim_die("mutex_unlock() by a CPU that does not hold it");
	__atomic_store_n(&m->owner, 0, __ATOMIC_RELAXED);
	pthread_mutex_unlock(&m->m);
}

bool shim_mutex_held(const struct mutex *m)
{
	return __atomic_load_n(&m->owner, __ATOMIC_RELAXED) == shim_self->cpu + 1;
}

void shim_rcu_list_check(bool ok)
{
	if (!ok)
		shim_die("RCU list walked outside an RCU reader");
}

/* ---- threads ---- */

struct start {
	shim_thread_fn fn;
	void *arg;
	int cpu;
};

void shim_ctx_claim(int cpu)
{
	if ((unsigned int)cpu >= nr_cpu_ids)
		shim_die("no CPU %d for a thread", cpu);
	if (__atomic_exchange_n(&ctx_used[cpu], 1, __ATOMIC_SEQ_CST))
		shim_die("CPU %d has a thread already", cpu);
}

void shim_ctx_release(int cpu)
{
	__atomic_store_n(&ctx_used[cpu], 0, __ATOMIC_SEQ_CST);
}

static void *thread_main(void *arg)
{
	struct start s = *(struct start *)arg;
	struct shim_balance b;
	void *ret;

	free(arg);
	shim_self = &shim_ctxs[s.cpu];
	b = shim_balance();
	ret = s.fn(s.arg);
	shim_check_balance(b, "a test thread");
	shim_ctx_release(s.cpu);
	return ret;
}

pthread_t shim_thread(int cpu, shim_thread_fn fn, void *arg)
{
	struct start *s = malloc(sizeof(*s));
	pthread_t t;

	if (!shim_threaded)
		shim_die("shim_thread() before shim_threads_begin()");
	shim_ctx_claim(cpu);
	*s = (struct start){ fn, arg, cpu };
	if (pthread_create(&t, NULL, thread_main, s))
		shim_die("no thread");
	return t;
}

void shim_join(pthread_t t)
{
	pthread_join(t, NULL);
}

void shim_threads_begin(void)
{
	if (nr_cpu_ids < 3)
		shim_die("threads need CPUs for the two helpers");
	shim_threaded = true;
	shim_ctx_claim(shim_self->cpu);
	shim_rcu_helper_start(nr_cpu_ids - 1);
	shim_work_helper_start(nr_cpu_ids - 2);
}

void shim_threads_end(void)
{
	shim_work_helper_stop();
	shim_rcu_helper_stop();
	shim_ctx_release(shim_self->cpu);
	shim_threaded = false;
}

/* ---- life ---- */

void shim_begin(unsigned int cpus)
{
	if (!cpus || cpus > SHIM_MAX_CPUS)
		shim_die("%u CPUs", cpus);
	nr_cpu_ids = cpus;
	shim_sys_begin();
	shim_mem_begin();
	shim_rcu_begin();
	shim_work_begin();
	shim_module_begin();
	shim_core_begin();
}

void shim_end(void)
{
	struct shim_balance none = { 0 };
	int i;

	shim_fail_alloc(0, false);
	shim_switch(0);
	shim_check_balance(none, "the test");
	shim_core_end();
	shim_module_end();
	for (i = 0; i < 4 && shim_rcu_pending(); i++)
		if (shim_rcu_gp() < 0)
			shim_die("a reader never ended");
	if (shim_rcu_pending())
		shim_die("%ld RCU callbacks pending", shim_rcu_pending());
	if (shim_works_pending())
		shim_die("%d works pending", shim_works_pending());
	if (shim_live_objects()) {
		shim_dump_live();
		shim_die("%ld objects leaked", shim_live_objects());
	}
}
