// SPDX-License-Identifier: GPL-2.0
/* Memory, text and random numbers. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "differ.h"

void die(const char *fmt, ...)
{
	va_list ap;

	fflush(stdout);
	fputs("differ: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(2);
}

void arena_init(struct arena *a, size_t size)
{
	a->base = malloc(size);
	if (!a->base)
		die("no memory");
	a->used = 0;
	a->size = size;
}

void *arena_take(struct arena *a, size_t size)
{
	void *p = a->base + a->used;

	size = (size + 15) & ~(size_t)15;
	if (a->size - a->used < size)
		die("an arena of %zu bytes is too small", a->size);
	a->used += size;
	return p;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *s;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	s = arena_take(a, n + 1);
	va_start(ap, fmt);
	vsnprintf(s, n + 1, fmt, ap);
	va_end(ap);
	return s;
}

struct text arena_copy(struct arena *a, struct text t)
{
	struct text copy = { arena_take(a, t.len + 1), t.len };

	if (t.len)
		memcpy(copy.s, t.s, t.len);
	copy.s[t.len] = '\0';
	return copy;
}

bool text_same(struct text a, struct text b)
{
	return a.len == b.len && (!a.len || !memcmp(a.s, b.s, a.len));
}

static void buf_room(struct buffer *b, size_t len)
{
	if (b->room - b->len > len)
		return;
	b->room = 2 * (b->len + len) + 256;
	b->s = realloc(b->s, b->room);
	if (!b->s)
		die("no memory");
}

void buf_add(struct buffer *b, const void *s, size_t len)
{
	buf_room(b, len);
	if (len)
		memcpy(b->s + b->len, s, len);
	b->len += len;
	b->s[b->len] = '\0';
}

void buf_printf(struct buffer *b, const char *fmt, ...)
{
	va_list ap;
	int n;

	buf_room(b, 256);
	va_start(ap, fmt);
	n = vsnprintf(b->s + b->len, b->room - b->len, fmt, ap);
	va_end(ap);
	if ((size_t)n >= b->room - b->len) {
		buf_room(b, n);
		va_start(ap, fmt);
		vsnprintf(b->s + b->len, b->room - b->len, fmt, ap);
		va_end(ap);
	}
	b->len += n;
}

void buf_quote(struct buffer *b, const char *s, size_t len)
{
	bool bare = len > 0, printable = true;
	size_t i;

	for (i = 0; i < len; i++) {
		unsigned char c = s[i];

		if ((c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') &&
		    !strchr("-+./:,=_%@", c))
			bare = false;
		if (c < ' ' || c > '~' || c == '\'' || c == '\\')
			printable = false;
	}
	if (bare) {
		buf_add(b, s, len);
		return;
	}
	buf_printf(b, printable ? "'" : "$'");
	for (i = 0; i < len; i++) {
		unsigned char c = s[i];

		if (c == '\n')
			buf_printf(b, "\\n");
		else if (c == '\t')
			buf_printf(b, "\\t");
		else if (c == '\r')
			buf_printf(b, "\\r");
		else if (c < ' ' || c > '~')
			buf_printf(b, "\\%03o", c);
		else if (c == '\'' || (c == '\\' && !printable))
			buf_printf(b, "\\%c", c);
		else
			buf_add(b, s + i, 1);
	}
	buf_printf(b, "'");
}

/* splitmix64: any seed will do, also 0 and small neighbours. */
uint32_t rng_next(struct rng *r)
{
	uint64_t z = r->s += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return (z ^ (z >> 31)) >> 32;
}
