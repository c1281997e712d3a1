"""Prompts and keys go to the real server alone: whoever grabs its inner port first is given no byte."""

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from support.installed import Home, wait_until
from support.port_thief import launcher
from support.real_parts import SHIMMY
from support.servers import ask, free_port

pytestmark = pytest.mark.real

PROMPT = {"model": "micro", "messages": [{"role": "user", "content": "a secret"}], "max_tokens": 2}


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    with suppress(FileNotFoundError, ProcessLookupError):
        os.kill(int((tmp_path / "thief").read_text()), signal.SIGKILL)


def _tries(port: int) -> int:
    """Send a prompt; return the status, 0 where nobody took it."""
    try:
        return ask(port, "POST", "/v1/chat/completions", PROMPT)[0]
    except OSError:
        return 0


def test_a_server_whose_inner_port_was_taken_fails_as_it_fails_alone(folder: Path, micro: Path) -> None:
    home = Home(folder, {"SHIMMY_BIN": str(launcher(folder, f'exec {SHIMMY} "$@"'))})
    home.metrics("enable")
    port = free_port()
    with home.started("serve", "--bind", f"127.0.0.1:{port}", "--model-path", str(micro)) as process:
        while process.poll() is None:
            assert _tries(port) == 0
        _, err = process.communicate()
    assert process.returncode == 1
    assert "Address already in use" in err
    assert (folder / "record").read_text() == ""


def test_nothing_is_forwarded_while_somebody_else_listens_there(folder: Path, micro: Path) -> None:
    # The server runs and is slow to come up: the only listener at the inner address is the stranger.
    home = Home(folder, {"SHIMMY_BIN": str(launcher(folder, "exec sleep 30"))})
    home.metrics("enable")
    port = free_port()
    with home.started("serve", "--bind", f"127.0.0.1:{port}", "--model-path", str(micro)) as process:
        assert wait_until((folder / "record").exists)
        assert not wait_until(lambda: _tries(port) != 0, 1.0)
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=10)
    assert (folder / "record").read_text() == ""
