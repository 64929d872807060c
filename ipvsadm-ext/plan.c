// SPDX-License-Identifier: GPL-2.0
/*
 * The difference between two states, as changes in an order that keeps services
 * reachable; plan.h says which order, and why.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include "plan.h"

/* What the kernel takes where a daemon's configuration says nothing. */
#define DEFAULT_GROUP 0xe0000051	/* 224.0.0.81 */
#define DEFAULT_PORT 8848
#define DEFAULT_TTL 1
/* It rounds lengths of messages, too. */
#define MIN_BACKUP_MAXLEN 1024
#define MAX_MAXLEN 65507
#define MAX_MAXLEN6 65487

/* ---- the same or not --------------------------------------------------------- */

bool plan_same_service(const struct ipvs_service *a, const struct ipvs_service *b)
{
	/* HASHED is the kernel's own business. */
	if ((a->flags ^ b->flags) & ~IP_VS_SVC_F_HASHED)
		return false;
	/* Without persistence, nobody asks for these. */
	if (a->flags & IP_VS_SVC_F_PERSISTENT &&
	    (a->timeout != b->timeout || a->netmask != b->netmask))
		return false;
	return !strcmp(a->sched, b->sched) && !strcmp(a->pe, b->pe);
}

static bool same_tunnel(const struct ipvs_server *a, const struct ipvs_server *b)
{
	if (a->tun_type != b->tun_type)
		return false;
	if (a->tun_type == IP_VS_CONN_F_TUNNEL_TYPE_IPIP)
		return true;
	if (a->tun_type == IP_VS_CONN_F_TUNNEL_TYPE_GUE && a->tun_port != b->tun_port)
		return false;
	return a->tun_flags == b->tun_flags;
}

bool plan_same_server(const struct ipvs_server *a, const struct ipvs_server *b)
{
	return a->forward == b->forward && a->weight == b->weight &&
	       a->upper == b->upper && a->lower == b->lower &&
	       (a->forward != IP_VS_CONN_F_TUNNEL || same_tunnel(a, b));
}

/* What a daemon would run with, if the kernel started it so; @maxlen stays 0
 * where the kernel asks the network device.
 */
static struct ipvs_daemon as_started(const struct ipvs_daemon *d)
{
	struct ipvs_daemon s = *d;
	uint16_t max;

	if (!s.group_af) {
		s.group_af = AF_INET;
		s.group.ip = htonl(DEFAULT_GROUP);
	}
	if (!s.port)
		s.port = DEFAULT_PORT;
	if (!s.ttl)
		s.ttl = DEFAULT_TTL;
	max = s.group_af == AF_INET6 ? MAX_MAXLEN6 : MAX_MAXLEN;
	if (s.maxlen > max)
		s.maxlen = max;
	if (s.maxlen && s.maxlen < MIN_BACKUP_MAXLEN && s.state == IP_VS_STATE_BACKUP)
		s.maxlen = MIN_BACKUP_MAXLEN;
	return s;
}

static bool runs_as(const struct ipvs_daemon *running, const struct ipvs_daemon *wanted)
{
	struct ipvs_daemon a = as_started(running), b = as_started(wanted);

	return !strcmp(a.ifname, b.ifname) && a.syncid == b.syncid &&
	       a.port == b.port && a.ttl == b.ttl && a.group_af == b.group_af &&
	       !memcmp(&a.group, &b.group, a.group_af == AF_INET6 ? sizeof(a.group.in6) :
								  sizeof(a.group.in)) &&
	       (!b.maxlen || a.maxlen == b.maxlen);
}

/* An edit that only lets a server take more, as far as its limits go; or that
 * makes it take anything at all.
 */
static bool raises(const struct ipvs_server *from, const struct ipvs_server *to)
{
	uint32_t from_upper = from->upper ? from->upper : UINT32_MAX;
	uint32_t to_upper = to->upper ? to->upper : UINT32_MAX;
	uint32_t from_lower = from->lower ? from->lower : from_upper - from_upper / 4;
	uint32_t to_lower = to->lower ? to->lower : to_upper - to_upper / 4;

	if (!to->weight)
		return false;
	if (!from->weight)
		return true;
	return to_upper >= from_upper && to_lower >= from_lower &&
	       (to_upper > from_upper || to_lower > from_lower);
}

/* ---- collecting ----------------------------------------------------------------- */

static int add(struct plan *p, const struct plan_item *item)
{
	if (p->n == p->room) {
		size_t room = p->room ? p->room * 2 : 64;
		struct plan_item *more = reallocarray(p->item, room, sizeof(*more));

		if (!more)
			return -1;
		p->item = more;
		p->room = room;
	}
	p->item[p->n++] = *item;
	return 0;
}

static int add_daemon(struct plan *p, enum ipvs_op op, enum plan_phase phase, int daemon)
{
	struct plan_item item = { .op = op, .phase = phase, .daemon = daemon };

	return add(p, &item);
}

static bool mixed(const struct table *t)
{
	size_t i, k;

	for (i = 0; i < t->n; i++)
		for (k = 0; k < t->service[i].n; k++)
			if (t->service[i].server[k].af != t->service[i].key.af)
				return true;
	return false;
}

static int settings(struct plan *p)
{
	const struct ipvs_timeouts *from = &p->from->timeouts, *to = &p->to->timeouts;
	struct plan_item item = { .op = IPVS_SET_TIMEOUTS, .phase = PLAN_SETTINGS };
	enum plan_phase start = mixed(&p->from->table) ? PLAN_LATE : PLAN_SETTINGS;
	int i, ret = 0;

	if ((to->tcp && to->tcp != from->tcp) ||
	    (to->tcp_fin && to->tcp_fin != from->tcp_fin) ||
	    (to->udp && to->udp != from->udp))
		ret |= add(p, &item);
	for (i = 0; i < 2; i++) {
		const struct state_daemon *is = &p->from->daemon[i], *wanted = &p->to->daemon[i];

		if (wanted->wish == STATE_ANY)
			continue;
		if (is->wish == STATE_ON && wanted->wish == STATE_ON && runs_as(&is->d, &wanted->d))
			continue;
		if (is->wish == STATE_ON)
			ret |= add_daemon(p, IPVS_STOP_DAEMON, PLAN_SETTINGS, i);
		if (wanted->wish == STATE_ON)
			ret |= add_daemon(p, IPVS_START_DAEMON, start, i);
	}
	return ret;
}

/* ---- parameters ------------------------------------------------------------------- */

static const struct ipvs_params *params_of(const struct state *s, const struct ipvs_service *svc)
{
	const struct ext_service *ext = ext_find_service(&s->ext, &svc->key);

	return ext ? &ext->params : NULL;
}

/* Whoever read the kernel last knows its schedulers. */
static const struct ext_sched *sched_of(const struct plan *p, const struct ipvs_service *svc)
{
	return ext_find_sched(&p->from->ext, svc->sched);
}

static void free_params(struct plan_params *params)
{
	if (!params)
		return;
	ext_free_params(&params->to);
	ext_free_params(&params->back);
	free(params);
}

/* The way between two sets of parameters of one scheduler. Return: 1, 0: there is none
 * to go, or -1 without memory.
 */
static int params_way(const struct ext_sched *sched, const struct ipvs_params *from,
		      const struct ipvs_params *to, struct plan_params **way)
{
	struct plan_params *w = calloc(1, sizeof(*w));
	int ret;

	*way = NULL;
	if (!w)
		return -1;
	ret = ext_params_between(sched, from, to, &w->to);
	if (ret > 0)
		ret = ext_params_between(sched, to, from, &w->back);
	if (ret > 0)
		*way = w;
	else
		free_params(w);
	return ret < 0 ? -1 : ret;
}

/* What the kernel keeps for a name goes; @svc is its service as it was, or NULL. */
static int forget_params(struct plan *p, enum plan_phase phase, const struct ipvs_service *from,
			 const struct ipvs_service *to)
{
	struct plan_item item = {
		.op = IPVS_SET_PARAMS, .phase = phase, .from_svc = from, .to_svc = to,
	};

	return p->from->ext.there ? add(p, &item) : 0;
}

/* @from: NULL if it has none that count: it is new, or its scheduler was another. */
static int set_params(struct plan *p, const struct ipvs_service *from_svc,
		      const struct ipvs_service *to_svc, const struct ipvs_params *from)
{
	struct plan_item item = {
		.op = IPVS_SET_PARAMS, .phase = PLAN_PARAMS, .from_svc = from_svc,
		.to_svc = to_svc,
	};
	int ret = params_way(sched_of(p, to_svc), from, params_of(p->to, to_svc), &item.params);

	if (ret <= 0)
		return ret;
	ret = add(p, &item);
	if (ret)
		free_params(item.params);
	return ret;
}

/* ---- services ------------------------------------------------------------------------ */

static int new_service(struct plan *p, const struct ipvs_service *to)
{
	struct plan_item item = { .op = IPVS_ADD_SERVICE, .phase = PLAN_NEW, .to_svc = to };
	size_t i;
	int ret;

	ret = forget_params(p, PLAN_PREPARE, NULL, to) || add(p, &item) ||
	      set_params(p, NULL, to, NULL);
	item.op = IPVS_ADD_SERVER;
	for (i = 0; i < to->n && !ret; i++) {
		item.to = &to->server[i];
		ret = add(p, &item);
	}
	return ret;
}

static int drain_server(struct plan *p, const struct plan_item *item)
{
	struct plan_item edit = *item;

	if (!item->from->weight)
		return 0;
	edit.op = IPVS_EDIT_SERVER;
	edit.phase = PLAN_EDIT;
	edit.drain = true;
	return add(p, &edit);
}

static int old_service(struct plan *p, const struct ipvs_service *from, bool drain)
{
	struct plan_item item = { .op = IPVS_DEL_SERVICE, .phase = PLAN_DELETE, .from_svc = from };
	size_t i;
	int ret;

	ret = add(p, &item) || forget_params(p, PLAN_FORGET, from, NULL);
	for (i = 0; drain && i < from->n && !ret; i++) {
		item.from = &from->server[i];
		ret = drain_server(p, &item);
	}
	return ret;
}

static int kept_service(struct plan *p, const struct ipvs_service *from,
			const struct ipvs_service *to, bool drain)
{
	struct plan_item item = { .from_svc = from, .to_svc = to };
	size_t i = 0, k = 0;
	int ret = 0, diff;

	if (!plan_same_service(from, to)) {
		item.op = IPVS_EDIT_SERVICE;
		item.phase = PLAN_SERVICES;
		ret = add(p, &item);
	}
	if (!ret && strcmp(from->sched, to->sched))
		ret = forget_params(p, PLAN_PREPARE, from, to) || set_params(p, from, to, NULL);
	else if (!ret)
		ret = set_params(p, from, to, params_of(p->from, from));
	while (!ret && (i < from->n || k < to->n)) {
		item.from = i < from->n ? &from->server[i] : NULL;
		item.to = k < to->n ? &to->server[k] : NULL;
		diff = !item.to ? -1 : !item.from ? 1 : ipvs_server_cmp(item.from, item.to);
		if (diff < 0) {
			item.op = IPVS_DEL_SERVER;
			item.phase = PLAN_DELETE;
			item.to = NULL;
			ret = add(p, &item);
			if (!ret && drain)
				ret = drain_server(p, &item);
			i++;
		} else if (diff > 0) {
			item.op = IPVS_ADD_SERVER;
			item.phase = PLAN_ADD;
			item.from = NULL;
			ret = add(p, &item);
			k++;
		} else {
			item.op = IPVS_EDIT_SERVER;
			item.phase = raises(item.from, item.to) ? PLAN_RAISE : PLAN_EDIT;
			if (!plan_same_server(item.from, item.to))
				ret = add(p, &item);
			i++;
			k++;
		}
	}
	return ret;
}

/* ---- attributes -------------------------------------------------------------------- */

/* The item for a server's attributes; it and its service need not exist. */
static int change_attrs(struct plan *p, const struct ext_server *name,
			const struct ext_server *from, const struct ext_server *to)
{
	const struct ipvs_server key = { .addr = name->addr, .af = name->af, .port = name->port };
	struct plan_item item = { .op = IPVS_SET_ATTRS, .name = name };
	struct ipvs_attrs change;

	item.from_svc = table_find(&p->from->table, &name->key);
	item.to_svc = table_find(&p->to->table, &name->key);
	item.from = item.from_svc ? table_find_server(item.from_svc, &key) : NULL;
	item.to = item.to_svc ? table_find_server(item.to_svc, &key) : NULL;
	if (!ext_attrs_between(from ? &from->attrs : NULL, to ? &to->attrs : NULL, &change))
		return 0;
	/* A file says nothing about servers that it does not name, unless they go. */
	if (!item.from && !item.to && !p->to->ext.complete)
		return 0;
	if (item.from && item.to)
		item.phase = PLAN_ATTRS;
	else
		item.phase = item.to ? PLAN_PREPARE : PLAN_FORGET;
	return add(p, &item);
}

static int all_attrs(struct plan *p)
{
	const struct ext_config *a = &p->from->ext, *b = &p->to->ext;
	const struct ext_server *from, *to;
	size_t i = 0, k = 0;
	int ret = 0, diff;

	while (!ret && (i < a->servers || k < b->servers)) {
		from = i < a->servers ? &a->server[i] : NULL;
		to = k < b->servers ? &b->server[k] : NULL;
		diff = !to ? -1 : !from ? 1 : ext_server_cmp(from, to);
		if (diff < 0)
			to = NULL;
		else if (diff > 0)
			from = NULL;
		ret = change_attrs(p, from ? from : to, from, to);
		i += diff <= 0;
		k += diff >= 0;
	}
	return ret;
}

/* ---- order -------------------------------------------------------------------------- */

/* By phase; within a phase, as they were found. */
static int order(struct plan *p)
{
	size_t next[PLAN_PHASES], i;
	struct plan_item *sorted;
	int phase;

	for (i = 0; i < p->n; i++)
		p->begin[p->item[i].phase + 1]++;
	for (phase = 0; phase < PLAN_PHASES; phase++) {
		p->begin[phase + 1] += p->begin[phase];
		next[phase] = p->begin[phase];
	}
	if (!p->n)
		return 0;
	sorted = reallocarray(NULL, p->n, sizeof(*sorted));
	if (!sorted)
		return -1;
	for (i = 0; i < p->n; i++)
		sorted[next[p->item[i].phase]++] = p->item[i];
	free(p->item);
	p->item = sorted;
	p->room = p->n;
	return 0;
}

int plan_make(struct plan *p, const struct state *from, const struct state *to, bool drain)
{
	const struct table *a = &from->table, *b = &to->table;
	size_t i = 0, k = 0;
	int ret, diff;

	memset(p, 0, sizeof(*p));
	p->from = from;
	p->to = to;
	ret = settings(p);
	while (!ret && (i < a->n || k < b->n)) {
		diff = k == b->n ? -1 : i == a->n ? 1 :
		       ipvs_key_cmp(&a->service[i].key, &b->service[k].key);
		if (diff < 0)
			ret = old_service(p, &a->service[i++], drain);
		else if (diff > 0)
			ret = new_service(p, &b->service[k++]);
		else
			ret = kept_service(p, &a->service[i++], &b->service[k++], drain);
	}
	if (!ret)
		ret = all_attrs(p);
	return ret ? -1 : order(p);
}

void plan_free(struct plan *p)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		free_params(p->item[i].params);
	free(p->item);
	memset(p, 0, sizeof(*p));
}

/* ---- requests --------------------------------------------------------------------- */

static void set_service(struct ipvs_change *c, const struct ipvs_service *svc)
{
	c->service = *svc;
	c->service.flags &= ~IP_VS_SVC_F_HASHED;
	c->service.server = NULL;
	c->service.server_stats = NULL;
	c->service.n = 0;
	c->service.room = 0;
}

/* Only what the goal sets, and sets differently: the rest is not ours to undo. */
static void set_timeouts(struct ipvs_change *c, const struct plan *p, bool undo)
{
	const struct ipvs_timeouts *from = &p->from->timeouts, *to = &p->to->timeouts;
	const struct ipvs_timeouts *goal = undo ? from : to;

	if (to->tcp && to->tcp != from->tcp)
		c->timeouts.tcp = goal->tcp;
	if (to->tcp_fin && to->tcp_fin != from->tcp_fin)
		c->timeouts.tcp_fin = goal->tcp_fin;
	if (to->udp && to->udp != from->udp)
		c->timeouts.udp = goal->udp;
}

/* Of a server that need not exist; its attributes change before the rest of it. */
static void set_name(struct ipvs_change *c, const struct plan_item *item)
{
	if (item->from)
		c->server = *item->from;
	c->service.key = item->name->key;
	c->server.addr = item->name->addr;
	c->server.af = item->name->af;
	c->server.port = item->name->port;
}

/* From the attributes in @from to those in @to. */
static void set_attrs(struct ipvs_change *c, const struct state *from, const struct state *to)
{
	const struct ext_server *is = ext_find_server(&from->ext, &c->service.key, &c->server);
	const struct ext_server *wanted = ext_find_server(&to->ext, &c->service.key, &c->server);

	ext_attrs_between(is ? &is->attrs : NULL, wanted ? &wanted->attrs : NULL, &c->attrs);
}

/* For who reads the command: all that the server will have, and what it loses that the
 * kernel has kept for it.
 */
static void all_attrs_of(struct ipvs_change *c, const struct plan *p)
{
	const struct ext_server *wanted = ext_find_server(&p->to->ext, &c->service.key,
							  &c->server);
	uint32_t clear;

	set_attrs(c, p->from, p->to);
	clear = c->attrs.clear;
	if (wanted)
		c->attrs = wanted->attrs;
	c->attrs.clear = clear;
}

static int service_cmp(const void *key, const void *item)
{
	const struct ipvs_service *a = key, *b = ((const struct plan_item *)item)->to_svc;

	return a < b ? -1 : a > b;
}

/* Its parameters, which are there only for who reads the command. plan_make() goes
 * through the services in their order, and there is at most one change of each.
 */
static const struct ipvs_params *params_to_come(const struct plan *p, const struct plan_item *item)
{
	size_t begin = p->begin[PLAN_PARAMS];
	const struct plan_item *found = bsearch(item->to_svc, p->item + begin,
						p->begin[PLAN_PARAMS + 1] - begin,
						sizeof(*p->item), service_cmp);

	return found ? &found->params->to : NULL;
}

bool plan_is_silent(const struct plan_item *item)
{
	if (!plan_is_ext(item))
		return false;
	return item->phase == PLAN_PREPARE || item->phase == PLAN_FORGET ||
	       (item->phase == PLAN_PARAMS && !item->from_svc);
}

void plan_change(const struct plan *p, const struct plan_item *item, struct ipvs_change *c)
{
	const struct ipvs_service *svc = item->to_svc ? item->to_svc : item->from_svc;
	const struct ipvs_server *server = item->to ? item->to : item->from;

	memset(c, 0, sizeof(*c));
	c->op = item->op;
	if (svc)
		set_service(c, svc);
	if (server)
		c->server = *server;
	if (item->drain)
		c->server.weight = 0;
	switch (item->op) {
	case IPVS_ADD_SERVICE:
		c->params = params_to_come(p, item);
		break;
	case IPVS_ADD_SERVER:
		all_attrs_of(c, p);
		break;
	case IPVS_SET_ATTRS:
		set_name(c, item);
		set_attrs(c, p->from, p->to);
		break;
	case IPVS_SET_PARAMS:
		if (item->params)
			c->params = &item->params->to;
		break;
	case IPVS_SET_TIMEOUTS:
		set_timeouts(c, p, false);
		break;
	case IPVS_START_DAEMON:
		c->daemon = p->to->daemon[item->daemon].d;
		break;
	case IPVS_STOP_DAEMON:
		c->daemon = p->from->daemon[item->daemon].d;
		break;
	default:
		break;
	}
}

static int undo_service(const struct plan *p, const struct ipvs_service *svc,
			int (*emit)(void *arg, const struct ipvs_change *change), void *arg)
{
	const struct ipvs_params *params = params_of(p->from, svc);
	struct plan_params *way = NULL;
	struct ipvs_change c;
	size_t i;
	int ret;

	memset(&c, 0, sizeof(c));
	set_service(&c, svc);
	c.op = IPVS_ADD_SERVICE;
	ret = emit(arg, &c);
	c.op = IPVS_ADD_SERVER;
	for (i = 0; i < svc->n && !ret; i++) {
		c.server = svc->server[i];
		ret = emit(arg, &c);
	}
	if (!ret && params)
		ret = params_way(sched_of(p, svc), NULL, params, &way);
	if (ret > 0) {
		c.op = IPVS_SET_PARAMS;
		c.params = &way->to;
		ret = emit(arg, &c);
	}
	free_params(way);
	return ret;
}

static int undo_params(const struct plan *p, const struct plan_item *item, struct ipvs_change *c,
		       int (*emit)(void *arg, const struct ipvs_change *change), void *arg)
{
	bool stays = item->from_svc && item->to_svc;
	bool same = stays && !strcmp(item->from_svc->sched, item->to_svc->sched);
	struct plan_params *way = NULL;
	int ret = 0;

	/* With a service that goes, they came back when it did. */
	if (item->phase == PLAN_FORGET)
		return 0;
	if (item->phase == PLAN_PARAMS) {
		c->params = same ? &item->params->back : NULL;
		return emit(arg, c);
	}
	/* Its scheduler is the old one again. */
	if (stays)
		ret = params_way(sched_of(p, item->from_svc), NULL,
				 params_of(p->from, item->from_svc), &way);
	if (ret > 0) {
		c->params = &way->to;
		ret = emit(arg, c);
	}
	free_params(way);
	return ret;
}

int plan_undo(const struct plan *p, const struct plan_item *item,
	      int (*emit)(void *arg, const struct ipvs_change *change), void *arg)
{
	struct ipvs_change c;

	plan_change(p, item, &c);
	switch (item->op) {
	case IPVS_ADD_SERVICE:
		c.op = IPVS_DEL_SERVICE;
		break;
	case IPVS_EDIT_SERVICE:
		set_service(&c, item->from_svc);
		break;
	case IPVS_DEL_SERVICE:
		return undo_service(p, item->from_svc, emit, arg);
	case IPVS_ADD_SERVER:
		c.op = IPVS_DEL_SERVER;
		break;
	case IPVS_EDIT_SERVER:
		c.server = *item->from;
		break;
	case IPVS_DEL_SERVER:
		c.op = IPVS_ADD_SERVER;
		break;
	case IPVS_SET_ATTRS:
		set_attrs(&c, p->to, p->from);
		break;
	case IPVS_SET_PARAMS:
		return undo_params(p, item, &c, emit, arg);
	case IPVS_SET_TIMEOUTS:
		set_timeouts(&c, p, true);
		break;
	case IPVS_START_DAEMON:
		c.op = IPVS_STOP_DAEMON;
		break;
	case IPVS_STOP_DAEMON:
		c.op = IPVS_START_DAEMON;
		break;
	default:
		break;
	}
	return emit(arg, &c);
}
