"""Two reports, field by field: what was added, removed, changed, or is the same. And a body, cut into its members.

Bytes that a disk damaged are looked at here as well: they hold no field, and nothing is raised.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import orjson

from shimmy_metrics.report.fields import FIELDS, Field


class Change(StrEnum):
    """What became of a field between two reports."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    SAME = "same"


ALWAYS_NEW: Final = ("session_id", "timestamp")
"""These differ in every report and tell nothing about what is new."""


@dataclass(frozen=True, slots=True)
class Difference:
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
    """Return those that are not the same and not new in every report."""
    return tuple(d for d in differences if d.change is not Change.SAME and d.field.name not in ALWAYS_NEW)


@dataclass(frozen=True, slots=True)
class Member:
    """A piece of a body, verbatim, with the offset of its first byte. The pieces joined are the body."""

    offset: int
    text: str
    field: str
    """The name of the field that stands in it."""


_MEMBER: Final = re.compile(rb'"(\w+)":')


def members(body: bytes) -> Iterator[Member]:
    """Cut a report's bytes before each field's name; punctuation stays with the field before it.

    Bytes in which no field is named are one piece.
    """
    names = {field.name for field in FIELDS}
    starts: list[tuple[int, str]] = []
    for match in _MEMBER.finditer(body):
        name = match[1].decode()
        if name in names:
            starts.append((match.start(), name))
    starts = starts or [(0, "")]
    ends = [*(start for start, _ in starts[1:]), len(body)]
    for index, ((start, name), end) in enumerate(zip(starts, ends, strict=True)):
        begin = 0 if index == 0 else start
        yield Member(begin, body[begin:end].decode("ascii", errors="replace"), name)


def split(body: bytes) -> list[bytes]:
    """Return the sealed reports of a request's body: one, or the elements of its array, byte for byte.

    Empty for no body alone: damaged bytes are given back whole.
    """
    if not body.startswith(b"["):
        return [body] if body else []
    found = _parsed(body)
    return [orjson.dumps(report) for report in found] if isinstance(found, list) and found else [body]


def _values(body: bytes) -> dict[str, str]:
    report = _parsed(body)
    found: dict[str, str] = {}
    for field in FIELDS if isinstance(report, dict) else ():
        place = report.get(field.section) if field.section else report
        if isinstance(place, dict) and field.name in place:
            found[field.name] = orjson.dumps(place[field.name]).decode()
    return found


def _parsed(body: bytes) -> Any:  # noqa: ANN401 - any JSON, or None for what is none
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None


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
