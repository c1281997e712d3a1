"""The first frame waits for what it shows, and for no more: a long history is read after it."""

import sys
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from shimmy_metrics.actions.overview import Overview, overview
from shimmy_metrics.app.messages import OverviewChanged
from shimmy_metrics.app.preload import Start
from shimmy_metrics.app.screens.session.view import session_view
from shimmy_metrics.app.ui.frame import heading
from shimmy_metrics.records import Outcome
from shimmy_metrics.store import sessions
from shimmy_metrics.store.database import opened as store
from shimmy_metrics.store.database import transaction
from shimmy_metrics.system.profile import Profile
from support import opened, overviews, samples
from support.departed import depart

LONG = 60
"""Departures in a history that is long."""


def with_history(root: Path, number: int, outcome: Outcome = Outcome.CONFIRMED) -> Profile:
    """Return a profile with a yes and so many departures, one an hour, of which the oldest was taken."""
    profile = opened.with_a_report(root)
    with store(profile) as db:
        for place in range(number):
            moment = samples.NOW - timedelta(hours=number - place)
            how = outcome if place else Outcome.CONFIRMED
            depart(db, overviews.reported(overviews.named(place)), moment=moment, outcome=how)
    return profile


def calls(work: Callable[[], object]) -> int:
    """Return how many functions `work` calls."""
    number = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal number
        number += event in {"call", "c_call"}

    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(None)
    return number


def brief(profile: Profile) -> Overview:
    return overview(profile, samples.FACTS, brief=True)


def test_the_first_read_takes_no_longer_with_more_receipts(tmp_path: Path) -> None:
    counted = []
    for number in (LONG, 5 * LONG):
        profile = with_history(tmp_path / str(number), number)
        assert brief(profile).brief
        counted.append(calls(partial(brief, profile)))
    assert counted[1] <= counted[0] * 1.02, counted


@pytest.mark.parametrize("size", [(80, 24), (40, 12), (140, 40)])
@pytest.mark.parametrize("runs", [False, True])
def test_session_shows_of_a_brief_overview_what_it_shows_of_the_whole(
    tmp_path: Path, *, size: tuple[int, int], runs: bool
) -> None:
    profile = with_history(tmp_path, LONG)
    with store(profile) as db, transaction(db):
        row_id = sessions.begin(db, samples.session()._replace(counters=overviews.BUSY)) if runs else 0
    lock = sessions.take_lock(profile, row_id)
    try:
        first, whole = brief(profile), overview(profile, samples.FACTS)
    finally:
        lock.release()
    assert first.brief
    assert not whole.brief
    assert len(first.entries) < len(whole.entries) == LONG
    assert bool(whole.running) is runs
    canvas = opened.still(tmp_path, whole).canvas()._replace(width=size[0], height=size[1])
    shown = [session_view(canvas, each, 0) for each in (first, whole)]
    assert shown[0] == shown[1]
    assert heading(canvas, first, "session", "", shown[0].head) == heading(canvas, whole, "session", "", shown[0].head)


def test_a_short_history_is_read_whole_at_once(tmp_path: Path) -> None:
    profile = with_history(tmp_path, 5)
    assert brief(profile) == overview(profile, samples.FACTS)


def test_where_none_of_the_newest_was_taken_all_are_read(tmp_path: Path) -> None:
    profile = with_history(tmp_path, LONG, Outcome.ERROR)
    found = brief(profile)
    assert not found.brief
    assert found == overview(profile, samples.FACTS)


def test_where_a_session_is_kept_all_are_read_since_any_may_have_carried_it(tmp_path: Path) -> None:
    profile = with_history(tmp_path, LONG)
    with store(profile) as db, transaction(db):
        row_id = sessions.begin(db, samples.session(local=True))
        sessions.finish(db, row_id, samples.NOW, local=True)
    assert not brief(profile).brief


async def test_until_a_long_history_is_read_the_other_screens_say_so_and_nothing_seems_just_sent(
    tmp_path: Path,
) -> None:
    profile = with_history(tmp_path, LONG)
    first, whole = brief(profile), overview(profile, samples.FACTS)
    app = opened.Still(profile, Start(samples.FACTS, None, asks=False, first=first))
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.settled(pilot)
        assert "No measured server is running." in opened.text(app)
        session = opened.text(app)
        await opened.press(pilot, "3")
        assert "Reading everything kept here." in opened.text(app)
        app.post_message(OverviewChanged(whole))
        await opened.settled(pilot)
        assert f"{LONG} reports" in opened.text(app)
        await opened.press(pilot, "1")
        assert opened.text(app) == session
