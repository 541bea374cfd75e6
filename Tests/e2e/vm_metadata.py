"""A VM's metadata server for tests: the value of computeMetadata/v1/PATH is the content of FOLDER/PATH.

usage: vm_metadata.py FOLDER PORT_FILE

Honours Metadata-Flavor, wait_for_change, last_etag and timeout_sec as Google's does. While FOLDER/failures holds a number
above 0 that many requests are answered with status 503. Requests are appended to FOLDER/requests.
"""

import pathlib
import sys
import threading
import time
import urllib.parse
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

folder = pathlib.Path(sys.argv[1])
lock = threading.Lock()


def value(path):
    """The text and its ETag; none when there is no such value."""
    file = folder / path
    if not file.is_file():
        return None
    text = file.read_bytes()
    return text, f"{zlib.crc32(text):x}"


def must_fail():
    with lock:
        file = folder / "failures"
        left = int(file.read_text()) if file.exists() else 0
        if left > 0:
            file.write_text(str(left - 1))
        return left > 0


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        with lock, open(folder / "requests", "a") as log:
            log.write(f"{self.path}\n")
        if self.headers.get("Metadata-Flavor") != "Google":
            return self.answer(403, b"Metadata-Flavor: Google is missing\n")
        if must_fail():
            return self.answer(503, b"not yet\n")
        query = dict(urllib.parse.parse_qsl(url.query))
        path = url.path.removeprefix("/computeMetadata/v1/")
        end = time.monotonic() + float(query.get("timeout_sec", 3600))
        found = value(path)
        if query.get("wait_for_change") == "true":
            while found and found[1] == query.get("last_etag", found[1]) and time.monotonic() < end:
                time.sleep(0.02)
                found = value(path)
        if not found:
            return self.answer(404, b"not found\n")
        return self.answer(200, found[0], found[1])

    def answer(self, status, body, etag=None):
        self.send_response(status)
        self.send_header("Metadata-Flavor", "Google")
        self.send_header("Content-Length", str(len(body)))
        if etag:
            self.send_header("ETag", etag)
        try:
            self.end_headers()
            self.wfile.write(body)
        except ConnectionError:  # who waited has gone
            self.close_connection = True

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
port_file = pathlib.Path(sys.argv[2])
port_file.with_suffix(".new").write_text(f"127.0.0.1:{server.server_port}")
port_file.with_suffix(".new").rename(port_file)
server.serve_forever()
