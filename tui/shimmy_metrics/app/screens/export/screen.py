"""Export: what, how much, where to; a new file, never over another one; and a copy through the terminal.

Nothing is sent, changed or deleted by it, so its yes needs no wait.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Final

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widgets import Input

from shimmy_metrics.app.host import Host
from shimmy_metrics.app.keys import EXPORT, Button, called
from shimmy_metrics.app.screens.export.save import SaveRequest, SaveTarget, expand_home, home_relative
from shimmy_metrics.app.screens.pager.screen import PagerScreen, PagerText
from shimmy_metrics.app.ui.dialog import Dialog
from shimmy_metrics.app.ui.layout import Canvas
from shimmy_metrics.app.ui.question import Question
from shimmy_metrics.app.ui.text import BLANK, Line, Role, Span, line, strong, wrapped

_NEW: Final = "a new file" if sys.platform == "win32" else "a new file that only you can read"
"""On Windows its folder says who may read it."""

DELETED_TOO: Final = "Delete all deletes it too"
"""True of the proposed name: by it, and by what is in it, an export is known as one. Not by the demo, which looks for
none in the person's home."""


class ExportScreen(Dialog):
    """Asks which of the requests to save, the first unless another is chosen, and where; `target` is the answer."""

    BINDINGS: ClassVar[list[BindingType]] = [*EXPORT]

    def __init__(self, host: Host, requests: Sequence[SaveRequest]) -> None:
        super().__init__(host, Question("", "", "Yes, save it", "No"))
        self._requests = requests
        self.request = request = requests[0]
        """What is saved after a yes."""
        self._path = request.path
        self._place = Input(str(home_relative(request.path)), id="path", select_on_focus=False)
        self._place.display = False
        self.target: SaveTarget | None = None

    def lines(self) -> tuple[Line, ...]:
        """Return what is saved and where to, with a word about a file that is already there."""
        canvas = self.host.canvas()
        there = os.path.lexists(expand_home(self._path))
        request = self.request
        deleted_too = self._path == request.path and self.host.profile.home is not None
        goes = f"; {DELETED_TOO}" if deleted_too else ""
        taken = [line(Span("! is already there: choose another path", Role.BAD))]
        state = taken if there else wrapped(f"{_NEW}{goes}", canvas.width, role=Role.MUTED)
        size = f"{len(request.data):,} bytes"
        where = [*wrapped(f"to {home_relative(self._path)}", canvas.width, role=Role.STRONG), *state]
        if self._place.display:
            where = [BLANK, line(strong("Save it as:"))]
        what = f"{request.what}: {size} of JSON{f'. {request.proves}' if request.proves else ''}"
        found = [*wrapped(what, canvas.width), *self._other_days(canvas), *where]
        if canvas.height < len(found) + 3:
            return tuple(found[: max(canvas.height - 2, 1)])
        return (self.title_rule(canvas, request.title), *found, *(BLANK,) * (3 - len(found)))

    def below(self) -> ComposeResult:
        """Build the line for another path."""
        yield self._place

    def buttons(self) -> Sequence[Button]:
        """Return the answers; while a path is typed, the keys that are no letters of it."""
        if self._place.display:
            return (
                Button(called("enter"), "Take it", "screen.take"),
                Button(called("escape"), "Leave it", "screen.leave"),
            )
        other = (self.host.keys.button("export.other", "Other days"),) if len(self._requests) > 1 else ()
        return (
            self.host.keys.button("question.yes", "Yes, save it"),
            *other,
            self.host.keys.button("export.both", "Save and copy"),
            self.host.keys.button("export.look", "Look"),
            self.host.keys.button("export.path", "Other path"),
            self.host.keys.button("question.no", "No"),
        )

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether the action applies here: there may be no other days."""
        if action == "other" and len(self._requests) < 2:
            return False
        return super().check_action(action, parameters)

    def action_other(self) -> None:
        """Ask about the next days instead; a path that was typed stays."""
        before = self.request
        self.request = self._requests[(self._requests.index(before) + 1) % len(self._requests)]
        self._path = self.request.path if self._path == before.path else self._path
        self.draw()

    async def action_yes(self) -> None:
        """Save."""
        self.when_alone(lambda: self._want(copies=False))

    async def action_look(self) -> None:
        """Show the very bytes that would be saved; the question waits behind them."""
        size = f"{len(self.request.data):,} bytes"
        lines = self.request.data.decode(errors="replace").splitlines()
        await self.app.push_screen(
            PagerScreen(self.host, PagerText("What would be saved", "Exactly these bytes.", size, lines))
        )

    async def action_both(self) -> None:
        """Save, and copy the same bytes."""
        self.when_alone(lambda: self._want(copies=True))

    async def action_path(self) -> None:
        """Ask for another path."""
        self._place.display = True
        self._place.focus()
        await self.show_answers()

    @on(Input.Submitted)
    async def action_take(self) -> None:
        """Take the path; the question still waits for its answer."""
        if self._place.value.strip():
            self._path = Path(self._place.value.strip())
        await self.action_leave()

    async def action_leave(self) -> None:
        """Leave the line, and the path as it is."""
        self._place.display = False
        self.set_focus(None)
        await self.show_answers()

    async def on_key(self, event: events.Key) -> None:
        """Leave the path by Backspace on nothing, or by Esc."""
        leaves = event.key == "escape" or (event.key == "backspace" and not self._place.value)
        if self._place.has_focus and leaves:
            event.stop()
            event.prevent_default()
            await self.action_leave()

    def _other_days(self, canvas: Canvas) -> Sequence[Line]:
        """Return the days that can be chosen instead."""
        others = "; ".join(each.days for each in self._requests if each is not self.request)
        key = self.host.keys.of("export.other")
        return wrapped(f"{key}: {others}", canvas.width, role=Role.MUTED) if others else ()

    def _want(self, *, copies: bool) -> None:
        path = expand_home(self._path)
        if os.path.lexists(path):
            self.call_next(self.action_path)
            return
        self.target = SaveTarget(path, copies)
        _ = self.dismiss(result=True)
