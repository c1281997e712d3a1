"""The driver that writes differences beside Textual's own: in tmux, with job control, and on a pty."""

import codecs
import os
import random
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support import opened, overviews
from support.installed import LONGEST, wait_until
from support.other_apps import DEMO, Mixed, demo, stop_clocks
from support.terminal import terminal
from support.terminal_emulator import Compared, Glass, frames, pressed, resized
from support.timely import in_time
from support.tmux import Pane, needs_tmux, panes, same

__all__ = ["frames"]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no pty")

LINK = "[link='https://example.org/']a link[/link]"

BCES = (False,)
"""tmux's terminfo has no bce, and what it captures leaves out what was erased in colour."""

KEYS = "j l l w j h s d n 2 ] 3 j enter l q m 4 G k g j j j j k / m o d enter c tab tab enter n ? q x n R".split()  # noqa: SIM905 - typed, as on a keyboard

PROGRAM = """
import sys
from pathlib import Path
from support import opened, overviews
opened.still(Path({root!r}), overviews.busy(), {{"SHIMMY_TUI_DRIVER": {driver!r}, "TERM": {term!r}}}).run(mouse=False)
"""

ANOTHER = """
from textual.app import App
from textual.widgets import Label
from shimmy_metrics.app.diff_driver.driver import diff_driver
class Another(App):
    BINDINGS = [("ctrl+z", "suspend_process", "suspend")]
    def compose(self):
        yield Label("another app")
Another(driver_class=diff_driver({term!r})).run()
"""


@pytest.fixture
def pane() -> Iterator[Callable[..., Pane]]:
    with panes() as made:
        yield made


def run(pane: Callable[..., Pane], folder: Path, program: str, driver: str, *, shell: bool = False) -> Pane:
    """Run a program in a pane, by a shell with job control where wanted."""
    tests = Path(__file__).resolve().parents[1]
    text = program.format(root=str(folder), driver=driver, term="tmux-256color")
    script = folder / f"program-{driver or 'lean'}.py"
    script.write_text(text, encoding="utf-8")
    places = os.pathsep.join([str(tests), str(tests.parent / "tui")])
    variables = {"PYTHONPATH": places, "COLORTERM": "truecolor", "PROGRAM": f"{sys.executable} {script}"}
    return pane(80, 24, "bash --norc --noprofile -i" if shell else f"{sys.executable} {script}", **variables)


# --- tmux -----------------------------------------------------------------------------------------------------------


@pytest.mark.thorough
@needs_tmux
async def test_tmux_shows_the_same_over_the_whole_app(
    tmp_path: Path, frames: list[str], pane: Callable[..., Pane]
) -> None:
    both = Compared(pane, 80, 24, BCES)
    app = opened.still(tmp_path, overviews.busy())
    async with app.run_test(size=(80, 24)) as pilot:
        await pressed(pilot, both, frames, KEYS)
        for width, height in ((60, 20), (100, 30), (300, 100), (80, 24)):
            await resized(pilot, both, frames, width, height)


@pytest.mark.thorough
@needs_tmux
async def test_tmux_shows_the_same_over_textuals_own_demo(
    frames: list[str], pane: Callable[..., Pane], monkeypatch: pytest.MonkeyPatch
) -> None:
    both = Compared(pane, 80, 24, BCES)
    app = demo(monkeypatch)
    async with app.run_test(size=(80, 24)) as pilot:
        await pressed(pilot, both, frames, DEMO.split()[:15])
        stop_clocks(app)


@needs_tmux
def test_the_app_run_with_either_driver_shows_the_same(tmp_path: Path, pane: Callable[..., Pane]) -> None:
    plain, lean = (run(pane, tmp_path, PROGRAM, driver) for driver in ("plain", ""))
    for key, shown in (("2", "On the wire"), ("3", "outcome"), ("4", "could ever be sent"), ("?", "Keys")):
        for each in (plain, lean):
            each.press(key)
            assert each.shows(shown)
        assert same(plain, lean), key
    for keys, shown in (
        (["q", "4", *"jjjjjj"], "could ever be sent"),
        ([*"kkkkk", "Space", *"bGk"], "server memory use"),
        (["2", "w", *"jjjjjjjjjj"], "split at fields"),
    ):
        for each in (plain, lean):
            each.press(*keys)
            assert each.shows(shown)
        assert same(plain, lean), keys
    for width, height in ((60, 20), (100, 30), (40, 12), (80, 24)):
        for each in (plain, lean):
            each.resize(width, height)
        assert same(plain, lean), f"{width}x{height}"
    for each in (plain, lean):
        each.press("q")
        assert each.ended()


@needs_tmux
def test_a_terminal_that_had_another_size_for_a_moment_is_drawn_again(
    tmp_path: Path, pane: Callable[..., Pane]
) -> None:
    made = run(pane, tmp_path, PROGRAM, "")
    assert made.shows("how busy a server is")
    before = made.cells()
    for _ in range(3):
        made.resize(20, 8)
        made.resize(80, 24)
    assert _becomes(made, before)


@needs_tmux
async def test_characters_of_every_width_and_links_show_the_same(frames: list[str], pane: Callable[..., Pane]) -> None:
    words = [
        "plain",
        "日本",
        "e\u0301",
        "👩\u200d🚀",
        "❤\ufe0f",
        "🇫🇷",
        "─●→",
        "[link='https://example.org/']a link[/link]",
    ]
    chance = random.Random(11)
    both = Compared(pane, 40, 12, BCES)
    app = Mixed()
    async with app.run_test(size=(40, 12)) as pilot:
        for number in range(12):
            app.say(" ".join(chance.choices(words, k=8)))
            await pilot.pause()
            for frame in frames:
                both.show(frame)
            frames.clear()
            assert both.lean[False].text() == both.plain.text(), number
            assert both.lean[False].cursor == both.plain.cursor, number


@needs_tmux
@pytest.mark.parametrize("program", [PROGRAM, ANOTHER], ids=["our app", "an app that does nothing for it"])
def test_after_suspending_it_is_all_there_again(tmp_path: Path, pane: Callable[..., Pane], program: str) -> None:
    made = run(pane, tmp_path, program, "", shell=True)
    made.press("$PROGRAM", "Enter")
    assert made.shows("how busy a server is" if program is PROGRAM else "another app")
    before = made.cells()
    for _ in range(2):
        made.press("C-z")
        assert made.shows("Stopped")
        made.press("fg", "Enter")
        assert _becomes(made, before)


# --- a terminal of its own ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("driver", ["", "plain"])
def test_the_redraw_key_mends_what_another_program_wrote(tmp_path: Path, driver: str) -> None:
    glass = Glass(80, 24)
    with terminal(PROGRAM.format(root=str(tmp_path), driver=driver, term="xterm-256color")) as made:
        written = made.read_until(b"how busy a server is")
        while more := made.read_for(0.4):
            written += more
        glass.feed(written.decode())
        before = glass.cells()
        glass.feed("\x1b[5;1Hgarbage \x1b[41mof another program\x1b[0m\x1b[24;70Hmore of it\x1b[H\x1b[2K")
        assert glass.cells() != before
        made.press(b"R")
        decoder = codecs.getincrementaldecoder("utf-8")()

        def mended() -> bool:
            glass.feed(decoder.decode(made.read_for(0.1)))
            return glass.cells() == before

        assert wait_until(mended)


def test_the_switch_chooses_textuals_own_driver(tmp_path: Path) -> None:
    sent = {}
    for driver in ("", "plain"):
        with terminal(PROGRAM.format(root=str(tmp_path), driver=driver, term="xterm-256color")) as made:
            made.read_until(b"how busy a server is")
            made.read_for(0.4)
            made.press(b"3")
            sent[driver] = len(made.read_for(0.5))
    assert 0 < sent[""] < sent["plain"] / 2


def test_a_terminal_that_closes_ends_it_with_either_driver(tmp_path: Path) -> None:
    for driver in ("", "plain"):
        with terminal(PROGRAM.format(root=str(tmp_path), driver=driver, term="xterm-256color")) as made:
            made.read_until(b"how busy a server is")
            os.kill(made.pid, signal.SIGHUP)
            assert in_time(made.ended_after(LONGEST), 2.0)


def _becomes(pane: Pane, wanted: list[list[tuple[object, ...]]]) -> bool:
    return wait_until(lambda: pane.cells() == wanted)
