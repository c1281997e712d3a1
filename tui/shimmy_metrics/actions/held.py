"""The rules for an export: which keys it may have and what may stand there.

An export holds more than reports: raw figures, local addresses, times. None of it is free text either, and this is
where that is checked: numbers, words of closed lists, and forms of their own (a time, an address, a time zone).
"""

import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from shimmy_metrics.actions.export import FORMAT
from shimmy_metrics.config.standing import check_endpoint
from shimmy_metrics.consent import Delivery
from shimmy_metrics.counters import Counters
from shimmy_metrics.errors import TroubleError
from shimmy_metrics.machine.region import region_of
from shimmy_metrics.records import HELD_BY_HAND, Outcome, Wait
from shimmy_metrics.report.bodies import split
from shimmy_metrics.report.check import Fault, check_body, printable
from shimmy_metrics.report.fields import BY_NAME
from shimmy_metrics.report.kinds import UUID4
from shimmy_metrics.report.seal import digest
from shimmy_metrics.vocabulary import CLIENTS, OTHER, ROUTES, TokenSource

Rule = Callable[[Any], bool]

_TIME: Final = r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|\+00:00)"
_ADDRESS: Final = r"(https?://)?(\[[0-9a-fA-F:.]+\]|[0-9.]+|localhost):\d{1,5}/?"
_HEX: Final = r"[0-9a-f]{64}|"
_VERSION: Final = r"[0-9]{1,9}(\.[0-9]{1,9}){0,3}([-+.][0-9A-Za-z.]{1,20})?|"
_NOTE: Final = r"(deleted by you before it was sent|dropped: too many, or too old|older receipts: \d+|)"
_ACTION: Final = r"[a-z]{1,20}\.[a-z-]{1,20}"
_KEY: Final = r"(?:[!-~]|(?:(?:ctrl|shift|alt)\+){0,2}[a-z0-9_]{1,20})"
_KEYS: Final = rf" *{_KEY}(?: *, *{_KEY}){{0,7}} *"
_REASON: Final = r"[\x20-\x7e]{0,200}"

_TOKENS: Final = r"[A-Za-z]+"
_PLAIN: Final = frozenset(
    (
        "a",
        "another",
        "maker",
        "active",
        "first",
        "of",
        "the",
        "day",
        "not",
        "s",
        "min",
        "ms",
        "hashed",
        "none",
        "no",
        "yes",
        "measured",
        "known",
        "requests",
        "on",
        "server",
        "told",
        "time",
        "zone",
        "linux",
        "macos",
        "windows",
        "other",
        "x",
        "arm",
        "unknown",
        "GB",
        "GPU",
        "UTC",
        "Jan",
        "Feb",
        "Mar",
        "Apr",
        "May",
        "Jun",
        "Jul",
        "Aug",
        "Sep",
        "Oct",
        "Nov",
        "Dec",
        "nvidia",
        "amd",
        "intel",
        "apple",
    )
)
"""The words of the raw values as `report/fields` writes them."""


def is_export(parsed: object) -> bool:
    """Whether parsed JSON says that it is an export of ours."""
    return isinstance(parsed, dict) and parsed.get("format") == FORMAT


def words() -> Iterator[str]:
    """Yield every word of ours that an export contains: its keys, the words of raw values, and of closed lists."""
    yield FORMAT
    yield from _PLAIN
    yield from (*Wait, *Outcome, *Delivery, HELD_BY_HAND, _NOTE)
    yield from _keys(_EXPORT)


def _keys(rules: dict[str, Any]) -> Iterator[str]:
    for key, inner in rules.items():
        yield key
        if isinstance(inner, dict):
            yield from _keys(inner)


def check_export(parsed: Any) -> tuple[list[Fault], int]:  # noqa: ANN401 - JSON from outside
    """Return what is wrong with an export, and how many reports it holds."""
    faults = list(_object("", parsed, _EXPORT))
    reports = 0
    for part in ("outbox", "receipts"):
        entries = parsed.get(part)
        for index, entry in enumerate(entries if isinstance(entries, list) else []):
            body = entry.get("body") if isinstance(entry, dict) else None
            if not isinstance(body, str) or not body:
                continue
            data = body.encode("utf-8", "replace")
            inner = check_body(data)
            faults += [Fault(f"{part}[{index}].{fault.path}".rstrip("."), fault.rule) for fault in inner]
            if not inner:
                reports += len(split(data))
            if entry.get("sha256") != digest(data):
                faults.append(Fault(f"{part}[{index}].sha256", "is not the body's digest"))
    return faults, reports


def _object(path: str, value: object, rules: dict[str, Rule | dict[str, Any]]) -> Iterator[Fault]:
    """Yield the faults of an object: `rules` maps each allowed key to its rule, or to the rules of its own keys."""
    if not isinstance(value, dict):
        yield Fault(path, "is no object")
        return
    for key, inner in value.items():
        at = f"{path}.{printable(key)}".lstrip(".")
        rule = rules.get(key)
        if rule is None:
            yield Fault(at, "is no key of ours")
        elif isinstance(rule, dict):
            if "*" in rule:
                if not isinstance(inner, list):
                    yield Fault(at, "is no list")
                    continue
                for index, each in enumerate(inner):
                    yield from _object(f"{at}[{index}]", each, rule["*"])
            else:
                yield from _object(at, inner, rule)
        elif not rule(inner):
            yield Fault(at, "is not a value that can stand here")


def _text(pattern: str) -> Rule:
    return lambda value: isinstance(value, str) and re.fullmatch(pattern, value) is not None


def _word(*words: str | None) -> Rule:
    return lambda value: value in words and not isinstance(value, bool)


def _flag(value: object) -> bool:
    return isinstance(value, bool)


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _whole_or_none(value: object) -> bool:
    return value is None or _whole(value)


def _counts(*words: str) -> Rule:
    return lambda value: isinstance(value, dict) and all(key in words and _whole(each) for key, each in value.items())


def _minutes(value: object) -> bool:
    return isinstance(value, list) and all(map(_whole, value))


def _endpoint(value: object) -> bool:
    try:
        return isinstance(value, str) and (not value or bool(check_endpoint(value, "")))
    except TroubleError:
        return False


def _own_key(own: tuple[str, object]) -> bool:
    """Whether an action's id and the keys for it, as the app names them, have that form."""
    return _text(_ACTION)(own[0]) and _text(_KEYS)(own[1])


def _uuid(value: object) -> bool:
    return UUID4.fault(value) is None


def _time_or_none(value: object) -> bool:
    return value is None or _text(_TIME)(value)


def _measured(value: object) -> bool:
    """Whether raw values are numbers, units and words of closed lists, and a time zone that exists."""
    return isinstance(value, dict) and all(name in BY_NAME and _raw(name, text) for name, text in value.items())


def _raw(name: str, text: object) -> bool:
    if not isinstance(text, str):
        return False
    if name == "session_id":
        return _uuid(text)
    if name == "version":
        return _text(_VERSION)(text) or text == "the server told none"
    if name == "region_indicator":
        import zoneinfo  # with a search for the table of zones: only a report that waits wants it

        # Without the system's table of zones (Windows, slim images) a name of a known area has to do.
        zones = zoneinfo.available_timezones()
        known = text in zones if zones else region_of(text) is not None
        return known or re.fullmatch(r"no time zone|UTC([+-]\d\d:\d\d)?", text) is not None
    for word in (*ROUTES, *CLIENTS, *TokenSource, OTHER):
        text = re.sub(rf"(?<!\S){re.escape(word)} (?=\d)", "", text)
    return all(token in _PLAIN for token in re.findall(_TOKENS, text)) and re.fullmatch(r"[\w ,.:']*", text) is not None


_FIGURES: Final[dict[str, Rule | dict[str, Any]]] = {
    **dict.fromkeys(Counters._fields, _whole_or_none),
    "sources": _counts(*TokenSource),
    "routes": _counts(*ROUTES, OTHER),
    "clients": _counts(*CLIENTS),
    "minutes": _minutes,
}

_DECISION: Final[dict[str, Rule | dict[str, Any]]] = {
    "enabled": _flag,
    "session_id": _text(r"[0-9a-fA-F-]{0,36}"),
    "last_updated": _text(rf"{_TIME}|"),
    "schema_version": _whole_or_none,
    "schema_refused": _whole,
    "endpoint": lambda value: value is None or _endpoint(value),
    "delivery": _word(*Delivery),
    "local": lambda value: value is None or _flag(value),
    "keys": lambda value: value is None or (isinstance(value, dict) and all(map(_own_key, value.items()))),
}

_EXPORT: Final[dict[str, Rule | dict[str, Any]]] = {
    "format": _word(FORMAT),
    "config": {"metrics": _DECISION, **{key: _DECISION[key] for key in ("enabled", "session_id", "last_updated")}},
    "sessions": {
        "*": {
            "session_id": _uuid,
            "only_for_me": _flag,
            "server": _word("shimmy", ""),
            "version": _text(_VERSION),
            "address": _text(_ADDRESS),
            "started": _text(_TIME),
            "updated": _text(_TIME),
            "ended": _time_or_none,
            "counters": _FIGURES,
        }
    },
    "outbox": {
        "*": {
            "sealed": _text(_TIME),
            "wait": _word(*Wait),
            "reason": _text(_REASON),
            "sha256": _text(_HEX),
            "body": lambda value: isinstance(value, str),
            "measured": _measured,
        }
    },
    "receipts": {
        "*": {
            "at": _text(_TIME),
            "endpoint": _endpoint,
            "status": _whole,
            "outcome": _word(*Outcome, None),
            "reports": _whole,
            "note": _text(_NOTE),
            "link": _text(_HEX),
            "sha256": _text(_HEX),
            "body": lambda value: isinstance(value, str),
        }
    },
}
"""Every key that an export may have. `*` stands for the entries of a list. `damaged_base64` is missing on purpose."""
