"""What the tap costs, beside what the same bytes cost otherwise. Run by hand: `python tests/benchmarks/meter_cost.py`.

Each line: the tap's CPU time for an exchange (or for an event of a stream), then that for copying the same bytes and
for parsing all their JSON with orjson, in the same run. Only the ratios tell something; the best of interleaved rounds.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import orjson

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.figures import Chart, Series
from benchmarks.say import say
from shimmy_metrics.meter.tap import Tap
from support.hot_paths import ASKED, MORE, tap
from support.wire import DONE, USAGE, answer, chat, chunked, delta

ROUNDS: Final = 9
READ_BYTES: Final = 65_536
EVENTS: Final = 1_000
SIZES: Final = (200, 2_000, 16_000, 100_000)
MODELS: Final = (1, 10, 100, 1_000, 10_000)
REQUESTS: Final = (1_000, 10_000, 100_000, 1_000_000)
TIMES: Final = 2_000


def best(*works: tuple[Callable[[], object], int]) -> list[float]:
    """Return the microseconds of each work, the best of rounds that take turns. An int is how often it is repeated."""
    least = [float("inf")] * len(works)
    for _ in range(ROUNDS):
        for at, (work, times) in enumerate(works):
            begun = time.process_time()
            for _ in range(times):
                work()
            least[at] = min(least[at], (time.process_time() - begun) / times * 1e6)
    return least


def show(name: str, cost: list[float], parts: int = 1) -> None:
    """Print one line."""
    metered, copied, parsed = (each / parts for each in cost)
    say(f"{name:34} {metered:7.2f} us   copy {copied:6.2f}   parse {parsed:6.2f}   x parse {metered / parsed:5.1f}")


def json_answer(size: int) -> list[float]:
    """Measure a request and a JSON answer with so many bytes of content, on a connection that is kept.

    Return what the tap, copying and parsing take.
    """
    meter, _ = tap()
    body = chat('Lorem "ipsum"\n' * (size // 14), usage=USAGE)
    told = answer(body, more=MORE)

    def exchange() -> None:
        meter.client_bytes(ASKED)
        meter.server_bytes(told)

    times = TIMES if size < 50_000 else 20
    work = best((exchange, times), (lambda: bytearray(ASKED) + told, times), (lambda: orjson.loads(body), times))
    show(f"JSON answer, {len(body):,} bytes", work)
    return work


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
    say(f"{'upload, a MiB':34} {work[0] / (size >> 20):7.2f} us   copy {work[1] / (size >> 20):6.2f}")


def by_body() -> Chart:
    """Return what a JSON answer takes by its size, and what parsing alone does."""
    measured = [(size, json_answer(size)) for size in SIZES]
    lines = [
        Series(name, [(size, round(work[at], 2)) for size, work in measured])
        for name, at in (("metered", 0), ("orjson alone", 2))
    ]
    return Chart("Bodies", "bytes of content in a JSON answer", "µs CPU an answer", lines)


def by_models() -> Chart:
    """Return what an exchange takes by how many models answer in turn."""
    points: list[tuple[float, float]] = []
    for number in MODELS:
        meter, _ = tap()
        answers = [answer(chat("Hello there, you.", usage=USAGE, model=f"model-{each}")) for each in range(number)]

        def exchanges(meter: Tap = meter, answers: list[bytes] = answers) -> None:
            for at in range(TIMES):
                meter.client_bytes(ASKED)
                meter.server_bytes(answers[at % len(answers)])

        exchanges()
        points.append((number, best((exchanges, 1))[0] / TIMES))
        say(f"{f'an exchange, {number:,} models':34} {points[-1][1]:7.2f} us")
    return Chart("Models", "models that answer in turn", "µs CPU an exchange", [_series(points)])


def by_requests() -> Chart:
    """Return what an exchange takes by how many there were before it, in one session."""
    meter, _ = tap()
    told = answer(chat("Hello there, you.", usage=USAGE), more=MORE)
    points: list[tuple[float, float]] = []
    made = 0

    def exchange() -> None:
        meter.client_bytes(ASKED)
        meter.server_bytes(told)

    for goal in REQUESTS:
        for _ in range(made, goal):
            exchange()
        made = goal
        points.append((goal, best((exchange, TIMES))[0]))
        say(f"{f'an exchange, after {goal:,}':34} {points[-1][1]:7.2f} us")
    return Chart("Requests", "requests of a session so far", "µs CPU an exchange", [_series(points)])


def _series(points: list[tuple[float, float]]) -> Series:
    return Series("metered", [(x, round(y, 2)) for x, y in points])


def meter_cost() -> list[Chart]:
    """Print all; return the curves."""
    pieces = [*(delta(f" word{number % 100:02}") for number in range(EVENTS)), DONE]
    whole = chunked(pieces, more=MORE)
    head = whole.index(b"\r\n\r\n") + 4
    chunks = [whole[:head], *(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces), b"0\r\n\r\n"]
    stream("an event, one a read", pieces, chunks)
    stream("an event, 64 KiB a read", pieces, [whole[at : at + READ_BYTES] for at in range(0, len(whole), READ_BYTES)])
    upload(64 << 20)
    return [by_requests(), by_models(), by_body()]


if __name__ == "__main__":
    meter_cost()
