// SPDX-License-Identifier: GPL-2.0
/*
 * Files for --apply: what is understood, and what is said of the rest, with line
 * and column.
 */
#include <arpa/inet.h>
#include "plan.h"
#include "random_state.h"
#include "rules.h"
#include "state.h"
#include "unit.h"

/* Read @len bytes of @text; returns what was said, to be freed. */
static char *parse(struct state *s, const char *text, size_t len, int want)
{
	char *copy = malloc(len + 1);
	struct printed p;
	char *said;
	int ret;

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, text, len);
	copy[len] = '\0';
	print_begin(&p);
	ret = state_parse(s, "f", copy, len, p.f);
	said = print_end(&p);
	ck_assert_msg(ret == want, "returned %d for:\n%s\nand said: %s", ret, text, said);
	free(copy);
	return said;
}

static void good(struct state *s, const char *text)
{
	char *said;

	state_init(s);
	said = parse(s, text, strlen(text), 0);
	ck_assert_str_eq(said, "");
	free(said);
}

static void bad_bytes(const char *text, size_t len, const char *want)
{
	struct state s;
	char *said;

	state_init(&s);
	said = parse(&s, text, len, -1);
	ck_assert_msg(!strcmp(said, want), "said: %s\nexpected: %s\nof:\n%s", said, want, text);
	free(said);
	state_free(&s);
}

static void bad(const char *text, const char *want)
{
	bad_bytes(text, strlen(text), want);
}

/* ---- rules -------------------------------------------------------------------- */

#define SVC "-A -t 10.0.0.1:80 -s rr\n"

START_TEST(rules_read)
{
	struct ipvs_service *svc;
	char where[64];
	struct state s;

	good(&s,
	     "# a comment\n"
	     "\n"
	     " \t \r\n"
	     "  # another\n"
	     "ipvsadm -A -t 10.0.0.1:80 -s sh -b sh-port -p 100 -M 255.255.255.0 # trailing\n"
	     "\t-a -t 10.0.0.1:80 -r 10.7.0.1:8080 -m -w 5 -x 50 -y 20\r\n"
	     "-A -f 4294967295 -6\n"
	     "-a -f 4294967295 -6 -r [fd00::1]:80 -i --tun-type gue --tun-port 5555 --tun-csum\n"
	     "--set 0 120 300\n"
	     "--start-daemon master --mcast-interface eth1 --syncid 7\n"
	     "--stop-daemon backup");
	ck_assert_uint_eq(s.table.n, 2);
	svc = &s.table.service[0];
	ck_assert_uint_eq(svc->n, 1);
	ck_assert_str_eq(svc->sched, "sh");
	ck_assert_uint_eq(svc->flags, IP_VS_SVC_F_PERSISTENT | IP_VS_SVC_F_SCHED2);
	ck_assert_uint_eq(svc->timeout, 100);
	ck_assert_uint_eq(svc->netmask, htonl(0xffffff00));
	ck_assert_uint_eq(svc->server[0].port, htons(8080));
	ck_assert_uint_eq(svc->server[0].forward, IP_VS_CONN_F_MASQ);
	ck_assert_int_eq(svc->server[0].weight, 5);
	ck_assert_uint_eq(svc->server[0].upper, 50);
	ck_assert_uint_eq(svc->server[0].lower, 20);
	ck_assert_str_eq(state_where(&s, svc, NULL, where, sizeof(where)), "f:5");
	ck_assert_str_eq(state_where(&s, svc, svc->server, where, sizeof(where)), "f:6");
	svc = &s.table.service[1];
	ck_assert_uint_eq(svc->key.fwmark, 4294967295);
	ck_assert_uint_eq(svc->key.af, AF_INET6);
	ck_assert_str_eq(svc->sched, "wlc");
	ck_assert_uint_eq(svc->server[0].tun_type, IP_VS_CONN_F_TUNNEL_TYPE_GUE);
	ck_assert_uint_eq(svc->server[0].tun_port, htons(5555));
	ck_assert_str_eq(state_where(&s, svc, svc->server, where, sizeof(where)), "f:8");
	ck_assert_uint_eq(s.timeouts.tcp, 0);
	ck_assert_uint_eq(s.timeouts.tcp_fin, 120);
	ck_assert_int_eq(s.daemon[STATE_MASTER].wish, STATE_ON);
	ck_assert_str_eq(s.daemon[STATE_MASTER].d.ifname, "eth1");
	ck_assert_uint_eq(s.daemon[STATE_MASTER].place, 10);
	ck_assert_int_eq(s.daemon[STATE_BACKUP].wish, STATE_OFF);
	state_free(&s);
}
END_TEST

static const struct {
	const char *text;
	const char *said;
} bad_rules[] = {
	/* a word is at fault: its column, the word, and what is allowed */
	{ SVC "-a -t 10.0.0.1:80 -r 10.7.0.1 -w 2147483648\n",
	  "f:2:34: illegal weight specified: '2147483648'; allowed: 0 to 2147483647\n" },
	{ SVC "\t-a  -t 10.0.0.1:80 -r 10.7.0.1 -x -1\n",
	  "f:2:36: illegal u_threshold specified: '-1'; allowed: 0 to 2147483647\n" },
	{ "-A -f 0\n", "f:1:7: invalid fwmark value `0' specified; allowed: 1 to 4294967295\n" },
	{ "-A -t nowhere.invalid:80\n",
	  "f:1:7: illegal virtual server address[:port] specified: 'nowhere.invalid:80'; allowed: ADDRESS:PORT, [IPV6-ADDRESS]:PORT\n" },
	{ "-A -t 10.0.0.1:80 -s sh -b mh-port",
	  "f:1:28: incompatible scheduler flag `mh-port'; allowed: sh-... with -s sh, mh-... with -s mh\n" },
	{ "-A -t 10.0.0.1:80 -p 0\n",
	  "f:1:22: invalid timeout value `0' specified; allowed: 1 to 2678400 seconds, for --set also 0\n" },
	{ "--start-daemon master --syncid 256\n",
	  "f:1:32: illegal syncid specified: '256'; allowed: 0 to 255\n" },
	{ "-A -t 10.0.0.1:80 --nonsense\n", "f:1:19: --nonsense: unknown option\n" },
	{ "-A -t 10.0.0.1:80 surplus\n", "f:1:19: unexpected argument surplus\n" },
	{ "nonsense\n",
	  "f:1:1: 'nonsense' does not describe a state; allowed are -A, -a, --set, --start-daemon and --stop-daemon\n" },
	/* a rule is at fault */
	{ "-A\n", "f:1:1: You need to supply the 'service-address' option for the 'add-service' command\n" },
	{ " -A -t 10.0.0.1:0\n",
	  "f:1:8: Zero port specified for non-persistent service: '10.0.0.1:0'\n" },
	{ SVC "-e -t 10.0.0.1:80 -r 10.7.0.1\n",
	  "f:2:1: '-e' does not describe a state; allowed are -A, -a, --set, --start-daemon and --stop-daemon\n" },
	{ SVC "-C\n",
	  "f:2:1: '-C' does not describe a state; allowed are -A, -a, --set, --start-daemon and --stop-daemon\n" },
	/* rules do not go together */
	{ SVC "\n" SVC, "f:3:1: service 10.0.0.1:80 is there already, in line 1\n" },
	{ "-A -f 7\n-A -f 7 -s rr\n", "f:2:1: service firewall mark 7 is there already, in line 1\n" },
	{ SVC "-a -t 10.0.0.1:80 -r 10.7.0.1\n  -a -t 10.0.0.1:80 -r 10.7.0.1 -w 7\n",
	  "f:3:3: server 10.7.0.1:80 is there already, in line 2\n" },
	{ "-a -t 10.0.0.1:80 -r 10.7.0.1\n" SVC,
	  "f:1:1: a server of service 10.0.0.1:80, which no line above adds\n" },
	{ "--set 1 2 3\n--set 1 2 3\n", "f:2:1: timeouts are there already, in line 1\n" },
	{ "--start-daemon backup\n--stop-daemon backup\n",
	  "f:2:1: the backup sync daemon is there already, in line 1\n" },
	/* what the kernel would refuse */
	{ SVC "-a -t 10.0.0.1:80 -r 10.7.0.1 -x 5 -y 6\n",
	  "f:2:1: a lower threshold of 6; allowed are 0 to 5, the upper threshold\n" },
	{ SVC "-a -t 10.0.0.1:80 -r 224.0.0.1\n", "f:2:1: not a unicast address\n" },
	/* names that no rule could say as words of their own */
	{ "-A -t 10.0.0.1:80 -s--5\n", "f:1:1: '--5' is no name of a scheduler\n" },
	{ "-A -t 10.0.0.1:80 --pe=#5\n", "f:1:1: '#5' is no name of a persistence engine\n" },
	{ "--start-daemon master --mcast-interface=-i\n", "f:1:1: '-i' is no name of an interface\n" },
	{ SVC "-a -t 10.0.0.1:80 -r 0.0.0.0\n", "f:2:1: not a unicast address\n" },
	{ SVC "-a -t 10.0.0.1:80 -r [ff02::1]:80 -i\n", "f:2:1: not a unicast address\n" },
	{ SVC "-a -t 10.0.0.1:80 -r [fd00::1]:80 -i\n--start-daemon master\n",
	  "f:2: a server of another address family than its service's cannot be together with a sync daemon\n" },
	/* one mistake is one message */
	{ "-A -t 10.0.0.1:80 -s rr -p x\n-a -t 10.0.0.1:80 -r 10.7.0.1\n",
	  "f:1:28: invalid timeout value `x' specified; allowed: 1 to 2678400 seconds, for --set also 0\n" },
	/* all mistakes are told */
	{ "-A -f 0\n" SVC "-a -t 10.0.0.1:80 -r 10.7.0.1 -w x\n\n-D -f 1\n",
	  "f:1:7: invalid fwmark value `0' specified; allowed: 1 to 4294967295\n"
	  "f:3:34: illegal weight specified: 'x'; allowed: 0 to 2147483647\n"
	  "f:5:1: '-D' does not describe a state; allowed are -A, -a, --set, --start-daemon and --stop-daemon\n" },
	/* a file that somebody failed to write */
	{ "", "f: no rules in it; to delete everything, say so: -C\n" },
	{ "\n# nothing\n \n", "f: no rules in it; to delete everything, say so: -C\n" },
};

START_TEST(rules_not_understood)
{
	bad(bad_rules[_i].text, bad_rules[_i].said);
}
END_TEST

START_TEST(rules_with_zero_bytes)
{
	static const char text[] = SVC "-a -t 10.0\0.0.1:80 -r 10.7.0.1\n" SVC "\0";

	bad_bytes(text, sizeof(text) - 1,
		  "f:2:11: a byte of value 0\n"
		  "f:3:1: service 10.0.0.1:80 is there already, in line 1\n"
		  "f:4:1: a byte of value 0\n");
	bad_bytes("\0", 1, "f:1:1: a byte of value 0\n");
}
END_TEST

START_TEST(rules_with_many_errors)
{
	struct printed p;
	struct state s;
	char *text, *said;
	int i;

	print_begin(&p);
	for (i = 0; i < 100; i++)
		fprintf(p.f, "-A -f 0\n");
	text = print_end(&p);
	state_init(&s);
	said = parse(&s, text, strlen(text), -1);
	for (i = 0; said[i]; i++)
		if (said[i] == '\n')
			s.timeouts.tcp++;
	ck_assert_uint_eq(s.timeouts.tcp, 21);
	ck_assert_ptr_nonnull(strstr(said, "f:20:7: "));
	ck_assert_ptr_null(strstr(said, "f:21:"));
	ck_assert_ptr_nonnull(strstr(said, "f: not read any further after 20 errors\n"));
	free(said);
	free(text);
	state_free(&s);
}
END_TEST

/* Long lines and many words are no trouble; neither is a last line without end. */
START_TEST(rules_long)
{
	struct printed p;
	struct state s;
	char *text;
	int i;

	print_begin(&p);
	fprintf(p.f, "-A -t 10.0.0.1:80");
	for (i = 0; i < 100000; i++)
		putc(' ', p.f);
	fprintf(p.f, "-s rr");
	for (i = 0; i < 5000; i++)
		fprintf(p.f, " --sort");
	text = print_end(&p);
	good(&s, text);
	ck_assert_uint_eq(s.table.n, 1);
	state_free(&s);
	free(text);
}
END_TEST

/* In a second, or somebody has a loop in a loop: servers of one service, services,
 * and servers far from their services.
 */
START_TEST(rules_many)
{
	struct printed p;
	struct state s;
	char *text;
	int i;

	print_begin(&p);
	fprintf(p.f, SVC);
	for (i = 0; i < 30000; i++)
		fprintf(p.f, "-a -t 10.0.0.1:80 -r 10.7.%d.%d:%d -m\n", i / 250, i % 250 + 1,
			1 + i % 2);
	for (i = 0; i < 10000; i++)
		fprintf(p.f, "-A -t 10.1.%d.%d:80 -s rr\n", i / 250, i % 250 + 1);
	for (i = 9999; i >= 0; i--)
		fprintf(p.f, "-a -t 10.1.%d.%d:80 -r 10.7.0.1\n", i / 250, i % 250 + 1);
	text = print_end(&p);
	good(&s, text);
	ck_assert_uint_eq(s.table.n, 10001);
	ck_assert_uint_eq(s.table.service[0].n, 30000);
	state_free(&s);
	free(text);
}
END_TEST

/* What is written as rules is read as the same. */
START_TEST(rules_round_trip)
{
	struct ipvs_change change;
	struct state is, again;
	struct printed p;
	struct plan plan;
	size_t k, m;
	char *text;
	int i;

	unit_seed();
	for (i = 0; i < 1000; i++) {
		state_init(&is);
		random_state(&is, false);
		print_begin(&p);
		for (k = 0; k < is.table.n; k++) {
			rule_service(p.f, &is.table.service[k], RULE_FULL, NULL);
			for (m = 0; m < is.table.service[k].n; m++)
				rule_server(p.f, &is.table.service[k],
					    &is.table.service[k].server[m], RULE_FULL, NULL);
		}
		memset(&change, 0, sizeof(change));
		change.op = IPVS_SET_TIMEOUTS;
		change.timeouts = is.timeouts;
		rule_change(p.f, &change);
		for (k = 0; k < 2; k++) {
			change.op = is.daemon[k].wish == STATE_ON ? IPVS_START_DAEMON :
								    IPVS_STOP_DAEMON;
			change.daemon = is.daemon[k].d;
			rule_change(p.f, &change);
		}
		text = print_end(&p);
		good(&again, text);
		ck_assert_int_eq(plan_make(&plan, &is, &again, false), 0);
		ck_assert_msg(!plan.n, "%s", text);
		plan_free(&plan);
		free(text);
		state_free(&is);
		state_free(&again);
	}
}
END_TEST

/* ---- JSON ----------------------------------------------------------------------- */

#define HEAD "{\"schema_version\":1,"
#define ONE(member) HEAD "\"services\":[{\"protocol\":\"tcp\",\"address\":\"10.0.0.1\",\"port\":80" \
	member "}]}"
#define TWO(member) ONE(",\"servers\":[{\"address\":\"10.7.0.1\"" member "}]")

START_TEST(json_read)
{
	struct ipvs_service *svc;
	char where[64];
	struct state s;

	good(&s, " \n" HEAD "\"version\":\"1.2.1\",\"connection_table_size\":4096,"
	     "\"consistent\":true,\"services\":["
	     "{\"protocol\":\"udp\",\"address\":\"10.0.0.2\",\"port\":53,\"ops\":true},"
	     "{\"family\":\"ipv4\",\"protocol\":\"tcp\",\"address\":\"10.0.0.1\",\"port\":80.0,"
	     "\"scheduler\":\"mh\",\"scheduler_flags\":[\"mh-port\",\"flag-3\"],\"persistent\":36e1,"
	     "\"netmask\":\"255.255.255.0\",\"pe\":\"sip\",\"ops\":false,"
	     "\"stats\":{\"anything\":18446744073709551616},\"servers\":["
	     "{\"address\":\"10.7.0.1\",\"port\":8080,\"forward\":\"masq\",\"weight\":5,"
	     "\"upper_threshold\":50,\"lower_threshold\":20,\"active_connections\":-1},"
	     "{\"address\":\"fd00::1\",\"forward\":\"tunnel\",\"tun_type\":\"gre\","
	     "\"tun_flags\":[\"csum\"]}]},"
	     "{\"fwmark\":4294967295,\"family\":\"ipv6\",\"prefix_length\":64}],"
	     "\"timeouts\":{\"tcp\":900},\"daemons\":[]}");
	ck_assert_uint_eq(s.table.n, 3);
	svc = &s.table.service[0];
	ck_assert_uint_eq(svc->key.protocol, IPPROTO_TCP);
	ck_assert_uint_eq(svc->flags, IP_VS_SVC_F_PERSISTENT | IP_VS_SVC_F_SCHED2 |
			  IP_VS_SVC_F_SCHED3);
	ck_assert_uint_eq(svc->timeout, 360);
	ck_assert_str_eq(svc->pe, "sip");
	ck_assert_uint_eq(svc->n, 2);
	ck_assert_uint_eq(svc->server[0].port, htons(8080));
	ck_assert_uint_eq(svc->server[1].port, htons(80));
	ck_assert_int_eq(svc->server[1].weight, 1);
	ck_assert_uint_eq(svc->server[1].tun_flags, IP_VS_TUNNEL_ENCAP_FLAG_CSUM);
	ck_assert_str_eq(state_where(&s, svc, NULL, where, sizeof(where)), "f: services[1]");
	ck_assert_str_eq(state_where(&s, svc, &svc->server[1], where, sizeof(where)),
			 "f: services[1].servers[1]");
	ck_assert_str_eq(s.table.service[1].sched, "wlc");
	ck_assert_uint_eq(s.table.service[1].flags, IP_VS_SVC_F_ONEPACKET);
	ck_assert_uint_eq(s.table.service[2].netmask, 64);
	ck_assert_uint_eq(s.timeouts.tcp, 900);
	ck_assert_uint_eq(s.timeouts.udp, 0);
	ck_assert_int_eq(s.daemon[STATE_MASTER].wish, STATE_OFF);
	state_free(&s);
	good(&s, HEAD "\"services\":[],\"daemons\":[{\"state\":\"backup\",\"syncid\":3}]}");
	ck_assert_int_eq(s.daemon[STATE_MASTER].wish, STATE_OFF);
	ck_assert_int_eq(s.daemon[STATE_BACKUP].wish, STATE_ON);
	ck_assert_uint_eq(s.daemon[STATE_BACKUP].d.syncid, 3);
	state_free(&s);
	good(&s, HEAD "\"services\":[]}");
	ck_assert_int_eq(s.daemon[STATE_MASTER].wish, STATE_ANY);
	state_free(&s);
	good(&s, HEAD "\"services\":[],\"daemons\":[]}");
	ck_assert_int_eq(s.daemon[STATE_MASTER].wish, STATE_OFF);
	state_free(&s);
}
END_TEST

#define S "f: services[0]"
#define D S ".servers[0]"

static const struct {
	const char *text;
	const char *said;
} bad_json[] = {
	/* form */
	{ "{", "f:1:1: string or '}' expected near end of file\n" },
	{ "{\n  \"services\": [\n    nonsense\n  ]\n}\n",
	  "f:3:12: invalid token near 'nonsense'\n" },
	{ HEAD "\"services\":[]} x", "f:1:36: end of file expected near 'x'\n" },
	{ "{\"a\":1,\"a\":2}", "f:1:10: duplicate object key near '\"a\"'\n" },
	{ HEAD "\"services\":[1e999]}", "f:1:37: real number overflow near '1e999'\n" },
	/* the document */
	{ "{}", "f: schema_version: is missing\nf: services: is missing\n" },
	{ "{\"schema_version\":2,\"services\":[]}",
	  "f: schema_version: 2; allowed: whole numbers from 1 to 1\n" },
	{ HEAD "\"services\":null}", "f: services: null; allowed: an array\n" },
	{ HEAD "\"services\":[],\"connections\":[]}", "f: \"connections\" is not known here\n" },
	{ HEAD "\"services\":[],\"partial\":true}",
	  "f: partial: this is a listing of one service, not of all of them\n" },
	{ HEAD "\"services\":[],\"consistent\":false}",
	  "f: consistent: this listing may lack services: they changed meanwhile\n" },
	{ HEAD "\"services\":[7]}", S ": 7; allowed: an object\n" },
	{ HEAD "\"services\":[],\"timeouts\":{\"tcp\":-1,\"udp\":2678401}}",
	  "f: timeouts.tcp: -1; allowed: whole numbers from 0 to 2678400\n"
	  "f: timeouts.udp: 2678401; allowed: whole numbers from 0 to 2678400\n" },
	{ HEAD "\"services\":[],\"daemons\":{}}", "f: daemons: an object; allowed: an array\n" },
	{ HEAD "\"services\":[],\"daemons\":[{\"state\":\"asleep\"}]}",
	  "f: daemons[0].state: \"asleep\"; allowed: master, backup\n" },
	{ HEAD "\"services\":[],\"daemons\":[{\"state\":\"master\",\"mcast_group\":\"10.0.0.1\"}]}",
	  "f: daemons[0].mcast_group: \"10.0.0.1\"; allowed: a multicast address\n" },
	{ HEAD "\"services\":[],\"daemons\":[{\"state\":\"master\"},{\"state\":\"master\"}]}",
	  "f: daemons[1].state: is there already\n" },
	/* services */
	{ HEAD "\"services\":[{}]}", S ".protocol: is missing\n" S ".address: is missing\n"
	  S ".port: is missing\n" },
	{ HEAD "\"services\":[{\"fwmark\":1,\"port\":80}]}",
	  S ".port: is not for services of a firewall mark\n" },
	{ HEAD "\"services\":[{\"fwmark\":4294967296}]}",
	  S ".fwmark: 4294967296; allowed: whole numbers from 1 to 4294967295\n" },
	{ ONE(",\"family\":\"ipv6\""), S ".family: is not that of the address\n" },
	{ ONE(",\"wieght\":1"), S ": \"wieght\" is not known here\n" },
	{ ONE(",\"scheduler\":\"a b\""), S ".scheduler: \"a b\"; allowed: a word of 1 to 15 bytes\n" },
	{ ONE(",\"scheduler\":\"0123456789abcdef\""),
	  S ".scheduler: \"0123456789abcdef\"; allowed: a word of 1 to 15 bytes\n" },
	{ ONE(",\"scheduler\":\"-x\""), S ".scheduler: \"-x\"; allowed: a word of 1 to 15 bytes\n" },
	{ ONE(",\"pe\":\"#x\""), S ".pe: \"#x\"; allowed: a word of 1 to 16 bytes\n" },
	{ ONE(",\"scheduler\":\"\\n\""), S ".scheduler: \"\\n\"; allowed: a word of 1 to 15 bytes\n" },
	{ ONE(",\"scheduler_flags\":[\"flag-1\",\"sh-port\"]"),
	  S ".scheduler_flags[1]: \"sh-port\"; allowed: flag-1, flag-2, flag-3\n" },
	{ ONE(",\"scheduler_flags\":[64]"),
	  S ".scheduler_flags[0]: 64; allowed: flag-1, flag-2, flag-3\n" },
	{ ONE(",\"persistent\":1.5"),
	  S ".persistent: 1.5; allowed: whole numbers from 1 to 2678400\n" },
	{ ONE(",\"persistent\":true"),
	  S ".persistent: true; allowed: whole numbers from 1 to 2678400\n" },
	{ ONE(",\"netmask\":\"fd00::\""), S ".netmask: \"fd00::\"; allowed: an IPv4 netmask\n" },
	{ ONE(",\"prefix_length\":64"), S ".prefix_length: is not for IPv4; netmask is\n" },
	{ ONE(",\"ops\":true"),
	  S ": one-packet scheduling is for UDP and firewall marks only\n" },
	{ ONE(",\"ops\":1"), S ".ops: 1; allowed: true and false\n" },
	{ HEAD "\"services\":[{\"protocol\":\"tcp\",\"address\":\"10.0.0.1\",\"port\":0}]}",
	  S ": port 0, which is all ports, is for persistent services only\n" },
	{ HEAD "\"services\":[{\"fwmark\":1},{\"fwmark\":2},{\"fwmark\":1}]}",
	  "f: services[2]: is there already, as services[0]\n" },
	{ ONE(",\"address\":\"10.0.0.1\""), NULL },
	/* servers */
	{ ONE(",\"servers\":[{}]"), D ".address: is missing\n" },
	{ ONE(",\"servers\":[[]]"), D ": an array; allowed: an object\n" },
	{ ONE(",\"servers\":7"), S ".servers: 7; allowed: an array\n" },
	{ ONE(",\"servers\":[{\"address\":\"localhost\"}]"),
	  D ".address: \"localhost\"; allowed: an IPv4 or IPv6 address\n" },
	{ ONE(",\"servers\":[{\"address\":\"10.7.0.1\\u0000\"}]"), NULL },
	{ ONE(",\"servers\":[{\"address\":\"10.7.0.1\"},{\"address\":\"10.7.0.1\"}]"),
	  S ".servers[1]: is there already, as servers[0]\n" },
	{ TWO(",\"weight\":2147483648"),
	  D ".weight: 2147483648; allowed: whole numbers from 0 to 2147483647\n" },
	{ TWO(",\"weight\":\"1\""), D ".weight: \"1\"; allowed: whole numbers from 0 to 2147483647\n" },
	{ TWO(",\"forward\":\"local\""), D ".forward: \"local\"; allowed: masq, tunnel, route\n" },
	{ TWO(",\"port\":81"), D ".port: is not the service's; only masq can change it\n" },
	{ TWO(",\"lower_threshold\":1"),
	  D ": a lower threshold of 1; allowed are 0 to 0, the upper threshold\n" },
	{ TWO(",\"tun_type\":\"gue\""), D ".tun_type: is not for servers without a tunnel\n" },
	{ TWO(",\"forward\":\"tunnel\",\"tun_port\":1"), D ".tun_port: is not for this type of tunnel\n" },
	{ TWO(",\"forward\":\"tunnel\",\"tun_type\":\"gue\""), D ": a GUE tunnel needs a port, 1 to 65535\n" },
	{ TWO(",\"forward\":\"tunnel\",\"tun_type\":\"gre\",\"tun_flags\":[\"remcsum\"]"),
	  D ".tun_flags: remcsum is for gue only, and not with csum\n" },
	{ ONE(",\"servers\":[{\"address\":\"fd00::1\"}]"),
	  D ": another address family than the service's is for tunnels only\n" },
	{ ONE(",\"servers\":[{\"address\":\"255.255.255.255\"}]"), D ": not a unicast address\n" },
};

START_TEST(json_not_understood)
{
	if (bad_json[_i].said) {
		bad(bad_json[_i].text, bad_json[_i].said);
	} else {
		/* whatever is said, it is said */
		struct state s;
		char *said;

		state_init(&s);
		said = parse(&s, bad_json[_i].text, strlen(bad_json[_i].text), -1);
		ck_assert_int_gt(strlen(said), 0);
		free(said);
		state_free(&s);
	}
}
END_TEST

/* Deep, broken, and much of it. */
START_TEST(json_hostile)
{
	static const char utf8[] = HEAD "\"services\":[{\"scheduler\":\"\xff\xfe\"}]}";
	static const char zero[] = HEAD "\"serv\0ices\":[]}";
	struct printed p;
	struct state s;
	char *text, *said;
	int i;

	bad(utf8, "f:1:46: unable to decode byte 0xff near '\"'\n" + 0);
	state_init(&s);
	said = parse(&s, zero, sizeof(zero) - 1, -1);
	free(said);
	state_free(&s);

	print_begin(&p);
	fprintf(p.f, HEAD "\"services\":");
	for (i = 0; i < 200000; i++)
		putc('[', p.f);
	text = print_end(&p);
	state_init(&s);
	said = parse(&s, text, strlen(text), -1);
	ck_assert_ptr_nonnull(strstr(said, "maximum parsing depth reached"));
	free(said);
	state_free(&s);
	free(text);

	print_begin(&p);
	fprintf(p.f, HEAD "\"services\":[0");
	for (i = 0; i < 200000; i++)
		fprintf(p.f, ",{\"%d\":%d}", i, i);
	fprintf(p.f, "]}");
	text = print_end(&p);
	state_init(&s);
	said = parse(&s, text, strlen(text), -1);
	ck_assert_ptr_nonnull(strstr(said, "not read any further after 20 errors"));
	ck_assert_int_lt(strlen(said), 2000);
	free(said);
	state_free(&s);
	free(text);

	/* every beginning of a good file */
	text = TWO(",\"forward\":\"tunnel\",\"tun_type\":\"gre\",\"tun_flags\":[\"csum\"]");
	for (i = 1; i < (int)strlen(text); i++) {
		state_init(&s);
		free(parse(&s, text, i, -1));
		state_free(&s);
	}
	good(&s, text);
	state_free(&s);
}
END_TEST

/* ---- files ------------------------------------------------------------------------ */

START_TEST(files)
{
	struct printed p;
	struct state s;
	char *said;

	state_init(&s);
	print_begin(&p);
	ck_assert_int_eq(state_read(&s, "/nonexistent", p.f), -1);
	said = print_end(&p);
	ck_assert_str_eq(said, "/nonexistent: No such file or directory\n");
	free(said);
	print_begin(&p);
	ck_assert_int_eq(state_read(&s, "/", p.f), -1);
	said = print_end(&p);
	ck_assert_str_eq(said, "/: Is a directory\n");
	free(said);
	print_begin(&p);
	ck_assert_int_eq(state_read(&s, "/dev/zero", p.f), -1);
	said = print_end(&p);
	ck_assert_str_eq(said, "/dev/zero: File too large\n");
	free(said);
	state_free(&s);
}
END_TEST

#define N(array) (sizeof(array) / sizeof((array)[0]))

int main(void)
{
	Suite *s = suite_create("state");
	TCase *tc = tcase_create("state");

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, rules_read);
	tcase_add_loop_test(tc, rules_not_understood, 0, N(bad_rules));
	tcase_add_test(tc, rules_with_zero_bytes);
	tcase_add_test(tc, rules_with_many_errors);
	tcase_add_test(tc, rules_long);
	tcase_add_test(tc, rules_many);
	tcase_add_test(tc, rules_round_trip);
	tcase_add_test(tc, json_read);
	tcase_add_loop_test(tc, json_not_understood, 0, N(bad_json));
	tcase_add_test(tc, json_hostile);
	tcase_add_test(tc, files);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
