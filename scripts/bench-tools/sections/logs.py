"""Lines by a producer, events by its layer, and a file by `lts log put`."""

import sys

from figures import ROOT, built, keep, reported, run, version_of


def measure():
    benches = [word for name in ("allocations", "logs") for word in ("--bench", name)]
    bench = ["cargo", "bench", "--quiet", "--locked", "--all-features", *benches]
    run(*bench, "--no-run")
    figures = reported(*bench, "--", "logs/")
    (lts,) = built("lts")
    for megabytes in ("100", "1000"):
        figures += reported(sys.executable, ROOT / "scripts/bench-log-put", megabytes, LTS_BIN=lts)
    names = ("reqwest", "tracing-subscriber", "zlib-rs")
    keep("logs", figures, versions={name: version_of(ROOT / "Cargo.lock", name) for name in names})
