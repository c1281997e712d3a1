"""The columns of a stored report: what the table of fields has, typed, with counts in powers of two. Pure.

A field's row in `report/` is all that makes a column here. The report's id has none: only its keyed hash is stored.
"""

from collections.abc import Callable
from datetime import date
from typing import Any, Final, NamedTuple

from shimmy_metrics.receiver.store import Value
from shimmy_metrics.report.field import Field
from shimmy_metrics.report.fields import FIELDS
from shimmy_metrics.report.kinds import Boolean, Day, Integer, IntegerRange, PowerOfTwo, Words


class Column(NamedTuple):
    """One column: its name, SQL type and field. `encode` makes its value from the field's, `text` words it."""

    name: str
    type: str
    field: Field
    encode: Callable[[Any], Value]
    text: Callable[[Any], str] = str

    @property
    def is_histogram(self) -> bool:
        """Whether its values are numbers of power-of-two buckets (`bucket`)."""
        return self.encode is bucket


def bucket(value: int | None) -> int | None:
    """Return the bucket of a count: 0 for 0, n for 2^(n-1) up to 2^n - 1; None for what was not measured."""
    return None if value is None else value.bit_length()


def bucket_text(number: int) -> str:
    """Return what a bucket holds, in words: `0`, `1`, `2-3`, `4-7`."""
    if number < 2:
        return f"{number}"
    return f"{2 ** (number - 1):,}-{2**number - 1:,}"


def _same(value: Value) -> Value:
    return value


def _number(value: bool | None) -> int | None:  # noqa: FBT001 - a column's value
    return None if value is None else int(value)


def _yes_or_no(value: int) -> str:
    return "yes" if value else "no"


def _day(value: str) -> str:
    return value[:10]


def _joined(value: list[str]) -> str:
    return " ".join(value)


def _column(field: Field) -> Column:
    match field.kind:
        case Integer():
            return Column(field.name, "INTEGER", field, bucket, bucket_text)
        case IntegerRange() | PowerOfTwo():
            return Column(field.name, "INTEGER", field, _same)
        case Boolean():
            return Column(field.name, "INTEGER", field, _number, _yes_or_no)
        case Day():
            return Column("day", "TEXT", field, _day)
        case Words():
            return Column(field.name, "TEXT", field, _joined)
        case _:
            return Column(field.name, "TEXT", field, _same)


_MADE: Final = [_column(field) for field in FIELDS if field.name != "session_id"]

COLUMNS: Final[tuple[Column, ...]] = tuple(sorted(_MADE, key=lambda column: column.name != "day"))
"""The report's own day first, then the fields in their order."""

PLACE: Final = {column.name: place for place, column in enumerate(COLUMNS)}
"""Where a column's value stands in `StoredRow.values`."""


def values_of(report: dict[str, Any]) -> tuple[Value, ...]:
    """Return the columns' values of a valid report. What its schema version lacks is None."""
    return tuple(_value(report, column) for column in COLUMNS)


def _value(report: dict[str, Any], column: Column) -> Value:
    field = column.field
    members = report[field.section] if field.section else report
    return column.encode(members[field.name]) if field.name in members else None


def day_of(values: tuple[Value, ...]) -> date:
    """Return the report's own day."""
    return date.fromisoformat(str(values[0]))
