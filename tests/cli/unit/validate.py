#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""validate.py SCHEMA FILE...: FILE is PART.valid or PART.invalid, a document a line.

PART is a name in the schema's $defs, or "any" for the whole schema.
"""
import json
import os
import sys

import jsonschema


def validator(schema, part):
    if part != 'any':
        schema = {'$defs': schema['$defs'], '$ref': '#/$defs/' + part}
    return jsonschema.Draft202012Validator(schema)


def check(schema, path):
    part, want = os.path.basename(path).rsplit('.', 1)
    v = validator(schema, part)
    bad = n = 0
    with open(path, encoding='utf-8') as f:
        for number, line in enumerate(f, 1):
            error = jsonschema.exceptions.best_match(v.iter_errors(json.loads(line)))
            n += 1
            if (error is None) != (want == 'valid'):
                bad += 1
                print('%s:%d: %s' % (path, number, error.message if error else 'is valid'))
    if not n:
        print('%s: nothing in it' % path)
    return bad == 0 and n > 0


def main():
    with open(sys.argv[1], encoding='utf-8') as f:
        schema = json.load(f)
    jsonschema.Draft202012Validator.check_schema(schema)
    return 0 if all([check(schema, path) for path in sys.argv[2:]]) else 1


if __name__ == '__main__':
    sys.exit(main())
