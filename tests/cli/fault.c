// SPDX-License-Identifier: GPL-2.0
/*
 * A library to load in front of others (LD_PRELOAD): one call fails.
 *
 * FAULT=CALL:N:ERRNO makes the Nth call of CALL, one of alloc, send, recvmmsg and
 * write, fail with this errno, a number. FAULT_MARK names a file that is created
 * when it does.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* What malloc() and its like are in glibc, for whoever stands in front of them. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);

static const char *call;
static size_t call_len;
static long left = -1;
static int error;

/* Runs before anything is allocated by the program itself. */
static void __attribute__((constructor)) configure(void)
{
	const char *text = getenv("FAULT");
	char *end;

	if (!text || !strchr(text, ':'))
		return;
	call = text;
	call_len = strchr(text, ':') - text;
	left = strtol(text + call_len + 1, &end, 10);
	error = atoi(end + 1);
}

static bool trips(const char *name)
{
	const char *mark;
	int fd;

	if (left <= 0 || strlen(name) != call_len || strncmp(name, call, call_len))
		return false;
	if (--left)
		return false;
	mark = getenv("FAULT_MARK");
	if (mark) {
		fd = open(mark, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
		if (fd >= 0)
			close(fd);
	}
	errno = error;
	return true;
}

void *malloc(size_t size)
{
	return trips("alloc") ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	return trips("alloc") ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t size)
{
	return trips("alloc") ? NULL : __libc_realloc(p, size);
}

ssize_t send(int fd, const void *buf, size_t len, int flags)
{
	return trips("send") ? -1 : sendto(fd, buf, len, flags, NULL, 0);
}

ssize_t write(int fd, const void *buf, size_t len)
{
	static ssize_t (*next)(int fd, const void *buf, size_t len);

	if (trips("write"))
		return -1;
	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "write");
	return next(fd, buf, len);
}

int recvmmsg(int fd, struct mmsghdr *msg, unsigned int n, int flags, struct timespec *timeout)
{
	static int (*next)(int fd, struct mmsghdr *msg, unsigned int n, int flags,
			   struct timespec *timeout);

	if (trips("recvmmsg"))
		return -1;
	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "recvmmsg");
	return next(fd, msg, n, flags, timeout);
}
