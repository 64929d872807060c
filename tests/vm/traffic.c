// SPDX-License-Identifier: GPL-2.0
/*
 * Real traffic for the tests: servers that name themselves, and clients that
 * count which server answered.
 *
 *   traffic serve -n NAME [-p PORT]... [-u PORT]... [-s PORT]...
 *	TCP (-p), UDP (-u) and SCTP (-s) on all addresses, IPv4 and IPv6. Sends
 *	"NAME\n" to each connection ("NAME TIME\n" if its SYN had a time stamp),
 *	echoes what follows; answers each datagram with "NAME\n". Prints "ready";
 *	on SIGTERM "accepted N", "max N" (the most connections that were open at one
 *	time) and "datagrams N".
 *
 *   traffic hold ADDR PORT [-b FIRST [-c COUNT]] [-i INFLIGHT] [-t MS] [-S]
 *	Opens connections, each from the next of COUNT source addresses, and
 *	holds them. Reads commands, answers each with lines that end in "done":
 *	  open N [RATE]		open N, RATE a second, default as fast as it goes
 *	  release N|all [NAME]	close the N oldest (of server NAME)
 *	  abort N|all [NAME]	the same with a reset
 *	  held			what is held now
 *	  check			send a byte on each held one, expect it back
 *	  from ADDR		next source address
 *	  quit
 *
 *   traffic udp ADDR PORT -n N [-b FIRST [-c COUNT]] [-i INFLIGHT] [-t MS] [-1] [-x]
 *	N datagrams, each from a socket of its own, or all from one (-1); counts
 *	the answers, or does not wait for any (-x).
 *
 *   traffic flood ADDR PORT -d SECONDS [-n N] [-j THREADS] [-i INFLIGHT]
 *			[-b FIRST [-c COUNT]] [-H MS] [-t MS] [-F]
 *	Short connections, at most N for at most SECONDS; each is held MS
 *	milliseconds after the server's name came, then reset, or closed in an
 *	orderly way (-F).
 *
 *   traffic watch [-d SECONDS]
 *	Reads /proc/net/ip_vs without pause until SIGTERM or for SECONDS. Prints
 *	"samples N" and, for each real server as the file names it, "max SERVER N",
 *	the most connections that it had in three samples in a row: the two
 *	counters of a server cannot be read at one instant.
 *
 * Clients print "server NAME COUNT", "refused N", "timeout N" (no answer within
 * -t milliseconds), "error N" (anything else) and "synlost N" (connections whose
 * first SYN did not reach the server, but a later one did). A SYN that was sent
 * again after a second because this machine stood still is not lost; the time stamp
 * of the one that the server saw tells, if net.ipv4.tcp_timestamps is 2 for the
 * client (time since boot, the same for all connections). -S means SCTP instead of
 * TCP.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define NAME_LEN	32
#define MAX_NAMES	256
#define EVENTS		256

static void die(const char *what)
{
	fprintf(stderr, "traffic: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000LL + ts.tv_nsec / 1000;
}

static void raise_fd_limit(void)
{
	struct rlimit rl = { 1 << 20, 1 << 20 };

	if (!setrlimit(RLIMIT_NOFILE, &rl))
		return;
	getrlimit(RLIMIT_NOFILE, &rl);
	rl.rlim_cur = rl.rlim_max;
	setrlimit(RLIMIT_NOFILE, &rl);
}

static void *xcalloc(size_t n, size_t size)
{
	void *p = calloc(n, size);

	if (!p)
		die("calloc");
	return p;
}

static long number(const char *s)
{
	char *end;
	long v;

	errno = 0;
	v = strtol(s, &end, 10);
	if (errno || *end || end == s || v < 0) {
		fprintf(stderr, "traffic: not a number: %s\n", s);
		exit(2);
	}
	return v;
}

/* ---- addresses ---------------------------------------------------------- */

struct addr {
	struct sockaddr_storage ss;
	socklen_t len;
};

static struct addr parse_addr(const char *host, const char *port)
{
	struct addr a = { .len = 0 };
	struct sockaddr_in6 *a6 = (void *)&a.ss;
	struct sockaddr_in *a4 = (void *)&a.ss;

	if (inet_pton(AF_INET, host, &a4->sin_addr) == 1) {
		a4->sin_family = AF_INET;
		a4->sin_port = htons(number(port));
		a.len = sizeof(*a4);
	} else if (inet_pton(AF_INET6, host, &a6->sin6_addr) == 1) {
		a6->sin6_family = AF_INET6;
		a6->sin6_port = htons(number(port));
		a.len = sizeof(*a6);
	} else {
		fprintf(stderr, "traffic: not an address: %s\n", host);
		exit(2);
	}
	return a;
}

/* The address @n after @first; only the last 32 bits count up. */
static struct addr nth_addr(const struct addr *first, uint32_t n)
{
	struct addr a = *first;
	uint32_t v, *low;

	if (a.ss.ss_family == AF_INET)
		low = &((struct sockaddr_in *)&a.ss)->sin_addr.s_addr;
	else
		low = &((struct sockaddr_in6 *)&a.ss)->sin6_addr.s6_addr32[3];
	v = ntohl(*low) + n;
	*low = htonl(v);
	return a;
}

/* ---- server ------------------------------------------------------------- */

struct server {
	const char *name;
	int epfd;
	long accepted, open, max, datagrams;
};

enum kind { LISTEN, DATAGRAM, STREAM, SIGNAL };

/* What epoll hands back: the kind above, the descriptor below. */
static uint64_t tag(enum kind k, int fd)
{
	return (uint64_t)k << 32 | (uint32_t)fd;
}

static void watch(int epfd, int fd, uint64_t data, uint32_t events)
{
	struct epoll_event ev = { .events = events, .data.u64 = data };

	if (epoll_ctl(epfd, EPOLL_CTL_ADD, fd, &ev))
		die("epoll_ctl");
}

/* Returns false where the kernel has no such protocol or family. */
static bool serve_on(struct server *s, int family, int type, int proto, int port)
{
	struct sockaddr_in6 a6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	struct sockaddr_in a4 = { .sin_family = AF_INET, .sin_port = htons(port) };
	int one = 1, fd;

	fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, proto);
	if (fd < 0)
		return false;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (family == AF_INET6)
		setsockopt(fd, SOL_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	if (family == AF_INET ? bind(fd, (void *)&a4, sizeof(a4)) :
				bind(fd, (void *)&a6, sizeof(a6)))
		die("bind");
	if (type == SOCK_DGRAM) {
		int size = 1 << 20;

		/* Answer from the address that was asked: servers own several. */
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
		if (family == AF_INET)
			setsockopt(fd, SOL_IP, IP_PKTINFO, &one, sizeof(one));
		else
			setsockopt(fd, SOL_IPV6, IPV6_RECVPKTINFO, &one, sizeof(one));
		watch(s->epfd, fd, tag(DATAGRAM, fd), EPOLLIN);
		return true;
	}
	if (!proto)
		setsockopt(fd, SOL_TCP, TCP_SAVE_SYN, &one, sizeof(one));
	if (listen(fd, 4096))
		die("listen");
	watch(s->epfd, fd, tag(LISTEN, fd), EPOLLIN);
	return true;
}

/* The time stamp of the SYN that began TCP connection @fd; false if it had none. */
static bool syn_time(int fd, uint32_t *ts)
{
	unsigned char syn[512], *opt, *end;
	socklen_t len = sizeof(syn);
	size_t ip;

	if (getsockopt(fd, SOL_TCP, TCP_SAVED_SYN, syn, &len) || len < 20)
		return false;
	ip = syn[0] >> 4 == 4 ? 4 * (syn[0] & 15) : 40;
	if (len < ip + 20)
		return false;
	opt = syn + ip + 20;
	end = syn + ip + 4 * (syn[ip + 12] >> 4);
	if (end > syn + len)
		end = syn + len;
	while (opt < end) {
		if (*opt == TCPOPT_NOP) {
			opt++;
			continue;
		}
		if (*opt == TCPOPT_EOL || end - opt < 2 || opt[1] < 2)
			return false;
		if (*opt == TCPOPT_TIMESTAMP && end - opt >= TCPOLEN_TIMESTAMP) {
			memcpy(ts, opt + 2, sizeof(*ts));
			*ts = ntohl(*ts);
			return true;
		}
		opt += opt[1];
	}
	return false;
}

static void serve_stream(struct server *s, int fd)
{
	char buf[512];
	ssize_t n = recv(fd, buf, sizeof(buf), 0);

	if (n > 0 && send(fd, buf, n, MSG_NOSIGNAL) == n)
		return;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	close(fd);
	s->open--;
}

/* Those of @ev that are about streams. Returns how many. */
static int serve_streams(struct server *s, const struct epoll_event *ev, int n)
{
	int i, streams = 0;

	for (i = 0; i < n; i++) {
		if (ev[i].data.u64 >> 32 != STREAM)
			continue;
		serve_stream(s, (int)(uint32_t)ev[i].data.u64);
		streams++;
	}
	return streams;
}

/*
 * One more is open. Connections that ended before it began count as ended, however long
 * ago this process had its last turn.
 */
static void serve_opened(struct server *s)
{
	struct epoll_event ev[EVENTS];

	s->open++;
	while (s->open > s->max)
		if (!serve_streams(s, ev, epoll_wait(s->epfd, ev, EVENTS, 0)))
			s->max = s->open;
}

static void serve_accept(struct server *s, int lfd)
{
	char line[NAME_LEN + 16];
	uint32_t ts;
	int i, n, fd;

	for (i = 0; i < EVENTS; i++) {
		fd = accept4(lfd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0)
			return;
		s->accepted++;
		serve_opened(s);
		if (syn_time(fd, &ts))
			n = snprintf(line, sizeof(line), "%.*s %u\n", NAME_LEN, s->name, ts);
		else
			n = snprintf(line, sizeof(line), "%.*s\n", NAME_LEN, s->name);
		if (send(fd, line, n, MSG_NOSIGNAL) != n) {
			close(fd);
			s->open--;
			continue;
		}
		watch(s->epfd, fd, tag(STREAM, fd), EPOLLIN | EPOLLRDHUP);
	}
}

static void serve_datagram(struct server *s, int fd)
{
	char buf[2048], ctl[256], line[NAME_LEN + 2];
	int n = snprintf(line, sizeof(line), "%.*s\n", NAME_LEN, s->name);
	struct sockaddr_storage peer;
	struct iovec iov = { buf, sizeof(buf) };
	struct msghdr m;
	struct cmsghdr *c;
	int i;

	for (i = 0; i < EVENTS; i++) {
		m = (struct msghdr){
			.msg_name = &peer, .msg_namelen = sizeof(peer),
			.msg_iov = &iov, .msg_iovlen = 1,
			.msg_control = ctl, .msg_controllen = sizeof(ctl),
		};
		iov = (struct iovec){ buf, sizeof(buf) };
		if (recvmsg(fd, &m, 0) < 0)
			return;
		s->datagrams++;
		for (c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
			if (c->cmsg_level == SOL_IP && c->cmsg_type == IP_PKTINFO)
				((struct in_pktinfo *)CMSG_DATA(c))->ipi_ifindex = 0;
			else if (c->cmsg_level == SOL_IPV6 && c->cmsg_type == IPV6_PKTINFO)
				((struct in6_pktinfo *)CMSG_DATA(c))->ipi6_ifindex = 0;
		}
		iov = (struct iovec){ line, n };
		m.msg_flags = 0;
		if (sendmsg(fd, &m, MSG_NOSIGNAL) < 0 && errno != EAGAIN)
			fprintf(stderr, "traffic: answer: %s\n", strerror(errno));
	}
}

static int cmd_serve(int argc, char **argv)
{
	struct server s = { .name = "server" };
	struct epoll_event ev[EVENTS];
	int opt, i, n, sfd, ok = 0;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	sfd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	s.epfd = epoll_create1(EPOLL_CLOEXEC);
	if (sfd < 0 || s.epfd < 0)
		die("epoll");
	watch(s.epfd, sfd, tag(SIGNAL, sfd), EPOLLIN);

	while ((opt = getopt(argc, argv, "n:p:u:s:")) != -1) {
		int type = opt == 'u' ? SOCK_DGRAM : SOCK_STREAM;
		int proto = opt == 's' ? IPPROTO_SCTP : 0;

		if (opt == 'n') {
			s.name = optarg;
			continue;
		}
		if (opt == '?')
			return 2;
		ok += serve_on(&s, AF_INET, type, proto, number(optarg));
		ok += serve_on(&s, AF_INET6, type, proto, number(optarg));
	}
	if (!ok) {
		fprintf(stderr, "traffic: nothing to serve\n");
		return 1;
	}
	printf("ready\n");
	fflush(stdout);

	for (;;) {
		n = epoll_wait(s.epfd, ev, EVENTS, -1);
		/* First, because serve_opened() may close what @ev tells of. */
		serve_streams(&s, ev, n);
		for (i = 0; i < n; i++) {
			int fd = (int)(uint32_t)ev[i].data.u64;

			switch (ev[i].data.u64 >> 32) {
			case LISTEN:
				serve_accept(&s, fd);
				break;
			case DATAGRAM:
				serve_datagram(&s, fd);
				break;
			case STREAM:
				break;
			default:
				printf("accepted %ld\nmax %ld\nopen %ld\ndatagrams %ld\n",
				       s.accepted, s.max, s.open, s.datagrams);
				return 0;
			}
		}
	}
}

/* ---- clients ------------------------------------------------------------ */

struct conn {
	struct conn *next, *prev;	/* pending or held, oldest first */
	int64_t when;			/* started, or when it may be closed */
	int64_t connecting;		/* connect() was called then, and returned at @when */
	int fd;
	int name;			/* index in pool's names, -1 = none yet */
	bool connected;
};

struct list {
	struct conn head;
	long len;
};

struct tally {
	char name[MAX_NAMES][NAME_LEN];
	long count[MAX_NAMES];
	int names;
	long refused, timeout, error, synlost;
	int last_errno;
};

struct pool {
	struct addr to, first;
	bool have_source;
	uint32_t sources, next_source;
	int proto, inflight, timeout_ms;
	int epfd;
	struct list pending, held;
	struct tally t;
};

static void list_init(struct list *l)
{
	l->head.next = &l->head;
	l->head.prev = &l->head;
	l->len = 0;
}

static void list_add(struct list *l, struct conn *c)
{
	c->prev = l->head.prev;
	c->next = &l->head;
	c->prev->next = c;
	l->head.prev = c;
	l->len++;
}

static void list_del(struct list *l, struct conn *c)
{
	c->prev->next = c->next;
	c->next->prev = c->prev;
	l->len--;
}

static int tally_name(struct tally *t, const char *name)
{
	int i;

	for (i = 0; i < t->names; i++)
		if (!strncmp(t->name[i], name, NAME_LEN - 1))
			return i;
	if (t->names == MAX_NAMES) {
		fprintf(stderr, "traffic: more than %d server names\n", MAX_NAMES);
		exit(1);
	}
	snprintf(t->name[t->names], NAME_LEN, "%.*s", NAME_LEN - 1, name);
	return t->names++;
}

static void tally_clear(struct tally *t)
{
	memset(t->count, 0, sizeof(t->count));
	t->refused = 0;
	t->timeout = 0;
	t->error = 0;
	t->synlost = 0;
	t->last_errno = 0;
}

static void tally_add(struct tally *sum, const struct tally *t)
{
	int i;

	for (i = 0; i < t->names; i++)
		sum->count[tally_name(sum, t->name[i])] += t->count[i];
	sum->refused += t->refused;
	sum->timeout += t->timeout;
	sum->error += t->error;
	sum->synlost += t->synlost;
	if (t->last_errno)
		sum->last_errno = t->last_errno;
}

static void tally_print(const struct tally *t)
{
	int i;

	for (i = 0; i < t->names; i++)
		if (t->count[i])
			printf("server %s %ld\n", t->name[i], t->count[i]);
	printf("refused %ld\ntimeout %ld\nerror %ld\nsynlost %ld\n",
	       t->refused, t->timeout, t->error, t->synlost);
	if (t->error)
		fprintf(stderr, "traffic: last error: %s\n", strerror(t->last_errno));
}

static void tally_errno(struct tally *t, int err)
{
	if (err == ECONNREFUSED) {
		t->refused++;
	} else {
		t->error++;
		t->last_errno = err;
	}
}

static void pool_init(struct pool *p)
{
	p->epfd = epoll_create1(EPOLL_CLOEXEC);
	if (p->epfd < 0)
		die("epoll_create1");
	list_init(&p->pending);
	list_init(&p->held);
}

/* A socket bound to the next source address; the kernel picks the port. */
static int pool_socket(struct pool *p, int type)
{
	int one = 1, fd;
	struct addr a;

	fd = socket(p->to.ss.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, p->proto);
	if (fd < 0 || !p->have_source)
		return fd;
	if (!p->proto)
		setsockopt(fd, SOL_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof(one));
	/* A source range is a local route; only IPv4 takes that for an address. */
	setsockopt(fd, SOL_IPV6, IPV6_FREEBIND, &one, sizeof(one));
	a = nth_addr(&p->first, p->next_source);
	if (bind(fd, (void *)&a.ss, a.len))
		die("bind to source address");
	p->next_source = (p->next_source + 1) % p->sources;
	return fd;
}

static void pool_start(struct pool *p)
{
	struct conn *c;
	int fd = pool_socket(p, SOCK_STREAM);
	int64_t connecting = now_us();

	if (fd < 0)
		die("socket");
	if (connect(fd, (void *)&p->to.ss, p->to.len) && errno != EINPROGRESS) {
		tally_errno(&p->t, errno);
		close(fd);
		return;
	}
	c = xcalloc(1, sizeof(*c));
	c->fd = fd;
	c->name = -1;
	c->connecting = connecting;
	c->when = now_us();
	list_add(&p->pending, c);
	watch(p->epfd, fd, (uintptr_t)c, EPOLLIN | EPOLLOUT | EPOLLET);
}

/*
 * A server answered with @line. Was it the first SYN that it answered, the one that was
 * sent in connect()? Only SYNs can have been sent again when this is called: no data
 * has left.
 */
static void note_lost(struct pool *p, struct conn *c, const char *line)
{
	struct tcp_info ti = { .tcpi_total_retrans = 0 };
	const char *ts = strchr(line, ' ');
	socklen_t len = sizeof(ti);
	uint32_t first = c->connecting / 1000, last = c->when / 1000;

	if (p->proto || getsockopt(c->fd, SOL_TCP, TCP_INFO, &ti, &len) ||
	    !ti.tcpi_total_retrans)
		return;
	if (!ts || (uint32_t)strtoul(ts, NULL, 10) - first > last - first)
		p->t.synlost++;
}

static void conn_free(struct conn *c, bool reset)
{
	struct linger lg = { 1, 0 };

	if (reset)
		setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &lg, sizeof(lg));
	close(c->fd);
	free(c);
}

static void pool_event(struct pool *p, struct conn *c)
{
	char buf[NAME_LEN + 16];
	socklen_t len = sizeof(int);
	int err = 0;
	ssize_t n;

	if (c->name >= 0)
		return;
	getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &err, &len);
	if (!err && !c->connected) {
		/* A socket in progress that merely polls readable is not there yet. */
		struct sockaddr_storage ss;
		socklen_t sl = sizeof(ss);

		c->connected = !getpeername(c->fd, (void *)&ss, &sl);
	}
	n = err ? -1 : recv(c->fd, buf, sizeof(buf) - 1, 0);
	if (n < 0 && !err) {
		if (errno == EAGAIN || errno == EINTR || errno == ENOTCONN)
			return;
		err = errno;
	}
	if (n == 0)
		err = ECONNRESET;
	list_del(&p->pending, c);
	if (err) {
		tally_errno(&p->t, err);
		conn_free(c, true);
		return;
	}
	buf[n] = 0;
	note_lost(p, c, buf);
	buf[strcspn(buf, " \n")] = 0;
	c->name = tally_name(&p->t, buf);
	p->t.count[c->name]++;
	epoll_ctl(p->epfd, EPOLL_CTL_DEL, c->fd, NULL);
	c->when = now_us();
	list_add(&p->held, c);
}

static void pool_expire(struct pool *p)
{
	int64_t limit = now_us() - p->timeout_ms * 1000LL;
	struct conn *c;

	while (p->pending.len && (c = p->pending.head.next)->when < limit) {
		p->t.timeout++;
		list_del(&p->pending, c);
		conn_free(c, true);
	}
}

static void pool_wait(struct pool *p, int ms)
{
	struct epoll_event ev[EVENTS];
	int i, n = epoll_wait(p->epfd, ev, EVENTS, ms);

	for (i = 0; i < n; i++)
		pool_event(p, (struct conn *)(uintptr_t)ev[i].data.u64);
	pool_expire(p);
}

static void pool_open(struct pool *p, long n, long rate)
{
	int64_t start = now_us();
	long started = 0;

	while (started < n || p->pending.len) {
		while (started < n && p->pending.len < p->inflight &&
		       (!rate || (now_us() - start) * rate >= started * 1000000LL)) {
			pool_start(p);
			started++;
		}
		pool_wait(p, rate && started < n ? 2 : 20);
	}
}

static long pool_release(struct pool *p, long n, const char *name, bool reset)
{
	struct conn *c, *next;
	long done = 0;

	for (c = p->held.head.next; c != &p->held.head && done < n; c = next) {
		next = c->next;
		if (name && strcmp(name, p->t.name[c->name]))
			continue;
		list_del(&p->held, c);
		conn_free(c, reset);
		done++;
	}
	return done;
}

static void pool_check(struct pool *p)
{
	int64_t end = now_us() + p->timeout_ms * 1000LL;
	long alive = 0;
	struct conn *c;
	char b = 'x';

	for (c = p->held.head.next; c != &p->held.head; c = c->next)
		if (send(c->fd, &b, 1, MSG_NOSIGNAL) != 1)
			continue;
	for (c = p->held.head.next; c != &p->held.head; c = c->next) {
		struct pollfd pfd = { .fd = c->fd, .events = POLLIN };
		int64_t left = (end - now_us()) / 1000;

		if (poll(&pfd, 1, left > 0 ? left : 0) == 1 &&
		    recv(c->fd, &b, 1, 0) == 1 && b == 'x')
			alive++;
	}
	printf("alive %ld\ndead %ld\n", alive, p->held.len - alive);
}

static void pool_held(struct pool *p)
{
	long count[MAX_NAMES] = { 0 };
	struct conn *c;
	int i;

	for (c = p->held.head.next; c != &p->held.head; c = c->next)
		count[c->name]++;
	for (i = 0; i < p->t.names; i++)
		if (count[i])
			printf("server %s %ld\n", p->t.name[i], count[i]);
	printf("held %ld\n", p->held.len);
}

struct options {
	long n, seconds, threads, hold_ms;
	bool one, no_answer, orderly;
};

static void client_options(int argc, char **argv, struct pool *p, struct options *o)
{
	const char *first = NULL;
	int opt;

	p->inflight = 64;
	p->timeout_ms = 5000;
	p->sources = 1;
	o->threads = 1;
	while ((opt = getopt(argc, argv, "b:c:i:t:n:d:j:H:S1xF")) != -1) {
		switch (opt) {
		case 'b':
			first = optarg;
			break;
		case 'c':
			p->sources = number(optarg);
			break;
		case 'i':
			p->inflight = number(optarg);
			break;
		case 't':
			p->timeout_ms = number(optarg);
			break;
		case 'n':
			o->n = number(optarg);
			break;
		case 'd':
			o->seconds = number(optarg);
			break;
		case 'j':
			o->threads = number(optarg);
			break;
		case 'H':
			o->hold_ms = number(optarg);
			break;
		case 'S':
			p->proto = IPPROTO_SCTP;
			break;
		case '1':
			o->one = true;
			break;
		case 'x':
			o->no_answer = true;
			break;
		case 'F':
			o->orderly = true;
			break;
		default:
			exit(2);
		}
	}
	if (argc - optind != 2 || !p->sources || !p->inflight || !o->threads) {
		fprintf(stderr, "traffic: need ADDR PORT, and counts above 0\n");
		exit(2);
	}
	p->to = parse_addr(argv[optind], argv[optind + 1]);
	if (first) {
		p->first = parse_addr(first, "0");
		p->have_source = true;
	}
	pool_init(p);
}

static int cmd_hold(int argc, char **argv)
{
	struct options o = { 0 };
	struct pool p = { 0 };
	char line[256];

	client_options(argc, argv, &p, &o);
	while (fgets(line, sizeof(line), stdin)) {
		char verb[32] = "", a[64] = "", b[64] = "";

		if (sscanf(line, "%31s %63s %63s", verb, a, b) < 1)
			continue;
		if (!strcmp(verb, "open")) {
			tally_clear(&p.t);
			pool_open(&p, number(a), *b ? number(b) : 0);
			tally_print(&p.t);
		} else if (!strcmp(verb, "release") || !strcmp(verb, "abort")) {
			long n = strcmp(a, "all") ? number(a) : p.held.len;

			printf("released %ld\n",
			       pool_release(&p, n, *b ? b : NULL, *verb == 'a'));
		} else if (!strcmp(verb, "held")) {
			pool_held(&p);
		} else if (!strcmp(verb, "check")) {
			pool_check(&p);
		} else if (!strcmp(verb, "from")) {
			p.first = parse_addr(a, "0");
			p.have_source = true;
			p.next_source = 0;
		} else if (!strcmp(verb, "quit")) {
			return 0;
		} else {
			fprintf(stderr, "traffic: unknown command: %s\n", verb);
			return 2;
		}
		printf("done\n");
		fflush(stdout);
	}
	return 0;
}

static int cmd_udp(int argc, char **argv)
{
	struct options o = { 0 };
	struct pool p = { 0 };
	struct pollfd *pfd;
	int64_t *since, end;
	char buf[NAME_LEN + 2];
	long sent = 0, busy = 0, i;
	ssize_t n;

	client_options(argc, argv, &p, &o);
	if (o.one)
		p.inflight = 1;
	pfd = xcalloc(p.inflight, sizeof(*pfd));
	since = xcalloc(p.inflight, sizeof(*since));
	for (i = 0; i < p.inflight; i++)
		pfd[i] = (struct pollfd){ .fd = -1, .events = POLLIN };
	end = now_us() + p.timeout_ms * 1000LL * (o.n / p.inflight + 2);

	while ((sent < o.n || busy) && now_us() < end) {
		for (i = 0; i < p.inflight && sent < o.n; i++) {
			if (since[i])
				continue;
			if (pfd[i].fd < 0) {
				pfd[i].fd = pool_socket(&p, SOCK_DGRAM);
				if (pfd[i].fd < 0 ||
				    connect(pfd[i].fd, (void *)&p.to.ss, p.to.len))
					die("udp socket");
			}
			sent++;
			if (send(pfd[i].fd, "hello\n", 6, 0) != 6) {
				tally_errno(&p.t, errno);
			} else if (!o.no_answer) {
				since[i] = now_us();
				busy++;
				continue;
			}
			if (!o.one) {
				close(pfd[i].fd);
				pfd[i].fd = -1;
			}
		}
		if (!busy)
			continue;
		poll(pfd, p.inflight, 20);
		for (i = 0; i < p.inflight; i++) {
			if (!since[i])
				continue;
			n = recv(pfd[i].fd, buf, sizeof(buf) - 1, 0);
			if (n > 0) {
				buf[n] = 0;
				buf[strcspn(buf, "\n")] = 0;
				p.t.count[tally_name(&p.t, buf)]++;
			} else if (n < 0 && errno != EAGAIN && errno != EINTR) {
				tally_errno(&p.t, errno);
			} else if (now_us() - since[i] > p.timeout_ms * 1000LL) {
				p.t.timeout++;
			} else {
				continue;
			}
			since[i] = 0;
			busy--;
			if (!o.one) {
				close(pfd[i].fd);
				pfd[i].fd = -1;
			}
		}
	}
	p.t.timeout += busy;
	printf("sent %ld\n", sent);
	tally_print(&p.t);
	return 0;
}

struct flood {
	struct pool p;
	struct options *o;
	pthread_t thread;
};

static void *flood_thread(void *arg)
{
	struct flood *f = arg;
	struct pool *p = &f->p;
	int64_t end = now_us() + f->o->seconds * 1000000LL;
	long left = f->o->n ? f->o->n / f->o->threads : -1;
	struct conn *c;
	int64_t due;

	for (;;) {
		bool more = left && now_us() < end;

		if (!more && !p->pending.len && !p->held.len)
			return NULL;
		while (more && left && p->pending.len + p->held.len < p->inflight) {
			pool_start(p);
			if (left > 0)
				left--;
			more = now_us() < end;
		}
		pool_wait(p, f->o->hold_ms ? 1 : 5);
		due = now_us() - f->o->hold_ms * 1000LL;
		while (p->held.len && (!more || (c = p->held.head.next)->when <= due)) {
			c = p->held.head.next;
			list_del(&p->held, c);
			conn_free(c, !f->o->orderly);
		}
	}
}

static int cmd_flood(int argc, char **argv)
{
	struct options o = { 0 };
	struct pool p = { 0 };
	struct tally *sum = xcalloc(1, sizeof(*sum));
	struct flood *f;
	uint32_t share;
	long i;

	client_options(argc, argv, &p, &o);
	if (!o.seconds) {
		fprintf(stderr, "traffic: flood needs -d SECONDS\n");
		return 2;
	}
	share = p.sources / o.threads;
	f = xcalloc(o.threads, sizeof(*f));
	for (i = 0; i < o.threads; i++) {
		f[i].p = p;
		f[i].o = &o;
		pool_init(&f[i].p);
		/* Each thread has source addresses of its own if there are enough. */
		if (share) {
			f[i].p.first = nth_addr(&p.first, share * i);
			f[i].p.sources = share;
		}
		if (pthread_create(&f[i].thread, NULL, flood_thread, &f[i]))
			die("pthread_create");
	}
	for (i = 0; i < o.threads; i++) {
		pthread_join(f[i].thread, NULL);
		tally_add(sum, &f[i].p.t);
	}
	tally_print(sum);
	return 0;
}

/* ---- the director's counters --------------------------------------------- */

struct watched {
	char name[64];
	long last[3], max;
};

static volatile sig_atomic_t stop;

static void on_term(int sig)
{
	(void)sig;
	stop = 1;
}

static void watch_line(struct watched *w, int *nr, int size, char *line)
{
	char name[64];
	long active, inactive, n;
	int i;

	if (sscanf(line, " -> %63s %*s %*d %ld %ld", name, &active, &inactive) != 3)
		return;
	for (i = 0; i < *nr && strcmp(w[i].name, name); i++)
		;
	if (i == *nr) {
		if (*nr == size)
			return;
		memcpy(w[(*nr)++].name, name, sizeof(name));
	}
	w[i].last[2] = w[i].last[1];
	w[i].last[1] = w[i].last[0];
	w[i].last[0] = active + inactive;
	n = w[i].last[0];
	n = w[i].last[1] < n ? w[i].last[1] : n;
	n = w[i].last[2] < n ? w[i].last[2] : n;
	if (n > w[i].max)
		w[i].max = n;
}

static int cmd_watch(int argc, char **argv)
{
	static struct watched w[MAX_NAMES];
	int64_t end = INT64_MAX;
	long samples = 0;
	char line[256];
	int i, opt, nr = 0;

	while ((opt = getopt(argc, argv, "d:")) != -1) {
		if (opt != 'd')
			return 2;
		end = now_us() + number(optarg) * 1000000LL;
	}
	signal(SIGTERM, on_term);
	while (!stop && now_us() < end) {
		FILE *f = fopen("/proc/net/ip_vs", "r");

		if (!f)
			die("/proc/net/ip_vs");
		while (fgets(line, sizeof(line), f))
			watch_line(w, &nr, MAX_NAMES, line);
		fclose(f);
		samples++;
	}
	printf("samples %ld\n", samples);
	for (i = 0; i < nr; i++)
		printf("max %s %ld\n", w[i].name, w[i].max);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(int argc, char **argv);
	} cmd[] = {
		{ "serve", cmd_serve },
		{ "hold", cmd_hold },
		{ "udp", cmd_udp },
		{ "flood", cmd_flood },
		{ "watch", cmd_watch },
	};
	size_t i;

	raise_fd_limit();
	signal(SIGPIPE, SIG_IGN);
	for (i = 0; argc > 1 && i < sizeof(cmd) / sizeof(cmd[0]); i++)
		if (!strcmp(argv[1], cmd[i].name))
			return cmd[i].run(argc - 1, argv + 1);
	fprintf(stderr, "usage: traffic serve|hold|udp|flood|watch ... (see traffic.c)\n");
	return 2;
}
