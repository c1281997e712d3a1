"""Each answer by key, by button and by click: what it writes, and what it never does."""

import math
from pathlib import Path

import pytest

from shimmy_metrics.actions.decide import decline, enable
from shimmy_metrics.app.screens.consent.screen import ConsentScreen
from shimmy_metrics.config.file import load
from shimmy_metrics.consent.state import Consent, Delivery
from shimmy_metrics.system.locks import try_lock
from support import opened, overviews
from support.simulated_time import Timed, key, send


def consent(root: Path) -> Consent:
    return load(opened.profile_of(root)).decision.consent


@pytest.mark.parametrize(
    ("key", "expected", "local", "delivery"),
    [
        ("e", "granted", False, Delivery.AUTOMATIC),
        ("t", "granted", False, Delivery.REVIEW),
        ("o", "declined", True, Delivery.AUTOMATIC),
        ("n", "declined", False, Delivery.AUTOMATIC),
    ],
)
async def test_an_answer_by_its_letter_is_what_the_config_says(
    tmp_path: Path, key: str, expected: str, local: bool, delivery: Delivery
) -> None:
    app = opened.living(tmp_path, asks=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await opened.answer(pilot, key)
        decision = load(opened.profile_of(tmp_path)).decision
        assert (decision.consent, decision.local, decision.delivery) == (expected, local, delivery)
        assert app.current_mode == "session"


@pytest.mark.parametrize(("key", "delivery"), [("e", Delivery.AUTOMATIC), ("t", Delivery.REVIEW)])
@pytest.mark.parametrize("before", list(Delivery))
async def test_whoever_enables_after_a_no_chooses_anew_whether_reports_are_held(
    tmp_path: Path, key: str, delivery: Delivery, before: Delivery
) -> None:
    profile = opened.profile_of(tmp_path)
    enable(profile, delivery=before)
    decline(profile)
    app = opened.living(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "c")
        await opened.answer(pilot, key)
        decision = load(profile).decision
        assert (decision.consent, decision.delivery) == (Consent.GRANTED, delivery)


async def test_a_no_typed_at_speed_counts(tmp_path: Path) -> None:
    app = Timed(tmp_path, overviews.idle())
    async with app.run_test(size=(80, 24)) as pilot:
        await app.pass_time(pilot, 2.0)
        await send(pilot, key("c"))
        await app.pass_time(pilot, 0.05)
        await send(pilot, key("n"))
        await app.pass_time(pilot, 0.05)
        assert app.decided == ["DECLINE"]


@pytest.mark.parametrize("burst", ["cn", "nn", "no", "cnn"])
async def test_a_no_within_a_burst_decides_nothing(tmp_path: Path, burst: str) -> None:
    app = Timed(tmp_path, overviews.undecided(), asks=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await app.pass_time(pilot, 2.0)
        await send(pilot, *map(key, burst))
        await app.pass_time(pilot, 2.0)
        assert app.decided == []


async def test_ask_me_later_writes_nothing(tmp_path: Path) -> None:
    app = opened.living(tmp_path, asks=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await opened.answer(pilot, "a")
        assert not opened.profile_of(tmp_path).config_path.exists()
        assert "Nothing was decided" in opened.text(app)


async def test_a_letter_typed_before_the_question_stood_does_not_count(tmp_path: Path) -> None:
    app = opened.living(tmp_path, asks=True)
    async with app.run_test(size=(80, 24)) as pilot:
        assert isinstance(app.screen, ConsentScreen)
        stands = app.screen
        await opened.until(pilot, lambda: math.isfinite(stands.asked_at))
        early = key("e")
        early.time = stands.asked_at
        early.set_sender(app)
        assert app._driver is not None
        app._driver.send_message(early)
        await opened.settled(pilot)
        await pilot.pause(0.3)
        assert not opened.profile_of(tmp_path).config_path.exists()
        assert "too fast" in opened.text(app)
        await opened.answer(pilot, "e")
        assert consent(tmp_path) is Consent.GRANTED


async def test_nothing_is_focused_and_each_answer_is_a_button(tmp_path: Path) -> None:
    app = opened.living(tmp_path, asks=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert opened.focused_row(app) == ""
        reached = []
        for _ in range(5):
            await pilot.press("tab")
            reached.append(opened.focused_row(app).split()[1])
        assert reached == ["e", "t", "o", "n", "a"]


async def test_by_button_it_is_asked_once_more_and_y_answers(tmp_path: Path) -> None:
    app = opened.living(tmp_path, asks=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await opened.press(pilot, "tab", "enter")
        assert "Enable?" in opened.text(app)
        await opened.press(pilot, "enter", "enter")
        assert not opened.profile_of(tmp_path).config_path.exists()
        await opened.answer(pilot, "y")
        assert consent(tmp_path) is Consent.GRANTED


async def test_a_yes_to_no_change_is_none_after_another_process_said_no(tmp_path: Path) -> None:
    profile = opened.profile_of(tmp_path)
    enable(profile)
    app = opened.living(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "c", "tab", "enter")
        assert "Keep on?" in opened.text(app)
        assert "No change: each report is sent automatically." in opened.text(app)
        decline(profile)
        await opened.until(pilot, lambda: "metrics off" in opened.text(app))
        await opened.answer(pilot, "y")
        assert "has changed meanwhile, so nothing was done. Choose again." in opened.read(app)
    assert consent(tmp_path) is Consent.DECLINED


async def test_by_click_it_is_asked_once_more(tmp_path: Path) -> None:
    app = opened.living(tmp_path, asks=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause(0.4)
        await pilot.click("#answers KeyButton")
        await pilot.pause(0.4)
        assert "Enable?" in opened.text(app)
        assert not opened.profile_of(tmp_path).config_path.exists()


async def test_withdrawing_takes_two_keys(tmp_path: Path) -> None:
    enable(opened.profile_of(tmp_path))
    app = opened.living(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "c")
        assert "Withdraw" in opened.text(app)
        await opened.answer(pilot, "n")
        assert consent(tmp_path) is Consent.DECLINED
        assert "Metrics are off." in opened.text(app)


async def test_asked_at_serve_the_app_closes_after_the_answer(tmp_path: Path) -> None:
    app = opened.living(tmp_path, asking=True, seconds=60)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await opened.press(pilot, "2")
        assert "May Shimmy" in opened.text(app)  # the question alone
        await pilot.pause(0.35)
        await pilot.press("n")
        await pilot.pause(0.5)
        assert not app.is_running
    assert consent(tmp_path) is Consent.DECLINED


async def test_a_withdrawal_waits_for_nobody_s_lock(tmp_path: Path) -> None:
    profile = opened.profile_of(tmp_path)
    enable(profile)
    app = opened.living(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        with (profile.config_path.parent / ".lock").open("r+b") as lock:
            assert try_lock(lock.fileno())
            await opened.press(pilot, "c")
            await opened.answer(pilot, "n")
            await opened.until(pilot, lambda: "Metrics are off." in opened.text(app))
            assert consent(tmp_path) is Consent.DECLINED
