"""What is read of a row, and that a row that is none of ours is damage."""

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from shimmy_metrics.errors import UserError
from shimmy_metrics.store.columns import blob, integer, moment, moment_or_none, read_rows
from shimmy_metrics.store.sqlite_errors import sqlite_errors
from support.samples import NOW


def _wrong_key(row: tuple[object, ...]) -> object:
    known: dict[object, object] = {}
    return known[row[0]]


@pytest.mark.parametrize(
    "read",
    [
        _wrong_key,
        lambda row: integer(row[0]),
        lambda row: blob(row[0]),
        lambda row: moment(row[0]),
        lambda row: moment_or_none(row[0]),
        lambda row: int(str(row[0])),
        lambda row: json.loads(str(row[0])),
        lambda row: row[0] + 1,
        lambda row: row[0].nothing,
    ],
)
def test_a_row_that_is_none_of_ours_is_damage(read: Callable[[tuple[object, ...]], object]) -> None:
    with pytest.raises(sqlite3.DatabaseError, match=r"^a malformed row$"):
        read_rows([("text",)], read)
    assert read_rows([("text",)], len) == [1]


def test_each_kind_of_column_is_read() -> None:
    assert read_rows([(7, b"x", NOW.isoformat(), None)], lambda row: row) == [(7, b"x", NOW.isoformat(), None)]
    assert (integer(7), blob(b"x"), moment(NOW.isoformat()), moment_or_none(NOW.isoformat())) == (7, b"x", NOW, NOW)
    assert moment_or_none(None) is None


def test_damage_within_a_value_is_told_as_damage(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is damaged"), sqlite_errors(tmp_path / "metrics.db"):
        read_rows([("text",)], lambda row: integer(row[0]))
