// SPDX-License-Identifier: GPL-2.0
/*
 * Packets from the client's namespace: each is the first one of a connection of
 * its own, and has its number in its source, so that a connection in the
 * director's table tells when it was asked for.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include "torture.h"

#define SOURCES		0x0a0a0000u	/* 10.10.0.0/16 */
#define FIRST_PORT	1024
#define SENDERS		2

atomic_uint sent;

static atomic_bool paused = true;
static atomic_int at_rest;
/* the senders', and the one of send_one() */
static int raw[SENDERS + 1];

uint32_t packet_number(uint32_t addr, uint16_t port)
{
	if ((addr & 0xffff0000) != SOURCES)
		return 0;
	return (addr & 0xffff) | (uint32_t)(port - FIRST_PORT) << 16;
}

static uint16_t checksum(const void *data, size_t len)
{
	const uint16_t *p = data;
	uint32_t sum = 0;

	for (; len; len -= 2)
		sum += *p++;
	sum = (sum >> 16) + (sum & 0xffff);
	return ~(sum + (sum >> 16));
}

static void send_packet(int fd, unsigned int service, uint32_t number, uint8_t flags)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	struct {
		struct iphdr ip;
		union {
			struct udphdr udp;
			struct tcphdr tcp;
		};
	} p = {
		.ip = {
			.version = 4, .ihl = 5, .ttl = 64,
			.protocol = service_protocol(service),
			.saddr = htonl(SOURCES | (number & 0xffff)),
			.daddr = htonl(VIP),
		},
	};
	size_t len = sizeof(p.ip);

	p.udp.source = htons(FIRST_PORT + (number >> 16));
	p.udp.dest = htons(PORTS + service);
	if (p.ip.protocol == IPPROTO_UDP) {
		len += sizeof(p.udp);
		p.udp.len = htons(sizeof(p.udp));
	} else {
		len += sizeof(p.tcp);
		p.tcp.doff = 5;
		p.tcp.th_flags = flags;
		p.tcp.window = htons(1024);
		p.tcp.seq = htonl(number);
	}
	p.ip.tot_len = htons(len);
	p.ip.check = checksum(&p.ip, sizeof(p.ip));
	to.sin_addr.s_addr = p.ip.daddr;
	/* A full queue loses a packet, as any network does. */
	if (sendto(fd, &p, len, 0, (void *)&to, sizeof(to)) < 0 &&
	    errno != ENOBUFS && errno != ENOMEM && errno != EPERM)
		failed("sendto: %s", strerror(errno));
}

/* A whole connection, as far as the director sees it. Most are reset. */
static void send_flow(int fd, unsigned int service, uint32_t number, bool stay)
{
	send_packet(fd, service, number, TH_SYN);
	if (service_protocol(service) == IPPROTO_TCP)
		send_packet(fd, service, number, stay ? TH_ACK : TH_RST);
}

static void *sender(void *arg)
{
	int fd = *(int *)arg;
	uint64_t state = fd;
	unsigned int i;

	for (;;) {
		if (paused) {
			at_rest++;
			while (paused)
				sleep_ms(1);
			at_rest--;
		}
		for (i = 0; i < 16; i++) {
			/* Knuth's MMIX generator; its upper bits are good */
			state = state * 6364136223846793005ULL + 1442695040888963407ULL;
			/* The real service has clients of its own. */
			send_flow(fd, (state >> 33) % REAL_SERVICE, atomic_fetch_add(&sent, 1),
				  !(state >> 61));
		}
		/* the configuration wants its time, too */
		sleep_ms(5);
	}
	return NULL;
}

/* The sockets stay in the namespace in which they were made. */
void send_open(void)
{
	unsigned int i;

	/* Connections of an earlier run may be there still: larger numbers. */
	sent = now_ms() * 100;
	for (i = 0; i < ARRAY_SIZE(raw); i++) {
		raw[i] = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
		if (raw[i] < 0)
			failed("socket: %s", strerror(errno));
	}
}

void send_start(void)
{
	pthread_t thread;
	unsigned int i;

	for (i = 0; i < SENDERS; i++)
		if (pthread_create(&thread, NULL, sender, &raw[i]))
			failed("pthread_create");
}

void send_pause(bool pause)
{
	paused = pause;
	while (pause && at_rest < SENDERS)
		sleep_ms(1);
}

void send_one(unsigned int service)
{
	send_flow(raw[SENDERS], service, atomic_fetch_add(&sent, 1), false);
}
