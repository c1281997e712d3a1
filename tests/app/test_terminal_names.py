"""Every kind of terminal, by its name: the app opens, says the same, and sends only what that terminal has."""

import re
import sys
from pathlib import Path

import pytest

from support.installed import LONGEST
from support.terminal import terminal
from support.terminal_emulator import Glass
from support.timely import in_time

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no pty")

PROGRAM = """
from pathlib import Path
from shimmy_metrics.app.app import app_for
from shimmy_metrics.app.preload import Start
from shimmy_metrics.system.environment import Environment
from shimmy_metrics.system.profile import Profile
from support import opened, overviews, samples
named = Environment.current().variables
profile = Profile.under(Path({root!r}), {{**named, **{{"COLORTERM": ""}}}}, samples.fixed())
opened.Still(profile, Start(samples.FACTS, overviews.busy(), asks=False)).run(mouse=False)
"""

ASCII_ONLY = {"linux", "vt100", "ansi"}
COLOURLESS = {"vt100"}
SIXTEEN = {"xterm", "linux", "ansi"}


@pytest.mark.parametrize(
    "name",
    [
        *("xterm-256color", "tmux-256color", "vt100"),
        *(pytest.param(each, marks=pytest.mark.thorough) for each in ("xterm", "screen-256color", "linux", "ansi")),
    ],
)
def test_the_app_opens_and_says_the_same(tmp_path: Path, name: str) -> None:
    with terminal(PROGRAM.format(root=str(tmp_path)), TERM=name, COLORTERM="") as made:
        drawn = made.read_until(b"how busy a server is") + made.read_for(0.3)
        made.press(b"q")
        assert in_time(made.ended_after(LONGEST), 2.0)
    text = drawn.decode()
    glass = Glass(80, 24)
    glass.feed(re.sub(r"\x1b\[[<>=][^a-z]*[a-z]|\x1b\[\?\d+\$p", "", text))
    shown = ["".join(cell[0] for cell in row).rstrip() for row in glass.cells()]
    assert shown[0].startswith(" 1 Session  2 Outgoing (2)  3 History")
    assert "requests                     47" in shown[5]
    assert "q Quit" in shown[23]
    assert text.isascii() == (name in ASCII_ONLY)
    colours = set(re.findall(r"[\[;]([34]8;[25]|[34][0-7]|9[0-7]|10[0-7])(?=[;m])", text))
    if name in COLOURLESS:
        assert not colours
    elif name in SIXTEEN:
        assert colours == {"32", "35"}
    else:
        assert any(each.startswith("38;5") for each in colours)


def test_no_color_leaves_no_colour_sequence_at_all(tmp_path: Path) -> None:
    with terminal(PROGRAM.format(root=str(tmp_path)), NO_COLOR="1") as made:
        drawn = made.read_until(b"how busy a server is") + made.read_for(0.3)
    parameters = {code for found in re.findall(rb"\x1b\[([\d;]*)m", drawn) for code in found.split(b";")}
    assert {b"1"} <= parameters <= {b"", b"0", b"1", b"22", b"7", b"27"}
