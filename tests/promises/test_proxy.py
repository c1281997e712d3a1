"""The proxy in use is said wherever the receiver is named, by host and port alone; SOCKS is spoken, and kept to."""

import json
import re
from pathlib import Path

import pytest

from shimmy_metrics.actions.decide import enable
from shimmy_metrics.actions.overview import overview
from shimmy_metrics.actions.status import read_status
from shimmy_metrics.app.screens.consent.view import before
from shimmy_metrics.app.screens.outgoing.view import outgoing_view
from shimmy_metrics.app.screens.report.view import Selection, View
from shimmy_metrics.app.terminal.glyphs import UNICODE
from shimmy_metrics.app.ui.layout import Canvas
from shimmy_metrics.app.ui.text import Line
from shimmy_metrics.cli.plain_report import plain_report
from shimmy_metrics.cli.status_report import as_json, as_lines
from shimmy_metrics.delivery.proxy import UNUSABLE
from shimmy_metrics.wording.consent_question import disclosure
from support import opened, overviews, samples
from support.installed import Home
from support.queue_report import queue_report
from support.reading import unwrapped
from support.receiver import Receiver
from support.socks import SocksProxy

PROXY = "http://ada:s3cret@proxy.example:3128/path"
SHOWN = "through proxy.example:3128"
NAMED = re.compile(r"(^|, )through ")
ELSEWHERE = "https://elsewhere.example/v1/usage"


def canvas(width: int = 80) -> Canvas:
    return Canvas(width, 24, UNICODE, samples.NOW)


def plain(line: Line) -> str:
    return "".join(span.text for span in line)


def test_status_and_plain_name_the_proxy(tmp_path: Path) -> None:
    profile = samples.profile(tmp_path, HTTPS_PROXY=PROXY)
    enable(profile)
    for text in (
        "\n".join(as_lines(read_status(profile))),
        "\n".join(plain_report(overview(profile, samples.FACTS), samples.NOW)),
    ):
        assert SHOWN in text
        assert "s3cret" not in text
    assert json.loads(as_json(read_status(profile)))["proxy"] == "proxy.example:3128"


def test_where_there_is_no_proxy_nothing_is_said_of_one(tmp_path: Path) -> None:
    profile = samples.profile(tmp_path)
    enable(profile)
    said = [*as_lines(read_status(profile)), *plain_report(overview(profile, samples.FACTS), samples.NOW)]
    assert not any(NAMED.search(line) for line in said)
    assert json.loads(as_json(read_status(profile)))["proxy"] is None
    asked = [*disclosure(ELSEWHERE), *map(plain, before(canvas(), overviews.idle()))]
    assert not any(NAMED.search(line) for line in asked)


@pytest.mark.parametrize("unbroken", [False, True])
@pytest.mark.parametrize("width", [40, 80])
def test_the_wire_names_the_proxy_beside_the_receiver(width: int, unbroken: bool) -> None:
    shown = overviews.busy()._replace(proxy="proxy.example:3128")
    page = outgoing_view(canvas(width), shown, Selection(view=View.WIRE, unbroken=unbroken), None)
    assert SHOWN in "\n".join(map(plain, page.head))


@pytest.mark.parametrize("width", [40, 80])
def test_the_question_names_the_proxy_where_it_names_the_receiver(width: int) -> None:
    consent = overviews.idle().consent._replace(endpoint=ELSEWHERE)
    shown = overviews.idle()._replace(consent=consent, proxy="proxy.example:3128")
    assert SHOWN in unwrapped("\n".join(map(plain, before(canvas(width), shown))))


async def test_who_releases_a_report_is_told_of_the_proxy(tmp_path: Path) -> None:
    shown = overviews.busy()._replace(proxy="proxy.example:3128")
    app = opened.still(tmp_path, shown)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "2", "r")
        assert SHOWN in " ".join(opened.text(app).split())


def _send(home: Home) -> bytes:
    """Let a report wait, run a sender to its end, and return the report."""
    home.agree()
    waiting = queue_report(home)
    home.run("-m", "shimmy_metrics.delivery", command="python")
    return waiting.body


HERE = "0.0.0.0"  # leads here as well, and is no loopback address by its form: so a proxy serves it


def _proxied(receiver: Receiver, root: Path, proxy: str, **more: str) -> Home:
    return Home(root, {**receiver.variables, "HTTPS_PROXY": "", "ALL_PROXY": proxy, **more})


@pytest.mark.parametrize("scheme", ["socks5", "socks5h"])
def test_a_socks_proxy_is_used_and_names_are_left_to_it(tmp_path: Path, scheme: str) -> None:
    with Receiver(tmp_path, name="receiver.test") as receiver, SocksProxy() as proxy:
        home = _proxied(receiver, tmp_path, f"{scheme}://{proxy.place}")
        waiting = _send(home)
        assert proxy.asked == [("receiver.test", receiver.port)]
        (arrived,) = receiver.received
        assert arrived.body == waiting
        told = json.loads(home.metrics("status", "--json").stdout)
        assert (told["reports_due"], told["receipts"], told["proxy"]) == (0, 1, proxy.place)


def test_a_socks_proxy_s_password_is_given_and_shown_nowhere(tmp_path: Path) -> None:
    with Receiver(tmp_path, name="receiver.test") as receiver, SocksProxy(password="s3cret/@") as proxy:
        home = _proxied(receiver, tmp_path, f"socks5://ada:s3cret%2F%40@{proxy.place}")
        _send(home)
        assert proxy.passwords == [("ada", "s3cret/@")]
        assert len(receiver.received) == 1
        said = home.metrics("status")
        assert proxy.place in said.stdout
        assert "s3cret" not in said.stdout + said.stderr + home.metrics("export").stdout
        assert b"s3cret" not in b"".join(each.read_bytes() for each in home.profile.state_path.iterdir())


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:9", "socks4://127.0.0.1:9", "http://ada:1815#s3cret@p:1"])
def test_a_proxy_that_cannot_be_used_leaves_the_report_where_it_is(tmp_path: Path, proxy: str) -> None:
    # The receiver could be reached without it: going past the proxy is not what was asked for.
    with Receiver(tmp_path, name=HERE) as receiver:
        home = _proxied(receiver, tmp_path, proxy)
        _send(home)
        assert receiver.received == []
        told = json.loads(home.metrics("status", "--json").stdout)
        assert (told["reports_due"], told["receipts"]) == (1, 0)
        assert told["proxy"] == ("127.0.0.1:9" if proxy.startswith("socks5") else UNUSABLE)


def test_what_no_proxy_names_is_reached_without_it(tmp_path: Path) -> None:
    with Receiver(tmp_path, name=HERE) as receiver, SocksProxy() as proxy:
        home = _proxied(receiver, tmp_path, f"socks5://{proxy.place}", NO_PROXY="10.0.0.0/8, 0.0.0.0/8")
        _send(home)
        assert (proxy.asked, len(receiver.received)) == ([], 1)
        assert json.loads(home.metrics("status", "--json").stdout)["proxy"] is None
    with Receiver(tmp_path, name=HERE) as receiver, SocksProxy() as proxy:
        home = _proxied(receiver, tmp_path / "other", f"socks5://{proxy.place}", NO_PROXY=f"{HERE}:443")
        home.root.mkdir()
        _send(home)
        assert (proxy.asked, len(receiver.received)) == ([(HERE, receiver.port)], 1)
