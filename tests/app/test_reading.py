"""Going through what is shown: marks, search, receipts, notes and each field's explanation."""

from pathlib import Path

import pytest

from shimmy_metrics.actions.decide import enable
from shimmy_metrics.app.app import ShimmyApp
from shimmy_metrics.app.screens.history.view import explained
from shimmy_metrics.app.terminal.glyphs import UNICODE
from shimmy_metrics.app.ui.layout import Canvas
from shimmy_metrics.app.ui.screen import BaseScreen
from shimmy_metrics.records import Note, NoteKind
from shimmy_metrics.report.fields import BY_NAME, FIELDS
from shimmy_metrics.report.kinds import closed_list
from shimmy_metrics.wording.numbers import identifying
from support import opened, overviews, samples


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
    async with app.run_test(size=(80, 32)) as pilot:
        await opened.press(pilot, "4", "slash", *"model")
        shown = opened.text(app)
        assert "models_used_count" in shown
        assert "model names" in shown
        assert "gpu_detected" not in shown
        await opened.press(pilot, *"xyz")
        assert "No field's name, meaning, source or purpose has 'modelxyz'" in opened.text(app)
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


async def test_a_receipt_opens_at_its_top_whatever_field_was_marked(tmp_path: Path) -> None:
    app = opened.still(tmp_path, overviews.busy())
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "4", "G", *["k"] * 14, "3", "enter")
        assert '{"session_id"' in opened.text(app)
        await opened.press(pilot, "j", "4")
        assert "›  timestamp" in opened.text(app)


async def test_a_base_that_is_chosen_is_what_reports_are_compared_with(tmp_path: Path) -> None:
    app = opened.still(tmp_path, overviews.busy())
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "3", "G", "m", "2")
        assert "Compared with the report of 19 Nov, " in opened.text(app)


async def test_nothing_is_painted_again_when_nothing_changed(tmp_path: Path) -> None:
    enable(opened.profile_of(tmp_path))
    app = opened.living(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause(0.5)
        painted: list[object] = []
        app._display = lambda screen, renderable: painted.append(renderable)  # type: ignore[method-assign]  # what is drawn is watched
        await pilot.pause(2.5)
        assert not [each for each in painted if each is not None]


async def test_a_session_kept_for_oneself_can_be_opened(tmp_path: Path) -> None:
    app = opened.still(tmp_path, overviews.only_for_me())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "It was never sent." in opened.text(app)
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
        assert "Compared with the report of 19 Nov, " in shown
        assert "are the same, 2 are not compared." in shown
        assert "~ changed  requests_per_session" in shown


async def test_a_search_marks_what_it_means_most(tmp_path: Path) -> None:
    app = opened.still(tmp_path, overviews.busy())
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "4", "slash", *"mem")
        assert app.screen.mark == "memory_gb"  # type: ignore[attr-defined]  # the screen of Fields has one
        assert "Why: to know which models fit" in opened.text(app)


@pytest.mark.parametrize("size", [(80, 24), (40, 12)])
async def test_of_a_note_it_is_said_what_it_is(tmp_path: Path, size: tuple[int, int]) -> None:
    app = opened.still(tmp_path, overviews.busy())
    async with app.run_test(size=size) as pilot:
        await opened.press(pilot, "3", "j", "j", "enter")
        assert "1 waiting report deleted by you." in " ".join(opened.text(app).split())
        await opened.press(pilot, *["q"] * (len(app.screen_stack) - 1), "m")
        assert "No receipt of it is kept" in opened.text(app)
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
            told += [identifying(field.bits)]
            told += [f"Its words: {', '.join(closed_list(field.kind))}."] if closed_list(field.kind) else []
            missing = [each for each in told if " ".join(each.split()) not in words]
            assert not missing, words
            await opened.press(pilot, "j")
    assert sorted(marked) == sorted(BY_NAME)
