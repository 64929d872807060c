// SPDX-License-Identifier: GPL-2.0
/* Command lines. The input is the words, each ended by a newline. */
#include <stdlib.h>
#include <string.h>
#include "command.h"

#define MAX_WORDS 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *argv[MAX_WORDS + 1] = { "ipvsadm" };
	struct command c;
	struct diag d;
	char *text, *word, *rest;
	int argc = 1;

	text = malloc(size + 1);
	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	rest = text;
	while (argc < MAX_WORDS && (word = strsep(&rest, "\n")))
		argv[argc++] = word;
	argv[argc] = NULL;

	if (command_parse(argc, argv, &c, &d)) {
		/* A refusal says why, on whole lines, and points into the words. */
		if (!memchr(d.text, '\0', sizeof(d.text)) || !d.whole[0] ||
		    strncmp(d.whole, d.text, strlen(d.text)) ||
		    d.whole[strlen(d.whole) - 1] != '\n' || d.arg < -1 || d.arg > argc ||
		    d.status == 0)
			abort();
	} else if (c.id <= CMD_NONE || c.id >= CMD_COUNT) {
		abort();
	}
	free(text);
	return 0;
}
