"""The question before an export names all that its file holds."""

import json
from pathlib import Path

from shimmy_metrics.actions.export import export
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
