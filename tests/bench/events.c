// SPDX-License-Identifier: GPL-2.0
/*
 * What it costs a scheduler that what happens is recorded as events, while
 * 100,000 times a second a server becomes full or is relieved. As native.c: the
 * modules' own files under tests/shim, on real CPUs.
 *
 *	events [-r ROUNDS]
 *
 * -r are samples of each, default 301. They take turns; a ratio is the median of
 * the ratios within a round. Prints
 *
 *	event THREADS SERVICES VARIANT NS RATIO TRANSITIONS RECORDED BUSY
 *
 * NS is processor time of a thread for a decision, with its connection. RATIO is
 * that over the one of "off", TRANSITIONS how many there were a second of one
 * thread's time, and RECORDED the share that was read as an event or summed up
 * in one, in a run before the others. BUSY samples are no good, because the
 * threads did not have a CPU each. VARIANTs are
 *
 *	quiet		no server becomes full
 *	off		they do, without a front end
 *	idle		with one, but nobody listens
 *	listener	somebody does: another thread reads what is recorded
 *
 * All transitions are of one service, so that most are only counted, or spread
 * over 500, where the limit of the namespace is what holds most back.
 */
#include <stdio.h>
#include <unistd.h>

#include "native.h"
#include "ext_conf.h"

#define UPPER		1000000
#define SERVERS		16
#define MAX_SERVICES	500
#define MAX_THREADS	2
#define MAX_ROUNDS	1001
#define SAMPLE_NS	4000000
#define LONG_SAMPLE_NS	250000000	/* some of the limits' seconds */
#define RETRIES		5
#define TRANSITION_NS	10000		/* 100,000 a second */
#define CPUS		(MAX_THREADS + 3)

enum variant { QUIET, OFF, IDLE, LISTENER, NR_VARIANTS };
static const char * const variant_name[NR_VARIANTS] = {
	"quiet", "off", "idle", "listener",
};

static struct {
	struct ip_vs_service *svc;
	struct ip_vs_dest *dest;	/* becomes full and is relieved */
	bool full;
} services[MAX_SERVICES];

static unsigned int nr_services, rounds = 301;
static u32 batch;			/* decisions between two transitions */
static bool quiet, stop;

static void die(const char *what)
{
	fprintf(stderr, "events: %s\n", what);
	exit(1);
}

/* ---- the front end, as nl_event.c is one ---- */

static struct workqueue_struct *wq;
static bool heard;
static u64 recorded;

static noinline bool front_listening(struct net *net)
{
	return READ_ONCE(heard);
}

static void front_send(struct work_struct *work)
{
	static struct ip_vs_ext_event ev[16];
	unsigned int i, n;

	do {
		n = ip_vs_ext_events_read(&init_net, ev, ARRAY_SIZE(ev));
		for (i = 0; i < n; i++)
			recorded += ev[i].type ==
				    IP_VS_EXT_EVENT_TYPE_SUMMARY ?
					    ev[i].suppressed : 1;
	} while (n);
}

static DECLARE_WORK(send_work, front_send);

static noinline void front_kick(struct net *net)
{
	queue_work(wq, &send_work);
}

static const struct ip_vs_ext_front front = {
	.listening = front_listening,
	.kick = front_kick,
};

static void front_up(bool listener)
{
	WRITE_ONCE(heard, listener);
	ip_vs_ext_front_register(&front);
	if (ip_vs_ext_net_init(&init_net))
		die("no memory for events");
}

/* What is owed when a sample ends is due within a second. */
static void front_down(bool settle)
{
	unsigned long delay;

	while (settle && ip_vs_ext_events_due(&init_net, &delay)) {
		usleep(10000);
		front_kick(&init_net);
		flush_work(&send_work);
	}
	ip_vs_ext_front_unregister(&front);
	cancel_work_sync(&send_work);
}

/* ---- decisions ---- */

static noinline void decide(struct ip_vs_service *svc, u32 calls)
{
	struct ip_vs_scheduler *sched;
	struct ip_vs_dest *dest;

	shim_softirq_enter();
	rcu_read_lock();
	sched = rcu_dereference(svc->scheduler);
	while (calls--) {
		dest = sched->schedule(svc, &shim_skb, &shim_iph);
		if (!dest)
			die("refused");
		bind_unbind(dest);
	}
	rcu_read_unlock();
	shim_softirq_exit();
}

static void turn(unsigned int i)
{
	struct ip_vs_dest *dest = services[i].dest;

	services[i].full = !services[i].full;
	if (services[i].full) {
		atomic_add(UPPER, &dest->totalconns);
		dest->flags |= IP_VS_DEST_F_OVERLOAD;
	} else {
		dest->flags &= ~IP_VS_DEST_F_OVERLOAD;
		atomic_sub(UPPER, &dest->totalconns);
	}
}

static struct thread {
	pthread_t t;
	bool turns;			/* one thread does, for all */
	u64 decisions, transitions, ns, sample_ns;
	bool busy;			/* did not run all the time */
} threads[MAX_THREADS];

static void *thread_main(void *arg)
{
	struct thread *th = arg;
	u64 start = now(CLOCK_THREAD_CPUTIME_ID), t = now(CLOCK_MONOTONIC);
	unsigned int i = 0, n = 0;

	while (!READ_ONCE(stop)) {
		if (th->turns && !quiet) {
			turn(i);
			th->transitions++;
		}
		decide(services[i].svc, batch);
		th->decisions += batch;
		i = (i + 1) % nr_services;
		if (++n % 64)
			continue;
		th->ns = now(CLOCK_THREAD_CPUTIME_ID) - start;
		if (th->turns && th->ns >= th->sample_ns)
			WRITE_ONCE(stop, true);
	}
	t = now(CLOCK_MONOTONIC) - t;
	th->busy = th->ns < t - t / 8;
	/* Leave them as they were. */
	for (i = 0; th->turns && i < nr_services; i++)
		if (services[i].full) {
			turn(i);
			th->transitions++;
			decide(services[i].svc, SERVERS);
		}
	return NULL;
}

struct result {
	double ns;			/* for a decision */
	double rate;			/* transitions a second */
	u64 transitions;
	bool busy;
};

static struct result sample(int nthreads, u64 sample_ns)
{
	struct result res = { 0 };
	u64 ns = 0, decisions = 0;
	int i;

	stop = false;
	for (i = 0; i < nthreads; i++) {
		threads[i] = (struct thread){ .turns = !i,
					      .sample_ns = sample_ns };
		threads[i].t = shim_thread(i + 1, thread_main, &threads[i]);
	}
	for (i = 0; i < nthreads; i++) {
		shim_join(threads[i].t);
		ns += threads[i].ns;
		decisions += threads[i].decisions;
		res.busy |= threads[i].busy;
	}
	res.ns = (double)ns / decisions;
	res.rate = threads[0].transitions * 1e9 / threads[0].ns;
	res.transitions = threads[0].transitions;
	return res;
}

static struct result run(enum variant v, int nthreads)
{
	struct result res;
	int i;

	quiet = v == QUIET;
	if (v >= IDLE)
		front_up(v == LISTENER);
	for (i = 0; i < RETRIES; i++) {
		res = sample(nthreads, SAMPLE_NS);
		if (!res.busy)
			break;
	}
	if (v >= IDLE)
		front_down(false);
	return res;
}

/* The share of what happens that a listener is told in the end. */
static double share_recorded(int nthreads)
{
	struct result res;

	quiet = false;
	recorded = 0;
	front_up(true);
	res = sample(nthreads, LONG_SAMPLE_NS);
	front_down(true);
	return (double)recorded / res.transitions;
}

static void compare(int nthreads)
{
	static struct result res[NR_VARIANTS][MAX_ROUNDS];
	static double ns[MAX_ROUNDS], ratio[MAX_ROUNDS], rate[MAX_ROUNDS];
	unsigned int r, v, busy;
	double share;

	/* So many decisions that a transition comes every TRANSITION_NS. */
	for (batch = 256, r = 0; r < 20; r++)
		batch = max(1.0, TRANSITION_NS / run(OFF, nthreads).ns);
	share = share_recorded(nthreads);
	for (r = 0; r < rounds; r++)
		for (v = 0; v < NR_VARIANTS; v++)
			res[v][r] = run(v, nthreads);
	for (v = 0; v < NR_VARIANTS; v++) {
		busy = 0;
		for (r = 0; r < rounds; r++) {
			ratio[r] = res[v][r].ns / res[OFF][r].ns;
			ns[r] = res[v][r].ns;
			rate[r] = res[v][r].rate;
			busy += res[v][r].busy;
		}
		printf("event %d %u %s %.1f %.3f %.0f %.3f %u\n", nthreads,
		       nr_services, variant_name[v], median(ns, rounds),
		       median(ratio, rounds), median(rate, rounds),
		       v == LISTENER ? share : 0, busy);
	}
	fflush(stdout);
}

static void measure(unsigned int n)
{
	unsigned int i, k;

	for (i = 0; i < n; i++) {
		if (shim_add_service(&services[i].svc, "hprio", i + 1, 0))
			die("hprio cannot be bound");
		for (k = 1; k <= SERVERS; k++)
			if (shim_add_dest(services[i].svc, k, 5, UPPER, 0))
				die("cannot add a server");
		services[i].dest = shim_dest(services[i].svc, SERVERS / 2);
	}
	nr_services = n;
	shim_threads_begin();
	for (k = 1; k <= MAX_THREADS; k++)
		compare(k);
	shim_threads_end();
	for (i = 0; i < n; i++)
		shim_del_service(services[i].svc);
}

int main(int argc, char **argv)
{
	int opt;

	while ((opt = getopt(argc, argv, "r:")) != -1) {
		if (opt != 'r')
			return 2;
		rounds = strtoul(optarg, NULL, 0);
	}
	if (optind != argc || !rounds || rounds > MAX_ROUNDS)
		return 2;

	shim_begin(CPUS);
	shim_limit = SHIM_LIMIT_OFF;
	if (shim_load("ip_vs_ext") || shim_load("ip_vs_hprio"))
		die("hprio cannot be loaded");
	wq = alloc_workqueue("events", 0, 0);
	if (!wq)
		die("no memory");
	measure(1);
	measure(MAX_SERVICES);
	return 0;
}
