"""A request's body, cut: into the reports it carries, and a report into the members that its fields are.

Bytes that a disk damaged are cut as well: they hold no field, and nothing is raised.
"""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Final, NamedTuple

import orjson

from shimmy_metrics.report.fields import BY_NAME, FIELDS


class Member(NamedTuple):
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
    named = ((match.start(), match[1].decode()) for match in _MEMBER.finditer(body))
    starts = [(start, name) for start, name in named if name in BY_NAME]
    first = starts[0][1] if starts else ""
    for (begin, name), (end, _) in pairwise([(0, first), *starts[1:], (len(body), "")]):
        yield Member(begin, body[begin:end].decode("ascii", errors="replace"), name)


def split(body: bytes) -> list[bytes]:
    """Return the sealed reports of a request's body: one, or the elements of its array, byte for byte.

    Empty for no body alone: damaged bytes are given back whole.
    """
    if not body.startswith(b"["):
        return [body] if body else []
    found = parsed(body)
    return [orjson.dumps(report) for report in found] if isinstance(found, list) and found else [body]


def field_values(body: bytes) -> dict[str, Any]:
    """Return a report's JSON values by field name; empty for bytes that are no report."""
    report = parsed_object(body)
    found: dict[str, Any] = {}
    for field in FIELDS:
        place = report.get(field.section) if field.section else report
        if isinstance(place, dict) and field.name in place:
            found[field.name] = place[field.name]
    return found


def parsed(body: bytes) -> Any:  # noqa: ANN401 - any JSON
    """Return a body's JSON value, or None for what is none: a disk damaged it."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None


def parsed_object(body: bytes) -> dict[str, Any]:
    """Return a body's JSON object, empty for any other value and for what is no JSON."""
    found = parsed(body)
    return found if isinstance(found, dict) else {}
