"""The outline of JSON that is too long to keep: in bounded memory, and the same for any cut into reads.

Names, numbers, short strings and the structure are kept; an ellipsis stands for a long string, an array ends after a
few elements, and deeply nested containers are emptied. So usage figures are read from JSON of any length, and its text
is not kept.
"""

import re
from typing import Final

_STRING_BYTES: Final = 1_024
"""A longer string is content; names of models are shorter."""

_ELEMENTS: Final = 16
"""How many elements of an array are kept: there are fewer choices and outputs, and more numbers in an embedding."""

_ELLIPSIS: Final = "\N{HORIZONTAL ELLIPSIS}".encode()
"""Stands for a long string: not ASCII, as nobody knows whether that was, and as so much text is more than one token."""

DEPTH: Final = 12
"""OpenAI's figures are four levels deep, a tool's arguments eight."""

_TEXT: Final = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)
"""The rest of a string, up to its closing quote or to a backslash whose partner is in the next piece."""

_KEPT: Final = re.compile(rb'[^"\[\]{},]*+')


def members(elements: int) -> re.Pattern[bytes]:
    """Return the pattern of members that are kept as they are: no escapes, and no container in a container.

    An array among them has at most so many elements.
    """
    string = rb'"[^"\\]*+"'
    element = rb'(?:[^"\[\]{},\\]++|%s)++' % string
    array = rb"\[(?:%s(?:,%s){0,%d}+)?+\]" % (element, element, elements - 1)
    flat = rb'[^"\[\]{}\\]++|%s' % string
    return re.compile(rb"(?:%s|\{(?:%s)*+\}|%s)++" % (flat, flat, array))


_MEMBERS: Final = members(_ELEMENTS)

_FLAT: Final = rb'[^"\[\]{}]++|"(?:[^"\\]++|\\.)*+"'
_NESTED: Final = rb"%s|\{(?:%s)*+\}|\[(?:%s)*+\]" % (_FLAT, _FLAT, _FLAT)
_DROPPED: Final = re.compile(rb"(?:%s|\{(?:%s)*+\}|\[(?:%s)*+\])*+" % (_FLAT, _NESTED, _NESTED), re.DOTALL)
"""What does not change the structure. Elements are counted where it is kept; where it is dropped, whole strings and
whole containers, nested ones included, are skipped at once."""

_STRING: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_OPENED: Final = re.compile(rb"(?:%s|[\[{])*+" % _FLAT, re.DOTALL)
"""Containers opened inside one another."""

_CLOSED: Final = re.compile(rb"[^\[{\"]++")
"""Containers closed one after another."""

_BATCH_BYTES: Final = 1_024
"""Small pieces are gathered up to this size: starting a search costs more than a byte does."""

_NESTED_MAX: Final = 1_024
"""orjson parses nothing that is nested more deeply."""

_SPACE: Final = b" \t"
_QUOTE, _COMMA, _BACKSLASH, _ARRAY = b'",\\['
_OPENING: Final = b"[{"
_ANY: Final = 1 << 62
"""An object may have as many members as there is room for, and an array at the top as many answers."""


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
        if len(piece) < _BATCH_BYTES or self._pending:
            self._pending += piece
            if len(self._pending) < _BATCH_BYTES:
                return
            piece, self._pending = bytes(self._pending), bytearray()
        self._read(piece)

    def text(self) -> bytes:
        """Return the outline of the JSON so far; empty where it is longer than its limit."""
        self._read(bytes(self._pending))
        self._pending.clear()
        return bytes(self._kept)

    def _read(self, piece: bytes) -> None:
        """Read on in what came."""
        at = 0
        while at < len(piece) and not self._lost:
            at = self._text(piece, at) if self._in_string else self._structure(piece, at)
            # Not within a string: a long one leaves next to nothing.
            if (len(self._kept) > self._limit and not self._in_string) or self._dropped > _NESTED_MAX:
                self._lost = True
                self._kept.clear()

    def _text(self, piece: bytes, at: int) -> int:
        """Continue inside a string; return the position after what was read."""
        begin = at + self._escaped
        end = piece.find(b'"', begin)
        if end < 0:
            end = len(piece)
        if end > begin and piece[end - 1] == _BACKSLASH:  # is it one that escapes?
            found = _TEXT.match(piece, begin)
            assert found is not None  # it matches the empty text as well
            end = found.end()
        closed = end < len(piece) and piece[end] == _QUOTE
        self._escaped = end < len(piece) and not closed  # a backslash that ends the piece
        end += self._escaped
        if not (self._dropped or self._long):
            self._long = len(self._kept) - self._begin + end - at > _STRING_BYTES
            if self._long:
                del self._kept[self._begin :]
            self._kept += _ELLIPSIS if self._long else piece[at:end]
        if not closed:
            return end
        self._in_string = self._long = False
        if not self._dropped:
            self._kept.append(_QUOTE)
        return end + 1

    def _structure(self, piece: bytes, at: int) -> int:
        """Continue outside of strings; return the position after what was read."""
        if self._dropped:
            return self._dropped_structure(piece, at)
        room = self._room
        if len(room) < self._depth and (not room or room[-1] > _ELEMENTS):  # commas need not be counted here
            found = _MEMBERS.match(piece, at, at + _STRING_BYTES)  # so that none of its strings is a long one
            if found is not None:
                parts = found[0].split(b'"')
                parts[::2] = [part.translate(None, _SPACE) for part in parts[::2]]  # the others are strings
                self._kept += b'"'.join(parts)
                return found.end()
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
        """Handle a structural character where the structure is kept; return whether the character is kept too."""
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
            room.append(_ELEMENTS if sign == _ARRAY and room else _ANY)
            self._dropped = len(room) > self._depth
        elif room:
            room.pop()
        return True

    def _dropped_structure(self, piece: bytes, at: int) -> int:
        """Continue in what is dropped; return the position after what was read."""
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
        elif self._dropped > 1:
            found = _CLOSED.match(piece, end, end + self._dropped - 1)  # so many cannot end what is dropped
            assert found is not None
            self._dropped -= found[0].count(b"]") + found[0].count(b"}")
            return found.end()
        else:
            self._dropped = 0
            self._room.pop()
            self._kept.append(sign)
        return end + 1


def outline(data: bytes, limit: int, depth: int) -> bytes:
    """Return the outline of complete JSON; empty where it is longer than `limit`."""
    whole = Outline(limit, depth)
    whole.feed(data)
    return whole.text()
