"""Compare two reports field by field: added, removed, changed or the same.

Damaged bytes raise nothing: they hold no field.
"""

from enum import StrEnum
from typing import Final, NamedTuple

from shimmy_metrics.report.bodies import field_values
from shimmy_metrics.report.field import Field
from shimmy_metrics.report.fields import FIELDS


class Change(StrEnum):
    """How a field differs between two reports."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    SAME = "same"


NOT_COMPARED: Final = ("session_id", "timestamp")
"""Fields that are each report's own, and so tell nothing. Reports of one day have the same timestamp."""


class Difference(NamedTuple):
    """One field in two reports. `before` and `after` are JSON texts, empty where the report lacks the field."""

    field: Field
    change: Change
    before: str
    after: str


def compare(before: bytes | None, after: bytes) -> tuple[Difference, ...]:
    """Compare two sealed reports in the fields' order; without a base every field is added."""
    old = _values(before) if before is not None else {}
    new = _values(after)
    return tuple(_difference(field, old.get(field.name), new.get(field.name)) for field in FIELDS)


def differ(differences: tuple[Difference, ...]) -> tuple[Difference, ...]:
    """Return the differences that tell something: not the same, and not in a field that is each report's own."""
    return tuple(d for d in differences if d.change is not Change.SAME and d.field.name not in NOT_COMPARED)


def _values(body: bytes) -> dict[str, str]:
    import orjson  # see `bodies`

    return {name: orjson.dumps(value).decode() for name, value in field_values(body).items()}


def _difference(field: Field, before: str | None, after: str | None) -> Difference:
    if before == after:
        change = Change.SAME
    elif before is None:
        change = Change.ADDED
    elif after is None:
        change = Change.REMOVED
    else:
        change = Change.CHANGED
    return Difference(field, change, before or "", after or "")
