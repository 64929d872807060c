// SPDX-License-Identifier: GPL-2.0
/* Tables in memory: 1.31's order, whatever the way to it, and what goes along. */
#include <arpa/inet.h>
#include "table.h"
#include "text.h"
#include "unit.h"

/* 1.31's, of servers without their ports: not an order, so that what comes out
 * depends on who is compared with whom.
 */
static int overflowing(const void *x, const void *y)
{
	const struct ipvs_server *a = x, *b = y;
	int i, diff = 0;

	if (a->af == AF_INET)
		return (int)(ntohl(a->addr.ip) - ntohl(b->addr.ip));
	for (i = 0; !diff && i < 4; i++)
		diff = (int)(ntohl(a->addr.all[i]) - ntohl(b->addr.all[i]));
	return diff;
}

/* A service with @n servers all over the addresses; its statistics name them. */
static void fill(struct table *t, uint16_t af, size_t n)
{
	struct ipvs_service svc;
	struct ipvs_server server;
	size_t i;
	int k;

	memset(&svc, 0, sizeof(svc));
	svc.key.af = af;
	svc.key.fwmark = 1;
	table_init(t);
	t->stats = true;
	ck_assert_ptr_nonnull(table_add_service(t, &svc));
	for (i = 0; i < n; i++) {
		memset(&server, 0, sizeof(server));
		server.af = af;
		server.weight = i;
		for (k = 0; k < (af == AF_INET ? 1 : 4); k++)
			server.addr.all[k] = random() ^ random() << 1;
		ck_assert_ptr_nonnull(table_add_server(t, &t->service[0], &server));
		t->service[0].server_stats[i].value[IPVS_CONNS] = i;
	}
}

static void check(size_t n, uint16_t af)
{
	const struct ipvs_service *svc;
	struct ipvs_server *plain;
	struct table t;
	size_t i;

	fill(&t, af, n);
	svc = &t.service[0];
	plain = reallocarray(NULL, n, sizeof(*plain));
	ck_assert_ptr_nonnull(plain);
	memcpy(plain, svc->server, n * sizeof(*plain));
	qsort(plain, n, sizeof(*plain), overflowing);
	text_sort(&t);
	ck_assert_uint_eq(svc->n, n);
	for (i = 0; i < n; i++) {
		ck_assert_int_eq(svc->server[i].weight, plain[i].weight);
		ck_assert_int_eq(memcmp(&svc->server[i].addr, &plain[i].addr,
					sizeof(plain->addr)), 0);
		ck_assert_uint_eq(svc->server_stats[svc->server[i].place].value[IPVS_CONNS],
				  svc->server[i].weight);
	}
	/* and the true one, after it */
	table_sort(&t);
	for (i = 0; i < n; i++) {
		ck_assert(!i || ipvs_server_cmp(&svc->server[i - 1], &svc->server[i]) <= 0);
		ck_assert_uint_eq(svc->server_stats[svc->server[i].place].value[IPVS_CONNS],
				  svc->server[i].weight);
	}
	free(plain);
	table_free(&t);
}

START_TEST(order)
{
	static const size_t n[] = { 1, 2, 3, 17, 999, 1000, 1001, 20000 };

	unit_seed();
	check(n[_i / 2], _i % 2 ? AF_INET6 : AF_INET);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("table");
	TCase *tc = tcase_create("table");

	tcase_add_loop_test(tc, order, 0, 16);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
