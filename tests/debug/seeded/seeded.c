// SPDX-License-Identifier: GPL-2.0
/*
 * One mistake of each kind that a debug kernel is to find: the argument of the
 * module is its name. Loading it makes the mistake; a detector that says nothing
 * then does not work. See bugs in tests/debug/run.sh.
 */

#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/timer.h>

static char *bug = "none";
module_param(bug, charp, 0);
MODULE_PARM_DESC(bug, "the mistake to make");

static DEFINE_MUTEX(first);
static DEFINE_MUTEX(second);
static DEFINE_SPINLOCK(lock);
static int __rcu *shared;
static int counter;

struct object {
	struct list_head list;
	struct timer_list timer;
	int value;
};

static struct object *new_object(void)
{
	struct object *o = kzalloc(sizeof(*o), GFP_KERNEL);

	if (o)
		INIT_LIST_HEAD(&o->list);
	return o;
}

static int use_after_free(void)
{
	struct object *o = new_object();

	if (!o)
		return -ENOMEM;
	/* The compiler must not know that this is what was freed. */
	OPTIMIZER_HIDE_VAR(o);
	kfree(o);
	OPTIMIZER_HIDE_VAR(o);
	return READ_ONCE(o->value) == -1 ? -EINVAL : 0;
}

/* The two orders, one after the other, can never meet. lockdep knows better. */
static int lock_order(void)
{
	mutex_lock(&first);
	mutex_lock(&second);
	mutex_unlock(&second);
	mutex_unlock(&first);

	mutex_lock(&second);
	mutex_lock(&first);
	mutex_unlock(&first);
	mutex_unlock(&second);
	return 0;
}

static int atomic_sleep(void)
{
	spin_lock(&lock);
	might_sleep();
	spin_unlock(&lock);
	return 0;
}

static int rcu_unlocked(void)
{
	return rcu_dereference(shared) ? -EINVAL : 0;
}

static void expired(struct timer_list *t)
{
}

static int free_active_timer(void)
{
	struct object *o = new_object();

	if (!o)
		return -ENOMEM;
	timer_setup(&o->timer, expired, 0);
	mod_timer(&o->timer, jiffies + 3600 * HZ);
	kfree(o);
	return 0;
}

static int list_twice(void)
{
	struct object *o = new_object();
	LIST_HEAD(list);

	if (!o)
		return -ENOMEM;
	list_add(&o->list, &list);
	list_add(&o->list, &list);
	kfree(o);
	return 0;
}

static int leak(void)
{
	return new_object() ? 0 : -ENOMEM;
}

static int count(void *unused)
{
	while (!kthread_should_stop()) {
		counter++;
		/* in memory, each time */
		barrier();
		cond_resched();
	}
	return 0;
}

/* Two tasks count for a while: they have to meet at a time KCSAN looks. */
static int race(void)
{
	struct task_struct *other = kthread_run(count, NULL, "seeded");
	unsigned long end = jiffies + 15 * HZ;

	if (IS_ERR(other))
		return PTR_ERR(other);
	while (time_before(jiffies, end)) {
		counter++;
		barrier();
		cond_resched();
	}
	kthread_stop(other);
	return 0;
}

/* No mistake: an allocation that failslab, set up by the caller, has to refuse. */
static int refused(void)
{
#ifdef CONFIG_FAILSLAB
	struct object *o;

	current->make_it_fail = 1;
	o = new_object();
	current->make_it_fail = 0;
	if (!o)
		pr_warn("seeded: an allocation failed as it was told to\n");
	kfree(o);
#endif
	return 0;
}

static int none(void)
{
	return 0;
}

static const struct {
	const char *name;
	int (*make)(void);
} bugs[] = {
	{ "none", none },
	{ "use-after-free", use_after_free },
	{ "lock-order", lock_order },
	{ "atomic-sleep", atomic_sleep },
	{ "rcu-unlocked", rcu_unlocked },
	{ "free-active-timer", free_active_timer },
	{ "list-twice", list_twice },
	{ "leak", leak },
	{ "race", race },
	{ "refused", refused },
};

static int __init seeded_init(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(bugs); i++)
		if (!strcmp(bug, bugs[i].name))
			return bugs[i].make();
	return -ENOENT;
}

static void __exit seeded_exit(void)
{
}

module_init(seeded_init);
module_exit(seeded_exit);
MODULE_DESCRIPTION("Mistakes for the detectors of debug kernels");
MODULE_LICENSE("GPL");
