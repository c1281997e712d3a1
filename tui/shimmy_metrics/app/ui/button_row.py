"""Buttons of one row: a key's letter and what it does. Tab, Enter and a click reach what the key reaches."""

from collections.abc import Iterator, Sequence
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.events import Click
from textual.message import Message
from textual.widget import Widget

from shimmy_metrics.app.keys import Button
from shimmy_metrics.app.terminal.glyphs import Glyphs
from shimmy_metrics.app.ui.layout import Canvas
from shimmy_metrics.app.ui.lines import Lines
from shimmy_metrics.app.ui.text import Line, Role, Span, length, marked

GAP: Final = 2
"""Columns between two buttons, as the styles have it."""


class KeyButton(Lines, can_focus=True):
    """One action as a button."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "press", "press this button", show=False, id="button.press")
    ]

    class Pressed(Message):
        """The button was pressed, by Enter or by a click: never by its letter."""

        def __init__(self, button: Button) -> None:
            super().__init__()
            self.button = button

    def __init__(self, glyphs: Glyphs, button: Button, lines: tuple[Line, ...] = ()) -> None:
        super().__init__(glyphs, lines or (labelled(button),))
        self._button = button

    def relabel(self, button: Button, lines: tuple[Line, ...] = ()) -> None:
        """Become another button, which is cheaper than mounting a new one."""
        before, now = self.lines, lines or (labelled(button),)
        self._button = button
        self.show(now)
        if [*map(length, before)] != [*map(length, now)]:
            self.refresh(layout=True)

    @property
    def button(self) -> Button:
        """The button that is shown."""
        return self._button

    def row(self, y: int) -> Line:
        """Return the line; with the focus, a short button is reversed, and an answer gets the mark."""
        line = super().row(y)
        if not self.has_focus:
            return line
        if self.is_answer:
            return marked(_named(line), self._glyphs) if y == 0 else line
        return (Span("".join(span.text for span in line), Role.FOCUS),)

    @property
    def is_answer(self) -> bool:
        """Whether it is an answer among the content, over the whole width."""
        return not self.styles.is_auto_width

    def on_focus(self) -> None:
        """Show the focus."""
        self.refresh()

    def on_blur(self) -> None:
        """Show that the focus is gone."""
        self.refresh()

    def action_press(self) -> None:
        """Post the press."""
        self.post_message(self.Pressed(self._button))

    def on_click(self, event: Click) -> None:
        """Press it; a click does not move the focus."""
        event.stop()
        self.action_press()


def _named(line: Line) -> Line:
    """Return an answer's line with its bold label as the name, which the mark colours."""
    return tuple(span._replace(role=Role.NAME) if span.role is Role.STRONG else span for span in line)


def labelled(button: Button) -> Line:
    """Return the key in the accent and the label."""
    label = (Span(f" {button.label}"),) if button.label else ()
    return (Span(button.key, Role.MARKED), *label)


def fit_buttons(
    canvas: Canvas, buttons: Sequence[Button], common: Sequence[Button]
) -> tuple[Sequence[Button], Sequence[Button]]:
    """Return a screen's own buttons and the common ones as they fit side by side.

    With too little room the screen's own become short, where they can be. With less, every button keeps its key, and
    labels are given as far as the room goes: to the last common one (the way out) and the screen's first, to the one
    that lists every key, to the screen's others from the left, then to the other common ones. No label is cut: `Delete`
    instead of `Delete all` would be another action. Where not even every key has room, the screen's last ones go.
    """
    room = canvas.width - 3  # the margins, and the gap between the groups, which keeps a column
    words = [button._replace(label=button.short or button.label) for button in buttons]
    for own in (buttons, words):
        if buttons_width([*own, *common]) <= room:
            return own, common
    way_out = common[-1]
    shown = [button._replace(label="") for button in (*words, *common[:-1])]
    number = len(words)
    while number and buttons_width([*shown, way_out]) > room:
        number -= 1
        del shown[number]
    named = [*words[:number], *common[:-1]]
    own_places, common_places = range(number), range(number, len(named))
    for place in (*own_places[:1], *common_places[-1:], *own_places[1:], *common_places[:-1]):
        fuller = [*shown[:place], named[place], *shown[place + 1 :]]
        shown = fuller if buttons_width([*fuller, way_out]) <= room else shown
    return shown[:number], [*shown[number:], way_out]


def buttons_width(buttons: Sequence[Button]) -> int:
    """Return how many columns the buttons take side by side."""
    return sum(length(labelled(button)) for button in buttons) + GAP * (len(buttons) - 1)


async def show_buttons(
    place: Widget, glyphs: Glyphs, wanted: Sequence[tuple[Button, tuple[Line, ...]]], *, before: str | None = None
) -> None:
    """Show these buttons, each with its lines, in `place`; new ones are mounted `before` a widget there.

    Mounted buttons are relabelled, superfluous ones are hidden and none is removed. That is cheaper; and two draws at
    once, each awaiting its own removals, would leave the buttons of both.
    """
    mounted = list(place.query_children(KeyButton))
    for widget, (button, lines) in zip(mounted, wanted, strict=False):
        widget.relabel(button, lines)
        widget.display = True
    for widget in mounted[len(wanted) :]:
        widget.display = False
    more = [KeyButton(glyphs, button, lines) for button, lines in wanted[len(mounted) :]]
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
        """Build what is shown between the groups, beside the gap."""
        yield from ()

    async def show(self, left: Sequence[Button], right: Sequence[Button]) -> None:
        """Show these buttons from now on."""
        before = {"#left": self._left, "#right": self._right}
        self._left, self._right = tuple(left), tuple(right)
        for group, buttons in (("#left", self._left), ("#right", self._right)):
            if buttons != before[group]:
                await show_buttons(self.query_one(group), self._glyphs, [(button, ()) for button in buttons])

    def _buttons(self, buttons: Sequence[Button]) -> Iterator[KeyButton]:
        for button in buttons:
            yield KeyButton(self._glyphs, button)
