"""The form that a stream's events share: byte for byte the same around one piece of text.

Reading an event costs twice what comparing it costs, and five times where many are compared at once. A mould is
proven, not guessed: with a word in the hole the event tells one piece, and with its hole empty one or none. What is
between two quotes, without a quote or a backslash, can only be a string, so any text in the hole tells the same.
"""

from collections.abc import Callable
from typing import Final, Self

from shimmy_metrics.meter.tally import Tally

_HOLES: Final = tuple(
    b'"%s":%s"' % (name, space)
    for name in (
        b"content",
        b"text",
        b"reasoning_content",
        b"response",
        b"thinking",
        b"partial_json",
        b"arguments",
        b"delta",
    )
    for space in (b"", b" ")
)
_PROBE: Final = b"?"


class Mould:
    """`before` and `after` are what stands around the text in each event; `empties`: no text is a piece as well."""

    __slots__ = ("_after", "_before", "_empties")

    def __init__(self, before: bytes, after: bytes, *, empties: bool = False) -> None:
        self._before = before
        self._after = after
        self._empties = empties

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
            if _tells(filled, 1) and _tells(empty, empty.pieces):
                return cls(before, after, empties=empty.pieces == 1)
        return None

    def take(self, block: bytes, tally: Tally) -> bool:
        """Count an event of this form, with text in its hole; False for one of another form."""
        begin, end = len(self._before), len(block) - len(self._after)
        if begin > end or not block.startswith(self._before) or not block.endswith(self._after):
            return False
        text = block[begin:end]
        if _odd(text) or not (text or self._empties):
            return False
        tally.content = True
        tally.pieces += 1
        if not text.isascii():
            tally.uneven = True
        return True

    def take_all(self, whole: bytes, gap: bytes, tally: Tally) -> bool:
        """Count events, each with its gap, if all are of this form; else none."""
        after = self._after + gap
        begin, end = len(self._before), len(whole) - len(after)
        if begin > end or not whole.startswith(self._before) or not whole.endswith(after):
            return False
        texts = whole[begin:end].split(after + self._before)
        text = b"".join(texts)
        if _odd(text) or not (self._empties or b"" not in texts):
            return False
        tally.content = True
        tally.pieces += len(texts)
        if not text.isascii():
            tally.uneven = True
        return True


def _odd(text: bytes) -> bool:
    return b'"' in text or b"\\" in text or b"\n" in text


def _tells(tally: Tally, pieces: int) -> bool:
    return tally.pieces == pieces <= 1 and tally.reported is None and not tally.failed
