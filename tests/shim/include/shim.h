/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The instrument, as a test sees it.
 *
 * A test may include this after <check.h>; it brings the kernel's names along.
 * Broken rules end the test with a message (shim_die()).
 */
#ifndef SHIM_H
#define SHIM_H

#include <net/ip_vs.h>

/* ---- life of a test ---- */

/* Start from nothing: one CPU in use, jiffies near their overflow. */
void shim_begin(unsigned int cpus);
/*
 * Close down: services, trash, modules; run what is deferred; then nothing
 * may be alive. Dies with a list of what is.
 */
void shim_end(void);
/* The next shim_die() must contain @text: then abort() silently. */
void shim_expect_death(const char *text);
/* The next @n warnings are expected. */
void shim_expect_warnings(int n);
extern int shim_warnings;

/* ---- messages ---- */
extern int shim_log_lines;		/* printed since shim_begin() */
extern int shim_sched_errors;		/* calls of ip_vs_scheduler_err() */
bool shim_log_has(const char *text);
void shim_log_clear(void);

/* ---- allocator ---- */
long shim_live_objects(void);		/* all kinds; the model core's do not count */
long shim_live_bytes(void);
void shim_dump_live(void);
/* Fail the n-th allocation from now (1 = next); 0 = none. @all: and all later. */
void shim_fail_alloc(long n, bool all);
long shim_alloc_calls(void);		/* since the last shim_fail_alloc() */
bool shim_alloc_failed(void);		/* the armed failure has happened */

/* ---- CPUs and contexts ---- */
/* This thread plays CPU @cpu from now on. */
void shim_switch(int cpu);
void shim_softirq_enter(void);
void shim_softirq_exit(void);
/* Where shim_connect() calls schedule(): softirq (default) or process context. */
extern __thread bool shim_process_context;
/* A lock, a disabled softirq or a reader left behind? Dies naming @what. */
struct shim_balance { unsigned int rcu; int bh, preempt, irqs_off, held, serving; };
struct shim_balance shim_balance(void);
void shim_check_balance(struct shim_balance b, const char *what);

/* Locks that this CPU has taken so far. */
unsigned long shim_locks_taken(void);

/* ---- RCU ---- */
/*
 * One grace period passes; callbacks queued before it, and not held up by a
 * reader on any CPU, run. Returns how many ran, -1 if a reader is in the way.
 */
int shim_rcu_gp(void);
long shim_rcu_pending(void);
/* Called at the start of each synchronize_rcu(), e.g. to play another CPU. */
extern void (*shim_synchronize_hook)(void);
extern long shim_synchronize_calls;

/*
 * shim_release_hook (shim/atomic.h) is called just before each
 * smp_store_release(), likewise. A cpu_relax() loop that nobody can end dies.
 */

/* ---- time and works (single-threaded) ---- */
/* Advance jiffies by @n, running what falls due at each tick. */
void shim_advance(unsigned long n);
/* What the clocks show beyond that, for what is faster than a tick. */
extern u64 shim_clock_ns;
/* Run what is due now; returns how many ran. */
int shim_run_works(void);
int shim_works_pending(void);		/* queued or armed */
bool shim_next_due(unsigned long *due);	/* when the next armed work is due */

/* ---- threads ---- */
/* From here grace periods end, jiffies pass and works run by themselves. */
void shim_threads_begin(void);
void shim_threads_end(void);
typedef void *(*shim_thread_fn)(void *arg);
pthread_t shim_thread(int cpu, shim_thread_fn fn, void *arg);
void shim_join(pthread_t t);
/* Widen races: yield in one of @n places where another CPU could come in. */
extern unsigned int shim_race_one_in;
void shim_race_point(void);
u32 shim_rnd(void);			/* per CPU, seeded by shim_seed() */
void shim_seed(unsigned int seed);

/* ---- modules ---- */
int shim_load(const char *module);	/* module_init(); -ENOENT if not linked */
int shim_unload(const char *module);	/* -EBUSY while used */
int shim_set_param(const char *module, const char *param, const char *value);
struct module *shim_module(const char *module);

/* ---- the model core ---- */
/*
 * Schedulers of modules called mainline_* are known as "mainline-<name>", so
 * that ours and mainline's of one name can be compared in one process.
 */
extern struct netns_ipvs shim_ipvs;

#define SHIM_ADDR(id)	htonl(0x0a000000u + (id))

/* Service @id is 10.(id).0.1:80; @flags: IP_VS_SVC_F_*; all as ipvsadm -A/-E/-D. */
int shim_add_service(struct ip_vs_service **svc, const char *sched,
		     unsigned int id, unsigned int flags);
int shim_edit_service(struct ip_vs_service *svc, const char *sched,
		      unsigned int flags);
void shim_del_service(struct ip_vs_service *svc);
/* Real servers, as ipvsadm -a/-e/-d; @id becomes the address. */
int shim_add_dest(struct ip_vs_service *svc, unsigned int id, int weight,
		  u32 u, u32 l);
int shim_edit_dest(struct ip_vs_service *svc, unsigned int id, int weight,
		   u32 u, u32 l);
int shim_del_dest(struct ip_vs_service *svc, unsigned int id);
struct ip_vs_dest *shim_dest(struct ip_vs_service *svc, unsigned int id);
static inline unsigned int shim_dest_id(const struct ip_vs_dest *d)
{
	return d ? ntohl(d->addr.ip) - 0x0a000000u : 0;
}
/* Free what nobody refers to from the trash; returns how many are left. */
int shim_empty_trash(void);

struct shim_conn {
	struct ip_vs_service *svc;
	struct ip_vs_dest *dest;
	unsigned int flags;
	struct shim_conn *next;		/* for the test's use */
};

#define SHIM_TEMPLATE	0x1	/* a persistence template: persistconns only */
#define SHIM_INACTIVE	0x2	/* stays inactive, as UDP does */
#define SHIM_NO_CONN	0x4	/* no memory for the connection: not bound */
#define SHIM_NO_STATS	0x8	/* not seen by the statistics, as synced ones */
#define SHIM_ACTIVE	0x100	/* (state) counts as active now */

/* schedule() alone, in the right context and inside an RCU reader. */
struct ip_vs_dest *shim_decide(struct ip_vs_service *svc);
/*
 * A new connection: schedule(), then bound, counted and made active, all in
 * one reader as the netfilter hook does. NULL if refused (or SHIM_NO_CONN).
 */
struct shim_conn *shim_connect(struct ip_vs_service *svc, unsigned int flags);
/*
 * The two halves of it, to look at what happens between them: the CPU stays in
 * the reader (and in softirq) until shim_finish(), which binds @dest unless it
 * is NULL. shim_switch() away meanwhile.
 */
struct ip_vs_dest *shim_decide_open(struct ip_vs_service *svc);
struct shim_conn *shim_finish(struct ip_vs_dest *dest, unsigned int flags);
/* The same, the service found inside the reader, as by its hash table. */
struct shim_conn *shim_connect_to(struct ip_vs_service __rcu **at,
				  unsigned int flags);
/* A connection that never saw the scheduler (template, FTP data, sync). */
struct shim_conn *shim_bind(struct ip_vs_service *svc, struct ip_vs_dest *dest,
			    unsigned int flags);
void shim_set_active(struct shim_conn *c, bool active);
/* The connection expires. */
void shim_release(struct shim_conn *c);

/* Where a packet is a matter of length or address. */
extern __thread struct sk_buff shim_skb;
extern __thread struct ip_vs_iphdr shim_iph;

/*
 * The exact limit, looked at by every bind that went through schedule(): of all
 * connections, or with IP_VS_SVC_F_SCHED1 (our "active only") of active ones.
 */
enum shim_limit { SHIM_LIMIT_OFF, SHIM_LIMIT_COUNT, SHIM_LIMIT_DIE };
extern enum shim_limit shim_limit;
extern long shim_over_limit;		/* binds that made a server exceed U */
extern long shim_binds;			/* connections bound after schedule() */

#endif
