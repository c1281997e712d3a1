"""One answer of the screen of consent, as its line."""

from typing import Final, NamedTuple, Self

from shimmy_metrics.app.ui.layout import Canvas
from shimmy_metrics.app.ui.text import Line, Role, Span, at, placed, wrapped
from shimmy_metrics.consent.answer import Answer
from shimmy_metrics.wording.consent_question import AnswerText

_BESIDE: Final = 20
"""The column of the consequence where it stands beside the name."""

_ROOMY: Final = 56
"""Columns from which on it does."""


class Choice(NamedTuple):
    """One answer: the id of its key, the answer, its name, its consequence and, where there is one, a shorter one."""

    name: str
    answer: Answer
    label: str
    consequence: str
    brief: str = ""

    @classmethod
    def of(cls, name: str, text: AnswerText) -> Self:
        """Return an answer as it is offered, under the key with this id."""
        return cls(name, text.answer, text.label, text.consequence, text.brief)


def answer_lines(canvas: Canvas, choice: Choice) -> tuple[Line, ...]:
    """Return one answer: its letter, its name, its whole consequence. Neither weighs more than the other."""
    cells = (at(3, Span(canvas.keys.of(choice.name), Role.MARKED)), at(6, Span(choice.label, Role.NAME)))
    if canvas.width < _ROOMY:
        return (placed(canvas.width, *cells), *wrapped(choice.consequence, canvas.width, indent=6))
    (_, first), *rest = wrapped(choice.consequence, canvas.width, indent=_BESIDE)
    return (placed(canvas.width, *cells, at(_BESIDE, first)), *rest)


def answer_line(canvas: Canvas, choice: Choice) -> Line:
    """Return one answer in one row: with its consequence in few words, or as much of it as there is room for."""
    name = Span(choice.label, Role.NAME)
    consequence = choice.brief or choice.consequence
    return placed(canvas.width, at(1, Span(canvas.keys.of(choice.name), Role.MARKED)), at(3, name, f": {consequence}"))
