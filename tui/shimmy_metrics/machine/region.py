"""A third of the world, by the clock's time zone. Never by the network.

A known zone name decides. Without one, or under a custom rule (`TZ=EST5EDT,M3.2.0,M11.1.0`), the clock's offsets
decide; so they do where they do not fit the name: a container may get its host's zone under the name of its own. `UTC`
and its synonyms mean `unknown`, since servers everywhere run on it.

Where a name leaves a choice: the Middle East with Turkey and the Caucasus is emea, as sales regions draw it; Central
Asia, Afghanistan and Russia's Asian zones are apac; Greenland is americas; Hawaii, Easter Island and the Galapagos are
americas, all other Pacific islands (American Samoa too) apac; the islands off Africa are emea, the rest of the Indian
Ocean apac; a station in Antarctica goes by its clock.
"""

import os
import re
import time
from contextlib import suppress
from typing import Final, NamedTuple

from shimmy_metrics.machine.text_file import read_text
from shimmy_metrics.system.places import StrPath

AMERICAS, EMEA, APAC, UNKNOWN = "americas", "emea", "apac", "unknown"

_AREAS: Final = {
    "Africa": EMEA,
    "America": AMERICAS,
    "Arctic": EMEA,
    "Asia": APAC,
    "Atlantic": EMEA,
    "Australia": APAC,
    "Brazil": AMERICAS,
    "Canada": AMERICAS,
    "Chile": AMERICAS,
    "Europe": EMEA,
    "Indian": APAC,
    "Mexico": AMERICAS,
    "Pacific": APAC,
    "US": AMERICAS,
}

_ODD: Final[dict[str, str]] = {
    **dict.fromkeys(
        [
            "Asia/Aden", "Asia/Amman", "Asia/Baghdad", "Asia/Bahrain", "Asia/Baku", "Asia/Beirut", "Asia/Damascus",
            "Asia/Dubai", "Asia/Famagusta", "Asia/Gaza", "Asia/Hebron", "Asia/Istanbul", "Asia/Jerusalem",
            "Asia/Kuwait", "Asia/Muscat", "Asia/Nicosia", "Asia/Qatar", "Asia/Riyadh", "Asia/Tbilisi", "Asia/Tehran",
            "Asia/Tel_Aviv", "Asia/Yerevan", "Indian/Antananarivo", "Indian/Comoro", "Indian/Mahe", "Indian/Mauritius",
            "Indian/Mayotte", "Indian/Reunion", "Egypt", "Libya", "Israel", "Turkey", "Iran", "Eire", "GB", "GB-Eire",
            "Iceland", "Poland", "Portugal", "W-SU", "CET", "EET", "MET", "WET", "Antarctica/Syowa", "Antarctica/Troll",
        ],
        EMEA,
    ),
    **dict.fromkeys(
        [
            "Atlantic/Bermuda", "Atlantic/South_Georgia", "Atlantic/Stanley", "Pacific/Easter", "Pacific/Galapagos",
            "Pacific/Honolulu", "Pacific/Johnston", "Cuba", "Jamaica", "Navajo", "EST", "EST5EDT", "CST6CDT", "MST",
            "MST7MDT", "PST8PDT", "HST", "Antarctica/Palmer", "Antarctica/Rothera",
        ],
        AMERICAS,
    ),
    **dict.fromkeys(
        [
            "Hongkong", "Japan", "Kwajalein", "NZ", "NZ-CHAT", "PRC", "ROC", "ROK", "Singapore", "Antarctica/Casey",
            "Antarctica/Davis", "Antarctica/DumontDUrville", "Antarctica/Macquarie", "Antarctica/Mawson",
            "Antarctica/McMurdo", "Antarctica/South_Pole", "Antarctica/Vostok", "US/Samoa",
        ],
        APAC,
    ),
}  # fmt: skip
"""Zones whose area is ambiguous, and names without an area."""


_SILENT: Final = frozenset(
    ["Etc/GMT", "Etc/GMT0", "Etc/Greenwich", "Etc/UCT", "Etc/UTC", "Etc/Universal", "Etc/Zulu", "Factory", "GMT",
     "GMT+0", "GMT-0", "GMT0", "Greenwich", "UCT", "UTC", "Universal", "Zulu"]
)  # fmt: skip
"""Known names that tell nothing about a place."""

_SPANS: Final = {AMERICAS: ((-600, 0),), EMEA: ((-60, 240),), APAC: ((270, 840), (-720, -480))}
"""The range of standard offsets of a region's zones, in minutes."""

_OWN: Final = ("/etc/localtime", "/usr/share/zoneinfo/localtime", "localtime")
"""Values of `TZ` that mean the same as no `TZ`."""

_SHAPE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_+-]{0,31}(/[A-Za-z0-9_+-]{1,31}){0,2}")
"""A zone's name: no path, no rule, nothing that would disturb a terminal."""


class Offsets(NamedTuple):
    """The clock's offsets from UTC in minutes, east positive; `summer` is None without daylight saving time."""

    standard: int
    summer: int | None


class Place(NamedTuple):
    """`region` is a word of `vocabulary.REGIONS`; `zone` is what it follows from: a known name, or `UTC-05:00`."""

    region: str
    zone: str


def clock_offsets() -> Offsets:
    """Return this process's offsets in winter and summer, the smaller as `standard`. `time` follows `TZ` by itself."""
    return Offsets(-time.timezone // 60, -time.altzone // 60 if time.daylight else None)


def zone_name(variable: str | None, root: StrPath = "/") -> str:
    """Return the machine's zone name, or empty. `variable`, the value of `TZ`, takes precedence even if no name."""
    if variable and variable.removeprefix(":") not in _OWN:
        return _named(variable)
    with suppress(OSError):
        name = _named(os.readlink(os.path.join(root, "etc/localtime")))
        if name:
            return name
    return _named(read_text(os.path.join(root, "etc/timezone")).partition("\n")[0])


def region_of(name: str) -> str | None:
    """Return the region of a zone's name, `unknown` for one that tells nothing, None for an unknown name."""
    if name in _SILENT:
        return UNKNOWN
    if name in _ODD:
        return _ODD[name]
    area, found, _ = name.partition("/")
    if found and area in _AREAS:
        return _AREAS[area]
    match = re.fullmatch(r"Etc/GMT([+-](?:\d|1[0-4]))", name)
    # The signs of these names are inverted: Etc/GMT+5 lies west of Greenwich.
    return region_of_offsets(Offsets(-int(match[1]) * 60, None)) if match else None


def region_of_offsets(offsets: Offsets) -> str:
    """Return the region of a clock's offsets.

    Offset 0 tells nothing without daylight saving time; the British Isles and Portugal have it. UTC-10 is mostly
    Hawaii; UTC-11 and UTC-12 are Pacific islands. Iran (+03:30) and the Gulf (+04:00) are emea, Afghanistan (+04:30)
    is apac.
    """
    if offsets.standard == 0:
        return UNKNOWN if offsets.summer is None else EMEA
    if -600 <= offsets.standard <= -120:
        return AMERICAS
    return EMEA if -120 < offsets.standard < 270 else APAC


def locate(name: str, offsets: Offsets) -> Place:
    """Return the place by its zone's name, or by the clock where the name is unknown or does not fit the clock."""
    region = region_of(name)
    if region is not None and _may_be(region, offsets):
        return Place(region, name)
    sign = "-" if offsets.standard < 0 else "+"
    hours, minutes = divmod(abs(offsets.standard), 60)
    return Place(region_of_offsets(offsets), f"UTC{sign}{hours:02}:{minutes:02}")


def _may_be(region: str, offsets: Offsets) -> bool:
    """Whether a zone of that region can have these offsets. A clock on UTC contradicts no name."""
    if offsets == Offsets(0, None):
        return True
    if region == UNKNOWN:
        return False
    return any(least <= offsets.standard <= most for least, most in _SPANS[region])


def _named(said: str) -> str:
    """Return the zone's name in a value of `TZ`, a link's target or a line of /etc/timezone; else empty."""
    _, folder, below = said.partition("zoneinfo/")
    name = (below if folder else said.removeprefix(":")).strip().removeprefix("posix/").removeprefix("right/")
    return name if _SHAPE.fullmatch(name) else ""
