// SPDX-License-Identifier: GPL-2.0
/*
 * differ - do two versions of ipvsadm do the same?
 *
 *	differ [OPTION]... random|matrix|restore
 *	differ [OPTION]... list [-t ADDRESS]...
 *	differ [OPTION]... lines [FILE]
 *
 * Runs both with the same arguments, environment and standard input, and
 * compares what they print, how they end, and, where each has a network
 * namespace of its own, all that the kernel has there afterwards. Prints the
 * differences, each with commands that lead to it; exits 1 if there were any.
 *
 *   random	--count command lines, from a grammar that mixes sense and nonsense
 *   matrix	every command with every option, and with pairs of options
 *   restore	what -S writes, and spoilt, into -R
 *   list	every listing mode with every set of format options, of all services
 *		and of those named; both programs look at the first namespace
 *   lines	command lines as a shell would read them, also from such a report
 *
 *   --old FILE		the program that is right, by default /bin/ipvsadm
 *   --new FILE		the other, by default /bin/ipvsadm-ext
 *   --ns FILE		network namespace of the old one; a second time: of the new
 *			one. Without a second, both share one, and nothing may be
 *			changed; without any, it is the one that differ is in.
 *   --seed N		of random numbers
 *   --count N		how many
 *   --replay STEP	only this step of random or restore, and say all about it
 *   --share N		matrix, list: make only one in N of the less likely lines
 *   --numeric		list: only with -n
 *   --argv0 NAME	the name that both are called by, by default ipvsadm
 *   --env NAME=VALUE	in addition to PATH=/bin:/sbin
 *   --uid N		run them as this user
 *   --stdout FILE	have standard output go there; "-" closes it
 *   --preload FILE	bigstats.so
 *   --strict		not even the deliberate deviations of excuse.c
 *   --no-state		the kernel has no IPVS to look at
 *   --examples N	print at most N differences, by default 40
 *   --verbose		print all lines
 *   --messages		print all kinds of messages that were seen
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "differ.h"

/* Random lines between two beginnings from nothing. */
#define CHAPTER 100
/* How often to look again if two listings of one namespace differ. */
#define LOOKS 8
#define MAX_KINDS 4096

enum { OLD, NEW };

/* Strings and how often each was seen. */
struct kinds {
	char *text[MAX_KINDS];
	long count[MAX_KINDS];
	int n;
};

static struct side side[2];
static struct arena scratch, words;
static char *env[64];
static int envs;
static const char *argv0 = "ipvsadm", *stdout_to;
static unsigned int uid;
static unsigned long long seed = 1;
static bool shared, strict, verbose, preload, with_state = true, say_all, say_messages;
static long examples = 40;

static long steps, differences, excused[EXCUSES], ended[4], looks_again;
static struct kinds messages, classes;

/* ---- telling ------------------------------------------------------------ */

static long *kind(struct kinds *k, const char *text)
{
	int i;

	for (i = 0; i < k->n; i++) {
		if (!strcmp(k->text[i], text))
			return &k->count[i];
	}
	if (k->n == MAX_KINDS)
		return &k->count[MAX_KINDS - 1];
	k->text[k->n] = strdup(text);
	if (!k->text[k->n])
		die("no memory");
	return &k->count[k->n++];
}

/* A message without what was given: the first line, quoted words left out. */
static char *template(struct text t)
{
	static const char argument[] = "unexpected argument";
	static char out[200];
	size_t i, n = 0;
	bool quoted = false;

	for (i = 0; i < t.len && n < sizeof(out) - 2; i++) {
		char c = t.s[i];

		if (c == '\n' && i)
			break;
		if (c >= '0' && c <= '9') {
			if (!n || out[n - 1] != '9')
				out[n++] = '9';
			continue;
		}
		if (c == '\'')
			quoted = false;
		if (!quoted)
			out[n++] = c < ' ' ? ' ' : c;
		if (c == '`')
			quoted = true;
	}
	/* What popt complains of comes first, and may be any word. */
	if (n > 1 && (out[0] == '-') && memmem(out, n, ": ", 2)) {
		char *colon = memmem(out, n, ": ", 2);

		n -= colon - out;
		memmove(out, colon, n);
	}
	out[n] = '\0';
	if (!strncmp(out, argument, strlen(argument)))
		out[strlen(argument)] = '\0';
	return out;
}

static void say_line(const struct line *l)
{
	static struct buffer b;
	int i;

	b.len = 0;
	if (l->in.len) {
		buf_printf(&b, "printf %%s ");
		buf_quote(&b, l->in.s, l->in.len);
		buf_printf(&b, " | ");
	}
	for (i = 0; i < l->n; i++) {
		if (i)
			buf_printf(&b, " ");
		buf_quote(&b, l->word[i], strlen(l->word[i]));
	}
	printf("%s\n", b.s);
}

static void say_text(const char *who, const char *what, struct text t, struct text other)
{
	char *s = t.s, *end = t.s + t.len, *nl;
	static struct buffer b;
	size_t same = 0, i;
	int lines = 0;

	/* Of something long only where it begins to differ. */
	while (!say_all && same < t.len && same < other.len && t.s[same] == other.s[same])
		same++;
	for (i = 0; i < same; i++) {
		nl = memchr(t.s + i, '\n', same - i);
		if (!nl)
			break;
		if (++lines > 2)
			s = memchr(s, '\n', end - s) + 1;
		i = nl - t.s;
	}
	if (s != t.s)
		printf("  %s %s ...\n", who, what);
	for (lines = 0; s < end; s = nl + 1) {
		nl = memchr(s, '\n', end - s);
		b.len = 0;
		buf_quote(&b, s, (nl ? nl : end) - s);
		if (b.len > 300)
			printf("  %s %s %.300s...\n", who, what, b.s);
		else
			printf("  %s %s %s%s\n", who, what, b.s, nl ? "" : "  (no newline)");
		if (!nl)
			break;
		if (!say_all && ++lines == 6) {
			printf("  %s %s ...\n", who, what);
			break;
		}
	}
}

static void say_status(const char *who, int status)
{
	if (WIFSIGNALED(status))
		printf("  %s ended by %s\n", who, strsignal(WTERMSIG(status)));
	else
		printf("  %s exit status %d\n", who, WEXITSTATUS(status));
}

static void say_result(const struct result *old, const struct result *new)
{
	if (say_all || old->status != new->status) {
		say_status("old", old->status);
		say_status("new", new->status);
	}
	if (say_all || !text_same(old->out, new->out)) {
		say_text("old", "stdout", old->out, new->out);
		say_text("new", "stdout", new->out, old->out);
	}
	if (say_all || !text_same(old->err, new->err)) {
		say_text("old", "stderr", old->err, new->err);
		say_text("new", "stderr", new->err, old->err);
	}
}

/* The commands that make a state, without the comments. */
static void say_state(struct text t)
{
	char *s = t.s, *end = t.s + t.len, *nl;

	for (; s < end; s = nl + 1) {
		nl = memchr(s, '\n', end - s);
		printf("ipvsadm %.*s\n", (int)strcspn(s, "\t\n"), s);
	}
}

/* ---- running ------------------------------------------------------------ */

static void set_job(int who, char *const *argv, int netns, struct text in, bool in_pipe)
{
	side[who].job = (struct job){
		.path = side[who].path, .argv = argv, .envp = env, .netns = netns, .uid = uid,
		.in = in, .in_pipe = in_pipe, .out_to = stdout_to,
	};
}

/* A command line that only reads, to the extent that its beginning says so. */
static bool only_reads(const struct line *l)
{
	return l->n < 2 || !strncmp(l->word[1], "-L", 2) || !strncmp(l->word[1], "-l", 2) ||
	       !strncmp(l->word[1], "-S", 2) || !strcmp(l->word[1], "--list") ||
	       !strcmp(l->word[1], "--save");
}

static bool mentions(const struct line *l, const char *word)
{
	int i;

	for (i = 1; i < l->n; i++) {
		if (!strcmp(l->word[i], word))
			return true;
	}
	return false;
}

static bool same_result(const struct expectation *e, const struct result *new)
{
	const struct result *want = &e->result;

	if (want->status != new->status)
		return false;
	if (e->any_error)
		/* A crash loses what was printed and not yet written. */
		return new->err.len > want->err.len &&
		       !memcmp(new->err.s, want->err.s, want->err.len) &&
		       new->out.len >= want->out.len &&
		       !memcmp(new->out.s, want->out.s, want->out.len);
	return text_same(want->out, new->out) && text_same(want->err, new->err);
}

static bool same_output(const struct result *a, const struct result *b)
{
	return a->status == b->status && text_same(a->out, b->out) && text_same(a->err, b->err);
}

static struct result copy_result(const struct result *r)
{
	struct result c = {
		r->status, arena_copy(&scratch, r->out), arena_copy(&scratch, r->err)
	};

	return c;
}

/* Old and new on the same line, both in namespace @netns or each in its own. */
static bool compare(const struct line *l, int netns, struct expectation *e)
{
	int who;

	for (who = 0; who < 2; who++)
		set_job(who, l->word, netns < 0 ? side[who].netns : netns, l->in, l->in_pipe);
	sides_run(side, !l->in.len);
	if (strict)
		*e = (struct expectation){ .result = side[OLD].result };
	else
		excuse(&scratch, l, &side[OLD].result, e);
	return same_result(e, &side[NEW].result);
}

/* With large counters: what servers have must be right in all its 64 bits. */
static bool compare_stats(const struct line *l, const struct expectation *e, int netns)
{
	bool exact = mentions(l, "--exact") || mentions(l, "-X");
	struct result old = copy_result(&e->result), new = copy_result(&side[NEW].result);
	struct line again = *l;
	struct expectation ee;
	bool same;

	if (!exact)
		line_add(&again, "--exact");
	compare(&again, netns, &ee);
	same = excuse_stats64(&old.out, &new.out, &ee.result.out, &side[NEW].result.out,
			      !mentions(l, "--stats"), exact);
	excused[EXCUSE_STATS64] += same;
	/* What is reported is what was asked for. */
	side[OLD].result = old;
	side[NEW].result = new;
	return same;
}

/* Look at one namespace with both; time goes by, so look again if they differ. */
static bool compare_listing(const struct line *l, int netns, struct expectation *e)
{
	bool large = preload && !strict && (mentions(l, "--stats") || mentions(l, "--rate"));
	bool same;
	int i;

	for (i = 0; i < LOOKS; i++) {
		looks_again += i > 0;
		same = compare(l, netns, e);
		if (large && !side[OLD].result.status && !side[NEW].result.status)
			same = compare_stats(l, e, netns);
		if (same)
			return true;
	}
	return false;
}

/* What the differences are in, to tell one reason from another. */
static char *class_of(const struct line *l, const struct result *old, const struct result *new,
		      bool same_state)
{
	bool status = old->status != new->status, out = !text_same(old->out, new->out);
	bool err = !text_same(old->err, new->err);
	char *class;

	class = arena_printf(&scratch, "%s%s%s%s%s%s:", l->n > 1 ? l->word[1] : "nothing",
			     status ? ", status" : "", out ? ", stdout" : "", err ? ", stderr" : "",
			     same_state ? "" : ", kernel",
			     same_state && same_output(old, new) ? ", deviation missing" : "");
	class = arena_printf(&scratch, "%s '%s'", class, template(old->err));
	return arena_printf(&scratch, "%s, '%s'", class, template(new->err));
}

static void differs(const struct line *l, const char *where, struct text before,
		    const struct result *old, const struct result *new, bool same_state)
{
	long *n = kind(&classes, class_of(l, old, new, same_state));

	differences++;
	if (++*n > 2 || examples <= 0)
		return;
	examples--;
	printf("DIFFERENCE %s\n", where);
	say_state(before);
	say_line(l);
	say_result(old, new);
	if (same_state && same_output(old, new))
		printf("  the same, but a deliberate deviation was to be seen\n");
	if (!same_state) {
		say_text("old", "kernel", side[OLD].state.text, side[NEW].state.text);
		say_text("new", "kernel", side[NEW].state.text, side[OLD].state.text);
	}
	fflush(stdout);
}

/* One line in both; returns whether the kernel's states are the same after it. */
static bool step(struct line *l, const char *where)
{
	struct expectation e = { 0 };
	struct text before;
	bool same, same_state = true;
	struct result old, new;
	int i;

	scratch.used = 0;
	before = arena_copy(&scratch, side[OLD].state.text);
	if (verbose)
		say_line(l);
	if (shared || only_reads(l))
		same = compare_listing(l, side[(shared || steps % 2) ? OLD : NEW].netns, &e);
	else
		same = compare(l, -1, &e);
	old = copy_result(&side[OLD].result);
	new = copy_result(&side[NEW].result);
	if (with_state && !shared) {
		same_state = text_same(side[OLD].state.text, side[NEW].state.text);
		/* Where it turns out that it only reads: the order of the kernel's
		 * tables is not the same in two namespaces.
		 */
		if (!same && same_state && old.status == new.status && !l->in.len &&
		    text_same(before, side[OLD].state.text))
			same = compare_listing(l, side[OLD].netns, &e) &&
			       compare_listing(l, side[NEW].netns, &e);
	}
	steps++;
	ended[WIFSIGNALED(old.status) ? 3 : WEXITSTATUS(old.status) == 0 ? 0 :
	      WEXITSTATUS(old.status) == 255 ? 2 : 1]++;
	for (i = 0; i < EXCUSES; i++)
		excused[i] += e.used[i];
	if (old.err.len)
		++*kind(&messages, template(old.err));
	if (say_all) {
		printf("== step %s\n", where);
		say_state(before);
		say_line(l);
		say_result(&old, &new);
		say_text("old", "kernel", side[OLD].state.text, side[NEW].state.text);
		say_text("new", "kernel", side[NEW].state.text, side[OLD].state.text);
	}
	if (!same || !same_state)
		differs(l, where, before, &old, &new, same_state);
	return same_state;
}

/* Bring both namespaces to the same state, with the old program. */
static bool try_reset(struct text rules)
{
	static char *argv[] = { "ipvsadm", "-R", NULL };
	static struct buffer b;
	const char *path = side[NEW].path;
	const char *out_to = stdout_to;
	unsigned int user = uid;
	int i, who;

	stdout_to = NULL;
	uid = 0;
	side[NEW].path = side[OLD].path;
	for (who = 0; who < 2; who++) {
		b.len = 0;
		buf_printf(&b, "-C\n--set 900 120 300\n");
		for (i = 0; i < side[who].state.daemons; i++)
			buf_printf(&b, "--stop-daemon %s\n",
				   side[who].state.daemon[i].state == IP_VS_STATE_MASTER ?
				   "master" : "backup");
		buf_add(&b, rules.s, rules.len);
		set_job(who, argv, side[who].netns,
			arena_copy(&scratch, (struct text){ b.s, b.len }), false);
	}
	sides_run(side, true);
	side[NEW].path = path;
	stdout_to = out_to;
	uid = user;
	return !side[OLD].result.status && !side[NEW].result.status &&
	       text_same(side[OLD].state.text, side[NEW].state.text);
}

static void reset(const char *rules)
{
	if (shared || try_reset((struct text){ (char *)rules, strlen(rules) }))
		return;
	die("the namespaces are not alike to begin with:\n%s%s\n%s%s", side[OLD].result.err.s,
	    side[OLD].state.text.s, side[NEW].result.err.s, side[NEW].state.text.s);
}

/* After a difference: go on with what the old one has made, or from nothing. */
static void align(void)
{
	static struct buffer b;
	char *s = side[OLD].state.text.s, *nl;

	b.len = 0;
	for (; *s; s = nl + 1) {
		nl = strchr(s, '\n');
		buf_printf(&b, "%.*s\n", (int)strcspn(s, "\t\n"), s);
	}
	if (!try_reset((struct text){ b.s, b.len }))
		reset("");
}

/* ---- modes -------------------------------------------------------------- */

/* Random numbers that depend on nothing but the seed and the step. */
static struct rng rng_of(long n)
{
	struct rng r = { seed * 1000003 + n };

	rng_next(&r);
	return r;
}

static void run_random(long count, long only)
{
	char where[64];
	struct line l;
	struct rng r;
	long n;

	for (n = only < 0 ? 0 : only - only % CHAPTER; steps < count; n++) {
		scratch.used = 0;
		words.used = 0;
		if (n % CHAPTER == 0)
			reset("");
		r = rng_of(n);
		line_start(&l, argv0);
		line_random(&l, &words, &r, &side[OLD].state);
		snprintf(where, sizeof(where), "random %llu:%ld", seed, n);
		say_all = n == only;
		if (!step(&l, where))
			align();
		if (n == only)
			return;
	}
}

static void restore_step(struct rng *r, const char *where, struct text rules, bool save_first)
{
	struct line l;

	if (save_first) {
		line_start(&l, argv0);
		line_add(&l, "-S");
		if (chance(r, 70))
			line_add(&l, "-n");
		step(&l, where);
		rules = arena_copy(&words, side[chance(r, 50)].result.out);
	}
	reset("");
	line_start(&l, argv0);
	line_add(&l, "-R");
	l.in = rules;
	l.in_pipe = chance(r, 50);
	step(&l, where);
}

static void run_restore(long count, long only)
{
	char where[64];
	struct text rules;
	struct rng r;
	long n;

	for (n = only < 0 ? 0 : only; n < count; n++) {
		scratch.used = 0;
		words.used = 0;
		reset("");
		r = rng_of(n);
		snprintf(where, sizeof(where), "restore %llu:%ld", seed, n);
		say_all = n == only;
		rules = rules_legal(&words, &r, 1 + below(&r, 20));
		if (chance(&r, 10))
			rules = rules_random(&words, &r, &side[OLD].state);
		restore_step(&r, where, rules, false);
		/* There and back, and once more with damage. */
		restore_step(&r, where, rules, true);
		if (chance(&r, 50))
			rules = arena_copy(&words, side[OLD].result.out);
		rules = rules_spoil(&words, &r, rules, &side[OLD].state);
		restore_step(&r, where, rules, false);
		if (n == only)
			return;
	}
}

static void matrix_line(void *arg, struct line *l)
{
	char where[64];

	scratch.used = 0;
	if (!text_same(side[OLD].state.text, *(struct text *)arg) ||
	    !text_same(side[NEW].state.text, *(struct text *)arg))
		reset(matrix_rules);
	l->word[0] = (char *)argv0;
	snprintf(where, sizeof(where), "matrix %llu:%ld", seed, steps);
	step(l, where);
}

static void run_matrix(unsigned int share)
{
	struct rng r = rng_of(0);
	struct text start;

	reset(matrix_rules);
	start.len = side[OLD].state.text.len;
	start.s = memcpy(malloc(start.len + 1), side[OLD].state.text.s, start.len + 1);
	lines_matrix(&words, &r, share, matrix_line, &start);
	free(start.s);
}

static void list_line(void *arg, struct line *l)
{
	char where[64];

	(void)arg;
	l->word[0] = (char *)argv0;
	snprintf(where, sizeof(where), "list %llu:%ld", seed, steps);
	step(l, where);
}

/* One word as bash would read it, out of '...', "...", $'...' and bare parts. */
static char *next_word(char **pos, size_t *len)
{
	static struct buffer b;
	char *s = *pos, quote = 0;
	bool any = false;

	b.len = 0;
	buf_add(&b, "", 0);
	s += strspn(s, " \t");
	for (; *s && (quote || !strchr(" \t\n", *s)); s++) {
		any = true;
		if (quote && *s == (quote == '$' ? '\'' : quote)) {
			quote = 0;
		} else if (!quote && s[0] == '$' && s[1] == '\'') {
			quote = '$';
			s++;
		} else if (!quote && (*s == '\'' || *s == '"')) {
			quote = *s;
		} else if (*s == '\\' && quote != '\'' && s[1]) {
			s++;
			if (quote == '$' && *s >= '0' && *s <= '3') {
				char c = (s[0] - '0') << 6 | (s[1] - '0') << 3 | (s[2] - '0');

				buf_add(&b, &c, 1);
				s += 2;
			} else if (quote == '$' && strchr("ntr", *s)) {
				buf_add(&b, *s == 'n' ? "\n" : *s == 't' ? "\t" : "\r", 1);
			} else {
				buf_add(&b, s, 1);
			}
		} else {
			buf_add(&b, s, 1);
		}
	}
	*pos = s;
	*len = b.len;
	return any ? arena_copy(&words, (struct text){ b.s, b.len }).s : NULL;
}

static void run_lines(FILE *f)
{
	char *text = NULL, where[64], *s, *word;
	size_t room = 0, len;
	struct line l;
	int n = 0;

	if (with_state)
		reset("");
	while (getline(&text, &room, f) > 0) {
		n++;
		words.used = 0;
		s = text + strspn(text, " \t\n");
		if (!*s || *s == '#')
			continue;
		line_start(&l, argv0);
		if (!strncmp(s, "printf %s ", 10)) {
			s += 10;
			l.in.s = next_word(&s, &l.in.len);
			l.in_pipe = true;
			s += strspn(s, " |");
		}
		if (strncmp(s, "ipvsadm", 7) || !strchr(" \t\n", s[7]))
			die("line %d does not begin with ipvsadm", n);
		s += 7;
		while ((word = next_word(&s, &len)))
			line_add(&l, word);
		snprintf(where, sizeof(where), "line %d", n);
		if (!step(&l, where))
			align();
	}
	free(text);
}

/* ---- main --------------------------------------------------------------- */

/* The two help texts, so that one can be found in what else is printed. */
static void learn_help(void)
{
	struct line l;
	int who;

	line_start(&l, argv0);
	line_add(&l, "-h");
	for (who = 0; who < 2; who++)
		set_job(who, l.word, side[who].netns, l.in, false);
	sides_run(side, true);
	excuse_help(side[OLD].result.out, side[NEW].result.out);
}

static void say_kinds(const struct kinds *k)
{
	int i;

	for (i = 0; i < k->n; i++)
		printf("  %6ld  %s\n", k->count[i], k->text[i]);
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static void summary(const char *mode, double took)
{
	int i;

	printf("%s: %ld lines in %.1f s, seed %llu: %ld ok, %ld wrong use, %ld refused, ", mode,
	       steps, took, seed, ended[0], ended[1], ended[2]);
	printf("%ld crashed; %d kinds of messages\n", ended[3], messages.n);
	if (looks_again)
		printf("  looked again %ld times\n", looks_again);
	for (i = 0; i < EXCUSES; i++) {
		if (excused[i])
			printf("  %ld times: %s\n", excused[i], excuse_name[i]);
	}
	if (say_messages)
		say_kinds(&messages);
	printf("%s: %ld differences\n", mode, differences);
	if (differences)
		say_kinds(&classes);
}

static long number(const char *s)
{
	char *end;
	long v = strtol(s, &end, 10);

	if (end == s || *end)
		die("not a number: %s", s);
	return v;
}

static void add_env(const char *s)
{
	if (envs == (int)ARRAY_SIZE(env) - 1)
		die("too many --env");
	env[envs++] = (char *)s;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "old", 1, NULL, 'o' }, { "new", 1, NULL, 'n' }, { "ns", 1, NULL, 'N' },
		{ "seed", 1, NULL, 's' }, { "count", 1, NULL, 'c' }, { "replay", 1, NULL, 'r' },
		{ "share", 1, NULL, 'S' }, { "numeric", 0, NULL, '1' }, { "argv0", 1, NULL, '0' },
		{ "env", 1, NULL, 'e' }, { "uid", 1, NULL, 'u' }, { "stdout", 1, NULL, 'O' },
		{ "preload", 1, NULL, 'p' }, { "strict", 0, NULL, '=' },
		{ "no-state", 0, NULL, 'k' }, { "examples", 1, NULL, 'x' },
		{ "verbose", 0, NULL, 'v' }, { "messages", 0, NULL, 'm' }, { NULL, 0, NULL, 0 },
	};
	const char *ns[2] = { "/proc/self/ns/net", NULL }, *mode;
	long count = 1000, only = -1, share = 1;
	struct rlimit none = { 0, 0 };
	bool numeric = false;
	struct rng r;
	double start;
	char *ld_preload;
	int opt, i, nses = 0;
	FILE *f;

	side[OLD].path = "/bin/ipvsadm";
	side[NEW].path = "/bin/ipvsadm-ext";
	add_env("PATH=/bin:/sbin");
	while ((opt = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		switch (opt) {
		case 'o':
			side[OLD].path = optarg;
			break;
		case 'n':
			side[NEW].path = optarg;
			break;
		case 'N':
			if (nses == 2)
				die("two namespaces are enough");
			ns[nses++] = optarg;
			break;
		case 's':
			seed = number(optarg);
			break;
		case 'c':
			count = number(optarg);
			break;
		case 'r':
			only = number(optarg);
			break;
		case 'S':
			share = number(optarg);
			break;
		case '1':
			numeric = true;
			break;
		case '0':
			argv0 = optarg;
			break;
		case 'e':
			add_env(optarg);
			break;
		case 'u':
			uid = number(optarg);
			break;
		case 'O':
			stdout_to = optarg;
			break;
		case 'p':
			preload = true;
			if (asprintf(&ld_preload, "LD_PRELOAD=%s", optarg) < 0)
				die("no memory");
			add_env(ld_preload);
			break;
		case '=':
			strict = true;
			break;
		case 'k':
			with_state = false;
			break;
		case 'x':
			examples = number(optarg);
			break;
		case 'v':
			verbose = true;
			break;
		case 'm':
			say_messages = true;
			break;
		default:
			return 2;
		}
	}
	if (optind == argc)
		die("which mode? See the head of differ.c");
	mode = argv[optind++];
	shared = nses < 2;
	if (shared && strcmp(mode, "list") && strcmp(mode, "lines"))
		die("%s needs two --ns", mode);
	setrlimit(RLIMIT_CORE, &none);
	arena_init(&scratch, 64 << 20);
	arena_init(&words, 64 << 20);
	for (i = 0; i < 2; i++) {
		side[i].netns = open(ns[shared ? 0 : i], O_RDONLY | O_CLOEXEC);
		if (side[i].netns < 0)
			die("%s: %s", ns[shared ? 0 : i], strerror(errno));
		side[i].sock = with_state ? state_socket(side[i].netns) : -1;
	}
	sides_start(side);
	if (with_state && !uid && !stdout_to && !strict)
		learn_help();
	start = now();

	if (!strcmp(mode, "random")) {
		run_random(count, only);
	} else if (!strcmp(mode, "restore")) {
		run_restore(count, only);
	} else if (!strcmp(mode, "matrix")) {
		run_matrix(share);
	} else if (!strcmp(mode, "list")) {
		r = rng_of(0);
		shared = true;
		lines_list(&words, argv + optind, argc - optind, numeric, share, &r, list_line,
			   NULL);
	} else if (!strcmp(mode, "lines")) {
		f = optind < argc && strcmp(argv[optind], "-") ? fopen(argv[optind], "r") : stdin;
		if (!f)
			die("%s: %s", argv[optind], strerror(errno));
		run_lines(f);
		if (f != stdin)
			fclose(f);
	} else {
		die("no such mode: %s", mode);
	}
	if (!steps)
		die("nothing was compared");
	summary(mode, now() - start);
	return differences > 0;
}
