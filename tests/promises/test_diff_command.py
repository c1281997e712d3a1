"""What changed from one report to another, as `shimmy-metrics diff` tells it."""

import hashlib
from datetime import UTC, datetime

from shimmy_metrics.counters import Counters
from shimmy_metrics.records import QueueState
from shimmy_metrics.report.bodies import split
from shimmy_metrics.report.fields import FIELDS
from shimmy_metrics.store import outbox
from shimmy_metrics.store.database import opened
from support.installed import Home
from support.own_commands import assert_refused, own, own_json, release, sending
from support.queue_report import FIRST, SECOND, THIRD, queue_report
from support.samples import sealed

__all__ = ["sending"]


def test_diff_compares_the_next_report_with_the_last_one_sent(sending: Home) -> None:
    before = own_json(sending, "diff")
    assert before["before"] is None
    assert before["after"]["stage"] == "example"
    assert before["counts"]["added"] == len(FIELDS) - 2
    assert "No report sent before it is kept here, so every field is new in an example" in own(sending, "diff").stdout
    release(sending, FIRST)
    queue_report(sending, SECOND)
    found = own_json(sending, "diff")
    assert (found["before"]["session_id"], found["before"]["stage"]) == (FIRST, "sent")
    assert (found["after"]["session_id"], found["after"]["stage"]) == (SECOND, "queued")
    assert found["counts"] == {"changed": 0, "added": 0, "removed": 0, "same": len(FIELDS) - 2}
    assert [each["name"] for each in found["fields"]] == [field.name for field in FIELDS]
    lines = own(sending, "diff").stdout.splitlines()
    assert lines[0].startswith("From the report sent ")
    assert lines[0].endswith(f"session_id {FIRST}")
    assert lines[1].startswith("to the waiting report made ")
    assert lines[2:] == [
        f"0 changed, 0 added, 0 removed, {len(FIELDS) - 2} the same.",
        "Not compared: session_id and timestamp.",
    ]


def test_of_several_that_wait_diff_says_which_it_takes_and_how_the_others_are_compared(sending: Home) -> None:
    release(sending, FIRST)
    second, third = (queue_report(sending, report_id) for report_id in (SECOND, THIRD))
    lines = own(sending, "diff").stdout.splitlines()
    assert lines[1].endswith(f"{second.sha256[:8]}, session_id {SECOND}:")
    assert lines[-2:] == [
        "This is one of 2 reports that wait. To compare another:",
        f"  shimmy-metrics diff {third.sha256[:8]}",
    ]
    assert own_json(sending, "diff", third.sha256[:8])["after"]["session_id"] == THIRD
    assert "To compare another" not in own(sending, "diff", SECOND).stdout


def test_with_nothing_to_come_diff_compares_the_last_two_that_were_sent(sending: Home) -> None:
    release(sending, FIRST)
    alone = own_json(sending, "diff")
    assert (alone["before"], alone["after"]["session_id"], alone["after"]["stage"]) == (None, FIRST, "sent")
    said = own(sending, "diff").stdout
    assert "nothing is compared with\nthe report sent " in said
    assert not {"changed", "added", "example"} & {*said.replace(":", " ").split()}
    release(sending, SECOND)
    found = own_json(sending, "diff")
    assert [(found[each]["session_id"], found[each]["stage"]) for each in ("before", "after")] == [
        (FIRST, "sent"),
        (SECOND, "sent"),
    ]
    said = own(sending, "diff").stdout
    assert said.startswith(
        "Nothing is due, held or measured, so the last two reports that were sent are compared.\nFrom "
    )


def test_diff_does_not_say_that_nothing_is_waiting_where_a_report_was_set_aside(sending: Home) -> None:
    release(sending, FIRST)
    queue_report(sending, SECOND, QueueState.SET_ASIDE)
    assert "  waiting   1 report" in sending.metrics("status").stdout
    assert own(sending, "diff").stdout.startswith("Nothing is due, held or measured, and one sent report is kept here")


def test_diff_takes_the_beginning_of_a_digest_or_session_id(sending: Home) -> None:
    first = release(sending, FIRST)
    both = release(sending, SECOND, THIRD)
    one = own_json(sending, "diff", first[:12])  # the first that was sent: there is none before it
    assert (one["before"], one["after"]["session_id"]) == (None, FIRST)
    later = own_json(sending, "diff", SECOND)
    assert (later["before"]["session_id"], later["after"]["session_id"]) == (FIRST, SECOND)
    said = own(sending, "diff", FIRST, FIRST).stdout
    assert said.endswith("is compared with itself: the same report, byte for byte.\n")
    two = own_json(sending, "diff", first[:12], THIRD.upper())
    assert (two["before"]["session_id"], two["after"]["session_id"]) == (FIRST, THIRD)
    bodies = {each["session_id"]: each["sha256"] for each in (two["before"], two["after"])}
    sent = [split(entry["body"].encode()) for entry in own_json(sending, "history")]
    assert {hashlib.sha256(body).hexdigest() for each in sent for body in each} >= {*bodies.values()}
    for word, said in (
        (both[:12], "2 reports here begin with"),
        ("c0ffee", "3 reports here begin with"),
        ("beef", "no report here has a digest or session_id that begins with 'beef'"),
        ("", "no report here has a digest or session_id that begins with ''"),
    ):
        assert_refused(own(sending, "diff", word), said)


def test_what_changed_is_told_field_by_field_with_its_purpose(sending: Home) -> None:
    release(sending, FIRST)
    waiting = queue_report(sending, SECOND)
    idle = sealed(SECOND, Counters(), datetime.now(UTC))
    with opened(sending.profile) as db:
        outbox.remove(db, outbox.everything(db)[0].row_id)
        outbox.add(db, waiting._replace(body=idle.body, sha256=idle.sha256))
    found = own_json(sending, "diff")
    changed = [
        each
        for each in found["fields"]
        if each["change"] == "changed" and each["name"] not in ("session_id", "timestamp")
    ]
    assert len(changed) == found["counts"]["changed"] > 3
    lines = own(sending, "diff").stdout.splitlines()
    for each in changed:
        purpose = next(field.purpose for field in FIELDS if field.name == each["name"])
        at = next(number for number, line in enumerate(lines) if line.startswith(f"  changed  {each['name']}: "))
        assert " -> " in lines[at]
        assert lines[at + 1].strip() == f"Why: {purpose}."
