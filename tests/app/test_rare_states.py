"""What the app says in rare states: a store that cannot be read, a question asked again, a kept session ended last."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from shimmy_metrics.actions.files import FileKind, OwnFile
from shimmy_metrics.actions.overview import Overview
from shimmy_metrics.actions.preview import request_for
from shimmy_metrics.cli.plain_report import plain_report
from shimmy_metrics.consent.effective_consent import Unusable
from shimmy_metrics.consent.endpoint import ENDPOINT
from shimmy_metrics.consent.state import Delivery, untrusted
from shimmy_metrics.counters import DaySums
from shimmy_metrics.records import Day, QueueState
from support import opened, overviews, samples

UNREADABLE = overviews.idle()._replace(trouble="metrics.db: is damaged. Move it away", store_unusable=True)
DAYS = (Day(date(2026, 11, 22), DaySums(7, 1, 350, 900)),)
STORE = OwnFile("/home/ada/.local/state/shimmy/metrics.db", FileKind.STORE, 4_096)
LOCK = OwnFile("/home/ada/.local/state/shimmy/session-1.lock", FileKind.SESSION_LOCK, 0)


async def shown(root: Path, overview: Overview, *keys: str, size: tuple[int, int] = (100, 50)) -> str:
    """Return what stands on the screen once the app was opened on this overview and these keys were pressed."""
    app = opened.still(root, overview)
    async with app.run_test(size=size) as pilot:
        await opened.press(pilot, *keys)
        return opened.read(app)


async def test_a_store_that_cannot_be_read_promises_no_deletion_no_report_and_no_figures(tmp_path: Path) -> None:
    page = await shown(tmp_path, UNREADABLE, "c")
    assert "n Withdraw stops now, what is waiting is not sent" in page
    assert "no change: nothing is saved or sent while the store cannot be used" in page
    assert "deletes what is waiting" not in page
    assert "a no deletes them" not in page
    figures = await shown(tmp_path, UNREADABLE, "u")
    assert "The store was not read, so your figures are not known here." in figures
    assert "No figures are kept here" not in figures
    assert "A no deletes them" not in figures
    assert "a no deletes them" not in await shown(tmp_path, UNREADABLE, "4", "G")
    assert "a no deletes them" not in plain_report(UNREADABLE, samples.NOW)


def _unwritable(overview: Overview) -> Overview:
    cannot = "/x/metrics.db cannot be written"
    return overview._replace(days=DAYS, consent=overview.consent._replace(unwritable=cannot))


async def test_while_the_store_cannot_be_written_only_for_me_promises_no_measuring(tmp_path: Path) -> None:
    closed = _unwritable(overviews.only_for_me())
    page = await shown(tmp_path, closed, "c")
    assert "only for me · nothing is saved" in page
    assert "nothing is saved or sent while the store cannot be used. ! Nothing can be saved: /x/metrics.db" in page
    assert "o Only for me no change: nothing is saved or sent while the store cannot be used" in page
    assert "e Enable recorded; nothing is saved or sent while the store cannot be used" in page
    assert "measured for you to see" not in page
    assert "from the server's next start" not in page
    assert "it will show up here" not in await shown(tmp_path, closed, "1")
    running = _unwritable(overviews.running_only_for_me())
    assert "Nothing can be saved; c says why." in await shown(tmp_path, running, "1")


async def test_a_no_deletes_from_a_store_that_cannot_be_written_once_it_can(tmp_path: Path) -> None:
    page = await shown(tmp_path, _unwritable(overviews.idle()), "c")
    assert "stops now, deletes your own figures of 1 day as soon as the store can be written" in page
    assert "it will show up here" not in await shown(tmp_path, _unwritable(overviews.idle()), "1")


async def test_where_the_endpoint_cannot_be_used_a_no_says_what_it_deletes(tmp_path: Path) -> None:
    page = await shown(tmp_path, overviews.without_endpoint()._replace(days=DAYS), "c")
    assert "n Withdraw stops measuring, deletes your own figures of 1 day" in page


async def test_while_the_config_cannot_be_used_no_answer_is_said_to_be_recorded(tmp_path: Path) -> None:
    damaged = overviews.troubled()._replace(days=DAYS)
    page = await shown(tmp_path, damaged, "c")
    told = "n Withdraw not recorded while the config cannot be used, deletes your own figures of 1 day"
    assert told in page
    assert "Change your mind" not in page
    assert not [line for line in plain_report(damaged, samples.NOW) if line.startswith("Change your mind")]


def test_while_the_config_cannot_be_used_no_command_is_named_that_needs_it() -> None:
    batch = overviews.batch()
    batch = batch._replace(next_request=request_for(batch.outbox[:2], ENDPOINT))
    told = [line for line in plain_report(batch, samples.NOW) if "preview prints them." in line]
    assert told[0].startswith("Together 2 of them are ")  # not "in the next request": the session's own goes with them
    unusable = batch._replace(trouble="config.json:1: no valid JSON", unusable=Unusable.CONFIG)
    assert not [line for line in plain_report(unusable, samples.NOW) if "preview" in line]


def test_what_is_held_together_is_not_said_to_be_released_while_one_of_it_is_sent() -> None:
    batch = overviews.batch()
    held = tuple(each._replace(state=QueueState.HELD_BY_MODE) for each in batch.outbox[:2])
    sending = batch._replace(next_request=request_for(held, ENDPOINT), outbox=held, sending=True)
    lines = list(plain_report(sending, samples.NOW))
    assert not [line for line in lines if "Released together" in line]
    assert [line for line in lines if line.startswith("Together 2 of them are ")]


def test_a_running_session_is_shown_as_a_report_and_it_is_not_said_that_one_is_made_or_is_not() -> None:
    on = overviews.busy()
    newer = on.consent.decision._replace(schema_version=99)
    elsewhere = on.consent._replace(decision=untrusted(on.consent.decision))  # the server has a receiver of its own
    unusable = on._replace(consent=elsewhere, unusable=Unusable.ENDPOINT, trouble="the endpoint is not https")
    for shown_here in (on, on._replace(consent=on.consent._replace(decision=newer)), unusable):
        lines = list(plain_report(shown_here, samples.NOW))
        assert "  As a report, as of the last second saved:" in lines
        assert not [line for line in lines if "Its report as of" in line or "report it would be" in line]


async def test_a_no_says_that_it_deletes_the_person_s_own_figures_too(tmp_path: Path) -> None:
    assert "stops now, deletes your own figures of 1 day" in await shown(
        tmp_path, overviews.idle()._replace(days=DAYS), "c"
    )


@pytest.mark.parametrize(
    ("overview", "told"),
    [
        (overviews.undecided(), "nothing is measured or sent; only this answer is kept"),
        (overviews.undecided()._replace(files=(STORE,)), "nothing is measured or sent; this answer is kept"),
        (
            overviews.undecided()._replace(files=(STORE,), days=DAYS),
            "deletes your own figures of 1 day; nothing is measured or sent; this answer is kept",
        ),
    ],
    ids=["first", "again", "with figures"],
)
async def test_a_no_to_the_question_says_that_nothing_else_is_kept_only_where_that_is_so(
    tmp_path: Path, overview: Overview, told: str
) -> None:
    assert f"n No thanks {told}" in await shown(tmp_path, overview, "c")


async def test_the_last_session_is_not_one_that_ended_before_a_kept_one(tmp_path: Path) -> None:
    overview = overviews.busy()._replace(running=(), outbox=())
    assert "Last sent" in await shown(tmp_path, overview, "1")
    newest = max(receipt.begun for receipt in overview.receipts)
    kept = samples.session()._replace(local=True, updated=newest + timedelta(hours=1), ended=newest)
    page = await shown(tmp_path, overview._replace(ended=(kept,)), "1")
    assert "Kept for you alone" in page
    assert "Last sent" not in page


async def test_under_a_switch_keeping_on_says_nothing_of_servers_that_were_started_without_it(tmp_path: Path) -> None:
    page = await shown(tmp_path, overviews.switched_off_here(), "c")
    assert "no change; DO_NOT_TRACK=1 keeps this shell off" in page
    assert "nothing is sent while" not in page


async def test_while_the_config_cannot_be_used_no_session_is_said_to_be_measured(tmp_path: Path) -> None:
    unusable = overviews.busy()._replace(trouble="config.json:1: no valid JSON", unusable=Unusable.CONFIG)
    page = await shown(tmp_path, unusable, "1")
    assert "Nothing is counted while the config cannot be used." in page
    assert "Measuring since" not in page
    assert "Measuring" not in "\n".join(plain_report(unusable, samples.NOW))
    left = unusable._replace(files=(STORE, LOCK), running=())  # its session was deleted, the server runs on
    assert "deletes all but the config" not in await shown(tmp_path, left, "c")
    assert "deletes all but the config" in await shown(tmp_path, left._replace(files=(STORE,)), "c")
    assert "d delete all that can go" in await shown(tmp_path, left, "c", "question_mark")
    alone = left._replace(files=(STORE,))
    assert "d delete all but the config" in await shown(tmp_path, alone, "c", "question_mark")
    example = await shown(tmp_path, unusable, "c", "w")
    assert "While the config cannot be used nothing is measured or sent." in example
    assert "It keeps changing until the session ends." not in example


async def test_while_something_is_being_sent_a_held_report_is_not_said_to_wait_for_its_release(tmp_path: Path) -> None:
    batch = overviews.batch()
    held = tuple(each._replace(state=QueueState.HELD_BY_HAND) for each in batch.outbox[:1])
    sending = batch._replace(outbox=held, sending=True)
    page = await shown(tmp_path, sending, "2")
    assert "1 report is waiting. Something is being sent now." in page
    assert "if you release it" not in page
    lines = list(plain_report(sending, samples.NOW))
    assert "Something is being sent now." in lines
    assert not [each for each in lines if each.startswith(("Each report is sent", "Reports are sent"))]
    assert not [each for each in lines if "until you release it" in each]


async def test_where_the_receiver_cannot_be_used_no_other_is_named_as_the_examples(tmp_path: Path) -> None:
    page = await shown(tmp_path, overviews.without_endpoint(), "c", "w")
    assert "no receiver is in use here" in page
    assert "POST" not in page
    assert "Host:" not in page


def _automatic(overview: Overview, *, ended: bool) -> Overview:
    decision = overview.consent.decision._replace(delivery=Delivery.AUTOMATIC)
    return overview._replace(consent=overview.consent._replace(decision=decision, ended=ended))


async def test_where_nothing_is_sent_holding_does_not_promise_a_release(tmp_path: Path) -> None:
    page = await shown(tmp_path, _automatic(overviews.idle(), ended=True), "c")
    assert "t Hold reports recorded" in page
    assert "each waits for you" not in page
    assert "if you release it" not in page


@pytest.mark.parametrize("ended", [False, True])
async def test_holding_says_that_what_is_being_sent_may_still_be_taken(tmp_path: Path, *, ended: bool) -> None:
    on = _automatic(overviews.batch(), ended=ended)
    assert "may still be taken" not in await shown(tmp_path, on, "c")
    assert "; what is being sent now may still be taken" in await shown(tmp_path, on._replace(sending=True), "c")


async def test_only_for_me_does_not_say_of_what_was_measured_before_that_it_was_never_sent(tmp_path: Path) -> None:
    page = await shown(tmp_path, overviews.only_for_me(), "c")
    assert ": measured for you to see, not sent." in page
    assert "never sent." not in page.partition("After a yes")[0]


def _under_another_receiver() -> Overview:
    busy = overviews.busy()
    return busy._replace(consent=busy.consent._replace(endpoint="https://metrics.example.org/v1/usage"))


async def test_under_another_receiver_the_corner_speaks_of_this_shell_alone(tmp_path: Path) -> None:
    page = await shown(tmp_path, _under_another_receiver(), "1", size=(80, 24))
    assert "metrics on · not from here" in page


def test_under_another_receiver_the_lines_say_that_it_is_this_shell_s() -> None:
    here = _under_another_receiver()
    lines = plain_report(here, samples.NOW)
    assert any(each.startswith(f"From this shell a report would go to {here.consent.endpoint}") for each in lines)


async def test_a_no_just_after_only_for_me_does_not_repeat_what_that_kept(tmp_path: Path) -> None:
    opened.with_a_report(tmp_path)
    app = opened.living(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "c")
        await opened.answer(pilot, "o")
        await opened.until(pilot, lambda: "became 1 session kept for you" in opened.read(app))
        await opened.press(pilot, "c")
        await opened.answer(pilot, "n")
        await opened.until(pilot, lambda: "You won't be asked again." in opened.read(app))
        assert "kept for you" not in opened.read(app)


async def test_an_empty_history_says_which_attempts_become_one_line(tmp_path: Path) -> None:
    page = await shown(tmp_path, overviews.idle(), "3")
    assert "Attempts in a row that sent nothing for the same reason are one line." in page


async def test_an_empty_history_does_not_say_that_something_is_sent_next_after_a_no(tmp_path: Path) -> None:
    page = await shown(tmp_path, overviews.declined(), "3")
    assert "What would be sent 2" in page
    assert "Next to be sent" not in page
