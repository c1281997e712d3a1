"""The line before each chunk of a body: its size, perhaps with extensions (RFC 9112, section 7.1)."""

import re
from typing import Final

from shimmy_metrics.meter.head_fields import UnsupportedError

NAME: Final = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]++"
"""A field's or an extension's name."""

_QUOTED: Final = rb'"(?:[^\0-\x08\n-\x1f"\\\x7f]|\\[^\0-\x08\n-\x1f\x7f])*+"'
_EXTENDED: Final = re.compile(
    rb"([0-9A-Fa-f]++)(?:[ \t]*+;[ \t]*+%s(?:[ \t]*+=[ \t]*+(?:%s|%s))?+)++" % (NAME, NAME, _QUOTED)
)
"""A chunk's size with extensions, to the letter (RFC 9112, section 7.1.1)."""


def chunk_size(line: bytes | bytearray) -> int:
    """Return the size that a line states. Raises `UnsupportedError`."""
    if not line.isalnum():
        found = _EXTENDED.fullmatch(line)
        if found is None:
            raise UnsupportedError
        line = found[1]
    # int() alone would also accept `0x`, and spaces, signs and underscores, which are not alphanumeric.
    if len(line) > 15 or line[1:2] in (b"x", b"X"):
        raise UnsupportedError
    try:
        return int(line, 16)
    except ValueError:
        raise UnsupportedError from None
