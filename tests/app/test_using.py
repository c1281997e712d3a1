"""What a person does on the screens, and what another process does meanwhile."""

import json
import os
import threading
from pathlib import Path

import pytest
from textual.widgets import Input

from shimmy_metrics.actions import outbox as releasing
from shimmy_metrics.actions.decide import decline, enable, hold
from shimmy_metrics.actions.overview import overview
from shimmy_metrics.actions.validate import validate_held
from shimmy_metrics.app.app import app_for
from shimmy_metrics.app.preload import Preload, Start
from shimmy_metrics.records import QueueState
from shimmy_metrics.report.fields import FIELDS
from shimmy_metrics.store import departures, outbox, releases, sessions
from shimmy_metrics.store.database import opened as store
from support import opened, overviews, samples
from support.departed import depart


def with_reports(root: Path, state: QueueState = QueueState.HELD_BY_MODE) -> None:
    """Agree, and put a report into the outbox and another into the receipts."""
    profile = opened.profile_of(root)
    decision = enable(profile).decision
    hold(profile, review=True)
    with store(profile) as db:
        outbox.add(db, samples.queued(state=state, consent_id=decision.consent_id, endpoint=decision.endpoint))
        depart(db, overviews.reported(overviews.named(1, overviews.EARLIER, 1)))


async def test_a_change_of_the_config_by_another_process_shows_by_itself(tmp_path: Path) -> None:
    enable(opened.profile_of(tmp_path))
    app = opened.living(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.until(pilot, lambda: "metrics on" in opened.text(app))
        decline(opened.profile_of(tmp_path))
        await opened.until(pilot, lambda: "metrics off" in opened.text(app))
        opened.profile_of(tmp_path).config_path.unlink()
        await opened.until(pilot, lambda: "not decided" in opened.text(app))


async def test_a_change_of_the_store_by_another_process_shows_by_itself(tmp_path: Path) -> None:
    profile = opened.profile_of(tmp_path)
    enable(profile)
    app = opened.living(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        with store(profile) as db:
            outbox.add(db, samples.queued())
        await opened.until(pilot, lambda: "2 Outgoing (1)" in opened.text(app))


async def test_deleting_asks_first_and_no_keeps_it(tmp_path: Path) -> None:
    with_reports(tmp_path)
    app = opened.living(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "2", "d")
        assert "Delete this report?" in opened.text(app)
        assert f"{len(samples.sealed().body)} bytes" in opened.text(app)
        await opened.press(pilot, "enter", "n")
        assert "1 report is waiting" in opened.text(app)
        await opened.press(pilot, "d")
        await opened.answer(pilot, "y")
        await opened.until(pilot, lambda: "Deleted: it was never sent." in opened.text(app))
        with store(opened.profile_of(tmp_path)) as db:
            assert not outbox.everything(db)


async def test_releasing_asks_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[list[int]] = []
    monkeypatch.setattr(releasing, "start_sender", lambda _, *, released: started.append(released))
    with_reports(tmp_path)
    app = opened.living(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "2", "r")
        assert "Release this report?" in opened.text(app)
        assert not started
        await opened.answer(pilot, "y")
        assert started == [[1]]
        with store(opened.profile_of(tmp_path)) as db:
            assert releases.released(db, samples.NOW) == {1}
            assert [each.state for each in outbox.everything(db)] == [QueueState.HELD_BY_MODE]


async def test_export_says_what_and_where_and_overwrites_nothing(tmp_path: Path, home: Path) -> None:
    with_reports(tmp_path)
    first = home / "shimmy-metrics-2026-11-23.json"
    first.write_text("mine")
    with store(opened.profile_of(tmp_path)) as db:  # the session behind the report
        behind = samples.session(outbox.everything(db)[0].report_id)
        sessions.finish(db, sessions.begin(db, behind), samples.NOW, local=False)
    app = opened.living(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "x")
        await opened.settled(pilot)
        asked = opened.text(app)
        assert "config, 1 session, 1 report waiting, 1 entry of History" in asked
        assert "~/shimmy-metrics-2026-11-23-2.json" in asked
        await opened.answer(pilot, "y")
        assert "Saved: ~/shimmy-metrics-2026-11-23-2.json" in opened.text(app)
    assert first.read_text() == "mine"
    saved = home / "shimmy-metrics-2026-11-23-2.json"
    assert json.loads(saved.read_bytes())["outbox"]
    assert saved.stat().st_mode & 0o777 == 0o600


async def test_export_to_another_path_and_to_the_clipboard(tmp_path: Path, home: Path) -> None:
    app = opened.living(tmp_path)
    wanted = tmp_path / "chosen.json"
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "x")
        await opened.settled(pilot)
        await opened.press(pilot, "p")
        app.screen.query_one(Input).value = str(wanted)
        await opened.press(pilot, "enter")
        await opened.answer(pilot, "b")
        assert "clipboard" in opened.text(app)
        assert str(wanted) in opened.read(app)
        assert app.clipboard == wanted.read_text()
    assert os.listdir(home) == []


async def test_validate_says_what_it_found(tmp_path: Path) -> None:
    with_reports(tmp_path)
    app = opened.living(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "v")
        await opened.settled(pilot)
        assert "Checked everything kept here" in opened.text(app)


async def test_validate_lists_each_violation_on_a_page_of_its_own(tmp_path: Path) -> None:
    with_reports(tmp_path)
    profile = opened.profile_of(tmp_path)
    with store(profile) as db:
        db.execute("UPDATE outbox SET sha256 = ?", ("0" * 64,))
        db.execute("UPDATE departures SET endpoint = 'a word of somebody'")
    app = opened.living(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "v")
        await opened.settled(pilot)
        shown = opened.text(app)
        assert "outbox[0].sha256: is not the body's digest" in shown
        assert "departures[0].endpoint" in shown
        assert "Nothing was changed." in shown
        await opened.press(pilot, "q")
        assert "1 Session" in opened.text(app)


async def test_an_export_can_be_looked_at_before_it_is_saved(tmp_path: Path, home: Path) -> None:
    with_reports(tmp_path)
    app = opened.living(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "x")
        await opened.settled(pilot)
        await opened.press(pilot, "w")
        assert "Exactly these bytes." in opened.text(app)
        assert '"format": "shimmy-metrics export 2"' in opened.text(app)
        await opened.press(pilot, "G")
        assert opened.text(app).splitlines()[18].strip() == "}"
        await opened.press(pilot, "q")
        assert "Export everything kept here?" in opened.text(app)
        await opened.answer(pilot, "y")
    assert os.listdir(home) == ["shimmy-metrics-2026-11-23.json"]


async def test_a_report_that_is_due_can_be_held_back(tmp_path: Path) -> None:
    with_reports(tmp_path, QueueState.DUE)
    app = opened.living(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "2")
        assert "t Hold" in opened.text(app)
        await opened.press(pilot, "t")
        await opened.settled(pilot)
        await opened.until(pilot, lambda: "sent if you release it" in opened.text(app))
        assert "t Hold" not in opened.text(app)
        with store(opened.profile_of(tmp_path)) as db:
            assert [each.state for each in outbox.everything(db)] == [QueueState.HELD_BY_HAND]


async def test_receipts_are_the_person_s_to_delete(tmp_path: Path) -> None:
    with_reports(tmp_path)
    app = opened.living(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "3", "d")
        assert "1 receipt (" in opened.text(app)
        await opened.press(pilot, "n")
        assert "1 report was sent and taken. Open one" in opened.text(app)
        await opened.press(pilot, "d")
        await opened.answer(pilot, "y")
        await opened.until(pilot, lambda: "1 report was sent and taken. No receipt is kept." in opened.text(app))
        with store(opened.profile_of(tmp_path)) as db:
            assert [each.body for each in departures.everything(db)] == [b""]


async def test_what_takes_long_is_said_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    going_on = threading.Event()
    slow = "shimmy_metrics.actions.validate.validate_held"
    monkeypatch.setattr(slow, lambda profile: going_on.wait(10) and validate_held(profile))
    app = opened.living(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "v")
        await opened.until(pilot, lambda: "Checking every byte" in opened.text(app))
        going_on.set()
        await opened.settled(pilot)
        assert "Checked everything kept here" in opened.text(app)


async def test_a_slow_disk_holds_up_neither_the_first_frame_nor_the_question(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered = threading.Event()
    for room in ("preload", "poller"):
        slow = f"shimmy_metrics.app.{room}.overview"
        monkeypatch.setattr(slow, lambda *given, **how: answered.wait(10) and overview(*given, **how))
    profile = opened.profile_of(tmp_path)
    app = app_for(profile, Preload(profile).start(asking=False, seconds=None, notice=""))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "Reading everything kept here." in opened.text(app)
        await opened.press(pilot, "4")
        assert f"{len(FIELDS)} fields are everything that could ever be sent" in opened.text(app)
        answered.set()
        await opened.until(pilot, lambda: "May Shimmy" in opened.text(app))
        assert "May Shimmy report how it is used?" in opened.text(app)


async def test_a_release_says_what_became_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(releasing, "start_sender", lambda _, *, released: None)
    with_reports(tmp_path)
    app = opened.living(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "2", "r")
        await opened.answer(pilot, "y")
        assert "Releasing: it is being sent now." in opened.text(app)
        assert "1 report is waiting. This one is being sent now." in opened.text(app)
        with store(opened.profile_of(tmp_path)) as db:
            (report,) = outbox.everything(db)
            outbox.remove(db, report.row_id)
            depart(db, report, by_hand=True)
        await opened.until(pilot, lambda: "The receipt is in History." in opened.text(app))
        assert "1 report taken by metrics.shimmy-ai.dev at " in opened.text(app)


async def test_of_a_yes_under_a_switch_is_said_what_the_switch_keeps_off(tmp_path: Path) -> None:
    app = opened.living(tmp_path, variables={"DO_NOT_TRACK": "1"})
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "c")
        await opened.answer(pilot, "e")
        told = " ".join(opened.text(app).split())
        assert "DO_NOT_TRACK=1 keeps measuring and sending off in this shell. Your answer is recorded" in told


async def test_what_fails_unforeseen_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("shimmy_metrics.actions.export.export", failing)
    app = opened.living(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "x")
        await opened.until(pilot, lambda: "ZeroDivisionError" in opened.text(app))
        assert "That failed unexpectedly (ZeroDivisionError)" in opened.text(app)


@pytest.mark.parametrize("size", [(80, 24), (60, 20), (40, 12)])
async def test_a_notice_is_in_view_on_every_screen_and_costs_no_row(tmp_path: Path, size: tuple[int, int]) -> None:
    told: list[list[str]] = []
    for notice in ("", "This is a sandbox: all of it is deleted."):
        profile = samples.profile(tmp_path, **opened.TERMINAL)
        app = opened.Still(profile, Start(samples.FACTS, overviews.busy(), asks=False, notice=notice))
        shown: list[str] = []
        async with app.run_test(size=size) as pilot:
            for keys in ("", "2", "l", "d", "n 3", "enter", "q 4", "x", "n c", "w", "q question_mark"):
                await opened.press(pilot, *keys.split())
                await opened.settled(pilot)
                shown.append(opened.text(app))
        told.append(shown)
    for without, noticed in zip(*map(tuple, told), strict=True):
        rows, others = noticed.splitlines(), without.splitlines()
        assert "This is a sandbox" in rows[1]
        if "nothing needs Ctrl" not in noticed:  # there it stands in full, below the keys
            assert [*rows[:1], *rows[2:]] == [*others[:1], *others[2:]]
