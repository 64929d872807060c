// SPDX-License-Identifier: GPL-2.0
/*
 * What the operator has said of servers (attributes) and of services
 * (parameters), and which services there are to act on it.
 *
 * Both are kept by name, in a network namespace: neither the server nor the
 * service has to exist. Parameters belong to a service under one scheduler;
 * those of another one wait until it is back. A change is carried to a running
 * service at once, by its slots and its ops->params_changed().
 *
 * Locking: everything here is guarded by ext_mutex, and found, used and freed
 * with it held; nothing is read under RCU. So nothing here needs a grace
 * period. Two things are reached from elsewhere:
 *
 *	struct ip_vs_ext_net, through es->net by a holder of es->lock: a service
 *	is a user of its namespace, and es->net is cleared under es->lock before
 *	it gives up being one.
 *	The front end, through a namespace that is live by a holder of its lock:
 *	see ip_vs_ext_front_unregister().
 *
 * Cost: everything is in trees, so setting, finding and going on with a dump
 * take a time that grows with the logarithm of the number of entries.
 */
#define KMSG_COMPONENT "IPVS"
#define pr_fmt(fmt) KMSG_COMPONENT ": " fmt

#include <linux/ktime.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "ext_internal.h"

/* Guards what is below, and more: see the head of ip_vs_ext.h. */
DEFINE_MUTEX(ext_mutex);

/* So that a script gone wild cannot take all memory. Enough for ten services
 * with 10,000 servers each; that many servers take 16 MB.
 */
static unsigned int ext_max_entries = 131072;
module_param_named(max_entries, ext_max_entries, uint, 0644);
MODULE_PARM_DESC(max_entries, "most servers with attributes and services with parameters in a network namespace (default 131072)");

static LIST_HEAD(ext_nets);
static LIST_HEAD(ext_schedulers);

const struct ip_vs_ext_front *ext_front;

/* What an entry is about: a server, or a service under a scheduler. Compared
 * as memory, so that all entries of a service follow each other.
 */
struct ext_key {
	struct ip_vs_ext_svc_key svc;
	union {
		struct ip_vs_ext_dest_key dest;
		char		sched[IP_VS_SCHEDNAME_MAXLEN];
	};
};

struct ext_entry {
	struct rb_node		by_key;
	struct ext_key		key;
};

/* A server with attributes. */
struct ext_server {
	struct ext_entry	entry;
	struct rb_node		by_id;
	u64			id;
	struct ip_vs_ext_attrs	attrs;
};

/* By name: the next version of a scheduler may know its parameters in another
 * order.
 */
struct ext_value {
	char			name[IP_VS_EXT_PARAM_NAME_MAX + 1];
	u32			value;
};

struct ext_values {
	u32			nr;
	struct ext_value	value[IP_VS_EXT_PARAMS_MAX];
};

/* A service with parameters. Those of a running service are all known to its
 * scheduler, so there is room for each.
 */
struct ip_vs_ext_params {
	struct ext_entry	entry;
	struct ext_values	values;
};

/* A text for an extended ack that depends on a scheduler; see ext_say(). */
struct ext_text {
	struct list_head	list;
	char			text[];
};

#define EXT_TEXT_MAX		512

static LIST_HEAD(ext_texts);

static void ext_conf_free(void *p)
{
	ext_object_gone();
	kvfree(p);
}

/* Trees. */

static bool ext_entry_less(struct rb_node *a, const struct rb_node *b)
{
	/* no holes */
	BUILD_BUG_ON(sizeof(struct ext_key) != 28 + 20);

	return memcmp(&rb_entry(a, struct ext_entry, by_key)->key,
		      &rb_entry(b, struct ext_entry, by_key)->key,
		      sizeof(struct ext_key)) < 0;
}

/* The first entry that is not before @key, or NULL. */
static struct ext_entry *ext_entry_seek(const struct rb_root *root,
					const struct ext_key *key)
{
	struct rb_node *node = root->rb_node;
	struct ext_entry *first = NULL;

	while (node) {
		struct ext_entry *e = rb_entry(node, struct ext_entry, by_key);

		if (memcmp(key, &e->key, sizeof(*key)) <= 0) {
			first = e;
			node = node->rb_left;
		} else {
			node = node->rb_right;
		}
	}
	return first;
}

static struct ext_entry *ext_entry_find(const struct rb_root *root,
					const struct ext_key *key)
{
	struct ext_entry *e = ext_entry_seek(root, key);

	return e && !memcmp(key, &e->key, sizeof(*key)) ? e : NULL;
}

static struct ext_entry *ext_entry_next(struct ext_entry *e)
{
	struct rb_node *node = rb_next(&e->by_key);

	return node ? rb_entry(node, struct ext_entry, by_key) : NULL;
}

static bool ext_svc_is(const struct ip_vs_ext_svc_key *a,
		       const struct ip_vs_ext_svc_key *b)
{
	return !memcmp(a, b, sizeof(*a));
}

static struct ext_server *ext_server_of(struct ext_entry *e)
{
	return e ? container_of(e, struct ext_server, entry) : NULL;
}

static struct ip_vs_ext_params *ext_params_of(struct ext_entry *e)
{
	return e ? container_of(e, struct ip_vs_ext_params, entry) : NULL;
}

static bool ext_server_less(struct rb_node *a, const struct rb_node *b)
{
	return rb_entry(a, struct ext_server, by_id)->id <
	       rb_entry(b, struct ext_server, by_id)->id;
}

static bool ext_service_less(struct rb_node *a, const struct rb_node *b)
{
	return rb_entry(a, struct ip_vs_ext_service, by_id)->id <
	       rb_entry(b, struct ip_vs_ext_service, by_id)->id;
}

/**
 * ext_svc_key - what names a virtual service
 * @key: filled in; does not change while the service exists
 * @svc: service
 *
 * The core names services with a firewall mark by the mark and the family, and
 * fills in a protocol all the same.
 *
 * Context: any; @svc must not go away.
 */
void ext_svc_key(struct ip_vs_ext_svc_key *key,
		 const struct ip_vs_service *svc)
{
	memset(key, 0, sizeof(*key));
	key->af = svc->af;
	if (svc->fwmark) {
		key->fwmark = svc->fwmark;
		return;
	}
	key->protocol = svc->protocol;
	key->port = svc->port;
	if (svc->af == AF_INET)
		key->addr.ip = svc->addr.ip;
	else
		key->addr.in6 = svc->addr.in6;
}

static int ext_service_cmp(const struct ip_vs_ext_svc_key *key,
			   const struct rb_node *node)
{
	struct ip_vs_ext_svc_key of;

	ext_svc_key(&of, rb_entry(node, struct ip_vs_ext_service, by_key)->svc);
	return memcmp(key, &of, sizeof(of));
}

static bool ext_service_key_less(struct rb_node *a, const struct rb_node *b)
{
	struct ip_vs_ext_svc_key key;

	ext_svc_key(&key, rb_entry(a, struct ip_vs_ext_service, by_key)->svc);
	return ext_service_cmp(&key, b) < 0;
}

/* The running service of that name, or NULL. */
static struct ip_vs_ext_service *
ext_service_find(const struct ip_vs_ext_net *n,
		 const struct ip_vs_ext_svc_key *key)
{
	struct rb_node *node = n->services_by_key.rb_node;

	while (node) {
		int cmp = ext_service_cmp(key, node);

		if (!cmp)
			return rb_entry(node, struct ip_vs_ext_service, by_key);
		node = cmp < 0 ? node->rb_left : node->rb_right;
	}
	return NULL;
}

/* Network namespaces. */

/**
 * ext_net_find - what we know of a network namespace
 * @net: network namespace, only compared
 *
 * Context: process, ext_mutex held.
 * Return: it, or NULL if nothing of ours is in the namespace.
 */
struct ip_vs_ext_net *ext_net_find(const struct net *net)
{
	struct ip_vs_ext_net *n;

	lockdep_assert_held(&ext_mutex);
	list_for_each_entry(n, &ext_nets, list)
		if (n->net == net)
			return n;
	return NULL;
}

/* The same, created if need be, with one user more; NULL without memory. */
static struct ip_vs_ext_net *ext_net_get(struct net *net)
{
	struct ip_vs_ext_net *n = ext_net_find(net);

	if (!n) {
		n = ext_zalloc(sizeof(*n));
		if (!n)
			return NULL;
		n->net = net;
		n->attrs = RB_ROOT;
		n->attrs_by_id = RB_ROOT;
		n->params = RB_ROOT;
		n->services = RB_ROOT;
		n->services_by_key = RB_ROOT;
		INIT_LIST_HEAD(&n->owing);
		n->generation = 1;
		spin_lock_init(&n->lock);
		INIT_LIST_HEAD(&n->owing);
		list_add_tail(&n->list, &ext_nets);
	}
	n->users++;
	return n;
}

static void ext_net_put(struct ip_vs_ext_net *n)
{
	if (--n->users)
		return;
	list_del(&n->list);
	ext_conf_free(n);
}

/* The namespace that a command is about; NULL if it ends. */
static struct ip_vs_ext_net *ext_net_for(const struct net *net,
					 struct netlink_ext_ack *extack)
{
	struct ip_vs_ext_net *n = ext_net_find(net);

	if (n && n->announced)
		return n;
	NL_SET_ERR_MSG(extack, "the network namespace is ending");
	return NULL;
}

static int ext_net_room(const struct ip_vs_ext_net *n,
			struct netlink_ext_ack *extack)
{
	if (n->entries < READ_ONCE(ext_max_entries))
		return 0;
	NL_SET_ERR_MSG(extack,
		       "no room: servers with attributes and services with parameters in a network namespace are limited by the parameter max_entries of module ip_vs_ext");
	return -ENOSPC;
}

/* Texts. */

/* An extended ack does not copy its text (only newer kernels can, and only 80
 * characters), and the kernel sends it after the command has returned. So such
 * texts are made when first needed and kept until the front end, whose commands
 * they belong to, has gone. They say what a scheduler allows and not what the
 * operator wrote, so there are only as many as schedulers have parameters.
 */
static void ext_say(struct netlink_ext_ack *extack, const char *text)
{
	size_t size = strlen(text) + 1;
	struct ext_text *t;

	if (!extack)
		return;
	list_for_each_entry(t, &ext_texts, list)
		if (!strcmp(t->text, text))
			goto found;
	t = ext_zalloc(sizeof(*t) + size);
	if (!t) {
		NL_SET_ERR_MSG(extack,
			       "unknown parameter, or its value is not allowed");
		return;
	}
	memcpy(t->text, text, size);
	list_add(&t->list, &ext_texts);
found:
	extack->_msg = t->text;
}

static void ext_texts_free(void)
{
	struct ext_text *t, *next;

	list_for_each_entry_safe(t, next, &ext_texts, list) {
		list_del(&t->list);
		ext_conf_free(t);
	}
}

static const char *ext_unit(u8 unit)
{
	switch (unit) {
	case IP_VS_EXT_UNIT_MS:
	case IP_VS_EXT_UNIT_S:
		return " milliseconds";
	case IP_VS_EXT_UNIT_BYTES:
		return " bytes";
	default:
		return "";
	}
}

/* "parameter cost must be 1 to 65535 bytes, or auto" */
static void ext_say_rule(struct netlink_ext_ack *extack,
			 const struct ip_vs_ext_param *p)
{
	const struct ip_vs_ext_choice *c = p->choices;
	const char *before = "";
	char text[EXT_TEXT_MAX];
	int len;

	len = scnprintf(text, sizeof(text), "parameter %s must be ", p->name);
	if (p->unit != IP_VS_EXT_UNIT_CHOICE) {
		len += scnprintf(text + len, sizeof(text) - len, "%u to %u%s",
				 p->lowest, p->highest, ext_unit(p->unit));
		before = ", or ";
	}
	for (; c && c->name; c++) {
		len += scnprintf(text + len, sizeof(text) - len, "%s%s", before,
				 c->name);
		before = " or ";
	}
	ext_say(extack, text);
}

/* "no such parameter; the scheduler has: min-active, hold" */
static void ext_say_names(struct netlink_ext_ack *extack,
			  const struct ip_vs_ext_ops *ops)
{
	char text[EXT_TEXT_MAX];
	unsigned int i;
	int len;

	if (!ops->nr_params) {
		NL_SET_ERR_MSG(extack,
			       "the scheduler of the service has no parameters");
		return;
	}
	len = scnprintf(text, sizeof(text),
			"no such parameter; the scheduler has: ");
	for (i = 0; i < ops->nr_params; i++)
		len += scnprintf(text + len, sizeof(text) - len, "%s%s",
				 i ? ", " : "", ops->params[i].name);
	ext_say(extack, text);
}

/* Attributes. */

static struct ext_server *ext_server_find(const struct ip_vs_ext_net *n,
					  const struct ip_vs_ext_svc_key *svc,
					  const struct ip_vs_ext_dest_key *dest)
{
	struct ext_key key = { .svc = *svc, .dest = *dest };

	return ext_server_of(ext_entry_find(&n->attrs, &key));
}

static struct ext_server *ext_server_new(struct ip_vs_ext_net *n,
					 const struct ip_vs_ext_svc_key *svc,
					 const struct ip_vs_ext_dest_key *dest)
{
	struct ext_server *s = ext_zalloc(sizeof(*s));

	if (!s)
		return NULL;
	s->entry.key.svc = *svc;
	s->entry.key.dest = *dest;
	s->id = ++n->last_id;
	rb_add(&s->entry.by_key, &n->attrs, ext_entry_less);
	rb_add(&s->by_id, &n->attrs_by_id, ext_server_less);
	n->entries++;
	n->generation++;
	return s;
}

static void ext_server_free(struct ip_vs_ext_net *n, struct ext_server *s)
{
	rb_erase(&s->entry.by_key, &n->attrs);
	rb_erase(&s->by_id, &n->attrs_by_id);
	n->entries--;
	ext_conf_free(s);
}

/* Give a server other attributes, all or none. Frees @s if it has none then. */
static int ext_server_change(struct ip_vs_ext_net *n, struct ext_server *s,
			     const struct ip_vs_ext_attrs *attrs)
{
	const struct ext_key *key = &s->entry.key;
	struct ip_vs_ext_service *es = ext_service_find(n, &key->svc);
	struct ip_vs_ext_slot *slot = es ? ext_slot_find(es, &key->dest) : NULL;
	struct ip_vs_ext_attrs old = s->attrs;
	int err = 0;

	s->attrs = *attrs;
	if (slot)
		err = ext_slot_refresh(es, slot);
	if (err) {
		s->attrs = old;
		/* Servers that this has no memory to bring back to their old
		 * tier are brought there by the next callback: the service is
		 * stale.
		 */
		ext_slot_refresh(es, slot);
	}
	if (!s->attrs.present)
		ext_server_free(n, s);
	return err;
}

#define EXT_ATTRS	(IP_VS_EXT_HAS(PRIORITY) | \
			 IP_VS_EXT_HAS(BANDWIDTH) | \
			 IP_VS_EXT_HAS(LAG))

/**
 * ip_vs_ext_attrs_check - are the values of attributes in their ranges?
 * @a: attributes of a real server, those that are present
 * @extack: says what is wrong, may be NULL
 *
 * Context: any.
 * Return: 0, or the IP_VS_EXT_ATTR_* of the first that is not.
 */
int ip_vs_ext_attrs_check(const struct ip_vs_ext_attrs *a,
			  struct netlink_ext_ack *extack)
{
	/* the texts below */
	BUILD_BUG_ON(IP_VS_EXT_PRIORITY_MAX != 2147483647U);
	BUILD_BUG_ON(IP_VS_EXT_BANDWIDTH_MAX != 1000000000000ULL);
	BUILD_BUG_ON(IP_VS_EXT_LAG_MAX != 60000000U);

	if (a->present & IP_VS_EXT_HAS(PRIORITY) &&
	    a->priority > IP_VS_EXT_PRIORITY_MAX) {
		NL_SET_ERR_MSG(extack, "priority must be 0 to 2147483647");
		return IP_VS_EXT_ATTR_PRIORITY;
	}
	if (a->present & IP_VS_EXT_HAS(BANDWIDTH) &&
	    (!a->bandwidth || a->bandwidth > IP_VS_EXT_BANDWIDTH_MAX)) {
		NL_SET_ERR_MSG(extack,
			       "bandwidth must be 1 to 1000000000000 bytes per second");
		return IP_VS_EXT_ATTR_BANDWIDTH;
	}
	if (a->present & IP_VS_EXT_HAS(LAG) && a->lag > IP_VS_EXT_LAG_MAX) {
		NL_SET_ERR_MSG(extack,
			       "lag must be 0 to 60000000 microseconds");
		return IP_VS_EXT_ATTR_LAG;
	}
	return 0;
}
EXPORT_SYMBOL_GPL(ip_vs_ext_attrs_check);

/* Take over those of @from that @which names. */
static void ext_attrs_copy(struct ip_vs_ext_attrs *to,
			   const struct ip_vs_ext_attrs *from, u32 which)
{
	to->present = (to->present & ~which) | (from->present & which);
	if (which & IP_VS_EXT_HAS(PRIORITY))
		to->priority = from->priority;
	if (which & IP_VS_EXT_HAS(BANDWIDTH))
		to->bandwidth = from->bandwidth;
	if (which & IP_VS_EXT_HAS(LAG))
		to->lag = from->lag;
}

/**
 * ip_vs_ext_attr_set - set attributes of a server
 * @net: network namespace, announced
 * @svc: virtual service, which need not exist
 * @dest: real server, which need not exist
 * @attrs: those that are present are set, others stay as they are
 * @extack: says what is wrong, may be NULL
 *
 * A running service uses them in its next decision.
 *
 * Context: process, may sleep; takes ext_mutex.
 * Return: 0; or, with nothing changed, -EINVAL, -ERANGE, -ENOSPC (max_entries)
 * or -ENOMEM; -ENOENT if the namespace is ending.
 */
int ip_vs_ext_attr_set(struct net *net, const struct ip_vs_ext_svc_key *svc,
		       const struct ip_vs_ext_dest_key *dest,
		       const struct ip_vs_ext_attrs *attrs,
		       struct netlink_ext_ack *extack)
{
	struct ip_vs_ext_attrs merged;
	struct ip_vs_ext_net *n;
	struct ext_server *s;
	int err;

	if (!attrs->present || attrs->present & ~EXT_ATTRS) {
		NL_SET_ERR_MSG(extack,
			       "the attributes of a server are priority, bandwidth and lag");
		return -EINVAL;
	}
	if (ip_vs_ext_attrs_check(attrs, extack))
		return -ERANGE;

	mutex_lock(&ext_mutex);
	err = -ENOENT;
	n = ext_net_for(net, extack);
	if (!n)
		goto out;
	s = ext_server_find(n, svc, dest);
	if (!s) {
		err = ext_net_room(n, extack);
		if (err)
			goto out;
		err = -ENOMEM;
		s = ext_server_new(n, svc, dest);
		if (!s)
			goto out;
	}
	merged = s->attrs;
	ext_attrs_copy(&merged, attrs, attrs->present);
	err = ext_server_change(n, s, &merged);
out:
	mutex_unlock(&ext_mutex);
	return err;
}
EXPORT_SYMBOL_GPL(ip_vs_ext_attr_set);

/* Is an entry of those that a command is about? NULL: any. */
static bool ext_key_in(const struct ext_key *key,
		       const struct ip_vs_ext_svc_key *svc,
		       const struct ip_vs_ext_dest_key *dest)
{
	return (!svc || ext_svc_is(&key->svc, svc)) &&
	       (!dest || !memcmp(&key->dest, dest, sizeof(*dest)));
}

/**
 * ip_vs_ext_attr_del - delete attributes
 * @net: network namespace, announced
 * @svc: virtual service, which need not exist; NULL: all of @net
 * @dest: real server; NULL: all of @svc, as it must be if that is NULL
 * @which: which attributes, bits IP_VS_EXT_HAS(); ~0: all
 * @extack: says what is wrong, may be NULL
 *
 * A running service goes on without them in its next decision.
 *
 * Context: process, may sleep; takes ext_mutex.
 * Return: 0; -ENOENT: there was nothing to delete; -ENOMEM: nothing has been
 * deleted, or, as @extack says then, not from all servers.
 */
int ip_vs_ext_attr_del(struct net *net, const struct ip_vs_ext_svc_key *svc,
		       const struct ip_vs_ext_dest_key *dest, u32 which,
		       struct netlink_ext_ack *extack)
{
	static const struct ip_vs_ext_attrs none;
	struct ext_entry *e, *next;
	struct ip_vs_ext_net *n;
	struct ext_key key = {};
	bool found = false;
	int err = 0;

	if (svc)
		key.svc = *svc;
	if (dest)
		key.dest = *dest;

	mutex_lock(&ext_mutex);
	n = ext_net_for(net, extack);
	if (!n) {
		err = -ENOENT;
		goto out;
	}
	e = ext_entry_seek(&n->attrs, &key);
	for (; e && ext_key_in(&e->key, svc, dest); e = next) {
		struct ext_server *s = ext_server_of(e);
		struct ip_vs_ext_attrs left = s->attrs;

		next = ext_entry_next(e);
		if (!(s->attrs.present & which))
			continue;
		ext_attrs_copy(&left, &none, which);
		err = ext_server_change(n, s, &left);
		if (err)
			break;
		found = true;
		cond_resched();
	}
	if (found)
		n->generation++;
	if (err) {
		if (found)
			NL_SET_ERR_MSG(extack,
				       "out of memory: deleted from some of the servers only");
	} else if (!found) {
		NL_SET_ERR_MSG(extack, "there are no such attributes");
		err = -ENOENT;
	}
out:
	mutex_unlock(&ext_mutex);
	return err;
}
EXPORT_SYMBOL_GPL(ip_vs_ext_attr_del);

/**
 * ext_conf_attrs - attributes of a server of a running service
 * @es: service
 * @key: which server
 * @attrs: filled in
 *
 * Context: process, ext_mutex held.
 */
void ext_conf_attrs(const struct ip_vs_ext_service *es,
		    const struct ip_vs_ext_dest_key *key,
		    struct ip_vs_ext_attrs *attrs)
{
	struct ip_vs_ext_svc_key svc;
	struct ext_server *s;

	lockdep_assert_held(&ext_mutex);
	memset(attrs, 0, sizeof(*attrs));
	/* the usual case, and services are many */
	if (RB_EMPTY_ROOT(&es->net->attrs))
		return;
	ext_svc_key(&svc, es->svc);
	s = ext_server_find(es->net, &svc, key);
	if (s)
		*attrs = s->attrs;
}

/* Parameters. */

static struct ext_value *ext_value_find(struct ext_values *v, const char *name)
{
	u32 i;

	for (i = 0; i < v->nr; i++)
		if (!strcmp(v->value[i].name, name))
			return &v->value[i];
	return NULL;
}

static void ext_value_set(struct ext_values *v, const char *name, u32 value)
{
	struct ext_value *at = ext_value_find(v, name);

	if (!at) {
		at = &v->value[v->nr++];
		strscpy(at->name, name, sizeof(at->name));
	}
	at->value = value;
}

static void ext_value_del(struct ext_values *v, struct ext_value *at)
{
	*at = v->value[--v->nr];
}

static const struct ip_vs_ext_param *
ext_param_find(const struct ip_vs_ext_ops *ops, const char *name)
{
	unsigned int i;

	for (i = 0; i < ops->nr_params; i++)
		if (!strcmp(ops->params[i].name, name))
			return &ops->params[i];
	return NULL;
}

static bool ext_param_allows(const struct ip_vs_ext_param *p, u64 value)
{
	const struct ip_vs_ext_choice *c;

	for (c = p->choices; c && c->name; c++)
		if (c->value == value)
			return true;
	return p->unit != IP_VS_EXT_UNIT_CHOICE &&
	       value >= p->lowest && value <= p->highest;
}

/* The name under which parameters are kept: a scheduler may have several, and
 * a service does not know yet by which it is bound.
 */
static const char *ext_sched_name(const struct ip_vs_ext_ops *ops)
{
	struct ip_vs_ext_scheduler *s;

	list_for_each_entry(s, &ext_schedulers, list)
		if (s->ops == ops)
			return s->core.name;
	return "";
}

static void ext_params_key(struct ext_key *key,
			   const struct ip_vs_ext_service *es)
{
	memset(key, 0, sizeof(*key));
	ext_svc_key(&key->svc, es->svc);
	strscpy(key->sched, ext_sched_name(es->ops), sizeof(key->sched));
}

static struct ip_vs_ext_params *ext_params_new(struct ip_vs_ext_service *es)
{
	struct ip_vs_ext_params *p = ext_zalloc(sizeof(*p));
	struct ip_vs_ext_net *n = es->net;

	if (!p)
		return NULL;
	ext_params_key(&p->entry.key, es);
	rb_add(&p->entry.by_key, &n->params, ext_entry_less);
	n->entries++;
	es->params = p;
	return p;
}

/* @es: the running service of that name, or NULL */
static void ext_params_free(struct ip_vs_ext_net *n,
			    struct ip_vs_ext_service *es,
			    struct ip_vs_ext_params *p)
{
	if (es && es->params == p)
		es->params = NULL;
	rb_erase(&p->entry.by_key, &n->params);
	n->entries--;
	ext_conf_free(p);
}

/* Write what is set, and defaults where nothing is, for decisions to read. */
static void ext_params_write(struct ip_vs_ext_service *es)
{
	struct ip_vs_ext_params *set = es->params;
	unsigned int i;

	for (i = 0; i < es->ops->nr_params; i++) {
		const struct ip_vs_ext_param *p = &es->ops->params[i];
		struct ext_value *v = NULL;

		if (set)
			v = ext_value_find(&set->values, p->name);
		WRITE_ONCE(es->param[i], v ? v->value : p->def);
	}
}

static int ext_params_apply(struct ip_vs_ext_service *es)
{
	ext_params_write(es);
	return es->ops->params_changed ? es->ops->params_changed(es) : 0;
}

/* Give a service other parameters, all or none. Frees @p if none are left. */
static int ext_params_change(struct ip_vs_ext_net *n,
			     struct ip_vs_ext_service *es,
			     struct ip_vs_ext_params *p,
			     const struct ext_values *values)
{
	struct ext_values old = p->values;
	int err = 0;

	p->values = *values;
	if (es && es->params == p) {
		err = ext_params_apply(es);
		if (err) {
			p->values = old;
			/* The old values: back to what there was memory for. */
			ext_params_apply(es);
		}
	}
	if (!p->values.nr)
		ext_params_free(n, es, p);
	return err;
}

static int ext_params_check(const struct ip_vs_ext_ops *ops,
			    const struct ip_vs_ext_param_set *set,
			    unsigned int nr, bool values,
			    struct netlink_ext_ack *extack)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		const struct ip_vs_ext_param *p;

		p = ext_param_find(ops, set[i].name);
		if (!p) {
			ext_say_names(extack, ops);
			return -ENOENT;
		}
		if (values && !ext_param_allows(p, set[i].value)) {
			ext_say_rule(extack, p);
			return -ERANGE;
		}
	}
	return 0;
}

/* The running service that a command is about, or NULL. */
static struct ip_vs_ext_service *
ext_service_for(const struct ip_vs_ext_net *n,
		const struct ip_vs_ext_svc_key *svc,
		struct netlink_ext_ack *extack)
{
	struct ip_vs_ext_service *es = ext_service_find(n, svc);

	if (!es)
		NL_SET_ERR_MSG(extack,
			       "there is no such virtual service with a scheduler of ipvs-ext");
	return es;
}

/**
 * ip_vs_ext_param_set - set parameters of a running service
 * @net: network namespace, announced
 * @svc: virtual service, bound to one of our schedulers
 * @set: names and values; of a name that is there twice, the last
 * @nr: how many
 * @extack: says what is wrong and what is allowed, may be NULL
 *
 * They are used in the next decision, and again whenever a service of that name
 * is bound to the same scheduler.
 *
 * Context: process, may sleep; takes ext_mutex.
 * Return: 0; or, with nothing changed, -ENOENT (service, parameter), -ERANGE
 * (value), -ENOSPC (max_entries) or -ENOMEM.
 */
int ip_vs_ext_param_set(struct net *net, const struct ip_vs_ext_svc_key *svc,
			const struct ip_vs_ext_param_set *set, unsigned int nr,
			struct netlink_ext_ack *extack)
{
	struct ip_vs_ext_service *es = NULL;
	struct ip_vs_ext_params *p;
	struct ext_values values;
	struct ip_vs_ext_net *n;
	unsigned int i;
	int err;

	mutex_lock(&ext_mutex);
	err = -ENOENT;
	n = ext_net_for(net, extack);
	if (n)
		es = ext_service_for(n, svc, extack);
	if (!es)
		goto out;
	err = ext_params_check(es->ops, set, nr, true, extack);
	if (err || !nr)
		goto out;
	p = es->params;
	if (!p) {
		err = ext_net_room(n, extack);
		if (err)
			goto out;
		err = -ENOMEM;
		p = ext_params_new(es);
		if (!p)
			goto out;
	}
	values = p->values;
	for (i = 0; i < nr; i++)
		ext_value_set(&values, set[i].name, set[i].value);
	err = ext_params_change(n, es, p, &values);
out:
	mutex_unlock(&ext_mutex);
	return err;
}
EXPORT_SYMBOL_GPL(ip_vs_ext_param_set);

/* Everything that is kept for a service, whatever the scheduler. */
static int ext_params_del_all(struct ip_vs_ext_net *n,
			      const struct ip_vs_ext_svc_key *svc,
			      struct netlink_ext_ack *extack)
{
	struct ip_vs_ext_service *es = ext_service_find(n, svc);
	static const struct ext_values none;
	struct ext_key key = { .svc = *svc };
	struct ext_entry *e, *next;
	bool found = false;
	int err;

	/* First the only one that may fail. */
	if (es && es->params) {
		err = ext_params_change(n, es, es->params, &none);
		if (err)
			return err;
		found = true;
	}
	e = ext_entry_seek(&n->params, &key);
	for (; e && ext_svc_is(&e->key.svc, svc); e = next) {
		next = ext_entry_next(e);
		ext_params_free(n, es, ext_params_of(e));
		found = true;
	}
	if (found)
		return 0;
	NL_SET_ERR_MSG(extack, "no parameter of the service is set");
	return -ENOENT;
}

static int ext_params_del(struct ip_vs_ext_net *n,
			  const struct ip_vs_ext_svc_key *svc,
			  const struct ip_vs_ext_param_set *set,
			  unsigned int nr, struct netlink_ext_ack *extack)
{
	struct ip_vs_ext_service *es = ext_service_for(n, svc, extack);
	struct ext_values values = {};
	bool found = false;
	unsigned int i;
	int err;

	if (!es)
		return -ENOENT;
	err = ext_params_check(es->ops, set, nr, false, extack);
	if (err)
		return err;
	if (es->params)
		values = es->params->values;
	for (i = 0; i < nr; i++) {
		struct ext_value *at = ext_value_find(&values, set[i].name);

		if (!at)
			continue;
		ext_value_del(&values, at);
		found = true;
	}
	if (!found) {
		NL_SET_ERR_MSG(extack, "none of these parameters is set");
		return -ENOENT;
	}
	return ext_params_change(n, es, es->params, &values);
}

/**
 * ip_vs_ext_param_del - parameters of a service go back to their defaults
 * @net: network namespace, announced
 * @svc: virtual service; need not exist if @set is NULL
 * @set: names; NULL: all that are kept, also for other schedulers
 * @nr: how many
 * @extack: says what is wrong, may be NULL
 *
 * Context: process, may sleep; takes ext_mutex.
 * Return: 0; or, with nothing changed, -ENOENT (no such service or parameter,
 * or none of them is set) or -ENOMEM.
 */
int ip_vs_ext_param_del(struct net *net, const struct ip_vs_ext_svc_key *svc,
			const struct ip_vs_ext_param_set *set, unsigned int nr,
			struct netlink_ext_ack *extack)
{
	struct ip_vs_ext_net *n;
	int err = -ENOENT;

	mutex_lock(&ext_mutex);
	n = ext_net_for(net, extack);
	if (n)
		err = set ? ext_params_del(n, svc, set, nr, extack) :
			    ext_params_del_all(n, svc, extack);
	mutex_unlock(&ext_mutex);
	return err;
}
EXPORT_SYMBOL_GPL(ip_vs_ext_param_del);

/**
 * ip_vs_ext_param_is_set - has a parameter been set, or is it the default?
 * @es: running service
 * @i: number of the parameter in es->ops->params
 *
 * Context: process, ip_vs_ext_lock() held.
 * Return: true if it has been set.
 */
bool ip_vs_ext_param_is_set(const struct ip_vs_ext_service *es, unsigned int i)
{
	lockdep_assert_held(&ext_mutex);
	return es->params && ext_value_find(&es->params->values,
					    es->ops->params[i].name);
}
EXPORT_SYMBOL_GPL(ip_vs_ext_param_is_set);

/* Find what was set for a service that is being bound. What this version of
 * the scheduler does not know or does not allow any more goes.
 */
static void ext_params_bind(struct ip_vs_ext_service *es)
{
	struct ip_vs_ext_params *p;
	struct ext_key key;
	u32 i = 0;

	ext_params_key(&key, es);
	p = ext_params_of(ext_entry_find(&es->net->params, &key));
	while (p && i < p->values.nr) {
		struct ext_value *v = &p->values.value[i];
		const struct ip_vs_ext_param *param;

		param = ext_param_find(es->ops, v->name);
		if (param && ext_param_allows(param, v->value))
			i++;
		else
			ext_value_del(&p->values, v);
	}
	if (p && !p->values.nr) {
		ext_params_free(es->net, NULL, p);
		p = NULL;
	}
	es->params = p;
	ext_params_write(es);
}

/* Running services. */

/**
 * ext_conf_service_add - a service is being bound to one of our schedulers
 * @es: service with @ops and @svc, without servers, not published yet
 *
 * Its parameters are in es->param[] then; the scheduler is not told.
 *
 * Context: process, ext_mutex held, may sleep.
 * Return: 0, or -ENOMEM and nothing has been done.
 */
int ext_conf_service_add(struct ip_vs_ext_service *es)
{
	struct ip_vs_ext_net *n;

	lockdep_assert_held(&ext_mutex);
	n = ext_net_get(es->svc->ipvs->net);
	if (!n)
		return -ENOMEM;
	/* Others do not know the service yet, so es->lock is not needed. */
	es->net = n;
	es->id = ++n->last_id;
	es->since = ktime_get_ns();
	rb_add(&es->by_id, &n->services, ext_service_less);
	rb_add(&es->by_key, &n->services_by_key, ext_service_key_less);
	ext_params_bind(es);
	n->generation++;
	return 0;
}

/**
 * ext_conf_service_del - a service is being unbound from its scheduler
 * @es: service that ext_conf_service_add() knows
 *
 * What has been set for it stays. No event of it is recorded any more.
 *
 * Context: process, ext_mutex held.
 */
void ext_conf_service_del(struct ip_vs_ext_service *es)
{
	struct ip_vs_ext_net *n = es->net;

	lockdep_assert_held(&ext_mutex);
	rb_erase(&es->by_id, &n->services);
	rb_erase(&es->by_key, &n->services_by_key);
	es->params = NULL;
	n->generation++;
	/* Who reads it under the lock is done with the namespace when the lock
	 * is free, and finds NULL next time.
	 */
	spin_lock_bh(&es->lock);
	ext_event_forget(es);
	es->net = NULL;
	spin_unlock_bh(&es->lock);
	ext_net_put(n);
}

/**
 * ext_conf_changed - servers of a service have come, gone or changed
 * @es: service
 *
 * Context: process, ext_mutex held.
 */
void ext_conf_changed(struct ip_vs_ext_service *es)
{
	lockdep_assert_held(&ext_mutex);
	if (es->net)
		es->net->generation++;
}

/* The front end. */

/* Running services go on without what was set; what cannot be changed for lack
 * of memory stays as it is until the service is touched, or for good.
 */
static void ext_net_forget(struct ip_vs_ext_net *n)
{
	struct rb_node *node, *slot;
	struct ip_vs_ext_service *es;
	bool any;

	while ((node = rb_first(&n->params))) {
		struct ip_vs_ext_params *p;

		p = ext_params_of(rb_entry(node, struct ext_entry, by_key));
		es = ext_service_find(n, &p->entry.key.svc);
		any = es && es->params == p;
		ext_params_free(n, es, p);
		if (any)
			ext_params_apply(es);
		cond_resched();
	}

	any = !RB_EMPTY_ROOT(&n->attrs);
	while ((node = rb_first(&n->attrs_by_id))) {
		ext_server_free(n, rb_entry(node, struct ext_server, by_id));
		cond_resched();
	}
	if (!any)
		return;
	for (node = rb_first(&n->services); node; node = rb_next(node)) {
		es = rb_entry(node, struct ip_vs_ext_service, by_id);
		for (slot = rb_first(&es->slots); slot; slot = rb_next(slot)) {
			ext_slot_refresh(es, rb_entry(slot,
						      struct ip_vs_ext_slot,
						      by_dest));
			cond_resched();
		}
	}
}

/* The front end has nothing to do with a namespace any more. */
static void ext_net_leave(struct ip_vs_ext_net *n)
{
	struct ip_vs_ext_event *ring;
	struct rb_node *node;

	if (!n->announced)
		return;
	/* The front end is only called with the lock held and if live. */
	spin_lock_bh(&n->lock);
	WRITE_ONCE(n->live, false);
	ring = n->ring;
	n->ring = NULL;
	n->tail = n->head;
	spin_unlock_bh(&n->lock);
	ext_conf_free(ring);
	/* The next front end does not know of summaries that are due. */
	for (node = rb_first(&n->services); node; node = rb_next(node)) {
		struct ip_vs_ext_service *es;

		es = rb_entry(node, struct ip_vs_ext_service, by_id);
		spin_lock_bh(&es->lock);
		ext_event_forget(es);
		spin_unlock_bh(&es->lock);
	}
	ext_net_forget(n);
	n->announced = false;
	ext_net_put(n);
}

/**
 * ip_vs_ext_front_register - the front end is there
 * @front: its functions; called from ip_vs_ext_net_init() on
 *
 * Context: process, may sleep; takes ext_mutex.
 */
void ip_vs_ext_front_register(const struct ip_vs_ext_front *front)
{
	mutex_lock(&ext_mutex);
	ext_front = front;
	mutex_unlock(&ext_mutex);
}
EXPORT_SYMBOL_GPL(ip_vs_ext_front_register);

/**
 * ip_vs_ext_front_unregister - the front end goes
 * @front: what was registered
 *
 * To be called when no command can be under way any more: the netlink family
 * has been unregistered.
 *
 * The front end's functions are only called under the lock of a namespace that
 * is live. A namespace becomes live in ip_vs_ext_net_init(), after ext_front
 * was set, and ceases to be here or in ip_vs_ext_net_exit(), under its lock.
 * Who was in a function then has left it, and nobody enters one again. That
 * holds for each namespace when this returns; no grace period is needed.
 *
 * Context: process, may sleep; takes ext_mutex.
 */
void ip_vs_ext_front_unregister(const struct ip_vs_ext_front *front)
{
	struct ip_vs_ext_net *n, *next;

	mutex_lock(&ext_mutex);
	WARN_ON(ext_front != front);
	list_for_each_entry_safe(n, next, &ext_nets, list)
		ext_net_leave(n);
	ext_front = NULL;
	ext_texts_free();
	mutex_unlock(&ext_mutex);
}
EXPORT_SYMBOL_GPL(ip_vs_ext_front_unregister);

/**
 * ip_vs_ext_net_init - the front end serves a network namespace
 * @net: network namespace, may have services already
 *
 * Context: process, may sleep; takes ext_mutex.
 * Return: 0 or -ENOMEM.
 */
int ip_vs_ext_net_init(struct net *net)
{
	struct ip_vs_ext_event *ring;
	struct ip_vs_ext_net *n;

	ring = ext_zalloc(array_size(EXT_EVENTS, sizeof(*ring)));
	if (!ring)
		return -ENOMEM;
	mutex_lock(&ext_mutex);
	n = ext_net_get(net);
	if (!n) {
		mutex_unlock(&ext_mutex);
		ext_conf_free(ring);
		return -ENOMEM;
	}
	n->announced = true;
	spin_lock_bh(&n->lock);
	n->ring = ring;
	WRITE_ONCE(n->live, true);
	spin_unlock_bh(&n->lock);
	mutex_unlock(&ext_mutex);
	return 0;
}
EXPORT_SYMBOL_GPL(ip_vs_ext_net_init);

/**
 * ip_vs_ext_net_exit - the front end stops serving a network namespace
 * @net: network namespace, as ip_vs_ext_net_init() got it
 *
 * The core may delete its services before or after this.
 *
 * Context: process, may sleep; takes ext_mutex.
 */
void ip_vs_ext_net_exit(struct net *net)
{
	struct ip_vs_ext_net *n;

	mutex_lock(&ext_mutex);
	n = ext_net_find(net);
	if (n)
		ext_net_leave(n);
	mutex_unlock(&ext_mutex);
}
EXPORT_SYMBOL_GPL(ip_vs_ext_net_exit);

/* Dumps. */

/**
 * ip_vs_ext_lock - keep names, attributes, parameters and services as they are
 *
 * Not long: whoever edits a service waits.
 *
 * Context: process, may sleep; takes ext_mutex.
 */
void ip_vs_ext_lock(void)
{
	mutex_lock(&ext_mutex);
}
EXPORT_SYMBOL_GPL(ip_vs_ext_lock);

/**
 * ip_vs_ext_unlock - let them change again
 *
 * Context: process, ip_vs_ext_lock() held.
 */
void ip_vs_ext_unlock(void)
{
	mutex_unlock(&ext_mutex);
}
EXPORT_SYMBOL_GPL(ip_vs_ext_unlock);

/**
 * ip_vs_ext_generation - has something come, gone or changed meanwhile?
 * @net: network namespace
 *
 * Context: process, ip_vs_ext_lock() held.
 * Return: a number that is another one then.
 */
u32 ip_vs_ext_generation(struct net *net)
{
	struct ip_vs_ext_net *n = ext_net_find(net);

	return n ? n->generation : 0;
}
EXPORT_SYMBOL_GPL(ip_vs_ext_generation);

/**
 * ip_vs_ext_attr_next - next server with attributes, in the order of ids
 * @net: network namespace
 * @svc: only those of this service; NULL: of any
 * @after: id of the one before, or 0
 * @id: its id
 * @of: its service
 * @dest: which server
 * @attrs: its attributes
 *
 * Context: process, ip_vs_ext_lock() held.
 * Return: false if there is none.
 */
bool ip_vs_ext_attr_next(struct net *net, const struct ip_vs_ext_svc_key *svc,
			 u64 after, u64 *id, struct ip_vs_ext_svc_key *of,
			 struct ip_vs_ext_dest_key *dest,
			 struct ip_vs_ext_attrs *attrs)
{
	struct ip_vs_ext_net *n = ext_net_find(net);
	struct rb_node *node = n ? n->attrs_by_id.rb_node : NULL;
	struct ext_server *s = NULL;

	while (node) {
		struct ext_server *at;

		at = rb_entry(node, struct ext_server, by_id);
		if (at->id > after) {
			s = at;
			node = node->rb_left;
		} else {
			node = node->rb_right;
		}
	}
	while (s && svc && !ext_svc_is(&s->entry.key.svc, svc)) {
		node = rb_next(&s->by_id);
		s = node ? rb_entry(node, struct ext_server, by_id) : NULL;
	}
	if (!s)
		return false;
	*id = s->id;
	*of = s->entry.key.svc;
	*dest = s->entry.key.dest;
	*attrs = s->attrs;
	return true;
}
EXPORT_SYMBOL_GPL(ip_vs_ext_attr_next);

/**
 * ip_vs_ext_service_next - next service of ours, in the order of ids
 * @net: network namespace
 * @svc: only this one; NULL: any
 * @after: id of the one before, or 0
 * @id: its id
 * @of: its name
 *
 * Context: process, ip_vs_ext_lock() held.
 * Return: the service, valid until the lock is given up, or NULL.
 */
struct ip_vs_ext_service *
ip_vs_ext_service_next(struct net *net, const struct ip_vs_ext_svc_key *svc,
		       u64 after, u64 *id, struct ip_vs_ext_svc_key *of)
{
	struct ip_vs_ext_net *n = ext_net_find(net);
	struct ip_vs_ext_service *es = NULL;
	struct rb_node *node;

	if (!n)
		return NULL;
	if (svc) {
		es = ext_service_find(n, svc);
		if (es && es->id <= after)
			es = NULL;
	} else {
		node = n->services.rb_node;
		while (node) {
			struct ip_vs_ext_service *at;

			at = rb_entry(node, struct ip_vs_ext_service, by_id);
			if (at->id > after) {
				es = at;
				node = node->rb_left;
			} else {
				node = node->rb_right;
			}
		}
	}
	if (!es)
		return NULL;
	*id = es->id;
	ext_svc_key(of, es->svc);
	return es;
}
EXPORT_SYMBOL_GPL(ip_vs_ext_service_next);

/* Number of the last event of the namespace; es->lock held, so that none of
 * this service comes in between.
 */
static u64 ext_event_seq(struct ip_vs_ext_service *es)
{
	u64 seq;

	lockdep_assert_held(&es->lock);
	spin_lock(&es->net->lock);
	seq = es->net->seq;
	spin_unlock(&es->net->lock);
	return seq;
}

/**
 * ip_vs_ext_snapshot - how a service is doing
 * @es: service
 * @s: filled in; but for grants and refusals, all of one moment
 *
 * Context: process, ip_vs_ext_lock() held.
 */
void ip_vs_ext_snapshot(struct ip_vs_ext_service *es,
			struct ip_vs_ext_snapshot *s)
{
	struct ip_vs_ext_tier *tier;

	lockdep_assert_held(&ext_mutex);
	memset(s, 0, sizeof(*s));
	ip_vs_ext_read_counters(es, &s->counters);
	s->since = es->since;
	s->servers = es->nr_slots;

	spin_lock_bh(&es->lock);
	/* Again what events tell, in the moment of the event's number. */
	s->counters.full = es->full;
	s->counters.relieved = es->relieved;
	s->counters.spills = es->spills;
	s->counters.returns = es->returns;
	s->counters.exhausted = es->exhaustions;
	s->event_seq = ext_event_seq(es);
	tier = ext_active(es);
	if (tier) {
		s->has_tier = true;
		s->tier = tier->key;
	}
	s->tier_since = es->tier_since;
	s->eligible = es->nr_eligible;
	s->full_servers = es->nr_full;
	s->mono = ktime_get_ns();
	s->wall = ktime_get_real_ns();
	spin_unlock_bh(&es->lock);
}
EXPORT_SYMBOL_GPL(ip_vs_ext_snapshot);

/**
 * ip_vs_ext_slot_nth - a server of a service by its position
 * @es: service
 * @n: position in the order of keys, from 0
 *
 * Walks to it: to be called once for a part of a dump, and
 * ip_vs_ext_slot_next() from there.
 *
 * Context: process, ip_vs_ext_lock() held.
 * Return: its slot, valid until the lock is given up, or NULL.
 */
struct ip_vs_ext_slot *ip_vs_ext_slot_nth(struct ip_vs_ext_service *es, u32 n)
{
	struct rb_node *node;

	lockdep_assert_held(&ext_mutex);
	for (node = rb_first(&es->slots); node && n; n--)
		node = rb_next(node);
	return node ? rb_entry(node, struct ip_vs_ext_slot, by_dest) : NULL;
}
EXPORT_SYMBOL_GPL(ip_vs_ext_slot_nth);

/**
 * ip_vs_ext_slot_next - the server after that one
 * @slot: slot of a server
 *
 * Context: process, ip_vs_ext_lock() held.
 * Return: its slot, valid until the lock is given up, or NULL.
 */
struct ip_vs_ext_slot *ip_vs_ext_slot_next(struct ip_vs_ext_slot *slot)
{
	struct rb_node *node = rb_next(&slot->by_dest);

	return node ? rb_entry(node, struct ip_vs_ext_slot, by_dest) : NULL;
}
EXPORT_SYMBOL_GPL(ip_vs_ext_slot_next);

/**
 * ip_vs_ext_server_snapshot - how a server is doing
 * @es: service
 * @slot: slot of the server
 * @s: filled in; but for weight and connections, all of one moment
 *
 * Context: process, ip_vs_ext_lock() held.
 */
void ip_vs_ext_server_snapshot(struct ip_vs_ext_service *es,
			       struct ip_vs_ext_slot *slot,
			       struct ip_vs_ext_server_snapshot *s)
{
	lockdep_assert_held(&ext_mutex);
	memset(s, 0, sizeof(*s));
	ext_dest_key(&s->key, slot->dest);
	ext_conf_attrs(es, &s->key, &s->attrs);
	s->weight = max(atomic_read(&slot->dest->weight), 0);

	spin_lock_bh(&es->lock);
	s->event_seq = ext_event_seq(es);
	s->tier = slot->tier->key;
	s->state = slot->state;
	s->upper = slot->upper;
	s->lower = ext_lower(es, slot);
	s->conns = ip_vs_ext_conns(slot->dest, ip_vs_ext_active_only(es->svc));
	spin_unlock_bh(&es->lock);
}
EXPORT_SYMBOL_GPL(ip_vs_ext_server_snapshot);

/* Schedulers. */

/**
 * ip_vs_ext_service_sched - name of the scheduler of a service
 * @es: service
 * @name: IP_VS_SCHEDNAME_MAXLEN bytes, filled in
 *
 * Context: process, ip_vs_ext_lock() held.
 */
void ip_vs_ext_service_sched(const struct ip_vs_ext_service *es, char *name)
{
	const struct ip_vs_scheduler *s;

	lockdep_assert_held(&ext_mutex);
	memset(name, 0, IP_VS_SCHEDNAME_MAXLEN);
	rcu_read_lock();
	s = rcu_dereference(es->svc->scheduler);
	/* NULL while it is being bound; it may have several names. */
	strscpy(name, s ? s->name : ext_sched_name(es->ops),
		IP_VS_SCHEDNAME_MAXLEN);
	rcu_read_unlock();
}
EXPORT_SYMBOL_GPL(ip_vs_ext_service_sched);

/**
 * ip_vs_ext_sched_nth - a loaded scheduler of ours
 * @n: number, from 0
 *
 * Context: process, ip_vs_ext_lock() held.
 * Return: it, valid until the lock is given up, or NULL.
 */
const struct ip_vs_ext_scheduler *ip_vs_ext_sched_nth(unsigned int n)
{
	struct ip_vs_ext_scheduler *s;

	lockdep_assert_held(&ext_mutex);
	list_for_each_entry(s, &ext_schedulers, list)
		if (!n--)
			return s;
	return NULL;
}
EXPORT_SYMBOL_GPL(ip_vs_ext_sched_nth);

/* What the code here relies on. */
static bool ext_ops_good(const struct ip_vs_ext_ops *ops)
{
	unsigned int i;

	if (ops->nr_params > IP_VS_EXT_PARAMS_MAX)
		return false;
	for (i = 0; i < ops->nr_params; i++) {
		const struct ip_vs_ext_param *p = &ops->params[i];

		if (strlen(p->name) > IP_VS_EXT_PARAM_NAME_MAX ||
		    !ext_param_allows(p, p->def))
			return false;
	}
	return true;
}

/* Schedulers are the same in all namespaces, and dumps of them, too. */
static void ext_sched_changed(void)
{
	struct ip_vs_ext_net *n;

	lockdep_assert_held(&ext_mutex);
	list_for_each_entry(n, &ext_nets, list)
		n->generation++;
}

/* The core has the first @known of @nr schedulers. */
static void ext_sched_withdraw(struct ip_vs_ext_scheduler *s,
			       unsigned int known, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < known; i++)
		unregister_ip_vs_scheduler(&s[i].core);
	mutex_lock(&ext_mutex);
	for (i = 0; i < nr; i++)
		list_del(&s[i].list);
	ext_sched_changed();
	mutex_unlock(&ext_mutex);
	/* The core may be in schedule() of a service that it just unbound. */
	synchronize_rcu();
}

/**
 * ip_vs_ext_register - give schedulers to the core
 * @s: array of schedulers; those with the same ops are names of one, which
 *	keeps parameters under the first
 * @nr: how many
 *
 * Context: process, may sleep; takes ext_mutex. The core may use them before
 * this returns.
 * Return: 0, or an error and none is registered: -EINVAL: another scheduler
 * has the name; -ENOENT: the core is going.
 */
int ip_vs_ext_register(struct ip_vs_ext_scheduler *s, unsigned int nr)
{
	unsigned int i;
	int err;

	for (i = 0; i < nr; i++) {
		if (WARN_ON(!ext_ops_good(s[i].ops)))
			return -EINVAL;
		/* the core wants to see that it is on no list */
		INIT_LIST_HEAD(&s[i].core.n_list);
	}
	/* All of them first: a service is bound as soon as the core knows. */
	mutex_lock(&ext_mutex);
	for (i = 0; i < nr; i++)
		list_add_tail(&s[i].list, &ext_schedulers);
	ext_sched_changed();
	mutex_unlock(&ext_mutex);
	for (i = 0; i < nr; i++) {
		err = register_ip_vs_scheduler(&s[i].core);
		if (err) {
			ext_sched_withdraw(s, i, nr);
			return err;
		}
	}
	return 0;
}
EXPORT_SYMBOL_GPL(ip_vs_ext_register);

/**
 * ip_vs_ext_unregister - take schedulers back from the core
 * @s: array of schedulers, as registered
 * @nr: how many
 *
 * For module exit: no service is bound to them any more, and schedule() is
 * not running when this returns.
 *
 * Context: process, may sleep; takes ext_mutex.
 */
void ip_vs_ext_unregister(struct ip_vs_ext_scheduler *s, unsigned int nr)
{
	ext_sched_withdraw(s, nr, nr);
}
EXPORT_SYMBOL_GPL(ip_vs_ext_unregister);
