"""`shimmy-metrics history` and `diff`: what was sent, and what changed from one report to another."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any, Final

import orjson

from shimmy_metrics.actions.comparison import Compared, Comparison, Stage, compare_reports
from shimmy_metrics.actions.history import find_receipt, read_history
from shimmy_metrics.cli.history_report import history_json, history_lines
from shimmy_metrics.cli.output import print_bytes, print_json, print_stderr
from shimmy_metrics.cli.purge_first import purge_first
from shimmy_metrics.exit_codes import Exit
from shimmy_metrics.machine.gather import gather
from shimmy_metrics.report.compare import NOT_COMPARED, Change, Difference
from shimmy_metrics.report.seal import digest
from shimmy_metrics.system.profile import Profile
from shimmy_metrics.system.text_output import print_line
from shimmy_metrics.wording.consent import UNREAD
from shimmy_metrics.wording.departures import became, sentence
from shimmy_metrics.wording.numbers import when, with_separators
from shimmy_metrics.wording.values import plain


def history(profile: Profile, first: date | None = None, last: date | None = None, *, as_json: bool) -> int:
    """Print each attempt to send and what became of it; return the exit code.

    Those of the local days from `first` to `last` alone, where such a bound is given. Raises `UserError`.
    """
    with purge_first(profile):
        found = read_history(profile)
    if first or last:
        found = found.between(first or date.min, last or date.max)
    if as_json:
        print_json(history_json(found))
        if found.unread:
            print_stderr(UNREAD)
    else:
        for line in history_lines(found, profile.clock.now(), bounded=bool(first or last)):
            print_line(line)
    return Exit.DONE


def receipt(profile: Profile, word: str) -> int:
    """Print a receipt's bytes, and on standard error what became of them; return the exit code, 1 for damaged bytes.

    Raises `UserError`.
    """
    with purge_first(profile):
        found = find_receipt(profile, word)
    print_bytes(found.body)
    print_stderr(sentence(became(found, profile.clock.now())))
    if digest(found.body) != found.sha256:
        print_stderr(f"The receipt is damaged: what was sent had the sha256 {found.sha256}.")
        return Exit.NO
    print_stderr(f"As sent: {found.length:,} bytes, sha256 {found.sha256}.")
    print_stderr(f"To check: shimmy-metrics history {found.sha256[:8]} | sha256sum")
    return Exit.DONE


def diff(profile: Profile, names: Sequence[str], *, as_json: bool) -> int:
    """Print what changed between two reports; return the exit code. Raises `UserError`."""
    with purge_first(profile):
        found = compare_reports(profile, gather(profile.environment), names)
    if as_json:
        print_json(diff_json(found))
    else:
        for line in diff_lines(found, profile.clock.now()):
            print_line(line)
    return Exit.DONE


def diff_lines(found: Comparison, now: datetime) -> Iterator[str]:
    """Yield which reports are compared, how many fields differ, and each one that does."""
    if found.before is None and found.instead:
        yield "Nothing is due, held or measured, and one sent report is kept here, so nothing is compared with"
        yield f"{_name(found.after, now)}:"
        for difference in found.differences:
            yield f"  {difference.field.name}: {_values(difference)}"
        return
    if found.before is None:
        yield f"No report sent before it is kept here, so every field is new in {_name(found.after, now)}."
    elif found.before.body == found.after.body:
        yield f"{_name(found.after, now)} is compared with itself: the same report, byte for byte."
        return
    else:
        if found.instead:
            yield "Nothing is due, held or measured, so the last two reports that were sent are compared."
        yield f"From {_name(found.before, now)}"
        yield f"to {_name(found.after, now)}:"
    numbers = _numbers(found)
    yield ", ".join(f"{number} {_WORDS[change]}" for change, number in numbers.items()) + "."
    yield f"Not compared: {' and '.join(NOT_COMPARED)}."
    for difference in found.differences:
        if difference.change is not Change.SAME and difference.field.name not in NOT_COMPARED:
            yield f"  {difference.change.value:<8} {difference.field.name}: {_values(difference)}"
            yield f"           Why: {difference.field.purpose}."
    if found.others:
        yield f"This is one of {len(found.others) + 1} reports that wait. To compare another:"
        for other in found.others:
            yield f"  shimmy-metrics diff {other.short}"


def diff_json(found: Comparison) -> dict[str, Any]:
    """Return both reports, how many fields changed in which way, and every field with both of its values."""
    return {
        "before": found.before and _report_json(found.before),
        "after": _report_json(found.after),
        "counts": {change.value: number for change, number in _numbers(found).items()},
        "fields": [
            {
                "name": difference.field.name,
                "change": difference.change.value,
                "before": orjson.loads(difference.before or "null"),
                "after": orjson.loads(difference.after or "null"),
            }
            for difference in found.differences
        ],
    }


_WORDS: Final = {Change.CHANGED: "changed", Change.ADDED: "added", Change.REMOVED: "removed", Change.SAME: "the same"}

_STAGES: Final = {
    Stage.SENT: "the report sent",
    Stage.QUEUED: "the waiting report made",
    Stage.RUNNING: "the running session, as a report of it would be now",
    Stage.CUT_OFF: "the session that was cut off, as a report of it would be now",
    Stage.EXAMPLE: "an example: this machine's facts, and a session in which nothing happened",
}


def _numbers(found: Comparison) -> dict[Change, int]:
    """Return how many fields changed in which way; `session_id` and `timestamp` do not count."""
    changes = [each.change for each in found.differences if each.field.name not in NOT_COMPARED]
    return {change: changes.count(change) for change in _WORDS}


def _name(report: Compared, now: datetime) -> str:
    what = _STAGES[report.stage]
    if report.stage is Stage.EXAMPLE:
        return what
    unended = report.stage in (Stage.RUNNING, Stage.CUT_OFF)
    named = "" if unended else f" {when(report.at, now)}, {report.short}"
    return f"{what}{named}, session_id {report.report_id}"


def _values(difference: Difference) -> str:
    before, after = (with_separators(plain(text)) for text in (difference.before, difference.after))
    match difference.change:
        case Change.ADDED:
            return after
        case Change.REMOVED:
            return before
        case _:
            return f"{before} -> {after}"


def _report_json(report: Compared) -> dict[str, Any]:
    return {
        "session_id": report.report_id,
        "sha256": report.sha256,
        "stage": report.stage.value,
        "at": report.at.isoformat(),
    }
