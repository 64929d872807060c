// SPDX-License-Identifier: GPL-2.0
/*
 * What is said to, and understood of, family IPVS_EXT: units, messages made by hand,
 * parameters in words, which events follow on a state, and how all of it is shown.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netlink/attr.h>
#include <netlink/genl/genl.h>
#include <time.h>
#include "command.h"
#include "ext_msg.h"
#include "ext_show.h"
#include "follow.h"
#include "model.h"
#include "random_state.h"
#include "schema.h"
#include "state.h"
#include "unit.h"
#include "units.h"

/* ---- units -------------------------------------------------------------------- */

START_TEST(rates)
{
	static const struct {
		const char *text;
		uint64_t rate;
	} good[] = {
		{ "8", 1 }, { "9", 1 }, { "8bit", 1 }, { "100mbit", 12500000 },
		{ "12mbps", 12000000 }, { "1gbit", 125000000 }, { "1.5gbit", 187500000 },
		{ "1kibit", 128 }, { "1kibps", 1024 }, { "8tbit", IP_VS_EXT_BANDWIDTH_MAX },
		{ "1TBPS", IP_VS_EXT_BANDWIDTH_MAX }, { "1MiBit", 131072 }, { "0.5kbps", 500 },
		{ "2gibps", 2147483648 }, { "1tibit", 137438953472 }, { "1bps", 1 },
		{ "0.000008mbit", 1 }, { "1.1bps", 1 },
	};
	static const char * const bad[] = {
		"", "x", "-1", "1 mbit", "mbit", "1mb", "1e3", "1.", ".5mbit", "1.0000001mbit",
		"99999999999999999999", "18446744073709551615tbit", "1mbit ", "+1",
	};
	uint64_t rate;
	char buf[UNITS_LEN];
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		ck_assert_msg(rate_parse(good[i].text, &rate), "%s", good[i].text);
		ck_assert_msg(rate == good[i].rate, "%s is %llu", good[i].text,
			      (unsigned long long)rate);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(!rate_parse(bad[i], &rate), "%s", bad[i]);
	ck_assert_str_eq(rate_text(12500000, buf), "100mbit");
	ck_assert_str_eq(rate_text(1, buf), "8bit");
	ck_assert_str_eq(rate_text(IP_VS_EXT_BANDWIDTH_MAX, buf), "8tbit");
	ck_assert_str_eq(rate_text(UINT64_MAX, buf), "18446744073709551615bps");
}
END_TEST

START_TEST(times)
{
	static const struct {
		const char *text;
		uint64_t us;
	} good[] = {
		{ "20ms", 20000 }, { "300us", 300 }, { "1s", 1000000 }, { "7", 7 }, { "0", 0 },
		{ "1.5ms", 1500 }, { "0.0001ms", 0 }, { "2secs", 2000000 }, { "3MSEC", 3000 },
	};
	uint64_t n;
	char buf[UNITS_LEN];
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		ck_assert_msg(time_parse(good[i].text, &n), "%s", good[i].text);
		ck_assert_msg(n == good[i].us, "%s is %llu", good[i].text,
			      (unsigned long long)n);
	}
	ck_assert(!time_parse("20min", &n));
	ck_assert(!time_parse("ms", &n));
	ck_assert_str_eq(time_text(20000, buf), "20ms");
	ck_assert_str_eq(time_text(1500, buf), "1500us");
	ck_assert_str_eq(time_text(60000000, buf), "60s");
	ck_assert_str_eq(time_text(0, buf), "0us");
	ck_assert(ms_parse("5", false, &n) && n == 5);
	ck_assert(ms_parse("5", true, &n) && n == 5000);
	ck_assert(ms_parse("5s", true, &n) && n == 5000);
	ck_assert(ms_parse("2min", true, &n) && n == 120000);
	ck_assert(ms_parse("1h", true, &n) && n == 3600000);
	ck_assert(ms_parse("2000us", true, &n) && n == 2);
	ck_assert(!ms_parse("1500us", true, &n));
	ck_assert_str_eq(ms_text(5000, buf), "5s");
	ck_assert_str_eq(ms_text(5001, buf), "5001ms");
	ck_assert(size_parse("1500", &n) && n == 1500);
	ck_assert(size_parse("64k", &n) && n == 65536);
	ck_assert(size_parse("1.5m", &n) && n == 1572864);
	ck_assert(!size_parse("0.3k", &n));
	ck_assert(!size_parse("1t", &n));
}
END_TEST

/* What is written is read as the same. */
START_TEST(units_round_trip)
{
	uint64_t n, back;
	char buf[UNITS_LEN];
	int i, k;

	unit_seed();
	for (i = 0; i < 20000; i++) {
		n = 1 + any(1000);
		for (k = any(12); k; k--)
			n *= 10;
		n += any(3);
		rate_text(n, buf);
		ck_assert(rate_parse(buf, &back));
		ck_assert_uint_eq(n, back);
		time_text(n, buf);
		ck_assert(time_parse(buf, &back));
		ck_assert_uint_eq(n, back);
		ms_text(n, buf);
		ck_assert(ms_parse(buf, true, &back));
		ck_assert_uint_eq(n, back);
	}
}
END_TEST

/* ---- the command line ------------------------------------------------------------ */

static int parse(struct command *c, struct diag *d, char *line)
{
	static char *argv[64];
	char *rest;
	int argc = 1;

	argv[0] = (char *)"ipvsadm";
	for (argv[argc] = strtok_r(line, " ", &rest); argv[argc];
	     argv[argc] = strtok_r(NULL, " ", &rest))
		argc++;
	return command_parse(argc, argv, c, d);
}

static void refused(const char *text, const char *says)
{
	char *line = strdup(text);
	struct command c;
	struct diag d;

	ck_assert_msg(parse(&c, &d, line) < 0, "understood: %s", text);
	ck_assert_int_eq(d.status, EXIT_USAGE);
	ck_assert_msg(strstr(d.whole, says), "%s: said %s", text, d.whole);
	free(line);
}

START_TEST(command_line)
{
	char attrs[] = "-e -t 1.2.3.4:80 -r 1.2.3.5 --priority 7 --bandwidth=1gbit --lag none";
	struct command c;
	struct diag d;
	char many[1024] = "-A -t 1.2.3.4:80";
	int i;

	ck_assert_int_eq(parse(&c, &d, attrs), 0);
	ck_assert(wants_ext(&c));
	ck_assert_uint_eq(c.change.attrs.set, EXT_HAS(IP_VS_EXT_ATTR_PRIORITY) |
			  EXT_HAS(IP_VS_EXT_ATTR_BANDWIDTH));
	ck_assert_uint_eq(c.change.attrs.clear, EXT_HAS(IP_VS_EXT_ATTR_LAG));
	ck_assert_uint_eq(c.change.attrs.priority, 7);
	ck_assert_uint_eq(c.change.attrs.bandwidth, 125000000);
	refused("-e -t 1.2.3.4:80 -r 1.2.3.5 --priority 2147483648",
		"invalid value `2147483648' for --priority: a number from 0 to 2147483647, or none");
	refused("-e -t 1.2.3.4:80 -r 1.2.3.5 --priority -1", "invalid value `-1' for --priority");
	refused("-e -t 1.2.3.4:80 -r 1.2.3.5 --bandwidth 7", "invalid value `7' for --bandwidth");
	refused("-e -t 1.2.3.4:80 -r 1.2.3.5 --bandwidth 8.1tbit", "8bit to 8tbit, or none");
	refused("-e -t 1.2.3.4:80 -r 1.2.3.5 --lag 60.000001s", "from 0 to 60s, or none");
	refused("-e -t 1.2.3.4:80 -r 1.2.3.5 --lag 1 --lag 2", "multiple 'lag' options");
	refused("-A -t 1.2.3.4:80 --param a", "NAME=VALUE");
	refused("-A -t 1.2.3.4:80 --param a=", "NAME=VALUE");
	refused("-A -t 1.2.3.4:80 --param =a", "NAME=VALUE");
	refused("-A -t 1.2.3.4:80 --param a=1 --param a=2", "parameter `a' is given twice");
	refused("-a -t 1.2.3.4:80 -r 1.2.3.5 --param a=1", "Illegal 'param' option");
	refused("-A -t 1.2.3.4:80 --priority 1", "Illegal 'priority' option");
	refused("-L --tiers --stats", "--tiers is a listing of its own, not to be had with --stats");
	refused("-L --tiers -c", "--connection");
	refused("-L --since-start", "Illegal 'since-start' option");
	refused("--monitor --pretty -j", "Illegal 'pretty' option");
	for (i = 0; i < COMMAND_PARAMS + 1; i++)
		sprintf(many + strlen(many), " --param p%d=1", i);
	refused(many, "too many parameters");
}
END_TEST

START_TEST(command_line_params)
{
	char text[] = "-A -u 1.2.3.4:80 -s x --param a=b=c --param=d=1 -o";
	struct ipvs_param param;
	struct command c;
	struct diag d;

	ck_assert_int_eq(parse(&c, &d, text), 0);
	ck_assert_uint_eq(c.params, 2);
	ck_assert_str_eq(ext_param_split(c.param[0], &param), "b=c");
	ck_assert_str_eq(param.name, "a");
	ck_assert_str_eq(ext_param_split(c.param[1], &param), "1");
	ck_assert_str_eq(param.name, "d");
	ck_assert_ptr_null(ext_param_split("12345678901234567890123456789012=1", &param));
	ck_assert_ptr_nonnull(ext_param_split("1234567890123456789012345678901=1", &param));
}
END_TEST

/* ---- messages ------------------------------------------------------------------------ */

#define FAMILY 33

static struct nlattr *nest(struct nl_msg *msg, int type)
{
	struct nlattr *a = nla_nest_start(msg, type | NLA_F_NESTED);

	ck_assert_ptr_nonnull(a);
	return a;
}

static struct nl_msg *begin(uint8_t cmd)
{
	struct nl_msg *msg = ext_request(FAMILY, cmd, 0);

	ck_assert_ptr_nonnull(msg);
	return msg;
}

static void the_key(struct ipvs_key *key, bool v6, uint32_t fwmark)
{
	memset(key, 0, sizeof(*key));
	key->af = v6 ? AF_INET6 : AF_INET;
	key->fwmark = fwmark;
	if (fwmark)
		return;
	key->protocol = IPPROTO_UDP;
	key->port = htons(53);
	ck_assert_int_eq(inet_pton(key->af, v6 ? "fd00::1" : "10.7.1.1", &key->addr), 1);
}

static void the_server(struct ipvs_server *server, bool v6)
{
	memset(server, 0, sizeof(*server));
	server->af = v6 ? AF_INET6 : AF_INET;
	server->port = htons(5353);
	ck_assert_int_eq(inet_pton(server->af, v6 ? "fd00::5" : "10.7.0.5", &server->addr), 1);
}

START_TEST(attributes_message)
{
	struct ipvs_attrs attrs = {
		.set = EXT_HAS(IP_VS_EXT_ATTR_PRIORITY) | EXT_HAS(IP_VS_EXT_ATTR_BANDWIDTH) |
		       EXT_HAS(IP_VS_EXT_ATTR_LAG),
		.priority = IP_VS_EXT_PRIORITY_MAX, .bandwidth = IP_VS_EXT_BANDWIDTH_MAX, .lag = 1,
	};
	struct ipvs_server server;
	struct ipvs_key key;
	struct ext_server got;
	struct nl_msg *msg;
	int i;

	for (i = 0; i < 6; i++) {
		the_key(&key, i & 1, i >= 4 ? 4294967295 : 0);
		the_server(&server, i & 2);
		msg = begin(IP_VS_EXT_CMD_GET_ATTR);
		ck_assert_int_eq(ext_put_service(msg, &key), 0);
		ck_assert_int_eq(ext_put_server(msg, &server), 0);
		ck_assert_int_eq(ext_put_attrs(msg, &attrs, attrs.set), 0);
		ck_assert_int_eq(ext_get_attrs(nlmsg_hdr(msg), &got), 0);
		ck_assert(ext_same_server(&got, &key, &server));
		ck_assert(ext_same_attrs(&got.attrs, &attrs));
		nlmsg_free(msg);
	}
	/* What is deleted has a value that the kernel takes. */
	memset(&attrs, 0, sizeof(attrs));
	msg = begin(IP_VS_EXT_CMD_DEL_ATTR);
	ck_assert_int_eq(ext_put_service(msg, &key), 0);
	ck_assert_int_eq(ext_put_server(msg, &server), 0);
	ck_assert_int_eq(ext_put_attrs(msg, &attrs, EXT_HAS(IP_VS_EXT_ATTR_BANDWIDTH)), 0);
	ck_assert_int_eq(ext_get_attrs(nlmsg_hdr(msg), &got), 0);
	ck_assert_uint_eq(got.attrs.set, EXT_HAS(IP_VS_EXT_ATTR_BANDWIDTH));
	ck_assert_uint_eq(got.attrs.bandwidth, 1);
	nlmsg_free(msg);
}
END_TEST

static void put_desc(struct nl_msg *msg, const char *name, const char *text, uint8_t unit,
		     uint64_t lowest, uint64_t highest, uint64_t otherwise, const char *choices)
{
	struct nlattr *d = nest(msg, IP_VS_EXT_A_PARAM_DESC), *c;
	char *words = strdup(choices), *word, *rest;
	uint64_t value = 0;

	nla_put_string(msg, IP_VS_EXT_DESC_NAME, name);
	nla_put_string(msg, IP_VS_EXT_DESC_TEXT, text);
	nla_put_u8(msg, IP_VS_EXT_DESC_UNIT, unit);
	nla_put_u64(msg, IP_VS_EXT_DESC_LOWEST, lowest);
	nla_put_u64(msg, IP_VS_EXT_DESC_HIGHEST, highest);
	nla_put_u64(msg, IP_VS_EXT_DESC_DEFAULT, otherwise);
	for (word = strtok_r(words, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
		c = nest(msg, IP_VS_EXT_DESC_CHOICE);
		nla_put_string(msg, IP_VS_EXT_PARAM_NAME, word);
		nla_put_u64(msg, IP_VS_EXT_PARAM_VALUE, value++);
		nla_nest_end(msg, c);
	}
	nla_nest_end(msg, d);
	free(words);
}

/* A scheduler with a parameter of each kind. */
static void the_sched(struct ext_config *c, const char *name)
{
	struct nl_msg *msg = begin(IP_VS_EXT_CMD_GET_SCHED);
	struct ext_sched sched;
	struct nlattr *list;

	nla_put_string(msg, IP_VS_EXT_A_SCHED_NAME, name);
	nla_put_string(msg, IP_VS_EXT_A_SCHED_DESC, "in a line");
	nla_put_u32(msg, IP_VS_EXT_A_SCHED_ATTRS,
		    EXT_HAS(IP_VS_EXT_ATTR_PRIORITY) | EXT_HAS(IP_VS_EXT_ATTR_LAG));
	list = nest(msg, IP_VS_EXT_A_SCHED_PARAMS);
	put_desc(msg, "count", "a number", IP_VS_EXT_UNIT_NONE, 1, 100, 1, "");
	put_desc(msg, "hold", "a time", IP_VS_EXT_UNIT_S, 0, 3600000, 0, "");
	put_desc(msg, "cost", "bytes", IP_VS_EXT_UNIT_BYTES, 1, 1 << 20, 0, "auto");
	put_desc(msg, "tier", "a word", IP_VS_EXT_UNIT_CHOICE, 0, 0, 1, "rr wrr lc");
	nla_nest_end(msg, list);
	ck_assert_int_eq(ext_get_sched(nlmsg_hdr(msg), &sched), 0);
	nlmsg_free(msg);
	ck_assert(ext_add_sched(c, &sched));
	ext_config_sort(c);
}

START_TEST(schedulers_message)
{
	struct ext_config c = { .there = true };
	const struct ext_sched *s;
	char buf[256];

	the_sched(&c, "hprio");
	the_sched(&c, "bw_load");
	ck_assert_uint_eq(c.scheds, 2);
	ck_assert_str_eq(c.sched[0].name, "bw_load");
	s = ext_find_sched(&c, "hprio");
	ck_assert_ptr_nonnull(s);
	ck_assert_str_eq(s->text, "in a line");
	ck_assert_uint_eq(s->n, 4);
	ck_assert_uint_eq(s->param[1].highest, 3600000);
	ck_assert_uint_eq(s->param[3].n, 3);
	ck_assert_str_eq(ext_value_allowed(&s->param[0], buf, sizeof(buf)), "1 to 100");
	ck_assert_str_eq(ext_value_allowed(&s->param[1], buf, sizeof(buf)), "0ms to 3600s");
	ck_assert_str_eq(ext_value_allowed(&s->param[2], buf, sizeof(buf)),
			 "1 to 1048576 bytes, auto");
	ck_assert_str_eq(ext_value_allowed(&s->param[3], buf, sizeof(buf)), "rr, wrr, lc");
	ext_config_free(&c);
}
END_TEST

START_TEST(values)
{
	static const struct {
		const char *name, *text;
		long long value;	/* -1: not allowed */
		const char *back;
	} words[] = {
		{ "count", "1", 1, "1" }, { "count", "100", 100, "100" },
		{ "count", "0", -1, NULL }, { "count", "101", -1, NULL },
		{ "count", "1s", -1, NULL }, { "count", "-1", -1, NULL },
		{ "count", " 1", -1, NULL }, { "count", "18446744073709551617", -1, NULL },
		{ "hold", "5s", 5000, "5s" }, { "hold", "5", 5000, "5s" },
		{ "hold", "5ms", 5, "5ms" },
		{ "hold", "1h", 3600000, "3600s" }, { "hold", "61min", -1, NULL },
		{ "cost", "auto", 0, "auto" }, { "cost", "1k", 1024, "1024" },
		{ "cost", "0", -1, NULL }, { "cost", "2m", -1, NULL },
		{ "tier", "wrr", 1, "wrr" }, { "tier", "1", -1, NULL },
		{ "tier", "WRR", -1, NULL },
	};
	struct ext_config c = { .there = true };
	const struct ext_desc *d;
	char buf[EXT_VALUE_LEN];
	uint64_t value;
	size_t i;

	the_sched(&c, "x");
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		d = ext_find_desc(&c.sched[0], words[i].name);
		ck_assert_msg(ext_value_parse(d, words[i].text, false, &value) == (words[i].value >= 0),
			      "%s=%s", words[i].name, words[i].text);
		if (words[i].value < 0)
			continue;
		ck_assert_uint_eq(value, words[i].value);
		ck_assert_str_eq(ext_value_text(d, value, buf), words[i].back);
	}
	ext_config_free(&c);
}
END_TEST

static void add(struct ipvs_params *params, const char *name, const char *text)
{
	struct ipvs_param param = { .text = strdup(text) };

	strcpy(param.name, name);
	ck_assert_ptr_nonnull(ext_add_param(params, &param));
}

START_TEST(params_parse)
{
	struct ext_config c = { .there = true };
	struct ipvs_params params = { .n = 0 };
	char why[256];

	the_sched(&c, "x");
	add(&params, "hold", "5");
	add(&params, "tier", "default");
	ck_assert_int_eq(ext_params_parse(&c, "nosuch", &params, why, sizeof(why)), -ENOENT);
	ck_assert_int_eq(ext_params_parse(&c, "x", &params, why, sizeof(why)), 0);
	ck_assert(params.param[0].set && params.param[0].value == 5000);
	ck_assert(!params.param[1].set);
	add(&params, "nosuch", "1");
	ck_assert_int_eq(ext_params_parse(&c, "x", &params, why, sizeof(why)), -EINVAL);
	ck_assert_str_eq(why, "scheduler x has no parameter `nosuch'; it has: count, hold, cost, tier");
	ext_free_params(&params);
	add(&params, "cost", "0");
	ck_assert_int_eq(ext_params_parse(&c, "x", &params, why, sizeof(why)), -EINVAL);
	ck_assert_str_eq(why, "invalid value `0' for parameter cost of scheduler x: allowed are 1 to 1048576 bytes, auto, default");
	ext_free_params(&params);
	ext_config_free(&c);
}
END_TEST

START_TEST(params_message)
{
	struct ipvs_param one = { .name = "hold", .value = 5000, .set = true };
	struct ipvs_param two = { .name = "tier", .value = UINT64_MAX };
	struct ipvs_params params = { .n = 0 };
	struct ext_service svc;
	struct ipvs_key key;
	struct nl_msg *msg;
	struct nlattr *list, *p;

	the_key(&key, true, 0);
	ext_add_param(&params, &one);
	ext_add_param(&params, &two);
	msg = begin(IP_VS_EXT_CMD_SET_PARAM);
	ck_assert_int_eq(ext_put_service(msg, &key), 0);
	ck_assert_int_eq(ext_put_params(msg, &params, true), 0);
	ck_assert_int_eq(ext_get_params(nlmsg_hdr(msg), &svc), 0);
	ck_assert_int_eq(ipvs_key_cmp(&svc.key, &key), 0);
	ck_assert_uint_eq(svc.params.n, 1);
	ck_assert_str_eq(svc.params.param[0].name, "hold");
	ck_assert_uint_eq(svc.params.param[0].value, 5000);
	ck_assert(!svc.params.param[0].set);
	ext_free_params(&svc.params);
	nlmsg_free(msg);
	/* Names alone are for the kernel to read. */
	msg = begin(IP_VS_EXT_CMD_DEL_PARAM);
	ck_assert_int_eq(ext_put_service(msg, &key), 0);
	ck_assert_int_eq(ext_put_params(msg, &params, false), 0);
	ck_assert_int_eq(ext_get_params(nlmsg_hdr(msg), &svc), -EPROTO);
	nlmsg_free(msg);
	/* What the kernel says: a name, a value, and whether it was set. */
	msg = begin(IP_VS_EXT_CMD_GET_PARAM);
	ck_assert_int_eq(ext_put_service(msg, &key), 0);
	nla_put_string(msg, IP_VS_EXT_A_SCHED_NAME, "hprio");
	list = nest(msg, IP_VS_EXT_A_PARAMS);
	p = nest(msg, IP_VS_EXT_A_PARAM);
	nla_put_string(msg, IP_VS_EXT_PARAM_NAME, "hold");
	nla_put_u64(msg, IP_VS_EXT_PARAM_VALUE, 7);
	nla_put_flag(msg, IP_VS_EXT_PARAM_SET);
	nla_nest_end(msg, p);
	nla_nest_end(msg, list);
	ck_assert_int_eq(ext_get_params(nlmsg_hdr(msg), &svc), 0);
	ck_assert_str_eq(svc.sched, "hprio");
	ck_assert(svc.params.param[0].set && svc.params.param[0].value == 7);
	ext_free_params(&svc.params);
	nlmsg_free(msg);
	ext_free_params(&params);
}
END_TEST

static struct nl_msg *state_message(const struct ipvs_key *key, uint64_t seq)
{
	struct nl_msg *msg = begin(IP_VS_EXT_CMD_GET_STATE);
	struct nlattr *n;

	ck_assert_int_eq(ext_put_service(msg, key), 0);
	nla_put_string(msg, IP_VS_EXT_A_SCHED_NAME, "hprio");
	n = nest(msg, IP_VS_EXT_A_STATE);
	nla_put_u64(msg, IP_VS_EXT_STATE_TIME_MONO, 5000000000);
	nla_put_u64(msg, IP_VS_EXT_STATE_TIME_WALL, 1795258458655182591);
	nla_put_u64(msg, IP_VS_EXT_STATE_SINCE, 1000000000);
	nla_put_u32(msg, IP_VS_EXT_STATE_TIER, 20);
	nla_put_u64(msg, IP_VS_EXT_STATE_TIER_SINCE, 2000000000);
	nla_put_u32(msg, IP_VS_EXT_STATE_SERVERS, 3);
	nla_put_u32(msg, IP_VS_EXT_STATE_ELIGIBLE, 2);
	nla_put_u32(msg, IP_VS_EXT_STATE_FULL_SERVERS, 1);
	nla_put_u64(msg, IP_VS_EXT_STATE_GRANTS, UINT64_MAX);
	nla_put_u64(msg, IP_VS_EXT_STATE_REFUSALS, 2);
	nla_put_u64(msg, IP_VS_EXT_STATE_FULL, 3);
	nla_put_u64(msg, IP_VS_EXT_STATE_RELIEVED, 4);
	nla_put_u64(msg, IP_VS_EXT_STATE_SPILLS, 5);
	nla_put_u64(msg, IP_VS_EXT_STATE_RETURNS, 6);
	nla_put_u64(msg, IP_VS_EXT_STATE_EXHAUSTED, 7);
	nla_put_u64(msg, IP_VS_EXT_STATE_EVENT_SEQ, seq);
	nla_nest_end(msg, n);
	return msg;
}

static struct nl_msg *server_message(const struct ipvs_key *key, int host, uint8_t is,
				     uint32_t tier, uint32_t weight, uint64_t seq)
{
	struct ipvs_attrs attrs = { .set = EXT_HAS(IP_VS_EXT_ATTR_LAG), .lag = 20000 };
	struct nl_msg *msg = begin(IP_VS_EXT_CMD_GET_STATE);
	struct ipvs_server server;
	struct nlattr *n;

	the_server(&server, false);
	server.addr.ip = htonl(0x0a070000 + host);
	ck_assert_int_eq(ext_put_service(msg, key), 0);
	ck_assert_int_eq(ext_put_server(msg, &server), 0);
	if (host & 1)
		ck_assert_int_eq(ext_put_attrs(msg, &attrs, attrs.set), 0);
	n = nest(msg, IP_VS_EXT_A_SERVER_STATE);
	nla_put_u8(msg, IP_VS_EXT_SERVER_STATE_IS, is);
	nla_put_u32(msg, IP_VS_EXT_SERVER_STATE_TIER, tier);
	nla_put_u32(msg, IP_VS_EXT_SERVER_STATE_WEIGHT, weight);
	nla_put_u32(msg, IP_VS_EXT_SERVER_STATE_CONNS, 50);
	nla_put_u32(msg, IP_VS_EXT_SERVER_STATE_UPPER, 50);
	nla_put_u32(msg, IP_VS_EXT_SERVER_STATE_LOWER, 38);
	nla_put_u64(msg, IP_VS_EXT_SERVER_STATE_EVENT_SEQ, seq);
	nla_nest_end(msg, n);
	return msg;
}

static void take(struct ext_states *s, struct nl_msg *msg)
{
	struct ext_server_state server;
	struct ext_state svc;
	bool is_server;

	ck_assert_int_eq(ext_get_state(nlmsg_hdr(msg), &svc, &server, &is_server), 0);
	if (is_server)
		ck_assert(ext_add_server_state(s, &server));
	else
		ck_assert(ext_add_state(s, &svc));
	nlmsg_free(msg);
	ext_states_sort(s);
}

static void the_states(struct ext_states *s)
{
	struct ipvs_key key;

	memset(s, 0, sizeof(*s));
	s->consistent = true;
	the_key(&key, false, 7);
	take(s, state_message(&key, 12));
	the_key(&key, false, 0);
	take(s, state_message(&key, 10));
	take(s, server_message(&key, 21, IP_VS_EXT_SERVER_IS_FULL, 20, 3, 11));
	take(s, server_message(&key, 13, IP_VS_EXT_SERVER_IS_OPEN, 1, 1, 10));
	take(s, server_message(&key, 22, IP_VS_EXT_SERVER_IS_HELD, 20, 2, 10));
	take(s, server_message(&key, 23, IP_VS_EXT_SERVER_IS_FULL, 20, 0, 10));
}

static void valid(const char *text, const char *part)
{
	char why[512];

	ck_assert_msg(schema_check(text, strlen(text), part, why, sizeof(why)),
		      "not valid: %s\n%s", why, text);
	ck_assert_msg(schema_check(text, strlen(text), NULL, why, sizeof(why)),
		      "not valid: %s\n%s", why, text);
}

START_TEST(tiers)
{
	struct ext_states s;
	struct printed p;
	struct json j;
	char *text;

	setenv("TZ", "UTC-1", 1);
	tzset();
	the_states(&s);
	print_begin(&p);
	show_tiers(p.f, &s, true);
	text = print_end(&p);
	ck_assert_str_eq(text,
		"UDP 10.7.1.1:53 hprio\n"
		"  tier 20 since 2026-11-21T11:54:15.655182+01:00 eligible 2 of 3 full 1\n"
		"  since 2026-11-21T11:54:14.655182+01:00: grants 18446744073709551615 refusals 2 spills 5 returns 6 exhausted 7 filled 3 relieved 4\n"
		"  Tier       Server                       State    Conns      Lower      Upper      Weight\n"
		"* 20         10.7.0.21:5353               full     50         38         50         3 lag 20ms\n"
		"* 20         10.7.0.22:5353               held     50         38         50         2\n"
		"* 20         10.7.0.23:5353               quiesced 50         38         50         0 lag 20ms\n"
		"  1          10.7.0.13:5353               open     50         38         50         1 lag 20ms\n"
		"FWM 7 hprio\n"
		"  tier 20 since 2026-11-21T11:54:15.655182+01:00 eligible 2 of 3 full 1\n"
		"  since 2026-11-21T11:54:14.655182+01:00: grants 18446744073709551615 refusals 2 spills 5 returns 6 exhausted 7 filled 3 relieved 4\n"
		"  Tier       Server                       State    Conns      Lower      Upper      Weight\n");
	free(text);
	print_begin(&p);
	json_begin(&j, p.f, false);
	show_tiers_json(&j, &s);
	json_finish(&j);
	text = print_end(&p);
	valid(text, "tier_listing");
	ck_assert_ptr_nonnull(strstr(text, "\"grants\":18446744073709551615,"));
	ck_assert_ptr_nonnull(strstr(text, "{\"address\":\"10.7.0.21\",\"port\":5353,\"tier\":20,"
		"\"state\":\"full\",\"weight\":3,\"connections\":50,\"upper_threshold\":50,"
		"\"lower_threshold\":38,\"lag\":20000,\"event_seq\":11}"));
	free(text);
	ext_states_free(&s);
}
END_TEST

static void event(struct ext_event *ev, uint8_t type, uint64_t seq, int host)
{
	struct nl_msg *msg = begin(IP_VS_EXT_CMD_EVENT);
	struct ipvs_server server;
	struct ipvs_key key;
	struct nlattr *n;

	the_key(&key, false, 0);
	ck_assert_int_eq(ext_put_service(msg, &key), 0);
	if (host) {
		the_server(&server, false);
		server.addr.ip = htonl(0x0a070000 + host);
		ck_assert_int_eq(ext_put_server(msg, &server), 0);
	}
	n = nest(msg, IP_VS_EXT_A_EVENT);
	nla_put_u8(msg, IP_VS_EXT_EVENT_TYPE, type);
	nla_put_u64(msg, IP_VS_EXT_EVENT_SEQ, seq);
	nla_put_u64(msg, IP_VS_EXT_EVENT_TIME_MONO, 5000000001);
	nla_put_u64(msg, IP_VS_EXT_EVENT_TIME_WALL, 1795258458655182592);
	if (type != IP_VS_EXT_EVENT_TYPE_SUMMARY && type != IP_VS_EXT_EVENT_TYPE_EXHAUSTED)
		nla_put_u32(msg, IP_VS_EXT_EVENT_TIER_OLD, 20);
	if (type == IP_VS_EXT_EVENT_TYPE_SPILL || type == IP_VS_EXT_EVENT_TYPE_SUMMARY)
		nla_put_u32(msg, IP_VS_EXT_EVENT_TIER_NEW, 1);
	if (host) {
		nla_put_u32(msg, IP_VS_EXT_EVENT_CONNS, 50);
		nla_put_u32(msg, IP_VS_EXT_EVENT_UPPER, 50);
		nla_put_u32(msg, IP_VS_EXT_EVENT_LOWER, 38);
	}
	nla_put_u32(msg, IP_VS_EXT_EVENT_ELIGIBLE, 2);
	if (type == IP_VS_EXT_EVENT_TYPE_SUMMARY)
		nla_put_u64(msg, IP_VS_EXT_EVENT_SUPPRESSED, 99);
	nla_nest_end(msg, n);
	ck_assert_int_eq(ext_get_event(nlmsg_hdr(msg), ev), 0);
	nlmsg_free(msg);
}

START_TEST(events)
{
	static const struct {
		uint8_t type;
		int host;
		const char *line;
	} all[] = {
		{ IP_VS_EXT_EVENT_TYPE_FULL, 21,
		  "full UDP 10.7.1.1:53 10.7.0.21:5353 conns 50 upper 50 lower 38 tier 20 eligible 2\n" },
		{ IP_VS_EXT_EVENT_TYPE_RELIEVED, 21,
		  "relieved UDP 10.7.1.1:53 10.7.0.21:5353 conns 50 upper 50 lower 38 tier 20 eligible 2\n" },
		{ IP_VS_EXT_EVENT_TYPE_SPILL, 0, "spill UDP 10.7.1.1:53 tier 20 to 1 eligible 2\n" },
		{ IP_VS_EXT_EVENT_TYPE_RETURN, 0, "return UDP 10.7.1.1:53 tier 20 to none eligible 2\n" },
		{ IP_VS_EXT_EVENT_TYPE_EXHAUSTED, 0, "exhausted UDP 10.7.1.1:53 tier none eligible 2\n" },
		{ IP_VS_EXT_EVENT_TYPE_SUMMARY, 0,
		  "summary UDP 10.7.1.1:53 suppressed 99 tier 1 eligible 2\n" },
		{ 77, 0, "unknown UDP 10.7.1.1:53 event 77 eligible 2\n" },
	};
	struct ext_states s;
	struct ext_event ev;
	struct printed p;
	char *text;
	size_t i;

	setenv("TZ", "UTC+5:30", 1);
	tzset();
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		event(&ev, all[i].type, 5, all[i].host);
		print_begin(&p);
		show_event(p.f, &ev);
		text = print_end(&p);
		ck_assert_int_eq(strncmp(text, "2026-11-21T05:24:18.655182-05:30 ", 33), 0);
		ck_assert_str_eq(text + 33, all[i].line);
		free(text);
		print_begin(&p);
		show_event_json(p.f, &ev);
		text = print_end(&p);
		valid(text, "monitored");
		ck_assert_ptr_eq(strchr(text, '\n'), text + strlen(text) - 1);
		free(text);
	}
	the_states(&s);
	print_begin(&p);
	show_state_json(p.f, &s.service[0]);
	text = print_end(&p);
	valid(text, "monitored");
	free(text);
	print_begin(&p);
	show_server_state_json(p.f, &s.server[0], 1);
	text = print_end(&p);
	valid(text, "monitored");
	free(text);
	print_begin(&p);
	show_lost_json(p.f, 3, 1);
	text = print_end(&p);
	valid(text, "monitored");
	free(text);
	print_begin(&p);
	show_lost_json(p.f, 0, 1);
	text = print_end(&p);
	valid(text, "monitored");
	free(text);
	print_begin(&p);
	show_server_state(p.f, &s.server[0], 1795258458655182592);
	show_lost(p.f, 3, 1795258458655182592);
	text = print_end(&p);
	ck_assert_str_eq(text,
		"2026-11-21T05:24:18.655182-05:30 state UDP 10.7.1.1:53 10.7.0.21:5353 full tier 20 conns 50 upper 50 lower 38 weight 3 lag 20ms\n"
		"2026-11-21T05:24:18.655182-05:30 lost 3 events\n");
	free(text);
	ext_states_free(&s);
}
END_TEST

/* ---- which events follow ----------------------------------------------------------------- */

static void follows(struct follow *f, uint8_t type, uint64_t seq, int host, bool shown,
		    uint64_t lost)
{
	struct ext_event ev;
	uint64_t n;

	event(&ev, type, seq, host);
	ck_assert_msg(follow_event(f, &ev, &n) == shown, "event %u", (unsigned int)seq);
	ck_assert_uint_eq(n, lost);
}

START_TEST(follow)
{
	struct follow f = { .last = 0 };
	struct ext_states s;

	/* of the service up to 10, of server 21 up to 11, of another service up to 12 */
	the_states(&s);
	follow_begin(&f, &s);
	follows(&f, IP_VS_EXT_EVENT_TYPE_FULL, 9, 22, false, 0);
	follows(&f, IP_VS_EXT_EVENT_TYPE_SPILL, 10, 0, false, 0);
	follows(&f, IP_VS_EXT_EVENT_TYPE_FULL, 11, 21, false, 0);
	follows(&f, IP_VS_EXT_EVENT_TYPE_SPILL, 12, 0, true, 0);
	follows(&f, IP_VS_EXT_EVENT_TYPE_RELIEVED, 13, 21, true, 0);
	follows(&f, IP_VS_EXT_EVENT_TYPE_FULL, 16, 22, true, 2);
	follows(&f, IP_VS_EXT_EVENT_TYPE_FULL, 17, 99, true, 0);
	follow_free(&f);
	/* The first one that is received tells of a loss, too. */
	the_states(&s);
	follow_begin(&f, &s);
	follows(&f, IP_VS_EXT_EVENT_TYPE_SPILL, 14, 0, true, 3);
	follow_free(&f);
	/* A server that was gone before the state was read. */
	the_states(&s);
	follow_begin(&f, &s);
	follows(&f, IP_VS_EXT_EVENT_TYPE_FULL, 8, 99, false, 0);
	follow_free(&f);
	/* Without a state, nothing is known of what was before. */
	follows(&f, IP_VS_EXT_EVENT_TYPE_SPILL, 14, 0, true, 0);
	follows(&f, IP_VS_EXT_EVENT_TYPE_SPILL, 15, 0, true, 0);
	follows(&f, IP_VS_EXT_EVENT_TYPE_SPILL, 17, 0, true, 1);
	follow_free(&f);
}
END_TEST

/* ---- schedulers, modules --------------------------------------------------------------------- */

static bool none_loaded(const char *name)
{
	return !strcmp(name, "ip_vs_sh");
}

START_TEST(schedulers)
{
	char dep[] = "kernel/net/netfilter/ipvs/ip_vs_rr.ko.xz: kernel/net/netfilter/ipvs/ip_vs.ko.xz\n"
		     "kernel/net/netfilter/ipvs/ip_vs.ko: kernel/lib/libcrc32c.ko\n"
		     "kernel/net/netfilter/ipvs/ip_vs_sh.ko:\n"
		     "kernel/net/netfilter/ipvs/ip_vs_ftp.ko:\n"
		     "kernel/net/netfilter/ipvs/ip_vs_pe_sip.ko:\n"
		     "updates/ip_vs_ext.ko:\nupdates/ip_vs_ext_nl.ko:\n"
		     "updates/ip_vs_hprio.ko.zst: updates/ip_vs_ext.ko.zst\n"
		     "updates/ip_vs_bw-load.ko:\nupdates/ip_vs_wrr.ko:\n"
		     "kernel/drivers/other.ko:\n";
	char builtin[] = "kernel/net/netfilter/ipvs/ip_vs_wlc.ko\n";
	struct ext_config c = { .there = true };
	struct module_sched *module;
	struct printed p;
	struct json j;
	char *text;
	long n;

	n = modules_parse(dep, builtin, &module);
	ck_assert_int_eq(n, 6);
	the_sched(&c, "hprio");
	print_begin(&p);
	show_scheds(p.f, &c, module, n, none_loaded);
	text = print_end(&p);
	ck_assert_str_eq(text,
		"hprio: in a line\n"
		"  attributes of servers: --priority, --lag\n"
		"  --param count=NUMBER: 1 to 100; default: 1\n"
		"  --param hold=TIME: 0ms to 3600s; default: 0ms\n"
		"  --param cost=BYTES: 1 to 1048576 bytes, auto; default: auto\n"
		"  --param tier=WORD: rr, wrr, lc; default: wrr\n"
		"    count: a number\n    hold: a time\n    cost: bytes\n    tier: a word\n"
		"Not loaded: bw_load, wrr\n"
		"Not loaded, the kernel's own: rr\n");
	free(text);
	print_begin(&p);
	json_begin(&j, p.f, true);
	show_scheds_json(&j, &c, module, n, none_loaded);
	json_finish(&j);
	text = print_end(&p);
	valid(text, "scheduler_listing");
	free(text);
	free(module);
	ext_config_free(&c);
}
END_TEST

/* ---- messages that no kernel sends -------------------------------------------------------------- */

static void try_all(struct nlmsghdr *nlh)
{
	struct ext_server_state server_state;
	struct ext_family family = { .name = IP_VS_EXT_GENL_NAME };
	struct ext_server server;
	struct ext_service svc;
	struct ext_state state;
	struct ext_sched sched;
	struct ext_event ev;
	bool is_server;

	if (!ext_get_sched(nlh, &sched))
		ext_free_sched(&sched);
	if (!ext_get_params(nlh, &svc))
		ext_free_params(&svc.params);
	ext_get_attrs(nlh, &server);
	ext_get_state(nlh, &state, &server_state, &is_server);
	ext_get_event(nlh, &ev);
	ext_get_family(nlh, &family);
}

/* Each byte of good messages changed, and each end cut off. */
START_TEST(broken)
{
	struct nl_msg *msg[3];
	struct ipvs_key key;
	struct nlmsghdr *copy;
	size_t len, at;
	int i, k;

	unit_seed();
	the_key(&key, true, 0);
	msg[0] = state_message(&key, 3);
	msg[1] = server_message(&key, 21, 1, 2, 3, 4);
	msg[2] = begin(IP_VS_EXT_CMD_GET_SCHED);
	nla_put_string(msg[2], IP_VS_EXT_A_SCHED_NAME, "x");
	put_desc(msg[2], "cost", "bytes", IP_VS_EXT_UNIT_BYTES, 1, 1 << 20, 0, "auto other");
	for (i = 0; i < 3; i++) {
		len = nlmsg_hdr(msg[i])->nlmsg_len;
		for (at = NLMSG_HDRLEN; at < len; at++) {
			/* Of its own size, so that a byte too far is noticed. */
			copy = malloc(at);
			memcpy(copy, nlmsg_hdr(msg[i]), at);
			copy->nlmsg_len = at;
			try_all(copy);
			free(copy);
			for (k = 0; k < 8; k++) {
				copy = malloc(len);
				memcpy(copy, nlmsg_hdr(msg[i]), len);
				((unsigned char *)copy)[at] ^= 1 << k;
				try_all(copy);
				((unsigned char *)copy)[NLMSG_HDRLEN +
					any(len - NLMSG_HDRLEN)] = random();
				try_all(copy);
				free(copy);
			}
		}
		nlmsg_free(msg[i]);
	}
}
END_TEST

/* ---- states with attributes and parameters ---------------------------------------------------------- */

static int read_state(struct state *s, const char *text, char **says)
{
	char *copy = strdup(text);
	struct printed p;
	int ret;

	state_init(s);
	print_begin(&p);
	ret = state_parse(s, "f", copy, strlen(copy), p.f);
	*says = print_end(&p);
	free(copy);
	return ret;
}

START_TEST(files)
{
	static const char * const text[] = {
		"-A -t 10.0.0.1:80 -s x --param hold=5s --param tier=lc\n"
		"-a -t 10.0.0.1:80 -r 10.7.0.1:80 --priority 7 --bandwidth 100mbit --lag none\n"
		"-a -t 10.0.0.1:80 -r 10.7.0.2:80\n",
		"{\"schema_version\":1,\"services\":[{\"protocol\":\"tcp\",\"address\":\"10.0.0.1\","
		"\"port\":80,\"scheduler\":\"x\",\"parameters\":{\"hold\":5000,\"tier\":\"lc\"},"
		"\"servers\":[{\"address\":\"10.7.0.1\",\"priority\":7,\"bandwidth\":12500000},"
		"{\"address\":\"10.7.0.2\"}]}]}",
	};
	const struct ipvs_service *svc;
	const struct ext_service *ext;
	struct ext_config is = { .there = true };
	struct printed p;
	struct state s;
	char *says;
	int i;

	the_sched(&is, "x");
	for (i = 0; i < 2; i++) {
		ck_assert_msg(!read_state(&s, text[i], &says), "%s", says);
		ck_assert(state_needs_ext(&s));
		svc = &s.table.service[0];
		ck_assert_uint_eq(s.ext.servers, 1);
		ck_assert(ext_same_server(&s.ext.server[0], &svc->key, &svc->server[0]));
		ck_assert_uint_eq(s.ext.server[0].attrs.priority, 7);
		ck_assert_uint_eq(s.ext.server[0].attrs.bandwidth, 12500000);
		ck_assert_uint_eq(s.ext.server[0].attrs.set,
				  EXT_HAS(IP_VS_EXT_ATTR_PRIORITY) |
				  EXT_HAS(IP_VS_EXT_ATTR_BANDWIDTH));
		ck_assert_int_eq(state_resolve(&s, &is, stdout), 0);
		ext = ext_find_service(&s.ext, &svc->key);
		ck_assert_uint_eq(ext_find_param(&ext->params, "hold")->value, 5000);
		ck_assert_uint_eq(ext_find_param(&ext->params, "tier")->value, 2);
		free(says);
		state_free(&s);
	}
	/* What only the kernel's description tells. */
	ck_assert_int_eq(read_state(&s, "-A -f 1 -s x --param hold=5x\n-A -f 2 -s wlc --param a=b\n",
				    &says), 0);
	free(says);
	print_begin(&p);
	ck_assert_int_eq(state_resolve(&s, &is, p.f), -1);
	says = print_end(&p);
	ck_assert_str_eq(says,
		"f:1: invalid value `5x' for parameter hold of scheduler x: allowed are 0ms to 3600s, default\n"
		"f:2: scheduler wlc has no parameters: it is none of ipvs-ext's, or cannot be loaded; loaded are: x\n");
	free(says);
	state_free(&s);
	ext_config_free(&is);
}
END_TEST

START_TEST(files_not_understood)
{
	static const struct {
		const char *text, *says;
	} bad[] = {
		{ "-A -t 10.0.0.1:80\n-a -t 10.0.0.1:80 -r 10.7.0.1:80 --lag 61s\n",
		  "f:2:40: invalid value `61s' for --lag: a time such as 20ms or 300us, from 0 to 60s, or none\n" },
		{ "-A -t 10.0.0.1:80 --param hold\n", "f:1:27: invalid value `hold' for --param: NAME=VALUE, with a name of 1 to 31 bytes\n" },
#define SVC "{\"schema_version\":1,\"services\":[{\"fwmark\":1,"
		{ SVC "\"parameters\":7}]}", "f: services[0].parameters: 7; allowed: an object\n" },
		{ SVC "\"parameters\":{\"a\":-1}}]}", "f: services[0].parameters.a: -1; allowed: a word, or a whole number from 0 to 2^53\n" },
		{ SVC "\"parameters\":{\"a=b\":1}}]}", "f: services[0].parameters.a=b: is no name of a parameter\n" },
		{ SVC "\"servers\":[{\"address\":\"1.2.3.4\",\"bandwidth\":0}]}]}",
		  "f: services[0].servers[0].bandwidth: 0; allowed: whole numbers from 1 to 1000000000000\n" },
		{ SVC "\"servers\":[{\"address\":\"1.2.3.4\",\"priority\":\"high\"}]}]}",
		  "f: services[0].servers[0].priority: \"high\"; allowed: whole numbers from 0 to 2147483647\n" },
	};
	struct state s;
	char *says;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ck_assert_int_eq(read_state(&s, bad[i].text, &says), -1);
		ck_assert_str_eq(says, bad[i].says);
		free(says);
		state_free(&s);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ext");
	TCase *t = tcase_create("ext");

	tcase_set_timeout(t, 120);
	tcase_add_test(t, rates);
	tcase_add_test(t, times);
	tcase_add_test(t, units_round_trip);
	tcase_add_test(t, command_line);
	tcase_add_test(t, command_line_params);
	tcase_add_test(t, attributes_message);
	tcase_add_test(t, schedulers_message);
	tcase_add_test(t, values);
	tcase_add_test(t, params_parse);
	tcase_add_test(t, params_message);
	tcase_add_test(t, tiers);
	tcase_add_test(t, events);
	tcase_add_test(t, follow);
	tcase_add_test(t, schedulers);
	tcase_add_test(t, broken);
	tcase_add_test(t, files);
	tcase_add_test(t, files_not_understood);
	suite_add_tcase(s, t);
	return unit_run(s);
}
