"""What the real server gets of the arguments of `serve`, and what the help says of it."""

import sys
from pathlib import Path

import pytest

from support.installed import Home
from support.servers import free_port
from support.store_files import store_path

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="a server of our own start is measured on Linux")


@pytest.mark.parametrize("answer", ["enable", "only-me"])
def test_measured_it_gets_another_port_and_the_help_says_so(tmp_path: Path, answer: str) -> None:
    binary = tmp_path / "real"
    binary.write_text('#!/bin/sh\necho "$@"\n')
    binary.chmod(0o755)
    home = Home(tmp_path, {"SHIMMY_BIN": str(binary)})
    words = ["serve", "--bind", f"127.0.0.1:{free_port()}", "--model-path", "x"]
    assert home.run(*words).stdout.split() == words
    assert home.run(answer, command="shimmy-metrics").returncode == 0
    assert home.run(*words).stdout.split() == ["serve", "--bind", "auto", "--model-path", "x"]
    store = store_path(home.profile)
    store.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    store.write_bytes(b"no database" * 400)
    assert home.run(*words).stdout.split() == ["serve", "--bind", "auto", "--model-path", "x"]
    said = " ".join(home.run("serve", "--help", command="shimmy-metrics").stdout.split())
    assert "Else this program becomes it, with every argument unchanged" in said
    assert "the meter has the address that you asked for, and the server another port (--bind auto)" in said
    assert "Where it is to be measured (on Linux, after a yes or Only for me), the meter" in said
