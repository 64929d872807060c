/* SPDX-License-Identifier: GPL-2.0 */
/* docs/json.md, in code: writing it. Reading it is state_read()'s. */
#ifndef IPVSADM_EXT_JSON_H
#define IPVSADM_EXT_JSON_H

#include <stdio.h>
#include "command.h"
#include "ipvs_ext.h"
#include "table.h"

#define JSON_SCHEMA_VERSION 1

/**
 * json_list() - what CMD_LIST with --json prints, in every mode
 *
 * Return: exit status.
 */
int json_list(struct kernel *k, const struct command *c);

/**
 * struct json - an object on its way to a file
 *
 * Written as it comes: a table of any size needs no memory, and numbers may have
 * all of 64 bits, which those of jansson have not. Errors of @out are for the
 * caller to look at in the end.
 *
 * @out: where to
 * @pretty: on many lines
 * @depth: objects and arrays that are open
 * @any: the innermost one has something in it
 */
struct json {
	FILE *out;
	bool pretty;
	unsigned int depth;
	bool any;
};

/* json_begin() - the outermost object, with its schema_version */
void json_begin(struct json *j, FILE *out, bool pretty);
/* json_finish() - the end of it */
void json_finish(struct json *j);

/* Members of an object; in an array, @key is NULL. */
void json_put_object(struct json *j, const char *key);
void json_put_array(struct json *j, const char *key);
void json_put_end(struct json *j, char bracket);
void json_put_number(struct json *j, const char *key, uint64_t n);
void json_put_bool(struct json *j, const char *key, bool b);
void json_put_string(struct json *j, const char *key, const char *s);
/* Bytes of any kind: what is no UTF-8 becomes U+FFFD. */
void json_put_bytes(struct json *j, const char *key, const char *s, size_t len);

/* The parts of json_list(), for what it is made of. */
void json_put_info(struct json *j, const struct ipvs_info *info);
/* json_put_key() - the members that name a service */
void json_put_key(struct json *j, const struct ipvs_key *key);
void json_put_addr(struct json *j, const char *key, uint16_t af, const union nf_inet_addr *addr);
/* json_put_attrs() - the members that are attributes of a server */
void json_put_attrs(struct json *j, const struct ipvs_attrs *attrs);
/* json_put_services() - @stats and @rate: with counters, with rates; @ext: with
 * attributes and parameters, if there are any
 */
void json_put_services(struct json *j, const struct table *t, const struct ext_config *ext,
		       bool stats, bool rate);
void json_put_timeouts(struct json *j, const struct ipvs_timeouts *timeouts);
void json_put_daemons(struct json *j, const struct ipvs_daemon *daemon, int n);
/**
 * json_put_connections() - of a file like /proc/net/ip_vs_conn
 *
 * Return: number of lines that are not understood, and left out, or -1 with errno
 * if @in cannot be read.
 */
long json_put_connections(struct json *j, FILE *in);

/* json_names.c: the words for numbers, in both directions. */
struct json_name {
	const char *name;
	uint32_t value;
};

extern const struct json_name json_protocols[];	/* ended by a NULL name, like all */
extern const struct json_name json_forwards[];
extern const struct json_name json_tunnels[];
extern const struct json_name json_tunnel_flags[];
extern const struct json_name json_daemon_states[];
/* of the scheduler, which decides what its flags mean */
const struct json_name *json_sched_flags(const char *sched);

/* json_name() - the word, or NULL; json_value() - the number, or -1 */
const char *json_name(const struct json_name *names, uint32_t value);
int64_t json_value(const struct json_name *names, const char *name);

#endif
