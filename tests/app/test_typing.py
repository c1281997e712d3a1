"""While something is typed: the bottom row names the keys that work then, and the line can be left without Esc."""

from pathlib import Path

import pytest

from support import opened, overviews
from support.simulated_time import Timed, clicked, key, send


def keys_row(text: str) -> str:
    """Return the bottom row."""
    return text.splitlines()[-1]


@pytest.mark.parametrize("size", [(80, 24), (40, 12)], ids=str)
async def test_a_search_names_the_keys_that_are_no_letters_of_it(tmp_path: Path, size: tuple[int, int]) -> None:
    app = opened.still(tmp_path, overviews.busy())
    async with app.run_test(size=size) as pilot:
        await opened.press(pilot, "4")
        before = keys_row(opened.text(app))
        await opened.press(pilot, "slash")
        assert "Esc, Backspace" in keys_row(opened.text(app))
        await opened.press(pilot, *"mem")
        assert keys_row(opened.text(app)).split()[-4:] == ["Enter", "Keep", "Esc", "Clear"]

        await opened.press(pilot, *["backspace"] * 4)
        assert keys_row(opened.text(app)) == before


async def test_the_buttons_of_a_search_do_what_they_say_when_clicked(tmp_path: Path) -> None:
    app = Timed(tmp_path, overviews.busy())
    async with app.run_test(size=(80, 24)) as pilot:
        for button, row in (("Enter", "/ Search: mem "), ("Esc", "/ Search ")):
            for each in ("4", "slash", *"mem"):
                await send(pilot, key(each))
            place = keys_row(opened.text(app)).index(button)
            for half in clicked(place + 1, 23):
                await send(pilot, half)
            assert keys_row(opened.text(app)).strip().startswith(row)
            assert app.current_mode == "fields"


async def test_a_search_that_is_clicked_away_is_closed(tmp_path: Path) -> None:
    app = opened.still(tmp_path, overviews.busy())
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "4", "slash", *"mem")
        await pilot.click(offset=(10, 5))
        await opened.until(pilot, lambda: "q Back" in keys_row(opened.text(app)))
        assert "/ Search: mem" in keys_row(opened.text(app))


async def test_the_list_of_actions_names_its_own_keys_and_closes_by_backspace(tmp_path: Path) -> None:
    app = opened.still(tmp_path, overviews.busy())
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "2")
        before = keys_row(opened.text(app))
        await opened.press(pilot, "colon")
        assert keys_row(opened.text(app)).split() == ["Enter", "Do", "it", "Esc,", "Backspace", "Close"]
        await opened.press(pilot, "q")
        assert keys_row(opened.text(app)).split() == ["Enter", "Do", "it", "Esc", "Close"]
        await opened.press(pilot, "backspace", "backspace")
        await opened.until(pilot, lambda: keys_row(opened.text(app)) == before)


async def test_another_path_has_a_label_and_its_own_keys(tmp_path: Path) -> None:
    app = opened.still(tmp_path, overviews.busy())
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "x")
        await opened.until(pilot, lambda: "p Other path" in opened.text(app))
        before = keys_row(opened.text(app))
        await opened.press(pilot, "p")
        assert keys_row(opened.text(app)).split() == ["Enter", "Take", "it", "Esc", "Leave", "it"]
        assert opened.text(app).splitlines()[-3].strip() == "Save it as:"
        await opened.press(pilot, "z", "escape")
        assert keys_row(opened.text(app)) == before
