// SPDX-License-Identifier: GPL-2.0
/*
 * Run the two programs, each in its network namespace, and keep what they say.
 * Both at the same time: starting a program is most of the work.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "differ.h"

/* A program that takes longer hangs; the signal shows in its status. */
#define SECONDS 60

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

typedef void task_t(struct side *s);
static task_t *task;

static void write_all(int fd, struct text t)
{
	size_t done = 0;
	ssize_t n;

	while (done < t.len) {
		n = write(fd, t.s + done, t.len - done);
		if (n < 0)
			die("write: %s", strerror(errno));
		done += n;
	}
}

static void rewind_file(int fd)
{
	if (ftruncate(fd, 0) || lseek(fd, 0, SEEK_SET))
		die("file in memory: %s", strerror(errno));
}

static struct text read_file(int fd, struct arena *a)
{
	struct text t;
	off_t size = lseek(fd, 0, SEEK_END);
	ssize_t n;

	if (size < 0)
		die("file in memory: %s", strerror(errno));
	t.s = arena_take(a, size + 1);
	t.len = 0;
	while (t.len < (size_t)size) {
		n = pread(fd, t.s + t.len, size - t.len, t.len);
		if (n <= 0)
			die("file in memory: %s", strerror(errno));
		t.len += n;
	}
	t.s[t.len] = '\0';
	return t;
}

/* The child shares our memory until it executes the program: nothing here may
 * write to it but to its own locals.
 */
static __attribute__((noinline)) pid_t start(const struct job *j, int in, const int *fd)
{
	pid_t pid = vfork();
	int out = fd[1];

	if (pid)
		return pid;
	if (j->out_to && j->out_to[0] != '-')
		out = open(j->out_to, O_WRONLY);
	if (setns(j->netns, CLONE_NEWNET) || dup2(in, 0) < 0 || out < 0 || dup2(out, 1) < 0 ||
	    dup2(fd[2], 2) < 0)
		_exit(126);
	if (j->out_to && j->out_to[0] == '-')
		close(1);
	if (j->uid && (setresgid(j->uid, j->uid, j->uid) || setresuid(j->uid, j->uid, j->uid)))
		_exit(126);
	alarm(SECONDS);
	execve(j->path, j->argv, j->envp);
	_exit(127);
}

static void run(struct side *s)
{
	int pipefd[2], in = s->fd[0];
	pid_t pid;

	s->arena.used = 0;
	rewind_file(s->fd[1]);
	rewind_file(s->fd[2]);
	if (s->job.in_pipe) {
		/* What fits into a pipe needs nobody to feed it. */
		if (pipe2(pipefd, O_CLOEXEC) || fcntl(pipefd[1], F_SETPIPE_SZ, 1 << 20) < 0)
			die("pipe: %s", strerror(errno));
		write_all(pipefd[1], s->job.in);
		close(pipefd[1]);
		in = pipefd[0];
	} else {
		rewind_file(in);
		write_all(in, s->job.in);
		if (lseek(in, 0, SEEK_SET))
			die("file in memory: %s", strerror(errno));
	}
	pid = start(&s->job, in, s->fd);
	if (pid < 0)
		die("vfork: %s", strerror(errno));
	while (waitpid(pid, &s->result.status, 0) < 0) {
		if (errno != EINTR)
			die("waitpid: %s", strerror(errno));
	}
	if (s->job.in_pipe)
		close(pipefd[0]);
	if (WIFEXITED(s->result.status) && (WEXITSTATUS(s->result.status) == 126 ||
					    WEXITSTATUS(s->result.status) == 127))
		die("cannot run %s", s->job.path);
	s->result.out = read_file(s->fd[1], &s->arena);
	s->result.err = read_file(s->fd[2], &s->arena);
}

static void look(struct side *s)
{
	if (s->sock >= 0)
		state_read(s->sock, &s->arena, &s->state);
}

/* Does what it is told for the second side. */
static void *worker(void *arg)
{
	pthread_mutex_lock(&lock);
	for (;;) {
		while (!task)
			pthread_cond_wait(&changed, &lock);
		pthread_mutex_unlock(&lock);
		task(arg);
		pthread_mutex_lock(&lock);
		task = NULL;
		pthread_cond_signal(&changed);
	}
	return NULL;
}

static void on_both(struct side side[2], task_t *t)
{
	pthread_mutex_lock(&lock);
	task = t;
	pthread_cond_signal(&changed);
	pthread_mutex_unlock(&lock);
	t(&side[0]);
	pthread_mutex_lock(&lock);
	while (task)
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
}

void sides_start(struct side side[2])
{
	pthread_t thread;
	int i, k;

	for (i = 0; i < 2; i++) {
		arena_init(&side[i].arena, 64 << 20);
		for (k = 0; k < 3; k++) {
			side[i].fd[k] = memfd_create("differ", MFD_CLOEXEC);
			if (side[i].fd[k] < 0)
				die("memfd_create: %s", strerror(errno));
		}
	}
	if (pthread_create(&thread, NULL, worker, &side[1]))
		die("cannot start a thread");
}

/*
 * The kernel goes through its services with a count that includes those of
 * other namespaces: what changes in one while another is read makes entries
 * appear twice or not at all. So nothing is read while the other side may still
 * change something, and what may do both is run on its own.
 */
void sides_run(struct side side[2], bool together)
{
	if (together) {
		on_both(side, run);
	} else {
		run(&side[0]);
		run(&side[1]);
	}
	on_both(side, look);
}
