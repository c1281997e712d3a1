"""Recalling from the app: from History and from a receipt, by key, after a yes that shows what would be sent."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from shimmy_metrics.actions.decide import decline, enable
from shimmy_metrics.actions.overview import overview
from shimmy_metrics.actions.recall import find_all_recalls, recall_each
from shimmy_metrics.app.command_palette import commands
from shimmy_metrics.app.keys import RECALL
from shimmy_metrics.limits import QUESTION_STANDS_SECONDS
from shimmy_metrics.records import Failure, Outcome
from shimmy_metrics.store import departures
from shimmy_metrics.store.database import opened as store
from shimmy_metrics.wording.recall import ALL_RECALLED
from support import opened, overviews, samples
from support.app_idle import send
from support.departed import depart
from support.installed import AFTER_FIVE_SECONDS
from support.queue_report import FIRST, SECOND
from support.receiver import Receiver, status

ALL: Final = "Recall all that was sent"
"""What the palette calls it."""


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Receiver]:
    with Receiver(tmp_path) as receiver:
        profile = opened.profile_of(tmp_path)
        enable(profile)
        with store(profile) as db:
            depart(db, samples.queued(FIRST), samples.queued(SECOND), endpoint=receiver.url)
        yield receiver


def _outcomes(root: Path) -> list[Outcome | None]:
    with store(opened.profile_of(root)) as db:
        return [each.outcome for each in departures.everything(db)]


@pytest.mark.parametrize("keys", [("3",), ("3", "enter")])
async def test_a_receipt_is_recalled_from_history_by_key_and_yes(
    tmp_path: Path, receiver: Receiver, keys: tuple[str, ...]
) -> None:
    app = opened.living(tmp_path, variables={"SSL_CERT_FILE": str(receiver.authority)})
    async with app.run_test(size=(100, 30)) as pilot:
        await opened.press(pilot, *keys)
        assert "z Recall" in opened.text(app)
        (binding,) = RECALL
        assert binding.description.capitalize() in [each.name for each in commands(app, app.screen)]
        await opened.press(pilot, "z")
        asked = opened.read(app)
        assert "Recall 2 reports?" in asked
        assert f"DELETE {receiver.url}/{FIRST}" in asked.replace(" ", "").replace("DELETE", "DELETE ")
        assert "They are recalled together." in asked
        assert receiver.received == []
        await opened.answer(pilot, "y")
        await opened.until(pilot, lambda: "confirmed that it holds" in opened.read(app))
        assert [each.path for each in receiver.received] == [f"/v1/usage/{each}" for each in (FIRST, SECOND)]
        assert _outcomes(tmp_path) == [Outcome.RECALLED, Outcome.CONFIRMED]
        await opened.press(pilot, *(("q",) if "enter" in keys else ()))
        await opened.until(pilot, lambda: "2 recalled" in opened.read(app))
        await opened.until(pilot, lambda: opened.text(app).count("recalled later") == 1)
        assert " recalled " in opened.text(app)


async def test_a_no_sends_nothing(tmp_path: Path, receiver: Receiver) -> None:
    app = opened.living(tmp_path, variables={"SSL_CERT_FILE": str(receiver.authority)})
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "3", "z")
        await opened.answer(pilot, "n")
        assert receiver.received == []
    assert _outcomes(tmp_path) == [Outcome.CONFIRMED]


async def test_it_works_after_a_no_and_says_what_else_was_answered(tmp_path: Path, receiver: Receiver) -> None:
    decline(opened.profile_of(tmp_path))
    receiver.recalls = status(503)
    app = opened.living(tmp_path, variables={"SSL_CERT_FILE": str(receiver.authority)})
    async with app.run_test(size=(100, 30)) as pilot:
        await opened.press(pilot, "3", "z")
        await opened.answer(pilot, "y")
        await opened.until(pilot, lambda: "not confirmed: answer 503" in opened.read(app))
    assert len(receiver.received) == 2


async def test_while_several_are_recalled_it_is_said_of_them(tmp_path: Path, receiver: Receiver) -> None:
    answers = threading.Event()
    receiver.recalls = lambda handler, body: (answers.wait(AFTER_FIVE_SECONDS), status(204)(handler, body))[1]
    app = opened.living(tmp_path, variables={"SSL_CERT_FILE": str(receiver.authority)})
    async with app.run_test(size=(100, 30)) as pilot:
        await opened.press(pilot, "3", "z")
        await pilot.pause(QUESTION_STANDS_SECONDS + 0.05)
        send(app, "y")
        await opened.until(pilot, lambda: f"Asking localhost:{receiver.port} to delete them." in opened.read(app))
        answers.set()


async def test_of_an_attempt_that_has_just_begun_it_is_told_that_it_had(tmp_path: Path) -> None:
    begun = overviews.departure(1, 0, overviews.named(1), outcome=None)._replace(report_ids=())
    app = opened.still(tmp_path, overviews.idle()._replace(entries=(begun,), sending=True))
    async with app.run_test(size=(100, 30)) as pilot:
        await opened.press(pilot, "3", "z")
        assert "It had just begun when you asked, so there was nothing to recall. Ask again." in opened.read(app)


async def test_what_cannot_be_recalled_says_why_and_has_no_button(tmp_path: Path) -> None:
    profile = opened.profile_of(tmp_path)
    enable(profile)
    with store(profile) as db:
        depart(db, samples.queued(FIRST), outcome=Outcome.ERROR)
        depart(db, samples.queued(FIRST))
        departures.delete_receipts(db, samples.NOW, [each.row_id for each in departures.everything(db)], [])
        depart(db, samples.queued(SECOND), outcome=Outcome.NOTHING_LEFT, failure=Failure.NAME)
    app = opened.living(tmp_path)
    async with app.run_test(size=(100, 30)) as pilot:
        await opened.press(pilot, "3")
        said = (
            "Nothing of it left, so there is nothing to recall.",
            "Only a request that left can be recalled.",
            "went with the receipt, and without them no receiver can find it",
            "went when you deleted receipts, and without them no receiver can find it",
        )
        for line in said:
            assert "z Recall" not in opened.text(app)
            await opened.press(pilot, "z")
            assert line in opened.read(app)
            await opened.press(pilot, "j")


async def test_a_recalled_request_says_so_itself(tmp_path: Path, receiver: Receiver) -> None:
    app = opened.living(tmp_path, variables={"SSL_CERT_FILE": str(receiver.authority)})
    async with app.run_test(size=(120, 40)) as pilot:
        await opened.press(pilot, "3", "z")
        await opened.answer(pilot, "y")
        await opened.until(pilot, lambda: opened.text(app).count("localhost") > 2)
        await opened.press(pilot, "g", "z")
        assert "there is nothing to recall in it" in opened.read(app)
        await opened.press(pilot, "enter")
        assert "DELETE" in opened.read(app)
        await opened.press(pilot, "j")
        assert "confirmed that it holds" in opened.read(app)


async def test_all_that_was_sent_is_recalled_by_one_key_and_yes(tmp_path: Path, receiver: Receiver) -> None:
    third = FIRST[:-1] + "3"
    with store(opened.profile_of(tmp_path)) as db:
        depart(db, samples.queued(third), endpoint=receiver.url)
    app = opened.living(tmp_path, variables={"SSL_CERT_FILE": str(receiver.authority)})
    async with app.run_test(size=(100, 30)) as pilot:
        await opened.press(pilot, "3", "Z")
        await opened.until(pilot, lambda: "2 requests with 3 reports that left for localhost" in opened.read(app))
        assert receiver.received == []
        await opened.answer(pilot, "y")
        await opened.until(pilot, lambda: "2 of 2 requests recalled" in opened.read(app))
        assert len(receiver.received) == 3
        await opened.until(pilot, lambda: "Recall all" not in opened.text(app))
        assert ALL not in [each.name for each in commands(app, app.screen)]


async def test_recalling_all_is_offered_while_something_is_left_to_recall(tmp_path: Path, receiver: Receiver) -> None:
    app = opened.living(tmp_path, variables={"SSL_CERT_FILE": str(receiver.authority)})
    async with app.run_test(size=(100, 30)) as pilot:
        await opened.press(pilot, "3")
        assert "Z Recall all" in opened.text(app)
        assert ALL in [each.name for each in commands(app, app.screen)]
        await opened.press(pilot, "z")
        await opened.answer(pilot, "y")
        await opened.until(pilot, lambda: "recalled later" in opened.text(app))
        assert "z Recall" in opened.text(app)  # the one request can be recalled again
        assert "Recall all" not in opened.text(app)
        assert ALL not in [each.name for each in commands(app, app.screen)]


async def test_what_another_process_recalled_meanwhile_is_not_recalled_again(
    tmp_path: Path, receiver: Receiver
) -> None:
    profile = samples.profile(tmp_path, SSL_CERT_FILE=str(receiver.authority))
    app = opened.still(tmp_path, overview(profile, samples.FACTS))
    assert [made.outcome for _, made in recall_each(profile, find_all_recalls(profile))] == [Outcome.RECALLED]
    async with app.run_test(size=(100, 30)) as pilot:
        await opened.press(pilot, "3", "Z")
        await opened.until(pilot, lambda: ALL_RECALLED in opened.read(app))
    assert len(receiver.received) == 2


@pytest.mark.parametrize("first", [True, False])
async def test_what_was_sent_is_said_to_be_recallable_before_it_is_not(
    tmp_path: Path, receiver: Receiver, *, first: bool
) -> None:
    app = opened.living(tmp_path, variables={"SSL_CERT_FILE": str(receiver.authority)})
    async with app.run_test(size=(100, 30)) as pilot:
        await opened.press(pilot, "c")
        await opened.press(pilot, "d" if first else "n")
        key = "recall it first: 3, then Z." if first else "be recalled: 3, then Z."
        await opened.until(pilot, lambda: key in opened.read(app))
