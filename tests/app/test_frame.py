"""The frame of every screen: the state with its second half, and what has become of a report, at no row."""

from datetime import timedelta
from pathlib import Path

import pytest

from shimmy_metrics.app.messages import OverviewChanged
from shimmy_metrics.consent.state import Delivery
from shimmy_metrics.records import Outcome
from support import opened, overviews, samples
from support.simulated_time import Timed, key, quiet, send


@pytest.mark.parametrize("number", [0, 3, 32])
@pytest.mark.parametrize("delivery", list(Delivery))
async def test_the_state_keeps_its_second_half_however_much_is_waiting(
    tmp_path: Path, number: int, delivery: Delivery
) -> None:
    shown = overviews.busy(overviews.GRANTED._replace(delivery=delivery))
    shown = shown._replace(outbox=tuple(shown.outbox[0]._replace(row_id=each) for each in range(number)))
    app = opened.still(tmp_path, shown)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "3")
        first = opened.text(app).splitlines()[0]
        word = "held" if delivery is Delivery.REVIEW else "automatic"
        assert "metrics on · " in first
        assert word in first.rpartition("·")[2]


@pytest.mark.parametrize("screen", ["1", "2", "3", "4", "c", "u"])
@pytest.mark.parametrize(
    ("outcome", "told"), [(Outcome.CONFIRMED, "+ 1 report: confirmed"), (Outcome.REFUSED, "! 1 report: refused")]
)
async def test_what_became_of_a_report_shows_once_on_every_screen_and_takes_no_row(
    tmp_path: Path, screen: str, outcome: Outcome, told: str
) -> None:
    before = overviews.busy()
    last = before.departures[0]._replace(row_id=99, ended=samples.NOW + timedelta(seconds=1), outcome=outcome)
    app = Timed(tmp_path, before)
    async with app.run_test(size=(80, 24)) as pilot:
        await app.pass_time(pilot, 2.0)
        await send(pilot, key(screen))
        rows = opened.text(app).splitlines()
        app.post_message(OverviewChanged(before._replace(entries=(last, *before.entries))))
        await quiet(pilot)
        now = opened.text(app).splitlines()
        assert told in now[1]
        assert len(now) == len(rows)
        if screen not in "23c":  # these list it, or count it, too
            assert [*now[:1], *now[2:]] == [*rows[:1], *rows[2:]]
        await app.pass_time(pilot, 1.0)
        await send(pilot, key("j"))  # typed as it came: it may not have been seen
        assert told in opened.text(app).splitlines()[1]
        await app.pass_time(pilot, 5.0)
        await send(pilot, key("k"))
        assert told not in opened.text(app)


async def test_what_became_of_a_report_is_not_shown_once_its_record_is_deleted(tmp_path: Path) -> None:
    before = overviews.busy()
    last = before.departures[0]._replace(row_id=99, ended=samples.NOW + timedelta(seconds=1))
    app = Timed(tmp_path, before)
    async with app.run_test(size=(80, 24)) as pilot:
        await app.pass_time(pilot, 2.0)
        app.post_message(OverviewChanged(before._replace(entries=(last, *before.entries))))
        await quiet(pilot)
        assert "+ 1 report: confirmed" in opened.text(app)
        app.post_message(OverviewChanged(before._replace(entries=())))
        await quiet(pilot)
        assert "1 report: confirmed" not in opened.text(app)


@pytest.mark.parametrize("size", [(60, 16), (64, 20), (40, 12), (80, 24)], ids=str)
async def test_a_command_to_copy_is_whole(tmp_path: Path, size: tuple[int, int]) -> None:
    app = opened.still(tmp_path, overviews.idle())
    async with app.run_test(size=size) as pilot:
        await opened.settled(pilot)
        assert "shimmy serve --upstream http://127.0.0.1:11434" in opened.read(app)


async def test_an_explanation_that_was_opened_is_closed_on_the_way_back(tmp_path: Path) -> None:
    app = opened.still(tmp_path, overviews.busy())
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "enter")
        assert "Reduced to" in opened.text(app)
        await opened.press(pilot, "2", "1")
        assert "Reduced to" not in opened.text(app)


async def test_a_value_is_not_said_to_be_measured_where_nothing_is(tmp_path: Path) -> None:
    app = opened.still(tmp_path, overviews.undecided())
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "4", "slash", *"memory_gb", "enter", "enter")
        shown = opened.text(app)
        assert "Value here" in shown
        assert "Measured here" not in shown
