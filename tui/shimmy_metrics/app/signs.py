"""The signs of the screens: one set for terminals that show UTF-8, one of ASCII for those that do not. Pure."""

from typing import Final, NamedTuple

from shimmy_metrics.system.environment import Environment


class Signs(NamedTuple):
    """Every sign that is drawn. Each is one cell wide in every terminal; none is an emoji."""

    mark: str
    lens: str
    arrow: str
    on: str
    off: str
    rule: str
    open: str
    bar: str
    dot: str
    cut: str
    sparks: str
    ascii: bool


UNICODE: Final = Signs("›", "▸", "→", "●", "○", "─", "━", "━", "·", "…", "▁▂▃▄▅▆▇█", ascii=False)
ASCII: Final = Signs(">", ">", "->", "*", "o", "-", "=", "#", "-", "~", ".:-=+*#%", ascii=True)

_POOR_TERMINALS: Final = frozenset({"linux", "vt100", "ansi"})
"""Their fonts or drivers lack the marks, whatever the locale says."""


def signs_for(environment: Environment) -> Signs:
    """Return the signs that the terminal can show, by its name and the locale."""
    named = (environment.get(name) for name in ("LC_ALL", "LC_CTYPE", "LANG"))
    locale = next((value for value in named if value), "").lower().replace("-", "")
    return UNICODE if "utf8" in locale and environment.get("TERM") not in _POOR_TERMINALS else ASCII
