"""Whoever has no app reads the same: every fact of its screens stands in the plain lines, with no rule and no box."""

from pathlib import Path

import pytest

from shimmy_metrics.cli.plain_report import plain_report
from shimmy_metrics.report.fields import FIELDS
from shimmy_metrics.report.never import NEVER
from shimmy_metrics.system.text_output import wrap_line
from shimmy_metrics.wording.departures import became, set_aside
from shimmy_metrics.wording.numbers import identifying
from support import overviews
from support.home_terminal import COLUMNS, terminal
from support.installed import Home
from support.outside_container import PROGRAM
from support.samples import NOW
from support.terminal import TESTS


def test_every_fact_of_the_screens_stands_in_the_plain_lines() -> None:
    shown = overviews.busy()
    lines = list(plain_report(shown, NOW))
    text = "\n".join(lines)
    assert lines[0] == "Shimmy metrics: metrics on, held for review."
    assert "47 requests" in text
    for live in shown.running:
        assert live.report.body.decode() in text
    for pending in shown.outbox:
        assert pending.body.decode() in text
        assert pending.sha256 in text
        assert f"{len(pending.body):,} bytes" in text
        assert set_aside(pending) in text
    for departure in shown.departures:
        assert departure.sha256 in text
        assert became(departure, NOW)[1:] in text
    for field in FIELDS:
        found = "\n".join(
            text[text.index(f"  {field.name}: ") :].splitlines()[:4]
        )  # a kind's words may have a line of their own
        for word in (field.kind.bounds, field.meaning, field.purpose, field.source, field.coarsening):
            assert word in found
        assert identifying(field.bits) in found
    for name, fate in NEVER:
        assert f"  {name}: {fate}." in lines
    assert "shimmy config --metrics disable" in text
    assert all(line.isprintable() for line in lines)
    assert not set(text) & set("─━│┃┌┐└┘═║")


def test_what_is_broken_and_what_is_older_is_said() -> None:
    shown = overviews.busy()
    many = tuple(overviews.departure(number, 1, overviews.named(number)) for number in range(40, 10, -1))
    lines = list(plain_report(shown._replace(entries=many, broken=(f"departure {many[0].row_id}",)), NOW))
    assert "  The chain is broken here: this is not as it was written." in lines
    assert "  20 older ones: shimmy-metrics history" in lines


def test_before_anything_runs_an_example_is_told_and_called_one() -> None:
    shown = overviews.undecided()
    lines = list(plain_report(shown, NOW))
    assert f"  {shown.example.body.decode()}" in lines
    assert "  An example: this machine's facts, and a session in which nothing happened. It is not sent." in lines
    assert any(shown.example.sha256 in line for line in lines)


@pytest.mark.parametrize("columns", [20, 40, 80, 132])
def test_lines_are_wrapped_between_words_and_a_report_behind_its_commas(columns: int) -> None:
    for line in plain_report(overviews.busy(), NOW):
        parts = wrap_line(line, columns).split("\n")
        indent = len(line) - len(line.lstrip())
        report = line.lstrip().startswith(("{", "["))
        joint = "" if report else " "
        assert all(len(part) < columns or (joint or ",") not in part.strip().rstrip(",") for part in parts)
        assert all(part[:indent].isspace() for part in parts if indent)
        assert joint.join(part.strip() for part in parts) == line.strip()


def _as_one(lines: list[str]) -> str:
    return "".join("".join(lines).split())


def test_a_terminal_gets_wrapped_lines_and_what_can_be_typed_and_a_pipe_gets_whole_ones(tmp_path: Path) -> None:
    home = Home(tmp_path, {"TERM": "dumb", "PYTHONPATH": str(TESTS)})
    piped = home.run("tui", "--plain").stdout.splitlines()
    assert max(map(len, piped)) > 500
    with terminal(home, *PROGRAM, "60", "tui", "--plain") as there:
        assert there.printed("\nenable, hold, only, no or later> ")
        lines = there.output.decode().replace("\r\n", "\n").split("\n")
    assert all(len(line) < COLUMNS for line in lines)
    assert _as_one(lines).startswith(_as_one(piped))


@pytest.mark.parametrize(("asked", "widest"), [("72", 72), ("400", 100)])
def test_columns_is_heeded_up_to_100(tmp_path: Path, asked: str, widest: int) -> None:
    home = Home(tmp_path, {"TERM": "dumb", "COLUMNS": asked})
    for command, words in (("shimmy", ["tui", "--plain"]), ("shimmy-metrics", ["usage", "--help"])):
        lines = home.run(*words, command=command).stdout.splitlines()
        assert widest - 25 < max(map(len, lines)) < widest, words
