"""The driver that writes differences shows, cell for cell, what Textual's own would, in a fraction of the bytes."""

from pathlib import Path

import pytest

from shimmy_metrics.app.difference.grid import Grid
from shimmy_metrics.app.difference.style import Attributes, parsed, transition
from support import opened, overviews
from support.recorded import Glass, frames

__all__ = ["frames"]

LISTS = "j j k l l w j w h s d n r n 2 ] ] 1 3 j enter l l h q m"
SEARCH = "4 j j enter G g / m o d enter / escape"
PAGES = "x n v ? q c tab tab enter n 2 R"
KEYS = f"{LISTS} {SEARCH} {PAGES}".split()
NAMES = {"]": "right_square_bracket", "/": "slash", "?": "question_mark"}


def grid(width: int = 20, height: int = 4, *, bce: bool = True) -> Grid:
    made = Grid(erases_in_colour=bce)
    made.resize(width, height)
    made.translate("\x1b[?1049h")
    return made


def test_what_stands_there_is_not_written_again() -> None:
    made = grid()
    first = made.translate("\x1b[1;1Hhello\x1b[2;1Hworld\x1b[1;1H")
    assert "hello" in first
    assert made.translate("\x1b[1;1Hhello\x1b[2;1Hworld\x1b[1;1H") == ""
    assert made.translate("\x1b[1;1Hhallo\x1b[1;1H") == "\x1b[1;2Ha\x1b[1;1H"


def test_a_row_that_becomes_blank_is_erased() -> None:
    made = grid()
    made.translate("\x1b[1;1Hhello, all of you\x1b[1;1H")
    assert made.translate(f"\x1b[1;1H{' ' * 20}\x1b[1;1H") == "\x1b[1H\x1b[K\x1b[1;1H"


def test_a_coloured_blank_is_erased_only_where_the_terminal_colours_it() -> None:
    row = f"\x1b[1;1H\x1b[44m{' ' * 20}\x1b[0m\x1b[1;1H"
    assert "\x1b[K" in grid(bce=True).translate(row)
    assert "\x1b[K" not in grid(bce=False).translate(row)


def test_what_it_does_not_know_makes_it_forget() -> None:
    made = grid()
    made.translate("\x1b[1;1Hhello\x1b[1;1H")
    assert made.translate("\x1b[3S") == "\x1b[3S"
    assert "hello" in made.translate("\x1b[1;1Hhello\x1b[1;1H")


def test_what_touches_no_cell_is_passed_on() -> None:
    made = grid()
    made.translate("\x1b[1;1Hhello\x1b[1;1H")
    for passed in ("\x1b[?25h", "\x1b[?2026h", "\x1b]52;c;aGVsbG8=\x07", "\x1b[>25u", "\x1b[?2026$p"):
        assert made.translate(passed) == passed
    assert made.translate("\x1b[1;1Hhello\x1b[1;1H") == ""


def test_a_resize_writes_everything() -> None:
    made = grid()
    made.translate("\x1b[1;1Hhello\x1b[1;1H")
    made.resize(21, 4)
    assert "hello" in made.translate("\x1b[1;1Hhello\x1b[1;1H")


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("", "1", "\x1b[1m"),
        ("1", "", "\x1b[m"),
        ("1;31", "31", "\x1b[22m"),
        ("31", "32", "\x1b[32m"),
        ("38;2;1;2;3;48;2;4;5;6", "38;2;1;2;9;48;2;4;5;6", "\x1b[38;2;1;2;9m"),
        ("1;2", "1", "\x1b[;1m"),
        ("7", "7", ""),
    ],
)
def test_the_shortest_way_between_attributes(before: str, after: str, expected: str) -> None:
    assert transition(parsed(before), parsed(after)) == expected


def test_attributes_are_read_as_terminals_read_them() -> None:
    assert parsed("1;38;5;200;48;2;0;10;0") == Attributes(weight="1", foreground="38;5;200", background="48;2;0;10;0")
    assert parsed("31;0;4") == Attributes(underline="4")
    assert parsed("1;22;97;104;27") == Attributes(foreground="97", background="104")


@pytest.mark.parametrize("variables", [{}, {"TERM": "xterm", "COLORTERM": ""}], ids=["true colour", "16 colours"])
@pytest.mark.parametrize("bce", [True, False])
async def test_over_the_whole_app_the_terminal_shows_the_same(
    tmp_path: Path, frames: list[str], variables: dict[str, str], bce: bool
) -> None:
    width, height = 80, 24
    plain, lean = Glass(width, height), Glass(width, height)
    made = grid(width, height, bce=bce)
    app = opened.still(tmp_path, overviews.busy(), variables)
    written = saved = 0

    def compare(key: str) -> None:
        nonlocal written, saved
        for frame in frames:
            short = made.translate(frame)
            plain.feed(frame)
            lean.feed(short)
            written += len(frame)
            saved += len(short)
        frames.clear()
        assert lean.cells() == plain.cells(), key
        assert lean.cursor == plain.cursor, key

    async with app.run_test(size=(width, height)) as pilot:
        await pilot.pause()
        compare("first")
        for key in KEYS:
            await opened.press(pilot, NAMES.get(key, key))
            compare(key)
        for width, height in ((60, 20), (100, 30), (80, 24)):
            await pilot.resize_terminal(width, height)
            await pilot.pause()
            for glass in (plain, lean):
                glass.resize(width, height)
            made.resize(width, height)
            app.refresh(layout=True)
            await pilot.pause()
            compare(f"{width}x{height}")
    assert saved < written / 3
