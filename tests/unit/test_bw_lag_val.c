// SPDX-License-Identifier: GPL-2.0
/* bw_lag_val: where a packet arrives first. */
#include "lags.h"

#define CPUS		4		/* that decide at once; 3 more for the shim */

static struct ip_vs_service *svc;

static void begin(void)
{
	shim_begin(CPUS + 3);
	unit_ok(shim_load("ip_vs_ext"));
	unit_ok(shim_load("ip_vs_bw_lag_val"));
	attrs_begin();
}

static void end(void)
{
	attrs_end();
	shim_end();
}

static void service(unsigned int flags)
{
	unit_ok(shim_add_service(&svc, "bw_lag_val", 1, flags));
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
	service(IP_VS_SVC_F_ONEPACKET);
	ck_assert_str_eq(lags_string(svc, 1), "-");
	unit_ok(shim_add_dest(svc, 1, 0, 0, 0));
	ck_assert_str_eq(lags_string(svc, 1), "-");
	unit_ok(shim_edit_dest(svc, 1, 1, 0, 0));
	ck_assert_str_eq(lags_string(svc, 3), "aaa");
	unit_ok(shim_del_dest(svc, 1));
	ck_assert_str_eq(lags_string(svc, 1), "-");
}
END_TEST

START_TEST(short_name)
{
	unit_ok(shim_add_service(&svc, "bwlagval", 1, IP_VS_SVC_F_ONEPACKET));
	add(1, 1000000, 0);
	ck_assert_str_eq(lags_string(svc, 1), "a");
}
END_TEST

/* A packet takes a millisecond on both. In ms: a arrives after 1, 2, ..., b after
 * 6, 7, ...; where they are equal the smaller lag decides.
 */
START_TEST(queue_against_lag)
{
	service(IP_VS_SVC_F_ONEPACKET);
	add(2, 1000000, 5000);
	add(1, 1000000, 0);
	ck_assert_str_eq(lags_string(svc, 12), "aaaaaabababa");
	/* 9 packets on a, 3 on b; 4 ms later 5 and none: a in 6, b in 6 */
	shim_clock_ns += 4 * MS;
	ck_assert_str_eq(lags_string(svc, 4), "abab");
	/* and after a rest as in the beginning */
	shim_clock_ns += 50 * MS;
	ck_assert_str_eq(lags_string(svc, 8), "aaaaaaba");
}
END_TEST

/* Alone on the way, a packet goes where transmission and lag together are
 * shortest: small ones over the slow link with little lag.
 */
START_TEST(size_against_lag)
{
	service(IP_VS_SVC_F_ONEPACKET);
	add(1, 10000000, 1000);		/* 0.1 us a byte + 1 ms */
	add(2, 1000000, 200);		/* 1 us a byte + 0.2 ms */
	shim_skb.len = 888;
	ck_assert_str_eq(lags_string(svc, 1), "b");
	shim_clock_ns += MS;
	shim_skb.len = 889;
	ck_assert_str_eq(lags_string(svc, 1), "a");
	shim_clock_ns += MS;
	shim_skb.len = 40;
	ck_assert_str_eq(lags_string(svc, 1), "b");
}
END_TEST

START_TEST(order_of_addition)
{
	service(IP_VS_SVC_F_ONEPACKET);
	add(3, 1000000, 10);
	add(1, 1000000, 10);
	add(2, 1000000, 10);
	ck_assert_str_eq(lags_string(svc, 6), "cabcab");
	/* Quiesced and back: the same place in the order, and idle. */
	unit_ok(shim_edit_dest(svc, 3, 0, 0, 0));
	ck_assert_str_eq(lags_string(svc, 4), "abab");
	shim_clock_ns += 10 * MS;
	unit_ok(shim_edit_dest(svc, 3, 1, 0, 0));
	ck_assert_str_eq(lags_string(svc, 6), "cabcab");
	shim_clock_ns += 10 * MS;
	/* Deleted and added: the last one. */
	unit_ok(shim_del_dest(svc, 3));
	unit_ok(shim_add_dest(svc, 3, 1, 0, 0));
	ck_assert_str_eq(lags_string(svc, 6), "abcabc");
	/* The other name is another scheduler; servers are older than it. */
	unit_ok(shim_edit_service(svc, "bwlagval", IP_VS_SVC_F_ONEPACKET));
	ck_assert_str_eq(lags_string(svc, 6), "abcabc");
}
END_TEST

/* weight 8 is 8 Mbit/s is 1 MB/s */
START_TEST(weight_in_megabits)
{
	service(IP_VS_SVC_F_ONEPACKET);
	add(1, 1000000, 0);
	unit_ok(shim_add_dest(svc, 2, 8, 0, 0));
	ck_assert_str_eq(lags_string(svc, 4), "abab");
	shim_clock_ns += 10 * MS;
	unit_ok(shim_edit_dest(svc, 2, 16, 0, 0));
	ck_assert_str_eq(lags_string(svc, 6), "babbab");
	shim_clock_ns += 10 * MS;
	/* a bandwidth is stronger than a weight */
	unit_ok(attrs_bandwidth(svc, 2, 1000000));
	ck_assert_str_eq(lags_string(svc, 4), "abab");
	shim_clock_ns += 10 * MS;
	unit_ok(attrs_del(svc, 2));
	ck_assert_str_eq(lags_string(svc, 6), "babbab");
	shim_clock_ns += 10 * MS;
	/* the highest there is: as fast as 8 Tbit/s, and no faster */
	unit_ok(shim_edit_dest(svc, 2, INT_MAX, 0, 0));
	unit_ok(attrs_bandwidth(svc, 1, IP_VS_EXT_BANDWIDTH_MAX));
	shim_skb.len = 64000;
	ck_assert_str_eq(lags_string(svc, 6), "ababab");
	ck_assert(fabs(lags_wait(svc, 1) - 3 * 64) < 0.5);
	ck_assert(fabs(lags_wait(svc, 2) - 3 * 64) < 0.5);
}
END_TEST

/* What is queued takes longer when the bandwidth falls. */
START_TEST(changes_take_effect)
{
	service(IP_VS_SVC_F_ONEPACKET);
	add(1, 1000000, 0);
	add(2, 1000000, 3500);
	ck_assert_str_eq(lags_string(svc, 3), "aaa");
	unit_ok(attrs_bandwidth(svc, 1, 500000));
	ck_assert(fabs(lags_wait(svc, 1) - 6 * MS) < 10);
	ck_assert_str_eq(lags_string(svc, 3), "bbb");
	/* a in 8 ms, b in 7.5 ms; now b in 10 ms */
	unit_ok(attrs_lag(svc, 2, 6000));
	ck_assert_str_eq(lags_string(svc, 1), "a");
	unit_ok(attrs_lag(svc, 1, 60000000));
	ck_assert_str_eq(lags_string(svc, 1), "b");
	/* A change of something else changes nothing of this. */
	unit_ok(shim_edit_dest(svc, 1, 7, 100, 50));
	ck_assert(fabs(lags_wait(svc, 1) - 8 * MS) < 10);
	/* from the slowest to the fastest and back */
	unit_ok(attrs_bandwidth(svc, 1, IP_VS_EXT_BANDWIDTH_MAX));
	ck_assert(fabs(lags_wait(svc, 1) - 4) < 0.1);
	unit_ok(attrs_bandwidth(svc, 1, 1));
	ck_assert(fabs(lags_wait(svc, 1) / 4e12 - 1) < 0.02);
}
END_TEST

/* A million millionths: what is queued would take for ever. */
START_TEST(bandwidth_falls_far)
{
	int i;

	service(0);
	unit_ok(attrs_param(svc, "cost", 1u << 28));
	add(1, IP_VS_EXT_BANDWIDTH_MAX, 0);
	for (i = 0; i < 100; i++) {
		ck_assert_str_eq(lags_string(svc, 1), "a");
		unit_ok(attrs_bandwidth(svc, 1, 1));
		ck_assert(fabs(lags_wait(svc, 1) * 16 - IP_VS_EXT_LINK_FAR) < 16);
		unit_ok(attrs_bandwidth(svc, 1, IP_VS_EXT_BANDWIDTH_MAX));
	}
}
END_TEST

START_TEST(cost_of_a_connection)
{
	struct ip_vs_cpu_stats *stats;
	double wait;

	service(0);
	add(1, 1000000, 0);
	/* nothing known, and the length of the first packet does not matter */
	ck_assert_str_eq(lags_string(svc, 1), "a");
	ck_assert(fabs(lags_wait(svc, 1) - 16384e3) < 1);
	/* as measured by this CPU; the first of all count as 16 KiB */
	shim_clock_ns += 1000ull * MS;
	stats = per_cpu_ptr(svc->stats.cpustats, 0);
	u64_stats_set(&stats->cnt.conns, 992);
	u64_stats_set(&stats->cnt.inbytes, 4000000);
	u64_stats_set(&stats->cnt.outbytes, 96000000);
	stats = per_cpu_ptr(svc->stats.cpustats, 1);
	u64_stats_set(&stats->cnt.conns, 1);
	u64_stats_set(&stats->cnt.inbytes, 1000000000);
	ck_assert_str_eq(lags_string(svc, 1), "a");
	ck_assert(fabs(lags_wait(svc, 1) - 100131e3) < 1);
	/* what the operator says, from the next decision on */
	shim_clock_ns += 1000ull * MS;
	unit_ok(attrs_param(svc, "cost", 5000));
	ck_assert_str_eq(lags_string(svc, 1), "a");
	ck_assert(fabs(lags_wait(svc, 1) - 5e6) < 1);
	/* packets */
	shim_clock_ns += 1000ull * MS;
	unit_ok(shim_edit_service(svc, "bw_lag_val", IP_VS_SVC_F_ONEPACKET));
	ck_assert_str_eq(lags_string(svc, 1), "a");
	ck_assert(fabs(lags_wait(svc, 1) - 1e6) < 1);
	/* and back to the measured ones */
	shim_clock_ns += 1000ull * MS;
	unit_ok(shim_edit_service(svc, "bw_lag_val", 0));
	unit_ok(attrs_param_del(svc, "cost"));
	ck_assert_str_eq(lags_string(svc, 1), "a");
	ck_assert(fabs(lags_wait(svc, 1) - 100131e3) < 1);
	/* the largest that counts */
	unit_ok(attrs_param(svc, "queue", 600000));
	shim_clock_ns += 1000ull * MS;
	stats = per_cpu_ptr(svc->stats.cpustats, 0);
	u64_stats_set(&stats->cnt.outbytes, 1ull << 60);
	ck_assert_str_eq(lags_string(svc, 1), "a");
	wait = lags_wait(svc, 1);
	ck_assert(fabs(wait - (1u << 28) * 1e3) < 1e6);
	/* ... and the smallest: packets without bytes */
	u64_stats_set(&stats->cnt.conns, 1ull << 40);
	u64_stats_set(&stats->cnt.inbytes, 0);
	u64_stats_set(&stats->cnt.outbytes, 0);
	ck_assert_str_eq(lags_string(svc, 1), "a");
	ck_assert(fabs(lags_wait(svc, 1) - wait - 1000) < 1);
	/* not allowed, and nothing changes */
	ck_assert_int_lt(attrs_param(svc, "cost", (1u << 28) + 1), 0);
	ck_assert_int_lt(attrs_param(svc, "queue", 0), 0);
	ck_assert_int_lt(attrs_param(svc, "queue", 600001), 0);
	ck_assert_int_lt(attrs_param(svc, "Cost", 1), 0);
	unit_ok(attrs_param(svc, "cost", 1u << 28));
	unit_ok(attrs_param(svc, "cost", 0));
}
END_TEST

START_TEST(full_servers_are_left_out)
{
	struct shim_conn *c[8];
	int i;

	service(0);
	unit_ok(attrs_param(svc, "cost", 1000));
	add(1, 100000000, 0);
	add(2, 1000000, 0);
	unit_ok(shim_edit_dest(svc, 1, 1, 3, 2));
	for (i = 0; i < 6; i++) {
		c[i] = shim_connect(svc, 0);
		ck_assert_uint_eq(shim_dest_id(c[i]->dest), i < 3 ? 1 : 2);
	}
	shim_release(c[0]);
	ck_assert_str_eq(lags_string(svc, 1), "b");
	shim_release(c[1]);
	c[0] = shim_connect(svc, 0);
	ck_assert_uint_eq(shim_dest_id(c[0]->dest), 1);
	/* both full */
	unit_ok(shim_edit_dest(svc, 2, 1, 3, 0));
	c[6] = shim_connect(svc, 0);
	ck_assert_uint_eq(shim_dest_id(c[6]->dest), 1);
	ck_assert_ptr_null(shim_connect(svc, 0));
}
END_TEST

START_TEST(priority_is_a_tier)
{
	service(IP_VS_SVC_F_ONEPACKET);
	add(1, 100000000, 0);
	add(2, 1000000, 0);
	unit_ok(attrs_priority(svc, 2, 5));
	ck_assert_str_eq(lags_string(svc, 4), "bbbb");
	unit_ok(shim_edit_dest(svc, 2, 0, 0, 0));
	ck_assert_str_eq(lags_string(svc, 4), "aaaa");
	unit_ok(attrs_priority(svc, 1, 5));
	unit_ok(shim_edit_dest(svc, 2, 1, 0, 0));
	ck_assert_str_eq(lags_string(svc, 4), "aaaa");
	/* Where they come from changes nothing of their order. */
	unit_ok(attrs_bandwidth(svc, 1, 1000000));
	unit_ok(attrs_priority(svc, 2, 6));
	unit_ok(attrs_priority(svc, 1, 6));
	shim_clock_ns += 10 * MS;
	ck_assert_str_eq(lags_string(svc, 4), "abab");
}
END_TEST

START_TEST(earliest_arrival)
{
	lags_random("bw_lag_val", true);
}
END_TEST

/* Three unequal links, packets of one size, 95 % of what they carry. */
START_TEST(stripes_in_order)
{
	struct links_count c;
	struct lags t;
	int i, n = 20000;
	u64 bytes = 0;

	lags_begin(&t, "bw_lag_val", true);
	lags_add(&t, 0, 1250000, 10000);
	lags_add(&t, 1, 2500000, 20000);
	lags_add(&t, 2, 625000, 3000);
	/* 1400 bytes every 336.8 us are 4.16 MB/s */
	for (i = 0; i < n; i++) {
		lags_go(&t, 1400);
		lags_advance(&t, 336842);
	}
	/* no packet is overtaken, and the queues are no longer than the largest
	 * difference of lags, so 20 ms are enough for all
	 */
	lags_advance(&t, 40 * MS);
	ck_assert_uint_eq(links_reordered(t.links), 0);
	for (i = 0; i < 3; i++) {
		c = links_count(t.links, i);
		ck_assert_uint_eq(c.arrived, c.given);
		bytes += c.bytes;
	}
	ck_assert_uint_eq(bytes, n * 1400ull);
	lags_end(&t);
}
END_TEST

/* Ten times what the links carry, for an hour, then hardly anything. */
START_TEST(overload_is_shared_and_forgotten)
{
	static const u64 bandwidth[] = { 100000, 50000, 10000 };
	unsigned long n[3] = { 0 }, total = 0;
	unsigned int i;
	u64 t;

	service(IP_VS_SVC_F_ONEPACKET);
	for (i = 0; i < 3; i++)
		add(i + 1, bandwidth[i], i * 20000);
	for (t = 0; t < 3600ull * 1000 * MS; t += 625000) {
		n[shim_dest_id(shim_decide(svc)) - 1]++;
		shim_clock_ns += 625000;
		total++;
	}
	for (i = 0; i < 3; i++) {
		double share = n[i] * 160000.0 / bandwidth[i] / total;

		ck_assert_msg(fabs(share - 1) < 0.001, "link %u: %f of its share",
			      i, share);
		/* 1 s, a packet, and the difference of the lags */
		ck_assert_msg(lags_wait(svc, i + 1) < 1150 * MS,
			      "link %u: %f ns queued", i, lags_wait(svc, i + 1));
	}
	/* a second later all are idle, and the lag decides again */
	shim_clock_ns += 1150ull * MS;
	ck_assert_str_eq(lags_string(svc, 1), "a");
	shim_clock_ns += 100 * MS;
	ck_assert_str_eq(lags_string(svc, 1), "a");
	/* the limit is a parameter: now half of it, then that again */
	unit_ok(attrs_param(svc, "queue", 10000));
	for (i = 0; i < 10000; i++)
		shim_decide(svc);
	ck_assert(lags_wait(svc, 1) > 4900ull * MS);
	ck_assert(lags_wait(svc, 1) < 10150ull * MS);
	unit_ok(attrs_param(svc, "queue", 2));
	shim_decide(svc);
	shim_decide(svc);
	ck_assert(lags_wait(svc, 1) < 150 * MS);
	/* The clock of this tier is hours ahead, that of another one is not. */
	unit_ok(attrs_priority(svc, 1, 5));
	ck_assert(lags_wait(svc, 1) == 0);
}
END_TEST

/* Packets that take most of a day: shares are still right. */
START_TEST(slowest_links)
{
	int i, n[5] = { 0 };

	service(IP_VS_SVC_F_ONEPACKET);
	shim_skb.len = 65536;
	for (i = 1; i <= 3; i++)
		add(i, 1, IP_VS_EXT_LAG_MAX);
	add(4, 2, 0);
	for (i = 0; i < 100000; i++)
		n[shim_dest_id(shim_decide(svc))]++;
	for (i = 1; i <= 4; i++)
		ck_assert_msg(abs(n[i] - (i < 4 ? 20000 : 40000)) <= 1,
			      "%d on link %d", n[i], i);
}
END_TEST

/* Packets that take less than can be counted take something, too. */
START_TEST(fastest_links)
{
	service(IP_VS_SVC_F_ONEPACKET);
	shim_skb.len = 40;
	add(1, IP_VS_EXT_BANDWIDTH_MAX, 0);
	add(2, IP_VS_EXT_BANDWIDTH_MAX, 0);
	ck_assert_str_eq(lags_string(svc, 6), "ababab");
}
END_TEST

/* Queues that take years, a clock that is set forward again and again: nothing
 * overflows, and such links are left as soon as there is a better one.
 */
START_TEST(absurd_loads)
{
	int i, n[4] = { 0 };

	service(0);
	unit_ok(attrs_param(svc, "cost", 1u << 28));
	for (i = 1; i <= 3; i++)
		add(i, 1, IP_VS_EXT_LAG_MAX);
	for (i = 0; i < 300000; i++)
		n[shim_dest_id(shim_decide(svc))]++;
	for (i = 1; i <= 3; i++)
		ck_assert_int_gt(n[i], 50000);
	add(4, IP_VS_EXT_BANDWIDTH_MAX, 0);
	for (i = 0; i < 1000; i++)
		ck_assert_uint_eq(shim_dest_id(shim_decide(svc)), 4);
	unit_ok(shim_del_dest(svc, 4));
	/* corrected, and at once as good as any */
	for (i = 1; i <= 3; i++)
		unit_ok(attrs_bandwidth(svc, i, 1000000000));
	for (i = 1; i <= 3; i++)
		ck_assert_msg(lags_wait(svc, i) < MS, "%f ns queued",
			      lags_wait(svc, i));
}
END_TEST

/* ---- several CPUs ---- */

#define SLOTS		3
#define DECISIONS	20000

/* With one link every CPU is in the way of every other. */
static const int slots[] = { 1, SLOTS };
static unsigned long chosen[CPUS][SLOTS];

static void *decide_main(void *arg)
{
	unsigned long *mine = arg;
	int i;

	shim_skb.len = 1;
	for (i = 0; i < DECISIONS; i++)
		mine[shim_dest_id(shim_decide(svc)) - 1]++;
	return NULL;
}

/* Every decision is in the account, also of those that lost the race twice. A
 * packet takes a millisecond, a decision much less.
 */
START_TEST(nothing_is_lost)
{
	unsigned long sum, total = 0;
	pthread_t t[CPUS];
	u64 start, now;
	int i, k;

	service(IP_VS_SVC_F_ONEPACKET);
	unit_ok(attrs_param(svc, "queue", 600000));
	for (i = 0; i < slots[_i]; i++)
		add(i + 1, 1000, 0);
	shim_race_one_in = 4;
	shim_threads_begin();
	start = ktime_get_ns();
	for (i = 0; i < CPUS; i++)
		t[i] = shim_thread(i + 1, decide_main, chosen[i]);
	for (i = 0; i < CPUS; i++)
		shim_join(t[i]);
	now = ktime_get_ns();
	for (k = 0; k < slots[_i]; k++) {
		u64 busy = atomic64_read(&lags_link(svc, k + 1)->busy) / 16;

		for (sum = i = 0; i < CPUS; i++)
			sum += chosen[i][k];
		total += sum;
		ck_assert_msg(busy >= start + sum * MS - MS,
			      "%llu decisions in the account of %d are lost",
			      (start + sum * MS - busy) / MS, k);
		ck_assert_msg(busy <= now + sum * MS + MS,
			      "%llu decisions in the account of %d too many",
			      (busy - now - sum * MS) / MS, k);
	}
	shim_threads_end();
	ck_assert_uint_eq(total, CPUS * (unsigned long)DECISIONS);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("bw_lag_val");
	TCase *tc = tcase_create("bw_lag_val");

	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, begin, end);
	tcase_add_test(tc, nobody);
	tcase_add_test(tc, short_name);
	tcase_add_test(tc, queue_against_lag);
	tcase_add_test(tc, size_against_lag);
	tcase_add_test(tc, order_of_addition);
	tcase_add_test(tc, weight_in_megabits);
	tcase_add_test(tc, changes_take_effect);
	tcase_add_test(tc, bandwidth_falls_far);
	tcase_add_test(tc, cost_of_a_connection);
	tcase_add_test(tc, full_servers_are_left_out);
	tcase_add_test(tc, priority_is_a_tier);
	tcase_add_test(tc, earliest_arrival);
	tcase_add_test(tc, stripes_in_order);
	tcase_add_test(tc, overload_is_shared_and_forgotten);
	tcase_add_test(tc, slowest_links);
	tcase_add_test(tc, fastest_links);
	tcase_add_test(tc, absurd_loads);
	tcase_add_loop_test(tc, nothing_is_lost, 0, ARRAY_SIZE(slots));
	suite_add_tcase(s, tc);
	return unit_run(s);
}
