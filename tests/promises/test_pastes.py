"""A paste at the question decides nothing: ten kilobytes of a yes over a real terminal, by the installed command."""

import os
import signal
import threading
import time
from pathlib import Path

import pytest

from shimmy_metrics.demo.toy_server import ToyServer
from shimmy_metrics.limits import QUESTION_STANDS_SECONDS
from support.home_terminal import Terminal, terminal
from support.installed import LONGEST, Home, wait_until
from support.outside_container import PROGRAM
from support.servers import free_port, listening

TESTS = Path(__file__).parent.parent
LENGTH = 10_240


def _paste(there: Terminal, text: str) -> None:
    """Paste as a terminal does; the far side may take its time to read."""
    writing = threading.Thread(target=there.type, args=(text,), daemon=True)
    writing.start()
    writing.join(10)
    assert not writing.is_alive()


@pytest.mark.parametrize(
    "serves", [pytest.param(False, id="tui"), pytest.param(True, id="serve", marks=pytest.mark.thorough)]
)
def test_pastes_over_the_app_decide_nothing(tmp_path: Path, serves: bool) -> None:
    home, port = Home(tmp_path, {"PYTHONPATH": str(TESTS)}), free_port()
    with ToyServer() as toy:
        served = [*PROGRAM, "60", "serve", "--upstream", toy.url, "--bind", f"127.0.0.1:{port}"]
        with terminal(home, *(served if serves else ["shimmy", "tui"])) as there:
            assert there.shows("May Shimmy report how it is used?")
            time.sleep(QUESTION_STANDS_SECONDS + 0.2)
            for text in ("y", "e", "e\r", "enable\r"):
                _paste(there, f"\x1b[200~{text * (LENGTH // len(text))}\x1b[201~")
                assert there.shows("May Shimmy report how it is used?")
            for text in ("e", "y"):
                _paste(there, text * LENGTH)
                time.sleep(0.3)
            assert there.shows("too fast")
            there.type("\te\r")  # Tab to a button, a letter, Enter: typed ahead of each other
            time.sleep(0.3)
            there.type("\x04")
            there.hang_up()
            # The app takes the hang-up for itself, and the server starts unmeasured.
            assert wait_until(lambda: listening(port) if serves else there.process.poll() is not None, LONGEST)
            assert (there.process.poll() is None) is serves
    assert list(home.root.iterdir()) == []


@pytest.mark.parametrize("text", ["enable\n", "y\n", "e\nenable\ny\n"])
def test_pastes_over_the_plain_prompt_decide_nothing(tmp_path: Path, text: str) -> None:
    home = Home(tmp_path, {"TERM": "dumb"})
    with terminal(home, "shimmy", "tui", "--plain") as there:
        assert there.printed("> ")
        time.sleep(QUESTION_STANDS_SECONDS + 0.3)
        _paste(there, text * (LENGTH // len(text)))
        assert there.printed("A paste is not taken for an answer.")

        def ended() -> bool:
            there.type("enable\x04\x04")  # half a word, and the end of input; dropped while the paste still comes
            return there.printed("Nothing was decided and nothing was written.", 1.0)

        assert wait_until(ended)
        assert wait_until(lambda: there.process.poll() == 0)
    assert list(home.root.iterdir()) == []


def test_whoever_ends_the_question_by_a_signal_ends_the_command(tmp_path: Path) -> None:
    home = Home(tmp_path, {"PYTHONPATH": str(TESTS)})
    port = free_port()
    with ToyServer() as toy:
        served = [*PROGRAM, "60", "serve", "--upstream", toy.url, "--bind", f"127.0.0.1:{port}"]
        with terminal(home, *served) as there:
            assert there.shows("May Shimmy report how it is used?")
            os.kill(there.process.pid, signal.SIGTERM)
            assert wait_until(lambda: there.process.poll() == -signal.SIGTERM)
            assert wait_until(lambda: b"\x1b[?1049l" in there.output)  # what was written may be read later
            assert not listening(port)
    assert list(home.root.iterdir()) == []
