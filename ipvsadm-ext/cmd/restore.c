// SPDX-License-Identifier: GPL-2.0
/*
 * -R: commands from standard input, one a line.
 *
 * As 1.31 has it, the exit status is that of the last command, a command that the
 * kernel refuses does not stop the others, and one that makes no sense does.
 *
 * Changes are collected and sent many at once. What was collected is sent before
 * anything is printed or listed, and before waiting for more input: who writes
 * commands to a pipe may want to see one done before writing the next.
 */
#include "command.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* More at once is no faster. */
#define COLLECT 1024
#define READ_SIZE 65536

/**
 * struct restore - a restore at work
 * @k: connection
 * @status: of the last command
 * @stop: the rest of the input is not for us
 * @buf: input, with room for a NUL after it
 * @pos: where in @buf the next line begins
 * @len: of what is in @buf
 * @room: of @buf
 * @end: there is no more input
 * @word: words of a line; the first is the name of the program
 * @words_room: of @word
 * @collected: changes that were handed to kernel_queue()
 * @n: their number
 * @lines: read so far
 * @bytes: read so far
 * @size: of all the input in bytes; 0: not known
 * @terminal: progress can be shown
 * @start: when it began, in seconds
 * @shown: when progress was shown last; 0: it does not show
 */
struct restore {
	struct kernel *k;
	int status;
	bool stop;
	char *buf;
	size_t pos;
	size_t len;
	size_t room;
	bool end;
	char **word;
	size_t words_room;
	struct command *collected;
	unsigned int n;
	unsigned long long lines;
	unsigned long long bytes;
	unsigned long long size;
	bool terminal;
	double start;
	double shown;
};

static void stop(struct restore *r, int status)
{
	r->status = status;
	r->stop = true;
}

static void no_memory(struct restore *r)
{
	fprintf(stderr, "%s\n", command_refusal(CMD_RESTORE, ENOMEM));
	stop(r, EXIT_REFUSED);
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static void start_progress(struct restore *r)
{
	struct stat st;

	/* Who types commands can count them. */
	r->terminal = isatty(STDERR_FILENO) && !isatty(STDIN_FILENO);
	r->start = now();
	if (!fstat(STDIN_FILENO, &st) && S_ISREG(st.st_mode))
		r->size = st.st_size;
}

static void show_progress(struct restore *r)
{
	double t;

	if (!r->terminal)
		return;
	t = now();
	if (t - r->start < 1 || t - r->shown < 0.2)
		return;
	r->shown = t;
	fprintf(stderr, "\rrestoring: %llu lines", r->lines);
	if (r->size)
		fprintf(stderr, ", %llu %%", (r->bytes - (r->len - r->pos)) * 100 / r->size);
}

static void hide_progress(struct restore *r)
{
	if (r->shown)
		fprintf(stderr, "\r%*s\r", 50, "");
	r->shown = 0;
}

static void refused(void *arg, unsigned long tag, int err, const char *extack)
{
	struct restore *r = arg;

	hide_progress(r);
	command_refused(&r->collected[tag], err, extack);
	if (tag == r->n - 1)
		r->status = EXIT_REFUSED;
}

/* Have done what was collected. */
static void flush(struct restore *r)
{
	long n;

	if (!r->n)
		return;
	r->status = EXIT_OK;
	n = kernel_sync(r->k, refused, r);
	r->n = 0;
	if (n < 0) {
		hide_progress(r);
		fprintf(stderr, "%s\n", command_refusal(CMD_RESTORE, -n));
		stop(r, EXIT_REFUSED);
	}
}

static void collect(struct restore *r, const struct command *c)
{
	int err;

	if (r->n == COLLECT) {
		flush(r);
		show_progress(r);
	}
	if (r->stop)
		return;
	err = kernel_queue(r->k, &c->change, r->n);
	if (!err) {
		r->collected[r->n++] = *c;
		return;
	}
	flush(r);
	if (r->stop)
		return;
	hide_progress(r);
	fprintf(stderr, "%s\n", command_refusal(c->id, -err));
	stop(r, EXIT_REFUSED);
}

/* What is not a change; all before it has been done. */
static void other_command(struct restore *r, const struct command *c)
{
	switch (c->id) {
	case CMD_LIST:
		r->status = cmd_list(r->k, c);
		r->stop = r->status != EXIT_OK;
		break;
	case CMD_SAVE:
		r->status = cmd_save(r->k, c);
		r->stop = r->status != EXIT_OK;
		break;
	case CMD_RESTORE:
		fprintf(stderr, "Try `%s -h' or '%s --help' for more information.\n",
			r->word[0], r->word[0]);
		stop(r, EXIT_REFUSED);
		break;
	case CMD_APPLY:
	case CMD_MONITOR:
	case CMD_SCHEDULERS:
		fprintf(stderr, "%s is not possible within --restore\n", r->word[1]);
		stop(r, EXIT_USAGE);
		break;
	default:
		stop(r, cmd_help(r->k, c));
		break;
	}
}

static void run(struct restore *r, int words)
{
	struct command c;
	struct diag d;
	bool understood = !command_parse(words, r->word, &c, &d);

	if (understood && is_change(c.id) && !wants_ext(&c)) {
		collect(r, &c);
		return;
	}
	flush(r);
	if (r->stop)
		return;
	hide_progress(r);
	if (understood && is_change(c.id)) {
		r->status = cmd_ext_change(r->k, &c);
		show_progress(r);
	} else if (understood) {
		other_command(r, &c);
	} else {
		fputs(d.whole, stderr);
		r->status = d.status;
		r->stop = d.fatal;
	}
}

static bool add_word(struct restore *r, size_t n, char *word)
{
	char **more;

	/* And room for the NULL after the last one. */
	if (n + 1 >= r->words_room) {
		more = reallocarray(r->word, r->words_room * 2, sizeof(*more));
		if (!more)
			return false;
		r->word = more;
		r->words_room *= 2;
	}
	r->word[n] = word;
	r->word[n + 1] = NULL;
	return true;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* A NUL in a word ends it, but not the line. */
static void run_line(struct restore *r, char *line, size_t len)
{
	char *p = line, *end = line + len, *word;
	size_t n = 1;

	*end = '\0';
	r->lines++;
	for (;;) {
		while (p < end && is_blank(*p))
			p++;
		if (p == end)
			break;
		word = p;
		while (p < end && !is_blank(*p))
			p++;
		if (p < end)
			*p++ = '\0';
		if (!strcmp(word, "ipvsadm"))
			continue;
		if (n == INT_MAX || !add_word(r, n, word)) {
			flush(r);
			if (!r->stop)
				no_memory(r);
			return;
		}
		n++;
	}
	if (n > 1)
		run(r, n);
}

/* Read more, behind what there is. */
static void read_more(struct restore *r)
{
	struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };
	char *more;
	ssize_t n;

	memmove(r->buf, r->buf + r->pos, r->len - r->pos);
	r->len -= r->pos;
	r->pos = 0;
	if (r->room - r->len < READ_SIZE + 1) {
		more = realloc(r->buf, r->room * 2);
		if (!more) {
			flush(r);
			if (!r->stop)
				no_memory(r);
			return;
		}
		r->buf = more;
		r->room *= 2;
	}
	if (r->n && poll(&p, 1, 0) == 0)
		flush(r);
	show_progress(r);
	do
		n = read(STDIN_FILENO, r->buf + r->len, READ_SIZE);
	while (n < 0 && errno == EINTR);
	if (n > 0) {
		r->len += n;
		r->bytes += n;
		return;
	}
	r->end = true;
	if (n < 0) {
		flush(r);
		hide_progress(r);
		fprintf(stderr, "Can't read standard input: %s\n", strerror(errno));
		stop(r, EXIT_USAGE);
	}
}

/* 1.31 does not do a last line without newline if it ends with two blanks. */
static bool lost(const char *line, size_t len)
{
	return len >= 2 && is_blank(line[len - 1]) && is_blank(line[len - 2]);
}

static void restore(struct restore *r)
{
	size_t looked_at = 0;
	char *line, *end;

	start_progress(r);
	while (!r->stop) {
		line = r->buf + r->pos;
		end = memchr(line + looked_at, '\n', r->len - r->pos - looked_at);
		if (!end && !r->end) {
			looked_at = r->len - r->pos;
			read_more(r);
			continue;
		}
		looked_at = 0;
		if (!end && r->pos == r->len)
			break;
		if (!end) {
			end = r->buf + r->len;
			if (lost(line, end - line))
				break;
		}
		r->pos = end - r->buf + (end < r->buf + r->len);
		run_line(r, line, end - line);
	}
	flush(r);
	hide_progress(r);
}

int cmd_restore(struct kernel *k, const struct command *c)
{
	struct restore r = {
		.k = k, .status = EXIT_OK, .room = 2 * READ_SIZE, .words_room = 64,
	};

	(void)c;
	r.buf = malloc(r.room);
	r.word = reallocarray(NULL, r.words_room, sizeof(*r.word));
	r.collected = reallocarray(NULL, COLLECT, sizeof(*r.collected));
	if (r.buf && r.word && r.collected) {
		r.word[0] = program_invocation_name;
		restore(&r);
	} else {
		no_memory(&r);
	}
	ext_change_end();
	free(r.buf);
	free(r.word);
	free(r.collected);
	return r.status;
}
