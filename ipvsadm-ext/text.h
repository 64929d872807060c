/* SPDX-License-Identifier: GPL-2.0 */
/* Listings for people and for the scripts that have learnt to read them: 1.31's. */
#ifndef IPVSADM_EXT_TEXT_H
#define IPVSADM_EXT_TEXT_H

#include <stdio.h>
#include "command.h"
#include "table.h"

/* 1.31's order, which is not one: differences of addresses and marks are taken
 * as int and overflow. Scripts and eyes know it, so it stays for text.
 */
void text_sort(struct table *t);

/**
 * text_table() - print services and servers
 * @out: where to
 * @t: what, already in order; for --stats, read with KERNEL_COUNTERS, else for
 *	--rate, with KERNEL_RATES
 * @c: the list command, for its options
 * @info: for the title, which is left out where @c names a service
 */
void text_table(FILE *out, const struct table *t, const struct command *c,
		const struct ipvs_info *info);

/**
 * text_connections() - print connections
 * @out: where to
 * @in: what, from /proc/net/ip_vs_conn
 * @c: the list command, for its options
 *
 * Return: 0, or a negative errno: -EPROTO for lines that are not understood.
 */
int text_connections(FILE *out, FILE *in, const struct command *c);

void text_timeouts(FILE *out, const struct ipvs_timeouts *timeouts);
void text_daemons(FILE *out, const struct ipvs_daemon *daemon, int n);

/**
 * name_write() - "addr:port", as 1.31 writes it
 * @buf: room for NAME_LEN bytes
 * @af: family of @addr
 * @addr: address
 * @port: network byte order
 * @protocol: that gives the port its name; 0: it has none
 * @numeric: no names
 *
 * Return: its length.
 */
#define NAME_LEN 128
size_t name_write(char *buf, uint16_t af, const union nf_inet_addr *addr, uint16_t port,
		  uint16_t protocol, bool numeric);
/* name_of() - the same. Return: @buf. */
const char *name_of(char *buf, uint16_t af, const union nf_inet_addr *addr, uint16_t port,
		    uint16_t protocol, bool numeric);

/* put_decimal() - digits, without a zero behind them. Return: where they end. */
char *put_decimal(char *p, uint64_t n);

/**
 * flag_names() - "flag-1,flag-2", or as 1.31 calls them for this scheduler
 * @buf: room for FLAGS_LEN bytes
 * @svc: service
 *
 * 1.31 has no name for the third flag of schedulers that name the first two.
 *
 * Return: whether any is set, named or not.
 */
#define FLAGS_LEN 64
bool flag_names(char *buf, const struct ipvs_service *svc);

#endif
