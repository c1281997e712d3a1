"""The driver that writes differences shows, cell for cell, what Textual's own would, in a fraction of the bytes."""

import random
from pathlib import Path
from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shimmy_metrics.app.diff_driver.screen_buffer import ScreenBuffer
from shimmy_metrics.app.diff_driver.sgr import PLAIN, Attributes, apply_sgr, transition
from shimmy_metrics.app.diff_driver.tokens import TokenKind, tokenize
from support import opened, overviews
from support.other_apps import DEMO, Mixed, demo, stop_clocks
from support.terminal_emulator import Compared, Glass, frames, pressed, resized

__all__ = ["frames"]

LISTS = "j j k l l w j w h s d n r n 2 ] ] 1 3 j enter l l h q m"
SEARCH = "4 j j enter G g / m o d enter / escape"
PAGES = "x n v ? q c tab tab enter n 2 R"
KEYS = f"{LISTS} {SEARCH} {PAGES}".split()


def buffer(width: int = 20, height: int = 4, *, bce: bool = True) -> ScreenBuffer:
    made = ScreenBuffer(erases_in_colour=bce)
    made.resize(width, height)
    made.translate("\x1b[?1049h")
    return made


# --- what is written ------------------------------------------------------------------------------------------------


def test_what_stands_there_is_not_written_again() -> None:
    made = buffer()
    first = made.translate("\x1b[1;1Hhello\x1b[2;1Hworld\x1b[1;1H")
    assert "hello" in first
    assert made.translate("\x1b[1;1Hhello\x1b[2;1Hworld\x1b[1;1H") == ""
    assert made.translate("\x1b[1;1Hhallo\x1b[1;1H") == "\x1b[1;2Ha\x1b[1H"


def test_a_cursor_that_moves_alone_is_moved() -> None:
    made = buffer()
    made.translate("\x1b[1;1Hhello\x1b[1;1H")
    assert made.translate("\x1b[3;2H") == "\x1b[3;2H"
    assert made.translate("\x1b[3;2H") == ""


def test_a_row_that_becomes_blank_is_erased() -> None:
    made = buffer()
    made.translate("\x1b[1;1Hhello, all of you\x1b[1;1H")
    assert made.translate(f"\x1b[1;1H{' ' * 20}\x1b[1;1H") == "\x1b[1H\x1b[K"


def test_a_coloured_blank_is_erased_only_where_the_terminal_colours_it() -> None:
    row = f"\x1b[1;1H\x1b[44m{' ' * 20}\x1b[0m\x1b[1;1H"
    assert "\x1b[K" in buffer(bce=True).translate(row)
    assert "\x1b[K" not in buffer(bce=False).translate(row)


@pytest.mark.parametrize(
    "unknown",
    [
        "\x1b[3S",
        "\x1b[2;3r",
        "\x1b[2J",
        "\x1b[1;1;2;2$z",
        "\x1bc",
        "\x1b8",
        "\r",
        "\x1b[?3h",
        "\x1bPq#0~~\x1b\\",
        "\x1b_Gi=1;AAAA\x1b\\",
    ],
)
def test_what_it_does_not_know_passes_whole_and_makes_it_forget(unknown: str) -> None:
    made = buffer()
    made.translate("\x1b[1;1Hhello\x1b[1;1H")
    assert made.translate(unknown) == unknown
    assert "hello" in made.translate("\x1b[1;1Hhello\x1b[1;1H")


def test_text_that_follows_something_unknown_passes_until_the_cursor_is_placed() -> None:
    made = buffer()
    assert made.translate("\x1b[2;2Hab\x1b[3A\x1b[1mcd\x1b[0m\x1b[2;2Hab") == (
        "\x1b[?7l\x1b[2;2Hab\x1b[3A\x1b[1mcd\x1b[m\x1b[2;2Hab\x1b[?7h"
    )


@pytest.mark.parametrize(
    "passed",
    [
        "\x1b[?25h",
        "\x1b]52;c;aGVsbG8=\x07",
        "\x1b[>25u",
        "\x1b[<u",
        "\x1b[?2026$p",
        "\x1b[?1000;1006h",
        "\x07",
        "\x1b]2;Hi\x1b\\",
    ],
)
def test_what_touches_no_cell_is_passed_on(passed: str) -> None:
    made = buffer()
    made.translate("\x1b[1;1Hhello\x1b[1;1H")
    assert made.translate(passed) == passed
    assert made.translate("\x1b[1;1Hhello\x1b[1;1H") == ""


def test_an_update_is_marked_only_where_it_holds_something() -> None:
    made = buffer()
    assert made.translate("\x1b[?2026h") == ""
    assert made.translate("\x1b[1;1Hhello\x1b[1;1H") == "\x1b[?2026h\x1b[1Hhello\x1b[1H"
    assert made.translate("\x1b[?2026l") == "\x1b[?2026l"
    parts = [made.translate(each) for each in ("\x1b[?2026h", "\x1b[1;1Hhello\x1b[1;1H", "\x1b[?2026l")]
    assert parts == ["", "", ""]


@pytest.mark.parametrize("row", ["日本語", "e\u0301t\u0301", "👨\u200d👩\u200d👧 us", "❤\ufe0f", "🇩🇪", "a\u00adb"])
def test_a_row_of_uncertain_widths_is_written_as_it_came_and_once(row: str) -> None:
    made = buffer()
    frame = f"\x1b[2;1H\x1b[1m{row}\x1b[0m and more\x1b[1;1H"
    assert row + "\x1b[m and more" in made.translate(frame)
    assert made.translate(frame) == ""
    made.translate("\x1b[2;18Hx\x1b[1;1H")
    assert row in made.translate(frame)


def test_the_last_cell_stays_of_a_row_of_uncertain_widths_that_the_cursor_was_left_behind() -> None:
    both = Compared(Glass, 12, 5)
    both.show("\x1b[2;1Hsome others\x1b[1;1H日本\x1b[1;12H.")
    both.assert_same("the text written last stands in a row above another")
    both.show("\x1b[3;1Hbelow\x1b[1;13H")
    both.assert_same("a place behind the edge")


def test_a_link_is_written_with_its_text() -> None:
    made = buffer()
    linked = "\x1b[1;1Ha\x1b]8;id=1;https://example.org/\x1b\\b\x1b]8;;\x1b\\c\x1b[1;1H"
    assert "\x1b]8;id=1;https://example.org/\x1b\\b\x1b]8;;\x1b\\c" in made.translate(linked)
    assert "abc" in made.translate("\x1b[1;1Habc\x1b[1;1H")


def test_text_over_the_edge_is_left_to_the_terminal_which_does_not_wrap_it() -> None:
    made = buffer(10, 2)
    assert made.translate("\x1b[1;8Habcd") == "\x1b[?7l\x1b[1;8Habcd\x1b[?7h"
    assert made.translate("\x1b[5;1Hbelow\x1b[1;1H") == "\x1b[?7l\x1b[5Hbelow\x1b[1H\x1b[?7h"


@pytest.mark.parametrize(
    ("frame", "guarded"),
    [
        ("\x1b[1;8Hab\x1b[1;1H", False),
        ("\x1b[1;8Habc\x1b[1;1H", True),
        ("\x1b[1;1H界\x1b[1;1H", True),
        (f"\x1b[1;1Ha{' ' * 9}\x1b[1;1H", False),
        ("\x1b[1;11H", True),
        ("\x1b[1;10H", False),
    ],
    ids=["inside", "last column", "of uncertain width", "erased", "cursor past the edge", "cursor"],
)
def test_wrapping_is_off_only_while_something_may_reach_the_edge(frame: str, guarded: bool) -> None:
    output = buffer(10, 2).translate(frame)
    assert output.startswith("\x1b[?7l") == output.endswith("\x1b[?7h") == guarded


def test_a_resize_writes_everything() -> None:
    made = buffer()
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
    assert transition(apply_sgr(PLAIN, before), apply_sgr(PLAIN, after)) == expected


def test_the_oldest_terminals_turn_all_attributes_off_at_once() -> None:
    assert transition(apply_sgr(PLAIN, "1;31"), apply_sgr(PLAIN, "31"), resets=True) == "\x1b[;31m"


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ("1;38;5;200;48;2;0;10;0", Attributes(weight="1", foreground="38;5;200", background="48;2;0;10;0")),
        ("31;0;4", Attributes(underline="4")),
        ("1;22;97;104;27", Attributes(foreground="97", background="104")),
        ("4:3;58;2;1;2;3;2", Attributes(underline="4:3", underline_colour="58;2;1;2;3", weight="2")),
        ("4:3;4:0;58:5:1;59", PLAIN),
        ("38:2::1:2:3;9", Attributes(foreground="38:2::1:2:3", strike="9")),
    ],
)
def test_attributes_are_read_as_terminals_read_them(parameters: str, expected: Attributes) -> None:
    assert apply_sgr(PLAIN, parameters) == expected


# --- what is seen ---------------------------------------------------------------------------------------------------

TEXTS = st.one_of(
    st.text("ab ─●→", min_size=1, max_size=14),
    st.sampled_from(["日本", "e\u0301", "x日", "日 x", "  日本  ", "👩"]),
    st.just(" " * 12),
)
SHORT = st.integers(1, 12)
MOVES = st.builds(lambda row, column: f"\x1b[{row};{column}H", st.integers(1, 5), SHORT)
PENS = st.sampled_from(
    ["", "0", "1", "22", "3", "4", "24", "7", "27", "9", "31", "39", "44", "49", "38;2;1;2;3", "48;5;9", "1;4"]
)
REST = st.sampled_from(
    [
        "\n",
        "\x1b[K",
        "\x1b[2J",
        "\x1b[A",
        "\x1b[2C",
        "\r",
        "\x1b[?25h",
        "\x1b[?25l",
        "\x1b[?2026h",
        "\x1b[?2026l",
    ]
)
FRAMES = st.lists(st.one_of(MOVES, PENS.map(lambda pen: f"\x1b[{pen}m"), TEXTS, TEXTS, REST), max_size=14).map("".join)


@given(st.lists(FRAMES, min_size=1, max_size=6))
def test_any_frames_at_all_show_the_same(written: list[str]) -> None:
    both = Compared(Glass, 12, 5)
    for number, frame in enumerate(written):
        both.show(frame)
        both.assert_same(number)


@given(st.text() | st.lists(st.sampled_from(list("\x1b[]?;:0189mhHPqJ\\\x07ab\n日")), max_size=30).map("".join))
def test_a_frame_is_split_without_losing_a_byte_and_its_texts_have_no_control_characters(data: str) -> None:
    tokens = list(tokenize(data))
    assert "".join(token.raw for token in tokens) == data
    texts = [token.raw for token in tokens if token.kind is TokenKind.TEXT]
    assert not [text for text in texts if any(category(character) == "Cc" for character in text)]


@pytest.mark.parametrize("variables", [{}, {"TERM": "xterm", "COLORTERM": ""}], ids=["true colour", "16 colours"])
async def test_over_the_whole_app_the_terminal_shows_the_same(
    tmp_path: Path, frames: list[str], variables: dict[str, str]
) -> None:
    both = Compared(Glass, 80, 24)
    app = opened.still(tmp_path, overviews.busy(), variables)
    async with app.run_test(size=(80, 24)) as pilot:
        await pressed(pilot, both, frames, KEYS)
        for width, height in ((60, 20), (100, 30), (300, 100), (1, 1), (80, 24)):
            await resized(pilot, both, frames, width, height)
    assert both.saved < both.written / 3


@pytest.mark.thorough
async def test_over_textuals_own_demo_the_terminal_shows_the_same(
    frames: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = demo(monkeypatch)
    both = Compared(Glass, 80, 24)
    async with app.run_test(size=(80, 24)) as pilot:
        await pressed(pilot, both, frames, DEMO.split())
        for width, height in ((120, 40), (40, 12), (80, 24)):
            await resized(pilot, both, frames, width, height)
        stop_clocks(app)
    assert both.saved < both.written / 2


async def test_over_texts_of_every_width_the_terminal_shows_the_same(frames: list[str]) -> None:
    words = ["plain", "日本", "e\u0301", "👩", "한국", "─●→"]  # of joined ones pyte drops what follows
    chance = random.Random(7)
    both = Compared(Glass, 40, 12)
    app = Mixed()
    async with app.run_test(size=(40, 12)) as pilot:
        await pilot.pause()
        for number in range(40):
            app.say(" ".join(chance.choices(words, k=9)))
            await pilot.pause()
            both.follow(frames, number)
