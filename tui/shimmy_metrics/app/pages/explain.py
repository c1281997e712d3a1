"""The drawer: the marked line explained, in three lines, or in all that is known about it."""

from typing import Final

from shimmy_metrics.app.lines import Line, Role, Span, at, line, muted, note, placed, strong, to, wrapped
from shimmy_metrics.app.pages.canvas import Canvas
from shimmy_metrics.report.fields import BY_NAME, NEVER, Field
from shimmy_metrics.report.population import bits

SHORT: Final = 3
"""Lines of the drawer that are always there."""


def explained(
    canvas: Canvas, key: str, value: str = "", measured: str = "", *, opened: bool = False
) -> tuple[Line, ...]:
    """Return what there is to say about a field or an entry of the never-list; the first three lines matter most."""
    if key in BY_NAME:
        return _field(canvas, BY_NAME[key], value, measured, "less" if opened else "more")
    fates = dict(NEVER)
    if key in fates:
        return (
            line(Span(key, Role.MARKED), muted("  never leaves")),
            *wrapped(f"{fates[key][:1].upper()}{fates[key][1:]}.", canvas.width),
        )
    return ()


def _field(canvas: Canvas, field: Field, value: str, measured: str, enter: str) -> tuple[Line, ...]:
    if canvas.narrow:
        return _narrow(canvas, field, value)
    known = bits(field.name)
    key = canvas.keys.of("page.explain")
    told = f"{known:.1f} identifying bits" if known else "identifies nothing"
    return (
        placed(
            canvas.width,
            at(1, Span(field.name, Role.MARKED)),
            at(len(field.name) + 3, strong(value)),
            to(canvas.width - 1, muted(field.kind.bounds), note=True),
        ),
        *wrapped(field.meaning, canvas.width)[:1],
        placed(
            canvas.width,
            at(1, muted("Asked for "), field.purpose, "."),
            note(canvas.width - 1 - len(f"{key}: {enter}"), Span(key, Role.ACCENT), muted(f": {enter}")),
        ),
        placed(canvas.width, at(1, muted("From "), field.source, ".")),
        placed(
            canvas.width,
            at(1, muted("Taken away: "), field.coarsening, "."),
            to(canvas.width - 1, muted(told), note=True),
        ),
        *((line(muted("Measured here: "), measured, "."),) if measured else ()),
    )


def _narrow(canvas: Canvas, field: Field, value: str) -> tuple[Line, ...]:
    told = (field.meaning, f"Asked for {field.purpose}.", f"From {field.source}.", f"Taken away: {field.coarsening}.")
    return (
        placed(canvas.width, at(1, Span(field.name, Role.MARKED)), at(len(field.name) + 3, strong(value))),
        *(each for sentence in told for each in wrapped(sentence, canvas.width)),
    )
