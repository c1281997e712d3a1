"""A third of the world from the clock's time zone: by its name, else by the clock's offsets."""

import os
import subprocess
import sys
import zoneinfo
from collections import defaultdict
from datetime import datetime
from pathlib import Path

import pytest

from shimmy_metrics.machine.region import Offsets, Place, locate, region_of, region_of_offsets, zone_name
from shimmy_metrics.vocabulary import REGIONS
from support.trees import tree

GREENWICH = Offsets(0, None)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Pacific/Honolulu", "americas"),  # UTC-10, no daylight saving
        ("America/Anchorage", "americas"),  # UTC-9
        ("America/Los_Angeles", "americas"),
        ("America/Phoenix", "americas"),  # UTC-7, no daylight saving
        ("America/Chicago", "americas"),
        ("America/New_York", "americas"),
        ("America/Puerto_Rico", "americas"),  # UTC-4, no daylight saving
        ("America/Halifax", "americas"),  # UTC-4 with
        ("America/St_Johns", "americas"),
        ("America/Sao_Paulo", "americas"),  # UTC-3, without
        ("America/Noronha", "americas"),  # UTC-2
        ("Pacific/Easter", "americas"),
        ("Atlantic/Bermuda", "americas"),
        ("US/Pacific", "americas"),
        ("Atlantic/Reykjavik", "emea"),
        ("Atlantic/Azores", "emea"),
        ("Europe/London", "emea"),
        ("Europe/Berlin", "emea"),
        ("Africa/Lagos", "emea"),
        ("Asia/Dubai", "emea"),
        ("Asia/Jerusalem", "emea"),
        ("Indian/Mauritius", "emea"),
        ("Asia/Kolkata", "apac"),
        ("Asia/Tokyo", "apac"),
        ("Australia/Sydney", "apac"),
        ("Pacific/Auckland", "apac"),
        ("GB", "emea"),
        ("PRC", "apac"),
        ("EST5EDT", "americas"),
        ("Etc/GMT+5", "americas"),
        ("Etc/GMT-9", "apac"),
        ("UTC", "unknown"),
        ("Etc/UTC", "unknown"),
        ("GMT", "unknown"),
        ("Factory", "unknown"),
        ("Etc/GMT-0", "unknown"),
        ("Etc/GMT+3", "americas"),
        ("Etc/GMT+11", "apac"),
        ("Etc/GMT+12", "apac"),
        ("Etc/GMT-14", "apac"),
        ("Etc/GMT+99", None),
        ("America/Nuuk", "americas"),
        ("America/Danmarkshavn", "americas"),
        ("America/Adak", "americas"),
        ("US/Samoa", "apac"),
        ("Pacific/Pago_Pago", "apac"),
        ("Pacific/Tahiti", "apac"),
        ("Pacific/Galapagos", "americas"),
        ("Chile/EasterIsland", "americas"),
        ("Atlantic/Stanley", "americas"),
        ("Atlantic/St_Helena", "emea"),
        ("Arctic/Longyearbyen", "emea"),
        ("Europe/Istanbul", "emea"),
        ("Europe/Samara", "emea"),
        ("Asia/Riyadh", "emea"),
        ("Asia/Tbilisi", "emea"),
        ("Asia/Tehran", "emea"),
        ("Asia/Kabul", "apac"),
        ("Asia/Tashkent", "apac"),
        ("Asia/Yekaterinburg", "apac"),
        ("Indian/Mahe", "emea"),
        ("Indian/Reunion", "emea"),
        ("Indian/Maldives", "apac"),
        ("Indian/Kerguelen", "apac"),
        ("Antarctica/Palmer", "americas"),
        ("Antarctica/Syowa", "emea"),
        ("Antarctica/Troll", "emea"),
        ("Antarctica/McMurdo", "apac"),
        ("Eire", "emea"),
        ("Japan", "apac"),
        ("Singapore", "apac"),
        ("CST6CDT", "americas"),
        ("PST8PDT", "americas"),
        ("MST", "americas"),
        ("EST", "americas"),
        ("HST", "americas"),
        ("CET", "emea"),
        ("EST5", None),
        ("localtime", None),
        ("somebody's own zone", None),
    ],
)
def test_the_region_follows_the_time_zone(name: str, expected: str | None) -> None:
    assert region_of(name) == expected


def test_every_zone_there_is_has_an_answer_of_the_closed_list() -> None:
    # `localtime` is what some distributions link to the machine's own zone.
    zones = zoneinfo.available_timezones() - {"localtime"}
    assert {name: region_of(name) for name in zones if region_of(name) not in REGIONS} == {}


def test_two_names_of_one_zone_have_one_answer() -> None:
    names = defaultdict(set)
    for folder in map(Path, zoneinfo.TZPATH):
        for name in zoneinfo.available_timezones() - {"localtime"}:
            if (folder / name).is_file():
                names[(folder / name).read_bytes()].add(name)
    split = [sorted(same) for same in names.values() if len({region_of(name) for name in same}) > 1]
    assert split == []


def _minutes(name: str, month: int) -> int:
    shift = datetime(2026, month, 1, tzinfo=zoneinfo.ZoneInfo(name)).utcoffset()
    assert shift is not None
    return int(shift.total_seconds()) // 60


def test_the_clock_says_what_the_name_says_save_where_it_cannot() -> None:
    """Where there is no name (Windows), the offsets alone decide: these zones are all that they get wrong."""
    differing = set()
    for name in zoneinfo.available_timezones() - {"localtime"}:
        shifts = sorted({_minutes(name, month) for month in (1, 7)})
        offsets = Offsets(shifts[0], shifts[1] if len(shifts) > 1 else None)
        if region_of_offsets(offsets) != region_of(name):
            differing.add(name)
    at_greenwich = {name for name in differing if name.startswith("Africa/")} | {
        "America/Danmarkshavn", "Atlantic/Reykjavik", "Atlantic/St_Helena", "Iceland",
    }  # fmt: skip
    east_pacific = {"Pacific/Gambier", "Pacific/Marquesas", "Pacific/Pitcairn", "Pacific/Rarotonga", "Pacific/Tahiti"}
    # East Greenland kept UTC-1 until 2024: older zone tables still say so.
    assert differing - at_greenwich - east_pacific <= {"America/Scoresbysund"}


@pytest.mark.parametrize(
    ("standard", "summer", "expected"),
    [
        (-240, None, "americas"),
        (-240, -180, "americas"),
        (-180, None, "americas"),
        (-120, None, "americas"),
        (-600, None, "americas"),
        (-600, -540, "americas"),
        (-210, -150, "americas"),
        (-660, None, "apac"),
        (-720, None, "apac"),
        (-60, 0, "emea"),
        (0, None, "unknown"),
        (0, 60, "emea"),
        (60, 120, "emea"),
        (240, None, "emea"),
        (210, None, "emea"),
        (270, None, "apac"),
        (330, None, "apac"),
        (540, None, "apac"),
        (720, 780, "apac"),
    ],
)
def test_without_a_name_the_clock_s_offset_decides(standard: int, summer: int | None, expected: str) -> None:
    assert region_of_offsets(Offsets(standard, summer)) == expected


@pytest.mark.parametrize(
    ("variable", "expected"),
    [
        ("Europe/Paris", "Europe/Paris"),
        (":Europe/Paris", "Europe/Paris"),
        ("/usr/share/zoneinfo/Europe/Paris", "Europe/Paris"),
        (":/usr/share/zoneinfo/right/Europe/Paris", "Europe/Paris"),
        ("America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires"),
        ("EST5EDT,M3.2.0,M11.1.0", ""),
        ("<-03>3", ""),
        ("/home/somebody/zone", ""),
        (":/home/somebody/zone", ""),
        ("Europe/../../home/somebody", ""),
        ("Europe/\x1b[31mParis", ""),
        ("Europe/" + "A" * 500, ""),
    ],
)
def test_the_variable_wins_and_is_a_name_or_nothing(tmp_path: Path, variable: str, expected: str) -> None:
    assert zone_name(variable, tree(tmp_path, {"etc/timezone": "Asia/Tokyo\n"})) == expected


def test_the_zone_s_name_comes_from_the_link_or_the_file(tmp_path: Path) -> None:
    assert zone_name(None, tmp_path) == ""
    tree(tmp_path, {"etc/timezone": "Asia/Tokyo\n# by hand\n", "etc/localtime": "TZif2"})
    assert zone_name(None, tmp_path) == "Asia/Tokyo"  # the zone was copied
    for target, expected in {
        "/usr/share/zoneinfo/America/Chicago": "America/Chicago",
        "../usr/share/zoneinfo/posix/America/Chicago": "America/Chicago",
        "/var/db/timezone/zoneinfo/Europe/Berlin": "Europe/Berlin",  # macOS
        "/etc/zoneinfo/Europe/Berlin": "Europe/Berlin",
        "/home/somebody/America/Chicago": "Asia/Tokyo",  # somebody's file, and the next place is asked
    }.items():
        (tmp_path / "etc/localtime").unlink()
        (tmp_path / "etc/localtime").symlink_to(target)
        assert zone_name(None, tmp_path) == expected


@pytest.mark.parametrize(
    ("name", "offsets", "expected"),
    [
        ("Europe/Berlin", Offsets(-300, None), Place("emea", "Europe/Berlin")),
        ("Etc/UTC", Offsets(-300, -240), Place("unknown", "Etc/UTC")),  # set on purpose: the clock is not asked
        ("", Offsets(-300, -240), Place("americas", "UTC-05:00")),
        ("", Offsets(330, None), Place("apac", "UTC+05:30")),
        ("", Offsets(-210, -150), Place("americas", "UTC-03:30")),
        ("", GREENWICH, Place("unknown", "UTC+00:00")),
        ("somebody", Offsets(60, 120), Place("emea", "UTC+01:00")),  # what is not a zone's name is not repeated
    ],
)
def test_what_is_shown_is_what_the_region_was_told_from(name: str, offsets: Offsets, expected: Place) -> None:
    assert locate(name, offsets) == expected


@pytest.mark.parametrize(
    ("variable", "expected"),
    [
        ("EST5EDT,M3.2.0,M11.1.0", "americas UTC-05:00"),
        ("<-04>4", "americas UTC-04:00"),  # no daylight saving
        ("AST4ADT,M3.2.0,M11.1.0", "americas UTC-04:00"),  # with
        ("<-03>3", "americas UTC-03:00"),
        ("GMT0BST,M3.5.0/1,M10.5.0", "emea UTC+00:00"),
        ("AEST-10AEDT,M10.1.0,M4.1.0/3", "apac UTC+10:00"),  # summer in January
        ("/nowhere/zone", "unknown UTC+00:00"),
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="Windows takes its zone from the registry, not from a rule in TZ")
def test_a_rule_of_the_person_s_own_is_told_by_the_clock(variable: str, expected: str) -> None:
    code = (
        "import sys; from shimmy_metrics.machine.gather import gather; f = gather(sys.argv[1]); print(f.region, f.zone)"
    )
    environment = {**os.environ, "TZ": variable}
    told = subprocess.run(
        [sys.executable, "-c", code, variable], env=environment, capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == expected
