// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>

#include "links.h"

#define NEVER	(~(links_time)0)
#define SECOND	(LINKS_NS * 1000000000)

struct packet {
	uint64_t nr;			/* in the order of sending, all links */
	uint64_t bytes;
	links_time arrives;
};

/* A queue of packets in a growing array. */
struct fifo {
	struct packet *p;
	size_t first, end, room;
};

struct link {
	uint64_t bandwidth, lag_us;
	struct fifo waiting;		/* the first one is being sent */
	links_time ends;		/* when that will be over */
	struct fifo on_the_way;		/* in order of arrival */
	struct links_count count;
};

struct links {
	unsigned int n;
	links_time now;
	uint64_t nr, latest, reordered;
	struct link link[];
};

static void *check(void *p)
{
	if (!p) {
		fprintf(stderr, "links: no memory\n");
		abort();
	}
	return p;
}

static void put(struct fifo *f, struct packet p)
{
	size_t i, n = f->end - f->first;

	if (f->end == f->room) {
		/* move to the front if there is much to gain, else grow */
		if (f->first <= f->room / 2) {
			f->room = 2 * f->room + 16;
			f->p = check(realloc(f->p, f->room * sizeof(p)));
		}
		for (i = 0; f->first && i < n; i++)
			f->p[i] = f->p[f->first + i];
		f->first = 0;
		f->end = n;
	}
	f->p[f->end++] = p;
}

static struct packet *head(struct fifo *f)
{
	return f->first < f->end ? &f->p[f->first] : NULL;
}

static void copy(struct fifo *to, const struct fifo *from)
{
	size_t i;

	*to = (struct fifo){ 0 };
	for (i = from->first; i < from->end; i++)
		put(to, from->p[i]);
}

struct links *links_new(unsigned int n)
{
	struct links *l = check(calloc(1, sizeof(*l) + n * sizeof(l->link[0])));
	unsigned int i;

	l->n = n;
	for (i = 0; i < n; i++)
		l->link[i].bandwidth = 1;
	return l;
}

void links_free(struct links *l)
{
	unsigned int i;

	for (i = 0; i < l->n; i++) {
		free(l->link[i].waiting.p);
		free(l->link[i].on_the_way.p);
	}
	free(l);
}

static links_time send_time(const struct link *k, uint64_t bytes)
{
	return bytes * SECOND / k->bandwidth;
}

void links_set(struct links *l, unsigned int i, uint64_t bandwidth,
	       uint64_t lag_us)
{
	struct link *k = &l->link[i];

	/* the rest of the packet that is being sent */
	if (head(&k->waiting))
		k->ends = l->now + (k->ends - l->now) * k->bandwidth / bandwidth;
	k->bandwidth = bandwidth;
	k->lag_us = lag_us;
}

void links_clear(struct links *l, unsigned int i)
{
	l->link[i].waiting.first = l->link[i].waiting.end;
}

static void give(struct link *k, links_time now, struct packet p)
{
	if (!head(&k->waiting))
		k->ends = now + send_time(k, p.bytes);
	put(&k->waiting, p);
}

static links_time next_event(struct link *k)
{
	links_time t = head(&k->waiting) ? k->ends : NEVER;
	struct packet *p = head(&k->on_the_way);

	return p && p->arrives < t ? p->arrives : t;
}

/* The event of that time. Returns the packet that arrived, if that is it. */
static const struct packet *event(struct link *k)
{
	struct packet *p = head(&k->on_the_way);
	struct packet q;
	size_t i;

	if (p && (!head(&k->waiting) || p->arrives <= k->ends)) {
		k->on_the_way.first++;
		k->count.arrived++;
		k->count.bytes += p->bytes;
		return p;
	}
	q = *head(&k->waiting);
	k->waiting.first++;
	k->count.sent++;
	q.arrives = k->ends + k->lag_us * 1000 * LINKS_NS;
	put(&k->on_the_way, q);
	/* with a lag that became smaller it may overtake */
	for (i = k->on_the_way.end - 1; i > k->on_the_way.first; i--) {
		struct packet *v = k->on_the_way.p;

		if (v[i - 1].arrives <= v[i].arrives)
			break;
		q = v[i];
		v[i] = v[i - 1];
		v[i - 1] = q;
	}
	if (head(&k->waiting))
		k->ends += send_time(k, head(&k->waiting)->bytes);
	return NULL;
}

void links_advance(struct links *l, uint64_t ns)
{
	links_time to = l->now + ns * LINKS_NS;

	for (;;) {
		const struct packet *arrived;
		struct link *first = NULL;
		unsigned int i;

		for (i = 0; i < l->n; i++)
			if (!first || next_event(&l->link[i]) < next_event(first))
				first = &l->link[i];
		if (!first || next_event(first) > to)
			break;
		l->now = next_event(first);
		arrived = event(first);
		if (!arrived)
			continue;
		if (arrived->nr < l->latest)
			l->reordered++;
		else
			l->latest = arrived->nr;
	}
	l->now = to;
}

void links_send(struct links *l, unsigned int i, uint64_t bytes)
{
	give(&l->link[i], l->now, (struct packet){ ++l->nr, bytes, 0 });
	l->link[i].count.given++;
}

void links_predict(const struct links *l, unsigned int i, uint64_t bytes,
		   links_time *sent, links_time *arrived)
{
	const struct packet *p;
	struct link k = l->link[i];
	links_time at;

	copy(&k.waiting, &l->link[i].waiting);
	copy(&k.on_the_way, &l->link[i].on_the_way);
	give(&k, l->now, (struct packet){ l->nr + 1, bytes, 0 });
	for (*sent = 0;;) {
		at = next_event(&k);
		p = event(&k);
		if (p && p->nr == l->nr + 1)
			break;
		/* its own was the last of these */
		if (!*sent && !head(&k.waiting))
			*sent = at - l->now;
	}
	*arrived = at - l->now;
	free(k.waiting.p);
	free(k.on_the_way.p);
}

links_time links_backlog(const struct links *l, unsigned int i)
{
	struct link k = l->link[i];
	links_time end = l->now;

	copy(&k.waiting, &l->link[i].waiting);
	copy(&k.on_the_way, &l->link[i].on_the_way);
	while (head(&k.waiting)) {
		end = next_event(&k);
		event(&k);
	}
	free(k.waiting.p);
	free(k.on_the_way.p);
	return end - l->now;
}

struct links_count links_count(const struct links *l, unsigned int i)
{
	return l->link[i].count;
}

uint64_t links_reordered(const struct links *l)
{
	return l->reordered;
}
