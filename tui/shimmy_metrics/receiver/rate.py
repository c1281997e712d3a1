"""How many requests a network may make: a token bucket for each, in memory, and no address in it."""

import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from hashlib import blake2b
from math import ceil
from typing import Final

BURST: Final = 96
"""Requests at once: a fleet behind one address that stops in the evening, each member with a day's reports."""

A_MINUTE: Final = 30

NETWORKS: Final = 100_000
"""Buckets kept; the one used longest ago goes first."""

_DAY_SECONDS: Final = 86_400

_IPV4_BYTES: Final = 4


class Rate:
    """A bucket of `BURST` tokens for each /24 (IPv4) or /48 (IPv6), refilled by `A_MINUTE`; a request costs one.

    A bucket is known by a keyed hash of the network. The key is in memory alone and another one after midnight (UTC),
    so that not even a copy of the memory tells who was here yesterday. `now` returns seconds since 1970.
    """

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._today = range(0)
        """The seconds since 1970 for which the key holds."""
        self._keyed = blake2b()
        self._buckets: OrderedDict[bytes, tuple[float, float]] = OrderedDict()

    def wait_seconds(self, address: bytes) -> int:
        """Take a token and return 0; or take none, and return the seconds (at least 1) until there is one.

        An address has its 4 or 16 bytes. Requests without one (a Unix socket), for which it is empty, share one bucket.
        """
        now = self._now()
        if int(now) not in self._today:
            self._redraw(int(now // _DAY_SECONDS))
        name = self._hash(address)
        tokens, at = self._buckets.pop(name, (float(BURST), now))
        if now > at:
            tokens = min(BURST, tokens + (now - at) * A_MINUTE / 60)
        refused = tokens < 1
        self._buckets[name] = (tokens if refused else tokens - 1, now)
        if len(self._buckets) > NETWORKS:
            self._buckets.popitem(last=False)
        return ceil((1 - tokens) * 60 / A_MINUTE) if refused else 0

    def _redraw(self, day: int) -> None:
        self._today = range(day * _DAY_SECONDS, (day + 1) * _DAY_SECONDS)
        self._keyed = blake2b(key=secrets.token_bytes(32), digest_size=8)
        self._buckets.clear()

    def _hash(self, address: bytes) -> bytes:
        name = self._keyed.copy()
        name.update(address[:3] if len(address) == _IPV4_BYTES else address[:6])
        return name.digest()
