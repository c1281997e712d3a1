"""What a field is, and what is never sent, as lines for a person. Pure."""

from collections.abc import Iterator, Mapping, Sequence

from shimmy_metrics.report.field import Field
from shimmy_metrics.report.kinds import closed_list
from shimmy_metrics.report.never import NEVER
from shimmy_metrics.wording.numbers import identifying, with_separators


def field_lines(field: Field, now: Mapping[str, str] | None = None) -> Iterator[str]:
    """Yield what a field is, and why it is there. `now` are values by field, to be shown as those of now."""
    yield f"  {field.name}: {field.kind.bounds}. {field.meaning}"
    if now is not None:
        yield f"    Now: {with_separators(now.get(field.name, 'not in this report'))}."
    words = closed_list(field.kind)
    if words:
        yield f"    Its words: {', '.join(words)}."
    yield f"    Why: {field.purpose}. Source: {field.source}. Reduced to: {field.coarsening}."
    yield f"    {identifying(field.bits)}"


def never_lines(never: Sequence[tuple[str, str]] = NEVER) -> Iterator[str]:
    """Yield what no report holds, or some of that, and what becomes of it instead."""
    yield "Never in a report:"
    for name, fate in never:
        yield f"  {name}: {fate}."
