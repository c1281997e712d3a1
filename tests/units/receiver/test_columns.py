"""What is kept of a report: every field but its id, typed, counts in powers of two; and nothing that leads back."""

import json
import sqlite3
from contextlib import closing
from typing import Any, Final, get_args

from hypothesis import given
from hypothesis import strategies as st

from shimmy_metrics.limits import REQUESTS_MAX
from shimmy_metrics.receiver.accepted import accept
from shimmy_metrics.receiver.columns import COLUMNS, PLACE, bucket, bucket_text, day_of, values_of
from shimmy_metrics.receiver.row import HASH_BYTES, recall_of, stored_row
from shimmy_metrics.receiver.store import Value
from shimmy_metrics.report.build import build
from shimmy_metrics.report.fields import BY_NAME
from shimmy_metrics.report.population import population
from shimmy_metrics.report.seal import seal
from support.any_report import REPORTS
from support.stored import report

KEY: Final = st.binary(min_size=32, max_size=32)


def test_every_field_but_the_id_has_one_column_and_the_day_is_the_first() -> None:
    assert {column.field.name for column in COLUMNS} == BY_NAME.keys() - {"session_id"}
    assert len({column.name for column in COLUMNS}) == len(COLUMNS)
    assert COLUMNS[0].name == "day"
    assert [column.name for column in COLUMNS] == list(PLACE)


@given(REPORTS)
def test_a_row_has_each_field_s_value_as_a_database_keeps_it(made: dict[str, Any]) -> None:
    values = values_of(made)
    assert len(values) == len(COLUMNS)
    assert all(isinstance(value, get_args(Value)) for value in values)
    assert day_of(values).isoformat() == made["timestamp"][:10]
    with closing(sqlite3.connect(":memory:")) as database:
        types = ", ".join(f'"{column.name}" {column.type}' for column in COLUMNS)
        database.execute(f"CREATE TABLE reports ({types})")
        database.execute(f"INSERT INTO reports VALUES ({', '.join('?' * len(values))})", values)
        assert database.execute("SELECT * FROM reports").fetchone() == values
    for column, value in zip(COLUMNS, values, strict=True):
        field = column.field
        sent = (made[field.section] if field.section else made)[field.name]
        match sent:
            case None:
                assert value is None
            case bool():
                assert value == int(sent)
            case list():
                assert str(value).split() == sent
            case int() if column.is_histogram:
                assert isinstance(value, int)
                assert (sent == 0) if value == 0 else (2 ** (value - 1) <= sent < 2**value)
            case str() if column.name == "day":
                assert sent == f"{value}T00:00:00Z"
            case _:
                assert value == sent


@given(REPORTS, KEY, KEY)
def test_neither_the_id_nor_a_count_nor_an_unkeyed_hash_is_in_a_row(
    made: dict[str, Any], key: bytes, other: bytes
) -> None:
    body = seal(made).body  # the members stand in the table's order
    row = stored_row(accept(made, body), (key,))
    assert len(row.key) == len(row.check) == HASH_BYTES
    assert row.key != row.check
    assert row == stored_row(accept(made, body), (key,))
    assert made["session_id"] not in map(str, row.values)
    assert recall_of(made["session_id"], (key,)).keys == row.keys
    if key != other:
        under_other = stored_row(accept(made, body), (other,))
        assert (under_other.key, under_other.check) != (row.key, row.check)
        rotated = stored_row(accept(made, body), (other, key))
        assert rotated.older == ((row.key, row.check),)
        assert rotated.keys == (under_other.key, row.key)


def test_the_check_tells_every_byte_apart() -> None:
    made = report()
    body = seal(made).body
    row = stored_row(accept(made, body), (bytes(32),))
    for at in range(len(body)):
        changed = body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]
        again = stored_row(accept(made, changed), (bytes(32),))
        assert again.key == row.key
        assert again.check != row.check


@given(st.integers(0, REQUESTS_MAX))
def test_a_bucket_s_words_name_the_bounds_that_hold_the_count(count: int) -> None:
    number = bucket(count)
    assert number is not None
    lowest, _, highest = bucket_text(number).replace(",", "").partition("-")
    assert int(lowest) <= count <= int(highest or lowest)
    assert bucket(int(highest or lowest) + 1) == number + 1


def test_what_is_not_measured_has_no_bucket() -> None:
    assert bucket(None) is None


def test_reports_of_machines_as_they_are_become_rows() -> None:
    rows = [values_of(json.loads(seal(build(each)).body)) for each in population(300)]
    for column, place in PLACE.items():
        assert any(row[place] is not None for row in rows), column


def test_what_an_earlier_schema_lacks_is_none() -> None:
    made = report()
    del made["metrics"]["gpu_vendor"]
    assert values_of(made)[PLACE["gpu_vendor"]] is None
