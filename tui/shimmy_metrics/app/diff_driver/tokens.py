"""A frame as Textual writes it, cut into what it does: moves, attributes, text, and sequences by what they touch. Pure.

Only what is known to leave every cell, the cursor and the attributes alone counts as harmless. The rest is unknown, and
an unknown sequence may have done anything.
"""

import re
import unicodedata
from collections.abc import Iterator
from enum import Enum, auto
from functools import lru_cache
from typing import Final, NamedTuple

from rich.cells import cell_len

_TOKEN: Final = re.compile(
    r"(?P<move>\x1b\[(?P<row>\d*);(?P<column>\d*)H)"
    r"|(?P<text>[^\x00-\x1f\x7f-\x9f]+)"
    r"|(?P<attributes>\x1b\[(?P<parameters>[\d;:]*)m)"
    r"|(?P<line>\n)"
    r"|\x1b\[\?(?P<modes>[\d;]+)(?P<verb>[hl])"
    r"|(?P<query>\x1b\[(?:\?[\d;]*(?:\$p|u)|[<>=][\d;]*[mu]|[>=]?[\d;]*c|[56]n|\d* q|2[23](?:;\d)?t)|\x07)"
    r"|\x1b\](?P<command>\d+)(?:;(?P<value>[^\x07\x1b]*))?(?:\x07|\x1b\\)"
    r"|(?P<string>\x1b[PX^_][^\x1b]*\x1b\\|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\))"
    r"|(?P<sequence>\x1b\[[0-?]*[ -/]*[@-~]|\x1b[ -/]*[0-~]|.)",
    re.DOTALL,
)

_HARMLESS_MODES: Final = frozenset(
    # cursor keys, wrapping, blinking, showing the cursor; mouse, focus; pastes; colours' and sizes' reports
    [1, 7, 12, 25, 1000, 1002, 1003, 1004, 1005, 1006, 1015, 1016, 2004, 2026, 2031, 2048]
)

_HARMLESS_COMMANDS: Final = frozenset(
    # titles, folder, colours of the palette, pointer, clipboard, their resets, marks of shells, notifications
    [0, 1, 2, 4, 7, 9, *range(10, 20), 22, 52, 99, 104, *range(110, 120), 133, 777]
)

_LINK: Final = "8"
_REGIONAL_INDICATORS: Final = ("\U0001f1e6", "\U0001f1ff")


class TokenKind(Enum):
    """What a piece of a frame does."""

    MOVE = auto()
    """The cursor goes to `row` and `column`, both from 0."""
    ATTRIBUTES = auto()
    """`value` are the parameters of an SGR sequence."""
    TEXT = auto()
    LINE = auto()
    """The cursor goes to the next row's begin."""
    LINK = auto()
    """What follows leads to the address in `value`; empty: to none."""
    BEGIN = auto()
    """An update begins: the terminal may wait until it is whole."""
    END = auto()
    ALTERNATE = auto()
    """The terminal's second screen comes in front."""
    HARMLESS = auto()
    UNKNOWN = auto()


class Token(NamedTuple):
    """One piece: its bytes as they came, and what they mean."""

    kind: TokenKind
    raw: str
    value: str = ""
    row: int = 0
    column: int = 0


_MODES: Final = {
    "2026h": TokenKind.BEGIN,
    "2026l": TokenKind.END,
    "1049h": TokenKind.ALTERNATE,
}
_PLAIN: Final = {
    "text": TokenKind.TEXT,
    "line": TokenKind.LINE,
    "query": TokenKind.HARMLESS,
    "string": TokenKind.UNKNOWN,
    "sequence": TokenKind.UNKNOWN,
}


def tokenize(data: str) -> Iterator[Token]:
    """Yield the pieces of what is written, in order; their bytes joined are the data."""
    for match in _TOKEN.finditer(data):
        raw, name = match[0], match.lastgroup or ""
        if match["move"]:
            row, column = int(match["row"] or 1), int(match["column"] or 1)
            yield Token(TokenKind.MOVE, raw, row=max(row, 1) - 1, column=max(column, 1) - 1)
        elif match["attributes"]:
            yield Token(TokenKind.ATTRIBUTES, raw, match["parameters"])
        elif match["modes"]:
            yield Token(_mode(match["modes"], match["verb"]), raw)
        elif match["command"]:
            yield _command(raw, match["command"], match["value"] or "")
        else:
            yield Token(_PLAIN[name], raw)


def has_certain_width(text: str) -> bool:
    """Whether every character takes one cell in every terminal.

    Of wide characters, combining ones, flags and joined emoji terminals hold different opinions, and so do programs.
    """
    return text.isascii() or all(map(_single, text))


@lru_cache(8192)
def _single(character: str) -> bool:
    first, last = _REGIONAL_INDICATORS
    category = unicodedata.category(character)
    return (
        cell_len(character) == 1
        and category[0] != "M"
        and category not in {"Cf", "Cn"}
        and not first <= character <= last
    )


def _mode(modes: str, verb: str) -> TokenKind:
    known = _MODES.get(modes + verb)
    if known is not None:
        return known
    harmless = all(mode.isdigit() and int(mode) in _HARMLESS_MODES for mode in modes.split(";"))
    return TokenKind.HARMLESS if harmless else TokenKind.UNKNOWN


def _command(raw: str, command: str, value: str) -> Token:
    if command == _LINK:
        return Token(TokenKind.LINK, raw, value.partition(";")[2])
    return Token(TokenKind.HARMLESS if int(command) in _HARMLESS_COMMANDS else TokenKind.UNKNOWN, raw)
