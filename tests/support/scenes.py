"""Every screen and each state that matters, as the keys that lead there from an app on fixed data.

A new screen or state is a row here: its snapshot and, where it says so, its pictures follow from it.
"""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC
from pathlib import Path
from typing import Final
from unittest.mock import patch

from textual.command import CommandPalette
from textual.pilot import Pilot

from shimmy_metrics.actions.overview import Overview
from shimmy_metrics.app.app import ShimmyApp
from shimmy_metrics.app.preload import Start
from shimmy_metrics.app.ui.layout import Canvas
from shimmy_metrics.demo.run import SANDBOX_WITH_APP
from shimmy_metrics.limits import SILENCE_SECONDS
from shimmy_metrics.report.fields import FIELDS
from support import opened, overviews, samples
from support.app_idle import send, until_idle
from support.cells import Rows, rows_of, text_of
from support.drawn_on_demand import draws_on_demand
from support.reading import unwrapped

LOOKS: Final[dict[str, dict[str, str]]] = {
    "dark": {},
    "ansi": {"TERM": "xterm", "COLORTERM": ""},
    "none": {"NO_COLOR": "1"},
}
"""What the terminal says of itself, by the look that it gets."""

_LONGEST_SECONDS: Final = 120.0

_UNHURRIED_SECONDS: Final = 3600.0
"""Textual's palette shows a part of its lines after a time, and then that it is busy: on a busy machine it did."""

_CLEAR: Final = "ctrl+u"
"""Empties the line of a search."""

_ALONE: Final = "alone"
"""Stands before a key that counts only where no other came just before it."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A state by its name: the keys that lead to it from the one before, and words that stand there.

    Keys are pressed one after the other. `drawn` scenes are pictures in `screenshots/` as well, `sized` ones are stored
    at more sizes.
    """

    name: str
    keys: str
    shows: str
    drawn: bool = False
    sized: bool = False


@dataclass(frozen=True, slots=True)
class Walk:
    """One app on one overview, and its scenes in their order."""

    shown: Callable[[], Overview]
    scenes: tuple[Scene, ...]
    asks: bool = False
    start: dict[str, object] = field(default_factory=dict)


WALKS: Final = (
    Walk(
        overviews.undecided,
        (
            Scene("welcome", "", "May Shimmy report how it is used?", drawn=True, sized=True),
            Scene("preview", "w", "An example of a report", drawn=True),
            Scene("once-more", "q tab enter", "Enable?", drawn=True),
            Scene("session-undecided", "n 1", "not decided"),
        ),
        asks=True,
    ),
    Walk(overviews.renewing, (Scene("renewal", "", "new since you agreed", drawn=True),), asks=True),
    Walk(
        overviews.undecided,
        (Scene("welcome-serve", "", "serve goes on in"),),
        asks=True,
        start={"asking": True, "seconds": 60},
    ),
    Walk(overviews.undecided, (Scene("demo", "", "sandbox"),), asks=True, start={"notice": SANDBOX_WITH_APP}),
    Walk(
        overviews.idle,
        (
            Scene("session-idle", "", "No measured server is running", drawn=True, sized=True),
            Scene("outgoing-idle", "2", "Nothing is waiting. An example:", drawn=True),
            Scene("history-empty", "3", "No attempt to send is on record.", drawn=True),
        ),
    ),
    Walk(
        overviews.several,
        (
            Scene("sessions", "", "of 3"),
            Scene("sessions-last", "] ]", "3 of 3", drawn=True),
            Scene("outgoing-running", "2", "if its server stopped now"),
        ),
    ),
    Walk(
        overviews.busy,
        (
            Scene("session", "", "requests", drawn=True, sized=True),
            Scene("outgoing", "2", "2 reports are waiting", drawn=True, sized=True),
            Scene("outgoing-refused", "]", "This one is set aside"),
            Scene("measured", "[ l", "sent", drawn=True, sized=True),
            Scene("wire", "l", "POST", drawn=True, sized=True),
            Scene("raw", "w", "Host", drawn=True),
            Scene("release", "r", "Release this report?"),
            Scene("delete", "n d", "Delete this report?", drawn=True),
            Scene("copy", f"n {_ALONE} y", "Saved: "),
            Scene("export", "x", "Export everything kept here?"),
            Scene("export-look", "w", "format"),
            Scene("history", "q n 3", "4 reports were sent", drawn=True, sized=True),
            Scene("delete-receipts", "d", "Delete"),
            Scene("save-receipts", "n s", "Save receipts of the last 7 days?"),
            Scene("receipt", "n enter", "1 report taken by", drawn=True),
            Scene("compare", "q j m k enter h h", "2,000", drawn=True),
            Scene("fields", "q 4", f"{len(FIELDS)} fields", drawn=True, sized=True),
            Scene("explained", "j enter", "session", drawn=True, sized=True),
            Scene("never", "enter G", "server memory use"),
            Scene("search", "slash m o d e l", "model names", drawn=True),
            Scene("search-never", f"{_CLEAR} p r o m p t", "prompt"),
            Scene("search-nothing", f"{_CLEAR} m a i l", "No field's name, meaning, source or purpose has 'mail'"),
            Scene("palette", "escape colon", "key ", drawn=True),
            Scene("palette-search", "e x p", "key x"),
            Scene("keys", "escape question_mark", "nothing needs Ctrl", drawn=True, sized=True),
            Scene("consent", "q c", "Metrics are on, last changed", drawn=True, sized=True),
        ),
    ),
    Walk(
        overviews.batch,
        (
            Scene("request", "2", "sent together", drawn=True),
            Scene("request-wire", "l", "POST"),
            Scene("request-held", "]", "Released together,"),
            Scene("release-all", "r", "as one request?"),
            Scene("held-for-another", "n ] ] ]", "if you release it"),
        ),
    ),
    Walk(
        overviews.failing,
        (
            Scene("session-failed", "", "nothing sent"),
            Scene("outgoing-failed", "2", "nothing sent", drawn=True),
            Scene("history-failed", "3", "nothing sent 2x", drawn=True),
            Scene("history-failed-open", "enter", "next attempt"),
        ),
    ),
    Walk(overviews.receipts_deleted, (Scene("history-deleted", "3", "No receipt is kept."),)),
    Walk(
        overviews.switched_off_here,
        (
            Scene("switched-off-here", "", "started without it", drawn=True),
            Scene("consent-off-here", "c", "was started without it"),
        ),
    ),
    Walk(
        overviews.running_only_for_me,
        (Scene("session-only", "", "it stays"), Scene("consent-only", "c", "Only for you")),
    ),
    Walk(
        overviews.only_for_me,
        (Scene("kept", "", "Kept for you alone", drawn=True), Scene("kept-open", "enter", "Ended 23 Nov")),
    ),
    Walk(
        overviews.switched_off,
        (Scene("switched-off", "", "DO_NOT_TRACK is set"), Scene("consent-off", "c", "Switched off")),
    ),
    Walk(
        overviews.declined,
        (Scene("session-off", "", "Metrics are off"), Scene("consent-declined", "c", "Metrics are off, last changed")),
    ),
    Walk(overviews.troubled, (Scene("trouble", "", "!"),)),
)


class Fixed(opened.Still):
    """The app on an overview that nothing changes, without a clock, in UTC."""

    async def _tick(self) -> None:
        """Let no second pass."""

    def canvas(self) -> Canvas:
        """Return what a page is drawn on, with the hours of UTC."""
        return super().canvas()._replace(zone=UTC)


@dataclass(frozen=True, slots=True)
class Shown:
    """What a terminal shows: its cells, and where its cursor stands (column and row, from 0)."""

    rows: Rows
    cursor: tuple[int, int]


async def walked(
    width: int, height: int, look: str, wanted: Callable[[Scene], bool] = lambda _: True
) -> AsyncIterator[tuple[Scene, Shown]]:
    """Yield every scene with what it shows; the walks without any scene that is `wanted` are left out."""
    for walk in WALKS:
        if not any(map(wanted, walk.scenes)):
            continue
        unhurried = patch.multiple(
            CommandPalette, _RESULT_BATCH_TIME=_UNHURRIED_SECONDS, _BUSY_COUNTDOWN=_UNHURRIED_SECONDS
        )
        with (
            tempfile.TemporaryDirectory() as root,
            patch.dict(os.environ, {"HOME": root}),
            unhurried,
            draws_on_demand(),
        ):
            profile = samples.profile(Path(root), **{**opened.TERMINAL, **LOOKS[look]})._replace(home=root)
            start = Start(samples.FACTS, walk.shown(), asks=walk.asks)._replace(**walk.start)  # type: ignore[arg-type]  # named in each walk
            app = Fixed(profile, start)
            async with app.run_test(size=(width, height)) as pilot:
                for scene in walk.scenes:
                    for key in scene.keys.split():
                        if key == _ALONE:
                            await asyncio.sleep(2 * SILENCE_SECONDS)
                            continue
                        send(app, key)
                        await until_idle(pilot)
                    yield scene, await _shown(pilot, scene.shows)


async def _shown(pilot: Pilot[None], words: str) -> Shown:
    """Return what is shown once the words stand there."""
    app = pilot.app
    assert isinstance(app, ShimmyApp)
    end = asyncio.get_running_loop().time() + _LONGEST_SECONDS
    while asyncio.get_running_loop().time() < end:
        await until_idle(pilot)
        rows = rows_of(app)
        if words in unwrapped(text_of(rows)):
            return Shown(rows, (app.cursor_position.x, app.cursor_position.y))
    raise AssertionError(f"{words!r} is not shown:\n{text_of(rows_of(app))}")
