"""What hot paths cost: none takes 15 % more instructions than when it was last measured."""

import json

import pytest

from support.instructions import COMMAND, COMMANDS, STORED, WALKED, known, measured, missing, risen


@pytest.mark.thorough
@pytest.mark.skipif(bool(missing()), reason=missing())
def test_no_hot_path_takes_more_instructions_than_it_did() -> None:
    more = risen(measured(), known())
    assert not more, f"{'; '.join(more)}. If that is meant, run {COMMAND} from tests/"


def test_a_path_may_rise_by_fifteen_in_a_hundred_and_each_that_rose_further_is_named() -> None:
    then = {"one": 2.0, "two": 4.0, "three": 1.0}
    assert risen({"one": 2.29, "two": 4.59, "three": 0.5}, then) == []
    assert risen({"one": 2.31, "two": 4.59, "three": 1.5}, then) == [
        "one: 16% more instructions (2.00 x, now 2.31 x)",
        "three: 50% more instructions (1.00 x, now 1.50 x)",
    ]


def test_for_each_python_every_path_is_stored() -> None:
    stored = json.loads(STORED.read_text(encoding="utf-8"))
    assert "3.11 on x86_64" in stored
    assert {python: [*paths] for python, paths in stored.items()} == {python: [*WALKED, *COMMANDS] for python in stored}
