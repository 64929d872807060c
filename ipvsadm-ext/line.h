/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A netlink socket, and how requests go out and answers come in through it.
 *
 * The kernel works on a request inside the system call that sends it, so when
 * send() returns the answers are waiting. A socket can have one dump at a time:
 * its first piece is there when the request has been sent, each next one is made
 * when one is received. recvmmsg() takes several in one call, which for a short
 * dump are its one piece and the end.
 *
 * The kernel makes pieces as large as the largest buffer that it has seen on the
 * socket, and first fills that memory with zeros, for the end as well. So large
 * buffers make long dumps faster and short ones slower.
 */
#ifndef IPVSADM_EXT_LINE_H
#define IPVSADM_EXT_LINE_H

#include "exchange.h"

/* Pieces are at most this large, whatever the buffer. */
#define LINE_PIECE 32768
/* So many are received in one call. */
#define LINE_PIECES 8

/**
 * struct line - one socket
 * @fd: it, or -1
 * @piece: size of the buffers to receive with
 * @grown: larger ones have been used since, for a long dump
 * @buf: LINE_PIECES of LINE_PIECE
 */
struct line {
	int fd;
	size_t piece;
	bool grown;
	char *buf;
};

/* line_short_piece() - the size of buffers that is best for short dumps */
size_t line_short_piece(void);

/**
 * line_exchange() - send requests and take in all answers
 * @l: socket
 * @requests: one netlink message or several, as @x says
 * @len: their length
 * @x: what becomes of the answers
 *
 * Return: 0 or a negative errno: what exchange_read() returned; -ENOBUFS if
 * answers were lost; -ETIMEDOUT if they did not come; -ENOSPC if a buffer of
 * @l->piece was too small. After an error the socket may have more to say, and
 * pieces of a dump be left: exchange_read() passes over the former.
 */
int line_exchange(struct line *l, const void *requests, size_t len, struct exchange *x);

#endif
