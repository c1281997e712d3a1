"""Which keys may answer a question: those that a person pressed alone, once the question stood."""

import pytest

from shimmy_metrics.app.input_guard import InputGuard
from shimmy_metrics.limits import (
    AFTER_PASTE_SECONDS,
    PASTE_GAP_SECONDS,
    PASTE_KEYS,
    QUESTION_STANDS_SECONDS,
    REPEAT_SECONDS,
    SILENCE_SECONDS,
)

ASKED = 100.0


@pytest.mark.parametrize(
    ("after", "counts"), [(QUESTION_STANDS_SECONDS - 0.01, False), (QUESTION_STANDS_SECONDS + 0.01, True)]
)
def test_a_key_counts_once_the_question_stood(after: float, *, counts: bool) -> None:
    guard = InputGuard()
    guard.note(ASKED + after, "y")
    assert guard.may_answer(ASKED) is counts


def test_the_key_that_opened_the_question_counts_later_than_any_other() -> None:
    guard = InputGuard()
    guard.note(ASKED + (QUESTION_STANDS_SECONDS + REPEAT_SECONDS) / 2, "y")
    assert guard.may_answer(ASKED)
    assert not guard.may_answer(ASKED, asked_by="y")
    guard.note(ASKED + 2 * REPEAT_SECONDS, "y")
    assert guard.may_answer(ASKED, asked_by="y")


def test_a_key_close_behind_another_does_not_count() -> None:
    guard = InputGuard()
    guard.note(ASKED + 1.0, "x")
    guard.note(ASKED + 1.0 + SILENCE_SECONDS / 2, "y")
    assert not guard.may_answer(ASKED)


def test_after_a_paste_nothing_counts_for_a_while() -> None:
    guard = InputGuard()
    now = ASKED + 10.0
    for _ in range(PASTE_KEYS + 1):
        now += PASTE_GAP_SECONDS / 2
        guard.note(now, "y")
    # Long enough for the silence between two keys, so that the paste alone can be the reason.
    soon, late = now + AFTER_PASTE_SECONDS - 0.01, now + AFTER_PASTE_SECONDS + 0.01
    assert soon - now > SILENCE_SECONDS
    guard.note(soon, "y")
    assert not guard.may_answer(ASKED)
    guard.note(soon + SILENCE_SECONDS + late - soon, "y")
    assert guard.may_answer(ASKED)


def test_every_event_is_counted_so_that_one_that_followed_is_seen() -> None:
    guard = InputGuard()
    for number in range(3):
        assert guard.count == number
        guard.note(ASKED + number, "y")
