"""The cluster's two tables, as SQL text, and their rows in ClickHouse's tab-separated form. Pure.

A report's key is the table's order; among copies of one the first arrival stays, whichever receiver took it: `FINAL`
reads so, and merges make it so. A day of arrival is a partition, so that it is dropped whole. Each has a canary.
"""

import re
from collections.abc import Sequence
from datetime import date
from typing import Final

from shimmy_metrics.receiver.columns import COLUMNS, Column
from shimmy_metrics.receiver.store import Value

REPORTS: Final = "reports"
RECALLED: Final = "recalled"

_TYPES: Final = {"INTEGER": "Nullable(Int64)", "TEXT": "Nullable(String)"}
_ESCAPES: Final = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\0": "\\0", "\b": "\\b", "\f": "\\f"}
_MEANINGS: Final = {escaped: each for each, escaped in _ESCAPES.items()} | {"\\'": "'"}
_NULL: Final = "\\N"

NAMES: Final = ", ".join(f"`{column.name}`" for column in COLUMNS)


def zookeeper_folder(database: str) -> str:
    """Return where the replicas keep what they share; each shard has a folder of its own in it."""
    return f"/shimmy-metrics/{database}"


def create(database: str) -> list[str]:
    """Return what makes the tables on a server that lacks them. Its macros tell its shard and replica."""
    columns = ", ".join(column_definition(column) for column in COLUMNS)
    own_columns = "arrived Date, key UInt64, canary String, earlier UInt16 DEFAULT 65535 - toUInt16(arrived)"
    engine = "ENGINE = ReplicatedReplacingMergeTree"
    return [
        f"CREATE DATABASE IF NOT EXISTS {database}",
        f"CREATE TABLE IF NOT EXISTS {database}.{REPORTS} ({own_columns}, {columns}) "
        f"{engine}({_place(database, REPORTS)}, earlier) PARTITION BY arrived ORDER BY key",
        f"CREATE TABLE IF NOT EXISTS {database}.{RECALLED} (day Date, key UInt64) "
        f"{engine}({_place(database, RECALLED)}) PARTITION BY day ORDER BY key",
    ]


def column_definition(column: Column) -> str:
    """Return a column's name and type."""
    return f"`{column.name}` {_TYPES[column.type]}"


def text(value: str) -> str:
    """Return a string as a literal."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def number(key: bytes) -> int:
    """Return the number as which a key of 8 bytes is stored: in the same order."""
    return int.from_bytes(key)


def key(stored: int) -> bytes:
    """Return the key that is stored as this number."""
    return stored.to_bytes(8)


def own(database: str) -> str:
    """Return the condition by which ClickHouse's own tables tell of the reports' table."""
    return f"database = {text(database)} AND table = '{REPORTS}'"


def is_canary(canary: bytes) -> str:
    """Return the condition that is true of this canary's row alone."""
    return f"canary = unhex('{canary.hex()}')"


def canary_row(day: date, canary: bytes) -> str:
    """Return the row of a day's canary, as SQL: its columns are `arrived`, `key` and `canary`."""
    return f"('{day}', {number(canary[:8])}, unhex('{canary.hex()}'))"


def recalled_row(day: date, key: bytes) -> bytes:
    """Return the row of a recall: its columns are `day` and `key`."""
    return f"{day}\t{number(key)}\n".encode()


def report_row(day: date, key: bytes, values: Sequence[Value]) -> bytes:
    """Return the row of a report that arrived on `day`: its columns are `arrived`, `key` and `NAMES`."""
    cells = [day.isoformat(), str(number(key)), *map(_cell, values)]
    return ("\t".join(cells) + "\n").encode()


def report_values(cells: Sequence[str]) -> tuple[Value, ...]:
    """Return the values of the columns `NAMES`."""
    return tuple(_value(column, cell) for column, cell in zip(COLUMNS, cells, strict=True))


def _place(database: str, table: str) -> str:
    return f"'{zookeeper_folder(database)}/{{shard}}/{table}', '{{replica}}'"


def _cell(value: Value) -> str:
    if value is None:
        return _NULL
    return "".join(_ESCAPES.get(each, each) for each in value) if isinstance(value, str) else str(int(value))


def _value(column: Column, cell: str) -> Value:
    if cell == _NULL:
        return None
    if column.type == "INTEGER":
        return int(cell)
    return re.sub(r"\\.", lambda found: _MEANINGS.get(found[0], found[0][1:]), cell) if "\\" in cell else cell
