"""Tells which keys are certainly not among millions, in 32 MB. Pure."""

from collections.abc import Iterable, Sequence
from struct import iter_unpack
from typing import Final

_BYTES: Final = 2**25
"""With ten million keys one other key in 200 is taken for one of them."""


class KeyFilter:
    """A Bloom filter of keyed hashes of 8 bytes: each half of a key names one of 2^28 bits."""

    def __init__(self) -> None:
        self._bits = bytearray(_BYTES)

    def add(self, keys: Iterable[bytes]) -> None:
        """Let these be among them. Each has 8 bytes."""
        bits = self._bits
        for one, other in iter_unpack(">II", b"".join(keys)):
            bits[one >> 7] |= 1 << (one >> 4 & 7)
            bits[other >> 7] |= 1 << (other >> 4 & 7)

    def possible(self, keys: Sequence[bytes]) -> list[bytes]:
        """Return those of these keys that may be among them: all that are, and few others."""
        bits = self._bits
        halves = iter_unpack(">II", b"".join(keys))
        return [
            key
            for key, (one, other) in zip(keys, halves, strict=True)
            if bits[one >> 7] >> (one >> 4 & 7) & bits[other >> 7] >> (other >> 4 & 7) & 1
        ]
