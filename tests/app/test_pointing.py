"""A click marks the line it meets and explains it; on the marked line it does what Enter does."""

from pathlib import Path

import pytest
from textual import events
from textual.pilot import Pilot

from shimmy_metrics.app.app import ShimmyApp
from shimmy_metrics.app.screens.history.screen import HistoryScreen
from shimmy_metrics.app.screens.report.screen import ReportScreen
from shimmy_metrics.app.ui.screen import BaseScreen
from support import opened, overviews


async def click(pilot: Pilot[None], words: str) -> None:
    """Click on the first row that holds these words."""
    app = pilot.app
    assert isinstance(app, ShimmyApp)
    rows = opened.text(app).splitlines()
    y = next(index for index, row in enumerate(rows) if words in row)
    await pilot.click(offset=(rows[y].index(words), y))
    await opened.settled(pilot)


def mark(app: ShimmyApp) -> str:
    assert isinstance(app.screen, BaseScreen)
    return app.screen.mark


def drawer(app: ShimmyApp) -> str:
    return "\n".join(opened.text(app).splitlines()[-5:])


@pytest.mark.parametrize(
    ("keys", "words", "key"),
    [
        ("", "tokens a second", "tokens a second"),
        ("2", "peak_requests_per_hour", "peak_requests_per_hour"),
        ("2 l", "avg_response_time_ms", "avg_response_time_ms"),
        ("2 l l", '"errors_count":2', "errors_count"),
        ("4", "models_used_count", "models_used_count"),
        ("3", "21 Nov 11:29", "departure 3"),
        ("3 enter", '"errors_count"', "errors_count"),
    ],
)
async def test_a_click_marks_the_line_it_meets_and_explains_it(tmp_path: Path, keys: str, words: str, key: str) -> None:
    app = opened.still(tmp_path, overviews.busy())
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, *keys.split())
        before = mark(app)
        assert before != key
        told = drawer(app)
        await click(pilot, words)
        assert mark(app) == key
        assert drawer(app) != told
        await opened.press(pilot, "j", "k")
        assert mark(app) == key


async def test_a_click_on_bytes_that_go_on_marks_the_field_that_they_belong_to(tmp_path: Path) -> None:
    app = opened.still(tmp_path, overviews.busy())
    async with app.run_test(size=(40, 24)) as pilot:
        await opened.press(pilot, "2", "l", "l", "g", "j", "j", "j")
        await click(pilot, "-8000-")
        assert mark(app) == "session_id"


async def test_a_click_between_the_lines_moves_nothing(tmp_path: Path) -> None:
    app = opened.still(tmp_path, overviews.busy())
    async with app.run_test(size=(80, 30)) as pilot:
        await opened.press(pilot, "2", "j")
        before = mark(app)
        await click(pilot, "not compared")
        assert mark(app) == before


async def test_a_click_on_the_marked_line_opens_it(tmp_path: Path) -> None:
    app = opened.still(tmp_path, overviews.busy())
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "3")
        await click(pilot, "21 Nov 11:29")
        assert isinstance(app.screen, HistoryScreen)
        await click(pilot, "21 Nov 11:29")
        assert isinstance(app.screen, ReportScreen)


async def test_a_click_explains_where_there_is_no_drawer_by_itself(tmp_path: Path) -> None:
    app = opened.still(tmp_path, overviews.busy())
    async with app.run_test(size=(40, 12)) as pilot:
        await opened.press(pilot, "4")
        assert "Why: " not in opened.text(app)
        await click(pilot, "models_used")
        assert mark(app) == "models_used_count"
        assert "Why: " in opened.text(app)


async def test_the_wheel_moves_the_mark_and_with_it_the_page(tmp_path: Path) -> None:
    app = opened.still(tmp_path, overviews.busy())
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "4")
        first, page = mark(app), opened.text(app)
        await wheel(pilot, events.MouseScrollDown)
        assert mark(app) != first
        for _ in range(9):
            await wheel(pilot, events.MouseScrollDown)
        assert opened.text(app).splitlines()[5:15] != page.splitlines()[5:15]
        for _ in range(10):
            await wheel(pilot, events.MouseScrollUp)
        assert mark(app) == first


async def wheel(pilot: Pilot[None], notch: type[events.MouseScrollDown | events.MouseScrollUp]) -> None:
    """Turn the wheel by a notch over the page."""
    pilot.app.post_message(notch(None, 10, 10, 0, 0, 0, False, False, False, 10, 10))
    await opened.settled(pilot)
