// SPDX-License-Identifier: GPL-2.0
/* Inactive connections counted apart; ended by totalconns. */
#include <net/ip_vs.h>

int probe(struct ip_vs_dest *dest);
int probe(struct ip_vs_dest *dest)
{
	return atomic_read(&dest->inactconns);
}
