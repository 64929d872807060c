// SPDX-License-Identifier: GPL-2.0
#include <time.h>
#include "unit.h"

int unit_run(Suite *s)
{
	SRunner *r = srunner_create(s);
	const char *path = getenv("UNIT_RESULT");
	int run, failed, i;
	TestResult **f;
	FILE *out;

	srunner_run_all(r, CK_SILENT);
	run = srunner_ntests_run(r);
	failed = srunner_ntests_failed(r);
	f = srunner_failures(r);
	for (i = 0; i < failed; i++)
		printf("FAIL %s: %s:%d: %s\n", tr_tcname(f[i]), tr_lfile(f[i]), tr_lno(f[i]),
		       tr_msg(f[i]));
	free(f);
	srunner_free(r);
	out = path ? fopen(path, "w") : NULL;
	if (out) {
		fprintf(out, "%d %d\n", run - failed, failed);
		fclose(out);
	}
	return failed > 0;
}

void unit_seed(void)
{
	const char *s = getenv("UNIT_SEED");
	unsigned int seed = s ? strtoul(s, NULL, 0) : (unsigned int)time(NULL);

	printf("seed: UNIT_SEED=%u\n", seed);
	fflush(stdout);
	srandom(seed);
}

void print_begin(struct printed *p)
{
	p->f = open_memstream(&p->text, &p->len);
	ck_assert_ptr_nonnull(p->f);
}

char *print_end(struct printed *p)
{
	ck_assert_int_eq(fclose(p->f), 0);
	return p->text;
}
