"""With 64 open files allowed, 80 clients at once are all answered, and what to do is said."""

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from support.installed import Home, announced, stop, wait_until
from support.servers import ask, free_port
from support.upstream import Upstream

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no limit of open files is met there")

CLIENTS = 80
LINE = "the limit of 64 open files lets 20 clients in at a time; others wait for their turn. Raise it: ulimit -n"

LOGGED = "more clients came than the limit of open files lets in; some waited"


def test_eighty_clients_are_answered_with_64_open_files(tmp_path: Path) -> None:
    few = ("/bin/sh", "-c", 'ulimit -n 64; exec "$@"', "sh")
    home = Home(tmp_path, {"SHIMMY_METRICS_ENDPOINT": "http://127.0.0.1:9/v1/usage"}, few)
    home.agree()
    port = free_port()
    with (
        Upstream() as server,
        home.started("serve", "--upstream", server.url, "--bind", f"127.0.0.1:{port}") as process,
    ):
        assert announced(process)  # from then on there is a folder for the log
        with ThreadPoolExecutor(CLIENTS) as clients:
            asked = [clients.submit(ask, port, "POST", "/v1/chat/completions", {"n": n}) for n in range(CLIENTS)]
            assert [each.result()[0] for each in asked] == [200] * CLIENTS
        log = home.profile.state_path / "metrics.log"
        assert wait_until(lambda: log.exists() and LOGGED in log.read_text())  # a thread writes it
        _, _, err = stop(process)
    assert err.count(LINE) == 1
    assert len(err.splitlines()) == 1
    assert log.read_text().count(LOGGED) == 1
