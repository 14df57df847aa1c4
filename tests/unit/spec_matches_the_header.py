#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0 OR MIT
"""user/zcopy.yaml has the names, values and types of the UAPI headers."""
import re

import yaml

from ktap import done, ok


def same(got, want, name):
    extra = f"only in the spec: {got - want}; only in the header: {want - got}" \
        if isinstance(got, set) else f"{got} is not {want}"
    ok(got == want, name, extra)


def read_enums(text):
    """All enums as {enum: {NAME: value}}, private members left out."""
    enums = {}
    bare = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    for name, body in re.findall(r"enum (\w+) \{(.*?)\};", bare, re.S):
        value, members = 0, {}
        for item in body.split(","):
            item = item.strip()
            if not item:
                continue
            key, _, given = (part.strip() for part in item.partition("="))
            if re.match(r"\d+$", given):
                value = int(given)
            elif given:
                continue
            if not key.startswith("__"):
                members[key] = value
            value += 1
        enums[name] = members
    return enums


def read_types(text):
    """Attribute types as the comments of the header give them."""
    return dict(re.findall(r"^ \* @(ZCOPY_A_\w+): (u8|u32|u64|s32|flag|nest|string|binary)",
                           text, re.M))


def upper(*words):
    return "_".join(words).replace("-", "_").replace("__", "_").upper()


netlink = open("kmod/uapi/linux/zcopy_netlink.h").read()
device = open("kmod/uapi/linux/zcopy.h").read()
spec = yaml.safe_load(open("user/zcopy.yaml"))
enums = read_enums(netlink) | read_enums(device)
types = read_types(netlink)

same(spec["name"], re.search(r'ZCOPY_GENL_NAME\s+"(\w+)"', netlink)[1], "family")
same({g["name"] for g in spec["mcast-groups"]["list"]},
     set(re.findall(r'ZCOPY_GENL_GROUP_\w+\s+"(\w+)"', netlink)), "groups")

for attr_set in spec["attribute-sets"]:
    enum = attr_set["enum-name"].replace("-", "_")
    want = {k: v for k, v in enums[enum].items() if v}
    got = {upper(attr_set["name-prefix"], a["name"]): i
           for i, a in enumerate(attr_set["attributes"], 1)}
    same(set(got.items()), set(want.items()), f"attributes of {enum}")
    wrong = [a["name"] for a in attr_set["attributes"] if a["type"] != "pad" and
             types.get(upper(attr_set["name-prefix"], a["name"])) != a["type"]]
    ok(not wrong, f"types of {enum}", str(wrong))
same({s["enum-name"].replace("-", "_") for s in spec["attribute-sets"]},
     {e for e in enums if e.startswith("zcopy_attr")}, "attribute sets")

ops, value = {}, 0
for op in spec["operations"]["list"]:
    value = op.get("value", value)
    ops[upper(spec["operations"]["name-prefix"], op["name"])] = value
    value += 1
same(set(ops.items()), {(k, v) for k, v in enums["zcopy_cmd"].items() if v},
     "commands")

for definition in spec["definitions"]:
    if definition["type"] != "enum":
        continue
    start = definition.get("value-start", 0)
    name = definition["name"]
    same({(upper("zcopy", name, e), i)
          for i, e in enumerate(definition["entries"], start)},
         set(enums[f"zcopy_{name}"].items()), f"enum {name}")

for name, prefix, suffix in (("send-flags", "ZCOPY_F_", "U"),
                             ("features", "ZCOPY_FEAT_", "ULL")):
    entries = next(d["entries"] for d in spec["definitions"] if d["name"] == name)
    want = re.findall(rf"#define ({prefix}\w+)\s+\(1{suffix} << (\d+)\)", device)
    same({(upper(prefix, e), i) for i, e in enumerate(entries)},
         {(n, int(i)) for n, i in want}, f"flags {name}")

names = {a["name"] for s in spec["attribute-sets"] if s["name"] == "main"
         for a in s["attributes"]}
used = {a for op in spec["operations"]["list"] for kind in ("do", "dump", "event")
        for part in [op.get(kind, {})]
        for side in (part, part.get("request", {}), part.get("reply", {}))
        for a in side.get("attributes", [])}
same(used | {"pad"}, names, "every attribute is in a command, and known")
done()
