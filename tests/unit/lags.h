/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A service and a simulation of its links (links.h), side by side: every
 * decision is held against what the simulation predicts, and then carried out
 * in it. For schedulers that look at queues: bw_lag_val and bw_lag.
 */
#ifndef LAGS_H
#define LAGS_H

#include "attrs.h"
#include "ip_vs_ext_link.h"
#include "links.h"

#define LAGS_MAX	32

struct lags {
	struct ip_vs_service *svc;
	struct links *links;
	bool lag;		/* first to arrive, or first to be sent? */
	u64 bandwidth[LAGS_MAX];
	u32 lag_us[LAGS_MAX];
	bool in[LAGS_MAX];	/* can be chosen */
	double error[LAGS_MAX];	/* of the kernel's account, at most, in ns */
	/* decisions, and how many of them had only one right answer */
	unsigned long decisions, clear;
};

/* Links are numbered from 0, servers from 1. The service is a one-packet one. */
void lags_begin(struct lags *t, const char *sched, bool lag);
void lags_end(struct lags *t);
/* A new link, idle, or new attributes for one. */
void lags_add(struct lags *t, unsigned int i, u64 bandwidth, u32 lag_us);
void lags_set(struct lags *t, unsigned int i, u64 bandwidth, u32 lag_us);
void lags_del(struct lags *t, unsigned int i);
void lags_quiesce(struct lags *t, unsigned int i, bool quiesce);
void lags_advance(struct lags *t, u64 ns);
/* A packet: which link got it? Fails unless that is the right one. */
unsigned int lags_go(struct lags *t, u32 bytes);

/* All of a test: random links, sizes, loads, and changes in between. */
void lags_random(const char *sched, bool lag);

/* Time of the framework's account until the server is idle, in ns. */
double lags_wait(struct ip_vs_service *svc, unsigned int id);
struct ip_vs_ext_link *lags_link(struct ip_vs_service *svc, unsigned int id);

/* A string of the servers chosen by @n decisions at once: a is number 1. */
const char *lags_string(struct ip_vs_service *svc, int n);

#endif
