"""The promises about sending, shown with the installed program, real sockets, real TLS, and a receiver of our own."""

import json
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from shimmy_metrics.demo.toy_server import ToyServer
from shimmy_metrics.limits import CHECKPOINT_SECONDS
from shimmy_metrics.report.validate import validate_body
from shimmy_metrics.serve.consent_watch import POLL_SECONDS
from support import receiver as behave
from support.installed import Home, stop, wait_until
from support.receiver import Receiver
from support.servers import ask, chat, free_port, wait_for
from support.timely import in_time


@contextmanager
def _measured(home: Home, upstream: str) -> Iterator[tuple[int, "subprocess.Popen[str]"]]:
    port = free_port()
    with home.started("serve", "--upstream", upstream, "--bind", f"127.0.0.1:{port}") as process:
        wait_for(port, process)
        yield port, process


def _status(home: Home) -> dict[str, object]:
    told: dict[str, object] = json.loads(home.metrics("status", "--json").stdout)
    return told


def _talk(port: int, rounds: int = 2) -> int:
    """Make 4 requests a round, one of them a failure; return the tokens that the answers told."""
    tokens = 0
    for _ in range(rounds):
        tokens += json.loads(chat(port)[1])["usage"]["completion_tokens"]
        streamed = chat(port, stream=True)[1].decode()
        usage = next(line for line in streamed.splitlines() if "completion_tokens" in line)
        tokens += json.loads(usage.removeprefix("data: "))["usage"]["completion_tokens"]
        assert ask(port)[0] == 200
        assert ask(port, path="/api/models/somebody-s-model/nothing")[0] == 404
    return tokens


def _sealed(home: Home, rounds: int = 1) -> bytes:
    """Run a measured session to its end and return what `preview` prints then."""
    with ToyServer() as toy, _measured(home, toy.url) as (port, process):
        _talk(port, rounds)
        stop(process)
    return home.metrics("preview").stdout.encode()


def test_one_session_is_one_request_that_equals_what_the_clients_counted(tmp_path: Path) -> None:
    with Receiver(tmp_path) as receiver, ToyServer() as toy:
        home = Home(tmp_path, receiver.variables)
        home.metrics("enable")
        with _measured(home, toy.url) as (port, process):
            tokens = _talk(port, 3)
            assert ask(port, path="/health")[0] == 200
            code, out, err = stop(process)
        assert (code, out) == (-signal.SIGINT, "")
        assert len(err.splitlines()) == 1
        assert wait_until(lambda: len(receiver.received) == 1)
        assert wait_until(lambda: _status(home)["receipts"] == 1)
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
    previewed = _sealed(home)  # nobody listens there
    assert validate_body(previewed) == []
    assert home.metrics("preview").stdout.encode() == previewed
    assert json.loads(home.metrics("export").stdout)["outbox"][0]["body"].encode() == previewed
    with receiver:
        _sealed(home)
        assert wait_until(lambda: _status(home)["reports_due"] == 0)
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
        with _measured(home, toy.url) as (port, process):
            _talk(port, 1)
            began = time.monotonic()
            _, out, err = stop(process)
            assert in_time(time.monotonic() - began, 1.0)
        assert out == ""
        assert len(err.splitlines()) == 1
        assert wait_until(lambda: len(receiver.received) == 1)
        # The sender gives up by itself; the report is there for the next session's end.
        assert wait_until(lambda: _tried(home), 8)
        assert _status(home)["reports_due"] == 1
        assert _status(home)["receipts"] == 0
        receiver.behaviour = behave.accept
        _sealed(home)
        assert wait_until(lambda: _status(home)["reports_due"] == 0)
    ids = [report["session_id"] for report in json.loads(receiver.received[-1].body)]
    assert len(set(ids)) == 2
    assert receiver.received[0].path == "/v1/usage"


def _tried(home: Home) -> bool:
    """Whether an attempt was made and is over."""
    told = _status(home)
    return isinstance(told["last_attempt"], dict) and told["last_attempt"]["outcome"] is not None


def test_a_name_that_does_not_resolve_delays_nothing_and_loses_nothing(tmp_path: Path) -> None:
    # A label longer than names may be: the look-up fails as for any unknown name, and no resolver is asked.
    unknown = f"https://{'n' * 64}.invalid/v1/usage"
    home = Home(tmp_path, {"SHIMMY_METRICS_ENDPOINT": unknown, "NO_PROXY": "*"})
    home.metrics("enable")
    assert validate_body(_sealed(home)) == []
    assert wait_until(lambda: _tried(home), 8)
    assert _status(home)["reports_due"] == 1
    assert "nothing sent" in home.metrics("status").stdout


def test_a_certificate_that_nobody_vouches_for_gets_nothing(tmp_path: Path) -> None:
    with Receiver(tmp_path) as receiver:
        home = Home(tmp_path, {"SHIMMY_METRICS_ENDPOINT": receiver.url})
        home.metrics("enable")
        _sealed(home)
        assert wait_until(lambda: _tried(home), 8)
        assert receiver.received == []
        assert _status(home)["reports_due"] == 1
        assert "nothing sent to localhost" in home.metrics("status").stdout
        assert "its certificate does not hold" in home.metrics("status").stdout


def test_a_captive_portal_is_no_confirmation(tmp_path: Path) -> None:
    with Receiver(tmp_path, behave.portal) as receiver:
        home = Home(tmp_path, receiver.variables)
        home.metrics("enable")
        _sealed(home)
        assert wait_until(lambda: _status(home)["receipts"] == 1)
    assert json.loads(home.metrics("export").stdout)["receipts"][0]["outcome"] == "accepted"


def test_when_the_programme_has_ended_nothing_is_sent_any_more(tmp_path: Path) -> None:
    with Receiver(tmp_path, behave.status(410)) as receiver:
        home = Home(tmp_path, receiver.variables)
        home.metrics("enable")
        _sealed(home)
        assert wait_until(lambda: _status(home)["obstacle"] == "ended")
        _sealed(home)
        home.run("-m", "shimmy_metrics.delivery", command="python")  # a sender to its end
        assert len(receiver.received) == 1
        assert "the programme has ended" in home.metrics("status").stdout


def test_a_withdrawal_stops_the_measuring_within_a_second_and_leaves_no_bytes(tmp_path: Path) -> None:
    home = Home(tmp_path, {"SHIMMY_METRICS_ENDPOINT": "http://127.0.0.1:9/v1/usage"})
    home.metrics("enable")
    before = json.loads((tmp_path / "config/shimmy/config.json").read_text())["metrics"]["session_id"]
    waiting = json.loads(_sealed(home))["session_id"]
    with ToyServer() as toy, _measured(home, toy.url) as (port, process):
        _talk(port, 1)
        assert wait_until(lambda: _status(home)["running_sessions"] == 1)
        told = home.metrics("disable").stdout
        assert "1 report" in told  # its only receiver refused the connection: it was never sent
        assert "never sent" in told
        # The session's process looks more than once a second, and holds its lock until it knows.
        assert POLL_SECONDS < 1
        assert wait_until(lambda: not [*(tmp_path / "state").rglob("session-*.lock")])
        _talk(port, 1)
        assert _status(home)["running_sessions"] == 0
        stop(process)
    after = json.loads((tmp_path / "config/shimmy/config.json").read_text())["metrics"]
    assert after["enabled"] is False
    assert after["session_id"] != before
    held = b"".join(path.read_bytes() for path in (tmp_path / "state").rglob("*") if path.is_file())
    assert waiting.encode() not in held
    assert b"requests_per_session" not in held
    assert json.loads(home.metrics("export").stdout)["sessions"] == []


def test_deleting_the_config_withdraws_and_the_question_returns(tmp_path: Path) -> None:
    home = Home(tmp_path, {"SHIMMY_METRICS_ENDPOINT": "http://127.0.0.1:9/v1/usage"})
    home.metrics("enable")
    _sealed(home)
    (tmp_path / "config/shimmy/config.json").unlink()
    told = _status(home)
    assert told["consent"] == "undecided"
    assert told["reports_due"] == 0
    assert not (tmp_path / "config/shimmy/config.json").exists()


def test_without_a_config_traffic_flows_and_nothing_else_happens(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with ToyServer() as toy, _measured(home, toy.url) as (port, process):
        assert _talk(port, 1) > 0
        assert not wait_until(lambda: any(tmp_path.iterdir()), CHECKPOINT_SECONDS + 0.2)
        stop(process)
    assert list(tmp_path.iterdir()) == []


def test_a_yes_counts_at_once_where_bytes_were_only_passed(tmp_path: Path) -> None:
    home = Home(tmp_path, {"SHIMMY_METRICS_ENDPOINT": "http://127.0.0.1:9/v1/usage"})
    with ToyServer() as toy, _measured(home, toy.url) as (port, process):
        _talk(port, 1)
        home.metrics("enable")
        assert wait_until(lambda: _status(home)["running_sessions"] == 1)
        _talk(port, 1)
        stop(process)
    assert json.loads(home.metrics("preview").stdout)["metrics"]["requests_per_session"] == 4


@pytest.mark.parametrize("switch", [{"DO_NOT_TRACK": "1"}, {"SHIMMY_METRICS": "off"}])
def test_a_switch_in_force_measures_nothing(tmp_path: Path, switch: dict[str, str]) -> None:
    home = Home(tmp_path)
    home.metrics("enable")
    off = home.having(**switch)
    with ToyServer() as toy, _measured(off, toy.url) as (port, process):
        _talk(port, 1)
        stop(process)
    assert not (tmp_path / "state").exists()
    assert next(iter(switch)) in off.metrics("status").stdout
    assert _status(off)["sends"] is False
    assert _status(home)["sends"] is True


@pytest.mark.parametrize(
    ("plant", "named"),
    [
        (('"platform":"', '"platform":"/home/somebody/'), "platform"),
        (('"integration_type":"curl"', '"integration_type":"llama-3.1-8b"'), "metrics.integration_type"),
        (('"gpu_detected"', '"hostname":"x","gpu_detected"'), "metrics.hostname"),
    ],
)
def test_validate_names_what_was_planted_in_a_report(tmp_path: Path, plant: tuple[str, str], named: str) -> None:
    home = Home(tmp_path, {"SHIMMY_METRICS_ENDPOINT": "http://127.0.0.1:9/v1/usage"})
    home.metrics("enable")
    report = _sealed(home).decode()
    assert home.metrics("validate", "-", given=report).returncode == 0
    planted = report.replace(*plant)
    assert planted != report
    found = home.metrics("validate", "-", given=planted)
    assert found.returncode == 1
    assert any(line.startswith(f"{named}:") for line in found.stdout.splitlines())


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        (("outbox", 0, "measured", "region_indicator"), "/home/somebody", "outbox[0].measured"),
        (("sessions_note",), "x", "sessions_note"),
        (("config", "metrics", "owner"), "x", "config.metrics.owner"),
        (("outbox", 0, "model"), "llama-3.1-8b", "outbox[0].model"),
        (("outbox", 0, "sha256"), "0" * 64, "outbox[0].sha256"),
    ],
)
def test_validate_names_what_was_planted_in_an_export(
    tmp_path: Path, path: tuple[str | int, ...], value: str, named: str
) -> None:
    home = Home(tmp_path, {"SHIMMY_METRICS_ENDPOINT": "http://127.0.0.1:9/v1/usage"})
    home.metrics("enable")
    _sealed(home)
    exported = home.metrics("export").stdout
    file = tmp_path / "export.json"
    file.write_text(exported)
    assert home.metrics("validate", str(file)).returncode == 0
    changed = json.loads(exported)
    place = changed
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    file.write_text(json.dumps(changed))
    found = home.metrics("validate", str(file))
    assert found.returncode == 1
    assert any(line.startswith(f"{named}:") for line in found.stdout.splitlines())


def test_an_upstream_that_is_down_and_an_address_in_use_are_one_clear_line(tmp_path: Path) -> None:
    home = Home(tmp_path)
    down = home.run("serve", "--upstream", f"http://127.0.0.1:{free_port()}")
    with socket.create_server(("127.0.0.1", 0)) as taken, ToyServer() as toy:
        used = home.run("serve", "--upstream", toy.url, "--bind", f"127.0.0.1:{taken.getsockname()[1]}")
    for failed in (down, used, home.run("serve", "--upstream", "nonsense"), home.run("serve", "--upstream")):
        assert failed.returncode == 2
        assert failed.stdout == ""
        assert len(failed.stderr.splitlines()) == 1
        assert failed.stderr.startswith("shimmy-metrics: ")
