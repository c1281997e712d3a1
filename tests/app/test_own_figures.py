"""The person's own figures: their sums at any time, and the sessions that are kept, whether or not a server runs."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from shimmy_metrics.actions.decide import only_for_me
from shimmy_metrics.app.command_palette import commands
from shimmy_metrics.app.messages import OverviewChanged
from shimmy_metrics.counters import DaySums
from shimmy_metrics.records import Day
from shimmy_metrics.store import sessions
from shimmy_metrics.store.database import opened as store
from support import opened, overviews, samples

DAYS = (
    Day(date(2025, 12, 31), DaySums(10, 0, 1_000, 400)),
    Day(date(2026, 11, 22), DaySums(7, 1, 350, 900)),
    Day(date(2026, 11, 23), DaySums(40, 1, 2_000, 5_000)),
)


@pytest.mark.parametrize("size", [(80, 24), (40, 12), (120, 40)], ids=str)
@pytest.mark.parametrize("before", ["", "2", "3", "4", "c"])
async def test_the_sums_are_one_key_away_on_every_screen(tmp_path: Path, before: str, size: tuple[int, int]) -> None:
    app = opened.still(tmp_path, overviews.busy()._replace(days=DAYS))
    async with app.run_test(size=size) as pilot:
        await opened.press(pilot, *before, "u")
        shown = opened.read(app)
        assert "57 requests, 2 errors, 9,650 tokens: 3,350 generated, 6,300 of prompts." in shown
        mode = app.current_mode
        await opened.press(pilot, "q")
        assert app.current_mode == mode
        assert len(app.screen_stack) == 1


async def test_the_sums_are_told_by_day_week_and_month_the_newest_first(tmp_path: Path) -> None:
    app = opened.still(tmp_path, overviews.busy()._replace(days=DAYS))
    async with app.run_test(size=(80, 24)) as pilot:

        def rows() -> list[list[str]]:
            return [row.split() for row in opened.text(app).splitlines() if " 202" in row and "since" not in row]

        await opened.press(pilot, "u")
        assert rows()[0] == ["23", "Nov", "2026", "40", "1", "2,000", "5,000", "7,000"]
        assert len(rows()) == 3
        await opened.press(pilot, "l")
        assert rows()[:2] == [
            ["from", "23", "Nov", "2026", "40", "1", "2,000", "5,000", "7,000"],
            ["from", "16", "Nov", "2026", "7", "1", "350", "900", "1,250"],
        ]
        await opened.press(pilot, "l")
        assert rows() == [
            ["Nov", "2026", "47", "2", "2,350", "5,900", "8,250"],
            ["Dec", "2025", "10", "0", "1,000", "400", "1,400"],
        ]
        await opened.press(pilot, "l")
        assert len(rows()) == 3


@pytest.mark.parametrize("size", [(80, 24), (40, 12)], ids=str)
async def test_the_last_seven_days_stand_above_every_period(tmp_path: Path, size: tuple[int, int]) -> None:
    today = samples.NOW.astimezone().date()
    old = Day(today - timedelta(days=7), DaySums(100, 0, 10, 10))
    week = (Day(today - timedelta(days=6), DaySums(1, 0, 300, 40)), Day(today, DaySums(2, 0, 5, 6)))
    app = opened.still(tmp_path, overviews.busy()._replace(days=(old, *week)))
    async with app.run_test(size=size) as pilot:
        await opened.press(pilot, "u")
        for _ in range(3):
            shown = opened.text(app).splitlines()
            (row,) = [row.split() for row in shown if "last 7 days" in row]
            assert row[:5] == ["last", "7", "days", "3", "305" if size[0] < 60 else "0"]
            assert all(word in opened.text(app) for word in ("generated", "prompts"))
            await opened.press(pilot, "l")


async def test_where_nothing_is_counted_no_key_is_said_to_show_it_by_another_period(tmp_path: Path) -> None:
    app = opened.still(tmp_path, overviews.busy()._replace(days=DAYS))
    async with app.run_test(size=(100, 40)) as pilot:
        await opened.press(pilot, "u", "question_mark")
        assert "l Right next view" in opened.read(app)
        app.post_message(OverviewChanged(overviews.declined()))
        await opened.press(pilot, "q", "question_mark")
        assert "view" not in opened.read(app)


async def test_after_a_no_nothing_is_said_to_be_kept(tmp_path: Path) -> None:
    app = opened.still(tmp_path, overviews.declined())
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "u")
        assert "no figures of your own are kept" in opened.read(app)
        assert "Kept on this machine only" not in opened.read(app)


async def test_the_sums_are_in_the_list_of_keys_and_in_the_palette(tmp_path: Path) -> None:
    app = opened.still(tmp_path, overviews.busy()._replace(days=DAYS))
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "question_mark")
        assert "your own figures" in opened.text(app)
        assert any(each.help == "key u" for each in commands(app, app.screen))


async def test_where_nothing_is_counted_it_is_said_why(tmp_path: Path) -> None:
    app = opened.still(tmp_path, overviews.undecided())
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "u")
        assert "Nothing is decided yet, so nothing is counted." in opened.read(app)


async def test_kept_sessions_are_reached_while_a_server_runs(tmp_path: Path) -> None:
    kept = overviews.only_for_me().ended
    app = opened.still(tmp_path, overviews.busy()._replace(ended=kept))
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "G", "enter")
        assert f"{len(kept)} of {len(kept)}," in opened.text(app)
        await opened.press(pilot, "[")
        assert f"{len(kept) - 1} of {len(kept)}," in opened.text(app)


async def test_one_kept_session_can_be_deleted(tmp_path: Path) -> None:
    profile = opened.profile_of(tmp_path)
    only_for_me(profile)
    with store(profile) as db:
        for number in (1, 2):
            begun = samples.session(f"1f0a7b52-aaaa-4bbb-8ccc-{number:012}", local=True)
            sessions.finish(db, sessions.begin(db, begun), samples.NOW, local=True)
        assert len(sessions.kept(db)) == 2
    app = opened.living(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "enter", "d")
        assert "It was never sent." in opened.read(app)
        await opened.press(pilot, "n")
        await opened.press(pilot, "d")
        await opened.answer(pilot, "y")
        await opened.until(pilot, lambda: "Deleted: it was never sent." in opened.text(app))
        await opened.until(pilot, lambda: app.overview is not None and len(app.overview.ended) == 1)
        with store(profile) as db:
            assert len(sessions.kept(db)) == 1


@pytest.mark.parametrize("several", [False, True])
async def test_the_keys_of_the_session_beside_are_named_where_there_is_one(tmp_path: Path, several: bool) -> None:
    app = opened.still(tmp_path, overviews.several() if several else overviews.busy())
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "question_mark")
        assert ("report, session" in opened.text(app)) is several
