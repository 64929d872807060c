// SPDX-License-Identifier: GPL-2.0
/* The words of a rule, written. */
#include <arpa/inet.h>
#include <string.h>
#include "ext_show.h"
#include "rules.h"
#include "text.h"

/* "-t 10.0.0.1:80", "-f 1 -6" */
static void put_key(FILE *out, const struct ipvs_key *key, unsigned int flags)
{
	const char *option;
	char name[NAME_LEN];

	if (key->fwmark) {
		fprintf(out, "-f %u%s", key->fwmark, key->af == AF_INET6 ? " -6" : "");
		return;
	}
	switch (key->protocol) {
	case IPPROTO_UDP:
		option = "-u";
		break;
	case IPPROTO_SCTP:
		option = "--sctp-service";
		break;
	default:
		option = "-t";
	}
	fprintf(out, "%s %s", option, name_of(name, key->af, &key->addr, key->port, key->protocol,
					      flags & (RULE_NUMERIC | RULE_FULL)));
}

static void put_mask(FILE *out, const struct ipvs_service *svc)
{
	char mask[INET_ADDRSTRLEN];

	if (svc->key.af == AF_INET6) {
		if (svc->netmask != 128)
			fprintf(out, " -M %d", svc->netmask);
	} else if (svc->netmask != 0xffffffff) {
		fprintf(out, " -M %s", inet_ntop(AF_INET, &svc->netmask, mask, sizeof(mask)));
	}
}

static void put_sched_flags(FILE *out, const struct ipvs_service *svc, unsigned int flags)
{
	char names[FLAGS_LEN];

	if (!flag_names(names, svc))
		return;
	if ((flags & RULE_FULL) && (svc->flags & IP_VS_SVC_F_SCHED3) && !strstr(names, "flag-3"))
		strcat(names, names[0] ? ",flag-3" : "flag-3");
	fprintf(out, " -b %s", names);
}

/* @sched: for the words of its parameters; without it they have a text. */
static void put_params(FILE *out, const struct ipvs_params *params,
		       const struct ext_sched *sched)
{
	const struct ipvs_param *p;
	char text[EXT_VALUE_LEN];
	size_t i;

	for (i = 0; i < params->n; i++) {
		p = &params->param[i];
		if (sched && p->set)
			ext_value_text(ext_find_desc(sched, p->name), p->value, text);
		if (p->set)
			fprintf(out, " --param %s=%s", p->name, sched ? text : p->text);
		else if (!sched)
			fprintf(out, " --param %s=default", p->name);
	}
}

/* Without newline. */
static void put_service(FILE *out, char command, const struct ipvs_service *svc,
			unsigned int flags)
{
	bool persistent = svc->flags & IP_VS_SVC_F_PERSISTENT;

	fprintf(out, "-%c ", command);
	put_key(out, &svc->key, flags);
	fprintf(out, " -s %s", svc->sched);
	if (persistent) {
		fprintf(out, " -p %u", svc->timeout);
		put_mask(out, svc);
	}
	if (svc->pe[0])
		fprintf(out, " --pe %s", svc->pe);
	if (svc->flags & IP_VS_SVC_F_ONEPACKET)
		fputs(" -o", out);
	put_sched_flags(out, svc, flags);
}

void rule_service(FILE *out, const struct ipvs_service *svc, unsigned int flags,
		  const struct ext_config *ext)
{
	const struct ext_service *params = ext ? ext_find_service(ext, &svc->key) : NULL;
	const struct ext_sched *sched = params ? ext_find_sched(ext, params->sched) : NULL;

	put_service(out, 'A', svc, flags);
	/* Without a description, values have no words. */
	if (sched)
		put_params(out, &params->params, sched);
	putc('\n', out);
}

static void put_tunnel(FILE *out, const struct ipvs_server *server)
{
	switch (server->tun_type) {
	case IP_VS_CONN_F_TUNNEL_TYPE_GUE:
		fprintf(out, " --tun-type gue --tun-port %u", ntohs(server->tun_port));
		break;
	case IP_VS_CONN_F_TUNNEL_TYPE_GRE:
		fputs(" --tun-type gre", out);
		break;
	default:
		fputs(" --tun-type ipip", out);
		return;
	}
	if (server->tun_flags & IP_VS_TUNNEL_ENCAP_FLAG_REMCSUM)
		fputs(" --tun-remcsum", out);
	else if (server->tun_flags & IP_VS_TUNNEL_ENCAP_FLAG_CSUM)
		fputs(" --tun-csum", out);
	else
		fputs(" --tun-nocsum", out);
}

static char forward_option(uint32_t forward)
{
	switch (forward) {
	case IP_VS_CONN_F_MASQ:
		return 'm';
	case IP_VS_CONN_F_TUNNEL:
		return 'i';
	}
	return 'g';
}

/* "-a -t 10.0.0.1:80 -r 10.1.0.1:80", without newline */
static void put_server_key(FILE *out, char command, const struct ipvs_service *svc,
			   const struct ipvs_server *server, unsigned int flags)
{
	char name[NAME_LEN];

	fprintf(out, "-%c ", command);
	put_key(out, &svc->key, flags);
	fprintf(out, " -r %s", name_of(name, server->af, &server->addr, server->port,
				       svc->key.protocol, flags & (RULE_NUMERIC | RULE_FULL)));
}

/* Without newline. */
static void put_server(FILE *out, char command, const struct ipvs_service *svc,
		       const struct ipvs_server *server, unsigned int flags)
{
	put_server_key(out, command, svc, server, flags);
	fprintf(out, " -%c -w %d", forward_option(server->forward), server->weight);
	if (server->forward == IP_VS_CONN_F_TUNNEL)
		put_tunnel(out, server);
	if (flags & RULE_FULL) {
		if (server->upper)
			fprintf(out, " -x %u", server->upper);
		if (server->lower)
			fprintf(out, " -y %u", server->lower);
	}
}

void rule_server(FILE *out, const struct ipvs_service *svc, const struct ipvs_server *server,
		 unsigned int flags, const struct ext_config *ext)
{
	const struct ext_server *attrs = ext ? ext_find_server(ext, &svc->key, server) : NULL;

	put_server(out, 'a', svc, server, flags);
	if (attrs)
		show_attrs(out, &attrs->attrs);
	putc('\n', out);
}

static const char *state_name(const struct ipvs_daemon *d)
{
	return d->state == IP_VS_STATE_MASTER ? "master" : "backup";
}

static void put_daemon(FILE *out, const struct ipvs_daemon *d)
{
	char group[INET6_ADDRSTRLEN];

	fprintf(out, "--start-daemon %s --mcast-interface %s --syncid %u", state_name(d), d->ifname,
		d->syncid);
	if (d->maxlen)
		fprintf(out, " --sync-maxlen %u", d->maxlen);
	if (d->group_af)
		fprintf(out, " --mcast-group %s",
			inet_ntop(d->group_af, &d->group, group, sizeof(group)));
	if (d->port)
		fprintf(out, " --mcast-port %u", d->port);
	if (d->ttl)
		fprintf(out, " --mcast-ttl %u", d->ttl);
	putc('\n', out);
}

void rule_change(FILE *out, const struct ipvs_change *change)
{
	const struct ipvs_service *svc = &change->service;
	const struct ipvs_server *server = &change->server;

	switch (change->op) {
	case IPVS_ADD_SERVICE:
	case IPVS_EDIT_SERVICE:
	case IPVS_SET_PARAMS:
		put_service(out, change->op == IPVS_ADD_SERVICE ? 'A' : 'E', svc, RULE_FULL);
		if (change->params)
			put_params(out, change->params, NULL);
		putc('\n', out);
		break;
	case IPVS_DEL_SERVICE:
	case IPVS_ZERO:
		fputs(change->op == IPVS_ZERO ? "-Z " : "-D ", out);
		put_key(out, &svc->key, RULE_FULL);
		putc('\n', out);
		break;
	case IPVS_ADD_SERVER:
	case IPVS_EDIT_SERVER:
	case IPVS_SET_ATTRS:
		put_server(out, change->op == IPVS_ADD_SERVER ? 'a' : 'e', svc, server, RULE_FULL);
		show_attrs(out, &change->attrs);
		putc('\n', out);
		break;
	case IPVS_DEL_SERVER:
		put_server_key(out, 'd', svc, server, RULE_FULL);
		putc('\n', out);
		break;
	case IPVS_SET_TIMEOUTS:
		fprintf(out, "--set %u %u %u\n", change->timeouts.tcp, change->timeouts.tcp_fin,
			change->timeouts.udp);
		break;
	case IPVS_START_DAEMON:
		put_daemon(out, &change->daemon);
		break;
	case IPVS_STOP_DAEMON:
		fprintf(out, "--stop-daemon %s\n", state_name(&change->daemon));
		break;
	case IPVS_ZERO_ALL:
		fputs("-Z\n", out);
		break;
	case IPVS_FLUSH:
		fputs("-C\n", out);
		break;
	}
}
