"""Back-off counts session ends."""

from shimmy_metrics.delivery.backoff import ends_passed_over, ends_until_attempt, passes_over


def test_back_off_passes_over_none_then_one_then_two_ends() -> None:
    made = []
    for failures in (0, 1, 2, 3, 9):
        passed = 0
        while passes_over(failures, passed):
            passed += 1
        assert passed == ends_passed_over(failures)
        made.append(passed)
    assert made == [0, 0, 1, 2, 2]


def test_it_is_told_how_many_ends_still_make_no_attempt() -> None:
    left = [ends_until_attempt(failures, passed) for failures in (0, 1, 2, 3, 9) for passed in (0, 1, 2, 3)]
    assert left == [0, 0, 0, 0] * 2 + [1, 0, 0, 0] + [2, 1, 0, 0] * 2
