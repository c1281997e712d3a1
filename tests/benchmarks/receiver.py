"""What the receiver takes, durably, beside a bare server that syncs: `python tests/benchmarks/receiver.py`, by hand.

`echo` is uvicorn with an ASGI callable of a few lines: it reads a body, one thread appends what waits to a file and
syncs it, and then it answers. The receiver validates, hashes, stores and answers. Both get the same
requests of one report each over connections that are kept, from this process; rounds take turns. The curve fills one
day's file and shows what a report costs as it grows.
"""

import asyncio
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.figures import Chart, Row, Series
from benchmarks.say import say
from benchmarks.ways import cpu_seconds_of_all
from shimmy_metrics.receiver.folder import prepared
from shimmy_metrics.receiver.sqlite.entering import enter_all
from shimmy_metrics.receiver.sqlite.store import SqliteStore
from support.installed import BIN, Home
from support.report_load import plain, run
from support.servers import free_port, wait_for
from support.stored import row

ROUNDS: Final = 5
REQUESTS: Final = 20_000
CONNECTIONS: Final = 64
CURVE: Final = (10_000, 30_000, 100_000, 300_000, 1_000_000, 3_000_000, 10_000_000)
TOGETHER: Final = 500

FLAT_FROM: Final = 100_000
MOST_GROWTH: Final = 1.5
"""What a report may cost more than in a day of `FLAT_FROM`, however many there are."""

COST: Final = "the receiver, a request of one report"
RATE: Final = "the receiver, requests a second"

ECHO: Final = """
import asyncio, os, queue, sys, threading
import uvicorn

waiting = queue.Queue()

def write(path):
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    while True:
        batch = [waiting.get()]
        while not waiting.empty() and len(batch) < 500:
            batch.append(waiting.get_nowait())
        os.write(descriptor, b"".join(body for body, _, _ in batch))
        os.fdatasync(descriptor)
        for _, loop, done in batch:
            loop.call_soon_threadsafe(done.set_result, None)

async def app(scope, receive, send):
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    loop = asyncio.get_running_loop()
    done = loop.create_future()
    waiting.put((body, loop, done))
    await done
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"13")]})
    await send({"type": "http.response.body", "body": b'{"stored":[]}'})

threading.Thread(target=write, args=(sys.argv[2],), daemon=True).start()
uvicorn.run(app, port=int(sys.argv[1]), log_config=None, access_log=False, lifespan="off")
"""


class Clock(NamedTuple):
    """An instant in CPU seconds of this process, and in seconds."""

    cpu: float
    real: float

    @classmethod
    def now(cls) -> "Clock":
        return cls(time.process_time(), time.perf_counter())

    def per(self, number: int) -> "Each":
        """Return what each of a number of reports took since then."""
        return Each(*(1e6 * (now - then) / number for now, then in zip(Clock.now(), self, strict=True)))


class Each(NamedTuple):
    """Microseconds of CPU and of time."""

    cpu: float
    real: float

    def __str__(self) -> str:
        return f"{self.cpu:5.1f} us ({self.real:5.1f})"


@contextmanager
def started(home: Home, *command: str, port: int) -> Iterator["subprocess.Popen[str]"]:
    """Run a server until the block is left."""
    with subprocess.Popen(command, env=home.environment, stderr=subprocess.DEVNULL, text=True) as process:
        wait_for(port)
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()


def throughput(folder: Path) -> list[Row]:
    """Print requests a second and CPU a request, of the echo and of the receiver; return them."""
    home = Home(folder)
    ports = {"echo": free_port(), "receiver": free_port()}
    echo = (sys.executable, "-c", ECHO, str(ports["echo"]), str(folder / "echo"))
    receiver = (
        str(BIN / "shimmy-metrics"), "receive", "--data", str(folder / "data"), "--trusted-proxy", "127.0.0.1",
        "--listen", f"127.0.0.1:{ports['receiver']}",
    )  # fmt: skip
    rates: dict[str, list[float]] = {name: [] for name in ports}
    costs: dict[str, list[float]] = {name: [] for name in ports}
    load = plain(18, datetime.now(UTC).date())
    with (
        started(home, *echo, port=ports["echo"]) as one,
        started(home, *receiver, port=ports["receiver"]) as other,
    ):
        for _ in range(ROUNDS):
            for (name, port), process in zip(ports.items(), (one, other), strict=True):
                sent = [next(load) for _ in range(REQUESTS)]
                if name == "echo":
                    sent = [each._replace(expected=()) for each in sent]
                before = cpu_seconds_of_all(process.pid)
                result = asyncio.run(run(port, sent, CONNECTIONS))
                assert result.statuses == {200: REQUESTS}, result.statuses
                rates[name].append(REQUESTS / result.elapsed)
                costs[name].append(1e6 * (cpu_seconds_of_all(process.pid) - before) / REQUESTS)
    for name in ports:
        say(f"{name:<9} {statistics.median(rates[name]):8,.0f} requests/s  {min(costs[name]):6.1f} us CPU a request")
    ratio = statistics.median(rates["receiver"]) / statistics.median(rates["echo"])
    stored = sum(path.stat().st_size for path in (folder / "data").rglob("*.db"))
    size = stored / ROUNDS / REQUESTS
    say(f"the receiver takes {ratio:.2f} x what the echo does; {size:.0f} bytes a report on the disk")
    return [
        Row(COST, min(costs["receiver"]), "µs CPU"),
        Row(RATE, ratio, "x what a server stores that only appends and syncs"),
    ]


def curve(folder: Path, most: int) -> Chart:
    """Print and return what storing a report costs, and what a week's aggregate does, as one day's file grows.

    The rows are those of a few hundred reports under ever new keys, so that what is measured is the store alone. The
    times are CPU times, with the seconds that went by in brackets: of these a busy machine and its disk are a part.
    """
    today = datetime.now(UTC).date()
    monday = today - timedelta(days=today.weekday())
    made = [row(day=today) for _ in range(TOGETHER)]
    points: list[tuple[float, float, float]] = []
    with closing(SqliteStore(prepared(folder / "curve"))) as store:
        held = 0
        for goal in (each for each in CURVE if each <= most):
            added, began = goal - held, Clock.now()
            while held < goal:
                store.append(today, [each._replace(key=os.urandom(8), check=os.urandom(8)) for each in made])
                store.settle()
                held += TOGETHER
            storing, began = began.per(added), Clock.now()
            counted = sum(1 for _ in store.aggregate(monday))
            size = sum(path.stat().st_size for path in (folder / "curve").rglob("*.db*"))
            reading = began.per(counted)
            say(f"{goal:>10,} reports: {storing} each to store, {reading} to read, {size / held:.0f} bytes")
            points.append((goal, storing.cpu, reading.cpu))
        began = Clock.now()
        enter_all(prepared(folder / "curve"), today)
        say(f"{held:>10,} reports: {began.per(held)} each to enter its id among those seen, once the day is over")
    lines = [
        Series(name, [(point[0], round(point[at], 2)) for point in points])
        for name, at in (("to store", 1), ("to read", 2))
    ]
    return Chart("The receiver", "reports of a day", "µs CPU a report", lines)


def main() -> None:
    """Print both, and exit with 1 where the curve is not flat.

    The first argument is the curve's last number of reports, a second one leaves the throughput out.
    """
    with tempfile.TemporaryDirectory() as folder:
        if len(sys.argv) < 3:
            throughput(Path(folder))
        day = curve(Path(folder), int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
    costs = dict(day.lines[0].points)
    if max(costs) > FLAT_FROM:
        growth = costs[max(costs)] / costs[FLAT_FROM]
        say(f"to store one of {max(costs):,} costs {growth:.2f} x what one of {FLAT_FROM:,} does")
        sys.exit(growth > MOST_GROWTH)


if __name__ == "__main__":
    main()
