// SPDX-License-Identifier: GPL-2.0
/*
 * Eight CPUs that schedule, bind and release against small limits. The shim
 * looks at every increment of a server's count and dies when it exceeds the
 * upper threshold; races are widened by yielding between decision and bind.
 */
#include <time.h>
#include <unistd.h>

#include "unit.h"

#define CPUS	8		/* those that connect; 0 configures */

static struct ip_vs_service __rcu *svc;
static long wanted;		/* grants until the clients stop releasing */
static int fill;		/* keep asking and release nothing */
static int stop;
static int most = 8;		/* connections that a client has */
static long capacity;		/* of all servers; 0: unknown */
static unsigned int conn_flags;

struct client {
	pthread_t thread;
	int nr;
	int keeps;		/* has seen that nothing is to be released */
};

static struct client clients[CPUS];

static u64 now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000ull + ts.tv_nsec / 1000000;
}

static void *client_main(void *arg)
{
	struct client *me = arg;
	struct shim_conn *held = NULL, *c;
	int n = 0;

	/* Two of them are the director's own connections. */
	shim_process_context = me->nr >= CPUS - 2;
	while (!READ_ONCE(stop)) {
		unsigned int flags = conn_flags;
		bool filling = READ_ONCE(fill);

		if (shim_rnd() % 64 == 0)
			flags |= SHIM_NO_CONN;
		c = shim_connect_to(&svc, flags);
		if (c) {
			c->next = held;
			held = c;
			n++;
		} else if (filling) {
			usleep(50);
		}
		if (filling) {
			WRITE_ONCE(me->keeps, 1);
			continue;
		}
		/* Now and then let go of one, of some, of all. */
		while (held && (!c || n > READ_ONCE(most) || shim_rnd() % 3 == 0)) {
			c = held;
			held = c->next;
			shim_release(c);
			c = (void *)1;
			n--;
		}
	}
	return NULL;
}

static void clients_start(void)
{
	int i;

	stop = fill = 0;
	shim_threads_begin();
	for (i = 0; i < CPUS; i++) {
		clients[i] = (struct client){ .nr = i };
		clients[i].thread = shim_thread(i + 1, client_main, &clients[i]);
	}
}

static void clients_stop(void)
{
	int i;

	WRITE_ONCE(stop, 1);
	for (i = 0; i < CPUS; i++)
		shim_join(clients[i].thread);
	shim_threads_end();
}

static long bound(void)
{
	return __atomic_load_n(&shim_binds, __ATOMIC_RELAXED);
}

static long in_use(void)
{
	struct ip_vs_dest *d;
	long n = 0;

	list_for_each_entry(d, &svc->destinations, n_list)
		n += atomic_read(&d->totalconns);
	return n;
}

static bool all_keep(void)
{
	int i;

	for (i = 0; i < CPUS; i++)
		if (!READ_ONCE(clients[i].keeps))
			return false;
	return true;
}

/* Fill up; dies of the limit if one too many, of the timeout if one too few. */
static void fill_to_the_brim(void)
{
	u64 end = now_ms() + 60000;
	struct ip_vs_dest *d;

	WRITE_ONCE(fill, 1);
	while ((!all_keep() || in_use() < capacity) && now_ms() < end)
		usleep(1000);
	/* and go on asking for a while */
	usleep(50000);
	clients_stop();
	list_for_each_entry(d, &svc->destinations, n_list)
		ck_assert_msg(atomic_read(&d->totalconns) == (int)d->u_threshold,
			      "server %u: %d connections, limit %u",
			      shim_dest_id(d), atomic_read(&d->totalconns),
			      d->u_threshold);
	ck_assert_int_eq(shim_over_limit, 0);
}

static void setup(unsigned int svc_flags)
{
	struct ip_vs_service *s;

	shim_begin(CPUS + 3);
	unit_seed();
	unit_load_hprio();
	shim_race_one_in = 24;
	unit_ok(shim_add_service(&s, "hprio", 1, svc_flags));
	rcu_assign_pointer(svc, s);
	conn_flags = 0;
}

static void run_until(long grants, u64 ms)
{
	u64 end = now_ms() + ms;

	while (bound() < grants) {
		ck_assert_msg(now_ms() < end, "%ld of %ld grants", bound(), grants);
		usleep(2000);
	}
}

static const struct { u32 u; long grants; } limits[] = {
	{ 1, 250000 }, { 2, 250000 }, { 3, 250000 }, { 50, 300000 },
};

static void exact(u32 u, u32 l, long grants, unsigned int flags)
{
	setup(flags);
	unit_ok(shim_add_dest(svc, 1, 5, u, l));
	unit_ok(shim_add_dest(svc, 2, 5, u, l));
	unit_ok(shim_add_dest(svc, 3, 1, u, l));
	capacity = 3L * u;
	wanted = grants * unit_factor();
	clients_start();
	run_until(wanted, 300000ull * unit_factor());
	fill_to_the_brim();
	shim_end();
}

/* With lower = upper a server takes a connection as soon as there is a place. */
START_TEST(exact_limit)
{
	exact(limits[_i].u, limits[_i].u, limits[_i].grants, 0);
}
END_TEST

START_TEST(exact_limit_of_active)
{
	exact(limits[_i].u, limits[_i].u, 50000, IP_VS_SVC_F_SCHED1);
}
END_TEST

/* A connection that the statistics do not show is proven by RCU alone. */
START_TEST(exact_limit_without_statistics)
{
	setup(0);
	conn_flags = SHIM_NO_STATS;
	unit_ok(shim_add_dest(svc, 1, 1, 2, 2));
	unit_ok(shim_add_dest(svc, 2, 1, 3, 3));
	capacity = 5;
	clients_start();
	run_until(30000, 300000);
	fill_to_the_brim();
	shim_end();
}
END_TEST

/* The default lower threshold: never above; and it comes back when emptied. */
START_TEST(exact_with_hysteresis)
{
	setup(0);
	unit_ok(shim_add_dest(svc, 1, 5, 8, 0));
	unit_ok(shim_add_dest(svc, 2, 5, 20, 5));
	unit_ok(shim_add_dest(svc, 3, 1, 1, 0));
	clients_start();
	run_until(100000 * unit_factor(), 300000ull * unit_factor());
	clients_stop();
	ck_assert_int_eq(shim_over_limit, 0);
	shim_end();
}
END_TEST

/*
 * One server goes to and fro between where grants are reserved, from 78 on with so
 * many CPUs, and where they are not, below 40.
 */
START_TEST(exact_far_and_near)
{
	struct ip_vs_dest *d;
	unsigned int far = 0;
	u64 end;

	setup(0);
	unit_ok(shim_add_dest(svc, 1, 5, 100, 100));
	d = shim_dest(svc, 1);
	capacity = 100;
	most = 40;
	clients_start();
	end = now_ms() + 60000;
	while (far < 50u * unit_factor() && now_ms() < end) {
		u32 conns = atomic_read(&d->totalconns);

		if (READ_ONCE(most) && conns > 90) {
			WRITE_ONCE(most, 0);
		} else if (!READ_ONCE(most) && conns < 30) {
			WRITE_ONCE(most, 40);
			far++;
		}
		usleep(100);
	}
	ck_assert_uint_ge(far, 50u * unit_factor());
	fill_to_the_brim();
	most = 8;
	shim_end();
}
END_TEST

/*
 * Servers come, go, change weight and lower limit while clients run. Their
 * upper limits stay (a limit that is lowered between decision and bind could
 * not be told from one that was overrun).
 */
START_TEST(exact_beside_configuration)
{
	static const u32 upper[10] = { 1, 1, 2, 3, 2, 1, 5, 50, 8, 4 };
	int i, ops = 0;

	setup(0);
	for (i = 0; i < 10; i++)
		unit_ok(shim_add_dest(svc, i + 1, 1 + i % 3, upper[i], 0));
	clients_start();
	while (bound() < 100000 * (long)unit_factor() || ops < 2000) {
		unsigned int id = 1 + shim_rnd() % 10;
		u32 u = upper[id - 1];

		switch (shim_rnd() % 4) {
		case 0:
			shim_del_dest(svc, id);
			break;
		case 1:
			shim_add_dest(svc, id, 1 + shim_rnd() % 3, u,
				      shim_rnd() % (u + 1));
			break;
		case 2:
			shim_edit_dest(svc, id, shim_rnd() % 4, u,
				       shim_rnd() % (u + 1));
			break;
		case 3:
			/* removed and back at once, connections and all */
			shim_del_dest(svc, id);
			shim_add_dest(svc, id, 2, u, u);
			break;
		}
		ops++;
		if (shim_rnd() % 4 == 0)
			usleep(shim_rnd() % 200);
	}
	/* All of them back, and all of them full in the end. */
	capacity = 0;
	for (i = 0; i < 10; i++) {
		shim_add_dest(svc, i + 1, 1, upper[i], upper[i]);
		unit_ok(shim_edit_dest(svc, i + 1, 2, upper[i], upper[i]));
		capacity += upper[i];
	}
	fill_to_the_brim();
	shim_end();
}
END_TEST

/* Upper limits change, too: what is checked is that nobody gets lost. */
START_TEST(limits_change_beside_traffic)
{
	int i, ops;

	setup(0);
	shim_limit = SHIM_LIMIT_OFF;
	for (i = 1; i <= 4; i++)
		unit_ok(shim_add_dest(svc, i, i, 4, 0));
	clients_start();
	for (ops = 0; ops < 3000 || bound() < 50000; ops++) {
		u32 u = shim_rnd() % 6;

		unit_ok(shim_edit_dest(svc, 1 + shim_rnd() % 4, shim_rnd() % 4,
				       u, shim_rnd() % (u + 1)));
		if (shim_rnd() % 4 == 0)
			usleep(shim_rnd() % 200);
	}
	/* Room for what is there, then exact again. */
	for (i = 1; i <= 4; i++)
		unit_ok(shim_edit_dest(svc, i, 1, 200, 200));
	synchronize_rcu();
	WRITE_ONCE(shim_limit, SHIM_LIMIT_DIE);
	capacity = 800;
	fill_to_the_brim();
	shim_end();
}
END_TEST

/* The scheduler is changed, the service deleted and made again, under traffic. */
START_TEST(service_changes_beside_traffic)
{
	struct ip_vs_service *s;
	int i, n;

	setup(0);
	for (i = 1; i <= 5; i++)
		unit_ok(shim_add_dest(svc, i, 1 + i % 2, i, 0));
	clients_start();
	for (n = 0; n < 300; n++) {
		s = rcu_dereference_protected(svc, 1);
		if (n % 3) {
			unit_ok(shim_edit_service(s, "none", 0));
			if (n % 2)
				usleep(300);
			unit_ok(shim_edit_service(s, "hprio", 0));
		} else {
			RCU_INIT_POINTER(svc, NULL);
			shim_del_service(s);
			if (n % 2)
				usleep(300);
			unit_ok(shim_add_service(&s, "hprio", 1, 0));
			for (i = 1; i <= 5; i++)
				unit_ok(shim_add_dest(s, i, 1 + i % 2, i, 0));
			rcu_assign_pointer(svc, s);
		}
		usleep(shim_rnd() % 2000);
	}
	clients_stop();
	ck_assert_int_eq(shim_over_limit, 0);
	ck_assert_int_gt(bound(), 1000);
	shim_end();
}
END_TEST

/* A tier too large to be watched comes back through the work. */
START_TEST(large_tier_beside_traffic)
{
	int i;

	setup(0);
	for (i = 1; i <= 60; i++)
		unit_ok(shim_add_dest(svc, i, 5, 1, 1));
	unit_ok(shim_add_dest(svc, 61, 1, 10, 10));
	capacity = 70;
	clients_start();
	run_until(50000, 300000);
	fill_to_the_brim();
	shim_end();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("threads");
	TCase *tc = tcase_create("exact");

	tcase_set_timeout(tc, 600);
	tcase_add_loop_test(tc, exact_limit, 0, ARRAY_SIZE(limits));
	tcase_add_loop_test(tc, exact_limit_of_active, 0, ARRAY_SIZE(limits));
	tcase_add_test(tc, exact_limit_without_statistics);
	tcase_add_test(tc, exact_with_hysteresis);
	tcase_add_test(tc, exact_far_and_near);
	suite_add_tcase(s, tc);

	tc = tcase_create("config");
	tcase_set_timeout(tc, 600);
	tcase_add_test(tc, exact_beside_configuration);
	tcase_add_test(tc, limits_change_beside_traffic);
	tcase_add_test(tc, service_changes_beside_traffic);
	tcase_add_test(tc, large_tier_beside_traffic);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
