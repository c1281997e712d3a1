"""The search among the fields: other words for them, the beginnings of words, and what it says when it finds none."""

from pathlib import Path

import pytest

from shimmy_metrics.report.fields import FIELDS
from shimmy_metrics.report.search import best, found
from support import opened, overviews


@pytest.mark.parametrize(
    ("word", "field"),
    [
        ("location", "region_indicator"),
        ("country", "region_indicator"),
        ("timezone", "region_indicator"),
        ("time zone", "region_indicator"),
        ("uptime", "session_duration_minutes"),
        ("RAM", "memory_gb"),
        ("OS", "platform"),
        ("user agent", "integration_type"),
        ("User-Agent", "integration_type"),
        ("vscode", "integration_type"),
        ("GPU model", "hardware models"),
        ("IP", "IP addresses"),
    ],
)
def test_a_search_knows_what_people_call_it(word: str, field: str) -> None:
    assert field in found(word)


def test_the_beginning_of_a_word_counts_before_its_middle() -> None:
    assert [*found("ram")] == ["memory_gb", "server memory use"]
    assert best("ram") == "memory_gb"
    assert "region_indicator" in found("ndicator")


@pytest.mark.parametrize("search", ["ſ", "(", "\\", "[a-"])
def test_what_is_typed_is_no_pattern(search: str) -> None:
    assert all(search in text for text in found(search).values())


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
