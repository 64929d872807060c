// SPDX-License-Identifier: GPL-2.0
/* bw_lag: where a packet is sent first. What it shares with bw_lag_val is tested
 * there.
 */
#include "lags.h"

static struct ip_vs_service *svc;

static void begin(void)
{
	shim_begin(4);
	unit_ok(shim_load("ip_vs_ext"));
	unit_ok(shim_load("ip_vs_bw_lag"));
	attrs_begin();
}

static void end(void)
{
	attrs_end();
	shim_end();
}

static void service(const char *sched)
{
	unit_ok(shim_add_service(&svc, sched, 1, IP_VS_SVC_F_ONEPACKET));
	shim_skb.len = 1000;
}

static void add(unsigned int id, u64 bandwidth, u32 lag_us)
{
	unit_ok(attrs_bandwidth(svc, id, bandwidth));
	unit_ok(attrs_lag(svc, id, lag_us));
	unit_ok(shim_add_dest(svc, id, 1, 0, 0));
}

#define MS	1000000

START_TEST(nobody)
{
	service("bw_lag");
	ck_assert_str_eq(lags_string(svc, 1), "-");
	add(1, 1000000, 0);
	ck_assert_str_eq(lags_string(svc, 2), "aa");
	unit_ok(shim_edit_dest(svc, 1, 0, 0, 0));
	ck_assert_str_eq(lags_string(svc, 1), "-");
}
END_TEST

START_TEST(short_name)
{
	service("bwlag");
	add(1, 1000000, 0);
	ck_assert_str_eq(lags_string(svc, 1), "a");
}
END_TEST

/* At once: a sends in 0.2, 0.4, ... ms, b and c in 1, 2, ...; at 1 ms the first
 * of equals is the one that was added first.
 */
START_TEST(five_one_one)
{
	service("bw_lag");
	add(1, 5000000, 0);
	add(2, 1000000, 0);
	add(3, 1000000, 0);
	ck_assert_str_eq(lags_string(svc, 14), "aaaaabcaaaaabc");
	/* 2 ms later all are idle: one packet at a time goes to the fastest */
	shim_clock_ns += 2 * MS;
	ck_assert_str_eq(lags_string(svc, 1), "a");
	shim_clock_ns += 2 * MS;
	ck_assert_str_eq(lags_string(svc, 1), "a");
	/* half a packet is left: two of its own time, three of b's */
	shim_clock_ns += MS / 10;
	ck_assert_str_eq(lags_string(svc, 6), "aaaabc");
}
END_TEST

/* The lag decides between equals only, whatever its size. */
START_TEST(lag_breaks_ties)
{
	service("bw_lag");
	add(1, 1000000, 3000000);
	add(2, 1000000, 1);
	add(3, 1000000, 2);
	ck_assert_str_eq(lags_string(svc, 6), "bcabca");
	shim_clock_ns += 10 * MS;
	unit_ok(attrs_lag(svc, 1, 0));
	ck_assert_str_eq(lags_string(svc, 6), "abcabc");
	shim_clock_ns += 10 * MS;
	unit_ok(attrs_bandwidth(svc, 3, 1000001));
	ck_assert_str_eq(lags_string(svc, 3), "cab");
}
END_TEST

START_TEST(equal_links)
{
	int i, n[21] = { 0 };

	service("bw_lag");
	for (i = 1; i <= 20; i++)
		add(i, 12345, 0);
	for (i = 0; i < 2000; i++) {
		unsigned int id = shim_dest_id(shim_decide(svc));

		/* in turn, in order of addition */
		ck_assert_uint_eq(id, 1 + i % 20);
		n[id]++;
	}
}
END_TEST

START_TEST(earliest_sent)
{
	lags_random("bw_lag", false);
}
END_TEST

/* More than three links of 10, 5 and 1 carry: each is used to the full. */
START_TEST(links_are_full)
{
	static const u64 bandwidth[] = { 1000000, 500000, 100000 };
	struct links_count c;
	struct lags t;
	int i;

	lags_begin(&t, "bw_lag", false);
	for (i = 0; i < 3; i++)
		lags_add(&t, i, bandwidth[i], 1000 * (3 - i));
	/* a tenth more, for 8 seconds */
	for (i = 0; i < 10000; i++) {
		lags_go(&t, 1408);
		lags_advance(&t, 800000);
	}
	lags_advance(&t, 3000);
	for (i = 0; i < 3; i++) {
		c = links_count(t.links, i);
		ck_assert_msg(c.bytes > bandwidth[i] * 8 * 0.99,
			      "link %d: %llu bytes", i,
			      (unsigned long long)c.bytes);
	}
	lags_end(&t);
}
END_TEST

START_TEST(overload_is_shared)
{
	int i, n[4] = { 0 };

	service("bw_lag");
	add(1, 1000000, 0);
	add(2, 500000, 50000);
	add(3, 100000, 7);
	for (i = 0; i < 160000; i++) {
		n[shim_dest_id(shim_decide(svc))]++;
		shim_clock_ns += 1000;
	}
	ck_assert_msg(abs(n[1] - 100000) < 20 && abs(n[2] - 50000) < 20,
		      "%d, %d, %d", n[1], n[2], n[3]);
	for (i = 1; i <= 3; i++)
		ck_assert(lags_wait(svc, i) < 1020 * MS);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("bw_lag");
	TCase *tc = tcase_create("bw_lag");

	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, begin, end);
	tcase_add_test(tc, nobody);
	tcase_add_test(tc, short_name);
	tcase_add_test(tc, five_one_one);
	tcase_add_test(tc, lag_breaks_ties);
	tcase_add_test(tc, equal_links);
	tcase_add_test(tc, earliest_sent);
	tcase_add_test(tc, links_are_full);
	tcase_add_test(tc, overload_is_shared);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
