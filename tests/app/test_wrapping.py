"""Where lines break: between words, and a path only where it is longer than a line, then behind its slashes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shimmy_metrics.app.ui.text import wrapped
from shimmy_metrics.system.text_output import wrap_line
from support.reading import unwrapped

DEEP = "/home/ada/a-folder-with-a-long-name/another-one-that-is-as-long/shimmy/metrics.db"


def rows(text: str, width: int) -> list[str]:
    return ["".join(span.text for span in line) for line in wrapped(text, width)]


def test_a_path_that_fits_a_row_has_one_to_itself() -> None:
    path = "/home/ada/.local/state/shimmy/metrics.db"
    assert rows(f"The store cannot be opened: {path}: is no database", 60) == [
        " The store cannot be opened:",
        f" {path}: is no database",
    ]


def test_a_path_longer_than_a_row_is_broken_behind_a_slash() -> None:
    assert rows(f"Not used: {DEEP}: is no database", 40) == [
        " Not used:",
        " /home/ada/a-folder-with-a-long-name/",
        " another-one-that-is-as-long/shimmy/",
        " metrics.db: is no database",
    ]


def test_so_is_one_that_is_written_with_backslashes() -> None:
    assert rows(r"C:\Users\Ada\AppData\Local\shimmy\metrics.db", 30) == [
        " C:\\Users\\Ada\\AppData\\Local\\",
        " shimmy\\metrics.db",
    ]


def test_a_name_longer_than_a_row_is_broken_where_the_row_ends() -> None:
    assert rows("a" * 50, 22) == [" " + "a" * 20, " " + "a" * 20, " " + "a" * 10]


@pytest.mark.parametrize("width", range(20, 121, 7))
def test_at_every_width_a_path_reads_whole(width: int) -> None:
    said = f"Nothing was written: {DEEP}: no room is left."
    found = rows(said, width)
    assert max(map(len, found)) < width
    if width > 34:  # the longest name fits
        assert unwrapped("\n".join(found)) == said


@given(st.text(alphabet="ab/ -\\", max_size=200), st.integers(10, 60))
def test_no_character_is_lost(text: str, width: int) -> None:
    assert "".join(rows(text, width)).replace(" ", "") == text.replace(" ", "")


@pytest.mark.parametrize("columns", [20, 40, 80])
def test_plain_output_never_breaks_a_path(columns: int) -> None:
    assert DEEP in wrap_line(f"  not measured: {DEEP}: is no database", columns).replace(":", "").split()
