// SPDX-License-Identifier: GPL-2.0
/*
 * Invariants. What is looked at while everything changes:
 *
 * limits	No server has more connections than its upper threshold. After a
 *		change it may have more, but none are added.
 * entries	No connection goes to a server that is deleted or quiesced:
 *		connections carry numbers in the order in which they were asked for,
 *		so one in the kernel's table with a number later than the deletion
 *		is wrong.
 * events	Their numbers have no gap.
 *
 * And when all is quiet:
 *
 * stuck	A server without connections takes new ones.
 * shares	So many new connections are distributed as the scheduler's
 *		definition says.
 * fill		Every server takes exactly as many as its upper threshold says, all
 *		others are refused.
 * counters	Every packet is a grant or a refusal, every grant a connection of
 *		the service and of one of its servers.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/ip_vs.h>
#include <linux/membarrier.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "torture.h"
#include "actions.h"

struct sums sums;

/* Wait for a grace period: whoever was deciding has finished, and its connection
 * is bound.
 */
static void grace_period(void)
{
	if (syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0))
		failed("membarrier: %s", strerror(errno));
}

/* ---- while it changes ---------------------------------------------------- */

static bool unsettled(void)
{
	unsigned int i, j;

	for (i = 0; i < SERVICES; i++)
		for (j = 0; j < SERVERS; j++)
			if (services[i].server[j].fresh ||
			    services[i].server[j].closed == CLOSING)
				return true;
	return false;
}

static void check_server(struct config *c, unsigned int i, unsigned int j, uint32_t conns)
{
	struct server *d = &services[i].server[j];
	struct counts again;
	int tries;

	d->fresh = false;
	/* The kernel reads two counters of a server one after the other, and a
	 * connection may change from one to the other in between.
	 */
	for (tries = 0; conns > d->allowed; tries++) {
		if (tries == 3)
			failed("limit: server %u of service %u (%s) has %u connections, upper threshold %u, allowed %u",
			       j, i, services[i].sched->name, conns, d->upper, d->allowed);
		read_counts(c, i, &again);
		conns = again.conns[j];
	}
	if (conns < d->allowed)
		d->allowed = conns > d->upper ? conns : d->upper;
	sums.samples++;
}

void check_limits(struct config *c)
{
	struct counts n;
	unsigned int i, j;

	if (unsettled()) {
		uint32_t now;

		grace_period();
		now = sent;
		for (i = 0; i < SERVICES; i++)
			for (j = 0; j < SERVERS; j++)
				if (services[i].server[j].closed == CLOSING)
					services[i].server[j].closed = now;
	}
	for (i = 0; i < SERVICES; i++) {
		const struct service *s = &services[i];

		if (!s->there)
			continue;
		read_counts(c, i, &n);
		for (j = 0; j < SERVERS; j++) {
			const struct server *d = &s->server[j];

			if (n.there[j] != d->there)
				failed("server %u of service %u is %sthere", j, i,
				       d->there ? "not " : "");
			if (d->there && d->upper && s->sched->sharing != FOREIGN &&
			    !free_service(i))
				check_server(c, i, j, n.conns[j]);
		}
	}
}

void check_entries(void)
{
	unsigned int from, port, to, vport, dest, dport, i, j;
	FILE *f = fopen("/proc/net/ip_vs_conn", "r");
	char line[256];

	if (!f)
		failed("/proc/net/ip_vs_conn: %s", strerror(errno));
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%*s %x %x %x %x %x %x", &from, &port, &to, &vport, &dest,
			   &dport) != 6)
			continue;
		i = vport - PORTS;
		if (to != VIP || i >= SERVICES || free_service(i) || i == REAL_SERVICE)
			continue;
		for (j = 0; j < SERVERS; j++) {
			const struct server *d = &services[i].server[j];

			if (dest == server_addr(i, j) && d->closed < CLOSING &&
			    packet_number(from, port) >= d->closed)
				failed("entries: server %u of service %u (%s) was %s before packet %u, and got packet %u",
				       j, i, services[i].sched->name,
				       d->there ? "quiesced" : "deleted", d->closed,
				       packet_number(from, port));
		}
		sums.entries++;
	}
	fclose(f);
}

static uint64_t last_event;

void check_events_start(void)
{
	last_event = 0;
}

void check_events(struct config *c)
{
	static unsigned char buf[1 << 16];
	const struct nlmsghdr *h;
	ssize_t n;

	while (c->have_ext) {
		n = recv(c->events.fd, buf, sizeof(buf), MSG_DONTWAIT);
		if (n < 0 && errno == ENOBUFS) {
			last_event = 0;
			continue;
		}
		if (n < 0)
			return;
		for (h = (void *)buf; NLMSG_OK(h, n); h = NLMSG_NEXT(h, n)) {
			uint64_t seq = event_number(h);

			if (last_event && seq != last_event + 1)
				failed("events: %llu after %llu", (unsigned long long)seq,
				       (unsigned long long)last_event);
			last_event = seq;
			sums.events++;
		}
	}
}

/* ---- when all is quiet --------------------------------------------------- */

struct quiet {
	bool		fill, priorities;
	unsigned int	packets;
	uint32_t	priority[SERVERS];
	struct counts	before, after;
	struct state	state;
};

static struct quiet quiet[SERVICES];

/* Longer than the kernel needs to bring its statistics up to date, which is two
 * seconds.
 */
#define STATISTICS_MS	5000
/* Connections of the tests stay so long; a test that takes longer has no result:
 * the machine was busy with something else.
 */
#define STAY_S		15

static void delete_extras(struct config *c)
{
	unsigned int i;
	int err;

	err = del_attr(c, -1, -1);
	if (err && err != ENOENT)
		failed("del-attr: %s", strerror(err));
	for (i = 0; i < SERVICES; i++) {
		err = del_params(c, i);
		if (err && err != ENOENT)
			failed("del-param: %s", strerror(err));
	}
}

static void plain_config(struct config *c)
{
	unsigned int i, j, weight;

	for (i = 0; i < SERVICES; i++) {
		struct quiet *q = &quiet[i];

		memset(q, 0, sizeof(*q));
		plain_service(c, i);
		q->fill = i % 3 == UDP && one_in(2);
		q->priorities = services[i].sched->priority && one_in(2);
		for (j = 0; j < nr_servers(i); j++) {
			weight = one_in(8) ? 0 : 1 + below(8);
			q->priority[j] = q->priorities ? below(3) : 0;
			if (j && one_in(4))
				del_server(c, i, j);
			else
				put_plain(c, i, j, j ? weight : weight + 1);
			if (q->priorities && services[i].server[j].there)
				put_attr(c, i, j, IP_VS_EXT_ATTR_PRIORITY, q->priority[j]);
		}
	}
}

/* Connections of services that are judged by how many there are. */
static uint32_t connections(struct config *c)
{
	uint32_t sum = 0;
	struct counts n;
	unsigned int i, j;

	for (i = UDP; i < SERVICES; i += 3) {
		if (!services[i].there)
			continue;
		read_counts(c, i, &n);
		for (j = 0; j < SERVERS; j++)
			sum += n.conns[j];
	}
	return sum;
}

static void wait_ended(struct config *c)
{
	int64_t end = now_ms() + 60000;

	while (connections(c)) {
		if (now_ms() > end)
			failed("connections do not end");
		sleep_ms(200);
	}
}

/* Until the kernel's statistics stand still, too. */
static void wait_quiet(struct config *c)
{
	int64_t end = now_ms() + 60000, since = now_ms();
	uint64_t sum, last_sum = 0;
	struct counts n;
	unsigned int i;

	wait_ended(c);
	while (now_ms() - since < STATISTICS_MS) {
		if (now_ms() > end)
			failed("connections are made when nobody asks for any");
		for (sum = 0, i = 0; i < SERVICES; i++) {
			read_counts(c, i, &n);
			sum += n.service_made;
		}
		if (sum != last_sum)
			since = now_ms();
		last_sum = sum;
		sleep_ms(200);
	}
}

/* One decision looks at all servers of a service that were full, if they are few;
 * at many somebody else has, soon after their connections ended.
 */
static void check_stuck(struct config *c)
{
	struct state before, after;
	unsigned int i, j, weights;
	int64_t end;

	sleep_ms(1000);
	for (i = UDP; i < SERVICES; i += 3) {
		const struct service *s = &services[i];

		if (!s->there || s->sched->sharing == FOREIGN || free_service(i))
			continue;
		for (weights = 0, j = 0; j < SERVERS; j++)
			weights |= s->server[j].there ? s->server[j].weight : 0;
		read_state(c, i, &before);
		send_one(i);
		end = now_ms() + 10000;
		do {
			sleep_ms(20);
			read_state(c, i, &after);
		} while (after.grants + after.refusals == before.grants + before.refusals &&
			 now_ms() < end);
		if (after.grants + after.refusals != before.grants + before.refusals + 1)
			failed("counters: service %u (%s): one packet, %llu grants, %llu refusals",
			       i, s->sched->name,
			       (unsigned long long)(after.grants - before.grants),
			       (unsigned long long)(after.refusals - before.refusals));
		if (after.refusals != before.refusals && weights)
			failed("stuck: service %u (%s) had no server for a connection", i,
			       s->sched->name);
		for (j = 0; j < SERVERS; j++) {
			const struct server *d = &s->server[j];

			if (d->there && d->weight && d->upper != 1 &&
			    after.is[j] == IP_VS_EXT_SERVER_IS_FULL)
				failed("stuck: server %u of service %u (%s) is full with no connections, limits %u %u",
				       j, i, s->sched->name, d->upper, d->lower);
		}
	}
}

/* Bandwidths in proportion to the weights, and small enough that what is queued
 * remains for as long as the test lasts. What was queued before goes first.
 */
static void set_bandwidths(struct config *c)
{
	unsigned int i, j;

	for (i = 0; i < SERVICES; i++) {
		/* nothing is forgotten while the test lasts */
		if (services[i].sched->sharing == POLLED)
			put_param(c, i, "poll", 60000);
		if (services[i].sched->sharing != QUEUES)
			continue;
		put_param(c, i, "queue", 600000);
		put_param(c, i, "cost", 28);
		for (j = 0; j < SERVERS; j++)
			if (services[i].server[j].there)
				put_attr(c, i, j, IP_VS_EXT_ATTR_BANDWIDTH, 1000000000000);
	}
	sleep_ms(50);
	for (i = 0; i < SERVICES; i++)
		for (j = 0; j < SERVERS; j++)
			if (services[i].sched->sharing == QUEUES &&
			    services[i].server[j].there)
				put_attr(c, i, j, IP_VS_EXT_ATTR_BANDWIDTH,
					 services[i].server[j].weight ? : 1);
}

static void set_fill(struct config *c, unsigned int i)
{
	struct quiet *q = &quiet[i];
	unsigned int j;

	q->packets = 10;
	for (j = 0; j < SERVERS; j++) {
		struct server *d = &services[i].server[j];

		if (!d->there)
			continue;
		put_limits(c, i, j, 1 + below(6), below(4));
		if (d->weight)
			q->packets += d->upper;
	}
}

/* Is the server one of those that get connections without limits? */
static bool takes_part(unsigned int i, unsigned int j)
{
	const struct service *s = &services[i];
	const struct quiet *q = &quiet[i];
	unsigned int k;

	if (!s->server[j].there || !s->server[j].weight)
		return false;
	for (k = 0; k < SERVERS; k++) {
		const struct server *d = &s->server[k];

		if (!d->there || !d->weight)
			continue;
		if (q->priorities && q->priority[k] > q->priority[j])
			return false;
		if (q->priorities)
			continue;
		/* One-packet connections are never there to be counted, so the
		 * fastest has them all.
		 */
		if (d->weight > s->server[j].weight &&
		    (s->sched->sharing == TOP_TIER ||
		     (s->sched->sharing == COUNTS && i % 3 == OPS)))
			return false;
	}
	return true;
}

/* By how many connections a share may differ from the ideal one. */
static double deviation(unsigned int i)
{
	switch (services[i].sched->sharing) {
	case EQUAL:
		return 1;
	case TOP_TIER:
		return quiet[i].priorities ? 4 : 1;
	case POLLED:
		/* Once they may forget, from the time before the parameter. */
		return 6;
	default:
		/* Less than two at any time, so four between two times. */
		return 4;
	}
}

static void judge_shares(unsigned int i)
{
	const struct service *s = &services[i];
	const struct quiet *q = &quiet[i];
	bool weights = s->sched->sharing != EQUAL;
	double sum = 0, ideal;
	unsigned int j;

	if (s->sched->sharing == COUNTS && i % 3 != UDP)
		return;
	for (j = 0; j < SERVERS; j++)
		if (takes_part(i, j))
			sum += weights ? s->server[j].weight : 1;
	for (j = 0; j < SERVERS; j++) {
		uint32_t got = q->after.made[j] - q->before.made[j];

		if (!s->server[j].there)
			continue;
		ideal = takes_part(i, j) ?
			q->packets * (weights ? s->server[j].weight : 1) / sum : 0;
		if (got > ideal + (ideal ? deviation(i) : 0) || got < ideal - deviation(i))
			failed("shares: server %u of service %u (%s%s), weight %u, got %u of %u connections, ideal is %.1f",
			       j, i, s->sched->name, q->priorities ? ", priorities" : "",
			       s->server[j].weight, got, q->packets, ideal);
	}
	sums.shares++;
}

static void judge_fill(unsigned int i)
{
	const struct service *s = &services[i];
	const struct quiet *q = &quiet[i];
	unsigned int j;

	for (j = 0; j < SERVERS; j++) {
		uint32_t want = s->server[j].weight ? s->server[j].upper : 0;

		if (s->server[j].there && q->after.conns[j] != want)
			failed("fill: server %u of service %u (%s%s), weight %u, has %u connections, should have %u",
			       j, i, s->sched->name, q->priorities ? ", priorities" : "",
			       s->server[j].weight, q->after.conns[j], want);
	}
	sums.fills++;
}

/* Wait until the kernel's statistics show what its schedulers counted. */
static void judge_counters(struct config *c, unsigned int i, int64_t end)
{
	struct quiet *q = &quiet[i];
	uint64_t grants, refusals;
	uint32_t made, sum;
	struct state st;
	unsigned int j;

	for (;;) {
		read_state(c, i, &st);
		read_counts(c, i, &q->after);
		grants = st.grants - q->state.grants;
		refusals = st.refusals - q->state.refusals;
		made = q->after.service_made - q->before.service_made;
		for (sum = 0, j = 0; j < SERVERS; j++)
			if (services[i].server[j].there)
				sum += q->after.made[j] - q->before.made[j];
		if (grants + refusals == q->packets && made == grants && sum == grants &&
		    (!q->fill || refusals == 10))
			break;
		if (now_ms() > end)
			failed("counters: service %u (%s): %u packets, %llu grants, %llu refusals, %u connections, %u of its servers%s",
			       i, services[i].sched->name, q->packets,
			       (unsigned long long)grants, (unsigned long long)refusals,
			       made, sum, q->fill ? "; 10 should be refused" : "");
		sleep_ms(200);
	}
	sums.full_refusals += refusals;
}

/* Wait until packets that were sent have been decided on: on a slow machine that is
 * done by a thread of the kernel's, some time later. If it never happens
 * judge_counters() says so.
 */
static void wait_decided(struct config *c, unsigned int i, int64_t end)
{
	const struct quiet *q = &quiet[i];
	struct state st;

	for (;;) {
		read_state(c, i, &st);
		if (st.grants - q->state.grants + st.refusals - q->state.refusals >= q->packets ||
		    now_ms() > end)
			return;
		sleep_ms(20);
	}
}

/* One connection after the other: a place that one CPU has reserved is not free
 * for another one.
 */
static void on_one_cpu(bool one)
{
	cpu_set_t set;

	memset(&set, one ? 0 : 0xff, sizeof(set));
	if (one)
		CPU_SET(0, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

void check_quiet(struct config *c)
{
	int64_t start, end;
	struct counts full[SERVICES];
	unsigned int i, n;
	bool late;

	delete_extras(c);
	put_timeouts(c, 1, 1, 1);
	wait_ended(c);
	check_stuck(c);
	plain_config(c);
	wait_quiet(c);
	put_timeouts(c, 900, 120, STAY_S);
	set_bandwidths(c);
	for (i = 0; i < SERVICES; i++) {
		quiet[i].packets = nr_servers(i) == SERVERS ? 180 : 60;
		if (quiet[i].fill)
			set_fill(c, i);
		read_counts(c, i, &quiet[i].before);
		read_state(c, i, &quiet[i].state);
		if (!quiet[i].state.there)
			failed("service %u (%s) is not one of ours", i, services[i].sched->name);
	}
	start = now_ms();
	on_one_cpu(true);
	for (i = 0; i < SERVICES; i++)
		for (n = 0; n < quiet[i].packets; n++)
			send_one(i);
	on_one_cpu(false);
	for (i = 0; i < SERVICES; i++)
		wait_decided(c, i, start + STAY_S * 1000);
	for (i = 0; i < SERVICES; i++)
		read_counts(c, i, &full[i]);
	late = now_ms() - start > (STAY_S - 1) * 1000;
	end = now_ms() + 30000;
	for (i = 0; i < SERVICES; i++) {
		judge_counters(c, i, end);
		if (late)
			continue;
		if (quiet[i].fill) {
			memcpy(quiet[i].after.conns, full[i].conns, sizeof(full[i].conns));
			judge_fill(i);
		} else {
			judge_shares(i);
		}
	}
	note("quiet");
}
