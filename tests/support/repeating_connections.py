"""Random connections whose heads repeat, as reads: in the ways that HTTP allows, and damaged.

They are for comparing two readers of the same bytes: what happened on them is not told.
"""

import random
from collections.abc import Iterator
from itertools import pairwise
from typing import Final, NamedTuple

from support.wire import DONE, USAGE, chat, compact, delta, event

LENGTHS: Final = (0, 1, 2, 9, 10, 99, 100, 1_000, 12_345)

ASKED: Final = (
    b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nUser-Agent: curl/8\r\nContent-Length: %d\r\n\r\n",
    b"POST /v1/messages HTTP/1.1\r\ncontent-length:\t%d\r\nAuthorization: Bearer k\r\n\r\n",
    b"POST /api/generate HTTP/1.1\r\nContent-Length: %d \r\n\r\n",
    b"POST /v1/embeddings HTTP/1.1\r\nContent-Length: %d, %d\r\n\r\n",
    b"POST /v1/chat/completions HTTP/1.1\r\nContent-Length: %d\r\nX: y\r\nContent-Length: %d\r\n\r\n",
    b"POST /v1/chat/completions HTTP/1.1\r\nContent-Length: %d\r\nTransfer-Encoding: chunked\r\n\r\n",
    b"POST /v1/chat/completions HTTP/1.1\r\nContent-Length: %d\r\nConnection: close\r\n\r\n",
    b"POST /v1/chat/completions HTTP/1.0\r\nContent-Length: %d\r\n\r\n",
    b"\r\nPOST /v1/chat/completions HTTP/1.1\r\nContent-Length: %d\r\n\r\n",
    b"POST /v1/chat/completions HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
    b"GET /v1/models HTTP/1.1\r\nHost: x\r\n\r\n",
    b"HEAD /v1/models HTTP/1.1\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nContent-Length: %d\r\n\r\n",
    b"GET /ws/generate HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
)
TOLD: Final = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n",
    b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\ncontent-type: application/json\r\ndate: today\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: %d\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n",
    b"HTTP/1.1 204 No Content\r\nContent-Length: %d\r\n\r\n",
    b"HTTP/1.1 304 Not Modified\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n",
    b"HTTP/1.1 401 Unauthorized\r\nContent-Length: %d\r\n\r\n",
    b"HTTP/1.1 500 \r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n",
    b"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: keep-alive\r\n\r\n",
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
)
TEXTS: Final = (b"a", b" b", b"c" * 40, "ë".encode(), b'\\"', b"a", b" b", b"\r", b"\n", b"\0", b"\xe2", b"\xac")
INTERIM: Final = (
    b"",
    b"",
    b"",
    b"HTTP/1.1 100 Continue\r\n\r\n",
    b"HTTP/1.1 100 Continue\r\nContent-Length: 3\r\n\r\n",
)


class Read(NamedTuple):
    """Bytes that came at once."""

    by_server: bool
    data: bytes


def _body(draw: random.Random) -> bytes:
    content = draw.choice(["", "a", 'b"\n', "ë", "x" * 90, "y" * 6_000])
    match draw.randrange(6):
        case 0:
            return chat(content, usage=USAGE)
        case 1:
            return chat(content)
        case 2:
            return b"\x1f\x8b" + draw.randbytes(40)
        case 3:
            return b"x" * draw.choice(LENGTHS)
        case 4:
            return compact({"error": {"message": content}})
        case _:
            return b"".join(_events(draw))


def _events(draw: random.Random) -> list[bytes]:
    if draw.random() < 0.1:
        return [b"data: {}\n\n"] * draw.randrange(4)  # of no known form
    # Not all of it is JSON: what a template takes for text is not parsed.
    pieces = [delta("TEXT").replace(b"TEXT", draw.choice(TEXTS)) for _ in range(draw.randrange(12))]
    if draw.random() < 0.2:
        pieces.insert(draw.randrange(len(pieces) + 1), draw.choice([delta("x" * 5_000), b": ping\n\n", b"data: a\r\n"]))
    if draw.random() < 0.4:
        pieces.append(event({"choices": [], "usage": USAGE}))
    if draw.random() < 0.2:
        pieces = [piece.replace(b"\n", b"\r\n") for piece in pieces]
    return [*pieces, *draw.choice([[], [DONE]])]


def _cut(draw: random.Random, pieces: list[bytes], cuts: int) -> Iterator[bytes]:
    """Yield the same bytes in other pieces."""
    whole = b"".join(pieces)
    places = [draw.randrange(len(whole) + 1) for _ in range(cuts)]
    for begin, end in pairwise(sorted([0, *places, len(whole)])):
        yield whole[begin:end]


def _chunks(draw: random.Random, pieces: list[bytes]) -> list[bytes]:
    line = draw.choice([b"%x\r\n%s\r\n", b"%04X\r\n%s\r\n", b"%x;a=b\r\n%s\r\n"])
    if draw.random() < 0.3:
        pieces = list(_cut(draw, pieces, draw.randrange(9)))
    return [*(line % (len(piece), piece) for piece in pieces if piece), b"0\r\n\r\n"]


def _message(draw: random.Random, head: bytes, *, bodyless: bool) -> list[bytes]:
    """Return a message in the pieces in which its sender writes it."""
    if b"chunked" in head and b"%d" not in head:
        return [head, *([] if bodyless else _chunks(draw, _events(draw)))]
    body = _body(draw)
    lengths = head.count(b"%d")
    told = len(body) if draw.random() < 0.95 else draw.choice(LENGTHS)
    head %= (told,) * lengths
    body = b"" if bodyless or (not lengths and not head.endswith(b"close\r\n\r\n")) else body
    return [head, body] if draw.random() < 0.2 else [head + body]


def _damaged(draw: random.Random, data: bytes) -> bytes:
    at = draw.choice([draw.randrange(len(data) + 1), max(0, len(data) - draw.randrange(9))])
    return data[:at] + draw.choice([b"", b"\r\n", b"\n", b"\0", b"5", b'"']) + data[at + draw.randrange(3) :]


def _reads(draw: random.Random, pieces: list[bytes], how: float) -> Iterator[bytes]:
    """Yield the pieces as they were written, all at once, or cut anywhere."""
    yield from pieces if how < 0.6 else _cut(draw, pieces, 0 if how < 0.8 else draw.randrange(5))


def connection(draw: random.Random) -> list[Read]:
    """Return a connection's reads in their order."""
    asked, told = ([draw.choice(heads) for _ in range(draw.choice([1, 1, 2]))] for heads in (ASKED, TOLD))
    reads: list[Read] = []
    damage, in_turn = draw.random() < 0.3, draw.random() < 0.8
    waiting: list[bytes] = []  # answers to what was pipelined
    for _ in range(draw.randrange(1, 9)):
        request = draw.choice(asked)
        answer = draw.choice(told)
        sent = _message(draw, request, bodyless=False)
        bodyless = request.startswith(b"HEAD") or b" 204 " in answer or b" 304 " in answer
        answered = [draw.choice(INTERIM), *_message(draw, answer, bodyless=bodyless)]
        if damage and draw.random() < 0.3:
            damaged = sent if draw.random() < 0.5 else answered
            at = draw.randrange(len(damaged))
            damaged[at] = _damaged(draw, damaged[at])
        reads += (Read(False, each) for each in _reads(draw, sent, draw.random()))
        waiting += answered
        if in_turn or draw.random() < 0.3:
            reads += (Read(True, each) for each in _reads(draw, waiting, draw.random()))
            waiting = []
    return reads + [Read(True, each) for each in _reads(draw, waiting, draw.random())]
