"""The themes: dark, light, the terminal's own 16 colours, and no colours. Each has one accent; a test checks contrasts.

With 16 colours, text has the terminal's default colour, and emphasis is bold alone: faint and bright black vanish on
light backgrounds. Of the 16, only magenta has a contrast of 4.5:1 on both black and white in xterm's palette.
"""

import sys
from collections.abc import Sequence
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

GROUNDS: Final = (DARK, LIGHT)
"""The themes with colours of their own, which paint the background; the others leave it to the terminal."""


def themes_for(environment: Environment) -> Sequence[Theme]:
    """Return the themes that the terminal can show, the preferred one first."""
    if environment.get("NO_COLOR") or environment.get("TERM").startswith("vt"):
        return (PLAIN,)  # VT terminals have no colours
    return THEMES if _shows_rgb(environment) else (ANSI, PLAIN)


def theme_for(environment: Environment, wanted: object = None) -> Theme:
    """Return the theme for the terminal: what the config wants, if it can be shown; else by the terminal's background.

    `wanted` is the config's `theme`, the name of one of `THEMES` without `shimmy-`. Any other value decides nothing.
    """
    themes = themes_for(environment)
    otherwise = LIGHT if says_light(environment) and LIGHT in themes else themes[0]
    return next((theme for theme in themes if theme.name == f"shimmy-{wanted}"), otherwise)


def says_light(environment: Environment) -> bool:
    """Whether the terminal said when it started that its background is light."""
    # rxvt, Konsole and others set COLORFGBG; its last number is the background colour.
    return environment.get("COLORFGBG").rpartition(";")[2] in {"7", "15"}


def _shows_rgb(environment: Environment) -> bool:
    """Whether Rich sends this terminal more than 16 colours; with 16 it would make greys of a theme of our own.

    Rich judges by the end of the name. Terminals that have more colours under another name set COLORTERM, which does
    not pass through SSH.
    """
    if environment.get("COLORTERM").lower() in {"truecolor", "24bit"}:
        return True
    name = environment.get("TERM").lower()
    return name.rpartition("-")[2] in {"256color", "kitty"} or (sys.platform == "win32" and not name)
