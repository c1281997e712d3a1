"""The themes: dark, light, the terminal's own 16 colours, and no colours. Each has one accent; a test checks contrasts.

With 16 colours, text has the terminal's default colour, and emphasis is bold alone: faint and bright black vanish on
light backgrounds. Of the 16, only magenta has a contrast of 4.5:1 on both black and white in xterm's palette.
"""

from dataclasses import replace
from typing import Final

from textual.theme import BUILTIN_THEMES, Theme

from shimmy_metrics.system.environment import Environment

DARK: Final = Theme(
    name="shimmy-dark",
    primary="#6fc3b8",
    accent="#6fc3b8",
    success="#8fd18f",
    error="#f08a80",
    warning="#e0b35c",
    foreground="#dde1e5",
    background="#101418",
    surface="#101418",
    panel="#101418",
    dark=True,
    variables={
        "muted": "#8b949e",
        "rule": "#39424c",
        "strong": "#f2f4f6",
        "good": "#8fd18f",
        "bad": "#f08a80",
        "changed": "#e0b35c",
        "mark": "#6fc3b8",
    },
)

LIGHT: Final = Theme(
    name="shimmy-light",
    primary="#0f6b62",
    accent="#0f6b62",
    success="#1f6f2b",
    error="#a8261c",
    warning="#7d5400",
    foreground="#24292e",
    background="#fbfbf9",
    surface="#fbfbf9",
    panel="#fbfbf9",
    dark=False,
    variables={
        "muted": "#5d666f",
        "rule": "#c9ced3",
        "strong": "#0b0e11",
        "good": "#1f6f2b",
        "bad": "#a8261c",
        "changed": "#7d5400",
        "mark": "#0f6b62",
    },
)

_DEFAULT: Final = "ansi_default"


def _ansi_theme(name: str, *, accent: str, good: str, bad: str) -> Theme:
    stock = BUILTIN_THEMES["ansi-dark"]  # defines every variable that stock widgets use
    return replace(
        stock,
        name=name,
        primary=accent,
        secondary=accent,
        accent=accent,
        success=good,
        error=bad,
        warning=_DEFAULT,
        foreground=_DEFAULT,
        background=_DEFAULT,
        surface=_DEFAULT,
        panel=_DEFAULT,
        boost=_DEFAULT,
        variables={
            **stock.variables,
            "muted": _DEFAULT,
            "rule": _DEFAULT,
            "strong": _DEFAULT,
            "good": good,
            "bad": bad,
            "changed": _DEFAULT,
            "mark": accent,
        },
    )


ANSI: Final = _ansi_theme("shimmy-ansi", accent="ansi_magenta", good="ansi_green", bad="ansi_red")
PLAIN: Final = _ansi_theme("shimmy-plain", accent=_DEFAULT, good=_DEFAULT, bad=_DEFAULT)

THEMES: Final = (DARK, LIGHT, ANSI, PLAIN)

_MANY_COLOURS: Final = ("256color", "direct", "truecolor", "kitty", "alacritty", "ghostty", "foot", "wezterm")
"""Parts of the names (TERM) of terminals with more than 16 colours."""


def theme_for(environment: Environment) -> Theme:
    """Return the theme for the terminal: no colours, its own 16, or dark or light by its background."""
    if environment.get("NO_COLOR"):
        return PLAIN
    if environment.get("TERM").startswith("vt"):
        return PLAIN  # VT terminals have no colours
    many_colours = environment.get("COLORTERM") or any(name in environment.get("TERM") for name in _MANY_COLOURS)
    if not many_colours and environment.get("TERM"):
        return ANSI
    # rxvt, Konsole and others set COLORFGBG; its last number is the background colour.
    background = environment.get("COLORFGBG").rpartition(";")[2]
    return LIGHT if background in {"7", "15"} else DARK
