"""What was sent, as lines for a person and as JSON for a program. Pure."""

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from shimmy_metrics.cli.departure_json import departure_json
from shimmy_metrics.entries import sends, taken_in_all
from shimmy_metrics.records import Departure, Entry, Note, NoteKind, Outcome
from shimmy_metrics.wording.consent import UNREAD
from shimmy_metrics.wording.departures import ALIKE, became, in_all, note, receipts_kept, sentence
from shimmy_metrics.wording.numbers import when

if TYPE_CHECKING:
    from shimmy_metrics.actions.history import History  # with what reads a store

BROKEN: Final = "The chain is broken here: this is not as it was written."


def history_lines(history: "History", now: datetime, *, bounded: bool = False) -> Iterator[str]:
    """Yield what was sent in all, then each attempt and each note, newest first. `bounded`: of some days alone."""
    if history.unread:
        yield UNREAD
        return
    yield in_that_time(history.entries) if bounded else so_far(history.entries)
    if any(departure.attempts > 1 for departure in sends(history.entries)):
        yield ALIKE
    for entry in history.entries:
        yield from entry_lines(entry, now, history.broken)


def in_that_time(entries: Collection[Entry]) -> str:
    """Return what `so_far` does, of the entries of some days.

    Like attempts, which are one entry, may reach beyond these days, and so may the older entries that one note is of.
    """
    single = [entry for entry in entries if not (isinstance(entry, Note) and entry.kind is NoteKind.FOLDED)]
    span = "In that time" if len(single) == len(entries) else "In that time, older entries aside,"
    departures = sends(single)
    if departures and all(departure.outcome is Outcome.NOTHING_LEFT for departure in departures):
        return f"{span} nothing was sent."
    return so_far(single, span)


def so_far(entries: Collection[Entry], span: str = "So far") -> str:
    """Return what was sent in all, and how many receipts are kept, as a sentence that begins with the `span` of it."""
    departures = [entry for entry in entries if isinstance(entry, Departure)]
    taken = taken_in_all(entries)
    kept = sum(bool(departure.body) for departure in departures)
    return f"{span} {in_all(taken, entries)}{f'; {receipts_kept(kept)}' if taken else ''}."


def entry_lines(entry: Entry, now: datetime, broken: Collection[str]) -> Iterator[str]:
    """Yield an entry in a line, and in another one that it is not as it was written if it is among the `broken`."""
    if isinstance(entry, Departure):
        yield f"  {sentence(became(entry, now))} {entry.length:,} bytes, sha256 {entry.sha256}."
    else:
        yield f"  {sentence(f'{note(entry)}, {when(entry.at, now)}')}"
    if entry.key in broken:
        yield f"  {BROKEN}"


def history_json(history: "History") -> list[dict[str, Any]]:
    """Return an object for each departure and each note, newest first. `body` is a receipt's bytes, else null."""
    return [_entry_json(entry, broken=entry.key in history.broken) for entry in history.entries]


def _entry_json(entry: Entry, *, broken: bool) -> dict[str, Any]:
    if isinstance(entry, Departure):
        body = entry.body.decode("ascii", errors="replace") or None
        return {**departure_json(entry), "body": body, "as_written": not broken}
    kind = entry.kind.name.lower().replace("_", "-")
    return {"kind": kind, "at": entry.at.isoformat(), "number": entry.number, "as_written": not broken}
