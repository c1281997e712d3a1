"""The colours: dark, light, the terminal's own 16, and none. One accent; a test computes every contrast.

With 16 colours each word has the terminal's own colour and weight is bold alone: faint and bright black vanish on light
backgrounds. Magenta is the only one of the 16 with 4.5:1 on black and on white in xterm's palette.
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

_OWN: Final = "ansi_default"


def _own(name: str, *, accent: str, good: str, bad: str) -> Theme:
    stock = BUILTIN_THEMES["ansi-dark"]  # it names every variable that stock widgets ask for
    return replace(
        stock,
        name=name,
        primary=accent,
        secondary=accent,
        accent=accent,
        success=good,
        error=bad,
        warning=_OWN,
        foreground=_OWN,
        background=_OWN,
        surface=_OWN,
        panel=_OWN,
        boost=_OWN,
        variables={
            **stock.variables,
            "muted": _OWN,
            "rule": _OWN,
            "strong": _OWN,
            "good": good,
            "bad": bad,
            "changed": _OWN,
            "mark": accent,
        },
    )


ANSI: Final = _own("shimmy-ansi", accent="ansi_magenta", good="ansi_green", bad="ansi_red")
PLAIN: Final = _own("shimmy-plain", accent=_OWN, good=_OWN, bad=_OWN)

THEMES: Final = (DARK, LIGHT, ANSI, PLAIN)

_RICH_NAMES: Final = ("256color", "direct", "truecolor", "kitty", "alacritty", "ghostty", "foot", "wezterm")


def theme_for(environment: Environment) -> Theme:
    """Return the theme that the terminal asks for: no colour, its own 16, or ours by its background."""
    if environment.get("NO_COLOR"):
        return PLAIN
    if environment.get("TERM").startswith("vt"):
        return PLAIN  # those terminals have no colours
    many = environment.get("COLORTERM") or any(name in environment.get("TERM") for name in _RICH_NAMES)
    if not many and environment.get("TERM"):
        return ANSI
    # rxvt, Konsole and others tell their colours; the last number is the background's.
    background = environment.get("COLORFGBG").rpartition(";")[2]
    return LIGHT if background in {"7", "15"} else DARK
