// SPDX-License-Identifier: GPL-2.0
/* hprio: priorities and parameters, step by step and beside traffic. */
#include <math.h>
#include <time.h>
#include <unistd.h>

#include "attrs.h"
#include "ext_internal.h"
#include "unit.h"

enum { RR, WRR, LC, SH };

static struct ip_vs_service *svc;

static struct ip_vs_ext_service *ext(void)
{
	return svc->sched_data;
}

static void begin(void)
{
	shim_begin(4);
	unit_load_hprio();
	attrs_begin();
	unit_ok(shim_add_service(&svc, "hprio", 1, 0));
}

static void end(void)
{
	attrs_end();
	shim_end();
}

static void add(unsigned int id, int weight, u32 u, u32 l)
{
	unit_ok(shim_add_dest(svc, id, weight, u, l));
}

static void edit(unsigned int id, int weight, u32 u, u32 l)
{
	unit_ok(shim_edit_dest(svc, id, weight, u, l));
}

static void priority(unsigned int id, u32 value)
{
	unit_ok(attrs_priority(svc, id, value));
}

static void param(const char *name, u64 value)
{
	unit_ok(attrs_param(svc, name, value));
}

/* One connection; the id of its server, 0 if refused. */
static struct shim_conn *last;

static unsigned int go(void)
{
	last = shim_connect(svc, 0);
	return last ? shim_dest_id(last->dest) : 0;
}

/* A connection that ends at once. */
static unsigned int touch(void)
{
	unsigned int id = go();

	if (last)
		shim_release(last);
	return id;
}

static void spread(int n, int count[16])
{
	memset(count, 0, 16 * sizeof(int));
	while (n--)
		count[go()]++;
}

static void sequence(const char *ids)
{
	for (; *ids; ids++)
		ck_assert_uint_eq(touch(), *ids - '0');
}

static struct ip_vs_ext_counters counters(void)
{
	struct ip_vs_ext_counters c;

	ip_vs_ext_read_counters(ext(), &c);
	return c;
}

static void after_ms(unsigned int ms)
{
	shim_advance(msecs_to_jiffies(ms));
}

/* ---- priorities ---- */

START_TEST(priority_is_the_tier)
{
	int n[16];

	add(1, 9, 0, 0);
	add(2, 5, 2, 2);
	add(3, 1, 2, 2);
	sequence("111");
	/* the others have 0 as soon as one has any */
	priority(2, 1);
	spread(4, n);
	ck_assert_int_eq(n[2], 2);
	ck_assert_int_eq(n[1] + n[3], 2);
	priority(3, 2);
	spread(2, n);
	ck_assert_int_ge(n[3], 1);
	/* and without it the weight is the tier again */
	unit_ok(attrs_del(svc, 3));
	ck_assert_uint_eq(ext()->nr_priority, 1);
	unit_ok(attrs_del(svc, 2));
	ck_assert_uint_eq(ext()->nr_priority, 0);
	sequence("1111");
}
END_TEST

START_TEST(priority_zero_counts)
{
	add(1, 9, 0, 0);
	add(2, 5, 0, 0);
	sequence("11");
	priority(2, 0);
	/* one tier, 9 : 5 */
	ck_assert_ptr_eq(rb_first_cached(&ext()->tiers),
			 rb_last(&ext()->tiers.rb_root));
}
END_TEST

START_TEST(priority_waits_for_its_server)
{
	add(1, 9, 0, 0);
	priority(2, 7);
	sequence("1");
	add(2, 1, 0, 0);
	sequence("222");
	unit_ok(shim_del_dest(svc, 2));
	sequence("1");
	add(2, 1, 0, 0);
	sequence("222");
}
END_TEST

/* ---- inside a tier ---- */

START_TEST(weights_are_shares)
{
	add(1, 5, 0, 0);
	add(2, 1, 0, 0);
	add(3, 1, 0, 0);
	add(4, 1000000, 0, 0);
	priority(1, 8);
	priority(2, 8);
	priority(3, 8);
	sequence("1121311");
	sequence("1121311");
	/* and ranks without priorities */
	unit_ok(attrs_del(svc, 1));
	unit_ok(attrs_del(svc, 2));
	sequence("33333");
	unit_ok(attrs_del(svc, 3));
	sequence("44444");
}
END_TEST

/* The tier was there before wrr was needed, full and quiesced servers and all. */
START_TEST(wrr_begins_late)
{
	int n[16];

	param("tier", RR);
	add(1, 2, 0, 0);
	add(2, 1, 0, 0);
	add(3, 7, 1, 1);
	add(4, 0, 0, 0);
	priority(1, 0);
	spread(10, n);
	ck_assert_int_eq(n[3], 1);
	ck_assert_int_ge(n[1], 4);
	ck_assert_int_ge(n[2], 4);
	param("tier", WRR);
	spread(30, n);
	ck_assert_int_eq(n[1], 20);
	ck_assert_int_eq(n[2], 10);
	edit(4, 3, 0, 0);
	edit(3, 4, 0, 0);
	spread(100, n);
	ck_assert_int_eq(n[1], 20);
	ck_assert_int_eq(n[2], 10);
	ck_assert_int_eq(n[3], 40);
	ck_assert_int_eq(n[4], 30);
	/* and is not used while it is not asked for */
	param("tier", RR);
	spread(100, n);
	ck_assert_int_eq(n[1], 25);
	ck_assert_int_eq(n[4], 25);
	edit(3, 0, 0, 0);
	unit_ok(attrs_param_del(svc, "tier"));
	spread(60, n);
	ck_assert_int_eq(n[1], 20);
	ck_assert_int_eq(n[2], 10);
	ck_assert_int_eq(n[4], 30);
}
END_TEST

/* A busy CPU has turns left of the tier in use when another one changes. */
START_TEST(turns_while_another_tier_changes)
{
	unsigned int order[6];
	int i;

	for (i = 1; i <= 4; i++) {
		add(i, i < 4 ? 4 - i : 1, 0, 0);
		priority(i, i < 4 ? 2 : 1);
	}
	/* the ring of the other one is there when it is in turn, too */
	param("tier", WRR);
	param("tier", _i);
	for (i = 0; i < 300; i++)
		order[i % 6] = touch();
	for (i = 0; i < 60; i++) {
		ck_assert_uint_eq(touch(), order[i % 6]);
		edit(4, i % 2, 0, 0);
	}
}
END_TEST

START_TEST(least_connections)
{
	struct shim_conn *c[6];
	int n[16], i;

	param("tier", LC);
	for (i = 1; i <= 3; i++)
		add(i, 4, 0, 0);
	add(4, 3, 0, 0);
	for (i = 0; i < 6; i++) {
		go();
		c[i] = last;
	}
	for (i = 1; i <= 3; i++)
		ck_assert_int_eq(atomic_read(&shim_dest(svc, i)->totalconns), 2);
	/* whoever lost some gets the next ones */
	i = shim_dest_id(c[0]->dest);
	shim_release(c[0]);
	ck_assert_uint_eq(go(), i);
	/* equal ones take turns */
	memset(n, 0, sizeof(n));
	for (i = 0; i < 30; i++)
		n[touch()]++;
	for (i = 1; i <= 3; i++)
		ck_assert_int_eq(n[i], 10);
	/* with priorities: for its weight */
	for (i = 1; i <= 3; i++) {
		priority(i, 1);
		edit(i, i, 0, 0);
	}
	spread(600 - 6, n);
	for (i = 1; i <= 3; i++)
		ck_assert_int_eq(atomic_read(&shim_dest(svc, i)->totalconns),
				 100 * i);
}
END_TEST

START_TEST(least_active_connections)
{
	int i;

	unit_ok(shim_edit_service(svc, "hprio", IP_VS_SVC_F_SCHED1));
	param("tier", LC);
	add(1, 1, 0, 0);
	add(2, 1, 0, 0);
	for (i = 0; i < 4; i++)
		shim_bind(svc, shim_dest(svc, 1), SHIM_INACTIVE);
	shim_bind(svc, shim_dest(svc, 2), 0);
	ck_assert_uint_eq(go(), 1);
	unit_ok(shim_edit_service(svc, "hprio", 0));
	ck_assert_uint_eq(go(), 2);
}
END_TEST

static unsigned int client(u32 addr)
{
	shim_iph.saddr.ip = htonl(addr);
	shim_iph.daddr.ip = htonl(0x0a010001);
	shim_iph.hdr_flags = 0;
	return touch();
}

#define CLIENTS	20000

START_TEST(source_hashing)
{
	static u8 at[CLIENTS];
	int n[16] = {}, i, moved = 0;

	param("tier", SH);
	for (i = 1; i <= 8; i++)
		add(i, 4, 0, 0);
	add(9, 3, 0, 0);
	for (i = 0; i < CLIENTS; i++) {
		at[i] = client(0xc0a80000 + i);
		n[at[i]]++;
	}
	ck_assert_int_eq(n[9], 0);
	for (i = 1; i <= 8; i++)
		ck_assert_int_le(abs(n[i] - CLIENTS / 8), CLIENTS / 100);
	/* it depends on nothing but the client */
	for (i = CLIENTS; i--; )
		ck_assert_uint_eq(client(0xc0a80000 + i), at[i]);
	/* one leaves: its clients spread, the others stay */
	unit_ok(shim_del_dest(svc, 3));
	memset(n, 0, sizeof(n));
	for (i = 0; i < CLIENTS; i++) {
		unsigned int now = client(0xc0a80000 + i);

		if (at[i] != 3)
			ck_assert_uint_eq(now, at[i]);
		else
			n[now]++;
	}
	for (i = 1; i <= 8; i++)
		if (i != 3)
			ck_assert_int_le(abs(n[i] - CLIENTS / 56), CLIENTS / 300);
	/* and come back */
	add(3, 4, 0, 0);
	for (i = 0; i < CLIENTS; i++)
		ck_assert_uint_eq(client(0xc0a80000 + i), at[i]);
	/* equal weights are no weights */
	for (i = 1; i <= 8; i++)
		priority(i, 4);
	for (i = 0; i < CLIENTS; i++)
		ck_assert_uint_eq(client(0xc0a80000 + i), at[i]);
	/* a server of three times the weight takes from the others only */
	edit(5, 12, 0, 0);
	memset(n, 0, sizeof(n));
	for (i = 0; i < CLIENTS; i++) {
		unsigned int now = client(0xc0a80000 + i);

		if (now != at[i]) {
			ck_assert_uint_eq(now, 5);
			moved++;
		}
		n[now]++;
	}
	ck_assert_int_gt(moved, 0);
	for (i = 1; i <= 8; i++)
		ck_assert_int_le(abs(n[i] - CLIENTS * (i == 5 ? 3 : 1) / 10),
				 CLIENTS / 100);
}
END_TEST

/*
 * Which server it is, by the definition, in floating point: other versions and
 * other directors must find the same one.
 */
static u64 mixed(u64 x)
{
	x = (x ^ (x >> 33)) * 0xff51afd7ed558ccdull;
	x = (x ^ (x >> 33)) * 0xc4ceb9fe1a85ec53ull;
	return x ^ (x >> 33);
}

static double draw(u32 addr, unsigned int id, int weight)
{
	u64 x = mixed(mixed(addr) ^ mixed(80ull << 32 | (0x0a000000u + id)));

	return -log(((double)(x >> 32) + 1) / 4294967296.0) / weight;
}

START_TEST(source_hashing_by_definition)
{
	static const int weights[] = { 0, 1, 2, 30, 30, 31, 1000, 7 };
	int i, id, best, differ = 0;

	param("tier", SH);
	for (id = 1; id < 8; id++) {
		add(id, weights[id], 0, 0);
		priority(id, 1);
	}
	for (i = 0; i < CLIENTS; i++) {
		u32 addr = i * 2654435761u;

		for (best = 1, id = 2; id < 8; id++)
			if (draw(addr, id, weights[id]) <
			    draw(addr, best, weights[best]))
				best = id;
		differ += (int)client(addr) != best;
	}
	/* where two are as good as equal, the table decides */
	ck_assert_int_le(differ, CLIENTS / 2000);
}
END_TEST

/* An ICMP error speaks of a packet that went the other way. */
START_TEST(source_hashing_of_icmp)
{
	int i;

	param("tier", SH);
	for (i = 1; i <= 8; i++)
		add(i, 4, 0, 0);
	for (i = 0; i < 200; i++) {
		unsigned int id = client(0xc0a80000 + i);

		shim_iph.hdr_flags = IP_VS_HDR_INVERSE | IP_VS_HDR_ICMP;
		shim_iph.daddr = shim_iph.saddr;
		shim_iph.saddr.ip = htonl(0x0a010001);
		ck_assert_uint_eq(touch(), id);
	}
}
END_TEST

/* All of an IPv6 address counts, and what is behind an IPv4 address does not. */
START_TEST(source_hashing_of_addresses)
{
	int i, k, other[4] = {};
	unsigned int id;

	param("tier", SH);
	for (i = 1; i <= 8; i++)
		add(i, 4, 0, 0);
	id = client(0xc0a80001);
	shim_iph.saddr.ip6[1] = 1;
	ck_assert_uint_eq(touch(), id);
	svc->af = AF_INET6;
	memset(&shim_iph.saddr, 0, sizeof(shim_iph.saddr));
	id = touch();
	for (k = 0; k < 4; k++) {
		memset(&shim_iph.saddr, 0, sizeof(shim_iph.saddr));
		for (i = 1; i <= 100; i++) {
			shim_iph.saddr.ip6[k] = htonl(i);
			other[k] += touch() != id;
		}
		ck_assert_int_gt(other[k], 75);
	}
	svc->af = AF_INET;
}
END_TEST

/* Shares under weights of any size, also the largest. */
START_TEST(source_hashing_of_large_weights)
{
	int n[16] = {}, i;

	param("tier", SH);
	add(1, INT_MAX, 0, 0);
	add(2, INT_MAX / 2, 0, 0);
	add(3, 1, 0, 0);
	for (i = 1; i <= 3; i++)
		priority(i, INT_MAX);
	for (i = 0; i < CLIENTS; i++)
		n[client(0xc0a80000 + i)]++;
	ck_assert_int_le(abs(n[1] - CLIENTS * 2 / 3), CLIENTS / 100);
	ck_assert_int_eq(n[3], 0);
}
END_TEST

/* Limits hold, and a full server is passed over, whatever the method. */
START_TEST(limits_in_every_method)
{
	int n[16];

	param("tier", _i);
	add(1, 2, 10, 10);
	add(2, 1, 20, 20);
	add(3, 9, 0, 0);
	priority(1, 1);
	priority(2, 1);
	shim_iph.saddr.ip = htonl(0xc0a80001);
	spread(30, n);
	ck_assert_int_eq(n[1], 10);
	ck_assert_int_eq(n[2], 20);
	ck_assert_uint_eq(go(), 3);
	shim_iph.saddr.ip = htonl(0xc0a80002);
	ck_assert_uint_eq(go(), 3);
}
END_TEST

START_TEST(every_method_without_softirq)
{
	int n[16];

	param("tier", _i);
	param("min-active", 3);
	add(1, 2, 10, 10);
	add(2, 1, 20, 20);
	add(3, 9, 5, 5);
	priority(1, 1);
	priority(2, 1);
	shim_process_context = true;
	spread(35, n);
	ck_assert_int_eq(n[1], 10);
	ck_assert_int_eq(n[2], 20);
	ck_assert_int_eq(n[3], 5);
	ck_assert_uint_eq(go(), 0);
}
END_TEST

START_TEST(method_changes_refuse_nobody)
{
	int i;

	add(1, 1, 0, 0);
	add(2, 2, 0, 0);
	for (i = 0; i < 400; i++) {
		if (i % 3 == 0)
			param("tier", i / 3 % 4);
		if (i % 7 == 0)
			priority(1, 1);
		if (i % 7 == 4)
			unit_ok(attrs_del(svc, 1));
		ck_assert_uint_ne(go(), 0);
	}
}
END_TEST

START_TEST(wrong_values_change_nothing)
{
	static const struct { const char *name; u64 value; } wrong[] = {
		{ "min-active", 0 }, { "min-active", 65536 },
		{ "hold", 86400001 }, { "hold", ~0ull }, { "tier", 4 },
		{ "tier", ~0ull }, { "slow-start", 86400001 },
	};
	unsigned int i;

	param("min-active", 2);
	param("hold", 86400000);
	param("tier", LC);
	param("slow-start", 1);
	for (i = 0; i < ARRAY_SIZE(wrong); i++)
		ck_assert_int_eq(attrs_param(svc, wrong[i].name, wrong[i].value),
				 -ERANGE);
	ck_assert_int_eq(attrs_param(svc, "Tier", 1), -ENOENT);
	ck_assert_uint_eq(ext()->min_active, 2);
	ck_assert_uint_eq(ext()->hold, 86400ul * HZ);
	ck_assert_uint_eq(ext()->ramp_step, 1);
	ck_assert_uint_eq(ext()->method, LC);
	unit_ok(attrs_param_del(svc, "hold"));
	unit_ok(attrs_param_del(svc, "min-active"));
	unit_ok(attrs_param_del(svc, "tier"));
	ck_assert_uint_eq(ext()->min_active, 1);
	ck_assert_uint_eq(ext()->hold, 0);
	ck_assert_uint_eq(ext()->method, 0);
}
END_TEST

/* Kept over a change of the scheduler, servers and all. */
START_TEST(parameters_before_servers)
{
	add(1, 5, 0, 0);
	add(2, 1, 0, 0);
	add(3, 1, 0, 0);
	priority(1, 3);
	priority(2, 3);
	priority(3, 3);
	param("min-active", 2);
	param("hold", 1000);
	unit_ok(shim_edit_service(svc, "none", 0));
	unit_ok(shim_edit_service(svc, "hprio", 0));
	ck_assert_uint_eq(ext()->min_active, 2);
	ck_assert_uint_eq(ext()->hold, HZ);
	sequence("1121311");
}
END_TEST

/* ---- hold ---- */

/* Servers 1 and 2, two places each, and 3 behind them; spilled. */
static struct shim_conn *first[4];

static void spilled(unsigned int hold)
{
	int i;

	param("hold", hold);
	add(1, 5, 2, 2);
	add(2, 5, 2, 2);
	add(3, 2, 10, 10);
	for (i = 0; i < 4; i++) {
		ck_assert_uint_ne(go(), 3);
		first[i] = last;
	}
	sequence("3");
}

/* One of them has no connections any more. */
static void relieve(unsigned int id)
{
	int i;

	for (i = 0; i < 4; i++)
		if (first[i] && shim_dest_id(first[i]->dest) == id) {
			shim_release(first[i]);
			first[i] = NULL;
		}
}

static void fill(unsigned int id)
{
	int i;

	for (i = 0; i < 4; i++)
		if (!first[i]) {
			ck_assert_uint_eq(go(), id);
			first[i] = last;
		}
}

START_TEST(hold_keeps_the_lower_tier)
{
	spilled(1000);
	after_ms(600);
	relieve(1);
	sequence("33");
	after_ms(390);
	sequence("3");
	ck_assert_uint_eq(counters().returns, 0);
	after_ms(20);
	sequence("1");
	ck_assert_uint_eq(counters().returns, 1);
	/* spilled once more */
	fill(1);
	sequence("3");
	relieve(1);
	after_ms(980);
	sequence("3");
	after_ms(20);
	sequence("1");
}
END_TEST

START_TEST(without_hold_at_once)
{
	spilled(0);
	relieve(1);
	sequence("1");
}
END_TEST

/* Whoever is relieved after that time is used at once. */
START_TEST(hold_ends_by_itself)
{
	spilled(1000);
	after_ms(1000);
	ck_assert(!ext()->holding);
	sequence("3");
	relieve(2);
	sequence("2");
	/* Nothing is armed for a service that is not spilled. */
	relieve(1);
	after_ms(2000);
	ck_assert(!delayed_work_pending(&ext()->hold_work));
}
END_TEST

/* It is about as long as there is a choice. */
START_TEST(hold_yields_when_the_lower_tier_fills)
{
	int i;

	spilled(1000);
	relieve(1);
	for (i = 0; i < 10; i++)
		ck_assert_uint_eq(go(), 3);
	fill(1);
	ck_assert_uint_eq(go(), 0);
	/* relieved first, used first: this is no spill */
	relieve(1);
	fill(1);
	ck_assert_uint_eq(go(), 0);
}
END_TEST

START_TEST(hold_begins_again_further_down)
{
	int i;

	add(4, 1, 0, 0);
	spilled(1000);
	after_ms(900);
	for (i = 0; i < 10; i++)
		ck_assert_uint_eq(go(), 3);
	sequence("4");
	after_ms(900);
	relieve(1);
	sequence("4");
	after_ms(90);
	sequence("4");
	after_ms(20);
	sequence("1");
}
END_TEST

/* What an operator does is not held back. */
START_TEST(hold_and_edits)
{
	spilled(1000);
	edit(1, 5, 4, 4);
	sequence("1");
	ck_assert_uint_eq(counters().returns, 1);
}
END_TEST

START_TEST(hold_and_new_server)
{
	spilled(1000);
	add(4, 9, 0, 0);
	sequence("44");
	ck_assert_uint_eq(counters().returns, 0);
	unit_ok(shim_del_dest(svc, 4));
	sequence("3");
	relieve(1);
	sequence("1");
}
END_TEST

START_TEST(hold_and_removal)
{
	spilled(1000);
	relieve(1);
	sequence("3");
	unit_ok(shim_del_dest(svc, 3));
	sequence("1");
}
END_TEST

/* Editing the one server of the tier that is held is not a reason to leave. */
START_TEST(hold_and_edit_of_the_lower_tier)
{
	spilled(1000);
	relieve(1);
	sequence("3");
	edit(3, 2, 12, 10);
	sequence("3");
}
END_TEST

START_TEST(hold_is_changed_meanwhile)
{
	spilled(1000);
	after_ms(300);
	relieve(1);
	sequence("3");
	/* longer, counted from the spill */
	param("hold", 2000);
	after_ms(1000);
	sequence("3");
	/* shorter, and still to come */
	param("hold", 1500);
	sequence("3");
	after_ms(210);
	sequence("1");
	fill(1);
	relieve(1);
	sequence("3");
	/* shorter, and over */
	after_ms(100);
	param("hold", 50);
	sequence("1");
	fill(1);
	relieve(1);
	sequence("3");
	unit_ok(attrs_param_del(svc, "hold"));
	sequence("1");
	/* The time of one hold is not that of the next. */
	param("hold", 60000);
	fill(1);
	sequence("3");
	edit(1, 5, 4, 4);
	param("hold", 100);
	ck_assert_uint_eq(go(), 1);
	ck_assert_uint_eq(go(), 1);
	sequence("3");
	relieve(1);
	sequence("3");
	after_ms(110);
	sequence("1");
}
END_TEST

START_TEST(hold_and_the_end_of_the_service)
{
	spilled(1000);
	ck_assert(delayed_work_pending(&ext()->hold_work));
	shim_del_service(svc);
	ck_assert_int_eq(shim_works_pending(), 0);
}
END_TEST

/* jiffies begin five minutes before their overflow. */
START_TEST(hold_over_the_overflow_of_jiffies)
{
	shim_advance(299 * HZ);
	spilled(2000);
	relieve(1);
	after_ms(1990);
	sequence("3");
	after_ms(20);
	sequence("1");
}
END_TEST

/* ---- min-active ---- */

START_TEST(min_active_joins_tiers)
{
	int n[16];

	param("min-active", 3);
	add(1, 9, 4, 2);
	add(2, 9, 4, 2);
	add(3, 5, 0, 0);
	add(4, 5, 0, 0);
	add(5, 1, 0, 0);
	/* 2 and 2: all servers of both tiers, one after the other */
	sequence("1234");
	sequence("1234");
	ck_assert_uint_eq(ext()->nr_join, 2);
	spread(16, n);
	ck_assert_int_eq(n[1], 4);
	ck_assert_int_eq(n[4], 4);
	/* 1 and 2 are full: 2 and 1 */
	spread(30, n);
	ck_assert_int_eq(n[1] + n[2], 0);
	ck_assert_int_eq(n[3], 10);
	ck_assert_int_eq(n[5], 10);
	/* enough */
	param("min-active", 2);
	spread(30, n);
	ck_assert_int_eq(n[3], 15);
	ck_assert_int_eq(n[4], 15);
	ck_assert_uint_eq(ext()->nr_join, 0);
	param("min-active", 65535);
	spread(30, n);
	ck_assert_int_eq(n[5], 10);
	/* not enough: all there are */
	unit_ok(shim_del_dest(svc, 3));
	unit_ok(shim_del_dest(svc, 4));
	sequence("555");
	unit_ok(shim_del_dest(svc, 5));
	ck_assert_uint_eq(go(), 0);
	unit_ok(attrs_param_del(svc, "min-active"));
	add(5, 1, 0, 0);
	add(3, 2, 0, 0);
	sequence("333");
}
END_TEST

/* Where the lock is needed nobody loses his turn, in the lower tier, too. */
START_TEST(min_active_near_the_limits)
{
	int i;

	param("min-active", 4);
	for (i = 1; i <= 4; i++)
		add(i, 5 - i / 3, 4, 4);
	for (i = 1; i <= 4; i++) {
		shim_switch(i - 1);
		ck_assert_uint_eq(go(), i);
	}
	shim_switch(0);
	sequence("12341234123412341234");
}
END_TEST

START_TEST(min_active_and_relief)
{
	spilled(0);
	/* 1 and 2 are full: 3 alone, there is nothing to join */
	param("min-active", 2);
	sequence("333");
	ck_assert_uint_eq(ext()->nr_join, 0);
	relieve(2);
	/* 2, and 3 */
	ck_assert_uint_eq(touch() + touch(), 2 + 3);
	ck_assert_uint_eq(touch() + touch(), 2 + 3);
	ck_assert_uint_eq(ext()->nr_join, 2);
	relieve(1);
	/* both: enough */
	ck_assert_uint_eq(touch() + touch(), 1 + 2);
	ck_assert_uint_eq(touch() + touch(), 1 + 2);
	ck_assert_uint_eq(ext()->nr_join, 0);
	/* and not any more */
	edit(1, 0, 0, 0);
	ck_assert_uint_eq(touch() + touch(), 2 + 3);
}
END_TEST

/* Weights count inside the tiers, the number of servers between them. */
START_TEST(min_active_and_wrr)
{
	int n[16];

	param("min-active", 3);
	add(1, 3, 0, 0);
	add(2, 1, 0, 0);
	add(3, 1000, 0, 0);
	priority(1, 5);
	priority(2, 5);
	priority(3, 4);
	spread(120, n);
	ck_assert_int_eq(n[1], 60);
	ck_assert_int_eq(n[2], 20);
	ck_assert_int_eq(n[3], 40);
}
END_TEST

/* Here they are as one tier. */
START_TEST(min_active_and_lc)
{
	int n[16];

	param("min-active", 3);
	param("tier", LC);
	add(1, 9, 0, 0);
	add(2, 8, 0, 0);
	add(3, 7, 0, 0);
	add(4, 6, 0, 0);
	spread(90, n);
	ck_assert_int_eq(n[1], 30);
	ck_assert_int_eq(n[2], 30);
	ck_assert_int_eq(n[3], 30);
}
END_TEST

START_TEST(min_active_and_sh)
{
	static u8 at[2000];
	int i;

	param("tier", SH);
	for (i = 1; i <= 4; i++)
		add(i, 7, 0, 0);
	for (i = 0; i < 2000; i++)
		at[i] = client(0xc0a80000 + i);
	/* the same servers in four tiers */
	for (i = 1; i <= 4; i++)
		edit(i, 10 - i, 0, 0);
	param("min-active", 4);
	for (i = 0; i < 2000; i++)
		ck_assert_uint_eq(client(0xc0a80000 + i), at[i]);
	param("min-active", 3);
	for (i = 0; i < 2000; i++) {
		unsigned int now = client(0xc0a80000 + i);

		ck_assert(at[i] == 4 ? now != 4 : now == at[i]);
	}
}
END_TEST

START_TEST(min_active_joins_32_tiers_at_most)
{
	unsigned int seen = 0, i;

	param("min-active", 65535);
	for (i = 1; i <= 40; i++)
		add(i, 100 - i, 0, 0);
	for (i = 0; i < 320; i++) {
		unsigned int id = touch();

		ck_assert_uint_le(id, 32);
		seen |= 1u << (id - 1);
	}
	ck_assert_uint_eq(seen, ~0u);
}
END_TEST

/* The two of them, in turn. */
static void pairs(unsigned int a, unsigned int b)
{
	unsigned int i = touch();

	ck_assert(i == a || i == b);
	ck_assert_uint_eq(touch(), a + b - i);
	ck_assert_uint_eq(touch(), i);
	ck_assert_uint_eq(touch(), a + b - i);
}

/* The highest tier is held, what is joined to it follows at once. */
START_TEST(min_active_and_hold)
{
	add(4, 1, 0, 0);
	spilled(1000);
	param("min-active", 2);
	pairs(3, 4);
	relieve(1);
	pairs(3, 4);
	after_ms(1010);
	pairs(1, 3);
	relieve(2);
	pairs(1, 2);
}
END_TEST

/* ---- slow start ---- */

static struct ip_vs_ext_slot *slot_of(unsigned int id)
{
	struct rb_node *n;

	for (n = rb_first(&ext()->slots); n; n = rb_next(n)) {
		struct ip_vs_ext_slot *s = rb_entry(n, struct ip_vs_ext_slot,
						    by_dest);

		if (shim_dest_id(s->dest) == id)
			return s;
	}
	return NULL;
}

/* Steps of one second; server 2 is away and comes back. */
static void returned(u32 u, u32 l)
{
	param("slow-start", 9000);
	edit(2, 0, u, l);
	edit(2, 5, u, l);
}

static int many(int n, unsigned int id)
{
	int got = 0;

	while (n--)
		got += touch() == id;
	return got;
}

START_TEST(slow_start_raises_the_limit)
{
	int n[16], i;

	add(1, 5, 0, 0);
	add(2, 5, 50, 50);
	returned(50, 50);
	/* ten of fifty, and not one more */
	for (i = 1; i <= 10; i++) {
		spread(1000, n);
		ck_assert_int_eq(n[2], 5);
		ck_assert_int_eq(atomic_read(&shim_dest(svc, 2)->totalconns),
				 5 * i);
		after_ms(980);
		ck_assert_int_eq(many(10, 2), 0);
		after_ms(20);
	}
	ck_assert(!delayed_work_pending(&ext()->ramp_work));
	ck_assert_uint_eq(ext()->nr_ramp, 0);
}
END_TEST

/* Turns, weight, clients: each in its way. */
START_TEST(slow_start_raises_the_share)
{
	int i, k;

	if (_i == LC)
		return;
	param("tier", _i);
	add(1, 5, 0, 0);
	add(2, 5, 0, 0);
	/* wrr is rr without */
	priority(1, 0);
	returned(0, 0);
	for (k = 1; k <= 10; k++) {
		int of = 10 * (10 + k), want = 10 * k, got = 0;

		if (_i == SH) {
			for (i = 0; i < 100 * of; i++)
				got += client(i) == 2;
			ck_assert_int_le(abs(got - 100 * want), of);
		} else {
			ck_assert_int_eq(many(of, 2), want);
		}
		after_ms(1000);
	}
}
END_TEST

/* Least connections: a tenth of the other's while it has a tenth. */
START_TEST(slow_start_with_lc)
{
	int n[16];

	param("tier", LC);
	add(1, 5, 0, 0);
	add(2, 5, 0, 0);
	returned(0, 0);
	spread(110, n);
	ck_assert_int_eq(n[2], 10);
	after_ms(4000);
	/* 5 : 10 */
	spread(40, n);
	ck_assert_int_eq(n[2], 40);
	spread(300, n);
	ck_assert_int_eq(atomic_read(&shim_dest(svc, 2)->totalconns), 150);
}
END_TEST

/* rr: the turns it takes do not come all together. */
START_TEST(slow_start_turns_are_spread)
{
	int i;

	add(1, 5, 0, 0);
	add(2, 5, 0, 0);
	returned(0, 0);
	after_ms(4000);
	for (i = 0; i < 20; i++)
		ck_assert_int_ge(many(6, 2), 1);
}
END_TEST

/* The servers beside it share what it leaves, and several may return at once. */
START_TEST(slow_start_leaves_the_rest_to_all)
{
	int n[16], i;

	for (i = 1; i <= 4; i++)
		add(i, 5, 0, 0);
	returned(0, 0);
	spread(310, n);
	ck_assert_int_eq(n[1], 100);
	ck_assert_int_eq(n[2], 10);
	ck_assert_int_eq(n[3], 100);
	edit(3, 0, 0, 0);
	edit(3, 5, 0, 0);
	edit(4, 0, 0, 0);
	edit(4, 5, 0, 0);
	edit(1, 0, 0, 0);
	spread(300, n);
	/* none is better off than the others */
	for (i = 2; i <= 4; i++)
		ck_assert_int_eq(n[i], 100);
}
END_TEST

/* Any number of them: as if none had to start slowly. */
START_TEST(slow_start_of_all)
{
	int n[48] = {}, i;

	for (i = 1; i <= _i; i++)
		add(i, 5, 0, 0);
	/* keep one there, or there is no slow start */
	add(47, 1, 0, 0);
	param("slow-start", 9000);
	for (i = 1; i <= _i; i++)
		edit(i, 0, 0, 0);
	for (i = 1; i <= _i; i++)
		edit(i, 5, 0, 0);
	for (i = 0; i < 10 * _i; i++)
		n[touch()]++;
	for (i = 1; i <= _i; i++)
		ck_assert_int_eq(n[i], 10);
	after_ms(3000);
	for (i = 0; i < 40 * _i; i++)
		n[touch()]++;
	for (i = 1; i <= _i; i++)
		ck_assert_int_eq(n[i], 50);
}
END_TEST

START_TEST(slow_start_of_joined_tiers)
{
	int n[16];

	param("min-active", 3);
	add(1, 7, 0, 0);
	add(2, 5, 0, 0);
	add(3, 5, 0, 0);
	returned(0, 0);
	spread(210, n);
	ck_assert_int_eq(n[1], 100);
	ck_assert_int_eq(n[2], 10);
	ck_assert_int_eq(n[3], 100);
}
END_TEST

START_TEST(slow_start_and_new_servers)
{
	param("slow-start", 9000);
	/* who is alone has to carry what there is */
	add(1, 5, 10, 10);
	ck_assert_uint_eq(slot_of(1)->ramp, 0);
	add(2, 5, 10, 10);
	ck_assert_uint_eq(slot_of(2)->upper, 1);
	/* an edit is no return */
	edit(1, 5, 20, 10);
	ck_assert_uint_eq(slot_of(1)->upper, 20);
	edit(2, 6, 20, 20);
	ck_assert_uint_eq(slot_of(2)->upper, 2);
	after_ms(1000);
	ck_assert_uint_eq(slot_of(2)->upper, 4);
	/* nor is a relief */
	edit(1, 7, 1, 1);
	ck_assert_uint_eq(go(), 1);
	shim_release(last);
	ck_assert_uint_eq(go(), 1);
	ck_assert_uint_eq(slot_of(1)->ramp, 0);
	/* removed and back */
	edit(1, 7, 20, 10);
	unit_ok(shim_del_dest(svc, 2));
	ck_assert_uint_eq(ext()->nr_ramp, 0);
	add(2, 5, 10, 10);
	ck_assert_uint_eq(slot_of(2)->upper, 1);
	edit(2, 0, 10, 10);
	ck_assert_uint_eq(ext()->nr_ramp, 0);
	/* Servers that are there when the scheduler is bound do not return. */
	edit(2, 5, 10, 10);
	unit_ok(shim_edit_service(svc, "none", 0));
	ck_assert_int_eq(shim_works_pending(), 0);
	unit_ok(shim_edit_service(svc, "hprio", 0));
	ck_assert_uint_eq(ext()->ramp_step, HZ);
	ck_assert_uint_eq(ext()->nr_ramp, 0);
	ck_assert_uint_eq(slot_of(2)->upper, 10);
}
END_TEST

/* Full by the limit of the moment: not longer than that. */
START_TEST(slow_start_is_no_reason_to_stay_full)
{
	int n[16];

	add(1, 5, 0, 0);
	add(2, 5, 100, 20);
	returned(100, 20);
	spread(1000, n);
	ck_assert_int_eq(n[2], 10);
	after_ms(1000);
	spread(1000, n);
	ck_assert_int_eq(n[2], 10);
	after_ms(7000);
	spread(2000, n);
	ck_assert_int_eq(n[2], 70);
	after_ms(1000);
	spread(1000, n);
	ck_assert_int_eq(n[2], 10);
	ck_assert_int_eq(atomic_read(&shim_dest(svc, 2)->totalconns), 100);
}
END_TEST

/* It was full before: that lasts until it is below its lower threshold. */
START_TEST(slow_start_of_a_full_server)
{
	struct shim_conn *c[10];
	int i, n[16];

	add(2, 5, 10, 2);
	for (i = 0; i < 10; i++) {
		ck_assert_uint_eq(go(), 2);
		c[i] = last;
	}
	add(1, 5, 0, 0);
	for (i = 0; i < 5; i++)
		shim_release(c[i]);
	returned(10, 2);
	after_ms(20000);
	ck_assert_uint_eq(ext()->nr_ramp, 0);
	ck_assert_int_eq(many(10, 2), 0);
	for (i = 5; i < 9; i++)
		shim_release(c[i]);
	spread(100, n);
	ck_assert_int_eq(n[2], 9);
}
END_TEST

START_TEST(slow_start_is_changed_meanwhile)
{
	add(1, 5, 0, 0);
	add(2, 5, 50, 50);
	returned(50, 50);
	ck_assert_uint_eq(slot_of(2)->upper, 5);
	after_ms(500);
	param("slow-start", 900);
	after_ms(100);
	ck_assert_uint_eq(slot_of(2)->upper, 10);
	after_ms(100);
	ck_assert_uint_eq(slot_of(2)->upper, 15);
	unit_ok(attrs_param_del(svc, "slow-start"));
	ck_assert_uint_eq(slot_of(2)->upper, 50);
	ck_assert_uint_eq(slot_of(2)->ramp, 0);
	ck_assert_uint_eq(ext()->nr_ramp, 0);
	ck_assert_uint_eq(ext()->method, 0);
	after_ms(1000);
	ck_assert_int_eq(shim_works_pending(), 0);
}
END_TEST

/* Limits below ten, and the largest. */
START_TEST(slow_start_of_any_limit)
{
	add(1, 5, 0, 0);
	add(2, 5, 1, 1);
	returned(1, 1);
	ck_assert_uint_eq(slot_of(2)->upper, 1);
	returned(9, 0);
	after_ms(1000);
	ck_assert_uint_eq(slot_of(2)->upper, 1);
	after_ms(1000);
	ck_assert_uint_eq(slot_of(2)->upper, 2);
	edit(2, 5, INT_MAX, 0);
	ck_assert_uint_eq(slot_of(2)->upper, 644245094);
	ck_assert_uint_eq(ext_lower_of(slot_of(2)), 644245094 - 644245094 / 4);
	edit(2, 5, 100, 7);
	ck_assert_uint_eq(slot_of(2)->upper, 30);
	ck_assert_uint_eq(ext_lower_of(slot_of(2)), 7);
	edit(2, 5, 0, 0);
	ck_assert_uint_eq(slot_of(2)->upper, 0);
}
END_TEST

/* ---- what must hold between any two operations ---- */

#define MUST(c) do {							\
	if (!(c))							\
		ck_abort_msg("%s", #c);					\
} while (0)

static struct ip_vs_ext_tier *highest_eligible(struct ip_vs_ext_service *es)
{
	struct rb_node *n;

	for (n = rb_first_cached(&es->tiers); n; n = rb_next(n)) {
		struct ip_vs_ext_tier *t = rb_entry(n, struct ip_vs_ext_tier,
						    by_key);

		if (t->array->eligible)
			return t;
	}
	return NULL;
}

static bool in_use(struct ip_vs_ext_service *es, const struct ip_vs_ext_tier *t)
{
	u32 i;

	for (i = 0; i < es->nr_join; i++)
		if (es->join[i].tier == t)
			return true;
	return es->active == t;
}

static void check_invariants(void)
{
	struct ip_vs_ext_service *es = ext();
	struct ip_vs_ext_tier *active, *best, *t;
	u32 want = 0, tiers = 0, ramps = 0;
	struct rb_node *n;

	spin_lock_bh(&es->lock);
	active = es->active;
	best = highest_eligible(es);
	MUST(!active == !best);
	if (active)
		MUST(active->array->eligible);
	if (active != best)
		MUST(es->holding && active->key < best->key);
	if (es->holding)
		MUST(es->hold && delayed_work_pending(&es->hold_work) &&
		     time_before(jiffies, es->hold_end));
	for (n = active ? &active->by_key : NULL;
	     n && want < es->min_active && tiers < IP_VS_EXT_JOIN;
	     n = rb_next(n)) {
		t = rb_entry(n, struct ip_vs_ext_tier, by_key);
		if (!t->array->eligible)
			continue;
		want += t->array->eligible;
		MUST(es->nr_join <= 1 || (es->join[tiers].tier == t &&
					  es->join[tiers].end == want));
		tiers++;
	}
	MUST(es->nr_join == (tiers > 1 ? tiers : 0));
	MUST(!(es->method & IP_VS_EXT_JOINED) == !es->nr_join);
	for (n = rb_first(&es->slots); n; n = rb_next(n)) {
		struct ip_vs_ext_slot *s = rb_entry(n, struct ip_vs_ext_slot,
						    by_dest);
		u32 upper = s->dest->u_threshold;
		u32 lower = s->dest->l_threshold;

		if (s->ramp && upper) {
			upper = max(upper * (10 - s->ramp) / 10, 1u);
			lower = min(lower, upper);
		}
		MUST(s->upper == upper);
		lower = lower ?: upper - upper / 4;
		MUST(ext_lower_of(s) == lower);
		MUST(ext_lower(es, s) == lower);
		MUST(!s->ramp || !s->quiesced);
		ramps += s->ramp != 0;
	}
	MUST(es->nr_ramp == ramps);
	MUST(!(es->method & IP_VS_EXT_RAMPING) == !ramps);
	if (ramps)
		MUST(es->ramp_step && delayed_work_pending(&es->ramp_work));
	spin_unlock_bh(&es->lock);
}

START_TEST(at_random)
{
	static struct shim_conn *held[2000];
	static const u32 joins[] = { 1, 1, 2, 3, 10, 65535 };
	int n = 0, i, steps = 15000 * unit_factor();

	unit_seed();
	for (i = 0; i < steps; i++) {
		unsigned int id = 1 + shim_rnd() % 12;
		u32 u = shim_rnd() % 6, l = shim_rnd() % (u + 1);

		switch (shim_rnd() % 24) {
		case 0:
			shim_add_dest(svc, id, shim_rnd() % 5, u, l);
			break;
		case 1:
			shim_del_dest(svc, id);
			break;
		case 2:
			shim_edit_dest(svc, id, shim_rnd() % 5, u, l);
			break;
		case 3:
			if (shim_rnd() % 2)
				priority(id, shim_rnd() % 5);
			else
				attrs_del(svc, id);
			break;
		case 4:
			param("tier", shim_rnd() % 4);
			break;
		case 5:
			param("min-active",
			      joins[shim_rnd() % ARRAY_SIZE(joins)]);
			break;
		case 6:
			if (shim_rnd() % 2)
				param("hold", shim_rnd() % 3 * shim_rnd() % 300);
			else
				param("slow-start",
				      shim_rnd() % 3 * shim_rnd() % 300);
			break;
		case 7:
		case 8:
			after_ms(shim_rnd() % 64);
			break;
		case 9:
			shim_rcu_gp();
			break;
		case 10:
		case 11:
		case 12:
			if (n)
				shim_release(held[--n]);
			break;
		case 13:
			while (n && shim_rnd() % 16)
				shim_release(held[--n]);
			break;
		default:
			shim_process_context = shim_rnd() % 8 == 0;
			shim_iph.saddr.ip = shim_rnd();
			if (go())
				held[n++] = last;
			else
				MUST(!highest_eligible(ext()));
			shim_process_context = false;
		}
		if (n == ARRAY_SIZE(held))
			while (n > 100)
				shim_release(held[--n]);
		check_invariants();
	}
}
END_TEST

/* The choice is made among the tiers in use, and all their servers get some. */
START_TEST(nobody_is_forgotten)
{
	unsigned int k, i;

	param("min-active", 6);
	param("tier", _i);
	for (i = 1; i <= 12; i++)
		add(i, 20 - i / 2, 0, 0);
	for (k = 0; k < 2; k++) {
		bool seen[16] = {};

		for (i = 0; i < 400; i++) {
			shim_iph.saddr.ip = htonl(i);
			seen[go()] = true;
			ck_assert(in_use(ext(), container_of(
				rb_first_cached(&ext()->tiers),
				struct ip_vs_ext_tier, by_key)));
		}
		ck_assert(!seen[0]);
		/* without priorities 1, 2 3, 4 5, 6 7; with, all in one tier */
		for (i = 1; i <= 12; i++)
			ck_assert(seen[i] == (k || i <= 7));
		priority(1, 0);
	}
}
END_TEST

/* ---- memory ---- */

static void story(void)
{
	unsigned int i;

	for (i = 1; i <= 10; i++)
		shim_add_dest(svc, i, i, 3, 0);
	attrs_param(svc, "min-active", 4);
	for (i = 3; i <= 7; i++)
		attrs_priority(svc, i, 2);
	shim_edit_dest(svc, 4, 9, 3, 0);
	attrs_param(svc, "tier", LC);
	attrs_param(svc, "tier", WRR);
	shim_del_dest(svc, 5);
	shim_add_dest(svc, 5, 9, 3, 0);
	for (i = 1; i <= 10; i++)
		attrs_del(svc, i);
	attrs_priority(svc, 1, 5);
	for (i = 0; i < 12; i++)
		go();
	/* the only priority comes with its server */
	attrs_del(svc, 1);
	attrs_priority(svc, 11, 5);
	shim_add_dest(svc, 11, 1, 3, 0);
	check_invariants();
}

START_TEST(every_allocation_fails_in_turn)
{
	long n;
	int i;

	for (n = 1; ; n++) {
		begin();
		shim_fail_alloc(n, false);
		story();
		i = !shim_alloc_failed();
		shim_fail_alloc(0, false);
		/* Any change repairs what is missing. */
		if (shim_dest(svc, 1))
			edit(1, 1, 0, 0);
		else
			add(1, 1, 0, 0);
		priority(1, 9);
		MUST((ext()->method & IP_VS_EXT_METHOD_MASK) == ext()->param[2]);
		param("min-active", 1);
		param("tier", WRR);
		sequence("111");
		MUST(!ext()->stale);
		MUST(ext()->method == WRR);
		check_invariants();
		end();
		if (i)
			break;
	}
	ck_assert_int_gt(n, 40);
}
END_TEST

/* ---- beside traffic ---- */

#define CPUS	6

static struct ip_vs_service __rcu *busy;
static int stop;

static void *client_main(void *arg)
{
	struct shim_conn *held = NULL, *c;
	int n = 0;

	shim_process_context = (long)arg == CPUS - 1;
	while (!READ_ONCE(stop)) {
		shim_iph.saddr.ip = shim_rnd() % 100;
		c = shim_connect_to(&busy, shim_rnd() % 64 ? 0 : SHIM_NO_CONN);
		if (c) {
			c->next = held;
			held = c;
			n++;
		}
		while (held && (!c || n > 6 || shim_rnd() % 3 == 0)) {
			c = held;
			held = c->next;
			shim_release(c);
			c = (void *)1;
			n--;
		}
	}
	while (held) {
		c = held;
		held = c->next;
		shim_release(c);
	}
	return NULL;
}

static void beside(long binds, void (*change)(int))
{
	pthread_t thread[CPUS];
	struct timespec ts;
	time_t begun;
	int i;

	stop = 0;
	rcu_assign_pointer(busy, svc);
	shim_race_one_in = 24;
	shim_threads_begin();
	for (i = 0; i < CPUS; i++)
		thread[i] = shim_thread(i + 1, client_main, (void *)(long)i);
	clock_gettime(CLOCK_MONOTONIC, &ts);
	begun = ts.tv_sec;
	for (i = 0; i < 1500 ||
	     __atomic_load_n(&shim_binds, __ATOMIC_RELAXED) < binds; i++) {
		change(i);
		if (shim_rnd() % 4 == 0)
			usleep(shim_rnd() % 200);
		clock_gettime(CLOCK_MONOTONIC, &ts);
		ck_assert_msg(ts.tv_sec < begun + 300, "%ld of %ld connections",
			      shim_binds, binds);
	}
	WRITE_ONCE(stop, 1);
	for (i = 0; i < CPUS; i++)
		shim_join(thread[i]);
	shim_threads_end();
	ck_assert_int_eq(shim_over_limit, 0);
}

static const u32 upper[10] = { 1, 1, 2, 3, 2, 1, 5, 50, 8, 4 };

/* Tiers are joined, leave, are freed; methods change; limits hold. */
static void change_anything(int i)
{
	unsigned int id = 1 + shim_rnd() % 10;
	u32 u = upper[id - 1];

	switch (shim_rnd() % 8) {
	case 0:
		shim_del_dest(svc, id);
		break;
	case 1:
		shim_add_dest(svc, id, 1 + shim_rnd() % 9, u,
			      shim_rnd() % (u + 1));
		break;
	case 2:
		shim_edit_dest(svc, id, shim_rnd() % 9, u, shim_rnd() % (u + 1));
		break;
	case 3:
		attrs_param(svc, "min-active", 1 + shim_rnd() % 6);
		break;
	case 4:
		attrs_param(svc, "tier", shim_rnd() % 4);
		break;
	case 5:
		attrs_param(svc, shim_rnd() % 2 ? "hold" : "slow-start",
			    shim_rnd() % 3 * 10);
		break;
	case 6:
		attrs_priority(svc, id, shim_rnd() % 4);
		break;
	case 7:
		attrs_del(svc, id);
		break;
	}
}

START_TEST(limits_hold_beside_changes)
{
	int i;

	shim_begin(CPUS + 3);
	unit_seed();
	unit_load_hprio();
	attrs_begin();
	unit_ok(shim_add_service(&svc, "hprio", 1, 0));
	for (i = 0; i < 10; i++)
		add(i + 1, 1 + i % 3, upper[i], 0);
	beside(60000 * (long)unit_factor(), change_anything);
	check_invariants();
	end();
}
END_TEST

/* Parameters and priorities change; a server without limit is always there. */
static void change_methods(int i)
{
	switch (shim_rnd() % 4) {
	case 0:
		attrs_param(svc, "min-active", 1 + shim_rnd() % 4);
		break;
	case 1:
		attrs_param(svc, "tier", shim_rnd() % 4);
		break;
	case 2:
		attrs_priority(svc, 1 + shim_rnd() % 4, shim_rnd() % 3);
		break;
	case 3:
		attrs_del(svc, 1 + shim_rnd() % 4);
		break;
	}
}

START_TEST(nobody_is_refused_beside_changes)
{
	shim_begin(CPUS + 3);
	unit_seed();
	unit_load_hprio();
	attrs_begin();
	unit_ok(shim_add_service(&svc, "hprio", 1, 0));
	add(1, 4, 3, 0);
	add(2, 3, 1, 1);
	add(3, 2, 2, 2);
	add(4, 1, 0, 0);
	beside(60000 * (long)unit_factor(), change_methods);
	ck_assert_int_eq(counters().refusals, 0);
	check_invariants();
	end();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("hprio_params");
	TCase *tc = tcase_create("priority");

	tcase_add_checked_fixture(tc, begin, end);
	tcase_add_test(tc, priority_is_the_tier);
	tcase_add_test(tc, priority_zero_counts);
	tcase_add_test(tc, priority_waits_for_its_server);
	suite_add_tcase(s, tc);

	tc = tcase_create("tier");
	tcase_add_checked_fixture(tc, begin, end);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, weights_are_shares);
	tcase_add_test(tc, wrr_begins_late);
	tcase_add_loop_test(tc, turns_while_another_tier_changes, RR, WRR + 1);
	tcase_add_test(tc, least_connections);
	tcase_add_test(tc, least_active_connections);
	tcase_add_test(tc, source_hashing);
	tcase_add_test(tc, source_hashing_by_definition);
	tcase_add_test(tc, source_hashing_of_icmp);
	tcase_add_test(tc, source_hashing_of_addresses);
	tcase_add_test(tc, source_hashing_of_large_weights);
	tcase_add_loop_test(tc, limits_in_every_method, RR, SH + 1);
	tcase_add_loop_test(tc, every_method_without_softirq, RR, SH + 1);
	tcase_add_test(tc, method_changes_refuse_nobody);
	tcase_add_test(tc, wrong_values_change_nothing);
	tcase_add_test(tc, parameters_before_servers);
	suite_add_tcase(s, tc);

	tc = tcase_create("hold");
	tcase_add_checked_fixture(tc, begin, end);
	tcase_add_test(tc, hold_keeps_the_lower_tier);
	tcase_add_test(tc, without_hold_at_once);
	tcase_add_test(tc, hold_ends_by_itself);
	tcase_add_test(tc, hold_yields_when_the_lower_tier_fills);
	tcase_add_test(tc, hold_begins_again_further_down);
	tcase_add_test(tc, hold_and_edits);
	tcase_add_test(tc, hold_and_new_server);
	tcase_add_test(tc, hold_and_removal);
	tcase_add_test(tc, hold_and_edit_of_the_lower_tier);
	tcase_add_test(tc, hold_is_changed_meanwhile);
	tcase_add_test(tc, hold_and_the_end_of_the_service);
	tcase_add_test(tc, hold_over_the_overflow_of_jiffies);
	suite_add_tcase(s, tc);

	tc = tcase_create("min_active");
	tcase_add_checked_fixture(tc, begin, end);
	tcase_add_test(tc, min_active_joins_tiers);
	tcase_add_test(tc, min_active_near_the_limits);
	tcase_add_test(tc, min_active_and_relief);
	tcase_add_test(tc, min_active_and_wrr);
	tcase_add_test(tc, min_active_and_lc);
	tcase_add_test(tc, min_active_and_sh);
	tcase_add_test(tc, min_active_joins_32_tiers_at_most);
	tcase_add_test(tc, min_active_and_hold);
	tcase_add_loop_test(tc, nobody_is_forgotten, RR, SH + 1);
	suite_add_tcase(s, tc);

	tc = tcase_create("slow_start");
	tcase_add_checked_fixture(tc, begin, end);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, slow_start_raises_the_limit);
	tcase_add_loop_test(tc, slow_start_raises_the_share, RR, SH + 1);
	tcase_add_test(tc, slow_start_with_lc);
	tcase_add_test(tc, slow_start_turns_are_spread);
	tcase_add_test(tc, slow_start_leaves_the_rest_to_all);
	tcase_add_loop_test(tc, slow_start_of_all, 1, 41);
	tcase_add_test(tc, slow_start_of_joined_tiers);
	tcase_add_test(tc, slow_start_and_new_servers);
	tcase_add_test(tc, slow_start_is_no_reason_to_stay_full);
	tcase_add_test(tc, slow_start_of_a_full_server);
	tcase_add_test(tc, slow_start_is_changed_meanwhile);
	tcase_add_test(tc, slow_start_of_any_limit);
	suite_add_tcase(s, tc);

	tc = tcase_create("random");
	tcase_add_checked_fixture(tc, begin, end);
	tcase_set_timeout(tc, 300);
	tcase_add_test(tc, at_random);
	suite_add_tcase(s, tc);

	tc = tcase_create("memory");
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, every_allocation_fails_in_turn);
	suite_add_tcase(s, tc);

	tc = tcase_create("threads");
	tcase_set_timeout(tc, 600);
	tcase_add_test(tc, limits_hold_beside_changes);
	tcase_add_test(tc, nobody_is_refused_beside_changes);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
