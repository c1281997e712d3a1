"""Input that cannot hurt: bytes that are no text, answers of terminals and torn sequences decide and break nothing."""

import os
import random
import re
import signal
import sys
import time
from pathlib import Path

import pytest
from textual import events
from textual._ansi_sequences import ANSI_SEQUENCES_KEYS, IGNORE_SEQUENCE
from textual._xterm_parser import XTermParser
from textual.message import Message

from shimmy_metrics.app.terminal.driver import input_events, is_known
from shimmy_metrics.app.terminal.input_decoder import (
    TORN_PASTE_SECONDS,
    TORN_SECONDS,
    InputDecoder,
    InputKind,
    InputPiece,
)
from support.home_terminal import Terminal, terminal
from support.input_bytes import ANSWERS, NO_TEXT, PASTES, noise
from support.installed import Home, wait_until
from support.terminal import terminal as program_terminal

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no pty")

CRASHES = """
import sys
from shimmy_metrics.app.app import ShimmyApp
from shimmy_metrics.cli.main import shimmy
def crash(*_):
    raise ZeroDivisionError("a name")
{where} = crash
sys.argv = ["shimmy", "tui"]
sys.exit(shimmy())
"""

MODES = re.compile(rb"\x1b\[\?([\d;]+)h")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path)
    assert made.metrics("disable").returncode == 0
    return made


# --- decoder and parser ---------------------------------------------------------------------------------------------


def of(decoder: InputDecoder, parser: XTermParser, data: bytes, now: float) -> list[Message]:
    return [event for each in (*decoder.tick(now), *decoder.feed(data, now)) for event in input_events(each, parser)]


@pytest.mark.parametrize("answer", ANSWERS, ids=ascii)
def test_no_answer_of_a_terminal_is_an_event(answer: bytes) -> None:
    assert of(InputDecoder(), XTermParser(), answer, 0.0) == []


def test_every_known_sequence_is_one_event_and_leaves_the_parser_ready() -> None:
    parser = XTermParser()
    known = [each for each in ANSI_SEQUENCES_KEYS if each not in {"\x1b", "\x1b\x1b"} and is_known(each)]
    known = [each for each in known if len(each) > 1]
    assert len(known) > 200
    for sequence in [*known, "\x1b[<0;10;10M", "\x1b[<64;10;10M", "\x1b[?2026;2$y"]:
        assert len(list(input_events(InputPiece(InputKind.SEQUENCE, sequence), parser))) == 1, ascii(sequence)
        (letter,) = input_events(InputPiece(InputKind.CHARACTER, "j"), parser)
        assert isinstance(letter, events.Key)
        assert letter.key == "j"


def test_what_the_parser_ignores_is_not_known() -> None:
    assert not any(is_known(each) for each, key in ANSI_SEQUENCES_KEYS.items() if key is IGNORE_SEQUENCE)


@pytest.mark.parametrize("count", [20_000, pytest.param(1_000_000, marks=pytest.mark.long)])
def test_nothing_that_arrives_raises_or_keeps_a_later_key_from_being_one(count: int) -> None:
    chance = random.Random(17)
    decoder, parser, now = InputDecoder(), XTermParser(), 0.0
    for number in range(count):
        data = noise(chance)
        cut = chance.randrange(len(data) + 1)
        of(decoder, parser, data[:cut], now)
        now += chance.choice((0.0, 0.05, 0.5, 1.5))
        of(decoder, parser, data[cut:], now)
        if number % 100 == 0:
            now += TORN_PASTE_SECONDS + TORN_SECONDS
            last = of(decoder, parser, b"j", now)[-1]
            assert isinstance(last, events.Key), data
            assert last.key == "j"


# --- the installed app ----------------------------------------------------------------------------------------------


def _opened(there: Terminal) -> None:
    assert there.shows("Quit") or there.shows("quit")


@pytest.mark.parametrize("count", [1_000, pytest.param(100_000, marks=pytest.mark.long)])
def test_answers_torn_ones_and_pastes_leave_everything_as_it_is(home: Home, count: int) -> None:
    chance = random.Random(4)
    config = home.profile.config_path.read_bytes()
    with terminal(home, "shimmy", "tui") as there:
        _opened(there)
        there.type("c")
        assert there.shows("Enable")
        before = there.text()
        for answer in (*ANSWERS, *NO_TEXT, *PASTES):
            there.send(answer)
        for _ in range(count):
            there.send(b"".join(chance.choices((*ANSWERS, *PASTES), k=3)))
        for answer in chance.sample([each for each in ANSWERS if len(each) < 30], 8):
            for each in answer:
                there.send(bytes([each]))
                time.sleep(0.01)
        for answer in chance.sample(ANSWERS, 4):
            there.send(answer[: max(len(answer) // 2, 2)])  # a lone ESC is the Escape key
            time.sleep(1.2 * TORN_SECONDS)
        there.send(b"\xe9")
        assert there.text() == before
        there.type("4")
        assert there.shows("requests_per_session")
        there.type("q")
        assert wait_until(lambda: there.process.poll() is not None)
    assert there.process.returncode == 0
    assert home.profile.config_path.read_bytes() == config


def test_it_asks_the_terminal_for_nothing_that_it_does_not_use(home: Home) -> None:
    with terminal(home, "shimmy", "tui") as there:
        _opened(there)
        there.type("q")
        assert wait_until(lambda: there.process.poll() is not None)
        assert {each for found in MODES.findall(there.output) for each in found.split(b";")} <= {
            *(b"1049", b"1000", b"1006", b"2004", b"2026", b"25", b"7"),
        }
        assert not re.search(rb"\x1b\[[<>=][\d;]*u", there.output)


@pytest.mark.parametrize(
    ("variables", "is_ascii"),
    [
        ({"LANG": "C"}, True),
        pytest.param({"LANG": ""}, True, marks=pytest.mark.thorough),
        pytest.param({"LANG": "POSIX"}, True, marks=pytest.mark.thorough),
        pytest.param({"LANG": "de_DE.ISO-8859-1"}, True, marks=pytest.mark.thorough),
        ({"LANG": "xx_XX.UTF-8"}, False),
        pytest.param({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, False, marks=pytest.mark.thorough),
        ({"LANG": "C", "SHIMMY_TUI_GLYPHS": "unicode"}, False),
        ({"SHIMMY_TUI_GLYPHS": "ascii"}, True),
        pytest.param({"PYTHONIOENCODING": "latin-1"}, False, marks=pytest.mark.thorough),
        ({"LC_ALL": "C", "PYTHONIOENCODING": "latin-1"}, True),
    ],
)
def test_what_is_drawn_is_in_the_terminals_encoding(home: Home, variables: dict[str, str], is_ascii: bool) -> None:
    with terminal(home.having(**variables), "shimmy", "tui") as there:
        _opened(there)
        assert there.output.isascii() is is_ascii
        assert b"\\u" not in there.output
        assert ("─" in there.text()) is not is_ascii


def whole(output: bytes) -> bool:
    """Whether every mode that was set is reset again, and the alternate screen left."""
    left: dict[bytes, bytes] = {}
    for modes, verb in re.findall(rb"\x1b\[\?([\d;]+)([hl])", output):
        left |= dict.fromkeys(modes.split(b";"), verb)
    return all(verb == (b"h" if mode in {b"25", b"7"} else b"l") for mode, verb in left.items())


@pytest.mark.parametrize("name", ["SIGQUIT", "SIGTERM", "SIGINT", "SIGHUP"])
def test_a_signal_leaves_the_terminal_whole(home: Home, name: str) -> None:
    with terminal(home, "shimmy", "tui") as there:
        _opened(there)
        os.kill(there.process.pid, signal.Signals[name])
        assert wait_until(lambda: there.process.poll() is not None)
        assert wait_until(lambda: whole(there.output))
        assert b"Traceback" not in there.output
    assert there.process.returncode in {
        -signal.Signals[name],
        128 + signal.Signals[name],
        0 if name == "SIGHUP" else -1,
    }


@pytest.mark.parametrize(
    "where",
    [
        "ShimmyApp.action_redraw",
        "ShimmyApp.on_event",
        "ShimmyApp.on_mount",
        "sys.modules['shimmy_metrics.app.terminal.driver'].input_events",
    ],
)
def test_a_crash_ends_with_one_line_a_code_and_the_terminal_whole(tmp_path: Path, where: str) -> None:
    home = Home(tmp_path)
    home.agree()
    home.profile.state_path.mkdir(parents=True, exist_ok=True)
    program = CRASHES.format(where=where)
    if "driver" in where:
        program = "import shimmy_metrics.app.terminal.driver\n" + program
    with program_terminal(program, **home.environment) as made:
        output = made.read_until(b"Quit", 3.0)
        made.press(b"R")
        output += made.read_until(b"an internal error", 5.0) + made.read_for(0.3)
        _, status = os.waitpid(made.pid, 0)
        made.pid = 0
    assert os.WEXITSTATUS(status) == 2
    assert whole(output)
    assert output.decode().rpartition("\x1b[?1049l")[2].count("\n") == 1
    assert b"shimmy-metrics: an internal error (ZeroDivisionError)" in output
    assert b"a name" not in output
    (line,) = Path(home.profile.log_file).read_text().splitlines()
    assert re.search(r"an error ended the app \(ZeroDivisionError at [\w.:, ]*<?\w*", line), line
    assert "a name" not in line
    validated = home.metrics("validate")
    assert validated.returncode == 0, validated.stdout
