"""A server in place of `lts-access.REGION.myhuaweicloud.com:8102`, and the producer that writes to it."""

import contextlib
import http.server
import json
import pathlib
import ssl
import subprocess
import sys
import tempfile
import threading

FOLDER = pathlib.Path(__file__).parent
# The producer's port can't be changed.
ADDRESS = ("127.0.0.1", 8102)


@contextlib.contextmanager
def server(respond):
    """Serves HTTPS, and yields the file of its certificate; exit status 2 if the port is taken.

    `respond` gets method, path, headers (a list of pairs) and body, and returns status, headers (a dict) and body.
    """

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, headers, content = respond(self.command, self.path, self.headers.items(), body)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass

    with tempfile.TemporaryDirectory() as folder:
        # The producer trusts any certificate; others can be made to trust this one, for the address.
        request = "openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=lts-access -keyout key.pem -out cert.pem"
        request += f" -addext subjectAltName=IP:{ADDRESS[0]} -addext basicConstraints=critical,CA:FALSE"
        subprocess.run(request.split(), cwd=folder, check=True, stderr=subprocess.DEVNULL)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(f"{folder}/cert.pem", f"{folder}/key.pem")
        try:
            listener = http.server.ThreadingHTTPServer(ADDRESS, Handler)
        except OSError as error:
            print(f"{ADDRESS[0]}:{ADDRESS[1]} can't be used: {error}", file=sys.stderr)
            sys.exit(2)
        listener.socket = context.wrap_socket(listener.socket, server_side=True)
        thread = threading.Thread(target=listener.serve_forever)
        thread.start()
        try:
            yield f"{folder}/cert.pem"
        finally:
            listener.shutdown()
            thread.join()
            listener.server_close()


def produce(region, project, group, stream, ak, sk, labels, *batches, jvm=()):
    """Runs Producer.java; its counts. `labels` is a dict or None, `jvm` has more options of `java`."""
    labels = "" if labels is None else json.dumps(labels)
    return java("Producer.java", region, project, group, stream, ak, sk, labels, *batches, region=region, jvm=jvm)


def java(program, *arguments, region, jvm=()):
    """What a program prints whose producer writes to the server as if it were that of the region."""
    with tempfile.NamedTemporaryFile("w") as hosts:
        hosts.write(f"{ADDRESS[0]} lts-access.{region.lower()}.myhuaweicloud.com\n")
        hosts.flush()
        command = ["java", f"-Djdk.net.hosts.file={hosts.name}", "-Dorg.slf4j.simpleLogger.defaultLogLevel=off"]
        # The producer writes the machine's local time into X-Sdk-Date, marked as UTC.
        command += ["-Duser.timezone=UTC", *jvm, "-cp", f"{FOLDER}/.lib/*", FOLDER / program]
        output = subprocess.run([*map(str, command + list(arguments))], check=True, stdout=subprocess.PIPE, text=True).stdout
    return json.loads(output)
