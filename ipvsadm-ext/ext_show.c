// SPDX-License-Identifier: GPL-2.0
/* States, events and schedulers of ipvs-ext, for people and as JSON. */
#include <arpa/inet.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>
#include "ext_show.h"
#include "text.h"
#include "units.h"

#define NS 1000000000ULL

const char *show_time(uint64_t ns, char *buf)
{
	time_t seconds = ns / NS;
	struct tm tm;
	size_t len;

	if (!localtime_r(&seconds, &tm)) {
		snprintf(buf, SHOW_TIME_LEN, "%" PRIu64, ns);
		return buf;
	}
	len = strftime(buf, SHOW_TIME_LEN, "%Y-%m-%dT%H:%M:%S", &tm);
	len += snprintf(buf + len, SHOW_TIME_LEN - len, ".%06u",
			(unsigned int)(ns % NS / 1000));
	/* +0100, where ISO 8601 wants +01:00 in this form */
	len += strftime(buf + len, SHOW_TIME_LEN - len, "%z", &tm);
	if (len > 5 && len + 1 < SHOW_TIME_LEN) {
		memmove(buf + len - 1, buf + len - 2, 3);
		buf[len - 2] = ':';
	}
	return buf;
}

/* ---- names ------------------------------------------------------------------- */

static const char *protocol_name(const struct ipvs_key *key)
{
	if (key->fwmark)
		return "FWM";
	switch (key->protocol) {
	case IPPROTO_UDP:
		return "UDP";
	case IPPROTO_SCTP:
		return "SCTP";
	default:
		return "TCP";
	}
}

static void put_service(FILE *out, const struct ipvs_key *key, bool numeric)
{
	char name[NAME_LEN];

	if (key->fwmark)
		fprintf(out, "FWM %u%s", key->fwmark, key->af == AF_INET6 ? " IPv6" : "");
	else
		fprintf(out, "%s %s", protocol_name(key),
			name_of(name, key->af, &key->addr, key->port, key->protocol, numeric));
}

static const char *server_name(const struct ext_server *s, bool numeric, char *buf)
{
	/* Ports of servers behind a firewall mark have the names of TCP's, as in -L. */
	return name_of(buf, s->af, &s->addr, s->port,
		       s->key.fwmark ? IPPROTO_TCP : s->key.protocol, numeric);
}

static const char *state_word(const struct ext_server_state *s)
{
	if (!s->value[IP_VS_EXT_SERVER_STATE_WEIGHT])
		return "quiesced";
	switch (s->value[IP_VS_EXT_SERVER_STATE_IS]) {
	case IP_VS_EXT_SERVER_IS_OPEN:
		return "open";
	case IP_VS_EXT_SERVER_IS_HELD:
		return "held";
	case IP_VS_EXT_SERVER_IS_FULL:
		return "full";
	default:
		return "unknown";
	}
}

/* A newer kernel may have more of them. */
static const char *event_word(const struct ext_event *ev)
{
	static const char * const word[] = {
		[IP_VS_EXT_EVENT_TYPE_FULL] = "full",
		[IP_VS_EXT_EVENT_TYPE_RELIEVED] = "relieved",
		[IP_VS_EXT_EVENT_TYPE_SPILL] = "spill",
		[IP_VS_EXT_EVENT_TYPE_RETURN] = "return",
		[IP_VS_EXT_EVENT_TYPE_EXHAUSTED] = "exhausted",
		[IP_VS_EXT_EVENT_TYPE_SUMMARY] = "summary",
	};
	uint64_t type = ev->value[IP_VS_EXT_EVENT_TYPE];

	if (type < sizeof(word) / sizeof(word[0]) && word[type])
		return word[type];
	return "unknown";
}

void show_attrs(FILE *out, const struct ipvs_attrs *attrs)
{
	char text[UNITS_LEN];

	if (attrs->set & EXT_HAS(IP_VS_EXT_ATTR_PRIORITY))
		fprintf(out, " --priority %u", attrs->priority);
	else if (attrs->clear & EXT_HAS(IP_VS_EXT_ATTR_PRIORITY))
		fputs(" --priority none", out);
	if (attrs->set & EXT_HAS(IP_VS_EXT_ATTR_BANDWIDTH))
		fprintf(out, " --bandwidth %s", rate_text(attrs->bandwidth, text));
	else if (attrs->clear & EXT_HAS(IP_VS_EXT_ATTR_BANDWIDTH))
		fputs(" --bandwidth none", out);
	if (attrs->set & EXT_HAS(IP_VS_EXT_ATTR_LAG))
		fprintf(out, " --lag %s", time_text(attrs->lag, text));
	else if (attrs->clear & EXT_HAS(IP_VS_EXT_ATTR_LAG))
		fputs(" --lag none", out);
}

/* " priority 5 ..." */
static void put_attrs(FILE *out, const struct ipvs_attrs *attrs)
{
	char text[UNITS_LEN];

	if (attrs->set & EXT_HAS(IP_VS_EXT_ATTR_PRIORITY))
		fprintf(out, " priority %u", attrs->priority);
	if (attrs->set & EXT_HAS(IP_VS_EXT_ATTR_BANDWIDTH))
		fprintf(out, " bandwidth %s", rate_text(attrs->bandwidth, text));
	if (attrs->set & EXT_HAS(IP_VS_EXT_ATTR_LAG))
		fprintf(out, " lag %s", time_text(attrs->lag, text));
}

/* ---- states --------------------------------------------------------------------- */

#define STATE(s, what) ((s)->value[IP_VS_EXT_STATE_ ## what])
#define SERVER(s, what) ((s)->value[IP_VS_EXT_SERVER_STATE_ ## what])

/* Of CLOCK_MONOTONIC, in the other clock. */
static uint64_t wall(const struct ext_state *s, uint64_t mono)
{
	return STATE(s, TIME_WALL) - (STATE(s, TIME_MONO) - mono);
}

static void put_state(FILE *out, const struct ext_state *s)
{
	char at[SHOW_TIME_LEN];

	if (s->has & EXT_HAS(IP_VS_EXT_STATE_TIER))
		fprintf(out, "tier %" PRIu64, STATE(s, TIER));
	else
		fputs("tier none", out);
	fprintf(out, " since %s eligible %" PRIu64 " of %" PRIu64 " full %" PRIu64,
		show_time(wall(s, STATE(s, TIER_SINCE)), at), STATE(s, ELIGIBLE),
		STATE(s, SERVERS), STATE(s, FULL_SERVERS));
}

static void put_counters(FILE *out, const struct ext_state *s)
{
	fprintf(out, "grants %" PRIu64 " refusals %" PRIu64 " spills %" PRIu64 " returns %" PRIu64
		" exhausted %" PRIu64 " filled %" PRIu64 " relieved %" PRIu64,
		STATE(s, GRANTS), STATE(s, REFUSALS), STATE(s, SPILLS), STATE(s, RETURNS),
		STATE(s, EXHAUSTED), STATE(s, FULL), STATE(s, RELIEVED));
}

static void put_row(FILE *out, const struct ext_state *svc, const struct ext_server_state *s,
		    bool numeric)
{
	bool in_use = svc->has & EXT_HAS(IP_VS_EXT_STATE_TIER) &&
		      STATE(svc, TIER) == SERVER(s, TIER);
	char name[NAME_LEN];

	fprintf(out, "%c %-10" PRIu64 " %-28s %-8s %-10" PRIu64 " %-10" PRIu64 " %-10" PRIu64
		" %" PRIu64,
		in_use ? '*' : ' ', SERVER(s, TIER), server_name(&s->server, numeric, name),
		state_word(s), SERVER(s, CONNS), SERVER(s, LOWER), SERVER(s, UPPER),
		SERVER(s, WEIGHT));
	put_attrs(out, &s->server.attrs);
	putc('\n', out);
}

void show_tiers(FILE *out, const struct ext_states *s, bool numeric)
{
	const struct ext_server_state *server = s->server;
	const struct ext_state *svc;
	size_t left = s->servers, i;
	char since[SHOW_TIME_LEN];

	for (i = 0; i < s->services; i++) {
		svc = &s->service[i];
		put_service(out, &svc->key, numeric);
		fprintf(out, " %s\n  ", svc->sched);
		put_state(out, svc);
		fprintf(out, "\n  since %s: ", show_time(wall(svc, STATE(svc, SINCE)), since));
		put_counters(out, svc);
		fprintf(out, "\n  %-10s %-28s %-8s %-10s %-10s %-10s %s\n", "Tier", "Server",
			"State", "Conns", "Lower", "Upper", "Weight");
		for (; left && ipvs_key_cmp(&server->server.key, &svc->key) < 0; left--)
			server++;
		for (; left && !ipvs_key_cmp(&server->server.key, &svc->key); left--, server++)
			put_row(out, svc, server, numeric);
	}
}

/* A member of @value, if there is one. */
#define NUMBER(j, key, s, attr) do {					\
	if ((s)->has & EXT_HAS(attr))					\
		json_put_number(j, key, (s)->value[attr]);		\
} while (0)

static void state_members(struct json *j, const struct ext_state *s)
{
	json_put_string(j, "scheduler", s->sched);
	NUMBER(j, "time_wall", s, IP_VS_EXT_STATE_TIME_WALL);
	NUMBER(j, "time_mono", s, IP_VS_EXT_STATE_TIME_MONO);
	NUMBER(j, "since", s, IP_VS_EXT_STATE_SINCE);
	NUMBER(j, "tier", s, IP_VS_EXT_STATE_TIER);
	NUMBER(j, "tier_since", s, IP_VS_EXT_STATE_TIER_SINCE);
	NUMBER(j, "servers_all", s, IP_VS_EXT_STATE_SERVERS);
	NUMBER(j, "servers_eligible", s, IP_VS_EXT_STATE_ELIGIBLE);
	NUMBER(j, "servers_full", s, IP_VS_EXT_STATE_FULL_SERVERS);
	NUMBER(j, "grants", s, IP_VS_EXT_STATE_GRANTS);
	NUMBER(j, "refusals", s, IP_VS_EXT_STATE_REFUSALS);
	NUMBER(j, "full", s, IP_VS_EXT_STATE_FULL);
	NUMBER(j, "relieved", s, IP_VS_EXT_STATE_RELIEVED);
	NUMBER(j, "spills", s, IP_VS_EXT_STATE_SPILLS);
	NUMBER(j, "returns", s, IP_VS_EXT_STATE_RETURNS);
	NUMBER(j, "exhausted", s, IP_VS_EXT_STATE_EXHAUSTED);
	NUMBER(j, "event_seq", s, IP_VS_EXT_STATE_EVENT_SEQ);
}

static void put_server_key(struct json *j, const struct ext_server *s)
{
	json_put_addr(j, "address", s->af, &s->addr);
	json_put_number(j, "port", ntohs(s->port));
}

static void server_members(struct json *j, const struct ext_server_state *s)
{
	NUMBER(j, "tier", s, IP_VS_EXT_SERVER_STATE_TIER);
	json_put_string(j, "state", state_word(s));
	NUMBER(j, "weight", s, IP_VS_EXT_SERVER_STATE_WEIGHT);
	NUMBER(j, "connections", s, IP_VS_EXT_SERVER_STATE_CONNS);
	NUMBER(j, "upper_threshold", s, IP_VS_EXT_SERVER_STATE_UPPER);
	NUMBER(j, "lower_threshold", s, IP_VS_EXT_SERVER_STATE_LOWER);
	json_put_attrs(j, &s->server.attrs);
	NUMBER(j, "event_seq", s, IP_VS_EXT_SERVER_STATE_EVENT_SEQ);
}

void show_tiers_json(struct json *j, const struct ext_states *s)
{
	const struct ext_server_state *server = s->server;
	const struct ext_state *svc;
	size_t left = s->servers, i;

	json_put_bool(j, "consistent", s->consistent);
	json_put_array(j, "tiers");
	for (i = 0; i < s->services; i++) {
		svc = &s->service[i];
		json_put_object(j, NULL);
		json_put_key(j, &svc->key);
		state_members(j, svc);
		json_put_array(j, "servers");
		for (; left && ipvs_key_cmp(&server->server.key, &svc->key) < 0; left--)
			server++;
		for (; left && !ipvs_key_cmp(&server->server.key, &svc->key); left--, server++) {
			json_put_object(j, NULL);
			put_server_key(j, &server->server);
			server_members(j, server);
			json_put_end(j, '}');
		}
		json_put_end(j, ']');
		json_put_end(j, '}');
	}
	json_put_end(j, ']');
}

/* ---- lines of --monitor ------------------------------------------------------------ */

static void begin_line(FILE *out, uint64_t at, const char *word, const struct ipvs_key *key)
{
	char text[SHOW_TIME_LEN];

	fprintf(out, "%s %s ", show_time(at, text), word);
	if (key) {
		put_service(out, key, true);
		putc(' ', out);
	}
}

static void begin_object(struct json *j, FILE *out, const char *type, uint64_t at)
{
	char text[SHOW_TIME_LEN];

	json_begin(j, out, false);
	json_put_string(j, "type", type);
	json_put_string(j, "time", show_time(at, text));
}

static void put_key_object(struct json *j, const struct ipvs_key *key)
{
	json_put_object(j, "service");
	json_put_key(j, key);
	json_put_end(j, '}');
}

void show_state(FILE *out, const struct ext_state *s)
{
	begin_line(out, STATE(s, TIME_WALL), "state", &s->key);
	fprintf(out, "%s ", s->sched);
	put_state(out, s);
	putc(' ', out);
	put_counters(out, s);
	putc('\n', out);
}

void show_state_json(FILE *out, const struct ext_state *s)
{
	struct json j;

	begin_object(&j, out, "service_state", STATE(s, TIME_WALL));
	put_key_object(&j, &s->key);
	state_members(&j, s);
	json_finish(&j);
}

void show_server_state(FILE *out, const struct ext_server_state *s, uint64_t at)
{
	char name[NAME_LEN];

	begin_line(out, at, "state", &s->server.key);
	fprintf(out, "%s %s tier %" PRIu64 " conns %" PRIu64 " upper %" PRIu64 " lower %" PRIu64
		" weight %" PRIu64,
		server_name(&s->server, true, name), state_word(s), SERVER(s, TIER),
		SERVER(s, CONNS), SERVER(s, UPPER), SERVER(s, LOWER), SERVER(s, WEIGHT));
	put_attrs(out, &s->server.attrs);
	putc('\n', out);
}

void show_server_state_json(FILE *out, const struct ext_server_state *s, uint64_t at)
{
	struct json j;

	begin_object(&j, out, "server_state", at);
	put_key_object(&j, &s->server.key);
	json_put_object(&j, "server");
	put_server_key(&j, &s->server);
	json_put_end(&j, '}');
	server_members(&j, s);
	json_finish(&j);
}

static void put_tier(FILE *out, const struct ext_event *ev, unsigned int attr)
{
	if (ev->has & EXT_HAS(attr))
		fprintf(out, "%" PRIu64, ev->value[attr]);
	else
		fputs("none", out);
}

/* What is said of a kind of event, beside how many servers are eligible. */
static void put_details(FILE *out, const struct ext_event *ev)
{
	switch (ev->value[IP_VS_EXT_EVENT_TYPE]) {
	case IP_VS_EXT_EVENT_TYPE_FULL:
	case IP_VS_EXT_EVENT_TYPE_RELIEVED:
		fprintf(out, "conns %" PRIu64 " upper %" PRIu64 " lower %" PRIu64 " tier ",
			ev->value[IP_VS_EXT_EVENT_CONNS], ev->value[IP_VS_EXT_EVENT_UPPER],
			ev->value[IP_VS_EXT_EVENT_LOWER]);
		put_tier(out, ev, IP_VS_EXT_EVENT_TIER_OLD);
		break;
	case IP_VS_EXT_EVENT_TYPE_SPILL:
	case IP_VS_EXT_EVENT_TYPE_RETURN:
		fputs("tier ", out);
		put_tier(out, ev, IP_VS_EXT_EVENT_TIER_OLD);
		fputs(" to ", out);
		put_tier(out, ev, IP_VS_EXT_EVENT_TIER_NEW);
		break;
	case IP_VS_EXT_EVENT_TYPE_SUMMARY:
		fprintf(out, "suppressed %" PRIu64 " tier ",
			ev->value[IP_VS_EXT_EVENT_SUPPRESSED]);
		put_tier(out, ev, IP_VS_EXT_EVENT_TIER_NEW);
		break;
	case IP_VS_EXT_EVENT_TYPE_EXHAUSTED:
		fputs("tier none", out);
		break;
	default:
		fprintf(out, "event %" PRIu64, ev->value[IP_VS_EXT_EVENT_TYPE]);
	}
}

void show_event(FILE *out, const struct ext_event *ev)
{
	char name[NAME_LEN];

	begin_line(out, ev->value[IP_VS_EXT_EVENT_TIME_WALL], event_word(ev), &ev->key);
	if (ev->has_server)
		fprintf(out, "%s ", server_name(&ev->server, true, name));
	put_details(out, ev);
	if (ev->has & EXT_HAS(IP_VS_EXT_EVENT_ELIGIBLE))
		fprintf(out, " eligible %" PRIu64, ev->value[IP_VS_EXT_EVENT_ELIGIBLE]);
	putc('\n', out);
}

void show_event_json(FILE *out, const struct ext_event *ev)
{
	struct json j;

	begin_object(&j, out, "event", ev->value[IP_VS_EXT_EVENT_TIME_WALL]);
	json_put_string(&j, "event", event_word(ev));
	NUMBER(&j, "seq", ev, IP_VS_EXT_EVENT_SEQ);
	NUMBER(&j, "time_wall", ev, IP_VS_EXT_EVENT_TIME_WALL);
	NUMBER(&j, "time_mono", ev, IP_VS_EXT_EVENT_TIME_MONO);
	put_key_object(&j, &ev->key);
	if (ev->has_server) {
		json_put_object(&j, "server");
		put_server_key(&j, &ev->server);
		json_put_end(&j, '}');
	}
	NUMBER(&j, "tier_old", ev, IP_VS_EXT_EVENT_TIER_OLD);
	NUMBER(&j, "tier_new", ev, IP_VS_EXT_EVENT_TIER_NEW);
	NUMBER(&j, "connections", ev, IP_VS_EXT_EVENT_CONNS);
	NUMBER(&j, "upper_threshold", ev, IP_VS_EXT_EVENT_UPPER);
	NUMBER(&j, "lower_threshold", ev, IP_VS_EXT_EVENT_LOWER);
	NUMBER(&j, "servers_eligible", ev, IP_VS_EXT_EVENT_ELIGIBLE);
	NUMBER(&j, "suppressed", ev, IP_VS_EXT_EVENT_SUPPRESSED);
	json_finish(&j);
}

void show_lost(FILE *out, uint64_t lost, uint64_t at)
{
	begin_line(out, at, "lost", NULL);
	if (lost)
		fprintf(out, "%" PRIu64 " events\n", lost);
	else
		fputs("events; the next one tells how many\n", out);
}

void show_lost_json(FILE *out, uint64_t lost, uint64_t at)
{
	struct json j;

	begin_object(&j, out, "lost", at);
	if (lost)
		json_put_number(&j, "events", lost);
	json_finish(&j);
}

/* ---- schedulers ----------------------------------------------------------------------- */

static const struct {
	uint32_t bit;
	const char *name;
} attr_names[] = {
	{ EXT_HAS(IP_VS_EXT_ATTR_PRIORITY), "priority" },
	{ EXT_HAS(IP_VS_EXT_ATTR_BANDWIDTH), "bandwidth" },
	{ EXT_HAS(IP_VS_EXT_ATTR_LAG), "lag" },
};

#define ATTRS (sizeof(attr_names) / sizeof(attr_names[0]))

static void show_sched(FILE *out, const struct ext_sched *s)
{
	char allowed[256], otherwise[EXT_VALUE_LEN];
	const struct ext_desc *d;
	const char *comma = " ";
	size_t i;

	fprintf(out, "%s: %s\n", s->name, s->text ? s->text : "");
	if (s->attrs) {
		fputs("  attributes of servers:", out);
		for (i = 0; i < ATTRS; i++) {
			if (!(s->attrs & attr_names[i].bit))
				continue;
			fprintf(out, "%s--%s", comma, attr_names[i].name);
			comma = ", ";
		}
		putc('\n', out);
	}
	for (i = 0; i < s->n; i++) {
		d = &s->param[i];
		fprintf(out, "  --param %s=%s: %s; default: %s\n", d->name,
			d->unit == IP_VS_EXT_UNIT_MS ||
			d->unit == IP_VS_EXT_UNIT_S ? "TIME" :
			d->unit == IP_VS_EXT_UNIT_BYTES ? "BYTES" :
			d->unit == IP_VS_EXT_UNIT_CHOICE ? "WORD" : "NUMBER",
			ext_value_allowed(d, allowed, sizeof(allowed)),
			ext_value_text(d, d->otherwise, otherwise));
	}
	for (i = 0; i < s->n; i++)
		if (s->param[i].text)
			fprintf(out, "    %s: %s\n", s->param[i].name, s->param[i].text);
}

/* Whether the kernel has @m's scheduler now; ours are those that the dump has. */
static bool is_loaded(const struct ext_config *config, const struct module_sched *m,
		      bool (*loaded)(const char *name))
{
	char name[sizeof(m->name) + 8];

	snprintf(name, sizeof(name), "ip_vs_%s", m->name);
	return m->builtin || ext_find_sched(config, m->name) || loaded(name);
}

static void put_modules(FILE *out, const char *title, const struct ext_config *config,
			const struct module_sched *module, long n, bool mainline,
			bool (*loaded)(const char *name))
{
	bool any = false;
	long i;

	for (i = 0; i < n; i++) {
		if (module[i].mainline != mainline || is_loaded(config, &module[i], loaded))
			continue;
		fprintf(out, "%s%s", any ? ", " : title, module[i].name);
		any = true;
	}
	if (any)
		putc('\n', out);
}

void show_scheds(FILE *out, const struct ext_config *config, const struct module_sched *module,
		 long n, bool (*loaded)(const char *name))
{
	size_t i;

	for (i = 0; i < config->scheds; i++)
		show_sched(out, &config->sched[i]);
	put_modules(out, "Not loaded: ", config, module, n, false, loaded);
	put_modules(out, "Not loaded, the kernel's own: ", config, module, n, true, loaded);
}

static void unit_member(struct json *j, uint8_t unit)
{
	static const char * const name[] = {
		[IP_VS_EXT_UNIT_NONE] = "none",
		[IP_VS_EXT_UNIT_MS] = "ms",
		[IP_VS_EXT_UNIT_S] = "ms",
		[IP_VS_EXT_UNIT_BYTES] = "bytes",
		[IP_VS_EXT_UNIT_CHOICE] = "choice",
	};

	if (unit < sizeof(name) / sizeof(name[0]))
		json_put_string(j, "unit", name[unit]);
	else
		json_put_number(j, "unit", unit);
}

static void desc_object(struct json *j, const struct ext_desc *d)
{
	const char *word = ext_value_choice(d, d->otherwise);
	size_t i;

	json_put_object(j, NULL);
	json_put_string(j, "name", d->name);
	if (d->text)
		json_put_string(j, "description", d->text);
	unit_member(j, d->unit);
	if (d->unit != IP_VS_EXT_UNIT_CHOICE) {
		json_put_number(j, "lowest", d->lowest);
		json_put_number(j, "highest", d->highest);
	}
	if (word)
		json_put_string(j, "default", word);
	else
		json_put_number(j, "default", d->otherwise);
	json_put_array(j, "choices");
	for (i = 0; i < d->n; i++)
		json_put_string(j, NULL, d->choice[i].name);
	json_put_end(j, ']');
	json_put_end(j, '}');
}

void show_scheds_json(struct json *j, const struct ext_config *config,
		      const struct module_sched *module, long n,
		      bool (*loaded)(const char *name))
{
	const struct ext_sched *s;
	size_t i, k;
	long m;

	json_put_array(j, "schedulers");
	for (k = 0; k < config->scheds; k++) {
		s = &config->sched[k];
		json_put_object(j, NULL);
		json_put_string(j, "name", s->name);
		if (s->text)
			json_put_string(j, "description", s->text);
		json_put_array(j, "attributes");
		for (i = 0; i < ATTRS; i++)
			if (s->attrs & attr_names[i].bit)
				json_put_string(j, NULL, attr_names[i].name);
		json_put_end(j, ']');
		json_put_array(j, "parameters");
		for (i = 0; i < s->n; i++)
			desc_object(j, &s->param[i]);
		json_put_end(j, ']');
		json_put_end(j, '}');
	}
	json_put_end(j, ']');
	json_put_array(j, "modules");
	for (m = 0; m < n; m++) {
		json_put_object(j, NULL);
		json_put_string(j, "name", module[m].name);
		json_put_bool(j, "mainline", module[m].mainline);
		json_put_bool(j, "loaded", is_loaded(config, &module[m], loaded));
		json_put_end(j, '}');
	}
	json_put_end(j, ']');
}
