// SPDX-License-Identifier: GPL-2.0
/*
 * Streams for the striping lab: how much arrives, how late, in which order.
 *
 *   stream send ADDR PORT -r PACKETS -t SECONDS [-s BYTES]
 *	PACKETS datagrams a second of BYTES (default 1400) bytes of payload,
 *	numbered and stamped. What could not be sent in time is sent at once
 *	later. Prints "sent N".
 *
 *   stream recv PORT [-b MS] [-w SECONDS]
 *	Receives one such stream until its end, or until 3 seconds pass without
 *	a datagram, and prints:
 *	  sent, received, lost, duplicate	datagrams
 *	  gap_us				from the first lost one to the last lost one
 *	  steady, steady_us			arrivals from SECONDS (-w, 0) after the first
 *						until the last one was sent, and that time
 *	  reordered				arrived after one that was sent later
 *	  extent_p95, extent_max		by how many arrivals they were late
 *	  late_us_p95, late_us_max		and by how much time
 *	  delay_us_min, _p50, _p95, _max	from sender to receiver
 *	With -b first "bin MS RECEIVED REORDERED" for every MS milliseconds.
 *	Reordering is as RFC 4737 has it: a datagram is reordered if one with a
 *	higher number came before it; how late it is counts from the first of
 *	those. Percentiles are of the reordered ones only.
 *
 *   stream push ADDR PORT -t SECONDS
 *   stream pull PORT [-w SECONDS]
 *	The same for one TCP connection that sends what it can. pull leaves out
 *	the first seconds (-w) and prints "bytes N" and "span_us N"; push prints
 *	"retransmits N".
 *
 * Receivers print "ready" first. Sender and receiver must share a clock: they
 * run on one machine.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define MAX_BYTES	65000
#define END_MARKS	5	/* copies of the end mark: some links lose packets */
#define END_GAP_US	100000
#define SILENCE_US	3000000

struct mark {
	uint64_t seq;		/* from 0; of an end mark: how many were sent */
	int64_t sent_us;
	uint32_t end;
	uint32_t pad;
};

static void die(const char *what)
{
	fprintf(stderr, "stream: %s: %s\n", what, strerror(errno));
	exit(1);
}

static _Noreturn void usage(void)
{
	fprintf(stderr, "usage: stream send|recv|push|pull ... (see stream.c)\n");
	exit(2);
}

static int64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000LL + ts.tv_nsec / 1000;
}

static void sleep_until(int64_t us)
{
	struct timespec ts = { us / 1000000, us % 1000000 * 1000 };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL) == EINTR)
		;
}

static long number(const char *s, long min, long max)
{
	char *end;
	long v;

	errno = 0;
	v = strtol(s, &end, 10);
	if (errno || *end || end == s || v < min || v > max) {
		fprintf(stderr, "stream: expected %ld to %ld, got %s\n", min, max, s);
		exit(2);
	}
	return v;
}

static struct sockaddr_in address(const char *host, const char *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET };

	a.sin_port = htons(number(port, 1, 65535));
	if (inet_pton(AF_INET, host, &a.sin_addr) != 1) {
		fprintf(stderr, "stream: not an IPv4 address: %s\n", host);
		exit(2);
	}
	return a;
}

/* A socket of @type that is connected to @host, or bound to @port if !@host. */
static int open_socket(int type, const char *host, const char *port)
{
	struct sockaddr_in a = address(host ? host : "0.0.0.0", port);
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
	int one = 1, size = 4 << 20;

	if (fd < 0)
		die("socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	/* A receiver that is not scheduled for a moment is no lossy link. */
	if (type == SOCK_DGRAM && !host &&
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		die("SO_RCVBUFFORCE");
	if (host ? connect(fd, (void *)&a, sizeof(a)) : bind(fd, (void *)&a, sizeof(a)))
		die(host ? "connect" : "bind");
	return fd;
}

/* ---- datagrams ----------------------------------------------------------- */

static int cmd_send(const char *host, const char *port, int argc, char **argv)
{
	static char buf[MAX_BYTES];
	struct mark *m = (void *)buf;
	long rate = 0, seconds = 0, bytes = 1400, total, i;
	int64_t start;
	int opt, fd;

	while ((opt = getopt(argc, argv, "r:t:s:")) != -1) {
		if (opt == 'r')
			rate = number(optarg, 1, 1000000);
		else if (opt == 't')
			seconds = number(optarg, 1, 3600);
		else if (opt == 's')
			bytes = number(optarg, sizeof(*m), MAX_BYTES);
		else
			usage();
	}
	if (!rate || !seconds)
		usage();
	fd = open_socket(SOCK_DGRAM, host, port);
	total = rate * seconds;
	start = now_us();
	for (i = 0; i < total + END_MARKS; i++) {
		if (i < total)
			sleep_until(start + i * 1000000 / rate);
		else
			sleep_until(now_us() + END_GAP_US);
		m->seq = i < total ? i : total;
		m->end = i >= total;
		m->sent_us = now_us();
		/* ENOBUFS and the like are losses, which the receiver counts. */
		if (send(fd, buf, bytes, 0) < 0 && errno == ECONNREFUSED)
			die("send");
	}
	printf("sent %ld\n", total);
	return 0;
}

struct arrival {
	uint64_t seq;
	int64_t sent_us, at_us;
};

struct log {
	struct arrival *a;
	size_t n, room;
};

static void log_add(struct log *l, const struct mark *m, int64_t at)
{
	if (l->n == l->room) {
		l->room = l->room ? 2 * l->room : 4096;
		l->a = realloc(l->a, l->room * sizeof(*l->a));
		if (!l->a)
			die("realloc");
	}
	l->a[l->n++] = (struct arrival){ m->seq, m->sent_us, at };
}

/* Returns how many were sent, or 0 if no end mark came. */
static uint64_t receive(int fd, struct log *l)
{
	struct timeval tv = { 0, 100000 };
	static char buf[MAX_BYTES];
	const struct mark *m = (void *)buf;
	int64_t last = 0, now;
	uint64_t sent = 0;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	for (;;) {
		ssize_t n = recv(fd, buf, sizeof(buf), 0);

		now = now_us();
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			die("recv");
		if (n >= (ssize_t)sizeof(*m)) {
			last = now;
			if (m->end)
				sent = m->seq;
			else
				log_add(l, m, now);
		} else if (last && now - last > (sent ? 5 * END_GAP_US : SILENCE_US)) {
			return sent;
		}
	}
}

static int by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* Sorts @v; the value below which @percent of them are. */
static int64_t percentile(int64_t *v, size_t n, int percent)
{
	if (!n)
		return 0;
	qsort(v, n, sizeof(*v), by_value);
	return v[(n - 1) * percent / 100];
}

static int64_t *array(size_t n)
{
	int64_t *v = calloc(n ? n : 1, sizeof(*v));

	if (!v)
		die("calloc");
	return v;
}

/* The first of @highs (ascending indexes of ever higher numbers) above @seq. */
static size_t first_above(const struct log *l, const int64_t *highs, size_t n, uint64_t seq)
{
	size_t lo = 0, hi = n;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (l->a[highs[mid]].seq > seq)
			hi = mid;
		else
			lo = mid + 1;
	}
	return highs[lo];
}

static void report(const struct log *l, uint64_t sent, int64_t bin_us, int64_t skip_us)
{
	int64_t *highs = array(l->n), *extent = array(l->n), *late = array(l->n);
	int64_t *delay = array(l->n), first = 0, last = 0, bin = 0;
	size_t i, nhighs = 0, reordered = 0, duplicate = 0, in_bin = 0, bad = 0, steady = 0;
	uint64_t top = 0, from = 0, to = 0;
	int64_t *sent_us;

	for (i = 0; i < l->n; i++) {
		if (l->a[i].seq >= top)
			top = l->a[i].seq + 1;
		if (!i || l->a[i].sent_us < first)
			first = l->a[i].sent_us;
		if (l->a[i].sent_us > last)
			last = l->a[i].sent_us;
	}
	/* Without an end mark, what is known to have been sent. */
	if (sent < top)
		sent = top;
	sent_us = array(sent);

	for (i = 0; i < l->n; i++) {
		const struct arrival *a = &l->a[i];

		while (bin_us && a->at_us >= first + (bin + 1) * bin_us) {
			printf("bin %lld %zu %zu\n", (long long)(bin * bin_us / 1000), in_bin, bad);
			in_bin = 0;
			bad = 0;
			bin++;
		}
		in_bin++;
		delay[i] = a->at_us - a->sent_us;
		steady += a->at_us >= first + skip_us && a->at_us < last;
		if (sent_us[a->seq]) {
			duplicate++;
			continue;
		}
		sent_us[a->seq] = a->sent_us;
		if (!nhighs || a->seq > l->a[highs[nhighs - 1]].seq) {
			highs[nhighs++] = i;
			continue;
		}
		extent[reordered] = i - first_above(l, highs, nhighs, a->seq);
		late[reordered] = a->at_us - l->a[i - extent[reordered]].at_us;
		reordered++;
		bad++;
	}
	if (bin_us)
		printf("bin %lld %zu %zu\n", (long long)(bin * bin_us / 1000), in_bin, bad);

	printf("sent %llu\nreceived %zu\nlost %llu\nduplicate %zu\n", (unsigned long long)sent,
	       l->n - duplicate, (unsigned long long)(sent - (l->n - duplicate)), duplicate);
	/* When a lost one was sent: after the one before it. */
	for (i = 0; i < sent; i++) {
		if (sent_us[i])
			continue;
		sent_us[i] = i ? sent_us[i - 1] : first;
		if (!from)
			from = sent_us[i];
		to = sent_us[i];
	}
	printf("gap_us %llu\nsteady %zu\nsteady_us %lld\nreordered %zu\n",
	       (unsigned long long)(to - from), steady, (long long)(last - first - skip_us),
	       reordered);
	printf("extent_p95 %lld\n", (long long)percentile(extent, reordered, 95));
	printf("extent_max %lld\n", (long long)percentile(extent, reordered, 100));
	printf("late_us_p95 %lld\n", (long long)percentile(late, reordered, 95));
	printf("late_us_max %lld\n", (long long)percentile(late, reordered, 100));
	printf("delay_us_min %lld\n", (long long)percentile(delay, l->n, 0));
	printf("delay_us_p50 %lld\n", (long long)percentile(delay, l->n, 50));
	printf("delay_us_p95 %lld\n", (long long)percentile(delay, l->n, 95));
	printf("delay_us_max %lld\n", (long long)percentile(delay, l->n, 100));
	free(sent_us);
	free(highs);
	free(extent);
	free(late);
	free(delay);
}

static int cmd_recv(const char *port, int argc, char **argv)
{
	struct log l = { .a = NULL };
	int64_t bin_us = 0, skip_us = 0;
	uint64_t sent;
	int opt, fd;

	while ((opt = getopt(argc, argv, "b:w:")) != -1) {
		if (opt == 'b')
			bin_us = number(optarg, 1, 60000) * 1000;
		else if (opt == 'w')
			skip_us = number(optarg, 0, 3600) * 1000000;
		else
			usage();
	}
	fd = open_socket(SOCK_DGRAM, NULL, port);
	printf("ready\n");
	fflush(stdout);
	sent = receive(fd, &l);
	report(&l, sent, bin_us, skip_us);
	free(l.a);
	return 0;
}

/* ---- one TCP connection -------------------------------------------------- */

static int cmd_push(const char *host, const char *port, int argc, char **argv)
{
	static char buf[MAX_BYTES];
	struct tcp_info ti = { .tcpi_total_retrans = 0 };
	socklen_t len = sizeof(ti);
	struct timeval tv = { 1, 0 };
	long seconds = 0;
	int64_t end;
	int opt, fd;

	while ((opt = getopt(argc, argv, "t:")) != -1) {
		if (opt != 't')
			usage();
		seconds = number(optarg, 1, 3600);
	}
	if (!seconds)
		usage();
	fd = open_socket(SOCK_STREAM, host, port);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
	end = now_us() + seconds * 1000000;
	while (now_us() < end)
		if (send(fd, buf, sizeof(buf), MSG_NOSIGNAL) < 0 && errno != EAGAIN)
			die("send");
	if (getsockopt(fd, SOL_TCP, TCP_INFO, &ti, &len))
		die("TCP_INFO");
	printf("retransmits %u\n", ti.tcpi_total_retrans);
	return 0;
}

static int cmd_pull(const char *port, int argc, char **argv)
{
	int64_t from = 0, begin = 0, last = 0, skip_us = 0;
	static char buf[1 << 18];
	long long bytes = 0;
	int opt, lfd, fd;
	ssize_t n;

	while ((opt = getopt(argc, argv, "w:")) != -1) {
		if (opt != 'w')
			usage();
		skip_us = number(optarg, 0, 3600) * 1000000;
	}
	lfd = open_socket(SOCK_STREAM, NULL, port);
	if (listen(lfd, 1))
		die("listen");
	printf("ready\n");
	fflush(stdout);
	fd = accept(lfd, NULL, NULL);
	if (fd < 0)
		die("accept");
	from = now_us() + skip_us;
	while ((n = recv(fd, buf, sizeof(buf), 0)) > 0) {
		last = now_us();
		if (last < from)
			continue;
		/* The first piece says when to begin, and does not count. */
		if (begin)
			bytes += n;
		else
			begin = last;
	}
	if (n < 0)
		die("recv");
	printf("bytes %lld\nspan_us %lld\n", bytes, (long long)(last - begin));
	return 0;
}

int main(int argc, char **argv)
{
	if (argc >= 4 && !strcmp(argv[1], "send"))
		return cmd_send(argv[2], argv[3], argc - 3, argv + 3);
	if (argc >= 4 && !strcmp(argv[1], "push"))
		return cmd_push(argv[2], argv[3], argc - 3, argv + 3);
	if (argc >= 3 && !strcmp(argv[1], "recv"))
		return cmd_recv(argv[2], argc - 2, argv + 2);
	if (argc >= 3 && !strcmp(argv[1], "pull"))
		return cmd_pull(argv[2], argc - 2, argv + 2);
	usage();
}
