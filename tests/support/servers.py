"""Ports, waiting for them, and plain HTTP requests as clients make them."""

import contextlib
import http.client
import itertools
import json
import random
import socket
import subprocess
from typing import Any, Final

from support.installed import wait_until

_PORTS: Final = range(10_000, 30_000)
"""Below those that systems give to whoever asks for any: a port that was free is not given away before it is used."""

_turns: Final = itertools.count(random.SystemRandom().choice(_PORTS))
"""Where this process of the tests is in them: each begins at a place of its own, and comes back to none soon."""


def free_port() -> int:
    """Return a free port of 127.0.0.1 that no other test is given."""
    while True:
        port = _PORTS[next(_turns) % len(_PORTS)]
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port


def listening(port: int) -> bool:
    """Whether something accepts connections there."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_for(port: int, process: "subprocess.Popen[str] | None" = None, seconds: float = 20.0) -> None:
    """Wait until something accepts connections there. Raise `AssertionError` if nothing does."""
    ready = wait_until(lambda: listening(port) or (process is not None and process.poll() is not None), seconds)
    if process is not None and process.poll() is not None:
        out, err = process.communicate()
        raise AssertionError(f"it ended with {process.returncode}: {out}{err}")
    assert ready, f"nothing listens at {port}"


def ask(
    port: int, method: str = "GET", path: str = "/v1/models", body: object = None, headers: dict[str, str] | None = None
) -> tuple[int, bytes]:
    """Make one request on a connection of its own; return status and body."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        data = None if body is None else json.dumps(body)
        connection.request(method, path, data, {"User-Agent": "curl/8.5.0", **(headers or {})})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def chat(port: int, *, stream: bool = False, **more: Any) -> tuple[int, bytes]:  # noqa: ANN401 - JSON of the test's
    """Ask for a chat completion."""
    asked = {
        "model": "toy",
        "messages": [{"role": "user", "content": "hello"}],
        "max_tokens": 8,
        "stream": stream,
        **more,
    }
    return ask(port, "POST", "/v1/chat/completions", asked, {"Content-Type": "application/json"})
