// SPDX-License-Identifier: GPL-2.0
/*
 * What the tool has to say to the kernel, and to hear of it.
 *
 * Changes go out many to a system call. Only what ends a batch asks to be
 * acknowledged: refusals are reported in any case, and carry the sequence number
 * of their request. A batch is never larger than what the receive queue holds
 * refusals of, as the kernel drops what does not fit.
 *
 * One socket does all. Where the servers of many services are read, a second one
 * has the small buffers that short dumps want; see line.h.
 */
#include <errno.h>
#include <linux/genetlink.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "exchange.h"
#include "genl.h"
#include "kernel.h"
#include "line.h"
#include "proc.h"
#include "sockopt.h"

/* A batch has to fit into SO_SNDBUF, which libnl makes 64 KiB if it may. */
#define BATCH_SIZE 49152
#define BATCH_MAX 512
/* What a refusal with its words takes of the receive queue, at most. */
#define REFUSAL_COST 2048
#define RECEIVE_QUEUE (BATCH_MAX * REFUSAL_COST)

/* Reading again because something changed meanwhile ends somewhere. */
#define TRIES 5

struct refusal {
	unsigned long tag;
	int err;
	char *extack;
};

struct kernel {
	struct nl_sock *sock;
	struct line line;	/* of @sock */
	struct line brief;	/* for short dumps, once there are many of them */
	uint16_t family;
	uint32_t seq;
	struct ipvs_info info;

	/* the batch that is being collected */
	char *batch;
	size_t batch_room;
	size_t batch_len;
	unsigned int queued;
	unsigned int batch_max;
	unsigned long tag[BATCH_MAX];
	int failed;		/* a batch was lost; kernel_sync() says so */

	struct refusal *refusal;
	size_t refusals;
	size_t refusal_room;
	char *words;		/* of the last refusal in kernel_change() */
};

/* ---- sending ----------------------------------------------------------------- */

static int note_refusal(struct exchange *x, uint32_t seq, int err, const char *extack)
{
	struct kernel *k = x->arg;
	struct refusal *r;

	if (k->refusals == k->refusal_room) {
		size_t room = k->refusal_room ? k->refusal_room * 2 : 16;

		r = reallocarray(k->refusal, room, sizeof(*r));
		if (!r)
			return -ENOMEM;
		k->refusal = r;
		k->refusal_room = room;
	}
	r = &k->refusal[k->refusals];
	r->tag = k->tag[seq - x->first];
	r->err = err;
	r->extack = extack ? strdup(extack) : NULL;
	if (extack && !r->extack)
		return -ENOMEM;
	k->refusals++;
	return 0;
}

static int send_batch(struct kernel *k)
{
	struct exchange x = {
		.end = END_ACK, .type = k->family, .refused = note_refusal, .arg = k,
	};
	/* It is answered in any case. A change is not: when a daemon is stopped before
	 * its thread ran, the kernel has -EINTR for it, which to netlink means no answer.
	 */
	struct nlmsghdr end = {
		.nlmsg_len = NLMSG_HDRLEN, .nlmsg_type = NLMSG_NOOP,
		.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK,
	};
	int err;

	if (!k->queued)
		return 0;
	end.nlmsg_seq = ++k->seq;
	memcpy(k->batch + k->batch_len, &end, sizeof(end));
	x.first = end.nlmsg_seq - k->queued;
	x.last = end.nlmsg_seq;
	err = line_exchange(&k->line, k->batch, k->batch_len + sizeof(end), &x);
	k->queued = 0;
	k->batch_len = 0;
	return err;
}

/* One request that @x tells the end of. Frees @msg, which may be NULL. */
static int ask_on(struct line *l, struct kernel *k, struct nl_msg *msg, struct exchange *x)
{
	struct nlmsghdr *nlh;
	int err = k->failed;

	if (!msg)
		return -ENOMEM;
	/* What was queued before a question is in the answer. */
	if (k->queued) {
		err = send_batch(k);
		k->failed = err;
	}
	nlh = nlmsg_hdr(msg);
	nlh->nlmsg_seq = ++k->seq;
	x->first = k->seq;
	x->last = k->seq;
	if (!x->type)
		x->type = k->family;
	if (!err)
		err = line_exchange(l, nlh, nlh->nlmsg_len, x);
	nlmsg_free(msg);
	return err;
}

static int ask(struct kernel *k, struct nl_msg *msg, struct exchange *x)
{
	return ask_on(&k->line, k, msg, x);
}

/* ---- opening ----------------------------------------------------------------- */

static int take_family(struct exchange *x, const struct nlmsghdr *nlh)
{
	return genl_get_family(nlh, x->arg);
}

static int find_family(struct kernel *k)
{
	struct exchange x = {
		.end = END_REPLY, .type = GENL_ID_CTRL, .reply = take_family, .arg = &k->family,
	};
	struct nl_msg *msg = genl_request(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 0);

	if (msg && nla_put_string(msg, CTRL_ATTR_FAMILY_NAME, IPVS_GENL_NAME)) {
		nlmsg_free(msg);
		msg = NULL;
	}
	return ask(k, msg, &x);
}

static int take_info(struct exchange *x, const struct nlmsghdr *nlh)
{
	return genl_get_info(nlh, x->arg);
}

static int find_info(struct kernel *k)
{
	struct exchange x = { .end = END_REPLY, .reply = take_info, .arg = &k->info };

	return ask(k, genl_request(k->family, IPVS_CMD_GET_INFO, 0), &x);
}

static void set_option(int fd, int level, int option, int value)
{
	/* Kernels that lack one of them do without. */
	(void)setsockopt(fd, level, option, &value, sizeof(value));
}

static int get_option(int fd, int option, int otherwise)
{
	int value = 0;
	socklen_t len = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, option, &value, &len) == 0 ? value : otherwise;
}

static void size_batch(struct kernel *k)
{
	int fd = k->line.fd;
	int queue = RECEIVE_QUEUE;
	int room;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &queue, sizeof(queue)) < 0)
		set_option(fd, SOL_SOCKET, SO_RCVBUF, queue);
	queue = get_option(fd, SO_RCVBUF, 0) / REFUSAL_COST;
	k->batch_max = queue < 1 ? 1 : queue < BATCH_MAX ? queue : BATCH_MAX;
	/* The kernel takes some bytes of it for itself, and the end of a batch some. */
	room = get_option(fd, SO_SNDBUF, 0) - 64;
	k->batch_room = room < GENL_REQUEST_MAX ? GENL_REQUEST_MAX :
			room < BATCH_SIZE ? room : BATCH_SIZE;
}

/* Without the family, the older way in decides what is to be said: 1.31 tried it. */
static int no_family(void)
{
	int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);

	if (fd < 0)
		return -errno;
	close(fd);
	return -ENOPROTOOPT;
}

static int connect_socket(struct kernel *k)
{
	int err;

	k->sock = nl_socket_alloc();
	k->line.buf = malloc((size_t)LINE_PIECES * LINE_PIECE);
	k->line.piece = LINE_PIECE;
	k->brief.buf = k->line.buf;
	k->brief.piece = line_short_piece();
	k->brief.fd = -1;
	k->batch = malloc(BATCH_SIZE + NLMSG_HDRLEN);
	if (!k->sock || !k->line.buf || !k->batch)
		return -ENOMEM;
	if (genl_connect(k->sock) < 0)
		return no_family();
	k->line.fd = nl_socket_get_fd(k->sock);
	set_option(k->line.fd, SOL_NETLINK, NETLINK_EXT_ACK, 1);
	set_option(k->line.fd, SOL_NETLINK, NETLINK_CAP_ACK, 1);
	size_batch(k);
	err = find_family(k);
	if (err)
		return err == -ENOENT ? no_family() : err;
	return find_info(k);
}

int kernel_open(struct kernel **k)
{
	int err;

	*k = calloc(1, sizeof(**k));
	if (!*k)
		return -ENOMEM;
	err = connect_socket(*k);
	if (err) {
		kernel_close(*k);
		*k = NULL;
	}
	return err;
}

static void drop_refusals(struct kernel *k)
{
	size_t i;

	for (i = 0; i < k->refusals; i++)
		free(k->refusal[i].extack);
	k->refusals = 0;
}

void kernel_close(struct kernel *k)
{
	if (!k)
		return;
	drop_refusals(k);
	free(k->refusal);
	free(k->words);
	free(k->batch);
	if (k->brief.fd >= 0)
		close(k->brief.fd);
	free(k->line.buf);
	nl_socket_free(k->sock);
	free(k);
}

const struct ipvs_info *kernel_info(const struct kernel *k)
{
	return &k->info;
}

/* ---- changes ----------------------------------------------------------------- */

int kernel_queue(struct kernel *k, const struct ipvs_change *change, unsigned long tag)
{
	struct nl_msg *msg = genl_request(k->family, genl_command(change->op), 0);
	struct nlmsghdr *nlh;
	int err = k->failed;

	if (!msg)
		return -ENOMEM;
	if (!err)
		err = genl_put_change(msg, change);
	nlh = nlmsg_hdr(msg);
	if (!err && (k->queued == k->batch_max ||
		     k->batch_len + NLMSG_ALIGN(nlh->nlmsg_len) > k->batch_room)) {
		err = send_batch(k);
		k->failed = err;
	}
	if (!err) {
		nlh->nlmsg_seq = ++k->seq;
		k->tag[k->queued++] = tag;
		memcpy(k->batch + k->batch_len, nlh, nlh->nlmsg_len);
		k->batch_len += NLMSG_ALIGN(nlh->nlmsg_len);
	}
	nlmsg_free(msg);
	return err;
}

long kernel_sync(struct kernel *k, kernel_refused_t *refused, void *arg)
{
	int err = k->failed ? k->failed : send_batch(k);
	long n = k->refusals;
	size_t i;

	for (i = 0; refused && i < k->refusals; i++)
		refused(arg, k->refusal[i].tag, k->refusal[i].err, k->refusal[i].extack);
	drop_refusals(k);
	k->failed = 0;
	return err ? err : n;
}

int kernel_change(struct kernel *k, const struct ipvs_change *change, const char **extack)
{
	int err;

	free(k->words);
	k->words = NULL;
	err = kernel_queue(k, change, 0);
	if (err)
		return err;
	err = send_batch(k);
	if (!err && k->refusals) {
		err = -k->refusal[0].err;
		k->words = k->refusal[0].extack;
		k->refusal[0].extack = NULL;
	}
	drop_refusals(k);
	if (extack)
		*extack = k->words;
	return err;
}

/* ---- reading the table ------------------------------------------------------- */

struct reading {
	struct table *t;
	unsigned int flags;	/* KERNEL_* */
	size_t at;		/* the service to be compared, or whose servers are read */
	size_t server;		/* the server of it to be compared */
	bool differs;
	bool interrupted;
};

/* What is known of a service besides what is in the table. */
enum {
	SEEN = 1,		/* its servers have been read */
	LONG = 2,		/* in more than one piece */
	GONE = 4,
};

static int take_service(struct exchange *x, const struct nlmsghdr *nlh)
{
	struct reading *r = x->arg;
	struct ipvs_service svc;
	int err = genl_get_service(nlh, &svc,
				   r->flags & (KERNEL_STATS | KERNEL_COUNTERS | KERNEL_RATES));

	if (err)
		return err;
	return table_add_service(r->t, &svc) ? 0 : -ENOMEM;
}

static int compare_service(struct exchange *x, const struct nlmsghdr *nlh)
{
	struct reading *r = x->arg;
	struct ipvs_service svc;
	int err = genl_get_service(nlh, &svc, false);

	if (err)
		return err;
	if (r->at == r->t->n || ipvs_key_cmp(&svc.key, &r->t->service[r->at].key))
		r->differs = true;
	else
		r->at++;
	return 0;
}

static int take_server(struct exchange *x, const struct nlmsghdr *nlh)
{
	struct reading *r = x->arg;
	struct ipvs_service *svc = &r->t->service[r->at];
	struct ipvs_server server;
	struct ipvs_stats stats;
	bool half = r->flags & (KERNEL_COUNTERS | KERNEL_RATES);
	int err = genl_get_server(nlh, svc->key.af, &server,
				  half || r->t->stats ? &stats : NULL);

	if (err)
		return err;
	if (half)
		memcpy(server.value,
		       &stats.value[r->flags & KERNEL_COUNTERS ? IPVS_CONNS : IPVS_CPS],
		       sizeof(server.value));
	if (!table_add_server(r->t, svc, &server))
		return -ENOMEM;
	if (r->t->stats)
		svc->server_stats[svc->n - 1] = stats;
	return 0;
}

static int compare_server(struct exchange *x, const struct nlmsghdr *nlh)
{
	struct reading *r = x->arg;
	struct ipvs_service *svc = &r->t->service[r->at];
	struct ipvs_server server;
	int err = genl_get_server(nlh, svc->key.af, &server, NULL);

	if (err)
		return err;
	if (r->server == svc->n || ipvs_server_cmp(&server, &svc->server[r->server]))
		r->differs = true;
	else
		r->server++;
	return 0;
}

static struct nl_msg *request_for(struct kernel *k, uint8_t cmd, uint16_t flags,
				  const struct ipvs_key *key)
{
	struct nl_msg *msg = genl_request(k->family, cmd, flags);

	if (msg && genl_put_key(msg, key)) {
		nlmsg_free(msg);
		msg = NULL;
	}
	return msg;
}

typedef int reply_t(struct exchange *x, const struct nlmsghdr *nlh);

/* All services, or the one of @key. */
static int ask_services(struct kernel *k, const struct ipvs_key *key, reply_t *reply,
			struct reading *r)
{
	struct exchange x = { .end = key ? END_REPLY : END_DUMP, .reply = reply, .arg = r };
	int err;

	if (key)
		err = ask(k, request_for(k, IPVS_CMD_GET_SERVICE, 0, key), &x);
	else
		err = ask(k, genl_request(k->family, IPVS_CMD_GET_SERVICE, NLM_F_DUMP), &x);
	r->interrupted |= x.interrupted;
	return err;
}

/* The servers of service @r->at. Returns the number of pieces. */
static int ask_servers(struct line *l, struct kernel *k, reply_t *reply, struct reading *r)
{
	struct exchange x = { .end = END_DUMP, .reply = reply, .arg = r };
	int err;

	err = ask_on(l, k, request_for(k, IPVS_CMD_GET_DEST, NLM_F_DUMP,
				       &r->t->service[r->at].key), &x);
	r->interrupted |= x.interrupted;
	return err ? err : (int)x.pieces;
}

/* ---- services that are gone -------------------------------------------------- */

struct roll_call {
	uint32_t first;
	const size_t *called;	/* by sequence number, from @first */
	unsigned char *state;
};

static int note_absence(struct exchange *x, uint32_t seq, int err, const char *extack)
{
	struct roll_call *roll = x->arg;

	(void)extack;
	if (err != ESRCH)
		return -err;
	roll->state[roll->called[seq - roll->first]] |= GONE;
	return 0;
}

/* Their replies are larger than refusals: fewer at a time. */
static int call_roll(struct kernel *k, struct table *t, const size_t *called, size_t n,
		     unsigned char *state)
{
	struct roll_call roll = { .first = k->seq + 1, .called = called, .state = state };
	struct exchange x = {
		.first = k->seq + 1, .last = k->seq + n, .end = END_REPLY, .type = k->family,
		.refused = note_absence, .arg = &roll,
	};
	struct nlmsghdr *nlh;
	struct nl_msg *msg;
	size_t i, len = 0;

	for (i = 0; i < n; i++) {
		msg = request_for(k, IPVS_CMD_GET_SERVICE, 0, &t->service[called[i]].key);
		if (!msg)
			return -ENOMEM;
		nlh = nlmsg_hdr(msg);
		nlh->nlmsg_seq = ++k->seq;
		memcpy(k->batch + len, nlh, nlh->nlmsg_len);
		len += NLMSG_ALIGN(nlh->nlmsg_len);
		nlmsg_free(msg);
	}
	return line_exchange(&k->line, k->batch, len, &x);
}

#define ROLL_MAX (BATCH_SIZE / GENL_REQUEST_MAX)

/* So many are sure to fit. */
static size_t roll_size(const struct kernel *k)
{
	size_t n = k->batch_room / GENL_REQUEST_MAX;

	return n < k->batch_max / 4 + 1 ? n : k->batch_max / 4 + 1;
}

/* The kernel's dump of the servers of a service that does not exist is an empty
 * one, and that of a service that goes ends early.
 */
static int drop_gone(struct kernel *k, struct table *t, unsigned char *state)
{
	size_t most = roll_size(k);
	size_t called[ROLL_MAX];
	size_t i, to = 0, n = 0;
	int err = 0;

	for (i = 0; i < t->n; i++) {
		if (!(state[i] & LONG) && (t->service[i].n || state[i] & SEEN))
			continue;
		called[n++] = i;
		if (n == most) {
			err = call_roll(k, t, called, n, state);
			if (err)
				return err;
			n = 0;
		}
	}
	if (n)
		err = call_roll(k, t, called, n, state);
	if (err)
		return err;
	for (i = 0; i < t->n; i++) {
		if (state[i] & GONE) {
			free(t->service[i].server);
			free(t->service[i].server_stats);
			continue;
		}
		state[to] = state[i];
		t->service[to++] = t->service[i];
	}
	t->n = to;
	return 0;
}

/* ---- all of it ----------------------------------------------------------------- */

static void drop_servers(struct table *t)
{
	size_t i;

	for (i = 0; i < t->n; i++)
		t->service[i].n = 0;
}

/* A socket for short dumps, which has not had a long one. */
static struct line *brief_line(struct kernel *k)
{
	struct line *l = &k->brief;

	if (l->fd >= 0 && l->grown) {
		close(l->fd);
		l->fd = -1;
	}
	if (l->fd < 0) {
		l->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
		l->grown = false;
	}
	return l->fd < 0 ? &k->line : l;
}

static int read_servers(struct kernel *k, struct reading *r, unsigned char *state)
{
	int pieces;

	for (r->at = 0; r->at < r->t->n; r->at++) {
		if (state[r->at] & SEEN)
			continue;
		pieces = ask_servers(r->t->n > 1 ? brief_line(k) : &k->line, k, take_server, r);
		if (pieces == -ENOSPC) {
			/* This kernel's least is larger than thought. */
			k->brief.piece = LINE_PIECE;
			k->brief.grown = true;
			r->t->service[r->at].n = 0;
			pieces = ask_servers(brief_line(k), k, take_server, r);
		}
		if (pieces < 0)
			return pieces;
		if (pieces > 1)
			state[r->at] |= LONG;
	}
	return 0;
}

/* A second look at the keys of services, and of long lists of servers. */
static int compare(struct kernel *k, const struct ipvs_key *key, struct reading *r,
		   const unsigned char *state)
{
	int err;

	r->at = 0;
	err = ask_services(k, key, compare_service, r);
	if (err)
		return err;
	if (r->at != r->t->n)
		r->differs = true;
	for (r->at = 0; r->at < r->t->n && !r->differs; r->at++) {
		if (!(state[r->at] & LONG))
			continue;
		r->server = 0;
		err = ask_servers(&k->line, k, compare_server, r);
		if (err < 0)
			return err;
		if (r->server != r->t->service[r->at].n)
			r->differs = true;
	}
	return 0;
}

/* The fastest way, if all services are of IPv4 and it knows all of them. */
static unsigned char *read_ipv4(struct table *t)
{
	unsigned char *state = NULL;

	if (!sockopt_services(t))
		state = calloc(t->n, 1);
	if (!state || proc_servers(t, state, true) < 0) {
		free(state);
		table_free(t);
		return NULL;
	}
	return state;
}

static int read_once(struct kernel *k, struct reading *r, const struct ipvs_key *key)
{
	bool brief = (r->flags & KERNEL_BRIEF) && !key;
	unsigned char *state = brief ? read_ipv4(r->t) : NULL;
	int err;

	if (!state) {
		err = ask_services(k, key, take_service, r);
		if (err || !r->t->n)
			return err;
		state = calloc(r->t->n, 1);
		if (!state)
			return -ENOMEM;
		if (brief && proc_servers(r->t, state, false) < 0) {
			drop_servers(r->t);
			memset(state, 0, r->t->n);
		}
	}
	err = read_servers(k, r, state);
	if (!err)
		err = drop_gone(k, r->t, state);
	if (!err && (r->flags & KERNEL_CONSISTENT))
		err = compare(k, key, r, state);
	free(state);
	if (!err && key && !r->t->n)
		err = -ESRCH;
	return err;
}

int kernel_table(struct kernel *k, struct table *t, const struct ipvs_key *key, unsigned int flags)
{
	int tries, err;

	for (tries = 0; tries < TRIES; tries++) {
		struct reading r = { .t = t, .flags = flags };

		t->stats = flags & KERNEL_STATS;
		err = read_once(k, &r, key);
		if (err)
			return err;
		t->consistent = (flags & KERNEL_CONSISTENT) && !r.interrupted && !r.differs;
		if (!r.interrupted && !r.differs)
			break;
		if (tries < TRIES - 1)
			table_free(t);
	}
	return 0;
}

/* ---- the rest ------------------------------------------------------------------ */

static int take_timeouts(struct exchange *x, const struct nlmsghdr *nlh)
{
	return genl_get_timeouts(nlh, x->arg);
}

int kernel_timeouts(struct kernel *k, struct ipvs_timeouts *timeouts)
{
	struct exchange x = { .end = END_REPLY, .reply = take_timeouts, .arg = timeouts };

	memset(timeouts, 0, sizeof(*timeouts));
	return ask(k, genl_request(k->family, IPVS_CMD_GET_CONFIG, 0), &x);
}

struct daemons {
	struct ipvs_daemon *daemon;
	int n;
};

static int take_daemon(struct exchange *x, const struct nlmsghdr *nlh)
{
	struct daemons *d = x->arg;

	return d->n < 2 ? genl_get_daemon(nlh, &d->daemon[d->n++]) : -EPROTO;
}

int kernel_daemons(struct kernel *k, struct ipvs_daemon daemon[2])
{
	struct daemons d = { .daemon = daemon };
	struct exchange x = { .end = END_DUMP, .reply = take_daemon, .arg = &d };
	int err = ask(k, genl_request(k->family, IPVS_CMD_GET_DAEMON, NLM_F_DUMP), &x);

	return err ? err : d.n;
}
