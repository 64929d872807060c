// SPDX-License-Identifier: GPL-2.0
#include <jansson.h>
#include <math.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "schema.h"

static const char schema_text[] =
#include "schema.inc"
;

/* What is wrong, and where: the innermost complaint of the last alternative. */
struct why {
	char *text;
	size_t size;
	char path[512];
};

static json_t *root;

static bool valid(const json_t *schema, const json_t *v, struct why *w);

static bool no(struct why *w, const char *rule)
{
	snprintf(w->text, w->size, "%s: %s", *w->path ? w->path : "(top)", rule);
	return false;
}

static bool valid_below(const json_t *schema, const json_t *v, struct why *w, const char *name)
{
	size_t len = strlen(w->path);
	bool ok;

	snprintf(w->path + len, sizeof(w->path) - len, "/%s", name);
	ok = valid(schema, v, w);
	w->path[len] = '\0';
	return ok;
}

static bool is_integer(const json_t *v)
{
	return json_is_real(v) && json_real_value(v) == floor(json_real_value(v));
}

static bool has_type(const json_t *v, const char *type)
{
	if (!strcmp(type, "object"))
		return json_is_object(v);
	if (!strcmp(type, "array"))
		return json_is_array(v);
	if (!strcmp(type, "string"))
		return json_is_string(v);
	if (!strcmp(type, "boolean"))
		return json_is_boolean(v);
	if (!strcmp(type, "integer"))
		return is_integer(v);
	fprintf(stderr, "schema: type %s\n", type);
	exit(2);
}

static bool matches(const char *pattern, const char *s)
{
	regex_t re;
	int ret;

	if (regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB)) {
		fprintf(stderr, "schema: pattern %s\n", pattern);
		exit(2);
	}
	ret = regexec(&re, s, 0, NULL, 0);
	regfree(&re);
	return !ret;
}

/* Characters, not bytes. */
static size_t length(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += (*s & 0xc0) != 0x80;
	return n;
}

static const json_t *resolve(const char *ref)
{
	const json_t *to = NULL;

	if (!strncmp(ref, "#/$defs/", 8))
		to = json_object_get(json_object_get(root, "$defs"), ref + 8);
	if (!to) {
		fprintf(stderr, "schema: reference %s\n", ref);
		exit(2);
	}
	return to;
}

static size_t count_valid(const json_t *list, const json_t *v, struct why *w)
{
	size_t i, n = 0;

	for (i = 0; i < json_array_size(list); i++)
		n += valid(json_array_get(list, i), v, w);
	return n;
}

static bool one_of_values(const json_t *list, const json_t *v)
{
	size_t i;

	for (i = 0; i < json_array_size(list); i++)
		if (json_equal(json_array_get(list, i), v))
			return true;
	return false;
}

static bool items(const json_t *schema, const json_t *v, struct why *w)
{
	char name[32];
	size_t i;

	for (i = 0; i < json_array_size(v); i++) {
		snprintf(name, sizeof(name), "%zu", i);
		if (!valid_below(schema, json_array_get(v, i), w, name))
			return false;
	}
	return true;
}

static bool properties(const json_t *schema, const json_t *v, struct why *w)
{
	const json_t *value;
	const char *key;
	json_t *sub;

	json_object_foreach((json_t *)schema, key, sub) {
		value = json_object_get(v, key);
		if (value && !valid_below(sub, value, w, key))
			return false;
	}
	return true;
}

static bool required(const json_t *list, const json_t *v, struct why *w)
{
	size_t i;

	for (i = 0; json_is_object(v) && i < json_array_size(list); i++)
		if (!json_object_get(v, json_string_value(json_array_get(list, i))))
			return no(w, json_string_value(json_array_get(list, i)));
	return true;
}

static bool no_others(const json_t *schema, const json_t *v, struct why *w)
{
	const char *key;
	json_t *value;

	if (!json_is_object(v))
		return true;
	json_object_foreach((json_t *)v, key, value)
		if (!json_object_get(json_object_get(schema, "properties"), key))
			return no(w, key);
	return true;
}

/* Those that are not named have to be valid under @rule. */
static bool others(const json_t *schema, const json_t *rule, const json_t *v, struct why *w)
{
	const char *key;
	json_t *value;

	if (!json_is_object(v))
		return true;
	json_object_foreach((json_t *)v, key, value)
		if (!json_object_get(json_object_get(schema, "properties"), key) &&
		    !valid_below(rule, value, w, key))
			return false;
	return true;
}

static bool keyword(const json_t *schema, const char *key, const json_t *rule, const json_t *v,
		    struct why *w)
{
	double limit = json_real_value(rule), number = json_real_value(v);

	if (!strcmp(key, "$schema") || !strcmp(key, "$defs") || !strcmp(key, "title"))
		return true;
	if (!strcmp(key, "$ref"))
		return valid(resolve(json_string_value(rule)), v, w);
	if (!strcmp(key, "type"))
		return has_type(v, json_string_value(rule)) || no(w, json_string_value(rule));
	if (!strcmp(key, "const"))
		return json_equal(rule, v) || no(w, key);
	if (!strcmp(key, "enum"))
		return one_of_values(rule, v) || no(w, key);
	if (!strcmp(key, "minimum"))
		return !json_is_real(v) || number >= limit || no(w, key);
	if (!strcmp(key, "maximum"))
		return !json_is_real(v) || number <= limit || no(w, key);
	if (!strcmp(key, "minLength"))
		return !json_is_string(v) || length(json_string_value(v)) >= limit || no(w, key);
	if (!strcmp(key, "maxLength"))
		return !json_is_string(v) || length(json_string_value(v)) <= limit || no(w, key);
	if (!strcmp(key, "pattern"))
		return !json_is_string(v) ||
		       matches(json_string_value(rule), json_string_value(v)) || no(w, key);
	if (!strcmp(key, "items"))
		return items(rule, v, w);
	if (!strcmp(key, "properties"))
		return properties(rule, v, w);
	if (!strcmp(key, "required"))
		return required(rule, v, w);
	if (!strcmp(key, "additionalProperties") && json_is_false(rule))
		return no_others(schema, v, w);
	if (!strcmp(key, "additionalProperties"))
		return others(schema, rule, v, w);
	if (!strcmp(key, "anyOf"))
		return count_valid(rule, v, w) > 0;
	if (!strcmp(key, "allOf"))
		return count_valid(rule, v, w) == json_array_size(rule);
	if (!strcmp(key, "oneOf"))
		return count_valid(rule, v, w) == 1 || no(w, key);
	fprintf(stderr, "schema: keyword %s\n", key);
	exit(2);
}

static bool valid(const json_t *schema, const json_t *v, struct why *w)
{
	const char *key;
	json_t *rule;

	json_object_foreach((json_t *)schema, key, rule)
		if (!keyword(schema, key, rule, v, w))
			return false;
	return true;
}

bool schema_check(const char *text, size_t len, const char *part, char *why, size_t size)
{
	size_t flags = JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL | JSON_ALLOW_NUL;
	struct why w = { .text = why, .size = size };
	const json_t *schema;
	json_error_t error;
	json_t *v;
	bool ok;

	*why = '\0';
	root = json_loads(schema_text, flags, &error);
	if (!root) {
		fprintf(stderr, "schema: line %d: %s\n", error.line, error.text);
		exit(2);
	}
	schema = part ? json_object_get(json_object_get(root, "$defs"), part) : root;
	if (!schema) {
		fprintf(stderr, "schema: no %s\n", part);
		exit(2);
	}
	v = json_loadb(text, len, flags, &error);
	if (v) {
		ok = valid(schema, v, &w);
	} else {
		snprintf(why, size, "%d:%d: %s", error.line, error.column, error.text);
		ok = false;
	}
	json_decref(v);
	json_decref(root);
	return ok;
}
