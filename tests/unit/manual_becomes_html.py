#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0
"""make docs makes a page of HTML of each manual page: well-formed, with links that lead
somewhere; the index leads to every page and names every call; a table of contents on each
long page leads to its sections."""
import glob
import os
import re
import shutil
import subprocess
import tempfile
from html.parser import HTMLParser

from ktap import done, ok, skip

EMPTY = {"br", "meta", "link", "hr", "img"}


class Page(HTMLParser):
    """Links and anchors of a page, and tags that are not closed where they should be"""

    def __init__(self, path):
        super().__init__()
        self.open, self.wrong, self.links, self.ids = [], [], set(), set()
        self.feed(open(path).read())
        self.wrong += self.open

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if "id" in attrs:
            self.ids.add(attrs["id"])
        if tag == "a" and "href" in attrs:
            self.links.add(attrs["href"])
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if self.open and self.open[-1] == tag:
            self.open.pop()
        elif tag not in EMPTY | {"p", "dd", "dt"}:
            self.wrong.append("/" + tag)


def main():
    if not shutil.which("mandoc"):
        return skip("there is no mandoc here")
    with tempfile.TemporaryDirectory() as work:
        made = subprocess.run(["make", "-s", "docs", f"DOCS={work}"], capture_output=True,
                              text=True, check=False, env={**os.environ, "MAKEFLAGS": ""})
        ok(made.returncode == 0, "make docs", made.stdout + made.stderr)
        names = {os.path.basename(p) for p in glob.glob("user/man/*")}
        pages = {p: Page(f"{work}/{p}") for p in os.listdir(work)}
        ok(set(pages) == {f"{n}.html" for n in names} | {"index.html"},
           "a page of HTML for each page", f"{sorted(pages)}")
        for path, page in sorted(pages.items()):
            ok(not page.wrong, f"{path}: well-formed", f"{page.wrong}")
            bad = {link for link in page.links if not re.match("https?:", link) and
                   (link[1:] not in page.ids if link[0] == "#" else link not in pages)}
            ok(not bad, f"{path}: its links lead somewhere", f"not: {bad}")
            ok(path == "index.html" or "index.html" in page.links,
               f"{path}: leads to the index")
            text = open(f"{work}/{path}").read()
            heads = re.findall(r'<h[12] [^>]*id="([^"]+)"', text)
            listed = re.findall(r'<li><a href="#([^"]+)"', text)
            ok(listed == (heads if len(heads) > 10 else []), f"{path}: its contents, if long",
               f"{listed} for {heads}")
        ok({f"{n}.html" for n in names} <= pages["index.html"].links,
           "the index leads to each page")
        index = open(f"{work}/index.html").read()
        calls = re.findall(r"^\t(zcopy_\w+);$", open("user/lib/libzcopy.map").read(), re.M)
        missing = [c for c in calls if not re.search(rf"\b{c}\b", index)]
        ok(not missing, "the index names each call", f"missing: {missing}")
        ok("zcopy_wait.3.html" in pages["zcopy_submit.3.html"].links and
           "zcctl.8.html" in pages["zcopy.7.html"].links and
           "libzcopy.3.html" in pages["zcopy.7.html"].links,
           "pages lead to those that they name, in both macro languages")
    return None


main()
done()
