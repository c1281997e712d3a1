"""Draws every screen with fixed data: `python -m support.pictures`, from `tests/`, renews all that the test compares.

SVG pictures lie in `screenshots/`, the text of each screen at three sizes in `tests/app/screens/`.
"""

import asyncio
import re
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from textual.pilot import Pilot

from shimmy_metrics.actions.overview import Overview
from shimmy_metrics.app.main import ShimmyApp
from support import opened, overviews

ROOT: Final = Path(__file__).resolve().parents[2]
PICTURES: Final = ROOT / "screenshots"
TEXTS: Final = ROOT / "tests/app/screens"


@dataclass(frozen=True)
class Walk:
    """One app, and the keys that lead from each scene to the next."""

    shown: Callable[[], Overview]
    asks: bool
    scenes: tuple[tuple[str, tuple[str, ...]], ...]


WALKS: Final = (
    Walk(overviews.undecided, True, (("welcome", ()), ("preview", ("w",)), ("once-more", ("q", "tab", "enter")))),
    Walk(overviews.only_for_me, False, (("kept", ()), ("kept-open", ("enter",)))),
    Walk(overviews.renewing, True, (("renewal", ()),)),
    Walk(overviews.idle, False, (("session-idle", ()), ("outgoing-idle", ("2",)), ("history-empty", ("3",)))),
    Walk(
        overviews.busy,
        False,
        (
            ("session", ()),
            ("outgoing", ("2",)),
            ("measured", ("l",)),
            ("wire", ("l",)),
            ("raw", ("w",)),
            ("delete", ("h", "h", "d")),
            ("history", ("n", "3")),
            ("receipt", ("enter",)),
            ("compare", ("q", "G", "m", "g", "enter")),
            ("fields", ("q", "4")),
            ("never", ("G",)),
            ("explained", ("g", "j", "enter")),
            ("consent", ("c",)),
            ("keys", ("question_mark",)),
        ),
    ),
)

SIZES: Final = ((80, 24), (120, 40), (40, 12))
PICTURE_SIZES: Final = ((80, 24), (100, 30))
LOOKS: Final[dict[str, dict[str, str]]] = {"dark": {}, "ansi": {"TERM": "xterm", "COLORTERM": ""}}

CELL: Final = 12.2
"""The width of a character in Rich's SVG."""


async def scenes(
    walk: Walk, width: int, height: int, variables: dict[str, str]
) -> AsyncIterator[tuple[str, ShimmyApp]]:
    """Yield each scene's name with the app as it stands there."""
    async with _open(walk, width, height, variables) as (app, pilot):
        for name, keys in walk.scenes:
            await opened.press(pilot, *keys)
            yield name, app


async def texts(width: int, height: int) -> dict[str, str]:
    """Return the text of every scene by its file's name."""
    found: dict[str, str] = {}
    for walk in WALKS:
        async for name, app in scenes(walk, width, height, {}):
            found[f"{name}-{width}x{height}.txt"] = opened.text(app) + "\n"
    return found


async def pictures(width: int, height: int, look: str) -> dict[str, str]:
    """Return the SVG of every scene by its file's name."""
    found: dict[str, str] = {}
    for walk in WALKS:
        async for name, app in scenes(walk, width, height, LOOKS[look]):
            found[f"{name}-{width}x{height}-{look}.svg"] = normal(app.export_screenshot(simplify=True))
    return found


def normal(svg: str) -> str:
    """Return a picture without what changes by chance, and without leading blanks, which some viewers swallow."""
    svg = re.sub(r"terminal-\d+-", "terminal-", svg)
    return re.sub(r'(<text class="[^"]*" x=")([\d.]+)("[^>]*textLength=")([\d.]+)("[^>]*>)((?:&#160;)+)', _shifted, svg)


def _shifted(match: re.Match[str]) -> str:
    blanks = match[6].count("&#160;")
    x = round(float(match[2]) + blanks * CELL, 1)
    long = round(float(match[4]) - blanks * CELL, 1)
    return f"{match[1]}{x:g}{match[3]}{long:g}{match[5]}"


@asynccontextmanager
async def _open(
    walk: Walk, width: int, height: int, variables: dict[str, str]
) -> AsyncIterator[tuple[ShimmyApp, Pilot[None]]]:
    with tempfile.TemporaryDirectory() as root:
        app = opened.still(Path(root), walk.shown(), variables, asks=walk.asks)
        async with app.run_test(size=(width, height)) as pilot:
            await pilot.pause()
            yield app, pilot


async def _renew() -> None:
    for folder in (PICTURES, TEXTS):
        folder.mkdir(parents=True, exist_ok=True)
    for width, height in SIZES:
        for name, content in (await texts(width, height)).items():
            (TEXTS / name).write_text(content, encoding="utf-8")
    for width, height in PICTURE_SIZES:
        for look in LOOKS:
            for name, content in (await pictures(width, height, look)).items():
                (PICTURES / name).write_text(content, encoding="utf-8")


if __name__ == "__main__":
    asyncio.run(_renew())
