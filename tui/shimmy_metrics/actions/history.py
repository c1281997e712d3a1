"""What was sent and what became of it: each departure and each note, newest first."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Final, NamedTuple

from shimmy_metrics.actions.id_choices import could_be, departure_choice
from shimmy_metrics.config.read_consent import read_consent
from shimmy_metrics.delivery.reading import read_with_sender
from shimmy_metrics.entries import sends
from shimmy_metrics.errors import UserError
from shimmy_metrics.records import Departure, Entry, Note, NoteKind
from shimmy_metrics.report.bodies import field_values, split
from shimmy_metrics.store import chain, departures
from shimmy_metrics.store.database import Database
from shimmy_metrics.store.readonly import unread, unread_error
from shimmy_metrics.system.profile import Profile

_SEE: Final = "See shimmy-metrics history"

_RECENT: Final = 32
"""Departures that `read_recent` reads; reading a history of a thousand takes a tenth of the time to the first frame."""


class History(NamedTuple):
    """The departures and notes, newest first.

    Those in `broken` (`departure ID`, `note PLACE`) are not as they were written. A departure that its sender left open
    is shown as what it will be completed as. `unread`: metrics are off and the store was not read.
    """

    entries: tuple[Entry, ...] = ()
    broken: tuple[str, ...] = ()
    unread: bool = False

    def between(self, first: date, last: date) -> "History":
        """Return the same of the local days from the first to the last, both included."""
        return self._replace(entries=tuple(each for each in self.entries if _within(each, first, last)))

    @property
    def departures(self) -> tuple[Departure, ...]:
        """Every attempt to send, newest first."""
        return sends(self.entries)


def _within(entry: Entry, first: date, last: date) -> bool:
    """Whether it was on one of these days; like attempts in a row are one entry, from the first to the newest.

    The note of older entries is of any day until its own.
    """
    if isinstance(entry, Note) and entry.kind is NoteKind.FOLDED:
        return entry.at.astimezone().date() >= first
    if isinstance(entry, Departure):
        begun, ended = entry.since or entry.begun, entry.ended or entry.begun
    else:
        begun = ended = entry.at
    return begun.astimezone().date() <= last and ended.astimezone().date() >= first


def read_history(profile: Profile) -> History:
    """Return what was sent and what became of it. Raises `UserError` for a config or a store that cannot be used."""
    measures = read_consent(profile).measures
    with read_with_sender(profile, off=not measures) as (db, at_work):
        if db is None:
            return History(unread=not measures and unread(profile))
        entries = completed(read_entries(db), profile.clock.now(), at_work=at_work)
        return History(entries, tuple(chain.broken(db)))


def find_receipt(profile: Profile, start: str) -> Departure:
    """Return the newest departure with its bytes whose digest, or a `session_id` in it, begins so.

    Raises `UserError` where none or several do, and as `read_history` does.
    """
    found = read_history(profile)
    remedy = _receipts(each for each in found.departures if each.body)
    if not start:
        raise UserError("an empty ID names no receipt", remedy=remedy)
    word = start.lower()
    sent = [each for each in found.departures if each.sha256.startswith(word) or _carries(each, word)]
    kept = {each.sha256: each for each in reversed(sent) if each.body}
    if len(kept) == 1:
        return next(iter(kept.values()))
    if kept:
        raise UserError(f"{len(kept)} receipts begin with {start!a}", remedy=_receipts(kept.values()))
    if sent:
        what = "of this request no bytes are kept: nothing of it was taken, or its receipt was deleted"
        raise UserError(what, remedy=_SEE)
    if found.unread:
        raise unread_error()
    raise UserError(f"no receipt has a digest or session_id that begins with {start!a}", remedy=remedy)


def _receipts(receipts: Iterable[Departure]) -> str:
    """Return the receipts that an ID can name, or without any where to see what was sent."""
    return could_be("Receipts", map(departure_choice, receipts), _SEE)


def _carries(departure: Departure, start: str) -> bool:
    return any(str(field_values(body).get("session_id", "")).startswith(start) for body in split(departure.body))


def read_entries(db: Database) -> tuple[Entry, ...]:
    """Return the departures and notes as they are stored, newest first."""
    found: list[Entry] = [*departures.everything(db), *chain.notes(db)]
    found.sort(key=lambda entry: entry.place, reverse=True)
    return tuple(found)


def read_recent(db: Database) -> tuple[Entry, ...]:
    """Return the newest departures, newest first, with a receipt among them; empty where there are no others.

    What one needs no history for can be told of these: how the last attempt went, and when something was last taken.
    """
    found = departures.newest(db, _RECENT + 1)
    recent = tuple(found[:_RECENT])
    return recent if len(found) > _RECENT and any(each.receipt for each in sends(recent)) else ()


def completed(entries: Iterable[Entry], now: datetime, *, at_work: bool) -> tuple[Entry, ...]:
    """Return the entries with each departure that no sender works on as what it will be completed as."""
    return tuple(
        departures.as_completed(entry, now, at_work=at_work) if isinstance(entry, Departure) else entry
        for entry in entries
    )
