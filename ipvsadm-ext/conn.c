// SPDX-License-Identifier: GPL-2.0
/* /proc/net/ip_vs_conn, as 1.31 prints it. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "text.h"

/* Protocol, three times address and port, state, seconds; then for some, name and
 * data of the persistence engine. The data goes on to the next blank for 1.31.
 */
enum {
	PROTOCOL, SOURCE, VIRTUAL = 3, DESTINATION = 5, STATE = 7, EXPIRES, PE_NAME, PE_DATA, WORDS
};

#define NEEDED PE_NAME

static int split(char *line, char *word[WORDS])
{
	char *rest;
	int n;

	for (n = 0; n < WORDS; n++) {
		word[n] = strtok_r(n ? NULL : line, " \n", &rest);
		if (!word[n])
			break;
	}
	return n;
}

static bool read_number(const char *word, int base, unsigned long max, unsigned long *n)
{
	char *end;

	errno = 0;
	*n = strtoul(word, &end, base);
	return !errno && end != word && !*end && word[0] != '-' && *n <= max;
}

static bool read_name(char *buf, char **word, uint16_t protocol, bool numeric)
{
	union nf_inet_addr addr;
	unsigned long n;
	uint16_t af;

	memset(&addr, 0, sizeof(addr));
	if (inet_pton(AF_INET6, word[0], &addr) == 1) {
		af = AF_INET6;
	} else {
		if (!read_number(word[0], 16, UINT32_MAX, &n))
			return false;
		af = AF_INET;
		addr.ip = htonl(n);
	}
	if (!read_number(word[1], 16, UINT16_MAX, &n))
		return false;
	name_of(buf, af, &addr, htons(n), protocol, numeric);
	return true;
}

static uint16_t protocol_of(const char *name)
{
	if (!strcmp(name, "TCP"))
		return IPPROTO_TCP;
	if (!strcmp(name, "UDP"))
		return IPPROTO_UDP;
	return strcmp(name, "SCTP") ? 0 : IPPROTO_SCTP;
}

static int print_connection(FILE *out, char *line, bool numeric, bool pe)
{
	char source[NAME_LEN], virtual[NAME_LEN], destination[NAME_LEN];
	char expires[32];
	unsigned long seconds;
	char *word[WORDS];
	uint16_t protocol;
	int n = split(line, word);

	if (n < NEEDED)
		return -EPROTO;
	protocol = protocol_of(word[PROTOCOL]);
	if (!read_name(source, &word[SOURCE], protocol, numeric) ||
	    !read_name(virtual, &word[VIRTUAL], protocol, numeric) ||
	    !read_name(destination, &word[DESTINATION], protocol, numeric) ||
	    !read_number(word[EXPIRES], 10, UINT32_MAX, &seconds))
		return -EPROTO;
	snprintf(expires, sizeof(expires), "%02lu:%02lu", seconds / 60, seconds % 60);
	if (pe && n == WORDS)
		fprintf(out, "%-3s %-6s %-11s %-18s %-18s %-16s %-18s %s\n", word[PROTOCOL],
			expires, word[STATE], source, virtual, destination, word[PE_NAME],
			word[PE_DATA]);
	else
		fprintf(out, "%-3s %-6s %-11s %-18s %-18s %s\n", word[PROTOCOL], expires,
			word[STATE], source, virtual, destination);
	return 0;
}

int text_connections(FILE *out, FILE *in, const struct command *c)
{
	bool numeric = has_option(c, OPT_NUMERIC);
	bool pe = has_option(c, OPT_PERSISTENT_CONN);
	char *line = NULL;
	size_t room = 0;
	int err = 0;

	/* The first line is the title of the kernel's columns. */
	if (getline(&line, &room, in) < 0) {
		err = feof(in) ? -EPROTO : -errno;
	} else {
		fprintf(out, "IPVS connection entries\n");
		fprintf(out, "pro expire %-11s %-18s %-18s ", "state", "source", "virtual");
		if (pe)
			fprintf(out, "%-18s %-16s %s\n", "destination", "pe name", "pe_data");
		else
			fprintf(out, "destination\n");
		while (!err && getline(&line, &room, in) > 0)
			err = print_connection(out, line, numeric, pe);
		if (!err && !feof(in))
			err = -errno;
	}
	free(line);
	return err;
}
