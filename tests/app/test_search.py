"""The search among the fields: the other word by which it found something, and what it says when it finds none."""

from pathlib import Path

import pytest

from shimmy_metrics.actions.files import FileKind, OwnFile
from shimmy_metrics.report.fields import FIELDS
from support import opened, overviews


async def test_a_search_shows_the_other_word_by_which_it_found_something(tmp_path: Path) -> None:
    app = opened.still(tmp_path, overviews.busy())
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "4", "slash", *"location")
        assert "1 field mentions 'location'." in opened.text(app)
        assert "also looked for as: location" in opened.text(app)
        assert app.screen.mark == "region_indicator"  # type: ignore[attr-defined]  # the screen of Fields has one


@pytest.mark.parametrize(("word", "never"), [("model", "model names"), ("IP", "IP addresses"), ("user", "user name")])
async def test_what_is_never_sent_is_in_view_where_its_name_begins_with_the_word(
    tmp_path: Path, word: str, never: str
) -> None:
    app = opened.still(tmp_path, overviews.busy())
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "4", "slash", *word)
        shown = [line.strip("› ") for line in opened.text(app).splitlines()]
        assert any(line.startswith(never) for line in shown)
        assert app.screen.mark == never  # type: ignore[attr-defined]  # the screen of Fields has one


@pytest.mark.parametrize("word", ["disk", "files"])
async def test_who_looks_for_the_files_is_led_to_their_list(tmp_path: Path, word: str) -> None:
    config = OwnFile(str(tmp_path / "config.json"), FileKind.CONFIG, 120)
    for files, led in (((config,), True), ((), False)):
        app = opened.still(tmp_path, overviews.busy()._replace(files=files))
        async with app.run_test(size=(80, 24)) as pilot:
            await opened.press(pilot, "4", "slash", *word)
            assert ("Each file on this disk: c, then Space." in opened.text(app)) is led
            await opened.press(pilot, "enter", "c", "question_mark")
            assert ("more: the files on disk" in opened.text(app)) is led
            if led:
                await opened.press(pilot, "q", "space")
                assert "config.json" in opened.text(app)


async def test_what_was_not_found_is_not_called_unsent(tmp_path: Path) -> None:
    app = opened.still(tmp_path, overviews.busy())
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "4", "slash", *"memq")
        told = f"No field's name, meaning, source or purpose has 'memq' in it. To be sure, read all {len(FIELDS)}."
        assert told in " ".join(opened.text(app).split())
        assert "sent" not in "".join(opened.text(app).splitlines()[2:-1])
