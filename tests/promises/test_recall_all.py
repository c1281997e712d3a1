"""Recalling all that was sent: each request asked for once, one summary, and said before it is too late."""

import json
import signal
import sys

import pytest

from shimmy_metrics.actions.decide import decline
from shimmy_metrics.records import Outcome
from shimmy_metrics.store.database import opened
from shimmy_metrics.wording.recall import ALL_RECALLED, EFFECT, INTERRUPTED
from support.departed import depart
from support.home_terminal import terminal
from support.installed import BIN, Home, stop, wait_until
from support.one_line import assert_one_line
from support.queue_report import FIRST, SECOND, queue_report
from support.recalling import all_departures, home, recall, receiver
from support.receiver import Behaviour, Handler, Receiver, hang, status
from support.samples import queued

__all__ = ["home", "receiver"]

THIRD = FIRST[:-1] + "3"


@pytest.fixture
def sent(home: Home, receiver: Receiver) -> Home:
    """Return a home of which two requests left, and before them one of the first two reports without an answer."""
    with opened(home.profile) as db:
        depart(db, queued(SECOND), outcome=Outcome.NO_ANSWER, endpoint=receiver.url)
        depart(db, queued(THIRD), endpoint=receiver.url)
        depart(db, queued("c0ffee00-0000-4000-8000-000000000004"), outcome=Outcome.NOTHING_LEFT, endpoint=receiver.url)
    return home


def _asked(receiver: Receiver) -> list[str]:
    return [each.path.rpartition("/")[2] for each in receiver.received]


def test_everything_that_left_is_recalled_once_with_one_summary(sent: Home, receiver: Receiver) -> None:
    decline(sent.profile)
    told = recall(sent, "all", "--yes")
    assert (told.returncode, told.stderr) == (0, "")
    assert sorted(_asked(receiver)) == [FIRST, SECOND, THIRD]
    assert told.stdout.splitlines()[-2:] == ["3 of 3 requests recalled, each confirmed by its receiver.", EFFECT]
    assert told.stdout.count(" no more.") == 3
    receiver.received.clear()
    again = recall(sent, "all")
    assert (again.returncode, again.stdout) == (0, f"{ALL_RECALLED}\n")
    assert receiver.received == []


def test_what_a_later_request_carried_too_is_not_asked_for_again_once_that_one_is_recalled(
    home: Home, receiver: Receiver
) -> None:
    with opened(home.profile) as db:
        depart(db, *map(queued, (FIRST, SECOND, THIRD)), outcome=Outcome.NO_ANSWER, endpoint=receiver.url)
    assert recall(home, "all", "--yes").returncode == 0
    assert sorted(_asked(receiver)) == [FIRST, SECOND, THIRD]
    assert recall(home, "all").stdout == f"{ALL_RECALLED}\n"
    assert "recall" not in home.metrics("disable").stdout


def test_it_asks_with_numbers_first(sent: Home, receiver: Receiver) -> None:
    assert_one_line(recall(sent, "all"), "shimmy-metrics recall")
    with terminal(sent, "shimmy-metrics", "recall", "all") as shown:
        assert shown.shows("Recall all of them? Type yes:")
        assert "3 requests with 3 reports that left for localhost" in shown.text()
        shown.type("no\r")
        assert shown.shows("Not done.")
    assert receiver.received == []


def test_where_no_consent_covers_what_was_kept_nothing_is_said_to_be_unchanged(sent: Home) -> None:
    queue_report(sent, FIRST[:-1] + "5")
    sent.profile.config_path.unlink()
    with terminal(sent, "shimmy-metrics", "recall", "all") as shown:
        assert shown.shows("Recall all of them? Type yes:")
        assert "Deleted: 1 report" in shown.text()
        shown.type("no\r")
        assert shown.shows("Not done.")
        assert "Nothing was changed" not in shown.text()


@pytest.mark.parametrize(("word", "asked"), [("all", 3), (THIRD, 1)])
@pytest.mark.parametrize("stream", [">&-", "| true"])
def test_what_was_agreed_to_is_asked_for_also_where_nobody_reads_what_became_of_it(
    sent: Home, receiver: Receiver, word: str, asked: int, stream: str
) -> None:
    sent.run_program(["/bin/sh", "-c", f'"$0" recall {word} --yes {stream}', str(BIN / "shimmy-metrics")])
    assert len(receiver.received) == asked
    assert sum(each.outcome is Outcome.RECALLED for each in all_departures(sent)) == asked


@pytest.mark.parametrize(
    ("answers", "code", "asked", "said"),
    [
        (status(503), 1, 3, "0 of 3 requests recalled."),
        (hang, 2, 1, "2 requests were not asked for after that."),
    ],
)
def test_what_is_answered_otherwise_ends_with_its_code(
    sent: Home, receiver: Receiver, answers: Behaviour, code: int, asked: int, said: str
) -> None:
    receiver.recalls = answers
    told = recall(sent, "all", "--yes", "--json")
    assert told.returncode == code
    found = json.loads(told.stdout)
    assert (len(receiver.received), len(found["recalls"])) == (asked, asked)
    assert said in found["told"][0]


@pytest.mark.skipif(sys.platform == "win32", reason="no program ends by a signal there")
@pytest.mark.parametrize("form", [(), ("--json",)])
def test_interrupted_it_tells_what_was_done_and_ends_by_the_signal(
    sent: Home, receiver: Receiver, form: tuple[str, ...]
) -> None:
    def one_then_none(handler: Handler, body: bytes) -> None:
        (status(204) if len(receiver.received) == 1 else hang)(handler, body)

    receiver.recalls = one_then_none
    with sent.started_program([str(BIN / "shimmy-metrics"), "recall", "all", "--yes", *form]) as process:
        assert wait_until(lambda: len(receiver.received) == 2)
        code, out, err = stop(process)
    assert (code, err) == (-signal.SIGINT, "")
    done = ["1 of 3 requests recalled, each confirmed by its receiver.", INTERRUPTED, EFFECT]
    if form:
        found = json.loads(out)
        assert (len(found["recalls"]), found["told"]) == (1, done)
    else:
        assert out.splitlines()[-3:] == done
    receiver.recalls = status(204)
    again = recall(sent, "all", "--yes")
    assert again.stdout.splitlines()[-2] == "2 of 2 requests recalled, each confirmed by its receiver."


def test_all_is_recalled_already_also_where_the_receipts_were_deleted_since(sent: Home, receiver: Receiver) -> None:
    assert recall(sent, "all", "--yes").returncode == 0
    assert sent.run("delete", "receipts", "--yes", command="shimmy-metrics").returncode == 0
    asked = len(receiver.received)
    again = recall(sent, "all", "--yes")
    assert (again.returncode, again.stdout) == (0, f"{ALL_RECALLED}\n")
    assert len(receiver.received) == asked


def test_where_nothing_left_that_is_an_error_of_one_line(home: Home, receiver: Receiver) -> None:
    assert home.run("delete", "receipts", "--yes", command="shimmy-metrics").returncode == 0
    told = recall(home, "all", "--yes")
    assert told.returncode == 2
    assert_one_line(told, "nothing that left")
    assert "nothing that left can be recalled" in told.stderr
    assert len(all_departures(home)) == 1


def test_a_withdrawal_and_the_question_before_all_is_deleted_name_it_while_it_is_possible(
    home: Home, receiver: Receiver
) -> None:
    told = home.metrics("disable").stdout
    assert told.endswith(" Only before that can what was sent be recalled: shimmy-metrics recall all.\n")
    with terminal(home, "shimmy-metrics", "forget") as shown:
        assert shown.shows("Type yes:")
        asked = " ".join(shown.text().split())
        assert "afterwards it cannot be recalled" in asked
        assert "recall it first: shimmy-metrics recall all." in asked
        shown.type("no\r")
    assert recall(home, "all", "--yes").returncode == 0
    assert "recall" not in home.metrics("disable").stdout
