"""For whom a request comes: the peer, and a proxy's word only where the operator trusts that proxy."""

from collections.abc import Sequence
from typing import Final

import pytest

from shimmy_metrics.receiver.rate import BURST, Rate
from support.receiving import Receiving, request

HERE: Final = "127.0.0.1"


def _receiver(trusted_proxy: str) -> Receiving:
    """Return a receiver whose clock stands still: however long its requests take, no bucket fills again."""
    return Receiving(trusted_proxy=trusted_proxy, rate=Rate(lambda: 1_800_000_000.0))


def _passed(receiver: Receiving, forwarded: Sequence[str]) -> int:
    """Ask once for each header; return how many were let in."""
    asked = [receiver.ask("GET", "/", headers=[("x-forwarded-for", each)]).status for each in forwarded]
    assert {*asked} <= {404, 429}
    return asked.count(404)


OTHERS: Final = [f"198.51.{number}.7" for number in range(BURST + 10)]


@pytest.mark.parametrize("trusted", ["", "192.0.2.1", "unix", "::1"])
def test_whoever_is_not_trusted_speaks_for_himself_alone(trusted: str) -> None:
    with _receiver(trusted) as receiver:
        assert _passed(receiver, OTHERS) == BURST


@pytest.mark.parametrize("trusted", [HERE, f"::ffff:{HERE}"])
def test_a_trusted_proxy_says_for_whom_it_asks(trusted: str) -> None:
    with _receiver(trusted) as receiver:
        assert _passed(receiver, OTHERS) == len(OTHERS)
        assert _passed(receiver, ["198.51.100.1"] * (BURST + 5)) == BURST - 1  # one of its network asked before


def test_of_what_a_proxy_hands_on_only_its_own_word_counts() -> None:
    with _receiver(HERE) as receiver:
        assert _passed(receiver, [f"{each}, 203.0.113.5" for each in OTHERS]) == BURST


def test_what_a_sender_puts_behind_its_body_is_no_word_of_the_proxy() -> None:
    with _receiver(HERE) as receiver:
        head = request("POST", "/", [("transfer-encoding", "chunked"), ("x-forwarded-for", "203.0.113.5")])
        behind = (f"0\r\nX-Forwarded-For: {each}\r\nA: b\r\n\r\n".encode() for each in OTHERS)
        answered = [receiver.send(head + each).status for each in behind]
    assert answered.count(404) == BURST


@pytest.mark.parametrize("unusable", ["", "unknown", "1.2.3", "a.b.c.d, ,", "[2001:db8::1]:80"])
def test_where_a_proxy_names_nobody_its_own_address_counts(unusable: str) -> None:
    with _receiver(HERE) as receiver:
        assert _passed(receiver, [unusable] * (BURST + 5)) == BURST
        assert receiver.ask("GET", "/").status == 429


def test_networks_of_the_new_kind_are_told_apart_too() -> None:
    with _receiver(HERE) as receiver:
        assert _passed(receiver, [f"2001:db8:{number:x}::1" for number in range(BURST + 5)]) == BURST + 5
        assert _passed(receiver, [f"2001:db8:ffff:{number:x}::1" for number in range(BURST + 5)]) == BURST
