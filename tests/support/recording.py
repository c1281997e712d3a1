"""Record the first minute: `python -m support.renew recording`, from `tests/`, runs `shimmy demo` and stores it.

The program is the installed one, in a shell on a terminal of 80 x 24; the keys are those of somebody who reads before
deciding. The form is asciicast 2, which `asciinema play` shows.
"""

import codecs
import getpass
import json
import re
import socket
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyte

from shimmy_metrics.wording.consent_question import QUESTION
from support.home_terminal import COLUMNS, LINES, terminal
from support.installed import Home

RECORDING: Final = Path(__file__).resolve().parents[2] / "screenshots/first-minute.cast"
COMMAND: Final = "shimmy demo"
LONGEST_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class Step:
    """Wait for words on the screen, leave time to read, press keys."""

    words: str
    read_seconds: float
    keys: str


STORY: Final = (
    Step(QUESTION, 5.0, "w"),
    Step("An example of a report", 3.5, "w"),
    Step("Content-Type: application/json", 3.5, "q"),
    Step(QUESTION, 2.0, "e"),
    Step("Measuring since", 5.0, "j"),
    Step("errors_count", 1.0, "j"),
    Step("total_tokens_generated", 3.0, "2"),
    Step("if its server stopped now", 4.0, "l"),
    Step("measured here", 4.0, "l"),
    Step("POST http://127.0.0.1", 4.0, "q"),
    Step("The receiver got", 0.0, ""),
    Step("Deleted:", 5.0, ""),
)
"""From the question to what the receiver got. Each one's words stand on the screen at some time of the recording."""

_KEY_SECONDS: Final = 0.08
_TOGETHER_SECONDS: Final = 0.02
"""What comes within this time is one event."""

_SEQUENCE: Final = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[P_^X][^\x1b]*\x1b\\|[ -/]*[0-~])"
)
_BEGUN: Final = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|[\]P_^X][^\x07\x1b]*\x1b?|[ -/]*)$")
DRAWS: Final = re.compile(r"\x1b(?:\[[0-9;]*[ABCDGHJKXdmr]|\[\?(?:7|25|1049)[hl])")
"""Sequences that draw. Others ask the terminal something or change its keyboard and mouse: a viewer's is not ours."""


def record() -> str:
    """Run the demo and return the recording."""
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder), {"PS1": "$ ", "COLORTERM": "truecolor"})
        with terminal(home, "/bin/sh", "-i") as there:
            _need(there.shows("$"), "a prompt")
            for key in COMMAND:
                time.sleep(_KEY_SECONDS)
                there.type(key)
            there.type("\n")
            for step in STORY:
                _need(there.shows(step.words), f"a screen that shows {step.words!r}")
                time.sleep(step.read_seconds)
                there.type(step.keys)
            heard = list(there.heard)
    made = cast(heard)
    for name in (getpass.getuser(), socket.gethostname()):
        _need(name not in made, f"a recording without {name!r}")
    return made


def cast(heard: Iterable[tuple[float, bytes]]) -> str:
    """Return what was heard in asciinema's form, its second version: a header, then a line an event."""
    header = {"version": 2, "width": COLUMNS, "height": LINES, "title": COMMAND, "env": {"TERM": "xterm-256color"}}
    lines = [json.dumps(header)]
    begun: float | None = None
    for at, text in _together(_drawn(heard)):
        begun = at if begun is None else begun
        lines.append(json.dumps([round(at - begun, 3), "o", text], ensure_ascii=False))
    return "\n".join([*lines, ""])


def missing(recording: str) -> str:
    """Return the words of the first step that a recording does not show in its turn, empty where it shows all."""
    shown = iter(screens(recording))
    return next((step.words for step in STORY if not any(step.words in screen for screen in shown)), "")


def events(recording: str) -> list[tuple[float, str]]:
    """Return a recording's output, each piece with its second."""
    found = [json.loads(line) for line in recording.splitlines()[1:]]
    return [(float(at), str(text)) for at, kind, text in found if kind == "o"]


def screens(recording: str) -> Iterator[str]:
    """Yield what a terminal shows after each event."""
    screen = pyte.Screen(COLUMNS, LINES)
    stream = pyte.Stream(screen)
    for _, text in events(recording):
        for part in re.split(r"(?=\x1b\[\?1049[hl])", text):
            if part.startswith("\x1b[?1049"):
                screen.reset()  # pyte has no alternate screen
            stream.feed(part)
        yield "\n".join(row.rstrip() for row in screen.display)


def _drawn(heard: Iterable[tuple[float, bytes]]) -> Iterator[tuple[float, str]]:
    """Yield the text, with only those sequences that draw; one that is cut waits for its rest."""
    decode = codecs.getincrementaldecoder("utf-8")(errors="replace").decode
    waiting = ""
    for at, data in heard:
        text = waiting + decode(data)
        cut = _BEGUN.search(text)
        waiting = cut[0] if cut else ""
        text = text[: len(text) - len(waiting)]
        text = _SEQUENCE.sub(lambda found: found[0] if DRAWS.fullmatch(found[0]) else "", text)
        if text:
            yield at, text


def _together(pieces: Iterable[tuple[float, str]]) -> Iterator[tuple[float, str]]:
    held: tuple[float, str] | None = None
    for at, text in pieces:
        if held and at - held[0] <= _TOGETHER_SECONDS:
            held = (held[0], held[1] + text)
            continue
        if held:
            yield held
        held = (at, text)
    if held:
        yield held


def _need(there: bool, what: str) -> None:
    if not there:
        sys.exit(f"nothing was recorded: it needs {what}")
