// SPDX-License-Identifier: GPL-2.0
/*
 * What the operator says by netlink, below netlink: attributes and parameters
 * by name, how they reach running services, dumps, network namespaces, and
 * that an error changes nothing.
 */
#include <time.h>
#include <unistd.h>

#include "ext_internal.h"
#include "unit.h"

/* libcheck writes to a file at every assertion that holds. */
#define MUST(c) do {							\
	if (!(c))							\
		ck_abort_msg("%s", #c);					\
} while (0)

/* ---- schedulers that watch what they are told ---- */

static const struct ip_vs_ext_choice modes[] = {
	{ "rr", 0 }, { "lc", 5 }, { }
};

static const struct ip_vs_ext_choice autos[] = {
	{ "auto", 0 }, { }
};

enum { ROWS, HOLD, MODE, COST, NPARAMS };

static const struct ip_vs_ext_param params_a[] = {
	[ROWS] = { "rows", "a number", IP_VS_EXT_UNIT_NONE, 1, 100, 7, NULL },
	[HOLD] = { "hold", "a time", IP_VS_EXT_UNIT_MS, 0, 5000, 20, NULL },
	[MODE] = { "mode", "a word", IP_VS_EXT_UNIT_CHOICE, 0, 9, 0, modes },
	[COST] = { "cost", "a size", IP_VS_EXT_UNIT_BYTES, 1, 65535, 0, autos },
};

/* The next version: another order, "rows" narrower, "hold" gone. */
static const struct ip_vs_ext_param params_a2[] = {
	{ "cost", "a size", IP_VS_EXT_UNIT_BYTES, 1, 65535, 1, autos },
	{ "rows", "a number", IP_VS_EXT_UNIT_NONE, 1, 50, 9, NULL },
};

static const struct ip_vs_ext_param params_b[] = {
	{ "rows", "a number", IP_VS_EXT_UNIT_NONE, 0, 1000, 500, NULL },
};

static u32 told[IP_VS_EXT_PARAMS_MAX];	/* es->param[] when last called */
static int times_told;

/* A scheduler that needs memory for it. */
static int params_changed(struct ip_vs_ext_service *es)
{
	void *p = kmalloc(100, GFP_KERNEL);

	MUST(lockdep_is_held(&ext_mutex));
	MUST(!lockdep_is_held(&es->lock));
	if (!p)
		return -ENOMEM;
	kfree(p);
	memcpy(told, es->param, sizeof(told));
	times_told++;
	return 0;
}

static u32 tier(const struct ip_vs_ext_service *es,
		const struct ip_vs_ext_attrs *attrs, u32 weight)
{
	return es->nr_priority ? attrs->priority : weight;
}

#define OPS(p, ...) {							\
	.desc = "for tests",						\
	.attrs = IP_VS_EXT_HAS(PRIORITY) | IP_VS_EXT_HAS(LAG),		\
	.params = p, .nr_params = ARRAY_SIZE(p),			\
	.tier = tier, .pick = ip_vs_ext_rr, __VA_ARGS__			\
}

static const struct ip_vs_ext_ops ops_a =
	OPS(params_a, .params_changed = params_changed);
static const struct ip_vs_ext_ops ops_a2 = OPS(params_a2);
static const struct ip_vs_ext_ops ops_b = OPS(params_b);

static int init_a(struct ip_vs_service *svc)
{
	return ip_vs_ext_init_service(svc, &ops_a);
}

static int init_a2(struct ip_vs_service *svc)
{
	return ip_vs_ext_init_service(svc, &ops_a2);
}

static int init_b(struct ip_vs_service *svc)
{
	return ip_vs_ext_init_service(svc, &ops_b);
}

static struct ip_vs_dest *schedule(struct ip_vs_service *svc,
				   const struct sk_buff *skb,
				   struct ip_vs_iphdr *iph)
{
	return ip_vs_ext_schedule(svc, skb, iph, ip_vs_ext_rr);
}

static struct ip_vs_ext_scheduler sched_a[] = {
	IP_VS_EXT_SCHEDULER("conf_a", &ops_a, init_a, schedule),
	IP_VS_EXT_SCHEDULER("confa", &ops_a, init_a, schedule),
};

static struct ip_vs_ext_scheduler sched_a2[] = {
	IP_VS_EXT_SCHEDULER("conf_a", &ops_a2, init_a2, schedule),
};

static struct ip_vs_ext_scheduler sched_b[] = {
	IP_VS_EXT_SCHEDULER("conf_b", &ops_b, init_b, schedule),
};

/* ---- the front end ---- */

static struct net other;
static bool front_gone;
static int listened, kicked;

static bool front_listening(struct net *net)
{
	MUST(!front_gone);
	MUST(in_softirq());
	MUST(net == &init_net || net == &other);
	listened++;
	return true;
}

static void front_kick(struct net *net)
{
	MUST(!front_gone);
	kicked++;
}

static const struct ip_vs_ext_front front = {
	.listening = front_listening,
	.kick = front_kick,
};

static void front_up(void)
{
	ip_vs_ext_front_register(&front);
	unit_ok(ip_vs_ext_net_init(&init_net));
	unit_ok(ip_vs_ext_net_init(&other));
}

static void begin_without_front(void)
{
	shim_begin(8);
	unit_load_hprio();
	unit_ok(ip_vs_ext_register(sched_a, ARRAY_SIZE(sched_a)));
	unit_ok(ip_vs_ext_register(sched_b, ARRAY_SIZE(sched_b)));
}

static void begin(void)
{
	begin_without_front();
	front_up();
}

static void services_down(void)
{
	struct hlist_node *s;

	while ((s = shim_ipvs.services.first))
		shim_del_service(container_of(s, struct ip_vs_service, s_list));
}

static void front_down(void)
{
	ip_vs_ext_front_unregister(&front);
	front_gone = true;
}

static void end_without_front(void)
{
	services_down();
	ip_vs_ext_unregister(sched_a, ARRAY_SIZE(sched_a));
	ip_vs_ext_unregister(sched_b, ARRAY_SIZE(sched_b));
	shim_end();
}

static void end(void)
{
	front_down();
	end_without_front();
}

/* ---- names ---- */

static struct ip_vs_ext_svc_key skey(unsigned int id)
{
	struct ip_vs_ext_svc_key key = {
		.addr.ip = htonl(0x0a000001u + (id << 16)),
		.af = AF_INET, .protocol = IPPROTO_TCP, .port = htons(80),
	};

	return key;
}

static struct ip_vs_ext_dest_key dkey(unsigned int id)
{
	struct ip_vs_ext_dest_key key = {
		.addr.ip = SHIM_ADDR(id), .af = AF_INET, .port = htons(80),
	};

	return key;
}

static unsigned int sid(const struct ip_vs_ext_svc_key *key)
{
	return (ntohl(key->addr.ip) - 0x0a000001u) >> 16;
}

static unsigned int did(const struct ip_vs_ext_dest_key *key)
{
	return ntohl(key->addr.ip) - 0x0a000000u;
}

/* A service of another network namespace. */
static int add_in(struct net *net, struct ip_vs_service **svc,
		  const char *sched, unsigned int id)
{
	int err;

	shim_ipvs.net = net;
	err = shim_add_service(svc, sched, id, 0);
	shim_ipvs.net = &init_net;
	return err;
}

static struct ip_vs_service *service(unsigned int id)
{
	struct ip_vs_service *svc;

	unit_ok(shim_add_service(&svc, "conf_a", id, 0));
	return svc;
}

static struct ip_vs_ext_service *ext(const struct ip_vs_service *svc)
{
	return svc->sched_data;
}

/* ---- commands; every one leaves locks and readers as they were ---- */

static struct netlink_ext_ack ack;

#define CALL(call) ({							\
	struct shim_balance b_ = shim_balance();			\
	int ret_;							\
	ack._msg = NULL;						\
	ret_ = call;							\
	shim_check_balance(b_, #call);					\
	/* what is refused is explained, but for want of memory */	\
	MUST(!ret_ || ret_ == -ENOMEM || ack._msg);			\
	ret_; })

static int set_in(struct net *net, unsigned int s, unsigned int d,
		  const struct ip_vs_ext_attrs *a)
{
	struct ip_vs_ext_svc_key sk = skey(s);
	struct ip_vs_ext_dest_key dk = dkey(d);

	return CALL(ip_vs_ext_attr_set(net, &sk, &dk, a, &ack));
}

static int set_prio(unsigned int s, unsigned int d, u32 value)
{
	struct ip_vs_ext_attrs a = {
		.present = IP_VS_EXT_HAS(PRIORITY), .priority = value,
	};

	return set_in(&init_net, s, d, &a);
}

static int set_lag(unsigned int s, unsigned int d, u32 value)
{
	struct ip_vs_ext_attrs a = {
		.present = IP_VS_EXT_HAS(LAG), .lag = value,
	};

	return set_in(&init_net, s, d, &a);
}

static int set_bw(unsigned int s, unsigned int d, u64 value)
{
	struct ip_vs_ext_attrs a = {
		.present = IP_VS_EXT_HAS(BANDWIDTH), .bandwidth = value,
	};

	return set_in(&init_net, s, d, &a);
}

/* 0: all */
static int del_in(struct net *net, unsigned int s, unsigned int d, u32 which)
{
	struct ip_vs_ext_svc_key sk = skey(s);
	struct ip_vs_ext_dest_key dk = dkey(d);

	return CALL(ip_vs_ext_attr_del(net, s ? &sk : NULL, d ? &dk : NULL,
				       which, &ack));
}

static int del(unsigned int s, unsigned int d, u32 which)
{
	return del_in(&init_net, s, d, which);
}

static int params(unsigned int s, const struct ip_vs_ext_param_set *set,
		  unsigned int nr)
{
	struct ip_vs_ext_svc_key sk = skey(s);

	return CALL(ip_vs_ext_param_set(&init_net, &sk, set, nr, &ack));
}

static int param(unsigned int s, const char *name, u64 value)
{
	struct ip_vs_ext_param_set set = { name, value };

	return params(s, &set, 1);
}

/* NULL: all */
static int param_del(unsigned int s, const char *name)
{
	struct ip_vs_ext_param_set set = { name, 0 };
	struct ip_vs_ext_svc_key sk = skey(s);

	return CALL(ip_vs_ext_param_del(&init_net, &sk, name ? &set : NULL,
					name ? 1 : 0, &ack));
}

static bool said(const char *text)
{
	return ack._msg && strstr(ack._msg, text);
}

/* All grace periods that somebody asked for. */
static void quiet_gp(void)
{
	while (shim_rcu_pending())
		MUST(shim_rcu_gp() >= 0);
}

/* ---- what there is ---- */

/* Attributes of a server as a dump gives them. */
static struct ip_vs_ext_attrs attrs_in(struct net *net, unsigned int s,
				       unsigned int d)
{
	struct ip_vs_ext_attrs a, found = {};
	struct ip_vs_ext_svc_key of;
	struct ip_vs_ext_dest_key dest;
	u64 id = 0, last = 0;

	ip_vs_ext_lock();
	while (ip_vs_ext_attr_next(net, NULL, id, &id, &of, &dest, &a)) {
		MUST(id > last);
		last = id;
		MUST(a.present);
		if (sid(&of) == s && did(&dest) == d) {
			MUST(!found.present);
			found = a;
		}
	}
	ip_vs_ext_unlock();
	return found;
}

static struct ip_vs_ext_attrs attrs(unsigned int s, unsigned int d)
{
	return attrs_in(&init_net, s, d);
}

static unsigned int count_attrs(struct net *net)
{
	struct ip_vs_ext_svc_key of;
	struct ip_vs_ext_dest_key dest;
	struct ip_vs_ext_attrs a;
	unsigned int n = 0;
	u64 id = 0;

	ip_vs_ext_lock();
	while (ip_vs_ext_attr_next(net, NULL, id, &id, &of, &dest, &a))
		n++;
	ip_vs_ext_unlock();
	return n;
}

static u32 generation(void)
{
	u32 g;

	ip_vs_ext_lock();
	g = ip_vs_ext_generation(&init_net);
	ip_vs_ext_unlock();
	return g;
}

static struct ip_vs_ext_server_snapshot server(struct ip_vs_service *svc,
					       unsigned int d)
{
	struct ip_vs_ext_dest_key key = dkey(d);
	struct ip_vs_ext_server_snapshot s;
	struct ip_vs_ext_slot *slot;

	ip_vs_ext_lock();
	slot = ext_slot_find(ext(svc), &key);
	MUST(slot);
	ip_vs_ext_server_snapshot(ext(svc), slot, &s);
	ip_vs_ext_unlock();
	return s;
}

static struct ip_vs_ext_snapshot snapshot(struct ip_vs_service *svc)
{
	struct ip_vs_ext_snapshot s;

	ip_vs_ext_lock();
	ip_vs_ext_snapshot(ext(svc), &s);
	ip_vs_ext_unlock();
	return s;
}

static bool is_set(struct ip_vs_service *svc, unsigned int i)
{
	bool set;

	ip_vs_ext_lock();
	set = ip_vs_ext_param_is_set(ext(svc), i);
	ip_vs_ext_unlock();
	return set;
}

static unsigned int go(struct ip_vs_service *svc)
{
	struct shim_conn *c = shim_connect(svc, 0);

	return c ? shim_dest_id(c->dest) : 0;
}

/* Everything that an operator can see or a decision depends on, as text. */
static char *picture(struct net *net)
{
	static char text[2][20000];
	static int use;
	char *p = text[use ^= 1], *end = p + sizeof(text[0]);
	struct ip_vs_ext_service *es;
	struct ip_vs_ext_svc_key of;
	struct ip_vs_ext_dest_key dest;
	struct ip_vs_ext_attrs a;
	struct ip_vs_ext_slot *slot;
	struct ip_vs_ext_net *n;
	unsigned int i;
	u64 id;

#define DRAW(...) do {							\
	p += scnprintf(p, end - p, __VA_ARGS__);			\
	MUST(p < end - 1);						\
} while (0)
	ip_vs_ext_lock();
	n = ext_net_find(net);
	DRAW("%d %u %u\n", !!n, n ? n->users : 0, n ? n->entries : 0);
	for (id = 0; ip_vs_ext_attr_next(net, NULL, id, &id, &of, &dest, &a);)
		DRAW("%llu %u/%u: %x %u %u %llu\n", id, sid(&of), did(&dest),
		     a.present, a.priority, a.lag, a.bandwidth);
	for (id = 0; (es = ip_vs_ext_service_next(net, NULL, id, &id, &of));) {
		DRAW("%llu %u %u/%u:", id, sid(&of), es->nr_slots,
		     es->nr_priority);
		for (i = 0; i < es->ops->nr_params; i++)
			DRAW(" %s=%u%s", es->ops->params[i].name, es->param[i],
			     ip_vs_ext_param_is_set(es, i) ? "!" : "");
		slot = ip_vs_ext_slot_nth(es, 0);
		for (; slot; slot = ip_vs_ext_slot_next(slot))
			DRAW(" %u@%u%s", shim_dest_id(slot->dest),
			     slot->tier->key, slot->priority ? "!" : "");
		DRAW("\n");
	}
	ip_vs_ext_unlock();
	return text[use];
}

/* ---- attributes ---- */

START_TEST(set_before_the_server_exists)
{
	struct ip_vs_service *svc;

	unit_ok(set_prio(1, 2, 10));
	unit_ok(set_prio(1, 3, 20));
	ck_assert_uint_eq(count_attrs(&init_net), 2);
	svc = service(1);
	unit_ok(shim_add_dest(svc, 1, 100, 0, 0));
	/* none of its servers has one yet: the weight is the tier */
	ck_assert_uint_eq(server(svc, 1).tier, 100);
	unit_ok(shim_add_dest(svc, 2, 1, 0, 0));
	ck_assert_uint_eq(server(svc, 1).tier, 0);
	ck_assert_uint_eq(server(svc, 2).tier, 10);
	unit_ok(shim_add_dest(svc, 3, 1, 0, 0));
	ck_assert_uint_eq(go(svc), 3);
}
END_TEST

START_TEST(set_while_the_service_runs)
{
	struct ip_vs_service *svc = service(1), *second = service(2);
	unsigned int i;

	for (i = 1; i <= 3; i++) {
		unit_ok(shim_add_dest(svc, i, i, 0, 0));
		unit_ok(shim_add_dest(second, i, i, 0, 0));
	}
	ck_assert_uint_eq(go(svc), 3);
	unit_ok(set_prio(1, 1, 5));
	ck_assert_uint_eq(go(svc), 1);
	unit_ok(set_prio(1, 2, 6));
	ck_assert_uint_eq(go(svc), 2);
	unit_ok(set_prio(1, 2, 4));
	ck_assert_uint_eq(go(svc), 1);
	/* of the service that is named */
	ck_assert_uint_eq(go(second), 3);
	/* what the scheduler does not use, or the service has not, is kept */
	unit_ok(set_bw(1, 2, 7));
	unit_ok(set_prio(1, 9, 100));
	ck_assert_uint_eq(go(svc), 1);
	ck_assert_uint_eq(server(svc, 2).attrs.bandwidth, 7);
	/* and the last one that goes brings the weights back */
	unit_ok(del(1, 1, ~0U));
	ck_assert_uint_eq(go(svc), 2);
	unit_ok(del(1, 2, IP_VS_EXT_HAS(PRIORITY)));
	ck_assert_uint_eq(go(svc), 3);
	ck_assert_uint_eq(ext(svc)->nr_priority, 0);
}
END_TEST

START_TEST(kept_while_servers_and_services_come_and_go)
{
	struct ip_vs_service *svc = service(1);

	unit_ok(shim_add_dest(svc, 1, 1, 0, 0));
	unit_ok(shim_add_dest(svc, 2, 2, 0, 0));
	unit_ok(set_prio(1, 1, 5));
	unit_ok(shim_del_dest(svc, 1));
	ck_assert_uint_eq(ext(svc)->nr_priority, 0);
	ck_assert_uint_eq(server(svc, 2).tier, 2);
	/* set while it is away */
	unit_ok(set_prio(1, 1, 6));
	unit_ok(shim_add_dest(svc, 1, 1, 0, 0));
	ck_assert_uint_eq(server(svc, 1).tier, 6);
	ck_assert_uint_eq(server(svc, 2).tier, 0);
	shim_del_service(svc);
	ck_assert_uint_eq(attrs(1, 1).priority, 6);
	svc = service(1);
	unit_ok(shim_add_dest(svc, 1, 1, 0, 0));
	ck_assert_uint_eq(server(svc, 1).tier, 6);
	/* and another scheduler sees them, too */
	unit_ok(shim_edit_service(svc, "hprio", 0));
	ck_assert_uint_eq(server(svc, 1).tier, 6);
}
END_TEST

START_TEST(values_given_are_set_others_stay)
{
	struct ip_vs_ext_attrs a;

	unit_ok(set_prio(1, 1, 5));
	unit_ok(set_lag(1, 1, 300));
	unit_ok(set_bw(1, 1, IP_VS_EXT_BANDWIDTH_MAX));
	unit_ok(set_prio(1, 1, 6));
	a = attrs(1, 1);
	ck_assert_uint_eq(a.present, IP_VS_EXT_HAS(PRIORITY) |
			  IP_VS_EXT_HAS(LAG) | IP_VS_EXT_HAS(BANDWIDTH));
	ck_assert_uint_eq(a.priority, 6);
	ck_assert_uint_eq(a.lag, 300);
	ck_assert_uint_eq(a.bandwidth, IP_VS_EXT_BANDWIDTH_MAX);
	unit_ok(del(1, 1, IP_VS_EXT_HAS(PRIORITY) | IP_VS_EXT_HAS(BANDWIDTH)));
	a = attrs(1, 1);
	ck_assert_uint_eq(a.present, IP_VS_EXT_HAS(LAG));
	ck_assert_uint_eq(a.priority, 0);
	ck_assert_uint_eq(a.bandwidth, 0);
	ck_assert_uint_eq(a.lag, 300);
	/* 0 is a value, not nothing */
	unit_ok(set_prio(1, 1, 0));
	unit_ok(set_lag(1, 1, 0));
	ck_assert_uint_eq(attrs(1, 1).present, IP_VS_EXT_HAS(PRIORITY) |
			  IP_VS_EXT_HAS(LAG));
}
END_TEST

START_TEST(ranges_of_attributes)
{
	struct ip_vs_ext_attrs none = {}, odd = { .present = ~0U };

	unit_ok(set_prio(1, 1, IP_VS_EXT_PRIORITY_MAX));
	unit_ok(set_lag(1, 1, IP_VS_EXT_LAG_MAX));
	unit_ok(set_bw(1, 1, 1));
	ck_assert_int_eq(set_prio(1, 1, IP_VS_EXT_PRIORITY_MAX + 1), -ERANGE);
	ck_assert(said("priority") && said("0 to 2147483647"));
	ck_assert_int_eq(set_prio(1, 2, U32_MAX), -ERANGE);
	ck_assert_int_eq(set_lag(1, 1, IP_VS_EXT_LAG_MAX + 1), -ERANGE);
	ck_assert(said("lag") && said("0 to 60000000"));
	ck_assert_int_eq(set_bw(1, 1, 0), -ERANGE);
	ck_assert_int_eq(set_bw(1, 1, IP_VS_EXT_BANDWIDTH_MAX + 1), -ERANGE);
	ck_assert(said("bandwidth") && said("1 to 1000000000000"));
	ck_assert_int_eq(set_in(&init_net, 1, 1, &none), -EINVAL);
	ck_assert_int_eq(set_in(&init_net, 1, 1, &odd), -EINVAL);
	ck_assert_uint_eq(count_attrs(&init_net), 1);
	ck_assert_uint_eq(attrs(1, 1).priority, IP_VS_EXT_PRIORITY_MAX);
	ck_assert_uint_eq(attrs(1, 1).lag, IP_VS_EXT_LAG_MAX);
	ck_assert_uint_eq(attrs(1, 1).bandwidth, 1);
	/* nobody has to want the text */
	ck_assert_int_eq(ip_vs_ext_attr_set(&init_net, &(struct ip_vs_ext_svc_key){},
					    &(struct ip_vs_ext_dest_key){},
					    &none, NULL), -EINVAL);
}
END_TEST

START_TEST(deleting_one_service_and_all)
{
	struct ip_vs_service *svc = service(2);
	unsigned int s, d;

	ck_assert_int_eq(del(0, 0, ~0U), -ENOENT);
	for (s = 1; s <= 3; s++)
		for (d = 1; d <= 4; d++) {
			unit_ok(set_prio(s, d, 10 * s + d));
			if (d & 1)
				unit_ok(set_lag(s, d, d));
			if (s == 2)
				unit_ok(shim_add_dest(svc, d, 50, 0, 0));
		}
	ck_assert_int_eq(del(1, 5, ~0U), -ENOENT);
	ck_assert_int_eq(del(4, 0, ~0U), -ENOENT);
	ck_assert_int_eq(del(1, 1, IP_VS_EXT_HAS(BANDWIDTH)), -ENOENT);
	ck_assert_uint_eq(count_attrs(&init_net), 12);
	/* one attribute of all servers of a service */
	unit_ok(del(2, 0, IP_VS_EXT_HAS(PRIORITY)));
	ck_assert_uint_eq(count_attrs(&init_net), 10);
	ck_assert_uint_eq(attrs(2, 1).present, IP_VS_EXT_HAS(LAG));
	ck_assert_uint_eq(attrs(2, 2).present, 0);
	for (d = 1; d <= 4; d++)
		ck_assert_uint_eq(server(svc, d).tier, 50);
	ck_assert_uint_eq(attrs(1, 2).priority, 12);
	ck_assert_uint_eq(attrs(3, 2).priority, 32);
	unit_ok(del(2, 0, ~0U));
	ck_assert_uint_eq(count_attrs(&init_net), 8);
	/* one of the whole namespace */
	unit_ok(del(0, 0, IP_VS_EXT_HAS(LAG)));
	ck_assert_uint_eq(count_attrs(&init_net), 8);
	ck_assert_uint_eq(attrs(1, 1).present, IP_VS_EXT_HAS(PRIORITY));
	unit_ok(del(0, 0, ~0U));
	ck_assert_uint_eq(count_attrs(&init_net), 0);
}
END_TEST

START_TEST(cap)
{
	struct ip_vs_service *svc = service(1);

	unit_ok(shim_set_param("ip_vs_ext", "max_entries", "3"));
	unit_ok(set_prio(1, 1, 1));
	unit_ok(param(1, "rows", 2));
	unit_ok(set_prio(1, 2, 1));
	/* full, for both */
	ck_assert_int_eq(set_prio(1, 3, 1), -ENOSPC);
	ck_assert(said("max_entries"));
	shim_del_service(svc);
	svc = service(2);
	ck_assert_int_eq(param(2, "rows", 2), -ENOSPC);
	ck_assert(said("max_entries"));
	ck_assert_uint_eq(ext(svc)->param[ROWS], 7);
	/* what is there may change, and other namespaces have their own */
	unit_ok(set_lag(1, 1, 1));
	unit_ok(set_in(&other, 1, 1, &(struct ip_vs_ext_attrs){
		       .present = IP_VS_EXT_HAS(PRIORITY) }));
	/* room is made by either */
	unit_ok(del(1, 1, ~0U));
	unit_ok(param(2, "rows", 2));
	ck_assert_int_eq(set_prio(1, 3, 1), -ENOSPC);
	unit_ok(param_del(1, NULL));
	unit_ok(set_prio(1, 3, 1));
	/* lowered: nothing is taken away, nothing is added */
	unit_ok(shim_set_param("ip_vs_ext", "max_entries", "1"));
	ck_assert_uint_eq(count_attrs(&init_net), 2);
	ck_assert_int_eq(set_prio(1, 4, 1), -ENOSPC);
	unit_ok(shim_set_param("ip_vs_ext", "max_entries", "4"));
	unit_ok(set_prio(1, 4, 1));
}
END_TEST

START_TEST(names)
{
	struct ip_vs_service svc = { .af = AF_INET, .protocol = IPPROTO_UDP,
				     .port = htons(53) };
	struct ip_vs_ext_svc_key key, want = {
		.addr.ip = htonl(0x01020304), .af = AF_INET,
		.protocol = IPPROTO_UDP, .port = htons(53),
	};

	/* what is beyond an IPv4 address does not count */
	memset(&svc.addr, 0xee, sizeof(svc.addr));
	svc.addr.ip = htonl(0x01020304);
	memset(&key, 0xdd, sizeof(key));
	ext_svc_key(&key, &svc);
	ck_assert_mem_eq(&key, &want, sizeof(key));
	/* a mark is the whole name, whatever the core filled in */
	svc.fwmark = 0x80000001;
	ext_svc_key(&key, &svc);
	want = (struct ip_vs_ext_svc_key){ .fwmark = 0x80000001, .af = AF_INET };
	ck_assert_mem_eq(&key, &want, sizeof(key));
	svc.af = AF_INET6;
	ext_svc_key(&key, &svc);
	want.af = AF_INET6;
	ck_assert_mem_eq(&key, &want, sizeof(key));
	svc.fwmark = 0;
	ext_svc_key(&key, &svc);
	want = (struct ip_vs_ext_svc_key){ .addr = svc.addr, .af = AF_INET6,
		.protocol = IPPROTO_UDP, .port = htons(53) };
	ck_assert_mem_eq(&key, &want, sizeof(key));
}
END_TEST

/* ---- parameters ---- */

START_TEST(params_set_and_deleted)
{
	struct ip_vs_service *svc = service(1);
	struct ip_vs_ext_service *es = ext(svc);
	int before = times_told;

	/* told of the defaults before the first server */
	ck_assert_int_eq(before, 1);
	ck_assert_uint_eq(told[ROWS], 7);
	ck_assert_uint_eq(told[HOLD], 20);
	unit_ok(params(1, (struct ip_vs_ext_param_set[]){
		       { "mode", 5 }, { "rows", 100 }, { "rows", 99 } }, 3));
	ck_assert_int_eq(times_told, before + 1);
	ck_assert_uint_eq(told[ROWS], 99);
	ck_assert_uint_eq(told[MODE], 5);
	ck_assert_uint_eq(told[HOLD], 20);
	ck_assert(is_set(svc, ROWS) && is_set(svc, MODE));
	ck_assert(!is_set(svc, HOLD) && !is_set(svc, COST));
	/* set to the default is set */
	unit_ok(param(1, "hold", 20));
	ck_assert(is_set(svc, HOLD));
	unit_ok(param_del(1, "rows"));
	ck_assert_uint_eq(es->param[ROWS], 7);
	ck_assert_uint_eq(told[ROWS], 7);
	ck_assert(!is_set(svc, ROWS) && is_set(svc, MODE));
	ck_assert_int_eq(param_del(1, "rows"), -ENOENT);
	ck_assert_int_eq(param_del(1, "cols"), -ENOENT);
	ck_assert(said("rows, hold, mode, cost"));
	unit_ok(param_del(1, NULL));
	ck_assert_uint_eq(told[MODE], 0);
	ck_assert(!is_set(svc, MODE) && !is_set(svc, HOLD));
	ck_assert_int_eq(param_del(1, NULL), -ENOENT);
	ck_assert_ptr_null(es->params);
}
END_TEST

START_TEST(params_all_or_nothing)
{
	struct ip_vs_service *svc = service(1);
	static const struct {
		struct ip_vs_ext_param_set set[3];
		int err;
		const char *text[2];
	} bad[] = {
		{ { { "rows", 1 }, { "row", 1 } }, -ENOENT,
		  { "no such parameter", "rows, hold, mode, cost" } },
		{ { { "rows", 1 }, { "", 1 } }, -ENOENT,
		  { "no such parameter", "rows, hold, mode, cost" } },
		{ { { "hold", 1 }, { "rows", 0 } }, -ERANGE,
		  { "parameter rows must be 1 to 100", "" } },
		{ { { "hold", 1 }, { "rows", 101 } }, -ERANGE,
		  { "parameter rows must be 1 to 100", "" } },
		{ { { "rows", 1 }, { "rows", 1ULL << 32 | 1 } }, -ERANGE,
		  { "rows", "" } },
		{ { { "rows", 1 }, { "hold", 5001 } }, -ERANGE,
		  { "hold must be 0 to 5000 milliseconds", "" } },
		/* in lowest to highest, but it is words only */
		{ { { "rows", 1 }, { "mode", 1 } }, -ERANGE,
		  { "parameter mode must be rr or lc", "" } },
		{ { { "rows", 1 }, { "cost", 65536 } }, -ERANGE,
		  { "cost must be 1 to 65535 bytes, or auto", "" } },
	};
	int before = times_told;
	unsigned int i, round;
	char *was;
	long live;

	unit_ok(param(1, "cost", 0));
	was = picture(&init_net);
	for (round = 0; round < 2; round++) {
		for (i = 0; i < ARRAY_SIZE(bad); i++) {
			ck_assert_int_eq(params(1, bad[i].set, 2), bad[i].err);
			ck_assert_msg(said(bad[i].text[0]) &&
				      said(bad[i].text[1]), "%u: %s", i,
				      ack._msg);
			ck_assert_str_eq(was, picture(&init_net));
		}
		/* The texts stay, but each only once. */
		if (!round)
			live = shim_live_objects();
		ck_assert_int_eq(shim_live_objects(), live);
	}
	ck_assert_int_eq(times_told, before + 1);
	ck_assert_uint_eq(ext(svc)->param[COST], 0);
	ck_assert_int_eq(param(2, "rows", 1), -ENOENT);
	ck_assert(said("no such virtual service"));
	ck_assert_int_eq(param_del(2, "rows"), -ENOENT);
	ck_assert_int_eq(param_del(2, NULL), -ENOENT);
	/* a scheduler without any */
	unit_ok(shim_add_service(&svc, "hprio", 3, 0));
	if (!ext(svc)->ops->nr_params) {
		ck_assert_int_eq(param(3, "rows", 1), -ENOENT);
		ck_assert(said("has no parameters"));
	}
}
END_TEST

START_TEST(params_belong_to_a_scheduler)
{
	struct ip_vs_service *svc = service(1);

	unit_ok(param(1, "rows", 30));
	unit_ok(param(1, "hold", 40));
	unit_ok(shim_edit_service(svc, "conf_b", 0));
	ck_assert_uint_eq(ext(svc)->param[0], 500);
	ck_assert(!is_set(svc, 0));
	ck_assert_int_eq(param_del(1, "rows"), -ENOENT);
	unit_ok(param(1, "rows", 600));
	/* back, under its other name */
	unit_ok(shim_edit_service(svc, "confa", 0));
	ck_assert_uint_eq(ext(svc)->param[ROWS], 30);
	ck_assert_uint_eq(told[HOLD], 40);
	ck_assert(is_set(svc, ROWS));
	shim_del_service(svc);
	svc = service(1);
	ck_assert_uint_eq(told[ROWS], 30);
	shim_del_service(svc);
	unit_ok(shim_add_service(&svc, "conf_b", 1, 0));
	ck_assert_uint_eq(ext(svc)->param[0], 600);
	/* all: also those that wait */
	unit_ok(param_del(1, NULL));
	ck_assert_uint_eq(ext(svc)->param[0], 500);
	unit_ok(shim_edit_service(svc, "conf_a", 0));
	ck_assert_uint_eq(ext(svc)->param[ROWS], 7);
	ck_assert_int_eq(param_del(1, NULL), -ENOENT);
	/* without the service, too */
	unit_ok(param(1, "rows", 31));
	shim_del_service(svc);
	ck_assert_int_eq(param_del(1, "rows"), -ENOENT);
	unit_ok(param_del(1, NULL));
	svc = service(1);
	ck_assert_uint_eq(told[ROWS], 7);
}
END_TEST

START_TEST(params_of_another_version)
{
	struct ip_vs_service *svc = service(1);
	struct ip_vs_service *second = service(2);

	unit_ok(param(1, "rows", 40));
	unit_ok(param(1, "hold", 40));
	unit_ok(param(1, "mode", 5));
	unit_ok(param(1, "cost", 9));
	unit_ok(param(2, "rows", 90));
	shim_del_service(svc);
	shim_del_service(second);
	ip_vs_ext_unregister(sched_a, ARRAY_SIZE(sched_a));
	unit_ok(ip_vs_ext_register(sched_a2, ARRAY_SIZE(sched_a2)));

	svc = service(1);
	second = service(2);
	ck_assert_uint_eq(ext(svc)->param[0], 9);
	ck_assert_uint_eq(ext(svc)->param[1], 40);
	/* not allowed any more */
	ck_assert_uint_eq(ext(second)->param[1], 9);
	ck_assert(!is_set(second, 1));
	ck_assert_ptr_null(ext(second)->params);
	ck_assert_int_eq(param(1, "hold", 1), -ENOENT);
	ck_assert(said("has: cost, rows"));
	shim_del_service(svc);
	shim_del_service(second);
	ip_vs_ext_unregister(sched_a2, ARRAY_SIZE(sched_a2));

	/* what it did not know is gone, what it knew is not */
	unit_ok(ip_vs_ext_register(sched_a, ARRAY_SIZE(sched_a)));
	svc = service(1);
	ck_assert_uint_eq(told[HOLD], 20);
	ck_assert_uint_eq(told[ROWS], 40);
	ck_assert_uint_eq(told[COST], 9);
}
END_TEST

/* ---- network namespaces and the front end ---- */

START_TEST(two_namespaces)
{
	struct ip_vs_ext_attrs a = { .present = IP_VS_EXT_HAS(PRIORITY),
				     .priority = 3 };
	struct ip_vs_service *here = service(1), *there;
	struct ip_vs_ext_svc_key of;
	struct ip_vs_ext_dest_key dk = dkey(1);
	struct ip_vs_ext_slot *slot;
	char *was;
	u64 id = 0;

	unit_ok(add_in(&other, &there, "conf_a", 1));
	unit_ok(shim_add_dest(here, 1, 50, 0, 0));
	unit_ok(shim_add_dest(there, 1, 50, 0, 0));
	was = strdup(picture(&other));
	unit_ok(set_prio(1, 1, 9));
	unit_ok(param(1, "rows", 9));
	ck_assert_str_eq(was, picture(&other));
	ck_assert_uint_eq(server(here, 1).tier, 9);
	free(was);

	was = strdup(picture(&init_net));
	unit_ok(set_in(&other, 1, 1, &a));
	ip_vs_ext_lock();
	ck_assert_ptr_eq(ip_vs_ext_service_next(&other, NULL, 0, &id, &of),
			 ext(there));
	slot = ext_slot_find(ext(there), &dk);
	ck_assert_uint_eq(slot->tier->key, 3);
	ip_vs_ext_unlock();
	ck_assert_uint_eq(attrs_in(&other, 1, 1).priority, 3);
	unit_ok(del_in(&other, 0, 0, ~0U));
	ck_assert_int_eq(del_in(&other, 0, 0, ~0U), -ENOENT);
	ck_assert_str_eq(was, picture(&init_net));
	/* one ends, with its services, the other does not notice */
	unit_ok(set_in(&other, 1, 1, &a));
	shim_del_service(there);
	ip_vs_ext_net_exit(&other);
	ck_assert_str_eq(was, picture(&init_net));
	ck_assert_uint_eq(count_attrs(&other), 0);
	free(was);
	/* and a namespace that nobody knows has nothing */
	ck_assert_int_eq(set_in(&other, 1, 1, &a), -ENOENT);
	ck_assert_int_eq(del_in(&other, 0, 0, ~0U), -ENOENT);
	ip_vs_ext_lock();
	ck_assert_ptr_null(ext_net_find(&other));
	ck_assert_uint_eq(ip_vs_ext_generation(&other), 0);
	ck_assert_ptr_null(ip_vs_ext_service_next(&other, NULL, 0, &id, &of));
	ip_vs_ext_unlock();
}
END_TEST

/* Fill servers, so that there is something to tell. */
static void happen(struct ip_vs_service *svc, unsigned int n)
{
	struct shim_conn *c[8];
	unsigned int i;

	for (i = 0; i < n; i++)
		c[i] = shim_connect(svc, 0);
	while (i--)
		if (c[i])
			shim_release(c[i]);
}

/* How the service must stand when what was set has gone. */
static void check_without(struct ip_vs_service *svc)
{
	struct shim_conn *c;

	ck_assert_uint_eq(ext(svc)->nr_priority, 0);
	ck_assert_uint_eq(ext(svc)->param[ROWS], 7);
	ck_assert_uint_eq(told[ROWS], 7);
	ck_assert(!is_set(svc, ROWS));
	ip_vs_ext_lock();
	ck_assert_uint_eq(ext_slot_find(ext(svc), &(struct ip_vs_ext_dest_key){
		.addr.ip = SHIM_ADDR(1), .af = AF_INET, .port = htons(80) })
		->tier->key, 4);
	ip_vs_ext_unlock();
	c = shim_connect(svc, 0);
	ck_assert(c && shim_dest_id(c->dest) == 1);
	shim_release(c);
}

/* 0: the namespace ends before the core deletes its services, 1: after,
 * 2: the front end is unloaded, 3: and comes back
 */
START_TEST(endings)
{
	struct ip_vs_ext_event ev[8];
	struct ip_vs_service *svc = service(1);

	unit_ok(shim_add_dest(svc, 1, 4, 2, 1));
	unit_ok(shim_add_dest(svc, 2, 2, 1, 1));
	unit_ok(set_prio(1, 2, 9));
	unit_ok(set_prio(2, 2, 9));
	unit_ok(param(1, "rows", 9));
	happen(svc, 4);
	ck_assert_int_gt(listened, 0);
	ck_assert_int_gt(kicked, 0);
	ck_assert_uint_gt(snapshot(svc).event_seq, 0);

	if (_i == 1)
		shim_del_service(svc);
	if (_i < 2) {
		ip_vs_ext_net_exit(&init_net);
		front_gone = true;
		ip_vs_ext_lock();
		ck_assert(!!ext_net_find(&init_net) == !_i);
		ip_vs_ext_unlock();
	} else {
		front_down();
		ip_vs_ext_lock();
		ck_assert_ptr_null(ext_net_find(&other));
		ip_vs_ext_unlock();
	}
	/* told to nobody */
	ck_assert_uint_eq(ip_vs_ext_events_read(&init_net, ev, 8), 0);
	if (_i != 1) {
		check_without(svc);
		happen(svc, 4);
		ck_assert_int_eq(set_prio(1, 1, 1), -ENOENT);
		ck_assert_int_eq(param(1, "rows", 1), -ENOENT);
	}
	if (_i == 0)
		shim_del_service(svc);
	if (_i == 3) {
		u64 seq = snapshot(svc).event_seq;

		front_gone = false;
		front_up();
		check_without(svc);
		ck_assert_uint_eq(count_attrs(&init_net), 0);
		happen(svc, 4);
		ck_assert_uint_gt(snapshot(svc).event_seq, seq);
		unit_ok(set_prio(1, 2, 9));
		ck_assert_uint_eq(server(svc, 2).tier, 9);
	}
	if (_i < 2) {
		ip_vs_ext_lock();
		ck_assert_ptr_null(ext_net_find(&init_net));
		ip_vs_ext_unlock();
		/* the front end ends after its namespaces */
		ip_vs_ext_net_exit(&other);
	}
	if (_i != 2)
		front_down();
}
END_TEST

START_TEST(works_without_a_front_end)
{
	struct ip_vs_service *svc = service(1);

	unit_ok(shim_add_dest(svc, 1, 4, 2, 1));
	happen(svc, 4);
	ck_assert_int_eq(set_prio(1, 1, 1), -ENOENT);
	ck_assert_uint_eq(ext(svc)->param[ROWS], 7);
	/* it comes while a service runs */
	front_up();
	ck_assert_uint_eq(snapshot(svc).event_seq, 0);
	unit_ok(set_prio(1, 1, 8));
	ck_assert_uint_eq(server(svc, 1).tier, 8);
	happen(svc, 4);
	ck_assert_uint_gt(snapshot(svc).event_seq, 0);
	front_down();
}
END_TEST

static bool owing(void)
{
	bool any;

	ip_vs_ext_lock();
	any = !list_empty(&ext_net_find(&init_net)->owing);
	ip_vs_ext_unlock();
	return any;
}

START_TEST(gone_while_it_owes_a_summary)
{
	struct ip_vs_service *svc = service(1);
	unsigned int i;

	unit_ok(shim_add_dest(svc, 1, 1, 1, 1));
	for (i = 0; i < 1000 && !owing(); i++)
		happen(svc, 2);
	ck_assert(owing());
	shim_del_service(svc);
	quiet_gp();
	ck_assert(!owing());
}
END_TEST

/* The next front end would not know when to ask for it. */
START_TEST(front_end_gone_while_a_summary_is_owed)
{
	struct ip_vs_service *svc = service(1);
	unsigned int i;

	unit_ok(shim_add_dest(svc, 1, 1, 1, 1));
	for (i = 0; i < 1000 && !owing(); i++)
		happen(svc, 2);
	ck_assert(owing());
	front_down();
	front_gone = false;
	front_up();
	ck_assert(!owing());
	kicked = 0;
	happen(svc, 4);
	ck_assert_int_gt(kicked, 0);
	front_down();
}
END_TEST

/* A decision may still be under way in a service that is gone. */
START_TEST(nothing_is_recorded_after_unbinding)
{
	struct ip_vs_ext_service *es;
	struct ip_vs_ext_event ev[1];
	struct ip_vs_service *svc;

	if (_i)
		front_up();
	svc = service(1);
	es = ext(svc);
	shim_switch(1);
	rcu_read_lock();
	shim_switch(0);
	shim_del_service(svc);
	shim_switch(1);
	spin_lock_bh(&es->lock);
	ext_event_tier(es, NULL, NULL, IP_VS_EXT_EVENT_TYPE_EXHAUSTED);
	spin_unlock_bh(&es->lock);
	rcu_read_unlock();
	shim_switch(0);
	ck_assert_uint_eq(ip_vs_ext_events_read(&init_net, ev, 1), 0);
	ck_assert_int_eq(kicked, 0);
	if (_i)
		front_down();
}
END_TEST

/* ---- dumps ---- */

START_TEST(dump_of_attributes_goes_on)
{
	struct ip_vs_ext_svc_key sk = skey(2), of;
	struct ip_vs_ext_dest_key dest;
	unsigned int d, seen[40] = {};
	struct ip_vs_ext_attrs a;
	u64 id = 0;
	int n = 0;

	for (d = 1; d <= 10; d++) {
		unit_ok(set_prio(1, 11 - d, d));
		unit_ok(set_prio(2, 20 + d, d));
	}
	for (;;) {
		bool more;

		ip_vs_ext_lock();
		more = ip_vs_ext_attr_next(&init_net, NULL, id, &id, &of,
					   &dest, &a);
		ip_vs_ext_unlock();
		if (!more)
			break;
		MUST(!seen[did(&dest)]++);
		MUST(sid(&of) == (did(&dest) > 20 ? 2 : 1));
		if (++n != 6)
			continue;
		/* 10 21 9 22 8 23 have been given */
		unit_ok(del(1, 8, ~0U));	/* given */
		unit_ok(del(2, 23, ~0U));	/* the position itself */
		unit_ok(del(1, 7, ~0U));	/* the next */
		unit_ok(del(2, 29, ~0U));
		unit_ok(set_prio(1, 15, 1));	/* new */
		unit_ok(set_prio(1, 8, 1));	/* again: it is a new one */
		seen[8] = 0;
		unit_ok(set_lag(2, 28, 1));
	}
	for (d = 1; d <= 10; d++) {
		ck_assert_uint_eq(seen[d], d != 7);
		ck_assert_uint_eq(seen[20 + d], d != 9);
	}
	ck_assert_uint_eq(seen[15], 1);
	ck_assert_int_eq(n, 20 - 2 + 2);

	/* of one service */
	n = 0;
	ip_vs_ext_lock();
	for (id = 0; ip_vs_ext_attr_next(&init_net, &sk, id, &id, &of, &dest,
					 &a); n++)
		MUST(sid(&of) == 2);
	ck_assert_int_eq(n, 8);
	sk = skey(3);
	ck_assert(!ip_vs_ext_attr_next(&init_net, &sk, 0, &id, &of, &dest, &a));
	ip_vs_ext_unlock();
}
END_TEST

START_TEST(dump_of_services_goes_on)
{
	static const unsigned int order[] = { 6, 5, 3, 2, 1, 7, 5 };
	struct ip_vs_service *svc[8];
	struct ip_vs_ext_svc_key of, sk = skey(3);
	struct ip_vs_ext_service *es;
	unsigned int i, n = 0;
	u32 g;
	u64 id = 0;

	for (i = 0; i < 6; i++)
		svc[i] = service(6 - i);
	for (;;) {
		ip_vs_ext_lock();
		es = ip_vs_ext_service_next(&init_net, NULL, id, &id, &of);
		ip_vs_ext_unlock();
		if (!es)
			break;
		ck_assert_uint_lt(n, ARRAY_SIZE(order));
		ck_assert_uint_eq(sid(&of), order[n]);
		ck_assert_uint_eq(es->id, id);
		if (++n != 2)
			continue;
		g = generation();
		shim_del_service(svc[1]);	/* 5, the position */
		ck_assert_uint_ne(g, generation());
		shim_del_service(svc[2]);	/* 4, the next */
		g = generation();
		svc[6] = service(7);
		ck_assert_uint_ne(g, generation());
		svc[1] = service(5);		/* again: it is a new one */
		unit_ok(shim_add_service(&svc[7], "none", 8, 0));
	}
	ck_assert_uint_eq(n, 7);
	ip_vs_ext_lock();
	ck_assert_ptr_eq(ip_vs_ext_service_next(&init_net, &sk, 0, &id, &of),
			 ext(svc[3]));
	ck_assert_uint_eq(sid(&of), 3);
	ck_assert_ptr_null(ip_vs_ext_service_next(&init_net, &sk, id, &id, &of));
	sk = skey(4);
	ck_assert_ptr_null(ip_vs_ext_service_next(&init_net, &sk, 0, &id, &of));
	sk = skey(8);
	ck_assert_ptr_null(ip_vs_ext_service_next(&init_net, &sk, 0, &id, &of));
	ip_vs_ext_unlock();
}
END_TEST

START_TEST(dump_of_servers)
{
	struct ip_vs_service *svc = service(1);
	struct ip_vs_ext_dest_key last = {}, key;
	struct ip_vs_ext_slot *slot;
	unsigned int i, n = 0;
	u32 g;

	for (i = 0; i < 50; i++) {
		g = generation();
		unit_ok(shim_add_dest(svc, 1 + i * 37 % 50, 1, 0, 0));
		ck_assert_uint_ne(g, generation());
	}
	ip_vs_ext_lock();
	slot = ip_vs_ext_slot_nth(ext(svc), 0);
	for (; slot; slot = ip_vs_ext_slot_next(slot), n++) {
		ext_dest_key(&key, slot->dest);
		MUST(memcmp(&last, &key, sizeof(key)) < 0);
		MUST(ip_vs_ext_slot_nth(ext(svc), n) == slot);
		last = key;
	}
	ck_assert_uint_eq(n, 50);
	ck_assert_ptr_null(ip_vs_ext_slot_nth(ext(svc), 50));
	ck_assert_ptr_null(ip_vs_ext_slot_nth(ext(svc), U32_MAX));
	ip_vs_ext_unlock();
	g = generation();
	unit_ok(shim_del_dest(svc, 20));
	ck_assert_uint_ne(g, generation());
	g = generation();
	unit_ok(set_prio(1, 77, 1));
	ck_assert_uint_ne(g, generation());
	g = generation();
	unit_ok(del(1, 77, ~0U));
	ck_assert_uint_ne(g, generation());
}
END_TEST

START_TEST(snapshots)
{
	struct ip_vs_ext_server_snapshot d;
	struct ip_vs_ext_snapshot s, t;
	struct ip_vs_service *svc = service(1);
	struct ip_vs_ext_event ev[8];
	unsigned int n;

	s = snapshot(svc);
	ck_assert(!s.has_tier && !s.servers && !s.event_seq);
	ck_assert(s.since <= s.mono && s.wall);
	unit_ok(shim_add_dest(svc, 1, 4, 2, 0));
	unit_ok(shim_add_dest(svc, 2, 2, 0, 0));
	unit_ok(shim_add_dest(svc, 3, 0, 0, 0));
	unit_ok(set_lag(1, 1, 77));
	s = snapshot(svc);
	ck_assert(s.has_tier && s.tier == 4);
	ck_assert_uint_eq(s.servers, 3);
	ck_assert_uint_eq(s.eligible, 2);
	ck_assert_uint_eq(s.full_servers, 0);
	go(svc);
	go(svc);
	ck_assert_uint_eq(go(svc), 2);
	t = snapshot(svc);
	ck_assert_uint_eq(t.tier, 2);
	ck_assert_uint_eq(t.eligible, 1);
	ck_assert_uint_eq(t.full_servers, 1);
	ck_assert_uint_eq(t.counters.full, 1);
	ck_assert_uint_eq(t.counters.spills, 1);
	ck_assert_uint_eq(t.counters.grants, 3);
	ck_assert_uint_eq(t.since, s.since);
	ck_assert(t.tier_since >= s.tier_since && t.mono >= t.tier_since);
	/* full and spill, and the number says that they are in it */
	n = ip_vs_ext_events_read(&init_net, ev, 8);
	ck_assert_uint_eq(n, 2);
	ck_assert_uint_eq(ev[1].seq, t.event_seq);
	d = server(svc, 1);
	ck_assert_uint_eq(did(&d.key), 1);
	ck_assert_uint_eq(d.attrs.lag, 77);
	ck_assert_uint_eq(d.event_seq, t.event_seq);
	ck_assert_uint_eq(d.tier, 4);
	ck_assert_uint_eq(d.weight, 4);
	ck_assert_uint_eq(d.conns, 2);
	ck_assert_uint_eq(d.upper, 2);
	ck_assert_uint_eq(d.lower, 2);
	ck_assert_uint_eq(d.state, IP_VS_EXT_FULL);
	d = server(svc, 3);
	ck_assert_uint_eq(d.weight, 0);
	ck_assert_uint_eq(d.attrs.present, 0);
	ck_assert_uint_eq(d.state, IP_VS_EXT_OPEN);
}
END_TEST

/* ---- schedulers ---- */

static const char *sched_of(struct ip_vs_service *svc)
{
	static char name[IP_VS_SCHEDNAME_MAXLEN];

	memset(name, 'x', sizeof(name));
	ip_vs_ext_lock();
	ip_vs_ext_service_sched(ext(svc), name);
	ip_vs_ext_unlock();
	MUST(!name[sizeof(name) - 1]);
	return name;
}

START_TEST(schedulers)
{
	static struct ip_vs_ext_scheduler clash[] = {
		IP_VS_EXT_SCHEDULER("conf_c", &ops_a2, init_a2, schedule),
		IP_VS_EXT_SCHEDULER("conf_b", &ops_a2, init_a2, schedule),
		IP_VS_EXT_SCHEDULER("conf_d", &ops_a2, init_a2, schedule),
	};
	static const char * const names[] = {
		"hprio", "conf_a", "confa", "conf_b"
	};
	struct ip_vs_service *svc = service(1), *alias;
	unsigned int i;
	long waited;
	u32 g;

	unit_ok(shim_add_service(&alias, "confa", 2, 0));
	ck_assert_str_eq(sched_of(svc), "conf_a");
	ck_assert_str_eq(sched_of(alias), "confa");
	/* a name is taken: none of them is there */
	waited = shim_synchronize_calls;
	ck_assert_int_eq(ip_vs_ext_register(clash, 3), -EINVAL);
	ck_assert_int_gt(shim_synchronize_calls, waited);
	ck_assert_int_eq(shim_add_service(&alias, "conf_c", 3, 0), -ENOENT);
	ip_vs_ext_lock();
	for (i = 0; i < ARRAY_SIZE(names); i++)
		ck_assert_str_eq(ip_vs_ext_sched_nth(i)->core.name, names[i]);
	ck_assert_ptr_null(ip_vs_ext_sched_nth(i));
	ip_vs_ext_unlock();
	/* the one who has the name keeps it */
	unit_ok(shim_add_service(&alias, "conf_b", 3, 0));
	g = generation();
	unit_ok(ip_vs_ext_register(clash, 1));
	ck_assert_uint_ne(g, generation());
	unit_ok(shim_add_service(&alias, "conf_c", 4, 0));
	shim_del_service(alias);
	g = generation();
	waited = shim_synchronize_calls;
	ip_vs_ext_unregister(clash, 1);
	ck_assert_int_gt(shim_synchronize_calls, waited);
	ck_assert_uint_ne(g, generation());
	ck_assert_int_eq(shim_add_service(&alias, "conf_c", 4, 0), -ENOENT);
}
END_TEST

START_TEST(schedulers_must_keep_to_the_rules)
{
	static struct ip_vs_ext_param p[IP_VS_EXT_PARAMS_MAX + 1];
	static struct ip_vs_ext_ops ops = OPS(p);
	static struct ip_vs_ext_scheduler bad[] = {
		IP_VS_EXT_SCHEDULER("bad", &ops, init_a2, schedule),
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(p); i++)
		p[i] = params_b[0];
	shim_expect_warnings(3);
	ck_assert_int_eq(ip_vs_ext_register(bad, 1), -EINVAL);
	ops.nr_params = 1;
	p[0].def = 1001;
	ck_assert_int_eq(ip_vs_ext_register(bad, 1), -EINVAL);
	p[0] = params_b[0];
	p[0].name = "12345678901234567890123456789012";
	ck_assert_int_eq(ip_vs_ext_register(bad, 1), -EINVAL);
	p[0].name = "1234567890123456789012345678901";
	unit_ok(ip_vs_ext_register(bad, 1));
	ip_vs_ext_unregister(bad, 1);
}
END_TEST

/* ---- memory ---- */

/* Operations that need memory, each from the same beginning. */
static struct ip_vs_service *mem_svc;

static int op_attr_new(void)
{
	return set_lag(1, 2, 5);
}

static int op_attr_before(void)
{
	return set_prio(7, 7, 5);
}

static int op_first_priority(void)
{
	return set_prio(1, 2, 99);
}

static int op_last_priority(void)
{
	return del(2, 5, IP_VS_EXT_HAS(PRIORITY));
}

static int op_move(void)
{
	return set_prio(3, 5, 98);
}

static int op_attr_del_all(void)
{
	return del(2, 5, ~0U);
}

static int op_param_new(void)
{
	return param(1, "rows", 50);
}

static int op_param_more(void)
{
	return params(2, (struct ip_vs_ext_param_set[]){
		      { "hold", 9 }, { "rows", 51 } }, 2);
}

static int op_param_del(void)
{
	return param_del(2, "rows");
}

static int op_param_del_all(void)
{
	return param_del(2, NULL);
}

static int op_service(void)
{
	return shim_add_service(&mem_svc, "conf_a", 9, 0);
}

static int op_namespace(void)
{
	static struct net third;
	int err;

	err = ip_vs_ext_net_init(&third);
	if (!err)
		ip_vs_ext_net_exit(&third);
	return err;
}

static int (* const ops[])(void) = {
	op_attr_new, op_attr_before, op_first_priority, op_last_priority,
	op_move, op_attr_del_all, op_param_new, op_param_more, op_param_del,
	op_param_del_all, op_service, op_namespace,
};

/* Five servers in as many tiers each; service 2 has one with a priority,
 * service 3 has priorities only.
 */
static void mem_setup(void)
{
	struct ip_vs_service *svc;
	unsigned int s, d;

	for (s = 1; s <= 3; s++) {
		svc = service(s);
		for (d = 1; d <= 5; d++) {
			if (s == 3)
				unit_ok(set_prio(3, d, 40 + d));
			unit_ok(shim_add_dest(svc, d, 10 + d, 0, 0));
		}
	}
	unit_ok(set_prio(2, 5, 60));
	unit_ok(set_lag(3, 2, 60));
	unit_ok(param(2, "rows", 11));
}

/* Ids of what was never made do not come back. */
START_TEST(every_allocation_fails_in_turn)
{
	struct net *net = &init_net;
	char was[20000];
	int n, err;
	long live;

	mem_setup();
	quiet_gp();
	strscpy(was, picture(net), sizeof(was));
	live = shim_live_objects();
	for (n = 1;; n++) {
		shim_fail_alloc(n, false);
		err = ops[_i]();
		if (!shim_alloc_failed()) {
			shim_fail_alloc(0, false);
			break;
		}
		shim_fail_alloc(0, false);
		ck_assert_int_eq(err, -ENOMEM);
		quiet_gp();
		ck_assert_str_eq(was, picture(net));
		ck_assert_int_eq(shim_live_objects(), live);
	}
	unit_ok(err);
	/* it did need some */
	ck_assert_int_gt(n, 1);
	ck_assert(_i == ARRAY_SIZE(ops) - 1 || strcmp(was, picture(net)));
}
END_TEST

/* From some point on there is none at all, not even to go back. What is set is
 * all or nothing even so, and the next callback puts the servers right.
 */
START_TEST(memory_runs_out)
{
	struct net *net = &init_net;
	struct ip_vs_service *svc;
	struct hlist_node *h;
	char was[20000];
	int n, err;

	mem_setup();
	strscpy(was, picture(net), sizeof(was));
	for (n = 1;; n++) {
		shim_fail_alloc(n, true);
		err = ops[_i]();
		if (!shim_alloc_failed()) {
			shim_fail_alloc(0, false);
			break;
		}
		ck_assert_int_eq(err, -ENOMEM);
		shim_fail_alloc(0, false);
		for (h = shim_ipvs.services.first; h; h = h->next) {
			svc = container_of(h, struct ip_vs_service, s_list);
			unit_ok(shim_edit_dest(svc, 1, 11, 0, 0));
		}
		ck_assert_str_eq(was, picture(net));
	}
	unit_ok(err);
}
END_TEST

/* A command over many servers says how far it came. */
START_TEST(deleting_from_many_without_memory)
{
	struct ip_vs_service *svc = service(1);
	unsigned int d, n;
	int err;

	for (d = 1; d <= 6; d++) {
		unit_ok(set_prio(1, d, 100 + d));
		unit_ok(shim_add_dest(svc, d, d, 0, 0));
	}
	/* each that loses it needs tier 0: only the first makes it */
	shim_fail_alloc(1, false);
	ck_assert_int_eq(del(1, 0, ~0U), -ENOMEM);
	ck_assert_ptr_null(ack._msg);
	ck_assert_uint_eq(count_attrs(&init_net), 6);
	/* the last one brings the weights back, for which there is not enough */
	for (n = 1;; n++) {
		shim_fail_alloc(n, true);
		err = del(1, 0, ~0U);
		shim_fail_alloc(0, false);
		if (err != -ENOMEM || ack._msg)
			break;
	}
	ck_assert_int_eq(err, -ENOMEM);
	ck_assert(said("some"));
	d = count_attrs(&init_net);
	ck_assert(d > 0 && d < 6);
	unit_ok(del(1, 0, ~0U));
	for (d = 1; d <= 6; d++)
		ck_assert_uint_eq(server(svc, d).tier, d);
}
END_TEST

/* Endings need no memory that they could not do without. */
START_TEST(ending_without_memory)
{
	struct ip_vs_service *svc;

	mem_setup();
	svc = service(9);
	unit_ok(shim_add_dest(svc, 1, 4, 2, 1));
	shim_fail_alloc(1, true);
	front_down();
	shim_fail_alloc(0, false);
	ip_vs_ext_lock();
	ck_assert_ptr_nonnull(ext_net_find(&init_net));
	ck_assert_uint_eq(ext_net_find(&init_net)->entries, 0);
	ip_vs_ext_unlock();
	happen(svc, 4);
}
END_TEST

/* ---- against an oracle ---- */

#define SVCS	3
#define DESTS	6

struct model {
	struct ip_vs_ext_attrs attrs[SVCS + 1][DESTS + 1];
	struct ip_vs_service *svc[SVCS + 1];
	u32 weight[SVCS + 1][DESTS + 1];	/* 0: not there */
};

static struct model model[2];
static struct net * const nets[2] = { &init_net, &other };

static void check_model(int w)
{
	struct model *m = &model[w];
	unsigned int s, d, n = 0;

	for (s = 1; s <= SVCS; s++) {
		unsigned int prios = 0;

		for (d = 1; d <= DESTS; d++) {
			struct ip_vs_ext_attrs a = attrs_in(nets[w], s, d);

			MUST(!memcmp(&a, &m->attrs[s][d], sizeof(a)));
			n += !!a.present;
			if (m->weight[s][d] &&
			    a.present & IP_VS_EXT_HAS(PRIORITY))
				prios++;
		}
		if (!m->svc[s])
			continue;
		MUST(ext(m->svc[s])->nr_priority == prios);
		for (d = 1; d <= DESTS; d++) {
			struct ip_vs_ext_dest_key key = dkey(d);
			struct ip_vs_ext_slot *slot;

			ip_vs_ext_lock();
			slot = ext_slot_find(ext(m->svc[s]), &key);
			MUST(!!slot == !!m->weight[s][d]);
			MUST(!slot || slot->tier->key ==
			     (prios ? m->attrs[s][d].priority :
				      m->weight[s][d]));
			ip_vs_ext_unlock();
		}
	}
	ip_vs_ext_lock();
	MUST(ext_net_find(nets[w])->entries == n);
	ip_vs_ext_unlock();
	MUST(count_attrs(nets[w]) == n);
}

static bool model_del(struct model *m, unsigned int s, unsigned int d,
		      u32 which)
{
	struct ip_vs_ext_attrs *a = &m->attrs[s][d];

	if (!(a->present & which))
		return false;
	a->present &= ~which;
	if (which & IP_VS_EXT_HAS(PRIORITY))
		a->priority = 0;
	if (which & IP_VS_EXT_HAS(LAG))
		a->lag = 0;
	if (which & IP_VS_EXT_HAS(BANDWIDTH))
		a->bandwidth = 0;
	return true;
}

static void random_set(int w, unsigned int s, unsigned int d)
{
	struct ip_vs_ext_attrs *m = &model[w].attrs[s][d], a = {};

	a.present = (1 + shim_rnd() % 7) << IP_VS_EXT_ATTR_PRIORITY;
	if (a.present & IP_VS_EXT_HAS(PRIORITY))
		a.priority = shim_rnd() % 4;
	if (a.present & IP_VS_EXT_HAS(LAG))
		a.lag = shim_rnd() % 3;
	if (a.present & IP_VS_EXT_HAS(BANDWIDTH))
		a.bandwidth = 1 + shim_rnd() % 3;
	shim_fail_alloc(1 + shim_rnd() % 12, false);
	if (!set_in(nets[w], s, d, &a)) {
		m->present |= a.present;
		if (a.present & IP_VS_EXT_HAS(PRIORITY))
			m->priority = a.priority;
		if (a.present & IP_VS_EXT_HAS(LAG))
			m->lag = a.lag;
		if (a.present & IP_VS_EXT_HAS(BANDWIDTH))
			m->bandwidth = a.bandwidth;
	} else {
		MUST(shim_alloc_failed());
	}
	shim_fail_alloc(0, false);
}

static void random_del(int w)
{
	unsigned int s = shim_rnd() % (SVCS + 1), i, j;
	unsigned int d = s ? shim_rnd() % (DESTS + 1) : 0;
	u32 which = (shim_rnd() % 8) << IP_VS_EXT_ATTR_PRIORITY;
	bool found = false;
	int err;

	if (!which)
		which = ~0U;
	err = del_in(nets[w], s, d, which);
	for (i = 1; i <= SVCS; i++)
		for (j = 1; j <= DESTS; j++)
			if ((!s || i == s) && (!d || j == d))
				found |= model_del(&model[w], i, j, which);
	MUST(err == (found ? 0 : -ENOENT));
}

static void random_service(int w, unsigned int s)
{
	struct model *m = &model[w];

	if (!m->svc[s]) {
		unit_ok(add_in(nets[w], &m->svc[s], "conf_a", s));
		return;
	}
	memset(m->weight[s], 0, sizeof(m->weight[s]));
	shim_del_service(m->svc[s]);
	m->svc[s] = NULL;
	shim_empty_trash();
}

static void random_dest(int w, unsigned int s, unsigned int d)
{
	struct model *m = &model[w];
	u32 weight = 1 + shim_rnd() % 4;

	if (!m->svc[s])
		return;
	if (!m->weight[s][d]) {
		unit_ok(shim_add_dest(m->svc[s], d, weight, 0, 0));
	} else if (shim_rnd() % 2) {
		unit_ok(shim_edit_dest(m->svc[s], d, weight, 0, 0));
	} else {
		unit_ok(shim_del_dest(m->svc[s], d));
		weight = 0;
	}
	m->weight[s][d] = weight;
}

START_TEST(against_an_oracle)
{
	unsigned int i, n = 3000 * unit_factor();

	unit_seed();
	for (i = 0; i < n; i++) {
		unsigned int s = 1 + shim_rnd() % SVCS;
		unsigned int d = 1 + shim_rnd() % DESTS;
		int w = shim_rnd() % 2;
		u32 what = shim_rnd() % 100;

		if (what < 50)
			random_set(w, s, d);
		else if (what < 62)
			random_del(w);
		else if (what < 66)
			random_service(w, s);
		else
			random_dest(w, s, d);
		check_model(w);
		if (!(i % 50))
			quiet_gp();
	}
}
END_TEST

/* ---- beside traffic ---- */

#define CLIENTS	3

static struct ip_vs_service __rcu *busy;
static int stop, endings_too;
static long granted, refused, commands, dumps;

static void *client_main(void *arg)
{
	struct shim_conn *c;

	while (!READ_ONCE(stop)) {
		c = shim_connect_to(&busy, 0);
		__atomic_add_fetch(c ? &granted : &refused, 1, __ATOMIC_RELAXED);
		if (shim_rnd() % 8 == 0)
			usleep(20);
		if (c)
			shim_release(c);
	}
	return NULL;
}

static void *operator_main(void *arg)
{
	struct ip_vs_ext_svc_key sk = skey(1);

	while (!READ_ONCE(stop)) {
		struct ip_vs_ext_dest_key dk = dkey(1 + shim_rnd() % 4);
		struct ip_vs_ext_param_set set = { "rows", 1 + shim_rnd() % 9 };
		struct ip_vs_ext_attrs a = {
			.present = IP_VS_EXT_HAS(PRIORITY),
			.priority = shim_rnd() % 3,
		};
		struct netlink_ext_ack said;

		switch (shim_rnd() % 8) {
		case 0:
			ip_vs_ext_attr_del(&init_net, &sk, &dk, ~0U, &said);
			break;
		case 1:
			ip_vs_ext_attr_del(&init_net, &sk, NULL, ~0U, &said);
			break;
		case 2:
			ip_vs_ext_param_set(&init_net, &sk, &set, 1, &said);
			break;
		case 3:
			ip_vs_ext_param_del(&init_net, &sk, NULL, 0, &said);
			break;
		default:
			ip_vs_ext_attr_set(&init_net, &sk, &dk, &a, &said);
		}
		WRITE_ONCE(commands, commands + 1);
	}
	return NULL;
}

static void dump_state(void)
{
	struct ip_vs_ext_server_snapshot d;
	struct ip_vs_ext_service *es;
	struct ip_vs_ext_snapshot s;
	struct ip_vs_ext_svc_key of;
	struct ip_vs_ext_slot *slot;
	char name[IP_VS_SCHEDNAME_MAXLEN];
	u64 id = 0;

	while ((es = ip_vs_ext_service_next(&init_net, NULL, id, &id, &of))) {
		u32 full = 0, n = 0;

		ip_vs_ext_service_sched(es, name);
		MUST(!strcmp(name, "conf_a"));
		ip_vs_ext_snapshot(es, &s);
		slot = ip_vs_ext_slot_nth(es, 0);
		for (; slot; slot = ip_vs_ext_slot_next(slot), n++) {
			ip_vs_ext_server_snapshot(es, slot, &d);
			MUST(d.event_seq >= s.event_seq);
			full += d.state == IP_VS_EXT_FULL;
		}
		MUST(n == s.servers);
		MUST(s.full_servers <= n && s.eligible <= n && full <= n);
	}
}

static void *reader_main(void *arg)
{
	struct ip_vs_ext_event ev[16];
	u64 seq = 0;

	while (!READ_ONCE(stop)) {
		unsigned int i, n;

		ip_vs_ext_lock();
		dump_state();
		ip_vs_ext_unlock();
		n = ip_vs_ext_events_read(&init_net, ev, 16);
		for (i = 0; i < n; i++) {
			MUST(ev[i].seq > seq);
			seq = ev[i].seq;
		}
		if (READ_ONCE(endings_too) && shim_rnd() % 16 == 0) {
			ip_vs_ext_net_exit(&init_net);
			usleep(100);
			unit_ok(ip_vs_ext_net_init(&init_net));
			seq = 0;
		}
		WRITE_ONCE(dumps, dumps + 1);
	}
	return NULL;
}

static u64 now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000ull + ts.tv_nsec / 1000000;
}

/* 0: what is set moves servers while connections are made, and none is
 * refused: one server has no limit. 1: the service and the namespace come and
 * go, too.
 */
START_TEST(beside_traffic)
{
	pthread_t clients[CLIENTS], op, reader;
	u64 end = now_ms() + 60000;
	struct ip_vs_service *svc;
	int i;

	unit_seed();
	svc = service(1);
	for (i = 1; i <= 4; i++)
		unit_ok(shim_add_dest(svc, i, i, i - 1, 0));
	rcu_assign_pointer(busy, svc);
	shim_race_one_in = 24;
	endings_too = _i;
	shim_threads_begin();
	for (i = 0; i < CLIENTS; i++)
		clients[i] = shim_thread(1 + i, client_main, NULL);
	op = shim_thread(1 + CLIENTS, operator_main, NULL);
	reader = shim_thread(2 + CLIENTS, reader_main, NULL);
	while (READ_ONCE(granted) < 10000 * (long)unit_factor() ||
	       READ_ONCE(commands) < 500 || READ_ONCE(dumps) < 100) {
		unsigned int id = 2 + shim_rnd() % 3;

		ck_assert_msg(now_ms() < end, "%ld grants %ld commands %ld dumps",
			      READ_ONCE(granted), READ_ONCE(commands),
			      READ_ONCE(dumps));
		if (shim_rnd() % 2) {
			shim_del_dest(svc, id);
			unit_ok(shim_add_dest(svc, id, id, id - 1, 0));
		} else {
			unit_ok(shim_edit_dest(svc, id, id, id - 1, 0));
		}
		if (_i && shim_rnd() % 8 == 0) {
			unit_ok(shim_edit_service(svc, "none", 0));
			unit_ok(shim_edit_service(svc, "conf_a", 0));
		}
		usleep(shim_rnd() % 500);
	}
	WRITE_ONCE(stop, 1);
	for (i = 0; i < CLIENTS; i++)
		shim_join(clients[i]);
	shim_join(op);
	shim_join(reader);
	shim_threads_end();
	if (!_i)
		ck_assert_int_eq(refused, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("conf");
	TCase *tc;

	tc = tcase_create("attributes");
	tcase_add_checked_fixture(tc, begin, end);
	tcase_add_test(tc, set_before_the_server_exists);
	tcase_add_test(tc, set_while_the_service_runs);
	tcase_add_test(tc, kept_while_servers_and_services_come_and_go);
	tcase_add_test(tc, values_given_are_set_others_stay);
	tcase_add_test(tc, ranges_of_attributes);
	tcase_add_test(tc, deleting_one_service_and_all);
	tcase_add_test(tc, cap);
	tcase_add_test(tc, names);
	suite_add_tcase(s, tc);

	tc = tcase_create("parameters");
	tcase_add_checked_fixture(tc, begin, end);
	tcase_add_test(tc, params_set_and_deleted);
	tcase_add_test(tc, params_all_or_nothing);
	tcase_add_test(tc, params_belong_to_a_scheduler);
	tcase_add_test(tc, params_of_another_version);
	suite_add_tcase(s, tc);

	tc = tcase_create("namespaces");
	tcase_add_checked_fixture(tc, begin, end);
	tcase_add_test(tc, two_namespaces);
	tcase_add_test(tc, gone_while_it_owes_a_summary);
	suite_add_tcase(s, tc);
	tc = tcase_create("endings");
	tcase_add_checked_fixture(tc, begin, end_without_front);
	tcase_add_loop_test(tc, endings, 0, 4);
	tcase_add_test(tc, ending_without_memory);
	tcase_add_test(tc, front_end_gone_while_a_summary_is_owed);
	suite_add_tcase(s, tc);
	tc = tcase_create("alone");
	tcase_add_checked_fixture(tc, begin_without_front, end_without_front);
	tcase_add_test(tc, works_without_a_front_end);
	tcase_add_loop_test(tc, nothing_is_recorded_after_unbinding, 0, 2);
	suite_add_tcase(s, tc);

	tc = tcase_create("dumps");
	tcase_add_checked_fixture(tc, begin, end);
	tcase_add_test(tc, dump_of_attributes_goes_on);
	tcase_add_test(tc, dump_of_services_goes_on);
	tcase_add_test(tc, dump_of_servers);
	tcase_add_test(tc, snapshots);
	suite_add_tcase(s, tc);

	tc = tcase_create("schedulers");
	tcase_add_checked_fixture(tc, begin, end);
	tcase_add_test(tc, schedulers);
	tcase_add_test(tc, schedulers_must_keep_to_the_rules);
	suite_add_tcase(s, tc);

	tc = tcase_create("memory");
	tcase_add_checked_fixture(tc, begin, end);
	tcase_add_loop_test(tc, every_allocation_fails_in_turn, 0,
			    ARRAY_SIZE(ops));
	tcase_add_loop_test(tc, memory_runs_out, 0, ARRAY_SIZE(ops));
	tcase_add_test(tc, deleting_from_many_without_memory);
	suite_add_tcase(s, tc);

	tc = tcase_create("oracle");
	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, begin, end);
	tcase_add_test(tc, against_an_oracle);
	suite_add_tcase(s, tc);

	tc = tcase_create("threads");
	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, begin, end);
	tcase_add_loop_test(tc, beside_traffic, 0, 2);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
