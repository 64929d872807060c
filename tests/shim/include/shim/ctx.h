/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Simulated CPUs. A context is one CPU together with what runs on it: how
 * deep it is in RCU readers, whether softirqs are served or disabled, which
 * locks it holds. A test thread is one context; a single thread can also
 * play several of them in turn (shim_switch()).
 */
#ifndef SHIM_CTX_H
#define SHIM_CTX_H

#include <shim/base.h>

#define SHIM_MAX_CPUS	16
#define SHIM_MAX_HELD	16
#define NR_CPUS		SHIM_MAX_CPUS

struct task_struct {
	int pid;
	char comm[16];
};

struct shim_held {
	const void *lock;
	const char *where;
};

struct shim_ctx {
	unsigned long rcu_epoch;	/* 0 outside readers; read by others */
	unsigned int rcu_depth;
	int cpu;
	int serving;			/* runs in softirq */
	int bh;				/* local_bh_disable() depth */
	int preempt;
	int irqs_off;
	int held;
	unsigned int rnd;
	struct shim_held locks[SHIM_MAX_HELD];
	unsigned long taken;		/* locks, ever */
	void *opened;			/* service of shim_decide_open() */
	struct task_struct *task;	/* a test may set another one */
	struct task_struct idle;
} __aligned(128);

extern struct shim_ctx shim_ctxs[SHIM_MAX_CPUS];
extern __thread struct shim_ctx *shim_self;
extern unsigned int nr_cpu_ids;

/* Report a broken rule and end the test. */
void shim_die(const char *fmt, ...) __printf(1, 2) __noreturn __cold;

#define current			(shim_self->task)
#define task_pid_nr(t)		((t)->pid)

#define in_serving_softirq()	(shim_self->serving > 0)
#define in_softirq()		(shim_self->serving > 0 || shim_self->bh > 0)
#define in_interrupt()		in_softirq()
#define in_hardirq()		0
#define in_task()		(!in_serving_softirq())
#define irqs_disabled()		(shim_self->irqs_off > 0)
#define softirq_count() \
	((shim_self->serving > 0 ? 0x100 : 0) + 0x200 * shim_self->bh)
#define preempt_count() \
	(shim_self->preempt + (shim_self->irqs_off ? 1 : 0) + softirq_count())
#define preemptible()		(preempt_count() == 0)
#define in_atomic()		(preempt_count() != 0)

static inline void preempt_disable(void)
{
	shim_self->preempt++;
	barrier();
}

static inline void preempt_enable(void)
{
	barrier();
#ifndef SHIM_FAST
	if (shim_self->preempt <= 0)
		shim_die("preempt_enable() without preempt_disable()");
#endif
	shim_self->preempt--;
}

static inline void local_bh_disable(void)
{
	shim_self->bh++;
	barrier();
}

static inline void local_bh_enable(void)
{
	barrier();
#ifndef SHIM_FAST
	if (shim_self->bh <= 0)
		shim_die("local_bh_enable() without local_bh_disable()");
#endif
	shim_self->bh--;
}

#define local_irq_save(f)	do { (f) = shim_self->irqs_off++; } while (0)
#define local_irq_restore(f)	do { shim_self->irqs_off = (f); } while (0)
#define local_irq_disable()	do { shim_self->irqs_off++; } while (0)
#define local_irq_enable()	do { shim_self->irqs_off--; } while (0)

void shim_might_sleep(const char *what);
#define might_sleep()		shim_might_sleep(__func__)
#define cond_resched()		shim_might_sleep("cond_resched")

#define raw_smp_processor_id()	(shim_self->cpu)
#define num_possible_cpus()	(nr_cpu_ids)
#define num_online_cpus()	(nr_cpu_ids)
#define num_present_cpus()	(nr_cpu_ids)
#define cpu_possible(cpu)	((unsigned int)(cpu) < nr_cpu_ids)
#define cpu_online(cpu)		((unsigned int)(cpu) < nr_cpu_ids)
#define for_each_possible_cpu(cpu) \
	for ((cpu) = 0; (unsigned int)(cpu) < nr_cpu_ids; (cpu)++)
#define for_each_online_cpu(cpu)	for_each_possible_cpu(cpu)
#define cpu_to_node(cpu)	0
#define numa_node_id()		0
#define NUMA_NO_NODE		(-1)

static inline int shim_smp_processor_id(const char *who)
{
#ifndef SHIM_FAST
	if (preemptible())
		shim_die("%s in preemptible context", who);
#else
	(void)who;
#endif
	return shim_self->cpu;
}

#define smp_processor_id()	shim_smp_processor_id("smp_processor_id()")

static inline int get_cpu(void)
{
	preempt_disable();
	return shim_self->cpu;
}

#define put_cpu()		preempt_enable()

#endif
