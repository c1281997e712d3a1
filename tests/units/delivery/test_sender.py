"""One sender at a time: the row before the bytes, consent at each step, and what became of it on record."""

import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from shimmy_metrics.actions.decide import decline, only_for_me
from shimmy_metrics.actions.outbox import delete
from shimmy_metrics.delivery.request import headers
from shimmy_metrics.delivery.sender_lock import lock_path, wait_until_gone
from shimmy_metrics.errors import UserError
from shimmy_metrics.receiver.loopback import LoopbackReceiver
from shimmy_metrics.records import Cause, Departure, Failure, Outcome, QueueState
from shimmy_metrics.report.seal import digest, join
from shimmy_metrics.store import departures
from shimmy_metrics.store.database import get_meta, opened, set_meta, transaction
from shimmy_metrics.system.locks import Lock
from shimmy_metrics.system.profile import Profile
from support.installed import LONGEST
from support.queued import fill_outbox, report, uuid
from support.samples import NOW, sealed, today
from support.sending import departures_of, queued, ready, receiver, says, send
from support.soundness import stored
from support.timely import in_time


def _mute(connection: socket.socket) -> None:
    connection.recv(1)


def test_what_arrives_is_the_sealed_bytes_and_a_receipt_keeps_them(tmp_path: Path) -> None:
    with LoopbackReceiver(today) as receiver:
        mine = ready(tmp_path, receiver.url)
        fill_outbox(mine, 1, 2)
        send(mine)
    (arrived,) = receiver.received
    assert arrived.body == join([report(1).body, report(2).body])
    assert arrived.headers == headers(receiver.url, len(arrived.body))
    assert queued(mine) == []
    (receipt,) = departures_of(mine)
    assert receipt.body == arrived.body
    assert receipt.sha256 == digest(arrived.body)
    assert (receipt.length, receipt.reports, receipt.taken) == (len(arrived.body), 2, 2)
    assert (receipt.status, receipt.outcome, receipt.by_hand) == (200, Outcome.CONFIRMED, False)
    assert receipt.endpoint == receiver.url
    assert set(receipt.report_ids) == {uuid(1), uuid(2)}


def test_the_row_stands_before_a_byte_leaves(tmp_path: Path) -> None:
    seen: list[Departure] = []

    def look(connection: socket.socket) -> None:
        with opened(mine) as db:
            seen.extend(departures.everything(db))
        says(204)(connection)

    with receiver(look) as (url, _):
        mine = ready(tmp_path, url)
        fill_outbox(mine, 1)
        send(mine)
    (under_way,) = seen
    assert under_way.ended is None
    assert under_way.report_ids == (uuid(1),)
    assert under_way.sha256 == sealed(uuid(1)).sha256
    (done,) = departures_of(mine)
    assert done.outcome is Outcome.ACCEPTED


@pytest.mark.parametrize(
    ("status", "outcome", "cause"),
    [
        (500, Outcome.ERROR, Cause.NONE),
        (429, Outcome.ERROR, Cause.NONE),
        (302, Outcome.ERROR, Cause.NONE),
        (400, Outcome.REFUSED, Cause.REFUSED),
        (413, Outcome.REFUSED, Cause.REFUSED),
        (410, Outcome.REFUSED, Cause.NONE),
    ],
)
def test_an_answer_that_takes_nothing_is_on_record(tmp_path: Path, status: int, outcome: Outcome, cause: Cause) -> None:
    with receiver(says(status)) as (url, came):
        mine = ready(tmp_path, url)
        fill_outbox(mine, 1)
        send(mine)
        assert len(came) == 1
        (waiting,) = queued(mine)
        assert waiting.cause is cause
        assert (waiting.state is QueueState.SET_ASIDE) is (cause is Cause.REFUSED)
        (gone,) = departures_of(mine)
        assert (gone.outcome, gone.status, gone.taken, gone.body) == (outcome, status, 0, b"")
        assert gone.report_ids == (uuid(1),)
        deleted = delete(mine, waiting.row_id)
    assert deleted.departure is not None
    assert deleted.departure.outcome is outcome


def test_no_answer_in_time_and_a_connection_that_breaks_off_are_on_record(tmp_path: Path) -> None:
    with receiver(_mute) as (url, _):
        mine = ready(tmp_path, url)
        fill_outbox(mine, 1)
        began = time.monotonic()
        send(mine, 2.0)
        assert in_time(time.monotonic() - began, 2.7)
    (gone,) = departures_of(mine)
    assert (gone.outcome, gone.failure, gone.report_ids) == (Outcome.NO_ANSWER, Failure.TIME, (uuid(1),))
    with receiver(lambda connection: None) as (url, _):
        mine = ready(tmp_path / "b", url)
        fill_outbox(mine, 1)
        send(mine)
    (gone,) = departures_of(mine)
    assert (gone.outcome, gone.failure) == (Outcome.NO_ANSWER, Failure.BROKEN_OFF)


def test_failures_before_the_first_byte_name_no_report_and_are_one_row(tmp_path: Path) -> None:
    with LoopbackReceiver(today) as receiver:
        mine = ready(tmp_path, receiver.url)
        fill_outbox(mine, 1)
    for _ in range(8):  # of which back-off passes over some
        send(mine)
    (gone,) = departures_of(mine)
    assert (gone.outcome, gone.failure, gone.report_ids) == (Outcome.NOTHING_LEFT, Failure.CONNECTION, ())
    line = "1 report not sent to the receiver: no connection could be made; it waits here\n"
    assert Path(mine.log_file).read_text().endswith(line)
    assert gone.attempts == 4
    assert gone.since == NOW
    assert len(queued(mine)) == 1


def test_a_request_of_which_some_is_taken_is_kept_whole(tmp_path: Path) -> None:
    body = join([report(1).body, report(2).body])
    refused = [{"id": uuid(2), "field": "platform", "rule": "none of its words"}]
    answer = orjson.dumps({"sha256": digest(body), "stored": [uuid(1)], "refused": refused})
    with receiver(says(422, answer)) as (url, came):
        mine = ready(tmp_path, url)
        fill_outbox(mine, 1, 2)
        send(mine)
    (receipt,) = departures_of(mine)
    assert came[0].endswith(b"\r\n\r\n" + receipt.body)
    assert receipt.body == body
    assert receipt.sha256 == digest(body)
    assert (receipt.outcome, receipt.reports, receipt.taken) == (Outcome.PARTLY, 2, 1)
    (aside,) = queued(mine)
    assert (aside.report_id, aside.cause, aside.detail) == (uuid(2), Cause.RULE, "platform: none of its words")


@pytest.mark.parametrize("answer", [decline, only_for_me])
def test_a_withdrawal_between_sealing_and_sending_sends_nothing(
    tmp_path: Path, answer: Callable[[Profile], object]
) -> None:
    with LoopbackReceiver(today) as receiver:
        mine = ready(tmp_path, receiver.url)
        fill_outbox(mine, 1)
        answer(mine)
        send(mine)
        assert receiver.received == []


def _rewritten(mine: Profile) -> None:
    mine.config_path.write_bytes(mine.config_path.read_bytes().replace(b"true", b"false"))


def _damaged(mine: Profile) -> None:
    mine.config_path.write_bytes(b"{")


@pytest.mark.parametrize(
    "withdraw", [decline, only_for_me, lambda mine: mine.config_path.unlink(), _rewritten, _damaged]
)
def test_a_withdrawal_while_an_answer_is_waited_for_ends_the_sender_and_is_on_record(
    tmp_path: Path, withdraw: Callable[[Profile], object]
) -> None:
    began: list[float] = []

    def withdrawn(connection: socket.socket) -> None:
        began.append(time.monotonic())
        withdrawing = threading.Thread(target=withdraw, args=(mine,))
        withdrawing.start()
        connection.recv(1)
        withdrawing.join()

    with receiver(withdrawn) as (url, came):
        mine = ready(tmp_path, url)
        fill_outbox(mine, 1)
        send(mine)
        assert in_time(time.monotonic() - began[0], 0.5)
        assert wait_until_gone(mine, LONGEST)
        assert len(came) == 1
    (gone,) = departures_of(mine)
    assert (gone.outcome, gone.failure) == (Outcome.CUT_OFF, Failure.WITHDRAWN)


def test_a_withdrawal_while_it_connects_lets_no_byte_out(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:  # takes the connection, never shakes hands
        mine = ready(tmp_path, f"https://localhost:{mute.getsockname()[1]}/v1/usage")
        fill_outbox(mine, 1)
        sending = threading.Thread(target=send, args=(mine,))
        sending.start()
        connection, _ = mute.accept()
        mine.config_path.unlink()
        sending.join(LONGEST)
        assert not sending.is_alive()
        connection.close()
    (gone,) = departures_of(mine)
    assert (gone.outcome, gone.failure, gone.report_ids) == (Outcome.NOTHING_LEFT, Failure.WITHDRAWN, ())


def test_a_departure_that_a_killed_sender_left_open_is_completed_by_the_next(tmp_path: Path) -> None:
    with LoopbackReceiver(today) as receiver:
        mine = ready(tmp_path, receiver.url)
        for ids in ((), (uuid(1),)):
            with opened(mine) as db, transaction(db):
                begun = departures.begin(db, Departure(0, NOW, receiver.url, "0" * 64, 640, 1, by_hand=False))
                departures.record_report_ids(db, begun, ids)
            send(mine)
    assert [(gone.outcome, gone.failure) for gone in departures_of(mine)] == [
        (Outcome.MAY_HAVE_LEFT, Failure.INTERRUPTED),
        (Outcome.NOTHING_LEFT, Failure.INTERRUPTED),
    ]


def test_damage_on_the_disk_does_not_leave(tmp_path: Path) -> None:
    with LoopbackReceiver(today) as receiver:
        mine = ready(tmp_path, receiver.url)
        fill_outbox(mine, 1)
        with opened(mine) as db:
            db.execute("UPDATE outbox SET body = ?", (sealed().body.replace(b"linux-x64", b"/home/you"),))
        send(mine)
        assert receiver.received == []
    (aside,) = queued(mine)
    assert (aside.state, aside.cause) == (QueueState.SET_ASIDE, Cause.DAMAGED)


def test_one_sender_at_a_time(tmp_path: Path) -> None:
    with LoopbackReceiver(today) as receiver:
        mine = ready(tmp_path, receiver.url)
        fill_outbox(mine, 1)
        other = Lock(lock_path(mine))
        assert other.take()
        send(mine, 0.3)
        assert receiver.received == []
        other.release()
        send(mine)
        assert len(receiver.received) == 1


def test_a_second_try_of_the_same_report_is_harmless(tmp_path: Path) -> None:
    with LoopbackReceiver(today) as receiver:
        mine = ready(tmp_path, receiver.url)
        for _ in range(2):
            fill_outbox(mine, 1)
            send(mine)
        assert [arrived.status for arrived in receiver.received] == [200, 200]
        assert len(stored(receiver)) == 1


def test_a_success_ends_back_off_and_a_withdrawal_is_no_failure(tmp_path: Path) -> None:
    with LoopbackReceiver(today) as receiver:
        mine = ready(tmp_path, receiver.url)
        fill_outbox(mine, 1)
        with opened(mine) as db:
            set_meta(db, "failures", "9")
            set_meta(db, "passed-over", "0")
        send(mine)
        send(mine)
        assert receiver.received == []
        send(mine)
        assert len(receiver.received) == 1
    with opened(mine) as db:
        assert (get_meta(db, "failures"), get_meta(db, "passed-over")) == ("0", "0")


def test_a_damaged_config_deletes_nothing_and_sends_nothing(tmp_path: Path) -> None:
    with LoopbackReceiver(today) as receiver:
        mine = ready(tmp_path, receiver.url)
        fill_outbox(mine, 1)
        whole = mine.config_path.read_bytes()
        mine.config_path.write_bytes(whole[:-3])
        with pytest.raises(UserError):
            send(mine)
        assert receiver.received == []
        mine.config_path.write_bytes(whole)
        send(mine)
        assert len(receiver.received) == 1
