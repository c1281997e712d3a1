"""The real llama.cpp server with a real model, measured by `--upstream`; its own counter is the independent witness."""

import json
import re
from pathlib import Path

import pytest

from support.installed import Home, stop, wait_until
from support.official_client import official_client, streamed, whole
from support.receiver import Receiver
from support.servers import ask, free_port, wait_for

pytestmark = pytest.mark.real


def _predicted(port: int) -> int:
    text = ask(port, path="/metrics")[1].decode()
    found = re.search(r"^llamacpp:tokens_predicted_total (\d+)", text, re.MULTILINE)
    assert found is not None
    return int(found[1])


def _talk(port: int) -> int:
    """Ask whole, streamed with usage and streamed without; return the tokens that the client was told."""
    with official_client(port) as client:
        told = [
            whole(client, 12),
            streamed(client, 9, stream_options={"include_usage": True}),
            streamed(client, 9),
        ]
    return sum(each.usage or 0 for each in told)


def test_tokens_are_the_server_s_own_count_and_go_to_an_endpoint_of_the_person_s_own(
    llama: int, tmp_path: Path
) -> None:
    with Receiver(tmp_path) as receiver:
        home = Home(tmp_path, receiver.variables)
        home.metrics("enable")
        port = free_port()
        with home.started("serve", "--upstream", f"http://127.0.0.1:{llama}", "--bind", f"127.0.0.1:{port}") as process:
            wait_for(port, process)
            before = _predicted(llama)
            told = _talk(port)
            counted = _predicted(llama) - before
            stop(process)
        assert wait_until(lambda: len(receiver.received) == 1)
    metrics = json.loads(receiver.received[0].body)["metrics"]
    assert metrics["total_tokens_generated"] == counted
    assert counted >= told > 0
    assert metrics["requests_per_session"] == 3
    assert metrics["token_source"] == "reported"
    assert metrics["models_used_count"] == 1
    assert metrics["startup_time_ms"] is None


def test_another_server_s_session_never_goes_to_shimmy_s_endpoint(llama: int, tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.metrics("enable")
    port = free_port()
    with home.started("serve", "--upstream", f"http://127.0.0.1:{llama}", "--bind", f"127.0.0.1:{port}") as process:
        wait_for(port, process)
        assert ask(port)[0] == 200
        assert wait_until(lambda: '"only_for_me": true' in home.metrics("export").stdout)
        stop(process)
    held = json.loads(home.metrics("export").stdout)
    assert held["outbox"] == []
    assert [each["only_for_me"] for each in held["sessions"]] == [True]
