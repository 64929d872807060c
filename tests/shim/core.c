// SPDX-License-Identifier: GPL-2.0
/*
 * The model core: what a scheduler can notice of IPVS. The order in which
 * things become visible is the real one (6.1.192), since that is what
 * schedulers race with; hashing, timers and netlink are left out.
 */
#include <arpa/inet.h>

#include "internal.h"

struct net init_net;
struct netns_ipvs shim_ipvs;
__thread struct sk_buff shim_skb;
__thread struct ip_vs_iphdr shim_iph;
enum shim_limit shim_limit = SHIM_LIMIT_DIE;
long shim_over_limit;
long shim_binds;
int shim_sched_errors;

static LIST_HEAD(schedulers);
static struct mutex sched_mutex = { .m = PTHREAD_MUTEX_INITIALIZER };
static long conns_alive;

/* The connections of a CPU, so that a test need not remember its own. */
struct conn {
	struct shim_conn c;
	struct list_head list;
	int home;
};

static struct home {
	struct list_head conns;
	pthread_mutex_t lock;
} __aligned(128) homes[SHIM_MAX_CPUS];

const char *shim_addr_text(int af, const union nf_inet_addr *addr)
{
	static __thread char text[INET6_ADDRSTRLEN];

	return inet_ntop(af, addr, text, sizeof(text));
}

/* ---- schedulers ---- */

/* Mainline's modules register under a name of their own, see shim.h. */
#define MAINLINE	"mainline"

static bool is_ours(const struct ip_vs_scheduler *s)
{
	return !s->module || strncmp(s->module->name, MAINLINE,
				     sizeof(MAINLINE) - 1);
}

static bool name_matches(const struct ip_vs_scheduler *s, const char *name)
{
	if (!is_ours(s)) {
		if (strncmp(name, MAINLINE "-", sizeof(MAINLINE)))
			return false;
		name += sizeof(MAINLINE);
	}
	return !strcmp(s->name, name);
}

int register_ip_vs_scheduler(struct ip_vs_scheduler *s)
{
	struct ip_vs_scheduler *other;
	int ret = 0;

	if (!s->name || !s->schedule)
		return -EINVAL;
	mutex_lock(&sched_mutex);
	if (!list_empty(&s->n_list))
		ret = -EINVAL;
	list_for_each_entry(other, &schedulers, n_list)
		if (!strcmp(other->name, s->name) && is_ours(other) == is_ours(s))
			ret = -EINVAL;
	if (!ret)
		list_add(&s->n_list, &schedulers);
	mutex_unlock(&sched_mutex);
	return ret;
}

int unregister_ip_vs_scheduler(struct ip_vs_scheduler *s)
{
	if (list_empty(&s->n_list))
		return -EINVAL;
	mutex_lock(&sched_mutex);
	list_del_init(&s->n_list);
	mutex_unlock(&sched_mutex);
	return 0;
}

static struct ip_vs_scheduler *scheduler_get(const char *name)
{
	struct ip_vs_scheduler *s, *found = NULL;

	mutex_lock(&sched_mutex);
	list_for_each_entry(s, &schedulers, n_list)
		if (name_matches(s, name) && try_module_get(s->module)) {
			found = s;
			break;
		}
	mutex_unlock(&sched_mutex);
	return found;
}

static void scheduler_put(struct ip_vs_scheduler *s)
{
	if (s)
		module_put(s->module);
}

void ip_vs_scheduler_err(struct ip_vs_service *svc, const char *msg)
{
#ifndef SHIM_FAST
	struct ip_vs_scheduler *s = rcu_access_pointer(svc->scheduler);

	__atomic_add_fetch(&shim_sched_errors, 1, __ATOMIC_RELAXED);
	/* A console can be slow. Mainline's wrr does not mind. */
	if (shim_self->held && s && is_ours(s))
		shim_die("ip_vs_scheduler_err() prints under a lock");
#endif
	(void)svc;
	(void)msg;
}

static int bind_scheduler(struct ip_vs_service *svc, struct ip_vs_scheduler *s)
{
	struct shim_balance b = shim_balance();
	int ret = 0;

	if (s->init_service)
		ret = s->init_service(svc);
	shim_check_balance(b, "init_service()");
	if (!ret)
		rcu_assign_pointer(svc->scheduler, s);
	return ret;
}

static void unbind_scheduler(struct ip_vs_service *svc)
{
	struct shim_balance b = shim_balance();
	struct ip_vs_scheduler *s = rcu_dereference_protected(svc->scheduler, 1);

	if (!s)
		return;
	rcu_assign_pointer(svc->scheduler, NULL);
	smp_wmb();
	shim_race_point();
	if (s->done_service)
		s->done_service(svc);
	shim_check_balance(b, "done_service()");
}

/* ---- services ---- */

static void service_free(struct rcu_head *head)
{
	struct ip_vs_service *svc = container_of(head, struct ip_vs_service,
						 rcu_head);

	shim_percpu_free_raw(svc->stats.cpustats, false);
	free(svc);
}

static void service_put(struct ip_vs_service *svc)
{
	if (atomic_dec_and_test(&svc->refcnt))
		call_rcu(&svc->rcu_head, service_free);
}

/* Objects of the core: aligned, not counted, not failing. */
static void *core_alloc(size_t size)
{
	void *p;

	if (posix_memalign(&p, 64, size))
		shim_die("out of memory");
	return memset(p, 0, size);
}

int shim_add_service(struct ip_vs_service **psvc, const char *sched,
		     unsigned int id, unsigned int flags)
{
	struct ip_vs_scheduler *s = NULL;
	struct ip_vs_service *svc;
	int ret;

	*psvc = NULL;
	mutex_lock(&shim_ipvs.service_mutex);
	if (strcmp(sched, "none")) {
		s = scheduler_get(sched);
		if (!s) {
			mutex_unlock(&shim_ipvs.service_mutex);
			return -ENOENT;
		}
	}
	svc = core_alloc(sizeof(*svc));
	svc->stats.cpustats = shim_percpu_raw(sizeof(struct ip_vs_cpu_stats), false);
	svc->af = AF_INET;
	svc->protocol = IPPROTO_TCP;
	svc->addr.ip = htonl(0x0a000001u + (id << 16));
	svc->port = htons(80);
	svc->flags = flags & ~IP_VS_SVC_F_HASHED;
	svc->ipvs = &shim_ipvs;
	INIT_LIST_HEAD(&svc->destinations);
	spin_lock_init(&svc->sched_lock);
	spin_lock_init(&svc->stats.lock);
	if (s) {
		ret = bind_scheduler(svc, s);
		if (ret) {
			shim_percpu_free_raw(svc->stats.cpustats, false);
			free(svc);
			scheduler_put(s);
			mutex_unlock(&shim_ipvs.service_mutex);
			return ret;
		}
	}
	svc->flags |= IP_VS_SVC_F_HASHED;
	/* Hashed; the hash's own reference. */
	atomic_inc(&svc->refcnt);
	hlist_add_head(&svc->s_list, &shim_ipvs.services);
	mutex_unlock(&shim_ipvs.service_mutex);
	*psvc = svc;
	return 0;
}

int shim_edit_service(struct ip_vs_service *svc, const char *sched,
		      unsigned int flags)
{
	struct ip_vs_scheduler *s = NULL, *old;
	int ret = 0;

	mutex_lock(&shim_ipvs.service_mutex);
	if (strcmp(sched, "none")) {
		s = scheduler_get(sched);
		if (!s) {
			mutex_unlock(&shim_ipvs.service_mutex);
			return -ENOENT;
		}
	}
	old = rcu_dereference_protected(svc->scheduler, 1);
	if (s != old) {
		if (old) {
			unbind_scheduler(svc);
			synchronize_rcu();
		}
		if (s) {
			ret = bind_scheduler(svc, s);
			if (ret) {
				scheduler_put(s);
				if (old && !bind_scheduler(svc, old))
					old = NULL;
				goto out;
			}
		}
	}
	WRITE_ONCE(svc->flags, flags | IP_VS_SVC_F_HASHED);
out:
	scheduler_put(old);
	mutex_unlock(&shim_ipvs.service_mutex);
	return ret;
}

static void unlink_dest(struct ip_vs_service *svc, struct ip_vs_dest *dest,
			bool tell)
{
	struct shim_balance b = shim_balance();
	struct ip_vs_scheduler *s = rcu_dereference_protected(svc->scheduler, 1);

	WRITE_ONCE(dest->cflags, dest->cflags & ~IP_VS_DEST_CF_AVAILABLE);
	list_del_rcu(&dest->n_list);
	svc->num_dests--;
	shim_race_point();
	if (tell && s && s->del_dest)
		s->del_dest(svc, dest);
	shim_check_balance(b, "del_dest()");
	list_add(&dest->t_list, &shim_ipvs.dest_trash);
}

void shim_del_service(struct ip_vs_service *svc)
{
	struct ip_vs_scheduler *old;
	struct ip_vs_dest *dest, *next;

	mutex_lock(&shim_ipvs.service_mutex);
	hlist_del_init_rcu(&svc->s_list);
	old = rcu_dereference_protected(svc->scheduler, 1);
	unbind_scheduler(svc);
	scheduler_put(old);
	list_for_each_entry_safe(dest, next, &svc->destinations, n_list)
		unlink_dest(svc, dest, false);
	service_put(svc);
	mutex_unlock(&shim_ipvs.service_mutex);
}

/* ---- real servers ---- */

/* @mode: 1 a bind reached the upper limit, -1 an unbind the lower, 0 an edit. */
static void update_overload(struct ip_vs_dest *dest, int mode)
{
	u32 u = READ_ONCE(dest->u_threshold);
	u32 l = READ_ONCE(dest->l_threshold_val);
	int conns = atomic_read(&dest->totalconns);

	lockdep_assert_held(&dest->dst_lock);
	if (u && conns >= (int)(mode > 0 ? l : u))
		WRITE_ONCE(dest->flags, dest->flags | IP_VS_DEST_F_OVERLOAD);
	else if (!u || conns < (int)(mode < 0 ? u : l))
		WRITE_ONCE(dest->flags, dest->flags & ~IP_VS_DEST_F_OVERLOAD);
}

static void update_dest(struct ip_vs_service *svc, struct ip_vs_dest *dest,
			int weight, u32 u, u32 l, bool add)
{
	struct shim_balance b = shim_balance();
	struct ip_vs_service *old;
	struct ip_vs_scheduler *s;

	if (add || weight)
		atomic_set(&dest->last_weight, weight);
	atomic_set(&dest->weight, weight);
	shim_race_point();
	atomic_set(&dest->conn_flags, IP_VS_CONN_F_MASQ | IP_VS_CONN_F_INACTIVE);
	old = rcu_dereference_protected(dest->svc, 1);
	if (old != svc) {
		atomic_inc(&svc->refcnt);
		rcu_assign_pointer(dest->svc, svc);
		if (old)
			service_put(old);
	}
	WRITE_ONCE(dest->cflags, dest->cflags | IP_VS_DEST_CF_AVAILABLE);
	if (dest->u_threshold != u || dest->l_threshold != l) {
		spin_lock_bh(&dest->dst_lock);
		WRITE_ONCE(dest->u_threshold, u);
		WRITE_ONCE(dest->l_threshold, l);
		WRITE_ONCE(dest->l_threshold_val, l ? l : u - u / 4);
		update_overload(dest, 0);
		spin_unlock_bh(&dest->dst_lock);
	}
	s = rcu_dereference_protected(svc->scheduler, 1);
	if (add) {
		list_add_rcu(&dest->n_list, &svc->destinations);
		svc->num_dests++;
		shim_race_point();
		if (s && s->add_dest)
			s->add_dest(svc, dest);
		shim_check_balance(b, "add_dest()");
	} else {
		shim_race_point();
		if (s && s->upd_dest)
			s->upd_dest(svc, dest);
		shim_check_balance(b, "upd_dest()");
	}
}

static int check_limits(int weight, u32 u, u32 l)
{
	if (weight < 0 || l > u)
		return -ERANGE;
	return u > INT_MAX ? -EINVAL : 0;
}

struct ip_vs_dest *shim_dest(struct ip_vs_service *svc, unsigned int id)
{
	struct ip_vs_dest *dest;

	list_for_each_entry(dest, &svc->destinations, n_list)
		if (dest->addr.ip == SHIM_ADDR(id))
			return dest;
	return NULL;
}

static struct ip_vs_dest *trash_get(struct ip_vs_service *svc, unsigned int id)
{
	struct ip_vs_dest *dest;

	list_for_each_entry(dest, &shim_ipvs.dest_trash, t_list)
		if (dest->addr.ip == SHIM_ADDR(id) &&
		    dest->vaddr.ip == svc->addr.ip && dest->vport == svc->port &&
		    dest->vfwmark == svc->fwmark) {
			list_del(&dest->t_list);
			return dest;
		}
	return NULL;
}

int shim_add_dest(struct ip_vs_service *svc, unsigned int id, int weight,
		  u32 u, u32 l)
{
	struct ip_vs_dest *dest;
	int ret = check_limits(weight, u, l);

	if (ret)
		return ret;
	mutex_lock(&shim_ipvs.service_mutex);
	if (shim_dest(svc, id)) {
		mutex_unlock(&shim_ipvs.service_mutex);
		return -EEXIST;
	}
	dest = trash_get(svc, id);
	if (!dest) {
		dest = core_alloc(sizeof(*dest));
		dest->stats.cpustats =
			shim_percpu_raw(sizeof(struct ip_vs_cpu_stats), false);
		if (!dest->stats.cpustats)
			shim_die("no per-CPU memory for a server");
		dest->af = AF_INET;
		dest->addr.ip = SHIM_ADDR(id);
		dest->port = htons(80);
		dest->protocol = svc->protocol;
		dest->vaddr = svc->addr;
		dest->vport = svc->port;
		dest->vfwmark = svc->fwmark;
		refcount_set(&dest->refcnt, 1);
		spin_lock_init(&dest->dst_lock);
		spin_lock_init(&dest->stats.lock);
	}
	update_dest(svc, dest, weight, u, l, true);
	mutex_unlock(&shim_ipvs.service_mutex);
	return 0;
}

int shim_edit_dest(struct ip_vs_service *svc, unsigned int id, int weight,
		   u32 u, u32 l)
{
	struct ip_vs_dest *dest;
	int ret = check_limits(weight, u, l);

	if (ret)
		return ret;
	mutex_lock(&shim_ipvs.service_mutex);
	dest = shim_dest(svc, id);
	if (dest)
		update_dest(svc, dest, weight, u, l, false);
	mutex_unlock(&shim_ipvs.service_mutex);
	return dest ? 0 : -ENOENT;
}

int shim_del_dest(struct ip_vs_service *svc, unsigned int id)
{
	struct ip_vs_dest *dest;

	mutex_lock(&shim_ipvs.service_mutex);
	dest = shim_dest(svc, id);
	if (dest)
		unlink_dest(svc, dest, true);
	mutex_unlock(&shim_ipvs.service_mutex);
	return dest ? 0 : -ENOENT;
}

int shim_empty_trash(void)
{
	struct ip_vs_dest *dest, *next;
	LIST_HEAD(dead);
	int left = 0;

	mutex_lock(&shim_ipvs.service_mutex);
	list_for_each_entry_safe(dest, next, &shim_ipvs.dest_trash, t_list) {
		if (refcount_read(&dest->refcnt) > 1)
			left++;
		else
			list_move(&dest->t_list, &dead);
	}
	mutex_unlock(&shim_ipvs.service_mutex);
	/* The real core waits two minutes. */
	synchronize_rcu();
	list_for_each_entry_safe(dest, next, &dead, t_list) {
		list_del(&dest->t_list);
		service_put(rcu_dereference_protected(dest->svc, 1));
		shim_percpu_free_raw(dest->stats.cpustats, false);
		free(dest);
	}
	return left;
}

/* ---- connections ---- */

static struct shim_conn *conn_new(struct ip_vs_service *svc,
				  struct ip_vs_dest *dest, unsigned int flags)
{
	struct home *h = &homes[shim_self->cpu];
	struct conn *c = core_alloc(sizeof(*c));

	c->c.svc = svc;
	c->c.dest = dest;
	c->c.flags = flags & ~SHIM_ACTIVE;
	c->home = shim_self->cpu;
	ip_vs_dest_hold(dest);
	__atomic_add_fetch(&conns_alive, 1, __ATOMIC_RELAXED);
	pthread_mutex_lock(&h->lock);
	list_add(&c->list, &h->conns);
	pthread_mutex_unlock(&h->lock);
	return &c->c;
}

/* Returns what totalconns has become, 0 for a template. */
static int count_bind(struct ip_vs_dest *dest, unsigned int flags)
{
	int tc;

	if (flags & SHIM_TEMPLATE) {
		atomic_inc(&dest->persistconns);
		return 0;
	}
	tc = atomic_inc_return(&dest->totalconns);
	if (tc == (int)READ_ONCE(dest->u_threshold)) {
		spin_lock_bh(&dest->dst_lock);
		update_overload(dest, 1);
		spin_unlock_bh(&dest->dst_lock);
	}
	return tc;
}

static void count_stats(struct ip_vs_service *svc, struct ip_vs_dest *dest)
{
	struct ip_vs_cpu_stats *s;

	local_bh_disable();
	s = this_cpu_ptr(dest->stats.cpustats);
	u64_stats_inc(&s->cnt.conns);
	s = this_cpu_ptr(svc->stats.cpustats);
	u64_stats_inc(&s->cnt.conns);
	s = this_cpu_ptr(shim_ipvs.tot_stats.cpustats);
	u64_stats_inc(&s->cnt.conns);
	local_bh_enable();
}

/* Returns what activeconns has become, 0 if nothing changed. */
static int count_active(struct shim_conn *c, bool active)
{
	bool is = c->flags & SHIM_ACTIVE;

	if (active == is)
		return 0;
	c->flags ^= SHIM_ACTIVE;
	return atomic_add_return(active ? 1 : -1, &c->dest->activeconns);
}

void shim_set_active(struct shim_conn *c, bool active)
{
	count_active(c, active);
}

static struct ip_vs_dest *call_schedule(struct ip_vs_service *svc)
{
	struct ip_vs_scheduler *s = rcu_dereference(svc->scheduler);
	struct shim_balance b = shim_balance();
	struct ip_vs_dest *dest;

	if (!s)
		return NULL;
	smp_rmb();
	shim_race_point();
	dest = s->schedule(svc, &shim_skb, &shim_iph);
	shim_check_balance(b, "schedule()");
	return dest;
}

static bool enter(void)
{
	bool softirq = !shim_process_context;

	if (softirq)
		shim_softirq_enter();
	rcu_read_lock();
	return softirq;
}

static void leave(bool softirq)
{
	rcu_read_unlock();
	if (softirq)
		shim_softirq_exit();
}

struct ip_vs_dest *shim_decide(struct ip_vs_service *svc)
{
	bool softirq = enter();
	struct ip_vs_dest *dest = call_schedule(svc);

	leave(softirq);
	return dest;
}

static void check_limit(struct ip_vs_dest *dest, int tc, u32 u)
{
	enum shim_limit how = READ_ONCE(shim_limit);

	if (how == SHIM_LIMIT_OFF || !u || tc <= (int)u)
		return;
	__atomic_add_fetch(&shim_over_limit, 1, __ATOMIC_RELAXED);
	if (how == SHIM_LIMIT_DIE)
		shim_die("server %u: %d connections, its limit is %u",
			 shim_dest_id(dest), tc, u);
}

struct ip_vs_dest *shim_decide_open(struct ip_vs_service *svc)
{
	struct shim_ctx *c = shim_self;

	enter();
	c->opened = svc;
	return call_schedule(svc);
}

struct shim_conn *shim_finish(struct ip_vs_dest *dest, unsigned int flags)
{
	struct ip_vs_service *svc = shim_self->opened;
	struct shim_conn *c = NULL;
	bool active_only;
	int count;
	u32 u;

	if (!svc)
		shim_die("shim_finish() without shim_decide_open()");
	if (!dest || (flags & SHIM_NO_CONN))
		goto out;
	active_only = READ_ONCE(svc->flags) & IP_VS_SVC_F_SCHED1;
	c = conn_new(svc, dest, flags);
	u = READ_ONCE(dest->u_threshold);
	count = count_bind(dest, flags);
	if (!active_only)
		check_limit(dest, count, u);
	__atomic_add_fetch(&shim_binds, 1, __ATOMIC_RELAXED);
	shim_race_point();
	if (!(flags & SHIM_NO_STATS))
		count_stats(svc, dest);
	shim_race_point();
	if (!(flags & (SHIM_INACTIVE | SHIM_TEMPLATE))) {
		count = count_active(c, true);
		if (active_only)
			check_limit(dest, count, u);
	}
out:
	shim_self->opened = NULL;
	leave(shim_self->serving);
	return c;
}

struct shim_conn *shim_connect_to(struct ip_vs_service __rcu **at,
				  unsigned int flags)
{
	struct ip_vs_service *svc;
	struct shim_conn *c = NULL;
	struct ip_vs_dest *dest;

	rcu_read_lock();
	svc = rcu_dereference(*at);
	if (svc) {
		dest = shim_decide_open(svc);
		shim_race_point();
		c = shim_finish(dest, flags);
	}
	rcu_read_unlock();
	return c;
}

struct shim_conn *shim_connect(struct ip_vs_service *svc, unsigned int flags)
{
	return shim_connect_to(&svc, flags);
}

struct shim_conn *shim_bind(struct ip_vs_service *svc, struct ip_vs_dest *dest,
			    unsigned int flags)
{
	struct shim_conn *c;

	rcu_read_lock();
	c = conn_new(svc, dest, flags);
	count_bind(dest, flags);
	if (!(flags & SHIM_NO_STATS))
		count_stats(svc, dest);
	if (!(flags & (SHIM_INACTIVE | SHIM_TEMPLATE)))
		shim_set_active(c, true);
	rcu_read_unlock();
	return c;
}

void shim_release(struct shim_conn *sc)
{
	struct conn *c = container_of(sc, struct conn, c);
	struct ip_vs_dest *dest = sc->dest;
	struct home *h = &homes[c->home];
	int tc;

	if (sc->flags & SHIM_TEMPLATE) {
		atomic_dec(&dest->persistconns);
	} else {
		shim_set_active(sc, false);
		tc = atomic_fetch_dec(&dest->totalconns);
		if (tc < 1)
			shim_die("more connections released than bound");
		if (tc == (int)READ_ONCE(dest->l_threshold_val)) {
			spin_lock_bh(&dest->dst_lock);
			update_overload(dest, -1);
			spin_unlock_bh(&dest->dst_lock);
		}
	}
	ip_vs_dest_put(dest);
	pthread_mutex_lock(&h->lock);
	list_del(&c->list);
	pthread_mutex_unlock(&h->lock);
	__atomic_sub_fetch(&conns_alive, 1, __ATOMIC_RELAXED);
	free(c);
}

/* ---- life ---- */

void shim_core_begin(void)
{
	int i;

	memset(&shim_ipvs, 0, sizeof(shim_ipvs));
	INIT_LIST_HEAD(&shim_ipvs.dest_trash);
	mutex_init(&shim_ipvs.service_mutex);
	shim_ipvs.net = &init_net;
	init_net.ipvs = &shim_ipvs;
	shim_ipvs.tot_stats.cpustats =
		shim_percpu_raw(sizeof(struct ip_vs_cpu_stats), false);
	for (i = 0; i < SHIM_MAX_CPUS; i++) {
		INIT_LIST_HEAD(&homes[i].conns);
		pthread_mutex_init(&homes[i].lock, NULL);
	}
	shim_limit = SHIM_LIMIT_DIE;
	shim_over_limit = 0;
	shim_binds = 0;
	shim_sched_errors = 0;
	conns_alive = 0;
	shim_skb = (struct sk_buff){ .len = 60 };
	shim_iph = (struct ip_vs_iphdr){ .protocol = IPPROTO_TCP };
}

void shim_core_end(void)
{
	struct hlist_head *services = &shim_ipvs.services;
	int i;

	for (i = 0; i < SHIM_MAX_CPUS; i++)
		while (!list_empty(&homes[i].conns))
			shim_release(&list_first_entry(&homes[i].conns,
						       struct conn, list)->c);
	while (services->first)
		shim_del_service(container_of(services->first,
					      struct ip_vs_service, s_list));
	if (shim_empty_trash())
		shim_die("a server in the trash is still referred to");
	shim_percpu_free_raw(shim_ipvs.tot_stats.cpustats, false);
	shim_ipvs.tot_stats.cpustats = NULL;
	while (shim_rcu_pending() && shim_rcu_gp() >= 0)
		;
}
