"""What a receiver's operator can do beside it, by the installed command."""

import json
import os
import shlex
import shutil
import subprocess
import time
from datetime import date, timedelta
from typing import Any, Final

import pytest

from shimmy_metrics.receiver.folder import Folder
from shimmy_metrics.receiver.retention_log import dropped_days
from shimmy_metrics.receiver.week import week_name, week_of
from support.installed import BIN, LONGEST, Home, wait_until
from support.one_line import assert_one_line
from support.receive_folder import act, filled, folder, home, report, today
from support.receive_process import receive
from support.receiving import Client

__all__ = ["folder", "home", "today"]

A_DAY: Final = 20
"""So many reports that a week of which a single day is held is not rounded to none, and is kept."""

ACTIONS: Final = {
    "week": [],
    "status": [],
    "retain": [],
    "verify-retention": [],
    "end": [],
    "rotate-key": ["signing"],
    "operator": ["-"],
}


def _operator_status(running: Client) -> int:
    """Ask for the operator's text, not so often that the rate ends it."""
    time.sleep(0.2)
    return running.ask("GET", "/v1/operator").status


def _post_status(running: Client) -> int:
    """Send a report, not so often that the rate ends it."""
    time.sleep(0.2)
    return running.post(report()).status


def status(home: Home, code: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(act(home, "status", "--json", code=code))
    return found


def test_days_that_are_old_enough_go_and_that_is_proved(home: Home, folder: Folder, today: date) -> None:
    filled(folder, today, range(11), reports=A_DAY)
    over = status(home, code=1)
    assert over["retention_holds"] is False
    assert f"Run shimmy-metrics receive retain --data {folder.path}: " in over["troubles"][0]
    assert "is still held" in act(home, "verify-retention", code=1)
    oldest = [today - timedelta(days=age) for age in (10, 9, 8)]
    assert act(home, "retain") == "".join(f"Dropped: what arrived on {day}.\n" for day in oldest)
    assert act(home, "retain") == "Nothing is old enough to be dropped.\n"
    assert act(home, "verify-retention").startswith("It holds: ")
    assert status(home) == {
        "reports": {(today - timedelta(days=age)).isoformat(): A_DAY for age in range(7, -1, -1)},
        "broken_rules": {},
        "disk_used": status(home)["disk_used"],
        "k": 20,
        "ended": False,
        "retention_holds": True,
        "last_dropped": (today - timedelta(days=8)).isoformat(),
        "troubles": [],
    }
    assert (folder.weeks / f"{week_name(week_of(oldest[0]))}.json").exists()


def test_what_was_dropped_and_is_somewhere_all_the_same_is_found(home: Home, folder: Folder, today: date) -> None:
    filled(folder, today, range(8, 9))
    day = today - timedelta(days=8)
    (folder.path / "backup").write_bytes(folder.day(day).read_bytes())
    assert "something of it is still in" in act(home, "retain", code=1)
    assert act(home, "verify-retention", code=1) == (
        f"{day} was dropped, and something of it is still in {folder.path / 'backup'}.\n"
    )
    (folder.path / "backup").unlink()
    act(home, "verify-retention")
    log = folder.retention_log.read_text()
    folder.retention_log.write_text(log.replace(day.isoformat(), today.isoformat()))
    assert act(home, "verify-retention", code=1) == "retention.log: line 1 is not signed by the receiver's key.\n"


def test_a_receiver_drops_what_is_old_by_itself(home: Home, folder: Folder, today: date) -> None:
    filled(folder, today, range(7, 10))
    with receive(home):
        assert wait_until(lambda: len(dropped_days(folder)) == 2, LONGEST)
    assert list(folder.arrival_days()) == [today - timedelta(days=7)]
    assert "It holds" in act(home, "verify-retention")


def test_an_end_is_told_at_once_and_can_be_taken_back(home: Home, folder: Folder) -> None:
    assert list(folder.arrival_days()) == []
    assert "every sender that reaches the receiver is told" in act(home, "end")  # none runs yet
    act(home, "end", "--undo")
    with receive(home) as running:
        assert running.post(report()).status == 200
        assert "has ended" in act(home, "end")
        assert wait_until(lambda: _post_status(running) == 410, LONGEST)
        assert status(home)["ended"] is True
        assert "takes reports again" in act(home, "end", "--undo")
        assert wait_until(lambda: _post_status(running) == 200, LONGEST)
        assert status(home)["ended"] is False


def test_who_starts_an_ended_programme_s_receiver_is_told_that_no_report_is_taken(home: Home, folder: Folder) -> None:
    act(home, "end")
    with receive(home) as running:
        assert wait_until(lambda: len(running.said.read_text().splitlines()) == 2, LONGEST)
        assert running.said.read_text().splitlines()[1] == "The programme has ended: no report is taken."
        assert running.post(report()).status == 410


def test_an_end_that_is_taken_back_promises_no_more_than_that_a_receiver_that_runs_takes_reports(
    home: Home, folder: Folder
) -> None:
    act(home, "end")
    assert act(home, "end", "--undo").startswith("A running receiver takes reports again. ")  # none runs


def test_a_week_s_reports_are_those_that_nobody_recalled_before(home: Home, folder: Folder) -> None:
    with receive(home, "--own", "1") as running:
        bodies = [report() for _ in range(3)]
        assert [running.post(each).status for each in bodies] == [200] * 3
        recalled = json.loads(bodies[0])["session_id"]
        assert running.ask("DELETE", f"/v1/usage/{recalled}").status == 204
        assert "Received in it, without what was recalled in time, rounded: 2." in act(home, "week")


def test_a_key_is_changed_and_what_arrived_before_is_known_on(home: Home, folder: Folder, today: date) -> None:
    body = report()
    report_id = json.loads(body)["session_id"]
    filled(folder, today, range(8, 9))
    with receive(home) as running:
        assert running.post(body).status == 200
        # Where both begin at once the first try can be in vain; the next comes within a minute.
        assert wait_until(folder.retention_log.exists, 3 * LONGEST)
        assert "The old one stays for 16 days" in act(home, "rotate-key", "hashing")
        act(home, "rotate-key", "signing")
    with receive(home) as again:
        assert again.post(body).json["stored"] == [report_id]
        changed = body.replace(b'"errors_count":2', b'"errors_count":3')
        assert again.post(changed).status == 409
        assert again.ask("DELETE", f"/v1/usage/{report_id}").status == 204
        assert again.post(body).status == 409
        assert again.stop() == 0
    assert again.held() == 0
    assert act(home, "verify-retention").startswith("It holds: ")


@pytest.mark.parametrize("name", ["hashing", "signing"])
def test_a_lost_key_stops_the_start_with_one_line_and_status_tells_of_it(
    home: Home, folder: Folder, today: date, name: str
) -> None:
    filled(folder, today, range(8, 9))
    act(home, "retain")
    (folder.keys / name).unlink()
    refused = home.run("receive", "--data", str(folder.path), "--listen", "127.0.0.1:0", command="shimmy-metrics")
    assert_one_line(refused, folder.keys / name)
    assert f"receive rotate-key {name}" in refused.stderr
    assert "is lost" in status(home, code=1)["troubles"][0]
    command = status(home, code=1)["troubles"][0].rpartition("a new one: ")[2]
    rotated = home.run(*shlex.split(command)[1:], command="shimmy-metrics")
    assert "old one" not in rotated.stdout
    assert ("No recall is confirmed for 16 days" in rotated.stdout) is (name == "hashing")
    assert status(home)["troubles"] == []


def test_the_operator_s_text_is_published_by_name(home: Home, folder: Folder) -> None:
    (home.root / "text").write_text("A team\n\nOurs alone. Ask Ada.\n")
    with receive(home, "--own", "3") as running:
        assert running.ask("GET", "/v1/operator").status == 404
        assert "from a running receiver within a second" in act(home, "operator", str(home.root / "text"))
        assert wait_until(lambda: _operator_status(running) == 200, LONGEST)
        said = {"name": "A team", "text": "Ours alone. Ask Ada.", "k": 3}
        assert running.ask("GET", "/v1/operator").json == said
        folder.operator.write_bytes(b"A team\n\x1b[2J\n")  # by hand, and not to be printed
        assert wait_until(lambda: _operator_status(running) == 404, LONGEST)
        assert running.post(report()).status == 200
    assert "cannot be printed" in status(home, code=1)["troubles"][0]


@pytest.mark.parametrize(
    ("text", "said"),
    [("", "is empty"), ("x" * 2_001, "longer than 2,000"), ("A\n\a", "cannot be printed"), (None, "cannot be read")],
)
def test_a_text_that_cannot_be_published_is_refused(home: Home, folder: Folder, text: str | None, said: str) -> None:
    place = home.root / "text"
    if text is not None:
        place.write_text(text)
    refused = home.run("receive", "operator", str(place), "--data", str(folder.path), command="shimmy-metrics")
    assert_one_line(refused, "")
    assert said in refused.stderr
    assert not folder.operator.exists()


@pytest.mark.parametrize("action", ACTIONS)
def test_where_no_receiver_was_started_one_line_says_so(home: Home, action: str) -> None:
    refused = home.run(
        "receive", action, *ACTIONS[action], "--data", str(home.root / "nowhere"), command="shimmy-metrics"
    )
    assert_one_line(refused, home.root / "nowhere")
    assert "no receiver was ever started here" in refused.stderr
    assert not (home.root / "nowhere").exists()


@pytest.mark.parametrize("action", ACTIONS)
def test_a_folder_of_something_else_is_left_as_it_is(home: Home, action: str) -> None:
    (home.root / "else").mkdir(mode=0o700)
    refused = home.run("receive", action, *ACTIONS[action], "--data", str(home.root / "else"), command="shimmy-metrics")
    assert_one_line(refused, home.root / "else")
    assert list((home.root / "else").iterdir()) == []


def test_whoever_has_the_log_and_the_public_keys_checks_it(home: Home, folder: Folder, today: date) -> None:
    filled(folder, today, range(8, 10))
    act(home, "retain")
    (home.root / "copy").mkdir(mode=0o700)
    for public in (folder.retention_log, folder.retention_pub):
        shutil.copy(public, home.root / "copy")
    words = ["receive", "verify-retention", "--data", str(home.root / "copy")]
    assert "It holds" in home.run(*words, command="shimmy-metrics").stdout
    copied = home.root / "copy" / "retention.log"
    copied.write_bytes(copied.read_bytes().splitlines(keepends=True)[1])
    assert home.run(*words, command="shimmy-metrics").returncode == 1


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
@pytest.mark.parametrize("action", ACTIONS)
def test_a_folder_that_others_can_write_is_not_used(home: Home, folder: Folder, action: str) -> None:
    folder.path.chmod(0o777)
    refused = home.run("receive", action, *ACTIONS[action], "--data", str(folder.path), command="shimmy-metrics")
    assert_one_line(refused, folder.path)
    assert f"chmod go-w {folder.path}" in refused.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["week", "--week", "now"], "--week takes the name of a week, not 'now'. Give one such as 2026-W48"),
        (["week", "--json", "--csv"], "not allowed with"),
        (["rotate-key"], "required: "),
        (["rotate-key", "both"], "invalid choice: 'both'"),
        (["operator"], "required: "),
        (["status", "--csv"], "unrecognized arguments: --csv"),
    ],
)
def test_what_cannot_be_meant_gets_one_line(home: Home, folder: Folder, words: list[str], said: str) -> None:
    refused = home.run("receive", *words, "--data", str(folder.path), command="shimmy-metrics")
    assert_one_line(refused, "")
    assert said in refused.stderr


@pytest.mark.parametrize("action", ["retain", "verify-retention", "rotate-key"])
def test_without_the_extra_one_line_tells_what_to_install(home: Home, folder: Folder, action: str) -> None:
    without = (
        "import importlib.util as u; find = u.find_spec; "
        "u.find_spec = lambda name, *rest: None if name == 'cryptography' else find(name, *rest); "
        "import sys; from shimmy_metrics.cli.main import shimmy_metrics; sys.exit(shimmy_metrics())"
    )
    done = subprocess.run(
        [str(BIN / "python"), "-c", without, "receive", action, *ACTIONS[action], "--data", str(folder.path)],
        env=home.environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "shimmy-metrics: shimmy-metrics receive: cryptography is not installed. "
        f"Run {shlex.quote(str(BIN / 'python'))} -m pip install 'shimmy-metrics[receive]'\n"
    )


def test_the_folder_can_be_read_by_its_operator_alone(home: Home) -> None:
    with receive(home) as running:
        assert running.post(report()).status == 200
    public = {"retention.pub", "retention.log"}
    modes = {path: path.stat().st_mode & 0o777 for path in running.data.rglob("*") if path.name not in public}
    assert {mode for path, mode in modes.items() if path.is_file()} == {0o600}
    assert {mode for path, mode in modes.items() if path.is_dir()} == {0o700}
