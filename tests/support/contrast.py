"""The contrast ratio of two colours, as WCAG 2 defines it."""

from typing import Final

Rgb = tuple[int, int, int]

LEAST: Final = 4.5
"""What a word of the usual size needs (level AA)."""


def contrast(one: Rgb, other: Rgb) -> float:
    """Return the ratio of two colours, from 1 for the same to 21 for black and white."""
    dark, bright = sorted((_luminance(one), _luminance(other)))
    return (bright + 0.05) / (dark + 0.05)


def _luminance(colour: Rgb) -> float:
    red, green, blue = (_linear(value / 255) for value in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
