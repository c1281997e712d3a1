"""What became of a release, a deletion and a failed attempt is said, wherever the person looks."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from shimmy_metrics.actions import outbox as hand
from shimmy_metrics.app.app import ShimmyApp
from shimmy_metrics.app.screens.report.subject import subjects
from shimmy_metrics.consent.effective_consent import Unusable
from shimmy_metrics.consent.endpoint import ENDPOINT
from shimmy_metrics.delivery.sender_lock import lock_path
from shimmy_metrics.limits import SEND_SECONDS
from shimmy_metrics.records import Failure, Outcome, QueueState
from shimmy_metrics.store import departures, outbox
from shimmy_metrics.store.database import opened as store
from shimmy_metrics.store.database import transaction
from shimmy_metrics.system.locks import Lock
from support import opened, overviews, samples
from support.departed import depart
from support.outboxes import waiting


@pytest.fixture
def released(monkeypatch: pytest.MonkeyPatch) -> list[list[int]]:
    """Return what a sender was started for; none starts."""
    found: list[list[int]] = []
    monkeypatch.setattr(hand, "start_sender", lambda _, *, released: found.append(released))
    return found


@contextmanager
def sender_at_work(root: Path) -> Iterator[None]:
    lock = Lock(lock_path(opened.profile_of(root)))
    assert lock.take()
    try:
        yield
    finally:
        lock.release()


async def test_a_deletion_says_that_the_report_never_left(tmp_path: Path) -> None:
    waiting(tmp_path, QueueState.DUE)
    app = opened.living(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "2", "d")
        assert "It was never sent." in " ".join(opened.text(app).split())
        await opened.answer(pilot, "y")
        await opened.until(pilot, lambda: "Deleted: it was never sent." in opened.text(app))


async def test_a_deletion_says_what_had_been_sent_of_the_report(tmp_path: Path) -> None:
    (report,) = waiting(tmp_path, QueueState.DUE)
    with store(opened.profile_of(tmp_path)) as db:
        depart(db, report, outcome=Outcome.NO_ANSWER, failure=Failure.TIME)
    app = opened.living(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "2", "d")
        given = "1 report sent to metrics.shimmy-ai.dev at "
        assert given in " ".join(opened.text(app).split())
        await opened.answer(pilot, "y")
        await opened.until(pilot, lambda: "Deleted. 1 report sent to" in opened.text(app))
        assert "no answer: the time was up." in " ".join(opened.text(app).split())


async def test_a_report_on_its_way_cannot_be_deleted(tmp_path: Path) -> None:
    (report,) = waiting(tmp_path, QueueState.DUE)
    with store(opened.profile_of(tmp_path)) as db:
        depart(db, report, outcome=None)
    with sender_at_work(tmp_path):
        app = opened.living(tmp_path)
        async with app.run_test(size=(80, 24)) as pilot:
            await opened.press(pilot, "2")
            assert "1 report is waiting. Something is being sent now." in opened.text(app)
            await opened.press(pilot, "d")
            await opened.answer(pilot, "y")
            await opened.until(pilot, lambda: "being sent right now" in opened.text(app))
            assert "a no cuts it off." in opened.read(app)  # bytes of it may have left: it is not stopped
            await opened.press(pilot, "r")
            assert "Just then something was being sent (5 s at most)." in opened.text(app)
    with store(opened.profile_of(tmp_path)) as db:
        assert outbox.everything(db)


async def test_while_a_sender_is_at_work_a_deletion_does_not_ask_about_a_report_that_was_never_sent(
    tmp_path: Path,
) -> None:
    waiting(tmp_path, QueueState.DUE)
    with sender_at_work(tmp_path):
        app = opened.living(tmp_path)
        async with app.run_test(size=(80, 24)) as pilot:
            await opened.press(pilot, "2", "d")
            assert "Delete this report?" in opened.text(app)
            assert opened.read(app).count("Something is being sent now.") == 2
            assert "It was never sent." not in opened.read(app)


async def test_a_release_that_reached_nobody_says_so_and_the_report_waits_as_before(
    tmp_path: Path, released: list[list[int]]
) -> None:
    (report,) = waiting(tmp_path, QueueState.HELD_BY_HAND)
    app = opened.living(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "2", "r")
        asked = " ".join(opened.text(app).split())
        assert (
            "If that cannot be reached, it stays here. y Yes, send it" in asked
        )  # a failure may put off the next attempt
        await opened.answer(pilot, "y")
        assert "1 report is waiting. This one is being sent now." in opened.text(app)
        assert released
        await opened.press(pilot, "r")  # whatever the store says of it yet
        assert "Just then something was being sent (5 s at most)." in opened.text(app)
        with store(opened.profile_of(tmp_path)) as db:
            depart(db, report, outcome=Outcome.NOTHING_LEFT, failure=Failure.CONNECTION, by_hand=True)
        await opened.until(pilot, lambda: "no connection could be made. What" in " ".join(opened.text(app).split()))
        told = " ".join(opened.text(app).split())
        assert "What is waiting is sent when you release it." in told
        assert "this one now" not in told
        assert "1 report is waiting. It is sent if you release it." in told


async def test_a_release_of_which_no_sender_made_a_request_says_so(
    tmp_path: Path, released: list[list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shimmy_metrics.app.commands.outbox.SEND_SECONDS", 0.1)
    waiting(tmp_path, QueueState.HELD_BY_HAND)
    app = opened.living(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "2", "r")
        await opened.answer(pilot, "y")
        await opened.until(pilot, lambda: "Nothing was sent." in opened.text(app))
        assert released
        assert "The report is waiting as before." in " ".join(opened.text(app).split())


async def test_while_the_sender_of_a_release_has_not_ended_nothing_is_said_of_its_outcome(
    tmp_path: Path, released: list[list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shimmy_metrics.app.commands.outbox.SEND_SECONDS", 0.1)
    (report,) = waiting(tmp_path, QueueState.HELD_BY_HAND)
    app = opened.living(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "2", "r")
        with sender_at_work(tmp_path), store(opened.profile_of(tmp_path)) as db:
            number = depart(db, report, outcome=None, by_hand=True)
            await opened.answer(pilot, "y")
            await opened.until(pilot, lambda: bool(released) and app.overview is not None and app.overview.sending)
            await pilot.pause(1.5)  # twice as long as is waited for a sender here
            assert "Nothing was sent." not in opened.text(app)
            with transaction(db):
                departures.complete(db, number, ended=samples.NOW, outcome=Outcome.NO_ANSWER, failure=Failure.TIME)
        await opened.until(pilot, lambda: "no answer: the time was up." in " ".join(opened.text(app).split()))


async def test_of_a_release_an_earlier_one_that_is_done_tells_nothing(
    tmp_path: Path, released: list[list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    timers: list[Callable[[], None]] = []
    first, _ = waiting(tmp_path, QueueState.HELD_BY_HAND, QueueState.HELD_BY_HAND)
    app = opened.living(tmp_path)
    set_timer = app.set_timer

    def counted(delay: float, callback: Callable[[], None], **more: Any) -> object:  # noqa: ANN401 - Textual's
        if delay < SEND_SECONDS:
            return set_timer(delay, callback, **more)
        timers.append(callback)
        return None

    monkeypatch.setattr(app, "set_timer", counted)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "2", "right_square_bracket", "r")
        await opened.answer(pilot, "y")
        await opened.until(pilot, lambda: len(timers) == 1)
        with store(opened.profile_of(tmp_path)) as db:
            depart(db, first, outcome=Outcome.CONFIRMED, by_hand=True)
            outbox.remove(db, first.row_id)
        await opened.until(pilot, lambda: not app.commands.outbox.released)
        await opened.press(pilot, "2", "r")
        await opened.answer(pilot, "y")
        await opened.until(pilot, lambda: len(timers) == 2)
        timers[0]()
        await pilot.pause()
        assert len(released) == 2
        assert app.commands.outbox.released
        assert "Nothing was sent." not in opened.text(app)
        timers[1]()
        await opened.until(pilot, lambda: "Nothing was sent." in opened.text(app))


@pytest.mark.parametrize(("number", "are"), [(1, "It is"), (2, "They are")])
async def test_of_a_release_that_another_process_sent_meanwhile_it_is_not_said_that_nothing_was_sent(
    tmp_path: Path, released: list[list[int]], number: int, are: str
) -> None:
    reports = waiting(tmp_path, *[QueueState.HELD_BY_HAND] * number)
    app = opened.living(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "2", "r")
        with store(opened.profile_of(tmp_path)) as db:
            depart(db, reports[0], outcome=Outcome.CONFIRMED, by_hand=True)
            for each in reports:
                outbox.remove(db, each.row_id)
        await opened.answer(pilot, "y")
        told = f"{are} no longer waiting here, so nothing was released."
        await opened.until(pilot, lambda: told in opened.text(app))
        assert "nothing was sent" not in opened.text(app)
    assert not released


async def _release(pilot: Pilot[None], app: ShimmyApp) -> None:
    """Release the report shown on Outgoing, which then waits for its sender."""
    await opened.press(pilot, "2", "r")
    await opened.answer(pilot, "y")
    await opened.until(pilot, lambda: bool(app.commands.outbox.released))


async def test_a_released_report_that_is_held_before_its_sender_began_is_no_longer_awaited(
    tmp_path: Path, released: list[list[int]]
) -> None:
    waiting(tmp_path, QueueState.DUE)
    app = opened.living(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await _release(pilot, app)
        await opened.press(pilot, "t")
        await opened.until(pilot, lambda: "Held until you release it." in opened.text(app))
        assert not app.commands.outbox.released
    assert len(released) == 1


async def test_of_a_released_report_that_was_deleted_nothing_is_said_to_wait(
    tmp_path: Path, released: list[list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shimmy_metrics.app.commands.outbox.PATIENCE_SECONDS", -3.0)  # 2 s are left
    waiting(tmp_path, QueueState.HELD_BY_HAND)
    app = opened.living(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await _release(pilot, app)
        await opened.press(pilot, "d")
        await opened.answer(pilot, "y")
        await opened.until(pilot, lambda: "Deleted: it was never sent." in opened.text(app))
        await opened.until(pilot, lambda: not app.commands.outbox.released)
        assert "Nothing was sent." not in opened.text(app)


@pytest.mark.parametrize(
    ("outcome", "failure", "word"),
    [
        (Outcome.NOTHING_LEFT, Failure.NAME, "nothing sent"),
        (Outcome.ERROR, Failure.NONE, "error"),
        (Outcome.NO_ANSWER, Failure.BROKEN_OFF, "no answer"),
        (Outcome.MAY_HAVE_LEFT, Failure.INTERRUPTED, "possibly sent"),
    ],
)
@pytest.mark.parametrize("size", [(120, 40), (80, 24), (40, 12)])
async def test_a_failed_attempt_is_in_view_on_every_screen_at_no_row(
    tmp_path: Path, outcome: Outcome, failure: Failure, word: str, size: tuple[int, int]
) -> None:
    shown = overviews.failing()
    last = shown.departures[0]._replace(outcome=outcome, failure=failure, attempts=1, since=None)
    shown = shown._replace(entries=(last, *shown.entries[1:]))
    await _says_above_every_screen(opened.still(tmp_path, shown), size, word)


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (40, 12)])
async def test_without_a_failed_attempt_no_screen_says_one(tmp_path: Path, size: tuple[int, int]) -> None:
    shown = overviews.failing()
    shown = shown._replace(entries=shown.entries[1:])
    await _says_above_every_screen(opened.still(tmp_path, shown), size, "")


async def _says_above_every_screen(app: ShimmyApp, size: tuple[int, int], word: str) -> None:
    """Check that the rule above each screen says of a failed attempt this word, or of none where it is empty."""
    async with app.run_test(size=size) as pilot:
        for key in ("1", "2", "3", "4", "c"):
            await opened.press(pilot, key)
            rule = opened.text(app).splitlines()[1]
            assert word in rule, (key, opened.text(app))
            assert ("! " in rule) is bool(word)


async def test_where_there_is_room_every_screen_says_when_it_is_tried_again(tmp_path: Path) -> None:
    app = opened.still(tmp_path, overviews.failing())
    async with app.run_test(size=(120, 40)) as pilot:
        await opened.press(pilot, "1")
        rule = opened.text(app).splitlines()[1]
        assert "nothing sent; the next when the second session from now ends" in rule
        await opened.press(pilot, "2")
        assert "This one is sent when the second session from now ends." in opened.text(app)
        assert "no connection could be made (2 attempts since 22 Nov" in opened.read(app)


def test_nothing_that_waits_is_left_out_and_nothing_is_shown_twice() -> None:
    due, held, aside = QueueState.DUE, QueueState.HELD_BY_HAND, QueueState.SET_ASIDE
    for states in ((due,), (held,), (aside,), (due, held), (due, held, held), (aside, due), (due, due, held, held)):
        queued = tuple(overviews.reported(overviews.named(n), n, state) for n, state in enumerate(states))
        found = subjects(overviews.idle()._replace(outbox=queued))
        alone = [subject.report for subject in found if subject.report]
        assert sorted(report.row_id for report in alone) == [report.row_id for report in queued]
        first = found[0].reports
        leaving = [each for each in queued if each.state is due] or [each for each in queued if each.state.held]
        assert [*first] == (leaving or [queued[0]])
        assert sum(subject.report is None for subject in found) == sum(states.count(each) > 1 for each in (due, held))


async def test_a_report_older_than_any_that_waits_says_that_it_is_deleted(tmp_path: Path) -> None:
    shown = overviews.batch()
    old = shown.outbox[2]._replace(sealed=samples.NOW - timedelta(days=20))
    app = opened.still(tmp_path, shown._replace(outbox=(old,)))
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "2")
        assert "It has waited 14 days" in " ".join(opened.text(app).split())


async def test_a_session_that_was_cut_off_is_named_and_its_report_shown(tmp_path: Path) -> None:
    shown = overviews.busy()
    (live,) = shown.running
    app = opened.still(tmp_path, shown._replace(running=(), outbox=(), cut_off=(live,)))
    async with app.run_test(size=(80, 24)) as pilot:
        assert "No measured server is running. A session was cut off: 2 shows it." in opened.text(app)
        await opened.press(pilot, "2")
        told = " ".join(opened.text(app).split())
        assert "Nothing is waiting. A session that was cut off, as its report would be made now:" in told
        assert "It is made when a session starts, and then sent or held like any other." in told
        await opened.press(pilot, "w")
        assert live.report.sha256[:16] in opened.text(app)
        await opened.press(pilot, "c")
        requests = live.session.counters.requests
        assert requests > 1
        assert f"stops now, deletes {requests:,} requests" in " ".join(opened.text(app).split())


async def test_of_one_that_was_cut_off_under_an_earlier_yes_it_is_said_that_its_report_is_held(tmp_path: Path) -> None:
    shown = overviews.busy()
    (live,) = shown.running
    before = live._replace(session=live.session._replace(consent_id="an-earlier-yes"))
    app = opened.still(tmp_path, shown._replace(running=(), outbox=(), cut_off=(before,)))
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "2")
        assert "The report of a session that began under another yes is held until you release it." in opened.read(app)


async def test_several_sessions_that_were_cut_off_are_counted(tmp_path: Path) -> None:
    shown = overviews.busy()
    (live,) = shown.running
    app = opened.still(tmp_path, shown._replace(running=(), outbox=(), cut_off=(live, live)))
    async with app.run_test(size=(80, 24)):
        assert "No measured server is running. 2 sessions were cut off: 2 shows them." in opened.text(app)


async def test_of_a_session_that_was_cut_off_no_server_is_said_to_use_a_receiver(tmp_path: Path) -> None:
    shown = overviews.busy()
    unknown = shown.consent._replace(decision=overviews.undecided().consent.decision)
    cut_off = shown._replace(running=(), outbox=(), cut_off=shown.running, consent=unknown, unusable=Unusable.ENDPOINT)
    app = opened.still(tmp_path, cut_off)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "2")
        told = " ".join(opened.text(app).split())
        assert "While SHIMMY_METRICS_ENDPOINT cannot be used nothing is measured or sent from this shell." in told
        assert "Its server" not in told
        assert "Metrics are off" not in told


async def test_a_session_that_was_cut_off_is_shown_with_the_receiver_that_it_was_measured_for(tmp_path: Path) -> None:
    shown = overviews.busy(overviews.GRANTED)
    (live,) = shown.running
    live = live._replace(session=live.session._replace(endpoint=ENDPOINT))
    elsewhere = shown.consent._replace(endpoint="https://other.example.org/v1/usage")
    app = opened.still(tmp_path, shown._replace(running=(), outbox=(), cut_off=(live,), consent=elsewhere))
    async with app.run_test(size=(100, 30)) as pilot:
        await opened.press(pilot, "2", "w")
        assert f"POST {ENDPOINT}" in opened.text(app)
        assert "other.example.org" not in opened.text(app)


async def test_of_a_session_that_was_cut_off_and_had_another_receiver_it_is_said_that_its_report_is_held(
    tmp_path: Path,
) -> None:
    shown = overviews.busy()
    (live,) = shown.running
    apart = live._replace(session=live.session._replace(endpoint="https://metrics.example.org/v1/usage"))
    app = opened.still(tmp_path, shown._replace(running=(), outbox=(), cut_off=(apart,)))
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "2")
        told = " ".join(opened.text(app).split())
        held = "It is made when a session starts, and held, since it was measured for metrics.example.org."
        assert held in told
        assert "says why" not in told  # the consent screen tells of servers that run


async def test_while_the_config_cannot_be_read_metrics_are_not_said_to_be_off_for_good(tmp_path: Path) -> None:
    undecided = overviews.undecided().consent.decision
    shown = overviews.busy()
    unread = shown._replace(
        outbox=(), unusable=Unusable.CONFIG, consent=shown.consent._replace(decision=undecided), trouble="no valid JSON"
    )
    app = opened.still(tmp_path, unread)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "2")
        told = " ".join(opened.text(app).split())
        assert "While the config cannot be used nothing is measured or sent." in told
        assert "Metrics are off, so none of this is sent." not in told
