"""test-docs.py PAGE FOLDER_OF_LTS, once its packages are installed."""

import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

page = Path(sys.argv[1]).read_text()
programs = Path(sys.argv[2]).resolve()
counts = {True: 0, False: 0}


def check(good, line):
    counts[bool(good)] += 1
    print(f"{'ok    ' if good else 'FAILED'} {line}", flush=True)


def blocks(text):
    """Each block that is run: its language, its heading, its text, and what it prints."""
    heading, found = "", []
    for part in re.finditer(r"^(?:## (?P<heading>[^\n]+)|```(?P<kind>\w+)\n(?P<text>.*?)^```)$", text, re.M | re.S):
        kind = part["kind"]
        if part["heading"]:
            heading = part["heading"]
        elif kind in ("sh", "python"):
            found.append((kind, heading, part["text"], []))
        elif kind == "prints":
            found[-1][3].extend(part["text"].splitlines())
    return found


def script(found, outputs):
    """One shell that runs all of them, so that blocks share variables."""
    lines = ["set -euo pipefail"]
    for number, (kind, _, text, _) in enumerate(found):
        out = shlex.quote(str(outputs / str(number)))
        if kind == "python":
            (outputs / f"{number}.py").write_text(text)
            text = f"{shlex.quote(sys.executable)} {out}.py\n"
        # A block that cleans up runs as a separate script.
        open_, close = ("(", ")") if "trap " in text else ("{", "}")
        lines += [f"{open_}", text, f"{close} > {out} 2>&1", f"touch {out}.done"]
    return "\n".join(lines)


def run(url):
    local = page.replace("127.0.0.1:8086", url.removeprefix("http://"))
    found = blocks(local)
    with tempfile.TemporaryDirectory() as folder:
        outputs = Path(folder)
        # The official SDK writes into the home folder when it is imported.
        environment = {"PATH": f"{programs}:{os.environ['PATH']}", "HOME": folder, "LTS_EMULATOR_LISTEN": url.removeprefix("http://")}
        subprocess.run(["bash", "-c", script(found, outputs)], cwd=folder, env=environment, timeout=300)
        for number, (kind, heading, text, prints) in enumerate(found):
            out = outputs / str(number)
            output = out.read_text() if out.exists() else "(not run)"
            missing = [line for line in prints if line not in output]
            first = next(line for line in text.splitlines() if line.strip())
            good = out.with_name(f"{number}.done").exists() and not missing
            failure = f": {missing or ''} in {output.strip()[-600:]}" if not good else ""
            check(good, f"{heading}: {kind}, {first[:60]}{failure}")
    check(len(found) >= 9, f"{len(found)} blocks were run")


def ask(url, path, body=None):
    request = urllib.request.Request(f"{url}/_emulator/{path}", data=body.encode() if body else None)
    with urllib.request.urlopen(request, timeout=30) as response:
        return response.status


def faults(url):
    """The emulator accepts each fault of the table."""
    section = page.partition("\n## Faults\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| .* \| `(\{.*\})` \|$", section, re.M)
    for row in rows:
        try:
            check(ask(url, "faults", json.dumps(json.loads(row))) == 204, f"a fault: {row[:70]}")
        except (ValueError, OSError) as error:
            check(False, f"a fault: {row}: {error}")
    check(len(rows) >= 10, f"{len(rows)} faults were added")


def names(url):
    """Flags and paths that the page names exist."""
    output = subprocess.run([programs / "lts", "emulator", "--help"], capture_output=True, text=True, check=True).stdout
    flags = set(re.findall(r"`(?:lts emulator )?(--[a-z0-9-]+)", page))
    unknown = sorted(flag for flag in flags if f"{flag} " not in output and f"{flag}\n" not in output and flag != "--help")
    check(len(flags) > 20 and not unknown, f"{len(flags)} flags are there: {' '.join(unknown) or 'all'}")
    known = set(re.findall(r"--[a-z0-9-]+", output)) - {"--help"}
    unsaid = sorted(known - flags)
    check(not unsaid, f"all {len(known)} flags are named: {' '.join(unsaid) or 'yes'}")
    paths = set(re.findall(r"`GET ([a-z]+)`", page))
    lost = [path for path in sorted(paths) if ask(url, path) != 200]
    check(len(paths) > 6 and not lost, f"{len(paths)} paths of the admin API respond: {' '.join(lost) or 'all'}")


environment = {name: value for name, value in os.environ.items() if not name.startswith("LTS_EMULATOR_")}
emulator = subprocess.Popen([programs / "lts", "emulator", "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE, text=True, env=environment)
try:
    url = emulator.stdout.readline().split()[-1]
    run(url)
    faults(url)
    names(url)
finally:
    emulator.terminate()
    check(emulator.wait(timeout=30) == 0, "the emulator ended well")
print(f"{counts[True]} passed, {counts[False]} failed")
sys.exit(1 if counts[False] else 0)
