"""A key that can do nothing here says why, and opens no question."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from shimmy_metrics.actions.overview import Overview
from shimmy_metrics.consent.endpoint import ENDPOINT
from shimmy_metrics.records import Departure
from support import opened, overviews, samples


def _sending() -> Overview:
    return overviews.batch()._replace(sending=True)


def _late() -> Overview:
    begun = Departure(9, samples.NOW - timedelta(seconds=7), ENDPOINT, "0" * 64, 700, 1, by_hand=False)
    return _sending()._replace(entries=(begun,))


def _sent() -> Overview:
    """Return that two reports were sent, and that none waits."""
    made = tuple(overviews.departure(number, 3 - number, overviews.named(number)) for number in (2, 1))
    return overviews.idle()._replace(entries=made)


def _ids_deleted() -> Overview:
    shown = overviews.receipts_deleted()
    bare = (each._replace(report_ids=()) if isinstance(each, Departure) else each for each in shown.entries)
    return shown._replace(entries=tuple(bare))


@pytest.mark.parametrize(
    ("shown", "keys", "said"),
    [
        (overviews.idle, "2 r", "Only a waiting report can be released."),
        (overviews.idle, "2 d", "Only a waiting report can be held or deleted."),
        (_sent, "2 t", "Only a waiting report can be held or deleted."),
        (overviews.busy, "2 t", "This one is not sent automatically."),
        (overviews.batch, "2 d", "This is a request of 2 reports; ] shows them one by one."),
        (_sending, "2 r", "Just then something was being sent (5 s at most). Release it after that."),
        (_late, "2 r", "The sender has not ended within its 5 s. Nothing else is sent before it does."),
        (overviews.switched_off_here, "3 m", "Reports are now compared with this one. Open another, or press 2."),
        (_sent, "3 m", "Reports are now compared with this one. Open another."),
        (_sent, "3 j m", "Reports are now compared with this one. Open another, or press 2."),
        (overviews.switched_off_here, "3 m m", "Each report is compared with the one before it again."),
        (overviews.failing, "3 m", "No receipt of it is kept, so nothing can be compared with it."),
        (overviews.idle, "3 m", "No receipt is kept here, so there is nothing to compare with."),
        (_ids_deleted, "3 d", "No receipt is kept here, so there is nothing to delete."),
    ],
)
async def test_a_key_that_can_do_nothing_here_says_why(
    tmp_path: Path, shown: Callable[[], Overview], keys: str, said: str
) -> None:
    app = opened.still(tmp_path, shown())
    async with app.run_test(size=(120, 40)) as pilot:
        await opened.press(pilot, *keys.split())
        assert said in opened.read(app)
        assert "Yes," not in opened.text(app)


async def test_ids_of_what_left_without_a_receipt_can_be_deleted_alone(tmp_path: Path) -> None:
    app = opened.still(tmp_path, overviews.receipts_deleted())
    async with app.run_test(size=(120, 40)) as pilot:
        await opened.press(pilot, "3", "d")
        said = opened.read(app)
        assert "Delete these ids?" in said
        assert "Deleted here: the ids of the reports in 3 entries without a receipt. Nothing in them can be " in said


async def test_where_one_receipt_is_all_there_is_nothing_else_is_advised(tmp_path: Path) -> None:
    app = opened.still(tmp_path, _sent()._replace(entries=_sent().entries[:1]))
    async with app.run_test(size=(120, 40)) as pilot:
        await opened.press(pilot, "3", "m")
        told = opened.read(app)
        assert "Reports are now compared with this one." in told
        assert "another" not in told


@pytest.mark.parametrize("keys", ["2 d", "3 s", "3 d", "3 m"])
async def test_of_a_store_that_was_not_read_no_key_denies_what_it_may_hold(tmp_path: Path, keys: str) -> None:
    app = opened.still(tmp_path, overviews.idle()._replace(trouble="metrics.db: is damaged", store_unusable=True))
    async with app.run_test(size=(120, 40)) as pilot:
        await opened.press(pilot, *keys.split())
        told = opened.read(app)
        assert "nothing is waiting" not in told
        assert "No receipt" not in told
