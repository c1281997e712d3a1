"""A server that answers the same bytes each time, in awkwardly split pieces, for the meter to be compared with."""

import hashlib
import json
import socketserver
import threading
import time
from types import TracebackType
from typing import Final, Self

EVENTS: Final = tuple(
    f"data: {json.dumps({'model': 'm', 'choices': [{'index': 0, 'delta': {'content': word}}]})}\n\n".encode()
    for word in ("one", " two", " ünf", " 🦙")
)
USAGE: Final = b'data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7}}\n\n'
DONE: Final = b"data: [DONE]\n\n"
WHOLE: Final = json.dumps(
    {"model": "m", "choices": [{"index": 0, "message": {"content": "one two"}}], "usage": {"completion_tokens": 2}}
).encode()
SLOW: Final = threading.Event()
"""`/slow` sends its second half only after this was set: by a client that has the first."""


def _plain(status: str, body: bytes, kind: str = "application/json") -> bytes:
    head = f"HTTP/1.1 {status}\r\ncontent-type: {kind}\r\nX-Odd:  two spaces\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def _chunked(kind: str, *pieces: bytes) -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\ntransfer-encoding: chunked\r\n\r\n".encode()
    return head + b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


ANSWERS: Final = {
    "/v1/chat/completions": _plain("200 OK", WHOLE),
    "/v1/completions": _chunked("text/event-stream", *EVENTS, USAGE, DONE),
    "/api/generate": _chunked("text/event-stream", b"".join(EVENTS)[:37], b"".join(EVENTS)[37:], DONE),
    "/v1/messages": _chunked("text/event-stream", b'data: {"error":{"message":"no"}}\n\n', DONE),
    "/api/tags": _chunked("application/x-ndjson", b'{"response":"a"}\n', b'{"done":true,"eval_count":3}\n'),
    "/v1/models": _plain("404 Not Found", b"no such thing", "text/plain"),
    "/api/tools": b"HTTP/1.1 204 No Content\r\n\r\n",
    "/health": _plain("200 OK", b'{"service":"shimmy","version":"2.6.5"}'),
    "/binary": _plain("200 OK", bytes(range(256)) * 300, "application/octet-stream"),
    "/broken": _plain("500 Internal Server Error", b'{"choices": [{"message": {"content"'),
}


class _Conversation(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True

    def handle(self) -> None:
        while line := self.rfile.readline():
            method, path, _ = line.decode().split(" ")
            headers: dict[str, str] = {}
            while (field := self.rfile.readline()).strip():
                name, _, value = field.decode().partition(":")
                headers[name.lower()] = value.strip()
            if path == "/ws/generate":
                self._echo()
                return
            if headers.get("expect") == "100-continue":
                self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            body = self._body(headers)
            if path == "/slow":
                self._slow()
            elif path == "/upload":
                told = {"bytes": len(body), "sha256": hashlib.sha256(body).hexdigest()}
                self._send(_plain("200 OK", json.dumps(told).encode()))
            elif method == "HEAD":
                self._send(ANSWERS[path].partition(b"\r\n\r\n")[0] + b"\r\n\r\n")
            else:
                self._send(ANSWERS.get(path, _plain("404 Not Found", b"", "text/plain")))
            if headers.get("connection") == "close":
                return

    def _body(self, headers: dict[str, str]) -> bytes:
        if headers.get("transfer-encoding") != "chunked":
            return self.rfile.read(int(headers.get("content-length", 0)))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _send(self, answer: bytes) -> None:
        """Send in two pieces, the first of a length that falls into heads, chunk sizes and characters."""
        cut = 61 + len(answer) % 53
        self.wfile.write(answer[:cut])
        time.sleep(0)  # yield to another thread, so that the pieces seldom arrive together
        self.wfile.write(answer[cut:])

    def _slow(self) -> None:
        answer = _chunked("text/event-stream", *EVENTS, DONE)
        half = answer.index(EVENTS[1])
        self.wfile.write(answer[:half])
        SLOW.wait(20)
        self.wfile.write(answer[half:])

    def _echo(self) -> None:
        self.wfile.write(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
        while data := self.request.recv(65_536):
            self.wfile.write(data)


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True


class Upstream:
    """Listens on a port of 127.0.0.1, a free one by default, inside its `with` block."""

    def __init__(self, port: int = 0) -> None:
        self._server = _Server(("127.0.0.1", port), _Conversation)
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
