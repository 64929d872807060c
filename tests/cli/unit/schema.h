/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The part of JSON Schema that docs/json.md needs, for places where there is no
 * other validator: virtual machines, and beside the sanitizers. run.sh compares it
 * with a full one.
 */
#ifndef CLI_SCHEMA_H
#define CLI_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>

/**
 * schema_check() - validate a document
 * @text: JSON
 * @len: of @text
 * @part: name in $defs to validate under, or NULL: the whole schema
 * @why: room for what is wrong
 * @size: of @why
 *
 * Ends the program if the schema has words that are not known here.
 *
 * Return: whether it is valid.
 */
bool schema_check(const char *text, size_t len, const char *part, char *why, size_t size);

#endif
