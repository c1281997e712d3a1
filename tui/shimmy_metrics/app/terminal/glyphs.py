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
    """Return the glyphs that the terminal can show: by the person's switch, else by its name and the locale."""
    wanted = _switch(environment)
    if wanted is not None:
        return wanted
    return UNICODE if environment.says_utf8 and environment.get("TERM") not in _ASCII_TERMINALS else ASCII


def encoding_for(environment: Environment) -> str:
    """Return the encoding of what is written to the terminal, whatever `PYTHONIOENCODING` says of other output."""
    wanted = _switch(environment)
    utf8 = environment.says_utf8 if wanted is None else wanted is UNICODE
    return "utf-8" if utf8 else "ascii"


def _switch(environment: Environment) -> Glyphs | None:
    return {"ascii": ASCII, "unicode": UNICODE}.get(environment.get("SHIMMY_TUI_GLYPHS").lower())
