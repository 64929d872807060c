/* SPDX-License-Identifier: GPL-2.0 */
/* Shadows the kernel's <net/ip_vs.h>: the same, plus one spelling for what
 * kernels spell differently. Which kernel this is was found out by compiling
 * kernel/compat/probes/; ip_vs_compat_config.h has the answers.
 */
#ifndef _IP_VS_COMPAT_NET_IP_VS_H
#define _IP_VS_COMPAT_NET_IP_VS_H

#include_next <net/ip_vs.h>
#include "ip_vs_compat_config.h"

/**
 * ip_vs_compat_conns - active and inactive connections of a server
 * @dest: real server
 *
 * Where the kernel counts both apart, a connection that is changing from one
 * to the other is in neither for a moment.
 *
 * Return: their number.
 */
static inline u32 ip_vs_compat_conns(const struct ip_vs_dest *dest)
{
#if IP_VS_HAVE_TOTALCONNS
	return atomic_read(&dest->totalconns);
#else
	return atomic_read(&dest->activeconns) + atomic_read(&dest->inactconns);
#endif
}

/**
 * ip_vs_compat_conns_most - as ip_vs_compat_conns(), and never too low
 * @dest: real server that is linked to its service
 *
 * Every connection and every persistence template holds a reference, taken
 * before it is counted and dropped after; the service's list holds one more.
 * The references therefore bound the connections also while one of them is
 * changing its state. (In persistent services the two reads can be off by the
 * templates that come and go between them; connections that follow a template
 * are outside of every promise anyway.)
 *
 * Return: their number.
 */
static inline u32 ip_vs_compat_conns_most(const struct ip_vs_dest *dest)
{
	u32 conns = ip_vs_compat_conns(dest);

#if !IP_VS_HAVE_TOTALCONNS
	int refs = (int)refcount_read(&dest->refcnt) - 1 -
		   atomic_read(&dest->persistconns);

	conns = max_t(int, conns, refs);
#endif
	return conns;
}

/* Is a connection counted before the per CPU statistics say so, for an observer
 * on another CPU? With totalconns the core uses a fully ordered operation;
 * before, a plain atomic_inc(), which is one only on x86.
 */
#define IP_VS_COMPAT_BIND_ORDERED \
	(IP_VS_HAVE_TOTALCONNS || IS_ENABLED(CONFIG_X86))

/**
 * ip_vs_compat_stats_conns - connections that one CPU has bound
 * @stats: that CPU's statistics of a service or a server
 *
 * Return: a counter that the core raises after each connection it binds. Only
 * good for comparing: on 32 bit a read during the update may be torn.
 */
static inline u64 ip_vs_compat_stats_conns(const struct ip_vs_cpu_stats *stats)
{
#if IP_VS_HAVE_U64_STATS_T
	return u64_stats_read(&stats->cnt.conns);
#else
	return READ_ONCE(stats->cnt.conns);
#endif
}

/**
 * ip_vs_compat_stats_bytes - bytes that one CPU has forwarded, both directions
 * @stats: that CPU's statistics of a service or a server
 *
 * Whole only for a reader on that CPU, with BH disabled: elsewhere, on 32 bit, a
 * read during the update may be torn.
 *
 * Return: their number since the service or server exists.
 */
static inline u64 ip_vs_compat_stats_bytes(const struct ip_vs_cpu_stats *stats)
{
#if IP_VS_HAVE_U64_STATS_T
	return u64_stats_read(&stats->cnt.inbytes) +
	       u64_stats_read(&stats->cnt.outbytes);
#else
	return READ_ONCE(stats->cnt.inbytes) + READ_ONCE(stats->cnt.outbytes);
#endif
}

#endif /* _IP_VS_COMPAT_NET_IP_VS_H */
