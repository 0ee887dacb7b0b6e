"""The CPU time of a call with the vendor's SDKs and with ours, and that of a line with the vendor's producer and with ours.
The server does as good as nothing.

The SDKs sign, so ours signs too. The vendor's producer knows https only, so both lines go through TLS. Each round runs all
of them, one after the other, each in a process of its own.
"""

import json
import os
import re
import subprocess
import sys
import tempfile

from figures import JUDGES, OneProcessor, Server, built, figure, keep, run

ROUNDS = 5
# Warm-up and counted calls. Java's compiler is done after its warm-up.
OURS, PYTHON, GO, JAVA = (1000, 10000), (100, 1000), (1000, 5000), (20000, 5000)
# Bytes of lines, and how often producers send them uncounted and counted.
LINES, LINES_WARMUP, LINES_COUNTED = 10_000_000, 10, 5
ACCEPTED = b'{"errorCode":"SVCSTG.ALS.200.200","errorMessage":"Report success.","result":null}'


def measure():
    (probe,) = built("bench-probe")
    with tempfile.TemporaryDirectory() as folder:
        go = f"{folder}/bench"
        run("go", "build", "-o", go, "./bench", cwd=JUDGES / "go-sdk", GOTELEMETRY="off", GOFLAGS="-mod=readonly")
        run("javac", "-d", folder, "-cp", f"{JUDGES}/java-sdk/.lib/*", "Bench.java", cwd=JUDGES / "java-sdk")
        java = ["java", f"-Duser.home={folder}", "-cp", f"{folder}:{JUDGES}/java-sdk/.lib/*", "Bench"]
        python = [f"{JUDGES}/.venv/bin/python", f"{JUDGES}/python-sdk/bench.py"]
        peers = {"bare": [probe, "call", "bare"], "ours": [probe, "call", "aksk"], "Python": python, "Go": [go], "Java": java}
        counts = {"Python": PYTHON, "Go": GO, "Java": JAVA}
        figures, rows = [], []
        for groups in (1, 100):
            measured = {name: [] for name in peers}
            with OneProcessor(), Server(probe, "serve", str(groups)) as server:
                for _ in range(ROUNDS):
                    for name, command in peers.items():
                        call = [*command, server.address, *map(str, counts.get(name, OURS))]
                        # The SDKs write a file under their user's home.
                        output = subprocess.run(call, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                              env={**os.environ, "HOME": folder})
                        measured[name].append(json.loads(output.stdout.splitlines()[-1]))
            cpu = {name: [one["cpu_us"] for one in runs] for name, runs in measured.items()}
            for name, least in (("Python", 20), ("Go", 1.5 if groups == 1 else 1.3), ("Java", 5)):
                pairs = list(zip(cpu["ours"], cpu[name]))
                figures.append(figure(f"peers/groups {groups}, CPU of the SDK for {name}", "us", pairs, True, at_least=least))
            for name, runs in measured.items():
                middle = sorted(runs, key=lambda one: one["cpu_us"])[len(runs) // 2]
                rows.append([groups, name, round(middle["cpu_us"], 1), round(max(one["peak_mb"] for one in runs), 1)])
    columns = ["groups listed", "client", "CPU per call, us", "peak memory, MB"]
    calls = {"title": "A call, signed (bare: with a token)", "columns": columns, "rows": rows}
    of_lines, lines = producers(probe)
    keep("peers", figures + of_lines, [calls, lines], versions())


def producers(probe):
    sys.path.insert(0, str(JUDGES / "java-producer"))
    import access

    def accept(*_):
        return 200, {"Content-Type": "application/json"}, ACCEPTED

    ways = {"ours": None, "Java, a line a send": 1, "Java, 1,000 lines a send": 1000}
    measured = {name: [] for name in ways}
    with tempfile.NamedTemporaryFile("w") as lines, access.server(accept) as certificate:
        lines.write(run(probe, "lines", str(LINES)))
        lines.flush()
        counts = [str(LINES_WARMUP), str(LINES_COUNTED)]
        for _ in range(ROUNDS):
            for name, size in ways.items():
                if size is None:
                    url = "https://{}:{}".format(*access.ADDRESS)
                    one = json.loads(run(probe, "produce", url, lines.name, *counts, "1", SSL_CERT_FILE=certificate))
                else:
                    one = access.java("Bench.java", lines.name, size, *counts, region="cn-north-4")
                measured[name].append(one)
    figures, rows = [], []
    for name, runs in measured.items():
        cpu = [one["cpu_us"] for one in runs]
        rows.append([name, round(sorted(cpu)[len(cpu) // 2], 2), round(max(one["peak_mb"] for one in runs), 1)])
        if ways[name] is not None:
            pairs = list(zip([one["cpu_us"] for one in measured["ours"]], cpu))
            least = 5 if ways[name] == 1 else None
            figures.append(figure(f"peers/producer for {name}, CPU of a line", "us", pairs, True, at_least=least))
    columns = ["producer", "CPU per line, us", "peak memory, MB"]
    return figures, {"title": "A line of 200 bytes through a producer, over TLS", "columns": columns, "rows": rows}


def versions():
    pip = run(f"{JUDGES}/.venv/bin/python", "-m", "pip", "list", "--format", "json", "--disable-pip-version-check")
    python = next(one["version"] for one in json.loads(pip) if one["name"] == "huaweicloudsdklts")
    go = re.search(r"huaweicloud-sdk-go-v3 v(\S+)", (JUDGES / "go-sdk/go.mod").read_text())[1]
    java = re.search(r"<artifactId>huaweicloud-sdk-lts</artifactId>\s*<version>([^<]+)", (JUDGES / "java-sdk/pom.xml").read_text())[1]
    runtimes = {
        "CPython": run("python3", "--version").split()[1],
        "go": run("go", "env", "GOVERSION").strip().removeprefix("go"),
        "Java": run("java", "--version").split()[1],
    }
    return {"huaweicloudsdklts": python, "huaweicloud-sdk-go-v3": go, "huaweicloud-sdk-lts (Java)": java, **runtimes}
