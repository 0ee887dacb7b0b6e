"""The vendor's signer against our verifier, over plain sockets, so that no HTTP library rewrites the request."""

import collections
import random
import socket
import string
import sys
import urllib.parse

from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.sdk_request import SdkRequest
from huaweicloudsdkcore.signer.signer import Signer

import judging

REQUESTS = 300
ALPHANUMERIC = string.ascii_letters + string.digits
# The characters besides letters and digits that need no escape in a path segment.
MARKS = "-._~!$'()*,;:@&=+"
FAR = "äß€漢字🦀ﬀ\u202e\u0301 "
ROUTES = [
    ("GET", "/v2/{}/groups"),
    ("POST", "/v2/{}/groups"),
    ("DELETE", "/v2/{}/groups/{}"),
    ("POST", "/v2/{}/groups/{}/streams"),
    ("GET", "/v2/{}/groups/{}/streams"),
    ("DELETE", "/v2/{}/groups/{}/streams/{}"),
    ("POST", "/v2/{}/groups/{}"),
    ("PUT", "/v2/{}/groups/{}/streams-ttl/{}"),
    ("GET", "/v2/{}/log-streams"),
    ("POST", "/v1/{}/groups/{}/tags/action"),
    ("POST", "/v2/{}/log-dump/obs"),
    *((method, "/v2/{}/transfers") for method in ("POST", "GET", "PUT", "DELETE")),
    ("POST", "/v2/{}/groups/{}/streams/{}/content/query"),
    ("POST", "/v2/{}/groups/{}/streams/{}/context"),
    ("POST", "/v2/{}/lts/keyword-count"),
    ("GET", "/v3/projects"),
]
# The segments of the paths that are no parameters.
NAMES = {part for _, route in ROUTES for part in route.split("/") if part != "{}"}


class Wire:
    """A signed request as it goes onto the wire."""

    def __init__(self, method, path, pairs, headers, body, chunked):
        self.method, self.path, self.pairs = method, path, pairs
        self.headers, self.body, self.chunked = headers, body, chunked

    def but(self, **changes):
        """A copy with one part changed."""
        return Wire(**{**vars(self), **changes})

    def target(self):
        return self.path + ("?" + "&".join(self.pairs) if self.pairs else "")

    def send(self, address):
        """Status and body of the response."""
        headers = {**self.headers, "Connection": "close"}
        body = self.body
        if self.chunked:
            headers["Transfer-Encoding"] = "chunked"
            middle = len(body) // 2
            chunks = [chunk for chunk in (body[:middle], body[middle:]) if chunk]
            body = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"
        elif body:
            headers["Content-Length"] = str(len(body))
        lines = [f"{self.method} {self.target()} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
        with socket.create_connection(address, timeout=30) as connection:
            # The signer leaves values as the bytes of their UTF-8, one character each.
            connection.sendall("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)
            response = b"".join(iter(lambda: connection.recv(65536), b""))
        head, _, text = response.partition(b"\r\n\r\n")
        return int(head.split()[1]), text.decode()


def text(dice, most, alphabet=ALPHANUMERIC + MARKS + FAR + '"%/?#[]<>\\^`{|} '):
    return "".join(dice.choice(alphabet) for _ in range(dice.randint(0, most)))


def encode(dice, decoded, keep):
    """One of the many ways to write a text in a URL: only what is in `keep` may stay as it is."""
    written = ""
    for character in decoded:
        if character in keep and dice.random() < 0.8:
            written += character
        else:
            escape = "".join(f"%{byte:02X}" for byte in character.encode())
            written += escape.lower() if dice.random() < 0.3 else escape
    return written


def segment(dice):
    """A segment of a path: never empty, and with a letter that can be changed."""
    return encode(dice, text(dice, 12) + dice.choice(ALPHANUMERIC) + text(dice, 12), ALPHANUMERIC + MARKS) + "a"


def random_request(dice, host):
    """A request, and its parts as the signer wants them."""
    method, route = dice.choice(ROUTES)
    path = route.format(*(segment(dice) for _ in range(route.count("{}"))))
    query = []
    for number in range(dice.choice([0, 0, 1, 2, 5])):
        if dice.random() < 0.7:
            query.append((text(dice, 8), text(dice, 12)))
        else:
            # The signer can't sort values of several types under one key.
            value = dice.choice([dice.randint(-5, 10**9), True, [text(dice, 3) for _ in range(3)]])
            query.append((f"typed-{number}", value))
    if query and isinstance(query[0][1], str):
        query.append(query[0])
        query.append((query[0][0], text(dice, 4)))
    headers = {}
    for number in range(dice.choice([0, 1, 2, 5])):
        name = dice.choice(["X-Some-{}", "x-lower-{}", "X_UNDERSCORED_{}", "Accept-{}"]).format(number)
        headers[name] = dice.choice(["", " ", "\t"]) + text(dice, 20, ALPHANUMERIC + FAR + "=;,\"' ") + dice.choice(["", "  "])
    kind = dice.choice([None, "application/json", "application/json;charset=UTF-8", "application/bson", "text/plain", "multipart/form-data; boundary=x"])
    if kind:
        headers["Content-Type"] = kind
    if dice.random() < 0.5:
        headers["X-Project-Id"] = judging.PROJECT
    if dice.random() < 0.2:
        headers["host"] = host
    body = dice.choice([b"", b"{}", text(dice, 300).encode(), dice.randbytes(dice.randint(1, 2000))])
    return method, path, query, headers, body


def signed(dice, host, method, path, query, headers, body):
    request = SdkRequest(
        method=method, schema="http", host=host, resource_path=path, query_params=query, header_params=dict(headers), body=body
    )
    request = Signer(BasicCredentials(judging.AK, judging.SK)).sign(request)
    pairs = request.uri.removeprefix(path).removeprefix("?")
    return Wire(method, path, pairs.split("&") if pairs else [], request.header_params, body, bool(body) and dice.random() < 0.5)


def rewritten(dice, wire):
    """An equivalent request: other escapes, another order."""
    parts = []
    for pair in wire.pairs:
        key, _, value = pair.partition("=")
        key, value = (encode(dice, urllib.parse.unquote(part), ALPHANUMERIC + "-._~!$'()*,;:@+/?") for part in (key, value))
        # A key without a value needs no `=`, but nothing at all is no pair.
        parts.append(f"{key}={value}" if value or not key or dice.random() < 0.5 else key)
    dice.shuffle(parts)
    names = list(wire.headers)
    dice.shuffle(names)
    headers = {(name.swapcase() if dice.random() < 0.3 else name): wire.headers[name] for name in names}
    # The names in a path are compared as they are written; its parameters may be written in any way.
    path = "/".join(
        part if part in NAMES else encode(dice, urllib.parse.unquote(part), ALPHANUMERIC + MARKS) for part in wire.path.split("/")
    )
    return wire.but(path=path, pairs=parts, headers=headers)


def changed(dice, value, alphabet=ALPHANUMERIC):
    """A text with one letter or digit replaced by another, outside of escapes; none where there is none."""
    places = [
        place
        for place, character in enumerate(value)
        if character in alphabet and "%" not in value[max(place - 2, 0) : place]
    ]
    if not places:
        return None
    place = dice.choice(places)
    return value[:place] + dice.choice([other for other in alphabet if other != value[place]]) + value[place + 1 :]


def with_header(wire, name, value):
    return wire.but(headers={**wire.headers, name: value})


def one_byte_changed(dice, wire):
    """Each part of a request with one byte changed, by the part's name."""
    parts = wire.path.split("/")
    own = [place for place, part in enumerate(parts) if part not in NAMES]
    if own:
        place = dice.choice(own)
        yield "path", wire.but(path="/".join([*parts[:place], changed(dice, parts[place]), *parts[place + 1 :]]))
    if wire.pairs:
        place = dice.randrange(len(wire.pairs))
        pair = changed(dice, wire.pairs[place])
        if pair:
            yield "query", wire.but(pairs=[*wire.pairs[:place], pair, *wire.pairs[place + 1 :]])
        yield "pair dropped", wire.but(pairs=[*wire.pairs[:place], *wire.pairs[place + 1 :]])
    others = {("GET", 4): "POST", ("POST", 4): "GET", ("GET", 6): "POST", ("POST", 6): "GET"}
    if wire.path.endswith(("/groups", "/streams")) and (wire.method, len(parts)) in others:
        yield "method", wire.but(method=others[wire.method, len(parts)])
    names = [name for name in wire.headers if "_" not in name and name not in ("Authorization", "X-Sdk-Date")]
    name = dice.choice(names)
    value = changed(dice, wire.headers[name])
    if value:
        yield "header", with_header(wire, name, value)
    if wire.body and not any(name == "X-Sdk-Content-Sha256" for name in wire.headers):
        place = dice.randrange(len(wire.body))
        flipped = wire.body[place] ^ (1 << dice.randrange(8))
        yield "body", wire.but(body=wire.body[:place] + bytes([flipped]) + wire.body[place + 1 :])
        yield "body cut", wire.but(body=wire.body[:-1])
    yield "date", with_header(wire, "X-Sdk-Date", changed(dice, wire.headers["X-Sdk-Date"], string.digits))
    authorization = wire.headers["Authorization"]
    head, signature = authorization[:-64], authorization[-64:]
    yield "signature", with_header(wire, "Authorization", head + changed(dice, signature, "0123456789abcdef"))
    before, key, after = authorization.partition(judging.AK)
    yield "access key", with_header(wire, "Authorization", before + changed(dice, key) + after)
    listed = authorization.split("SignedHeaders=")[1].split(",")[0]
    yield "list of signed headers", with_header(wire, "Authorization", authorization.replace(listed, changed(dice, listed, string.ascii_lowercase)))


def is_refused(response):
    return response[0] == 401 and '"error_code":"APIGW.0301"' in response[1]


def judge(tally, emulator, seed):
    dice = random.Random(seed)
    host = emulator.url.removeprefix("http://")
    address = (host.split(":")[0], int(host.split(":")[1]))
    asked, wrong = collections.Counter(), collections.defaultdict(list)

    def ask(what, wire, is_right):
        response = wire.send(address)
        asked[what] += 1
        if not is_right(response):
            wrong[what].append(f"{wire.method} {wire.target()} {wire.headers} {wire.body[:80]!r}: {response[0]} {response[1]}")

    def accepted(response):
        # Projects and bodies are random, so most requests fail after the check of the signature.
        return response[0] in (200, 201, 204, 400, 403)

    for _ in range(REQUESTS):
        wire = signed(dice, host, *random_request(dice, host))
        ask("accepted", wire, accepted)
        ask("accepted in other words", rewritten(dice, wire), accepted)
        if wire.body and "X-Sdk-Content-Sha256" in wire.headers:
            ask("accepted with another unsigned body", wire.but(body=wire.body + b"x"), accepted)
        for part, other in one_byte_changed(dice, wire):
            ask(f"refused with a change: {part}", other, is_refused)
    for what in sorted(asked):
        with tally.check(f"seed {seed}: {asked[what]} {what}"):
            assert not wrong[what], f"{len(wrong[what])} are not, among them\n  " + "\n  ".join(wrong[what][:3])


def main():
    seeds = [int(seed) for seed in sys.argv[1:]] or [1, random.SystemRandom().randrange(2**32)]
    print(f"seeds: {seeds}")
    tally = judging.Tally()
    with judging.Emulator() as emulator:
        for seed in seeds:
            judge(tally, emulator, seed)
    tally.done()


main()
