"""What the tap costs, beside what the same bytes cost otherwise. Run by hand: `python tests/benchmarks/meter_cost.py`.

Each line: the tap's time for an exchange (or for an event of a stream), then the time for copying the same bytes and
for parsing all their JSON with orjson, in the same run. Only the ratios tell something; the best of interleaved rounds.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import orjson

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.hot_paths import ASKED, MORE, tap
from support.wire import DONE, USAGE, answer, chat, chunked, delta

ROUNDS: Final = 9
READ_BYTES: Final = 65_536
EVENTS: Final = 1_000


def best(*works: tuple[Callable[[], object], int]) -> list[float]:
    """Return the microseconds of each work, the best of rounds that take turns. An int is how often it is repeated."""
    least = [float("inf")] * len(works)
    for _ in range(ROUNDS):
        for at, (work, times) in enumerate(works):
            begun = time.perf_counter()
            for _ in range(times):
                work()
            least[at] = min(least[at], (time.perf_counter() - begun) / times * 1e6)
    return least


def show(name: str, cost: list[float], parts: int = 1) -> None:
    """Print one line."""
    metered, copied, parsed = (each / parts for each in cost)
    print(f"{name:34} {metered:7.2f} us   copy {copied:6.2f}   parse {parsed:6.2f}   x parse {metered / parsed:5.1f}")  # noqa: T201


def json_answer(size: int) -> None:
    """Measure a request and a JSON answer with so many bytes of content, on a connection that is kept."""
    meter, _ = tap()
    body = chat('Lorem "ipsum"\n' * (size // 14), usage=USAGE)
    told = answer(body, more=MORE)

    def exchange() -> None:
        meter.client_bytes(ASKED)
        meter.server_bytes(told)

    times = 2_000 if size < 50_000 else 200
    work = best((exchange, times), (lambda: bytearray(ASKED) + told, times), (lambda: orjson.loads(body), times))
    show(f"JSON answer, {len(body):,} bytes", work)


def stream(name: str, pieces: list[bytes], reads: list[bytes]) -> None:
    """Measure a request and a stream of events, read as given; for each event."""
    meter, aggregate = tap()
    texts = [piece[6:-2] for piece in pieces[:-1]]

    def exchange() -> None:
        meter.client_bytes(ASKED)
        for read in reads:
            meter.server_bytes(read)

    work = best(
        (exchange, 5),
        (lambda: [bytearray(read) for read in reads], 5),
        (lambda: [orjson.loads(text) for text in texts], 5),
    )
    counted = aggregate.snapshot(time.monotonic())
    assert counted.tokens == counted.requests * len(texts)
    show(name, work, len(texts))


def upload(size: int) -> None:
    """Measure a request with a large body, in reads of 64 KiB; for each MiB."""
    meter, _ = tap()
    head, piece = b"POST /v1/messages HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % size, bytes(READ_BYTES)

    def exchange() -> None:
        meter.client_bytes(head)
        for _ in range(size // READ_BYTES):
            meter.client_bytes(piece)
        meter.server_bytes(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    work = best((exchange, 5), (lambda: [bytearray(piece) for _ in range(size // READ_BYTES)], 5), (lambda: None, 5))
    print(f"{'upload, a MiB':34} {work[0] / (size >> 20):7.2f} us   copy {work[1] / (size >> 20):6.2f}")  # noqa: T201


def main() -> None:
    """Print all."""
    for size in (200, 2_000, 16_000, 100_000):
        json_answer(size)
    pieces = [*(delta(f" word{number % 100:02}") for number in range(EVENTS)), DONE]
    whole = chunked(pieces, more=MORE)
    head = whole.index(b"\r\n\r\n") + 4
    chunks = [whole[:head], *(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces), b"0\r\n\r\n"]
    stream("an event, one a read", pieces, chunks)
    stream("an event, 64 KiB a read", pieces, [whole[at : at + READ_BYTES] for at in range(0, len(whole), READ_BYTES)])
    upload(64 << 20)


if __name__ == "__main__":
    main()
