"""Ports, waiting for them, and plain HTTP requests as clients make them."""

import http.client
import json
import socket
import subprocess
from typing import Any

from support.installed import wait_until


def free_port() -> int:
    """Return a port of 127.0.0.1 that was free just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listening(port: int) -> bool:
    """Whether something accepts connections there."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_for(port: int, process: "subprocess.Popen[str] | None" = None, seconds: float = 20.0) -> None:
    """Wait until something accepts connections there. Raises `AssertionError` where it does not come up."""
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
