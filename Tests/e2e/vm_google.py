"""What a VM asks of Google, in little, for tests: metadata server, one method of Secret Manager and one of Compute Engine.

usage: vm_google.py FOLDER PORT_FILE

    /computeMetadata/v1/PATH                    the content of FOLDER/PATH; wait_for_change, last_etag and timeout_sec as Google's
    /v1/projects/P/secrets/S/versions/V:access  the text in FOLDER/secret; a 403 without that file
    DELETE /compute/v1/...                      status 200, or the one in FOLDER/delete-status: "STATUS [TIMES]"

FOLDER/failures: so many requests to the metadata server are answered with status 503. FOLDER/failures-of/PATH: "STATUS TIMES", so
many requests for that path alone are answered with that status. FOLDER/requests: one line a request.
The services ask for the token that the metadata server gives.
"""

import base64
import json
import pathlib
import sys
import threading
import time
import urllib.parse
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

folder = pathlib.Path(sys.argv[1])
lock = threading.Lock()


def text(path, otherwise=None):
    file = folder / path
    return file.read_text() if file.is_file() else otherwise


def failure(path):
    """The status with which the metadata server must refuse, or None."""
    with lock:
        left = int(text("failures", "0"))
        if left > 0:
            (folder / "failures").write_text(str(left - 1))
            return 503
        status, left = map(int, text(f"failures-of/{path}", "0 0").split())
        if left > 0:
            (folder / "failures-of" / path).write_text(f"{status} {left - 1}")
            return status
        return None


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.note()
        if self.path.startswith("/computeMetadata/v1/"):
            self.metadata(urllib.parse.urlsplit(self.path))
        elif self.path.startswith("/v1/projects/") and self.path.endswith(":access"):
            self.secret()
        else:
            self.answer(404, "not found\n")

    def do_DELETE(self):
        self.note()
        if self.is_authorized():
            self.refuse_or(self.deletion(), {"kind": "compute#operation", "status": "RUNNING"})

    def deletion(self):
        """The status of a deletion; one with a number of times passes."""
        with lock:
            status, *times = map(int, text("delete-status", "200").split())
            if times:
                (folder / "delete-status").write_text(f"{status} {times[0] - 1}" if times[0] > 1 else "200")
            return status

    def metadata(self, url):
        if self.headers.get("Metadata-Flavor") != "Google":
            return self.answer(403, "Metadata-Flavor: Google is missing\n")
        query = dict(urllib.parse.parse_qsl(url.query))
        path = url.path.removeprefix("/computeMetadata/v1/")
        if status := failure(path):
            return self.answer(status, "not yet\n")
        end = time.monotonic() + float(query.get("timeout_sec", 3600))
        while True:
            value = text(path)
            etag = f"{zlib.crc32((value or '').encode()):x}"
            is_old = query.get("wait_for_change") == "true" and etag == query.get("last_etag", etag)
            if value is None or not is_old or time.monotonic() >= end:
                return self.answer(404, "not found\n") if value is None else self.answer(200, value, etag)
            time.sleep(0.02)

    def secret(self):
        if self.is_authorized():
            payload = {"data": base64.b64encode(text("secret", "").encode()).decode()}
            name = self.path.removeprefix("/v1/").removesuffix(":access")
            self.refuse_or(403 if text("secret") is None else 200, {"name": name, "payload": payload})

    def is_authorized(self):
        token = json.loads(text("instance/service-accounts/default/token"))["access_token"]
        if self.headers.get("Authorization") == f"Bearer {token}":
            return True
        self.refuse_or(401, {})
        return False

    def refuse_or(self, status, answer):
        if status != 200:
            answer = {"error": {"code": status, "message": f"refused for the test with {status}", "errors": []}}
        self.answer(status, json.dumps(answer))

    def note(self):
        with lock, open(folder / "requests", "a") as log:
            log.write(f"{self.command} {self.path}\n")

    def answer(self, status, body, etag=None):
        try:
            self.send_response(status)
            self.send_header("Metadata-Flavor", "Google")
            self.send_header("Content-Length", str(len(body.encode())))
            if etag:
                self.send_header("ETag", etag)
            self.end_headers()
            self.wfile.write(body.encode())
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
