/* SPDX-License-Identifier: GPL-2.0 */
/*
 * IPVS_EXT by plain sockets, for the programs of the VM's cases: what is sent is
 * exactly what is written here, right or wrong.
 */
#ifndef NL_H
#define NL_H

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "uapi/linux/ip_vs_ext.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* What an attribute holds. */
enum kind {
	NONE,
	U8,
	U16,
	U32,
	U64,
	STR,
	ADDR,
	PORT,		/* in network byte order */
	FLAG,
	NEST,
};

/* An attribute: its number is its place in a table. */
struct field {
	const char		*name;
	enum kind		kind;
	const struct field	*sub;
	unsigned int		nr;
};

extern const struct field nl_top[IP_VS_EXT_A_MAX + 1];

/* The name of a command, for messages. */
extern const char *const nl_commands[IP_VS_EXT_CMD_MAX + 1];

/* What the kernel answered. */
struct answer {
	int		error;		/* errno, 0: it was done */
	unsigned int	offset;		/* of the attribute meant, or 0 */
	char		text[256];	/* extended ack, or "" */
	unsigned int	messages;
	bool		interrupted;
};

struct nl {
	int		fd;
	uint16_t	family;
	uint32_t	group;
	uint32_t	seq;
};

/* A message is built in a buffer, attribute after attribute. */
struct msg {
	union {
		struct nlmsghdr	h;
		unsigned char	buf[1 << 16];
	};
};

void die(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));

/* Open a socket and resolve the family. False: it does not exist. */
bool nl_open(struct nl *nl);
/* The same for another one. */
bool nl_open_family(struct nl *nl, const char *name);

void msg_start(struct msg *m, const struct nl *nl, uint8_t cmd, uint16_t flags);
void msg_put(struct msg *m, uint16_t type, const void *data, size_t len);
void msg_u16(struct msg *m, uint16_t type, uint16_t value);
void msg_u32(struct msg *m, uint16_t type, uint32_t value);
void msg_u64(struct msg *m, uint16_t type, uint64_t value);
size_t msg_nest(struct msg *m, uint16_t type);
void msg_end(struct msg *m, size_t nest);

/* "tcp:10.7.1.1:80", "udp:[fd07::1]:53", "fwmark:7", "fwmark6:7" */
void msg_service(struct msg *m, const char *text);
/* "10.7.0.3:80", "[fd07::3]:80" */
void msg_server(struct msg *m, const char *text);

/* Send a message and read all of the answer; @each is called with the attributes
 * of every message of a dump.
 */
void nl_talk(struct nl *nl, struct msg *m, struct answer *a,
	     void (*each)(const struct nlmsghdr *h));

/* Print the attributes of a message in one line, as name=value. */
void nl_print(const struct nlmsghdr *h);

#endif /* NL_H */
