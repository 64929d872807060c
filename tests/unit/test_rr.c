// SPDX-License-Identifier: GPL-2.0
/*
 * rr: order, shares, servers that cannot serve; beside mainline's rr.
 */
#include "ip_vs_ext.h"
#include "smooth.h"
#include "unit.h"

static struct ip_vs_service *svc;

static void begin(void)
{
	shim_begin(4);
	unit_ok(shim_load("ip_vs_ext"));
	ip_vs_ext_deterministic = true;
	unit_ok(shim_load("ip_vs_rr"));
	unit_ok(shim_add_service(&svc, "rr", 1, 0));
}

static void end(void)
{
	shim_end();
}

static void add(unsigned int id, int weight, u32 u, u32 l)
{
	unit_ok(shim_add_dest(svc, id, weight, u, l));
}

START_TEST(nobody)
{
	ck_assert_ptr_null(shim_decide(svc));
	add(1, 0, 0, 0);
	ck_assert_ptr_null(shim_decide(svc));
}
END_TEST

START_TEST(one)
{
	add(1, 9, 0, 0);
	smooth_expect(svc, "aaaa");
}
END_TEST

/* Weights, if not 0, do not matter. */
START_TEST(in_turn)
{
	add(1, 1, 0, 0);
	add(2, 100, 0, 0);
	add(3, INT_MAX, 0, 0);
	smooth_expect(svc, "abcabcabc");
}
END_TEST

START_TEST(quiesced_and_back)
{
	add(1, 1, 0, 0);
	add(2, 1, 0, 0);
	add(3, 1, 0, 0);
	unit_ok(shim_edit_dest(svc, 3, 0, 0, 0));
	smooth_expect(svc, "abab");
	unit_ok(shim_edit_dest(svc, 1, 0, 0, 0));
	smooth_expect(svc, "bbb");
	unit_ok(shim_edit_dest(svc, 2, 0, 0, 0));
	smooth_expect(svc, "--");
	unit_ok(shim_edit_dest(svc, 3, 1, 0, 0));
	smooth_expect(svc, "cc");
}
END_TEST

/* Full servers take no part; the limit is exact. */
START_TEST(full_and_relieved)
{
	struct shim_conn *c[8];
	int n[4] = { 0 }, i;

	add(1, 1, 2, 2);
	add(2, 1, 0, 0);
	add(3, 1, 2, 2);
	for (i = 0; i < 8; i++) {
		c[i] = shim_connect(svc, 0);
		n[shim_dest_id(c[i]->dest)]++;
	}
	ck_assert_int_eq(n[1], 2);
	ck_assert_int_eq(n[2], 4);
	ck_assert_int_eq(n[3], 2);
	for (i = 0; shim_dest_id(c[i]->dest) != 1; i++)
		;
	shim_release(c[i]);
	n[1] = n[2] = n[3] = 0;
	for (i = 0; i < 4; i++)
		n[shim_dest_id(shim_connect(svc, 0)->dest)]++;
	ck_assert_int_eq(n[1], 1);
	ck_assert_int_eq(n[2], 3);
	ck_assert_int_eq(n[3], 0);
}
END_TEST

/* Whatever has happened, everybody gets the same in what follows. */
START_TEST(equal_shares)
{
	int round, i, n;

	unit_seed();
	for (round = 0; round < 200; round++) {
		int got[41] = { 0 };
		unsigned int id = 1 + shim_rnd() % 40;

		if (shim_rnd() % 3 == 0)
			shim_del_dest(svc, id);
		else if (shim_rnd() % 2)
			shim_add_dest(svc, id, 1 + shim_rnd() % 9, 0, 0);
		else
			shim_edit_dest(svc, id, shim_rnd() % 2, 0, 0);
		for (n = 0, id = 1; id <= 40; id++)
			n += shim_dest(svc, id) &&
			     atomic_read(&shim_dest(svc, id)->weight);
		for (i = 0; i < 3 * n; i++)
			got[shim_dest_id(shim_decide(svc))]++;
		for (id = 1; id <= 40; id++)
			if (got[id] || (shim_dest(svc, id) &&
			    atomic_read(&shim_dest(svc, id)->weight)))
				ck_assert_int_eq(got[id], 3);
	}
}
END_TEST

/* The same set gives what mainline's gives, as a set, round by round. */
START_TEST(as_mainline)
{
	struct ip_vs_service *theirs;
	unsigned int id;
	int round, i;

	unit_ok(shim_load("mainline_ip_vs_rr"));
	unit_ok(shim_add_service(&theirs, "mainline-rr", 2, 0));
	for (id = 1; id <= 9; id++) {
		add(id, id % 4, 0, 0);
		unit_ok(shim_add_dest(theirs, id, id % 4, 0, 0));
	}
	for (round = 0; round < 50; round++) {
		unsigned int a = 0, b = 0;

		for (i = 0; i < 7; i++) {
			a |= 1 << shim_dest_id(shim_decide(svc));
			b |= 1 << shim_dest_id(shim_decide(theirs));
		}
		ck_assert_uint_eq(a, b);
	}
}
END_TEST

/* Of the next @n decisions, from CPU to CPU, everybody gets the same but for
 * @apart. Returns whether they are in turn.
 */
static bool from_cpu_to_cpu(int n, int apart)
{
	int got[4] = { 0 }, last = 0, i, id;
	bool in_turn = true;

	for (i = 0; i < n; i++) {
		shim_switch(i % 4);
		id = shim_dest_id(shim_decide(svc));
		in_turn &= !last || id == last % 3 + 1;
		last = id;
		got[id]++;
		for (id = 1; id <= 3; id++)
			ck_assert_int_le(abs(3 * got[id] - i), 3 * apart);
	}
	return in_turn;
}

/* CPUs with little to do have one order; busy ones take several turns at once,
 * and lose none.
 */
START_TEST(several_cpus)
{
	int i;

	add(1, 1, 0, 0);
	add(2, 1, 0, 0);
	add(3, 1, 0, 0);
	for (i = 0; i < 10; i++) {
		ck_assert(from_cpu_to_cpu(4 * IP_VS_EXT_BUSY, 1));
		shim_advance(1);
	}
	ck_assert(!from_cpu_to_cpu(1200 * IP_VS_EXT_TURNS, 2 * IP_VS_EXT_TURNS));
	shim_advance(1);
	/* what they had left */
	from_cpu_to_cpu(4 * IP_VS_EXT_TURNS, 2 * IP_VS_EXT_TURNS);
	ck_assert(from_cpu_to_cpu(3 * IP_VS_EXT_BUSY, 1));
	shim_switch(0);
}
END_TEST

/* Begins anywhere, unless told otherwise. */
START_TEST(random_start)
{
	struct ip_vs_service *s;
	int first[5] = { 0 }, i;
	unsigned int id;

	ip_vs_ext_deterministic = false;
	for (i = 0; i < 200; i++) {
		unit_ok(shim_add_service(&s, "rr", 2, 0));
		for (id = 1; id <= 4; id++)
			unit_ok(shim_add_dest(s, id, 1, 0, 0));
		first[shim_dest_id(shim_decide(s))]++;
		shim_del_service(s);
	}
	ip_vs_ext_deterministic = true;
	for (i = 1; i <= 4; i++)
		ck_assert_int_gt(first[i], 10);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("rr");
	TCase *tc = tcase_create("rr");

	tcase_add_checked_fixture(tc, begin, end);
	tcase_add_test(tc, nobody);
	tcase_add_test(tc, one);
	tcase_add_test(tc, in_turn);
	tcase_add_test(tc, quiesced_and_back);
	tcase_add_test(tc, full_and_relieved);
	tcase_add_test(tc, equal_shares);
	if (shim_module("mainline_ip_vs_rr"))
		tcase_add_test(tc, as_mainline);
	tcase_add_test(tc, several_cpus);
	tcase_add_test(tc, random_start);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
