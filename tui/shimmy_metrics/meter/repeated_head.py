"""Recognise a head that a connection repeats: clients and servers send theirs again, but for the body's length.

What came last is known by its length and by Python's hash of its bytes, which is keyed anew in each process (unless
`PYTHONHASHSEED` is set); the bytes themselves, an `Authorization` among them, are not kept.
"""

import re
from typing import Final, Generic, Self, TypeVar

from shimmy_metrics.limits import HEAD_BYTES

_DIGITS: Final = 18
"""A longer Content-Length is not read (`head_fields`)."""

_LENGTH: Final = re.compile(rb"\ncontent-length:[ \t]*([0-9]{1,%d})\r" % _DIGITS)

Kept = TypeVar("Kept")


class RepeatedHead(Generic[Kept]):
    """The parts of a head before and after the digits of its Content-Length; without one, all is before it.

    `kept` is what was kept of it. `length` is the body's length, that of the head which was recognised last.
    """

    __slots__ = ("_after", "_after_bytes", "_before", "_before_bytes", "kept", "length")

    def __init__(self, before: bytes, after: bytes, length: int | None, kept: Kept) -> None:
        self._before = hash(before)
        self._before_bytes = len(before)
        self._after = hash(after)
        self._after_bytes = len(after)
        self.length = length
        self.kept = kept

    @classmethod
    def of(cls, head: bytes, lowered: bytes, told: bytes | None, length: int | None, kept: Kept) -> Self | None:
        """Return the parts of a whole head; None where another length in it could tell something else.

        `told` is its Content-Length as it was read, `length` what the head as a whole says of its body.
        """
        if len(head) + _DIGITS > HEAD_BYTES:
            return None
        if told is None:
            return cls(head, b"", length, kept)
        found = _LENGTH.search(lowered)
        if found is None or found[1] != told or int(told) != length:
            return None
        return cls(head[: found.start(1)], head[found.end(1) :], length, kept)

    def end_in(self, data: bytes, at: int) -> int:
        """Return where this head ends in `data` if it begins `at` there, and set `length`; otherwise 0."""
        middle = at + self._before_bytes
        if hash(data[at:middle]) != self._before:
            return 0
        if not self._after_bytes:
            return middle
        end = data.find(b"\r", middle, middle + _DIGITS + 1)
        stop = end + self._after_bytes
        if end < 0 or hash(data[end:stop]) != self._after or not (digits := data[middle:end]).isdigit():
            return 0
        self.length = int(digits)
        return stop
