// SPDX-License-Identifier: GPL-2.0
/* /proc/net/ip_vs, read. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "proc.h"

/* A line of the kernel has at most some 120 bytes. */
#define PROC_ROOM 65536

/* ---- words ----------------------------------------------------------------- */

/*
 * All of these move *@p on behind what they take. The text ends with a newline,
 * which none of them takes.
 */

static void skip_blanks(const char **p)
{
	while (**p == ' ')
		(*p)++;
}

static bool skip_text(const char **p, const char *text)
{
	const char *q = *p;

	while (*text) {
		if (*q++ != *text++)
			return false;
	}
	*p = q;
	return true;
}

static bool take_hex(const char **p, unsigned int digits, uint32_t *value)
{
	const char *q = *p;
	uint32_t n = 0;

	for (; digits; digits--, q++) {
		if (*q >= '0' && *q <= '9')
			n = n << 4 | (*q - '0');
		else if ((*q | 0x20) >= 'a' && (*q | 0x20) <= 'f')
			n = n << 4 | ((*q | 0x20) - 'a' + 10);
		else
			return false;
	}
	*p = q;
	*value = n;
	return true;
}

/* As the kernel prints an int; its counts may be unsigned, or for a moment below 0. */
static bool take_int(const char **p, uint32_t *value)
{
	bool minus = skip_text(p, "-");
	const char *q = *p;
	uint64_t n = 0;

	for (; *q >= '0' && *q <= '9'; q++) {
		n = n * 10 + (*q - '0');
		if (n > UINT32_MAX)
			return false;
	}
	if (q == *p)
		return false;
	*p = q;
	*value = minus ? -(uint32_t)n : n;
	return true;
}

/* 0A000001:0050, or [2001:0db8:0000:0000:0000:0000:0000:0001]:0050 */
static bool take_addr(const char **p, uint16_t *af, union nf_inet_addr *addr, uint16_t *port)
{
	uint32_t word;
	int i;

	memset(addr, 0, sizeof(*addr));
	if (skip_text(p, "[")) {
		*af = AF_INET6;
		for (i = 0; i < 8; i++) {
			if ((i && !skip_text(p, ":")) || !take_hex(p, 4, &word))
				return false;
			addr->in6.s6_addr16[i] = htons(word);
		}
		if (!skip_text(p, "]"))
			return false;
	} else {
		*af = AF_INET;
		if (!take_hex(p, 8, &word))
			return false;
		addr->ip = htonl(word);
	}
	if (!skip_text(p, ":") || !take_hex(p, 4, &word))
		return false;
	*port = htons(word);
	return true;
}

/* ---- services -------------------------------------------------------------- */

static int cmp_entries(const void *a, const void *b)
{
	const struct ipvs_service *const *x = a, *const *y = b;

	return ipvs_key_cmp(&(*x)->key, &(*y)->key);
}

static int cmp_key(const void *key, const void *entry)
{
	const struct ipvs_service *const *svc = entry;

	return ipvs_key_cmp(key, &(*svc)->key);
}

static int make_index(struct proc_reader *r)
{
	size_t i;

	r->index = reallocarray(NULL, r->t->n, sizeof(*r->index));
	if (!r->index)
		return -ENOMEM;
	for (i = 0; i < r->t->n; i++)
		r->index[i] = &r->t->service[i];
	qsort(r->index, r->t->n, sizeof(*r->index), cmp_entries);
	return 0;
}

/* NULL if it came after the services were read. */
static int find_service(struct proc_reader *r, const struct ipvs_key *key,
			struct ipvs_service **svc)
{
	struct ipvs_service **entry;
	int err;

	*svc = NULL;
	if (r->next < r->t->n && !ipvs_key_cmp(key, &r->t->service[r->next].key)) {
		*svc = &r->t->service[r->next++];
		return 0;
	}
	if (!r->t->n)
		return 0;
	if (!r->index) {
		err = make_index(r);
		if (err)
			return err;
	}
	entry = bsearch(key, r->index, r->t->n, sizeof(*entry), cmp_key);
	if (entry) {
		*svc = *entry;
		r->next = *svc - r->t->service + 1;
	}
	return 0;
}

/* The line of a mark does not say of which family it is. */
static int find_fwmark(struct proc_reader *r, uint32_t fwmark, struct ipvs_service **svc)
{
	struct ipvs_key key = { .fwmark = fwmark, .af = AF_INET6 };
	struct ipvs_service *other;
	int err;

	err = find_service(r, &key, &other);
	if (err)
		return err;
	key.af = AF_INET;
	err = find_service(r, &key, svc);
	if (err)
		return err;
	if (*svc && other)
		*svc = NULL;
	else if (other)
		*svc = other;
	return 0;
}

static int read_service(struct proc_reader *r, const char **p)
{
	struct ipvs_service *svc;
	struct ipvs_key key;
	uint32_t fwmark;
	int err;

	r->svc = NULL;
	memset(&key, 0, sizeof(key));
	if (skip_text(p, "FWM  ")) {
		if (!take_hex(p, 8, &fwmark) || !fwmark)
			return -EPROTO;
		err = find_fwmark(r, fwmark, &svc);
	} else {
		if (skip_text(p, "TCP  "))
			key.protocol = IPPROTO_TCP;
		else if (skip_text(p, "UDP  "))
			key.protocol = IPPROTO_UDP;
		else if (skip_text(p, "SCTP  "))
			key.protocol = IPPROTO_SCTP;
		else
			return 0;
		if (!take_addr(p, &key.af, &key.addr, &key.port))
			return -EPROTO;
		err = find_service(r, &key, &svc);
	}
	if (err)
		return err;
	/* Services that come meanwhile push others down, into the next piece. */
	if (!svc || r->seen[svc - r->t->service])
		return r->strict ? -ESTALE : 0;
	r->seen[svc - r->t->service] = 1;
	r->svc = svc;
	return 0;
}

/* ---- servers --------------------------------------------------------------- */

static bool take_forward(const char **p, uint32_t *forward)
{
	if (skip_text(p, "Masq "))
		*forward = IP_VS_CONN_F_MASQ;
	else if (skip_text(p, "Local "))
		*forward = IP_VS_CONN_F_LOCALNODE;
	else if (skip_text(p, "Tunnel "))
		*forward = IP_VS_CONN_F_TUNNEL;
	else if (skip_text(p, "Route "))
		*forward = IP_VS_CONN_F_DROUTE;
	else
		return false;
	return true;
}

static int read_server(struct proc_reader *r, const char **p)
{
	struct ipvs_server server;
	uint32_t weight;

	if (!r->svc)
		return 0;
	memset(&server, 0, sizeof(server));
	if (!take_addr(p, &server.af, &server.addr, &server.port))
		return -EPROTO;
	skip_blanks(p);
	if (!take_forward(p, &server.forward))
		return -EPROTO;
	skip_blanks(p);
	if (!take_int(p, &weight))
		return -EPROTO;
	skip_blanks(p);
	if (!take_int(p, &server.active))
		return -EPROTO;
	skip_blanks(p);
	if (!take_int(p, &server.inactive))
		return -EPROTO;
	server.weight = weight;
	return table_add_server(r->t, r->svc, &server) ? 0 : -ENOMEM;
}

long proc_lines(struct proc_reader *r, const char *text, size_t len)
{
	const char *end = memrchr(text, '\n', len);
	const char *p = text;
	int err;

	if (!end)
		return 0;
	while (p <= end) {
		/* What is neither is the title. */
		err = skip_text(&p, "  -> ") ? read_server(r, &p) : read_service(r, &p);
		if (err)
			return err;
		while (*p++ != '\n')
			;
	}
	return p - text;
}

static int read_all(struct proc_reader *r, int fd, char *buf)
{
	size_t len = 0;
	ssize_t got;
	long used;

	for (;;) {
		got = read(fd, buf + len, PROC_ROOM - len);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (!got)
			return len ? -EPROTO : 0;
		len += got;
		used = proc_lines(r, buf, len);
		if (used < 0)
			return used;
		if (!used && len == PROC_ROOM)
			return -EPROTO;
		len -= used;
		memmove(buf, buf + used, len);
	}
}

int proc_servers(struct table *t, unsigned char *seen, bool strict)
{
	struct proc_reader r = { .t = t, .seen = seen, .strict = strict };
	char *buf;
	int fd, err;

	fd = open("/proc/net/ip_vs", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	buf = malloc(PROC_ROOM);
	err = buf ? read_all(&r, fd, buf) : -ENOMEM;
	free(r.index);
	free(buf);
	close(fd);
	return err;
}
