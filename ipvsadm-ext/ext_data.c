// SPDX-License-Identifier: GPL-2.0
/* Attributes, parameters and states in memory, and values of parameters in words. */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "ipvs_ext.h"
#include "table.h"
#include "units.h"

/* ---- lists ------------------------------------------------------------------- */

/* Room for one more element of @size. Return: false without memory. */
static bool make_room(void *list, size_t n, size_t *room, size_t size)
{
	void **p = list;
	size_t want = *room ? *room * 2 : 16;
	void *more;

	if (n < *room)
		return true;
	more = reallocarray(*p, want, size);
	if (!more)
		return false;
	*p = more;
	*room = want;
	return true;
}

struct ipvs_param *ext_add_param(struct ipvs_params *params, const struct ipvs_param *param)
{
	struct ipvs_param *more = reallocarray(params->param, params->n + 1, sizeof(*more));

	if (!more)
		return NULL;
	params->param = more;
	more[params->n] = *param;
	return &more[params->n++];
}

void ext_free_params(struct ipvs_params *params)
{
	size_t i;

	for (i = 0; i < params->n; i++)
		free(params->param[i].text);
	free(params->param);
	params->param = NULL;
	params->n = 0;
}

void ext_free_sched(struct ext_sched *sched)
{
	size_t i;

	for (i = 0; i < sched->n; i++) {
		free(sched->param[i].text);
		free(sched->param[i].choice);
	}
	free(sched->param);
	free(sched->text);
	memset(sched, 0, sizeof(*sched));
}

bool ext_add_server(struct ext_config *c, const struct ext_server *server)
{
	if (!make_room(&c->server, c->servers, &c->server_room, sizeof(*server)))
		return false;
	c->server[c->servers++] = *server;
	return true;
}

bool ext_add_service(struct ext_config *c, const struct ext_service *svc)
{
	struct ipvs_params params = svc->params;

	if (!make_room(&c->service, c->services, &c->service_room, sizeof(*svc))) {
		ext_free_params(&params);
		return false;
	}
	c->service[c->services++] = *svc;
	return true;
}

bool ext_add_sched(struct ext_config *c, const struct ext_sched *sched)
{
	struct ext_sched copy = *sched;

	if (!make_room(&c->sched, c->scheds, &c->sched_room, sizeof(*sched))) {
		ext_free_sched(&copy);
		return false;
	}
	c->sched[c->scheds++] = copy;
	return true;
}

void ext_config_free(struct ext_config *c)
{
	size_t i;

	for (i = 0; i < c->services; i++)
		ext_free_params(&c->service[i].params);
	for (i = 0; i < c->scheds; i++)
		ext_free_sched(&c->sched[i]);
	free(c->server);
	free(c->service);
	free(c->sched);
	memset(c, 0, sizeof(*c));
}

bool ext_add_state(struct ext_states *s, const struct ext_state *state)
{
	if (!make_room(&s->service, s->services, &s->service_room, sizeof(*state)))
		return false;
	s->service[s->services++] = *state;
	return true;
}

bool ext_add_server_state(struct ext_states *s, const struct ext_server_state *state)
{
	if (!make_room(&s->server, s->servers, &s->server_room, sizeof(*state)))
		return false;
	s->server[s->servers++] = *state;
	return true;
}

void ext_states_free(struct ext_states *s)
{
	free(s->service);
	free(s->server);
	memset(s, 0, sizeof(*s));
}

/* ---- order ----------------------------------------------------------------------- */

static struct ipvs_server as_server(const struct ext_server *s)
{
	return (struct ipvs_server) { .addr = s->addr, .af = s->af, .port = s->port };
}

int ext_server_cmp(const struct ext_server *a, const struct ext_server *b)
{
	struct ipvs_server x, y;
	int diff = ipvs_key_cmp(&a->key, &b->key);

	if (diff)
		return diff;
	x = as_server(a);
	y = as_server(b);
	return ipvs_server_cmp(&x, &y);
}

bool ext_same_server(const struct ext_server *a, const struct ipvs_key *key,
		     const struct ipvs_server *server)
{
	struct ipvs_server x = as_server(a);

	return !ipvs_key_cmp(&a->key, key) && !ipvs_server_cmp(&x, server);
}

static int cmp_servers(const void *a, const void *b)
{
	return ext_server_cmp(a, b);
}

static int cmp_services(const void *a, const void *b)
{
	const struct ext_service *x = a, *y = b;

	return ipvs_key_cmp(&x->key, &y->key);
}

static int cmp_scheds(const void *a, const void *b)
{
	const struct ext_sched *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static int cmp_states(const void *a, const void *b)
{
	const struct ext_state *x = a, *y = b;

	return ipvs_key_cmp(&x->key, &y->key);
}

static int cmp_server_states(const void *a, const void *b)
{
	const struct ext_server_state *x = a, *y = b;
	uint64_t s = x->value[IP_VS_EXT_SERVER_STATE_TIER];
	uint64_t t = y->value[IP_VS_EXT_SERVER_STATE_TIER];
	int diff = ipvs_key_cmp(&x->server.key, &y->server.key);

	if (diff)
		return diff;
	if (s != t)
		return s > t ? -1 : 1;
	return ext_server_cmp(&x->server, &y->server);
}

static void sort(void *list, size_t n, size_t size, int (*cmp)(const void *, const void *))
{
	if (n > 1)
		qsort(list, n, size, cmp);
}

void ext_config_sort(struct ext_config *c)
{
	sort(c->server, c->servers, sizeof(*c->server), cmp_servers);
	sort(c->service, c->services, sizeof(*c->service), cmp_services);
	sort(c->sched, c->scheds, sizeof(*c->sched), cmp_scheds);
}

void ext_states_sort(struct ext_states *s)
{
	sort(s->service, s->services, sizeof(*s->service), cmp_states);
	sort(s->server, s->servers, sizeof(*s->server), cmp_server_states);
}

const struct ext_server *ext_find_server(const struct ext_config *c, const struct ipvs_key *key,
					 const struct ipvs_server *server)
{
	struct ext_server name = {
		.key = *key, .addr = server->addr, .af = server->af, .port = server->port,
	};

	if (!c->servers)
		return NULL;
	return bsearch(&name, c->server, c->servers, sizeof(name), cmp_servers);
}

const struct ext_service *ext_find_service(const struct ext_config *c,
					   const struct ipvs_key *key)
{
	struct ext_service name = { .key = *key };

	if (!c->services)
		return NULL;
	return bsearch(&name, c->service, c->services, sizeof(name), cmp_services);
}

const struct ext_state *ext_find_state(const struct ext_states *s, const struct ipvs_key *key)
{
	struct ext_state name = { .key = *key };

	if (!s->services)
		return NULL;
	return bsearch(&name, s->service, s->services, sizeof(name), cmp_states);
}

const struct ext_sched *ext_find_sched(const struct ext_config *c, const char *name)
{
	size_t i;

	for (i = 0; i < c->scheds; i++)
		if (!strcmp(c->sched[i].name, name))
			return &c->sched[i];
	return NULL;
}

const struct ext_desc *ext_find_desc(const struct ext_sched *sched, const char *name)
{
	size_t i;

	for (i = 0; sched && i < sched->n; i++)
		if (!strcmp(sched->param[i].name, name))
			return &sched->param[i];
	return NULL;
}

struct ipvs_param *ext_find_param(const struct ipvs_params *params, const char *name)
{
	size_t i;

	for (i = 0; params && i < params->n; i++)
		if (!strcmp(params->param[i].name, name))
			return &params->param[i];
	return NULL;
}

/* ---- differences --------------------------------------------------------------------- */

#define PRIORITY EXT_HAS(IP_VS_EXT_ATTR_PRIORITY)
#define BANDWIDTH EXT_HAS(IP_VS_EXT_ATTR_BANDWIDTH)
#define LAG EXT_HAS(IP_VS_EXT_ATTR_LAG)

bool ext_attrs_between(const struct ipvs_attrs *from, const struct ipvs_attrs *to,
		       struct ipvs_attrs *change)
{
	static const struct ipvs_attrs none;

	if (!from)
		from = &none;
	if (!to)
		to = &none;
	*change = *to;
	change->clear = from->set & ~to->set;
	if (from->set & to->set & PRIORITY && from->priority == to->priority)
		change->set &= ~PRIORITY;
	if (from->set & to->set & BANDWIDTH && from->bandwidth == to->bandwidth)
		change->set &= ~BANDWIDTH;
	if (from->set & to->set & LAG && from->lag == to->lag)
		change->set &= ~LAG;
	return change->set || change->clear;
}

bool ext_same_attrs(const struct ipvs_attrs *a, const struct ipvs_attrs *b)
{
	struct ipvs_attrs change;

	return !ext_attrs_between(a, b, &change);
}

/* What a parameter has if nobody gives it a value. */
static uint64_t default_of(const struct ext_sched *sched, const struct ipvs_param *param)
{
	const struct ext_desc *d = ext_find_desc(sched, param->name);

	return d ? d->otherwise : param->value;
}

static bool differs(const struct ext_sched *sched, const struct ipvs_param *is,
		    const struct ipvs_param *wanted)
{
	bool is_set = is && is->set, want_set = wanted && wanted->set;
	uint64_t x, y;

	if (!is_set && !want_set)
		return false;
	x = is_set ? is->value : default_of(sched, wanted);
	y = want_set ? wanted->value : default_of(sched, is);
	/* Without a description, a default is not known to be the same. */
	if (is_set != want_set && !ext_find_desc(sched, is_set ? is->name : wanted->name))
		return true;
	return x != y;
}

static int add_change(struct ipvs_params *change, const struct ext_sched *sched,
		      const char *name, const struct ipvs_param *to)
{
	struct ipvs_param param = { .set = to && to->set, .value = to ? to->value : 0 };
	char text[EXT_VALUE_LEN];

	memcpy(param.name, name, sizeof(param.name));
	if (param.set) {
		param.text = strdup(ext_value_text(ext_find_desc(sched, name), param.value, text));
		if (!param.text)
			return -ENOMEM;
	}
	if (ext_add_param(change, &param))
		return 0;
	free(param.text);
	return -ENOMEM;
}

int ext_params_between(const struct ext_sched *sched, const struct ipvs_params *from,
		       const struct ipvs_params *to, struct ipvs_params *change)
{
	const struct ipvs_param *p;
	int err = 0;
	size_t i;

	memset(change, 0, sizeof(*change));
	for (i = 0; to && i < to->n && !err; i++) {
		p = &to->param[i];
		if (differs(sched, ext_find_param(from, p->name), p))
			err = add_change(change, sched, p->name, p);
	}
	for (i = 0; from && i < from->n && !err; i++) {
		p = &from->param[i];
		if (!ext_find_param(to, p->name) && differs(sched, p, NULL))
			err = add_change(change, sched, p->name, NULL);
	}
	if (err) {
		ext_free_params(change);
		return err;
	}
	return change->n > 0;
}

/* ---- words ----------------------------------------------------------------------------- */

const char *ext_value_choice(const struct ext_desc *d, uint64_t value)
{
	size_t i;

	for (i = 0; d && i < d->n; i++)
		if (d->choice[i].value == value)
			return d->choice[i].name;
	return NULL;
}

static bool number(const char *text, uint64_t *value)
{
	char *end;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	*value = strtoull(text, &end, 10);
	return !errno && !*end;
}

bool ext_value_parse(const struct ext_desc *d, const char *text, bool raw, uint64_t *value)
{
	bool ok;
	size_t i;

	for (i = 0; i < d->n; i++) {
		if (!strcmp(d->choice[i].name, text)) {
			*value = d->choice[i].value;
			return true;
		}
	}
	switch (raw && d->unit != IP_VS_EXT_UNIT_CHOICE ? IP_VS_EXT_UNIT_NONE : d->unit) {
	case IP_VS_EXT_UNIT_CHOICE:
		return false;
	case IP_VS_EXT_UNIT_MS:
	case IP_VS_EXT_UNIT_S:
		ok = ms_parse(text, d->unit == IP_VS_EXT_UNIT_S, value);
		break;
	case IP_VS_EXT_UNIT_BYTES:
		ok = size_parse(text, value);
		break;
	default:
		ok = number(text, value);
	}
	return ok && *value >= d->lowest && *value <= d->highest;
}

const char *ext_value_text(const struct ext_desc *d, uint64_t value, char *buf)
{
	const char *word = ext_value_choice(d, value);

	if (word)
		snprintf(buf, EXT_VALUE_LEN, "%s", word);
	else if (d && (d->unit == IP_VS_EXT_UNIT_MS || d->unit == IP_VS_EXT_UNIT_S))
		ms_text(value, buf);
	else
		snprintf(buf, EXT_VALUE_LEN, "%" PRIu64, value);
	return buf;
}

const char *ext_value_allowed(const struct ext_desc *d, char *buf, size_t size)
{
	struct ext_desc range = { .unit = d->unit };
	char low[EXT_VALUE_LEN], high[EXT_VALUE_LEN];
	size_t len = 0, i;

	*buf = '\0';
	if (d->unit != IP_VS_EXT_UNIT_CHOICE)
		len = snprintf(buf, size, "%s to %s%s",
			       ext_value_text(&range, d->lowest, low),
			       ext_value_text(&range, d->highest, high),
			       d->unit == IP_VS_EXT_UNIT_BYTES ? " bytes" : "");
	for (i = 0; i < d->n && len < size; i++)
		len += snprintf(buf + len, size - len, "%s%s", len ? ", " : "",
				d->choice[i].name);
	return buf;
}

const char *ext_param_split(const char *text, struct ipvs_param *param)
{
	const char *equals = strchr(text, '=');
	size_t len = equals ? (size_t)(equals - text) : 0;

	if (!len || len >= sizeof(param->name) || !equals[1])
		return NULL;
	memset(param, 0, sizeof(*param));
	memcpy(param->name, text, len);
	return equals + 1;
}

static int no_param(const struct ext_sched *sched, const char *name, char *why, size_t size)
{
	size_t i, len;

	if (!sched->n) {
		snprintf(why, size, "parameter `%s': scheduler %s has no parameters", name,
			 sched->name);
		return -EINVAL;
	}
	len = snprintf(why, size, "scheduler %s has no parameter `%s'; it has: ", sched->name,
		       name);
	for (i = 0; i < sched->n && len < size; i++)
		len += snprintf(why + len, size - len, "%s%s", i ? ", " : "",
				sched->param[i].name);
	return -EINVAL;
}

int ext_params_parse(const struct ext_config *config, const char *sched,
		     struct ipvs_params *params, char *why, size_t size)
{
	const struct ext_sched *s = ext_find_sched(config, sched);
	const struct ext_desc *d;
	struct ipvs_param *p;
	char allowed[256];
	size_t i;

	if (!s)
		return -ENOENT;
	for (i = 0; i < params->n; i++) {
		p = &params->param[i];
		d = ext_find_desc(s, p->name);
		if (!d)
			return no_param(s, p->name, why, size);
		p->set = strcmp(p->text, "default");
		if (p->set && !ext_value_parse(d, p->text, p->raw, &p->value)) {
			snprintf(why, size,
				 "invalid value `%s' for parameter %s of scheduler %s: allowed are %s, default",
				 p->text, p->name, s->name,
				 ext_value_allowed(d, allowed, sizeof(allowed)));
			return -EINVAL;
		}
	}
	return 0;
}
