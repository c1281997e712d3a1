"""What the app says of a switch, an answer and an example is true of the process that it speaks of."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from shimmy_metrics.actions.decide import enable
from shimmy_metrics.actions.overview import Overview
from shimmy_metrics.actions.purge import SENDER_END_SECONDS, PurgeResult
from shimmy_metrics.app.app import ShimmyApp
from shimmy_metrics.config.file import load
from shimmy_metrics.consent.answer import Answer
from shimmy_metrics.consent.effective import Unusable
from shimmy_metrics.consent.endpoint import ENDPOINT
from shimmy_metrics.consent.state import Consent, Delivery
from shimmy_metrics.delivery.sender_lock import lock_path
from shimmy_metrics.limits import QUESTION_STANDS_SECONDS, SILENCE_SECONDS
from shimmy_metrics.records import Failure, Outcome, QueueState
from shimmy_metrics.store import outbox, sessions
from shimmy_metrics.store.database import opened as store
from shimmy_metrics.system.locks import Lock
from support import opened, overviews, samples
from support.departed import depart

SWITCH = {"DO_NOT_TRACK": "1"}


def told(app: ShimmyApp) -> str:
    return " ".join(opened.text(app).split())


async def test_a_switch_in_this_shell_says_nothing_of_a_server_that_was_started_without_it(tmp_path: Path) -> None:
    profile = opened.profile_of(tmp_path)
    enable(profile)
    with store(profile) as db:
        number = sessions.begin(db, samples.session(consent_id=load(profile).decision.consent_id))
    lock = sessions.take_lock(profile, number)
    app = opened.living(tmp_path, variables=SWITCH)
    try:
        async with app.run_test(size=(120, 40)) as pilot:
            await opened.press(pilot, "1")
            assert (
                "This shell is switched off by DO_NOT_TRACK=1. The server at http://127.0.0.1:11435 was started "
                "without it and is measured; c, then n withdraws for all." in told(app)
            )
            for key in ("1", "2", "3", "4", "c"):
                await opened.press(pilot, key)
                assert "off in this shell · a server is measured" in opened.text(app).splitlines()[0]
            assert "is measured; n withdraws for all." in told(app)
            await opened.answer(pilot, "n")
        assert load(profile).decision.consent is Consent.DECLINED
    finally:
        lock.release(remove=True)


async def test_a_switch_with_no_server_beside_it_is_said_of_this_shell(tmp_path: Path) -> None:
    enable(opened.profile_of(tmp_path))
    app = opened.living(tmp_path, variables=SWITCH)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "1")
        assert "DO_NOT_TRACK=1 is set in this shell. No measured server is running." in told(app)
        assert "metrics off · DO_NOT_TRACK=1" in told(app)
        await opened.press(pilot, "c")
        assert "Switched off in this shell by DO_NOT_TRACK=1." in told(app)


async def test_a_session_under_its_own_switch_is_not_called_measured_elsewhere(tmp_path: Path) -> None:
    shown = overviews.switched_off_here()
    live = shown.running[0]
    own = live._replace(session=live.session._replace(switch="DO_NOT_TRACK=1"))
    app = opened.still(tmp_path, shown._replace(running=(own,)))
    async with app.run_test(size=(120, 40)) as pilot:
        await opened.press(pilot, "1")
        assert "off in this shell" not in told(app)


async def test_an_endpoint_that_cannot_be_used_here_says_nothing_of_a_server_that_is_measured(tmp_path: Path) -> None:
    app = opened.still(tmp_path, overviews.without_endpoint()._replace(running=overviews.switched_off_here().running))
    async with app.run_test(size=(120, 40)) as pilot:
        await opened.press(pilot, "1")
        assert "● off in this shell · a server is measured" in told(app)
        assert "Nothing is sent before the session ends." in told(app)


@pytest.mark.parametrize("unusable", [Unusable.ENDPOINT, Unusable.CONFIG_ENDPOINT])
async def test_where_no_endpoint_can_be_used_nothing_is_said_to_be_sent_from_here(
    tmp_path: Path, unusable: Unusable
) -> None:
    """And nothing is denied of a server that was started elsewhere."""
    shown = overviews.without_endpoint()._replace(unusable=unusable)
    waiting, running = overviews.batch(), overviews.switched_off_here().running
    failed = overviews.failing()
    said = []
    for each in (
        shown._replace(outbox=waiting.outbox, next_request=waiting.next_request, running=running),
        shown._replace(outbox=failed.outbox, entries=failed.entries, running=running),
        shown._replace(running=running),
    ):
        app = opened.still(tmp_path, each)
        async with app.run_test(size=(120, 40)) as pilot:
            for key in ("1", "2", "]", "3", "c"):
                await opened.press(pilot, key)
                said.append(told(app))
    everything = " ".join(said)
    for untrue in (
        "is sent when",
        "are sent when",
        "attempt is made",
        "Metrics are not on",
        "undecided",
        "metrics off",
    ):
        assert untrue not in everything
    assert "Nothing is sent from here: c says why." in everything
    assert "Its server uses its own receiver, not this shell's." in everything
    assert "cannot be used nothing is measured or sent from this shell." in everything


@pytest.mark.parametrize("startup", [None, 27])
async def test_of_a_start_that_was_not_measured_no_reason_is_given(tmp_path: Path, startup: int | None) -> None:
    """The server may have run already, or this system cannot tell: neither is claimed."""
    shown = overviews.switched_off_here()
    live = shown.running[0]
    counters = live.session.counters._replace(startup_ms=startup)
    app = opened.still(
        tmp_path, shown._replace(running=(live._replace(session=live.session._replace(counters=counters)),))
    )
    async with app.run_test(size=(120, 40)) as pilot:
        await opened.press(pilot, "1")
        assert ("not measured" in told(app)) is (startup is None)


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        (overviews.idle, "No measured server is running."),
        (overviews.undecided, "Nothing is decided yet. No measured server is running."),
        (overviews.declined, "Metrics are off. No measured server is running."),
        (overviews.troubled, "The config cannot be used. No measured server is running."),
        (overviews.without_endpoint, "SHIMMY_METRICS_ENDPOINT cannot be used. No measured server is running."),
    ],
)
async def test_of_servers_that_are_not_measured_nothing_is_claimed(
    tmp_path: Path, shown: Callable[[], Overview], said: str
) -> None:
    app = opened.still(tmp_path, shown())
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "1")
        assert said in told(app)


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        (overviews.troubled, "While the config cannot be used nothing is measured or sent."),
        (
            overviews.without_endpoint,
            "While SHIMMY_METRICS_ENDPOINT cannot be used nothing is measured or sent from this shell. "
            "A server that was started elsewhere follows its own.",
        ),
    ],
)
async def test_where_an_answer_cannot_be_read_no_question_is_asked_and_a_no_is_offered(
    tmp_path: Path, shown: Callable[[], Overview], said: str
) -> None:
    app = opened.still(tmp_path, shown())
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "c")
        content = told(app)
    assert said in content
    assert "Withdraw" in content
    assert not any(word in content for word in ("Ask me later", "No thanks", "Enable", "maintainer"))


UNREAD_STORES = [
    overviews.idle()._replace(trouble="metrics.db: is no database. Move it away", store_unusable=True),
    overviews.troubled()._replace(store_unusable=True),
    overviews.declined()._replace(unread=True),
]


@pytest.mark.parametrize("shown", UNREAD_STORES)
async def test_of_a_store_that_was_not_read_it_is_not_said_that_it_holds_nothing(
    tmp_path: Path, shown: Overview
) -> None:
    app = opened.still(tmp_path, shown._replace(outbox=(), entries=(), running=(), ended=()))
    pages = []
    async with app.run_test(size=(80, 24)) as pilot:
        for key in ("1", "2", "3", "c"):
            await opened.press(pilot, key)
            pages.append(told(app))
        await opened.press(pilot, "x")
        await opened.settled(pilot)
        export = told(app)
    assert "Export what could be read?" in export
    assert "config and log; the store was not read" in export
    session, outgoing, history, consent = pages
    assert "The store was not read, so no servers are shown." in session
    assert "The store was not read. An example:" in outgoing
    assert "The sent reports were not read." in outgoing
    assert "The store was not read, so what was sent is not known here." in history
    for unknown in (
        "No measured server", "appears here", "Nothing is waiting", "No sent report is kept", "No attempt to send",
        "nothing is waiting", "reports are sent",
    ):  # fmt: skip
        assert not any(unknown in content for content in pages)
    assert ("deletes what is waiting" in consent) is (shown.consent.decision.consent is not Consent.DECLINED)


@pytest.mark.parametrize("shown", [overviews.declined, overviews.only_for_me])
async def test_after_a_recorded_no_the_page_tells_what_a_yes_would_do(
    tmp_path: Path, shown: Callable[[], Overview]
) -> None:
    app = opened.still(tmp_path, shown())
    async with app.run_test(size=(80, 30)) as pilot:
        await opened.press(pilot, "c")
        assert "Each session after a yes: counts and coarse facts, under 1 kB" in told(app)
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
        assert "The server is measured from its next start on; behind serve --upstream from now on." in said
        assert "Each report is sent after its session." in said
        assert "Other servers' sessions stay here." in said


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
            assert took < SENDER_END_SECONDS
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
        held = "1 report that waited was sealed under another yes. Held until you release it."
        await opened.until(pilot, lambda: held in told(app))
        await opened.press(pilot, "2")
        assert "Made for metrics.shimmy-ai.dev; if you release it, it is sent to metrics.example.org." in told(app)
    with store(profile) as db:
        assert [each.state for each in outbox.everything(db)] == [QueueState.HELD_FOR_ENDPOINT]


async def test_holding_says_for_how_long(tmp_path: Path) -> None:
    enable(opened.profile_of(tmp_path))
    app = opened.living(tmp_path)
    async with app.run_test(size=(100, 24)) as pilot:
        await opened.press(pilot, "c")
        assert "at most 14 days" in told(app)
        await opened.answer(pilot, "t")
        await opened.until(pilot, lambda: "at most 14 days" in told(app) and app.current_mode != "consent")
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
        assert "no thanks, or withdraw" in told(app)
        assert "hold reports, or send them" in told(app)
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
        gone, decision = PurgeResult(reports=2), replace(overviews.GRANTED, consent=Consent.DECLINED)

        def look() -> None:
            app.commands.consent.report_purged(gone)

        def record() -> None:
            app.commands.consent.report_recorded(Answer.DECLINE, decision, changed=True, notices=())

        for step in (look, record) if first == "the look" else (record, look):
            step()
            await opened.settled(pilot)
        assert "Metrics are off." in told(app)
        assert "Deleted: 2 reports that were never sent." in told(app)


OTHER_RECEIVER = "https://metrics.example.org/v1/usage"


def _started_for(endpoint: str) -> Overview:
    """Return what is to be seen of a server that was started for this receiver, and of reports that wait."""
    shown = overviews.busy(overviews.GRANTED)
    live = shown.running[0]
    return shown._replace(running=(live._replace(session=live.session._replace(endpoint=endpoint)),))


async def test_of_a_server_for_another_receiver_no_screen_says_that_its_end_sends(tmp_path: Path) -> None:
    app = opened.still(tmp_path, _started_for(OTHER_RECEIVER))
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "1")
        assert "Nothing will be sent when it ends; c says why." in told(app)
        await opened.press(pilot, "2")
        assert "This one is sent when the next session from this shell ends." in told(app)
        await opened.press(pilot, *("right_square_bracket",) * 2)
        assert "The report, if its server stopped now:" in told(app)
        assert "Nothing will be sent when it ends; c says why." in told(app)
        await opened.press(pilot, "c")
        assert (
            f"The server at http://127.0.0.1:11435 was started for {OTHER_RECEIVER}, not for the receiver you agreed "
            "to: nothing is sent when it ends."
        ) in told(app)


async def test_of_a_server_for_the_agreed_receiver_it_is_said_that_it_sends_though_this_shell_does_not(
    tmp_path: Path,
) -> None:
    shown = _started_for(ENDPOINT)
    shell = replace(shown.consent, endpoint=OTHER_RECEIVER)
    app = opened.still(tmp_path, shown._replace(consent=shell))
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "1")
        assert "Nothing is sent before the session ends." in told(app)
        await opened.press(pilot, "2")
        assert "Nothing is sent from here: c says why." in told(app)
        await opened.press(pilot, *("right_square_bracket",) * 2)
        assert "It keeps changing until the session ends." in told(app)
        # Both the report that is due and the server's own go where that server sends.
        for back in ((), ("left_square_bracket",) * 2):
            await opened.press(pilot, *back, *("l", "l") * (not back))
            assert f"POST {ENDPOINT}" in told(app)
        await opened.press(pilot, "w")
        assert "Host: metrics.shimmy-ai.dev" in told(app)
        await opened.press(pilot, "c")
        said = told(app).replace(" ! ", " ")
        assert f"{OTHER_RECEIVER} is in force in this shell." in said
        assert f"was started for {ENDPOINT}: what is due is sent when it ends." in said
