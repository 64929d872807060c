// SPDX-License-Identifier: GPL-2.0
/* /proc/net/ip_vs. The first byte is where the text is cut in two reads. */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include "proc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void add(struct table *t, uint16_t af, uint16_t protocol, uint16_t port, uint32_t mark)
{
	struct ipvs_service svc = {
		.key = { .af = af, .protocol = protocol, .port = port, .fwmark = mark },
	};

	if (!mark)
		svc.key.addr.ip = htonl(0x0a000001);
	if (!table_add_service(t, &svc))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct proc_reader r;
	struct table t;
	unsigned char seen[4] = { 0 };
	size_t cut;
	long used;
	char *text;

	if (!size)
		return 0;
	cut = *data++;
	size--;
	if (cut > size)
		cut = size;
	table_init(&t);
	add(&t, AF_INET, IPPROTO_TCP, htons(80), 0);
	add(&t, AF_INET, 0, 0, 7);
	add(&t, AF_INET6, 0, 0, 7);
	add(&t, AF_INET6, 0, 0, 8);
	memset(&r, 0, sizeof(r));
	r.t = &t;
	r.seen = seen;
	r.strict = cut & 1;
	text = malloc(size);
	if (size && !text)
		abort();
	if (size)
		memcpy(text, data, size);
	used = proc_lines(&r, text, cut);
	if (used > (long)cut)
		abort();
	if (used >= 0)
		proc_lines(&r, text + used, size - used);
	free(r.index);
	free(text);
	table_free(&t);
	return 0;
}
