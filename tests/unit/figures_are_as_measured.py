#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0 OR MIT
"""The page of figures, its pictures, and every number that a text quotes from them are
what the stored summaries say."""
import filecmp
import glob
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, "tests/figures")
# pylint: disable=wrong-import-position
import page
import pictures
import quote
from ktap import done, ok

HAVE = {"k/copies/sendfile/warm/traffic": 1.234, "k/sizes/a/7/ms": 4200.0,
        "k/sizes/b/7/ms": 1000.0}

BOTH = "k/sizes/a/7/ms : k/sizes/b/7/ms"
ok(not list(quote.check(HAVE, f"It takes 4.2<!-- figure: {BOTH} --> times, and "
                        "**1.23** bytes<!-- figure: k/copies/sendfile/warm/traffic -->, "
                        "4,200 ms<!-- figure: k/sizes/a/7/ms --> and 99 others.")),
   "what is quoted right passes")
ok([n for n, _ in quote.check(HAVE, f"4.3<!-- figure: {BOTH} --> "
                              "1.23<!-- figure: k/copies/sendfile/warm/traffic --> "
                              "5<!-- figure: k/copies/sendfile/cold/traffic -->")] ==
   [BOTH, "k/copies/sendfile/cold/traffic"], "a wrong number, or name, is told")
ok(quote.fix(HAVE, f"4.3<!-- figure: {BOTH} -->, 9 ms<!-- figure: k/sizes/a/7/ms -->") ==
   f"4.2<!-- figure: {BOTH} -->, 4,200 ms<!-- figure: k/sizes/a/7/ms -->",
   "and can be set right")
ok(quote.fill(HAVE, "- {{k/sizes/a/7/ms ,.0f}}\n  a\n- {{k/none .2f}}\n  b\n") == "- 4,200\n  a\n",
   "a template is filled")

HAVE = quote.values_of(quote.load("docs/figures"))
ok(bool(HAVE), "there are summaries")
for path in ["README.md", *sorted(glob.glob("docs/*.md"))]:
    with open(path, encoding="utf-8") as f:
        wrong = list(quote.check(HAVE, f.read()))
    ok(not wrong, f"{path} quotes what was measured", wrong)

with tempfile.TemporaryDirectory() as d:
    subprocess.run(["cp", "-r", "docs/figures", d], check=True)
    stored = sorted(glob.glob("docs/figures/*.svg"))
    for svg in glob.glob(os.path.join(d, "figures/*.svg")):
        os.remove(svg)
    wholes = page.load(os.path.join(d, "figures"))
    with open("docs/figures.md", encoding="utf-8") as f:
        ok(f.read() == "\n".join(page.page(wholes)).rstrip() + "\n",
           "docs/figures.md is made from the summaries")
    pictures.draw(wholes[0], os.path.join(d, "figures"))
    same, *other = filecmp.cmpfiles("docs/figures", os.path.join(d, "figures"),
                                    os.listdir(os.path.join(d, "figures")), shallow=False)
    ok(not other[0] and not other[1] and
       len(stored) == len([n for n in same if n.endswith(".svg")]) >= 4,
       "and so are its pictures", other)
done()
