"""A filter of keys is wrong on one side alone."""

import secrets

from shimmy_metrics.receiver.sqlite.key_filter import KeyFilter


def test_a_filter_lets_every_key_of_its_own_through_and_few_others() -> None:
    keys, others = ([secrets.token_bytes(8) for _ in range(number)] for number in (100_000, 10_000))
    made = KeyFilter()
    assert made.possible(keys) == []
    made.add(keys[:50_000])
    made.add(keys[50_000:])
    assert made.possible(keys) == keys
    assert len(made.possible(others)) < 5
    assert made.possible([*others[:3], keys[7], *others[3:6]]) == [keys[7]]
