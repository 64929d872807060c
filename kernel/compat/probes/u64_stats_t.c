// SPDX-License-Identifier: GPL-2.0
/* Per CPU counters as u64_stats_t.
 * Upstream: "ipvs: use u64_stats_t for the per-cpu counters".
 */
#include <net/ip_vs.h>

u64 probe(struct ip_vs_cpu_stats *s);
u64 probe(struct ip_vs_cpu_stats *s)
{
	return u64_stats_read(&s->cnt.conns);
}
