"""Receipts as a hash chain: each link is the SHA-256 of the one before and of this receipt's own content.

The chain shows damage and careless edits, no more: whoever can write the file can also compute a new chain.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from shimmy_metrics.limits import RECEIPTS
from shimmy_metrics.records import Outcome, Receipt
from shimmy_metrics.report.seal import digest
from shimmy_metrics.store.database import Database, Row, read_rows

_COLUMNS: Final = "id, at, endpoint, body, sha256, status, outcome, reports, link, note"


def append(
    db: Database,
    *,
    at: datetime,
    endpoint: str = "",
    body: bytes = b"",
    status: int = 0,
    outcome: Outcome | None = None,
    reports: int = 0,
    note: str = "",
) -> None:
    """Add a receipt for a delivery, or a `note` of something that never left; receipts beyond the limit fold."""
    sha256 = digest(body) if body else ""
    row = (at.isoformat(), endpoint, sha256, status, outcome.value if outcome else None, reports, note)
    link = _link(_last_link(db), row)
    db.execute(
        "INSERT INTO receipts (at, endpoint, body, sha256, status, outcome, reports, note, link) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (row[0], endpoint, body, *row[2:], link),
    )
    _fold(db)


def everything(db: Database) -> list[Receipt]:
    """Return receipts and notes, newest first."""
    return _read(db.execute(f"SELECT {_COLUMNS} FROM receipts ORDER BY id DESC"))  # noqa: S608 - the column names above


def remove_all(db: Database) -> int:
    """Delete every receipt and note; return how many there were."""
    return db.execute("DELETE FROM receipts").rowcount


def unchanged(db: Database, known: Sequence[Receipt]) -> bool:
    """Whether what was read before, newest first, is all there is: receipts come, fold and go, but none changes."""
    found = db.execute("SELECT count(*), min(id), max(id) FROM receipts").fetchone()
    if not known:
        return bool(found[0] == 0)
    return bool(found == (len(known), known[-1].id, known[0].id) and _last_link(db) == known[0].link)


def broken(held: Sequence[Receipt]) -> list[int]:
    """Return the ids of those whose link or digest is not what their content gives. They come newest first."""
    faulty: list[int] = []
    previous = ""
    for place, receipt in enumerate(reversed(held)):
        row = (
            receipt.at.isoformat(),
            receipt.endpoint,
            receipt.sha256,
            receipt.status,
            receipt.outcome.value if receipt.outcome else None,
            receipt.reports,
            receipt.note,
        )
        folded = place == 0 and receipt.note.startswith(_FOLDED)
        whole = receipt.sha256 == (digest(receipt.body) if receipt.body else "")
        if not whole or (not folded and receipt.link != _link(previous, row)):
            faulty.append(receipt.id)
        previous = receipt.link
    return faulty


_FOLDED: Final = "older receipts: "


def _fold(db: Database) -> None:
    """Keep the newest `RECEIPTS`; those before become one link, which carries on their last link and their number."""
    count = db.execute("SELECT count(*) FROM receipts").fetchone()[0]
    if count <= RECEIPTS + 1:
        return
    old = _read(db.execute(f"SELECT {_COLUMNS} FROM receipts ORDER BY id LIMIT ?", (count - RECEIPTS,)))  # noqa: S608
    number = sum(int(each.note.removeprefix(_FOLDED)) if each.note.startswith(_FOLDED) else 1 for each in old)
    last = old[-1]
    db.execute("DELETE FROM receipts WHERE id < ?", (last.id,))
    db.execute(
        "UPDATE receipts SET body = x'', sha256 = '', endpoint = '', status = 0, outcome = NULL, reports = 0, note = ? "
        "WHERE id = ?",
        (f"{_FOLDED}{number}", last.id),
    )


def _last_link(db: Database) -> str:
    row = db.execute("SELECT link FROM receipts ORDER BY id DESC LIMIT 1").fetchone()
    return row[0] if row else ""


def _link(previous: str, row: tuple[object, ...]) -> str:
    return hashlib.sha256(json.dumps([previous, *row]).encode()).hexdigest()


def _read(rows: Iterable[Row]) -> list[Receipt]:
    return read_rows(rows, _receipt)


def _receipt(row: Row) -> Receipt:
    number, at, endpoint, body, sha256, status, outcome, reports, link, note = row
    assert isinstance(number, int)
    assert isinstance(status, int)
    assert isinstance(reports, int)
    assert isinstance(body, bytes)
    return Receipt(
        id=number,
        at=datetime.fromisoformat(str(at)),
        endpoint=str(endpoint),
        body=body,
        sha256=str(sha256),
        status=status,
        outcome=Outcome(str(outcome)) if outcome else None,
        reports=reports,
        link=str(link),
        note=str(note),
    )
