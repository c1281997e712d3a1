"""The question before an export names what its file holds, and nothing else."""

import json
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Input

from shimmy_metrics.actions.export import export, held
from shimmy_metrics.actions.files import FileKind, files
from shimmy_metrics.actions.forget import forget
from shimmy_metrics.app.commands.files import _parts
from shimmy_metrics.app.screens.export.screen import DELETED_TOO
from shimmy_metrics.wording.files import USES
from support import opened, samples

NAMED = {
    "config": "config",
    "sessions": "1 session",
    "outbox": "1 report waiting",
    "departures": "2 entries of History",
    "notes": "2 entries of History",
    "days": "your own figures of 1 day",
    "log": "the log",
    "meta": "the store's own notes",
}
"""How each part of an export is named; a receipt has its departure in History."""


async def _asked(root: Path) -> tuple[str, dict[str, Any]]:
    """Return what the question says of the file, and what the file would hold."""
    app = opened.living(root)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "x")
        await opened.until(pilot, lambda: "Save and copy" in opened.text(app))
        return opened.read(app), json.loads(export(app.profile))


async def test_export_names_what_its_file_has_and_nothing_else(tmp_path: Path) -> None:
    opened.with_a_report(tmp_path)
    told, held = await _asked(tmp_path)
    assert held["config"]
    assert held["outbox"]
    for part, named in NAMED.items():
        assert (named in told) is bool(held[part])


@pytest.mark.parametrize("before", [False, True])
async def test_an_export_of_nothing_names_nothing_also_where_all_was_deleted(tmp_path: Path, *, before: bool) -> None:
    if before:
        profile = opened.with_a_report(tmp_path)
        forget(profile)
        profile.config_path.unlink()
    told, held = await _asked(tmp_path)
    assert not any(part for name, part in held.items() if name != "format")
    assert "nothing is kept here:" in told
    assert not any(named in told for named in NAMED.values())


@pytest.mark.parametrize("part", NAMED)
def test_each_part_is_named_by_itself(part: str) -> None:
    empty: dict[str, list[str]] = {name: [] for name in held(samples.profile(Path("/nowhere")))}
    assert {*empty} == {*NAMED, "format", "receipts"}
    number = 2 if "History" in NAMED[part] else 1
    assert [*_parts({**empty, part: [part] * number})] == [NAMED[part]]


async def test_in_the_demo_delete_all_finds_no_export_and_is_not_said_to(tmp_path: Path) -> None:
    app = opened.living(tmp_path)  # as the demo's: its profile lies below one folder, and knows no home
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "x")
        await opened.until(pilot, lambda: "Save and copy" in opened.text(app))
        assert "a new file that only you can read" in opened.read(app)
        assert DELETED_TOO not in opened.read(app)


async def test_before_it_is_saved_it_says_that_delete_all_deletes_it_too(tmp_path: Path) -> None:
    app = opened.living(tmp_path)
    app.profile = app.profile._replace(home=tmp_path)
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
