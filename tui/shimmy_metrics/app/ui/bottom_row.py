"""The bottom row: which buttons and labels fit side by side, and the row itself."""

from collections.abc import Iterator, Sequence
from typing import Final

from textual.app import ComposeResult
from textual.containers import Container

from shimmy_metrics.app.keys import Button
from shimmy_metrics.app.terminal.glyphs import Glyphs
from shimmy_metrics.app.ui.key_button import KeyButton, labelled, show_buttons
from shimmy_metrics.app.ui.layout import Canvas
from shimmy_metrics.app.ui.lines import Lines
from shimmy_metrics.app.ui.text import length

GAP: Final = 2
"""Columns between two buttons, as the styles have it."""


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


class BottomRow(Container):
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
