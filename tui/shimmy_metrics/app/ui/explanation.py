"""The marked field explained: in the drawer's three lines, or with all that is known about it."""

from collections.abc import Iterator, Mapping

from shimmy_metrics.app.ui.layout import Canvas
from shimmy_metrics.app.ui.text import Line, Role, Span, at, length, line, muted, note, placed, strong, to, wrapped
from shimmy_metrics.report.field import Field
from shimmy_metrics.report.fields import BY_NAME
from shimmy_metrics.report.kinds import closed_list
from shimmy_metrics.report.never import NEVER
from shimmy_metrics.wording.numbers import identifying


def explained_field(
    canvas: Canvas, mark: str, sent: Mapping[str, str], measured: Mapping[str, str], *, expanded: bool
) -> tuple[Line, ...]:
    """Return the explanation of a field or of an entry of the never-list, with the field's values by its name.

    `mark` is the key of its row. It takes three lines; all that is known about a field, if `expanded`. For anything
    else it is empty.
    """
    name = mark.partition(" (")[0]  # a number follows the fields of a request's second report and on
    if name in BY_NAME:
        field, value = BY_NAME[name], sent.get(name, "")
        return tuple(_whole(canvas, field, value, measured.get(name, ""))) if expanded else _short(canvas, field, value)
    fates = dict(NEVER)
    if name in fates:
        return (
            *headed(canvas, name, "never sent"),
            *wrapped(f"{fates[name][:1].upper()}{fates[name][1:]}.", canvas.width),
        )
    return ()


def headed(canvas: Canvas, name: str, note: str) -> Iterator[Line]:
    """Yield the name of what is marked and a note: on one line, or the note below where there is no room."""
    head = line(Span(name, Role.MARKED), muted(f"  {note}"))
    if length(head) < canvas.width:
        yield head
        return
    yield line(Span(name, Role.MARKED))
    yield from wrapped(note, canvas.width, role=Role.MUTED)


def _short(canvas: Canvas, field: Field, value: str) -> tuple[Line, ...]:
    head = (at(1, Span(field.name, Role.MARKED)), at(len(field.name) + 3, strong(value)))
    if canvas.narrow:
        sentences = (field.meaning, f"Why: {field.purpose}.")
        return (placed(canvas.width, *head), *(each for part in sentences for each in wrapped(part, canvas.width)))
    key = canvas.keys.of("page.explain")
    return (
        placed(canvas.width, *head, to(canvas.right, muted(field.kind.bounds), note=True)),
        placed(canvas.width, at(1, field.meaning)),
        placed(
            canvas.width,
            at(1, muted("Why: "), field.purpose, "."),
            note(canvas.right - len(f"{key}: more"), Span(key, Role.ACCENT), muted(": more")),
        ),
    )


def _whole(canvas: Canvas, field: Field, value: str, measured: str) -> Iterator[Line]:
    """Yield all that is known, uncut: what does not fit beside something comes below it."""
    name = Span(field.name, Role.MARKED)
    if len(field.name) + len(value) + 4 <= canvas.width - 1:
        yield from _beside(canvas, (name, Span("  "), strong(value)), (muted(field.kind.bounds),))
    else:
        yield from _beside(canvas, (name,), (muted(field.kind.bounds),))
        yield from wrapped(value, canvas.width, role=Role.STRONG)
    yield from wrapped(field.meaning, canvas.width)
    less = () if canvas.aside else (Span(canvas.keys.of("page.explain"), Role.ACCENT), muted(": less"))
    yield from _labelled(canvas, "Why: ", field.purpose, less, optional=True)
    yield from _labelled(canvas, "Source: ", field.source)
    yield from _labelled(canvas, "Reduced to: ", field.coarsening)
    yield from wrapped(identifying(field.bits), canvas.width, role=Role.MUTED)
    words = ", ".join(closed_list(field.kind))
    if words:
        yield from _labelled(canvas, "Its words: ", words)
    if measured:
        yield from _labelled(canvas, "Value here: ", measured)


def _labelled(canvas: Canvas, label: str, text: str, beside: Line = (), *, optional: bool = False) -> Iterator[Line]:
    if len(label) + len(text) + 1 <= canvas.right - 1:
        yield from _beside(canvas, (muted(label), Span(f"{text}.")), beside, optional=optional)
        return
    yield from wrapped(f"{label}{text}.", canvas.width)
    if beside and not optional:
        yield line(*beside)


def _beside(canvas: Canvas, left: Line, right: Line, *, optional: bool = False) -> Iterator[Line]:
    if right and length(left) + length(right) + 2 <= canvas.right:
        yield placed(canvas.width, at(1, *left), to(canvas.right, *right))
        return
    yield line(*left)
    if right and not optional:
        yield from wrapped("".join(span.text for span in right), canvas.width, role=Role.MUTED)
