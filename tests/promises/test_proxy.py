"""The proxy in use is said wherever the receiver is named, by host and port alone, and nothing where there is none."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from shimmy_metrics.actions.decide import enable
from shimmy_metrics.actions.overview import overview
from shimmy_metrics.actions.summary import summary
from shimmy_metrics.app.lines import Line
from shimmy_metrics.app.pages.canvas import Canvas
from shimmy_metrics.app.pages.consent import before
from shimmy_metrics.app.pages.outgoing import View, outgoing_page
from shimmy_metrics.app.pages.report import Lens
from shimmy_metrics.app.signs import UNICODE
from shimmy_metrics.cli.status import as_json, as_lines
from shimmy_metrics.cli.told import told
from shimmy_metrics.wording import informed
from support import opened, overviews, samples

PROXY = "http://ada:s3cret@proxy.example:3128/path"
SHOWN = "by way of proxy.example:3128"
ELSEWHERE = "https://elsewhere.example/v1/usage"


def canvas(width: int = 80) -> Canvas:
    return Canvas(width, 24, UNICODE, samples.NOW)


def plain(line: Line) -> str:
    return "".join(span.text for span in line)


def test_status_and_plain_name_the_proxy(tmp_path: Path) -> None:
    profile = samples.profile(tmp_path, HTTPS_PROXY=PROXY)
    enable(profile)
    for text in (
        "\n".join(as_lines(summary(profile))),
        "\n".join(told(overview(profile, samples.FACTS))),
    ):
        assert SHOWN in text
        assert "s3cret" not in text
    assert json.loads(as_json(summary(profile)))["proxy"] == "proxy.example:3128"


def test_where_there_is_no_proxy_nothing_is_said_of_one(tmp_path: Path) -> None:
    profile = samples.profile(tmp_path)
    enable(profile)
    assert "by way of" not in "\n".join([*as_lines(summary(profile)), *told(overview(profile, samples.FACTS))])
    assert json.loads(as_json(summary(profile)))["proxy"] is None
    assert "by way of" not in "".join([*informed(ELSEWHERE), *map(plain, before(canvas(), overviews.idle()))])


@pytest.mark.parametrize("unbroken", [False, True])
@pytest.mark.parametrize("width", [40, 80])
def test_the_wire_names_the_proxy_beside_the_receiver(width: int, unbroken: bool) -> None:
    shown = overviews.busy()._replace(proxy="proxy.example:3128")
    page = outgoing_page(canvas(width), shown, View(lens=Lens.WIRE, unbroken=unbroken), None)
    assert SHOWN in "\n".join(map(plain, page.head))


@pytest.mark.parametrize("width", [40, 80])
def test_the_question_names_the_proxy_where_it_names_the_receiver(width: int) -> None:
    standing = replace(overviews.idle().standing, endpoint=ELSEWHERE)
    shown = overviews.idle()._replace(standing=standing, proxy="proxy.example:3128")
    assert SHOWN in " ".join("".join(map(plain, before(canvas(width), shown))).split())


async def test_who_releases_a_report_is_told_of_the_proxy(tmp_path: Path) -> None:
    shown = overviews.busy()._replace(proxy="proxy.example:3128")
    app = opened.still(tmp_path, shown)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "2", "r")
        assert SHOWN in " ".join(opened.text(app).split())
