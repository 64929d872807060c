// SPDX-License-Identifier: GPL-2.0
/*
 * hprio beside mainline's schedulers, on mirrored services. Where all weights
 * differ it has to choose what fo chooses; where all are equal, to distribute
 * as rr does.
 */
#include "unit.h"

#define MAX_SERVERS	60

static struct ip_vs_service *ours, *theirs;

struct pair { struct shim_conn *a, *b; };

static struct pair held[3000];
static int nheld;

static void begin(const char *mainline, const char *name)
{
	shim_begin(4);
	unit_load_hprio();
	unit_ok(shim_load(mainline));
	unit_ok(shim_add_service(&ours, "hprio", 1, 0));
	unit_ok(shim_add_service(&theirs, name, 2, 0));
	nheld = 0;
}

static void release(int i)
{
	shim_release(held[i].a);
	shim_release(held[i].b);
	held[i] = held[--nheld];
}

/*
 * The same operation on both; the core has to answer the same. Arguments are
 * evaluated twice, so no random ones.
 */
#define BOTH(fn, ...) ({						\
	int a_ = fn(ours, ##__VA_ARGS__);				\
	int b_ = fn(theirs, ##__VA_ARGS__);				\
	ck_assert_int_eq(a_, b_);					\
	a_; })

/* A weight that no other server has; 0 now and then. */
static int fresh_weight(void)
{
	struct ip_vs_dest *d;
	int w;

	if (shim_rnd() % 6 == 0)
		return 0;
again:
	w = 1 + shim_rnd() % 1000;
	list_for_each_entry(d, &theirs->destinations, n_list)
		if (atomic_read(&d->weight) == w)
			goto again;
	return w;
}

static void connect_both(unsigned int flags, int step)
{
	unsigned int x, y;
	struct pair p;

	if (flags & SHIM_NO_CONN) {
		p.a = shim_connect(ours, flags);
		p.b = shim_connect(theirs, flags);
		return;
	}
	p.a = shim_connect(ours, flags);
	p.b = shim_connect(theirs, flags);
	x = p.a ? shim_dest_id(p.a->dest) : 0;
	y = p.b ? shim_dest_id(p.b->dest) : 0;
	ck_assert_msg(x == y, "step %d: hprio chose %u, fo %u", step, x, y);
	if (p.a)
		held[nheld++] = p;
}

/*
 * All from one CPU in softirq: reservations, which fo knows nothing of, then
 * end with the next decision.
 *
 * @patient: give works 20 ms before each decision, for tiers they look after.
 */
static void like_fo(unsigned int servers, int steps, u32 limit, bool patient)
{
	int i, chosen = 0;

	begin("mainline_ip_vs_fo", "mainline-fo");
	unit_seed();
	for (i = 0; i < steps; i++) {
		unsigned int id = 1 + shim_rnd() % servers;
		u32 u = shim_rnd() % (limit + 1);
		u32 l = shim_rnd() % 2 ? 0 : shim_rnd() % (u + 1);
		struct ip_vs_dest *d = shim_dest(theirs, id);
		int weight = fresh_weight();

		switch (shim_rnd() % 24) {
		case 0:
		case 1:
			BOTH(shim_add_dest, id, weight, u, l);
			break;
		case 2:
			BOTH(shim_del_dest, id);
			break;
		case 3:			/* weight only */
			if (d)
				BOTH(shim_edit_dest, id, weight, d->u_threshold,
				     d->l_threshold);
			break;
		case 4:			/* limits only */
			weight = d ? atomic_read(&d->weight) : 0;
			if (d)
				BOTH(shim_edit_dest, id, weight, u, l);
			break;
		case 5:			/* quiesce, or back */
			if (d && atomic_read(&d->weight))
				weight = 0;
			if (d)
				BOTH(shim_edit_dest, id, weight, d->u_threshold,
				     d->l_threshold);
			break;
		case 6:			/* a burst of expiries */
			while (nheld && shim_rnd() % 16)
				release(shim_rnd() % nheld);
			break;
		case 7:
		case 8:
		case 9:
		case 10:
			if (nheld)
				release(shim_rnd() % nheld);
			break;
		case 11:
			shim_rcu_gp();
			break;
		case 12:
			connect_both(SHIM_NO_CONN, i);
			break;
		default:
			/* so often that no CPU is busy */
			shim_advance(patient ? 5 : 1);
			connect_both(shim_rnd() % 4 ? 0 : SHIM_INACTIVE, i);
			chosen++;
		}
		if (nheld == ARRAY_SIZE(held))
			while (nheld > 50)
				release(shim_rnd() % nheld);
	}
	ck_assert_int_gt(chosen, steps / 4);
	shim_end();
}

START_TEST(fo_few)
{
	like_fo(2 + _i, 12000, 5, false);
}
END_TEST

START_TEST(fo_large_limits)
{
	like_fo(6, 12000, 40, false);
}
END_TEST

START_TEST(fo_many)
{
	like_fo(MAX_SERVERS, 20000, 3, true);
}
END_TEST

/*
 * Nobody is full any more, and nobody fills: a server that takes a connection,
 * is full, and is relieved before the next one changes places all the time.
 */
static void empty(unsigned int servers)
{
	unsigned int id;

	while (nheld)
		release(0);
	for (id = 1; id <= servers; id++)
		BOTH(shim_edit_dest, id, 7, 0, 0);
}

/*
 * Equal weights: in each period in which nothing changes, every server that
 * takes connections gets as many as rr gives it, or one more or less.
 */
static void like_rr(unsigned int servers, int periods)
{
	int p, i;

	begin("mainline_ip_vs_rr", "mainline-rr");
	unit_seed();
	for (p = 0; p < periods; p++) {
		int a[MAX_SERVERS + 1] = { 0 }, b[MAX_SERVERS + 1] = { 0 };
		unsigned int id;
		int weight, n = 1 + shim_rnd() % 200;

		for (i = shim_rnd() % 4; i >= 0; i--) {
			id = 1 + shim_rnd() % servers;
			switch (shim_rnd() % 4) {
			case 0:
				BOTH(shim_del_dest, id);
				break;
			case 1:
				weight = shim_rnd() % 3 ? 7 : 0;
				BOTH(shim_edit_dest, id, weight, 1000, 0);
				break;
			case 2:		/* full of connections of others */
				if (shim_dest(ours, id)) {
					held[nheld].a = shim_bind(ours,
						shim_dest(ours, id), 0);
					held[nheld++].b = shim_bind(theirs,
						shim_dest(theirs, id), 0);
					BOTH(shim_edit_dest, id, 7, 1, 0);
				}
				break;
			default:
				BOTH(shim_add_dest, id, 7, 0, 0);
			}
		}
		shim_advance(5);
		for (i = 0; i < n; i++) {
			struct shim_conn *x = shim_connect(ours, 0);
			struct shim_conn *y = shim_connect(theirs, 0);

			ck_assert_int_eq(!x, !y);
			if (!x)
				continue;
			a[shim_dest_id(x->dest)]++;
			b[shim_dest_id(y->dest)]++;
			shim_release(x);
			shim_release(y);
		}
		for (id = 1; id <= servers; id++)
			ck_assert_msg(abs(a[id] - b[id]) <= 1,
				      "period %d, server %u: hprio %d, rr %d of %d",
				      p, id, a[id], b[id], n);
		if (shim_rnd() % 8 == 0 || nheld > 2900)
			empty(servers);
	}
	shim_end();
}

START_TEST(rr_few)
{
	like_rr(2 + 3 * _i, 300);
}
END_TEST

START_TEST(rr_many)
{
	like_rr(MAX_SERVERS, 300);
}
END_TEST

/* The others compile and choose; the benchmark compares with them. */
START_TEST(mainline_runs)
{
	static const char * const name[] = { "rr", "wrr", "lc", "wlc", "fo", "ovf" };
	struct ip_vs_service *svc;
	char text[64];
	int i;

	shim_begin(4);
	for (i = 0; i < (int)ARRAY_SIZE(name); i++) {
		snprintf(text, sizeof(text), "mainline_ip_vs_%s", name[i]);
		unit_ok(shim_load(text));
		snprintf(text, sizeof(text), "mainline-%s", name[i]);
		unit_ok(shim_add_service(&svc, text, 1 + i, 0));
		unit_ok(shim_add_dest(svc, 1, 1, 4, 0));
		unit_ok(shim_add_dest(svc, 2, 3, 4, 0));
		while (shim_connect(svc, 0))
			;
		ck_assert_int_ge(atomic_read(&shim_dest(svc, 2)->totalconns), 4);
	}
	shim_end();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("differential");
	TCase *tc = tcase_create("differential");

	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, fo_few, 0, 8);
	tcase_add_test(tc, fo_large_limits);
	tcase_add_test(tc, fo_many);
	tcase_add_loop_test(tc, rr_few, 0, 4);
	tcase_add_test(tc, rr_many);
	tcase_add_test(tc, mainline_runs);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
