"""What reading costs: its time grows with the bytes alone, however they come, and a connection keeps little of them."""

import gc
import math
import time
import tracemalloc
from collections.abc import Callable

import pytest

from shimmy_metrics.limits import HEAD_BYTES, KEPT_BYTES, PIPELINE_MAX
from shimmy_metrics.meter import bodies, http1, lines, outline
from support.wire import CHAT, SWITCH, UPGRADE, Seen, compact, delta, frame, request

KEPT = 64_000
"""A connection keeps at most so many bytes between two reads, its objects included."""

JSON_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
STREAM_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
CHUNKS = b"Transfer-Encoding: chunked\r\n\r\n"
LONG_HEAD = b"X: %s\r\n" % (b"x" * 100)


def many(piece: bytes, size: int) -> bytes:
    return piece * (size // len(piece) + 1)


def in_chunks(data: bytes, size: int) -> bytes:
    return b"".join(
        b"%x\r\n%s\r\n" % (len(part), part) for part in (data[i : i + size] for i in range(0, len(data), size))
    )


Shape = Callable[[int], tuple[bytes, bytes]]
SHAPES: dict[str, Shape] = {
    "an upload": lambda size: (b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % size + bytes(size), b""),
    "an upload in small chunks": lambda size: (b"POST / HTTP/1.1\r\n" + CHUNKS + in_chunks(bytes(size // 6), 1), b""),
    "interim answers": lambda size: (CHAT, many(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n", size)),
    "answers' heads": lambda size: (CHAT, many(b"HTTP/1.1 103 Early\r\n" + LONG_HEAD * 100 + b"\r\n", size)),
    "a JSON text": lambda size: (CHAT, JSON_HEAD + b'\r\n{"choices":["' + many(b"a \\n", size)),
    "a JSON array": lambda size: (CHAT, JSON_HEAD + b'\r\n{"choices":[' + many(b'{"a":[1,2.5]},', size)),
    "members of JSON": lambda size: (CHAT, JSON_HEAD + b"\r\n{" + many(b'"a":[1,2,3],"b":{"c":"d"},', size)),
    "nested JSON": lambda size: (CHAT, JSON_HEAD + b"\r\n" + many(b'{"a":[', size)),
    "JSON in small chunks": lambda size: (CHAT, JSON_HEAD + CHUNKS + in_chunks(many(b'{"a":1},', size // 6), 1)),
    "chunk sizes": lambda size: (CHAT, JSON_HEAD + CHUNKS + many(b"0000001;name=value\r\n{\r\n", size)),
    "trailers": lambda size: (CHAT, JSON_HEAD + CHUNKS + b"0\r\n" + many(b"a: b\r\n", size)),
    "events": lambda size: (CHAT, STREAM_HEAD + many(delta("a"), size)),
    "events of other forms": lambda size: (CHAT, STREAM_HEAD + many(delta("a") + delta('"', x=1), size)),
    "an event without an end": lambda size: (CHAT, STREAM_HEAD + b'data: {"a":"' + many(b"x", size)),
    "an event of long JSON": lambda size: (CHAT, STREAM_HEAD + b'data: {"a":[[' + many(b'{"a":[1,2.5]},', size)),
    "an event of many lines": lambda size: (CHAT, STREAM_HEAD + many(b"data: x\n", size)),
    "events that end their lines with CR": lambda size: (CHAT, STREAM_HEAD + many(b"data: x\r\r", size)),
    "empty lines": lambda size: (CHAT, STREAM_HEAD + many(b"\r\n", size)),
    "events in small chunks": lambda size: (
        CHAT,
        STREAM_HEAD[:-2] + CHUNKS + in_chunks(many(delta("a"), size // 6), 1),
    ),
    "lines of JSON": lambda size: (
        request("/api/chat"),
        STREAM_HEAD.replace(b"text/event-stream", b"application/x-ndjson")
        + many(b'{"response":"a","done":false}\n', size),
    ),
    "a line of JSON without an end": lambda size: (
        request("/api/chat"),
        STREAM_HEAD.replace(b"text/event-stream", b"application/x-ndjson") + b'{"response":"' + many(b"x", size),
    ),
    "an untold type": lambda size: (CHAT, STREAM_HEAD.replace(b"event-stream", b"plain") + many(b" \n", size)),
    "gzip": lambda size: (CHAT, JSON_HEAD + b"Content-Encoding: gzip\r\n\r\n" + many(b"\x1f\x8b", size)),
    "frames": lambda size: (UPGRADE, SWITCH + many(frame(b"a"), size)),
    "a frame without an end": lambda size: (UPGRADE, SWITCH + frame(b"a" * (1 << 20))[: size + 20]),
    "a message without an end": lambda size: (UPGRADE, SWITCH + many(frame(b"a", 0, final=False), size)),
}


def passed(shape: tuple[bytes, bytes], size: int) -> float:
    """Return the CPU seconds of passing a conversation in reads of `size`; 0: whole."""
    seen = Seen()
    reads = [
        (read, data[at : at + (size or len(data))])
        for data, read in zip(shape, (seen.tap.client_bytes, seen.tap.server_bytes), strict=True)
        for at in range(0, len(data), size or len(data) or 1)
    ]
    begun = time.thread_time()
    for read, piece in reads:
        read(piece)
    return time.thread_time() - begun


def grows_at_most(factor: float, kind: str, size: int, read: int, rounds: int = 20) -> bool:
    """Whether CPU time grows by less than this for four times the bytes, in the best of so many rounds.

    Four of one size are measured against one of four, in turn: what a busy machine takes from the one, such as what is
    cached, it takes from the other as well.
    """
    once, four_times = SHAPES[kind](size), SHAPES[kind](4 * size)
    short = long = math.inf
    for _ in range(rounds):
        short = min(short, sum(passed(once, read) for _ in range(4)) / 4)
        long = min(long, passed(four_times, read))
        if long / max(short, 50e-6) < factor:
            return True
    return False


@pytest.mark.parametrize("kind", SHAPES)
def test_time_grows_with_the_bytes(kind: str) -> None:
    """It would be sixteen times as long if what waits were copied, or searched from its begin, with each read."""
    assert grows_at_most(7, kind, 50_000, 16)


@pytest.mark.long
@pytest.mark.parametrize("read", [1, 16, 0])
@pytest.mark.parametrize("kind", SHAPES)
def test_time_grows_with_the_bytes_up_to_a_megabyte(kind: str, read: int) -> None:
    """In steps of four from 1 kB: each bound up to which something is kept whole lies within one of them."""
    for size in (1 << 10, 1 << 12, 20_000, 1 << 16, 1 << 18):
        assert grows_at_most(4.5, kind, size, read), size


class Counted(bytearray):
    """Counts the bytes that are searched, copied and added."""

    work = 0

    def find(self, sought: bytes, begin: int = 0) -> int:  # type: ignore[override]  # as the meter calls it
        place = super().find(sought, begin)
        Counted.work += (place if place >= 0 else len(self)) - begin
        return place

    def __getitem__(self, places: slice) -> bytearray:  # type: ignore[override]  # as the meter calls it
        found = super().__getitem__(places)
        Counted.work += len(found)
        return found

    def __iadd__(self, more: bytes) -> "Counted":  # type: ignore[override,misc]  # as the meter calls it
        Counted.work += len(more)
        return super().__iadd__(more)

    def __bytes__(self) -> bytes:
        Counted.work += len(self)
        return memoryview(self).tobytes()


HEAD = b"GET / HTTP/1.1\r\n" + b"X: xxxx\r\n" * 1_500 + b"\r\n"
WAITING = {
    "a head": (HEAD, b""),
    "heads": (CHAT, HEAD.replace(b"GET / HTTP/1.1", b"HTTP/1.1 103 Hi") * 3),
    "a chunk's line": (CHAT, JSON_HEAD + CHUNKS + b"1;" + b"x" * 4_000),
    "chunks' lines": (CHAT, JSON_HEAD + CHUNKS + (b"1;" + b"x" * 4_000 + b"\r\na\r\n") * 3),
    "a trailer": (CHAT, JSON_HEAD + CHUNKS + b"0\r\nX:" + b"x" * 4_000),
    "an event": (CHAT, STREAM_HEAD + b"data: " + b"x" * (KEPT_BYTES - 100)),
    "events": (CHAT, STREAM_HEAD + delta("x" * 4_000) * 3),
}


@pytest.mark.parametrize("kind", WAITING)
def test_what_waits_is_neither_searched_nor_copied_again_with_each_read(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (http1, lines, bodies, outline):
        monkeypatch.setattr(module, "bytearray", Counted, raising=False)
    Counted.work = 0
    data = WAITING[kind]
    passed(data, 1)
    assert len(data[0] + data[1]) / 2 < Counted.work < 20 * len(data[0] + data[1])


def kept_by(*begun: bytes) -> tuple[int, int]:
    """Return the bytes that a connection keeps after a client's bytes and a server's, and that it keeps once closed."""
    connections = 25
    pieces = [[data[at : at + 5_000] for at in range(0, len(data), 5_000)] for data in begun]

    def opened() -> Seen:
        seen = Seen()
        for data, read in zip(
            pieces, (seen.tap.client_bytes, seen.tap.server_bytes, seen.tap.client_bytes), strict=False
        ):
            for piece in data:
                read(bytes(bytearray(piece)))  # a read is an object of its own
        return seen

    opened().tap.closed(by_server=True)  # what the first one leaves behind is Python's own, or a tracer's
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        open_ones = [opened() for _ in range(connections)]
        kept, _ = tracemalloc.get_traced_memory()
        for seen in open_ones:
            seen.tap.closed(by_server=True)
            seen.exchanges.clear()
            seen.hashed.clear()
        gc.collect()  # empties Python's lists of freed tuples, which would count as kept
        closed, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return (kept - before) // connections, (closed - before) // connections


HALF_A_HEAD = HEAD[: HEAD_BYTES - 1].replace(b"\r\n\r\n", b"")
AHEAD = CHAT * (PIPELINE_MAX - 1) + HALF_A_HEAD + b"x" * (HEAD_BYTES - 1 - len(HALF_A_HEAD))
UNDER_WAY = {
    "a head": b"HTTP/1.1 200 OK\r\nX: " + b"x" * (HEAD_BYTES - 30),
    "JSON of the greatest length that is kept": JSON_HEAD + CHUNKS + b"ffffff\r\n" + b"1" * KEPT_BYTES,
    "a longer JSON": JSON_HEAD + CHUNKS + b"ffffff\r\n" + compact({"choices": ["words"] * 15, "n": "word " * 200_000}),
    "an outline as long as it may be": JSON_HEAD + b"\r\n{" + b'"a":[1,2,3],' * 2_000,
    "a JSON body and a chunk's line": JSON_HEAD
    + CHUNKS
    + b"%x\r\n%s\r\n1;" % (KEPT_BYTES, b"1" * KEPT_BYTES)
    + b"x" * 4_094,
    "an event": STREAM_HEAD + delta("a") * 3 + b"data: " + b"x" * (KEPT_BYTES - 10),
    "a longer event": STREAM_HEAD + delta("a") * 3 + b"data: " + b"x" * 1_000_000,
    "an event like a long one": STREAM_HEAD
    + delta("a", more=["x" * 900] * 12) * 2
    + b"data: "
    + b"x" * (KEPT_BYTES - 10),
    "a figure for each of many": (
        STREAM_HEAD
        + b"".join(
            b'data: {"index":%d,"content":"a","tokens_predicted":900,"stop":false}\n\n' % number
            for number in range(2_000)
        )
        + b"data: "
        + b"x" * (KEPT_BYTES - 10)
    ),
    "a model's long name": (
        STREAM_HEAD + delta("a", model="\U0001f600" * 5_000) * 2 + b"data: " + b"x" * (KEPT_BYTES - 10)
    ),
    "a frame": SWITCH + frame(b"a" * 100_000)[:-1],
}


@pytest.mark.parametrize("kind", UNDER_WAY)
def test_a_connection_keeps_at_most_64_kb_and_gives_it_back(kind: str) -> None:
    asked = UPGRADE if kind == "a frame" else CHAT
    kept, closed = kept_by(asked, UNDER_WAY[kind], AHEAD)
    assert kept < KEPT
    assert closed < 4_000


@pytest.mark.parametrize("path", ["/v1/models", "/v1/embeddings", "/api/tags"])
def test_where_nothing_is_generated_next_to_nothing_is_kept(path: str) -> None:
    for told in (JSON_HEAD + b'\r\n{"data":[' + b"1," * 400_000, JSON_HEAD + b"\r\n" + b'{"a":1,"data":[]}' * 40_000):
        kept, closed = kept_by(request(path), told)
        assert kept < 8_000
        assert closed < 4_000
