/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The line to the kernel: generic netlink family IPVS, through one socket.
 *
 * Nothing here prints. What fails returns a negative errno; a refusal by the
 * kernel also carries its extack text, if there was one.
 */
#ifndef IPVSADM_EXT_KERNEL_H
#define IPVSADM_EXT_KERNEL_H

#include "ipvs.h"
#include "table.h"

struct kernel;

/**
 * kernel_open() - connect, resolve the family, ask for the module's version
 * @k: where to store the connection; close it with kernel_close()
 *
 * Return: 0, or a negative errno: what 1.31 would print strerror() of in "Can't
 * initialize ipvs". It does not load modules.
 */
int kernel_open(struct kernel **k);
void kernel_close(struct kernel *k);

/* kernel_info() - version and table size, as of kernel_open() */
const struct ipvs_info *kernel_info(const struct kernel *k);

/**
 * typedef kernel_refused_t - told of a change that the kernel refused
 * @arg: as given to kernel_sync()
 * @tag: as given to kernel_queue()
 * @err: positive errno
 * @extack: the kernel's words, or NULL
 */
typedef void kernel_refused_t(void *arg, unsigned long tag, int err, const char *extack);

/**
 * kernel_queue() - ask for a change; many are sent at once
 * @k: connection
 * @change: what; not referred to after the call
 * @tag: of the caller's choice, to recognise it in a refusal
 *
 * Changes are made in the order they are queued. One that is refused does not
 * stop later ones: put a kernel_sync() where that matters. What is queued may
 * or may not be on its way to the kernel before kernel_sync() returns.
 *
 * Return: 0, or a negative errno if there is no memory or no connection; then
 * the change is not queued.
 */
int kernel_queue(struct kernel *k, const struct ipvs_change *change, unsigned long tag);

/**
 * kernel_sync() - send what is queued, wait until the kernel has done it all
 * @k: connection
 * @refused: called for each refused change, in the order of queueing; may be NULL
 * @arg: for @refused
 *
 * Return: number of changes refused, or a negative errno if the connection
 * failed, and what became of changes is not known.
 */
long kernel_sync(struct kernel *k, kernel_refused_t *refused, void *arg);

/**
 * kernel_change() - one change, and wait for it
 * @k: connection, with nothing queued
 * @change: what
 * @extack: the kernel's words on a refusal, valid until the next call; may be NULL
 *
 * Return: 0, or a negative errno, the kernel's or our own.
 */
int kernel_change(struct kernel *k, const struct ipvs_change *change, const char **extack);

enum {
	KERNEL_STATS = 1,	/* with statistics */
	KERNEL_CONSISTENT = 2,	/* see kernel_table() */
	KERNEL_BRIEF = 4,	/* see kernel_table(); not with the others */
	KERNEL_COUNTERS = 8,	/* see kernel_table() */
	KERNEL_RATES = 16,	/* the same; not both */
};

/**
 * kernel_table() - read services and their servers
 * @k: connection
 * @t: an empty table; services and servers are in the kernel's order
 * @key: read this service only, or NULL: all
 * @flags: KERNEL_*
 *
 * The kernel dumps services and each one's servers apart, and long dumps in
 * pieces. A service that is gone when its servers are asked for is never
 * left in the table as one without servers. With KERNEL_CONSISTENT, what was
 * read is compared with a second look at the keys of services, and of servers
 * that came in more than one piece, and read again if they differ, some times;
 * @t->consistent says how that ended. With KERNEL_BRIEF, of servers only
 * addresses, forwarding methods, weights, and numbers of active and inactive
 * connections are certain to be there, which is much faster. With KERNEL_COUNTERS
 * or KERNEL_RATES, services have statistics, and servers only these and what
 * tells them apart, which is smaller.
 *
 * Return: 0, or a negative errno: -ESRCH if there is no such service.
 */
int kernel_table(struct kernel *k, struct table *t, const struct ipvs_key *key, unsigned int flags);

int kernel_timeouts(struct kernel *k, struct ipvs_timeouts *timeouts);

/**
 * kernel_daemons() - the running sync daemons
 * @k: connection
 * @daemon: room for two: a master and a backup
 *
 * Return: how many there are, in the kernel's order, or a negative errno.
 */
int kernel_daemons(struct kernel *k, struct ipvs_daemon daemon[2]);

#endif
