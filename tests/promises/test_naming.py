"""Whose sessions are sent hangs on what the server calls itself: it is asked until it says so, and again in doubt."""

import http.client
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from shimmy_metrics.actions.decide import hold
from shimmy_metrics.delivery.sender_lock import wait_until_gone
from support.installed import Home, stop, wait_until
from support.named_server import NEWER, OTHER, SHIMMY, NamedServer
from support.processes import no_sender
from support.receiver import Receiver
from support.servers import ask, free_port, wait_for
from support.timely import in_time

NAMED = {SHIMMY: ("shimmy", "2.6.5", False), NEWER: ("shimmy", "2.7.0", False), OTHER: ("", "", True)}
"""What a server's answer makes of its session: its name, its version, and whether it is for the person alone."""

BUSY = '''#!{python}
"""A server that is too busy to answer the first two that come, and names itself to every other."""
import os
import socket
host, port = os.environ["SHIMMY_BIND_ADDRESS"].rsplit(":", 1)
listener = socket.create_server((host, int(port)))
for _ in range(2):
    listener.accept()[0].close()
while True:
    asking, _ = listener.accept()
    asking.recv(1000)
    asking.sendall(b'HTTP/1.1 200 OK\\r\\n\\r\\n{{"service":"shimmy","version":"2.6.5"}}')
    asking.close()
'''


@pytest.mark.skipif(sys.platform != "linux", reason="a server of our own start is measured on Linux")
def test_a_server_that_is_busy_at_its_start_is_asked_again(tmp_path: Path) -> None:
    server = tmp_path / "server"
    server.write_text(BUSY.format(python=sys.executable))
    server.chmod(0o755)
    home = Home(tmp_path, {"SHIMMY_BIN": str(server)})
    home.agree()
    port = free_port()
    with home.started("serve", "--bind", f"127.0.0.1:{port}") as process:

        def named() -> bool:
            told = json.loads(home.metrics("export").stdout)["sessions"]
            return [(each["server"], each["version"], each["only_for_me"]) for each in told] == [
                ("shimmy", "2.6.5", False)
            ]

        wait_for(port, process)
        assert wait_until(named)
        stop(process)


@contextmanager
def _before(home: Home, server: NamedServer) -> Iterator[tuple[int, "subprocess.Popen[str]"]]:
    port = free_port()
    with home.started("serve", "--upstream", server.url, "--bind", f"127.0.0.1:{port}") as process:
        wait_for(port, process)
        yield port, process


def _told(home: Home) -> list[tuple[str, str, bool]]:
    """Return server, version and whether they are for the person alone, of every session that is kept or runs."""
    held = json.loads(home.metrics("export").stdout)
    return [(each["server"], each["version"], each["only_for_me"]) for each in held["sessions"]]


def test_a_mute_upstream_delays_no_client_and_is_asked_until_it_names_itself(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.agree()
    with NamedServer(None) as server:
        began = time.monotonic()
        with _before(home, server) as (port, process):
            assert in_time(time.monotonic() - began, 1.9)  # a question that is not answered lasts 2 s
            kept = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
            kept.request("GET", "/v1/models")
            kept.getresponse().read()
            assert wait_until(lambda: _told(home) == [("", "", True)])
            server.health = SHIMMY
            assert wait_until(lambda: _told(home) == [("shimmy", "2.6.5", False)])
            asked = len(server.asked)
            # A connection that is older than the name is read by it, too.
            kept.request("POST", "/api/generate", b"{}")
            kept.getresponse().read()
            kept.close()
            stop(process)
        assert len(server.asked) == asked > 1
    no_sender(home)
    assert json.loads(home.metrics("preview").stdout)["metrics"]["total_tokens_generated"] == 3


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_a_server_that_cannot_answer_now_has_not_said_who_it_is(tmp_path: Path, status: int) -> None:
    home = Home(tmp_path)
    home.agree()
    with NamedServer(SHIMMY, status=status) as server, _before(home, server) as (_, process):
        assert wait_until(lambda: bool(server.asked))
        assert wait_until(lambda: _told(home) == [("", "", True)])
        server.status = 200
        assert wait_until(lambda: _told(home) == [("shimmy", "2.6.5", False)])
        stop(process)


def _exchange(home: Home, port: int, server: NamedServer, health: bytes) -> NamedServer:
    """End the server, let a client notice, and return another one at its place."""
    server.__exit__(None, None, None)
    with pytest.raises(ConnectionError):
        ask(port)
    return NamedServer(health, port=server.port)


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        (SHIMMY, OTHER, [NAMED[SHIMMY], NAMED[OTHER]]),
        (OTHER, SHIMMY, [NAMED[OTHER], NAMED[SHIMMY]]),
        (SHIMMY, NEWER, [NAMED[NEWER]]),  # the same server: its session goes on
        (SHIMMY, SHIMMY, [NAMED[SHIMMY]]),
        (OTHER, OTHER, [NAMED[OTHER]]),  # what is not Shimmy has no name here, so that one goes on in another's place
    ],
)
def test_an_exchanged_server_is_asked_again(
    tmp_path: Path, first: bytes, second: bytes, told: list[tuple[str, str, bool]]
) -> None:
    home = Home(tmp_path, {"SHIMMY_METRICS_ENDPOINT": ""})
    home.agree()
    hold(home.profile, review=True)  # nothing is sent, so that both stay to be looked at
    with NamedServer(first) as server, _before(home, server) as (port, process):
        assert wait_until(lambda: bool(server.asked))
        assert wait_until(lambda: _told(home) == [NAMED[first]])
        ask(port)
        with _exchange(home, port, server, second) as other:
            ask(port)
            assert wait_until(lambda: bool(other.asked) and _told(home) == told)
            ask(port)
            assert wait_until(lambda: len(other.asked) == 1)
            stop(process)

    def counted() -> list[int]:
        return [each["counters"]["requests"] for each in json.loads(home.metrics("export").stdout)["sessions"]]

    # One of the four met no server. Where the exit had no time for it, another process writes the last figures.
    assert wait_until(lambda: sum(counted()) == 4)
    assert len(counted()) == len(told)


def test_each_of_two_servers_sessions_is_sent_at_its_end(tmp_path: Path) -> None:
    with Receiver(tmp_path) as receiver:
        home = Home(tmp_path, receiver.variables)
        home.agree()
        with NamedServer(SHIMMY) as server, _before(home, server) as (port, process):
            assert wait_until(lambda: bool(server.asked))
            ask(port)
            with _exchange(home, port, server, OTHER):
                ask(port)
                assert wait_until(lambda: len(receiver.received) == 1)
                assert wait_until_gone(home.profile, 10)  # it would take the second along
                stop(process)
                assert wait_until(lambda: len(receiver.received) == 2)
    versions = [json.loads(arrived.body)["version"] for arrived in receiver.received]
    assert versions == ["2.6.5", "unknown"]


def test_while_off_nobody_is_asked(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with NamedServer(SHIMMY) as server, _before(home, server) as (port, process):
        ask(port)
        time.sleep(1)
        assert server.asked == []
        home.agree()
        assert wait_until(lambda: _told(home) == [("shimmy", "2.6.5", False)])
        home.metrics("disable")
        assert wait_until(lambda: _told(home) == [])
        server.asked.clear()
        ask(port)
        stop(process)
    assert server.asked == []
