"""The form that a stream's events share: byte for byte the same around one piece of text.

Reading an event costs twice what comparing it costs, and five times where many are compared at once. A mould is
proven, not guessed: with its hole empty the event tells nothing, with a word in the hole it tells one piece. What is
between two quotes, without a quote or a backslash, can only be a string, so any text in the hole tells the same.
"""

from collections.abc import Callable
from typing import Final, Self

from shimmy_metrics.meter.tally import Tally

_HOLES: Final = tuple(
    b'"%s":%s"' % (name, space)
    for name in (b"content", b"text", b"reasoning_content", b"response", b"thinking", b"partial_json", b"arguments")
    for space in (b"", b" ")
)
_PROBE: Final = b"?"


class Mould:
    """`before` and `after` are what stands around the text in each event."""

    __slots__ = ("_after", "_before")

    def __init__(self, before: bytes, after: bytes) -> None:
        self._before = before
        self._after = after

    @classmethod
    def of(cls, block: bytes, tell: Callable[[bytes, Tally], None]) -> Self | None:
        """Return the mould of an event that told a piece; None where it has none. `tell` reads an event."""
        for hole in _HOLES:
            begin = block.find(hole) + len(hole)
            end = block.find(b'"', begin)
            if begin < len(hole) or end <= begin or _odd(block[begin:end]):
                continue
            before, after = block[:begin], block[end:]
            empty, filled = Tally(), Tally()
            tell(before + after, empty)
            tell(before + _PROBE + after, filled)
            if _tells(empty, 0) and _tells(filled, 1):
                return cls(before, after)
        return None

    def fits(self, block: bytes) -> bool:
        """Whether an event is of this form, with text in its hole."""
        begin, end = len(self._before), len(block) - len(self._after)
        if begin >= end or not block.startswith(self._before) or not block.endswith(self._after):
            return False
        return not _odd(block[begin:end])

    def count(self, whole: bytes, gap: bytes) -> int:
        """Return how many events these are, each with its gap, if all are of this form; else 0."""
        after = self._after + gap
        if not whole.startswith(self._before) or not whole.endswith(after):
            return 0
        texts = whole[len(self._before) : len(whole) - len(after)].split(after + self._before)
        return 0 if b"" in texts or _odd(b"".join(texts)) else len(texts)


def _odd(text: bytes) -> bool:
    return b'"' in text or b"\\" in text or b"\n" in text


def _tells(tally: Tally, pieces: int) -> bool:
    return tally.pieces == pieces and tally.reported is None and not tally.failed
