"""Whole conversations of one connection, client's and server's side, for tests that split and damage them."""

from typing import Final

from support.wire import (
    CHAT,
    DONE,
    STREAM,
    SWITCH,
    UPGRADE,
    USAGE,
    answer,
    chat,
    chunked,
    compact,
    delta,
    event,
    frame,
    request,
)

OPEN_STREAM: Final = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
OLLAMA: Final = [
    b'{"message":{"content":"a"},"done":false}\n{"message":{"content":"b"},"done":false}\n{"done":true,"eval_count":2}'
]
UPLOAD: Final = b"POST /v1/messages HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nT: v\r\n\r\n"
LONG: Final = [delta(text) for text in ("a", "b", 'c"', "d\n", "ë", "日本", "", "😀", "f", "g" * 300, "h")]
BARE: Final = [b"data: a\ndata: b\n\n", b"\n", b": ping\n\n", b"data: \r\ndata: \xe2\x82\xac\r\n\n\n", DONE]
CASES: Final = [
    (CHAT, answer(chat(usage=USAGE))),
    (CHAT, answer(chat("x" * 6_000, usage=USAGE))),
    (CHAT, chunked([*STREAM, event({"choices": [], "usage": USAGE}), DONE])),
    (CHAT, chunked([*LONG, DONE])),
    (CHAT, chunked([*STREAM, delta("x" * 6_000, usage=USAGE), delta("y" * 6_000)])),
    (CHAT, OPEN_STREAM + b"".join(LONG).replace(b"\n\n", b"\r\n\r\n")),
    (CHAT, OPEN_STREAM + b"\n".join(LONG) + b"\n\n\n" + LONG[0].strip()),
    (CHAT, OPEN_STREAM + b"data: {}\n\n\ndata: {}\nevent: error\n\n"),
    (request("/api/generate"), OPEN_STREAM + b"".join(BARE)),
    (CHAT + request("/v1/models", "GET") + CHAT, answer(chat()) + answer(b"{}") + chunked(STREAM)),
    (UPGRADE, SWITCH + frame(b"a") + frame(b"", 9) + frame(b"b" * 300) + frame(b'{"done":true}')),
    (request("/api/chat"), chunked(OLLAMA, "application/x-ndjson")),
    (UPLOAD + b"\r\n" + CHAT, answer(b"{}") + chunked([event({"error": compact({}).decode()})])),
]
