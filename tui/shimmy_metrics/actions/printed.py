"""Recognize what the commands print with `--json`, by its keys: a history is checked, the rest holds no report.

Who saves such output may take it for an export. Pure.
"""

from collections.abc import Iterator
from typing import Any, Final

from shimmy_metrics.actions import export_rules as rule
from shimmy_metrics.actions.export_schema import Rules, check_body, check_object
from shimmy_metrics.counters import DaySums
from shimmy_metrics.records import Failure, NoteKind, Outcome
from shimmy_metrics.report.field import METRICS_SECTION
from shimmy_metrics.report.validate import Violation

_KEYS: Final = {
    "diff": {"before", "after", "counts", "fields"},
    "fields": {"basis", "fields", "never"},
    "files": {"files"},
    "operator": {"request", "status", "failure", "name"},
    "release": {"sha256", "attempt"},
    "status": {"consent", "measures", "sends", "store_read_whole"},
}
_USAGE: Final = frozenset(("from", *DaySums._fields))
_ENTRY: Final = frozenset(("kind", "as_written"))

_ATTEMPT: Final[Rules] = {
    "kind": rule.word("departure", "recall"),
    "begun": rule.text(rule.TIME),
    "ended": rule.time_or_none,
    "endpoint": rule.endpoint,
    "outcome": rule.word(*Outcome, None),
    "status": rule.whole_or_none,
    "failure": rule.word(*filter(None, Failure), None),
    "reports": rule.whole,
    "taken": rule.whole,
    "bytes": rule.whole,
    "sha256": rule.text(rule.HEX),
    "by_hand": rule.flag,
    "attempts": rule.whole,
    "body": lambda value: value is None or rule.any_text(value),
    "as_written": rule.flag,
}
_NOTE: Final[Rules] = {
    "kind": rule.word(*(kind.name.lower().replace("_", "-") for kind in NoteKind)),
    "at": rule.text(rule.TIME),
    "number": rule.whole,
    "as_written": rule.flag,
}


def is_history(parsed: object) -> bool:
    """Whether parsed JSON is what `history --json` prints of one attempt or more."""
    return (
        isinstance(parsed, list)
        and bool(parsed)
        and all(isinstance(entry, dict) and entry.keys() >= _ENTRY for entry in parsed)
    )


def printed_by(parsed: object) -> str | None:
    """Return the command that prints such JSON with `--json`, which is no report; None for any other.

    It is empty for one of those that print what they did, and for one of those that print an empty array.
    """
    if parsed == []:
        return ""  # a history of no attempt, or own figures of no day
    if isinstance(parsed, list):
        rows = all(isinstance(each, dict) and each.keys() == _USAGE for each in parsed)
        return "usage" if rows else None
    if not isinstance(parsed, dict) or METRICS_SECTION in parsed:  # a report, whatever else stands in it
        return None
    named = next((command for command, keys in _KEYS.items() if parsed.keys() >= keys), None)
    return "" if named is None and "told" in parsed else named


def check_history(parsed: list[dict[str, Any]]) -> tuple[list[Violation], int]:
    """Return what is wrong with a printed history, and how many reports its receipts hold."""
    violations: list[Violation] = []
    reports = 0
    for index, entry in enumerate(parsed):
        found, number = _check_entry(f"[{index}]", entry)
        violations += found
        reports += number
    return violations, reports


def _check_entry(path: str, entry: dict[str, Any]) -> tuple[list[Violation], int]:
    violations = [*check_object(path, entry, _ATTEMPT if "begun" in entry else _NOTE)]
    if entry["as_written"] is False:
        violations.append(Violation(path, "is not as it was written"))
    body, reports = check_body(path, entry, sent=True)
    return [*violations, *body, *_length(path, entry)], reports


def _length(path: str, entry: dict[str, Any]) -> Iterator[Violation]:
    body = entry.get("body")
    if isinstance(body, str) and body and len(body.encode("utf-8", "replace")) != entry.get("bytes"):
        yield Violation(f"{path}.bytes", "is not the body's length")


def counted(parsed: list[dict[str, Any]]) -> dict[str, int]:
    """Return how many attempts, receipts and notes a printed history has. Like attempts in a row are one entry."""
    tried = [entry for entry in parsed if "begun" in entry]
    attempts = sum(entry["attempts"] for entry in tried if rule.whole(entry.get("attempts")))
    receipts = sum(bool(entry.get("body")) for entry in tried)
    return {"departures": attempts, "receipts": receipts, "notes": len(parsed) - len(tried)}
