/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A command line, understood: what main.c hands to the files of cmd/.
 */
#ifndef IPVSADM_EXT_COMMAND_H
#define IPVSADM_EXT_COMMAND_H

#include <stdio.h>
#include "ipvs.h"
#include "kernel.h"

enum command_id {
	CMD_NONE,
	CMD_ADD_SERVICE,
	CMD_EDIT_SERVICE,
	CMD_DEL_SERVICE,
	CMD_FLUSH,
	CMD_LIST,
	CMD_ZERO,
	CMD_ADD_SERVER,
	CMD_EDIT_SERVER,
	CMD_DEL_SERVER,
	CMD_SET_TIMEOUTS,
	CMD_RESTORE,
	CMD_SAVE,
	CMD_START_DAEMON,
	CMD_STOP_DAEMON,
	CMD_HELP,		/* -h: 1.31's text, and ours after it */
	CMD_HELP_LONG,		/* --help */
	CMD_VERSION,		/* -v: 1.31's line */
	CMD_VERSION_EXT,
	CMD_APPLY,
	CMD_MONITOR,
	CMD_SCHEDULERS,
	CMD_COUNT
};

/* Options other than the command. In this order 1.31 looks which are illegal or
 * missing, so it decides which of two mistakes is named.
 */
enum option_id {
	OPT_NUMERIC,
	OPT_CONNECTION,
	OPT_SERVICE,		/* -t -u --sctp-service -f */
	OPT_SCHEDULER,
	OPT_PERSISTENT,
	OPT_NETMASK,
	OPT_REAL_SERVER,
	OPT_FORWARD,		/* -g -i -m */
	OPT_WEIGHT,
	OPT_UPPER,
	OPT_LOWER,
	OPT_MCAST_INTERFACE,
	OPT_TIMEOUT,
	OPT_DAEMON,
	OPT_STATS,
	OPT_RATE,
	OPT_THRESHOLDS,
	OPT_PERSISTENT_CONN,
	OPT_NOSORT,
	OPT_SYNCID,
	OPT_EXACT,
	OPT_OPS,
	OPT_PE,
	OPT_SCHED_FLAGS,
	OPT_MCAST_GROUP,
	OPT_MCAST_PORT,
	OPT_MCAST_TTL,
	OPT_SYNC_MAXLEN,
	OPT_TUN_INFO,
	OPT_TUN_TYPE,
	OPT_TUN_PORT,
	OPT_TUN_NOCSUM,
	OPT_TUN_CSUM,
	OPT_TUN_REMCSUM,
	/* not in 1.31 */
	OPT_JSON,
	OPT_PRETTY,
	OPT_FULL,
	OPT_DRY_RUN,
	OPT_DRAIN,
	OPT_WAIT,
	OPT_PRIORITY,
	OPT_BANDWIDTH,
	OPT_LAG,
	OPT_PARAM,
	OPT_TIERS,
	OPT_SINCE_START,
	OPT_COUNT
};

#define OPT_BIT(id) (1ULL << (id))

/* More than any scheduler has. */
#define COMMAND_PARAMS 16

/**
 * struct command - one parsed command line
 * @id: the command
 * @options: OPT_BIT() of every option given
 * @change: for commands that change something, ready for kernel_queue(); for
 *	CMD_LIST and CMD_ZERO with OPT_SERVICE, change.service.key
 * @file: of --apply; "-" is standard input
 * @drain: of --drain, in seconds
 * @wait: of --wait, in seconds
 * @param: of each --param, NAME=VALUE
 * @params: how many of them
 */
struct command {
	enum command_id id;
	unsigned long long options;
	struct ipvs_change change;
	const char *file;
	unsigned int drain;
	unsigned int wait;
	const char *param[COMMAND_PARAMS];
	unsigned int params;
};

static inline bool has_option(const struct command *c, enum option_id id)
{
	return c->options & OPT_BIT(id);
}

/* Exit statuses: the first four are 1.31's. */
enum {
	EXIT_OK = 0,
	EXIT_LISTING = 1,	/* a listing failed */
	EXIT_USAGE = 2,		/* a command line or file that makes no sense */
	EXIT_REFUSED = 255,	/* the kernel said no; also unknown options */
	/* of --apply */
	EXIT_UNDONE = 3,	/* refused, and everything is as it was */
	EXIT_NOT_UNDONE = 4,	/* refused, and some of it could not be undone */
	EXIT_LOCKED = 5,	/* another apply is at work */
	EXIT_OUTPUT = 6,	/* could not write the output */
	EXIT_STOPPED = 7,	/* told to stop while draining; another apply goes on */
};

/**
 * struct diag - why a command line was not accepted
 * @status: exit status
 * @arg: index in argv of the word that is at fault, or -1
 * @fatal: -R does not go on after such a line
 * @text: what to print on standard error, with its newline, as 1.31 words it
 * @whole: @text, if it was too long for that; good until the next parsing
 */
struct diag {
	int status;
	int arg;
	bool fatal;
	char text[1024];
	const char *whole;
};

/**
 * command_parse() - understand a command line
 * @argc: number of words
 * @argv: words, argv[0] being the program's name
 * @c: where to store it; strings in it point into argv
 * @d: what is wrong, if something is
 *
 * Looks up names (hosts, services), but touches neither the IPVS of the kernel
 * nor any output, and never exits.
 *
 * Return: 0, or -1 with @d filled in.
 */
int command_parse(int argc, char **argv, struct command *c, struct diag *d);

/**
 * command_refusal() - what 1.31 says of an error of the kernel
 * @id: the command
 * @err: positive errno
 *
 * Return: a text without newline.
 */
const char *command_refusal(enum command_id id, int err);

/* command_no_ext() - say that, and why, family IPVS_EXT cannot be used; @err: positive
 * errno
 */
void command_no_ext(int err);

/**
 * command_explain() - more about a refusal, where 1.31's words mislead
 * @c: the refused command
 * @err: positive errno
 * @out: where to print a line to, if there is something to say: that a
 *	scheduler's module is there, but cannot be loaded, and why
 */
void command_explain(const struct command *c, int err, FILE *out);

/**
 * command_refused() - print on standard error that the kernel refused a change
 * @c: the command that asked for it
 * @err: positive errno
 * @extack: the kernel's words, or NULL
 *
 * command_refusal(), those words, and command_explain().
 */
void command_refused(const struct command *c, int err, const char *extack);

/* is_change() - is it one change of the kernel's table, struct command.change? */
static inline bool is_change(enum command_id id)
{
	switch (id) {
	case CMD_ADD_SERVICE:
	case CMD_EDIT_SERVICE:
	case CMD_DEL_SERVICE:
	case CMD_FLUSH:
	case CMD_ZERO:
	case CMD_ADD_SERVER:
	case CMD_EDIT_SERVER:
	case CMD_DEL_SERVER:
	case CMD_SET_TIMEOUTS:
	case CMD_START_DAEMON:
	case CMD_STOP_DAEMON:
		return true;
	default:
		return false;
	}
}

/* wants_ext() - does a change have a part that is for family IPVS_EXT? */
static inline bool wants_ext(const struct command *c)
{
	return c->params || c->change.attrs.set || c->change.attrs.clear;
}

/* cmd/: each returns the exit status of the program. */
int cmd_change(struct kernel *k, const struct command *c);
/* cmd_ext_change() - a change that wants_ext(); ext_change_end() ends a series of them */
int cmd_ext_change(struct kernel *k, const struct command *c);
void ext_change_end(void);
int cmd_list(struct kernel *k, const struct command *c);
int cmd_tiers(struct kernel *k, const struct command *c);
int cmd_monitor(struct kernel *k, const struct command *c);
int cmd_schedulers(struct kernel *k, const struct command *c);
int cmd_save(struct kernel *k, const struct command *c);
int cmd_restore(struct kernel *k, const struct command *c);
int cmd_apply(struct kernel *k, const struct command *c);
/* -h, --help, -v, --version-ext; does without a kernel */
int cmd_help(struct kernel *k, const struct command *c);

#endif
