// SPDX-License-Identifier: GPL-2.0
/* Listings as JSON; docs/json.md says what is in them. */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "json.h"

#define CONNECTIONS "/proc/net/ip_vs_conn"

/* ---- the form -------------------------------------------------------------- */

static void line(struct json *j)
{
	unsigned int i;

	if (!j->pretty)
		return;
	putc('\n', j->out);
	for (i = 0; i < j->depth; i++)
		fputs("  ", j->out);
}

/* How many bytes of @s are one character of UTF-8; 0: none are. */
static size_t utf8(const unsigned char *s, size_t len)
{
	/* The second byte's range keeps out long forms, surrogates and what is too high. */
	unsigned char lo = 0x80, hi = 0xbf;
	size_t n, i;

	if (s[0] < 0x80)
		return 1;
	if (s[0] >= 0xc2 && s[0] <= 0xdf)
		n = 2;
	else if (s[0] >= 0xe0 && s[0] <= 0xef)
		n = 3;
	else if (s[0] >= 0xf0 && s[0] <= 0xf4)
		n = 4;
	else
		return 0;
	if (s[0] == 0xe0)
		lo = 0xa0;
	else if (s[0] == 0xed)
		hi = 0x9f;
	else if (s[0] == 0xf0)
		lo = 0x90;
	else if (s[0] == 0xf4)
		hi = 0x8f;
	if (len < n || s[1] < lo || s[1] > hi)
		return 0;
	for (i = 2; i < n; i++)
		if (s[i] < 0x80 || s[i] > 0xbf)
			return 0;
	return n;
}

static void string(struct json *j, const char *s, size_t len)
{
	const unsigned char *p = (const unsigned char *)s;
	size_t n;

	putc('"', j->out);
	while (len) {
		n = utf8(p, len);
		if (!n) {
			fputs("\\ufffd", j->out);
			n = 1;
		} else if (*p == '"' || *p == '\\') {
			putc('\\', j->out);
			putc(*p, j->out);
		} else if (*p < 0x20 || *p == 0x7f) {
			fprintf(j->out, "\\u%04x", *p);
		} else {
			fwrite(p, 1, n, j->out);
		}
		p += n;
		len -= n;
	}
	putc('"', j->out);
}

static void member(struct json *j, const char *key)
{
	if (j->any)
		putc(',', j->out);
	j->any = true;
	line(j);
	if (key) {
		string(j, key, strlen(key));
		putc(':', j->out);
		if (j->pretty)
			putc(' ', j->out);
	}
}

static void open_bracket(struct json *j, char bracket)
{
	putc(bracket, j->out);
	j->depth++;
	j->any = false;
}

void json_put_object(struct json *j, const char *key)
{
	member(j, key);
	open_bracket(j, '{');
}

void json_put_array(struct json *j, const char *key)
{
	member(j, key);
	open_bracket(j, '[');
}

void json_put_end(struct json *j, char bracket)
{
	j->depth--;
	if (j->any)
		line(j);
	putc(bracket, j->out);
	j->any = true;
}

void json_put_number(struct json *j, const char *key, uint64_t n)
{
	member(j, key);
	fprintf(j->out, "%" PRIu64, n);
}

void json_put_bool(struct json *j, const char *key, bool b)
{
	member(j, key);
	fputs(b ? "true" : "false", j->out);
}

void json_put_bytes(struct json *j, const char *key, const char *s, size_t len)
{
	member(j, key);
	string(j, s, len);
}

void json_put_string(struct json *j, const char *key, const char *s)
{
	json_put_bytes(j, key, s, strlen(s));
}

void json_begin(struct json *j, FILE *out, bool pretty)
{
	memset(j, 0, sizeof(*j));
	j->out = out;
	j->pretty = pretty;
	open_bracket(j, '{');
	json_put_number(j, "schema_version", JSON_SCHEMA_VERSION);
}

void json_finish(struct json *j)
{
	json_put_end(j, '}');
	putc('\n', j->out);
}

/* ---- the matter ------------------------------------------------------------ */

void json_put_addr(struct json *j, const char *key, uint16_t af, const union nf_inet_addr *addr)
{
	char buf[INET6_ADDRSTRLEN] = "";

	inet_ntop(af, addr, buf, sizeof(buf));
	json_put_string(j, key, buf);
}

/* A word if there is one, else the number. */
static void put_name(struct json *j, const char *key, const struct json_name *names,
		     uint32_t value)
{
	const char *name = json_name(names, value);

	if (name)
		json_put_string(j, key, name);
	else
		json_put_number(j, key, value);
}

/* An array of words, and a number for bits without one. */
static void put_flags(struct json *j, const char *key, const struct json_name *names,
		      uint32_t flags)
{
	json_put_array(j, key);
	for (; names->name; names++) {
		if (!(flags & names->value))
			continue;
		json_put_string(j, NULL, names->name);
		flags &= ~names->value;
	}
	if (flags)
		json_put_number(j, NULL, flags);
	json_put_end(j, ']');
}

static void put_counters(struct json *j, const char *key, const uint64_t value[5])
{
	static const char * const name[] = {
		"connections", "incoming_packets", "outgoing_packets",
		"incoming_bytes", "outgoing_bytes",
	};
	int i;

	json_put_object(j, key);
	for (i = 0; i < 5; i++)
		json_put_number(j, name[i], value[i]);
	json_put_end(j, '}');
}

static void put_stats(struct json *j, const struct ipvs_stats *s, bool stats, bool rate)
{
	if (stats)
		put_counters(j, "stats", &s->value[IPVS_CONNS]);
	if (rate)
		put_counters(j, "rate", &s->value[IPVS_CPS]);
}

static void put_server(struct json *j, const struct ipvs_server *server)
{
	json_put_addr(j, "address", server->af, &server->addr);
	json_put_number(j, "port", ntohs(server->port));
	put_name(j, "forward", json_forwards, server->forward);
	if (server->forward == IP_VS_CONN_F_TUNNEL) {
		put_name(j, "tun_type", json_tunnels, server->tun_type);
		if (server->tun_type == IP_VS_CONN_F_TUNNEL_TYPE_GUE)
			json_put_number(j, "tun_port", ntohs(server->tun_port));
		if (server->tun_type != IP_VS_CONN_F_TUNNEL_TYPE_IPIP)
			put_flags(j, "tun_flags", json_tunnel_flags, server->tun_flags);
	}
	json_put_number(j, "weight", server->weight);
	json_put_number(j, "upper_threshold", server->upper);
	json_put_number(j, "lower_threshold", server->lower);
	json_put_number(j, "active_connections", server->active);
	json_put_number(j, "inactive_connections", server->inactive);
	json_put_number(j, "persistent_connections", server->persistent);
}

void json_put_key(struct json *j, const struct ipvs_key *key)
{
	json_put_string(j, "family", key->af == AF_INET6 ? "ipv6" : "ipv4");
	if (key->fwmark) {
		json_put_number(j, "fwmark", key->fwmark);
	} else {
		put_name(j, "protocol", json_protocols, key->protocol);
		json_put_addr(j, "address", key->af, &key->addr);
		json_put_number(j, "port", ntohs(key->port));
	}
}

static void put_service(struct json *j, const struct ipvs_service *svc)
{
	const struct ipvs_key *key = &svc->key;
	union nf_inet_addr mask = { .ip = svc->netmask };

	json_put_key(j, key);
	json_put_string(j, "scheduler", svc->sched);
	put_flags(j, "scheduler_flags", json_sched_flags(svc->sched),
		  svc->flags & ~(IP_VS_SVC_F_PERSISTENT | IP_VS_SVC_F_HASHED |
				 IP_VS_SVC_F_ONEPACKET));
	if (svc->flags & IP_VS_SVC_F_PERSISTENT)
		json_put_number(j, "persistent", svc->timeout);
	if (key->af == AF_INET6)
		json_put_number(j, "prefix_length", svc->netmask);
	else
		json_put_addr(j, "netmask", AF_INET, &mask);
	if (*svc->pe)
		json_put_string(j, "pe", svc->pe);
	json_put_bool(j, "ops", svc->flags & IP_VS_SVC_F_ONEPACKET);
}

void json_put_attrs(struct json *j, const struct ipvs_attrs *attrs)
{
	if (attrs->set & EXT_HAS(IP_VS_EXT_ATTR_PRIORITY))
		json_put_number(j, "priority", attrs->priority);
	if (attrs->set & EXT_HAS(IP_VS_EXT_ATTR_BANDWIDTH))
		json_put_number(j, "bandwidth", attrs->bandwidth);
	if (attrs->set & EXT_HAS(IP_VS_EXT_ATTR_LAG))
		json_put_number(j, "lag", attrs->lag);
}

/* Those that have been set: a word of the scheduler's, or a number. */
static void put_params(struct json *j, const struct ext_config *ext,
		       const struct ext_service *svc)
{
	const struct ext_sched *sched = ext_find_sched(ext, svc->sched);
	const struct ipvs_param *p;
	const char *word;
	bool any = false;
	size_t i;

	for (i = 0; i < svc->params.n; i++) {
		p = &svc->params.param[i];
		if (!p->set)
			continue;
		if (!any)
			json_put_object(j, "parameters");
		any = true;
		word = ext_value_choice(ext_find_desc(sched, p->name), p->value);
		if (word)
			json_put_string(j, p->name, word);
		else
			json_put_number(j, p->name, p->value);
	}
	if (any)
		json_put_end(j, '}');
}

void json_put_services(struct json *j, const struct table *t, const struct ext_config *ext,
		       bool stats, bool rate)
{
	const struct ext_service *params;
	const struct ext_server *attrs;
	size_t i, k;

	json_put_array(j, "services");
	for (i = 0; i < t->n; i++) {
		const struct ipvs_service *svc = &t->service[i];

		json_put_object(j, NULL);
		put_service(j, svc);
		params = ext_find_service(ext, &svc->key);
		if (params)
			put_params(j, ext, params);
		put_stats(j, &svc->stats, stats, rate);
		json_put_array(j, "servers");
		for (k = 0; k < svc->n; k++) {
			json_put_object(j, NULL);
			put_server(j, &svc->server[k]);
			attrs = ext_find_server(ext, &svc->key, &svc->server[k]);
			if (attrs)
				json_put_attrs(j, &attrs->attrs);
			if (svc->server_stats)
				put_stats(j, &svc->server_stats[svc->server[k].place], stats, rate);
			json_put_end(j, '}');
		}
		json_put_end(j, ']');
		json_put_end(j, '}');
	}
	json_put_end(j, ']');
}

void json_put_info(struct json *j, const struct ipvs_info *info)
{
	char version[32];

	snprintf(version, sizeof(version), "%u.%u.%u", NVERSION(info->version));
	json_put_string(j, "version", version);
	json_put_number(j, "connection_table_size", info->conn_tab_size);
}

void json_put_timeouts(struct json *j, const struct ipvs_timeouts *timeouts)
{
	json_put_object(j, "timeouts");
	json_put_number(j, "tcp", timeouts->tcp);
	json_put_number(j, "tcp_fin", timeouts->tcp_fin);
	json_put_number(j, "udp", timeouts->udp);
	json_put_end(j, '}');
}

void json_put_daemons(struct json *j, const struct ipvs_daemon *daemon, int n)
{
	json_put_array(j, "daemons");
	for (; n > 0; n--, daemon++) {
		json_put_object(j, NULL);
		put_name(j, "state", json_daemon_states, daemon->state);
		json_put_string(j, "mcast_interface", daemon->ifname);
		json_put_number(j, "syncid", daemon->syncid);
		if (daemon->maxlen)
			json_put_number(j, "sync_maxlen", daemon->maxlen);
		if (daemon->group_af)
			json_put_addr(j, "mcast_group", daemon->group_af, &daemon->group);
		if (daemon->port)
			json_put_number(j, "mcast_port", daemon->port);
		if (daemon->ttl)
			json_put_number(j, "mcast_ttl", daemon->ttl);
		json_put_end(j, '}');
	}
	json_put_end(j, ']');
}

/* ---- connections ------------------------------------------------------------ */

/**
 * struct conn_line - a line of /proc/net/ip_vs_conn, taken apart
 *
 * Protocol, source, port, virtual address, port, destination, port (all
 * hexadecimal), state, seconds, and where there is one: persistence engine, and
 * what it knows of the connection, which may contain anything but a newline.
 */
struct conn_line {
	char *word[9];
	union nf_inet_addr addr[3];
	uint16_t af[3];
	uint64_t port[3];
	uint64_t expires;
	char *pe;
	char *pe_data;
	size_t pe_data_len;
};

/* The next word of @s, which is ended by a NUL; NULL if there is none. */
static char *next_word(char **s)
{
	char *w = *s + strspn(*s, " ");

	if (!*w)
		return NULL;
	*s = w + strcspn(w, " ");
	if (**s)
		*(*s)++ = '\0';
	return w;
}

static bool number(const char *w, int base, uint64_t max, uint64_t *n)
{
	char *end;

	errno = 0;
	*n = strtoull(w, &end, base);
	return !errno && end != w && !*end && *w != '-' && *n <= max;
}

static bool conn_addr(const char *w, union nf_inet_addr *addr, uint16_t *af)
{
	uint64_t n;

	memset(addr, 0, sizeof(*addr));
	if (strchr(w, ':')) {
		*af = AF_INET6;
		return inet_pton(AF_INET6, w, addr) == 1;
	}
	*af = AF_INET;
	if (!number(w, 16, UINT32_MAX, &n))
		return false;
	addr->ip = htonl(n);
	return true;
}

static bool conn_line(char *s, size_t len, struct conn_line *l)
{
	char *rest = s;
	int i;

	memset(l, 0, sizeof(*l));
	if (len && s[len - 1] == '\n')
		s[--len] = '\0';
	for (i = 0; i < 9; i++) {
		l->word[i] = next_word(&rest);
		if (!l->word[i])
			return false;
	}
	for (i = 0; i < 3; i++)
		if (!conn_addr(l->word[1 + 2 * i], &l->addr[i], &l->af[i]) ||
		    !number(l->word[2 + 2 * i], 16, UINT16_MAX, &l->port[i]))
			return false;
	if (!number(l->word[8], 10, INT64_MAX, &l->expires))
		return false;
	l->pe = next_word(&rest);
	l->pe_data = rest;
	l->pe_data_len = s + len - rest;
	return true;
}

static void put_conn(struct json *j, struct conn_line *l)
{
	static const char * const end[] = { "source", "virtual", "destination" };
	char *p;
	int i;

	for (p = l->word[0]; *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p += 'a' - 'A';
	json_put_object(j, NULL);
	json_put_string(j, "protocol", l->word[0]);
	json_put_number(j, "expires", l->expires);
	json_put_string(j, "state", l->word[7]);
	for (i = 0; i < 3; i++) {
		json_put_object(j, end[i]);
		json_put_addr(j, "address", l->af[i], &l->addr[i]);
		json_put_number(j, "port", l->port[i]);
		json_put_end(j, '}');
	}
	if (l->pe) {
		json_put_string(j, "pe", l->pe);
		json_put_bytes(j, "pe_data", l->pe_data, l->pe_data_len);
	}
	json_put_end(j, '}');
}

long json_put_connections(struct json *j, FILE *in)
{
	struct conn_line l;
	char *s = NULL;
	size_t room = 0;
	long lost = 0;
	ssize_t len;
	int err;

	json_put_array(j, "connections");
	/* the first line is a title */
	len = getline(&s, &room, in);
	while (len >= 0) {
		len = getline(&s, &room, in);
		if (len < 0)
			break;
		if (conn_line(s, len, &l))
			put_conn(j, &l);
		else
			lost++;
	}
	err = errno;
	json_put_end(j, ']');
	free(s);
	errno = err;
	return feof(in) ? lost : -1;
}

/* ---- commands --------------------------------------------------------------- */

static int failed(const char *what, int err)
{
	fprintf(stderr, "%s: %s\n", what, strerror(err));
	return EXIT_LISTING;
}

static int list_connections(struct json *j)
{
	FILE *in = fopen(CONNECTIONS, "re");
	int status = EXIT_OK;
	long lost;

	if (!in) {
		fprintf(stderr, "cannot open file %s\n", CONNECTIONS);
		return EXIT_LISTING;
	}
	json_begin(j, stdout, j->pretty);
	/* The kernel has no snapshot of its connections to give. */
	json_put_bool(j, "consistent", false);
	lost = json_put_connections(j, in);
	if (lost < 0) {
		status = failed(CONNECTIONS, errno);
	} else if (lost) {
		fprintf(stderr, "%s: %ld lines not understood, and left out\n", CONNECTIONS, lost);
		status = EXIT_LISTING;
	}
	fclose(in);
	json_finish(j);
	return status;
}

static int list_timeouts(struct json *j, struct kernel *k)
{
	struct ipvs_timeouts timeouts;
	int ret = kernel_timeouts(k, &timeouts);

	if (ret < 0)
		return failed("timeouts", -ret);
	json_begin(j, stdout, j->pretty);
	json_put_info(j, kernel_info(k));
	json_put_timeouts(j, &timeouts);
	json_finish(j);
	return EXIT_OK;
}

static int list_daemons(struct json *j, struct kernel *k)
{
	struct ipvs_daemon daemon[2];
	int n = kernel_daemons(k, daemon);

	if (n < 0)
		return failed("sync daemons", -n);
	json_begin(j, stdout, j->pretty);
	json_put_info(j, kernel_info(k));
	json_put_daemons(j, daemon, n);
	json_finish(j);
	return EXIT_OK;
}

static int list_services(struct json *j, struct kernel *k, const struct command *c)
{
	bool one = has_option(c, OPT_SERVICE);
	bool stats = has_option(c, OPT_STATS), rate = has_option(c, OPT_RATE);
	unsigned int flags = KERNEL_CONSISTENT | (stats || rate ? KERNEL_STATS : 0);
	struct ext_config ext = { .there = false };
	struct table t;
	int ret;

	table_init(&t);
	ret = kernel_table(k, &t, one ? &c->change.service.key : NULL, flags);
	if (ret < 0) {
		table_free(&t);
		fprintf(stderr, "%s\n", command_refusal(CMD_LIST, -ret));
		return EXIT_LISTING;
	}
	table_sort(&t);
	ret = ext_read_if_there(&ext, one ? &c->change.service.key : NULL);
	if (ret < 0)
		fprintf(stderr, "attributes and parameters: %s\n", strerror(-ret));
	json_begin(j, stdout, j->pretty);
	json_put_info(j, kernel_info(k));
	json_put_bool(j, "consistent", t.consistent && !ret);
	if (one)
		json_put_bool(j, "partial", true);
	json_put_services(j, &t, &ext, stats, rate);
	ext_config_free(&ext);
	table_free(&t);
	json_finish(j);
	return ret < 0 ? EXIT_LISTING : EXIT_OK;
}

int json_list(struct kernel *k, const struct command *c)
{
	struct json j = { .pretty = has_option(c, OPT_PRETTY) };

	if (has_option(c, OPT_CONNECTION))
		return list_connections(&j);
	if (has_option(c, OPT_TIMEOUT))
		return list_timeouts(&j, k);
	if (has_option(c, OPT_DAEMON))
		return list_daemons(&j, k);
	return list_services(&j, k, c);
}
