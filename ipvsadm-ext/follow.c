// SPDX-License-Identifier: GPL-2.0
/*
 * Events of a network namespace have consecutive numbers, and all of them reach a
 * socket that is in the group, or the kernel says that some did not. Who joins
 * before reading the state receives all events behind it; the state says of each
 * service and each server up to which number events are part of it.
 */
#include <stdlib.h>
#include <string.h>
#include "follow.h"
#include "table.h"

static int cmp(const void *a, const void *b)
{
	const struct ext_server_state *x = a, *y = b;

	return ext_server_cmp(&x->server, &y->server);
}

/* The number that any event before the state has at most, and the next may have. */
static uint64_t oldest(const struct ext_states *s)
{
	uint64_t least = UINT64_MAX;
	size_t i;

	for (i = 0; i < s->services; i++)
		if (s->service[i].value[IP_VS_EXT_STATE_EVENT_SEQ] < least)
			least = s->service[i].value[IP_VS_EXT_STATE_EVENT_SEQ];
	return s->services ? least : 0;
}

void follow_begin(struct follow *f, struct ext_states *s)
{
	memset(f, 0, sizeof(*f));
	f->shown = *s;
	memset(s, 0, sizeof(*s));
	if (f->shown.servers > 1)
		qsort(f->shown.server, f->shown.servers, sizeof(*f->shown.server), cmp);
	f->last = oldest(&f->shown);
	f->begun = f->shown.services;
}

void follow_free(struct follow *f)
{
	ext_states_free(&f->shown);
	memset(f, 0, sizeof(*f));
}

/* Up to which number events of this kind are part of what has been shown. */
static uint64_t part_of(const struct follow *f, const struct ext_event *ev)
{
	const struct ext_server_state *server = NULL;
	struct ext_server_state name = { .server = ev->server };
	const struct ext_state *svc;

	if (ev->has_server && f->shown.servers)
		server = bsearch(&name, f->shown.server, f->shown.servers, sizeof(name), cmp);
	if (server)
		return server->value[IP_VS_EXT_SERVER_STATE_EVENT_SEQ];
	/* Gone before the state was read, or not there yet. */
	svc = ext_find_state(&f->shown, &ev->key);
	return svc ? svc->value[IP_VS_EXT_STATE_EVENT_SEQ] : oldest(&f->shown);
}

bool follow_event(struct follow *f, const struct ext_event *ev, uint64_t *lost)
{
	uint64_t seq = ev->value[IP_VS_EXT_EVENT_SEQ];

	*lost = 0;
	/* Some of the first ones may be older than the state. */
	if (!f->begun || seq > f->last) {
		if (f->begun)
			*lost = seq - f->last - 1;
		f->last = seq;
		f->begun = true;
	}
	return seq > part_of(f, ev);
}
