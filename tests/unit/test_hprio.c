// SPDX-License-Identifier: GPL-2.0
/* hprio: what it is documented to choose, step by step. */
#include "unit.h"

static struct ip_vs_service *svc;

static void begin(void)
{
	shim_begin(4);
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

/* One connection; the id of its server, 0 if refused. */
static struct shim_conn *last;

static unsigned int go(void)
{
	last = shim_connect(svc, 0);
	return last ? shim_dest_id(last->dest) : 0;
}

/* @n connections; how many went where, by id. */
static void spread(int n, int count[16])
{
	memset(count, 0, 16 * sizeof(int));
	while (n--)
		count[go()]++;
}

static int conns(unsigned int id)
{
	return atomic_read(&shim_dest(svc, id)->totalconns);
}

START_TEST(nobody)
{
	ck_assert_uint_eq(go(), 0);
	add(1, 0, 0, 0);
	ck_assert_uint_eq(go(), 0);
	unit_ok(shim_edit_dest(svc, 1, 1, 0, 0));
	ck_assert_uint_eq(go(), 1);
	unit_ok(shim_del_dest(svc, 1));
	ck_assert_uint_eq(go(), 0);
}
END_TEST

START_TEST(highest_tier_round_robin)
{
	unsigned int a, b, c;
	int n[16], i;

	add(1, 5, 0, 0);
	add(2, 5, 0, 0);
	add(3, 5, 0, 0);
	add(4, 4, 0, 0);
	add(5, 1000000, 0, 0);
	unit_ok(shim_del_dest(svc, 5));
	/* in turn: any three in a row are different, and the order repeats */
	a = go();
	b = go();
	c = go();
	ck_assert(a != b && b != c && a != c);
	for (i = 0; i < 30; i += 3) {
		ck_assert_uint_eq(go(), a);
		ck_assert_uint_eq(go(), b);
		ck_assert_uint_eq(go(), c);
	}
	/* U = 0 never fills */
	spread(3000, n);
	ck_assert_int_eq(n[1], 1000);
	ck_assert_int_eq(n[2], 1000);
	ck_assert_int_eq(n[3], 1000);
}
END_TEST

/* The scenario of the README: three servers and one to spill to. */
START_TEST(spill_and_return)
{
	struct shim_conn *held[150];
	int i, k;

	add(23, 5, 50, 20);
	add(22, 5, 50, 20);
	add(21, 5, 50, 20);
	add(13, 1, 0, 0);
	for (i = 0; i < 150; i++) {
		ck_assert_uint_ne(go(), 13);
		held[i] = last;
	}
	ck_assert_int_eq(conns(21), 50);
	ck_assert_int_eq(conns(22), 50);
	ck_assert_int_eq(conns(23), 50);
	/* the very next one, and none before */
	ck_assert_uint_eq(go(), 13);
	/* 22 goes down to 20: still full; 19: taken back at once */
	for (i = 0, k = 0; i < 150 && k < 30; i++)
		if (held[i] && shim_dest_id(held[i]->dest) == 22) {
			shim_release(held[i]);
			held[i] = NULL;
			k++;
			ck_assert_uint_eq(go(), 13);
		}
	ck_assert_int_eq(conns(22), 20);
	for (i = 0; i < 150; i++)
		if (held[i] && shim_dest_id(held[i]->dest) == 22)
			break;
	shim_release(held[i]);
	for (i = 0; i < 31; i++)
		ck_assert_uint_eq(go(), 22);
	ck_assert_uint_eq(go(), 13);
}
END_TEST

START_TEST(tier_after_tier)
{
	static const int weight[] = { 1, 2, 77, 65536, INT_MAX };
	int i, k;

	for (i = 0; i < 5; i++)
		add(1 + i, weight[i], 2, 0);
	for (i = 4; i >= 0; i--)
		for (k = 0; k < 2; k++)
			ck_assert_uint_eq(go(), 1 + i);
	/* everything is full */
	ck_assert_uint_eq(go(), 0);
	ck_assert_uint_eq(go(), 0);
	/* and recovers with the first place */
	shim_release(shim_bind(svc, shim_dest(svc, 3), 0));
	ck_assert_uint_eq(go(), 0);
	unit_ok(shim_edit_dest(svc, 3, 77, 3, 2));
	ck_assert_uint_eq(go(), 0);		/* 2 of 3, not below 2 */
	unit_ok(shim_edit_dest(svc, 3, 77, 3, 0));
	ck_assert_uint_eq(go(), 3);		/* below 3 - 3 / 4 */
	ck_assert_uint_eq(go(), 0);
}
END_TEST

START_TEST(recovers_when_all_are_full)
{
	struct shim_conn *c[3];
	int i;

	add(1, 3, 1, 0);
	add(2, 2, 1, 0);
	add(3, 1, 1, 0);
	for (i = 0; i < 3; i++) {
		ck_assert_uint_eq(go(), i + 1);
		c[i] = last;
	}
	ck_assert_uint_eq(go(), 0);
	shim_release(c[1]);
	ck_assert_uint_eq(go(), 2);
	ck_assert_uint_eq(go(), 0);
	shim_release(c[2]);
	shim_release(c[0]);
	ck_assert_uint_eq(go(), 1);
	ck_assert_uint_eq(go(), 3);
	ck_assert_uint_eq(go(), 0);
}
END_TEST

START_TEST(weight_zero_quiesces)
{
	int n[16];

	add(1, 2, 0, 0);
	add(2, 2, 0, 0);
	add(3, 1, 0, 0);
	unit_ok(shim_edit_dest(svc, 1, 0, 0, 0));
	spread(10, n);
	ck_assert_int_eq(n[2], 10);
	unit_ok(shim_edit_dest(svc, 2, 0, 0, 0));
	spread(10, n);
	ck_assert_int_eq(n[3], 10);
	unit_ok(shim_edit_dest(svc, 3, 0, 0, 0));
	ck_assert_uint_eq(go(), 0);
	/* back, and the connections it has still count */
	unit_ok(shim_edit_dest(svc, 2, 2, 11, 11));
	ck_assert_uint_eq(go(), 2);
	ck_assert_uint_eq(go(), 0);
}
END_TEST

START_TEST(weight_moves_between_tiers)
{
	int n[16];

	add(1, 3, 0, 0);
	add(2, 2, 0, 0);
	add(3, 2, 4, 4);
	spread(4, n);
	ck_assert_int_eq(n[1], 4);
	unit_ok(shim_edit_dest(svc, 2, 9, 0, 0));
	spread(4, n);
	ck_assert_int_eq(n[2], 4);
	unit_ok(shim_edit_dest(svc, 3, 9, 4, 4));
	spread(8, n);
	ck_assert_int_eq(n[2], 4);
	ck_assert_int_eq(n[3], 4);
	unit_ok(shim_edit_dest(svc, 3, 10, 4, 4));	/* full, in a tier alone */
	spread(4, n);
	ck_assert_int_eq(n[2], 4);
	unit_ok(shim_edit_dest(svc, 2, 1, 0, 0));
	spread(4, n);
	ck_assert_int_eq(n[1], 4);
}
END_TEST

START_TEST(limits_edited_live)
{
	int n[16];

	add(1, 2, 4, 0);
	add(2, 1, 0, 0);
	spread(6, n);
	ck_assert_int_eq(n[1], 4);
	unit_ok(shim_edit_dest(svc, 1, 2, 8, 0));	/* 4 < 6 */
	spread(6, n);
	ck_assert_int_eq(n[1], 4);
	unit_ok(shim_edit_dest(svc, 1, 2, 0, 0));	/* none */
	spread(6, n);
	ck_assert_int_eq(n[1], 6);
	unit_ok(shim_edit_dest(svc, 1, 2, 3, 0));	/* 14 of 3 */
	spread(6, n);
	ck_assert_int_eq(n[1], 0);
	unit_ok(shim_edit_dest(svc, 1, 2, 18, 14));	/* not below 14 */
	spread(6, n);
	ck_assert_int_eq(n[1], 0);
	unit_ok(shim_edit_dest(svc, 1, 2, 18, 15));
	spread(6, n);
	ck_assert_int_eq(n[1], 4);
}
END_TEST

START_TEST(many_tiers_and_servers)
{
	int i;

	for (i = 0; i < 3000; i++)
		add(i + 1, 1 + i % 1000, 1, 0);
	/* from the highest tier to the lowest, each server once */
	for (i = 0; i < 3000; i++) {
		ck_assert_uint_ne(go(), 0);
		ck_assert_int_eq(atomic_read(&last->dest->weight), 1000 - i / 3);
	}
	ck_assert_uint_eq(go(), 0);
	for (i = 0; i < 3000; i++)
		unit_ok(shim_del_dest(svc, i + 1));
	ck_assert_uint_eq(go(), 0);
}
END_TEST

START_TEST(also_without_softirq)
{
	int i;

	add(1, 2, 3, 0);
	add(2, 1, 0, 0);
	shim_process_context = true;
	for (i = 0; i < 3; i++)
		ck_assert_uint_eq(go(), 1);
	ck_assert_uint_eq(go(), 2);
}
END_TEST

/* Persistence, FTP data, synchronised connections: tolerated above U. */
START_TEST(bypass_is_tolerated)
{
	struct shim_conn *c[8];
	int i;

	add(1, 2, 2, 0);
	add(2, 1, 0, 0);
	ck_assert_uint_eq(go(), 1);
	for (i = 0; i < 8; i++)
		c[i] = shim_bind(svc, shim_dest(svc, 1), i % 2 ? SHIM_NO_STATS : 0);
	ck_assert_int_eq(conns(1), 9);
	ck_assert_uint_eq(go(), 2);
	for (i = 0; i < 7; i++) {
		shim_release(c[i]);
		ck_assert_uint_eq(go(), 2);
	}
	shim_release(c[7]);
	ck_assert_uint_eq(go(), 1);
	/* templates do not count */
	unit_ok(shim_edit_dest(svc, 1, 2, 3, 3));
	shim_bind(svc, shim_dest(svc, 1), SHIM_TEMPLATE);
	shim_bind(svc, shim_dest(svc, 1), SHIM_TEMPLATE);
	ck_assert_uint_eq(go(), 1);
	ck_assert_uint_eq(go(), 2);
}
END_TEST

START_TEST(switch_of_scheduler_keeps_the_counts)
{
	int i;

	add(1, 2, 4, 1);
	add(2, 1, 0, 0);
	for (i = 0; i < 4; i++)
		ck_assert_uint_eq(go(), 1);
	unit_ok(shim_edit_service(svc, "none", 0));
	ck_assert_uint_eq(go(), 0);
	shim_release(last = shim_bind(svc, shim_dest(svc, 2), 0));
	unit_ok(shim_edit_service(svc, "hprio", 0));
	ck_assert_uint_eq(go(), 2);
	/* between the thresholds, full before: full after */
	unit_ok(shim_edit_dest(svc, 1, 2, 5, 1));
	unit_ok(shim_edit_service(svc, "none", 0));
	unit_ok(shim_edit_service(svc, "hprio", 0));
	ck_assert_uint_eq(go(), 2);
}
END_TEST

/* A tier goes on where it left off, also while turns are taken several at once. */
START_TEST(order_outlasts_another_tier)
{
	unsigned int id, last_id = 0;
	int i;

	for (id = 1; id <= 5; id++)
		add(id, 1, 0, 0);
	for (i = 0; i < 200; i++) {
		id = shim_dest_id(shim_decide(svc));
		ck_assert(!last_id || id == last_id % 5 + 1);
		last_id = id;
		if (i < 100 || i % 3)
			continue;
		add(6, 2, 0, 0);
		ck_assert_uint_eq(shim_dest_id(shim_decide(svc)), 6);
		unit_ok(shim_del_dest(svc, 6));
	}
}
END_TEST

START_TEST(deleted_and_added_again)
{
	struct shim_conn *c[2];

	add(1, 2, 2, 0);
	add(2, 1, 0, 0);
	ck_assert_uint_eq(go(), 1);
	c[0] = last;
	ck_assert_uint_eq(go(), 1);
	c[1] = last;
	unit_ok(shim_del_dest(svc, 1));
	ck_assert_uint_eq(go(), 2);
	add(1, 2, 2, 1);
	ck_assert_uint_eq(go(), 2);
	shim_release(c[0]);
	ck_assert_uint_eq(go(), 2);
	unit_ok(shim_del_dest(svc, 1));
	add(1, 2, 2, 1);
	ck_assert_uint_eq(go(), 2);
	shim_release(c[1]);
	ck_assert_uint_eq(go(), 1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("hprio");
	TCase *tc = tcase_create("hprio");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, begin, end);
	tcase_add_test(tc, nobody);
	tcase_add_test(tc, highest_tier_round_robin);
	tcase_add_test(tc, spill_and_return);
	tcase_add_test(tc, tier_after_tier);
	tcase_add_test(tc, recovers_when_all_are_full);
	tcase_add_test(tc, weight_zero_quiesces);
	tcase_add_test(tc, weight_moves_between_tiers);
	tcase_add_test(tc, limits_edited_live);
	tcase_add_test(tc, many_tiers_and_servers);
	tcase_add_test(tc, also_without_softirq);
	tcase_add_test(tc, bypass_is_tolerated);
	tcase_add_test(tc, switch_of_scheduler_keeps_the_counts);
	tcase_add_test(tc, order_outlasts_another_tier);
	tcase_add_test(tc, deleted_and_added_again);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
