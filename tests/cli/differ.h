/* SPDX-License-Identifier: GPL-2.0 */
/* The parts of differ; differ.c says what it does. */
#ifndef DIFFER_H
#define DIFFER_H

#include <linux/ip_vs.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* ---- mem.c -------------------------------------------------------------- */

/* Memory that is given back all at once. */
struct arena {
	char *base;
	size_t used, size;
};

/* Bytes that may contain anything; a NUL behind them is not counted. */
struct text {
	char *s;
	size_t len;
};

void die(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));
void arena_init(struct arena *a, size_t size);
void *arena_take(struct arena *a, size_t size);
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
struct text arena_copy(struct arena *a, struct text t);
bool text_same(struct text a, struct text b);

/* Text that grows. */
struct buffer {
	char *s;
	size_t len, room;
};

void buf_add(struct buffer *b, const void *s, size_t len);
void buf_printf(struct buffer *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* As bash reads it: bare where that is possible, '...' or $'...' elsewhere. */
void buf_quote(struct buffer *b, const char *s, size_t len);

struct rng {
	uint64_t s;
};

uint32_t rng_next(struct rng *r);
static inline uint32_t below(struct rng *r, uint32_t n)
{
	return (uint64_t)rng_next(r) * n >> 32;
}

static inline bool chance(struct rng *r, unsigned int percent)
{
	return below(r, 100) < percent;
}

/* ---- state.c ------------------------------------------------------------ */

struct dest {
	uint16_t af, port, tun_port, tun_flags;
	uint8_t addr[16], tun_type;
	uint32_t fwd, weight, upper, lower, active, inactive, persistent;
};

struct service {
	uint16_t af, proto, port;
	uint8_t addr[16];
	uint32_t fwmark, flags, timeout, netmask;
	char sched[IP_VS_SCHEDNAME_MAXLEN];
	char pe[IP_VS_PENAME_MAXLEN + 1];
	struct dest *dest;
	int n;
};

struct sync_daemon {
	uint32_t state, syncid;
	char ifname[IP_VS_IFNAME_MAXLEN];
	uint16_t maxlen, port;
	uint8_t ttl, group_af, group[16];
};

/**
 * struct state - what a network namespace's IPVS has, counters of traffic left out
 * @service: in an order of our own
 * @text: all of it, as commands that make it, and as comments what commands
 *	cannot say; two states are the same if their texts are
 */
struct state {
	struct service *service;
	int n;
	uint32_t tcp, tcp_fin, udp;
	struct sync_daemon daemon[2];
	int daemons;
	struct text text;
};

/* A generic netlink socket of network namespace @netns. */
int state_socket(int netns);
/* Read it all; memory comes from @a. */
void state_read(int sock, struct arena *a, struct state *st);
/* "addr:port", or "[addr]:port" */
const char *endpoint(struct arena *a, int af, const uint8_t *addr, uint16_t port);

/* ---- run.c -------------------------------------------------------------- */

struct result {
	int status;		/* as of waitpid() */
	struct text out, err;
};

/**
 * struct job - a program to run
 * @path: of its file
 * @argv: its arguments
 * @envp: its environment
 * @netns: descriptor of the network namespace to run in
 * @uid: to run as
 * @in: its standard input
 * @in_pipe: through a pipe rather than as a file
 * @out_to: a file for standard output, "-" to have it closed, or NULL to keep
 *	what is written in the result
 */
struct job {
	const char *path;
	char *const *argv;
	char *const *envp;
	int netns;
	unsigned int uid;
	struct text in;
	bool in_pipe;
	const char *out_to;
};

/**
 * struct side - one of the two programs that are compared, with its namespace
 * @path: of the program
 * @netns: descriptor of its network namespace
 * @sock: netlink socket there, or -1: do not read the state
 * @job: what to run next
 * @result: what came of it; good until the next run
 * @state: of its namespace, after that; good until the next run
 */
struct side {
	const char *path;
	int netns;
	int sock;
	struct job job;
	struct result result;
	struct state state;
	struct arena arena;
	int fd[3];
};

void sides_start(struct side side[2]);
/* Run the jobs of both, at the same time or one after the other, and read both
 * states after.
 */
void sides_run(struct side side[2], bool together);

/* ---- words.c ------------------------------------------------------------ */

#define MAX_WORDS 512

/* A command line; the first word is the program's name. */
struct line {
	int n;
	char *word[MAX_WORDS + 1];
	struct text in;
	bool in_pipe;
};

void line_start(struct line *l, const char *argv0);
void line_add(struct line *l, char *word);
/* A command line that depends on nothing but @r and @st. */
void line_random(struct line *l, struct arena *a, struct rng *r, const struct state *st);
/* Input for -R, also one that refers to the services of @st. */
struct text rules_random(struct arena *a, struct rng *r, const struct state *st);
/* Spoil what -S has written, here and there. */
struct text rules_spoil(struct arena *a, struct rng *r, struct text rules,
			const struct state *st);
/* Only commands that add, in a sensible order. */
struct text rules_legal(struct arena *a, struct rng *r, int services);

/* Every command with every option: calls @each until there are no more, and
 * gives @arg to it. Of the lines with two options one in @share is made.
 */
void lines_matrix(struct arena *a, struct rng *r, unsigned int share,
		  void (*each)(void *arg, struct line *l), void *arg);
/* Every listing mode with every legal set of format options. @service are
 * words like "-t", "10.0.0.1:80"; @n is their number.
 */
void lines_list(struct arena *a, char **service, int n, bool numeric, unsigned int share,
		struct rng *r, void (*each)(void *arg, struct line *l), void *arg);
/* What the state is before each line of the matrix. */
extern const char matrix_rules[];

/* ---- excuse.c ----------------------------------------------------------- */

enum excuse { EXCUSE_FWMARK, EXCUSE_STATS64, EXCUSE_COMMA, EXCUSE_HELP, EXCUSES };
extern const char *const excuse_name[EXCUSES];

/**
 * struct expectation - what the new program should do, seen what the old one did
 * @result: its status and output
 * @any_error: its standard error may be anything but empty
 * @used: deliberate deviations that were taken into account
 */
struct expectation {
	struct result result;
	bool any_error;
	bool used[EXCUSES];
};

/* The help texts of both. */
void excuse_help(struct text old, struct text new);
void excuse(struct arena *a, const struct line *l, const struct result *old,
	    struct expectation *e);
/* Listings with statistics of both, and the same with --exact: is @new what
 * @old would have been with 64 bits for servers?
 */
bool excuse_stats64(const struct text *old, const struct text *new, const struct text *old_exact,
		    const struct text *new_exact, bool rate, bool exact);

#endif
