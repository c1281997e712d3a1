"""Requests while the server behind `--upstream` is down: each counts as a failure, and the next after it is served."""

import contextlib
import json
from pathlib import Path

import pytest

from support.installed import Home, announced, stop
from support.processes import no_sender
from support.servers import ask, free_port, wait_for
from support.upstream import Upstream

FAILED = 3


def test_each_is_one_request_and_one_failure(tmp_path: Path) -> None:
    home = Home(tmp_path, {"SHIMMY_METRICS_ENDPOINT": "http://127.0.0.1:9/v1/usage"})
    home.agree()
    bound = f"127.0.0.1:{(port := free_port())}"
    with contextlib.ExitStack() as running:
        with Upstream() as server:
            process = running.enter_context(home.started("serve", "--upstream", server.url, "--bind", bound))
            wait_for(port, process)
            assert announced(process).startswith("shimmy-metrics: measured at ")
            assert ask(port, "POST", "/v1/chat/completions", {})[0] == 200
        for _ in range(FAILED):
            with pytest.raises(ConnectionResetError):
                ask(port, "POST", "/v1/chat/completions", {})
        with pytest.raises(ConnectionResetError):
            ask(port, path="/health")
        with Upstream(server.port):
            assert ask(port, "POST", "/v1/chat/completions", {})[0] == 200
        _, _, err = stop(process)
    assert err == ""
    no_sender(home)
    (session,) = json.loads(home.metrics("export").stdout)["sessions"]
    counters = session["counters"]
    assert (counters["requests"], counters["errors"]) == (FAILED + 2, FAILED)
