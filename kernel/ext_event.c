// SPDX-License-Identifier: GPL-2.0
/*
 * Events: what happens to a service is recorded in the ring of its network
 * namespace, for the front end to send.
 *
 * They are recorded where they happen, in the softirq that makes a decision and
 * with es->lock held: a number, the time and some words, copied into memory that
 * is there already. Nothing is recorded while nobody listens.
 *
 * A service that goes to and fro between full and relieved could do so with
 * every connection. So each has a token bucket. When it is empty the service
 * falls silent for EXT_EVENT_PAUSE: what happens is only counted, which takes no
 * lock besides es->lock that is held anyway. After that, with the next event or,
 * if there is none, by the front end's hand, an event SUMMARY says how many were
 * left out and how the service stands. A second bucket does the same for the
 * namespace, so that many services together do not overrun the ring either.
 *
 * A service that owes a summary is in net->owing, in the order in which they are
 * due. The front end asks when the first one is (ip_vs_ext_events_due()) and
 * comes back then; reading events writes the summaries that are due first.
 */
#define KMSG_COMPONENT "IPVS"
#define pr_fmt(fmt) KMSG_COMPONENT ": " fmt

#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/string.h>
#include "ext_internal.h"

/* Events a second of one service, and how many at once. More than a person
 * reads and less than a log minds; a hundred servers of a service can fill and
 * be relieved at the same moment before any is left out.
 */
#define EXT_EVENT_RATE		100
#define EXT_EVENT_BURST		200

/* The same for all services of a namespace. The burst fits the ring; the rate
 * is a few percent of what one CPU can send.
 */
#define EXT_EVENT_NET_RATE	2000
#define EXT_EVENT_NET_BURST	1000

/* How long a service is silent that was too fast; so there is at most one
 * summary a second of each. Long enough for the bucket to be half full again.
 */
#define EXT_EVENT_PAUSE		HZ

/* Take a token, if there is one, of @rate a second and @burst at most. */
static bool ext_bucket_take(struct ip_vs_ext_bucket *b, u32 rate, u32 burst)
{
	unsigned long now = jiffies, age = now - b->refilled;
	u32 n;

	if (age >= burst * HZ / rate) {
		b->tokens = burst;
		b->refilled = now;
	} else {
		n = age * rate / HZ;
		b->tokens = min(b->tokens + n, burst);
		/* Rounded up, so that it is never more than the rate. */
		b->refilled += DIV_ROUND_UP(n * HZ, rate);
	}
	if (!b->tokens)
		return false;
	b->tokens--;
	return true;
}

static bool ext_listening(const struct ip_vs_ext_net *net)
{
	lockdep_assert_held(&net->lock);
	return net->live && ext_front->listening(net->net);
}

static bool ext_ring_full(const struct ip_vs_ext_net *net)
{
	return !net->ring || net->head - net->tail == EXT_EVENTS;
}

/* The next event in the ring, which the caller fills in. It has its number
 * even if there is no room for it, which NULL says.
 */
static struct ip_vs_ext_event *ext_event_new(struct ip_vs_ext_service *es,
					     enum ip_vs_ext_event_type type)
{
	struct ip_vs_ext_net *net = es->net;
	struct ip_vs_ext_event *ev;

	lockdep_assert_held(&net->lock);
	net->seq++;
	ext_front->kick(net->net);
	if (ext_ring_full(net))
		return NULL;
	ev = &net->ring[net->head++ % EXT_EVENTS];
	memset(ev, 0, sizeof(*ev));
	ext_svc_key(&ev->svc, es->svc);
	ev->type = type;
	ev->seq = net->seq;
	ev->mono = ktime_get_ns();
	ev->wall = ktime_get_real_ns();
	ev->eligible = es->nr_eligible;
	return ev;
}

/* Is it time for the summary that the service owes? */
static bool ext_summary_due(const struct ip_vs_ext_limiter *lim)
{
	return lim->owes && !time_before(jiffies, lim->due);
}

static void ext_owe(struct ip_vs_ext_service *es)
{
	struct ip_vs_ext_limiter *lim = &es->limiter;

	lim->owes = true;
	lim->due = jiffies + EXT_EVENT_PAUSE;
	list_add_tail(&lim->owing, &es->net->owing);
}

static void ext_owe_no_more(struct ip_vs_ext_limiter *lim)
{
	lim->owes = false;
	list_del(&lim->owing);
}

/* Pay what the service owes. Without room in the ring it goes on owing. */
static void ext_summary(struct ip_vs_ext_service *es)
{
	struct ip_vs_ext_limiter *lim = &es->limiter;
	struct ip_vs_ext_net *net = es->net;
	struct ip_vs_ext_event *ev;
	struct ip_vs_ext_tier *tier;

	lockdep_assert_held(&es->lock);
	ext_owe_no_more(lim);
	if (!ext_listening(net)) {
		lim->suppressed = 0;
		return;
	}
	if (ext_ring_full(net)) {
		ext_owe(es);
		return;
	}
	ev = ext_event_new(es, IP_VS_EXT_EVENT_TYPE_SUMMARY);
	ev->suppressed = lim->suppressed;
	lim->suppressed = 0;
	tier = ext_first_eligible(es);
	if (tier) {
		ev->has_new = true;
		ev->tier_new = tier->key;
	}
}

/* Is an event to be recorded now? If not, and somebody listens, it is counted.
 */
static bool ext_event_allowed(struct ip_vs_ext_service *es)
{
	struct ip_vs_ext_limiter *lim = &es->limiter;
	struct ip_vs_ext_net *net = es->net;

	if (!ext_listening(net))
		return false;
	if (lim->owes)
		ext_summary(es);
	if (!lim->owes) {
		if (ext_bucket_take(&lim->bucket, EXT_EVENT_RATE,
				    EXT_EVENT_BURST) &&
		    ext_bucket_take(&net->bucket, EXT_EVENT_NET_RATE,
				    EXT_EVENT_NET_BURST))
			return true;
		ext_owe(es);
		/* Lets the front end ask when to come back. */
		ext_front->kick(net->net);
	}
	lim->suppressed++;
	return false;
}

static void ext_event_slot(struct ip_vs_ext_service *es,
			   const struct ip_vs_ext_slot *slot,
			   struct ip_vs_ext_event *ev)
{
	ext_dest_key(&ev->dest, slot->dest);
	ev->has_dest = true;
	ev->conns = ip_vs_ext_conns(slot->dest, ip_vs_ext_active_only(es->svc));
	ev->upper = slot->upper;
	ev->lower = ext_lower(es, slot);
	/* Its state is the new one, its place in the array is not yet. */
	ev->eligible += ext_slot_eligible(slot);
	ev->eligible -= slot->pos < ext_array(es, slot->tier)->eligible;
}

static void ext_event_record(struct ip_vs_ext_service *es,
			     enum ip_vs_ext_event_type type,
			     const struct ip_vs_ext_slot *slot,
			     const struct ip_vs_ext_tier *old,
			     const struct ip_vs_ext_tier *tier)
{
	struct ip_vs_ext_limiter *lim = &es->limiter;
	struct ip_vs_ext_net *net = es->net;
	struct ip_vs_ext_event *ev = NULL;

	lockdep_assert_held(&es->lock);
	/* A hint; asked again with the lock. */
	if (!net || !READ_ONCE(net->live))
		return;
	if (lim->owes && !ext_summary_due(lim)) {
		lim->suppressed++;
		return;
	}

	spin_lock(&net->lock);
	if (ext_event_allowed(es))
		ev = ext_event_new(es, type);
	if (ev && slot)
		ext_event_slot(es, slot, ev);
	if (ev && old) {
		ev->has_old = true;
		ev->tier_old = old->key;
	}
	if (ev && tier) {
		ev->has_new = true;
		ev->tier_new = tier->key;
	}
	spin_unlock(&net->lock);
}

/**
 * ext_event_server - a server has become full, or was relieved
 * @es: service
 * @slot: the server; its state is the new one, but its place in the array of
 *	its tier still that of the old one
 * @type: IP_VS_EXT_EVENT_TYPE_FULL or _RELIEVED
 *
 * Context: any, es->lock held.
 */
void ext_event_server(struct ip_vs_ext_service *es,
		      const struct ip_vs_ext_slot *slot,
		      enum ip_vs_ext_event_type type)
{
	ext_event_record(es, type, slot, slot->tier, NULL);
}

/**
 * ext_event_tier - another tier took over, or none was left for a connection
 * @es: service
 * @old: the tier in use before, or NULL
 * @tier: the one in use now, or NULL
 * @type: IP_VS_EXT_EVENT_TYPE_SPILL, _RETURN or _EXHAUSTED
 *
 * Context: any, es->lock held.
 */
void ext_event_tier(struct ip_vs_ext_service *es,
		    const struct ip_vs_ext_tier *old,
		    const struct ip_vs_ext_tier *tier,
		    enum ip_vs_ext_event_type type)
{
	ext_event_record(es, type, NULL, old, tier);
}

/**
 * ext_event_forget - nobody is left to whom a service could owe a summary
 * @es: service, es->net not cleared yet
 *
 * Context: any, es->lock held.
 */
void ext_event_forget(struct ip_vs_ext_service *es)
{
	lockdep_assert_held(&es->lock);
	if (!es->limiter.owes)
		return;
	spin_lock(&es->net->lock);
	ext_owe_no_more(&es->limiter);
	es->limiter.suppressed = 0;
	spin_unlock(&es->net->lock);
}

/* The service whose summary is due first. It stays: services come and go with
 * ext_mutex held.
 */
static struct ip_vs_ext_service *ext_first_due(struct ip_vs_ext_net *net)
{
	struct ip_vs_ext_limiter *lim;

	lockdep_assert_held(&ext_mutex);
	spin_lock_bh(&net->lock);
	lim = list_first_entry_or_null(&net->owing, struct ip_vs_ext_limiter,
				       owing);
	if (lim && (!net->live || !ext_summary_due(lim)))
		lim = NULL;
	spin_unlock_bh(&net->lock);
	return lim ? container_of(lim, struct ip_vs_ext_service, limiter) :
		     NULL;
}

/* Write all summaries that are due: as many as services were too fast within
 * the last pause, and none twice.
 */
static void ext_write_summaries(struct ip_vs_ext_net *net)
{
	struct ip_vs_ext_service *es;

	while ((es = ext_first_due(net))) {
		spin_lock_bh(&es->lock);
		spin_lock(&net->lock);
		/* The next event of the service may have been faster. */
		if (ext_summary_due(&es->limiter))
			ext_summary(es);
		spin_unlock(&net->lock);
		spin_unlock_bh(&es->lock);
	}
}

static unsigned int ext_ring_read(struct ip_vs_ext_net *net,
				  struct ip_vs_ext_event *ev, unsigned int max)
{
	unsigned int n = 0;

	spin_lock_bh(&net->lock);
	while (n < max && net->tail != net->head)
		ev[n++] = net->ring[net->tail++ % EXT_EVENTS];
	spin_unlock_bh(&net->lock);
	return n;
}

/**
 * ip_vs_ext_events_read - take recorded events out of the ring of a namespace
 * @net: namespace
 * @ev: filled in, oldest first
 * @max: room in @ev
 *
 * Context: process, may sleep, no locks held.
 * Return: number of events.
 */
unsigned int ip_vs_ext_events_read(struct net *net, struct ip_vs_ext_event *ev,
				   unsigned int max)
{
	struct ip_vs_ext_net *en;
	unsigned int n = 0;

	mutex_lock(&ext_mutex);
	en = ext_net_find(net);
	if (en) {
		ext_write_summaries(en);
		n = ext_ring_read(en, ev, max);
	}
	mutex_unlock(&ext_mutex);
	return n;
}
EXPORT_SYMBOL_GPL(ip_vs_ext_events_read);

/**
 * ip_vs_ext_events_due - will there be summaries without further events?
 * @net: namespace
 * @delay: then ip_vs_ext_events_read() is to be called after so many jiffies
 *
 * Context: process, may sleep, no locks held.
 * Return: whether there will.
 */
bool ip_vs_ext_events_due(struct net *net, unsigned long *delay)
{
	struct ip_vs_ext_limiter *lim = NULL;
	struct ip_vs_ext_net *en;

	mutex_lock(&ext_mutex);
	en = ext_net_find(net);
	if (en) {
		spin_lock_bh(&en->lock);
		if (en->live)
			lim = list_first_entry_or_null(&en->owing,
						       struct ip_vs_ext_limiter,
						       owing);
		if (lim)
			*delay = max_t(long, lim->due - jiffies, 0);
		spin_unlock_bh(&en->lock);
	}
	mutex_unlock(&ext_mutex);
	return lim;
}
EXPORT_SYMBOL_GPL(ip_vs_ext_events_due);
