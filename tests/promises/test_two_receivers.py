"""A server and a shell with two receivers: what is said is true of the process that acts, and so is what is sent."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from shimmy_metrics.demo.toy_server import ToyServer
from shimmy_metrics.receiver.loopback import LoopbackReceiver
from support.installed import UNHURRIED, Home, stop, wait_until
from support.processes import no_sender
from support.queue_report import FIRST, queue_report
from support.servers import chat, free_port, wait_for


@contextmanager
def _receivers() -> Iterator[tuple[LoopbackReceiver, LoopbackReceiver]]:
    with LoopbackReceiver() as agreed, LoopbackReceiver() as other:
        yield agreed, other


@contextmanager
def _measured(home: Home, number: int = 1) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    """Measure a server in this home's shell, the `number`th; give where it is reached, and the process."""
    with ToyServer() as toy:
        port = free_port()
        unhurried = Home(home.root, home.variables, UNHURRIED)  # what is due is sent, however busy the machine is
        with unhurried.started("serve", "--upstream", toy.url, "--bind", f"127.0.0.1:{port}") as process:
            wait_for(port, process)
            chat(port)
            assert wait_until(lambda: _json(home)["running_sessions"] == number)
            yield f"http://127.0.0.1:{port}", process


def _json(home: Home) -> dict[str, object]:
    told: dict[str, object] = json.loads(home.metrics("status", "--json").stdout)
    return told


def _all_told(home: Home) -> list[str]:
    """Return what each of the three ways to look says."""
    shown = home.metrics("preview")
    return [home.metrics("status").stdout, home.run("tui", "--plain").stdout, shown.stderr]


def _ended(home: Home, process: "subprocess.Popen[str]") -> None:
    stop(process)
    no_sender(home)


def test_of_a_server_for_a_receiver_that_was_not_agreed_to_nothing_is_promised_and_nothing_sent(tmp_path: Path) -> None:
    with _receivers() as (agreed, other):
        home = Home(tmp_path, {"SHIMMY_METRICS_ENDPOINT": agreed.url})
        home.agree()
        with _measured(home.having(SHIMMY_METRICS_ENDPOINT=other.url)) as (address, process):
            said = (
                f"The server at {address} was started for {other.url}, not for the receiver you agreed to: "
                "nothing is sent when it ends."
            )
            for told in _all_told(home):
                assert said in told.splitlines()
            assert "sent when" not in home.metrics("preview").stderr.replace(said, "")
            queue_report(home)
            for told in _all_told(home):
                assert said in told.splitlines()
                assert "sent when the next session from this shell ends" in told
            assert said in home.metrics("enable").stdout.splitlines()
            _ended(home, process)
        assert agreed.received == other.received == []
        assert "1 held until you release it, 1 of them for another receiver" in home.metrics("status").stdout
        assert "A report made" in home.run("tui", "--plain").stdout
        assert "for another receiver is held until you release it" in home.run("tui", "--plain").stdout
        assert "sent when the next session ends" in home.metrics("status").stdout
        with _measured(home) as (_, process):
            _ended(home, process)
        # What was due and what this server measured are sent; what the other measured waits on.
        (arrived,) = agreed.received
        assert json.loads(arrived.body)[0]["session_id"] == FIRST
        assert len(json.loads(arrived.body)) == 2
        assert other.received == []
        assert _json(home)["reports_held_for_endpoint"] == 1


def test_of_several_servers_preview_names_the_one_that_it_shows_and_where_its_report_goes(tmp_path: Path) -> None:
    with _receivers() as (agreed, other):
        home = Home(tmp_path, {"SHIMMY_METRICS_ENDPOINT": agreed.url})
        home.agree()
        with _measured(home.having(SHIMMY_METRICS_ENDPOINT=other.url), 1) as (first, _):
            assert "The running session: its report as of" in home.metrics("preview").stderr
            with _measured(home, 2) as (second, process):
                shown = home.metrics("preview")
                which, *rest = shown.stderr.splitlines()
                assert which.startswith(
                    f"The newest of 2 running sessions, at {second}: its report as of the last second saved, "
                )
                assert rest[0].startswith(f"The server at {first} was started for {other.url}, not for the receiver")
                assert rest[-1] == f"It goes to {agreed.url}."
                _ended(home, process)
            assert json.loads(agreed.received[0].body)["session_id"] == json.loads(shown.stdout)["session_id"]
            assert other.received == []


@pytest.mark.parametrize("due", [False, True])
def test_a_server_for_the_agreed_receiver_sends_though_this_shell_has_another(tmp_path: Path, due: bool) -> None:
    with _receivers() as (agreed, other):
        home = Home(tmp_path, {"SHIMMY_METRICS_ENDPOINT": agreed.url})
        home.agree()
        shell = home.having(SHIMMY_METRICS_ENDPOINT=other.url)
        if due:
            queue_report(home)
        with _measured(home) as (address, process):
            said = f"The server at {address} was started for {agreed.url}: what is due is sent when it ends."
            for told in _all_told(shell):
                assert said in told.splitlines()
            assert "Nothing is sent from here: you agreed to" in shell.metrics("status").stdout
            # The next session may be one from this shell.
            assert "sent when the next session ends" not in shell.metrics("preview").stderr
            _ended(home, process)
        assert [len(agreed.received), len(other.received)] == [1, 0]
        assert "what is due is sent" not in shell.metrics("status").stdout


def test_what_was_measured_for_a_receiver_of_one_s_own_does_not_go_to_another_by_itself(tmp_path: Path) -> None:
    """Shimmy's receiver gets Shimmy's sessions: this server is none, and was started for another receiver."""
    with _receivers() as (agreed, other):
        home = Home(tmp_path, {"SHIMMY_METRICS_ENDPOINT": agreed.url})
        home.agree()
        elsewhere = home.having(SHIMMY_METRICS_ENDPOINT=other.url)
        for _ in range(2):
            with _measured(elsewhere) as (_, process):
                process.kill()  # found by the next start, whatever receiver that one has
                process.wait()
            with _measured(home) as (_, process):
                _ended(home, process)
        assert other.received == []
        assert _json(home)["reports_held_for_endpoint"] == 2
        assert len(agreed.received) == 2
