// SPDX-License-Identifier: GPL-2.0
/*
 * nlbad: messages that IPVS_EXT must refuse, each with the right error, a text
 * that says why, and without changing anything.
 *
 *	nlbad SERVICE SERVER
 *
 * SERVICE exists, is bound to a scheduler with parameters, if any has some, and
 * SERVER is one of its servers (in the words of extnl). Prints one line a
 * message that was not refused as it should be, and the number of all.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "nl.h"

static struct nl nl;
static struct msg msg;
static const char *service, *server;
static unsigned int tried, wrong;

/* ---- has anything changed? ---------------------------------------------- */

static uint64_t sum;

static void add(const struct nlmsghdr *h)
{
	const unsigned char *p = (const unsigned char *)h + NLMSG_HDRLEN;
	size_t i;

	for (i = 0; i < h->nlmsg_len - NLMSG_HDRLEN; i++)
		sum = (sum ^ p[i]) * 0x100000001b3ULL;
}

static uint64_t fingerprint(void)
{
	static struct msg m;
	struct answer a;

	sum = 0xcbf29ce484222325ULL;
	msg_start(&m, &nl, IP_VS_EXT_CMD_GET_ATTR, NLM_F_DUMP);
	nl_talk(&nl, &m, &a, add);
	if (a.error || !a.messages)
		die("no attributes to compare");
	msg_start(&m, &nl, IP_VS_EXT_CMD_GET_PARAM, NLM_F_DUMP);
	nl_talk(&nl, &m, &a, add);
	if (a.error)
		die("cannot read parameters");
	return sum;
}

/* Send what is in msg. @error and the text are what is expected; @at_attr: the
 * kernel has to say which attribute it means.
 */
static void refused(const char *what, int error, const char *text, bool at_attr)
{
	uint64_t before = fingerprint();
	struct answer a;

	tried++;
	nl_talk(&nl, &msg, &a, NULL);
	/* Kernels differ in what they call a string that is too long. */
	if (error == ERANGE && !*text && a.error == EINVAL)
		error = EINVAL;
	if (a.error == error && strstr(a.text, text) && *a.text &&
	    (!at_attr || a.offset) && fingerprint() == before)
		return;
	wrong++;
	printf("%s: got %s \"%s\" offset %u%s, expected %s \"%s\"\n", what,
	       a.error ? strerrorname_np(a.error) : "success", a.text, a.offset,
	       fingerprint() == before ? "" : ", and something changed",
	       strerrorname_np(error), text);
}

/* ---- what is sent ------------------------------------------------------- */

static void start(uint8_t cmd)
{
	msg_start(&msg, &nl, cmd, NLM_F_ACK);
}

static void start_dump(uint8_t cmd)
{
	msg_start(&msg, &nl, cmd, NLM_F_DUMP);
}

/* A nest with one attribute. */
static void nest1(uint16_t outer, uint16_t type, const void *data, size_t len)
{
	size_t nest = msg_nest(&msg, outer);

	msg_put(&msg, type, data, len);
	msg_end(&msg, nest);
}

static void good_attrs(void)
{
	uint32_t priority = 4;

	nest1(IP_VS_EXT_A_SERVER_ATTRS, IP_VS_EXT_ATTR_PRIORITY, &priority, 4);
}

static void set_attr(uint16_t type, const void *data, size_t len)
{
	start(IP_VS_EXT_CMD_SET_ATTR);
	msg_service(&msg, service);
	msg_server(&msg, server);
	nest1(IP_VS_EXT_A_SERVER_ATTRS, type, data, len);
}

/* A value in the attribute of a server: too large, too small. */
static void attr_values(void)
{
	static const struct {
		const char *what;
		uint16_t type;
		size_t len;
		uint64_t value;
		const char *text;
	} t[] = {
		{ "priority", IP_VS_EXT_ATTR_PRIORITY, 4, 2147483648U,
		  "priority must be 0 to 2147483647" },
		{ "priority", IP_VS_EXT_ATTR_PRIORITY, 4, 4294967295U,
		  "priority must be 0 to 2147483647" },
		{ "bandwidth 0", IP_VS_EXT_ATTR_BANDWIDTH, 8, 0,
		  "bandwidth must be 1 to 1000000000000" },
		{ "bandwidth", IP_VS_EXT_ATTR_BANDWIDTH, 8,
		  1000000000001ULL, "bandwidth must be 1 to 1000000000000" },
		{ "bandwidth", IP_VS_EXT_ATTR_BANDWIDTH, 8, UINT64_MAX,
		  "bandwidth must be 1 to 1000000000000" },
		{ "lag", IP_VS_EXT_ATTR_LAG, 4, 60000001,
		  "lag must be 0 to 60000000" },
		{ "lag", IP_VS_EXT_ATTR_LAG, 4, 4294967295U,
		  "lag must be 0 to 60000000" },
	};
	static const size_t lengths[] = { 0, 1, 2, 3, 5, 7, 9, 12, 4096 };
	static const char zeroes[4096];
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(t); i++) {
		set_attr(t[i].type, &t[i].value, t[i].len);
		refused(t[i].what, ERANGE, t[i].text, true);
		/* a good one beside it is not set either */
		start(IP_VS_EXT_CMD_SET_ATTR);
		msg_service(&msg, service);
		msg_server(&msg, server);
		j = msg_nest(&msg, IP_VS_EXT_A_SERVER_ATTRS);
		msg_u32(&msg, t[i].type == IP_VS_EXT_ATTR_LAG ?
			IP_VS_EXT_ATTR_PRIORITY : IP_VS_EXT_ATTR_LAG, 77);
		msg_put(&msg, t[i].type, &t[i].value, t[i].len);
		msg_end(&msg, j);
		refused("a good and a bad one", ERANGE, t[i].text, true);
		/* nor deleted */
		start(IP_VS_EXT_CMD_DEL_ATTR);
		msg_service(&msg, service);
		msg_server(&msg, server);
		nest1(IP_VS_EXT_A_SERVER_ATTRS, t[i].type, &t[i].value,
		      t[i].len);
		refused("delete", ERANGE, t[i].text, true);
	}
	for (i = IP_VS_EXT_ATTR_PRIORITY; i <= IP_VS_EXT_ATTR_MAX; i++) {
		for (j = 0; j < ARRAY_SIZE(lengths); j++) {
			set_attr(i, zeroes, lengths[j]);
			refused("length of an attribute", EINVAL, "", true);
		}
		/* the length of the other size of number */
		set_attr(i, zeroes, i == IP_VS_EXT_ATTR_BANDWIDTH ? 4 : 8);
		refused("length of an attribute", EINVAL, "", true);
	}
	for (i = IP_VS_EXT_ATTR_MAX + 1; i < IP_VS_EXT_ATTR_MAX + 4; i++) {
		set_attr(i, zeroes, 4);
		refused("unknown attribute", EINVAL, "", true);
	}
	for (i = 0; i <= IP_VS_EXT_ATTR_PAD; i++) {
		set_attr(i, zeroes, 4);
		refused("attribute without a meaning", EINVAL, "", true);
	}
	start(IP_VS_EXT_CMD_SET_ATTR);
	msg_service(&msg, service);
	msg_server(&msg, server);
	msg_end(&msg, msg_nest(&msg, IP_VS_EXT_A_SERVER_ATTRS));
	refused("no attribute", EINVAL, "no attribute is given", true);
	start(IP_VS_EXT_CMD_SET_ATTR);
	msg_service(&msg, service);
	msg_server(&msg, server);
	msg_put(&msg, IP_VS_EXT_A_SERVER_ATTRS, NULL, 0);
	refused("nest without the mark", EINVAL, "", true);
}

/* ---- names -------------------------------------------------------------- */

/* A name with one part changed: left out, or with other bytes. */
static void name(uint16_t outer, const char *of,
		 uint16_t part, const void *data, ssize_t len, bool rest)
{
	static struct msg whole;
	size_t at = NLMSG_LENGTH(GENL_HDRLEN) + NLA_HDRLEN, nest;
	uint16_t type;

	msg_start(&whole, &nl, 0, 0);
	if (outer == IP_VS_EXT_A_SERVICE)
		msg_service(&whole, of);
	else
		msg_server(&whole, of);
	nest = msg_nest(&msg, outer);
	for (type = 0; at < whole.h.nlmsg_len;) {
		const struct nlattr *n = (void *)(whole.buf + at);

		type = n->nla_type;
		if (type != part)
			msg_put(&msg, type, n + 1, n->nla_len - NLA_HDRLEN);
		else if (len >= 0)
			msg_put(&msg, type, data, len);
		at += NLA_ALIGN(n->nla_len);
	}
	if (rest)
		msg_put(&msg, part, data, len);
	msg_end(&msg, nest);
}

/* SET_ATTR with that name of a service, or of a server. */
static void set_named(uint16_t outer, uint16_t part, const void *data,
		      ssize_t len, bool more)
{
	start(IP_VS_EXT_CMD_SET_ATTR);
	if (outer == IP_VS_EXT_A_SERVICE) {
		name(outer, service, part, data, len, more);
		msg_server(&msg, server);
	} else {
		msg_service(&msg, service);
		name(outer, server, part, data, len, more);
	}
	good_attrs();
}

static void names(void)
{
	static const struct {
		const char *what;
		uint16_t outer, part;
		ssize_t len;	/* -1: left out */
		uint64_t value;
		int error;
		const char *text;
		bool more;
	} t[] = {
#define SVC(part)	IP_VS_EXT_A_SERVICE, IP_VS_EXT_SERVICE_##part
#define SRV(part)	IP_VS_EXT_A_SERVER, IP_VS_EXT_SERVER_##part
		{ "family", SVC(AF), 2, 0, EINVAL,
		  "address family must be 2 (IPv4) or 10 (IPv6)" },
		{ "family", SVC(AF), 2, 17, EINVAL, "address family must be" },
		{ "family and address", SVC(AF), 2, 10, EINVAL, "family" },
		{ "family missing", SVC(AF), -1, 0, EINVAL,
		  "service: the address family is missing" },
		{ "family length", SVC(AF), 4, 2, EINVAL, "" },
		{ "protocol", SVC(PROTOCOL), 2, 1, EINVAL,
		  "protocol must be 6 (TCP), 17 (UDP) or 132 (SCTP)" },
		{ "protocol", SVC(PROTOCOL), 2, 0, EINVAL, "protocol must be" },
		{ "protocol missing", SVC(PROTOCOL), -1, 0, EINVAL,
		  "service: the protocol is missing" },
		{ "protocol length", SVC(PROTOCOL), 1, 6, EINVAL, "" },
		{ "address missing", SVC(ADDR), -1, 0, EINVAL,
		  "service: neither address nor fwmark is given" },
		{ "address length", SVC(ADDR), 0, 0, EINVAL,
		  "address must have 4 bytes (IPv4) or 16 (IPv6)" },
		{ "address length", SVC(ADDR), 5, 0, EINVAL,
		  "address must have 4 bytes (IPv4) or 16 (IPv6)" },
		{ "address length", SVC(ADDR), 16, 0, EINVAL, "family" },
		{ "port missing", SVC(PORT), -1, 0, EINVAL,
		  "service: the port is missing" },
		{ "port length", SVC(PORT), 4, 0, EINVAL, "" },
		{ "fwmark 0", SVC(FWMARK), 4, 0, ERANGE,
		  "fwmark must be 1 to 4294967295", true },
		{ "fwmark and address", SVC(FWMARK), 4, 5, EINVAL,
		  "service: either fwmark, or protocol, address and port", true },
		{ "fwmark length", SVC(FWMARK), 2, 5, EINVAL, "", true },
		{ "unknown", IP_VS_EXT_A_SERVICE, IP_VS_EXT_SERVICE_MAX + 1, 4, 0,
		  EINVAL, "", true },
		{ "unspec", IP_VS_EXT_A_SERVICE, 0, 4, 0, EINVAL, "", true },
		{ "family", SRV(AF), 2, 1, EINVAL, "address family must be" },
		{ "family missing", SRV(AF), -1, 0, EINVAL,
		  "server: the address family is missing" },
		{ "family length", SRV(AF), 3, 2, EINVAL, "" },
		{ "address missing", SRV(ADDR), -1, 0, EINVAL,
		  "server: the address is missing" },
		{ "address length", SRV(ADDR), 3, 0, EINVAL,
		  "address must have 4 bytes (IPv4) or 16 (IPv6)" },
		{ "address length", SRV(ADDR), 16, 0, EINVAL, "family" },
		{ "port missing", SRV(PORT), -1, 0, EINVAL,
		  "server: the port is missing" },
		{ "port length", SRV(PORT), 1, 0, EINVAL, "" },
		{ "unknown", IP_VS_EXT_A_SERVER, IP_VS_EXT_SERVER_MAX + 1, 4, 0,
		  EINVAL, "", true },
	};
	char what[128];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(t); i++) {
		uint64_t value[2] = { t[i].value };

		snprintf(what, sizeof(what), "%s: %s",
			 t[i].outer == IP_VS_EXT_A_SERVICE ? "service" :
							     "server",
			 t[i].what);
		set_named(t[i].outer, t[i].part, value, t[i].len, t[i].more);
		refused(what, t[i].error, t[i].text,
			strstr(t[i].what, "missing") == NULL);
	}
	/* filters of dumps, and names of other commands, are read the same way */
	for (i = 0; i < 3; i++) {
		static const uint8_t cmd[] = { IP_VS_EXT_CMD_GET_ATTR,
			IP_VS_EXT_CMD_GET_PARAM, IP_VS_EXT_CMD_GET_STATE };

		start_dump(cmd[i]);
		name(IP_VS_EXT_A_SERVICE, service,
		     IP_VS_EXT_SERVICE_PORT, NULL, -1, false);
		refused("dump of half a name", EINVAL,
			"service: the port is missing", false);
		start_dump(cmd[i]);
		msg_service(&msg, service);
		msg_server(&msg, server);
		refused("dump of a server", EINVAL, "", true);
	}
}

/* ---- what a command needs ----------------------------------------------- */

static void missing(void)
{
	start(IP_VS_EXT_CMD_SET_ATTR);
	msg_server(&msg, server);
	good_attrs();
	refused("no service", EINVAL, "the service is missing", false);

	start(IP_VS_EXT_CMD_SET_ATTR);
	msg_service(&msg, service);
	good_attrs();
	refused("no server", EINVAL, "the real server is missing", false);

	start(IP_VS_EXT_CMD_SET_ATTR);
	msg_service(&msg, service);
	msg_server(&msg, server);
	refused("no attributes", EINVAL,
		"the attributes of the real server are missing", false);

	start(IP_VS_EXT_CMD_DEL_ATTR);
	msg_server(&msg, server);
	refused("delete without service", EINVAL, "the service is missing",
		false);

	start(IP_VS_EXT_CMD_DEL_ATTR);
	msg_service(&msg, "tcp:10.99.99.99:1");
	refused("delete what is not there", ENOENT, "", false);

	start(IP_VS_EXT_CMD_SET_PARAM);
	refused("no service", EINVAL, "the service is missing", false);

	start(IP_VS_EXT_CMD_SET_PARAM);
	msg_service(&msg, service);
	refused("no parameters", EINVAL, "the parameters are missing", false);

	start(IP_VS_EXT_CMD_DEL_PARAM);
	refused("no service", EINVAL, "the service is missing", false);

	start(IP_VS_EXT_CMD_SET_ATTR);
	msg_service(&msg, service);
	msg_server(&msg, server);
	good_attrs();
	msg_u32(&msg, IP_VS_EXT_A_SCHED_ATTRS, 1);
	refused("attribute of another command", EINVAL, "", true);

	start_dump(IP_VS_EXT_CMD_GET_SCHED);
	msg_service(&msg, service);
	refused("dump that takes nothing", EINVAL, "", true);
}

/* ---- parameters --------------------------------------------------------- */

static void param(const char *pname, size_t len, const void *value, size_t vlen)
{
	size_t list = msg_nest(&msg, IP_VS_EXT_A_PARAMS);
	size_t nest = msg_nest(&msg, IP_VS_EXT_A_PARAM);

	if (pname)
		msg_put(&msg, IP_VS_EXT_PARAM_NAME, pname, len);
	if (value)
		msg_put(&msg, IP_VS_EXT_PARAM_VALUE, value, vlen);
	msg_end(&msg, nest);
	msg_end(&msg, list);
}

static void set_param(const char *of)
{
	start(IP_VS_EXT_CMD_SET_PARAM);
	msg_service(&msg, of);
}

static void params(void)
{
	static const char name32[33] = "abcdefghijklmnopqrstuvwxyzabcdef";
	uint64_t value = 1;
	size_t list, nest;
	int i;

	set_param("tcp:10.99.99.99:1");
	param("any", 4, &value, 8);
	refused("no such service", ENOENT, "service", false);

	set_param(service);
	param("no-such", 8, &value, 8);
	refused("no such parameter", ENOENT, "parameter", false);

	set_param(service);
	param("", 1, &value, 8);
	refused("empty name", ENOENT, "parameter", false);

	set_param(service);
	param("any", 3, &value, 8);
	refused("name without its end", EINVAL, "", true);

	set_param(service);
	param(name32, 33, &value, 8);
	refused("long name", ERANGE, "", true);

	set_param(service);
	param("any", 4, &value, 4);
	refused("length of a value", EINVAL, "", true);

	set_param(service);
	param("any", 4, NULL, 0);
	refused("no value", EINVAL, "parameter: the value is missing", true);

	set_param(service);
	param(NULL, 0, &value, 8);
	refused("no name", EINVAL, "parameter: the name is missing", true);

	set_param(service);
	msg_end(&msg, msg_nest(&msg, IP_VS_EXT_A_PARAMS));
	refused("empty list", EINVAL, "no parameter is given", true);

	set_param(service);
	list = msg_nest(&msg, IP_VS_EXT_A_PARAMS);
	for (i = 0; i < 9; i++) {
		nest = msg_nest(&msg, IP_VS_EXT_A_PARAM);
		msg_put(&msg, IP_VS_EXT_PARAM_NAME, "any", 4);
		msg_u64(&msg, IP_VS_EXT_PARAM_VALUE, 1);
		msg_end(&msg, nest);
	}
	msg_end(&msg, list);
	refused("nine parameters", EINVAL, "parameters: at most 8", true);

	set_param(service);
	list = msg_nest(&msg, IP_VS_EXT_A_PARAMS);
	msg_u32(&msg, IP_VS_EXT_A_SCHED_ATTRS, 1);
	msg_end(&msg, list);
	refused("something else in the list", EINVAL, "", true);

	set_param(service);
	list = msg_nest(&msg, IP_VS_EXT_A_PARAMS);
	nest = msg_nest(&msg, IP_VS_EXT_A_PARAM);
	msg_put(&msg, IP_VS_EXT_PARAM_NAME, "any", 4);
	msg_u64(&msg, IP_VS_EXT_PARAM_VALUE, 1);
	msg_put(&msg, IP_VS_EXT_PARAM_SET, NULL, 0);
	msg_end(&msg, nest);
	msg_end(&msg, list);
	refused("what only the kernel says", EINVAL, "", true);

	start(IP_VS_EXT_CMD_DEL_PARAM);
	msg_service(&msg, service);
	param("no-such", 8, NULL, 0);
	refused("delete no such parameter", ENOENT, "parameter", false);
}

/* ---- messages that are no messages -------------------------------------- */

static void shapes(void)
{
	struct nlattr *a;
	size_t at;

	/* bytes behind the last attribute */
	start(IP_VS_EXT_CMD_SET_ATTR);
	msg_service(&msg, service);
	msg_server(&msg, server);
	good_attrs();
	memset(msg.buf + msg.h.nlmsg_len, 1, 2);
	msg.h.nlmsg_len += 2;
	refused("bytes left over", EINVAL, "", false);

	/* a nest that says it is longer than the message */
	start(IP_VS_EXT_CMD_SET_ATTR);
	msg_service(&msg, service);
	msg_server(&msg, server);
	at = msg.h.nlmsg_len;
	good_attrs();
	a = (struct nlattr *)(msg.buf + at);
	a->nla_len += 40;
	refused("nest too long", EINVAL, "", false);

	/* one that is shorter than its header */
	start(IP_VS_EXT_CMD_SET_ATTR);
	msg_service(&msg, service);
	msg_server(&msg, server);
	at = msg.h.nlmsg_len;
	good_attrs();
	a = (struct nlattr *)(msg.buf + at);
	a->nla_len = 2;
	refused("nest too short", EINVAL, "", false);
}

int main(int argc, char **argv)
{
	if (argc != 3)
		die("nlbad SERVICE SERVER");
	service = argv[1];
	server = argv[2];
	if (!nl_open(&nl))
		die("no family " IP_VS_EXT_GENL_NAME);
	attr_values();
	names();
	missing();
	params();
	shapes();
	printf("%u messages, %u wrong\n", tried, wrong);
	return wrong != 0;
}
