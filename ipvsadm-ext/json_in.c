// SPDX-License-Identifier: GPL-2.0
/* A desired state from JSON; docs/json.md says what may be in it. */
#include <arpa/inet.h>
#include <jansson.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "json.h"
#include "state.h"
#include "state_parse.h"

#define MAX_TIMEOUT 2678400	/* 31 days, as of 1.31 */
#define MAX_SYNC_MAXLEN 65507

/**
 * struct reader - a JSON document, being read
 * @s: what it comes to
 * @c: what is wrong with it
 * @names: what it has named
 * @path: of the object that is read
 * @enough: there were too many errors to go on
 * @memory: there is none left
 */
struct reader {
	struct state *s;
	struct complaints *c;
	struct state_names names;
	char path[64];
	bool enough;
	bool memory;
};

/* ---- values ----------------------------------------------------------------- */

/* How a message shows a value. */
static const char *show(const json_t *v, char *buf, size_t size)
{
	char *text;

	switch (json_typeof(v)) {
	case JSON_REAL:
		snprintf(buf, size, "%.15g", json_real_value(v));
		break;
	case JSON_STRING:
		text = json_dumps(v, JSON_ENCODE_ANY | JSON_ENSURE_ASCII);
		snprintf(buf, size, "%s", text ? text : "a string");
		free(text);
		break;
	case JSON_OBJECT:
		snprintf(buf, size, "an object");
		break;
	case JSON_ARRAY:
		snprintf(buf, size, "an array");
		break;
	default:
		snprintf(buf, size, "%s", json_is_true(v) ? "true" :
			 json_is_false(v) ? "false" : "null");
	}
	return buf;
}

static void bad_path(const struct reader *r, const char *key, char *buf, size_t size)
{
	snprintf(buf, size, "%s%s%s", r->path, *r->path && *key ? "." : "", key);
}

/* A value is not what is allowed. Always false. */
static bool bad_value(struct reader *r, const char *key, const json_t *v, const char *allowed)
{
	char path[128], text[96];

	bad_path(r, key, path, sizeof(path));
	r->enough |= !complain_of(r->c, path, "%s; allowed: %s", show(v, text, sizeof(text)),
				  allowed);
	return false;
}

/* Something is there that should not, or the other way round. Always false. */
static bool bad(struct reader *r, const char *key, const char *text)
{
	char path[128];

	bad_path(r, key, path, sizeof(path));
	r->enough |= !complain_of(r->c, path, "%s", text);
	return false;
}

static bool get_wide(struct reader *r, const json_t *obj, const char *key, uint64_t min,
		     uint64_t max, uint64_t *n)
{
	const json_t *v = json_object_get(obj, key);
	char allowed[64];
	double d;

	if (!v)
		return true;
	/* All numbers are read as real ones: counters may be larger than jansson's
	 * integers, and 80.0 is an integer to JSON Schema. The limits are exact as
	 * real ones.
	 */
	d = json_real_value(v);
	if (!json_is_real(v) || d != floor(d) || d < min || d > max) {
		snprintf(allowed, sizeof(allowed), "whole numbers from %llu to %llu",
			 (unsigned long long)min, (unsigned long long)max);
		return bad_value(r, key, v, allowed);
	}
	*n = d;
	return true;
}

static bool get_number(struct reader *r, const json_t *obj, const char *key, uint32_t min,
		       uint32_t max, uint32_t *n)
{
	uint64_t wide = *n;

	if (!get_wide(r, obj, key, min, max, &wide))
		return false;
	*n = wide;
	return true;
}

static bool get_bool(struct reader *r, const json_t *obj, const char *key, bool *b)
{
	const json_t *v = json_object_get(obj, key);

	if (!v)
		return true;
	if (!json_is_boolean(v))
		return bad_value(r, key, v, "true and false");
	*b = json_is_true(v);
	return true;
}

/* A name that can also be a word of a rule. */
static bool get_string(struct reader *r, const json_t *obj, const char *key, char *s, size_t size)
{
	const json_t *v = json_object_get(obj, key);
	const char *name = json_string_value(v);
	size_t len = json_string_length(v);
	char text[64];

	if (!v)
		return true;
	if (!name || len >= size || !state_is_name(name)) {
		snprintf(text, sizeof(text), "a word of 1 to %zu bytes", size - 1);
		return bad_value(r, key, v, text);
	}
	memcpy(s, name, len + 1);
	return true;
}

static bool get_address(struct reader *r, const json_t *obj, const char *key, uint16_t *af,
			union nf_inet_addr *addr)
{
	const json_t *v = json_object_get(obj, key);
	const char *s = json_string_value(v);
	union nf_inet_addr a;

	if (!v)
		return true;
	memset(&a, 0, sizeof(a));
	if (s && inet_pton(AF_INET, s, &a) == 1)
		*af = AF_INET;
	else if (s && inet_pton(AF_INET6, s, &a) == 1)
		*af = AF_INET6;
	else
		return bad_value(r, key, v, "an IPv4 or IPv6 address");
	*addr = a;
	return true;
}

static void list_names(const struct json_name *names, char *buf, size_t size)
{
	size_t len = 0;

	*buf = '\0';
	for (; names->name && len < size; names++)
		len += snprintf(buf + len, size - len, "%s%s", len ? ", " : "", names->name);
}

/* One of some words. Numbers that a listing has where there is no word are not
 * read: no rule could say what they ask for.
 */
static bool name_value(struct reader *r, const char *key, const json_t *v,
		       const struct json_name *names, uint32_t *n)
{
	int64_t value = json_is_string(v) ? json_value(names, json_string_value(v)) : -1;
	char allowed[128];

	if (value < 0) {
		list_names(names, allowed, sizeof(allowed));
		return bad_value(r, key, v, allowed);
	}
	*n = value;
	return true;
}

static bool get_name(struct reader *r, const json_t *obj, const char *key,
		     const struct json_name *names, uint32_t *n)
{
	const json_t *v = json_object_get(obj, key);

	return !v || name_value(r, key, v, names, n);
}

static bool get_flags(struct reader *r, const json_t *obj, const char *key,
		      const struct json_name *names, uint32_t *flags)
{
	const json_t *v = json_object_get(obj, key);
	char item[64];
	uint32_t flag;
	bool ok = true;
	size_t i;

	if (!v)
		return true;
	if (!json_is_array(v))
		return bad_value(r, key, v, "an array");
	for (i = 0; i < json_array_size(v) && !r->enough; i++) {
		snprintf(item, sizeof(item), "%s[%zu]", key, i);
		if (name_value(r, item, json_array_get(v, i), names, &flag))
			*flags |= flag;
		else
			ok = false;
	}
	return ok;
}

/* @v is an object that has no other members than @keys. */
static bool known(struct reader *r, const json_t *v, const char * const *keys)
{
	const char *key;
	json_t *value;
	char text[96];
	bool ok = true;
	int i;

	if (!json_is_object(v))
		return bad_value(r, "", v, "an object");
	json_object_foreach((json_t *)v, key, value) {
		for (i = 0; keys[i] && strcmp(keys[i], key); i++)
			;
		if (keys[i])
			continue;
		value = json_string(key);
		if (!value) {
			r->memory = true;
			return false;
		}
		show(value, text, sizeof(text));
		json_decref(value);
		r->enough |= !complain_of(r->c, r->path, "%s is not known here", text);
		ok = false;
		if (r->enough)
			break;
	}
	return ok;
}

static bool has(const json_t *obj, const char *key)
{
	return json_object_get(obj, key);
}

static bool need(struct reader *r, const json_t *obj, const char *key)
{
	return has(obj, key) || bad(r, key, "is missing");
}

static bool without(struct reader *r, const json_t *obj, const char *key, const char *what)
{
	char text[96];

	if (!has(obj, key))
		return true;
	snprintf(text, sizeof(text), "is not for %s", what);
	return bad(r, key, text);
}

/* ---- services and servers ------------------------------------------------------- */

static bool read_tunnel(struct reader *r, const json_t *obj, struct ipvs_server *server)
{
	uint32_t type = IP_VS_CONN_F_TUNNEL_TYPE_IPIP, port = 0, flags = 0;
	bool ok;

	if (server->forward != IP_VS_CONN_F_TUNNEL)
		return without(r, obj, "tun_type", "servers without a tunnel") &
		       without(r, obj, "tun_port", "servers without a tunnel") &
		       without(r, obj, "tun_flags", "servers without a tunnel");
	if (!get_name(r, obj, "tun_type", json_tunnels, &type))
		return false;
	ok = get_number(r, obj, "tun_port", 1, UINT16_MAX, &port) &
	     get_flags(r, obj, "tun_flags", json_tunnel_flags, &flags);
	if (type != IP_VS_CONN_F_TUNNEL_TYPE_GUE)
		ok &= without(r, obj, "tun_port", "this type of tunnel");
	if (type == IP_VS_CONN_F_TUNNEL_TYPE_IPIP)
		ok &= without(r, obj, "tun_flags", "this type of tunnel");
	if (flags & IP_VS_TUNNEL_ENCAP_FLAG_REMCSUM &&
	    (type != IP_VS_CONN_F_TUNNEL_TYPE_GUE || flags & IP_VS_TUNNEL_ENCAP_FLAG_CSUM))
		ok &= bad(r, "tun_flags", "remcsum is for gue only, and not with csum");
	server->tun_type = type;
	server->tun_port = htons(port);
	server->tun_flags = flags;
	return ok;
}

static bool read_attrs(struct reader *r, const json_t *obj, struct ipvs_attrs *attrs)
{
	bool ok = get_number(r, obj, "priority", 0, IP_VS_EXT_PRIORITY_MAX, &attrs->priority) &
		  get_wide(r, obj, "bandwidth", 1, IP_VS_EXT_BANDWIDTH_MAX, &attrs->bandwidth) &
		  get_number(r, obj, "lag", 0, IP_VS_EXT_LAG_MAX, &attrs->lag);

	if (has(obj, "priority"))
		attrs->set |= EXT_HAS(IP_VS_EXT_ATTR_PRIORITY);
	if (has(obj, "bandwidth"))
		attrs->set |= EXT_HAS(IP_VS_EXT_ATTR_BANDWIDTH);
	if (has(obj, "lag"))
		attrs->set |= EXT_HAS(IP_VS_EXT_ATTR_LAG);
	return ok;
}

static void read_server(struct reader *r, const json_t *obj, size_t number, uint32_t place)
{
	static const struct json_name forwards[] = {
		{ "masq", IP_VS_CONN_F_MASQ },
		{ "tunnel", IP_VS_CONN_F_TUNNEL },
		{ "route", IP_VS_CONN_F_DROUTE },
		{ NULL, 0 }
	};
	static const char * const keys[] = {
		"address", "port", "forward", "tun_type", "tun_port", "tun_flags", "weight",
		"upper_threshold", "lower_threshold", "priority", "bandwidth", "lag",
		/* not read */
		"active_connections", "inactive_connections", "persistent_connections",
		"stats", "rate", NULL
	};
	const struct ipvs_service *svc = &r->s->table.service[number];
	uint32_t port = ntohs(svc->key.port), weight = 1;
	struct ipvs_server server = { .forward = IP_VS_CONN_F_DROUTE };
	struct ipvs_attrs attrs = { .set = 0 };
	const struct state_name *first;
	char text[128];
	bool ok;

	ok = known(r, obj, keys);
	if (!json_is_object(obj))
		return;
	ok &= need(r, obj, "address");
	ok &= get_address(r, obj, "address", &server.af, &server.addr);
	ok &= get_number(r, obj, "port", 0, UINT16_MAX, &port);
	ok &= get_number(r, obj, "weight", 0, INT_MAX, &weight);
	ok &= get_number(r, obj, "upper_threshold", 0, INT_MAX, &server.upper);
	ok &= get_number(r, obj, "lower_threshold", 0, INT_MAX, &server.lower);
	ok &= get_name(r, obj, "forward", forwards, &server.forward) &&
	      read_tunnel(r, obj, &server);
	ok &= read_attrs(r, obj, &attrs);
	if (!ok || r->enough)
		return;
	server.port = htons(port);
	server.weight = weight;
	if (!svc->key.fwmark && server.forward != IP_VS_CONN_F_MASQ &&
	    server.port != svc->key.port) {
		bad(r, "port", "is not the service's; only masq can change it");
		return;
	}
	if (state_check_server(svc, &server, text, sizeof(text))) {
		bad(r, "", text);
		return;
	}
	first = state_name_server(&r->names, number, &server, place);
	if (first && first->place != place) {
		snprintf(text, sizeof(text), "is there already, as servers[%u]", first->place);
		bad(r, "", text);
		return;
	}
	r->memory |= !first || !state_add_server(r->s, number, &server, place) ||
		     !state_add_attrs(r->s, &r->s->table.service[number].key, &server, &attrs);
}

static bool read_key(struct reader *r, const json_t *obj, struct ipvs_key *key)
{
	static const struct json_name families[] = {
		{ "ipv4", AF_INET }, { "ipv6", AF_INET6 }, { NULL, 0 }
	};
	uint32_t family = 0, protocol = 0, port = 0;
	bool ok = get_name(r, obj, "family", families, &family);

	memset(key, 0, sizeof(*key));
	if (has(obj, "fwmark")) {
		key->af = family ? family : AF_INET;
		return get_number(r, obj, "fwmark", 1, UINT32_MAX, &key->fwmark) &
		       without(r, obj, "protocol", "services of a firewall mark") &
		       without(r, obj, "address", "services of a firewall mark") &
		       without(r, obj, "port", "services of a firewall mark") & ok;
	}
	ok &= need(r, obj, "protocol") & need(r, obj, "address") & need(r, obj, "port");
	ok &= get_name(r, obj, "protocol", json_protocols, &protocol);
	ok &= get_address(r, obj, "address", &key->af, &key->addr);
	ok &= get_number(r, obj, "port", 0, UINT16_MAX, &port);
	if (ok && family && family != key->af)
		return bad(r, "family", "is not that of the address");
	key->protocol = protocol;
	key->port = htons(port);
	return ok;
}

static bool read_netmask(struct reader *r, const json_t *obj, struct ipvs_service *svc)
{
	union nf_inet_addr mask = { .ip = INADDR_BROADCAST };
	uint16_t af = AF_INET;

	if (svc->key.af == AF_INET6) {
		svc->netmask = 128;
		return get_number(r, obj, "prefix_length", 1, 128, &svc->netmask) &
		       without(r, obj, "netmask", "IPv6; prefix_length is");
	}
	if (!get_address(r, obj, "netmask", &af, &mask))
		return false;
	if (af != AF_INET)
		return bad_value(r, "netmask", json_object_get(obj, "netmask"), "an IPv4 netmask");
	svc->netmask = mask.ip;
	return without(r, obj, "prefix_length", "IPv4; netmask is");
}

/* Words and numbers; whether the scheduler takes them, only the kernel knows. */
static bool read_param(struct reader *r, const char *name, const json_t *v,
		       struct ipvs_params *params)
{
	const char *word = json_string_value(v);
	double d = json_real_value(v);
	struct ipvs_param param;
	char text[64], member[64];

	snprintf(member, sizeof(member), "parameters.%.40s", name);
	memset(&param, 0, sizeof(param));
	if (!*name || strlen(name) >= sizeof(param.name) || strchr(name, '='))
		return bad(r, member, "is no name of a parameter");
	strcpy(param.name, name);
	if (json_is_real(v) && d == floor(d) && d >= 0 && d < (1ULL << 53)) {
		snprintf(text, sizeof(text), "%.0f", d);
		word = text;
		param.raw = true;
	} else if (!word || !state_is_name(word) || strlen(word) >= sizeof(text)) {
		return bad_value(r, member, v, "a word, or a whole number from 0 to 2^53");
	}
	param.text = strdup(word);
	if (param.text && ext_add_param(params, &param))
		return true;
	free(param.text);
	r->memory = true;
	return false;
}

static bool read_params(struct reader *r, const json_t *obj, struct ipvs_params *params)
{
	const json_t *v = json_object_get(obj, "parameters");
	const char *name;
	json_t *value;
	bool ok = true;

	if (!v)
		return true;
	if (!json_is_object(v))
		return bad_value(r, "parameters", v, "an object");
	json_object_foreach((json_t *)v, name, value) {
		ok &= read_param(r, name, value, params);
		if (r->enough || r->memory)
			break;
	}
	return ok;
}

static void read_service(struct reader *r, const json_t *obj, uint32_t place)
{
	static const char * const keys[] = {
		"family", "fwmark", "protocol", "address", "port", "scheduler", "scheduler_flags",
		"persistent", "netmask", "prefix_length", "pe", "ops", "servers",
		"parameters",
		/* not read */
		"stats", "rate", NULL
	};
	struct ipvs_service svc = { .sched = "wlc" };
	struct ipvs_params params = { .n = 0 };
	const struct state_name *first;
	size_t number = r->s->table.n, i;
	const json_t *servers;
	char text[128];
	bool ok, ops = false;

	ok = known(r, obj, keys);
	if (!json_is_object(obj))
		return;
	ok &= read_key(r, obj, &svc.key) && read_netmask(r, obj, &svc);
	ok &= get_string(r, obj, "scheduler", svc.sched, sizeof(svc.sched));
	ok &= get_flags(r, obj, "scheduler_flags", json_sched_flags(svc.sched), &svc.flags);
	ok &= get_number(r, obj, "persistent", 1, MAX_TIMEOUT, &svc.timeout);
	ok &= get_string(r, obj, "pe", svc.pe, sizeof(svc.pe));
	ok &= get_bool(r, obj, "ops", &ops);
	servers = json_object_get(obj, "servers");
	if (servers && !json_is_array(servers))
		ok = bad_value(r, "servers", servers, "an array");
	ok &= read_params(r, obj, &params);
	if (!ok || r->enough)
		goto out;
	if (has(obj, "persistent"))
		svc.flags |= IP_VS_SVC_F_PERSISTENT;
	if (ops)
		svc.flags |= IP_VS_SVC_F_ONEPACKET;
	if (state_check_service(&svc, text, sizeof(text))) {
		bad(r, "", text);
		goto out;
	}
	first = state_name_service(&r->names, &svc.key, number, place);
	if (first && first->place != place) {
		snprintf(text, sizeof(text), "is there already, as services[%u]", first->place);
		bad(r, "", text);
		goto out;
	}
	if (!first || !state_add_service(r->s, &svc, place) ||
	    !state_add_params(r->s, &svc.key, &params, place)) {
		r->memory = true;
		goto out;
	}
	for (i = 0; i < json_array_size(servers) && !r->enough && !r->memory; i++) {
		snprintf(r->path, sizeof(r->path), "services[%u].servers[%zu]", place, i);
		read_server(r, json_array_get(servers, i), number, i);
	}
out:
	ext_free_params(&params);
}

/* ---- the rest --------------------------------------------------------------------- */

static void read_timeouts(struct reader *r, const json_t *obj)
{
	static const char * const keys[] = { "tcp", "tcp_fin", "udp", NULL };
	struct ipvs_timeouts *t = &r->s->timeouts;

	snprintf(r->path, sizeof(r->path), "timeouts");
	if (!known(r, obj, keys))
		return;
	get_number(r, obj, "tcp", 0, MAX_TIMEOUT, &t->tcp);
	get_number(r, obj, "tcp_fin", 0, MAX_TIMEOUT, &t->tcp_fin);
	get_number(r, obj, "udp", 0, MAX_TIMEOUT, &t->udp);
}

static bool multicast(const struct ipvs_daemon *d)
{
	return d->group_af == AF_INET6 ? IN6_IS_ADDR_MULTICAST(&d->group.in6) :
					 IN_MULTICAST(ntohl(d->group.ip));
}

static void read_daemon(struct reader *r, const json_t *obj, uint32_t place)
{
	static const char * const keys[] = {
		"state", "mcast_interface", "syncid", "sync_maxlen", "mcast_group", "mcast_port",
		"mcast_ttl", NULL
	};
	struct ipvs_daemon d = { .ifname = "eth0" };
	uint32_t maxlen = 0, port = 0, ttl = 0;
	struct state_daemon *to;
	bool ok;

	ok = known(r, obj, keys);
	if (!json_is_object(obj))
		return;
	ok &= need(r, obj, "state");
	ok &= get_name(r, obj, "state", json_daemon_states, &d.state);
	ok &= get_string(r, obj, "mcast_interface", d.ifname, sizeof(d.ifname));
	ok &= get_number(r, obj, "syncid", 0, 255, &d.syncid);
	ok &= get_number(r, obj, "sync_maxlen", 1, MAX_SYNC_MAXLEN, &maxlen);
	ok &= get_address(r, obj, "mcast_group", &d.group_af, &d.group);
	ok &= get_number(r, obj, "mcast_port", 1, UINT16_MAX, &port);
	ok &= get_number(r, obj, "mcast_ttl", 1, UINT8_MAX, &ttl);
	if (ok && d.group_af && !multicast(&d))
		ok = bad_value(r, "mcast_group", json_object_get(obj, "mcast_group"),
			       "a multicast address");
	if (!ok)
		return;
	d.maxlen = maxlen;
	d.port = port;
	d.ttl = ttl;
	to = &r->s->daemon[state_daemon(d.state)];
	if (to->wish == STATE_ON) {
		bad(r, "state", "is there already");
		return;
	}
	to->wish = STATE_ON;
	to->d = d;
	to->place = place;
}

/* A list of daemons is all there are to be. */
static void read_daemons(struct reader *r, const json_t *array)
{
	size_t i;

	*r->path = '\0';
	if (!json_is_array(array)) {
		bad_value(r, "daemons", array, "an array");
		return;
	}
	for (i = 0; i < 2; i++) {
		r->s->daemon[i].wish = STATE_OFF;
		r->s->daemon[i].d.state = i == STATE_BACKUP ? IP_VS_STATE_BACKUP :
							      IP_VS_STATE_MASTER;
	}
	for (i = 0; i < json_array_size(array) && !r->enough; i++) {
		snprintf(r->path, sizeof(r->path), "daemons[%zu]", i);
		read_daemon(r, json_array_get(array, i), i);
	}
}

static void read_services(struct reader *r, const json_t *array)
{
	size_t i;

	if (!json_is_array(array)) {
		bad_value(r, "services", array, "an array");
		return;
	}
	for (i = 0; i < json_array_size(array) && !r->enough && !r->memory; i++) {
		snprintf(r->path, sizeof(r->path), "services[%zu]", i);
		read_service(r, json_array_get(array, i), i);
	}
}

static void read_document(struct reader *r, const json_t *root)
{
	static const char * const keys[] = {
		"schema_version", "services", "timeouts", "daemons", "consistent", "partial",
		/* not read */
		"version", "connection_table_size", NULL
	};
	uint32_t version = 0;

	known(r, root, keys);
	if (!json_is_object(root))
		return;
	if (need(r, root, "schema_version"))
		get_number(r, root, "schema_version", JSON_SCHEMA_VERSION, JSON_SCHEMA_VERSION,
			   &version);
	/* A listing that lacks services would delete them. */
	if (has(root, "partial") && !json_is_false(json_object_get(root, "partial")))
		bad(r, "partial", "this is a listing of one service, not of all of them");
	if (has(root, "consistent") && !json_is_true(json_object_get(root, "consistent")))
		bad(r, "consistent", "this listing may lack services: they changed meanwhile");
	if (need(r, root, "services"))
		read_services(r, json_object_get(root, "services"));
	if (has(root, "timeouts") && !r->enough)
		read_timeouts(r, json_object_get(root, "timeouts"));
	if (has(root, "daemons") && !r->enough)
		read_daemons(r, json_object_get(root, "daemons"));
}

int state_parse_json(struct state *s, struct complaints *c, const char *text, size_t len)
{
	struct reader r = { .s = s, .c = c };
	json_error_t error;
	json_t *root;

	root = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL, &error);
	if (!root) {
		if (json_error_code(&error) == json_error_out_of_memory)
			return -1;
		complain_at(c, error.line < 0 ? 1 : error.line,
			    error.column < 0 ? 1 : error.column, "%s", error.text);
		return 0;
	}
	read_document(&r, root);
	json_decref(root);
	state_names_free(&r.names);
	return r.memory ? -1 : 0;
}
