"""What the judges in Python share: an emulator, and the count of checks."""

import contextlib
import json
import os
import subprocess
import sys
import traceback
import urllib.error
import urllib.request

PROJECT = "0123456789abcdef0123456789abcdef"
PROJECT_NAME = "cn-north-4"
AK, SK = "LTSEMULATORAK0000001", "LtsEmulatorSecretKeyForLocalUseOnly00001"
USER, PASSWORD, DOMAIN = "lts", "lts-emulator", "lts"
BUCKET = "lts-test"


class Emulator:
    """`lts emulator` on a free port; it ends with its `with` block."""

    def __init__(self, *options):
        command = [os.environ["LTS_BIN"], "emulator", "--listen", "127.0.0.1:0", "--self-check", *options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        first = self.process.stdout.readline()
        if not first.startswith("lts emulator listening on http://"):
            self.process.kill()
            raise RuntimeError(f"the emulator did not start: {first!r}")
        self.url = first.split()[-1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def control(self, method, path, body=None):
        """Sends a request to the emulator's admin API; returns the decoded body, if any."""
        return self.send(method, f"/_emulator/{path}", body)[1]

    def send(self, method, path, body=None, headers=None):
        """A request; headers and decoded body of the response. Errors are raised."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", **(headers or {})}
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        with urllib.request.urlopen(request) as response:
            text = response.read()
            return response.headers, json.loads(text) if text else None

    def token(self):
        """A token for the first project."""
        user = {"name": USER, "password": PASSWORD, "domain": {"name": DOMAIN}}
        identity = {"methods": ["password"], "password": {"user": user}}
        auth = {"identity": identity, "scope": {"project": {"id": PROJECT}}}
        return self.send("POST", "/v3/auth/tokens", {"auth": auth})[0]["X-Subject-Token"]


class Tally:
    """Counts checks, one line each; `done` ends the program."""

    def __init__(self):
        self.passed = self.failed = 0

    @contextlib.contextmanager
    def check(self, name):
        """A check that passes unless its block raises."""
        try:
            yield
        except Exception as error:
            self.failed += 1
            print(f"FAIL {name}")
            if isinstance(error, AssertionError):
                # The line of the check, and the line in a helper that raised. The first frame is this one.
                lines = ", ".join(str(frame.lineno) for frame in traceback.extract_tb(error.__traceback__)[1:])
                print(f"  {str(error) or 'assertion'} (line {lines})")
            else:
                print("  " + "  ".join(traceback.format_exception(error)).rstrip())
        else:
            self.passed += 1
            print(f"ok   {name}")
        sys.stdout.flush()

    def done(self):
        print(f"{self.passed} passed, {self.failed} failed")
        sys.exit(1 if self.failed or not self.passed else 0)
