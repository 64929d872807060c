// SPDX-License-Identifier: GPL-2.0
/*
 * What a decision costs in nanoseconds, on real CPUs: the modules' own files
 * and mainline's, side by side under tests/shim, in its flavour without
 * instrumentation. Locks and atomics are real; what the kernel adds around them
 * (softirq accounting, out-of-line locks) is not there, for none of them. Nor is
 * the time that bw_lag and bw_lag_val take to read the clock.
 *
 *	native [-b] [-c] [-r ROUNDS] [-n SERVERS] [-s SCHED]... [-t THREADS]
 *	       [-v VARIANT]
 *
 *	-b	bind and unbind a connection after each decision
 *	-c	count instructions, for callgrind; see cost.sh
 *	-r	samples of each, default 15
 *	-n	only this number of servers
 *	-s	only these schedulers, and rr
 *	-t	only with so many threads
 *	-v	only this variant
 *
 * Schedulers take turns, so that whatever else this machine does hits all of
 * them; a ratio is the median of the ratios within a round. Prints
 *
 *	ns THREADS VARIANT SERVERS SCHED NS RATIO BUSY LEAST
 *	relief SERVERS NS
 *
 * NS is time divided by the decisions of all threads, RATIO that of mainline's
 * rr over this (a throughput: above 1 is better). BUSY samples are no good,
 * because the threads did not have a CPU each. LEAST is the smallest NS, for
 * machines that others use, too. VARIANTs are those of guest.sh,
 *
 *	half, most	one half, or 99 of 100 servers, are full
 *	all		all are: every connection is refused
 *	tiers		100 tiers, of which the lowest is not full
 *	near		all servers may have some connections more, ours and rr only
 *
 * and for schedulers with shares
 *
 *	weights		random weights up to 100
 *	distinct	random weights up to 1,000,000, so that nothing repeats
 *	heavy		one server has the weight 2,147,483,647, all others 1
 *	heavyfull	the same, and that server is full
 *
 * In the last two mainline's wrr has 100,000 for 2,147,483,647, which would take
 * it 20,000 times as long. Of two schedulers called rr and wrr, those with _ext
 * are ours.
 * "counter" adds 1 to a number that all threads share, and "harness" does nothing: no
 * scheduler with one order for all CPUs can be faster than the former.
 * "relief" is one pass of the framework's work over the full servers.
 *
 * With -c nothing of this is printed. Callgrind gets a dump for each, named
 *
 *	VARIANT SERVERS SCHED DECISIONS
 */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <valgrind/callgrind.h>

#include "native.h"

#define UPPER		1000000		/* far away */
#define UPPER_NEAR	5
#define SAMPLE_NS	2000000		/* one thread */
#define SAMPLE_US	4000		/* two threads */
#define MAX_ROUNDS	101
#define MAX_THREADS	2
#define RETRIES		20		/* for CPUs that are not busy */

enum variant {
	LIMITS, HALF, MOST, FULL, REBOUND, ALL, TIERS, NEAR, WEIGHTS, DISTINCT,
	HEAVY, HEAVYFULL,
};
static const char * const variant_name[] = {
	"limits", "half", "most", "full", "rebound", "all", "tiers", "near", "weights",
	"distinct", "heavy", "heavyfull",
};

#define TIERS_NR	100

/* As the core and guest.sh know them; the first one is what others are
 * compared with, the last two decide nothing.
 */
static struct contender {
	const char *name, *module, *bind;
	bool constant;			/* does the same work for any size */
	int heavy;			/* the largest weight, if weights are shares */
	bool tiers;			/* higher weights first */
	bool hash;			/* refuses if one certain server is full */
	bool wanted;
	bool refuses;			/* nobody is left to choose */
	struct ip_vs_service *svc;
	u32 calls;			/* in a sample of one thread */
	double ns[MAX_ROUNDS];
	unsigned int busy;
} contenders[] = {
	{ "rr", "mainline_ip_vs_rr", "mainline-rr", true },
	{ "wrr", "mainline_ip_vs_wrr", "mainline-wrr", false, 100000 },
	{ "wlc", "mainline_ip_vs_wlc", "mainline-wlc" },
	{ "fo", "mainline_ip_vs_fo", "mainline-fo", .tiers = true },
	{ "ovf", "mainline_ip_vs_ovf", "mainline-ovf", .tiers = true },
	{ "lc", "mainline_ip_vs_lc", "mainline-lc" },
	{ "sed", "mainline_ip_vs_sed", "mainline-sed" },
	{ "nq", "mainline_ip_vs_nq", "mainline-nq" },
	{ "twos", "mainline_ip_vs_twos", "mainline-twos" },
	{ "sh", "mainline_ip_vs_sh", "mainline-sh", true, .hash = true },
	{ "dh", "mainline_ip_vs_dh", "mainline-dh", true, .hash = true },
	{ "bw_lag_val", "ip_vs_bw_lag_val", "bw_lag_val" },
	{ "bw_lag", "ip_vs_bw_lag", "bw_lag" },
	{ "auto_bw", "ip_vs_auto_bw", "auto_bw" },
	{ "rr_ext", "ip_vs_rr", "rr", true },
	{ "wrr_ext", "ip_vs_wrr", "wrr", true, INT_MAX },
	{ "bw_load", "ip_vs_bw_load", "bw_load", true, INT_MAX },
	{ "bw_poll", "ip_vs_bw_poll", "bw_poll", true, INT_MAX },
	{ "hprio", "ip_vs_hprio", "hprio", true, .tiers = true },
	{ "counter", NULL, "counter", true },
	{ "harness", NULL, "empty", true },
};

#define NR_CONTENDERS	ARRAY_SIZE(contenders)
#define HPRIO		(&contenders[NR_CONTENDERS - 3])
#define COUNTER		(&contenders[NR_CONTENDERS - 2])
#define EMPTY		(&contenders[NR_CONTENDERS - 1])

static unsigned int rounds = 15;
static int only_variant = -1, only_threads;
static bool do_bind, do_count;

static struct ip_vs_dest *empty_schedule(struct ip_vs_service *svc,
					 const struct sk_buff *skb,
					 struct ip_vs_iphdr *iph)
{
	(void)svc;
	(void)skb;
	(void)iph;
	return NULL;
}

static struct ip_vs_scheduler empty = {
	.name =			"empty",
	.n_list =		LIST_HEAD_INIT(empty.n_list),
	.schedule =		empty_schedule,
};

static atomic_t counted ____cacheline_aligned_in_smp;

static struct ip_vs_dest *counter_schedule(struct ip_vs_service *svc,
					   const struct sk_buff *skb,
					   struct ip_vs_iphdr *iph)
{
	atomic_inc(&counted);
	return empty_schedule(svc, skb, iph);
}

static struct ip_vs_scheduler counter = {
	.name =			"counter",
	.n_list =		LIST_HEAD_INIT(counter.n_list),
	.schedule =		counter_schedule,
};

static void die(const char *what, const char *who)
{
	fprintf(stderr, "native: %s: %s\n", who, what);
	exit(1);
}

/* Returns the server chosen last. */
static noinline struct ip_vs_dest *
decide(const struct contender *c, u32 calls, bool with_bind)
{
	struct ip_vs_service *svc = c->svc;
	struct ip_vs_scheduler *sched;
	struct sk_buff *skb = &shim_skb;
	struct ip_vs_iphdr *iph = &shim_iph;
	struct ip_vs_dest *dest = NULL;
	u32 i, found = 0;

	shim_softirq_enter();
	rcu_read_lock();
	sched = rcu_dereference(svc->scheduler);
	if (with_bind)
		for (i = 0; i < calls; i++) {
			dest = sched->schedule(svc, skb, iph);
			if (dest)
				bind_unbind(dest);
			found += !!dest;
		}
	else
		for (i = 0; i < calls; i++) {
			dest = sched->schedule(svc, skb, iph);
			found += !!dest;
		}
	rcu_read_unlock();
	shim_softirq_exit();
	if (c < COUNTER && found != (c->refuses ? 0 : calls) && !c->hash)
		die(c->refuses ? "chose a full server" : "refused", c->name);
	return dest;
}

/* In time of this thread, which stands still while another program runs. */
static double sample(struct contender *c)
{
	u64 t = now(CLOCK_THREAD_CPUTIME_ID);

	decide(c, c->calls, do_bind);
	return (double)(now(CLOCK_THREAD_CPUTIME_ID) - t) / c->calls;
}

/* Find out how many calls make a sample of about SAMPLE_NS. */
static void calibrate(struct contender *c)
{
	u64 t;

	if (do_count) {
		c->calls = c->constant ? 1024 : 16;
		/* what is done once after a change */
		decide(c, 4 * c->calls, do_bind);
		return;
	}
	for (c->calls = 16; ; c->calls *= 4) {
		t = now(CLOCK_THREAD_CPUTIME_ID);
		decide(c, c->calls, do_bind);
		t = now(CLOCK_THREAD_CPUTIME_ID) - t;
		if (t > SAMPLE_NS / 8)
			break;
	}
	c->calls = max(8ull, (u64)c->calls * SAMPLE_NS / t);
}

/* ---- two threads ---- */

static struct thread {
	pthread_t t;
	int cpu;
	struct contender *c;
	u64 done, cpu_ns;
} threads[MAX_THREADS];

static cpu_set_t allowed;
static int ready, go, stop;

/* Thread @n has the n-th CPU that we may use, if there are so many. */
static void stay(int n)
{
	cpu_set_t one;
	int cpu;

	if (CPU_COUNT(&allowed) < MAX_THREADS)
		return;
	for (cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &allowed) && !n--)
			break;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	sched_setaffinity(0, sizeof(one), &one);
}

static void *thread_main(void *arg)
{
	struct thread *th = arg;
	/* Often enough to stop in time, seldom enough not to matter. */
	u32 batch = max(1u, th->c->calls / 200);
	u64 done = 0, t;

	shim_switch(th->cpu);
	stay(th->cpu);
	__atomic_add_fetch(&ready, 1, __ATOMIC_SEQ_CST);
	while (!__atomic_load_n(&go, __ATOMIC_ACQUIRE))
		cpu_relax();
	t = now(CLOCK_THREAD_CPUTIME_ID);
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		decide(th->c, batch, do_bind);
		done += batch;
	}
	th->cpu_ns = now(CLOCK_THREAD_CPUTIME_ID) - t;
	th->done = done;
	return NULL;
}

/* Returns whether both threads ran all the time. */
static bool try_threads(struct contender *c, double *ns)
{
	u64 t, done = 0;
	bool good = true;
	int i;

	ready = 0;
	go = 0;
	stop = 0;
	for (i = 0; i < MAX_THREADS; i++) {
		threads[i] = (struct thread){ .cpu = i, .c = c };
		if (pthread_create(&threads[i].t, NULL, thread_main,
				   &threads[i]))
			die("no thread", c->name);
	}
	while (__atomic_load_n(&ready, __ATOMIC_SEQ_CST) < MAX_THREADS)
		usleep(100);
	t = now(CLOCK_MONOTONIC);
	__atomic_store_n(&go, 1, __ATOMIC_RELEASE);
	usleep(SAMPLE_US);
	__atomic_store_n(&stop, 1, __ATOMIC_RELEASE);
	t = now(CLOCK_MONOTONIC) - t;
	for (i = 0; i < MAX_THREADS; i++) {
		pthread_join(threads[i].t, NULL);
		done += threads[i].done;
		good &= threads[i].cpu_ns > t - t / 8;
	}
	*ns = (double)t / done;
	return good;
}

static double sample_threads(struct contender *c)
{
	double ns;
	int i;

	for (i = 0; i < RETRIES; i++)
		if (try_threads(c, &ns))
			return ns;
	c->busy++;
	return ns;
}

/* ---- tables ---- */

/* Variants are measured only for those of which they say something new. */
static bool takes_part(const struct contender *c, enum variant variant)
{
	if (!c->wanted || (c == COUNTER && variant != LIMITS))
		return false;
	switch (variant) {
	case LIMITS:
	case HALF:
	case MOST:
	case FULL:
	case ALL:
		return true;
	case REBOUND:
		return c == HPRIO || c == EMPTY;
	case TIERS:
		return c->tiers || c == &contenders[0] || c == EMPTY;
	case NEAR:
		return strncmp(c->bind, "mainline", 8) || c == &contenders[0];
	default:
		return c->heavy || c == &contenders[0] || c == EMPTY;
	}
}

/* The instructions of one thread's decisions go to a dump. */
static void count(struct contender *c, enum variant variant, unsigned int servers)
{
	char name[64];

	snprintf(name, sizeof(name), "%s %u %s %u", variant_name[variant], servers, c->name,
		 c->calls);
	CALLGRIND_START_INSTRUMENTATION;
	CALLGRIND_ZERO_STATS;
	decide(c, c->calls, do_bind);
	CALLGRIND_DUMP_STATS_AT(name);
	CALLGRIND_STOP_INSTRUMENTATION;
}

/* Measure contenders, taking turns, and print a line of each. */
static void compare(enum variant variant, unsigned int servers, int nthreads)
{
	static double ratio[MAX_ROUNDS], ns[MAX_ROUNDS];
	const struct contender *rr = &contenders[0];
	struct contender *c, *end = contenders + NR_CONTENDERS;
	double middle;
	unsigned int r;

	if (only_threads && nthreads != only_threads)
		return;
	if (do_count) {
		for (c = contenders; c < end; c++)
			if (takes_part(c, variant))
				count(c, variant, servers);
		return;
	}
	for (c = contenders; c < end; c++)
		c->busy = 0;
	for (r = 0; r < rounds; r++)
		for (c = contenders; c < end; c++)
			if (takes_part(c, variant))
				c->ns[r] = nthreads == 1 ? sample(c) :
							   sample_threads(c);
	for (c = contenders; c < end; c++) {
		if (!takes_part(c, variant))
			continue;
		for (r = 0; r < rounds; r++) {
			ratio[r] = rr->ns[r] / c->ns[r];
			ns[r] = c->ns[r];
		}
		/* sorts them */
		middle = median(ns, rounds);
		printf("ns %d %s %u %s %.1f %.2f %u %.1f\n", nthreads,
		       variant_name[variant], servers, c->name, middle,
		       median(ratio, rounds), c->busy, ns[0]);
	}
	fflush(stdout);
}

/* Make the first @nr servers full, of those with weight @weight or more. */
static void fill(struct contender *c, unsigned int nr, int weight)
{
	struct ip_vs_dest *dest;

	list_for_each_entry(dest, &c->svc->destinations, n_list) {
		if (atomic_read(&dest->weight) < weight)
			continue;
		if (!nr--)
			return;
		atomic_add(UPPER, &dest->totalconns);
		dest->flags |= IP_VS_DEST_F_OVERLOAD;
	}
}

/* Take it back, for all. */
static void empty_again(struct contender *c)
{
	struct ip_vs_dest *dest;

	list_for_each_entry(dest, &c->svc->destinations, n_list) {
		if (!(dest->flags & IP_VS_DEST_F_OVERLOAD))
			continue;
		atomic_sub(UPPER, &dest->totalconns);
		dest->flags &= ~IP_VS_DEST_F_OVERLOAD;
	}
}

/* One pass of the work, which is armed while servers are full. */
static void relief(unsigned int servers)
{
	static double ns[MAX_ROUNDS];
	unsigned long due;
	unsigned int r;
	u64 t;

	if (do_count)
		return;
	for (r = 0; r < rounds; r++) {
		/* none: so few that decisions look at them themselves */
		if (!shim_next_due(&due))
			return;
		t = now(CLOCK_THREAD_CPUTIME_ID);
		shim_advance(due - jiffies);
		ns[r] = now(CLOCK_THREAD_CPUTIME_ID) - t;
	}
	printf("relief %u %.0f\n", servers, median(ns, rounds));
}

/* What is done once for each server, or until a sequence is known. */
static void warm_up(struct contender *c, unsigned int n)
{
	decide(c, c->constant ? 4 * n + 4096 : 16, false);
	/* the order needs more room, and once more to be known */
	if (c->constant && shim_run_works())
		decide(c, 1 << 17, false);
}

static void clear(void)
{
	while (shim_rcu_pending() && shim_rcu_gp() >= 0)
		;
	shim_empty_trash();
}

static int weight_of(enum variant variant, const struct contender *c, unsigned int i)
{
	switch (variant) {
	case WEIGHTS:
		return 1 + (int)(shim_rnd() % 100);
	case DISTINCT:
		return 1 + (int)(shim_rnd() % 1000000);
	case HEAVY:
	case HEAVYFULL:
		return i == 1 && c->heavy ? c->heavy : 1;
	case TIERS:
		return 1 + i % TIERS_NR;
	default:
		return 5;
	}
}

/* A service of @n servers for each who takes part. */
static void open_services(enum variant variant, unsigned int n)
{
	u32 upper = variant == NEAR ? UPPER_NEAR : UPPER;
	struct contender *c;
	unsigned int i;

	for (c = contenders; c < contenders + NR_CONTENDERS; c++) {
		if (!takes_part(c, variant))
			continue;
		shim_seed(1);
		if (shim_add_service(&c->svc, c->bind, c - contenders + 1, 0))
			die("cannot be bound", c->name);
		for (i = 1; i <= n; i++)
			if (shim_add_dest(c->svc, i, weight_of(variant, c, i), upper, 0))
				die("cannot add a server", c->name);
	}
}

static void close_services(enum variant variant)
{
	struct contender *c;

	for (c = contenders; c < contenders + NR_CONTENDERS; c++)
		if (takes_part(c, variant))
			shim_del_service(c->svc);
	clear();
}

/* Measure with the first @nr servers full, of those with weight @weight or more. */
static void level(enum variant variant, unsigned int n, unsigned int nr, int weight)
{
	struct contender *c;
	int t;

	for (c = contenders; c < contenders + NR_CONTENDERS; c++) {
		if (!takes_part(c, variant))
			continue;
		c->refuses = variant == ALL;
		fill(c, nr, weight);
		warm_up(c, n);
		calibrate(c);
	}
	for (t = 1; t <= MAX_THREADS; t++)
		compare(variant, n, t);
	if (variant == FULL)
		relief(n);
	for (c = contenders; c < contenders + NR_CONTENDERS; c++) {
		if (!takes_part(c, variant))
			continue;
		c->refuses = false;
		empty_again(c);
	}
	/* who was full is found to be relieved */
	shim_advance(HZ);
}

static bool wanted(enum variant variant)
{
	return only_variant < 0 || only_variant == (int)variant;
}

static void rebind(unsigned int n)
{
	/* they are full already when it is bound */
	fill(HPRIO, n, 5);
	if (shim_edit_service(HPRIO->svc, EMPTY->bind, 0) ||
	    shim_edit_service(HPRIO->svc, HPRIO->bind, 0))
		die("cannot be bound again", HPRIO->name);
	decide(HPRIO, 16, false);
	calibrate(HPRIO);
	compare(REBOUND, n, 1);
	empty_again(HPRIO);
}

/* More and more of the same @n servers are full. */
static void fullness(unsigned int n)
{
	struct contender *c;

	open_services(LIMITS, n);
	if (wanted(LIMITS))
		level(LIMITS, n, 0, 5);
	if (wanted(HALF))
		level(HALF, n, n / 2, 5);
	if (wanted(MOST))
		level(MOST, n, n * 99 / 100, 5);
	if (wanted(ALL))
		level(ALL, n, n, 0);
	if (wanted(FULL) || wanted(REBOUND)) {
		/* all but one of a lower tier */
		for (c = contenders; c < contenders + NR_CONTENDERS; c++)
			if (c->wanted)
				shim_edit_dest(c->svc, (n + 1) / 2, 1, 0, 0);
		level(FULL, n, n, 5);
		if (HPRIO->wanted)
			rebind(n);
	}
	close_services(LIMITS);
}

static void measure(unsigned int n)
{
	int v;

	if (only_variant < 0 || only_variant < TIERS)
		fullness(n);
	for (v = TIERS; v <= HEAVYFULL; v++) {
		if (!wanted(v))
			continue;
		if (only_variant < 0 && n != 16 && v >= HEAVY)
			continue;
		if (only_variant < 0 && n != 16 && n != 10240 && v == DISTINCT)
			continue;
		if (v == TIERS && n < TIERS_NR)
			continue;
		open_services(v, n);
		level(v, n, v == TIERS ? n : v == HEAVYFULL, 2);
		close_services(v);
	}
}

static struct contender *contender(const char *name)
{
	struct contender *c = contenders;

	while (c < contenders + NR_CONTENDERS && strcmp(c->name, name))
		c++;
	if (c == contenders + NR_CONTENDERS)
		die("no such scheduler", name);
	return c;
}

static int variant(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(variant_name); i++)
		if (!strcmp(variant_name[i], name))
			return i;
	die("no such variant", name);
	return -1;
}

int main(int argc, char **argv)
{
	static const unsigned int sizes[] = { 2, 16, 128, 1024, 10240, 20480 };
	unsigned int i, only = 0;
	struct contender *c;
	int opt;
	bool some = false;

	while ((opt = getopt(argc, argv, "bcr:n:s:t:v:")) != -1) {
		switch (opt) {
		case 'b':
			do_bind = true;
			break;
		case 'c':
			do_count = true;
			only_threads = 1;
			break;
		case 'r':
			rounds = strtoul(optarg, NULL, 0);
			break;
		case 'n':
			only = strtoul(optarg, NULL, 0);
			break;
		case 's':
			contender(optarg)->wanted = true;
			some = true;
			break;
		case 't':
			only_threads = strtoul(optarg, NULL, 0);
			break;
		case 'v':
			only_variant = variant(optarg);
			break;
		default:
			return 2;
		}
	}
	if (optind != argc || !rounds || rounds > MAX_ROUNDS || only == 1)
		return 2;

	sched_getaffinity(0, sizeof(allowed), &allowed);
	shim_begin(MAX_THREADS);
	shim_limit = SHIM_LIMIT_OFF;
	if (shim_load("ip_vs_ext") || register_ip_vs_scheduler(&empty) ||
	    register_ip_vs_scheduler(&counter))
		die("cannot be loaded", "ip_vs_ext");
	for (c = contenders; c < contenders + NR_CONTENDERS; c++)
		c->wanted |= !some || c == &contenders[0] || c == EMPTY;
	for (c = contenders; c < contenders + NR_CONTENDERS; c++)
		if (c->module && shim_load(c->module))
			die("is not linked in", c->module);
	if (only)
		measure(only);
	else
		for (i = 0; i < ARRAY_SIZE(sizes); i++)
			measure(sizes[i]);
	return 0;
}
