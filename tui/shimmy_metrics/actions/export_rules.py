"""The rules for single values of an export: numbers, words of closed lists, and forms of their own. Pure.

Such a form is a time, an address, a time zone or a log line. None of it is free text.
"""

import json
import re
from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any, Final

from shimmy_metrics.consent.effective_consent import GroupSize
from shimmy_metrics.consent.endpoint import ENDPOINT, check_endpoint
from shimmy_metrics.counters import DaySums
from shimmy_metrics.delivery.departure_log import BECAME, STILL_HERE
from shimmy_metrics.errors import UserError
from shimmy_metrics.machine.text_file import read_text
from shimmy_metrics.records import FAILURES, Outcome
from shimmy_metrics.report.fields import BY_NAME
from shimmy_metrics.report.kinds import UUID4
from shimmy_metrics.report.measured import NO_VERSION, NO_ZONE
from shimmy_metrics.system.environment import SWITCHES
from shimmy_metrics.system.log import CRASH, EVENTS, PLACES
from shimmy_metrics.vocabulary import CLIENTS, OTHER, ROUTES, TokenSource

Rule = Callable[[Any], bool]

TIME: Final = r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|\+00:00)"
DAY: Final = r"\d{4}-\d\d-\d\d"
ADDRESS: Final = r"(https?://)?(\[[0-9a-fA-F:.]+\]|[0-9.]+|localhost):\d{1,5}/?"
HEX: Final = r"[0-9a-f]{64}|"
VERSION: Final = r"[0-9]{1,9}(\.[0-9]{1,9}){0,3}([-+.][0-9A-Za-z.]{1,20})?|"
_ACTION: Final = r"[a-z]{1,20}\.[a-z-]{1,20}"
_KEY: Final = r"(?:[!-~]|(?:(?:ctrl|shift|alt)\+){0,2}[a-z0-9_]{1,20})"
_KEYS: Final = rf" *{_KEY}(?: *, *{_KEY}){{0,7}} *"
SWITCH: Final = rf"({'|'.join(SWITCHES)})(=[0-9A-Za-z]{{1,16}})?|"
BASE64: Final = r"[A-Za-z0-9+/]*={0,2}"
CONSENT_ID: Final = r"[0-9a-zA-Z:-]{0,64}"
_RELEASED: Final = rf'\[\d{{1,18}}, "{TIME}", "{CONSENT_ID}"\]'
RELEASED: Final = rf"\[({_RELEASED}(, {_RELEASED})*)?\]"
REASON: Final = r"[\x20-\x7e]{0,200}"
"""Why a report was set aside. Where the receiver named the rule, these are its words: no closed list has them."""

_EARLIER_EVENTS: Final = (
    "the sender stopped",
    "a step of the measured session failed",
    "the sender met an error and ended; what was not sent waits here",
    "measuring met an error; the server runs on",
    "the store was removed while a session ran; made again",
)
_BECAME: Final = (*BECAME.values(), "cut off by you, possibly sent")
"""What became of an attempt; the last is what earlier versions wrote."""
_FAILURES: Final = (*filter(None, FAILURES.values()), "you withdrew")
"""Why there was no answer; the last is what earlier versions wrote."""
_PLACE: Final = r"[A-Za-z0-9_]{1,60}\.py:\d{1,6}"
_LOG_EVENTS: Final = (
    *(re.escape(event) for event in EVENTS),
    rf"{CRASH} \([A-Z][A-Za-z0-9]{{0,39}}(?: at {_PLACE}(?:, {_PLACE}){{0,{PLACES - 1}}})?\)",
    rf"\d{{1,4}} reports? (?:{'|'.join(_BECAME)})(?:, status \d{{1,3}})?"
    rf"(?:: (?:{'|'.join(_FAILURES)}))?(?:; (?:{'|'.join(STILL_HERE)}))?",
    # What earlier versions wrote.
    rf"(?:{'|'.join(Outcome)}): \d{{1,4}} report\(s\), status \d{{1,3}}",
    *_EARLIER_EVENTS,
    r"the session's books: a step failed",
    r"sent \d{1,4} report\(s\), status \d{1,3} [A-Za-z -]{0,40}: (?:delivered|refused|ended|later)",
    r"deleted figures stay in the store's log until the next write",
)
_LOG_LINE: Final = rf"\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\dZ (?:{'|'.join(_LOG_EVENTS)})(?: \([A-Z][A-Za-z0-9]{{0,39}}\))?"
"""A time, an event of ours, and of an error its kind alone."""

_TOKENS: Final = r"[A-Za-z]+"
RAW_WORDS: Final = frozenset(
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
        "request",
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
"""The words of the raw values as the fields write them."""


_COUNTED: Final = frozenset((*ROUTES, *CLIENTS, *TokenSource, OTHER))

_ZONES: Final = "/usr/share/zoneinfo"
"""Where nearly every system has its table of time zones, a file each, which begins with `_TZIF`."""

_ZONE: Final = r"[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*"
_TZIF: Final = "TZif"


def text(pattern: str) -> Rule:
    """Return the rule that the whole of a string has this form."""
    return lambda value: isinstance(value, str) and re.fullmatch(pattern, value) is not None


def word(*words: str | int | None) -> Rule:
    """Return the rule that a value is one of these."""
    return lambda value: value in words and not isinstance(value, bool)


def any_text(value: object) -> bool:
    """Whether it is a string; what stands in it is checked by itself."""
    return isinstance(value, str)


def log(value: object) -> bool:
    """Whether it is the log's lines, each a time and an event of our own words."""
    return isinstance(value, list) and all(isinstance(line, str) and re.fullmatch(_LOG_LINE, line) for line in value)


def flag(value: object) -> bool:
    """Whether it is true or false."""
    return isinstance(value, bool)


def whole(value: object) -> bool:
    """Whether it is a number without sign or fraction."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def whole_or_none(value: object) -> bool:
    """Whether it is such a number, or null."""
    return value is None or whole(value)


def counts(*words: str) -> Rule:
    """Return the rule that an object has a number for some of these words, and no other keys."""
    return lambda value: isinstance(value, dict) and all(key in words and whole(each) for key, each in value.items())


def minutes(value: object) -> bool:
    """Whether it is a list of whole numbers."""
    return isinstance(value, list) and all(map(whole, value))


def days(value: object) -> bool:
    """Whether it is an object that has the sums of some days."""
    return isinstance(value, dict) and all(
        text(DAY)(day) and minutes(sums) and len(sums) == len(DaySums._fields) for day, sums in value.items()
    )


def endpoint(value: object) -> bool:
    """Whether it is an address that reports may go to, or empty."""
    if value in ("", ENDPOINT):  # nearly all are, and the library for addresses need not be loaded for it
        return True
    try:
        return isinstance(value, str) and bool(check_endpoint(value, ""))
    except UserError:
        return False


def groups(value: object) -> bool:
    """Whether it is what receivers named: for each address two numbers, as JSON."""
    try:
        found = json.loads(value) if isinstance(value, str) else None
    except ValueError:
        return False
    return isinstance(found, dict) and all(
        endpoint(address) and minutes(sizes) and len(sizes) == len(GroupSize._fields)
        for address, sizes in found.items()
    )


def own_key(own: tuple[str, object]) -> bool:
    """Whether an action's id and the keys for it, as the app names them, have that form."""
    return text(_ACTION)(own[0]) and text(_KEYS)(own[1])


def uuid(value: object) -> bool:
    """Whether it is a UUID of version 4."""
    return UUID4.violation(value) is None


def uuids(value: object) -> bool:
    """Whether it is a list of such."""
    return isinstance(value, list) and all(map(uuid, value))


def time_or_none(value: object) -> bool:
    """Whether it is a time, or null."""
    return value is None or text(TIME)(value)


def measured(value: object) -> bool:
    """Whether raw values are numbers, units and words of closed lists, and a time zone that exists."""
    return isinstance(value, dict) and all(name in BY_NAME and _raw(name, each) for name, each in value.items())


@cache
def _is_zone(name: str) -> bool:
    """Whether the system's table of zones has one of this name. One file is read; a list of all would take 600."""
    if re.fullmatch(_ZONE, name) and read_text(f"{_ZONES}/{name}", len(_TZIF)) == _TZIF:
        return True
    import zoneinfo  # it knows where else a table can be; to load it takes a quarter of a bare Python's start

    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _is_of_known_area(zone: str) -> bool:
    from shimmy_metrics.machine.region import region_of  # hardly ever needed

    return region_of(zone) is not None


def _uncounted(said: re.Match[str]) -> str:
    """Return nothing for a route, a client or a source before its number, and any other word as it stands."""
    return "" if said[1] in _COUNTED else said[0]


def _raw(name: str, value: object) -> bool:
    if not isinstance(value, str):
        return False
    if name == "session_id":
        return uuid(value)
    if name == "version":
        return text(VERSION)(value) or value == NO_VERSION
    if name == "region_indicator":
        # Without the system's table of zones (Windows, slim images) a name of a known area has to do.
        known = _is_zone(value) or (not _is_zone("UTC") and _is_of_known_area(value))
        return known or value == NO_ZONE or re.fullmatch(r"UTC([+-]\d\d:\d\d)?", value) is not None
    return _holds_own_words(value)


@lru_cache(1_000)  # most stand in every report of a machine
def _holds_own_words(value: str) -> bool:
    value = re.sub(r"(?<!\S)(\S+) (?=\d)", _uncounted, value)
    own = all(each in RAW_WORDS for each in re.findall(_TOKENS, value))
    return own and re.fullmatch(r"[\w ,.:']*", value) is not None
