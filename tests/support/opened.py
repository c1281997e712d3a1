"""The app under test, opened on a fixed overview or on a real profile, with a clock that stands still."""

import asyncio
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.style import Style
from textual.pilot import Pilot

from shimmy_metrics.actions.decide import enable
from shimmy_metrics.actions.overview import Overview, overview
from shimmy_metrics.actions.settings import read_settings
from shimmy_metrics.app.app import ShimmyApp, app_for
from shimmy_metrics.app.poller import Poller
from shimmy_metrics.app.preload import Start
from shimmy_metrics.limits import QUESTION_STANDS_SECONDS, SILENCE_SECONDS
from shimmy_metrics.store import outbox
from shimmy_metrics.store.database import opened as store
from shimmy_metrics.system.profile import Profile
from support import samples
from support.app_idle import awaits, send, until_idle
from support.reading import unwrapped

TERMINAL: Final = {"LANG": "C.UTF-8", "TERM": "xterm-256color", "COLORTERM": "truecolor"}


class NoPoller(Poller):
    """Polls nothing: what is shown changes by the test alone."""

    def run(self, on_change: Callable[[Overview], object]) -> None:
        """Return at once."""


class Still(ShimmyApp):
    """The app on an overview that nothing changes; its drawer follows the mark at once."""

    EXPLAIN_SECONDS = 0.0

    def __init__(self, profile: Profile, start: Start) -> None:
        super().__init__(profile, start, NoPoller(profile, start.facts))


def still(root: Path, shown: Overview, variables: Mapping[str, str] | None = None, *, asks: bool = False) -> ShimmyApp:
    """Return an app that shows this overview, in a terminal that says `variables` of itself."""
    profile = samples.profile(root, **{**TERMINAL, **(variables or {})})
    return Still(profile, Start(samples.FACTS, shown, asks=asks))


def living(
    root: Path,
    *,
    asks: bool = False,
    asking: bool = False,
    seconds: int | None = None,
    variables: Mapping[str, str] | None = None,
) -> ShimmyApp:
    """Return an app on a real profile below `root`, which it watches."""
    profile = samples.profile(root, **TERMINAL, **(variables or {}))
    shown = overview(profile, samples.FACTS)
    start = Start(samples.FACTS, shown, asks or asking, asking, seconds)
    if not shown.trouble:
        settings = read_settings(profile)
        start = start._replace(keys=settings.keys, theme=settings.theme)
    return app_for(profile, start)


def profile_of(root: Path) -> Profile:
    """Return the profile that `living` opens."""
    return samples.profile(root, **TERMINAL)


def with_a_report(root: Path) -> Profile:
    """Return the profile that `living` opens, with a yes and a report that is due."""
    profile = profile_of(root)
    decision = enable(profile).decision
    with store(profile) as db:
        outbox.add(db, samples.queued(consent_id=decision.consent_id, endpoint=decision.endpoint))
    return profile


def text(app: ShimmyApp) -> str:
    """Return what stands on the screen, a line a row, without trailing space; a question with the page behind it."""
    update = app.screen._compositor.render_update(full=True, screen_stack=app._background_screens)
    assert update is not None
    width, height = app.size
    console = Console(width=width, height=height, force_terminal=True, color_system=None, legacy_windows=False)
    drawn = "".join(segment.text for segment in console.render(update) if not segment.control)
    return "\n".join(row.rstrip() for row in drawn.split("\n"))


def read(app: ShimmyApp) -> str:
    """Return what a person reads on the screen, wherever its lines break."""
    return unwrapped(text(app))


async def press(pilot: Pilot[None], *keys: str) -> None:
    """Press keys one after the other, each when the one before has been handled."""
    for key in keys:
        send(pilot.app, key)
        await until_idle(pilot, working=True)


async def answer(pilot: Pilot[None], key: str) -> None:
    """Press a key that answers: the dialog has been shown long enough, and no other key comes close to it."""
    await pilot.pause(QUESTION_STANDS_SECONDS + 0.05)
    send(pilot.app, key)
    await settled(pilot)
    while awaits(pilot.app, SILENCE_SECONDS):
        await pilot.pause(0.01)
    await settled(pilot)


async def settled(pilot: Pilot[None]) -> None:
    """Wait until what was asked for is done and shown."""
    await until_idle(pilot)


async def until(pilot: Pilot[None], holds: Callable[[], bool], seconds: float = 10.0) -> None:
    """Wait until something holds. Raise `AssertionError` if it never does."""
    end = asyncio.get_running_loop().time() + seconds
    while not holds():
        app = pilot.app
        assert asyncio.get_running_loop().time() < end, text(app) if isinstance(app, ShimmyApp) else ""
        await pilot.pause(0.02)


def own_keys(root: Path, keys: Mapping[str, str]) -> None:
    """Write a person's own keys into the config of `profile_of(root)`, which holds a decision."""
    path = profile_of(root).config_path
    config = json.loads(path.read_text())
    config["metrics"]["keys"] = dict(keys)
    path.write_text(json.dumps(config))


def styles(app: ShimmyApp) -> set[Style]:
    """Return every style that reaches the terminal."""
    update = app.screen._compositor.render_update(full=True, screen_stack=app._background_screens)
    assert update is not None
    console = Console(width=app.size.width, height=app.size.height, legacy_windows=False)
    return {segment.style for segment in console.render(update) if segment.style is not None}


def focused_row(app: ShimmyApp) -> str:
    """Return the row of what has the focus, empty where nothing has."""
    return text(app).splitlines()[app.focused.region.y] if app.focused else ""
