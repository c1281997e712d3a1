"""A clock that goes a year forth and back: nothing is told twice, nothing waits for ever, History keeps its order."""

import json
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from shimmy_metrics.actions.decide import enable
from shimmy_metrics.actions.export import export
from shimmy_metrics.actions.overview import overview
from shimmy_metrics.actions.preview import preview
from shimmy_metrics.actions.validate import validate_held
from shimmy_metrics.config.file import load
from shimmy_metrics.delivery.seal import end_session
from shimmy_metrics.delivery.sender import send_queued
from shimmy_metrics.limits import OUTBOX_DAYS
from shimmy_metrics.receiver.loopback import LoopbackReceiver
from shimmy_metrics.records import Note, NoteKind
from shimmy_metrics.store import outbox, sessions
from shimmy_metrics.store.database import connect
from shimmy_metrics.system.profile import Profile
from support import samples
from support.queued import LOCAL, uuid

TODAY: Final = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
A_YEAR: Final = timedelta(days=366)


class _Person:
    """One state folder whose clock a test sets."""

    def __init__(self, root: Path, endpoint: str) -> None:
        self._made = 0
        self.profile: Profile = samples.profile(root, SHIMMY_METRICS_ENDPOINT=endpoint)
        self.at(TODAY)
        enable(self.profile)

    def at(self, moment: datetime) -> None:
        self.profile = self.profile._replace(clock=samples.fixed(moment))

    def seal(self) -> dict[str, Any] | None:
        """Measure and end a session now; return its report as it waits, None where none is left."""
        decision = load(self.profile).decision
        self._made += 1
        begun = samples.session(uuid(self._made), consent_id=decision.consent_id)._replace(
            endpoint=decision.endpoint, started=self.profile.clock.now(), updated=self.profile.clock.now()
        )
        with closing(connect(self.profile)) as db:
            row_id = sessions.begin(db, begun)
            end_session(self.profile, db, row_id, samples.COUNTERS, samples.FACTS)
            waits = [each for each in outbox.everything(db) if each.report_id == begun.report_id]
        return json.loads(waits[0].body) if waits else None

    def send(self) -> None:
        send_queued(self.profile, time.monotonic() + 20)

    def waiting(self) -> list[str]:
        return [each["body"] for each in json.loads(export(self.profile))["outbox"]]


@contextmanager
def _person(root: Path) -> Iterator[tuple[_Person, LoopbackReceiver]]:
    with LoopbackReceiver(lambda: person.profile.clock.now().date()) as receiver:
        person = _Person(root, receiver.url)
        yield person, receiver


def _tells(report: dict[str, Any] | None) -> tuple[str, bool, bool]:
    """Return a report's day, and whether it counts its day as active and tells the machine's figures."""
    assert report is not None
    metrics = report["metrics"]
    return report["timestamp"][:10], metrics["daily_active_usage"], metrics["memory_gb"] is not None


def test_a_day_and_a_month_are_told_once_whatever_the_clock_does(tmp_path: Path) -> None:
    with _person(tmp_path) as (person, _):
        told = []
        for days in (0, 366, 0, 1, -366, 366, 367, 0, 398):
            person.at(TODAY + timedelta(days=days))
            told.append(_tells(person.seal()))
            person.send()
    assert told == [
        ("2026-11-23", True, True),
        ("2027-11-24", True, True),
        ("2026-11-23", False, False),
        ("2026-11-24", False, False),
        ("2025-11-22", False, False),
        ("2027-11-24", False, False),
        ("2027-11-25", True, False),
        ("2026-11-23", False, False),
        ("2027-12-26", True, True),
    ]


def test_a_report_waits_two_weeks_at_most_from_when_the_clock_was_right_again(tmp_path: Path) -> None:
    person = _Person(tmp_path, LOCAL)  # nobody listens there
    person.at(TODAY + A_YEAR)
    assert person.seal() is not None
    person.at(TODAY)
    person.send()  # whoever looks counts it as sealed now
    assert len(person.waiting()) == 1
    person.at(TODAY + timedelta(days=OUTBOX_DAYS - 1))
    person.send()
    assert len(person.waiting()) == 1
    person.at(TODAY + timedelta(days=OUTBOX_DAYS + 1))
    assert person.seal() is not None
    assert len(person.waiting()) == 1
    notes = [each for each in overview(person.profile, samples.FACTS).entries if isinstance(each, Note)]
    assert [(each.kind, each.number) for each in notes] == [(NoteKind.DROPPED, 1)]


def test_a_year_forth_drops_what_waits_and_says_so_and_the_way_back_drops_nothing_more(tmp_path: Path) -> None:
    person = _Person(tmp_path, LOCAL)
    assert person.seal() is not None
    person.at(TODAY + A_YEAR)
    assert person.seal() is not None
    assert len(person.waiting()) == 1
    person.at(TODAY)
    assert person.seal() is not None
    assert len(person.waiting()) == 2
    assert [each.number for each in overview(person.profile, samples.FACTS).entries if isinstance(each, Note)] == [1]


def test_what_is_too_old_to_leave_is_not_shown_as_what_leaves(tmp_path: Path) -> None:
    with _person(tmp_path) as (person, receiver):
        for days in (0, 1, OUTBOX_DAYS + 1):
            person.at(TODAY + timedelta(days=days))
            if days <= 1:
                assert person.seal() is not None
        # A look deletes nothing: the older one is still here, and a session's end deletes it.
        assert len(person.waiting()) == 2
        shown = overview(person.profile, samples.FACTS).next_request
        assert shown is not None
        assert preview(person.profile, samples.FACTS).request.body == shown.body
        person.send()
        assert [each.body for each in receiver.received] == [shown.body]
        assert len(person.waiting()) == 1
        assert person.seal() is not None
        assert len(person.waiting()) == 1  # the new one


@pytest.mark.parametrize("days", [366, -366])
def test_history_keeps_the_order_in_which_things_happened_and_its_chain(tmp_path: Path, days: int) -> None:
    with _person(tmp_path) as (person, receiver):
        bodies = []
        for moment in (TODAY, TODAY + timedelta(days=days), TODAY + timedelta(hours=1)):
            person.at(moment)
            assert person.seal() is not None
            person.send()
            bodies.append(receiver.received[-1].body)
        shown = overview(person.profile, samples.FACTS)
        assert [each.body for each in shown.receipts] == bodies[::-1]
        assert [each.place for each in shown.entries] == sorted((each.place for each in shown.entries), reverse=True)
        assert shown.broken == ()
        assert shown.trouble == ""
        assert [receipt["body"].encode() for receipt in json.loads(export(person.profile))["receipts"]] == bodies[::-1]
        # What was written while the clock was wrong is as valid as the rest.
        for moment in (TODAY, TODAY + timedelta(days=days)):
            person.at(moment)
            assert validate_held(person.profile).ok


def test_a_session_over_which_the_clock_goes_back_is_sealed_whole(tmp_path: Path) -> None:
    with _person(tmp_path) as (person, receiver):
        decision = load(person.profile).decision
        begun = samples.session(uuid(9), consent_id=decision.consent_id)._replace(
            endpoint=decision.endpoint, started=TODAY
        )
        with closing(connect(person.profile)) as db:
            row_id = sessions.begin(db, begun)
            person.at(TODAY - A_YEAR)
            assert end_session(person.profile, db, row_id, samples.COUNTERS, samples.FACTS)
        person.send()
        (report,) = (json.loads(each.body) for each in receiver.received)
        # Its length is that of the monotonic clock, its day that of the sealing.
        assert report["metrics"]["session_duration_minutes"] == 120
        assert report["timestamp"] == "2025-11-22T00:00:00Z"
        assert receiver.received[0].status == 200
