// SPDX-License-Identifier: GPL-2.0
/*
 * bw_load: bandwidths and weights as shares, changes of them while it runs. The
 * sequences themselves are looked at in test_wrr.c and test_smooth.c.
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
	unit_ok(shim_load("ip_vs_bw_load"));
	unit_ok(shim_add_service(&svc, "bw_load", 1, 0));
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

START_TEST(weights)
{
	add(1, 5);
	add(2, 1);
	add(3, 1);
	smooth_expect(svc, "aabacaaaabacaa");
}
END_TEST

START_TEST(bandwidths)
{
	/* before the server exists, and after */
	unit_ok(attrs_bandwidth(svc, 1, 50000000000));
	add(1, 1);
	add(2, 100);
	add(3, 1000);
	unit_ok(attrs_bandwidth(svc, 2, 10000000000));
	unit_ok(attrs_bandwidth(svc, 3, 10000000000));
	smooth_expect(svc, "aabacaaaabacaa");
}
END_TEST

/* Where none is set the weight is the number, of bytes per second as it were. */
START_TEST(some_have_none)
{
	add(1, 3);
	add(2, 9);
	unit_ok(attrs_bandwidth(svc, 2, 1));
	smooth_expect(svc, "aabaaaba");
}
END_TEST

START_TEST(changed_while_it_runs)
{
	int n[3] = { 0 }, i;

	add(1, 1);
	add(2, 1);
	smooth_expect(svc, "abab");
	unit_ok(attrs_bandwidth(svc, 1, 3));
	smooth_expect(svc, "aabaaaba");
	unit_ok(attrs_bandwidth(svc, 2, IP_VS_EXT_BANDWIDTH_MAX));
	for (i = 0; i < 1000; i++)
		n[shim_dest_id(shim_decide(svc))]++;
	ck_assert_int_le(n[1], 2);
	unit_ok(attrs_del(svc, 1));
	unit_ok(attrs_del(svc, 2));
	n[1] = n[2] = 0;
	for (i = 0; i < 1000; i++)
		n[shim_dest_id(shim_decide(svc))]++;
	ck_assert_int_ge(n[1], 499);
	ck_assert_int_le(n[1], 501);
}
END_TEST

/* A weight that does not count changes nothing, not even the sequence. */
START_TEST(weight_besides_bandwidth)
{
	add(1, 1);
	add(2, 1);
	unit_ok(attrs_bandwidth(svc, 1, 200));
	unit_ok(attrs_bandwidth(svc, 2, 100));
	smooth_expect(svc, "abaaba");
	unit_ok(shim_edit_dest(svc, 2, 1000, 0, 0));
	smooth_expect(svc, "abaaba");
	/* but 0 quiesces */
	unit_ok(shim_edit_dest(svc, 1, 0, 0, 0));
	smooth_expect(svc, "bbbb");
	unit_ok(shim_edit_dest(svc, 2, 0, 0, 0));
	smooth_expect(svc, "--");
}
END_TEST

/* Deleted and added again it has its bandwidth again. */
START_TEST(kept_over_deletion)
{
	add(1, 1);
	add(2, 1);
	unit_ok(attrs_bandwidth(svc, 1, 2));
	smooth_expect(svc, "aba");
	unit_ok(shim_del_dest(svc, 1));
	smooth_expect(svc, "bb");
	add(1, 1);
	smooth_expect(svc, "abaaba");
}
END_TEST

/* All of the range at once: 1 and 10^12. */
START_TEST(extremes)
{
	int i, n = 0;

	add(1, 1);
	add(2, 1);
	add(3, 1);
	unit_ok(attrs_bandwidth(svc, 1, 1));
	unit_ok(attrs_bandwidth(svc, 2, IP_VS_EXT_BANDWIDTH_MAX));
	unit_ok(attrs_bandwidth(svc, 3, IP_VS_EXT_BANDWIDTH_MAX));
	for (i = 0; i < 10000; i++) {
		unsigned int id = shim_dest_id(shim_decide(svc));

		ck_assert_uint_eq(id, 2 + i % 2);
		n++;
	}
	ck_assert_int_eq(n, 10000);
}
END_TEST

START_TEST(second_name)
{
	struct ip_vs_service *s;

	unit_ok(shim_add_service(&s, "bwload", 2, 0));
	unit_ok(shim_add_dest(s, 1, 2, 0, 0));
	unit_ok(shim_add_dest(s, 2, 1, 0, 0));
	smooth_expect(s, "abaaba");
	unit_ok(shim_edit_service(s, "bw_load", 0));
	smooth_expect(s, "abaaba");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("bw_load");
	TCase *tc = tcase_create("bw_load");

	tcase_add_checked_fixture(tc, begin, end);
	tcase_add_test(tc, weights);
	tcase_add_test(tc, bandwidths);
	tcase_add_test(tc, some_have_none);
	tcase_add_test(tc, changed_while_it_runs);
	tcase_add_test(tc, weight_besides_bandwidth);
	tcase_add_test(tc, kept_over_deletion);
	tcase_add_test(tc, extremes);
	tcase_add_test(tc, second_name);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
