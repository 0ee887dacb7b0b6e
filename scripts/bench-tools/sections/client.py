"""Calls, allocations and signatures, as `cargo bench` measures them."""

from figures import ROOT, keep, reported, run, version_of


def measure():
    benches = [word for name in ("client", "allocations", "signer") for word in ("--bench", name)]
    bench = ["cargo", "bench", "--quiet", "--locked", "--all-features", *benches]
    run(*bench, "--no-run")
    # The benchmark of allocations also counts those of events.
    figures = [row for row in reported(*bench) if not row["name"].startswith("logs/")]
    keep("client", figures, versions={name: version_of(ROOT / "Cargo.lock", name) for name in ("reqwest", "sha2")})
