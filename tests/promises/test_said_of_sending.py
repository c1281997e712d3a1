"""What commands say was sent, and was not, held against the record of the receiver."""

import hashlib
import json
import re
import sqlite3
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shimmy_metrics.actions.decide import hold
from shimmy_metrics.actions.receipts import delete_receipts
from shimmy_metrics.delivery.sender_lock import lock_path
from shimmy_metrics.demo.toy_server import ToyServer
from shimmy_metrics.limits import OUTBOX_DAYS
from shimmy_metrics.records import Departure, QueueState
from shimmy_metrics.store import departures
from shimmy_metrics.store.database import opened, store_path, transaction
from shimmy_metrics.system.locks import Lock
from support import receiver as behave
from support.installed import Home, stop, wait_until
from support.one_line import assert_one_line, assert_trouble_line
from support.queue_report import FIRST, SECOND, THIRD, end_session, queue_report
from support.receiver import Receiver
from support.servers import chat, free_port, wait_for

NOWHERE = "http://127.0.0.1:9/v1/usage"


@contextmanager
def _enabled(folder: Path, behaviour: behave.Behaviour = behave.accept) -> Iterator[tuple[Home, Receiver]]:
    """Yield a home that agreed to a receiver, and the receiver."""
    with Receiver(folder, behaviour) as receiver:
        home = Home(folder / "home", receiver.variables)
        home.root.mkdir()
        assert home.metrics("enable").returncode == 0
        yield home, receiver


def _status(home: Home) -> str:
    return home.metrics("status").stdout


def _json(home: Home) -> dict[str, object]:
    told: dict[str, object] = json.loads(home.metrics("status", "--json").stdout)
    return told


def _own(home: Home, *words: str) -> "subprocess.CompletedProcess[str]":
    return home.run(*words, command="shimmy-metrics")


# --- what became of it ---------------------------------------------------------------------------------------------

HOST = r"localhost:\d+ at \d\d:\d\d"

BECAME = {
    "confirmed": (behave.accept, f"2 reports taken by {HOST}, which confirmed the digest", 2, 0),
    "captive portal": (behave.portal, f"2 reports accepted by {HOST}, which answered 200 without the digest", 2, 0),
    "422, one refused": (behave.refuse_second, f"1 of 2 reports taken by {HOST}, the rest refused", 1, 1),
    "400": (behave.status(400), f"2 reports refused by {HOST}, answer 400", 0, 2),
    "410": (behave.status(410), f"2 reports refused by {HOST}, answer 410: it takes no more reports", 0, 2),
    "500": (behave.status(500), f"2 reports sent to {HOST}, which answered with an error: 500", 0, 2),
    "redirect": (behave.redirect, f"2 reports sent to {HOST}, which answered with an error: 307", 0, 2),
    "no answer": (behave.hang, f"2 reports sent to {HOST}, no answer: the time was up", 0, 2),
}


@pytest.mark.parametrize("case", BECAME)
def test_status_says_what_became_of_the_last_attempt_and_counts_reports(tmp_path: Path, case: str) -> None:
    behaviour, words, taken, left = BECAME[case]
    with _enabled(tmp_path, behaviour) as (home, receiver):
        queue_report(home)
        queue_report(home, SECOND)
        end_session(home)
        told = _status(home)
        assert re.search(rf"^  last      .*{words}$", told, re.MULTILINE), told
        so_far = f"{taken} report{'s were' if taken > 1 else ' was'} sent and taken; 1 receipt is kept here"
        nothing_taken = "bytes may have been sent in 1 attempt; none is known to be taken"
        assert f"  so far    {so_far if taken else nothing_taken}" in told.splitlines()
        assert f"  waiting   {left} report" in told
        as_json = _json(home)
        (arrived,) = receiver.received
        attempt = as_json["last_attempt"]
        assert isinstance(attempt, dict)
        assert attempt["sha256"] == hashlib.sha256(arrived.body).hexdigest()
        assert (attempt["reports"], attempt["taken"], as_json["reports_sent"]) == (2, taken, taken)
        withdrawn = home.metrics("disable")
        assert withdrawn.returncode == 0
        # The receiver has the bytes, whatever it answered: of no report that is deleted now it is said that it never
        # left.
        assert "never sent" not in withdrawn.stdout
        assert ("of which bytes had been sent before" in withdrawn.stdout) == bool(left)


def test_of_a_report_that_found_no_receiver_it_is_said_that_it_never_left(tmp_path: Path) -> None:
    home = Home(tmp_path, {"SHIMMY_METRICS_ENDPOINT": NOWHERE})
    home.metrics("enable")
    queue_report(home)
    end_session(home)
    assert "nothing sent to 127.0.0.1:9" in _status(home)
    assert "no connection could be made" in _status(home)
    assert "Deleted: 1 report that was never sent." in home.metrics("disable").stdout.splitlines()
    assert "  waiting   0 reports" in _status(home)


@contextmanager
def _awaiting(home: Home, receiver: Receiver) -> Iterator[None]:
    """Let a sender wait for an answer: no longer than it may take, so one command at most is run meanwhile."""
    queue_report(home)
    sender = subprocess.Popen(
        ["python", "-m", "shimmy_metrics.delivery"], env=home.environment, stdin=subprocess.DEVNULL, cwd=home.root
    )
    assert wait_until(lambda: bool(receiver.received))
    yield
    sender.wait()


def test_while_the_answer_is_awaited_that_is_said(tmp_path: Path) -> None:
    with _enabled(tmp_path, behave.hang) as (home, receiver), _awaiting(home, receiver):
        told = _status(home)
    assert re.search(r"^  last      1 report on the way to localhost:\d+, begun at", told, re.MULTILINE)
    assert "  next      being sent now" in told


def test_a_withdrawal_while_the_answer_is_awaited_says_what_became(tmp_path: Path) -> None:
    with _enabled(tmp_path, behave.hang) as (home, receiver), _awaiting(home, receiver):
        withdrawn = home.metrics("disable")
    first, *rest = withdrawn.stdout.splitlines()
    assert first == "Metrics are off. You won't be asked again."
    (told,) = rest
    assert re.fullmatch(
        r"Deleted: 1 report of which bytes had been sent before: 1 report cut off by you at \d\d:\d\d; "
        r"bytes may have been sent to localhost:\d+\.",
        told,
    )


def test_after_the_receipts_are_deleted_it_is_still_said_how_much_was_sent(tmp_path: Path) -> None:
    with _enabled(tmp_path) as (home, _):
        queue_report(home)
        queue_report(home, SECOND)
        end_session(home)
        assert "  so far    2 reports were sent and taken; 1 receipt is kept here" in _status(home)
        assert delete_receipts(home.profile) == 1
        assert "  so far    2 reports were sent and taken; no receipt is kept" in _status(home)
        assert (_json(home)["reports_sent"], _json(home)["receipts"]) == (2, 0)
        plain = home.run("tui", "--plain").stdout
        assert "So far 2 reports were sent and taken; no receipt is kept." in plain
        assert "Bytes of 1 receipt deleted by you" in plain


# --- when the next one is made -----------------------------------------------------------------------------------


def test_the_next_attempt_is_made_when_it_is_said(tmp_path: Path) -> None:
    with _enabled(tmp_path, behave.status(500)) as (home, receiver):
        queue_report(home)
        # Session ends: an attempt, one more, one passed over, an attempt, two passed over, an attempt.
        for end, attempts in enumerate((1, 2, 2, 3, 3, 3, 4)):
            soon = "sent when the next session ends" in _status(home)
            before = len(receiver.received)
            end_session(home)
            assert len(receiver.received) == attempts, end
            assert soon == (attempts > before)
        assert "sent when the third session from now ends" in _status(home)


def test_where_the_server_can_leave_no_sender_behind_reports_leave_when_the_next_one_starts(tmp_path: Path) -> None:
    with _enabled(tmp_path) as (home, receiver), ToyServer() as toy:
        assert "Each report is sent after its session." in home.metrics("enable").stdout
        of_a_unit = home.having(INVOCATION_ID="c0ffee")
        port = free_port()
        words = ("serve", "--upstream", toy.url, "--bind", f"127.0.0.1:{port}")
        with of_a_unit.started(*words) as process:
            wait_for(port, process)
            chat(port)
            assert wait_until(lambda: _json(home)["running_sessions"] == 1)
            stop(process)
        # Said in a shell that is no unit: what counts is how the server was started.
        assert wait_until(lambda: _json(home)["reports_due"] == 1)
        assert _json(home)["sends_at_session_start"] is True
        assert "  next      sent when the next session starts" in _status(home).splitlines()
        assert "Reports are sent when the next session starts." in home.run("tui", "--plain").stdout.splitlines()
        time.sleep(0.5)
        assert receiver.received == []
        with of_a_unit.started(*words) as process:
            wait_for(port, process)
            assert wait_until(lambda: len(receiver.received) == 1)
            stop(process)
        with home.started(*words) as process:
            wait_for(port, process)
            assert wait_until(lambda: _json(home)["running_sessions"] == 1)
            stop(process)
        assert "Reports are sent when the next session ends." in home.run("tui", "--plain").stdout.splitlines()
        assert _json(home)["sends_at_session_start"] is False
        home.metrics("disable")
        assert _json(home)["sends_at_session_start"] is None


def test_after_the_programme_s_end_nothing_is_said_to_leave_until_a_new_yes(tmp_path: Path) -> None:
    with _enabled(tmp_path, behave.status(410)) as (home, receiver):
        queue_report(home)
        queue_report(home, SECOND)
        end_session(home)
        ended = f"Nothing is sent: {receiver.url} answered that the programme has ended. What is measured stays here."
        assert "            2 due, but nothing is sent from here" in _status(home).splitlines()
        assert f"{ended} Enable again to ask it once more." in _status(home).splitlines()
        preview = home.metrics("preview").stderr
        assert preview.startswith("What is waiting, as one request: 2 reports, ")
        plain = home.run("tui", "--plain").stdout
        assert re.search(r"^A report sealed \d\d:\d\d is due, but nothing is sent from here, ", plain, re.MULTILINE)
        for told in (_status(home), preview, plain):
            assert ended in told
            assert "sent when" not in told
            assert "next request" not in told.lower()
        assert_one_line(_own(home, "release", "all"), "nothing is sent: ")
        end_session(home)
        assert len(receiver.received) == 1
        receiver.behaviour = behave.accept
        assert home.metrics("enable").stdout.startswith("Metrics are on.\n")
        end_session(home)
        assert len(receiver.received) == 2
        assert "  so far    2 reports were sent and taken; 1 receipt is kept here" in _status(home)


# --- the request that is shown ------------------------------------------------------------------------------------


def _body(told: "subprocess.CompletedProcess[str]") -> bytes:
    return told.stdout.encode()


def test_preview_is_the_next_request_and_says_so(tmp_path: Path) -> None:
    with _enabled(tmp_path) as (home, receiver):
        queue_report(home)
        queue_report(home, SECOND)
        shown = home.metrics("preview")
        digest = hashlib.sha256(_body(shown)).hexdigest()
        assert (
            f"The next request, as it stands now: 2 reports, {len(_body(shown)):,} bytes, sha256 {digest}."
            in shown.stderr
        )
        assert "sent when the next session ends" in shown.stderr
        end_session(home)
        assert [arrived.body for arrived in receiver.received] == [_body(shown)]


def test_under_review_releasing_all_sends_what_preview_prints(tmp_path: Path) -> None:
    with _enabled(tmp_path) as (home, receiver):
        queue_report(home, FIRST, QueueState.HELD_BY_MODE, days=3)
        queue_report(home, SECOND, QueueState.HELD_BY_MODE)
        end_session(home)
        assert receiver.received == []
        shown = home.metrics("preview")
        assert shown.stderr.startswith("What releasing all would send: 2 reports")
        assert "Held until you release them: shimmy-metrics release ID, or all." in shown.stderr
        assert "Of the first: it waits until " in shown.stderr
        assert "sent when" not in shown.stderr
        assert _own(home, "preview", "all").stdout == shown.stdout
        released = _own(home, "release", "all")
        assert released.returncode == 0
        assert "2 reports taken by localhost" in released.stdout
        assert [arrived.body for arrived in receiver.received] == [_body(shown)]


@pytest.mark.parametrize("state", [QueueState.DUE, QueueState.HELD_BY_MODE])
@pytest.mark.parametrize("named", ["digest", "session_id"])
def test_a_released_report_goes_alone_as_it_was_shown(tmp_path: Path, state: QueueState, named: str) -> None:
    with _enabled(tmp_path) as (home, receiver):
        queue_report(home, FIRST, state)
        second = queue_report(home, SECOND, state)
        word = second.sha256[:8] if named == "digest" else SECOND
        shown = _own(home, "preview", word)
        assert _body(shown) == second.body
        assert second.sha256 in shown.stderr
        released = _own(home, "release", word, "--json")
        attempt = json.loads(released.stdout)["attempt"]
        assert (attempt["sha256"], attempt["outcome"], attempt["by_hand"]) == (second.sha256, "confirmed", True)
        time.sleep(0.5)  # a sender that took others along would have sent them by now
        assert [arrived.body for arrived in receiver.received] == [second.body]
        assert "  waiting   1 report" in _status(home)


def test_a_release_while_another_sender_is_at_work_is_a_request_of_its_own(tmp_path: Path) -> None:
    answer = threading.Event()

    def at_length(handler: behave.Handler, body: bytes) -> None:
        answer.wait(3)
        behave.accept(handler, body)

    with _enabled(tmp_path, at_length) as (home, receiver):
        queue_report(home)
        at_work = threading.Thread(target=end_session, args=(home,))
        at_work.start()
        assert wait_until(lambda: bool(receiver.received))
        second, third = queue_report(home, SECOND), queue_report(home, THIRD)
        ended = threading.Thread(target=end_session, args=(home,))
        released: list[subprocess.CompletedProcess[str]] = []
        releasing = threading.Thread(target=lambda: released.append(_own(home, "release", SECOND)))
        releasing.start()
        assert wait_until(lambda: "released" in json.loads(home.metrics("export").stdout)["meta"])
        ended.start()
        time.sleep(0.5)  # both wait for their turn
        answer.set()
        for each in (at_work, ended, releasing):
            each.join()
        assert "1 report taken by localhost" in released[0].stdout
        first, *others = (arrived.body for arrived in receiver.received)
        assert json.loads(first)["session_id"] == FIRST
        assert sorted(others) == sorted((second.body, third.body))


@pytest.mark.parametrize("state", [QueueState.HELD_BY_MODE, QueueState.HELD_BY_HAND])
def test_after_a_release_that_got_no_answer_the_report_is_held_as_before(tmp_path: Path, state: QueueState) -> None:
    with _enabled(tmp_path, behave.hang) as (home, receiver):
        if state is QueueState.HELD_BY_MODE:
            hold(home.profile, review=True)
        queue_report(home, FIRST, state)
        released = _own(home, "release", "all")
        assert released.returncode == 1
        assert re.search(r"1 report sent to localhost:\d+ at \d\d:\d\d, no answer", released.stdout)
        assert "Held until you release it" in released.stdout
        assert "due" not in released.stdout
        for _ in range(3):
            end_session(home)
        assert len(receiver.received) == 1  # nothing sends it by itself
        told = _status(home)
        assert "  waiting   1 report" in told
        assert "            1 held until you release it" in told
        assert re.search(r"^  last      1 report sent to localhost:\d+ at \d\d:\d\d, no answer", told, re.MULTILINE)
        assert "  next  " not in told
        assert "1 report sent to localhost" in home.metrics("disable").stdout  # it may have arrived


def test_a_released_report_that_is_refused_is_set_aside(tmp_path: Path) -> None:
    with _enabled(tmp_path, behave.status(400)) as (home, receiver):
        hold(home.profile, review=True)
        queue_report(home, FIRST, QueueState.HELD_BY_MODE)
        released = _own(home, "release", "all")
        assert released.returncode == 1
        assert "Set aside: refused by the receiver: answer 400." in released.stdout.splitlines()
        told = _json(home)
        assert (told["reports_held"], told["reports_set_aside"]) == (0, 1)
        assert len(receiver.received) == 1


def test_a_release_that_is_not_taken_ends_with_1_and_says_what_became(tmp_path: Path) -> None:
    with _enabled(tmp_path, behave.status(500)) as (home, _):
        queue_report(home)
        released = _own(home, "release", "all")
        assert released.returncode == 1
        assert "which answered with an error: 500" in released.stdout
        assert "1 report due." in released.stdout


@pytest.mark.parametrize("word", ["preview", "release"])
def test_an_id_that_names_none_or_several_is_one_line(tmp_path: Path, word: str) -> None:
    home = Home(tmp_path, {"SHIMMY_METRICS_ENDPOINT": NOWHERE})
    home.metrics("enable")
    assert_one_line(_own(home, word, "all"), "no report is waiting")
    queue_report(home)
    queue_report(home, SECOND)
    assert_one_line(_own(home, word, "beef"), "no waiting report has a digest or session_id that begins with")
    empty = _own(home, word, "")
    assert_one_line(empty, "an empty ID")
    assert "an empty ID names no report" in empty.stderr
    assert_one_line(_own(home, word, "c0ffee"), "2 reports begin with")
    assert_one_line(_own(home, word, FIRST, "more"), f"shimmy-metrics {word}")
    assert json.loads(home.metrics("status", "--json").stdout)["reports_due"] == 2


def test_where_nothing_may_leave_a_release_says_why_and_changes_nothing(tmp_path: Path) -> None:
    home = Home(tmp_path, {"SHIMMY_METRICS_ENDPOINT": NOWHERE})
    home.metrics("enable")
    queue_report(home, FIRST, QueueState.HELD_BY_MODE)
    assert_one_line(_own(home.having(DO_NOT_TRACK="1"), "release", "all"), "nothing is sent from here: DO_NOT_TRACK")
    elsewhere = home.having(SHIMMY_METRICS_ENDPOINT="https://elsewhere.example/")
    assert_one_line(_own(elsewhere, "release", "all"), "nothing is sent from here: you agreed to")
    assert _json(home)["reports_held"] == 1


def test_an_example_is_called_one(tmp_path: Path) -> None:
    home = Home(tmp_path, {"SHIMMY_METRICS_ENDPOINT": NOWHERE})
    for answer in ("", "enable", "disable"):
        if answer:
            assert home.metrics(answer).returncode == 0
        (line,) = home.metrics("preview").stderr.splitlines()
        assert line == "An example: this machine's facts, and a session in which nothing happened. It is not sent."


# --- held, set aside, for another endpoint ------------------------------------------------------------------------


def test_held_reports_are_counted_with_the_day_on_which_they_end(tmp_path: Path) -> None:
    home = Home(tmp_path, {"SHIMMY_METRICS_ENDPOINT": NOWHERE})
    home.metrics("enable")
    report = queue_report(home, FIRST, QueueState.HELD_BY_HAND, days=4)
    told = _json(home)
    assert told["reports_held"] == 1
    until = datetime.fromisoformat(str(told["held_until"]))
    assert (until - report.sealed).days == OUTBOX_DAYS
    ends = until.astimezone()
    assert f"of the first: it waits until {ends.day} {ends:%b}, then it is deleted when a session ends" in _status(home)
    assert until > datetime.now(UTC)


def test_what_has_waited_too_long_is_neither_called_due_nor_sent(tmp_path: Path) -> None:
    with _enabled(tmp_path) as (home, receiver):
        old = queue_report(home, FIRST, days=15)
        home.metrics("status")  # a look deletes nothing
        line = "            1 has waited 14 days and is no longer sent: it is deleted when the next session ends"
        assert line in _status(home).splitlines()
        assert "due" not in _status(home)
        assert "  next" not in _status(home)
        assert [_json(home)[key] for key in ("reports_due", "reports_held", "reports_overdue")] == [0, 0, 1]
        assert "stays (it has waited 14 days and is no longer sent" in home.run("tui", "--plain").stdout
        assert_one_line(_own(home, "release", "all"), "no report is waiting")
        second = queue_report(home, SECOND)
        assert _own(home, "release", "all").returncode == 0
        assert [arrived.body for arrived in receiver.received] == [second.body]
        # A release is no session's end: it deletes nothing.
        assert line in _status(home).splitlines()
        port = free_port()
        with ToyServer() as toy, home.started("serve", "--upstream", toy.url, "--bind", f"127.0.0.1:{port}") as process:
            wait_for(port, process)
            assert wait_until(lambda: _json(home)["running_sessions"] == 1)
            stop(process)
        assert wait_until(lambda: "waited 14 days" not in _status(home))
        assert old.sha256 not in home.metrics("export").stdout
        assert "1 report dropped: too many waited, or too long" in home.run("tui", "--plain").stdout


def test_what_waited_for_another_receiver_is_held_and_said_with_its_number(tmp_path: Path) -> None:
    home = Home(tmp_path, {"SHIMMY_METRICS_ENDPOINT": NOWHERE})
    home.metrics("enable")
    queue_report(home)
    queue_report(home, SECOND)
    with Receiver(tmp_path) as receiver:
        moved = home.having(**receiver.variables)
        assert "Nothing is sent from here: you agreed to http://127.0.0.1:9/v1/usage" in _status(moved)
        enabled = moved.metrics("enable").stdout
        assert "2 reports that waited were sealed under another yes. Held until you release them." in enabled
        end_session(moved)
        assert receiver.received == []
        assert "2 held until you release them, 2 of them from an earlier yes" in _status(moved)
        assert _json(moved)["reports_held_for_endpoint"] == 2
        assert _own(moved, "release", FIRST).returncode == 0
        assert len(receiver.received) == 1


def test_a_report_that_was_set_aside_is_said_with_its_reason(tmp_path: Path) -> None:
    with _enabled(tmp_path, behave.refuse_second) as (home, _):
        queue_report(home)
        queue_report(home, SECOND)
        end_session(home)
        assert "1 set aside: refused by the receiver: platform: none of its words" in _status(home)
        assert _json(home)["set_aside_for"] == {"rule": 1}


# --- a switch in one shell alone ---------------------------------------------------------------------------------


def test_a_switch_in_this_shell_does_not_hide_a_server_that_is_measured(tmp_path: Path) -> None:
    with _enabled(tmp_path) as (home, receiver), ToyServer() as toy:
        port = free_port()
        with home.started("serve", "--upstream", toy.url, "--bind", f"127.0.0.1:{port}") as process:
            wait_for(port, process)
            chat(port)
            assert wait_until(lambda: _json(home)["running_sessions"] == 1)
            off = home.having(DO_NOT_TRACK="1")
            said = (
                f"This shell is switched off by DO_NOT_TRACK=1. The server at http://127.0.0.1:{port} was started "
                "without it and is measured; shimmy config --metrics disable withdraws for all."
            )
            assert said in _status(off).splitlines()
            assert said in off.run("tui", "--plain").stdout.splitlines()
            assert said in off.metrics("preview").stderr.splitlines()
            assert _status(off).startswith("Off in this shell: a server is measured.")
            stop(process)
        assert wait_until(lambda: len(receiver.received) == 1)  # so it was true


def test_an_endpoint_that_cannot_be_used_in_this_shell_does_not_hide_a_server_that_is_measured(tmp_path: Path) -> None:
    with _enabled(tmp_path) as (home, receiver), ToyServer() as toy:
        port = free_port()
        here = home.having(SHIMMY_METRICS_ENDPOINT="http://example.org/")
        said = (
            "While SHIMMY_METRICS_ENDPOINT cannot be used nothing is measured or sent from this shell. A server that "
            "was started elsewhere follows its own."
        )
        assert _status(here).startswith(f"Off in this shell: no endpoint.\n{said}\n")
        with home.started("serve", "--upstream", toy.url, "--bind", f"127.0.0.1:{port}") as process:
            wait_for(port, process)
            chat(port)
            assert wait_until(lambda: _json(home)["running_sessions"] == 1)
            assert _status(here).startswith(f"Off in this shell: a server is measured.\n{said}\n")
            plain = here.run("tui", "--plain").stdout
            assert plain.startswith("Shimmy metrics: off in this shell, a server is measured.\n")
            assert said in plain.splitlines()
            told = _json(here)
            assert (told["consent"], told["sends"], told["endpoint"]) == (None, False, None)
            stop(process)
        assert wait_until(lambda: len(receiver.received) == 1)  # so it was true


def test_an_endpoint_that_cannot_be_used_in_the_config_does_not_hide_a_server_that_has_its_own(tmp_path: Path) -> None:
    with _enabled(tmp_path) as (home, _), ToyServer() as toy:
        config = home.profile.config_path
        here, agreed = Home(home.root), config.read_text()
        metrics = json.loads(agreed)["metrics"]
        config.write_text(json.dumps({"metrics": {**metrics, "endpoint": "http://example.org/"}}))
        said = (
            "While the config's endpoint cannot be used nothing is measured or sent from this shell. A server that "
            "was started with SHIMMY_METRICS_ENDPOINT set follows that."
        )
        assert _status(here).startswith(f"Off in this shell: no endpoint.\n{said}\n")
        assert f"{config}: metrics.endpoint: the endpoint is not https" in here.metrics("status").stderr
        port = free_port()
        with home.started("serve", "--upstream", toy.url, "--bind", f"127.0.0.1:{port}") as process:
            wait_for(port, process)
            chat(port)
            assert wait_until(lambda: _json(home)["running_sessions"] == 1)
            assert _status(here).startswith(f"Off in this shell: a server is measured.\n{said}\n")
            plain = here.run("tui", "--plain").stdout
            assert plain.startswith("Shimmy metrics: off in this shell, a server is measured.\n")
            assert said in plain.splitlines()
            stop(process)
        assert here.metrics("disable").returncode == 0


def test_enabling_under_a_switch_says_first_that_it_keeps_everything_off(tmp_path: Path) -> None:
    off = Home(tmp_path, {"SHIMMY_METRICS": "off"})
    told = off.metrics("enable").stdout.splitlines()
    assert told[:2] == [
        "SHIMMY_METRICS=off keeps everything off in this shell.",
        "Your answer is recorded and applies where the switch is not set.",
    ]
    assert not any("measured from" in line.lower() or "are sent when" in line for line in told)
    assert _json(off)["sends"] is False


# --- a deletion that cannot be done -------------------------------------------------------------------------------


def test_a_no_stands_although_somebody_holds_the_store_and_who_is_named(tmp_path: Path) -> None:
    with _enabled(tmp_path) as (home, receiver):
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
        assert report.body in store_path(home.profile).read_bytes()
        end_session(home)
        assert receiver.received == []
        # What is owed is done by whoever looks next.
        assert "Deleted: 1 report that was never sent." in _status(home)
        assert report.body not in store_path(home.profile).read_bytes()


def test_a_sender_that_has_not_ended_is_said_and_the_no_stands(tmp_path: Path) -> None:
    home = Home(tmp_path, {"SHIMMY_METRICS_ENDPOINT": NOWHERE})
    home.metrics("enable")
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
    assert "1 report possibly sent to 127.0.0.1:9" in _status(home)
    assert _json(home)["consent"] == "declined"


def test_after_a_no_the_receipts_are_still_there(tmp_path: Path) -> None:
    with _enabled(tmp_path) as (home, receiver):
        queue_report(home)
        end_session(home)
        home.metrics("disable")
        (arrived,) = receiver.received
        (receipt,) = json.loads(home.metrics("export").stdout)["receipts"]
        assert receipt["body"].encode() == arrived.body
        assert "  so far    1 report was sent and taken; 1 receipt is kept here" in _status(home)


def test_a_running_session_is_previewed_and_said_to_be_one(tmp_path: Path) -> None:
    with _enabled(tmp_path) as (home, receiver), ToyServer() as toy:
        port = free_port()
        with home.started("serve", "--upstream", toy.url, "--bind", f"127.0.0.1:{port}") as process:
            wait_for(port, process)
            chat(port)
            assert wait_until(lambda: _json(home)["running_sessions"] == 1)
            shown = home.metrics("preview")
            assert shown.stderr.startswith("The running session, as its report would be if it ended now: ")
            assert "sent when the next session ends" in shown.stderr
            stop(process)
        assert wait_until(lambda: len(receiver.received) == 1)
    assert json.loads(receiver.received[0].body)["session_id"] == json.loads(shown.stdout)["session_id"]


# --- where a release would send nothing, and where several servers run -------------------------------------------


@pytest.mark.parametrize("switch", [{"DO_NOT_TRACK": "1"}, {"SHIMMY_METRICS_ENDPOINT": "https://elsewhere.example/"}])
def test_where_a_release_would_send_nothing_none_is_offered(tmp_path: Path, switch: dict[str, str]) -> None:
    home = Home(tmp_path, {"SHIMMY_METRICS_ENDPOINT": NOWHERE})
    home.metrics("enable")
    queue_report(home, FIRST, QueueState.HELD_BY_MODE)
    assert "release ID, or all" in home.metrics("preview").stderr
    assert "release all would send" in _own(home, "preview", "all").stderr
    assert "            1 held until you release it\n" in _status(home)
    assert "is held until you release it (it waits" in home.run("tui", "--plain").stdout
    off = home.having(**switch)
    for said in (off.metrics("preview").stderr, _own(off, "preview", "all").stderr):
        assert "would send" not in said
        assert "shimmy-metrics release" not in said
        assert "Held until you release it, but nothing is sent from here." in said
    assert "            1 held until you release it, but nothing is sent from here\n" in _status(off)
    assert "is held until you release it, but nothing is sent from here (it" in off.run("tui", "--plain").stdout


@pytest.mark.parametrize("words", [("status",), ("preview",), ("export",), ("validate",), ("validate", "given")])
def test_what_there_is_no_consent_for_is_deleted_as_the_help_says(tmp_path: Path, words: tuple[str, ...]) -> None:
    home = Home(tmp_path, {"SHIMMY_METRICS_ENDPOINT": NOWHERE})
    help_text = " ".join(home.run("config", "--help").stdout.split())
    assert "All of them delete what there is no longer consent for, except validate with a FILE." in help_text
    home.metrics("enable")
    queue_report(home)
    (tmp_path / "given").write_text(home.metrics("preview").stdout)
    home.profile.config_path.unlink()
    ended = home.metrics(*words)
    assert ended.returncode == 0
    deleted = "Deleted: 1 report that was never sent." in ended.stdout + ended.stderr
    assert deleted == (words != ("validate", "given"))
