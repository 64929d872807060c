/* SPDX-License-Identifier: GPL-2.0 */
/* States, events and schedulers of ipvs-ext, for people and as JSON. */
#ifndef IPVSADM_EXT_EXT_SHOW_H
#define IPVSADM_EXT_EXT_SHOW_H

#include <stdio.h>
#include "ipvs_ext.h"
#include "json.h"
#include "modules.h"

/* show_tiers() - -L --tiers; @s is sorted */
void show_tiers(FILE *out, const struct ext_states *s, bool numeric);
void show_tiers_json(struct json *j, const struct ext_states *s);

/* Lines of --monitor, each with its newline. JSON is one object each. */
void show_event(FILE *out, const struct ext_event *ev);
void show_event_json(FILE *out, const struct ext_event *ev);
void show_state(FILE *out, const struct ext_state *state);
void show_state_json(FILE *out, const struct ext_state *state);
/* @at: time of CLOCK_REALTIME, in nanoseconds */
void show_server_state(FILE *out, const struct ext_server_state *state, uint64_t at);
void show_server_state_json(FILE *out, const struct ext_server_state *state, uint64_t at);
/* @lost: number of events that did not reach us; 0: that is not known yet */
void show_lost(FILE *out, uint64_t lost, uint64_t at);
void show_lost_json(FILE *out, uint64_t lost, uint64_t at);

/**
 * show_scheds() - --schedulers
 * @config: those that are loaded
 * @module: those that are installed
 * @n: how many
 * @loaded: says of a module's name if it is loaded
 */
void show_scheds(FILE *out, const struct ext_config *config, const struct module_sched *module,
		 long n, bool (*loaded)(const char *name));
void show_scheds_json(struct json *j, const struct ext_config *config,
		      const struct module_sched *module, long n,
		      bool (*loaded)(const char *name));

/* show_attrs() - " --priority 5 ..." as words of a rule; what a change takes away is
 * "none"
 */
void show_attrs(FILE *out, const struct ipvs_attrs *attrs);

/* show_time() - "2026-11-21T10:20:31.123456+01:00"; @ns of CLOCK_REALTIME. Return: @buf. */
#define SHOW_TIME_LEN 40
const char *show_time(uint64_t ns, char *buf);

#endif
