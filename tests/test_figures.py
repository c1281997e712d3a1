"""The figures of the README: what is stored is what it shows, and nothing that is measured is missing there.

The numbers are those of a run on one machine, so none is compared here.
"""

import re
from datetime import date
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from benchmarks import app_speed, receiver, relay, start_up
from benchmarks.chart import svg, top_of
from benchmarks.figures import (
    BEGIN,
    COMMAND,
    CURVES,
    END,
    STORED,
    Chart,
    Figures,
    Row,
    Series,
    block,
    from_json,
    renewed,
    to_json,
)

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
MADE = Figures(
    "2026-11-28",
    "2 cores",
    {"µs CPU": {"nginx": 10.0, "LiteLLM": 10_123.4, "metered": 16.5}, "many": {"nginx": 1.0, "metered": 2.0}},
    [Row("starting, status", 3.333, "x bare Python")],
    [Chart("Sizes <", "bytes", "µs", [Series("metered", [(1, 2.0), (1_000, 9.5)]), Series("other", [(1, 0.0)])])],
)
SVG = "{http://www.w3.org/2000/svg}"


def _stored() -> Figures:
    return from_json(STORED.read_text(encoding="utf-8"))


def test_the_readme_and_the_curves_are_those_of_the_figures_that_are_stored() -> None:
    again = f"run {COMMAND} from tests/, on a machine left alone"
    assert renewed(README, _stored()) == README, again
    assert svg(_stored().charts) == CURVES.read_text(encoding="utf-8"), again
    assert COMMAND in BEGIN


def test_every_row_and_curve_that_is_measured_is_there() -> None:
    figures = _stored()
    starting = [f"starting: {name}" for name in start_up.COMMANDS]
    app = [app_speed.QUESTION, app_speed.EMPTY, app_speed.IDLE, app_speed.COUNTING, app_speed.IN_USE]
    assert list(figures.relayed) == list(relay.ROWS)
    assert all({"carried", "metered"} <= set(by_way) for by_way in figures.relayed.values())
    assert [row.what for row in figures.rows] == [*starting, *app, receiver.COST, receiver.RATE]
    assert [chart.title for chart in figures.charts] == [
        "Connections", "Requests", "Models", "Bodies", "Receipts", "The receiver",
    ]  # fmt: skip
    for chart in figures.charts:
        assert all(len(line.points) > 2 and all(y >= 0 for _, y in line.points) for line in chart.lines), chart.title


def test_day_and_machine_are_told_and_no_name_of_it() -> None:
    figures = _stored()
    assert date.fromisoformat(figures.date) > date(2026, 1, 1)
    assert re.fullmatch(
        r"\d+ cores, Python 3\.\d+\.\d+ with (?:uvloop|asyncio's loop), \w+ [\d.]+ on \w+", figures.machine
    )
    assert figures.machine in README.partition(BEGIN)[2].partition(END)[0]


def test_what_is_stored_reads_back_the_same() -> None:
    again = from_json(to_json(MADE))
    assert again.relayed == MADE.relayed
    assert again.rows == MADE.rows
    assert to_json(again) == to_json(MADE)


def test_a_table_compares_with_nginx_only_where_it_was_measured() -> None:
    told = block(MADE).splitlines()
    assert told[0] == "Measured on 2026-11-28: 2 cores."
    assert told[2:6] == [
        "|  | nginx | LiteLLM | metered | metered x nginx |",
        "|---|---|---|---|---|",
        "| µs CPU | 10.0 | 10,123 | 16.5 | 1.65 |",
        "| many | 1.0 | – | 2.0 | 2.00 |",
    ]
    assert "| starting, status | 3.33 x bare Python |" in told
    alone = block(MADE._replace(relayed={"µs CPU": {"carried": 9.0, "metered": 16.5}})).splitlines()
    assert alone[2:5] == ["|  | carried | metered |", "|---|---|---|", "| µs CPU | 9.0 | 16.5 |"]


def test_the_curves_are_a_picture_of_its_own_in_light_and_dark() -> None:
    drawn = svg(MADE.charts)
    picture = ET.fromstring(drawn)
    words = [each.text for each in picture.iter(f"{SVG}text")]
    assert {"Sizes <", "bytes", "µs", "metered", "other", "1", "1k", "10", "5", "0"} == set(words)
    width, height = float(picture.attrib["width"]), float(picture.attrib["height"])
    circles = list(picture.iter(f"{SVG}circle"))
    assert len(circles) == 3 + 2
    assert all(0 < float(each.attrib["cx"]) < width and 0 < float(each.attrib["cy"]) < height for each in circles)
    assert "prefers-color-scheme:dark" in drawn
    assert "http" not in drawn.replace("http://www.w3.org/2000/svg", "")


@pytest.mark.parametrize(("most", "top"), [(1.0, 1), (1.1, 2), (4.2, 5), (5.1, 10), (42.5, 50), (0.031, 0.05)])
def test_an_axis_ends_with_a_round_number(most: float, top: float) -> None:
    assert top_of(most) == pytest.approx(top)
