/* SPDX-License-Identifier: GPL-2.0 */
/* Just enough of a packet for a scheduler to look at. */
#ifndef SHIM_SKB_H
#define SHIM_SKB_H

#include <shim/kernel.h>

union nf_inet_addr {
	__u32 all[4];
	__be32 ip;
	__be32 ip6[4];
	struct in_addr in;
	struct in6_addr in6;
};

struct net;
struct net_device;

struct sk_buff {
	unsigned int len;
	unsigned int data_len;
	__u32 mark;
	unsigned char *data;
	unsigned int headlen;
	__be16 protocol;
	struct net_device *dev;
};

static inline void *skb_header_pointer(const struct sk_buff *skb, int offset,
				       int len, void *buffer)
{
	if (offset < 0 || len < 0 || !skb->data ||
	    (unsigned int)(offset + len) > skb->headlen)
		return NULL;
	return memcpy(buffer, skb->data + offset, len);
}

static inline bool ipv6_addr_equal(const struct in6_addr *a,
				   const struct in6_addr *b)
{
	return !memcmp(a, b, sizeof(*a));
}

struct net {
	struct netns_ipvs *ipvs;
	unsigned int ns_inum;
};
extern struct net init_net;

static inline bool net_eq(const struct net *a, const struct net *b)
{
	return a == b;
}

#endif
