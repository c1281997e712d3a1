"""When fields are added, an earlier yes covers only the earlier ones: the news are asked for, and only the news."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from shimmy_metrics.demo.toy_server import ToyServer
from support.home_terminal import Terminal, terminal
from support.installed import Home, wait_until
from support.next_schema import NEW, NEXT, PROGRAM
from support.servers import chat, free_port, wait_for

TESTS = Path(__file__).parent.parent


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Return the home of somebody who said yes to this program's own fields."""
    home = Home(tmp_path, {"PYTHONPATH": str(TESTS), "SHIMMY_METRICS_ENDPOINT": "http://127.0.0.1:9/v1/usage"})
    assert home.metrics("enable").returncode == 0
    return home


def _next(home: Home, *words: str) -> "subprocess.CompletedProcess[str]":
    return home.run_program([*PROGRAM, *words])


def _metrics(home: Home) -> dict[str, object]:
    told: dict[str, object] = json.loads(home.profile.config_path.read_text())["metrics"]
    return told


def _due(home: Home) -> object:
    return json.loads(_next(home, "config", "--metrics", "status", "--json").stdout)["reports_due"]


@contextmanager
def _serving(home: Home, upstream: str) -> Iterator[None]:
    port = free_port()
    with home.started_program([*PROGRAM, "serve", "--upstream", upstream, "--bind", f"127.0.0.1:{port}"]):
        yield


def _answered(home: Home, there: Terminal, key: str, words: str) -> None:
    assert there.shows("One field is new since you agreed.")
    assert NEW in there.text()
    assert "requests_per_session" not in there.text()
    assert there.insist(key, lambda: words in there.text())
    there.type("q")
    assert wait_until(lambda: there.process.poll() == 0)


def test_until_it_is_answered_only_the_agreed_fields_leave(home: Home) -> None:
    previewed = json.loads(_next(home, "config", "--metrics", "preview").stdout)
    assert previewed["schema_version"] == NEXT - 1
    assert NEW not in previewed["metrics"]
    told = _next(home, "config", "--metrics", "status").stdout
    assert "1 field is new since you agreed and is not sent" in told
    assert "Metrics on: sent automatically." in told


def test_a_yes_to_the_news_covers_them_and_keeps_what_is_being_measured(home: Home) -> None:
    before = _metrics(home)
    port = free_port()
    with ToyServer() as toy, home.started("serve", "--upstream", toy.url, "--bind", f"127.0.0.1:{port}") as serving:
        wait_for(port, serving)
        chat(port)
        with terminal(home, *PROGRAM, "tui") as there:
            _answered(home, there, "e", "Your yes is recorded.")
        assert wait_until(lambda: '"requests": 1' in home.metrics("export").stdout)
        assert _metrics(home)["schema_version"] == NEXT
        assert _metrics(home)["session_id"] == before["session_id"]
        serving.kill()
        serving.wait()
    with ToyServer() as toy, _serving(home, toy.url):  # a start seals what was killed
        assert wait_until(lambda: _due(home) == 1)
        # The sender is this version's, which does not know the new field: it leaves the report alone.
        assert not wait_until(lambda: _due(home) != 1, 1.5)
        sealed = json.loads(_next(home, "config", "--metrics", "preview").stdout)
    assert sealed["schema_version"] == NEXT
    assert sealed["metrics"]["requests_per_session"] == 1
    assert NEW in sealed["metrics"]


def test_a_no_to_the_news_leaves_the_yes_as_it_was_and_is_not_asked_again(home: Home) -> None:
    before = _metrics(home)
    with terminal(home, *PROGRAM, "tui") as there:
        _answered(home, there, "n", "Your no is recorded.")
    after = _metrics(home)
    assert (after["enabled"], after["schema_version"], after["schema_refused"]) == (True, NEXT - 1, NEXT)
    assert after["session_id"] == before["session_id"]
    with terminal(home, *PROGRAM, "tui") as there:
        assert there.shows("No measured server is running")
        there.type("q")
        assert wait_until(lambda: there.process.poll() == 0)
    assert "new since you agreed" not in _next(home, "config", "--metrics", "status").stdout


def test_later_writes_nothing_and_the_whole_page_is_one_key_away(home: Home) -> None:
    before = home.profile.config_path.read_bytes()
    with terminal(home, *PROGRAM, "tui") as there:
        assert there.shows("One field is new since you agreed.")
        there.type("c")
        assert there.shows("Withdraw")
        assert there.shows("Add fields")
        there.type("q")
        assert there.shows("No measured server is running")
        assert there.insist("q", lambda: there.process.poll() == 0)  # one that follows at once does not quit
    with terminal(home, *PROGRAM, "tui") as there:
        _answered(home, there, "a", "Nothing was decided")
    assert home.profile.config_path.read_bytes() == before


def test_in_lines_of_text_it_is_the_same_question(home: Home) -> None:
    with terminal(home.having(TERM="dumb"), *PROGRAM, "tui") as there:
        assert there.printed("One field is new since you agreed.")
        assert there.printed("> ")
        assert there.insist("add\r", lambda: there.process.poll() == 0)
    assert _metrics(home)["schema_version"] == NEXT


def test_enabling_by_command_covers_the_news_and_says_so(home: Home) -> None:
    before = _metrics(home)
    told = _next(home, "config", "--metrics", "enable").stdout
    assert "Your yes covers 1 more field than before" in told
    assert (_metrics(home)["schema_version"], _metrics(home)["session_id"]) == (NEXT, before["session_id"])
