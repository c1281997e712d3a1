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
from shimmy_metrics.app.app import ShimmyApp, app_for
from shimmy_metrics.app.palette import commands
from shimmy_metrics.app.preload import Preload, Start
from shimmy_metrics.app.screens.history.view import explained
from shimmy_metrics.app.terminal.glyphs import UNICODE
from shimmy_metrics.app.ui.layout import Canvas
from shimmy_metrics.app.ui.screen import BaseScreen
from shimmy_metrics.records import Note, NoteKind, QueueState
from shimmy_metrics.report.fields import BY_NAME, FIELDS
from shimmy_metrics.store import departures, outbox, releases
from shimmy_metrics.store.database import opened as store
from support import opened, overviews, samples
from support.departed import depart


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a home directory of its own: exports go there unless another path is given."""
    made = tmp_path / "home"
    made.mkdir()
    monkeypatch.setenv("HOME", str(made))
    monkeypatch.setenv("USERPROFILE", str(made))
    return made


def with_reports(root: Path, state: QueueState = QueueState.HELD_BY_MODE) -> None:
    """Agree, and put a report into the outbox and another into the receipts."""
    profile = opened.profile_of(root)
    enable(profile)
    hold(profile, review=True)
    with store(profile) as db:
        outbox.add(db, samples.queued(state=state))
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
    app = opened.living(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "x")
        await opened.settled(pilot)
        asked = opened.text(app)
        assert "1 report waiting, 1 entry of History" in asked
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


async def test_the_mark_stays_on_the_same_field_across_lenses_and_screens(tmp_path: Path) -> None:
    app = opened.still(tmp_path, overviews.busy())
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "2", "G", "k")
        marked = app.field
        assert marked in {"memory_gb", "cpu_cores"}
        for key in ("l", "l", "4"):
            await opened.press(pilot, key)
            row = next(row for row in opened.text(app).splitlines() if row.startswith("›"))
            assert marked in row


async def test_search_knows_the_never_list(tmp_path: Path) -> None:
    app = opened.still(tmp_path, overviews.busy())
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "4", "slash", *"model")
        shown = opened.text(app)
        assert "models_used_count" in shown
        assert "model names" in shown
        assert "gpu_detected" not in shown
        await opened.press(pilot, *"xyz")
        assert "Nothing called 'modelxyz' could be sent" in opened.text(app)
        await opened.press(pilot, "escape")
        assert f"{len(FIELDS)} fields" in opened.text(app)


async def test_a_receipt_opens_on_its_bytes(tmp_path: Path) -> None:
    app = opened.still(tmp_path, overviews.busy())
    async with app.run_test(size=(100, 50)) as pilot:
        await opened.press(pilot, "3", "enter")
        shown = opened.text(app)
        assert overviews.busy().receipts[0].sha256 in shown
        await opened.press(pilot, "q")
        assert "4 reports were sent and taken" in opened.text(app)


async def test_a_base_that_is_chosen_is_what_reports_are_compared_with(tmp_path: Path) -> None:
    app = opened.still(tmp_path, overviews.busy())
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "3", "G", "m", "2")
        assert "since 19 Nov" in opened.text(app)


async def test_what_the_help_says_is_what_is_bound(tmp_path: Path) -> None:
    app = opened.still(tmp_path, overviews.busy())
    app.set_keymap({"outbox.release": "z"})
    async with app.run_test(size=(100, 40)) as pilot:
        await opened.press(pilot, "2", "question_mark")
        shown = opened.text(app)
        assert "z          release this report" in shown
        assert "Ctrl+L" in shown


async def test_a_config_that_cannot_be_used_is_said_in_the_first_line(tmp_path: Path) -> None:
    profile = opened.profile_of(tmp_path)
    profile.config_path.parent.mkdir(parents=True)
    profile.config_path.write_text("{")
    app = opened.living(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert str(profile.config_path) in opened.read(app)
        await opened.press(pilot, "c")
        await opened.answer(pilot, "e")
        assert "correct the file, or delete it" in " ".join(opened.text(app).split())
    assert profile.config_path.read_text() == "{"


async def test_nothing_is_painted_again_when_nothing_changed(tmp_path: Path) -> None:
    enable(opened.profile_of(tmp_path))
    app = opened.living(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause(0.5)
        painted: list[object] = []
        app._display = lambda screen, renderable: painted.append(renderable)  # type: ignore[method-assign]
        await pilot.pause(2.5)
        assert not [each for each in painted if each is not None]


async def test_the_palette_holds_every_action_by_its_name(tmp_path: Path) -> None:
    app = opened.still(tmp_path, overviews.busy())
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "2", "colon", *"delete")
        await opened.until(pilot, lambda: "key d" in opened.text(app))
        await opened.press(pilot, "enter")
        await opened.until(pilot, lambda: "Delete this report?" in opened.text(app))


@pytest.mark.parametrize(
    ("key", "first"),
    [
        ("2", "Release this report"),
        ("3", "Compare others with this"),
        ("4", "Search the fields"),
        ("c", "Enable"),
        ("1", "Session: what is measured"),
    ],
)
async def test_the_palette_begins_with_what_the_screen_in_front_can_do(tmp_path: Path, key: str, first: str) -> None:
    app = opened.still(tmp_path, overviews.busy())
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, key)
        front = app.screen
        listed = [command.name for command in commands(app, front)]
        screens = listed.index("Session: what is measured")
        assert listed[0] == first
        assert screens < listed.index("Export what is kept here") < listed.index("Quit") < listed.index("Colours: dark")
        await opened.press(pilot, "colon")
        await opened.until(pilot, lambda: first in opened.text(app))
        rows = opened.text(app).splitlines()
        assert rows[4].strip() == first  # the palette's own line and rule stand above


async def test_a_button_with_the_focus_has_the_cursor(tmp_path: Path) -> None:
    app = opened.still(tmp_path, overviews.undecided(), asks=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "tab", "tab")
        assert opened.text(app).splitlines()[app.cursor_position.y].startswith("›  t  Enable, held")


async def test_a_person_s_own_keys_are_pressed_shown_and_listed(tmp_path: Path) -> None:
    profile = opened.profile_of(tmp_path)
    enable(profile)
    config = json.loads(profile.config_path.read_text())
    config["metrics"]["keys"] = {"app.validate": "V", "consent.decline": "z", "app.consent": "f2"}
    profile.config_path.write_text(json.dumps(config))
    app = opened.living(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "c", "v")
        assert "reports checked" not in opened.text(app)
        assert "f2 Consent  x Export  V Validate" in opened.text(app)
        await opened.press(pilot, "f2")
        assert "z  Withdraw" in opened.text(app)
        await opened.answer(pilot, "z")
        assert "Metrics are off." in opened.text(app)
        await opened.press(pilot, "question_mark")
        assert "V check what is kept here" in opened.read(app)
    assert json.loads(profile.config_path.read_text())["metrics"]["keys"] == config["metrics"]["keys"]


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"app.fly": "V"}, "there is no action 'app.fly'"),
        ({"app.validate": ""}, "app.validate has no key"),
        ({"consent.enable": "enter"}, "consent.enable needs a letter"),
        ({"question.yes": "space"}, "question.yes needs a letter"),
        ({"app.validate": "k"}, "app.validate and page.up would share k"),
        ({"question.yes": "d"}, "outbox.delete asks and question.yes answers, and both would be d"),
    ],
)
async def test_keys_that_cannot_be_are_said_and_not_used(tmp_path: Path, keys: dict[str, str], said: str) -> None:
    profile = opened.profile_of(tmp_path)
    enable(profile)
    opened.own_keys(tmp_path, keys)
    app = opened.living(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.until(pilot, lambda: said in opened.read(app))
        assert "v Validate" in opened.text(app)


@pytest.mark.parametrize("keys", [7, "V", ["app.validate"], True])
async def test_keys_that_are_no_object_are_said_and_not_used(tmp_path: Path, keys: object) -> None:
    profile = opened.profile_of(tmp_path)
    enable(profile)
    config = json.loads(profile.config_path.read_text())
    config["metrics"]["keys"] = keys
    profile.config_path.write_text(json.dumps(config))
    app = opened.living(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.until(pilot, lambda: "not used: they are not an object" in opened.read(app))
        assert "v Validate" in opened.text(app)


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


async def test_a_session_kept_for_oneself_can_be_opened(tmp_path: Path) -> None:
    app = opened.still(tmp_path, overviews.only_for_me())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "It is never sent" in opened.text(app)
        await opened.press(pilot, "j", "enter")
        shown = opened.text(app)
        assert "Kept for you alone, never sent." in shown
        assert "as a report would say" in shown
        assert "31" in shown
        await opened.press(pilot, "q")
        assert "No measured server is running" in opened.text(app)


async def test_any_two_receipts_can_be_compared(tmp_path: Path) -> None:
    app = opened.still(tmp_path, overviews.busy())
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "3", "G", "m", "g", "enter")
        shown = opened.text(app)
        assert "since 19 Nov" in shown
        assert "are the same." in shown
        assert "~ changed  requests_per_session" in shown


async def test_a_slow_disk_holds_up_neither_the_first_frame_nor_the_question(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered = threading.Event()
    for room in ("preload", "poller"):
        slow = f"shimmy_metrics.app.{room}.overview"
        monkeypatch.setattr(slow, lambda *given: answered.wait(10) and overview(*given))
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
        assert "Released. It is being sent now." in opened.text(app)
        assert "1 report is waiting. This one is being sent now." in opened.text(app)
        with store(opened.profile_of(tmp_path)) as db:
            (report,) = outbox.everything(db)
            outbox.remove(db, report.row_id)
            depart(db, report, by_hand=True)
        await opened.until(pilot, lambda: "The receipt is in History." in opened.text(app))
        assert "1 report taken by metrics.shimmy-ai.dev at " in opened.text(app)


async def test_a_yes_under_a_switch_is_said_to_keep_everything_off(tmp_path: Path) -> None:
    app = opened.living(tmp_path, variables={"DO_NOT_TRACK": "1"})
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "c")
        await opened.answer(pilot, "e")
        assert "DO_NOT_TRACK=1 keeps everything off in this shell. Your answer is recorded" in opened.text(app)


async def test_a_search_marks_what_it_means_most(tmp_path: Path) -> None:
    app = opened.still(tmp_path, overviews.busy())
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "4", "slash", *"mem")
        assert app.screen.mark == "memory_gb"  # type: ignore[attr-defined]
        assert "Why: to know which models fit" in opened.text(app)


async def test_what_fails_unforeseen_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("shimmy_metrics.actions.export.export", failing)
    app = opened.living(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "x")
        await opened.until(pilot, lambda: "ZeroDivisionError" in opened.text(app))
        assert "That failed unexpectedly (ZeroDivisionError)" in opened.text(app)


@pytest.mark.parametrize("size", [(80, 24), (40, 12)])
async def test_of_a_note_it_is_said_what_it_is(tmp_path: Path, size: tuple[int, int]) -> None:
    app = opened.still(tmp_path, overviews.busy())
    async with app.run_test(size=size) as pilot:
        await opened.press(pilot, "3", "j", "j", "enter")
        assert "1 waiting report deleted by you." in " ".join(opened.text(app).split())
        await opened.press(pilot, *["q"] * (len(app.screen_stack) - 1), "m")
        assert "Its bytes are not kept" in opened.text(app)
        assert app.baseline is None


@pytest.mark.parametrize("kind", list(NoteKind))
def test_every_note_has_its_meaning(kind: NoteKind) -> None:
    canvas = Canvas(80, 24, UNICODE, samples.NOW)
    lines = explained(canvas, overviews.busy(), Note(9, samples.NOW, kind, 7))
    assert len("".join(span.text for line in lines for span in line)) > 60


@pytest.mark.parametrize("way", [("w", "q", "f"), ("w", "4"), ("w", "h", "l", "4")])
async def test_fields_opens_at_its_top_where_nobody_marked_a_field(tmp_path: Path, way: tuple[str, ...]) -> None:
    app = opened.still(tmp_path, overviews.undecided(), asks=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, *way)
        assert opened.text(app).splitlines()[4:6] == [
            " How much it is used",
            "›  session_duration_minutes  0" + " " * 21 + "0 to 520,000, two digits",
        ]


async def test_fields_opens_at_the_field_that_was_marked(tmp_path: Path) -> None:
    app = opened.still(tmp_path, overviews.undecided(), asks=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "w", "j", "j", "j", "4")
        assert "›  platform" in opened.text(app)


async def test_going_back_gives_up_a_search_first_and_its_button_says_so(tmp_path: Path) -> None:
    app = opened.still(tmp_path, overviews.busy())
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "4", "slash", *"memory", "enter")
        assert "q Back" in opened.text(app)
        assert "requests_per_session" not in opened.text(app)
        await opened.press(pilot, "q")
        assert app.is_running
        assert "q Quit" in opened.text(app)
        assert "›  memory_gb" in opened.text(app)
        await opened.press(pilot, "slash", *"memory", "enter", "escape")
        assert "q Quit" in opened.text(app)
        await opened.press(pilot, "q")
        assert not app.is_running


async def test_each_key_of_the_page_of_keys_stands_in_its_column(tmp_path: Path) -> None:
    app = opened.still(tmp_path, overviews.busy())
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "2", "question_mark")
        rows = opened.text(app).splitlines()[5:19]
        begins = next(row.index("quit") for row in rows if "Ctrl+C Ctrl+Q" in row)
        assert {row[begins - 1] for row in rows} == {" "}
        assert all(row[begins] != " " for row in rows)
        assert "Session: what is measured" in "\n".join(rows)


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
        if "none needs Ctrl" not in noticed:  # there it stands in full, below the keys
            assert [*rows[:1], *rows[2:]] == [*others[:1], *others[2:]]


def told_rows(app: ShimmyApp) -> dict[str, None]:
    """Return the rows in their order, without the rules and the buttons."""
    return dict.fromkeys(row for row in opened.text(app).splitlines()[:-1] if "──" not in row)


@pytest.mark.parametrize("size", [(40, 12), (60, 20), (80, 24)])
async def test_enter_brings_every_word_of_each_fields_explanation(tmp_path: Path, size: tuple[int, int]) -> None:
    app = opened.still(tmp_path, overviews.busy())
    marked: list[str] = []
    async with app.run_test(size=size) as pilot:
        await opened.press(pilot, "4", "g")
        for _ in FIELDS:
            assert isinstance(app.screen, BaseScreen)
            marked.append(app.screen.mark)
            await opened.press(pilot, "enter")
            on_a_page = len(app.screen_stack) > 1
            seen = told_rows(app)
            while on_a_page:
                before = len(seen)
                await opened.press(pilot, "space")
                seen |= told_rows(app)
                if len(seen) == before:
                    break
                assert " of " in opened.text(app).splitlines()[-2]  # where there is more, the place is told
            await opened.press(pilot, "enter")
            assert len(app.screen_stack) == 1
            field, words = BY_NAME[marked[-1]], " ".join(" ".join(seen).split())
            told = [field.name, field.kind.bounds, field.meaning, f"Why: {field.purpose}."]
            told += [f"Source: {field.source}.", f"Reduced to: {field.coarsening}."]
            told += [f"{field.bits:.1f} identifying bits" if field.bits else "identifies nothing"]
            missing = [each for each in told if " ".join(each.split()) not in words]
            assert not missing, words
            await opened.press(pilot, "j")
    assert sorted(marked) == sorted(BY_NAME)
