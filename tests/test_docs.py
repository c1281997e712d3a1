"""What is generated from the fields is what the repository holds: one command writes each, and this fails on drift."""

import re
from pathlib import Path

from shimmy_metrics.limits import REPORT_BYTES
from shimmy_metrics.report import schema, table

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_published_schema_is_the_fields() -> None:
    published = ROOT / "tui/shimmy_metrics/report/report.schema.json"
    assert published.read_text(encoding="utf-8") == schema.text()


def test_the_readme_s_table_is_the_fields() -> None:
    assert table.renewed(README) == README


def test_the_readme_says_the_true_limit() -> None:
    assert f"at most {REPORT_BYTES:,} bytes" in README


def test_every_picture_and_file_that_the_readme_names_is_there() -> None:
    named = re.findall(r"\]\(([^)]+)\)|`(tui/[^`]+)`|src=\"([^\"]+)\"", README)
    paths = [path for each in named for path in each if path and not path.startswith("http")]
    assert paths
    for path in paths:
        assert (ROOT / path).exists(), path


def test_nothing_names_a_machine_or_a_registry() -> None:
    for path in [
        *ROOT.glob("*.md"),
        *ROOT.glob("*.toml"),
        *(ROOT / "tui").rglob("*.py"),
        *(ROOT / "tests").rglob("*.py"),
    ]:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"/(?:work|root)/\w", text), path
