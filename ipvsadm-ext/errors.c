// SPDX-License-Identifier: GPL-2.0
/* What the kernel's refusals are called. */
#include "command.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "ipvs_ext.h"
#include "modules.h"
#include "process.h"

static const struct {
	unsigned int commands;	/* 0: all */
	int err;
	const char *text;
} refusals[] = {
#define B(command) (1U << CMD_ ## command)
	{ B(ADD_SERVICE), EEXIST, "Service already exists" },
	{ B(ADD_SERVICE) | B(EDIT_SERVICE), ENOENT, "Scheduler or persistence engine not found" },
	{ B(EDIT_SERVICE) | B(DEL_SERVICE) | B(ZERO) | B(LIST), ESRCH, "No such service" },
	{ B(ADD_SERVER) | B(EDIT_SERVER) | B(DEL_SERVER), ESRCH, "Service not defined" },
	{ B(ADD_SERVER), EEXIST, "Destination already exists" },
	{ B(EDIT_SERVER) | B(DEL_SERVER), ENOENT, "No such destination" },
	{ B(START_DAEMON), EEXIST, "Daemon has already run" },
	{ B(STOP_DAEMON), ESRCH, "No daemon is running" },
	{ 0, EPERM, "Permission denied (you must be root)" },
	{ 0, EINVAL,
	  "Invalid operation.  Possibly wrong module version, address not unicast, ..." },
	{ 0, ENOPROTOOPT, "Protocol not available" },
	{ 0, ENOMEM, "Memory allocation problem" },
	{ 0, EOPNOTSUPP, "Operation not supported with IPv6" },
	{ 0, EAFNOSUPPORT, "Operation not supported with specified address family" },
	{ 0, EMSGSIZE, "Module is wrong version" },
#undef B
};

const char *command_refusal(enum command_id id, int err)
{
	size_t i;

	for (i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		if (refusals[i].err == err &&
		    (!refusals[i].commands || refusals[i].commands & (1U << id)))
			return refusals[i].text;
	return strerror(err);
}

/* What a user can do about what modprobe says; else what it says itself. */
static void say_why(const char *said, FILE *out)
{
	static const struct {
		const char *said;
		const char *means;
	} reasons[] = {
		{ "Key was rejected by service",
		  "it is not signed with a key that this machine trusts (Secure Boot)" },
		{ "Required key not available",
		  "it is not signed with a key that this machine trusts (Secure Boot)" },
		{ "Exec format error", "it was built for another kernel" },
		{ "Invalid module format", "it was built for another kernel" },
		{ "Unknown symbol",
		  "it was built for another kernel, or modprobe.d sets a parameter it lacks" },
		{ "Operation not permitted",
		  "this is not permitted, to this user or by a lockdown of the kernel" },
	};
	size_t i, len;

	for (i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		if (strcasestr(said, reasons[i].said)) {
			fprintf(out, "%s (%s)\n", reasons[i].means, reasons[i].said);
			return;
		}
	}
	len = strcspn(said, "\n");
	if (len)
		fprintf(out, "%.*s\n", (int)len, said);
	else
		fprintf(out, "modprobe does not say why\n");
}

/* Return: true if that was it, and has been said. */
static bool explain_module(const char *what, const char *prefix, const char *name, FILE *out)
{
	/* A restore may ask for it in every line. */
	static char last[64];
	static bool last_explained;
	char said[1024], *argv[] = { "/sbin/modprobe", "--", last, NULL };
	char module[sizeof(last)];
	int status;

	if (!*name)
		return false;
	snprintf(module, sizeof(module), "%s%s", prefix, name);
	if (!strcmp(module, last))
		return last_explained;
	strcpy(last, module);
	last_explained = false;
	if (!module_exists(module))
		return false;
	status = process_run(argv, said, sizeof(said));
	if (!status)
		return false;
	last_explained = true;
	fprintf(out, "The module of %s %s, %s, is there, but cannot be loaded: ", what, name,
		module);
	if (status == PROCESS_NOT_RUN)
		fprintf(out, "modprobe cannot be run\n");
	else
		say_why(said, out);
	return true;
}

void command_no_ext(int err)
{
	if (err == ENOENT)
		fprintf(stderr, "%s\n", EXT_MISSING);
	else
		fprintf(stderr, "ipvs-ext: %s\n", command_refusal(CMD_NONE, err));
}

void command_explain(const struct command *c, int err, FILE *out)
{
	const struct ipvs_service *svc = &c->change.service;

	if (err != ENOENT || (c->id != CMD_ADD_SERVICE && c->id != CMD_EDIT_SERVICE))
		return;
	if (!explain_module("scheduler", "ip_vs_", svc->sched, out))
		explain_module("persistence engine", "ip_vs_pe_", svc->pe, out);
}

void command_refused(const struct command *c, int err, const char *extack)
{
	fprintf(stderr, "%s\n", command_refusal(c->id, err));
	if (extack)
		fprintf(stderr, "The kernel says: %s\n", extack);
	command_explain(c, err, stderr);
}
