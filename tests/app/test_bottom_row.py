"""The buttons at 80 columns: each label says what its key does, or there is none."""

from pathlib import Path

import pytest

from shimmy_metrics.actions.files import FileKind, OwnFile
from shimmy_metrics.app.keys import Button
from shimmy_metrics.app.terminal.glyphs import UNICODE
from shimmy_metrics.app.ui.bottom_row import GAP, buttons_width, fit_buttons
from shimmy_metrics.app.ui.layout import LABELLED, Canvas
from shimmy_metrics.records import Departure, Note
from support import opened, overviews, samples


@pytest.mark.parametrize("width", range(20, 120))
def test_a_label_is_whole_or_short_or_not_there(width: int) -> None:
    own = [
        Button("m", "Compare with this", "", "Compare"),
        Button("d", "Delete receipts", ""),
        Button("i", "Who runs it", ""),
    ]
    common = [Button("?", "Keys", ""), Button("q", "Back", "")]
    left, right = fit_buttons(Canvas(width, 24, UNICODE, samples.NOW), own, common)
    allowed = {
        "m": {"", "Compare with this", "Compare"},
        "d": {"", "Delete receipts"},
        "i": {"", "Who runs it"},
        "?": {"", "Keys"},
        "q": {"Back"},
    }
    shown = [*left, *right]
    assert all(each.label in allowed[each.key] for each in shown)
    assert buttons_width(shown) < width
    gone = [each.key for each in own if each.key not in {each.key for each in left}]
    assert "".join(each.key for each in (*left, *[Button(key, "", "") for key in gone])) == "mdi"
    assert not gone or buttons_width([*(each._replace(label="") for each in own), *right]) >= width - GAP


@pytest.mark.parametrize(
    ("width", "own"),
    [
        (40, " Enter Open  s  z  Z  m  "),
        (60, " Enter Open  s Prove  z Recall  Z  m  d  "),
        (80, " Enter Open  s Prove  z Recall  Z Recall all  m  d  "),
        (120, " Enter Open  s Prove  z Recall  Z Recall all  m Compare to  d Delete receipts  "),
        (200, " Enter Open  s Save as proof  z Recall  Z Recall all  m Compare with this  d Delete receipts  "),
    ],
)
async def test_the_keys_of_history_say_what_they_do(tmp_path: Path, width: int, own: str) -> None:
    app = opened.still(tmp_path, overviews.busy())
    async with app.run_test(size=(width, 24)) as pilot:
        await opened.press(pilot, "3")
        row = opened.text(app).splitlines()[-1]
        assert row.startswith(own)
        assert "  ? Keys  q Quit" in row or (width < LABELLED and row.endswith("  ?  q"))
        assert ("x Export" in row) is (width >= 120)


async def test_a_note_above_what_was_sent_hides_no_recall(tmp_path: Path) -> None:
    shown = overviews.busy()
    note, sent = (next(each for each in shown.entries if isinstance(each, kind)) for kind in (Note, Departure))
    app = opened.still(tmp_path, shown._replace(entries=(note, sent)))
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "3")
        assert "Enter More  s Prove  Z Recall all  d Delete receipts  " in opened.text(app).splitlines()[-1]


async def test_the_keys_of_the_consent_page_say_what_they_do(tmp_path: Path) -> None:
    shown = overviews.busy()
    other = shown.consent._replace(endpoint="https://me.example/v1/usage")
    log = OwnFile(str(tmp_path / "metrics.log"), FileKind.LOG, 1)
    app = opened.still(tmp_path, shown._replace(consent=other, files=(log,)))
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "c")
        row = opened.text(app).splitlines()[-1]
        assert " w Report  f Fields  i Who runs it  d Delete all" in row


@pytest.mark.parametrize("keys", [("2",), ("3", "enter")])
@pytest.mark.parametrize(("width", "label"), [(80, "y Save "), (120, "y Save and copy")])
async def test_the_key_that_saves_a_file_says_so(tmp_path: Path, keys: tuple[str, ...], width: int, label: str) -> None:
    app = opened.still(tmp_path, overviews.busy())
    async with app.run_test(size=(width, 24)) as pilot:
        await opened.press(pilot, *keys)
        assert label in opened.text(app).splitlines()[-1]
