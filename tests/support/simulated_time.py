"""The app with a clock that a test moves. It never exits, and records what it would do."""

import asyncio
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from textual import events
from textual.app import App
from textual.pilot import Pilot
from textual.timer import Timer

from shimmy_metrics.actions.operator import OperatorAnswer
from shimmy_metrics.actions.overview import Overview
from shimmy_metrics.app.commands.consent import ConsentCommands
from shimmy_metrics.app.commands.files import FileCommands
from shimmy_metrics.app.commands.operator import OperatorCommands
from shimmy_metrics.app.commands.outbox import OutboxCommands
from shimmy_metrics.app.commands.recall import RecallCommands
from shimmy_metrics.app.commands.runner import Runner
from shimmy_metrics.app.commands.sessions import SessionCommands
from shimmy_metrics.app.messages import Answered, Done
from shimmy_metrics.app.preload import Start
from shimmy_metrics.app.screens.export.save import SaveRequest, SaveTarget
from shimmy_metrics.app.screens.report.subject import Subject
from shimmy_metrics.app.ui.question import Question
from shimmy_metrics.consent.answer import Answer
from shimmy_metrics.limits import ALONE_SECONDS, SILENCE_SECONDS
from shimmy_metrics.records import Departure, QueuedReport, Session
from support import opened, samples
from support.app_idle import busy, draw_now, has_messages, undrawn

LONGEST = 120.0


class Timed(opened.Still):
    """The app on a fixed overview, in simulated time. Nothing reaches a disk."""

    moment = 1_000.0

    def __init__(
        self, root: Path, shown: Overview, variables: Mapping[str, str] | None = None, *, asks: bool = False
    ) -> None:
        profile = samples.profile(root, **{**opened.TERMINAL, **(variables or {})})
        super().__init__(profile, Start(samples.FACTS, shown, asks=asks))
        self.commands.consent = NotedConsent(self)
        self.commands.files = NotedFiles(self)
        self.commands.operator = NotedOperator(self)
        self.commands.outbox = NotedOutbox(self)
        self.commands.recall = NotedRecall(self)
        self.commands.sessions = NotedSessions(self)
        self.decided: list[str] = []
        self.left = 0
        self.waiting: list[tuple[float, Callable[[], Any]]] = []

    def time(self) -> float:
        return self.moment

    def set_timer(self, delay: float, callback: Any = None, **more: Any) -> Timer:  # noqa: ANN401 - Textual's own
        if callback is None or delay not in (SILENCE_SECONDS, ALONE_SECONDS):
            return super().set_timer(delay, callback, **more)
        self.waiting.append((self.moment + delay, callback))
        return Timer(self, delay)

    async def pass_time(self, pilot: Pilot[None], seconds: float) -> None:
        """Let time pass, run the timers that are due by then, and wait until all is done, also what began before."""
        self.moment += seconds
        due = [callback for at, callback in self.waiting if at <= self.moment]
        self.waiting = [each for each in self.waiting if each[0] > self.moment]
        for callback in due:
            self.call_later(callback)
        await quiet(pilot)

    async def pass_idle_time(self, pilot: Pilot[None], seconds: float) -> None:
        """Let time pass over an idle app, which nothing but a timer that is due makes do something."""
        if self.waiting:
            await self.pass_time(pilot, seconds)
        else:
            self.moment += seconds

    def exit(self, *_: object, **__: object) -> None:
        self.left += 1

    def action_suspend_process(self) -> None:
        self.decided.append("suspend")

    def note(self, done: str) -> None:
        """Note what a command would do, and report it."""
        self.decided.append(done)
        self.post_message(Done(done))


class NotedConsent(ConsentCommands):
    """Notes answers instead of recording them."""

    def __init__(self, app: Timed) -> None:
        super().__init__(app, Runner(app))
        self._app = app

    def answer(self, answer: Answer) -> None:
        self._app.decided.append(answer.name)
        self._app.post_message(Answered(answer.name))


class NotedFiles(FileCommands):
    """Notes what would be saved, checked or deleted."""

    def __init__(self, app: Timed) -> None:
        super().__init__(app, Runner(app))
        self._app = app

    def export(self) -> None:
        self.ask_to_save(SaveRequest("Export everything kept here?", b"{}", "everything", Path("/no/such/file.json")))

    def save(self, request: SaveRequest, target: SaveTarget | None) -> None:
        self._app.note("copy" if target and target.copies else "save")

    def _copied(self, data: bytes, path: Path) -> str:
        self._app.decided.append("copy")
        return "copied"

    def validate(self) -> None:
        self._app.note("validate")

    def ask_to_forget(self) -> None:
        self._runner.ask(Question("Delete all of it?", "All of it.", "Yes, delete", "No, keep it"), self._forget)

    def _forget(self) -> None:
        self._app.note("forget")


class NotedOutbox(OutboxCommands):
    """Notes what would be released or deleted."""

    def __init__(self, app: Timed) -> None:
        super().__init__(app, Runner(app))
        self._app = app

    def release(self, subject: Subject, endpoint: str) -> None:
        self._app.note("release")

    def delete(self, report: QueuedReport) -> None:
        self._app.note("delete")


class NotedRecall(RecallCommands):
    """Notes what would be recalled."""

    def __init__(self, app: Timed) -> None:
        super().__init__(app, Runner(app))
        self._app = app

    def recall(self, departure: Departure, number: int) -> None:
        self._app.note("recall")


class NotedOperator(OperatorCommands):
    """Notes that a receiver would be asked who runs it."""

    def __init__(self, app: Timed) -> None:
        super().__init__(app, Runner(app))
        self._app = app

    def ask(self, asked: OperatorAnswer) -> None:
        self._app.note("operator")


class NotedSessions(SessionCommands):
    """Notes what would be deleted."""

    def __init__(self, app: Timed) -> None:
        super().__init__(app, Runner(app))
        self._app = app

    def delete(self, session: Session) -> None:
        self._app.note("delete session")


async def send(pilot: Pilot[None], *given: events.Event) -> None:
    """Send events to the app as its driver does, at the app's time, and wait until it is idle."""
    app = pilot.app
    assert isinstance(app, Timed)
    assert app._driver is not None
    for event in given:
        event.time = app.moment
        event.set_sender(app)
        app._driver.send_message(event)
    await quiet(pilot)


async def quiet(pilot: Pilot[None], passes: int = 3) -> None:
    """Wait until every message is handled, everything is drawn, and no thread acts; simulated time stands still."""
    calm, begun = 0, time.monotonic()
    while calm < passes:
        assert time.monotonic() - begun < LONGEST, f"{pilot.app.screen} is busy: {_awaited(pilot.app)}"
        acting = any(each.group != "poll" and each.is_running for each in pilot.app.workers)
        await asyncio.sleep(0.001 if acting else 0)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        draw_now(pilot.app)
        calm = 0 if acting or busy(pilot.app) else calm + 1


def key(name: str) -> events.Key:
    """Return the press of a key by Textual's name for it."""
    return events.Key(name, name if len(name) == 1 else None)


def clicked(x: int, y: int) -> tuple[events.MouseDown, events.MouseUp]:
    """Return a click with the left button at a place of the screen."""
    place = {"delta_x": 0, "delta_y": 0, "button": 1, "shift": False, "meta": False, "ctrl": False}
    return events.MouseDown(None, x, y, **place), events.MouseUp(None, x, y, **place)  # type: ignore[arg-type]  # its six are of their own types


def _awaited(app: App[None]) -> str:
    acting = [each for each in app.workers if each.is_running]
    return f"{undrawn(app)}, {acting}, {[each for each in (app, *app._registry) if has_messages(each)]}"
