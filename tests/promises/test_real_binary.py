"""`shimmy serve` before a binary of any kind: measured or not, and why; what it says, and how it ends, is the binary's.

The binaries here are programs of a few lines, so that they can do what the real one does once in a year.
"""

import json
import os
import signal
import sys
from pathlib import Path
from typing import Final

import pytest

from support.installed import BIN, Home, stop, wait_until
from support.one_line import assert_trouble_line
from support.servers import chat, free_port, listening, wait_for

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="a server of our own start is measured on Linux")

ENDS = """#!/bin/sh
echo "served with $*"
{end}
"""

SERVES = '''#!{python}
"""A server that answers every request with one body; `STOLEN` names an address that it takes first."""
import os
import socket
kept = []
if "STOLEN" in os.environ:
    kept.append(socket.create_server(("127.0.0.1", int(os.environ["STOLEN"]))))
host, port = os.environ["SHIMMY_BIND_ADDRESS"].rsplit(":", 1)
listener = socket.create_server((host, int(port)))
while True:
    asking, _ = listener.accept()
    asking.recv(65536)
    body = b'{answer}'
    asking.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Type: application/json\\r\\nContent-Length: %d\\r\\n\\r\\n%b" % (len(body), body))
    asking.close()
'''  # noqa: E501 - a program

SETUID: Final = 0o4755


def _binary(home: Home, text: str, mode: int = 0o755) -> Home:
    path = home.root / "real"
    path.write_text(text)
    path.chmod(mode)
    return home.having(SHIMMY_BIN=str(path))


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize(
    "words", [["list"], ["--version"], ["generate", "-n", "5", "two words"], ["--ctx", "9", "bench", "--metrics", ""]]
)
def test_every_word_that_is_not_ours_goes_to_it_untouched(tmp_path: Path, words: list[str], *, named: bool) -> None:
    home = _binary(Home(tmp_path), '#!/bin/sh\nfor word; do echo "<$word>"; done\nexit 5\n')
    if not named:
        (home.root / "bin").mkdir()
        (home.root / "real").rename(home.root / "bin/shimmy")
        home = Home(tmp_path, {"PATH": f"{BIN}{os.pathsep}{home.root / 'bin'}{os.pathsep}/bin"})
    ended = home.run(*words)
    assert (ended.returncode, ended.stderr) == (5, "")
    assert ended.stdout.splitlines() == [f"<{word}>" for word in words]


def test_where_nothing_was_compiled_python_s_own_cache_is_all_that_is_written(tmp_path: Path) -> None:
    home = _binary(Home(tmp_path), ENDS.format(end="exit 0")).having(PYTHONPYCACHEPREFIX=str(tmp_path / "cache"))
    before = {*tmp_path.rglob("*")}
    assert home.run("serve").returncode == 0
    written = [each for each in tmp_path.rglob("*") if each not in before and not each.is_dir()]
    assert written
    assert [each for each in written if each.suffix != ".pyc"] == []


@pytest.mark.parametrize("enabled", [False, True])
@pytest.mark.parametrize(
    ("end", "code"), [("exit 0", 0), ("exit 7", 7), ("kill -TERM $$", -signal.SIGTERM), ("kill -9 $$", -signal.SIGKILL)]
)
def test_it_ends_as_the_server_ended(tmp_path: Path, end: str, code: int, *, enabled: bool) -> None:
    home = _binary(Home(tmp_path), ENDS.format(end=end))
    if enabled:
        home.agree()
    served = home.run("serve", "--bind", f"127.0.0.1:{free_port()}")
    assert served.returncode == code
    assert served.stdout.startswith("served with serve")


@pytest.mark.parametrize(
    ("bind", "mode", "why"),
    [
        ("127.0.0.1", SETUID, r"the binary has rights of its own (setuid, setgid or capabilities)"),
        ("0.0.0.0", 0o755, "an address that others can reach needs a SHIMMY_API_KEY that holds"),
    ],
)
def test_what_cannot_be_measured_safely_is_handed_over_with_the_reason(
    tmp_path: Path, bind: str, mode: int, why: str
) -> None:
    home = _binary(Home(tmp_path), ENDS.format(end="exit 3"), mode)
    home.agree()
    words = ("serve", "--bind", f"{bind}:{free_port()}", "--model-dirs", "a b")
    served = home.run(*words)
    assert served.stderr == f"shimmy-metrics: not measured: {why}\n"
    assert (served.returncode, served.stdout) == (3, f"served with {' '.join(words)}\n")


@pytest.mark.parametrize(
    ("answer", "only_for_me"), [('{"status":"ok"}', True), ('{"service":"shimmy","version":"2.6.5"}', False)]
)
def test_only_what_calls_itself_shimmy_goes_to_shimmy_s_receiver(
    tmp_path: Path, answer: str, *, only_for_me: bool
) -> None:
    home = _binary(Home(tmp_path), SERVES.format(python=sys.executable, answer=answer))
    home.agree()  # for Shimmy's own receiver, which nothing here can reach
    port = free_port()
    with home.started("serve", "--bind", f"127.0.0.1:{port}") as process:
        wait_for(port, process)
        assert chat(port)[0] == 200

        def running() -> list[tuple[bool, int]]:
            told = json.loads(home.metrics("export").stdout)["sessions"]
            return [(each["only_for_me"], each["counters"]["requests"]) for each in told]

        assert wait_until(lambda: running() == [(only_for_me, 1)]), running()
        stop(process)
    assert wait_until(lambda: (_status(home)["reports_due"] == 0) is only_for_me)
    assert len(json.loads(home.metrics("export").stdout)["sessions"]) == 1


# A free address is ours from `bind` on; one on which connections of an earlier server linger has an instant in which
# others can have it too, which this makes last.
OPEN_TO_OTHERS: Final = """
import socket, sys
from shimmy_metrics.serve import listen_address
def bind_one(address):
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(address.sockaddr)
    return listener
listen_address._bind_one = bind_one
sys.argv = ["shimmy", *sys.argv[1:]]
from shimmy_metrics.cli.main import shimmy
sys.exit(shimmy())
"""


def test_another_program_that_takes_the_address_meanwhile_is_said_and_the_server_ends(tmp_path: Path) -> None:
    port = free_port()
    home = _binary(Home(tmp_path, {"STOLEN": str(port)}), SERVES.format(python=sys.executable, answer="{}"))
    home.agree()
    served = home.run("-c", OPEN_TO_OTHERS, "serve", "--bind", f"127.0.0.1:{port}", command="python")
    assert_trouble_line(served, f"127.0.0.1:{port}: ")
    assert "another program took this address. Start it again, or give another address with --bind" in served.stderr
    assert wait_until(lambda: not listening(port))  # the server, which had it here, ended with us


def _status(home: Home) -> dict[str, object]:
    told: dict[str, object] = json.loads(home.metrics("status", "--json").stdout)
    return told
