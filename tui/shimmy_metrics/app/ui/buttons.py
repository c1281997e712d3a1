"""Buttons of one row: a key's letter and what it does. Tab, Enter and a click reach what the key reaches."""

from collections.abc import Iterator, Sequence
from typing import ClassVar, Final, NamedTuple

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.events import Click
from textual.message import Message
from textual.widget import Widget

from shimmy_metrics.app.terminal.glyphs import Glyphs
from shimmy_metrics.app.ui.layout import Canvas
from shimmy_metrics.app.ui.lines import Lines
from shimmy_metrics.app.ui.text import Line, Role, Span, length, marked

GAP: Final = 2
"""Columns between two buttons, as the styles have it."""


class Button(NamedTuple):
    """What a button does: the key that does the same, its label, the action."""

    key: str
    label: str
    action: str


class KeyButton(Lines, can_focus=True):
    """One action as a button."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "press", "press this button", show=False, id="button.press")
    ]

    class Pressed(Message):
        """The button was pressed, by Enter or by a click: never by its letter."""

        def __init__(self, act: Button) -> None:
            super().__init__()
            self.act = act

    def __init__(self, glyphs: Glyphs, act: Button, lines: tuple[Line, ...] = ()) -> None:
        super().__init__(glyphs, lines or (labelled(act),))
        self._act = act

    def relabel(self, act: Button, lines: tuple[Line, ...] = ()) -> None:
        """Become another button: cheaper than to mount a new one."""
        before, now = self.lines, lines or (labelled(act),)
        self._act = act
        self.show(now)
        if [*map(length, before)] != [*map(length, now)]:
            self.refresh(layout=True)

    @property
    def act(self) -> Button:
        """What it does."""
        return self._act

    def row(self, y: int) -> Line:
        """Return the line; with the focus, a short button is reversed, and one of a page takes the mark."""
        line = super().row(y)
        if not self.has_focus:
            return line
        if self.is_answer:
            return marked(_named(line), self._glyphs) if y == 0 else line
        return (Span("".join(span.text for span in line), Role.FOCUS),)

    @property
    def is_answer(self) -> bool:
        """Whether it stands in a page, over the whole width."""
        return not self.styles.is_auto_width

    def on_focus(self) -> None:
        """Show the focus."""
        self.refresh()

    def on_blur(self) -> None:
        """Show that it is gone."""
        self.refresh()

    def action_press(self) -> None:
        """Press it."""
        self.post_message(self.Pressed(self._act))

    def on_click(self, event: Click) -> None:
        """Press it by the mouse; the pointer takes no focus along."""
        event.stop()
        self.action_press()


def _named(line: Line) -> Line:
    """Return an answer's line with its bold label as the name, which the mark colours."""
    return tuple(span._replace(role=Role.NAME) if span.role is Role.STRONG else span for span in line)


def labelled(act: Button) -> Line:
    """Return the key in the accent and the label."""
    label = (Span(f" {act.label}"),) if act.label else ()
    return (Span(act.key, Role.MARKED), *label)


def fitted(
    canvas: Canvas, buttons: Sequence[Button], common: Sequence[Button]
) -> tuple[Sequence[Button], Sequence[Button]]:
    """Return a screen's own buttons and the common ones as they fit side by side; every key has its place.

    Where there is too little room labels become a word; then the common ones between the first and the last give
    theirs up, which `?` tells; then a screen's own are handed out from the left.
    """
    room = canvas.width - 3  # the margins, and what is between the groups, which never shrinks away
    if taken([*buttons, *common]) <= room:
        return buttons, common
    words = [act._replace(label=act.label.partition(" ")[0]) for act in buttons]
    shared = [*common]
    for place in range(len(common) - 2, 0, -1):
        if taken([*words, *shared]) <= room:
            break
        shared[place] = shared[place]._replace(label="")
    fitting = [act._replace(label="") for act in words]
    for place, act in enumerate(words):
        named = [*fitting[:place], act, *fitting[place + 1 :]]
        fitting = named if taken([*named, *shared]) <= room else fitting
    return fitting, shared


def taken(buttons: Sequence[Button]) -> int:
    """Return how many columns buttons take beside each other."""
    return sum(length(labelled(act)) for act in buttons) + GAP * (len(buttons) - 1)


async def show_buttons(
    place: Widget, glyphs: Glyphs, wanted: Sequence[tuple[Button, tuple[Line, ...]]], *, before: str | None = None
) -> None:
    """Show these buttons, each with its lines, in `place`; those that are mounted anew stand `before` something.

    Buttons that stand there are relabelled, those too many hidden and none removed: that is cheaper, and two who draw
    at once, each waiting for its own removals, would leave the buttons of both.
    """
    consent = list(place.query_children(KeyButton))
    for button, (act, lines) in zip(consent, wanted, strict=False):
        button.relabel(act, lines)
        button.display = True
    for button in consent[len(wanted) :]:
        button.display = False
    more = [KeyButton(glyphs, act, lines) for act, lines in wanted[len(consent) :]]
    if more:
        await place.mount_all(more, before=before)


class ButtonRow(Container):
    """The bottom row: this screen's buttons at the left, the same five at the right on every screen."""

    def __init__(self, glyphs: Glyphs, left: Sequence[Button], right: Sequence[Button]) -> None:
        super().__init__(id="buttons")
        self._glyphs = glyphs
        self._left = tuple(left)
        self._right = tuple(right)

    def compose(self) -> ComposeResult:
        """Build both groups and what is between them."""
        with Container(id="left"):
            yield from self._buttons(self._left)
        yield from self.between()
        yield Lines(self._glyphs, id="gap")
        with Container(id="right"):
            yield from self._buttons(self._right)

    def between(self) -> ComposeResult:
        """Build what stands between the groups besides the gap."""
        yield from ()

    async def show(self, left: Sequence[Button], right: Sequence[Button]) -> None:
        """Show these buttons from now on."""
        before = {"#left": self._left, "#right": self._right}
        self._left, self._right = tuple(left), tuple(right)
        for group, buttons in (("#left", self._left), ("#right", self._right)):
            if buttons != before[group]:
                await show_buttons(self.query_one(group), self._glyphs, [(act, ()) for act in buttons])

    def _buttons(self, buttons: Sequence[Button]) -> Iterator[KeyButton]:
        for act in buttons:
            yield KeyButton(self._glyphs, act)
