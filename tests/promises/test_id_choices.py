"""Whoever gives no ID, or one that names nothing, is told the IDs there are."""

from zoneinfo import ZoneInfo

import pytest

from shimmy_metrics.actions.id_choices import listed
from shimmy_metrics.records import QueueState
from shimmy_metrics.store import departures, outbox, sessions
from shimmy_metrics.store.database import opened
from support.installed import Home
from support.own_commands import assert_refused, own, release, sending
from support.queue_report import FIRST, SECOND, THIRD, queue_report
from support.samples import NOW, session

__all__ = ["sending"]

COUNTED = ", 47 requests)"
"""What a queued sample is told by, besides its digest and day."""


def _zone(home: Home) -> ZoneInfo:
    return ZoneInfo(home.environment["TZ"])  # there it may be tomorrow


@pytest.mark.parametrize("word", ["release", "preview", "hold", "delete", "diff"])
def test_what_takes_a_waiting_report_names_those_that_wait(sending: Home, word: str) -> None:
    reports = [queue_report(sending, report_id, QueueState.HELD_BY_MODE) for report_id in (FIRST, SECOND)]
    names = [f"{each.sha256[:8]} ({each.sealed.astimezone(_zone(sending)).date()}{COUNTED}" for each in reports]
    bare = [] if word in ("preview", "diff") else [()]
    for given in (*bare, ("beef",), ("c0ffee",)):
        assert_refused(own(sending, word, *given), f": {', '.join(names)}\n")
    for each in reports:  # each of them is an ID
        assert own(sending, "preview", each.sha256[:8]).stdout == each.body.decode()
    assert f"In it: {', '.join(names)}.\n" in own(sending, "preview").stderr


@pytest.mark.parametrize("word", ["release", "hold", "delete", "recall"])
def test_a_character_or_three_name_nothing_that_is_acted_on(sending: Home, word: str) -> None:
    report = queue_report(sending, FIRST, QueueState.HELD_BY_MODE)
    for named in (report.sha256[:3], FIRST[:1], "a"):
        shown = own(sending, "preview", named)
        would = f"What shimmy-metrics release {report.sha256[:8]} would send: "
        assert shown.stderr.startswith(would) if shown.returncode == 0 else named == "a"
        assert_refused(own(sending, word, named), "give at least 4 characters of an ID. See shimmy-metrics")
    with opened(sending.profile) as db:
        assert [each.state for each in outbox.everything(db)] == [QueueState.HELD_BY_MODE]


def test_where_nothing_waits_that_is_said(sending: Home) -> None:
    for word in ("release", "hold", "delete"):
        assert_refused(own(sending, word), f" is given (shimmy-metrics {word} ID). No report is waiting\n")
        assert_refused(own(sending, word, "beef"), "No report is waiting\n")
    assert_refused(own(sending, "diff", "beef"), "No report is kept here\n")
    assert_refused(own(sending, "recall"), "No request that left has its ids here\n")


@pytest.mark.parametrize("word", [(), ("all",), ("beef",)])
def test_a_shell_that_can_list_no_history_is_not_told_to(sending: Home, word: tuple[str, ...]) -> None:
    here = sending.having(SHIMMY_METRICS_ENDPOINT="ftp://x")
    assert own(here, "history").returncode == 2
    assert_refused(own(here, "recall", *word), "No request that left has its ids here\n")


def test_delete_names_the_sessions_kept_for_the_person_too(sending: Home) -> None:
    kept = session(THIRD, local=True)
    with opened(sending.profile) as db:
        sessions.finish(db, sessions.begin(db, kept), NOW, local=True)
    day = kept.started.astimezone(_zone(sending)).date()
    assert_refused(own(sending, "delete"), f"No report is waiting. Kept for you: {THIRD[:8]} ({day}, ")
    assert "Kept for you" not in own(sending, "hold").stderr


def test_what_takes_a_request_that_left_names_those_that_did(sending: Home) -> None:
    digest = release(sending, FIRST, SECOND)
    with opened(sending.profile) as db:
        (sent,) = departures.everything(db)
    assert sent.ended is not None
    choice = f"{digest[:8]} ({sent.ended.astimezone(_zone(sending)).date()}, 2 reports)"
    for words in (("recall",), ("recall", "--yes"), ("recall", "beef")):
        assert_refused(own(sending, *words), f". Requests: {choice}\n")  # of some nobody knows that they were sent
    for word in ("", "beef"):
        assert_refused(own(sending, "history", word), f". Receipts: {choice}\n")


def test_of_many_the_first_few_are_named() -> None:
    assert listed("abcde") == "a, b, c, d, e"
    assert listed("aabbcdefg") == "a, b, c, d, e and 2 more"
    assert listed(()) == ""
