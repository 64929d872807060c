/* SPDX-License-Identifier: GPL-2.0 */
/* Between libcheck and the tests: one program per file, one line per failure. */
#ifndef UNIT_H
#define UNIT_H

#include <check.h>
#include <signal.h>
#include <shim.h>

/* Add test @fn that must fail with a message containing what it announced. */
#define unit_add_death(tc, fn)	tcase_add_test_raise_signal(tc, fn, SIGABRT)

/* Run; print failures; write "passed failed" to $UNIT_RESULT. For main(). */
int unit_run(Suite *s);

/* The modules under test, in the order in which they depend on each other. */
void unit_load_hprio(void);

/* Seed of random tests: $UNIT_SEED, else of the time; printed. */
unsigned int unit_seed(void);

/* Times that long tests run: $UNIT_FACTOR, default 1. */
unsigned int unit_factor(void);

#define unit_ok(call) do {						\
	int ret_ = (call);						\
	ck_assert_msg(!ret_, "%s: %d", #call, ret_);			\
} while (0)

#endif
