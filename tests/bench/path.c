// SPDX-License-Identifier: GPL-2.0
/*
 * What guest_path.sh runs in a VM: traffic and configuration, each with the time it
 * took, which is that of nothing else.
 *
 *   path syn|ack|udp DEV MAC ADDR PORT FIRST COUNT
 *	COUNT frames out of DEV to MAC, one each from the flows FIRST and following:
 *	the first packets of TCP connections, their second ones, or datagrams. All of
 *	them are written before the clock starts, and none is lost on the way: sending
 *	on this CPU is receiving on this CPU. Prints nanoseconds.
 *
 *   path tcp CLIENT SERVER ADDR PORT FIRST COUNT
 *	COUNT connections one after the other to ADDR and PORT, from the flows FIRST
 *	and following: a request, an answer, an orderly end. Both ends are here, with
 *	sockets in the network namespaces CLIENT and SERVER, so that no switch of tasks
 *	is counted. Prints nanoseconds.
 *
 *   path fill ADDR PORT FIRST COUNT
 *	COUNT servers, FIRST and following, for a TCP service, in a row. Prints nanoseconds.
 *
 *   path add|edit|delete ADDR PORT COUNT TIMES
 *	TIMES changes of a service that fill gave the servers 1 to COUNT: servers that are
 *	new, or that are spread over those which are there. Prints nanoseconds of each.
 *
 * Flow N comes from 10.9.0.0 + N / 512 and port 2048 + N % 512, server N is
 * 10.12.0.0 + N and port 80.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ether.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <netpacket/packet.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#include <linux/ip_vs.h>
#include "../scale/frame.h"

#define CLIENTS		0x0a090000	/* 10.9.0.0 */
#define NR_CLIENTS	0x10000
#define CLIENT_PORT	2048
#define CLIENT_PORTS	512
#define SERVERS		0x0a0c0000	/* 10.12.0.0 */
#define NR_SERVERS	0x10000
#define SERVER_PORT	80
#define WEIGHT		5
#define BATCH		64

struct frame {
	struct ether_header eth;
	struct iphdr ip;
	union {
		struct tcphdr tcp;
		struct udphdr udp;
	};
} __attribute__((packed));

static void die(const char *what)
{
	fprintf(stderr, "path: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void *xcalloc(size_t n, size_t size)
{
	void *p = calloc(n, size);

	if (!p)
		die("calloc");
	return p;
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static struct sockaddr_in target(const char *addr, const char *port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };

	if (inet_pton(AF_INET, addr, &sin.sin_addr) != 1)
		die(addr);
	sin.sin_port = htons(number(port, 65535));
	return sin;
}

static struct sockaddr_in flow(unsigned long n)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(CLIENTS + n / CLIENT_PORTS),
		.sin_port = htons(CLIENT_PORT + n % CLIENT_PORTS),
	};
}

/* A director does not look at checksums of TCP and UDP, so they are left out. */
static size_t write_frame(struct frame *f, const struct ether_addr *mac,
			  const char *kind, const struct sockaddr_in *from,
			  const struct sockaddr_in *to)
{
	bool udp = !strcmp(kind, "udp");
	size_t len = udp ? sizeof(f->udp) : sizeof(f->tcp);

	memcpy(f->eth.ether_dhost, mac, ETH_ALEN);
	f->eth.ether_type = htons(ETHERTYPE_IP);
	f->ip.version = 4;
	f->ip.ihl = sizeof(f->ip) / 4;
	f->ip.tot_len = htons(sizeof(f->ip) + len);
	f->ip.ttl = 64;
	f->ip.protocol = udp ? IPPROTO_UDP : IPPROTO_TCP;
	f->ip.saddr = from->sin_addr.s_addr;
	f->ip.daddr = to->sin_addr.s_addr;
	f->ip.check = checksum(f->ip);
	if (udp) {
		f->udp.source = from->sin_port;
		f->udp.dest = to->sin_port;
		f->udp.len = htons(len);
	} else {
		f->tcp.source = from->sin_port;
		f->tcp.dest = to->sin_port;
		f->tcp.doff = sizeof(f->tcp) / 4;
		f->tcp.window = htons(65535);
		f->tcp.syn = !strcmp(kind, "syn");
		f->tcp.ack = !f->tcp.syn;
	}
	return sizeof(f->eth) + sizeof(f->ip) + len;
}

static int cmd_frames(char **argv)
{
	unsigned long i, first, count, sent = 0;
	struct sockaddr_ll to = { .sll_family = AF_PACKET };
	const struct ether_addr *mac = ether_aton(argv[2]);
	struct sockaddr_in vip = target(argv[3], argv[4]);
	struct mmsghdr *msgs;
	struct frame *frames;
	struct iovec *iov;
	uint64_t ns;
	int fd, n;

	to.sll_ifindex = if_nametoindex(argv[1]);
	if (!to.sll_ifindex || !mac)
		die(argv[1]);
	first = number(argv[5], NR_CLIENTS * CLIENT_PORTS);
	count = number(argv[6], NR_CLIENTS * CLIENT_PORTS - first);
	frames = xcalloc(count, sizeof(*frames));
	msgs = xcalloc(count, sizeof(*msgs));
	iov = xcalloc(count, sizeof(*iov));
	for (i = 0; i < count; i++) {
		struct sockaddr_in from = flow(first + i);

		iov[i].iov_base = &frames[i];
		iov[i].iov_len = write_frame(&frames[i], mac, argv[0], &from, &vip);
		msgs[i].msg_hdr.msg_iov = &iov[i];
		msgs[i].msg_hdr.msg_iovlen = 1;
		msgs[i].msg_hdr.msg_name = &to;
		msgs[i].msg_hdr.msg_namelen = sizeof(to);
	}
	fd = socket(AF_PACKET, SOCK_RAW, 0);
	if (fd < 0)
		die("socket");
	ns = now_ns();
	while (sent < count) {
		n = sendmmsg(fd, msgs + sent, count - sent < BATCH ? count - sent : BATCH, 0);
		if (n <= 0)
			die("sendmmsg");
		sent += n;
	}
	ns = now_ns() - ns;
	printf("%llu\n", (unsigned long long)ns);
	return 0;
}

/* ---- whole connections --------------------------------------------------- */

static void enter(const char *ns)
{
	int fd = open(ns, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || setns(fd, CLONE_NEWNET))
		die(ns);
	close(fd);
}

static int socket_for(const struct sockaddr_in *local)
{
	int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
	/* rather a failure than to wait for what never comes */
	struct timeval limit = { .tv_sec = 10 };

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) ||
	    bind(fd, (const void *)local, sizeof(*local)))
		die("bind");
	return fd;
}

static void exchange(int from, int to, char *buf, size_t len)
{
	if (send(from, buf, len, 0) != (ssize_t)len)
		die("send");
	if (recv(to, buf, len, MSG_WAITALL) != (ssize_t)len)
		die("recv");
}

static int cmd_tcp(char **argv)
{
	struct sockaddr_in any = { .sin_family = AF_INET }, from, vip;
	unsigned long i, first, count;
	int client, server, listener;
	char buf[1000] = "";
	uint64_t ns;

	vip = target(argv[3], argv[4]);
	first = number(argv[5], NR_CLIENTS * CLIENT_PORTS);
	count = number(argv[6], NR_CLIENTS * CLIENT_PORTS - first);
	any.sin_port = vip.sin_port;
	enter(argv[2]);
	listener = socket_for(&any);
	if (listen(listener, 16))
		die("listen");
	enter(argv[1]);
	ns = now_ns();
	for (i = 0; i < count; i++) {
		from = flow(first + i);
		client = socket_for(&from);
		if (connect(client, (void *)&vip, sizeof(vip)))
			die("connect");
		server = accept(listener, NULL, NULL);
		if (server < 0)
			die("accept");
		exchange(client, server, buf, 100);
		exchange(server, client, buf, sizeof(buf));
		close(client);
		if (recv(server, buf, 1, 0))
			die("the client's end");
		close(server);
	}
	ns = now_ns() - ns;
	printf("%llu\n", (unsigned long long)ns);
	return 0;
}

/* ---- configuration ------------------------------------------------------- */

static int control(void)
{
	int fd = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);

	if (fd < 0)
		die("socket");
	return fd;
}

/* What the kernel takes of a server is its service and then itself. */
struct change {
	struct ip_vs_service_user svc;
	struct ip_vs_dest_user dest;
};

static uint64_t apply(int fd, int what, const struct change *c)
{
	uint64_t ns = now_ns();

	if (setsockopt(fd, IPPROTO_IP, what, c, sizeof(*c)))
		die("changing a server");
	return now_ns() - ns;
}

static struct change change_of(const char *addr, const char *port)
{
	struct sockaddr_in vip = target(addr, port);

	return (struct change){
		.svc.protocol = IPPROTO_TCP,
		.svc.addr = vip.sin_addr.s_addr,
		.svc.port = vip.sin_port,
		.svc.netmask = ~0U,
		.dest.port = htons(SERVER_PORT),
		.dest.conn_flags = IP_VS_CONN_F_DROUTE,
		.dest.weight = WEIGHT,
		.dest.u_threshold = 1000000,
	};
}

static int cmd_fill(char **argv)
{
	struct change c = change_of(argv[1], argv[2]);
	unsigned long i, first = number(argv[3], NR_SERVERS);
	unsigned long count = number(argv[4], NR_SERVERS - first);
	int fd = control();
	uint64_t ns = 0;

	for (i = 0; i < count; i++) {
		c.dest.addr = htonl(SERVERS + first + i);
		ns += apply(fd, IP_VS_SO_SET_ADDDEST, &c);
	}
	printf("%llu\n", (unsigned long long)ns);
	return 0;
}

static int cmd_change(char **argv)
{
	struct change c = change_of(argv[1], argv[2]);
	unsigned long i, count = number(argv[3], NR_SERVERS), times;
	int fd = control(), what;

	times = number(argv[4], NR_SERVERS - 2 - count);
	for (i = 0; i < times; i++) {
		unsigned long n = i * count / times + 1;

		if (!strcmp(argv[0], "add")) {
			what = IP_VS_SO_SET_ADDDEST;
			n = count + 1 + i;
		} else if (!strcmp(argv[0], "edit")) {
			what = IP_VS_SO_SET_EDITDEST;
			c.dest.weight = WEIGHT + 1 + i % 3;
		} else {
			what = IP_VS_SO_SET_DELDEST;
		}
		c.dest.addr = htonl(SERVERS + n);
		printf("%llu\n", (unsigned long long)apply(fd, what, &c));
	}
	return 0;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int nr_args;
		int (*run)(char **argv);
	} cmd[] = {
		{ "syn", 7, cmd_frames },
		{ "ack", 7, cmd_frames },
		{ "udp", 7, cmd_frames },
		{ "tcp", 7, cmd_tcp },
		{ "fill", 5, cmd_fill },
		{ "add", 5, cmd_change },
		{ "edit", 5, cmd_change },
		{ "delete", 5, cmd_change },
	};
	cpu_set_t cpus;
	size_t i;

	CPU_ZERO(&cpus);
	CPU_SET(0, &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus))
		die("sched_setaffinity");
	if (mlockall(MCL_CURRENT | MCL_FUTURE))
		die("mlockall");
	for (i = 0; argc > 1 && i < sizeof(cmd) / sizeof(cmd[0]); i++)
		if (!strcmp(argv[1], cmd[i].name) && argc - 1 == cmd[i].nr_args)
			return cmd[i].run(argv + 1);
	fprintf(stderr, "usage: see path.c\n");
	return 2;
}
