"""What the commands say beside an answer, and what the question in lines of text says to a word that is none."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from shimmy_metrics.consent.endpoint import ENDPOINT
from shimmy_metrics.demo.toy_server import ToyServer
from shimmy_metrics.records import QueueState
from shimmy_metrics.wording.consent_question import disclosure
from shimmy_metrics.wording.receiver import YOUR_ADDRESS
from support.home_terminal import terminal
from support.installed import Home, wait_until
from support.outside_container import PROGRAM
from support.queue_report import FIRST, SECOND, queue_report
from support.servers import free_port, listening

NOWHERE = "http://127.0.0.1:9/v1/usage"
MOVED = "http://127.0.0.1:10/v1/usage"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path, {"SHIMMY_METRICS_ENDPOINT": NOWHERE})


@pytest.fixture
def upstream() -> Iterator[str]:
    with ToyServer() as toy:
        yield toy.url


def test_a_yes_names_the_receiver_and_both_ways_on(home: Home) -> None:
    told = home.metrics("enable").stdout.splitlines()
    assert f"to {NOWHERE}" in told
    assert YOUR_ADDRESS in told
    last = "See what would be sent: shimmy config --metrics preview. Withdraw: shimmy config --metrics disable."
    assert told[-1] == last


def test_a_yes_to_shimmy_s_own_receiver_names_who_runs_it_and_what_for(home: Home) -> None:
    own = home.having(SHIMMY_METRICS_ENDPOINT=ENDPOINT)
    for told in (own.metrics("enable").stdout, own.run("enable", "--help", command="shimmy-metrics").stdout):
        words = " ".join(told.split())
        assert " ".join(disclosure(ENDPOINT)) in words
        assert YOUR_ADDRESS in words


def test_a_no_with_nothing_to_delete_says_that_nothing_was_waiting(home: Home) -> None:
    assert home.metrics("disable").stdout.splitlines()[-1] == "Nothing is waiting."
    home.agree()
    queue_report(home)
    assert "Nothing is waiting." not in home.metrics("disable").stdout


def test_where_reports_are_held_for_an_earlier_yes_the_way_to_release_them_is_said_and_leads_there(home: Home) -> None:
    home.agree()
    queue_report(home)
    moved = home.having(SHIMMY_METRICS_ENDPOINT=MOVED)
    assert "Press 2, then r in the app, or run shimmy-metrics release ID." in moved.metrics("enable").stdout
    shown = moved.run("preview", FIRST, command="shimmy-metrics")
    assert shown.stderr.startswith(f"What shimmy-metrics release {FIRST} would send: 1 report, ")
    released = moved.run("release", FIRST, command="shimmy-metrics")
    assert released.stdout.startswith(f"Releasing to {MOVED}: 1 report, ")
    assert "Nothing sent to 127.0.0.1:10" in released.stdout
    assert "Released" not in released.stdout


@pytest.mark.parametrize("number", [1, 2])
def test_of_several_held_reports_is_said_which_one_ends_first(home: Home, number: int) -> None:
    home.agree()
    for report_id, days in ((FIRST, 3), (SECOND, 1))[:number]:
        queue_report(home, report_id, QueueState.HELD_BY_MODE, days=days)
    told = home.metrics("preview").stderr.splitlines()
    assert f"Held until you release {'it' if number == 1 else 'them'}: shimmy-metrics release ID, or all." in told
    assert any(line.startswith("It waits until " if number == 1 else "The first: it waits until ") for line in told)
    named = "What releasing all would send" in told[0]
    assert named


def test_a_word_that_is_no_answer_is_asked_for_again_and_decides_nothing(tmp_path: Path, upstream: str) -> None:
    home = Home(tmp_path, {"PYTHONPATH": str(Path(__file__).parent.parent), "TERM": "dumb"})
    port = free_port()
    words = ("serve", "--upstream", upstream, "--bind", f"127.0.0.1:{port}")
    with terminal(home, *PROGRAM, "60", *words) as there:
        assert there.printed("If nothing is typed within 60 s, nothing is decided and serve goes on.")
        assert there.insist("maybe\r", lambda: b"Please type one of these words: " in there.output)
        assert there.insist("later\r", lambda: listening(port))
        assert wait_until(lambda: b"Nothing was decided and nothing was written." in there.output)
    assert json.loads(home.metrics("status", "--json").stdout)["consent"] == "undecided"


def test_the_values_of_a_session_that_is_never_sent_are_not_said_to_be_sent(home: Home, upstream: str) -> None:
    home.run("only-me", command="shimmy-metrics")
    told = "The values are those of the newest running session as of the last second saved.\n"
    with home.started("serve", "--upstream", upstream, "--bind", f"127.0.0.1:{free_port()}"):
        assert wait_until(lambda: home.run("fields", command="shimmy-metrics").stderr == told)


def test_after_a_no_the_way_to_a_yes_is_named(home: Home) -> None:
    home.metrics("disable")
    mind = [line for line in home.run("tui", "--plain").stdout.splitlines() if line.startswith("Change your mind")]
    assert mind == ["Change your mind at any time: shimmy config --metrics enable, or c, then e in the app."]
