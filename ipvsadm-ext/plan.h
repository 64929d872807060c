/* SPDX-License-Identifier: GPL-2.0 */
/* From one state to another: which changes, in which order. Touches nothing. */
#ifndef IPVSADM_EXT_PLAN_H
#define IPVSADM_EXT_PLAN_H

#include "ipvs.h"
#include "state.h"

/*
 * Phases, in order. A phase begins when all of the one before has succeeded; the
 * changes of one phase may be on their way at the same time.
 *
 * What adds or lets in more comes before what takes away. So a service that has a
 * server with a weight above 0 before and after has one at every moment between.
 * What is most likely to be refused comes before what is worse to undo: a
 * scheduler that the kernel has not, before servers that have connections.
 */
enum plan_phase {
	PLAN_SETTINGS,	/* timeouts, sync daemons */
	PLAN_PREPARE,	/* attributes of servers, and parameters of services, that are
			 * not there yet: their first decision knows them
			 */
	PLAN_NEW,	/* new services, each with its servers right behind it: until
			 * they are there, it refuses what another service took
			 */
	PLAN_SERVICES,	/* services that stay, edited */
	PLAN_PARAMS,	/* parameters, which need a service and its scheduler */
	PLAN_ADD,	/* new servers of those that stay */
	PLAN_ATTRS,	/* attributes of servers that stay */
	PLAN_RAISE,	/* servers that stay, edited to take more */
	PLAN_EDIT,	/* the same, for the other edits */
	PLAN_DELETE,	/* servers of services that stay, and services */
	PLAN_FORGET,	/* attributes and parameters of what has been deleted, which the
			 * kernel keeps
			 */
	PLAN_LATE,	/* a sync daemon that cannot start before, because of servers
			 * of another family than their service's
			 */
	PLAN_PHASES
};

/**
 * struct plan_params - parameters that change
 * @to: how
 * @back: how to take that back
 */
struct plan_params {
	struct ipvs_params to;
	struct ipvs_params back;
};

/**
 * struct plan_item - one change
 * @op: what
 * @phase: when
 * @drain: an edit that stops new connections to a server that will be deleted
 * @daemon: STATE_MASTER or STATE_BACKUP, for operations on daemons
 * @from_svc: as it is, unless it is new
 * @to_svc: as it is to be, unless it is to go
 * @from: the server, the same
 * @to: the same
 * @name: for attributes, the server, whether it exists or not
 * @params: for parameters: which, or NULL: all of them get their defaults; for new
 *	services, those that will be set
 */
struct plan_item {
	enum ipvs_op op;
	uint8_t phase;
	bool drain;
	uint8_t daemon;
	const struct ipvs_service *from_svc;
	const struct ipvs_service *to_svc;
	const struct ipvs_server *from;
	const struct ipvs_server *to;
	const struct ext_server *name;
	struct plan_params *params;
};

/**
 * struct plan - changes in order
 * @from: what they begin with
 * @to: what they lead to
 * @item: the changes
 * @n: their number
 * @room: how many there is memory for
 * @begin: the first of each phase, and @n
 */
struct plan {
	const struct state *from;
	const struct state *to;
	struct plan_item *item;
	size_t n;
	size_t room;
	size_t begin[PLAN_PHASES + 1];
};

/**
 * plan_make() - compare two states
 * @p: the plan; free it with plan_free(), whatever this returns
 * @from: as it is
 * @to: as it is to be
 * @drain: stop new connections to what will be deleted, some phases before
 *
 * Both states must stay where they are as long as the plan is used.
 *
 * Return: 0, or -1 without memory.
 */
int plan_make(struct plan *p, const struct state *from, const struct state *to, bool drain);
void plan_free(struct plan *p);

/* plan_change() - the request that an item is */
void plan_change(const struct plan *p, const struct plan_item *item, struct ipvs_change *change);

/**
 * plan_undo() - the requests that take an item back
 * @emit: called for each of them, in order; a value other than 0 ends it
 *
 * Return: 0, or what @emit returned.
 */
int plan_undo(const struct plan *p, const struct plan_item *item,
	      int (*emit)(void *arg, const struct ipvs_change *change), void *arg);

/* plan_is_ext() - whether it is for family IPVS_EXT, which may do half of it before it
 * refuses the rest
 */
static inline bool plan_is_ext(const struct plan_item *item)
{
	return item->op == IPVS_SET_ATTRS || item->op == IPVS_SET_PARAMS;
}

/* plan_is_silent() - whether the command of another item does this as well */
bool plan_is_silent(const struct plan_item *item);

/* Whether an edit would change anything. */
bool plan_same_service(const struct ipvs_service *a, const struct ipvs_service *b);
bool plan_same_server(const struct ipvs_server *a, const struct ipvs_server *b);

#endif
