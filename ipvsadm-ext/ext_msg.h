/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Messages of generic netlink family IPVS_EXT, to and from the structures of ipvs_ext.h.
 * No sockets here: what reads a message trusts nothing but that @nlh->nlmsg_len
 * bytes of it are in memory.
 */
#ifndef IPVSADM_EXT_EXT_MSG_H
#define IPVSADM_EXT_EXT_MSG_H

#include <netlink/msg.h>
#include "ipvs_ext.h"

/**
 * ext_request() - begin a message
 * @family: number of the family
 * @cmd: IP_VS_EXT_CMD_*, or of the controller
 * @flags: NLM_F_*; NLM_F_REQUEST is implied
 *
 * Return: a message, or NULL without memory.
 */
struct nl_msg *ext_request(uint16_t family, uint8_t cmd, uint16_t flags);

/* Each returns 0, or -EMSGSIZE. */
int ext_put_service(struct nl_msg *msg, const struct ipvs_key *key);
int ext_put_server(struct nl_msg *msg, const struct ipvs_server *server);
/* ext_put_attrs() - those of the mask @which; what is to be deleted has a value, too */
int ext_put_attrs(struct nl_msg *msg, const struct ipvs_attrs *attrs, uint32_t which);
/* ext_put_params() - with their values those that are set, or the names of the others */
int ext_put_params(struct nl_msg *msg, const struct ipvs_params *params, bool set);

/**
 * struct ext_family - what the controller says of the family
 * @name: of this one
 * @id: its number; 0: not found
 * @group: number of its group of events; 0: it has none
 */
struct ext_family {
	const char *name;
	uint16_t id;
	uint32_t group;
};

/* Each returns 0, -EPROTO for what no kernel says, or -ENOMEM. Attributes that are
 * not there leave zeros. ext_get_family() leaves @f if it is about another family.
 */
int ext_get_family(const struct nlmsghdr *nlh, struct ext_family *f);
int ext_get_sched(const struct nlmsghdr *nlh, struct ext_sched *sched);
int ext_get_attrs(const struct nlmsghdr *nlh, struct ext_server *server);
int ext_get_params(const struct nlmsghdr *nlh, struct ext_service *svc);
/* ext_get_state() - of a service or a server; @is_server says which of them */
int ext_get_state(const struct nlmsghdr *nlh, struct ext_state *svc,
		  struct ext_server_state *server, bool *is_server);
int ext_get_event(const struct nlmsghdr *nlh, struct ext_event *ev);

#endif
