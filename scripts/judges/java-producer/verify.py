"""Checks tests/data/v11-signing.json (V11-HMAC-SHA256) and tests/data/java-utf8.json (Java's UTF-8 decoder).

The hash of the body isn't that of the bytes sent. The producer makes a text of the gzip bytes, `new String(body, UTF_8)`,
and hashes the UTF-8 of that text. Java replaces what isn't UTF-8 by U+FFFD (EF BF BD), one for each of these:

1. a byte that begins no sequence: 80..C1 and F5..FF;
2. the beginning of a sequence that the next byte doesn't continue, or that the end of the input cuts off. A first byte
   takes these second bytes: C2..DF, E1..EC, EE, EF and F1..F3 80..BF, E0 A0..BF, ED 80..9F, F0 90..BF, F4 80..8F; each
   further byte is 80..BF. The longest such beginning gets one U+FFFD, and decoding goes on with the byte after it,
   which may begin a sequence. So overlong forms and code points above 10FFFF get one for each byte:
   E0 80 80 three, F4 90 80 80 four;
3. an encoded surrogate, ED A0..BF, together with its third byte if that is 80..BF: ED A0 80 one, ED A0 one, ED A0 41
   one and the A; an encoded pair (six bytes) two.

1 and 2 are the maximal subparts of the Unicode Standard (3.9), as in Python's "replace" and in Rust's from_utf8_lossy;
these give one U+FFFD for each byte of an encoded surrogate, so 3 is where Java differs. A byte order mark is kept.
"""

import base64
import collections
import hashlib
import hmac
import json
import pathlib
import re
import sys
import urllib.parse

DATA = pathlib.Path(__file__).parents[3] / "tests/data"
ALGORITHM = "V11-HMAC-SHA256"


def java_text(data):
    """The bytes of Java's `new String(data, UTF_8).getBytes(UTF_8)`."""
    # ED continues no sequence, so a surrogate can be replaced before all else.
    data = re.sub(rb"\xed[\xa0-\xbf][\x80-\xbf]?", "\ufffd".encode(), data)
    return data.decode("utf-8", "replace").encode()


def derived_key(access_key, secret_key, info):
    """HKDF-SHA256 (RFC 5869) of 32 bytes, in hexadecimal digits. These digits are the key of the HMAC."""
    pseudorandom = hmac.digest(access_key.encode(), secret_key.encode(), "sha256")
    return hmac.digest(pseudorandom, info.encode() + b"\x01", "sha256").hex()


def authorization(request, body):
    """The header Authorization of a request whose hash covers these bytes as the body."""
    headers = request["headers"]
    signed = ["content-type", "x-sdk-date"]
    path = "/".join(urllib.parse.quote(segment, safe="~") for segment in request["path"].split("/"))
    lines = [request["method"], path + "/", "", *(f"{name}:{headers[name]}" for name in signed), ""]
    canonical = "\n".join([*lines, ";".join(signed), hashlib.sha256(body).hexdigest()])
    date = headers["x-sdk-date"][:8]
    info = f"{date}/{request['region']}/lts"
    text = "\n".join([ALGORITHM, date, info, hashlib.sha256(canonical.encode()).hexdigest()])
    key = derived_key(request["access_key"], request["secret_key"], info)
    signature = hmac.digest(key.encode(), text.encode(), "sha256").hex()
    credential = f"{request['access_key']}/{info}"
    return f"{ALGORITHM} Credential={credential}, SignedHeaders={';'.join(signed)}, Signature={signature}"


def checks():
    requests = json.loads((DATA / "v11-signing.json").read_text())
    rules = {
        "the text that Java decodes": java_text,
        "a text with one U+FFFD for each byte of a surrogate": lambda body: body.decode("utf-8", "replace").encode(),
        "the bytes sent": bytes,
    }
    matches = collections.Counter()
    for number, request in enumerate(requests):
        body = base64.b64decode(request["body_base64"])
        for name, rule in rules.items():
            matches[name] += authorization(request, rule(body)) == request["authorization"]
        if authorization(request, java_text(body)) != request["authorization"]:
            print(f"v11-signing.json, {number}: another signature")
    for name in rules:
        print(f"{matches[name]} of {len(requests)} signatures match, hash of {name}")

    table = json.loads((DATA / "java-utf8.json").read_text())
    right = 0
    for case in table:
        decoded = java_text(bytes.fromhex(case["in"])).hex()
        right += decoded == case["out"]
        if decoded != case["out"]:
            print(f"java-utf8.json: {case['in']} is {case['out']} in Java, {decoded} here")
    print(f"{right} of {len(table)} byte strings decode as in Java")
    passed = matches["the text that Java decodes"] + right
    failed = len(requests) + len(table) - passed
    return passed, failed


if __name__ == "__main__":
    passed, failed = checks()
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed > 0)
