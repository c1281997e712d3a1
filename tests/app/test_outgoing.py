"""Outgoing: what is shown before is what leaves, and what is said afterwards is what became of it."""

from datetime import timedelta
from pathlib import Path

import pytest

from shimmy_metrics.actions import outbox as hand
from shimmy_metrics.app.screens.outgoing.view import outgoing_view
from shimmy_metrics.app.screens.report.subject import subjects
from shimmy_metrics.app.screens.report.view import Selection
from shimmy_metrics.app.screens.report.wire import wire
from shimmy_metrics.app.terminal.glyphs import UNICODE
from shimmy_metrics.app.ui.layout import Canvas
from shimmy_metrics.consent.endpoint import ENDPOINT
from shimmy_metrics.delivery.consent_with_answers import ENDED
from shimmy_metrics.delivery.request import next_request
from shimmy_metrics.records import Cause, Outcome, QueueState
from shimmy_metrics.report.seal import digest, join
from shimmy_metrics.store import outbox
from shimmy_metrics.store.database import opened as store
from shimmy_metrics.store.database import set_meta
from support import opened, overviews, samples
from support.departed import depart
from support.outboxes import IDS, waiting
from support.reading import unwrapped, verbatim

CANVAS = Canvas(80, 24, UNICODE, samples.NOW)
OTHER = "https://metrics.example.org/v1/usage"
BESIDE_OTHERS = "Sent with other reports, the request and its digest differ."


@pytest.fixture
def released(monkeypatch: pytest.MonkeyPatch) -> list[list[int]]:
    """Return what a sender was started for; none starts."""
    found: list[list[int]] = []
    monkeypatch.setattr(hand, "start_sender", lambda _, *, released: found.append(released))
    return found


async def test_the_first_that_is_shown_is_the_next_request_byte_for_byte(tmp_path: Path) -> None:
    reports = waiting(tmp_path, QueueState.SET_ASIDE, QueueState.DUE, QueueState.DUE)
    request = next_request(reports[1:], ENDPOINT)
    assert request is not None
    app = opened.living(tmp_path)
    async with app.run_test(size=(100, 60)) as pilot:
        await opened.press(pilot, "2", "w")
        shown = opened.text(app)
        assert "2 of 3 reports are sent together when the next session ends." in shown
        assert f"Content-Length: {len(request.body)}" in shown
        assert f"sha256 {digest(request.body)}" in shown
        assert f"POST {ENDPOINT} and 7 headers" in shown
        assert f"{len(request.body):,} bytes" in shown
        assert BESIDE_OTHERS in shown
        assert "together, then each report: [ or ]" in shown
    assert app.overview is not None
    assert app.overview.next_request == request
    subject = subjects(app.overview)[0]
    assert subject.body == join([report.body for report in reports[1:]])
    assert verbatim(wire(CANVAS, None, subject.body)).encode() == request.body


@pytest.mark.parametrize("place", [("2",), ("3", "enter"), ("c", "w")], ids=" ".join)
async def test_who_would_choose_here_what_is_compared_is_led_to_history(tmp_path: Path, place: tuple[str, ...]) -> None:
    app = opened.still(tmp_path, overviews.busy(overviews.GRANTED))
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, *place, "m")
        told = "What a report is compared with is chosen in History: 3, then m on one that was sent."
        assert told in opened.read(app)


async def test_what_would_be_sent_is_compared_with_the_last_report_that_was_sent(tmp_path: Path) -> None:
    app = opened.still(tmp_path, overviews.busy(overviews.GRANTED))
    async with app.run_test(size=(100, 40)) as pilot:
        await opened.press(pilot, "c", "w", "h", "h")
        assert "Compared with the report of" in opened.read(app)
        assert "everything is new" not in opened.read(app)
        await opened.press(pilot, "question_mark")
        assert "s show unchanged fields too" in opened.read(app)


async def test_a_session_that_was_cut_off_is_not_counted_as_running(tmp_path: Path) -> None:
    busy = overviews.busy(overviews.GRANTED)
    cut_off = busy._replace(running=(), cut_off=busy.running)
    for shown, runs in ((busy, True), (cut_off, False)):
        app = opened.still(tmp_path, shown)
        async with app.run_test(size=(120, 40)) as pilot:
            await opened.press(pilot, "2")
            assert "report 1 of 3" in opened.text(app)
            assert ("waiting or running" in opened.text(app)) is runs


async def test_where_there_is_no_other_report_no_key_for_it_is_listed(tmp_path: Path) -> None:
    busy = overviews.busy(overviews.GRANTED)
    for shown, listed in ((busy, True), (busy._replace(outbox=()), False)):
        app = opened.still(tmp_path, shown)
        async with app.run_test(size=(80, 40)) as pilot:
            await opened.press(pilot, "2", "question_mark")
            assert ("next report, session" in opened.text(app)) is listed


def test_each_line_of_a_request_can_be_marked(tmp_path: Path) -> None:
    found = subjects(overviews.batch())[0]
    keys = [row.key for row in wire(CANVAS, None, found.body) if row.key]
    assert len({*keys}) == len(keys) == 2 * len(keys[: len(keys) // 2])


async def test_a_request_lists_its_reports_and_enter_opens_one(tmp_path: Path) -> None:
    app = opened.still(tmp_path, overviews.batch())
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "2", "j")
        assert "›  report 2" in opened.text(app)
        await opened.press(pilot, "enter")
        assert "report 2 of 4: [ or ]" in opened.text(app)
        await opened.press(pilot, "w")
        assert overviews.batch().outbox[1].sha256 in opened.text(app)


@pytest.mark.parametrize(
    ("state", "others"),
    [(QueueState.HELD_BY_MODE, False), (QueueState.HELD_BY_HAND, False), (QueueState.DUE, True)],
)
async def test_only_what_is_sent_by_itself_may_be_sent_with_others(
    tmp_path: Path, state: QueueState, others: bool
) -> None:
    _ = waiting(tmp_path, state)
    app = opened.living(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "2", "w")
        assert (BESIDE_OTHERS in opened.text(app)) is others


async def test_only_a_session_whose_report_is_sent_by_itself_may_be_sent_with_others(tmp_path: Path) -> None:
    reported = overviews.switched_off_here()  # its server was started without the switch
    ended = reported._replace(consent=reported.consent._replace(ended=True))
    late = overviews.busy(overviews.GRANTED)
    late = late._replace(running=(), overdue=frozenset({late.outbox[0].row_id}), outbox=late.outbox[:1])
    (live,) = reported.running
    before = live._replace(session=live.session._replace(consent_id="an-earlier-yes"))
    elsewhere = live._replace(session=live.session._replace(endpoint=OTHER))
    held = [reported._replace(running=(), cut_off=(each,)) for each in (before, elsewhere)]
    none = (overviews.running_only_for_me(), ended, late, *held)
    for shown, others in ((reported, True), *((each, False) for each in none)):
        app = opened.still(tmp_path, shown)
        async with app.run_test(size=(100, 30)) as pilot:
            await opened.press(pilot, "2", "w")
            assert (BESIDE_OTHERS in opened.text(app)) is others


async def test_a_request_is_compared_with_nothing(tmp_path: Path) -> None:
    app = opened.still(tmp_path, overviews.batch())
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "2", "l")
        shown = opened.text(app)
        assert "▸ On the wire" in shown
        assert "was " not in shown
        assert "since" not in shown
        await opened.press(pilot, "j", "l", "h")
        assert "▸ Its reports" in opened.text(app)


async def test_a_release_is_a_request_of_that_report_alone_and_the_question_shows_it(
    tmp_path: Path, released: list[list[int]]
) -> None:
    reports = waiting(tmp_path, QueueState.HELD_BY_MODE, QueueState.HELD_BY_MODE)
    app = opened.living(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "2", "right_square_bracket", "right_square_bracket", "r")
        asked = " ".join(opened.text(app).split())
        assert "Release this report?" in asked
        assert f"{len(reports[1].body)} bytes, sha256 {reports[1].sha256[:16]}…, are sent now to {ENDPOINT}." in asked
        assert "No, not now" in asked  # one that is due is not held by a no
        await opened.answer(pilot, "y")
        assert released == [[reports[1].row_id]]
        assert "Releasing: it is being sent now." in opened.text(app)
        assert "This one is being sent now." in opened.text(app)


async def test_all_that_is_held_is_released_as_the_one_request_that_is_shown(
    tmp_path: Path, released: list[list[int]]
) -> None:
    reports = waiting(tmp_path, QueueState.HELD_BY_MODE, QueueState.HELD_BY_MODE)
    body = join([report.body for report in reports])
    app = opened.living(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "2")
        assert "2 reports are held. Released together, they are sent as this one request." in opened.text(app)
        assert "r Release all" in opened.text(app)
        await opened.press(pilot, "r")
        asked = " ".join(opened.text(app).split())
        assert "Release 2 reports as one request?" in asked
        assert f"{len(body):,} bytes, sha256 {digest(body)[:16]}" in asked
        await opened.answer(pilot, "y")
        assert [sorted(each) for each in released] == [[report.row_id for report in reports]]


def test_a_report_that_was_made_since_a_release_is_not_said_to_be_sent_with_it() -> None:
    shown = overviews.batch()
    first, second = shown.outbox[:2]

    def told(released: set[int]) -> str:
        head = outgoing_view(CANVAS, shown, Selection(), None, released).head
        return unwrapped("\n".join("".join(span.text for span in line) for line in head))

    assert "These are being sent now." in told({first.row_id, second.row_id})
    since = told({first.row_id})
    assert "These are being sent now." not in since
    assert "Something is being sent now." in since


async def test_what_was_sealed_for_another_receiver_is_held_and_both_are_named(tmp_path: Path) -> None:
    waiting(tmp_path, QueueState.HELD_FOR_ENDPOINT, QueueState.HELD_FOR_ENDPOINT, endpoint=OTHER)
    app = opened.living(tmp_path)
    async with app.run_test(size=(130, 30)) as pilot:
        await opened.press(pilot, "2", "right_square_bracket")
        shown = " ".join(opened.text(app).split())
        without_hint = shown.replace(" 1 of 2: [ or ]", "")  # at the right of the sentence's first line
        reason = (
            "Made for metrics.example.org, like 1 other here; if you release it, it is sent to metrics.shimmy-ai.dev."
        )
        assert reason in without_hint
        assert "It waits until 7 Dec at the latest; the next session's end after that deletes it." in without_hint
        await opened.press(pilot, "r")
        asked = " ".join(opened.text(app).split())
        assert f"are sent now to {ENDPOINT}. It was made for metrics.example.org." in asked


async def test_of_a_release_it_is_said_how_many_of_its_reports_were_made_for_another_receiver(
    tmp_path: Path, released: list[list[int]]
) -> None:
    waiting(tmp_path, *[QueueState.HELD_FOR_ENDPOINT] * 2)
    with store(opened.profile_of(tmp_path)) as db:
        other = samples.queued(IDS[2], QueueState.HELD_FOR_ENDPOINT, endpoint=OTHER)
        outbox.add(db, other)
    app = opened.living(tmp_path)
    async with app.run_test(size=(130, 30)) as pilot:
        await opened.press(pilot, "2", "r")
        asked = " ".join(opened.text(app).split())
        assert "Release 3 reports as one request?" in asked
        assert f"are sent now to {ENDPOINT}. 1 of them was made for metrics.example.org. If that" in asked
        await opened.answer(pilot, "n")
    assert not released


@pytest.mark.parametrize("cause", [Cause.DAMAGED, Cause.OLDER_RULES])
async def test_what_this_program_set_aside_is_not_called_refused_and_not_released(
    tmp_path: Path, cause: Cause, released: list[list[int]]
) -> None:
    waiting(tmp_path, QueueState.SET_ASIDE, cause=cause)
    app = opened.living(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "2")
        shown = opened.text(app)
        assert "1 report is waiting. This one is set aside." in shown
        assert "sent to no receiver" in " ".join(shown.split())
        assert "refused" not in shown
        assert "r Release" not in shown
        await opened.press(pilot, "r")
        assert "sent to no receiver" in " ".join(" ".join(opened.text(app).splitlines()[-4:]).split())
        assert "Release this report?" not in opened.text(app)
    assert not released


async def test_what_the_receiver_refused_says_so_and_can_be_released(tmp_path: Path) -> None:
    waiting(tmp_path, QueueState.SET_ASIDE, cause=Cause.REFUSED)
    app = opened.living(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "2")
        assert "! Refused by the receiver" in opened.text(app)
        assert "r Release" in opened.text(app)


async def test_after_the_programme_s_end_nothing_is_offered_that_leads_nowhere(tmp_path: Path) -> None:
    (report,) = waiting(tmp_path, QueueState.DUE)
    profile = opened.profile_of(tmp_path)
    with store(profile) as db:
        depart(db, report, outcome=Outcome.REFUSED, status=410)
        set_meta(db, ENDED, ENDPOINT)
    app = opened.living(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await opened.press(pilot, "2")
        assert "1 report is waiting. Nothing is sent from here: c says why." in opened.text(app)
        assert "r Release" not in opened.text(app)
        assert "t Hold" not in opened.text(app)
        assert "d Delete" in opened.text(app)
        await opened.press(pilot, "r")
        assert "Release this report?" not in opened.text(app)
        await opened.press(pilot, "3", "enter")
        assert "answered that the programme has ended." in opened.read(app)
        assert "next attempt" not in opened.text(app)
        await opened.press(pilot, "c")
        assert "e  Enable again  the receiver is asked again whether it takes reports" in opened.text(app)
        assert "is sent by itself" not in opened.text(app)
        await opened.answer(pilot, "e")
        await opened.until(pilot, lambda: "metrics on · sent automatically" in opened.text(app))
        await opened.press(pilot, "2")
        assert "r Release" in opened.text(app)


@pytest.mark.parametrize("state", [QueueState.DUE, QueueState.HELD_BY_HAND])
async def test_what_has_waited_too_long_is_in_no_request_and_cannot_be_released(
    tmp_path: Path, state: QueueState
) -> None:
    old, *_ = waiting(tmp_path, state, state)
    with store(opened.profile_of(tmp_path)) as db:
        outbox.remove(db, old.row_id)
        outbox.add(db, old._replace(sealed=samples.NOW - timedelta(days=15)))
    app = opened.living(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await opened.press(pilot, "2")
        assert "as one request" not in opened.text(app)
        assert "1 of 2" in opened.text(app)
        assert "r Release" in opened.text(app)
        await opened.press(pilot, "]")
        assert "2 reports are waiting. This one is too old to be sent." in opened.text(app)
        told = opened.read(app).replace("2 of 2: [ or ] ", "")  # at the right of the sentence's first line
        assert "It has waited 14 days and is no longer sent: it is deleted when the next session ends." in told
        assert "r Release" not in opened.text(app)
        assert "t Hold" not in opened.text(app)
        await opened.press(pilot, "r")
        assert "Release this report?" not in opened.text(app)


async def test_where_this_shell_may_send_nothing_a_report_can_be_held_and_not_released(tmp_path: Path) -> None:
    waiting(tmp_path, QueueState.DUE)
    app = opened.living(tmp_path, variables={"SHIMMY_METRICS_ENDPOINT": OTHER})
    async with app.run_test(size=(120, 40)) as pilot:
        await opened.press(pilot, "2")
        assert "r Release" not in opened.text(app)
        assert "t Hold" in opened.text(app)
