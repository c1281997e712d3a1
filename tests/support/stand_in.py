"""A stand-in for the real Shimmy as the child of `serve`: names itself, answers, ends by a signal."""

import sys
from pathlib import Path
from typing import Final

_PROGRAM: Final = """#!{python}{flags}
import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, {server}

BODY = b'{{"service":"shimmy","version":"2.6.5"}}'

class Answer(BaseHTTPRequestHandler):
    protocol_version = "{protocol}"

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        self.wfile.write(BODY)

    def log_message(self, *_):
        pass

signal.signal(signal.SIGINT, signal.SIG_DFL)
told = os.environ.get("SHIMMY_BIND_ADDRESS") or sys.argv[sys.argv.index("--bind") + 1]
host, port = told.rsplit(":", 1)
{server}((host, int(port)), Answer).serve_forever()
"""


def stand_in(folder: Path) -> Path:
    """Write the program into the folder and return it, for SHIMMY_BIN."""
    return _written(folder / "stand-in-shimmy", flags="", server="ThreadingHTTPServer", protocol="HTTP/1.1")


def plain_stand_in(folder: Path) -> Path:
    """Write one with one process and one thread, which reads nothing of the environment's packages."""
    return _written(folder / "real-shimmy", flags=" -S", server="HTTPServer", protocol="HTTP/1.0")


def _written(path: Path, **how: str) -> Path:
    path.write_text(_PROGRAM.format(python=sys.executable, **how))
    path.chmod(0o755)
    return path
