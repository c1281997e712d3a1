"""Which colours the app has: what the terminal can show for certain, then what the person wants."""

import pytest
from rich.console import Console

from shimmy_metrics.app.terminal.themes import GROUNDS, THEMES, theme_for
from shimmy_metrics.config import codec
from shimmy_metrics.system.environment import Environment


def terminfo_names() -> list[str]:
    """Return names of terminals, as terminfo and terminals themselves have them."""
    ends = ("", "-256color", "-direct", "-16color", "-mono", "-kitty")
    begins = ("xterm", "screen", "tmux", "alacritty", "foot", "xterm-ghostty", "wezterm", "rxvt-unicode", "st", "vt100")
    return [f"{begin}{end}" for begin in begins for end in ends] + [
        "linux",
        "ansi",
        "kitty",
        "konsole",
        "XTERM-256COLOR",
    ]


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"TERM": "xterm-256color"}, "shimmy-dark"),
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, "shimmy-dark"),
        ({"TERM": "rxvt-256color", "COLORFGBG": "0;15"}, "shimmy-light"),
        ({"TERM": "xterm-kitty"}, "shimmy-dark"),
        ({"TERM": "alacritty", "COLORTERM": "truecolor"}, "shimmy-dark"),
        ({"TERM": "alacritty"}, "shimmy-ansi"),
        ({"TERM": "foot"}, "shimmy-ansi"),
        ({"TERM": "xterm-ghostty"}, "shimmy-ansi"),
        ({"TERM": "xterm-direct"}, "shimmy-ansi"),
        ({"TERM": "rxvt", "COLORTERM": "rxvt-xpm", "COLORFGBG": "0;15"}, "shimmy-ansi"),
        ({"TERM": "xterm"}, "shimmy-ansi"),
        ({"TERM": "linux"}, "shimmy-ansi"),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, "shimmy-plain"),
    ],
)
def test_colours_are_those_that_the_terminal_has(variables: dict[str, str], expected: str) -> None:
    assert theme_for(Environment(variables)).name == expected


@pytest.mark.parametrize("terminal", terminfo_names())
def test_colours_of_our_own_are_used_just_where_the_library_sends_more_than_16(terminal: str) -> None:
    for colours in ({}, {"COLORTERM": "truecolor"}, {"COLORTERM": "24bit"}, {"COLORTERM": "yes"}):
        variables = {"TERM": terminal, **colours}
        sent = Console(force_terminal=True, legacy_windows=False, _environ=variables).color_system
        ours = theme_for(Environment(variables)) in GROUNDS
        assert ours is (sent in {"256", "truecolor"} and not terminal.startswith("vt")), variables


@pytest.mark.parametrize(
    ("variables", "wanted", "expected"),
    [
        ({"TERM": "xterm-256color"}, "light", "shimmy-light"),
        ({"TERM": "xterm-256color", "COLORFGBG": "0;15"}, "dark", "shimmy-dark"),
        ({"TERM": "xterm-256color"}, "ansi", "shimmy-ansi"),
        ({"TERM": "xterm"}, "light", "shimmy-ansi"),
        ({"TERM": "xterm"}, "plain", "shimmy-plain"),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, "dark", "shimmy-plain"),
        ({"TERM": "xterm-256color"}, "purple", "shimmy-dark"),
        ({"TERM": "xterm-256color"}, ["light"], "shimmy-dark"),
    ],
)
def test_the_config_s_theme_decides_where_it_can_be_shown(
    variables: dict[str, str], wanted: object, expected: str
) -> None:
    assert theme_for(Environment(variables), wanted).name == expected


def test_the_config_names_each_theme() -> None:
    assert {theme.name for theme in THEMES} == {f"shimmy-{name}" for name in codec.THEMES}
