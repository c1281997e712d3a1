"""The switches: an unknown word in one never leaves things on, and what is repeated of it is harmless."""

import pytest

from shimmy_metrics.system.environment import Environment

OFF = (
    "off",
    "OFF",
    "0",
    "false",
    "no",
    "disabled",
    "disable",
    "none",
    "n",
    "nein",
    "ofd",
    "-",
    "2",
    "on!",
    "true false",
)
NO_SWITCH = ("", "  ", "on", "ON", "On", "1", "true", "TRUE", "yes", "Yes", " yes ")


@pytest.mark.parametrize("word", OFF)
def test_any_word_but_a_clear_yes_switches_off(word: str) -> None:
    assert Environment({"SHIMMY_METRICS": word}).switch.startswith("SHIMMY_METRICS")


@pytest.mark.parametrize("word", NO_SWITCH)
def test_a_clear_yes_or_nothing_switches_nothing(word: str) -> None:
    assert Environment({"SHIMMY_METRICS": word}).switch == ""
    assert Environment({}).switch == ""


@pytest.mark.parametrize(
    ("word", "is_set"),
    [
        ("", False),
        ("0", False),
        ("false", False),
        ("No", False),
        ("1", True),
        ("yes", True),
        ("off", True),
        ("x", True),
    ],
)
def test_do_not_track_and_ci_are_set_unless_they_say_otherwise(word: str, is_set: bool) -> None:
    assert bool(Environment({"DO_NOT_TRACK": word}).switch) is is_set
    assert Environment({"CI": word}).continuous_integration is is_set
    assert Environment({"CI": word}).switch == ""


@pytest.mark.parametrize("name", ["DO_NOT_TRACK", "SHIMMY_METRICS"])
@pytest.mark.parametrize("word", ["\x1b[2J", "a\nb", "off\u202e", "x" * 17, "x" * 100_000, "off; rm", "９"])
def test_what_is_repeated_of_a_switch_is_harmless(name: str, word: str) -> None:
    assert Environment({name: word}).switch == name
    assert Environment({name: "disabled"}).switch == f"{name}=disabled"


def test_of_two_switches_one_is_named_and_both_must_go() -> None:
    assert Environment({"DO_NOT_TRACK": "1", "SHIMMY_METRICS": "off"}).switch == "DO_NOT_TRACK=1"
    assert Environment({"DO_NOT_TRACK": "0", "SHIMMY_METRICS": "off"}).switch == "SHIMMY_METRICS=off"
    assert Environment({"DO_NOT_TRACK": "1", "SHIMMY_METRICS": "on"}).switch == "DO_NOT_TRACK=1"
