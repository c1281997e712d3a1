"""What the meter costs a client, beside no meter and beside other proxies: `python tests/benchmarks/relay.py`, by hand.

Server and clients are `relay.c`, compiled when this starts; `ways` says what is between. Rounds take turns and medians
count; only ratios within a run tell something: all share a machine. Linux alone.
"""

import importlib.util
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.figures import BESIDE, METERED, Chart, Series, rounded
from benchmarks.say import say
from benchmarks.ways import OTHERS, Way, proxied, relayed
from support.installed import Home, stop, wait_until

ROUNDS: Final = 5
SECONDS: Final = 1
CLIENTS: Final = (1, 32, 256, 1_000)
STREAMS: Final = (10, 100)
MANY: Final = {"load": 32, "stream": 10}
"""Beyond so many clients only the fast ways are loaded: the others no longer keep up."""

DIRECT: Final = "direct"
CARRIED: Final = "carried"


SHOWN: Final = (METERED, CARRIED, BESIDE)
"""What fits into one chart: the others cost a hundred times as much."""

ROWS: Final = {
    "µs CPU a request, 32 connections": ("load", 32, "cpu_us"),
    "µs CPU a request, 1 connection": ("load", 1, "cpu_us"),
    "µs CPU an event, 10 streams of 50 a second": ("stream", 10, "cpu_us"),
    "µs CPU an event, 100 streams of 50 a second": ("stream", 100, "cpu_us"),
    "µs added to a request, 1 connection (median)": ("load", 1, "took_us"),
    "requests a second, 32 connections": ("load", 32, "rate"),
}
"""The rows of the README's table, each with where it is from. Time is what is added to the direct way's."""


class Load(NamedTuple):
    """What one round told: how much came in its time and in all, a second, the microseconds of one, and their CPU."""

    counted: int
    all: int
    rate: float
    took_us: float
    cpu_us: float


@contextmanager
def served(program: Path) -> Iterator[int]:
    """Yield the port of the server."""
    with subprocess.Popen([program, "serve"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.kill()


def load(program: Path, kind: str, way: Way, clients: int) -> Load:
    """Return what came of a round of `load` or `stream`; its start and its end are not in the CPU time.

    Raise `CalledProcessError` where a client got no answer.
    """
    words: list[str] = [str(program), kind, str(way.port), str(clients), str(SECONDS)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        begun = way.cpu_seconds()
        told = process.stdout.readline().split()
        cpu = way.cpu_seconds() - begun
        process.communicate()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, words)
    counted, everything, rate, took = told
    return Load(int(counted), int(everything), float(rate), float(took), 1e6 * cpu / max(int(counted), 1))


def rounds(program: Path, kind: str, ways: Mapping[str, Way], clients: int) -> dict[str, list[Load]]:
    """Load each way in turn, and print what came of it. One of `OTHERS` that does not keep up is left out."""
    loads: dict[str, list[Load]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name in list(loads):
            try:
                loads[name].append(load(program, kind, ways[name], clients))
            except subprocess.CalledProcessError:
                if name not in OTHERS:
                    raise
                say(f"{name} does not keep up with {clients} clients: left out")
                del loads[name]
    what = "answers" if kind == "load" else "events"
    for name, told in loads.items():
        say(
            f"{clients:5} clients  {name:10}{_median(told, 'rate'):9,.0f} {what}/s  "
            f"median {_median(told, 'took_us'):8.1f} us  {_median(told, 'cpu_us'):8.1f} us CPU"
        )
    return loads


def measure(program: Path, ways: Mapping[str, Way]) -> tuple[dict[str, dict[str, float]], Chart, dict[str, int]]:
    """Return the rows by way, a chart, and how many answers, events and streams came through the meter."""
    few = {name: ways[name] for name in (DIRECT, *SHOWN) if name in ways}
    measured = {
        (kind, number): rounds(program, kind, ways if number <= MANY[kind] else few, number)
        for kind, numbers in (("load", CLIENTS), ("stream", STREAMS))
        for number in numbers
    }

    def each(kind: str, clients: int, field: str) -> dict[str, float]:
        direct = _median(measured[kind, clients][DIRECT], field) if field == "took_us" else 0.0
        loads = measured[kind, clients]
        return rounded({name: _median(told, field) - direct for name, told in loads.items() if name != DIRECT})

    costs = [each("load", clients, "cpu_us") for clients in CLIENTS]
    lines = [
        Series(name, list(zip(CLIENTS, (cost[name] for cost in costs), strict=True))) for name in few if name != DIRECT
    ]
    chart = Chart("Connections", "connections", "µs CPU a request", lines)
    figures = {what: each(*which) for what, which in ROWS.items()}
    through = {
        "answers": sum(told.all for (kind, _), loads in measured.items() if kind == "load" for told in loads[METERED]),
        "events": sum(told.all for (kind, _), loads in measured.items() if kind == "stream" for told in loads[METERED]),
        "streams": ROUNDS * sum(STREAMS),
    }
    return figures, chart, through


def _median(loads: list[Load], field: str) -> float:
    found: list[float] = [getattr(each, field) for each in loads]
    return statistics.median(found)


def check(home: Home, through: Mapping[str, int]) -> None:
    """Check that every request and token was counted. What a client still had open at its end came after its count."""
    log = home.profile.state_path / "metrics.log"
    assert wait_until(lambda: log.exists() and "not sent" in log.read_text())  # the sender has ended
    days = json.loads(home.run("usage", "--json", command="shimmy-metrics").stdout)
    counted, tokens = (sum(day[figure] for day in days) for figure in ("requests", "tokens"))
    answers, events, streams = through.values()
    open_at_end = ROUNDS * sum(CLIENTS)
    assert answers + streams <= counted <= answers + streams + open_at_end, (through, counted)
    assert tokens >= 7 * answers + events, (through, tokens)
    say(f"{answers:,} answers and {events:,} events were metered; counted: {counted:,} requests, {tokens:,} tokens")


def relay() -> tuple[dict[str, dict[str, float]], Chart] | None:
    """Measure and print all; return the rows by way and a chart, None where there is no C compiler."""
    import resource  # POSIX alone, and a test of the rows' names imports this module

    compiler = shutil.which("cc")
    if compiler is None:
        say("not measured: there is no C compiler for the server and the clients")
        return None
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with tempfile.TemporaryDirectory() as root, ExitStack() as stack:
        folder, program = Path(root), Path(root, "relay")
        subprocess.run([compiler, "-O2", "-o", program, Path(__file__).with_suffix(".c")], check=True)
        home = Home(folder / METERED, {"SHIMMY_METRICS_ENDPOINT": "http://127.0.0.1:9/v1/usage"})
        undecided = Home(folder / CARRIED)
        for each in (home, undecided):
            each.root.mkdir()
        home.metrics("enable")
        say(f"the event loop: {'uvloop' if importlib.util.find_spec('uvloop') else 'asyncio'}")
        server = stack.enter_context(served(program))
        ways = {DIRECT: Way(server)}
        for name in OTHERS:
            found = stack.enter_context(proxied(name, folder, server))
            if found is None:
                say(f"{name} is not installed: left out")
            else:
                ways[name] = found
        ways[CARRIED] = stack.enter_context(relayed(undecided, server))
        ways[METERED] = meter = stack.enter_context(relayed(home, server))
        figures, chart, through = measure(program, ways)
        assert meter.process is not None
        stop(meter.process)
        check(home, through)
        return figures, chart


if __name__ == "__main__":
    relay()
