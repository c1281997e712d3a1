"""The real llama.cpp server with a real model, measured by `--upstream`; its own counter is the independent witness."""

import json
import random
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import pytest

from support.installed import Home, stop, wait_until
from support.llama_kinds import FINISHED, LEFT, Kind, Told
from support.official_client import official_client, streamed, whole
from support.receiver import Receiver
from support.servers import ask, free_port, wait_for

pytestmark = pytest.mark.real

AT_ONCE: Final = 6


def _predicted(port: int) -> int:
    text = ask(port, path="/metrics")[1].decode()
    found = re.search(r"^llamacpp:tokens_predicted_total (\d+)", text, re.MULTILINE)
    assert found is not None
    return int(found[1])


def _talk(port: int) -> int:
    """Ask for chats and responses, whole and streamed with and without usage; return the tokens that it was told of."""
    with official_client(port) as client:
        told = [
            whole(client, 12),
            streamed(client, 9, stream_options={"include_usage": True}),
            streamed(client, 9),
        ]
        response = client.responses.create(model="m", input="hi", max_output_tokens=16)
        events = list(client.responses.create(model="m", input="hi", max_output_tokens=16, stream=True))
    responses = (response, events[-1].response)
    return sum(each.usage or 0 for each in told) + sum(int(each.usage.output_tokens) for each in responses)


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
    assert metrics["requests_per_session"] == 5
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


def _measured(llama: int, home: Home, asked: Sequence[Kind]) -> tuple[list[Told], int, dict[str, Any]]:
    """Make the requests, six at once; return what they came to, the server's own count and the session's figures."""
    home.metrics("enable")
    port = free_port()
    with home.started("serve", "--upstream", f"http://127.0.0.1:{llama}", "--bind", f"127.0.0.1:{port}") as process:
        wait_for(port, process)
        before = _predicted(llama)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            told = list(pool.map(lambda kind: kind.ask(port), asked))
        assert wait_until(lambda: "llamacpp:requests_processing 0" in ask(llama, path="/metrics")[1].decode())
        counted = _predicted(llama) - before
        stop(process)
    (session,) = json.loads(home.metrics("export").stdout)["sessions"]
    return told, counted, session["counters"]


def test_over_a_hundred_requests_of_every_kind_are_counted_as_client_and_server_count_them(
    llama: int, tmp_path: Path
) -> None:
    asked = [kind for kind in FINISHED for _ in range(4)]
    random.Random(15).shuffle(asked)
    told, counted, figures = _measured(llama, Home(tmp_path), asked)
    counts = [answer for kind, answer in zip(asked, told, strict=True) if kind.counts]
    assert len(asked) > 100
    assert figures["requests"] == len(counts)
    assert figures["errors"] == sum(answer.status >= 400 for answer in counts) == 5 * 4
    assert figures["tokens"] == sum(answer.tokens for answer in told) == counted
    generated = sum(answer.tokens > 0 for answer in told)
    assert figures["sources"] == {"reported": generated - 2 * 4, "estimated": 2 * 4}, "two kinds have two choices"
    assert figures["unread"] == {}


def test_streams_that_their_clients_leave_are_counted_within_five_in_a_hundred_and_not_called_reported(
    llama: int, tmp_path: Path
) -> None:
    told, counted, figures = _measured(llama, Home(tmp_path), LEFT * 2)
    assert figures["requests"] == len(told)
    assert figures["errors"] == 0
    assert sum(answer.tokens for answer in told) <= figures["tokens"] <= counted
    assert figures["tokens"] >= 0.95 * counted
    assert set(figures["sources"]) <= {"counted", "estimated"}
