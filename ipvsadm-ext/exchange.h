/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A request, or several in one go, and what the kernel answers to them. It
 * answers in the order of the requests.
 */
#ifndef IPVSADM_EXT_EXCHANGE_H
#define IPVSADM_EXT_EXCHANGE_H

#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum exchange_end {
	END_ACK,	/* with the acknowledgement or refusal of the last request */
	END_REPLY,	/* with the reply to, or the refusal of, the last request */
	END_DUMP,	/* with the end of a dump */
};

/**
 * struct exchange - what is expected, and who wants it
 * @first: sequence number of the first request
 * @last: of the last one; END_DUMP: the same
 * @end: how it ends
 * @type: of replies, the number of a generic netlink family
 * @reply: called for each reply; what it returns, if negative, fails the exchange
 * @refused: called for each refusal of a request, likewise; NULL: it fails the
 *	exchange with the kernel's error
 * @arg: for the callers' use
 * @pieces: datagrams with replies so far
 * @interrupted: the kernel says that what it dumped has changed meanwhile
 * @done: ended
 */
struct exchange {
	uint32_t first;
	uint32_t last;
	enum exchange_end end;
	uint16_t type;
	int (*reply)(struct exchange *x, const struct nlmsghdr *nlh);
	int (*refused)(struct exchange *x, uint32_t seq, int err, const char *extack);
	void *arg;
	unsigned int pieces;
	bool interrupted;
	bool done;
};

/**
 * exchange_read() - take in one received datagram
 * @x: exchange
 * @buf: the datagram, aligned as a struct nlmsghdr
 * @len: its length
 *
 * Answers to earlier requests are passed over.
 *
 * Return: 0, or a negative errno: the kernel's, that of a callback, or -EPROTO
 * for what is not a sequence of netlink messages.
 */
int exchange_read(struct exchange *x, const void *buf, size_t len);

#endif
