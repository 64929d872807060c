// SPDX-License-Identifier: GPL-2.0
/*
 * torture: change everything at random under a flood of connections, and look
 * whether what must hold holds.
 *
 *	torture -c CLIENT [-s SEED] [-m MINUTES] [-r ROUNDS] [-a ACTIONS] [-f] [-v]
 *
 * Runs in the director's network namespace; CLIENT is the file of the client's.
 * A round is ACTIONS changes of the configuration with packets coming in, then
 * quiet, in which limits, shares and counters are judged (check.c). Rounds are
 * begun until MINUTES are over, or ROUNDS are done. The same SEED gives the same
 * changes in the same order, whatever the kernel answers and however fast it is;
 * traffic is random. -f: failslab is set up for connections, so that some rounds have
 * no memory for all of them. -v prints each change.
 *
 * On failure prints what is wrong and the last changes. Status: 0, or 1.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/ip_vs.h>
#include <linux/module.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "actions.h"
#include "torture.h"

#define LAST		40	/* actions that are printed on failure */

const struct sched scheds[] = {
	{ "hprio", "ip_vs_hprio", TOP_TIER, .priority = true },
	{ "rr", "ip_vs_rr", EQUAL },
	{ "wrr", "ip_vs_wrr", WEIGHTS },
	{ "bw_load", "ip_vs_bw_load", WEIGHTS },
	{ "bw_poll", "ip_vs_bw_poll", POLLED },
	{ "bw_lag", "ip_vs_bw_lag", QUEUES, .priority = true },
	{ "bw_lag_val", "ip_vs_bw_lag_val", QUEUES, .priority = true },
	{ "auto_bw", "ip_vs_auto_bw", COUNTS, .priority = true },
	{ "bwload", "ip_vs_bw_load", WEIGHTS },
	{ "bwpoll", "ip_vs_bw_poll", POLLED },
	{ "bwlag", "ip_vs_bw_lag", QUEUES, .priority = true },
	{ "bwlagval", "ip_vs_bw_lag_val", QUEUES, .priority = true },
	{ "autobw", "ip_vs_auto_bw", COUNTS, .priority = true },
	{ "wlc", "ip_vs_wlc", FOREIGN },
	{ "sh", "ip_vs_sh", FOREIGN },
};
#define NR_FOREIGN	2

const unsigned int nr_all = ARRAY_SIZE(scheds);
const unsigned int nr_scheds = ARRAY_SIZE(scheds) - NR_FOREIGN;

/* Parameters, by who has them. Times are in milliseconds. */
static const struct {
	enum sharing	of;
	const char	*name;
	uint32_t	values[4];
} params[] = {
	{ TOP_TIER, "min-active", { 1, 2, 5, 65535 } },
	{ TOP_TIER, "hold", { 0, 10, 500, 3000 } },
	{ TOP_TIER, "tier", { 0, 1, 2, 3 } },
	{ TOP_TIER, "slow-start", { 0, 100, 1000, 5000 } },
	{ POLLED, "poll", { 1, 10, 100, 60000 } },
	{ QUEUES, "cost", { 1, 1500, 16384, 268435456 } },
	{ QUEUES, "queue", { 1, 100, 1000, 600000 } },
};

struct service services[SERVICES];

static uint64_t seed, state;
static unsigned int nr_round, nr_action;
static unsigned int nr_actions = 500;	/* in a round */
static bool verbose, failslab;
static int director_ns, client_ns;
/* This round: requests run out of memory; messages are random. */
static bool failing, fuzzing;
static unsigned long failures;

/* ---- help ---------------------------------------------------------------- */

/* splitmix64 */
uint64_t random64(void)
{
	uint64_t z = state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

unsigned int below(unsigned int n)
{
	return (random64() >> 32) % n;
}

bool one_in(unsigned int n)
{
	return !below(n);
}

static char last[LAST][96];
static unsigned long notes;
static uint64_t sequence = 0xcbf29ce484222325ULL;

void note(const char *fmt, ...)
{
	char *line = last[notes++ % LAST], *p;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(last[0]), fmt, ap);
	va_end(ap);
	/* FNV-1a: two runs that say the same here did the same */
	for (p = line; *p; p++)
		sequence = (sequence ^ (unsigned char)*p) * 0x100000001b3ULL;
	if (verbose)
		printf("%u.%u %s\n", nr_round, nr_action, line);
}

void failed(const char *fmt, ...)
{
	unsigned long i = notes < LAST ? 0 : notes - LAST;
	va_list ap;

	printf("last changes:\n");
	for (; i < notes; i++)
		printf("\t%s\n", last[i % LAST]);
	printf("FAIL: torture: seed %llu, round %u, change %u: ", (unsigned long long)seed,
	       nr_round, nr_action);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
	_exit(1);
}

int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

void sleep_ms(unsigned int ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000L };

	while (nanosleep(&ts, &ts))
		;
}

/* ---- requests, some of which run out of memory --------------------------- */

static bool armed;

static void request_begin(void)
{
	/* drawn in any case: the sequence is the same on every kernel */
	bool fail = one_in(3);
	unsigned int nth = 1 + below(40);

	armed = fail && failing && can_fail();
	if (armed)
		fail_nth(nth);
}

/* Does it have to be done again? */
static bool request_end(int err)
{
	if (armed)
		fail_nth(0);
	failures += armed && err;
	return armed && err;
}

/* It may have been done, and only the answer was lost. */
static int request_again(int err)
{
	return err == EEXIST || err == ENOENT || err == ESRCH ? 0 : err;
}

#define request(call) ({						\
	int err_;							\
									\
	request_begin();						\
	err_ = (call);							\
	if (request_end(err_))						\
		err_ = request_again(call);				\
	err_;								\
})

static void must(int err, const char *what, unsigned int i, int j)
{
	if (err)
		failed("%s, service %u, server %d: %s", what, i, j, strerror(err));
}

/* ---- changes ------------------------------------------------------------- */

static void server_changed(struct service *s, struct server *d)
{
	d->fresh = d->there;
	if (s->sched->sharing == FOREIGN || (d->there && !d->upper))
		d->allowed = UINT32_MAX;
	else if (d->there && d->allowed < d->upper)
		d->allowed = d->upper;
	if (s->sched->sharing == FOREIGN || (d->there && d->weight))
		d->closed = OPEN;
	else if (d->closed == OPEN)
		d->closed = CLOSING;
}

static void set_server(struct config *c, unsigned int i, unsigned int j, uint32_t weight,
		       uint32_t upper, uint32_t lower)
{
	struct service *s = &services[i];
	struct server *d = &s->server[j];
	uint8_t cmd = d->there ? IPVS_CMD_SET_DEST : IPVS_CMD_NEW_DEST;

	if (lower > upper)
		lower = upper;
	/* Before the kernel does it: the first connection may come at once. */
	d->closed = OPEN;
	d->weight = weight;
	d->upper = upper;
	d->lower = lower;
	note("%s %u %u weight %u limits %u %u", d->there ? "edit" : "add", i, j, weight, upper,
	     lower);
	must(request(put_server(c, cmd, i, j, d)), "server", i, j);
	d->there = true;
	server_changed(s, d);
}

void del_server(struct config *c, unsigned int i, unsigned int j)
{
	struct server *d = &services[i].server[j];

	if (!d->there)
		return;
	note("delete %u %u", i, j);
	must(request(put_server(c, IPVS_CMD_DEL_DEST, i, j, NULL)), "delete", i, j);
	d->there = false;
	server_changed(&services[i], d);
}

static void set_service(struct config *c, unsigned int i, const struct sched *sched,
			uint32_t flags)
{
	struct service *s = &services[i];
	bool was_foreign = s->there && s->sched->sharing == FOREIGN;
	uint8_t cmd = s->there ? IPVS_CMD_SET_SERVICE : IPVS_CMD_NEW_SERVICE;
	unsigned int j;

	s->sched = sched;
	s->flags = flags;
	s->timeout = flags & IP_VS_SVC_F_PERSISTENT ? 2 : 0;
	note("%s service %u %s flags %x", s->there ? "edit" : "add", i, sched->name, flags);
	if (sched->sharing == FOREIGN)
		for (j = 0; j < SERVERS; j++)
			server_changed(s, &s->server[j]);
	must(request(put_service(c, cmd, i, s)), "service", i, -1);
	s->there = true;
	if (sched->sharing != FOREIGN && was_foreign)
		for (j = 0; j < SERVERS; j++)
			server_changed(s, &s->server[j]);
}

static void del_service(struct config *c, unsigned int i)
{
	struct service *s = &services[i];
	unsigned int j;

	note("delete service %u", i);
	must(request(put_service(c, IPVS_CMD_DEL_SERVICE, i, NULL)), "delete", i, -1);
	s->there = false;
	for (j = 0; j < SERVERS; j++) {
		s->server[j].there = false;
		server_changed(s, &s->server[j]);
	}
}

static const struct sched *random_sched(bool foreign)
{
	return &scheds[below(foreign && one_in(4) ? nr_all : nr_scheds)];
}

/* A service that is there, adding it if need be. */
static unsigned int some_service(struct config *c)
{
	unsigned int i = below(SERVICES);

	if (!services[i].there)
		set_service(c, i, random_sched(true), 0);
	return i;
}

void plain_service(struct config *c, unsigned int i)
{
	const struct service *s = &services[i];

	if (!s->there || s->sched->sharing == FOREIGN || s->flags)
		set_service(c, i, random_sched(false), 0);
}

void put_plain(struct config *c, unsigned int i, unsigned int j, uint32_t weight)
{
	set_server(c, i, j, weight, 0, 0);
}

void put_limits(struct config *c, unsigned int i, unsigned int j, uint32_t upper,
		uint32_t lower)
{
	set_server(c, i, j, services[i].server[j].weight, upper, lower);
}

void put_attr(struct config *c, unsigned int i, unsigned int j, int attr, uint64_t value)
{
	int err = request(set_attr(c, i, j, attr, value));

	/* random messages may have used up all entries */
	if (err != ENOSPC || !fuzzing)
		must(err, "attribute", i, j);
}

void put_param(struct config *c, unsigned int i, const char *name, uint64_t value)
{
	int err = request(set_param(c, i, name, value));

	if (err != ENOSPC || !fuzzing)
		must(err, name, i, -1);
}

static uint32_t random_weight(void)
{
	static const uint32_t odd[] = { 0, 0, 0, 1000, 65535, 2147483647 };

	return one_in(4) ? odd[below(ARRAY_SIZE(odd))] : 1 + below(10);
}

static uint32_t random_upper(void)
{
	switch (below(4)) {
	case 0:
		return 0;
	case 1:
		return 1 + below(3);
	case 2:
		return 1 + below(200);
	default:
		return 1 + below(20);
	}
}

static void change_server(struct config *c, unsigned int i)
{
	unsigned int j = below(nr_servers(i));
	uint32_t weight = random_weight(), upper = random_upper(), lower = below(upper + 1);
	bool delete = one_in(3);

	if (services[i].server[j].there && delete)
		del_server(c, i, j);
	else
		set_server(c, i, j, weight, upper, one_in(2) ? lower : 0);
}

/* Several in a service of many, so that each is changed as often. */
static void act_server(struct config *c)
{
	unsigned int i = some_service(c), n;

	for (n = 0; n < nr_servers(i); n += FEW_SERVERS)
		change_server(c, i);
}

static void act_sched(struct config *c)
{
	unsigned int i = some_service(c);
	const struct sched *sched = random_sched(true);
	uint32_t flags = 0;

	if (free_service(i))
		flags = below(4) * IP_VS_SVC_F_SCHED1 | below(2) * IP_VS_SVC_F_PERSISTENT;
	set_service(c, i, sched, flags);
}

static void act_del_service(struct config *c)
{
	del_service(c, some_service(c));
}

static void act_flush(struct config *c)
{
	unsigned int i, j;

	note("flush");
	must(request(put_simple(c, IPVS_CMD_FLUSH)), "flush", 0, -1);
	for (i = 0; i < SERVICES; i++) {
		services[i].there = false;
		for (j = 0; j < SERVERS; j++) {
			services[i].server[j].there = false;
			if (services[i].sched)
				server_changed(&services[i], &services[i].server[j]);
		}
	}
}

static void act_zero(struct config *c)
{
	note("zero");
	must(request(put_simple(c, IPVS_CMD_ZERO)), "zero", 0, -1);
}

static void act_timeouts(struct config *c)
{
	unsigned int tcp = 1 + below(4), fin = 1 + below(3), udp = 1 + below(3);

	note("timeouts %u %u %u", tcp, fin, udp);
	must(request(put_timeouts(c, tcp, fin, udp)), "timeouts", 0, -1);
}

static void act_attr(struct config *c)
{
	static const uint64_t bandwidths[] = { 1, 1000, 125000, 1000000000, 1000000000000 };
	unsigned int i = below(SERVICES), j = below(nr_servers(i)), which = below(4);
	uint64_t bandwidth = bandwidths[below(ARRAY_SIZE(bandwidths))];
	unsigned int lag = below(100000), priority = below(4);
	int err;

	note("attribute %u %u %u: %llu %u %u", i, j, which, (unsigned long long)bandwidth, lag,
	     priority);
	switch (which) {
	case 0:
		put_attr(c, i, j, IP_VS_EXT_ATTR_BANDWIDTH, bandwidth);
		break;
	case 1:
		put_attr(c, i, j, IP_VS_EXT_ATTR_LAG, lag);
		break;
	case 2:
		put_attr(c, i, j, IP_VS_EXT_ATTR_PRIORITY, priority);
		break;
	default:
		err = request(del_attr(c, i, one_in(4) ? -1 : (int)j));
		if (err != ENOENT)
			must(err, "del-attr", i, j);
	}
}

static void act_param(struct config *c)
{
	unsigned int i = some_service(c), k = below(ARRAY_SIZE(params)), v = below(4), tries;
	bool delete = one_in(4);
	int err;

	/* one that its scheduler has, if it has any */
	for (tries = 0; params[k].of != services[i].sched->sharing; tries++) {
		if (tries == ARRAY_SIZE(params))
			return;
		k = (k + 1) % ARRAY_SIZE(params);
	}
	note("parameter %u %s %u%s", i, params[k].name, params[k].values[v],
	     delete ? " deleted" : "");
	if (!delete) {
		put_param(c, i, params[k].name, params[k].values[v]);
		return;
	}
	err = request(del_params(c, i));
	if (err != ENOENT)
		must(err, "del-param", i, -1);
}

/* Unload a module; it must be out of use, at the latest when namespaces that have
 * been left are gone.
 */
static void unload(const char *module)
{
	int64_t end = now_ms() + 180000;

	while (syscall(SYS_delete_module, module, O_NONBLOCK)) {
		if (errno == ENOENT)
			return;
		if (errno != EAGAIN && errno != EBUSY)
			failed("rmmod %s: %s", module, strerror(errno));
		if (now_ms() > end)
			failed("rmmod %s: still in use", module);
		sleep_ms(10);
	}
}

static void act_unload(struct config *c)
{
	unsigned int k = below(nr_scheds), other = below(nr_scheds), i;
	const char *module = scheds[k].module;

	while (!strcmp(scheds[other].module, module))
		other = (other + 1) % nr_scheds;
	note("unload %s", module);
	for (i = 0; i < SERVICES; i++)
		if (services[i].there && !strcmp(services[i].sched->module, module))
			set_service(c, i, &scheds[other], services[i].flags);
	unload(module);
}

/* What the front end knows goes with it; the next to ask for it loads it. */
static void act_reload(struct config *c)
{
	note("reload ip_vs_ext_nl");
	if (fuzzing)
		return;
	check_events(c);
	config_close_ext(c);
	unload("ip_vs_ext_nl");
	config_open_ext(c);
	check_events_start();
}

/* The loopback device, with the service's address. */
static void loopback_up(void)
{
	struct ifreq ifr = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	struct sockaddr_in *addr = (struct sockaddr_in *)&ifr.ifr_addr;
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &ifr))
		failed("lo: %s", strerror(errno));
	strcpy(ifr.ifr_name, "lo:1");
	*addr = (struct sockaddr_in){ .sin_family = AF_INET };
	addr->sin_addr.s_addr = htonl(VIP);
	if (ioctl(fd, SIOCSIFADDR, &ifr))
		failed("lo:1: %s", strerror(errno));
	close(fd);
}

/* Connections that the director itself opens are decided about in tasks. */
static void send_local(unsigned int n)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(PORTS) };
	int fd;

	to.sin_addr.s_addr = htonl(VIP);
	while (n--) {
		fd = socket(AF_INET, SOCK_DGRAM, 0);
		if (fd < 0)
			failed("socket: %s", strerror(errno));
		/* some are refused */
		sendto(fd, "x", 1, 0, (void *)&to, sizeof(to));
		close(fd);
	}
}

/* A namespace with a service, attributes, parameters, events, connections and a
 * limit is made, used, and left without a word.
 */
static void act_namespace(struct config *c)
{
	static struct config ns;
	unsigned int k = below(nr_scheds), servers = 1 + below(SERVERS), j;
	struct service s = { .sched = &scheds[k] };
	struct server d = { .weight = 1, .upper = 3 };
	struct counts n;

	(void)c;
	note("namespace %s %u", scheds[k].name, servers);
	if (unshare(CLONE_NEWNET))
		failed("unshare: %s", strerror(errno));
	loopback_up();
	config_open(&ns);
	must(put_service(&ns, IPVS_CMD_NEW_SERVICE, UDP, &s), "namespace", 0, -1);
	for (j = 0; j < servers; j++) {
		must(put_server(&ns, IPVS_CMD_NEW_DEST, UDP, j, &d), "namespace", 0, j);
		put_attr(&ns, UDP, j, IP_VS_EXT_ATTR_LAG, j);
	}
	send_local(30);
	read_counts(&ns, UDP, &n);
	for (j = 0; j < servers; j++)
		if (n.conns[j] > d.upper)
			failed("limit: server %u in a namespace (%s) has %u connections", j,
			       s.sched->name, n.conns[j]);
	config_close(&ns);
	if (setns(director_ns, CLONE_NEWNET))
		failed("setns: %s", strerror(errno));
}

static void act_read(struct config *c)
{
	note("read");
	read_all(c);
}

static struct {
	const char	*name;
	unsigned int	weight;
	void		(*act)(struct config *c);
	unsigned long	done;
} actions[] = {
	{ "server", 200, act_server },
	{ "scheduler", 25, act_sched },
	{ "delete-service", 5, act_del_service },
	{ "flush", 1, act_flush },
	{ "zero", 3, act_zero },
	{ "timeouts", 5, act_timeouts },
	{ "attribute", 60, act_attr },
	{ "parameter", 30, act_param },
	{ "unload", 2, act_unload },
	{ "reload", 2, act_reload },
	{ "namespace", 5, act_namespace },
	{ "read", 5, act_read },
};

static void act(struct config *c)
{
	unsigned int sum = 0, i, n;

	for (i = 0; i < ARRAY_SIZE(actions); i++)
		sum += actions[i].weight;
	n = below(sum);
	for (i = 0; n >= actions[i].weight; i++)
		n -= actions[i].weight;
	actions[i].done++;
	actions[i].act(c);
}

/* ---- rounds -------------------------------------------------------------- */

/* Other programs: clients of the real servers, random messages. */
static pid_t children[2];

static void start_child(unsigned int k, int ns, const char *const *argv)
{
	int null;

	children[k] = fork();
	if (children[k] < 0)
		failed("fork: %s", strerror(errno));
	if (children[k])
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	null = open("/dev/null", O_RDWR);
	dup2(null, STDOUT_FILENO);
	if (setns(ns, CLONE_NEWNET))
		_exit(127);
	execvp(argv[0], (char **)argv);
	_exit(127);
}

static void stop_children(void)
{
	unsigned int k;
	int status;

	for (k = 0; k < ARRAY_SIZE(children); k++) {
		if (!children[k])
			continue;
		kill(children[k], SIGKILL);
		waitpid(children[k], &status, 0);
		if (WIFEXITED(status) && WEXITSTATUS(status))
			failed("%s ended with status %d", k ? "nlfuzz" : "traffic",
			       WEXITSTATUS(status));
		children[k] = 0;
	}
}

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		failed("%s: %s", path, strerror(errno));
	close(fd);
}

/* Connections for which there is no memory. */
static void fail_connections(bool fail)
{
	static const char filter[] = "/sys/kernel/debug/failslab/cache-filter";

	if (!failslab)
		return;
	/* At no time without the filter, or there is no memory for anybody. */
	if (fail)
		write_file(filter, "Y");
	write_file("/sys/kernel/debug/failslab/probability", fail ? "10" : "0");
	if (!fail)
		write_file(filter, "N");
}

static void add_sums(struct config *c)
{
	struct state st;
	unsigned int i;

	for (i = 0; i < SERVICES; i++) {
		struct service *s = &services[i];

		if (!s->there || s->sched->sharing == FOREIGN)
			continue;
		read_state(c, i, &st);
		if (st.since != s->since) {
			s->since = st.since;
			s->grants = 0;
			s->refusals = 0;
		}
		sums.grants += st.grants - s->grants;
		sums.refusals += st.refusals - s->refusals;
		s->grants = st.grants;
		s->refusals = st.refusals;
	}
}

/* A server for which there was no memory gets connections after the next change of
 * its service: one that changes nothing.
 */
static void repair(struct config *c)
{
	unsigned int i, j;

	for (i = 0; i < SERVICES; i++) {
		const struct server *d = services[i].server;

		for (j = 0; j < SERVERS && !d[j].there; j++)
			;
		if (services[i].there && j < SERVERS)
			must(put_server(c, IPVS_CMD_SET_DEST, i, j, &d[j]), "repair", i, j);
	}
}

static void churn(struct config *c)
{
	char port[16], number[24];
	const char *const flood[] = {
		"traffic", "flood", "10.7.1.1", port, "-d", "86400", "-i", "8", "-F",
		"-b", "10.9.0.1", "-c", "20000", NULL
	};
	const char *const fuzz[] = { "nlfuzz", number, "100000000", NULL };

	snprintf(port, sizeof(port), "%u", PORTS + REAL_SERVICE);
	snprintf(number, sizeof(number), "%llu", (unsigned long long)(seed + nr_round));
	/* What cannot go together takes turns. */
	fuzzing = nr_round % 3 == 1;
	failing = nr_round % 3 == 2;
	act_timeouts(c);
	start_child(0, client_ns, flood);
	if (fuzzing)
		start_child(1, director_ns, fuzz);
	fail_connections(!failing && nr_round % 2);
	send_pause(false);
	for (nr_action = 1; nr_action <= nr_actions; nr_action++) {
		act(c);
		sleep_ms(one_in(20) ? 100 : 2);
		if (nr_action % 10 == 0)
			check_limits(c);
		if (nr_action % 20 == 0) {
			check_events(c);
			add_sums(c);
		}
		if (nr_action % 100 == 0)
			check_entries();
	}
	send_pause(true);
	stop_children();
	fail_connections(false);
	if (failing)
		repair(c);
	fuzzing = failing = false;
}

static void usage(void)
{
	fprintf(stderr,
		"usage: torture -c CLIENT [-s SEED] [-m MINUTES] [-r ROUNDS] [-a ACTIONS] [-f] [-v]\n");
	exit(2);
}

int main(int argc, char **argv)
{
	unsigned int rounds = UINT32_MAX, i, j;
	static struct config config;
	const char *client = NULL;
	double minutes = 2;
	int64_t start, end;
	uint32_t first;
	int opt;

	seed = time(NULL);
	while ((opt = getopt(argc, argv, "c:s:m:r:a:fv")) != -1) {
		switch (opt) {
		case 'c':
			client = optarg;
			break;
		case 's':
			seed = strtoull(optarg, NULL, 0);
			break;
		case 'm':
			minutes = atof(optarg);
			break;
		case 'r':
			rounds = atoi(optarg);
			break;
		case 'a':
			nr_actions = atoi(optarg);
			break;
		case 'f':
			failslab = true;
			break;
		case 'v':
			verbose = true;
			break;
		default:
			usage();
		}
	}
	if (!client || optind != argc)
		usage();
	setlinebuf(stdout);
	state = seed;
	for (i = 0; i < SERVICES; i++) {
		for (j = 0; j < SERVERS; j++) {
			services[i].server[j].allowed = UINT32_MAX;
			services[i].server[j].closed = OPEN;
		}
	}
	director_ns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	client_ns = open(client, O_RDONLY | O_CLOEXEC);
	if (client_ns < 0 || setns(client_ns, CLONE_NEWNET))
		failed("%s: %s", client, strerror(errno));
	send_open();
	if (setns(director_ns, CLONE_NEWNET))
		failed("setns: %s", strerror(errno));
	config_open(&config);
	first = sent;
	send_start();
	if (!can_fail())
		printf("allocations do not fail: this kernel has no CONFIG_FAILSLAB\n");

	end = now_ms() + minutes * 60000;
	for (nr_round = 1; nr_round <= rounds; nr_round++) {
		start = now_ms();
		if (nr_round > 1 && start > end)
			break;
		churn(&config);
		check_limits(&config);
		check_entries();
		check_quiet(&config);
		add_sums(&config);
		check_events(&config);
		printf("round %u: sequence %016llx, %u packets, %lld s\n", nr_round,
		       (unsigned long long)sequence, sent - first,
		       (long long)(now_ms() - start) / 1000);
	}
	nr_action = 0;
	act_flush(&config);
	config_close(&config);

	printf("seed %llu: %u rounds:", (unsigned long long)seed, nr_round - 1);
	for (i = 0; i < ARRAY_SIZE(actions); i++)
		printf(" %lu %s,", actions[i].done, actions[i].name);
	printf(" %lu failed allocations, %u packets, %llu grants, %llu refusals, %llu events;"
	       " checked: %llu counts, %llu entries, %llu shares, %llu fills\n",
	       failures, sent - first, (unsigned long long)sums.grants,
	       (unsigned long long)sums.refusals, (unsigned long long)sums.events,
	       (unsigned long long)sums.samples, (unsigned long long)sums.entries,
	       (unsigned long long)sums.shares, (unsigned long long)sums.fills);
	return 0;
}
