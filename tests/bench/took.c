// SPDX-License-Identifier: GPL-2.0
/*
 * took FILE SECONDS LINES COMMAND...: what COMMAND takes.
 *
 * Writes "NANOSECONDS KILOBYTES" to FILE: from fork to exit, and the most memory it
 * had. If LINES is not 0, the time until it has printed so many, after which it is
 * ended. The status is that of COMMAND, or 124 if it was not done after SECONDS.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static pid_t child;
static volatile sig_atomic_t late;

static void on_alarm(int sig)
{
	(void)sig;
	late = 1;
	kill(child, SIGKILL);
}

static long long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/* Pass on what comes from @fd; true when that was @lines lines. */
static int copy_lines(int fd, long lines)
{
	char buf[65536];
	ssize_t n, i;

	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		if (write(STDOUT_FILENO, buf, n) != n)
			err(125, "write");
		for (i = 0; i < n; i++)
			if (buf[i] == '\n' && !--lines)
				return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	int fds[2], status, enough = 0;
	struct rusage usage;
	long long start, ns;
	long lines;
	FILE *f;

	if (argc < 5)
		errx(125, "took FILE SECONDS LINES COMMAND...");
	lines = atol(argv[3]);
	if (lines && pipe(fds))
		err(125, "pipe");
	signal(SIGALRM, on_alarm);

	start = now();
	child = fork();
	if (child < 0)
		err(125, "fork");
	if (!child) {
		if (lines) {
			dup2(fds[1], STDOUT_FILENO);
			close(fds[0]);
			close(fds[1]);
		}
		execvp(argv[4], argv + 4);
		err(127, "%s", argv[4]);
	}
	alarm(atoi(argv[2]));
	if (lines) {
		close(fds[1]);
		enough = copy_lines(fds[0], lines);
		ns = now() - start;
		/* or it might wait for a reader before it ends */
		close(fds[0]);
		kill(child, SIGTERM);
	}
	while (wait4(child, &status, 0, &usage) < 0)
		if (errno != EINTR)
			err(125, "wait4");
	if (!lines)
		ns = now() - start;

	f = fopen(argv[1], "w");
	if (!f || fprintf(f, "%lld %ld\n", ns, usage.ru_maxrss) < 0 || fclose(f))
		err(125, "%s", argv[1]);
	if (late)
		return 124;
	if (lines)
		return !enough;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
