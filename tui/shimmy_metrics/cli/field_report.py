"""The fields that are wanted with their values, as lines for a person and as JSON for a program. Pure."""

from collections.abc import Iterator
from typing import Any

from shimmy_metrics.cli.field_lines import field_lines, never_lines
from shimmy_metrics.records import QueuedReport
from shimmy_metrics.report.bodies import field_values
from shimmy_metrics.report.field import Field
from shimmy_metrics.report.fields import FIELDS, grouped
from shimmy_metrics.report.kinds import closed_list
from shimmy_metrics.report.never import NEVER
from shimmy_metrics.report.search import found
from shimmy_metrics.wording.values import current_values


def all_fields_lines(report: QueuedReport) -> Iterator[str]:
    """Yield every field by its group, with its value in this report, and what is never sent."""
    yield f"{len(FIELDS)} fields are everything that could ever be sent. None holds free text."
    now = current_values(report)
    for group, fields in grouped():
        yield f"{group.value}:"
        for field in fields:
            yield from field_lines(field, now)
    yield from never_lines()


def matching_lines(report: QueuedReport, word: str) -> Iterator[str]:
    """Yield the fields, and what is never sent, that a search for a word finds."""
    now = current_values(report)
    fields, never = _with(word)
    for field in fields:
        yield from field_lines(field, now)
    if never:
        yield from never_lines(never)


def fields_json(body: bytes, basis: str, word: str = "") -> dict[str, Any]:
    """Return the fields that a search finds, each with its value in this report (null where it holds none).

    And so what is never sent; without a word it is all of both. `basis` says what the report is: a running session's,
    or an example.
    """
    now = field_values(body)
    fields, never = _with(word)
    return {
        "basis": basis,
        "fields": [
            {
                "name": field.path,
                "group": field.on_screen[0].value,
                "now": now.get(field.name),
                "bounds": field.kind.bounds,
                "words": list(closed_list(field.kind)) or None,
                "meaning": field.meaning,
                "source": field.source,
                "reduced_to": field.coarsening,
                "purpose": field.purpose,
                "identifying_bits": field.bits,
                "since_schema_version": field.since,
            }
            for field in fields
        ],
        "never": [{"what": name, "instead": fate} for name, fate in never],
    }


def _with(word: str) -> tuple[list[Field], list[tuple[str, str]]]:
    """Return the fields, and what is never sent, that a search finds."""
    hits = found(word)
    return [field for field in FIELDS if field.name in hits], [each for each in NEVER if each[0] in hits]
