"""What commands say was sent, and was not, held against the record of the receiver."""

import hashlib
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shimmy_metrics.actions.receipts import deletable, delete_receipts
from shimmy_metrics.demo.toy_server import ToyServer
from shimmy_metrics.limits import OUTBOX_DAYS
from shimmy_metrics.records import QueueState
from support import receiver as behave
from support.enabled_home import NOWHERE, enabled, of_a_unit, status, status_json
from support.installed import UNHURRIED, Home, stop, wait_until
from support.one_line import assert_one_line
from support.queue_report import FIRST, SECOND, SENDER, THIRD, end_session, queue_report
from support.receiver import Receiver
from support.servers import chat, free_port, wait_for


def _own(home: Home, *words: str) -> "subprocess.CompletedProcess[str]":
    return home.run(*words, command="shimmy-metrics")


AT = r"(?:at|on \d+ \w+) \d\d:\d\d"
"""A time of today; where midnight came between, of yesterday."""

HOST = rf"localhost:\d+ {AT}"

BECAME = {
    "confirmed": (behave.accept, f"2 reports taken by {HOST}, which confirmed the digest", 2, 0),
    "captive portal": (behave.portal, f"2 reports accepted by {HOST}, which answered 200 without the digest", 2, 0),
    "422, one refused": (behave.refuse_second, f"1 of 2 reports taken by {HOST}, the rest not", 1, 1),
    "400": (behave.status(400), f"2 reports refused by {HOST}, answer 400", 0, 2),
    "410": (behave.status(410), f"2 reports refused by {HOST}, answer 410: it takes no more reports", 0, 2),
    "500": (behave.status(500), f"2 reports sent to {HOST}, which answered with an error: 500", 0, 2),
    "redirect": (behave.redirect, f"2 reports sent to {HOST}, which answered with an error: 307", 0, 2),
    # On a busy machine the sender may be ended before it has noted that.
    "no answer": (
        behave.hang,
        f"2 reports (sent to {HOST}, no answer: the time was up|possibly sent to {HOST}.*)",
        0,
        2,
    ),
}


@pytest.mark.parametrize("case", BECAME)
def test_status_says_what_became_of_the_last_attempt_and_counts_reports(tmp_path: Path, case: str) -> None:
    behaviour, words, taken, left = BECAME[case]
    with enabled(tmp_path, behaviour) as (home, receiver):
        queue_report(home)
        queue_report(home, SECOND)
        end_session(home, unhurried=behaviour is not behave.hang)
        told = status(home)
        assert re.search(rf"^  last      .*{words}$", told, re.MULTILINE), told
        so_far = f"{taken} report{'s were' if taken > 1 else ' was'} sent and taken; 1 receipt is kept here"
        nothing_taken = "bytes may have been sent in 1 attempt; none is known to be taken"
        assert f"  so far    {so_far if taken else nothing_taken}" in told.splitlines()
        assert f"  waiting   {left} report" in told
        as_json = status_json(home)
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
    home.agree()
    queue_report(home)
    end_session(home)
    assert "nothing sent to 127.0.0.1:9" in status(home)
    assert "no connection could be made" in status(home)
    assert "Deleted: 1 report that was never sent." in home.metrics("disable").stdout.splitlines()
    assert "  waiting   0 reports" in status(home)


@contextmanager
def _awaiting(home: Home, receiver: Receiver) -> "Iterator[subprocess.Popen[bytes]]":
    """Let a sender wait for an answer meanwhile, and longer than as shipped: commands take their time."""
    queue_report(home)
    sender = subprocess.Popen([*UNHURRIED, str(SENDER)], env=home.environment, stdin=subprocess.DEVNULL, cwd=home.root)
    assert wait_until(lambda: bool(receiver.received))
    yield sender
    sender.wait()


def test_while_the_answer_is_awaited_that_is_said(tmp_path: Path) -> None:
    with enabled(tmp_path, behave.hang) as (home, receiver), _awaiting(home, receiver) as sender:
        told = status(home)
        sender.kill()
    assert re.search(r"^  last      1 report on the way to localhost:\d+, begun at", told, re.MULTILINE)
    assert "  next      being sent now" in told


def test_what_is_on_its_way_is_not_said_to_be_held_or_to_be_sent_at_another_time(tmp_path: Path) -> None:
    still = "What is being sent now may still be taken."
    with enabled(tmp_path, behave.hang) as (home, receiver), _awaiting(home, receiver) as sender:
        again = home.metrics("enable").stdout.splitlines()
        held = _own(home, "review").stdout
        told = home.metrics("preview").stderr
        named = _own(home, "preview", "all").stderr
        sender.kill()
    assert "Something is being sent now." in again
    assert not any(line.startswith("Reports are sent ") for line in again)
    assert "1 report that was due is held too. " + still in held
    assert "What is held, as one request: " in told
    assert "What all names, as one request: " in named
    for each in (told, named):
        assert "A request is being sent now; shimmy config --metrics status says what became of it." in each


def test_a_sender_that_is_stopped_is_not_said_to_send_for_ever(tmp_path: Path) -> None:
    with enabled(tmp_path, behave.hang) as (home, receiver), _awaiting(home, receiver) as sender:
        sender.send_signal(signal.SIGSTOP)
        try:
            late = "  next      The sender has not ended within its 5 s. Nothing else is sent before it does."
            assert wait_until(lambda: late in status(home).splitlines())
            assert "a report may still be sent to localhost:" in (withdrawn := home.metrics("disable")).stderr
            assert "Once it has, shimmy config --metrics status says what happened" in withdrawn.stderr
        finally:
            sender.send_signal(signal.SIGCONT)
        sender.wait()
        # Whatever ended it first.
        assert re.search("cut off here|possibly sent to localhost:|no answer", status(home))


def test_a_withdrawal_while_the_answer_is_awaited_says_what_became(tmp_path: Path) -> None:
    with enabled(tmp_path, behave.hang) as (home, receiver), _awaiting(home, receiver):
        withdrawn = home.metrics("disable")
    first, *rest = withdrawn.stdout.splitlines()
    assert first == "Metrics are off. You won't be asked again."
    told, stays = rest
    assert " stay here besides your no: shimmy-metrics forget deletes them." in stays
    assert re.fullmatch(
        rf"Deleted: 1 report of which bytes had been sent before: 1 report cut off here {AT} "
        r"because your consent did not cover it any more; bytes may have been sent to localhost:\d+\.",
        told,
    )


def test_after_the_receipts_are_deleted_it_is_still_said_how_much_was_sent(tmp_path: Path) -> None:
    with enabled(tmp_path) as (home, _):
        queue_report(home)
        queue_report(home, SECOND)
        end_session(home)
        assert "  so far    2 reports were sent and taken; 1 receipt is kept here" in status(home)
        assert delete_receipts(home.profile, deletable(home.profile).departures).receipts == 1
        assert "  so far    2 reports were sent and taken; no receipt is kept" in status(home)
        assert (status_json(home)["reports_sent"], status_json(home)["receipts"]) == (2, 0)
        plain = home.run("tui", "--plain").stdout
        assert "So far 2 reports were sent and taken; no receipt is kept." in plain
        assert "Bytes of 1 receipt deleted by you" in plain


def test_the_next_attempt_is_made_when_it_is_said(tmp_path: Path) -> None:
    with enabled(tmp_path, behave.status(500)) as (home, receiver):
        queue_report(home)
        # Session ends: an attempt, one more, one passed over, an attempt, two passed over, an attempt.
        for end, attempts in enumerate((1, 2, 2, 3, 3, 3, 4)):
            soon = "sent when the next session ends" in status(home)
            before = len(receiver.received)
            end_session(home)
            assert len(receiver.received) == attempts, end
            assert soon == (attempts > before)
        assert "sent when the third session from now ends" in status(home)


def test_where_the_server_can_leave_no_sender_behind_reports_leave_when_the_next_one_starts(tmp_path: Path) -> None:
    with enabled(tmp_path) as (home, receiver), ToyServer() as toy:
        assert "Each report is sent after its session." in home.metrics("enable").stdout
        unit = of_a_unit(home)
        port = free_port()
        words = ("serve", "--upstream", toy.url, "--bind", f"127.0.0.1:{port}")
        with unit.started(*words) as process:
            wait_for(port, process)
            chat(port)
            assert wait_until(lambda: status_json(home)["running_sessions"] == 1)
            stop(process)
        # Said in a shell that is no unit: what counts is how the server was started.
        assert status_json(home)["reports_due"] == 1
        assert status_json(home)["sends_at_session_start"] is True
        assert "  next      sent when the next session starts" in status(home).splitlines()
        assert "Reports are sent when the next session starts." in home.run("tui", "--plain").stdout.splitlines()
        time.sleep(0.5)
        assert receiver.received == []
        with unit.started(*words) as process:
            wait_for(port, process)
            assert wait_until(lambda: len(receiver.received) == 1)
            stop(process)
        with home.started(*words) as process:
            wait_for(port, process)
            assert wait_until(lambda: status_json(home)["running_sessions"] == 1)
            stop(process)
        later = "Reports are sent when the next session ends."  # while its sender starts: in a moment
        assert wait_until(lambda: later in home.run("tui", "--plain").stdout.splitlines())
        assert status_json(home)["sends_at_session_start"] is False
        home.metrics("disable")
        assert status_json(home)["sends_at_session_start"] is None


def test_after_the_programme_s_end_nothing_is_said_to_leave_until_a_new_yes(tmp_path: Path) -> None:
    with enabled(tmp_path, behave.status(410)) as (home, receiver):
        queue_report(home)
        queue_report(home, SECOND)
        end_session(home)
        ended = f"Nothing is sent: {receiver.url} answered that the programme has ended. What is measured stays here."
        assert "            2 due, but nothing is sent from here" in status(home).splitlines()
        assert f"{ended} Enable again to ask it once more." in status(home).splitlines()
        preview = home.metrics("preview").stderr
        assert preview.startswith("What is due, as one request: 2 reports, ")
        plain = home.run("tui", "--plain").stdout
        assert re.search(
            r"^A report made (\d+ \w+ )?\d\d:\d\d is due, but nothing is sent from here, ", plain, re.MULTILINE
        )
        for told in (status(home), preview, plain):
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
        assert "  so far    2 reports were sent and taken; 1 receipt is kept here" in status(home)


def test_held_reports_are_counted_with_the_day_on_which_they_end(tmp_path: Path) -> None:
    home = Home(tmp_path, {"SHIMMY_METRICS_ENDPOINT": NOWHERE, "TZ": "UTC"})
    home.agree()
    report = queue_report(home, FIRST, QueueState.HELD_BY_HAND, days=4)
    told = status_json(home)
    assert told["reports_held"] == 1
    until = datetime.fromisoformat(str(told["held_until"]))
    assert (until - report.sealed).days == OUTBOX_DAYS
    ends = until.astimezone(UTC)
    until_then = f"it waits until {ends.day} {ends:%b} at the latest; the next session's end after that deletes it"
    assert f"the first: {until_then}" in status(home)
    assert until > datetime.now(UTC)
    assert f"            {report.sha256[:8]} (shimmy-metrics release ID)" in status(home)
    # Where release would be refused, what can be done with it is to look.
    assert f"            {report.sha256[:8]} (shimmy-metrics preview ID)" in status(home.having(DO_NOT_TRACK="1"))
    assert home.run("preview", report.sha256[:8], command="shimmy-metrics").returncode == 0
    # Where that would be refused as well, neither is named.
    nowhere = home.having(SHIMMY_METRICS_ENDPOINT="http://metrics.example.org/")
    assert f"            {report.sha256[:8]}" in nowhere.metrics("status").stdout.splitlines()
    assert _own(nowhere, "preview", report.sha256[:8]).returncode == 2


def test_what_has_waited_too_long_is_neither_called_due_nor_sent(tmp_path: Path) -> None:
    with enabled(tmp_path) as (home, receiver):
        old = queue_report(home, FIRST, days=15)
        home.metrics("status")  # a look deletes nothing
        line = "            1 has waited 14 days and is no longer sent: it is deleted when the next session ends"
        assert line in status(home).splitlines()
        assert "due" not in status(home)
        assert "  next" not in status(home)
        assert [status_json(home)[key] for key in ("reports_due", "reports_held", "reports_overdue")] == [0, 0, 1]
        assert "stays (it has waited 14 days and is no longer sent" in home.run("tui", "--plain").stdout
        assert_one_line(_own(home, "release", "all"), "no report is due")
        second = queue_report(home, SECOND)
        assert _own(home, "release", "all").returncode == 0
        assert [arrived.body for arrived in receiver.received] == [second.body]
        # A release is no session's end: it deletes nothing.
        assert line in status(home).splitlines()
        port = free_port()
        with ToyServer() as toy, home.started("serve", "--upstream", toy.url, "--bind", f"127.0.0.1:{port}") as process:
            wait_for(port, process)
            assert wait_until(lambda: status_json(home)["running_sessions"] == 1)
            stop(process)
        assert wait_until(lambda: "waited 14 days" not in status(home))
        assert old.sha256 not in home.metrics("export").stdout
        assert "1 report dropped: too many waited, or too long" in home.run("tui", "--plain").stdout


def test_what_waited_for_another_receiver_is_held_and_said_with_its_number(tmp_path: Path) -> None:
    home = Home(tmp_path, {"SHIMMY_METRICS_ENDPOINT": NOWHERE})
    home.agree()
    queue_report(home)
    queue_report(home, SECOND)
    with Receiver(tmp_path) as receiver:
        moved = home.having(**receiver.variables)
        assert "Nothing is sent from here: you agreed to http://127.0.0.1:9/v1/usage" in status(moved)
        enabled = moved.metrics("enable").stdout
        assert "2 reports that waited were made under another yes. Held until you release them." in enabled
        end_session(moved)
        assert receiver.received == []
        assert "2 held until you release them, 2 of them from an earlier yes" in status(moved)
        assert status_json(moved)["reports_held_for_endpoint"] == 2
        assert _own(moved, "release", FIRST).returncode == 0
        assert len(receiver.received) == 1


def test_of_an_earlier_yes_are_those_that_can_still_be_sent_however_they_are_held(tmp_path: Path) -> None:
    home = Home(tmp_path, {"SHIMMY_METRICS_ENDPOINT": NOWHERE})
    home.agree()
    queue_report(home, days=15)
    queue_report(home, SECOND, QueueState.HELD_BY_HAND)
    queue_report(home, THIRD)
    moved = home.having(SHIMMY_METRICS_ENDPOINT="http://127.0.0.1:10/v1/usage")
    enabled = moved.metrics("enable").stdout
    assert "2 reports that waited were made under another yes. Held until you release them." in enabled
    assert "2 held until you release them, 2 of them from an earlier yes\n" in status(moved)


@pytest.mark.parametrize("words", [["review", "automatic"], ["automatic", "review"]])
def test_under_a_yes_written_by_hand_what_was_made_under_another_is_neither_due_nor_freed(
    tmp_path: Path, words: list[str]
) -> None:
    home = Home(tmp_path, {"SHIMMY_METRICS_ENDPOINT": NOWHERE})
    home.agree()
    queue_report(home)
    queue_report(home, SECOND, QueueState.HELD_BY_MODE)
    home.edit_config(f'{{"metrics": {{"enabled": true, "endpoint": "{NOWHERE}"}}}}')
    told = "".join(_own(home, word).stdout for word in words)
    assert "held here until you release it" in told
    assert "sent automatically from now on, those that are due" in told
    assert "due are held too" not in told
    assert "due now" not in told
    assert "2 held until you release them, 2 of them from an earlier yes\n" in status(home)


@pytest.mark.parametrize("damaged", [True, False], ids=["no JSON", "others may write it"])
def test_while_the_config_does_not_count_no_report_is_said_to_be_of_an_earlier_yes(
    tmp_path: Path, *, damaged: bool
) -> None:
    home = Home(tmp_path, {"SHIMMY_METRICS_ENDPOINT": NOWHERE})
    home.agree()
    queue_report(home, state=QueueState.HELD_BY_MODE)
    config = home.profile.config_path
    config.write_text("{") if damaged else config.chmod(0o666)
    assert "1 held until you release it, but nothing is sent from here\n" in status(home)


def test_a_report_that_was_set_aside_is_said_with_its_reason(tmp_path: Path) -> None:
    with enabled(tmp_path, behave.refuse_second) as (home, _):
        queue_report(home)
        queue_report(home, SECOND)
        end_session(home)
        assert "1 set aside: refused by the receiver: platform: none of its words" in status(home)
        assert status_json(home)["set_aside_for"] == {"rule": 1}
