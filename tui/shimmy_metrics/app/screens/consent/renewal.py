"""The question about fields that are new since a yes: these fields, and three answers. Pure."""

from shimmy_metrics.actions.overview import Overview
from shimmy_metrics.app.screens.consent.answer_line import Choice
from shimmy_metrics.app.ui.layout import Canvas
from shimmy_metrics.app.ui.text import BLANK, Line, Role, Span, at, line, muted, placed, strong, wrapped
from shimmy_metrics.report.field import Field
from shimmy_metrics.report.fields import FIELDS
from shimmy_metrics.wording.consent_question import new_fields_answers, new_fields_question, no_key
from shimmy_metrics.wording.values import values


def choices(overview: Overview) -> tuple[Choice, ...]:
    """Return the three answers, each with its consequence in numbers."""
    add, leave, later = new_fields_answers(len(overview.news), agreed(overview))
    return (
        Choice.of("consent.enable", add),
        Choice.of("consent.decline", leave),
        Choice.of("consent.later", later),
    )


def before(canvas: Canvas, overview: Overview, *, seconds: int | None = None) -> tuple[Line, ...]:
    """Return the lines before the answers: the question, and each new field with its value from here.

    `seconds` is what is left of the time in which a key is awaited.
    """
    now = values(overview.example.body)
    asked = wrapped(new_fields_question(len(overview.news)), canvas.width, role=Role.STRONG)
    if seconds is not None:
        asked.append(line(muted(no_key(seconds))))
    fields = [each for field in overview.news for each in (BLANK, *_field(canvas, field, now.get(field.name, "")))]
    return (*asked, *fields)


def after(canvas: Canvas, overview: Overview) -> tuple[Line, ...]:
    """Return the line after the answers."""
    fields, page_key = canvas.keys.of("consent.fields"), canvas.keys.of("app.consent")
    sentence = (
        f"The {agreed(overview)} fields you agreed to are sent as before ({fields} lists every field). "
        f"All other answers: {page_key}."
    )
    return (BLANK, *wrapped(sentence, canvas.width, role=Role.MUTED))


def agreed(overview: Overview) -> int:
    """Return how many fields the yes covers."""
    return len(FIELDS) - len(overview.news)


def _field(canvas: Canvas, field: Field, value: str) -> tuple[Line, ...]:
    sign = (Span("+", Role.GOOD), muted(" added"))
    if canvas.narrow:
        head = line(Span("+ ", Role.GOOD), strong(field.name), " ", value)
    else:
        head = placed(canvas.width, at(3, *sign), at(14, strong(field.name)), at(38, value))
    sentences = (f"{field.meaning} Why: {field.purpose}.", f"Source: {field.source}.", f"Values: {field.kind.bounds}.")
    indent = 3 if canvas.narrow else 14
    return (head, *(each for sentence in sentences for each in wrapped(sentence, canvas.width, indent=indent)))
