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
 * Return: exit status, or -1 if it could not be run or died of a signal.
 */
int process_run(char *const argv[], char *said, size_t size);

#endif
