// SPDX-License-Identifier: GPL-2.0
/*
 * json-schema [PART] <FILE: is it valid under the schema of docs/json.md, or under
 * that part of its $defs? Each line is a document of its own if --lines is given
 * first. Says nothing if all is well.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "schema.h"

static int check(const char *text, size_t len, const char *part)
{
	char why[512];

	if (schema_check(text, len, part, why, sizeof(why)))
		return 0;
	fprintf(stderr, "not valid: %s\n", why);
	return 1;
}

int main(int argc, char **argv)
{
	int lines = argc > 1 && !strcmp(argv[1], "--lines");
	const char *part = argv[1 + lines];
	char *text = NULL;
	size_t room = 0;
	ssize_t len;
	int bad = 0, n = 0;

	while ((len = getdelim(&text, &room, lines ? '\n' : -1, stdin)) > 0) {
		bad |= check(text, len, part);
		n++;
	}
	free(text);
	if (!n)
		fprintf(stderr, "nothing to check\n");
	return bad || !n;
}
