"""What one answer told: a figure is a count or nothing, and what is not known is not zero."""

import pytest

from shimmy_metrics.limits import ANSWER_TOKENS
from shimmy_metrics.meter.tally import Tally
from shimmy_metrics.vocabulary import TokenSource


def test_at_first_nothing_is_told() -> None:
    tally = Tally()
    assert (tally.pieces, tally.reported, tally.model) == (0, None, None)
    assert (tally.content, tally.estimated, tally.failed) == (False, False, False)
    assert tally.result() == (0, None)


@pytest.mark.parametrize("figure", [0, 1, ANSWER_TOKENS])
def test_a_count_up_to_the_limit_is_taken(figure: int) -> None:
    tally = Tally()
    tally.report(figure)
    assert tally.reported == figure


def test_a_figure_that_the_server_guessed_is_no_report() -> None:
    tally = Tally()
    tally.report(5)
    assert tally.result() == (5, TokenSource.REPORTED)
    tally.estimated = True
    assert tally.result() == (5, TokenSource.ESTIMATED)


@pytest.mark.parametrize("name", ["", 7, None, ["m"]])
def test_what_is_no_name_names_no_model(name: object) -> None:
    tally = Tally()
    tally.name(name)
    assert tally.model is None


def test_the_last_name_is_the_model_s() -> None:
    tally = Tally()
    for name in ("first", "second", ""):
        tally.name(name)
    assert tally.model == "second"


def test_of_a_hostile_number_of_choices_the_first_sixty_four_are_kept_and_go_on() -> None:
    tally = Tally()
    for choice in range(70):
        tally.report(1, choice)
    assert tally.reported == 64
    tally.report(2, 63)  # one that is kept
    tally.report(2, 64)  # one that is not
    assert tally.reported == 65


def test_of_a_long_name_its_beginning_is_the_model_s() -> None:
    tally = Tally()
    tally.name("m" * 1_024 + "x")
    assert tally.model == "m" * 1_024
