"""A yes that came too fast for its question does nothing, and is told."""

from pathlib import Path

import pytest

from shimmy_metrics.app.ui.dialog import Dialog
from shimmy_metrics.app.ui.question import TOO_FAST, Question
from support import opened, overviews
from support.simulated_time import Timed, key, send

ASKING = [("2", "r"), ("2", "d"), ("3", "d"), ("3", "z")]


@pytest.mark.parametrize("keys", ASKING)
@pytest.mark.parametrize(("width", "told"), [(80, TOO_FAST), (40, "too fast: press again")])
async def test_a_yes_too_soon_is_told_in_each_question(
    tmp_path: Path, keys: tuple[str, ...], width: int, told: str
) -> None:
    app = Timed(tmp_path, overviews.busy())
    async with app.run_test(size=(width, 24)) as pilot:
        for each in keys:
            await send(pilot, key(each))
            await app.pass_time(pilot, 2.0)
        assert isinstance(app.screen, Dialog)
        app.screen.ask_anew()
        await app.pass_time(pilot, 0.1)
        await send(pilot, key("y"))
        assert told in opened.text(app)
        await app.pass_time(pilot, 2.0)
        assert not app.decided


async def test_a_yes_with_another_key_right_behind_it_is_told(tmp_path: Path) -> None:
    app = Timed(tmp_path, overviews.busy())
    async with app.run_test(size=(80, 24)) as pilot:
        await send(pilot, key("3"))
        await app.pass_time(pilot, 2.0)
        await send(pilot, key("d"))
        await app.pass_time(pilot, 2.0)
        await send(pilot, key("y"), key("k"))
        await app.pass_time(pilot, 2.0)
        assert TOO_FAST in opened.text(app)


@pytest.mark.parametrize(("first", "told"), [("y", True), ("d", False)])
async def test_a_yes_from_before_the_question_is_told(tmp_path: Path, first: str, *, told: bool) -> None:
    app = Timed(tmp_path, overviews.busy())
    async with app.run_test(size=(80, 24)) as pilot:
        await send(pilot, key("1"), key(first))
        await app.push_screen(Dialog(app, Question("Delete all of it?", "All of it.", "Yes", "No")))
        await app.pass_time(pilot, 2.0)
        assert (TOO_FAST in opened.text(app)) is told


@pytest.mark.parametrize(("answer", "done"), [("y", "save"), ("b", "copy")])
async def test_an_export_needs_no_wait_but_its_letter_alone(tmp_path: Path, answer: str, done: str) -> None:
    app = Timed(tmp_path, overviews.busy())
    async with app.run_test(size=(80, 24)) as pilot:
        await app.pass_time(pilot, 2.0)
        await send(pilot, key("x"))
        await app.pass_time(pilot, 0.05)
        await send(pilot, key(answer))
        await app.pass_time(pilot, 2.0)
        assert app.decided == [done]


async def test_a_burst_saves_nothing_and_is_told(tmp_path: Path) -> None:
    app = Timed(tmp_path, overviews.busy())
    async with app.run_test(size=(80, 24)) as pilot:
        await send(pilot, key("x"))
        await app.pass_time(pilot, 2.0)
        await send(pilot, key("k"), key("y"))
        await app.pass_time(pilot, 2.0)
        assert TOO_FAST in opened.text(app)
        assert not app.decided


@pytest.mark.parametrize("asked", [*ASKING, ("x",)])
@pytest.mark.parametrize("width", [80, 40])
async def test_a_key_that_answers_nothing_is_told_which_keys_do(
    tmp_path: Path, asked: tuple[str, ...], width: int
) -> None:
    app = Timed(tmp_path, overviews.busy())
    async with app.run_test(size=(width, 24)) as pilot:
        for each in asked:
            await send(pilot, key(each))
            await app.pass_time(pilot, 2.0)
        for stray in ("c", "enter", "3", "Z"):
            await send(pilot, key(stray))
            assert "y is yes, n is no" in opened.text(app), stray
            assert width < 80 or "This key does nothing here: y is yes, n is no." in opened.text(app), stray
            assert isinstance(app.screen, Dialog)
        await send(pilot, key("space"))
        assert "y is yes" not in opened.text(app)
        await send(pilot, key("c"), key("n"))
        assert not isinstance(app.screen, Dialog)
        assert not app.decided
