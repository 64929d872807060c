/* SPDX-License-Identifier: GPL-2.0 */
/* What the benchmarks on real CPUs share. */
#ifndef NATIVE_H
#define NATIVE_H

#include <stdlib.h>
#include <time.h>

#include <shim.h>

static inline u64 now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

/* What the core writes when a connection comes and goes, as far as a scheduler
 * can feel it.
 */
static inline void bind_unbind(struct ip_vs_dest *dest)
{
	ip_vs_dest_hold(dest);
	atomic_inc_return(&dest->totalconns);
	u64_stats_inc(&this_cpu_ptr(dest->stats.cpustats)->cnt.conns);
	atomic_inc(&dest->activeconns);
	atomic_dec(&dest->activeconns);
	atomic_fetch_dec(&dest->totalconns);
	ip_vs_dest_put(dest);
}

static inline int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static inline double median(double *v, unsigned int n)
{
	qsort(v, n, sizeof(*v), by_value);
	return v[n / 2];
}

#endif
