// SPDX-License-Identifier: GPL-2.0
/*
 * Real servers as links with bandwidth and lag: what happens when one is
 * added or changed. What decisions do is in ip_vs_ext_link.h.
 */
#define KMSG_COMPONENT "IPVS"
#define pr_fmt(fmt) KMSG_COMPONENT ": " fmt

#include <linux/export.h>
#include <linux/log2.h>
#include "ip_vs_ext_link.h"

/* Of all services: only the order within one matters. */
static atomic64_t link_last = ATOMIC64_INIT(0);

static const struct ip_vs_ext_choice link_auto[] = {
	{ "auto", 0 },
	{ }
};

/**
 * ip_vs_ext_link_params - parameters of schedulers with queues
 */
const struct ip_vs_ext_param ip_vs_ext_link_params[IP_VS_EXT_LINK_PARAMS] = {
	[IP_VS_EXT_LINK_P_COST] = {
		.name =		"cost",
		.desc =		"bytes that a connection counts, not with -o; auto: as measured",
		.unit =		IP_VS_EXT_UNIT_BYTES,
		.lowest =	1,
		.highest =	IP_VS_EXT_LINK_COST_MAX,
		.def =		0,
		.choices =	link_auto,
	},
	/* A second: router buffers hold less at the rate of their link. Too
	 * much costs time after an overload, in which low lag is not made use
	 * of; too little forgets what is still queued. Ten minutes: connections
	 * queue on servers for longer than packets on links.
	 */
	[IP_VS_EXT_LINK_P_QUEUE] = {
		.name =		"queue",
		.desc =		"longest time that is assumed to be queued on all servers",
		.unit =		IP_VS_EXT_UNIT_MS,
		.lowest =	1,
		.highest =	600000,
		.def =		1000,
	},
};
EXPORT_SYMBOL_GPL(ip_vs_ext_link_params);

/**
 * ip_vs_ext_link_append - ip_vs_ext_ops.slot_append
 * @es: service
 * @slot: slot, part of a struct ip_vs_ext_link
 *
 * Context: es->lock held.
 */
void ip_vs_ext_link_append(struct ip_vs_ext_service *es,
			   struct ip_vs_ext_slot *slot)
{
	struct ip_vs_ext_link *link = ip_vs_ext_link(slot);

	lockdep_assert_held(&es->lock);
	/* else it only changes its tier */
	if (!link->rank)
		WRITE_ONCE(link->rank, atomic64_inc_return(&link_last));
}
EXPORT_SYMBOL_GPL(ip_vs_ext_link_append);

/* The inverse of @rate as ip_vs_ext_link_time() wants it: 16 * 10^9 / rate =
 * fraction * 2^8 / 2^shift. With 2^shift <= rate < 2^(shift + 1) the fraction
 * is between 10^9 / 2^5 and 10^9 / 2^4, < 2^26. A shift above 38 would make the
 * dividend overflow; with 38 the fraction is still above 2^24 for the highest
 * rate there is.
 */
static u32 link_inverse(u64 rate)
{
	u32 shift = min(ilog2(rate), 38);
	u64 dividend = (u64)NSEC_PER_SEC >> (8 - IP_VS_EXT_LINK_NS);

	BUILD_BUG_ON(NSEC_PER_SEC % (1 << (8 - IP_VS_EXT_LINK_NS)));
	BUILD_BUG_ON((((u64)NSEC_PER_SEC << 34) >> 34) != NSEC_PER_SEC);
	BUILD_BUG_ON(((u64)NSEC_PER_SEC << 34) / IP_VS_EXT_BANDWIDTH_MAX <
		     1 << 24);
	return div64_u64(dividend << shift, rate) << IP_VS_EXT_LINK_SHIFT |
	       shift;
}

/**
 * ip_vs_ext_link_update - ip_vs_ext_ops.slot_update
 * @es: service
 * @slot: slot, part of a struct ip_vs_ext_link
 * @attrs: attributes of the server
 * @weight: its weight
 *
 * A server without bandwidth and weight keeps what it had: it is quiesced, and
 * its queue goes on draining.
 *
 * Context: es->lock held.
 */
void ip_vs_ext_link_update(struct ip_vs_ext_service *es,
			   struct ip_vs_ext_slot *slot,
			   const struct ip_vs_ext_attrs *attrs, u32 weight)
{
	struct ip_vs_ext_link *link = ip_vs_ext_link(slot);
	u64 rate = attrs->bandwidth;

	BUILD_BUG_ON((u64)IP_VS_EXT_LAG_MAX >> (64 - IP_VS_EXT_LINK_ORDER));
	lockdep_assert_held(&es->lock);
	if (!rate)
		rate = weight * IP_VS_EXT_LINK_WEIGHT;
	if (rate) {
		WRITE_ONCE(link->rate, rate);
		rate = min(rate, IP_VS_EXT_BANDWIDTH_MAX);
		WRITE_ONCE(link->inv, link_inverse(rate));
	}
	WRITE_ONCE(link->lag, attrs->lag);
	WRITE_ONCE(link->rank, (u64)attrs->lag << IP_VS_EXT_LINK_ORDER |
			       (link->rank & (BIT_ULL(IP_VS_EXT_LINK_ORDER) - 1)));
}
EXPORT_SYMBOL_GPL(ip_vs_ext_link_update);

/**
 * ip_vs_ext_link_append_queue - ip_vs_ext_ops.slot_append, with a queue
 * @es: service
 * @slot: slot, part of a struct ip_vs_ext_link
 *
 * Each tier has its own clock, so a server that comes from another one is
 * taken to be idle.
 *
 * Context: es->lock held.
 */
void ip_vs_ext_link_append_queue(struct ip_vs_ext_service *es,
				 struct ip_vs_ext_slot *slot)
{
	struct ip_vs_ext_link_tier *lt = ip_vs_ext_link_tier(slot->tier);
	u64 now = ip_vs_ext_link_now(atomic64_read(&lt->ahead));

	ip_vs_ext_link_append(es, slot);
	atomic64_set(&ip_vs_ext_link(slot)->busy, now);
}
EXPORT_SYMBOL_GPL(ip_vs_ext_link_append_queue);

/* The bytes queued stay the same when the bandwidth changes, so the time that
 * they take does not.
 */
static u64 link_rescale(u64 wait, u32 from, u32 to)
{
	int shift = (int)(from & ((1U << IP_VS_EXT_LINK_SHIFT) - 1)) -
		    (int)(to & ((1U << IP_VS_EXT_LINK_SHIFT) - 1));
	u64 ratio = (u64)(to >> IP_VS_EXT_LINK_SHIFT) << 24;

	/* The quotient of two fractions is between 1/4 and 4. */
	ratio = div64_u64(ratio, from >> IP_VS_EXT_LINK_SHIFT);
	wait = mul_u64_u32_shr(wait, ratio, 24);
	if (shift < 0)
		return wait >> -shift;
	if (wait > IP_VS_EXT_LINK_FAR >> shift)
		return IP_VS_EXT_LINK_FAR;
	return wait << shift;
}

/**
 * ip_vs_ext_link_update_queue - ip_vs_ext_ops.slot_update, with a queue
 * @es: service
 * @slot: slot, part of a struct ip_vs_ext_link
 * @attrs: attributes of the server
 * @weight: its weight
 *
 * Context: es->lock held.
 */
void ip_vs_ext_link_update_queue(struct ip_vs_ext_service *es,
				 struct ip_vs_ext_slot *slot,
				 const struct ip_vs_ext_attrs *attrs,
				 u32 weight)
{
	struct ip_vs_ext_link_tier *lt = ip_vs_ext_link_tier(slot->tier);
	u64 now = ip_vs_ext_link_now(atomic64_read(&lt->ahead));
	struct ip_vs_ext_link *link = ip_vs_ext_link(slot);
	u32 inv = link->inv;
	u64 wait;

	ip_vs_ext_link_update(es, slot, attrs, weight);
	if (!inv || inv == link->inv)
		return;
	/* A decision that began before the slot left the eligible set may lose
	 * its bytes by this, or undo it: once, and to the extent of one queue.
	 */
	wait = ip_vs_ext_link_wait(atomic64_read(&link->busy), now);
	atomic64_set(&link->busy, now + link_rescale(wait, inv, link->inv));
}
EXPORT_SYMBOL_GPL(ip_vs_ext_link_update_queue);
