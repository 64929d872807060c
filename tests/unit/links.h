/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A simulation of network links, event by event: packets wait in the queue of a
 * link, are sent one after the other at its bandwidth, and arrive after its lag.
 * It knows nothing of schedulers and shares no arithmetic with them: times are
 * 128-bit integers, and where a packet would arrive is found out by sending it
 * over a copy of the link and playing on until it does.
 */
#ifndef LINKS_H
#define LINKS_H

#include <stdbool.h>
#include <stdint.h>

/* Attoseconds: the time of a byte at 1 TB/s is a million of them. */
typedef unsigned __int128 links_time;

#define LINKS_NS	((links_time)1000000000)

struct links;

struct links *links_new(unsigned int n);
void links_free(struct links *l);

/* Set what is true from now on: for what is queued as well, and the part of a
 * packet that is not sent yet. Packets on their way keep their lag.
 */
void links_set(struct links *l, unsigned int i, uint64_t bandwidth,
	       uint64_t lag_us);
/* Everything queued is lost. */
void links_clear(struct links *l, unsigned int i);

/* Time passes. */
void links_advance(struct links *l, uint64_t ns);
void links_send(struct links *l, unsigned int i, uint64_t bytes);

/* Were a packet sent over link @i now, in how much time would its last byte be
 * sent, and when would it arrive?
 */
void links_predict(const struct links *l, unsigned int i, uint64_t bytes,
		   links_time *sent, links_time *arrived);

/* Time until the queue of the link is empty. */
links_time links_backlog(const struct links *l, unsigned int i);

struct links_count {
	uint64_t given, sent, arrived;	/* packets */
	uint64_t bytes;			/* arrived */
};

struct links_count links_count(const struct links *l, unsigned int i);
/* Packets of all links that arrived after one that was sent later. */
uint64_t links_reordered(const struct links *l);

#endif
