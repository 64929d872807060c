/* SPDX-License-Identifier: GPL-2.0 */
/* What the two readers of a desired state, state.c and json_in.c, have in common. */
#ifndef IPVSADM_EXT_STATE_PARSE_H
#define IPVSADM_EXT_STATE_PARSE_H

#include "state.h"

/* Nobody reads more than this. */
#define STATE_ERRORS 20

/**
 * struct complaints - errors of a file, as they are found
 * @out: where to print them
 * @name: of the file
 * @n: how many there were
 */
struct complaints {
	FILE *out;
	const char *name;
	unsigned int n;
};

/* complain_at(), complain_of() - print an error at a line and column of the file,
 * or of a JSON value
 *
 * Return: false if there were enough of them to give up.
 */
bool complain_at(struct complaints *c, size_t line, size_t column, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
bool complain_of(struct complaints *c, const char *path, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* complain() - the same for the file as a whole; always -1 */
int complain(struct complaints *c, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * struct state_names - the services and servers that a file has named so far
 *
 * Finds them by key while their tables grow, and so move.
 */
struct state_names {
	void *services;
	void *servers;
};

/**
 * struct state_name - one of them
 * @key: of the service
 * @service: its index in the table
 * @server: for servers
 * @place: where the file names it
 */
struct state_name {
	struct ipvs_key key;
	size_t service;
	struct ipvs_server server;
	uint32_t place;
};

/* state_name_service(), state_name_server() - enter a name, unless it is there
 *
 * Return: the entry, which has another place if it was there, or NULL without
 * memory.
 */
const struct state_name *state_name_service(struct state_names *x, const struct ipvs_key *key,
					    size_t service, uint32_t place);
const struct state_name *state_name_server(struct state_names *x, size_t service,
					   const struct ipvs_server *server, uint32_t place);
/* state_named_service() - find a service, or NULL */
const struct state_name *state_named_service(const struct state_names *x,
					     const struct ipvs_key *key);
void state_names_free(struct state_names *x);

/* state_add_service(), state_add_server() - add to the table, with the place.
 *
 * Return: false without memory.
 */
bool state_add_service(struct state *s, const struct ipvs_service *svc, uint32_t place);
bool state_add_server(struct state *s, size_t service, const struct ipvs_server *server,
		      uint32_t place);

/* state_add_attrs(), state_add_params() - of a server, and of a service. What @params
 * points to becomes the state's, also if this fails.
 *
 * Return: false without memory.
 */
bool state_add_attrs(struct state *s, const struct ipvs_key *key,
		     const struct ipvs_server *server, const struct ipvs_attrs *attrs);
bool state_add_params(struct state *s, const struct ipvs_key *key, struct ipvs_params *params,
		      uint32_t place);

/* state_is_name() - whether a rule can have @name as a word of its own */
bool state_is_name(const char *name);

/* state_check_service(), state_check_server() - what makes no sense, or what the
 * kernel is known to refuse
 * @buf: room for a sentence about it
 *
 * Return: @buf, or NULL if nothing is wrong.
 */
const char *state_check_service(const struct ipvs_service *svc, char *buf, size_t size);
const char *state_check_server(const struct ipvs_service *svc, const struct ipvs_server *server,
			       char *buf, size_t size);

/**
 * state_parse_json() - state_parse(), for JSON
 *
 * Return: 0, or -1 if memory ran out; whether there were errors, @c knows.
 */
int state_parse_json(struct state *s, struct complaints *c, const char *text, size_t len);

#endif
