"""What the crate costs to build: CPU seconds of cargo and all that it starts, debug profile, from nothing.

Beside ours stands a program that talks to AWS' service of the same kind, with the SDK that its vendor generates.
"""

import pathlib
import re
import shutil
import tempfile

from figures import ROOT, Spent, figure, keep, run, version_of

PEERS = {"aws-sdk-cloudwatchlogs": "=1.162.0", "aws-config": "=1.13.0"}
ROUNDS = 2
# Stands before each compiler process and writes down what it cost.
WRAPPER = """#!/usr/bin/env python3
import os, resource, subprocess, sys
status = subprocess.call(sys.argv[1:], close_fds=False)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
name = sys.argv[sys.argv.index("--crate-name") + 1] if "--crate-name" in sys.argv else "?"
with open(os.environ["COSTS"], "a") as costs:
    costs.write(f"{name} {used.ru_utime + used.ru_stime}\\n")
sys.exit(status)
"""


def measure():
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        path = copy(folder / "huaweicloud-lts")
        ours = project(folder / "ours", f'huaweicloud-lts = {{ path = "{path}" }}')
        ring = project(
            folder / "ring",
            f'huaweicloud-lts = {{ path = "{path}", default-features = false, features = ["tls-ring"] }}',
        )
        for one in (ours, ring):
            shutil.copy(ROOT / "Cargo.lock", one)
        aws = project(folder / "aws", "\n".join(f'{name} = "{version}"' for name, version in PEERS.items()))
        for one in (ours, ring, aws):
            run("cargo", "fetch", "--quiet", cwd=one)
        rounds = [(cold(ours).cpu, cold(ring).cpu, cold(aws).cpu) for _ in range(ROUNDS)]
        pairs = [(of_ours, of_aws) for of_ours, _, of_aws in rounds]
        of_ring = [(of_ring, of_aws) for _, of_ring, of_aws in rounds]
        figures = [
            figure("build/cold, against the AWS SDK, CPU", "s", pairs, at_most=0.80),
            figure("build/cold with tls-ring, against the AWS SDK, CPU", "s", of_ring, at_most=0.60),
        ]
        rebuilds = [rebuild(ours, folder / "huaweicloud-lts/openapi/lts.yaml", round) for round in range(ROUNDS)]
        pairs = [(again, first) for again, (first, _) in zip(rebuilds, pairs)]
        figures.append(figure("build/after an edit of the specification, against a cold one, CPU", "s", pairs, at_most=0.15))
        expensive = costs(ours, folder)
        rows = [
            ["huaweicloud-lts", crates(ours)],
            ["huaweicloud-lts with tls-ring", crates(ring)],
            ["AWS SDK", crates(aws)],
        ]
        # Without the made-up document of the tests, which the published package doesn't have.
        written = (ours / "target").glob("debug/build/huaweicloud-lts-*/out/*.rs")
        generated = sum(path.stat().st_size for path in written if not path.name.startswith("made_up"))
        tables = [
            {"title": "Crates of each tree", "columns": ["tree", "crates"], "rows": rows},
            {"title": "What is expensive in a cold build of ours", "columns": ["crate", "CPU, s", "share"], "rows": expensive},
            {"title": "Code that build.rs writes", "columns": ["KB"], "rows": [[round(generated / 1000)]]},
        ]
        versions = {name: version_of(aws / "Cargo.lock", name) for name in PEERS}
        keep("build", figures, tables, {**versions, "progenitor": version_of(ROOT / "Cargo.lock", "progenitor")})


def copy(to):
    """A copy of what lies here, which may be edited."""
    files = run("git", "ls-files", "--cached", "--others", "--exclude-standard").splitlines()
    for file in files:
        if (ROOT / file).is_file():
            (to / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / file, to / file)
    return to


def project(folder, dependencies):
    """A library with these dependencies and nothing in it."""
    (folder / "src").mkdir(parents=True)
    (folder / "src/lib.rs").touch()
    head = '[package]\nname = "measured"\nversion = "0.0.0"\nedition = "2024"\n[workspace]\n'
    (folder / "Cargo.toml").write_text(f"{head}[dependencies]\n{dependencies}\n")
    return folder


def cargo_build(folder, **environment):
    return Spent(["cargo", "build", "--quiet", "--offline"], folder, CARGO_TARGET_DIR=str(folder / "target"), **environment)


def cold(folder):
    shutil.rmtree(folder / "target", ignore_errors=True)
    return cargo_build(folder)


def rebuild(folder, document, round):
    """CPU seconds after an edit that changes what is generated: another length of a name."""
    text = document.read_text()
    edited = re.sub(r"maxLength: 64\b", f"maxLength: {60 + round}", text, count=1)
    assert edited != text
    document.write_text(edited)
    spent = cargo_build(folder).cpu
    document.write_text(text)
    cargo_build(folder)
    return spent


def costs(folder, scratch):
    """The crates that take most of a cold build, each with its build script; and what isn't the compiler."""
    wrapper, log = scratch / "wrapper", scratch / "costs"
    wrapper.write_text(WRAPPER)
    wrapper.chmod(0o755)
    shutil.rmtree(folder / "target")
    total = cargo_build(folder, RUSTC_WRAPPER=str(wrapper), COSTS=str(log)).cpu
    by_crate = {}
    for line in log.read_text().splitlines():
        name, seconds = line.split()
        by_crate[name] = by_crate.get(name, 0) + float(seconds)
    by_crate["(build scripts, C and assembly, cargo itself)"] = total - sum(by_crate.values())
    ranked = sorted(by_crate.items(), key=lambda one: -one[1])
    return [[name, round(seconds, 1), f"{seconds / total:.0%}"] for name, seconds in ranked[:14]]


def crates(folder):
    """How many crates a build compiles, the project's own aside."""
    tree = run("cargo", "tree", "--offline", "-e", "normal,build", "--prefix", "none", cwd=folder)
    return len({line.removesuffix(" (*)") for line in tree.splitlines()}) - 1
