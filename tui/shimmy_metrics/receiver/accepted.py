"""Reports that keep every rule, and a fast path that reads them from the bytes of a request's body. Pure.

The one byte form leaves nothing open but the values, so one pattern splits a report into their texts. Values are
coarse, so nearly every text was read before: a report takes a fifth of what parsing and checking it does.
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

_TEXTS_KEPT: Final = 1_024
"""Of each column: more than there are counts of two digits."""

_TEXT: Final = r"([^,{}\[\]]+|\[[^{}\[\]]*\])"
"""A number, a word or a list of words."""

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
        report = _read(body, 0)
        return [report] if report is not None and report.body == body else None
    reports: list[Accepted] = []
    at = 0
    while at < len(body) - 1:
        report = _read(body, at + 1)
        if report is None:
            return None
        reports.append(report)
        at += 1 + len(report.body)
        if body[at : at + 1] != b",":
            break
    return reports if body[at:] == b"]" else None


class _Values(dict[bytes, Value]):
    """A column's value of each text that was read. A text that is none raises `ValueError`, and is not kept."""

    def __init__(self, column: Column) -> None:
        super().__init__()
        self._column = column

    def __missing__(self, text: bytes) -> Value:
        value = json.loads(text)
        violation = self._column.field.kind.violation(value)
        if violation is not None or json.dumps(value, separators=(",", ":")).encode() != text:
            raise ValueError("no value of this field, or not its one byte form")
        if len(self) >= _TEXTS_KEPT:
            self.clear()
        self[text] = self._column.encode(value)
        return self[text]


class _Form(NamedTuple):
    """The one byte form of a schema version's reports.

    The pattern's groups are the id and the other values' texts, each for one of `values`. `arranged` puts what these
    have, with None behind it, into the order of `COLUMNS`.
    """

    pattern: re.Pattern[bytes]
    values: list[_Values]
    arranged: Callable[[list[Value]], tuple[Value, ...]]


def _read(body: bytes, start: int) -> Accepted | None:
    for form in _FORMS:
        match = form.pattern.match(body, start)
        if match is not None:
            report_id, *texts = match.groups()
            try:
                values = [*map(getitem, form.values, texts)]
            except ValueError:
                return None
            return Accepted(report_id.decode(), match[0], form.arranged([*values, None]))
    return None


def _form(schema_version: int) -> _Form:
    members = arrange(schema_version, lambda field: field.name)
    _, *names = _names(members)
    known = {"session_id": f'"({UUID4.pattern})"', "schema_version": f"({schema_version})"}
    places = {name: place for place, name in enumerate(names)}
    return _Form(
        re.compile(_pattern(members, known).encode()),
        [_VALUES[name] for name in names],
        itemgetter(*(places.get(name, len(names)) for name in _COLUMNS)),
    )


def _names(members: Mapping[str, Any]) -> Iterator[str]:
    for name, inner in members.items():
        if isinstance(inner, dict):
            yield from _names(inner)
        else:
            yield name


def _pattern(members: Mapping[str, Any], texts: Mapping[str, str]) -> str:
    inner = [
        f'"{name}":{_pattern(each, texts) if isinstance(each, dict) else texts.get(name, _TEXT)}'
        for name, each in members.items()
    ]
    return rf"\{{{','.join(inner)}\}}"


_VALUES: Final = {name: _Values(column) for name, column in _COLUMNS.items()}
_FORMS: Final = [_form(version) for version in range(SCHEMA_VERSION, 0, -1)]
