// SPDX-License-Identifier: GPL-2.0
/* One counter for all connections of a server.
 * Upstream: "ipvs: add totalconns for dest".
 */
#include <net/ip_vs.h>

int probe(struct ip_vs_dest *dest);
int probe(struct ip_vs_dest *dest)
{
	return atomic_read(&dest->totalconns);
}
