"""The rows of the screen of consent: about everything, or about new fields alone. Pure."""

from typing import Final, NamedTuple

from shimmy_metrics.actions.overview import Overview
from shimmy_metrics.app.screens.consent import renewal, view
from shimmy_metrics.app.screens.consent.choice import Choice, answer_lines
from shimmy_metrics.app.ui.frame import rule, tiny, title
from shimmy_metrics.app.ui.layout import READING, Canvas
from shimmy_metrics.app.ui.text import Line, line, muted, wrapped

HEAD: Final = 2
"""Title and rule."""

LOW: Final = 8
"""Rows below which there is no rule above the buttons."""


class ConsentRows(NamedTuple):
    """What stands on the screen: the head, the lines before the answers, the answers, the lines after them."""

    head: tuple[Line, ...]
    before: tuple[Line, ...]
    choices: tuple[Choice, ...]
    after: tuple[Line, ...]


def consent_rows(
    canvas: Canvas, overview: Overview | None, *, renewing: bool, starting: bool, seconds: int | None
) -> ConsentRows:
    """Return the rows. `renewing`: ask about new fields alone; `starting`: the server starts after the answer.

    `seconds` is what is left of the time in which a key is awaited, None if it is not counted down.
    """
    named = tiny(canvas, overview) if canvas.tiny else title(canvas, overview)
    head = named if canvas.height > 4 else named[:1]
    if overview is None:
        return ConsentRows(head, (line(muted(READING)),), (), view.after(canvas, None))
    if renewing:
        before = renewal.before(canvas, overview, seconds=seconds)
        return ConsentRows(head, before, renewal.choices(overview), renewal.after(canvas, overview))
    choices = view.choices(overview, starting=starting)
    return ConsentRows(head, view.before(canvas, overview, seconds=seconds), choices, view.after(canvas, overview))


def foot(canvas: Canvas, rows: ConsentRows, message: str) -> tuple[Line, ...]:
    """Return what stands above the buttons: a rule, which names the keys if not all fits, and the message."""
    lines = tuple(wrapped(message, canvas.width)) if message else ()
    if canvas.height < LOW:
        return lines[:1]
    answers = [each for choice in rows.choices for each in answer_lines(canvas, choice)]
    needed = len(rows.before) + len(answers) + len(rows.after) + HEAD + 2
    letters = " ".join(canvas.keys.of(choice.name) for choice in rows.choices)
    leaf = canvas.keys.of("page.leaf-down").lower()
    more = f"{letters}: answers; {leaf}: more" if needed > canvas.height else ""
    return (rule(canvas, more=more), *lines)
