"""Tells which keys are certainly not among millions, in 32 MB. Pure."""

from collections.abc import Iterable, Sequence
from struct import iter_unpack
from typing import Final

_BYTES: Final = 2**25
"""With ten million keys one other key in 3,000 is taken for one of them."""

_MASK: Final = 2**32 - 1


class KeyFilter:
    """A Bloom filter of keyed hashes of 8 bytes: the halves of a key, their sum and their difference name 4 bits."""

    def __init__(self) -> None:
        self._bits = bytearray(_BYTES)

    def add(self, keys: Iterable[bytes]) -> None:
        """Let these be among them. Each has 8 bytes."""
        bits = self._bits
        for one, other in iter_unpack(">II", b"".join(keys)):
            for number in (one, other, one + other & _MASK, one - other & _MASK):
                bits[number >> 7] |= 1 << (number >> 4 & 7)

    def possible(self, keys: Sequence[bytes]) -> list[bytes]:
        """Return those of these keys that may be among them: all that are, and few others."""
        bits = self._bits
        halves = iter_unpack(">II", b"".join(keys))
        # Of most keys the first bit tells already.
        first = [
            (*each, key) for key, each in zip(keys, halves, strict=True) if bits[each[0] >> 7] >> (each[0] >> 4 & 7) & 1
        ]
        return [
            key
            for one, other, key in first
            if all(bits[each >> 7] >> (each >> 4 & 7) & 1 for each in (other, one + other & _MASK, one - other & _MASK))
        ]
