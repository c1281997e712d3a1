"""Steady traffic for the demo: up to four requests a second, as clients would send them."""

import http.client
import json
import threading
from itertools import cycle
from types import TracebackType
from typing import Final, Self

_PAUSE_SECONDS: Final = 0.25
_AGENTS: Final = ("OpenAI/Python 3.5.0", "OpenAI/Python 3.5.0", "curl/8.5.0")


class Traffic:
    """Sends requests to 127.0.0.1:`port` inside its `with` block, one at a time. `answered` counts the answers."""

    def __init__(self, port: int) -> None:
        self.answered = 0
        self._port = port
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        """Start sending."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop after the current request."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        agents = cycle(_AGENTS)
        kinds = cycle(("chat", "models", "stream", "chat", "wrong"))
        while not self._stop.wait(_PAUSE_SECONDS):
            connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=5)
            try:
                self._request(connection, next(kinds), next(agents))
                self.answered += 1
            except (OSError, http.client.HTTPException):
                continue  # `serve` is being restarted; the next request may get through
            finally:
                connection.close()

    def _request(self, connection: http.client.HTTPConnection, kind: str, agent: str) -> None:
        headers = {"User-Agent": agent, "Content-Type": "application/json"}
        match kind:
            case "models":
                connection.request("GET", "/v1/models", headers=headers)
            case "wrong":
                connection.request("GET", "/v1/nothing-here", headers=headers)
            case _:
                body = {"model": "toy", "messages": [], "max_tokens": 8, "stream": kind == "stream"}
                connection.request("POST", "/v1/chat/completions", json.dumps(body), headers)
        connection.getresponse().read()
