"""What an export may hold: which keys, under which rule, in the version that is written now and in the one before.

An export holds more than reports: raw figures, local addresses, times, the log. None of it is free text either but a
receiver's own words for a refusal, and this is where that is checked.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from shimmy_metrics.actions import export_rules as rule
from shimmy_metrics.actions.export import FORMAT, FORMAT_1, Damage
from shimmy_metrics.actions.export_rules import Rule
from shimmy_metrics.config.codec import THEMES
from shimmy_metrics.consent.state import Delivery
from shimmy_metrics.counters import Counters, DaySums
from shimmy_metrics.delivery.departure_log import BECAME, STILL_HERE
from shimmy_metrics.records import FAILURES, Cause, DepartureKind, Failure, NoteKind, Outcome, QueueState
from shimmy_metrics.report.seal import digest
from shimmy_metrics.report.validate import Violation, printable, validate_body, validate_structure
from shimmy_metrics.system.log import EVENTS
from shimmy_metrics.vocabulary import CLIENTS, OTHER, OTHER_PATHS, ROUTES, TokenSource

Rules = Mapping[str, "Rule | Mapping[str, Any]"]
"""The rule for each key that an object may have. An inner `{"*": ...}` is for the entries of a list."""

_BODY: Final[Rules] = {
    "sha256": rule.text(rule.HEX),
    "body": rule.any_text,
    "damaged_base64": rule.text(rule.BASE64),
    "damage": rule.word(*Damage),
}
_FIGURES: Final[Rules] = {
    **dict.fromkeys(Counters._fields, rule.whole_or_none),
    "sources": rule.counts(*TokenSource),
    "routes": rule.counts(*ROUTES, OTHER),
    "clients": rule.counts(*CLIENTS),
    "unread": rule.counts(*ROUTES, *OTHER_PATHS, OTHER),
    "minutes": rule.minutes,
    "days": rule.days,
}
_DECISION: Final[Rules] = {
    "enabled": rule.flag,
    "session_id": rule.text(r"[0-9a-fA-F-]{0,36}"),
    "last_updated": rule.text(rf"{rule.TIME}|"),
    "schema_version": rule.whole_or_none,
    "schema_refused": rule.whole,
    "endpoint": lambda value: value is None or rule.endpoint(value),
    "delivery": rule.word(*Delivery),
    "local": lambda value: value is None or rule.flag(value),
    "keys": lambda value: value is None or (isinstance(value, dict) and all(map(rule.own_key, value.items()))),
    "theme": rule.word(None, *THEMES),
}
_CONFIG: Final[Rules] = {
    "metrics": _DECISION,
    **{key: _DECISION[key] for key in ("enabled", "session_id", "last_updated")},
}
_SESSION_1: Final[Rules] = {
    "session_id": rule.uuid,
    "only_for_me": rule.flag,
    "server": rule.word("shimmy", ""),
    "version": rule.text(rule.VERSION),
    "address": rule.text(rule.ADDRESS),
    "started": rule.text(rule.TIME),
    "updated": rule.text(rule.TIME),
    "ended": rule.time_or_none,
    "counters": _FIGURES,
}
_QUEUED_1: Final[Rules] = {
    "sealed": rule.text(rule.TIME),
    "wait": rule.word(*QueueState),
    "reason": rule.text(rule.REASON),
    **_BODY,
    "measured": rule.measured,
}
_RECEIPT: Final[Rules] = {
    "at": rule.text(rule.TIME),
    "endpoint": rule.endpoint,
    "status": rule.whole,
    "outcome": rule.word(*Outcome, None),
    "reports": rule.whole,
    "link": rule.text(rule.HEX),
    **_BODY,
}
_NOTE_1: Final = r"(deleted by you before it was sent|dropped: too many, or too old|older receipts: \d+|)"

_EXPORT_1: Final[Rules] = {
    "format": rule.word(FORMAT_1),
    "config": _CONFIG,
    "sessions": {"*": _SESSION_1},
    "outbox": {"*": _QUEUED_1},
    "receipts": {"*": {**_RECEIPT, "note": rule.text(_NOTE_1)}},
}
_CONSENT: Final[Rules] = {"consent_id": rule.text(rule.CONSENT_ID), "endpoint": rule.endpoint}
_EXPORT_2: Final[Rules] = {
    "format": rule.word(FORMAT),
    "config": _CONFIG,
    "sessions": {
        "*": {
            **_SESSION_1,
            **_CONSENT,
            "switch": rule.text(rule.SWITCH),
            "client_hint": rule.word("", *CLIENTS),
        }
    },
    "outbox": {"*": {**_QUEUED_1, **_CONSENT, "cause": rule.word(*Cause)}},
    "receipts": {"*": {**_RECEIPT, "departure": rule.whole}},
    "departures": {
        "*": {
            "id": rule.whole,
            "form": rule.word(1, 2),
            "begin_place": rule.whole_or_none,
            "begun": rule.text(rule.TIME),
            "endpoint": rule.endpoint,
            "sha256": rule.text(rule.HEX),
            "length": rule.whole,
            "reports": rule.whole,
            "by_hand": rule.flag,
            "begin_link": rule.text(rule.HEX),
            "end_place": rule.whole_or_none,
            "ended": rule.time_or_none,
            "outcome": rule.word(*Outcome, None),
            "status": rule.whole,
            "failure": rule.word(*Failure),
            "taken": rule.whole,
            "attempts": rule.whole,
            "since": rule.time_or_none,
            "end_link": rule.text(rule.HEX),
            "report_ids": rule.uuids,
            "kind": rule.word(*DepartureKind),
        }
    },
    "days": {"*": {"day": rule.text(rule.DAY), **dict.fromkeys(DaySums._fields, rule.whole)}},
    "notes": {
        "*": {
            "place": rule.whole,
            "form": rule.word(1, 2),
            "at": rule.text(rule.TIME),
            "kind": rule.word(*NoteKind),
            "number": rule.whole,
            "taken": rule.whole,
            "link": rule.text(rule.HEX),
        }
    },
    "meta": {
        "active-day": rule.text(rule.DAY),
        "machine-month": rule.text(r"\d{4}-\d\d"),
        "ended": rule.endpoint,
        "failures": rule.text(r"\d{1,9}"),
        "passed-over": rule.text(r"\d{1,9}"),
        "attempted": rule.text(r"[01]"),
        "released": rule.text(rule.RELEASED),
        "at-start": rule.word("yes", "no"),
        "groups": rule.groups,
    },
    "log": rule.log,
}


def is_export(parsed: object) -> bool:
    """Whether parsed JSON says that it is an export of ours."""
    return isinstance(parsed, dict) and parsed.get("format") in (FORMAT, FORMAT_1)


def words() -> Iterator[str]:
    """Yield every word of ours that an export contains: its keys, the words of raw values, and of closed lists."""
    yield from (FORMAT, FORMAT_1, *rule.RAW_WORDS, *Damage, *EVENTS, *BECAME.values(), *FAILURES.values(), *STILL_HERE)
    yield from (*QueueState, *Cause, *Outcome, *Failure, *Delivery)
    yield from _keys(_EXPORT_1)
    yield from _keys(_EXPORT_2)


def _keys(rules: Mapping[str, Any]) -> Iterator[str]:
    for key, inner in rules.items():
        yield key
        if isinstance(inner, Mapping):
            yield from _keys(inner)


def check_export(parsed: Any) -> tuple[list[Violation], int]:  # noqa: ANN401 - JSON from outside
    """Return what is wrong with an export, and how many reports it holds."""
    newest = parsed.get("format") == FORMAT
    violations = list(check_object("", parsed, _EXPORT_2 if newest else _EXPORT_1))
    if newest and not violations:
        violations += [Violation(each, "is not as it was written") for each in _broken(parsed)]
    reports = 0
    for part in ("outbox", "receipts"):
        entries = parsed.get(part)
        for index, entry in enumerate(entries if isinstance(entries, list) else []):
            inner, number = check_body(f"{part}[{index}]", entry, sent=part == "receipts")
            violations += inner
            reports += number
    return violations, reports


def check_body(path: str, entry: object, *, sent: bool) -> tuple[list[Violation], int]:
    """Return what is wrong with the bytes of an entry, and how many reports they are, or were before their damage."""
    if not isinstance(entry, dict):
        return [], 0
    said = entry.get("reports")
    number = said if sent and isinstance(said, int) and rule.whole(said) else 1
    if "damaged_base64" in entry:
        return [Violation(f"{path}.damaged_base64", "are not the bytes of the digest beside them")], number
    body = entry.get("body")
    if not isinstance(body, str) or not body:
        return [], 0
    from shimmy_metrics.report.bodies import split  # it parses with orjson, which the rest does without

    data = body.encode("utf-8", "replace")
    # What was sent stays what was sent, whatever the rules are by now.
    found = validate_structure(data) if sent else validate_body(data)
    violations = [Violation(f"{path}.{violation.path}".rstrip("."), violation.rule) for violation in found]
    if entry.get("sha256") != digest(data):
        violations.append(Violation(f"{path}.sha256", "is not the body's digest"))
    return violations, number if found else len(split(data))


_OLDER: Final = {"kind": int(DepartureKind.REPORTS)}
"""What the departures in an earlier version's export do not say."""


def _broken(parsed: dict[str, Any]) -> list[str]:
    """Return those departures and notes of an export whose links do not hold; every value has its rule's form."""
    if not (parsed.get("departures") or parsed.get("notes")):
        return []
    from shimmy_metrics.store import chain

    bodies = {entry.get("departure"): _bytes(entry) for entry in parsed.get("receipts", [])}
    departures = []
    for entry in parsed.get("departures", []):
        # The store has a number for it, and the number is what the link covers.
        row = _OLDER | entry | {"by_hand": int(entry.get("by_hand", False)), "body": bodies.get(entry.get("id"))}
        departures.append(tuple(row.get(name) for name in chain.DEPARTURE_KEYS))
    notes = [tuple(entry.get(name) for name in chain.NOTE_KEYS) for entry in parsed.get("notes", [])]
    try:
        return chain.broken_rows(departures, notes)
    except (KeyError, TypeError, ValueError):  # a place is missing where the chain needs one
        return ["departures"]


def _bytes(receipt: dict[str, Any]) -> bytes:
    damaged = receipt.get("damaged_base64")
    if damaged is None:
        return str(receipt.get("body", "")).encode("utf-8", "replace")
    import base64  # hardly ever needed

    try:
        return base64.b64decode(damaged)
    except ValueError:
        return b""


def check_object(path: str, value: object, rules: Rules) -> Iterator[Violation]:
    """Yield the violations of an object."""
    if not isinstance(value, dict):
        yield Violation(path, "is no object")
        return
    for key, inner in value.items():
        at = f"{path}.{printable(key)}".lstrip(".")
        found = rules.get(key)
        if found is None:
            yield Violation(at, "is no key of ours")
        elif callable(found):
            if not found(inner):
                yield Violation(at, "is not a value that can stand here")
        elif "*" not in found:
            yield from check_object(at, inner, found)
        elif not isinstance(inner, list):
            yield Violation(at, "is no list")
        else:
            for index, each in enumerate(inner):
                yield from check_object(f"{at}[{index}]", each, found["*"])
