"""A toy inference server on loopback, for the demo alone: Shimmy's routes and formats, canned words, true counts."""

import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Final, Self

_WORDS: Final = (
    "a",
    "small",
    "model",
    "on",
    "your",
    "own",
    "machine",
    "answers",
    "with",
    "words",
    "like",
    "these",
    "and",
    "counts",
    "them",
    "for",
    "you",
)
_WORD_SECONDS: Final = 0.03


class ToyServer:
    """Listens on a free port of 127.0.0.1 inside its `with` block."""

    def __init__(self) -> None:
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        """The URL at which it listens."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        """Start listening."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening and free the port."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - the base class's own
        """Say nothing of a client that has gone: at the demo's end the clients are stopped in their requests."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer the routes that need no body."""
        match self.path:
            case "/health":
                self._json({"status": "ok", "service": "shimmy", "version": "2.6.5"})
            case "/v1/models":
                self._json({"object": "list", "data": [{"id": "toy", "object": "model"}]})
            case _:
                self._json({"error": {"message": "no such route"}}, status=404)

    def do_POST(self) -> None:
        """Answer a chat, whole or as a stream."""
        request = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")
        if self.path != "/v1/chat/completions":
            self._json({"error": {"message": "no such route"}}, status=404)
        elif request.get("stream"):
            self._stream(str(request.get("model", "toy")))
        else:
            words = _WORDS[: int(request.get("max_tokens", 8))]
            time.sleep(_WORD_SECONDS * len(words))
            usage = {"prompt_tokens": 5, "completion_tokens": len(words), "total_tokens": 5 + len(words)}
            message = {"role": "assistant", "content": " ".join(words)}
            choices = [{"index": 0, "message": message, "finish_reason": "stop"}]
            model = request.get("model", "toy")
            self._json({"object": "chat.completion", "model": model, "choices": choices, "usage": usage})

    def _stream(self, model: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for word in _WORDS:
            choices: list[dict[str, Any]] = [{"index": 0, "delta": {"content": f"{word} "}}]
            self._event(json.dumps({"object": "chat.completion.chunk", "model": model, "choices": choices}))
            time.sleep(_WORD_SECONDS)
        usage = {"prompt_tokens": 5, "completion_tokens": len(_WORDS), "total_tokens": 5 + len(_WORDS)}
        self._event(json.dumps({"object": "chat.completion.chunk", "model": model, "choices": [], "usage": usage}))
        self._event("[DONE]")
        self.wfile.write(b"0\r\n\r\n")

    def _event(self, data: str) -> None:
        chunk = f"data: {data}\n\n".encode()
        self.wfile.write(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n")
        self.wfile.flush()

    def _json(self, value: object, status: int = 200) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Write no log."""
