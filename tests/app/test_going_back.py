"""Going back undoes what Enter did, before it leaves; and Enter opens no page for what is in view already."""

from pathlib import Path

import pytest

from support import opened, overviews


async def test_back_from_one_report_of_a_request_shows_the_request(tmp_path: Path) -> None:
    app = opened.still(tmp_path, overviews.batch())
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "2")
        whole = opened.text(app)
        assert "q Quit" in whole
        await opened.press(pilot, "j", "enter")
        alone = opened.text(app)
        assert "Compared with" in alone
        assert "q Back" in alone
        await opened.press(pilot, "q")
        assert "q Quit" in opened.text(app)
        assert opened.text(app).splitlines()[2:5] == whole.splitlines()[2:5]


async def test_back_from_one_report_of_a_receipt_shows_the_receipt(tmp_path: Path) -> None:
    app = opened.still(tmp_path, overviews.busy())
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "3", "j", "enter", "h", "h", "enter")
        assert "Its reports" not in opened.text(app)
        await opened.press(pilot, "q")
        assert "Its reports" in opened.text(app)
        await opened.press(pilot, "q")
        assert len(app.screen_stack) == 1


@pytest.mark.parametrize(("height", "pages"), [(40, 1), (9, 2)])
async def test_enter_opens_a_page_for_what_does_not_stand_beside_the_list_alone(
    tmp_path: Path, height: int, pages: int
) -> None:
    app = opened.still(tmp_path, overviews.busy())
    async with app.run_test(size=(200, height)) as pilot:
        await opened.press(pilot, "4", "j", "j", "enter")
        assert len(app.screen_stack) == pages
        assert ("All of it stands beside the list." in opened.text(app)) is (pages == 1)
