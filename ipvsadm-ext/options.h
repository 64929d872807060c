/* SPDX-License-Identifier: GPL-2.0 */
/* Every option of the tool, in one table: parsing, legality and help follow it. */
#ifndef IPVSADM_EXT_OPTIONS_H
#define IPVSADM_EXT_OPTIONS_H

#include "command.h"

enum option_group {
	GROUP_COMMAND,
	GROUP_WHICH,		/* which virtual service */
	GROUP_SERVICE,
	GROUP_SERVER,
	GROUP_LIST,
	GROUP_DAEMON,
	GROUP_APPLY,
	GROUP_COUNT
};

/**
 * struct option_row - one option, or one way to say it
 * @name: after "--"; NULL: none
 * @letter: after "-"; 0: none
 * @arg: what its argument is called in help; NULL: it takes none
 * @arg_optional: the argument may be missing
 * @is_new: not in ipvsadm 1.31
 * @group: where it stands in help
 * @command: the command it is, or CMD_NONE
 * @id: what it is if it is no command: an enum option_id, or one of enum
 *	option_unchecked
 * @param: what tells those of one @id apart
 * @needed: commands that cannot do without, as COMMAND_BIT()
 * @allowed: commands that it may go with
 * @one_of: commands that take one of these only
 * @says: its name in messages; NULL: @name
 * @min: of a number
 * @max: of a number; 0: it takes none
 * @number: the number's name in messages
 * @help: a line or more; NULL: it is not mentioned
 */
struct option_row {
	const char *name;
	char letter;
	const char *arg;
	bool arg_optional;
	bool is_new;
	enum option_group group;
	enum command_id command;
	unsigned int id;
	unsigned int param;
	unsigned int needed;
	unsigned int allowed;
	unsigned int one_of;
	const char *says;
	long min;
	long max;
	const char *number;
	const char *help;
};

#define COMMAND_BIT(id) (1U << (id))

/* Options that go with every command. */
enum option_unchecked {
	OPT_IPV6 = OPT_COUNT,
	OPT_SORT,
};

extern const struct option_row option_rows[];
extern const size_t option_row_count;

#endif
