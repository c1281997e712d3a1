"""The question before an export names all that its file holds."""

import json
from pathlib import Path

from textual.widgets import Input

from shimmy_metrics.actions.export import export
from shimmy_metrics.actions.files import FileKind, files
from shimmy_metrics.app.screens.export.screen import DELETED_TOO
from shimmy_metrics.wording.files import USES
from support import opened


async def test_export_names_all_that_its_file_has(tmp_path: Path) -> None:
    opened.with_a_report(tmp_path)
    app = opened.living(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "x")
        await opened.until(pilot, lambda: "Save and copy" in opened.text(app))
        told = opened.read(app)
    named = {
        "config": "config",
        "sessions": "sessions",
        "outbox": "waiting",
        "receipts": "History",
        "departures": "History",
        "notes": "History",
        "days": "your own figures of 0 days",
        "log": "the log",
        "meta": "the store's own notes",
    }
    assert {*json.loads(export(app.profile))} - {"format"} == {*named}
    assert all(each in told for each in named.values())


async def test_before_it_is_saved_it_says_that_delete_all_deletes_it_too(tmp_path: Path) -> None:
    app = opened.living(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "x")
        await opened.until(pilot, lambda: "Save and copy" in opened.text(app))
        assert f"can read; {DELETED_TOO}" in opened.read(app)
        await opened.press(pilot, "p")
        app.screen.query_one(Input).value = str(tmp_path / "mine.json")
        await opened.press(pilot, "enter")
        assert "that only you can read" in opened.read(app)
        assert DELETED_TOO not in opened.read(app)


def test_that_is_so_of_one_written_by_hand_as_well(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    profile = opened.profile_of(tmp_path)._replace(home=home)
    for name in ("shimmy-metrics-2026-11-23.json", "mine.json"):
        (home / name).write_bytes(export(profile))
    (found,) = (each for each in files(profile) if each.kind is FileKind.EXPORT)
    assert found.path == str(home / "shimmy-metrics-2026-11-23.json")
    assert "saved from the app" not in USES[FileKind.EXPORT]
