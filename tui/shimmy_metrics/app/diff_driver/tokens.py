"""Split what Textual writes into tokens: moves, attributes, text, and other sequences by what they change. Pure.

A sequence is harmless if it is known to change no cell, nor the cursor, nor the attributes. Any other is unknown: it
may have changed anything.
"""

import re
import unicodedata
from collections.abc import Iterator
from enum import Enum, auto
from functools import lru_cache
from typing import Final, NamedTuple

from rich.cells import cell_len

_PATTERN: Final = re.compile(
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
    # cursor keys, wrapping, cursor blink and visibility; mouse, focus, paste; updates; colour and size reports
    [1, 7, 12, 25, 1000, 1002, 1003, 1004, 1005, 1006, 1015, 1016, 2004, 2026, 2031, 2048]
)

_HARMLESS_COMMANDS: Final = frozenset(
    # titles, folder, palette colours, pointer, clipboard, their resets, shell marks, notifications
    [0, 1, 2, 4, 7, 9, *range(10, 20), 22, 52, 99, 104, *range(110, 120), 133, 777]
)

_LINK: Final = "8"
_REGIONAL_INDICATORS: Final = ("\U0001f1e6", "\U0001f1ff")


class TokenKind(Enum):
    """What a token does."""

    MOVE = auto()
    """Moves the cursor to `row` and `column`, both from 0."""
    ATTRIBUTES = auto()
    """An SGR sequence; `value` holds its parameters."""
    TEXT = auto()
    LINE_FEED = auto()
    """Moves the cursor to the start of the next row."""
    LINK = auto()
    """Text after it links to the address in `value`; if that is empty, to none."""
    BEGIN_UPDATE = auto()
    """Lets the terminal wait until the update is complete before it shows any of it."""
    END_UPDATE = auto()
    ALTERNATE_SCREEN = auto()
    HARMLESS = auto()
    UNKNOWN = auto()


class Token(NamedTuple):
    """One token: its text as it came in `raw`, and what it means."""

    kind: TokenKind
    raw: str
    value: str = ""
    row: int = 0
    column: int = 0


_MODES: Final = {
    "2026h": TokenKind.BEGIN_UPDATE,
    "2026l": TokenKind.END_UPDATE,
    "1049h": TokenKind.ALTERNATE_SCREEN,
}
_BY_GROUP: Final = {
    "text": TokenKind.TEXT,
    "line": TokenKind.LINE_FEED,
    "query": TokenKind.HARMLESS,
    "string": TokenKind.UNKNOWN,
    "sequence": TokenKind.UNKNOWN,
}


def tokenize(data: str) -> Iterator[Token]:
    """Yield the tokens of `data` in order; their `raw` joined is `data`."""
    for match in _PATTERN.finditer(data):
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
            yield Token(_BY_GROUP[name], raw)


def has_certain_width(text: str) -> bool:
    """Whether every character takes one cell in every terminal.

    Terminals disagree about wide and combining characters, flags and joined emoji.
    """
    return text.isascii() or all(map(_takes_one_cell, text))


@lru_cache(8192)
def _takes_one_cell(character: str) -> bool:
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
