// SPDX-License-Identifier: GPL-2.0
/* /proc/net/ip_vs_conn, for people and as JSON; what comes out of the latter is
 * JSON, whatever goes in.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include "json.h"
#include "text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static FILE *memory(const uint8_t *data, size_t size)
{
	FILE *f = fmemopen((void *)data, size, "r");

	if (!f)
		abort();
	return f;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct command c = { .id = CMD_LIST };
	char *text = NULL;
	json_error_t error;
	struct json j;
	json_t *value;
	size_t len;
	FILE *in, *out;

	/* fmemopen() takes a file of this size for one that was not written. */
	if (!size)
		return 0;
	c.options = OPT_BIT(OPT_CONNECTION);
	if (data[0] & 1)
		c.options |= OPT_BIT(OPT_NUMERIC);
	if (data[0] & 2)
		c.options |= OPT_BIT(OPT_PERSISTENT_CONN);
	out = open_memstream(&text, &len);
	if (!out)
		abort();
	in = memory(data, size);
	text_connections(out, in, &c);
	fclose(in);
	fclose(out);
	free(text);

	text = NULL;
	out = open_memstream(&text, &len);
	if (!out)
		abort();
	json_begin(&j, out, false);
	in = memory(data, size);
	json_put_connections(&j, in);
	fclose(in);
	json_finish(&j);
	if (fclose(out))
		abort();
	value = json_loadb(text, len, JSON_ALLOW_NUL, &error);
	if (!value)
		abort();
	json_decref(value);
	free(text);
	return 0;
}
