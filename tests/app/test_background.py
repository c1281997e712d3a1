"""Light or dark: as the terminal answers, in time, at the cost of one frame; by the config; by a key."""

import json
import sys
from pathlib import Path

import pyte
import pytest

from shimmy_metrics.app.terminal.background import QUERY, BackgroundReported
from support import opened, overviews
from support.bytes_sent import FIRST
from support.installed import Home
from support.terminal import Terminal, terminal

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no pty")

PROGRAM = "import sys; from shimmy_metrics.cli.main import shimmy; sys.argv = ['shimmy', 'tui']; sys.exit(shimmy())"
LIGHT_ANSWER = b"\x1b]11;rgb:ffff/ffff/ffff\x1b\\"
DARK_ANSWER = b"\x1b]11;rgb:0000/0000/0000\x1b\\"
LIGHT_GROUND, DARK_GROUND = b"48;2;251;251;249", b"48;2;16;20;24"

TRIES = 4
"""How often a machine that stalls may miss the time within which an answer counts."""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path, {"COLORTERM": "truecolor"})
    assert made.metrics("disable").returncode == 0
    return made


def asked(made: Terminal) -> bytes:
    """Return what was written until the terminal was asked for its background."""
    return made.read_until(QUERY.encode())


def drawn(home: Home, answer: bytes, seconds: float = 0.0) -> tuple[bytes, bytes]:
    """Answer after so many seconds; return what was written before and after that."""
    with terminal(PROGRAM, **home.environment) as made:
        before = asked(made)
        if seconds:
            before += made.read_for(seconds)
        made.press(answer)
        after = made.read_until(b"Quit") + made.read_for(1.0)
        made.press(b"4")
        assert b"requests_per_session" in made.read_until(b"requests_per_session"), "the answer did something else"
        return before, after


def test_a_light_terminal_gets_light_colours_for_the_bytes_of_one_frame_more(home: Home) -> None:
    for _ in range(TRIES):
        _, after = drawn(home, LIGHT_ANSWER)
        if LIGHT_GROUND in after:
            break
    assert LIGHT_GROUND in after
    light = after[after.index(LIGHT_GROUND) :]
    assert DARK_GROUND not in light
    assert len(after) - len(light) <= FIRST.rich
    assert len(light) <= FIRST.rich


def test_a_dark_terminal_costs_nothing_more(home: Home) -> None:
    _, after = drawn(home, DARK_ANSWER)
    assert LIGHT_GROUND not in after
    assert len(after) <= FIRST.rich


def test_the_answer_outweighs_what_the_environment_says(home: Home) -> None:
    for _ in range(TRIES):
        _, after = drawn(home.having(COLORFGBG="0;15"), DARK_ANSWER)
        if DARK_GROUND in after:
            break
    assert DARK_GROUND in after


def test_a_late_answer_changes_nothing_and_nothing_waits_for_one(home: Home) -> None:
    before, after = drawn(home, LIGHT_ANSWER, seconds=3.0)
    assert b"Quit" in before
    assert LIGHT_GROUND not in before + after


def test_nothing_is_asked_where_the_answer_would_change_nothing(home: Home) -> None:
    assert QUERY.encode() not in written(home.having(NO_COLOR="1"))


def test_with_16_colours_a_light_terminal_shows_no_bold_colour(home: Home) -> None:
    for _ in range(TRIES):
        _, after = drawn(home.having(TERM="xterm", COLORTERM=""), LIGHT_ANSWER)
        coloured = _coloured(after)
        if not any(bold for _, bold in coloured):
            break
    assert {colour for colour, _ in coloured} >= {"magenta"}
    assert not any(bold for _, bold in coloured)
    assert len(after) <= 2 * FIRST.few


def _coloured(written: bytes) -> set[tuple[str, bool]]:
    """Return what each visible cell that has a colour has: its name, and whether it is bold."""
    screen = pyte.Screen(80, 24)
    pyte.ByteStream(screen).feed(written)
    cells = (screen.buffer[row][column] for row in range(24) for column in range(80))
    return {(cell.fg, cell.bold) for cell in cells if cell.fg != "default" and cell.data != " "}


@pytest.mark.parametrize("light", [True, False])
async def test_with_16_colours_only_a_light_ground_takes_the_weight_from_what_has_a_colour(
    tmp_path: Path, *, light: bool
) -> None:
    app = opened.still(tmp_path, overviews.busy(), {"TERM": "xterm", "COLORTERM": ""})
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.settled(pilot)
        assert any(each.bold and each.color for each in opened.styles(app))
        app.post_message(BackgroundReported(light=light))
        await opened.settled(pilot)
        assert any(each.bold and each.color for each in opened.styles(app)) is not light
        assert any(each.bold for each in opened.styles(app))
        assert any(each.color for each in opened.styles(app))


async def test_a_terminal_that_says_that_it_is_light_gets_no_bold_colour_from_the_first_frame_on(
    tmp_path: Path,
) -> None:
    app = opened.still(tmp_path, overviews.busy(), {"TERM": "xterm", "COLORTERM": "", "COLORFGBG": "0;15"})
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.settled(pilot)
        assert not any(each.bold and each.color for each in opened.styles(app))


def test_the_config_s_theme_is_used_and_stays_in_the_file(home: Home) -> None:
    config = home.profile.config_path
    document = json.loads(config.read_text())
    document["metrics"]["theme"] = "light"
    config.write_text(json.dumps(document))
    output = written(home)
    assert QUERY.encode() not in output
    assert LIGHT_GROUND in output
    assert DARK_GROUND not in output
    home.agree()
    assert json.loads(config.read_text())["metrics"]["theme"] == "light"
    assert home.metrics("export").stdout.count('"theme"') == 1


def written(home: Home) -> bytes:
    with terminal(PROGRAM, **home.environment) as made:
        return made.read_until(b"Quit") + made.read_for(0.5)


async def test_a_key_switches_until_the_app_is_closed(tmp_path: Path) -> None:
    app = opened.still(tmp_path, overviews.busy())
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "1", "T")
        assert app.theme == "shimmy-light"
        await opened.press(pilot, "T")
        assert app.theme == "shimmy-dark"
        assert "terminal" not in opened.read(app)


async def test_with_16_colours_the_key_switches_the_weight_alone(tmp_path: Path) -> None:
    app = opened.still(tmp_path, overviews.busy(), {"TERM": "xterm", "COLORTERM": ""})
    async with app.run_test(size=(80, 24)) as pilot:
        for bold in (True, False, True):
            await opened.settled(pilot)
            assert any(each.bold and each.color for each in opened.styles(app)) is bold
            assert app.theme == "shimmy-ansi"
            await opened.press(pilot, "T")


def test_with_16_colours_the_terminal_shows_the_other_weight_at_once(home: Home) -> None:
    with terminal(PROGRAM, **home.having(TERM="xterm", COLORTERM="").environment) as made:
        shown = made.read_until(b"Quit")
        while more := made.read_some(0.5):
            shown += more
        assert any(bold for _, bold in _coloured(shown))
        made.press(b"T")
        while more := made.read_some(0.5):
            shown += more
    assert {colour for colour, _ in _coloured(shown)} >= {"magenta"}
    assert not any(bold for _, bold in _coloured(shown))


@pytest.mark.parametrize(("theme", "ground"), [("light", "15;0"), ("dark", "0;15")])
def test_with_16_colours_the_config_s_theme_decides_the_weight(home: Home, theme: str, ground: str) -> None:
    config = home.profile.config_path
    document = json.loads(config.read_text())
    document["metrics"]["theme"] = theme
    config.write_text(json.dumps(document))
    output = written(home.having(TERM="xterm", COLORTERM="", COLORFGBG=ground))
    assert QUERY.encode() not in output
    assert any(bold for _, bold in _coloured(output)) is (theme == "dark")


async def test_the_key_says_where_it_can_do_nothing(tmp_path: Path) -> None:
    app = opened.still(tmp_path, overviews.busy(), {"NO_COLOR": "1"})
    async with app.run_test(size=(80, 24)) as pilot:
        await opened.press(pilot, "1", "T")
        assert app.theme == "shimmy-plain"
        assert "no colours are used" in opened.read(app)
