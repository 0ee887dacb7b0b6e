"""The emulator beside a bare axum handler, in one process and as whole programs, and beside Prism."""

import json
import subprocess
import tempfile
import time
import urllib.request

from figures import JUDGES, PROJECT, ROOT, TOKEN, Server, absolute, built, figure, keep, reported, run, version_of

ROUNDS = 5


def measure():
    lts, probe, axum = built("lts", "bench-probe", "bench-bare-axum")
    figures = reported("cargo", "bench", "--quiet", "--locked", "--all-features", "--bench", "emulator")
    emulator = [lts, "emulator", "--listen", "127.0.0.1:0", "--quota-groups", "0"]
    figures += reported(probe, "start", "emulator/exec to first response", "3", "31", *emulator, "--", axum)

    with Prism() as prism, Server(axum) as bare:
        pairs = {"list": [], "create": []}
        for _ in range(ROUNDS):
            # New each round: else its lists grow by what was created, and Prism's don't.
            with Server(*emulator) as ours:
                seed(ours)
                for what, seconds in (("list", 2), ("create", 2)):
                    rates = [json.loads(run(probe, "load", at, what, str(seconds)))["per_second"] for at in (ours.address, prism.address)]
                    pairs[what].append(rates)
        for what, rates in pairs.items():
            figures.append(figure(f"emulator/{what}, requests per second, against Prism", "1/s", rates, at_least=30))
        run(probe, "load", bare.address, "list", "1")
        memory = {"bare axum": bare.peak_mb(), "Prism": prism.peak_mb()}
    with Server(*emulator) as ours:
        seed(ours)
        run(probe, "load", ours.address, "list", "1")
        memory = {"lts emulator": ours.peak_mb(), **memory}
    figures.append(absolute("emulator/resident memory", "MB", memory["lts emulator"], 16, memory["bare axum"]))
    rows = [[name, round(mb, 1)] for name, mb in memory.items()]
    tables = [{"title": "Peak resident memory after thousands of lists", "columns": ["program", "MB"], "rows": rows}]
    prism = json.loads((JUDGES / "prism/node_modules/@stoplight/prism-cli/package.json").read_text())["version"]
    versions = {"axum": version_of(ROOT / "Cargo.lock", "axum"), "Prism": prism, "Node.js": run("node", "--version").strip()[1:]}
    keep("emulator", figures, tables, versions)


def seed(server):
    body = {"tokens": [{"token": TOKEN, "project_id": PROJECT}], "manifest": {"groups": [{"name": "app"}]}}
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{server.url}/_emulator/seed", json.dumps(body).encode(), headers)
    urllib.request.urlopen(request).close()


class Prism(Server):
    """A mock of the specification, which says its address somewhere in its log."""

    def __enter__(self):
        command = [JUDGES / "prism/node_modules/.bin/prism", "mock", ROOT / "openapi/lts.yaml", "--port", "0"]
        self.log = tempfile.NamedTemporaryFile("w+")
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log)
        for _ in range(600):
            with open(self.log.name) as log:
                found = [line for line in log if "Prism is listening on http://" in line]
            if found:
                self.address = found[0].split("http://")[1].split()[0]
                return self
            time.sleep(0.1)
        raise SystemExit("Prism did not start")

    def __init__(self):
        super().__init__()
