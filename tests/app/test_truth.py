"""What the app says of a switch, an answer and an example is true of the process that it speaks of."""

from collections.abc import Callable
from pathlib import Path

import pytest

from shimmy_metrics.actions.decide import enable
from shimmy_metrics.actions.overview import Overview
from shimmy_metrics.app.app import ShimmyApp
from shimmy_metrics.app.screens.consent.answers import choices_now
from shimmy_metrics.config.file import load
from shimmy_metrics.consent.effective_consent import EffectiveConsent, Unusable
from shimmy_metrics.consent.endpoint import ENDPOINT
from shimmy_metrics.consent.state import SCHEMA_VERSION, Consent, Decision
from shimmy_metrics.store import sessions
from shimmy_metrics.store.database import opened as store
from support import opened, overviews, samples

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


def test_under_a_switch_it_is_not_said_that_one_is_asked_later() -> None:
    undecided = overviews.undecided()
    told = {each.label: each.consequence for each in choices_now(undecided)}
    assert told["Ask me later"] == "nothing is written; shimmy tui asks again"
    switched = undecided._replace(consent=undecided.consent._replace(switch="DO_NOT_TRACK=1"))
    assert {each.label: each.consequence for each in choices_now(switched)}["Ask me later"] == "nothing is written"


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
        assert "Nothing of it is sent before it ends." in told(app)


async def test_while_the_answer_does_not_count_a_running_session_is_not_said_to_be_measured(tmp_path: Path) -> None:
    """It pauses, and counts again once nobody else may write the config: then its report is sent like any other."""
    shown = overviews.switched_off_here()
    app = opened.still(tmp_path, shown._replace(consent=EffectiveConsent(Decision(), distrust="others may write it")))
    async with app.run_test(size=(120, 40)) as pilot:
        await opened.press(pilot, "1")
        assert "Nothing is measured while the answer in the config does not count." in told(app)
        assert "Measuring since" not in told(app)
        await opened.press(pilot, "2")
        assert "While the answer in the config does not count nothing is measured or sent." in told(app)
        assert "none of this is sent" not in told(app)


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
    assert "nothing; the store was not read" in export
    session, outgoing, history, consent = pages
    assert "The store was not read, so no servers are shown." in session
    assert "The store was not read. An example:" in outgoing
    assert "The sent reports were not read." in outgoing
    assert "The store was not read, so what was sent is not known here." in history
    for unknown in (
        "No measured server", "appears here", "Nothing is waiting", "No report that was taken", "No attempt to send",
        "nothing is waiting", "sent automatically",
    ):  # fmt: skip
        assert not any(unknown in content for content in pages)
    assert "deletes what is waiting" not in consent
    assert ("what is waiting is not sent" in consent) is (shown.consent.decision.consent is not Consent.DECLINED)


OTHER_RECEIVER = "https://metrics.example.org/v1/usage"


def _started_for(endpoint: str) -> Overview:
    """Return what is to be seen of a server that was started for this receiver, and of reports that wait."""
    shown = overviews.busy(overviews.GRANTED)
    live = shown.running[0]
    return shown._replace(running=(live._replace(session=live.session._replace(endpoint=endpoint)),))


async def test_while_a_session_runs_what_waits_is_said_to_be_sent_at_its_end(tmp_path: Path) -> None:
    shown = overviews.busy(overviews.GRANTED)
    app = opened.still(tmp_path, shown)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "2")
        assert "This one is sent when the running session ends." in told(app)
    app = opened.still(tmp_path, shown._replace(running=()))
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "2")
        assert "This one is sent when the next session ends." in told(app)


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
    shell = shown.consent._replace(endpoint=OTHER_RECEIVER)
    app = opened.still(tmp_path, shown._replace(consent=shell))
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "1")
        assert "Nothing of it is sent before it ends." in told(app)
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


async def test_of_a_session_that_is_the_person_s_alone_no_report_is_promised(tmp_path: Path) -> None:
    app = opened.still(tmp_path, overviews.running_only_for_me())
    async with app.run_test(size=(80, 24)) as pilot:
        for keys in ("2", "cw"):
            await opened.press(pilot, *keys)
            content = told(app)
            assert "The session, as a report would say it:" in content
            assert "Only for you: it stays here." in content
            assert "The report, if its server stopped now" not in content


@pytest.mark.parametrize(
    "changed",
    [
        lambda consent: consent._replace(ended=True),
        lambda consent: consent._replace(decision=consent.decision._replace(schema_version=SCHEMA_VERSION + 1)),
    ],
    ids=["the receiver takes no more", "a newer yes"],
)
async def test_where_none_is_made_no_report_is_promised_of_a_session(
    tmp_path: Path, changed: Callable[[EffectiveConsent], EffectiveConsent]
) -> None:
    shown = overviews.busy()
    app = opened.still(tmp_path, shown._replace(outbox=(), consent=changed(shown.consent)))
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "1")
        assert "as a report would say" in told(app)
        await opened.press(pilot, "2")
        content = told(app)
    assert "The session, as a report would say it:" in content
    assert "Nothing will be sent when it ends; c says why." in content
