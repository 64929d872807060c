// SPDX-License-Identifier: GPL-2.0
/*
 * flows DEV MAC ADDR PORT PORTS FIRST COUNT: new flows, as fast as they can be
 * sent: COUNT datagrams out of DEV to MAC, one each from the source addresses
 * 10.64.0.0 + FIRST and following, to the ports PORT to PORT + PORTS - 1 of ADDR
 * in turn. Prints how many were sent.
 *
 * Each is written as a frame, in batches: a socket for each flow would take the
 * emulated machine of the tests ten times as long as IPVS takes for it.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ether.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <netpacket/packet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include "frame.h"

#define SOURCES		0x0a400000	/* 10.64.0.0 */
#define NR_SOURCES	0x00400000
#define SOURCE_PORT	1024
#define BATCH		64

struct frame {
	struct ether_header eth;
	struct iphdr ip;
	struct udphdr udp;
} __attribute__((packed));

static void die(const char *what)
{
	fprintf(stderr, "flows: %s: %s\n", what, strerror(errno));
	exit(1);
}

int main(int argc, char **argv)
{
	static struct frame frames[BATCH], f;
	static struct mmsghdr msgs[BATCH];
	static struct iovec iov[BATCH];
	struct sockaddr_ll to = { .sll_family = AF_PACKET };
	unsigned long port, ports, first, count, sent = 0;
	const struct ether_addr *mac;
	int fd, i, n;

	if (argc != 8) {
		fprintf(stderr, "flows DEV MAC ADDR PORT PORTS FIRST COUNT\n");
		return 2;
	}
	to.sll_ifindex = if_nametoindex(argv[1]);
	mac = ether_aton(argv[2]);
	if (!to.sll_ifindex || !mac)
		die(argv[1]);
	memcpy(f.eth.ether_dhost, mac, ETH_ALEN);
	f.eth.ether_type = htons(ETHERTYPE_IP);
	f.ip.version = 4;
	f.ip.ihl = sizeof(f.ip) / 4;
	f.ip.tot_len = htons(sizeof(f.ip) + sizeof(f.udp));
	f.ip.ttl = 64;
	f.ip.protocol = IPPROTO_UDP;
	if (inet_pton(AF_INET, argv[3], &f.ip.daddr) != 1)
		die(argv[3]);
	f.udp.source = htons(SOURCE_PORT);
	f.udp.len = htons(sizeof(f.udp));
	port = number(argv[4], 65535);
	ports = number(argv[5], 65536 - port);
	first = number(argv[6], NR_SOURCES);
	count = number(argv[7], NR_SOURCES - first);

	fd = socket(AF_PACKET, SOCK_RAW, 0);
	if (fd < 0)
		die("socket");
	for (i = 0; i < BATCH; i++) {
		iov[i] = (struct iovec){ &frames[i], sizeof(frames[i]) };
		msgs[i].msg_hdr.msg_iov = &iov[i];
		msgs[i].msg_hdr.msg_iovlen = 1;
		msgs[i].msg_hdr.msg_name = &to;
		msgs[i].msg_hdr.msg_namelen = sizeof(to);
	}
	while (sent < count) {
		for (i = 0; i < BATCH && sent + i < count; i++) {
			f.ip.saddr = htonl(SOURCES + first + sent + i);
			f.ip.check = 0;
			f.ip.check = checksum(f.ip);
			f.udp.dest = htons(port + (sent + i) % ports);
			frames[i] = f;
		}
		n = sendmmsg(fd, msgs, i, 0);
		if (n < 0 && errno != ENOBUFS && errno != EINTR)
			die("sendmmsg");
		if (n > 0)
			sent += n;
	}
	printf("%lu\n", sent);
	return 0;
}
