"""What goes wrong outside of the app, and what a hand does by accident: it is said, and the app goes on."""

import math
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input

from shimmy_metrics.actions.decide import decline, enable, only_for_me
from shimmy_metrics.app.screens.fields.screen import FieldsScreen
from shimmy_metrics.app.ui.dialog import Dialog
from shimmy_metrics.app.ui.key_button import KeyButton
from shimmy_metrics.store import outbox
from shimmy_metrics.store.database import opened as store
from shimmy_metrics.system.profile import Profile
from support import opened, samples
from support.departed import depart
from support.store_files import store_path

WALK = ("3", "enter", "h", "h", "l", "q", "m", "2", "l", "l", "w", "4", "1", "c")


async def click(pilot: Pilot[None], label: str, at: float | None = None) -> None:
    """Click a button, once it is laid out, the way a terminal's driver reports it; `at` a time, or now."""
    app = pilot.app

    def laid_out() -> list[KeyButton]:
        return [each for each in app.screen.query(KeyButton) if each.region and label in each.button.label]

    await opened.until(pilot, lambda: bool(laid_out()))
    x, y = laid_out()[0].region.offset
    assert app._driver is not None
    for kind in (events.MouseDown, events.MouseUp):
        event = kind(None, x, y, 0, 0, 1, shift=False, meta=False, ctrl=False, screen_x=x, screen_y=y)
        event.time = event.time if at is None else at
        event.set_sender(app)
        app._driver.send_message(event)


@pytest.mark.parametrize(
    "path", ["~nobody-of-this-name/x.json", f"/{'y' * 300}.json", "/dev/null/x.json", "nul\x00.json"]
)
async def test_a_path_that_cannot_be_is_said_when_it_is_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    app = opened.living(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "x")
        await opened.settled(pilot)
        await opened.press(pilot, "p")
        app.screen.query_one(Input).value = path
        await opened.press(pilot, "enter")
        await opened.answer(pilot, "y")
        assert "Nothing was" in opened.read(app)


async def test_a_clicked_yes_counts_once_the_question_stood(tmp_path: Path) -> None:
    profile = opened.with_a_report(tmp_path)
    app = opened.living(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "2")
        await click(pilot, "Delete")
        await opened.until(pilot, lambda: isinstance(app.screen, Dialog))
        asked = app.screen
        assert isinstance(asked, Dialog)
        await opened.until(pilot, lambda: math.isfinite(asked.asked_at))
        await click(pilot, "Yes", asked.asked_at + 0.2)  # the second half of a double click
        await pilot.pause(1.0)
        assert isinstance(app.screen, Dialog)
        await click(pilot, "Yes")
        await opened.until(pilot, lambda: "Deleted: it was never sent." in opened.text(app))
    with store(profile) as db:
        assert not outbox.everything(db)


async def test_a_click_stops_the_countdown_as_a_key_does(tmp_path: Path) -> None:
    app = opened.living(tmp_path, asking=True, seconds=60)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await click(pilot, "Enable")
        await opened.until(pilot, lambda: isinstance(app.screen, Dialog))
        assert app.seconds_left is None


async def test_of_one_question_there_is_one(tmp_path: Path) -> None:
    app = opened.living(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        app.action_export()
        app.action_export()
        await opened.settled(pilot)
        assert [type(each).__name__ for each in app.screen_stack] == ["SessionScreen", "ExportScreen"]
        await opened.press(pilot, "w", "x")
        await opened.settled(pilot)
        assert [type(each).__name__ for each in app.screen_stack] == ["SessionScreen", "ExportScreen"]


@pytest.mark.parametrize(
    "bytes_left", [b'[{"session_id":', b'\xff\xfe{"sess\xa5ion_id":', b"[]", b'{"metrics":1}', b"7"]
)
async def test_bytes_that_a_disk_damaged_are_shown_and_end_nothing(tmp_path: Path, bytes_left: bytes) -> None:
    profile = opened.profile_of(tmp_path)
    enable(profile)
    with store(profile) as db:
        outbox.add(db, samples.queued())
        depart(db, samples.queued())
        db.execute("UPDATE departures SET body = ?", (bytes_left,))
        db.execute("UPDATE outbox SET body = ?", (bytes_left,))
    app = opened.living(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "3")
        assert "1 entry is not as written." in opened.text(app)
        await opened.press(pilot, *WALK)
        assert "Metrics are on, last changed" in opened.text(app)


@pytest.mark.parametrize(
    ("answer", "said"), [(decline, "Metrics are off, last changed"), (only_for_me, "Only for you")]
)
async def test_a_damaged_store_makes_a_no_no_question_again(
    tmp_path: Path, answer: Callable[[Profile], object], said: str
) -> None:
    profile = opened.with_a_report(tmp_path)
    answer(profile)
    store_path(profile).write_bytes(b"no database" * 400)
    app = opened.living(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert f"{store_path(profile)}: is no database" in opened.read(app)
        assert "config" not in opened.read(app).replace(str(tmp_path), "")
        await opened.press(pilot, "c")
        assert said in opened.text(app)
        assert "May Shimmy report" not in opened.text(app)
        shown = opened.read(app)
        assert "Enable not recorded while the store cannot be used" in " ".join(shown.split())
        kept = "Only for me no change: nothing is saved or sent while the store cannot be used"
        assert (kept in " ".join(shown.split())) is (answer is only_for_me)
        await opened.answer(pilot, "e")
        await opened.until(pilot, lambda: "Your yes is not recorded." in opened.read(app))
        await opened.answer(pilot, "o")
        await opened.until(pilot, lambda: "stays as it is, and will not be sent." in opened.read(app))


async def test_a_key_that_quits_cannot_be_one_that_is_typed(tmp_path: Path) -> None:
    enable(opened.profile_of(tmp_path))
    opened.own_keys(tmp_path, {"app.quit": "Q"})
    app = opened.living(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.until(pilot, lambda: "app.quit needs a ctrl key" in opened.read(app))
        await opened.press(pilot, "4", "slash", "Q")
        assert isinstance(app.screen, FieldsScreen)
        assert app.screen.search == "Q"


async def test_without_a_home_the_export_names_a_path_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os.path, "expanduser", os.fspath)  # what it gives where none is known
    monkeypatch.chdir(tmp_path)
    app = opened.living(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "x")
        await opened.settled(pilot)
        assert "to ~/shimmy-metrics-2026-11-23.json" in opened.text(app)
