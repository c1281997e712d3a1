"""A report becomes a row: its id and its bytes leave nothing but keyed hashes. Pure."""

from hashlib import blake2b
from typing import Any, Final

from shimmy_metrics.receiver.columns import values_of
from shimmy_metrics.receiver.store import StoredRow

HASH_BYTES: Final = 8
"""Among 160 million ids (16 days of ten million) two are equal with a chance of less than one in a thousand."""


def key_of(report_id: str, hashing: bytes) -> bytes:
    """Return the key under which a report is stored: 8 bytes that only the holder of `hashing` can compute."""
    return blake2b(report_id.encode(), digest_size=HASH_BYTES, key=hashing).digest()


def stored_row(report: dict[str, Any], body: bytes, hashing: bytes) -> StoredRow:
    """Return the row of a valid report; `body` is its one byte form."""
    check = blake2b(body, digest_size=HASH_BYTES, key=hashing).digest()
    return StoredRow(key_of(report["session_id"], hashing), check, values_of(report))
