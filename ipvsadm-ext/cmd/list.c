// SPDX-License-Identifier: GPL-2.0
/* -L */
#include <errno.h>
#include <stdio.h>
#include "../command.h"
#include "../json.h"
#include "../kernel.h"
#include "../text.h"

#define CONNECTIONS "/proc/net/ip_vs_conn"

static int list_connections(const struct command *c)
{
	FILE *in = fopen(CONNECTIONS, "re");
	int err;

	if (!in) {
		fprintf(stderr, "cannot open file %s\n", CONNECTIONS);
		return EXIT_LISTING;
	}
	err = text_connections(stdout, in, c);
	fclose(in);
	if (err)
		fprintf(stderr, "unexpected input from %s\n", CONNECTIONS);
	return err ? EXIT_LISTING : EXIT_OK;
}

/* 1.31 fails without a word. */
static int list_timeouts(struct kernel *k)
{
	struct ipvs_timeouts timeouts;

	if (kernel_timeouts(k, &timeouts) < 0)
		return EXIT_LISTING;
	text_timeouts(stdout, &timeouts);
	return EXIT_OK;
}

static int list_daemons(struct kernel *k)
{
	struct ipvs_daemon daemon[2];
	int n = kernel_daemons(k, daemon);

	if (n < 0)
		return EXIT_LISTING;
	text_daemons(stdout, daemon, n);
	return EXIT_OK;
}

static unsigned int what_to_read(const struct command *c)
{
	if (has_option(c, OPT_STATS))
		return KERNEL_COUNTERS;
	if (has_option(c, OPT_RATE))
		return KERNEL_RATES;
	if (has_option(c, OPT_THRESHOLDS) || has_option(c, OPT_PERSISTENT_CONN) ||
	    has_option(c, OPT_TUN_INFO))
		return 0;
	return KERNEL_BRIEF;
}

static int list_services(struct kernel *k, const struct command *c)
{
	const struct ipvs_key *key = NULL;
	struct table t;
	int err;

	if (has_option(c, OPT_SERVICE))
		key = &c->change.service.key;
	table_init(&t);
	err = kernel_table(k, &t, key, what_to_read(c));
	if (err) {
		fprintf(stderr, "%s\n", command_refusal(CMD_LIST, -err));
	} else {
		if (!has_option(c, OPT_NOSORT))
			text_sort(&t);
		text_table(stdout, &t, c, kernel_info(k));
	}
	table_free(&t);
	return err ? EXIT_LISTING : EXIT_OK;
}

int cmd_list(struct kernel *k, const struct command *c)
{
	if (has_option(c, OPT_TIERS))
		return cmd_tiers(k, c);
	if (has_option(c, OPT_JSON))
		return json_list(k, c);
	if (has_option(c, OPT_CONNECTION))
		return list_connections(c);
	if (has_option(c, OPT_TIMEOUT))
		return list_timeouts(k);
	if (has_option(c, OPT_DAEMON))
		return list_daemons(k);
	return list_services(k, c);
}
