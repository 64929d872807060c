// SPDX-License-Identifier: GPL-2.0
/*
 * --monitor: events as they happen, a line each, until a signal or until nobody reads
 * them any more.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "../command.h"
#include "../ipvs_ext.h"
#include "../ext_show.h"
#include "../follow.h"

/* So many receptions, and then a look at other things. */
#define BATCH 64

/* So long after a loss the next event is waited for, which tells how large it was. */
#define LOST_MS 1000

/**
 * struct monitor - at work
 * @e: connection
 * @fd: where events come in
 * @json: they are printed as JSON
 * @follow: what has been shown
 * @lost: the kernel had no room for some events, and we do not know for how many
 */
struct monitor {
	struct ext *e;
	int fd;
	bool json;
	struct follow follow;
	bool lost;
};

/* We are told to end; and who reads us did not read for so long since then that a
 * write was interrupted, or would have been.
 */
static atomic_bool stopped, given_up;

/* So long, in seconds, a reader may keep us waiting after that. */
#define PATIENCE_S 1

static void stop(int sig)
{
	/* Again and again: the first one may come just before a write, or a poll. */
	alarm(PATIENCE_S);
	if (sig == SIGALRM)
		given_up = true;
	stopped = true;
}

/* A signal to end is one to end in order. Who started us with one ignored wants that
 * to stay so.
 */
static void catch_signals(void)
{
	static const int signals[] = { SIGINT, SIGTERM };
	struct sigaction action, old;
	size_t i;

	memset(&action, 0, sizeof(action));
	action.sa_handler = stop;
	sigaction(SIGALRM, &action, NULL);
	action.sa_flags = SA_RESTART;
	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		if (!sigaction(signals[i], NULL, &old) && old.sa_handler != SIG_IGN)
			sigaction(signals[i], &action, NULL);
	/* Who reads us no longer is noticed where we write. */
	signal(SIGPIPE, SIG_IGN);
}

static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static void say_lost(struct monitor *m, uint64_t lost, uint64_t at)
{
	if (m->json)
		show_lost_json(stdout, lost, at);
	else
		show_lost(stdout, lost, at);
}

static int take_event(void *arg, const struct ext_event *ev)
{
	struct monitor *m = arg;
	uint64_t lost;
	bool show;

	if (given_up)
		return 0;
	show = follow_event(&m->follow, ev, &lost);
	if (lost) {
		say_lost(m, lost, ev->value[IP_VS_EXT_EVENT_TIME_WALL]);
		m->lost = false;
	}
	if (show && m->json)
		show_event_json(stdout, ev);
	else if (show)
		show_event(stdout, ev);
	return 0;
}

static void show_states(const struct monitor *m, const struct ext_states *s)
{
	const struct ext_state *svc;
	size_t i, k = 0;
	uint64_t at;

	for (i = 0; i < s->services && !given_up; i++) {
		svc = &s->service[i];
		at = svc->value[IP_VS_EXT_STATE_TIME_WALL];
		if (m->json)
			show_state_json(stdout, svc);
		else
			show_state(stdout, svc);
		while (k < s->servers && ipvs_key_cmp(&s->server[k].server.key, &svc->key) < 0)
			k++;
		for (; k < s->servers && !ipvs_key_cmp(&s->server[k].server.key, &svc->key); k++) {
			if (given_up)
				return;
			if (m->json)
				show_server_state_json(stdout, &s->server[k], at);
			else
				show_server_state(stdout, &s->server[k], at);
		}
	}
}

/* Return: 0; 1: nobody reads; or -1 after an error of the output. */
static int flush(void)
{
	if (given_up)
		return 1;
	errno = 0;
	if (!fflush(stdout) && !ferror(stdout))
		return 0;
	if (given_up)
		return 1;
	return errno == EPIPE ? 1 : -1;
}

/* What has come in. Return: 0 or a negative errno. */
static int receive(struct monitor *m)
{
	int ret, n = BATCH;

	do {
		ret = ext_take_events(m->e, m->fd, take_event, m);
		if (ret == -ENOBUFS) {
			m->lost = true;
			ret = 1;
		}
	} while (ret > 0 && --n && !given_up);
	return ret < 0 ? ret : 0;
}

/* Until something comes in. Return: 0; 1: nobody reads; or a negative errno. */
static int wait_for_more(struct monitor *m)
{
	struct pollfd p[] = {
		{ .fd = m->fd, .events = POLLIN },
		/* for POLLERR: a pipe without reader */
		{ .fd = STDOUT_FILENO },
	};
	int n = poll(p, sizeof(p) / sizeof(p[0]), m->lost ? LOST_MS : -1);

	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	if (p[1].revents & POLLERR)
		return 1;
	if (!n) {
		say_lost(m, 0, now());
		m->lost = false;
	}
	return 0;
}

/* Return: 0 when told to end; 1: nobody reads; or a negative errno. */
static int run(struct monitor *m, bool since_start)
{
	struct ext_states s = { .service = NULL };
	int ret = 0, written;

	if (since_start) {
		ret = ext_read_states(m->e, &s, NULL);
		if (ret) {
			ext_states_free(&s);
			return ret;
		}
		show_states(m, &s);
		follow_begin(&m->follow, &s);
	}
	do {
		ret = receive(m);
		written = flush();
		if (written)
			return written < 0 ? -EIO : 1;
		if (!ret && !stopped)
			ret = wait_for_more(m);
	} while (!stopped && !ret);
	return ret;
}

int cmd_monitor(struct kernel *k, const struct command *c)
{
	struct monitor m = { .fd = -1, .json = has_option(c, OPT_JSON) };
	int ret;

	(void)k;
	catch_signals();
	ret = ext_open(&m.e, EXT_LOAD);
	if (!ret) {
		m.fd = ext_listen(m.e);
		ret = m.fd < 0 ? m.fd : run(&m, has_option(c, OPT_SINCE_START));
	}
	if (m.fd >= 0)
		close(m.fd);
	ext_close(m.e);
	follow_free(&m.follow);
	/* What is left in the buffer is for nobody; main() would call it an error. */
	if (ret == 1 && freopen("/dev/null", "w", stdout))
		return EXIT_OK;
	/* That is what main() says itself. */
	if (ferror(stdout))
		return EXIT_OUTPUT;
	if (ret < 0) {
		command_no_ext(-ret);
		return EXIT_LISTING;
	}
	return EXIT_OK;
}
