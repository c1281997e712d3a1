"""What commands say of switches, endpoints, withdrawals and running sessions is so."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shimmy_metrics.delivery.sender_lock import lock_path
from shimmy_metrics.demo.toy_server import ToyServer
from shimmy_metrics.records import Departure
from shimmy_metrics.store import departures
from shimmy_metrics.store.database import opened, transaction
from shimmy_metrics.system.locks import Lock
from support.enabled_home import NOWHERE, enabled, status, status_json
from support.installed import Home, stop, wait_until
from support.one_line import assert_trouble_line, needs_setpriv, unprivileged
from support.pieces import pieces_left
from support.queue_report import end_session, queue_report
from support.servers import chat, free_port, wait_for
from support.store_files import store_path


def test_an_example_is_called_one(tmp_path: Path) -> None:
    home = Home(tmp_path, {"SHIMMY_METRICS_ENDPOINT": NOWHERE})
    for answer in ("", "enable", "disable"):
        if answer:
            assert home.metrics(answer).returncode == 0
        (line,) = home.metrics("preview").stderr.splitlines()
        assert line == "An example: this machine's facts, and a session in which nothing happened. It is not sent."


@contextmanager
def _measured(home: Home) -> Iterator[str]:
    """Run a server that is measured, with one answered request; yield its address."""
    port = free_port()
    with ToyServer() as toy, home.started("serve", "--upstream", toy.url, "--bind", f"127.0.0.1:{port}") as process:
        wait_for(port, process)
        chat(port)
        assert wait_until(lambda: status_json(home)["running_sessions"] == 1)
        yield f"http://127.0.0.1:{port}"
        stop(process)


def _assert_no_endpoint_beside_a_measured_server(here: Home, said: str) -> None:
    assert status(here).startswith(f"Off in this shell: a server is measured.\n{said}\n")
    plain = here.run("tui", "--plain").stdout
    assert plain.startswith("Shimmy metrics: off in this shell, a server is measured.\n")
    assert said in plain.splitlines()


def test_a_switch_in_this_shell_does_not_hide_a_server_that_is_measured(tmp_path: Path) -> None:
    with enabled(tmp_path) as (home, receiver):
        with _measured(home) as url:
            off = home.having(DO_NOT_TRACK="1")
            said = (
                f"This shell is switched off by DO_NOT_TRACK=1. The server at {url} was started "
                "without it and is measured; shimmy config --metrics disable withdraws for all."
            )
            assert said in status(off).splitlines()
            assert said in off.run("tui", "--plain").stdout.splitlines()
            _, *told = off.metrics("preview").stderr.splitlines()
            assert told == [said, "It is sent when this session ends."]
            assert status(off).startswith("Off in this shell: a server is measured.")
        assert wait_until(lambda: len(receiver.received) == 1)  # so it was true


@pytest.mark.parametrize("waits", [True, False])
def test_preview_names_a_measured_server_beside_a_switch_whatever_it_previews(tmp_path: Path, waits: bool) -> None:
    with enabled(tmp_path) as (home, _):
        if waits:
            queue_report(home)
        else:
            assert home.run("only-me", command="shimmy-metrics").returncode == 0
        with _measured(home) as url:
            told = home.having(DO_NOT_TRACK="1").metrics("preview").stderr
    assert told.startswith("What is due, as one request: 1 report" if waits else "The running session: ")
    assert f"The server at {url} was started without it and is measured" in told
    if waits:  # that server sends it, while this shell does not
        why, when = told.splitlines()[-2:]
        assert why.startswith("Nothing is sent from here: DO_NOT_TRACK=1 is set.")
        assert when == "Reports are sent when the running session ends."


def test_an_endpoint_that_cannot_be_used_in_this_shell_does_not_hide_a_server_that_is_measured(tmp_path: Path) -> None:
    with enabled(tmp_path) as (home, receiver):
        here = home.having(SHIMMY_METRICS_ENDPOINT="http://example.org/")
        said = (
            "While SHIMMY_METRICS_ENDPOINT cannot be used nothing is measured or sent from this shell. A server that "
            "was started elsewhere follows its own."
        )
        assert status(here).startswith(f"Off in this shell: no endpoint.\n{said}\n")
        with _measured(home):
            _assert_no_endpoint_beside_a_measured_server(here, said)
            shown = status_json(here)
            assert (shown["consent"], shown["sends"], shown["endpoint"]) == (None, False, None)
        assert wait_until(lambda: len(receiver.received) == 1)  # so it was true


def test_an_endpoint_that_cannot_be_used_in_the_config_does_not_hide_a_server_that_has_its_own(tmp_path: Path) -> None:
    with enabled(tmp_path) as (home, _):
        config = home.profile.config_path
        here, agreed = Home(home.root), config.read_text()
        metrics = json.loads(agreed)["metrics"]
        config.write_text(json.dumps({"metrics": {**metrics, "endpoint": "http://example.org/"}}))
        said = (
            "While the config's endpoint cannot be used nothing is measured or sent from this shell. A server that "
            "was started with SHIMMY_METRICS_ENDPOINT set follows that."
        )
        assert status(here).startswith(f"Off in this shell: no endpoint.\n{said}\n")
        assert f"{config}: metrics.endpoint: the endpoint is not https" in here.metrics("status").stderr
        with _measured(home):
            _assert_no_endpoint_beside_a_measured_server(here, said)
        assert here.metrics("disable").returncode == 0


@pytest.mark.parametrize("word", ["review", "automatic", "only-me"])
@pytest.mark.parametrize("where", ["SHIMMY_METRICS_ENDPOINT", "the config's endpoint"])
def test_an_answer_promises_nothing_from_a_shell_whose_endpoint_cannot_be_used(
    tmp_path: Path, where: str, word: str
) -> None:
    home = Home(tmp_path)
    home.agree()
    if where == "SHIMMY_METRICS_ENDPOINT":
        home = home.having(SHIMMY_METRICS_ENDPOINT="http://example.org/")
    else:
        home.edit_config('{"metrics": {"enabled": true, "endpoint": "http://example.org/"}}')
    told = home.run(word, command="shimmy-metrics").stdout
    assert f"While {where} cannot be used nothing is measured or sent from this shell." in told
    assert not any(promised in told for promised in ("next start", "session ends.", "sent automatically"))


def test_enabling_under_a_switch_says_first_that_it_keeps_everything_off(tmp_path: Path) -> None:
    off = Home(tmp_path, {"SHIMMY_METRICS": "off"})
    told = off.metrics("enable").stdout.splitlines()
    assert told[:2] == [
        "SHIMMY_METRICS=off keeps measuring and sending off in this shell.",
        "Your answer is recorded and applies where no switch is set.",
    ]
    assert not any("measured from" in line.lower() or "are sent when" in line for line in told)
    assert status_json(off)["sends"] is False


def test_a_no_stands_although_somebody_holds_the_store_and_who_is_named(tmp_path: Path) -> None:
    with enabled(tmp_path) as (home, receiver):
        report = queue_report(home)
        held = sqlite3.connect(store_path(home.profile), isolation_level=None)
        held.execute("BEGIN")
        held.execute("SELECT count(*) FROM outbox").fetchone()
        try:
            refused = home.metrics("disable")
        finally:
            held.close()
        assert_trouble_line(refused, store_path(home.profile))
        assert refused.stdout == "Metrics are off. You won't be asked again.\n"
        assert "is held by process " in refused.stderr
        assert "could not be deleted, and will not be sent" in refused.stderr
        assert pieces_left(report.body, store_path(home.profile).read_bytes())
        end_session(home)
        assert receiver.received == []
        # What is owed is done by whoever looks next.
        assert "Deleted: 1 report that was never sent." in status(home)
        assert pieces_left(report.body, store_path(home.profile).read_bytes()) == []


def test_a_sender_that_has_not_ended_is_said_and_the_no_stands(tmp_path: Path) -> None:
    home = Home(tmp_path, {"SHIMMY_METRICS_ENDPOINT": NOWHERE})
    home.agree()
    report = queue_report(home)
    sender = Lock(lock_path(home.profile))  # as one that a stopped machine keeps from ending
    assert sender.take()
    with opened(home.profile) as db, transaction(db):
        begun = Departure(0, datetime.now(UTC), NOWHERE, report.sha256, len(report.body), 1, by_hand=False)
        departures.record_report_ids(db, departures.begin(db, begun), [report.report_id])
    withdrawn = home.metrics("disable")
    assert_trouble_line(withdrawn, "a report may still be sent to 127.0.0.1:9: ")
    assert "its sender has not ended yet. Your no stands" in withdrawn.stderr
    assert withdrawn.stdout.startswith("Metrics are off. You won't be asked again.\n")
    assert "never sent" not in withdrawn.stdout
    sender.release()
    assert "1 report possibly sent to 127.0.0.1:9" in status(home)
    assert status_json(home)["consent"] == "declined"


def test_after_a_no_the_receipts_are_still_there(tmp_path: Path) -> None:
    with enabled(tmp_path) as (home, receiver):
        queue_report(home)
        end_session(home)
        home.metrics("disable")
        (arrived,) = receiver.received
        (receipt,) = json.loads(home.metrics("export").stdout)["receipts"]
        assert receipt["body"].encode() == arrived.body
        assert "  so far    1 report was sent and taken; 1 receipt is kept here" in status(home)


def test_a_running_session_is_previewed_and_said_to_be_one(tmp_path: Path) -> None:
    with enabled(tmp_path) as (home, receiver), ToyServer() as toy:
        port = free_port()
        with home.started("serve", "--upstream", toy.url, "--bind", f"127.0.0.1:{port}") as process:
            wait_for(port, process)
            chat(port)
            assert wait_until(lambda: status_json(home)["running_sessions"] == 1)
            shown = home.metrics("preview")
            assert shown.stderr.startswith("The running session: its report as of the last second saved, ")
            assert "It is sent when this session ends." in shown.stderr
            stop(process)
        assert wait_until(lambda: len(receiver.received) == 1)
    assert json.loads(receiver.received[0].body)["session_id"] == json.loads(shown.stdout)["session_id"]


@pytest.mark.parametrize(
    "words", [("status",), ("status", "--json"), ("preview",), ("export",), ("validate",), ("validate", "given")]
)
def test_what_there_is_no_consent_for_is_deleted_as_the_help_says(tmp_path: Path, words: tuple[str, ...]) -> None:
    home = Home(tmp_path, {"SHIMMY_METRICS_ENDPOINT": NOWHERE})
    help_text = " ".join(home.run("config", "--help").stdout.split())
    assert "All of them delete what there is no longer consent for, except validate with a FILE." in help_text
    home.agree()
    queue_report(home)
    (tmp_path / "given").write_text(home.metrics("preview").stdout)
    home.profile.config_path.unlink()
    ended = home.metrics(*words)
    assert ended.returncode == 0
    deleted = "Deleted: 1 report that was never sent." in ended.stdout + ended.stderr
    assert deleted == (words != ("validate", "given"))


@pytest.mark.parametrize("words", [("review",), ("automatic", "--json")])
def test_how_reports_are_sent_is_not_changed_without_a_yes_and_what_went_is_told(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    home = Home(tmp_path, {"SHIMMY_METRICS_ENDPOINT": NOWHERE})
    home.agree()
    queue_report(home)
    home.profile.config_path.unlink()
    ended = home.run(*words, command="shimmy-metrics")
    assert (ended.returncode, ended.stdout) == (2, "")
    told, deleted, error = ended.stderr.splitlines()
    assert told == "There was no consent for what was kept here:"
    assert deleted == "Deleted: 1 report that was never sent."
    assert error.startswith("shimmy-metrics: reports are ")


@needs_setpriv
def test_only_for_me_says_that_nothing_can_be_saved(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.run("only-me", command="shimmy-metrics")
    (tmp_path / "state").mkdir(mode=0o500)
    told = unprivileged(home, "config", "--metrics", "status").stdout.splitlines()
    assert told[0] == "Only for me: nothing is saved."
    assert told[1].startswith(f"Nothing can be saved: {home.profile.state_path}/metrics.db cannot be written.")
