"""A button: a key's letter and what it does. Tab, Enter and a click reach what the key reaches."""

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.events import Click
from textual.message import Message
from textual.widget import Widget

from shimmy_metrics.app.keys import Button
from shimmy_metrics.app.terminal.glyphs import Glyphs
from shimmy_metrics.app.ui.lines import Lines
from shimmy_metrics.app.ui.text import Line, Role, Span, length, marked


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
