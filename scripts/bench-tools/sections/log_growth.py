"""How time, memory and disk grow with lines, with labels, with the size of batches and with the streams that are tailed."""

import json
import os
import pathlib
import statistics
import tempfile
import time
import urllib.request

from figures import PROJECT, TOKEN, Server, Spent, growth, run
from sections.emulator import seed

# Of 100 bytes with its end; one in ten has the common word, five of a million the rare one.
LINE = "2026-11-27T10:11:12.131Z INFO {:<8} request {:>9} took {:>4} ms for a customer in zone b of the shop "
COLUMNS = ["lines", "search of a rare word, ms", "newest 100 with a common word, ms", "memory, MB", "data file, MB"]


def tables(lts, probe):
    return [lines(lts), labels(lts, probe), batches(probe), tails(lts)]


class Emulator(Server):
    """An emulator with the group `app` and its streams, and the environment of commands for it."""

    def __init__(self, lts, *options, streams=("nginx",)):
        super().__init__(lts, "emulator", "--listen", "127.0.0.1:0", *options)
        self.lts, self.streams = lts, streams

    def __enter__(self):
        super().__enter__()
        seed(self)
        self.environment = {f"HUAWEICLOUD_LTS_{name}": self.url for name in ("ENDPOINT", "ACCESS_ENDPOINT")}
        self.environment |= {"HUAWEICLOUD_LTS_TOKEN": TOKEN, "HUAWEICLOUD_SDK_PROJECT_ID": PROJECT}
        ids = run(self.lts, "stream", "create", "app", *self.streams, "-q", **self.environment).split()
        self.group = run(self.lts, "group", "get", "app", "-q", **self.environment).strip()
        self.paths = [f"/v2/{PROJECT}/groups/{self.group}/streams/{stream}" for stream in ids]
        return self

    def search_ms(self, keywords, **more):
        """The median time of a search over the last hour."""
        now = time.time_ns() // 1_000_000
        body = {"start_time": str(now - 3_600_000), "end_time": str(now + 60_000), "keywords": keywords, **more}
        headers = {"Content-Type": "application/json", "X-Auth-Token": TOKEN}
        request = urllib.request.Request(f"{self.url}{self.paths[0]}/content/query", json.dumps(body).encode(), headers)
        times = []
        for _ in range(11):
            start = time.perf_counter()
            with urllib.request.urlopen(request) as response:
                response.read()
            times.append(time.perf_counter() - start)
        return statistics.median(times) * 1e3


def lines(lts):
    rows = []
    for count in (1_000, 10_000, 100_000, 1_000_000, 10_000_000):
        with tempfile.TemporaryDirectory() as folder:
            file, data = f"{folder}/lines", f"{folder}/data"
            with open(file, "w") as out:
                for number in range(count):
                    word = "rare" if number % 200_000 == 100 else "common" if number % 10 == 0 else "usual"
                    out.write(f"{LINE.format(word, number, number % 9999)}\n")
            with Emulator(lts) as emulator:
                empty = emulator.resident_bytes()
                run(lts, "log", "put", "app", "nginx", "-f", file, "-q", **emulator.environment)
                rare, newest = emulator.search_ms("rare"), emulator.search_ms("common", is_desc=True, limit=100)
                memory = (emulator.resident_bytes() - empty) / 1e6
            with Emulator(lts, "--data", data) as emulator:
                run(lts, "log", "put", "app", "nginx", "-f", file, "-q", **emulator.environment)
            size = sum(os.path.getsize(one) for one in pathlib.Path(folder).glob("data*"))
        rows.append([count, round(rare, 2), round(newest, 2), round(memory, 1), round(size / 1e6, 2)])
    return {"title": "Lines of 100 bytes in a stream of the emulator", "columns": COLUMNS, "rows": rows,
            "growth": f"search from 100,000 on {growth(rows[2:], 0, 1)}, newest lines {growth(rows, 0, 2)}, "
                      f"memory from 100,000 on {growth(rows[2:], 0, 3)}, data file {growth(rows[2:], 0, 4)}"}


def labels(lts, probe):
    """A producer keeps the lines of each set of labels apart."""
    rows = []
    with tempfile.NamedTemporaryFile("w") as file, Server(probe, "receive") as receiver:
        file.write(run(probe, "lines", str(20_000_000)))
        file.flush()
        for sets in (1, 10, 100, 1_000):
            output = json.loads(run(probe, "produce", f"http://{receiver.address}", file.name, "1", "2", str(sets)))
            rows.append([sets, round(output["cpu_us"], 2), output["requests"], round(output["peak_mb"], 1)])
    columns = ["sets of labels", "CPU per line, us", "requests", "peak memory, MB"]
    return {"title": "Sets of labels of a producer", "columns": columns, "rows": rows,
            "growth": f"CPU per line {growth(rows, 0, 1)}, memory {growth(rows, 0, 3)}"}


def batches(probe):
    """One request after the other."""
    rows = []
    with Server(probe, "receive") as receiver:
        for size in (1, 10, 100, 1_000, 4_096):
            output = json.loads(run(probe, "put", f"http://{receiver.address}", str(size), str(max(20, 40_000 // size))))
            rows.append([size, round(output["cpu_us"], 2), round(output["peak_mb"], 1)])
    return {"title": "Lines of one `put`", "columns": ["lines", "CPU per line, us", "peak memory, MB"], "rows": rows,
            "growth": f"CPU per line {growth(rows, 0, 1)}"}


def tails(lts):
    """`lts log tail` of streams that get no lines, for ten seconds, with a look at each every second."""
    rows = []
    for count in (1, 10, 100):
        names = [f"stream-{number}" for number in range(count)]
        with Emulator(lts, "--quota-streams", "0", streams=names) as emulator:
            tail = ["timeout", "10", lts, "log", "tail", "app", ",".join(names), "--interval", "1s"]
            spent = Spent(tail, may_fail=True, **emulator.environment)
        rows.append([count, round(spent.cpu / 10 * 1e3, 1), round(spent.peak_mb, 1)])
    columns = ["streams", "CPU per second, ms", "peak memory, MB"]
    return {"title": "Streams that `lts log tail` follows, a look per second", "columns": columns, "rows": rows,
            "growth": f"CPU {growth(rows, 0, 1)}, memory {growth(rows, 0, 2)}"}
