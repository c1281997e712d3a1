"""The question is for a person at a terminal, holds nobody up, and takes nothing but an explicit word for a yes."""

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from shimmy_metrics.demo.toy_server import ToyServer
from shimmy_metrics.records import QueueState
from support.home_terminal import Terminal, terminal
from support.installed import Home, wait_until
from support.outside_container import PROGRAM
from support.queue_report import queue_report
from support.servers import ask, free_port, listening

TESTS = Path(__file__).parent.parent


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path, {"PYTHONPATH": str(TESTS)})


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def serve(port: int) -> Iterator[list[str]]:
    with ToyServer() as toy:
        yield ["serve", "--upstream", toy.url, "--bind", f"127.0.0.1:{port}"]


@pytest.mark.parametrize("seconds", [2, pytest.param(60, marks=pytest.mark.long)])
@pytest.mark.parametrize("kind", ["xterm-256color", "dumb"])
def test_with_nobody_at_the_terminal_the_server_starts_by_itself(
    home: Home, serve: list[str], port: int, kind: str, seconds: int
) -> None:
    began = time.monotonic()
    with terminal(home.having(TERM=kind), *PROGRAM, str(seconds), *serve):
        assert wait_until(lambda: listening(port), seconds + 10)
        assert time.monotonic() - began >= seconds
        assert ask(port)[0] == 200
    assert list(home.root.iterdir()) == []


def _moved_on(there: Terminal, asked: int, port: int) -> bool:
    """Whether it was asked once more than so often, or the server started."""
    return there.output.count(b"> ") > asked or listening(port)


def test_enter_alone_decides_nothing_and_the_server_starts(home: Home, serve: list[str], port: int) -> None:
    with terminal(home.having(TERM="dumb"), *PROGRAM, "60", *serve) as there:
        assert there.printed("> ")
        for _ in range(3):
            asked = there.output.count(b"> ")
            assert there.insist("\r", partial(_moved_on, there, asked, port))
        assert wait_until(lambda: listening(port))
        assert there.printed("Nothing was decided")
    assert list(home.root.iterdir()) == []


def test_a_typed_word_decides_and_this_very_start_is_measured(home: Home, serve: list[str], port: int) -> None:
    with terminal(home.having(TERM="dumb"), *PROGRAM, "60", *serve) as there:
        assert there.printed("> ")
        assert there.insist("enable\r", lambda: listening(port))
        assert b"The server is measured from this start on." in there.output
        assert b"the server's next start" not in there.output
        assert wait_until(lambda: _status(home)["running_sessions"] == 1)
    assert _status(home)["consent"] == "granted"


@pytest.mark.parametrize("state", [QueueState.DUE, QueueState.HELD_FOR_ENDPOINT], ids=["before", "by its server"])
def test_an_answer_in_place_of_one_that_does_not_count_says_that_what_waited_is_held(
    home: Home, serve: list[str], port: int, state: QueueState
) -> None:
    home.agree()
    queue_report(home, state=state)
    home.profile.config_path.chmod(0o666)
    with terminal(home.having(TERM="dumb"), *PROGRAM, "60", *serve) as there:
        assert there.printed("> ")
        assert there.insist("enable\r", lambda: listening(port))
        told = " ".join(there.output.decode().split())
    assert "1 report that waited was made under another yes. Held until you release it." in told


def test_a_yes_can_be_one_under_which_each_report_is_held(home: Home, serve: list[str], port: int) -> None:
    with terminal(home.having(TERM="dumb"), *PROGRAM, "60", *serve) as there:
        assert there.printed("> ")
        assert there.insist("hold\r", lambda: listening(port))
        assert there.printed("Each report is held here until you release it.")
    assert (_status(home)["consent"], _status(home)["delivery"]) == ("granted", "review")


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("only", "Only for you from now on: what is measured is yours to see and is not sent."),
        ("no", "Metrics are off. You won't be asked again."),
        ("later", "Nothing was decided and nothing was written."),
    ],
)
def test_what_an_answer_did_is_said(home: Home, serve: list[str], port: int, word: str, said: str) -> None:
    with terminal(home.having(TERM="dumb"), *PROGRAM, "60", *serve) as there:
        assert there.printed("> ")
        assert there.insist(f"{word}\r", lambda: listening(port))
        assert there.printed(said)


def _status(home: Home) -> dict[str, object]:
    told: dict[str, object] = json.loads(home.metrics("status", "--json").stdout)
    return told


@pytest.mark.parametrize("kind", ["xterm-256color", "dumb"])
def test_a_connection_that_drops_decides_nothing(home: Home, serve: list[str], port: int, kind: str) -> None:
    with terminal(home.having(TERM=kind), *PROGRAM, "60", *serve) as there:
        assert there.printed("metrics")
        there.hang_up()
        # The app takes the hang-up for itself, and the server starts; else it ends this process as it ends a server.
        assert wait_until(lambda: there.process.poll() == -signal.SIGHUP or listening(port))
        assert listening(port) is (kind != "dumb")
    assert list(home.root.iterdir()) == []


def test_in_the_background_of_a_shell_it_is_neither_asked_nor_stopped(home: Home, serve: list[str], port: int) -> None:
    with terminal(home, "/bin/bash", "--norc", "--noprofile", "-i") as there:
        there.type(" ".join([*PROGRAM, "60", *serve, "&\r"]))
        assert wait_until(lambda: listening(port))
        there.type("jobs\r")
        assert there.printed("Running")
        assert b"Stopped" not in there.output
        there.type("kill %1\r")  # a job has a process group of its own, which the terminal's end does not reach
        assert wait_until(lambda: not listening(port))
    assert not (home.root / "config").exists()


FIRST = ("/usr/bin/unshare", "--pid", "--fork", "--mount-proc", "--kill-child")


def _can_be_first() -> bool:
    return (
        Path(FIRST[0]).exists() and subprocess.run([*FIRST, "true"], capture_output=True, check=False).returncode == 0
    )


@pytest.mark.skipif(not _can_be_first(), reason="this user may make no process the first one of a namespace")
def test_the_first_process_is_never_asked(home: Home, serve: list[str], port: int) -> None:
    with terminal(home.having(TERM="dumb"), *FIRST, *PROGRAM, "60", *serve) as there:
        assert wait_until(lambda: listening(port))
        assert there.printed("passed on at")
        assert b"Without an answer in" not in there.output
    assert list(home.root.iterdir()) == []


@pytest.mark.parametrize("mark", [{"container": "podman"}, {"KUBERNETES_SERVICE_HOST": "10.0.0.1"}])
def test_in_a_container_nothing_is_asked(home: Home, serve: list[str], port: int, mark: dict[str, str]) -> None:
    with terminal(home.having(TERM="dumb", **mark), *PROGRAM, "60", *serve) as there:
        assert wait_until(lambda: listening(port))
        assert b"Without an answer in" not in there.output
    assert list(home.root.iterdir()) == []


@pytest.mark.parametrize("switch", [{"CI": "1"}, {"DO_NOT_TRACK": "1"}, {"SHIMMY_METRICS": "off"}])
def test_with_a_switch_in_force_nothing_is_asked(
    home: Home, serve: list[str], port: int, switch: dict[str, str]
) -> None:
    with terminal(home.having(**switch), *PROGRAM, "60", *serve):
        assert wait_until(lambda: listening(port))
    assert list(home.root.iterdir()) == []
