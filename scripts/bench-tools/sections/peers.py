"""The CPU time of a call with the vendor's SDKs and with ours: lists of the same server, which does as good as nothing.

The SDKs sign, so ours signs too. Each round runs all of them, one after the other, each in a process of its own.
"""

import json
import os
import re
import subprocess
import tempfile

from figures import JUDGES, OneProcessor, Server, built, figure, keep, run

ROUNDS = 5
# Warm-up and counted calls. Java's compiler is done after its warm-up.
OURS, PYTHON, GO, JAVA = (1000, 10000), (100, 1000), (1000, 5000), (20000, 5000)


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
            for name, least in (("Python", 20), ("Go", 2.5), ("Java", 5)):
                pairs = list(zip(cpu["ours"], cpu[name]))
                figures.append(figure(f"peers/groups {groups}, CPU of the SDK for {name}", "us", pairs, True, at_least=least))
            for name, runs in measured.items():
                middle = sorted(runs, key=lambda one: one["cpu_us"])[len(runs) // 2]
                rows.append([groups, name, round(middle["cpu_us"], 1), round(max(one["peak_mb"] for one in runs), 1)])
    columns = ["groups listed", "client", "CPU per call, us", "peak memory, MB"]
    keep("peers", figures, [{"title": "A call, signed (bare: with a token)", "columns": columns, "rows": rows}], versions())


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
