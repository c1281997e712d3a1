"""What a report is compared with, where there is no other one: nothing is invented."""

from pathlib import Path

import pytest

from shimmy_metrics.actions.overview import Overview
from shimmy_metrics.records import Cause, Outcome, QueueState
from shimmy_metrics.report.seal import join
from support import opened, overviews


def _one_sent() -> Overview:
    shown = overviews.busy()
    return shown._replace(outbox=(), running=(), entries=shown.entries[:1])


@pytest.mark.parametrize("size", [(80, 24), (140, 40)], ids=str)
async def test_after_one_report_outgoing_shows_it_and_compares_it_with_nothing(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    app = opened.still(tmp_path, _one_sent())
    async with app.run_test(size=size) as pilot:
        await opened.press(pilot, "2")
        told = opened.text(app)
        assert "Nothing is waiting or measured. The last report that was sent:" in told
        assert "No report sent before it is kept here to compare it with." in told
        assert "changed" not in told
        assert "example" not in told.lower()
        await opened.press(pilot, "l")
        assert "An example:" in opened.text(app)


@pytest.mark.parametrize("keys", [("3", "m", "enter"), ("3", "m", "2")])
async def test_a_report_compared_with_itself_is_said_to_be_the_same(tmp_path: Path, keys: tuple[str, ...]) -> None:
    app = opened.still(tmp_path, _one_sent())
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, *keys)
        if keys[-1] == "enter":
            await opened.press(pilot, "h", "h")
        told = opened.text(app)
        assert "It is compared with itself: the same report, byte for byte." in told
        assert "changed" not in told
        assert "differ" not in told


async def test_a_report_that_was_refused_is_not_compared_with_itself(tmp_path: Path) -> None:
    shown = overviews.busy()
    taken, refused = (overviews.reported(overviews.named(number, days=1), number) for number in (1, 2))
    refused = refused._replace(state=QueueState.SET_ASIDE, cause=Cause.REFUSED)
    partly = shown.departures[0]._replace(body=join([taken.body, refused.body]), outcome=Outcome.PARTLY, taken=1)
    app = opened.still(tmp_path, shown._replace(outbox=(refused,), running=(), entries=(partly,)))
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "2")
        told = opened.text(app)
        assert "This one is set aside." in told
        assert "Compared with the report of" in told
        assert "It is compared with itself" not in told
