/* SPDX-License-Identifier: GPL-2.0 */
/* Counters as no test can make them: around every change of unit. */
#ifndef BIGSTATS_H
#define BIGSTATS_H

#include <stdint.h>

/* No two have the same lower half, so that half tells which it was. */
static const uint64_t big_stats[] = {
	0, 1, 42, 9999999, 99999998, 99999999, 100000000, 100000999, 999999999, 1000000000,
	4294967295, 4294967298, 5000000000, 9999999999, 99999999999, 100000000000,
	999999999999, 1234567890123, 99999999999999, 100000000000001, 123456789012345678,
	9223372036854775815ULL, 18446744073709551613ULL,
};

#define BIG_STATS (sizeof(big_stats) / sizeof(big_stats[0]))

#endif
