// SPDX-License-Identifier: GPL-2.0
/* Words that docs/json.md has for numbers. */
#include <arpa/inet.h>
#include <string.h>
#include "json.h"

const struct json_name json_protocols[] = {
	{ "tcp", IPPROTO_TCP },
	{ "udp", IPPROTO_UDP },
	{ "sctp", IPPROTO_SCTP },
	{ NULL, 0 }
};

const struct json_name json_forwards[] = {
	{ "masq", IP_VS_CONN_F_MASQ },
	{ "local", IP_VS_CONN_F_LOCALNODE },
	{ "tunnel", IP_VS_CONN_F_TUNNEL },
	{ "route", IP_VS_CONN_F_DROUTE },
	{ NULL, 0 }
};

const struct json_name json_tunnels[] = {
	{ "ipip", IP_VS_CONN_F_TUNNEL_TYPE_IPIP },
	{ "gue", IP_VS_CONN_F_TUNNEL_TYPE_GUE },
	{ "gre", IP_VS_CONN_F_TUNNEL_TYPE_GRE },
	{ NULL, 0 }
};

const struct json_name json_tunnel_flags[] = {
	{ "csum", IP_VS_TUNNEL_ENCAP_FLAG_CSUM },
	{ "remcsum", IP_VS_TUNNEL_ENCAP_FLAG_REMCSUM },
	{ NULL, 0 }
};

const struct json_name json_daemon_states[] = {
	{ "master", IP_VS_STATE_MASTER },
	{ "backup", IP_VS_STATE_BACKUP },
	{ NULL, 0 }
};

static const struct json_name flags_any[] = {
	{ "flag-1", IP_VS_SVC_F_SCHED1 },
	{ "flag-2", IP_VS_SVC_F_SCHED2 },
	{ "flag-3", IP_VS_SVC_F_SCHED3 },
	{ NULL, 0 }
};

static const struct json_name flags_sh[] = {
	{ "sh-fallback", IP_VS_SVC_F_SCHED1 },
	{ "sh-port", IP_VS_SVC_F_SCHED2 },
	{ "flag-1", IP_VS_SVC_F_SCHED1 },
	{ "flag-2", IP_VS_SVC_F_SCHED2 },
	{ "flag-3", IP_VS_SVC_F_SCHED3 },
	{ NULL, 0 }
};

static const struct json_name flags_mh[] = {
	{ "mh-fallback", IP_VS_SVC_F_SCHED1 },
	{ "mh-port", IP_VS_SVC_F_SCHED2 },
	{ "flag-1", IP_VS_SVC_F_SCHED1 },
	{ "flag-2", IP_VS_SVC_F_SCHED2 },
	{ "flag-3", IP_VS_SVC_F_SCHED3 },
	{ NULL, 0 }
};

const struct json_name *json_sched_flags(const char *sched)
{
	if (!strcmp(sched, "sh"))
		return flags_sh;
	if (!strcmp(sched, "mh"))
		return flags_mh;
	return flags_any;
}

const char *json_name(const struct json_name *names, uint32_t value)
{
	for (; names->name; names++)
		if (names->value == value)
			return names->name;
	return NULL;
}

int64_t json_value(const struct json_name *names, const char *name)
{
	for (; names->name; names++)
		if (!strcmp(names->name, name))
			return names->value;
	return -1;
}
