"""A copy of the repository with one more field, made as CONTRIBUTING says: where it is measured, and its row.

`python -m support.added_field`, run in the copy's `tests/`, prints as JSON what each part of the product makes of it.
"""

import asyncio
import json
import re
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from support.renew import ROOT

NAME: Final = "longest_minute"
_LEFT_OUT: Final = shutil.ignore_patterns("__pycache__")


def copied(target: Path, tests: str = "tests/support") -> Path:
    """Copy what the generators read, what the product runs, and a folder of tests; return the copy's root."""
    for folder in ("tui", "styles", tests):
        shutil.copytree(ROOT / folder, target / folder, ignore=_LEFT_OUT)
    for file in ("README.md", "pyproject.toml"):
        shutil.copy(ROOT / file, target / file)
    return target


def add(root: Path, since: int) -> None:
    """Measure one more thing and add its row to the table: all that CONTRIBUTING asks a person to write."""
    package = root / "tui/shimmy_metrics"
    _insert(package / "counters.py", "    peak_hour: int = 0\n", "    longest_minute: int = 0\n")
    _insert(
        package / "aggregate.py",
        "            peak_hour=self._peak_hour,\n",
        "            longest_minute=max(self._minutes),\n",
    )
    row = f"""    Field(
        "{NAME}",
        Integer(990, rounded=True),
        on_screen=(Group.SPEED, 3),
        meaning="Requests in the busiest of the last minutes.",
        source="counted as they pass, by the minute",
        coarsening="two significant digits",
        purpose="to know what load to test against",
        bits=0.0,
        since={since},
        value=lambda m: coarsen.rounded(m.counters.longest_minute, 990),
        measured=lambda m: f"{{m.counters.longest_minute:,}}",
    ),
"""
    table = package / "report/fields/metrics.py"
    text = table.read_text(encoding="utf-8")
    end = "    ),\n)\n"
    assert text.endswith(end)
    table.write_text(text.removesuffix(end) + "    ),\n" + row + ")\n", encoding="utf-8")
    _insert(package / "report/population.py", "        uptime_s=uptime,\n", "        longest_minute=requests // 10,\n")


def fewer_reports(root: Path, reports: int) -> None:
    """Let the copy compute its figures over a smaller population: in seconds, and no figure is looked at."""
    path = root / "tui/shimmy_metrics/report/identifying.py"
    text = path.read_text(encoding="utf-8")
    made = re.sub(r"(?m)^(REPORTS: Final = )[\d_]+$", rf"\g<1>{reports}", text)
    assert made != text
    path.write_text(made, encoding="utf-8")


def _insert(path: Path, after: str, line: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert after in text
    path.write_text(text.replace(after, after + line), encoding="utf-8")


def told() -> dict[str, Any]:
    """Return what this process's product makes of the new field."""
    from shimmy_metrics.actions.validate import validate_given
    from shimmy_metrics.aggregate import Aggregate
    from shimmy_metrics.consent.state import SCHEMA_VERSION
    from shimmy_metrics.report.build import build
    from shimmy_metrics.report.fields import new_since
    from shimmy_metrics.report.seal import seal
    from support import overviews, samples
    from support.opened import press, still, text
    from support.responding import respond

    async def fields_screen(root: Path) -> str:
        app = still(root, overviews.idle())
        async with app.run_test(size=(120, 50)) as pilot:
            await press(pilot, "4")
            return text(app)

    counters = Aggregate(started=0.0).snapshot(60.0)._replace(longest_minute=123)  # type: ignore[call-arg]  # the field that is added
    measured = samples.measured(counters=counters)
    report, older = (build(measured._replace(schema_version=version)) for version in (SCHEMA_VERSION, 1))
    body = seal(report).body
    received = respond(body)
    with tempfile.TemporaryDirectory() as folder:
        validated = validate_given(body, samples.profile(Path(folder)))
        screen = asyncio.run(fields_screen(Path(folder)))
    return {
        "schema_version": SCHEMA_VERSION,
        "new": [field.name for field in new_since(SCHEMA_VERSION - 1)],
        "report": report,
        "older": older,
        "validated": [*map(str, validated.violations)],
        "received": [received.status, json.loads(received.body)["stored"]],
        "screen": screen,
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(told()))
