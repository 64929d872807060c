// SPDX-License-Identifier: GPL-2.0
/*
 * Phase by phase. A phase that is not accepted as a whole is the last: then what
 * has been done is taken back, the last first. Where a failed connection leaves
 * open what has been done, the present state is read again and a plan made that
 * leads from there to the old one.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "apply.h"

enum status {
	TODO,
	QUEUED,
	DONE,
	REFUSED,
	NEEDLESS,	/* somebody else has deleted it */
};

enum outcome {
	ACCEPTED,
	SOME_REFUSED,
	LOST,		/* nobody knows */
	STOPPED,
};

static void note(struct apply *a, const struct plan *plan, size_t i, bool undo, int err,
		 const char *extack)
{
	struct apply_refusal *r;

	if (a->n_refusals == APPLY_REFUSALS) {
		a->more++;
		return;
	}
	r = &a->refusal[a->n_refusals++];
	r->plan = plan;
	r->item = &plan->item[i];
	r->undo = undo;
	r->err = err;
	/* Without memory, the errno has to do. */
	r->extack = extack ? strdup(extack) : NULL;
}

/* A deletion is not refused if there is nothing left to delete. */
static bool gone(enum ipvs_op op, int err)
{
	switch (op) {
	case IPVS_DEL_SERVER:
		return err == ENOENT || err == ESRCH;
	case IPVS_DEL_SERVICE:
	case IPVS_STOP_DAEMON:
		return err == ESRCH;
	default:
		return false;
	}
}

/* ---- doing ------------------------------------------------------------------- */

/**
 * struct batch - what a sync answers for
 * @a: the whole
 * @refused: how many were
 * @svc: a new service that was refused: its servers are too, which is no news
 */
struct batch {
	struct apply *a;
	size_t refused;
	const struct ipvs_service *svc;
};

static void refused(void *arg, unsigned long tag, int err, const char *extack)
{
	struct batch *b = arg;
	struct apply *a = b->a;
	const struct plan_item *item = &a->plan->item[tag];

	if (gone(item->op, err)) {
		a->status[tag] = NEEDLESS;
		return;
	}
	a->status[tag] = REFUSED;
	b->refused++;
	if (item->op == IPVS_ADD_SERVICE)
		b->svc = item->to_svc;
	else if (b->svc && item->to_svc == b->svc && err == ESRCH)
		return;
	note(a, a->plan, tag, false, err, extack);
}

/* Send the item. Return: false if it could not even be queued. */
static bool queue(struct apply *a, struct batch *b, size_t i)
{
	struct ipvs_change change;
	int err;

	plan_change(a->plan, &a->plan->item[i], &change);
	err = a->ops->queue(a->arg, &change, i);
	if (!err) {
		a->status[i] = QUEUED;
		return true;
	}
	note(a, a->plan, i, false, -err, NULL);
	b->refused++;
	return false;
}

/* The answer for items @first to @last that have been queued. */
static enum outcome settle(struct apply *a, struct batch *b, size_t first, size_t last)
{
	long ret = a->ops->sync(a->arg, refused, b);
	size_t i;

	if (ret < 0) {
		a->lost = -ret;
		return LOST;
	}
	for (i = first; i < last; i++)
		if (a->status[i] == QUEUED)
			a->status[i] = DONE;
	return b->refused ? SOME_REFUSED : ACCEPTED;
}

static enum outcome phase(struct apply *a, size_t first, size_t last)
{
	struct batch b = { .a = a };
	size_t i;

	if (first == last)
		return ACCEPTED;
	for (i = first; i < last && queue(a, &b, i); i++)
		;
	return settle(a, &b, first, last);
}

/* ---- draining ------------------------------------------------------------------ */

static uint64_t connections(const struct ipvs_server *server)
{
	return (uint64_t)server->active + server->inactive + server->persistent;
}

/* Connections that end with the deletion @item; none of what is gone already. */
static uint64_t at_stake(const struct state *now, const struct plan_item *item)
{
	const struct ipvs_service *svc = table_find(&now->table, &item->from_svc->key);
	const struct ipvs_server *server;
	uint64_t sum = 0;
	size_t i;

	if (!svc)
		return 0;
	if (item->op == IPVS_DEL_SERVER) {
		server = table_find_server(svc, item->from);
		return server ? connections(server) : 0;
	}
	for (i = 0; i < svc->n; i++)
		sum += connections(&svc->server[i]);
	return sum;
}

/* Delete what has no connections, or all if time is up. */
static enum outcome drain_once(struct apply *a, size_t first, size_t last, bool time_is_up)
{
	struct batch b = { .a = a };
	struct state now;
	enum outcome end;
	uint64_t n;
	size_t i;
	int err;

	state_init(&now);
	err = a->ops->read(a->arg, &now);
	if (err) {
		state_free(&now);
		a->lost = -err;
		return LOST;
	}
	a->left = 0;
	for (i = first; i < last; i++) {
		if (a->status[i] != TODO)
			continue;
		n = at_stake(&now, &a->plan->item[i]);
		if (n && !time_is_up) {
			a->left++;
			continue;
		}
		a->busy += n;
		if (!queue(a, &b, i))
			break;
	}
	end = settle(a, &b, first, last);
	state_free(&now);
	return end;
}

static enum outcome drain(struct apply *a, size_t first, size_t last)
{
	bool just_closed = false;
	enum outcome end;
	long seconds = 0;
	size_t i;

	for (i = a->plan->begin[PLAN_EDIT]; i < a->plan->begin[PLAN_EDIT + 1]; i++)
		just_closed |= a->plan->item[i].drain;
	/* A decision that saw the old weight may be about to become a connection. */
	if (just_closed && a->drain)
		seconds = a->ops->wait(a->arg);
	a->left = last - first;
	for (;;) {
		if (seconds < 0)
			return STOPPED;
		end = drain_once(a, first, last, (unsigned long)seconds >= a->drain);
		if (end != ACCEPTED || !a->left)
			return end;
		seconds = a->ops->wait(a->arg);
	}
}

/* ---- undoing ------------------------------------------------------------------- */

#define BACK_TRIES 3

struct undo {
	struct apply *a;
	size_t item;
	bool failed;
	const char *at;
};

static void not_undone(void *arg, unsigned long tag, int err, const char *extack)
{
	struct undo *u = arg;
	const struct plan_item *item = &u->a->plan->item[tag];

	/* What is taken back by a deletion. */
	if ((item->op == IPVS_ADD_SERVER && gone(IPVS_DEL_SERVER, err)) ||
	    (item->op == IPVS_ADD_SERVICE && gone(IPVS_DEL_SERVICE, err)) ||
	    (item->op == IPVS_START_DAEMON && gone(IPVS_STOP_DAEMON, err)))
		return;
	u->failed = true;
	note(u->a, u->a->plan, tag, true, err, extack);
}

static int undo_change(void *arg, const struct ipvs_change *change)
{
	struct undo *u = arg;

	return u->a->ops->queue(u->a->arg, change, u->item);
}

static void back_refused(void *arg, unsigned long tag, int err, const char *extack)
{
	struct undo *u = arg;

	if (gone(u->a->back.item[tag].op, err))
		return;
	u->failed = true;
	note(u->a, &u->a->back, tag, true, err, extack);
}

/* From wherever we are, back to the state of the beginning. Return: 0, or a negative
 * errno if the connection failed, or memory was lacking; then the rest is as it was.
 */
static int try_back(struct apply *a, struct undo *u)
{
	struct ipvs_change change;
	int ph, err;
	long ret;
	size_t i;

	u->at = "reading what there is now";
	err = a->ops->read(a->arg, &a->now);
	if (err)
		return err;
	if (plan_make(&a->back, &a->now, a->plan->from, false) < 0)
		return -ENOMEM;
	u->at = "changing it";
	for (ph = 0; ph < PLAN_PHASES && !err; ph++) {
		for (i = a->back.begin[ph]; i < a->back.begin[ph + 1] && !err; i++) {
			plan_change(&a->back, &a->back.item[i], &change);
			err = a->ops->queue(a->arg, &change, i);
		}
		ret = a->ops->sync(a->arg, back_refused, u);
		if (!err && ret < 0)
			err = ret;
	}
	return err;
}

/* What failed once may work a second later, and nobody else puts back what was there. */
static enum apply_end go_back(struct apply *a)
{
	struct undo u = { .a = a };
	int tries, err;

	for (tries = 1;; tries++) {
		err = try_back(a, &u);
		if (err) {
			a->stuck = -err;
			a->stuck_at = u.at;
		}
		/* What was refused is a part of the plan that is there now. */
		if (!err || u.failed || tries == BACK_TRIES)
			break;
		plan_free(&a->back);
		state_free(&a->now);
		a->ops->wait(a->arg);
	}
	return err || u.failed ? APPLY_NOT_UNDONE : APPLY_UNDONE;
}

static enum apply_end undo(struct apply *a)
{
	struct undo u = { .a = a, .item = a->plan->n };
	int err = 0;
	long ret;

	while (u.item-- && !err)
		if (a->status[u.item] == DONE ||
		    (a->status[u.item] == REFUSED && plan_is_ext(&a->plan->item[u.item])))
			err = plan_undo(a->plan, &a->plan->item[u.item], undo_change, &u);
	ret = a->ops->sync(a->arg, not_undone, &u);
	if (!err && ret >= 0)
		return u.failed ? APPLY_NOT_UNDONE : APPLY_UNDONE;
	a->lost = err ? -err : -ret;
	return go_back(a);
}

/* ---- all of it ------------------------------------------------------------------- */

enum apply_end apply_run(struct apply *a)
{
	const struct plan *p = a->plan;
	enum outcome end = ACCEPTED;
	int ph;

	state_init(&a->now);
	if (!p->n)
		return APPLY_DONE;
	a->status = calloc(p->n, 1);
	if (!a->status) {
		note(a, p, 0, false, ENOMEM, NULL);
		return APPLY_UNDONE;
	}
	for (ph = 0; ph < PLAN_PHASES && end == ACCEPTED; ph++) {
		if (ph == PLAN_DELETE && a->drain && p->begin[ph] < p->begin[ph + 1])
			end = drain(a, p->begin[ph], p->begin[ph + 1]);
		else
			end = phase(a, p->begin[ph], p->begin[ph + 1]);
	}
	switch (end) {
	case ACCEPTED:
		return APPLY_DONE;
	case STOPPED:
		return APPLY_STOPPED;
	case SOME_REFUSED:
		return undo(a);
	case LOST:
	default:
		return go_back(a);
	}
}

void apply_free(struct apply *a)
{
	size_t i;

	for (i = 0; i < a->n_refusals; i++)
		free(a->refusal[i].extack);
	free(a->status);
	plan_free(&a->back);
	state_free(&a->now);
	a->status = NULL;
	a->n_refusals = 0;
}
