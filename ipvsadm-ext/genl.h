/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Messages of generic netlink family IPVS, to and from our own structures.
 * No sockets here: what reads a message trusts nothing but that @nlh->nlmsg_len
 * bytes of it are in memory.
 */
#ifndef IPVSADM_EXT_GENL_H
#define IPVSADM_EXT_GENL_H

#include <netlink/msg.h>
#include "ipvs.h"

/* No message that we send is longer, headers included. */
#define GENL_REQUEST_MAX 512

/**
 * genl_request() - begin a message
 * @family: of generic netlink
 * @cmd: of that family
 * @flags: NLM_F_*; NLM_F_REQUEST is implied
 *
 * The sequence number is filled in by who sends it.
 *
 * Return: a message for the following to add to, or NULL if there is no memory.
 */
struct nl_msg *genl_request(uint16_t family, uint8_t cmd, uint16_t flags);

/* genl_command() - IPVS_CMD_* of a change */
uint8_t genl_command(enum ipvs_op op);

/* Each returns 0, or -EMSGSIZE. */
int genl_put_key(struct nl_msg *msg, const struct ipvs_key *key);
int genl_put_change(struct nl_msg *msg, const struct ipvs_change *change);

/* Each returns 0, or -EPROTO for what no kernel says. Attributes that are not
 * there leave zeros.
 */
int genl_get_family(const struct nlmsghdr *nlh, uint16_t *family);
int genl_get_info(const struct nlmsghdr *nlh, struct ipvs_info *info);
/* genl_get_service() - @stats: with statistics */
int genl_get_service(const struct nlmsghdr *nlh, struct ipvs_service *svc, bool stats);
int genl_get_timeouts(const struct nlmsghdr *nlh, struct ipvs_timeouts *timeouts);
int genl_get_daemon(const struct nlmsghdr *nlh, struct ipvs_daemon *daemon);

/**
 * genl_get_server() - read a real server
 * @nlh: message
 * @af: family of its service, which kernels that name none mean
 * @server: where to store it
 * @stats: where to store its statistics, or NULL
 *
 * Return: 0 or -EPROTO.
 */
int genl_get_server(const struct nlmsghdr *nlh, uint16_t af, struct ipvs_server *server,
		    struct ipvs_stats *stats);

/**
 * genl_get_error() - read NLMSG_ERROR or NLMSG_DONE
 * @nlh: message
 * @err: positive errno, or 0: it is an acknowledgement
 * @extack: the kernel's words inside the message, or NULL
 *
 * Return: 0 or -EPROTO.
 */
int genl_get_error(const struct nlmsghdr *nlh, int *err, const char **extack);

#endif
