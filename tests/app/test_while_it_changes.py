"""What changes while somebody looks: what they look at stays, the cursor stays, and no button is left over."""

import asyncio
import time
from collections import Counter
from pathlib import Path

import pytest

from shimmy_metrics.actions.overview import Overview
from shimmy_metrics.app.app import ShimmyApp
from shimmy_metrics.app.keys import Button
from shimmy_metrics.app.messages import OverviewChanged
from shimmy_metrics.app.screens.outgoing.screen import Outgoing
from shimmy_metrics.app.screens.report.screen import ReportScreen
from shimmy_metrics.app.screens.report.view import View
from shimmy_metrics.app.ui.bottom_row import BottomRow
from shimmy_metrics.app.ui.key_button import KeyButton
from shimmy_metrics.app.ui.screen import common_buttons
from shimmy_metrics.records import QueuedReport
from shimmy_metrics.wording.decision import FROM_NEXT_START
from support import opened, overviews


async def becomes(app: ShimmyApp, shown: Overview) -> None:
    """Let the app learn of another overview, and draw it."""
    await app.on_overview_changed(OverviewChanged(shown))


def outgoing(app: ShimmyApp) -> Outgoing:
    """Return what the screen in front shows."""
    assert isinstance(app.screen, ReportScreen)
    assert isinstance(app.screen.source, Outgoing)
    return app.screen.source


def shown_report(app: ShimmyApp) -> QueuedReport | None:
    """Return the report that is shown by itself."""
    subject = outgoing(app).subject()
    return subject.report if subject else None


async def test_the_report_that_is_looked_at_stays_when_one_before_it_leaves(tmp_path: Path) -> None:
    shown = overviews.busy()
    app = opened.still(tmp_path, shown)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "2", "right_square_bracket")
        looked_at = shown_report(app)
        assert looked_at == shown.outbox[1]
        await becomes(app, shown._replace(outbox=shown.outbox[1:]))
        assert shown_report(app) == looked_at
        await opened.press(pilot, "right_square_bracket")
        assert shown_report(app) == shown.running[0].report


async def test_a_session_s_report_stays_in_view_when_it_is_sealed(tmp_path: Path) -> None:
    shown = overviews.busy()
    app = opened.still(tmp_path, shown)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "2", *["right_square_bracket"] * 2)
        report = shown.running[0].report
        assert shown_report(app) == report
        await becomes(app, shown._replace(running=(), outbox=(report, *shown.outbox)))
        assert shown_report(app) == report


async def test_the_session_that_is_looked_at_stays_when_another_ends(tmp_path: Path) -> None:
    shown = overviews.several()
    app = opened.still(tmp_path, shown)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, *["right_square_bracket"] * 2)
        assert "3 of 3" in opened.text(app)
        await becomes(app, shown._replace(running=shown.running[1:]))
        assert "2 of 2" in opened.text(app)
        await becomes(app, shown._replace(running=shown.running[:2]))
        assert "2 of 2" in opened.text(app)


async def test_the_field_is_found_again_after_a_lens_that_does_not_list_it(tmp_path: Path) -> None:
    app = opened.still(tmp_path, overviews.busy())
    async with app.run_test(size=(80, 40)) as pilot:
        await opened.press(pilot, "4", "slash", *"region_indicator", "enter")
        assert app.field == "region_indicator"
        await opened.press(pilot, "2")
        assert outgoing(app).selection.view is View.SINCE
        assert "region_indicator" not in opened.text(app)
        await opened.press(pilot, "l")
        marked = next(row for row in opened.text(app).splitlines() if row.startswith("›"))
        assert marked.split()[1] == "region_indicator"


async def test_a_question_keeps_the_cursor_while_the_page_behind_it_changes(tmp_path: Path) -> None:
    shown = overviews.busy()
    app = opened.still(tmp_path, shown)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "2", "d")
        asked = app.cursor_position
        assert "Delete this report?" in opened.text(app).splitlines()[asked.y]
        await becomes(app, shown._replace(outbox=shown.outbox[:1]))
        assert app.cursor_position == asked
        await opened.press(pilot, "n")
        assert opened.text(app).splitlines()[app.cursor_position.y].startswith("›")


async def test_a_base_that_was_deleted_is_compared_with_no_more(tmp_path: Path) -> None:
    shown = overviews.busy()
    app = opened.still(tmp_path, shown)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "3", "G", "m", "2")
        assert "Compared with the report of 19 Nov" in opened.text(app)
        await becomes(app, shown._replace(entries=()))
        assert "Compared with the report of 19 Nov" not in opened.text(app)


async def test_two_who_draw_at_once_leave_one_row_of_buttons(tmp_path: Path) -> None:
    app = opened.still(tmp_path, overviews.busy())
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "1")
        row = app.screen.query_one(BottomRow)
        right = common_buttons(app)
        few = [Button("a", "A", "app.quit")]
        many = [*few, Button("b", "B", "app.quit"), Button("c", "C", "app.quit")]
        for first, last in ((few, many), (many, few)):
            await asyncio.gather(row.show(first, right), row.show(last, right))
            standing = [each.button for each in row.query_one("#left").query(KeyButton) if each.display]
            assert standing == last


@pytest.mark.parametrize(("width", "height"), [(80, 24), (60, 20), (40, 12)])
async def test_the_last_line_of_a_long_page_comes_into_view(tmp_path: Path, width: int, height: int) -> None:
    shown = overviews.busy()
    live = shown.running[0]
    counters = live.session.counters._replace(routes={f"/v1/route-{number}": 40 - number for number in range(12)})
    live = live._replace(session=live.session._replace(counters=counters))
    app = opened.still(tmp_path, shown._replace(running=(live,)))
    async with app.run_test(size=(width, height)) as pilot:
        await opened.press(pilot, "G")
        assert "/v1/route-11" in opened.text(app)
        await opened.press(pilot, "2", "G")
        assert "shows them" in opened.text(app)


async def test_what_is_said_of_the_next_start_goes_when_the_server_has_started(tmp_path: Path) -> None:
    waits = overviews.idle()
    app = opened.still(tmp_path, waits)
    async with app.run_test(size=(100, 24)) as pilot:
        await opened.press(pilot, "1")
        await app.report(f"Metrics are on. {FROM_NEXT_START} Each report is sent after its session.")
        await becomes(app, waits)
        assert "each server that starts" in opened.read(app)
        await becomes(app, overviews.busy())
        assert "each server that starts" not in opened.read(app)
        assert "Metrics are on." in opened.read(app)


async def test_a_timer_that_fires_once_does_so_where_the_process_was_held_up_as_it_began(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One holds drawing back while screens are switched: if it never fired, nothing would be drawn again."""
    app = opened.still(tmp_path, overviews.busy())
    fired = asyncio.Event()
    asked: Counter[asyncio.Task[None] | None] = Counter()

    def time_of_task() -> float:
        """Return the time; to each task that asks again a second has passed, but once: other timers go on."""
        asked[asyncio.current_task()] += 1
        return time.monotonic() + (asked[asyncio.current_task()] > 1)

    async with app.run_test(size=(80, 24)):
        with monkeypatch.context() as held_up:
            held_up.setattr("textual._time.get_time", time_of_task)
            timer = app.set_timer(0.005, fired.set)
            await asyncio.sleep(0)
            assert asked[timer._task] > 1
        await asyncio.wait_for(fired.wait(), 10)
