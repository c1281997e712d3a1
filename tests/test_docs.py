"""What is generated from the fields is what the repository holds: one command writes each, and this fails on drift."""

import json
import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from shimmy_metrics import limits
from shimmy_metrics.app import keys
from shimmy_metrics.limits import REPORT_BYTES
from shimmy_metrics.report import identifying, readme_table, schema
from support.installed import BIN
from support.renew import RENEW, SCHEMA

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_published_schema_is_the_fields() -> None:
    assert SCHEMA.read_text(encoding="utf-8") == schema.text(), RENEW


def test_the_readme_s_table_is_the_fields() -> None:
    assert readme_table.renewed(README) == README, RENEW


def test_the_readme_s_words_about_whole_reports_are_what_was_computed() -> None:
    assert "a whole report is nearly always one of a kind" in " ".join(README.split())
    assert min(each.unique for each in identifying.TOGETHER if each.what.startswith("all fields")) > 990


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_a_shell_finds_the_commands_as_the_readme_says(tmp_path: Path) -> None:
    (said,) = re.findall(r"`(export PATH=[^`]+)`", README)
    (tmp_path / ".shimmy-metrics").mkdir()
    (tmp_path / ".shimmy-metrics/bin").symlink_to(BIN)
    asked = f"{said}; command -v shimmy shimmy-metrics"
    environment = {"HOME": str(tmp_path), "PATH": os.defpath}
    found = subprocess.run(["bash", "-c", asked], env=environment, capture_output=True, text=True, check=True).stdout
    assert found.split() == [f"{tmp_path}/.shimmy-metrics/bin/{name}" for name in ("shimmy", "shimmy-metrics")]


def test_the_readme_says_the_true_limit() -> None:
    assert f"at most {REPORT_BYTES:,} bytes" in README


def test_the_readme_s_limits_are_those_in_force() -> None:
    for said in (
        f"What waits: {limits.OUTBOX_REPORTS} reports",
        f"one that is {limits.OUTBOX_DAYS} days old is deleted at the next",
        f"A request is at most {limits.REQUEST_BYTES // 1024} KiB",
        f"the newest {limits.DEPARTURES_KEPT:,} are kept, with the bytes",
        f"the newest {limits.LOCAL_SESSIONS} are kept; of your own figures, {limits.USAGE_DAYS} days up to the newest,",
        f"by day for {limits.USAGE_DAYS} days up to the newest, and those of the newest {limits.LOCAL_SESSIONS} ",
        f"at most {limits.SEND_SECONDS:g} seconds",
        f"heads of up to {limits.HEAD_BYTES // 1024} KiB",
        f"up to {limits.PIPELINE_MAX:,} requests ahead",
        f"read up to {limits.CONFIG_BYTES // 2**20} MiB",
        f"`validate` up to {limits.VALIDATE_BYTES // 2**20} MiB",
    ):
        assert said in " ".join(README.split()), said


def test_the_privacy_page_names_every_variable_that_is_read() -> None:
    privacy = (ROOT / "PRIVACY.md").read_text(encoding="utf-8")
    read = re.compile(r"(?:environment|variables|self)\.get\(\s*\"([A-Za-z_]{2,})\"")
    texts = (file.read_text(encoding="utf-8") for file in (ROOT / "tui").rglob("*.py"))
    found = {name.upper() for text in texts for name in read.findall(text)}
    assert len(found) > 25
    named = {name.upper() for name in re.findall(r"`([A-Za-z_]+)`", privacy)}
    families = tuple(re.findall(r"`([A-Z_]+_)\*`", privacy))
    assert [name for name in sorted(found - named) if not name.startswith(families)] == []


def test_the_readme_names_every_package_that_installing_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    _, _, said = README.partition("Installing asks PyPI for ")
    said = " ".join(said.partition("\n\n")[0].split())
    packages, _, build = said.partition("for the build alone")
    wanted = {re.split(r"[\[<>=]", each)[0] for each in project["project"]["dependencies"]}
    assert packages.startswith("five packages")
    assert len(wanted) == 5
    assert wanted == {each for each in wanted if each in packages}
    assert all(re.split(r"[<>=]", each)[0] in build for each in project["build-system"]["requires"])


def test_every_key_that_the_readme_names_is_bound() -> None:
    readme_table = README.partition("| keys | |")[2].partition("\n\n")[0]
    rows = re.findall(r"^\| (`.+`) \|", readme_table, re.MULTILINE)
    named = [key for row in rows for key in re.findall(r"`([^`]+)`", row)]
    assert len(named) > 25
    groups = (keys.EVERYWHERE, keys.PAGE, keys.NEIGHBOURS, keys.VIEWS, keys.OUTBOX, keys.RECEIPTS, keys.SEARCH)
    bound = {key for group in groups for binding in group for key in binding.key.split(",")}
    assert set(named) - {keys.called(each) for each in bound} - bound == set()


def test_the_readme_s_example_of_a_key_of_one_s_own_is_one() -> None:
    example = re.search(r"`(\{\"metrics\": \{\"keys\".+?\}\}\})`", README)
    assert example
    for name in json.loads(example[1])["metrics"]["keys"]:
        assert name in {binding.id for binding in keys.EVERYWHERE}


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
