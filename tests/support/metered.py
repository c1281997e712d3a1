"""A session measured by the installed program in front of a server."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from shimmy_metrics.demo.toy_server import ToyServer
from support.installed import Home, stop
from support.processes import no_sender
from support.servers import ask, chat, free_port, wait_for


@contextmanager
def measured(home: Home, upstream: str) -> Iterator[tuple[int, "subprocess.Popen[str]"]]:
    port = free_port()
    with home.started("serve", "--upstream", upstream, "--bind", f"127.0.0.1:{port}") as process:
        wait_for(port, process)
        yield port, process


def status(home: Home) -> dict[str, object]:
    told: dict[str, object] = json.loads(home.metrics("status", "--json").stdout)
    return told


def talk(port: int, rounds: int = 2) -> int:
    """Make 4 requests a round, one of them a failure; return the tokens that the answers told."""
    tokens = 0
    for _ in range(rounds):
        tokens += json.loads(chat(port)[1])["usage"]["completion_tokens"]
        streamed = chat(port, stream=True)[1].decode()
        usage = next(line for line in streamed.splitlines() if "completion_tokens" in line)
        tokens += json.loads(usage.removeprefix("data: "))["usage"]["completion_tokens"]
        assert ask(port)[0] == 200
        assert ask(port, path="/api/models/somebody-s-model/nothing")[0] == 404
    return tokens


def sealed(home: Home, rounds: int = 1) -> bytes:
    """Run a measured session to its end, and its sender; return what `preview` prints then."""
    with ToyServer() as toy, measured(home, toy.url) as (port, process):
        talk(port, rounds)
        stop(process)
    no_sender(home)
    return home.metrics("preview").stdout.encode()
