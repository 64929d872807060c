// SPDX-License-Identifier: GPL-2.0
/*
 * The engine of smooth weighted round robin, in a scheduler of our own that
 * compares every pick, granted or not, with the oracle of smooth.c: with
 * servers that are full, held, quiesced, edited, removed and added again.
 */
#include <time.h>

#include "ext_smooth.h"
#include "smooth.h"
#include "unit.h"

#define MAX_SERVERS	400

static struct ip_vs_service *svc;
static struct oracle oracle;
static unsigned long picks, from_ring;
/* what the rate of a server of weight w is */
static u64 (*rate_of)(u32 weight);
static u32 poll_ms;

static u64 now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

/* ---- a scheduler that looks at itself ---- */

static struct ip_vs_ext_slot *expect(struct ip_vs_ext_slot *slot)
{
	const void *who;

	if (!slot)
		return NULL;
	who = oracle_pick(&oracle);
	picks++;
	ck_assert_msg(slot == who, "pick %lu: server %u instead of %u", picks,
		      shim_dest_id(slot->dest), who ?
		      shim_dest_id(((struct ip_vs_ext_slot *)who)->dest) : 0);
	return slot;
}

static struct ip_vs_ext_slot *spy_next(struct ip_vs_ext_tier *tier,
				       const struct ip_vs_ext_req *req)
{
	struct ip_vs_ext_slot *slot;

	if (poll_ms && ip_vs_ext_smooth_decay_due(tier))
		return NULL;
	slot = ip_vs_ext_smooth_next(tier, req);
	from_ring += !!slot;
	return expect(slot);
}

static struct ip_vs_ext_slot *spy_pick(struct ip_vs_ext_tier *tier,
				       const struct ip_vs_ext_req *req)
{
	struct ip_vs_ext_smooth *s = ip_vs_ext_smooth(tier);

	if (!poll_ms)
		return expect(ip_vs_ext_smooth_pick(tier, req));
	if (s->pick && time_after_eq(jiffies, s->decay_at))
		oracle_decay(&oracle, min((jiffies - s->decay_at) /
					  msecs_to_jiffies(poll_ms) + 1, 60UL));
	return expect(ip_vs_ext_smooth_pick_decay(tier, req, poll_ms));
}

static void spy_append(struct ip_vs_ext_service *es, struct ip_vs_ext_slot *slot)
{
	ip_vs_ext_smooth_append(es, slot);
	oracle_add(&oracle, slot);
}

static void spy_remove(struct ip_vs_ext_service *es, struct ip_vs_ext_slot *slot)
{
	ip_vs_ext_smooth_remove(es, slot);
	oracle_remove(&oracle, slot);
}

static void spy_update(struct ip_vs_ext_service *es, struct ip_vs_ext_slot *slot,
		       const struct ip_vs_ext_attrs *attrs, u32 weight)
{
	struct ip_vs_ext_attrs a = {
		.present = IP_VS_EXT_HAS(BANDWIDTH),
		.bandwidth = weight ? rate_of(weight) : 1,
	};

	ip_vs_ext_smooth_bandwidth(es, slot, &a, weight);
	oracle_rate(&oracle, slot, a.bandwidth);
}

static void spy_enter(struct ip_vs_ext_service *es, struct ip_vs_ext_slot *slot)
{
	ip_vs_ext_smooth_enter(es, slot);
	oracle_enter(&oracle, slot);
}

static void spy_leave(struct ip_vs_ext_service *es, struct ip_vs_ext_slot *slot)
{
	ip_vs_ext_smooth_leave(es, slot);
	oracle_leave(&oracle, slot);
}

static const struct ip_vs_ext_ops spy_ops = {
	.desc =			"compares itself with the definition",
	.tier_size =		sizeof(struct ip_vs_ext_smooth),
	.pick =			spy_pick,
	.turns =		ip_vs_ext_smooth_turns,
	.tier_room =		ip_vs_ext_smooth_room,
	.tier_work =		ip_vs_ext_smooth_work,
	.tier_free =		ip_vs_ext_smooth_free,
	.slot_append =		spy_append,
	.slot_remove =		spy_remove,
	.slot_update =		spy_update,
	.slot_enter =		spy_enter,
	.slot_leave =		spy_leave,
};

static int spy_init_service(struct ip_vs_service *s)
{
	return ip_vs_ext_init_service(s, &spy_ops);
}

static struct ip_vs_dest *spy_schedule(struct ip_vs_service *s,
				       const struct sk_buff *skb,
				       struct ip_vs_iphdr *iph)
{
	return ip_vs_ext_schedule(s, skb, iph, spy_next);
}

static struct ip_vs_ext_scheduler spy[] = {
	IP_VS_EXT_SCHEDULER("spy", &spy_ops, spy_init_service, spy_schedule),
};

/* ---- helpers ---- */

static u64 itself(u32 weight)
{
	return weight;
}

/* From 1 to 10^12, and few of a kind. */
static u64 wide(u32 weight)
{
	return 1000000000000ull / weight;
}

static void begin(void)
{
	shim_begin(4);
	unit_ok(shim_load("ip_vs_ext"));
	ip_vs_ext_deterministic = true;
	unit_ok(ip_vs_ext_register(spy, ARRAY_SIZE(spy)));
	unit_ok(shim_add_service(&svc, "spy", 1, 0));
	rate_of = itself;
	poll_ms = 0;
	picks = from_ring = 0;
}

static void end(void)
{
	shim_del_service(svc);
	ip_vs_ext_unregister(spy, ARRAY_SIZE(spy));
	oracle_free(&oracle);
	shim_end();
}

static struct ip_vs_ext_smooth *tier(void)
{
	struct ip_vs_ext_service *es = svc->sched_data;

	return ip_vs_ext_smooth(rcu_dereference_protected(es->active, true));
}

static void add(unsigned int id, int weight, u32 u, u32 l)
{
	unit_ok(shim_add_dest(svc, id, weight, u, l));
}

/* @n decisions, no connections */
static void decide(int n)
{
	while (n--)
		ck_assert_ptr_nonnull(shim_decide(svc));
}

/* ---- worked sequences ---- */

START_TEST(five_one_one)
{
	add(1, 5, 0, 0);
	add(2, 1, 0, 0);
	add(3, 1, 0, 0);
	smooth_expect(svc, "aabacaaaabacaaaabacaa");
	decide(20000);
	ck_assert(tier()->closed);
	ck_assert_uint_gt(from_ring, picks - picks / 64);
}
END_TEST

START_TEST(of_equals_the_oldest)
{
	add(3, 1, 0, 0);
	add(1, 1, 0, 0);
	add(2, 1, 0, 0);
	smooth_expect(svc, "cabcab");
}
END_TEST

/* What is owed is counted in picks: nothing that happened while the heavy
 * server was there lets one of the light ones starve.
 */
START_TEST(without_the_heavy_one)
{
	int n[4] = { 0 }, i;

	add(1, INT_MAX, 0, 0);
	add(2, 1, 0, 0);
	add(3, 1, 0, 0);
	decide(1000);
	/* one of them has just had its pick */
	shim_bind(svc, shim_dest(svc, 1), 0);
	unit_ok(shim_edit_dest(svc, 2, 1, 0, 0));
	unit_ok(shim_edit_dest(svc, 1, 0, 0, 0));
	for (i = 0; i < 100; i++)
		n[shim_dest_id(shim_decide(svc))]++;
	ck_assert_int_eq(n[1], 0);
	ck_assert_int_ge(n[2], 48);
	ck_assert_int_ge(n[3], 48);
	/* and it has no arrears */
	unit_ok(shim_edit_dest(svc, 1, 1, 0, 0));
	memset(n, 0, sizeof(n));
	for (i = 0; i < 99; i++)
		n[shim_dest_id(shim_decide(svc))]++;
	ck_assert_int_ge(n[1], 32);
	ck_assert_int_le(n[1], 34);
}
END_TEST

/* Away while others were chosen, then back: neither a burst nor a penalty. */
START_TEST(returns_without_a_burst)
{
	int n = 0, i;

	for (i = 1; i <= 8; i++)
		add(i, 1, 0, 0);
	decide(3);
	unit_ok(shim_edit_dest(svc, 4, 0, 0, 0));
	decide(1000);
	unit_ok(shim_edit_dest(svc, 4, 1, 0, 0));
	for (i = 0; i < 16; i++)
		n += shim_dest_id(shim_decide(svc)) == 4;
	ck_assert_int_ge(n, 1);
	ck_assert_int_le(n, 3);
}
END_TEST

/* ---- what happened at random ---- */

static struct shim_conn *held[4000];
static int nheld;

static void release(int i)
{
	shim_release(held[i]);
	held[i] = held[--nheld];
}

static int some_weight(int kind)
{
	switch (kind % 5) {
	case 0:
		return 1 + shim_rnd() % 5;
	case 1:
		return 1 + shim_rnd() % 100;
	case 2:
		return 1 + shim_rnd() % INT_MAX;
	case 3:
		return 1 << shim_rnd() % 31;
	default:
		return 10;
	}
}

/* @calm: one change in so many steps */
static void at_random(unsigned int servers, int steps, int kind, u32 limit,
		      int calm)
{
	int i;

	nheld = 0;
	for (i = 0; i < steps; i++) {
		unsigned int id = 1 + shim_rnd() % servers;
		u32 u = limit ? shim_rnd() % (limit + 1) : 0;
		struct ip_vs_dest *d = shim_dest(svc, id);
		struct shim_conn *c;

		if (shim_rnd() % calm == 0)
			switch (shim_rnd() % 8) {
			case 0:
			case 1:
			case 2:
				shim_add_dest(svc, id, some_weight(kind), u, 0);
				break;
			case 3:
				shim_del_dest(svc, id);
				break;
			case 4:
				if (d)
					shim_edit_dest(svc, id, some_weight(kind),
						       u, 0);
				break;
			case 5:		/* quiesce, or back */
				if (d)
					shim_edit_dest(svc, id,
						atomic_read(&d->weight) ? 0 :
						some_weight(kind), d->u_threshold,
						d->l_threshold);
				break;
			case 6:
				shim_rcu_gp();
				shim_run_works();
				break;
			default:
				while (nheld && shim_rnd() % 16)
					release(shim_rnd() % nheld);
			}
		if (poll_ms && shim_rnd() % 50 == 0)
			shim_advance(shim_rnd() % (3 * poll_ms));
		c = shim_connect(svc, 0);
		if (c)
			held[nheld++] = c;
		if (nheld && (nheld == ARRAY_SIZE(held) || shim_rnd() % 2 ||
			      !limit))
			release(shim_rnd() % nheld);
	}
	while (nheld)
		release(0);
	ck_assert_uint_gt(picks, steps / 4);
}

START_TEST(random_small)
{
	unit_seed();
	rate_of = _i % 2 ? wide : itself;
	at_random(2 + _i % 15, 30000, _i, _i % 3 ? 6 : 0, 1 + _i * 7 % 60);
}
END_TEST

START_TEST(random_large)
{
	unit_seed();
	rate_of = _i % 2 ? wide : itself;
	at_random(30 + 70 * (_i % 6), 20000, _i, _i % 3 ? 4 : 0, 1 + _i * 17 % 90);
}
END_TEST

/* Changes that are rare enough for recordings to be closed. */
START_TEST(random_calm)
{
	unit_seed();
	at_random(2 + 12 * _i, 60000, _i % 2 ? 4 : 0, 0, 3000);
	ck_assert_uint_gt(from_ring, picks / 2);
}
END_TEST

START_TEST(random_decay)
{
	unit_seed();
	poll_ms = 1 + 40 * (_i % 3);
	rate_of = _i % 2 ? wide : itself;
	at_random(2 + 9 * _i, 20000, _i, _i % 3 ? 6 : 0, 5 + _i * 30);
}
END_TEST

/* ---- bounds ---- */

START_TEST(many_equals_repeat)
{
	unsigned int id;

	for (id = 1; id <= 3000; id++)
		add(id, 7, 0, 0);
	decide(15000);
	ck_assert(tier()->closed);
	ck_assert_uint_eq(tier()->length, 3000);
}
END_TEST

/* Their memory is a power of 2, of which the head takes three. */
static u32 entries(void)
{
	return rcu_dereference_protected(tier()->ring, true)->cap + 3;
}

/* A sequence that is too long for the ring gets a larger one. */
START_TEST(longer_sequence)
{
	u32 before;
	unsigned int id;
	int n;

	for (id = 1; id <= 100; id++)
		add(id, id, 0, 0);
	before = entries();
	ck_assert_uint_lt(before, 5050);
	shim_fail_alloc(1, false);
	decide(20000);
	ck_assert_int_eq(shim_run_works(), 1);
	ck_assert(shim_alloc_failed());
	shim_fail_alloc(0, false);
	ck_assert_uint_eq(entries(), before);
	ck_assert(!tier()->closed);
	/* it is not asked for again and again */
	decide(20000);
	ck_assert_int_eq(shim_run_works(), 0);

	/* a change, and another one, which brings back what was */
	unit_ok(shim_edit_dest(svc, 7, 8, 0, 0));
	unit_ok(shim_edit_dest(svc, 7, 7, 0, 0));
	decide(1000);
	ck_assert_int_eq(shim_run_works(), 1);
	ck_assert_uint_eq(entries(), 8192);
	shim_rcu_gp();
	decide(20000);
	ck_assert(tier()->closed);
	ck_assert_uint_eq(tier()->length, 5050);

	/* taken back at all of its length, and all of it again */
	for (n = 1; n < 5050; n += 389) {
		decide(n);
		unit_ok(shim_edit_dest(svc, 50, 0, 0, 0));
		decide(n % 7);
		unit_ok(shim_edit_dest(svc, 50, 50, 0, 0));
		decide(15000);
		ck_assert(tier()->closed);
	}
	ck_assert_int_eq(shim_run_works(), 0);
}
END_TEST

/* So many entries for each server, and no more. */
START_TEST(sequence_for_no_ring)
{
	unsigned int id;

	for (id = 1; id <= 64; id++)
		add(id, id == 1 ? 2 : 129, 0, 0);
	decide(20000);
	ck_assert_int_eq(shim_run_works(), 0);
	unit_ok(shim_edit_dest(svc, 1, 1, 0, 0));
	unit_ok(shim_edit_dest(svc, 2, 128 - 66, 0, 0));
	for (id = 3; id <= 64; id++)
		unit_ok(shim_edit_dest(svc, id, 65, 0, 0));
	decide(20000);
	ck_assert_int_eq(shim_run_works(), 1);
	ck_assert_uint_eq(entries(), 4096);
	decide(20000);
	ck_assert(tier()->closed);
	ck_assert_uint_eq(tier()->length, 4093);
}
END_TEST

/* Few servers have room for more than 64 entries each. */
START_TEST(longer_sequence_of_two)
{
	add(1, 1000, 0, 0);
	add(2, 1047, 0, 0);
	decide(20000);
	ck_assert_int_eq(shim_run_works(), 0);
	ck_assert_uint_eq(entries(), 1024);
	ck_assert(!tier()->closed);
	unit_ok(shim_edit_dest(svc, 2, 1021, 0, 0));
	decide(20000);
	ck_assert_int_eq(shim_run_works(), 1);
	ck_assert_uint_eq(entries(), 2048);
	decide(20000);
	ck_assert(tier()->closed);
	ck_assert_uint_eq(tier()->length, 2021);
	/* what fits is asked for by nobody */
	unit_ok(shim_edit_dest(svc, 2, 9, 0, 0));
	decide(20000);
	ck_assert_int_eq(shim_run_works(), 0);
	ck_assert(tier()->closed);
	ck_assert_uint_eq(tier()->length, 1009);
}
END_TEST

/* Rates that never repeat, and all of the range. */
START_TEST(work_is_bounded)
{
	struct ip_vs_ext_smooth *s;
	unsigned int id;
	u64 t;

	rate_of = wide;
	for (id = 1; id <= MAX_SERVERS; id++)
		add(id, id, 0, 0);
	decide(5000);
	s = tier();
	ck_assert(!s->closed && !s->laps);
	/* 1,000 at once never take as long as looking at all servers would */
	t = now_ns();
	decide(1000);
	printf("distinct rates, %d servers: %llu ns per decision with the oracle\n",
	       MAX_SERVERS, (unsigned long long)(now_ns() - t) / 1000);
}
END_TEST

/* Without the oracle's blessing nothing of this would be found: the rings of
 * deleted servers, arrays that grow under picks made in advance.
 */
START_TEST(grows_with_picks_left)
{
	unsigned int id, i;

	for (id = 1; id <= 200; id++) {
		add(id, 1 + id % 7, 0, 0);
		decide(id);
	}
	for (i = 0; i < 3; i++)
		for (id = 1; id <= 200; id++) {
			unit_ok(shim_del_dest(svc, id));
			shim_rcu_gp();
			decide(40);
			add(id, 1 + id % 5, 0, 0);
			decide(3 * i);
		}
}
END_TEST

START_TEST(no_memory)
{
	int n, err = -ENOMEM;

	add(1, 3, 0, 0);
	add(2, 2, 0, 0);
	add(3, 1, 0, 0);
	add(4, 1, 0, 0);
	decide(100);
	/* the fifth one needs larger arrays */
	for (n = 1; err; n++) {
		shim_fail_alloc(n, false);
		shim_add_dest(svc, 5, 2, 0, 0);
		err = shim_alloc_failed() ? -ENOMEM : 0;
		shim_fail_alloc(0, false);
		decide(100);
		if (err)
			unit_ok(shim_del_dest(svc, 5));
		decide(10);
	}
	ck_assert_int_gt(n, 3);
}
END_TEST

/* A start at random is one of the first picks, and a service keeps its share. */
START_TEST(random_start)
{
	struct ip_vs_service *s;
	int first[5] = { 0 };
	unsigned int i;

	end();
	shim_begin(4);
	unit_ok(shim_load("ip_vs_ext"));
	unit_ok(shim_load("ip_vs_wrr"));
	ip_vs_ext_deterministic = false;
	for (i = 0; i < 200; i++) {
		unsigned int id;

		unit_ok(shim_add_service(&s, "wrr", 1 + i, 0));
		for (id = 1; id <= 4; id++)
			unit_ok(shim_add_dest(s, id, 1, 0, 0));
		first[shim_dest_id(shim_decide(s))]++;
		shim_del_service(s);
	}
	for (i = 1; i <= 4; i++)
		ck_assert_int_gt(first[i], 10);
	ip_vs_ext_deterministic = true;
	shim_end();
	begin();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("smooth");
	TCase *tc = tcase_create("smooth");

	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, begin, end);
	tcase_add_test(tc, five_one_one);
	tcase_add_test(tc, of_equals_the_oldest);
	tcase_add_test(tc, without_the_heavy_one);
	tcase_add_test(tc, returns_without_a_burst);
	tcase_add_loop_test(tc, random_small, 0, 30);
	tcase_add_loop_test(tc, random_large, 0, 12);
	tcase_add_loop_test(tc, random_calm, 0, 6);
	tcase_add_loop_test(tc, random_decay, 0, 9);
	tcase_add_test(tc, many_equals_repeat);
	tcase_add_test(tc, longer_sequence);
	tcase_add_test(tc, sequence_for_no_ring);
	tcase_add_test(tc, longer_sequence_of_two);
	tcase_add_test(tc, work_is_bounded);
	tcase_add_test(tc, grows_with_picks_left);
	tcase_add_test(tc, no_memory);
	tcase_add_test(tc, random_start);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
