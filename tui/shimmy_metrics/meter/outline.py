"""The outline of JSON that is too long to keep: in bounded memory, and the same for any cut into reads.

Names, numbers, short strings and the structure stay; a long string becomes `"x"`, an array ends after a few elements,
and what is nested too deeply is emptied. So the usage figures of any length of JSON are read, and its text is not kept.
"""

import re
from typing import Final

_STRING_BYTES: Final = 1_024
"""A longer string is content; names of models are shorter."""

_ELEMENTS: Final = 16
"""Of an array so many elements stay: choices and outputs are fewer, the numbers of an embedding are many."""

DEPTH: Final = 12
"""OpenAI's figures stand four deep, a tool's arguments eight."""

_TEXT: Final = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)
"""What is left of a string, up to its closing quote or to a backslash whose partner is in the next piece."""

_KEPT: Final = re.compile(rb'[^"\[\]{},]*+')
_FLAT: Final = rb'[^"\[\]{}]++|"(?:[^"\\]++|\\.)*+"'
_NESTED: Final = rb"%s|\{(?:%s)*+\}|\[(?:%s)*+\]" % (_FLAT, _FLAT, _FLAT)
_DROPPED: Final = re.compile(rb"(?:%s|\{(?:%s)*+\}|\[(?:%s)*+\])*+" % (_FLAT, _NESTED, _NESTED), re.DOTALL)
"""What changes nothing about the structure. Elements are counted where it is kept; where it is dropped, whole strings
and whole containers, with others in them, are passed over at once."""

_STRING: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_OPENED: Final = re.compile(rb"(?:%s|[\[{])*+" % _FLAT, re.DOTALL)
"""Containers that are opened one in the other."""

_BATCH_BYTES: Final = 4_096
"""Small pieces are gathered up to this, since beginning to look costs more than a byte does."""

_SPACE: Final = b" \t"
_QUOTE, _COMMA, _BACKSLASH, _ARRAY = b'",\\['
_OPENING: Final = b"[{"
_ANY: Final = 1 << 62
"""An object may have as many members as there is room for."""


class Outline:
    """Takes JSON in pieces of any size. `limit` bounds the outline's bytes, `depth` how deep its structure is kept."""

    __slots__ = (
        "_begin", "_depth", "_dropped", "_escaped", "_in_string", "_kept", "_limit", "_long", "_lost", "_pending",
        "_room",
    )  # fmt: skip

    def __init__(self, limit: int, depth: int) -> None:
        self._limit = limit
        self._depth = depth
        self._pending = bytearray()
        self._kept = bytearray()
        self._lost = False
        self._room: list[int] = []  # of each container that is open and kept: how many elements it may still have
        self._dropped = 0  # containers open in what is dropped, with the one whose rest it is; 0 where all is kept
        self._in_string = self._escaped = self._long = False
        self._begin = 0  # where the open string begins in what is kept

    def feed(self, piece: bytes) -> None:
        """Take the next piece."""
        if self._lost:
            return
        self._pending += piece
        if len(self._pending) >= _BATCH_BYTES:
            self._read()

    def text(self) -> bytes:
        """Return the outline of what came; nothing where it is longer than its limit."""
        self._read()
        return bytes(self._kept)

    def _read(self) -> None:
        """Read what was gathered."""
        piece, self._pending = bytes(self._pending), bytearray()
        at = 0
        while at < len(piece) and not self._lost:
            at = self._text(piece, at) if self._in_string else self._structure(piece, at)
            # Not within a string: a long one leaves next to nothing.
            if len(self._kept) > self._limit and not self._in_string:
                self._lost = True
                self._kept.clear()

    def _text(self, piece: bytes, at: int) -> int:
        """Read on in a string; return the place behind what was read."""
        found = _TEXT.match(piece, at + self._escaped)
        assert found is not None  # it matches the empty text as well
        end = found.end()
        closed = end < len(piece) and piece[end] == _QUOTE
        self._escaped = end < len(piece) and not closed  # a backslash that ends the piece
        end += self._escaped
        if not (self._dropped or self._long):
            self._long = len(self._kept) - self._begin + end - at > _STRING_BYTES
            if self._long:
                del self._kept[self._begin :]
            self._kept += b"x" if self._long else piece[at:end]
        if not closed:
            return end
        self._in_string = self._long = False
        if not self._dropped:
            self._kept.append(_QUOTE)
        return end + 1

    def _structure(self, piece: bytes, at: int) -> int:
        """Read on outside of strings; return the place behind what was read."""
        if self._dropped:
            return self._dropped_structure(piece, at)
        found = _KEPT.match(piece, at)
        assert found is not None  # it matches the empty text as well
        end = found.end()
        self._kept += piece[at:end].translate(None, _SPACE)
        if end == len(piece):
            return end
        sign = piece[end]
        if self._keeps(sign):
            self._kept.append(sign)
        return end + 1

    def _keeps(self, sign: int) -> bool:
        """Note a sign of the structure where it is kept; whether the sign itself is."""
        room = self._room
        if sign == _QUOTE:
            self._in_string = True
            self._begin = len(self._kept) + 1
        elif sign == _COMMA:
            if room:
                room[-1] -= 1
                self._dropped = not room[-1]
                return bool(room[-1])
        elif sign in _OPENING:
            room.append(_ELEMENTS if sign == _ARRAY else _ANY)
            self._dropped = len(room) > self._depth
        elif room:
            room.pop()
        return True

    def _dropped_structure(self, piece: bytes, at: int) -> int:
        """Read on in what is dropped; return the place behind what was read."""
        found = _DROPPED.match(piece, at)
        assert found is not None  # it matches the empty text as well
        end = found.end()
        if end == len(piece):
            return end
        sign = piece[end]
        if sign == _QUOTE:
            self._in_string = True
        elif sign in _OPENING:
            found = _OPENED.match(piece, end)
            assert found is not None
            opened = _STRING.sub(b"", found[0])
            self._dropped += opened.count(b"[") + opened.count(b"{")
            return found.end()
        else:
            self._dropped -= 1
            if not self._dropped:
                self._room.pop()
                self._kept.append(sign)
        return end + 1


def outline(data: bytes, limit: int, depth: int) -> bytes:
    """Return the outline of JSON that is here whole; nothing where it is longer than `limit`."""
    whole = Outline(limit, depth)
    whole.feed(data)
    return whole.text()
