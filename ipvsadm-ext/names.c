// SPDX-License-Identifier: GPL-2.0
/*
 * Names of addresses and ports, as 1.31 writes them. It asks the resolver about
 * every line; here each address and each port is asked about once, up to a number
 * that takes a megabyte.
 */
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "text.h"

/* 1.31 has this much room for "name:port", and cuts what is longer. */
#define CUT 59

struct name {
	struct name *next;
	union nf_inet_addr addr;
	uint16_t af;		/* 0: name of a port */
	uint16_t port;
	uint16_t protocol;
	char text[];		/* "": it has none */
};

#define CACHE_BITS 14

static struct name *cache[1 << CACHE_BITS];
static size_t cache_n;

static struct name **bucket(uint16_t af, const union nf_inet_addr *addr, uint16_t port)
{
	uint32_t h = af + port;
	int i;

	for (i = 0; i < 4; i++)
		h = (h ^ addr->all[i]) * 0x9e3779b1;
	return &cache[h >> (32 - CACHE_BITS)];
}

static const char *resolve(uint16_t af, const union nf_inet_addr *addr, uint16_t port,
			   uint16_t protocol)
{
	struct hostent *host;
	struct servent *service;

	if (af) {
		host = gethostbyaddr(addr, af == AF_INET6 ? sizeof(addr->in6) : sizeof(addr->in),
				     af);
		return host ? host->h_name : NULL;
	}
	switch (protocol) {
	case IPPROTO_TCP:
		service = getservbyport(port, "tcp");
		break;
	case IPPROTO_UDP:
		service = getservbyport(port, "udp");
		break;
	case IPPROTO_SCTP:
		service = getservbyport(port, "sctp");
		break;
	default:
		return NULL;
	}
	return service ? service->s_name : NULL;
}

/* NULL if there is none. Without memory or room, it is asked for again next time. */
static const char *cached(uint16_t af, const union nf_inet_addr *addr, uint16_t port,
			  uint16_t protocol)
{
	struct name **head = bucket(af, addr, port);
	const char *text;
	struct name *n;
	size_t len;

	for (n = *head; n; n = n->next) {
		if (n->af == af && n->port == port && n->protocol == protocol &&
		    !memcmp(&n->addr, addr, sizeof(*addr)))
			return n->text[0] ? n->text : NULL;
	}
	text = resolve(af, addr, port, protocol);
	len = text ? strlen(text) : 0;
	n = cache_n < 1 << CACHE_BITS ? malloc(sizeof(*n) + len + 1) : NULL;
	if (n) {
		cache_n++;
		n->next = *head;
		n->addr = *addr;
		n->af = af;
		n->port = port;
		n->protocol = protocol;
		if (text)
			memcpy(n->text, text, len);
		n->text[len] = '\0';
		*head = n;
	}
	return text;
}

char *put_decimal(char *p, uint64_t n)
{
	char digits[20];
	int len = 0;

	while (n >= 10) {
		digits[len++] = '0' + n % 10;
		n /= 10;
	}
	*p++ = '0' + n;
	while (len)
		*p++ = digits[--len];
	return p;
}

/* These two do what inet_ntop() does, but are all that a listing of many servers
 * does.
 */
static char *put_ipv4(char *p, const unsigned char *byte)
{
	int i;

	for (i = 0; i < 4; i++) {
		if (i)
			*p++ = '.';
		p = put_decimal(p, byte[i]);
	}
	return p;
}

static char *put_hex(char *p, uint16_t n)
{
	int shift = 12;

	while (shift && !(n >> shift))
		shift -= 4;
	for (; shift >= 0; shift -= 4)
		*p++ = "0123456789abcdef"[n >> shift & 15];
	return p;
}

static char *put_ipv6(char *p, const unsigned char *byte)
{
	int begin = 0, len = 0, run = 0;
	uint16_t word[8];
	int i;

	/* The longest run of zeros, the first of these, but not a single one. */
	for (i = 0; i < 8; i++) {
		word[i] = byte[2 * i] << 8 | byte[2 * i + 1];
		run = word[i] ? 0 : run + 1;
		if (run > len) {
			len = run;
			begin = i + 1 - run;
		}
	}
	if (len < 2)
		len = 0;
	for (i = 0; i < 8; i++) {
		if (len && i == begin) {
			*p++ = ':';
			i += len - 1;
			if (i == 7)
				*p++ = ':';
			continue;
		}
		if (i)
			*p++ = ':';
		/* ::10.0.0.1 and ::ffff:10.0.0.1 */
		if (i == 6 && !begin && (len == 6 || (len == 5 && word[5] == 0xffff)))
			return put_ipv4(p, byte + 12);
		p = put_hex(p, word[i]);
	}
	return p;
}

static char *put_text(char *p, const char *end, const char *text)
{
	while (p < end && *text)
		*p++ = *text++;
	return p;
}

static char *put_address(char *p, uint16_t af, const union nf_inet_addr *addr)
{
	return af == AF_INET6 ? put_ipv6(p, (const unsigned char *)addr) :
				put_ipv4(p, (const unsigned char *)addr);
}

size_t name_write(char *buf, uint16_t af, const union nf_inet_addr *addr, uint16_t port,
		  uint16_t protocol, bool numeric)
{
	static const union nf_inet_addr none;
	const char *host = NULL, *service = NULL;
	const char *end = buf + CUT;
	char *p = buf;

	if (!numeric) {
		host = cached(af, addr, 0, 0);
		service = cached(0, &none, port, protocol);
	}
	if (af == AF_INET6)
		*p++ = '[';
	p = host ? put_text(p, end, host) : put_address(p, af, addr);
	if (af == AF_INET6)
		p = put_text(p, end, "]");
	p = put_text(p, end, ":");
	/* NAME_LEN has room for these behind the end. */
	p = service ? put_text(p, end, service) : put_decimal(p, ntohs(port));
	if (p > end)
		p = buf + CUT;
	*p = '\0';
	return p - buf;
}

const char *name_of(char *buf, uint16_t af, const union nf_inet_addr *addr, uint16_t port,
		    uint16_t protocol, bool numeric)
{
	name_write(buf, af, addr, port, protocol, numeric);
	return buf;
}

bool flag_names(char *buf, const struct ipvs_service *svc)
{
	static const char *const any[] = { "flag-1", "flag-2", "flag-3" };
	static const char *const sh[] = { "sh-fallback", "sh-port", NULL };
	static const char *const mh[] = { "mh-fallback", "mh-port", NULL };
	static const uint32_t bit[] = {
		IP_VS_SVC_F_SCHED1, IP_VS_SVC_F_SCHED2, IP_VS_SVC_F_SCHED3,
	};
	const char *const *name = any;
	char *p = buf;
	bool set = false;
	int i;

	if (!strcmp(svc->sched, "sh"))
		name = sh;
	else if (!strcmp(svc->sched, "mh"))
		name = mh;
	*p = '\0';
	for (i = 0; i < 3; i++) {
		if (!(svc->flags & bit[i]))
			continue;
		set = true;
		if (!name[i])
			continue;
		if (p != buf)
			*p++ = ',';
		p = stpcpy(p, name[i]);
	}
	return set;
}
