"""When the next attempt is made, as it is said, held against when the receiver got it."""

import json
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shimmy_metrics.demo.toy_server import ToyServer
from support import receiver as behave
from support.enabled_home import NOWHERE, enabled, of_a_unit, status, status_json
from support.installed import Home, stop, wait_until
from support.queue_report import queue_report
from support.servers import free_port, wait_for


@contextmanager
def _measured(home: Home, toy: ToyServer, how: signal.Signals = signal.SIGINT) -> Iterator[None]:
    """Measure a server meanwhile; stop it like that, and wait until its sender is gone."""
    before = status_json(home)["running_sessions"]
    port = free_port()
    with home.started("serve", "--upstream", toy.url, "--bind", f"127.0.0.1:{port}") as process:
        wait_for(port, process)
        assert wait_until(lambda: status_json(home)["running_sessions"] == int(str(before)) + 1)
        yield
        stop(process, how)
    assert wait_until(lambda: not status_json(home)["sending"])


def _settled(home: Home) -> bool:
    return wait_until(lambda: not status_json(home)["sending"] and "in a moment" not in status(home))


def test_after_a_killed_session_reports_are_sent_when_the_next_one_starts(tmp_path: Path) -> None:
    with enabled(tmp_path) as (home, receiver), ToyServer() as toy:
        queue_report(home)
        assert "  next      sent when the next session ends" in status(home).splitlines()
        with _measured(home, toy, signal.SIGKILL):
            pass
        assert receiver.received == []
        assert "  next      sent when the next session starts" in status(home).splitlines()
        with _measured(home, toy):
            assert wait_until(lambda: len(receiver.received) == 1)
            assert _settled(home)
            assert status_json(home)["reports_due"] == 0


def test_a_session_that_was_killed_is_shown_with_the_bytes_that_the_next_start_sends(tmp_path: Path) -> None:
    with enabled(tmp_path) as (home, receiver), ToyServer() as toy:
        with _measured(home, toy, signal.SIGKILL):
            pass
        line = "  cut off   1 session, 0 requests: it ends and its report is made when a session starts"
        assert line in status(home).splitlines()
        assert status_json(home)["sessions_cut_off"] == 1
        shown = home.metrics("preview")
        size = f"{len(shown.stdout)} bytes"
        assert f"The session that was cut off, as a report of it would be now: {size}." in shown.stderr
        assert "Reports are sent when the next session starts." in shown.stderr
        told = home.run("tui", "--plain").stdout
        assert "Cut off: 1 session, 0 requests: it ends and its report is made when a session starts." in told
        assert f"  {shown.stdout}" in told
        with _measured(home, toy):
            assert wait_until(lambda: len(receiver.received) == 1)
        assert receiver.received[0].body.decode() == shown.stdout
        assert "cut off" not in status(home)


def test_of_two_sessions_that_were_killed_the_previewed_one_is_said_to_be_the_newest(tmp_path: Path) -> None:
    with enabled(tmp_path) as (home, _), ToyServer() as toy:
        with _measured(home, toy, signal.SIGKILL), _measured(home, toy, signal.SIGKILL):
            pass
        told = home.metrics("preview").stderr
    assert told.startswith("The newest of 2 sessions that were cut off, as a report of it would be now: ")


def test_of_a_session_that_was_killed_a_switch_in_this_shell_does_not_say_that_it_is_measured(tmp_path: Path) -> None:
    with enabled(tmp_path) as (home, _), ToyServer() as toy:
        with _measured(home, toy, signal.SIGKILL):
            pass
        told = home.having(DO_NOT_TRACK="1").metrics("preview").stderr
    assert told.startswith("The session that was cut off, as a report of it would be now: ")
    assert "is measured" not in told
    assert "Nothing is sent from here: DO_NOT_TRACK=1 is set." in told


def test_where_reports_are_sent_at_a_start_a_skipped_end_leaves_the_next_start_without_one(tmp_path: Path) -> None:
    with enabled(tmp_path, behave.status(500)) as (home, receiver), ToyServer() as toy:
        unit = of_a_unit(home)
        told: list[str] = []
        for _ in range(5):
            before = len(receiver.received)
            with _measured(unit, toy):
                soon = bool(told) and told[-1] == "next"
                assert wait_until(lambda: len(receiver.received) == before + soon)  # noqa: B023 - called at once
                assert _settled(home)
            found = re.search(r"sent when the (\w+) session (?:from now )?starts", status(home))
            assert found is not None
            told.append(found[1])
        assert len(receiver.received) == told[:-1].count("next")
        assert told == ["next", "next", "second", "next", "third"]


def test_what_a_unit_left_is_sent_at_the_next_start_in_a_terminal_too(tmp_path: Path) -> None:
    with enabled(tmp_path) as (home, receiver), ToyServer() as toy:
        with _measured(of_a_unit(home), toy):
            pass
        assert receiver.received == []
        assert "  next      sent when the next session starts" in status(home).splitlines()
        with _measured(home, toy):
            assert wait_until(lambda: len(receiver.received) == 1)


def test_while_a_server_is_measured_what_waits_is_said_to_be_sent_at_its_end(tmp_path: Path) -> None:
    with enabled(tmp_path) as (home, receiver), ToyServer() as toy:
        with _measured(home, toy):
            told = home.metrics("preview").stderr
            assert "It is sent when this session ends." in told.splitlines()
            queue_report(home)
            assert "Reports are sent when the running session ends." in home.metrics("preview").stderr.splitlines()
            assert "  next      sent when the running session ends" in status(home).splitlines()
            assert "Reports are sent when the running session ends." in home.run("tui", "--plain").stdout.splitlines()
        assert wait_until(lambda: len(receiver.received) == 1)
        assert len(json.loads(receiver.received[0].body)) == 2


def test_where_only_servers_for_another_receiver_run_a_session_from_here_is_named(tmp_path: Path) -> None:
    with enabled(tmp_path) as (home, _), ToyServer() as toy:
        queue_report(home)
        with _measured(home.having(SHIMMY_METRICS_ENDPOINT=NOWHERE), toy):
            told = [home.run(word, command="shimmy-metrics").stdout for word in ("automatic", "enable")]
            assert all("when the next session from this shell ends" in each for each in told), told
