// SPDX-License-Identifier: GPL-2.0
/* The instrument itself: what it counts, and that it notices broken rules. */
#include <unistd.h>

#include "unit.h"

static void begin(void) { shim_begin(8); }

/* ---- allocator ---- */

START_TEST(alloc_counts)
{
	void *a = kmalloc(100, GFP_KERNEL), *b = kvmalloc(100000, GFP_KERNEL);
	u64 __percpu *c = alloc_percpu(u64);
	struct kmem_cache *cache = kmem_cache_create("x", 32, 8, 0, NULL);
	void *d = kmem_cache_zalloc(cache, GFP_ATOMIC);
	char *z = kzalloc(1000, GFP_KERNEL);
	int i;

	ck_assert_int_eq(shim_live_objects(), 6);
	for (i = 0; i < 1000; i++)
		ck_assert_int_eq(z[i], 0);
	ck_assert_int_eq(((unsigned char *)a)[50], 0xa5);
	kfree(a);
	kvfree(b);
	free_percpu(c);
	kmem_cache_free(cache, d);
	kmem_cache_destroy(cache);
	kfree(z);
	kfree(NULL);
	ck_assert_int_eq(shim_live_objects(), 0);
	ck_assert_int_eq(shim_live_bytes(), 0);
	shim_end();
}
END_TEST

START_TEST(alloc_fails_when_told)
{
	void *p[5];
	int i;

	shim_fail_alloc(3, false);
	for (i = 0; i < 5; i++)
		p[i] = kmalloc(8, GFP_KERNEL);
	for (i = 0; i < 5; i++)
		ck_assert_int_eq(p[i] == NULL, i == 2);
	ck_assert(shim_alloc_failed());
	ck_assert_int_eq(shim_alloc_calls(), 5);
	for (i = 0; i < 5; i++)
		kfree(p[i]);
	shim_fail_alloc(2, true);
	p[0] = kmalloc(8, GFP_KERNEL);
	ck_assert_ptr_null(alloc_percpu(int));
	ck_assert_ptr_null(kvzalloc(8, GFP_KERNEL));
	kfree(p[0]);
	shim_fail_alloc(0, false);
	ck_assert_ptr_null(kcalloc(SIZE_MAX / 2, 4, GFP_KERNEL | __GFP_NOWARN));
	shim_end();
}
END_TEST

START_TEST(leak_is_found)
{
	kmalloc(8, GFP_KERNEL);
	shim_expect_death("1 objects leaked");
	shim_end();
}
END_TEST

START_TEST(double_free_is_found)
{
	void *p = kmalloc(8, GFP_KERNEL);

	kfree(p);
	/* Whichever of the two comes first says so. */
#ifdef __SANITIZE_ADDRESS__
	shim_expect_death("double free");
#endif
	kfree(p);
}
END_TEST

START_TEST(wrong_free_is_found)
{
	shim_expect_death("percpu");
	free_percpu(kmalloc(64, GFP_KERNEL));
}
END_TEST

START_TEST(kfree_of_vmalloc_is_found)
{
	shim_expect_death("vmalloc memory freed as kmalloc");
	kfree(kvmalloc(100000, GFP_KERNEL));
}
END_TEST

START_TEST(sleeping_alloc_in_softirq_is_found)
{
	shim_expect_death("may sleep: in atomic");
	shim_softirq_enter();
	kmalloc(8, GFP_KERNEL);
}
END_TEST

START_TEST(sleeping_alloc_under_lock_is_found)
{
	DEFINE_SPINLOCK(l);

	shim_expect_death("may sleep: lock of");
	spin_lock_bh(&l);
	kmalloc(8, GFP_KERNEL);
}
END_TEST

START_TEST(sleeping_alloc_in_reader_is_found)
{
	shim_expect_death("inside an RCU reader");
	rcu_read_lock();
	alloc_percpu(int);
}
END_TEST

START_TEST(overflow_is_found)
{
	volatile char *p = kmalloc(24, GFP_KERNEL);

	p[24] = 1;
}
END_TEST

START_TEST(underflow_is_found)
{
	volatile char *p = kmalloc(24, GFP_KERNEL);

	p[-1] = 1;
}
END_TEST

START_TEST(use_after_rcu_free_is_found)
{
	struct o { int v; struct rcu_head rcu; } *o = kmalloc(sizeof(*o), GFP_KERNEL);

	o->v = 1;
	kfree_rcu(o, rcu);
	ck_assert_int_eq(READ_ONCE(o->v), 1);
	ck_assert_int_eq(shim_rcu_gp(), 1);
	o->v = 2;
}
END_TEST

START_TEST(percpu_overflow_is_found)
{
	u64 __percpu *p = alloc_percpu(u64);

	per_cpu_ptr(p, 1)[1] = 1;
}
END_TEST

START_TEST(percpu_after_free_is_found)
{
	u64 __percpu *p = alloc_percpu(u64);

	free_percpu(p);
	*per_cpu_ptr(p, 1) = 1;
}
END_TEST

START_TEST(percpu_pointer_cannot_be_followed)
{
	u64 __percpu *p = alloc_percpu(u64);

	*(volatile u64 *)p = 1;
}
END_TEST

/* ---- CPUs ---- */

START_TEST(percpu_is_per_cpu)
{
	struct s { u64 a; u32 b; } __percpu *p = alloc_percpu(struct s);
	int cpu;
	u64 sum = 0;

	for_each_possible_cpu(cpu) {
		shim_switch(cpu);
		this_cpu_add(p->a, cpu);
		raw_cpu_inc(p->b);
		ck_assert_int_eq(raw_smp_processor_id(), cpu);
	}
	for_each_possible_cpu(cpu) {
		sum += per_cpu_ptr(p, cpu)->a;
		ck_assert_int_eq(per_cpu_ptr(p, cpu)->b, 1);
	}
	ck_assert_int_eq(sum, 28);
	shim_switch(0);
	get_cpu_ptr(p)->b = 7;
	put_cpu_ptr(p);
	ck_assert_int_eq(per_cpu_ptr(p, 0)->b, 7);
	free_percpu(p);
	shim_end();
}
END_TEST

START_TEST(preemptible_cpu_id_is_found)
{
	int __percpu *p = alloc_percpu(int);

	local_bh_disable();
	*this_cpu_ptr(p) = 1;
	local_bh_enable();
	shim_expect_death("in preemptible context");
	*this_cpu_ptr(p) = 1;
}
END_TEST

START_TEST(softirq_state)
{
	ck_assert(!in_softirq() && !in_serving_softirq() && in_task());
	local_bh_disable();
	ck_assert(in_softirq() && !in_serving_softirq() && in_task());
	local_bh_enable();
	shim_softirq_enter();
	ck_assert(in_softirq() && in_serving_softirq() && !in_task());
	shim_softirq_exit();
	ck_assert_int_eq(softirq_count(), 0);
	shim_end();
}
END_TEST

/* ---- RCU ---- */

struct counted { struct rcu_head rcu; int ran; };

static void count_rcu(struct rcu_head *h)
{
	struct counted *c = container_of(h, struct counted, rcu);

	ck_assert(in_softirq());
	c->ran++;
}

START_TEST(rcu_is_deferred)
{
	struct counted a = { .ran = 0 }, b = { .ran = 0 };
	unsigned long snap = get_state_synchronize_rcu();

	call_rcu(&a.rcu, count_rcu);
	ck_assert_int_eq(a.ran, 0);
	ck_assert_int_eq(shim_rcu_pending(), 1);
	ck_assert(!poll_state_synchronize_rcu(snap));
	synchronize_rcu();
	ck_assert(poll_state_synchronize_rcu(snap));
	/* passed, but callbacks take their time */
	ck_assert_int_eq(a.ran, 0);
	ck_assert_int_eq(shim_rcu_gp(), 1);
	ck_assert_int_eq(a.ran, 1);
	call_rcu(&b.rcu, count_rcu);
	rcu_barrier();
	ck_assert_int_eq(b.ran, 1);
	shim_end();
}
END_TEST

START_TEST(rcu_waits_for_older_readers)
{
	struct counted a = { .ran = 0 }, b = { .ran = 0 };

	call_rcu(&a.rcu, count_rcu);
	shim_switch(1);
	rcu_read_lock();
	rcu_read_lock();
	rcu_read_unlock();
	shim_switch(0);
	call_rcu(&b.rcu, count_rcu);
	ck_assert_int_eq(shim_rcu_gp(), -1);
	ck_assert_int_eq(a.ran, 0);
	shim_switch(1);
	rcu_read_unlock();
	/* a reader that starts now is not in the way of what is queued */
	shim_switch(0);
	ck_assert_int_eq(shim_rcu_gp(), 2);
	ck_assert_int_eq(b.ran, 1);
	shim_end();
}
END_TEST

START_TEST(synchronize_in_reader_is_found)
{
	rcu_read_lock();
	shim_expect_death("inside an RCU reader");
	synchronize_rcu();
}
END_TEST

START_TEST(synchronize_beside_reader_is_found)
{
	shim_switch(3);
	rcu_read_lock();
	shim_switch(0);
	shim_expect_death("would wait for the reader on CPU 3");
	synchronize_rcu();
}
END_TEST

static int *some_pointer;

START_TEST(dereference_outside_reader_is_found)
{
	rcu_read_lock();
	ck_assert_ptr_null(rcu_dereference(some_pointer));
	rcu_read_unlock();
	shim_expect_death("rcu_dereference(some_pointer) unprotected");
	ck_assert_ptr_null(rcu_dereference(some_pointer));
}
END_TEST

START_TEST(false_protection_is_found)
{
	DEFINE_SPINLOCK(l);

	spin_lock_bh(&l);
	ck_assert_ptr_null(rcu_dereference_protected(some_pointer,
						     lockdep_is_held(&l)));
	spin_unlock_bh(&l);
	shim_expect_death("rcu_dereference_protected(some_pointer)");
	ck_assert_ptr_null(rcu_dereference_protected(some_pointer,
						     lockdep_is_held(&l)));
}
END_TEST

START_TEST(callback_queued_twice_is_found)
{
	static struct counted c;

	call_rcu(&c.rcu, count_rcu);
	shim_expect_death("queued twice");
	call_rcu(&c.rcu, count_rcu);
}
END_TEST

START_TEST(free_with_callback_is_found)
{
	struct counted *c = kzalloc(sizeof(*c), GFP_KERNEL);

	call_rcu(&c->rcu, count_rcu);
	shim_expect_death("queued RCU callback");
	kfree(c);
}
END_TEST

START_TEST(reader_left_open_is_found)
{
	shim_expect_death("inside an RCU reader");
	rcu_read_lock();
	shim_end();
}
END_TEST

/* ---- locks ---- */

START_TEST(locks_work)
{
	DEFINE_SPINLOCK(l);
	DEFINE_MUTEX(m);
	unsigned long flags;

	spin_lock_bh(&l);
	ck_assert(in_softirq());
	ck_assert(lockdep_is_held(&l));
	lockdep_assert_held(&l);
	shim_switch(1);
	ck_assert(!lockdep_is_held(&l));
	ck_assert(!spin_trylock_bh(&l));
	ck_assert(!in_softirq());
	shim_switch(0);
	spin_unlock_bh(&l);
	ck_assert(!lockdep_is_held(&l) && !in_softirq());
	spin_lock_irqsave(&l, flags);
	ck_assert(irqs_disabled());
	spin_unlock_irqrestore(&l, flags);
	mutex_lock(&m);
	ck_assert(lockdep_is_held(&m));
	mutex_unlock(&m);
	shim_end();
}
END_TEST

START_TEST(unlock_by_other_is_found)
{
	DEFINE_SPINLOCK(l);

	spin_lock(&l);
	shim_switch(1);
	local_bh_disable();
	shim_expect_death("this CPU does not hold");
	spin_unlock_bh(&l);
}
END_TEST

START_TEST(recursion_is_found)
{
	DEFINE_SPINLOCK(l);

	spin_lock(&l);
	shim_expect_death("recursive locking");
	spin_lock(&l);
}
END_TEST

START_TEST(uninitialised_lock_is_found)
{
	spinlock_t *l = kzalloc(sizeof(*l), GFP_KERNEL);

	shim_expect_death("not initialised");
	spin_lock(l);
}
END_TEST

START_TEST(lock_not_held_is_found)
{
	DEFINE_SPINLOCK(l);

	shim_expect_death("&l is not held");
	lockdep_assert_held(&l);
}
END_TEST

START_TEST(softirq_inversion_is_found)
{
	DEFINE_SPINLOCK(l);

	spin_lock(&l);		/* softirqs are on */
	spin_unlock(&l);
	shim_softirq_enter();
	shim_expect_death("inconsistent lock state");
	spin_lock(&l);
}
END_TEST

START_TEST(wrong_unlock_variant_is_found)
{
	struct shim_balance b = shim_balance();
	DEFINE_SPINLOCK(l);

	preempt_disable();
	spin_lock_bh(&l);
	spin_unlock(&l);
	shim_expect_death("bottom halves disabled");
	shim_check_balance(b, "it");
}
END_TEST

START_TEST(free_of_held_lock_is_found)
{
	struct { spinlock_t l; } *o = kzalloc(sizeof(*o), GFP_KERNEL);

	spin_lock_init(&o->l);
	spin_lock(&o->l);
	shim_expect_death("freeing a lock that is held");
	kfree(o);
}
END_TEST

/* ---- bits, lists, trees ---- */

START_TEST(bits)
{
	DECLARE_BITMAP(map, 200) = { 0 };
	bool naive[200] = { false };
	unsigned long bit, i, n, want;

	for (n = 0; n < 2000; n++) {
		i = shim_rnd() % 200;
		naive[i] = !naive[i];
		if (naive[i])
			__set_bit(i, map);
		else
			clear_bit(i, map);
		i = shim_rnd() % 200;
		for (want = i; want < 200 && !naive[want];)
			want++;
		ck_assert_uint_eq(find_next_bit(map, 200, i), want);
		for (want = i; want < 200 && naive[want];)
			want++;
		ck_assert_uint_eq(find_next_zero_bit(map, 200, i), want);
	}
	n = 0;
	for_each_set_bit(bit, map, 200)
		n++, ck_assert(naive[bit]);
	for (i = 0; i < 200; i++)
		n -= naive[i];
	ck_assert_uint_eq(n, 0);
	ck_assert_int_eq(fls(0), 0);
	ck_assert_int_eq(fls(0x80000000u), 32);
	ck_assert_int_eq(__ffs(8), 3);
	ck_assert_int_eq(ilog2(1024), 10);
	ck_assert_uint_eq(roundup_pow_of_two(5), 8);
	ck_assert(test_and_set_bit(3, map) == naive[3]);
}
END_TEST

struct node { struct rb_node rb; int key; struct list_head list; };

static bool node_less(struct rb_node *a, const struct rb_node *b)
{
	return rb_entry(a, struct node, rb)->key < rb_entry(b, struct node, rb)->key;
}

/* Black height, or die: the invariants of the tree. */
static int check_tree(const struct rb_node *n, const struct rb_node *parent)
{
	int l, r;
	bool red;

	if (!n)
		return 1;
	red = !(n->__rb_parent_color & 1);
	ck_assert_ptr_eq(rb_parent(n), parent);
	ck_assert(!red || (parent && parent->__rb_parent_color & 1));
	l = check_tree(n->rb_left, n);
	r = check_tree(n->rb_right, n);
	ck_assert_int_eq(l, r);
	return l + !red;
}

START_TEST(rbtree)
{
	static struct node nodes[400];
	bool in[400] = { false };
	struct rb_root_cached root = RB_ROOT_CACHED;
	struct rb_node *n;
	int i, step, last, count, have = 0;

	for (step = 0; step < 6000; step++) {
		i = shim_rnd() % 400;
		if (in[i]) {
			rb_erase_cached(&nodes[i].rb, &root);
			RB_CLEAR_NODE(&nodes[i].rb);
			have--;
		} else {
			nodes[i].key = shim_rnd() % 100;
			rb_add_cached(&nodes[i].rb, &root, node_less);
			have++;
		}
		in[i] = !in[i];
		if (step % 16)
			continue;
		check_tree(root.rb_root.rb_node, NULL);
		ck_assert_ptr_eq(rb_first(&root.rb_root), rb_first_cached(&root));
		last = -1;
		count = 0;
		for (n = rb_first_cached(&root); n; n = rb_next(n)) {
			int key = rb_entry(n, struct node, rb)->key;

			ck_assert_int_ge(key, last);
			last = key;
			count++;
		}
		ck_assert_int_eq(count, have);
		for (n = rb_last(&root.rb_root); n; n = rb_prev(n))
			count--;
		ck_assert_int_eq(count, 0);
	}
}
END_TEST

START_TEST(lists)
{
	struct node n[4] = { 0 }, *p, *tmp;
	LIST_HEAD(h);
	int i, sum = 0;

	for (i = 0; i < 4; i++) {
		n[i].key = i;
		list_add_tail(&n[i].list, &h);
	}
	list_move(&n[3].list, &h);
	list_for_each_entry(p, &h, list)
		sum = sum * 10 + p->key;
	ck_assert_int_eq(sum, 3012);
	list_for_each_entry_safe(p, tmp, &h, list)
		if (p->key & 1)
			list_del(&p->list);
	sum = 0;
	list_for_each_entry_reverse(p, &h, list)
		sum = sum * 10 + p->key;
	ck_assert_int_eq(sum, 20);
	rcu_read_lock();
	list_for_each_entry_rcu(p, &h, list)
		sum++;
	rcu_read_unlock();
	ck_assert_int_eq(sum, 22);
	shim_expect_death("list corruption on deletion");
	list_del(&n[1].list);
}
END_TEST

START_TEST(list_walk_outside_reader_is_found)
{
	struct node *p;
	LIST_HEAD(h);

	shim_expect_death("RCU list walked outside");
	list_for_each_entry_rcu(p, &h, list)
		;
}
END_TEST

/* ---- works ---- */

struct job { struct delayed_work dw; int ran; unsigned long at; int again; };

static void job_fn(struct work_struct *w)
{
	struct job *j = container_of(to_delayed_work(w), struct job, dw);

	j->ran++;
	j->at = jiffies;
	if (j->again) {
		j->again--;
		schedule_delayed_work(&j->dw, 2);
	}
}

START_TEST(works_run_when_due)
{
	unsigned long start = jiffies, due;
	struct job a = { .again = 1 }, b = { .again = 0 };
	struct workqueue_struct *wq = alloc_workqueue("t", WQ_UNBOUND, 0);

	INIT_DELAYED_WORK(&a.dw, job_fn);
	INIT_DELAYED_WORK(&b.dw, job_fn);
	ck_assert(queue_delayed_work(wq, &a.dw, 5));
	ck_assert(!queue_delayed_work(wq, &a.dw, 1));
	ck_assert(!mod_delayed_work(wq, &b.dw, 9));
	ck_assert(mod_delayed_work(wq, &b.dw, 3));
	ck_assert(shim_next_due(&due) && due == start + 3);
	shim_advance(4);
	ck_assert_int_eq(a.ran, 0);
	ck_assert_int_eq(b.ran, 1);
	ck_assert_uint_eq(b.at, start + 3);
	shim_advance(3);
	ck_assert_int_eq(a.ran, 2);
	ck_assert_uint_eq(a.at, start + 7);
	queue_delayed_work(wq, &a.dw, 1);
	ck_assert(cancel_delayed_work_sync(&a.dw));
	ck_assert(!cancel_delayed_work_sync(&a.dw));
	shim_advance(5);
	ck_assert_int_eq(a.ran, 2);
	queue_delayed_work(wq, &a.dw, 0);
	flush_workqueue(wq);
	ck_assert_int_eq(a.ran, 3);
	destroy_workqueue(wq);
	/* jiffies wrap: they start five minutes before */
	ck_assert(time_after(start + 400 * HZ, start) && start + 400 * HZ < start);
	ck_assert_uint_eq(msecs_to_jiffies(10), 3);
	shim_end();
}
END_TEST

START_TEST(free_with_pending_work_is_found)
{
	struct job *j = kzalloc(sizeof(*j), GFP_KERNEL);

	INIT_DELAYED_WORK(&j->dw, job_fn);
	schedule_delayed_work(&j->dw, 1);
	shim_expect_death("pending work");
	kfree(j);
}
END_TEST

START_TEST(armed_work_at_the_end_is_found)
{
	static struct job j;

	INIT_DELAYED_WORK(&j.dw, job_fn);
	schedule_delayed_work(&j.dw, 1);
	shim_expect_death("works pending");
	shim_end();
}
END_TEST

START_TEST(destroy_with_armed_work_is_found)
{
	struct workqueue_struct *wq = alloc_workqueue("t", 0, 0);
	static struct job j;

	INIT_DELAYED_WORK(&j.dw, job_fn);
	queue_delayed_work(wq, &j.dw, 1);
	shim_expect_death("destroy_workqueue() with a work armed");
	destroy_workqueue(wq);
}
END_TEST

START_TEST(cancel_in_softirq_is_found)
{
	struct job j = { .ran = 0 };

	INIT_DELAYED_WORK(&j.dw, job_fn);
	shim_softirq_enter();
	shim_expect_death("cancel_work_sync() may sleep");
	cancel_delayed_work_sync(&j.dw);
}
END_TEST

/* ---- messages ---- */

START_TEST(messages)
{
	pr_err("number %d\n", 42);
	ck_assert(shim_log_has("number 42"));
	ck_assert_int_eq(shim_log_lines, 1);
	shim_expect_warnings(1);
	ck_assert(WARN_ON_ONCE(1));
	ck_assert(!WARN_ON(0));
	ck_assert_int_eq(shim_warnings, 1);
	shim_expect_death("WARN_ON(2 > 1)");
	WARN_ON(2 > 1);
}
END_TEST

START_TEST(bug)
{
	shim_expect_death("BUG_ON(1)");
	BUG_ON(1);
}
END_TEST

/* ---- the model core ---- */

/* A scheduler that writes down what it is told. */
static char told[512];
static int refuse_init;
static struct ip_vs_dest *answer;
static spinlock_t bad_lock;
static bool misbehave;

static void tell(char what, const struct ip_vs_dest *d)
{
	size_t n = strlen(told);

	snprintf(told + n, sizeof(told) - n, "%c%u ", what, shim_dest_id(d));
}

static int t_init(struct ip_vs_service *svc)
{
	lockdep_assert_held(&svc->ipvs->service_mutex);
	tell('i', NULL);
	return refuse_init ? -ENOMEM : 0;
}

static void t_done(struct ip_vs_service *svc)
{
	ck_assert_ptr_null(svc->scheduler);
	tell('D', NULL);
}

static int t_add(struct ip_vs_service *svc, struct ip_vs_dest *d)
{
	ck_assert_ptr_eq(svc->destinations.next, &d->n_list);
	tell('a', d);
	return 0;
}

static int t_del(struct ip_vs_service *svc, struct ip_vs_dest *d)
{
	ck_assert_ptr_null(shim_dest(svc, shim_dest_id(d)));
	tell('d', d);
	return 0;
}

static int t_upd(struct ip_vs_service *svc, struct ip_vs_dest *d)
{
	(void)svc;
	tell('u', d);
	return 0;
}

static struct ip_vs_dest *t_schedule(struct ip_vs_service *svc,
				     const struct sk_buff *skb,
				     struct ip_vs_iphdr *iph)
{
	(void)svc;
	(void)skb;
	(void)iph;
	ck_assert(rcu_read_lock_held());
	if (misbehave)
		spin_lock(&bad_lock);
	return answer;
}

static struct ip_vs_scheduler t_sched = {
	.name = "told", .n_list = LIST_HEAD_INIT(t_sched.n_list),
	.init_service = t_init, .done_service = t_done, .add_dest = t_add,
	.del_dest = t_del, .upd_dest = t_upd, .schedule = t_schedule,
};
static struct ip_vs_scheduler t_other = {
	.name = "other", .n_list = LIST_HEAD_INIT(t_other.n_list),
	.schedule = t_schedule,
};

static struct ip_vs_service *told_service(void)
{
	struct ip_vs_service *svc;

	told[0] = 0;
	unit_ok(register_ip_vs_scheduler(&t_sched));
	unit_ok(register_ip_vs_scheduler(&t_other));
	unit_ok(shim_add_service(&svc, "told", 1, 0));
	return svc;
}

static void gp_passed(void)
{
	tell('s', NULL);
}

START_TEST(core_order)
{
	struct ip_vs_service *svc = told_service();

	ck_assert_int_eq(register_ip_vs_scheduler(&t_sched), -EINVAL);
	unit_ok(shim_add_dest(svc, 1, 1, 0, 0));
	unit_ok(shim_add_dest(svc, 2, 1, 0, 0));
	unit_ok(shim_edit_dest(svc, 1, 0, 0, 0));
	unit_ok(shim_del_dest(svc, 2));
	ck_assert_str_eq(told, "i0 a1 a2 u1 d2 ");
	told[0] = 0;
	shim_synchronize_hook = gp_passed;
	unit_ok(shim_edit_service(svc, "other", 0));
	unit_ok(shim_edit_service(svc, "told", 0));
	ck_assert_str_eq(told, "D0 s0 s0 i0 ");
	told[0] = 0;
	/* the same scheduler: only the flags */
	unit_ok(shim_edit_service(svc, "told", IP_VS_SVC_F_SCHED1));
	ck_assert(svc->flags & IP_VS_SVC_F_SCHED1);
	ck_assert_str_eq(told, "");
	unit_ok(shim_edit_service(svc, "other", 0));
	told[0] = 0;
	refuse_init = 1;
	ck_assert_int_eq(shim_edit_service(svc, "told", 0), -ENOMEM);
	ck_assert_ptr_eq(svc->scheduler, &t_other);
	refuse_init = 0;
	unit_ok(shim_edit_service(svc, "told", 0));
	told[0] = 0;
	shim_synchronize_hook = NULL;
	/* done_service first, and no del_dest */
	shim_del_service(svc);
	ck_assert_str_eq(told, "D0 ");
	ck_assert_int_eq(shim_add_service(&svc, "nobody", 2, 0), -ENOENT);
	shim_end();
}
END_TEST

START_TEST(core_validates)
{
	struct ip_vs_service *svc = told_service();

	ck_assert_int_eq(shim_add_dest(svc, 1, -1, 0, 0), -ERANGE);
	ck_assert_int_eq(shim_add_dest(svc, 1, 1, 2, 3), -ERANGE);
	ck_assert_int_eq(shim_add_dest(svc, 1, 1, 1u << 31, 3), -EINVAL);
	unit_ok(shim_add_dest(svc, 1, 1, 3, 3));
	ck_assert_int_eq(shim_add_dest(svc, 1, 1, 0, 0), -EEXIST);
	ck_assert_int_eq(shim_edit_dest(svc, 2, 1, 0, 0), -ENOENT);
	ck_assert_int_eq(shim_del_dest(svc, 2), -ENOENT);
	shim_end();
}
END_TEST

#define FULL(d)	(!!((d)->flags & IP_VS_DEST_F_OVERLOAD))

START_TEST(core_overload)
{
	struct ip_vs_service *svc = told_service();
	struct shim_conn *c[8];
	struct ip_vs_dest *d;
	int i;

	unit_ok(shim_add_dest(svc, 1, 1, 8, 0));
	answer = d = shim_dest(svc, 1);
	ck_assert_uint_eq(d->l_threshold_val, 6);
	for (i = 0; i < 8; i++) {
		ck_assert(!FULL(d));
		c[i] = shim_connect(svc, 0);
		ck_assert_int_eq(atomic_read(&d->activeconns), i + 1);
	}
	ck_assert(FULL(d));
	shim_release(c[7]);
	shim_release(c[6]);
	ck_assert(FULL(d));
	shim_release(c[5]);
	ck_assert(!FULL(d));
	/* edits: 5 connections */
	shim_edit_dest(svc, 1, 1, 5, 0);
	ck_assert(FULL(d));
	shim_edit_dest(svc, 1, 1, 6, 0);
	ck_assert(FULL(d));
	shim_edit_dest(svc, 1, 1, 8, 0);
	ck_assert(!FULL(d));
	shim_edit_dest(svc, 1, 1, 2, 1);
	ck_assert(FULL(d));
	shim_edit_dest(svc, 1, 1, 0, 0);
	ck_assert(!FULL(d));
	/* what is counted where */
	ck_assert_int_eq(u64_stats_read(&per_cpu_ptr(d->stats.cpustats, 0)->cnt.conns), 8);
	shim_bind(svc, d, SHIM_TEMPLATE);
	ck_assert_int_eq(atomic_read(&d->persistconns), 1);
	shim_bind(svc, d, SHIM_INACTIVE | SHIM_NO_STATS);
	ck_assert_int_eq(atomic_read(&d->totalconns), 6);
	ck_assert_int_eq(atomic_read(&d->activeconns), 5);
	ck_assert_int_eq(ip_vs_dest_inactconns(d), 1);
	ck_assert_ptr_null(shim_connect(svc, SHIM_NO_CONN));
	ck_assert_int_eq(atomic_read(&d->totalconns), 6);
	ck_assert_int_eq(u64_stats_read(&per_cpu_ptr(d->stats.cpustats, 0)->cnt.conns), 9);
	ck_assert_int_eq(refcount_read(&d->refcnt), 8);
	shim_end();
	ck_assert_int_eq(shim_over_limit, 0);
}
END_TEST

START_TEST(core_trash)
{
	struct ip_vs_service *svc = told_service();
	struct ip_vs_dest *d;
	struct shim_conn *c;

	unit_ok(shim_add_dest(svc, 1, 1, 1, 0));
	answer = d = shim_dest(svc, 1);
	c = shim_connect(svc, 0);
	ck_assert(FULL(d));
	unit_ok(shim_del_dest(svc, 1));
	ck_assert(!(d->cflags & IP_VS_DEST_CF_AVAILABLE));
	ck_assert_int_eq(shim_empty_trash(), 1);
	unit_ok(shim_add_dest(svc, 1, 1, 1, 0));
	ck_assert_ptr_eq(shim_dest(svc, 1), d);
	ck_assert(FULL(d));
	ck_assert_int_eq(atomic_read(&d->totalconns), 1);
	/* another service object, same key */
	shim_del_service(svc);
	unit_ok(shim_add_service(&svc, "told", 1, 0));
	unit_ok(shim_add_dest(svc, 1, 1, 1, 0));
	ck_assert_ptr_eq(shim_dest(svc, 1), d);
	ck_assert_ptr_eq(d->svc, svc);
	shim_release(c);
	ck_assert(!FULL(d));
	unit_ok(shim_del_dest(svc, 1));
	ck_assert_int_eq(shim_empty_trash(), 0);
	shim_end();
}
END_TEST

START_TEST(core_enforces_the_limit)
{
	struct ip_vs_service *svc = told_service();

	unit_ok(shim_add_dest(svc, 1, 1, 1, 0));
	answer = shim_dest(svc, 1);
	shim_limit = SHIM_LIMIT_COUNT;
	shim_connect(svc, 0);
	ck_assert_int_eq(shim_over_limit, 0);
	shim_connect(svc, 0);
	ck_assert_int_eq(shim_over_limit, 1);
	shim_limit = SHIM_LIMIT_DIE;
	shim_expect_death("3 connections, its limit is 1");
	shim_connect(svc, 0);
}
END_TEST

START_TEST(lock_left_by_schedule_is_found)
{
	struct ip_vs_service *svc = told_service();

	spin_lock_init(&bad_lock);
	misbehave = true;
	shim_expect_death("schedule() returned with a lock held");
	shim_connect(svc, 0);
}
END_TEST

START_TEST(contexts_of_schedule)
{
	struct ip_vs_service *svc = told_service();

	spin_lock_init(&bad_lock);
	bad_lock.in_softirq = 1;
	misbehave = true;
	shim_process_context = true;
	shim_expect_death("inconsistent lock state");
	shim_connect(svc, 0);
}
END_TEST

/* ---- modules ---- */

START_TEST(modules)
{
	struct ip_vs_service *svc;

	ck_assert_int_eq(shim_load("nothing"), -ENOENT);
	unit_load_hprio();
	ck_assert_int_eq(shim_load("ip_vs_ext"), -EEXIST);
	unit_ok(shim_add_service(&svc, "hprio", 1, 0));
	ck_assert_int_eq(shim_unload("ip_vs_hprio"), -EBUSY);
	shim_del_service(svc);
	unit_ok(shim_unload("ip_vs_hprio"));
	ck_assert_int_eq(shim_add_service(&svc, "hprio", 1, 0), -ENOENT);
	shim_end();
}
END_TEST

/* ---- threads ---- */

static atomic_t th_atomic;
static DEFINE_SPINLOCK(th_lock);
static long th_plain;

static void *th_count(void *arg)
{
	int i;

	(void)arg;
	for (i = 0; i < 50000; i++) {
		atomic_inc(&th_atomic);
		spin_lock_bh(&th_lock);
		th_plain++;
		spin_unlock_bh(&th_lock);
	}
	return NULL;
}

START_TEST(threads_exclude_each_other)
{
	pthread_t t[4];
	int i;

	shim_threads_begin();
	for (i = 0; i < 4; i++)
		t[i] = shim_thread(i + 1, th_count, NULL);
	for (i = 0; i < 4; i++)
		shim_join(t[i]);
	shim_threads_end();
	ck_assert_int_eq(atomic_read(&th_atomic), 200000);
	ck_assert_int_eq(th_plain, 200000);
	shim_end();
}
END_TEST

struct shared { u32 magic; struct rcu_head rcu; };
static struct shared __rcu *th_shared;
static int th_stop;

static void *th_reader(void *arg)
{
	long seen = 0;

	(void)arg;
	while (!READ_ONCE(th_stop)) {
		struct shared *s;

		rcu_read_lock();
		s = rcu_dereference(th_shared);
		if (READ_ONCE(s->magic) != 77)
			shim_die("freed under a reader");
		shim_race_point();
		if (READ_ONCE(s->magic) != 77)
			shim_die("freed under a reader");
		rcu_read_unlock();
		seen++;
	}
	return (void *)seen;
}

static struct shared *th_new(void)
{
	struct shared *s = kmalloc(sizeof(*s), GFP_KERNEL);

	s->magic = 77;
	return s;
}

START_TEST(threads_and_grace_periods)
{
	struct shared *old;
	pthread_t t[4];
	int i;

	RCU_INIT_POINTER(th_shared, th_new());
	shim_race_one_in = 4;
	shim_threads_begin();
	for (i = 0; i < 4; i++)
		t[i] = shim_thread(i + 1, th_reader, NULL);
	for (i = 0; i < 3000; i++) {
		old = rcu_dereference_protected(th_shared, 1);
		rcu_assign_pointer(th_shared, th_new());
		if (i % 50) {
			kfree_rcu(old, rcu);
		} else {
			synchronize_rcu();
			kfree(old);
		}
	}
	WRITE_ONCE(th_stop, 1);
	for (i = 0; i < 4; i++)
		shim_join(t[i]);
	rcu_barrier();
	kfree(th_shared);
	shim_threads_end();
	shim_end();
}
END_TEST

static void job_slow(struct work_struct *w)
{
	struct job *j = container_of(to_delayed_work(w), struct job, dw);

	WRITE_ONCE(j->ran, 1);
	usleep(30000);
	WRITE_ONCE(j->ran, 2);
	schedule_delayed_work(&j->dw, 0);
}

START_TEST(threads_and_works)
{
	unsigned long start;
	struct job j = { .ran = 0 };

	shim_threads_begin();
	start = jiffies;
	INIT_DELAYED_WORK(&j.dw, job_slow);
	schedule_delayed_work(&j.dw, 2);
	while (READ_ONCE(j.ran) != 1)
		usleep(100);
	ck_assert(time_after_eq(jiffies, start + 2));
	/* waits for it, and it cannot come back */
	cancel_delayed_work_sync(&j.dw);
	ck_assert_int_eq(j.ran, 2);
	usleep(10000);
	ck_assert_int_eq(j.ran, 2);
	shim_threads_end();
	shim_end();
}
END_TEST

START_TEST(two_threads_on_a_cpu_are_found)
{
	shim_threads_begin();
	shim_expect_death("CPU 0 has a thread already");
	shim_thread(0, th_count, NULL);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("shim");
	TCase *tc = tcase_create("alloc");

	tcase_add_checked_fixture(tc, begin, NULL);
	tcase_add_test(tc, alloc_counts);
	tcase_add_test(tc, alloc_fails_when_told);
	unit_add_death(tc, leak_is_found);
	unit_add_death(tc, wrong_free_is_found);
	unit_add_death(tc, kfree_of_vmalloc_is_found);
	unit_add_death(tc, sleeping_alloc_in_softirq_is_found);
	unit_add_death(tc, sleeping_alloc_under_lock_is_found);
	unit_add_death(tc, sleeping_alloc_in_reader_is_found);
#ifdef __SANITIZE_ADDRESS__
	unit_add_death(tc, double_free_is_found);
	tcase_add_exit_test(tc, overflow_is_found, 1);
	tcase_add_exit_test(tc, underflow_is_found, 1);
	tcase_add_exit_test(tc, use_after_rcu_free_is_found, 1);
	tcase_add_exit_test(tc, percpu_overflow_is_found, 1);
	tcase_add_exit_test(tc, percpu_after_free_is_found, 1);
	tcase_add_exit_test(tc, percpu_pointer_cannot_be_followed, 1);
#endif
	suite_add_tcase(s, tc);

	tc = tcase_create("cpus");
	tcase_add_checked_fixture(tc, begin, NULL);
	tcase_add_test(tc, percpu_is_per_cpu);
	tcase_add_test(tc, softirq_state);
	unit_add_death(tc, preemptible_cpu_id_is_found);
	suite_add_tcase(s, tc);

	tc = tcase_create("rcu");
	tcase_add_checked_fixture(tc, begin, NULL);
	tcase_add_test(tc, rcu_is_deferred);
	tcase_add_test(tc, rcu_waits_for_older_readers);
	unit_add_death(tc, synchronize_in_reader_is_found);
	unit_add_death(tc, synchronize_beside_reader_is_found);
	unit_add_death(tc, dereference_outside_reader_is_found);
	unit_add_death(tc, false_protection_is_found);
	unit_add_death(tc, callback_queued_twice_is_found);
	unit_add_death(tc, free_with_callback_is_found);
	unit_add_death(tc, reader_left_open_is_found);
	suite_add_tcase(s, tc);

	tc = tcase_create("locks");
	tcase_add_checked_fixture(tc, begin, NULL);
	tcase_add_test(tc, locks_work);
	unit_add_death(tc, unlock_by_other_is_found);
	unit_add_death(tc, recursion_is_found);
	unit_add_death(tc, uninitialised_lock_is_found);
	unit_add_death(tc, lock_not_held_is_found);
	unit_add_death(tc, softirq_inversion_is_found);
	unit_add_death(tc, wrong_unlock_variant_is_found);
	unit_add_death(tc, free_of_held_lock_is_found);
	suite_add_tcase(s, tc);

	tc = tcase_create("data");
	tcase_add_checked_fixture(tc, begin, NULL);
	tcase_add_test(tc, bits);
	tcase_add_test(tc, rbtree);
	unit_add_death(tc, lists);
	unit_add_death(tc, list_walk_outside_reader_is_found);
	tcase_add_test(tc, works_run_when_due);
	unit_add_death(tc, free_with_pending_work_is_found);
	unit_add_death(tc, armed_work_at_the_end_is_found);
	unit_add_death(tc, destroy_with_armed_work_is_found);
	unit_add_death(tc, cancel_in_softirq_is_found);
	unit_add_death(tc, messages);
	unit_add_death(tc, bug);
	suite_add_tcase(s, tc);

	tc = tcase_create("core");
	tcase_add_checked_fixture(tc, begin, NULL);
	tcase_add_test(tc, core_order);
	tcase_add_test(tc, core_validates);
	tcase_add_test(tc, core_overload);
	tcase_add_test(tc, core_trash);
	unit_add_death(tc, core_enforces_the_limit);
	unit_add_death(tc, lock_left_by_schedule_is_found);
	unit_add_death(tc, contexts_of_schedule);
	tcase_add_test(tc, modules);
	suite_add_tcase(s, tc);

	tc = tcase_create("threads");
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, begin, NULL);
	tcase_add_test(tc, threads_exclude_each_other);
	tcase_add_test(tc, threads_and_grace_periods);
	tcase_add_test(tc, threads_and_works);
	unit_add_death(tc, two_threads_on_a_cpu_are_found);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
