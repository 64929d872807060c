// SPDX-License-Identifier: GPL-2.0
/*
 * Preloaded into ipvsadm-ext: it dies, without a chance to clean up, after a number of
 * changes have been sent. Changes that go out together are cut apart for that.
 *
 *   APPLY_KILL=N     _exit(137) when N changes are sent and another one is to be
 *   APPLY_COUNT=FILE write the number of changes sent to FILE, at exit
 *   APPLY_EIO=N      once, when N changes are sent: send() of the next ones fails
 *   APPLY_DEAD=N     the same, and from then on always, whatever is sent
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/genetlink.h>
#include <linux/ip_vs.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

static long changes;

/* Of the IPVS family; all others are below, or ask only. */
static int is_change(const struct nlmsghdr *nlh)
{
	const struct genlmsghdr *g = NLMSG_DATA(nlh);

	if (nlh->nlmsg_type < NLMSG_MIN_TYPE || nlh->nlmsg_type == GENL_ID_CTRL ||
	    nlh->nlmsg_flags & NLM_F_DUMP)
		return 0;
	switch (g->cmd) {
	case IPVS_CMD_GET_SERVICE:
	case IPVS_CMD_GET_DEST:
	case IPVS_CMD_GET_DAEMON:
	case IPVS_CMD_GET_CONFIG:
	case IPVS_CMD_GET_INFO:
		return 0;
	default:
		return 1;
	}
}

static long limit(const char *name)
{
	const char *s = getenv(name);

	return s ? strtol(s, NULL, 10) : -1;
}

/* How much of @buf may go out: up to the change that may not. */
static size_t allowed(const char *buf, size_t len, long max)
{
	size_t at = 0;

	while (at + sizeof(struct nlmsghdr) <= len) {
		const struct nlmsghdr *nlh = (const void *)(buf + at);

		if (is_change(nlh)) {
			if (max >= 0 && changes >= max)
				return at;
			changes++;
		}
		at += NLMSG_ALIGN(nlh->nlmsg_len);
	}
	return len;
}

static ssize_t filter(int fd, const char *buf, size_t len,
		      ssize_t (*out)(int fd, const void *buf, size_t len, int flags), int flags)
{
	static int failed;
	long max = limit("APPLY_KILL"), kill_at = max, dead = limit("APPLY_DEAD");
	size_t part;

	if (max < 0)
		max = dead;
	if (max < 0 && !failed)
		max = limit("APPLY_EIO");
	part = failed && dead >= 0 ? 0 : allowed(buf, len, max);
	if (part == len)
		return -2;
	if (part)
		out(fd, buf, part, flags);
	if (kill_at >= 0)
		_exit(137);
	failed = 1;
	errno = EIO;
	return -1;
}

static int netlink(int fd)
{
	int domain = 0;
	socklen_t len = sizeof(domain);

	return !getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) && domain == AF_NETLINK;
}

ssize_t send(int fd, const void *buf, size_t len, int flags)
{
	static ssize_t (*real)(int fd, const void *buf, size_t len, int flags);
	ssize_t ret;

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "send");
	if (netlink(fd)) {
		ret = filter(fd, buf, len, real, flags);
		if (ret != -2)
			return ret;
	}
	return real(fd, buf, len, flags);
}

ssize_t sendmsg(int fd, const struct msghdr *msg, int flags)
{
	static ssize_t (*real)(int fd, const struct msghdr *msg, int flags);
	static ssize_t (*real_send)(int fd, const void *buf, size_t len, int flags);
	ssize_t ret;

	if (!real) {
		*(void **)&real = dlsym(RTLD_NEXT, "sendmsg");
		*(void **)&real_send = dlsym(RTLD_NEXT, "send");
	}
	if (netlink(fd) && msg->msg_iovlen == 1) {
		ret = filter(fd, msg->msg_iov->iov_base, msg->msg_iov->iov_len, real_send, flags);
		if (ret != -2)
			return ret;
	}
	return real(fd, msg, flags);
}

static void __attribute__((destructor)) count(void)
{
	const char *path = getenv("APPLY_COUNT");
	FILE *f = path ? fopen(path, "w") : NULL;

	if (!f)
		return;
	fprintf(f, "%ld\n", changes);
	fclose(f);
}
