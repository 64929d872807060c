// SPDX-License-Identifier: GPL-2.0
#include <math.h>

#include "lags.h"

void lags_begin(struct lags *t, const char *sched, bool lag)
{
	memset(t, 0, sizeof(*t));
	t->lag = lag;
	t->links = links_new(LAGS_MAX);
	unit_ok(shim_add_service(&t->svc, sched, 1, IP_VS_SVC_F_ONEPACKET));
	/* no backlog is forgotten */
	unit_ok(attrs_param(t->svc, "queue", 600000));
}

void lags_end(struct lags *t)
{
	links_free(t->links);
	shim_del_service(t->svc);
}

void lags_set(struct lags *t, unsigned int i, u64 bandwidth, u32 lag_us)
{
	/* What is queued, and the error with it, takes longer now. */
	if (t->bandwidth[i] > bandwidth)
		t->error[i] *= (double)t->bandwidth[i] / bandwidth;
	t->error[i] += 0.125;
	t->bandwidth[i] = bandwidth;
	t->lag_us[i] = lag_us;
	unit_ok(attrs_bandwidth(t->svc, i + 1, bandwidth));
	unit_ok(attrs_lag(t->svc, i + 1, lag_us));
	links_set(t->links, i, bandwidth, lag_us);
}

void lags_add(struct lags *t, unsigned int i, u64 bandwidth, u32 lag_us)
{
	links_clear(t->links, i);
	t->error[i] = 0;
	lags_set(t, i, bandwidth, lag_us);
	t->in[i] = true;
	unit_ok(shim_add_dest(t->svc, i + 1, 1, 0, 0));
}

void lags_del(struct lags *t, unsigned int i)
{
	t->in[i] = false;
	unit_ok(shim_del_dest(t->svc, i + 1));
}

void lags_quiesce(struct lags *t, unsigned int i, bool quiesce)
{
	t->in[i] = !quiesce;
	unit_ok(shim_edit_dest(t->svc, i + 1, quiesce ? 0 : 1, 0, 0));
}

void lags_advance(struct lags *t, u64 ns)
{
	shim_clock_ns += ns;
	links_advance(t->links, ns);
}

/* Is link @i later than the first one by no more than can be told? */
static bool as_good(const struct lags *t, unsigned int i, links_time later,
		    double slack)
{
	return (double)later / LINKS_NS <= slack + t->error[i];
}

unsigned int lags_go(struct lags *t, u32 bytes)
{
	links_time value[LAGS_MAX], first = 0;
	unsigned int i, id, best = LAGS_MAX, right = 0;
	double slack;

	for (i = 0; i < LAGS_MAX; i++) {
		links_time sent, arrived;

		if (!t->in[i])
			continue;
		links_predict(t->links, i, bytes, &sent, &arrived);
		value[i] = t->lag ? arrived : sent;
		if (!links_backlog(t->links, i))
			t->error[i] = 0;
		if (best == LAGS_MAX || value[i] < first) {
			best = i;
			first = value[i];
		}
	}
	/* The kernel counts in 1/16 ns, packet by packet, and with a fraction
	 * of 24 bits.
	 */
	slack = (double)(first / 4000000) / LINKS_NS + 0.25 + t->error[best];
	for (i = 0; i < LAGS_MAX; i++)
		right += t->in[i] && as_good(t, i, value[i] - first, slack);

	shim_skb.len = bytes;
	id = shim_dest_id(shim_decide(t->svc));
	ck_assert_uint_ne(id, 0);
	i = id - 1;
	ck_assert_msg(t->in[i], "link %u is not there", i);
	ck_assert_msg(as_good(t, i, value[i] - first, slack),
		      "decision %lu, %u bytes: link %u in %.3f ns, but link %u in %.3f ns",
		      t->decisions, bytes, i, (double)value[i] / LINKS_NS, best,
		      (double)first / LINKS_NS);
	t->decisions++;
	t->clear += right == 1;
	t->error[i] += 0.125;
	links_send(t->links, i, bytes);
	return i;
}

/* ---- random ---- */

static double uniform(void)
{
	return shim_rnd() / 4294967296.0;
}

static u64 between(double low, double high)
{
	return low * exp(uniform() * log(high / low));
}

static void random_link(u64 *bandwidth, u32 *lag_us, bool extreme)
{
	*bandwidth = extreme ? between(1, 1e12) : between(1e6, 1e8);
	*lag_us = extreme ? between(1, 6e7) : between(10, 1e5);
	if (shim_rnd() % 4 == 0)
		*lag_us = 0;
}

static void random_change(struct lags *t, unsigned int n, bool extreme)
{
	unsigned int i = shim_rnd() % n, others = 0, k;
	u64 bandwidth;
	u32 lag_us;

	random_link(&bandwidth, &lag_us, extreme);
	for (k = 0; k < n; k++)
		others += k != i && t->in[k];
	switch (shim_rnd() % 4) {
	case 0:
		lags_set(t, i, bandwidth, t->lag_us[i]);
		break;
	case 1:
		lags_set(t, i, t->bandwidth[i], lag_us);
		break;
	case 2:
		if (others)
			lags_quiesce(t, i, t->in[i]);
		break;
	case 3:
		lags_del(t, i);
		lags_add(t, i, bandwidth, lag_us);
		break;
	}
}

/* Not so much on all links that the framework may forget some of it. */
static void drain(struct lags *t, unsigned int n)
{
	const links_time most = LINKS_NS * 1000000000 * 500;
	links_time least = ~(links_time)0, backlog;
	unsigned int i;

	for (i = 0; i < n; i++) {
		if (!t->in[i])
			continue;
		backlog = links_backlog(t->links, i);
		if (backlog < least)
			least = backlog;
	}
	if (least > most)
		lags_advance(t, (least - most) / LINKS_NS);
}

void lags_random(const char *sched, bool lag)
{
	unsigned long decisions = 0, clear = 0;
	unsigned int round, rounds = 60 * unit_factor();

	unit_seed();
	for (round = 0; round < rounds; round++) {
		unsigned int i, n = 1 + shim_rnd() % 12, k;
		bool extreme = round % 2, changes = round % 3 == 0;
		double load = between(0.1, 5), rest = 0, total;
		struct lags t;

		lags_begin(&t, sched, lag);
		for (i = 0; i < n; i++) {
			u64 bandwidth;
			u32 lag_us;

			random_link(&bandwidth, &lag_us, extreme);
			lags_add(&t, i, bandwidth, lag_us);
		}
		for (k = 0; k < 200; k++) {
			u32 bytes = between(20, 65536);

			lags_go(&t, bytes);
			if (changes && shim_rnd() % 16 == 0)
				random_change(&t, n, extreme);
			for (total = i = 0; i < n; i++)
				total += t.in[i] ? t.bandwidth[i] : 0;
			rest += bytes / (total * load) * 1e9 * 2 * uniform();
			lags_advance(&t, rest);
			rest -= (u64)rest;
			drain(&t, n);
		}
		/* with one link there is no choice, and with equal ones no
		 * right one
		 */
		if (n > 1) {
			decisions += t.decisions;
			clear += t.clear;
		}
		lags_end(&t);
	}
	/* or this test would look at nothing */
	ck_assert_msg(clear > decisions * 0.9, "%lu of %lu decisions are clear",
		      clear, decisions);
}

/* ---- the account ---- */

struct ip_vs_ext_link *lags_link(struct ip_vs_service *svc, unsigned int id)
{
	struct ip_vs_ext_service *es = svc->sched_data;
	struct rb_node *node;

	for (node = rb_first(&es->slots); node; node = rb_next(node)) {
		struct ip_vs_ext_slot *slot;

		slot = rb_entry(node, struct ip_vs_ext_slot, by_dest);
		if (shim_dest_id(slot->dest) == id)
			return ip_vs_ext_link(slot);
	}
	ck_abort_msg("no server %u", id);
	return NULL;
}

double lags_wait(struct ip_vs_service *svc, unsigned int id)
{
	struct ip_vs_ext_link *link = lags_link(svc, id);
	struct ip_vs_ext_link_tier *lt = ip_vs_ext_link_tier(link->slot.tier);
	u64 now = ip_vs_ext_link_now(atomic64_read(&lt->ahead));

	return ip_vs_ext_link_wait(atomic64_read(&link->busy), now) / 16.0;
}

const char *lags_string(struct ip_vs_service *svc, int n)
{
	static char s[256];
	int i;

	ck_assert_int_lt(n, sizeof(s));
	for (i = 0; i < n; i++)
		s[i] = "-abcdefghijklmnopqrstuvwxyz"[shim_dest_id(shim_decide(svc))];
	s[n] = 0;
	return s;
}
