// SPDX-License-Identifier: GPL-2.0
/* What comes through the socket. The first byte of the input chooses what was
 * asked for, the rest is the datagram.
 */
#include <linux/genetlink.h>
#include <stdlib.h>
#include <string.h>
#include "exchange.h"
#include "genl.h"

#define FAMILY 33
#define FIRST 5
#define LAST 8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int read_reply(struct exchange *x, const struct nlmsghdr *nlh)
{
	struct ipvs_timeouts timeouts;
	struct ipvs_service svc;
	struct ipvs_server server;
	struct ipvs_stats stats;
	struct ipvs_daemon daemon;
	struct ipvs_info info;
	uint16_t family;

	switch (*(const uint8_t *)x->arg >> 2) {
	case 0:
		return genl_get_family(nlh, &family);
	case 1:
		return genl_get_info(nlh, &info);
	case 2:
		if (genl_get_service(nlh, &svc, true))
			return -1;
		/* Names end, whatever was sent. */
		if (!memchr(svc.sched, 0, sizeof(svc.sched)) ||
		    !memchr(svc.pe, 0, sizeof(svc.pe)))
			abort();
		return 0;
	case 3:
		return genl_get_server(nlh, AF_INET, &server, &stats);
	case 4:
		return genl_get_timeouts(nlh, &timeouts);
	default:
		if (genl_get_daemon(nlh, &daemon))
			return -1;
		if (!memchr(daemon.ifname, 0, sizeof(daemon.ifname)))
			abort();
		return 0;
	}
}

static int read_refusal(struct exchange *x, uint32_t seq, int err, const char *extack)
{
	static volatile size_t sink;

	(void)x;
	if (seq - FIRST > LAST - FIRST || err <= 0)
		abort();
	if (extack)
		sink = strlen(extack);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct exchange x = {
		.first = FIRST, .last = LAST, .reply = read_reply, .refused = read_refusal,
	};
	uint8_t kind;
	void *copy;

	if (!size)
		return 0;
	kind = *data++;
	size--;
	x.end = (kind & 3) % 3;
	x.type = kind >> 2 ? FAMILY : GENL_ID_CTRL;
	x.arg = &kind;
	/* Of its own size, so that a byte too far is noticed. */
	copy = malloc(size);
	if (size && !copy)
		return 0;
	if (size)
		memcpy(copy, data, size);
	exchange_read(&x, copy, size);
	free(copy);
	return 0;
}
