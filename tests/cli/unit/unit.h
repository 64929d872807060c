/* SPDX-License-Identifier: GPL-2.0 */
/* What the unit tests of the command line have in common. */
#ifndef CLI_UNIT_H
#define CLI_UNIT_H

#include <check.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Run; print failures; write "passed failed" to $UNIT_RESULT. For main(). */
int unit_run(Suite *s);

/* Seed random(): $UNIT_SEED, else of the time; printed. */
void unit_seed(void);

/* A random number below @n. */
static inline unsigned int any(unsigned int n)
{
	return (unsigned long)random() % n;
}

/* What was printed between the two; free it. */
struct printed {
	FILE *f;
	char *text;
	size_t len;
};

void print_begin(struct printed *p);
char *print_end(struct printed *p);

#endif
