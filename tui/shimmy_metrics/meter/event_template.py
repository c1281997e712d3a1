"""The form that a stream's events share: byte for byte the same around one piece of text.

Parsing an event costs twice as much as comparing it, and five times as much where many are compared at once. A template
is verified by parsing it: with the slot filled the event tells one piece, with the slot empty one or none. What stands
between two quotes is a string where it is UTF-8 without quotes, backslashes and control characters, so any such text in
the slot tells the same.
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


_NO_TEXT: Final = bytes(range(32)) + b'"\\'
"""What cannot stand in a JSON string as it is."""


class EventTemplate:
    """`before` and `after` surround the text in each event, and `gap` follows each.

    `empties`: an event without text is a piece as well.
    """

    __slots__ = ("_after", "_before", "_between", "_empties", "_end")

    def __init__(self, before: bytes, after: bytes, gap: bytes, *, empties: bool = False) -> None:
        self._before = before
        self._after = after
        self._end = after + gap
        self._between = after + gap + before
        self._empties = empties

    @classmethod
    def of(cls, block: bytes, gap: bytes, read_event: Callable[[bytes, Usage], None]) -> Self | None:
        """Return the template of an event that has a piece, or None. `read_event` reads an event into a usage."""
        for slot in _SLOTS:
            begin = block.find(slot) + len(slot)
            end = block.find(b'"', begin)
            if begin < len(slot) or end <= begin or not _is_string(block[begin:end]):
                continue
            before, after = block[:begin], block[end:]
            empty, filled = Usage(), Usage()
            read_event(before + after, empty)
            read_event(before + _PROBE + after, filled)
            if _yields(filled, 1) and _yields(empty, empty.pieces):
                return cls(before, after, gap, empties=empty.pieces == 1)
        return None

    def take(self, block: bytes, usage: Usage) -> bool:
        """Count an event of this form; return False for one of another form."""
        begin, end = len(self._before), len(block) - len(self._after)
        if begin > end or not block.startswith(self._before) or not block.endswith(self._after):
            return False
        text = block[begin:end]
        return self._count(text, 1, usage) if text or self._empties else False

    def take_all(self, whole: bytes, usage: Usage) -> bool:
        """Count events, each with its gap, if all are of this form; return whether they are."""
        begin, end = len(self._before), len(whole) - len(self._end)
        if begin > end or not whole.startswith(self._before) or not whole.endswith(self._end):
            return False
        texts = whole[begin:end].split(self._between)
        if not self._empties and b"" in texts:
            return False
        if len(whole) > BLOCK_BYTES and len(self._between) + max(map(len, texts)) > BLOCK_BYTES:
            return False  # one of them is read by its outline
        # Joined by what no character of several bytes goes over.
        return self._count(b" ".join(texts), len(texts), usage)

    def _count(self, text: bytes, pieces: int, usage: Usage) -> bool:
        if not text.isascii():
            if not _is_string(text):
                return False
            usage.uneven = True
        elif len(text.translate(None, _NO_TEXT)) != len(text):
            return False
        usage.content = True
        usage.pieces += pieces
        return True


def _is_string(text: bytes) -> bool:
    """Whether bytes between two quotes are a JSON string."""
    if len(text.translate(None, _NO_TEXT)) != len(text):
        return False
    if text.isascii():
        return True
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def _yields(usage: Usage, pieces: int) -> bool:
    return usage.pieces == pieces <= 1 and usage.reported is None and not usage.failed
