#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0 OR MIT
"""Each file says under which licence it is, in its first lines or in REUSE.toml, and the
text of each such licence, and of no other, is in LICENSES/."""
import pathlib
import re
import subprocess
import tomllib

from ktap import done, ok

TAG = "SPDX-License-" + "Identifier"


def files():
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others",
                             "--exclude-standard"], check=True, capture_output=True)
    for name in filter(None, listed.stdout.decode().split("\0")):
        path = pathlib.Path(name)
        if path.parts[0] != "LICENSES" and path.exists():
            yield path


def noted():
    """The licence of each pattern of REUSE.toml."""
    with open("REUSE.toml", "rb") as f:
        for note in tomllib.load(f)["annotations"]:
            paths = note["path"]
            for path in [paths] if isinstance(paths, str) else paths:
                if TAG in note:
                    yield path, note[TAG]


def licence(path, notes):
    with open(path, errors="replace") as f:
        head = "".join(f.readline() for _ in range(5))
    told = re.search(TAG + r": (.*?)(?: \*/| -->)?$", head, re.M)
    if told:
        return told[1]
    for pattern, name in notes:
        if path.match(pattern.removeprefix("**/")):
            return name
    return None


def main():
    notes = list(noted())
    told = {path: licence(path, notes) for path in files()}
    silent = sorted(str(path) for path, name in told.items() if not name)
    ok(len(told) > 500 and not silent, "each file names its licence", silent)
    used = {word for name in told.values() if name
            for word in re.findall(r"[\w.-]+", name)} - {"OR", "AND", "WITH"}
    texts = {path.stem for path in pathlib.Path("LICENSES").iterdir()}
    ok(used == texts, "LICENSES/ has the text of each, and of no other",
       sorted(used ^ texts))


main()
done()
