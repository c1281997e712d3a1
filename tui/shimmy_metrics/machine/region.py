"""A third of the world, from the clock's time zone. Never from the network.

The zone's name decides where it has one; a name that says nothing (`UTC`, `Etc/GMT+5`) is `unknown` or decided by its
offset. The Middle East is emea, as sales regions draw it; Russia east of the Urals and Central Asia are apac by clock.
"""

import re
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

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
            "Asia/Tel_Aviv",
            "Asia/Yerevan", "Indian/Antananarivo", "Indian/Comoro", "Indian/Mauritius", "Indian/Mayotte",
            "Indian/Reunion", "Egypt", "Libya", "Israel", "Turkey", "Iran", "Eire", "GB", "GB-Eire", "Iceland",
            "Poland", "Portugal", "W-SU", "CET", "EET", "MET", "WET", "Antarctica/Troll",
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
            "Antarctica/McMurdo", "Antarctica/South_Pole", "Antarctica/Syowa", "Antarctica/Vostok",
        ],
        APAC,
    ),
}  # fmt: skip
"""Zones whose area says too little, and names without an area."""


def zone_name(variable: str | None, root: Path = Path("/")) -> str:
    """Return the machine's time zone by name, or empty. `variable` is the value of `TZ`, which wins."""
    if variable:
        return variable.removeprefix(":").removeprefix("/usr/share/zoneinfo/")
    with suppress(OSError):
        target = str((root / "etc/localtime").readlink())
        name = target.partition("zoneinfo/")[2]
        if name:
            return name.removeprefix("posix/").removeprefix("right/")
    with suppress(OSError, UnicodeDecodeError):
        return (root / "etc/timezone").read_text().strip()[:64]
    return ""


def region_of(name: str) -> str | None:
    """Return the region of a zone's name, or None where the name says nothing."""
    if name in _ODD:
        return _ODD[name]
    area, found, _ = name.partition("/")
    if found and area in _AREAS:
        return _AREAS[area]
    match = re.fullmatch(r"Etc/GMT([+-]\d{1,2})", name)
    # The signs of these names are turned round: Etc/GMT+5 lies west of Greenwich.
    return region_of_offset(-int(match[1]) * 60, None) if match else None


def region_of_offset(standard: int, summer: int | None) -> str:
    """Return the region of a UTC offset in minutes, and of that in daylight saving time, where there is one.

    Greenwich itself says nothing, unless it saves daylight (the British Isles, Portugal).
    """
    if standard == 0:
        return EMEA if summer else UNKNOWN
    if -660 <= standard <= -120:
        return AMERICAS
    if standard < 270:
        return EMEA
    return APAC


def region(name: str) -> str:
    """Return the region of this machine's zone: by its name, else by the clock's offsets. Without both: unknown."""
    by_name = region_of(name)
    if by_name is not None:
        return by_name
    if name:  # UTC, Etc/UTC, GMT, Zulu, Factory, and names of the person's own making
        return UNKNOWN
    standard = -time.timezone // 60
    return region_of_offset(standard, -time.altzone // 60 if time.daylight else None)
