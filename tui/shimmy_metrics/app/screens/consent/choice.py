"""One answer of the screen of consent, as its line."""

from typing import NamedTuple

from shimmy_metrics.app.ui.layout import Canvas
from shimmy_metrics.app.ui.text import Line, Role, Span, at, muted, placed, wrapped
from shimmy_metrics.consent.answer import Answer


class Choice(NamedTuple):
    """One answer: the id of its key, the answer, its name and its consequence."""

    name: str
    answer: Answer
    label: str
    consequence: str


def answer_lines(canvas: Canvas, choice: Choice) -> tuple[Line, ...]:
    """Return one answer: its letter, its name, its consequence."""
    cells = (at(3, Span(canvas.keys.of(choice.name), Role.MARKED)), at(6, Span(choice.label, Role.STRONG)))
    if canvas.width < 80:
        lines = wrapped(choice.consequence, canvas.width, indent=6, role=Role.MUTED)
        return (placed(canvas.width, *cells), *lines)
    return (placed(canvas.width, *cells, at(20, muted(choice.consequence))),)
