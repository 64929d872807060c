// SPDX-License-Identifier: GPL-2.0
/*
 * A desired state: read from rules here, from JSON in json_in.c. All errors of a
 * file are found before anybody acts on it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <search.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "command.h"
#include "options.h"
#include "state.h"
#include "state_parse.h"
#include "text.h"

/* A million rules are a third of this; what is longer is no file of rules. */
#define FILE_MAX_SIZE (256UL << 20)

#define BLANKS " \t\r"

void state_init(struct state *s)
{
	memset(s, 0, sizeof(*s));
	table_init(&s->table);
}

void state_free(struct state *s)
{
	table_free(&s->table);
	ext_config_free(&s->ext);
	state_init(s);
}

/* ---- errors -------------------------------------------------------------- */

static bool enough(struct complaints *c)
{
	if (++c->n < STATE_ERRORS)
		return false;
	fprintf(c->out, "%s: not read any further after %u errors\n", c->name, c->n);
	return true;
}

bool complain_at(struct complaints *c, size_t line, size_t column, const char *fmt, ...)
{
	va_list ap;

	fprintf(c->out, "%s:%zu:%zu: ", c->name, line, column);
	va_start(ap, fmt);
	vfprintf(c->out, fmt, ap);
	va_end(ap);
	fputc('\n', c->out);
	return !enough(c);
}

bool complain_of(struct complaints *c, const char *path, const char *fmt, ...)
{
	va_list ap;

	fprintf(c->out, "%s: %s%s", c->name, path, *path ? ": " : "");
	va_start(ap, fmt);
	vfprintf(c->out, fmt, ap);
	va_end(ap);
	fputc('\n', c->out);
	return !enough(c);
}

int complain(struct complaints *c, const char *fmt, ...)
{
	va_list ap;

	fprintf(c->out, "%s: ", c->name);
	va_start(ap, fmt);
	vfprintf(c->out, fmt, ap);
	va_end(ap);
	fputc('\n', c->out);
	c->n++;
	return -1;
}

/* ---- names --------------------------------------------------------------- */

static int cmp_services(const void *a, const void *b)
{
	const struct state_name *x = a, *y = b;

	return ipvs_key_cmp(&x->key, &y->key);
}

static int cmp_servers(const void *a, const void *b)
{
	const struct state_name *x = a, *y = b;

	if (x->service != y->service)
		return x->service < y->service ? -1 : 1;
	return ipvs_server_cmp(&x->server, &y->server);
}

static const struct state_name *enter(void **tree, const struct state_name *name,
				      int (*cmp)(const void *, const void *))
{
	struct state_name *copy, **node;

	node = tfind(name, tree, cmp);
	if (node)
		return *node;
	copy = malloc(sizeof(*copy));
	if (!copy)
		return NULL;
	*copy = *name;
	node = tsearch(copy, tree, cmp);
	if (!node) {
		free(copy);
		return NULL;
	}
	return *node;
}

const struct state_name *state_name_service(struct state_names *x, const struct ipvs_key *key,
					    size_t service, uint32_t place)
{
	struct state_name name = { .key = *key, .service = service, .place = place };

	return enter(&x->services, &name, cmp_services);
}

const struct state_name *state_name_server(struct state_names *x, size_t service,
					   const struct ipvs_server *server, uint32_t place)
{
	struct state_name name = { .service = service, .server = *server, .place = place };

	return enter(&x->servers, &name, cmp_servers);
}

const struct state_name *state_named_service(const struct state_names *x,
					     const struct ipvs_key *key)
{
	struct state_name name = { .key = *key };
	struct state_name **node = tfind(&name, &x->services, cmp_services);

	return node ? *node : NULL;
}

void state_names_free(struct state_names *x)
{
	tdestroy(x->services, free);
	tdestroy(x->servers, free);
	memset(x, 0, sizeof(*x));
}

/* ---- the table ------------------------------------------------------------ */

bool state_add_service(struct state *s, const struct ipvs_service *svc, uint32_t place)
{
	struct ipvs_service *copy = table_add_service(&s->table, svc);

	if (!copy)
		return false;
	memset(&copy->stats, 0, sizeof(copy->stats));
	copy->stats.value[0] = place;
	return true;
}

bool state_add_server(struct state *s, size_t service, const struct ipvs_server *server,
		      uint32_t place)
{
	struct ipvs_server *copy;

	copy = table_add_server(&s->table, &s->table.service[service], server);
	if (!copy)
		return false;
	copy->active = place;
	copy->inactive = 0;
	copy->persistent = 0;
	return true;
}

bool state_add_attrs(struct state *s, const struct ipvs_key *key,
		     const struct ipvs_server *server, const struct ipvs_attrs *attrs)
{
	struct ext_server ext = {
		.key = *key, .addr = server->addr, .af = server->af, .port = server->port,
		.attrs = *attrs,
	};

	ext.attrs.clear = 0;
	return !attrs->set || ext_add_server(&s->ext, &ext);
}

bool state_add_params(struct state *s, const struct ipvs_key *key, struct ipvs_params *params,
		      uint32_t place)
{
	struct ext_service ext = { .key = *key, .place = place, .params = *params };

	params->param = NULL;
	params->n = 0;
	return !ext.params.n || ext_add_service(&s->ext, &ext);
}

const char *state_where(const struct state *s, const struct ipvs_service *svc,
			const struct ipvs_server *server, char *buf, size_t size)
{
	unsigned int of_svc = svc->stats.value[0];

	if (!s->json)
		snprintf(buf, size, "%s:%u", s->name, server ? server->active : of_svc);
	else if (server)
		snprintf(buf, size, "%s: services[%u].servers[%u]", s->name, of_svc,
			 server->active);
	else
		snprintf(buf, size, "%s: services[%u]", s->name, of_svc);
	return buf;
}

/* ---- sense ---------------------------------------------------------------- */

bool state_is_name(const char *name)
{
	const unsigned char *p = (const unsigned char *)name;

	/* An option, and a comment. */
	if (!*p || *p == '-' || *p == '#')
		return false;
	while (*p > ' ' && *p != 0x7f)
		p++;
	return !*p;
}

const char *state_check_service(const struct ipvs_service *svc, char *buf, size_t size)
{
	const struct ipvs_key *key = &svc->key;

	if (!state_is_name(svc->sched))
		snprintf(buf, size, "'%s' is no name of a scheduler", svc->sched);
	else if (*svc->pe && !state_is_name(svc->pe))
		snprintf(buf, size, "'%s' is no name of a persistence engine", svc->pe);
	else if (!key->fwmark && !key->port && !(svc->flags & IP_VS_SVC_F_PERSISTENT))
		snprintf(buf, size, "port 0, which is all ports, is for persistent services only");
	else if (!key->fwmark && key->protocol != IPPROTO_UDP &&
		 svc->flags & IP_VS_SVC_F_ONEPACKET)
		snprintf(buf, size, "one-packet scheduling is for UDP and firewall marks only");
	else if (key->af == AF_INET6 && (svc->netmask < 1 || svc->netmask > 128))
		snprintf(buf, size, "a prefix length of %u; allowed are 1 to 128", svc->netmask);
	else
		return NULL;
	return buf;
}

/* What inet_addr_type() and ipv6_addr_type() would not take for unicast, as far
 * as that does not depend on routes.
 */
static bool unicast(const struct ipvs_server *server)
{
	const struct in6_addr *a6 = &server->addr.in6;
	uint32_t a4 = ntohl(server->addr.ip);

	if (server->af == AF_INET6)
		return !IN6_IS_ADDR_UNSPECIFIED(a6) && !IN6_IS_ADDR_MULTICAST(a6);
	return a4 != INADDR_ANY && a4 != INADDR_BROADCAST && !IN_MULTICAST(a4);
}

const char *state_check_server(const struct ipvs_service *svc, const struct ipvs_server *server,
			       char *buf, size_t size)
{
	bool tunnel = server->forward == IP_VS_CONN_F_TUNNEL;

	if (server->af != svc->key.af && !tunnel)
		snprintf(buf, size,
			 "another address family than the service's is for tunnels only");
	else if (!unicast(server))
		snprintf(buf, size, "not a unicast address");
	else if (server->upper > INT_MAX)
		snprintf(buf, size, "an upper threshold of %u; allowed are 0 to %u", server->upper,
			 INT_MAX);
	else if (server->lower > server->upper)
		snprintf(buf, size,
			 "a lower threshold of %u; allowed are 0 to %u, the upper threshold",
			 server->lower, server->upper);
	else if (tunnel && server->tun_type == IP_VS_CONN_F_TUNNEL_TYPE_GUE && !server->tun_port)
		snprintf(buf, size, "a GUE tunnel needs a port, 1 to 65535");
	else
		return NULL;
	return buf;
}

/* The kernel does not synchronise connections between address families. */
static void check_mixed(const struct state *s, struct complaints *c)
{
	char where[PATH_MAX + 64];
	size_t i, j;

	if (s->daemon[STATE_MASTER].wish != STATE_ON && s->daemon[STATE_BACKUP].wish != STATE_ON)
		return;
	for (i = 0; i < s->table.n; i++) {
		const struct ipvs_service *svc = &s->table.service[i];

		for (j = 0; j < svc->n; j++) {
			if (svc->server[j].af == svc->key.af)
				continue;
			fprintf(c->out,
				"%s: a server of another address family than its service's cannot be together with a sync daemon\n",
				state_where(s, svc, &svc->server[j], where, sizeof(where)));
			c->n++;
			return;
		}
	}
}

/* ---- rules ---------------------------------------------------------------- */

/**
 * struct rules - a file of rules, being read
 * @s: what it comes to
 * @c: what is wrong with it
 * @names: what it has named
 * @lost: an -A was not understood; who knows which service it was
 * @line: number of the line, from 1
 * @start: its first byte
 * @argv: its words, after a program's name
 * @argc: their number and the name's
 * @room: how many @argv has memory for, and a NULL
 */
struct rules {
	struct state *s;
	struct complaints *c;
	struct state_names names;
	bool lost;
	uint32_t line;
	const char *start;
	char **argv;
	int argc;
	int room;
};

static size_t column(const struct rules *r, int arg)
{
	if (arg < 1 || arg >= r->argc)
		arg = 1;
	return r->argv[arg] - r->start + 1;
}

static bool word(struct rules *r, char *w)
{
	if (r->argc + 1 >= r->room) {
		int room = r->room ? r->room * 2 : 32;
		char **argv = reallocarray(r->argv, room, sizeof(*argv));

		if (!argv)
			return false;
		r->argv = argv;
		r->room = room;
	}
	r->argv[r->argc++] = w;
	r->argv[r->argc] = NULL;
	return true;
}

/* As -R splits a line. A program's name may come first; a word that begins with #
 * begins a comment.
 */
static bool split(struct rules *r, char *line)
{
	static char program[] = "ipvsadm";
	char *rest, *w = strtok_r(line, BLANKS, &rest);

	r->argc = 0;
	if (!word(r, program))
		return false;
	if (w && !strcmp(w, program))
		w = strtok_r(NULL, BLANKS, &rest);
	for (; w && *w != '#'; w = strtok_r(NULL, BLANKS, &rest))
		if (!word(r, w))
			return false;
	return true;
}

static const char *service_name(const struct ipvs_key *key, char *buf)
{
	if (key->fwmark)
		snprintf(buf, NAME_LEN, "firewall mark %u", key->fwmark);
	else
		name_of(buf, key->af, &key->addr, key->port, key->protocol, true);
	return buf;
}

static const char *server_name(const struct ipvs_server *server, char *buf)
{
	return name_of(buf, server->af, &server->addr, server->port, IPPROTO_TCP, true);
}

/* What is allowed, for texts of 1.31 that do not say it. */
static void allowed(const char *text, char *buf, size_t size)
{
	static const struct {
		const char *text;
		const char *allowed;
	} more[] = {
		{ "illegal virtual server address", "ADDRESS:PORT, [IPV6-ADDRESS]:PORT" },
		{ "illegal real server address", "ADDRESS:PORT, [IPV6-ADDRESS]:PORT" },
		{ "invalid fwmark value", "1 to 4294967295" },
		{ "invalid timeout value", "1 to 2678400 seconds, for --set also 0" },
		{ "illegal ipv6 netmask", "1 to 128" },
		{ "illegal virtual server persistent mask", "an IPv4 netmask" },
		{ "illegal tunnel type", "ipip, gue, gre" },
		{ "illegal start", "master, backup" },
		{ "invalid IPv4 mcast-group", "a multicast address" },
		{ "invalid IPv6 mcast-group", "a multicast address" },
		{ "invalid scheduler flag",
		  "flag-1, flag-2, flag-3, sh-fallback, sh-port, mh-fallback, mh-port" },
		{ "incompatible scheduler flag", "sh-... with -s sh, mh-... with -s mh" },
	};
	const struct option_row *row;
	char illegal[64];
	size_t i;

	*buf = '\0';
	for (i = 0; i < sizeof(more) / sizeof(more[0]); i++)
		if (!strncmp(text, more[i].text, strlen(more[i].text)))
			snprintf(buf, size, "; allowed: %s", more[i].allowed);
	for (row = option_rows; row < option_rows + option_row_count; row++) {
		if (!row->number)
			continue;
		snprintf(illegal, sizeof(illegal), "illegal %s specified", row->number);
		if (!strcmp(text, illegal))
			snprintf(buf, size, "; allowed: %ld to %ld", row->min, row->max);
	}
}

static bool no_rule(struct rules *r)
{
	return complain_at(r->c, r->line, column(r, 1),
			   "'%s' does not describe a state; allowed are -A, -a, --set, --start-daemon and --stop-daemon",
			   r->argv[1]);
}

/* The text of command_parse() is a line or two, and does not always have the word
 * that it is about.
 */
static bool not_understood(struct rules *r, const struct diag *d)
{
	const char *bad = d->arg > 0 && d->arg < r->argc ? r->argv[d->arg] : "";
	char text[sizeof(d->text)], more[128], *p;

	/* 1.31 would tell about -h. */
	if (!strncmp(d->text, "Try `", 5))
		return no_rule(r);
	strcpy(text, d->text);
	for (p = text + strlen(text); p > text && p[-1] == '\n'; p--)
		p[-1] = '\0';
	for (p = text; (p = strchr(p, '\n')); )
		*p = ' ';
	allowed(text, more, sizeof(more));
	if (!strncmp(r->argv[1], "-A", 2) || !strncmp(r->argv[1], "--add-service", 13))
		r->lost = true;
	if (*bad && !strstr(text, bad))
		return complain_at(r->c, r->line, column(r, d->arg), "%s: '%s'%s", text, bad, more);
	return complain_at(r->c, r->line, column(r, d->arg), "%s%s", text, more);
}

/* Return: false without memory. */
static bool rule_params(struct rules *r, const struct command *cmd)
{
	struct ipvs_params params = { .n = 0 };
	struct ipvs_param param;
	unsigned int i;

	for (i = 0; i < cmd->params; i++) {
		const char *value = ext_param_split(cmd->param[i], &param);

		param.text = strdup(value);
		if (!param.text || !ext_add_param(&params, &param)) {
			free(param.text);
			ext_free_params(&params);
			return false;
		}
	}
	return state_add_params(r->s, &cmd->change.service.key, &params, r->line);
}

/* -1: no memory; 0: enough; 1: go on. */
static int rule_add_service(struct rules *r, const struct command *cmd)
{
	const struct ipvs_service *svc = &cmd->change.service;
	const struct state_name *first;
	char buf[256];

	if (state_check_service(svc, buf, sizeof(buf))) {
		r->lost = true;
		return complain_at(r->c, r->line, column(r, 1), "%s", buf);
	}
	first = state_name_service(&r->names, &svc->key, r->s->table.n, r->line);
	if (!first)
		return -1;
	if (first->place != r->line)
		return complain_at(r->c, r->line, column(r, 1),
				   "service %s is there already, in line %u",
				   service_name(&svc->key, buf), first->place);
	if (!state_add_service(r->s, svc, r->line))
		return -1;
	return rule_params(r, cmd) ? 1 : -1;
}

static int rule_add_server(struct rules *r, const struct command *cmd)
{
	const struct ipvs_server *server = &cmd->change.server;
	const struct state_name *svc, *first;
	char buf[256];

	svc = state_named_service(&r->names, &cmd->change.service.key);
	if (!svc && r->lost)
		return 1;
	if (!svc)
		return complain_at(r->c, r->line, column(r, 1),
				   "a server of service %s, which no line above adds",
				   service_name(&cmd->change.service.key, buf));
	if (state_check_server(&r->s->table.service[svc->service], server, buf, sizeof(buf)))
		return complain_at(r->c, r->line, column(r, 1), "%s", buf);
	first = state_name_server(&r->names, svc->service, server, r->line);
	if (!first)
		return -1;
	if (first->place != r->line)
		return complain_at(r->c, r->line, column(r, 1),
				   "server %s is there already, in line %u",
				   server_name(server, buf), first->place);
	return state_add_server(r->s, svc->service, server, r->line) &&
	       state_add_attrs(r->s, &cmd->change.service.key, server, &cmd->change.attrs) ? 1 : -1;
}

static int rule_timeouts(struct rules *r, const struct command *cmd)
{
	if (r->s->timeouts_place)
		return complain_at(r->c, r->line, column(r, 1),
				   "timeouts are there already, in line %u", r->s->timeouts_place);
	r->s->timeouts = cmd->change.timeouts;
	r->s->timeouts_place = r->line;
	return 1;
}

static int rule_daemon(struct rules *r, const struct command *cmd)
{
	struct state_daemon *d = &r->s->daemon[state_daemon(cmd->change.daemon.state)];

	if (!state_is_name(cmd->change.daemon.ifname))
		return complain_at(r->c, r->line, column(r, 1), "'%s' is no name of an interface",
				   cmd->change.daemon.ifname);
	if (d->wish != STATE_ANY)
		return complain_at(r->c, r->line, column(r, 1),
				   "the %s sync daemon is there already, in line %u",
				   cmd->change.daemon.state == IP_VS_STATE_BACKUP ?
					"backup" : "master",
				   d->place);
	d->wish = cmd->id == CMD_START_DAEMON ? STATE_ON : STATE_OFF;
	d->d = cmd->change.daemon;
	d->place = r->line;
	return 1;
}

static int rule(struct rules *r)
{
	struct command cmd;
	struct diag diag = { .arg = -1 };

	if (r->argc < 2)
		return 1;
	memset(&cmd, 0, sizeof(cmd));
	if (command_parse(r->argc, r->argv, &cmd, &diag) < 0)
		return not_understood(r, &diag);
	switch (cmd.id) {
	case CMD_ADD_SERVICE:
		return rule_add_service(r, &cmd);
	case CMD_ADD_SERVER:
		return rule_add_server(r, &cmd);
	case CMD_SET_TIMEOUTS:
		return rule_timeouts(r, &cmd);
	case CMD_START_DAEMON:
	case CMD_STOP_DAEMON:
		return rule_daemon(r, &cmd);
	default:
		return no_rule(r);
	}
}

static int parse_rules(struct state *s, struct complaints *c, char *text, size_t len)
{
	struct rules r = { .s = s, .c = c };
	char *line, *eol, *end = text + len;
	const char *nul;
	bool any = false;
	int ret = 1;

	for (line = text; ret > 0 && line < end; line = eol + 1) {
		r.line++;
		r.start = line;
		eol = memchr(line, '\n', end - line);
		if (!eol)
			eol = end;
		*eol = '\0';
		nul = memchr(line, '\0', eol - line);
		if (nul) {
			any = true;
			ret = complain_at(c, r.line, nul - line + 1, "a byte of value 0");
			continue;
		}
		ret = split(&r, line) ? rule(&r) : -1;
		any |= r.argc > 1;
	}
	free(r.argv);
	state_names_free(&r.names);
	/* A command that failed to write a file must not clear a director. */
	if (!any)
		complain(c, "no rules in it; to delete everything, say so: -C");
	return ret < 0 ? -1 : 0;
}

/* ---- parameters ------------------------------------------------------------ */

int state_resolve(struct state *s, const struct ext_config *is, FILE *err)
{
	char where[PATH_MAX + 64], why[1024];
	const struct ipvs_service *svc;
	struct ext_service *ext;
	size_t i;
	int ret = 0;

	for (i = 0; i < s->ext.services; i++) {
		ext = &s->ext.service[i];
		svc = table_find(&s->table, &ext->key);
		switch (ext_params_parse(is, svc->sched, &ext->params, why, sizeof(why))) {
		case 0:
			continue;
		case -ENOENT:
			fprintf(err, "%s: ", state_where(s, svc, NULL, where, sizeof(where)));
			ext_say_no_sched(err, is, svc->sched);
			break;
		default:
			fprintf(err, "%s: %s\n", state_where(s, svc, NULL, where, sizeof(where)),
				why);
		}
		ret = -1;
	}
	return ret;
}

/* ---- files ---------------------------------------------------------------- */

int state_parse(struct state *s, const char *name, char *text, size_t len, FILE *err)
{
	struct complaints c = { .out = err, .name = name };
	int ret;

	s->name = name;
	s->json = text[strspn(text, " \t\r\n")] == '{';
	ret = s->json ? state_parse_json(s, &c, text, len) : parse_rules(s, &c, text, len);
	if (ret < 0)
		return complain(&c, "%s", strerror(ENOMEM));
	table_sort(&s->table);
	ext_config_sort(&s->ext);
	check_mixed(s, &c);
	return c.n ? -1 : 0;
}

/* Return: all of the file and a NUL, or NULL after a message. */
static char *read_all(int fd, struct complaints *c, size_t *len)
{
	size_t room = 64 << 10;
	char *text = NULL, *more;
	ssize_t n;

	*len = 0;
	for (;;) {
		more = realloc(text, room + 1);
		if (!more)
			break;
		text = more;
		do
			n = read(fd, text + *len, room - *len);
		while (n < 0 && errno == EINTR);
		if (n < 0)
			break;
		if (!n) {
			text[*len] = '\0';
			return text;
		}
		*len += n;
		if (*len < room)
			continue;
		if (room >= FILE_MAX_SIZE) {
			errno = EFBIG;
			break;
		}
		room *= 2;
	}
	complain(c, "%s", strerror(errno));
	free(text);
	return NULL;
}

int state_read(struct state *s, const char *file, FILE *err)
{
	bool input = !strcmp(file, "-");
	struct complaints c = { .out = err, .name = input ? "standard input" : file };
	int fd = STDIN_FILENO, ret;
	char *text;
	size_t len;

	if (!input) {
		fd = open(file, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			return complain(&c, "%s", strerror(errno));
	}
	text = read_all(fd, &c, &len);
	if (!input)
		close(fd);
	if (!text)
		return -1;
	ret = state_parse(s, c.name, text, len, err);
	free(text);
	return ret;
}
