"""Split the bytes of a terminal's input into keys, escape sequences and pastes. Pure: the caller has the clock.

A terminal's answers hold letters. One that arrives in pieces must not become the keys that its pieces spell, so
nothing of a sequence is passed on before it is whole. Bytes that are not UTF-8 are dropped. Sequences that begin with
a C1 control, raw or in UTF-8, are read like those that begin with ESC.
"""

import re
from collections.abc import Iterator
from enum import Enum, auto
from typing import Final, NamedTuple

ESCAPE_SECONDS: Final = 0.1
"""A lone ESC is the Escape key once nothing has followed it for this long."""

TORN_SECONDS: Final = 1.0
"""How long the rest of a sequence or a character is waited for, from its last byte; then what there is is dropped."""

TORN_PASTE_SECONDS: Final = 5.0
"""The same for a paste. It is longer: the rest of a paste, taken as keys, could answer a question."""

SEQUENCE_BYTES: Final = 4_096
"""The rest of a longer sequence is dropped; no known one is nearly as long."""

PASTE_BYTES: Final = 1_048_576
"""The rest of a longer paste is dropped."""


class InputKind(Enum):
    """What an `InputPiece` is."""

    CHARACTER = auto()
    ESCAPE = auto()
    """The Escape key."""
    SEQUENCE = auto()
    """CSI, SS3, or ESC and a character; `text` always begins with ESC."""
    STRING = auto()
    """OSC, DCS, SOS, PM or APC; `text` begins with ESC and lacks the terminator."""
    PASTE = auto()
    """`text` is what was pasted, without control characters other than tabs and line ends."""


class InputPiece(NamedTuple):
    """One whole piece of input."""

    kind: InputKind
    text: str


class _Grammar(NamedTuple):
    """A kind of sequence: what a whole one and the beginning of one look like.

    ESC alone breaks a sequence off. Any other byte that does not belong is taken as part of it, as terminals do.
    """

    kind: InputKind
    whole: re.Pattern[bytes]
    begun: re.Pattern[bytes]


_ESC: Final = b"\x1b"
_CSI: Final = _Grammar(
    InputKind.SEQUENCE,
    re.compile(
        rb"\x1b\[(?:"
        rb"\[[^\x1b]"  # a function key of the Linux console
        rb"|M[^\x1b]{3}"  # a click in X10's form, with raw coordinates
        rb"|\d+\$"  # a shifted key of rxvt
        rb"|(?![M\[])[^@-~\x1b]*[@-~])"
    ),
    re.compile(rb"\x1b\[(?:\[|M[^\x1b]{0,2}|[^@-~\x1b]*)"),
)
_SS3: Final = _Grammar(InputKind.SEQUENCE, re.compile(rb"\x1bO[^@-~\x1b]*[@-~]"), re.compile(rb"\x1bO[^@-~\x1b]*"))
_STRING: Final = _Grammar(
    InputKind.STRING,
    re.compile(rb"\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)"),
    re.compile(rb"\x1b[\]PX^_][^\x07\x1b]*(?:\x1b\Z)?"),
)
_C1_STRING: Final = _Grammar(
    InputKind.STRING,
    re.compile(rb"\x1b[\]PX^_][^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)"),
    re.compile(rb"\x1b[\]PX^_][^\x07\x1b\x9c]*(?:\x1b\Z)?"),
)
_GRAMMARS: Final = {ord("["): _CSI, ord("O"): _SS3, **dict.fromkeys(b"]PX^_", _STRING)}
_C1_GRAMMARS: Final = {
    each + 0x40: (bytes([_ESC[0], each]), _C1_STRING if grammar is _STRING else grammar)
    for each, grammar in _GRAMMARS.items()
}
"""For each introducer's 8-bit form, the form that begins with ESC and the grammar."""

_C1_IN_UTF8: Final = b"\xc2"
_OVERLONG: Final = b"0;0;0;0;"
"""Stands for what was dropped of a sequence, so that its rest does not look like another one."""

_PASTE_BEGINS: Final = "\x1b[200~"
_PASTE_ENDS: Final = b"\x1b[201~"
_ESCAPE_KEY: Final = InputPiece(InputKind.ESCAPE, "\x1b")
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


class InputDecoder:
    """Decodes input as it arrives. `escape_seconds` is how long a lone ESC waits to be the Escape key."""

    def __init__(self, escape_seconds: float = ESCAPE_SECONDS) -> None:
        self._escape_seconds = escape_seconds
        self._begun = b""
        """What is not whole yet."""
        self._pasted: bytearray | None = None
        self._last = float("-inf")
        """When the last byte arrived."""
        self._escaped = False
        """Whether the last byte was an ESC that became the Escape key; the rest of its sequence may still arrive."""
        self._late = False
        """Whether `_begun` has got its ESC back that way."""

    @property
    def deadline(self) -> float | None:
        """The time of the next `tick` that may change something; None if none does."""
        if self._pasted is not None:
            return self._last + TORN_PASTE_SECONDS
        if not self._begun and not self._escaped:
            return None
        return self._last + (self._escape_seconds if self._begun == _ESC else TORN_SECONDS)

    def feed(self, data: bytes, now: float) -> Iterator[InputPiece]:
        """Yield what is whole once `data` has arrived, read at `now` in seconds by a clock that never goes back.

        It may have waited to be read, so it is never late by itself: `tick` alone tells of silence.
        """
        if not data:
            return
        if self._escaped and data[0] in _GRAMMARS:
            data, self._late = _ESC + data, True
        self._escaped = False
        self._last = now
        data = self._begun + data
        self._begun = b""
        while data:
            length, found = self._in_paste(data) if self._pasted is not None else _decode(data)
            if not length:
                self._begun = data if len(data) <= SEQUENCE_BYTES else data[:2] + _OVERLONG + data[-1:]
                return
            data, self._late = data[length:], False
            if found is None:
                continue
            if found.text == _PASTE_BEGINS:
                self._pasted = bytearray()
            else:
                yield found

    def tick(self, now: float) -> Iterator[InputPiece]:
        """Yield what has become whole because nothing arrived until `now`, and drop what has not."""
        if self.deadline is None or now < self.deadline:
            return
        self._escaped = False
        begun, self._begun = self._begun, b""
        late, self._late = self._late, False
        if self._pasted is not None:
            yield self._paste()
        elif begun == _ESC:
            self._escaped = True
            yield _ESCAPE_KEY
        elif late and len(begun) == len(_ESC) + 1:
            yield InputPiece(InputKind.CHARACTER, begun[1:].decode())  # a key after all: nothing followed it

    def _in_paste(self, data: bytes) -> tuple[int, InputPiece | None]:
        """Take the paste's part of `data`; return its length, 0 if it may end in the paste's end, and a whole paste."""
        assert self._pasted is not None
        end = data.find(_PASTE_ENDS)
        text = data[:end] if end >= 0 else data[: len(data) - _begun_of(_PASTE_ENDS, data)]
        self._pasted += text[: PASTE_BYTES - len(self._pasted)]
        return (end + len(_PASTE_ENDS), self._paste()) if end >= 0 else (len(text), None)

    def _paste(self) -> InputPiece:
        text = bytes(self._pasted or b"").decode(errors="ignore")
        self._pasted = None
        return InputPiece(InputKind.PASTE, _CONTROLS.sub("", text))


def _decode(data: bytes) -> tuple[int, InputPiece | None]:
    """Return the length of the first piece, 0 if it is not whole, and the piece; None for one that is dropped."""
    if data.startswith(_ESC):
        return _decode_escape(data)
    introducer = _c1_introducer(data)
    if introducer:
        begin, grammar = _C1_GRAMMARS[introducer[-1]]
        length, found = _decode_sequence(grammar, begin + data[len(introducer) :])
        return length and length - len(begin) + len(introducer), found
    return _decode_character(data)


def _c1_introducer(data: bytes) -> bytes:
    introducer = data[:2] if data.startswith(_C1_IN_UTF8) else data[:1]
    return introducer if introducer and introducer[-1] in _C1_GRAMMARS else b""


def _decode_escape(data: bytes) -> tuple[int, InputPiece | None]:
    if len(data) == 1:
        return 0, None
    grammar = _GRAMMARS.get(data[1])
    if grammar is not None:
        return _decode_sequence(grammar, data)
    if data[1:].startswith(_ESC) or _c1_introducer(data[1:]):
        return 1, _ESCAPE_KEY
    length, found = _decode_character(data[1:])
    key = InputPiece(InputKind.SEQUENCE, f"\x1b{found.text}") if found else None
    return length and length + 1, key


def _decode_sequence(grammar: _Grammar, data: bytes) -> tuple[int, InputPiece | None]:
    whole = grammar.whole.match(data)
    if whole is not None:
        text = whole[0].removesuffix(b"\x07").removesuffix(b"\x1b\\").removesuffix(b"\x9c")
        return whole.end(), InputPiece(grammar.kind, text.decode("latin-1"))
    begun = grammar.begun.match(data)
    assert begun is not None
    return (0 if begun.end() == len(data) else begun.end()), None


def _decode_character(data: bytes) -> tuple[int, InputPiece | None]:
    size = next((size for least, size in ((0xF0, 4), (0xE0, 3), (0xC2, 2)) if data[0] >= least), 1)
    try:
        text = data[:size].decode()
    except UnicodeDecodeError as error:
        torn = error.reason == "unexpected end of data" and len(data) < size
        return (0 if torn else error.end), None
    return size, None if "\x80" <= text <= "\x9f" else InputPiece(InputKind.CHARACTER, text)


def _begun_of(wanted: bytes, data: bytes) -> int:
    """Return how many bytes at the end of `data` may be the beginning of `wanted`."""
    return next((size for size in range(len(wanted) - 1, 0, -1) if data.endswith(wanted[:size])), 0)
