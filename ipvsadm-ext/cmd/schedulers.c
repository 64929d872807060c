// SPDX-License-Identifier: GPL-2.0
/* --schedulers */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "../command.h"
#include "../ipvs_ext.h"
#include "../ext_show.h"
#include "../json.h"
#include "../modules.h"

static int show(const struct command *c, const struct ext_config *config)
{
	struct module_sched *module;
	long n = modules_of_schedulers(&module);
	struct json j;

	if (n < 0) {
		fprintf(stderr, "%s\n", command_refusal(c->id, ENOMEM));
		return EXIT_LISTING;
	}
	if (has_option(c, OPT_JSON)) {
		json_begin(&j, stdout, has_option(c, OPT_PRETTY));
		show_scheds_json(&j, config, module, n, module_loaded);
		json_finish(&j);
	} else {
		show_scheds(stdout, config, module, n, module_loaded);
	}
	free(module);
	return EXIT_OK;
}

int cmd_schedulers(struct kernel *k, const struct command *c)
{
	struct ext_config config = { .there = false };
	int status = EXIT_LISTING, err;
	struct ext *e;

	(void)k;
	err = ext_open(&e, EXT_LOAD);
	if (!err) {
		err = ext_read(e, &config, NULL, EXT_SCHEDS);
		ext_close(e);
	}
	if (err)
		command_no_ext(-err);
	else
		status = show(c, &config);
	ext_config_free(&config);
	return status;
}
