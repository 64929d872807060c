/* SPDX-License-Identifier: GPL-2.0 */
/* Which events follow on a state that has been shown, and how many were lost. */
#ifndef IPVSADM_EXT_FOLLOW_H
#define IPVSADM_EXT_FOLLOW_H

#include "ipvs_ext.h"

/**
 * struct follow - what a reader of events knows
 * @shown: the state that it has been shown, sorted by ext_server_cmp(); empty: none
 * @last: number of the last event that is accounted for
 * @begun: @last means something
 */
struct follow {
	struct ext_states shown;
	uint64_t last;
	bool begun;
};

/**
 * follow_begin() - go on from a state
 * @f: empty
 * @s: the state, read after joining the group; becomes @f's
 */
void follow_begin(struct follow *f, struct ext_states *s);
void follow_free(struct follow *f);

/**
 * follow_event() - account for an event
 * @f: what is known
 * @ev: the next event that has been received
 * @lost: number of events between it and the one before that were not
 *
 * Return: whether it is to be shown; else it is part of the state.
 */
bool follow_event(struct follow *f, const struct ext_event *ev, uint64_t *lost);

#endif
