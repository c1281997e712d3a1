"""The sender's decisions, without a socket and without a disk: what may leave, when, and what is written of it."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import orjson
import pytest

from shimmy_metrics.delivery import sender
from shimmy_metrics.delivery.backoff import session_ended
from shimmy_metrics.delivery.effective import ENDED
from shimmy_metrics.delivery.post import Response
from shimmy_metrics.delivery.sender import send_queued
from shimmy_metrics.delivery.sender_lock import lock_path
from shimmy_metrics.errors import UserError
from shimmy_metrics.limits import RELEASE_SECONDS
from shimmy_metrics.records import Cause, Departure, Failure, Outcome, QueueState
from shimmy_metrics.report.seal import digest, join
from shimmy_metrics.store import chain, departures, outbox, releases
from shimmy_metrics.store.ballast import ballast_path
from shimmy_metrics.store.database import BUSY_SECONDS, Database, get_meta, set_meta, store_path
from shimmy_metrics.system.locks import Lock, is_locked
from shimmy_metrics.system.profile import Profile
from support.fake_wire import Exchange, FakeWire
from support.queued import LOCAL, report, uuid
from support.samples import NOW, memory_store, profile

YES = "the yes in force"
NEVER = Exchange(None)
"""No answer comes."""


class Sender:
    """A home with a yes, its store in memory, and a wire that is scripted."""

    def __init__(self, root: Path, db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
        self.db = db
        self.profile = profile(root)
        self.busy_seconds: list[float] = []
        self.at_opening: Callable[[int], object] = lambda _: None
        self.agree()
        self.profile.state_dir.mkdir(mode=0o700, parents=True)
        self.wire = FakeWire([])
        self._monkeypatch = monkeypatch
        for name, stand_in in (("opened", self._opened), ("open_readonly", self._opened)):
            monkeypatch.setattr(sender, name, stand_in)

    @contextmanager
    def _opened(self, of: Profile, busy_seconds: float = BUSY_SECONDS) -> Iterator[Database]:
        assert of is self.profile
        self.busy_seconds.append(busy_seconds)
        self.at_opening(len(self.busy_seconds))
        yield self.db

    def agree(self, consent_id: str = YES, endpoint: str = LOCAL, **more: object) -> None:
        metrics = {"enabled": True, "session_id": consent_id, "schema_version": 1, "endpoint": endpoint, **more}
        self.profile.config_path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.profile.config_path.write_text(json.dumps({"metrics": metrics}))

    def withdraw(self) -> None:
        self.profile.config_path.unlink()

    def damage(self) -> None:
        self.profile.config_path.write_text("{")

    def queue(self, *numbers: int, consent_id: str = YES, endpoint: str = LOCAL) -> None:
        for number in numbers:
            outbox.add(self.db, report(number, consent_id, endpoint))

    def end(self) -> bool:
        """Count the end of a session."""
        return session_ended(self.db)

    def release(self, *reports: int, consent_id: str = YES) -> None:
        """Release reports by hand, as a person does who agreed to this."""
        releases.release(self.db, reports, consent_id, self.profile.clock.now())

    def send(self, *exchanges: Exchange, seconds: float = 5.0) -> FakeWire:
        """Run the sender once against these answers, as a session's end does; return the wire."""
        self.end()
        return self.run(*exchanges, seconds=seconds)

    def send_released(self, *reports: int, meets: Exchange | None = None) -> FakeWire:
        """Release these reports by hand and run their sender; return the wire."""
        self.release(*reports)
        return self.run(*(() if meets is None else (meets,)), released=reports)

    def run(self, *exchanges: Exchange, seconds: float = 5.0, released: tuple[int, ...] = ()) -> FakeWire:
        """Run the sender, whoever started it; return the wire."""
        self.wire = FakeWire(exchanges)
        self._monkeypatch.setattr(sender, "Post", self.wire.post)
        self._monkeypatch.setattr(sender, "time", self.wire.time)
        send_queued(self.profile, self.wire.began + seconds, released)
        assert chain.broken(self.db) == []
        return self.wire

    @property
    def departures(self) -> list[Departure]:
        """Every departure, oldest first."""
        return departures.everything(self.db)[::-1]

    @property
    def states(self) -> dict[str, QueueState]:
        """What waits, by its report's id."""
        return {each.report_id: each.state for each in outbox.everything(self.db)}

    @property
    def back_off(self) -> tuple[str, str]:
        """How many attempts failed, and how many session ends made none since."""
        return get_meta(self.db, "failures"), get_meta(self.db, "passed-over")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sender]:
    with memory_store() as db:
        yield Sender(tmp_path, db, monkeypatch)


def _confirming(*numbers: int) -> Response:
    body = join([report(number).body for number in numbers])
    return Response(200, orjson.dumps({"sha256": digest(body)}))


def test_of_what_was_taken_a_receipt_is_kept_and_nothing_waits(home: Sender) -> None:
    home.queue(1, 2)
    set_meta(home.db, "failures", "1")
    wire = home.send(Exchange(_confirming(1, 2)))
    body = join([report(1).body, report(2).body])
    assert [(each.url, each.body) for each in wire.requests] == [(LOCAL, body)]
    assert wire.environments == [home.profile.environment]
    assert home.departures == [
        Departure(
            row_id=1,
            begun=NOW,
            endpoint=LOCAL,
            sha256=digest(body),
            length=len(body),
            reports=2,
            by_hand=False,
            ended=NOW,
            outcome=Outcome.CONFIRMED,
            status=200,
            taken=2,
            report_ids=(uuid(1), uuid(2)),
            body=body,
            place=2,
        )
    ]
    assert home.states == {}
    assert home.back_off == ("0", "0")
    assert get_meta(home.db, "ended") == ""
    assert home.profile.log_path.read_text().endswith(" confirmed: 2 report(s), status 200\n")


def test_the_store_is_waited_for_a_second_at_most(home: Sender) -> None:
    home.queue(1)
    home.send()
    assert 1.0 in home.busy_seconds


def test_the_row_stands_before_a_byte_leaves_and_names_the_reports_from_then_on(home: Sender) -> None:
    home.queue(1)
    seen: list[tuple[str, ...]] = []

    def look() -> None:
        (under_way,) = home.departures
        assert under_way.ended is None
        seen.append(under_way.report_ids)

    home.send(Exchange(Response(204), before_head=look, before_body=look))
    assert seen == [(), (uuid(1),)]


@pytest.mark.parametrize("how", [Sender.withdraw, Sender.damage])
def test_consent_is_read_again_before_the_first_byte(home: Sender, how: Callable[[Sender], None]) -> None:
    home.queue(1)
    wire = home.send(Exchange(before_head=lambda: how(home)))
    (gone,) = home.departures
    assert (gone.outcome, gone.failure, gone.report_ids) == (Outcome.NOTHING_LEFT, Failure.WITHDRAWN, ())
    assert wire.requests == []
    assert home.back_off == ("0", "0")


@pytest.mark.parametrize("how", [Sender.withdraw, Sender.damage])
def test_and_once_more_before_the_body(home: Sender, how: Callable[[Sender], None]) -> None:
    home.queue(1)
    set_meta(home.db, "failures", "1")
    wire = home.send(Exchange(before_body=lambda: how(home)))
    (gone,) = home.departures
    assert (gone.outcome, gone.failure, gone.report_ids) == (Outcome.CUT_OFF, Failure.WITHDRAWN, (uuid(1),))
    assert wire.requests == []
    assert home.back_off == ("0", "0")  # a withdrawal is no failure


@pytest.mark.parametrize("how", [Sender.withdraw, Sender.damage])
def test_a_withdrawal_while_an_answer_is_waited_for_ends_it(home: Sender, how: Callable[[Sender], None]) -> None:
    home.queue(1)
    wire = home.send(Exchange(None, while_waiting=lambda: how(home)))
    (gone,) = home.departures
    assert (gone.outcome, gone.failure) == (Outcome.CUT_OFF, Failure.WITHDRAWN)
    assert len(wire.asked) == 2


@pytest.mark.parametrize(("consent_id", "endpoint"), [("another yes", LOCAL), (YES, "http://127.0.0.1:9/elsewhere")])
def test_another_yes_or_one_to_another_endpoint_is_no_yes_to_what_is_under_way(
    home: Sender, consent_id: str, endpoint: str
) -> None:
    home.queue(1)
    wire = home.send(Exchange(before_head=lambda: home.agree(consent_id, endpoint)))
    assert [gone.failure for gone in home.departures] == [Failure.WITHDRAWN]
    assert wire.requests == []


def test_where_a_step_cannot_be_written_nothing_leaves(home: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    home.queue(1)

    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(departures, "record_report_ids", full)
    wire = home.send(Exchange())
    assert wire.requests == []
    assert [(gone.outcome, gone.failure) for gone in home.departures] == [(Outcome.NOTHING_LEFT, Failure.STORE)]
    assert home.back_off == ("1", "0")


def test_an_attempt_keeps_a_quarter_of_a_second_for_its_end(home: Sender) -> None:
    home.queue(1)
    wire = home.send(NEVER, seconds=3.0)
    (gone,) = home.departures
    assert (gone.outcome, gone.failure) == (Outcome.NO_ANSWER, Failure.TIME)
    assert wire.seconds == [2.75]
    assert set(wire.asked) == {0.02}
    assert 2.75 < wire.now - wire.began < 2.80
    assert home.back_off == ("1", "0")


def test_where_no_connection_can_be_made_that_is_what_is_on_record(home: Sender) -> None:
    home.queue(1)
    home.send(Exchange(Response(failure=Failure.CONNECTION)))
    (gone,) = home.departures
    assert (gone.outcome, gone.failure, gone.report_ids) == (Outcome.NOTHING_LEFT, Failure.CONNECTION, ())
    assert home.back_off == ("1", "0")


def test_when_its_time_is_up_nothing_is_begun(home: Sender) -> None:
    home.queue(1)
    for seconds in (-1.0, 0.0):
        home.send(seconds=seconds)
    assert home.departures == []


def test_a_failure_is_counted_and_the_rest_waits_for_a_later_end(home: Sender) -> None:
    home.queue(1)
    set_meta(home.db, "passed-over", "2")
    wire = home.send(Exchange(Response(500)), Exchange(Response(500)))
    assert len(wire.requests) == 1
    assert home.back_off == ("1", "0")
    assert home.states == {uuid(1): QueueState.DUE}
    (gone,) = home.departures
    assert (gone.outcome, gone.status, gone.taken, gone.body) == (Outcome.ERROR, 500, 0, b"")
    home.send(Exchange(Response(500)))
    assert home.back_off == ("2", "0")


def test_back_off_passes_over_ends_and_a_release_by_hand_is_never_passed_over(home: Sender) -> None:
    home.queue(1)
    set_meta(home.db, "failures", "3")
    passed = []
    for _ in range(3):
        attempted = bool(home.send(Exchange(Response(500))).seconds)
        passed.append((attempted, *home.back_off))
    assert passed == [(False, "3", "1"), (False, "3", "2"), (True, "4", "0")]
    assert home.send_released(1, meets=Exchange(Response(500))).seconds
    assert home.back_off == ("5", "0")


def test_what_is_sealed_while_another_is_sent_goes_with_its_own_end(home: Sender) -> None:
    home.queue(1)

    def ended() -> None:
        home.queue(2)
        home.end()

    wire = home.send(Exchange(before_body=ended))
    assert [each.body for each in wire.requests] == [report(1).body]
    assert [each.body for each in home.run().requests] == [report(2).body]
    assert home.states == {}


def test_one_end_makes_one_attempt_however_many_senders_are_started(home: Sender) -> None:
    home.queue(1)
    assert home.send(Exchange(Response(500))).seconds
    for _ in range(3):
        assert home.run(Exchange(Response(500))).seconds == []
    assert home.back_off == ("1", "0")
    assert home.end()
    assert home.run(Exchange(Response(500))).seconds
    assert home.back_off == ("2", "0")
    assert not home.end()
    for _ in range(3):
        assert home.run().seconds == []
    assert home.back_off == ("2", "1")


def test_an_end_that_comes_while_another_attempt_fails_makes_its_own(home: Sender) -> None:
    home.queue(1)
    home.send(Exchange(Response(500), before_body=home.end))
    assert home.run(Exchange(Response(500))).seconds
    assert home.back_off == ("2", "0")


def test_for_a_released_report_that_is_gone_nothing_is_begun(home: Sender) -> None:
    home.queue(1)
    assert home.send_released(99).seconds == []
    assert home.departures == []
    assert home.states == {uuid(1): QueueState.DUE}


def test_where_the_programme_ended_meanwhile_nothing_leaves(home: Sender) -> None:
    home.queue(1)
    wire = home.send(Exchange(before_head=lambda: set_meta(home.db, ENDED, LOCAL)))
    assert wire.requests == []
    assert [gone.failure for gone in home.departures] == [Failure.WITHDRAWN]


def _deleted(home: Sender) -> None:
    assert outbox.remove(home.db, 1)


def _held(home: Sender) -> None:
    outbox.set_state(home.db, 1, QueueState.HELD_BY_HAND)


@pytest.mark.parametrize("released", [False, True])
@pytest.mark.parametrize("how", [_deleted, _held])
def test_a_report_that_is_deleted_or_held_back_while_it_connects_does_not_leave(
    home: Sender, how: Callable[[Sender], None], *, released: bool
) -> None:
    home.queue(1, 2)
    set_meta(home.db, "failures", "1")
    met = Exchange(before_head=lambda: how(home))
    wire = home.send_released(1, 2, meets=met) if released else home.send(met)
    assert wire.requests == []
    (gone,) = home.departures
    assert (gone.outcome, gone.failure, gone.report_ids) == (Outcome.NOTHING_LEFT, Failure.TAKEN_BACK, ())
    assert home.back_off == ("0", "0")  # nobody's failure
    assert home.states.get(uuid(1)) is (QueueState.HELD_BY_HAND if how is _held else None)
    assert [each.body for each in home.send().requests] == [report(2).body]


def test_a_released_report_that_is_to_leave_by_itself_meanwhile_leaves(home: Sender) -> None:
    home.queue(1)
    outbox.set_state(home.db, 1, QueueState.HELD_BY_MODE)
    met = Exchange(before_head=lambda: outbox.set_state(home.db, 1, QueueState.DUE))
    assert [each.body for each in home.send_released(1, meets=met).requests] == [report(1).body]


@pytest.mark.parametrize("within", [False, True])
def test_what_a_person_wants_to_see_first_does_not_leave_by_itself(home: Sender, *, within: bool) -> None:
    home.queue(1)

    def review() -> None:
        home.agree(delivery="review")

    wire = home.send(Exchange(before_body=review) if within else Exchange(before_head=review))
    assert wire.requests == []
    assert [gone.failure for gone in home.departures] == [Failure.WITHDRAWN]


def test_an_answer_is_waited_for_though_the_next_is_to_be_seen_first(home: Sender) -> None:
    home.queue(1)
    home.send(Exchange(None, while_waiting=lambda: home.agree(delivery="review")), seconds=1.0)
    assert [gone.failure for gone in home.departures] == [Failure.TIME]


def test_under_review_nothing_leaves_by_itself_whoever_wrote_that_word(home: Sender) -> None:
    home.queue(1)
    home.agree(delivery="review")
    assert home.send().seconds == []
    assert home.departures == []
    assert home.states == {uuid(1): QueueState.HELD_BY_MODE}
    assert [each.body for each in home.send_released(1).requests] == [report(1).body]


def test_an_attempt_or_a_release_is_taken_with_its_departure_or_not_at_all(
    home: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.queue(1, 2)
    home.end()
    home.release(2)

    def ended(*_: object) -> None:
        raise SystemExit

    with monkeypatch.context() as until_then:
        until_then.setattr(departures, "begin", ended)
        for released in ((), (2,)):
            with pytest.raises(SystemExit):
                home.run(released=released)
    assert home.departures == []
    assert [each.body for each in home.run(released=(2,)).requests] == [report(2).body]
    assert [each.body for each in home.run().requests] == [report(1).body]


def test_a_release_by_hand_is_a_request_of_its_own_and_says_nothing_of_the_others(home: Sender) -> None:
    home.queue(1, 2, 3)
    wire = home.send_released(2, meets=Exchange(before_body=lambda: home.queue(4)))
    assert [each.body for each in wire.requests] == [report(2).body]
    assert [gone.by_hand for gone in home.departures] == [True]
    assert list(home.states) == [uuid(1), uuid(3), uuid(4)]


def test_what_is_released_while_another_sender_is_about_to_send_is_left_to_its_own(home: Sender) -> None:
    home.queue(1, 2, 3)
    home.release(2)
    wire = home.send()
    assert [each.body for each in wire.requests] == [join([report(1).body, report(3).body])]
    assert [each.body for each in home.run(released=(2,)).requests] == [report(2).body]
    assert home.states == {}


def test_each_of_two_releases_is_a_request_of_its_own(home: Sender) -> None:
    home.queue(1, 2, 3)
    home.release(3, 1)
    home.release(2)
    assert [each.body for each in home.run(released=(2,)).requests] == [report(2).body]
    assert [each.body for each in home.run(released=(3, 1)).requests] == [join([report(1).body, report(3).body])]


@pytest.mark.parametrize("state", [QueueState.HELD_BY_MODE, QueueState.HELD_BY_HAND, QueueState.HELD_FOR_ENDPOINT])
@pytest.mark.parametrize(
    "meets", [NEVER, Exchange(Response(500)), Exchange(Response(failure=Failure.CONNECTION)), Exchange(Response(429))]
)
def test_what_was_released_and_not_taken_waits_as_before(home: Sender, state: QueueState, meets: Exchange) -> None:
    home.queue(1)
    outbox.set_state(home.db, 1, state)
    (before,) = outbox.everything(home.db)
    home.send_released(1, meets=meets)
    assert outbox.everything(home.db) == [before]
    (gone,) = home.departures
    assert gone.by_hand
    assert not gone.receipt
    for _ in range(5):
        assert home.send().seconds == []  # by itself it does not leave


def test_what_was_set_aside_and_released_in_vain_stays_so_with_its_reason(home: Sender) -> None:
    home.queue(1)
    outbox.set_state(home.db, 1, QueueState.SET_ASIDE, Cause.REFUSED, "400")
    (before,) = outbox.everything(home.db)
    home.send_released(1, meets=NEVER)
    assert outbox.everything(home.db) == [before]


def test_a_release_counts_under_the_yes_it_was_given_under_alone_and_goes_to_its_endpoint(home: Sender) -> None:
    home.queue(1, consent_id="an earlier yes")
    outbox.set_state(home.db, 1, QueueState.HELD_FOR_ENDPOINT)
    home.release(1, consent_id="an earlier yes")
    assert home.run(released=(1,)).seconds == []
    assert home.send_released(1).seconds
    assert home.states == {}


def test_a_release_that_no_sender_took_in_its_time_is_over(home: Sender) -> None:
    home.queue(1, 2)
    later = NOW + timedelta(seconds=RELEASE_SECONDS + 1)
    releases.release(home.db, [1], YES, later)
    releases.release(home.db, [2], YES, NOW - timedelta(seconds=RELEASE_SECONDS + 1))
    assert home.run(released=(1, 2)).seconds == []
    assert [each.body for each in home.send().requests] == [join([report(1).body, report(2).body])]


def test_what_has_waited_too_long_is_neither_sent_nor_dropped(home: Sender) -> None:
    home.queue(1, 2)
    home.db.execute("UPDATE outbox SET sealed = ? WHERE row_id = 1", ((NOW - timedelta(days=15)).isoformat(),))
    assert [each.body for each in home.send().requests] == [report(2).body]
    assert home.send_released(1).requests == []
    assert home.states == {uuid(1): QueueState.DUE}
    assert chain.notes(home.db) == []


def test_what_was_sealed_under_another_yes_is_held(home: Sender) -> None:
    home.queue(1)
    home.queue(2, consent_id="an earlier yes")
    home.queue(3, endpoint="http://127.0.0.1:9/elsewhere")
    wire = home.send()
    assert [each.body for each in wire.requests] == [report(1).body]
    assert home.states == {uuid(2): QueueState.HELD_FOR_ENDPOINT, uuid(3): QueueState.HELD_FOR_ENDPOINT}


def test_damage_is_set_aside_and_does_not_leave(home: Sender) -> None:
    home.queue(1, 2)
    home.db.execute("UPDATE outbox SET body = ? WHERE row_id = 1", (b'{"path": "/home/you"}',))
    wire = home.send()
    assert [each.body for each in wire.requests] == [report(2).body]
    (aside,) = outbox.everything(home.db)
    assert (aside.state, aside.cause) == (QueueState.SET_ASIDE, Cause.DAMAGED)


@pytest.mark.parametrize("how", [Sender.withdraw, lambda home: home.agree(schema_version=99)])
def test_where_nothing_may_leave_nothing_is_judged(home: Sender, how: Callable[[Sender], None]) -> None:
    home.queue(1, consent_id="a newer program's")
    home.db.execute("UPDATE outbox SET body = ?", (b"a newer program's",))
    how(home)
    home.send()
    assert home.departures == []
    assert home.states == {uuid(1): QueueState.DUE}


def test_a_config_that_cannot_be_read_sends_nothing_and_is_said(home: Sender) -> None:
    home.queue(1)
    home.damage()
    with pytest.raises(UserError):
        home.send()
    assert home.departures == []
    assert not is_locked(lock_path(home.profile))


def test_after_410_nothing_is_sent_there_any_more(home: Sender) -> None:
    home.queue(1)
    home.send(Exchange(Response(410)))
    assert get_meta(home.db, "ended") == LOCAL
    assert home.back_off == ("0", "0")
    assert home.states == {uuid(1): QueueState.DUE}
    home.send()
    assert [gone.status for gone in home.departures] == [410]


def test_of_a_partly_taken_request_the_refused_are_set_aside_with_why(home: Sender) -> None:
    home.queue(1, 2)
    body = join([report(1).body, report(2).body])
    refused = [{"id": uuid(2), "field": "platform", "rule": "none of its words"}]
    told = orjson.dumps({"sha256": digest(body), "stored": [uuid(1)], "refused": refused})
    home.send(Exchange(Response(422, told)))
    (gone,) = home.departures
    assert (gone.outcome, gone.status, gone.taken, gone.body) == (Outcome.PARTLY, 422, 1, body)
    (aside,) = outbox.everything(home.db)
    assert (aside.report_id, aside.state) == (uuid(2), QueueState.SET_ASIDE)
    assert (aside.cause, aside.detail) == (Cause.RULE, "platform: none of its words")


def test_what_a_killed_sender_left_open_is_completed_though_nothing_is_due(home: Sender) -> None:
    begun = departures.begin(home.db, Departure(0, NOW, LOCAL, "0" * 64, 640, 1, by_hand=False))
    departures.record_report_ids(home.db, begun, [uuid(1)])
    home.send()
    (gone,) = home.departures
    assert (gone.outcome, gone.failure, gone.ended) == (Outcome.MAY_HAVE_LEFT, Failure.INTERRUPTED, NOW)
    assert home.wire.seconds == []


def test_for_another_s_departure_that_is_under_way_nobody_waits(home: Sender) -> None:
    begun = departures.begin(home.db, Departure(0, NOW, LOCAL, "0" * 64, 640, 1, by_hand=False))
    departures.record_report_ids(home.db, begun, [uuid(1)])
    lock = Lock(lock_path(home.profile))
    assert lock.take()
    home.send()
    lock.release()
    assert home.wire.now == home.wire.began
    assert 1.0 not in home.busy_seconds


def test_with_nothing_to_do_the_store_is_not_even_opened_for_writing(home: Sender) -> None:
    home.queue(1)
    outbox.set_state(home.db, 1, QueueState.HELD_BY_HAND)
    home.send()
    assert 1.0 not in home.busy_seconds


def test_one_sender_at_a_time(home: Sender) -> None:
    home.queue(1)
    lock = Lock(lock_path(home.profile))
    assert lock.take()
    home.send(seconds=0.05)
    assert home.departures == []
    lock.release()
    home.send()
    assert len(home.departures) == 1
    assert not is_locked(lock_path(home.profile))


def test_a_sender_that_waits_for_another_begins_soon_after_its_end(home: Sender) -> None:
    home.queue(1)
    home.end()
    lock = Lock(lock_path(home.profile))
    assert lock.take()
    home.at_opening = lambda opened: lock.release() if opened == 3 else None
    wire = home.run()
    assert len(wire.requests) == 1
    assert wire.now - wire.began < 0.1


def test_without_a_store_there_is_nothing_to_send(home: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def none(_: Profile) -> Iterator[None]:
        yield None

    monkeypatch.setattr(sender, "open_readonly", none)
    home.send()
    home.send_released(1)
    assert home.busy_seconds == []


def test_what_left_is_written_down_though_the_disk_is_full(home: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    home.queue(1)
    ballast = ballast_path(store_path(home.profile))
    ballast.touch()
    original = departures.complete

    def complete(db: Database, *arguments: object, **more: object) -> None:
        if ballast.exists():
            error = sqlite3.OperationalError("database or disk is full")
            error.sqlite_errorcode = sqlite3.SQLITE_FULL
            raise error
        original(db, *arguments, **more)  # type: ignore[arg-type]  # passed through

    monkeypatch.setattr(departures, "complete", complete)
    home.send()
    assert [gone.outcome for gone in home.departures] == [Outcome.ACCEPTED]
    assert home.states == {}
