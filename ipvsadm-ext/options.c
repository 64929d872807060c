// SPDX-License-Identifier: GPL-2.0
/*
 * The command line, as ipvsadm 1.31 understands it.
 *
 * Mistakes are found in its order: first each option as it comes, then words
 * that belong to no option, then the scheduler's flags, then which options go
 * with the command, and last what the command itself wants.
 */
#include "options.h"

#include <arpa/inet.h>
#include <limits.h>
#include <popt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "address.h"
#include "ipvs_ext.h"
#include "units.h"

#define B(command) COMMAND_BIT(CMD_ ## command)
#define ADD_EDIT_SERVICE (B(ADD_SERVICE) | B(EDIT_SERVICE))
#define ADD_EDIT_SERVER (B(ADD_SERVER) | B(EDIT_SERVER))

/* What the rows of one option have in common. */
#define A_SERVICE .id = OPT_SERVICE, .says = "service-address", \
	.needed = ADD_EDIT_SERVICE | B(DEL_SERVICE) | ADD_EDIT_SERVER | B(DEL_SERVER), \
	.allowed = B(ZERO), .one_of = B(LIST)
#define A_FORWARD .id = OPT_FORWARD, .says = "forwarding-method", .allowed = ADD_EDIT_SERVER

#define PERSISTENT_TIMEOUT 360
#define TIMEOUT_MAX (31L * 24 * 60 * 60)

const struct option_row option_rows[] = {
	{ "add-service", 'A', .command = CMD_ADD_SERVICE,
	  .help = "add a virtual service" },
	{ "edit-service", 'E', .command = CMD_EDIT_SERVICE,
	  .help = "edit one; what is not given gets its default" },
	{ "delete-service", 'D', .command = CMD_DEL_SERVICE,
	  .help = "delete one, and its real servers" },
	{ "clear", 'C', .command = CMD_FLUSH, .says = "flush",
	  .help = "delete all virtual services" },
	{ "list", 'L', .command = CMD_LIST,
	  .help = "list virtual services and real servers" },
	{ NULL, 'l', .command = CMD_LIST },
	{ "zero", 'Z', .command = CMD_ZERO,
	  .help = "set counters to zero, of one service or all" },
	{ "add-server", 'a', .command = CMD_ADD_SERVER,
	  .help = "add a real server" },
	{ "edit-server", 'e', .command = CMD_EDIT_SERVER,
	  .help = "edit one; what is not given gets its default" },
	{ "delete-server", 'd', .command = CMD_DEL_SERVER,
	  .help = "delete one" },
	{ "set", .command = CMD_SET_TIMEOUTS,
	  .help = "set timeouts in seconds: --set TCP TCPFIN UDP;\n"
		  "0 leaves one as it is" },
	{ "restore", 'R', .command = CMD_RESTORE,
	  .help = "do the commands on standard input, one a line" },
	{ "save", 'S', .command = CMD_SAVE,
	  .help = "print services and servers as commands for -R" },
	{ "apply", .arg = "FILE", .is_new = true, .command = CMD_APPLY,
	  .help = "change what differs from FILE, nothing else;\n"
		  "FILE is what -S --full or -L --json prints;\n"
		  "-: standard input" },
	{ "monitor", .is_new = true, .command = CMD_MONITOR,
	  .help = "print events of schedulers as they happen" },
	{ "schedulers", .is_new = true, .command = CMD_SCHEDULERS,
	  .help = "list schedulers and their parameters" },
	{ "start-daemon", .arg = "STATE", .command = CMD_START_DAEMON,
	  .help = "synchronise connections; STATE: master, backup" },
	{ "stop-daemon", .arg = "STATE", .command = CMD_STOP_DAEMON,
	  .help = "stop that" },
	{ NULL, 'h', .command = CMD_HELP,
	  .help = "help as of ipvsadm 1.31, and what is new" },
	{ "help", .command = CMD_HELP_LONG,
	  .help = "this help" },
	{ "version", 'v', .command = CMD_VERSION,
	  .help = "the version of ipvsadm this one stands in for" },
	{ "version-ext", .is_new = true, .command = CMD_VERSION_EXT,
	  .help = "the version of ipvsadm-ext" },

	{ "tcp-service", 't', "HOST[:PORT]", .group = GROUP_WHICH, A_SERVICE, .param = IPPROTO_TCP,
	  .help = "of TCP; an IPv6 address goes in []" },
	{ "udp-service", 'u', "HOST[:PORT]", .group = GROUP_WHICH, A_SERVICE, .param = IPPROTO_UDP,
	  .help = "of UDP" },
	{ "sctp-service", 0, "HOST[:PORT]", .group = GROUP_WHICH, A_SERVICE, .param = IPPROTO_SCTP,
	  .help = "of SCTP" },
	{ "fwmark-service", 'f', "MARK", .group = GROUP_WHICH, A_SERVICE,
	  .help = "of packets with a mark, 1 to 4294967295" },
	{ "ipv6", '6', .group = GROUP_WHICH, .id = OPT_IPV6,
	  .help = "the mark is for IPv6; goes after -f" },

	{ "scheduler", 's', "NAME", .group = GROUP_SERVICE, .id = OPT_SCHEDULER,
	  .allowed = ADD_EDIT_SERVICE,
	  .help = "how to choose a real server; default: wlc" },
	{ "persistent", 'p', "SECONDS", .arg_optional = true, .group = GROUP_SERVICE,
	  .id = OPT_PERSISTENT, .allowed = ADD_EDIT_SERVICE,
	  .help = "a client stays on its server; default: 360" },
	{ "netmask", 'M', "MASK", .group = GROUP_SERVICE, .id = OPT_NETMASK,
	  .allowed = ADD_EDIT_SERVICE,
	  .help = "what is one client: an address mask, or for\n"
		  "IPv6 a prefix length; goes after the service" },
	{ "pe", 0, "NAME", .group = GROUP_SERVICE, .id = OPT_PE, .allowed = ADD_EDIT_SERVICE,
	  .help = "persistence engine, such as sip" },
	{ "sched-flags", 'b', "FLAG,...", .group = GROUP_SERVICE, .id = OPT_SCHED_FLAGS,
	  .allowed = ADD_EDIT_SERVICE,
	  .help = "sh-fallback, sh-port, mh-fallback, mh-port,\n"
		  "flag-1, flag-2, flag-3" },
	{ "ops", 'o', .group = GROUP_SERVICE, .id = OPT_OPS, .allowed = ADD_EDIT_SERVICE,
	  .help = "one-packet scheduling, for UDP" },

	{ "param", 0, "NAME=VALUE", .is_new = true, .group = GROUP_SERVICE, .id = OPT_PARAM,
	  .allowed = ADD_EDIT_SERVICE,
	  .help = "of the scheduler, see --schedulers; as often\n"
		  "as there are; VALUE may be default" },

	{ "real-server", 'r', "HOST[:PORT]", .group = GROUP_SERVER, .id = OPT_REAL_SERVER,
	  .needed = ADD_EDIT_SERVER | B(DEL_SERVER),
	  .help = "the real server; goes after the service" },
	{ "gatewaying", 'g', .group = GROUP_SERVER, A_FORWARD, .param = IP_VS_CONN_F_DROUTE,
	  .help = "forward by direct routing (default)" },
	{ "ipip", 'i', .group = GROUP_SERVER, A_FORWARD, .param = IP_VS_CONN_F_TUNNEL,
	  .help = "forward through a tunnel" },
	{ "masquerading", 'm', .group = GROUP_SERVER, A_FORWARD, .param = IP_VS_CONN_F_MASQ,
	  .help = "forward by network address translation" },
	{ "weight", 'w', "NUMBER", .group = GROUP_SERVER, .id = OPT_WEIGHT,
	  .allowed = ADD_EDIT_SERVER, .max = INT_MAX, .number = "weight",
	  .help = "share of connections; 0: none; default: 1" },
	{ "u-threshold", 'x', "NUMBER", .group = GROUP_SERVER, .id = OPT_UPPER,
	  .allowed = ADD_EDIT_SERVER, .max = INT_MAX, .number = "u_threshold",
	  .help = "no new connections from so many on;\n"
		  "0 (default): no limit" },
	{ "l-threshold", 'y', "NUMBER", .group = GROUP_SERVER, .id = OPT_LOWER,
	  .allowed = ADD_EDIT_SERVER, .max = INT_MAX, .number = "l_threshold",
	  .help = "and again below so many; default: 3/4 of it" },
	{ "priority", 0, "NUMBER", .is_new = true, .group = GROUP_SERVER, .id = OPT_PRIORITY,
	  .allowed = ADD_EDIT_SERVER,
	  .help = "the highest is preferred; none: no priority" },
	{ "bandwidth", 0, "RATE", .is_new = true, .group = GROUP_SERVER, .id = OPT_BANDWIDTH,
	  .allowed = ADD_EDIT_SERVER,
	  .help = "100mbit, 12mbps (bytes), 1gibit; none" },
	{ "lag", 0, "TIME", .is_new = true, .group = GROUP_SERVER, .id = OPT_LAG,
	  .allowed = ADD_EDIT_SERVER,
	  .help = "20ms, 300us, 1s; none" },
	{ "tun-type", 0, "TYPE", .group = GROUP_SERVER, .id = OPT_TUN_TYPE,
	  .allowed = ADD_EDIT_SERVER,
	  .help = "of the tunnel: ipip (default), gue, gre" },
	{ "tun-port", 0, "PORT", .group = GROUP_SERVER, .id = OPT_TUN_PORT,
	  .allowed = ADD_EDIT_SERVER, .min = 1, .max = 65535, .number = "tunnel port",
	  .help = "of a gue tunnel" },
	{ "tun-nocsum", .group = GROUP_SERVER, .id = OPT_TUN_NOCSUM, .allowed = ADD_EDIT_SERVER,
	  .help = "no checksums in gue or gre (default)" },
	{ "tun-csum", .group = GROUP_SERVER, .id = OPT_TUN_CSUM, .allowed = ADD_EDIT_SERVER,
	  .help = "checksums" },
	{ "tun-remcsum", .group = GROUP_SERVER, .id = OPT_TUN_REMCSUM, .allowed = ADD_EDIT_SERVER,
	  .help = "remote checksum offload, gue only" },

	{ "numeric", 'n', .group = GROUP_LIST, .id = OPT_NUMERIC,
	  .allowed = B(LIST) | B(SAVE) | B(MONITOR),
	  .help = "addresses and ports as numbers" },
	{ "json", 'j', .is_new = true, .group = GROUP_LIST, .id = OPT_JSON,
	  .allowed = B(LIST) | B(APPLY) | B(MONITOR) | B(SCHEDULERS),
	  .help = "as JSON; with --apply: what it does" },
	{ "pretty", .is_new = true, .group = GROUP_LIST, .id = OPT_PRETTY,
	  .allowed = B(LIST) | B(APPLY) | B(SCHEDULERS),
	  .help = "the JSON on many lines" },
	{ "full", .is_new = true, .group = GROUP_LIST, .id = OPT_FULL, .allowed = B(SAVE),
	  .help = "with -S: all that can be restored" },
	{ "tiers", .is_new = true, .group = GROUP_LIST, .id = OPT_TIERS, .allowed = B(LIST),
	  .help = "tiers, which is in use, who is full" },
	{ "since-start", .is_new = true, .group = GROUP_LIST, .id = OPT_SINCE_START,
	  .allowed = B(MONITOR),
	  .help = "with --monitor: first how things are" },
	{ "connection", 'c', .group = GROUP_LIST, .id = OPT_CONNECTION, .one_of = B(LIST),
	  .help = "connections" },
	{ "timeout", .group = GROUP_LIST, .id = OPT_TIMEOUT, .one_of = B(LIST),
	  .help = "timeouts" },
	{ "daemon", .group = GROUP_LIST, .id = OPT_DAEMON, .one_of = B(LIST),
	  .help = "synchronisation daemons" },
	{ "stats", .group = GROUP_LIST, .id = OPT_STATS, .allowed = B(LIST),
	  .help = "counters" },
	{ "rate", .group = GROUP_LIST, .id = OPT_RATE, .allowed = B(LIST),
	  .help = "rates per second" },
	{ "thresholds", .group = GROUP_LIST, .id = OPT_THRESHOLDS, .allowed = B(LIST),
	  .help = "thresholds of real servers" },
	{ "persistent-conn", .group = GROUP_LIST, .id = OPT_PERSISTENT_CONN, .allowed = B(LIST),
	  .help = "persistent connections;\n"
		  "with -c: what persistence engines know" },
	{ "tun-info", .group = GROUP_LIST, .id = OPT_TUN_INFO, .allowed = B(LIST),
	  .help = "tunnels" },
	{ "exact", 'X', .group = GROUP_LIST, .id = OPT_EXACT, .allowed = B(LIST),
	  .help = "large numbers in full" },
	{ "nosort", .group = GROUP_LIST, .id = OPT_NOSORT, .allowed = B(LIST),
	  .help = "in the kernel's order" },
	{ "sort", .group = GROUP_LIST, .id = OPT_SORT },

	{ "syncid", 0, "NUMBER", .group = GROUP_DAEMON, .id = OPT_SYNCID,
	  .allowed = B(START_DAEMON) | B(STOP_DAEMON) | B(LIST), .max = 255, .number = "syncid",
	  .help = "of the group of directors; 0 (default): none" },
	{ "sync-maxlen", 0, "BYTES", .group = GROUP_DAEMON, .id = OPT_SYNC_MAXLEN,
	  .allowed = B(START_DAEMON), .min = 1, .max = 65535 - 20 - 8, .number = "sync-maxlen",
	  .help = "longest message, 1 to 65507;\n"
		  "default: what the interface takes" },
	{ "mcast-interface", 0, "NAME", .group = GROUP_DAEMON, .id = OPT_MCAST_INTERFACE,
	  .allowed = B(START_DAEMON),
	  .help = "where to send or listen; default: eth0" },
	{ "mcast-group", 0, "ADDRESS", .group = GROUP_DAEMON, .id = OPT_MCAST_GROUP,
	  .allowed = B(START_DAEMON),
	  .help = "IPv4 or IPv6 group; default: 224.0.0.81" },
	{ "mcast-port", 0, "PORT", .group = GROUP_DAEMON, .id = OPT_MCAST_PORT,
	  .allowed = B(START_DAEMON), .min = 1, .max = 65535, .number = "mcast-port",
	  .help = "UDP port; default: 8848" },
	{ "mcast-ttl", 0, "NUMBER", .group = GROUP_DAEMON, .id = OPT_MCAST_TTL,
	  .allowed = B(START_DAEMON), .min = 1, .max = 255, .number = "mcast-ttl",
	  .help = "default: 1" },

	{ "dry-run", .is_new = true, .group = GROUP_APPLY, .id = OPT_DRY_RUN, .allowed = B(APPLY),
	  .help = "only print what would be done" },
	{ "drain", 0, "=SECONDS", .arg_optional = true, .is_new = true, .group = GROUP_APPLY,
	  .id = OPT_DRAIN, .allowed = B(APPLY), .max = TIMEOUT_MAX,
	  .help = "servers that go get weight 0 first, and go\n"
		  "when unused, or after so long; default: 300" },
	{ "wait", 0, "SECONDS", .is_new = true, .group = GROUP_APPLY, .id = OPT_WAIT,
	  .allowed = B(APPLY), .max = TIMEOUT_MAX,
	  .help = "for another --apply to end; default: 10" },
};

#define ROWS (sizeof(option_rows) / sizeof(option_rows[0]))
const size_t option_row_count = ROWS;

/**
 * struct parse - a command line, half understood
 * @popt: what reads it
 * @argc: number of words
 * @argv: words
 * @c: what is known so far
 * @d: for mistakes
 * @word: number of the last word that was read
 * @left: number of the first word that belongs to no option; 0: none
 * @where: number of the word that gave an option its value
 * @sched_flags: looked at when the scheduler is known
 */
struct parse {
	poptContext popt;
	int argc;
	char **argv;
	struct command *c;
	struct diag *d;
	int word;
	int left;
	int where[OPT_COUNT];
	char *sched_flags;
};

/* Where the text of a mistake is that does not fit into struct diag. */
static char *whole_text;

static int __attribute__((format(printf, 4, 5)))
refuse(struct diag *d, int status, int arg, const char *fmt, ...)
{
	va_list ap;
	int len;

	d->status = status;
	d->arg = arg;
	d->fatal = true;
	va_start(ap, fmt);
	len = vsnprintf(d->text, sizeof(d->text), fmt, ap);
	va_end(ap);
	free(whole_text);
	whole_text = NULL;
	if (len >= (int)sizeof(d->text)) {
		va_start(ap, fmt);
		if (vasprintf(&whole_text, fmt, ap) < 0)
			whole_text = NULL;
		va_end(ap);
	}
	d->whole = whole_text ? whole_text : d->text;
	return -1;
}

#define fail(p, arg, ...) refuse((p)->d, EXIT_USAGE, arg, __VA_ARGS__)

static const char *name_in_messages(const struct option_row *row)
{
	return row->says ? row->says : row->name;
}

/* popt's table, made from ours; the numbers of rows count from 1 in it. And which
 * row a command or an option is, the first if there are several.
 */
static struct poptOption popt_table[ROWS + 1];
static const struct option_row *row_of_command[CMD_COUNT];
static const struct option_row *row_of_option[OPT_COUNT];

static void make_tables(void)
{
	const struct option_row *row;
	struct poptOption *o;
	size_t i;

	if (popt_table[0].val)
		return;
	for (i = ROWS; i-- > 0; ) {
		row = &option_rows[i];
		if (row->command)
			row_of_command[row->command] = row;
		else if (row->id < OPT_COUNT)
			row_of_option[row->id] = row;
		o = &popt_table[i];
		o->longName = row->name;
		o->shortName = row->letter;
		o->argInfo = row->arg ? POPT_ARG_STRING : POPT_ARG_NONE;
		if (row->arg_optional)
			o->argInfo |= POPT_ARGFLAG_OPTIONAL;
		o->val = i + 1;
	}
}

/* popt keeps the words, and points to the last one it has read. */
static int word_now(const struct parse *p)
{
	const char *word = poptBadOption(p->popt, 0);
	int i;

	for (i = p->word; i < p->argc; i++)
		if (p->argv[i] == word)
			return i;
	return p->word;
}

/* Words that were passed over belong to no option, unless they are "--". */
static void passed_over(struct parse *p, int from, int to)
{
	for (; !p->left && from < to; from++)
		if (strcmp(p->argv[from], "--"))
			p->left = from;
}

/* Is there a value in @word, the last one that was read, or before it? If popt has
 * none nevertheless, it had no memory for it.
 */
static bool has_value(const struct option_row *row, const char *word)
{
	if (!row->arg_optional)
		return row->arg;
	if (word[0] != '-')
		return true;
	if (word[1] == '-')
		return strcmp(word + 2, row->name);
	return word[strlen(word) - 1] != row->letter;
}

/* The next option: its number in popt's table, -1 at the end, or an error of
 * popt. Its value has to be freed.
 */
static int next_option(struct parse *p, char **value)
{
	int val = poptGetNextOpt(p->popt), word = word_now(p), first = word;

	*value = NULL;
	if (val > 0) {
		*value = poptGetOptArg(p->popt);
		if (!*value && has_value(&option_rows[val - 1], p->argv[word]))
			return POPT_ERROR_MALLOC;
		if (*value && !strcmp(p->argv[word], *value) && word > p->word + 1)
			first--;
	}
	if (val == -1)
		first = p->argc;
	passed_over(p, p->word + 1, first);
	p->word = word;
	return val;
}

/* The number of a word that belongs to no option. */
static int left_word(const struct parse *p, const char *word)
{
	int i;

	for (i = p->left; i > 0 && i < p->argc; i++)
		if (!strcmp(p->argv[i], word))
			return i;
	return -1;
}

/* The value of the option just read, where it stands in argv, at the end of a
 * word: what popt hands out does not last.
 */
static const char *value_in_argv(const struct parse *p, const char *value)
{
	const char *word = p->argv[p->word];

	return word + strlen(word) - strlen(value);
}

static void copy_name(char *to, size_t size, const char *from)
{
	size_t len = strnlen(from, size - 1);

	memcpy(to, from, len);
	memset(to + len, 0, size - len);
}

static int parse_service(struct parse *p, const struct option_row *row, const char *value)
{
	struct ipvs_service *svc = &p->c->change.service;
	long mark;

	if (row->param) {
		svc->key.protocol = row->param;
		if (address_parse(value, row->param, &svc->key.af, &svc->key.addr,
				  &svc->key.port) < 0)
			return fail(p, p->word,
				    "illegal virtual server address[:port] specified\n");
		if (svc->key.af == AF_INET6)
			svc->netmask = 128;
		return 0;
	}
	if (!number_parse(value, 1, UINT32_MAX, &mark))
		return fail(p, p->word, "invalid fwmark value `%s' specified\n", value);
	/* For the names of ports of its real servers. */
	svc->key.protocol = IPPROTO_TCP;
	svc->key.fwmark = mark;
	return 0;
}

static int parse_real_server(struct parse *p, const char *value)
{
	struct ipvs_server *server = &p->c->change.server;
	const struct ipvs_key *key = &p->c->change.service.key;
	int ret = address_parse(value, key->protocol, &server->af, &server->addr, &server->port);

	if (ret < 0)
		return fail(p, p->word, "illegal real server address[:port] specified\n");
	if (!ret)
		server->port = key->port;
	return 0;
}

static int parse_persistent(struct parse *p, const char *value)
{
	struct ipvs_service *svc = &p->c->change.service;
	long timeout = PERSISTENT_TIMEOUT;

	if (value && !number_parse(value, 1, TIMEOUT_MAX, &timeout))
		return fail(p, p->word, "invalid timeout value `%s' specified\n", value);
	svc->flags |= IP_VS_SVC_F_PERSISTENT;
	svc->timeout = timeout;
	return 0;
}

static int parse_netmask(struct parse *p, const char *value)
{
	struct ipvs_service *svc = &p->c->change.service;

	if (netmask_parse(value, svc->key.af, &svc->netmask))
		return 0;
	return fail(p, p->word, svc->key.af == AF_INET6 ?
		    "illegal ipv6 netmask specified\n" :
		    "illegal virtual server persistent mask specified\n");
}

static int parse_tun_type(struct parse *p, const char *value)
{
	static const char *const types[] = {
		[IP_VS_CONN_F_TUNNEL_TYPE_IPIP] = "ipip",
		[IP_VS_CONN_F_TUNNEL_TYPE_GUE] = "gue",
		[IP_VS_CONN_F_TUNNEL_TYPE_GRE] = "gre",
	};
	unsigned int i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (!strcmp(value, types[i])) {
			p->c->change.server.tun_type = i;
			return 0;
		}
	}
	return fail(p, p->word, "illegal tunnel type specified\n");
}

static int parse_mcast_group(struct parse *p, const char *value)
{
	struct ipvs_daemon *daemon = &p->c->change.daemon;
	bool v6 = strchr(value, ':');

	daemon->group_af = v6 ? AF_INET6 : AF_INET;
	if (inet_pton(daemon->group_af, value, &daemon->group) > 0 &&
	    (v6 ? IN6_IS_ADDR_MULTICAST(&daemon->group.in6) :
		  IN_MULTICAST(ntohl(daemon->group.ip))))
		return 0;
	return fail(p, p->word, "invalid %s mcast-group `%s'\n", v6 ? "IPv6" : "IPv4", value);
}

/* --drain=SECONDS: popt would also take the next word, which may be anything. */
static int parse_drain(struct parse *p, const struct option_row *row, const char *value)
{
	long seconds = 300;

	if (value && p->argv[p->word][0] != '-')
		return fail(p, p->word, "unexpected argument %s: seconds for --%s go after a `='\n",
			    value, row->name);
	if (value && !number_parse(value, row->min, row->max, &seconds))
		return fail(p, p->word, "invalid value `%s' for --%s: a number from %ld to %ld\n",
			    value, row->name, row->min, row->max);
	p->c->drain = seconds;
	return 0;
}

static int parse_number(struct parse *p, const struct option_row *row, const char *value)
{
	struct ipvs_server *server = &p->c->change.server;
	struct ipvs_daemon *daemon = &p->c->change.daemon;
	long number;

	if (!number_parse(value, row->min, row->max, &number)) {
		if (row->number)
			return fail(p, p->word, "illegal %s specified\n", row->number);
		return fail(p, p->word, "invalid value `%s' for --%s: a number from %ld to %ld\n",
			    value, row->name, row->min, row->max);
	}
	switch (row->id) {
	case OPT_WEIGHT:
		server->weight = number;
		break;
	case OPT_UPPER:
		server->upper = number;
		break;
	case OPT_LOWER:
		server->lower = number;
		break;
	case OPT_TUN_PORT:
		server->tun_port = htons(number);
		break;
	case OPT_SYNCID:
		daemon->syncid = number;
		break;
	case OPT_SYNC_MAXLEN:
		daemon->maxlen = number;
		break;
	case OPT_MCAST_PORT:
		daemon->port = number;
		break;
	case OPT_MCAST_TTL:
		daemon->ttl = number;
		break;
	case OPT_WAIT:
		p->c->wait = number;
		break;
	}
	return 0;
}

/* A value of --priority, --bandwidth or --lag: "none" takes it away. */
static int parse_attr(struct parse *p, const struct option_row *row, const char *value)
{
	static const struct {
		uint32_t attr;
		uint64_t min;
		uint64_t max;
		const char *allowed;
	} rules[] = {
		[OPT_PRIORITY - OPT_PRIORITY] = {
			EXT_HAS(IP_VS_EXT_ATTR_PRIORITY), 0, IP_VS_EXT_PRIORITY_MAX,
			"a number from 0 to 2147483647" },
		[OPT_BANDWIDTH - OPT_PRIORITY] = {
			EXT_HAS(IP_VS_EXT_ATTR_BANDWIDTH), 1, IP_VS_EXT_BANDWIDTH_MAX,
			"a rate such as 100mbit or 12mbps, from 8bit to 8tbit" },
		[OPT_LAG - OPT_PRIORITY] = {
			EXT_HAS(IP_VS_EXT_ATTR_LAG), 0, IP_VS_EXT_LAG_MAX,
			"a time such as 20ms or 300us, from 0 to 60s" },
	};
	struct ipvs_attrs *attrs = &p->c->change.attrs;
	const unsigned int i = row->id - OPT_PRIORITY;
	uint64_t n = 0;
	long number = 0;
	bool ok;

	if (!strcmp(value, "none")) {
		attrs->clear |= rules[i].attr;
		return 0;
	}
	switch (row->id) {
	case OPT_BANDWIDTH:
		ok = rate_parse(value, &n);
		break;
	case OPT_LAG:
		ok = time_parse(value, &n);
		break;
	default:
		ok = number_parse(value, 0, IP_VS_EXT_PRIORITY_MAX, &number);
		n = number;
	}
	if (!ok || n < rules[i].min || n > rules[i].max)
		return fail(p, p->word, "invalid value `%s' for --%s: %s, or none\n", value,
			    row->name, rules[i].allowed);
	attrs->set |= rules[i].attr;
	if (row->id == OPT_BANDWIDTH)
		attrs->bandwidth = n;
	else if (row->id == OPT_LAG)
		attrs->lag = n;
	else
		attrs->priority = n;
	return 0;
}

/* What names and values there are, only the kernel knows. */
static int parse_param(struct parse *p, const struct option_row *row, const char *value)
{
	struct ipvs_param param, other;
	unsigned int i;

	if (!ext_param_split(value, &param))
		return fail(p, p->word,
			    "invalid value `%s' for --%s: NAME=VALUE, with a name of 1 to %d bytes\n",
			    value, row->name, IP_VS_EXT_PARAM_NAME_MAX);
	for (i = 0; i < p->c->params; i++) {
		ext_param_split(p->c->param[i], &other);
		if (!strcmp(other.name, param.name))
			return fail(p, p->word, "parameter `%s' is given twice\n", param.name);
	}
	if (p->c->params == COMMAND_PARAMS)
		return fail(p, p->word, "too many parameters: at most %d\n", COMMAND_PARAMS);
	p->c->param[p->c->params++] = value_in_argv(p, value);
	return 0;
}

/* One option after the command. */
static int parse_option(struct parse *p, const struct option_row *row, char **value)
{
	struct ipvs_change *change = &p->c->change;

	if (row->command)
		return fail(p, p->word, "invalid option `%s'\n", p->argv[p->word]);
	if (row->id == OPT_SORT)
		return 0;
	if (row->id == OPT_IPV6) {
		if (!change->service.key.fwmark)
			return fail(p, p->word, "-6 used before -f\n\n");
		change->service.key.af = AF_INET6;
		change->service.netmask = 128;
		return 0;
	}
	if (has_option(p->c, row->id) && row->id != OPT_PARAM)
		return fail(p, p->word, "multiple '%s' options specified\n", name_in_messages(row));
	p->c->options |= OPT_BIT(row->id);
	p->where[row->id] = p->word;

	switch (row->id) {
	case OPT_SERVICE:
		return parse_service(p, row, *value);
	case OPT_SCHEDULER:
		copy_name(change->service.sched, sizeof(change->service.sched), *value);
		return 0;
	case OPT_PERSISTENT:
		return parse_persistent(p, *value);
	case OPT_NETMASK:
		return parse_netmask(p, *value);
	case OPT_PE:
		copy_name(change->service.pe, sizeof(change->service.pe), *value);
		return 0;
	case OPT_SCHED_FLAGS:
		p->sched_flags = *value;
		*value = NULL;
		return 0;
	case OPT_OPS:
		change->service.flags |= IP_VS_SVC_F_ONEPACKET;
		return 0;
	case OPT_REAL_SERVER:
		return parse_real_server(p, *value);
	case OPT_FORWARD:
		change->server.forward = row->param;
		return 0;
	case OPT_TUN_TYPE:
		return parse_tun_type(p, *value);
	case OPT_TUN_CSUM:
		change->server.tun_flags |= IP_VS_TUNNEL_ENCAP_FLAG_CSUM;
		return 0;
	case OPT_TUN_REMCSUM:
		change->server.tun_flags |= IP_VS_TUNNEL_ENCAP_FLAG_REMCSUM;
		return 0;
	case OPT_MCAST_INTERFACE:
		copy_name(change->daemon.ifname, sizeof(change->daemon.ifname), *value);
		return 0;
	case OPT_MCAST_GROUP:
		return parse_mcast_group(p, *value);
	case OPT_DRAIN:
		return parse_drain(p, row, *value);
	case OPT_PRIORITY:
	case OPT_BANDWIDTH:
	case OPT_LAG:
		return parse_attr(p, row, *value);
	case OPT_PARAM:
		return parse_param(p, row, *value);
	default:
		return row->max ? parse_number(p, row, *value) : 0;
	}
}

static int parse_options(struct parse *p)
{
	char *value;
	int val, ret;

	while ((val = next_option(p, &value)) > 0) {
		ret = parse_option(p, &option_rows[val - 1], &value);
		free(value);
		if (ret < 0)
			return ret;
	}
	if (val == -1)
		return 0;
	refuse(p->d, EXIT_REFUSED, p->word, "%s: %s\n", p->argv[p->word], poptStrerror(val));
	p->d->fatal = val == POPT_ERROR_MALLOC;
	return -1;
}

static int parse_daemon_state(struct parse *p, const char *value)
{
	if (!strcmp(value, "master"))
		p->c->change.daemon.state = IP_VS_STATE_MASTER;
	else if (!strcmp(value, "backup"))
		p->c->change.daemon.state = IP_VS_STATE_BACKUP;
	else
		return fail(p, p->word, p->c->id == CMD_START_DAEMON ?
			    "illegal start-daemon parameter specified\n" :
			    "illegal start_daemon specified\n");
	return 0;
}

/* The first option has to be a command. */
static int parse_command(struct parse *p)
{
	const struct option_row *row;
	char *value = NULL;
	int val, ret = 0;

	val = next_option(p, &value);
	row = val > 0 ? &option_rows[val - 1] : NULL;
	if (!row || !row->command) {
		free(value);
		if (val == POPT_ERROR_NOARG && !strcmp(p->argv[p->word], "--apply"))
			return refuse(p->d, EXIT_REFUSED, p->word, "--apply: %s\n",
				      poptStrerror(val));
		return refuse(p->d, EXIT_REFUSED, p->word,
			      "Try `%s -h' or '%s --help' for more information.\n",
			      p->argv[0], p->argv[0]);
	}
	p->c->id = row->command;
	if (row->command == CMD_START_DAEMON || row->command == CMD_STOP_DAEMON)
		ret = parse_daemon_state(p, value);
	else if (row->command == CMD_APPLY)
		p->c->file = value_in_argv(p, value);
	free(value);
	return ret;
}

/* What --set wants is not said with options. */
static int parse_timeouts(struct parse *p)
{
	struct ipvs_timeouts *t = &p->c->change.timeouts;
	uint32_t *const to[] = { &t->tcp, &t->tcp_fin, &t->udp };
	const char *word[3];
	unsigned int i;
	long number;

	for (i = 0; i < 3; i++) {
		word[i] = poptGetArg(p->popt);
		if (!word[i])
			return fail(p, -1, "--set option requires 3 timeout values\n");
	}
	for (i = 0; i < 3; i++) {
		if (!number_parse(word[i], 0, TIMEOUT_MAX, &number))
			return fail(p, left_word(p, word[i]),
				    "invalid timeout value `%s' specified\n", word[i]);
		*to[i] = number;
	}
	return 0;
}

static int parse_sched_flag(struct parse *p, const char *flag)
{
	static const struct {
		const char *name;
		const char *sched;
		uint32_t bit;
	} flags[] = {
		{ "flag-1", NULL, IP_VS_SVC_F_SCHED1 },
		{ "flag-2", NULL, IP_VS_SVC_F_SCHED2 },
		{ "flag-3", NULL, IP_VS_SVC_F_SCHED3 },
		{ "sh-fallback", "sh", IP_VS_SVC_F_SCHED_SH_FALLBACK },
		{ "sh-port", "sh", IP_VS_SVC_F_SCHED_SH_PORT },
		{ "mh-fallback", "mh", IP_VS_SVC_F_SCHED1 },
		{ "mh-port", "mh", IP_VS_SVC_F_SCHED2 },
	};
	struct ipvs_service *svc = &p->c->change.service;
	unsigned int i;

	for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		if (strcmp(flag, flags[i].name))
			continue;
		if (flags[i].sched && strcmp(svc->sched, flags[i].sched))
			return fail(p, p->where[OPT_SCHED_FLAGS],
				    "incompatible scheduler flag `%s'\n", flag);
		svc->flags |= flags[i].bit;
		return 0;
	}
	return fail(p, p->where[OPT_SCHED_FLAGS], "invalid scheduler flag `%s'\n", flag);
}

static int parse_sched_flags(struct parse *p)
{
	char *flag, *rest;

	if (!p->sched_flags || !*p->sched_flags)
		return 0;
	/* 1.31 dies here. */
	if (!p->sched_flags[strspn(p->sched_flags, ",")])
		return fail(p, p->where[OPT_SCHED_FLAGS], "invalid scheduler flag `%s'\n",
			    p->sched_flags);
	for (flag = strtok_r(p->sched_flags, ",", &rest); flag; flag = strtok_r(NULL, ",", &rest))
		if (parse_sched_flag(p, flag) < 0)
			return -1;
	return 0;
}

static int check_legality(struct parse *p)
{
	unsigned int bit = COMMAND_BIT(p->c->id), id;
	const struct option_row *row, *before = NULL, *command = row_of_command[p->c->id];

	for (id = 0; id < OPT_COUNT; id++) {
		row = row_of_option[id];
		if (!has_option(p->c, id)) {
			if (row->needed & bit)
				return fail(p, -1,
					    "You need to supply the '%s' option for the '%s' command\n",
					    name_in_messages(row), name_in_messages(command));
			continue;
		}
		if (!((row->needed | row->allowed | row->one_of) & bit))
			return fail(p, p->where[id],
				    "Illegal '%s' option with the '%s' command\n",
				    name_in_messages(row), name_in_messages(command));
		if (!(row->one_of & bit))
			continue;
		if (before)
			return fail(p, p->where[id],
				    "The option '%s' conflicts with the '%s' option in the '%s' command\n",
				    name_in_messages(row), name_in_messages(before),
				    name_in_messages(command));
		before = row;
	}
	return 0;
}

static int check_service(struct parse *p)
{
	const struct ipvs_service *svc = &p->c->change.service;

	if (!svc->key.fwmark && !svc->key.port && !(svc->flags & IP_VS_SVC_F_PERSISTENT))
		return fail(p, p->where[OPT_SERVICE],
			    "Zero port specified for non-persistent service\n");
	if ((svc->flags & IP_VS_SVC_F_ONEPACKET) && !svc->key.fwmark &&
	    svc->key.protocol != IPPROTO_UDP)
		return fail(p, p->where[OPT_OPS],
			    "One-Packet Scheduling is only for UDP virtual services\n");
	return 0;
}

static const enum option_id tunnel_options[] = {
	OPT_TUN_TYPE, OPT_TUN_PORT, OPT_TUN_NOCSUM, OPT_TUN_CSUM, OPT_TUN_REMCSUM,
};

#define TUNNEL_OPTIONS (sizeof(tunnel_options) / sizeof(tunnel_options[0]))

static int check_tunnel(struct parse *p)
{
	static const struct {
		const char *name;
		unsigned long long needed, allowed, one_of;
	} rules[] = {
		[IP_VS_CONN_F_TUNNEL_TYPE_IPIP] = { "ipip", 0, OPT_BIT(OPT_TUN_TYPE), 0 },
		[IP_VS_CONN_F_TUNNEL_TYPE_GUE] = {
			"gue", OPT_BIT(OPT_TUN_PORT), OPT_BIT(OPT_TUN_TYPE),
			OPT_BIT(OPT_TUN_NOCSUM) | OPT_BIT(OPT_TUN_CSUM) |
			OPT_BIT(OPT_TUN_REMCSUM) },
		[IP_VS_CONN_F_TUNNEL_TYPE_GRE] = {
			"gre", 0, OPT_BIT(OPT_TUN_TYPE),
			OPT_BIT(OPT_TUN_NOCSUM) | OPT_BIT(OPT_TUN_CSUM) },
	};
	const unsigned int type = p->c->change.server.tun_type;
	const char *name, *before = NULL;
	unsigned long long bit;
	unsigned int i;
	int where;

	for (i = 0; i < TUNNEL_OPTIONS; i++) {
		bit = OPT_BIT(tunnel_options[i]);
		name = row_of_option[tunnel_options[i]]->name;
		where = p->where[tunnel_options[i]];
		if (!(p->c->options & bit)) {
			if (rules[type].needed & bit)
				return fail(p, -1,
					    "You need to supply the '%s' option for the '%s' tunnel type\n",
					    name, rules[type].name);
			continue;
		}
		if (!((rules[type].needed | rules[type].allowed | rules[type].one_of) & bit))
			return fail(p, where,
				    "Illegal '%s' option with the '%s' tunnel type\n",
				    name, rules[type].name);
		if (!(rules[type].one_of & bit))
			continue;
		if (before)
			return fail(p, where,
				    "The option '%s' conflicts with the '%s' option in the '%s' tunnel type\n",
				    name, before, rules[type].name);
		before = name;
	}
	return 0;
}

static int check_server(struct parse *p)
{
	const struct ipvs_key *key = &p->c->change.service.key;
	struct ipvs_server *server = &p->c->change.server;
	unsigned int i;

	if (server->af != key->af && server->forward != IP_VS_CONN_F_TUNNEL)
		return fail(p, p->where[OPT_REAL_SERVER],
			    "Different address family is allowed only for tunneling servers\n");
	if (server->forward == IP_VS_CONN_F_TUNNEL) {
		if (check_tunnel(p) < 0)
			return -1;
	} else {
		for (i = 0; i < TUNNEL_OPTIONS; i++)
			if (has_option(p->c, tunnel_options[i]))
				return fail(p, p->where[tunnel_options[i]],
					    "Tunnel options conflict with forward method\n");
	}
	/* Only masquerading can change a port. */
	if (!key->fwmark && server->forward != IP_VS_CONN_F_MASQ)
		server->port = key->port;
	return 0;
}

/* --tiers is a listing of its own. */
static int check_tiers(struct parse *p)
{
	static const enum option_id others[] = {
		OPT_CONNECTION, OPT_TIMEOUT, OPT_DAEMON, OPT_STATS, OPT_RATE, OPT_THRESHOLDS,
		OPT_PERSISTENT_CONN, OPT_TUN_INFO,
	};
	size_t i;

	if (!has_option(p->c, OPT_TIERS))
		return 0;
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (has_option(p->c, others[i]))
			return fail(p, p->where[others[i]],
				    "--tiers is a listing of its own, not to be had with --%s\n",
				    row_of_option[others[i]]->name);
	return 0;
}

static int check_list(struct parse *p)
{
	const struct command *c = p->c;
	bool other = has_option(c, OPT_TIMEOUT) || has_option(c, OPT_DAEMON);

	if (((other || has_option(c, OPT_CONNECTION)) &&
	     (has_option(c, OPT_STATS) || has_option(c, OPT_RATE) ||
	      has_option(c, OPT_THRESHOLDS))) ||
	    (other && has_option(c, OPT_PERSISTENT_CONN)))
		return fail(p, -1, "options conflicts in the list command\n");
	return check_tiers(p);
}

/* What a command wants beyond its options, and which change it is. */
static int check_command(struct parse *p)
{
	static const enum ipvs_op op[CMD_COUNT] = {
		[CMD_ADD_SERVICE] = IPVS_ADD_SERVICE,
		[CMD_EDIT_SERVICE] = IPVS_EDIT_SERVICE,
		[CMD_DEL_SERVICE] = IPVS_DEL_SERVICE,
		[CMD_FLUSH] = IPVS_FLUSH,
		[CMD_ZERO] = IPVS_ZERO_ALL,
		[CMD_ADD_SERVER] = IPVS_ADD_SERVER,
		[CMD_EDIT_SERVER] = IPVS_EDIT_SERVER,
		[CMD_DEL_SERVER] = IPVS_DEL_SERVER,
		[CMD_SET_TIMEOUTS] = IPVS_SET_TIMEOUTS,
		[CMD_START_DAEMON] = IPVS_START_DAEMON,
		[CMD_STOP_DAEMON] = IPVS_STOP_DAEMON,
	};
	static const union nf_inet_addr no_addr;
	struct command *c = p->c;
	struct ipvs_key *key = &c->change.service.key;
	int ret = 0;

	c->change.op = op[c->id];
	switch (c->id) {
	case CMD_ADD_SERVICE:
	case CMD_EDIT_SERVICE:
		ret = check_service(p);
		break;
	case CMD_ADD_SERVER:
	case CMD_EDIT_SERVER:
		ret = check_server(p);
		break;
	case CMD_LIST:
		ret = check_list(p);
		break;
	case CMD_ZERO:
		/* 1.31 takes a service of nothing but zeros for no service. */
		if (key->fwmark || key->port || memcmp(&key->addr, &no_addr, sizeof(no_addr)))
			c->change.op = IPVS_ZERO;
		break;
	default:
		break;
	}
	if (key->fwmark)
		key->protocol = 0;
	if (!ret && has_option(c, OPT_PRETTY) && !has_option(c, OPT_JSON))
		ret = fail(p, p->where[OPT_PRETTY], "--pretty is for --json, which is not given\n");
	return ret;
}

static void set_defaults(struct command *c)
{
	struct ipvs_change *change = &c->change;

	memset(c, 0, sizeof(*c));
	change->service.key.af = AF_INET;
	change->service.netmask = UINT32_MAX;
	change->server.af = AF_INET;
	change->server.forward = IP_VS_CONN_F_DROUTE;
	change->server.weight = 1;
}

static int parse(struct parse *p)
{
	const char *word;

	if (parse_command(p) < 0)
		return -1;
	switch (p->c->id) {
	case CMD_HELP:
	case CMD_HELP_LONG:
	case CMD_VERSION:
	case CMD_VERSION_EXT:
		return 0;
	default:
		break;
	}
	if (parse_options(p) < 0)
		return -1;
	if (p->c->id == CMD_SET_TIMEOUTS && parse_timeouts(p) < 0)
		return -1;
	word = poptGetArg(p->popt);
	if (word)
		return fail(p, left_word(p, word), "unexpected argument %s\n", word);
	if (!p->c->change.service.sched[0])
		copy_name(p->c->change.service.sched, sizeof(p->c->change.service.sched), "wlc");
	if (!p->c->change.daemon.ifname[0])
		copy_name(p->c->change.daemon.ifname, sizeof(p->c->change.daemon.ifname), "eth0");
	if (parse_sched_flags(p) < 0 || check_legality(p) < 0)
		return -1;
	return check_command(p);
}

int command_parse(int argc, char **argv, struct command *c, struct diag *d)
{
	struct parse p = { .argc = argc, .argv = argv, .c = c, .d = d };
	int i, ret;

	set_defaults(c);
	if (argc <= 1) {
		c->id = CMD_LIST;
		return 0;
	}
	/* popt puts the next word in its place, and does not return if there is none. */
	for (i = 1; i < argc; i++)
		if (strstr(argv[i], "!#:+"))
			return refuse(d, EXIT_USAGE, i,
				      "invalid argument `%s': libpopt would replace `!#:+'\n",
				      argv[i]);
	make_tables();
	p.popt = poptGetContext("ipvsadm", argc, (const char **)argv, popt_table, 0);
	if (!p.popt)
		return refuse(d, EXIT_REFUSED, -1, "Memory allocation problem\n");
	ret = parse(&p);
	free(p.sched_flags);
	poptFreeContext(p.popt);
	return ret;
}
