#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0 OR MIT
"""The command table, usage, the man page, the completion and the schemas name
the same verbs and options."""
import json
import os
import re
import subprocess

import schema
from ktap import done, ok

ZCCTL = os.environ.get("ZCCTL", "build/user/zcctl")


def zcctl(*words):
    return subprocess.run([ZCCTL, *words], capture_output=True, check=True,
                          text=True, timeout=30).stdout


def same(got, want, name):
    ok(got == want, name, f"only here: {sorted(got - want)}; "
       f"only in the table: {sorted(want - got)}")


def bash(script):
    return subprocess.run(["bash", "-c", script], capture_output=True, text=True,
                          check=False, timeout=30).stdout.split()


def complete(*words):
    """What bash would offer for the last word."""
    quoted = " ".join(f"'{w}'" for w in words)
    return set(bash(f"eval \"$({ZCCTL} completion)\"; COMP_WORDS=({quoted}); "
                    f"COMP_CWORD={len(words) - 1}; _zcctl; "
                    "printf '%s\\n' \"${COMPREPLY[@]}\""))


table = json.loads(zcctl("help", "-j"))
wrong = schema.check(table, "help")
ok(not wrong, "the table fits its schema", "\n".join(wrong))
verbs = {c["name"]: c for c in table["commands"]}
common = {f"--{o['name']}" for o in table["common_options"]}

man = open("user/man/zcctl.8").read().replace("\\-", "-")
sections = dict(re.findall(r'^\.SS "?(\w+)[^\n]*\n(.*?)(?=^\.S[SH]|\Z)', man,
                           re.M | re.S))
usage = zcctl("--help")
same(set(re.findall(r"^  (\w+)", usage, re.M)), set(verbs), "usage: verbs")
same(set(sections), set(verbs), "man page: verbs")
same(complete("zcctl", ""), set(verbs), "completion: verbs")
schemas = {n[:-5] for n in os.listdir("user/schema")} - {"error", "transfer"}
same(schemas, set(verbs), "schemas: verbs")

examples = re.search(r"^\.SH EXAMPLES\n(.*?)^\.SH", man, re.M | re.S).group(1)
same(set(re.findall(r"zcctl (\w+)", examples)) - {"completion"}, set(verbs),
     "man page: verbs with an example")

for name, cmd in verbs.items():
    options = {f"--{o['name']}" for o in cmd["options"]}
    letters = {f"-{o['letter']}" for o in cmd["options"] if o["letter"]}
    text = zcctl(name, "--help")
    same(set(re.findall(r"^.{6}(--[\w-]+)", text, re.M)), options | common,
         f"{name} --help: options")
    section = sections.get(name, "")
    tags = "\n".join(re.findall(r"^\.TP\n(.*)", section, re.M))
    same(set(re.findall(r"--[a-z][\w-]*", tags)), options,
         f"man page: options of {name}")
    same(set(re.findall(r"(?<![\w-])-\w\b", tags)), letters,
         f"man page: letters of {name}")
    same({w for w in complete("zcctl", name, "-") if w.startswith("--")},
         options | common, f"completion: options of {name}")
    ok(text.splitlines()[0].endswith(cmd["args"]) and
       (not cmd["args"] or f"{name} {cmd['args']}" in usage),
       f"{name}: arguments in usage")
    for opt in cmd["options"]:
        if opt["choices"]:
            ok(re.search(re.escape(opt["choices"]) + r"\s", text),
               f"{name} --help: all values of --{opt['name']}", text)
            same(complete("zcctl", name, f"--{opt['name']}", ""),
                 set(opt["choices"].split("|")),
                 f"completion: values of {name} --{opt['name']}")
ok("/etc/passwd" in complete("zcctl", "send", "/etc/passw"),
   "completion: files for send")
done()
