"""A request's body, split into its reports, and a report into its fields.

Damaged bytes raise nothing: they hold no field. `orjson` is loaded with the first body: it takes half as long as
Python itself, with `dataclasses` and `uuid` behind it, and most commands meet none.
"""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Final, NamedTuple

from shimmy_metrics.report.fields import BY_NAME, FIELDS


class Member(NamedTuple):
    """A piece of a body, verbatim. The pieces joined are the body."""

    offset: int
    """Of its first byte."""
    text: str
    field: str
    """The name of the field in it; empty where no field is named."""


_MEMBER: Final = re.compile(rb'"(\w+)":')


def members(body: bytes) -> Iterator[Member]:
    """Yield a report's bytes in pieces that each begin with a field's name, the first with the opening brace.

    Bytes that name no field are one piece.
    """
    named = ((match.start(), match[1].decode()) for match in _MEMBER.finditer(body))
    starts = [(start, name) for start, name in named if name in BY_NAME]
    first = starts[0][1] if starts else ""
    for (begin, name), (end, _) in pairwise([(0, first), *starts[1:], (len(body), "")]):
        yield Member(begin, body[begin:end].decode("ascii", errors="replace"), name)


def split(body: bytes) -> list[bytes]:
    """Return the reports of a request's body, byte for byte: the body itself, or the elements of its array.

    An empty body holds none; damaged bytes are returned whole.
    """
    if not body.startswith(b"["):
        return [body] if body else []
    import orjson

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
    """Return a body's JSON value, or None where it is not JSON: a disk may have damaged it."""
    import orjson

    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None


def parsed_object(body: bytes) -> dict[str, Any]:
    """Return a body's JSON object, empty for any other value and for what is no JSON."""
    found = parsed(body)
    return found if isinstance(found, dict) else {}
