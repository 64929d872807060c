/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A model of the kernel's table, which stands in for it: the same errors, the same
 * order, and failures where a test wants them.
 */
#ifndef CLI_MODEL_H
#define CLI_MODEL_H

#include "apply.h"

struct model_queued {
	struct ipvs_change change;
	unsigned long tag;
	int err;
	bool done;
};

/**
 * struct model - the kernel, and what is to happen
 * @now: what it has; kept sorted
 * @kept: parameters of services by scheduler, whether they have it now or not
 * @eager: changes take effect when queued, not when synchronised
 * @done: number of changes that took effect
 * @asked: number of changes that were asked for
 * @refuse_at: this one is refused, counted from 1; 0: none
 * @refuse_err: with this errno
 * @refuse_more: as are so many of the next
 * @lose_at: when so many have been asked for, the connection fails once
 * @lose_more: and so do so many of those that are opened then, at the first change
 * @die_at: after this many, nothing works any more; -1: never
 * @after: called after each change
 * @after_arg: for @after
 * @waited: seconds
 * @tick: called after each
 * @stop_at: second at which somebody asks to stop; 0: never
 * @ids: next id of a server or service, in @active or @stats.value[0]
 */
struct model {
	struct state now;
	struct ext_config kept;
	bool eager;
	long done;
	long asked;
	long refuse_at;
	int refuse_err;
	long refuse_more;
	long lose_at;
	long lose_more;
	long lost;
	long die_at;
	void (*after)(struct model *m, const struct ipvs_change *change);
	void *after_arg;
	long waited;
	void (*tick)(struct model *m);
	long stop_at;
	bool broken;
	bool queue_broken;
	struct model_queued *queued;
	size_t n_queued;
	size_t room;
};

extern const struct apply_ops model_ops;

void model_init(struct model *m, const struct state *s);
void model_free(struct model *m);

/* Deep copy. */
void state_copy(struct state *to, const struct state *from);
/* Whether the configuration is the same; counters are not looked at. */
bool state_same(const struct state *a, const struct state *b);
bool state_mixed(const struct state *s);

#endif
