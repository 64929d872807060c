// SPDX-License-Identifier: GPL-2.0
/*
 * The deliberate deviations from 1.31, all of them. Each rule says exactly what
 * the new program prints in place of what the old one printed; it does not just
 * look away.
 */
#define _GNU_SOURCE
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include "bigstats.h"
#include "differ.h"

const char *const excuse_name[EXCUSES] = {
	[EXCUSE_FWMARK] = "firewall marks from 2^31 on are unsigned",
	[EXCUSE_STATS64] = "statistics of servers have 64 bits",
	[EXCUSE_COMMA] = "-b without a flag is an error and not a crash",
	[EXCUSE_HELP] = "-h goes on after the old text",
};

static struct text old_help, new_help;

void excuse_help(struct text old, struct text new)
{
	static struct arena a;

	if (new.len < old.len || memcmp(old.s, new.s, old.len))
		die("the new help text does not begin with the old one");
	arena_init(&a, old.len + new.len + 64);
	old_help = arena_copy(&a, old);
	new_help = arena_copy(&a, new);
}

/* The lines of listings and of -S that begin with a mark; the columns after it
 * stay where they are if there are columns.
 */
static bool unsigned_mark(struct buffer *b, const char *s, size_t len)
{
	static const char *const begin[] = { "FWM  -", "-A -f -", "-a -f -" };
	size_t i, n, before, digits, wide, blanks;
	unsigned long mark;

	for (i = 0; i < ARRAY_SIZE(begin); i++) {
		n = strlen(begin[i]);
		if (len <= n || memcmp(s, begin[i], n))
			continue;
		mark = strtoul(s + n, NULL, 10);
		digits = strspn(s + n, "0123456789");
		if (!digits || mark > 1UL << 31)
			return false;
		mark = (1UL << 32) - mark;
		before = b->len;
		buf_printf(b, "%.*s%lu", (int)(n - 1), s, mark);
		s += n + digits;
		len -= n + digits;
		if (i == 0 && len >= 5 && !memcmp(s, " IPv6", 5)) {
			buf_printf(b, " IPv6");
			s += 5;
			len -= 5;
		}
		blanks = 0;
		while (blanks < len && s[blanks] == ' ')
			blanks++;
		if (i == 0 && blanks > 1) {
			/* "%-33s", and what follows has a width, too */
			wide = b->len - before;
			digits = snprintf(NULL, 0, "%lu", mark);
			n = snprintf(NULL, 0, "-%lu", (1UL << 32) - mark);
			blanks = blanks + n - digits;
			if (wide > 33)
				return false;
			buf_printf(b, "%*s", (int)blanks, "");
			while (len && *s == ' ') {
				s++;
				len--;
			}
		}
		buf_add(b, s, len);
		return true;
	}
	return false;
}

static struct text unsigned_marks(struct arena *a, struct text old, bool *used)
{
	static struct buffer b;
	char *s = old.s, *end = old.s + old.len, *nl;

	if (!memmem(old.s, old.len, "FWM  -", 6) && !memmem(old.s, old.len, " -f -", 5))
		return old;
	b.len = 0;
	for (; s < end; s = nl) {
		nl = memchr(s, '\n', end - s);
		nl = nl ? nl + 1 : end;
		if (unsigned_mark(&b, s, nl - s))
			*used = true;
		else
			buf_add(&b, s, nl - s);
	}
	return arena_copy(a, (struct text){ b.s, b.len });
}

static struct text longer_help(struct arena *a, struct text old, bool *used)
{
	static struct buffer b;
	char *s = old.s, *end = old.s + old.len, *at;

	if (!old_help.len)
		return old;
	b.len = 0;
	while ((at = memmem(s, end - s, old_help.s, old_help.len))) {
		buf_add(&b, s, at - s);
		buf_add(&b, new_help.s, new_help.len);
		s = at + old_help.len;
		*used = true;
	}
	if (s == old.s)
		return old;
	buf_add(&b, s, end - s);
	return arena_copy(a, (struct text){ b.s, b.len });
}

static bool only_commas(const char *s, size_t len)
{
	while (len && *s == ',') {
		s++;
		len--;
	}
	return !len;
}

/* Is there a -b whose value is made of commas only? */
static bool no_flag(const char *word, size_t len, bool *is_value)
{
	static const char name[] = "--sched-flags";
	size_t n = sizeof(name) - 1;
	bool was_value = *is_value;

	*is_value = false;
	if (was_value)
		return only_commas(word, len);
	if (len > n && !memcmp(word, name, n) && word[n] == '=')
		return only_commas(word + n + 1, len - n - 1);
	if (len == n && !memcmp(word, name, n)) {
		*is_value = true;
	} else if (len > 1 && word[0] == '-' && word[1] != '-') {
		const char *b = memchr(word, 'b', len);

		if (b && b == word + len - 1)
			*is_value = true;
		else if (b)
			return only_commas(b + 1 + (b[1] == '='),
					   word + len - b - 1 - (b[1] == '='));
	}
	return false;
}

static bool has_no_flag(const struct line *l)
{
	const char *s = l->in.s, *end = l->in.s + l->in.len;
	bool is_value = false;
	size_t n;
	int i;

	for (i = 1; i < l->n; i++) {
		if (no_flag(l->word[i], strlen(l->word[i]), &is_value))
			return true;
	}
	is_value = false;
	while (s < end) {
		for (n = 0; s + n < end && !strchr(" \t\r\n", s[n]); n++)
			;
		if (n && no_flag(s, n, &is_value))
			return true;
		s += n + 1;
	}
	return false;
}

void excuse(struct arena *a, const struct line *l, const struct result *old,
	    struct expectation *e)
{
	memset(e, 0, sizeof(*e));
	e->result = *old;
	if (WIFSIGNALED(old->status) && WTERMSIG(old->status) == SIGSEGV && has_no_flag(l)) {
		e->result.status = 2 << 8;
		e->any_error = true;
		e->used[EXCUSE_COMMA] = true;
	}
	e->result.out = unsigned_marks(a, e->result.out, &e->used[EXCUSE_FWMARK]);
	e->result.out = longer_help(a, e->result.out, &e->used[EXCUSE_HELP]);
}

/* ---- statistics --------------------------------------------------------- */

static int print_large(char *s, uint64_t v, bool exact)
{
	static const struct {
		uint64_t below, unit;
		const char *name;
	} units[] = {
		{ 1000000000ULL, 1000, "K" },
		{ 100000000000ULL, 1000000, "M" },
		{ 100000000000000ULL, 1000000000, "G" },
		{ UINT64_MAX, 1000000000000ULL, "T" },
	};
	int i = 0;

	if (exact) {
		i = snprintf(NULL, 0, "%llu", (unsigned long long)v) + 1;
		return sprintf(s, "%*llu", i < 9 ? 9 : i, (unsigned long long)v);
	}
	if (v < 100000000)
		return sprintf(s, "%9llu", (unsigned long long)v);
	while (v >= units[i].below && i < 3)
		i++;
	return sprintf(s, "%8llu%s", (unsigned long long)(v / units[i].unit), units[i].name);
}

/* A server's line as 1.31 prints it: rates but for those in bytes are exact. */
static void print_server(char *s, const char *name, const unsigned long long v[5], bool rate,
			 bool exact)
{
	int i;

	s += sprintf(s, "  -> %-28s", name);
	for (i = 0; i < 5; i++) {
		if (rate && i < 3)
			s += sprintf(s, " %8llu", v[i]);
		else
			s += print_large(s, v[i], exact);
	}
}

static bool take_line(struct text *t, char *line, size_t room)
{
	char *nl = memchr(t->s, '\n', t->len);
	size_t n = nl ? (size_t)(nl - t->s) : t->len;

	if (!nl || n >= room)
		return false;
	memcpy(line, t->s, n);
	line[n] = '\0';
	t->s += n + 1;
	t->len -= n + 1;
	return true;
}

static bool big_stat(unsigned long long v)
{
	size_t i;

	for (i = 0; i < BIG_STATS; i++) {
		if (big_stats[i] == v)
			return true;
	}
	return false;
}

static bool read_server(const char *line, char *name, unsigned long long v[5])
{
	return sscanf(line, "  -> %127s %llu %llu %llu %llu %llu", name, &v[0], &v[1], &v[2], &v[3],
		      &v[4]) == 6;
}

bool excuse_stats64(const struct text *old, const struct text *new, const struct text *old_exact,
		    const struct text *new_exact, bool rate, bool exact)
{
	struct text t[4] = { *old, *new, *old_exact, *new_exact };
	char line[4][512], want[512], name[2][128];
	unsigned long long v[2][5];
	int i, k;

	while (t[0].len) {
		for (i = 0; i < 4; i++) {
			if (!take_line(&t[i], line[i], sizeof(line[i])))
				return false;
		}
		if (!read_server(line[2], name[0], v[0])) {
			if (strcmp(line[0], line[1]) || strcmp(line[2], line[3]))
				return false;
			continue;
		}
		for (i = 0; i < 2; i++) {
			if (!read_server(line[2 + i], name[i], v[i]))
				return false;
			print_server(want, name[i], v[i], rate, exact);
			if (strcmp(want, line[i]))
				return false;
			print_server(want, name[i], v[i], rate, true);
			if (strcmp(want, line[2 + i]))
				return false;
		}
		for (k = 0; k < 5; k++) {
			/* Bytes always had 64 bits; rates of bytes had not. */
			if (!big_stat(v[1][k]) ||
			    (rate || k < 3 ? (uint32_t)v[1][k] : v[1][k]) != v[0][k])
				return false;
		}
		if (strcmp(name[0], name[1]))
			return false;
	}
	return !t[1].len && !t[2].len && !t[3].len;
}
