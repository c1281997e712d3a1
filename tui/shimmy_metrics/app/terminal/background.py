"""Ask the terminal for the colour of its background, and judge its answer."""

import re
from typing import Final

from textual.message import Message

QUERY: Final = "\x1b]11;?\x1b\\"

_CHANNEL: Final = "([0-9a-fA-F]{1,4})"
_ANSWER: Final = re.compile(rf"\x1b\]11;rgba?:{_CHANNEL}/{_CHANNEL}/{_CHANNEL}(?:/{_CHANNEL})?")
_WEIGHTS: Final = (0.299, 0.587, 0.114)
"""How bright red, green and blue look (ITU-R BT.601)."""

_MIDDLE: Final = 0.5


class BackgroundReported(Message):
    """The terminal has told the colour of its background."""

    def __init__(self, *, light: bool) -> None:
        super().__init__()
        self.light = light


def is_light(answer: str) -> bool | None:
    """Whether the background is light by the answer, an OSC without its terminator; None if it tells no colour."""
    match = _ANSWER.fullmatch(answer)
    if match is None:
        return None
    channels: tuple[str, ...] = match.group(1, 2, 3)
    shares = (int(digits, 16) / (16 ** len(digits) - 1) for digits in channels)
    brightness: float = sum(weight * share for weight, share in zip(_WEIGHTS, shares, strict=True))
    return brightness > _MIDDLE
