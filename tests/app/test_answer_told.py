"""What is said of an answer: what it does, what it deleted, and since when it stands."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from shimmy_metrics.actions.decide import ANSWERS, Decided, OnRecorded, enable
from shimmy_metrics.actions.files import FileKind, files
from shimmy_metrics.actions.overview import Overview
from shimmy_metrics.actions.purge import SENDER_END_SECONDS
from shimmy_metrics.actions.purge_result import PurgeResult
from shimmy_metrics.actions.status import read_status
from shimmy_metrics.app.app import ShimmyApp
from shimmy_metrics.config.file import load
from shimmy_metrics.consent.answer import Answer
from shimmy_metrics.consent.state import Consent, Delivery
from shimmy_metrics.delivery.sender_lock import lock_path
from shimmy_metrics.limits import QUESTION_STANDS_SECONDS, SILENCE_SECONDS
from shimmy_metrics.records import Failure, Outcome, QueueState
from shimmy_metrics.store import outbox, sessions
from shimmy_metrics.store.database import opened as store
from shimmy_metrics.store.database import transaction
from shimmy_metrics.system.locks import Lock
from shimmy_metrics.system.profile import Profile
from shimmy_metrics.wording.values import values
from support import opened, overviews, samples
from support.departed import depart
from support.timely import in_time


def told(app: ShimmyApp) -> str:
    return " ".join(opened.text(app).split())


def _elsewhere() -> Overview:
    shown = overviews.idle()
    return shown._replace(consent=shown.consent._replace(endpoint="https://other.example.org/v1/usage"))


@pytest.mark.parametrize(
    ("shown", "when"),
    [
        (overviews.idle, "After each session"),
        (overviews.busy, "What you release"),
        (overviews.switched_off, "Each session after a yes"),
        (_elsewhere, "Each session after a yes"),
    ],
)
async def test_after_a_yes_the_page_tells_of_what_is_sent_and_when(
    tmp_path: Path, shown: Callable[[], Overview], when: str
) -> None:
    app = opened.still(tmp_path, shown())
    async with app.run_test(size=(80, 30)) as pilot:
        await opened.press(pilot, "c")
        assert f" {when}: counts and coarse facts, " in told(app)


@pytest.mark.parametrize("shown", [overviews.declined, overviews.only_for_me])
async def test_after_a_recorded_no_the_page_tells_what_a_yes_would_do(
    tmp_path: Path, shown: Callable[[], Overview]
) -> None:
    app = opened.still(tmp_path, shown())
    async with app.run_test(size=(80, 30)) as pilot:
        await opened.press(pilot, "c")
        assert "Each session after a yes: counts and coarse facts, to metrics.shimmy-ai.dev" in told(app)
        assert "After each session" not in told(app)


async def test_the_example_is_called_an_example(tmp_path: Path) -> None:
    app = opened.still(tmp_path, overviews.undecided(), asks=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert f"{len(overviews.undecided().example.body)} bytes in this example" in told(app)
        await opened.press(pilot, "w")
        assert "An example of a report:" in told(app)
        assert "This machine's facts, and a session in which nothing happened." in told(app)
        await opened.press(pilot, "q", "2")
        assert "Nothing is waiting. An example:" in told(app)


async def test_a_yes_says_when_it_takes_hold_and_when_reports_are_sent(tmp_path: Path) -> None:
    app = opened.living(tmp_path, asks=True)
    async with app.run_test(size=(80, 30)) as pilot:
        await pilot.pause()
        await opened.answer(pilot, "e")
        await opened.until(pilot, lambda: "Metrics are on." in told(app))
        said = told(app)
        assert (
            "From now on each server that starts is measured, and one behind serve --upstream at once, unless a switch "
            "is set there." in said
        )
        assert "Each report is sent after its session." in said
        assert "Only sessions of Shimmy itself are sent; those of another server stay here." in said


async def test_a_no_is_said_when_it_is_recorded_and_what_it_deleted_when_the_sender_is_gone(tmp_path: Path) -> None:
    profile = opened.profile_of(tmp_path)
    enable(profile)
    consent_id = load(profile).decision.consent_id
    report = samples.queued(consent_id=consent_id)
    with store(profile) as db:
        outbox.add(db, report)
        depart(db, report, outcome=None)
    sender = Lock(lock_path(profile))
    assert sender.take()
    app = opened.living(tmp_path)
    try:
        async with app.run_test(size=(100, 24)) as pilot:
            await opened.press(pilot, "c")
            await pilot.pause(QUESTION_STANDS_SECONDS + 0.05)
            begun = asyncio.get_running_loop().time()
            await pilot.press("n")
            await opened.until(pilot, lambda: "Metrics are off." in told(app))
            took = asyncio.get_running_loop().time() - begun - SILENCE_SECONDS
            assert in_time(took, SENDER_END_SECONDS)
            assert load(profile).decision.consent is Consent.DECLINED
            assert "Deleted" not in told(app)
            await opened.until(pilot, lambda: "A report may still be sent to metrics.shimmy-ai.dev" in told(app))
            assert "Metrics are off." in told(app)
    finally:
        sender.release()


async def test_a_no_says_what_had_been_sent_before_and_what_never_was(tmp_path: Path) -> None:
    profile = opened.profile_of(tmp_path)
    enable(profile)
    first, second = (samples.queued(f"c0ffee00-0000-4000-8000-00000000000{number}") for number in (1, 2))
    with store(profile) as db:
        outbox.add(db, first)
        outbox.add(db, second)
        depart(db, first, outcome=Outcome.NO_ANSWER, failure=Failure.TIME)
    app = opened.living(tmp_path)
    async with app.run_test(size=(100, 24)) as pilot:
        await opened.press(pilot, "c")
        await opened.answer(pilot, "n")
        await opened.until(pilot, lambda: "Deleted: 1 report that was never sent." in told(app))
        assert "1 report of which bytes had been sent before: 1 report sent to metrics.shimmy-ai.dev at" in told(app)


async def test_only_for_me_says_that_what_waited_is_kept(tmp_path: Path) -> None:
    opened.with_a_report(tmp_path)
    app = opened.living(tmp_path)
    async with app.run_test(size=(100, 24)) as pilot:
        await opened.press(pilot, "c")
        assert "1 report stays here for you" in told(app)
        await opened.answer(pilot, "o")
        await opened.until(pilot, lambda: "1 report that waited became 1 session kept for you." in told(app))


async def test_agreeing_to_another_receiver_says_how_many_reports_are_held(tmp_path: Path) -> None:
    profile = opened.profile_of(tmp_path)
    enable(profile)
    with store(profile) as db:
        outbox.add(db, samples.queued(consent_id=load(profile).decision.consent_id))
    other = {"SHIMMY_METRICS_ENDPOINT": "https://metrics.example.org/v1/usage"}
    app = opened.living(tmp_path, variables=other)
    async with app.run_test(size=(100, 24)) as pilot:
        await opened.press(pilot, "c")
        await opened.answer(pilot, "e")
        held = "1 report that waited was made under another yes. Held until you release it."
        await opened.until(pilot, lambda: held in told(app))
        await opened.press(pilot, "2")
        assert "Made for metrics.shimmy-ai.dev; if you release it, it is sent to metrics.example.org." in told(app)
    with store(profile) as db:
        assert [each.state for each in outbox.everything(db)] == [QueueState.HELD_FOR_ENDPOINT]


async def test_a_yes_does_not_say_that_a_report_of_an_earlier_one_is_sent_at_the_next_start(tmp_path: Path) -> None:
    profile = opened.profile_of(tmp_path)
    decision = enable(profile).decision
    with store(profile) as db, transaction(db):
        sessions.begin(db, samples.session(consent_id=decision.consent_id))  # no process holds it
    assert read_status(profile).attempt.at_start
    app = opened.living(tmp_path, variables={"SHIMMY_METRICS_ENDPOINT": "https://metrics.example.org/v1/usage"})
    async with app.run_test(size=(100, 24)) as pilot:
        await opened.press(pilot, "c")
        await opened.answer(pilot, "e")
        await opened.until(pilot, lambda: "under another yes is held until you release it" in told(app))
        assert "Each report is sent after its session." in told(app)


async def test_holding_says_for_how_long(tmp_path: Path) -> None:
    enable(opened.profile_of(tmp_path))
    app = opened.living(tmp_path)
    async with app.run_test(size=(100, 24)) as pilot:
        await opened.press(pilot, "c")
        assert "sent only if you release it, within 14 days at most" in told(app)
        await opened.answer(pilot, "t")
        await opened.until(pilot, lambda: "After 14 days, or behind" in told(app) and app.current_mode != "consent")
        assert load(opened.profile_of(tmp_path)).decision.delivery is Delivery.REVIEW


async def test_of_an_answer_it_is_said_when_it_was_last_changed_and_not_since_when_it_holds(tmp_path: Path) -> None:
    profile = opened.profile_of(tmp_path)
    enable(profile)
    told_before = load(profile).decision.changed
    written = profile.config_path.read_text().replace(told_before, "2026-11-01T10:00:00Z")
    profile.config_path.write_text(written)
    app = opened.living(tmp_path)
    async with app.run_test(size=(100, 30)) as pilot:
        await opened.press(pilot, "c")
        assert "Metrics are on, last changed 1 Nov." in told(app)
        await opened.answer(pilot, "t")
        await opened.until(pilot, lambda: app.current_mode != "consent")
        await opened.press(pilot, "c")
        assert "Metrics are on, last changed" in told(app)
        assert "1 Nov." not in told(app)  # they have been on since then


async def test_an_answer_that_cannot_be_recorded_says_so_and_one_that_is_says_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from shimmy_metrics.actions import decide
    from shimmy_metrics.errors import UserError

    def held(_: object) -> None:
        raise UserError("is held", where="metrics.db", remedy="Try again")

    enable(opened.profile_of(tmp_path))
    monkeypatch.setattr(decide, "purge_without_consent", held)
    app = opened.living(tmp_path)
    async with app.run_test(size=(100, 24)) as pilot:
        await opened.press(pilot, "c")
        await opened.answer(pilot, "n")
        await opened.until(pilot, lambda: "Your answer is recorded" in told(app))
        assert "Nothing was changed" not in told(app)


async def test_the_page_of_keys_lists_the_answers_that_there_are(tmp_path: Path) -> None:
    app = opened.still(tmp_path, overviews.idle())
    async with app.run_test(size=(100, 40)) as pilot:
        await opened.press(pilot, "c", "question_mark")
        assert "n withdraw" in told(app)
        assert "t hold reports" in told(app)
        assert "thanks" not in told(app)
        assert "ask me later" not in told(app)


async def test_a_deletion_that_another_s_withdrawal_brings_is_said(tmp_path: Path) -> None:
    profile = opened.with_a_report(tmp_path)
    app = opened.living(tmp_path)
    async with app.run_test(size=(100, 24)) as pilot:
        await pilot.pause()
        profile.config_path.unlink()
        await opened.until(pilot, lambda: "Deleted: 1 report that was never sent." in told(app))
        assert "Metrics are off." not in told(app)


@pytest.mark.parametrize("first", ["the look", "the answer"])
async def test_what_an_answer_deleted_is_said_with_it_whoever_deleted(tmp_path: Path, first: str) -> None:
    app = opened.still(tmp_path, overviews.declined())
    async with app.run_test(size=(100, 24)) as pilot:
        await opened.press(pilot, "1")
        gone, decision = PurgeResult(reports=2), overviews.GRANTED._replace(consent=Consent.DECLINED)

        def look() -> None:
            app.commands.consent.report_purged(gone)

        def record() -> None:
            app.commands.consent.report_recorded(Answer.DECLINE, decision, changed=True, notices=())

        for step in (look, record) if first == "the look" else (record, look):
            step()
            await opened.settled(pilot)
        assert "Metrics are off." in told(app)
        assert "Deleted: 2 reports that were never sent." in told(app)


async def test_what_a_look_deleted_while_a_no_was_recorded_stays_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened.living(tmp_path)

    def decline(_: Profile, recorded: OnRecorded) -> Decided:
        decision = overviews.GRANTED._replace(consent=Consent.DECLINED)
        recorded(decision, changed=True, notices=())
        app.commands.consent.report_purged(PurgeResult(reports=2))
        return Decided(decision, True, PurgeResult())

    monkeypatch.setitem(ANSWERS, Answer.DECLINE, decline)
    async with app.run_test(size=(100, 24)) as pilot:
        await pilot.pause()
        app.commands.consent.answer(Answer.DECLINE)
        await opened.settled(pilot)
        assert "Deleted: 2 reports that were never sent." in told(app)


async def test_what_a_cut_off_sender_logged_is_counted_among_what_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile = opened.with_a_report(tmp_path)
    app = opened.living(tmp_path)

    def decline(_: Profile, recorded: OnRecorded) -> Decided:
        decision = overviews.GRANTED._replace(consent=Consent.DECLINED)
        recorded(decision, changed=True, notices=())
        (profile.state_path / "metrics.log").write_text("")
        return Decided(decision, True, PurgeResult(reports=1))

    monkeypatch.setitem(ANSWERS, Answer.DECLINE, decline)
    async with app.run_test(size=(100, 24)) as pilot:
        await opened.press(pilot, "c")
        await opened.answer(pilot, "n")
        left = sum(each.kind not in {FileKind.CONFIG, FileKind.FOLDER} for each in files(profile))
        await opened.until(pilot, lambda: f"{left} files stay here besides your no" in told(app))


@pytest.mark.parametrize("locked", [True, False])
async def test_a_no_says_what_stays_and_what_deletes_it(tmp_path: Path, *, locked: bool) -> None:
    profile = opened.profile_of(tmp_path)
    enable(profile)
    if not locked:  # as after a yes that was written with an editor: the no makes the lock
        (profile.config_path.parent / ".lock").unlink()
    with store(profile) as db:
        depart(db, samples.queued())
    app = opened.living(tmp_path)
    async with app.run_test(size=(100, 24)) as pilot:
        await opened.press(pilot, "c")
        await opened.until(pilot, lambda: "receipt stays" in told(app))
        await opened.answer(pilot, "n")
        left = sum(each.kind not in {FileKind.CONFIG, FileKind.FOLDER} for each in files(profile))
        assert left > 1
        stays = f"1 receipt and {left} files stay here besides your no: c, then d deletes them."
        await opened.until(pilot, lambda: stays in told(app))


async def test_the_page_of_consent_shows_the_figures_of_a_running_session(tmp_path: Path) -> None:
    shown = overviews.busy()
    app = opened.still(tmp_path, shown)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "c")
        size, number = len(shown.running[-1].report.body), values(shown.running[-1].report.body)["requests_per_session"]
        assert number != values(shown.example.body)["requests_per_session"]
        assert f"{size} bytes as of now; w shows it" in told(app)
        assert f"requests_per_session {number} " in told(app)
        await opened.press(pilot, "w")
        assert "The report, if its server stopped now:" in told(app)
        assert f'"requests_per_session":{number}' in opened.text(app).replace(" ", "")


@pytest.mark.parametrize("sent", [True, False])
async def test_only_for_me_says_that_it_takes_nothing_back(tmp_path: Path, *, sent: bool) -> None:
    profile = opened.profile_of(tmp_path)
    enable(profile)
    if sent:
        with store(profile) as db:
            depart(db, samples.queued())
    app = opened.living(tmp_path)
    async with app.run_test(size=(100, 24)) as pilot:
        await opened.press(pilot, "c")
        await opened.answer(pilot, "o")
        await opened.until(pilot, lambda: "Only for you from now on" in told(app))
        back = "This does not take back what was sent; to have it deleted at its receiver, recall it: 3, then Z."
        assert (back in told(app)) is sent
