"""A load of reports as they would come: of many sizes, some twice, some late, some partly bad, some hostile.

    python -m support.report_load http://127.0.0.1:8787/v1/usage --requests 10000 --connections 32

The receiver has to be started with `--trusted-proxy 127.0.0.1`: each request names another sender's address, since
the rate of one would end the load. The same seed gives the same load.
"""

import argparse
import asyncio
import random
import sys
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

import orjson

from shimmy_metrics.report.coarsen import two_digits
from shimmy_metrics.report.seal import join, seal
from support.stored import report

_PLATFORMS: Final = ("linux-x64", "linux-x64", "linux-x64", "macos-arm64", "macos-arm64", "windows-x64", "linux-arm64")
_VERSIONS: Final = ("2.6.5", "2.6.5", "2.6.4", "2.5.0")


class Sent(NamedTuple):
    """One request: its body, and the ids in it that the receiver has to have afterwards."""

    body: bytes
    expected: tuple[str, ...]


def realistic(seed: int, today: date) -> Iterator[Sent]:
    """Yield requests without end: most of one report, a tenth of several, a twentieth again, some bad or hostile."""
    draw = random.Random(seed)
    again: list[Sent] = []
    while True:
        kind = draw.random()
        if kind < 0.05 and again:
            yield draw.choice(again)
            continue
        if kind < 0.08:
            yield Sent(hostile(draw), ())
            continue
        count = draw.choice((2, 3, 5, 32)) if draw.random() < 0.1 else 1
        reports = [_report(draw, today) for _ in range(count)]
        if kind < 0.10 and count > 1:
            yield _partly_bad(reports)
            continue
        sent = Sent(join([seal(each).body for each in reports]), tuple(each["session_id"] for each in reports))
        if len(again) < 1_000:
            again.append(sent)
        yield sent


def plain(seed: int, today: date) -> Iterator[Sent]:
    """Yield requests without end: one good report each, none twice."""
    draw = random.Random(seed)
    while True:
        made = _report(draw, today)
        yield Sent(seal(made).body, (made["session_id"],))


def hostile(draw: random.Random) -> bytes:
    """Return a body that no sender of ours would send."""
    good = seal(_report(draw, date(2026, 11, 28))).body
    return draw.choice(
        (
            draw.randbytes(draw.randrange(1, 900)),
            good[: draw.randrange(len(good))],
            good.replace(b'"metrics"', b'"metrics":1,"metrics"'),
            good.replace(b"{", b"{ ", 1),
            b"[" * draw.randrange(1, 2_000),
            good.replace(b'"schema_version":1', b'"schema_version":1.0'),
            b'{"session_id":' + b"9" * 5_000 + b"}",
            good[:-1] + b',"prompt":"what is my password"}',
        )
    )


def _partly_bad(reports: list[dict[str, Any]]) -> Sent:
    bad = reports[-1] | {"platform": "toaster"}
    body = b"[" + b",".join([*(seal(each).body for each in reports[:-1]), orjson.dumps(bad)]) + b"]"
    return Sent(body, tuple(each["session_id"] for each in reports[:-1]))


def _report(draw: random.Random, today: date) -> dict[str, Any]:
    late = draw.randrange(1, 14) if draw.random() < 0.1 else 0
    return report(
        str(uuid.UUID(int=draw.getrandbits(128), version=4)),
        today - timedelta(days=late),
        version=draw.choice(_VERSIONS),
        platform=draw.choice(_PLATFORMS),
        requests_per_session=two_digits(int(draw.lognormvariate(4, 1.5))),
        total_tokens_generated=two_digits(int(draw.lognormvariate(8, 2))),
        session_duration_minutes=two_digits(int(draw.lognormvariate(3.5, 1))),
        daily_active_usage=draw.random() < 0.7,
    )


@dataclass
class Result:
    """What became of a load: answers by status (0: none), seconds each took, the ids that were acknowledged."""

    statuses: Counter[int] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    acknowledged: list[str] = field(default_factory=list)
    elapsed: float = 0.0

    def percentile(self, share: float) -> float:
        """Return the seconds below which this share of the answers came."""
        ordered = sorted(self.seconds)
        return ordered[min(int(share * len(ordered)), len(ordered) - 1)] if ordered else 0.0


async def run(
    port: int, sent: list[Sent], connections: int, path: str = "/v1/usage", into: Result | None = None
) -> Result:
    """Send the requests over so many connections that are kept, each as soon as its last answer came.

    The result is written into `into` as it comes.
    """
    result = Result() if into is None else into
    waiting = iter(sent)
    begun = time.perf_counter()
    await asyncio.gather(*(_talk(port, path, waiting, result) for _ in range(connections)))
    result.elapsed = time.perf_counter() - begun
    return result


async def _talk(port: int, path: str, waiting: Iterator[Sent], result: Result) -> None:
    reader: asyncio.StreamReader | None = None
    writer: asyncio.StreamWriter | None = None
    for each in waiting:
        try:
            if reader is None or writer is None or writer.is_closing():
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
            begun = time.perf_counter()
            writer.write(_head(path, len(each.body)) + each.body)
            status, body, closes = await _answer(reader)
        except (OSError, asyncio.IncompleteReadError):
            result.statuses[0] += 1
            if writer is not None:
                writer.close()
            reader = writer = None
            continue
        result.seconds.append(time.perf_counter() - begun)
        result.statuses[status] += 1
        if each.expected and status in (200, 422):
            result.acknowledged += orjson.loads(body)["stored"]
        if closes:
            writer.close()
            reader = writer = None
    if writer is not None:
        writer.close()


def _head(path: str, length: int) -> bytes:
    address = ".".join(str(random.randrange(1, 255)) for _ in range(4))
    return (
        f"POST {path} HTTP/1.1\r\nhost: receiver\r\ncontent-type: application/json\r\n"
        f"x-forwarded-for: {address}\r\ncontent-length: {length}\r\n\r\n"
    ).encode()


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes, bool]:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    _, _, rest = head.partition(b"content-length: ")
    body = await reader.readexactly(int(rest.partition(b"\r\n")[0] or 0)) if rest else b""
    return int(head[9:12]), body, b"connection: close" in head


def main() -> None:
    """Run a load, and print what became of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--plain", action="store_true", help="one good report a request, none twice")
    given = parser.parse_args()
    load = (plain if given.plain else realistic)(given.seed, datetime.now(UTC).date())
    sent = [next(load) for _ in range(given.requests)]
    result = asyncio.run(run(urlsplit(given.url).port or 80, sent, given.connections))
    sys.stdout.write(
        f"{len(sent) / result.elapsed:,.0f} requests/s; p50 {1000 * result.percentile(0.5):.1f} ms, "
        f"p99 {1000 * result.percentile(0.99):.1f} ms; {dict(sorted(result.statuses.items()))}; "
        f"{len(set(result.acknowledged)):,} reports acknowledged\n"
    )


if __name__ == "__main__":
    main()
