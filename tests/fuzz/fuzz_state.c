// SPDX-License-Identifier: GPL-2.0
/* Files for --apply, rules and JSON. What is accepted can be written as rules, read
 * again, and is then the same.
 */
#include <stdlib.h>
#include <string.h>
#include "plan.h"
#include "rules.h"
#include "state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static FILE *nowhere;

static char *rules_of(const struct state *s, size_t *len)
{
	char *text = NULL;
	size_t i, j;
	FILE *f = open_memstream(&text, len);

	if (!f)
		abort();
	/* A file without rules is not accepted. */
	fputs("--set 0 0 0\n", f);
	for (i = 0; i < s->table.n; i++) {
		const struct ipvs_service *svc = &s->table.service[i];

		rule_service(f, svc, RULE_FULL, NULL);
		for (j = 0; j < svc->n; j++)
			rule_server(f, svc, &svc->server[j], RULE_FULL, NULL);
	}
	if (fclose(f))
		abort();
	return text;
}

static void read_again(const struct state *s)
{
	struct state again;
	struct plan p;
	size_t len, i;
	char *text = rules_of(s, &len);

	state_init(&again);
	if (state_parse(&again, "again", text, len, stderr) ||
	    plan_make(&p, s, &again, false))
		abort();
	for (i = 0; i < p.n; i++)
		if (p.item[i].op < IPVS_SET_TIMEOUTS)
			abort();
	plan_free(&p);
	state_free(&again);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct state s;
	char *text;

	if (!nowhere)
		nowhere = fopen("/dev/null", "w");
	text = malloc(size + 1);
	if (!nowhere || !text)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	state_init(&s);
	if (!state_parse(&s, "fuzz", text, size, nowhere))
		read_again(&s);
	state_free(&s);
	free(text);
	return 0;
}
