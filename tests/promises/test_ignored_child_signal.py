"""A parent that ignores SIGCHLD, as some supervisors do: the server still ends as it ends, and finds it ignored."""

import sys
from pathlib import Path

import pytest

from support.installed import Home
from support.servers import free_port

IGNORING = "import os, signal, sys; signal.signal(signal.SIGCHLD, signal.SIG_IGN); os.execv(sys.argv[1], sys.argv[1:])"

SERVER = """#!{python} -S
import signal
import time

print(repr(signal.getsignal(signal.SIGCHLD)).strip("<>").partition(":")[0], flush=True)
time.sleep(0.3)
raise SystemExit(7)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="a server of our own start is measured on Linux")
@pytest.mark.parametrize("before", [(), (sys.executable, "-c", IGNORING)])
def test_the_end_of_the_server_is_ours(tmp_path: Path, before: tuple[str, ...]) -> None:
    server = tmp_path / "server"
    server.write_text(SERVER.format(python=sys.executable))
    server.chmod(0o755)
    home = Home(tmp_path, {"SHIMMY_BIN": str(server)})
    home.metrics("enable")
    done = Home(tmp_path, home.variables, before).run("serve", "--bind", f"127.0.0.1:{free_port()}")
    assert (done.returncode, done.stderr) == (7, "")
    assert done.stdout == ("Handlers.SIG_IGN\n" if before else "Handlers.SIG_DFL\n")
