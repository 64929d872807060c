/* SPDX-License-Identifier: GPL-2.0 */
/* Running another program. */
#ifndef IPVSADM_EXT_PROCESS_H
#define IPVSADM_EXT_PROCESS_H

#include <stddef.h>

/**
 * process_run() - run a program and wait for it
 * @argv: its path and arguments
 * @said: where to store what it writes to standard error, a string; NULL: it
 *	goes where ours goes
 * @size: room in @said; the rest is read and dropped
 *
 * Return: exit status; PROCESS_NOT_RUN if there is no such program, as shells have
 * it; -1 if it died of a signal, or could not be started for want of memory and such.
 */
#define PROCESS_NOT_RUN 127
int process_run(char *const argv[], char *said, size_t size);

#endif
