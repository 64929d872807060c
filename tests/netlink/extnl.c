// SPDX-License-Identifier: GPL-2.0
/*
 * extnl: ask and tell IPVS_EXT, for the cases of tests/vm.
 *
 *	extnl [-u UID] [-r] [-n] COMMAND...
 *		-u: as that user, -r: as root of a new user namespace, -n: in a
 *		new network namespace
 *
 *	extnl family				is it there?
 *	extnl sched
 *	extnl attr|param|state [SERVICE]
 *	extnl set-attr SERVICE SERVER NAME=VALUE...
 *	extnl del-attr [SERVICE [SERVER [NAME...]]]
 *	extnl set-param SERVICE NAME=VALUE...
 *	extnl del-param SERVICE [NAME...]
 *	extnl many SERVICE FIRST COUNT		attributes of COUNT servers
 *	extnl flap VIP:PORT SERVER COUNT	edits COUNT times the upper threshold
 *		of a server of a TCP service: 1, 2, 1, 2...
 *	extnl switch VIP:PORT COUNT SCHEDULER...
 *		gives a UDP service the schedulers in turn, COUNT times
 *	extnl torn attr|state COMMAND		dump, and run COMMAND meanwhile
 *	extnl events [-c COUNT] [-d] [-p SECONDS] [-b BYTES] [-t SECONDS]
 *		-c: end after so many, -d: dump state after joining, -p: sleep
 *		before reading, -b: receive buffer, -t: end after so long
 *
 * SERVICE is tcp:10.7.1.1:80, udp:[fd07::1]:53, fwmark:7; SERVER is 10.7.0.3:80.
 * What is given is printed one message a line. An error of the kernel is
 * printed as "NAME-OF-ERROR: TEXT", status 1.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/ip_vs.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "nl.h"

#ifndef SOL_NETLINK
#define SOL_NETLINK	270
#endif

static struct nl nl;
static struct msg msg;

static int tell(const struct answer *a)
{
	if (a->interrupted)
		puts("interrupted");
	fflush(stdout);
	if (!a->error)
		return 0;
	fprintf(stderr, "%s: %s\n", strerrorname_np(a->error), a->text);
	return 1;
}

static int dump(uint8_t cmd, const char *service)
{
	struct answer a;

	msg_start(&msg, &nl, cmd, NLM_F_DUMP);
	if (service)
		msg_service(&msg, service);
	nl_talk(&nl, &msg, &a, nl_print);
	return tell(&a);
}

static int request(void)
{
	struct answer a;

	nl_talk(&nl, &msg, &a, NULL);
	return tell(&a);
}

/* The value of "name=value", or 1 where there is none; *name is ended. */
static uint64_t split(char *word)
{
	char *eq = strchr(word, '=');

	if (!eq)
		return 1;
	*eq = 0;
	return strtoull(eq + 1, NULL, 0);
}

static void put_attrs(char **words)
{
	size_t nest = msg_nest(&msg, IP_VS_EXT_A_SERVER_ATTRS);

	for (; *words; words++) {
		uint64_t value = split(*words);

		if (!strcmp(*words, "priority"))
			msg_u32(&msg, IP_VS_EXT_ATTR_PRIORITY, value);
		else if (!strcmp(*words, "bandwidth"))
			msg_u64(&msg, IP_VS_EXT_ATTR_BANDWIDTH, value);
		else if (!strcmp(*words, "lag"))
			msg_u32(&msg, IP_VS_EXT_ATTR_LAG, value);
		else
			die("no attribute: %s", *words);
	}
	msg_end(&msg, nest);
}

static void put_params(char **words)
{
	size_t nest = msg_nest(&msg, IP_VS_EXT_A_PARAMS);

	for (; *words; words++) {
		size_t param = msg_nest(&msg, IP_VS_EXT_A_PARAM);
		uint64_t value = split(*words);

		msg_put(&msg, IP_VS_EXT_PARAM_NAME, *words, strlen(*words) + 1);
		msg_u64(&msg, IP_VS_EXT_PARAM_VALUE, value);
		msg_end(&msg, param);
	}
	msg_end(&msg, nest);
}

/* Servers 10.200.x.y:80 from number @first on. */
static int many(const char *service, unsigned long first, unsigned long count)
{
	unsigned long i;

	for (i = first; i < first + count; i++) {
		char server[64], priority[32] = "priority=7";
		char *words[] = { priority, NULL };
		struct answer a;

		snprintf(server, sizeof(server), "10.200.%lu.%lu:80", i >> 8 & 255,
			 i & 255);
		msg_start(&msg, &nl, IP_VS_EXT_CMD_SET_ATTR, NLM_F_ACK);
		msg_service(&msg, service);
		msg_server(&msg, server);
		put_attrs(words);
		nl_talk(&nl, &msg, &a, NULL);
		if (a.error)
			return tell(&a);
	}
	return 0;
}

static void take_address(char *text, __be32 *addr, __be16 *port)
{
	char *colon = strchr(text, ':');

	if (!colon)
		die("no port: %s", text);
	*colon = 0;
	if (inet_pton(AF_INET, text, addr) != 1)
		die("no address: %s", text);
	*port = htons(atoi(colon + 1));
}

/* By the socket option, which is faster than anything else. */
static int flap(char *service, char *server, unsigned int count)
{
	struct {
		struct ip_vs_service_user service;
		struct ip_vs_dest_user server;
	} edit = {
		.service.protocol = IPPROTO_TCP,
		.server.conn_flags = IP_VS_CONN_F_DROUTE,
		.server.weight = 5,
	};
	int fd = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
	unsigned int i;

	take_address(service, &edit.service.addr, &edit.service.port);
	take_address(server, &edit.server.addr, &edit.server.port);
	for (i = 0; i < count; i++) {
		edit.server.u_threshold = 1 + i % 2;
		if (setsockopt(fd, IPPROTO_IP, IP_VS_SO_SET_EDITDEST, &edit,
			       sizeof(edit)))
			die("edit: %s", strerror(errno));
	}
	close(fd);
	return 0;
}

/* The same way; what else is set of the service stays. */
static int change(char *service, unsigned int count, char **schedulers)
{
	struct ip_vs_service_entry is = { .protocol = IPPROTO_UDP };
	struct ip_vs_service_user to = { .protocol = IPPROTO_UDP };
	int fd = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
	socklen_t len = sizeof(is);
	char **next = schedulers;
	unsigned int i;

	take_address(service, &to.addr, &to.port);
	is.addr = to.addr;
	is.port = to.port;
	if (getsockopt(fd, IPPROTO_IP, IP_VS_SO_GET_SERVICE, &is, &len))
		die("service: %s", strerror(errno));
	to.flags = is.flags;
	to.timeout = is.timeout;
	to.netmask = is.netmask;
	for (i = 0; i < count; i++) {
		snprintf(to.sched_name, sizeof(to.sched_name), "%s", *next);
		if (setsockopt(fd, IPPROTO_IP, IP_VS_SO_SET_EDIT, &to,
			       sizeof(to)))
			die("%s: %s", *next, strerror(errno));
		/* It shall decide something. */
		usleep(1000);
		if (!*++next)
			next = schedulers;
	}
	close(fd);
	return 0;
}

static const char *meanwhile;

/* The rest of the dump is still in the kernel. */
static void print_torn(const struct nlmsghdr *h)
{
	if (meanwhile && system(meanwhile))
		die("failed: %s", meanwhile);
	meanwhile = NULL;
	nl_print(h);
}

static int torn(uint8_t cmd, const char *command)
{
	struct answer a;

	meanwhile = command;
	msg_start(&msg, &nl, cmd, NLM_F_DUMP);
	nl_talk(&nl, &msg, &a, print_torn);
	return tell(&a);
}

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0)
		die("open %s: %s", path, strerror(errno));
	if (write(fd, text, strlen(text)) < 0)
		die("write %s: %s", path, strerror(errno));
	close(fd);
}

/* Become somebody else. */
static void become(int uid, bool root, bool net)
{
	if (uid && setresuid(uid, uid, uid))
		die("setresuid: %s", strerror(errno));
	if ((root || net) && unshare((root ? CLONE_NEWUSER : 0) |
				     (net ? CLONE_NEWNET : 0)))
		die("unshare: %s", strerror(errno));
	if (root) {
		char map[32];

		/* or /proc/self would still be root's */
		prctl(PR_SET_DUMPABLE, 1);
		snprintf(map, sizeof(map), "0 %d 1", uid);
		write_file("/proc/self/uid_map", map);
	}
}

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int events(int argc, char **argv)
{
	long count = -1, end = 0, seconds = 0;
	int pause = 0, size = 0, opt;
	bool state = false;
	struct nl listen;

	while ((opt = getopt(argc, argv, "c:dp:b:t:")) != -1) {
		switch (opt) {
		case 'c':
			count = atol(optarg);
			break;
		case 'd':
			state = true;
			break;
		case 'p':
			pause = atoi(optarg);
			break;
		case 'b':
			size = atoi(optarg);
			break;
		case 't':
			seconds = atol(optarg);
			break;
		default:
			return 2;
		}
	}
	if (!nl_open(&listen))
		return 1;
	if (size && setsockopt(listen.fd, SOL_SOCKET, SO_RCVBUF, &size,
			       sizeof(size)))
		die("SO_RCVBUF: %s", strerror(errno));
	if (setsockopt(listen.fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP,
		       &listen.group, sizeof(listen.group))) {
		fprintf(stderr, "%s: join\n", strerrorname_np(errno));
		return 1;
	}
	puts("listening");
	fflush(stdout);
	if (state && dump(IP_VS_EXT_CMD_GET_STATE, NULL))
		return 1;
	sleep(pause);
	if (seconds)
		end = now_ms() + seconds * 1000;
	while (count) {
		struct pollfd p = { .fd = listen.fd, .events = POLLIN };
		static unsigned char buf[1 << 16];
		struct nlmsghdr *h = (void *)buf;
		long left = end ? end - now_ms() : -1;
		ssize_t n;

		if (end && (left <= 0 || !poll(&p, 1, left)))
			break;
		n = recv(listen.fd, buf, sizeof(buf), 0);
		if (n < 0) {
			if (errno != ENOBUFS)
				die("recv: %s", strerror(errno));
			puts("overrun");
			fflush(stdout);
			continue;
		}
		for (; NLMSG_OK(h, n); h = NLMSG_NEXT(h, n)) {
			nl_print(h);
			count -= count > 0;
		}
		fflush(stdout);
	}
	return 0;
}

static int command(const char *word)
{
	size_t i;

	for (i = 1; i < ARRAY_SIZE(nl_commands); i++)
		if (!strcmp(word, nl_commands[i]))
			return i;
	return 0;
}

int main(int argc, char **argv)
{
	bool root = false, net = false;
	int cmd, opt, uid = 0;

	while ((opt = getopt(argc, argv, "+u:rn")) != -1) {
		switch (opt) {
		case 'u':
			uid = atoi(optarg);
			break;
		case 'r':
			root = true;
			break;
		case 'n':
			net = true;
			break;
		default:
			return 2;
		}
	}
	argc -= optind - 1;
	argv += optind - 1;
	optind = 1;
	become(uid, root, net);
	if (argc < 2)
		die("extnl COMMAND...: see the head of extnl.c");
	if (!strcmp(argv[1], "flap") && argc == 5)
		return flap(argv[2], argv[3], atoi(argv[4]));
	if (!strcmp(argv[1], "switch") && argc > 4)
		return change(argv[2], atoi(argv[3]), argv + 4);
	if (!nl_open(&nl)) {
		fprintf(stderr, "%s: no family %s\n", strerrorname_np(errno),
			IP_VS_EXT_GENL_NAME);
		return 1;
	}
	if (!strcmp(argv[1], "family"))
		return 0;
	if (!strcmp(argv[1], "events"))
		return events(argc - 1, argv + 1);
	if (!strcmp(argv[1], "many") && argc == 5)
		return many(argv[2], strtoul(argv[3], NULL, 10),
			    strtoul(argv[4], NULL, 10));

	if (!strcmp(argv[1], "torn") && argc == 4)
		return torn(command(argv[2]), argv[3]);

	cmd = command(argv[1]);
	switch (cmd) {
	case IP_VS_EXT_CMD_GET_SCHED:
	case IP_VS_EXT_CMD_GET_ATTR:
	case IP_VS_EXT_CMD_GET_PARAM:
	case IP_VS_EXT_CMD_GET_STATE:
		return dump(cmd, argv[2]);
	case IP_VS_EXT_CMD_SET_ATTR:
	case IP_VS_EXT_CMD_DEL_ATTR:
	case IP_VS_EXT_CMD_SET_PARAM:
	case IP_VS_EXT_CMD_DEL_PARAM:
		break;
	default:
		die("no command: %s", argv[1]);
	}
	argv += 2;
	msg_start(&msg, &nl, cmd, NLM_F_ACK);
	if (*argv)
		msg_service(&msg, *argv++);
	if (*argv && (cmd == IP_VS_EXT_CMD_SET_ATTR ||
		      cmd == IP_VS_EXT_CMD_DEL_ATTR))
		msg_server(&msg, *argv++);
	if (*argv) {
		if (cmd == IP_VS_EXT_CMD_SET_ATTR ||
		    cmd == IP_VS_EXT_CMD_DEL_ATTR)
			put_attrs(argv);
		else
			put_params(argv);
	}
	return request();
}
