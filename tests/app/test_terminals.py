"""Sizes from a whole wall to one cell, few colours, no colours, no UTF-8: nothing crashes, and it says something."""

import re
from pathlib import Path

import pytest

from shimmy_metrics.app.app import ShimmyApp
from shimmy_metrics.app.ui.dialog import Dialog
from shimmy_metrics.app.ui.lines import Lines
from shimmy_metrics.app.ui.screen import BaseScreen
from shimmy_metrics.app.ui.text import length
from support import opened, overviews

READABLE = 30
"""Columns from which on no line is wider than the screen."""

SIZES = ((120, 40), (60, 20), (40, 12), (30, 10), (20, 6), (8, 3), (1, 1))
WALK = (
    "2",
    "l",
    "l",
    "w",
    "d",
    "n",
    "3",
    "enter",
    "q",
    "4",
    "G",
    "enter",
    "question_mark",
    "q",
    "c",
    "tab",
    "enter",
    "n",
)


@pytest.mark.thorough
@pytest.mark.parametrize(("width", "height"), SIZES)
async def test_every_screen_stands_at_every_size(tmp_path: Path, width: int, height: int) -> None:
    app = opened.still(tmp_path, overviews.busy())
    async with app.run_test(size=(width, height)) as pilot:
        for key in ("1", *WALK):
            await opened.press(pilot, key)
            shown = opened.text(app)
            # One cell holds the consent's sign, but no word of a question.
            assert bool(shown.strip()) is not (isinstance(app.screen, Dialog) and width == 1), key
            if width >= READABLE:
                assert not cropped(app), key


@pytest.mark.parametrize(
    ("key", "name", "told"), [("4", "server memory use", "never sent"), ("1", "tokens a second", "not sent")]
)
@pytest.mark.parametrize("width", [24, 30, 40])
async def test_what_is_told_of_a_name_stands_below_it_where_there_is_no_room_beside(
    tmp_path: Path, key: str, name: str, told: str, width: int
) -> None:
    app = opened.still(tmp_path, overviews.busy())
    async with app.run_test(size=(width, 8)) as pilot:
        await opened.press(pilot, key)
        assert isinstance(app.screen, BaseScreen)
        await opened.settled(pilot)  # the page is laid out, and marks nothing anew
        app.field, app.screen.mark = "", name  # as whoever moves the mark does
        await opened.settled(pilot)
        await opened.press(pilot, "enter")
        assert not cropped(app)
        assert told in opened.text(app)


def cropped(app: ShimmyApp) -> list[str]:
    """Return every line that has more cells than the terminal, as the pages made it: its end is shown nowhere."""
    return [
        "".join(span.text for span in line)
        for screen in app.screen_stack
        for each in screen.query(Lines)
        for line in each.lines
        if each.display and length(line) > app.size.width
    ]


async def test_a_small_terminal_says_what_matters_most(tmp_path: Path) -> None:
    app = opened.still(tmp_path, overviews.busy())
    async with app.run_test(size=(20, 6)) as pilot:
        await opened.press(pilot, "1")
        assert opened.text(app).startswith(" Its report will be\n")
        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        assert "requests a minute" in opened.text(app)


async def test_without_utf8_everything_is_ascii(tmp_path: Path) -> None:
    app = opened.still(tmp_path, overviews.busy(), {"LANG": "C"})
    async with app.run_test(size=(80, 24)) as pilot:
        for key in ("1", *WALK):
            await opened.press(pilot, key)
            assert opened.text(app).isascii(), key


@pytest.mark.parametrize(
    ("variables", "hues"), [({"TERM": "xterm", "COLORTERM": ""}, {2, 5}), ({"NO_COLOR": "1"}, set())]
)
async def test_few_or_no_colours_leave_the_terminals_own(
    tmp_path: Path, variables: dict[str, str], hues: set[int]
) -> None:
    app = opened.still(tmp_path, overviews.busy(), variables)
    async with app.run_test(size=(80, 24)) as pilot:
        met: set[int] = set()
        for key in ("1", *WALK):
            await opened.press(pilot, key)
            for style in opened.styles(app):
                assert style.bgcolor is None
                assert not style.dim
                if style.color is not None:
                    assert style.color.number is not None
                    met.add(style.color.number)
        assert met == hues


async def test_a_name_with_control_characters_reaches_no_terminal(tmp_path: Path) -> None:
    shown = overviews.undecided()
    odd = {**shown.example.measured, "region_indicator": "\x1b]0;owned\x07\x9b31m"}
    shown = shown._replace(example=shown.example._replace(measured=odd))
    app = opened.still(tmp_path, shown, asks=True)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", opened.text(app))
