"""What a person reads, wherever the lines break: how tests look for words in wrapped text."""

import re
from typing import Final

from shimmy_metrics.app.ui.layout import Row

_GOES_ON: Final = re.compile(r"(?<=[/\\])[ ]*\n[ ]*")
"""A path too long for its row goes on in the next, behind a slash."""


def unwrapped(shown: str) -> str:
    """Return text of several rows as one: words apart by one space, paths whole."""
    return " ".join(_GOES_ON.sub("", shown).split())


def verbatim(rows: tuple[Row, ...]) -> str:
    """Return the bytes that rows show verbatim, joined."""
    return "".join(span.text for row in rows for span in row.line if span.verbatim)
