"""A client that asks until the server is killed, for what a kill may lose."""

import threading
import time
from contextlib import suppress
from http.client import HTTPException
from typing import Final

from support.servers import ask

LOST_SECONDS: Final = 1.5
"""A second, and what a busy machine may add to it."""


class SteadyClient:
    """Asks as fast as it is answered until nobody answers; notes when each answer came."""

    def __init__(self, port: int) -> None:
        self.answered: list[float] = []
        self._port = port
        self._thread = threading.Thread(target=self._ask)
        self._thread.start()

    def ended(self) -> None:
        """Wait until nobody answers."""
        self._thread.join()

    def _ask(self) -> None:
        with suppress(OSError, HTTPException):
            while ask(self._port)[0] == 200:
                self.answered.append(time.monotonic())
                time.sleep(0.005)
