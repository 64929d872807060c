// SPDX-License-Identifier: GPL-2.0
/* Answers of the kernel, sorted to the requests they belong to. */
#include <errno.h>
#include "exchange.h"
#include "genl.h"

static int read_error(struct exchange *x, const struct nlmsghdr *nlh)
{
	const char *extack;
	int err;

	if (genl_get_error(nlh, &err, &extack) < 0)
		return -EPROTO;
	if (nlh->nlmsg_seq == x->last)
		x->done = true;
	if (!err)
		return 0;
	return x->refused ? x->refused(x, nlh->nlmsg_seq, err, extack) : -err;
}

static int read_message(struct exchange *x, const struct nlmsghdr *nlh, bool *replied)
{
	const char *extack;
	int err;

	if (nlh->nlmsg_seq - x->first > x->last - x->first)
		return 0;
	if (nlh->nlmsg_flags & NLM_F_DUMP_INTR)
		x->interrupted = true;
	switch (nlh->nlmsg_type) {
	case NLMSG_NOOP:
		return 0;
	case NLMSG_OVERRUN:
		return -ENOBUFS;
	case NLMSG_ERROR:
		return read_error(x, nlh);
	case NLMSG_DONE:
		/* Older kernels put nothing into it. */
		if (x->end != END_DUMP)
			return -EPROTO;
		x->done = true;
		if (nlh->nlmsg_len == NLMSG_HDRLEN)
			return 0;
		return genl_get_error(nlh, &err, &extack) < 0 ? -EPROTO : -err;
	}
	if (nlh->nlmsg_type != x->type)
		return 0;
	*replied = true;
	if (x->end == END_REPLY && nlh->nlmsg_seq == x->last)
		x->done = true;
	return x->reply ? x->reply(x, nlh) : 0;
}

int exchange_read(struct exchange *x, const void *buf, size_t len)
{
	const struct nlmsghdr *nlh = buf;
	bool replied = false;
	size_t step;
	int err = 0;

	while (!err && len && !x->done) {
		if (len < NLMSG_HDRLEN || nlh->nlmsg_len < NLMSG_HDRLEN ||
		    nlh->nlmsg_len > len)
			return -EPROTO;
		err = read_message(x, nlh, &replied);
		/* The last message need not be padded. */
		step = NLMSG_ALIGN((size_t)nlh->nlmsg_len);
		len -= step < len ? step : len;
		nlh = (const void *)((const char *)nlh + step);
	}
	if (replied)
		x->pieces++;
	return err;
}
