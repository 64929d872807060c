// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include <errno.h>
#include "model.h"
#include "unit.h"

/* ---- states ----------------------------------------------------------------- */

static void copy_ext(struct ext_config *to, const struct ext_config *from)
{
	size_t i, k;

	memset(to, 0, sizeof(*to));
	to->there = from->there;
	to->complete = from->complete;
	for (i = 0; i < from->servers; i++)
		ck_assert(ext_add_server(to, &from->server[i]));
	for (i = 0; i < from->services; i++) {
		struct ext_service svc = from->service[i];

		memset(&svc.params, 0, sizeof(svc.params));
		for (k = 0; k < from->service[i].params.n; k++) {
			struct ipvs_param param = from->service[i].params.param[k];

			param.text = param.text ? strdup(param.text) : NULL;
			ck_assert_ptr_nonnull(ext_add_param(&svc.params, &param));
		}
		ck_assert(ext_add_service(to, &svc));
	}
	ext_config_sort(to);
}

void state_copy(struct state *to, const struct state *from)
{
	size_t i, k;

	*to = *from;
	table_init(&to->table);
	for (i = 0; i < from->table.n; i++) {
		const struct ipvs_service *svc = &from->table.service[i];
		struct ipvs_service *copy = table_add_service(&to->table, svc);

		ck_assert_ptr_nonnull(copy);
		for (k = 0; k < svc->n; k++)
			ck_assert_ptr_nonnull(table_add_server(&to->table, copy, &svc->server[k]));
	}
	to->table.consistent = true;
	copy_ext(&to->ext, &from->ext);
}

static bool same_daemons(const struct state *a, const struct state *b)
{
	int i;

	for (i = 0; i < 2; i++) {
		const struct state_daemon *x = &a->daemon[i], *y = &b->daemon[i];

		if (x->wish != y->wish)
			return false;
		if (x->wish != STATE_ON)
			continue;
		if (strcmp(x->d.ifname, y->d.ifname) || x->d.syncid != y->d.syncid ||
		    x->d.maxlen != y->d.maxlen || x->d.group_af != y->d.group_af ||
		    x->d.port != y->d.port || x->d.ttl != y->d.ttl ||
		    memcmp(&x->d.group, &y->d.group, sizeof(x->d.group)))
			return false;
	}
	return true;
}

static const struct ipvs_params *params_of(const struct state *s, const struct ipvs_key *key)
{
	const struct ext_service *svc = ext_find_service(&s->ext, key);

	return svc ? &svc->params : NULL;
}

static bool same_ext(const struct state *a, const struct state *b,
		     const struct ipvs_service *svc)
{
	const struct ext_server *x, *y;
	struct ipvs_params change;
	size_t i;
	int ret;

	ret = ext_params_between(NULL, params_of(a, &svc->key), params_of(b, &svc->key), &change);
	ext_free_params(&change);
	for (i = 0; i < svc->n && !ret; i++) {
		x = ext_find_server(&a->ext, &svc->key, &svc->server[i]);
		y = ext_find_server(&b->ext, &svc->key, &svc->server[i]);
		ret = !ext_same_attrs(x ? &x->attrs : NULL, y ? &y->attrs : NULL);
	}
	return !ret;
}

/* Also of servers that do not exist. */
static bool same_kept(const struct ext_config *a, const struct ext_config *b)
{
	size_t i = 0, k = 0;
	int diff;

	while (i < a->servers || k < b->servers) {
		if (i < a->servers && !a->server[i].attrs.set) {
			i++;
			continue;
		}
		if (k < b->servers && !b->server[k].attrs.set) {
			k++;
			continue;
		}
		if (i == a->servers || k == b->servers)
			return false;
		diff = ext_server_cmp(&a->server[i], &b->server[k]);
		if (diff || !ext_same_attrs(&a->server[i++].attrs, &b->server[k++].attrs))
			return false;
	}
	return true;
}

bool state_same(const struct state *a, const struct state *b)
{
	size_t i, k;

	if (a->ext.complete && b->ext.complete && !same_kept(&a->ext, &b->ext))
		return false;
	if (a->table.n != b->table.n || !same_daemons(a, b) ||
	    memcmp(&a->timeouts, &b->timeouts, sizeof(a->timeouts)))
		return false;
	for (i = 0; i < a->table.n; i++) {
		const struct ipvs_service *x = &a->table.service[i], *y = &b->table.service[i];

		if (ipvs_key_cmp(&x->key, &y->key) || !plan_same_service(x, y) || x->n != y->n)
			return false;
		for (k = 0; k < x->n; k++)
			if (ipvs_server_cmp(&x->server[k], &y->server[k]) ||
			    !plan_same_server(&x->server[k], &y->server[k]))
				return false;
		if (!same_ext(a, b, x))
			return false;
	}
	return true;
}

bool state_mixed(const struct state *s)
{
	size_t i, k;

	for (i = 0; i < s->table.n; i++)
		for (k = 0; k < s->table.service[i].n; k++)
			if (s->table.service[i].server[k].af != s->table.service[i].key.af)
				return true;
	return false;
}

/* ---- what the kernel does ------------------------------------------------------ */

static int add_service(struct model *m, const struct ipvs_service *svc)
{
	struct ipvs_service new = *svc;

	if (table_find(&m->now.table, &svc->key))
		return EEXIST;
	if (!strcmp(svc->sched, "nosuch"))
		return ENOENT;
	new.flags |= IP_VS_SVC_F_HASHED;
	ck_assert_ptr_nonnull(table_add_service(&m->now.table, &new));
	table_sort(&m->now.table);
	return 0;
}

static int edit_service(struct model *m, const struct ipvs_service *svc)
{
	struct ipvs_service *is = table_find(&m->now.table, &svc->key);

	if (!is)
		return ESRCH;
	if (!strcmp(svc->sched, "nosuch"))
		return ENOENT;
	is->flags = svc->flags | IP_VS_SVC_F_HASHED;
	is->timeout = svc->timeout;
	is->netmask = svc->netmask;
	strcpy(is->sched, svc->sched);
	strcpy(is->pe, svc->pe);
	return 0;
}

static int del_service(struct model *m, const struct ipvs_key *key)
{
	struct table *t = &m->now.table;
	struct ipvs_service *is = table_find(t, key);

	if (!is)
		return ESRCH;
	free(is->server);
	memmove(is, is + 1, (t->service + t->n - is - 1) * sizeof(*is));
	t->n--;
	return 0;
}

static int check_server(struct model *m, const struct ipvs_service *svc,
			const struct ipvs_server *server)
{
	if (server->af != svc->key.af) {
		if (m->now.daemon[0].wish == STATE_ON || m->now.daemon[1].wish == STATE_ON)
			return EINVAL;
		if (server->forward != IP_VS_CONN_F_TUNNEL)
			return EINVAL;
	}
	if (server->weight < 0 || server->lower > server->upper)
		return ERANGE;
	return 0;
}

static int add_server(struct model *m, const struct ipvs_key *key,
		      const struct ipvs_server *server)
{
	struct ipvs_service *svc = table_find(&m->now.table, key);
	int err;

	if (!svc)
		return ESRCH;
	err = check_server(m, svc, server);
	if (err)
		return err;
	if (table_find_server(svc, server))
		return EEXIST;
	ck_assert_ptr_nonnull(table_add_server(&m->now.table, svc, server));
	table_sort(&m->now.table);
	return 0;
}

static int edit_server(struct model *m, const struct ipvs_key *key,
		       const struct ipvs_server *server)
{
	struct ipvs_service *svc = table_find(&m->now.table, key);
	struct ipvs_server *is, old;
	int err;

	if (!svc)
		return ESRCH;
	err = check_server(m, svc, server);
	if (err)
		return err;
	is = table_find_server(svc, server);
	if (!is)
		return ENOENT;
	old = *is;
	*is = *server;
	is->active = old.active;
	is->inactive = old.inactive;
	is->persistent = old.persistent;
	is->place = old.place;
	return 0;
}

static int del_server(struct model *m, const struct ipvs_key *key,
		      const struct ipvs_server *server)
{
	struct ipvs_service *svc = table_find(&m->now.table, key);
	struct ipvs_server *is;

	if (!svc)
		return ESRCH;
	is = table_find_server(svc, server);
	if (!is)
		return ENOENT;
	memmove(is, is + 1, (svc->server + svc->n - is - 1) * sizeof(*is));
	svc->n--;
	return 0;
}

static int start_daemon(struct model *m, const struct ipvs_daemon *d)
{
	struct state_daemon *is = &m->now.daemon[state_daemon(d->state)];

	if (state_mixed(&m->now))
		return EINVAL;
	if (!strcmp(d->ifname, "nosuch"))
		return ENODEV;
	if (is->wish == STATE_ON)
		return EEXIST;
	is->wish = STATE_ON;
	is->d = *d;
	if (!is->d.group_af) {
		is->d.group_af = AF_INET;
		is->d.group.ip = htonl(0xe0000051);
	}
	if (!is->d.port)
		is->d.port = 8848;
	if (!is->d.ttl)
		is->d.ttl = 1;
	if (!is->d.maxlen)
		is->d.maxlen = is->d.group_af == AF_INET6 ? 1452 : 1472;
	else if (d->state == IP_VS_STATE_BACKUP && is->d.maxlen < 1024)
		is->d.maxlen = 1024;
	return 0;
}

static int stop_daemon(struct model *m, const struct ipvs_daemon *d)
{
	struct state_daemon *is = &m->now.daemon[state_daemon(d->state)];

	if (is->wish != STATE_ON)
		return ESRCH;
	is->wish = STATE_OFF;
	return 0;
}

static int set_timeouts(struct model *m, const struct ipvs_timeouts *t)
{
	if (t->tcp)
		m->now.timeouts.tcp = t->tcp;
	if (t->tcp_fin)
		m->now.timeouts.tcp_fin = t->tcp_fin;
	if (t->udp)
		m->now.timeouts.udp = t->udp;
	return 0;
}

/* Kept for servers that do not exist, too. */
static int set_attrs(struct model *m, const struct ipvs_change *c)
{
	struct ext_server new = {
		.key = c->service.key, .addr = c->server.addr, .af = c->server.af,
		.port = c->server.port,
	};
	struct ext_server *is = (struct ext_server *)
		ext_find_server(&m->now.ext, &c->service.key, &c->server);

	ck_assert(m->now.ext.there);
	ck_assert(c->attrs.set || c->attrs.clear);
	ck_assert(!(c->attrs.set & c->attrs.clear));
	if (!is) {
		ck_assert(ext_add_server(&m->now.ext, &new));
		ext_config_sort(&m->now.ext);
		is = (struct ext_server *)ext_find_server(&m->now.ext, &c->service.key,
							  &c->server);
	}
	is->attrs.set = (is->attrs.set & ~c->attrs.clear) | c->attrs.set;
	if (c->attrs.set & EXT_HAS(IP_VS_EXT_ATTR_PRIORITY))
		is->attrs.priority = c->attrs.priority;
	if (c->attrs.set & EXT_HAS(IP_VS_EXT_ATTR_BANDWIDTH))
		is->attrs.bandwidth = c->attrs.bandwidth;
	if (c->attrs.set & EXT_HAS(IP_VS_EXT_ATTR_LAG))
		is->attrs.lag = c->attrs.lag;
	return 0;
}

/* Those of a scheduler are kept while the service has another one, or none is there. */
static struct ext_service *params_entry(struct model *m, const struct ipvs_key *key,
					const char *sched)
{
	struct ext_service new = { .key = *key };
	size_t i;

	for (i = 0; i < m->kept.services; i++)
		if (!ipvs_key_cmp(&m->kept.service[i].key, key) &&
		    !strcmp(m->kept.service[i].sched, sched))
			return &m->kept.service[i];
	strcpy(new.sched, sched);
	ck_assert(ext_add_service(&m->kept, &new));
	return &m->kept.service[m->kept.services - 1];
}

static int set_params(struct model *m, const struct ipvs_change *c)
{
	struct ipvs_service *svc = table_find(&m->now.table, &c->service.key);
	struct ext_service *is;
	struct ipvs_param *param;
	size_t i;

	ck_assert(m->now.ext.there);
	if (!c->params) {
		for (i = 0; i < m->kept.services; i++)
			if (!ipvs_key_cmp(&m->kept.service[i].key, &c->service.key))
				ext_free_params(&m->kept.service[i].params);
		return 0;
	}
	if (!svc)
		return ENOENT;
	is = params_entry(m, &svc->key, svc->sched);
	for (i = 0; i < c->params->n; i++) {
		struct ipvs_param new = c->params->param[i];

		if (strncmp(new.name, svc->sched, strlen(svc->sched)))
			return ENOENT;
		new.text = NULL;
		param = ext_find_param(&is->params, new.name);
		if (param)
			*param = new;
		else
			ck_assert_ptr_nonnull(ext_add_param(&is->params, &new));
	}
	return 0;
}

/* What a reader sees: those of the schedulers that services have. */
static void show_params(struct model *m)
{
	struct ext_config all = { .there = m->now.ext.there, .complete = m->now.ext.complete };
	struct ext_config seen;
	size_t i;

	for (i = 0; i < m->now.ext.servers; i++)
		if (m->now.ext.server[i].attrs.set)
			ck_assert(ext_add_server(&all, &m->now.ext.server[i]));
	for (i = 0; i < m->kept.services; i++) {
		const struct ext_service *kept = &m->kept.service[i];
		const struct ipvs_service *svc = table_find(&m->now.table, &kept->key);

		if (svc && !strcmp(svc->sched, kept->sched))
			ck_assert(ext_add_service(&all, kept));
	}
	copy_ext(&seen, &all);
	free(all.server);
	free(all.service);
	ext_config_free(&m->now.ext);
	m->now.ext = seen;
}

static int take_effect(struct model *m, const struct ipvs_change *c)
{
	switch (c->op) {
	case IPVS_ADD_SERVICE:
		return add_service(m, &c->service);
	case IPVS_EDIT_SERVICE:
		return edit_service(m, &c->service);
	case IPVS_DEL_SERVICE:
		return del_service(m, &c->service.key);
	case IPVS_ADD_SERVER:
		return add_server(m, &c->service.key, &c->server);
	case IPVS_EDIT_SERVER:
		return edit_server(m, &c->service.key, &c->server);
	case IPVS_DEL_SERVER:
		return del_server(m, &c->service.key, &c->server);
	case IPVS_SET_TIMEOUTS:
		return set_timeouts(m, &c->timeouts);
	case IPVS_START_DAEMON:
		return start_daemon(m, &c->daemon);
	case IPVS_STOP_DAEMON:
		return stop_daemon(m, &c->daemon);
	case IPVS_SET_ATTRS:
		return set_attrs(m, c);
	case IPVS_SET_PARAMS:
		return set_params(m, c);
	default:
		ck_abort_msg("a change of kind %d", c->op);
		return EINVAL;
	}
}

/* ---- as struct apply_ops -------------------------------------------------------- */

static void do_one(struct model *m, struct model_queued *q)
{
	q->done = true;
	m->asked++;
	if (m->die_at >= 0 && m->done >= m->die_at)
		return;
	if (m->refuse_at && m->asked >= m->refuse_at &&
	    m->asked <= m->refuse_at + m->refuse_more) {
		q->err = m->refuse_err;
		return;
	}
	if (m->lose_at && m->asked >= m->lose_at && !m->broken && m->lost <= m->lose_more) {
		m->broken = true;
		m->lost++;
	}
	/* What is behind it may or may not have arrived. */
	if (m->broken && any(2))
		return;
	q->err = take_effect(m, &q->change);
	if (q->err)
		return;
	show_params(m);
	m->done++;
	if (m->after)
		m->after(m, &q->change);
}

/* What is queued is not referred to later. */
static const struct ipvs_params *copy_params(const struct ipvs_params *from)
{
	struct ipvs_params *to;
	size_t i;

	if (!from)
		return NULL;
	to = calloc(1, sizeof(*to));
	ck_assert_ptr_nonnull(to);
	for (i = 0; i < from->n; i++) {
		struct ipvs_param param = from->param[i];

		param.text = NULL;
		ck_assert_ptr_nonnull(ext_add_param(to, &param));
	}
	return to;
}

static void free_queued(struct model_queued *q)
{
	struct ipvs_params *params = (struct ipvs_params *)q->change.params;

	if (q->change.op != IPVS_SET_PARAMS || !params)
		return;
	ext_free_params(params);
	free(params);
}

static int model_queue(void *arg, const struct ipvs_change *change, unsigned long tag)
{
	struct model *m = arg;
	struct model_queued *q;

	if (m->queue_broken)
		return -EPIPE;
	if (m->n_queued == m->room) {
		m->room = m->room * 2 + 16;
		m->queued = reallocarray(m->queued, m->room, sizeof(*q));
		ck_assert_ptr_nonnull(m->queued);
	}
	q = &m->queued[m->n_queued++];
	memset(q, 0, sizeof(*q));
	q->change = *change;
	if (change->op == IPVS_SET_PARAMS)
		q->change.params = copy_params(change->params);
	q->tag = tag;
	if (m->eager)
		do_one(m, q);
	return 0;
}

static long model_sync(void *arg, kernel_refused_t *refused, void *refused_arg)
{
	struct model *m = arg;
	long n = 0;
	size_t i;

	for (i = 0; i < m->n_queued; i++)
		if (!m->queued[i].done)
			do_one(m, &m->queued[i]);
	for (i = 0; i < m->n_queued && !m->broken; i++) {
		if (!m->queued[i].err)
			continue;
		n++;
		if (refused)
			refused(refused_arg, m->queued[i].tag, m->queued[i].err,
				any(2) ? "words of the kernel" : NULL);
	}
	for (i = 0; i < m->n_queued; i++)
		free_queued(&m->queued[i]);
	m->n_queued = 0;
	if (m->die_at >= 0 && m->done >= m->die_at)
		return -EIO;
	return m->broken ? -EIO : n;
}

static int model_read(void *arg, struct state *now)
{
	struct model *m = arg;

	if (m->die_at >= 0 && m->done >= m->die_at)
		return -EIO;
	m->broken = false;
	m->queue_broken = false;
	ck_assert_uint_eq(m->n_queued, 0);
	state_copy(now, &m->now);
	return 0;
}

static long model_wait(void *arg)
{
	struct model *m = arg;

	m->waited++;
	if (m->tick)
		m->tick(m);
	return m->stop_at && m->waited >= m->stop_at ? -1 : m->waited;
}

const struct apply_ops model_ops = {
	.queue = model_queue,
	.sync = model_sync,
	.read = model_read,
	.wait = model_wait,
};

void model_init(struct model *m, const struct state *s)
{
	size_t k;
	int i;

	memset(m, 0, sizeof(*m));
	m->die_at = -1;
	state_copy(&m->now, s);
	table_sort(&m->now.table);
	for (i = 0; i < 2; i++)
		if (m->now.daemon[i].wish != STATE_ON)
			m->now.daemon[i].wish = STATE_OFF;
	for (k = 0; k < s->ext.services; k++) {
		const struct ext_service *svc = &s->ext.service[k];
		struct ext_service *kept = params_entry(m, &svc->key, svc->sched);
		size_t n;

		for (n = 0; n < svc->params.n; n++)
			ck_assert_ptr_nonnull(ext_add_param(&kept->params, &svc->params.param[n]));
	}
}

void model_free(struct model *m)
{
	state_free(&m->now);
	ext_config_free(&m->kept);
	free(m->queued);
	m->queued = NULL;
}
