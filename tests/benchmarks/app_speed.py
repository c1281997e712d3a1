"""How fast the app is, beside a hello-world of Textual in the same run. Run by hand: `tests/benchmarks/app_speed.py`.

First paint: from a process's start to its first complete frame on a pty, in rounds that take turns; the ratio tells.
Then a machine in use, 1,000 receipts and 8 running sessions that count on: how long a key takes to its first byte and
to its last, how long a screen takes to open, and what memory does over `--minutes` (10).
"""

import argparse
import compileall
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).parents[1]))

import shimmy_metrics
from benchmarks.figures import Chart, Row, Series
from benchmarks.ways import cpu_seconds
from shimmy_metrics.actions.decide import enable
from shimmy_metrics.config.read_consent import read_consent
from shimmy_metrics.store import sessions
from shimmy_metrics.store.database import opened
from shimmy_metrics.system.profile import Profile
from support import overviews, samples
from support.departed import depart
from support.overviews import BUSY
from support.terminal import Terminal, terminal

ROUNDS: Final = 11
KEYS: Final = 12
RECEIPTS: Final = 1_000
SESSIONS: Final = 8
QUIET_SECONDS: Final = 0.15
SETTLING_SECONDS: Final = 5.0
RESTING_SECONDS: Final = 30.0
BY_RECEIPTS: Final = (1, 10, 100, 1_000)

QUESTION: Final = "first paint, the question"
EMPTY: Final = "first paint, no server runs"
IN_USE: Final = "first paint, 8 sessions and 1,000 receipts"
IDLE: Final = "the app untouched, no server runs"
COUNTING: Final = "the app untouched, one session counts"

HELLO: Final = """
from textual.app import App
from textual.widgets import Label
class Hello(App):
    def compose(self):
        yield Label("hello, world")
Hello().run(mouse=False)
"""
APP: Final = """
import sys
from shimmy_metrics.cli.main import shimmy
sys.argv = ["shimmy", "tui"]
sys.exit(shimmy())
"""


def compiled() -> None:
    """Compile the program, as an installer does: what was edited since would be compiled in each run."""
    compileall.compile_dir(Path(shimmy_metrics.__path__[0]), quiet=1)


def environment(home: Path) -> dict[str, str]:
    """Return what keeps the app below a folder."""
    names = {"HOME": "", "XDG_CONFIG_HOME": "config", "XDG_STATE_HOME": "state", "XDG_DATA_HOME": "data"}
    return {name: str(home / place) for name, place in names.items()} | {"CI": "", "DO_NOT_TRACK": ""}


def painted(program: str, wanted: tuple[bytes, ...], variables: dict[str, str]) -> float:
    """Return the seconds from a process's start until all of its first frame stands, `wanted` from top to bottom."""
    begun = time.perf_counter()
    with terminal(program, **variables) as made:
        found = b""
        while not all(each in found for each in wanted):
            found += made.read_some(0.05)
            assert time.perf_counter() - begun < 15.0, found[-400:]
        return time.perf_counter() - begun


def first_paint(home: Path, name: str, wanted: tuple[bytes, ...]) -> Row:
    """Print how long the first paint takes, and how many of hello-world's that is; return that."""
    variables = environment(home)
    programs = {"hello-world": (HELLO, (b"hello, world",)), name: (APP, wanted)}
    took: dict[str, list[float]] = {name: [] for name in programs}
    for _ in range(ROUNDS):
        for program, (source, seen) in programs.items():
            took[program].append(painted(source, seen, variables))
    hello = min(took["hello-world"]), statistics.median(took["hello-world"])
    for program, times in took.items():
        best, median = min(times), statistics.median(times)
        say(
            program,
            f"{best * 1000:7.0f} ms best, {median * 1000:5.0f} median",
            f"{best / hello[0]:5.2f} x, {median / hello[1]:5.2f} x of hello-world",
        )
    return Row(name, statistics.median(took[name]) / hello[1], "x hello-world of Textual")


def resting(home: Path, name: str) -> Row:
    """Print and return the CPU time of an app that nobody touches."""
    with terminal(APP, **environment(home)) as made:
        made.read_until(b"Quit")
        made.read_for(SETTLING_SECONDS)
        begun = cpu_seconds(made.pid)
        made.read_for(RESTING_SECONDS)
        used = (cpu_seconds(made.pid) - begun) * 60 / RESTING_SECONDS
    say(name, f"{used:5.2f} s CPU a minute")
    return Row(name, used, "s CPU a minute")


def by_receipts() -> Chart:
    """Return the first paint by how many receipts there are."""
    points: list[tuple[float, float]] = []
    for number in BY_RECEIPTS:
        with tempfile.TemporaryDirectory() as folder:
            with_receipts(Path(folder), number)
            times = [painted(APP, (b"Session", b"Quit"), environment(Path(folder))) for _ in range(ROUNDS)]
        points.append((number, round(statistics.median(times) * 1000, 1)))
        say(f"first paint, {number:,} receipts", f"{points[-1][1]:7.0f} ms median")
    return Chart("Receipts", "receipts", "ms to the first paint", [Series("app", points)])


def answered(made: Terminal, key: bytes) -> tuple[float, float]:
    """Return the seconds from a key to the first byte of what it does, and to the last."""
    while made.read_some(QUIET_SECONDS):
        pass
    begun = time.perf_counter()
    made.press(key)
    first = last = 0.0
    while made.read_some(QUIET_SECONDS if last else 2.0):
        last = time.perf_counter() - begun
        first = first or last
    return first, last


def with_receipts(home: Path, receipts: int = RECEIPTS) -> Profile:
    """Return a profile with a yes and receipts, one an hour."""
    profile = Profile.under(home, environment(home), samples.fixed())
    enable(profile)
    with opened(profile) as db:
        for number in range(receipts):
            report = overviews.reported(overviews.named(number))
            depart(db, report, moment=samples.NOW - timedelta(hours=receipts - number))
    return profile


@contextmanager
def running(profile: Profile, number_of: int = SESSIONS) -> Iterator[None]:
    """Keep sessions running that count on, each second a request more."""
    consent_id = read_consent(profile).decision.consent_id
    ended = threading.Event()

    def count() -> None:
        turn = 0
        while not ended.wait(1.0):
            turn += 1
            with opened(profile) as db:
                for number in numbers:
                    more = BUSY._replace(requests=BUSY.requests + turn, tokens=BUSY.tokens + 50 * turn)
                    sessions.checkpoint(db, number, more, samples.NOW)

    with ExitStack() as locks:
        with opened(profile) as db:
            numbers = []
            for number in range(number_of):
                session = samples.session(f"c0ffee00-0000-4000-8000-{number:012}", consent_id=consent_id)
                numbers.append(sessions.begin(db, session._replace(counters=BUSY)))
                locks.callback(sessions.take_lock(profile, numbers[-1]).release)
        thread = threading.Thread(target=count)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()


def keys(home: Path) -> None:
    """Print how fast keys and screens are."""
    with terminal(APP, **environment(home)) as made:
        made.read_until(b"Quit")
        for screen in (b"1", b"2", b"3", b"4"):
            made.press(screen)
            times = [answered(made, b"j" if number % 2 else b"k") for number in range(KEYS)]
            told(f"a key on screen {screen.decode()}", times)
        for name, key, back in (
            ("1 Session", b"1", b"4"),
            ("2 Outgoing", b"2", b"4"),
            ("3 History", b"3", b"4"),
            ("4 Fields", b"4", b"1"),
            ("c Consent", b"c", b"q"),
            ("? Keys", b"?", b"q"),
        ):
            times = []
            for _ in range(7):
                times.append(answered(made, key))
                answered(made, back)
            told(f"open {name}", times)


def told(what: str, times: list[tuple[float, float]]) -> None:
    """Print the medians and the worst of keys' times."""
    firsts, lasts = zip(*times, strict=True)
    first, last = statistics.median(firsts) * 1000, statistics.median(lasts) * 1000
    worst = max(lasts) * 1000
    say(what, f"first byte {first:6.1f} ms", f"last byte {last:6.1f} ms", f"worst {worst:6.1f} ms")


def memory(home: Path, seconds: float) -> None:
    """Print what the app's memory does while the sessions count on and somebody walks its screens."""
    walk = b"jj2llhh3jj4jj1]"
    with terminal(APP, **environment(home)) as made:
        made.read_until(b"Quit")
        begun = time.monotonic()
        samples_taken: list[tuple[float, float]] = []
        turn = 0
        while (passed := time.monotonic() - begun) < seconds:
            made.press(walk[turn % len(walk) :][:1])
            turn += 1
            made.read_for(0.5)
            samples_taken.append((passed, resident(made.pid)))
    after = [size for passed, size in samples_taken if passed > seconds * 0.2]
    tenth = max(len(after) // 5, 1)
    early, late = statistics.median(after[:tenth]), statistics.median(after[-tenth:])
    say(
        f"memory, {seconds:.0f} s",
        f"{early:6.1f} MB after a fifth",
        f"{late:6.1f} MB at the end",
        f"{late / early:5.3f} x",
    )


def resident(process: int) -> float:
    """Return a process's resident memory in MB."""
    pages = int(Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def say(what: str, *figures: str) -> None:
    """Print a line."""
    sys.stdout.write(f"{what:<28}{'   '.join(figures)}\n")
    sys.stdout.flush()


def quick() -> tuple[list[Row], Chart]:
    """Measure what the README shows; return it."""
    compiled()
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        rows.append(first_paint(Path(folder), QUESTION, (b"Shimmy metrics", b"Enable", b"Quit without deciding")))
        profile = Profile.under(Path(folder), environment(Path(folder)), samples.fixed())
        enable(profile)
        rows.append(first_paint(Path(folder), EMPTY, (b"Session", b"Start one", b"Quit")))
        rows.append(resting(Path(folder), IDLE))
        with running(profile, 1):
            rows.append(resting(Path(folder), COUNTING))
    with tempfile.TemporaryDirectory() as folder, running(with_receipts(Path(folder))):
        rows.append(first_paint(Path(folder), IN_USE, (b"Session", b"requests", b"Quit")))
    return rows, by_receipts()


def main() -> None:
    """Measure all."""
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--minutes", type=float, default=10.0)
    minutes = given.parse_args().minutes
    compiled()
    with tempfile.TemporaryDirectory() as folder:
        first_paint(Path(folder), QUESTION, (b"Shimmy metrics", b"Enable", b"Quit without deciding"))
        enable(Profile.under(Path(folder), environment(Path(folder)), samples.fixed()))
        first_paint(Path(folder), EMPTY, (b"Session", b"Start one", b"Quit"))
        keys(Path(folder))
    say("")
    with tempfile.TemporaryDirectory() as folder:
        profile = with_receipts(Path(folder))
        with running(profile):
            first_paint(Path(folder), IN_USE, (b"Session", b"requests", b"Quit"))
            keys(Path(folder))
            memory(Path(folder), minutes * 60)


if __name__ == "__main__":
    main()
