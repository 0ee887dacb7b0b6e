"""Records tests/data/v11-signing.json and tests/data/java-utf8.json. Dates and host IP will differ each time."""

import base64
import json
import pathlib
import random
import string
import subprocess
import tempfile
import uuid

import access
from verify import DATA

SUCCESS = b'{"errorCode":"SVCSTG.ALS.200.200","errorMessage":"Report success.","result":null}'
TIME = 1_767_225_600_000_000_000
CHANCE = random.Random(11)
ASCII = string.ascii_letters + string.digits + "+/"
UNICODE = [chr(code) for code in [*range(0x20, 0x7F), *range(0xA1, 0xD800), *range(0x1F300, 0x1F700)]]


def text(alphabet, length):
    """Characters that gzip can do little with."""
    return "".join(CHANCE.choices(alphabet, k=length))


def ascii_text(length):
    return text(ASCII, length)


def unicode_text(length):
    return text(UNICODE, length)


def item(lines, labels=None):
    contents = [{"log_time_ns": TIME + i, "log": line} for i, line in enumerate(lines)]
    return {"contents": contents, "labels": None if labels is None else json.dumps(labels)}


def batches():
    """Each is the items of one request."""
    yield [item(["a"])]
    yield [item(["GET /a 200", "GET /b 500"], {"app": "shop"})]
    yield [item([""])]
    yield [item(["  spaces  ", "\ttab", "quote \" backslash \\ slash /", "</script>\u2028\u2029\u0000\u0007\u007f"])]
    unicode = ["äöü ñ Ω", "日志服务", "журнал", "سجل", "e\u0301", "👩\u200d👩\u200d👧 🦀", "\ufeffmark", "a\ud800b"]
    yield [item(unicode)]
    yield [item(["x" * 100_000])]
    yield [item([f"line {i}" for i in range(500)], {"app": "shop"})]
    yield [item(["one"], {"a": "1", "b": "2", "c": "3", "日志": "服务 🦀", "empty": ""})]
    yield [item(["one"], {"number": 7, "float": 1.5, "boolean": True, "hostIP": "198.51.100.7"})]
    yield [item(["one"], {f"key{i}": ascii_text(8) for i in range(100)})]
    yield [item(["one"]), item(["two"], {"app": "shop"}), item(["three", "four"], {"app": "pay", "zone": "a"})]
    yield [item([ascii_text(20) for _ in range(5)], {"app": text("αβγ", 3)}) for _ in range(5)]
    for length in [30, 100, 300, 500, 1000, 1000, 2000, 2000, 3000, 3000, 4000, 4000, 6000, 8000]:
        yield [item([ascii_text(length)])]
        yield [item([unicode_text(length // 3)], {"length": str(length)})]
    for _ in range(2):
        yield [item([ascii_text(13_000)])]
        yield [item([unicode_text(1_000) for _ in range(3)], {"app": "shop"})]


def callers():
    """Region, access key, secret key and options of the Java machine."""
    alphabet = string.ascii_uppercase + string.digits
    for region in ["cn-north-4", "ap-southeast-3", "eu-west-101", "la-north-2", "af-south-1"]:
        yield region, text(alphabet, 20), ascii_text(40).translate(str.maketrans("+/", "ab")), []
    # Keys longer than a block of the hash, one of a character each, and a region that isn't in lower case.
    yield "cn-south-1", text(alphabet, 80), ascii_text(100), []
    yield "CN-East-3", "A", "s", []
    # A machine east of UTC: the date is eight hours ahead.
    yield "cn-north-1", text(alphabet, 20), ascii_text(40), ["-Duser.timezone=Asia/Shanghai"]


def record_requests():
    recorded = []

    def respond(method, path, headers, body):
        headers = {name.lower(): value for name, value in headers}
        request = {"region": region, "access_key": ak, "secret_key": sk, "method": method, "path": path}
        request |= {"headers": headers, "body_base64": base64.b64encode(body).decode()}
        recorded.append(request | {"authorization": headers["authorization"]})
        return 200, {"Content-Type": "application/json"}, SUCCESS

    todo, all_callers = list(batches()), list(callers())
    with access.server(respond), tempfile.TemporaryDirectory() as folder:
        for number, (region, ak, sk, jvm) in enumerate(all_callers):
            files = []
            for i, batch in list(enumerate(todo))[number :: len(all_callers)]:
                files.append(pathlib.Path(folder, f"{i}.json"))
                files[-1].write_text(json.dumps(batch))
            project, group, stream = (f"{CHANCE.getrandbits(128):032x}" for _ in range(3))
            group, stream = str(uuid.UUID(group)), str(uuid.UUID(stream))
            counts = access.produce(region, project, group, stream, ak, sk, None, *files, jvm=jvm)
            assert counts["batches_sent"] == len(files) and counts["attempts"] == len(files), counts
    return recorded


def byte_strings():
    """The edges of the decoder's rules, then random ones."""
    yield from ["", "00", "41", "c3a9", "e697a5", "f09fa680", "efbfbd", "efbfbf", "f48fbfbf", "c080", "c0af"]
    # Byte order marks.
    yield from ["efbbbf", "efbbbf41", "41efbbbf", "efbb", "fffe", "feff"]
    # Surrogates: with and without a third byte, in pairs, before and after other sequences.
    yield from ["eda080", "edafbf", "edb080", "edbfbf", "eda0", "edbf", "ed", "ed9fbf", "ee8080", "eda041", "edbf41"]
    yield from ["eda080edb080", "edb080eda080", "eda0bdedb880", "eda0eda0", "eda0c2a9", "eda08080", "eda0808080"]
    yield from ["edededa080", "eda0e282ac", "e282eda080", "f09feda080", "f09f92eda0", "c2eda080", "eda0f0", "eda080ed"]
    # Cut off by the end, and by a letter.
    cuts = ["c2", "df", "e0", "e0a0", "e181", "ef", "efbf", "f0", "f090", "f09080", "f3", "f3bfbf", "f4", "f48f"]
    for cut in [*cuts, "f48fbf", "e080", "f080", "f08080", "f490", "f49080"]:
        yield cut
        yield cut + "41"
    for lead in bytes.fromhex("80c0c1c2dfe0e1ecedeeeff0f1f3f4f5f7f8fcff"):
        for second in bytes.fromhex("7f808f909fa0bfc2"):
            yield bytes([lead, second, 0x80, 0xBF, 0x41]).hex()
    edges = bytes.fromhex("00417f808f909fa0bfc0c1c2dfe0e1ecedeeeff0f1f3f4f5f7f8ff")
    while True:
        yield bytes(CHANCE.choices(edges, k=CHANCE.randint(2, 24))).hex()
        yield CHANCE.randbytes(64).hex()


def record_decoder():
    # A dict keeps the order and drops what is there twice.
    strings = {}
    for one in byte_strings():
        strings[one] = None
        if len(strings) == 300:
            break
    command = ["java", f"{access.FOLDER}/JavaUtf8.java"]
    lines = "".join(f"{one}\n" for one in strings)
    output = subprocess.run(command, input=lines, check=True, stdout=subprocess.PIPE, text=True).stdout
    return [{"in": before, "out": after} for before, after in zip(strings, output.split("\n")[:-1], strict=True)]


def write(name, values):
    lines = ",\n".join(json.dumps(value, ensure_ascii=False) for value in values)
    (DATA / name).write_text(f"[\n{lines}\n]\n")


def main():
    write("java-utf8.json", record_decoder())
    write("v11-signing.json", record_requests())


if __name__ == "__main__":
    main()
