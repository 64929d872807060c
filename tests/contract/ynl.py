#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Compare docs/ip_vs_ext.yaml with kernel/include/uapi/linux/ip_vs_ext.h.

    ynl.py SPECIFICATION HEADER [COMPILER]

Every constant, command, attribute and value of an enum in one of them must be
in the other, with the same number, and every attribute must have the type that
the header's comment begins with. Prints what differs; status 1 if anything does.
"""
import os
import re
import subprocess
import sys
import tempfile

import yaml


def header_values(path, text, compiler):
    """What the header defines, as the compiler sees it."""
    names = re.findall(r"^\t(?!__)(IP_VS_EXT_\w+)(?:,| =)", text, re.M)
    names += re.findall(r"^#define (IP_VS_EXT_\w+_MAX)\t", text, re.M)
    # The largest member of each enum is what it is.
    maxima = re.findall(r"^\t(IP_VS_EXT_\w+) = __", text, re.M)
    names = [n for n in names if n not in maxima]
    lines = "".join(f'printf("{n} %llu\\n", (unsigned long long){n});' for n in names)
    with tempfile.TemporaryDirectory() as tmp:
        source, program = f"{tmp}/values.c", f"{tmp}/values"
        with open(source, "w", encoding="ascii") as f:
            f.write(f'#include <stdio.h>\n#include "{os.path.abspath(path)}"\nint main(void) {{ {lines} }}\n')
        subprocess.run([compiler, "-o", program, source], check=True)
        said = subprocess.run([program], check=True, capture_output=True, text=True).stdout
    return {n: int(v) for n, v in (line.split() for line in said.splitlines())}


def header_types(text):
    """The types in the comments: "@NAME: u32, what it is"."""
    types = {}
    for name, words in re.findall(r"^ \* @(IP_VS_EXT_\w+): (.*)", text, re.M):
        first = re.match(r"u8|u16|u32|u64|string|flag|nest|list|4 or 16 bytes|alignment", words)
        if first:
            types[name] = {"list": "nest", "4 or 16 bytes": "binary",
                           "alignment": "pad"}.get(first[0], first[0])
    return types


def upper(name):
    return name.upper().replace("-", "_")


def entries(definition):
    value = definition.get("value-start", 0)
    for e in definition["entries"]:
        e = {"name": e} if isinstance(e, str) else e
        value = e.get("value", value)
        yield upper(definition["name-prefix"] + e["name"]), value
        value += 1


def attributes(space):
    value = 1
    for a in space["attributes"]:
        value = a.get("value", value)
        yield upper(space["name-prefix"] + a["name"]), value, a
        value += 1


def main():
    with open(sys.argv[1], encoding="utf-8") as f:
        spec = yaml.safe_load(f)
    with open(sys.argv[2], encoding="utf-8") as f:
        text = f.read()
    wrong = []
    values, types, spaces = {}, {}, {s["name"]: s for s in spec["attribute-sets"]}

    for d in spec["definitions"]:
        if d["type"] == "const":
            values["IP_VS_EXT_" + upper(d["name"])] = d["value"]
        else:
            values.update(entries(d))
    for s in spaces.values():
        known = {a["name"] for a in spaces[s.get("subset-of", s["name"])]["attributes"]}
        for a in s["attributes"]:
            nested = a.get("nested-attributes")
            if nested and nested not in spaces:
                wrong.append(f"{a['name']}: no attribute-set {nested}")
            if a["name"] not in known:
                wrong.append(f"{s['name']}: {a['name']} is not in {s['subset-of']}")
        if "subset-of" not in s:
            for name, value, a in attributes(s):
                values[name], types[name] = value, a["type"]
    value = 0
    main_set = {a["name"] for a in spaces["main"]["attributes"]}
    for op in spec["operations"]["list"]:
        value = op.get("value", value)
        values[upper(spec["operations"]["name-prefix"] + op["name"])] = value
        value += 1
        for part in [op.get("event")] + [op.get(k, {}).get(d) for k in ("do", "dump")
                                         for d in ("request", "reply")]:
            for a in (part or {}).get("attributes", []):
                if a not in main_set:
                    wrong.append(f"{op['name']}: no attribute {a}")

    here = header_values(sys.argv[2], text, sys.argv[3] if len(sys.argv) > 3 else "cc")
    for name in sorted(here.keys() | values.keys()):
        # Attributes and commands have no member 0 in a specification.
        if name.endswith("_UNSPEC") and name not in values:
            continue
        if here.get(name) != values.get(name):
            wrong.append(f"{name}: {here.get(name)} in the header, {values.get(name)} in the specification")
    want = header_types(text)
    for name, kind in types.items():
        if want.get(name) != kind:
            wrong.append(f"{name}: {want.get(name)} in the header, {kind} in the specification")
    for what, name in (("GENL_NAME", spec["name"]),
                       ("GENL_MCGRP_EVENTS", spec["mcast-groups"]["list"][0]["name"])):
        if not re.search(f'^#define IP_VS_EXT_{what}\\t+"{name}"$', text, re.M):
            wrong.append(f"{what} is not {name}")
    if len(here) < 80:
        wrong.append(f"only {len(here)} names found in the header")
    print("\n".join(wrong), end="\n" if wrong else "")
    return 1 if wrong else 0


sys.exit(main())
