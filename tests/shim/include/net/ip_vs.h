/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a scheduler sees of the IPVS core, in the newest of the known shapes:
 * the total of a server's connections in one counter, the lower limit in use
 * beside the configured one, and availability in a word of its own. Order of
 * the members as in the kernel, so that cache lines are shared alike.
 */
#ifndef _NET_IP_VS_H
#define _NET_IP_VS_H

#include <linux/ip_vs.h>
#include <shim/skb.h>

#define IP_VS_HDR_INVERSE	1
#define IP_VS_HDR_ICMP		2
#define IP_VS_DEST_F_OVERLOAD	0x0002
#define IP_VS_DEST_CF_AVAILABLE	0x0001
#define FTPPORT			cpu_to_be16(21)
#define FTPDATA			cpu_to_be16(20)

struct ip_vs_iphdr {
	int hdr_flags;
	__u32 off;
	__u32 len;
	__u16 fragoffs;
	__s16 protocol;
	__s32 flags;
	union nf_inet_addr saddr;
	union nf_inet_addr daddr;
};

struct ip_vs_counters {
	u64_stats_t conns;
	u64_stats_t inpkts;
	u64_stats_t outpkts;
	u64_stats_t inbytes;
	u64_stats_t outbytes;
};

struct ip_vs_cpu_stats {
	struct ip_vs_counters cnt;
	struct u64_stats_sync syncp;
};

struct ip_vs_estimator {
	struct list_head list;
	u64 last_inbytes, last_outbytes;
	u64 last_conns, last_inpkts, last_outpkts;
	u64 cps, inpps, outpps, inbps, outbps;
};

struct ip_vs_kstats {
	u64 conns, inpkts, outpkts, inbytes, outbytes;
	u64 cps, inpps, outpps, inbps, outbps;
};

struct ip_vs_stats {
	struct ip_vs_kstats kstats;
	struct ip_vs_estimator est;
	struct ip_vs_cpu_stats __percpu *cpustats;
	spinlock_t lock;
	struct ip_vs_kstats kstats0;
};

struct ip_vs_service;
struct ip_vs_dest;
struct ip_vs_pe;
struct ip_vs_dest_dst;

struct ip_vs_scheduler {
	struct list_head n_list;
	char *name;
	atomic_t refcnt;
	struct module *module;
	int (*init_service)(struct ip_vs_service *svc);
	void (*done_service)(struct ip_vs_service *svc);
	int (*add_dest)(struct ip_vs_service *svc, struct ip_vs_dest *dest);
	int (*del_dest)(struct ip_vs_service *svc, struct ip_vs_dest *dest);
	int (*upd_dest)(struct ip_vs_service *svc, struct ip_vs_dest *dest);
	struct ip_vs_dest *(*schedule)(struct ip_vs_service *svc,
				       const struct sk_buff *skb,
				       struct ip_vs_iphdr *iph);
};

struct netns_ipvs {
	struct net *net;
	struct list_head dest_trash;
	struct hlist_head services;
	struct mutex service_mutex;
	struct ip_vs_stats tot_stats;
	atomic_t conn_count;
};

struct ip_vs_service {
	struct hlist_node s_list;
	struct hlist_node f_list;
	atomic_t refcnt;
	u16 af;
	__u16 protocol;
	union nf_inet_addr addr;
	__be16 port;
	__u32 fwmark;
	unsigned int flags;
	unsigned int timeout;
	__be32 netmask;
	struct netns_ipvs *ipvs;
	struct list_head destinations;
	__u32 num_dests;
	struct ip_vs_stats stats;
	struct ip_vs_scheduler __rcu *scheduler;
	spinlock_t sched_lock;
	void *sched_data;
	struct ip_vs_pe __rcu *pe;
	int conntrack_afmask;
	struct rcu_head rcu_head;
};

struct ip_vs_dest {
	struct list_head n_list;
	struct hlist_node d_list;
	u16 af;
	__be16 port;
	union nf_inet_addr addr;
	volatile unsigned int flags;
	atomic_t conn_flags;
	atomic_t weight;
	unsigned long cflags;
	atomic_t last_weight;
	__u16 tun_type;
	__be16 tun_port;
	__u16 tun_flags;
	refcount_t refcnt;
	struct ip_vs_stats stats;
	unsigned long idle_start;
	atomic_t activeconns;
	atomic_t totalconns;
	atomic_t persistconns;
	__u32 u_threshold;
	__u32 l_threshold;
	__u32 l_threshold_val;
	spinlock_t dst_lock;
	struct ip_vs_dest_dst __rcu *dest_dst;
	struct ip_vs_service __rcu *svc;
	__u16 protocol;
	__be16 vport;
	union nf_inet_addr vaddr;
	__u32 vfwmark;
	struct list_head t_list;
	unsigned int in_rs_table:1;
};

int register_ip_vs_scheduler(struct ip_vs_scheduler *scheduler);
int unregister_ip_vs_scheduler(struct ip_vs_scheduler *scheduler);
void ip_vs_scheduler_err(struct ip_vs_service *svc, const char *msg);

static inline bool ip_vs_iph_inverse(const struct ip_vs_iphdr *iph)
{
	return iph->hdr_flags & IP_VS_HDR_INVERSE;
}

static inline bool ip_vs_iph_icmp(const struct ip_vs_iphdr *iph)
{
	return iph->hdr_flags & IP_VS_HDR_ICMP;
}

static inline void ip_vs_addr_copy(int af, union nf_inet_addr *dst,
				   const union nf_inet_addr *src)
{
	if (af == AF_INET6)
		dst->in6 = src->in6;
	else
		dst->ip = src->ip;
}

static inline int ip_vs_addr_equal(int af, const union nf_inet_addr *a,
				   const union nf_inet_addr *b)
{
	if (af == AF_INET6)
		return ipv6_addr_equal(&a->in6, &b->in6);
	return a->ip == b->ip;
}

static inline int ip_vs_dest_conn_overhead(struct ip_vs_dest *dest)
{
	return atomic_read(&dest->activeconns) * 256 +
	       atomic_read(&dest->totalconns);
}

static inline int ip_vs_dest_inactconns(const struct ip_vs_dest *dest)
{
	return max(0, atomic_read(&dest->totalconns) -
		      atomic_read(&dest->activeconns));
}

static inline void ip_vs_dest_hold(struct ip_vs_dest *dest)
{
	refcount_inc(&dest->refcnt);
}

static inline void ip_vs_dest_put(struct ip_vs_dest *dest)
{
	smp_mb__before_atomic();
	refcount_dec(&dest->refcnt);
}

static inline struct netns_ipvs *net_ipvs(struct net *net) { return net->ipvs; }

#define IP_VS_DBG(level, msg, ...)	do { } while (0)
#define IP_VS_DBG_RL(msg, ...)		do { } while (0)
#define IP_VS_DBG_BUF(level, msg, ...)	do { } while (0)
#define IP_VS_DBG_PKT(level, msg, ...)	do { } while (0)
#define IP_VS_ERR_BUF(msg, ...)		pr_err(msg, ##__VA_ARGS__)
#define IP_VS_DBG_ADDR(af, addr)	shim_addr_text(af, addr)
const char *shim_addr_text(int af, const union nf_inet_addr *addr);
#define IP_VS_ERR_RL(msg, ...) do {					\
	if (net_ratelimit())						\
		pr_err(msg, ##__VA_ARGS__);				\
} while (0)

#endif
