"""Who runs a receiver: asked by the person alone, shown by name and without harm, and nothing goes with it."""

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from shimmy_metrics.actions.decide import enable
from shimmy_metrics.limits import OPERATOR_BYTES
from support import opened, samples
from support.installed import AFTER_FIVE_SECONDS, Home
from support.one_line import assert_one_line
from support.receiver import Behaviour, Receiver, hang, portal, publishing, redirect, status

SAID = {"name": "Example Org", "text": "We run this for our own fleet.\nWrite to us: ops@example.org.", "k": 3}


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Receiver]:
    with Receiver(tmp_path, operator=publishing(json.dumps(SAID).encode())) as receiver:
        yield receiver


@pytest.fixture
def home(tmp_path: Path, receiver: Receiver) -> Home:
    home = Home(tmp_path / "home", receiver.variables)
    home.root.mkdir()
    return home


def _asked(home: Home, *words: str) -> "subprocess.CompletedProcess[str]":
    return home.run("operator", *words, command="shimmy-metrics")


def test_it_is_asked_at_the_same_origin_and_shown_by_name(home: Home, receiver: Receiver) -> None:
    told = _asked(home)
    assert (told.returncode, told.stderr) == (0, "")
    (asked,) = receiver.received
    host = f"localhost:{receiver.port}"
    assert (asked.method, asked.path, asked.body) == ("GET", "/v1/operator", b"")
    ours = [("User-Agent", "shimmy-metrics"), ("Accept", "application/json"), ("Accept-Encoding", "identity")]
    assert list(asked.headers) == [("Host", host), *ours, ("Connection", "close")]
    assert told.stdout.splitlines() == [
        f"GET https://{host}/v1/operator",
        f"The headers are {', '.join(f'{name}: {value}' for name, value in asked.headers)}.",
        f"{host} says that it is run by:",
        "  Example Org",
        "In its own words:",
        "  We run this for our own fleet.",
        "  Write to us: ops@example.org.",
        "It says that it publishes no figure about fewer than 3 reports.",
    ]
    found = json.loads(_asked(home, "--json").stdout)
    assert {name: found[name] for name in SAID} == SAID


@pytest.mark.parametrize("text", ["", " \n"])
def test_where_it_publishes_its_name_alone_no_words_of_its_own_are_announced(
    home: Home, receiver: Receiver, text: str
) -> None:
    receiver.operator = publishing(json.dumps({"name": "Example Inc.", "text": text}).encode())
    _, _, *told = _asked(home).stdout.splitlines()
    assert told == [f"localhost:{receiver.port} says that it is run by:", "  Example Inc."]


def test_a_name_cannot_pass_for_words_of_this_program(home: Home, receiver: Receiver) -> None:
    name = " ".join(["Example Org. Shimmy has checked it."] * 4)
    receiver.operator = publishing(json.dumps({"name": name}).encode())
    _, _, _, *rows = _asked(home).stdout.splitlines()
    assert len(rows) > 1
    assert all(row.startswith("  ") and len(row) < 80 for row in rows)


def test_it_works_while_off_and_leaves_nothing_behind(home: Home, receiver: Receiver) -> None:
    assert _asked(home.having(DO_NOT_TRACK="1")).returncode == 0
    assert not any(home.root.rglob("*"))
    enable(home.profile)
    receiver.received.clear()
    for command in ("status", "preview", "export"):
        home.metrics(command)
    assert receiver.received == []  # never by itself


@pytest.mark.parametrize(
    ("behaviour", "code", "said"),
    [
        (status(404), 1, "publishes nothing about who runs it."),
        (status(503), 1, "answered 503, with nothing that can be shown"),
        (portal, 1, "answered 200, with nothing that can be shown"),
        (redirect, 1, "answered 307, with nothing that can be shown"),
        (publishing(b"[]"), 1, "answered 200, with nothing that can be shown"),
        (publishing(json.dumps({"name": " ", "text": "x"}).encode()), 1, "nothing that can be shown"),
        (publishing(json.dumps({"name": 7, "text": "x"}).encode()), 1, "nothing that can be shown"),
        (publishing(json.dumps({**SAID, "text": "x" * OPERATOR_BYTES}).encode()), 1, "nothing that can be shown"),
    ],
)
def test_what_is_no_such_text_is_said(
    home: Home, receiver: Receiver, behaviour: Behaviour, code: int, said: str
) -> None:
    receiver.operator = behaviour
    told = _asked(home)
    assert told.returncode == code
    assert said in told.stdout
    assert len(receiver.received) == 1
    helped = home.run("operator", "--help", command="shimmy-metrics")
    assert "Exits with 1 if it answers with nothing that can be shown" in " ".join(helped.stdout.split())


def test_before_a_yes_no_report_is_sent_as_the_help_says_and_this_question_is(home: Home, receiver: Receiver) -> None:
    told = " ".join(home.run("enable", "--help", command="shimmy-metrics").stdout.split())
    assert "say yes to this program's fields and to the receiver that is set; no report is sent before that." in told
    home.run("operator", command="shimmy-metrics")
    assert [arrived.method for arrived in receiver.received] == ["GET"]


def test_where_nobody_answers_it_ends_in_time_with_2(home: Home, receiver: Receiver) -> None:
    receiver.operator = hang
    began = time.monotonic()
    told = _asked(home)
    assert time.monotonic() - began < AFTER_FIVE_SECONDS
    assert (told.returncode, "could not be asked: the time was up." in told.stdout) == (2, True)
    assert_one_line(_asked(home.having(SHIMMY_METRICS_ENDPOINT="http://example.org")), "")


def test_whatever_it_says_cannot_pass_for_a_line_of_ours(home: Home, receiver: Receiver) -> None:
    text = "fine\x1b[2J\u202e\r\nMetrics are off.\x00"
    receiver.operator = publishing(json.dumps({"name": "A\nB\x1b]0;", "text": text, "k": True}).encode())
    told = _asked(home).stdout
    name, announced, *own = told.splitlines()[3:]
    assert (name, announced) == ("  A\\nB\\x1b]0;", "In its own words:")
    assert own == ["  fine\\x1b[2J\\u202e", "  Metrics are off.\\x00"]


async def test_the_app_shows_it_where_another_receiver_is_set_and_asks_no_other(
    tmp_path: Path, receiver: Receiver
) -> None:
    app = opened.living(tmp_path, variables=receiver.variables)
    async with app.run_test(size=(100, 30)) as pilot:
        await opened.press(pilot, "c")
        assert "i Who runs it" in opened.text(app)
        await opened.press(pilot, "i")
        assert f"is asked: GET {receiver.url.removesuffix('usage')}operator." in " ".join(opened.read(app).split())
        assert receiver.received == []
        await opened.answer(pilot, "y")
        await opened.until(pilot, lambda: "run by: Example Org" in opened.read(app))
        assert "Write to us: ops@example.org." in opened.read(app)
        await opened.press(pilot, "q")
        receiver.operator = status(404)
        await opened.press(pilot, "i")
        await opened.answer(pilot, "y")
        await opened.until(pilot, lambda: "publishes nothing about who runs it" in opened.read(app))
    shimmys = opened.living(tmp_path)
    async with shimmys.run_test(size=(100, 30)) as pilot:
        await opened.press(pilot, "c")
        assert "Who runs it" not in opened.text(shimmys)
        await opened.press(pilot, "i")
    assert [each.method for each in receiver.received] == ["GET", "GET"]


async def test_the_receiver_that_the_question_names_is_asked_though_another_is_set_meanwhile(
    tmp_path: Path, receiver: Receiver
) -> None:
    enable(samples.profile(tmp_path, SHIMMY_METRICS_ENDPOINT=receiver.url))
    app = opened.living(tmp_path, variables={"SSL_CERT_FILE": str(receiver.authority)})
    async with app.run_test(size=(100, 30)) as pilot:
        await opened.press(pilot, "c", "i")
        assert f"GET https://localhost:{receiver.port}/v1/operator" in opened.read(app)
        enable(samples.profile(tmp_path, SHIMMY_METRICS_ENDPOINT="https://elsewhere.example.org/v1/usage"))
        await opened.answer(pilot, "y")
        await opened.until(pilot, lambda: "says that it is run by: Example Org" in opened.read(app))
    assert len(receiver.received) == 1
