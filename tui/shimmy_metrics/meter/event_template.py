"""The form that a stream's events share: byte for byte the same around one piece of text.

Parsing an event costs twice as much as comparing it, and five times as much where many are compared at once. A template
is verified by parsing it: with the slot filled the event tells one piece, with the slot empty one or none. Text between
two quotes that holds neither a quote nor a backslash can only be a string, so any text in the slot tells the same.
"""

from collections.abc import Callable
from typing import Final, Self

from shimmy_metrics.meter.lines import BLOCK_BYTES
from shimmy_metrics.meter.usage import Usage

_SLOTS: Final = tuple(
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


class EventTemplate:
    """`before` and `after` surround the text in each event; `empties`: an event without text is a piece as well."""

    __slots__ = ("_after", "_before", "_empties")

    def __init__(self, before: bytes, after: bytes, *, empties: bool = False) -> None:
        self._before = before
        self._after = after
        self._empties = empties

    @classmethod
    def of(cls, block: bytes, read_event: Callable[[bytes, Usage], None]) -> Self | None:
        """Return the template of an event that has a piece, or None. `read_event` reads an event into a usage."""
        for slot in _SLOTS:
            begin = block.find(slot) + len(slot)
            end = block.find(b'"', begin)
            if begin < len(slot) or end <= begin or _needs_parsing(block[begin:end]):
                continue
            before, after = block[:begin], block[end:]
            empty, filled = Usage(), Usage()
            read_event(before + after, empty)
            read_event(before + _PROBE + after, filled)
            if _yields(filled, 1) and _yields(empty, empty.pieces):
                return cls(before, after, empties=empty.pieces == 1)
        return None

    def take(self, block: bytes, usage: Usage) -> bool:
        """Count an event of this form; return False for one of another form."""
        begin, end = len(self._before), len(block) - len(self._after)
        if begin > end or not block.startswith(self._before) or not block.endswith(self._after):
            return False
        text = block[begin:end]
        if _needs_parsing(text) or not (text or self._empties):
            return False
        usage.content = True
        usage.pieces += 1
        if not text.isascii():
            usage.uneven = True
        return True

    def take_all(self, whole: bytes, gap: bytes, usage: Usage) -> bool:
        """Count events, each with its gap, if all are of this form; return whether they are."""
        after = self._after + gap
        begin, end = len(self._before), len(whole) - len(after)
        if begin > end or not whole.startswith(self._before) or not whole.endswith(after):
            return False
        texts = whole[begin:end].split(after + self._before)
        if len(whole) > BLOCK_BYTES and len(self._before) + max(map(len, texts)) + len(self._after) > BLOCK_BYTES:
            return False  # one of them is read by its outline
        text = b"".join(texts)
        if _needs_parsing(text) or not (self._empties or b"" not in texts):
            return False
        usage.content = True
        usage.pieces += len(texts)
        if not text.isascii():
            usage.uneven = True
        return True


def _needs_parsing(text: bytes) -> bool:
    return b'"' in text or b"\\" in text or b"\n" in text


def _yields(usage: Usage, pieces: int) -> bool:
    return usage.pieces == pieces <= 1 and usage.reported is None and not usage.failed
