// SPDX-License-Identifier: GPL-2.0
/* -L --tiers */
#include <errno.h>
#include <stdio.h>
#include "../command.h"
#include "../ipvs_ext.h"
#include "../ext_show.h"
#include "../json.h"
#include "../kernel.h"

/* Nothing is known of the service: is there none, or is its scheduler not ours? */
static int not_ours(struct kernel *k, const struct ipvs_key *key)
{
	struct table t;
	int err;

	table_init(&t);
	err = kernel_table(k, &t, key, 0);
	if (err)
		fprintf(stderr, "%s\n", command_refusal(CMD_LIST, -err));
	else
		fprintf(stderr, "Scheduler %s has no tiers: it is none of ipvs-ext's\n",
			t.service[0].sched);
	table_free(&t);
	return EXIT_LISTING;
}

int cmd_tiers(struct kernel *k, const struct command *c)
{
	const struct ipvs_key *key = NULL;
	struct ext_states s = { .service = NULL };
	int status = EXIT_OK, err;
	struct json j;
	struct ext *e;

	if (has_option(c, OPT_SERVICE))
		key = &c->change.service.key;
	err = ext_open(&e, EXT_LOAD);
	if (!err) {
		err = ext_read_states(e, &s, key);
		ext_close(e);
		/* The family is there, so this is about the service. */
		if (key && (err == -ENOENT || (!err && !s.services))) {
			ext_states_free(&s);
			return not_ours(k, key);
		}
	}
	if (err) {
		command_no_ext(-err);
		status = EXIT_LISTING;
	} else if (has_option(c, OPT_JSON)) {
		json_begin(&j, stdout, has_option(c, OPT_PRETTY));
		show_tiers_json(&j, &s);
		json_finish(&j);
	} else {
		show_tiers(stdout, &s, has_option(c, OPT_NUMERIC));
		if (!s.consistent)
			fputs("Warning: services or servers came or went while they were read\n",
			      stderr);
	}
	ext_states_free(&s);
	return status;
}
