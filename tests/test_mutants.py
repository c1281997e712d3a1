"""The tests put to the test: nearly every change of what keeps the product's word is noticed by a unit test."""

import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent


@pytest.mark.long
@pytest.mark.parametrize("room", ["consent", "config", "meter", "report", "delivery", "store"])
def test_a_change_of_this_room_is_noticed_or_its_reason_is_listed(room: str) -> None:
    told = subprocess.run(
        [sys.executable, "-m", "support.mutants", room], cwd=TESTS, stdout=subprocess.PIPE, text=True, check=False
    )
    assert told.returncode == 0, told.stdout
