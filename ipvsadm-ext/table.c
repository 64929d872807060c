// SPDX-License-Identifier: GPL-2.0
/*
 * Virtual services and their servers in memory: two levels of plain arrays that
 * double when they are full, and a true order to search them by.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include "table.h"

void table_init(struct table *t)
{
	memset(t, 0, sizeof(*t));
}

void table_free(struct table *t)
{
	size_t i;

	for (i = 0; i < t->n; i++) {
		free(t->service[i].server);
		free(t->service[i].server_stats);
	}
	free(t->service);
	table_init(t);
}

struct ipvs_service *table_add_service(struct table *t, const struct ipvs_service *svc)
{
	struct ipvs_service *copy;

	if (t->n == t->room) {
		size_t room = t->room ? t->room * 2 : 16;

		copy = reallocarray(t->service, room, sizeof(*copy));
		if (!copy)
			return NULL;
		t->service = copy;
		t->room = room;
	}
	copy = &t->service[t->n++];
	*copy = *svc;
	copy->server = NULL;
	copy->server_stats = NULL;
	copy->n = 0;
	copy->room = 0;
	return copy;
}

static int grow_servers(struct ipvs_service *svc, bool stats)
{
	size_t room = svc->room ? svc->room * 2 : 4;
	struct ipvs_server *server;

	server = reallocarray(svc->server, room, sizeof(*server));
	if (!server)
		return -1;
	svc->server = server;
	if (stats) {
		struct ipvs_stats *more;

		more = reallocarray(svc->server_stats, room, sizeof(*more));
		if (!more)
			return -1;
		svc->server_stats = more;
	}
	svc->room = room;
	return 0;
}

struct ipvs_server *table_add_server(struct table *t, struct ipvs_service *svc,
				     const struct ipvs_server *server)
{
	struct ipvs_server *copy;

	if (svc->n == svc->room && grow_servers(svc, t->stats) < 0)
		return NULL;
	if (t->stats)
		memset(&svc->server_stats[svc->n], 0, sizeof(*svc->server_stats));
	copy = &svc->server[svc->n];
	*copy = *server;
	copy->place = svc->n++;
	return copy;
}

static int cmp_number(uint32_t a, uint32_t b)
{
	return (a > b) - (a < b);
}

static int cmp_addr(uint16_t af, const union nf_inet_addr *a, const union nf_inet_addr *b)
{
	if (af != AF_INET6)
		return cmp_number(ntohl(a->ip), ntohl(b->ip));
	/* Network order: the most significant byte first. */
	return memcmp(a, b, sizeof(a->in6));
}

int ipvs_key_cmp(const struct ipvs_key *a, const struct ipvs_key *b)
{
	int diff;

	diff = cmp_number(a->fwmark, b->fwmark);
	if (!diff)
		diff = cmp_number(a->af, b->af);
	if (diff || a->fwmark)
		return diff;
	diff = cmp_number(a->protocol, b->protocol);
	if (!diff)
		diff = cmp_addr(a->af, &a->addr, &b->addr);
	if (!diff)
		diff = cmp_number(ntohs(a->port), ntohs(b->port));
	return diff;
}

int ipvs_server_cmp(const struct ipvs_server *a, const struct ipvs_server *b)
{
	int diff;

	diff = cmp_number(a->af, b->af);
	if (!diff)
		diff = cmp_addr(a->af, &a->addr, &b->addr);
	if (!diff)
		diff = cmp_number(ntohs(a->port), ntohs(b->port));
	return diff;
}

/* What is sorted by a table_cmp_t through its numbers. */
struct sorting {
	const struct ipvs_server *server;
	table_cmp_t *cmp;
};

static int cmp_numbers(const void *a, const void *b, void *arg)
{
	const struct sorting *s = arg;

	return s->cmp(&s->server[*(const uint32_t *)a], &s->server[*(const uint32_t *)b]);
}

/* Put server order[i] at i, for all i. */
static void arrange(struct ipvs_server *server, uint32_t *order, size_t n)
{
	struct ipvs_server first;
	size_t i, to, from;

	for (i = 0; i < n; i++) {
		if (order[i] == i)
			continue;
		first = server[i];
		for (to = i; order[to] != i; to = from) {
			from = order[to];
			server[to] = server[from];
			order[to] = to;
		}
		server[to] = first;
		order[to] = to;
	}
}

/* qsort() takes 16 bytes for each of what it sorts if that is large. Sorting
 * numbers takes half of that, and comes to the same order.
 */
#define MANY 1000

static void sort_servers(struct ipvs_service *svc, table_cmp_t *cmp)
{
	struct sorting s = { .server = svc->server, .cmp = cmp };
	uint32_t *order = NULL;
	uint32_t i;

	if (svc->n < 2)
		return;
	if (svc->n >= MANY)
		order = reallocarray(NULL, svc->n, sizeof(*order));
	if (!order) {
		qsort(svc->server, svc->n, sizeof(*svc->server), cmp);
		return;
	}
	for (i = 0; i < svc->n; i++)
		order[i] = i;
	qsort_r(order, svc->n, sizeof(*order), cmp_numbers, &s);
	arrange(svc->server, order, svc->n);
	free(order);
}

void table_sort_by(struct table *t, table_cmp_t *service, table_cmp_t *server)
{
	size_t i;

	if (t->n > 1)
		qsort(t->service, t->n, sizeof(*t->service), service);
	for (i = 0; i < t->n; i++)
		sort_servers(&t->service[i], server);
}

static int cmp_service(const void *a, const void *b)
{
	return ipvs_key_cmp(&((const struct ipvs_service *)a)->key,
			    &((const struct ipvs_service *)b)->key);
}

static int cmp_server(const void *a, const void *b)
{
	return ipvs_server_cmp(a, b);
}

void table_sort(struct table *t)
{
	table_sort_by(t, cmp_service, cmp_server);
}

static int cmp_key_service(const void *key, const void *svc)
{
	return ipvs_key_cmp(key, &((const struct ipvs_service *)svc)->key);
}

struct ipvs_service *table_find(const struct table *t, const struct ipvs_key *key)
{
	if (!t->n)
		return NULL;
	return bsearch(key, t->service, t->n, sizeof(*t->service), cmp_key_service);
}

struct ipvs_server *table_find_server(const struct ipvs_service *svc,
				      const struct ipvs_server *server)
{
	if (!svc->n)
		return NULL;
	return bsearch(server, svc->server, svc->n, sizeof(*server), cmp_server);
}
