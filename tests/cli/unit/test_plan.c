// SPDX-License-Identifier: GPL-2.0
/*
 * Plans, carried out by a model of the kernel: they reach the goal with as few
 * changes as there are differences, keep services reachable on the way, can be
 * interrupted anywhere, and leave no trace when they are refused.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <sys/socket.h>
#include "model.h"
#include "random_state.h"
#include "unit.h"

#define ROUNDS 3000

/* ---- two states, and what may be said about each step between -------------------- */

struct scene {
	struct state from;
	struct state to;
};

static void scene_random(struct scene *s)
{
	state_init(&s->from);
	state_init(&s->to);
	random_state(&s->from, false);
	random_state(&s->to, true);
	make_possible(&s->to, &s->from);
	if (any(2)) {
		random_ext(&s->from, false);
		random_ext(&s->to, true);
	}
}

static void scene_free(struct scene *s)
{
	state_free(&s->from);
	state_free(&s->to);
}

static bool reachable(const struct ipvs_service *svc)
{
	size_t i;

	for (i = 0; svc && i < svc->n; i++)
		if (svc->server[i].weight > 0)
			return true;
	return false;
}

/* Whatever could be reached before and can be after can be reached now. */
static void check_reachable(struct model *m, const struct ipvs_change *change)
{
	struct scene *s = m->after_arg;
	size_t i;

	for (i = 0; i < s->from.table.n; i++) {
		const struct ipvs_service *svc = &s->from.table.service[i];

		if (!reachable(svc) || !reachable(table_find(&s->to.table, &svc->key)))
			continue;
		ck_assert_msg(reachable(table_find(&m->now.table, &svc->key)),
			      "service %zu has no server after change %ld, of kind %d",
			      i, m->done, change->op);
	}
}

/* What stayed has never been away: it still is the object of the beginning. */
static void check_kept(const struct model *m, const struct scene *s)
{
	size_t i, k;

	for (i = 0; i < s->from.table.n; i++) {
		const struct ipvs_service *svc = &s->from.table.service[i];
		const struct ipvs_service *to = table_find(&s->to.table, &svc->key);
		const struct ipvs_service *is = table_find(&m->now.table, &svc->key);

		if (!to)
			continue;
		ck_assert_uint_eq(is->stats.value[0], svc->stats.value[0]);
		for (k = 0; k < svc->n; k++) {
			if (!table_find_server(to, &svc->server[k]))
				continue;
			ck_assert_uint_eq(table_find_server(is, &svc->server[k])->active,
					  svc->server[k].active);
		}
	}
}

/* What the kernel should have in the end. */
static void expected(struct state *e, const struct scene *s)
{
	struct model m;
	int i;

	state_copy(e, &s->to);
	if (!e->timeouts.tcp)
		e->timeouts.tcp = s->from.timeouts.tcp;
	if (!e->timeouts.tcp_fin)
		e->timeouts.tcp_fin = s->from.timeouts.tcp_fin;
	if (!e->timeouts.udp)
		e->timeouts.udp = s->from.timeouts.udp;
	for (i = 0; i < 2; i++) {
		struct ipvs_change start = { .op = IPVS_START_DAEMON };

		if (e->daemon[i].wish == STATE_ANY)
			e->daemon[i] = s->from.daemon[i];
		if (e->daemon[i].wish != STATE_ON)
			continue;
		/* with the kernel's defaults */
		state_init(&m.now);
		model_init(&m, &m.now);
		start.daemon = e->daemon[i].d;
		ck_assert_int_eq(model_ops.queue(&m, &start, 0), 0);
		ck_assert_int_eq(model_ops.sync(&m, NULL, NULL), 0);
		e->daemon[i].d = m.now.daemon[i].d;
		model_free(&m);
	}
}

static void check_reached(const struct model *m, const struct scene *s)
{
	struct state e;

	expected(&e, s);
	ck_assert(state_same(&m->now, &e));
	state_free(&e);
}

static size_t param_differences(const struct state *a, const struct state *b,
				const struct ipvs_key *key)
{
	const struct ext_service *x = a ? ext_find_service(&a->ext, key) : NULL;
	const struct ext_service *y = ext_find_service(&b->ext, key);
	struct ipvs_params change;
	int ret = ext_params_between(NULL, x ? &x->params : NULL, y ? &y->params : NULL, &change);

	ext_free_params(&change);
	return ret;
}

static bool exists(const struct state *s, const struct ext_server *e)
{
	const struct ipvs_server key = { .addr = e->addr, .af = e->af, .port = e->port };
	const struct ipvs_service *svc = table_find(&s->table, &e->key);

	return svc && table_find_server(svc, &key);
}

/* The number of differences that are for family IPVS_EXT. */
static size_t ext_differences(const struct scene *s)
{
	const struct ipvs_service *a, *b;
	size_t n = 0, i, k;

	if (!s->from.ext.there)
		return 0;
	for (i = 0; i < s->from.table.n; i++)
		n += !table_find(&s->to.table, &s->from.table.service[i].key);
	for (i = 0; i < s->to.table.n; i++) {
		b = &s->to.table.service[i];
		a = table_find(&s->from.table, &b->key);
		/* What was kept for another scheduler, or another service, goes. */
		n += !a || strcmp(a->sched, b->sched);
		n += param_differences(a && !strcmp(a->sched, b->sched) ? &s->from : NULL, &s->to,
				       &b->key);
	}
	for (i = 0; i < s->from.ext.servers; i++) {
		const struct ext_server *x = &s->from.ext.server[i];

		if (!exists(&s->from, x) && !exists(&s->to, x))
			continue;
		for (k = 0; k < s->to.ext.servers; k++)
			if (!ext_server_cmp(x, &s->to.ext.server[k]))
				break;
		n += k == s->to.ext.servers || !ext_same_attrs(&x->attrs, &s->to.ext.server[k].attrs);
	}
	for (k = 0; k < s->to.ext.servers; k++) {
		for (i = 0; i < s->from.ext.servers; i++)
			if (!ext_server_cmp(&s->from.ext.server[i], &s->to.ext.server[k]))
				break;
		n += i == s->from.ext.servers;
	}
	return n;
}

/* The number of differences, counted another way. */
static size_t differences(const struct scene *s)
{
	struct state e;
	size_t n, i, k;

	expected(&e, s);
	n = memcmp(&e.timeouts, &s->from.timeouts, sizeof(e.timeouts)) != 0;
	for (i = 0; i < 2; i++) {
		const struct state_daemon *a = &s->from.daemon[i], *b = &e.daemon[i];

		if (a->wish != b->wish)
			n++;
		else if (a->wish == STATE_ON && memcmp(&a->d, &b->d, sizeof(a->d)))
			n += 2;
	}
	for (i = 0; i < s->from.table.n; i++) {
		const struct ipvs_service *a = &s->from.table.service[i];
		const struct ipvs_service *b = table_find(&e.table, &a->key);

		n += !b || !plan_same_service(a, b);
		for (k = 0; b && k < a->n; k++) {
			const struct ipvs_server *x = table_find_server(b, &a->server[k]);

			n += !x || !plan_same_server(&a->server[k], x);
		}
	}
	for (i = 0; i < e.table.n; i++) {
		const struct ipvs_service *b = &e.table.service[i];
		const struct ipvs_service *a = table_find(&s->from.table, &b->key);

		n += !a;
		for (k = 0; k < b->n; k++)
			n += !a || !table_find_server(a, &b->server[k]);
	}
	state_free(&e);
	return n;
}

/* ---- running ---------------------------------------------------------------------- */

static enum apply_end run(struct model *m, const struct state *from, const struct state *to,
			  size_t *n)
{
	struct apply a = { .ops = &model_ops, .arg = m };
	enum apply_end end;
	struct plan p;

	ck_assert_int_eq(plan_make(&p, from, to, false), 0);
	if (n)
		*n = p.n;
	a.plan = &p;
	end = apply_run(&a);
	if (end == APPLY_DONE)
		ck_assert_uint_eq(a.n_refusals, 0);
	apply_free(&a);
	plan_free(&p);
	return end;
}

/* From what the model has now. */
static enum apply_end run_again(struct model *m, const struct state *to, size_t *n)
{
	enum apply_end end;
	struct state now;

	state_copy(&now, &m->now);
	end = run(m, &now, to, n);
	state_free(&now);
	return end;
}

START_TEST(reaches_the_goal)
{
	struct scene s;
	struct model m;
	size_t n;
	int i;

	unit_seed();
	for (i = 0; i < ROUNDS; i++) {
		scene_random(&s);
		model_init(&m, &s.from);
		m.eager = any(2);
		m.after = check_reachable;
		m.after_arg = &s;
		ck_assert_int_eq(run(&m, &s.from, &s.to, &n), APPLY_DONE);
		ck_assert_uint_eq(n, differences(&s) + ext_differences(&s));
		ck_assert_int_eq(m.asked, n);
		check_reached(&m, &s);
		check_kept(&m, &s);
		/* and is then at rest */
		ck_assert_int_eq(run_again(&m, &s.to, &n), APPLY_DONE);
		ck_assert_uint_eq(n, 0);
		model_free(&m);
		scene_free(&s);
	}
}
END_TEST

START_TEST(killed_after_each_change)
{
	struct scene s;
	struct model m;
	size_t n = 1;
	long k;
	int i;

	unit_seed();
	for (i = 0; i < ROUNDS / 10; i++) {
		scene_random(&s);
		for (k = 0; k == 0 || k <= (long)n; k++) {
			model_init(&m, &s.from);
			m.after = check_reachable;
			m.after_arg = &s;
			m.die_at = k;
			run(&m, &s.from, &s.to, &n);
			ck_assert_int_eq(m.done, k);
			m.die_at = -1;
			m.broken = false;
			m.n_queued = 0;
			ck_assert_int_eq(run_again(&m, &s.to, NULL), APPLY_DONE);
			check_reached(&m, &s);
			check_kept(&m, &s);
			model_free(&m);
		}
		scene_free(&s);
	}
}
END_TEST

START_TEST(refused_at_each_change)
{
	static const int errors[] = { EINVAL, ENOMEM, EEXIST, EPERM, ERANGE };
	struct scene s;
	struct model m;
	size_t n;
	long k;
	int i;

	unit_seed();
	for (i = 0; i < ROUNDS / 10; i++) {
		scene_random(&s);
		for (n = 1, k = 1; k <= (long)n; k++) {
			model_init(&m, &s.from);
			m.eager = any(2);
			m.after = check_reachable;
			m.after_arg = &s;
			m.refuse_at = k;
			m.refuse_err = errors[any(5)];
			if (run(&m, &s.from, &s.to, &n) != APPLY_DONE) {
				ck_assert(state_same(&m.now, &s.from));
				check_kept(&m, &s);
			} else {
				ck_assert_uint_eq(n, 0);
			}
			model_free(&m);
		}
		scene_free(&s);
	}
}
END_TEST

START_TEST(connection_lost_at_each_change)
{
	struct scene s;
	struct model m;
	size_t n;
	long k;
	int i;

	unit_seed();
	for (i = 0; i < ROUNDS / 10; i++) {
		scene_random(&s);
		for (n = 1, k = 1; k <= (long)n; k++) {
			model_init(&m, &s.from);
			m.eager = any(2);
			m.after = check_reachable;
			m.after_arg = &s;
			m.lose_at = k;
			if (run(&m, &s.from, &s.to, &n) == APPLY_DONE)
				ck_assert_uint_eq(n, 0);
			else
				ck_assert(state_same(&m.now, &s.from));
			model_free(&m);
		}
		scene_free(&s);
	}
}
END_TEST

/*
 * @trouble from each change of random scenes on, so that the way back is not always
 * found. @ended may look at how it ended, and says whether it is one of the ends that
 * have to occur. Nothing is said to be undone that is not.
 */
static void trouble_on_the_way_back(void (*trouble)(struct model *m, long k),
				    bool (*ended)(const struct model *m, enum apply_end end))
{
	enum apply_end end;
	struct scene s;
	struct model m;
	size_t n;
	long k;
	int i, undone = 0, not_undone = 0;

	unit_seed();
	for (i = 0; i < ROUNDS / 10; i++) {
		scene_random(&s);
		for (n = 1, k = 1; k <= (long)n; k++) {
			model_init(&m, &s.from);
			trouble(&m, k);
			end = run(&m, &s.from, &s.to, &n);
			if (end == APPLY_DONE) {
				ck_assert_uint_eq(n, 0);
			} else if (end == APPLY_UNDONE) {
				ck_assert(state_same(&m.now, &s.from));
				undone += ended(&m, end);
			} else {
				not_undone += ended(&m, end);
			}
			/* and another try still gets there */
			m.refuse_at = 0;
			m.lose_at = 0;
			m.broken = false;
			ck_assert_int_eq(run_again(&m, &s.to, NULL), APPLY_DONE);
			check_reached(&m, &s);
			model_free(&m);
		}
		scene_free(&s);
	}
	ck_assert_int_gt(undone, 0);
	ck_assert_int_gt(not_undone, 0);
}

static void lose_more(struct model *m, long k)
{
	m->lose_at = k;
	m->lose_more = 1 + any(3);
}

static bool tried(const struct model *m, enum apply_end end)
{
	if (end != APPLY_UNDONE) {
		ck_assert_int_eq(m->lost, 4);
		ck_assert_int_eq(m->waited, 2);
		return true;
	}
	ck_assert_int_le(m->lost, 3);
	ck_assert_int_eq(m->waited, m->lost - 1);
	return m->waited == 2;
}

/* The way back is tried three times, a second apart. */
START_TEST(connection_lost_again)
{
	trouble_on_the_way_back(lose_more, tried);
}
END_TEST

static void refuse_more(struct model *m, long k)
{
	m->refuse_at = k;
	m->refuse_more = 1 + any(3);
	m->refuse_err = EINVAL;
}

static bool any_end(const struct model *m, enum apply_end end)
{
	(void)m;
	(void)end;
	return true;
}

START_TEST(refused_on_the_way_back)
{
	trouble_on_the_way_back(refuse_more, any_end);
}
END_TEST

/* ---- single rules ------------------------------------------------------------------ */

static struct ipvs_service *service(struct state *s, const char *addr, int port)
{
	struct ipvs_service svc = {
		.key = { .af = AF_INET, .protocol = IPPROTO_TCP, .port = htons(port) },
		.sched = "wlc", .netmask = UINT32_MAX,
	};

	ck_assert_int_eq(inet_pton(AF_INET, addr, &svc.key.addr), 1);
	return table_add_service(&s->table, &svc);
}

static struct ipvs_server *server(struct state *s, struct ipvs_service *svc, int host, int weight)
{
	struct ipvs_server srv = {
		.af = AF_INET, .port = svc->key.port, .forward = IP_VS_CONN_F_DROUTE,
		.weight = weight, .addr.ip = htonl(0x0a070000 + host),
	};

	return table_add_server(&s->table, svc, &srv);
}

static void check_ops(const struct plan *p, const char *want)
{
	static const char letter[] = "AEDaedtsx";	/* as enum ipvs_op */
	char got[64] = "";
	size_t i;

	for (i = 0; i < p->n && i < sizeof(got) - 1; i++)
		got[i] = letter[p->item[i].op];
	ck_assert_str_eq(got, want);
}

/* Names of operations in check_ops(): commands, t: timeouts, s: start, x: stop. */
START_TEST(order)
{
	struct state from, to;
	struct ipvs_service *svc;
	struct plan p;

	state_init(&from);
	state_init(&to);
	svc = service(&from, "10.0.0.1", 80);
	server(&from, svc, 1, 1);	/* deleted */
	server(&from, svc, 2, 1);	/* to weight 0 */
	server(&from, svc, 3, 0);	/* from weight 0 */
	service(&from, "10.0.0.9", 80);	/* deleted */
	svc = service(&to, "10.0.0.1", 80);
	strcpy(svc->sched, "rr");
	server(&to, svc, 2, 0);
	server(&to, svc, 3, 1);
	server(&to, svc, 4, 1);
	svc = service(&to, "10.0.0.0", 80);
	server(&to, svc, 1, 1);
	to.timeouts.tcp = 10;
	to.daemon[STATE_MASTER].wish = STATE_ON;
	to.daemon[STATE_MASTER].d.state = IP_VS_STATE_MASTER;
	from.daemon[STATE_BACKUP].wish = STATE_ON;
	from.daemon[STATE_BACKUP].d.state = IP_VS_STATE_BACKUP;
	to.daemon[STATE_BACKUP].wish = STATE_OFF;
	table_sort(&from.table);
	table_sort(&to.table);
	ck_assert_int_eq(plan_make(&p, &from, &to, false), 0);
	check_ops(&p, "tsxAaEaeedD");
	ck_assert_int_eq(p.item[7].to->weight, 1);
	ck_assert_int_eq(p.item[8].to->weight, 0);
	plan_free(&p);
	/* draining adds edits to weight 0, where it is not that already */
	ck_assert_int_eq(plan_make(&p, &from, &to, true), 0);
	check_ops(&p, "tsxAaEaeeedD");
	ck_assert(p.item[8].drain);
	plan_free(&p);
	state_free(&from);
	state_free(&to);
}
END_TEST

/* A daemon and servers of another family exclude each other, so they take turns. */
START_TEST(daemon_after_mixed)
{
	struct state from, to;
	struct ipvs_service *svc;
	struct ipvs_server *srv;
	struct plan p;

	state_init(&from);
	state_init(&to);
	svc = service(&from, "10.0.0.1", 80);
	srv = server(&from, svc, 1, 1);
	srv->af = AF_INET6;
	srv->forward = IP_VS_CONN_F_TUNNEL;
	svc = service(&to, "10.0.0.1", 80);
	to.daemon[STATE_MASTER].wish = STATE_ON;
	to.daemon[STATE_MASTER].d.state = IP_VS_STATE_MASTER;
	ck_assert_int_eq(plan_make(&p, &from, &to, false), 0);
	check_ops(&p, "ds");
	plan_free(&p);
	from.daemon[STATE_MASTER] = to.daemon[STATE_MASTER];
	to.daemon[STATE_MASTER].wish = STATE_OFF;
	from.table.service[0].n = 0;
	srv = server(&to, &to.table.service[0], 1, 1);
	srv->af = AF_INET6;
	srv->forward = IP_VS_CONN_F_TUNNEL;
	ck_assert_int_eq(plan_make(&p, &from, &to, false), 0);
	check_ops(&p, "xa");
	plan_free(&p);
	state_free(&from);
	state_free(&to);
}
END_TEST

/* What the kernel fills in by itself is no difference. */
START_TEST(kernel_defaults)
{
	struct state from, to;
	struct ipvs_daemon *is, *wanted;
	struct plan p;

	state_init(&from);
	state_init(&to);
	from.daemon[STATE_BACKUP].wish = STATE_ON;
	to.daemon[STATE_BACKUP].wish = STATE_ON;
	is = &from.daemon[STATE_BACKUP].d;
	wanted = &to.daemon[STATE_BACKUP].d;
	is->state = IP_VS_STATE_BACKUP;
	wanted->state = IP_VS_STATE_BACKUP;
	strcpy(is->ifname, "eth0");
	strcpy(wanted->ifname, "eth0");
	is->group_af = AF_INET;
	is->group.ip = htonl(0xe0000051);
	is->port = 8848;
	is->ttl = 1;
	is->maxlen = 9000;
	ck_assert_int_eq(plan_make(&p, &from, &to, false), 0);
	check_ops(&p, "");
	plan_free(&p);
	/* what is asked for, but rounded by the kernel */
	is->maxlen = 1024;
	wanted->maxlen = 500;
	ck_assert_int_eq(plan_make(&p, &from, &to, false), 0);
	check_ops(&p, "");
	plan_free(&p);
	wanted->maxlen = 1100;
	ck_assert_int_eq(plan_make(&p, &from, &to, false), 0);
	check_ops(&p, "xs");
	plan_free(&p);
	wanted->maxlen = 0;
	wanted->ttl = 2;
	ck_assert_int_eq(plan_make(&p, &from, &to, false), 0);
	check_ops(&p, "xs");
	plan_free(&p);
	state_free(&from);
	state_free(&to);
}
END_TEST

START_TEST(refusals_are_told_once)
{
	struct apply a = { .ops = &model_ops };
	struct state from, to;
	struct ipvs_service *svc;
	struct model m;
	struct plan p;
	int i;

	state_init(&from);
	state_init(&to);
	svc = service(&to, "10.0.0.1", 80);
	strcpy(svc->sched, "nosuch");
	for (i = 1; i < 40; i++)
		server(&to, svc, i, 1);
	model_init(&m, &from);
	ck_assert_int_eq(plan_make(&p, &from, &to, false), 0);
	a.arg = &m;
	a.plan = &p;
	ck_assert_int_eq(apply_run(&a), APPLY_UNDONE);
	/* not one for each server that lacks its service */
	ck_assert_uint_eq(a.n_refusals, 1);
	ck_assert_int_eq(a.refusal[0].err, ENOENT);
	ck_assert_ptr_eq(a.refusal[0].item->to_svc, svc);
	ck_assert_uint_eq(a.more, 0);
	apply_free(&a);
	plan_free(&p);
	model_free(&m);
	state_free(&from);
	state_free(&to);
}
END_TEST

/* Somebody else deletes what we are about to delete: fine. */
START_TEST(deleted_by_others)
{
	struct state from, to, none;
	struct ipvs_service *svc;
	struct model m;

	state_init(&from);
	state_init(&to);
	state_init(&none);
	svc = service(&from, "10.0.0.1", 80);
	server(&from, svc, 1, 1);
	service(&from, "10.0.0.2", 80);
	service(&to, "10.0.0.1", 80);
	from.daemon[STATE_MASTER].wish = STATE_ON;
	from.daemon[STATE_MASTER].d.state = IP_VS_STATE_MASTER;
	to.daemon[STATE_MASTER].wish = STATE_OFF;
	model_init(&m, &none);
	ck_assert_int_eq(run(&m, &from, &to, NULL), APPLY_DONE);
	model_free(&m);
	state_free(&from);
	state_free(&to);
}
END_TEST

/* ---- draining ----------------------------------------------------------------------- */

/*
 * Two servers and a service go. In the model, a server with @active connections
 * loses one a second.
 */
static void drain_scene(struct scene *s)
{
	struct ipvs_service *svc;

	state_init(&s->from);
	state_init(&s->to);
	s->from.daemon[STATE_MASTER].wish = STATE_OFF;
	s->from.daemon[STATE_BACKUP].wish = STATE_OFF;
	svc = service(&s->from, "10.0.0.1", 80);
	server(&s->from, svc, 1, 1);
	server(&s->from, svc, 2, 5)->active = 3;
	server(&s->from, svc, 3, 5)->persistent = 6;
	svc = service(&s->from, "10.0.0.2", 80);
	server(&s->from, svc, 1, 1)->inactive = 4;
	server(&s->from, svc, 2, 0)->active = 2;
	svc = service(&s->to, "10.0.0.1", 80);
	server(&s->to, svc, 1, 1);
}

static void one_ends(struct model *m)
{
	size_t i, k;

	for (i = 0; i < m->now.table.n; i++)
		for (k = 0; k < m->now.table.service[i].n; k++) {
			struct ipvs_server *srv = &m->now.table.service[i].server[k];

			if (srv->active)
				srv->active--;
			if (srv->inactive)
				srv->inactive--;
			if (srv->persistent)
				srv->persistent--;
		}
}

struct drained {
	long when[8];
	int n;
	bool early;
};

/* Deletions, and when; none of a server that has connections and could wait. */
static void note_deletion(struct model *m, const struct ipvs_change *c)
{
	struct drained *d = m->after_arg;

	if (c->op == IPVS_DEL_SERVER || c->op == IPVS_DEL_SERVICE)
		d->when[d->n++] = m->waited;
}

static enum apply_end drain_run(struct model *m, const struct scene *s, struct apply *a,
				unsigned int seconds)
{
	enum apply_end end;
	struct state now;
	struct plan p;

	memset(a, 0, sizeof(*a));
	state_copy(&now, &m->now);
	ck_assert_int_eq(plan_make(&p, &now, &s->to, true), 0);
	a->ops = &model_ops;
	a->arg = m;
	a->plan = &p;
	a->drain = seconds;
	end = apply_run(a);
	apply_free(a);
	plan_free(&p);
	state_free(&now);
	return end;
}

START_TEST(drains_until_empty)
{
	struct drained d = { .n = 0 };
	struct scene s;
	struct model m;
	struct apply a;

	drain_scene(&s);
	model_init(&m, &s.from);
	m.tick = one_ends;
	m.after = note_deletion;
	m.after_arg = &d;
	ck_assert_int_eq(drain_run(&m, &s, &a, 100), APPLY_DONE);
	ck_assert_int_eq(d.n, 3);
	ck_assert_int_eq(d.when[0], 3);
	ck_assert_int_eq(d.when[1], 4);
	ck_assert_int_eq(d.when[2], 6);
	ck_assert_uint_eq(a.busy, 0);
	ck_assert_uint_eq(m.now.table.n, 1);
	ck_assert_uint_eq(m.now.table.service[0].n, 1);
	model_free(&m);
	scene_free(&s);
}
END_TEST

START_TEST(drains_until_time_is_up)
{
	struct drained d = { .n = 0 };
	struct scene s;
	struct model m;
	struct apply a;

	drain_scene(&s);
	model_init(&m, &s.from);
	m.after = note_deletion;
	m.after_arg = &d;
	ck_assert_int_eq(drain_run(&m, &s, &a, 7), APPLY_DONE);
	ck_assert_int_eq(d.n, 3);
	ck_assert_int_eq(d.when[0], 7);
	ck_assert_int_eq(d.when[2], 7);
	ck_assert_uint_eq(a.busy, 3 + 6 + 4 + 2);
	ck_assert_uint_eq(m.now.table.n, 1);
	model_free(&m);
	scene_free(&s);
}
END_TEST

START_TEST(drain_stopped_and_taken_up)
{
	struct scene s;
	struct model m;
	struct apply a;
	size_t i, k;

	drain_scene(&s);
	model_init(&m, &s.from);
	m.tick = one_ends;
	m.stop_at = 4;
	ck_assert_int_eq(drain_run(&m, &s, &a, 100), APPLY_STOPPED);
	/* at the fourth second nobody looked any more */
	ck_assert_uint_eq(a.left, 2);
	ck_assert_uint_eq(m.now.table.n, 2);
	for (i = 0; i < 2; i++)
		for (k = 0; k < m.now.table.service[i].n; k++)
			if (i || k)
				ck_assert_int_eq(m.now.table.service[i].server[k].weight, 0);
	/* without --drain, at once */
	m.waited = 0;
	m.stop_at = 0;
	ck_assert_int_eq(run_again(&m, &s.to, NULL), APPLY_DONE);
	ck_assert_int_eq(m.waited, 0);
	ck_assert_uint_eq(m.now.table.n, 1);
	ck_assert_uint_eq(m.now.table.service[0].n, 1);
	model_free(&m);
	scene_free(&s);
}
END_TEST

/* What is at weight 0 already needs no second to become so. */
START_TEST(drains_nothing_at_once)
{
	struct scene s;
	struct model m;
	struct apply a;
	size_t i, k;

	drain_scene(&s);
	for (i = 0; i < 2; i++)
		for (k = 0; k < s.from.table.service[i].n; k++) {
			struct ipvs_server *srv = &s.from.table.service[i].server[k];

			srv->active = 0;
			srv->inactive = 0;
			srv->persistent = 0;
			if (i || k)
				srv->weight = 0;
		}
	model_init(&m, &s.from);
	ck_assert_int_eq(drain_run(&m, &s, &a, 100), APPLY_DONE);
	ck_assert_int_eq(m.waited, 0);
	ck_assert_uint_eq(m.now.table.n, 1);
	model_free(&m);
	scene_free(&s);
}
END_TEST

START_TEST(drain_refused)
{
	struct scene s;
	struct model m;
	struct apply a;
	long k;

	/* 3 edits to weight 0, 3 deletions */
	for (k = 1; k <= 6; k++) {
		drain_scene(&s);
		model_init(&m, &s.from);
		m.tick = one_ends;
		m.refuse_at = k;
		m.refuse_err = EPERM;
		ck_assert_int_eq(drain_run(&m, &s, &a, 100), APPLY_UNDONE);
		ck_assert(state_same(&m.now, &s.from));
		model_free(&m);
		scene_free(&s);
	}
}
END_TEST

static void cannot_lose(struct model *m)
{
	if (m->waited == 2)
		m->broken = true;
	one_ends(m);
}

START_TEST(drain_connection_lost)
{
	struct scene s;
	struct model m;
	struct apply a;

	drain_scene(&s);
	model_init(&m, &s.from);
	m.tick = cannot_lose;
	/* reading opens another connection, and the work goes on */
	ck_assert_int_eq(drain_run(&m, &s, &a, 100), APPLY_DONE);
	ck_assert_uint_eq(m.now.table.n, 1);
	model_free(&m);
	scene_free(&s);
}
END_TEST

START_TEST(random_drains)
{
	struct scene s;
	struct model m;
	struct apply a;
	int i;

	unit_seed();
	for (i = 0; i < ROUNDS / 3; i++) {
		size_t j, k;

		scene_random(&s);
		/* here these are connections */
		for (j = 0; j < s.from.table.n; j++)
			for (k = 0; k < s.from.table.service[j].n; k++)
				s.from.table.service[j].server[k].active = any(5);
		model_init(&m, &s.from);
		m.tick = one_ends;
		m.after = check_reachable;
		m.after_arg = &s;
		ck_assert_int_eq(drain_run(&m, &s, &a, 2 + any(10)), APPLY_DONE);
		check_reached(&m, &s);
		model_free(&m);
		scene_free(&s);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("plan");
	TCase *tc = tcase_create("plan");

	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, reaches_the_goal);
	tcase_add_test(tc, killed_after_each_change);
	tcase_add_test(tc, refused_at_each_change);
	tcase_add_test(tc, connection_lost_at_each_change);
	tcase_add_test(tc, connection_lost_again);
	tcase_add_test(tc, refused_on_the_way_back);
	tcase_add_test(tc, order);
	tcase_add_test(tc, daemon_after_mixed);
	tcase_add_test(tc, kernel_defaults);
	tcase_add_test(tc, refusals_are_told_once);
	tcase_add_test(tc, deleted_by_others);
	tcase_add_test(tc, drains_until_empty);
	tcase_add_test(tc, drains_until_time_is_up);
	tcase_add_test(tc, drain_stopped_and_taken_up);
	tcase_add_test(tc, drains_nothing_at_once);
	tcase_add_test(tc, drain_refused);
	tcase_add_test(tc, drain_connection_lost);
	tcase_add_test(tc, random_drains);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
