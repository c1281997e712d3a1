"""One sender at a time: the row before the bytes, consent at each step, and what became of it on record."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson
import pytest

from shimmy_metrics.actions.decide import decline, enable, hold, only_for_me
from shimmy_metrics.actions.outbox import delete, hold_back, release
from shimmy_metrics.delivery.effective import ENDED
from shimmy_metrics.delivery.request import headers
from shimmy_metrics.delivery.sender import send_queued
from shimmy_metrics.delivery.sender_lock import lock_path, wait_until_gone
from shimmy_metrics.errors import UserError
from shimmy_metrics.receiver.loopback import LoopbackReceiver
from shimmy_metrics.records import Cause, Departure, Failure, NoteKind, Outcome, QueuedReport, QueueState
from shimmy_metrics.report.seal import digest, join
from shimmy_metrics.store import chain, departures, outbox
from shimmy_metrics.store.database import get_meta, opened, set_meta, transaction
from shimmy_metrics.system.locks import Lock
from shimmy_metrics.system.profile import Profile
from support.queued import LOCAL, end_of_session, fill_outbox, let_go, report, uuid
from support.samples import NOW, profile, sealed
from support.timely import in_time

Answering = Callable[[socket.socket], None]


def _ready(root: Path, url: str) -> Profile:
    mine = profile(root, SHIMMY_METRICS_ENDPOINT=url)
    enable(mine)
    return mine


def _send(mine: Profile, seconds: float = 3.0) -> None:
    """Send as the end of a session does."""
    end_of_session(mine)
    send_queued(mine, time.monotonic() + seconds)


def _release(mine: Profile, *reports: int, seconds: float = 3.0) -> None:
    let_go(mine, *reports)
    send_queued(mine, time.monotonic() + seconds, reports)


def _departures(mine: Profile) -> list[Departure]:
    with opened(mine) as db:
        assert chain.broken(db) == []
        return departures.everything(db)


def _queued(mine: Profile) -> list[QueuedReport]:
    with opened(mine) as db:
        return outbox.everything(db)


@contextmanager
def _receiver(answer: Answering) -> Iterator[tuple[str, list[bytes]]]:
    """Listen on loopback and let `answer` speak after each request; give the URL and the requests."""
    came: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    data = b""
                    while b"}}" not in data and (piece := connection.recv(65_536)):
                        data += piece
                    came.append(data)
                    answer(connection)

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1/usage", came
        listener.shutdown(socket.SHUT_RDWR)


def _says(status: int, body: bytes = b"") -> Answering:
    return lambda connection: connection.sendall(
        f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
    )


def _mute(connection: socket.socket) -> None:
    connection.recv(1)


def test_what_arrives_is_the_sealed_bytes_and_a_receipt_keeps_them(tmp_path: Path) -> None:
    with LoopbackReceiver() as receiver:
        mine = _ready(tmp_path, receiver.url)
        fill_outbox(mine, 1, 2)
        _send(mine)
    (arrived,) = receiver.received
    assert arrived.body == join([report(1).body, report(2).body])
    assert arrived.headers == headers(receiver.url, len(arrived.body))
    assert _queued(mine) == []
    (receipt,) = _departures(mine)
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
        _says(204)(connection)

    with _receiver(look) as (url, _):
        mine = _ready(tmp_path, url)
        fill_outbox(mine, 1)
        _send(mine)
    (under_way,) = seen
    assert under_way.ended is None
    assert under_way.report_ids == (uuid(1),)
    assert under_way.sha256 == sealed(uuid(1)).sha256
    (done,) = _departures(mine)
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
    with _receiver(_says(status)) as (url, came):
        mine = _ready(tmp_path, url)
        fill_outbox(mine, 1)
        _send(mine)
        assert len(came) == 1
        (waiting,) = _queued(mine)
        assert waiting.cause is cause
        assert (waiting.state is QueueState.SET_ASIDE) is (cause is Cause.REFUSED)
        (gone,) = _departures(mine)
        assert (gone.outcome, gone.status, gone.taken, gone.body) == (outcome, status, 0, b"")
        assert gone.report_ids == (uuid(1),)
        deleted = delete(mine, waiting.row_id)
    assert deleted.departure is not None
    assert deleted.departure.outcome is outcome


def test_no_answer_in_time_and_a_connection_that_breaks_off_are_on_record(tmp_path: Path) -> None:
    with _receiver(_mute) as (url, _):
        mine = _ready(tmp_path, url)
        fill_outbox(mine, 1)
        began = time.monotonic()
        _send(mine, 2.0)
        assert in_time(time.monotonic() - began, 2.7)
    (gone,) = _departures(mine)
    assert (gone.outcome, gone.failure, gone.report_ids) == (Outcome.NO_ANSWER, Failure.TIME, (uuid(1),))
    with _receiver(lambda connection: None) as (url, _):
        mine = _ready(tmp_path / "b", url)
        fill_outbox(mine, 1)
        _send(mine)
    (gone,) = _departures(mine)
    assert (gone.outcome, gone.failure) == (Outcome.NO_ANSWER, Failure.BROKEN_OFF)


def test_failures_before_the_first_byte_name_no_report_and_are_one_row(tmp_path: Path) -> None:
    with LoopbackReceiver() as receiver:
        mine = _ready(tmp_path, receiver.url)
        fill_outbox(mine, 1)
    for _ in range(8):  # of which back-off passes over some
        _send(mine)
    (gone,) = _departures(mine)
    assert (gone.outcome, gone.failure, gone.report_ids) == (Outcome.NOTHING_LEFT, Failure.CONNECTION, ())
    assert gone.attempts == 4
    assert gone.since == NOW
    assert len(_queued(mine)) == 1


def test_a_request_of_which_some_is_taken_is_kept_whole(tmp_path: Path) -> None:
    body = join([report(1).body, report(2).body])
    refused = [{"id": uuid(2), "field": "platform", "rule": "none of its words"}]
    answer = orjson.dumps({"sha256": digest(body), "stored": [uuid(1)], "refused": refused})
    with _receiver(_says(422, answer)) as (url, came):
        mine = _ready(tmp_path, url)
        fill_outbox(mine, 1, 2)
        _send(mine)
    (receipt,) = _departures(mine)
    assert came[0].endswith(b"\r\n\r\n" + receipt.body)
    assert receipt.body == body
    assert receipt.sha256 == digest(body)
    assert (receipt.outcome, receipt.reports, receipt.taken) == (Outcome.PARTLY, 2, 1)
    (aside,) = _queued(mine)
    assert (aside.report_id, aside.cause, aside.detail) == (uuid(2), Cause.RULE, "platform: none of its words")


@pytest.mark.parametrize("answer", [decline, only_for_me])
def test_a_withdrawal_between_sealing_and_sending_sends_nothing(
    tmp_path: Path, answer: Callable[[Profile], object]
) -> None:
    with LoopbackReceiver() as receiver:
        mine = _ready(tmp_path, receiver.url)
        fill_outbox(mine, 1)
        answer(mine)
        _send(mine)
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

    with _receiver(withdrawn) as (url, came):
        mine = _ready(tmp_path, url)
        fill_outbox(mine, 1)
        _send(mine)
        assert time.monotonic() - began[0] < 0.5
        assert wait_until_gone(mine, 0.5)
        assert len(came) == 1
    (gone,) = _departures(mine)
    assert (gone.outcome, gone.failure) == (Outcome.CUT_OFF, Failure.WITHDRAWN)


def test_a_withdrawal_while_it_connects_lets_no_byte_out(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:  # takes the connection, never shakes hands
        mine = _ready(tmp_path, f"https://localhost:{mute.getsockname()[1]}/v1/usage")
        fill_outbox(mine, 1)
        sending = threading.Thread(target=_send, args=(mine,))
        sending.start()
        connection, _ = mute.accept()
        mine.config_path.unlink()
        sending.join(1.0)
        assert not sending.is_alive()
        connection.close()
    (gone,) = _departures(mine)
    assert (gone.outcome, gone.failure, gone.report_ids) == (Outcome.NOTHING_LEFT, Failure.WITHDRAWN, ())


def test_what_waits_for_another_endpoint_is_held_and_goes_by_hand(tmp_path: Path) -> None:
    with LoopbackReceiver() as first, LoopbackReceiver() as second:
        mine = _ready(tmp_path, first.url)
        fill_outbox(mine, 1)
        other = profile(tmp_path, SHIMMY_METRICS_ENDPOINT=second.url)
        _send(other)  # not agreed to
        assert [each.state for each in _queued(mine)] == [QueueState.DUE]
        assert enable(other).held == 1
        fill_outbox(other, 2)
        _send(other)
        assert [arrived.body for arrived in second.received] == [report(2).body]
        (held,) = _queued(mine)
        assert held.state is QueueState.HELD_FOR_ENDPOINT
        with pytest.MonkeyPatch.context() as patched:
            started: list[list[int]] = []
            patched.setattr("shimmy_metrics.actions.outbox.start_sender", lambda _, released: started.append(released))
            assert release(other, [held.row_id]) == 1
        send_queued(other, time.monotonic() + 3.0, started[0])
        assert second.received[-1].body == report(1).body
        assert first.received == []
    assert [gone.by_hand for gone in _departures(mine)] == [True, False]


def test_a_release_is_a_request_of_its_own(tmp_path: Path) -> None:
    with LoopbackReceiver() as receiver:
        mine = _ready(tmp_path, receiver.url)
        hold(mine, review=True)
        fill_outbox(mine, 1, 2, 3)
        hold(mine, review=False)
        hold(mine, review=True)
        _send(mine)
        assert receiver.received == []
        first, second, _ = _queued(mine)
        with opened(mine) as db:
            outbox.set_state(db, first.row_id, QueueState.DUE)
            outbox.set_state(db, second.row_id, QueueState.DUE)
        _release(mine, second.row_id)
        assert [arrived.body for arrived in receiver.received] == [report(2).body]  # of the other nothing was said


def test_a_report_held_back_by_itself_stays_though_the_others_go(tmp_path: Path) -> None:
    with LoopbackReceiver() as receiver:
        mine = _ready(tmp_path, receiver.url)
        fill_outbox(mine, 1, 2)
        first, _ = _queued(mine)
        assert hold_back(mine, first.row_id)
        assert not hold_back(mine, first.row_id)
        hold(mine, review=True)
        hold(mine, review=False)
        _send(mine)
        assert [arrived.body for arrived in receiver.received] == [report(2).body]
    assert [each.state for each in _queued(mine)] == [QueueState.HELD_BY_HAND]


def test_releasing_needs_a_consent_that_covers_the_endpoint_and_a_report_that_may_leave(tmp_path: Path) -> None:
    mine = _ready(tmp_path, LOCAL)
    fill_outbox(mine, 1)
    (held,) = _queued(mine)
    with pytest.raises(UserError, match="nothing may be sent"):
        release(profile(tmp_path, DO_NOT_TRACK="1"), [held.row_id])
    assert release(mine, [held.row_id + 7]) == 0
    for cause in (Cause.DAMAGED, Cause.OLDER_RULES):
        with opened(mine) as db:
            outbox.set_state(db, held.row_id, QueueState.SET_ASIDE, cause)
        with pytest.raises(UserError, match="does not fit today's fields"):
            release(mine, [held.row_id])


def test_a_report_on_its_way_cannot_be_deleted(tmp_path: Path) -> None:
    refused: list[str] = []

    def deleting(connection: socket.socket) -> None:
        with pytest.raises(UserError) as caught:
            delete(mine, 1)
        refused.append(str(caught.value))
        _says(204)(connection)

    with _receiver(deleting) as (url, _):
        mine = _ready(tmp_path, url)
        fill_outbox(mine, 1)
        _send(mine)
    assert "is being sent right now" in refused[0]
    with opened(mine) as db:
        assert chain.notes(db) == []
    assert [gone.outcome for gone in _departures(mine)] == [Outcome.ACCEPTED]


def test_a_deletion_is_noted_and_says_that_it_never_left(tmp_path: Path) -> None:
    mine = _ready(tmp_path, LOCAL)
    fill_outbox(mine, 1)
    deleted = delete(mine, 1)
    assert (deleted.gone, deleted.departure) == (True, None)
    assert not delete(mine, 1).gone
    with opened(mine) as db:
        (noted,) = chain.notes(db)
    assert (noted.kind, noted.number) == (NoteKind.DELETED, 1)


def test_a_departure_that_a_killed_sender_left_open_is_completed_by_the_next(tmp_path: Path) -> None:
    with LoopbackReceiver() as receiver:
        mine = _ready(tmp_path, receiver.url)
        for ids in ((), (uuid(1),)):
            with opened(mine) as db, transaction(db):
                begun = departures.begin(db, Departure(0, NOW, receiver.url, "0" * 64, 640, 1, by_hand=False))
                departures.record_report_ids(db, begun, ids)
            _send(mine)
    assert [(gone.outcome, gone.failure) for gone in _departures(mine)] == [
        (Outcome.MAY_HAVE_LEFT, Failure.INTERRUPTED),
        (Outcome.NOTHING_LEFT, Failure.INTERRUPTED),
    ]


def test_after_410_nothing_is_sent_there_any_more_until_a_new_yes(tmp_path: Path) -> None:
    with _receiver(_says(410)) as (url, came):
        mine = _ready(tmp_path, url)
        fill_outbox(mine, 1)
        _send(mine)
        _send(mine)
        assert len(came) == 1
        with opened(mine) as db:
            assert get_meta(db, ENDED) == url


def test_a_switch_makes_reports_wait(tmp_path: Path) -> None:
    with LoopbackReceiver() as receiver:
        mine = _ready(tmp_path, receiver.url)
        fill_outbox(mine, 1)
        _send(profile(tmp_path, DO_NOT_TRACK="1", SHIMMY_METRICS_ENDPOINT=receiver.url))
        assert receiver.received == []
        assert _departures(mine) == []
        _send(mine)
        assert len(receiver.received) == 1


def test_damage_on_the_disk_does_not_leave(tmp_path: Path) -> None:
    with LoopbackReceiver() as receiver:
        mine = _ready(tmp_path, receiver.url)
        fill_outbox(mine, 1)
        with opened(mine) as db:
            db.execute("UPDATE outbox SET body = ?", (sealed().body.replace(b"linux-x64", b"/home/you"),))
        _send(mine)
        assert receiver.received == []
    (aside,) = _queued(mine)
    assert (aside.state, aside.cause) == (QueueState.SET_ASIDE, Cause.DAMAGED)


def test_a_report_that_earlier_rules_allowed_is_set_aside_whole(tmp_path: Path) -> None:
    body = sealed().body.replace(b"linux-x64", b"plan9-x64")
    with LoopbackReceiver() as receiver:
        mine = _ready(tmp_path, receiver.url)
        fill_outbox(mine, 1)
        with opened(mine) as db:
            db.execute("UPDATE outbox SET body = ?, sha256 = ?", (body, digest(body)))
        _send(mine)
        assert receiver.received == []
    (aside,) = _queued(mine)
    assert (aside.state, aside.cause, aside.body) == (QueueState.SET_ASIDE, Cause.OLDER_RULES, body)


def test_one_sender_at_a_time(tmp_path: Path) -> None:
    with LoopbackReceiver() as receiver:
        mine = _ready(tmp_path, receiver.url)
        fill_outbox(mine, 1)
        other = Lock(lock_path(mine))
        assert other.take()
        _send(mine, 0.3)
        assert receiver.received == []
        other.release()
        _send(mine)
        assert len(receiver.received) == 1


def test_a_second_try_of_the_same_report_is_harmless(tmp_path: Path) -> None:
    with LoopbackReceiver() as receiver:
        mine = _ready(tmp_path, receiver.url)
        for _ in range(2):
            fill_outbox(mine, 1)
            _send(mine)
        assert [arrived.status for arrived in receiver.received] == [200, 200]
        assert len(receiver._known) == 1


def test_a_success_ends_back_off_and_a_withdrawal_is_no_failure(tmp_path: Path) -> None:
    with LoopbackReceiver() as receiver:
        mine = _ready(tmp_path, receiver.url)
        fill_outbox(mine, 1)
        with opened(mine) as db:
            set_meta(db, "failures", "9")
            set_meta(db, "passed-over", "0")
        _send(mine)
        _send(mine)
        assert receiver.received == []
        _send(mine)
        assert len(receiver.received) == 1
    with opened(mine) as db:
        assert (get_meta(db, "failures"), get_meta(db, "passed-over")) == ("0", "0")


def test_a_damaged_config_deletes_nothing_and_sends_nothing(tmp_path: Path) -> None:
    with LoopbackReceiver() as receiver:
        mine = _ready(tmp_path, receiver.url)
        fill_outbox(mine, 1)
        whole = mine.config_path.read_bytes()
        mine.config_path.write_bytes(whole[:-3])
        with pytest.raises(UserError):
            _send(mine)
        assert receiver.received == []
        mine.config_path.write_bytes(whole)
        _send(mine)
        assert len(receiver.received) == 1
