"""Every question keeps its yes and its no in view, whole, at any size; no answer looks weightier than another."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.style import Style
from textual.geometry import Region

from shimmy_metrics.app.app import ShimmyApp
from shimmy_metrics.app.ui.dialog import Dialog
from shimmy_metrics.app.ui.key_button import KeyButton
from shimmy_metrics.app.ui.question import Question
from shimmy_metrics.wording.consent_question import DECLINE, ENABLE, ENABLE_HELD, LATER, ONLY_FOR_ME
from support import opened, overviews

QUESTIONS = ("x", "2 r", "2 d", "3 d", "c tab enter")


def answers(app: ShimmyApp) -> list[KeyButton]:
    return [each for each in app.screen.query(KeyButton) if each.display]


def are_whole(app: ShimmyApp) -> bool:
    screen = Region(0, 0, app.size.width, app.size.height)
    bottom = opened.text(app).splitlines()[-1]
    named = answers(app)[0].button.label.startswith("Yes") and answers(app)[-1].button.label.startswith("No")
    whole = all(
        screen.contains_region(each.region) and f"{each.button.key} {each.button.label}".strip() in bottom
        for each in answers(app)
    )
    return named and whole and not any(each.can_focus for each in answers(app))


@pytest.mark.parametrize("size", [(80, 24), (60, 20), (40, 12), (20, 8)], ids=str)
@pytest.mark.parametrize("keys", QUESTIONS)
async def test_yes_and_no_are_whole_and_a_click_on_no_closes_the_question(
    tmp_path: Path, keys: str, size: tuple[int, int]
) -> None:
    app = opened.still(tmp_path, overviews.busy())
    async with app.run_test(size=size) as pilot:
        await opened.press(pilot, *keys.split())
        await opened.settled(pilot)
        assert are_whole(app), opened.text(app)
        asked = app.screen
        await pilot.click(offset=answers(app)[-1].region.offset)
        await opened.settled(pilot)
        assert app.screen is not asked


@pytest.mark.parametrize("size", [(80, 24), (40, 12)], ids=str)
@pytest.mark.parametrize("terminal", [{}, {"TERM": "xterm", "COLORTERM": ""}, {"NO_COLOR": "1"}], ids=str)
async def test_the_five_answers_weigh_the_same(tmp_path: Path, terminal: dict[str, str], size: tuple[int, int]) -> None:
    app = opened.still(tmp_path, overviews.undecided(), terminal, asks=True)
    async with app.run_test(size=size) as pilot:
        await opened.settled(pilot)
        five = [each for each in app.screen.query_one("#answers").query(KeyButton) if each.display]
        assert [each.button.key for each in five] == ["e", "t", "o", "n", "a"]
        first, *others = ({*pieces(each)} for each in five)
        assert all(each == first for each in others)
        _, *name_and_consequence = (style for *_, style in sorted(first, key=str))
        assert len({*name_and_consequence}) == 1  # a consequence weighs as much as its name
        assert len({each.region.width for each in five}) == 1
        assert app.focused is None


@pytest.mark.parametrize("size", [(80, 24), (60, 20), (40, 12)], ids=str)
@pytest.mark.parametrize("said", ["v", "", "long"])
async def test_whatever_is_said_beside_them_every_answer_and_the_way_out_stay_in_view(
    tmp_path: Path, size: tuple[int, int], said: str
) -> None:
    app = opened.still(tmp_path, overviews.undecided(), asks=True)
    async with app.run_test(size=size) as pilot:
        await opened.settled(pilot)
        if said == "v":
            await opened.press(pilot, "v")
            await opened.until(pilot, lambda: "Checked everything" in opened.read(app))
        elif said:
            await app.report("A sentence that takes many rows. " * 40)
            await opened.settled(pilot)
        shown = opened.text(app)
        for answer in (ENABLE, ENABLE_HELD, ONLY_FOR_ME, DECLINE, LATER):
            assert re.search(rf"^ +[a-z]  ?{answer.label}\b", shown, re.MULTILINE), shown
        assert re.search(r"\bq\b", shown.splitlines()[-1])
        if size[0] >= 60:
            assert DECLINE.consequence in " ".join(shown.split())
        else:
            assert DECLINE.brief in shown


@pytest.mark.parametrize("mode", ["consent", "session", "outgoing"])
async def test_a_notice_longer_than_its_room_is_read_to_its_end_by_space(tmp_path: Path, mode: str) -> None:
    app = opened.still(tmp_path, overviews.busy())
    async with app.run_test(size=(40, 12)) as pilot:
        app.action_go(mode)
        await opened.settled(pilot)
        await app.report(" ".join(f"word{number}" for number in range(200)))
        seen = set()
        for _ in range(60):
            await opened.settled(pilot)
            shown = opened.text(app)
            assert re.search(r"\bq\b", shown.splitlines()[-1]), shown
            seen |= {*re.findall(r"word\d+", shown)}
            if "space: more" not in shown or "word199" in shown:
                break
            await opened.press(pilot, "space")
        assert len(seen) == 200


def pieces(button: KeyButton) -> Iterator[tuple[bool, int, Style | None]]:
    """Yield where each piece of an answer begins, whether on its first row, and how it looks."""
    for row in range(button.size.height):
        column = 0
        for text, style, _ in button.render_line(row):
            if text.strip():
                yield row == 0, column + len(text) - len(text.lstrip()), style
            column += len(text)


async def test_they_stay_whole_while_the_terminal_changes_its_size(tmp_path: Path) -> None:
    app = opened.still(tmp_path, overviews.busy())
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "x")
        for width in (20, 40, 60, 80, 30, 100):
            await pilot.resize_terminal(width, 20)
            await opened.settled(pilot)
            assert are_whole(app), opened.text(app)
        assert "p Other path" in opened.text(app)


@pytest.mark.parametrize("size", [(80, 24), (40, 12)], ids=str)
async def test_the_first_question_names_the_host_to_which_reports_go(tmp_path: Path, size: tuple[int, int]) -> None:
    app = opened.still(tmp_path, overviews.undecided(), asks=True)
    async with app.run_test(size=size) as pilot:
        await opened.settled(pilot)
        assert "to metrics.shimmy-ai.dev, for" in opened.text(app)


async def test_a_question_that_has_no_room_in_its_rule_shows_that_it_is_cut(tmp_path: Path) -> None:
    app = opened.still(tmp_path, overviews.busy())
    async with app.run_test(size=(40, 20)) as pilot:
        await app.push_screen(Dialog(app, Question("May this be done, and that as well, today?", "All.", "Yes", "No")))
        await opened.settled(pilot)
        assert re.search(r"^── May this be done, and that as well.*…$", opened.text(app), re.MULTILINE)
