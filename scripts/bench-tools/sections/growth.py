"""How time and memory grow with calls, groups, streams, sizes, operations and logs."""

import copy as copies
import json
import os
import pathlib
import shutil
import tempfile
import urllib.request

from figures import PROJECT, ROOT, OneProcessor, Server, Spent, built, growth, keep, run
from sections import build, log_growth
from sections.emulator import seed

AK, SK = "LTSEMULATORAK0000001", "LtsEmulatorSecretKeyForLocalUseOnly00001"


def measure():
    lts, probe = built("lts", "bench-probe")
    tables = [calls(probe), lists(probe), signatures(probe), emulator(lts, probe), apply(lts), *log_growth.tables(lts, probe), operations(lts)]
    keep("growth", [], tables)


def call(probe, address, client, warmup, count):
    output = json.loads(run(probe, "call", client, address, str(warmup), str(count)))
    return round(output["cpu_us"], 1), round(output["peak_mb"], 1)


def calls(probe):
    with OneProcessor(), Server(probe, "serve", "1") as server:
        rows = [[count, *call(probe, server.address, "aksk", 100, count)] for count in (1_000, 10_000, 100_000)]
    return {"title": "Calls of one client", "columns": ["calls", "CPU per call, us", "peak memory, MB"], "rows": rows,
            "growth": f"time per call {growth(rows)}, memory {growth(rows, 0, 2)}"}


def lists(probe):
    rows = []
    for groups in (1, 10, 100, 1_000, 10_000, 100_000):
        with OneProcessor(), Server(probe, "serve", str(groups)) as server:
            count = max(10, 20_000 // groups)
            ours, bare = (call(probe, server.address, client, 5, count) for client in ("token", "bare"))
        rows.append([groups, ours[0], bare[0], round(ours[0] / bare[0], 2), ours[1], bare[1]])
    columns = ["groups listed", "CPU per call, us", "bare, us", "ratio", "peak memory, MB", "bare, MB"]
    return {"title": "Groups in a list", "columns": columns, "rows": rows,
            "growth": f"time from 100 on {growth(rows[2:])}, memory from 10,000 on {growth(rows[4:], 0, 4)}"}


def signatures(probe):
    rows = []
    for size in (100, 10_000, 1_000_000, 12_582_912):
        output = json.loads(run(probe, "sign", str(size), str(max(5, 20_000_000 // size // 10))))
        rows.append([size, round(output["cpu_us"], 1), round(output["peak_mb"], 1)])
    return {"title": "Body of a signed request", "columns": ["bytes", "CPU, us", "peak memory, MB"], "rows": rows,
            "growth": f"time from 10 KB on {growth(rows[1:])}; the memory is the body itself, no copy is made"}


def emulator(lts, probe):
    """Groups that the emulator holds: what one more costs, and what all of them take."""
    rows = []
    for groups in (100, 10_000, 1_000_000):
        with Server(lts, "emulator", "--listen", "127.0.0.1:0", "--quota-groups", "0") as server:
            seed(server)
            fill(server, groups)
            filled = server.peak_mb()
            rate = json.loads(run(probe, "load", server.address, "create", "1"))["per_second"]
        rows.append([groups, round(1e6 / rate, 1), round(filled, 1)])
    return {"title": "Groups in the emulator", "columns": ["groups", "time of one more, us", "peak memory, MB"], "rows": rows,
            "growth": f"time {growth(rows)}, memory from 10,000 on {growth(rows[1:], 0, 2)}"}


def fill(server, groups):
    for first in range(0, groups, 50_000):
        names = [{"name": f"group-{number:07}"} for number in range(first, min(groups, first + 50_000))]
        body = json.dumps({"manifest": {"groups": names}}).encode()
        request = urllib.request.Request(f"{server.url}/_emulator/seed", body, {"Content-Type": "application/json"})
        urllib.request.urlopen(request).close()


def apply(lts):
    rows = []
    for streams in (100, 1_000, 10_000):
        with Server(lts, "emulator", "--listen", "127.0.0.1:0", "--latency", "20") as server:
            manifest = {"groups": [{"name": f"group-{g}", "streams": [f"stream-{s}" for s in range(100)]} for g in range(streams // 100)]}
            with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
                json.dump(manifest, file)
                file.flush()
                spent = Spent([lts, "apply", "-q", "-f", file.name, "--concurrency", "64"], HUAWEICLOUD_LTS_ENDPOINT=server.url,
                              HUAWEICLOUD_SDK_AK=AK, HUAWEICLOUD_SDK_SK=SK, HUAWEICLOUD_SDK_PROJECT_ID=PROJECT)
        rows.append([streams, round(spent.wall, 2), round(spent.cpu, 2), round(spent.peak_mb, 1)])
    return {"title": "Streams of a manifest (`lts apply`, 64 workers, 20 ms latency)",
            "columns": ["streams", "time, s", "CPU, s", "peak memory, MB"], "rows": rows,
            "growth": f"time {growth(rows)}, CPU {growth(rows, 0, 2)}, memory {growth(rows, 0, 3)}"}


def operations(lts):
    """The library with the specification, and with more operations in it: copies of one with a body."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        crate = build.copy(folder / "huaweicloud-lts")
        document = json.loads(run(lts, "spec", "lts", "--format", "json"))
        api = (crate / "src/api.rs").read_text()
        project = build.project(folder / "project", f'huaweicloud-lts = {{ path = "{crate}" }}')
        shutil.copy(ROOT / "Cargo.lock", project)
        run("cargo", "fetch", "--quiet", cwd=project)
        own = sum("operationId" in operation for path in document["paths"].values() for operation in path.values())
        for more in (0, 10, 100):
            larger, names = with_operations(document, more)
            (crate / "openapi/lts.yaml").write_text(json.dumps(larger))
            arms = "".join(f"Operation::{name} => typed::<lts::types::{name}ResponseBody>(body),\n" for name in names)
            (crate / "src/api.rs").write_text(api.replace("    match operation {\n", "    match operation {\n" + arms, 1))
            build.cargo_build(project)
            os.utime(crate / "build.rs")
            spent = build.cargo_build(project)
            newest = max((project / "target").glob("debug/build/huaweicloud-lts-*/out/lts.rs"), key=os.path.getmtime)
            library = max((project / "target").glob("debug/deps/libhuaweicloud_lts-*.rlib"), key=os.path.getmtime)
            rows.append([own + more, round(newest.stat().st_size / 1000), round(library.stat().st_size / 1e6, 1), round(spent.cpu, 1), round(spent.peak_mb)])
    columns = ["operations", "generated code, KB", "debug library, MB", "CPU of a rebuild, s", "peak memory of it, MB"]
    per = (rows[-1][3] - rows[0][3]) / (rows[-1][0] - rows[0][0])
    return {"title": "Operations in the specification", "columns": columns, "rows": rows,
            "growth": f"linear: each operation adds {(rows[-1][1] - rows[0][1]) / (rows[-1][0] - rows[0][0]):.0f} KB of code and {per:.2f} s of CPU to a rebuild"}


def with_operations(document, more):
    """The document and so many copies of createLogGroup, each with its own path and bodies; and the copies' names."""
    document = copies.deepcopy(document)
    original, schemas, names = document["paths"]["/v2/{project_id}/groups"], document["components"]["schemas"], []
    for number in range(1, more + 1):
        name = f"CreateLogCopy{number}"
        for body in ("RequestBody", "ResponseBody"):
            schemas[name + body] = copies.deepcopy(schemas["CreateLogGroup" + body])
        text = json.dumps({"parameters": original.get("parameters", []), "post": original["post"]})
        text = text.replace("CreateLogGroup", name).replace("createLogGroup", "c" + name[1:])
        copy = json.loads(text)
        for response in copy["post"]["responses"].values():
            response.pop("links", None)
        document["paths"][f"/v2/{{project_id}}/copies-{number}"] = copy
        names.append(name)
    return document, names
