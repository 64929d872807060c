/* SPDX-License-Identifier: GPL-2.0 */
/* The parts of torture; what it does is at the head of torture.c. */
#ifndef TORTURE_H
#define TORTURE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include "nl.h"

#define VIP		0x0a070101u	/* 10.7.1.1 */
#define PORTS		1000		/* of the first service */
#define SERVICES	18
/* Servers that a service can have: more than decisions look at when they are full,
 * and more than shares are worked out for without a tree; or few, in most services.
 */
#define SERVERS		48
#define FEW_SERVERS	8

/* What services are for, in turn: connections of UDP, single packets, TCP. */
enum { UDP, OPS, TCP };	/* number of the service modulo 3 */

/* The last ones are for real clients and real servers; the ones before may be
 * persistent or count active connections only, so no limit is promised.
 */
#define REAL_SERVICE	(SERVICES - 1)
static inline bool free_service(unsigned int i)
{
	return i == SERVICES - 2 || i == SERVICES - 3;
}

/* How a scheduler shares connections among servers that have room. */
enum sharing {
	EQUAL,		/* all the same */
	WEIGHTS,	/* as weights say */
	POLLED,		/* the same, but they forget */
	TOP_TIER,	/* the highest tier only */
	QUEUES,		/* as bandwidths say, while all have a queue */
	COUNTS,		/* as bandwidths say, of those that are there */
	FOREIGN,	/* mainline's: no promise */
};

struct sched {
	const char	*name;
	const char	*module;
	enum sharing	sharing;
	bool		priority;	/* uses priorities as tiers */
};

/* What the configuration should be. */
struct server {
	bool		there;
	uint32_t	weight, upper, lower;
	/* It must not have more connections: its upper threshold, or what it had
	 * when that was lowered. Changed, and not looked at since.
	 */
	uint32_t	allowed;
	bool		fresh;
	/* It must not have connections with numbers from here on; CLOSING:
	 * deleted or quiesced, and the number is not known yet.
	 */
	uint32_t	closed;
};

#define OPEN		UINT32_MAX
#define CLOSING		(UINT32_MAX - 1)

struct service {
	bool		there;
	const struct sched *sched;
	uint32_t	flags, timeout;
	struct server	server[SERVERS];
	/* for the sums that are printed */
	uint64_t	since, grants, refusals;
};

extern struct service services[SERVICES];
extern const struct sched scheds[];
extern const unsigned int nr_scheds;	/* ours */
extern const unsigned int nr_all;	/* and mainline's */

/* ---- torture.c ---------------------------------------------------------- */

/* The same seed gives the same numbers; for the configuration only. */
uint64_t random64(void);
unsigned int below(unsigned int n);
bool one_in(unsigned int n);

/* Remember an action; the last ones are printed by failed(). */
void note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void failed(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));

int64_t now_ms(void);
void sleep_ms(unsigned int ms);

/* ---- config.c: the kernel's side of the model --------------------------- */

struct counts {
	bool		there[SERVERS];
	uint32_t	conns[SERVERS];		/* now */
	uint32_t	made[SERVERS];		/* ever */
	uint32_t	service_made;
};

struct state {
	bool		there;
	uint64_t	since, grants, refusals;
	uint8_t		is[SERVERS];		/* enum ip_vs_ext_server_is */
};

/* Of the namespace that the thread is in. */
struct config {
	struct nl	ipvs, ext, events;
	int		sock;			/* for the sockopts */
	bool		have_ext;
};

void config_open(struct config *c);
void config_open_ext(struct config *c);
void config_close(struct config *c);
void config_close_ext(struct config *c);

/* Let the @n-th allocation of the next request fail, if the kernel can. */
bool can_fail(void);
void fail_nth(unsigned int n);

/* Servers that a service can have. */
unsigned int nr_servers(unsigned int service);
uint32_t server_addr(unsigned int service, unsigned int server);
unsigned int service_protocol(unsigned int service);
/* As IPVS_EXT calls it. */
const char *service_name(unsigned int service);

/* Each returns 0 or an errno. */
int put_service(struct config *c, uint8_t cmd, unsigned int i, const struct service *s);
int put_server(struct config *c, uint8_t cmd, unsigned int i, unsigned int j,
	       const struct server *d);
int put_simple(struct config *c, uint8_t cmd);
int put_timeouts(struct config *c, uint32_t tcp, uint32_t fin, uint32_t udp);
int set_attr(struct config *c, unsigned int i, unsigned int j, int attr, uint64_t value);
int del_attr(struct config *c, int i, int j);
int set_param(struct config *c, unsigned int i, const char *name, uint64_t value);
int del_params(struct config *c, unsigned int i);

void read_counts(struct config *c, unsigned int i, struct counts *n);
/* Nothing is there if the scheduler is not one of ours. */
void read_state(struct config *c, unsigned int i, struct state *st);
/* The number of an event, by its message. */
uint64_t event_number(const struct nlmsghdr *h);
/* Every dump there is, and what comes of it is thrown away. */
void read_all(struct config *c);

/* ---- send.c: packets ---------------------------------------------------- */

/* Packets with this number and higher ones have not been sent yet. */
extern atomic_uint sent;

void send_open(void);
void send_start(void);
void send_pause(bool pause);
void send_one(unsigned int service);
/* The number of a packet by its source. */
uint32_t packet_number(uint32_t addr, uint16_t port);

/* ---- check.c: invariants ------------------------------------------------ */

extern struct sums {
	uint64_t	samples, entries, shares, fills, full_refusals;
	uint64_t	grants, refusals, events;
} sums;

void check_limits(struct config *c);
void check_entries(void);
void check_events(struct config *c);
void check_events_start(void);
void check_quiet(struct config *c);

#endif /* TORTURE_H */
