// SPDX-License-Identifier: GPL-2.0
/* One at a time, and no longer than it lives. */
#include <errno.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "lock.h"
#include "unit.h"

static char dir[64];

static void begin(void)
{
	strcpy(dir, "/tmp/ipvsadm-ext-lock.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(setenv(LOCK_DIR_VARIABLE, dir, 1), 0);
}

static void end(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	ck_assert_int_eq(system(command), 0);
}

/* A process that holds the lock until it is killed. */
static pid_t hold(void)
{
	char path[4096], ready;
	pid_t pid, holder;
	int fd[2];

	ck_assert_int_eq(pipe(fd), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (!pid) {
		if (lock_take(0, path, sizeof(path), &holder) < 0 || write(fd[1], "r", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(fd[1]);
	ck_assert_int_eq(read(fd[0], &ready, 1), 1);
	close(fd[0]);
	return pid;
}

static void end_holder(pid_t pid)
{
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}

START_TEST(alone)
{
	char path[4096];
	struct stat st;
	pid_t holder;
	int fd;

	fd = lock_take(0, path, sizeof(path), &holder);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(strncmp(path, dir, strlen(dir)), 0);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	lock_release(fd);
	/* the file stays, and is no obstacle */
	ck_assert_int_eq(stat(path, &st), 0);
	fd = lock_take(0, path, sizeof(path), &holder);
	ck_assert_int_ge(fd, 0);
	lock_release(fd);
}
END_TEST

START_TEST(taken)
{
	pid_t pid = hold(), holder;
	struct timespec a, b;
	char path[4096];
	int fd;

	ck_assert_int_eq(lock_take(0, path, sizeof(path), &holder), -EWOULDBLOCK);
	ck_assert_int_eq(holder, pid);
	clock_gettime(CLOCK_MONOTONIC, &a);
	ck_assert_int_eq(lock_take(2, path, sizeof(path), &holder), -EWOULDBLOCK);
	clock_gettime(CLOCK_MONOTONIC, &b);
	ck_assert_int_ge(b.tv_sec - a.tv_sec, 1);
	end_holder(pid);
	fd = lock_take(0, path, sizeof(path), &holder);
	ck_assert_int_ge(fd, 0);
	lock_release(fd);
}
END_TEST

START_TEST(given_up_in_time)
{
	pid_t pid = hold(), killer, holder;
	char path[4096];
	int fd;

	killer = fork();
	ck_assert_int_ge(killer, 0);
	if (!killer) {
		sleep(1);
		kill(pid, SIGKILL);
		_exit(0);
	}
	fd = lock_take(30, path, sizeof(path), &holder);
	ck_assert_int_ge(fd, 0);
	lock_release(fd);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	ck_assert_int_eq(waitpid(killer, NULL, 0), killer);
}
END_TEST

/* Somebody who may write to the directory cannot make us write elsewhere. */
START_TEST(no_links)
{
	char path[4096], target[128];
	pid_t holder;
	int fd;

	fd = lock_take(0, path, sizeof(path), &holder);
	ck_assert_int_ge(fd, 0);
	lock_release(fd);
	snprintf(target, sizeof(target), "%s/target", dir);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(symlink(target, path), 0);
	ck_assert_int_eq(lock_take(0, path, sizeof(path), &holder), -ELOOP);
	ck_assert_int_ne(access(target, F_OK), 0);
	/* nor wait for a writer that never comes */
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	ck_assert_int_lt(lock_take(0, path, sizeof(path), &holder), 0);
	ck_assert_int_eq(setenv(LOCK_DIR_VARIABLE, "/nonexistent", 1), 0);
	ck_assert_int_eq(lock_take(0, path, sizeof(path), &holder), -ENOENT);
	ck_assert_int_eq(strncmp(path, "/nonexistent/", 13), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("lock");
	TCase *tc = tcase_create("lock");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, begin, end);
	tcase_add_test(tc, alone);
	tcase_add_test(tc, taken);
	tcase_add_test(tc, given_up_in_time);
	tcase_add_test(tc, no_links);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
