/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the schedulers of ipvs-ext know beyond the kernel's table: attributes of real
 * servers, parameters of services, what they are doing, events. It comes and goes
 * through generic netlink family IPVS_EXT, whose manual is linux/ip_vs_ext.h.
 */
#ifndef IPVSADM_EXT_EXT_H
#define IPVSADM_EXT_EXT_H

#include "ipvs.h"

#include <linux/ip_vs_ext.h>
#include <stdio.h>

/* ---- schedulers ---------------------------------------------------------------- */

struct ext_choice {
	char name[IPVS_PARAM_NAME];
	uint64_t value;
};

/**
 * struct ext_desc - the description of a parameter
 * @name: its name
 * @text: what it does, in a line; or NULL
 * @unit: enum ip_vs_ext_unit
 * @lowest: smallest number allowed
 * @highest: largest number allowed
 * @otherwise: its default
 * @choice: words for numbers
 * @n: how many of them
 */
struct ext_desc {
	char name[IPVS_PARAM_NAME];
	char *text;
	uint8_t unit;
	uint64_t lowest;
	uint64_t highest;
	uint64_t otherwise;
	struct ext_choice *choice;
	size_t n;
};

/**
 * struct ext_sched - a scheduler that is loaded
 * @name: a name of it
 * @text: what it does, in a line; or NULL
 * @attrs: which attributes of servers it uses: bits 1 << IP_VS_EXT_ATTR_*
 * @param: its parameters
 * @n: how many of them
 */
struct ext_sched {
	char name[IP_VS_EXT_SCHED_NAME_MAX + 1];
	char *text;
	uint32_t attrs;
	struct ext_desc *param;
	size_t n;
};

/* ---- configuration --------------------------------------------------------------- */

/* struct ext_server - a real server that has attributes, whether it exists or not */
struct ext_server {
	struct ipvs_key key;
	union nf_inet_addr addr;
	uint16_t af;
	uint16_t port;
	struct ipvs_attrs attrs;
};

/**
 * struct ext_service - a service that has parameters
 * @key: which
 * @sched: name of its scheduler; of a file: ""
 * @place: where in a file it is
 * @params: all of the scheduler's; of a file: those that it gives a value
 */
struct ext_service {
	struct ipvs_key key;
	char sched[IP_VS_EXT_SCHED_NAME_MAX + 1];
	uint32_t place;
	struct ipvs_params params;
};

/**
 * struct ext_config - attributes and parameters, as a file wants them or as the
 *	kernel has them
 * @there: the kernel has the family; of a file: true
 * @complete: attributes of servers that do not exist are among them
 * @server: servers with attributes
 * @service: services with parameters
 * @sched: schedulers that are loaded
 *
 * Servers and services are in order after ext_config_sort().
 */
struct ext_config {
	bool there;
	bool complete;
	struct ext_server *server;
	size_t servers, server_room;
	struct ext_service *service;
	size_t services, service_room;
	struct ext_sched *sched;
	size_t scheds, sched_room;
};

void ext_config_free(struct ext_config *c);
void ext_config_sort(struct ext_config *c);

/* These add, with a copy, or return false without memory. What @svc and @sched
 * point to becomes the configuration's, also if they fail.
 */
bool ext_add_server(struct ext_config *c, const struct ext_server *server);
bool ext_add_service(struct ext_config *c, const struct ext_service *svc);
bool ext_add_sched(struct ext_config *c, const struct ext_sched *sched);

/* In a sorted configuration, or NULL. */
const struct ext_server *ext_find_server(const struct ext_config *c, const struct ipvs_key *key,
					 const struct ipvs_server *server);
const struct ext_service *ext_find_service(const struct ext_config *c,
					   const struct ipvs_key *key);

/* Anywhere, or NULL. */
const struct ext_sched *ext_find_sched(const struct ext_config *c, const char *name);
const struct ext_desc *ext_find_desc(const struct ext_sched *sched, const char *name);
struct ipvs_param *ext_find_param(const struct ipvs_params *params, const char *name);

int ext_server_cmp(const struct ext_server *a, const struct ext_server *b);
/* ext_same_server() - whether both name the same server of the same service */
bool ext_same_server(const struct ext_server *a, const struct ipvs_key *key,
		     const struct ipvs_server *server);

/* ext_add_param() - add a parameter, or return NULL without memory */
struct ipvs_param *ext_add_param(struct ipvs_params *params, const struct ipvs_param *param);
void ext_free_params(struct ipvs_params *params);
void ext_free_sched(struct ext_sched *sched);

/* ext_same_attrs() - whether both say the same */
bool ext_same_attrs(const struct ipvs_attrs *a, const struct ipvs_attrs *b);

/**
 * ext_attrs_between() - which change leads from some attributes to others
 * @from: as they are, or NULL: there are none
 * @to: as they are to be, or NULL: there shall be none
 * @change: where to store it
 *
 * Return: false if there is nothing to change.
 */
bool ext_attrs_between(const struct ipvs_attrs *from, const struct ipvs_attrs *to,
		       struct ipvs_attrs *change);

/* ---- state and events --------------------------------------------------------------- */

/* Which members of the following have a value. */
#define EXT_HAS(attr) (1ULL << (attr))

/**
 * struct ext_state - what a service is doing
 * @key: which
 * @sched: its scheduler
 * @has: EXT_HAS(IP_VS_EXT_STATE_*)
 * @value: by IP_VS_EXT_STATE_*
 */
struct ext_state {
	struct ipvs_key key;
	char sched[IP_VS_EXT_SCHED_NAME_MAX + 1];
	uint32_t has;
	uint64_t value[IP_VS_EXT_STATE_MAX + 1];
};

/**
 * struct ext_server_state - how a real server is doing
 * @server: which, and its attributes
 * @has: EXT_HAS(IP_VS_EXT_SERVER_STATE_*)
 * @value: by IP_VS_EXT_SERVER_STATE_*
 */
struct ext_server_state {
	struct ext_server server;
	uint32_t has;
	uint64_t value[IP_VS_EXT_SERVER_STATE_MAX + 1];
};

/**
 * struct ext_states - the state of services and their servers
 * @service: in order after ext_states_sort()
 * @server: likewise; by service, tier, the highest first, and server
 * @consistent: nothing came or went while it was read
 */
struct ext_states {
	struct ext_state *service;
	size_t services, service_room;
	struct ext_server_state *server;
	size_t servers, server_room;
	bool consistent;
};

void ext_states_free(struct ext_states *s);
void ext_states_sort(struct ext_states *s);
/* ext_add_state(), ext_add_server_state() - add a copy, or false without memory */
bool ext_add_state(struct ext_states *s, const struct ext_state *state);
bool ext_add_server_state(struct ext_states *s, const struct ext_server_state *state);
const struct ext_state *ext_find_state(const struct ext_states *s, const struct ipvs_key *key);

/**
 * struct ext_event - what happened
 * @key: which service
 * @has_server: a server is meant
 * @server: it; without attributes
 * @has: EXT_HAS(IP_VS_EXT_EVENT_*)
 * @value: by IP_VS_EXT_EVENT_*
 */
struct ext_event {
	struct ipvs_key key;
	bool has_server;
	struct ext_server server;
	uint32_t has;
	uint64_t value[IP_VS_EXT_EVENT_MAX + 1];
};

/* ---- parameters in words ------------------------------------------------------------- */

/**
 * ext_value_parse() - understand the value of a parameter
 * @d: its description
 * @text: a word of its choices, or a number with or without unit
 * @raw: or a number in the unit of the description
 * @value: where to store it
 *
 * Return: false if it is not allowed; ext_value_allowed() says what is.
 */
bool ext_value_parse(const struct ext_desc *d, const char *text, bool raw, uint64_t *value);
const char *ext_value_allowed(const struct ext_desc *d, char *buf, size_t size);

/**
 * ext_value_text() - the reverse
 * @d: description, or NULL: a number
 * @buf: room for EXT_VALUE_LEN bytes
 *
 * Return: @buf.
 */
#define EXT_VALUE_LEN 40
const char *ext_value_text(const struct ext_desc *d, uint64_t value, char *buf);

/* ext_value_choice() - the word for a value, or NULL */
const char *ext_value_choice(const struct ext_desc *d, uint64_t value);

/**
 * ext_param_split() - take NAME=VALUE apart
 * @text: the words
 * @param: where to store the name
 *
 * Return: the value, inside of @text, or NULL if it is no NAME=VALUE.
 */
const char *ext_param_split(const char *text, struct ipvs_param *param);

/**
 * ext_params_parse() - understand values of parameters
 * @config: for the schedulers that are loaded
 * @sched: name of the scheduler
 * @params: @text of each is to be understood; "default" leaves @set false
 * @why: room for what is wrong
 * @size: of @why
 *
 * Return: 0; -ENOENT: no scheduler of that name is loaded; -EINVAL: @why says it.
 */
int ext_params_parse(const struct ext_config *config, const char *sched,
		     struct ipvs_params *params, char *why, size_t size);

/**
 * ext_params_between() - which change leads from some parameters to others
 * @sched: description of the scheduler, or NULL
 * @from: as they are, or NULL: as they are by default
 * @to: as they are to be; those that are not named: as they are by default
 * @change: where to store it; free it with ext_free_params()
 *
 * Return: 1, 0 if there is nothing to change, or -ENOMEM.
 */
int ext_params_between(const struct ext_sched *sched, const struct ipvs_params *from,
		       const struct ipvs_params *to, struct ipvs_params *change);

/* ---- the kernel -------------------------------------------------------------------------- */

struct ext;

enum {
	EXT_LOAD = 1,	/* load ip_vs_ext_nl.ko, if that is possible */
};

/**
 * ext_open() - connect
 * @e: where to store the connection; close it with ext_close()
 * @flags: EXT_*
 *
 * Return: 0, or a negative errno; -ENOENT: the kernel has no such family. Then
 * there are no attributes and no parameters.
 */
int ext_open(struct ext **e, unsigned int flags);
void ext_close(struct ext *e);

/* EXT_MISSING - the sentence for -ENOENT of ext_open() */
#define EXT_MISSING \
	"The kernel has no ipvs-ext: install its modules, then load them: modprobe ip_vs_ext_nl"

/* ext_words() - the kernel's words on the last refusal, or NULL */
const char *ext_words(const struct ext *e);

/**
 * ext_change() - change attributes or parameters
 * @e: connection
 * @change: IPVS_SET_ATTRS or IPVS_SET_PARAMS
 *
 * What is to be removed and is not there counts as removed. IPVS_SET_PARAMS without
 * parameters removes all that the service has, and has had with other schedulers.
 *
 * Return: 0 or a negative errno; then ext_words() may say more.
 */
int ext_change(struct ext *e, const struct ipvs_change *change);

enum {
	EXT_ATTRS = 1,
	EXT_PARAMS = 2,
	EXT_SCHEDS = 4,
};

/**
 * ext_read() - read attributes, parameters, or descriptions of schedulers
 * @e: connection
 * @c: an empty configuration; sorted afterwards
 * @key: of this service only, or NULL: of all
 * @what: EXT_*
 *
 * Return: 0 or a negative errno.
 */
int ext_read(struct ext *e, struct ext_config *c, const struct ipvs_key *key, unsigned int what);

/* ext_read_if_there() - all of that, without loading anything: @c stays empty if the
 * kernel has no such family
 */
int ext_read_if_there(struct ext_config *c, const struct ipvs_key *key);

/**
 * ext_load_sched() - have the description of a scheduler
 * @e: connection
 * @c: descriptions so far; read again if a module had to be loaded
 * @sched: name of the scheduler
 *
 * Return: 0, also if there is none of this name, or a negative errno.
 */
int ext_load_sched(struct ext *e, struct ext_config *c, const char *sched);

/* ext_say_no_sched() - a line: parameters are given, but @sched is none of ours */
void ext_say_no_sched(FILE *out, const struct ext_config *c, const char *sched);

/* ext_read_states() - the state of a service, or with NULL of all; sorted */
int ext_read_states(struct ext *e, struct ext_states *s, const struct ipvs_key *key);

/**
 * ext_listen() - a socket for events
 * @e: connection, for where they are to be had
 *
 * Return: a descriptor, to be closed by the caller, or a negative errno.
 */
int ext_listen(struct ext *e);

/**
 * ext_take_events() - receive
 * @e: connection
 * @fd: of ext_listen(); not waited for
 * @event: called for each
 * @arg: for @event
 *
 * Return: 1: there may be more; 0: nothing is there now; -ENOBUFS: some were lost;
 * or another negative errno, or what @event returned if that was negative.
 */
int ext_take_events(struct ext *e, int fd, int (*event)(void *arg, const struct ext_event *ev),
		    void *arg);

#endif
