"""The sender's decisions, without a socket and without a disk: what may leave, when, and what is written of it."""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import orjson
import pytest

from shimmy_metrics.delivery import groups
from shimmy_metrics.delivery.post import Response
from shimmy_metrics.delivery.sender_lock import lock_path
from shimmy_metrics.errors import UserError
from shimmy_metrics.records import Cause, Departure, Failure, NoteKind, Outcome, QueueState
from shimmy_metrics.report.seal import digest, join
from shimmy_metrics.store import chain, departures, outbox
from shimmy_metrics.store.database import get_meta, set_meta
from shimmy_metrics.system.locks import Lock, is_locked
from support.fake_wire import Exchange
from support.queued import LOCAL, report, uuid
from support.samples import NOW, memory_store
from support.sender_alone import YES, Sender
from support.sending import fill_disk


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
    assert Path(home.profile.log_file).read_text().endswith(" 2 reports sent and confirmed, status 200\n")


@pytest.mark.parametrize(
    ("met", "line"),
    [
        (Exchange(Response(503)), "sent and answered with an error, status 503; it waits here"),
        (
            Exchange(Response(failure=Failure.CONNECTION)),
            "not sent to the receiver: no connection could be made; it waits here",
        ),
        (Exchange(Response(410)), "sent and refused, status 410"),
    ],
)
def test_the_log_says_what_became_of_an_attempt_and_whether_the_report_waits(
    home: Sender, met: Exchange, line: str
) -> None:
    home.queue(1)
    home.send(met)
    assert Path(home.profile.log_file).read_text().endswith(f" 1 report {line}\n")


def test_of_what_a_person_stopped_the_log_does_not_say_that_it_waits(home: Sender) -> None:
    def logged() -> str:
        return Path(home.profile.log_file).read_text().splitlines()[-1]

    home.queue(1, 2)
    home.send(Exchange(before_head=lambda: _held(home)))
    assert logged().endswith(" 2 reports not sent to the receiver: one of the reports was deleted or held back")
    home.send(Exchange(before_body=home.withdraw))
    assert logged().endswith(" 1 report cut off here, possibly sent: your consent did not cover it any more")


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


def test_what_left_is_written_down_though_the_disk_is_full(home: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    home.queue(1)
    fill_disk(monkeypatch, home.profile)
    home.send()
    assert [gone.outcome for gone in home.departures] == [Outcome.ACCEPTED]
    assert home.states == {}


def test_what_is_due_is_held_where_an_answer_names_smaller_groups_than_before(home: Sender) -> None:
    home.queue(1)
    groups.record_named(home.db, LOCAL, 20)
    told = {"sha256": digest(join([report(1).body])), "k": 7}
    home.send(Exchange(Response(200, orjson.dumps(told)), before_head=lambda: home.queue(2)))
    assert groups.group_size(home.db, LOCAL) == (20, 7)
    assert home.states == {uuid(2): QueueState.HELD_FOR_GROUPS}
    assert [(note.kind, note.number, note.at) for note in chain.notes(home.db)] == [(NoteKind.GROUPS_LOWERED, 7, NOW)]


def test_usual_groups_and_an_answer_that_is_silent_about_them_hold_nothing_back(home: Sender) -> None:
    home.queue(1)
    home.send(Exchange(_confirming(1), before_head=lambda: home.queue(2)))
    assert home.states == {uuid(2): QueueState.DUE}
    home.send(Exchange(Response(500)))
    assert home.states == {uuid(2): QueueState.DUE}
    assert chain.notes(home.db) == []
