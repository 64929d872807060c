/* SPDX-License-Identifier: GPL-2.0 */
/* States by chance, small and much alike, so that two of them have all kinds of
 * differences.
 */
#ifndef CLI_RANDOM_STATE_H
#define CLI_RANDOM_STATE_H

#include "state.h"

/**
 * random_state() - a state that the kernel could be in, or a file could ask for
 * @s: an initialised state
 * @goal: a file: it may leave timeouts and daemons open
 */
void random_state(struct state *s, bool goal);

/* random_ext() - give it attributes and parameters; not of a @goal: also attributes of
 * servers that do not exist
 */
void random_ext(struct state *s, bool goal);

/* Let a goal be one that the kernel can go to: it keeps no daemon beside servers of
 * another family.
 */
void make_possible(struct state *goal, const struct state *from);

#endif
