// SPDX-License-Identifier: GPL-2.0
/*
 * wrr: sequences of the textbook, shares, deviations; beside mainline's wrr; and
 * the ring of picks made in advance with several threads. What happens when
 * servers fill, return and change is compared with the definition in
 * test_smooth.c.
 */
#include <unistd.h>

#include "ext_smooth.h"
#include "smooth.h"
#include "unit.h"

static struct ip_vs_service *svc, *theirs;

static void begin(void)
{
	shim_begin(8);
	unit_ok(shim_load("ip_vs_ext"));
	ip_vs_ext_deterministic = true;
	unit_ok(shim_load("ip_vs_wrr"));
	unit_ok(shim_add_service(&svc, "wrr", 1, 0));
}

static void end(void)
{
	shim_end();
}

static void add(unsigned int id, int weight, u32 u, u32 l)
{
	unit_ok(shim_add_dest(svc, id, weight, u, l));
}

static void add_set(struct ip_vs_service *s, const struct textbook *t)
{
	unsigned int i;

	for (i = 0; i < t->nr; i++)
		unit_ok(shim_add_dest(s, i + 1, t->rate[i], 0, 0));
}

static void add_theirs(const struct textbook *t)
{
	unit_ok(shim_load("mainline_ip_vs_wrr"));
	unit_ok(shim_add_service(&theirs, "mainline-wrr", 2, 0));
	add_set(theirs, t);
}

static struct textbook random_set(void)
{
	struct textbook t = { .nr = 1 + shim_rnd() % 20 };
	unsigned int i, kind = shim_rnd() % 4;

	for (i = 0; i < t.nr; i++)
		t.rate[i] = 1 + shim_rnd() % (kind == 0 ? 4u : kind == 1 ? 100u :
					      kind == 2 ? 65536u : INT_MAX);
	return t;
}

/* ---- worked sequences ---- */

START_TEST(nobody)
{
	smooth_expect(svc, "-");
	add(1, 0, 0, 0);
	smooth_expect(svc, "-");
}
END_TEST

START_TEST(one)
{
	add(1, INT_MAX, 0, 0);
	smooth_expect(svc, "aaaaaaaaaa");
}
END_TEST

START_TEST(five_one_one)
{
	add(1, 5, 0, 0);
	add(2, 1, 0, 0);
	add(3, 1, 0, 0);
	smooth_expect(svc, "aabacaaaabacaa");
}
END_TEST

START_TEST(equal)
{
	add(1, 4, 0, 0);
	add(2, 4, 0, 0);
	add(3, 4, 0, 0);
	smooth_expect(svc, "abcabcabc");
}
END_TEST

/* The heavy one never has to wait for more than two of the others. */
START_TEST(twenty_and_twenty_ones)
{
	int id, i, others = 0, ones = 0;

	add(1, 20, 0, 0);
	for (id = 2; id <= 21; id++)
		add(id, 1, 0, 0);
	for (i = 0; i < 400; i++) {
		if (shim_dest_id(shim_decide(svc)) == 1) {
			others = 0;
			continue;
		}
		ones++;
		ck_assert_int_le(++others, 2);
	}
	ck_assert_int_eq(ones, 200);
}
END_TEST

START_TEST(as_the_textbook)
{
	struct textbook t = smooth_sets[_i];
	unsigned int i;

	add_set(svc, &t);
	for (i = 0; i < 20000; i++)
		ck_assert_uint_eq(shim_dest_id(shim_decide(svc)),
				  textbook_pick(&t) + 1);
}
END_TEST

START_TEST(as_the_textbook_at_random)
{
	struct textbook t;
	unsigned int i;

	unit_seed();
	t = random_set();
	add_set(svc, &t);
	for (i = 0; i < 5000; i++)
		ck_assert_uint_eq(shim_dest_id(shim_decide(svc)),
				  textbook_pick(&t) + 1);
}
END_TEST

/* a is full after two: b and c go on as if it were not there, and a returns
 * without a burst.
 */
START_TEST(full_in_the_middle)
{
	struct shim_conn *c[7];
	int i;

	add(1, 5, 2, 2);
	add(2, 1, 0, 0);
	add(3, 1, 0, 0);
	for (i = 0; i < 7; i++)
		c[i] = shim_connect(svc, 0);
	ck_assert_uint_eq(shim_dest_id(c[0]->dest), 1);
	ck_assert_uint_eq(shim_dest_id(c[1]->dest), 1);
	for (i = 2; i < 7; i++)
		ck_assert_uint_eq(shim_dest_id(c[i]->dest), i % 2 ? 3 : 2);
	unit_ok(shim_edit_dest(svc, 1, 5, 0, 0));
	smooth_expect(svc, "caaabaacaaabaaca");
}
END_TEST

START_TEST(quiesced_in_the_middle)
{
	add(1, 5, 0, 0);
	add(2, 1, 0, 0);
	add(3, 1, 0, 0);
	smooth_expect(svc, "aab");
	unit_ok(shim_edit_dest(svc, 1, 0, 0, 0));
	smooth_expect(svc, "cbcb");
	unit_ok(shim_edit_dest(svc, 1, 5, 0, 0));
	smooth_expect(svc, "acaaaabacaa");
}
END_TEST

START_TEST(added_again_in_the_middle)
{
	add(1, 1, 0, 0);
	add(2, 1, 0, 0);
	add(3, 1, 0, 0);
	smooth_expect(svc, "ab");
	unit_ok(shim_del_dest(svc, 1));
	smooth_expect(svc, "cbcb");
	/* its turn is now that of the one whose turn it is, behind which it
	 * has been added
	 */
	add(1, 1, 0, 0);
	smooth_expect(svc, "cabcab");
}
END_TEST

/* ---- properties ---- */

/* In S decisions each gets its weight exactly; nobody is ever 2 picks away. */
START_TEST(shares_and_deviations)
{
	const struct textbook *t = &smooth_sets[_i];
	double worst;

	add_set(svc, t);
	worst = smooth_deviation(svc, t, 4000);
	ck_assert_msg(worst < 2, "set %d: deviation %.3f", _i, worst);
}
END_TEST

START_TEST(no_worse_than_mainline)
{
	struct textbook t = smooth_sets[_i];
	double a, b;

	add_set(svc, &t);
	add_theirs(&t);
	a = smooth_deviation(svc, &t, 4000);
	b = smooth_deviation(theirs, &t, 4000);
	printf("set %d: deviation %.3f, mainline's %.3f\n", _i, a, b);
	ck_assert_msg(a <= b + 1e-9, "set %d: %.3f, mainline's %.3f", _i, a, b);
}
END_TEST

START_TEST(no_worse_than_mainline_at_random)
{
	struct textbook t;
	double a, b;

	unit_seed();
	do
		t = random_set();
	while (textbook_sum(&t) > 3000);
	add_set(svc, &t);
	add_theirs(&t);
	a = smooth_deviation(svc, &t, 2 * textbook_sum(&t));
	b = smooth_deviation(theirs, &t, 2 * textbook_sum(&t));
	ck_assert_msg(a <= b + 1e-9, "%.3f, mainline's %.3f", a, b);
	ck_assert_msg(a < 2.5, "%.3f", a);
}
END_TEST

START_TEST(nobody_starves)
{
	unsigned int i, last[64] = { 0 };
	struct textbook t;
	u64 sum;

	unit_seed();
	do
		t = random_set();
	while (textbook_sum(&t) > 2000000);
	sum = textbook_sum(&t);
	add_set(svc, &t);
	for (i = 1; i <= 30000; i++) {
		unsigned int j = shim_dest_id(shim_decide(svc)) - 1;

		ck_assert_uint_le(i - last[j], 4 * (sum / t.rate[j] + 1));
		last[j] = i;
	}
	for (i = 0; i < t.nr; i++)
		ck_assert_uint_le(30000 - last[i], 4 * (sum / t.rate[i] + 1));
}
END_TEST

/* In as many decisions as the sum of weights both give the same, also with
 * some that cannot serve.
 */
START_TEST(counts_as_mainline)
{
	struct textbook t;
	unsigned int i;
	u64 sum = 0, k;
	int round;

	unit_seed();
	do
		t = random_set();
	while (textbook_sum(&t) > 2000);
	add_set(svc, &t);
	add_theirs(&t);
	for (round = 0; round < 4; round++) {
		int a[65] = { 0 }, b[65] = { 0 };

		for (sum = 0, i = 0; i < t.nr; i++)
			sum += atomic_read(&shim_dest(svc, i + 1)->weight);
		if (!sum)
			break;
		/* mainline's begins its round again after an edit, ours does
		 * not
		 */
		for (k = 0; k < 4 * sum; k++)
			a[shim_dest_id(shim_decide(svc))]++;
		for (k = 0; k < 4 * sum; k++)
			b[shim_dest_id(shim_decide(theirs))]++;
		for (i = 1; i <= t.nr; i++)
			ck_assert_int_le(abs(a[i] - b[i]),
					 round ? 2 + (int)t.rate[i - 1] : 0);
		i = 1 + shim_rnd() % t.nr;
		shim_edit_dest(svc, i, 0, 0, 0);
		shim_edit_dest(theirs, i, 0, 0, 0);
	}
}
END_TEST

/* ---- several CPUs, one after the other ---- */

static struct ip_vs_ext_smooth *smooth(void)
{
	struct ip_vs_ext_service *es = svc->sched_data;

	return ip_vs_ext_smooth(rcu_dereference_protected(es->active, true));
}

static struct ip_vs_ext_cpu *cpu(int n)
{
	struct ip_vs_ext_service *es = svc->sched_data;

	return per_cpu_ptr(es->cpu, n);
}

static unsigned int decide_on(int n)
{
	unsigned int id;

	shim_switch(n);
	id = shim_dest_id(shim_decide(svc));
	shim_switch(0);
	return id;
}

/* Busy ones take several picks at once. None is lost, none is taken twice. */
START_TEST(each_pick_once)
{
	int i, n, turns = 0;

	if (_i)
		add(5, INT_MAX, 0, 0);		/* does not repeat in the ring */
	for (i = 1; i <= 4; i++)
		add(i, i * 1000 - 1, 0, 0);
	for (i = 1; i <= 20000; i++) {
		int left;

		ck_assert_uint_ne(decide_on(i % 4), 0);
		left = -atomic_read(&smooth()->cursor) - smooth()->floor;
		for (n = 0; n < 4; n++) {
			left += cpu(n)->end - cpu(n)->turn;
			turns += cpu(n)->end != cpu(n)->turn;
		}
		ck_assert_int_eq(smooth()->made - left, i);
	}
	ck_assert_int_gt(turns, 0);
}
END_TEST

/* A CPU that has turns left when the ring was filled again, with fewer picks and
 * without the server that was there.
 */
START_TEST(turns_of_an_older_ring)
{
	int i;

	add(1, 1, 0, 0);
	add(2, 1000, 0, 0);
	/* the ring repeats, and it has turns far from its end */
	for (i = 0; i < 3000 || cpu(1)->turn == cpu(1)->end ||
		    (int)~cpu(1)->turn < 100; i++)
		decide_on(1);
	unit_ok(shim_del_dest(svc, 2));
	shim_rcu_gp();
	ck_assert_uint_eq(decide_on(0), 1);
	ck_assert_uint_ne(cpu(1)->turn, cpu(1)->end);
	for (i = 0; i < 20; i++)
		ck_assert_uint_eq(decide_on(1), 1);
}
END_TEST

/* ---- several threads ---- */

#define THREADS		3

static long decided[8];
static int stop;

static void *decide_main(void *arg)
{
	long *got = arg, n[8] = { 0 };
	int i;

	while (!READ_ONCE(stop))
		n[shim_dest_id(shim_decide(svc)) % 8]++;
	for (i = 0; i < 8; i++)
		__atomic_add_fetch(&got[i], n[i], __ATOMIC_SEQ_CST);
	return NULL;
}

/* Each millisecond @edit is called. */
static void run_threads(int ms, void (*edit)(int k))
{
	pthread_t t[THREADS];
	int i, k;

	stop = 0;
	memset(decided, 0, sizeof(decided));
	shim_race_one_in = 16;
	shim_threads_begin();
	for (i = 0; i < THREADS; i++)
		t[i] = shim_thread(i + 1, decide_main, decided);
	for (k = 0; k < ms; k++) {
		edit(k);
		usleep(1000);
	}
	WRITE_ONCE(stop, 1);
	for (i = 0; i < THREADS; i++)
		shim_join(t[i]);
	shim_threads_end();
	shim_race_one_in = 0;
}

static void edit_nothing(int k)
{
	(void)k;
}

/* Nothing changes: together they get the sequence. Only who is stopped at the
 * end of a chunk until the next one is there gets what another one gets.
 */
START_TEST(threads_share_the_sequence)
{
	static const int weight[] = { 0, 5, 1, 1, 3 };
	long sum = 0;
	int i;

	if (_i)
		add(5, INT_MAX, 0, 0);		/* does not repeat in the ring */
	for (i = 1; i <= 4; i++)
		add(i, weight[i] * (_i ? 100000000 : 1), 0, 0);
	run_threads(500, edit_nothing);
	for (i = 1; i <= 5; i++)
		sum += decided[i];
	ck_assert_int_gt(sum, 100);
	ck_assert_int_eq(decided[0], 0);
	for (i = 1; i <= 4; i++) {
		double share = sum * weight[i] / (_i ? 10 + 21.47483647 : 10.);

		double may = 3 + sum / 10000.;

		ck_assert_msg(decided[i] > share - may && decided[i] < share + may,
			      "server %d: %ld of %ld, share %.2f", i, decided[i],
			      sum, share);
	}
}
END_TEST

static void edit_some(int k)
{
	if (k % 4 == 3) {
		shim_del_dest(svc, 4);
		shim_add_dest(svc, 4, 1 + k % 3, 0, 0);
	} else {
		shim_edit_dest(svc, 3, k % 3, 0, 0);
	}
}

/* Picks are taken back, rings filled again, slots deleted while they run. */
START_TEST(threads_beside_edits)
{
	long sum = 0;
	int i;

	for (i = 1; i <= 4; i++)
		add(i, i, 0, 0);
	run_threads(800, edit_some);
	for (i = 1; i <= 4; i++)
		sum += decided[i];
	ck_assert_int_gt(sum, 100);
	ck_assert_int_eq(decided[0], 0);
	/* 1 and 2 are always there */
	ck_assert_msg(decided[2] > 1.9 * decided[1] && decided[2] < 2.1 * decided[1],
		      "%ld, %ld", decided[1], decided[2]);
}
END_TEST

/* Sequences of up to three times as many picks, while they run. */
static void edit_more(int k)
{
	if (k % 40 == 0)
		shim_edit_dest(svc, 1 + k / 40, 2000, 0, 0);
}

/* With the three that its head takes. */
static u32 ring_entries(void)
{
	return rcu_dereference_protected(smooth()->ring, true)->cap + 3;
}

/* Rings are replaced while they run. */
START_TEST(threads_beside_growth)
{
	int i;

	for (i = 1; i <= 130; i++)
		add(i, 15 + i % 2, 0, 0);
	run_threads(320, edit_more);
	/* On a busy machine it may not be that far yet. */
	for (i = 0; i < 250 && ring_entries() < 16384; i++)
		run_threads(20, edit_nothing);
	ck_assert_uint_eq(ring_entries(), 16384);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("wrr");
	TCase *tc = tcase_create("wrr");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, begin, end);
	tcase_add_test(tc, nobody);
	tcase_add_test(tc, one);
	tcase_add_test(tc, five_one_one);
	tcase_add_test(tc, equal);
	tcase_add_test(tc, twenty_and_twenty_ones);
	tcase_add_loop_test(tc, as_the_textbook, 0, smooth_nr_sets);
	tcase_add_loop_test(tc, as_the_textbook_at_random, 0, 20);
	tcase_add_test(tc, full_in_the_middle);
	tcase_add_test(tc, quiesced_in_the_middle);
	tcase_add_test(tc, added_again_in_the_middle);
	tcase_add_loop_test(tc, shares_and_deviations, 0, smooth_nr_sets);
	tcase_add_loop_test(tc, nobody_starves, 0, 10);
	if (shim_module("mainline_ip_vs_wrr")) {
		tcase_add_loop_test(tc, no_worse_than_mainline, 0, smooth_nr_sets);
		tcase_add_loop_test(tc, no_worse_than_mainline_at_random, 0, 10);
		tcase_add_loop_test(tc, counts_as_mainline, 0, 10);
	}
	tcase_add_loop_test(tc, each_pick_once, 0, 2);
	tcase_add_test(tc, turns_of_an_older_ring);
	tcase_add_loop_test(tc, threads_share_the_sequence, 0, 2);
	tcase_add_test(tc, threads_beside_edits);
	tcase_add_test(tc, threads_beside_growth);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
