// SPDX-License-Identifier: GPL-2.0
/*
 * A file per network namespace, with a lock on it that ends with its process.
 * The file stays: whoever removed it could take away the lock of another.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "lock.h"

#define LOCK_DIR "/run"
#define RETRY_NS 50000000

static int lock_open(char *path, size_t size)
{
	const char *dir = secure_getenv(LOCK_DIR_VARIABLE);
	struct stat ns, st;
	int fd, len;

	if (!dir || !*dir)
		dir = LOCK_DIR;
	snprintf(path, size, "%s", dir);
	if (stat("/proc/self/ns/net", &ns) < 0)
		return -errno;
	len = snprintf(path, size, "%s/ipvsadm-ext.%lu.lock", dir, (unsigned long)ns.st_ino);
	if (len < 0 || (size_t)len >= size)
		return -ENAMETOOLONG;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return -EINVAL;
	}
	return fd;
}

static pid_t lock_holder(int fd)
{
	char buf[32];
	ssize_t n = pread(fd, buf, sizeof(buf) - 1, 0);

	if (n <= 0)
		return 0;
	buf[n] = '\0';
	return strtol(buf, NULL, 10);
}

/* Only for the message that others print: a full disk is no reason to stop. */
static void lock_sign(int fd)
{
	char buf[32];
	int len = snprintf(buf, sizeof(buf), "%ld\n", (long)getpid());

	if (ftruncate(fd, 0) < 0 || pwrite(fd, buf, len, 0) != len)
		return;
}

int lock_take(unsigned int wait, char *path, size_t size, pid_t *holder)
{
	static const struct timespec retry = { .tv_nsec = RETRY_NS };
	struct timespec now, start;
	int fd, err;

	*holder = 0;
	fd = lock_open(path, size);
	if (fd < 0)
		return fd;
	clock_gettime(CLOCK_MONOTONIC, &start);
	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		err = -errno;
		clock_gettime(CLOCK_MONOTONIC, &now);
		if (err == -EINTR)
			continue;
		if (err != -EWOULDBLOCK || now.tv_sec - start.tv_sec >= (time_t)wait) {
			*holder = lock_holder(fd);
			close(fd);
			return err;
		}
		nanosleep(&retry, NULL);
	}
	lock_sign(fd);
	return fd;
}

void lock_release(int fd)
{
	close(fd);
}
