"""Rows that only moved are moved by the terminal: it shows what it would have shown, in fewer bytes."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from shimmy_metrics.app.diff_driver.cell import BLANK, Row
from shimmy_metrics.app.diff_driver.driver import screen_buffer_for
from shimmy_metrics.app.diff_driver.screen_buffer import ScreenBuffer
from shimmy_metrics.app.diff_driver.scroll import Shift, find_shift
from shimmy_metrics.app.diff_driver.sgr import PLAIN
from support import opened, overviews
from support.terminal_emulator import Compared, Glass, frames, pressed, resized

__all__ = ["frames"]

NAMES = ("xterm-256color", "xterm", "screen-256color", "tmux-256color", "linux", "vt100", "ansi", "dumb")
OTHERS = ("screen", "tmux", "vt102", "vt220", "rxvt", "rxvt-unicode", "vt52", "cygwin")

KEYS = "2 l l j j j j j j j G k g space b 4 j j j j G k g space".split()  # noqa: SIM905 - typed, as on a keyboard

LINES = [
    "alpha, of all first",
    "beta comes to us",
    "how gamma is",
    "this: delta",
    "and epsilon too",
    "zeta",
    "of eta nobody speaks",
]
SCROLLS = re.compile(r"\x1b\[(\d+);(\d+)r\x1b\[(\d+)H(\n+|(?:\x1bM)+)\x1b\[r")


def frame(rows: list[str], cursor: str = "\x1b[1;1H") -> str:
    """Return rows as Textual writes them, each whole."""
    return "".join(f"\x1b[{number};1H{row:20.20}" for number, row in enumerate(rows, 1)) + cursor


def rows(*texts: str) -> list[Row]:
    return [[(each, PLAIN) for each in text] for text in texts]


def showing(lines: list[str]) -> tuple[ScreenBuffer, Glass]:
    """Return a buffer and a terminal of 20 x 8 that show a title, these lines and a drawer."""
    buffer, glass = ScreenBuffer(erases_in_colour=True, scrolls=True), Glass(20, 8)
    buffer.resize(20, 8)
    glass.feed(buffer.translate("\x1b[?1049h" + content(lines)))
    return buffer, glass


def content(lines: list[str]) -> str:
    return frame(["The title", *lines, "in the drawer", "keys"], "\x1b[3;2H")


# --- what is found --------------------------------------------------------------------------------------------------


def test_rows_that_moved_up_or_down_are_found() -> None:
    shown = rows("title", "alpha", "beta ", "gamma", "delta", "below")
    up = dict(enumerate(rows("title", "beta ", "gamma", "delta", "fresh", "below")))
    down = dict(enumerate(rows("title", "fresh", "alpha", "beta ", "gamma", "below")))
    two = dict(enumerate(rows("title", "gamma", "delta", "fresh", "other", "below")))
    assert find_shift(shown, up) == Shift(1, 4, 1)
    assert find_shift(shown, down) == Shift(1, 4, -1)
    assert find_shift(shown, two) == Shift(1, 4, 2)


def test_the_first_row_never_moves() -> None:
    shown = rows("alpha", "beta ", "gamma", "delta")
    assert find_shift(shown, dict(enumerate(rows("beta ", "gamma", "delta", "fresh")))) == Shift(1, 3, 1)


def test_a_row_that_is_not_known_never_moves() -> None:
    shown = rows("title", "alpha", "beta ", "gamma", "delta", "later", "below")
    shown[3][2] = None
    wanted = dict(enumerate(rows("title", "beta ", "gamma", "delta", "later", "below", "fresh")))
    assert find_shift(shown, wanted) == Shift(4, 6, 1)


@pytest.mark.parametrize(
    "wanted",
    [
        ("title", "alpha", "beta ", "gamma", "delta"),
        ("other", "words", "stand", "here.", "now.."),
        ("     ", "     ", "     ", "     ", "     "),
    ],
    ids=["the same", "all new", "blank"],
)
def test_nothing_is_found_where_moving_does_not_help(wanted: tuple[str, ...]) -> None:
    shown = rows("title", "alpha", "beta ", "gamma", "delta")
    shift = find_shift(shown, dict(enumerate(rows(*wanted))))
    assert shift is None


def test_nothing_is_found_in_what_is_blank_or_not_known() -> None:
    blank: Row = [BLANK] * 5
    unknown: Row = [None] * 5
    wanted = dict(enumerate(rows("title", "alpha", "beta ")))
    assert find_shift([blank] * 3, wanted) is None
    assert find_shift([unknown] * 3, wanted) is None


@given(st.integers(1, 6), st.integers(1, 6), st.integers(-6, 6))
def test_a_terminal_moves_rows_as_the_buffer_expects(top: int, more: int, count: int) -> None:
    bottom = min(top + more, 7)
    assume(0 < abs(count) <= bottom - top)
    shown = [f"{number} row" for number in range(8)]
    shift = Shift(top, bottom, count)
    glass = Glass(5, 8)
    glass.feed("".join(f"\x1b[{number};1H{row}" for number, row in enumerate(shown, 1)) + shift.sequence)
    assert glass.text() == ["".join(cell[0] for cell in row if cell).rstrip() for row in shift.apply(rows(*shown))]
    # The region is gone: a line feed at the screen's bottom moves all.
    glass.feed("\x1b[8;1H\n")
    assert glass.text()[-1] == ""


# --- what is written ------------------------------------------------------------------------------------------------


def test_a_list_that_scrolls_is_moved_and_its_new_row_written() -> None:
    buffer, glass = showing(LINES[:5])
    written = buffer.translate(content(LINES[1:6]))
    assert written == "\x1b[2;6r\x1b[6H\n\x1b[r\x1b[6Hzeta\x1b[3;2H"
    glass.feed(written)
    assert glass.text() == ["The title", *LINES[1:6], "in the drawer", "keys"]
    assert glass.cursor == (2, 1, False)


@pytest.mark.parametrize("count", [-5, -4, -2, -1, 1, 2, 3])
def test_the_cursor_and_what_stands_below_stay(count: int) -> None:
    lines = [chr(ord("a") + number) * 18 for number in range(20)]
    buffer, glass = showing(lines[8:13])
    written = buffer.translate(content(lines[8 + count : 13 + count]))
    assert bool(SCROLLS.match(written)) == (abs(count) < 5)
    glass.feed(written)
    assert glass.text() == ["The title", *lines[8 + count : 13 + count], "in the drawer", "keys"]
    assert glass.cursor == (2, 1, False)


def test_the_mark_moves_against_the_rows() -> None:
    def marked(first: int, at: int) -> str:
        return content([f"{'>' if row == at else ' '} {LINES[row]:18.18}" for row in range(first, first + 5)])

    buffer, glass = showing([])
    glass.feed(buffer.translate(marked(0, 4)))
    written = buffer.translate(marked(1, 5))
    assert SCROLLS.search(written)
    glass.feed(written)
    assert glass.text()[3:7] == ["  this: delta", "  and epsilon too", "> zeta", "in the drawer"]


def test_rows_come_in_without_colour() -> None:
    """The terminal would give them the background in force."""
    both = Compared(Glass, 20, 8)
    for first in (0, 1, 2, 1, 0):
        both.show(f"\x1b[44m{content(LINES[first : first + 5])}")
        both.assert_same(first)
    assert both.scrolled


def test_what_scrolls_stands_within_the_marks_of_the_update() -> None:
    buffer, _ = showing(LINES[:5])
    written = buffer.translate(f"\x1b[?2026h{content(LINES[1:6])}\x1b[?2026l")
    assert re.fullmatch(r"\x1b\[\?2026h\x1b\[2;6r\x1b\[6H\n\x1b\[r.*\x1b\[\?2026l", written, re.DOTALL)


def test_a_terminal_that_cannot_is_not_asked_to() -> None:
    buffer = ScreenBuffer(erases_in_colour=True)
    buffer.resize(20, 8)
    buffer.translate("\x1b[?1049h" + content(LINES[:5]))
    written = buffer.translate(content(LINES[1:6]))
    assert not SCROLLS.search(written)
    assert len(written) > 50


@pytest.mark.parametrize("unknown", ["\x1b[2;5r", "\x1b[?6h", "\x1b[?69h", "\x9b2;5r", "\x1bPq#0~~\x1b\\"])
def test_after_what_it_does_not_know_nothing_is_moved_until_a_screen_begins(unknown: str) -> None:
    """There may be margins, or a picture among the rows."""
    buffer, _ = showing(LINES[:5])
    buffer.translate(unknown)
    buffer.translate(content(LINES[:5]))
    assert not SCROLLS.search(buffer.translate(content(LINES[1:6])))
    buffer.translate(f"\x1b[?1049h{content(LINES[1:6])}")
    assert SCROLLS.search(buffer.translate(content(LINES[2:7])))


def test_after_a_resize_nothing_is_moved_that_is_not_known() -> None:
    buffer, _ = showing(LINES[:5])
    buffer.resize(20, 9)
    assert not SCROLLS.search(buffer.translate(content(LINES[1:6])))
    assert SCROLLS.search(buffer.translate(content(LINES[2:7])))


@pytest.mark.skipif(shutil.which("infocmp") is None, reason="infocmp is not installed")
@pytest.mark.parametrize("name", [*NAMES, *OTHERS])
def test_those_terminals_scroll_whose_terminfo_says_so(name: str) -> None:
    told = subprocess.run(["infocmp", "-1", name], stdout=subprocess.PIPE, text=True, check=False)
    if told.returncode:
        pytest.skip("terminfo does not know it here")
    can = all(each in told.stdout for each in ("\tcsr=\\E[%i%p1%d;%p2%dr,", "\tind=", "\tri=\\EM"))
    buffer = screen_buffer_for(name)
    buffer.resize(20, 8)
    buffer.translate("\x1b[?1049h" + content(LINES[:5]))
    assert bool(SCROLLS.search(buffer.translate(content(LINES[1:6])))) == can


# --- what is seen ---------------------------------------------------------------------------------------------------

WIDTH, HEIGHT = 24, 8
PENS = st.sampled_from(["", "1", "7", "31", "44", "4;32", "38;2;1;2;3;48;2;4;5;6"])
KNOWN = st.builds(
    lambda pen, text: f"\x1b[0;{pen}m{text:24.24}\x1b[0m",
    PENS,
    st.one_of(st.text("abcdefgh ", min_size=12, max_size=24), st.sampled_from([*LINES, "", "-" * 24])),
)
ROWS = st.one_of(
    KNOWN,
    KNOWN,
    KNOWN,
    st.sampled_from(["日本", "e\u0301 and more", "\x1b]8;;https://example.org/\x1b\\linked\x1b]8;;\x1b\\"]),
)
BANDS = st.lists(KNOWN, min_size=HEIGHT, max_size=HEIGHT) | st.lists(ROWS, min_size=HEIGHT, max_size=HEIGHT)
STEPS = st.lists(
    st.tuples(
        st.integers(0, HEIGHT - 1),
        st.integers(0, HEIGHT - 1),
        st.one_of(st.integers(-2, 2), st.integers(-HEIGHT, HEIGHT)),
        st.lists(st.tuples(st.integers(1, HEIGHT), st.integers(1, WIDTH)), max_size=3),
        st.sampled_from(
            ["\x1b[1;1H", "\x1b[5;24H", "\x1b[8;3H", "", "\x1b[3;1Hab", "\x1b[8;1H\n", "\x1b[41m\x1b[2J\x1b[m"]
        ),
    ),
    min_size=1,
    max_size=5,
)


def written(before: list[str], after: list[str], dots: list[tuple[int, int]], end: str) -> str:
    """Return a frame of the rows that changed, with some cells written over, that ends with the cursor somewhere."""
    changed = [f"\x1b[{row};1H{new}" for row, (old, new) in enumerate(zip(before, after, strict=True), 1) if old != new]
    return "".join([*changed, *(f"\x1b[{row};{column}H." for row, column in dots), end])


@given(BANDS, BANDS, STEPS)
def test_any_rows_that_move_in_any_frame_show_the_same_and_are_never_dearer(
    first: list[str], come_in: list[str], steps: list[tuple[int, int, int, list[tuple[int, int]], str]]
) -> None:
    both = Compared(Glass, WIDTH, HEIGHT)
    unmoved = ScreenBuffer(erases_in_colour=True)
    unmoved.resize(WIDTH, HEIGHT)
    moved = ScreenBuffer(erases_in_colour=True, scrolls=True)
    moved.resize(WIDTH, HEIGHT)
    stands = first
    opening = "\x1b[?1049h" + written([""] * HEIGHT, first, [], "\x1b[1;1H")
    for number, (one, other, count, dots, end) in enumerate([(0, 0, 0, [], ""), *steps]):
        top, bottom = sorted((one, other))
        band = stands[top : bottom + 1]
        fresh = come_in[: min(abs(count), len(band))]
        band = [*band[len(fresh) :], *fresh] if count > 0 else [*fresh, *band[: len(band) - len(fresh)]]
        after = [*stands[:top], *band, *stands[bottom + 1 :]]
        shown = written(stands, after, dots, end) if number else opening
        stands = after
        both.show(shown)
        both.assert_same(number)
        assert len(moved.translate(shown).encode()) <= len(unmoved.translate(shown).encode())


@pytest.mark.thorough
@pytest.mark.parametrize("name", NAMES)
async def test_lists_that_scroll_show_the_same_in_every_terminal(tmp_path: Path, frames: list[str], name: str) -> None:
    both = Compared(Glass, 80, 24, (True,), lambda _: screen_buffer_for(name))
    app = opened.still(tmp_path, overviews.busy(), {"TERM": name, "COLORTERM": ""})
    async with app.run_test(size=(80, 24)) as pilot:
        await pressed(pilot, both, frames, KEYS)
        for width, height in ((60, 20), (80, 24)):
            await resized(pilot, both, frames, width, height)
            for key in ("k", "G", "b", "j"):
                await opened.press(pilot, key)
                both.follow(frames, f"{key} at {width}x{height}")
    assert bool(both.scrolled) == (name not in {"ansi", "dumb"})
