"""The real Shimmy, measured, reporting to our own receiver over TLS, and called back."""

from pathlib import Path

import pytest

from support.circle import confirmed, recall_and_look, receiver_with_tls
from support.installed import Home, stop
from support.official_client import official_client, whole
from support.real_parts import SHIMMY
from support.servers import free_port, wait_for

pytestmark = pytest.mark.real


def test_a_session_of_the_real_shimmy_goes_the_whole_circle(tmp_path: Path, micro: Path) -> None:
    with receiver_with_tls(Home(tmp_path)) as (running, variables):
        home = Home(tmp_path, {**variables, "SHIMMY_BIN": str(SHIMMY)})
        home.metrics("enable")
        port = free_port()
        arguments = ["--ctx", "256", "serve", "--bind", f"127.0.0.1:{port}", "--model-path", str(micro)]
        with home.started(*arguments) as process:
            wait_for(port, process)
            with official_client(port) as client:
                whole(client, 3)
            stop(process)
        recall_and_look(home, running, confirmed(home))
