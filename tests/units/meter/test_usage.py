"""What one answer told: a figure is a count or nothing, and what is not known is not zero."""

import pytest

from shimmy_metrics.limits import ANSWER_TOKENS
from shimmy_metrics.meter.usage import Usage
from shimmy_metrics.vocabulary import TokenSource


def test_at_first_nothing_is_told() -> None:
    usage = Usage()
    assert (usage.pieces, usage.reported, usage.model) == (0, None, None)
    assert (usage.content, usage.estimated, usage.failed) == (False, False, False)
    assert usage.result() == (0, None)


@pytest.mark.parametrize("figure", [0, 1, ANSWER_TOKENS])
def test_a_count_up_to_the_limit_is_taken(figure: int) -> None:
    usage = Usage()
    usage.report(figure)
    assert usage.reported == figure


def test_a_figure_that_the_server_guessed_is_no_report() -> None:
    usage = Usage()
    usage.report(5)
    assert usage.result() == (5, TokenSource.REPORTED)
    usage.estimated = True
    assert usage.result() == (5, TokenSource.ESTIMATED)


@pytest.mark.parametrize("name", ["", 7, None, ["m"]])
def test_what_is_no_name_names_no_model(name: object) -> None:
    usage = Usage()
    usage.name(name)
    assert usage.model is None


def test_the_last_name_is_the_model_s() -> None:
    usage = Usage()
    for name in ("first", "second", ""):
        usage.name(name)
    assert usage.model == "second"


def test_of_a_hostile_number_of_choices_the_first_sixty_four_are_kept_and_go_on() -> None:
    usage = Usage()
    for choice in range(70):
        usage.report(1, choice)
    assert usage.reported == 64
    usage.report(2, 63)  # one that is kept
    usage.report(2, 64)  # one that is not
    assert usage.reported == 65


def test_of_a_long_name_its_beginning_is_the_model_s() -> None:
    usage = Usage()
    usage.name("m" * 1_024 + "x")
    assert usage.model == "m" * 1_024
