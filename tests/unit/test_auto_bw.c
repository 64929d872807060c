// SPDX-License-Identifier: GPL-2.0
/* auto_bw: fewest connections for the bandwidth. */
#include "attrs.h"

#define MAX	64
#define CPUS	4		/* that connect at once; 3 more for the shim */

static struct ip_vs_service *svc;

static void begin(void)
{
	shim_begin(CPUS + 3);
	unit_ok(shim_load("ip_vs_ext"));
	unit_ok(shim_load("ip_vs_auto_bw"));
	attrs_begin();
}

static void end(void)
{
	attrs_end();
	shim_end();
}

static void service(const char *sched, unsigned int flags)
{
	unit_ok(shim_add_service(&svc, sched, 1, flags));
}

static void add(unsigned int id, u64 bandwidth)
{
	unit_ok(attrs_bandwidth(svc, id, bandwidth));
	unit_ok(shim_add_dest(svc, id, 1, 0, 0));
}

/* One connection; the id of its server, 0 if refused. */
static struct shim_conn *last;

static unsigned int go(void)
{
	last = shim_connect(svc, 0);
	return last ? shim_dest_id(last->dest) : 0;
}

static const char *string(int n)
{
	static char s[128];
	int i;

	for (i = 0; i < n; i++)
		s[i] = "-abcdefghijklmnopqrstuvwxyz"[go()];
	s[n] = 0;
	return s;
}

START_TEST(nobody)
{
	service("auto_bw", 0);
	ck_assert_str_eq(string(1), "-");
	add(1, 1);
	ck_assert_str_eq(string(2), "aa");
	unit_ok(shim_edit_dest(svc, 1, 0, 0, 0));
	ck_assert_str_eq(string(1), "-");
}
END_TEST

/* 1/5 2/5 3/5 4/5 5/5 = 1/1 = 1/1, 6/5 ... */
START_TEST(five_one_one)
{
	service("autobw", 0);
	add(1, 5);
	add(2, 1);
	add(3, 1);
	ck_assert_str_eq(string(14), "aaaaabcaaaaabc");
}
END_TEST

START_TEST(ties)
{
	service("auto_bw", 0);
	add(3, 7);
	add(1, 7);
	add(2, 7);
	ck_assert_str_eq(string(6), "cabcab");
	unit_ok(attrs_lag(svc, 3, 100));
	unit_ok(attrs_lag(svc, 1, 50));
	ck_assert_str_eq(string(6), "bacbac");
	/* also between bandwidths: 5/7 of a, b and c are 10/14 of d */
	add(4, 14);
	unit_ok(attrs_lag(svc, 4, 49));
	ck_assert_str_eq(string(14), "dddddddddbdacd");
}
END_TEST

/* A connection that ends makes room. */
START_TEST(in_progress)
{
	struct shim_conn *c[12];
	int i;

	service("auto_bw", 0);
	add(1, 3000000);
	add(2, 1000000);
	for (i = 0; i < 12; i++) {
		go();
		c[i] = last;
	}
	ck_assert_int_eq(atomic_read(&shim_dest(svc, 1)->totalconns), 9);
	for (i = 0; i < 12; i++)
		if (shim_dest_id(c[i]->dest) == 2)
			shim_release(c[i]);
	ck_assert_str_eq(string(5), "bbbaa");
}
END_TEST

/* Whatever counts for the limit counts here. */
START_TEST(active_connections_only)
{
	int i;

	service("auto_bw", IP_VS_SVC_F_SCHED1);
	add(1, 1);
	add(2, 1);
	for (i = 0; i < 10; i++)
		shim_bind(svc, shim_dest(svc, 1), SHIM_INACTIVE);
	ck_assert_str_eq(string(4), "abab");
	unit_ok(shim_edit_service(svc, "auto_bw", 0));
	ck_assert_str_eq(string(4), "bbbb");
}
END_TEST

START_TEST(changes_take_effect)
{
	service("auto_bw", 0);
	add(1, 1000000);
	unit_ok(shim_add_dest(svc, 2, 8, 0, 0));	/* Mbit/s */
	ck_assert_str_eq(string(4), "abab");
	unit_ok(shim_edit_dest(svc, 2, 24, 0, 0));
	ck_assert_str_eq(string(8), "bbbbbbab");
	unit_ok(attrs_bandwidth(svc, 2, 1000000));
	ck_assert_str_eq(string(6), "aaaaaa");
	unit_ok(attrs_priority(svc, 2, 1));
	ck_assert_str_eq(string(6), "bbbbbb");
	unit_ok(attrs_del(svc, 2));
	unit_ok(attrs_del(svc, 1));
	unit_ok(shim_edit_dest(svc, 1, INT_MAX, 0, 0));
	unit_ok(shim_edit_dest(svc, 2, INT_MAX - 1, 0, 0));
	/* 9 and 15 */
	ck_assert_str_eq(string(9), "aaaaaaaba");
}
END_TEST

START_TEST(full_servers_are_left_out)
{
	service("auto_bw", 0);
	add(1, 100);
	add(2, 1);
	unit_ok(shim_edit_dest(svc, 1, 1, 3, 2));
	unit_ok(shim_edit_dest(svc, 2, 1, 4, 2));
	ck_assert_str_eq(string(3), "aaa");
	ck_assert_str_eq(string(5), "bbbb-");
	shim_release(shim_bind(svc, shim_dest(svc, 1), 0));
	ck_assert_str_eq(string(1), "-");
	unit_ok(shim_edit_dest(svc, 1, 1, 5, 4));
	ck_assert_str_eq(string(3), "aa-");
}
END_TEST

/* ---- against the definition ---- */

static u64 bandwidth[MAX];
static u32 lag[MAX];
static unsigned int order[MAX], orders;
static bool in[MAX];

static u64 rnd64(void)
{
	return (u64)shim_rnd() << 32 | shim_rnd();
}

/* In exact fractions. */
static unsigned int definition(void)
{
	unsigned int i, best = 0;
	unsigned __int128 x, y;

	for (i = 1; i < MAX; i++) {
		if (!in[i])
			continue;
		if (best) {
			x = (u32)atomic_read(&shim_dest(svc, i)->totalconns) + 1;
			y = (u32)atomic_read(&shim_dest(svc, best)->totalconns) + 1;
			x *= bandwidth[best];
			y *= bandwidth[i];
			if (x > y || (x == y && lag[i] > lag[best]) ||
			    (x == y && lag[i] == lag[best] &&
			     order[i] > order[best]))
				continue;
		}
		best = i;
	}
	return best;
}

/* @unit: all bandwidths are a few times this, or 0 */
static void set(unsigned int i, u64 unit)
{
	switch (shim_rnd() % 3) {
	case 0:
		bandwidth[i] = 1 + rnd64() % IP_VS_EXT_BANDWIDTH_MAX;
		break;
	case 1:
		bandwidth[i] = 1 + (rnd64() % IP_VS_EXT_BANDWIDTH_MAX >>
				    shim_rnd() % 40);
		break;
	default:
		bandwidth[i] = IP_VS_EXT_BANDWIDTH_MAX;
	}
	if (unit)
		bandwidth[i] = (1 + shim_rnd() % 6) * unit;
	lag[i] = shim_rnd() % 3;
	unit_ok(attrs_bandwidth(svc, i, bandwidth[i]));
	unit_ok(attrs_lag(svc, i, lag[i]));
}

START_TEST(definition_exactly)
{
	unsigned int round, i, k, n;
	int conns;

	unit_seed();
	for (round = 0; round < 50 * unit_factor(); round++) {
		/* of these above what takes 64 bits, and below */
		u64 unit = round % 2 ? round % 4 == 1 ? 166666666666 : 166666666 : 0;

		service("auto_bw", 0);
		memset(in, 0, sizeof(in));
		n = 2 + shim_rnd() % (round % 5 ? 8 : MAX - 2);
		for (i = 1; i < n; i++) {
			set(i, unit);
			unit_ok(shim_add_dest(svc, i, 1, 0, 0));
			order[i] = ++orders;
			in[i] = true;
			/* up to the highest number there is */
			if (!unit)
				atomic_set(&shim_dest(svc, i)->totalconns,
					   (int)(shim_rnd() >>
						 (1 + shim_rnd() % 31)));
		}
		for (k = 0; k < 300; k++) {
			unsigned int want = definition(), got;

			got = shim_dest_id(shim_decide(svc));
			ck_assert_msg(got == want,
				      "%u of %llu instead of %u of %llu", got,
				      (unsigned long long)bandwidth[got], want,
				      (unsigned long long)bandwidth[want]);
			if (got &&
			    atomic_inc_return(&shim_dest(svc, got)->totalconns) < 0)
				atomic_set(&shim_dest(svc, got)->totalconns, 0);
			i = 1 + shim_rnd() % (n - 1);
			switch (shim_rnd() % 32) {
			case 0:
				set(i, unit);
				break;
			case 1:
				in[i] = !in[i];
				unit_ok(shim_edit_dest(svc, i, in[i], 0, 0));
				break;
			case 2:
				if (atomic_read(&shim_dest(svc, i)->totalconns))
					atomic_dec(&shim_dest(svc, i)->totalconns);
				break;
			case 3:
				conns = atomic_read(&shim_dest(svc, i)->totalconns);
				unit_ok(shim_del_dest(svc, i));
				unit_ok(shim_add_dest(svc, i, in[i], 0, 0));
				atomic_set(&shim_dest(svc, i)->totalconns, conns);
				order[i] = ++orders;
				break;
			}
		}
		for (i = 1; i < n; i++)
			atomic_set(&shim_dest(svc, i)->totalconns, 0);
		shim_del_service(svc);
	}
}
END_TEST

/* ---- several CPUs ---- */

static void *client(void *arg)
{
	struct shim_conn *held[16] = { 0 };
	int i, k;

	for (i = 0; i < 30000; i++) {
		k = shim_rnd() % 16;
		if (held[k])
			shim_release(held[k]);
		held[k] = shim_connect(svc, 0);
	}
	for (k = 0; k < 16; k++)
		if (held[k])
			shim_release(held[k]);
	return NULL;
}

/* The shim dies of a server above its limit. */
START_TEST(exact_limit_on_many_cpus)
{
	pthread_t t[CPUS];
	int i;

	shim_race_one_in = 4;
	service("auto_bw", 0);
	for (i = 1; i <= 3; i++) {
		add(i, i);
		unit_ok(shim_edit_dest(svc, i, 1, 12 * i, 10 * i));
	}
	shim_threads_begin();
	for (i = 0; i < CPUS; i++)
		t[i] = shim_thread(i + 1, client, NULL);
	for (i = 0; i < CPUS; i++)
		shim_join(t[i]);
	shim_threads_end();
	ck_assert_int_gt(shim_binds, 30000);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("auto_bw");
	TCase *tc = tcase_create("auto_bw");

	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, begin, end);
	tcase_add_test(tc, nobody);
	tcase_add_test(tc, five_one_one);
	tcase_add_test(tc, ties);
	tcase_add_test(tc, in_progress);
	tcase_add_test(tc, active_connections_only);
	tcase_add_test(tc, changes_take_effect);
	tcase_add_test(tc, full_servers_are_left_out);
	tcase_add_test(tc, definition_exactly);
	tcase_add_test(tc, exact_limit_on_many_cpus);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
