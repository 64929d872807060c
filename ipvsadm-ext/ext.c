// SPDX-License-Identifier: GPL-2.0
/* The line to the kernel's IPVS_EXT: requests one after the other, and events. */
#include "ipvs_ext.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "exchange.h"
#include "ext_msg.h"
#include "line.h"
#include "process.h"

/* Reading again because something changed meanwhile ends somewhere. */
#define TRIES 5

#define EXT_MODULE "ip_vs_ext_nl"
/* Two seconds. */
#define LOAD_TRIES 40

/* Room for events that nobody has received yet: some 100,000. */
#define EVENT_ROOM (64 << 20)

struct ext {
	struct line line;
	struct ext_family family;
	uint32_t seq;
	char *words;		/* the kernel's, of the last refusal */
};

/* ---- requests ------------------------------------------------------------------ */

static int note_words(struct exchange *x, uint32_t seq, int err, const char *extack)
{
	struct ext *e = x->arg;

	(void)seq;
	/* Without memory, the errno has to do. */
	if (extack)
		e->words = strdup(extack);
	return -err;
}

/* One request that @x tells the end of. Frees @msg, which may be NULL. */
static int ask(struct ext *e, struct nl_msg *msg, struct exchange *x)
{
	struct nlmsghdr *nlh;
	int err;

	free(e->words);
	e->words = NULL;
	if (!msg)
		return -ENOMEM;
	nlh = nlmsg_hdr(msg);
	nlh->nlmsg_seq = ++e->seq;
	x->first = e->seq;
	x->last = e->seq;
	if (!x->type)
		x->type = e->family.id;
	err = line_exchange(&e->line, nlh, nlh->nlmsg_len, x);
	nlmsg_free(msg);
	return err;
}

const char *ext_words(const struct ext *e)
{
	return e->words;
}

/* ---- opening ------------------------------------------------------------------- */

static int take_family(struct exchange *x, const struct nlmsghdr *nlh)
{
	struct ext *e = x->arg;

	return ext_get_family(nlh, &e->family);
}

/* A list of families loads no module; asking for one by name does. */
static int find_family(struct ext *e, unsigned int flags)
{
	bool load = flags & EXT_LOAD;
	struct exchange x = {
		.end = load ? END_REPLY : END_DUMP, .type = GENL_ID_CTRL,
		.reply = take_family, .arg = e,
	};
	struct nl_msg *msg = ext_request(GENL_ID_CTRL, CTRL_CMD_GETFAMILY,
					 load ? 0 : NLM_F_DUMP);
	int err;

	e->family.name = IP_VS_EXT_GENL_NAME;
	if (load && msg &&
	    nla_put_string(msg, CTRL_ATTR_FAMILY_NAME, IP_VS_EXT_GENL_NAME)) {
		nlmsg_free(msg);
		return -ENOMEM;
	}
	err = ask(e, msg, &x);
	return !err && !e->family.id ? -ENOENT : err;
}

/* Somebody else may be loading the module in this moment: then asking for the family
 * does not wait until it is there, and nor does modprobe.
 */
static int find_family_soon(struct ext *e, unsigned int flags)
{
	static const struct timespec pause = { .tv_nsec = 50000000 };
	char *modprobe[] = { "/sbin/modprobe", "--", EXT_MODULE, NULL };
	int err = find_family(e, flags);
	int tries = LOAD_TRIES;
	char said[256];

	if (err != -ENOENT || !(flags & EXT_LOAD) || process_run(modprobe, said, sizeof(said)))
		return err;
	while (err == -ENOENT && tries--) {
		err = find_family(e, flags);
		if (err == -ENOENT)
			nanosleep(&pause, NULL);
	}
	return err;
}

static int connect_socket(struct ext *e, unsigned int flags)
{
	int one = 1;

	e->line.piece = LINE_PIECE;
	e->line.buf = malloc((size_t)LINE_PIECES * LINE_PIECE);
	if (!e->line.buf)
		return -ENOMEM;
	e->line.fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	if (e->line.fd < 0)
		return -errno;
	/* Kernels that lack one of them do without. */
	(void)setsockopt(e->line.fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one));
	(void)setsockopt(e->line.fd, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof(one));
	return find_family_soon(e, flags);
}

int ext_open(struct ext **e, unsigned int flags)
{
	int err;

	*e = calloc(1, sizeof(**e));
	if (!*e)
		return -ENOMEM;
	(*e)->line.fd = -1;
	err = connect_socket(*e, flags);
	if (err) {
		ext_close(*e);
		*e = NULL;
	}
	return err;
}

void ext_close(struct ext *e)
{
	if (!e)
		return;
	if (e->line.fd >= 0)
		close(e->line.fd);
	free(e->line.buf);
	free(e->words);
	free(e);
}

/* ---- changes --------------------------------------------------------------------- */

/* Sends @msg, if it could be made; @ignored: an error that is none. */
static int request(struct ext *e, struct nl_msg *msg, int err, int ignored)
{
	struct exchange x = { .end = END_ACK, .refused = note_words, .arg = e };

	if (err) {
		nlmsg_free(msg);
		return err;
	}
	err = ask(e, msg, &x);
	return err == -ignored ? 0 : err;
}

static int change_attrs(struct ext *e, const struct ipvs_change *c, uint8_t cmd, uint32_t which,
			int ignored)
{
	struct nl_msg *msg = ext_request(e->family.id, cmd, NLM_F_ACK);
	int err;

	if (!msg)
		return -ENOMEM;
	err = ext_put_service(msg, &c->service.key);
	if (!err)
		err = ext_put_server(msg, &c->server);
	if (!err)
		err = ext_put_attrs(msg, &c->attrs, which);
	return request(e, msg, err, ignored);
}

static int change_params(struct ext *e, const struct ipvs_change *c, uint8_t cmd, bool set,
			 int ignored)
{
	struct nl_msg *msg;
	size_t i, n = 0;
	int err;

	for (i = 0; i < c->params->n; i++)
		n += c->params->param[i].set == set;
	if (!n)
		return 0;
	msg = ext_request(e->family.id, cmd, NLM_F_ACK);
	if (!msg)
		return -ENOMEM;
	err = ext_put_service(msg, &c->service.key);
	if (!err)
		err = ext_put_params(msg, c->params, set);
	return request(e, msg, err, ignored);
}

/* All, also those that are kept for another scheduler. */
static int forget_params(struct ext *e, const struct ipvs_change *c)
{
	struct nl_msg *msg = ext_request(e->family.id, IP_VS_EXT_CMD_DEL_PARAM, NLM_F_ACK);

	if (!msg)
		return -ENOMEM;
	return request(e, msg, ext_put_service(msg, &c->service.key), ENOENT);
}

int ext_change(struct ext *e, const struct ipvs_change *change)
{
	int err = 0;

	switch (change->op) {
	case IPVS_SET_ATTRS:
		if (change->attrs.set)
			err = change_attrs(e, change, IP_VS_EXT_CMD_SET_ATTR, change->attrs.set, 0);
		if (!err && change->attrs.clear)
			err = change_attrs(e, change, IP_VS_EXT_CMD_DEL_ATTR, change->attrs.clear,
					   ENOENT);
		return err;
	case IPVS_SET_PARAMS:
		if (!change->params)
			return forget_params(e, change);
		err = change_params(e, change, IP_VS_EXT_CMD_SET_PARAM, true, 0);
		if (!err)
			err = change_params(e, change, IP_VS_EXT_CMD_DEL_PARAM, false, ENOENT);
		return err;
	default:
		return -EINVAL;
	}
}

/* ---- reading --------------------------------------------------------------------- */

typedef int reply_t(struct exchange *x, const struct nlmsghdr *nlh);

/* Where the replies of a dump go. */
struct reading {
	struct ext_config *config;
	struct ext_states *states;
	const struct ipvs_key *key;
};

static int take_attrs(struct exchange *x, const struct nlmsghdr *nlh)
{
	struct reading *r = x->arg;
	struct ext_server server;
	int err = ext_get_attrs(nlh, &server);

	if (err)
		return err;
	return ext_add_server(r->config, &server) ? 0 : -ENOMEM;
}

static int take_params(struct exchange *x, const struct nlmsghdr *nlh)
{
	struct reading *r = x->arg;
	struct ext_service svc;
	int err = ext_get_params(nlh, &svc);

	if (err)
		return err;
	return ext_add_service(r->config, &svc) ? 0 : -ENOMEM;
}

static int take_sched(struct exchange *x, const struct nlmsghdr *nlh)
{
	struct reading *r = x->arg;
	struct ext_sched sched;
	int err = ext_get_sched(nlh, &sched);

	if (err)
		return err;
	return ext_add_sched(r->config, &sched) ? 0 : -ENOMEM;
}

static int take_state(struct exchange *x, const struct nlmsghdr *nlh)
{
	struct reading *r = x->arg;
	struct ext_state svc;
	struct ext_server_state server;
	bool is_server;
	int err = ext_get_state(nlh, &svc, &server, &is_server);

	if (err)
		return err;
	if (is_server)
		return ext_add_server_state(r->states, &server) ? 0 : -ENOMEM;
	return ext_add_state(r->states, &svc) ? 0 : -ENOMEM;
}

/* Return: 1: all of it, but something changed meanwhile. */
static int dump(struct ext *e, uint8_t cmd, reply_t *reply, struct reading *r)
{
	struct exchange x = { .end = END_DUMP, .reply = reply, .arg = r };
	struct nl_msg *msg = ext_request(e->family.id, cmd, NLM_F_DUMP);
	int err;

	if (msg && r->key && cmd != IP_VS_EXT_CMD_GET_SCHED && ext_put_service(msg, r->key)) {
		nlmsg_free(msg);
		return -ENOMEM;
	}
	err = ask(e, msg, &x);
	return err ? err : x.interrupted;
}

static int read_config(struct ext *e, struct ext_config *c, const struct ipvs_key *key,
		       unsigned int what)
{
	struct reading r = { .config = c, .key = key };
	int ret = 0, interrupted = 0;

	if (what & EXT_ATTRS)
		ret = dump(e, IP_VS_EXT_CMD_GET_ATTR, take_attrs, &r);
	interrupted |= ret;
	if (ret >= 0 && what & EXT_PARAMS)
		ret = dump(e, IP_VS_EXT_CMD_GET_PARAM, take_params, &r);
	interrupted |= ret;
	if (ret >= 0 && what & EXT_SCHEDS)
		ret = dump(e, IP_VS_EXT_CMD_GET_SCHED, take_sched, &r);
	interrupted |= ret;
	return ret < 0 ? ret : interrupted > 0;
}

int ext_read(struct ext *e, struct ext_config *c, const struct ipvs_key *key, unsigned int what)
{
	int tries, ret = 1;

	for (tries = 0; ret > 0 && tries < TRIES; tries++) {
		ext_config_free(c);
		ret = read_config(e, c, key, what);
	}
	if (ret < 0)
		return ret;
	c->there = true;
	c->complete = !key;
	ext_config_sort(c);
	return 0;
}

int ext_load_sched(struct ext *e, struct ext_config *c, const char *sched)
{
	char module[64], said[256], *argv[] = { "/sbin/modprobe", "--", module, NULL };
	struct ext_config scheds = { .there = false };
	int err;

	if (ext_find_sched(c, sched))
		return 0;
	/* The kernel would load it with the service; but then a wrong value were noticed
	 * too late. If it cannot be loaded, the kernel says so.
	 */
	snprintf(module, sizeof(module), "ip_vs_%s", sched);
	process_run(argv, said, sizeof(said));
	err = ext_read(e, &scheds, NULL, EXT_SCHEDS);
	if (!err) {
		struct ext_config swap = *c;

		c->sched = scheds.sched;
		c->scheds = scheds.scheds;
		c->sched_room = scheds.sched_room;
		scheds.sched = swap.sched;
		scheds.scheds = swap.scheds;
		scheds.sched_room = swap.sched_room;
	}
	ext_config_free(&scheds);
	return err;
}

void ext_say_no_sched(FILE *out, const struct ext_config *c, const char *sched)
{
	size_t i;

	fprintf(out, "scheduler %s has no parameters: it is none of ipvs-ext's, or cannot be loaded",
		sched);
	for (i = 0; i < c->scheds; i++)
		fprintf(out, "%s%s", i ? ", " : "; loaded are: ", c->sched[i].name);
	putc('\n', out);
}

int ext_read_if_there(struct ext_config *c, const struct ipvs_key *key)
{
	struct ext *e;
	int err = ext_open(&e, 0);

	if (err)
		return err == -ENOENT ? 0 : err;
	err = ext_read(e, c, key, EXT_ATTRS | EXT_PARAMS | EXT_SCHEDS);
	ext_close(e);
	return err;
}

int ext_read_states(struct ext *e, struct ext_states *s, const struct ipvs_key *key)
{
	struct reading r = { .states = s, .key = key };
	int tries, ret = 1;

	for (tries = 0; ret > 0 && tries < TRIES; tries++) {
		ext_states_free(s);
		ret = dump(e, IP_VS_EXT_CMD_GET_STATE, take_state, &r);
	}
	if (ret < 0)
		return ret;
	s->consistent = !ret;
	ext_states_sort(s);
	return 0;
}

/* ---- events ------------------------------------------------------------------------ */

int ext_listen(struct ext *e)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	struct sockaddr_nl any = { .nl_family = AF_NETLINK };
	int room = EVENT_ROOM, group = e->family.group, err;

	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)) < 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	if (!group) {
		close(fd);
		return -EOPNOTSUPP;
	}
	/* A socket without an address would be taken for the sender, who gets no copy. */
	if (bind(fd, (struct sockaddr *)&any, sizeof(any)) < 0 ||
	    setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) < 0) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

static int take_datagram(struct ext *e, size_t len,
			 int (*event)(void *arg, const struct ext_event *ev), void *arg)
{
	struct nlmsghdr *nlh = (struct nlmsghdr *)e->line.buf;
	struct ext_event ev;
	size_t step;
	int err = 0;

	while (!err && len) {
		if (len < NLMSG_HDRLEN || nlh->nlmsg_len < NLMSG_HDRLEN || nlh->nlmsg_len > len)
			return -EPROTO;
		if (nlh->nlmsg_type == e->family.id) {
			err = ext_get_event(nlh, &ev);
			if (!err)
				err = event(arg, &ev);
		}
		step = NLMSG_ALIGN((size_t)nlh->nlmsg_len);
		len -= step < len ? step : len;
		nlh = (struct nlmsghdr *)((char *)nlh + step);
	}
	return err < 0 ? err : 1;
}

int ext_take_events(struct ext *e, int fd, int (*event)(void *arg, const struct ext_event *ev),
		    void *arg)
{
	struct sockaddr_nl from;
	struct iovec iov = {
		.iov_base = e->line.buf, .iov_len = (size_t)LINE_PIECES * LINE_PIECE,
	};
	struct msghdr msg = {
		.msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &iov, .msg_iovlen = 1,
	};
	ssize_t len = recvmsg(fd, &msg, MSG_DONTWAIT);

	if (len < 0 && (errno == EAGAIN || errno == EINTR))
		return errno == EINTR;
	if (len < 0)
		return -errno;
	/* Others with our privileges can send to us as well. */
	if (msg.msg_namelen != sizeof(from) || from.nl_pid)
		return 1;
	if (msg.msg_flags & MSG_TRUNC)
		return -EPROTO;
	return take_datagram(e, len, event, arg);
}
