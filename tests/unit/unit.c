// SPDX-License-Identifier: GPL-2.0
#include <time.h>

#include "ip_vs_ext.h"
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
		printf("FAIL %s: %s:%d: %s\n", tr_tcname(f[i]),
		       tr_lfile(f[i]), tr_lno(f[i]), tr_msg(f[i]));
	free(f);
	srunner_free(r);
	if (path && (out = fopen(path, "w"))) {
		fprintf(out, "%d %d\n", run - failed, failed);
		fclose(out);
	}
	return failed > 0;
}

void unit_load_hprio(void)
{
	unit_ok(shim_load("ip_vs_ext"));
	/* Sequences begin with the first server. */
	ip_vs_ext_deterministic = true;
	unit_ok(shim_load("ip_vs_hprio"));
}

unsigned int unit_seed(void)
{
	const char *s = getenv("UNIT_SEED");
	unsigned int seed = s ? strtoul(s, NULL, 0) : (unsigned int)time(NULL);

	printf("seed: UNIT_SEED=%u\n", seed);
	fflush(stdout);
	shim_seed(seed);
	return seed;
}

unsigned int unit_factor(void)
{
	const char *s = getenv("UNIT_FACTOR");

	return s ? strtoul(s, NULL, 0) : 1;
}
