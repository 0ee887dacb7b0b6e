"""A million lines in the emulator: searches and counts beside ripgrep, memory and file, and `lts log search` beside curl."""

import json
import pathlib
import tempfile
import time
import urllib.request

from figures import PROJECT, TOKEN, OneProcessor, Server, Spent, absolute, built, figure, keep, reported, run
from sections.emulator import seed

LINES = 1_000_000
LENGTH = 100
# Lines in a request that writes.
BATCH = 5_000
# How long the lines take, in seconds.
RANGE = 3600
# A word in five of the lines, and one in every tenth.
RARE, FREQUENT = "needle", "tenth"
ROUNDS = "50"
PAGES_ROUNDS = 3

# A page after the other: one curl and one jq each. jq prints the lines, and the cursor into a file.
PAGES = """
url=$1 from=$2 to=$3 token=$4 folder=$5
cursor=
while true; do
    next=${cursor:+",\\"line_num\\":\\"$cursor\\",\\"search_type\\":\\"forwards\\""}
    body="{\\"start_time\\":\\"$from\\",\\"end_time\\":\\"$to\\",\\"limit\\":5000,\\"highlight\\":false$next}"
    curl -s -H "X-Auth-Token: $token" -H 'Content-Type: application/json;charset=UTF-8' -d "$body" "$url" |
        jq -r '.logs[].content, (.logs[-1].line_num | stderr | empty)' 2>"$folder/cursor"
    read -r cursor <"$folder/cursor" || true
    cursor=${cursor//\\"/}
    [ "$cursor" != null ] || break
done
"""


def measure():
    lts, probe = built("lts", "bench-probe")
    emulator = [lts, "emulator", "--listen", "127.0.0.1:0"]
    figures = []
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        log = folder / "lines.log"
        log.write_text("".join(line + "\n" for line in lines()))
        with Server(*emulator) as server:
            empty = server.resident_bytes()
            stream = Stream(server)
            stream.fill()
            time.sleep(30)
            content = LINES * LENGTH
            figures.append(absolute("search/memory per byte of lines, 30 s after they were written", "bytes", (server.resident_bytes() - empty) / content, 1.6))

            rare, histogram = folder / "rare", folder / "histogram"
            rare.write_bytes(stream.search(keywords=RARE, limit=100))
            histogram.write_bytes(stream.histogram(RARE))
            ripgrep = ["rg", "-c", "-w", "-i", RARE, str(log)]
            for name, goal, request in ((f"search/a word in 5 of {LINES:,} lines", "1.0", rare), ("search/histogram of 60 steps", "2.0", histogram)):
                figures += reported(probe, "requests", f"{name}, against rg -c -w -i", goal, ROUNDS, "1", server.address, request, "--", *ripgrep)
            figures += commands(lts, probe, stream, folder)
        with OneProcessor(), Server(*emulator) as server:
            stream = Stream(server)
            stream.fill()
            newest, nothing = folder / "newest", folder / "nothing"
            newest.write_bytes(stream.search(keywords=FREQUENT, limit=100, is_desc=True))
            nothing.write_bytes(stream.search("empty", keywords=FREQUENT, limit=100, is_desc=True))
            name = "search/newest 100 lines with a word in every tenth, against an empty stream"
            figures += reported(probe, "requests", name, "3", ROUNDS, "20", server.address, newest, nothing)
        data = folder / "data"
        with Server(*emulator, "--data", str(data)) as server:
            Stream(server).fill()
        # The last connection that closes writes the log of changes into the file.
        figures.append(absolute("search/data file per byte of lines", "bytes", data.stat().st_size / content, 2.0))
    keep("search", figures, versions={"ripgrep": run("rg", "--version").split()[1], "curl": run("curl", "--version").split()[1], "jq": run("jq", "--version").strip().removeprefix("jq-")})


def commands(lts, probe, stream, folder):
    """`lts log search` beside curl: all lines, and the first page."""
    environment = stream.environment()
    search = [lts, "log", "search", stream.group, stream.id, "--since", stamp(stream.start), "--raw"]
    out = folder / "out"

    def all_lines(until):
        return Spent(["sh", "-c", 'exec "$@" >"$0"', out, *search, "--until", stamp(until), "--all"], **environment)

    pairs, peak = [], 0
    for _ in range(PAGES_ROUNDS):
        ours = all_lines(stream.end)
        assert lines_in(out) == LINES
        pages = [stream.url("content/query"), str(stream.start), str(stream.end), TOKEN, str(folder)]
        theirs = Spent(["bash", "-c", f'exec >"$0"\n{PAGES}', out, *pages])
        assert lines_in(out) == LINES
        pairs.append((ours.cpu, theirs.cpu))
        peak = max(peak, ours.peak_mb)
    tenth = all_lines(stream.start + RANGE * 1000 // 10)
    yield figure(f"search/lts log search --all of {LINES:,} lines, CPU, against curl and jq", "s", pairs, at_most=0.3)
    yield absolute("search/lts log search --all, resident memory", "MB", peak, 40)
    yield absolute("search/lts log search --all, memory of all lines against a tenth of them", "times", peak / tenth.peak_mb, 1.25)
    body = json.dumps(stream.body(limit=100, is_desc=True, highlight=False))
    curl = ["curl", "-s", "-H", f"X-Auth-Token: {TOKEN}", "-H", "Content-Type: application/json;charset=UTF-8", "-d", body, stream.url("content/query")]
    name = "search/lts log search by ids, against curl of the same page"
    yield from reported(probe, "run", name, "1.5", ROUNDS, *search, "--until", stamp(stream.end), "--", *curl, **environment)


def lines():
    """The lines, of the same length each."""
    rare = range(LINES // 10, LINES, LINES // 5)
    for number in range(LINES):
        word = RARE if number in rare else FREQUENT if number % 10 == 0 else "other"
        line = f"GET /shop/{number}?page={number % 7} 200 {number * 7919 % 1000} ms user-{number * 7919 % 99991:x} {word}"
        yield f"{line:<{LENGTH}}"


def lines_in(path):
    return int(run("wc", "-l", path).split()[0])


def stamp(milliseconds):
    seconds = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(milliseconds // 1000))
    return f"{seconds}.{milliseconds % 1000:03}Z"


class Stream:
    """A stream for the lines, and an empty one, in an emulator."""

    def __init__(self, server):
        self.server = server
        seed(server)
        self.group = self.call("GET", "groups")["log_groups"][0]["log_group_id"]
        path = f"groups/{self.group}/streams"
        self.id, self.empty = (self.call("POST", path, {"log_stream_name": name})["log_stream_id"] for name in ("lines", "empty"))
        self.end = int(time.time() * 1000)
        self.start = self.end - RANGE * 1000

    def call(self, method, path, body=None):
        headers = {"X-Auth-Token": TOKEN, "Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.server.url}/v2/{PROJECT}/{path}", body and json.dumps(body).encode(), headers, method=method)
        with urllib.request.urlopen(request) as response:
            return json.load(response)

    def fill(self):
        """Writes the lines, at even distances over the range."""
        batch = []
        step = RANGE * 10**9 // LINES
        for number, line in enumerate(lines()):
            batch.append({"log_time_ns": self.start * 10**6 + number * step, "log": line})
            if len(batch) == BATCH:
                self.call("POST", f"lts/groups/{self.group}/streams/{self.id}/tenant/contents/high-accuracy", {"contents": batch, "labels": {}})
                batch = []

    def url(self, path):
        return f"{self.server.url}/v2/{PROJECT}/groups/{self.group}/streams/{self.id}/{path}"

    def body(self, **members):
        return {"start_time": str(self.start), "end_time": str(self.end), **members}

    def search(self, stream="id", **members):
        return request(f"/v2/{PROJECT}/groups/{self.group}/streams/{getattr(self, stream)}/content/query", self.body(**members))

    def histogram(self, word):
        step = RANGE * 1000 // 60
        return request(f"/v2/{PROJECT}/lts/keyword-count", self.body(step_interval=step, group_id=self.group, stream_id=self.id, key_word=word))

    def environment(self):
        return {"HUAWEICLOUD_LTS_ENDPOINT": self.server.url, "HUAWEICLOUD_LTS_TOKEN": TOKEN, "HUAWEICLOUD_SDK_PROJECT_ID": PROJECT}


def request(path, body):
    """The bytes of a request."""
    body = json.dumps(body).encode()
    head = f"POST {path} HTTP/1.1\r\nhost: localhost\r\nx-auth-token: {TOKEN}\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body
