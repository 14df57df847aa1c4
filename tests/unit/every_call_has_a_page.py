#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0
"""The pages of the library describe every call that it exports or defines inline, each
once and with the prototype of the header; they name no call that does not exist, leave
out no errno that the header names, and say where each errno comes from."""
import glob
import os
import re
import subprocess

from ktap import done, ok

SECTIONS = ["NAME", "SYNOPSIS", "DESCRIPTION", "OWNERSHIP AND THREADS", "EXAMPLES",
            "ERRORS", "SEE ALSO"]
CALL = re.compile(r"\bzcopy_[a-z_]+(?=\()")


def is_(got, want, name):
    ok(got == want, name, f"got:  {got}\nwant: {want}")


def plain(text):
    """A declaration with one space between words, none beside signs"""
    return re.sub(r" ?([*,()]) ?", r"\1", " ".join(text.split()))


def declared(path):
    """NAME -> (prototype without the sizes that a macro adds, errnos of its comment)"""
    text = open(path).read()
    macros = dict(re.findall(r"^#define (zcopy_\w+)\(([^)]*)\)", text, re.M))
    calls = {}
    for comment, kind, name, args in re.findall(
            r"(/\*\*(?:(?!\*/).)*\*/\s*)?^(?:static inline )?"
            r"((?:const )?(?:unsigned )?\w+ \*?)(zcopy_\w+)\(([^;{]*)\)\s*[;{]", text,
            re.M | re.S):
        args = [plain(a) for a in args.split(",")]
        if name in macros:
            args = args[:macros[name].count(",") + 1]
        calls[name] = (plain(f"{kind}{name}({','.join(args)})"),
                       set(re.findall(r"-(E[A-Z0-9]+)\b", comment)))
    return calls


def sections(text):
    return dict(re.findall(r"^\.Sh ([^\n]*)\n(.*?)(?=^\.Sh |\Z)", text, re.M | re.S))


def described(synopsis):
    """Prototypes of a page, by name"""
    calls = {}
    for kind, name, args in re.findall(r"^\.Ft (.*)\n\.Fn (\w+)(.*)", synopsis, re.M):
        args = ",".join(re.findall(r'"([^"]*)"', args))
        calls[name] = plain(f"{kind} {name}({args})")
    return calls


def sourceless(errors):
    """Entries of a list of errors that do not say which part of the system fails"""
    if re.search(r"^(All|The \w+) (come from|are found by|reports|fails with)", errors, re.M):
        return []
    return [entry.splitlines()[0] for entry in errors.split("\n.It ")[1:]
            if not re.search(r"\((library|module|kernel)( or \w+)?\)", entry)]


header = declared("user/lib/zcopy.h")
inline = declared("user/lib/zcopy_uring.h")
exported = set(re.findall(r"^\t(zcopy_\w+);$", open("user/lib/libzcopy.map").read(), re.M))
is_(sorted(header), sorted(exported), "this test finds what the library exports")
calls = {**header, **inline}

where = {}
for path in sorted(glob.glob("user/man/*.3")):
    page = os.path.basename(path)
    text = open(path).read().replace("\\-", "-").replace("\\e", "\\")
    parts = sections(text)
    names = re.findall(r"^\.Nm (\w+)", parts["NAME"], re.M)
    ok(names[0] + ".3" == page, f"{page}: is named after the first of its names")
    unknown = set(re.findall(r"^\.Fn (\w+)", text, re.M)) | set(CALL.findall(text))
    unknown |= set(re.findall(r"^\.Xr (zcopy_\w+) 3", text, re.M))
    ok(unknown <= set(calls), f"{page}: the calls that it names exist",
       f"unknown: {unknown - set(calls)}")
    missing = [s for s in SECTIONS if s not in parts]
    ok(not missing, f"{page}: has all sections", f"missing: {missing}")
    if page == "libzcopy.3":
        continue
    protos = described(parts["SYNOPSIS"])
    is_(sorted(protos), sorted(names), f"{page}: declares what it is about")
    for name in names:
        where.setdefault(name, []).append(page)
        is_(protos.get(name), calls.get(name, [None])[0], f"{page}: prototype of {name}")
    told = set(re.findall(r"\bE[A-Z0-9]+\b", text))
    wanted = set().union(*(calls[n][1] for n in names if n in calls))
    ok(wanted <= told, f"{page}: tells every errno that the header tells",
       f"missing: {wanted - told}")
    lacking = sourceless(parts["ERRORS"])
    ok(not lacking, f"{page}: says where each errno comes from", f"not: {lacking}")

for name in sorted(calls):
    ok(len(where.get(name, [])) == 1, f"{name} has one page", f"{where.get(name)}")

links = subprocess.run(["user/dist/page-links", *sorted(glob.glob("user/man/*.3"))],
                       check=True, capture_output=True, text=True).stdout.split()
is_(sorted(links), sorted(f"{name}.3:{pages[0]}" for name, pages in where.items()
                          if name + ".3" != pages[0]),
    "whatever call a reader asks for, its page is found")
overview = set(re.findall(r"^\.It Xr (\w+) 3", open("user/man/libzcopy.3").read(), re.M))
is_(sorted(overview), sorted({p[0][:-2] for p in where.values()}),
    "libzcopy.3 leads to each page")
done()
