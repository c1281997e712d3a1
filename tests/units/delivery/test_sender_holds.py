"""What is held, released, deleted or switched off: the sender's part of it, over real sockets."""

import socket
import time
from pathlib import Path

import pytest

from shimmy_metrics.actions.decide import enable, hold
from shimmy_metrics.actions.outbox import delete, hold_back, release
from shimmy_metrics.delivery.consent_with_answers import ENDED
from shimmy_metrics.delivery.sender import send_queued
from shimmy_metrics.errors import UserError
from shimmy_metrics.receiver.loopback import LoopbackReceiver
from shimmy_metrics.records import Cause, NoteKind, Outcome, QueueState
from shimmy_metrics.report.seal import digest
from shimmy_metrics.store import chain, outbox, releases
from shimmy_metrics.store.database import get_meta, opened
from shimmy_metrics.system.profile import Profile
from support.queued import LOCAL, fill_outbox, let_go, report
from support.samples import profile, sealed, today
from support.sending import departures_of, queued, ready, receiver, says, send


def _release(mine: Profile, *reports: int, seconds: float = 3.0) -> None:
    let_go(mine, *reports)
    send_queued(mine, time.monotonic() + seconds, reports)


def test_what_waits_for_another_endpoint_is_held_and_goes_by_hand(tmp_path: Path) -> None:
    with LoopbackReceiver(today) as first, LoopbackReceiver(today) as second:
        mine = ready(tmp_path, first.url)
        fill_outbox(mine, 1)
        other = profile(tmp_path, SHIMMY_METRICS_ENDPOINT=second.url)
        send(other)  # not agreed to
        assert [each.state for each in queued(mine)] == [QueueState.DUE]
        assert enable(other).held == 1
        fill_outbox(other, 2)
        send(other)
        assert [arrived.body for arrived in second.received] == [report(2).body]
        (held,) = queued(mine)
        assert held.state is QueueState.HELD_FOR_ENDPOINT
        with pytest.MonkeyPatch.context() as patched:
            started: list[list[int]] = []
            patched.setattr("shimmy_metrics.actions.outbox.start_sender", lambda _, released: started.append(released))
            assert release(other, [held.row_id], second.url) == 1
        send_queued(other, time.monotonic() + 3.0, started[0])
        assert second.received[-1].body == report(1).body
        assert first.received == []
    assert [gone.by_hand for gone in departures_of(mine)] == [True, False]


def test_a_release_is_a_request_of_its_own(tmp_path: Path) -> None:
    with LoopbackReceiver(today) as receiver:
        mine = ready(tmp_path, receiver.url)
        hold(mine, review=True)
        fill_outbox(mine, 1, 2, 3)
        hold(mine, review=False)
        hold(mine, review=True)
        send(mine)
        assert receiver.received == []
        first, second, _ = queued(mine)
        with opened(mine) as db:
            outbox.set_state(db, first.row_id, QueueState.DUE)
            outbox.set_state(db, second.row_id, QueueState.DUE)
        _release(mine, second.row_id)
        assert [arrived.body for arrived in receiver.received] == [report(2).body]  # of the other nothing was said


def test_a_report_held_back_by_itself_stays_though_the_others_go(tmp_path: Path) -> None:
    with LoopbackReceiver(today) as receiver:
        mine = ready(tmp_path, receiver.url)
        fill_outbox(mine, 1, 2)
        first, _ = queued(mine)
        assert hold_back(mine, first.row_id)
        assert hold_back(mine, first.row_id)  # and again
        hold(mine, review=True)
        hold(mine, review=False)
        send(mine)
        assert [arrived.body for arrived in receiver.received] == [report(2).body]
    assert [each.state for each in queued(mine)] == [QueueState.HELD_BY_HAND]


def test_releasing_needs_a_consent_that_covers_the_endpoint_and_a_report_that_may_leave(tmp_path: Path) -> None:
    mine = ready(tmp_path, LOCAL)
    fill_outbox(mine, 1)
    (held,) = queued(mine)
    with pytest.raises(UserError, match="nothing may be sent"):
        release(profile(tmp_path, DO_NOT_TRACK="1"), [held.row_id], LOCAL)
    assert release(mine, [held.row_id + 7], LOCAL) == 0
    for cause in (Cause.DAMAGED, Cause.OLDER_RULES):
        with opened(mine) as db:
            outbox.set_state(db, held.row_id, QueueState.SET_ASIDE, cause)
        with pytest.raises(UserError, match="does not fit today's fields"):
            release(mine, [held.row_id], LOCAL)


def test_what_is_released_is_the_request_that_was_asked_about_or_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shimmy_metrics.actions.outbox.start_sender", lambda *_, **__: pytest.fail("a sender started"))
    mine = ready(tmp_path, LOCAL)
    fill_outbox(mine, 1, 2, 3)
    rows = [each.row_id for each in queued(mine)]
    elsewhere = "https://elsewhere.example.org/v1/usage"
    with pytest.raises(UserError, match="so nothing was sent to https://elsewhere"):
        release(mine, rows, elsewhere)
    assert delete(mine, rows[0]).gone
    with pytest.raises(UserError, match="1 of the 3 reports is no longer waiting, so nothing was sent"):
        release(mine, rows, LOCAL)
    assert delete(mine, rows[1]).gone
    with pytest.raises(UserError, match="2 of the 3 reports are no longer waiting, so nothing was sent"):
        release(mine, rows, LOCAL)
    with opened(mine) as db:
        assert not releases.released(db, profile(tmp_path).clock.now())


def test_a_report_on_its_way_cannot_be_deleted(tmp_path: Path) -> None:
    refused: list[str] = []

    def deleting(connection: socket.socket) -> None:
        with pytest.raises(UserError) as caught:
            delete(mine, 1)
        refused.append(str(caught.value))
        says(204)(connection)

    with receiver(deleting) as (url, _):
        mine = ready(tmp_path, url)
        fill_outbox(mine, 1)
        send(mine)
    assert "is being sent right now" in refused[0]
    with opened(mine) as db:
        assert chain.notes(db) == []
    assert [gone.outcome for gone in departures_of(mine)] == [Outcome.ACCEPTED]


def test_a_deletion_is_noted_and_says_that_it_never_left(tmp_path: Path) -> None:
    mine = ready(tmp_path, LOCAL)
    fill_outbox(mine, 1)
    deleted = delete(mine, 1)
    assert (deleted.gone, deleted.departure) == (True, None)
    assert not delete(mine, 1).gone
    with opened(mine) as db:
        (noted,) = chain.notes(db)
    assert (noted.kind, noted.number) == (NoteKind.DELETED, 1)


def test_after_410_nothing_is_sent_there_any_more_until_a_new_yes(tmp_path: Path) -> None:
    with receiver(says(410)) as (url, came):
        mine = ready(tmp_path, url)
        fill_outbox(mine, 1)
        send(mine)
        send(mine)
        assert len(came) == 1
        with opened(mine) as db:
            assert get_meta(db, ENDED) == url


def test_a_switch_makes_reports_wait(tmp_path: Path) -> None:
    with LoopbackReceiver(today) as receiver:
        mine = ready(tmp_path, receiver.url)
        fill_outbox(mine, 1)
        send(profile(tmp_path, DO_NOT_TRACK="1", SHIMMY_METRICS_ENDPOINT=receiver.url))
        assert receiver.received == []
        assert departures_of(mine) == []
        send(mine)
        assert len(receiver.received) == 1


def test_a_report_that_earlier_rules_allowed_is_set_aside_whole(tmp_path: Path) -> None:
    body = sealed().body.replace(b"linux-x64", b"plan9-x64")
    with LoopbackReceiver(today) as receiver:
        mine = ready(tmp_path, receiver.url)
        fill_outbox(mine, 1)
        with opened(mine) as db:
            db.execute("UPDATE outbox SET body = ?, sha256 = ?", (body, digest(body)))
        send(mine)
        assert receiver.received == []
    (aside,) = queued(mine)
    assert (aside.state, aside.cause, aside.body) == (QueueState.SET_ASIDE, Cause.OLDER_RULES, body)
