"""How many bytes the app sends in each step, counted on the far side of a pty of 80 x 24.

`python -m support.renew bytes`, from `tests/`, measures anew and stores the table that `tests/budgets` compares with.
The app itself reports the end of a step, by a title that is not counted: neither the machine's speed nor silence, which
a busy machine makes as well, tells where a step ends.
"""

import asyncio
import json
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from textual import events

from shimmy_metrics.actions.overview import Overview
from shimmy_metrics.app.app import ShimmyApp
from shimmy_metrics.app.messages import OverviewChanged
from shimmy_metrics.app.preload import Start
from support import opened, overviews, samples
from support.app_idle import awaits, busy
from support.terminal import Terminal, terminal
from support.textual_version import insist

TABLE: Final = Path(__file__).parents[1] / "budgets" / "bytes.json"

LOOKS: Final = {"true colour": {}, "16 colours": {"TERM": "xterm", "COLORTERM": ""}}

PROGRAM: Final = """
from pathlib import Path
from support.bytes_sent import run
run(Path({root!r}), {variables!r})
"""

SPLIT_BYTES: Final = 16
"""How many more bytes a frame takes if it is written in two, as happens on a busy machine."""

_CALM_ROUNDS: Final = 4
"""Idle callbacks may bring more work one round later, so several idle rounds in succession are needed."""

_ROUND_SECONDS: Final = 0.005

_OVER: Final = re.compile(rb"\x1b\]2;over in (\d+), last (\d+)\x07")
_MOVE: Final = re.compile(r"\x1b\[\d*(;\d+)?[HC]")
_TICK, _SAME = b"\x1b[24~", b"\x1b[23~"


@dataclass(frozen=True, slots=True)
class Budget:
    """How many bytes a step may take, in true colour and with 16 colours, and in how many frames.

    `before`: what it may take before its explanation.
    """

    name: str
    rich: int
    few: int
    frames: int | None = None
    before: "Budget | None" = None

    def bytes(self, look: str) -> int:
        """Return the bytes for a look."""
        return self.rich if look == "true colour" else self.few


FIRST: Final = Budget("first paint", 5_000, 3_000)
FOCUS: Final = Budget("focus move", 150, 90, frames=1)
STEP: Final = Budget("list step", 180, 130)
EXPLAINED: Final = Budget("list step with its explanation", 550, 350, before=STEP)
NEW_LINE: Final = Budget("list step that brings in a line", 250, 130)
SCROLLED: Final = Budget("list step that scrolls, with its explanation", 550, 350, before=NEW_LINE)
TICK: Final = Budget("live tick with changes", 250, 150)
NOTHING: Final = Budget("a tick without, or idle", 0, 0, frames=0)
ALT_TAB: Final = Budget("terminal focus out and in", 32, 32)
VIEW: Final = Budget("switching the view", 3_500, 2_200)

STEPS: Final[tuple[tuple[str, bytes, Budget], ...]] = (
    ("first paint", b"", FIRST),
    ("1 Session: a step", b"j", EXPLAINED),
    ("1 Session: the next step", b"j", EXPLAINED),
    ("1 Session: the last line", b"G", EXPLAINED),
    ("1 Session: the first line", b"g", EXPLAINED),
    ("focus to a button", b"\t", FOCUS),
    ("focus to the next", b"\t", FOCUS),
    ("focus to the one before", b"\x1b[Z", FOCUS),
    ("terminal focus out", b"\x1b[O" + _SAME, ALT_TAB),
    ("terminal focus in", b"\x1b[I" + _SAME, ALT_TAB),
    ("a tick with changes", _TICK, TICK),
    ("the next tick with changes", _TICK, TICK),
    ("a tick without", _SAME, NOTHING),
    ("2 Outgoing", b"2", VIEW),
    ("2 Outgoing: a step", b"j", EXPLAINED),
    ("2 Outgoing: the next step", b"j", EXPLAINED),
    ("2 Outgoing: same fields too", b"s", VIEW),
    ("2 Outgoing: view measured", b"l", VIEW),
    ("2 Outgoing: a step in measured", b"j", EXPLAINED),
    ("2 Outgoing: view wire", b"l", VIEW),
    ("2 Outgoing: a step on the wire, which scrolls", b"j", SCROLLED),
    ("2 Outgoing: raw", b"w", VIEW),
    ("2 Outgoing: cut again", b"w", VIEW),
    ("2 Outgoing: back to view measured", b"h", VIEW),
    ("2 Outgoing: back to view since", b"h", VIEW),
    ("2 Outgoing: the report beside", b"]", VIEW),
    ("2 Outgoing: a question", b"d", VIEW),
    ("2 Outgoing: no", b"n", VIEW),
    ("3 History", b"3", VIEW),
    ("3 History: a step", b"j", EXPLAINED),
    ("3 History: open", b"\r", VIEW),
    ("3 History: a step in a receipt", b"j", EXPLAINED),
    ("3 History: back", b"q", VIEW),
    ("4 Fields", b"4", VIEW),
    ("4 Fields: a step", b"k", EXPLAINED),
    ("4 Fields: a page", b" ", VIEW),
    ("4 Fields: search", b"/", VIEW),
    ("4 Fields: a letter", b"m", VIEW),
    ("4 Fields: search closed", b"\r", VIEW),
    ("c Consent", b"c", VIEW),
    ("c Consent: focus to an answer", b"\t", FOCUS),
    ("c Consent: focus to the next", b"\t", FOCUS),
    ("c Consent: back", b"q", VIEW),
    ("? Keys", b"?", VIEW),
    ("? Keys: back", b"q", VIEW),
    ("x Export", b"x", VIEW),
    ("x Export: no", b"n", VIEW),
    ("1 Session", b"1", VIEW),
)


class Counted(opened.Still):
    """The app that reports the end of each step. F12 brings the next overview, F11 the same one again.

    Of the terminal's focus nothing reaches the app, so F11 ends that step.
    """

    EXPLAIN_SECONDS = ShimmyApp.EXPLAIN_SECONDS
    _turn = 0
    _writes = 0
    _last = 0
    _waiting: asyncio.Task[None] | None = None

    def on_ready(self) -> None:
        """Start counting."""
        self._wait()

    async def on_event(self, event: events.Event) -> None:
        """After each key, wait until everything that it causes is done."""
        key = event.key if isinstance(event, events.Key) and not event.is_forwarded else ""
        await super().on_event(event)
        if key:
            self._wait()
        if key in {"f11", "f12"}:
            self._turn += key == "f12"
            self.post_message(OverviewChanged(ticked(self._turn)))

    def wrote(self, data: str) -> None:
        """Count what reaches the terminal. A write that only moves the cursor is no frame."""
        if not _MOVE.fullmatch(data):
            self._last = len(data.encode())
            self._writes += 1

    def _wait(self) -> None:
        if self._waiting is None or self._waiting.done():
            self._waiting = asyncio.create_task(self._report_when_idle())

    async def _report_when_idle(self) -> None:
        """Wait until nothing is left to do, nor due soon (as the drawer's explanation is), and report that."""
        calm = 0
        while calm < _CALM_ROUNDS:
            await asyncio.sleep(_ROUND_SECONDS)
            calm = 0 if busy(self) or awaits(self) else calm + 1
        writes, self._writes = self._writes, 0
        assert self._driver is not None
        self._driver.write(f"\x1b]2;over in {writes}, last {self._last if writes else 0}\x07")
        self._writes = 0


def ticked(turn: int) -> Overview:
    """Return the overview after so many more seconds with a request each."""
    shown = overviews.busy()
    live = shown.running[0]
    counters = live.session.counters
    more = counters._replace(
        requests=counters.requests + turn,
        tokens=counters.tokens + 50 * turn,
        answers=counters.answers + turn,
        answer_ms=counters.answer_ms + 1_247 * turn,
        routes={**counters.routes, "/v1/chat/completions": 44 + turn},
        clients={**counters.clients, "vscode": 40 + turn},
        minutes=(*counters.minutes[:-1], counters.minutes[-1] + turn),
    )
    report = overviews.reported(overviews.named(9, more))
    return shown._replace(running=(live._replace(session=live.session._replace(counters=more), report=report),))


def run(root: Path, variables: dict[str, str]) -> None:
    """Run the counting app on this terminal."""
    from textual.drivers.linux_driver import LinuxDriver

    profile = samples.profile(root, **{**opened.TERMINAL, **variables})
    app = Counted(profile, Start(samples.FACTS, overviews.busy(), asks=False))
    write = LinuxDriver.write

    def counted(driver: LinuxDriver, data: str) -> None:
        write(driver, data)
        app.wrote(data)

    LinuxDriver.write = counted  # type: ignore[assignment, method-assign]  # what is written is counted
    app.run(mouse=False)


@dataclass(frozen=True, slots=True)
class Sent:
    """What a step sent: its bytes, the number of its writes, and the bytes of the last one, the explanation."""

    count: int
    writes: int
    last: int


def sent(made: Terminal) -> Sent:
    """Return what a step sent."""
    found = b""
    while not (over := _OVER.search(found)):
        more = made.read_until(b"\x07", 15.0)
        assert more, found.decode(errors="replace")[-2000:]
        found += more
    return Sent(len(found) - len(over[0]), int(over[1]), int(over[2]))


def measured(look: str, root: Path) -> dict[str, Sent]:
    """Return what each step sends, in this look."""
    variables = LOOKS[look]
    with terminal(PROGRAM.format(root=str(root), variables=variables), **variables) as made:
        found: dict[str, Sent] = {}
        for name, keys, _ in STEPS:
            if keys:
                made.press(keys)
            found[name] = sent(made)
        return found


def settled(count: int, known: int) -> int:
    """Return a step's `known` figure if the measured one differs from it by chance alone, else the measured one."""
    return known if count and known and abs(count - known) <= SPLIT_BYTES else count


def table() -> str:
    """Measure, and return the table as its file holds it. A figure that changed by chance alone stays as stored.

    Raise `SystemExit` if another version of Textual is installed than the table was measured with.
    """
    insist()
    stored = json.loads(TABLE.read_text(encoding="utf-8"))
    counts: dict[str, dict[str, int]] = {name: {} for name, _, _ in STEPS}
    for look in LOOKS:
        with tempfile.TemporaryDirectory() as folder:
            for name, took in measured(look, Path(folder)).items():
                counts[name][look] = settled(took.count, stored.get(name, {}).get(look, 0))
    return json.dumps(counts, indent=1, ensure_ascii=False) + "\n"
