/* SPDX-License-Identifier: GPL-2.0 */
/* Carrying out a plan, and taking it back if the kernel refuses a part of it. */
#ifndef IPVSADM_EXT_APPLY_H
#define IPVSADM_EXT_APPLY_H

#include "kernel.h"
#include "plan.h"
#include "state.h"

/**
 * struct apply_ops - who makes the changes: the kernel, or a model of it
 * @queue: as kernel_queue()
 * @sync: as kernel_sync()
 * @read: read all of the present state into an initialised one; after a failure of
 *	@queue or @sync, through another connection. Return: 0 or a negative errno.
 * @wait: let up to a second go by. Return: seconds since the first call, or -1 if
 *	somebody asks to stop.
 */
struct apply_ops {
	int (*queue)(void *arg, const struct ipvs_change *change, unsigned long tag);
	long (*sync)(void *arg, kernel_refused_t *refused, void *refused_arg);
	int (*read)(void *arg, struct state *now);
	long (*wait)(void *arg);
};

enum apply_end {
	APPLY_DONE,
	APPLY_UNDONE,		/* something was refused, and all is as it was */
	APPLY_NOT_UNDONE,	/* something was refused, and not all is as it was */
	APPLY_STOPPED,		/* while servers were drained */
};

/**
 * struct apply_refusal - a change that was not made
 * @plan: the one carried out, or the way back
 * @item: of @plan
 * @undo: it was to be taken back, and could not be; or was on the way back
 * @err: positive errno
 * @extack: the kernel's words, or NULL
 */
struct apply_refusal {
	const struct plan *plan;
	const struct plan_item *item;
	bool undo;
	int err;
	char *extack;
};

/* Nobody reads more than this. */
#define APPLY_REFUSALS 20

/**
 * struct apply - a plan, being carried out
 * @ops: by whom
 * @arg: for @ops
 * @plan: what
 * @drain: at most so many seconds
 * @refusal: what was refused, and could not be undone, the first of each
 * @n_refusals: how many of @refusal there are
 * @more: how many there were besides
 * @lost: the connection failed with this errno, and what it had done was unknown
 * @stuck: the way back failed with this errno, if only once
 * @stuck_at: while this was done, in words
 * @left: what APPLY_STOPPED has not deleted
 * @busy: connections of servers that were deleted when time was up
 * @status: of each item of the plan, for apply.c
 * @now: where a failed connection left us
 * @back: from there to the beginning
 */
struct apply {
	const struct apply_ops *ops;
	void *arg;
	const struct plan *plan;
	unsigned int drain;

	struct apply_refusal refusal[APPLY_REFUSALS];
	size_t n_refusals;
	size_t more;
	int lost;
	int stuck;
	const char *stuck_at;
	size_t left;
	uint64_t busy;

	unsigned char *status;
	struct state now;
	struct plan back;
};

/**
 * apply_run() - carry out a plan
 * @a: @ops, @arg, @plan and @drain are set, all else is 0; free it with apply_free()
 *
 * Servers that the plan drains are deleted when they have no connections, or
 * after @a->drain seconds.
 *
 * Return: how it ended.
 */
enum apply_end apply_run(struct apply *a);
void apply_free(struct apply *a);

#endif
