// SPDX-License-Identifier: GPL-2.0
/* Per CPU counters as plain integers; ended by u64_stats_t. */
#include <net/ip_vs.h>

u64 probe(struct ip_vs_cpu_stats *s);
u64 probe(struct ip_vs_cpu_stats *s)
{
	return s->cnt.conns + 1;
}
