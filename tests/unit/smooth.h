/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The definition of smooth weighted round robin (kernel/ext_smooth.h), carried
 * out literally: every step writes the credit of every server and looks at all
 * of them. Servers are named by pointers.
 */
#ifndef SMOOTH_H
#define SMOOTH_H

#include <shim.h>

struct oracle_server {
	const void *who;
	u64 rate;
	s64 credit;
	bool eligible, fresh;
};

struct oracle {
	struct oracle_server *server;		/* in the order of addition */
	unsigned int nr, cap;
	u64 pick, total, step, rest, carry, made, settled;
};

void oracle_free(struct oracle *o);
void oracle_add(struct oracle *o, const void *who);
void oracle_remove(struct oracle *o, const void *who);
void oracle_rate(struct oracle *o, const void *who, u64 rate);
void oracle_enter(struct oracle *o, const void *who);
void oracle_leave(struct oracle *o, const void *who);
/* What servers are behind the leader is divided by 2 to the @halve. */
void oracle_decay(struct oracle *o, unsigned int halve);
const void *oracle_pick(struct oracle *o);

/*
 * The textbook: servers that are always there, whole numbers. credit += rate for
 * all, the largest is chosen, ties to the first, which pays the sum of rates.
 */
struct textbook {
	unsigned int nr;
	u64 rate[64];
	s64 credit[64];
};

/* Sets of rates that papers and mailing lists like to show. */
extern const struct textbook smooth_sets[];
extern const unsigned int smooth_nr_sets;

u64 textbook_sum(const struct textbook *t);
unsigned int textbook_pick(struct textbook *t);	/* index */

/*
 * Largest difference between what a server got and its share, in picks, over
 * all prefixes of the next @n decisions; servers are 1 ... t->nr.
 */
double smooth_deviation(struct ip_vs_service *svc, const struct textbook *t,
			unsigned int n);

/* The next decisions are servers a, b, ... for 1, 2, ... */
void smooth_expect(struct ip_vs_service *svc, const char *want);

#endif
