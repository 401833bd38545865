#!/usr/bin/env python3
"""The layout of the SDK's types, as the compiler writes it into debug information.

layout.py OBJECT           prints it
layout.py OBJECT RECORDED  compares it with what was recorded, and exits with 1 where they differ

Sizes and offsets are in bytes; "slot" is a function's place in the table of virtual functions.
"""
import difflib
import re
import subprocess
import sys

HEAD = re.compile(r"^ <(\d+)><([0-9a-f]+)>: Abbrev Number: \d+ \((DW_TAG_\w+)\)")
FIELD = re.compile(r"^ +<[0-9a-f]+> +(DW_AT_\w+) *: (.*)$")
CLASSES = ("DW_TAG_class_type", "DW_TAG_structure_type")
AROUND = {"DW_TAG_pointer_type": "*", "DW_TAG_reference_type": "&", "DW_TAG_rvalue_reference_type": "&&",
          "DW_TAG_const_type": " const"}


class Entry:
    def __init__(self, tag, parent):
        self.tag, self.parent, self.fields, self.children = tag, parent, {}, []

    def name(self):
        return self.fields.get("DW_AT_name", "").split("): ")[-1].strip()

    def number(self, key):
        return int(self.fields[key].split()[0], 0)

    def reference(self, key, entries):
        found = re.search(r"<0x([0-9a-f]+)>", self.fields.get(key, ""))
        return entries.get(int(found[1], 16)) if found else None


def read(object_file):
    text = subprocess.run(["readelf", "--debug-dump=info", object_file], check=True, capture_output=True, text=True).stdout
    entries, path, entry = {}, [], None
    for line in text.splitlines():
        if head := HEAD.match(line):
            level = int(head[1])
            del path[level:]
            entry = entries[int(head[2], 16)] = Entry(head[3], path[-1] if path else None)
            if path:
                path[-1].children.append(entry)
            path.append(entry)
        elif entry and (field := FIELD.match(line)):
            entry.fields[field[1]] = field[2]
    return entries


def scope(entry):
    names = []
    while entry := entry.parent:
        if entry.tag != "DW_TAG_compile_unit":
            names.insert(0, entry.name() or "(unnamed)")
    return "::".join(names)


def type_of(entry, entries):
    kind = entry.reference("DW_AT_type", entries)
    if kind is None:
        return "void"
    if kind.tag in AROUND:
        return type_of(kind, entries) + AROUND[kind.tag]
    if kind.tag == "DW_TAG_subroutine_type":
        arguments = [type_of(c, entries) for c in kind.children if c.tag == "DW_TAG_formal_parameter"]
        return f"{type_of(kind, entries)}({', '.join(arguments)})"
    return f"{scope(kind)}::{kind.name()}".removeprefix("::")


def signature(function, entries):
    arguments = [type_of(c, entries) for c in function.children
                 if c.tag == "DW_TAG_formal_parameter" and "DW_AT_artificial" not in c.fields]
    return f"{function.name()}({', '.join(arguments)}) -> {type_of(function, entries)}"


def lines_of_class(entry, entries):
    yield f"{entry.name()}, {entry.number('DW_AT_byte_size')} bytes"
    for child in entry.children:
        if child.tag == "DW_TAG_inheritance":
            yield f"  {child.number('DW_AT_data_member_location')}: base {type_of(child, entries)}"
        elif child.tag == "DW_TAG_member" and "DW_AT_data_member_location" in child.fields:
            yield f"  {child.number('DW_AT_data_member_location')}: {child.name()}, {type_of(child, entries)}"
        elif child.tag == "DW_TAG_subprogram" and "DW_AT_vtable_elem_location" in child.fields:
            slot = re.search(r"DW_OP_constu: (\d+)", child.fields["DW_AT_vtable_elem_location"])[1]
            yield f"  slot {slot}: {signature(child, entries)}"


def lines_of_enumeration(entry):
    values = [f"{c.name()} = {c.number('DW_AT_const_value')}" for c in entry.children if c.tag == "DW_TAG_enumerator"]
    yield f"{entry.name()}, {entry.number('DW_AT_byte_size')} bytes: {', '.join(values)}"


def layout(object_file):
    entries = read(object_file)
    described = {}
    for entry in entries.values():
        where = scope(entry)
        if entry.tag == "DW_TAG_typedef" and where == "elbo":
            described[entry.name()] = [f"{entry.name()} = {type_of(entry, entries)}"]
        plain = "<" not in entry.name() and "DW_AT_byte_size" in entry.fields and "DW_AT_declaration" not in entry.fields
        if not plain or not (where == "elbo" or where == "elbo::nn"):
            continue
        if entry.tag in CLASSES:
            described[entry.name()] = list(lines_of_class(entry, entries))
        elif entry.tag == "DW_TAG_enumeration_type":
            described[entry.name()] = list(lines_of_enumeration(entry))
    return [line for name in sorted(described) for line in described[name]]


if __name__ == "__main__":
    now = layout(sys.argv[1])
    if len(sys.argv) == 2:
        print("\n".join(now))
        sys.exit()
    before = open(sys.argv[2], encoding="utf-8").read().splitlines()
    difference = list(difflib.unified_diff(before, now, "recorded", "now", lineterm="", n=1))
    if difference:
        print("\n".join(difference))
        print("\nThe layout of the SDK has changed: plugins that were built before would misbehave. Undo it, or raise ELBO_ABI in\n"
              "framework/sdk/include/elbo/abi.hpp and record the new layout: cmake --build build --target record_abi")
        sys.exit(1)
