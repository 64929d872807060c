// SPDX-License-Identifier: GPL-2.0
/*
 * Changes that have a part for family IPVS_EXT: -a and -e with attributes, -A and -E
 * with parameters. Both parts are done, or none.
 *
 * Attributes come before their server, so that the first decision about it knows
 * them. Parameters need a service that is there.
 */
#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../command.h"
#include "../ipvs_ext.h"
#include "../kernel.h"

/* What stays for the next change: -R may have thousands of them. */
static struct {
	struct ext *e;
	struct ext_config scheds;
	void *servers;		/* tree of struct ext_server: of service @key */
	struct ipvs_key key;
} session;

static int cmp(const void *a, const void *b)
{
	return ext_server_cmp(a, b);
}

static void forget_servers(void)
{
	tdestroy(session.servers, free);
	session.servers = NULL;
	memset(&session.key, 0, sizeof(session.key));
}

void ext_change_end(void)
{
	forget_servers();
	ext_config_free(&session.scheds);
	ext_close(session.e);
	session.e = NULL;
}

/* ---- saying ------------------------------------------------------------------- */

static int refused(const char *what, int err)
{
	const char *words = ext_words(session.e);

	fprintf(stderr, "%s: %s\n", what,
		err == -EPERM ? command_refusal(CMD_NONE, EPERM) : strerror(-err));
	if (words)
		fprintf(stderr, "The kernel says: %s\n", words);
	return EXIT_REFUSED;
}

static void not_put_back(const char *what, int err)
{
	fprintf(stderr, "%s could not be put back: %s\n", what, strerror(-err));
}

/* ---- servers --------------------------------------------------------------------- */

/* The entry of a server, made if there is none; NULL without memory. */
static struct ext_server *server_entry(const struct ipvs_change *change)
{
	struct ext_server name = {
		.key = change->service.key, .addr = change->server.addr,
		.af = change->server.af, .port = change->server.port,
	};
	struct ext_server **node = tfind(&name, &session.servers, cmp);
	struct ext_server *copy;

	if (node)
		return *node;
	copy = malloc(sizeof(*copy));
	if (!copy)
		return NULL;
	*copy = name;
	node = tsearch(copy, &session.servers, cmp);
	if (node)
		return *node;
	free(copy);
	return NULL;
}

/* The attributes of the service's servers, as they are. */
static int read_servers(const struct ipvs_key *key)
{
	struct ext_config c = { .there = false };
	struct ipvs_change name;
	struct ext_server *entry;
	size_t i;
	int err;

	if (!ipvs_key_cmp(&session.key, key))
		return 0;
	forget_servers();
	err = ext_read(session.e, &c, key, EXT_ATTRS);
	for (i = 0; i < c.servers && !err; i++) {
		name.service.key = c.server[i].key;
		name.server.addr = c.server[i].addr;
		name.server.af = c.server[i].af;
		name.server.port = c.server[i].port;
		entry = server_entry(&name);
		if (entry)
			entry->attrs = c.server[i].attrs;
		else
			err = -ENOMEM;
	}
	ext_config_free(&c);
	if (!err)
		session.key = *key;
	return err;
}

/* What @change makes of them. */
static struct ipvs_attrs changed(const struct ipvs_attrs *is, const struct ipvs_attrs *change)
{
	struct ipvs_attrs to = *is;

	to.set = (is->set & ~change->clear) | change->set;
	if (change->set & EXT_HAS(IP_VS_EXT_ATTR_PRIORITY))
		to.priority = change->priority;
	if (change->set & EXT_HAS(IP_VS_EXT_ATTR_BANDWIDTH))
		to.bandwidth = change->bandwidth;
	if (change->set & EXT_HAS(IP_VS_EXT_ATTR_LAG))
		to.lag = change->lag;
	return to;
}

static void put_back(const struct ipvs_change *change, const struct ipvs_attrs *is,
		     const struct ipvs_attrs *was)
{
	struct ipvs_change back = *change;
	int err;

	if (!ext_attrs_between(is, was, &back.attrs))
		return;
	err = ext_change(session.e, &back);
	if (err)
		not_put_back("attributes", err);
}

static int change_server(struct kernel *k, const struct command *c)
{
	struct ipvs_change attrs = c->change;
	struct ext_server *entry = NULL;
	const char *extack = NULL;
	struct ipvs_attrs to;
	int err;

	attrs.op = IPVS_SET_ATTRS;
	err = read_servers(&c->change.service.key);
	if (!err) {
		entry = server_entry(&c->change);
		if (!entry)
			err = -ENOMEM;
	}
	if (err)
		return refused("attributes", err);
	to = changed(&entry->attrs, &c->change.attrs);
	err = ext_change(session.e, &attrs);
	if (err) {
		refused("attributes", err);
		/* Some may be set, and others not be deleted. */
		if (c->change.attrs.set && c->change.attrs.clear)
			put_back(&attrs, &to, &entry->attrs);
		return EXIT_REFUSED;
	}
	err = kernel_change(k, &c->change, &extack);
	if (!err) {
		entry->attrs = to;
		return EXIT_OK;
	}
	command_refused(c, -err, extack);
	put_back(&attrs, &to, &entry->attrs);
	return EXIT_REFUSED;
}

/* ---- services -------------------------------------------------------------------- */

static int read_scheds(void)
{
	ext_config_free(&session.scheds);
	return ext_read(session.e, &session.scheds, NULL, EXT_SCHEDS);
}

/* Names and values of the command, for ext_free_params(). */
static int collect_params(const struct command *c, struct ipvs_params *params)
{
	struct ipvs_param param;
	unsigned int i;

	for (i = 0; i < c->params; i++) {
		param.text = NULL;
		param.text = strdup(ext_param_split(c->param[i], &param));
		if (!param.text || !ext_add_param(params, &param)) {
			free(param.text);
			return -ENOMEM;
		}
	}
	return 0;
}

static int understand(const struct command *c, struct ipvs_params *params)
{
	const char *sched = c->change.service.sched;
	char why[1024];
	int err;

	err = collect_params(c, params);
	if (!err && !session.scheds.there)
		err = read_scheds();
	if (!err)
		err = ext_load_sched(session.e, &session.scheds, sched);
	if (err)
		return refused("parameters", err);
	err = ext_params_parse(&session.scheds, sched, params, why, sizeof(why));
	if (err == -ENOENT)
		ext_say_no_sched(stderr, &session.scheds, sched);
	else if (err)
		fprintf(stderr, "%s\n", why);
	return err ? EXIT_USAGE : EXIT_OK;
}

/* As they were before, where they were of the same scheduler. */
static void params_back(const struct ipvs_change *change, const struct ipvs_key *key,
			const struct ext_config *before)
{
	const struct ext_service *svc = ext_find_service(before, key);
	struct ipvs_params params = { .n = 0 };
	struct ipvs_change back = *change;
	struct ipvs_param param;
	const struct ipvs_param *was;
	size_t i;
	int err = 0;

	for (i = 0; i < change->params->n && !err; i++) {
		was = svc ? ext_find_param(&svc->params, change->params->param[i].name) : NULL;
		param = change->params->param[i];
		param.text = NULL;
		param.set = was && was->set;
		param.value = was ? was->value : 0;
		if (!ext_add_param(&params, &param))
			err = -ENOMEM;
	}
	back.params = &params;
	if (!err)
		err = ext_change(session.e, &back);
	if (err)
		not_put_back("parameters", err);
	ext_free_params(&params);
}

/* The service as it was before -A or -E. */
static void service_back(struct kernel *k, const struct command *c, const struct table *before)
{
	struct ipvs_change back = c->change;
	int err;

	if (c->id == CMD_ADD_SERVICE) {
		back.op = IPVS_DEL_SERVICE;
	} else {
		back.service = before->service[0];
		back.service.flags &= ~IP_VS_SVC_F_HASHED;
	}
	err = kernel_change(k, &back, NULL);
	if (err)
		not_put_back("the service", err);
}

static int set_params(struct kernel *k, const struct command *c, struct ipvs_params *params,
		      const struct table *before)
{
	struct ext_config config = { .there = false };
	struct ipvs_change change = c->change;
	const char *extack = NULL;
	int err;

	err = kernel_change(k, &c->change, &extack);
	if (err) {
		command_refused(c, -err, extack);
		return EXIT_REFUSED;
	}
	change.op = IPVS_SET_PARAMS;
	change.params = params;
	err = ext_read(session.e, &config, &c->change.service.key, EXT_PARAMS);
	if (!err) {
		err = ext_change(session.e, &change);
		if (err) {
			refused("parameters", err);
			/* A part may have been set, before another was not deleted. */
			if (params->n > 1)
				params_back(&change, &c->change.service.key, &config);
		}
	} else {
		refused("parameters", err);
	}
	if (err)
		service_back(k, c, before);
	ext_config_free(&config);
	return err ? EXIT_REFUSED : EXIT_OK;
}

static int change_service(struct kernel *k, const struct command *c)
{
	struct ipvs_params params = { .n = 0 };
	struct table before;
	int status, err = 0;

	table_init(&before);
	status = understand(c, &params);
	if (!status && c->id == CMD_EDIT_SERVICE) {
		err = kernel_table(k, &before, &c->change.service.key, 0);
		if (err) {
			command_refused(c, -err, NULL);
			status = EXIT_REFUSED;
		}
	}
	if (!status)
		status = set_params(k, c, &params, &before);
	table_free(&before);
	ext_free_params(&params);
	return status;
}

int cmd_ext_change(struct kernel *k, const struct command *c)
{
	int err;

	if (!session.e) {
		err = ext_open(&session.e, EXT_LOAD);
		if (err) {
			command_no_ext(-err);
			return EXIT_LISTING;
		}
	}
	return c->params ? change_service(k, c) : change_server(k, c);
}
