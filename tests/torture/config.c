// SPDX-License-Identifier: GPL-2.0
/* Configuration: IPVS and IPVS_EXT by netlink, counters by the sockopts. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/ip_vs.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "torture.h"

uint32_t server_addr(unsigned int service, unsigned int server)
{
	/* real servers r11 to r14, others that nobody is */
	if (service == REAL_SERVICE)
		return 0x0a07000b + server;
	return 0x0a080000 + (service << 8) + server + 1;
}

unsigned int nr_servers(unsigned int service)
{
	/* one of each kind */
	if (service < 3)
		return SERVERS;
	return service == REAL_SERVICE ? 4 : FEW_SERVERS;
}

unsigned int service_protocol(unsigned int service)
{
	return service % 3 == TCP ? IPPROTO_TCP : IPPROTO_UDP;
}

const char *service_name(unsigned int service)
{
	static char name[32];

	snprintf(name, sizeof(name), "%s:10.7.1.1:%u",
		 service_protocol(service) == IPPROTO_TCP ? "tcp" : "udp", PORTS + service);
	return name;
}

/* ---- sockets ------------------------------------------------------------ */

static void nl_close(struct nl *nl)
{
	if (nl->fd > 0)
		close(nl->fd);
	nl->fd = -1;
}

void config_open_ext(struct config *c)
{
	int on = 1, size = 4 << 20;

	if (!nl_open(&c->ext) || !nl_open(&c->events))
		failed("family %s: %s", IP_VS_EXT_GENL_NAME, strerror(errno));
	setsockopt(c->events.fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	if (setsockopt(c->events.fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP,
		       &c->events.group, sizeof(c->events.group)))
		failed("events: %s", strerror(errno));
	setsockopt(c->ext.fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	c->have_ext = true;
}

void config_close_ext(struct config *c)
{
	nl_close(&c->ext);
	nl_close(&c->events);
	c->have_ext = false;
}

void config_open(struct config *c)
{
	memset(c, 0, sizeof(*c));
	c->sock = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
	if (c->sock < 0)
		failed("socket: %s", strerror(errno));
	if (!nl_open_family(&c->ipvs, IPVS_GENL_NAME))
		failed("family %s: %s", IPVS_GENL_NAME, strerror(errno));
	config_open_ext(c);
}

void config_close(struct config *c)
{
	config_close_ext(c);
	nl_close(&c->ipvs);
	close(c->sock);
}

/* ---- requests ----------------------------------------------------------- */

static int fail_fd = -1;

bool can_fail(void)
{
	if (fail_fd < 0)
		fail_fd = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	return fail_fd >= 0;
}

void fail_nth(unsigned int n)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", n);

	if (can_fail() && pwrite(fail_fd, text, len, 0) != len)
		failed("fail-nth: %s", strerror(errno));
}

/* Send, and wait for the answer. Not nl_talk(): where allocations fail, the
 * answer may not come.
 */
static int talk(struct nl *nl, struct msg *m)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	static unsigned char buf[1 << 16];
	ssize_t n;

	m->h.nlmsg_seq = ++nl->seq;
	if (sendto(nl->fd, m->buf, m->h.nlmsg_len, 0, (void *)&kernel, sizeof(kernel)) < 0)
		return errno;
	for (;;) {
		const struct nlmsghdr *h = (void *)buf;

		n = recv(nl->fd, buf, sizeof(buf), 0);
		if (n < 0)
			return errno;
		for (; NLMSG_OK(h, n); h = NLMSG_NEXT(h, n)) {
			const struct nlmsgerr *e = NLMSG_DATA(h);

			if (h->nlmsg_seq == nl->seq && h->nlmsg_type == NLMSG_ERROR)
				return -e->error;
		}
	}
}

static struct msg msg;

static void put_service_key(unsigned int i)
{
	uint32_t addr[4] = { htonl(VIP) };

	msg_u16(&msg, IPVS_SVC_ATTR_AF, AF_INET);
	msg_u16(&msg, IPVS_SVC_ATTR_PROTOCOL, service_protocol(i));
	msg_put(&msg, IPVS_SVC_ATTR_ADDR, addr, sizeof(addr));
	msg_u16(&msg, IPVS_SVC_ATTR_PORT, htons(PORTS + i));
}

int put_service(struct config *c, uint8_t cmd, unsigned int i, const struct service *s)
{
	struct ip_vs_flags flags = { .mask = ~0U };
	size_t nest;

	msg_start(&msg, &c->ipvs, cmd, NLM_F_ACK);
	nest = msg_nest(&msg, IPVS_CMD_ATTR_SERVICE);
	put_service_key(i);
	if (s) {
		flags.flags = s->flags;
		if (i % 3 == OPS)
			flags.flags |= IP_VS_SVC_F_ONEPACKET;
		msg_put(&msg, IPVS_SVC_ATTR_SCHED_NAME, s->sched->name,
			strlen(s->sched->name) + 1);
		msg_put(&msg, IPVS_SVC_ATTR_FLAGS, &flags, sizeof(flags));
		msg_u32(&msg, IPVS_SVC_ATTR_TIMEOUT, s->timeout);
		msg_u32(&msg, IPVS_SVC_ATTR_NETMASK, ~0U);
	}
	msg_end(&msg, nest);
	return talk(&c->ipvs, &msg);
}

int put_server(struct config *c, uint8_t cmd, unsigned int i, unsigned int j,
	       const struct server *d)
{
	uint32_t addr[4] = { htonl(server_addr(i, j)) };
	size_t nest;

	msg_start(&msg, &c->ipvs, cmd, NLM_F_ACK);
	nest = msg_nest(&msg, IPVS_CMD_ATTR_SERVICE);
	put_service_key(i);
	msg_end(&msg, nest);
	nest = msg_nest(&msg, IPVS_CMD_ATTR_DEST);
	msg_u16(&msg, IPVS_DEST_ATTR_ADDR_FAMILY, AF_INET);
	msg_put(&msg, IPVS_DEST_ATTR_ADDR, addr, sizeof(addr));
	msg_u16(&msg, IPVS_DEST_ATTR_PORT, htons(PORTS + i));
	if (d) {
		msg_u32(&msg, IPVS_DEST_ATTR_FWD_METHOD, IP_VS_CONN_F_DROUTE);
		msg_u32(&msg, IPVS_DEST_ATTR_WEIGHT, d->weight);
		msg_u32(&msg, IPVS_DEST_ATTR_U_THRESH, d->upper);
		msg_u32(&msg, IPVS_DEST_ATTR_L_THRESH, d->lower);
	}
	msg_end(&msg, nest);
	return talk(&c->ipvs, &msg);
}

int put_simple(struct config *c, uint8_t cmd)
{
	msg_start(&msg, &c->ipvs, cmd, NLM_F_ACK);
	return talk(&c->ipvs, &msg);
}

int put_timeouts(struct config *c, uint32_t tcp, uint32_t fin, uint32_t udp)
{
	msg_start(&msg, &c->ipvs, IPVS_CMD_SET_CONFIG, NLM_F_ACK);
	msg_u32(&msg, IPVS_CMD_ATTR_TIMEOUT_TCP, tcp);
	msg_u32(&msg, IPVS_CMD_ATTR_TIMEOUT_TCP_FIN, fin);
	msg_u32(&msg, IPVS_CMD_ATTR_TIMEOUT_UDP, udp);
	return talk(&c->ipvs, &msg);
}

static void put_server_name(unsigned int i, unsigned int j)
{
	uint32_t a = server_addr(i, j);
	char name[32];

	snprintf(name, sizeof(name), "%u.%u.%u.%u:%u", a >> 24, a >> 16 & 255, a >> 8 & 255,
		 a & 255, PORTS + i);
	msg_server(&msg, name);
}

int set_attr(struct config *c, unsigned int i, unsigned int j, int attr, uint64_t value)
{
	size_t nest;

	msg_start(&msg, &c->ext, IP_VS_EXT_CMD_SET_ATTR, NLM_F_ACK);
	msg_service(&msg, service_name(i));
	put_server_name(i, j);
	nest = msg_nest(&msg, IP_VS_EXT_A_SERVER_ATTRS);
	if (attr == IP_VS_EXT_ATTR_BANDWIDTH)
		msg_u64(&msg, attr, value);
	else
		msg_u32(&msg, attr, value);
	msg_end(&msg, nest);
	return talk(&c->ext, &msg);
}

/* Of all servers, or of all services, where @j or @i are negative. */
int del_attr(struct config *c, int i, int j)
{
	msg_start(&msg, &c->ext, IP_VS_EXT_CMD_DEL_ATTR, NLM_F_ACK);
	if (i >= 0)
		msg_service(&msg, service_name(i));
	if (j >= 0)
		put_server_name(i, j);
	return talk(&c->ext, &msg);
}

int set_param(struct config *c, unsigned int i, const char *name, uint64_t value)
{
	size_t list, nest;

	msg_start(&msg, &c->ext, IP_VS_EXT_CMD_SET_PARAM, NLM_F_ACK);
	msg_service(&msg, service_name(i));
	list = msg_nest(&msg, IP_VS_EXT_A_PARAMS);
	nest = msg_nest(&msg, IP_VS_EXT_A_PARAM);
	msg_put(&msg, IP_VS_EXT_PARAM_NAME, name, strlen(name) + 1);
	msg_u64(&msg, IP_VS_EXT_PARAM_VALUE, value);
	msg_end(&msg, nest);
	msg_end(&msg, list);
	return talk(&c->ext, &msg);
}

int del_params(struct config *c, unsigned int i)
{
	msg_start(&msg, &c->ext, IP_VS_EXT_CMD_DEL_PARAM, NLM_F_ACK);
	msg_service(&msg, service_name(i));
	return talk(&c->ext, &msg);
}

/* ---- counters ----------------------------------------------------------- */

void read_counts(struct config *c, unsigned int i, struct counts *n)
{
	/* Those of the kernel end in arrays without a size. */
	static struct {
		struct ip_vs_get_dests h;
		struct ip_vs_dest_entry entry[SERVERS];
	} d;
	struct ip_vs_service_entry s = { .protocol = service_protocol(i) };
	socklen_t len = sizeof(d);
	unsigned int j, k;

	memset(n, 0, sizeof(*n));
	memset(&d, 0, sizeof(d));
	s.addr = htonl(VIP);
	s.port = htons(PORTS + i);
	d.h.protocol = s.protocol;
	d.h.addr = s.addr;
	d.h.port = s.port;
	d.h.num_dests = SERVERS;
	if (getsockopt(c->sock, IPPROTO_IP, IP_VS_SO_GET_DESTS, &d, &len))
		failed("servers of service %u: %s", i, strerror(errno));
	for (k = 0; k < SERVERS; k++) {
		for (j = 0; j < SERVERS; j++)
			if (d.entry[k].addr == htonl(server_addr(i, j)))
				break;
		if (j == SERVERS)
			continue;
		n->there[j] = true;
		n->conns[j] = d.entry[k].activeconns + d.entry[k].inactconns;
		n->made[j] = d.entry[k].stats.conns;
	}
	len = sizeof(s);
	if (getsockopt(c->sock, IPPROTO_IP, IP_VS_SO_GET_SERVICE, &s, &len))
		failed("service %u: %s", i, strerror(errno));
	n->service_made = s.stats.conns;
}

static struct state *reading;
static unsigned int reading_service;

static const struct nlattr *find(const unsigned char *p, const unsigned char *end,
				 uint16_t type)
{
	const struct nlattr *n;

	for (; p + NLA_HDRLEN <= end; p += NLA_ALIGN(n->nla_len)) {
		n = (const struct nlattr *)p;
		if ((n->nla_type & NLA_TYPE_MASK) == type)
			return n;
	}
	return NULL;
}

static const struct nlattr *find_in(const struct nlattr *nest, uint16_t type)
{
	return find((const unsigned char *)(nest + 1),
		    (const unsigned char *)nest + nest->nla_len, type);
}

static const struct nlattr *find_top(const struct nlmsghdr *h, uint16_t type)
{
	return find((const unsigned char *)h + NLMSG_LENGTH(GENL_HDRLEN),
		    (const unsigned char *)h + h->nlmsg_len, type);
}

static uint64_t nest_u64(const struct nlattr *nest, uint16_t type)
{
	const struct nlattr *n = find_in(nest, type);
	uint64_t value = 0;

	if (n)
		memcpy(&value, n + 1, sizeof(value));
	return value;
}

static void take_server_state(const struct nlattr *server, const struct nlattr *is)
{
	const struct nlattr *addr = find_in(server, IP_VS_EXT_SERVER_ADDR);
	unsigned int j;

	for (j = 0; addr && is && j < SERVERS; j++)
		if (*(const uint32_t *)(addr + 1) == htonl(server_addr(reading_service, j)))
			reading->is[j] = *(const uint8_t *)(is + 1);
}

static void take_state(const struct nlmsghdr *h)
{
	const struct nlattr *n = find_top(h, IP_VS_EXT_A_STATE);

	if (n) {
		reading->there = true;
		reading->since = nest_u64(n, IP_VS_EXT_STATE_SINCE);
		reading->grants = nest_u64(n, IP_VS_EXT_STATE_GRANTS);
		reading->refusals = nest_u64(n, IP_VS_EXT_STATE_REFUSALS);
	}
	n = find_top(h, IP_VS_EXT_A_SERVER_STATE);
	if (n)
		take_server_state(find_top(h, IP_VS_EXT_A_SERVER),
				  find_in(n, IP_VS_EXT_SERVER_STATE_IS));
}

void read_state(struct config *c, unsigned int i, struct state *st)
{
	struct answer a;

	memset(st, 0, sizeof(*st));
	reading = st;
	reading_service = i;
	msg_start(&msg, &c->ext, IP_VS_EXT_CMD_GET_STATE, NLM_F_DUMP);
	msg_service(&msg, service_name(i));
	nl_talk(&c->ext, &msg, &a, take_state);
	if (a.error)
		failed("state of service %u: %s %s", i, strerror(a.error), a.text);
}

uint64_t event_number(const struct nlmsghdr *h)
{
	const struct nlattr *n = find_top(h, IP_VS_EXT_A_EVENT);

	if (!n)
		failed("an event without attributes");
	return nest_u64(n, IP_VS_EXT_EVENT_SEQ);
}

void read_all(struct config *c)
{
	static const uint8_t ext[] = {
		IP_VS_EXT_CMD_GET_SCHED, IP_VS_EXT_CMD_GET_ATTR, IP_VS_EXT_CMD_GET_PARAM,
		IP_VS_EXT_CMD_GET_STATE,
	};
	struct answer a;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ext); i++) {
		msg_start(&msg, &c->ext, ext[i], NLM_F_DUMP);
		nl_talk(&c->ext, &msg, &a, NULL);
		if (a.error)
			failed("%s: %s %s", nl_commands[ext[i]], strerror(a.error), a.text);
	}
	msg_start(&msg, &c->ipvs, IPVS_CMD_GET_SERVICE, NLM_F_DUMP);
	nl_talk(&c->ipvs, &msg, &a, NULL);
	if (a.error)
		failed("services: %s", strerror(a.error));
}
