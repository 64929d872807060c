// SPDX-License-Identifier: GPL-2.0
/* -S */
#include <stdio.h>
#include "../command.h"
#include "../kernel.h"
#include "../rules.h"
#include "../text.h"

static void save_services(const struct table *t, unsigned int flags,
			  const struct ext_config *ext)
{
	const struct ipvs_service *svc;
	size_t i, j;

	for (i = 0; i < t->n; i++) {
		svc = &t->service[i];
		rule_service(stdout, svc, flags, ext);
		for (j = 0; j < svc->n; j++)
			rule_server(stdout, svc, &svc->server[j], flags, ext);
	}
}

/* What 1.31 loses. */
static int save_rest(struct kernel *k)
{
	struct ipvs_change change = { .op = IPVS_SET_TIMEOUTS };
	struct ipvs_daemon daemon[2];
	int i, n, err;

	err = kernel_timeouts(k, &change.timeouts);
	if (err)
		return err;
	n = kernel_daemons(k, daemon);
	if (n < 0)
		return n;
	rule_change(stdout, &change);
	change.op = IPVS_START_DAEMON;
	for (i = 0; i < n; i++) {
		change.daemon = daemon[i];
		rule_change(stdout, &change);
	}
	return 0;
}

int cmd_save(struct kernel *k, const struct command *c)
{
	bool full = has_option(c, OPT_FULL);
	struct ext_config ext = { .there = false };
	unsigned int flags = 0;
	struct table t;
	int err;

	if (full)
		flags = RULE_FULL;
	else if (has_option(c, OPT_NUMERIC))
		flags = RULE_NUMERIC;
	table_init(&t);
	err = kernel_table(k, &t, NULL, full ? KERNEL_CONSISTENT : 0);
	if (!err && full)
		err = ext_read_if_there(&ext, NULL);
	if (!err) {
		text_sort(&t);
		save_services(&t, flags, &ext);
		if (full && !t.consistent)
			fputs("Warning: services or servers came or went while they were read\n",
			      stderr);
		if (full)
			err = save_rest(k);
	}
	if (err)
		fprintf(stderr, "%s\n", command_refusal(CMD_SAVE, -err));
	ext_config_free(&ext);
	table_free(&t);
	return err ? EXIT_LISTING : EXIT_OK;
}
