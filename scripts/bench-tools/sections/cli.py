"""`lts` as a person meets it: how long it takes to start, to make one call, and to apply a large manifest."""

import os
import sys

from figures import PROJECT, ROOT, TOKEN, Server, absolute, built, keep, reported, run

ROUNDS = "41"


def measure():
    lts, probe, hello = built("lts", "bench-probe", "bench-hello")
    measured = reported(probe, "run", "cli/--version, against a hello world", "2", ROUNDS, lts, "--version", "--", hello)
    with Server(probe, "serve", "10") as server:
        url = f"http://{server.address}/v2/{PROJECT}/groups"
        environment = {
            "HUAWEICLOUD_LTS_ENDPOINT": f"http://{server.address}",
            "HUAWEICLOUD_LTS_TOKEN": TOKEN,
            "HUAWEICLOUD_SDK_PROJECT_ID": PROJECT,
        }
        curl = ["curl", "-s", "-H", f"X-Auth-Token: {TOKEN}", "-H", "Content-Type: application/json;charset=UTF-8", url]
        name = "cli/group list, against curl"
        measured += reported(probe, "run", name, "2", ROUNDS, lts, "group", "list", "--", *curl, **environment)
    measured.append(absolute("cli/stripped binary", "MB", os.path.getsize(lts) / 1e6, 15))
    measured += reported(sys.executable, ROOT / "scripts/bench-apply", LTS_BIN=lts)
    keep("cli", measured, versions={"curl": run("curl", "--version").split()[1]})
