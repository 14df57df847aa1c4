# SPDX-License-Identifier: GPL-2.0 OR MIT
"""The part of JSON Schema that user/schema uses."""
import json

TYPES = {"object": dict, "array": list, "string": str, "boolean": bool,
         "integer": int}


def load(name):
    with open(f"user/schema/{name}") as text:
        return json.load(text)


def problems(value, schema, where="$"):
    """What is wrong with a value, as a list of sentences."""
    if "$ref" in schema:
        return problems(value, load(schema["$ref"]), where)
    if "enum" in schema and value not in schema["enum"]:
        return [f"{where}: {value!r} is none of {schema['enum']}"]
    kind = schema.get("type")
    if isinstance(kind, list):
        if value is None and "null" in kind:
            return []
        kinds = [k for k in kind if k != "null"]
        kind = next((k for k in kinds if isinstance(value, TYPES[k])), kinds[0])
    if kind and (not isinstance(value, TYPES[kind]) or
                 kind == "integer" and isinstance(value, bool)):
        return [f"{where}: {value!r} is no {kind}"]
    out = []
    if value is not True and isinstance(value, int) and value < schema.get("minimum", value):
        out.append(f"{where}: {value} is too small")
    if kind == "array":
        for i, item in enumerate(value):
            out += problems(item, schema["items"], f"{where}[{i}]")
    if kind == "object":
        known = schema.get("properties", {})
        rest = schema.get("additionalProperties", {})
        out += [f"{where}: {key} is missing" for key in schema.get("required", [])
                if key not in value]
        for key, item in value.items():
            out += problems(item, known.get(key, rest), f"{where}.{key}")
    return out


def check(value, verb):
    return problems(value, load(f"{verb}.json"))
