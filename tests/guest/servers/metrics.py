# SPDX-License-Identifier: GPL-2.0
"""For metrics.sh: "handed-out FILE" compares what node_exporter hands out with the file;
"answered DASHBOARD" asks Prometheus each query of the dashboard."""
import json
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

sys.path.insert(0, "/tests/lib")
# pylint: disable=import-error,wrong-import-position
from ktap import done, ok

LIMIT = 60


def get(url):
    """The answer; errors of the server are answers, too."""
    try:
        with urllib.request.urlopen(url, timeout=LIMIT) as reply:
            return reply.read().decode()
    except urllib.error.HTTPError as err:
        return err.read().decode()


def samples(text):
    return {name: float(value) for name, value in
            (line.rsplit(" ", 1) for line in text.splitlines() if line.startswith("zcopy_"))}


def handed_out(path):
    with open(path) as f:
        want = samples(f.read())
    got, limit = None, time.monotonic() + LIMIT
    while not got and time.monotonic() < limit:
        try:
            got = samples(get("http://127.0.0.1:9100/metrics"))
        except OSError:
            time.sleep(0.2)
    ok(len(want) > 80 and got == want, "node_exporter hands out the same values",
       f"{len(want)} {len(got or [])}")


def answers(answer):
    return answer["status"] == "success" and answer["data"]["result"]


def asked(query):
    """The answer to a query.  A slow Prometheus has not collected enough at first."""
    limit = time.monotonic() + LIMIT
    while True:
        answer = json.loads(get("http://127.0.0.1:9090/api/v1/query?" +
                                urllib.parse.urlencode({"query": query})))
        if answers(answer) or time.monotonic() > limit:
            return answer
        time.sleep(1)


def answered(path):
    with open(path) as f:
        panels = json.load(f)["panels"]
    for panel in panels:
        silent = []
        for target in panel["targets"]:
            query = target["expr"].replace("$__rate_interval", "30s")
            query = query.replace("$instance", ".+")
            answer = asked(query)
            if not answers(answer):
                silent.append(f"{query}: {answer}")
        ok(not silent, f"dashboard: {panel['title']}", "\n".join(silent))


{"handed-out": handed_out, "answered": answered}[sys.argv[1]](sys.argv[2])
done()
