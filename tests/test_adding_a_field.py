"""Adding a field is where it is measured and one row; everything else follows by one command. Tried in a copy."""

import json
import os
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from shimmy_metrics.report.field import Field
from shimmy_metrics.report.fields import NEWEST
from support import added_field
from support.added_field import NAME
from support.renew import COMMAND

STATED = {
    "units/report/test_measured_to_sent.py::test_a_report_is_what_was_measured_and_coarsened",
    "units/report/test_measured_to_sent.py::test_the_raw_values_are_exact_and_worded",
    "units/report/test_kinds.py::test_the_counters_and_times_that_are_rounded_are_these",
}
"""The tests that state what a report holds: whoever adds a field says there what is expected of it."""

TRIED = ("units/report", "units/consent", "units/config/test_codec.py", "units/config/test_file.py",
         "units/delivery/test_seal_rules.py", "app/test_views.py")  # fmt: skip
"""Where a field, its version or its counter could be spelled out."""


def _run(root: Path, *words: str, code: int = 0) -> str:
    """Run a module of the copy and return what it prints."""
    paths = os.pathsep.join(str(root / folder) for folder in ("tui", "tests"))
    environment = {**os.environ, "PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1"}
    made = subprocess.run(
        [sys.executable, "-m", *words],
        cwd=root / "tests",
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == code, made.stdout + made.stderr
    return made.stdout


def test_a_row_without_its_group_bits_version_or_texts_is_none() -> None:
    assert Field._field_defaults == {"section": "metrics", "monthly": False, "also": ()}


@pytest.mark.parametrize("reports", [500, pytest.param(100_000, marks=pytest.mark.long)])
def test_a_row_is_all_it_takes(tmp_path: Path, reports: int) -> None:
    root = added_field.copied(tmp_path)
    added_field.add(root, since=NEWEST + 1)
    added_field.fewer_reports(root, reports)
    renew = COMMAND.split()[2:]
    _run(root, *renew, "fields", "schema", "readme")
    assert "renewed" not in _run(root, *renew, "fields", "schema", "readme")

    told = json.loads(_run(root, "support.added_field"))
    assert told["schema_version"] == NEWEST + 1
    assert told["new"] == [NAME]
    assert told["report"]["metrics"][NAME] == 120
    assert NAME not in told["older"]["metrics"]
    assert told["validated"] == []
    assert told["received"] == [200, [told["report"]["session_id"]]]
    assert NAME in told["screen"]

    schema = json.loads((root / "tui/shimmy_metrics/report/report.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(told["report"], schema)
    assert NAME in schema["properties"]["metrics"]["required"]
    (line,) = [
        line for line in (root / "README.md").read_text(encoding="utf-8").splitlines() if f"`metrics.{NAME}`" in line
    ]
    assert "to know what load to test against" in line
    assert not line.endswith("| 0.0 |")


@pytest.mark.long
def test_only_the_tests_that_state_what_a_report_holds_want_to_know_of_it(tmp_path: Path) -> None:
    root = added_field.copied(tmp_path, "tests")
    added_field.add(root, since=NEWEST + 1)
    _run(root, *COMMAND.split()[2:], "fields", "schema", "readme")
    told = _run(root, "pytest", "-q", "-m", "not long", "--tb=no", "--rootdir", str(root / "tests"), *TRIED, code=1)
    assert {line.split()[1] for line in told.splitlines() if line.startswith("FAILED")} == STATED, told
