"""The rate: a bucket a network, whose name tells no address."""

from ipaddress import IPv4Address, ip_address

from hypothesis import given
from hypothesis import strategies as st

from shimmy_metrics.receiver import rate
from shimmy_metrics.receiver.rate import A_MINUTE, BURST, NETWORKS, Rate

MIDNIGHT = 1_795_996_800.0
HERE = ip_address("198.51.100.7").packed


class _Clock:
    def __init__(self, now: float = MIDNIGHT + 3_600) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def _empty(limit: Rate, address: bytes = HERE) -> None:
    for _ in range(BURST):
        assert limit.wait_seconds(address) == 0


def test_a_burst_and_then_one_every_two_seconds() -> None:
    clock = _Clock()
    limit = Rate(clock)
    _empty(limit)
    assert limit.wait_seconds(HERE) == 2
    clock.now += 1
    assert limit.wait_seconds(HERE) == 1
    clock.now += 1
    assert [limit.wait_seconds(HERE) for _ in range(2)] == [0, 2]
    clock.now += 60
    assert [limit.wait_seconds(HERE) == 0 for _ in range(A_MINUTE + 1)] == [*A_MINUTE * [True], False]


@given(st.lists(st.floats(0, 100), max_size=300))
def test_whoever_waits_as_told_is_let_in_and_no_more_pass_than_the_rate(pauses: list[float]) -> None:
    clock = _Clock()
    limit = Rate(clock)
    began = clock.now
    for passed, pause in enumerate(pauses, 1):
        clock.now += pause
        wait = limit.wait_seconds(HERE)
        if wait:
            clock.now += wait
            assert limit.wait_seconds(HERE) == 0
        assert passed <= BURST + (clock.now - began) * A_MINUTE / 60 + 0.001


def test_a_clock_that_goes_back_gives_nothing_and_takes_nothing() -> None:
    clock = _Clock()
    limit = Rate(clock)
    _empty(limit)
    clock.now -= 1_000
    assert limit.wait_seconds(HERE) == 2


def test_a_network_has_one_bucket_and_another_its_own() -> None:
    limit = Rate(_Clock())
    _empty(limit)
    assert limit.wait_seconds(ip_address("198.51.100.250").packed) > 0
    assert limit.wait_seconds(ip_address("198.51.101.7").packed) == 0
    far = ip_address("2001:db8:1:2::7").packed
    _empty(limit, far)
    assert limit.wait_seconds(ip_address("2001:db8:1:ffff::1").packed) > 0
    assert limit.wait_seconds(ip_address("2001:db8:2::7").packed) == 0
    _empty(limit, b"")
    assert limit.wait_seconds(b"") > 0


def test_names_are_other_ones_after_midnight_and_hold_no_address() -> None:
    clock = _Clock()
    limit = Rate(clock)
    _empty(limit)
    (before,) = limit._buckets
    clock.now = MIDNIGHT + 86_400
    assert limit.wait_seconds(HERE) == 0
    (after,) = limit._buckets
    assert before != after
    assert len(before) == 8
    assert Rate(clock).wait_seconds(HERE) == 0
    held = repr(vars(limit)).encode() + b"".join(limit._buckets)
    assert HERE not in held
    assert b"198.51.100.7" not in held


def test_the_bucket_used_longest_ago_goes_first() -> None:
    limit = Rate(_Clock())
    _empty(limit)
    for index in range(NETWORKS):
        limit.wait_seconds((IPv4Address("10.0.0.0") + 256 * index).packed)
        if index % 50_000 == 0:
            assert limit.wait_seconds(HERE) > 0
    assert len(limit._buckets) <= NETWORKS == rate.NETWORKS
    assert limit.wait_seconds(HERE) > 0
