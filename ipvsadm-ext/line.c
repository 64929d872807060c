// SPDX-License-Identifier: GPL-2.0
/* A netlink socket, and how requests go out and answers come in through it. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
#include "line.h"

/* Answers are there at once, if ever. */
#define PATIENCE_MS 10000

size_t line_short_piece(void)
{
	/* What the kernel takes if nobody asks for more: a page, or 8 KiB if that
	 * is less, without what it needs itself. One byte more would cost a page
	 * more. On 32 bits it needs less; then ask for all of it.
	 */
	long page = sysconf(_SC_PAGESIZE);
	size_t size = page > 0 && page < 8192 ? page : 8192;

	return sizeof(long) == 8 ? size - 320 : size;
}

static int send_all(struct line *l, const void *buf, size_t len)
{
	ssize_t sent;

	do
		sent = send(l->fd, buf, len, 0);
	while (sent < 0 && errno == EINTR);
	if (sent < 0)
		return -errno;
	return (size_t)sent == len ? 0 : -EPROTO;
}

static int wait_for_answer(struct line *l)
{
	struct pollfd p = { .fd = l->fd, .events = POLLIN };
	int n;

	do
		n = poll(&p, 1, PATIENCE_MS);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return n ? 0 : -ETIMEDOUT;
}

int line_exchange(struct line *l, const void *requests, size_t len, struct exchange *x)
{
	struct sockaddr_nl from[LINE_PIECES];
	struct mmsghdr msg[LINE_PIECES];
	struct iovec iov[LINE_PIECES];
	size_t piece = l->piece;
	int want = 2, lost = 0;
	int i, n, err;

	err = send_all(l, requests, len);
	while (!err && !x->done) {
		for (i = 0; i < want; i++) {
			iov[i].iov_base = l->buf + (size_t)i * LINE_PIECE;
			iov[i].iov_len = piece;
			msg[i].msg_hdr = (struct msghdr) {
				.msg_name = &from[i], .msg_namelen = sizeof(from[i]),
				.msg_iov = &iov[i], .msg_iovlen = 1,
			};
		}
		n = recvmmsg(l->fd, msg, want, MSG_DONTWAIT, NULL);
		if (n < 0 && errno == EINTR)
			continue;
		/* What did arrive counts, and must not be in the way of what follows. */
		if (n < 0 && errno == ENOBUFS) {
			lost = -ENOBUFS;
			continue;
		}
		if (n < 0 && errno == EAGAIN) {
			err = lost ? lost : wait_for_answer(l);
			continue;
		}
		if (n < 0)
			return -errno;
		for (i = 0; i < n && !err && !x->done; i++) {
			/* Others with our privileges can send to us as well. */
			if (msg[i].msg_hdr.msg_namelen != sizeof(from[i]) || from[i].nl_pid)
				continue;
			if (msg[i].msg_hdr.msg_flags & MSG_TRUNC)
				return piece < LINE_PIECE ? -ENOSPC : -EPROTO;
			err = exchange_read(x, iov[i].iov_base, msg[i].msg_len);
		}
		/* It is a long one. */
		want = LINE_PIECES;
		if (!err && !x->done && piece < LINE_PIECE) {
			piece = LINE_PIECE;
			l->grown = true;
		}
	}
	return err ? err : lost;
}
