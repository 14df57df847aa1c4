#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0 OR MIT
"""The completions of zcctl in the shells themselves: bash and zsh on a terminal, where
a line is typed and Tab is pressed; fish by its own "complete".  Shells that are not
installed are skipped, but all three scripts must name each verb and option."""
import json
import os
import pty
import re
import shlex
import shutil
import signal
import subprocess
import tempfile
import threading
import time

from ktap import done, ok, skip
from nlrec import Recording

ZCCTL = os.path.abspath(os.environ.get("ZCCTL", "build/user/zcctl"))
SHELLS = ("bash", "zsh", "fish")

# What is typed, and the last word after Tab; None if nothing may be offered
CASES = (
    ("zcctl lis", "list"),
    ("zcctl -j lis", "list"),
    ("zcctl --ver", "--version"),
    ("zcctl lis --al", None),
    ("zcctl send --un", "--until"),
    ("zcctl send f h --un", "--until"),
    ("zcctl send -- --un", None),
    ("zcctl send --until ac", "acked"),
    ("zcctl send --until=ac", "--until=acked"),
    ("zcctl send --end s", "shutdown"),
    ("zcctl top -s pee", "peer"),
    ("zcctl top -js pee", "peer"),
    ("zcctl top -jspee", "-jspeer"),
    ("zcctl bench -mzc", "-mzcopy"),
    ("zcctl bench -m tee --method zc", "zcopy"),
    ("zcctl bench --dir ad", "adir/"),
    ("zcctl bench --dir=ad", "--dir=adir/"),
    ("zcctl bench --dir he", None),
    ("zcctl send my", "my file"),
    ("zcctl send \"my", "my file"),
    ("zcctl send my\\ f", "my file"),
    ("zcctl send adir/t", "adir/the file"),
    ("zcctl send -- my", "my file"),
    ("zcctl send -o 3 my", "my file"),
    ("zcctl send -jo 3 my", "my file"),
    ("zcctl send -o3 my", "my file"),
    ("zcctl send --offset=3 my", "my file"),
    ("zcctl send --range 0: my", "my file"),
    ("zcctl send --range 0:3 my", "my file"),
    ("zcctl send --length my", None),
    ("zcctl send -l my", None),
    ("zcctl send head.txt adi", None),
    ("zcctl send --header @he", "@head.txt"),
    ("zcctl send --header=@he", "--header=@head.txt"),
    ("zcctl send --header @ad", "@adir/"),
    ("zcctl send --header hea", None),
    ("zcctl send --trailer @my", "@my file"),
    ("zcctl send --trailer \"@my", "@my file"),
    ("zcctl send --trailer @adir/t", "@adir/the file"),
    ("zcctl recv my", None),
    ("zcctl recv -o my", "my file"),
    ("zcctl recv -omy", "-omy file"),
    ("zcctl recv --output=my", "--output=my file"),
    ("zcctl recv --output=\"my", "--output=my file"),
    ("zcctl run zz-pro", "zz-program"),
    ("zcctl run -- zz-pro", "zz-program"),
    ("zcctl run ./adir/pro", "./adir/program"),
    ("zcctl run --report my", "my file"),
    ("zcctl run -qr my", "my file"),
    ("zcctl run -r x zz-pro", "zz-program"),
    ("zcctl run zz-program my", "my file"),
    ("zcctl run -- zz-program -r x adir/t", "adir/the file"),
    ("zcctl run zz-program --rep", None),
    ("zcctl help lim", "limits"),
    ("zcctl help send lim", None),
    ("zcctl completion zs", "zsh"),
    ("zcctl show 4", "40"),
    ("zcctl show 40 4", None),
    ("zcctl cancel 2 4", "40"),
    ("zcctl rate 4", "40"),
    ("zcctl rate 40 4", None),
    ("zcctl limits max_p", "max_pinned_bytes"),
    ("zcctl limits max_pinned_bytes m", None),
    ("zcctl nothing my", None),
)


def zcctl(*words):
    return subprocess.run([ZCCTL, *words], capture_output=True, check=True,
                          text=True, timeout=30).stdout


def put(name, text="", mode=0o644):
    os.makedirs(os.path.dirname(name), exist_ok=True)
    with open(name, "w") as out:
        out.write(text)
    os.chmod(name, mode)


def furnish(work):
    """Files to complete, and a zcctl that has live transfers and limits."""
    for name in ("my file", "head.txt", "adir/the file", "list/x"):
        put(f"{work}/here/{name}")
    put(f"{work}/here/adir/program", "#!/bin/sh\n", 0o755)
    put(f"{work}/bin/zz-program", "#!/bin/sh\n", 0o755)
    rec = Recording()
    rec.dump("get", [{"transfer": {"id": n, "status": 10}} for n in (1, 2, 40)])
    rec.write(f"{work}/rec.list")
    rec = Recording()
    rec.answer("limits-get", {"limit": [{"name": "max_transfers", "value": 1},
                                        {"name": "max_pinned_bytes", "value": 7}]})
    rec.write(f"{work}/rec.limits")
    put(f"{work}/bin/zcctl", f"#!/bin/sh\nZCCTL_REPLAY={work}/rec.$1 exec {ZCCTL} \"$@\"\n",
        0o755)
    put(f"{work}/hosts", "10.0.0.1 peerhost\n")
    for shell, name in zip(SHELLS, ("bash/zcctl", "zsh/_zcctl", "fish/zcctl.fish")):
        put(f"{work}/{name}", zcctl("completion", shell))


def environment(work):
    return {"PATH": f"{work}/bin:{os.environ['PATH']}", "HOME": f"{work}/home",
            "TERM": "dumb", "LC_ALL": "C.UTF-8", "INPUTRC": "/dev/null",
            "HISTFILE": "", "HOSTFILE": f"{work}/hosts", "PS1": "$ "}


class Terminal:
    """A shell that writes its line to a file when Control-G is pressed."""

    def __init__(self, work, words, setup):
        self.work = work
        os.makedirs(f"{work}/home", exist_ok=True)
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(f"{work}/here")
            os.execvpe(words[0], words, environment(work))
        threading.Thread(target=self._drain, daemon=True).start()
        for line in (*setup, f"echo >{work}/line"):
            os.write(self.fd, line.encode() + b"\n")
        self._wait()

    def _drain(self):
        try:
            while os.read(self.fd, 65536):
                pass
        except OSError:
            pass

    def _wait(self):
        end = time.monotonic() + 20
        while not os.path.exists(f"{self.work}/line"):
            if time.monotonic() > end:
                raise TimeoutError("the shell does not answer")
            time.sleep(0.005)
        text = open(f"{self.work}/line").read()
        os.unlink(f"{self.work}/line")
        return text

    def tab(self, typed):
        """The line after Tab."""
        os.write(self.fd, typed.encode() + b"\t\x07")
        return self._wait()

    def close(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


def bash(work):
    return Terminal(work, ["bash", "--norc", "--noprofile", "-i"], (
        f". {work}/bash/zcctl",
        "bind 'set completion-query-items 0'; bind 'set page-completions off'",
        f"_seen() {{ _zcctl \"$@\"; printf '%s\\n' \"${{COMPREPLY[@]}}\" >{work}/seen; }}",
        "complete -F _seen zcctl",
        f"_dump() {{ printf %s \"$READLINE_LINE\" >{work}/new; mv {work}/new {work}/line; "
        "READLINE_LINE=; READLINE_POINT=0; }",
        "bind -x '\"\\C-g\": _dump'"))


def zsh(work):
    return Terminal(work, ["zsh", "-f", "-i"], (
        f"fpath=({work}/zsh $fpath); autoload -U compinit; compinit -u -D",
        "LISTMAX=10000",
        f"dump() {{ print -rn -- \"$BUFFER\" >{work}/new; mv {work}/new {work}/line; "
        "BUFFER=; }",
        "zle -N dump; bindkey '^G' dump"))


def fish(work, *lines):
    """What fish offers for each line."""
    os.makedirs(f"{work}/home", exist_ok=True)
    out = subprocess.run(
        ["fish", "-c", f"set -g fish_complete_path {work}/fish\n"
         "for line in $argv; complete -C $line; echo ==; end", "--", *lines],
        capture_output=True, text=True, check=False, timeout=100,
        cwd=f"{work}/here", env=environment(work), stdin=subprocess.DEVNULL)
    offers = [{c.split("\t")[0] for c in part.splitlines()}
              for part in out.stdout.split("==\n")[:-1]]
    ok(len(offers) == len(lines) and not out.stderr, "fish: no error", out.stderr)
    return offers


def check_line(shell, typed, want, line, offers=None):
    """A line after Tab; @offers are what the script gave, where that is known."""
    try:
        last = shlex.split(line)[-1]
    except ValueError:      # a quote is open still
        last = line
    if shell == "zsh" and "=" not in (want or "="):
        last = last.rstrip("=")
    if want is None:
        ok(line == typed and not offers, f"{shell}: nothing for {typed}", line)
    else:
        ok(last == want, f"{shell}: {typed} becomes {want}", line)


def sets(table):
    """What is typed, and all that may be offered."""
    verbs = {c["name"] for c in table["commands"]}
    yield "zcctl ", verbs
    yield "zcctl help ", verbs
    yield "zcctl top -s p", {"percent", "peer"}
    yield "zcctl cancel ", {"1", "2", "40"}
    yield "zcctl limits ", {"max_transfers", "max_pinned_bytes"}
    yield "zcctl completion ", set(SHELLS)
    for cmd in table["commands"]:
        options = cmd["options"] + table["common_options"]
        yield f"zcctl {cmd['name']} -", {f"--{o['name']}" for o in options} | \
            {f"-{o['letter']}" for o in options if o["letter"]}


def same(shell, typed, got, want):
    ok(got == want, f"{shell}: all that fits {typed}",
       f"too much: {sorted(got - want)}; missing: {sorted(want - got)}")


def check_bash(work, table):
    shell = bash(work)

    def offers(typed):
        line = shell.tab(typed)
        return line, set(open(f"{work}/seen").read().split("\n")) - {""}

    for typed, want in (*CASES, ("zcctl send x peerh", "peerhost:")):
        check_line("bash", typed, want, *offers(typed))
    for typed, want in sets(table):
        same("bash", typed, offers(typed)[1], want)
    shell.close()
    if shutil.which("shellcheck"):
        got = subprocess.run(["shellcheck", "-s", "bash", "-S", "warning",
                              f"{work}/bash/zcctl"], capture_output=True, text=True,
                             check=False, timeout=60)
        ok(got.returncode == 0, "bash: shellcheck", got.stdout)
    else:
        skip("no shellcheck")


def check_zsh(work):
    shell = zsh(work)
    for typed, want in CASES:
        check_line("zsh", typed, want, shell.tab(typed))
    shell.close()


def check_fish(work, table):
    # fish offers no files within the word of a letter.
    wanted = [(typed, {want} - {None}) for typed, want in CASES
              if typed != "zcctl recv -omy"] + list(sets(table))
    for (typed, want), got in zip(wanted, fish(work, *[typed for typed, _ in wanted])):
        same("fish", typed, got, want)


def check_texts(table):
    """All verbs, options and values of the table are in each script."""
    text = {shell: zcctl("completion", shell) for shell in SHELLS}
    ok(zcctl("completion") == text["bash"], "bash is the default")
    wrong = subprocess.run([ZCCTL, "completion", "csh"], capture_output=True,
                           text=True, check=False, timeout=30)
    ok(wrong.returncode == 2 and "bash, zsh, fish" in wrong.stderr,
       "other shells are refused", wrong.stderr)
    for cmd in table["commands"]:
        name, missing = cmd["name"], []
        parts = {s: "".join(re.findall(rf"^\t{name}\)\n(.*?;;)", text[s], re.M | re.S))
                 for s in ("bash", "zsh")}
        parts["fish"] = "".join(re.findall(rf"^complete .*'__zcctl_in {name}'.*\n",
                                           text["fish"], re.M))
        for shell in SHELLS:
            offered = {"bash": rf"^\tverbs=.* {name}\b", "zsh": rf"^\t\t'{name}:",
                       "fish": rf"-a {name} -d "}[shell]
            if not re.search(offered, text[shell], re.M):
                missing.append(f"{shell}: {name}")
            for opt in cmd["options"]:
                mark = f"-l {opt['name']}" if shell == "fish" else f"--{opt['name']}"
                if not re.search(re.escape(mark) + r"(?![\w-])", parts[shell]) or \
                        opt["choices"].replace("|", " ") not in text[shell]:
                    missing.append(f"{shell}: {name} {opt['name']}")
        ok(not missing, f"all scripts have {name} and its options", "\n".join(missing))


def main():
    table = json.loads(zcctl("help", "-j"))
    check_texts(table)
    with tempfile.TemporaryDirectory() as work:
        furnish(work)
        check_bash(work, table)
        if shutil.which("zsh"):
            check_zsh(work)
        else:
            skip("no zsh")
        if shutil.which("fish"):
            check_fish(work, table)
        else:
            skip("no fish")
    done()


main()
