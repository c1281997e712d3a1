"""The search among the fields: the other word by which it found something, and what it says when it finds none."""

from pathlib import Path

from shimmy_metrics.report.fields import FIELDS
from support import opened, overviews


async def test_a_search_shows_the_other_word_by_which_it_found_something(tmp_path: Path) -> None:
    app = opened.still(tmp_path, overviews.busy())
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "4", "slash", *"location")
        assert "1 field mentions 'location'." in opened.text(app)
        assert "also looked for as: location" in opened.text(app)
        assert app.screen.mark == "region_indicator"  # type: ignore[attr-defined]


async def test_what_was_not_found_is_not_called_unsent(tmp_path: Path) -> None:
    app = opened.still(tmp_path, overviews.busy())
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "4", "slash", *"memq")
        told = f"No field or explanation here contains 'memq'. To be sure, read all {len(FIELDS)}."
        assert told in opened.text(app)
        assert "sent" not in "".join(opened.text(app).splitlines()[2:-1])
