// SPDX-License-Identifier: GPL-2.0
/*
 * What is written as JSON: valid under the schema, in order, complete, and read
 * again as the same state. What is valid and what is not is left in $UNIT_JSON, for
 * run.sh to ask another validator.
 */
#include <arpa/inet.h>
#include <jansson.h>
#include "json.h"
#include "model.h"
#include "plan.h"
#include "random_state.h"
#include "schema.h"
#include "unit.h"

/* Note for run.sh that @text is valid under @part, or is not. */
static void leave(const char *text, const char *part, bool valid)
{
	const char *dir = getenv("UNIT_JSON");
	char path[4096];
	json_t *v;
	FILE *f;

	if (!dir)
		return;
	snprintf(path, sizeof(path), "%s/%s.%s", dir, part ? part : "any",
		 valid ? "valid" : "invalid");
	/* on one line; numbers stay as they are where they fit */
	v = strchr(text, '\n') ? json_loads(text, 0, NULL) : NULL;
	f = fopen(path, "a");
	ck_assert_ptr_nonnull(f);
	if (v) {
		json_dumpf(v, f, 0);
		fputc('\n', f);
	} else {
		fprintf(f, "%.*s\n", (int)strcspn(text, "\n"), text);
	}
	fclose(f);
	json_decref(v);
}

static void valid(const char *text, const char *part)
{
	char why[512];

	ck_assert_msg(schema_check(text, strlen(text), part, why, sizeof(why)),
		      "not valid: %s\n%s", why, text);
	leave(text, part, true);
}

static void invalid(const char *text, const char *part)
{
	char why[512];

	ck_assert_msg(!schema_check(text, strlen(text), part, why, sizeof(why)),
		      "valid: %s", text);
	leave(text, part, false);
}

static char *list_ext(const struct table *t, const struct ext_config *ext, bool stats, bool rate,
		      bool pretty)
{
	static const struct ipvs_info info = { .version = 0x010201, .conn_tab_size = 4096 };
	struct printed p;
	struct json j;

	print_begin(&p);
	json_begin(&j, p.f, pretty);
	json_put_info(&j, &info);
	json_put_bool(&j, "consistent", true);
	json_put_services(&j, t, ext, stats, rate);
	json_finish(&j);
	return print_end(&p);
}

static char *list(const struct table *t, bool stats, bool rate, bool pretty)
{
	static const struct ext_config none;

	return list_ext(t, &none, stats, rate, pretty);
}

static void add_service(struct table *t, const char *addr, int port, uint16_t protocol)
{
	struct ipvs_service svc = { .key = { .protocol = protocol, .port = htons(port) },
				    .sched = "rr", .netmask = UINT32_MAX };

	svc.key.af = strchr(addr, ':') ? AF_INET6 : AF_INET;
	if (svc.key.af == AF_INET6)
		svc.netmask = 128;
	ck_assert_int_eq(inet_pton(svc.key.af, addr, &svc.key.addr), 1);
	ck_assert_ptr_nonnull(table_add_service(t, &svc));
}

START_TEST(one_line)
{
	struct ipvs_server server = { .af = AF_INET, .port = htons(80), .weight = 7,
				      .forward = IP_VS_CONN_F_TUNNEL, .upper = 9, .lower = 8,
				      .active = 1, .inactive = 2, .persistent = 4294967295,
				      .tun_type = IP_VS_CONN_F_TUNNEL_TYPE_GUE,
				      .tun_port = htons(5555),
				      .tun_flags = IP_VS_TUNNEL_ENCAP_FLAG_REMCSUM };
	struct table t;
	char *text;

	table_init(&t);
	text = list(&t, false, false, false);
	ck_assert_str_eq(text, "{\"schema_version\":1,\"version\":\"1.2.1\","
			 "\"connection_table_size\":4096,\"consistent\":true,\"services\":[]}\n");
	valid(text, NULL);
	valid(text, "listing");
	valid(text, "state");
	free(text);
	add_service(&t, "10.0.0.1", 80, IPPROTO_TCP);
	t.service[0].flags = IP_VS_SVC_F_PERSISTENT | IP_VS_SVC_F_HASHED | IP_VS_SVC_F_SCHED1 |
			     IP_VS_SVC_F_SCHED3 | 0xc0;
	t.service[0].timeout = 360;
	strcpy(t.service[0].sched, "sh");
	strcpy(t.service[0].pe, "sip");
	server.addr.ip = htonl(0x0a070001);
	table_add_server(&t, &t.service[0], &server);
	text = list(&t, false, false, false);
	ck_assert_ptr_nonnull(strstr(text,
		"\"services\":[{\"family\":\"ipv4\",\"protocol\":\"tcp\",\"address\":\"10.0.0.1\","
		"\"port\":80,\"scheduler\":\"sh\",\"scheduler_flags\":[\"sh-fallback\",\"flag-3\",192],"
		"\"persistent\":360,\"netmask\":\"255.255.255.255\",\"pe\":\"sip\",\"ops\":false,"
		"\"servers\":[{\"address\":\"10.7.0.1\",\"port\":80,\"forward\":\"tunnel\","
		"\"tun_type\":\"gue\",\"tun_port\":5555,\"tun_flags\":[\"remcsum\"],\"weight\":7,"
		"\"upper_threshold\":9,\"lower_threshold\":8,\"active_connections\":1,"
		"\"inactive_connections\":2,\"persistent_connections\":4294967295}]}]}\n"));
	ck_assert_ptr_eq(strchr(text, '\n'), text + strlen(text) - 1);
	valid(text, NULL);
	free(text);
	table_free(&t);
}
END_TEST

START_TEST(pretty)
{
	struct table t;
	char *text;

	table_init(&t);
	add_service(&t, "10.0.0.1", 80, IPPROTO_TCP);
	text = list(&t, false, false, true);
	ck_assert_str_eq(text,
		"{\n"
		"  \"schema_version\": 1,\n"
		"  \"version\": \"1.2.1\",\n"
		"  \"connection_table_size\": 4096,\n"
		"  \"consistent\": true,\n"
		"  \"services\": [\n"
		"    {\n"
		"      \"family\": \"ipv4\",\n"
		"      \"protocol\": \"tcp\",\n"
		"      \"address\": \"10.0.0.1\",\n"
		"      \"port\": 80,\n"
		"      \"scheduler\": \"rr\",\n"
		"      \"scheduler_flags\": [],\n"
		"      \"netmask\": \"255.255.255.255\",\n"
		"      \"ops\": false,\n"
		"      \"servers\": []\n"
		"    }\n"
		"  ]\n"
		"}\n");
	valid(text, NULL);
	free(text);
	table_free(&t);
}
END_TEST

/* By number, not by how they would look, and not as signed ones. */
START_TEST(true_order)
{
	static const char * const order[] = {
		"1.1.1.1", "9.0.0.0", "10.0.0.1", "10.0.0.2", "10.0.0.10", "127.0.0.1",
		"128.0.0.1", "192.168.0.1", "255.255.255.255", "::1", "2001:db8::", "fd00::1",
	};
	struct ipvs_service fw = { .key = { .af = AF_INET, .fwmark = 4294967295 }, .sched = "rr" };
	const char *at;
	char want[64];
	struct table t;
	char *text;
	int i;

	table_init(&t);
	table_add_service(&t, &fw);
	for (i = 11; i >= 0; i--)
		add_service(&t, order[i * 5 % 12], 80, IPPROTO_TCP);
	add_service(&t, "10.0.0.1", 443, IPPROTO_TCP);
	table_sort(&t);
	text = list(&t, false, false, false);
	for (i = 0, at = text; i < 12; i++) {
		snprintf(want, sizeof(want), "\"address\":\"%s\"", order[i]);
		at = strstr(at, want);
		ck_assert_msg(at, "%s is not where it should be in %s", want, text);
	}
	ck_assert_ptr_nonnull(strstr(at, "\"fwmark\":4294967295"));
	valid(text, NULL);
	free(text);
	table_free(&t);
}
END_TEST

/* All of 64 bits, and read again without trouble. */
START_TEST(large_counters)
{
	struct ipvs_server server = { .af = AF_INET, .port = htons(80),
				      .forward = IP_VS_CONN_F_DROUTE, .addr.ip = 1 };
	struct state s;
	struct table t;
	char *text;
	int i;

	table_init(&t);
	t.stats = true;
	add_service(&t, "10.0.0.1", 80, IPPROTO_TCP);
	table_add_server(&t, &t.service[0], &server);
	for (i = 0; i < IPVS_NSTATS; i++) {
		t.service[0].stats.value[i] = UINT64_MAX;
		t.service[0].server_stats[0].value[i] = (uint64_t)INT64_MAX + 1 + i;
	}
	text = list(&t, true, true, false);
	ck_assert_ptr_nonnull(strstr(text, "\"stats\":{\"connections\":18446744073709551615,"
		"\"incoming_packets\":18446744073709551615,"));
	ck_assert_ptr_nonnull(strstr(text, "\"rate\":{\"connections\":18446744073709551615,"));
	ck_assert_ptr_nonnull(strstr(text, "\"stats\":{\"connections\":9223372036854775808,"
		"\"incoming_packets\":9223372036854775809,\"outgoing_packets\":9223372036854775810,"
		"\"incoming_bytes\":9223372036854775811,\"outgoing_bytes\":9223372036854775812},"
		"\"rate\":{\"connections\":9223372036854775813,"));
	valid(text, NULL);
	state_init(&s);
	ck_assert_int_eq(state_parse(&s, "f", text, strlen(text), stdout), 0);
	state_free(&s);
	free(text);
	text = list(&t, false, true, false);
	ck_assert_ptr_null(strstr(text, "stats"));
	ck_assert_ptr_nonnull(strstr(text, "rate"));
	free(text);
	table_free(&t);
}
END_TEST

/* What a kernel may have that has no word. */
START_TEST(without_words)
{
	struct ipvs_server server = { .af = AF_INET, .forward = 5, .addr.ip = 1 };
	struct table t;
	char *text;

	table_init(&t);
	add_service(&t, "10.0.0.1", 80, 50);
	table_add_server(&t, &t.service[0], &server);
	server.forward = IP_VS_CONN_F_LOCALNODE;
	server.port = 1;
	table_add_server(&t, &t.service[0], &server);
	server.forward = IP_VS_CONN_F_TUNNEL;
	server.tun_type = 9;
	server.tun_flags = 0xff;
	server.port = 2;
	table_add_server(&t, &t.service[0], &server);
	text = list(&t, false, false, false);
	ck_assert_ptr_nonnull(strstr(text, "\"protocol\":50,"));
	ck_assert_ptr_nonnull(strstr(text, "\"forward\":5,"));
	ck_assert_ptr_nonnull(strstr(text, "\"forward\":\"local\","));
	ck_assert_ptr_nonnull(strstr(text, "\"tun_type\":9,\"tun_flags\":[\"csum\",\"remcsum\",252]"));
	valid(text, NULL);
	free(text);
	table_free(&t);
}
END_TEST

START_TEST(round_trip)
{
	struct state is, again;
	struct plan p;
	char *text;
	int i, k;

	unit_seed();
	for (i = 0; i < 500; i++) {
		state_init(&is);
		state_init(&again);
		random_state(&is, false);
		for (k = 0; k < (int)is.table.n; k++)
			is.table.service[k].flags |= IP_VS_SVC_F_HASHED;
		text = list(&is.table, false, false, any(2));
		valid(text, i % 10 ? NULL : "listing");
		ck_assert_msg(!state_parse(&again, "f", text, strlen(text), stdout), "%s", text);
		ck_assert_int_eq(plan_make(&p, &is, &again, false), 0);
		ck_assert_uint_eq(p.n, 0);
		plan_free(&p);
		free(text);
		state_free(&is);
		state_free(&again);
	}
}
END_TEST

START_TEST(timeouts_and_daemons)
{
	static const struct ipvs_info info = { .version = 0x010201, .conn_tab_size = 16777216 };
	struct ipvs_timeouts timeouts = { 900, 120, 300 };
	struct ipvs_daemon d[2] = {
		{ .state = IP_VS_STATE_MASTER, .ifname = "eth0", .maxlen = 1472,
		  .group_af = AF_INET, .port = 8848, .ttl = 1 },
		{ .state = IP_VS_STATE_BACKUP, .ifname = "eth1", .syncid = 255 },
	};
	struct printed p;
	struct json j;
	char *text;

	d[0].group.ip = htonl(0xe0000051);
	print_begin(&p);
	json_begin(&j, p.f, false);
	json_put_info(&j, &info);
	json_put_timeouts(&j, &timeouts);
	json_finish(&j);
	text = print_end(&p);
	ck_assert_str_eq(text, "{\"schema_version\":1,\"version\":\"1.2.1\","
			 "\"connection_table_size\":16777216,"
			 "\"timeouts\":{\"tcp\":900,\"tcp_fin\":120,\"udp\":300}}\n");
	valid(text, NULL);
	free(text);

	print_begin(&p);
	json_begin(&j, p.f, false);
	json_put_info(&j, &info);
	json_put_daemons(&j, d, 2);
	json_finish(&j);
	text = print_end(&p);
	ck_assert_ptr_nonnull(strstr(text,
		"\"daemons\":[{\"state\":\"master\",\"mcast_interface\":\"eth0\",\"syncid\":0,"
		"\"sync_maxlen\":1472,\"mcast_group\":\"224.0.0.81\",\"mcast_port\":8848,"
		"\"mcast_ttl\":1},{\"state\":\"backup\",\"mcast_interface\":\"eth1\",\"syncid\":255}]}\n"));
	valid(text, NULL);
	free(text);

	print_begin(&p);
	json_begin(&j, p.f, false);
	json_put_info(&j, &info);
	json_put_daemons(&j, d, 0);
	json_finish(&j);
	text = print_end(&p);
	valid(text, NULL);
	free(text);
}
END_TEST

/* ---- connections --------------------------------------------------------------- */

#define TITLE "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData\n"

static long connections(const void *in, size_t len, char **text)
{
	FILE *f = fmemopen((void *)in, len, "r");
	struct printed p;
	struct json j;
	long lost;

	ck_assert_ptr_nonnull(f);
	print_begin(&p);
	json_begin(&j, p.f, false);
	json_put_bool(&j, "consistent", false);
	lost = json_put_connections(&j, f);
	json_finish(&j);
	fclose(f);
	*text = print_end(&p);
	return lost;
}

START_TEST(connections_read)
{
	static const char in[] = TITLE
		"TCP 0A090001 C350 0A070101 0050 0A070017 0050 ESTABLISHED     899\n"
		"UDP FD090000000000000000000000000001 0035 bad line\n"
		"UDP fd09:0000:0000:0000:0000:0000:0000:0001 0035 fd07:0000:0000:0000:0000:0000:0001:0001 0035 fd07:0000:0000:0000:0000:0000:0000:0017 0035 UDP             12 sip a b \"c\" \x01\xff\xc3\xa4\0end\n"
		"IP  0A090001 0000 00000001 0000 0A070017 0000 NONE         4294967295\n";
	char *text;

	ck_assert_int_eq(connections(in, sizeof(in) - 1, &text), 1);
	ck_assert_str_eq(text,
		"{\"schema_version\":1,\"consistent\":false,\"connections\":["
		"{\"protocol\":\"tcp\",\"expires\":899,\"state\":\"ESTABLISHED\","
		"\"source\":{\"address\":\"10.9.0.1\",\"port\":50000},"
		"\"virtual\":{\"address\":\"10.7.1.1\",\"port\":80},"
		"\"destination\":{\"address\":\"10.7.0.23\",\"port\":80}},"
		"{\"protocol\":\"udp\",\"expires\":12,\"state\":\"UDP\","
		"\"source\":{\"address\":\"fd09::1\",\"port\":53},"
		"\"virtual\":{\"address\":\"fd07::1:1\",\"port\":53},"
		"\"destination\":{\"address\":\"fd07::17\",\"port\":53},"
		"\"pe\":\"sip\",\"pe_data\":\"a b \\\"c\\\" \\u0001\\ufffd\xc3\xa4\\u0000end\"},"
		"{\"protocol\":\"ip\",\"expires\":4294967295,\"state\":\"NONE\","
		"\"source\":{\"address\":\"10.9.0.1\",\"port\":0},"
		"\"virtual\":{\"address\":\"0.0.0.1\",\"port\":0},"
		"\"destination\":{\"address\":\"10.7.0.23\",\"port\":0}}]}\n");
	valid(text, NULL);
	free(text);
	ck_assert_int_eq(connections(TITLE, strlen(TITLE), &text), 0);
	valid(text, NULL);
	free(text);
}
END_TEST

/* Whatever is in the file, what comes out is JSON. */
START_TEST(connections_random)
{
	static const char good[] =
		"UDP 0A090001 C350 0A070101 0050 0A070017 0050 UDP 12 sip call@id\n";
	char in[4096], why[512], *text;
	size_t len, at;
	int i;

	unit_seed();
	for (i = 0; i < 3000; i++) {
		len = 0;
		while (len < 1000) {
			memcpy(in + len, good, sizeof(good) - 1);
			len += sizeof(good) - 1;
		}
		for (at = any(60); at; at--)
			in[any(len)] = any(4) ? " :\n\0zAf9"[any(8)] : (char)any(256);
		connections(in, len, &text);
		ck_assert_msg(schema_check(text, strlen(text), NULL, why, sizeof(why)), "%s: %s",
			      why, text);
		free(text);
	}
}
END_TEST

/* A line of any length. */
START_TEST(connections_long)
{
	struct printed p;
	char *in, *text;
	int i;

	print_begin(&p);
	fprintf(p.f, TITLE "UDP 0A090001 C350 0A070101 0050 0A070017 0050 UDP 12 sip ");
	for (i = 0; i < 1000000; i++)
		putc('x', p.f);
	putc('\n', p.f);
	in = print_end(&p);
	ck_assert_int_eq(connections(in, strlen(in), &text), 0);
	ck_assert_int_gt(strlen(text), 1000000);
	free(text);
	free(in);
}
END_TEST

/* ---- strings --------------------------------------------------------------------- */

/* Any bytes make a string that a strict reader takes. */
START_TEST(strings)
{
	char bytes[64];
	struct printed p;
	struct json j;
	json_t *v;
	char *text;
	size_t len, k;
	int i;

	unit_seed();
	for (i = 0; i < 20000; i++) {
		len = any(sizeof(bytes));
		for (k = 0; k < len; k++)
			bytes[k] = any(3) ? (char)any(256) :
				   "\xc0\xc2\xe0\xed\xf0\xf4\x80\xbf\"\\"[any(10)];
		print_begin(&p);
		json_begin(&j, p.f, false);
		json_put_bytes(&j, "s", bytes, len);
		json_finish(&j);
		text = print_end(&p);
		v = json_loads(text, JSON_ALLOW_NUL, NULL);
		ck_assert_msg(v, "not JSON: %s", text);
		json_decref(v);
		free(text);
	}
}
END_TEST

/* ---- the schema ------------------------------------------------------------------ */

#define HEAD "{\"schema_version\":1,"
#define LIST HEAD "\"version\":\"1.2.1\",\"connection_table_size\":4096,\"consistent\":true,"
#define SVC "\"family\":\"ipv4\",\"protocol\":\"tcp\",\"address\":\"10.0.0.1\",\"port\":80," \
	"\"scheduler\":\"rr\",\"scheduler_flags\":[],\"netmask\":\"255.255.255.255\",\"ops\":false,"
#define SRV "\"address\":\"10.7.0.1\",\"port\":80,\"forward\":\"route\",\"weight\":1," \
	"\"upper_threshold\":0,\"lower_threshold\":0,\"active_connections\":0," \
	"\"inactive_connections\":0,\"persistent_connections\":0"

/* It refuses what it should: or else every output were valid. */
START_TEST(schema_refuses)
{
	valid(LIST "\"services\":[{" SVC "\"servers\":[{" SRV "}]}]}", NULL);
	invalid(LIST "\"services\":[{" SVC "\"servers\":[{" SRV ",\"x\":1}]}]}", NULL);
	invalid(LIST "\"services\":[{" SVC "\"servers\":[{" SRV ",\"rate\":{}}]}]}", NULL);
	invalid(LIST "\"services\":[{" SVC "\"x\":1,\"servers\":[]}]}", NULL);
	invalid(LIST "\"services\":[{" SVC "\"fwmark\":1,\"servers\":[]}]}", NULL);
	invalid(LIST "\"services\":[{" SVC "\"persistent\":-1,\"servers\":[]}]}", NULL);
	invalid(LIST "\"services\":[{" SVC "\"persistent\":1.5,\"servers\":[]}]}", NULL);
	invalid(LIST "\"services\":[{" SVC "\"persistent\":null,\"servers\":[]}]}", NULL);
	invalid(LIST "\"services\":[{\"servers\":[]}]}", NULL);
	invalid(LIST "\"services\":{}}", NULL);
	invalid(LIST "\"services\":[],\"connections\":[]}", NULL);
	invalid("{\"schema_version\":2,\"version\":\"1.2.1\",\"connection_table_size\":4096,\"consistent\":true,\"services\":[]}",
		NULL);
	invalid(HEAD "\"services\":[]}", "listing");
	valid(HEAD "\"services\":[]}", "state");
	invalid(HEAD "\"timeouts\":{\"tcp\":1,\"tcp_fin\":2}}", NULL);
	invalid(HEAD "\"daemons\":[{\"state\":\"other\"}]}", NULL);
	invalid(HEAD "\"dry_run\":true,\"result\":\"perhaps\",\"changes\":[],\"refused\":[]}", NULL);
	valid(HEAD "\"dry_run\":true,\"result\":\"planned\",\"changes\":[\"-C\"],\"refused\":[]}", NULL);
	invalid("[]", NULL);
}
END_TEST

/* What --apply takes is valid; so the page may tell people to validate. */
START_TEST(accepted_is_valid)
{
	static const char * const member[] = {
		"\"family\":\"ipv4\"", "\"family\":\"ipv6\"", "\"fwmark\":1", "\"fwmark\":0",
		"\"protocol\":\"tcp\"", "\"protocol\":\"udp\"", "\"address\":\"10.0.0.1\"",
		"\"address\":\"FD00::1\"", "\"port\":80", "\"port\":0", "\"port\":65536",
		"\"scheduler\":\"rr\"", "\"scheduler\":\"sh\"", "\"scheduler\":\"\"",
		"\"scheduler_flags\":[\"sh-port\"]", "\"scheduler_flags\":[]",
		"\"scheduler_flags\":[8]", "\"persistent\":1", "\"persistent\":0",
		"\"netmask\":\"255.0.0.0\"", "\"prefix_length\":64", "\"prefix_length\":129",
		"\"pe\":\"sip\"", "\"ops\":true", "\"ops\":false", "\"stats\":{}",
		"\"servers\":[]", "\"servers\":[{\"address\":\"10.7.0.1\"}]",
		"\"servers\":[{\"address\":\"10.7.0.1\",\"forward\":\"masq\",\"port\":0}]",
		"\"servers\":[{\"address\":\"10.7.0.1\",\"forward\":\"tunnel\",\"tun_type\":\"gue\",\"tun_port\":1}]",
	};
	int i, k, m, good = 0;

	unit_seed();
	for (i = 0; i < 100000; i++) {
		unsigned int used = 0;
		struct printed p;
		struct state s;
		char *text, *said;

		print_begin(&p);
		fprintf(p.f, HEAD "\"services\":[{");
		for (k = 0; k < 6; k++) {
			m = any(sizeof(member) / sizeof(member[0]));
			if (used & 1U << m)
				continue;
			fprintf(p.f, "%s%s", used ? "," : "", member[m]);
			used |= 1U << m;
		}
		fprintf(p.f, "}]}");
		text = print_end(&p);
		state_init(&s);
		print_begin(&p);
		/* "stats" may be anything for the reader, which does not look at it */
		if (!state_parse(&s, "f", text, strlen(text), p.f) && !strstr(text, "stats")) {
			char why[512];

			good++;
			ck_assert_msg(schema_check(text, strlen(text), "state", why, sizeof(why)),
				      "%s: %s", text, why);
			if (good < 100)
				leave(text, "state", true);
		}
		said = print_end(&p);
		free(said);
		state_free(&s);
		free(text);
	}
	ck_assert_int_gt(good, 20);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("json");
	TCase *tc = tcase_create("json");

	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, one_line);
	tcase_add_test(tc, pretty);
	tcase_add_test(tc, true_order);
	tcase_add_test(tc, large_counters);
	tcase_add_test(tc, without_words);
	tcase_add_test(tc, round_trip);
	tcase_add_test(tc, timeouts_and_daemons);
	tcase_add_test(tc, connections_read);
	tcase_add_test(tc, connections_random);
	tcase_add_test(tc, connections_long);
	tcase_add_test(tc, strings);
	tcase_add_test(tc, schema_refuses);
	tcase_add_test(tc, accepted_is_valid);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
