"""A third of the world from the clock's time zone: by its name, else by the clock's offsets."""

import os
import subprocess
import sys
import tomllib
import zoneinfo
from collections import defaultdict
from datetime import datetime
from pathlib import Path

import pytest

from shimmy_metrics.machine.region import Offsets, Place, locate, region_of, region_of_offsets, zone_name
from shimmy_metrics.vocabulary import REGIONS
from support.trees import tree

GREENWICH = Offsets(0, None)


ZONES = {
    name: None if region == "no_region" else region
    for region, names in tomllib.loads(Path(__file__).with_name("zones.toml").read_text()).items()
    for name in names.split()
}
"""The table of all zones: region by name."""


@pytest.mark.parametrize(("name", "expected"), ZONES.items())
def test_the_region_follows_the_time_zone(name: str, expected: str | None) -> None:
    assert region_of(name) == expected


@pytest.mark.parametrize("name", ["Etc/GMT+99", "EST5", "localtime", "Europe", "somebody's own zone"])
def test_what_is_no_zone_s_name_has_no_region(name: str) -> None:
    assert region_of(name) is None


def test_the_table_has_every_zone_there_is() -> None:
    # A zone that is younger than the table has an answer all the same: that of its area.
    assert len(ZONES) == 599
    assert set(ZONES.values()) == {*REGIONS, None}
    zones = zoneinfo.available_timezones() - {"localtime"}
    assert {name: region_of(name) for name in zones - set(ZONES) if region_of(name) not in REGIONS} == {}


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


def _clock(name: str) -> Offsets:
    shifts = sorted({_minutes(name, month) for month in (1, 7)})
    return Offsets(shifts[0], shifts[1] if len(shifts) > 1 else None)


def test_no_zone_s_own_clock_contradicts_its_name() -> None:
    zones = zoneinfo.available_timezones() - {"localtime"}
    assert {name for name in zones if locate(name, _clock(name)) != Place(region_of(name) or "", name)} == set()


def test_the_clock_says_what_the_name_says_save_where_it_cannot() -> None:
    """Where there is no name (Windows), the offsets alone decide: these zones are all that they get wrong."""
    differing = set()
    for name in zoneinfo.available_timezones() - {"localtime"}:
        if region_of_offsets(_clock(name)) != region_of(name):
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
        (":/etc/localtime", "Asia/Tokyo"),  # the machine's own, said in full
        ("/etc/localtime", "Asia/Tokyo"),
        ("localtime", "Asia/Tokyo"),
        (":/usr/share/zoneinfo/localtime", "Asia/Tokyo"),
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
        ("Europe/Berlin", Offsets(60, 120), Place("emea", "Europe/Berlin")),
        ("Pacific/Tahiti", Offsets(-600, None), Place("apac", "Pacific/Tahiti")),  # by the clock alone: americas
        ("America/New_York", GREENWICH, Place("americas", "America/New_York")),  # a clock that says nothing
        ("Etc/UTC", GREENWICH, Place("unknown", "Etc/UTC")),
        # A host's /etc/localtime, mounted over the file to which a container's link leads.
        ("Etc/UTC", Offsets(60, 120), Place("emea", "UTC+01:00")),
        ("Etc/UTC", Offsets(-300, -240), Place("americas", "UTC-05:00")),
        ("UTC", Offsets(0, 60), Place("emea", "UTC+00:00")),
        ("Factory", Offsets(540, None), Place("apac", "UTC+09:00")),
        ("Asia/Tokyo", Offsets(60, 120), Place("emea", "UTC+01:00")),
        ("Europe/Berlin", Offsets(-300, None), Place("americas", "UTC-05:00")),
        ("America/New_York", Offsets(330, None), Place("apac", "UTC+05:30")),
        ("Asia/Dubai", Offsets(270, None), Place("apac", "UTC+04:30")),
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
        (":/usr/share/zoneinfo/Asia/Tokyo", "apac Asia/Tokyo"),
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="Windows takes its zone from the registry, not from a rule in TZ")
def test_a_rule_of_the_person_s_own_is_told_by_the_clock(variable: str, expected: str) -> None:
    code = (
        "import sys; from shimmy_metrics.machine.gather import gather; "
        "from shimmy_metrics.system.environment import Environment; "
        "f = gather(Environment({'TZ': sys.argv[1]})); print(f.region, f.zone)"
    )
    environment = {**os.environ, "TZ": variable}
    told = subprocess.run(
        [sys.executable, "-c", code, variable], env=environment, capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == expected
