"""The hash chain over departures and notes: each link is the SHA-256 of the previous link and its own content.

A departure has two links, for its beginning and its end, so that a later change of either shows. The chain shows
damage and careless edits, no more: whoever can write the file can also compute a new chain. Functions that write run
within the caller's transaction.
"""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Final, NamedTuple

from shimmy_metrics.limits import DEPARTURES_KEPT
from shimmy_metrics.records import DepartureKind, Note, NoteKind, Outcome
from shimmy_metrics.report.seal import digest
from shimmy_metrics.store.columns import Row, integer, moment, read_rows
from shimmy_metrics.store.database import Database
from shimmy_metrics.store.tables import NOTE_TEXTS_1

_FORM: Final = 2
"""How links are computed today. Form 1 is version 1's: one link for a delivery, computed over other columns."""

_DEPARTURE: Final = "departure"
_NOTE: Final = "note"

_BEGINS: Final = {DepartureKind.REPORTS: "begin", DepartureKind.RECALL: "recall"}
"""The word by which a departure's first link covers its kind."""


class _Link(NamedTuple):
    """One link: its place in the chain, its value, and what it covers."""

    place: int
    value: str
    content: tuple[object, ...]


class _Item(NamedTuple):
    """A departure or a note as the chain sees it.

    `sound` tells that a receipt's bytes match its digest. `folded`: its link is the last of those that were folded, and
    nothing is left to check it against.
    """

    table: str
    number: int
    links: tuple[_Link, ...]
    sound: bool = True
    folded: bool = False

    @property
    def first(self) -> int:
        return self.links[0].place

    @property
    def last(self) -> int:
        return self.links[-1].place


def add_begin(
    db: Database,
    *,
    begun: str,
    endpoint: str,
    sha256: str,
    length: int,
    reports: int,
    by_hand: bool,
    kind: int = DepartureKind.REPORTS,
) -> int:
    """Add a departure with its first link; return its row id."""
    previous, place = _end(db)
    content = _begin_content(kind, place, begun, endpoint, sha256, length, reports, int(by_hand))
    row = db.execute(
        "INSERT INTO departures (form, begin_place, begun, endpoint, sha256, length, reports, by_hand, begin_link, "
        "kind) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (_FORM, place, begun, endpoint, sha256, length, reports, by_hand, _link(previous, content), int(kind)),
    )
    assert row.lastrowid is not None
    return row.lastrowid


def add_end(db: Database, departure: int, *, ended: str, outcome: str, status: int, failure: str, taken: int) -> None:
    """Add a departure's second link."""
    _write_end(db, departure, (ended, outcome, status, failure, taken, 1, None))


def add_note(db: Database, *, at: datetime, kind: NoteKind, number: int) -> None:
    """Add a note about a number of reports (or receipts)."""
    previous, place = _end(db)
    content = _note_content(place, at.isoformat(), kind, number, 0)
    db.execute(
        "INSERT INTO notes VALUES (?, ?, ?, ?, ?, 0, ?)",
        (place, _FORM, at.isoformat(), kind, number, _link(previous, content)),
    )
    fold(db)


def notes(db: Database) -> list[Note]:
    """Return all notes, newest first."""
    return read_rows(db.execute("SELECT place, at, kind, number, taken FROM notes ORDER BY place DESC"), _note)


def stamp(db: Database) -> tuple[object, ...]:
    """Return a value that changes whenever a departure or a note is added, changed or deleted."""
    counted = "count(*), count(body), coalesce(sum(length(report_ids)), 0)"
    return (_end(db), *db.execute(f"SELECT {counted} FROM departures").fetchone())


def merge_like_failures(db: Database, departure: int) -> None:
    """Merge this departure with the one directly before it where both failed alike before the first byte.

    Recalls are alike where they name the same request.
    """
    alike = f"endpoint, failure, outcome, form, kind, CASE kind WHEN {int(DepartureKind.RECALL)} THEN sha256 END"
    columns = f"row_id, begin_place, end_place, begun, attempts, since, {alike}"
    two = db.execute(f"SELECT {columns} FROM departures ORDER BY row_id DESC LIMIT 2").fetchall()
    if len(two) < 2 or two[0][0] != departure:
        return
    (_, begin, _, begun, _, _, *what), (earlier, its_begin, its_end, its_begun, attempts, since, *its) = two
    endpoint, failure, outcome, form, kind, _ = what
    if what != its or (outcome, form) != (Outcome.NOTHING_LEFT, _FORM):
        return
    if its_end != begin - 1 or its_end != its_begin + 1:
        return
    sha256, length, reports, by_hand, ended = db.execute(
        "SELECT sha256, length, reports, by_hand, ended FROM departures WHERE row_id = ?", (departure,)
    ).fetchone()
    db.execute("DELETE FROM departures WHERE row_id IN (?, ?)", (departure, earlier))
    made = add_begin(
        db,
        begun=begun,
        endpoint=endpoint,
        sha256=sha256,
        length=length,
        reports=reports,
        by_hand=bool(by_hand),
        kind=kind,
    )
    end = (ended, Outcome.NOTHING_LEFT.value, 0, failure, 0, attempts + 1, since or its_begun)
    _write_end(db, made, end)


def fold(db: Database) -> None:
    """Keep the newest `DEPARTURES_KEPT` departures and notes; those before become one note, with their number."""
    total = db.execute("SELECT (SELECT count(*) FROM departures) + (SELECT count(*) FROM notes)").fetchone()[0]
    if total <= DEPARTURES_KEPT + 1:
        return
    items = _in_order(*rows(db))
    kept = items[len(items) - DEPARTURES_KEPT :]
    start = min(item.first for item in kept)
    old = [item for item in items if item.last < start]
    if not old:
        return
    end = max(link for item in old for link in item.links)
    number = taken = 0
    at = ""
    for item in old:
        key = (item.number,)
        if item.table == _NOTE:
            row = db.execute("SELECT number, taken, at FROM notes WHERE place = ?", key).fetchone()
            number, taken, at = number + (row[0] if item.folded else 1), taken + row[1], row[2]
            db.execute("DELETE FROM notes WHERE place = ?", key)
        else:
            row = db.execute("SELECT taken, begun, kind FROM departures WHERE row_id = ?", key).fetchone()
            number, taken, at = number + 1, taken + row[0] * (row[2] == DepartureKind.REPORTS), row[1]
            db.execute("DELETE FROM departures WHERE row_id = ?", key)
    db.execute(
        "INSERT INTO notes VALUES (?, ?, ?, ?, ?, ?, ?)",
        (end.place, _FORM, at, NoteKind.FOLDED, number, taken, end.value),
    )


_COVERED: Final = (
    *("form", "begin_place", "begun", "endpoint", "sha256", "length", "reports", "by_hand", "begin_link"),
    *("end_place", "ended", "outcome", "status", "failure", "taken", "attempts", "since", "end_link", "body", "kind"),
)
DEPARTURE_KEYS: Final = ("id", *_COVERED)
NOTE_KEYS: Final = ("place", "form", "at", "kind", "number", "taken", "link")
"""What the chain covers, its own links with it, by the keys of `export`: enough to check it anywhere."""
_KIND: Final = NOTE_KEYS.index("kind")


def rows(db: Database) -> tuple[list[Row], list[Row]]:
    """Return departures and notes as the chain reads them, oldest first: by `DEPARTURE_KEYS` and `NOTE_KEYS`."""
    return (
        db.execute(f"SELECT row_id, {', '.join(_COVERED)} FROM departures ORDER BY row_id").fetchall(),
        db.execute(f"SELECT {', '.join(NOTE_KEYS)} FROM notes ORDER BY place").fetchall(),
    )


def broken(db: Database) -> list[str]:
    """Return those (`departure ID`, `note PLACE`) that are not as they were written, in their order."""
    return broken_rows(*rows(db))


def broken_rows(departures: Iterable[Row], notes: Iterable[Row]) -> list[str]:
    """Return the same of rows from anywhere.

    Raise `KeyError`, `TypeError` or `ValueError` for what cannot be a row of the chain.
    """
    items = _in_order(departures, notes)
    links = sorted((link, item) for item in items for link in item.links)
    faulty = {item for item in items if not item.sound}
    previous = ""
    for index, (link, item) in enumerate(links):
        if not (index == 0 and item.folded) and link.value != _link(previous, link.content):
            faulty.add(item)
        previous = link.value
    return [f"{item.table} {item.number}" for item in items if item in faulty]


def _in_order(departures: Iterable[Row], notes: Iterable[Row]) -> list[_Item]:
    """Return all departures and notes in the order of their last links; one under way counts as the newest."""
    notes = list(notes)
    deleted = max((integer(row[0]) for row in notes if row[_KIND] == NoteKind.RECEIPTS_DELETED), default=0)
    made = [*(_departure_item(row, deleted) for row in departures), *map(_note_item, notes)]
    return sorted(made, key=lambda item: item.last)


def _departure_item(row: Row, receipts_deleted: int) -> _Item:
    (
        (number, form, begin_place, begun, endpoint, sha256, length, reports, by_hand, begin_link),
        (end_place, ended, outcome, status, failure, taken, attempts, since, end_link, body, kind),
    ) = row[:10], row[10:]
    kind = DepartureKind(integer(kind))
    links: list[_Link] = []
    if integer(form) == _FORM:
        place = integer(begin_place)
        content = _begin_content(kind, place, begun, endpoint, sha256, length, reports, by_hand)
        links.append(_Link(place, str(begin_link), content))
    if end_place is not None:
        place = integer(end_place)
        content = _end_content(place, begin_place, ended, outcome, status, failure, taken, attempts, since)
        if form != _FORM:
            content = (ended, endpoint, sha256, status, outcome, reports, "")
        links.append(_Link(place, str(end_link), content))
    receipt = outcome in tuple(each for each in Outcome if each.taken)
    if isinstance(body, bytes):
        sound = digest(body) == sha256 and len(body) == length
    else:
        sound = not receipt or (isinstance(end_place, int) and end_place < receipts_deleted)
    sound = sound and (form == _FORM or kind is DepartureKind.REPORTS)  # no link of form 1 covers the kind
    return _Item(_DEPARTURE, integer(number), tuple(links), sound)


def _note_item(row: Row) -> _Item:
    place, form, at, kind, number, taken, link = row
    place, kind = integer(place), integer(kind)
    folded = kind == NoteKind.FOLDED
    content = _note_content(place, at, kind, number, taken)
    if integer(form) != _FORM and not folded:
        content = (at, "", "", 0, None, number, NOTE_TEXTS_1[NoteKind(kind)])
    return _Item(_NOTE, place, (_Link(place, str(link), content),), folded=folded)


def _begin_content(kind: int, place: int, *columns: object) -> tuple[object, ...]:
    return (_BEGINS[DepartureKind(kind)], place, *columns)


def _end_content(place: int, begin: object, *columns: object) -> tuple[object, ...]:
    return ("end", place, begin, *columns)


def _note_content(place: int, at: object, kind: int, number: object, taken: object) -> tuple[object, ...]:
    return ("note", place, at, int(kind), number, taken)


def _write_end(db: Database, departure: int, columns: tuple[object, ...]) -> None:
    previous, place = _end(db)
    begin = db.execute("SELECT begin_place FROM departures WHERE row_id = ?", (departure,)).fetchone()[0]
    link = _link(previous, _end_content(place, begin, *columns))
    db.execute(
        "UPDATE departures SET end_place = ?, ended = ?, outcome = ?, status = ?, failure = ?, taken = ?, "
        "attempts = ?, since = ?, end_link = ? WHERE row_id = ?",
        (place, *columns, link, departure),
    )


def _end(db: Database) -> tuple[str, int]:
    """Return the chain's last link, and the place of the next one."""
    row = db.execute(
        "SELECT place, link FROM (SELECT begin_place AS place, begin_link AS link FROM departures "
        "UNION ALL SELECT end_place, end_link FROM departures UNION ALL SELECT place, link FROM notes) "
        "WHERE place IS NOT NULL ORDER BY place DESC LIMIT 1"
    ).fetchone()
    return (str(row[1]), int(row[0]) + 1) if row else ("", 1)


def _link(previous: str, content: Iterable[object]) -> str:
    return digest(json.dumps([previous, *content]).encode())


def _note(row: Row) -> Note:
    place, at, kind, number, taken = row
    return Note(integer(place), moment(at), NoteKind(integer(kind)), integer(number), integer(taken))
