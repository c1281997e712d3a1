"""A preview is the next request, and a release is what it says: told by commands, held against the receiver."""

import hashlib
import json
import re
import subprocess
import threading
import time
from pathlib import Path

import pytest

from shimmy_metrics.actions.decide import hold
from shimmy_metrics.records import QueueState
from support import receiver as behave
from support.enabled_home import NOWHERE, enabled, status, status_json
from support.installed import Home, wait_until
from support.one_line import assert_one_line
from support.queue_report import FIRST, SECOND, THIRD, end_session, queue_report


def _own(home: Home, *words: str) -> "subprocess.CompletedProcess[str]":
    return home.run(*words, command="shimmy-metrics")


def _body(told: "subprocess.CompletedProcess[str]") -> bytes:
    return told.stdout.encode()


def test_preview_is_the_next_request_and_says_so(tmp_path: Path) -> None:
    with enabled(tmp_path) as (home, receiver):
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


def test_while_a_request_is_being_sent_preview_says_so_and_names_no_later_end(tmp_path: Path) -> None:
    meanwhile = []

    def look(handler: behave.Handler, body: bytes) -> None:
        meanwhile.append(home.metrics("preview"))
        behave.accept(handler, body)

    with enabled(tmp_path, look) as (home, receiver):
        queue_report(home)
        end_session(home)
        assert [_body(shown) for shown in meanwhile] == [arrived.body for arrived in receiver.received]
    named, sent = meanwhile[0].stderr.splitlines()
    assert named.startswith("What is due, as one request: 1 report, ")
    assert sent == "A request is being sent now; shimmy config --metrics status says what became of it."


def test_of_a_released_report_that_is_being_sent_it_is_not_said_that_it_waits_for_a_release(tmp_path: Path) -> None:
    meanwhile: list[str] = []

    def look(handler: behave.Handler, body: bytes) -> None:
        meanwhile.extend((status(home), home.metrics("preview").stderr, _own(home, "preview", "all").stderr))
        behave.accept(handler, body)

    with enabled(tmp_path, look) as (home, _):
        queue_report(home, FIRST, QueueState.HELD_BY_HAND)
        before = (status(home), home.metrics("preview").stderr, _own(home, "preview", "all").stderr)
        assert all("eld until you release it" in told for told in before)
        _own(home, "release", "all")
    assert len(meanwhile) == len(before)
    assert not any("until you release it" in told for told in meanwhile)


def test_where_nothing_is_sent_preview_does_not_count_what_is_due_for_all_that_waits(tmp_path: Path) -> None:
    with enabled(tmp_path) as (home, _):
        off = home.having(DO_NOT_TRACK="1")
        queue_report(home, SECOND, QueueState.HELD_BY_HAND)
        assert off.metrics("preview").stderr.startswith("What is held, as one request: 1 report, ")
        queue_report(home)
        assert "waiting   2 reports" in status(off)
        assert off.metrics("preview").stderr.startswith("What is due, as one request: 1 report, ")


def test_while_another_shell_sends_preview_says_so_beside_why_nothing_is_sent_from_this_one(tmp_path: Path) -> None:
    meanwhile = []

    def look(handler: behave.Handler, body: bytes) -> None:
        meanwhile.append(home.having(SHIMMY_METRICS_ENDPOINT=NOWHERE).metrics("preview").stderr)
        behave.accept(handler, body)

    with enabled(tmp_path, look) as (home, _):
        queue_report(home)
        end_session(home)
    assert "A request is being sent now; shimmy config --metrics status says what became of it." in meanwhile[0]
    assert "Nothing is sent from here: you agreed to " in meanwhile[0]


def test_under_review_releasing_all_sends_what_preview_prints(tmp_path: Path) -> None:
    with enabled(tmp_path) as (home, receiver):
        queue_report(home, FIRST, QueueState.HELD_BY_MODE, days=3)
        queue_report(home, SECOND, QueueState.HELD_BY_MODE)
        end_session(home)
        assert receiver.received == []
        shown = home.metrics("preview")
        assert shown.stderr.startswith("What releasing all would send: 2 reports")
        assert "Held until you release them: shimmy-metrics release ID, or all." in shown.stderr
        assert "The first: it waits until " in shown.stderr
        assert "sent when" not in shown.stderr
        assert _own(home, "preview", "all").stdout == shown.stdout
        released = _own(home, "release", "all")
        assert released.returncode == 0
        assert "2 reports taken by localhost" in released.stdout
        assert [arrived.body for arrived in receiver.received] == [_body(shown)]


@pytest.mark.parametrize("state", [QueueState.DUE, QueueState.HELD_BY_MODE])
@pytest.mark.parametrize("named", ["digest", "session_id"])
def test_a_released_report_goes_alone_as_it_was_shown(tmp_path: Path, state: QueueState, named: str) -> None:
    with enabled(tmp_path) as (home, receiver):
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
        assert "  waiting   1 report" in status(home)


def test_a_release_while_another_sender_is_at_work_is_a_request_of_its_own(tmp_path: Path) -> None:
    answer = threading.Event()

    def at_length(handler: behave.Handler, body: bytes) -> None:
        answer.wait(3)
        behave.accept(handler, body)

    with enabled(tmp_path, at_length) as (home, receiver):
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
    with enabled(tmp_path, behave.hang) as (home, receiver):
        if state is QueueState.HELD_BY_MODE:
            hold(home.profile, review=True)
        queue_report(home, FIRST, state)
        released = _own(home, "release", "all")
        assert released.returncode == 1
        # On a busy machine the sender may be ended before it has noted that.
        became = r"1 report (sent to localhost:\d+ .*\d\d:\d\d, no answer|possibly sent to localhost)"
        assert re.search(became, released.stdout), released.stdout
        assert "Held until you release it" in released.stdout
        assert "due" not in released.stdout
        for _ in range(3):
            end_session(home)
        assert len(receiver.received) == 1  # nothing sends it by itself
        told = status(home)
        assert "  waiting   1 report" in told
        assert "            1 held until you release it" in told
        assert re.search(r"^  last      1 report sent to localhost:\d+ .*\d\d:\d\d, no answer", told, re.MULTILINE)
        assert "  next  " not in told
        assert "1 report sent to localhost" in home.metrics("disable").stdout  # it may have arrived


def test_a_release_that_fails_counts_for_the_next_attempt(tmp_path: Path) -> None:
    with enabled(tmp_path, behave.status(500)) as (home, receiver):
        queue_report(home)
        end_session(home)
        assert "  next      sent when the next session ends" in status(home)
        released = _own(home, "release", "all")
        assert "1 report due. Reports are sent when the second session from now ends." in released.stdout
        for sent in (2, 3):  # the end behind it makes no attempt
            end_session(home)
            assert len(receiver.received) == sent


def test_a_released_report_that_is_refused_is_set_aside(tmp_path: Path) -> None:
    with enabled(tmp_path, behave.status(400)) as (home, receiver):
        hold(home.profile, review=True)
        queue_report(home, FIRST, QueueState.HELD_BY_MODE)
        released = _own(home, "release", "all")
        assert released.returncode == 1
        assert "Set aside: refused by the receiver: answer 400." in released.stdout.splitlines()
        told = status_json(home)
        assert (told["reports_held"], told["reports_set_aside"]) == (0, 1)
        assert len(receiver.received) == 1


def test_a_release_that_is_not_taken_ends_with_1_and_says_what_became(tmp_path: Path) -> None:
    with enabled(tmp_path, behave.status(500)) as (home, _):
        queue_report(home)
        released = _own(home, "release", "all")
        assert released.returncode == 1
        assert "which answered with an error: 500" in released.stdout
        assert "1 report due." in released.stdout


@pytest.mark.parametrize("word", ["preview", "release"])
def test_an_id_that_names_none_or_several_is_one_line(tmp_path: Path, word: str) -> None:
    home = Home(tmp_path, {"SHIMMY_METRICS_ENDPOINT": NOWHERE})
    home.agree()
    assert_one_line(_own(home, word, "all"), "no report is due")
    queue_report(home)
    queue_report(home, SECOND)
    assert_one_line(_own(home, word, "beef"), "no waiting report has a digest or session_id that begins with")
    empty = _own(home, word, "")
    assert_one_line(empty, "neither an ID nor all")
    assert_one_line(_own(home, word, "c0ffee"), "2 reports begin with")
    assert_one_line(_own(home, word, FIRST, "more"), f"shimmy-metrics {word}")
    assert json.loads(home.metrics("status", "--json").stdout)["reports_due"] == 2


def test_where_nothing_may_leave_a_release_says_why_and_changes_nothing(tmp_path: Path) -> None:
    home = Home(tmp_path, {"SHIMMY_METRICS_ENDPOINT": NOWHERE})
    home.agree()
    queue_report(home, FIRST, QueueState.HELD_BY_MODE)
    assert_one_line(_own(home.having(DO_NOT_TRACK="1"), "release", "all"), "nothing is sent from here: DO_NOT_TRACK")
    elsewhere = home.having(SHIMMY_METRICS_ENDPOINT="https://elsewhere.example/")
    assert_one_line(_own(elsewhere, "release", "all"), "nothing is sent from here: you agreed to")
    assert status_json(home)["reports_held"] == 1


@pytest.mark.parametrize("switch", [{"DO_NOT_TRACK": "1"}, {"SHIMMY_METRICS_ENDPOINT": "https://elsewhere.example/"}])
def test_where_a_release_would_send_nothing_none_is_offered(tmp_path: Path, switch: dict[str, str]) -> None:
    home = Home(tmp_path, {"SHIMMY_METRICS_ENDPOINT": NOWHERE})
    home.agree()
    queue_report(home, FIRST, QueueState.HELD_BY_MODE)
    assert "release ID, or all" in home.metrics("preview").stderr
    assert "release all would send" in _own(home, "preview", "all").stderr
    assert "            1 held until you release it\n" in status(home)
    assert "is held until you release it (it waits" in home.run("tui", "--plain").stdout
    off = home.having(**switch)
    for said in (off.metrics("preview").stderr, _own(off, "preview", "all").stderr):
        assert "would send" not in said
        assert "shimmy-metrics release" not in said
        assert "Held until you release it, but nothing is sent from here." in said
    assert "            1 held until you release it, but nothing is sent from here\n" in status(off)
    assert "is held until you release it, but nothing is sent from here (it" in off.run("tui", "--plain").stdout
