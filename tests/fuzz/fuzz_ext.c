// SPDX-License-Identifier: GPL-2.0
/* What family IPVS_EXT sends. The first byte of the input chooses what was asked for,
 * the rest is the datagram.
 */
#include <linux/genetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "exchange.h"
#include "ext_msg.h"
#include "ext_show.h"
#include "follow.h"

#define FAMILY 33
#define SEQ 5

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static FILE *out;

/* Names end, whatever was sent. */
static void check_name(const char *name, size_t size)
{
	if (!memchr(name, 0, size))
		abort();
}

static int read_sched(const struct nlmsghdr *nlh)
{
	struct ext_config c = { .there = true };
	struct ext_sched sched;
	size_t i;

	if (ext_get_sched(nlh, &sched))
		return -1;
	check_name(sched.name, sizeof(sched.name));
	for (i = 0; i < sched.n; i++)
		check_name(sched.param[i].name, sizeof(sched.param[i].name));
	if (ext_add_sched(&c, &sched))
		show_scheds(out, &c, NULL, 0, NULL);
	ext_config_free(&c);
	return 0;
}

static int read_params(const struct nlmsghdr *nlh)
{
	struct ext_service svc;
	size_t i;

	if (ext_get_params(nlh, &svc))
		return -1;
	check_name(svc.sched, sizeof(svc.sched));
	for (i = 0; i < svc.params.n; i++)
		check_name(svc.params.param[i].name, sizeof(svc.params.param[i].name));
	ext_free_params(&svc.params);
	return 0;
}

static int read_state(const struct nlmsghdr *nlh)
{
	struct ext_states s = { .consistent = true };
	struct ext_server_state server;
	struct ext_state svc;
	bool is_server;

	if (ext_get_state(nlh, &svc, &server, &is_server))
		return -1;
	check_name(svc.sched, sizeof(svc.sched));
	if (ext_add_state(&s, &svc) && (!is_server || ext_add_server_state(&s, &server))) {
		ext_states_sort(&s);
		show_tiers(out, &s, true);
	}
	ext_states_free(&s);
	return 0;
}

static int read_event(const struct nlmsghdr *nlh)
{
	struct follow f = { .last = 0 };
	struct ext_event ev;
	uint64_t lost;

	if (ext_get_event(nlh, &ev))
		return -1;
	follow_event(&f, &ev, &lost);
	show_event(out, &ev);
	show_event_json(out, &ev);
	return 0;
}

static int read_reply(struct exchange *x, const struct nlmsghdr *nlh)
{
	struct ext_family family = { .name = IP_VS_EXT_GENL_NAME };
	struct ext_server server;

	switch (*(const uint8_t *)x->arg % 6) {
	case 0:
		return ext_get_family(nlh, &family);
	case 1:
		return read_sched(nlh);
	case 2:
		return read_params(nlh);
	case 3:
		return ext_get_attrs(nlh, &server);
	case 4:
		return read_state(nlh);
	default:
		return read_event(nlh);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct exchange x = {
		.first = SEQ, .last = SEQ, .end = END_DUMP, .type = FAMILY, .reply = read_reply,
	};
	uint8_t kind;
	void *copy;

	if (!out)
		out = fopen("/dev/null", "w");
	if (!size || !out)
		return 0;
	kind = *data++;
	size--;
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
