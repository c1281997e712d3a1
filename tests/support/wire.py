"""The bytes that servers and clients send, and a tap that records what it reads in them."""

import json
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

from shimmy_metrics.exchange import Exchange
from shimmy_metrics.meter.tap import Tap

HASH = b"8 bytes."


class Seen:
    """A tap with a clock that the test sets; it records its exchanges and the names it hashed."""

    def __init__(self, server: str = "shimmy", kind: type[Tap] = Tap) -> None:
        self.exchanges: list[Exchange] = []
        self.hashed: list[bytes] = []
        self.now = 0.0
        self.tap = kind(self.exchanges.append, self._hash, lambda: self.now, lambda: server)

    def _hash(self, name: bytes) -> bytes:
        self.hashed.append(name)
        return HASH

    def play(
        self,
        asked: bytes,
        told: bytes,
        *,
        by_server: bool = True,
        reset: bool = False,
        cuts: tuple[Sequence[int], Sequence[int]] = ((), ()),
    ) -> list[Exchange]:
        """Pass both directions, cut at the given places, and close."""
        for data, places, read in ((asked, cuts[0], self.tap.client_bytes), (told, cuts[1], self.tap.server_bytes)):
            pass_cut(data, places, read)
        self.tap.closed(by_server=by_server, reset=reset)
        return self.exchanges


def pass_cut(data: bytes, places: Iterable[int], read: Callable[[bytes], None]) -> None:
    """Pass `data` in pieces; a place beyond its end counts from the start again."""
    for begin, end in pairwise(sorted({0, len(data), *(place % (len(data) + 1) for place in places)})):
        read(data[begin:end])


def request(path: str = "/v1/chat/completions", method: str = "POST", agent: str = "curl/8.5.0") -> bytes:
    """Return a request with a small body, or without one where the method has none."""
    body = "" if method in ("GET", "HEAD", "OPTIONS", "DELETE") else "{}"
    length = f"Content-Length: {len(body)}\r\n" if body else ""
    return f"{method} {path} HTTP/1.1\r\nHost: x\r\nUser-Agent: {agent}\r\n{length}\r\n{body}".encode()


def answer(body: bytes, kind: str = "application/json", status: str = "200 OK", more: str = "") -> bytes:
    """Return an answer with a Content-Length."""
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n{more}\r\n"
    return head.encode() + body


def chunked(pieces: Iterable[bytes], kind: str = "text/event-stream", more: str = "") -> bytes:
    """Return an answer with a chunk for each piece."""
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nTransfer-Encoding: chunked\r\n{more}\r\n".encode()
    return head + b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def compact(value: object) -> bytes:
    """Return JSON as Rust and C++ servers write it, without spaces."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def event(value: object) -> bytes:
    """Return a server-sent event."""
    return b"data: " + compact(value) + b"\n\n"


def chat(content: str = "words", **more: object) -> bytes:
    """Return a chat completion in the order of Shimmy's keys."""
    message = {"role": "assistant", "content": content}
    choices = [{"index": 0, "message": message, "finish_reason": "stop"}]
    return compact({"id": "chatcmpl-1", "object": "chat.completion", "model": "m", "choices": choices, **more})


def delta(text: str | None, **more: object) -> bytes:
    """Return an event of a chat stream."""
    choice = {"index": 0, "delta": {"content": text, "role": None}, "finish_reason": None}
    chunk = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "model": "m", "choices": [choice]}
    return event({**chunk, **more})


def frame(payload: bytes, opcode: int = 1, *, final: bool = True) -> bytes:
    """Return a frame as a server sends it."""
    first = (0x80 if final else 0) | opcode
    if len(payload) < 126:
        return bytes([first, len(payload)]) + payload
    if len(payload) < 65_536:
        return bytes([first, 126]) + len(payload).to_bytes(2, "big") + payload
    return bytes([first, 127]) + len(payload).to_bytes(8, "big") + payload


CHAT = request(agent="OpenAI/Python 3.57.0")
USAGE = {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12}
DONE = b"data: [DONE]\n\n"
STREAM = [delta(None), delta("a"), delta(" b"), delta(None, finish_reason="stop")]
UPGRADE = b"GET /ws/generate HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
