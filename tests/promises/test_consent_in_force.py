"""Withdrawing, deleting the config and switches, seen at the wire; what was planted in a report is named."""

import json
import socket
from pathlib import Path

import pytest

from shimmy_metrics.demo.toy_server import ToyServer
from shimmy_metrics.limits import CHECKPOINT_SECONDS
from shimmy_metrics.serve.consent_watch import POLL_SECONDS
from support.installed import Home, stop, wait_until
from support.metered import measured, sealed, status, talk
from support.processes import no_sender
from support.servers import free_port


def test_a_withdrawal_stops_the_measuring_within_a_second_and_leaves_no_bytes(tmp_path: Path) -> None:
    home = Home(tmp_path, {"SHIMMY_METRICS_ENDPOINT": "http://127.0.0.1:9/v1/usage"})
    home.agree()
    before = json.loads((tmp_path / "config/shimmy/config.json").read_text())["metrics"]["session_id"]
    waiting = json.loads(sealed(home))["session_id"]
    with ToyServer() as toy, measured(home, toy.url) as (port, process):
        talk(port, 1)
        assert wait_until(lambda: status(home)["running_sessions"] == 1)
        told = home.metrics("disable").stdout
        assert "1 report" in told  # its only receiver refused the connection: it was never sent
        assert "never sent" in told
        # The session's process looks more than once a second, and holds its lock until it knows.
        assert POLL_SECONDS < 1
        assert wait_until(lambda: not [*(tmp_path / "state").rglob("session-*.lock")])
        talk(port, 1)
        assert status(home)["running_sessions"] == 0
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
    home.agree()
    sealed(home)
    (tmp_path / "config/shimmy/config.json").unlink()
    told = status(home)
    assert told["consent"] == "undecided"
    assert told["reports_due"] == 0
    assert not (tmp_path / "config/shimmy/config.json").exists()


def test_without_a_config_traffic_flows_and_nothing_else_happens(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with ToyServer() as toy, measured(home, toy.url) as (port, process):
        assert talk(port, 1) > 0
        assert not wait_until(lambda: any(tmp_path.iterdir()), CHECKPOINT_SECONDS + 0.2)
        stop(process)
    assert list(tmp_path.iterdir()) == []


def test_a_yes_counts_at_once_where_bytes_were_only_passed(tmp_path: Path) -> None:
    home = Home(tmp_path, {"SHIMMY_METRICS_ENDPOINT": "http://127.0.0.1:9/v1/usage"})
    with ToyServer() as toy, measured(home, toy.url) as (port, process):
        talk(port, 1)
        home.agree()
        assert wait_until(lambda: status(home)["running_sessions"] == 1)
        talk(port, 1)
        stop(process)
    no_sender(home)
    assert json.loads(home.metrics("preview").stdout)["metrics"]["requests_per_session"] == 4


@pytest.mark.parametrize("switch", [{"DO_NOT_TRACK": "1"}, {"SHIMMY_METRICS": "off"}])
def test_a_switch_in_force_measures_nothing(tmp_path: Path, switch: dict[str, str]) -> None:
    home = Home(tmp_path)
    home.agree()
    off = home.having(**switch)
    with ToyServer() as toy, measured(off, toy.url) as (port, process):
        talk(port, 1)
        stop(process)
    assert not (tmp_path / "state").exists()
    assert next(iter(switch)) in off.metrics("status").stdout
    assert status(off)["sends"] is False
    assert status(home)["sends"] is True


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
    home.agree()
    report = sealed(home).decode()
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
    home.agree()
    sealed(home)
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
