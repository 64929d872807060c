/* SPDX-License-Identifier: GPL-2.0 */
/* For programs that write frames: the header's checksum, and numbers of a command line. */
#ifndef FRAME_H
#define FRAME_H

#include <errno.h>
#include <netinet/ip.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned long number(const char *s, unsigned long max)
{
	char *end;
	unsigned long n = strtoul(s, &end, 10);

	if (end == s || *end || n > max) {
		fprintf(stderr, "%s: %s is not a number up to %lu\n",
			program_invocation_short_name, s, max);
		exit(2);
	}
	return n;
}

static uint16_t checksum(struct iphdr ip)
{
	uint16_t words[sizeof(ip) / 2];
	uint32_t sum = 0;
	size_t i;

	memcpy(words, &ip, sizeof(words));
	for (i = 0; i < sizeof(ip) / 2; i++)
		sum += words[i];
	sum = (sum & 0xffff) + (sum >> 16);
	return ~(sum + (sum >> 16));
}

#endif
