/* SPDX-License-Identifier: GPL-2.0 */
/*
 * /proc/net/ip_vs: all that the default listing needs to know of real servers,
 * in one sweep. Netlink takes two system calls for each service, and for a long
 * list of servers begins at its head again with every piece.
 */
#ifndef IPVSADM_EXT_PROC_H
#define IPVSADM_EXT_PROC_H

#include "table.h"

/**
 * struct proc_reader - state between lines
 * @t: table, with services and without servers
 * @svc: the service that server lines belong to, or NULL: one not to be read
 * @next: where in @t the service of the next line is, if it is in the same order
 * @index: of @t, sorted by key, once it is needed
 * @seen: for each service of @t: 1, its servers have been read
 * @strict: a service that is not in @t, or comes twice, is an error
 */
struct proc_reader {
	struct table *t;
	struct ipvs_service *svc;
	size_t next;
	struct ipvs_service **index;
	unsigned char *seen;
	bool strict;
};

/**
 * proc_lines() - take in text of /proc/net/ip_vs
 * @r: reader
 * @text: of any length, also part of a line at its end
 * @len: its length
 *
 * Return: how much of it was whole lines and has been read, or -ENOMEM, -EPROTO
 * for text that is not understood, -ESTALE for what @r->strict forbids.
 */
long proc_lines(struct proc_reader *r, const char *text, size_t len);

/**
 * proc_servers() - read addresses, forwarding methods, weights and numbers of
 * connections of the servers of all services
 * @t: table, with services and without servers
 * @seen: array of @t->n; set 1 for each service whose servers have been read.
 *	One that came, went or is not told apart there (a mark used for IPv4
 *	and IPv6) is left alone.
 * @strict: give up if there is a service that is not in @t
 *
 * Return: 0, or a negative errno; servers may then be missing.
 */
int proc_servers(struct table *t, unsigned char *seen, bool strict);

#endif
