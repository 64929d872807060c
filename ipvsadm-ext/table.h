/* SPDX-License-Identifier: GPL-2.0 */
/* Virtual services and their servers in memory. */
#ifndef IPVSADM_EXT_TABLE_H
#define IPVSADM_EXT_TABLE_H

#include "ipvs.h"

/**
 * struct table - services, as read from the kernel or from a file
 * @service: array of them
 * @n: their number
 * @room: how many there is memory for
 * @stats: services and servers have statistics
 * @consistent: nothing changed while it was read; see kernel_table()
 */
struct table {
	struct ipvs_service *service;
	size_t n;
	size_t room;
	bool stats;
	bool consistent;
};

void table_init(struct table *t);
void table_free(struct table *t);

/* Both copy, and return where the copy is, or NULL if there is no memory. The
 * pointer is good until the next call. A service is added without servers.
 */
struct ipvs_service *table_add_service(struct table *t, const struct ipvs_service *svc);
struct ipvs_server *table_add_server(struct table *t, struct ipvs_service *svc,
				     const struct ipvs_server *server);

/* By fwmark, family, protocol, address, port, and as unsigned numbers: a true
 * order, for everything that is new. 1.31's order is in text.c.
 */
int ipvs_key_cmp(const struct ipvs_key *a, const struct ipvs_key *b);
int ipvs_server_cmp(const struct ipvs_server *a, const struct ipvs_server *b);
void table_sort(struct table *t);

/* In an order of the caller's, by qsort() with these comparisons of services and
 * of servers; the statistics of servers stay where they are.
 */
typedef int table_cmp_t(const void *a, const void *b);
void table_sort_by(struct table *t, table_cmp_t *service, table_cmp_t *server);

/* In a sorted table. */
struct ipvs_service *table_find(const struct table *t, const struct ipvs_key *key);
struct ipvs_server *table_find_server(const struct ipvs_service *svc,
				      const struct ipvs_server *server);

#endif
