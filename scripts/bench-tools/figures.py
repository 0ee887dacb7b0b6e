"""What the sections share: programs run and accounted for, figures with goals, and where they are kept."""

import datetime
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from math import log

ROOT = pathlib.Path(__file__).resolve().parents[2]
KEPT = ROOT / "docs" / "benchmarks"
JUDGES = ROOT / "scripts" / "judges"
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
PROJECT = "0123456789abcdef0123456789abcdef"
TOKEN = "MIIF" * 300


class Spent:
    """What a program has cost: CPU and wall seconds, and the most memory of a process of it, in MB."""

    # A process inherits the peak of the one that started it, so this one is small.
    STARTER = """
import os, sys
process = os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ)
_, status, usage = os.wait4(process, 0)
with open(sys.argv[1], "w") as spent:
    print(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, file=spent)
sys.exit(os.waitstatus_to_exitcode(status))
"""

    def __init__(self, command, cwd=ROOT, may_fail=False, **environment):
        with tempfile.NamedTemporaryFile("r") as spent:
            starter = [sys.executable, "-I", "-S", "-c", self.STARTER, spent.name]
            before = time.monotonic()
            done = subprocess.run([*starter, *map(str, command)], cwd=cwd, stdout=subprocess.PIPE, text=True, env={**os.environ, **environment})
            self.wall = time.monotonic() - before
            self.output = done.stdout
            if done.returncode != 0 and not may_fail:
                sys.exit(f"{' '.join(map(str, command))}: exit {done.returncode}\n{self.output}")
            self.cpu, self.peak_mb = map(float, spent.read().split())


def run(*command, cwd=ROOT, **environment):
    """What a program prints."""
    return Spent(command, cwd, **environment).output


class Server:
    """A program that says its address in its first line and serves until the end of the block."""

    def __init__(self, *command):
        self.command = command

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().split()[-1]
        self.address = self.url.removeprefix("http://")
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def peak_mb(self):
        return self.memory_kib("VmHWM") / 1024

    def resident_bytes(self):
        return self.memory_kib("VmRSS") * 1024

    def memory_kib(self, kind):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith(f"{kind}:"))
        return int(line.split()[1])


class OneProcessor:
    """Keeps whatever is started within on one processor.

    A client and a server that take turns on two let both fall asleep in between, and to wake one costs more than a
    call, above all on a virtual machine, and says nothing of a client.
    """

    def __enter__(self):
        self.allowed = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {max(self.allowed)})

    def __exit__(self, *_):
        os.sched_setaffinity(0, self.allowed)


def built(*programs):
    """Paths of builds: `lts` as it is released, or a program of benches/programs as benchmarks are built."""
    paths = []
    for program in programs:
        how = ["--release", "--bin"] if program == "lts" else ["--profile", "bench", "--example"]
        run("cargo", "build", "--quiet", "--locked", "--all-features", *how, program)
        paths.append(TARGET / "release" / ("" if program == "lts" else "examples") / program)
    return [str(path) for path in paths]


def reported(*command, **environment):
    """The figures that a benchmark of ours reports."""
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "figures"
        # A goal that is missed is a figure all the same.
        print(Spent(command, may_fail=True, LTS_BENCH_FIGURES=str(file), **environment).output, flush=True)
        return [json.loads(line) for line in file.read_text().splitlines()]


def figure(name, unit, pairs, inverse=False, at_most=None, at_least=None):
    """A figure from pairs of ours and the baseline: the median of ours / baseline, or inverse."""
    ratios = [bare / ours if inverse else ours / bare for ours, bare in pairs]
    low, middle, high = quartiles(ratios)
    return {
        "name": name, "unit": unit, **goal(middle, at_most, at_least),
        "ours": statistics.median(ours for ours, _ in pairs), "bare": statistics.median(bare for _, bare in pairs),
        "low": low, "ratio": middle, "high": high,
    }


def absolute(name, unit, value, at_most, bare=None):
    """A figure that has a goal of its own."""
    return {"name": name, "unit": unit, **goal(value, at_most), "ours": value, "bare": bare}


def goal(value, at_most=None, at_least=None):
    if at_most is not None:
        return {"goal": f"at most {at_most}", "reached": value <= at_most}
    if at_least is not None:
        return {"goal": f"at least {at_least}", "reached": value >= at_least}
    return {"goal": "none", "reached": True}


def growth(rows, by=0, cost=1):
    """The exponent: how cost grows between the first and the last row, as a power of the size."""
    (a, x), (b, y) = ((row[by], row[cost]) for row in (rows[0], rows[-1]))
    return f"size^{log(y / x) / log(b / a):.2f}"


def quartiles(values):
    if len(values) == 1:
        return values * 3
    return statistics.quantiles(values, n=4, method="inclusive")


def keep(section, figures, tables=(), versions=None):
    """Writes a section's figures and tables down, with the day and the machine."""
    for row in figures:
        mark = "reached" if row["reached"] else "MISSED"
        ratio = f"{row['ratio']:.3f}" if "ratio" in row else f"{row['ours']:.2f} {row['unit']}"
        print(f"{row['name']:<70} {ratio:>10}  {row['goal']}: {mark}", flush=True)
    KEPT.mkdir(exist_ok=True)
    versions = {"rustc": run("rustc", "--version").split()[1], **(versions or {})}
    kept = {"date": datetime.date.today().isoformat(), "machine": machine(), "versions": versions}
    text = json.dumps({**kept, "figures": figures, "tables": list(tables)}, indent=1)
    (KEPT / f"{section}.json").write_text(text + "\n")


def machine():
    """The processor, the number of its cores that are ours, memory, and the kernel."""
    lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.split(": ")[1] for line in lines if line.startswith("model name")), platform.machine())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    kernel = ".".join(platform.release().split(".")[:2])
    return f"{model}, {os.cpu_count()} cores, {memory:.0f} GiB, Linux {kernel}"


def version_of(lock, crate):
    """The version of a crate in a Cargo.lock."""
    lines = pathlib.Path(lock).read_text().splitlines()
    at = lines.index(f'name = "{crate}"')
    return lines[at + 1].split('"')[1]
