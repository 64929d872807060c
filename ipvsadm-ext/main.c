// SPDX-License-Identifier: GPL-2.0
/* ipvsadm-ext: a superset of ipvsadm 1.31. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "command.h"
#include "process.h"

/* The oldest kernel's that 1.31 does not warn of. */
#define OLDEST_VERSION 0x010104

/* Who closed our standard streams would find them in the socket to the kernel. */
static void occupy_standard_streams(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

/* 1.31 does this before it looks at its arguments, and some probe it that way. */
static int open_kernel(struct kernel **k)
{
	char *modprobe[] = { "/sbin/modprobe", "--", "ip_vs", NULL };
	int err = kernel_open(k);

	if (!err)
		return 0;
	if (!process_run(modprobe, NULL, 0))
		err = kernel_open(k);
	if (err)
		fprintf(stderr, "Can't initialize ipvs: %s\n"
			"Are you sure that IP Virtual Server is built in the kernel or as module?\n",
			command_refusal(CMD_NONE, -err));
	return err;
}

static void warn_of_old(const struct ipvs_info *info)
{
	if (info->version >= OLDEST_VERSION)
		return;
	fprintf(stderr, "Warning: IPVS version mismatch: \n"
		"  Kernel compiled with IPVS version %u.%u.%u\n"
		"  ipvsadm v1.31  requires minimum IPVS version %u.%u.%u\n\n",
		info->version >> 16 & 0xff, info->version >> 8 & 0xff, info->version & 0xff,
		OLDEST_VERSION >> 16, OLDEST_VERSION >> 8 & 0xff, OLDEST_VERSION & 0xff);
}

static int run(struct kernel *k, const struct command *c)
{
	switch (c->id) {
	case CMD_LIST:
		return cmd_list(k, c);
	case CMD_SAVE:
		return cmd_save(k, c);
	case CMD_RESTORE:
	case CMD_APPLY:
		/* Half a job is worse than words that nobody reads. */
		signal(SIGPIPE, SIG_IGN);
		return c->id == CMD_RESTORE ? cmd_restore(k, c) : cmd_apply(k, c);
	case CMD_MONITOR:
		return cmd_monitor(k, c);
	case CMD_SCHEDULERS:
		return cmd_schedulers(k, c);
	default:
		return is_change(c->id) ? cmd_change(k, c) : cmd_help(k, c);
	}
}

/* A full disk shows up when a stream is flushed, or closed. */
static int finish_output(int status)
{
	bool failed = ferror(stdout);

	errno = 0;
	if (fclose(stdout))
		failed = true;
	if (!failed)
		return status;
	fprintf(stderr, "Can't write the output%s%s\n", errno ? ": " : "",
		errno ? strerror(errno) : "");
	return status ? status : EXIT_OUTPUT;
}

int main(int argc, char **argv)
{
	struct kernel *k;
	struct command c;
	struct diag d;
	int status;

	occupy_standard_streams();
	/* Works without IPVS, and for anybody: there is no old behaviour to keep. */
	if (argc > 1 && !strcmp(argv[1], "--version-ext")) {
		c.id = CMD_VERSION_EXT;
		return finish_output(cmd_help(NULL, &c));
	}
	if (open_kernel(&k))
		return EXIT_USAGE;
	warn_of_old(kernel_info(k));
	if (command_parse(argc, argv, &c, &d)) {
		fputs(d.whole, stderr);
		status = d.status;
	} else {
		status = run(k, &c);
	}
	kernel_close(k);
	return finish_output(status);
}
