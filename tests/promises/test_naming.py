"""Whose sessions are sent hangs on what the server calls itself: it is asked until it says so."""

import json
import sys
from pathlib import Path

import pytest

from support.installed import Home, stop, wait_until
from support.servers import free_port, wait_for

BUSY = '''#!{python}
"""A server that is too busy to answer the first two that come, and names itself to every other."""
import os
import socket
host, port = os.environ["SHIMMY_BIND_ADDRESS"].rsplit(":", 1)
listener = socket.create_server((host, int(port)))
for _ in range(2):
    listener.accept()[0].close()
while True:
    asking, _ = listener.accept()
    asking.recv(1000)
    asking.sendall(b'HTTP/1.1 200 OK\\r\\n\\r\\n{{"service":"shimmy","version":"2.6.5"}}')
    asking.close()
'''


@pytest.mark.skipif(sys.platform != "linux", reason="a server of our own start is measured on Linux")
def test_a_server_that_is_busy_at_its_start_is_asked_again(tmp_path: Path) -> None:
    server = tmp_path / "server"
    server.write_text(BUSY.format(python=sys.executable))
    server.chmod(0o755)
    home = Home(tmp_path, {"SHIMMY_BIN": str(server)})
    home.metrics("enable")
    port = free_port()
    with home.started("serve", "--bind", f"127.0.0.1:{port}") as process:

        def named() -> bool:
            told = json.loads(home.metrics("export").stdout)["sessions"]
            return [(each["server"], each["version"], each["only_for_me"]) for each in told] == [
                ("shimmy", "2.6.5", False)
            ]

        wait_for(port, process)
        assert wait_until(named)
        stop(process)
