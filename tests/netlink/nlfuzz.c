// SPDX-License-Identifier: GPL-2.0
/*
 * nlfuzz: random and mutated messages for IPVS_EXT.
 *
 *	nlfuzz SEED COUNT
 *
 * Messages are made after the tables of nl.c: right attributes in right places,
 * then more and more often wrong ones, other lengths, nests in nests, bits
 * turned over. The same SEED gives the same messages. Every 256 messages, and at
 * the end, what the kernel shows is read by another socket: all of it must be as
 * the header says, and in range. Prints how many messages did something.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include "nl.h"

static struct nl nl, judge;
static struct msg msg;
static uint64_t state;
static unsigned long accepted, rejected, shown;

/* splitmix64 */
static uint64_t random64(void)
{
	uint64_t z = state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

static unsigned int below(unsigned int n)
{
	return (random64() >> 32) % n;
}

static bool one_in(unsigned int n)
{
	return !below(n);
}

/* Values that are likely to be right: some messages shall do something. */
static bool gentle;

/* Numbers at which something may go wrong. */
static uint64_t number(void)
{
	static const uint64_t edges[] = {
		0, 1, 2, 10, 17, 31, 255, 256, 65535, 65536, 0x7fffffff,
		0x80000000, 0xffffffff, 0x100000000, 60000000, 60000001,
		1000000000000ULL, 1000000000001ULL, INT64_MAX, UINT64_MAX,
	};

	if (gentle && !one_in(20))
		return 1 + below(200);
	return one_in(3) ? random64() >> below(64) :
			   edges[below(ARRAY_SIZE(edges))];
}

static void put_scalar(uint16_t type, const struct field *f)
{
	static const char *const names[] = {
		"min-active", "hold", "tier", "slow-start", "limit", "cost",
		"poll", "", "x", "a-name-that-is-as-long-as-possible",
	};
	unsigned char junk[64];
	uint64_t value = number();
	const char *text;
	size_t i;

	switch (f->kind) {
	case U8:
		msg_put(&msg, type, &value, 1);
		break;
	case U16:
	case PORT:
		/* families and protocols that exist, most of the time */
		if (f->kind == U16 && !one_in(4))
			value = !strcmp(f->name, "protocol") ? 6 : 2;
		msg_put(&msg, type, &value, 2);
		break;
	case U32:
		msg_put(&msg, type, &value, 4);
		break;
	case U64:
		msg_put(&msg, type, &value, 8);
		break;
	case ADDR:
		for (i = 0; i < sizeof(junk); i++)
			junk[i] = below(3);
		msg_put(&msg, type, junk, one_in(8) ? 16 : 4);
		break;
	case STR:
		text = names[below(gentle ? 4 : ARRAY_SIZE(names))];
		msg_put(&msg, type, text, strlen(text) + (gentle || !one_in(8)));
		break;
	default:
		for (i = 0; i < sizeof(junk); i++)
			junk[i] = random64();
		msg_put(&msg, type, junk, below(sizeof(junk)));
	}
}

static void put_table(const struct field *table, unsigned int nr, int depth);

static void put_field(const struct field *table, unsigned int type, int depth)
{
	const struct field *f = &table[type];
	size_t nest;

	if (f->kind != NEST || depth > 6) {
		put_scalar(type, f);
		return;
	}
	nest = msg_nest(&msg, type);
	if (one_in(50))
		put_table(nl_top, ARRAY_SIZE(nl_top), depth + 1);
	else
		put_table(f->sub, f->nr, depth + 1);
	msg_end(&msg, nest);
	if (one_in(50))
		((struct nlattr *)(msg.buf + nest))->nla_type = type;
}

/* Most attributes once, some never, some again, in their order or not. */
static void put_table(const struct field *table, unsigned int nr, int depth)
{
	unsigned int i, more = one_in(gentle ? 60 : 6) ? below(4) : 0;

	for (i = 1; i < nr; i++)
		if (table[i].name && table[i].kind != FLAG && !one_in(6))
			put_field(table, i, depth);
	while (more-- && msg.h.nlmsg_len < 20000)
		put_field(table, below(nr), depth);
}

/* A service and a server that exist. */
static void put_known(uint8_t cmd)
{
	static const char *const services[] = {
		"tcp:10.7.1.1:80", "udp:10.7.1.1:80", "fwmark:7",
	};
	static const char *const servers[] = {
		"10.7.0.23:80", "10.7.0.13:80", "[fd07::23]:80",
	};

	if (!one_in(20))
		msg_service(&msg, services[below(ARRAY_SIZE(services))]);
	if (cmd == IP_VS_EXT_CMD_SET_ATTR || cmd == IP_VS_EXT_CMD_DEL_ATTR) {
		if (!one_in(20))
			msg_server(&msg, servers[below(ARRAY_SIZE(servers))]);
		if (!one_in(10))
			put_field(nl_top, IP_VS_EXT_A_SERVER_ATTRS, 0);
	}
	if ((cmd == IP_VS_EXT_CMD_SET_PARAM || cmd == IP_VS_EXT_CMD_DEL_PARAM) &&
	    !one_in(10))
		put_field(nl_top, IP_VS_EXT_A_PARAMS, 0);
}

static void mutate(void)
{
	unsigned int n = 1 + below(4), i;
	size_t at;

	while (n--) {
		at = NLMSG_HDRLEN + below(msg.h.nlmsg_len - NLMSG_HDRLEN);
		switch (below(4)) {
		case 0:
			msg.buf[at] ^= 1 << below(8);
			break;
		case 1:
			msg.buf[at] = random64();
			break;
		case 2:
			/* a length or a type */
			at &= ~3UL;
			for (i = 0; i < 2; i++)
				msg.buf[at + i] = one_in(2) ? below(64) :
							      random64();
			break;
		case 3:
			msg.h.nlmsg_len = NLMSG_LENGTH(GENL_HDRLEN) +
				below(msg.h.nlmsg_len - NLMSG_HDRLEN);
			break;
		}
	}
}

static void make_message(void)
{
	static const uint16_t flags[] = {
		NLM_F_ACK, NLM_F_DUMP, NLM_F_DUMP | NLM_F_ACK, 0, NLM_F_ECHO,
		NLM_F_ROOT, NLM_F_CREATE,
	};
	uint8_t cmd = one_in(20) ? below(256) : 1 + below(IP_VS_EXT_CMD_MAX);
	bool get = cmd <= IP_VS_EXT_CMD_MAX && nl_commands[cmd] &&
		   !strchr(nl_commands[cmd], '-');

	gentle = !one_in(4);
	msg_start(&msg, &nl, cmd, !one_in(8) ? (get ? NLM_F_DUMP : NLM_F_ACK) :
		  flags[below(ARRAY_SIZE(flags))]);
	switch (below(8)) {
	case 0:
		put_table(nl_top, ARRAY_SIZE(nl_top), 0);
		break;
	case 1:
		put_field(nl_top, 1 + below(ARRAY_SIZE(nl_top) - 1), 0);
		break;
	default:
		put_known(cmd);
	}
	if (one_in(gentle ? 8 : 2) && msg.h.nlmsg_len > NLMSG_LENGTH(GENL_HDRLEN))
		mutate();
	if (one_in(100))
		((struct genlmsghdr *)NLMSG_DATA(&msg.h))->version = random64();
	if (one_in(100))
		((struct genlmsghdr *)NLMSG_DATA(&msg.h))->reserved = random64();
}

/* What has come so far. Nobody waits: some messages have no answer. */
static void drain(void)
{
	static unsigned char buf[1 << 16];
	ssize_t n;

	while ((n = recv(nl.fd, buf, sizeof(buf), MSG_DONTWAIT)) > 0) {
		const struct nlmsghdr *h = (void *)buf;

		for (; NLMSG_OK(h, n); h = NLMSG_NEXT(h, n)) {
			const struct nlmsgerr *e = NLMSG_DATA(h);

			if (h->nlmsg_type != NLMSG_ERROR)
				shown++;
			else if (e->error)
				rejected++;
			else
				accepted++;
		}
	}
}

/* ---- is what the kernel shows what the header says? ---------------------- */

static void in_range(const char *name, uint64_t value, uint64_t lo, uint64_t hi)
{
	if (value < lo || value > hi)
		die("%s is %llu", name, (unsigned long long)value);
}

static void check_fields(const unsigned char *p, const unsigned char *end,
			 const struct field *table, unsigned int nr)
{
	for (; p + NLA_HDRLEN <= end;
	     p += NLA_ALIGN(((const struct nlattr *)p)->nla_len)) {
		const struct nlattr *n = (const struct nlattr *)p;
		unsigned int type = n->nla_type & NLA_TYPE_MASK;
		const struct field *f = &table[type];
		static const unsigned int size[] = {
			[U8] = 1, [U16] = 2, [U32] = 4, [U64] = 8, [PORT] = 2,
		};
		unsigned int len = n->nla_len - NLA_HDRLEN;
		uint64_t value = 0;

		if (n->nla_len < NLA_HDRLEN || p + n->nla_len > end || type >= nr)
			die("attribute %u, %u bytes", type, n->nla_len);
		if (!f->name) {
			in_range("padding", type, 1, 1);
			continue;
		}
		if (f->kind == NEST) {
			check_fields(p + NLA_HDRLEN, p + n->nla_len, f->sub, f->nr);
			continue;
		}
		if (f->kind < ARRAY_SIZE(size) && size[f->kind])
			in_range(f->name, len, size[f->kind], size[f->kind]);
		if (len <= sizeof(value))
			memcpy(&value, n + 1, len);
		if (!strcmp(f->name, "priority"))
			in_range(f->name, value, 0, IP_VS_EXT_PRIORITY_MAX);
		if (!strcmp(f->name, "bandwidth"))
			in_range(f->name, value, 1, IP_VS_EXT_BANDWIDTH_MAX);
		if (!strcmp(f->name, "lag"))
			in_range(f->name, value, 0, IP_VS_EXT_LAG_MAX);
		if (!strcmp(f->name, "fwmark"))
			in_range(f->name, value, 1, UINT32_MAX);
		if (!strcmp(f->name, "is"))
			in_range(f->name, value, 0, IP_VS_EXT_SERVER_IS_FULL);
	}
}

static void check_message(const struct nlmsghdr *h)
{
	check_fields((const unsigned char *)h + NLMSG_LENGTH(GENL_HDRLEN),
		     (const unsigned char *)h + h->nlmsg_len, nl_top,
		     ARRAY_SIZE(nl_top));
}

static void check(void)
{
	static const uint8_t dumps[] = {
		IP_VS_EXT_CMD_GET_SCHED, IP_VS_EXT_CMD_GET_ATTR,
		IP_VS_EXT_CMD_GET_PARAM, IP_VS_EXT_CMD_GET_STATE,
	};
	static struct msg m;
	struct answer a;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(dumps); i++) {
		msg_start(&m, &judge, dumps[i], NLM_F_DUMP);
		nl_talk(&judge, &m, &a, check_message);
		if (a.error)
			die("%s: %s", nl_commands[dumps[i]],
			    strerrorname_np(a.error));
	}
}

int main(int argc, char **argv)
{
	unsigned long count, i;

	if (argc != 3)
		die("nlfuzz SEED COUNT");
	state = strtoull(argv[1], NULL, 0);
	count = strtoul(argv[2], NULL, 0);
	if (!nl_open(&nl) || !nl_open(&judge))
		die("no family " IP_VS_EXT_GENL_NAME);
	for (i = 0; i < count; i++) {
		make_message();
		msg.h.nlmsg_seq = i;
		/* an overrun of the receive buffer is told here, too */
		if (send(nl.fd, msg.buf, msg.h.nlmsg_len, MSG_DONTWAIT) < 0 &&
		    errno != ENOBUFS && errno != EAGAIN)
			die("send: %s", strerror(errno));
		drain();
		if (i % 256 == 255)
			check();
	}
	check();
	printf("seed %s: %lu messages, %lu done, %lu refused, %lu shown\n",
	       argv[1], count, accepted, rejected, shown);
	return accepted == 0 || rejected == 0 || shown == 0;
}
