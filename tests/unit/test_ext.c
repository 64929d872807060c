// SPDX-License-Identifier: GPL-2.0
/*
 * The framework under the schedulers, driven through hprio: tables, admission,
 * lifetime, and what happens when memory runs out.
 */
#include "ext_internal.h"
#include "unit.h"

static struct ip_vs_service *svc;

static struct ip_vs_ext_service *ext(void)
{
	return svc->sched_data;
}

static void begin(void)
{
	shim_begin(16);
	unit_load_hprio();
	unit_ok(shim_add_service(&svc, "hprio", 1, 0));
}

static void end(void)
{
	shim_end();
}

static void add(unsigned int id, int weight, u32 u, u32 l)
{
	unit_ok(shim_add_dest(svc, id, weight, u, l));
}

static struct shim_conn *last;

static unsigned int go(void)
{
	last = shim_connect(svc, 0);
	return last ? shim_dest_id(last->dest) : 0;
}

static unsigned int go_on(int cpu)
{
	int was = raw_smp_processor_id();
	unsigned int id;

	shim_switch(cpu);
	id = go();
	shim_switch(was);
	return id;
}

/* Begin a connection on @cpu, but do not bind it yet. */
static struct ip_vs_dest *open_on(int cpu)
{
	struct ip_vs_dest *d;

	shim_switch(cpu);
	d = shim_decide_open(svc);
	shim_switch(0);
	return d;
}

static struct shim_conn *finish_on(int cpu, struct ip_vs_dest *d,
				   unsigned int flags)
{
	struct shim_conn *c;

	shim_switch(cpu);
	c = shim_finish(d, flags);
	shim_switch(0);
	return c;
}

/* All grace periods that somebody asked for; nobody asks for ever. */
static void quiet(void)
{
	int i;

	for (i = 0; shim_rcu_pending(); i++) {
		ck_assert_int_ge(shim_rcu_gp(), 0);
		ck_assert_int_lt(i, 5);
	}
}

/* A refusal asks for what is missing to know better. */
static unsigned int ask_on(int cpu)
{
	unsigned int id = go_on(cpu);

	if (id)
		return id;
	quiet();
	return go_on(cpu);
}

static struct ip_vs_ext_counters counters(void)
{
	struct ip_vs_ext_counters c;

	ip_vs_ext_read_counters(ext(), &c);
	return c;
}

static int conns(unsigned int id)
{
	return atomic_read(&shim_dest(svc, id)->totalconns);
}

static struct ip_vs_ext_slot *slot_of(const struct ip_vs_dest *dest)
{
	struct rb_node *n;

	for (n = rb_first(&ext()->slots); n; n = rb_next(n)) {
		struct ip_vs_ext_slot *s = rb_entry(n, struct ip_vs_ext_slot,
						    by_dest);

		if (s->dest == dest)
			return s;
	}
	return NULL;
}

/* ---- what must hold between any two operations ---- */

/* libcheck writes to a file at every assertion that holds. */
#define MUST(c) do {							\
	if (!(c))							\
		ck_abort_msg("%s", #c);					\
} while (0)

static unsigned long own(const struct ip_vs_ext_slot *slot)
{
	return (unsigned long)slot | IP_VS_EXT_OWN;
}

/* What another CPU does with the record of @c, and its lock held. */
static void put_into_list(struct ip_vs_ext_slot *slot, struct ip_vs_ext_cpu *c)
{
	c->held = (unsigned long)slot;
	c->next = slot->open;
	slot->open = c->cpu + 1;
}

static void check_slot(struct ip_vs_ext_service *es, struct ip_vs_ext_slot *s,
		       u32 *open_total)
{
	bool near = atomic_read(&s->reserved) >= 0;
	u32 i, pend = 0, cpus = 0;
	int cpu;
	u16 cpu1;

	for (cpu1 = s->open; cpu1; cpus++) {
		struct ip_vs_ext_cpu *c = per_cpu_ptr(es->cpu, cpu1 - 1);

		MUST(c->held == (unsigned long)s);
		MUST(c->cpu == cpu1 - 1);
		cpu1 = c->next;
	}
	for_each_possible_cpu(cpu)
		cpus += per_cpu_ptr(es->cpu, cpu)->held == own(s);
	*open_total += cpus;
	for (i = 0; i < es->nr_tasks; i++)
		pend += es->tasks[i].slot == s;
	MUST(s->pend == pend);
	MUST(atomic_read(&s->reserved) ==
	     (int)(cpus + pend) + (near ? 0 : IP_VS_EXT_FAR));
	MUST(s->upper == READ_ONCE(s->dest->u_threshold));
	MUST(s->quiesced == (atomic_read(&s->dest->weight) == 0));
	if (s->state != IP_VS_EXT_OPEN || s->quiesced || near)
		MUST(s->far == 0);
	else if (!s->upper)
		MUST(s->far == U32_MAX);
	else
		MUST(s->far == s->upper - 2 * num_possible_cpus() &&
		     s->far < s->upper);
	if (!s->upper)
		MUST(s->state == IP_VS_EXT_OPEN);
	if (s->watch)
		MUST(es->watch[s->watch - 1] == s && s->watch <= es->nr_watch);
	MUST(ext_lower(es, s) ==
	     (s->dest->l_threshold ?: s->upper - s->upper / 4));
}

static void check_invariants(void)
{
	struct ip_vs_ext_service *es = ext();
	struct ip_vs_ext_tier *best = NULL;
	u32 slots = 0, watched = 0, unwatched = 0, dests = 0, open = 0, cpus = 0;
	u32 eligible_tiers = 0, held = 0, i;
	struct ip_vs_dest *d;
	struct rb_node *n;
	s64 key = (s64)U32_MAX + 1;
	int cpu;

	spin_lock_bh(&es->lock);
	for (n = rb_first_cached(&es->tiers); n; n = rb_next(n)) {
		struct ip_vs_ext_tier *t = rb_entry(n, struct ip_vs_ext_tier, by_key);
		struct ip_vs_ext_array *a = t->array;

		MUST(t->key < key);
		key = t->key;
		MUST(a->nr > 0 && a->nr <= a->cap && a->eligible <= a->nr);
		for (i = 0; i < a->nr; i++) {
			struct ip_vs_ext_slot *s = a->slot[i];
			bool eligible = s->state == IP_VS_EXT_OPEN && !s->quiesced;

			MUST(s->pos == i);
			MUST(s->tier == t);
			MUST(eligible == (i < a->eligible));
			if (!s->quiesced && !es->stale)
				MUST(t->key == (u32)atomic_read(&s->dest->weight));
			MUST(slot_of(s->dest) == s);
			check_slot(es, s, &open);
			if (s->state != IP_VS_EXT_OPEN) {
				watched += s->watch != 0;
				unwatched += s->watch == 0;
				held += s->watch && s->state == IP_VS_EXT_HELD;
			} else {
				MUST(s->watch == 0);
			}
			slots++;
		}
		if (a->eligible) {
			eligible_tiers++;
			if (!best)
				best = t;
		}
	}
	for (n = rb_first_cached(&es->eligible); n; n = rb_next(n))
		eligible_tiers--;
	MUST(eligible_tiers == 0);
	MUST(rcu_access_pointer(es->active) == best);
	for (n = rb_first(&es->slots); n; n = rb_next(n))
		slots--;
	MUST(slots == 0);
	MUST(es->nr_watch == watched);
	MUST(es->nr_held == held);
	MUST(es->unwatched == unwatched);
	if (unwatched)
		MUST(delayed_work_pending(&es->work));
	for_each_possible_cpu(cpu)
		cpus += per_cpu_ptr(es->cpu, cpu)->held != 0;
	MUST(cpus == open);
	list_for_each_entry(d, &svc->destinations, n_list) {
		dests++;
		MUST(slot_of(d) || es->stale);
	}
	for (n = rb_first(&es->slots); n; n = rb_next(n))
		dests--;
	MUST(dests == 0 || es->stale);
	spin_unlock_bh(&es->lock);
}

/* ---- random operations ---- */

static void random_operations(int steps, unsigned int servers, u32 limit_max)
{
	static struct shim_conn *held[4000];
	struct ip_vs_dest *open[16] = { NULL };
	bool busy[16] = { false };
	int n = 0, i;

	for (i = 0; i < steps; i++) {
		unsigned int id = 1 + shim_rnd() % servers;
		int cpu = 1 + shim_rnd() % 15;
		u32 u = limit_max ? shim_rnd() % limit_max : 0;
		u32 l = shim_rnd() % (u + 1), k;
		bool readers = false;

		for (k = 1; k < 16; k++)
			readers |= busy[k];
		switch (shim_rnd() % 16) {
		case 0:
			shim_add_dest(svc, id, shim_rnd() % 5, u, l);
			break;
		case 1:
			/* it may wait for readers, so there must be none */
			if (!readers)
				shim_del_dest(svc, id);
			break;
		case 2:
		case 3:
			shim_edit_dest(svc, id, shim_rnd() % 5, u, l);
			break;
		case 4:
			shim_advance(shim_rnd() % 4);
			break;
		case 5:
			shim_rcu_gp();
			break;
		case 6:
		case 7:
			if (n)
				shim_release(held[--n]);
			break;
		case 8:
			while (n && shim_rnd() % 16)
				shim_release(held[--n]);
			break;
		case 9:
			if (!busy[cpu]) {
				shim_process_context = shim_rnd() % 2;
				open[cpu] = open_on(cpu);
				shim_process_context = false;
				busy[cpu] = true;
			}
			break;
		case 10:
		case 11:
			if (busy[cpu]) {
				bool drop = shim_rnd() % 4 == 0;

				shim_process_context = !shim_ctxs[cpu].serving;
				last = finish_on(cpu, open[cpu],
						 drop ? SHIM_NO_CONN : 0);
				shim_process_context = false;
				if (last)
					held[n++] = last;
				busy[cpu] = false;
			}
			break;
		default:
			shim_process_context = shim_rnd() % 8 == 0;
			shim_switch(busy[cpu] ? 0 : cpu);
			last = shim_connect(svc, shim_rnd() % 8 ? 0 : SHIM_NO_CONN);
			shim_switch(0);
			shim_process_context = false;
			if (last)
				held[n++] = last;
		}
		if (n == ARRAY_SIZE(held))
			while (n > 100)
				shim_release(held[--n]);
		check_invariants();
	}
	for (i = 1; i < 16; i++)
		if (busy[i])
			finish_on(i, NULL, 0);
}

START_TEST(tables_small)
{
	unit_seed();
	/* edits of U between decision and bind are not overruns */
	shim_limit = SHIM_LIMIT_OFF;
	random_operations(5000, 8, 6);
}
END_TEST

START_TEST(tables_large)
{
	unsigned int i;

	unit_seed();
	shim_limit = SHIM_LIMIT_OFF;
	for (i = 1; i <= 80; i++)
		add(i, 1 + i % 2, 1 + i % 3, 0);
	random_operations(1000, 90, 4);
}
END_TEST

START_TEST(tables_beyond_the_band)
{
	unit_seed();
	shim_limit = SHIM_LIMIT_OFF;
	random_operations(5000, 4, 120);
}
END_TEST

/* ---- limits ---- */

/* Full at U, relieved below L: for every pair of small limits. */
START_TEST(thresholds)
{
	struct shim_conn *c[70];
	u32 u = _i + 1, l, lower, i;

	for (l = 0; l <= u; l += u > 8 ? u / 4 : 1) {
		lower = l ? l : u - u / 4;
		add(1, 1, u, l);
		for (i = 0; i < u; i++) {
			ck_assert_uint_eq(go_on(i % 16), 1);
			c[i] = last;
		}
		ck_assert_uint_eq(go(), 0);
		while (i > lower) {
			shim_release(c[--i]);
			if (i >= lower)
				ck_assert_uint_eq(go_on(i % 16), 0);
		}
		if (lower) {
			ck_assert_uint_eq(i, lower);
			ck_assert_uint_eq(go(), 0);
			shim_release(c[--i]);
		}
		ck_assert_uint_eq(go(), 1);
		c[i++] = last;
		while (i)
			shim_release(c[--i]);
		unit_ok(shim_del_dest(svc, 1));
		check_invariants();
	}
}
END_TEST

START_TEST(reservation_is_for_the_moment)
{
	struct ip_vs_dest *d;

	add(1, 1, 2, 0);
	ck_assert_uint_eq(go(), 1);
	d = open_on(1);
	ck_assert_uint_eq(shim_dest_id(d), 1);
	/* the last place is reserved: refused, but nobody is full */
	ck_assert_uint_eq(go_on(2), 0);
	ck_assert_int_eq(counters().full, 0);
	/* no amount of time ends it, nor a grace period that cannot end */
	shim_advance(1000);
	ck_assert_int_eq(shim_rcu_gp(), -1);
	ck_assert_uint_eq(go_on(2), 0);
	finish_on(1, d, 0);
	ck_assert_uint_eq(go_on(2), 0);
	ck_assert_int_eq(counters().full, 1);
}
END_TEST

START_TEST(failed_connection_gives_its_place_back)
{
	struct ip_vs_dest *d;
	int i;

	add(1, 1, 1, 0);
	d = open_on(1);
	ck_assert_ptr_nonnull(d);
	ck_assert_uint_eq(go_on(2), 0);
	ck_assert_ptr_null(finish_on(1, d, SHIM_NO_CONN));
	/* another CPU cannot know before a grace period has passed */
	ck_assert_uint_eq(go_on(2), 0);
	for (i = 0; i < 3; i++)
		ck_assert_int_ge(shim_rcu_gp(), 0);
	ck_assert_int_eq(counters().full, 0);
	ck_assert_uint_eq(go_on(2), 1);
	ck_assert_uint_eq(go_on(3), 0);
	check_invariants();
}
END_TEST

START_TEST(failed_connection_and_the_same_cpu)
{
	add(1, 1, 1, 0);
	ck_assert_ptr_null(shim_connect(svc, SHIM_NO_CONN));
	/* it has begun another decision, so the one before is over */
	ck_assert_uint_eq(go(), 1);
	ck_assert_uint_eq(go(), 0);
}
END_TEST

/* Nobody has to be refused before a failed connection is forgotten. */
START_TEST(failed_connections_are_forgotten_unasked)
{
	add(1, 1, 2, 2);
	finish_on(1, open_on(1), SHIM_NO_CONN);
	finish_on(2, open_on(2), SHIM_NO_CONN);
	quiet();
	ck_assert_uint_eq(go_on(3), 1);
	ck_assert_uint_eq(go_on(4), 1);
	ck_assert_uint_eq(counters().refusals, 0);
}
END_TEST

/* The second one is too late for the grace period that is under way. */
START_TEST(failed_connections_in_a_row_are_forgotten_unasked)
{
	add(1, 1, 1, 1);
	finish_on(1, open_on(1), SHIM_NO_CONN);
	finish_on(1, open_on(1), SHIM_NO_CONN);
	ck_assert_int_ge(shim_rcu_gp(), 0);
	quiet();
	ck_assert_uint_eq(go_on(2), 1);
	ck_assert_uint_eq(counters().refusals, 0);
}
END_TEST

/* The places beside it were taken by others, so it was not the last one. */
START_TEST(refusal_asks_for_a_grace_period)
{
	struct ip_vs_dest *d;

	add(1, 1, 3, 3);
	quiet();
	d = open_on(1);
	shim_bind(svc, d, 0);
	shim_bind(svc, d, 0);
	ck_assert_uint_eq(go_on(2), 0);
	ck_assert_int_gt(shim_rcu_pending(), 0);
	finish_on(1, d, SHIM_NO_CONN);
	quiet();
	ck_assert_uint_eq(go_on(2), 1);
	ck_assert_uint_eq(go_on(3), 0);
}
END_TEST

static struct shim_conn *several[40];

static void fill_server(unsigned int id, int from, int to)
{
	for (; from < to; from++) {
		ck_assert_uint_eq(go(), id);
		several[from] = last;
	}
}

/* Nine connections and one reservation of ten, then one less: never full. */
START_TEST(held_is_not_full)
{
	struct ip_vs_dest *d;
	int i;

	add(1, 5, 10, 2);
	add(2, 1, 0, 0);
	fill_server(1, 0, 9);
	d = open_on(1);
	ck_assert_uint_eq(shim_dest_id(d), 1);
	shim_release(several[0]);
	finish_on(1, d, 0);
	ck_assert_int_eq(conns(1), 9);
	/* _i: the tenth comes now */
	if (_i)
		ck_assert_uint_eq(go_on(2), 1);
	for (i = 1; i < 6; i++)
		shim_release(several[i]);
	ck_assert_uint_eq(go_on(3), _i ? 2 : 1);
	ck_assert_uint_eq(counters().full, _i);
	check_invariants();
}
END_TEST

/*
 * The last place is taken and a connection gone before anyone looks: it has
 * been full, and is until the count is below the lower threshold.
 */
START_TEST(full_unseen)
{
	struct ip_vs_dest *d;
	struct shim_conn *c;

	add(1, 5, 4, 2);
	add(2, 1, 0, 0);
	fill_server(1, 0, 3);
	shim_process_context = _i & 1;
	d = open_on(1);
	ck_assert_uint_eq(shim_dest_id(d), 1);
	c = finish_on(1, d, 0);
	shim_process_context = false;
	if (_i & 2)
		quiet();
	shim_release(c);
	ck_assert(shim_dest(svc, 1)->flags & IP_VS_DEST_F_OVERLOAD);
	quiet();
	ck_assert_uint_eq(go_on(2), 2);
	ck_assert_uint_eq(counters().full, 1);
	shim_release(several[0]);
	ck_assert_uint_eq(go_on(2), 2);
	shim_release(several[1]);
	ck_assert_uint_eq(go_on(2), 1);
	check_invariants();
}
END_TEST

/* The core's flag speaks of all connections, also if only active ones count. */
START_TEST(held_of_active_is_not_full)
{
	struct ip_vs_dest *d;
	int i;

	unit_ok(shim_edit_service(svc, "hprio", IP_VS_SVC_F_SCHED1));
	add(1, 5, 3, 1);
	add(2, 1, 0, 0);
	for (i = 0; i < 6; i++)
		shim_bind(svc, shim_dest(svc, 1), SHIM_INACTIVE);
	ck_assert(shim_dest(svc, 1)->flags & IP_VS_DEST_F_OVERLOAD);
	fill_server(1, 0, 2);
	d = open_on(0);
	ck_assert_uint_eq(shim_dest_id(d), 1);
	finish_on(0, d, SHIM_NO_CONN);
	quiet();
	ck_assert_uint_eq(go_on(2), 1);
	ck_assert_uint_eq(go_on(3), 2);
}
END_TEST

/* What happened under the old limits happened, seen or not. 1: also to a server that
 * was quiesced. 2: it changes its tier with that edit.
 */
START_TEST(relief_before_an_edit)
{
	add(1, 5, 4, 3);
	add(2, 1, 0, 0);
	fill_server(1, 0, 4);
	ck_assert_uint_eq(go_on(1), 2);
	if (_i & 1)
		unit_ok(shim_edit_dest(svc, 1, 0, 4, 3));
	shim_release(several[0]);
	shim_release(several[1]);
	unit_ok(shim_edit_dest(svc, 1, _i & 2 ? 6 : 5, 5, 1));
	ck_assert(!(shim_dest(svc, 1)->flags & IP_VS_DEST_F_OVERLOAD));
	ck_assert_uint_eq(go_on(1), 1);
	check_invariants();
}
END_TEST

/* A quiesced server is full, and relieved, like any other. */
START_TEST(full_while_quiesced)
{
	add(1, 5, 4, 3);
	add(2, 1, 0, 0);
	fill_server(1, 0, 4);
	ck_assert_uint_eq(go_on(1), 2);
	unit_ok(shim_edit_dest(svc, 1, 0, 4, 3));
	ck_assert_uint_eq(go_on(1), 2);
	ck_assert_uint_eq(counters().relieved, 0);
	check_invariants();
	shim_release(several[0]);
	shim_release(several[1]);
	ck_assert_uint_eq(go_on(1), 2);
	ck_assert_uint_eq(counters().relieved, 1);
	check_invariants();
	unit_ok(shim_edit_dest(svc, 1, 5, 4, 1));
	ck_assert_uint_eq(go_on(1), 1);
	check_invariants();
}
END_TEST

START_TEST(full_before_an_edit)
{
	add(1, 5, 4, 3);
	add(2, 1, 0, 0);
	fill_server(1, 0, 4);
	unit_ok(shim_edit_dest(svc, 1, 5, 5, 1));
	ck_assert(shim_dest(svc, 1)->flags & IP_VS_DEST_F_OVERLOAD);
	ck_assert_uint_eq(go_on(1), 2);
	while (conns(1))
		shim_release(several[conns(1) - 1]);
	ck_assert_uint_eq(go_on(1), 1);
	check_invariants();
}
END_TEST

/* The connection of an earlier grant must not settle a later one. */
START_TEST(only_its_own_connection_settles_a_grant)
{
	struct ip_vs_dest *a, *b;

	add(1, 1, 2, 2);
	a = open_on(1);
	b = open_on(2);
	ck_assert(a && b);
	ck_assert_uint_eq(go_on(3), 0);
	/* A foreign connection comes and goes. */
	shim_release(shim_bind(svc, a, 0));
	ck_assert_uint_eq(go_on(3), 0);
	finish_on(1, a, 0);
	ck_assert_uint_eq(go_on(3), 0);
	finish_on(2, b, SHIM_NO_CONN);
	ck_assert_uint_eq(go_on(3), 0);
	shim_rcu_gp();
	shim_rcu_gp();
	ck_assert_uint_eq(go_on(3), 1);
	ck_assert_uint_eq(go_on(4), 0);
	ck_assert_int_eq(conns(1), 2);
}
END_TEST

/* Nor one of the same CPU, for another service. */
START_TEST(only_its_own_service_settles_a_grant)
{
	struct ip_vs_service *other;
	struct ip_vs_dest *d;

	unit_ok(shim_add_service(&other, "hprio", 2, 0));
	unit_ok(shim_add_dest(other, 1, 1, 0, 0));
	add(1, 1, 2, 2);
	d = open_on(1);
	ck_assert_ptr_nonnull(d);
	shim_switch(1);
	shim_bind(other, shim_dest(other, 1), 0);
	shim_switch(0);
	ck_assert_uint_eq(go_on(2), 1);
	ck_assert_uint_eq(go_on(3), 0);
	ck_assert_ptr_nonnull(finish_on(1, d, 0));
	ck_assert_uint_eq(go_on(3), 0);
}
END_TEST

/* But for any server of the service: the CPU has gone on. */
START_TEST(other_server_settles_a_grant)
{
	add(1, 2, 1, 1);
	add(2, 1, 0, 0);
	finish_on(1, open_on(1), SHIM_NO_CONN);
	ck_assert_uint_eq(go_on(2), 2);
	shim_switch(1);
	shim_bind(svc, shim_dest(svc, 2), 0);
	shim_switch(0);
	ck_assert_uint_eq(go_on(2), 1);
	ck_assert_uint_eq(go_on(3), 2);
}
END_TEST

/* A grace period that began before the grant proves nothing about it. */
START_TEST(grace_period_must_be_younger)
{
	struct ip_vs_dest *a;

	add(1, 1, 1, 1);
	/* asks for a grace period */
	ck_assert_ptr_null(shim_connect(svc, SHIM_NO_CONN));
	ck_assert_uint_eq(go_on(2), 0);
	shim_rcu_gp();
	shim_rcu_gp();
	/* one is asked for by the refused, then the place is granted */
	a = open_on(3);
	ck_assert_ptr_nonnull(a);
	ck_assert_uint_eq(go_on(2), 0);
	ck_assert_int_eq(shim_rcu_gp(), -1);
	ck_assert_uint_eq(go_on(4), 0);
	ck_assert_ptr_nonnull(finish_on(3, a, 0));
	shim_rcu_gp();
	ck_assert_uint_eq(go_on(4), 0);
	ck_assert_int_eq(conns(1), 1);
}
END_TEST

START_TEST(connections_without_statistics)
{
	struct ip_vs_dest *d;

	add(1, 1, 2, 2);
	d = open_on(1);
	ck_assert_ptr_nonnull(finish_on(1, d, SHIM_NO_STATS));
	ck_assert_uint_eq(go_on(2), 0);		/* count 1 + 1 unproven */
	shim_rcu_gp();
	shim_rcu_gp();
	ck_assert_uint_eq(go_on(2), 1);
	ck_assert_uint_eq(go_on(3), 0);
}
END_TEST

START_TEST(without_softirq)
{
	struct ip_vs_dest *a, *b;

	add(1, 1, 2, 2);
	shim_process_context = true;
	a = open_on(1);
	b = open_on(2);
	ck_assert(a && b);
	ck_assert_uint_eq(go_on(3), 0);
	shim_process_context = false;
	ck_assert_uint_eq(go_on(3), 0);
	shim_process_context = true;
	finish_on(1, a, 0);
	finish_on(2, b, SHIM_NO_CONN);
	ck_assert_uint_eq(go_on(3), 0);
	ck_assert_uint_eq(ask_on(3), 1);
	ck_assert_uint_eq(go_on(4), 0);
	ck_assert_int_eq(conns(1), 2);
	check_invariants();
}
END_TEST

/* A task that is interrupted by a softirq on its CPU, which also decides. */
START_TEST(softirq_interrupts_a_task)
{
	struct ip_vs_dest *a;

	add(1, 1, 1, 1);
	shim_process_context = true;
	a = open_on(1);
	ck_assert_ptr_nonnull(a);
	shim_process_context = false;
	ck_assert_uint_eq(go_on(2), 0);
	/* on the very same CPU, inside the reader of the task */
	shim_switch(1);
	shim_self->opened = NULL;
	ck_assert_uint_eq(go(), 0);
	shim_self->opened = svc;
	shim_switch(0);
	shim_process_context = true;
	ck_assert_ptr_nonnull(finish_on(1, a, 0));
	ck_assert_uint_eq(go_on(2), 0);
}
END_TEST

/* More tasks than are told apart. */
START_TEST(very_many_tasks)
{
	static struct task_struct task[40];
	struct ip_vs_dest *d;
	int i, n = 0;

	add(1, 1, 45, 45);
	shim_process_context = true;
	shim_switch(1);
	rcu_read_lock();	/* keeps all of their readers open */
	for (i = 0; i < 40; i++) {
		shim_self->task = &task[i];
		d = shim_decide_open(svc);
		shim_finish(d, SHIM_NO_CONN);
		n += d != NULL;
	}
	ck_assert_int_eq(n, 40);
	shim_self->task = &shim_self->idle;
	shim_switch(0);
	shim_process_context = false;
	/* 40 places are taken for all we know */
	for (i = 0; i < 5; i++)
		ck_assert_uint_eq(go_on(2 + i), 1);
	ck_assert_uint_eq(go_on(9), 0);
	ck_assert_int_eq(counters().full, 0);
	check_invariants();
	shim_switch(1);
	rcu_read_unlock();
	shim_switch(0);
	for (i = 0; i < 40; i++)
		ck_assert_uint_eq(ask_on(2), 1);
	ck_assert_uint_eq(go_on(9), 0);
	check_invariants();
}
END_TEST

/* Grants of the lock-free path are found when the limit comes near. */
START_TEST(grants_in_flight_when_a_limit_is_set)
{
	struct ip_vs_dest *d[4];
	int i;

	add(1, 1, 0, 0);
	for (i = 0; i < 4; i++)
		d[i] = open_on(i + 1);
	/* now there is a limit of 5: one place is left */
	unit_ok(shim_edit_dest(svc, 1, 1, 5, 5));
	ck_assert_uint_eq(go_on(6), 1);
	ck_assert_uint_eq(go_on(7), 0);
	for (i = 0; i < 4; i++)
		finish_on(i + 1, d[i], 0);
	ck_assert_int_eq(conns(1), 5);
	ck_assert_uint_eq(go_on(7), 0);
}
END_TEST

START_TEST(grants_in_flight_when_the_limit_comes_near)
{
	struct ip_vs_dest *d[12];
	int i, n = 0;

	/* band is 2 * 16: the lock is needed from 8 on */
	add(1, 1, 40, 40);
	for (i = 0; i < 7; i++)
		ck_assert_uint_eq(go_on(0), 1);
	for (i = 0; i < 12; i++)
		d[i] = open_on(i + 1);
	for (i = 0; i < 60; i++)
		n += go_on(14 + i % 2) == 1;
	ck_assert_int_eq(n, 40 - 7 - 12);
	for (i = 0; i < 12; i++)
		finish_on(i + 1, d[i], 0);
	ck_assert_int_eq(conns(1), 40);
}
END_TEST

/*
 * A CPU in the middle of the lock-free path says so, and whoever sets a limit
 * waits for it: here forever, since the other CPU is played by the same thread.
 */
static void limit_meanwhile(const void *p)
{
	const struct ip_vs_ext_cpu *c = per_cpu_ptr(ext()->cpu, 1);

	if (p != &c->granted || c->granted != IP_VS_EXT_GRANT_BUSY)
		return;
	shim_release_hook = NULL;
	shim_switch(0);
	shim_expect_death("spins for another CPU");
	shim_edit_dest(svc, 1, 1, 5, 5);
	ck_abort_msg("did not wait for a decision that is being made");
}

START_TEST(decision_being_made_when_a_limit_is_set)
{
	add(1, 1, 0, 0);
	shim_release_hook = limit_meanwhile;
	open_on(1);
	ck_abort_msg("a decision was not announced");
}
END_TEST

START_TEST(far_from_the_limit_no_lock)
{
	unsigned long before;
	int i;

	add(1, 1, 1000, 0);
	add(2, 1, 0, 0);
	shim_decide(svc);
	before = shim_locks_taken();
	for (i = 0; i < 1500; i++)
		shim_connect(svc, 0);
	/* the statistics' lock of the model core is not a spinlock_t */
	ck_assert_uint_eq(shim_locks_taken(), before);
	/* and with one server full, still none */
	unit_ok(shim_edit_dest(svc, 1, 1, 10, 0));
	shim_decide(svc);
	before = shim_locks_taken();
	for (i = 0; i < 1000; i++)
		ck_assert_uint_eq(go(), 2);
	ck_assert_uint_eq(shim_locks_taken(), before);
}
END_TEST

/* What tasks have reserved has no room in the distance. */
START_TEST(near_as_long_as_a_task_may_bind)
{
	struct ip_vs_ext_slot *slot;

	add(1, 1, 1000, 0);
	slot = slot_of(shim_dest(svc, 1));
	shim_process_context = true;
	go();
	shim_process_context = false;
	ck_assert_int_eq(atomic_read(&slot->reserved), 1);
	go();
	ck_assert_uint_eq(slot->far, 0);
	quiet();
	/* it finds out that it is over, and leaves */
	go();
	ck_assert_uint_eq(slot->far, 1000 - 32);
	ck_assert_int_eq(atomic_read(&slot->reserved), IP_VS_EXT_FAR);
}
END_TEST

/* Only the last place is granted under the lock, and the one before it to a CPU whose
 * own reservation is still there.
 */
START_TEST(near_the_limit_no_lock)
{
	unsigned long before;
	int i, cpu;

	add(1, 2, 5, 5);
	add(2, 1, 0, 0);
	before = shim_locks_taken();
	for (i = 0; i < 3; i++)
		ck_assert_uint_eq(go(), 1);
	ck_assert_uint_eq(go_on(1), 1);
	ck_assert_uint_eq(shim_locks_taken(), before);
	ck_assert_uint_eq(go(), 1);
	ck_assert_uint_gt(shim_locks_taken(), before);
	check_invariants();

	/* CPUs that have not decided again count twice, but not for the lock */
	unit_ok(shim_edit_dest(svc, 1, 2, 15, 15));
	for (cpu = 1; cpu <= 5; cpu++)
		ck_assert_uint_eq(go_on(cpu), 1);
	ck_assert_int_eq(atomic_read(&slot_of(shim_dest(svc, 1))->reserved), 5);
	for (i = 10; i < 15; i++)
		ck_assert_uint_eq(go(), 1);
	ck_assert_uint_eq(go(), 2);
	check_invariants();
}
END_TEST

static int records;

static void look_at_record(const void *p)
{
	const struct ip_vs_ext_cpu *c = per_cpu_ptr(ext()->cpu, 1);

	/* Before a grant is published; this one has been made then. */
	if (p == &c->granted && c->granted == IP_VS_EXT_GRANT_BUSY)
		records += c->held == own(slot_of(shim_dest(svc, 1)));
}

/* As long as a CPU is busy others wait for its record. */
START_TEST(record_before_grant)
{
	add(1, 1, 5, 5);
	records = 0;
	shim_release_hook = look_at_record;
	ck_assert_uint_eq(go_on(1), 1);
	shim_release_hook = NULL;
	ck_assert_int_eq(records, 1);
}
END_TEST

/* Reserved, no record yet: the server must not go before there is one. */
static void delete_server_meanwhile(const void *p)
{
	const struct ip_vs_ext_cpu *c = per_cpu_ptr(ext()->cpu, 1);

	if (p != &c->held)
		return;
	shim_release_hook = NULL;
	shim_switch(0);
	shim_expect_death("spins for another CPU");
	shim_del_dest(svc, 1);
	ck_abort_msg("did not wait for a reservation that is being made");
}

START_TEST(reservation_being_made)
{
	add(1, 1, 4, 4);
	shim_release_hook = delete_server_meanwhile;
	open_on(1);
	ck_abort_msg("a record was not made");
}
END_TEST

/* What it granted before, far from that limit, is collected when it has a record to
 * make.
 */
static void collect_meanwhile(const void *p)
{
	struct ip_vs_ext_slot *slot = slot_of(shim_dest(svc, 2));
	struct ip_vs_ext_cpu *c = per_cpu_ptr(ext()->cpu, 1);

	if (p != &c->held)
		return;
	shim_release_hook = NULL;
	atomic_inc(&slot->reserved);
	c->held = own(slot);
}

START_TEST(record_of_an_older_grant)
{
	add(1, 2, 5, 5);
	add(2, 1, 5, 5);
	shim_release_hook = collect_meanwhile;
	ck_assert_uint_eq(go_on(1), 1);
	ck_assert_ptr_null(shim_release_hook);
	ck_assert_int_eq(atomic_read(&slot_of(shim_dest(svc, 2))->reserved), 0);
	ck_assert_int_eq(atomic_read(&slot_of(shim_dest(svc, 1))->reserved), 1);
	check_invariants();
}
END_TEST

/* Its reservation is put into the list when it is about to end it. */
static void list_meanwhile(const void *p)
{
	struct ip_vs_ext_cpu *c = per_cpu_ptr(ext()->cpu, 1);

	if (p != &c->held)
		return;
	shim_release_hook = NULL;
	put_into_list(slot_of(shim_dest(svc, 1)), c);
}

START_TEST(reservation_listed_while_it_ends)
{
	unsigned int next;

	add(1, 1, 5, 5);
	/* by one for the same server, or by a grant that needs none */
	for (next = 1; next <= 2; next++) {
		ck_assert_uint_eq(go_on(1), 1);
		shim_release_hook = list_meanwhile;
		if (next == 2)
			add(2, 1, 0, 0);
		ck_assert_uint_eq(go_on(1), next);
		ck_assert_ptr_null(shim_release_hook);
		ck_assert_int_eq(atomic_read(&slot_of(shim_dest(svc, 1))->reserved),
				 next == 1);
		check_invariants();
	}
}
END_TEST

START_TEST(refusal_ends_a_reservation)
{
	struct ip_vs_dest *d;

	add(1, 1, 5, 5);
	d = open_on(1);
	unit_ok(shim_edit_dest(svc, 1, 0, 5, 5));
	ck_assert_uint_eq(go(), 0);
	finish_on(1, d, 0);
	ck_assert_int_eq(atomic_read(&slot_of(shim_dest(svc, 1))->reserved), 1);
	ck_assert_uint_eq(go_on(1), 0);
	ck_assert_int_eq(atomic_read(&slot_of(shim_dest(svc, 1))->reserved), 0);
}
END_TEST

/* Somebody was about to put the reservation of the last decision into the list, and
 * this is the one that is there.
 */
static void listed_meanwhile(const void *p)
{
	struct ip_vs_ext_cpu *c = per_cpu_ptr(ext()->cpu, 1);

	if (p != &c->granted || !c->held)
		return;
	shim_release_hook = NULL;
	put_into_list(slot_of(shim_dest(svc, 1)), c);
	shim_switch(0);
	shim_expect_death("spins for another CPU");
	go();
	ck_abort_msg("judged a reservation that is being made");
}

START_TEST(reservation_listed_while_being_made)
{
	int i;

	/* two connections, and their CPU has gone on */
	add(1, 1, 4, 4);
	add(2, 1, 0, 0);
	for (i = 0; i < 4; i++)
		go();
	ck_assert_int_eq(conns(1), 2);
	unit_ok(shim_edit_dest(svc, 2, 0, 0, 0));
	shim_release_hook = listed_meanwhile;
	open_on(1);
	ck_abort_msg("a grant was not announced");
}
END_TEST

START_TEST(active_connections_only)
{
	int i;

	add(1, 2, 2, 2);
	add(2, 1, 0, 0);
	unit_ok(shim_edit_service(svc, "hprio", IP_VS_SVC_F_SCHED1));
	/* inactive ones never count */
	for (i = 0; i < 10; i++)
		ck_assert_uint_eq(shim_dest_id(shim_connect(svc, SHIM_INACTIVE)->dest), 1);
	shim_rcu_gp();
	shim_rcu_gp();
	ck_assert_uint_eq(go(), 1);
	ck_assert_uint_eq(go(), 1);
	ck_assert_uint_eq(go(), 2);
	/* the flag changes without a callback, and takes effect at once */
	unit_ok(shim_edit_service(svc, "hprio", 0));
	shim_set_active(last, false);
	ck_assert_uint_eq(go(), 2);
	unit_ok(shim_edit_dest(svc, 1, 2, 20, 20));
	for (i = 0; i < 8; i++)
		ck_assert_uint_eq(go(), 1);
	ck_assert_uint_eq(go(), 2);
}
END_TEST

/* With active ones only, "in the statistics" is not yet "active". */
START_TEST(active_comes_after_the_statistics)
{
	struct ip_vs_dest *d;
	struct shim_conn *c;

	unit_ok(shim_edit_service(svc, "hprio", IP_VS_SVC_F_SCHED1));
	add(1, 1, 1, 1);
	shim_switch(1);
	rcu_read_lock();
	d = shim_decide_open(svc);
	c = shim_finish(d, SHIM_INACTIVE);
	shim_switch(0);
	ck_assert_uint_eq(go_on(2), 0);
	shim_set_active(c, true);
	shim_switch(1);
	rcu_read_unlock();
	shim_switch(0);
	shim_rcu_gp();
	shim_rcu_gp();
	ck_assert_uint_eq(go_on(2), 0);
	shim_set_active(c, false);
	ck_assert_uint_eq(go_on(2), 1);
}
END_TEST

/* ---- counters, relief ---- */

START_TEST(counting)
{
	struct shim_conn *c[4];
	struct ip_vs_ext_counters n;
	int i;

	add(1, 3, 2, 2);
	add(2, 2, 1, 1);
	add(3, 1, 1, 1);
	for (i = 0; i < 4; i++) {
		go_on(i);
		c[i] = last;
	}
	n = counters();
	ck_assert_uint_eq(n.grants, 4);
	ck_assert_uint_eq(n.spills, 2);
	ck_assert_uint_eq(n.returns, 0);
	ck_assert_uint_eq(n.refusals, 0);
	ck_assert_uint_eq(go_on(5), 0);
	ck_assert_uint_eq(go_on(6), 0);
	n = counters();
	ck_assert_uint_eq(n.refusals, 2);
	ck_assert_uint_eq(n.full, 3);
	/* reported once */
	ck_assert_int_eq(shim_sched_errors, 1);
	shim_release(c[3]);
	ck_assert_uint_eq(go_on(7), 3);
	shim_release(c[0]);
	ck_assert_uint_eq(go_on(8), 1);
	ck_assert_uint_eq(go_on(8), 0);
	n = counters();
	ck_assert_uint_eq(n.grants, 6);
	ck_assert_uint_eq(n.refusals, 3);
	ck_assert_int_eq(shim_sched_errors, 2);
	/* spill, and return while lower tiers serve */
	unit_ok(shim_edit_dest(svc, 2, 2, 0, 0));
	ck_assert_uint_eq(go(), 2);
	shim_release(c[1]);
	n = counters();
	ck_assert_uint_eq(go(), 1);
	ck_assert_uint_eq(counters().returns, n.returns + 1);
	ck_assert_uint_eq(go(), 2);
	ck_assert_uint_eq(counters().spills, n.spills + 1);
}
END_TEST

/* Edits are not spills. */
START_TEST(edits_are_not_counted)
{
	add(1, 3, 0, 0);
	add(2, 2, 0, 0);
	ck_assert_uint_eq(go(), 1);
	unit_ok(shim_edit_dest(svc, 1, 0, 0, 0));
	ck_assert_uint_eq(go(), 2);
	unit_ok(shim_edit_dest(svc, 1, 3, 0, 0));
	unit_ok(shim_del_dest(svc, 1));
	ck_assert_uint_eq(counters().spills, 0);
	ck_assert_uint_eq(counters().returns, 0);
}
END_TEST

/* @c: the connections by server, or NULL. */
static void fill(int n, struct shim_conn **c)
{
	unsigned int id;
	int i;

	for (i = 0; i < n; i++) {
		id = go();
		ck_assert_uint_ne(id, 0);
		ck_assert_int_eq(atomic_read(&last->dest->weight), 5);
		if (c)
			c[id] = last;
	}
}

START_TEST(small_tier_returns_at_the_next_decision)
{
	int i;

	for (i = 1; i <= 32; i++)
		add(i, 5, 1, 0);
	add(100, 1, 0, 0);
	fill(32, NULL);
	for (i = 0; i < 50; i++) {
		struct shim_conn *c = last;
		unsigned int id = shim_dest_id(c->dest);

		shim_advance(1);
		ck_assert_uint_eq(go(), 100);
		shim_release(c);
		ck_assert_uint_eq(go(), id);
	}
	/* without help of the work */
	ck_assert(!delayed_work_pending(&ext()->work));
	check_invariants();
}
END_TEST

/* Which of the next decisions is for a server of the small tier? */
static int returned_after(unsigned int id)
{
	int n = 1;

	while (go() == 100)
		n++;
	ck_assert_uint_eq(shim_dest_id(last->dest), id);
	return n;
}

/* More full servers than a few are looked at in turn, unless it is to refuse. */
START_TEST(small_tier_returns_soon_to_a_busy_cpu)
{
	struct shim_conn *c[33];
	int n, i, k, most;

	add(100, 1, 0, 0);
	for (n = 1; n <= 32; n++) {
		add(n, 5, 1, 0);
		shim_advance(1);
		ck_assert_uint_eq(go(), n);
		c[n] = last;
		for (i = 0; i < IP_VS_EXT_BUSY; i++)
			ck_assert_uint_eq(go(), 100);
		for (i = 1, most = 0; i <= n; i++) {
			shim_release(c[i]);
			k = returned_after(i);
			c[i] = last;
			most = max(most, k);
		}
		ck_assert_int_le(most, n <= 2 * IP_VS_EXT_LOOK ? 1 :
				       DIV_ROUND_UP(n, IP_VS_EXT_LOOK));
	}
	ck_assert_int_gt(most, 1);

	/* by another CPU at once, and by this one in the next jiffy */
	for (i = 1; i <= 32; i++) {
		shim_release(c[i]);
		if (i % 2)
			shim_advance(1);
		else
			shim_switch(1);
		ck_assert_int_eq(returned_after(i), 1);
		c[i] = last;
		shim_switch(0);
	}

	for (i = 0; i < IP_VS_EXT_BUSY; i++)
		ck_assert_uint_eq(go(), 100);
	unit_ok(shim_del_dest(svc, 100));
	for (i = 1; i <= 32; i++) {
		ck_assert_uint_eq(go(), 0);
		shim_release(c[i]);
		ck_assert_uint_eq(go(), i);
	}
	check_invariants();
}
END_TEST

START_TEST(large_tier_returns_within_20_ms)
{
	struct shim_conn *c;
	unsigned int id;
	int i;

	for (i = 1; i <= 500; i++)
		add(i, 5, 1, 0);
	add(1000, 1, 0, 0);
	ck_assert(!delayed_work_pending(&ext()->work));
	fill(500, NULL);
	c = last;
	id = shim_dest_id(c->dest);
	shim_advance(100);
	ck_assert_uint_eq(go(), 1000);
	shim_release(c);
	shim_advance(20 / (1000 / HZ));
	ck_assert_uint_eq(go(), id);
	ck_assert_uint_eq(go(), 1000);
	check_invariants();
	/* armed while something is full, and only then */
	ck_assert(delayed_work_pending(&ext()->work));
	for (i = 1; i <= 500; i++)
		unit_ok(shim_edit_dest(svc, i, 5, 0, 0));
	shim_advance(10);
	ck_assert_int_eq(shim_works_pending(), 0);
}
END_TEST

/* Several tiers too large to be watched, relieved in all of them at once. */
START_TEST(large_tiers_are_all_looked_at)
{
	struct shim_conn *c[150];
	int i;

	for (i = 1; i <= 150; i++)
		add(i, 1 + i % 3, 1, 0);
	for (i = 0; i < 150; i++) {
		ck_assert_uint_ne(go(), 0);
		c[i] = last;
	}
	ck_assert_uint_eq(go(), 0);
	for (i = 0; i < 150; i += 10)
		shim_release(c[i]);
	shim_advance(5);
	for (i = 0; i < 150; i += 10)
		ck_assert_uint_ne(go(), 0);
	ck_assert_uint_eq(go(), 0);
	check_invariants();
}
END_TEST

/*
 * Servers that are full when they are bound, in a tier that becomes too large
 * to be watched, and small again.
 */
START_TEST(tier_grows_out_of_the_watch_and_back)
{
	struct shim_conn *c[41];
	int i;

	for (i = 1; i <= 30; i++)
		add(i, 5, 1, 0);
	add(100, 1, 0, 0);
	fill(30, c);
	unit_ok(shim_edit_service(svc, "none", 0));
	unit_ok(shim_edit_service(svc, "hprio", 0));
	ck_assert_uint_eq(ext()->nr_watch, 30);
	for (i = 31; i <= 40; i++) {
		add(i, 5, 1, 0);
		check_invariants();
		ck_assert_uint_eq(ext()->nr_watch, i > 32 ? 0 : 30);
		ck_assert_uint_eq(ext()->unwatched, i > 32 ? 30 : 0);
	}
	fill(10, c);
	ck_assert_uint_eq(go(), 100);
	ck_assert_uint_eq(ext()->nr_watch, 0);
	shim_release(c[7]);
	ck_assert_uint_eq(go(), 100);
	shim_advance(20 / (1000 / HZ));
	ck_assert_uint_eq(go(), 7);
	c[7] = last;
	ck_assert_uint_eq(go(), 100);
	for (i = 40; i > 32; i--) {
		unit_ok(shim_del_dest(svc, i));
		check_invariants();
		ck_assert_uint_eq(ext()->nr_watch, i > 33 ? 0 : 32);
		ck_assert_uint_eq(ext()->unwatched, i > 33 ? i - 1 : 0);
	}
	shim_release(c[7]);
	ck_assert_uint_eq(go(), 7);
	ck_assert_uint_eq(go(), 100);
	shim_advance(10);
	ck_assert(!delayed_work_pending(&ext()->work));
}
END_TEST

START_TEST(held_servers_leave_the_watch_and_return)
{
	struct ip_vs_dest *d[3];
	int i;

	for (i = 1; i <= 32; i++)
		add(i, 5, 1, 0);
	for (i = 1; i <= 2; i++)
		d[i] = open_on(i);
	ck_assert_uint_eq(ext()->nr_watch, 2);
	ck_assert_uint_eq(ext()->nr_held, 2);
	add(33, 5, 1, 0);
	ck_assert_uint_eq(ext()->nr_watch, 0);
	ck_assert_uint_eq(ext()->nr_held, 0);
	check_invariants();
	unit_ok(shim_del_dest(svc, 33));
	ck_assert_uint_eq(ext()->nr_watch, 2);
	ck_assert_uint_eq(ext()->nr_held, 2);
	check_invariants();
	finish_on(1, d[1], 0);
	finish_on(2, d[2], SHIM_NO_CONN);
	quiet();
	/* both are found out about, and another one is granted */
	ck_assert_uint_ne(go(), 0);
	ck_assert_uint_eq(ext()->nr_watch, 2);
	ck_assert_uint_eq(ext()->nr_held, 1);
	check_invariants();
}
END_TEST

/* ---- lifetime ---- */

START_TEST(schedule_beside_done_service)
{
	struct ip_vs_scheduler *s = svc->scheduler;
	struct ip_vs_service *gone = svc;
	struct ip_vs_dest *d;
	long live;

	add(1, 1, 1, 0);
	add(2, 1, 0, 0);
	shim_switch(1);
	rcu_read_lock();	/* found the service before it is unhashed */
	shim_switch(0);
	live = shim_live_objects();
	/* it has not decided, so nobody waits for it... */
	shim_del_service(svc);
	ck_assert_int_eq(shim_synchronize_calls, 0);
	/* ...but nothing is freed under it; only the entry of the namespace,
	 * which no decision looks at, goes at once
	 */
	ck_assert_int_eq(shim_rcu_gp(), -1);
	ck_assert_int_eq(shim_live_objects(), live - 1);
	shim_switch(1);
	/* old kernels call it even now */
	shim_softirq_enter();
	ck_assert_ptr_null(gone->sched_data);
	d = s->schedule(gone, &shim_skb, &shim_iph);
	ck_assert_ptr_null(d);
	shim_softirq_exit();
	rcu_read_unlock();
	shim_switch(0);
}
END_TEST

static struct ip_vs_service *seen;

static void decide_meanwhile(void)
{
	shim_switch(3);
	ck_assert_ptr_null(shim_decide(seen));
	shim_switch(0);
}

START_TEST(schedule_beside_scheduler_change)
{
	seen = svc;
	add(1, 1, 1, 0);
	ck_assert_uint_eq(go(), 1);
	shim_synchronize_hook = decide_meanwhile;
	unit_ok(shim_edit_service(svc, "none", 0));
	unit_ok(shim_edit_service(svc, "hprio", 0));
	shim_synchronize_hook = NULL;
	ck_assert_uint_eq(go(), 0);
}
END_TEST

/* A grant from before the removal binds after the server is back. */
START_TEST(removed_and_back_with_a_grant_in_flight)
{
	struct ip_vs_dest *d;

	add(1, 1, 1, 1);
	d = open_on(1);
	ck_assert_ptr_nonnull(d);
	/* del_dest has to wait for it; this is one way to see that it does */
	shim_expect_death("would wait for the reader on CPU 1");
	shim_del_dest(svc, 1);
	ck_abort_msg("did not wait");
}
END_TEST

/* Delete the service and make it again, with one server. */
static void again(u32 u)
{
	unsigned int flags = svc->flags;

	shim_del_service(svc);
	unit_ok(shim_add_service(&svc, "hprio", 1, flags));
	add(1, 1, u, u);
}

static struct ip_vs_dest *in_flight;
static struct ip_vs_ext_service *unbound;
static struct ip_vs_scheduler *hprio;

/* While done_service() waits: no more decisions, then what it waits for. */
static void finish_meanwhile(void)
{
	shim_synchronize_hook = NULL;
	/* one that read sched_data before */
	shim_switch(3);
	rcu_read_lock();
	shim_softirq_enter();
	svc->sched_data = unbound;
	ck_assert_ptr_null(hprio->schedule(svc, &shim_skb, &shim_iph));
	svc->sched_data = NULL;
	shim_softirq_exit();
	rcu_read_unlock();
	shim_switch(0);
	shim_process_context = !shim_ctxs[1].serving;
	finish_on(1, in_flight, 0);
	shim_process_context = false;
}

static const struct {
	u32 u;
	bool task;
} flights[] = {
	{ 0, false }, { 1, false }, { 1000, false }, { 1, true }, { 1000, true },
};

/* A grant from before a service was deleted binds, and is counted. */
START_TEST(deleted_and_back_with_a_grant_in_flight)
{
	hprio = svc->scheduler;
	unbound = svc->sched_data;
	add(1, 1, flights[_i].u, 0);
	shim_process_context = flights[_i].task;
	in_flight = open_on(1);
	shim_process_context = false;
	ck_assert_ptr_nonnull(in_flight);
	shim_synchronize_hook = finish_meanwhile;
	again(1);
	ck_assert_int_eq(shim_synchronize_calls, 1);
	ck_assert_int_eq(conns(1), 1);
	ck_assert_uint_eq(go_on(2), 0);
}
END_TEST

/* In the statistics, but not active yet: still in flight, if that counts. */
static struct shim_conn *not_active;

static void activate_meanwhile(void)
{
	shim_synchronize_hook = NULL;
	shim_set_active(not_active, true);
	shim_switch(1);
	rcu_read_unlock();
	shim_switch(0);
}

START_TEST(deleted_and_back_before_it_is_active)
{
	struct ip_vs_dest *d;

	unit_ok(shim_edit_service(svc, "hprio", IP_VS_SVC_F_SCHED1));
	add(1, 1, 1, 1);
	shim_switch(1);
	rcu_read_lock();
	d = shim_decide_open(svc);
	not_active = shim_finish(d, SHIM_INACTIVE);
	shim_switch(0);
	shim_synchronize_hook = activate_meanwhile;
	again(1);
	ck_assert_uint_eq(go_on(2), 0);
	ck_assert_int_eq(shim_synchronize_calls, 1);
}
END_TEST

/* How often does the deletion of the service wait? */
static long waits(u32 u)
{
	long before = shim_synchronize_calls;

	again(u);
	check_invariants();
	return shim_synchronize_calls - before;
}

START_TEST(done_service_waits_only_if_needed)
{
	static const u32 limits[] = { 0, 3, 1000 };
	u32 u = limits[_i];
	int i;

	/* nothing decided */
	ck_assert_int_eq(waits(u), 0);
	/* everything bound */
	for (i = 0; i < 3; i++)
		ck_assert_uint_eq(go_on(i), 1);
	ck_assert_int_eq(waits(u), 0);
	/* refused */
	unit_ok(shim_edit_dest(svc, 1, 1, 3, 3));
	ck_assert_uint_eq(go_on(4), 0);
	ck_assert_int_eq(waits(1000), 0);
	/* a connection that failed, for all we know */
	ck_assert_ptr_null(shim_connect(svc, SHIM_NO_CONN));
	ck_assert_int_eq(waits(1000), 1);
	/* its CPU has gone on */
	ck_assert_ptr_null(shim_connect(svc, SHIM_NO_CONN));
	ck_assert_uint_eq(go(), 1);
	ck_assert_int_eq(waits(1000), 0);
	/* nobody can tell from the statistics */
	ck_assert_ptr_nonnull(shim_connect(svc, SHIM_NO_STATS));
	ck_assert_int_eq(waits(1000), 1);
	/* a task, whatever became of its connection */
	shim_process_context = true;
	ck_assert_uint_eq(go(), 1);
	ck_assert_int_eq(waits(1000), 1);
}
END_TEST

/* As for a limit that is set: whoever is deciding is waited for. */
static void delete_meanwhile(const void *p)
{
	const struct ip_vs_ext_cpu *c = per_cpu_ptr(ext()->cpu, 1);

	if (p != &c->granted || c->granted != IP_VS_EXT_GRANT_BUSY)
		return;
	shim_release_hook = NULL;
	shim_switch(0);
	shim_expect_death("spins for another CPU");
	shim_del_service(svc);
	ck_abort_msg("did not wait for a decision that is being made");
}

START_TEST(decision_being_made_when_the_service_is_deleted)
{
	add(1, 1, 0, 0);
	shim_release_hook = delete_meanwhile;
	open_on(1);
	ck_abort_msg("a decision was not announced");
}
END_TEST

START_TEST(unload_beside_a_grace_period)
{
	add(1, 1, 1, 1);
	ck_assert_ptr_null(shim_connect(svc, SHIM_NO_CONN));
	go_on(2);
	ck_assert_int_gt(shim_rcu_pending(), 0);
	shim_del_service(svc);
	shim_empty_trash();
	unit_ok(shim_unload("ip_vs_hprio"));
	unit_ok(shim_unload("ip_vs_ext"));
	ck_assert_int_eq(shim_live_objects(), 0);
	ck_assert_int_eq(shim_rcu_pending(), 0);
}
END_TEST

START_TEST(unload_beside_an_armed_work)
{
	int i;

	for (i = 1; i <= 40; i++)
		add(i, 1, 1, 0);
	for (i = 1; i <= 40; i++)
		ck_assert_uint_ne(go(), 0);
	ck_assert_int_eq(shim_works_pending(), 1);
	shim_del_service(svc);
	ck_assert_int_eq(shim_works_pending(), 0);
}
END_TEST

/* ---- memory runs out ---- */

/* The life of a service; anything may fail for lack of memory. */
static void story(void)
{
	int i;

	svc = NULL;
	if (shim_load("ip_vs_ext"))
		return;
	if (shim_load("ip_vs_hprio"))
		return;
	if (shim_add_service(&svc, "hprio", 1, 0))
		return;
	for (i = 1; i <= 10; i++) {
		shim_add_dest(svc, i, 1 + i % 2, i % 3, 0);
		check_invariants();
		shim_connect(svc, 0);
	}
	for (i = 1; i <= 6; i++) {
		shim_edit_dest(svc, i, 7, i % 3, 0);
		check_invariants();
		shim_connect(svc, 0);
	}
	shim_del_dest(svc, 1);
	check_invariants();
	shim_del_dest(svc, 9);
	check_invariants();
	shim_edit_service(svc, "none", 0);
	if (shim_edit_service(svc, "hprio", 0)) {
		ck_assert_ptr_null(rcu_access_pointer(svc->scheduler));
		return;
	}
	check_invariants();
	shim_add_dest(svc, 1, 7, 1, 0);
	check_invariants();
	shim_connect(svc, 0);
	shim_rcu_gp();
}

/* After a failure, the next change of the service makes everything right. */
static void epilogue(void)
{
	struct ip_vs_dest *d;
	int n = 0;

	shim_fail_alloc(0, false);
	if (!svc)
		return;
	if (!rcu_access_pointer(svc->scheduler))
		unit_ok(shim_edit_service(svc, "hprio", 0));
	d = list_first_entry_or_null(&svc->destinations, struct ip_vs_dest, n_list);
	if (d)
		unit_ok(shim_edit_dest(svc, shim_dest_id(d),
				       atomic_read(&d->weight), d->u_threshold,
				       d->l_threshold));
	ck_assert(!ext()->stale);
	check_invariants();
	list_for_each_entry(d, &svc->destinations, n_list) {
		struct ip_vs_ext_slot *s = slot_of(d);

		ck_assert_ptr_nonnull(s);
		ck_assert_uint_eq(s->tier->key, atomic_read(&d->weight));
		n++;
	}
	if (n)
		ck_assert_uint_ne(go(), 0);
}

START_TEST(every_allocation_fails_in_turn)
{
	int n;

	for (n = 1;; n++) {
		shim_begin(4);
		shim_fail_alloc(n, _i);
		story();
		if (!shim_alloc_failed())
			break;
		epilogue();
		shim_end();
	}
	/* the story has this many, so that a change of it is noticed */
	ck_assert_int_gt(n, 25);
	shim_end();
}
END_TEST

START_TEST(failed_edit_still_takes_limits_and_quiesce)
{
	add(1, 1, 0, 0);
	add(2, 1, 0, 0);
	shim_fail_alloc(1, true);
	/* no memory for tier 9, but the limit holds */
	unit_ok(shim_edit_dest(svc, 1, 9, 1, 0));
	unit_ok(shim_edit_dest(svc, 2, 0, 0, 0));
	ck_assert(shim_alloc_failed());
	check_invariants();
	ck_assert_uint_eq(go(), 1);
	ck_assert_uint_eq(go(), 0);
	ck_assert(shim_log_has("no memory"));
	shim_fail_alloc(0, false);
	unit_ok(shim_edit_dest(svc, 2, 8, 0, 0));
	ck_assert(!ext()->stale);
	ck_assert_uint_eq(go(), 2);
	unit_ok(shim_edit_dest(svc, 1, 9, 2, 0));
	ck_assert_uint_eq(go(), 1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ext");
	TCase *tc = tcase_create("tables");

	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, begin, end);
	tcase_add_test(tc, tables_small);
	tcase_add_test(tc, tables_large);
	tcase_add_test(tc, tables_beyond_the_band);
	suite_add_tcase(s, tc);

	tc = tcase_create("limits");
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, begin, end);
	tcase_add_loop_test(tc, thresholds, 0, 64);
	tcase_add_test(tc, reservation_is_for_the_moment);
	tcase_add_test(tc, failed_connection_gives_its_place_back);
	tcase_add_test(tc, failed_connection_and_the_same_cpu);
	tcase_add_test(tc, failed_connections_are_forgotten_unasked);
	tcase_add_test(tc, failed_connections_in_a_row_are_forgotten_unasked);
	tcase_add_test(tc, refusal_asks_for_a_grace_period);
	tcase_add_loop_test(tc, held_is_not_full, 0, 2);
	tcase_add_loop_test(tc, full_unseen, 0, 4);
	tcase_add_test(tc, held_of_active_is_not_full);
	tcase_add_loop_test(tc, relief_before_an_edit, 0, 4);
	tcase_add_test(tc, full_while_quiesced);
	tcase_add_test(tc, full_before_an_edit);
	tcase_add_test(tc, only_its_own_connection_settles_a_grant);
	tcase_add_test(tc, only_its_own_service_settles_a_grant);
	tcase_add_test(tc, other_server_settles_a_grant);
	tcase_add_test(tc, grace_period_must_be_younger);
	tcase_add_test(tc, connections_without_statistics);
	tcase_add_test(tc, without_softirq);
	tcase_add_test(tc, softirq_interrupts_a_task);
	tcase_add_test(tc, very_many_tasks);
	tcase_add_test(tc, grants_in_flight_when_a_limit_is_set);
	tcase_add_test(tc, grants_in_flight_when_the_limit_comes_near);
	unit_add_death(tc, decision_being_made_when_a_limit_is_set);
	unit_add_death(tc, reservation_being_made);
	unit_add_death(tc, reservation_listed_while_being_made);
	tcase_add_test(tc, far_from_the_limit_no_lock);
	tcase_add_test(tc, near_as_long_as_a_task_may_bind);
	tcase_add_test(tc, near_the_limit_no_lock);
	tcase_add_test(tc, record_before_grant);
	tcase_add_test(tc, record_of_an_older_grant);
	tcase_add_test(tc, reservation_listed_while_it_ends);
	tcase_add_test(tc, refusal_ends_a_reservation);
	tcase_add_test(tc, active_connections_only);
	tcase_add_test(tc, active_comes_after_the_statistics);
	suite_add_tcase(s, tc);

	tc = tcase_create("relief");
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, begin, end);
	tcase_add_test(tc, counting);
	tcase_add_test(tc, edits_are_not_counted);
	tcase_add_test(tc, small_tier_returns_at_the_next_decision);
	tcase_add_test(tc, small_tier_returns_soon_to_a_busy_cpu);
	tcase_add_test(tc, large_tier_returns_within_20_ms);
	tcase_add_test(tc, large_tiers_are_all_looked_at);
	tcase_add_test(tc, tier_grows_out_of_the_watch_and_back);
	tcase_add_test(tc, held_servers_leave_the_watch_and_return);
	suite_add_tcase(s, tc);

	tc = tcase_create("lifetime");
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, begin, end);
	tcase_add_test(tc, schedule_beside_done_service);
	tcase_add_test(tc, schedule_beside_scheduler_change);
	unit_add_death(tc, removed_and_back_with_a_grant_in_flight);
	tcase_add_loop_test(tc, deleted_and_back_with_a_grant_in_flight, 0,
			    ARRAY_SIZE(flights));
	tcase_add_test(tc, deleted_and_back_before_it_is_active);
	tcase_add_loop_test(tc, done_service_waits_only_if_needed, 0, 3);
	unit_add_death(tc, decision_being_made_when_the_service_is_deleted);
	tcase_add_test(tc, unload_beside_a_grace_period);
	tcase_add_test(tc, unload_beside_an_armed_work);
	suite_add_tcase(s, tc);

	tc = tcase_create("memory");
	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, every_allocation_fails_in_turn, 0, 2);
	suite_add_tcase(s, tc);
	tc = tcase_create("memory2");
	tcase_add_checked_fixture(tc, begin, end);
	tcase_add_test(tc, failed_edit_still_takes_limits_and_quiesce);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
