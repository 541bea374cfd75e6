"""Takes one build request as Cloud Build does, and keeps it.

usage: vm_cloudbuild.py FILE PORT_FILE
"""

import json
import pathlib
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        build = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        pathlib.Path(sys.argv[1]).write_text(json.dumps(build))
        build |= {"id": "b1", "projectId": "central-element-323112", "status": "QUEUED"}
        metadata = {"@type": "type.googleapis.com/google.devtools.cloudbuild.v1.BuildOperationMetadata", "build": build}
        self.answer({"name": "operations/build/central-element-323112/b1", "metadata": metadata})

    def do_GET(self):
        self.answer({"name": "projects/central-element-323112/locations/global"})

    def answer(self, document):
        body = json.dumps(document).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), Handler)
port_file = pathlib.Path(sys.argv[2])
port_file.with_suffix(".new").write_text(f"127.0.0.1:{server.server_port}")
port_file.with_suffix(".new").rename(port_file)
server.serve_forever()
