// SPDX-License-Identifier: GPL-2.0
/*
 * bw_poll: bw_load as long as no time passes, and what time does to it. That
 * credits decay exactly as defined is looked at in test_smooth.c.
 */
#include "attrs.h"
#include "smooth.h"
#include "unit.h"

static struct ip_vs_service *svc;

static void begin(void)
{
	shim_begin(4);
	unit_ok(shim_load("ip_vs_ext"));
	ip_vs_ext_deterministic = true;
	attrs_begin();
	unit_ok(shim_load("ip_vs_bw_poll"));
	unit_ok(shim_add_service(&svc, "bw_poll", 1, 0));
}

static void end(void)
{
	attrs_end();
	shim_end();
}

static void add(unsigned int id, int weight)
{
	unit_ok(shim_add_dest(svc, id, weight, 0, 0));
}

/* Decisions until it is server @id's turn. */
static int until(unsigned int id)
{
	int n = 1;

	while (shim_dest_id(shim_decide(svc)) != id && n < 1000)
		n++;
	return n;
}

START_TEST(without_time)
{
	add(1, 5);
	add(2, 1);
	add(3, 1);
	smooth_expect(svc, "aabacaaaabacaa");
}
END_TEST

START_TEST(bandwidths)
{
	add(1, 1);
	add(2, 1);
	unit_ok(attrs_bandwidth(svc, 1, 2000));
	unit_ok(attrs_bandwidth(svc, 2, 1000));
	smooth_expect(svc, "abaaba");
}
END_TEST

/* b has its turn every 100 decisions; what it has waited is forgotten. */
START_TEST(forgets)
{
	int i;

	add(1, 99);
	add(2, 1);
	ck_assert_int_eq(until(2), 51);
	ck_assert_int_eq(until(2), 100);
	/* long enough for everything: both begin anew */
	for (i = 0; i < 90; i++)
		shim_decide(svc);
	shim_advance(msecs_to_jiffies(60 * 100));
	ck_assert_int_eq(until(2), 51);
}
END_TEST

/* What it is behind is halved each time, not more often, not less. */
START_TEST(halves)
{
	int i;

	add(1, 99);
	add(2, 1);
	ck_assert_int_eq(until(2), 51);
	/* It is 0.98 picks behind, which would be 100 decisions, and makes up
	 * for 0.02 in each.
	 */
	shim_advance(msecs_to_jiffies(100));
	ck_assert_int_eq(until(2), 75);
	/* two periods with a decision in each */
	shim_advance(msecs_to_jiffies(100));
	shim_decide(svc);
	shim_advance(msecs_to_jiffies(100));
	i = until(2);
	ck_assert_int_ge(i, 60);
	ck_assert_int_le(i, 63);
	/* and without any */
	shim_advance(msecs_to_jiffies(250));
	i = until(2);
	ck_assert_int_ge(i, 61);
	ck_assert_int_le(i, 64);
}
END_TEST

START_TEST(parameter)
{
	add(1, 99);
	add(2, 1);
	ck_assert_int_eq(attrs_param(svc, "poll", 0), -ERANGE);
	ck_assert_int_eq(attrs_param(svc, "poll", 60001), -ERANGE);
	unit_ok(attrs_param(svc, "poll", 60000));
	ck_assert_int_eq(until(2), 51);
	shim_advance(msecs_to_jiffies(50000));
	ck_assert_int_eq(until(2), 100);
	/* a shorter time does not wait for the longer one to end */
	unit_ok(attrs_param(svc, "poll", 1000));
	shim_advance(msecs_to_jiffies(1000));
	ck_assert_int_eq(until(2), 75);
}
END_TEST

START_TEST(quiesced_meanwhile)
{
	add(1, 1);
	add(2, 1);
	smooth_expect(svc, "a");
	unit_ok(shim_edit_dest(svc, 1, 0, 0, 0));
	unit_ok(shim_edit_dest(svc, 2, 0, 0, 0));
	shim_advance(msecs_to_jiffies(1000));
	smooth_expect(svc, "--");
	unit_ok(shim_edit_dest(svc, 1, 1, 0, 0));
	shim_advance(msecs_to_jiffies(1000));
	smooth_expect(svc, "aa");
	unit_ok(shim_edit_dest(svc, 2, 1, 0, 0));
	smooth_expect(svc, "abab");
}
END_TEST

START_TEST(second_name)
{
	struct ip_vs_service *s;

	unit_ok(shim_add_service(&s, "bwpoll", 2, 0));
	unit_ok(shim_add_dest(s, 1, 2, 0, 0));
	unit_ok(shim_add_dest(s, 2, 1, 0, 0));
	smooth_expect(s, "abaaba");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("bw_poll");
	TCase *tc = tcase_create("bw_poll");

	tcase_add_checked_fixture(tc, begin, end);
	tcase_add_test(tc, without_time);
	tcase_add_test(tc, bandwidths);
	tcase_add_test(tc, forgets);
	tcase_add_test(tc, halves);
	tcase_add_test(tc, parameter);
	tcase_add_test(tc, quiesced_meanwhile);
	tcase_add_test(tc, second_name);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
