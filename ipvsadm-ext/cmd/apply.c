// SPDX-License-Identifier: GPL-2.0
/*
 * --apply: from the present state to that of a file, by what differs.
 */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "../apply.h"
#include "../command.h"
#include "../ipvs_ext.h"
#include "../json.h"
#include "../lock.h"
#include "../plan.h"
#include "../rules.h"
#include "../state.h"

#define DEFAULT_WAIT 10

/* ---- the kernel ---------------------------------------------------------------- */

/* struct refusal - of family IPVS_EXT, until it is asked for */
struct refusal {
	unsigned long tag;
	int err;
	char *extack;
};

/**
 * struct director - the kernel, for struct apply_ops
 * @k: the connection in use
 * @own: it is not the caller's, but one that replaced it
 * @failed: it is not to be used any more
 * @queued: changes may be on their way through @k
 * @e: connection to family IPVS_EXT, or NULL: there is none
 * @needs_ext: it is an error if there is none
 * @refusal: what has been refused, and not been asked for
 * @refusals: how many
 * @start: when waiting began, in milliseconds, or 0
 * @stop: signals that end waiting; blocked
 */
struct director {
	struct kernel *k;
	bool own;
	bool failed;
	bool queued;
	struct ext *e;
	bool needs_ext;
	struct refusal *refusal;
	size_t refusals;
	int64_t start;
	sigset_t stop;
};

static int note_refusal(struct director *d, unsigned long tag, int err, const char *extack)
{
	struct refusal *more = reallocarray(d->refusal, d->refusals + 1, sizeof(*more));

	if (!more)
		return -ENOMEM;
	d->refusal = more;
	more[d->refusals++] = (struct refusal) {
		/* Without memory, the errno has to do. */
		.tag = tag, .err = err, .extack = extack ? strdup(extack) : NULL,
	};
	return 0;
}

static void keep_refusal(void *arg, unsigned long tag, int err, const char *extack)
{
	struct director *d = arg;

	if (note_refusal(d, tag, err, extack))
		d->failed = true;
}

/* Two families are two lines to the kernel: what was queued first is done first. */
static int director_ext(struct director *d, const struct ipvs_change *change, unsigned long tag)
{
	long n;
	int err;

	if (d->queued) {
		n = kernel_sync(d->k, keep_refusal, d);
		d->queued = false;
		if (n < 0 || d->failed) {
			d->failed = true;
			return n < 0 ? n : -ENOMEM;
		}
	}
	err = ext_change(d->e, change);
	return err ? note_refusal(d, tag, -err, ext_words(d->e)) : 0;
}

static int director_queue(void *arg, const struct ipvs_change *change, unsigned long tag)
{
	struct director *d = arg;
	int err;

	if (change->op == IPVS_SET_ATTRS || change->op == IPVS_SET_PARAMS)
		return director_ext(d, change, tag);
	err = kernel_queue(d->k, change, tag);
	if (err && err != -ENOMEM)
		d->failed = true;
	d->queued = true;
	return err;
}

static long director_sync(void *arg, kernel_refused_t *refused, void *refused_arg)
{
	struct director *d = arg;
	size_t n = d->refusals, i;
	long ret;

	for (i = 0; i < n; i++) {
		refused(refused_arg, d->refusal[i].tag, d->refusal[i].err, d->refusal[i].extack);
		free(d->refusal[i].extack);
	}
	d->refusals = 0;
	d->queued = false;
	ret = kernel_sync(d->k, refused, refused_arg);
	if (ret < 0)
		d->failed = true;
	return ret < 0 ? ret : ret + (long)n;
}

static void director_close(struct director *d)
{
	if (d->own)
		kernel_close(d->k);
	d->own = false;
}

/* Without the family there are no attributes and no parameters. */
static int director_read_ext(struct director *d, struct ext_config *ext)
{
	int err = d->e ? 0 : ext_open(&d->e, d->needs_ext ? EXT_LOAD : 0);

	if (err)
		return err == -ENOENT && !d->needs_ext ? 0 : err;
	return ext_read(d->e, ext, NULL, EXT_ATTRS | EXT_PARAMS | EXT_SCHEDS);
}

static int director_read(void *arg, struct state *now)
{
	struct director *d = arg;
	struct ipvs_daemon daemon[2];
	int err, n;

	if (d->failed) {
		struct kernel *k;

		err = kernel_open(&k);
		if (err)
			return err;
		director_close(d);
		d->k = k;
		d->own = true;
		d->failed = false;
	}
	err = kernel_table(d->k, &now->table, NULL, KERNEL_CONSISTENT);
	if (!err)
		err = kernel_timeouts(d->k, &now->timeouts);
	if (!err)
		err = director_read_ext(d, &now->ext);
	if (err)
		return err;
	n = kernel_daemons(d->k, daemon);
	if (n < 0)
		return n;
	now->daemon[STATE_MASTER].wish = STATE_OFF;
	now->daemon[STATE_BACKUP].wish = STATE_OFF;
	while (n--) {
		struct state_daemon *to = &now->daemon[state_daemon(daemon[n].state)];

		to->wish = STATE_ON;
		to->d = daemon[n];
	}
	table_sort(&now->table);
	return 0;
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static long director_wait(void *arg)
{
	static const struct timespec second = { .tv_sec = 1 };
	struct director *d = arg;

	if (!d->start)
		d->start = now_ms();
	if (sigtimedwait(&d->stop, NULL, &second) > 0)
		return -1;
	return (now_ms() - d->start) / 1000;
}

/* While servers are drained, a signal to end is one to end in order. Who started us
 * with one ignored wants that to stay so.
 */
static void director_answers(struct director *d)
{
	static const int signals[] = { SIGINT, SIGTERM };
	struct sigaction action;
	size_t i;

	sigemptyset(&d->stop);
	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		if (!sigaction(signals[i], NULL, &action) && action.sa_handler != SIG_IGN)
			sigaddset(&d->stop, signals[i]);
	sigprocmask(SIG_BLOCK, &d->stop, NULL);
}

static const struct apply_ops director_ops = {
	.queue = director_queue,
	.sync = director_sync,
	.read = director_read,
	.wait = director_wait,
};

/* ---- saying ---------------------------------------------------------------------- */

/* The change as a command, without newline; free it. NULL without memory. */
static char *command_text(const struct plan *p, const struct plan_item *item)
{
	struct ipvs_change change;
	char *text = NULL;
	size_t len;
	FILE *out;

	plan_change(p, item, &change);
	out = open_memstream(&text, &len);
	if (!out)
		return NULL;
	rule_change(out, &change);
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	if (len && text[len - 1] == '\n')
		text[len - 1] = '\0';
	return text;
}

/* What command_refusal() has words for. */
static enum command_id command_of(enum ipvs_op op)
{
	switch (op) {
	case IPVS_ADD_SERVICE:
		return CMD_ADD_SERVICE;
	case IPVS_EDIT_SERVICE:
		return CMD_EDIT_SERVICE;
	case IPVS_DEL_SERVICE:
		return CMD_DEL_SERVICE;
	case IPVS_ADD_SERVER:
		return CMD_ADD_SERVER;
	case IPVS_EDIT_SERVER:
		return CMD_EDIT_SERVER;
	case IPVS_DEL_SERVER:
		return CMD_DEL_SERVER;
	case IPVS_START_DAEMON:
		return CMD_START_DAEMON;
	case IPVS_STOP_DAEMON:
		return CMD_STOP_DAEMON;
	case IPVS_SET_ATTRS:
	case IPVS_SET_PARAMS:
		return CMD_NONE;
	default:
		return CMD_SET_TIMEOUTS;
	}
}

static const char *refusal_text(const struct apply_refusal *refusal)
{
	/* 1.31's words are about its own messages. */
	if (plan_is_ext(refusal->item) && refusal->err != EPERM)
		return strerror(refusal->err);
	return command_refusal(command_of(refusal->item->op), refusal->err);
}

/* Where the file asks for it; what goes is not in the file. */
static const char *origin(const struct plan *p, const struct plan_item *item, char *buf,
			  size_t size)
{
	uint32_t place = 0;

	if (item->to_svc && (item->to || !item->from))
		return state_where(p->to, item->to_svc, item->to, buf, size);
	if (item->op == IPVS_SET_TIMEOUTS)
		place = p->to->timeouts_place;
	else if (item->op == IPVS_START_DAEMON || item->op == IPVS_STOP_DAEMON)
		place = p->to->daemon[item->daemon].place;
	if (!p->to->json && place)
		snprintf(buf, size, "%s:%u", p->to->name, place);
	else
		snprintf(buf, size, "%s", p->to->name);
	return buf;
}

/**
 * struct report - what a run came to
 * @c: the command
 * @plan: what was to be done
 * @run: how it went
 * @result: in a word, for JSON
 */
struct report {
	const struct command *c;
	const struct plan *plan;
	const struct apply *run;
	const char *result;
};

/* What did not work, before the change that it is about. */
static const char *trouble(const struct report *r, const struct apply_refusal *refusal)
{
	if (!refusal->undo)
		return "refused";
	return refusal->plan == r->plan ? "could not be taken back" : "refused on the way back";
}

static const char *refusal_origin(const struct apply_refusal *refusal, char *buf, size_t size)
{
	if (!refusal->undo)
		return origin(refusal->plan, refusal->item, buf, size);
	snprintf(buf, size, "%s", refusal->plan->to->name);
	return buf;
}

static void say_refusal(const struct report *r, const struct apply_refusal *refusal)
{
	struct command c = { .id = command_of(refusal->item->op) };
	char *text = command_text(refusal->plan, refusal->item);
	char where[PATH_MAX + 64];

	plan_change(refusal->plan, refusal->item, &c.change);
	fprintf(stderr, "%s: %s: %s: %s", refusal_origin(refusal, where, sizeof(where)),
		trouble(r, refusal), text ? text : "", refusal_text(refusal));
	if (refusal->extack)
		fprintf(stderr, " (%s)", refusal->extack);
	fputc('\n', stderr);
	if (!refusal->undo)
		command_explain(&c, refusal->err, stderr);
	free(text);
}

static void say_refusals(const struct report *r)
{
	size_t i;

	for (i = 0; i < r->run->n_refusals; i++)
		say_refusal(r, &r->run->refusal[i]);
	if (r->run->more)
		fprintf(stderr, "%s: %zu more\n", r->plan->to->name, r->run->more);
	if (r->run->lost)
		fprintf(stderr, "%s: connection to the kernel failed: %s\n", r->plan->to->name,
			strerror(r->run->lost));
	if (r->run->stuck)
		fprintf(stderr, "%s: the way back failed, %s: %s\n", r->plan->to->name,
			r->run->stuck_at, strerror(r->run->stuck));
}

static int json_change(struct json *j, const char *key, const struct plan *p,
		       const struct plan_item *item)
{
	char *text = command_text(p, item);
	int ret = text ? 0 : -1;

	json_put_string(j, key, text ? text : "");
	free(text);
	return ret;
}

/* Return: 0, or -1 if memory for the commands was lacking. */
static int json_report(const struct report *r)
{
	int ret = 0;
	char where[PATH_MAX + 64];
	struct json j;
	size_t i;

	json_begin(&j, stdout, has_option(r->c, OPT_PRETTY));
	json_put_bool(&j, "dry_run", has_option(r->c, OPT_DRY_RUN));
	json_put_string(&j, "result", r->result);
	json_put_array(&j, "changes");
	for (i = 0; i < r->plan->n; i++)
		if (!plan_is_silent(&r->plan->item[i]))
			ret |= json_change(&j, NULL, r->plan, &r->plan->item[i]);
	json_put_end(&j, ']');
	json_put_array(&j, "refused");
	for (i = 0; r->run && i < r->run->n_refusals; i++) {
		const struct apply_refusal *refusal = &r->run->refusal[i];

		json_put_object(&j, NULL);
		json_put_string(&j, "where", refusal_origin(refusal, where, sizeof(where)));
		ret |= json_change(&j, "change", refusal->plan, refusal->item);
		json_put_bool(&j, "undo", refusal->undo);
		json_put_number(&j, "errno", refusal->err);
		json_put_string(&j, "error", refusal_text(refusal));
		if (refusal->extack)
			json_put_string(&j, "kernel", refusal->extack);
		json_put_end(&j, '}');
	}
	json_put_end(&j, ']');
	json_finish(&j);
	return ret;
}

/* Before anything is done: who cannot be told is not acted for. */
static int print_changes(const struct plan *p)
{
	struct ipvs_change change;
	size_t i;

	for (i = 0; i < p->n && !ferror(stdout); i++) {
		if (plan_is_silent(&p->item[i]))
			continue;
		plan_change(p, &p->item[i], &change);
		rule_change(stdout, &change);
	}
	return fflush(stdout) || ferror(stdout) ? -1 : 0;
}

/* ---- doing ------------------------------------------------------------------------ */

static int end_status(const struct report *r, enum apply_end end)
{
	const char *name = r->plan->to->name;

	say_refusals(r);
	switch (end) {
	case APPLY_DONE:
		if (r->run->busy)
			fprintf(stderr, "%s: time is up: deleted with %llu connections\n", name,
				(unsigned long long)r->run->busy);
		return EXIT_OK;
	case APPLY_UNDONE:
		fprintf(stderr, "%s: not applied; everything is as it was before\n", name);
		return EXIT_UNDONE;
	case APPLY_STOPPED:
		fprintf(stderr,
			"%s: stopped: %zu not deleted yet, and without new connections; another --apply goes on\n",
			name, r->run->left);
		return EXIT_STOPPED;
	case APPLY_NOT_UNDONE:
	default:
		fprintf(stderr,
			"%s: not applied, and not all of it taken back: compare with -S --full\n",
			name);
		return EXIT_NOT_UNDONE;
	}
}

static const char *end_word(enum apply_end end)
{
	static const char * const word[] = {
		[APPLY_DONE] = "applied",
		[APPLY_UNDONE] = "undone",
		[APPLY_NOT_UNDONE] = "not_undone",
		[APPLY_STOPPED] = "stopped",
	};

	return word[end];
}

static int carry_out(struct director *d, struct report *r)
{
	bool json = has_option(r->c, OPT_JSON), dry = has_option(r->c, OPT_DRY_RUN);
	struct apply run = {
		.ops = &director_ops,
		.arg = d,
		.plan = r->plan,
		.drain = has_option(r->c, OPT_DRAIN) ? r->c->drain : 0,
	};
	int status = EXIT_OK;
	enum apply_end end;

	r->result = r->plan->n ? "planned" : "unchanged";
	if (!json && print_changes(r->plan) < 0) {
		fprintf(stderr, "%s: not applied: nobody can read what would be done\n",
			r->plan->to->name);
		return EXIT_OUTPUT;
	}
	if (r->plan->n && !dry) {
		if (run.drain)
			director_answers(d);
		end = apply_run(&run);
		r->run = &run;
		r->result = end_word(end);
		status = end_status(r, end);
	}
	if (json && json_report(r) < 0) {
		fprintf(stderr, "%s: %s\n", r->plan->to->name, strerror(ENOMEM));
		status = status ? status : EXIT_OUTPUT;
	}
	apply_free(&run);
	return status;
}

/* What the file says about parameters, in the kernel's numbers. */
static int resolve(struct director *d, struct state *goal, struct state *now)
{
	const struct ipvs_service *svc;
	const char *missing = "";
	size_t i;
	int err;

	for (i = 0; i < goal->ext.services; i++) {
		svc = table_find(&goal->table, &goal->ext.service[i].key);
		/* Once is enough to try, not for each service. */
		if (!strcmp(svc->sched, missing))
			continue;
		err = ext_load_sched(d->e, &now->ext, svc->sched);
		if (err) {
			command_no_ext(-err);
			return EXIT_LISTING;
		}
		if (!ext_find_sched(&now->ext, svc->sched))
			missing = svc->sched;
	}
	return state_resolve(goal, &now->ext, stderr) < 0 ? EXIT_USAGE : EXIT_OK;
}

static int make_plan(struct plan *plan, const struct command *c, const struct state *now,
		     const struct state *goal)
{
	if (plan_make(plan, now, goal, has_option(c, OPT_DRAIN)) < 0) {
		fprintf(stderr, "services: %s\n", strerror(ENOMEM));
		return EXIT_LISTING;
	}
	return EXIT_OK;
}

static int read_now(struct director *d, struct state *now)
{
	int err = director_read(d, now);

	if (err && d->needs_ext && !d->e)
		command_no_ext(-err);
	else if (err)
		fprintf(stderr, "services: %s\n", strerror(-err));
	else if (!now->table.consistent)
		fprintf(stderr,
			"services: changed by others again and again while they were read\n");
	return err || !now->table.consistent ? EXIT_LISTING : EXIT_OK;
}

static int apply_state(struct kernel *k, const struct command *c, struct state *goal)
{
	struct director d = { .k = k, .needs_ext = state_needs_ext(goal) };
	struct state now;
	struct plan plan;
	struct report r = { .c = c, .plan = &plan };
	int status;

	state_init(&now);
	now.name = goal->name;
	memset(&plan, 0, sizeof(plan));
	status = read_now(&d, &now);
	if (!status)
		status = resolve(&d, goal, &now);
	if (!status)
		status = make_plan(&plan, c, &now, goal);
	if (!status)
		status = carry_out(&d, &r);
	plan_free(&plan);
	state_free(&now);
	free(d.refusal);
	ext_close(d.e);
	director_close(&d);
	return status;
}

static int locked_out(const char *path, int err, pid_t holder)
{
	fprintf(stderr, "%s: ", path);
	if (err != -EWOULDBLOCK)
		fprintf(stderr, "cannot be locked: %s; %s names another directory\n",
			strerror(-err), LOCK_DIR_VARIABLE);
	else if (holder)
		fprintf(stderr, "process %ld is applying a file; --wait says how long to wait for it\n",
			(long)holder);
	else
		fprintf(stderr, "another process is applying a file; --wait says how long to wait for it\n");
	return EXIT_LOCKED;
}

int cmd_apply(struct kernel *k, const struct command *c)
{
	unsigned int wait = has_option(c, OPT_WAIT) ? c->wait : DEFAULT_WAIT;
	int lock = -1, status;
	char path[PATH_MAX];
	struct state goal;
	pid_t holder;

	state_init(&goal);
	if (state_read(&goal, c->file, stderr) < 0) {
		state_free(&goal);
		return EXIT_USAGE;
	}
	if (!has_option(c, OPT_DRY_RUN)) {
		lock = lock_take(wait, path, sizeof(path), &holder);
		if (lock < 0) {
			state_free(&goal);
			return locked_out(path, lock, holder);
		}
	}
	status = apply_state(k, c, &goal);
	if (lock >= 0)
		lock_release(lock);
	state_free(&goal);
	return status;
}
