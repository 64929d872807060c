// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include "model.h"
#include "random_state.h"
#include "unit.h"

static void address(uint16_t af, union nf_inet_addr *addr, unsigned int net, unsigned int host)
{
	char text[64];

	memset(addr, 0, sizeof(*addr));
	if (af == AF_INET6)
		snprintf(text, sizeof(text), "fd0%u::%u", net, host);
	else
		snprintf(text, sizeof(text), "%u.0.0.%u", net, host);
	ck_assert_int_eq(inet_pton(af, text, addr), 1);
}

static void random_key(struct ipvs_key *key)
{
	memset(key, 0, sizeof(*key));
	key->af = any(3) ? AF_INET : AF_INET6;
	if (!any(4)) {
		key->fwmark = any(2) ? 1 : 4294967295;
		return;
	}
	key->protocol = any(3) ? IPPROTO_TCP : any(2) ? IPPROTO_UDP : IPPROTO_SCTP;
	key->port = htons(any(2) ? 80 : 443);
	address(key->af, &key->addr, any(2) ? 9 : 1, 1 + any(2));
}

static void random_service(struct ipvs_service *svc)
{
	static const char * const sched[] = { "wlc", "wlc", "rr", "sh", "mh" };

	memset(svc, 0, sizeof(*svc));
	random_key(&svc->key);
	strcpy(svc->sched, sched[any(5)]);
	svc->netmask = svc->key.af == AF_INET6 ? 128 : UINT32_MAX;
	if (!any(4)) {
		svc->flags |= IP_VS_SVC_F_PERSISTENT;
		svc->timeout = any(2) ? 360 : 600;
		if (any(2))
			svc->netmask = svc->key.af == AF_INET6 ? 64 : htonl(0xffffff00);
		if (!any(3))
			strcpy(svc->pe, "sip");
	}
	if (!any(5) && (svc->key.fwmark || svc->key.protocol == IPPROTO_UDP))
		svc->flags |= IP_VS_SVC_F_ONEPACKET;
	if (!any(4))
		svc->flags |= IP_VS_SVC_F_SCHED1;
	if (!any(4))
		svc->flags |= IP_VS_SVC_F_SCHED3;
}

static void random_tunnel(struct ipvs_server *server)
{
	server->tun_type = any(3);
	if (server->tun_type == IP_VS_CONN_F_TUNNEL_TYPE_GUE)
		server->tun_port = htons(any(2) ? 5555 : 6080);
	if (server->tun_type != IP_VS_CONN_F_TUNNEL_TYPE_IPIP && any(2))
		server->tun_flags = IP_VS_TUNNEL_ENCAP_FLAG_CSUM;
}

static void random_server(struct ipvs_server *server, const struct ipvs_service *svc, bool mixed)
{
	static const uint32_t forward[] = {
		IP_VS_CONN_F_MASQ, IP_VS_CONN_F_DROUTE, IP_VS_CONN_F_DROUTE, IP_VS_CONN_F_TUNNEL
	};

	memset(server, 0, sizeof(*server));
	server->af = svc->key.af;
	server->forward = forward[any(4)];
	if (mixed && !any(6)) {
		server->af = svc->key.af == AF_INET ? AF_INET6 : AF_INET;
		server->forward = IP_VS_CONN_F_TUNNEL;
	}
	if (server->forward == IP_VS_CONN_F_TUNNEL)
		random_tunnel(server);
	address(server->af, &server->addr, 7, 1 + any(5));
	server->port = svc->key.port;
	if (server->forward == IP_VS_CONN_F_MASQ && !any(3))
		server->port = htons(8080);
	server->weight = any(4) ? any(3) : 2147483647;
	server->upper = any(3) ? 0 : 10 + any(2);
	server->lower = server->upper && !any(3) ? 5 + any(2) : 0;
}

static void random_daemon(struct state_daemon *d, uint32_t state, bool goal)
{
	d->d.state = state;
	if (any(2)) {
		d->wish = goal && any(2) ? STATE_ANY : STATE_OFF;
		return;
	}
	d->wish = STATE_ON;
	strcpy(d->d.ifname, any(4) ? "eth0" : "eth1");
	d->d.syncid = any(2);
	if (!goal || any(2)) {
		d->d.maxlen = 1472;
		d->d.group_af = AF_INET;
		d->d.group.ip = htonl(0xe0000051);
		d->d.port = 8848;
		d->d.ttl = 1;
	}
}

void random_state(struct state *s, bool goal)
{
	bool daemons = !any(3), mixed = !daemons && any(2);
	unsigned int n = any(6), m, i, k;
	struct ipvs_service svc;
	struct ipvs_server server;
	uint32_t place = goal ? 1 : 1000000;

	s->name = "random";
	for (i = 0; i < n; i++) {
		random_service(&svc);
		for (k = 0; k < s->table.n; k++)
			if (!ipvs_key_cmp(&svc.key, &s->table.service[k].key))
				break;
		if (k < s->table.n)
			continue;
		svc.stats.value[0] = place++;
		ck_assert_ptr_nonnull(table_add_service(&s->table, &svc));
		for (m = any(5); m; m--) {
			struct ipvs_service *to = &s->table.service[s->table.n - 1];

			random_server(&server, to, mixed);
			for (k = 0; k < to->n; k++)
				if (!ipvs_server_cmp(&server, &to->server[k]))
					break;
			server.active = place++;
			if (k == to->n)
				ck_assert_ptr_nonnull(table_add_server(&s->table, to, &server));
		}
	}
	table_sort(&s->table);
	s->timeouts.tcp = !goal || any(2) ? 900 + any(2) : 0;
	s->timeouts.tcp_fin = !goal || any(2) ? 120 : 0;
	s->timeouts.udp = !goal || any(2) ? 300 : 0;
	s->daemon[STATE_MASTER].d.state = IP_VS_STATE_MASTER;
	s->daemon[STATE_BACKUP].d.state = IP_VS_STATE_BACKUP;
	if (daemons) {
		random_daemon(&s->daemon[STATE_MASTER], IP_VS_STATE_MASTER, goal);
		random_daemon(&s->daemon[STATE_BACKUP], IP_VS_STATE_BACKUP, goal);
	} else if (!goal) {
		s->daemon[STATE_MASTER].wish = STATE_OFF;
		s->daemon[STATE_BACKUP].wish = STATE_OFF;
	}
}

static void random_attrs(struct ipvs_attrs *a)
{
	memset(a, 0, sizeof(*a));
	if (any(2)) {
		a->set |= EXT_HAS(IP_VS_EXT_ATTR_PRIORITY);
		a->priority = any(2) ? any(3) : IP_VS_EXT_PRIORITY_MAX;
	}
	if (!any(3)) {
		a->set |= EXT_HAS(IP_VS_EXT_ATTR_BANDWIDTH);
		a->bandwidth = any(2) ? 12500000 : IP_VS_EXT_BANDWIDTH_MAX;
	}
	if (!any(3)) {
		a->set |= EXT_HAS(IP_VS_EXT_ATTR_LAG);
		a->lag = any(2) * 20000;
	}
}

static void add_attrs(struct state *s, const struct ipvs_key *key,
		      const struct ipvs_server *server)
{
	struct ext_server e = {
		.key = *key, .addr = server->addr, .af = server->af, .port = server->port,
	};

	random_attrs(&e.attrs);
	if (e.attrs.set && !ext_find_server(&s->ext, key, server))
		ck_assert(ext_add_server(&s->ext, &e));
	ext_config_sort(&s->ext);
}

/* Two a scheduler, whose names no other scheduler has. */
static void add_params(struct state *s, const struct ipvs_service *svc, bool goal)
{
	struct ext_service e = { .key = svc->key };
	struct ipvs_param param;
	int i;

	for (i = 0; i < 2; i++) {
		if (any(2))
			continue;
		memset(&param, 0, sizeof(param));
		snprintf(param.name, sizeof(param.name), "%.10s-%d", svc->sched, i);
		param.set = any(4);
		param.value = any(3);
		ck_assert_ptr_nonnull(ext_add_param(&e.params, &param));
	}
	if (!goal)
		strcpy(e.sched, svc->sched);
	ck_assert(ext_add_service(&s->ext, &e));
}

void random_ext(struct state *s, bool goal)
{
	struct ipvs_service other = { .key = { .af = 0 } };
	struct ipvs_server server;
	size_t i, k;

	s->ext.there = true;
	s->ext.complete = !goal;
	for (i = 0; i < s->table.n; i++) {
		const struct ipvs_service *svc = &s->table.service[i];

		for (k = 0; k < svc->n; k++)
			if (any(2))
				add_attrs(s, &svc->key, &svc->server[k]);
		if (any(2))
			add_params(s, svc, goal);
	}
	for (i = any(4); i && !goal; i--) {
		if (s->table.n && any(2))
			other.key = s->table.service[any(s->table.n)].key;
		else
			random_key(&other.key);
		random_server(&server, &other, true);
		add_attrs(s, &other.key, &server);
	}
	ext_config_sort(&s->ext);
}

void make_possible(struct state *goal, const struct state *from)
{
	int i;

	if (!state_mixed(goal))
		return;
	for (i = 0; i < 2; i++)
		if (from->daemon[i].wish == STATE_ON)
			goal->daemon[i].wish = STATE_OFF;
}
