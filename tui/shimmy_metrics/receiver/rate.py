"""How many requests a network may make: a token bucket for each, in memory, and no address in it."""

import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from hashlib import blake2b
from ipaddress import IPv4Address, IPv6Address
from math import ceil
from typing import Final

BURST: Final = 96
"""Requests at once: a fleet behind one address that stops in the evening, each member with a day's reports."""

A_MINUTE: Final = 30

NETWORKS: Final = 100_000
"""Buckets kept; the one used longest ago goes first."""

_DAY_SECONDS: Final = 86_400

Address = IPv4Address | IPv6Address | None


class Rate:
    """A bucket of `BURST` tokens for each /24 (IPv4) or /48 (IPv6), refilled by `A_MINUTE`; a request costs one.

    A bucket is known by a keyed hash of the network. The key is in memory alone and another one after midnight (UTC),
    so that not even a copy of the memory tells who was here yesterday. `now` returns seconds since 1970.
    """

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._day = -1
        self._keyed = blake2b()
        self._buckets: OrderedDict[bytes, tuple[float, float]] = OrderedDict()

    def wait_seconds(self, address: Address) -> int:
        """Take a token and return 0; or take none, and return the seconds (at least 1) until there is one.

        Requests without an address (a Unix socket) share one bucket.
        """
        now = self._now()
        self._redraw(int(now // _DAY_SECONDS))
        name = self._hash(address)
        tokens, at = self._buckets.pop(name, (float(BURST), now))
        tokens = min(BURST, tokens + max(0.0, now - at) * A_MINUTE / 60)
        refused = tokens < 1
        self._buckets[name] = (tokens if refused else tokens - 1, now)
        if len(self._buckets) > NETWORKS:
            self._buckets.popitem(last=False)
        return ceil((1 - tokens) * 60 / A_MINUTE) if refused else 0

    def _redraw(self, day: int) -> None:
        if day != self._day:
            self._day, self._keyed = day, blake2b(key=secrets.token_bytes(32), digest_size=8)
            self._buckets.clear()

    def _hash(self, address: Address) -> bytes:
        network = b"" if address is None else address.packed[:3] if address.version == 4 else address.packed[:6]
        name = self._keyed.copy()
        name.update(network)
        return name.digest()
