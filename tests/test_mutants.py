"""The tests put to the test: nearly every change of what keeps the product's word is noticed by a unit test."""

import subprocess
import sys
from pathlib import Path

import pytest

from support.mutants.rooms import ROOMS
from support.mutants.survivors import reasons, without_their_line

TESTS = Path(__file__).resolve().parent


def test_the_line_of_each_listed_survivor_stands_in_its_file() -> None:
    assert without_their_line(reasons()) == []


@pytest.mark.parametrize(
    ("key", "stands"),
    [
        ("consent/endpoint.py _address: return parts.scheme, -> return parts.hostname,", True),
        ("consent/endpoint.py return parts.scheme, left out", True),
        ("consent/endpoint.py _address: return parts.schema, -> return parts.hostname,", False),
        ("no_such_file.py _address: return parts.scheme, -> return parts.hostname,", False),
    ],
)
def test_a_survivor_is_gone_with_its_line_or_its_file(key: str, stands: bool) -> None:
    assert without_their_line([key]) == ([] if stands else [key])


def test_the_tests_of_each_room_stand_where_they_are_looked_for() -> None:
    assert [each for tests in ROOMS.values() for each in tests if not (TESTS.parent / each).exists()] == []


@pytest.mark.long
@pytest.mark.parametrize("room", ROOMS)
def test_a_change_of_this_room_is_noticed_or_its_reason_is_listed(room: str) -> None:
    told = subprocess.run(
        [sys.executable, "-m", "support.mutants", room], cwd=TESTS, stdout=subprocess.PIPE, text=True, check=False
    )
    assert told.returncode == 0, told.stdout
