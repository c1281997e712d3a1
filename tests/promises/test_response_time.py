"""`avg_response_time_ms` is what a client waits for an answer; what generates nothing does not dilute it."""

import http.client
import json
import threading
import time
from pathlib import Path

import pytest

from shimmy_metrics.demo.toy_server import ToyServer
from support.installed import Home, stop
from support.processes import no_sender
from support.servers import ask, chat, free_port, wait_for

CHATS = 4
POLLS = 60


def _poll(port: int) -> None:
    """Ask for what generates nothing, as clients do all the time, on one connection."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    for _ in range(POLLS):
        connection.request("GET", "/v1/models")
        connection.getresponse().read()
    connection.close()
    assert ask(port, "POST", "/v1/embeddings", {"input": "x"})[0] == 404


def _kept_chat(connection: http.client.HTTPConnection) -> None:
    connection.request("POST", "/v1/chat/completions", json.dumps({"model": "toy", "max_tokens": 6}))
    connection.getresponse().read()


@pytest.mark.parametrize("polls", [False, True])
def test_the_mean_response_time_is_the_client_s_own(tmp_path: Path, *, polls: bool) -> None:
    home = Home(tmp_path)
    home.agree()
    port = free_port()
    waited = []
    with ToyServer() as toy, home.started("serve", "--upstream", toy.url, "--bind", f"127.0.0.1:{port}") as process:
        wait_for(port, process)
        beside = threading.Thread(target=_poll, args=(port,))
        if polls:
            beside.start()
        kept = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        for index in range(CHATS):
            for talk in (lambda: chat(port), lambda: chat(port, stream=True), lambda: _kept_chat(kept)):
                began = time.monotonic()
                talk()
                waited.append(time.monotonic() - began)
            time.sleep(0.3 if index == 0 else 0)  # what a connection waits for its next request is no answer's time
        kept.close()
        if polls:
            beside.join()
        stop(process)
    no_sender(home)
    (report,) = json.loads(home.metrics("export").stdout)["sessions"]
    counters = report["counters"]
    assert counters["requests"] == 3 * CHATS + (POLLS + 1) * polls
    assert counters["answers"] == len(waited)
    mean = 1000 * sum(waited) / len(waited)
    assert counters["answer_ms"] / counters["answers"] == pytest.approx(mean, rel=0.1)
    metrics = json.loads(home.metrics("preview").stdout)["metrics"]
    assert metrics["avg_response_time_ms"] == pytest.approx(mean, rel=0.15)  # two digits beside
