"""The glyphs of the screens: one set for terminals that show UTF-8, one of ASCII for the others. Pure."""

from typing import Final, NamedTuple

from shimmy_metrics.system.environment import Environment


class Glyphs(NamedTuple):
    """Every symbol that the screens draw. Each is one cell wide in every terminal; none is an emoji."""

    mark: str
    """Stands before the selected line."""
    current_view: str
    arrow: str
    on: str
    off: str
    rule: str
    current_tab: str
    """The piece of a rule below the current tab."""
    bar: str
    separator: str
    ellipsis: str
    sparkline: str
    """Eight steps, from the lowest to the highest."""
    ascii: bool


UNICODE: Final = Glyphs("›", "▸", "→", "●", "○", "─", "━", "━", "·", "…", "▁▂▃▄▅▆▇█", ascii=False)
ASCII: Final = Glyphs(">", ">", "->", "*", "o", "-", "=", "#", "-", "~", ".:-=+*#%", ascii=True)

_ASCII_TERMINALS: Final = frozenset({"linux", "vt100", "ansi"})
"""Their fonts or drivers lack the Unicode glyphs, whatever the locale says."""


def glyphs_for(environment: Environment) -> Glyphs:
    """Return the glyphs that the terminal can show, judged by its name and the locale."""
    named = (environment.get(name) for name in ("LC_ALL", "LC_CTYPE", "LANG"))
    locale = next((value for value in named if value), "").lower().replace("-", "")
    return UNICODE if "utf8" in locale and environment.get("TERM") not in _ASCII_TERMINALS else ASCII
