// SPDX-License-Identifier: GPL-2.0
/* Running another program. */
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

/* Never returns. */
static void become(char *const argv[], int err)
{
	if (err >= 0 && dup2(err, STDERR_FILENO) < 0)
		_exit(PROCESS_NOT_RUN);
	/* What we ignore, it would. */
	signal(SIGPIPE, SIG_DFL);
	execv(argv[0], argv);
	_exit(PROCESS_NOT_RUN);
}

static void read_all(int fd, char *said, size_t size)
{
	char rest[256];
	size_t len = 0;
	ssize_t n;

	for (;;) {
		if (len < size - 1)
			n = read(fd, said + len, size - 1 - len);
		else
			n = read(fd, rest, sizeof(rest));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		if (len < size - 1)
			len += n;
	}
	said[len] = '\0';
}

int process_run(char *const argv[], char *said, size_t size)
{
	int fd[2] = { -1, -1 }, status;
	pid_t pid, ret;

	if (said) {
		said[0] = '\0';
		if (pipe2(fd, O_CLOEXEC) < 0)
			return -1;
	}
	pid = fork();
	if (!pid)
		become(argv, fd[1]);
	if (said) {
		close(fd[1]);
		if (pid > 0)
			read_all(fd[0], said, size);
		close(fd[0]);
	}
	if (pid < 0)
		return -1;
	do
		ret = waitpid(pid, &status, 0);
	while (ret < 0 && errno == EINTR);
	return ret == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
