// SPDX-License-Identifier: GPL-2.0
/* Positive control: if this does not compile, no probe can be trusted. */
#include <net/ip_vs.h>

int probe(struct ip_vs_dest *dest);
int probe(struct ip_vs_dest *dest)
{
	return atomic_read(&dest->activeconns);
}
