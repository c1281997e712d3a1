"""The promises about sending, shown with the installed program, real sockets, real TLS, and a receiver of our own."""

import json
import signal
import time
from pathlib import Path

import pytest

from shimmy_metrics.demo.toy_server import ToyServer
from shimmy_metrics.report.validate import validate_body
from support import receiver as behave
from support.installed import Home, announced, stop, wait_until
from support.metered import measured, sealed, status, talk
from support.receiver import Receiver
from support.servers import ask
from support.timely import in_time


def test_one_session_is_one_request_that_equals_what_the_clients_counted(tmp_path: Path) -> None:
    with Receiver(tmp_path) as receiver, ToyServer() as toy:
        home = Home(tmp_path, receiver.variables)
        home.metrics("enable")
        with measured(home, toy.url) as (port, process):
            tokens = talk(port, 3)
            assert ask(port, path="/health")[0] == 200
            assert announced(process)
            code, out, err = stop(process)
        assert (code, out, err) == (-signal.SIGINT, "", "")
        assert wait_until(lambda: len(receiver.received) == 1)
        assert wait_until(lambda: status(home)["receipts"] == 1)
    (arrived,) = receiver.received
    assert (arrived.method, arrived.path) == ("POST", "/v1/usage")
    assert len(arrived.body) < 1_024
    assert validate_body(arrived.body) == []
    metrics = json.loads(arrived.body)["metrics"]
    assert metrics["requests_per_session"] == 12
    assert metrics["errors_count"] == 3
    assert metrics["total_tokens_generated"] == tokens
    assert metrics["api_endpoints_used"] == ["/v1/chat/completions", "/v1/models", "other"]
    assert metrics["integration_type"] == "curl"
    assert [name for name, _ in arrived.headers] == [
        "Host", "Content-Type", "Content-Length", "User-Agent", "Accept", "Accept-Encoding", "Connection",
    ]  # fmt: skip
    assert home.metrics("validate").returncode == 0


def test_what_was_previewed_is_what_leaves_byte_for_byte(tmp_path: Path) -> None:
    receiver = Receiver(tmp_path)
    home = Home(tmp_path, receiver.variables)
    home.metrics("enable")
    previewed = sealed(home)  # nobody listens there
    assert validate_body(previewed) == []
    assert home.metrics("preview").stdout.encode() == previewed
    assert json.loads(home.metrics("export").stdout)["outbox"][0]["body"].encode() == previewed
    with receiver:
        sealed(home)
        assert wait_until(lambda: status(home)["reports_due"] == 0)
    (arrived,) = receiver.received
    assert arrived.body.startswith(b"[" + previewed + b",")
    assert validate_body(arrived.body) == []


@pytest.mark.parametrize(
    "trouble",
    [behave.status(500), behave.status(429), behave.hang, behave.redirect],
    ids=["500", "429", "hanging", "redirect"],
)
def test_a_receiver_in_trouble_delays_no_exit_and_loses_nothing(tmp_path: Path, trouble: behave.Behaviour) -> None:
    with Receiver(tmp_path, trouble) as receiver, ToyServer() as toy:
        home = Home(tmp_path, receiver.variables)
        home.metrics("enable")
        with measured(home, toy.url) as (port, process):
            talk(port, 1)
            assert announced(process)
            began = time.monotonic()
            _, out, err = stop(process)
            assert in_time(time.monotonic() - began, 1.0)
        assert (out, err) == ("", "")
        assert wait_until(lambda: len(receiver.received) == 1)
        # The sender gives up by itself; the report is there for the next session's end.
        assert wait_until(lambda: _tried(home))
        assert status(home)["reports_due"] == 1
        assert status(home)["receipts"] == 0
        receiver.behaviour = behave.accept
        sealed(home)
        assert wait_until(lambda: status(home)["reports_due"] == 0)
    ids = [report["session_id"] for report in json.loads(receiver.received[-1].body)]
    assert len(set(ids)) == 2
    assert receiver.received[0].path == "/v1/usage"


def _tried(home: Home) -> bool:
    """Whether an attempt was made and is over."""
    told = status(home)
    return isinstance(told["last_attempt"], dict) and told["last_attempt"]["outcome"] is not None


def test_a_name_that_does_not_resolve_delays_nothing_and_loses_nothing(tmp_path: Path) -> None:
    # A label longer than names may be: the look-up fails as for any unknown name, and no resolver is asked.
    unknown = f"https://{'n' * 64}.invalid/v1/usage"
    home = Home(tmp_path, {"SHIMMY_METRICS_ENDPOINT": unknown, "NO_PROXY": "*"})
    home.metrics("enable")
    assert validate_body(sealed(home)) == []
    assert wait_until(lambda: _tried(home))
    assert status(home)["reports_due"] == 1
    assert "nothing sent" in home.metrics("status").stdout


def test_a_certificate_that_nobody_vouches_for_gets_nothing(tmp_path: Path) -> None:
    with Receiver(tmp_path) as receiver:
        home = Home(tmp_path, {"SHIMMY_METRICS_ENDPOINT": receiver.url})
        home.metrics("enable")
        sealed(home)
        assert wait_until(lambda: _tried(home))
        assert receiver.received == []
        assert status(home)["reports_due"] == 1
        assert "nothing sent to localhost" in home.metrics("status").stdout
        assert "its certificate is not valid" in home.metrics("status").stdout


def test_a_captive_portal_is_no_confirmation(tmp_path: Path) -> None:
    with Receiver(tmp_path, behave.portal) as receiver:
        home = Home(tmp_path, receiver.variables)
        home.metrics("enable")
        sealed(home)
        assert wait_until(lambda: status(home)["receipts"] == 1)
    assert json.loads(home.metrics("export").stdout)["receipts"][0]["outcome"] == "accepted"


def test_when_the_programme_has_ended_nothing_is_sent_any_more(tmp_path: Path) -> None:
    with Receiver(tmp_path, behave.status(410)) as receiver:
        home = Home(tmp_path, receiver.variables)
        home.metrics("enable")
        sealed(home)
        assert wait_until(lambda: status(home)["obstacle"] == "ended")
        sealed(home)
        home.run("-m", "shimmy_metrics.delivery", command="python")  # a sender to its end
        assert len(receiver.received) == 1
        assert "the programme has ended" in home.metrics("status").stdout
