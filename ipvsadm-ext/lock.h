/* SPDX-License-Identifier: GPL-2.0 */
/* One --apply at a time in a network namespace. */
#ifndef IPVSADM_EXT_LOCK_H
#define IPVSADM_EXT_LOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Where the lock's file is, instead of /run: for containers that share their
 * network namespace, but not their /run.
 */
#define LOCK_DIR_VARIABLE "IPVSADM_EXT_LOCK_DIR"

/**
 * lock_take() - become the only one
 * @wait: seconds to wait for another one to finish
 * @path: room for the name of the file, for messages
 * @size: of @path
 * @holder: where to store the process that has the lock, or 0 if that is not known
 *
 * The lock goes with the process, however it ends.
 *
 * Return: a file descriptor, for lock_release(), or a negative errno;
 * -EWOULDBLOCK: somebody else has it.
 */
int lock_take(unsigned int wait, char *path, size_t size, pid_t *holder);
void lock_release(int fd);

#endif
