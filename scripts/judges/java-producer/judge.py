"""The vendor's log producer: its known signatures, and logs that it writes to the emulator through a server that takes
TLS off."""

import http.client
import json
import pathlib
import random
import string
import tempfile
import time
import urllib.parse

import access
import judging
import verify

REGION = judging.PROJECT_NAME
UNKNOWN = "00000000-0000-4000-8000-000000000000"
INVALID, QUERY = "SVCSTG.ALS.403.105", "SVCSTG.ALS.200201"
ASCII = string.ascii_letters + string.digits
UNICODE = [chr(code) for code in [*range(0xA1, 0xD800), *range(0x1F300, 0x1F700)]]


class Stream:
    """A new group and stream, the producer that writes to it, and what can be found in it."""

    def __init__(self, emulator, name):
        self.emulator = emulator
        self.headers = {"X-Auth-Token": emulator.token()}
        groups = f"/v2/{judging.PROJECT}/groups"
        body = {"log_group_name": name, "ttl_in_days": 7}
        self.group = emulator.send("POST", groups, body, self.headers)[1]["log_group_id"]
        body = {"log_stream_name": name}
        self.id = emulator.send("POST", f"{groups}/{self.group}/streams", body, self.headers)[1]["log_stream_id"]
        self.query = f"{groups}/{self.group}/streams/{self.id}/content/query"

    def produce(self, labels, *batches, **changes):
        target = {"project": judging.PROJECT, "group": self.group, "stream": self.id}
        target |= {"ak": judging.AK, "sk": judging.SK, **changes}
        return access.produce(REGION, *target.values(), labels, *batches)

    def logs(self):
        """Contents and labels of the lines, oldest first."""
        now = time.time_ns() // 1_000_000
        body = {"start_time": str(now - 3_600_000), "end_time": str(now + 60_000), "limit": 5000, "highlight": False}
        found = self.emulator.send("POST", self.query, body, self.headers)[1]
        assert found["isQueryComplete"], found
        return [(log["content"], log["labels"]) for log in found["logs"]]


def forward_to(url):
    """The emulator's response to a request that arrived here, sent on unchanged."""
    address = urllib.parse.urlsplit(url).netloc

    def respond(method, path, headers, body):
        connection = http.client.HTTPConnection(address)
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in headers:
            if name.lower() != "connection":
                connection.putheader(name, value)
        connection.endheaders(body)
        with connection.getresponse() as response:
            return response.status, {"Content-Type": response.headers["Content-Type"]}, response.read()

    return respond


def sent(counts, batches, lines, attempts=None):
    expected = {"batches_sent": batches, "lines_sent": lines, "attempts": attempts or batches}
    expected |= {"batches_failed": 0, "lines_failed": 0, "errors": {}}
    assert counts == expected, counts


def refused(counts, code):
    expected = {"batches_sent": 0, "lines_sent": 0, "attempts": 1}
    expected |= {"batches_failed": 1, "lines_failed": 2, "errors": {code: 1}}
    assert counts == expected, counts


def random_lines():
    for length in [1, 10, 100, 1_000, 10_000]:
        yield "".join(random.choices(ASCII, k=length))
        yield "".join(random.choices(UNICODE, k=length))


def writes(tally, emulator, folder):
    with tally.check("lines and labels arrive"):
        stream = Stream(emulator, "lines")
        labels = {"app": "shop", "hostIP": "192.0.2.1"}
        sent(stream.produce(labels, "3x100"), 3, 300)
        expected = [(f"batch {batch} line {line}", labels) for batch in range(3) for line in range(100)]
        assert stream.logs() == expected, stream.logs()[:3]
    with tally.check("the producer adds the machine's address to the labels"):
        stream = Stream(emulator, "address")
        sent(stream.produce(None, "1x1"), 1, 1)
        [(_, labels)] = stream.logs()
        assert list(labels) == ["hostIP"], labels
    with tally.check("items with labels of their own"):
        stream = Stream(emulator, "items")
        now = time.time_ns()
        items = [{"app": "shop", "hostIP": "a"}, {"app": "pay", "zone": "日志 🦀", "hostIP": "b"}]
        contents = [[{"log_time_ns": now + i, "log": f"line {i}"}] for i in range(len(items))]
        file = folder / "items.json"
        batch = [{"contents": one, "labels": json.dumps(labels)} for one, labels in zip(contents, items)]
        file.write_text(json.dumps(batch))
        sent(stream.produce(None, file), 1, 2)
        assert stream.logs() == [("line 0", items[0]), ("line 1", items[1])], stream.logs()
    with tally.check("random lines of all lengths, in 20 requests"):
        stream = Stream(emulator, "random")
        lines, files = [], []
        for i in range(20):
            files.append(folder / f"{i}.txt")
            batch = list(random_lines())
            files[-1].write_text("".join(f"{line}\n" for line in batch))
            lines += batch
        sent(stream.produce(None, *files), 20, len(lines))
        assert [content for content, _ in stream.logs()] == lines
    with tally.check("an error that the producer repeats"):
        stream = Stream(emulator, "repeated")
        body = {"errorCode": "InternalServerError", "errorMessage": "made up"}
        emulator.control("POST", "faults", {"operation": "putLogBatches", "times": 2, "status": 500, "body": body})
        sent(stream.produce(None, "1x2"), 1, 2, attempts=3)
        assert [content for content, _ in stream.logs()] == ["batch 0 line 0", "batch 0 line 1"], stream.logs()


def refusals(tally, emulator):
    stream = Stream(emulator, "refused")
    for name, code, changes in [
        ("a wrong secret key", INVALID, {"sk": "wrong"}),
        ("an access key unknown", INVALID, {"ak": "UNKNOWN"}),
        ("a project unknown", INVALID, {"project": "f" * 32}),
        ("a group unknown", QUERY, {"group": UNKNOWN}),
        ("a stream unknown", QUERY, {"stream": UNKNOWN}),
    ]:
        with tally.check(f"refused: {name}"):
            refused(stream.produce(None, "1x2", **changes), code)
            assert stream.logs() == [], stream.logs()


def main():
    seed = random.randrange(1 << 32)
    random.seed(seed)
    print(f"seed {seed}")
    tally = judging.Tally()
    tally.passed, tally.failed = verify.checks()
    # The producer's Host is that of the real service.
    with judging.Emulator("--admin-from-anywhere") as emulator, access.server(forward_to(emulator.url)):
        with tempfile.TemporaryDirectory() as folder:
            writes(tally, emulator, pathlib.Path(folder))
        refusals(tally, emulator)
    tally.done()


main()
