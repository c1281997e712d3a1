"""Reports that keep every rule, and a fast path that reads them from the bytes of a request's body. Pure.

The one byte form leaves nothing open but the values. Cut behind each name, a report falls into pieces: a value's text,
and the next name. Values are coarse, so nearly every piece was read before: a report takes a tenth of what parsing and
checking it does.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from operator import getitem, itemgetter
from typing import Any, Final, NamedTuple

from shimmy_metrics.consent.state import SCHEMA_VERSION
from shimmy_metrics.receiver.columns import COLUMNS, Column, values_of
from shimmy_metrics.receiver.store import Value
from shimmy_metrics.report.build import arrange
from shimmy_metrics.report.kinds import UUID4

_PIECES_KEPT: Final = 1_024
"""Of each column: more than there are counts of two digits."""

_NAME_ENDS: Final = b'":'

_COLUMNS: Final = {column.field.name: column for column in COLUMNS}


class Accepted(NamedTuple):
    """A report that keeps every rule: its UUID, its only byte form, and a value for each of `COLUMNS`."""

    report_id: str
    body: bytes
    values: tuple[Value, ...]


def accept(report: dict[str, Any], body: bytes) -> Accepted:
    """Return a report that was found to keep every rule; `body` is its only byte form."""
    return Accepted(report["session_id"], body, values_of(report))


def read_accepted(body: bytes) -> list[Accepted] | None:
    """Return the reports of a body, in order; None unless it is their one byte form and each keeps every field's rule.

    How many there are is not limited, two may have the same id, and a day may be any.
    """
    if not body.startswith(b"["):
        report = _read(body)
        return None if report is None else [report]
    if not (body.startswith(b"[{") and body.endswith(b"}}]")):
        return None
    reports: list[Accepted] = []
    for inside in body[2:-3].split(b"}},{"):  # a report ends with its one section
        report = _read(b"{%b}}" % inside)
        if report is None:
            return None
        reports.append(report)
    return reports


class _Values(dict[bytes, Value]):
    """A column's value of each piece that was read: of its text, with `behind` behind it.

    A piece that is none raises `ValueError` or `RecursionError`, and is not kept.
    """

    def __init__(self, column: Column, behind: bytes) -> None:
        super().__init__()
        self._column = column
        self._behind = behind

    def __missing__(self, piece: bytes) -> Value:
        value = json.loads(piece.removesuffix(self._behind))
        violation = self._column.field.kind.violation(value)
        if violation is not None or json.dumps(value, separators=(",", ":")).encode() + self._behind != piece:
            raise ValueError("no value of this field, or not its one byte form")
        if len(self) >= _PIECES_KEPT:
            self.clear()
        self[piece] = self._column.encode(value)
        return self[piece]


class _Form(NamedTuple):
    """The one byte form of a schema version's reports: what its pieces are.

    The first is `begin`, the second the id, and each other one has a value in one of `values`. `arranged` puts these,
    with None behind them, into the order of `COLUMNS`.
    """

    begin: bytes
    report_id: re.Pattern[bytes]
    values: list[dict[bytes, Value]]
    arranged: Callable[[list[Value]], tuple[Value, ...]]


def _read(body: bytes) -> Accepted | None:
    pieces = body.split(_NAME_ENDS)
    for form in _FORMS:
        if len(pieces) == 2 + len(form.values) and pieces[0] == form.begin:
            named = form.report_id.fullmatch(pieces[1])
            try:
                values = [*map(getitem, form.values, pieces[2:])]
            except (KeyError, ValueError, RecursionError):
                continue
            if named is not None:
                values.append(None)
                return Accepted(named[1].decode(), body, form.arranged(values))
    return None


def _form(schema_version: int) -> _Form:
    _, *names = _names(arrange(schema_version, lambda field: field.name))
    begin, report_id, *pieces = json.dumps(arrange(schema_version, lambda _: 0), separators=(",", ":")).split('":')
    values: list[dict[bytes, Value]] = []
    places: dict[str, int] = {}
    unplaced = iter(names)
    for piece in pieces:
        values.append({piece.encode(): None})  # where a section begins, there is no value
        if piece.startswith("0"):
            name, behind = next(unplaced), piece[1:].encode()
            places[name] = len(values) - 1
            own = b"%d%b" % (schema_version, behind)
            values[-1] = {own: schema_version} if name == "schema_version" else _Values(_COLUMNS[name], behind)
    return _Form(
        begin.encode(),
        re.compile(f'"({UUID4.pattern})"{re.escape(report_id[1:])}'.encode()),
        values,
        itemgetter(*(places.get(name, len(values)) for name in _COLUMNS)),
    )


def _names(members: Mapping[str, Any]) -> Iterator[str]:
    for name, inner in members.items():
        if isinstance(inner, dict):
            yield from _names(inner)
        else:
            yield name


_FORMS: Final = [_form(version) for version in range(SCHEMA_VERSION, 0, -1)]
