"""A recall: recorded before a byte leaves, asked for report by report, and nothing of it is sent again."""

import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import pytest

from shimmy_metrics.delivery import recall as module
from shimmy_metrics.delivery.post import Gate, Response
from shimmy_metrics.delivery.recall import Recall, send_recall
from shimmy_metrics.delivery.sender_lock import lock_path
from shimmy_metrics.errors import UserError
from shimmy_metrics.limits import SEND_SECONDS
from shimmy_metrics.records import Cause, Departure, DepartureKind, Failure, Outcome, QueueState
from shimmy_metrics.store import departures, outbox, releases
from shimmy_metrics.store.database import opened, transaction
from shimmy_metrics.system import locks
from shimmy_metrics.system.locks import Lock
from shimmy_metrics.system.profile import Profile
from support.departed import depart
from support.queue_report import FIRST, SECOND
from support.samples import NOW
from support.samples import queued as report
from support.sending import Answering, departures_of, fill_disk, queued, ready, receiver

END = b"\r\n\r\n"
URL = "https://metrics.example.org/v1/usage"


def answers(*statuses: int) -> Answering:
    """Answer one request after the other over the same connection; 0 leaves it."""

    def answer(connection: socket.socket) -> None:
        for place, status in enumerate(statuses):
            if place:
                connection.recv(65_536)
            if status:
                connection.sendall(f"HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n".encode())

    return answer


def sent(mine: Profile, url: str, *report_ids: str, outcome: Outcome = Outcome.CONFIRMED) -> Recall:
    """Record that a request of these reports was sent; return it as what is to be recalled."""
    with opened(mine) as db:
        number = depart(db, *(report(each) for each in report_ids), endpoint=url, outcome=outcome)
        (departure,) = (each for each in departures.everything(db) if each.row_id == number)
    return Recall(departure, report_ids)


@pytest.mark.parametrize(
    ("statuses", "outcome", "deleted", "status", "failure"),
    [
        ((204, 204), Outcome.RECALLED, 2, 204, Failure.NONE),
        ((204, 404), Outcome.REFUSED, 1, 404, Failure.NONE),
        ((204, 500), Outcome.ERROR, 1, 500, Failure.NONE),
        ((204, 0), Outcome.NO_ANSWER, 1, 0, Failure.BROKEN_OFF),
        ((0,), Outcome.NO_ANSWER, 0, 0, Failure.BROKEN_OFF),
    ],
)
def test_each_report_is_asked_back_and_the_answers_are_recorded(
    tmp_path: Path, statuses: tuple[int, ...], outcome: Outcome, deleted: int, status: int, failure: Failure
) -> None:
    with receiver(answers(*statuses), END) as (url, came):
        mine = ready(tmp_path, url)
        recall = sent(mine, url, FIRST, SECOND)
        made = send_recall(mine, recall)
    assert came[0].startswith(f"DELETE /v1/usage/{FIRST} HTTP/1.1\r\n".encode())
    told = recall.departure
    assert made == Departure(
        row_id=2,
        begun=NOW,
        endpoint=url,
        sha256=told.sha256,
        length=told.length,
        reports=2,
        by_hand=True,
        ended=NOW,
        outcome=outcome,
        status=status,
        failure=failure,
        taken=deleted,
        report_ids=(FIRST, SECOND),
        place=4,
        kind=DepartureKind.RECALL,
    )
    assert departures_of(mine) == [made, told]
    with opened(mine) as db:
        assert departures.last_carrying(db, [FIRST])[FIRST].row_id == told.row_id


def test_the_ids_are_recorded_before_a_byte_leaves(tmp_path: Path) -> None:
    seen: list[Departure] = []

    def answer(connection: socket.socket) -> None:
        seen.extend(departures_of(mine))
        connection.sendall(b"HTTP/1.1 204 X\r\nContent-Length: 0\r\n\r\n")

    with receiver(answer, END) as (url, _):
        mine = ready(tmp_path, url)
        send_recall(mine, sent(mine, url, FIRST))
    under_way, _ = seen
    assert (under_way.outcome, under_way.kind, under_way.report_ids) == (None, DepartureKind.RECALL, (FIRST,))


def test_nothing_of_it_is_sent_again_and_others_wait_on(tmp_path: Path) -> None:
    with receiver(answers(500), END) as (url, _):
        mine = ready(tmp_path, url)
        recall = sent(mine, url, FIRST, outcome=Outcome.NO_ANSWER)
        with opened(mine) as db:
            for report_id in (FIRST, SECOND):
                outbox.add(db, report(report_id))
            with transaction(db):
                releases.release(db, [1, 2], "", NOW)
        send_recall(mine, recall)
        states = [(each.report_id, each.state, each.cause) for each in queued(mine)]
        assert states == [
            (FIRST, QueueState.SET_ASIDE, Cause.RECALLED),
            (SECOND, QueueState.DUE, Cause.NONE),
        ]
        with opened(mine) as db:
            assert releases.released(db, NOW) == {2}


def test_a_receiver_that_is_not_there_was_sent_nothing(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/v1/usage"
    mine = ready(tmp_path, url)
    made = send_recall(mine, sent(mine, url, FIRST))
    assert (made.outcome, made.failure, made.report_ids) == (Outcome.NOTHING_LEFT, Failure.CONNECTION, ())


class Simulated:
    """Time that passes while it is slept, and in no other way."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.wakes: list[Callable[[], None]] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        for wake in self.wakes:
            wake()


class Silent:
    """A receiver that does not answer; it records how long each step would have."""

    responses: tuple[Response, ...] = ()
    waited: ClassVar[list[float]] = []

    def __init__(self, requests: object, environment: object, gate: Gate, seconds: float) -> None:
        self.waited.append(seconds)
        gate.passed = True

    def response(self, seconds: float) -> Response | None:
        self.waited.append(seconds)
        return None


def test_an_answer_is_waited_for_until_there_is_just_time_to_record_that_none_came(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "time", Simulated())
    monkeypatch.setattr(module, "Post", Silent)
    monkeypatch.setattr(Silent, "waited", [])
    mine = ready(tmp_path, URL)
    made = send_recall(mine, sent(mine, URL, FIRST))
    assert (made.outcome, made.failure, made.taken) == (Outcome.NO_ANSWER, Failure.TIME, 0)
    assert Silent.waited == [SEND_SECONDS - 0.25] * 2


def test_a_sender_at_work_is_waited_for_while_there_is_time_and_then_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    simulated = Simulated()
    for waiting in (module, locks):
        monkeypatch.setattr(waiting, "time", simulated)
    mine = ready(tmp_path, URL)
    recall = sent(mine, URL, FIRST)
    sender = Lock(lock_path(mine))
    assert sender.take()
    with pytest.raises(UserError) as refused:
        send_recall(mine, recall)
    assert str(refused.value) == "a report is being sent right now. Do this again in a few seconds"
    assert simulated.now == pytest.approx(1_000.0 + SEND_SECONDS - 1.0, abs=0.15)
    assert departures_of(mine) == [recall.departure]
    sender.release()


def test_once_a_sender_has_gone_it_is_asked_back_and_the_lock_is_free_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    simulated = Simulated()
    monkeypatch.setattr(module, "time", simulated)
    with receiver(answers(204), END) as (url, _):
        mine = ready(tmp_path, url)
        recall = sent(mine, url, FIRST)
        sender = Lock(lock_path(mine))
        assert sender.take()
        simulated.wakes.append(sender.release)
        assert send_recall(mine, recall).outcome is Outcome.RECALLED
    assert sender.take()
    sender.release()


def test_a_lock_that_cannot_be_taken_is_named(tmp_path: Path) -> None:
    mine = ready(tmp_path, URL)
    recall = sent(mine, URL, FIRST)
    os.mkdir(lock_path(mine))
    with pytest.raises(UserError) as refused:
        send_recall(mine, recall)
    assert refused.value.where == lock_path(mine)


def test_its_outcome_is_recorded_though_the_disk_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with receiver(answers(204), END) as (url, _):
        mine = ready(tmp_path, url)
        recall = sent(mine, url, FIRST)
        fill_disk(monkeypatch, mine)
        assert send_recall(mine, recall).outcome is Outcome.RECALLED


def test_an_attempt_that_was_broken_off_is_completed_first(tmp_path: Path) -> None:
    with receiver(answers(204), END) as (url, _):
        mine = ready(tmp_path, url)
        recall = sent(mine, url, FIRST)
        with opened(mine) as db:
            depart(db, report(SECOND), endpoint=url, outcome=None)
        send_recall(mine, recall)
    made, abandoned, _ = departures_of(mine)
    assert made.outcome is Outcome.RECALLED
    assert (abandoned.outcome, abandoned.ended) == (Outcome.MAY_HAVE_LEFT, NOW)
