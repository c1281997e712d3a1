"""The history of some days says nothing of them that may have been on others."""

from datetime import UTC, date, datetime

from shimmy_metrics.actions.history import History
from shimmy_metrics.cli.history_report import in_that_time
from shimmy_metrics.consent.endpoint import ENDPOINT
from shimmy_metrics.records import Departure, Failure, Note, NoteKind, Outcome

FOLDED = Note(1, datetime(2026, 11, 10, 12, tzinfo=UTC), NoteKind.FOLDED, number=900, taken=800)


def _departed(row_id: int, day: int, outcome: Outcome, *, since: int | None = None) -> Departure:
    moment = datetime(2026, 11, day, 12, tzinfo=UTC)
    first = None if since is None else datetime(2026, 11, since, 12, tzinfo=UTC)
    taken = 1 if outcome.taken else 0
    failure = Failure.NONE if taken else Failure.CONNECTION
    departure = Departure(row_id, moment, ENDPOINT, "ab", 700, 1, by_hand=False)
    return departure._replace(
        ended=moment, outcome=outcome, failure=failure, taken=taken, attempts=1 if since is None else 4, since=first
    )


TRIED = _departed(3, 20, Outcome.NOTHING_LEFT, since=16)
TAKEN = _departed(2, 12, Outcome.CONFIRMED)


def _told(first: int, last: int) -> str:
    found = History((TRIED, TAKEN, FOLDED)).between(date(2026, 11, first), date(2026, 11, last))
    return in_that_time(found.entries)


def test_how_many_of_like_attempts_were_then_is_not_said() -> None:
    assert _told(17, 18) == "In that time nothing was sent."
    assert _told(12, 18) == "In that time 1 report was sent and taken; no receipt is kept."


def test_older_entries_of_which_the_number_alone_is_kept_are_not_counted() -> None:
    aside = "In that time, older entries aside,"
    assert _told(1, 12) == f"{aside} 1 report was sent and taken; no receipt is kept."
    assert _told(1, 2) == f"{aside} no attempt to send is on record."
    assert _told(11, 11) == "In that time no attempt to send is on record."
