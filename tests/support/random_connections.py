"""Random connections that are valid in all the ways that HTTP allows, with what happened on them.

What happened is known from how they are made; no parser is asked.
"""

import random
from collections.abc import Callable
from typing import Final, NamedTuple

from shimmy_metrics.vocabulary import TokenSource
from support.wire import USAGE, chat, compact, delta, event

REPORTED, COUNTED, UNKNOWN = TokenSource.REPORTED, TokenSource.COUNTED, TokenSource.UNKNOWN
GENERATING: Final = "/v1/chat/completions"
ROUTES: Final = {"/api/chat": "other"}
LINE_ENDS: Final = (b"\r\n", b"\n", b"\r")


class Happened(NamedTuple):
    """What is told of one exchange."""

    route: str
    failed: bool
    tokens: int
    source: TokenSource | None


class Content(NamedTuple):
    """A successful answer's body: where, of what type, what it tells, and further fields of its head."""

    path: str
    kind: bytes
    body: bytes
    tokens: int
    source: TokenSource | None
    failed: bool = False
    more: bytes = b""


def _text(draw: random.Random) -> str:
    return "".join(draw.choice('ab "\\\n{}[],:') for _ in range(draw.choice([1, 20, 3_000, 60_000])))


def _json(draw: random.Random) -> Content:
    if draw.random() < 0.7:
        return Content(GENERATING, b"application/json", chat(_text(draw), usage=USAGE), 7, REPORTED)
    return Content(GENERATING, draw.choice([b"application/json", b"text/plain"]), chat(_text(draw)), 0, UNKNOWN)


def _with_line_ends(draw: random.Random, events: list[bytes]) -> bytes:
    """Return a stream whose server ends its lines one way and a gateway's remarks between them another."""
    server, gateway = draw.choice(LINE_ENDS), draw.choice(LINE_ENDS)
    mark = b"\xef\xbb\xbf" if draw.random() < 0.2 else b""
    parts = []
    for each in events:
        if draw.random() < 0.3:
            parts.append(b": keep-alive" + gateway * 2)
        parts.append(each.replace(b"\n", server))
    return mark + b"".join(parts)


def _events(draw: random.Random) -> Content:
    count = draw.randrange(1, 40)
    texts = [delta(draw.choice(["a", " b", "c" * 400, '"', "\n"])) for _ in range(count)]
    tokens, source = count, COUNTED
    if draw.random() < 0.5:
        texts.append(event({"choices": [], "usage": USAGE}))
        tokens, source = 7, REPORTED
    if draw.random() < 0.1:
        texts.insert(draw.randrange(count), delta("x" * 60_000))
        tokens += source is COUNTED
    failed = draw.random() < 0.1
    if failed:
        texts.append(event({"error": {"message": "x"}}))
    kind = draw.choice([b"text/event-stream", b"text/event-stream; charset=utf-8", b"text/plain"])
    stream = _with_line_ends(draw, [*texts, b"data: [DONE]\n\n"])
    return Content(GENERATING, kind, stream, tokens, source, failed)


def _lines(draw: random.Random) -> Content:
    count = draw.randrange(1, 20)
    lines = [compact({"model": "m", "message": {"content": "a"}, "done": False}) + b"\n" for _ in range(count)]
    lines.append(compact({"model": "m", "done": True, "eval_count": 5}) + b"\n")
    return Content("/api/chat", b"application/x-ndjson", b"".join(lines), 5, REPORTED)


def _bare(draw: random.Random) -> Content:
    count = draw.randrange(1, 20)
    stream = _with_line_ends(draw, [b"data: a\n\n"] * count + [b"data: [DONE]\n\n"])
    return Content("/api/generate", b"text/event-stream", stream, count, COUNTED)


def _hidden(draw: random.Random) -> Content:
    return Content(GENERATING, b"application/json", draw.randbytes(99), 0, UNKNOWN, more=b"Content-Encoding: gzip\r\n")


def _list(draw: random.Random) -> Content:
    return Content("/v1/models", b"application/json", compact({"data": [_text(draw)]}), 0, None)


CONTENTS: Final[tuple[Callable[[random.Random], Content], ...]] = (_json, _events, _lines, _bare, _hidden, _list)


def _chunked(draw: random.Random, body: bytes) -> bytes:
    parts, at = [], 0
    while at < len(body):
        size = min(
            len(body) - at, draw.choice([1, 3, 50, 5_000, 100_000]) if len(body) < 500 else draw.choice([900, 99_999])
        )
        extension = draw.choice([b"", b"", b";a", b' ; a = "b\\"; c"', b";a=b;c"])
        parts.append(b"%0*x%s\r\n%s\r\n" % (draw.choice([1, 4]), size, extension, body[at : at + size]))
        at += size
    return (
        b"".join(parts) + draw.choice([b"0", b"00", b"0;a"]) + b"\r\n" + draw.choice([b"", b"T: v\r\nU:\r\n"]) + b"\r\n"
    )


def _framed(draw: random.Random, body: bytes) -> tuple[bytes, bytes]:
    """Return a body with a framing of its own and the fields that tell it."""
    length = b"%d" % len(body)
    match draw.randrange(4):
        case 0:
            return b"Content-Length: %s\r\n" % length, body
        case 1:
            return b"content-length:%s , %s\r\n" % (length, length), body
        case 2:
            return b"Content-Length: %s\r\nX: y\r\nContent-Length: %s \r\n" % (length, length), body
        case _:
            return b"Transfer-Encoding: Chunked\r\n", _chunked(draw, body)


def _asked(draw: random.Random, path: str) -> bytes:
    method = b"GET" if path == "/v1/models" else b"POST"
    fields, body = (
        (b"", b"") if method == b"GET" else _framed(draw, draw.choice([b"{}", b"GET / HTTP/1.1\r\n\r\n", b"x" * 9_999]))
    )
    agent = draw.choice([b"", b"User-Agent: curl/8\r\n", b"User-Agent: a\r\nUser-Agent: b\r\n"])
    before = draw.choice([b"", b"\r\n"])
    return before + b"%s %s HTTP/1.1\r\nHost: x\r\n%s%s\r\n%s" % (method, path.encode(), agent, fields, body)


def connection(draw: random.Random) -> tuple[bytes, bytes, list[Happened]]:
    """Return what a client sends, what a server sends until it ends the connection, and what happened."""
    asked, told, happened = [], [], []
    count = draw.randrange(1, 6)
    for number in range(count):
        content = draw.choice(CONTENTS)(draw)
        asked.append(_asked(draw, content.path))
        told.append(draw.choice([b"", b"", b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 Hints\r\nLink: x\r\n\r\n"]))
        status, failed, tokens, source = b"200 OK", content.failed, content.tokens, content.source
        if draw.random() < 0.2:
            status, failed, tokens, source = draw.choice([b"404 Not Found", b"500 "]), True, 0, None
        fields, body = _framed(draw, content.body)
        head = b"HTTP/1.1 %s\r\nContent-Type: %s\r\n%s" % (status, content.kind, content.more)
        if number + 1 == count and draw.random() < 0.5:
            told.append(head + draw.choice([b"", b"Connection: close\r\n"]) + b"\r\n" + content.body)
            asked.append(draw.choice([b"", _asked(draw, GENERATING)]))  # a request that the server no longer read
        else:
            told.append(head + fields + b"\r\n" + body)
        happened.append(Happened(ROUTES.get(content.path, content.path), failed, tokens, source))
    return b"".join(asked), b"".join(told), happened
