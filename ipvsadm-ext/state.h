/* SPDX-License-Identifier: GPL-2.0 */
/* All that can be configured, as a file wants it or as the kernel has it. */
#ifndef IPVSADM_EXT_STATE_H
#define IPVSADM_EXT_STATE_H

#include <stdio.h>
#include "ipvs_ext.h"
#include "ipvs.h"
#include "table.h"

enum state_wish {
	STATE_ANY,	/* the file does not say: left alone */
	STATE_OFF,
	STATE_ON,
};

/**
 * struct state - services with their servers, timeouts, sync daemons
 * @table: sorted; @active of a server and @stats.value[0] of a service tell where
 *	in the file they are, see state_where(). A state has no counters.
 * @timeouts: 0 leaves one as it is
 * @daemon: the master's and the backup's
 * @daemon.wish: whether it is to run
 * @daemon.d: how, if it is
 * @daemon.place: where in the file that is said
 * @timeouts_place: the same
 * @ext: attributes and parameters; of a file, values of parameters are not understood
 *	before state_resolve()
 * @name: of the file, for messages; not owned
 * @json: places are numbers of services and servers, not lines
 */
struct state {
	struct table table;
	struct ipvs_timeouts timeouts;
	struct state_daemon {
		enum state_wish wish;
		struct ipvs_daemon d;
		uint32_t place;
	} daemon[2];
	uint32_t timeouts_place;
	struct ext_config ext;
	const char *name;
	bool json;
};

#define STATE_MASTER 0
#define STATE_BACKUP 1

/* Which of the two @state, an IP_VS_STATE_*, is. */
static inline int state_daemon(uint32_t state)
{
	return state == IP_VS_STATE_BACKUP ? STATE_BACKUP : STATE_MASTER;
}

void state_init(struct state *s);
void state_free(struct state *s);

/**
 * state_read() - read a desired state from a file
 * @s: an initialised state
 * @file: its name; "-" is standard input
 * @err: where to say what is wrong, a line for each error
 *
 * Takes rules as -S --full writes them, or JSON as -L --json does; the first
 * byte that is no blank tells them apart. docs/json.md describes the latter.
 *
 * Return: 0, or -1 after messages.
 */
int state_read(struct state *s, const char *file, FILE *err);

/**
 * state_parse() - the same from memory
 * @text: @len bytes and a NUL after them; changed
 */
int state_parse(struct state *s, const char *name, char *text, size_t len, FILE *err);

/**
 * state_where() - say where in the file something is
 * @buf: room for the answer
 * @svc: a service of @s
 * @server: one of its servers, or NULL
 *
 * Return: @buf: "FILE:LINE", or "FILE: services[N].servers[N]" for JSON.
 */
const char *state_where(const struct state *s, const struct ipvs_service *svc,
			const struct ipvs_server *server, char *buf, size_t size);

/* state_needs_ext() - whether a file's state cannot be had without family IPVS_EXT */
static inline bool state_needs_ext(const struct state *s)
{
	return s->ext.servers || s->ext.services;
}

/**
 * state_resolve() - understand the values of parameters
 * @s: state of a file
 * @is: what the kernel knows: schedulers
 * @err: where to say what is wrong, a line for each error
 *
 * Return: 0, or -1 after messages.
 */
int state_resolve(struct state *s, const struct ext_config *is, FILE *err);

#endif
