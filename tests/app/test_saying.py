"""A key that can do nothing here says why, and opens no question."""

from collections.abc import Callable
from pathlib import Path

import pytest

from shimmy_metrics.actions.overview import Overview
from support import opened, overviews


def _sending() -> Overview:
    return overviews.batch()._replace(sending=True)


@pytest.mark.parametrize(
    ("shown", "keys", "said"),
    [
        (overviews.idle, "2 r", "Only a report that waits can be released."),
        (overviews.idle, "2 d", "This one is not sealed: nothing of it waits here."),
        (overviews.idle, "2 t", "This one is not sealed: nothing of it waits here."),
        (overviews.busy, "2 t", "This one does not leave by itself."),
        (overviews.batch, "2 d", "This is a request of 2 reports: ] shows each."),
        (_sending, "2 r", "A sender is at work now, for 5 s at most. Release it when that is done."),
        (overviews.switched_off_here, "3 m", "Other reports are compared with this one now; open one, or go to 2."),
        (overviews.switched_off_here, "3 m m", "Reports are compared with the one before again."),
        (overviews.failing, "3 m", "No bytes of this one are kept, so nothing can be compared with it."),
        (overviews.receipts_deleted, "3 d", "No receipt is kept here, so there is nothing to delete."),
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
