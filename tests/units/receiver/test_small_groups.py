"""Small groups: none is told apart, and none can be computed from what is told."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from shimmy_metrics.receiver.small_groups import DAYS, OTHER, Group, GroupValue, folded, rounded

Seen = Counter[tuple[int, tuple[GroupValue, ...]]]


def seen(*groups: tuple[int, int, str]) -> Seen:
    """Return so many reports, on a day, of each value (or of several, by spaces)."""
    made: Seen = Counter()
    for number, day, values in groups:
        made[day, tuple(values.split())] += number
    return made


def test_small_groups_are_together_and_the_smallest_large_one_with_them_where_they_are_too_few() -> None:
    some = seen((900, 0, "linux"), (60, 0, "mac"), (30, 0, "windows"), (15, 0, "arm"), (4, 0, "other"))
    # 15 and 4 are 19 together, one too few: so the 30 are with them.
    assert folded(some, 20) == (Group("linux", 900, 900), Group("mac", 60, 60), Group(OTHER, 49, 49))
    some[0, ("bsd",)] += 1
    assert folded(some, 20)[-2:] == (Group("windows", 30, 30), Group(OTHER, 20, 20))


def test_the_best_single_day_counts_and_not_the_week() -> None:
    one_machine = [(10, day, "0.9.9") for day in range(DAYS)]
    some = seen((900, 1, "2.6.5"), (20, 2, "2.6.4"), *one_machine)
    assert {each.value for each in folded(some, 20)} == {"2.6.5", OTHER}
    assert folded(some, 10)[1] == Group("0.9.9", 70, 10)


def test_small_groups_on_different_days_are_no_large_group() -> None:
    some = seen((900, 0, "a"), (500, 0, "b"), (15, 1, "c"), (15, 2, "d"))
    assert folded(some, 20) == (Group("a", 900, 900), Group(OTHER, 530, 500))


def test_what_one_report_has_several_times_is_counted_once() -> None:
    # Ten rare routes of the same three reports are three reports, not thirty.
    some = seen((900, 0, "chat"), (300, 0, "models"), (3, 0, "a b c d e f g h i j"))
    assert folded(some, 20) == (Group("chat", 900, 900), Group(OTHER, 303, 303))


def test_with_nothing_to_hide_behind_nothing_is_told() -> None:
    assert folded(seen((980, 0, "yes"), (5, 0, "no")), 20) == ()
    assert folded(seen((19, 0, "a"), (19, 0, "b")), 20) == ()
    assert folded(seen(), 20) == ()


SOME = st.dictionaries(
    st.tuples(
        st.integers(0, DAYS - 1),
        st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=4, unique=True).map(
            lambda each: tuple(sorted(each))
        ),
    ),
    st.integers(1, 30),
    max_size=30,
).map(Counter)


def by_day(some: Seen, wanted: set[str]) -> list[int]:
    return [
        sum(number for (at, values), number in some.items() if at == day and wanted & set(map(str, values)))
        for day in range(DAYS)
    ]


@given(SOME, st.integers(1, 40))
def test_no_group_below_k_is_told_and_the_rest_never_tells_what_one_group_holds(some: Seen, k: int) -> None:
    told = folded(some, k)
    named = {str(each.value) for each in told} - {OTHER}
    hidden = {str(value) for _, values in some for value in values} - named
    assert all(each.best_day >= k for each in told)
    for each in told:
        days = by_day(some, hidden if each.value == OTHER else {str(each.value)})
        assert (each.reports, each.best_day) == (sum(days), max(days))
    if not told:
        return
    assert named
    assert (told[-1].value == OTHER) == bool(hidden)
    assert len(hidden) != 1
    # What is hidden was too small, but for one that hides it where it must.
    large = {value for value in hidden if max(by_day(some, {value})) >= k}
    assert len(large) <= 1
    if large:
        assert max(by_day(some, hidden - large)) < k
        assert all(sum(by_day(some, large)) <= sum(by_day(some, {value})) for value in named)


@given(st.integers(0, 10**9), st.integers(1, 20))
def test_a_rounded_number_has_two_digits_and_is_no_finer_than_k(number: int, k: int) -> None:
    step = max(k, 10 ** max(0, len(str(number)) - 2))
    assert rounded(number, k) % step == 0
    assert abs(rounded(number, k) - number) <= step / 2
