/* SPDX-License-Identifier: GPL-2.0 */
/* Extended acks: the text, and who says it. */
#ifndef SHIM_LINUX_NETLINK_H
#define SHIM_LINUX_NETLINK_H

#include <shim/kernel.h>

struct nlattr;

/* The text is not copied: it must live until the ack is sent. */
struct netlink_ext_ack {
	const char *_msg;
	const struct nlattr *bad_attr;
};

#define NL_SET_ERR_MSG(extack, msg) do {				\
	static const char msg_[] = msg;					\
	struct netlink_ext_ack *extack_ = (extack);			\
	if (extack_)							\
		extack_->_msg = msg_;					\
} while (0)

#endif
