// SPDX-License-Identifier: GPL-2.0
/*
 * Listings as 1.31 prints them, to the byte: what looks odd here (blanks at line
 * ends, rates that are not shortened, columns that do not match their titles) is
 * what scripts have learnt to read.
 *
 * Lines are put together by hand: printf() would take most of the time of a long
 * listing, and string functions are made for longer strings than these.
 */
#include <arpa/inet.h>
#include <string.h>
#include "text.h"

/* ---- order ------------------------------------------------------------------- */

/* 1.31 has the differences as int, and they overflow. Done in unsigned, where that
 * is defined, the result is the same.
 */
static int less(uint32_t a, uint32_t b)
{
	return (int)(a - b);
}

static int diff_addr(uint16_t af, const union nf_inet_addr *a, const union nf_inet_addr *b)
{
	int i, diff = 0;

	if (af != AF_INET6)
		return less(ntohl(a->ip), ntohl(b->ip));
	for (i = 0; !diff && i < 4; i++)
		diff = less(ntohl(a->all[i]), ntohl(b->all[i]));
	return diff;
}

static int cmp_service(const void *x, const void *y)
{
	const struct ipvs_key *a = &((const struct ipvs_service *)x)->key;
	const struct ipvs_key *b = &((const struct ipvs_service *)y)->key;
	int diff;

	diff = less(a->fwmark, b->fwmark);
	if (!diff)
		diff = less(a->af, b->af);
	if (!diff)
		diff = less(a->protocol, b->protocol);
	if (!diff)
		diff = diff_addr(a->af, &a->addr, &b->addr);
	if (!diff)
		diff = less(ntohs(a->port), ntohs(b->port));
	return diff;
}

static int cmp_server(const void *x, const void *y)
{
	const struct ipvs_server *a = x, *b = y;
	int diff;

	diff = diff_addr(a->af, &a->addr, &b->addr);
	if (!diff)
		diff = less(ntohs(a->port), ntohs(b->port));
	return diff;
}

void text_sort(struct table *t)
{
	table_sort_by(t, cmp_service, cmp_server);
}

/* ---- lines ------------------------------------------------------------------- */

/* No line is longer than half of MARGIN: a name of 59 bytes, five numbers of 20, and
 * what else there is to a service.
 */
#define MARGIN 1024
#define ROOM 16384

struct page {
	FILE *out;
	char *p;		/* where it goes on */
	char *line;		/* where the line began */
	char text[ROOM + MARGIN];
};

static void begin(struct page *g, FILE *out)
{
	g->out = out;
	g->p = g->text;
	g->line = g->text;
}

static void flush(struct page *g)
{
	fwrite(g->text, 1, g->p - g->text, g->out);
	begin(g, g->out);
}

static void end_line(struct page *g)
{
	*g->p++ = '\n';
	g->line = g->p;
	if (g->p >= g->text + ROOM)
		flush(g);
}

static void put(struct page *g, const char *text)
{
	while (*text)
		*g->p++ = *text++;
}

/* Blanks up to a column that begins @width after @start. */
static void pad(struct page *g, const char *start, size_t width)
{
	while ((size_t)(g->p - start) + 8 <= width) {
		memcpy(g->p, "        ", 8);
		g->p += 8;
	}
	while ((size_t)(g->p - start) < width)
		*g->p++ = ' ';
}

/* "%-*s" */
static void put_left(struct page *g, const char *text, size_t width)
{
	const char *start = g->p;

	put(g, text);
	pad(g, start, width);
}

/* "%-*u" */
static void put_number(struct page *g, uint64_t n, size_t width)
{
	const char *start = g->p;

	g->p = put_decimal(g->p, n);
	pad(g, start, width);
}

/* "%-*d" */
static void put_int(struct page *g, int32_t n, size_t width)
{
	const char *start = g->p;

	if (n < 0)
		*g->p++ = '-';
	g->p = put_decimal(g->p, n < 0 ? -(uint64_t)n : (uint64_t)n);
	pad(g, start, width);
}

/* "%*llu" */
static void put_right(struct page *g, uint64_t n, size_t width)
{
	const char *start = g->p;
	size_t digits = 1;
	uint64_t rest = n;

	while (rest /= 10)
		digits++;
	if (digits < width)
		pad(g, start, width - digits);
	g->p = put_decimal(g->p, n);
}

static void put_large(struct page *g, uint64_t n, bool exact)
{
	static const struct {
		uint64_t below, unit;
		char letter;
	} scale[] = {
		{ 1000000000, 1000, 'K' },
		{ 100000000000, 1000000, 'M' },
		{ 100000000000000, 1000000000, 'G' },
		{ UINT64_MAX, 1000000000000, 'T' },
	};
	int i = 0;

	if (exact || n < 100000000) {
		*g->p++ = ' ';
		put_right(g, n, 8);
		return;
	}
	while (n >= scale[i].below && i < 3)
		i++;
	put_right(g, n / scale[i].unit, 8);
	*g->p++ = scale[i].letter;
}

static void put_addr(struct page *g, uint16_t af, const void *addr)
{
	char buf[INET6_ADDRSTRLEN];

	put(g, inet_ntop(af, addr, buf, sizeof(buf)));
}

/* ---- the listing ------------------------------------------------------------- */

enum mode { BASIC, STATS, RATE, THRESHOLDS, PERSISTENT_CONN, TUN_INFO };

static enum mode mode_of(const struct command *c)
{
	static const struct {
		enum option_id option;
		enum mode mode;
	} strongest_first[] = {
		{ OPT_STATS, STATS },
		{ OPT_RATE, RATE },
		{ OPT_THRESHOLDS, THRESHOLDS },
		{ OPT_PERSISTENT_CONN, PERSISTENT_CONN },
		{ OPT_TUN_INFO, TUN_INFO },
	};
	size_t i;

	for (i = 0; i < sizeof(strongest_first) / sizeof(strongest_first[0]); i++) {
		if (has_option(c, strongest_first[i].option))
			return strongest_first[i].mode;
	}
	return BASIC;
}

static void print_title(FILE *out, enum mode mode)
{
	static const char *const title[] = {
		[BASIC] =
			"Prot LocalAddress:Port Scheduler Flags\n"
			"  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn\n",
		[TUN_INFO] =
			"Prot LocalAddress:Port Scheduler Flags\n"
			"  -> RemoteAddress:Port           Forward TunnelInfo    Weight "
			"ActiveConn InActConn\n",
		[STATS] =
			"Prot LocalAddress:Port               Conns   InPkts  OutPkts  "
			"InBytes OutBytes\n"
			"  -> RemoteAddress:Port\n",
		[RATE] =
			"Prot LocalAddress:Port                 CPS    InPPS   OutPPS    "
			"InBPS   OutBPS\n"
			"  -> RemoteAddress:Port\n",
		[THRESHOLDS] =
			"Prot LocalAddress:Port            Uthreshold Lthreshold ActiveConn "
			"InActConn \n"
			"  -> RemoteAddress:Port\n",
		[PERSISTENT_CONN] =
			"Prot LocalAddress:Port            Weight    PersistConn ActiveConn "
			"InActConn \n"
			"  -> RemoteAddress:Port\n",
	};

	fputs(title[mode], out);
}

static const char *protocol_name(uint16_t protocol)
{
	switch (protocol) {
	case IPPROTO_TCP:
		return "TCP";
	case IPPROTO_UDP:
		return "UDP";
	case IPPROTO_SCTP:
		return "SCTP";
	}
	return "?";
}

static void put_flags(struct page *g, const struct ipvs_service *svc)
{
	char flags[FLAGS_LEN];

	if (!flag_names(flags, svc))
		return;
	put(g, " (");
	put(g, flags);
	put(g, ")");
}

static void put_properties(struct page *g, const struct ipvs_service *svc)
{
	bool v6 = svc->key.af == AF_INET6;

	put(g, " ");
	put(g, svc->sched);
	put_flags(g, svc);
	if (svc->flags & IP_VS_SVC_F_PERSISTENT) {
		put(g, " persistent ");
		put_number(g, svc->timeout, 0);
		if (v6 && svc->netmask != 128) {
			put(g, " mask ");
			put_int(g, svc->netmask, 0);
		} else if (!v6 && svc->netmask != 0xffffffff) {
			put(g, " mask ");
			put_addr(g, AF_INET, &svc->netmask);
		}
		if (svc->pe[0]) {
			put(g, " pe ");
			put(g, svc->pe);
		}
	}
	if (svc->flags & IP_VS_SVC_F_ONEPACKET)
		put(g, " ops");
}

static void put_counters(struct page *g, const uint64_t *value, bool exact)
{
	int i;

	for (i = IPVS_CONNS; i <= IPVS_OUTBYTES; i++)
		put_large(g, value[i], exact);
}

/* Columns of names are as wide as these; IPv6 goes beyond, IPv4 is cut. */
#define SERVICE_WIDTH 33
#define SERVER_WIDTH 28

static void print_service(struct page *g, const struct ipvs_service *svc,
			  const struct command *c, enum mode mode)
{
	const struct ipvs_key *key = &svc->key;
	bool exact = has_option(c, OPT_EXACT);

	if (key->fwmark) {
		put(g, "FWM  ");
		put_number(g, key->fwmark, 0);
		if (key->af == AF_INET6)
			put(g, " IPv6");
	} else {
		put_left(g, protocol_name(key->protocol), 4);
		put(g, " ");
		g->p += name_write(g->p, key->af, &key->addr, key->port, key->protocol,
				   has_option(c, OPT_NUMERIC));
		if (key->af != AF_INET6 && g->p > g->line + SERVICE_WIDTH)
			g->p = g->line + SERVICE_WIDTH;
	}
	if (mode == STATS || mode == RATE) {
		pad(g, g->line, SERVICE_WIDTH);
		put_counters(g, &svc->stats.value[mode == STATS ? IPVS_CONNS : IPVS_CPS], exact);
	} else {
		put_properties(g, svc);
	}
	end_line(g);
}

static const char *forward_name(uint32_t forward)
{
	switch (forward) {
	case IP_VS_CONN_F_MASQ:
		return "Masq";
	case IP_VS_CONN_F_LOCALNODE:
		return "Local";
	case IP_VS_CONN_F_TUNNEL:
		return "Tunnel";
	case IP_VS_CONN_F_DROUTE:
		return "Route";
	}
	return "Unknown";
}

/* "%-13s" */
static void put_tunnel(struct page *g, const struct ipvs_server *server)
{
	const char *start = g->p;

	if (server->forward != IP_VS_CONN_F_TUNNEL) {
		put(g, "n/a");
	} else if (server->tun_type == IP_VS_CONN_F_TUNNEL_TYPE_IPIP) {
		put(g, "ipip");
	} else {
		if (server->tun_type == IP_VS_CONN_F_TUNNEL_TYPE_GUE) {
			put(g, "gue:");
			put_number(g, ntohs(server->tun_port), 0);
			put(g, ":");
		} else {
			put(g, "gre:");
		}
		if (server->tun_flags & IP_VS_TUNNEL_ENCAP_FLAG_REMCSUM)
			put(g, "r+c");
		else if (server->tun_flags & IP_VS_TUNNEL_ENCAP_FLAG_CSUM)
			put(g, "+c");
		else
			put(g, "-c");
	}
	pad(g, start, 13);
}

static void put_rates(struct page *g, const uint64_t *value, bool exact)
{
	int i;

	for (i = IPVS_CONNS; i < IPVS_INBYTES; i++) {
		put(g, " ");
		put_right(g, value[i], 8);
	}
	put_large(g, value[IPVS_INBYTES], exact);
	put_large(g, value[IPVS_OUTBYTES], exact);
}

static void put_connections(struct page *g, const struct ipvs_server *server)
{
	put_number(g, server->active, 10);
	put(g, " ");
	put_number(g, server->inactive, 10);
}

static void print_server(struct page *g, const struct ipvs_service *svc,
			 const struct ipvs_server *server, const struct command *c, enum mode mode)
{
	bool exact = has_option(c, OPT_EXACT);
	char *start;

	put(g, "  -> ");
	start = g->p;
	g->p += name_write(g->p, server->af, &server->addr, server->port, svc->key.protocol,
			   has_option(c, OPT_NUMERIC));
	if (server->af != AF_INET6 && g->p > start + SERVER_WIDTH)
		g->p = start + SERVER_WIDTH;
	pad(g, start, SERVER_WIDTH);
	switch (mode) {
	case STATS:
		put_counters(g, server->value, exact);
		break;
	case RATE:
		put_rates(g, server->value, exact);
		break;
	case THRESHOLDS:
		put(g, " ");
		put_number(g, server->upper, 10);
		put(g, " ");
		put_number(g, server->lower, 10);
		put(g, " ");
		put_connections(g, server);
		break;
	case PERSISTENT_CONN:
		put(g, " ");
		put_number(g, (uint32_t)server->weight, 9);
		put(g, " ");
		put_number(g, server->persistent, 11);
		put(g, " ");
		put_connections(g, server);
		break;
	case TUN_INFO:
	case BASIC:
		put(g, " ");
		put_left(g, forward_name(server->forward), 7);
		put(g, " ");
		if (mode == TUN_INFO) {
			put_tunnel(g, server);
			put(g, " ");
		}
		put_int(g, server->weight, 6);
		put(g, " ");
		put_connections(g, server);
		break;
	}
	end_line(g);
}

void text_table(FILE *out, const struct table *t, const struct command *c,
		const struct ipvs_info *info)
{
	enum mode mode = mode_of(c);
	struct page g;
	size_t i, j;

	if (!has_option(c, OPT_SERVICE))
		fprintf(out, "IP Virtual Server version %d.%d.%d (size=%d)\n",
			NVERSION(info->version), info->conn_tab_size);
	print_title(out, mode);
	begin(&g, out);
	for (i = 0; i < t->n; i++) {
		print_service(&g, &t->service[i], c, mode);
		for (j = 0; j < t->service[i].n; j++)
			print_server(&g, &t->service[i], &t->service[i].server[j], c, mode);
	}
	flush(&g);
}

void text_timeouts(FILE *out, const struct ipvs_timeouts *timeouts)
{
	fprintf(out, "Timeout (tcp tcpfin udp): %d %d %d\n", timeouts->tcp, timeouts->tcp_fin,
		timeouts->udp);
}

static void print_daemon(FILE *out, const struct ipvs_daemon *d)
{
	char group[INET6_ADDRSTRLEN];

	fprintf(out, "%s sync daemon (mcast=%s, syncid=%d",
		d->state == IP_VS_STATE_MASTER ? "master" : "backup", d->ifname, d->syncid);
	if (d->maxlen)
		fprintf(out, ", maxlen=%u", d->maxlen);
	if (d->group_af)
		fprintf(out, ", group=%s",
			inet_ntop(d->group_af, &d->group, group, sizeof(group)));
	if (d->port)
		fprintf(out, ", port=%u", d->port);
	if (d->ttl)
		fprintf(out, ", ttl=%u", d->ttl);
	fputs(")\n", out);
}

void text_daemons(FILE *out, const struct ipvs_daemon *daemon, int n)
{
	int i;

	for (i = 0; i < n; i++)
		print_daemon(out, &daemon[i]);
}
