// SPDX-License-Identifier: GPL-2.0
#include "smooth.h"
#include "unit.h"

#define WORK	16		/* servers converted for each step */
#define PICK	(1ull << 58)

void oracle_free(struct oracle *o)
{
	free(o->server);
	memset(o, 0, sizeof(*o));
}

static struct oracle_server *find(struct oracle *o, const void *who)
{
	unsigned int i;

	for (i = 0; i < o->nr; i++)
		if (o->server[i].who == who)
			return &o->server[i];
	ck_abort_msg("the oracle does not know this server");
	return NULL;
}

static bool leader(const struct oracle *o, s64 *credit)
{
	const struct oracle_server *s;
	bool any = false;

	for (s = o->server; s < o->server + o->nr; s++) {
		if (!s->eligible || (any && s->credit <= *credit))
			continue;
		*credit = s->credit;
		any = true;
	}
	return any;
}

void oracle_add(struct oracle *o, const void *who)
{
	if (o->nr == o->cap) {
		o->cap = o->cap ? 2 * o->cap : 16;
		o->server = realloc(o->server, o->cap * sizeof(*o->server));
	}
	o->server[o->nr++] = (struct oracle_server){
		.who = who, .rate = 1, .fresh = true,
	};
}

void oracle_remove(struct oracle *o, const void *who)
{
	struct oracle_server *s = find(o, who);

	ck_assert(!s->eligible);
	memmove(s, s + 1, (o->server + o->nr - s - 1) * sizeof(*s));
	o->nr--;
	/* a tier that is empty is gone */
	if (!o->nr)
		oracle_free(o);
}

void oracle_rate(struct oracle *o, const void *who, u64 rate)
{
	struct oracle_server *s = find(o, who);

	ck_assert(!s->eligible);
	s->rate = rate;
}

void oracle_enter(struct oracle *o, const void *who)
{
	struct oracle_server *s = find(o, who);
	s64 top;

	ck_assert(!s->eligible);
	if (leader(o, &top)) {
		if (s->fresh || s->credit > top)
			s->credit = top;
		else if (s->credit < top - (s64)o->pick)
			s->credit = top - (s64)o->pick;
	}
	s->fresh = false;
	s->eligible = true;
}

void oracle_leave(struct oracle *o, const void *who)
{
	struct oracle_server *s = find(o, who);

	ck_assert(s->eligible);
	s->eligible = false;
}

static void convert(struct oracle *o, u64 sum, unsigned int halve)
{
	u64 pick = sum * (PICK / sum);
	u64 ratio = o->pick ? (pick << 5) / (o->pick >> 25) : 0;
	struct oracle_server *s;
	s64 top = 0;

	leader(o, &top);
	for (s = o->server; s < o->server + o->nr; s++) {
		s64 most = s->eligible ? 4 * o->pick : o->pick;
		s64 behind = top - s->credit;

		behind = behind < 0 ? 0 : behind > most ? most : behind;
		behind >>= halve;
		if (pick != o->pick)
			behind = (u64)(((unsigned __int128)behind * ratio) >> 30);
		s->credit = -behind;
	}
	o->pick = pick;
	o->settled = o->made;
	o->total = 0;
}

static u64 sum_of_rates(const struct oracle *o)
{
	u64 sum = 0;
	unsigned int i;

	for (i = 0; i < o->nr; i++)
		if (o->server[i].eligible)
			sum += o->server[i].rate;
	return sum;
}

static void set_step(struct oracle *o, u64 sum)
{
	if (o->total == sum)
		return;
	o->total = sum;
	o->step = o->pick / sum;
	o->rest = o->pick % sum;
	o->carry = 0;
}

void oracle_decay(struct oracle *o, unsigned int halve)
{
	convert(o, sum_of_rates(o), halve);
}

const void *oracle_pick(struct oracle *o)
{
	struct oracle_server *s, *best = NULL;
	u64 sum = sum_of_rates(o), advance;

	if (!sum)
		return NULL;
	set_step(o, sum);
	if (!o->pick || (o->rest && (o->made - o->settled) * WORK >= o->nr)) {
		convert(o, sum, 0);
		set_step(o, sum);
	}
	advance = o->step;
	o->carry += o->rest;
	if (o->carry >= sum) {
		o->carry -= sum;
		advance++;
	}
	for (s = o->server; s < o->server + o->nr; s++) {
		if (!s->eligible)
			continue;
		s->credit += s->rate * advance;
		if (!best || s->credit > best->credit)
			best = s;
	}
	best->credit -= o->pick;
	o->made++;
	return best->who;
}

#define FOUR(...)	__VA_ARGS__, __VA_ARGS__, __VA_ARGS__, __VA_ARGS__

const struct textbook smooth_sets[] = {
	{ .nr = 1, .rate = { 7 } },
	{ .nr = 3, .rate = { 5, 1, 1 } },
	{ .nr = 3, .rate = { 4, 4, 4 } },
	{ .nr = 5, .rate = { 1, 2, 3, 4, 5 } },
	{ .nr = 12, .rate = { FOUR(100, 10, 1) } },
	{ .nr = 21, .rate = { 20, FOUR(1, 1, 1, 1, 1) } },
	{ .nr = 4, .rate = { 1000000, 1000, 10, 1 } },
};

const unsigned int smooth_nr_sets = ARRAY_SIZE(smooth_sets);

u64 textbook_sum(const struct textbook *t)
{
	u64 sum = 0;
	unsigned int i;

	for (i = 0; i < t->nr; i++)
		sum += t->rate[i];
	return sum;
}

unsigned int textbook_pick(struct textbook *t)
{
	unsigned int i, best = 0;

	for (i = 0; i < t->nr; i++) {
		t->credit[i] += t->rate[i];
		if (t->credit[i] > t->credit[best])
			best = i;
	}
	t->credit[best] -= textbook_sum(t);
	return best;
}

double smooth_deviation(struct ip_vs_service *svc, const struct textbook *t,
			unsigned int n)
{
	double worst = 0, sum = textbook_sum(t), d;
	unsigned int got[64] = { 0 }, i, k;

	for (k = 1; k <= n; k++) {
		got[shim_dest_id(shim_decide(svc)) - 1]++;
		for (i = 0; i < t->nr; i++) {
			d = got[i] - k * (t->rate[i] / sum);
			worst = max(worst, d < 0 ? -d : d);
		}
	}
	return worst;
}

void smooth_expect(struct ip_vs_service *svc, const char *want)
{
	char got[256];
	size_t i;

	ck_assert_uint_lt(strlen(want), sizeof(got));
	for (i = 0; i < strlen(want); i++) {
		struct ip_vs_dest *d = shim_decide(svc);

		got[i] = d ? 'a' + shim_dest_id(d) - 1 : '-';
		got[i + 1] = '\0';
	}
	ck_assert_str_eq(got, want);
}
