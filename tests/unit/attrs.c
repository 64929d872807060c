// SPDX-License-Identifier: GPL-2.0
#include "attrs.h"
#include "ext_internal.h"

static bool nobody_listens(struct net *net)
{
	return false;
}

static void no_kick(struct net *net)
{
}

static const struct ip_vs_ext_front front = {
	.listening = nobody_listens,
	.kick = no_kick,
};

void attrs_begin(void)
{
	ip_vs_ext_front_register(&front);
	unit_ok(ip_vs_ext_net_init(&init_net));
}

void attrs_end(void)
{
	ip_vs_ext_front_unregister(&front);
}

static struct ip_vs_ext_dest_key server(unsigned int id)
{
	struct ip_vs_ext_dest_key key;

	memset(&key, 0, sizeof(key));
	key.af = AF_INET;
	key.addr.ip = SHIM_ADDR(id);
	key.port = htons(80);
	return key;
}

static int set(struct ip_vs_service *svc, unsigned int id,
	       struct ip_vs_ext_attrs attrs)
{
	struct ip_vs_ext_dest_key dest = server(id);
	struct ip_vs_ext_svc_key key;

	ext_svc_key(&key, svc);
	return ip_vs_ext_attr_set(&init_net, &key, &dest, &attrs, NULL);
}

int attrs_bandwidth(struct ip_vs_service *svc, unsigned int id, u64 bandwidth)
{
	return set(svc, id, (struct ip_vs_ext_attrs){
		.present = IP_VS_EXT_HAS(BANDWIDTH), .bandwidth = bandwidth });
}

int attrs_lag(struct ip_vs_service *svc, unsigned int id, u32 lag)
{
	return set(svc, id, (struct ip_vs_ext_attrs){
		.present = IP_VS_EXT_HAS(LAG), .lag = lag });
}

int attrs_priority(struct ip_vs_service *svc, unsigned int id, u32 priority)
{
	return set(svc, id, (struct ip_vs_ext_attrs){
		.present = IP_VS_EXT_HAS(PRIORITY), .priority = priority });
}

int attrs_del(struct ip_vs_service *svc, unsigned int id)
{
	struct ip_vs_ext_dest_key dest = server(id);
	struct ip_vs_ext_svc_key key;

	ext_svc_key(&key, svc);
	return ip_vs_ext_attr_del(&init_net, &key, &dest, ~0U, NULL);
}

int attrs_param(struct ip_vs_service *svc, const char *name, u64 value)
{
	struct ip_vs_ext_param_set param = { .name = name, .value = value };
	struct ip_vs_ext_svc_key key;

	ext_svc_key(&key, svc);
	return ip_vs_ext_param_set(&init_net, &key, &param, 1, NULL);
}

int attrs_param_del(struct ip_vs_service *svc, const char *name)
{
	struct ip_vs_ext_param_set param = { .name = name };
	struct ip_vs_ext_svc_key key;

	ext_svc_key(&key, svc);
	return ip_vs_ext_param_del(&init_net, &key, &param, 1, NULL);
}
