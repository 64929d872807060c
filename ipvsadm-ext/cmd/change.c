// SPDX-License-Identifier: GPL-2.0
/* Commands that ask the kernel for one change. */
#include "command.h"

int cmd_change(struct kernel *k, const struct command *c)
{
	const char *extack = NULL;
	int err;

	if (wants_ext(c)) {
		err = cmd_ext_change(k, c);
		ext_change_end();
		return err;
	}
	err = kernel_change(k, &c->change, &extack);
	if (!err)
		return EXIT_OK;
	command_refused(c, -err, extack);
	return EXIT_REFUSED;
}
