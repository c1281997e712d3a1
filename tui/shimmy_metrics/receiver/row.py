"""A report becomes a row: its id and its bytes leave nothing but keyed hashes. Pure."""

from functools import cache
from hashlib import blake2b
from typing import Final

from shimmy_metrics.receiver.accepted import Accepted
from shimmy_metrics.receiver.store import Recall, StoredRow

Hashing = tuple[bytes, ...]
"""The hashing keys in use: the newest first, behind it those of the last 16 days."""

HASH_BYTES: Final = 8
"""Among 160 million ids (16 days of ten million) two are equal with a chance of less than one in a thousand."""


def stored_row(report: Accepted, hashing: Hashing) -> StoredRow:
    """Return a report's row."""
    report_id = report.report_id.encode()
    newest, *before = hashing
    older = [(_hash(report_id, each), _hash(report.body, each)) for each in before]
    return StoredRow(_hash(report_id, newest), _hash(report.body, newest), report.values, tuple(older))


def recall_of(report_id: str, hashing: Hashing) -> Recall:
    """Return the recall of the report with this id."""
    key, *older = (_hash(report_id.encode(), each) for each in hashing)
    return Recall(key, tuple(older))


def _hash(data: bytes, key: bytes) -> bytes:
    made = _keyed(key).copy()
    made.update(data)
    return made.digest()


@cache
def _keyed(key: bytes) -> blake2b:
    """Return the beginning of each hash under a key, which takes as long as the rest."""
    return blake2b(digest_size=HASH_BYTES, key=key)
