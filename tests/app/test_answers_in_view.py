"""Every question keeps its yes and its no in view, whole, at any size; no answer looks weightier than another."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.style import Style
from textual.geometry import Region

from shimmy_metrics.app.app import ShimmyApp
from shimmy_metrics.app.ui.buttons import KeyButton
from support import opened, overviews

QUESTIONS = ("x", "2 y", "2 r", "2 d", "3 d", "c tab enter")


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
async def test_the_four_answers_weigh_the_same(tmp_path: Path, terminal: dict[str, str], size: tuple[int, int]) -> None:
    app = opened.still(tmp_path, overviews.undecided(), terminal, asks=True)
    async with app.run_test(size=size) as pilot:
        await opened.settled(pilot)
        four = [each for each in app.screen.query_one("#body").query(KeyButton) if each.display]
        assert [each.button.key for each in four] == ["e", "o", "n", "a"]
        first, *others = ({*pieces(each)} for each in four)
        assert len(first) == 3  # letter, name, consequence
        assert all(each == first for each in others)
        assert len({each.region.width for each in four}) == 1
        assert app.focused is None


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
