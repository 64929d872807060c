// SPDX-License-Identifier: GPL-2.0
/*
 * bigstats.so - put large counters into what the kernel says
 *
 * Preloaded into a program that lists services, it replaces every counter in
 * the kernel's answers by one of bigstats.h. Which one depends on nothing but
 * the service or server and the counter, so two programs see the same.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <linux/genetlink.h>
#include <linux/ip_vs.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "bigstats.h"

ssize_t recvmsg(int fd, struct msghdr *msg, int flags);
ssize_t recvfrom(int fd, void *buf, size_t len, int flags, struct sockaddr *from,
		 socklen_t *fromlen);
ssize_t recv(int fd, void *buf, size_t len, int flags);
int recvmmsg(int fd, struct mmsghdr *vec, unsigned int n, int flags, struct timespec *timeout);

static uint32_t hash(uint32_t h, const void *data, int len)
{
	const unsigned char *p = data;

	while (len-- > 0)
		h = (h ^ *p++) * 16777619;
	return h;
}

#define for_each_attr(a, data, len) \
	for (a = (void *)(data); (char *)a + NLA_HDRLEN <= (char *)(data) + (len) && \
	     a->nla_len >= NLA_HDRLEN && (char *)a + a->nla_len <= (char *)(data) + (len); \
	     a = (void *)((char *)a + NLA_ALIGN(a->nla_len)))

static int type_of(const struct nlattr *a)
{
	return a->nla_type & NLA_TYPE_MASK;
}

static void *payload(struct nlattr *a)
{
	return (char *)a + NLA_HDRLEN;
}

static void enlarge_stats(struct nlattr *nest, uint32_t h)
{
	struct nlattr *a;
	uint64_t v;

	for_each_attr(a, payload(nest), nest->nla_len - NLA_HDRLEN) {
		/* Also another one for each counter of one entry. */
		v = big_stats[hash(h, "counter", type_of(a) & 7) % BIG_STATS];
		if (a->nla_len == NLA_HDRLEN + sizeof(v))
			memcpy(payload(a), &v, sizeof(v));
		else if (a->nla_len == NLA_HDRLEN + sizeof(uint32_t))
			memcpy(payload(a), &v, sizeof(uint32_t));
	}
}

/* @nest is a service or a server; the numbers of their attributes are alike. */
static void enlarge(struct nlattr *nest, int stats, int stats64, int last_key)
{
	uint32_t h = 2166136261;
	struct nlattr *a;

	for_each_attr(a, payload(nest), nest->nla_len - NLA_HDRLEN) {
		if (type_of(a) <= last_key)
			h = hash(h, payload(a), a->nla_len - NLA_HDRLEN);
	}
	for_each_attr(a, payload(nest), nest->nla_len - NLA_HDRLEN) {
		if (type_of(a) == stats || type_of(a) == stats64)
			enlarge_stats(a, h);
	}
}

static void change(void *buf, ssize_t n)
{
	struct nlmsghdr *h;
	struct nlattr *a;
	int head = NLMSG_ALIGN(sizeof(*h)) + GENL_HDRLEN;

	for (h = buf; NLMSG_OK(h, n); h = NLMSG_NEXT(h, n)) {
		if (h->nlmsg_type < NLMSG_MIN_TYPE || (int)h->nlmsg_len <= head)
			continue;
		for_each_attr(a, (char *)h + head, (int)h->nlmsg_len - head) {
			/* Those of GENL_ID_CTRL have other types inside. */
			if (h->nlmsg_type == GENL_ID_CTRL)
				continue;
			if (type_of(a) == IPVS_CMD_ATTR_SERVICE)
				enlarge(a, IPVS_SVC_ATTR_STATS, IPVS_SVC_ATTR_STATS64,
					IPVS_SVC_ATTR_FWMARK);
			else if (type_of(a) == IPVS_CMD_ATTR_DEST)
				enlarge(a, IPVS_DEST_ATTR_STATS, IPVS_DEST_ATTR_STATS64,
					IPVS_DEST_ATTR_PORT);
		}
	}
}

static void *next(const char *name)
{
	void *f = dlsym(RTLD_NEXT, name);

	if (!f)
		abort();
	return f;
}

/* Answers that are read into several pieces are left alone: nobody does that. */
static void change_message(const struct msghdr *msg, ssize_t n)
{
	if (n > 0 && msg->msg_iovlen == 1 && (size_t)n <= msg->msg_iov[0].iov_len)
		change(msg->msg_iov[0].iov_base, n);
}

ssize_t recvmsg(int fd, struct msghdr *msg, int flags)
{
	ssize_t (*real)(int fd, struct msghdr *msg, int flags) = next("recvmsg");
	ssize_t n = real(fd, msg, flags);

	change_message(msg, n);
	return n;
}

int recvmmsg(int fd, struct mmsghdr *vec, unsigned int len, int flags, struct timespec *timeout)
{
	int (*real)(int fd, struct mmsghdr *vec, unsigned int len, int flags,
		    struct timespec *timeout) = next("recvmmsg");
	int n = real(fd, vec, len, flags, timeout), i;

	for (i = 0; i < n; i++)
		change_message(&vec[i].msg_hdr, vec[i].msg_len);
	return n;
}

ssize_t recvfrom(int fd, void *buf, size_t len, int flags, struct sockaddr *from,
		 socklen_t *fromlen)
{
	ssize_t (*real)(int fd, void *buf, size_t len, int flags, struct sockaddr *from,
			socklen_t *fromlen) = next("recvfrom");
	ssize_t n = real(fd, buf, len, flags, from, fromlen);

	if (n > 0 && (size_t)n <= len)
		change(buf, n);
	return n;
}

ssize_t recv(int fd, void *buf, size_t len, int flags)
{
	return recvfrom(fd, buf, len, flags, NULL, NULL);
}
