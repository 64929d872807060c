// SPDX-License-Identifier: GPL-2.0
/* Addresses, ports and numbers in the words of a command line. */
#include "address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

/* Answers of name services, so that a file of rules asks once for each name.
 * They are few: a failure ends the restore that asked, and is not kept.
 */
struct answer {
	struct answer *next;
	uint16_t protocol;	/* of a port; 0: this is a host */
	uint32_t value;		/* network byte order */
	char name[];
};

static struct answer *answers[256];

static struct answer **answers_of(const char *name)
{
	unsigned int hash = 5381;

	while (*name)
		hash = hash * 33 + (unsigned char)*name++;
	return &answers[hash % (sizeof(answers) / sizeof(answers[0]))];
}

static bool known(const char *name, uint16_t protocol, uint32_t *value)
{
	const struct answer *a;

	for (a = *answers_of(name); a; a = a->next) {
		if (a->protocol == protocol && !strcmp(a->name, name)) {
			*value = a->value;
			return true;
		}
	}
	return false;
}

/* Without memory it is asked for again, no more. */
static void keep(const char *name, uint16_t protocol, uint32_t value)
{
	struct answer **head = answers_of(name), *a = malloc(sizeof(*a) + strlen(name) + 1);

	if (!a)
		return;
	strcpy(a->name, name);
	a->protocol = protocol;
	a->value = value;
	a->next = *head;
	*head = a;
}

bool number_parse(const char *text, long min, long max, long *number)
{
	char *end;

	errno = 0;
	*number = strtol(text, &end, 10);
	return end != text && !*end && !errno && *number >= min && *number <= max;
}

/* inet_aton() knows short, octal and hexadecimal forms, and what it does not know
 * gethostbyname() may. The order of getaddrinfo() would be another.
 */
static bool host_parse(const char *text, uint32_t *addr)
{
	const struct hostent *host;
	struct in_addr in;

	if (inet_aton(text, &in)) {
		*addr = in.s_addr;
		return true;
	}
	if (known(text, 0, addr))
		return true;
	host = gethostbyname(text);
	if (!host || host->h_addrtype != AF_INET || host->h_length != sizeof(*addr) ||
	    !host->h_addr_list[0])
		return false;
	memcpy(addr, host->h_addr_list[0], sizeof(*addr));
	keep(text, 0, *addr);
	return true;
}

static bool port_parse(const char *text, uint16_t protocol, uint16_t *port)
{
	const struct servent *service;
	const char *proto;
	uint32_t value;
	long number;

	if (number_parse(text, 0, 65535, &number)) {
		*port = htons(number);
		return true;
	}
	switch (protocol) {
	case IPPROTO_TCP:
		proto = "tcp";
		break;
	case IPPROTO_UDP:
		proto = "udp";
		break;
	case IPPROTO_SCTP:
		proto = "sctp";
		break;
	default:
		return false;
	}
	if (!known(text, protocol, &value)) {
		service = getservbyname(text, proto);
		if (!service)
			return false;
		value = service->s_port;
		keep(text, protocol, value);
	}
	*port = value;
	return true;
}

/* host[:port] that is not IPv6; @text is changed. */
static int ipv4_parse(char *text, uint16_t protocol, uint16_t *af, union nf_inet_addr *addr,
		      uint16_t *port)
{
	char *colon = strrchr(text, ':');

	if (colon) {
		*colon = '\0';
		if (!port_parse(colon + 1, protocol, port))
			return -1;
	}
	if (!host_parse(text, &addr->ip))
		return -1;
	*af = AF_INET;
	return !!colon;
}

int address_parse(const char *text, uint16_t protocol, uint16_t *af, union nf_inet_addr *addr,
		  uint16_t *port)
{
	char *copy, *host, *end;
	int ret = -1;

	memset(addr, 0, sizeof(*addr));
	/* A number alone is not taken for an address. */
	if (!text[strspn(text, "0123456789")])
		return -1;
	copy = strdup(text);
	if (!copy)
		return -1;
	host = copy;
	if (*copy == '[') {
		end = strchr(copy, ']');
		if (!end || end[1] != ':')
			goto out;
		*end = '\0';
		host = copy + 1;
		if (inet_pton(AF_INET6, host, &addr->in6) > 0) {
			*af = AF_INET6;
			if (port_parse(end + 2, protocol, port))
				ret = 1;
			goto out;
		}
	} else if (inet_pton(AF_INET6, host, &addr->in6) > 0) {
		*af = AF_INET6;
		ret = 0;
		goto out;
	}
	/* 1.31 looks at no more than what is in the brackets. */
	ret = ipv4_parse(host, protocol, af, addr, port);
out:
	free(copy);
	return ret;
}

bool netmask_parse(const char *text, uint16_t af, uint32_t *mask)
{
	int prefix;

	if (af != AF_INET6)
		return host_parse(text, mask);
	/* As 1.31: what follows the digits is not looked at. */
	prefix = (int)strtol(text, NULL, 10);
	if (prefix < 1 || prefix > 128)
		return false;
	*mask = prefix;
	return true;
}
